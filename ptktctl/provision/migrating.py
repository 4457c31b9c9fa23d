"""The way of an application from legacy to enhanced PassTickets, step by step.

Sources: IBM Education Assistant, z/OS V2.5, "RACF enhanced PassTicket" (both keys in one profile, which of them makes
tickets and which evaluates them, TYPE, TIMEOUT, REPLAY, NOLEGACYKEY, releases and APARs); z/OS Security Server RACF
Security Administrator's Guide, "Storing PassTicket keys encrypted in ICSF" (the kind of key, the format of the CKDS);
Operator command DISPLAY ICSF (z/OS Cryptographic Services ICSF System Programmer's Guide). How one enhanced key is
taken out of a profile again is not among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptktctl.lint.security import KEY_CLASS
from ptktctl.passticket.keys import TicketType
from ptktctl.provision import icsf, racf
from ptktctl.provision.racf_steps import UNCONFIRMED
from ptktctl.provision.step import Command, Step
from ptktctl.provision.wanted import KeyForm, Wanted, WantedKey
from ptktctl.provision.wishes import LABEL_ENDS
from ptktctl.store.definitions import Replay
from ptktctl.store.migration import Migration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.store.definitions import Application

LEGACY_WINDOW = 600
SOURCE = 'IBM Education Assistant, z/OS V2.5, "RACF enhanced PassTicket"'
NOTHING = Step("Nothing is to be undone")
FOR_RSE = f"That RSE and JES Job Monitor work with enhanced tickets is {UNCONFIRMED}: try it on a test system."
FOR_MIXED = (
    "TYPE(MIXED) needs SETROPTS PASSWORD(MIXEDCASE), and applications that neither fold the password to upper case nor"
    " refuse - and _ in it; where that is not so, give --type upper."
)


class Stage(NamedTuple):
    """One step of the way.

    Attributes:
        reached: what is remembered once it is done; None for the last, after which nothing is.
        step: what is to be done.
        back: what undoes it.
        checked: what ptktctl sees for itself when it is done, in words; empty for what is done on the hosts.
    """

    reached: Migration | None
    step: Step
    back: Step
    checked: str = ""


def stages(application: Application, ticket: TicketType, profiles: Sequence[str]) -> tuple[Stage, ...]:
    """The steps in their order.

    Args:
        ticket: the kind of enhanced tickets to come, UPPER or MIXED.
        profiles: the key profiles of the application, plain and qualified.
    """
    applid = application.applid.value
    return (
        _hosts_ready(application, ticket),
        _legacy_pinned(applid),
        _key_made(applid),
        _key_labelled(application, profiles),
        _both_evaluated(application, ticket, profiles),
        _enhanced_made(applid, ticket),
        _legacy_unused(applid),
        _legacy_removed(application, profiles),
        _legacy_forgotten(applid),
    )


def _hosts_ready(application: Application, ticket: TicketType) -> Stage:
    mixed = ticket is TicketType.MIXED
    step = Step(
        "See that every system which shares the key can have enhanced ones",
        (Command("SETROPTS LIST"),) if mixed else (),
        ("MIXED CASE PASSWORD SUPPORT IS IN EFFECT.",) if mixed else (),
        (
            "z/OS 2.5 or later is needed, or 2.3 and 2.4 with APARs OA59196 (RACF) and OA59197 (SAF), and ICSF. The"
            " operator command D IPLINFO shows the release.",
            "The CKDS must be in variable-length or common record (KDSR) format, which HMAC keys need. The operator"
            " command D ICSF,KDS shows it.",
            FOR_MIXED if mixed else "TYPE(UPPER) needs no mixed-case passwords: such tickets hold A-Z and 0-9 only.",
            *((FOR_RSE,) if Wanted(application).for_rse else ()),
        ),
        source=SOURCE,
    )
    return Stage(Migration.HOSTS_READY, step, NOTHING)


def _legacy_pinned(applid: str) -> Stage:
    step = Step(
        "Keep to legacy tickets until the hosts take enhanced ones",
        (Command(f"ptktctl applid set {applid} --ticket legacy"),),
        remarks=("Else gen would make enhanced tickets from the moment the key for them is stored, as RACF does.",),
    )
    return Stage(Migration.LEGACY_PINNED, step, NOTHING, "the definition makes legacy tickets")


def _key_made(applid: str) -> Stage:
    step = Step(
        "Make the enhanced key, for each profile that has a legacy one",
        (Command(f"ptktctl key generate {applid} --enhanced"),),
        remarks=(
            "64 bytes or more are recommended, and RACF takes 32 to 256. With --user and --group as it is there.",
        ),
    )
    back = Step("Forget the enhanced key", (Command(f"ptktctl key remove {applid} --enhanced"),))
    return Stage(Migration.KEY_MADE, step, back, "each profile with a legacy key has an enhanced one")


def _key_labelled(application: Application, profiles: Sequence[str]) -> Stage:
    labels = ", ".join(map(_label, profiles))
    keys = tuple(WantedKey(KeyForm.EPTKEYLABEL, _label(each)) for each in profiles)
    how = icsf.set_up(Wanted(application, keys=keys[:1]))
    remarks = (*(line for step in how for line in step.remarks), "The label is yours to choose.")
    step = Step(
        f"Bring the enhanced key into ICSF's key data set (CKDS) of every system that shares it, as {labels}",
        remarks=(*remarks, "ptktctl key export hands the key over."),
        lines=tuple(line for step in how for line in step.lines),
        expected=tuple(line for step in how for line in step.expected),
        source="; ".join(step.source for step in how),
    )
    return Stage(Migration.KEY_LABELLED, step, Step(f"Delete {labels} from the CKDS of every system"))


def _both_evaluated(application: Application, ticket: TicketType, profiles: Sequence[str]) -> Stage:
    operands = [_enhanced_operands(application, ticket, each) for each in profiles]
    remarks = [
        "The legacy key stays. From then on the hosts make enhanced tickets for this application, and take both kinds.",
        f"Try one: ptktctl gen -u USERID -a {application.applid} --ticket {ticket.value}",
    ]
    if application.timeout < LEGACY_WINDOW:
        remarks.append(
            f"A legacy ticket serves {LEGACY_WINDOW} s, an enhanced one TIMEOUT({application.timeout}): who keeps"
            f" tickets longer needs more, ptktctl applid set {application.applid} --timeout, up to {LEGACY_WINDOW}."
        )
    if application.replay is Replay.ALLOW:
        remarks.append("REPLAY(YES) is for enhanced tickets what APPLDATA('NO REPLAY PROTECTION') is for legacy ones.")
    step = Step(
        "Add the enhanced key to the profile, beside the legacy one, on every system",
        (*map(racf.alter_signon, profiles, operands), *_refreshed(profiles)),
        ("Under SSIGNON INFORMATION lines of both, Legacy PassTicket and Enhanced PassTicket.",),
        tuple(remarks),
        source=SOURCE,
    )
    return Stage(Migration.BOTH_EVALUATED, step, _without_segment(profiles))


def _enhanced_operands(application: Application, ticket: TicketType, profile: str) -> str:
    key = WantedKey(KeyForm.EPTKEYLABEL, _label(profile))
    return racf.enhanced_operands(key, ticket, application.timeout, reusable=application.replay is Replay.ALLOW)


def _enhanced_made(applid: str, ticket: TicketType) -> Stage:
    step = Step(
        "Make enhanced tickets",
        (_set_ticket(applid, ticket), Command(f"ptktctl gen -u USERID -a {applid}")),
        ("A ticket that the application takes.",),
    )
    back = Step("Make legacy tickets again", (Command(f"ptktctl applid set {applid} --ticket legacy"),))
    return Stage(Migration.ENHANCED_MADE, step, back, "the definition makes enhanced tickets, and the key is there")


def _legacy_unused(applid: str) -> Stage:
    step = Step(
        "Find out who still makes legacy tickets, and move them too: gateways, partners, scripts with a key",
        remarks=(
            "Hosts with both keys make enhanced ones by themselves. RACF writes SMF type 80 records of evaluations"
            " (event 81) and generations (event 82), with details in relocate section 67.",
            f"Of a ticket at hand, ptktctl verify -a {applid} --format json tells the ticket_type.",
        ),
        expected=("No legacy ticket for as long as a cycle of the business takes, a month's end included.",),
    )
    return Stage(Migration.LEGACY_UNUSED, step, NOTHING)


def _legacy_removed(application: Application, profiles: Sequence[str]) -> Stage:
    remarks = ["From then on no legacy ticket of the application is taken."]
    if application.replay is Replay.ALLOW:
        remarks.append(
            "APPLDATA('NO REPLAY PROTECTION') acts on legacy tickets only: RALTER with NOAPPLDATA removes it."
        )
    step = Step(
        "Remove the legacy key from the profile, on every system",
        (*map(racf.drop_legacy_key, profiles), *_refreshed(profiles)),
        ("Under SSIGNON INFORMATION no legacy key.",),
        tuple(remarks),
        source=SOURCE,
    )
    back = Step(
        "Give the profile the legacy key again, on every system",
        (*map(_legacy_again, profiles), *_refreshed(profiles)),
        remarks=("By the label it has in the CKDS; or with KEYENCRYPTED, as it was before.",),
    )
    return Stage(Migration.LEGACY_REMOVED, step, back)


def _legacy_forgotten(applid: str) -> Stage:
    step = Step("Forget the legacy key", (Command(f"ptktctl key remove {applid}"),))
    return Stage(None, step, Step("Nothing brings it back but a copy of the store"), "no legacy key is stored any more")


def _without_segment(profiles: Sequence[str]) -> Step:
    commands = (command for each in profiles for command in (racf.drop_keys(each), _legacy_again(each)))
    return Step(
        "Take the enhanced key out of the profile, on every system",
        (*commands, *_refreshed(profiles)),
        remarks=("NOSSIGNON drops the keys of both kinds: the legacy one is given again, by its label or as it was.",),
    )


def _legacy_again(profile: str) -> Command:
    return racf.alter_signon(profile, racf.key_operand(WantedKey(KeyForm.KEYLABEL, _label(profile, KeyForm.KEYLABEL))))


def _refreshed(profiles: Sequence[str]) -> tuple[Command, ...]:
    """The end of each change: the refresh, and a look at the profiles."""
    return (racf.refresh(KEY_CLASS), *(racf.show(KEY_CLASS, each, signon=True) for each in profiles))


def _set_ticket(applid: str, ticket: TicketType) -> Command:
    return Command(f"ptktctl applid set {applid} --ticket {ticket.value}")


def _label(profile: str, form: KeyForm = KeyForm.EPTKEYLABEL) -> str:
    return f"PTKT.{profile}.{LABEL_ENDS[form]}"
