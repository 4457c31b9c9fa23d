"""What makes a secured signon key easy to guess.

Apart from the keys, because `gen` and `verify` never ask.
"""

import enum
from itertools import pairwise

from ptktctl.passticket.parity import with_odd_parity, without_parity

# What can be typed as a name or a word.
TEXT = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 @#$"


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


def of_legacy_key(secret: bytes) -> tuple[Weakness, ...]:
    """What is wrong with a DES key of 8 bytes, parity bits aside where DES leaves them aside; empty for a good one."""
    lists = ((Weakness.WEAK, WEAK_KEYS), (Weakness.SEMI_WEAK, SEMI_WEAK_KEYS), (Weakness.PUBLISHED, PUBLISHED_KEYS))
    found = {weakness for weakness, keys in lists if _listed(secret, keys)}
    for form in (secret, without_parity(secret), with_odd_parity(secret)):
        found.update(of_enhanced_key(form))
    return tuple(weakness for weakness in Weakness if weakness in found)


def of_enhanced_key(secret: bytes) -> tuple[Weakness, ...]:
    """What is wrong with an HMAC key; empty for a good one."""
    checks = (
        (Weakness.REPEATED, _is_repeated),
        (Weakness.ASCENDING, _is_ascending),
        (Weakness.PRINTABLE, _is_printable),
    )
    return tuple(weakness for weakness, applies in checks if applies(secret))


def _listed(secret: bytes, keys: str) -> bool:
    return any(without_parity(bytes.fromhex(key)) == without_parity(secret) for key in keys.split())


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
    return ascii_text or secret.translate(None, TEXT.encode("cp037")) == b""
