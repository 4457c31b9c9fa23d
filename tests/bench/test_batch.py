"""Batches against their floor: the cipher alone, for the blocks or digests that the tickets need.

Both are measured in pairs, one after the other, and the middle ratio of the pairs is reported: a machine that gets
slower or faster in between changes both. Seconds are of processor time; for several jobs they are those on the wall.
"""

import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

Report = Callable[[str, float, float, str], None]

LINES = 200_000
USERS = 1000
PAIRS = 5
MANY_LINES = 10_000_000
CLOCKS = "import resource, time; u = resource.getrusage(0).ru_utime; w = time.perf_counter()"
SHOW = "print(resource.getrusage(0).ru_utime - u, time.perf_counter() - w)"
FLOORS = {
    "legacy": f"""
from Crypto.Cipher import DES
encrypt, blocks = DES.new(bytes(range(8)), DES.MODE_ECB).encrypt, bytes(8 * {LINES})
{CLOCKS}
for _ in range(8):
    encrypt(blocks)
{SHOW}
""",
    "enhanced": f"""
import hmac
key, message, digest = bytes(64), bytes(20), hmac.digest
{CLOCKS}
for _ in range(7 * {LINES}):
    digest(key, message, "sha512")
{SHOW}
""",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, ptktctl: list[str]) -> tuple[dict[str, str], Path]:
    """A store with a legacy key for FEKAPPL, an enhanced one for ZOWEAPPL, and one each for 50 more APPLIDs."""
    folder = tmp_path_factory.mktemp("batch")
    environ = {"PTKTCTL_HOME": str(folder / "store")}

    def run(*arguments: str) -> None:
        subprocess.run([*ptktctl, *arguments], env=environ, check=True, capture_output=True)

    run("init", "--key-file", str(folder / "unlock.key"))
    for applid in ("FEKAPPL", "ZOWEAPPL", *(f"APPL{n}" for n in range(50))):
        run("applid", "add", applid, "--replay", "allow")
        run("key", "generate", applid, *(["--enhanced"] if applid == "ZOWEAPPL" else []))
    return environ, folder


def _lines(applids: Sequence[str]) -> str:
    draw = random.Random(4)
    now = int(time.time())
    return "".join(
        f"USER{draw.randrange(USERS)} {draw.choice(applids)} {now - draw.randrange(2 * 365 * 86_400)}\n"
        for _ in range(LINES)
    )


@pytest.fixture(scope="module")
def lines(site: tuple[dict[str, str], Path], ptktctl: list[str]) -> Mapping[str, Path]:
    """Lines for gen, and for verify as it should accept them, by what is measured with them."""
    environ, folder = site
    files = {}
    applids = {"legacy": ["FEKAPPL"], "enhanced": ["ZOWEAPPL"], "many": [f"APPL{n}" for n in range(50)]}
    for name, choice in applids.items():
        files[f"gen {name}"] = folder / f"gen-{name}.txt"
        files[f"gen {name}"].write_text(_lines(choice))
        rows = subprocess.run(
            [*ptktctl, "gen", "--batch", str(files[f"gen {name}"])], env=environ, check=True, capture_output=True
        ).stdout.decode()
        moments = [line.split()[2] for line in files[f"gen {name}"].read_text().splitlines()]
        files[f"verify {name}"] = folder / f"verify-{name}.txt"
        files[f"verify {name}"].write_text(
            "".join(f"{row} {at}\n" for row, at in zip(rows.splitlines(), moments, strict=True))
        )
    return files


def _spent(command: Sequence[str], environ: Mapping[str, str]) -> tuple[float, float]:
    """Processor seconds and seconds on the clock."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.perf_counter()
    subprocess.run(command, env=dict(environ), check=True, stdout=subprocess.DEVNULL)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, time.perf_counter() - start


def _floor(kind: str) -> tuple[float, float]:
    shown = subprocess.run([sys.executable, "-c", FLOORS[kind]], check=True, capture_output=True, text=True).stdout
    processor, wall = map(float, shown.split())
    return processor, wall


@pytest.mark.parametrize(
    ("work", "options", "bound"),
    [
        ("gen legacy", [], 1.6),
        ("gen legacy", ["--jobs", "2"], 1.0),
        ("gen many", [], 2.0),
        ("gen enhanced", [], 1.6),
        ("verify legacy", ["--peek"], 1.6),
        ("verify legacy", ["--peek", "--jobs", "2"], 1.0),
        ("verify many", ["--peek"], 2.0),
        ("verify enhanced", ["--peek"], 1.6),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else None,
)
def test_batch(
    work: str,
    options: list[str],
    bound: float,
    site: tuple[dict[str, str], Path],
    lines: Mapping[str, Path],
    ptktctl: list[str],
    report: Report,
    benchmark: BenchmarkFixture,
) -> None:
    command = [*ptktctl, work.split(maxsplit=1)[0], "--batch", str(lines[work]), *options]
    kind = "enhanced" if "enhanced" in work else "legacy"
    clock = 1 if "--jobs" in options else 0
    ratios = [_spent(command, site[0])[clock] / _floor(kind)[clock] for _ in range(PAIRS)]
    benchmark.extra_info.update(ratios=ratios)
    benchmark.pedantic(lambda: _spent(command, site[0]), rounds=1)
    unit = f"{'wall' if clock else 'user'} time / the cipher alone, {LINES:,} lines"
    report(" ".join([work, *options]), statistics.median(ratios), bound, unit)


def test_memory_of_a_long_batch(
    site: tuple[dict[str, str], Path], lines: Mapping[str, Path], ptktctl: list[str], report: Report
) -> None:
    probe = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    text = lines["gen many"].read_bytes()
    command = [sys.executable, "-c", probe, *ptktctl, "gen", "--batch", "-"]
    with subprocess.Popen(command, env=site[0], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(MANY_LINES // LINES):
            process.stdin.write(text)
        process.stdin.close()
        kilobytes = int(process.stdout.read())
    report(f"memory of a batch of {MANY_LINES:,} lines", kilobytes / 1024, 60, "MB at the peak")
