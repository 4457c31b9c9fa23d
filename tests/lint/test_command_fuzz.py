"""Strange commands: no exception, places that exist, no key shown, time in proportion to the size."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptktctl.lint.engine import lint
from ptktctl.lint.readers.command_text import scan
from ptktctl.lint.reports import text
from ptktctl.lint.result import File, Result
from ptktctl.lint.source import read_source

KINDS = st.sampled_from(["racf-commands", "acf2-commands", "top-secret-commands"])
NAMES = st.sampled_from(["FEKRACF", "setup.sh", "setup.rexx", "README.md", "setup.clist"])
PIECES = st.sampled_from(
    [
        *("RDEFINE ", "RALT ", "RDELETE ", "PERMIT ", "PE ", "SETROPTS ", "TSS ADDTO(NDT) ", "TSS PERMIT(A) "),
        *("SET PROFILE(PTKTDATA) DIV(SSIGNON)", "INSERT A ", "RECKEY IRRPTAUTH ADD(A.- ", "F ACF2,REBUILD(PTK)"),
        *("PTKTDATA ", "FEKAPPL ", "IRRPTAUTH.A.* ", "UACC(NONE) ", "SSIGNON(", "KEYMASKED(", "SSKEY(", "SESSKEY("),
        *("CLASS(PTKTDATA) ", "ID(*) ", "RACLIST(PTKTDATA) REFRESH", "GENERIC(*)", "APPLDATA('", "PSTKAPPL(A) "),
        *("(", ")", "'", '"', "`", "/*", "*/", ",", ";", "+", "-", "–", "\\", "<", ">", "&", "$A", "||", " ", "\t"),
        *("\n", " +\n", " -\n", ",\n", "\n\n", "//S EXEC PGM=IKJEFT01\n", "//SYSTSIN DD *\n", "/*\n", "```\n", "- "),
        *("#!/bin/sh\n", "/* REXX */\n", "tsocmd ", "cat <<E\n", "\nE\n", "0" * 16, "RDEFINE PTKTDATA A UACC(", "é"),
    ]
)


def check(result: Result) -> None:
    """Every place exists, and the report can be written."""
    for finding in result.findings:
        for span in (finding.span, *(related.span for related in finding.related)):
            source = result.sources[span.file]
            assert 1 <= span.line <= span.end_line <= len(source.starts)
            assert 1 <= span.column <= len(source.line(span.line)) + 1
            assert (span.line, span.column) <= (span.end_line, span.end_column)
    assert text.render(result)


@given(NAMES, KINDS, st.lists(PIECES, max_size=25))
@settings(max_examples=200)
def test_likely_pieces_in_any_order(name: str, kind: str, pieces: list[str]) -> None:
    check(lint([File(name, "".join(pieces).encode())], kind))


@given(NAMES, KINDS, st.text(max_size=200))
def test_any_text(name: str, kind: str, anything: str) -> None:
    check(lint([File(name, b"RDEFINE PTKTDATA A " + anything.encode())], kind))


@given(NAMES, st.lists(PIECES, max_size=25))
@settings(max_examples=100)
def test_an_image_knows_its_places(name: str, pieces: list[str]) -> None:
    source = read_source(name, "".join(pieces).encode())
    for image in scan(source).images:
        for at, character in enumerate(image.text):
            start, end = image.place(at, at + 1)
            assert 0 <= start < end <= len(source.text) or not image.text.strip()
            # A variable is named, and a line end stands for a blank; all else is what the file has.
            assert source.text[start] == character or character in "&${} " or source.text[start] in "$`"


@given(st.lists(PIECES, max_size=12), st.from_regex(r"[0-9A-F]{16}", fullmatch=True), st.lists(PIECES, max_size=12))
@settings(max_examples=150)
def test_a_key_is_never_shown(before: list[str], key: str, after: list[str]) -> None:
    content = f"{''.join(before)} KEYMASKED({key}) {''.join(after)}"
    if len(set(key)) > 2 and content.count(key) == 1:
        assert key not in text.render(lint([File("FEKRACF", content.encode())]))


MILLION = 1 << 20
HEAD = "RDEFINE PTKTDATA FEKAPPL "
LARGE = {
    "a line of 1 MB": "A" * MILLION,
    "a name of 1 MB": "RDEFINE PTKTDATA IRRPTAUTH." + "*." * (MILLION // 2),
    "blanks": HEAD + " " * MILLION,
    "words": HEAD + "A " * 40_000,
    "operands": HEAD + "UACC(NONE) " * 10_000,
    "parentheses": HEAD + "(" * 100_000,
    "closing parentheses": HEAD + ")" * 100_000,
    "pairs": HEAD + "()" * 40_000,
    "nested keys": HEAD + "SSIGNON(KEYMASKED(" * 20_000,
    "quotes": HEAD + "'" * 100_001,
    "comments": HEAD + "/*" * 50_000,
    "comment lines": "/* A\n" * 20_000,
    "comment ends": HEAD + "*/" * 50_000,
    "brackets": HEAD + "<" * 100_000,
    "commands": HEAD * 5_000,
    "command lines": (HEAD + "\n") * 4_000,
    "permits": "PERMIT IRRPTAUTH.A.* CLASS(PTKTDATA) ID(B)\n" * 4_000,
    "continued": HEAD + "+\n" * 40_000,
    "not continued": HEAD + "\n A(" * 20_000,
    "code marks": '`"' * 50_000,
    "keys": "KEYMASKED(" * 40_000,
    "dashes": HEAD + "'–'" * 50_000,
    "stray": HEAD + "- " * 40_000,
    "ids": "PERMIT IRRPTAUTH.A.* CLASS(PTKTDATA) ID(" + "A " * 40_000 + ")",
    "top secret": "TSS ADDTO(NDT) " + "PSTKAPPL(A) " * 10_000,
}


IN_OTHER_FILES = ("parentheses", "nested keys", "quotes", "comment lines", "not continued", "code marks")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        *(("FEKRACF", what) for what in LARGE),
        *((name, what) for name in ("setup.sh", "setup.rexx") for what in IN_OTHER_FILES),
    ],
)
def test_large_files_end(name: str, what: str) -> None:
    def measure(content: str) -> float:
        begin = time.process_time()
        check(lint([File(name, content.encode())], "racf-commands"))
        return time.process_time() - begin

    content = LARGE[what] if name != "setup.rexx" else f'/* REXX */ "{LARGE[what]}"'
    quarter = measure(content[: len(content) // 4])
    # Sixteen times as long would be quadratic.
    assert measure(content) < 9 * quarter + 1
