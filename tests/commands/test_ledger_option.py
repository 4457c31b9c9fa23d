"""--ledger URL and PTKTCTL_LEDGER: which ledger a command asks, and what it tells of it."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

VERIFY = "verify -u IBMUSER -a FEKAPPL"
GEN = "gen -u IBMUSER -a FEKAPPL"
PASSWORD = "Sesame-0pen"


def ticket(cli: Any) -> str:
    made: str = cli.ok(GEN).out.strip()
    return made


@pytest.fixture
def nobody() -> str:
    """A host and port where nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


def test_a_file_shared_by_two_homes(stored: Any, tmp_path: Path) -> None:
    made, shared = ticket(stored), tmp_path / "shared" / "used.db"
    assert stored.ok(f"{VERIFY} --ledger {shared} {made}").out.startswith("valid: ")
    assert not (stored.home / "used.db").exists()
    assert stored(f"{VERIFY} --ledger file:{shared} {made}").status == 1
    assert stored.ok(f"{VERIFY} --peek {made}").out.startswith("valid: "), "another ledger"
    stored.environ["PTKTCTL_LEDGER"] = str(shared)
    assert stored(f"{VERIFY} {made}").out.startswith("used: ")
    assert stored.ok(f"{VERIFY} --ledger {stored.home}/used.db {made}").out.startswith("valid: "), "the option counts"


def test_seconds_for_fresh_tickets_are_taken_from_the_same_ledger(
    stored: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ptktctl.commands.making._wait_until", lambda context, second: None)
    shared = tmp_path / "shared" / "used.db"
    first, second = (stored.ok(f"{GEN} --fresh --ledger {shared}").out for _ in range(2))
    assert first != second
    assert stored.ok(f"{GEN} --fresh").out == first, "another ledger"
    stored.environ["PTKTCTL_LEDGER"] = str(shared)
    assert stored.ok(f"{GEN} --fresh").out not in (first, second)


@pytest.mark.parametrize("scheme", ["redis", "rediss", "postgresql"])
def test_a_server_that_does_not_serve_is_status_3(stored: Any, nobody: str, scheme: str) -> None:
    made = ticket(stored)
    stored.environ["PTKTCTL_LEDGER"] = f"{scheme}://me:{PASSWORD}@{nobody}/0"
    for line in (f"{VERIFY} {made}", f"{VERIFY} --peek {made}", f"{GEN} --fresh"):
        stored.refused(line, nobody, status=3)
    answer = stored(f"{VERIFY} --format json {made}")
    assert (answer.status, answer.json["schema"], answer.json["status"]) == (3, "ptktctl.error/1", 3)
    assert PASSWORD not in stored.outputs()
    stored.ok(f"{GEN}")


def test_without_single_use_no_ledger_is_asked(stored: Any, nobody: str) -> None:
    stored.ok("applid set FEKAPPL --replay allow")
    stored.ok(f"{VERIFY} --ledger redis://{nobody} {ticket(stored)}")


@pytest.mark.parametrize(
    "url",
    [
        "redis://:{}@127.0.0.1:1",
        "postgresql://me:{}@127.0.0.1:1/db",
        "postgresql:///db?password={}",
        "nonsense://a:{}@b",
    ],
)
@pytest.mark.parametrize("line", [VERIFY + " AEPRRZ3S", GEN + " --fresh"])
def test_a_password_on_the_command_line_is_refused_and_not_repeated(stored: Any, url: str, line: str) -> None:
    for replay in ("deny", "allow"):
        stored.ok(f"applid set FEKAPPL --replay {replay}")
        stored.refused(f"{line} --ledger {url.format(PASSWORD)}", "--ledger", "PTKTCTL_LEDGER")
    assert PASSWORD not in stored.outputs()


def test_a_malformed_url_is_a_wrong_call(stored: Any) -> None:
    stored.refused(f"{VERIFY} --ledger mysql://db AEPRRZ3S", "--ledger: no ledger is known by such a URL", "redis://")
    stored.environ["PTKTCTL_LEDGER"] = f"redis://me:{PASSWORD}/x@db"
    stored.refused(f"{VERIFY} AEPRRZ3S", "PTKTCTL_LEDGER: the URL of the ledger is malformed", "%40")
    assert PASSWORD not in stored.outputs()


@pytest.mark.parametrize(("scheme", "module"), [("redis", "redis"), ("postgresql", "psycopg")])
def test_a_missing_client_is_status_3_with_the_command_that_installs_it(
    stored: Any, scheme: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ticket(stored)
    monkeypatch.setitem(sys.modules, module, None)
    stored.refused(f"{VERIFY} --ledger {scheme}://db {made}", f"pip install 'ptktctl[{scheme}]'", status=3)
    assert stored.ok(f"{VERIFY} {made}").out.startswith("valid: ")


def test_exec_does_not_hand_down_the_url(stored: Any, process: Callable[..., Any], tmp_path: Path) -> None:
    shared = tmp_path / "shared" / "used.db"
    environ = {**stored.environ, "PTKTCTL_LEDGER": f"file:{shared}"}
    ran = process("exec", "-u", "IBMUSER", "-a", "FEKAPPL", "--fresh", "--", "env", environ=environ)
    assert ran.returncode == 0, ran
    assert "PTKTCTL_TICKET=" in ran.stdout
    assert "PTKTCTL_LEDGER" not in ran.stdout
    assert shared.exists()


def test_exec_takes_its_second_from_the_ledger_given(stored: Any, process: Callable[..., Any], tmp_path: Path) -> None:
    ledger = tmp_path / "shared.db"
    ran = process("exec", "-u", "IBMUSER", "--fresh", "--ledger", str(ledger), "--", "true")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ledger.exists()
    assert not (stored.home / "used.db").exists()


def test_no_client_is_loaded_for_a_file() -> None:
    code = (
        "import sys; from ptktctl.store.ledger_urls import open_ledger; open_ledger('used.db').peek(bytes(32));"
        "print({'redis', 'psycopg', 'ptktctl.store.ledger_server'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
