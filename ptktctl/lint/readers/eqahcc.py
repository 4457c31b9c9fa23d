"""eqahcc.properties: what the headless code coverage of z/OS Debugger is configured to.

A line is `name=value` as in a properties file of Java, or a comment that begins with `#` or `!`. Source: a real
file's `port=`, `output=` and `applid=`; the syntax is that of java.util.Properties.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptktctl.lint.readers.remarks import typographic_characters
from ptktctl.lint.site import Component, ComponentKind, Setting, SettingKind, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.source import Source

APPLID = "applid"
PROPERTY = r"[ \t\f]*([^\s=:]+)(?:[ \t\f]*[=:]|[ \t\f])[ \t\f]*(.*)"


def read(source: Source) -> Iterator[Statement]:
    """State what a properties file of the code coverage says."""
    comments: list[tuple[int, int]] = []
    applids: list[Setting] = []
    continued = False
    for start, line in zip(source.starts, source.text.split("\n"), strict=True):
        if not continued and line.lstrip().startswith(("#", "!")):
            comments.append((start, start + len(line)))
            continue
        setting = None if continued else _setting(source, start, line)
        continued = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        if setting:
            yield setting
            applids += [setting] if setting.name == APPLID else []
    yield from typographic_characters(source, comments)
    if applids:
        yield Component(ComponentKind.CODE_COVERAGE, source.name, False, tuple(applids), ())


def _setting(source: Source, start: int, line: str) -> Setting | None:
    """What a line sets; the value is not known when it has escapes or goes on in the next line."""
    found = re.match(PROPERTY, line)
    if not found:
        return None
    value = found[2].rstrip()
    span = source.span(start + found.start(1), start + found.start(2) + len(value))
    return Setting(SettingKind.PROPERTY, found[1], None if "\\" in value else value, span)
