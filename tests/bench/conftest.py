"""Whole commands measured against a bare interpreter, and a closing table of the ratios.

What is counted: CPU instructions where `perf` or `valgrind` can count them, else seconds of user time as the median of
20 runs. A ratio is taken in one run on one machine, so it holds where absolute times do not.
"""

import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

RUNS = 20
Counter = Callable[[Sequence[str], Mapping[str, str]], float]


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float
    bound: float
    unit: str


FIGURES: list[Figure] = []


def _quiet(command: Sequence[str], environ: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, env=dict(environ), check=True, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def perf_instructions(command: Sequence[str], environ: Mapping[str, str]) -> float:
    report = _quiet(["perf", "stat", "-x,", "-e", "instructions:u", "--", *command], environ).stderr
    return float(report.strip().splitlines()[-1].split(",")[0])


def valgrind_instructions(command: Sequence[str], environ: Mapping[str, str]) -> float:
    tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    report = _quiet([*tool, *command], environ).stderr
    return float(next(line for line in report.splitlines() if "Collected :" in line).split()[-1])


def user_seconds(command: Sequence[str], environ: Mapping[str, str]) -> float:
    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        _quiet(command, environ)
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before

    once()
    return statistics.median(once() for _ in range(RUNS))


def _works(counter: Counter) -> bool:
    try:
        return counter([sys.executable, "-c", "pass"], {}) > 0
    except (OSError, ValueError, StopIteration, subprocess.CalledProcessError):
        return False


@pytest.fixture(scope="session")
def counter() -> tuple[str, Counter]:
    if shutil.which("perf") and _works(perf_instructions):
        return "instructions (perf)", perf_instructions
    if shutil.which("valgrind") and _works(valgrind_instructions):
        return "instructions (valgrind)", valgrind_instructions
    return f"user time, median of {RUNS}", user_seconds


@pytest.fixture(scope="session")
def ptktctl() -> list[str]:
    """The installed command, run by the interpreter that the ratio is taken against."""
    script = Path(sys.executable).with_name("ptktctl")
    assert script.exists(), "install the project first: pip install '.[bench]'"
    return [sys.executable, str(script)]


@pytest.fixture(scope="session")
def bare(counter: tuple[str, Counter]) -> float:
    return counter[1]([sys.executable, "-c", "pass"], {})


@pytest.fixture
def report() -> Callable[[str, float, float, str], None]:
    def add(name: str, value: float, bound: float, unit: str) -> None:
        FIGURES.append(Figure(name, value, bound, unit))

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not FIGURES:
        return
    terminalreporter.section("ratios")
    for figure in FIGURES:
        line = f"{figure.name:<44} {figure.value:8.2f}  (meant to stay below {figure.bound:g})  {figure.unit}"
        terminalreporter.line(line)
