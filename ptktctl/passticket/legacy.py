"""Legacy PassTickets: one ticket by DES, made and read back.

Source of the algorithm: IBM z/VM 7.2, "How the Time-Coder Algorithm Works", and the RACF macros and
interfaces manual's description of the generator. Bits are numbered from 1, the most significant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.passticket import ciphers

if TYPE_CHECKING:
    from ptktctl.passticket.keys import LegacyKey
    from ptktctl.passticket.names import ApplId, UserId

TICKET_LENGTH = 8
LAST_SECOND = 2**32 - 1
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
PAD_BYTE = b"\x55"
HALF_PAD = 6

# Output bit i of round n is input bit PERMUTATIONS[n - 1][i - 1] of the 16.
PERMUTATIONS = (
    (10, 2, 12, 4, 14, 6, 16, 8, 9, 1, 11, 3, 13, 5, 15, 7),
    (1, 10, 3, 12, 13, 16, 7, 15, 9, 2, 11, 4, 5, 14, 8, 6),
    (3, 10, 1, 12, 13, 16, 9, 15, 7, 2, 14, 4, 5, 11, 8, 6),
    (10, 4, 12, 2, 14, 8, 16, 6, 9, 1, 13, 3, 11, 5, 15, 7),
    (4, 10, 12, 1, 8, 16, 14, 5, 9, 2, 13, 3, 11, 7, 15, 6),
    (1, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2),
)


def generate(userid: UserId, applid: ApplId, key: LegacyKey, at: int) -> str:
    """Make the ticket of the second `at` (epoch seconds, 0 to 2^32-1): 8 of A-Z 0-9.

    Raises:
        InputError: `at` is outside what 32 bits carry.
    """
    if not 0 <= at <= LAST_SECOND:
        raise InputError(
            f"time {at} is outside 0 to {LAST_SECOND} (2^32-1), the seconds that a legacy PassTicket can carry"
        )
    coder = _TimeCoder(userid, key)
    return translate(coder.encode(coder.mask(applid) ^ at))


def decode(ticket: str, userid: UserId, applid: ApplId, key: LegacyKey) -> int | None:
    """Read the second (epoch seconds) back out of a ticket: 8 DES operations, whatever its age.

    Every possible ticket carries some second under every key; only its nearness to the clock tells the
    right key from a wrong one. None: the text is no legacy PassTicket under any key.
    """
    word = untranslate(ticket)
    if word is None:
        return None
    coder = _TimeCoder(userid, key)
    return coder.decode(word) ^ coder.mask(applid)


def translate(word: int) -> str:
    """Write a 32-bit word as 8 characters: overlapping windows of 6 bits round the ring, each modulo 36."""
    ring = word << 32 | word
    return "".join(ALPHABET[(ring >> 32 - 4 * n & 0x3F) % 36] for n in range(1, TICKET_LENGTH + 1))


def untranslate(ticket: str) -> int | None:
    """Undo `translate`; None when no 32-bit word is written so.

    A character stands for v or v + 36. Both agree in their low two bits, which are the next window's
    top two; v and v + 36 differ in their own top two, so at most one of them fits.
    """
    if len(ticket) != TICKET_LENGTH:
        return None
    values = [ALPHABET.find(character) for character in ticket]
    if min(values) < 0:
        return None
    word = 0
    for previous, value in zip(values[-1:] + values[:-1], values, strict=True):
        fitting = [window for window in (value, value + 36) if window >> 4 == previous & 3]
        if not fitting:
            return None
        word = word << 4 | fitting[0] & 0xF
    return word


def _permute(value: int, table: tuple[int, ...]) -> int:
    result = 0
    for source in table:
        result = result << 1 | value >> 16 - source & 1
    return result


def _unpermute(value: int, table: tuple[int, ...]) -> int:
    return sum((value >> 15 - position & 1) << 16 - source for position, source in enumerate(table))


class _TimeCoder:
    """Six Feistel rounds over 32 bits, keyed by the secured signon key and the user ID."""

    __slots__ = ("_encrypt", "_pads", "_userid")

    def __init__(self, userid: UserId, key: LegacyKey) -> None:
        ciphers.prepare()
        from Crypto.Cipher import DES

        # ECB on single blocks is what the algorithm asks for; nothing longer is ever encrypted.
        self._encrypt = DES.new(key.secret, DES.MODE_ECB).encrypt  # noqa: S304
        self._userid = userid
        pad = userid.ebcdic.ljust(2 * HALF_PAD, PAD_BYTE)
        self._pads = (pad[:HALF_PAD], pad[HALF_PAD:])

    def mask(self, applid: ApplId) -> int:
        """The left 32 bits of DES(DES(user ID) XOR application): what the second is hidden under."""
        result1 = int.from_bytes(self._encrypt(self._userid.padded))
        result2 = self._encrypt((result1 ^ int.from_bytes(applid.padded)).to_bytes(8))
        return int.from_bytes(result2[:4])

    def encode(self, word: int) -> int:
        left, right = word >> 16, word & 0xFFFF
        for n, table in enumerate(PERMUTATIONS):
            left, right = right, _permute(left ^ self._round(n, right), table)
        return left << 16 | right

    def decode(self, word: int) -> int:
        left, right = word >> 16, word & 0xFFFF
        for n, table in reversed(list(enumerate(PERMUTATIONS))):
            left, right = _unpermute(right, table) ^ self._round(n, left), left
        return left << 16 | right

    def _round(self, n: int, half: int) -> int:
        return int.from_bytes(self._encrypt(half.to_bytes(2) + self._pads[n % 2])[:2])
