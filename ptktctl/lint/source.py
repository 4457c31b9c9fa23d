"""Bytes to text with lines and columns, whatever code page and line ends the file came with.

Configuration of z/OS reaches a workstation in many shapes: EBCDIC as it lies on the host, with the line
ends of z/OS UNIX (NEL, X'15') or of a converter (LF, X'25'), as 80-byte records without any, or converted to
Latin-1 or UTF-8, with CRLF, with a byte order mark, or converted in part only. All of them are read; what is odd
about a file is recorded, for a rule to judge.
"""

from __future__ import annotations

import enum
import os
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.errors import InputError
from ptktctl.lint.finding import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
NEL = "\x85"
ASCII_LF_AS_EBCDIC = "\x8e"  # what X'0A', ASCII's line end, is in EBCDIC: a control that no text holds
RECORD_LENGTH = 80
SEQUENCE_COLUMN = 72  # the offset of column 73, where ISPF puts its eight-digit sequence numbers
MOST_NULS = 0.3
MOST_CONTROLS = 0.05
CONTROLS = "".join(map(chr, (*range(1, 9), 11, *range(14, 32), *range(0x7F, 0x85), *range(0x86, 0xA0))))

# Letters and digits, which have the same places in every EBCDIC code page (IBM, Character Data Representation
# Architecture, the invariant character set).
EBCDIC_TELLTALES = bytes.fromhex(
    "818283848586878889919293949596979899a2a3a4a5a6a7a8a9c1c2c3c4c5c6c7c8c9d1d2d3d4d5d6d7d8d9e2e3e4e5e6e7e8e9"
    "f0f1f2f3f4f5f6f7f8f9"
)
# ASCII's blank, digits and most signs; to EBCDIC these are controls, which no text holds (X'25' is LF, X'3F' SUB).
ASCII_ONLY = b" !\"#$&'()*+,-./0123456789:;<=>"
ASCII_TELLTALES = ASCII_ONLY + b"\nABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# IBM-1047 is IBM-037 with these six characters in each other's places (IBM code page definitions CP00037, CP01047).
FROM_037_TO_1047: dict[str, str | int | None] = {"¬": "^", "^": "¬", "Ý": "[", "[": "Ý", "¨": "]", "]": "¨"}
CODE_PAGES = {"IBM-1047": "cp037", "IBM-037": "cp037", "IBM-273": "cp273", "IBM-500": "cp500"}


class UnknownKindError(InputError):
    """A file is of no kind that lint reads."""


class OddityKind(enum.Enum):
    """What can be odd about a file as a whole."""

    BYTE_ORDER_MARK = "a byte order mark"
    UTF16 = "UTF-16"
    CRLF = "CRLF line ends"
    CARRIAGE_RETURN = "carriage returns"
    NEXT_LINE = "NEL (U+0085) line ends in a file that is not EBCDIC"
    ASCII_LINE_ENDS = "X'0A' as line ends in an EBCDIC file"
    MIXED_LINE_ENDS = "both X'15' and X'25' as line ends"
    NUL = "NUL characters"
    MIXED_CODE_PAGES = "EBCDIC and ASCII in one file"


class Oddity(NamedTuple):
    """Something odd, and the line and column (from 1) where it is first seen."""

    kind: OddityKind
    line: int
    column: int


class Source(NamedTuple):
    """A file as text.

    Attributes:
        name: what messages call it.
        text: all of it; lines end in LF, whatever ended them in the file; NULs are blanks.
        encoding: UTF-8, UTF-16, windows-1252, ISO-8859-1, IBM-1047, IBM-037, IBM-273 or IBM-500.
        oddities: at most one of each kind.
        starts: where in the text each line begins.
        numbers: of an excerpt, the number that each of its lines has in the file; empty when the text is all of it.
    """

    name: str
    text: str
    encoding: str
    oddities: tuple[Oddity, ...]
    starts: tuple[int, ...]
    numbers: tuple[int, ...] = ()

    def span(self, start: int, end: int) -> Span:
        """The place of text[start:end]."""
        return Span(self.name, *self.place(start), *self.place(end))

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset into the text."""
        line = bisect_right(self.starts, offset)
        number = self.numbers[line - 1] if self.numbers else line
        return number, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """A line by its number, from 1, without its line end."""
        start, end = self._bounds(number)
        return self.text[start:end]

    def cut(self, span: Span) -> str:
        """The text at a place."""
        return self.text[self._offset(span.line, span.column) : self._offset(span.end_line, span.end_column)]

    def masked(self, spans: Iterable[Span]) -> Source:
        """The same with `*` for each character at some places, so that lines and columns stay."""
        parts: list[str] = []
        done = 0
        for span in sorted(spans):
            start = max(self._offset(span.line, span.column), done)
            end = max(self._offset(span.end_line, span.end_column), start)
            parts += self.text[done:start], "".join(c if c.isspace() else "*" for c in self.text[start:end])
            done = end
        return self._replace(text="".join((*parts, self.text[done:])))

    def _offset(self, number: int, column: int) -> int:
        start, end = self._bounds(number)
        return min(start + column - 1, end)

    def _bounds(self, number: int) -> tuple[int, int]:
        """Where in the text a line begins and ends."""
        line = bisect_left(self.numbers, number) + 1 if self.numbers else number
        return self.starts[line - 1], self.starts[line] - 1 if line < len(self.starts) else len(self.text)


def read_source(name: str, data: bytes) -> Source:
    """Turn the bytes of a file into text.

    Raises:
        UnknownKindError: naming the file, when it is binary.
    """
    encoding, text, oddities = _decode(name, data)
    if "\0" in text:
        _refuse_binary(name, text.count("\0") > MOST_NULS * len(text))
        oddities.append(_oddity(OddityKind.NUL, text, text.index("\0")))
        text = text.replace("\0", " ")
    _refuse_binary(name, _has_many_controls(text))
    oddities += _odd_line_ends(text)
    if not any(oddity.kind in (OddityKind.MIXED_CODE_PAGES, OddityKind.ASCII_LINE_ENDS) for oddity in oddities):
        oddities += _odd_next_lines(text, ebcdic=encoding in CODE_PAGES)
    text = _with_line_feeds(text)
    if encoding in CODE_PAGES and "\n" not in text and not len(text) % RECORD_LENGTH:
        # Records are padded with blanks, which are no part of the line.
        text = "\n".join(text[i : i + RECORD_LENGTH].rstrip(" ") for i in range(0, len(text), RECORD_LENGTH))
    return Source(name, text, encoding, tuple(oddities), _line_starts(text))


def read_excerpt(name: str, lines: Sequence[tuple[int, bytes]], *, ebcdic: bool) -> Source:
    """Turn some lines of a file, without their line ends and each with its number, into text."""
    code_page = _code_page(b"".join(line for _, line in lines)) if ebcdic else ""
    decoded = [_decode_ebcdic(line, code_page) if ebcdic else _decode_ascii(line, "windows-1252") for _, line in lines]
    text = "\n".join(_printable(line.rstrip()) for line in decoded)
    return Source(name, text, code_page or "UTF-8", (), _line_starts(text), tuple(number for number, _ in lines))


def _printable(line: str) -> str:
    return line if line.isprintable() else "".join(c if c.isprintable() else " " for c in line)


def without_sequence_numbers(source: Source) -> str:
    """The text with blanks for the sequence numbers in columns 73 to 80, if the file has them; as long as before.

    A file is taken to have them when two lines at least, and half of those that are not blank, have eight digits there.
    """
    lines = source.text.split("\n")
    numbered = [number for number, line in enumerate(lines) if is_numbered(line)]
    if len(numbered) < 2 or 2 * len(numbered) < sum(not line.isspace() for line in lines if line):
        return source.text
    for number in numbered:
        lines[number] = lines[number][:SEQUENCE_COLUMN] + " " * (len(lines[number]) - SEQUENCE_COLUMN)
    return "\n".join(lines)


def is_numbered(line: str) -> bool:
    """Whether columns 73 to 80 hold eight digits and nothing follows."""
    number = line[SEQUENCE_COLUMN:].rstrip()
    return len(number) == RECORD_LENGTH - SEQUENCE_COLUMN and number.isascii() and number.isdigit()


def _refuse_binary(name: str, binary: bool) -> None:
    if binary:
        raise UnknownKindError(f"{name}: not a text file", "lint reads configuration files, in ASCII, UTF-8 or EBCDIC")


def _has_many_controls(text: str) -> bool:
    return sum(map(text.count, CONTROLS)) > MOST_CONTROLS * len(text)


def _line_starts(text: str) -> tuple[int, ...]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return tuple(starts[:-1])


def _decode(name: str, data: bytes) -> tuple[str, str, list[Oddity]]:
    """Encoding, text with its own line ends, and what is odd about the encoding."""
    if data.startswith(UTF8_BOM):
        encoding, text, oddities = _decode_plain(data[len(UTF8_BOM) :])
        return encoding, text, [Oddity(OddityKind.BYTE_ORDER_MARK, 1, 1), *oddities]
    if data.startswith(UTF16_BOMS):
        try:
            return "UTF-16", data.decode("utf-16"), [Oddity(OddityKind.UTF16, 1, 1)]
        except UnicodeDecodeError:
            _refuse_binary(name, binary=True)
    return _decode_plain(data)


def _decode_plain(data: bytes) -> tuple[str, str, list[Oddity]]:
    try:
        return "UTF-8", data.decode(), []
    except UnicodeDecodeError:
        return _decode_by_chunks(data)


def _decode_by_chunks(data: bytes) -> tuple[str, str, list[Oddity]]:
    """Decode what is not UTF-8: as EBCDIC or Windows text by the majority, each line that is of the other as that."""
    ebcdic = _looks_ebcdic(data)
    chunks = _chunks(data, ebcdic)
    code_page = _code_page(b"".join(chunk for chunk, is_ebcdic in chunks if is_ebcdic))
    plain = _plain_encoding(data)
    parts = [_decode_ebcdic(chunk, code_page) if kind else _decode_ascii(chunk, plain) for chunk, kind in chunks]
    text = "".join(parts)
    foreign = [number for number, (_, kind) in enumerate(chunks) if kind != ebcdic]
    at = len("".join(parts[: foreign[0]])) if foreign else 0
    line_feed = text.find(ASCII_LF_AS_EBCDIC) if ebcdic else -1
    if line_feed >= 0:  # before lines are counted
        text = text.replace(ASCII_LF_AS_EBCDIC, "\n")
    oddities = [_oddity(OddityKind.MIXED_CODE_PAGES, text, at)] if foreign else []
    if line_feed >= 0:
        oddities.append(_oddity(OddityKind.ASCII_LINE_ENDS, text, line_feed))
    return code_page if ebcdic else plain, text, oddities


def _chunks(data: bytes, ebcdic: bool) -> list[tuple[bytes, bool]]:
    """The lines of a file, neighbours of one kind together, each with whether it is EBCDIC."""
    import re

    chunks: list[tuple[list[bytes], bool]] = []
    for line in re.findall(rb"[^\n\x15\x25]*[\n\x15\x25]|[^\n\x15\x25]+", data):
        kind = not _is_ascii_line(line) if ebcdic else _is_ebcdic_line(line)
        if chunks and chunks[-1][1] == kind:
            chunks[-1][0].append(line)
        else:
            chunks.append(([line], kind))
    return [(b"".join(lines), kind) for lines, kind in chunks]


def _looks_ebcdic(data: bytes) -> bool:
    return _count(data, EBCDIC_TELLTALES) > _count(data, ASCII_TELLTALES)


def _is_ascii_line(line: bytes) -> bool:
    return bool(_count(line, ASCII_ONLY)) and not _looks_ebcdic(line)


def _is_ebcdic_line(line: bytes) -> bool:
    if line.isascii() or not _looks_ebcdic(line):
        return False
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False


def _count(data: bytes, alphabet: bytes) -> int:
    return len(data) - len(data.translate(None, alphabet))


def _plain_encoding(data: bytes) -> str:
    """Latin-1 where X'85' is the only line end (IBM-1047 converted as it stood), else the code page of Windows."""
    return "ISO-8859-1" if b"\n" not in data and b"\x85" in data else "windows-1252"


def _decode_ascii(data: bytes, encoding: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _decode_ebcdic(data: bytes, code_page: str) -> str:
    text = data.decode(CODE_PAGES[code_page])
    return text.translate(str.maketrans(FROM_037_TO_1047)) if code_page == "IBM-1047" else text


def _code_page(data: bytes) -> str:
    """The EBCDIC code page that makes the most sensible text of a file; IBM-1047, that of z/OS UNIX, if all do.

    The four disagree on the brackets, braces, `@`, `!`, `|`, `^`, `~`, backslash and the letters with accents only.
    """
    return min(CODE_PAGES, key=lambda code_page: _strangeness(_decode_ebcdic(data, code_page)))


def _strangeness(text: str) -> int:
    """How unlikely a text is: signs outside ASCII most of all, then signs amid a word, then letters with accents."""
    import re

    letters = len(re.findall(r"[^\W\x00-\x7f]", text))
    signs = len(re.findall(r"[^\w\x00-\x85]", text))
    amid_words = len(re.findall(r"(?<=[a-z])[{}\[\]\\|~!@^](?=[a-z])", text))
    return letters + 2 * amid_words + 3 * signs


def _odd_line_ends(text: str) -> list[Oddity]:
    first_crlf = min((at for end in ("\r\n", "\r" + NEL) if (at := text.find(end)) >= 0), default=-1)
    found = [_oddity(OddityKind.CRLF, text, first_crlf)] if first_crlf >= 0 else []
    if text.count("\r") > text.count("\r\n") + text.count("\r" + NEL):
        found.append(_oddity(OddityKind.CARRIAGE_RETURN, text, _lone_carriage_return(text)))
    return found


def _odd_next_lines(text: str, *, ebcdic: bool) -> list[Oddity]:
    if NEL not in text:
        return []
    if not ebcdic:
        return [_oddity(OddityKind.NEXT_LINE, text, text.index(NEL))]
    both = "\n" in text
    return [_oddity(OddityKind.MIXED_LINE_ENDS, text, max(text.index("\n"), text.index(NEL)))] if both else []


def _lone_carriage_return(text: str) -> int:
    at = text.find("\r")
    while text[at + 1 : at + 2] in ("\n", NEL):
        at = text.find("\r", at + 1)
    return at


def _oddity(kind: OddityKind, text: str, at: int) -> Oddity:
    start = at - text.endswith("\r", 0, at)  # a line end of two characters begins with the first
    lines = _with_line_feeds(text[:start], whole=text).split("\n")
    return Oddity(kind, len(lines), len(lines[-1]) + 1)


def _with_line_feeds(text: str, whole: str | None = None) -> str:
    """Make every line end an LF: CRLF, NEL, CR and NEL, and CR where the whole has no other."""
    whole = text if whole is None else whole
    if "\r" in whole and "\n" not in whole and NEL not in whole:
        return text.replace("\r", "\n")
    return text.replace("\r\n", "\n").replace("\r" + NEL, "\n").replace(NEL, "\n")


def member_name(name: str) -> str:
    """The last part of a file's or data set's name, in upper case.

    `/etc/zexpl/rse.env` gives RSE.ENV, `//'FEK.#CUST.PARMLIB(FEJJCNFG)'` gives FEJJCNFG.
    """
    base = os.path.basename(name.replace("\\", "/")).rstrip("'")
    return base[base.rfind("(") + 1 : -1].upper() if base.endswith(")") else base.upper()
