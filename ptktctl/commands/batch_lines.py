"""The lines of a batch: read as they come and taken apart.

A line for `gen` is `USERID [APPLID] [TIME]`, for `verify` `USERID APPLID TICKET [TIME]`; runs of blanks, tabs and
commas separate. A line that begins with `#` is a comment; elsewhere `#` begins one only where it stands alone, for it
is also a character of names. What follows a user ID is a TIME if it is `now`, has more than 8 digits, begins with a
sign, or begins with a digit and holds a hyphen or colon; otherwise it is an APPLID, which may consist of digits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ptktctl.commands import batch_sheet
from ptktctl.commands.batch_sheet import is_time, with_single_blanks
from ptktctl.commands.parameter_types import TIME_HINT, parse_time
from ptktctl.errors import InputError
from ptktctl.passticket.columns import NO_TICKET
from ptktctl.passticket.legacy import TICKET_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ptktctl.commands.batch_sheet import Sheet

# A flood is worked off in chunks of this size: enough to make the work on columns pay, even if many keys share a chunk,
# and not much more than the processor's cache holds.
CHUNK = 7 << 16
# And not in more lines than this, however short they are: each that is wrong takes a kilobyte or two.
MOST_LINES = 18_000
LONGEST_LINE = 1024
# What is kept of a line while its end is not yet seen: enough to know that it is too long.
KEPT = 4 * LONGEST_LINE
SEPARATORS = b" \t,"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What the quick way leaves to the exact one: a NUL, what str.split takes for a blank but is none, and the carriage
# return, at which str.expandtabs begins anew.
UNUSUAL = (b"\0", b"\r", b"\v", b"\f", b"\x1c", b"\x1d", b"\x1e", b"\x1f")
GEN_FIELDS = "USERID [APPLID] [TIME]"
VERIFY_FIELDS = "USERID APPLID TICKET [TIME]"


class Chunk(NamedTuple):
    """Whole lines, each with its line end.

    Attributes:
        first: the number of the first line, counted from 1.
        text: the lines; one that is too long may be cut, but remains too long.
        end: how many bytes have been read with this chunk, from the beginning.
    """

    first: int
    text: bytes
    end: int


class ChunkReader:
    """Reads what is there without waiting for more: small chunks of a trickle, chunks up to a limit of a flood."""

    def __init__(self, source: BinaryIO, limit: int = CHUNK) -> None:
        self._source = source
        self._limit = limit
        self._read_some = getattr(source, "read1", source.read)
        self._descriptor = _descriptor(source)
        self._is_at_end = False

    def is_waiting(self) -> bool:
        """Whether more can be read at once."""
        if self._descriptor is None:
            return True
        import select

        try:
            return bool(select.select([self._descriptor], [], [], 0)[0])
        except (OSError, ValueError):
            # Windows asks only sockets; elsewhere a descriptor may be too large a number.
            return False

    def __iter__(self) -> Iterator[Chunk]:
        first, rest, end = 1, b"", 0
        while data := self._read():
            end += len(data)
            text = rest + (data if end > len(data) else data.removeprefix(BYTE_ORDER_MARK))
            stop = text.rfind(b"\n") + 1
            lines, rest = text[:stop], _cut(text[stop:])
            for part, count in _parts(lines):
                yield Chunk(first, part, end)
                first += count
        if rest:
            yield Chunk(first, rest + b"\n", end)

    def _read(self) -> bytes:
        pieces: list[bytes] = []
        room = self._limit
        # What is typed at a terminal can go on after its end; Ctrl-D is typed once.
        while room > 0 and not self._is_at_end and (not pieces or self.is_waiting()):
            piece = self._read_some(room)
            self._is_at_end = not piece
            pieces.append(piece)
            room -= len(piece)
        return b"".join(pieces)


def _parts(lines: bytes) -> Iterator[tuple[bytes, int]]:
    """Whole lines in parts that are not too many lines, however short these are; and how many."""
    count = lines.count(b"\n")
    if count <= MOST_LINES:
        if lines:
            yield lines, count
        return
    middle = lines.find(b"\n", len(lines) // 2) + 1
    if middle == len(lines):
        middle = lines.rfind(b"\n", 0, len(lines) // 2) + 1
    yield from _parts(lines[:middle])
    yield from _parts(lines[middle:])


def _descriptor(source: BinaryIO) -> int | None:
    try:
        return source.fileno()
    except OSError:
        return None


def _cut(rest: bytes) -> bytes:
    """An unfinished line, but no more of it than is needed; the separators before its first field count for nothing."""
    return rest if len(rest) <= KEPT else rest.lstrip(SEPARATORS)[:KEPT]


class Fields(NamedTuple):
    """The lines of a chunk that ask for an answer, as columns of fields.

    Attributes:
        numbers: the number of each line.
        userids, applids: as they stand there; an APPLID left out is empty.
        tickets: for verify, each of 8 bytes of ASCII; NO_TICKET stands for other texts.
        moments: epoch seconds.
        faults: what is wrong with lines, by position in the columns; what is not known of these is empty or 0.
    """

    numbers: Sequence[int]
    userids: Sequence[str]
    applids: Sequence[str]
    tickets: bytes
    moments: Sequence[int]
    faults: Mapping[int, InputError]


def split(chunk: Chunk, now: int, *, with_tickets: bool) -> Sheet | Fields:
    """Take the lines of a chunk apart; a moment that is left out, or relative, is taken from `now`.

    Lines as programs write them are taken apart together; if anything is unusual, the exact way goes line by line.
    What both can do comes out the same; the exact way takes some ten times as long, for the chunk as a whole.
    """
    text = chunk.text.replace(b"\t", b" ").replace(b",", b" ")
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    if text.isascii() and not (any(each in text for each in UNUSUAL) or _has_comment(text) or _has_long_line(text)):
        read = batch_sheet.with_tickets if with_tickets else batch_sheet.without_tickets
        sheet = read(text, chunk.first, now)
        if not sheet and (squeezed := with_single_blanks(text)) != text:
            sheet = read(squeezed, chunk.first, now)
        if sheet:
            return sheet
    return split_singly(chunk, now, with_tickets=with_tickets)


def _has_comment(text: bytes) -> bool:
    """Whether there may be one: a line that begins with `#`, or a `#` that stands alone."""
    if b"#" not in text:
        return False
    return bool(re.search(rb"^ *#| #(?: |$)", text, re.MULTILINE))


def _has_long_line(text: bytes) -> bool:
    start = 0
    while start < len(text):
        start = text.rfind(b"\n", start, start + LONGEST_LINE + 1) + 1
        if not start:
            return True
    return False


def split_singly(chunk: Chunk, now: int, *, with_tickets: bool) -> Fields:
    """The exact way, line by line."""
    numbers: list[int] = []
    userids: list[str] = []
    applids: list[str] = []
    tickets: list[bytes] = []
    moments: list[int] = []
    faults: dict[int, InputError] = {}
    # One for all lines of which the same is to be said.
    known: dict[tuple[str, str | None], InputError] = {}
    for number, line in asking_lines(chunk):
        parts, moment, fault = take_apart(line, now, with_tickets=with_tickets)
        if fault:
            faults[len(numbers)] = known.setdefault((fault.message, fault.hint), fault)
        numbers.append(number)
        userids.append(parts.userid)
        applids.append(parts.applid)
        tickets.append(_as_ticket(parts.ticket))
        moments.append(moment)
    return Fields(numbers, userids, applids, b"".join(tickets) if with_tickets else b"", moments, faults)


def _as_ticket(text: str) -> bytes:
    return text.encode() if len(text) == TICKET_LENGTH and text.isascii() else NO_TICKET


def asking_lines(chunk: Chunk) -> Iterator[tuple[int, bytes]]:
    """The lines that are neither blank nor a comment, with their numbers."""
    for number, raw in enumerate(chunk.text.split(b"\n")[:-1], chunk.first):
        line = raw.removesuffix(b"\r")
        if (visible := line.lstrip(SEPARATORS)) and not visible.startswith(b"#"):
            yield number, line


class Parts(NamedTuple):
    """The fields of one line; empty if left out, or not known."""

    userid: str = ""
    applid: str = ""
    ticket: str = ""
    time: str = ""


def take_apart(line: bytes, now: int, *, with_tickets: bool) -> tuple[Parts, int, InputError | None]:
    """The fields of a line as far as they are known, its moment, and what is wrong with it.

    With tickets, what is wrong is told without a word of the line: any of its fields may be a password.
    """
    parts = Parts()
    try:
        words = _words(line)
        parts = _of_verify(words) if with_tickets else _of_gen(words)
        return parts, parse_time(parts.time, now) if parts.time else now, None
    except InputError as error:
        # A line for verify whose fields are in the wrong order may have the ticket anywhere: it is not repeated.
        fault = InputError("the time is malformed", TIME_HINT) if parts.time and with_tickets else error
        return parts, 0, fault.bare()


def _words(line: bytes) -> list[str]:
    if len(line.lstrip(SEPARATORS)) > LONGEST_LINE:
        raise InputError(f"the line has more than {LONGEST_LINE} bytes")
    if b"\0" in line:
        raise InputError("the line holds a NUL", "a batch is text")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start + 1} is not UTF-8", "a batch is text in UTF-8 or ASCII") from None
    words = [word for word in text.replace("\t", " ").replace(",", " ").split(" ") if word]
    return words[: words.index("#")] if "#" in words else words


def _of_gen(words: list[str]) -> Parts:
    match words:
        case [userid]:
            return Parts(userid)
        case [userid, time] if is_time(time):
            return Parts(userid, time=time)
        case [userid, applid]:
            return Parts(userid, applid)
        case [userid, applid, time]:
            return Parts(userid, applid, time=time)
    raise InputError(f"{len(words)} fields", f"a line is {GEN_FIELDS}")


def _of_verify(words: list[str]) -> Parts:
    if len(words) not in (3, 4):
        raise InputError(f"{len(words)} field{'s' * (len(words) > 1)}", f"a line is {VERIFY_FIELDS}")
    return Parts(*words)
