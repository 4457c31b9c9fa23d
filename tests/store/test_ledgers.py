"""Which ledger a URL names; and that no password shows, however badly the URL is written."""

import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ptktctl.errors import InputError, PtktctlError, StoreError
from ptktctl.store.ledger import Ledger
from ptktctl.store.ledger_postgresql import PostgresqlLedger
from ptktctl.store.ledger_redis import RedisLedger
from ptktctl.store.ledger_server import Server
from ptktctl.store.ledger_urls import holds_password, open_ledger
from ptktctl.store.ledgers import Use

TOKEN = bytes(range(32))
NOW = 1_700_000_000
PASSWORD_BEGINS, PASSWORD_ENDS = "Sesame7", "Open9"


@pytest.mark.parametrize("form", ["{}", "file:{}", "file://{}", "file://localhost{}"])
def test_a_path_is_a_file_of_this_machine(tmp_path: Path, form: str) -> None:
    path = tmp_path / "home" / "used.db"
    ledger = open_ledger(form.format(path))
    assert isinstance(ledger, Ledger)
    assert ledger.use(TOKEN, NOW, NOW, NOW + 600) is None
    assert Ledger(str(path)).peek(TOKEN) == NOW


def test_a_relative_path_starts_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o700)
    for form in ("used.db", "file:used.db"):
        open_ledger(form).use(TOKEN, NOW, NOW, NOW + 600)
    assert (tmp_path / "used.db").exists()


@pytest.mark.parametrize(
    ("url", "kind", "place"),
    [
        ("redis://", RedisLedger, "redis://"),
        ("redis://db.example.com", RedisLedger, "redis://db.example.com"),
        ("redis://:geheim@[::1]:6380/3", RedisLedger, "redis://[::1]:6380/3"),
        (
            "rediss://me:gehe%40im@db.example.com:6380/3?ssl_cert_reqs=none",
            RedisLedger,
            "rediss://db.example.com:6380/3",
        ),
        ("unix://me:geheim@/run/redis.sock?db=2", RedisLedger, "unix:///run/redis.sock"),
        ("postgresql:///tickets", PostgresqlLedger, "postgresql:///tickets"),
        ("postgres://me@db", PostgresqlLedger, "postgres://db"),
        ("postgresql://me:geheim@a:1,b:2/db?connect_timeout=3", PostgresqlLedger, "postgresql://a:1,b:2/db"),
        ("postgresql:///db?host=/run/pg&password=geheim", PostgresqlLedger, "postgresql:///run/pg/db"),
    ],
)
def test_a_server_is_shown_by_engine_and_host(url: str, kind: type, place: str) -> None:
    assert isinstance(open_ledger(url), kind)
    assert Server.parse(url, "x").place == place
    assert holds_password(url) == ("gehe" in url)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:geheim@db/x",
        "http://x",
        "://",
        "redis://a b",
        "redis://db:port",
        "redis://db:123456",
        "redis://db\n",
        "redis://me:geheim@db/\x1b[2J",
        "postgresql://a:b:c/d",
        "postgresql://me:ge/heim@db",
        "postgresql://me:ge@heim@db",
        "postgresql://me:ge#heim@db",
        "postgresql://db/\0",
        "",
        "file:",
        "file://",
        "a\0b",
    ],
)
def test_what_names_no_ledger_is_refused(url: str) -> None:
    with pytest.raises(InputError, match=r"^PTKTCTL_LEDGER") as caught:
        open_ledger(url, "PTKTCTL_LEDGER")
    assert caught.value.hint is not None
    assert "heim" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    "url",
    ["postgresql://db?nonsense=1", "postgresql://db?port=1,2,3&x", "redis://db?socket_timeout=x", "redis://db?x=1"],
)
def test_what_the_client_makes_no_sense_of_is_refused_in_our_words(url: str) -> None:
    with pytest.raises(InputError, match="is not one that"):
        open_ledger(url).peek(TOKEN)


@given(
    scheme=st.sampled_from(["redis", "rediss", "unix", "postgresql", "postgres", "mysql"]),
    middle=st.text("@:/?#%[],. =&aZ7\n\x00é", max_size=8),
    form=st.sampled_from(["{}://me:{}@host.example/db", "{}://:{}@host.example", "{}:///db?password={}", "{}://me:{}"]),
)
def test_no_part_of_a_password_shows(scheme: str, middle: str, form: str) -> None:
    """Whatever characters it has, escaped or not; `me:PASSWORD` without a host is what a slip leaves."""
    assume("host" in form or "=" in form or "@" not in middle)  # me:a@b is well-formed: b is the host
    url = form.format(scheme, f"{PASSWORD_BEGINS}{middle}{PASSWORD_ENDS}")
    try:
        server = Server.parse(url, "PTKTCTL_LEDGER")
        told = f"{server!r} {server} {server.place} {server.malformed()} {server.unserved('x', OSError('y'))}"
    except PtktctlError as error:
        told = "".join(traceback.format_exception(error)) + f"{error.message} {error.hint}"
    assert PASSWORD_BEGINS not in told
    assert PASSWORD_ENDS not in told


def test_what_a_client_says_is_shown_without_the_password() -> None:
    server = Server.parse("postgresql://me:gehe%40im@db/x", "--ledger")
    said = server.unserved("can't be used", OSError("for 'gehe@im' or 'gehe%40im'\nsecond line"))
    assert said.message == "PostgreSQL at postgresql://db/x can't be used: for '…' or '…'"


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [("redis://db", "redis", "redis"), ("unix:///s", "redis", "redis"), ("postgresql://db", "psycopg", "postgresql")],
)
def test_a_missing_client_is_named(url: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(StoreError, match="needs the Python client") as caught:
        open_ledger(url)
    assert caught.value.exit_status == 3
    assert caught.value.hint == f"pip install 'ptktctl[{extra}]'"


@pytest.mark.parametrize("scheme", ["redis", "rediss", "postgresql"])
def test_a_server_that_is_not_there_makes_no_ticket_valid(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
    ledger = open_ledger(f"{scheme}://me:geheim@{place}/0")
    asks: list[Callable[[], object]] = [
        lambda: ledger.use(TOKEN, NOW, NOW, NOW + 600),
        lambda: ledger.use_many([Use(TOKEN, NOW, NOW, NOW + 600)]),
        lambda: ledger.peek(TOKEN),
    ]
    for ask in asks:
        with pytest.raises(StoreError, match=f"{scheme}://{place}/0 can't be .*ed: ") as caught:
            ask()
        assert caught.value.exit_status == 3
        assert "geheim" not in caught.value.message
