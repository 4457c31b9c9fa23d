"""Key parts: all of them are the key, and fewer are noise."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl import EnhancedKey, LegacyKey, TicketType
from ptktctl.errors import InputError
from ptktctl.passticket.key_parts import combine, split

LEGACY = st.binary(min_size=8, max_size=8).map(LegacyKey)
ENHANCED = st.builds(
    EnhancedKey, st.binary(min_size=32, max_size=256), st.sampled_from([TicketType.UPPER, TicketType.MIXED])
)
COUNTS = st.integers(2, 9)
Key = LegacyKey | EnhancedKey


def is_odd(byte: int) -> bool:
    return byte.bit_count() % 2 == 1


@given(LEGACY | ENHANCED, COUNTS, st.randoms(use_true_random=False))
def test_all_parts_in_any_order_are_the_key(key: Key, count: int, order: random.Random) -> None:
    parts = list(split(key, count))
    assert len(parts) == count
    assert {(type(part), len(part.secret)) for part in parts} == {(type(key), len(key.secret))}
    order.shuffle(parts)
    assert combine(parts) == key


@given(LEGACY, COUNTS)
def test_parity_of_legacy_parts(key: LegacyKey, count: int) -> None:
    """The first odd, the others even: so hardware that only XORs gets odd parity."""
    first, *others = split(key, count)
    assert all(map(is_odd, first.secret))
    assert not any(is_odd(byte) for part in others for byte in part.secret)
    whole = 0
    for part in (first, *others):
        whole ^= int.from_bytes(part.secret)
    assert whole.to_bytes(8) == combine([first, *others]).secret
    assert all(map(is_odd, whole.to_bytes(8)))


@given(LEGACY, LEGACY)
def test_parts_of_any_parity_are_combined(some: LegacyKey, other: LegacyKey) -> None:
    together = combine([some, other])
    expected = bytes(a ^ b for a, b in zip(some.secret, other.secret, strict=True))
    assert together == LegacyKey(expected)
    assert all(map(is_odd, together.secret))


def drawn(strings: list[bytes]) -> Callable[[int], bytes]:
    return lambda length: strings.pop(0)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_any_part_but_the_last_is_what_was_drawn(secret: bytes, one: bytes, two: bytes) -> None:
    """So they do not depend on the key; and the last is the key, encrypted by a one-time pad that was drawn."""
    parts = split(EnhancedKey(secret), 3, drawn([one, two]))
    assert [part.secret for part in parts[:2]] == [one, two]
    pad = int.from_bytes(one) ^ int.from_bytes(two)
    assert int.from_bytes(parts[2].secret) == int.from_bytes(secret) ^ pad


def test_each_division_is_another() -> None:
    key = LegacyKey.from_hex("9D2CA7F4133E8B60")
    assert len({part.secret for _ in range(20) for part in split(key, 2)}) == 40


@pytest.mark.parametrize("count", [-1, 0, 1, 10])
def test_too_few_or_too_many(count: int) -> None:
    with pytest.raises(InputError, match="key parts"):
        split(LegacyKey(bytes(8)), count)


def test_what_can_not_be_combined() -> None:
    legacy, short, long = LegacyKey(bytes(8)), EnhancedKey(bytes(32)), EnhancedKey(bytes(33))
    refused: list[list[Key]] = [[], [legacy], [legacy, short], [short, long]]
    for parts in refused:
        with pytest.raises(InputError, match="part"):
            combine(parts)
