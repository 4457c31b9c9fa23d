"""The lines of a batch: read as they come, taken apart many at a time.

A line for `gen` is `USERID [APPLID] [TIME]`, for `verify` `USERID APPLID TICKET [TIME]`; runs of blanks, tabs and
commas separate. A line that begins with `#` is a comment; elsewhere `#` begins one only where it stands alone, for it
is also a character of names. What follows a user ID is a TIME if it is `now`, has more than 8 digits, begins with a
sign, or begins with a digit and holds a hyphen or colon; otherwise it is an APPLID, which may consist of digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ptktctl.commands.parameters import MOST_DIGITS, TIME_HINT, parse_time
from ptktctl.errors import InputError
from ptktctl.passticket.names import NAME_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# A flood is worked off in chunks of this size: enough to make the work on columns pay, little to hold in memory.
CHUNK = 1 << 19
MOST_LINES = 20_000
LONGEST_LINE = 1024
# What is kept of a line while its end is not yet seen: enough to know that it is too long.
KEPT = 4 * LONGEST_LINE
LONG_GAP = b" " * 100
SEPARATORS = b" \t,"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MARK = b"\x01"
# What the quick way leaves to the exact one: a mark in the text, a NUL, what bytes.split takes for a blank but is
# none, and what a line longer than LONGEST_LINE must have if its fields are short.
UNUSUAL = (MARK, b"\0", b"\r", b"\v", b"\f", LONG_GAP)
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
        userids, applids: as they stand there; an APPLID left out is empty.
        tickets: for verify, likewise.
        moments: epoch seconds.
        faults: what is wrong with lines, by position in the columns; what is not known of these is empty or 0.
    """

    numbers: Sequence[int]
    userids: Sequence[bytes]
    applids: Sequence[bytes]
    tickets: Sequence[bytes]
    moments: Sequence[int]
    faults: Mapping[int, InputError]


def split(chunk: Chunk, now: int, *, with_tickets: bool) -> Fields:
    """Take the lines of a chunk apart; a moment that is left out, or relative, is taken from `now`."""
    return _split_evenly(chunk, now, with_tickets) or _split_singly(chunk, now, with_tickets)


def _split_evenly(chunk: Chunk, now: int, with_tickets: bool) -> Fields | None:
    """The quick way, for a chunk whose lines all have the same, usual form; None if any may not.

    With a mark for every line end all fields can be split off at once. If the marks then stand at equal distances,
    and are as many as the lines, each line has equally many fields.
    """
    text = chunk.text.replace(b"\r\n", b"\n").replace(b"\t", b" ").replace(b",", b" ")
    if not text.isascii() or _has_comment(text) or any(each in text for each in UNUSUAL):
        return None
    count = text.count(b"\n")
    fields = text.replace(b"\n", b" " + MARK + b" ").split()
    width, odd = divmod(len(fields), count)
    if odd or width < 2 or fields[width - 1 :: width].count(MARK) != count:
        return None
    columns = [fields[position::width] for position in range(width - 1)]
    lines = range(chunk.first, chunk.first + count)
    return _with_tickets(lines, columns, now) if with_tickets else _without_tickets(lines, columns, now)


def _has_comment(text: bytes) -> bool:
    return text.startswith(b"#") or b"\n#" in text or b" #" in text


def _without_tickets(lines: range, columns: list[list[bytes]], now: int) -> Fields | None:
    empty = [b""] * len(lines)
    applids = columns[1] if len(columns) > 1 else empty
    if len(columns) > 3 or any(map(_is_time, set(applids))):
        return None
    moments = _moments(columns[2], now) if len(columns) == 3 else [now] * len(lines)
    return Fields(lines, columns[0], applids, empty, moments, {}) if moments else None


def _with_tickets(lines: range, columns: list[list[bytes]], now: int) -> Fields | None:
    if len(columns) not in (3, 4) or max(map(len, columns[2])) > len(LONG_GAP):
        return None
    moments = _moments(columns[3], now) if len(columns) == 4 else [now] * len(lines)
    return Fields(lines, columns[0], columns[1], columns[2], moments, {}) if moments else None


def _moments(texts: Sequence[bytes], now: int) -> list[int] | None:
    if b"".join(texts).isdigit() and max(map(len, texts)) <= MOST_DIGITS:
        return list(map(int, texts))
    try:
        return [parse_time(text.decode(), now) for text in texts]
    except InputError:
        return None


def _split_singly(chunk: Chunk, now: int, with_tickets: bool) -> Fields:
    """The exact way, line by line."""
    rows: list[tuple[int, bytes, bytes, bytes, int]] = []
    faults: dict[int, InputError] = {}
    for number, raw in enumerate(chunk.text.split(b"\n")[:-1], chunk.first):
        line = raw.removesuffix(b"\r").lstrip(SEPARATORS)
        if line and not line.startswith(b"#"):
            fields, fault = _take_apart(line, now, with_tickets)
            if fault:
                faults[len(rows)] = fault
            rows.append((number, *fields))
    if not rows:
        return Fields((), (), (), (), (), {})
    numbers, userids, applids, tickets, moments = zip(*rows, strict=True)
    return Fields(numbers, userids, applids, tickets, moments, faults)


def _take_apart(line: bytes, now: int, with_tickets: bool) -> tuple[tuple[bytes, bytes, bytes, int], InputError | None]:
    """User ID, APPLID, ticket and moment of a line, as far as they are known, and what is wrong with it."""
    userid = applid = ticket = time = b""
    try:
        words = _words(line)
        userid, applid, ticket, time = _of_verify(words) if with_tickets else _of_gen(words)
        return (userid, applid, ticket, parse_time(time.decode(), now) if time else now), None
    except InputError as error:
        # A line for verify whose fields are in the wrong order may have the ticket anywhere: it is not repeated.
        fault = InputError("the time is malformed", TIME_HINT) if time and with_tickets else error
        return (userid, applid, b"", 0), fault


def _words(line: bytes) -> list[bytes]:
    if len(line) > LONGEST_LINE:
        raise InputError(f"the line has more than {LONGEST_LINE} bytes")
    if b"\0" in line:
        raise InputError("the line holds a NUL", "a batch is text")
    try:
        line.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start + 1} is not UTF-8", "a batch is text in UTF-8 or ASCII") from None
    words = [word for word in line.replace(b"\t", b" ").replace(b",", b" ").split(b" ") if word]
    return words[: words.index(b"#")] if b"#" in words else words


def _of_gen(words: list[bytes]) -> tuple[bytes, bytes, bytes, bytes]:
    match words:
        case [userid]:
            return userid, b"", b"", b""
        case [userid, time] if _is_time(time):
            return userid, b"", b"", time
        case [userid, applid]:
            return userid, applid, b"", b""
        case [userid, applid, time]:
            return userid, applid, b"", time
    raise InputError(f"{len(words)} fields", f"a line is {GEN_FIELDS}")


def _of_verify(words: list[bytes]) -> tuple[bytes, bytes, bytes, bytes]:
    match words:
        case [userid, applid, ticket]:
            return userid, applid, ticket, b""
        case [userid, applid, ticket, time]:
            return userid, applid, ticket, time
    raise InputError(f"{len(words)} field{'s' * (len(words) > 1)}", f"a line is {VERIFY_FIELDS}")


def _is_time(word: bytes) -> bool:
    """Whether what follows a user ID is a TIME rather than an APPLID."""
    if word.isdigit():
        return len(word) > NAME_LENGTH
    begins_as_one = word[:1] in (b"+", b"-") or (word[:1].isdigit() and (b"-" in word or b":" in word))
    return word == b"now" or begins_as_one
