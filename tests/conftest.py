"""What all tests share: vectors made by other people's implementations, a quiet hypothesis, runs of transcripts."""

import csv
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import ptktctl
from ptktctl import EnhancedKey, LegacyKey, TicketType

VECTORS = Path(__file__).parent / "vectors"

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

Vector = tuple[str, str, LegacyKey | EnhancedKey, int, str]


def _rows(name: str) -> list[dict[str, str]]:
    with (VECTORS / name).open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="session")
def legacy_vectors() -> list[Vector]:
    """300 tickets made by chrrel/racf-passticket-generator (Java)."""
    return [
        (row["userid"], row["applid"], LegacyKey.from_hex(row["key"]), int(row["epoch"]), row["passticket"])
        for row in _rows("legacy.csv")
    ]


@pytest.fixture(scope="session")
def enhanced_vectors() -> list[Vector]:
    """300 tickets made by IBM's sample EnhancedPassTicketGenerator (Java)."""
    return [
        (
            row["userid"],
            row["applid"],
            EnhancedKey.from_hex(row["key"], TicketType(row["type"])),
            int(row["epoch"]),
            row["passticket"],
        )
        for row in _rows("enhanced.csv")
    ]


Transcript = Callable[..., None]
END = "\036"  # no command prints a record separator
STATUS = re.compile(r"\[status (\d+)\]")


@pytest.fixture
def transcript(tmp_path_factory: pytest.TempPathFactory) -> Transcript:
    """Run a terminal session and hold what comes out against what is written: `transcript(text, home=..., files=...)`.

    A line `$ command` is typed into sh (`> ` continues it), with `ptktctl` being the package under test; the lines
    after it are what a terminal would show, standard error included. `…` stands for anything within a line, alone on a
    line for any lines. A closing line `[status 1]` is held against the exit status; without one it has to be 0 if
    `strict`. Lines before the first command are remarks. `home` is the home directory and the working one; what is in
    the folder `files` is copied there first.
    """
    bin_folder = tmp_path_factory.mktemp("bin")
    command = bin_folder / "ptktctl"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m ptktctl "$@"\n')
    command.chmod(0o755)

    def run(text: str, *, home: Path, files: Path | None = None, strict: bool = False) -> None:
        if files:
            shutil.copytree(files, home, dirs_exist_ok=True)
        steps = _steps(text)
        shown = _typed([typed for typed, _ in steps], home, bin_folder)
        for (typed, expected), (output, status) in zip(steps, shown, strict=True):
            lines = [*output.splitlines(), f"[status {status}]"]
            said = STATUS.fullmatch("".join(expected[-1:]))
            wanted = expected if said else [*expected, f"[status {0 if strict else status}]"]
            assert re.fullmatch(_pattern(wanted), "".join(f"{line}\n" for line in lines)), (
                f"$ {typed}\n{output}[status {status}]\n\nbut the transcript says\n\n" + "\n".join(expected)
            )

    return run


def _steps(text: str) -> list[tuple[str, list[str]]]:
    """The commands, each with the lines that are to come out."""
    steps: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        elif steps and line.startswith("> ") and not steps[-1][1]:
            steps[-1] = (f"{steps[-1][0]}\n{line[2:]}", [])
        elif steps:
            steps[-1][1].append(line)
    for _, expected in steps:
        while expected and not expected[-1]:
            expected.pop()
    return steps


def _typed(commands: list[str], home: Path, bin_folder: Path) -> list[tuple[str, int]]:
    """Type commands into one shell; give the output and status of each."""
    script = "".join(f"{command}\nprintf '{END}%d\\n' \"$?\"\n" for command in commands)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PTKTCTL_", "XDG_"))}
    environ = {
        **kept,
        "HOME": str(home),
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path(ptktctl.__file__).parents[1]),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
    ran = subprocess.run(
        ["sh", "-c", script],
        cwd=home,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    first, *rest = ran.stdout.split(END)
    outputs, statuses = [first], []
    for each in rest:
        status, _, output = each.partition("\n")
        statuses.append(int(status))
        outputs.append(output)
    assert len(statuses) == len(commands), f"the shell gave up:\n{ran.stdout}"
    return list(zip(outputs, statuses, strict=False))


def _pattern(lines: list[str]) -> str:
    """What the lines match; blank ends of lines aside, which nobody sees."""
    return "".join(
        "(?:.*\n)*" if line == "…" else ".*".join(map(re.escape, line.rstrip().split("…"))) + "[ ]*\n" for line in lines
    )
