"""What must hold of lint whatever bytes it is given: the targets of the fuzzer, and of the test of what it found.

An input is a byte that chooses the file's name, then the file. Each target takes the file for one kind, as `--as` does;
one more leaves the kind to be detected. A second, right file stands beside it, so that the rules that compare have
something to compare.
"""

from __future__ import annotations

import json as standard_json
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.lint import baseline
from ptktctl.lint.engine import lint
from ptktctl.lint.fixes import plan_applid, plan_fixes
from ptktctl.lint.original import read_original
from ptktctl.lint.readers import READERS
from ptktctl.lint.reports import github, json, sarif, text
from ptktctl.lint.reports import map as site_map
from ptktctl.lint.result import File, Result
from ptktctl.lint.source import read_source
from ptktctl.passticket.names import ApplId

if TYPE_CHECKING:
    from collections.abc import Iterator

DETECT = "detect"
TARGETS = (DETECT, *(reader.kind for reader in READERS))
COMMAND_NAMES = ("racf.txt", "racf.jcl", "setup.sh", "setup.rexx", "notes.md", "setup.clist")
NAMES = {
    DETECT: (*COMMAND_NAMES, *(name for reader in READERS for name in reader.names), "services.yaml", "list.txt"),
    "racf-commands": COMMAND_NAMES,
    "acf2-commands": COMMAND_NAMES,
    "top-secret-commands": COMMAND_NAMES,
}
BESIDE = (
    File("site/rse.env", b'_RSE_JMON_PORT=6716\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=RSEPROD"\n'),
    File("site/racf.txt", b"RDEFINE PTKTDATA RSEPROD UACC(NONE) SSIGNON(KEYLABEL(A.B))\n"),
)
KEY = re.compile(r"(?<![0-9A-F])[0-9A-F]{16}(?![0-9A-F])")
# Seconds of processor time that are allowed for an input, and more for each kilobyte of it.
ALLOWED, ALLOWED_A_KILOBYTE = 2.0, 0.05


def check(target: str, data: bytes) -> None:
    """Give an input to a target.

    Raises:
        AssertionError: something does not hold. Any other exception is a find as well.
    """
    names = NAMES.get(target, ("file",))
    file = File(names[data[0] % len(names)] if data else names[0], data[1:])
    begin = time.process_time()
    result = lint([file, *BESIDE] if data[:1] < b"\x80" else [file], None if target == DETECT else target)
    shown = [*_reports(result)]
    taken = time.process_time() - begin
    assert taken < ALLOWED + ALLOWED_A_KILOBYTE * len(data) / 1024, f"{taken:.1f} s"
    _check_places(result)
    _check_keys(file, result, "\n".join(shown))
    _check_fixes(file, result)


def _reports(result: Result) -> Iterator[str]:
    yield text.render(result, color=True, verbose=True)
    yield text.render_concise(result)
    yield json.render_lines(result)
    yield github.render(result)
    yield site_map.render(result)
    yield baseline.render(result, "/")
    # The log has the rules' examples too, which have keys that are meant to be shown.
    yield standard_json.dumps(standard_json.loads(sarif.render(result, "/"))["runs"][0]["results"])


def _check_places(result: Result) -> None:
    """Every place exists, and the findings stand in the order of the files and lines."""
    order = {file: number for number, file in enumerate(result.sources)}
    places = [(order[each.span.file], each.span.line, each.span.column) for each in result.findings]
    assert places == sorted(places)
    for finding in result.findings:
        for span in (finding.span, *(related.span for related in finding.related)):
            source = result.sources[span.file]
            assert not source.numbers or span.is_point or {span.line, span.end_line} <= {*source.numbers}
            assert 1 <= span.line <= span.end_line
            assert source.numbers or span.end_line <= len(source.starts)
            assert span.is_point or 1 <= span.column <= len(source.line(span.line)) + 1
            assert (span.line, span.column) <= (span.end_line, span.end_column)


def _check_keys(file: File, result: Result, shown: str) -> None:
    """What has the form of a key is in the file and nowhere else."""
    if file.name in result.sources:
        with suppress(InputError):
            for key in KEY.findall(read_source(file.name, file.data).text):
                assert key not in shown, "a key is shown"


def _check_fixes(file: File, result: Result) -> None:
    """What is to be fixed exists, and a file that is put together again is the same."""
    for plan in (plan_fixes(result), plan_applid(result, ApplId.parse("RSETEST"))):
        for name, lines in plan.changes.items():
            assert {*lines} <= {*range(1, len(result.sources[name].starts) + 1)}
    if file.name in result.sources and not result.sources[file.name].numbers:
        with suppress(InputError):
            original = read_original(read_source(file.name, file.data), file.data)
            assert not original or original.encode() == file.data
