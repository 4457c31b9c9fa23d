"""RACF commands, one builder each.

A builder takes names, not a whole set-up, wherever that is all it needs, so that whoever changes one thing of a host
can use it too. Each cites its source: ACT is "Activating the PTKTDATA class", DEFPRO "Defining profiles in the PTKTDATA
class", SSENCR "Storing PassTicket keys encrypted in ICSF", all of the z/OS Security Server RACF Security
Administrator's Guide; ACTRSE "Activate the security settings and classes" and RSE "Define PassTicket support for RSE",
of IBM Explorer for z/OS; EPTIEA is IBM Education Assistant, z/OS V2.5, "RACF enhanced PassTicket"; TICKETSERV is
R_ticketserv, "RACF authorization", in RACF Callable Services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.rules.keys import DEFAULT_TIMEOUT, NO_REAL_KEY, SHORT_TIMEOUT
from ptktctl.lint.rules.replay import PHRASE
from ptktctl.lint.security import KEY_CLASS
from ptktctl.passticket.keys import LegacyKey, TicketType
from ptktctl.provision.step import Accepted, Command
from ptktctl.provision.wanted import RSE_APPLID, KeyForm, Wanted, WantedKey

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACEHOLDER = "<key>"  # lint's rule placeholder-key knows it, and RACF refuses it
DIGITS_KEYWORDS = {
    KeyForm.KEYENCRYPTED: "KEYENCRYPTED",
    KeyForm.KEYMASKED: "KEYMASKED",
    KeyForm.PLACEHOLDER: "KEYENCRYPTED",
}


# Classes


def enable_generics(resource_class: str) -> Command:
    """SETROPTS GENERIC: before a profile with an asterisk in its name is defined (ACTRSE)."""
    return Command(f"SETROPTS GENERIC({resource_class})")


def activate(resource_class: str) -> Command:
    """SETROPTS CLASSACT and RACLIST (ACT, ACTRSE); harmless where that was done before."""
    return Command(f"SETROPTS CLASSACT({resource_class}) RACLIST({resource_class})")


def refresh(resource_class: str) -> Command:
    """SETROPTS RACLIST REFRESH: nothing that was changed has an effect before it (ACT)."""
    return Command(f"SETROPTS RACLIST({resource_class}) REFRESH")


# The key profile


def key_operand(key: WantedKey) -> str:
    """The operand of SSIGNON that gives a profile its key, without TYPE and its like (SSENCR)."""
    if key.form is KeyForm.EPTKEYLABEL:
        return f"EPTKEYLABEL({key.label})"
    if key.form is KeyForm.KEYLABEL:
        return f"KEYLABEL({key.label})"
    return f"{DIGITS_KEYWORDS[key.form]}({key.digits or PLACEHOLDER})"


def enhanced_operands(key: WantedKey, ticket_type: TicketType, timeout: int, *, reusable: bool) -> str:
    """The operands of SSIGNON for enhanced PassTickets (EPTIEA).

    Args:
        key: of the form EPTKEYLABEL.
        ticket_type: UPPER or MIXED.
        timeout: 1 to 600 seconds.
        reusable: whether a PassTicket may be used again within that time.
    """
    kind = ticket_type.value.upper()
    return f"{key_operand(key)} TYPE({kind}) TIMEOUT({timeout}) REPLAY({'YES' if reusable else 'NO'})"


def replay_text(applid: str, *, for_rse: bool) -> str:
    """What APPLDATA holds to switch replay protection off for legacy PassTickets.

    RSE's documentation prints it with an en dash, which the system's own code pages do not have; a hyphen stands for it
    (RSE). The phrase alone is documented for other products (Db2, CICS Configuration Manager).
    """
    return f"{PHRASE} - DO NOT CHANGE" if for_rse or applid == RSE_APPLID else PHRASE


def define_key_profile(wanted: Wanted) -> Command:
    """RDEFINE of the discrete key profile, with the legacy key if one is wanted, else the enhanced one (DEFPRO)."""
    appldata = f" APPLDATA('{replay_text_of(wanted)}')" if wanted.legacy and wanted.reusable else ""
    signon = f" SSIGNON({_signon(wanted, wanted.keys[0])})" if wanted.keys else ""
    comment = (
        "The key profile: discrete, as a generic one is ignored without a message. Its name is the APPLID. If one is "
        "there already, another product may use its key: do not replace that, but compare first."
    )
    accepted = accept_key(wanted, wanted.keys[0]) if wanted.keys else ()
    return Command(f"RDEFINE {KEY_CLASS} {wanted.applid} UACC(NONE){signon}{appldata}", comment, accepted)


def set_key(wanted: Wanted, key: WantedKey) -> Command:
    """RALTER that gives the key profile a key of one kind, and leaves a key of the other kind as it is (EPTIEA)."""
    return Command(
        f"RALTER {KEY_CLASS} {wanted.applid} SSIGNON({_signon(wanted, key)})",
        accepted=accept_key(wanted, key),
    )


def alter_signon(applid: str, operands: str) -> Command:
    """RALTER of single operands of SSIGNON, such as TIMEOUT(60); the others stay (EPTIEA)."""
    return Command(f"RALTER {KEY_CLASS} {applid} SSIGNON({operands})")


def drop_legacy_key(applid: str) -> Command:
    """RALTER SSIGNON(NOLEGACYKEY): from then on only enhanced PassTickets are made and taken (EPTIEA)."""
    return alter_signon(applid, "NOLEGACYKEY")


def drop_keys(applid: str) -> Command:
    """RALTER NOSSIGNON: both keys and all settings of enhanced PassTickets go (RACF Command Language Reference)."""
    return Command(f"RALTER {KEY_CLASS} {applid} NOSSIGNON")


def set_replay_text(applid: str, *, reusable: bool, for_rse: bool) -> Command:
    """RALTER of APPLDATA, which lets legacy PassTickets be used again, or not (RSE)."""
    operand = f"APPLDATA('{replay_text(applid, for_rse=for_rse)}')" if reusable else "NOAPPLDATA"
    return Command(f"RALTER {KEY_CLASS} {applid} {operand}")


# Profiles and access lists


def define(resource_class: str, profile: str, uacc: str = "NONE", comment: str = "") -> Command:
    """RDEFINE of a profile with nothing but its universal access."""
    return Command(f"RDEFINE {resource_class} {profile} UACC({uacc})", comment)


def delete(resource_class: str, profile: str) -> Command:
    """RDELETE; the access list goes with the profile."""
    return Command(f"RDELETE {resource_class} {profile}")


def permit(resource_class: str, profile: str, user: str, access: str, comment: str = "") -> Command:
    """PERMIT: UPDATE on IRRPTAUTH.applid.user makes PassTickets, READ evaluates them (TICKETSERV)."""
    return Command(f"PERMIT {profile} CLASS({resource_class}) ID({user}) ACCESS({access})", comment)


def revoke(resource_class: str, profile: str, user: str, comment: str = "") -> Command:
    """PERMIT DELETE: takes an ID off an access list."""
    return Command(f"PERMIT {profile} CLASS({resource_class}) ID({user}) DELETE", comment)


def show(resource_class: str, profile: str, *, signon: bool = False) -> Command:
    """RLIST of a profile with its access list, and with what is shown of its keys."""
    return Command(f"RLIST {resource_class} {profile}{' SSIGNON' if signon else ''} ALL")


# What lint is told to accept, because it was asked for


def accept_key(wanted: Wanted, key: WantedKey) -> tuple[Accepted, ...]:
    """What of a command that sets a key is as it was wanted, though lint would question it."""
    return (*_accept_form(wanted, key), *_accept_settings(wanted, key))


def _accept_form(wanted: Wanted, key: WantedKey) -> Iterator[Accepted]:
    if not wanted.enhanced:
        yield Accepted("PTK414", "a legacy key is what is wanted")
    if key.form is KeyForm.KEYMASKED:
        yield Accepted("PTK404", "--key-form keymasked was given")
    yield from accept_digits(key)


def accept_digits(key: WantedKey) -> Iterator[Accepted]:
    """What lint would say of a key in clear; that one is weak or published is not accepted."""
    if key.digits and not key.form.labelled and NO_REAL_KEY.isdisjoint(LegacyKey.from_hex(key.digits).weaknesses()):
        yield Accepted("PTK409", "--reveal-key was given")


def _accept_settings(wanted: Wanted, key: WantedKey) -> Iterator[Accepted]:
    timeout = wanted.application.timeout
    if key.form.enhanced and not SHORT_TIMEOUT <= timeout <= DEFAULT_TIMEOUT:
        yield Accepted("PTK412", "the definition's timeout")
    if key is (wanted.enhanced or wanted.legacy):
        # With keys of both kinds lint judges REPLAY, without an enhanced one APPLDATA.
        yield from accept_replay(wanted)


def accept_replay(wanted: Wanted) -> Iterator[Accepted]:
    """What lint would say of the replay setting without the files that tell who uses the application."""
    if wanted.reusable and wanted.applid != RSE_APPLID:
        yield Accepted("PTK403", "the definition allows replay")
    elif not wanted.reusable and wanted.applid == RSE_APPLID:
        yield Accepted("PTK401", "the definition denies replay")


def accept_generators(wanted: Wanted, generator: str) -> tuple[Accepted, ...]:
    """What lint would say of several generators for all users; it says it of the last one."""
    several = wanted.all_users and len(wanted.generators) > 1
    if several and generator == wanted.generators[-1].value:
        return (Accepted("PTK510", "several generators were named"),)
    return ()


def replay_text_of(wanted: Wanted) -> str:
    """What APPLDATA holds of the key profile, if a PassTicket may be used again."""
    return replay_text(wanted.applid, for_rse=wanted.for_rse)


def _signon(wanted: Wanted, key: WantedKey) -> str:
    if not key.form.enhanced:
        return key_operand(key)
    return enhanced_operands(key, wanted.ticket_type, wanted.application.timeout, reusable=wanted.reusable)
