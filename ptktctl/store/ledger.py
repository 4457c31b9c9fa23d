"""used.db: a ticket serves once.

SQLite gives the locking and the durability: a use is on the disk before it is answered. The content guards itself,
because SQLite does not notice a changed byte in a record: the uses lie in 256 buckets by the first byte of their
token; all 256 rows are there from the start, and each carries a SHA-256 over its number and content. A use that
was recorded can thus be missing only if its bucket's digest is wrong or its row is gone, and both are noticed. A
ledger is made whole and then named, so that an empty or half-made one is noticed as well.

Beside the uses lie the seconds taken to make tickets in (`store.freshness`), recorded and forgotten like uses.

Forgetting. A use is kept until its ticket can't be accepted any more, by the clock that recorded it, and KEPT_LONGER
beyond. When a bucket forgets, it remembers the latest generation second among what it forgot. Should the clock be
set back so far that such a ticket would be accepted again, a ticket of that second or before may have been used,
nobody knows any more, and it is refused. So no ticket serves twice whatever the clock does, the file holds no more
than what one window and KEPT_LONGER bring, and a clock that once ran far ahead and was put right stops nobody for
longer than a window. A ticket whose window has passed by the clock can only come from an evaluation for another
moment; there the memory simply ends KEPT_LONGER after the use.
"""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from ptktctl.errors import StoreBusyError, StoreDamagedError, StoreError, StoreWriteError
from ptktctl.passticket.keys import LegacyKey
from ptktctl.store import files
from ptktctl.store.framing import framed
from ptktctl.store.ledgers import UsedTickets
from ptktctl.store.places import check_private

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from ptktctl.passticket.keys import SecuredSignonKey
    from ptktctl.passticket.names import ApplId, UserId
    from ptktctl.store.ledgers import Use

# More than the longest window (600 s), so that forgetting what one window has passed never refuses another's ticket.
KEPT_LONGER = 3600
# SQLite does not queue those who wait, so in a crowd of hundreds some wait long.
BUSY_TIMEOUT = 30.0
BUCKETS = 256
TOKEN_TAG = b"ptktctl used 1"
MADE_TAG = b"ptktctl made 1"
BUCKET_TAG = b"ptktctl bucket 1"
TOKEN_LENGTH = 32
DIGEST_LENGTH = 32
SECOND_LENGTH = 8
# A token; when it was used, when its ticket was made, after when it may be forgotten.
RECORD = f">{TOKEN_LENGTH}s3Q"
# https://www.sqlite.org/rescode.html, primary result codes
SQLITE_BUSY = (5, 6)
SQLITE_NO_ACCESS = (3, 8, 10, 13, 14)
WRITE_HINT = "nothing was changed; see to the disk or folder. ptktctl verify --peek records nothing"
SCHEMA = "CREATE TABLE bucket (number INTEGER PRIMARY KEY, content BLOB NOT NULL)"


def token(key: SecuredSignonKey, userid: UserId, applid: ApplId, ticket: str, generated: int) -> bytes:
    """What the ledger knows of a ticket: 32 bytes that tell nothing without its key.

    The same on every machine that shares the secured signon key, which is the HMAC's key (parity bits cleared). What
    goes in is what RACF compares: user ID, application, ticket and time (System Programmer's Guide, "How RACF
    processes the password or PassTicket").

    Args:
        ticket: 8 characters; case counts where the kind of ticket tells it.
        generated: the second the ticket carries, in epoch seconds.
    """
    from ptktctl.passticket.keys import TicketType

    canonical = ticket if key.ticket_type is TicketType.MIXED else ticket.upper()
    return _keyed(key, TOKEN_TAG, userid.padded, applid.padded, canonical.encode(), str(generated).encode())


def made_token(key: SecuredSignonKey, userid: UserId, applid: ApplId, second: int) -> bytes:
    """What the ledger knows of a second that was taken to make a ticket in; never a `token`. 32 bytes."""
    return _keyed(key, MADE_TAG, userid.padded, applid.padded, str(second).encode())


def _keyed(key: SecuredSignonKey, *parts: bytes) -> bytes:
    import hmac

    secret = key.without_parity if isinstance(key, LegacyKey) else key.secret
    return hmac.digest(secret, framed(*parts), "sha256")


class Ledger(UsedTickets):
    """The used tickets of this machine. Holds nothing open between calls."""

    __slots__ = ("_path", "_timeout")

    def __init__(self, path: str, timeout: float = BUSY_TIMEOUT) -> None:
        """Name the file, which need not exist.

        Args:
            timeout: how long to wait for another process, in seconds.
        """
        self._path = path
        self._timeout = timeout

    def use_many(self, uses: Sequence[Use]) -> list[int | None]:
        """As `UsedTickets.use_many`; either all uses are recorded and on the disk, or none is."""
        try:
            if not os.path.lexists(self._path):
                self._create()
            with self._connected("rw") as connection:
                # Most of a crowd that brings the same ticket need not queue for writing.
                used = _look_up(connection, [use.token for use in uses])
                return self._record_all(connection, uses) if None in used else used
        except StoreWriteError as error:
            error.hint = WRITE_HINT
            raise

    def _record_all(self, connection: sqlite3.Connection, uses: Sequence[Use]) -> list[int | None]:
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("BEGIN IMMEDIATE")
        answers: list[int | None] = [None] * len(uses)
        for number, positions in _by_bucket([use.token for use in uses]).items():
            bucket = _Bucket.read(connection, number)
            for position in positions:
                answers[position] = self._record_one(bucket, uses[position])
            bucket.write(connection)
        connection.execute("COMMIT")
        return answers

    def _record_one(self, bucket: _Bucket, use: Use) -> int | None:
        used = bucket.used_at(use.token)
        if used is None:
            self._require_memory(bucket, use)
            bucket.forget(use.now)
            bucket.record(use)
        return used

    def peek_many(self, tokens: Sequence[bytes]) -> list[int | None]:
        """As `UsedTickets.peek_many`."""
        if not os.path.lexists(self._path):
            return [None] * len(tokens)
        # A journal that a killed process left has to be played back before anything can be read.
        mode = "rw" if os.path.exists(os.path.realpath(self._path) + "-journal") else "ro"
        with self._connected(mode, reads=True) as connection:
            return _look_up(connection, tokens)

    def _require_memory(self, bucket: _Bucket, use: Use) -> None:
        if use.generated <= bucket.forgotten and use.now <= use.keep_until:
            raise StoreError(
                f"whether this ticket was used before is no longer known: {self._path} has forgotten tickets made "
                f"up to {bucket.forgotten}, the clock says {use.now}",
                "the clock was set back; tickets made later than that are accepted",
            )

    def _create(self) -> None:
        import sqlite3

        target = os.path.realpath(self._path)
        temporary = files.temporary_of(target)
        with files.locked(target):
            if os.path.exists(target):
                return
            files.discard(temporary)
            try:
                files.write_new(temporary, b"")
                _fill(temporary)
                files.publish(temporary, target)
            except (OSError, sqlite3.Error) as error:
                files.discard(temporary)
                raise files.unwritable(error, target) from None

    @contextmanager
    def _connected(self, mode: str, *, reads: bool = False) -> Iterator[sqlite3.Connection]:
        import sqlite3

        check_private(self._path)
        try:
            with closing(sqlite3.connect(_uri(self._path, mode), self._timeout, uri=True, isolation_level=None)) as it:
                yield it
        except sqlite3.Error as error:
            raise self._explained(error, reads=reads) from None
        except (_DamageError, UnicodeDecodeError) as error:  # SQLite's own messages quote the damaged schema
            raise self._damaged(str(error)) from None

    def _explained(self, error: sqlite3.Error, *, reads: bool) -> StoreError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in SQLITE_BUSY:
            return StoreBusyError(f"{self._path} is in use by other processes", f"waited {self._timeout:g} s")
        if code not in SQLITE_NO_ACCESS:
            return self._damaged(str(error))
        return StoreError(f"{self._path} can't be read: {error}") if reads else files.unwritable(error, self._path)

    def _damaged(self, why: str) -> StoreDamagedError:
        return StoreDamagedError(
            f"{self._path} is damaged: {why}",
            "remove it to begin anew; tickets used already are then accepted once more while their window lasts",
        )


class _DamageError(Exception):
    """A bucket is not what was written."""


class _Bucket:
    """The uses of all tokens with one first byte: token to (used, generated, forget after)."""

    __slots__ = ("_changed", "_number", "_uses", "forgotten")

    def __init__(self, number: int, content: bytes) -> None:
        from struct import iter_unpack

        digest, uses = content[:DIGEST_LENGTH], content[DIGEST_LENGTH:]
        if digest != _digest(number, uses):
            raise _DamageError(f"bucket {number} does not match its digest")
        self._number = number
        self._changed = False
        self.forgotten = int.from_bytes(uses[:SECOND_LENGTH])
        self._uses: dict[bytes, tuple[int, int, int]] = {
            token: (used, generated, forget_after)
            for token, used, generated, forget_after in iter_unpack(RECORD, uses[SECOND_LENGTH:])
        }

    @classmethod
    def read(cls, connection: sqlite3.Connection, number: int) -> _Bucket:
        row = connection.execute("SELECT content FROM bucket WHERE number = ?", (number,)).fetchone()
        if row is None or not isinstance(row[0], bytes):
            raise _DamageError(f"bucket {number} is missing")
        return cls(number, row[0])

    def used_at(self, token: bytes) -> int | None:
        return self._uses[token][0] if token in self._uses else None

    def forget(self, now: int) -> None:
        """Forget what is over, once a transaction."""
        if self._changed:
            return
        over = {token: use for token, use in self._uses.items() if use[2] < now}
        self.forgotten = max([self.forgotten, *(generated for _, generated, _ in over.values())])
        self._uses = {token: use for token, use in self._uses.items() if token not in over}

    def record(self, use: Use) -> None:
        self._uses[use.token] = (use.now, use.generated, max(use.keep_until, use.now) + KEPT_LONGER)
        self._changed = True

    def write(self, connection: sqlite3.Connection) -> None:
        if self._changed:
            content = _content(self._number, self.forgotten, self._uses)
            connection.execute("UPDATE bucket SET content = ? WHERE number = ?", (content, self._number))


def _look_up(connection: sqlite3.Connection, tokens: Sequence[bytes]) -> list[int | None]:
    answers: list[int | None] = [None] * len(tokens)
    for number, positions in _by_bucket(tokens).items():
        bucket = _Bucket.read(connection, number)
        for position in positions:
            answers[position] = bucket.used_at(tokens[position])
    return answers


def _by_bucket(tokens: Sequence[bytes]) -> dict[int, list[int]]:
    """The positions of tokens by bucket, so that there need not be more than one bucket in memory."""
    positions: dict[int, list[int]] = {}
    for position, token in enumerate(tokens):
        positions.setdefault(token[0], []).append(position)
    return positions


def _content(number: int, forgotten: int, uses: dict[bytes, tuple[int, int, int]]) -> bytes:
    from struct import pack

    data = forgotten.to_bytes(SECOND_LENGTH) + b"".join(pack(RECORD, token, *use) for token, use in uses.items())
    return _digest(number, data) + data


def _digest(number: int, data: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(framed(BUCKET_TAG, str(number).encode(), data)).digest()


def _fill(path: str) -> None:
    """Make an empty ledger in an empty file, without a journal: the file has no name yet that counts."""
    import sqlite3

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN")
        connection.execute(SCHEMA)
        empty = ((number, _content(number, 0, {})) for number in range(BUCKETS))
        connection.executemany("INSERT INTO bucket VALUES (?, ?)", empty)
        connection.execute("COMMIT")


def _uri(path: str, mode: str) -> str:
    """See https://www.sqlite.org/uri.html, 3.1."""
    escaped = os.path.abspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file:{escaped}?mode={mode}"
