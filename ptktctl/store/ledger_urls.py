"""Which ledger of used tickets a URL means: this machine's file, or a server's that several machines share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.errors import InputError

if TYPE_CHECKING:
    from ptktctl.store.ledgers import UsedTickets


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
        from ptktctl.store.ledger_server import FORMS

        raise InputError(f"{source} names no file", FORMS)
    return path
