"""A ticket serves once for whoever types the commands, whatever befalls the disk, the clock or the process."""

import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

NOBODY = 65534
VERIFY = "verify -u IBMUSER -a FEKAPPL"


@pytest.fixture
def readable_home(cli: Any) -> Iterator[Any]:
    """A home with a key, a ledger and nothing above it that keeps other users out."""
    with tempfile.TemporaryDirectory() as folder:
        cli.home = Path(folder) / "home"
        cli.environ["PTKTCTL_HOME"] = str(cli.home)
        cli.ok(f"init --key-file {folder}/unlock.key")
        cli.ok("applid add FEKAPPL")
        cli.ok("key generate FEKAPPL")
        cli.ok(f"{VERIFY} {ticket_of(cli, -5)}")
        yield cli


def ticket_of(cli: Any, offset: int = 0) -> str:
    made: str = cli.ok(f"gen -u IBMUSER -a FEKAPPL --at {cli.now + offset}").out
    return made.strip()


def without_writing(folder: Path, action: Callable[[], None]) -> int:
    """Do something as a user who can read a home and not write it, as root is not one; 0 if all held."""
    parts = [folder.parent, *folder.parent.rglob("*")]
    for part in parts:
        if os.geteuid() == 0:
            os.chown(part, NOBODY, NOBODY)
        part.chmod(0o500 if part.is_dir() else 0o400)
    child = os.fork()
    if not child:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            action()
        except BaseException as error:
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for part in parts:
        part.chmod(0o700 if part.is_dir() else 0o600)
        if os.geteuid() == 0:
            os.chown(part, 0, 0)
    return status


def test_in_a_read_only_home_a_ticket_is_valid_with_peek_only(readable_home: Any) -> None:
    home, ticket = readable_home, ticket_of(readable_home)

    def asked() -> None:
        refused = home(f"{VERIFY} {ticket}")
        assert (refused.status, refused.out) == (3, "")
        assert "used.db could not be written" in refused.err
        assert "ptktctl verify --peek" in refused.err
        assert home("verify --batch -", f"IBMUSER FEKAPPL {ticket}\n").status == 3
        assert home("gen -u IBMUSER --fresh").status == 3
        peeked = home(f"{VERIFY} --peek {ticket}")
        assert (peeked.status, peeked.out[:7]) == (0, "valid: ")
        assert home("verify --peek --batch -", f"IBMUSER FEKAPPL {ticket}\n").status == 0
        assert home(f"diagnose -u IBMUSER {ticket}").status == 0
        assert home("gen -u IBMUSER").status == 0

    for line in (f"{VERIFY} --peek {ticket}", f"diagnose -u IBMUSER {ticket}", "gen -u IBMUSER"):
        home.ok(line)  # so that all is loaded that another user might not be able to read
    assert without_writing(home.home, asked) == 0
    assert home(f"{VERIFY} {ticket}").status == 0
    assert home(f"{VERIFY} {ticket}").status == 1


def test_on_a_full_disk_a_ticket_is_not_valid(stored: Any, process: Callable[..., Any]) -> None:
    ticket = ticket_of(stored)

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    moment = ["--at", str(stored.now), "-u", "IBMUSER"]
    for options in ([], ["--format", "json"]):
        ran = process("verify", *moment, *options, ticket, preexec_fn=full)
        assert ran.returncode == 3
        assert "could not be written" in ran.stderr
        assert "valid" not in ran.stdout
    stored.ok(f"{VERIFY} {ticket}")


@pytest.mark.parametrize("back", [1, 600, 4000, 10**6])
def test_the_clock_set_back_makes_no_ticket_valid_again(stored: Any, back: int) -> None:
    ticket, start = ticket_of(stored), stored.now
    stored.ok(f"{VERIFY} {ticket}")
    stored.now = start + back
    for second in range(20):
        stored.ok(f"{VERIFY} {ticket_of(stored, second)}")
    for now in (start, start - 600, start + 600):
        stored.now = now
        again = stored(f"{VERIFY} {ticket}")
        assert (again.status, "valid:" in again.out) in ((1, False), (3, False))


def test_killed_as_soon_as_it_answered_valid_it_remembers(stored: Any) -> None:
    for second in range(3):
        ticket = ticket_of(stored, second)
        command = [sys.executable, "-m", "ptktctl", *VERIFY.split(), "--at", str(stored.now), ticket]
        with subprocess.Popen(command, env={**os.environ, **stored.environ}, stdout=subprocess.PIPE) as running:
            assert running.stdout
            assert running.stdout.read(6) == b"valid:"
            running.send_signal(signal.SIGKILL)
        assert stored(f"{VERIFY} {ticket}").out.startswith("used: ")
