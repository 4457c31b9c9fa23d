"""The recipient of a sealed file: a public key to give away, and the private key that opens what was sealed for it.

The construction is HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. HPKE, because it
is the standard for just this, with a proof and test vectors, and pycryptodome has it; X25519, because its public keys
are short enough for one line that can be read out on a telephone; base mode, because the sender then needs no key.
So it does not say who sealed a file: anybody who has the public key can. That a file is the sender's, people see by
comparing its file check (`handover`); the check value of a legacy key would not do, since a key with the same 24 bits
is found within seconds. HPKE holds against eavesdroppers of today, not against a quantum computer to come, against
which a passphrase (no public key is involved) does.
"""

import os
from typing import TYPE_CHECKING, Self

from ptktctl.errors import InputError, StoreDamagedError, StoreMissingError
from ptktctl.passticket import ciphers
from ptktctl.record import Record
from ptktctl.store import files
from ptktctl.store.tables import base64_of, checksum_of

if TYPE_CHECKING:
    from Crypto.PublicKey.ECC import EccKey

KEY_LENGTH = 32
PUBLIC_START = "ptktctl-pub-"
# 32 bytes of key and 4 of checksum in base32, without its padding.
PUBLIC_DIGITS = 58
CHECK_LENGTH = 4
IDENTITY_START = "PTKTCTL-IDENTITY-1:"
IDENTITY_CHECK_DIGITS = 8
HPKE_INFO = b"ptktctl handover 1"
PUBLIC_HINT = "ask the recipient for what ptktctl key recipient prints there"


class PublicKey(Record):
    """Who can open a file: the 32 bytes of an X25519 public key (RFC 7748)."""

    value: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a public key as text, in any case.

        Raises:
            InputError: it is none, is cut short, or was mistyped.
        """
        digits = text.strip().lower().removeprefix(PUBLIC_START)
        if not text.strip().lower().startswith(PUBLIC_START):
            raise InputError(f"this is not a public key of ptktctl: it does not begin with {PUBLIC_START}", PUBLIC_HINT)
        if len(digits) != PUBLIC_DIGITS:
            raise InputError(
                f"the public key has {len(digits)} characters after {PUBLIC_START}, not {PUBLIC_DIGITS}", PUBLIC_HINT
            )
        value = _from_base32(digits)
        if _text_of(value) != PUBLIC_START + digits:
            raise InputError("the public key was mistyped: its checksum does not match", PUBLIC_HINT)
        return cls(value)

    def __str__(self) -> str:
        return _text_of(self.value)


class Identity(Record):
    """The 32 bytes of an X25519 private key, and the file they lie in."""

    value: bytes
    path: str

    @property
    def public(self) -> PublicKey:
        """What to give to those who are to seal something."""
        return PublicKey(_private(self.value).public_key().export_key(format="raw"))

    def __repr__(self) -> str:
        return f"Identity(<secret>, {self.path!r})"


def create_identity(path: str) -> Identity:
    """Make a private key file: one line of text, mode 0600, on the disk when this returns.

    Raises:
        InputError: there is a file of that name; it stays as it is.
        StoreWriteError: it can't be written.
    """
    path = os.path.abspath(path)
    identity = Identity(os.urandom(KEY_LENGTH), path)
    files.create_private(path, _line(identity.value))
    return identity


def read_identity(path: str) -> Identity:
    """Read a private key file.

    Raises:
        StoreMissingError: there is none.
        StoreDamagedError: it is none, or is damaged.
        UnsafePermissionsError: others can read or write it.
    """
    try:
        data = files.read_outside(path)
    except FileNotFoundError:
        raise StoreMissingError(
            f"there is no private key file {path}", "make one with ptktctl key recipient --create"
        ) from None
    except OSError as error:
        raise StoreMissingError(f"{path} can't be read: {error.strerror}") from None
    value = _value_of(data)
    if len(value) != KEY_LENGTH or _line(value).rstrip() != data.rstrip():
        raise StoreDamagedError(
            f"{path} is not a private key file of ptktctl key recipient, or it is damaged", "bring it back from a copy"
        )
    return Identity(value, path)


def seal_for(public: PublicKey, clear: bytes, bound: bytes) -> bytes:
    """Encrypt so that only the owner of a public key can read it.

    Args:
        bound: what the result belongs to; the same bytes are needed to open it.

    Returns:
        The encapsulated key (32 bytes), the ciphertext (as long as `clear`), the tag (16 bytes).

    Raises:
        InputError: the public key is one with which no secret can be agreed: nobody's.
    """
    ciphers.prepare()
    from Crypto.Protocol import HPKE
    from Crypto.Protocol.DH import import_x25519_public_key

    try:
        receiver = import_x25519_public_key(public.value)
        sender = HPKE.new(receiver_key=receiver, aead_id=HPKE.AEAD.AES256_GCM, info=HPKE_INFO)
    except ValueError:
        raise InputError("nothing can be sealed for this public key: it is nobody's", PUBLIC_HINT) from None
    return sender.enc + sender.seal(clear, auth_data=bound)


def open_with(identity: Identity, sealed: bytes, bound: bytes) -> bytes | None:
    """Open what `seal_for` made; None when the key, the bound bytes or the sealed ones are not the same."""
    ciphers.prepare()
    from Crypto.Protocol import HPKE

    try:
        receiver = HPKE.new(
            receiver_key=_private(identity.value),
            aead_id=HPKE.AEAD.AES256_GCM,
            enc=sealed[:KEY_LENGTH],
            info=HPKE_INFO,
        )
        return receiver.unseal(sealed[KEY_LENGTH:], auth_data=bound)
    except ValueError:
        return None


def _private(value: bytes) -> "EccKey":
    from Crypto.PublicKey import ECC

    return ECC.construct(curve="Curve25519", seed=value)


def _line(value: bytes) -> bytes:
    """What a private key file holds: a known start, base64 of the key, a checksum of the key."""
    return f"{IDENTITY_START}{base64_of(value)}:{checksum_of(value)[:IDENTITY_CHECK_DIGITS]}\n".encode()


def _value_of(line: bytes) -> bytes:
    """The key as far as it can be read; whether the line is right is seen by writing it again."""
    import binascii

    try:
        return binascii.a2b_base64(line[len(IDENTITY_START) :].partition(b":")[0])
    except ValueError:
        return b""


def _text_of(value: bytes) -> str:
    import base64

    return PUBLIC_START + base64.b32encode(value + _check(value)).decode().rstrip("=").lower()


def _from_base32(digits: str) -> bytes:
    """The key as far as it can be read; whether the text is right is seen by writing it again."""
    import base64

    try:
        return base64.b32decode(digits.upper() + "=" * (-len(digits) % 8))[:KEY_LENGTH]
    except ValueError:
        return b""


def _check(value: bytes) -> bytes:
    return bytes.fromhex(checksum_of(PUBLIC_START.encode() + value))[:CHECK_LENGTH]
