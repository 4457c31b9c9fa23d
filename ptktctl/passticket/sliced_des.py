"""DES (FIPS 46-3) of many blocks at once, each under a key of its own, on bit slices.

A library's DES takes one block after another. On slices an S-box is some 55 operations on long integers, which do it
for all blocks, and permutations cost nothing: from some thousand blocks on that takes a fifth of the time.

The tables are the standard's; it counts bits from 1, the most significant.
"""

from __future__ import annotations

import functools
from itertools import accumulate
from operator import xor
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.passticket.bit_slices import selection
from ptktctl.passticket.sboxes import S_BOXES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.passticket.bit_slices import Selection, Slices

HALF = 32
INITIAL_PERMUTATION = [bit for first in (58, 60, 62, 64, 57, 59, 61, 63) for bit in range(first, 0, -8)]
EXPANSION = [(4 * box + bit - 1) % HALF + 1 for box in range(8) for bit in range(6)]
# fmt: off
PERMUTATION = [
    16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
    2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
]
PERMUTED_CHOICE_2 = [
    14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
    41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
]
# fmt: on
# Permuted choice 1: both halves of a key without the bits for parity.
KEY_HALVES = (
    [*range(57, 0, -8), *range(58, 0, -8), *range(59, 0, -8), *range(60, 35, -8)],
    [*range(63, 6, -8), *range(62, 5, -8), *range(61, 4, -8), *range(28, 3, -8)],
)
# By how much the halves of the key are rotated before each round.
ROTATIONS = (1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1)


class _Tables(NamedTuple):
    """The tables as what picks slices.

    Attributes:
        first, last: the permutations before and after the rounds; the last one takes the right half first.
        expansion, permutation: before and after the S-boxes.
        subkeys: of the key's bits, those of each round.
    """

    first: Selection
    last: Selection
    expansion: Selection
    permutation: Selection
    subkeys: Sequence[Selection]


@functools.cache
def _tables() -> _Tables:
    return _Tables(
        first=selection(INITIAL_PERMUTATION),
        last=selection(INITIAL_PERMUTATION.index(bit) + 1 for bit in range(1, 2 * HALF + 1)),
        expansion=selection(EXPANSION),
        permutation=selection(PERMUTATION),
        subkeys=[selection(_of_round(turned)) for turned in accumulate(ROTATIONS)],
    )


def _of_round(turned: int) -> list[int]:
    """The bits of the key that a round uses, for which its halves are rotated so far."""
    both = [bit for half in KEY_HALVES for bit in half[turned:] + half[:turned]]
    return [both[bit - 1] for bit in PERMUTED_CHOICE_2]


def schedule(keys: Slices) -> list[tuple[int, ...]]:
    """The keys of the 16 rounds, out of the 64 slices of one key for each block."""
    return [subkey(keys) for subkey in _tables().subkeys]


def encrypt(blocks: Slices, keys: Sequence[Sequence[int]], ones: int) -> tuple[int, ...]:
    """Encrypt the 64 slices of blocks.

    Args:
        keys: their schedule.
        ones: the slice of as many blocks that all have the bit.
    """
    tables = _tables()
    permuted = tables.first(blocks)
    left, right = permuted[:HALF], permuted[HALF:]
    for subkey in keys:
        mixed = list(map(xor, tables.expansion(right), subkey))
        chosen = [bit for n, box in enumerate(S_BOXES) for bit in box(ones, *mixed[6 * n : 6 * n + 6])]
        left, right = right, tuple(map(xor, left, tables.permutation(chosen)))
    return tables.last(right + left)
