"""Epoch seconds as RFC 3339 instants, many at a time, as planes of rows (`batch_rows`).

The seconds of a batch stand side by side in one very long integer, 64 bits each. A division of all of them by the same
number d is then a multiplication by its reciprocal, in units of 1 / 2^k and rounded up, and a shift by k bits. To a
quotient n / d, that adds at most n / 2^k. It is exact where this is less than 1 / d, hence for n < 2^k / d.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.commands.batch_rows import planes
from ptktctl.commands.wording import instant
from ptktctl.passticket.evaluation import DAY
from ptktctl.passticket.records import LANE, each_lane, packed, table, unpacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.commands.batch_rows import Part, Planes

DATE_LENGTH = 10
LONGEST_INSTANT = 20
# Days are worked out of units of 128 seconds: a day has 675, 32 bits have 2^25, and the product fits its lane.
UNIT_BITS = 7
# k for days, for the minutes of a day (n < 86,400) and for its hours (n < 1,440); then the reciprocals.
DAY_BITS, MINUTE_BITS, HOUR_BITS = 36, 24, 17
DAYS, MINUTES, HOURS = (
    (1 << bits) // divisor + 1 for bits, divisor in ((DAY_BITS, DAY >> UNIT_BITS), (MINUTE_BITS, 60), (HOUR_BITS, 60))
)
# So many different days are worth keeping.
MOST_DAYS = 20_000


class Instants:
    """Writes epoch seconds as RFC 3339 instants. Remembers the dates of days."""

    def __init__(self) -> None:
        self._dates: dict[int, str] = {}
        self._tens = table(ord("0") + number // 10 for number in range(256))
        self._ones = table(ord("0") + number % 10 for number in range(256))

    def parts(self, seconds: Sequence[int]) -> list[Part]:
        """The parts of rows that hold the instants."""
        lanes = int.from_bytes(packed("Q", seconds))
        every = each_lane(1, len(seconds))
        if lanes & every * (0xFFFFFFFF << 32):
            # No legacy ticket, and no other that is made before the year 2106.
            texts = "".join([instant(second).ljust(LONGEST_INSTANT, "\0") for second in seconds])
            return [planes(texts.encode(), LONGEST_INSTANT)]
        days = (((lanes >> UNIT_BITS) & every * 0x1FFFFFF) * DAYS >> DAY_BITS) & every * 0xFFFF
        of_day = lanes - days * DAY
        minutes = (of_day * MINUTES >> MINUTE_BITS) & every * 0x7FF
        hours = (minutes * HOURS >> HOUR_BITS) & every * 0x1F
        clock = hours << 16 | minutes - hours * 60 << 8 | of_day - minutes * 60
        columns = (days << 24 | clock).to_bytes(LANE * len(seconds))
        hour, minute, second = (self._digits(columns[byte::LANE]) for byte in (5, 6, 7))
        return [self._dates_of(columns), "T", hour, ":", minute, ":", second, "Z"]

    def _digits(self, numbers: bytes) -> Planes:
        return [numbers.translate(self._tens), numbers.translate(self._ones)]

    def _dates_of(self, columns: bytes) -> Planes:
        pairs = bytearray(len(columns) // LANE * 2)
        pairs[::2], pairs[1::2] = columns[3::LANE], columns[4::LANE]
        days = unpacked("H", pairs)
        try:
            texts = "".join(map(self._dates.__getitem__, days))
        except KeyError:
            self._learn(set(days))
            texts = "".join(map(self._dates.__getitem__, days))
        return planes(texts.encode(), DATE_LENGTH)

    def _learn(self, days: set[int]) -> None:
        if len(self._dates) > MOST_DAYS:
            self._dates.clear()
        from datetime import date

        start = date(1970, 1, 1).toordinal()
        self._dates |= {day: date.fromordinal(start + day).isoformat() for day in days.difference(self._dates)}
