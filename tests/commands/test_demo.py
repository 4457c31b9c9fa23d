"""ptktctl demo: real commands, real output, nothing left behind."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

Process = Callable[..., "subprocess.CompletedProcess[str]"]
SCHEMA = {
    "type": "object",
    "required": ["schema", "steps"],
    "properties": {
        "schema": {"const": "ptktctl.demo/1"},
        "steps": {
            "type": "array",
            "minItems": 8,
            "items": {
                "type": "object",
                "required": ["command", "exit_status", "output"],
                "properties": {
                    "command": {"type": "string"},
                    "exit_status": {"type": "integer"},
                    "output": {"type": "string"},
                },
            },
        },
    },
}


@pytest.fixture
def steps(cli: Any) -> list[dict[str, Any]]:
    answer = cli.ok("demo --format json").json
    jsonschema.validate(answer, SCHEMA)
    found: list[dict[str, Any]] = answer["steps"]
    return found


def test_every_step_ends_as_it_should(steps: list[dict[str, Any]]) -> None:
    said = [(re.sub(r'^ticket=\$\(|\); echo "\$ticket"$', "", each["command"]), each["exit_status"]) for each in steps]
    assert said == [
        ("ptktctl init --key-file unlock.key", 0),
        ("ptktctl applid add FEKAPPL --component rse", 0),
        ("ptktctl key generate FEKAPPL", 0),
        ("ptktctl gen -u IBMUSER", 0),
        ('ptktctl verify -u IBMUSER "$ticket"', 0),
        ('ptktctl verify -u IBMUSER "$ticket"', 1),
        ("ptktctl applid set FEKAPPL --replay allow", 0),
        ("ptktctl lint rse.env FEJJCNFG", 1),
    ]


def test_the_output_is_that_of_the_commands(steps: list[dict[str, Any]]) -> None:
    output = [each["output"] for each in steps]
    assert re.fullmatch(r"[A-Z0-9]{8}\n", output[3])
    assert output[4].startswith("valid: ")
    assert output[5].startswith("used: ")
    assert "PTK101" in output[7]
    assert "PTK201" in output[7]


def test_as_text_it_is_a_session(cli: Any, steps: list[dict[str, Any]]) -> None:
    ran = cli.ok("demo")
    assert ran.err == ""
    typed = [line[2:] for line in ran.out.splitlines() if line.startswith("$ ")]
    assert typed == [each["command"] for each in steps]
    assert ran.out.count("[status 1]") == 2


def test_the_session_can_be_typed(steps: list[dict[str, Any]], tmp_path: Path, transcript: Callable[..., None]) -> None:
    """What it shows holds outside of it too, files and all."""
    from ptktctl.commands.demo import FILES

    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    session = ""
    for each in steps:
        output = re.sub(r"/\S*/home\S*|(?<=fingerprint )\S+|^[A-Z0-9]{8}$|\d+ s ago|20\S+Z", "…", each["output"])
        status = f"[status {each['exit_status']}]\n" if each["exit_status"] else ""
        session += f"$ {each['command']}\n{output.rstrip()}\n{status}"
    transcript(session, home=tmp_path, strict=True)


def test_it_touches_nothing_of_the_users(tmp_path: Path, process: Process) -> None:
    """Not the home, not the folder worked in, not the store; the temporary folder is gone. Settings do not matter."""
    folders = {name: tmp_path / name for name in ("store", "user", "work", "temporary")}
    for folder in folders.values():
        folder.mkdir()
    environ = {
        "PTKTCTL_HOME": str(folders["store"]),
        "HOME": str(folders["user"]),
        "TMPDIR": str(folders["temporary"]),
        "PTKTCTL_APPLID": "NOSUCH",
        "PTKTCTL_KEY_FILE": "/none/such",
        "PTKTCTL_PASSPHRASE": "not this one",
        **{f"XDG_{name}_HOME": str(folders["user"] / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")},
    }
    ran = process("demo", environ=environ, cwd=folders["work"])
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.count("\n$ ") == 8
    assert ran.stdout.count("[status 1]") == 2
    assert [list(folder.iterdir()) for folder in folders.values()] == [[], [], [], []]


def test_the_working_folder_is_the_same_afterwards(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cli.ok("demo")
    assert Path(os.getcwd()) == tmp_path
    assert not cli.home.exists()
