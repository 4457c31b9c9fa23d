"""Lines of a batch taken apart many at a time: each field of each line gets the same room.

Lines as programs write them have equally many fields, and short ones. With a tab for each separator, `expandtabs` puts
every field where those of the other lines begin too; then byte k of a field of all lines is one slice, and no line
costs a step of its own. Whatever is unusual is left to the exact way (`batch_lines`).
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.commands.parameter_types import parse_time
from ptktctl.errors import InputError
from ptktctl.passticket.columns import NO_TICKET
from ptktctl.passticket.legacy import TICKET_LENGTH
from ptktctl.passticket.names import NAME_CHARACTERS, NAME_LENGTH
from ptktctl.passticket.records import LANE, each_lane, put, table, unpacked, xor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BLANK = b" "
NUL = b"\0"
# Room for a field and a blank behind it: names, tickets and epoch seconds; RFC 3339.
ROOMS = (16, 32)
MOST_FIELDS = 4
VISIBLE = bytes(set(range(256)).difference(b" \n"))
NO_CHARACTER = b"\xff"
# A byte holds a number of two digits, so that 16 digits fill a lane of 64 bits. In steps, neighbours become one number:
# of how many bits each is, where the right ones are, and what the left ones count for.
LANE_DIGITS = 2 * LANE
HALVES = ((8, 0x00FF00FF00FF00FF, 10**2), (16, 0x0000FFFF0000FFFF, 10**4), (32, 0x00000000FFFFFFFF, 10**8))


class NameColumn(NamedTuple):
    """Names in a column of fields.

    Attributes:
        records: the names in capitals, each with NUL behind it up to 8 bytes; only NUL where a field is no name.
        others: the fields that are none, by position.
    """

    records: bytes
    others: Mapping[int, str]


class Sheet(NamedTuple):
    """Lines that ask for an answer, as columns of fields.

    Attributes:
        numbers: the number of each line.
        userids: the users.
        applids: the applications; None if they are left out.
        tickets: for verify, each of 8 bytes of ASCII; NO_TICKET stands for other texts.
        moments: epoch seconds.
    """

    numbers: range
    userids: NameColumn
    applids: NameColumn | None
    tickets: bytes
    moments: Sequence[int]


def without_tickets(text: bytes, first: int, now: int) -> Sheet | None:
    """Lines `USERID [APPLID] [TIME]` of ASCII, with single blanks between fields; None if they are not for this way.

    Args:
        first: the number of the first line.
        now: the moment that is left out, or relative ones count from, in epoch seconds.
    """
    fields = _tabulated(text)
    if not fields or fields.width == MOST_FIELDS:
        return None
    has_time = fields.width == 3 or (fields.width == 2 and bool(fields.digits(1)) and fields.are_longer(1, NAME_LENGTH))
    applids = fields.names(1) if fields.width - has_time == 2 else None
    if fields.width == 2 and applids and (b" now\n" in text or any(map(is_time, applids.others.values()))):
        return None
    moments = fields.times(fields.width - 1, now) if has_time else [now] * fields.lines
    return Sheet(range(first, first + fields.lines), fields.names(0), applids, b"", moments) if moments else None


def with_tickets(text: bytes, first: int, now: int) -> Sheet | None:
    """The same for lines `USERID APPLID TICKET [TIME]`."""
    fields = _tabulated(text)
    if not fields or fields.width < MOST_FIELDS - 1:
        return None
    moments = fields.times(3, now) if fields.width == MOST_FIELDS else [now] * fields.lines
    numbers = range(first, first + fields.lines)
    return Sheet(numbers, fields.names(0), fields.names(1), fields.tickets(2), moments) if moments else None


def is_time(word: str) -> bool:
    """Whether what follows a user ID is a TIME rather than an APPLID."""
    if word.isdecimal():
        return len(word) > NAME_LENGTH
    return word == "now" or word[:1] in ("+", "-") or (word[:1].isdecimal() and ("-" in word or ":" in word))


def with_single_blanks(text: bytes) -> bytes:
    """Lines without the blanks that separate nothing."""
    return re.sub(b" +", BLANK, text).replace(b" \n", b"\n").replace(b"\n ", b"\n").removeprefix(BLANK)


class _Table(NamedTuple):
    """Lines of equally many fields, each with the same room, and a line end.

    Attributes:
        text: the lines.
        room: of a field, in bytes; a blank at least is behind it.
        width: of a line, in fields.
        lines: how many there are.
    """

    text: bytes
    room: int
    width: int
    lines: int

    def text_of(self, field: int, line: int) -> str:
        """The text of a field of a line."""
        start = line * (self.width * self.room + 1) + field * self.room
        return self.text[start : start + self.room].decode().rstrip()

    def plane(self, field: int, byte: int) -> bytes:
        """A byte of a field of each line."""
        return self.text[field * self.room + byte :: self.width * self.room + 1]

    def planes(self, field: int, width: int) -> bytes:
        """The first bytes of all lines' fields, all second ones, and so on."""
        return b"".join([self.plane(field, byte) for byte in range(width)])

    def records(self, field: int, width: int) -> bytearray:
        """The fields one after another, as far as the width goes."""
        records = bytearray(width * self.lines)
        put(records, range(width), width, self.planes(field, width))
        return records

    def are_longer(self, field: int, length: int) -> bool:
        """Whether all of these fields have more characters."""
        return BLANK not in self.plane(field, length)

    def are_no_longer(self, field: int, length: int) -> bool:
        """Whether none of them has."""
        return self.plane(field, length) == BLANK * self.lines

    def names(self, field: int) -> NameColumn:
        """Fields as names."""
        names = self.records(field, NAME_LENGTH).translate(_to_names())
        others: dict[int, str] = {}
        if NO_CHARACTER in names or not self.are_no_longer(field, NAME_LENGTH):
            behind = self.plane(field, NAME_LENGTH)
            for n, start in enumerate(range(0, len(names), NAME_LENGTH)):
                if behind[n] != BLANK[0] or NO_CHARACTER in names[start : start + NAME_LENGTH]:
                    names[start : start + NAME_LENGTH] = bytes(NAME_LENGTH)
                    others[n] = self.text_of(field, n)
        return NameColumn(bytes(names), others)

    def tickets(self, field: int) -> bytes:
        """Fields of 8 characters, NO_TICKET where there is another number of them."""
        tickets = self.records(field, TICKET_LENGTH)
        if not (self.are_longer(field, TICKET_LENGTH - 1) and self.are_no_longer(field, TICKET_LENGTH)):
            ends = zip(self.plane(field, TICKET_LENGTH - 1), self.plane(field, TICKET_LENGTH), strict=True)
            for n, (last, behind) in enumerate(ends):
                if last == BLANK[0] or behind != BLANK[0]:
                    tickets[n * TICKET_LENGTH : (n + 1) * TICKET_LENGTH] = NO_TICKET
        return bytes(tickets)

    def digits(self, field: int) -> list[bytes]:
        """The planes of fields that are numbers of equally many digits; none if any is something else."""
        planes: list[bytes] = []
        while not self.are_no_longer(field, len(planes)):
            planes.append(self.plane(field, len(planes)))
        return planes if len(planes) <= LANE_DIGITS and b"".join(planes).isdigit() else []

    def times(self, field: int, now: int) -> Sequence[int] | None:
        """Fields as epoch seconds; None if any is no time."""
        if digits := self.digits(field):
            return values(digits)
        texts = self.records(field, self.room).decode().split()
        try:
            known = {text: parse_time(text, now) for text in set(texts)}
        except InputError:
            return None
        return [known[text] for text in texts]


def _tabulated(text: bytes) -> _Table | None:
    """Lines whose separators repeat themselves from line to line, each field with the same room, if it fits."""
    separators = text.translate(None, VISIBLE)
    number = separators.find(b"\n") + 1
    count, odd = divmod(len(separators), number)
    if odd or number > MOST_FIELDS or separators != separators[:number] * count:
        return None
    tabbed = text.replace(BLANK, b"\t").replace(b"\n", b"\t\n")
    for room in ROOMS:
        expanded = tabbed.expandtabs(room)
        if len(expanded) == count * (number * room + 1):
            fields = _Table(expanded, room, number, count)
            return fields if all(fields.are_longer(field, 0) for field in range(number)) else None
    return None


def values(digits: Sequence[bytes]) -> Sequence[int]:
    """The numbers whose digits stand in planes, at most 16 of them, most significant first."""
    count = len(digits[0])
    digits = [b"0" * count] * (len(digits) % 2) + [*digits]
    lanes = bytearray(LANE * count)
    for place, (tens, ones) in enumerate(zip(digits[::2], digits[1::2], strict=True), LANE - len(digits) // 2):
        lanes[place::LANE] = xor(tens.translate(_to_tens()), ones).translate(_to_pairs())
    parts = int.from_bytes(lanes)
    for bits, right, scale in HALVES:
        mask = each_lane(right, count)
        parts = (parts >> bits & mask) * scale + (parts & mask)
    return unpacked("Q", parts.to_bytes(LANE * count))


@functools.cache
def _to_names() -> bytes:
    small = NAME_CHARACTERS.lower().encode()
    to = bytearray(NO_CHARACTER * 256)
    for each, becomes in zip(NAME_CHARACTERS.encode() + small + BLANK, 2 * NAME_CHARACTERS.encode() + NUL, strict=True):
        to[each] = becomes
    return bytes(to)


@functools.cache
def _to_tens() -> bytes:
    """The value of a digit as the high four bits."""
    return table((byte & 0xF) << 4 for byte in range(256))


@functools.cache
def _to_pairs() -> bytes:
    """What `_to_tens` gives for one digit, XOR another digit (X'30' and its value), as their number."""
    return table(10 * (byte >> 4 ^ 3) + (byte & 0xF) for byte in range(256))
