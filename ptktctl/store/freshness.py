"""No ticket twice: a second serves for one ticket of a user ID and APPLID, whichever process makes it: of this machine,
or, with a shared ledger, of any that share it.

Tickets count in seconds, so two that are made within one second are equal, and a host with replay protection refuses
the second of them (RACF System Programmer's Guide, "How RACF processes the password or PassTicket"). The seconds taken
lie in the ledger beside the used tickets, and its promises hold for them: one process gets a second, it is on the
disk before it is answered, and the clock set back gives no second again. A second whose ticket is among the used ones
is taken as well, whoever made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.errors import StoreBusyError
from ptktctl.passticket import evaluation
from ptktctl.store.ledger import made_token, token

if TYPE_CHECKING:
    from ptktctl.passticket.keys import SecuredSignonKey
    from ptktctl.passticket.names import ApplId, UserId
    from ptktctl.store.ledgers import UsedTickets

LONGEST_QUEUE = 600


def take_second(ledger: UsedTickets, key: SecuredSignonKey, userid: UserId, applid: ApplId, now: int) -> int:
    """Take the first second from `now` on that is no other ticket's of this key, user ID and APPLID.

    Args:
        now: the clock of this machine, in epoch seconds.

    Returns:
        The second, in epoch seconds: `now`, or one to wait for. A ticket for it must not be given away before.

    Raises:
        StoreBusyError: the next LONGEST_QUEUE seconds are taken; or as `UsedTickets.use`, like all other errors.
    """
    for second in range(now, now + LONGEST_QUEUE):
        if ledger.use(made_token(key, userid, applid, second), second, now, keep_until=second) is None:
            ticket = evaluation.generate(userid, applid, key, second)
            if ledger.peek(token(key, userid, applid, ticket, second)) is None:
                return second
    raise StoreBusyError(
        f"the next {LONGEST_QUEUE} seconds are taken for tickets of {userid} and {applid}",
        "try again later; more tickets than one a second can't differ",
    )
