"""What every ledger of used tickets promises, and which one is meant: this machine's file, or a server's that several
machines share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from ptktctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMS = "give a path, redis://HOST, rediss://HOST, unix:///SOCKET or postgresql://USER@HOST/DATABASE"


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


def open_ledger(url: str, source: str = "the ledger") -> UsedTickets:
    """The ledger that a URL names; nothing is connected before it is asked.

    Args:
        url: a path, also as a file: URL, for a file of this machine; redis://, rediss:// or unix:// for Redis;
            postgresql:// for PostgreSQL.
        source: where the URL was given, for messages. These never show a password.

    Raises:
        InputError: none of these, or malformed.
        StoreError: the client library of the server is not installed.
    """
    if "://" not in url or url.startswith("file:"):
        from ptktctl.store.ledger import Ledger

        return Ledger(_path(url, source))
    from ptktctl.store.ledger_server import Server

    server = Server.parse(url, source)
    if server.engine == "Redis":
        from ptktctl.store.ledger_redis import RedisLedger

        return RedisLedger(server)
    from ptktctl.store.ledger_postgresql import PostgresqlLedger

    return PostgresqlLedger(server)


def holds_password(url: str) -> bool:
    """Whether a URL shows a password to whoever can read it."""
    from ptktctl.store.ledger_server import passwords_in

    return "://" in url and bool(passwords_in(url))


def _path(url: str, source: str) -> str:
    path = url.removeprefix("file:")
    if path.startswith("//"):
        path = path.removeprefix("//localhost").removeprefix("//")
    if not path or "\0" in path:
        raise InputError(f"{source} names no file", FORMS)
    return path
