"""Columns of bytes as slices of bits, held against each byte and bit."""

from hypothesis import given
from hypothesis import strategies as st

from ptktctl.passticket import bit_slices


def widened(slices: list[int], column: int, byte: int, count: int) -> int:
    """A byte, gathered from the bits of its column's slices."""
    room = -(-count // 8) * 8
    bits = [slices[8 * column + bit] >> (room - 1 - byte) & 1 for bit in range(8)]
    return int("".join(map(str, bits)), 2)


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.tuples(
            st.just(width), st.lists(st.binary(min_size=width, max_size=width), min_size=1, max_size=70)
        )
    )
)
def test_a_slice_has_one_bit_of_each_byte(case: tuple[int, list[bytes]]) -> None:
    width, fields = case
    columns = b"".join(bytes(field[n] for field in fields) for n in range(width))
    slices = bit_slices.sliced(columns, width)
    assert len(slices) == 8 * width
    assert [bytes(widened(slices, n, at, len(fields)) for n in range(width)) for at in range(len(fields))] == fields
    assert bit_slices.joined(slices, len(fields)) == columns


@given(st.binary(min_size=1, max_size=5), st.integers(1, 70))
def test_the_same_value_in_all_of_a_column(values: bytes, count: int) -> None:
    columns = b"".join(bytes((value,)) * count for value in values)
    assert bit_slices.joined(bit_slices.constant(values, count), count) == columns


@given(st.binary(min_size=1, max_size=70))
def test_ones_negate_a_slice(column: bytes) -> None:
    ones = bit_slices.ones(len(column))
    negated = [each ^ ones for each in bit_slices.sliced(column, 1)]
    assert bit_slices.joined(negated, len(column)) == bytes(byte ^ 0xFF for byte in column)


def test_a_selection_counts_from_one() -> None:
    assert bit_slices.selection([3, 1, 1])([10, 20, 30]) == (30, 10, 10)
