"""What every reader notes about a text whatever its language: typographic characters, sequence numbers."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from ptktctl.lint.site import Slip, SlipKind
from ptktctl.lint.source import RECORD_LENGTH, SEQUENCE_COLUMN
from ptktctl.lint.typography import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptktctl.lint.source import Source


def typographic_characters(source: Source, comments: Sequence[tuple[int, int]]) -> Iterator[Slip]:
    """The first typographic character of each line, once for its comment and once for the rest.

    Args:
        comments: where the text's comments begin and end, in their order.
    """
    if source.text.isascii():
        return
    starts = [start for start, _ in comments]
    seen = set()
    for match in re.finditer(f"[{''.join(PLAIN)}]+", source.text):
        at = match.start()
        index = bisect_right(starts, at) - 1
        inside = index >= 0 and at < comments[index][1]
        place = (source.place(at)[0], inside)
        if place not in seen:
            seen.add(place)
            kind = SlipKind.TYPOGRAPHIC_IN_COMMENT if inside else SlipKind.TYPOGRAPHIC
            yield Slip(kind, match[0][0], source.span(at, at + 1))


def sequence_numbers(source: Source, text: str) -> Iterator[Slip]:
    """The first of the sequence numbers that were left out of a text.

    Args:
        text: the source's, with blanks in their stead.
    """
    if text is source.text:
        return
    for number, start in enumerate(source.starts, start=1):
        line = source.line(number)
        if line[SEQUENCE_COLUMN:] != text[start + SEQUENCE_COLUMN : start + len(line)]:
            first, end = start + SEQUENCE_COLUMN, start + RECORD_LENGTH
            yield Slip(SlipKind.SEQUENCE_NUMBERS, source.text[first:end], source.span(first, end))
            return
