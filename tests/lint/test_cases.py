"""Whole files and what lint says of them: tests/lint/cases/NAME/{files…,expected.txt}.

To make expected.txt anew, and then read it: cd tests/lint/cases/NAME && ptktctl lint --exit-zero . > expected.txt
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from ptktctl.lint.reports import text
from ptktctl.lint.result import Result
from ptktctl.lint.rules import catalogue
from ptktctl.lint.source import CODE_PAGES

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name for path in CASES.iterdir())
# In the characters that every EBCDIC code page has and lines of at most 80: the host may hold them in any shape.
HOST_NAMES = ["clean-pair", "damaged-shell", "messy-job-monitor", "mvssys1", "omvsappl", "sample-uncommented"]
HOST_NAMES += ["two-applids", "two-sites"]
Encode = Callable[[str, str], bytes]


class Lint(Protocol):
    def __call__(self, files: Mapping[str, str | bytes], kind: str | None = None) -> Result: ...


def load(case: str) -> dict[str, bytes]:
    """The files of a case by their names within it, in the order in which a folder is walked."""
    files = {}
    for place, folders, names in os.walk(CASES / case):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            if path.name != "expected.txt":
                files[path.relative_to(CASES / case).as_posix()] = path.read_bytes()
    return files


def told(result: Result, *, but: str = "") -> list[tuple[object, ...]]:
    return [
        (each.rule.id, each.severity, each.span, each.message, each.related)
        for each in result.findings
        if each.rule.id != but
    ]


@pytest.mark.parametrize("case", NAMES)
def test_case(case: str, lint_texts: Lint) -> None:
    result = lint_texts(load(case))
    assert result.problems == ()
    assert text.render(result) + "\n" == (CASES / case / "expected.txt").read_text()


@pytest.mark.parametrize("code_page", CODE_PAGES)
@pytest.mark.parametrize("case", HOST_NAMES)
def test_ebcdic_makes_no_difference(case: str, code_page: str, lint_texts: Lint, encode_ebcdic: Encode) -> None:
    files = load(case)
    encoded = {name: encode_ebcdic(data.decode(), code_page) for name, data in files.items()}
    assert told(lint_texts(encoded)) == told(lint_texts(files))


@pytest.mark.parametrize("code_page", CODE_PAGES)
@pytest.mark.parametrize("case", HOST_NAMES)
def test_records_make_no_difference(case: str, code_page: str, lint_texts: Lint, encode_ebcdic: Encode) -> None:
    files = load(case)
    records = {
        name: b"".join(encode_ebcdic(line.ljust(80), code_page) for line in data.decode().splitlines())
        for name, data in files.items()
    }
    assert told(lint_texts(records)) == told(lint_texts(files))


@pytest.mark.parametrize("case", [name for name in NAMES if name != "line-ends"])
def test_carriage_returns_are_told_and_change_nothing_else(case: str, lint_texts: Lint) -> None:
    files = load(case)
    result = lint_texts({name: data.replace(b"\n", b"\r\n") for name, data in files.items()})
    # YAML and properties files may have them; nothing reads a listing or an unload.
    told_of = {each.span.file for each in result.findings if each.rule.id == "PTK311"}
    free = (".yaml", ".yml", ".properties", "SYSTSPRT.txt", "SETROPTS", "irrdbu00.txt")
    assert told_of == {name for name in files if not name.endswith(free)}
    assert told(result, but="PTK311") == told(lint_texts(files))


def test_every_rule_appears_in_a_case() -> None:
    shown = "".join((CASES / case / "expected.txt").read_text() for case in NAMES)
    absent = {rule.id for rule, _ in catalogue() if f"[{rule.id}]" not in shown}
    assert absent == {"PTK209"}  # which compares with a store
