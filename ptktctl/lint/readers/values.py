"""What shell variables hold after their assignments, and where in the file each character of it stands.

Values share the older values they are made of, so that a thousand appended options take a thousand small
steps. Writing one out is bounded by the size of the file: what would grow beyond it stays unknown.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.lint.readers.shell import Kind, Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Stand in a value for what can't be known: lone surrogates, which no decoded file holds.
UNSET = "\ud800"  # a variable that the file has not set: nothing, unless the environment sets it
OPAQUE = "\ud801"  # what only running the shell could tell
LEAST_ALLOWANCE = 1 << 18


class Fragment(NamedTuple):
    """Characters, and the stretch of the files, one after the other, that they come from."""

    text: str
    start: int
    end: int


class Value(NamedTuple):
    """What a variable holds.

    Attributes:
        parts: fragments, and older values.
        length: the number of characters.
        empty: whether it holds nothing, as long as the environment sets none of the variables that the file does not.
    """

    parts: tuple[Fragment | Value, ...]
    length: int
    empty: bool


class Text(NamedTuple):
    """A value written out: its characters, the fragments they come from, and where in it each fragment begins."""

    characters: str
    fragments: list[Fragment]
    starts: list[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the file where characters[start:end], not empty, come from.

        When they come from several places, the part of the first place that belongs to them.
        """
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, end - 1) - 1
        opening = self._start_of(first, start)
        closing = self._end_of(last, end)
        return opening, closing if closing > opening else self._end_of(first, end)

    def _start_of(self, index: int, at: int) -> int:
        fragment = self.fragments[index]
        exact = fragment.end - fragment.start == len(fragment.text)
        return fragment.start + (at - self.starts[index] if exact else 0)

    def _end_of(self, index: int, at: int) -> int:
        fragment = self.fragments[index]
        return min(fragment.end, self._start_of(index, self.starts[index]) + at - self.starts[index])


class Variables:
    """The variables that a file has set so far.

    Attributes:
        base: added to the places of the file that is read now; several may follow each other.

    Args:
        size: the length of the files, which bounds how long a value gets and how much is written out.
    """

    def __init__(self, size: int) -> None:
        self.base = 0
        self.values: dict[str, Value] = {}
        self.longest = self.allowance = LEAST_ALLOWANCE + 2 * size

    def assign(self, name: str, parts: Sequence[Token]) -> Value:
        """Set a variable to what a word expands to, given as the parts after its equals sign.

        A value much longer than the file, as from doubling it again and again, is held to be unknown.
        """
        value = _value(self._expand(parts))
        if value.length > self.longest:
            value = Value((self._fragment(OPAQUE, parts[0].start, parts[-1].end),), 1, False)
        self.values[name] = value
        return value

    def doubt(self, name: str, start: int, end: int) -> None:
        """Hold a variable to be unknown from a place on; what it held before may still be in it."""
        before = self.values.get(name)
        unknown = Fragment(f" {OPAQUE} ", self.base + start, self.base + end)
        self.values[name] = Value(
            (*((before,) if before else ()), unknown), 3 + (before.length if before else 0), False
        )

    def glance(self, value: Value) -> Text | None:
        """Write a value out; None when that was done often enough for a file of this size."""
        self.allowance -= value.length
        return self.write_out(value) if self.allowance >= 0 else None

    def write_out(self, value: Value) -> Text:
        """The characters of a value, UNSET and OPAQUE among them."""
        fragments = list(_fragments(value))
        starts, at = [], 0
        for fragment in fragments:
            starts.append(at)
            at += len(fragment.text)
        return Text("".join(fragment.text for fragment in fragments), fragments, starts)

    def _expand(self, parts: Sequence[Token]) -> Iterator[Fragment | Value]:
        for part in parts:
            if part.kind in (Kind.LITERAL, Kind.ESCAPE):
                yield self._fragment(part.value, part.start, part.end)
            elif part.kind is Kind.SINGLE_QUOTED:
                yield self._fragment(part.value, part.start + 1, part.start + 1 + len(part.value))
            elif part.kind is Kind.DOUBLE_QUOTED:
                yield from self._expand(part.parts)
            elif part.kind is Kind.PARAMETER:
                yield from self._parameter(part)
            elif part.kind is Kind.OPAQUE:
                yield self._fragment(OPAQUE, part.start, part.end)

    def _parameter(self, part: Token) -> Iterator[Fragment | Value]:
        """Expand `$NAME` and its relatives (POSIX.1-2017, Shell Command Language, 2.6.2)."""
        value = self.values.get(part.value)
        sign = part.operator[-1:]
        missing = value is None or (value.empty and part.operator.startswith(":"))
        if sign == "+":
            yield from () if missing else self._expand(part.parts)
        elif value is not None and not (missing and sign):
            yield value
        elif sign == "=":
            yield self.assign(part.value, part.parts)
        elif sign == "-":
            yield from self._expand(part.parts)
        else:
            yield self._fragment(UNSET, part.start, part.end)

    def _fragment(self, text: str, start: int, end: int) -> Fragment:
        return Fragment(text, self.base + start, self.base + end)


def _value(parts: Iterator[Fragment | Value]) -> Value:
    """Put a value together; parts without a character are left out, one older value alone is taken as it is."""
    kept = tuple(part for part in parts if (part.length if isinstance(part, Value) else part.text))
    if len(kept) == 1 and isinstance(kept[0], Value):
        return kept[0]
    length = sum(part.length if isinstance(part, Value) else len(part.text) for part in kept)
    empty = all(part.empty if isinstance(part, Value) else part.text == UNSET for part in kept)
    return Value(kept, length, empty)


def _fragments(value: Value) -> Iterator[Fragment]:
    """The fragments of a value in their order; without recursion, as the chain of older values may be long."""
    waiting: list[Fragment | Value] = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Value):
            waiting.extend(reversed(part.parts))
        else:
            yield part
