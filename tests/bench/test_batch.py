"""Batches against their floor: the cipher alone, for the blocks or digests that the tickets need.

Both are measured in pairs, one after the other, and the middle ratio of the pairs is reported: a machine that gets
slower or faster in between changes both. Seconds are of processor time; for several jobs they are those on the wall.
Instructions are counted besides, where they can be: the cipher never waits for memory as the rest does, so the ratio of
the seconds rises when others use the machine's memory and caches.
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

Counter = Callable[[Sequence[str], Mapping[str, str]], float]
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


APPLIDS = {"legacy": ["FEKAPPL"], "enhanced": ["ZOWEAPPL"], "many": [f"APPL{n}" for n in range(50)]}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory, ptktctl: list[str]) -> Mapping[str, dict[str, str]]:
    """The environment of a store of its own for what is measured: one APPLID, or many, each with a key."""
    environs = {}
    for name, applids in APPLIDS.items():
        folder = tmp_path_factory.mktemp(name)
        environs[name] = environ = {"PTKTCTL_HOME": str(folder / "store")}
        commands = [["init", "--key-file", str(folder / "unlock.key")]]
        for applid in applids:
            kind = ["--enhanced"] if name == "enhanced" else []
            commands += [["applid", "add", applid, "--replay", "allow"], ["key", "generate", applid, *kind]]
        for arguments in commands:
            subprocess.run([*ptktctl, *arguments], env=environ, check=True, capture_output=True)
    return environs


def _lines(applids: Sequence[str]) -> str:
    draw = random.Random(4)
    now = int(time.time())
    return "".join(
        f"USER{draw.randrange(USERS)} {draw.choice(applids)} {now - draw.randrange(2 * 365 * 86_400)}\n"
        for _ in range(LINES)
    )


@pytest.fixture(scope="module")
def lines(
    stores: Mapping[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory, ptktctl: list[str]
) -> Mapping[str, Path]:
    """Lines for gen, and for verify as it should accept them, by what is measured with them."""
    folder = tmp_path_factory.mktemp("lines")
    files: dict[str, Path] = {}
    for name, applids in APPLIDS.items():
        asked, answered = (folder / f"{work}-{name}.txt" for work in ("gen", "verify"))
        asked.write_text(_lines(applids))
        command = [*ptktctl, "gen", "--batch", str(asked)]
        rows = subprocess.run(command, env=stores[name], check=True, capture_output=True).stdout.decode()
        moments = [line.split()[2] for line in asked.read_text().splitlines()]
        answered.write_text("".join(f"{row} {at}\n" for row, at in zip(rows.splitlines(), moments, strict=True)))
        files |= {f"gen {name}": asked, f"verify {name}": answered}
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
    stores: Mapping[str, dict[str, str]],
    lines: Mapping[str, Path],
    ptktctl: list[str],
    report: Report,
    benchmark: BenchmarkFixture,
) -> None:
    verb, name = work.split()
    command = [*ptktctl, verb, "--batch", str(lines[work]), *options]
    kind = "enhanced" if name == "enhanced" else "legacy"
    clock = 1 if "--jobs" in options else 0
    ratios = [_spent(command, stores[name])[clock] / _floor(kind)[clock] for _ in range(PAIRS)]
    benchmark.extra_info.update(ratios=ratios)
    benchmark.pedantic(lambda: _spent(command, stores[name]), rounds=1)
    unit = f"{'wall' if clock else 'user'} time / the cipher alone, {LINES:,} lines"
    report(" ".join([work, *options]), statistics.median(ratios), bound, unit)


@pytest.fixture(scope="module")
def cipher_alone(counter: tuple[str, Counter]) -> float:
    """The instructions of the legacy floor, without those that load the cipher."""
    unit, count = counter
    if not unit.startswith("instructions"):
        pytest.skip("neither perf nor valgrind counts instructions here")
    load, _, _ = FLOORS["legacy"].partition(CLOCKS)
    return count([sys.executable, "-c", FLOORS["legacy"]], {}) - count([sys.executable, "-c", load], {})


@pytest.mark.parametrize(
    ("work", "bound"), [("gen legacy", 1.6), ("gen many", 2.0), ("verify legacy", 1.6), ("verify many", 2.0)]
)
def test_instructions(
    work: str,
    bound: float,
    stores: Mapping[str, dict[str, str]],
    lines: Mapping[str, Path],
    ptktctl: list[str],
    counter: tuple[str, Counter],
    cipher_alone: float,
    report: Report,
) -> None:
    unit, count = counter
    verb, name = work.split()
    command = [*ptktctl, verb, "--batch", str(lines[work]), *(["--peek"] if verb == "verify" else [])]
    report(work, count(command, stores[name]) / cipher_alone, bound, f"{unit} / the cipher alone, {LINES:,} lines")


@pytest.mark.parametrize(
    ("what", "times"), [("lines", MANY_LINES // LINES), ("lines that can't be used", MANY_LINES // LINES // 10)]
)
def test_memory_of_a_long_batch(
    what: str,
    times: int,
    stores: Mapping[str, dict[str, str]],
    lines: Mapping[str, Path],
    ptktctl: list[str],
    report: Report,
) -> None:
    probe = (
        "import resource, subprocess, sys; "
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    text = lines["gen many"].read_bytes()
    if what != "lines":
        text = text.replace(b" ", b". ")
    command = [sys.executable, "-c", probe, *ptktctl, "gen", "--batch", "-"]
    with subprocess.Popen(command, env=stores["many"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(times):
            process.stdin.write(text)
        process.stdin.close()
        kilobytes = int(process.stdout.read())
    report(f"memory of a batch of {times * LINES:,} {what}", kilobytes / 1024, 60, "MB at the peak")
