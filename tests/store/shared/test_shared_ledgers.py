"""Ledgers that several machines share, against real servers: the promises of the file, kept by Redis and PostgreSQL."""

import contextlib
import os
import random
import secrets
import shutil
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ptktctl.errors import StoreBusyError, StoreDamagedError, StoreError, StoreWriteError
from ptktctl.passticket.keys import LegacyKey
from ptktctl.passticket.names import ApplId, UserId
from ptktctl.store.freshness import take_second
from ptktctl.store.ledger import KEPT_LONGER
from ptktctl.store.ledger_server import CLOCKS_APART
from ptktctl.store.ledger_urls import open_ledger
from ptktctl.store.ledgers import Use, UsedTickets

WINDOW = 600
PATHS = os.pathsep.join([os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
NEEDS_REDIS = pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed")
NEEDS_POSTGRESQL = pytest.mark.skipif(not shutil.which("initdb", path=PATHS), reason="postgresql is not installed")
BOTH = [
    pytest.param("redis_server", marks=NEEDS_REDIS, id="redis"),
    pytest.param("postgresql_server", marks=NEEDS_POSTGRESQL, id="postgresql"),
]
Together = Callable[..., list[Any]]


@pytest.fixture(params=BOTH)
def server(request: pytest.FixtureRequest) -> Any:
    """A server whose ledger is empty."""
    server = request.getfixturevalue(request.param)
    server.empty()
    return server


@pytest.fixture
def redis(redis_server: Any) -> Any:
    redis_server.empty()
    return redis_server


@pytest.fixture
def postgresql(postgresql_server: Any) -> Any:
    postgresql_server.empty()
    return postgresql_server


@pytest.fixture
def ledger(server: Any) -> UsedTickets:
    return open_ledger(server.url)


def tokens(count: int) -> list[bytes]:
    return [secrets.token_bytes(32) for _ in range(count)]


def now() -> int:
    return int(time.time())


def use(ledger: UsedTickets, token: bytes, moment: int | None = None) -> int | None:
    moment = moment or now()
    return ledger.use(token, moment, moment, moment + WINDOW)


def uses(tokens: list[bytes]) -> list[Use]:
    moment = now()
    return [Use(token, moment, moment, moment + WINDOW) for token in tokens]


def test_a_ticket_serves_once(ledger: UsedTickets, server: Any) -> None:
    first, second = tokens(2)
    at = now()
    assert ledger.peek(first) is None
    assert use(ledger, first, at) is None
    assert use(ledger, first, at + 5) == at
    assert ledger.peek(first) == at
    assert use(open_ledger(server.url), first) == at
    assert ledger.peek(second) is None
    assert use(ledger, second) is None


def test_many_at_once_are_answered_in_order(ledger: UsedTickets) -> None:
    known, *fresh = tokens(5)
    at = now() - 7
    use(ledger, known, at)
    asked = uses([fresh[0], known, fresh[1], fresh[0], fresh[2], fresh[2]])
    answers = ledger.use_many(asked)
    assert answers == [None, at, None, asked[0].now, None, asked[4].now]
    assert ledger.use_many([asked[0], asked[0]]) == [asked[0].now] * 2
    assert ledger.peek_many([fresh[3], known, fresh[2]]) == [None, at, asked[4].now]
    assert ledger.use_many([]) == ledger.peek_many([]) == []


def test_one_object_twice_is_two_uses(ledger: UsedTickets) -> None:
    (one,) = uses(tokens(1))
    assert ledger.use_many([one, one]) == [None, one.now]


@pytest.mark.parametrize(("processes", "at_once"), [(60, True), (12, False)])
def test_of_many_processes_exactly_one_is_first(server: Any, together: Together, processes: int, at_once: bool) -> None:
    """The tables are not there yet: whoever comes first makes them, too."""
    brought = tokens(50 if at_once else 8)

    def using(seed: int) -> Callable[[], list[int]]:
        def action() -> list[int]:
            order = random.Random(seed).sample(range(len(brought)), len(brought))
            ledger = open_ledger(server.url)
            if at_once:
                answers = ledger.use_many(uses([brought[number] for number in order]))
            else:
                answers = [use(ledger, brought[number]) for number in order]
            return [number for number, answer in zip(order, answers, strict=True) if answer is None]

        return action

    firsts = together([using(seed) for seed in range(processes)])
    assert sorted(number for each in firsts for number in each) == list(range(len(brought)))


def test_each_process_gets_a_second_of_its_own(server: Any, together: Together) -> None:
    key, start = LegacyKey.from_hex("E001193519561977"), now()

    def action() -> int:
        return take_second(open_ledger(server.url), key, UserId("IBMUSER"), ApplId("FEKAPPL"), start)

    assert sorted(together([action] * 8)) == list(range(start, start + 8))


def test_a_killed_verifier_leaves_no_ticket_valid_again(server: Any) -> None:
    valid: list[bytes] = []
    for attempt in range(6):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            try:
                ledger = open_ledger(server.url)
                while True:
                    (token,) = tokens(1)
                    if use(ledger, token) is None:
                        os.write(writing, token.hex().encode() + b"\n")
            finally:
                os._exit(1)
        os.close(writing)
        with open(reading) as lines:
            valid += [bytes.fromhex(lines.readline()) for _ in range(2)]
            time.sleep(attempt * 0.0013)
            os.kill(child, signal.SIGKILL)
            valid += [bytes.fromhex(line) for line in lines]
        os.waitpid(child, 0)
    assert len(valid) >= 12
    assert None not in open_ledger(server.url).use_many(uses(valid))


def test_what_was_answered_survives_the_death_of_the_server(server: Any) -> None:
    """Killed amid a stream of uses. Redis is set to sync always, as its ledger says; PostgreSQL is asked to."""
    ledger = open_ledger(server.url)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            while True:
                (token,) = tokens(1)
                if use(ledger, token) is None:
                    os.write(writing, token.hex().encode() + b"\n")
        os._exit(0)
    os.close(writing)
    with open(reading) as lines:
        valid = [bytes.fromhex(lines.readline()) for _ in range(5)]
        server.kill()
        valid += [bytes.fromhex(line) for line in lines]
    os.waitpid(child, 0)
    with pytest.raises(StoreError, match=server.host) as caught:
        use(ledger, valid[0])
    assert caught.value.exit_status == 3
    server.start()
    assert None not in ledger.peek_many(valid)
    assert None not in ledger.use_many(uses(valid))


def test_clocks_that_do_not_agree_are_refused(ledger: UsedTickets) -> None:
    for wrong in (-CLOCKS_APART - 60, CLOCKS_APART + 60, -(10**8), 10**8):
        (token,) = tokens(1)
        with pytest.raises(StoreError, match="the clock of this machine") as caught:
            use(ledger, token, now() + wrong)
        assert caught.value.exit_status == 3
        assert ledger.peek(token) is None
    for off in (-CLOCKS_APART + 60, CLOCKS_APART - 60):
        (token,) = tokens(1)
        assert use(ledger, token, now() + off) is None
        assert use(ledger, token, now() - off) is not None
    assert CLOCKS_APART * 2 <= KEPT_LONGER


def secrets_in(error: StoreError, url: str) -> bool:
    password = url.partition("@")[0].rpartition(":")[2]
    return password in "".join(traceback.format_exception(error)) + f"{error.hint}"


def test_a_wrong_password_is_said_without_it(server: Any) -> None:
    url = server.url.replace("Pa55-", "WrongPa55-")
    for ask in (use, lambda ledger, token: ledger.peek(token)):
        with pytest.raises(StoreError, match=server.host) as caught:
            ask(open_ledger(url), tokens(1)[0])
        assert not secrets_in(caught.value, url)
        assert caught.value.exit_status == 3


def test_a_server_that_hangs_is_given_up(server: Any) -> None:
    """What the URL says about patience counts."""
    impatient = f"{server.url}?{'socket_timeout=0.5' if server.url.startswith('redis') else 'connect_timeout=2'}"
    server.process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        with pytest.raises(StoreBusyError, match=f"{server.host}.* did not answer in time") as caught:
            use(open_ledger(impatient), tokens(1)[0])
        assert time.monotonic() - started < 8
        assert not secrets_in(caught.value, server.url)
    finally:
        server.process.send_signal(signal.SIGCONT)


# Redis alone


@NEEDS_REDIS
def test_a_socket_serves_as_well(redis: Any) -> None:
    password = redis.url.partition("@")[0].rpartition(":")[2]
    by_socket = open_ledger(f"unix://:{password}@{redis.socket}")
    (token,) = tokens(1)
    assert use(by_socket, token) is None
    assert use(open_ledger(redis.url), token) is not None
    with pytest.raises(StoreError, match=f"Redis at unix://{redis.socket}.none can't be reached"):
        use(open_ledger(f"unix://:{password}@{redis.socket}.none"), token)


@NEEDS_REDIS
def test_tls_serves_those_who_know_the_certificate(redis: Any) -> None:
    password = redis.url.partition("@")[0].rpartition(":")[2]
    encrypted = f"rediss://:{password}@127.0.0.1:{redis.tls_port}/0"
    (token,) = tokens(1)
    assert use(open_ledger(f"{encrypted}?ssl_ca_certs={redis.certificate}"), token) is None
    assert use(open_ledger(redis.url), token) is not None
    # Whoever does not know it could be talking to anybody; and a server without TLS is not talked to in clear.
    without_tls = f"rediss://:{password}@{redis.host}/0?ssl_ca_certs={redis.certificate}&socket_connect_timeout=1"
    for stranger in (encrypted, without_tls):
        with pytest.raises(StoreError, match=r"can't be reached|did not answer") as caught:
            use(open_ledger(stranger), token)
        assert not secrets_in(caught.value, stranger)


@NEEDS_REDIS
def test_nobody_comes_between_the_uses_of_one_call(redis: Any) -> None:
    """Another client that deletes at the same time must not make one ticket the first twice."""
    (one,) = uses(tokens(1))
    crowd = 3000
    stop = threading.Event()

    def delete() -> None:
        client, key = redis.client(), b"ptktctl:used:" + one.token.hex().encode()
        while not stop.is_set():
            client.delete(key)

    thread = threading.Thread(target=delete)
    thread.start()
    try:
        for _ in range(5):
            answers = open_ledger(redis.url).use_many([one] * crowd)
            assert answers[1:] == [one.now] * (crowd - 1)
    finally:
        stop.set()
        thread.join()


@NEEDS_REDIS
def test_redis_forgets_what_no_machine_can_accept_any_more(redis: Any) -> None:
    ledger, at = open_ledger(redis.url), now()
    for generated in (at - WINDOW, at, at + WINDOW, at - 86_400):
        (token,) = tokens(1)
        ledger.use(token, generated, at, generated + WINDOW)
        lives = redis.client().ttl(b"ptktctl:used:" + token.hex().encode())
        assert abs(lives - (max(generated + WINDOW - at, 0) + KEPT_LONGER)) <= 2
    assert redis.client().dbsize() == 4


@NEEDS_REDIS
@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_redis_that_drops_keys_is_not_used(redis: Any, policy: str) -> None:
    ledger, client = open_ledger(redis.url), redis.client()
    client.config_set("maxmemory", "100mb")
    client.config_set("maxmemory-policy", policy)
    try:
        with pytest.raises(StoreError, match="drops keys") as caught:
            use(ledger, tokens(1)[0])
        assert "noeviction" in str(caught.value.hint)
        client.config_set("maxmemory-policy", "noeviction")
        assert use(ledger, tokens(1)[0]) is None
    finally:
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")


@NEEDS_REDIS
def test_a_full_redis_makes_no_ticket_valid(redis: Any) -> None:
    ledger, client, (known, new) = open_ledger(redis.url), redis.client(), tokens(2)
    use(ledger, known)
    client.config_set("maxmemory", 1)
    try:
        with pytest.raises(StoreWriteError, match="maxmemory"):
            ledger.use_many(uses([new, known]))
        assert ledger.peek(known) is not None
        assert ledger.peek(new) is None
    finally:
        client.config_set("maxmemory", 0)


@NEEDS_REDIS
def test_a_user_of_redis_without_the_right_is_refused(redis: Any) -> None:
    client = redis.client()
    client.acl_setuser("reader", enabled=True, passwords=["+Pa55-of-reader"], commands=["+get", "+mget"], keys=["*"])
    url = f"redis://reader:Pa55-of-reader@{redis.host}"
    try:
        with pytest.raises(StoreError, match="refuses this user") as caught:
            use(open_ledger(url), tokens(1)[0])
        assert not secrets_in(caught.value, url)
        assert open_ledger(url).peek(tokens(1)[0]) is None
    finally:
        client.acl_deluser("reader")


@NEEDS_REDIS
@pytest.mark.parametrize("kind", ["text", "list"])
def test_what_another_program_left_in_redis_is_no_answer(redis: Any, kind: str) -> None:
    (token,) = tokens(1)
    key = b"ptktctl:used:" + token.hex().encode()
    redis.client().set(key, "yesterday") if kind == "text" else redis.client().rpush(key, "1")
    with pytest.raises(StoreDamagedError if kind == "text" else StoreWriteError):
        use(open_ledger(redis.url), token)
    if kind == "text":
        with pytest.raises(StoreDamagedError, match="something else"):
            open_ledger(redis.url).peek(token)


# PostgreSQL alone


@NEEDS_POSTGRESQL
def test_peeking_makes_no_tables(postgresql: Any) -> None:
    ledger = open_ledger(postgresql.url)
    assert ledger.peek_many(tokens(2)) == [None, None]
    assert postgresql.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'ptktctl%'") == [(0,)]


@NEEDS_POSTGRESQL
def test_postgresql_forgets_and_knows_what_it_forgot(postgresql: Any) -> None:
    ledger, at, (old, late, new) = open_ledger(postgresql.url), now(), tokens(3)
    for token, generated in ((old, at - 300), (late, at + 300)):
        assert ledger.use(token, generated, at, generated + WINDOW) is None
    postgresql.execute(f"UPDATE ptktctl_used SET forget_after = {at - 1} WHERE generated < {at}")
    assert use(ledger, new, at) is None
    assert postgresql.execute("SELECT count(*) FROM ptktctl_used") == [(2,)]
    for unknown, generated in ((old, at - 300), (tokens(1)[0], at - 400)):
        with pytest.raises(StoreError, match="no longer known") as caught:
            ledger.use(unknown, generated, at, generated + WINDOW)
        assert postgresql.host in caught.value.message
        with pytest.raises(StoreError, match="no longer known"):
            ledger.use_many([*uses(tokens(1)), Use(unknown, generated, at, generated + WINDOW)])
    assert postgresql.execute("SELECT count(*) FROM ptktctl_used") == [(2,)], "refused, but recorded"
    assert ledger.use(tokens(1)[0], at - 299, at, at + 301) is None
    assert ledger.use(old, at - 300, at, at - 300) is None, "evaluated for another moment"


@NEEDS_POSTGRESQL
def test_a_use_that_waits_for_one_that_is_forgotten_is_not_the_first(postgresql: Any) -> None:
    """Purged by another process just while this one looks whether it is there."""
    import psycopg

    ledger, at, (old, other) = open_ledger(postgresql.url), now(), tokens(2)
    assert use(ledger, old, at) is None
    postgresql.execute(f"UPDATE ptktctl_used SET forget_after = {at - 1}")
    with psycopg.connect(postgresql.url) as purging:
        purging.execute("DELETE FROM ptktctl_used")
        purging.execute("UPDATE ptktctl_forgotten SET latest = %s", (at,))
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            with contextlib.suppress(StoreError):
                os.write(writing, f"answered {use(ledger, old, at)}".encode())
            os._exit(0)
        os.close(writing)
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%unnest%%'"
        while postgresql.execute(waiting) == [(0,)]:
            time.sleep(0.01)
    with open(reading) as answer:
        assert answer.read() == ""
    os.waitpid(child, 0)
    assert use(ledger, other, at + 1) is None


@NEEDS_POSTGRESQL
def test_the_purge_of_a_crowd_is_bounded_and_complete(
    postgresql: Any, together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ptktctl.store.ledger_postgresql.PURGED", 10)
    ledger, at = open_ledger(postgresql.url), now()
    ledger.use_many(uses(tokens(95)))
    postgresql.execute(f"UPDATE ptktctl_used SET forget_after = {at - 10}, generated = {at - 700}")
    use(ledger, tokens(1)[0])
    assert postgresql.execute("SELECT count(*) FROM ptktctl_used") == [(95 + 1 - 10,)]
    together([lambda: [use(ledger, token) for token in tokens(5)]] * 6)
    assert postgresql.execute(f"SELECT count(*) FROM ptktctl_used WHERE forget_after < {at}") == [(0,)]
    assert postgresql.execute("SELECT latest FROM ptktctl_forgotten") == [(at - 700,)]


@NEEDS_POSTGRESQL
def test_a_read_only_database_records_nothing(postgresql: Any) -> None:
    ledger, (known, new) = open_ledger(postgresql.url), tokens(2)
    use(ledger, known)
    postgresql.execute("ALTER ROLE ptktctl SET default_transaction_read_only = on")
    try:
        with pytest.raises(StoreWriteError, match="read-only"):
            use(ledger, new)
        assert ledger.peek_many([known, new])[1] is None
    finally:
        postgresql.execute("ALTER ROLE ptktctl RESET ALL")
    assert use(ledger, new) is None


@NEEDS_POSTGRESQL
@pytest.mark.parametrize("damage", ["DELETE FROM ptktctl_forgotten", "ALTER TABLE ptktctl_used DROP COLUMN generated"])
def test_damaged_tables_make_no_ticket_valid(postgresql: Any, damage: str) -> None:
    ledger = open_ledger(postgresql.url)
    use(ledger, tokens(1)[0])
    postgresql.execute(damage)
    with pytest.raises((StoreDamagedError, StoreWriteError)):
        use(ledger, tokens(1)[0])


@pytest.fixture
def reader(postgresql: Any) -> Iterator[str]:
    """The URL of a user who may do nothing."""
    postgresql.execute("REVOKE CREATE ON SCHEMA public FROM public")
    postgresql.execute("CREATE ROLE reader LOGIN PASSWORD 'Pa55-of-reader'")
    yield f"postgresql://reader:Pa55-of-reader@{postgresql.host}/postgres"
    postgresql.execute("DROP OWNED BY reader; DROP ROLE reader")


@NEEDS_POSTGRESQL
def test_a_user_of_postgresql_without_the_right_is_refused(postgresql: Any, reader: str) -> None:
    for _ in range(2):
        with pytest.raises(StoreError, match="refuses this user") as caught:
            use(open_ledger(reader), tokens(1)[0])
        assert not secrets_in(caught.value, reader)
        use(open_ledger(postgresql.url), tokens(1)[0])
    postgresql.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ptktctl_used, ptktctl_forgotten TO reader")
    assert use(open_ledger(reader), tokens(1)[0]) is None


@NEEDS_POSTGRESQL
def test_those_who_bring_the_same_in_different_orders_never_wait_for_each_other(
    postgresql: Any, together: Together
) -> None:
    brought = [tokens(2000) for _ in range(2)]

    def using(seed: int) -> Callable[[], int]:
        def action() -> int:
            ledger, firsts = open_ledger(postgresql.url), 0
            for each in brought:
                firsts += ledger.use_many(uses(random.Random(seed).sample(each, len(each)))).count(None)
            return firsts

        return action

    assert sum(together(map(using, range(8)))) == 2 * 2000
