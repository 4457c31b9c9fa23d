"""What `import ptktctl` promises: the algorithms with names given as text and the clock as a default."""

import operator

from ptktctl.passticket import evaluation
from ptktctl.passticket.evaluation import DEFAULT_TIMEOUT, Evaluation, Outcome
from ptktctl.passticket.keys import EnhancedKey, LegacyKey, SecuredSignonKey, TicketType
from ptktctl.passticket.names import ApplId, UserId
from ptktctl.passticket.weaknesses import Weakness

__all__ = [
    "ApplId",
    "EnhancedKey",
    "Evaluation",
    "LegacyKey",
    "Outcome",
    "SecuredSignonKey",
    "TicketType",
    "UserId",
    "Weakness",
    "decode",
    "evaluate",
    "generate",
]


def generate(userid: UserId | str, applid: ApplId | str, key: SecuredSignonKey, at: int | None = None) -> str:
    """Make a PassTicket: 8 characters of the key's kind.

    Args:
        userid: 1 to 8 of A-Z 0-9 @ # $, any case.
        applid: likewise: the name of the PTKTDATA profile.
        key: a LegacyKey or an EnhancedKey.
        at: the second of generation in epoch seconds; the current one when left out.

    Raises:
        InputError: a malformed name, or a time that the kind of ticket cannot carry.
    """
    return evaluation.generate(_userid(userid), _applid(applid), key, _second(at))


def decode(ticket: str, userid: UserId | str, applid: ApplId | str, key: SecuredSignonKey) -> int | None:
    """Read the second of generation (epoch seconds) out of a ticket; None if it is no ticket of the key's kind.

    Every possible ticket carries some second under every key: with a wrong key, user ID or APPLID the
    answer is an arbitrary number of 32, 41 or 48 bits. `evaluate` judges it.

    Raises:
        InputError: a malformed user ID or APPLID.
    """
    return evaluation.decode(ticket, _userid(userid), _applid(applid), key)


def evaluate(
    ticket: str,
    userid: UserId | str,
    applid: ApplId | str,
    key: SecuredSignonKey,
    at: int | None = None,
    *,
    timeout: int = DEFAULT_TIMEOUT,
) -> Evaluation:
    """Say what a verifier would of a ticket, but for its earlier use, which needs a memory.

    Args:
        ticket: as it was given; case matters.
        at: the moment of evaluation in epoch seconds; now when left out.
        timeout: the window of an enhanced ticket in seconds, taken either way; a legacy one has 600.

    Raises:
        InputError: a malformed user ID or APPLID.
    """
    return evaluation.evaluate(ticket, _userid(userid), _applid(applid), (key,), _second(at), timeout=timeout)


def _userid(userid: UserId | str) -> UserId:
    return userid if isinstance(userid, UserId) else UserId.parse(userid)


def _applid(applid: ApplId | str) -> ApplId:
    return applid if isinstance(applid, ApplId) else ApplId.parse(applid)


def _second(at: int | None) -> int:
    if at is not None:
        return operator.index(at)
    import time

    return int(time.time())
