import time

import pytest
from Crypto.Protocol import KDF
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.store import sealing
from ptktctl.store.framing import framed
from ptktctl.store.sealing import KeyFileSlot, Passphrase, PassphraseSlot, UnlockKey, unwrap, wrap

KEYS = st.binary(min_size=32, max_size=32)
PARTS = st.lists(st.binary(max_size=5), max_size=5)
DATA_KEY = bytes(range(100, 132))


def flips(data: bytes) -> list[bytes]:
    """The data with each bit in turn the other way round."""
    number = int.from_bytes(data)
    return [(number ^ 1 << bit).to_bytes(len(data)) for bit in range(8 * len(data))]


@given(PARTS, PARTS)
def test_framing_tells_any_two_lists_apart(some: list[bytes], others: list[bytes]) -> None:
    assert (framed(*some) == framed(*others)) == (some == others)


@given(KEYS, st.binary(max_size=300), st.binary(max_size=50))
def test_sealed_opens_again_and_is_aes_gcm_as_others_read_it(key: bytes, clear: bytes, bound: bytes) -> None:
    sealed = sealing.seal(key, clear, bound)
    assert len(sealed) == 12 + len(clear) + 16
    assert sealing.unseal(key, sealed, bound) == clear
    assert AESGCM(key).decrypt(sealed[:12], sealed[12:], bound) == clear
    assert sealing.seal(key, clear, bound) != sealed


def test_no_flipped_bit_of_anything_goes_unnoticed() -> None:
    key, clear, bound = bytes(range(32)), b"8 bytes!", b"what it is for"
    sealed = sealing.seal(key, clear, bound)
    assert not any(sealing.unseal(key, flipped, bound) for flipped in flips(sealed))
    assert not any(sealing.unseal(flipped, sealed, bound) for flipped in flips(key))
    assert not any(sealing.unseal(key, sealed, flipped) for flipped in flips(bound))


@given(KEYS, st.binary(max_size=100))
def test_what_was_never_sealed_does_not_open(key: bytes, junk: bytes) -> None:
    assert sealing.unseal(key, junk, b"") is None


def test_a_passphrase_slot_opens_with_its_passphrase_only() -> None:
    slot = wrap(DATA_KEY, Passphrase(b"correct"), n=16)
    assert unwrap(slot, Passphrase(b"correct")) == DATA_KEY
    assert unwrap(slot, Passphrase(b"Correct")) is None
    assert unwrap(slot, Passphrase(b"correct\n")) is None
    assert unwrap(slot, UnlockKey(b"correct".ljust(32), "/key")) is None


def test_a_passphrase_slot_is_scrypt_as_others_read_it() -> None:
    slot = wrap(DATA_KEY, Passphrase(b"correct"), n=16)
    assert isinstance(slot, PassphraseSlot)
    key = Scrypt(salt=slot.salt, length=32, n=16, r=8, p=1).derive(b"correct")
    bound = framed(b"ptktctl slot 1 passphrase", slot.salt, b"16", b"8", b"1")
    assert AESGCM(key).decrypt(slot.wrapped[:12], slot.wrapped[12:], bound) == DATA_KEY


def test_the_usual_work_is_2_to_the_17() -> None:
    slot = wrap(DATA_KEY, Passphrase(b"correct"))
    assert isinstance(slot, PassphraseSlot)
    assert (slot.n, slot.r, slot.p, len(slot.salt)) == (2**17, 8, 1, 16)
    assert unwrap(slot, Passphrase(b"correct")) == DATA_KEY


def test_no_flipped_bit_of_a_passphrase_slot_goes_unnoticed() -> None:
    slot = wrap(DATA_KEY, Passphrase(b"correct"), n=2)
    assert isinstance(slot, PassphraseSlot)
    changed = [slot.replaced(salt=salt) for salt in flips(slot.salt)]
    changed += [slot.replaced(wrapped=wrapped) for wrapped in flips(slot.wrapped)]
    changed += [slot.replaced(n=4), slot.replaced(r=9), slot.replaced(p=2)]
    assert not any(unwrap(slot, Passphrase(b"correct")) for slot in changed)


def test_an_unlock_key_slot_opens_with_its_key_only(unlock_key: UnlockKey) -> None:
    slot = wrap(DATA_KEY, unlock_key)
    assert isinstance(slot, KeyFileSlot)
    assert slot.path == unlock_key.path
    assert unwrap(slot, unlock_key) == DATA_KEY
    assert unwrap(slot, UnlockKey(unlock_key.value, "/elsewhere")) == DATA_KEY
    assert not any(unwrap(slot, UnlockKey(flipped, "/key")) for flipped in flips(unlock_key.value))
    assert not any(unwrap(slot.replaced(wrapped=wrapped), unlock_key) for wrapped in flips(slot.wrapped))
    assert unwrap(slot, Passphrase(unlock_key.value)) is None


def test_the_kinds_of_slot_are_kept_apart(unlock_key: UnlockKey) -> None:
    """A slot's wrapped key does not open as that of the other kind, even under the same key."""
    slot = PassphraseSlot(b"salt", 2, 8, 1, b"")
    stretched = KDF.scrypt(b"correct", b"salt", 32, 2, 8, 1)
    wrapped = wrap(DATA_KEY, UnlockKey(stretched, "/key")).wrapped
    assert unwrap(slot.replaced(wrapped=wrapped), Passphrase(b"correct")) is None


@pytest.mark.parametrize(
    ("n", "r", "p", "bearable"),
    [
        (2**17, 8, 1, True),
        (2**19, 8, 1, True),
        (2**20, 8, 1, False),
        (2**17, 8, 5, False),
        (2**22, 1, 1, True),
        (2**23, 1, 1, False),
        (3, 8, 1, False),
        (1, 8, 1, False),
        (0, 8, 1, False),
        (-2, 8, 1, False),
        (2**17, 0, 1, False),
        (2**17, 8, 0, False),
        (2**17, -8, -1, False),
        (2**64, 2**64, 2**64, False),
    ],
)
def test_work_without_bound_is_refused_before_it_is_done(n: int, r: int, p: int, bearable: bool) -> None:
    assert sealing.is_bearable(n, r, p) is bearable
    if not bearable:
        began = time.process_time()
        assert unwrap(PassphraseSlot(b"salt", n, r, p, bytes(60)), Passphrase(b"x")) is None
        assert time.process_time() - began < 0.1


def test_the_mac_stands_and_falls_with_key_and_file() -> None:
    body = b"the whole file"
    mac = sealing.mac(DATA_KEY, body)
    assert sealing.is_mac(DATA_KEY, body, mac)
    assert not any(sealing.is_mac(DATA_KEY, body, flipped) for flipped in flips(mac))
    assert not any(sealing.is_mac(DATA_KEY, flipped, mac) for flipped in flips(body))
    assert not any(sealing.is_mac(flipped, body, mac) for flipped in flips(DATA_KEY))
    assert not sealing.is_mac(DATA_KEY, body, b"")


def test_secrets_do_not_show() -> None:
    for secret in (Passphrase(b"correct"), UnlockKey(b"correct", "/key")):
        assert "correct" not in repr(secret) + str(secret) + f"{secret}"
