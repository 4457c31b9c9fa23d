"""What keeps findings quiet besides comments: .ptktctl.toml and a baseline; and where reports go."""

import io
import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.commands.context import Context
from ptktctl.commands.root import main
from ptktctl.errors import InputError
from ptktctl.lint import baseline
from ptktctl.lint.configuration import parse
from ptktctl.lint.finding import Severity

FEKAPPL = '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=FEKAPPL"\n'
BAD = FEKAPPL.replace("FEKAPPL", "OMVSAPPL")
README = Path(__file__).parents[2] / "README.md"
BASELINE_SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "baseline-1.schema.json").read_text())
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line in an empty folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def call(*arguments: str, stdin: bytes = b"", **environ: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        status = main(arguments, Context(stdin=io.BytesIO(stdin), stdout=out, stderr=err, environ=environ))
        return status, out.getvalue(), err.getvalue()

    return call


def write(path: str, content: str) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(content)
    return path


def rules(run: Run, *arguments: str) -> list[str]:
    status, out, err = run("lint", "--format", "jsonl", *arguments)
    assert status < 2, err
    return [f"{found['rule']} {found['severity']}" for found in map(json.loads, out.splitlines())]


def test_select_and_ignore(run: Run) -> None:
    write("rse.env", BAD + "A = 1\n")
    assert rules(run, "rse.env") == ["PTK101 error", "PTK203 info", "PTK301 error"]
    write(".ptktctl.toml", '[lint]\nselect = ["PTK1", "PTK3"]\nignore = ["blanks-around-equals"]\n')
    assert rules(run, "rse.env") == ["PTK101 error"]
    assert rules(run, "rse.env", "--select", "PTK2") == ["PTK203 info"]
    assert rules(run, "rse.env", "--ignore", "PTK101") == []
    assert rules(run, "rse.env", "--no-ignore") == ["PTK101 error", "PTK203 info", "PTK301 error"]


def test_the_nearest_file_above_holds(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("rse.env", BAD)
    write("../.ptktctl.toml", '[lint]\nselect = ["PTK101"]\n')
    assert rules(run, "rse.env") == ["PTK101 error"]
    write(".ptktctl.toml", "")
    assert rules(run, "rse.env") == ["PTK101 error", "PTK203 info"]
    Path("deep/er").mkdir(parents=True)
    monkeypatch.chdir("deep/er")
    assert rules(run, "../../rse.env") == ["PTK101 error", "PTK203 info"]


@pytest.mark.parametrize(
    ("pattern", "ignored"),
    [
        ("rse.env", ["a/rse.env", "a/b/rse.env", "rse.env"]),
        ("*.env", ["a/rse.env", "a/b/rse.env", "rse.env"]),
        ("a/*", ["a/rse.env", "a/b/rse.env"]),
        ("a/rse.env", ["a/rse.env"]),
        ("*/b/*", ["a/b/rse.env"]),
        ("b/*", []),
        ("RSE.ENV", []),
    ],
)
def test_per_file_ignores(pattern: str, ignored: list[str], run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("a/rse.env", "a/b/rse.env", "rse.env"):
        write(path, BAD)
    write(".ptktctl.toml", f'[lint.per-file-ignores]\n"{pattern}" = ["PTK1", "PTK203"]\n')
    monkeypatch.chdir("a")
    _, out, _ = run("lint", "--format", "jsonl", "..")
    told = {os.path.relpath(json.loads(line)["file"], "..") for line in out.splitlines()}
    assert told == {"a/rse.env", "a/b/rse.env", "rse.env"} - set(ignored)


def test_severity(run: Run) -> None:
    write("rse.env", BAD)
    write(".ptktctl.toml", '[lint.severity]\nPTK101 = "info"\ncounterpart-missing = "warning"\n')
    assert rules(run, "rse.env") == ["PTK101 info", "PTK203 warning"]
    assert run("lint", "rse.env", "--fail-on", "error")[0] == 0
    assert run("lint", "rse.env")[0] == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[lint", "not TOML"),
        (b"\xff", "not in UTF-8"),
        (b"x = " + b"[" * 100_000, "not TOML"),
        (b"select = []", "there is no select"),
        (b"lint = 1", "lint is no table"),
        (b"[lint]\nselct = []", "there is no lint.selct"),
        (b"[lint]\nselect = 'PTK1'", "select is no list of rules"),
        (b"[lint]\nselect = [1]", "select is no list of rules"),
        (b"[lint]\nignore = ['PTK777']", "there is no rule 'PTK777'"),
        (b"[lint.per-file-ignores]\n'x' = 'PTK1'", "x is no list of rules"),
        (b"[lint.per-file-ignores]\n'x' = ['y']", "there is no rule 'y'"),
        (b"[lint]\nseverity = []", "severity is no table"),
        (b"[lint.severity]\nPTK777 = 'info'", "there is no rule 'PTK777'"),
        (b"[lint.severity]\nPTK101 = 'fatal'", "'fatal' is no severity of PTK101"),
        (b"[lint.severity]\nPTK101 = 1", "1 is no severity of PTK101"),
    ],
)
def test_a_wrong_configuration_is_refused(content: bytes, reason: str, run: Run) -> None:
    write("rse.env", FEKAPPL)
    Path(".ptktctl.toml").write_bytes(content)
    status, out, err = run("lint", "rse.env")
    assert (status, out) == (2, "")
    assert f"{Path('.ptktctl.toml').resolve()}: {reason}" in err
    assert run("lint", "rse.env", "--no-ignore")[0] == 0


def test_the_example_in_the_readme_is_one() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", README.read_text(), re.DOTALL)
    configuration = parse(".ptktctl.toml", example.encode())
    assert configuration.ignore == ("default-applid",)
    assert configuration.per_file == (("test/*", frozenset({"PTK404"})),)
    assert configuration.severities == {"PTK414": Severity.WARNING}


def test_hooks_and_workflow_call_what_there_is(run: Run) -> None:
    (hook,) = yaml.safe_load((README.parent / ".pre-commit-hooks.yaml").read_text())
    (workflow,) = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    write("rse.env", BAD)
    calls = [f"{hook['entry']} {' '.join(hook['args'])}", yaml.safe_load(workflow)["jobs"]["lint"]["steps"][-1]["run"]]
    for call in calls:
        assert call.split()[0] == "ptktctl"
        assert "PTK101" in run(*call.split()[1:])[1]
    files = re.compile(hook["files"])
    assert all(files.search(name) for name in ("etc/rse.env", "FEJJCNFG", "parmlib/HFICONFG", "zowe.yaml", "a.jcl"))
    assert not any(files.search(name) for name in ("my-rse.env", "rse.envx", "main.py"))


@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: b"[lint]\n" + text.encode()))
def test_any_configuration_is_read_or_refused(data: bytes) -> None:
    refused = ""
    try:
        parse("x.toml", data)
    except InputError as error:
        refused = error.message
    assert not refused or refused.startswith("x.toml: ")


def test_an_old_site_can_start_today(run: Run) -> None:
    write("etc/rse.env", BAD + "A = 1\n")
    status, out, err = run("lint", "etc", "--baseline", "ci/known.json", "--write-baseline")
    assert (status, out) == (2, "")
    assert "ci/known.json: cannot be written" in err
    Path("ci").mkdir()
    status, out, err = run("lint", "etc", "--baseline", "ci/known.json", "--write-baseline")
    assert (status, out) == (0, "no findings in 1 file, beside 3 that the baseline holds\n")
    assert err == "ci/known.json: 3 findings will not be told again\n"
    jsonschema.validate(json.loads(Path("ci/known.json").read_text()), BASELINE_SCHEMA)
    assert rules(run, "etc", "--baseline", "ci/known.json") == []
    write("etc/rse.env", "# moved\n\n" + BAD + "B = 1\nA = 1\nA = 1\n")
    assert rules(run, "etc", "--baseline", "ci/known.json") == ["PTK301 error", "PTK301 error"]
    assert len(rules(run, "etc", "--baseline", "ci/known.json", "--no-ignore")) == 5


def test_a_baseline_serves_wherever_its_folder_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("one/etc/rse.env", BAD)
    run("lint", "one/etc", "--baseline", "one/known.json", "--write-baseline")
    os.rename("one", "two")
    monkeypatch.chdir("two/etc")
    assert rules(run, ".", "--baseline", "../known.json") == []


@pytest.mark.parametrize("content", ["", "{}", "[]", "1", '{"schema": "ptktctl.baseline/2"}', "[" * 100_000])
def test_what_is_no_baseline_is_refused(content: str, run: Run) -> None:
    write("rse.env", FEKAPPL)
    status, _, err = run("lint", "rse.env", "--baseline", write("known.json", content))
    assert status == 2
    assert "known.json: not a baseline of lint" in err


def test_a_baseline_that_is_missing_is_told(run: Run) -> None:
    write("rse.env", FEKAPPL)
    status, _, err = run("lint", "rse.env", "--baseline", "known.json")
    assert (status, "known.json: cannot be read" in err) == (2, True)
    status, _, err = run("lint", "rse.env", "--write-baseline")
    assert (status, "add --baseline FILE" in err) == (2, True)


@given(st.binary(max_size=60))
def test_any_baseline_is_read_or_refused(data: bytes) -> None:
    refused = ""
    try:
        baseline.parse("x", data)
    except InputError as error:
        refused = error.message
    assert refused in ("", "x: not a baseline of lint")


def test_a_report_goes_to_a_file(run: Run) -> None:
    write("rse.env", BAD)
    for form in ("text", "concise", "json", "jsonl", "sarif", "github"):
        status, shown, _ = run("lint", "rse.env", "--format", form)
        Path("report").write_text("old\n")
        Path("report").chmod(0o600)
        assert run("--color", "always", "lint", "rse.env", "--format", form, "--output-file", "report") == (1, "", "")
        assert (status, Path("report").read_text()) == (1, shown)
        assert stat.S_IMODE(Path("report").stat().st_mode) == 0o600
    assert sorted(os.listdir()) == ["report", "rse.env"]
    status, out, err = run("lint", "rse.env", "--output-file", "none/report")
    assert (status, out) == (2, "")
    assert "none/report: cannot be written: No such file or directory" in err


def test_github_is_the_default_in_a_workflow(run: Run) -> None:
    write("rse.env", BAD)
    assert run("lint", "rse.env", GITHUB_ACTIONS="true")[1].startswith("::error file=rse.env,")
    assert run("lint", "rse.env", "--format", "text", GITHUB_ACTIONS="true")[1].startswith("rse.env\n")
    assert run("lint", "rse.env", GITHUB_ACTIONS="")[1].startswith("rse.env\n")


def test_standard_input_can_have_a_name(run: Run) -> None:
    status, out, _ = run("lint", "-", "--stdin-filename", "etc/FEJJCNFG", stdin=b"APPLID=OMVSAPPL\n")
    assert (status, out.split("\n")[0]) == (1, "etc/FEJJCNFG")


def test_with_store(run: Run, tmp_path: Path) -> None:
    environ = {"PTKTCTL_HOME": str(tmp_path / "store")}
    write("rse.env", FEKAPPL)
    write("FEJJCNFG", "APPLID=FEKAPPL\n")
    status, out, _ = run("lint", ".", "--with-store", "--format", "concise", **environ)
    assert (status, out.count("PTK209")) == (0, 1)
    assert run("applid", "add", "FEKAPPL", **environ)[0] == 0
    assert run("lint", ".", "--with-store", **environ)[1] == "no findings in 2 files\n"
    assert run("lint", ".", **environ)[1] == "no findings in 2 files\n"
