"""Used tickets in PostgreSQL: a row for each.

A use is committed, and with `synchronous_commit` flushed to the disk, before it is answered. Who inserts the row is
first; others wait for its transaction
(https://www.postgresql.org/docs/current/sql-insert.html, ON CONFLICT;
https://www.postgresql.org/docs/current/transaction-iso.html, Read Committed).

Rows whose time is over are deleted, PURGED at most with each use, and the latest generation second among them is
remembered: a ticket of that second or before may have been used, nobody knows any more, so it is refused while its
window lasts. So no clock that is set back makes a ticket valid again.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ptktctl.errors import StoreBusyError, StoreDamagedError, StoreError, StoreWriteError
from ptktctl.store.ledger_server import PATIENCE, seconds_to_keep
from ptktctl.store.ledgers import UsedTickets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, LiteralString

    import psycopg

    from ptktctl.store.ledger_server import Server
    from ptktctl.store.ledgers import Use

    Connection = psycopg.Connection[tuple[Any, ...]]

PURGED = 10_000
# Any number that other programs do not use: while it is held, one process makes the tables.
CREATION_LOCK = 0x70746B74
SETTINGS: LiteralString = """
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET LOCAL synchronous_commit = on;
SET LOCAL lock_timeout = '30s';
SET LOCAL statement_timeout = '60s'
"""
# Where a connection has gone quiet, it is given up within seconds instead of a quarter of an hour.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
DEFAULTS = {
    "connect_timeout": PATIENCE,
    "tcp_user_timeout": PATIENCE * 1000,
    "keepalives_idle": PATIENCE,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "application_name": "ptktctl",
}
PRIVILEGES = (
    "somebody who may create tables there has to use it first; it takes SELECT, INSERT, UPDATE and DELETE on them"
)
SCHEMA: tuple[LiteralString, ...] = (
    "CREATE TABLE IF NOT EXISTS ptktctl_used"
    " (token bytea PRIMARY KEY, used bigint NOT NULL, generated bigint NOT NULL, forget_after bigint NOT NULL)",
    "CREATE INDEX IF NOT EXISTS ptktctl_used_forget_after ON ptktctl_used (forget_after)",
    "CREATE TABLE IF NOT EXISTS ptktctl_forgotten (latest bigint NOT NULL)",
    "INSERT INTO ptktctl_forgotten SELECT -1 WHERE NOT EXISTS (SELECT FROM ptktctl_forgotten)",
)
CLOCK: LiteralString = "SELECT floor(extract(epoch FROM clock_timestamp()))::bigint"
# In one order whoever inserts, so that two never wait for each other.
RECORD: LiteralString = """
INSERT INTO ptktctl_used
SELECT * FROM unnest(%s::bytea[], %s::bigint[], %s::bigint[], %s::bigint[]) AS new (token) ORDER BY new.token
ON CONFLICT DO NOTHING RETURNING token
"""
LOOK_UP: LiteralString = "SELECT token, used FROM ptktctl_used WHERE token = ANY(%s::bytea[])"
# One purges what another does not purge already, so that hardly anybody waits for the one row of ptktctl_forgotten.
PURGE: LiteralString = """
WITH over AS (
  DELETE FROM ptktctl_used WHERE token = ANY(ARRAY(
    SELECT token FROM ptktctl_used WHERE forget_after < %s ORDER BY forget_after LIMIT %s FOR UPDATE SKIP LOCKED))
  RETURNING generated)
UPDATE ptktctl_forgotten SET latest = greatest(latest, (SELECT max(generated) FROM over))
WHERE EXISTS (SELECT FROM over)
"""


class PostgresqlLedger(UsedTickets):
    """The used tickets of all machines that share a database. Holds nothing open between calls."""

    __slots__ = ("_server",)

    def __init__(self, server: Server) -> None:
        """Name the server.

        Raises:
            StoreError: the Python client is not installed.
        """
        server.require_client("psycopg", "postgresql")
        self._server = server

    def use_many(self, uses: Sequence[Use]) -> list[int | None]:
        """As `UsedTickets.use_many`; either all uses are recorded, or none is.

        The tables are made when they are missing.
        """
        from psycopg import errors

        try:
            return self._use_many(uses)
        except errors.UndefinedTable:
            self._create_tables()
            return self._use_many(uses)

    def _use_many(self, uses: Sequence[Use]) -> list[int | None]:
        with self._connected() as connection:
            (server_now,) = _one_row(connection, CLOCK)
            self._server.require_same_clock(uses, server_now)
            firsts = {use.token: use for use in reversed(uses)}
            new = _record(connection, firsts.values(), server_now)
            # Not before: whatever was deleted before a row could be inserted is told by now.
            self._require_memory(connection, [firsts[token] for token in new])
            used = _look_up(connection, firsts.keys() - new)
            answers = [self._answer(use, new, used) for use in uses]
            connection.execute(PURGE, (server_now, PURGED))
        return answers

    def _answer(self, use: Use, new: set[bytes], used: dict[bytes, int]) -> int | None:
        if use.token in new:
            new.remove(use.token)
            used[use.token] = use.now
            return None
        if use.token not in used:
            self._server.unknown_use(use.generated)
        return used[use.token]

    def _require_memory(self, connection: Connection, uses: Iterable[Use]) -> None:
        (latest,) = _one_row(connection, "SELECT max(latest) FROM ptktctl_forgotten")
        if latest is None:
            raise StoreDamagedError(
                f"the table ptktctl_forgotten in {self._server.engine} at {self._server.place} is empty",
                "drop it and ptktctl_used to begin anew; tickets used already are then accepted once more while "
                "their window lasts",
            )
        if any(use.generated <= latest and use.now <= use.keep_until for use in uses):
            self._server.unknown_use(latest)

    def peek_many(self, tokens: Sequence[bytes]) -> list[int | None]:
        """As `UsedTickets.peek_many`."""
        from psycopg import errors

        try:
            with self._connected() as connection:
                used = _look_up(connection, tokens)
        except errors.UndefinedTable:
            return [None] * len(tokens)
        return [used.get(token) for token in tokens]

    def _create_tables(self) -> None:
        with self._connected() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (CREATION_LOCK,))
            for statement in SCHEMA:
                connection.execute(statement)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A transaction: committed at the end, undone by any error."""
        import psycopg

        try:
            with psycopg.connect(self._connection_string(), prepare_threshold=None) as connection:
                connection.execute(SETTINGS)
                yield connection
        except psycopg.errors.UndefinedTable:
            raise
        except (psycopg.Error, OSError, UnicodeError) as error:
            raise self._explained(error) from None

    def _connection_string(self) -> str:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict, make_conninfo

        try:
            given: dict[str, Any] = conninfo_to_dict(self._server.url)
            return make_conninfo("", **{**DEFAULTS, **given})
        except (psycopg.Error, UnicodeError):
            raise self._server.malformed() from None

    def _explained(self, error: Exception) -> StoreError:
        from psycopg import errors

        serves = self._server
        if isinstance(error, (errors.LockNotAvailable, errors.QueryCanceled, errors.ConnectionTimeout)):
            return serves.unserved("did not answer in time", error, kind=StoreBusyError)
        if isinstance(error, (errors.InsufficientPrivilege, errors.InvalidSchemaName)):
            return serves.unserved("refuses this user", error, PRIVILEGES)
        if getattr(error, "sqlstate", None) is None:
            return serves.unserved("can't be used", error)
        return serves.unserved("did not record or answer", error, kind=StoreWriteError)


def _one_row(connection: Connection, query: LiteralString) -> tuple[Any, ...]:
    (row,) = connection.execute(query).fetchall()
    return row


def _record(connection: Connection, uses: Iterable[Use], server_now: int) -> set[bytes]:
    """Insert what is not there yet; the tokens of these."""
    rows = [(use.token, use.now, use.generated, server_now + seconds_to_keep(use, server_now)) for use in uses]
    columns = [list(column) for column in zip(*rows, strict=True)]
    return {token for (token,) in connection.execute(RECORD, columns)} if columns else set()


def _look_up(connection: Connection, tokens: Iterable[bytes]) -> dict[bytes, int]:
    return dict(connection.execute(LOOK_UP, (list(tokens),)).fetchall())
