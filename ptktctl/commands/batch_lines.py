"""The lines of a batch: read as they come, taken apart many at a time.

A line for `gen` is `USERID [APPLID] [TIME]`, for `verify` `USERID APPLID TICKET [TIME]`; runs of blanks, tabs and
commas separate. A line that begins with `#` is a comment; elsewhere `#` begins one only where it stands alone, for it
is also a character of names. What follows a user ID is a TIME if it is `now`, has more than 8 digits, begins with a
sign, or begins with a digit and holds a hyphen or colon; otherwise it is an APPLID, which may consist of digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ptktctl.commands.parameters import MOST_DIGITS, TIME_HINT, parse_time
from ptktctl.errors import InputError
from ptktctl.passticket.columns import NO_TICKET, TICKET_LENGTH
from ptktctl.passticket.names import NAME_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# A flood is worked off in chunks of this size: enough to make the work on columns pay, little to hold in memory.
CHUNK = 1 << 18
MOST_LINES = 20_000
LONGEST_LINE = 1024
# What is kept of a line while its end is not yet seen: enough to know that it is too long.
KEPT = 4 * LONGEST_LINE
LONG_GAP = b" " * 100
SEPARATORS = b" \t,"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MARK = "\x01"
# What the quick way leaves to the exact one: a mark in the text, a NUL, what str.split takes for a blank but is
# none, and what a line longer than LONGEST_LINE must have if its fields are short.
UNUSUAL = (b"\x01", b"\0", b"\r", b"\v", b"\f", b"\x1c", b"\x1d", b"\x1e", b"\x1f", LONG_GAP)
# Widths of a ticket and of epoch seconds (from 2001 to 2286), each with the blank before.
TICKET_TAIL = 1 + TICKET_LENGTH
TIME_TAIL = 1 + 10
GEN_FIELDS = "USERID [APPLID] [TIME]"
VERIFY_FIELDS = "USERID APPLID TICKET [TIME]"


@dataclass(frozen=True, slots=True)
class Chunk:
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
            for part in _parts(lines):
                yield Chunk(first, part, end)
                first += part.count(b"\n")
        if rest:
            yield Chunk(first, rest + b"\n", end)

    def _read(self) -> bytes:
        pieces: list[bytes] = []
        room = self._limit
        while room > 0 and (not pieces or self.is_waiting()):
            piece = self._read_some(room)
            if not piece:
                break
            pieces.append(piece)
            room -= len(piece)
        return b"".join(pieces)


def _parts(lines: bytes) -> Iterator[bytes]:
    """Whole lines in parts that are not too many lines, however short these are."""
    if lines.count(b"\n") <= MOST_LINES:
        if lines:
            yield lines
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


@dataclass(frozen=True, slots=True)
class Fields:
    """The lines of a chunk that ask for an answer, as columns of fields.

    Attributes:
        numbers: the number of each line.
        names: user ID and APPLID as they stand there, with a blank between; an APPLID left out is empty.
        tickets: for verify, 8 bytes each; NO_TICKET stands for texts of another length.
        moments: epoch seconds.
        faults: what is wrong with lines, by position in the columns; what is not known of these is empty or 0.
    """

    numbers: Sequence[int]
    names: Sequence[str]
    tickets: bytes
    moments: Sequence[int]
    faults: Mapping[int, InputError]


def split(chunk: Chunk, now: int, *, with_tickets: bool) -> Fields:
    """Take the lines of a chunk apart; a moment that is left out, or relative, is taken from `now`.

    There are three ways, from the quickest, which wants lines as programs write them, to the exact one. What more than
    one of them can do comes out the same.
    """
    text = chunk.text.replace(b"\r\n", b"\n").replace(b"\t", b" ").replace(b",", b" ")
    if text.isascii() and not _has_comment(text) and not any(each in text for each in UNUSUAL):
        lines = range(chunk.first, chunk.first + text.count(b"\n"))
        fields = _split_at_tails(text, lines, with_tickets) or _split_at_blanks(text, lines, now, with_tickets)
        if fields:
            return fields
    return _split_singly(chunk, now, with_tickets)


def _has_comment(text: bytes) -> bool:
    return text.startswith(b"#") or b"\n#" in text or b" #" in text


def _split_at_tails(text: bytes, numbers: range, with_tickets: bool) -> Fields | None:
    """Lines that end in ten digits of epoch seconds, and in a ticket before them: what differs in width comes first."""
    lines = text.decode("ascii").split("\n")[:-1]
    width = TICKET_TAIL + TIME_TAIL if with_tickets else TIME_TAIL
    names = [line[:-width] for line in lines]
    tails = "".join([line[-width:] for line in lines]).encode()
    blanks = b" " * len(lines)
    if len(tails) != width * len(lines) or tails[::width] != blanks or tails[width - TIME_TAIL :: width] != blanks:
        return None
    digits, tickets = bytearray(10 * len(lines)), bytearray(TICKET_LENGTH * len(lines) * with_tickets)
    for n in range(10):
        digits[n::10] = tails[width - 10 + n :: width]
    for n in range(TICKET_LENGTH * with_tickets):
        tickets[n::TICKET_LENGTH] = tails[n + 1 :: width]
    if not digits.isdigit() or b" " in tickets or not all(map(_are_names, set(names))):
        return None
    return Fields(numbers, names, bytes(tickets), [int(line[-10:]) for line in lines], {})


def _are_names(text: str) -> bool:
    """Whether there are two fields with one blank between."""
    return text.count(" ") == 1 and text[0] != " " and text[-1] != " "


def _split_at_blanks(text: bytes, numbers: range, now: int, with_tickets: bool) -> Fields | None:
    """Lines with equally many fields.

    With a mark for every line end all fields can be split off at once. If the marks then stand at equal distances,
    and are as many as the lines, each line has equally many fields.
    """
    fields = text.decode("ascii").replace("\n", f" {MARK} ").split()
    width, odd = divmod(len(fields), len(numbers))
    if odd or width < 2 or fields[width - 1 :: width].count(MARK) != len(numbers):
        return None
    columns = [fields[position::width] for position in range(width - 1)]
    return _with_tickets(numbers, columns, now) if with_tickets else _without_tickets(numbers, columns, now)


def _without_tickets(numbers: range, columns: list[list[str]], now: int) -> Fields | None:
    applids = columns[1] if len(columns) > 1 else [""] * len(numbers)
    if len(columns) > 3 or any(map(_is_time, set(applids))):
        return None
    moments = _moments(columns[2], now) if len(columns) == 3 else [now] * len(numbers)
    return (
        Fields(numbers, list(map(" ".join, zip(columns[0], applids, strict=True))), b"", moments, {})
        if moments
        else None
    )


def _with_tickets(numbers: range, columns: list[list[str]], now: int) -> Fields | None:
    if len(columns) not in (3, 4) or max(map(len, columns[2])) > len(LONG_GAP):
        return None
    moments = _moments(columns[3], now) if len(columns) == 4 else [now] * len(numbers)
    names = list(map(" ".join, zip(columns[0], columns[1], strict=True)))
    return Fields(numbers, names, _ticket_column(columns[2]), moments, {}) if moments else None


def _ticket_column(tickets: Sequence[str]) -> bytes:
    encoded = [ticket.encode() for ticket in tickets]
    return b"".join([ticket if len(ticket) == TICKET_LENGTH else NO_TICKET for ticket in encoded])


def _moments(texts: Sequence[str], now: int) -> list[int] | None:
    if "".join(texts).isdigit() and max(map(len, texts)) <= MOST_DIGITS:
        return list(map(int, texts))
    try:
        return [parse_time(text, now) for text in texts]
    except InputError:
        return None


def _split_singly(chunk: Chunk, now: int, with_tickets: bool) -> Fields:
    """The exact way, line by line."""
    numbers: list[int] = []
    names: list[str] = []
    tickets: list[str] = []
    moments: list[int] = []
    faults: dict[int, InputError] = {}
    for number, raw in enumerate(chunk.text.split(b"\n")[:-1], chunk.first):
        line = raw.removesuffix(b"\r").lstrip(SEPARATORS)
        if line and not line.startswith(b"#"):
            parts, moment, fault = _take_apart(line, now, with_tickets)
            if fault:
                faults[len(numbers)] = fault
            numbers.append(number)
            names.append(f"{parts.userid} {parts.applid}")
            tickets.append(parts.ticket)
            moments.append(moment)
    return Fields(numbers, names, _ticket_column(tickets) if with_tickets else b"", moments, faults)


class Parts(NamedTuple):
    """The fields of one line; empty if left out, or not known."""

    userid: str = ""
    applid: str = ""
    ticket: str = ""
    time: str = ""


def _take_apart(line: bytes, now: int, with_tickets: bool) -> tuple[Parts, int, InputError | None]:
    """The fields of a line as far as they are known, its moment, and what is wrong with it."""
    parts = Parts()
    try:
        words = _words(line)
        parts = _of_verify(words) if with_tickets else _of_gen(words)
        return parts, parse_time(parts.time, now) if parts.time else now, None
    except InputError as error:
        # A line for verify whose fields are in the wrong order may have the ticket anywhere: it is not repeated.
        fault = InputError("the time is malformed", TIME_HINT) if parts.time and with_tickets else error
        return parts, 0, fault


def _words(line: bytes) -> list[str]:
    if len(line) > LONGEST_LINE:
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
        case [userid, time] if _is_time(time):
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


def _is_time(word: str) -> bool:
    """Whether what follows a user ID is a TIME rather than an APPLID."""
    if word.isdecimal():
        return len(word) > NAME_LENGTH
    return word == "now" or word[:1] in ("+", "-") or (word[:1].isdecimal() and ("-" in word or ":" in word))
