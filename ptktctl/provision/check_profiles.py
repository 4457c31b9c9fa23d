"""RACF profiles: what a profile of a host lacks of the one that is wanted, as RALTER commands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.lint.rules.replay import Wording, wording
from ptktctl.lint.security import ACCESS_LEVELS, KeyForm, Origin, has_generic_characters
from ptktctl.provision import racf
from ptktctl.provision.difference import Found, Remark, Unknown
from ptktctl.provision.step import Command
from ptktctl.provision.wanted import KeyForm as WantedForm
from ptktctl.store.definitions import DEFAULT_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptktctl.lint.security import KeyOperand, Text
    from ptktctl.lint.security_state import Profile
    from ptktctl.provision.host import Facets, Host
    from ptktctl.provision.wanted import Wanted, WantedKey

NONE = "NONE"
LABELLED = (KeyForm.KEYLABEL, KeyForm.EPTKEYLABEL)
TAKEN_FOR_THE_PHRASE = (Wording.INTACT, Wording.WITHIN, Wording.LOWER_CASE)
# An operand of SSIGNON with the reason for it, or what is told of it.
Differing = tuple[str, str] | Unknown | Remark
# How a legacy key lies on the host for each form that can be asked for; ENCRYPTKEY makes a masked key an encrypted one.
HOST_FORMS = {
    WantedForm.KEYENCRYPTED: (KeyForm.KEYENCRYPTED, KeyForm.ENCRYPTKEY),
    WantedForm.KEYMASKED: (KeyForm.KEYMASKED,),
}


class Latitude(NamedTuple):
    """What of the keys was not asked for but proposed, so that the host may have it otherwise.

    Attributes:
        kind: whether the key is a legacy or an enhanced one, or there are both.
        form: how a legacy key is kept.
        labels: the labels that are proposals.
        legacy_stays: whether a legacy key of the host is left although it is not wanted: the store has it as well, or
            a move to enhanced PassTickets is under way.
        enhanced_stays: likewise an enhanced key.
    """

    kind: bool = False
    form: bool = False
    labels: frozenset[str] = frozenset()
    legacy_stays: bool = False
    enhanced_stays: bool = False


class ProfileCheck:
    """Compares one profile of a host with the one that a set-up would leave.

    Args:
        want: the profile as the set-up leaves it.
        have: the profile of that name on the host.
    """

    def __init__(self, wanted: Wanted, host: Host, want: Profile, have: Profile, latitude: Latitude) -> None:
        self.wanted = wanted
        self.latitude = latitude
        self.want = want
        self.have = have
        self.shows: Facets = host.shows(have)
        self.name = want.name.value

    def found(self) -> Iterator[Found]:
        """All that differs, and what of it is not shown."""
        yield from self._universal_access()
        yield from self._warning()
        if self.want.is_key_profile:
            yield from self._application_data()
            yield from self._keys()

    def _alter(self, operands: str, comment: str) -> Command:
        return Command(f"RALTER {self.want.resource_class} {self.name} {operands}", comment)

    def _not_shown(self, what: str) -> Unknown:
        operands = "SSIGNON ALL" if self.want.is_key_profile else "ALL"
        command = f"RLIST {self.want.resource_class} {self.name} {operands}"
        return Unknown(f"{what} of {self.want.resource_class} {self.name}; {command} shows it", decisive=True)

    def _never_listed(self, what: str) -> Unknown:
        """Something that RLIST is not known to print."""
        return Unknown(f"{what} of {self.want.resource_class} {self.name}; an unload shows it")

    def _default(self, default: str) -> str | None:
        """What an operand that is not there comes to: its default where commands tell, else that is not known."""
        return default if self.have.origin is Origin.COMMANDS else None

    def _universal_access(self) -> Iterator[Found]:
        have = self.have.uacc.value if self.have.uacc else self._default(NONE)
        want = self.want.uacc.value if self.want.uacc else NONE
        if have is None:
            yield self._not_shown("UACC")
        elif have != want:
            yield self._alter(f"UACC({want})", f"UACC is {have if have in ACCESS_LEVELS else 'another'} on the host.")

    def _warning(self) -> Iterator[Found]:
        if self.have.warning and self.have.warning.on:
            yield self._alter("NOWARNING", "WARNING is on, which gives everybody every access.")

    def _application_data(self) -> Iterator[Found]:
        """The switch of legacy tickets' replay protection."""
        if not self.shows.appldata:
            yield self._not_shown("APPLDATA")
            return
        said = wording(self.have.appldata.value) if self.have.appldata else Wording.SILENT
        reusable, name = self.wanted.reusable, self.name
        legacy = self.wanted.legacy or (self.latitude.kind and self.have.legacy)
        if reusable and legacy and said is not Wording.INTACT:
            state = "does not have the text" if said is Wording.SILENT else "does not have the text exactly"
            comment = f"APPLDATA {state} that lets a legacy PassTicket be used again."
            yield _commented(racf.set_replay_text(name, reusable=True, for_rse=self.wanted.for_rse), comment)
        elif not reusable and said in TAKEN_FOR_THE_PHRASE:
            comment = "APPLDATA lets a legacy PassTicket be used again, and replay is to be denied."
            yield _commented(racf.set_replay_text(name, reusable=False, for_rse=self.wanted.for_rse), comment)

    def _keys(self) -> Iterator[Found]:
        have = self.have
        if not (have.legacy or have.enhanced or self.shows.keys):
            yield self._not_shown("the SSIGNON segment")
            return
        if self.latitude.kind and (have.legacy or have.enhanced):
            if have.enhanced:
                yield from self._differing_operands(self._enhanced_key())
            return
        if have.enhanced and not self.wanted.enhanced and self.wanted.legacy:
            if self._is_renewable(self.wanted.legacy):
                yield from self._renewed(self.wanted.legacy)
                return
            yield Remark(f"key profile {self.name} has an enhanced key too, which stays: the host makes those tickets")
        yield from self._differing_operands((*self._legacy_key(), *self._enhanced_key()))
        if have.legacy and not self.wanted.legacy and self.wanted.enhanced:
            yield from self._superfluous_legacy_key()

    def _is_renewable(self, key: WantedKey) -> bool:
        """Whether the enhanced key may go, which takes the legacy one with it, and that can be given again for sure."""
        if self.latitude.enhanced_stays:
            return False
        same = self.have.legacy is None or _is_labelled(self.have.legacy, key.label)
        return same or key.label not in self.latitude.labels

    def _renewed(self, key: WantedKey) -> Iterator[Found]:
        # No operand that takes the enhanced key alone away is documented: the segment goes and is made again.
        comment = "There is an enhanced key, which is not wanted: with both, PassTickets are enhanced."
        yield _commented(racf.drop_keys(self.name), f"{comment} This takes both away, the next command gives one.")
        yield self._signon([racf.key_operand(key)], "The legacy key again.")

    def _superfluous_legacy_key(self) -> Iterator[Found]:
        if self.latitude.legacy_stays:
            yield Remark(f"key profile {self.name} has a legacy key too, which stays: the host takes both kinds")
        else:
            yield _commented(racf.drop_legacy_key(self.name), "There is a legacy key, which is not wanted.")

    def _differing_operands(self, differing: Iterable[Differing]) -> Iterator[Found]:
        """One command with the operands that differ, and only these."""
        operands, reasons = [], []
        for found in differing:
            if isinstance(found, (Unknown, Remark)):
                yield found
            else:
                operands.append(found[0])
                reasons.append(found[1])
        if operands:
            yield self._signon(operands, " ".join(f"{reason}." for reason in reasons if reason))

    def _signon(self, operands: list[str], comment: str) -> Command:
        return _commented(racf.alter_signon(self.name, " ".join(operands)), comment)

    def _legacy_key(self) -> Iterator[Differing]:
        key = self.wanted.legacy
        if not key:
            return
        if not self.have.legacy:
            yield racf.key_operand(key), "There is no legacy key"
        elif self.latitude.form:
            yield from self._other_name(key, self.have.legacy, "legacy")
        elif key.form is WantedForm.KEYLABEL:
            yield from self._label(key, self.have.legacy, "legacy")
        elif key.form in HOST_FORMS and self.have.legacy.form not in HOST_FORMS[key.form]:
            masked = self.have.legacy.form is KeyForm.KEYMASKED
            again = "ENCRYPTKEY" if masked else racf.key_operand(key)
            yield again, f"The legacy key is kept as {self.have.legacy.form.value}"

    def _enhanced_key(self) -> Iterator[Differing]:
        key, have = self.wanted.enhanced, self.have
        if not key:
            return
        if not have.enhanced:
            yield racf.key_operand(key), "There is no enhanced key"
        else:
            yield from self._label(key, have.enhanced, "enhanced")
        yield from self._operand("TYPE", self._shown(have.ticket_type, "MIXED"), self.wanted.ticket_type.value.upper())
        timeout = self._shown(have.timeout, str(DEFAULT_TIMEOUT))
        yield from self._operand("TIMEOUT", _number(timeout), str(self.wanted.application.timeout))
        allowed = ("YES" if have.replay.on else "NO") if have.replay else self._default("NO")
        yield from self._operand("REPLAY", allowed, "YES" if self.wanted.reusable else "NO")

    def _shown(self, text: Text | None, default: str) -> str | None:
        """An operand of the enhanced key, or its default (IBM Education Assistant, "RACF enhanced PassTicket")."""
        return text.value.upper() if text else self._default(default)

    def _operand(self, name: str, have: str | None, want: str) -> Iterator[Differing]:
        if not self.have.enhanced:
            yield f"{name}({want})", ""
        elif have is None:
            yield self._never_listed(f"{name} for the enhanced key")
        elif have != want:
            yield f"{name}({want})", f"{name} is {have if have.isascii() and have.isalnum() else 'another'}"

    def _label(self, key: WantedKey, have: KeyOperand, kind: str) -> Iterator[Differing]:
        if have.form in LABELLED and (key.label in self.latitude.labels or _is_labelled(have, key.label)):
            yield from self._other_name(key, have, kind)
        elif not have.label and have.form in LABELLED:
            yield self._never_listed(f"the label of the {kind} key")
        else:
            # The label is not repeated: a key was put there by mistake before now.
            kept = "has another label" if have.form in LABELLED else f"is kept as {have.form.value}"
            yield racf.key_operand(key), f"The {kind} key {kept}"

    def _other_name(self, key: WantedKey, have: KeyOperand, kind: str) -> Iterator[Remark]:
        """That a label is not the one proposed, which is nobody's wish; what the host calls its key stays."""
        if key.label in self.latitude.labels and have.label and not _is_labelled(have, key.label):
            yield Remark(f"key profile {self.name} names its {kind} key by a label of the site's own, which stays")


def is_discrete_by_mistake(profile: Profile) -> bool:
    """Whether a profile has a generic name but is discrete, as it is when generics were off when it was defined."""
    return profile.generic is False and has_generic_characters(profile.name.value)


def deletion_of_mistake(profile: Profile, generics_on: bool | None) -> Command:
    """What deletes such a profile, which is possible while generics are off only (not confirmed by documentation)."""
    name = f"{profile.resource_class} {profile.name}"
    first = "Generics have to be off for it" if generics_on is not False else "Generics are still off"
    comment = (
        f"{name} is discrete, with the asterisk as part of its name: it covers nobody. {first}; SETROPTS GENERIC comes "
        "after it. That is not confirmed by IBM's documentation."
    )
    return _commented(racf.delete(profile.resource_class, profile.name.value), comment)


def _is_labelled(key: KeyOperand, label: str) -> bool:
    return key.label is not None and key.label.value == label


def _commented(command: Command, comment: str) -> Command:
    return replace(command, comment=comment)


def _number(text: str | None) -> str | None:
    """A number without the zeros before it."""
    return str(int(text)) if text and text.isascii() and text.isdigit() else text
