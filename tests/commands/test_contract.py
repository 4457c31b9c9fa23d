"""What scripts may rely on, whatever the command: exit statuses, streams, errors, colour."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ptktctl.commands.catalog import SUMMARIES
from ptktctl.passticket import evaluation

Process = Callable[..., "subprocess.CompletedProcess[str]"]
PTKTCTL = [sys.executable, "-m", "ptktctl"]
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["schema", "status", "error", "hint"],
    "properties": {
        "schema": {"const": "ptktctl.error/1"},
        "status": {"enum": [2, 3, 70]},
        "error": {"type": "string", "minLength": 1},
        "hint": {"type": ["string", "null"]},
    },
}
ESCAPE = "\x1b["


# Exit statuses


def test_statuses_of_real_processes(stored: Any, process: Process) -> None:
    made = process("gen", "-u", "IBMUSER")
    assert made.returncode == 0
    assert process("verify", "-u", "OTHER", made.stdout.strip()).returncode == 1
    assert process("gen", "-u", "IBM.USER").returncode == 2
    assert process("gen").returncode == 2
    assert process("nonsense").returncode == 2
    assert process("gen", "-u", "A", environ={"PTKTCTL_KEY_FILE": "/none"}).returncode == 3


@pytest.fixture
def broken(stored: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A ptktctl with a defect, whose message holds what it should not."""

    def fail(*_: object) -> str:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(evaluation, "generate", fail)
    return stored


def test_a_defect_is_one_line_and_where_to_report_it(broken: Any) -> None:
    ran = broken("gen -u IBMUSER")
    assert (ran.status, ran.out) == (70, "")
    assert re.match(r"ptktctl: a defect of ptktctl \S+ \(RuntimeError\); please report it: https://\S+\n", ran.err)
    assert "PTKTCTL_DEBUG=1" in ran.err
    assert "Traceback" not in ran.err
    assert "secret" not in ran.err


def test_a_defect_as_json(broken: Any) -> None:
    ran = broken("gen -u IBMUSER --format json")
    jsonschema.validate(ran.json, ERROR_SCHEMA)
    assert (ran.status, ran.json["status"]) == (70, 70)
    assert ran.err == f"ptktctl: {ran.json['error']}\nhint: {ran.json['hint']}\n"
    assert "secret" not in ran.out


def test_a_working_folder_that_is_gone(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    before = os.getcwd()
    os.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    try:
        ran = cli("lint rse.env --format json")
    finally:
        os.chdir(before)
    assert (ran.status, ran.json["error"]) == (2, "the working folder is gone")
    assert ran.err.startswith("ptktctl: the working folder is gone\nhint: ")


def test_debug_shows_the_traceback(broken: Any) -> None:
    broken.environ["PTKTCTL_DEBUG"] = "1"
    ran = broken("gen -u IBMUSER")
    assert (ran.status, ran.out) == (70, "")
    assert "Traceback (most recent call last)" in ran.err
    assert "RuntimeError: the secret is 42" in ran.err
    broken.environ["PTKTCTL_DEBUG"] = "0"
    assert "Traceback" not in broken("gen -u IBMUSER").err


def test_debug_shows_the_traceback_of_an_error_too(cli: Any) -> None:
    cli.environ["PTKTCTL_DEBUG"] = "1"
    for line, status in (("gen -u A -a FEKAPPL", 3), ("key list", 3), ("gen -u A.B", 2)):
        ran = cli(line)
        assert (ran.status, ran.out) == (status, "")
        assert ran.err.startswith("Traceback (most recent call last)")
        assert "\nptktctl: " in ran.err


# Interrupted


def test_ctrl_c_while_standard_input_is_awaited(stored: Any, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    running = subprocess.Popen(
        [*PTKTCTL, "gen", "-u", "IBMUSER", "--key-from", str(pipe)],
        env={**os.environ, **stored.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with pipe.open("wb"):  # waits for the reader
        time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        assert running.communicate(timeout=60) == (b"", b"")
    assert running.returncode == 130


Open = Callable[..., Any]


@pytest.fixture
def screen(cli: Any, on_terminal: Open) -> Open:
    """A command on a real terminal: `screen("init", NO_COLOR="1")`."""

    def start(*arguments: str, **environ: str) -> Any:
        return on_terminal(*PTKTCTL, *arguments, environ={**cli.environ, **environ})

    return start


def test_ctrl_c_at_the_passphrase_prompt(cli: Any, screen: Open) -> None:
    shown = screen("init")
    shown.wait_for_hidden("new passphrase: ")
    shown.type("\x03")
    assert shown.end() == 130
    assert "Traceback" not in shown.seen
    assert "Abort" not in shown.seen
    assert not (cli.home / "keys.toml").exists()


def test_the_end_of_input_at_the_prompt(cli: Any, screen: Open) -> None:
    shown = screen("init")
    shown.wait_for_hidden("new passphrase: ")
    shown.type("\x04")
    assert shown.end() == 2
    assert "nothing was typed" in shown.seen
    assert "Traceback" not in shown.seen


def test_a_passphrase_is_typed_unseen(cli: Any, screen: Open) -> None:
    cli.secrets.learn("tell nobody this")
    shown = screen("init")
    for prompt in ("new passphrase: ", "the same again: "):
        shown.wait_for_hidden(prompt)
        shown.type("tell nobody this\n")
    assert shown.end() == 0
    assert "created " in shown.seen
    cli.secrets.hear(["init"], shown.seen)
    assert (cli.home / "keys.toml").exists()


def test_a_question_on_a_terminal(stored: Any, screen: Open) -> None:
    shown = screen("key", "remove", "FEKAPPL")
    shown.wait_for("remove the key FEKAPPL (legacy)? [y/N] ")
    shown.type("y\n")
    assert shown.end() == 0
    assert "removed the key FEKAPPL (legacy)" in shown.seen


def test_a_terminal_on_stderr_alone_is_nobody_to_ask(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon's child: stderr happens to be a terminal, but not its own, and standard input is a pipe."""
    side, terminal = os.openpty()
    ran = subprocess.run(
        [*PTKTCTL, "init"],
        env={**os.environ, **cli.environ},
        start_new_session=True,
        input=b"tell nobody this\n",
        stdout=subprocess.PIPE,
        stderr=terminal,
        timeout=60,
        check=False,
    )
    os.close(terminal)
    said = os.read(side, 4096).decode()
    os.close(side)
    assert (ran.returncode, ran.stdout) == (3, b"")
    assert "--passphrase-file" in said
    assert "passphrase:" not in said


# The reader of our output goes away


@pytest.fixture
def closed_pipe() -> Iterator[int]:
    """The writing end of a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize(
    "line", ["gen -u IBMUSER", "applid list --format json", "rules", "--help", "gen --help", "--version", "demo"]
)
def test_a_closed_pipe(stored: Any, process: Process, closed_pipe: int, line: str) -> None:
    ran = process(*line.split(), stdout=closed_pipe)
    assert (ran.returncode, ran.stderr) == (141, "")


def test_a_closed_pipe_on_both_streams(stored: Any, process: Process, closed_pipe: int) -> None:
    for line in ("gen -u IBM.USER", "gen -u IBMUSER --format json -a NOSUCH"):
        assert process(*line.split(), stdout=closed_pipe, stderr=closed_pipe).returncode == 141


def test_in_a_shells_pipeline(stored: Any) -> None:
    script = f"{sys.executable} -m ptktctl rules | true; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    # Either it was done before the pipe closed, or it is told so.
    assert ran.stdout in ("141\n", "0\n")
    assert ran.stderr == ""


@pytest.mark.parametrize("line", ["gen -u IBMUSER", "applid list --format json", "rules", "gen --help", "--version"])
def test_a_full_disk_is_told(stored: Any, process: Process, line: str) -> None:
    with Path("/dev/full").open("w") as full:
        ran = process(*line.split(), stdout=full)
    assert (ran.returncode, ran.stderr) == (2, "ptktctl: standard output: No space left on device\n")


def test_a_full_disk_under_stderr_loses_only_the_message(stored: Any, process: Process) -> None:
    with Path("/dev/full").open("w") as full:
        assert process("gen", "-u", "IBM.USER", stderr=full).returncode == 2
        assert process("gen", "-u", "IBMUSER", stderr=full).returncode == 0


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("gen -u IBMUSER <&-", 0),
        ("verify -u IBMUSER - <&-", 2),
        ("gen -u IBMUSER >&-", 2),
        ("gen -u IBMUSER 2>&-", 0),
        ("gen -u IBM.USER 2>&-", 2),
        ("gen -u IBM.USER <&- >&- 2>&-", 2),
    ],
)
def test_streams_that_are_closed_from_the_start(stored: Any, line: str, status: int) -> None:
    ran = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m ptktctl {line}"],
        env={**os.environ, **stored.environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == status
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.splitlines()) <= 2


# Errors


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("gen --format json", 2),
        ("gen --format=json -u IBM.USER", 2),
        ("gen -u A --format json -a NOSUCH", 3),
        ("applid show --format json NOSUCH", 2),
        ("gen --format json --nonsense", 2),
        ("nonsense --format json", 2),
        ("key list --format json", 3),
        ("init --format json", 3),
        ("applid set FEKAPPL --format json --timeout 0", 2),
    ],
)
def test_an_error_as_json_is_on_stdout_besides_stderr(cli: Any, line: str, status: int) -> None:
    ran = cli(line)
    assert ran.status == status
    jsonschema.validate(ran.json, ERROR_SCHEMA)
    assert ran.json["status"] == status
    first, *rest = ran.err.splitlines()
    assert first == f"ptktctl: {ran.json['error']}"
    assert rest == ([f"hint: {ran.json['hint']}"] if ran.json["hint"] else [])


def test_an_error_without_json_leaves_stdout_empty(cli: Any) -> None:
    for line in ("gen", "gen --format text", "nonsense", "key list", "gen --format xml -u A", "gen --format"):
        assert cli(line).out == ""


def test_what_is_given_cannot_break_or_flood_the_message(cli: Any) -> None:
    cli.ok("applid add FEKAPPL")
    for value in ("a\nb\nc\nd", "\x1b[2J\x1b[31mred", "A" * 100_000, "\udcff\udcfe", "\r\x08\x7f"):
        for arguments in (["gen", "-u", value], ["gen", "-u", "A", "--key-from", value], [value], ["rules", value]):
            ran = cli.run(arguments)
            assert ran.status == 2
            assert len(ran.err.splitlines()) <= 3
            assert len(ran.err) < 2000
            assert all(character.isprintable() or character == "\n" for character in ran.err)


def test_a_group_without_a_command_shows_its_help_on_stderr(cli: Any) -> None:
    for line in ("", "applid", "key"):
        ran = cli(line)
        assert (ran.status, ran.out) == (2, "")
        assert "Usage: ptktctl" in ran.err


def test_names_that_are_no_utf8(stored: Any, process: Process, tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/\xff\xfe.key"
    for form in ("text", "json"):
        ran = process(b"gen", b"-u", b"A", b"--key-from", odd, b"--format", form.encode())
        assert ran.returncode == 2
        assert "\\udcff\\udcfe.key" in ran.stderr
        assert ran.stdout == "" or json.loads(ran.stdout)["status"] == 2
    assert process(b"gen", b"-u", b"\xff").returncode == 2
    assert process(b"\xff").returncode == 2


def test_an_encoding_without_the_characters(stored: Any, process: Process) -> None:
    stored.run(["applid", "set", "FEKAPPL", "--description", "Prüfstand →"])
    for encoding in ("ascii", "latin-1"):
        ran = process("applid", "list", environ={"PYTHONIOENCODING": encoding}, encoding="latin-1")
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "fstand \\u2192" in ran.stdout
        ran = process("applid", "show", "FEKAPPL", "--format", "json", environ={"PYTHONIOENCODING": encoding})
        assert json.loads(ran.stdout)["description"] == "Prüfstand →"


# Any command line at all

WORDS = st.sampled_from(
    [
        "-u",
        "--userid",
        "IBMUSER",
        "ibm.user",
        "-a",
        "FEKAPPL",
        "NOSUCH",
        "--applid",
        "--group",
        "SYS1",
        "--at",
        "now",
        "-5m",
        "1111111",
        "2026-11-22T10:00:00Z",
        "2026-11-22",
        "99999999999999",
        "--ticket",
        "legacy",
        "mixed",
        "--key-from",
        "--key-file",
        "--passphrase-file",
        "-",
        "--",
        "--format",
        "json",
        "text",
        "xml",
        "--color",
        "always",
        "never",
        "--peek",
        "AEPRRZ3S",
        "--batch",
        "--timeout",
        "30",
        "999",
        "--replay",
        "allow",
        "deny",
        "--component",
        "rse",
        "--description",
        "--force",
        "--yes",
        "--enhanced",
        "--bytes",
        "64",
        "--from",
        "--user",
        "--reveal",
        "--help",
        "--version",
        "--select",
        "PTK1",
        "--ignore",
        "--as",
        "rse-env",
        "--fail-on",
        "error",
        "--exit-zero",
        "list",
        "show",
        "set",
        "add",
        "remove",
        "rename",
        "generate",
        "bash",
        "PTK201",
        "FEKAPPL",
        "NEWAPPL",
        "rse.env",
        "FEJJCNFG",
        "OMVSAPPL",
        "0123456789ABCDEF",
        "--key-from=-",
        "--key-file=k\udcff",
        "--new-key-file=k\udcff",
        "--fresh",
        "--format=json",
        "-h",
        "-x",
        "--userid=",
        "-uIBMUSER",
    ]
)
JUNK = st.one_of(
    st.sampled_from(
        ["", " ", "\n", "\udcff", "é", "A" * 5000, "\x1b[31m", "%s", "{}", "$(id)", "-", "--", "=", "'", "[b]"]
    ),
    st.text(st.characters(exclude_characters="\0", exclude_categories=[]), max_size=12),
)
# Not those that run other programs, wait, or take their time.
COMMANDS = sorted(set(SUMMARIES) - {"exec", "watch", "demo", "doctor", "simulate"})


@given(
    command=st.sampled_from(COMMANDS),
    rest=st.lists(st.one_of(WORDS, WORDS, WORDS, JUNK), max_size=9),
    stdin=st.one_of(st.binary(max_size=40), st.sampled_from([b"AEPRRZ3S\n", b"E001193519561977\n", b"IBMUSER\n"])),
)
@example("store", ["slot", "add", "--new-key-file", "k\udcff"], b"")
@example("store", ["reseal", "--new-key-file=k\udcff"], b"")
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_command_line_is_a_defect(stored: Any, tmp_path: Path, command: str, rest: list[str], stdin: bytes) -> None:
    (tmp_path / "rse.env").write_text('_RSE_JAVAOPTS="-DAPPLID=FEKAPPL"\n')
    with_folder = os.getcwd()
    os.chdir(tmp_path)
    try:
        ran = stored.run([command, *rest], stdin)
    finally:
        os.chdir(with_folder)
    assert ran.status in (0, 1, 2, 3), ran
    assert "Traceback" not in ran.err
    if ran.status in (2, 3) and command != "lint" and "Usage:" not in ran.err and "--batch" not in " ".join(rest):
        assert ran.err.startswith("ptktctl: ")
        assert len(ran.err.splitlines()) <= 3


# Colour and tables


@pytest.fixture
def faulty(stored: Any, tmp_path: Path) -> Any:
    """A file that lint has something to say of."""
    (tmp_path / "rse.env").write_text('_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=OMVSAPPL"\n')
    return stored


@pytest.mark.parametrize(
    ("environ", "options", "on_terminal", "in_pipe"),
    [
        ({}, "", True, False),
        ({"TERM": "dumb"}, "", False, False),
        ({"NO_COLOR": "1"}, "", False, False),
        ({"NO_COLOR": ""}, "", True, False),
        ({"FORCE_COLOR": "1"}, "", True, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, "", True, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "", False, False),
        ({}, "--color never", False, False),
        ({"FORCE_COLOR": "1"}, "--color never", False, False),
        ({"NO_COLOR": "1", "TERM": "dumb"}, "--color always", True, True),
        ({"NO_COLOR": "1"}, "--color auto", False, False),
    ],
)
def test_colour(
    faulty: Any, tmp_path: Path, environ: dict[str, str], options: str, on_terminal: bool, in_pipe: bool
) -> None:
    faulty.environ.update(environ)
    for line in (f"lint {tmp_path}/rse.env {options}", f"{options} lint {tmp_path}/rse.env"):
        assert (ESCAPE in faulty(line, terminal=True).out) is on_terminal, line
        assert (ESCAPE in faulty(line).out) is in_pipe, line
    assert (ESCAPE in faulty(f"applid list {options}", terminal=True).out) is on_terminal
    assert ESCAPE not in faulty(f"applid list {options}").out
    assert ESCAPE not in faulty(f"lint {tmp_path}/rse.env {options} --format json", terminal=True).out


def test_columns_is_the_width_of_tables(stored: Any) -> None:
    for columns in (60, 90, 140):
        stored.environ["COLUMNS"] = str(columns)
        lines = stored("applid list --color never", terminal=True).out.splitlines()
        assert max(len(line.rstrip()) for line in lines) <= columns
    stored.environ["COLUMNS"] = "junk"
    assert stored("applid list", terminal=True).status == 0


def test_columns_is_the_width_of_help(process: Process) -> None:
    for columns in (60, 100):
        text = process("gen", "--help", environ={"COLUMNS": str(columns)}).stdout.partition("Examples:")[0]
        widest = max(len(line) for line in text.splitlines())
        assert columns - 25 < widest <= columns


def test_a_table_on_a_real_terminal(stored: Any, screen: Open) -> None:
    coloured = screen("applid", "list")
    assert coloured.end() == 0
    assert "component" in coloured.seen
    assert ESCAPE in coloured.seen
    plain = screen("applid", "list", NO_COLOR="1")
    assert plain.end() == 0
    assert "component" in plain.seen
    assert ESCAPE not in plain.seen


# Secrets


def test_a_secret_is_found_in_any_form(cli: Any) -> None:
    """The search that ends every test must be able to fail."""
    from base64 import b64encode

    secret = bytes.fromhex("9D2CA7F4133E8B60")
    cli.secrets.learn(secret)
    forms = (
        secret.hex(),
        secret.hex().upper(),
        f"-{b64encode(secret).decode()}-",
        secret.decode("latin-1"),
        str(secret),
    )
    for form in forms:
        cli.secrets.hear(["key", "list"], f"before {form} after")
        assert cli.secrets.search() == [["key", "list"]]
        cli.secrets.said.clear()
    cli.secrets.hear(["key", "show", "--reveal"], secret.hex())
    assert cli.secrets.search() == []


def test_no_secret_in_any_output(stored: Any, process: Process, tmp_path: Path) -> None:
    """All commands, as text and JSON, in order and failing, with the traceback asked for."""
    ticket = stored.ok("gen -u IBMUSER").out.strip()
    lines = (
        "gen -u IBMUSER",
        f"verify -u IBMUSER {ticket}",
        f"verify -u IBMUSER {ticket}",
        "verify -u IBMUSER PASSW0RD",
        "key list",
        "key show FEKAPPL",
        "key generate FEKAPPL --force",
        "key generate FEKAPPL --enhanced --user IBMUSER",
        "key set FEKAPPL --from -",
        "applid list",
        "applid rename FEKAPPL FEKPROD",
        "doctor",
        "key set FEKPROD --from - --force",
        "key show NOSUCH",
        f"gen -u A --key-file {tmp_path}/home/keys.toml",
        f"gen -u A --passphrase-file {tmp_path}/unlock.key",
        "applid remove FEKPROD --yes",
    )
    stored.environ["PTKTCTL_DEBUG"] = "1"
    for line in lines:
        for form in ("text", "json"):
            stored(f"{line} --format {form}", stdin="9D2CA7F4133E8B60")
    for line in ("init", "key set FEKPROD --from -", "applid list"):
        process(*line.split(), environ={"PTKTCTL_DEBUG": "1"}, input="9D2CA7F4133E8B60")
    assert len(stored.secrets.known) > 5
    assert len(stored.secrets.said) > 2 * len(lines)
