"""What every ledger of used tickets promises: this machine's file, or a server's that several machines share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Use(NamedTuple):
    """A ticket that is to serve.

    Attributes:
        token: what `store.ledger.token` made of it.
        generated: the second it carries, in epoch seconds.
        now: the clock of this machine, in epoch seconds, even when the ticket is evaluated for another moment.
        keep_until: the last second at which it can be accepted.
    """

    token: bytes
    generated: int
    now: int
    keep_until: int


class UsedTickets(Protocol):
    """A ledger: of all who bring the same ticket, in whatever process or machine, one is the first."""

    __slots__ = ()

    def use(self, token: bytes, generated: int, now: int, keep_until: int) -> int | None:
        """Record a use, unless there was one.

        Args:
            token, generated, now, keep_until: as for `Use`.

        Returns:
            None for the first use, recorded durably by now; else the epoch second of the earlier use.

        Raises:
            StoreError: as `use_many`.
        """
        return self.use_many([Use(token, generated, now, keep_until)])[0]

    def use_many(self, uses: Sequence[Use]) -> list[int | None]:
        """Record uses in one transaction, in order; one that comes twice is the second time a used one.

        Returns:
            For each what `use` would.

        Raises:
            StoreBusyError: it could not be had in time.
            StoreDamagedError: what it holds is not what ptktctl wrote.
            StoreWriteError: the uses can't be recorded: full disk, read-only.
            StoreError: it can't be reached; clocks leave it unknown whether a ticket was used. Whatever is raised,
                none of the tickets may be called valid; usually none of the uses was recorded.
        """

    def peek(self, token: bytes) -> int | None:
        """When a ticket was used, in epoch seconds; None if it was not, as far as is remembered. Records nothing.

        Raises:
            StoreBusyError, StoreDamagedError, StoreError: as `use_many`.
        """
        return self.peek_many([token])[0]

    def peek_many(self, tokens: Sequence[bytes]) -> list[int | None]:
        """For each ticket what `peek` would answer."""
