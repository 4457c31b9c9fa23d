"""Many pairs of configuration files in one call: time in proportion to their number."""

import resource
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

PAIRS = 2000
FEWER = 250
RUNS = 5
Report = Callable[[str, float, float, str], None]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each of the numbers, with a folder for each pair: some sound, some not."""
    folder = tmp_path_factory.mktemp("sites")
    for number in range(PAIRS):
        for top in ("many", "few")[: 1 + (number < FEWER)]:
            place = folder / top / f"plex{number % 40}" / f"site{number}"
            place.mkdir(parents=True)
            options = [f'_RSE_JAVAOPTS="$_RSE_JAVAOPTS -Doption{each}={each}"\n' for each in range(20)]
            applid = f'_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=RSE{number}"\n'
            (place / "rse.env").write_text("# RSE\n_RSE_JMON_PORT=6715\n" + "".join(options) + applid)
            (place / "FEJJCNFG").write_text(f"# JMON\nSERV_PORT=6715\nAPPLID=RSE{number // 3 * 3}\nTZ=EST5EDT\n")
    return folder


def seconds(command: list[str]) -> float:
    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = used()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return used() - before


def test_time(sites: Path, ptktctl: list[str], report: Report, benchmark: BenchmarkFixture) -> None:
    start, few, many = (
        statistics.median(seconds([*ptktctl, *arguments]) for _ in range(RUNS))
        for arguments in (
            ["lint", "--help"],
            ["lint", "--exit-zero", str(sites / "few")],
            ["lint", "--exit-zero", str(sites / "many")],
        )
    )
    growth = (many - start) / (few - start) * FEWER / PAIRS
    benchmark.extra_info.update(growth=growth, seconds=many)
    benchmark.pedantic(lambda: seconds([*ptktctl, "lint", "--exit-zero", str(sites / "few")]), rounds=1)
    report(f"lint of a pair among {PAIRS:,} / among {FEWER}", growth, 1.3, "seconds of CPU time")
