"""Public keys that can be read out, private key files, and HPKE as RFC 9180 has it."""

import hmac
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.errors import InputError, StoreDamagedError, StoreError, StoreMissingError, UnsafePermissionsError
from ptktctl.store import handover_recipient
from ptktctl.store.handover_recipient import Identity, PublicKey, create_identity, open_with, read_identity, seal_for

KEYS = st.binary(min_size=32, max_size=32)
DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
ALICE = Identity(bytes(range(32)), "/alice")


def hpke_key_and_nonce(shared: bytes, enc: bytes, recipient: bytes, info: bytes) -> tuple[bytes, bytes]:
    """RFC 9180, 4.1 and 5.1: mode base, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM."""
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x02"

    def extract(salt: bytes, suite_id: bytes, label: bytes, ikm: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite_id + label + ikm, "sha256")

    def expand(prk: bytes, suite_id: bytes, label: bytes, about: bytes, length: int) -> bytes:
        labeled = length.to_bytes(2) + b"HPKE-v1" + suite_id + label + about
        return hmac.digest(prk, labeled + b"\x01", "sha256")[:length]

    secret = expand(extract(b"", kem, b"eae_prk", shared), kem, b"shared_secret", enc + recipient, 32)
    context = b"\x00" + extract(b"", suite, b"psk_id_hash", b"") + extract(b"", suite, b"info_hash", info)
    schedule = extract(secret, suite, b"secret", b"")
    return expand(schedule, suite, b"key", context, 32), expand(schedule, suite, b"base_nonce", context, 12)


@given(KEYS, st.binary(min_size=1, max_size=256), st.binary(max_size=80))
def test_what_is_sealed_is_hpke_as_others_read_it(private: bytes, clear: bytes, bound: bytes) -> None:
    own = Identity(private, "/own")
    sealed = seal_for(own.public, clear, bound)
    assert len(sealed) == 32 + len(clear) + 16
    enc = sealed[:32]
    shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(enc))
    key, nonce = hpke_key_and_nonce(shared, enc, own.public.value, b"ptktctl handover 1")
    assert AESGCM(key).decrypt(nonce, sealed[32:], bound) == clear
    assert open_with(own, sealed, bound) == clear


@given(KEYS)
def test_a_public_key_belongs_to_its_private_key(private: bytes) -> None:
    theirs = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    assert Identity(private, "/own").public == PublicKey(theirs)


def test_only_the_same_key_bound_bytes_and_file_open_it() -> None:
    sealed = seal_for(ALICE.public, b"secret", b"bound")
    number = int.from_bytes(sealed)
    assert open_with(Identity(bytes(32), "/other"), sealed, b"bound") is None
    assert open_with(ALICE, sealed, b"bounds") is None
    for bit in range(8 * len(sealed)):
        # The topmost bit of an X25519 public key does not count for the agreement, but is bound all the same.
        assert open_with(ALICE, (number ^ 1 << bit).to_bytes(len(sealed)), b"bound") is None


@given(st.binary(max_size=100))
def test_junk_does_not_open(junk: bytes) -> None:
    assert open_with(ALICE, junk, b"") is None


# Points of small order (RFC 7748, 6.1): with them everybody would agree on the same secret.
@pytest.mark.parametrize(
    "value",
    [
        bytes(32),
        b"\1" + bytes(31),
        bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    ],
)
def test_a_public_key_that_is_nobody_s(value: bytes) -> None:
    with pytest.raises(InputError, match="nobody's"):
        seal_for(PublicKey(value), b"secret", b"")


@given(KEYS)
def test_a_public_key_as_text(value: bytes) -> None:
    text = str(PublicKey(value))
    assert text.startswith("ptktctl-pub-")
    assert len(text) == 70
    assert PublicKey.parse(text) == PublicKey.parse(f" {text.upper()}\r\n") == PublicKey(value)


@given(KEYS, st.data())
def test_every_typing_slip_is_noticed(value: bytes, data: st.DataObject) -> None:
    text = str(PublicKey(value))
    start = len("ptktctl-pub-")
    position = data.draw(st.integers(start, len(text) - 1))
    others = [digit for digit in DIGITS + "0189-é" if digit != text[position]]
    slips = [text[:position] + data.draw(st.sampled_from(others)) + text[position + 1 :]]
    slips += [text[:position] + text[position + 1 :], text + "a", text[:start]]
    swapped = text[: position - 1] + text[position] + text[position - 1] + text[position + 1 :]
    if position > start and swapped != text:
        slips.append(swapped)
    for slip in slips:
        with pytest.raises(InputError, match="public key"):
            PublicKey.parse(slip)


@given(st.text(max_size=80))
def test_any_text_gets_one_message(text: str) -> None:
    for given_text in (text, "ptktctl-pub-" + text):
        with pytest.raises(InputError) as caught:
            PublicKey.parse(given_text)
        assert caught.value.hint


# Private key files


def test_a_private_key_file_is_made_and_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "identity.key"
    made = create_identity(str(path))
    assert read_identity(str(path)) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert len(path.read_text().splitlines()) == 1
    assert create_identity(str(tmp_path / "another.key")).value != made.value


def test_a_private_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "identity.key"
    create_identity(str(path))
    before = path.read_bytes()
    with pytest.raises(InputError, match="exists already"):
        create_identity(str(path))
    assert path.read_bytes() == before


def test_a_private_key_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError, match="there is no private key file"):
        read_identity(str(tmp_path / "none"))


def test_a_private_key_file_that_others_can_read(tmp_path: Path) -> None:
    path = tmp_path / "identity.key"
    create_identity(str(path))
    path.chmod(0o644)
    with pytest.raises(UnsafePermissionsError, match="others can read"):
        read_identity(str(path))


def test_a_private_key_file_damaged_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "identity.key"
    create_identity(str(path))
    whole = path.read_bytes()
    for position in range(len(whole) - 1):
        for changed in (whole[:position], whole[:position] + b"#" + whole[position + 1 :]):
            path.write_bytes(changed)
            with pytest.raises(StoreDamagedError, match="not a private key file"):
                read_identity(str(path))


@given(st.binary(max_size=100))
def test_any_bytes_as_a_private_key_file(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("junk") / "identity.key"
    for data in (junk, handover_recipient.IDENTITY_START.encode() + junk):
        path.write_bytes(data)
        path.chmod(0o600)
        with pytest.raises(StoreDamagedError, match="not a private key file"):
            read_identity(str(path))


def test_a_folder_as_a_private_key_file(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(StoreError):
        read_identity(str(tmp_path))
