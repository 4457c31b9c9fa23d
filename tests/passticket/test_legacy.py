"""Legacy tickets against the manual's examples, other people's tickets, and a second way to compute them."""

import warnings
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl import ApplId, InputError, LegacyKey, UserId, decode, generate
from ptktctl.passticket import legacy

NAMES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@#$", min_size=1, max_size=8)
KEYS = st.binary(min_size=8, max_size=8).map(LegacyKey)
SECONDS = st.integers(0, 2**32 - 1)
TICKET_TEXTS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=8, max_size=8)

Vector = tuple[str, str, LegacyKey, int, str]

# The second opinion: the time-coder written down step by step as the manual tells it, with strings of bits
# instead of shifts, and DES from another library (single DES is triple DES with one key three times).
TABLES = """
10  2 12  4 14  6 16  8  9  1 11  3 13  5 15  7
 1 10  3 12 13 16  7 15  9  2 11  4  5 14  8  6
 3 10  1 12 13 16  9 15  7  2 14  4  5 11  8  6
10  4 12  2 14  8 16  6  9  1 13  3 11  5 15  7
 4 10 12  1  8 16 14  5  9  2 13  3 11  7 15  6
 1 16 15 14 13 12 11 10  9  8  7  6  5  4  3  2
"""


def other_des(key: bytes) -> Callable[[bytes], bytes]:
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES

        cipher = Cipher(TripleDES(key * 3), modes.ECB())

    def encrypt(block: bytes) -> bytes:
        encryptor = cipher.encryptor()
        return encryptor.update(block) + encryptor.finalize()

    return encrypt


def bits(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in data)


def unbits(text: str) -> bytes:
    return bytes(int(text[start : start + 8], 2) for start in range(0, len(text), 8))


def xor(left: str, right: str) -> str:
    return "".join("01"[a != b] for a, b in zip(left, right, strict=True))


def second_opinion(userid: str, applid: str, key: bytes, at: int) -> str:
    des = other_des(key)
    result1 = des(userid.ljust(8).encode("cp1140"))
    result2 = des(unbits(xor(bits(result1), bits(applid.ljust(8).encode("cp1140")))))
    word = xor(bits(result2)[:32], f"{at:032b}")
    pad = userid.encode("cp1140") + b"\x55" * (12 - len(userid))
    left, right = word[:16], word[16:]
    for number, line in enumerate(TABLES.split("\n")[1:-1], start=1):
        half_pad = pad[:6] if number % 2 == 1 else pad[6:]
        mixed = xor(left, bits(des(unbits(right) + half_pad))[:16])
        left, right = right, "".join(mixed[int(source) - 1] for source in line.split())
    result = left + right
    windows = [(result[-2:] + result)[start : start + 6] for start in range(0, 32, 4)]
    characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(characters[int(window, 2) % 36] for window in windows)


def test_translation_example_of_the_manual() -> None:
    assert legacy.translate(0x07247F79) == "QHOAH1TV"
    assert legacy.untranslate("QHOAH1TV") == 0x07247F79


def test_published_ticket() -> None:
    key = LegacyKey.from_hex("E001193519561977")
    assert generate("MIKEM", "TSOSYS1", key, at=1111111) == "AEPRRZ3S"
    assert decode("AEPRRZ3S", "MIKEM", "TSOSYS1", key) == 1111111


def test_tickets_of_another_implementation(legacy_vectors: list[Vector]) -> None:
    assert len(legacy_vectors) == 300
    for userid, applid, key, epoch, ticket in legacy_vectors:
        assert generate(userid, applid, key, at=epoch) == ticket
        assert decode(ticket, userid, applid, key) == epoch


@given(NAMES, NAMES, KEYS, SECONDS)
def test_agrees_with_the_second_opinion(userid: str, applid: str, key: LegacyKey, at: int) -> None:
    assert generate(userid, applid, key, at=at) == second_opinion(userid, applid, key.secret, at)


@given(NAMES, NAMES, KEYS, SECONDS)
def test_decode_inverts_generate(userid: str, applid: str, key: LegacyKey, at: int) -> None:
    assert decode(generate(userid, applid, key, at=at), userid, applid, key) == at


@given(TICKET_TEXTS, NAMES, NAMES, KEYS)
def test_what_decodes_is_what_is_generated(ticket: str, userid: str, applid: str, key: LegacyKey) -> None:
    at = decode(ticket, userid, applid, key)
    assert at is None or generate(userid, applid, key, at=at) == ticket


@given(st.integers(0, 2**32 - 1))
def test_every_word_is_written_in_one_way(word: int) -> None:
    assert legacy.untranslate(legacy.translate(word)) == word


@given(TICKET_TEXTS)
def test_a_text_is_a_ticket_only_if_some_word_is_written_so(text: str) -> None:
    word = legacy.untranslate(text)
    assert (word is None) == all(legacy.translate(w) != text for w in consistent_words(text))


def consistent_words(text: str) -> list[int]:
    """Every word whose windows give the text, found by trying both values of each character in turn."""
    values = ["ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".index(character) for character in text]
    words = [0]
    for value in values:
        nibbles = {value & 15, (value + 36) & 15} if value < 28 else {value & 15}
        words = [word << 4 | nibble for word in words for nibble in nibbles]
    return words


@pytest.mark.parametrize(
    "text", ["", "AEPRRZ3", "AEPRRZ3SS", "aeprrz3s", "AEPRRZ3-", "ÄEPRRZ3S", "AEPR RZ3", "A" * 7 + "B"]
)
def test_impossible_texts(text: str) -> None:
    key = LegacyKey.from_hex("E001193519561977")
    assert decode(text, "MIKEM", "TSOSYS1", key) is None


@pytest.mark.parametrize("at", [-1, 2**32])
def test_times_beyond_the_clock_are_refused_with_the_limit(at: int) -> None:
    key = LegacyKey.from_hex("E001193519561977")
    with pytest.raises(InputError, match=r"2\^32-1"):
        generate("MIKEM", "TSOSYS1", key, at=at)


@pytest.mark.parametrize("at", [0, 2**32 - 1])
def test_the_first_and_the_last_second(at: int) -> None:
    key = LegacyKey.from_hex("E001193519561977")
    assert decode(generate("A", "B", key, at=at), "A", "B", key) == at


def test_decoding_takes_eight_des_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    """No scan over the window: the cost is the same for a ticket of any age."""
    from Crypto.Cipher import DES

    blocks: list[bytes] = []
    real = DES.new

    class Counting:
        def __init__(self, key: bytes, mode: int) -> None:
            self._cipher = real(key, mode)

        def encrypt(self, block: bytes) -> bytes:
            blocks.append(block)
            return bytes(self._cipher.encrypt(block))

    monkeypatch.setattr(DES, "new", Counting)
    key = LegacyKey.from_hex("E001193519561977")
    assert legacy.decode("AEPRRZ3S", UserId.parse("MIKEM"), ApplId.parse("TSOSYS1"), key) == 1111111
    assert [len(block) for block in blocks] == [8] * 8
