"""An unload of a large RACF database: time against a bare loop over its lines, and memory."""

import random
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

Report = Callable[[str, float, float, str], None]
RECORDS = 1_000_000
# Record types with their lengths and how many of a hundred there are, as sites have them: mostly connects and accesses.
MIX = {
    "0100": (290, 2),
    "0200": (680, 8),
    "0205": (330, 30),
    "0270": (220, 3),
    "0400": (620, 7),
    "0404": (95, 30),
    "0500": (1017, 5),
    "0505": (284, 15),
}
CLASSES = ("FACILITY", "OPERCMDS", "SURROGAT", "CSFSERV", "STARTED", "JESSPOOL", "TSOAUTH", "PROGRAM")
BARE = "for line in open({path!r}, 'rb'): pass"


@pytest.fixture(scope="module")
def unload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A million records; one profile or access in a thousand is of class PTKTDATA or APPL."""
    path = tmp_path_factory.mktemp("unload") / "irrdbu00.txt"
    chance = random.Random(5)
    types = [record for record, (_, share) in MIX.items() for _ in range(share)]
    with path.open("wb") as out:
        for number in range(RECORDS):
            record = chance.choice(types)
            line = f"{record} NAME.N{number}"
            if record.startswith("05"):
                rare = chance.random() < 1 / 1000
                line = f"{line:<252}{chance.choice(('PTKTDATA', 'APPL') if rare else CLASSES):<9}"
                line += "NO" if record == "0500" else f"USER{number % 1000:<5}READ"
            out.write(f"{line:<{MIX[record][0]}}\n".encode())
    return path


def seconds(command: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_time(unload: Path, ptktctl: list[str], report: Report, benchmark: BenchmarkFixture) -> None:
    command = [*ptktctl, "lint", "--exit-zero", str(unload)]
    bare = statistics.median(seconds([sys.executable, "-c", BARE.format(path=str(unload))]) for _ in range(5))
    ours = statistics.median(seconds(command) for _ in range(5))
    benchmark.extra_info.update(ratio=ours / bare)
    benchmark.pedantic(lambda: seconds(command), rounds=3)
    report(f"lint of an unload of {RECORDS:,} records / bare loop", ours / bare, 3, "seconds of CPU time")


def test_memory(unload: Path, ptktctl: list[str], report: Report, benchmark: BenchmarkFixture) -> None:
    probe = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    run = [sys.executable, "-c", probe, *ptktctl, "lint", "--exit-zero", str(unload)]

    def kilobytes() -> int:
        return int(subprocess.run(run, check=True, capture_output=True, text=True).stdout)

    megabytes = benchmark.pedantic(kilobytes, rounds=2) / 1024
    report(f"memory of a lint of {RECORDS:,} records", megabytes, 80, "MB at the peak")
