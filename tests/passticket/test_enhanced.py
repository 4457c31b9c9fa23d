"""Enhanced tickets against IBM's sample generator and a second way to compute them."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl import ApplId, EnhancedKey, InputError, TicketType, UserId, decode, generate
from ptktctl.passticket import enhanced

NAMES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@#$", min_size=1, max_size=8)
SECRETS = st.binary(min_size=32, max_size=256)
UPPER = TicketType.UPPER
MIXED = TicketType.MIXED

Vector = tuple[str, str, EnhancedKey, int, str]


def hmac_sha512(key: bytes, message: bytes) -> bytes:
    """RFC 2104 written out."""
    block = (hashlib.sha512(key).digest() if len(key) > 128 else key).ljust(128, b"\0")
    inner = hashlib.sha512(bytes(byte ^ 0x36 for byte in block) + message).digest()
    return hashlib.sha512(bytes(byte ^ 0x5C for byte in block) + inner).digest()


def second_opinion(userid: str, applid: str, secret: bytes, upper: bool, at: int) -> str:
    message = (userid.ljust(8) + applid.ljust(8)).encode("cp1140")
    word = bytes(a ^ b for a, b in zip(hmac_sha512(secret, message)[:6], at.to_bytes(6, "big"), strict=True))
    left, right = word[:3], word[3:]
    for number in b"\1\2\3\4\5\6":
        digest = hmac_sha512(secret, right + bytes([number]) + message)
        mixed = bytes(a ^ b for a, b in zip(left, digest[:3], strict=True))
        if upper and number % 2 == 1:
            mixed = bytes([mixed[0] & 1]) + mixed[1:]
        left, right = right, mixed
    number_of_ticket = int.from_bytes(left + right, "big")
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
    base = 36 if upper else 64
    powers = [base**exponent for exponent in range(7, -1, -1)]
    return "".join(alphabet[number_of_ticket // power % base] for power in powers)


def test_tickets_of_ibms_sample(enhanced_vectors: list[Vector]) -> None:
    assert len(enhanced_vectors) == 300
    assert {vector[2].ticket_type for vector in enhanced_vectors} == {UPPER, MIXED}
    for userid, applid, key, epoch, ticket in enhanced_vectors:
        assert generate(userid, applid, key, at=epoch) == ticket
        assert decode(ticket, userid, applid, key) == epoch


@given(NAMES, NAMES, SECRETS, st.integers(0, 2**41 - 1), st.booleans())
def test_agrees_with_the_second_opinion(userid: str, applid: str, secret: bytes, at: int, upper: bool) -> None:
    key = EnhancedKey(secret, UPPER if upper else MIXED)
    ticket = generate(userid, applid, key, at=at)
    assert ticket == second_opinion(userid, applid, secret, upper, at)
    assert decode(ticket, userid, applid, key) == at


@given(NAMES, NAMES, SECRETS, st.integers(2**41, 2**48 - 1))
def test_mixed_tickets_carry_48_bits(userid: str, applid: str, secret: bytes, at: int) -> None:
    key = EnhancedKey(secret, MIXED)
    assert decode(generate(userid, applid, key, at=at), userid, applid, key) == at


@given(st.integers(0, 36**8 - 1), NAMES, NAMES, SECRETS)
def test_upper_tickets_are_the_numbers_below_2_to_41(number: int, userid: str, applid: str, secret: bytes) -> None:
    digits = ""
    value = number
    for _ in range(8):
        value, digit = divmod(value, 36)
        digits = enhanced.ALPHABET[digit] + digits
    key = EnhancedKey(secret, UPPER)
    at = decode(digits, userid, applid, key)
    assert (at is None) == (number >= 2**41)
    assert at is None or generate(userid, applid, key, at=at) == digits


@pytest.mark.parametrize(
    ("ticket_type", "text"),
    [
        (UPPER, "abcdefgh"),
        (UPPER, "ZZZZZZZZ"),
        (UPPER, "A-_A0000"),
        (MIXED, "abcdefg+"),
        (MIXED, "short"),
        (MIXED, "toolong99"),
    ],
)
def test_impossible_texts(ticket_type: TicketType, text: str) -> None:
    assert decode(text, "IBMUSER", "FEKAPPL", EnhancedKey(bytes(range(32)), ticket_type)) is None


@pytest.mark.parametrize(
    ("ticket_type", "at", "limit"),
    [(UPPER, 2**41, r"2\^41-1"), (MIXED, 2**48, r"2\^48-1"), (UPPER, -1, r"2\^41-1"), (MIXED, -1, r"2\^48-1")],
)
def test_times_beyond_the_ticket_are_refused_with_the_limit(ticket_type: TicketType, at: int, limit: str) -> None:
    with pytest.raises(InputError, match=limit):
        generate("IBMUSER", "FEKAPPL", EnhancedKey(bytes(range(32)), ticket_type), at=at)


def test_decoding_takes_seven_hmac_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    import hmac

    messages: list[bytes] = []
    real = hmac.digest

    def counting(key: bytes, message: bytes, digest: str) -> bytes:
        messages.append(message)
        return real(key, message, digest)

    monkeypatch.setattr(hmac, "digest", counting)
    key = EnhancedKey(bytes(range(32)), MIXED)
    enhanced.decode("00000000", UserId.parse("IBMUSER"), ApplId.parse("FEKAPPL"), key)
    assert [len(message) for message in messages] == [20] * 6 + [16]
