"""Many tickets at once, by the same rules as `legacy` and `enhanced`, but without a Python step for every ticket.

The trick is to turn the batch on its side. One ticket's 16-bit half is two bytes; the halves of n tickets are a
*column*: all n high bytes, then all n low bytes. Then

- a round's DES is one `encrypt` call on n blocks, for ECB treats every block alone;
- XOR of two columns is one call; so is OR, where no bit is set in both;
- whatever maps a byte to a byte (a permutation's share of it, a digit of the ticket) is one `bytes.translate`;
- `column[k::8]` takes byte k out of every block of 8, and `blocks[k::8] = column` puts it there.

A permutation of 16 bits is not a map of bytes, but it is an XOR of four: where the high byte's bits land in the new
high and in the new low byte, and the same for the low byte's.

What depends on the key, the user ID and the APPLID alone is worked out once and kept as a *seed*: the mask that the
second is hidden under, and what the rounds mix in of the names. A batch of tickets is then its seeds, one after
another, and its seconds. The tickets of several keys share all steps but the ciphers, which `in_turn` puts together.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ptktctl.passticket import ciphers, enhanced, legacy
from ptktctl.passticket.keys import TicketType
from ptktctl.passticket.names import EBCDIC, NAME_CHARACTERS, NAME_LENGTH
from ptktctl.passticket.records import packed, put, table, take, unpacked, xor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.passticket.keys import SecuredSignonKey

# From a column of messages of equal width to the column of their results.
Cipher = Callable[[bytes], bytes]

TICKET_LENGTH = 8
# Eight characters that no alphabet has: stands in a column for a text of another length.
NO_TICKET = b"????????"
# Widths in bytes. Legacy: a DES block, a seed of two blocks. Enhanced: a 48-bit word, its halves, what is hashed.
BLOCK = 8
MASK = 6
HALF = 3
NAMES = 2 * NAME_LENGTH
SEED = MASK + NAMES
MESSAGE = HALF + 1 + NAMES
SHA512_BLOCK = 128
BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
NIBBLE_OF_NO_CHARACTER = 0xFF


class Columns(Protocol):
    """Tickets of one kind, many at a time.

    Columns of names are ASCII in capitals, each padded with blanks to 8 bytes, one after another; seconds are epoch
    seconds.
    """

    last_second: int

    def ciphers(self, key: SecuredSignonKey) -> tuple[Cipher, Cipher]:
        """What `generate` and `decode` use of a key, and what `seeds` does."""

    def seeds(self, userids: bytes, applids: bytes, cipher: Cipher) -> list[bytes]:
        """The seed of each user ID with the APPLID beside it."""

    def generate(self, seeds: bytes, seconds: Sequence[int], cipher: Cipher) -> bytes:
        """Make a ticket for each seed and second (0 to `last_second`): a column of 8 ASCII characters each."""

    def decode(self, tickets: bytes, seeds: bytes, cipher: Cipher) -> tuple[Sequence[int], Sequence[int]]:
        """Read the second out of each ticket of 8 bytes, and find the positions of what is no ticket of this kind."""


@functools.cache
def columns_of(ticket_type: TicketType) -> Columns:
    """The columns of a kind of ticket; `key.ticket_type` says which a key makes."""
    return _LegacyColumns() if ticket_type is TicketType.LEGACY else _EnhancedColumns(ticket_type)


def in_turn(parts: Sequence[tuple[Cipher, int]]) -> Cipher:
    """One cipher of several: the first for so many messages of a column, the second for the next, and so on."""
    if len(parts) == 1:
        return parts[0][0]
    total = sum(count for _, count in parts)

    def cipher(column: bytes) -> bytes:
        width, start, results = len(column) // total, 0, []
        for part, count in parts:
            end = start + width * count
            results.append(part(column[start:end]))
            start = end
        return b"".join(results)

    return cipher


@functools.cache
def _to_ebcdic() -> bytes:
    names = NAME_CHARACTERS + " "
    return bytes.maketrans(names.encode(), names.encode(EBCDIC))


@functools.cache
def _to_pads() -> bytes:
    """Names to EBCDIC, but for the blanks after them, which become what legacy tickets pad the user ID with."""
    names = NAME_CHARACTERS.encode() + b" "
    return bytes.maketrans(names, NAME_CHARACTERS.encode(EBCDIC) + legacy.PAD_BYTE)


class _LegacyColumns:
    """DES. A seed is the two blocks of the rounds, odd and even, each with half of the mask where half words go."""

    last_second = legacy.LAST_SECOND

    def ciphers(self, key: SecuredSignonKey) -> tuple[Cipher, Cipher]:
        ciphers.prepare()
        from Crypto.Cipher import DES

        # ECB on independent blocks is what the algorithm asks for: every block is another ticket's.
        encrypt = DES.new(key.secret, DES.MODE_ECB).encrypt  # noqa: S304
        return encrypt, encrypt

    def seeds(self, userids: bytes, applids: bytes, cipher: Cipher) -> list[bytes]:
        masks = cipher(xor(cipher(userids.translate(_to_ebcdic())), applids.translate(_to_ebcdic())))
        seeds = bytearray((legacy.PAD_BYTE * 2 * BLOCK) * (len(userids) // NAME_LENGTH))
        for half, start in enumerate((0, BLOCK)):
            mask = take(masks, range(2 * half, 2 * half + 2), BLOCK)
            put(seeds, range(start, start + 2), 2 * BLOCK, mask)
        # The blocks have the user ID from byte 2 on: 6 characters in the odd rounds', what is left in the even ones'.
        pads = userids.translate(_to_pads())
        for character in range(NAME_LENGTH):
            block, place = divmod(character, legacy.HALF_PAD)
            seeds[block * BLOCK + 2 + place :: 2 * BLOCK] = pads[character::NAME_LENGTH]
        return _records(bytes(seeds), 2 * BLOCK)

    def generate(self, seeds: bytes, seconds: Sequence[int], cipher: Cipher) -> bytes:
        blocks = _round_blocks(seeds)
        words = packed("I", seconds)
        left, right = (
            xor(take(bytes(block), range(2), BLOCK), take(words, range(2 * half, 2 * half + 2), 4))
            for half, block in enumerate(blocks)
        )
        for n, tables in enumerate(_permutations()):
            left, right = right, _permuted(xor(left, _des_round(blocks[n % 2], right, cipher)), tables)
        return _written(left + right)

    def decode(self, tickets: bytes, seeds: bytes, cipher: Cipher) -> tuple[Sequence[int], Sequence[int]]:
        blocks = _round_blocks(seeds)
        masks = [take(bytes(block), range(2), BLOCK) for block in blocks]
        words, impossible = _read(tickets)
        left, right = words[: len(words) // 2], words[len(words) // 2 :]
        for n, tables in reversed(list(enumerate(_inverse_permutations()))):
            left, right = xor(_permuted(right, tables), _des_round(blocks[n % 2], left, cipher)), left
        seconds = bytearray(len(words))
        put(seconds, range(4), 4, xor(left + right, b"".join(masks)))
        return unpacked("I", seconds), impossible


def _records(column: bytes, width: int) -> list[bytes]:
    return [column[start : start + width] for start in range(0, len(column), width)]


def _round_blocks(seeds: bytes) -> tuple[bytearray, bytearray]:
    """The blocks of the odd and of the even rounds; bytes 0 and 1 of each are the half word's to fill."""
    halves = memoryview(seeds).cast("Q")
    return bytearray(halves[0::2].tobytes()), bytearray(halves[1::2].tobytes())


def _des_round(blocks: bytearray, half: bytes, cipher: Cipher) -> bytes:
    put(blocks, range(2), BLOCK, half)
    return take(cipher(bytes(blocks)), range(2), BLOCK)


def _permuted(half: bytes, tables: tuple[bytes, bytes, bytes, bytes]) -> bytes:
    high_to_high, high_to_low, low_to_high, low_to_low = tables
    high, low = half[: len(half) // 2], half[len(half) // 2 :]
    return xor(
        high.translate(high_to_high) + high.translate(high_to_low),
        low.translate(low_to_high) + low.translate(low_to_low),
    )


@functools.cache
def _permutations() -> list[tuple[bytes, bytes, bytes, bytes]]:
    return [_permutation_tables(permutation) for permutation in legacy.PERMUTATIONS]


@functools.cache
def _inverse_permutations() -> list[tuple[bytes, bytes, bytes, bytes]]:
    inverses = [[permutation.index(bit) + 1 for bit in range(1, 17)] for permutation in legacy.PERMUTATIONS]
    return [_permutation_tables(inverse) for inverse in inverses]


def _permutation_tables(permutation: Sequence[int]) -> tuple[bytes, bytes, bytes, bytes]:
    """Where a byte's bits land: of the high byte in the high and the low one, then of the low byte likewise."""
    target = {source: 16 - position for position, source in enumerate(permutation, start=1)}
    high = _images([1 << target[16 - bit] for bit in range(8, 16)])
    low = _images([1 << target[16 - bit] for bit in range(8)])
    return table(v >> 8 for v in high), table(high), table(v >> 8 for v in low), table(low)


def _images(bits: Sequence[int]) -> list[int]:
    """What each of 256 bytes becomes when bit k, counted from the lowest, becomes bits[k]."""
    images = [0]
    for bit in bits:
        images += [image | bit for image in images]
    return images


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
    first = xor(before.translate(low_two), words.translate(high_four)).translate(character)
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
    nibbles = xor(before.translate(low_two), values).translate(nibble)
    impossible: set[int] = set()
    if NIBBLE_OF_NO_CHARACTER in nibbles:
        impossible = {n % count for n, each in enumerate(nibbles) if each == NIBBLE_OF_NO_CHARACTER}
    words = bytearray(4 * count)
    for n in range(4):
        high, low = (nibbles[k * count : (k + 1) * count] for k in (2 * n, 2 * n + 1))
        words[n * count : (n + 1) * count] = xor(high.translate(_times_sixteen()), low)
    return bytes(words), sorted(impossible)


@functools.cache
def _times_sixteen() -> bytes:
    return table(byte << 4 for byte in range(256))


class _EnhancedColumns:
    """HMAC-SHA-512. A seed is the mask of the second, 6 bytes, and both names, 16 bytes."""

    def __init__(self, ticket_type: TicketType) -> None:
        self._upper = ticket_type is TicketType.UPPER
        self.last_second = (1 << enhanced.TIME_BITS[ticket_type]) - 1

    def ciphers(self, key: SecuredSignonKey) -> tuple[Cipher, Cipher]:
        digest = _hmac_sha512(key.secret)
        return (
            lambda column: b"".join([digest(message)[:HALF] for message in _records(column, MESSAGE)]),
            lambda column: b"".join([digest(names)[:MASK] for names in _records(column, NAMES)]),
        )

    def seeds(self, userids: bytes, applids: bytes, cipher: Cipher) -> list[bytes]:
        names = bytearray(2 * len(userids))
        for start, column in ((0, userids), (NAME_LENGTH, applids)):
            ebcdic = column.translate(_to_ebcdic())
            for character in range(NAME_LENGTH):
                names[start + character :: NAMES] = ebcdic[character::NAME_LENGTH]
        masks = _records(cipher(bytes(names)), MASK)
        return [mask + each for mask, each in zip(masks, _records(bytes(names), NAMES), strict=True)]

    def generate(self, seeds: bytes, seconds: Sequence[int], cipher: Cipher) -> bytes:
        messages = _messages(seeds)
        word = xor(take(seeds, range(MASK), SEED), take(packed("Q", seconds), range(2, 8), 8))
        left, right = word[: len(word) // 2], word[len(word) // 2 :]
        for n in range(1, enhanced.ROUNDS + 1):
            left, right = right, self._masked(n, xor(left, _hmac_round(n, messages, right, cipher)))
        return _upper_digits(left + right) if self._upper else _mixed_digits(left + right)

    def decode(self, tickets: bytes, seeds: bytes, cipher: Cipher) -> tuple[Sequence[int], Sequence[int]]:
        messages = _messages(seeds)
        word, impossible = _upper_number(tickets) if self._upper else _mixed_number(tickets)
        left, right = word[: len(word) // 2], word[len(word) // 2 :]
        for n in range(enhanced.ROUNDS, 0, -1):
            left, right = self._masked(n, xor(right, _hmac_round(n, messages, left, cipher))), left
        seconds = xor(left + right, take(seeds, range(MASK), SEED))
        return _numbers(_without_top(seconds, MASK) if self._upper else seconds), impossible

    def _masked(self, n: int, half: bytes) -> bytes:
        """What an UPPER ticket keeps of a half in round n: the low 17 of its 24 bits if n is odd."""
        return _without_top(half, HALF) if self._upper and n % 2 else half


def _numbers(columns: bytes) -> Sequence[int]:
    """The values of columns of 48-bit numbers."""
    widened = bytearray(len(columns) // MASK * 8)
    put(widened, range(2, 8), 8, columns)
    return unpacked("Q", widened)


def _without_top(columns: bytes, width: int) -> bytes:
    """Clear all bits but the lowest of the most significant byte of `width`: 24 bits to 17, 48 to 41."""
    count = len(columns) // width
    return columns[:count].translate(_lowest_bit()) + columns[count:]


@functools.cache
def _lowest_bit() -> bytes:
    return table(byte & 1 for byte in range(256))


def _hmac_sha512(secret: bytes) -> Callable[[bytes], bytes]:
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


def _messages(seeds: bytes) -> bytearray:
    """The messages of the rounds: the half word in bytes 0 to 2, the round in byte 3, then both names."""
    messages = bytearray(len(seeds) // SEED * MESSAGE)
    put(messages, range(4, MESSAGE), MESSAGE, take(seeds, range(MASK, SEED), SEED))
    return messages


def _hmac_round(n: int, messages: bytearray, half: bytes, cipher: Cipher) -> bytes:
    put(messages, range(4), MESSAGE, half + bytes((n,)) * (len(half) // HALF))
    return take(cipher(bytes(messages)), range(HALF), HALF)


def _mixed_digits(columns: bytes) -> bytes:
    """Columns of 48-bit numbers as tickets. Base 64 in another alphabet is still base 64: 6 bits a digit."""
    import binascii

    numbers = bytearray(len(columns))
    put(numbers, range(MASK), MASK, columns)
    return binascii.b2a_base64(numbers, newline=False).translate(bytes.maketrans(BASE64, enhanced.ALPHABET.encode()))


def _mixed_number(tickets: bytes) -> tuple[bytes, list[int]]:
    import binascii

    tickets, impossible = _of_alphabet(tickets, enhanced.ALPHABET.encode())
    numbers = binascii.a2b_base64(tickets.translate(bytes.maketrans(enhanced.ALPHABET.encode(), BASE64)))
    return take(numbers, range(MASK), MASK), impossible


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
    numbers = [int(ticket, 36) for ticket in _records(tickets, TICKET_LENGTH)]
    too_large = [n for n, number in enumerate(numbers) if number >> enhanced.TIME_BITS[TicketType.UPPER]]
    return take(packed("Q", numbers), range(2, 8), 8), impossible + too_large


def _of_alphabet(tickets: bytes, alphabet: bytes) -> tuple[bytes, list[int]]:
    """The tickets with a harmless one in place of each that has another character, and where those are."""
    if not tickets.translate(None, alphabet):
        return tickets, []
    each = _records(tickets, TICKET_LENGTH)
    impossible = [n for n, ticket in enumerate(each) if ticket.translate(None, alphabet)]
    for n in impossible:
        each[n] = alphabet[:1] * TICKET_LENGTH
    return b"".join(each), impossible
