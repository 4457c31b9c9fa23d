"""The coverage-guided fuzzer: python -m tests.fuzz [--seconds N] [TARGET...]

Needs atheris (`pip install -e '.[fuzz]'`; CPython 3.11 or 3.12 on Linux). Gives each target, or those named, N seconds,
a minute if nothing is said: one for every kind that `ptktctl lint --as` takes, and one that leaves the kind to be
detected. The inputs it learns from are kept in build/fuzz; what it finds is put into build/fuzz/found, and is run again
with

    python -m tests.fuzz TARGET --again FILE

Something found and mended goes to tests/fuzz/finds, named TARGET.what, where a test runs it for ever after.
"""

import argparse
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

HERE = Path(__file__).parent
WORK = HERE.parents[1] / "build" / "fuzz"
CASES = HERE.parent / "lint" / "cases"
LONGEST_INPUT = 4096
SLOWEST = 20  # seconds for one input, after which it is taken to hang
# Words that a change at random would take long to come by.
WORDS = """
_RSE_JAVAOPTS= _RSE_JMON_PORT= -DAPPLID= APPLID= SERV_PORT= export unset ${A:- $( <<E $_RSE_JAVAOPTS TZ= # ptktctl:
ignore[ ] FEKAPPL OMVSAPPL MVSSYS1 RDEFINE RALTER RDELETE PERMIT SETROPTS PTKTDATA APPL FACILITY IDTDATA CRYPTOZ
IRRPTAUTH. UACC( NONE) READ) SSIGNON( KEYMASKED( KEYENCRYPTED( KEYLABEL( EPTKEYLABEL( TYPE(MIXED) TIMEOUT( REPLAY(YES)
APPLDATA(' NO_REPLAY_PROTECTION CLASS(PTKTDATA) ID( ACCESS(UPDATE) DELETE RESET WHEN( FROM( GENERIC( CLASSACT(
RACLIST( REFRESH TSS ADDTO(NDT) PSTKAPPL( SESSKEY( SIGNMULTI RDT RESCLASS( SET PROFILE(PTKTDATA) INSERT CHANGE SSKEY(
MULT-USE RECKEY ADD( UID( SERVICE( ALLOW $KEY( TYPE(PTK) COMPILE STORE F ACF2,REBUILD(PTK) CLASS(P) //A JOB EXEC
PGM=IKJEFT01 //SYSTSIN DD * /* */ REXX address tso tsocmd #!/bin/sh + - 0123456789ABCDEF E001193519561977 services:
serviceId: scheme: httpBasicPassTicket applid: authentication: zOSMF: applId: <<: &a *a --- CONFIG= SAFJWT_APPLID=
PASSTK= port= applid= SSIGNON_INFORMATION CLASS NAME LEVEL OWNER UNIVERSAL ACCESS WARNING ----- Legacy_PassTicket:
Enhanced_PassTicket: ACTIVE_CLASSES= 0500 0505 0507 0530 0100
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the readers of ptktctl lint.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="a kind that --as takes, or detect")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--again", metavar="FILE", help="run one input, and nothing else")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        fuzz(options.targets[0], options.seconds, options.again)
    from tests.fuzz.harness import TARGETS

    unknown = {*options.targets} - {*TARGETS}
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: no target; there are {', '.join(TARGETS)}")
    failed = [target for target in options.targets or TARGETS if run(target, options.seconds, options.again)]
    print(f"found something in {', '.join(failed)}: see {WORK / 'found'}" if failed else "nothing found")
    return int(bool(failed))


def run(target: str, seconds: int, again: str | None) -> int:
    """One target in a process of its own, which the fuzzer ends."""
    print(f"== {target}", flush=True)
    command = [sys.executable, "-m", "tests.fuzz", "--worker", target, "--seconds", str(seconds)]
    return subprocess.run(
        [*command, *(["--again", again] if again else [])], cwd=HERE.parents[1], check=False
    ).returncode


def fuzz(target: str, seconds: int, again: str | None) -> None:
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

    with atheris.instrument_imports(include=["ptktctl.lint"]):
        import ptktctl.lint

        # Most modules are imported where they are used: all of them here, so that their branches count.
        for module in walk_packages(ptktctl.lint.__path__, "ptktctl.lint."):
            import_module(module.name)
    from tests.fuzz.harness import check

    found = WORK / "found"
    learned = WORK / target
    for folder in (found, learned):
        folder.mkdir(parents=True, exist_ok=True)
    dictionary = WORK / "words.dict"
    dictionary.write_text("".join(f'"{_quoted(word)}"\n' for word in WORDS.split()))
    arguments = [f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}", f"-timeout={SLOWEST}"]
    arguments += [f"-artifact_prefix={found}/{target}.", f"-dict={dictionary}", "-print_final_stats=1", "-verbosity=1"]
    corpus = [again] if again else [str(learned), str(_seeds(target))]
    atheris.Setup([sys.argv[0], *arguments, *corpus], lambda data: check(target, data))
    atheris.Fuzz()


def _quoted(word: str) -> str:
    return word.replace("_", " ").replace("\\", "\\\\").replace('"', '\\"') if "PROTECTION" in word else word


def _seeds(target: str) -> Path:
    """The files of the golden cases and what was found before, as inputs."""
    folder = WORK / f"seeds-{target}"
    folder.mkdir(parents=True, exist_ok=True)
    files = [path for path in sorted(CASES.rglob("*")) if path.is_file() and path.name != "expected.txt"]
    for number, path in enumerate(files):
        for first in (0, 1, 2, 0x80):
            (folder / f"{number}-{first}").write_bytes(bytes((first,)) + path.read_bytes()[: LONGEST_INPUT - 1])
    for path in sorted((HERE / "finds").iterdir()):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


if __name__ == "__main__":
    sys.exit(main())
