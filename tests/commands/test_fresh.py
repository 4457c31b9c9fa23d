"""--fresh: never the same ticket twice on this machine."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROCESSES = 20
# Runs the command once, so that all is loaded, then in many processes at once, each into a file. The clock runs twenty
# times as fast, so that twenty seconds pass in one; a file's last line is the clock at the end.
HASTY = """
import io, os, sys, time
folder, processes, *command = sys.argv[1:]
from ptktctl.commands.context import Context
from ptktctl.commands.root import main
main(command, Context(stdout=io.StringIO()))
start = time.time()
clock = lambda: int(start + 20 * (time.time() - start))
for number in range(int(processes)):
    if not os.fork():
        with open(f"{folder}/{number}.json", "w") as file:
            status = main(command, Context(clock=clock, stdout=file))
            file.write(f"{clock()}")
        os._exit(status)
sys.exit(any(os.wait()[1] for _ in range(int(processes))))
"""


@pytest.fixture
def passing(stored: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A home whose clock goes on when it is waited for."""

    def sleep(_seconds: float) -> None:
        stored.now += 1

    monkeypatch.setattr("time.sleep", sleep)
    return stored


def test_each_call_has_a_second_of_its_own(passing: Any) -> None:
    start = passing.now
    made = [passing.ok("gen -u IBMUSER --fresh --format json").json for _ in range(4)]
    assert [each["generated_epoch"] - start for each in made] == [0, 1, 2, 3]
    assert len({each["ticket"] for each in made}) == 4


def test_it_waits_until_the_second_has_come(passing: Any) -> None:
    start = passing.now
    passing.ok("gen -u IBMUSER --fresh")
    assert passing.now == start
    passing.ok("gen -u IBMUSER --fresh")
    assert passing.now == start + 1


def test_the_clock_set_back_gives_no_ticket_again(passing: Any) -> None:
    tickets = []
    for step in (0, 0, -2, 0, 1, -3):
        passing.now += step
        tickets.append(passing.ok("gen -u IBMUSER --fresh").out)
    assert len(set(tickets)) == len(tickets)


def test_a_ticket_that_was_used_is_not_fresh(passing: Any) -> None:
    """Made without --fresh, it is known only by its use."""
    start = passing.now
    used = passing.ok("gen -u IBMUSER").out.strip()
    passing.ok(f"verify -u IBMUSER {used}")
    made = passing.ok("gen -u IBMUSER --fresh --format json").json
    assert (made["generated_epoch"], made["ticket"] != used) == (start + 1, True)


def test_without_fresh_two_tickets_of_a_second_are_equal(stored: Any) -> None:
    assert stored.ok("gen -u IBMUSER").out == stored.ok("gen -u IBMUSER").out


def test_a_fresh_ticket_is_valid_and_serves_once(passing: Any) -> None:
    ticket = passing.ok("gen -u IBMUSER --fresh").out.strip()
    assert passing(f"verify -u IBMUSER {ticket}").status == 0
    assert passing(f"verify -u IBMUSER {ticket}").status == 1


def test_a_key_that_is_not_stored_is_remembered_too(passing: Any, tmp_path: Path) -> None:
    (tmp_path / "sample.key").write_text("E001193519561977\n")
    line = f"gen -u IBMUSER -a TSOSYS1 --key-from {tmp_path}/sample.key --fresh"
    assert passing.ok(line).out != passing.ok(line).out


def test_a_person_is_told_of_a_long_wait(passing: Any) -> None:
    start = passing.now
    for _ in range(5):
        passing.ok("gen -u MIKEM --fresh")
    passing.now = start
    assert "waiting 5 s" in passing("gen -u MIKEM --fresh", terminal=True).err
    passing.now = start
    assert passing("gen -u MIKEM --fresh").err == ""


def test_it_does_not_wait_for_a_clock_that_stands_still(stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ptktctl.commands.making.PATIENCE", 0)
    stored.ok("gen -u IBMUSER --fresh")
    stored.refused("gen -u IBMUSER --fresh", "set back", status=3)


def test_a_moment_of_ones_own_choice_is_not_fresh(stored: Any) -> None:
    for moment in ("now", "-5m", "1111111"):
        stored.refused(f"gen -u IBMUSER --fresh --at {moment}", "--fresh", "--at")


def test_without_its_memory_there_is_no_fresh_ticket(stored: Any) -> None:
    (stored.home / "used.db").write_bytes(b"no ledger")
    (stored.home / "used.db").chmod(0o600)
    stored.refused("gen -u IBMUSER --fresh", "used.db", status=3)
    stored.ok("gen -u IBMUSER")


def test_twenty_processes_at_once(stored: Any, tmp_path: Path) -> None:
    arguments = [str(tmp_path), str(PROCESSES), "gen", "-u", "IBMUSER", "--fresh", "--format", "json"]
    environ = {**os.environ, **stored.environ}
    ran = subprocess.run(
        [sys.executable, "-c", HASTY, *arguments], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    tickets = set()
    for path in tmp_path.glob("*.json"):
        made, _, clock = path.read_text().rpartition("\n")
        assert json.loads(made)["generated_epoch"] <= int(clock)
        tickets.add(json.loads(made)["ticket"])
    assert len(tickets) == PROCESSES


def test_the_next_second_of_the_real_clock(stored: Any, process: Callable[..., Any]) -> None:
    made = [json.loads(process("gen", "-u", "IBMUSER", "--fresh", "--format", "json").stdout) for _ in range(3)]
    assert len({each["generated_epoch"] for each in made}) == 3
    assert abs(time.time() - made[-1]["generated_epoch"]) < 5
