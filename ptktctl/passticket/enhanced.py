"""Enhanced PassTickets: one ticket by HMAC-SHA-512, made and read back.

Source of the algorithm: IBM's sample EnhancedPassTicketGenerator (V1.00); IBM Education Assistant,
z/OS V2.5, "RACF enhanced PassTicket".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.passticket.keys import TicketType

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptktctl.passticket.keys import EnhancedKey
    from ptktctl.passticket.names import ApplId, UserId

TICKET_LENGTH = 8
# Digits, capitals, small letters, hyphen, underscore: 64. Unlike a legacy ticket's, 0 comes before A.
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
BASES = {TicketType.UPPER: 36, TicketType.MIXED: 64}
TIME_BITS = {TicketType.UPPER: 41, TicketType.MIXED: 48}
ROUNDS = 6
HALF = 0xFF_FFFF
# What UPPER keeps of a half in odd rounds, so that the number stays below 2^41 and fits 8 digits of base 36.
UPPER_MASK = 0x1_FFFF


def generate(userid: UserId, applid: ApplId, key: EnhancedKey, at: int) -> str:
    """Make the ticket of the second `at`: 8 characters of the key's ticket type.

    `at` is in epoch seconds, 0 to 2^41-1 for UPPER, to 2^48-1 for MIXED.

    Raises:
        InputError: `at` is outside what the ticket type carries.
    """
    bits = TIME_BITS[key.ticket_type]
    if not 0 <= at < 1 << bits:
        kind = f"an enhanced {key.ticket_type.value.upper()} PassTicket"
        raise InputError(f"time {at} is outside 0 to {2**bits - 1} (2^{bits}-1), the seconds that {kind} can carry")
    coder = _TimeCoder(userid, applid, key)
    return _to_digits(coder.encode(at), BASES[key.ticket_type])


def decode(ticket: str, userid: UserId, applid: ApplId, key: EnhancedKey) -> int | None:
    """Read the second (epoch seconds) back out of a ticket: 7 HMAC operations, whatever its age.

    With a wrong key, user ID or APPLID it is an arbitrary number of 41 or 48 bits. None: the text is no
    PassTicket of the key's type under any key.
    """
    number = _from_digits(ticket, BASES[key.ticket_type])
    if number is None or number >> TIME_BITS[key.ticket_type]:
        return None
    return _TimeCoder(userid, applid, key).decode(number)


def _to_digits(number: int, base: int) -> str:
    digits = []
    for _ in range(TICKET_LENGTH):
        number, digit = divmod(number, base)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def _from_digits(ticket: str, base: int) -> int | None:
    if len(ticket) != TICKET_LENGTH:
        return None
    number = 0
    for character in ticket:
        digit = ALPHABET.find(character, 0, base)
        if digit < 0:
            return None
        number = number * base + digit
    return number


class _TimeCoder:
    """Six Feistel rounds over 48 bits, keyed by the HMAC key, the user ID and the application."""

    __slots__ = ("_bits", "_digest", "_masks", "_names")

    def __init__(self, userid: UserId, applid: ApplId, key: EnhancedKey) -> None:
        self._names = userid.padded + applid.padded
        self._digest = _hmac_sha512(key.secret)
        self._bits = TIME_BITS[key.ticket_type]
        odd = UPPER_MASK if key.ticket_type is TicketType.UPPER else HALF
        self._masks = [odd if n % 2 else HALF for n in range(ROUNDS + 1)]

    def encode(self, at: int) -> int:
        word = at ^ self._time_mask()
        left, right = word >> 24, word & HALF
        for n in range(1, ROUNDS + 1):
            left, right = right, (left ^ self._round(n, right)) & self._masks[n]
        return left << 24 | right

    def decode(self, number: int) -> int:
        # An UPPER ticket's odd halves lost their top 7 bits on the way. Rounds 3 and 5 lost only what was
        # gone already; round 1 lost bits that are known, because the second has at most 41.
        left, right = number >> 24, number & HALF
        for n in range(ROUNDS, 0, -1):
            left, right = (right ^ self._round(n, left)) & self._masks[n], left
        return ((left << 24 | right) ^ self._time_mask()) & (1 << self._bits) - 1

    def _time_mask(self) -> int:
        return int.from_bytes(self._digest(self._names)[:6])

    def _round(self, n: int, half: int) -> int:
        return int.from_bytes(self._digest(half.to_bytes(3) + bytes((n,)) + self._names)[:3])


def _hmac_sha512(secret: bytes) -> Callable[[bytes], bytes]:
    import hmac

    return lambda message: hmac.digest(secret, message, "sha512")
