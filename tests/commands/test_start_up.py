"""What each command must not load: start-up is what a pipeline pays on every ticket."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# What was loaded besides what the interpreter has loaded before any program runs, and what click brings.
DUMP = """
import sys
started = set(sys.modules)
sys.modules.setdefault("cffi", None)  # as the entry point does
import click
clicks = set(sys.modules) - started
from ptktctl.commands.root import main
status = main(sys.argv[1:])
sys.stdout = sys.stderr
loaded = {name for name, module in sys.modules.items() if module}
print("loaded", status, *sorted(loaded - started - clicks))
"""
# Nobody's business but that of tables, writing the store, other formats, other platforms.
ALWAYS_IDLE = {
    "rich",
    "tomli_w",
    "filelock",
    "platformdirs",
    "yaml",
    "importlib.metadata",
    "logging",
    "ssl",
    "asyncio",
} | {
    "keyring",
    "ptktctl.store.backup",
    "ptktctl.store.restoring",
}
CRYPTOGRAPHY = {"Crypto", "hashlib", "hmac", "ctypes", "cffi"}
STORE = {"ptktctl.store", "tomllib"}
KEYS = {"ptktctl.store.vault", "ptktctl.store.definitions"}
LINT = {"ptktctl.lint"}
JSON = {"json"}
SQLITE = {"sqlite3"}
PROCESSES = {"subprocess", "tempfile", "shlex", "getpass"}
PATHS = {"pathlib", "glob", "fnmatch"}
TALK = {"shutil", "textwrap"}
EVERYTHING = CRYPTOGRAPHY | STORE | LINT | JSON | SQLITE | PROCESSES | PATHS
# pycryptodome loads its shared objects through ctypes.
OF_PYCRYPTODOME = {"ctypes", "struct"}

IDLE = {
    "--version": EVERYTHING | TALK | {"ptktctl.passticket", "dataclasses"},
    "--help": EVERYTHING | TALK | {"ptktctl.passticket", "dataclasses"},
    # click asks for the width of the terminal, to wrap it
    "gen --help": EVERYTHING - {"fnmatch"} | {"ptktctl.passticket"},
    "lint --help": EVERYTHING - {"fnmatch"} | {"ptktctl.passticket"},
    "nonsense": EVERYTHING | {"ptktctl.passticket"},
    "gen": EVERYTHING | {"ptktctl.passticket"},
    "gen -u A.B": EVERYTHING,
    "gen -u IBMUSER -a NOSUCH": EVERYTHING - STORE - {"hashlib"},
    "gen -u IBMUSER": EVERYTHING - CRYPTOGRAPHY - STORE | {"ptktctl.store.ledger", "ptktctl.passticket.diagnosis"},
    "gen -u IBMUSER --at 2026-11-22T10:00:00Z": EVERYTHING - CRYPTOGRAPHY - STORE,
    "gen -u IBMUSER --format json": EVERYTHING - CRYPTOGRAPHY - STORE - JSON,
    "gen -u IBMUSER --key-from {home}/key": EVERYTHING - CRYPTOGRAPHY - STORE,
    "gen -u IBMUSER -a FEKAPPL --key-from {home}/key": EVERYTHING - CRYPTOGRAPHY - {"ptktctl.store"} | KEYS,
    "verify -u IBMUSER SHORT": EVERYTHING - CRYPTOGRAPHY - STORE,
    "verify -u IBMUSER {ticket}": EVERYTHING - CRYPTOGRAPHY - STORE - SQLITE | {"ptktctl.passticket.diagnosis"},
    "applid list": EVERYTHING - STORE - CRYPTOGRAPHY | {"Crypto", "hmac", "ctypes"},
    "key list": EVERYTHING - STORE - CRYPTOGRAPHY,
    "lint {home}/rse.env {home}/FEJJCNFG": EVERYTHING - LINT,
    "lint --format json {home}/rse.env": EVERYTHING - LINT - JSON,
    "rules": EVERYTHING - LINT,
    "rules PTK201": EVERYTHING - LINT - TALK,
    "completion zsh": EVERYTHING,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A store with FEKAPPL and its legacy key, a key outside of it, a ticket, and files to lint."""
    folder = tmp_path_factory.mktemp("start-up")
    environ = {**os.environ, "PTKTCTL_HOME": str(folder / "store")}
    for line in (f"init --key-file {folder}/unlock.key", "applid add FEKAPPL", "key generate FEKAPPL"):
        run = [sys.executable, "-m", "ptktctl", *line.split()]
        subprocess.run(run, env=environ, check=True, capture_output=True)
    # Making the ledger takes the lock; using it does not.
    first = [sys.executable, "-m", "ptktctl", "verify", "-u", "A", "--at", "1111111", "-"]
    made = ["gen", "-u", "A", "--at", "1111111"]
    ticket = subprocess.run([*first[:3], *made], env=environ, check=True, capture_output=True).stdout
    subprocess.run(first, env=environ, check=True, capture_output=True, input=ticket)
    (folder / "key").write_text("9D2CA7F4133E8B60")
    (folder / "rse.env").write_text('_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=FEKAPPL"\n')
    (folder / "FEJJCNFG").write_text("APPLID=FEKAPPL\n")
    make = [sys.executable, "-m", "ptktctl", "gen", "-u", "IBMUSER"]
    ticket = subprocess.run(make, env=environ, check=True, capture_output=True).stdout.strip()
    return {"PTKTCTL_HOME": environ["PTKTCTL_HOME"], "home": str(folder), "ticket": ticket.decode()}


def loaded(line: str, home: dict[str, str]) -> tuple[int, set[str]]:
    ran = subprocess.run(
        [sys.executable, "-c", DUMP, *line.format(**home).split()],
        env={**os.environ, "PTKTCTL_HOME": home["PTKTCTL_HOME"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    word, status, *modules = ran.stderr.splitlines()[-1].split()
    assert word == "loaded", ran.stderr
    return int(status), set(modules)


@pytest.mark.parametrize("line", IDLE)
def test_modules_that_stay_idle(line: str, home: dict[str, str]) -> None:
    _, modules = loaded(line, home)
    idle = IDLE[line] | ALWAYS_IDLE
    if "Crypto" in modules:
        idle -= OF_PYCRYPTODOME
    assert sorted(modules & idle) == []


def test_what_finds_libraries_is_there_for_others() -> None:
    """pycryptodome gets a stand-in for ctypes.util, and only as long as it is loaded; it works as well."""
    code = """
import sys
sys.modules["cffi"] = None
from ptktctl.passticket import ciphers
ciphers.prepare()
assert "ctypes.util" not in sys.modules and "subprocess" not in sys.modules
from Crypto.Util import _raw_api
found = _raw_api.find_library("c")
import ctypes.util
print(found == ctypes.util.find_library("c"), bool(ctypes.util.__file__))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "True"]


def test_platformdirs_is_asked_only_without_a_home(home: dict[str, str], tmp_path: Path) -> None:
    without = {**home, "PTKTCTL_HOME": ""}
    assert "platformdirs" in loaded("applid list", without)[1]
    assert "platformdirs" not in loaded("applid list", home)[1]


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("gen -u IBMUSER", {"Crypto", "tomllib", "ptktctl.store.vault"}),
        ("gen -u IBMUSER --format json", {"json"}),
        ("verify -u IBMUSER {ticket}", {"sqlite3", "ptktctl.store.ledger"}),
        ("applid set FEKAPPL --timeout 60", {"filelock"}),
        ("lint {home}/rse.env", {"ptktctl.lint.engine"}),
    ],
)
def test_the_guards_would_see_them(line: str, needed: set[str], home: dict[str, str]) -> None:
    assert needed <= loaded(line, home)[1]


def test_a_command_loads_only_itself(home: dict[str, str]) -> None:
    """Of the commands' modules, the one that is called and what all share."""
    from ptktctl.commands.catalog import SUMMARIES

    commands = {f"ptktctl.commands.{name}" for name in SUMMARIES}
    for line in ("--version", "--help", "gen -u IBMUSER", "verify -u IBMUSER SHORT", "lint {home}/rse.env", "rules"):
        own = {f"ptktctl.commands.{line.split()[0]}"}
        assert loaded(line, home)[1] & commands == own & commands


def test_the_package_itself_loads_next_to_nothing() -> None:
    code = "import sys; before = set(sys.modules); import ptktctl; print(*sorted(set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["ptktctl"]
    code = "import sys, ptktctl; ptktctl.LegacyKey; print(*(set(sys.modules) & {'click', 'Crypto', 'rich', 'json'}))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []


def test_the_demo_needs_no_table(cli: Any) -> None:
    before = set(sys.modules)
    cli.ok("demo")
    assert {"rich"} & (set(sys.modules) - before) == set()
