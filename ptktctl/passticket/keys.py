"""Secured signon keys: the secret that the maker and the checker of a PassTicket share.

A legacy key is a DES key of 8 bytes whose parity bits are not part of it (RACF Security
Administrator's Guide, "Defining profiles in the PTKTDATA class"). An enhanced key is an HMAC key of 32
to 256 bytes ("Storing PassTicket keys encrypted in ICSF"). Neither ever shows its secret in repr().
"""

from __future__ import annotations

import enum
import os
from typing import TYPE_CHECKING, Self

from ptktctl.errors import InputError
from ptktctl.passticket.parity import with_odd_parity, without_parity

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptktctl.passticket.weaknesses import Weakness

LEGACY_KEY_LENGTH = 8
ENHANCED_KEY_MIN = 32
ENHANCED_KEY_MAX = 256
ENHANCED_KEY_RECOMMENDED = 64
HEX_DIGITS = "0123456789abcdefABCDEF"


class TicketType(enum.Enum):
    """The three kinds of PassTicket; UPPER and MIXED are the enhanced ones, as in SSIGNON(TYPE(...))."""

    LEGACY = "legacy"
    UPPER = "upper"
    MIXED = "mixed"


def _from_hex(text: str, what: str) -> bytes:
    """Hexadecimal digits to bytes; the messages count and locate, they never repeat what was given."""
    digits = text.strip()
    for position, digit in enumerate(digits, start=1):
        if digit not in HEX_DIGITS:
            raise InputError(f"the {what}: character {position} is not a hexadecimal digit", "only 0-9 and A-F")
    if len(digits) % 2:
        raise InputError(f"the {what} has {len(digits)} hexadecimal digits", "two digits make a byte")
    return bytes.fromhex(digits)


def _fingerprint(secret: bytes, tag: bytes) -> str:
    import hashlib

    return hashlib.sha256(b"ptktctl fingerprint " + tag + b"\0" + secret).hexdigest()[:8].upper()


class LegacyKey:
    """A secured signon key for legacy PassTickets: 8 bytes. Keys that differ only in parity bits are equal."""

    __slots__ = ("secret",)

    def __init__(self, secret: bytes) -> None:
        """Take the key's 8 bytes.

        Raises:
            InputError: another length.
        """
        if len(secret) != LEGACY_KEY_LENGTH:
            raise InputError(
                f"the legacy key has {2 * len(secret)} hexadecimal digits",
                f"a legacy key has exactly {2 * LEGACY_KEY_LENGTH}",
            )
        self.secret = secret

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """Take a key as 16 hexadecimal digits.

        Raises:
            InputError: not hexadecimal, or not 16 digits. The message never repeats the key.
        """
        return cls(_from_hex(text, "legacy key"))

    @classmethod
    def generate(cls, random_bytes: Callable[[int], bytes] = os.urandom) -> Self:
        """Make a random key with odd parity and without any weakness."""
        while True:
            key = cls(with_odd_parity(random_bytes(LEGACY_KEY_LENGTH)))
            if not key.weaknesses():
                return key

    @property
    def ticket_type(self) -> TicketType:
        """Always LEGACY."""
        return TicketType.LEGACY

    @property
    def without_parity(self) -> bytes:
        """The 8 bytes with the parity bits cleared: what tells two keys apart."""
        return without_parity(self.secret)

    @property
    def fingerprint(self) -> str:
        """8 hexadecimal digits to tell keys apart by eye; equal keys have equal fingerprints."""
        return _fingerprint(self.without_parity, b"legacy")

    def weaknesses(self) -> tuple[Weakness, ...]:
        """What is wrong with the key, parity bits aside where DES leaves them aside; empty for a good one."""
        from ptktctl.passticket import weaknesses

        return weaknesses.of_legacy_key(self.secret)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LegacyKey) and self.without_parity == other.without_parity

    def __hash__(self) -> int:
        return hash(self.without_parity)

    def __repr__(self) -> str:
        return f"LegacyKey(<secret>, fingerprint {self.fingerprint})"


class EnhancedKey:
    """An HMAC key for enhanced PassTickets: 32 to 256 bytes, with the type of ticket it makes."""

    __slots__ = ("secret", "ticket_type")

    def __init__(self, secret: bytes, ticket_type: TicketType = TicketType.MIXED) -> None:
        """Take the key's 32 to 256 bytes and UPPER or MIXED.

        Raises:
            InputError: another length, or the type of legacy tickets.
        """
        if not ENHANCED_KEY_MIN <= len(secret) <= ENHANCED_KEY_MAX:
            raise InputError(
                f"the enhanced key has {len(secret)} bytes",
                f"an enhanced key has {ENHANCED_KEY_MIN} to {ENHANCED_KEY_MAX} bytes, two hexadecimal digits each",
            )
        if ticket_type is TicketType.LEGACY:
            raise InputError("an enhanced key makes UPPER or MIXED tickets, not legacy ones")
        self.secret = secret
        self.ticket_type = ticket_type

    @classmethod
    def from_hex(cls, text: str, ticket_type: TicketType = TicketType.MIXED) -> Self:
        """Take a key as 64 to 512 hexadecimal digits.

        Raises:
            InputError: not hexadecimal, or not 32 to 256 bytes. The message never repeats the key.
        """
        return cls(_from_hex(text, "enhanced key"), ticket_type)

    @classmethod
    def generate(
        cls,
        length: int = ENHANCED_KEY_RECOMMENDED,
        ticket_type: TicketType = TicketType.MIXED,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> Self:
        """Make a random key of `length` bytes, 32 to 256; IBM recommends at least 64."""
        return cls(random_bytes(length), ticket_type)

    @property
    def fingerprint(self) -> str:
        """8 hexadecimal digits to tell keys apart by eye; the ticket type is no part of it."""
        return _fingerprint(self.secret, b"enhanced")

    def weaknesses(self) -> tuple[Weakness, ...]:
        """What is wrong with the key; empty for a good one."""
        from ptktctl.passticket import weaknesses

        return weaknesses.of_enhanced_key(self.secret)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EnhancedKey):
            return False
        return (self.secret, self.ticket_type) == (other.secret, other.ticket_type)

    def __hash__(self) -> int:
        return hash((self.secret, self.ticket_type))

    def __repr__(self) -> str:
        size, kind = len(self.secret), self.ticket_type.value
        return f"EnhancedKey(<secret of {size} bytes>, {kind}, fingerprint {self.fingerprint})"


SecuredSignonKey = LegacyKey | EnhancedKey
