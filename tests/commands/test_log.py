"""The audit trail as the commands write it, and `ptktctl log`, which shows and verifies it."""

import errno
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.commands.log import printable
from ptktctl.commands.parameters import CHANGING, Command
from ptktctl.commands.root import cli as root
from ptktctl.errors import StoreBusyError
from ptktctl.store import audit
from ptktctl.store.audit_lines import Event

# Commands that neither use a key nor change the store; of these only a failure to unlock it is recorded.
NO_USE = {
    "demo",
    "simulate rse-logon",
    "lint",
    "rules",
    "doctor",
    "completion",
    "log",
    "applid list",
    "applid show",
    "key list",
    "store slot list",
    "store verify",
}
# Likewise, but they show the key itself or make a private key when asked to, and that is recorded.
MAY_DO = {"key show", "key recipient", "provision"}
EXPECTED = "no line has the hash expected: lines were cut off the end, or all were written anew"


def entries(cli: Any, options: str = "") -> list[dict[str, Any]]:
    return [json.loads(line) for line in cli(f"log --format jsonl {options}").out.splitlines()]


def told(cli: Any, options: str = "") -> list[tuple[str, str]]:
    """Action and outcome of each line."""
    return [(each["action"], each["outcome"]) for each in entries(cli, options)]


def log_of(cli: Any) -> Path:
    path: Path = cli.home / "audit.jsonl"
    return path


def commands(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        path = (*words, name)
        if isinstance(command, click.Group):
            yield from commands(command, path)
        else:
            yield " ".join(path), command


# What is recorded


def test_each_command_is_recorded_or_listed_as_no_use() -> None:
    found = dict(commands(root))
    assert {name for name, command in found.items() if not isinstance(command, Command)} == set()
    kinds = {
        name: getattr(command, "audit", None) or ("change" if name.split()[:1] in CHANGING else "look")
        for name, command in found.items()
    }
    assert {name for name, kind in kinds.items() if kind == "look"} == (NO_USE | MAY_DO) & kinds.keys()
    assert {"gen", "verify", "exec", "watch", "decode", "diagnose", "init", "key set", "key remove"} <= kinds.keys()


def test_uses_and_changes_in_their_order(stored: Any) -> None:
    ticket = stored.ok("gen -u IBMUSER").out.strip()
    stored.ok(f"verify -u IBMUSER {ticket}")
    stored(f"verify -u IBMUSER {ticket}")
    stored(f"verify -u MIKEM -a FEKAPPL {ticket}")
    stored.ok(f"decode -u IBMUSER {ticket}")
    stored(f"diagnose -u IBMUSER {ticket}")
    stored.ok("key show FEKAPPL")
    stored.ok("key show FEKAPPL --reveal")
    stored.ok("key list")
    stored.ok("applid list")
    stored.ok("key remove FEKAPPL --yes")
    stored("gen -u IBMUSER")
    assert told(stored) == [
        ("init", "done"),
        ("applid.add", "begun"),
        ("applid.add", "done"),
        ("key.generate", "begun"),
        ("key.generate", "done"),
        ("gen", "made"),
        ("verify", "valid"),
        ("verify", "used"),
        ("verify", "no-match"),
        ("decode", "decoded"),
        ("diagnose", "used"),
        ("key.show", "revealed"),
        ("key.remove", "begun"),
        ("key.remove", "done"),
        ("gen", "failed: store-missing"),
    ]


def test_who_when_and_for_whom(stored: Any) -> None:
    stored.ok("gen -u IBMUSER")
    stored.ok("key generate FEKAPPL --enhanced --user MIKEM")
    import pwd

    made, _, kept = entries(stored)[-3:]
    assert made["schema"] == "ptktctl.log-entry/1"
    assert (made["time"], made["uid"]) == ("2023-11-14T22:13:20Z", os.getuid())
    assert (made["user"], made["host"]) == (pwd.getpwuid(os.getuid()).pw_name, os.uname().nodename)
    # The APPLID was not on the command line.
    assert (made["applids"], made["userids"], made["key"], made["count"]) == (["FEKAPPL"], ["IBMUSER"], None, 1)
    assert (kept["applids"], kept["userids"], kept["key"]) == (["FEKAPPL"], ["MIKEM"], "enhanced")


def test_who_is_not_what_the_environment_says(stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "LOGNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "somebody")
    stored.ok("gen -u IBMUSER")
    assert entries(stored)[-1]["user"] != "somebody"


def test_a_rename_names_both(stored: Any) -> None:
    stored.ok("applid rename FEKAPPL FEKPROD")
    assert entries(stored)[-1]["applids"] == ["FEKAPPL", "FEKPROD"]


@pytest.mark.parametrize(
    ("line", "recorded"),
    [
        ("key set FEKAPPL --from no-such-file", ("key.set", "failed: input")),
        ("key generate NOSUCH", ("key.generate", "failed: input")),
        ("key remove FEKAPPL", ("key.remove", "failed: input")),
        ("applid add OMVSAPPL", ("applid.add", "failed: input")),
        ("init", ("init", "failed: input")),
        ("gen -u IBMUSER -a NOSUCH", ("gen", "failed: input")),
        ("exec -u IBMUSER -a NOSUCH -- true", ("exec", "failed: input")),
        ("verify -u IBMUSER -a NOSUCH AAAAAAAA", ("verify", "failed: input")),
        ("gen -u IBMUSER --ticket mixed", ("gen", "failed: store-missing")),
    ],
)
def test_what_was_refused_is_recorded(stored: Any, line: str, recorded: tuple[str, str]) -> None:
    assert stored(line).status != 0
    assert told(stored)[-1] == recorded


@pytest.mark.parametrize(
    "line", ["gen", "gen -u A.B", "verify -u IBMUSER", "nonsense", "key", "gen --help", "--version"]
)
def test_a_call_that_came_to_nothing_is_not(stored: Any, line: str) -> None:
    before = log_of(stored).read_bytes()
    stored(line)
    assert log_of(stored).read_bytes() == before


@pytest.mark.parametrize(
    "line", ["gen -u IBMUSER", "key list", "key show FEKAPPL", "key remove FEKAPPL --yes", "verify -u IBMUSER AAAAAAAA"]
)
def test_each_failure_to_unlock_is_recorded(stored: Any, tmp_path: Path, line: str) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("not the passphrase of this store\n")
    wrong.chmod(0o600)
    assert stored(f"{line} --passphrase-file {wrong}").status == 3
    assert told(stored)[-1] == (".".join(re.findall("^(?:key )?[a-z]+", line)[0].split()), "failed: store-locked")


def test_where_there_is_no_store_nothing_is_recorded(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("9D2CA7F4133E8B60")
    cli.ok(f"gen -u IBMUSER -a FEKAPPL --key-from {tmp_path}/key")
    assert cli("gen -u IBMUSER").status == 3
    assert cli("key generate FEKAPPL").status == 2
    assert not cli.home.exists()
    ran = cli.ok("log")
    assert (ran.out, ran.err) == ("", "nothing was recorded yet, or the log was removed\n")


def test_the_key_of_a_ticket_may_lie_outside(stored: Any, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("9D2CA7F4133E8B60")
    stored.ok(f"gen -u IBMUSER -a OTHER --key-from {tmp_path}/key")
    assert entries(stored)[-1]["applids"] == ["OTHER"]


def test_a_batch_is_a_line_for_each_applid_and_outcome(stored: Any) -> None:
    stored.ok("applid add CICSPROD")
    stored.ok("key generate CICSPROD --enhanced")
    lines = "A FEKAPPL\nB CICSPROD\nC FEKAPPL\nbad!name FEKAPPL\nD NOSUCH\n"
    made = stored("gen --batch - --format csv", lines)
    found = [(each["outcome"], each["applids"], each["userids"], each["count"]) for each in entries(stored)[-4:]]
    assert found == [
        ("begun", [], [], 1),
        ("failed: line", [], [], 2),
        ("made", ["CICSPROD"], [], 1),
        ("made", ["FEKAPPL"], [], 2),
    ]
    rows = [row.split(",")[:3] for row in made.out.splitlines()][:3]
    tickets = "".join(f"{userid} {applid} {ticket}\n" for userid, applid, ticket in rows)
    stored("verify --batch -", tickets + "A FEKAPPL " + rows[0][2] + "\nB FEKAPPL " + rows[0][2] + "\n")
    found = [(each["outcome"], each["applids"], each["userids"], each["count"]) for each in entries(stored)[-5:]]
    assert found == [
        ("begun", [], [], 1),
        ("valid", ["CICSPROD"], [], 1),
        ("no-match", ["FEKAPPL"], [], 1),
        ("used", ["FEKAPPL"], [], 1),
        ("valid", ["FEKAPPL"], [], 2),
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_long_batch_counts_all_its_chunks(stored: Any, jobs: int) -> None:
    stored.ok(f"gen --batch - --jobs {jobs}", "IBMUSER FEKAPPL\n" * 100_000)
    last = entries(stored)[-1]
    assert (last["outcome"], last["count"]) == ("made", 100_000)


def test_a_batch_that_is_killed_has_begun(process: Callable[..., Any], stored: Any) -> None:
    reading, writing = os.pipe()
    running = subprocess.Popen(
        [sys.executable, "-m", "ptktctl", "gen", "--batch", "-"],
        env={**os.environ, **stored.environ, "PYTHONPATH": str(Path(audit.__file__).parents[2])},
        stdin=reading,
        stdout=subprocess.PIPE,
    )
    os.write(writing, b"IBMUSER FEKAPPL\n")
    assert running.stdout
    assert running.stdout.readline()
    running.send_signal(signal.SIGKILL)
    running.communicate()
    os.close(reading)
    os.close(writing)
    assert told(stored)[-1] == ("gen", "begun")


def test_exec_is_recorded_before_the_command_runs(process: Callable[..., Any], stored: Any) -> None:
    ran = process("exec", "-u", "IBMUSER", "--", "sh", "-c", f"tail -n 1 {log_of(stored)}")
    assert json.loads(ran.stdout)["action"] == "exec"
    assert json.loads(ran.stdout)["outcome"] == "made"


def test_watch_has_begun_and_counts_its_tickets(process: Callable[..., Any], stored: Any) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "ptktctl", "watch", "-u", "IBMUSER", "--every", "1"],
        env={**os.environ, **stored.environ, "PYTHONPATH": str(Path(audit.__file__).parents[2])},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert running.stdout
    running.stdout.readline()
    running.stdout.readline()
    assert told(stored)[-1] == ("watch", "begun")
    running.send_signal(signal.SIGINT)
    more = len(running.communicate()[0].splitlines())
    assert running.returncode == 130
    made, ended = entries(stored)[-2:]
    assert (made["outcome"], made["applids"], made["userids"]) == ("made", ["FEKAPPL"], ["IBMUSER"])
    assert made["count"] == 2 + more
    assert ended["outcome"] == "interrupted"


def test_no_secret_and_no_ticket_comes_into_it(stored: Any, secrets: Any, tmp_path: Path) -> None:
    """A session of all kinds, with a ticket in each wrong place where one could get."""
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    passphrase.chmod(0o600)
    key = "9D2CA7F4133E8B60"
    tickets = [stored.ok("gen -u IBMUSER").out.strip()]
    stored.now += 1
    tickets.append(stored.ok("gen --batch -", "IBMUSER FEKAPPL\n").out.split()[-1])
    (tmp_path / "key").write_text(key)
    for line in (
        "verify -u IBMUSER {0}",
        "verify -u IBMUSER {0}",
        "verify -u IBMUSER {0} {1}",
        "verify --batch {tmp}/tickets",
        "verify -u IBMUSER --at {0} {1}",
        "verify -u IBMUSER --batch {0}",
        "decode -u IBMUSER {1}",
        "diagnose -u IBMUSER {1}",
        "diagnose --tickets {tmp}/tickets",
        "diagnose -u IBMUSER --smfid {1} {0}",
        "exec -u IBMUSER --env {0}! -- true",
        "exec -u IBMUSER -- no-such-{0}",
        "key set FEKAPPL --from {tmp}/key --force",
        "key set FEKAPPL {key}",
        "key set FEKAPPL --enhanced --from {tmp}/key",
        "key show FEKAPPL --reveal",
        "key generate FEKAPPL --enhanced",
        "key rotate FEKAPPL",
        "key promote FEKAPPL --yes",
        "gen -u IBMUSER -a FEKAPPL --key-from {tmp}/key",
        "gen -u IBMUSER --key-from {key}",
        "gen -u IBMUSER --passphrase-file {tmp}/passphrase",
        "applid add CICSPROD --description {0}",
        "applid set CICSPROD --description {key}",
        "key list",
        "log --expect {key}",
        "applid remove FEKAPPL --yes",
    ):
        (tmp_path / "tickets").write_text(f"IBMUSER FEKAPPL {tickets[0]}\nIBMUSER {tickets[1]} FEKAPPL\n")
        stored(line.format(*tickets, tmp=tmp_path, key=key))
    stored.environ["PTKTCTL_PASSPHRASE"] = "another passphrase that is wrong"
    stored("gen -u IBMUSER")
    recorded = log_of(stored).read_text().casefold()
    assert len(recorded.splitlines()) > 30
    wanted = [*tickets, key, "correct horse battery staple", "another passphrase that is wrong", str(tmp_path)]
    assert [each for each in wanted if each.casefold() in recorded] == []
    known = [secret for secret in secrets.known if len(secret) >= 8]
    assert len(known) > 3
    assert [secret for secret in known if secret.hex() in recorded or repr(secret)[2:-1].casefold() in recorded] == []
    assert stored("log --verify").status == 0


# When it can't be written


def test_a_use_goes_on_with_a_note_and_a_change_does_not(stored: Any) -> None:
    keys = (stored.home / "keys.toml").read_bytes()
    log_of(stored).rename(stored.home / "kept")
    log_of(stored).mkdir(0o700)
    ran = stored("gen -u IBMUSER")
    assert re.fullmatch("[A-Z0-9]{8}\n", ran.out)
    assert (ran.status, len(ran.err.splitlines())) == (0, 1)
    assert ran.err.startswith("ptktctl: this is not in the audit log: ")
    ran = stored("gen --batch -", "A\nB\n")
    assert (ran.status, len(ran.out.splitlines()), len(ran.err.splitlines())) == (0, 2, 1)
    for line in ("key generate FEKAPPL --force", "key remove FEKAPPL --yes", "applid set FEKAPPL --timeout 50"):
        stored.refused(line, "audit.jsonl", status=3)
    assert (stored.home / "keys.toml").read_bytes() == keys
    # What only looks does not need it, and what fails tells its own reason alone.
    assert stored.ok("key list").err == ""
    stored.refused("gen -u IBMUSER -a NOSUCH", "NOSUCH")


def test_a_full_disk_stops_no_use(stored: Any, process: Callable[..., Any]) -> None:
    size = log_of(stored).stat().st_size

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, size + 10))

    ran = process("gen", "-u", "IBMUSER", preexec_fn=fill)
    assert (ran.returncode, len(ran.stdout)) == (0, 9)
    assert (
        ran.stderr == f"ptktctl: this is not in the audit log: {log_of(stored)} could not be written: File too large\n"
    )
    assert log_of(stored).stat().st_size == size
    ran = process("key", "generate", "FEKAPPL", "--force", preexec_fn=fill)
    assert (ran.returncode, ran.stdout) == (3, "")


def test_a_read_only_home_stops_no_use(stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = os.open

    def read_only(path: Any, flags: int, *rest: Any, **settings: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return usual(path, flags, *rest, **settings)

    monkeypatch.setattr(os, "open", read_only)
    ran = stored("gen -u IBMUSER")
    assert (ran.status, len(ran.out)) == (0, 9)
    assert ran.err == (
        f"ptktctl: this is not in the audit log: {log_of(stored)} could not be written: Read-only file system\n"
    )


def test_a_log_open_to_others_is_not_written_to(stored: Any) -> None:
    log_of(stored).chmod(0o644)
    before = log_of(stored).read_bytes()
    assert "others can read" in stored.ok("gen -u IBMUSER").err
    assert log_of(stored).read_bytes() == before
    stored.refused("log", "others can read", "chmod 600", status=3)


def test_a_change_whose_end_can_not_be_recorded_says_so(stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, calls = audit.append, []

    def append(*arguments: Any, **settings: Any) -> None:
        calls.append(arguments)
        if len(calls) > 1:
            raise StoreBusyError("the disk is full")
        usual(*arguments, **settings)

    monkeypatch.setattr(audit, "append", append)
    ran = stored("key generate FEKAPPL --enhanced")
    assert ran.status == 0
    assert "ptktctl: this is not in the audit log: the disk is full\n" in ran.err
    monkeypatch.undo()
    assert told(stored)[-1] == ("key.generate", "begun")


def test_a_change_that_is_killed_has_begun(stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    child = os.fork()
    if not child:
        try:
            monkeypatch.setattr("os.replace", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            stored("key generate FEKAPPL --enhanced")
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert told(stored)[-1] == ("key.generate", "begun")
    assert stored("log --verify").status == 0


# What is shown


@pytest.fixture
def used(stored: Any) -> Any:
    """A store with uses at several times."""
    for userid in ("IBMUSER", "MIKEM"):
        stored.now += 100
        stored.ok(f"gen -u {userid}")
    stored("verify -u MIKEM AAAAAAAA")
    stored("gen -u MIKEM -a NOSUCH")
    return stored


def test_in_a_pipe_it_is_tab_separated(used: Any) -> None:
    rows = [line.split("\t") for line in used.ok("log").out.splitlines()]
    assert {len(row) for row in rows} == {11}
    assert rows[5][:2] == ["6", "2023-11-14T22:15:00Z"]
    assert rows[5][4:] == ["gen", "FEKAPPL", "IBMUSER", "", "", "made", "1"]
    assert rows[4][4:] == ["key.generate", "FEKAPPL", "", "", "legacy", "done", "1"]


def test_on_a_terminal_it_is_aligned(used: Any) -> None:
    used("gen --batch -", "A\nB\n")
    shown = used("log", terminal=True).out.splitlines()
    assert re.fullmatch(r" +6 2023-11-14T22:15:00Z \S+@\S+ +gen +FEKAPPL +IBMUSER +made", shown[5])
    assert re.fullmatch(r" +5 .* key.generate +FEKAPPL +done \(legacy\)", shown[4])
    assert re.fullmatch(r" +\d+ .* gen +FEKAPPL +made \(2 times\)", shown[-1])


def test_json(used: Any) -> None:
    found = used.ok("log --format json -n 2").json
    assert found["schema"] == "ptktctl.log/1"
    assert [each["outcome"] for each in found["entries"]] == ["no-match", "failed: input"]
    assert (found["tampered"], found["torn"]) == ([], [])
    assert used.ok("log --format json -n 0").json["entries"] == []


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ("--since 1700000100", [6, 7, 8, 9]),
        ("--since 1700000200", [7, 8, 9]),
        ("--until 1700000100", [1, 2, 3, 4, 5, 6]),
        ("--since 1700000050 --until 2023-11-14T22:15:00Z", [6]),
        ("-u MIKEM", [7, 8, 9]),
        ("--userid mikem --applid FEKAPPL", [7, 8]),
        ("-a NOSUCH", [9]),
        ("--action gen", [6, 7, 9]),
        ("--action key", [4, 5]),
        ("--action key.generate", [4, 5]),
        ("--action ke", []),
        ("--outcome made", [6, 7]),
        ("--outcome failed", [9]),
        ("--outcome fail", []),
        ("--who nobody-of-that-name", []),
        (f"--who {os.getuid()} -n 2", [8, 9]),
        ("-n 1 --action gen", [9]),
        ("-n 100", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("--since 99999999999999", []),
    ],
)
def test_filters(used: Any, options: str, numbers: list[int]) -> None:
    assert [each["number"] for each in entries(used, options)] == numbers


def test_looking_at_it_is_not_recorded(used: Any) -> None:
    before = log_of(used).read_bytes()
    for line in ("log", "log --verify", "log --head", "log --format json"):
        used.ok(line)
    assert log_of(used).read_bytes() == before


# What is verified


def test_verify_and_head(used: Any) -> None:
    head = used.ok("log --head").out.strip()
    assert used.ok("log --head --format json").json == {"schema": "ptktctl.log-head/1", "line": 9, "head": head}
    found = used.ok("log --verify").out
    assert found == f"intact: 9 lines, the last is 9 with hash {head}\n"
    used.ok("gen -u IBMUSER")
    assert used.ok(f"log --expect {head.upper()}").out.endswith("; line 9 has the hash expected\n")
    assert used.ok(f"log --verify --format json --expect {head}").json == {
        "schema": "ptktctl.log-verify/1",
        "intact": True,
        "lines": 10,
        "line": 10,
        "head": used.ok("log --head").out.strip(),
        "began_after": None,
        "expected_at": 9,
        "tampered": [],
        "torn": [],
    }


def test_tampering_is_told_by_each_way_of_looking(used: Any) -> None:
    path = log_of(used)
    head = used.ok("log --head").out.strip()
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"IBMUSER"', b'"MIKEM"'))
    verified = used("log --verify")
    assert (verified.status, verified.out) == (1, "tampered: line 6 was changed\n")
    for line, rows in (("log", 8), ("log --format jsonl", 8), ("log -n 3", 3)):
        shown = used(line)
        assert (shown.status, len(shown.out.splitlines()), shown.err) == (1, rows, "tampered: line 6 was changed\n")
    shown = used("log --format json")
    assert (shown.status, shown.json["tampered"]) == (1, ["line 6 was changed"])
    assert used("log --verify --format json").json["intact"] is False
    path.write_bytes(whole[: whole.rindex(b'{"number": 9')])
    assert used("log --verify").status == 0
    verified = used(f"log --expect {head}")
    assert (verified.status, verified.out) == (1, f"tampered: {EXPECTED}\n")
    path.unlink()
    assert used("log --verify").status == 0
    assert used(f"log --expect {head}").status == 1


def test_a_torn_line_is_no_tampering(used: Any) -> None:
    path = log_of(used)
    path.write_bytes(path.read_bytes()[:-30])
    verified = used.ok("log --verify")
    assert verified.out.splitlines()[1] == f"torn: line 9 of {path} was torn off while it was written"
    used.ok("gen -u IBMUSER")
    shown = used.ok("log")
    assert len(shown.out.splitlines()) == 9
    assert shown.err == f"torn: line 9 of {path} was torn off while it was written\n"


def test_archive(used: Any, tmp_path: Path) -> None:
    target = tmp_path / "audit 2026.jsonl"
    head = used.ok("log --head").out.strip()
    ran = used.run(["log", "--archive", str(target), "--format", "json"])
    assert ran.json == {
        "schema": "ptktctl.log-archive/1",
        "log": str(log_of(used)),
        "archive": str(target),
        "line": 9,
        "head": head,
    }
    used.ok("gen -u IBMUSER")
    assert told(used) == [("log.archive", "done"), ("gen", "made")]
    verified = used.run(["log", "--verify", str(target), str(log_of(used))])
    assert (verified.status, verified.out.split(",")[0]) == (0, "intact: 11 lines")
    assert used.ok(f"log --expect {head}").out.endswith(f"; line 9 has the hash expected; it goes on behind {head}\n")
    assert used.run(["log", "--verify", str(log_of(used)), str(target)]).status == 1
    assert [line.split("\t")[0] for line in used.run(["log", "-n", "3", str(target)]).out.splitlines()] == list("789")
    again = used.run(["log", "--archive", str(target)])
    assert (again.status, again.err) == (2, f"ptktctl: {target} exists already\nhint: name another file\n")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("log --expect xyz", "--expect takes 64 hexadecimal digits"),
        ("log --expect " + "g" * 64, "--expect takes 64 hexadecimal digits"),
        ("log --verify --head", "exclude each other"),
        ("log --head --archive x", "exclude each other"),
        ("log --verify --format jsonl", "is for lines of the log"),
        ("log --since yesterday", "is not a time"),
        ("log -n -1", "-1"),
        ("log -a toolongname", "APPLID"),
        ("log no-such-file", "no-such-file: cannot read the log"),
        ("log --archive x no-such-file", "--archive moves the log itself"),
        ("log --archive no/such/folder/file", "cannot write the archive"),
        ("log .", "cannot read the log"),
    ],
)
def test_bad_input(used: Any, line: str, said: str) -> None:
    used.refused(line, said)


def test_there_is_no_head_and_nothing_to_archive_without_a_log(cli: Any) -> None:
    cli.refused("log --archive x", "there is no audit log", status=3)
    cli.refused("log --head", "there is no audit log")


def test_a_forged_line_can_not_play_with_the_terminal(used: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy\x1b[31m"
    copy.parent.chmod(0o700)
    audit.append(str(copy), 0, [Event("gen\x1b]0;x\x07", "made\r\x1b[2J", ["\x9b31m"], ["\u202e"], "\n", "\x00")])
    copy.write_bytes(copy.read_bytes() + b"\x1b[31m\n")
    for options in ([], ["--format", "json"], ["--format", "jsonl"], ["--verify"]):
        for terminal in (False, True):
            ran = used.run(["log", *options, str(copy)], terminal=terminal)
            assert ran.status == 1
            shown = (ran.out + ran.err).replace("\n", "").replace("\t", "")
            assert shown.isprintable(), shown


@given(st.text(max_size=400))
def test_printable(text: str) -> None:
    assert printable(text).isprintable()


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_a_log_of_any_bytes_never_ends_in_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    import io

    from ptktctl.commands.context import Context
    from ptktctl.commands.root import main

    path = tmp_path_factory.mktemp("any") / "log"
    path.write_bytes(b"\n".join(lines))
    for options in (["--verify"], ["--head"], ["--format", "json"], []):
        context = Context(stdin=io.BytesIO(), stdout=io.StringIO(), stderr=io.StringIO(), environ={})
        assert main(["log", *options, str(path)], context) in (0, 1)


def test_a_long_log_is_shown_as_it_is_read(used: Any, process: Callable[..., Any]) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "ptktctl", "log"],
        env={**os.environ, **used.environ, "PYTHONPATH": str(Path(audit.__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout
    running.stdout.close()
    started = time.monotonic()
    assert running.wait(timeout=30) in (141, 0)
    assert time.monotonic() - started < 30
    assert running.communicate()[1] == b""


def test_a_batch_that_the_ledger_ends_counts_what_was_answered(stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ptktctl.store.ledger import Ledger

    def fail(*_: Any) -> None:
        raise StoreBusyError("the ledger is busy")

    ticket = stored.ok("gen -u IBMUSER").out.strip()
    monkeypatch.setattr(Ledger, "use_many", fail)
    lines = f"IBMUSER FEKAPPL AAAAAAAA\nMIKEM FEKAPPL {ticket}\nIBMUSER FEKAPPL {ticket}\nIBMUSER FEKAPPL {ticket}\n"
    ran = stored("verify --batch -", lines)
    assert (ran.status, len(ran.out.splitlines())) == (3, 2)
    found = [(each["outcome"], each["count"]) for each in entries(stored)[-3:]]
    assert found == [("begun", 1), ("no-match", 2), ("failed: store-busy", 1)]
