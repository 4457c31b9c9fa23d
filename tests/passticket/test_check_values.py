"""Check values: as others compute them, equal for equal keys, different for a slip."""

import hashlib
import warnings

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from hypothesis import given
from hypothesis import strategies as st

from ptktctl import EnhancedKey, LegacyKey, TicketType
from ptktctl.passticket.check_values import CheckMethod, check_value

DES_KEYS = st.binary(min_size=8, max_size=8)
HMAC_KEYS = st.binary(min_size=32, max_size=256)


@pytest.mark.parametrize(
    ("key", "digits"),
    # The first of eight zero bytes encrypted, as in tables of DES known answers.
    [("0123456789ABCDEF", "D5D44F"), ("0000000000000000", "8CA64D"), ("FFFFFFFFFFFFFFFF", "CAAAAF")],
)
def test_known_answers(key: str, digits: str) -> None:
    assert check_value(LegacyKey.from_hex(key)) == (digits, CheckMethod.ENC_ZERO)


@given(DES_KEYS)
def test_a_legacy_check_value_is_what_others_encrypt_zeros_to(secret: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES

    encryptor = Cipher(TripleDES(secret * 3), modes.ECB()).encryptor()
    assert check_value(LegacyKey(secret)).digits == encryptor.update(bytes(8))[:3].hex().upper()


@given(DES_KEYS, st.binary(min_size=8, max_size=8))
def test_parity_bits_do_not_count(secret: bytes, noise: bytes) -> None:
    other = bytes(byte ^ (bit & 1) for byte, bit in zip(secret, noise, strict=True))
    assert check_value(LegacyKey(secret)) == check_value(LegacyKey(other))


def test_the_pattern_of_an_enhanced_key_is_written_out_byte_by_byte() -> None:
    secret = bytes(range(64))
    # X'03' HMAC, X'0002' MAC, X'0200' = 512 bits.
    expected = hashlib.sha256(bytes.fromhex("0300020200") + secret).hexdigest()[:32].upper()
    assert check_value(EnhancedKey(secret)) == (expected, CheckMethod.SHAVP1)
    assert expected == "DFFE3BA27C1AD1E69AC260D2FF07E2AA"


@given(HMAC_KEYS)
def test_the_length_counts_and_the_ticket_type_does_not(secret: bytes) -> None:
    found = check_value(EnhancedKey(secret))
    assert len(found.digits) == 32
    assert found == check_value(EnhancedKey(secret, TicketType.UPPER))
    if len(secret) < 256:
        assert found != check_value(EnhancedKey(secret + b"\0"))


@given(HMAC_KEYS, st.data())
def test_another_bit_is_another_value(secret: bytes, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(secret) - 1))
    other = (int.from_bytes(secret) ^ 1 << bit).to_bytes(len(secret))
    assert check_value(EnhancedKey(secret)) != check_value(EnhancedKey(other))


def test_it_does_not_hold_the_key() -> None:
    key = LegacyKey.from_hex("9D2CA7F4133E8B60")
    assert key.secret.hex().upper() not in repr(check_value(key))
