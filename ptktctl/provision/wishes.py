"""From what was asked for to what is wanted: defaults, and wishes that exclude each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.passticket.keys import TicketType
from ptktctl.passticket.names import UserId
from ptktctl.provision.wanted import Esm, KeyForm, Wanted, WantedKey
from ptktctl.store.migration import Migration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ptktctl.store.definitions import Application

# The started-task user of RSE in IBM's sample (IBM Explorer for z/OS, "Define PassTicket support for RSE").
SAMPLE_GENERATOR = UserId("STCRSE")
# z/OS Cryptographic Services ICSF Administrator's Guide, "General rules for CKDS records".
LONGEST_LABEL = 64
LABEL_STARTS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ@#$"
LABEL_CHARACTERS = LABEL_STARTS + "0123456789."
LABEL_ENDS = {KeyForm.KEYLABEL: "DES", KeyForm.EPTKEYLABEL: "HMAC"}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for, as it was asked for; the names are those of `Wanted`.

    Attributes:
        forms: how the keys are given; none for the default.
        labels: for the forms with one, in their order; those that are missing get one by default.
    """

    esm: Esm = Esm.RACF
    forms: tuple[KeyForm, ...] = ()
    labels: tuple[str, ...] = ()
    generators: tuple[UserId, ...] = ()
    evaluators: tuple[UserId, ...] = ()
    users: tuple[UserId, ...] = ()
    all_users: bool = False
    logons: tuple[UserId, ...] = ()
    jwt: bool = False
    administrators: tuple[UserId, ...] = ()
    owner: UserId | None = None


def decide(
    application: Application,
    wishes: Wishes,
    *,
    stored_legacy: bool,
    stored_enhanced: bool,
    sample: bool = True,
    undo: bool = False,
) -> Wanted:
    """Make up what is wanted.

    Args:
        application: its definition.
        stored_legacy: whether the store has its legacy key; what the store has decides which kinds of keys are wanted
            where no form does: both if it has both, else what the definition says, else what there is.
        stored_enhanced: likewise its enhanced key.
        sample: take the generator of IBM's sample for RSE where none is named.
        undo: whether it is for the way back, which gives no key.

    Raises:
        InputError: two wishes exclude each other, something is missing, or is not documented for the product.
    """
    if wishes.esm is Esm.RACF:
        forms = _forms(application, wishes, stored_legacy=stored_legacy, stored_enhanced=stored_enhanced)
    else:
        forms = _forms_elsewhere(application, wishes, undo=undo)
    bare = Wanted(application, wishes.esm, _keys(application, forms, wishes.labels))
    generators = wishes.generators or ((SAMPLE_GENERATOR,) if sample and bare.for_rse else ())
    _require_targets(wishes, generators)
    _require_fit(wishes)
    return replace(
        bare,
        generators=generators,
        evaluators=tuple(user for user in wishes.evaluators if user not in generators),
        users=wishes.users,
        all_users=wishes.all_users,
        logons=wishes.logons or wishes.users,
        jwt=wishes.jwt,
        administrators=wishes.administrators,
        owner=wishes.owner.value if wishes.owner else "",
    )


def hints(wanted: Wanted, wishes: Wishes) -> Iterator[str]:
    """What was decided by default and had better be looked at."""
    if wanted.generators and not wishes.generators:
        yield f"{SAMPLE_GENERATOR} is the started-task user of IBM's sample: name the real one with --generator"
    if not wanted.authorities:
        yield "no --generator and no --evaluator: nobody on the host can make PassTickets or evaluate them by a service"
    yield from proposed_labels(wanted.keys, wishes)


def proposed_labels(keys: Iterable[WantedKey], wishes: Wishes) -> Iterator[str]:
    """That a label was not asked for."""
    for key in keys:
        if key.form.labelled and key.label not in wishes.labels:
            yield f"the label {key.label} is ptktctl's proposal: --key-label names yours"


def with_digits(wanted: Wanted, digits: Mapping[bool, str]) -> Wanted:
    """The same with the keys themselves.

    Args:
        digits: hexadecimal digits by whether they are those of the enhanced key.
    """
    return replace(wanted, keys=tuple(replace(key, digits=digits[key.form.enhanced]) for key in wanted.keys))


def parse_label(text: str) -> str:
    """Take the label of a key in ICSF's key data set, in any case.

    Raises:
        InputError: it is none.
    """
    label = text.upper() if text.isascii() else text
    right = label[:1] in LABEL_STARTS and not set(label) - set(LABEL_CHARACTERS)
    if not label or not right or len(label) > LONGEST_LABEL:
        raise InputError(
            f"{text!r} is not the label of a key",
            f"1 to {LONGEST_LABEL} of A-Z 0-9 @ # $ and periods, the first one no digit and no period",
        )
    return label


def _forms(
    application: Application, wishes: Wishes, *, stored_legacy: bool, stored_enhanced: bool
) -> tuple[KeyForm, ...]:
    """The forms for RACF, that of the legacy key first."""
    if not wishes.forms:
        legacy, enhanced = _kinds(application, stored_legacy=stored_legacy, stored_enhanced=stored_enhanced)
        return ((KeyForm.KEYLABEL,) if legacy else ()) + ((KeyForm.EPTKEYLABEL,) if enhanced else ())
    if len({form.enhanced for form in wishes.forms}) < len(wishes.forms):
        names = " and ".join(form.value for form in wishes.forms)
        raise InputError(f"--key-form: {names}", "a profile has one legacy key, and one enhanced key (eptkeylabel)")
    return tuple(sorted(wishes.forms, key=lambda form: form.enhanced))


def _kinds(application: Application, *, stored_legacy: bool, stored_enhanced: bool) -> tuple[bool, bool]:
    """Whether a legacy key is wanted, and whether an enhanced one is, where no form says so."""
    if stored_legacy and stored_enhanced:
        # A profile holds both while an application moves to enhanced PassTickets (IBM Education Assistant, z/OS V2.5,
        # "RACF enhanced PassTicket"), and the definition tells which of them gen makes; the store forgets the legacy
        # key last.
        return application.migration is not Migration.LEGACY_REMOVED, True
    if application.ticket:
        enhanced = application.ticket is not TicketType.LEGACY
    else:
        # Of RSE, enhanced PassTickets are documented nowhere; everybody else had better have them.
        enhanced = stored_enhanced or not (stored_legacy or Wanted(application).for_rse)
    return not enhanced, enhanced


def _forms_elsewhere(application: Application, wishes: Wishes, *, undo: bool) -> tuple[KeyForm, ...]:
    """ACF2 and Top Secret are given the digits of a legacy key; how they are given an enhanced one is not documented.

    Sources: the sections on PassTickets of both products' documentation.
    """
    name = wishes.esm.value
    wrong = [form for form in wishes.forms if form not in (KeyForm.PLACEHOLDER, KeyForm.EPTKEYLABEL)]
    if wrong:
        raise InputError(
            f"--key-form {wrong[0].value} is RACF's", f"{name} takes the key itself: --key-form placeholder"
        )
    enhanced = KeyForm.EPTKEYLABEL in wishes.forms or application.ticket in (TicketType.UPPER, TicketType.MIXED)
    if enhanced and not undo and KeyForm.PLACEHOLDER not in wishes.forms:
        raise InputError(
            f"how {name} is given an enhanced key is not documented in ptktctl's sources",
            "--key-form placeholder prints the set-up of legacy PassTickets; for the others see the vendor's manuals",
        )
    return (KeyForm.PLACEHOLDER,)


def _keys(application: Application, forms: Iterable[KeyForm], labels: tuple[str, ...]) -> tuple[WantedKey, ...]:
    left = list(labels)
    keys = []
    for form in forms:
        default = f"PTKT.{application.applid}.{LABEL_ENDS.get(form, '')}"
        label = (left.pop(0) if left else default) if form.labelled else ""
        keys.append(WantedKey(form, label))
    if left:
        raise InputError(f"--key-label {left[0]}: there is no key for it", "keylabel and eptkeylabel have one each")
    return tuple(keys)


def _require_targets(wishes: Wishes, generators: tuple[UserId, ...]) -> None:
    if wishes.users and wishes.all_users:
        raise InputError("--users and --all-users exclude each other", "name the users, or take them all")
    who = next(iter((*generators, *wishes.evaluators)), None)
    if who and not wishes.users and not wishes.all_users:
        raise InputError(
            f"for which users shall {who} make or evaluate PassTickets?",
            "name them: --users ID,ID; --all-users lets it become any user of the application",
        )


def _require_fit(wishes: Wishes) -> None:
    """Refuse wishes that go with others only."""
    if wishes.jwt and wishes.esm is not Esm.RACF:
        raise InputError("--jwt: the profiles of JSON Web Tokens are documented for RACF only", "leave --jwt out")
    if wishes.administrators and not wishes.jwt:
        raise InputError("--crypto-admin goes with --jwt", "nobody else needs what it permits")
    if wishes.esm is Esm.TOP_SECRET and not wishes.owner:
        raise InputError("Top Secret permits what somebody owns only", "name the owning department: --owner ACID")
    if wishes.owner and wishes.esm is not Esm.TOP_SECRET:
        raise InputError("--owner goes with --esm top-secret", "RACF and ACF2 need no owner here")
