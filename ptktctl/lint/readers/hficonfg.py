"""HFICONFG: what the server of HCL Z Common Components is configured to.

A line is `KEYWORD=value` or a comment that begins with `*` or `#`; `CONFIG=name` begins a part of the file.
Source: HCL Z Common Components, "Configuration file keyword descriptions". SAFJWT_APPLID names the application ID that
JSON Web Tokens are accepted for, which RSE makes. APPLID is the server's own: with PASSTK the server makes PassTickets
for it, or for HFIAPPL, and needs the authority to ("Using PassTickets"); without, none. Both count in the configuration
DEFAULT only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptktctl.lint.readers.remarks import sequence_numbers, typographic_characters
from ptktctl.lint.site import Component, ComponentKind, Setting, SettingKind, Statement
from ptktctl.lint.source import without_sequence_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.finding import Span
    from ptktctl.lint.source import Source

SECTION = "CONFIG"
JWT_APPLID = "SAFJWT_APPLID"
APPLID = "APPLID"
PASSTK = "PASSTK"
DEFAULT_SECTION = "DEFAULT"
DEFAULT_APPLID = "HFIAPPL"
DIRECTIVE = r"[ \t]*([^\s=]+)[ \t]*=[ \t]*(\S*)|[ \t]*(PASSTK)[ \t]*$"


def read(source: Source) -> Iterator[Statement]:
    """State what a configuration of the server says."""
    text = without_sequence_numbers(source)
    comments: list[tuple[int, int]] = []
    applids: list[Setting] = []
    own: list[Setting] = []
    switch: Setting | None = None
    section = DEFAULT_SECTION
    for start, line in zip(source.starts, text.split("\n"), strict=True):
        if line.lstrip().startswith(("*", "#")):
            comments.append((start, start + len(line)))
        elif found := re.match(DIRECTIVE, line):
            name, value = (found[1] or found[3]).upper(), (found[2] or "").replace("\\#", "#")
            span = source.span(start + len(line) - len(line.lstrip()), start + found.end())
            setting = Setting(SettingKind.PROPERTY, name, value, span)
            yield setting
            if name == SECTION:
                yield from _component(source, applids)
                applids, section = [], value.upper()
            elif name == JWT_APPLID:
                applids.append(setting)
            elif section == DEFAULT_SECTION:
                own += [setting] if name == APPLID else []
                switch = setting if name == PASSTK else switch
    yield from _component(source, applids)
    if switch:
        yield _own(source, own, switch.span)
    yield from typographic_characters(source, comments)
    yield from sequence_numbers(source, text)


def _component(source: Source, applids: list[Setting]) -> Iterator[Statement]:
    if applids:
        yield Component(ComponentKind.COMMON_COMPONENTS, source.name, False, tuple(applids), ())


def _own(source: Source, applids: list[Setting], switch: Span) -> Component:
    """The server that makes PassTickets itself, for the application ID that is set or for its default."""
    default = Setting(SettingKind.PROPERTY, APPLID, DEFAULT_APPLID, switch)
    return Component(ComponentKind.COMMON_COMPONENTS_PASSTK, source.name, False, tuple(applids) or (default,), ())
