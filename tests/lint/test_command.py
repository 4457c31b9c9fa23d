"""`ptktctl lint` and `ptktctl rules` as commands: what they read, print and end with."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ptktctl.commands.context import Context
from ptktctl.commands.lint import KINDS
from ptktctl.commands.root import main
from ptktctl.lint.readers import READERS
from ptktctl.lint.rules import catalogue

GOOD = '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=FEKAPPL"\n'
BAD = '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=OMVSAPPL"\n'
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, stdin: bytes = b"", color: str = "auto") -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        context = Context(stdin=io.BytesIO(stdin), stdout=out, stderr=err, environ={}, clock=lambda: 0, color=color)
        status = main(["--color", color, *arguments], context)
        return status, out.getvalue(), err.getvalue()

    return call


def write(path: str, content: str | bytes) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("content", "options", "status"),
    [
        (GOOD, [], 0),
        (GOOD, ["--fail-on", "info"], 0),
        ("", [], 0),
        ("", ["--fail-on", "info"], 1),
        (GOOD + "APPLID=X\n", [], 1),
        (GOOD + "APPLID=X\n", ["--fail-on", "error"], 0),
        (BAD, ["--fail-on", "error"], 1),
        (BAD, ["--exit-zero"], 0),
        (BAD, ["--ignore", "omvsappl"], 0),
        (BAD, ["--select", "PTK2,PTK3"], 0),
        (BAD, ["--select", "PTK2", "--select", "PTK101"], 1),
        (BAD, ["--select", "PTK999"], 2),
        (BAD, ["--fail-on", "never"], 2),
    ],
)
def test_statuses(content: str, options: list[str], status: int, run: Run) -> None:
    write("rse.env", content)
    assert run("lint", "rse.env", *options)[0] == status


def test_text_goes_to_stdout_and_ends_with_the_counts(run: Run) -> None:
    status, out, err = run("lint", write("rse.env", BAD))
    assert (status, err) == (1, "")
    assert out.endswith("1 error, 1 info of 2 rules in 1 file\n")
    assert "\x1b" not in out
    assert "\x1b" in run("lint", "rse.env", color="always")[1]


def test_json(run: Run) -> None:
    status, out, err = run("lint", "--format", "json", write("rse.env", BAD), "missing")
    parsed = json.loads(out)
    assert status == 2
    assert parsed["schema"] == "ptktctl.lint/1"
    assert [finding["rule"] for finding in parsed["findings"]] == ["PTK101", "PTK203"]
    assert "missing: cannot be read: No such file or directory" in err
    assert parsed["problems"][0]["error"] in err


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("rse.env", bytes(range(256)), "rse.env: not a text file"),
        ("notes.txt", "Dear all,\n", "notes.txt: not a kind of file that lint knows"),
        ("missing", None, "missing: cannot be read"),
    ],
)
def test_an_unreadable_file_is_named_and_the_others_are_linted(
    name: str, content: str | bytes | None, reason: str, run: Run
) -> None:
    if content is not None:
        write(name, content)
    status, out, err = run("lint", name, write("FEJJCNFG", "APPLID=OMVSAPPL\n"))
    assert status == 2
    assert reason in err
    assert "PTK101" in out
    assert run("lint", "--exit-zero", name)[:2] == (2, "")


def test_a_call_that_reads_no_file_fails_as_such(run: Run) -> None:
    status, out, err = run("lint", "--format", "json", "missing", write("rse.env", bytes(range(256))))
    parsed = json.loads(out)
    assert (status, parsed["schema"], parsed["status"]) == (2, "ptktctl.error/1", 2)
    for name in ("missing: cannot be read", "rse.env: not a text file"):
        assert name in parsed["error"]
        assert name in err


def test_what_the_system_says_of_a_file_is_passed_on(run: Run) -> None:
    status, out, err = run("lint", write("rse.env", GOOD) + "/x")
    assert (status, out) == (2, "")
    assert err.startswith("ptktctl: rse.env/x: cannot be read: Not a directory\n")


def test_standard_input_is_read_once(run: Run) -> None:
    status, out, _ = run("lint", "-", "-", "--as", "job-monitor", stdin=b"APPLID=OMVSAPPL\n")
    assert status == 1
    assert out.startswith("<stdin>\n")
    assert out.endswith(" in 1 file\n")
    status, _, err = run("lint", "-", stdin=b"APPLID=OMVSAPPL\n")
    assert status == 2
    assert "--as KIND" in err


def test_a_folder_is_walked(run: Run) -> None:
    for path in ("site/b/rse.env", "site/a/FEJJCNFG", "site/c/unnamed"):
        write(path, "SERV_PORT=6715\nAPPLID=OMVSAPPL\n")
    for path in (".git/rse.env", "b/rse.env.backup.by.FELSETUP", "b/rse.env.bak", "CVS/FEJJCNFG"):
        write(f"site/{path}", BAD)
    write("site/README.md", "# Site\n\nAPPLID=OMVSAPPL is bad.\n")
    write("site/logo.png", bytes(range(256)))
    status, out, err = run("lint", "site", "site/a/FEJJCNFG", "--format", "json")
    parsed = json.loads(out)
    assert (status, err) == (1, "")
    files = [finding["file"] for finding in parsed["findings"] if finding["rule"] == "PTK101"]
    assert files == ["site/a/FEJJCNFG", "site/b/rse.env", "site/c/unnamed"]
    assert parsed["summary"]["files"] == 3


def test_a_damaged_file_in_a_folder_is_named_when_its_name_is_known(run: Run) -> None:
    write("site/rse.env", bytes(range(256)))
    write("site/FEJJCNFG", "APPLID=FEKAPPL\n")
    status, _, err = run("lint", "site")
    assert status == 2
    assert "site/rse.env: not a text file" in err


def test_a_folder_with_nothing_to_lint_is_an_error(run: Run) -> None:
    write("site/README.md", "# Site\n")
    status, out, err = run("lint", "site")
    assert (status, out) == (2, "")
    assert "site: no file there that lint knows" in err


def test_a_very_large_file_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ptktctl.commands.lint_files.MOST_BYTES", 1 << 20)
    status, _, err = run("lint", write("rse.env", b"#" * ((1 << 20) + 1)))
    assert status == 2
    assert "rse.env: larger than 1 MiB" in err


def test_kinds_are_those_that_have_a_reader() -> None:
    assert tuple(reader.kind for reader in READERS) == KINDS


def test_rules(run: Run) -> None:
    status, out, _ = run("rules")
    assert status == 0
    assert [line.split("\t")[0] for line in out.splitlines()] == [rule.id for rule, _ in catalogue()]
    status, out, _ = run("rules", "omvsappl")
    assert status == 0
    assert out.startswith("PTK101 omvsappl (error)\n")
    parsed = json.loads(run("rules", "PTK30", "--format", "json")[1])
    assert parsed["schema"] == "ptktctl.rules/1"
    assert {rule["rule"][:5] for rule in parsed["rules"]} == {"PTK30"}
    assert run("rules", "PTK000")[0] == 2


HEAVY = (
    "rich",
    "Crypto",
    "sqlite3",
    "tomllib",
    "tomli_w",
    "yaml",
    "json",
    "pathlib",
    "filelock",
    "platformdirs",
    "difflib",
)


@pytest.mark.parametrize("arguments", [["lint", "rse.env", "FEJJCNFG"], ["lint", "--help"], ["rules", "--help"]])
def test_what_is_not_loaded(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "rse.env").write_text(GOOD)
    (tmp_path / "FEJJCNFG").write_text("APPLID=FEKAPPL\n")
    script = (
        "import sys\nbefore = set(sys.modules)\nfrom ptktctl.commands.root import main\n"
        f"assert main({arguments!r}) == 0\nprint(*(set(sys.modules) - before), file=sys.stderr)"
    )
    path = os.pathsep.join(each for each in sys.path if each)
    done = subprocess.run(
        [sys.executable, "-S", "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {module.partition(".")[0] for module in done.stderr.split()} & set(HEAVY)


def test_a_file_in_a_folder_that_cannot_be_understood_is_named(run: Run, tmp_path: Path) -> None:
    Path("jobs.yaml").write_text("a:\n  scheme: httpBasicPassTicket\n  b: [\n")
    Path("notes.txt").write_bytes(b"\0\1\2\3" * 100)
    Path("other.yaml").write_text("b: [\n")
    Path("rse.env").write_text('_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=FEKAPPL"\n')
    status, _, err = run("lint", ".")
    assert (status, err.count("\n")) == (0, 1)
    assert err.startswith("ptktctl: passed over: jobs.yaml:")
    assert "not YAML" in err
    status, _, err = run("lint", "jobs.yaml")
    assert (status, err.startswith("ptktctl: jobs.yaml:")) == (2, True)
    Path("rse.env").unlink()
    status, _, err = run("lint", ".")
    assert (status, err.startswith("ptktctl: jobs.yaml:")) == (2, True)


def test_names_of_files_cannot_command_a_terminal(run: Run, tmp_path: Path) -> None:
    name = "a\x1b[31m\nb.yaml"
    Path(name).write_text("scheme: httpBasicPassTicket\nb: [\n")
    for arguments in ([name], ["."], ["--fix", "."], [f"no\x1b[31m{name}"]):
        _, out, err = run("lint", *arguments)
        assert "\x1b" not in out + err
        assert "b.yaml" in err
