"""Legacy tickets, many at a time: `legacy` on columns of bytes and on slices of bits.

What moves bits about, DES above all, is done on slices; what reads and writes characters, on columns.
"""

from __future__ import annotations

import functools
from operator import xor
from typing import TYPE_CHECKING, cast

from ptktctl.passticket import bit_slices, legacy, records, sliced_des
from ptktctl.passticket.bit_slices import BITS, selection
from ptktctl.passticket.keys import LEGACY_KEY_LENGTH
from ptktctl.passticket.legacy import HALF_PAD, PAD_BYTE, TICKET_LENGTH
from ptktctl.passticket.names import NAME_LENGTH, ApplId, UserId, to_ebcdic
from ptktctl.passticket.records import cut, packed, put, table, take, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptktctl.passticket.bit_slices import Selection, Slices
    from ptktctl.passticket.columns import Subjects
    from ptktctl.passticket.keys import LegacyKey

# Fewer tickets take less time one by one.
MANY = 64
# A word in bytes, and half of it in bits.
WORD = 4
HALF = WORD * BITS // 2
NIBBLE_OF_NO_CHARACTER = 0xFF


class LegacyColumns:
    """Tickets by DES."""

    last_second = legacy.LAST_SECOND

    def generate(self, subjects: Subjects, seconds: Sequence[int]) -> bytes:
        """See `Columns`."""
        if len(seconds) < MANY:
            return "".join(map(legacy.generate, *_one_by_one(subjects), seconds)).encode()
        coder = _TimeCoder(subjects)
        word = coder.encode(_xor(coder.mask(), _sliced(packed("I", seconds), WORD)))
        return _written(bit_slices.joined(word, len(seconds)))

    def decode(self, subjects: Subjects, tickets: bytes) -> tuple[Sequence[int], Sequence[int]]:
        """See `Columns`."""
        count = len(tickets) // TICKET_LENGTH
        if count < MANY:
            return _decoded_one_by_one(subjects, tickets)
        words, impossible = _read(tickets)
        coder = _TimeCoder(subjects)
        word = _xor(coder.mask(), coder.decode(bit_slices.sliced(words, WORD)))
        seconds = bytearray(WORD * count)
        put(seconds, range(WORD), WORD, bit_slices.joined(word, count))
        return unpacked("I", seconds), impossible


def _one_by_one(subjects: Subjects) -> tuple[Iterator[UserId], Iterator[ApplId], Iterator[LegacyKey]]:
    userids, applids = (cut(names.decode(), NAME_LENGTH) for names in (subjects.userids, subjects.applids))
    keys = (cast("LegacyKey", key) for key, count in subjects.keys for _ in range(count))
    return (UserId(each.rstrip()) for each in userids), (ApplId(each.rstrip()) for each in applids), keys


def _decoded_one_by_one(subjects: Subjects, tickets: bytes) -> tuple[Sequence[int], Sequence[int]]:
    seconds = list(map(legacy.decode, cut(tickets.decode("latin-1"), TICKET_LENGTH), *_one_by_one(subjects)))
    return [second or 0 for second in seconds], [n for n, second in enumerate(seconds) if second is None]


class _TimeCoder:
    """`legacy`'s six rounds over the slices of many words, with a key and a user ID for each."""

    def __init__(self, subjects: Subjects) -> None:
        count = len(subjects.userids) // NAME_LENGTH
        self._subjects = subjects
        self._ones = bit_slices.ones(count)
        self._keys = sliced_des.schedule(_keys(subjects, count))
        pad = _sliced(subjects.userids.translate(to_ebcdic(PAD_BYTE)), NAME_LENGTH)
        pad += bit_slices.constant(PAD_BYTE * (2 * HALF_PAD - NAME_LENGTH), count)
        self._pads = pad[: HALF_PAD * BITS], pad[HALF_PAD * BITS :]

    def mask(self) -> Slices:
        """What the seconds are hidden under."""
        userids, applids, _ = self._subjects
        result1 = self._encrypt(_sliced(userids.translate(to_ebcdic()), NAME_LENGTH))
        result2 = self._encrypt(_xor(result1, _sliced(applids.translate(to_ebcdic()), NAME_LENGTH)))
        return result2[: WORD * BITS]

    def encode(self, word: Slices) -> Slices:
        left, right = word[:HALF], word[HALF:]
        for n, permute in enumerate(_permutations()):
            left, right = right, permute(_xor(left, self._round(n, right)))
        return [*left, *right]

    def decode(self, word: Slices) -> Slices:
        left, right = word[:HALF], word[HALF:]
        for n, unpermute in reversed(list(enumerate(_inverse_permutations()))):
            left, right = _xor(unpermute(right), self._round(n, left)), left
        return [*left, *right]

    def _round(self, n: int, half: Slices) -> Slices:
        return self._encrypt([*half, *self._pads[n % 2]])[:HALF]

    def _encrypt(self, blocks: Slices) -> Slices:
        return sliced_des.encrypt(blocks, self._keys, self._ones)


def _keys(subjects: Subjects, count: int) -> Slices:
    """The slices of the key of each ticket."""
    secrets = [cast("LegacyKey", key).secret * times for key, times in subjects.keys]
    if len(secrets) == 1:
        return bit_slices.constant(secrets[0][:LEGACY_KEY_LENGTH], count)
    return _sliced(b"".join(secrets), LEGACY_KEY_LENGTH)


def _sliced(fields: bytes, width: int) -> list[int]:
    """The slices of fields of so many bytes."""
    return bit_slices.sliced(take(fields, range(width), width), width)


def _xor(one: Slices, other: Slices) -> Slices:
    return list(map(xor, one, other))


@functools.cache
def _permutations() -> list[Selection]:
    return [selection(permutation) for permutation in legacy.PERMUTATIONS]


@functools.cache
def _inverse_permutations() -> list[Selection]:
    bits = range(1, HALF + 1)
    return [selection(permutation.index(bit) + 1 for bit in bits) for permutation in legacy.PERMUTATIONS]


@functools.cache
def _writing_tables() -> tuple[bytes, bytes, bytes]:
    """The low two bits of a byte as the top ones of 6; the high four as the low ones of 6; 6 bits as a character."""
    characters = legacy.ALPHABET.encode()
    return (
        table((byte & 3) << 4 for byte in range(256)),
        table(byte >> 4 for byte in range(256)),
        table(characters[(byte & 0x3F) % 36] for byte in range(256)),
    )


def _written(words: bytes) -> bytes:
    """Columns of 32-bit words as columns of tickets: `legacy.translate`.

    Of two characters that a byte gives, the first is of its high four bits and two bits of the byte before, the ring
    closing; the second is of its own low six bits.
    """
    low_two, high_four, character = _writing_tables()
    quarter = len(words) // 4
    before = words[3 * quarter :] + words[: 3 * quarter]
    first = records.xor(before.translate(low_two), words.translate(high_four)).translate(character)
    tickets = bytearray(2 * len(words))
    put(tickets, range(0, TICKET_LENGTH, 2), TICKET_LENGTH, first)
    put(tickets, range(1, TICKET_LENGTH, 2), TICKET_LENGTH, words.translate(character))
    return bytes(tickets)


@functools.cache
def _reading_tables() -> tuple[bytes, bytes, bytes]:
    """The tables that `_read` needs.

    A character as its value, 0x3F for one of no alphabet; its low two bits as bits 7 and 8; and two such bits of the
    character before with the value of this one as the low four bits of its window, or 0xFF when none fits.
    """
    values = bytearray(b"\x3f" * 256)
    for value, character in enumerate(legacy.ALPHABET.encode()):
        values[character] = value
    nibbles = bytearray([NIBBLE_OF_NO_CHARACTER] * 256)
    for value in range(36):
        for window in {value, value + 36} & set(range(64)):
            nibbles[(window >> 4) << 6 | value] = window & 0xF
    return bytes(values), table((value & 3) << 6 for value in range(256)), bytes(nibbles)


def _read(tickets: bytes) -> tuple[bytes, list[int]]:
    """Columns of tickets as columns of 32-bit words, and where no word is written so: `legacy.untranslate`."""
    value, low_two, nibble = _reading_tables()
    values = take(tickets.translate(value), range(TICKET_LENGTH), TICKET_LENGTH)
    count = len(tickets) // TICKET_LENGTH
    before = values[-count:] + values[:-count]
    nibbles = records.xor(before.translate(low_two), values).translate(nibble)
    impossible: set[int] = set()
    if NIBBLE_OF_NO_CHARACTER in nibbles:
        impossible = {n % count for n, each in enumerate(nibbles) if each == NIBBLE_OF_NO_CHARACTER}
    words = bytearray(WORD * count)
    for n in range(4):
        high, low = (nibbles[k * count : (k + 1) * count] for k in (2 * n, 2 * n + 1))
        words[n * count : (n + 1) * count] = records.xor(high.translate(_times_sixteen()), low)
    return bytes(words), sorted(impossible)


@functools.cache
def _times_sixteen() -> bytes:
    return table(byte << 4 for byte in range(256))
