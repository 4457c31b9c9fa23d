"""What a verifier says of a ticket: decode it, hold it against the window, ask whether it was used.

Sources: IBM z/OS RACF System Programmer's Guide, "How RACF processes the password or PassTicket" (window
of 10 minutes either way, single use); IBM Education Assistant, z/OS V2.5, "RACF enhanced PassTicket"
(TIMEOUT, and that a ticket is tried as both kinds when a profile holds both keys).
"""

from __future__ import annotations

import enum
import functools
from typing import TYPE_CHECKING

from ptktctl.passticket.keys import EnhancedKey, LegacyKey, TicketType
from ptktctl.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptktctl.passticket.columns import Columns
    from ptktctl.passticket.keys import SecuredSignonKey
    from ptktctl.passticket.names import ApplId, UserId

LEGACY_WINDOW = 600
DEFAULT_TIMEOUT = 60
DAY = 86_400
# How far from the clock a decoded second may lie and still be called this key's. Every text that looks like
# a ticket decodes to *some* second, so a wide reach would call strangers' tickets expired: a day either side
# is met by chance once in 24,855 legacy tickets, a year once in 34,865 UPPER ones.
LEGACY_REACH = DAY
ENHANCED_REACH = 365 * DAY


class Outcome(enum.Enum):
    """The answers of a verifier; of a ticket's readings under several keys, the one that comes first here answers."""

    VALID = "valid"
    EXPIRED = "expired"
    EARLY = "early"
    USED = "used"
    NO_MATCH = "no-match"
    MALFORMED = "malformed"


class Evaluation(Record):
    """What is known of a ticket.

    Attributes:
        outcome: the answer.
        ticket_type: the kind of the key that answered, None for no-match and malformed.
        generated: when the ticket was made, in epoch seconds, None for no-match and malformed.
        age: seconds from then to the moment of evaluation, negative for a ticket from the future.
        window: how many seconds either way the ticket serves.
        key: the key that answered.
        used_at: for USED, when it served before, in epoch seconds.
    """

    outcome: Outcome
    window: int
    ticket_type: TicketType | None = None
    generated: int | None = None
    age: int | None = None
    key: SecuredSignonKey | None = None
    used_at: int | None = None


def evaluate(
    ticket: str,
    userid: UserId,
    applid: ApplId,
    keys: Sequence[SecuredSignonKey],
    at: int,
    *,
    timeout: int = DEFAULT_TIMEOUT,
    use: Callable[[SecuredSignonKey, int], int | None] | None = None,
) -> Evaluation:
    """Evaluate a ticket under each key in turn, as RACF tries both kinds.

    Args:
        ticket: as it was given; case matters.
        keys: in the order of trial.
        at: the moment of evaluation, epoch seconds.
        timeout: the window of enhanced tickets in seconds, taken either way; legacy tickets have 600.
        use: asked once, for a ticket inside its window: records the use of (key, generation second) and
            answers None, or answers when it was used before. Left out: tickets may be used again.
    """
    readings = [_read(ticket, userid, applid, key, at, timeout) for key in keys]
    best = min(readings, key=_rank, default=Evaluation(Outcome.NO_MATCH, LEGACY_WINDOW))
    if best.outcome is not Outcome.VALID or use is None or best.key is None or best.generated is None:
        return best
    used_at = use(best.key, best.generated)
    if used_at is None:
        return best
    return Evaluation(Outcome.USED, best.window, best.ticket_type, best.generated, best.age, best.key, used_at)


def decode(ticket: str, userid: UserId, applid: ApplId, key: SecuredSignonKey) -> int | None:
    """Read the generation second (epoch seconds) out of a ticket of the key's kind; None if it is none."""
    if isinstance(key, LegacyKey):
        from ptktctl.passticket import legacy

        return legacy.decode(ticket, userid, applid, key)
    from ptktctl.passticket import enhanced

    return enhanced.decode(ticket, userid, applid, key)


def generate(userid: UserId, applid: ApplId, key: SecuredSignonKey, at: int) -> str:
    """Make the ticket of the second `at` (epoch seconds), of the key's kind."""
    if isinstance(key, LegacyKey):
        from ptktctl.passticket import legacy

        return legacy.generate(userid, applid, key, at)
    from ptktctl.passticket import enhanced

    return enhanced.generate(userid, applid, key, at)


@functools.cache
def columns_of(ticket_type: TicketType) -> Columns:
    """Tickets of a kind, many at a time; `key.ticket_type` says which kind a key makes."""
    if ticket_type is TicketType.LEGACY:
        from ptktctl.passticket.legacy_columns import LegacyColumns

        return LegacyColumns()
    from ptktctl.passticket.enhanced_columns import EnhancedColumns

    return EnhancedColumns(ticket_type)


def window_of(key: SecuredSignonKey, timeout: int) -> int:
    """How many seconds either way a ticket of this key serves."""
    return timeout if isinstance(key, EnhancedKey) else LEGACY_WINDOW


def _read(ticket: str, userid: UserId, applid: ApplId, key: SecuredSignonKey, at: int, timeout: int) -> Evaluation:
    window = window_of(key, timeout)
    generated = decode(ticket, userid, applid, key)
    if generated is None:
        return Evaluation(Outcome.MALFORMED, window)
    age = at - generated
    reach = LEGACY_REACH if isinstance(key, LegacyKey) else ENHANCED_REACH
    if abs(age) > reach:
        return Evaluation(Outcome.NO_MATCH, window)
    outcome = Outcome.VALID if abs(age) <= window else Outcome.EXPIRED if age > 0 else Outcome.EARLY
    return Evaluation(outcome, window, key.ticket_type, generated, age, key)


def _rank(evaluation: Evaluation) -> int:
    return tuple(Outcome).index(evaluation.outcome)
