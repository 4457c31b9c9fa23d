"""Strange input: no exception but a refusal, places that exist, time in proportion to the size."""

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptktctl.errors import InputError
from ptktctl.lint.engine import lint
from ptktctl.lint.readers import READERS
from ptktctl.lint.reports import text
from ptktctl.lint.result import File, Result
from ptktctl.lint.source import read_source

FILES = st.sampled_from(["rse.env", "FEJJCNFG", "BLZJCNFG", "what"])
SEED = b"""#_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=OMVSAPPL"
export _RSE_JAVAOPTS="$_RSE_JAVAOPTS \\
 -DAPPLID=${N:-FEKAPPL}" # note
_RSE_JMON_PORT='6715'; B=$(x "`y`")
cat <<-EOF
\tEOF
SERV_PORT=6715   trailing
LIMIT_COMMANDS = NOLIMIT
"""
SIGNS = b"\" ' ` $ ${ $( ) } \\ <<E # = ( & |".split(b" ")
PIECES = st.sampled_from(
    [
        *SIGNS,
        *(b"\n", b"\r\n", b" = ", b"\0", b"\x15", b"\x85", b"\xe2\x80\x93", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc1\x7e"),
        *(b"APPLID=", b"-DAPPLID=", b"_RSE_JAVAOPTS=", b"SERV_PORT=", b"unset APPLID;", b"if ", b"export "),
        b" " * 72 + b"00010000\n",
    ]
)


def check(result: Result) -> None:
    """Every place exists, the order is right, and the report can be written."""
    for finding in result.findings:
        for span in (finding.span, *(related.span for related in finding.related)):
            source = result.sources[span.file]
            assert 1 <= span.line <= span.end_line <= len(source.starts)
            assert 1 <= span.column <= len(source.line(span.line)) + 1
            assert (span.line, span.column) <= (span.end_line, span.end_column)
    places = [(each.span.file, each.span.line, each.span.column, each.rule.id) for each in result.findings]
    order = [*result.sources]
    assert places == sorted(places, key=lambda place: (order.index(place[0]), *place[1:]))
    assert text.render(result)


@given(FILES, st.binary(max_size=300))
@settings(max_examples=200)
def test_any_bytes(name: str, data: bytes) -> None:
    check(lint([File(name, data)]))


@given(FILES, st.lists(PIECES | st.text(max_size=3).map(lambda text: text.encode("utf-8", "replace")), max_size=20))
@settings(max_examples=200)
def test_likely_pieces_in_any_order(name: str, pieces: list[bytes]) -> None:
    check(lint([File(name, b"".join(pieces))]))


@given(FILES, st.lists(st.tuples(st.integers(0, len(SEED)), st.integers(0, 9), PIECES), max_size=4), st.booleans())
@settings(max_examples=200)
def test_damaged_files(name: str, edits: list[tuple[int, int, bytes]], ebcdic: bool) -> None:
    data = SEED.decode().replace("\n", "\x85").encode("cp037") if ebcdic else SEED
    for at, length, piece in edits:
        data = data[:at] + piece + data[at + length :]
    check(lint([File(name, data), File("other/FEJJCNFG", SEED)]))


@given(st.binary(max_size=400))
def test_a_source_is_read_or_refused(data: bytes) -> None:
    with suppress(InputError):
        source = read_source("f", data)
        assert "\0" not in source.text
        assert source.place(len(source.text))[0] == len(source.starts)


MILLION = 1 << 20
LARGE = {
    "a line of 1 MB": b"A" * MILLION,
    "a line of 1 MB of blanks": b"_RSE_JAVAOPTS=" + b" " * MILLION,
    "a number of 1 MB": b"SERV_PORT=" + b"9" * MILLION,
    "quotes": b'"' * 100_001,
    "single quotes": b"'" * 100_001,
    "back quotes": b"`" * 100_001,
    "parentheses": b"(" * 100_000,
    "substitutions": b"$(" * 100_000,
    "expansions": b"${" * 100_000,
    "defaults": b"${A:-" * 100_000,
    "quoted defaults": b'"${A:-' * 100_000,
    "backslashes": b"\\" * 100_001,
    "reserved words": b"if " * 100_000,
    "dashes": "–".encode() * 100_000,
}


@pytest.mark.parametrize("what", LARGE)
@pytest.mark.parametrize("name", ["rse.env", "FEJJCNFG"])
def test_large_files_end(name: str, what: str) -> None:
    begin = time.process_time()
    check(lint([File(name, LARGE[what])]))
    assert time.process_time() - begin < 20


LINES = {
    "quotes": b'A="x\n',
    "substitutions": b"A=$(\n",
    "here-documents": b"cat <<E\n",
    "appended options": b'_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=A"\n',
    "doubled values": b"A=x$A$A\n",
    "lost options": b'_RSE_JAVAOPTS="-Da"\n',
    "unknown directives": b"FOO BAR=1 x\n",
    "comments": b"# x\n",
    "mixed": b"A=b\n" + "AB=b".encode("cp037") + b"\x15",
    "carriage returns": b"A=b\r",
}


@pytest.mark.parametrize("what", LINES)
@pytest.mark.parametrize("name", ["rse.env", "FEJJCNFG"])
def test_four_times_the_lines_take_about_four_times_as_long(name: str, what: str) -> None:
    def measure(number: int) -> float:
        begin = time.process_time()
        lint([File(name, LINES[what] * number)])
        return time.process_time() - begin

    few = min(measure(500) for _ in range(2))
    # Sixteen times as long would be quadratic.
    assert min(measure(2_000) for _ in range(2)) < 9 * few + 0.1


EVERY_KIND = {
    "a line of 1 MB": b"A" * MILLION,
    "parentheses": b"(" * 100_000,
    "brackets": b"[" * 100_000,
}


@pytest.mark.parametrize("what", EVERY_KIND)
@pytest.mark.parametrize("kind", [reader.kind for reader in READERS])
def test_no_kind_of_file_takes_long(kind: str, what: str) -> None:
    def measure(data: bytes) -> float:
        begin = time.process_time()
        check(lint([File("file", data)], kind))
        return time.process_time() - begin

    quarter = measure(EVERY_KIND[what][: len(EVERY_KIND[what]) // 4])
    # Sixteen times as long would be quadratic.
    assert measure(EVERY_KIND[what]) < 9 * quarter + 1


SETTINGS = "SETROPTS GENERIC(PTKTDATA)\nSETROPTS CLASSACT(PTKTDATA) RACLIST(PTKTDATA)\n"
PROFILES = (
    "RDEFINE PTKTDATA {0} SSIGNON(KEYLABEL({0}))\nRDEFINE PTKTDATA IRRPTAUTH.{0}.* UACC(NONE)\nRDEFINE APPL {0}\n"
)
COPIED = "PERMIT A CLASS(PTKTDATA) ID({0}) ACCESS(UPDATE)\nPERMIT B{0} CLASS(PTKTDATA) FROM(A)\n"


@pytest.mark.parametrize("commands", [PROFILES, COPIED, PROFILES + COPIED], ids=["profiles", "copied lists", "both"])
def test_four_times_the_site_takes_about_four_times_as_long(commands: str) -> None:
    def measure(number: int) -> float:
        files = [File(f"{n}/rse.env", f"APPLID=RSE{n}\n".encode()) for n in range(number)]
        files.append(File("racf.txt", (SETTINGS + "".join(commands.format(f"RSE{n}") for n in range(number))).encode()))
        begin = time.process_time()
        lint(files)
        return time.process_time() - begin

    few = min(measure(100) for _ in range(2))
    assert min(measure(400) for _ in range(2)) < 9 * few + 0.2
