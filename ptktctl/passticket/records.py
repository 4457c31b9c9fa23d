"""Records of equal width, many side by side, handled byte by byte for all of them at once.

`column[k::8]` takes byte k out of every record of 8 bytes, and `column[k::8] = values` puts it there; what combines the
bits of two columns does so for all bytes. None of this has a Python step for a record.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, AnyStr, cast

from ptktctl.passticket import ciphers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# The bytes of a number in a long integer of many.
LANE = 8


def xor(one: bytes, other: bytes) -> bytes:
    """Either bit, not both, of two columns of equal length: where no bit is set in both, the bits of the two."""
    return _strxor()(one, other)


@functools.cache
def _strxor() -> Callable[[bytes, bytes], bytes]:
    """pycryptodome's, which takes a tenth of the time of an operation on two very long integers."""
    ciphers.prepare()
    from Crypto.Util.strxor import strxor

    return cast("Callable[[bytes, bytes], bytes]", strxor)


def table(values: Iterable[int]) -> bytes:
    """What 256 bytes become, for `bytes.translate`; of a greater value the low byte counts."""
    return bytes(value & 0xFF for value in values)


def take(column: bytes, positions: range, width: int) -> bytes:
    """Some bytes of every record of a width, as a column: all first ones, then all second ones, and so on."""
    return b"".join([column[position::width] for position in positions])


def put(column: bytearray, positions: range, width: int, values: bytes) -> None:
    """The reverse of `take`."""
    count = len(values) // len(positions)
    for n, position in enumerate(positions):
        column[position::width] = values[n * count : (n + 1) * count]


def cut(fields: AnyStr, width: int) -> list[AnyStr]:
    """The records of a width, each by itself."""
    return [fields[start : start + width] for start in range(0, len(fields), width)]


def each_lane(value: int, count: int) -> int:
    """The same 64-bit number in so many lanes of one long integer, which is worked on as if it were many numbers."""
    return int.from_bytes(value.to_bytes(LANE) * count)


def packed(code: str, numbers: Sequence[int]) -> bytes:
    """Numbers as records of `struct`'s format character, most significant byte first."""
    import struct

    return struct.pack(f">{len(numbers)}{code}", *numbers)


def unpacked(code: str, column: bytes | bytearray) -> Sequence[int]:
    """The reverse of `packed`."""
    import struct

    return struct.unpack(f">{len(column) // struct.calcsize(code)}{code}", column)
