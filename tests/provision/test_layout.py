"""Commands cut into lines, and put together again."""

from hypothesis import given
from hypothesis import strategies as st

from ptktctl.provision.layout import Line, fill, words

WORDS = st.lists(
    st.sampled_from(["RDEFINE", "SSIGNON(KEYLABEL(A.B))", "D('A  (B) ''C''')", "X", "(A(B(C)))"]), min_size=1
)


def together(lines: list[Line]) -> str:
    return "".join(f"{line.text}{' ' * line.spaced}" for line in lines)


@given(WORDS.map(" ".join), st.integers(20, 72), st.integers(20, 72))
def test_the_lines_are_the_command(command: str, first: int, rest: int) -> None:
    lines = fill(command, first, rest)
    assert together(lines) == command
    assert len(lines[0].text) <= max(first, *(len(word) for word in words(command)))
    assert all(len(line.text) <= max(rest, 22) for line in lines[1:])
    assert all(line.text for line in lines)
    assert all(line.text.count("'") % 2 == 0 for line in lines)


def test_a_long_word_is_cut_after_a_parenthesis_and_only_then() -> None:
    label = "L" * 64
    assert fill(f"RALTER SSIGNON(KEYLABEL({label}))", 70, 68) == [
        Line("RALTER", True),
        Line("SSIGNON(KEYLABEL(", False),
        Line(f"{label}))", False),
    ]
    assert fill("A B", 1, 1) == [Line("A", True), Line("B", False)]


def test_blanks_within_quotes_stay() -> None:
    assert words("A  D('X  Y' 'IT''S A') B") == ["A", "D('X  Y'", "'IT''S A')", "B"]
