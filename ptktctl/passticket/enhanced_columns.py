"""Enhanced tickets, many at a time: `enhanced` on columns of bytes, and a hash for each ticket and round."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, cast

from ptktctl.passticket import enhanced
from ptktctl.passticket.enhanced import TICKET_LENGTH
from ptktctl.passticket.keys import TicketType
from ptktctl.passticket.names import NAME_LENGTH, to_ebcdic
from ptktctl.passticket.records import cut, packed, put, table, take, unpacked, xor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ptktctl.passticket.columns import Subjects
    from ptktctl.passticket.keys import EnhancedKey

    Digest = Callable[[bytes], bytes]

# Widths in bytes: a 48-bit word, its halves, both names, what is hashed in a round.
WORD = 6
HALF = 3
NAMES = 2 * NAME_LENGTH
MESSAGE = HALF + 1 + NAMES
SHA512_BLOCK = 128
BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class EnhancedColumns:
    """Tickets by HMAC-SHA-512."""

    def __init__(self, ticket_type: TicketType) -> None:
        self._upper = ticket_type is TicketType.UPPER
        self.last_second = (1 << enhanced.TIME_BITS[ticket_type]) - 1

    def generate(self, subjects: Subjects, seconds: Sequence[int]) -> bytes:
        """See `Columns`."""
        coder = _TimeCoder(subjects)
        word = xor(coder.mask(), take(packed("Q", seconds), range(2, 8), 8))
        left, right = word[: len(word) // 2], word[len(word) // 2 :]
        for n in range(1, enhanced.ROUNDS + 1):
            left, right = right, self._masked(n, xor(left, coder.hashed(n, right)))
        return _upper_digits(left + right) if self._upper else _mixed_digits(left + right)

    def decode(self, subjects: Subjects, tickets: bytes) -> tuple[Sequence[int], Sequence[int]]:
        """See `Columns`."""
        coder = _TimeCoder(subjects)
        word, impossible = _upper_number(tickets) if self._upper else _mixed_number(tickets)
        left, right = word[: len(word) // 2], word[len(word) // 2 :]
        for n in range(enhanced.ROUNDS, 0, -1):
            left, right = self._masked(n, xor(right, coder.hashed(n, left))), left
        seconds = xor(left + right, coder.mask())
        return _numbers(_without_top(seconds, WORD) if self._upper else seconds), impossible

    def _masked(self, n: int, half: bytes) -> bytes:
        """What an UPPER ticket keeps of a half in round n: the low 17 of its 24 bits if n is odd."""
        return _without_top(half, HALF) if self._upper and n % 2 else half


class _TimeCoder:
    """What the key and the names of each ticket make of it."""

    def __init__(self, subjects: Subjects) -> None:
        self._digests = [(_hmac_sha512(cast("EnhancedKey", key).secret), count) for key, count in subjects.keys]
        columns = b"".join(
            [
                take(names.translate(to_ebcdic()), range(NAME_LENGTH), NAME_LENGTH)
                for names in (subjects.userids, subjects.applids)
            ]
        )
        count = len(columns) // NAMES
        self._names = bytearray(NAMES * count)
        put(self._names, range(NAMES), NAMES, columns)
        # In a round: the half word in bytes 0 to 2, the round in byte 3, then both names.
        self._messages = bytearray(MESSAGE * count)
        put(self._messages, range(4, MESSAGE), MESSAGE, columns)

    def mask(self) -> bytes:
        """What the seconds are hidden under, as columns; worked out once for equal names."""
        masks: list[bytes] = []
        for digest, names in self._shares(bytes(self._names), NAMES):
            known = {each: digest(each)[:WORD] for each in set(names)}
            masks += map(known.__getitem__, names)
        return take(b"".join(masks), range(WORD), WORD)

    def hashed(self, n: int, half: bytes) -> bytes:
        """What round n makes of columns of halves."""
        put(self._messages, range(4), MESSAGE, half + bytes((n,)) * (len(half) // HALF))
        halves = [
            digest(message)[:HALF]
            for digest, messages in self._shares(bytes(self._messages), MESSAGE)
            for message in messages
        ]
        return take(b"".join(halves), range(HALF), HALF)

    def _shares(self, fields: bytes, width: int) -> Iterator[tuple[Digest, Sequence[bytes]]]:
        start = 0
        for digest, count in self._digests:
            end = start + width * count
            yield digest, cut(fields[start:end], width)
            start = end


def _numbers(columns: bytes) -> Sequence[int]:
    """The values of columns of 48-bit numbers."""
    widened = bytearray(len(columns) // WORD * 8)
    put(widened, range(2, 8), 8, columns)
    return unpacked("Q", widened)


def _without_top(columns: bytes, width: int) -> bytes:
    """Clear all bits but the lowest of the most significant byte of `width`: 24 bits to 17, 48 to 41."""
    count = len(columns) // width
    return columns[:count].translate(_lowest_bit()) + columns[count:]


@functools.cache
def _lowest_bit() -> bytes:
    return table(byte & 1 for byte in range(256))


def _hmac_sha512(secret: bytes) -> Digest:
    """HMAC-SHA-512 under one key, many times over.

    HMAC hashes a block made of the key before the message, and another before that hash (RFC 2104). Both states
    are kept and copied for each message, which halves the time of `hmac.digest`.
    """
    import hashlib

    block = secret if len(secret) <= SHA512_BLOCK else hashlib.sha512(secret).digest()
    padded = block.ljust(SHA512_BLOCK, b"\0")
    inner, outer = (hashlib.sha512(bytes(byte ^ pad for byte in padded)).copy for pad in (0x36, 0x5C))

    def digest(message: bytes) -> bytes:
        within, around = inner(), outer()
        within.update(message)
        around.update(within.digest())
        return around.digest()

    return digest


def _mixed_digits(columns: bytes) -> bytes:
    """Columns of 48-bit numbers as tickets. Base 64 in another alphabet is still base 64: 6 bits a digit."""
    import binascii

    numbers = bytearray(len(columns))
    put(numbers, range(WORD), WORD, columns)
    return binascii.b2a_base64(numbers, newline=False).translate(bytes.maketrans(BASE64, enhanced.ALPHABET.encode()))


def _mixed_number(tickets: bytes) -> tuple[bytes, list[int]]:
    import binascii

    tickets, impossible = _of_alphabet(tickets, enhanced.ALPHABET.encode())
    numbers = binascii.a2b_base64(tickets.translate(bytes.maketrans(enhanced.ALPHABET.encode(), BASE64)))
    return take(numbers, range(WORD), WORD), impossible


def _upper_digits(columns: bytes) -> bytes:
    """Columns of numbers below 2^41 as tickets in base 36, two digits at a time."""
    pairs = _pairs_of_digits()
    digits: list[str] = []
    for number in _numbers(columns):
        high, low = divmod(number, 36**4)
        digits += pairs[high // 1296], pairs[high % 1296], pairs[low // 1296], pairs[low % 1296]
    return "".join(digits).encode()


@functools.cache
def _pairs_of_digits() -> list[str]:
    digits = enhanced.ALPHABET[:36]
    return [high + low for high in digits for low in digits]


def _upper_number(tickets: bytes) -> tuple[bytes, list[int]]:
    tickets, impossible = _of_alphabet(tickets, enhanced.ALPHABET[:36].encode())
    numbers = [int(ticket, 36) for ticket in cut(tickets, TICKET_LENGTH)]
    too_large = [n for n, number in enumerate(numbers) if number >> enhanced.TIME_BITS[TicketType.UPPER]]
    return take(packed("Q", numbers), range(2, 8), 8), impossible + too_large


def _of_alphabet(tickets: bytes, alphabet: bytes) -> tuple[bytes, list[int]]:
    """The tickets with a harmless one in place of each that has another character, and where those are."""
    if not tickets.translate(None, alphabet):
        return tickets, []
    each = cut(tickets, TICKET_LENGTH)
    impossible = [n for n, ticket in enumerate(each) if ticket.translate(None, alphabet)]
    for n in impossible:
        each[n] = alphabet[:1] * TICKET_LENGTH
    return b"".join(each), impossible
