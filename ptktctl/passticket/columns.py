"""Many tickets at once, by the same rules as one by one, but with hardly a Python step for a ticket.

The trick is to turn the batch on its side. A *column* has one byte of every ticket, name or number; columns stand one
after another: all first bytes, then all second ones, and so on. Then

- what combines two columns (`records`) is one call;
- so is whatever maps a byte to a byte (`bytes.translate`): a digit of the ticket, two bits moved;
- what moves bits about works on slices of columns (`bit_slices`).

What each kind of ticket makes of that is in `legacy_columns` and `enhanced_columns`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.passticket.keys import SecuredSignonKey

# Eight characters that no alphabet has: stands among tickets for a text of another length.
NO_TICKET = b"????????"


class Subjects(NamedTuple):
    """What tickets are made for and with, but for the seconds.

    Attributes:
        userids, applids: names in capitals, as ASCII, each padded with blanks to 8 bytes, one after another.
        keys: keys of one kind, each with the number of tickets that it is for: the first ones, the next ones...
    """

    userids: bytes
    applids: bytes
    keys: Sequence[tuple[SecuredSignonKey, int]]


class Columns(Protocol):
    """Tickets of one kind, many at a time; seconds are epoch seconds."""

    last_second: int

    def generate(self, subjects: Subjects, seconds: Sequence[int]) -> bytes:
        """Make a ticket for each subject and second (0 to `last_second`): 8 ASCII characters each."""

    def decode(self, subjects: Subjects, tickets: bytes) -> tuple[Sequence[int], Sequence[int]]:
        """Read the second out of each ticket of 8 bytes, and find the positions of what is no ticket of this kind."""
