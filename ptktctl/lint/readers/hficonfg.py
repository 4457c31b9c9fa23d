"""HFICONFG: what the server of HCL Z Common Components is configured to.

A line is `KEYWORD=value` or a comment that begins with `*` or `#`; `CONFIG=name` begins a part of the file.
Source: HCL Z Common Components, "Configuration keyword descriptions". SAFJWT_APPLID names the application ID that JSON
Web Tokens are accepted for, which RSE makes; APPLID is the server's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptktctl.lint.readers.remarks import sequence_numbers, typographic_characters
from ptktctl.lint.site import Component, ComponentKind, Setting, SettingKind, Statement
from ptktctl.lint.source import without_sequence_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.source import Source

SECTION = "CONFIG"
JWT_APPLID = "SAFJWT_APPLID"
DIRECTIVE = r"[ \t]*([^\s=]+)[ \t]*=[ \t]*(\S*)"


def read(source: Source) -> Iterator[Statement]:
    """State what a configuration of the server says."""
    text = without_sequence_numbers(source)
    comments: list[tuple[int, int]] = []
    applids: list[Setting] = []
    for start, line in zip(source.starts, text.split("\n"), strict=True):
        if line.lstrip().startswith(("*", "#")):
            comments.append((start, start + len(line)))
        elif found := re.match(DIRECTIVE, line):
            name, value = found[1].upper(), found[2].replace("\\#", "#")
            span = source.span(start + found.start(1), start + found.end())
            setting = Setting(SettingKind.PROPERTY, name, value, span)
            yield setting
            if name == SECTION:
                yield from _component(source, applids)
                applids = []
            elif name == JWT_APPLID:
                applids.append(setting)
    yield from _component(source, applids)
    yield from typographic_characters(source, comments)
    yield from sequence_numbers(source, text)


def _component(source: Source, applids: list[Setting]) -> Iterator[Statement]:
    if applids:
        yield Component(ComponentKind.COMMON_COMPONENTS, source.name, False, tuple(applids), ())
