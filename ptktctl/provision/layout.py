"""Commands and comments cut into lines that fit.

A command is cut where a blank separates its words or, where a word is too long for a line, after an opening
parenthesis: never within quotes. Blanks within parentheses do not matter, as TSO/E takes any number of them between
words (z/OS TSO/E Command Reference, "Separating operands with delimiters").
"""

from __future__ import annotations

from typing import NamedTuple

WIDTH = 72  # columns of a record that commands may use; sequence numbers stand after them


class Line(NamedTuple):
    """A line of a command, and whether a blank stands between it and the next one."""

    text: str
    spaced: bool


def fill(command: str, first: int, rest: int) -> list[Line]:
    """A command as lines, each as full as can be.

    Args:
        command: with all the characters that its form needs, such as escapes.
        first: columns for the first line.
        rest: columns for each of the others.
    """
    lines: list[Line] = []
    current = ""
    for word in words(command):
        longer = f"{current} {word}".lstrip(" ")
        if len(longer) <= (rest if lines else first):
            current = longer
            continue
        lines += [Line(current, True)] if current else []
        *full, current = _cut(word, rest)
        lines += [Line(part, False) for part in full]
    return [*lines, Line(current, False)]


def words(command: str) -> list[str]:
    """What stands between blanks, but for those within quotes."""
    found, quoted = [""], False
    for character in command:
        quoted ^= character == "'"
        if character == " " and not quoted:
            found.append("")
        else:
            found[-1] += character
    return [word for word in found if word]


def _cut(word: str, room: int) -> list[str]:
    """A word as lines that end with an opening parenthesis, but for the last; one line if it fits."""
    lines = [""]
    opened = word.split("(")
    for part in [f"{part}(" for part in opened[:-1]] + opened[-1:]:
        if lines[-1] and len(lines[-1]) + len(part) > room:
            lines.append("")
        lines[-1] += part
    return lines


def wrap(text: str, width: int) -> list[str]:
    """A text as lines; a word is never cut."""
    from textwrap import wrap as wrapped

    return wrapped(text, width, break_long_words=False, break_on_hyphens=False)
