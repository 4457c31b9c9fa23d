"""Sealing: pure, bytes in and bytes out; no file, no clock.

The construction:

- A **data key**, 32 random bytes made once for a store, seals each secured signon key with AES-256-GCM (NIST SP
  800-38D): a random nonce of 12 bytes, the ciphertext, a tag of 16 bytes, in this order. The associated data binds
  what the entry is for (format, APPLID, group, user, kind), so no entry opens under another name. 96 random bits
  of nonce are enough for 2^32 sealings under one data key (SP 800-38D, 8.3).
- The data key itself lies in one or more **slots**, wrapped by AES-256-GCM in the same way:
  a passphrase slot under scrypt (RFC 7914; N = 2^17, r = 8, p = 1: 128 MB and some tenths of a second a guess),
  with salt and parameters in the slot and bound by it; an unlock key slot directly under 32 random bytes, which need
  no stretching: those of an unlock key file, or of an entry in the keyring of the operating system.
- A **MAC** over the whole file, HMAC-SHA-256 under a key derived from the data key by HMAC-SHA-256, so that entries
  and slots can't be removed, brought back from an older file, or moved.

What this protects: the keys in a stolen file, and against anybody who can write the file but not unlock it. What it
does not: a machine on which somebody else acts as you, and an older file put back as a whole.
"""

import os

from ptktctl.passticket import ciphers
from ptktctl.record import Record
from ptktctl.store.framing import framed

DATA_KEY_LENGTH = 32
NONCE_LENGTH = 12
TAG_LENGTH = 16
SALT_LENGTH = 16
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**17, 8, 1
# N*r*p, hence 128*N*r bytes as well: at most 512 MB and four times the usual work, whatever a file asks for.
MOST_WORK = 2**22

PASSPHRASE_TAG = b"ptktctl slot 1 passphrase"
KEY_FILE_TAG = b"ptktctl slot 1 key file"
KEYRING_TAG = b"ptktctl slot 1 keyring"
MAC_TAG = b"ptktctl keys.toml 1 mac"


class Passphrase(Record):
    """A passphrase, as the bytes of its UTF-8."""

    value: bytes

    def __repr__(self) -> str:
        return "Passphrase(<secret>)"


class UnlockKey(Record):
    """The 32 bytes of an unlock key file, and the absolute path of that file."""

    value: bytes
    path: str

    def __repr__(self) -> str:
        return f"UnlockKey(<secret>, {self.path!r})"


class KeyringKey(Record):
    """The 32 bytes of an unlock key in the operating system's keyring, and the account it is kept under."""

    value: bytes
    account: str

    def __repr__(self) -> str:
        return f"KeyringKey(<secret>, {self.account!r})"


Secret = Passphrase | UnlockKey | KeyringKey


class PassphraseSlot(Record):
    """The data key, wrapped under scrypt(passphrase, salt, n, r, p).

    For a slot of any kind: `number` names it for people as long as it lives, `created` is when it was made, in epoch
    seconds; 0 where that is not known.
    """

    salt: bytes
    n: int
    r: int
    p: int
    wrapped: bytes
    number: int = 0
    created: int = 0


class KeyFileSlot(Record):
    """The data key, wrapped under an unlock key; `path` is where its file was, for convenience only."""

    path: str
    wrapped: bytes
    number: int = 0
    created: int = 0


class KeyringSlot(Record):
    """The data key, wrapped under an unlock key that a keyring keeps under `account`."""

    account: str
    wrapped: bytes
    number: int = 0
    created: int = 0


Slot = PassphraseSlot | KeyFileSlot | KeyringSlot


def new_key() -> bytes:
    """A new data key or unlock key: 32 random bytes."""
    return os.urandom(DATA_KEY_LENGTH)


def seal(key: bytes, clear: bytes, bound: bytes) -> bytes:
    """Encrypt and authenticate under a key of 32 bytes.

    Args:
        bound: what the result belongs to; the same bytes are needed to open it.

    Returns:
        Nonce (12 bytes), ciphertext (as long as `clear`), tag (16 bytes).
    """
    ciphers.prepare()
    from Crypto.Cipher import AES

    nonce = os.urandom(NONCE_LENGTH)
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=TAG_LENGTH)
    ciphertext, tag = cipher.update(bound).encrypt_and_digest(clear)
    return nonce + ciphertext + tag


def unseal(key: bytes, sealed: bytes, bound: bytes) -> bytes | None:
    """Open what `seal` made; None when the key, the bound bytes or the sealed ones are not the same."""
    ciphers.prepare()
    from Crypto.Cipher import AES

    if len(sealed) < NONCE_LENGTH + TAG_LENGTH:
        return None
    nonce, ciphertext, tag = sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:-TAG_LENGTH], sealed[-TAG_LENGTH:]
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=TAG_LENGTH)
    try:
        return cipher.update(bound).decrypt_and_verify(ciphertext, tag)
    except ValueError:
        return None


def wrap(data_key: bytes, secret: Secret, n: int = SCRYPT_N) -> Slot:
    """Make the slot in which a passphrase or an unlock key finds the data key.

    Args:
        n: the cost of scrypt for a passphrase, a power of two.
    """
    if isinstance(secret, UnlockKey):
        return KeyFileSlot(secret.path, seal(secret.value, data_key, framed(KEY_FILE_TAG)))
    if isinstance(secret, KeyringKey):
        return KeyringSlot(secret.account, seal(secret.value, data_key, framed(KEYRING_TAG)))
    salt = os.urandom(SALT_LENGTH)
    bare = PassphraseSlot(salt, n, SCRYPT_R, SCRYPT_P, b"")
    wrapped = seal(_stretch(bare, secret), data_key, _parameters(bare))
    return PassphraseSlot(salt, n, SCRYPT_R, SCRYPT_P, wrapped)


def unwrap(slot: Slot, secret: Secret) -> bytes | None:
    """Get the data key out of a slot; None when the secret is not the slot's, or not of its kind."""
    if isinstance(slot, KeyFileSlot):
        return unseal(secret.value, slot.wrapped, framed(KEY_FILE_TAG)) if isinstance(secret, UnlockKey) else None
    if isinstance(slot, KeyringSlot):
        return unseal(secret.value, slot.wrapped, framed(KEYRING_TAG)) if isinstance(secret, KeyringKey) else None
    if not isinstance(secret, Passphrase) or not is_bearable(slot.n, slot.r, slot.p):
        return None
    return unseal(_stretch(slot, secret), slot.wrapped, _parameters(slot))


def is_bearable(n: int, r: int, p: int) -> bool:
    """Whether scrypt allows the parameters and they ask for no more work and memory than MOST_WORK."""
    is_power_of_two = n > 1 and n & (n - 1) == 0
    return is_power_of_two and r > 0 and p > 0 and n * r * p <= MOST_WORK


def mac(data_key: bytes, body: bytes) -> bytes:
    """Authenticate the whole of a file: 32 bytes."""
    import hmac

    return hmac.digest(hmac.digest(data_key, MAC_TAG, "sha256"), body, "sha256")


def is_mac(data_key: bytes, body: bytes, given: bytes) -> bool:
    """Whether this is the MAC of a file under this data key; in the same time whatever the answer."""
    import hmac

    return hmac.compare_digest(given, mac(data_key, body))


def _stretch(slot: PassphraseSlot, secret: Passphrase) -> bytes:
    from Crypto.Protocol.KDF import scrypt

    return scrypt(secret.value, slot.salt, DATA_KEY_LENGTH, slot.n, slot.r, slot.p)


def _parameters(slot: PassphraseSlot) -> bytes:
    return framed(PASSPHRASE_TAG, slot.salt, *(str(number).encode() for number in (slot.n, slot.r, slot.p)))
