"""Bytes on their side: a slice is an integer that holds one bit of every byte of a column.

One AND, OR or XOR of two slices then does so for the whole column, and to move bits about costs nothing: it is another
order of the slices (E. Biham, "A Fast New DES Implementation in Software", 1997). The first of the 8 slices of a column
holds the most significant bits, and in each slice the most significant one is the first byte's.

Columns stand one after another as in `records`: all first bytes of some fields, then all second ones, and so on.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Slices = Sequence[int]
    Selection = Callable[[Slices], tuple[int, ...]]

BITS = 8
# Squares of bits change places with those so far to their right and below; in a byte these leave out the pattern.
STEPS = ((4, 0x0F), (2, 0x33), (1, 0x55))


def ones(count: int) -> int:
    """A slice of so many bytes that all have the bit."""
    return (1 << _whole_bytes(count)) - 1


def constant(values: Iterable[int], count: int) -> list[int]:
    """The slices of columns of so many bytes, where all bytes of a column have the same value."""
    full = ones(count)
    return [full if value >> bit & 1 else 0 for value in values for bit in reversed(range(BITS))]


def sliced(columns: bytes, width: int) -> list[int]:
    """The slices of so many columns, 8 of each."""
    count = len(columns) // width
    room = _whole_bytes(count)
    slices: list[int] = []
    for start in range(0, len(columns), count):
        column = columns[start : start + count].ljust(room, b"\0")
        slices += _turned([int.from_bytes(column[row::BITS]) for row in range(BITS)], room)
    return slices


def joined(slices: Slices, count: int) -> bytes:
    """The reverse of `sliced`: columns of so many bytes each."""
    room = _whole_bytes(count)
    column = bytearray(room)
    columns: list[bytes] = []
    for start in range(0, len(slices), BITS):
        for row, each in enumerate(_turned(list(slices[start : start + BITS]), room)):
            column[row::BITS] = each.to_bytes(room // BITS)
        columns.append(bytes(column[:count]))
    return b"".join(columns)


def selection(bits: Iterable[int]) -> Selection:
    """What picks slices by numbers that begin with 1, as standards count bits."""
    return itemgetter(*(bit - 1 for bit in bits))


def _whole_bytes(count: int) -> int:
    """How many bits a slice of so many has: what is missing to a byte is filled up."""
    return -count % BITS + count


def _turned(rows: list[int], width: int) -> list[int]:
    """Turn squares of 8 rows and 8 columns of bits, side by side, on their side: rows become columns.

    First quarters change places, then quarters of these, and so on. To turn them again turns them back.
    """
    for distance, pattern in STEPS:
        right = int.from_bytes(bytes((pattern,)) * (width // BITS))
        for row in range(BITS):
            if not row & distance:
                below = row + distance
                both = (rows[row] ^ rows[below] >> distance) & right
                rows[row] ^= both
                rows[below] ^= both << distance
    return rows
