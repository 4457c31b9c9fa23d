"""Used tickets in Redis: a key for each, which expires when its ticket can't be accepted any more.

Whoever sets the key is first (https://redis.io/docs/latest/commands/set/, NX), and it expires by Redis' own clock. A
use outlives the server only as its persistence is set: with `appendonly yes` and `appendfsync always` it is on the
disk before it is answered; with other settings a crash, a restart or a failover can forget the latest uses, or all,
whose tickets are then accepted once more while their window lasts
(https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/). A server that may drop keys when its
memory is full is not used at all.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ptktctl.errors import StoreBusyError, StoreDamagedError, StoreError, StoreWriteError
from ptktctl.store.ledger_server import PATIENCE, seconds_to_keep
from ptktctl.store.ledgers import UsedTickets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import redis

    from ptktctl.store.ledger_server import Server
    from ptktctl.store.ledgers import Use

PREFIX = b"ptktctl:used:"
KEEPS_ALL = "noeviction"


class RedisLedger(UsedTickets):
    """The used tickets of all machines that share a Redis. Holds nothing open between calls."""

    __slots__ = ("_server",)

    def __init__(self, server: Server) -> None:
        """Name the server.

        Raises:
            StoreError: the Python client is not installed.
        """
        server.require_client("redis", "redis")
        self._server = server

    def use_many(self, uses: Sequence[Use]) -> list[int | None]:
        """As `UsedTickets.use_many`."""
        with self._connected() as client:
            server_now = self._require_fit(client, uses)
            with client.pipeline(transaction=True) as transaction:
                for use in uses:
                    key = PREFIX + use.token.hex().encode()
                    transaction.set(key, use.now, nx=True, ex=seconds_to_keep(use, server_now))
                    transaction.get(key)
                answers = transaction.execute()
        return [
            None if is_first else self._second(value)
            for is_first, value in zip(answers[0::2], answers[1::2], strict=True)
        ]

    def peek_many(self, tokens: Sequence[bytes]) -> list[int | None]:
        """As `UsedTickets.peek_many`."""
        with self._connected() as client:
            values: Any = client.mget([PREFIX + token.hex().encode() for token in tokens]) if tokens else []
        return [None if value is None else self._second(value) for value in values]

    def _require_fit(self, client: redis.Redis, uses: Sequence[Use]) -> int:
        """Refuse clocks that don't agree, and a server that forgets; give its clock in epoch seconds."""
        with client.pipeline(transaction=False) as asked:
            asked.time()
            asked.info("memory")
            (server_now, _), memory = asked.execute()
        if memory.get("maxmemory") and memory.get("maxmemory_policy") != KEEPS_ALL:
            raise StoreError(
                f"Redis at {self._server.place} drops keys when its memory is full, and used tickets with them",
                f"set maxmemory-policy {KEEPS_ALL} there, or give the ledger a Redis of its own",
            )
        self._server.require_same_clock(uses, server_now)
        return int(server_now)

    def _second(self, value: Any) -> int:
        if not isinstance(value, bytes) or not value.isdigit():
            raise StoreDamagedError(
                f"Redis at {self._server.place} holds something else under a key of used tickets",
                f"is another program writing keys that begin with {PREFIX.decode()}?",
            )
        return int(value)

    @contextmanager
    def _connected(self) -> Iterator[redis.Redis]:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        try:
            # Nothing is sent twice: a use whose answer was lost would be taken for the use before it.
            client = redis.Redis.from_url(
                self._server.url,
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 0),
            )
            # Settings that the URL names are looked at only here.
            client.connection_pool.connection_class(**client.connection_pool.connection_kwargs)
        except (ValueError, TypeError, redis.RedisError):
            raise self._server.malformed() from None
        try:
            with client:
                yield client
        except (redis.RedisError, OSError, UnicodeError) as error:
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> StoreError:
        from redis import exceptions

        if isinstance(error, (exceptions.AuthenticationError, exceptions.NoPermissionError)):
            return self._server.unserved(
                "refuses this user", error, "it takes INFO, TIME, SET, GET and MGET of keys ptktctl:used:*"
            )
        if isinstance(error, exceptions.TimeoutError):
            return self._server.unserved("did not answer in time", error, kind=StoreBusyError)
        if isinstance(error, (exceptions.ConnectionError, OSError, UnicodeError)):
            return self._server.unserved("can't be reached", error)
        if isinstance(error, exceptions.ExecAbortError):
            error = error.__cause__ if isinstance(error.__cause__, Exception) else error
        return self._server.unserved("did not record or answer", error, kind=StoreWriteError)
