"""DES on bit slices against the standard's tables, published results and the library's DES."""

from collections.abc import Sequence

import pytest
from Crypto.Cipher import DES
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.passticket import bit_slices, sboxes, sliced_des
from ptktctl.passticket.records import put, take

# FIPS 46-3, Appendix 1: of each S-box the rows for the outer bits 00, 01, 10 and 11; in a row, by the inner four bits.
S_BOXES = """
e4d12fb83a6c5907 0f74e2d1a6cb9538 41e8d62bfc973a50 fc8249175b3ea06d
f18e6b34972dc05a 3d47f28ec01a69b5 0e7ba4d158c6932f d8a13f42b67c05e9
a09e63f51dc7b428 d709346a285ecbf1 d6498f30b12c5ae7 1ad069874fe3b52c
7de3069a1285bc4f d8b56f03472c1ae9 a690cb7df13e5284 3f06a1d8945bc72e
2c417ab6853fd0e9 eb2c47d150fa3986 421bad78f9c5630e b8c71e2d6f09a453
c1af92680d34e75b af427c9561de0b38 9ef528c3704a1db6 432c95fabe17608d
4b2ef08d3c975a61 d0b7491ae35c2f86 14bdc37eaf680592 6bd814a7950fe23c
d2846fb1a93e50c7 1fd8a374c56b0e92 7b419ce206adf358 21e74a8dfc90356b
""".strip().splitlines()

BLOCKS = st.binary(min_size=8, max_size=8)


def encrypted(blocks: Sequence[bytes], keys: Sequence[bytes]) -> list[bytes]:
    """Each block under the key beside it."""
    block_slices, key_slices = (bit_slices.sliced(take(b"".join(each), range(8), 8), 8) for each in (blocks, keys))
    made = sliced_des.encrypt(block_slices, sliced_des.schedule(key_slices), bit_slices.ones(len(blocks)))
    fields = bytearray(8 * len(blocks))
    put(fields, range(8), 8, bit_slices.joined(made, len(blocks)))
    return [bytes(fields[start : start + 8]) for start in range(0, len(fields), 8)]


@pytest.mark.parametrize("number", range(8))
def test_a_circuit_is_the_table_of_its_s_box(number: int) -> None:
    values = range(64)
    ones = 2**64 - 1
    inputs = [sum((value >> bit & 1) << value for value in values) for bit in reversed(range(6))]
    outputs = sboxes.S_BOXES[number](ones, *inputs)
    made = [sum((each >> value & 1) << 3 - n for n, each in enumerate(outputs)) for value in values]
    table = S_BOXES[number].split()
    assert made == [int(table[value >> 4 & 2 | value & 1][value >> 1 & 15], 16) for value in values]


@pytest.mark.parametrize(
    ("key", "block", "result"),
    [
        # NIST SP 800-17, tables A.1 and A.2.
        ("0101010101010101", "8000000000000000", "95f8a5e5dd31d900"),
        ("0101010101010101", "4000000000000000", "dd7f121ca5015619"),
        ("0101010101010101", "0000000000000001", "166b40b44aba4bd6"),
        ("8001010101010101", "0000000000000000", "95a8d72813daa94d"),
        # FIPS 81, table B1.
        ("0123456789abcdef", "4e6f772069732074", "3fa40e8a984d4815"),
    ],
)
def test_published_results(key: str, block: str, result: str) -> None:
    assert encrypted([bytes.fromhex(block)], [bytes.fromhex(key)]) == [bytes.fromhex(result)]


@given(st.lists(st.tuples(BLOCKS, BLOCKS), min_size=1, max_size=40))
def test_blocks_under_keys_of_their_own_are_as_the_library_encrypts_them(pairs: list[tuple[bytes, bytes]]) -> None:
    blocks, keys = zip(*pairs, strict=True)
    assert encrypted(blocks, keys) == [DES.new(key, DES.MODE_ECB).encrypt(block) for block, key in pairs]


@given(BLOCKS, BLOCKS, st.integers(0, 255))
def test_bits_of_parity_do_not_count(block: bytes, key: bytes, parity: int) -> None:
    other = bytes(byte & 0xFE | parity >> n & 1 for n, byte in enumerate(key))
    assert encrypted([block], [key]) == encrypted([block], [other])
