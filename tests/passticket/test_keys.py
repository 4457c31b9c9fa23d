"""Keys: reading, telling apart, recognising bad ones, never showing the secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl import EnhancedKey, InputError, LegacyKey, TicketType, Weakness, generate
from ptktctl.passticket import weaknesses

SECRETS = st.binary(min_size=8, max_size=8)


@given(SECRETS, st.integers(0, 255))
def test_keys_that_differ_in_parity_only_are_one_key(secret: bytes, parity: int) -> None:
    other = bytes(byte ^ (parity >> position & 1) for position, byte in enumerate(secret))
    left, right = LegacyKey(secret), LegacyKey(other)
    assert left == right
    assert hash(left) == hash(right)
    assert left.fingerprint == right.fingerprint
    assert left.weaknesses() == right.weaknesses()
    assert generate("IBMUSER", "FEKAPPL", left, at=1) == generate("IBMUSER", "FEKAPPL", right, at=1)


@given(SECRETS, SECRETS)
def test_other_keys_are_other_keys(one: bytes, two: bytes) -> None:
    same = all(a & 0xFE == b & 0xFE for a, b in zip(one, two, strict=True))
    assert (LegacyKey(one) == LegacyKey(two)) == same


@pytest.mark.parametrize("text", weaknesses.WEAK_KEYS.split())
def test_weak_keys_undo_themselves_and_are_recognised(text: str) -> None:
    from Crypto.Cipher import DES

    key = LegacyKey.from_hex(text)
    twice = DES.new(key.secret, DES.MODE_ECB).encrypt(DES.new(key.secret, DES.MODE_ECB).encrypt(b"8 bytes."))
    assert twice == b"8 bytes."
    assert Weakness.WEAK in key.weaknesses()


@pytest.mark.parametrize("text", weaknesses.SEMI_WEAK_KEYS.split())
def test_semi_weak_keys_come_in_pairs_and_are_recognised(text: str) -> None:
    from Crypto.Cipher import DES

    once = DES.new(bytes.fromhex(text), DES.MODE_ECB).encrypt(b"8 bytes.")
    partners = [
        DES.new(bytes.fromhex(other), DES.MODE_ECB).encrypt(once) for other in weaknesses.SEMI_WEAK_KEYS.split()
    ]
    assert b"8 bytes." in partners
    assert Weakness.SEMI_WEAK in LegacyKey.from_hex(text).weaknesses()


@pytest.mark.parametrize(
    ("text", "weakness"),
    [
        ("e001193519561977", Weakness.PUBLISHED),
        ("E101183418571876", Weakness.PUBLISHED),  # the same but for parity bits
        ("0000000000000000", Weakness.WEAK),
        ("AAAAAAAAAAAAAAAA", Weakness.REPEATED),
        ("1234123412341234", Weakness.REPEATED),
        ("9ABCDEF012345678", Weakness.ASCENDING),
        ("FEDCBA9876543210", Weakness.ASCENDING),
        ("2122232425262728", Weakness.ASCENDING),
        ("5041535357305244", Weakness.PRINTABLE),  # PASSW0RD in ASCII
        ("D7C1E2E2E6F0D9C4", Weakness.PRINTABLE),  # PASSW0RD in EBCDIC
    ],
)
def test_bad_keys_are_recognised(text: str, weakness: Weakness) -> None:
    assert weakness in LegacyKey.from_hex(text).weaknesses()


def test_a_good_key_has_no_weakness() -> None:
    assert LegacyKey.from_hex("9D3AC68F40B751E2").weaknesses() == ()


def test_generated_keys_have_odd_parity_and_no_weakness() -> None:
    for _ in range(200):
        key = LegacyKey.generate()
        assert all(byte.bit_count() % 2 for byte in key.secret)
        assert key.weaknesses() == ()


def test_a_weak_draw_is_drawn_again() -> None:
    draws = iter([bytes(8), b"\xff" * 8, b"PASSW0RD", bytes.fromhex("9D3AC68F40B751E2")])
    assert LegacyKey.generate(lambda _: next(draws)) == LegacyKey.from_hex("9D3AC68F40B751E2")


@pytest.mark.parametrize("length", [32, 64, 256])
def test_enhanced_keys_have_32_to_256_bytes(length: int) -> None:
    key = EnhancedKey.generate(length, TicketType.UPPER)
    assert len(key.secret) == length
    assert EnhancedKey.from_hex(key.secret.hex(), TicketType.UPPER) == key


@pytest.mark.parametrize("length", [0, 31, 257])
def test_enhanced_keys_of_other_lengths_are_refused(length: int) -> None:
    with pytest.raises(InputError, match=f"{length} bytes"):
        EnhancedKey(bytes(length))


def test_an_enhanced_key_makes_no_legacy_tickets() -> None:
    with pytest.raises(InputError, match="legacy"):
        EnhancedKey(bytes(range(32)), TicketType.LEGACY)


@pytest.mark.parametrize(
    "text", ["E00119351956197", "E0011935195619777", "E00119351956197G", "", "E0 0119351956197", "９" * 16]
)
def test_malformed_keys_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(InputError) as caught:
        LegacyKey.from_hex(text)
    assert "legacy key" in caught.value.message
    assert text[:6] not in caught.value.message or not text


@given(st.text(max_size=40))
def test_any_text_is_a_key_or_is_refused(text: str) -> None:
    try:
        key = LegacyKey.from_hex(text)
    except InputError:
        return
    assert key.secret.hex() == text.strip().lower()


def test_the_secret_never_shows() -> None:
    secret = "9D3AC68F40B751E2"
    for key in (LegacyKey.from_hex(secret), EnhancedKey.from_hex(secret * 8)):
        for text in (repr(key), str(key), f"{key}", repr([key])):
            assert "9d3ac6" not in text.lower()
            assert key.fingerprint in text


def test_evaluations_do_not_show_it_either() -> None:
    from ptktctl import evaluate

    key = LegacyKey.from_hex("9D3AC68F40B751E2")
    shown = repr(evaluate(generate("A", "B", key, at=5), "A", "B", key, at=5))
    assert "9d3ac6" not in shown.lower()
    assert str(key.secret) not in shown
