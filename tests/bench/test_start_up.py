"""What a pipeline pays for every command before anything is done: the start."""

import subprocess
from collections.abc import Callable, Mapping, Sequence

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

Counter = Callable[[Sequence[str], Mapping[str, str]], float]
Report = Callable[[str, float, float, str], None]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, ptktctl: list[str]) -> dict[str, str]:
    """A store unlocked by a key file, with one APPLID and one legacy key, and a pair of files to lint."""
    folder = tmp_path_factory.mktemp("home")
    environ = {"PTKTCTL_HOME": str(folder / "store")}
    for arguments in (
        ["init", "--key-file", str(folder / "unlock.key")],
        ["applid", "add", "FEKAPPL", "--component", "rse", "--replay", "allow"],
        ["key", "generate", "FEKAPPL"],
    ):
        subprocess.run([*ptktctl, *arguments], env=environ, check=True, capture_output=True)
    (folder / "rse.env").write_text('_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=FEKAPPL"\n_RSE_JMON_PORT=6715\n')
    (folder / "FEJJCNFG").write_text("SERV_PORT=6715\nAPPLID=FEKAPPL\n")
    return {**environ, "FILES": str(folder)}


@pytest.mark.parametrize(
    ("arguments", "bound"),
    [
        (["--version"], 5.5),
        (["--help"], 5.5),
        (["lint", "{FILES}/rse.env", "{FILES}/FEJJCNFG"], 6.5),
        (["gen", "-u", "IBMUSER"], 7.5),
    ],
    ids=["version", "help", "lint", "gen"],
)
def test_start_up(
    arguments: list[str],
    bound: float,
    home: dict[str, str],
    ptktctl: list[str],
    bare: float,
    counter: tuple[str, Counter],
    report: Report,
    benchmark: BenchmarkFixture,
) -> None:
    command = [*ptktctl, *(argument.format(**home) for argument in arguments)]
    unit, count = counter
    # Once beforehand, so that what was installed without bytecode has it.
    subprocess.run(command, env=home, check=True, capture_output=True)
    ratio = count(command, home) / bare
    benchmark.extra_info.update(ratio=ratio, unit=unit)
    benchmark.pedantic(lambda: subprocess.run(command, env=home, check=True, capture_output=True), rounds=5)
    report("ptktctl " + " ".join(arguments[:1]) + " / python -c pass", ratio, bound, unit)


def test_memory_of_gen(home: dict[str, str], ptktctl: list[str], report: Report, benchmark: BenchmarkFixture) -> None:
    command = [*ptktctl, "gen", "-u", "IBMUSER"]
    probe = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    run = [command[0], "-c", probe, *command]

    def kilobytes() -> int:
        return int(subprocess.run(run, env=home, check=True, capture_output=True, text=True).stdout)

    megabytes = benchmark.pedantic(kilobytes, rounds=3) / 1024
    report("memory of ptktctl gen", megabytes, 40, "MB at the peak")
