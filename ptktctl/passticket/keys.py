"""Secured signon keys: the secret that the maker and the checker of a PassTicket share.

A legacy key is a DES key of 8 bytes whose parity bits are not part of it (RACF Security
Administrator's Guide, "Defining profiles in the PTKTDATA class"). An enhanced key is an HMAC key of 32
to 256 bytes ("Storing PassTicket keys encrypted in ICSF"). Neither ever shows its secret in repr().
"""

import enum
import os
from collections.abc import Callable
from itertools import pairwise
from typing import Self

from ptktctl.errors import InputError

LEGACY_KEY_LENGTH = 8
ENHANCED_KEY_MIN = 32
ENHANCED_KEY_MAX = 256
ENHANCED_KEY_RECOMMENDED = 64
PARITY_MASK = 0xFEFE_FEFE_FEFE_FEFE
HEX_DIGITS = "0123456789abcdefABCDEF"
# What can be typed as a name or a word in EBCDIC: letters, digits, blank, @ # $.
EBCDIC_TEXT = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 @#$".encode("cp037"))


class TicketType(enum.Enum):
    """The three kinds of PassTicket; UPPER and MIXED are the enhanced ones, as in SSIGNON(TYPE(...))."""

    LEGACY = "legacy"
    UPPER = "upper"
    MIXED = "mixed"


class Weakness(enum.Enum):
    """What makes a key easy to guess, in words that can follow "the key is"."""

    WEAK = "a DES weak key: encrypting twice gives the clear text back"
    SEMI_WEAK = "a DES semi-weak key: another key undoes its encryption"
    PUBLISHED = "a published sample key: everybody has it"
    REPEATED = "a repeated pattern"
    ASCENDING = "an ascending or descending sequence"
    PRINTABLE = "readable text"


# FIPS 74 and NIST SP 800-67: the 4 weak and 12 semi-weak DES keys, here as they are usually printed, with odd parity.
WEAK_KEYS = "0101010101010101 FEFEFEFEFEFEFEFE E0E0E0E0F1F1F1F1 1F1F1F1F0E0E0E0E"
SEMI_WEAK_KEYS = (
    "011F011F010E010E 1F011F010E010E01 01E001E001F101F1 E001E001F101F101 01FE01FE01FE01FE FE01FE01FE01FE01 "
    "1FE01FE00EF10EF1 E01FE01FF10EF10E 1FFE1FFE0EFE0EFE FE1FFE1FFE0EFE0E E0FEE0FEF1FEF1FE FEE0FEE0FEF1FEF1"
)
# Keys printed in manuals, sample jobs and README files of IBM, Broadcom, HCL, Micro Focus, Virtel, Zowe and others.
PUBLISHED_KEYS = (
    "E001193519561977 66F4F9331E095436 C237D18425CFE12D 88DB3EA2824FA972 CACD4AD6D79ECA71 0123456789ABCDEF "
    "123456789ABCDEF0 0102030405060708 E1E2E3E4E5E6E7E8 A1A2A3A4A5A6A7A8 A1B2C3D4E5F6A7B8 4D494B4547495A55"
)


def _without_parity(key: bytes) -> int:
    return int.from_bytes(key) & PARITY_MASK


def _listed(secret: bytes, keys: str) -> bool:
    return any(_without_parity(bytes.fromhex(key)) == _without_parity(secret) for key in keys.split())


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


def _is_repeated(secret: bytes) -> bool:
    digits = secret.hex()
    return any(digits == digits[:period] * (len(digits) // period) for period in (1, 2, 4, 8) if period < len(digits))


def _is_sequence(values: bytes | list[int]) -> bool:
    steps = {later - earlier for earlier, later in pairwise(values)}
    return len(steps) == 1 and steps <= {-17, -1, 1, 17}


def _is_ascending(secret: bytes) -> bool:
    """Bytes that count (01 02 03, 11 22 33), or digits that do (0 1 2 3 ... also round the end, F 0)."""
    digits = [int(digit, 16) for digit in secret.hex()]
    turns = {(later - earlier) % 16 for earlier, later in pairwise(digits)}
    return _is_sequence(secret) or turns in ({1}, {15})


def _is_printable(secret: bytes) -> bool:
    ascii_text = all(0x20 <= byte <= 0x7E for byte in secret)
    return ascii_text or all(byte in EBCDIC_TEXT for byte in secret)


def _patterns(secret: bytes) -> tuple[Weakness, ...]:
    checks = (
        (Weakness.REPEATED, _is_repeated),
        (Weakness.ASCENDING, _is_ascending),
        (Weakness.PRINTABLE, _is_printable),
    )
    return tuple(weakness for weakness, applies in checks if applies(secret))


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
            key = cls(bytes(_odd_parity(byte) for byte in random_bytes(LEGACY_KEY_LENGTH)))
            if not key.weaknesses():
                return key

    @property
    def ticket_type(self) -> TicketType:
        """Always LEGACY."""
        return TicketType.LEGACY

    @property
    def without_parity(self) -> bytes:
        """The 8 bytes with the parity bits cleared: what tells two keys apart."""
        return _without_parity(self.secret).to_bytes(LEGACY_KEY_LENGTH)

    @property
    def fingerprint(self) -> str:
        """8 hexadecimal digits to tell keys apart by eye; equal keys have equal fingerprints."""
        return _fingerprint(self.without_parity, b"legacy")

    def weaknesses(self) -> tuple[Weakness, ...]:
        """What is wrong with the key, parity bits aside where DES leaves them aside; empty for a good one."""
        lists = ((Weakness.WEAK, WEAK_KEYS), (Weakness.SEMI_WEAK, SEMI_WEAK_KEYS), (Weakness.PUBLISHED, PUBLISHED_KEYS))
        found = {weakness for weakness, keys in lists if _listed(self.secret, keys)}
        for form in (self.secret, self.without_parity, bytes(map(_odd_parity, self.secret))):
            found.update(_patterns(form))
        return tuple(weakness for weakness in Weakness if weakness in found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LegacyKey) and self.without_parity == other.without_parity

    def __hash__(self) -> int:
        return hash(self.without_parity)

    def __repr__(self) -> str:
        return f"LegacyKey(<secret>, fingerprint {self.fingerprint})"


def _odd_parity(byte: int) -> int:
    return byte if byte.bit_count() % 2 else byte ^ 1


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
        return _patterns(self.secret)

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
