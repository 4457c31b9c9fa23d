"""Check values: digits by which two people see that they hold the same key, without telling it to each other.

- A legacy key has the DES key check value (KCV) that key custodians use everywhere: the first 6 hexadecimal digits of
  eight zero bytes encrypted under the key. ICSF shows the same digits: they are the left ones of the 4-byte pattern
  of Key Test with ENC-ZERO ("Key Test (CSNBKYT)", z/OS ICSF Application Programmer's Guide). DES leaves the parity
  bits aside, so keys that differ only there have one check value, as they should.
- An enhanced key has the verification pattern of ICSF's Key Test2 for an HMAC key of type MAC, the "SHAVP1 algorithm"
  of the same guide's appendix: the left 128 bits of SHA-256 over X'03' (HMAC), X'0002' (MAC), the length of the key in
  bits in two bytes, and the key. 32 hexadecimal digits.

What they give away. Nobody computes a key from a check value, but whoever has one can try keys against it without
asking a host. For 32 or more random bytes that is hopeless. For DES it is not: a search through all 2^56 keys, which
an organisation can pay for, leaves one key in 2^24 of them, some 2^32 candidates; with a second value of the kind,
such as the fingerprint (32 bits of SHA-256) or a single PassTicket that somebody saw, about one. So a legacy check
value is for the two who compare it, not for a wiki; and a key that can be guessed (a word, a pattern) is confirmed
by it at once.

What they don't show: that nobody exchanged the key on purpose. Another DES key with the same 24 bits is found within
seconds. They are against slips and mix-ups.
"""

import enum
from typing import NamedTuple

from ptktctl.passticket import ciphers
from ptktctl.passticket.keys import LegacyKey, SecuredSignonKey

KCV_DIGITS = 6
SHAVP1_BYTES = 16
# CCA's constants in a variable-length key token: algorithm HMAC, key type MAC.
HMAC_ALGORITHM, MAC_TYPE = b"\x03", b"\x00\x02"


class CheckMethod(enum.Enum):
    """How a check value was made, in ICSF's words."""

    ENC_ZERO = "ENC-ZERO"
    SHAVP1 = "SHAVP1"


class CheckValue(NamedTuple):
    """A check value.

    Attributes:
        digits: hexadecimal, upper case: 6 under ENC-ZERO, 32 under SHAVP1.
        method: what they are.
    """

    digits: str
    method: CheckMethod


def check_value(key: SecuredSignonKey) -> CheckValue:
    """The check value of a key, or of a part of one, which is a key by its form."""
    if isinstance(key, LegacyKey):
        return CheckValue(_encrypted_zeros(key.secret)[: KCV_DIGITS // 2].hex().upper(), CheckMethod.ENC_ZERO)
    return CheckValue(_shavp1(key.secret).hex().upper(), CheckMethod.SHAVP1)


def _encrypted_zeros(secret: bytes) -> bytes:
    ciphers.prepare()
    from Crypto.Cipher import DES

    return DES.new(secret, DES.MODE_ECB).encrypt(bytes(DES.block_size))  # noqa: S304 - what a KCV is


def _shavp1(secret: bytes) -> bytes:
    import hashlib

    length = (8 * len(secret)).to_bytes(2)
    return hashlib.sha256(HMAC_ALGORITHM + MAC_TYPE + length + secret).digest()[:SHAVP1_BYTES]
