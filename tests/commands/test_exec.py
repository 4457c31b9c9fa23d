"""ptktctl exec: the ticket reaches the command, and nothing else changes for it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ptktctl import LegacyKey, decode

SAMPLE = "E001193519561977"
Process = Callable[..., "subprocess.CompletedProcess[str]"]
# Says which signal reached it.
WAITING = """
import signal, sys, time
def end(number, frame):
    print(number, flush=True)
    sys.exit(40 + number)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, end)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def run(stored: Any, process: Process) -> Process:
    """Run `ptktctl exec -u IBMUSER ARGUMENTS` as a process."""

    def with_ticket(*arguments: str, **settings: Any) -> "subprocess.CompletedProcess[str]":
        return process("exec", "-u", "IBMUSER", *arguments, **settings)

    return with_ticket


def python(code: str) -> list[str]:
    return ["--", sys.executable, "-c", code]


@pytest.mark.parametrize(("option", "name"), [([], "PTKTCTL_TICKET"), (["--env", "ZOSMF_PASSWORD"], "ZOSMF_PASSWORD")])
def test_the_ticket_is_in_the_variable(run: Process, stored: Any, option: list[str], name: str) -> None:
    ran = run(*option, *python(f"import os; print(os.environ[{name!r}])"))
    assert (ran.returncode, ran.stderr) == (0, "")
    stored.now = int(time.time())
    assert stored(f"verify -u IBMUSER {ran.stdout.strip()}").status == 0


def test_standard_input_holds_the_ticket_alone(run: Process, stored: Any) -> None:
    code = "import sys, os; print(repr(sys.stdin.read()), 'PTKTCTL_TICKET' in os.environ)"
    ran = run("--stdin", *python(code), input="what we were given ourselves\n")
    ticket = ran.stdout[1:9]
    assert ran.stdout == f"'{ticket}\\n' False\n".replace("\n' ", "\\n' ")
    stored.now = int(time.time())
    assert stored(f"verify -u IBMUSER {ticket}").status == 0


def test_the_command_keeps_its_own_standard_input_otherwise(run: Process) -> None:
    assert run("--", "cat", input="ours\n").stdout == "ours\n"


@pytest.mark.parametrize("option", ["--env=T", "--stdin"])
def test_no_argument_holds_the_ticket(run: Process, option: str) -> None:
    code = "import os; print(os.environ.get('T') or input()); print(open('/proc/self/cmdline').read())"
    ticket, _, arguments = run(option, *python(code)).stdout.partition("\n")
    assert len(ticket) == 8
    assert "python" in arguments
    assert ticket not in arguments


@pytest.mark.parametrize("arguments", [["-u", "OTHER"], ["--fresh", "--", "--stdin"], ["", "a b", "$HOME", "ü", "*"]])
@pytest.mark.parametrize("separator", [["--"], []])
def test_arguments_are_passed_on_as_they_are(run: Process, separator: list[str], arguments: list[str]) -> None:
    ran = run(*separator, sys.executable, "-c", "import sys, json; print(json.dumps(sys.argv[1:]))", *arguments)
    assert json.loads(ran.stdout) == arguments


def test_what_is_asked_of_the_command_is_not_asked_of_us(run: Process) -> None:
    ran = run("--", "no-such-command", "--format", "json")
    assert (ran.returncode, ran.stdout) == (127, "")
    assert "no-such-command" in ran.stderr


@pytest.mark.parametrize("option", ["--env=T", "--stdin"])
def test_the_status_and_the_streams_are_those_of_the_command(run: Process, option: str) -> None:
    ran = run(option, "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (ran.returncode, ran.stdout, ran.stderr) == (7, "out\n", "err\n")


def test_a_signal_that_ends_the_command_is_seen(run: Process) -> None:
    assert run("--", "sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM
    assert run("--", "sh", "-c", "kill -PIPE $$; echo still there").stdout == ""


@pytest.mark.parametrize("option", ["--env=T", "--stdin"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_reach_the_command(stored: Any, option: str, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "ptktctl", "exec", "-u", "IBMUSER", option, *python(WAITING)]
    with subprocess.Popen(command, env={**os.environ, **stored.environ}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.read() == f"{number.value}\n"
    assert process.returncode == 40 + number


def test_what_opens_the_store_is_withheld(run: Process, tmp_path: Path) -> None:
    secret = {"PTKTCTL_KEY_FILE": f"{tmp_path}/unlock.key", "PTKTCTL_APPLID": "FEKAPPL", "OTHER": "kept"}
    ran = run("--", "env", environ=secret)
    names = {line.partition("=")[0] for line in ran.stdout.splitlines()}
    assert {name for name in names if name.startswith("PTKTCTL_")} == {
        "PTKTCTL_TICKET",
        "PTKTCTL_HOME",
        "PTKTCTL_APPLID",
    }
    assert "OTHER" in names


@pytest.mark.parametrize(
    "name",
    [f"PTKTCTL_{name}" for name in ("PASSPHRASE", "PASSPHRASE_FILE", "PASSPHRASE_COMMAND", "EXPORT_PASSPHRASE")],
)
def test_no_passphrase_is_handed_down(run: Process, tmp_path: Path, name: str) -> None:
    (tmp_path / "sample.key").write_text(SAMPLE)
    options = ["-a", "TSOSYS1", "--key-from", f"{tmp_path}/sample.key"]
    ran = run(*options, "--", "env", environ={name: "correct horse"})
    assert ran.returncode == 0
    assert "correct horse" not in ran.stdout


def test_the_ticket_is_made_after_all_waiting(stored: Any) -> None:
    arguments = ["exec", "-u", "IBMUSER", "-a", "TSOSYS1", "--key-from", "-", "--", "sh", "-c", "echo $PTKTCTL_TICKET"]
    command = [sys.executable, "-m", "ptktctl", *arguments]
    environ = {**os.environ, **stored.environ}
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        time.sleep(1.5)
        given = int(time.time())
        out, _ = process.communicate(SAMPLE)
    made = decode(out.strip(), "IBMUSER", "TSOSYS1", LegacyKey.from_hex(SAMPLE))
    assert made is not None
    assert given <= made <= int(time.time())


def test_fresh_gives_each_command_another_ticket(run: Process) -> None:
    tickets = {run("--fresh", "--", "sh", "-c", "echo $PTKTCTL_TICKET").stdout for _ in range(3)}
    assert len(tickets) == 3


@pytest.mark.parametrize("name", ["no-such-command", "./no-such-command", "/no/such/command", ""])
def test_a_missing_command(stored: Any, name: str) -> None:
    ran = stored.run(["exec", "-u", "IBMUSER", "--", name])
    assert (ran.status, ran.out) == (127, "")
    assert "command not found" in ran.err


def test_a_command_that_can_not_be_run(stored: Any, process: Process, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    for path, said in ((script, "not executable"), (tmp_path, "is a folder")):
        ran = stored.run(["exec", "-u", "IBMUSER", "--", str(path)])
        assert (ran.status, said in ran.err) == (126, True), ran


@pytest.mark.parametrize("first_line", ["#!/no/such/interpreter\n", "#!/bin/sh\n", "", "# no interpreter\n"])
def test_scripts_are_run_as_a_shell_runs_them(run: Process, tmp_path: Path, first_line: str) -> None:
    script = tmp_path / "script"
    script.write_text(f'{first_line}echo "$PTKTCTL_TICKET|$1|$(basename "$0")"; exit 9\n')
    script.chmod(0o700)
    ran = run("--env=PTKTCTL_TICKET", "--", str(script), "a b")
    shell = subprocess.run(["sh", "-c", '"$0" "$1"', str(script), "a b"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout[8:]) == (shell.returncode, shell.stdout)
    assert ran.returncode == (127 if "no/such" in first_line else 9)
    assert ("#!/bin/sh" in ran.stderr) == ("no/such" in first_line)


def test_no_signal_is_ignored_that_was_not(run: Process) -> None:
    ignored = "grep SigIgn /proc/self/status"
    assert run("--", *ignored.split()).stdout == subprocess.check_output(["sh", "-c", ignored], text=True)


def test_the_ticket_comes_even_where_there_is_no_standard_input(stored: Any) -> None:
    command = f"exec {sys.executable} -m ptktctl exec -u IBMUSER --stdin -- cat <&-"
    ran = subprocess.run(
        ["sh", "-c", command], env={**os.environ, **stored.environ}, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    stored.now = int(time.time())
    assert stored(f"verify -u IBMUSER {ran.stdout.strip()}").status == 0


def test_commands_are_found_as_a_shell_finds_them(run: Process, tmp_path: Path) -> None:
    for folder, mode in (("first", 0o600), ("second", 0o700), ("third", 0o700)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tool").write_text(f"#!/bin/sh\necho {folder}\n")
        (tmp_path / folder / "tool").chmod(mode)
    path = ":".join(f"{tmp_path}/{folder}" for folder in ("none", "first", "second", "third"))
    assert run("tool", environ={"PATH": path}).stdout == "second\n"
    ran = run("tool", environ={"PATH": f"{tmp_path}/first"})
    assert (ran.returncode, "not executable" in ran.stderr) == (126, True)


def test_nothing_is_unlocked_for_a_command_that_is_not_there(cli: Any) -> None:
    assert cli("exec -u IBMUSER -a FEKAPPL -- no-such-command").status == 127


def test_wrong_calls(stored: Any) -> None:
    stored.refused("exec -u IBMUSER", "COMMAND")
    stored.refused("exec -u IBMUSER --env T --stdin -- true", "--env and --stdin")
    for name in ("1A", "A-B", "A=B", "Ä"):
        stored.refused(f"exec -u IBMUSER --env {name} -- true", repr(name))
    stored.refused("exec -u IBMUSER -a OTHER -- true", "OTHER")
