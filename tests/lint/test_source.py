"""Bytes to text: code pages, line ends, what is odd about a file."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.errors import InputError
from ptktctl.lint.source import CODE_PAGES, OddityKind, member_name, read_source, without_sequence_numbers

Encode = Callable[[str, str], bytes]

TEXT = """# JAVA_HOME: see the notes [1] of @admin!
JAVA_HOME=${JAVA_HOME:-/usr/lpp/java/J11.0_64}
PATH=$JAVA_HOME/bin:$PATH \\
  LANG=C
if [ -z "$TZ" ]; then TZ='EST5EDT'; fi | cat ~/x ^y
"""

ASCII_ENDS = OddityKind.ASCII_LINE_ENDS


def oddities(data: bytes) -> list[tuple[OddityKind, int, int]]:
    return [(each.kind, each.line, each.column) for each in read_source("f", data).oddities]


@pytest.mark.parametrize("code_page", CODE_PAGES)
def test_ebcdic_is_read_as_the_code_page_it_is_in(code_page: str, encode_ebcdic: Encode) -> None:
    source = read_source("rse.env", encode_ebcdic(TEXT, code_page))
    assert (source.text, source.oddities) == (TEXT, ())


def test_german_comments_do_not_hide_the_code_page(encode_ebcdic: Encode) -> None:
    text = "# Für die Prüfung: Größe ändern\nA=${B:-1}\n"
    source = read_source("rse.env", encode_ebcdic(text, "IBM-273"))
    assert (source.encoding, source.text) == ("IBM-273", text)


def test_code_page_1047_differs_from_037_as_the_definitions_say(encode_ebcdic: Encode) -> None:
    # IBM CP01047: AD and BD are the brackets, 5F is the circumflex; CP00037: BA, BB and B0.
    assert encode_ebcdic("[]^", "IBM-1047") == b"\xad\xbd\x5f"
    assert encode_ebcdic("[]^", "IBM-037") == b"\xba\xbb\xb0"
    assert read_source("f", b"\xc1\x7e\xad\xf1\xbd\x15").text == "A=[1]\n"
    assert read_source("f", b"\xc1\x7e\xba\xf1\xbb\x15").text == "A=[1]\n"


@pytest.mark.parametrize("end", [b"\x15", b"\x25"], ids=["NEL", "LF"])
def test_both_ebcdic_line_ends_are_read_and_not_odd(end: bytes) -> None:
    data = "A=1".encode("cp037") + end + "B=2".encode("cp037") + end
    source = read_source("f", data)
    assert (source.text, source.oddities) == ("A=1\nB=2\n", ())


def test_records_of_80_bytes_are_lines() -> None:
    lines = ["# comment", "SERV_PORT=6715", "APPLID=FEKAPPL"]
    data = "".join(line.ljust(80) for line in lines).encode("cp037")
    assert [line.rstrip() for line in read_source("f", data).text.split("\n")] == lines


def test_a_text_file_of_80_characters_is_one_line() -> None:
    assert "\n" not in read_source("f", b"A=" + b"x" * 158).text


@pytest.mark.parametrize(
    ("data", "text", "expected"),
    [
        (b"A=1\n", "A=1\n", []),
        ("A=ä\n".encode(), "A=ä\n", []),
        ("A=ä–\n".encode("cp1252"), "A=ä–\n", []),
        (b"\xef\xbb\xbfA=1\n", "A=1\n", [(OddityKind.BYTE_ORDER_MARK, 1, 1)]),
        ("A=1\n".encode("utf-16"), "A=1\n", [(OddityKind.UTF16, 1, 1)]),
        (b"A=1\nB=2\r\nC=3\r\n", "A=1\nB=2\nC=3\n", [(OddityKind.CRLF, 2, 4)]),
        (b"A=1\rB=2\r", "A=1\nB=2\n", [(OddityKind.CARRIAGE_RETURN, 1, 4)]),
        (b"A=1\r\nB\r=2\n", "A=1\nB\r=2\n", [(OddityKind.CRLF, 1, 4), (OddityKind.CARRIAGE_RETURN, 2, 2)]),
        (b"A=1\nB=2\0\0\n", "A=1\nB=2  \n", [(OddityKind.NUL, 2, 4)]),
        (b"A=1\x85B=2\x85", "A=1\nB=2\n", [(OddityKind.NEXT_LINE, 1, 4)]),
        ("A=1\x85B=2\n".encode(), "A=1\nB=2\n", [(OddityKind.NEXT_LINE, 1, 4)]),
        (
            "AB=12\n".encode("cp037") + "CD=34\x85".encode("cp037"),
            "AB=12\nCD=34\n",
            [(OddityKind.MIXED_LINE_ENDS, 2, 6)],
        ),
        ("AB=12".encode("cp037") + b"\n" + "CD=34".encode("cp037") + b"\n", "AB=12\nCD=34\n", [(ASCII_ENDS, 1, 6)]),
        ("AB=12\r\x85".encode("cp037"), "AB=12\n", [(OddityKind.CRLF, 1, 6)]),
        (b"A=1\nB=2\n" + "CC=3\x85".encode("cp037"), "A=1\nB=2\nCC=3\n", [(OddityKind.MIXED_CODE_PAGES, 3, 1)]),
        ("AAA=11\x85".encode("cp037") * 3 + b"# x\n", "AAA=11\n" * 3 + "# x\n", [(OddityKind.MIXED_CODE_PAGES, 4, 1)]),
        (
            "AAA=11\x8eBBB=22\x85".encode("cp037") * 2 + b"# x\n",
            "AAA=11\nBBB=22\n" * 2 + "# x\n",
            [(OddityKind.MIXED_CODE_PAGES, 5, 1), (OddityKind.ASCII_LINE_ENDS, 1, 7)],
        ),
        (b"", "", []),
    ],
)
def test_what_is_read_and_what_is_odd(data: bytes, text: str, expected: list[tuple[OddityKind, int, int]]) -> None:
    assert read_source("f", data).text == text
    assert oddities(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01" + b"\0" * 57,
        bytes(range(256)) * 4,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\6\0\0\0\\r\xa8f",
        b"\xff\xfe\x00\xd8\x41",
        b"\0" * 100,
    ],
    ids=["elf", "all bytes", "png", "broken UTF-16", "nulls"],
)
def test_binary_files_are_refused_by_name(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^/etc/zexpl/rse\.env: not a text file$"):
        read_source("/etc/zexpl/rse.env", data)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.just("\n")))
def test_every_place_leads_back_to_its_offset(text: str) -> None:
    source = read_source("f", text.encode())
    for offset in range(len(source.text) + 1):
        line, column = source.place(offset)
        assert source.starts[line - 1] + column - 1 == offset
    assert "\n".join(source.line(number) for number in range(1, len(source.starts) + 1)) == source.text


def test_sequence_numbers_become_blanks() -> None:
    numbered = "A=1".ljust(72) + "00010000\n" + "B=2".ljust(72) + "00020000\n\n"
    text = without_sequence_numbers(read_source("f", numbered.encode()))
    assert [line.rstrip() for line in text.split("\n")] == ["A=1", "B=2", "", ""]
    assert len(text) == len(numbered)


@pytest.mark.parametrize(
    "text",
    [
        "A=1".ljust(72) + "00010000\nB=2\n",
        ("A=1".ljust(72) + "00010000\n") * 2 + "B=2\n" * 5,
        ("A=1".ljust(72) + "000100001\n") * 2,
        ("A=1".ljust(72) + "0001000x\n") * 2,
    ],
    ids=["one line", "fewer than half", "nine digits", "a letter"],
)
def test_what_only_looks_like_sequence_numbers_stays(text: str) -> None:
    assert without_sequence_numbers(read_source("f", text.encode())) == text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/etc/zexpl/rse.env", "RSE.ENV"),
        ("FEK.#CUST.PARMLIB(FEJJCNFG)", "FEJJCNFG"),
        ("//'FEK.#CUST.PARMLIB(fejjcnfg)'", "FEJJCNFG"),
        ("C:\\work\\rsed.envvars", "RSED.ENVVARS"),
        ("", ""),
    ],
)
def test_member_names(name: str, expected: str) -> None:
    assert member_name(name) == expected
