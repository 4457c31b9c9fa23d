"""FEJJCNFG and its siblings BLZJCNFG and BUZJCNFG: what JES Job Monitor is configured to.

A line holds a comment, which begins with `#`, or one directive, `KEYWORD=value`; there is no continuation.
Source: IBM Explorer for z/OS Host Configuration, "FEJJCNFG, JES Job Monitor configuration file".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.readers.remarks import sequence_numbers, typographic_characters
from ptktctl.lint.site import Comment, Component, ComponentKind, Setting, SettingKind, Slip, SlipKind, Statement
from ptktctl.lint.source import Source, member_name, without_sequence_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

BLANKS = " \t"
SIBLINGS = ("BLZJCNFG", "BUZJCNFG")


def read(source: Source) -> Iterator[Statement]:
    """State what a configuration file of JES Job Monitor says."""
    text = without_sequence_numbers(source)
    comments: list[tuple[int, int]] = []
    settings: dict[str, list[Setting]] = {}
    for start, line in zip(source.starts, text.split("\n"), strict=True):
        for statement in _read_line(source, start, line, comments):
            yield statement
            if isinstance(statement, Setting):
                settings.setdefault(statement.name.upper(), []).append(statement)
    yield from typographic_characters(source, comments)
    yield from sequence_numbers(source, text)
    applids, ports = settings.get("APPLID", ()), settings.get("SERV_PORT", ())
    sibling = member_name(source.name) in SIBLINGS
    yield Component(ComponentKind.JES_JOB_MONITOR, source.name, sibling, tuple(applids), tuple(ports))


def _read_line(source: Source, offset: int, line: str, comments: list[tuple[int, int]]) -> Iterator[Statement]:
    """The statements of a line; notes where its comment begins and ends."""
    content = line.strip(BLANKS)
    start = offset + len(line) - len(line.lstrip(BLANKS))
    end = start + len(content)
    if content.startswith("#"):
        comments.append((start, end))
        yield Comment(content, source.span(start, end))
    elif content:
        name, equals, rest = content.partition("=")
        value, trailing = _split(rest)
        setting = content[: len(content) - len(trailing)].rstrip(BLANKS)
        span = source.span(start, start + len(setting))
        yield Setting(SettingKind.DIRECTIVE, name.rstrip(BLANKS), value if equals else None, span)
        if trailing.startswith("#"):
            comments.append((end - len(trailing), end))
        if trailing:
            yield Slip(SlipKind.TRAILING_TEXT, trailing, source.span(end - len(trailing), end))


def _split(rest: str) -> tuple[str, str]:
    """The value after an equals sign, and what else stands on the line."""
    rest = rest.strip(BLANKS)
    end = min((at for blank in BLANKS if (at := rest.find(blank)) >= 0), default=len(rest))
    return rest[:end], rest[end:].lstrip(BLANKS)
