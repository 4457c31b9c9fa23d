"""Unloads: every shape they come in, the columns, and what is kept of a large one."""

import io
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain, pairwise
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptktctl.commands.context import Context
from ptktctl.commands.lint_files import fetch
from ptktctl.errors import InputError
from ptktctl.lint.engine import lint
from ptktctl.lint.finding import Span
from ptktctl.lint.readers import find_reader, is_unload
from ptktctl.lint.readers.irrdbu00 import read
from ptktctl.lint.readers.records import LONGEST_RECORD, find_layout
from ptktctl.lint.reports import text
from ptktctl.lint.result import File, Result
from ptktctl.lint.security import Definitions, GroupIds, KeyForm, PermitChange, ProfileChange
from ptktctl.lint.source import read_source

Unload = Callable[..., bytes]
KEY_LABEL = {262: "RSE.LEGACY", 327: "RSE.ENHANCED", 392: "UPPER", 405: "0000000060", 416: "YES"}
# z/OS UNIX's code page does not matter here: an unload holds letters, digits and signs that all of them share.
EBCDIC = "cp037"


class Lint(Protocol):
    def __call__(self, files: Mapping[str, str | bytes], kind: str | None = None) -> Result: ...


@pytest.fixture(scope="session")
def records(unload: Unload) -> list[bytes]:
    """A correct site: FEKAPPL with keys of both kinds, and STCRSE to make PassTickets; other records in between."""
    return [
        unload("0100", "SYS1"),
        unload("0200", "IBMUSER"),
        unload("0500", "FEKAPPL", "APPL", {262: "NO", 337: "READ", 660: "NO"}),
        unload("0500", "BPX.SERVER", "FACILITY", {262: "NO", 337: "NONE", 660: "NO"}),
        unload("0404", "SYS1.PARMLIB"),
        unload("0500", "FEKAPPL", "PTKTDATA", {262: "NO", 337: "NONE", 660: "NO", 754: "NO REPLAY PROTECTION"}),
        unload("0530", "FEKAPPL", "PTKTDATA", KEY_LABEL),
        unload("0500", "IRRPTAUTH.FEKAPPL.*", "PTKTDATA", {262: "YES", 337: "NONE", 660: "NO"}),
        unload("0505", "IRRPTAUTH.FEKAPPL.*", "PTKTDATA", {262: "STCRSE", 271: "UPDATE", 280: "00000"}),
    ]


def described(records: Iterable[bytes], encoding: str = "ascii") -> bytes:
    return b"".join((len(each) + 4).to_bytes(2) + b"\0\0" + each.decode().encode(encoding) for each in records)


def padded(records: list[bytes], encoding: str = "ascii") -> bytes:
    return b"".join(each.decode().ljust(1028).encode(encoding) for each in records)


SHAPES: dict[str, Callable[[list[bytes]], bytes]] = {
    "LF": lambda records: b"".join(each + b"\n" for each in records),
    "no LF at the end": b"\n".join,
    "CRLF": lambda records: b"".join(each + b"\r\n" for each in records),
    "trailing blanks cut": lambda records: b"".join(each.rstrip() + b"\n" for each in records),
    "EBCDIC, NEL": lambda records: b"".join(each.decode().encode(EBCDIC) + b"\x15" for each in records),
    "EBCDIC, X'25'": lambda records: b"".join(each.decode().encode(EBCDIC) + b"\x25" for each in records),
    "fixed": padded,
    "EBCDIC, fixed": lambda records: padded(records, EBCDIC),
    "descriptor words": described,
    "EBCDIC, descriptor words": lambda records: described(records, EBCDIC),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_make_no_difference(shape: str, records: list[bytes]) -> None:
    source, statements = read("u", [SHAPES[shape](records)])
    expected_source, expected = read("u", [SHAPES["LF"](records)])
    assert statements == expected
    assert len(statements) == 7
    assert [source.line(number) for number in source.numbers] == [
        expected_source.line(number) for number in (3, 6, 7, 8, 9)
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_recognised_whatever_the_name(shape: str, records: list[bytes]) -> None:
    data = SHAPES[shape](records)
    assert is_unload(data)
    result = lint([File("prod.txt", data, found=True)])
    assert list(result.sources) == ["prod.txt"]
    assert result.problems == ()


@given(st.sampled_from(list(SHAPES)), st.lists(st.integers(0, 9000), max_size=8))
@settings(max_examples=100)
def test_pieces_make_no_difference(records: list[bytes], shape: str, cuts: list[int]) -> None:
    data = SHAPES[shape](records)
    places = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    pieces = [data[start:end] for start, end in pairwise(places)]
    assert read("u", pieces) == read("u", [data])


def test_fields(unload: Unload) -> None:
    lines = [
        unload("0100", "STCGROUP"),
        unload("0500", "FEKAPPL", "PTKTDATA", {262: "NO", 337: "READ", 660: "YES", 754: "NO REPLAY PROTECTION - X"}),
        unload("0530", "FEKAPPL", "PTKTDATA", {262: "*MASKED*", **{k: v for k, v in KEY_LABEL.items() if k > 262}}),
        unload("0505", "IRRPTAUTH.*", "PTKTDATA", {262: "STCRSE", 271: "UPDATE", 280: "00012"}),
        unload("0507", "IRRPTAUTH.*", "PTKTDATA", {262: "PROGRAM", 271: "IKJ", 280: "OTHER", 289: "READ"}),
    ]
    _, (definitions, groups, basic, signon, access, conditional) = read("u", [b"\n".join(lines)])
    assert isinstance(definitions, Definitions)
    assert definitions.complete
    assert groups == GroupIds("u", frozenset({"STCGROUP"}))
    assert isinstance(basic, ProfileChange)
    assert basic.uacc == ("READ", Span("u", 2, 337, 2, 341))
    assert basic.warning == (True, Span("u", 2, 660, 2, 663))
    assert basic.generic is False
    assert basic.appldata == ("NO REPLAY PROTECTION - X", Span("u", 2, 754, 2, 778))
    assert isinstance(signon, ProfileChange)
    assert [(key.form, str(key.label)) for key in signon.keys] == [
        (KeyForm.KEYMASKED, "None"),
        (KeyForm.EPTKEYLABEL, "RSE.ENHANCED"),
    ]
    assert (str(signon.ticket_type), str(signon.timeout)) == ("UPPER", "0000000060")
    assert signon.replay == (True, Span("u", 3, 416, 3, 419))
    assert isinstance(access, PermitChange)
    assert (str(access.ids[0]), str(access.access), access.conditional) == ("STCRSE", "UPDATE", False)
    assert isinstance(conditional, PermitChange)
    assert (str(conditional.ids[0]), str(conditional.access), conditional.conditional) == ("OTHER", "READ", True)


@pytest.mark.parametrize(
    ("protection", "form", "label"),
    [
        ("*MASKED*", KeyForm.KEYMASKED, None),
        ("IRR.SSIGNON.SYS1.01022026.101112.000001", KeyForm.KEYENCRYPTED, "IRR.SSIGNON.SYS1.01022026.101112.000001"),
        ("*KEYENCRYPTED*", KeyForm.KEYENCRYPTED, None),
        ("*ENCRYPTED*", KeyForm.KEYENCRYPTED, None),
        ("RSE.LEGACY", KeyForm.KEYLABEL, "RSE.LEGACY"),
    ],
)
def test_record_of_a_system_without_enhanced_support(
    protection: str, form: KeyForm, label: str | None, unload: Unload
) -> None:
    record = unload("0530", "FEKAPPL", "PTKTDATA", {262: protection})[:325]
    _, statements = read("u", [record + b"\n"])
    assert isinstance(statements[-1], ProfileChange)
    (key,) = statements[-1].keys
    assert (key.form, key.label.value if key.label else None) == (form, label)
    assert statements[-1].replay is None


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_columns_count_characters(encoding: str, unload: Unload) -> None:
    """A ® in the installation data takes two bytes in UTF-8, but one column."""
    record = unload("0500", "FEKAPPL", "PTKTDATA", {368: "IBM(R) EXPLORER", 754: "NO REPLAY PROTECTION"})
    data = record.decode().replace("(R)", "®  ").encode(encoding)
    _, statements = read("u", [data + b"\n"])
    assert isinstance(statements[-1], ProfileChange)
    assert str(statements[-1].appldata) == "NO REPLAY PROTECTION"


def test_complete_site_is_silent(records: list[bytes], lint_texts: Lint) -> None:
    files: dict[str, str | bytes] = {
        "rse.env": '_RSE_JMON_PORT=6715\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=FEKAPPL"\n',
        "FEJJCNFG": "SERV_PORT=6715\nAPPLID=FEKAPPL\n",
        "racf.jcl": "//RACF JOB\n//S EXEC PGM=IKJEFT01\n//SYSTSPRT DD SYSOUT=*\n//SYSTSIN DD *\n"
        " SETROPTS GENERIC(PTKTDATA) \n"
        " SETROPTS CLASSACT(PTKTDATA APPL) RACLIST(PTKTDATA APPL)\n"
        " RDEFINE APPL FEKAPPL UACC(READ)\n"
        " RDEFINE PTKTDATA FEKAPPL UACC(NONE) SSIGNON(KEYLABEL(RSE.LEGACY)) +\n"
        "   APPLDATA('NO REPLAY PROTECTION')\n"
        " RALTER PTKTDATA FEKAPPL SSIGNON(EPTKEYLABEL(RSE.ENHANCED) TYPE(UPPER) +\n"
        "   TIMEOUT(60) REPLAY(YES))\n"
        " RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.* UACC(NONE)\n"
        " PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID(STCRSE) ACCESS(UPDATE)\n"
        " SETROPTS RACLIST(PTKTDATA APPL) REFRESH\n"
        "/*\n",
        "unload": b"\n".join(records),
    }
    result = lint_texts(files)
    assert list(result.sources) == list(files)
    assert result.findings == ()
    assert result.problems == ()


def test_finding_shows_its_record(unload: Unload, records: list[bytes], lint_texts: Lint) -> None:
    wide = unload("0500", "IRRPTAUTH.CFZAPPL.*", "PTKTDATA", {262: "YES", 337: "ALTER", 660: "NO"})
    result = lint_texts({"u": b"\n".join([*records, *[records[4]] * 90, wide])})
    (finding,) = [each for each in result.findings if each.rule.id == "PTK502"]
    assert finding.span == Span("u", 100, 337, 100, 342)
    shown = text.render(result)
    assert "100:337 error[PTK502] UACC gives everybody ALTER on IRRPTAUTH.CFZAPPL.*" in shown
    assert "    100 | " in shown
    assert "ALTER" in shown.partition("    100 | ")[2].partition("\n")[0]


def test_group_that_makes_tickets(unload: Unload, records: list[bytes], lint_texts: Lint) -> None:
    permit = unload("0505", "IRRPTAUTH.FEKAPPL.*", "PTKTDATA", {262: "STCGROUP", 271: "UPDATE"})
    one = lint_texts({"u": b"\n".join([*records[:-1], permit])})
    assert one.findings == ()
    group = lint_texts({"u": b"\n".join([unload("0100", "STCGROUP"), *records[:-1], permit])})
    assert [each.rule.id for each in group.findings] == ["PTK510"]
    assert group.findings[0].message.startswith("group STCGROUP ")


@pytest.mark.parametrize(
    "data", [b"", b"0100", b"hello world, this is no unload at all\n", b"\0" * 100, b"GROUP SYS1\n" * 9]
)
def test_no_unload(data: bytes) -> None:
    with pytest.raises(InputError, match="u: not an IRRDBU00 unload"):
        read("u", [data])
    result = lint([File("u", data)], "irrdbu00")
    assert [problem.message.partition(":")[0] for problem in result.problems] == ["u"]


def test_numbered_text_is_no_unload() -> None:
    assert not is_unload(b"0100 IDENTIFICATION DIVISION.\n" + b"PROGRAM-ID. X, and so it goes on and on.\n" * 3)


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_few_records(shape: str, number: int, records: list[bytes]) -> None:
    source, statements = read("u", [SHAPES[shape](records[2 : 2 + number])])
    assert len(statements) == 2 + (1, 1, 1)[number - 1]
    assert source.line(1).startswith("0500 FEKAPPL")


@pytest.mark.parametrize("cut", [1, 3, 100])
def test_descriptor_words_that_stop(cut: int, records: list[bytes]) -> None:
    data = described(records)
    with pytest.raises(InputError, match="u: record 9: the file ends within it"):
        read("u", [data[:-cut]])
    with pytest.raises(InputError, match="u: record 10: no record descriptor word before it"):
        read("u", [data + b"\xff" * 8])


def test_error_while_reading_is_told(records: list[bytes]) -> None:
    def rest() -> Iterator[bytes]:
        yield b"\n".join(records)
        raise InputError("u: cannot be read: Input/output error")

    result = lint([File("u", b"\n".join(records), rest=rest())])
    assert [problem.message for problem in result.problems] == ["u: cannot be read: Input/output error"]


def test_memory_does_not_grow_with_the_file(records: list[bytes], unload: Unload) -> None:
    other = b"".join(unload("0505", f"SYS{number}", "OPERCMDS") + b"\n" for number in range(100))
    pieces = chain([b"\n".join(records) + b"\n"], (other for _ in range(1000)))
    tracemalloc.start()
    _, statements = read("u", pieces)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(statements) == 7
    assert peak < 2_000_000


def test_line_without_an_end_is_cut(records: list[bytes]) -> None:
    pieces = chain([b"\n".join(records)], (b"x" * LONGEST_RECORD for _ in range(1000)), [b"\n", *records])
    tracemalloc.start()
    _, statements = read("u", pieces)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(statements) == 7
    assert peak < 2_000_000


@given(st.sampled_from(list(SHAPES)), st.binary(max_size=60), st.integers(0, 8000))
@settings(max_examples=200)
def test_damaged_unloads(records: list[bytes], shape: str, noise: bytes, at: int) -> None:
    data = SHAPES[shape](records)
    damaged = data[: at % len(data)] + noise + data[at % len(data) + len(noise) :]
    result = lint([File("u", damaged)], "irrdbu00")
    assert len(result.problems) + len(result.sources) == 1
    assert text.render(result) or result.problems


@given(st.binary(max_size=100))
@settings(max_examples=200)
def test_any_beginning(data: bytes) -> None:
    layout = find_layout(data)
    if layout:
        with suppress(InputError):
            assert b"".join(chain.from_iterable(layout.batches([data])))


def test_reader_takes_a_source_too(records: list[bytes]) -> None:
    source = read_source("IRRDBU00", b"\n".join(records))
    assert list(find_reader(source).read(source)) == read("IRRDBU00", [b"\n".join(records)])[1]


def test_standard_input_is_streamed(records: list[bytes]) -> None:
    class Pipe(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert size > 0
            Pipe.largest = max(Pipe.largest, size)
            return super().read(size)

    data = b"\n".join(records) + b"\n" + (records[4] + b"\n") * 5000
    result = lint(fetch(Context(stdin=Pipe(data)), ["-"]))
    assert result.problems == ()
    assert len(next(iter(result.sources.values())).numbers) == 5
    assert Pipe.largest <= 1 << 16
