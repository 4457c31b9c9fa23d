"""Completion in the shells themselves, and the scripts that lie in completions/."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ptktctl.commands.completion import SHELLS, completion_script

FOLDER = Path(__file__).parents[2] / "completions"
SCRIPTS = {"bash": FOLDER / "ptktctl.bash", "zsh": FOLDER / "_ptktctl", "fish": FOLDER / "ptktctl.fish"}
# Shells that wait for a person, with nothing of that person's own configuration.
INTERACTIVE = {
    "bash": ["bash", "--noprofile", "--norc", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
SET_UP = {
    "bash": 'PS1=REA"DY"; source {script}',
    "zsh": 'PROMPT=REA"DY"; autoload -Uz compinit; compinit -u -D; source {script}',
    "fish": "source {script}; function fish_prompt; echo -n READ; echo -n Y; end",
}
Process = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_scripts_are_fresh(shell: str, cli: Any) -> None:
    """Made by `ptktctl completion SHELL`."""
    assert SCRIPTS[shell].read_text() == completion_script(shell) + "\n" == cli.ok(f"completion {shell}").out
    assert cli.ok(f"completion {shell} --format json").json["script"] == completion_script(shell)


def test_another_shell(cli: Any) -> None:
    cli.refused("completion tcsh", "'tcsh' is not one of")


@pytest.fixture
def home(stored: Any, tmp_path: Path) -> dict[str, str]:
    """An environment with two APPLIDs defined, and a `ptktctl` that notes what it was called with."""
    stored.ok("applid add FEKTEST")
    stored.ok("applid add CICSPROD")
    command = tmp_path / "bin" / "ptktctl"
    command.parent.mkdir()
    command.write_text(
        "#!/bin/sh\n"
        f'[ -n "$_PTKTCTL_COMPLETE" ] && exec {shlex.quote(sys.executable)} -m ptktctl "$@"\n'
        f'echo "$*" >> {tmp_path}/called\n'
    )
    command.chmod(0o755)
    path = f"{command.parent}:{Path(shutil.which('sh') or '').parent}:/usr/bin:/bin"
    return {"PTKTCTL_HOME": str(stored.home), "PATH": path, "HOME": str(tmp_path)}


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shutil.which(shell)])
def test_a_shell_completes(shell: str, home: dict[str, str], tmp_path: Path, on_terminal: Callable[..., Any]) -> None:
    """What is typed before and after each Tab reaches the command as one word."""
    (tmp_path / "unlock-here.key").touch()
    screen = on_terminal(*INTERACTIVE[shell], environ={**home, "TERM": "dumb"})
    setup = SET_UP[shell].format(script=shlex.quote(str(SCRIPTS[shell])))
    screen.type(f"cd {tmp_path}; {setup}\r")
    screen.wait_for_prompt("READY")
    for line in (
        "ptktctl ver\tX",
        "ptktctl gen -u A -a CIC\t-f",
        "ptktctl applid se\tFEKT\t",
        "ptktctl gen --passp\tx",
    ):
        screen.type(f"{line}\r")
        screen.wait_for_prompt("READY")
    screen.type("exit\r")
    screen.end()
    called = [line.split() for line in (tmp_path / "called").read_text().splitlines()]
    assert called == [
        ["verify", "X"],
        ["gen", "-u", "A", "-a", "CICSPROD", "-f"],
        ["applid", "set", "FEKTEST"],
        ["gen", "--passphrase-file", "x"],
    ]


def protocol(process: Process, shell: str, words: str, home: dict[str, str]) -> list[str]:
    """Ask as the scripts ask."""
    count = len(words.split()) - (not words.endswith(" "))
    fish = {"COMP_WORDS": words, "COMP_CWORD": "" if words.endswith(" ") else words.rsplit(maxsplit=1)[-1]}
    others = {"COMP_WORDS": words, "COMP_CWORD": str(count)}
    ran = process(environ={**home, **(fish if shell == "fish" else others), "_PTKTCTL_COMPLETE": f"{shell}_complete"})
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    if shell == "zsh":
        return [value for kind, value in zip(lines[::3], lines[1::3], strict=False) if kind == "plain"]
    return [line.partition(",")[2].split("\t")[0] for line in lines if line.startswith("plain")]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_protocol(shell: str, home: dict[str, str], process: Process) -> None:
    assert "gen" in protocol(process, shell, "ptktctl ge", home)
    assert protocol(process, shell, "ptktctl gen -u A -a FE", home) == ["FEKAPPL", "FEKTEST"]
    assert protocol(process, shell, "ptktctl gen -u A -a fekt", home) == ["FEKTEST"]
    assert protocol(process, shell, "ptktctl applid show C", home) == ["CICSPROD"]
    assert protocol(process, shell, "ptktctl gen --ticket m", home) == ["mixed"]
    assert "--passphrase-file" in protocol(process, shell, "ptktctl gen --p", home)


def test_the_protocol_asks_for_files(home: dict[str, str], process: Process) -> None:
    asked = {"COMP_WORDS": "ptktctl gen --key-file un", "COMP_CWORD": "3", "_PTKTCTL_COMPLETE": "bash_complete"}
    assert process(environ={**home, **asked}).stdout == "file,un\n"


def test_a_store_that_cannot_be_read_completes_nothing_and_says_nothing(
    stored: Any, home: dict[str, str], process: Process
) -> None:
    (stored.home / "applids.toml").chmod(0o644)
    assert protocol(process, "bash", "ptktctl gen -u A -a FE", home) == []


def test_nothing_else_is_answered(process: Process) -> None:
    for instruction in ("nonsense", "tcsh_complete", "bash_nonsense"):
        ran = process(environ={"_PTKTCTL_COMPLETE": instruction})
        assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "")
