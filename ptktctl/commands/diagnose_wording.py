"""What `ptktctl diagnose` says: each slip and each moment in a sentence, with what mends it.

Sources of the advice: IBM z/OS "Preventing errors" (clocks on GMT, user IDs that may not use PassTickets);
IBM Education Assistant, z/OS V2.5, "RACF enhanced PassTicket" (TYPE, TIMEOUT); IBM Explorer for z/OS
"Using PassTickets" (one APPLID on both sides); IMS Connect, "RACF PassTicket for client connections"
(a mixed-case ticket must not be folded).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.commands.wording import instant, span
from ptktctl.passticket.diagnosis import BOUND, Moment, Slip, Verdict
from ptktctl.passticket.keys import TicketType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.passticket.diagnosis import Candidate, Diagnosis, Suspects

# Tickets whose ages differ by no more than two minutes point to the clock rather than to people's delays.
STEADY = 120
FEWEST_STEADY = 3

AS_IT_IS = "let the value pass as it is"
OR_UPPER = ", or give the APPLID enhanced tickets of TYPE(UPPER)"
IN_CAPITALS = "; a ticket of this kind is in capitals"
ENTER_AGAIN = "enter the key anew on the generating side, where it is read in another order"
NAMES_AS_RACF = "the generator must take both names in upper case, in EBCDIC, padded with blanks (X'40') to 8"

# How the ticket was made, and what mends it.
SLIPS = {
    Slip.NONE: ("made with the right user ID, APPLID and {kind} key", ""),
    Slip.OTHER_USERID: ("made for the user ID {userid}, not {meant_userid}", "sign on as the user it was made for"),
    Slip.OTHER_APPLID: (
        "made for the APPLID {applid}, not {meant_applid}, with the {kind} key of {profile}",
        "give the generator and the application that checks one APPLID",
    ),
    Slip.OTHER_KEY: (
        "made with the {kind} key of {profile}, which is not tried for {meant_userid} and {meant_applid}",
        "store one key on both sides, and name the group (--group) whose profile is meant; the first qualified profile"
        " there is hides the other qualified ones",
    ),
    Slip.OTHER_TYPE: (
        "made as a TYPE({type}) ticket, but for {meant_applid} only TYPE({other_type}) is tried",
        "give the generator's side, the profile and the definition (ptktctl applid set --ticket) the same TYPE",
    ),
    Slip.KEY_CUT: (
        "made as a legacy ticket with the first 8 bytes of the enhanced key",
        "use a generator that knows enhanced PassTickets, or store a legacy key",
    ),
    Slip.KEY_BYTES_SWAPPED: ("made with the bytes of the {kind} key turned round {detail}", ENTER_AGAIN),
    Slip.KEY_HALVES_EXCHANGED: ("made with the halves of the {kind} key exchanged", ENTER_AGAIN),
    Slip.KEY_NIBBLES_REVERSED: (
        "made with the hexadecimal digits of the {kind} key reversed {detail}",
        ENTER_AGAIN,
    ),
    Slip.KEY_READ_AS_TEXT: (
        "made with the hexadecimal digits of the {kind} key taken as text ({detail})",
        "the generator must turn each two hexadecimal digits into one byte",
    ),
    Slip.NAMES_IN_ASCII: ("made with the names in ASCII", NAMES_AS_RACF),
    Slip.NAMES_NOT_PADDED: ("made with names not padded with blanks ({detail})", NAMES_AS_RACF),
    Slip.NAMES_IN_LOWER_CASE: ("made with {detail} in lower case", NAMES_AS_RACF),
    Slip.CASE_LOST: (
        "the letters of this {kind} ticket lost their case on the way; {count} of {readings} ways to restore it fits",
        AS_IT_IS,
    ),
    Slip.MISREAD: (
        "one or two characters were taken for others that look alike (O and 0, I and 1, S and 5 ...)",
        "hand tickets on by a pipe or copy them; do not type them",
    ),
}

# What the second of generation says, and what mends it.
MOMENTS = {
    Moment.IN_WINDOW: ("generated {distance} {side} ({at}), inside the window of {window}", ""),
    Moment.TOO_SLOW: (
        "generated {distance} {side} ({at}): soon enough for a legacy ticket, too slow for an enhanced one with"
        " TIMEOUT({seconds})",
        "use the ticket sooner after it is made, or raise TIMEOUT (to 600 at most)",
    ),
    Moment.LOCAL_TIME: (
        "generating clock {offset:,} s {ahead} ({hours} hours): it runs in local time, UTC{zone}, not GMT",
        "set the generating machine's clock (on z/OS the TOD clock) to GMT and its time zone apart from it",
    ),
    Moment.AHEAD: (
        "generated {distance} {side} ({at}): the generating clock is {offset:,} s {ahead}",
        "synchronise the clocks of both machines",
    ),
    Moment.LATE: (
        "generated {distance} {side} ({at}); the window is {window}",
        "use each ticket at once; if it was, the generating clock is {offset:,} s {ahead}",
    ),
    Moment.OLD: (
        "an old ticket, generated {distance} {side} ({at}); the window is {window}",
        "make a new ticket for each sign-on",
    ),
}
IF_VALID = (
    "if the host refuses it: its clock is not GMT, its key differs, class PTKTDATA was not refreshed, the ticket served"
    " there before, or the user is revoked, protected or without access to the APPLID"
)
# Of the ages up to 12 hours, so many lie as near to a whole or half hour.
OR_KEPT = "; 1 in 15 tickets that were merely kept for hours looks like this too"
IF_USED = "make a new ticket for each sign-on, or allow re-use (NO REPLAY PROTECTION; enhanced: REPLAY(YES))"
COMPARE = (
    "compare the keys' fingerprints; name other user IDs (-u), the group (--group), SMF IDs (--smfid) and the moment"
    " (--at)"
)
MAKE_A_TICKET = "make a ticket: ptktctl gen -u USERID -a APPLID"


def how_made(candidate: Candidate, suspects: Suspects, count: int = 1) -> str:
    """How a candidate says the ticket was made; `count` is how many readings of its slip fit."""
    reading = candidate.reading
    return SLIPS[reading.slip][0].format(
        userid=reading.userid,
        applid=reading.applid,
        meant_userid=suspects.userids[0],
        meant_applid=suspects.applids[0],
        kind=f"{'pending ' if reading.known.pending else ''}{_kind(reading.ticket_type)}",
        type=reading.ticket_type.name,
        other_type=reading.known.key.ticket_type.name,
        profile=reading.known.name,
        detail=reading.detail,
        count=count,
        readings=candidate.readings,
    )


def when_made(candidate: Candidate) -> str:
    """What the second of generation says."""
    return _of_moment(candidate, 0)


def when_all(candidate: Candidate, ages: Sequence[int]) -> str:
    """What the seconds of generation say of several tickets; nothing when they lie in the window.

    Args:
        candidate: any of them; they share the moment, and the zone if there is one.
        ages: in seconds, by size.
    """
    least, most = ages[0], ages[-1]
    if candidate.moment is Moment.IN_WINDOW:
        return ""
    if candidate.moment is Moment.LOCAL_TIME or len(ages) == 1:
        return when_made(candidate)
    if _is_steady(ages):
        middle = ages[len(ages) // 2]
        return f"generating clock {abs(middle):,} s {'behind' if middle > 0 else 'ahead'}"
    nearest, farthest = sorted((abs(least), abs(most)))
    side = "before" if least > 0 else "later"
    return f"generated {span(nearest)} to {span(farthest)} {side}; the window is {span(candidate.window)}"


def remedy(candidate: Candidate, ages: Sequence[int] = ()) -> str:
    """What mends it: the slip, the clock, or both; `ages` as in `when_all` for several tickets."""
    late = candidate.moment in (Moment.LATE, Moment.OLD, Moment.TOO_SLOW)
    clock = MOMENTS[Moment.AHEAD][1] if late and _is_steady(ages) else _of_moment(candidate, 1)
    if candidate.moment is Moment.LOCAL_TIME and not _is_steady(ages):
        clock += OR_KEPT
    return "; ".join(filter(None, (_remedy_of_slip(candidate), clock))) or IF_VALID


def _remedy_of_slip(candidate: Candidate) -> str:
    text = SLIPS[candidate.reading.slip][1]
    if candidate.reading.slip is Slip.CASE_LOST:
        text += OR_UPPER if candidate.reading.ticket_type is TicketType.MIXED else IN_CAPITALS
    return text


def offset(seconds: int) -> str:
    """An offset from GMT as it is written: +02:00, -05:30."""
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02}:{minutes:02}"


def odds(chance: float) -> str:
    """A probability as people say it: 1 in 298,112."""
    return f"1 in {1 / chance:,.0f}"


def without_candidate(found: Diagnosis, at: int) -> tuple[str, str]:
    """What is said, and advised, of a ticket that nothing explains."""
    if found.verdict is Verdict.IMPOSSIBLE:
        return f"{_impossible(found)}; was a password given?", MAKE_A_TICKET
    far = f"none of {found.readings} readings lies near {instant(at)}"
    if found.reach >= 0 and found.possible:
        far += f" (or within {span(found.reach)}, if it was made as it should be)"
    if TicketType.LEGACY in found.kinds and TicketType.LEGACY not in found.possible:
        far += "; as a legacy ticket it is impossible under any key"
    return f"{far}: another key, another name, an older ticket, or a password", COMPARE


def chances(candidate: Candidate, found: Diagnosis) -> str:
    """How likely a candidate is to be chance."""
    alike = "1 reading" if candidate.readings == 1 else f"{candidate.readings} readings"
    return f"{odds(candidate.chance)} ({alike} of this sort, {found.readings} in all; never above {odds(BOUND)})"


def _is_steady(ages: Sequence[int]) -> bool:
    return len(ages) >= FEWEST_STEADY and ages[-1] - ages[0] <= STEADY


def _of_moment(candidate: Candidate, part: int) -> str:
    away = -candidate.age if candidate.zone is None else candidate.zone
    return MOMENTS[candidate.moment][part].format(
        distance=span(candidate.age),
        side="before" if candidate.age >= 0 else "later",
        at=instant(candidate.generated),
        window=span(candidate.window),
        seconds=candidate.window,
        offset=abs(away),
        ahead="ahead" if away > 0 else "behind",
        zone=offset(away),
        hours="quarter" if away % 1800 else "half" if away % 3600 else "whole",
    )


def _kind(ticket_type: TicketType) -> str:
    return "legacy" if ticket_type is TicketType.LEGACY else f"enhanced {ticket_type.name}"


def _impossible(found: Diagnosis) -> str:
    if not found.possible:
        return "no PassTicket looks like this under any key: it has 8 of A-Z 0-9, as TYPE(MIXED) also of a-z - _"
    return f"no PassTicket of the keys stored ({' and '.join(map(_kind, found.kinds))}) looks like this"
