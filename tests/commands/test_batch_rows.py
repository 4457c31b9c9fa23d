"""Rows put together many at a time against the same rows written one by one."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.commands import batch_instants
from ptktctl.commands.batch_instants import Instants
from ptktctl.commands.batch_rows import planes, rows
from ptktctl.commands.wording import instant

DAY = 86_400
TEXTS = st.text("ABC019@#$-", max_size=8)
FIXED = st.text('"{}:, \t', max_size=5)


def written(instants: Instants, seconds: list[int]) -> list[str]:
    return rows([*instants.parts(seconds), "\n"], len(seconds), {}).split("\n")[:-1]


@given(st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 2**48 - 1), max_size=20))
def test_instants_of_any_seconds(seconds: list[int]) -> None:
    assert written(Instants(), seconds) == [instant(second) for second in seconds]


def test_instants_at_both_ends_of_every_day_of_32_bits() -> None:
    seconds = [second for day in range(2**32 // DAY) for second in (day * DAY, day * DAY + DAY - 1)]
    assert written(Instants(), [*seconds, 2**32 - 1]) == [instant(second) for second in [*seconds, 2**32 - 1]]


def test_instants_of_every_second_of_a_day() -> None:
    seconds = list(range(20_000 * DAY, 20_001 * DAY))
    random.Random(6).shuffle(seconds)
    assert written(Instants(), seconds) == [instant(second) for second in seconds]


def test_days_are_forgotten_and_learned_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_instants, "MOST_DAYS", 2)
    instants = Instants()
    for start in (0, 5, 0, 3):
        seconds = [day * DAY + 1 for day in range(start, start + 4)]
        assert written(instants, seconds) == [instant(second) for second in seconds]


@given(
    st.lists(st.tuples(TEXTS, TEXTS), max_size=12),
    st.tuples(FIXED, FIXED, FIXED),
    st.dictionaries(st.integers(0, 11), st.text(max_size=20).filter(lambda text: "\0" not in text)),
)
def test_rows_of_any_parts(texts: list[tuple[str, str]], around: tuple[str, str, str], single: dict[int, str]) -> None:
    single = {position: row for position, row in single.items() if position < len(texts)}
    columns = [
        planes("".join(text.ljust(8, "\0") for text in column).encode(), 8) for column in zip(*texts, strict=True)
    ]
    one, other = columns or (planes(b"", 8), planes(b"", 8))
    start, between, end = around
    expected = [
        single.get(position, f"{start}{first}{between}{second}{end}\n")
        for position, (first, second) in enumerate(texts)
    ]
    assert rows([start, one, between, other, f"{end}\n"], len(texts), single) == "".join(expected)
