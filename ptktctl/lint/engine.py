"""From the bytes of files to findings: detect, read, ask the rules, sort."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptktctl.errors import InputError
from ptktctl.lint.finding import in_order
from ptktctl.lint.readers import UNLOAD, find_reader, is_unload, reader_by_name
from ptktctl.lint.rules import rules_for
from ptktctl.lint.site import Site, Stored
from ptktctl.lint.source import Source, read_source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptktctl.lint.finding import Finding, Severity, Span
    from ptktctl.lint.readers import Reader
    from ptktctl.lint.site import Statement

COMMENT_MARK = "ptktctl:"  # begins what a comment says to lint


class File(NamedTuple):
    """A file to lint.

    Attributes:
        name: what messages call it, and by which its kind is recognised.
        data: its bytes; of an unload maybe only the first ones.
        found: whether it was found in a folder, not named: then its kind is detected, and it is left out when there is
            none.
        rest: the bytes that follow `data`, in pieces; an unload may be larger than the memory.
    """

    name: str
    data: bytes
    found: bool = False
    rest: Iterable[bytes] = ()


class Result(NamedTuple):
    """What lint has to say.

    Attributes:
        findings: by file, line, column and rule.
        sources: the files that were read, by name, in their order, without their key material.
        problems: the files that were not, each as an error that names it.
        site: the picture of them, key material included: not to be shown.
    """

    findings: tuple[Finding, ...]
    sources: dict[str, Source]
    problems: tuple[InputError, ...]
    site: Site

    def number(self, severity: Severity) -> int:
        """How many findings have a severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def reaches(self, threshold: Severity) -> bool:
        """Whether a finding is as bad as a threshold, or worse."""
        return any(finding.severity >= threshold for finding in self.findings)


def lint(
    files: Iterable[File | InputError],
    kind: str | None = None,
    rules: frozenset[str] | None = None,
    *,
    heed_comments: bool = True,
    stored: frozenset[str] | None = None,
) -> Result:
    """Read files into one picture of the site, and ask the rules about it.

    Args:
        files: in the order in which findings about them are wanted, no name twice; an error stands for a file that
            could not be opened.
        kind: that of the files that were named, when it shall not be detected.
        rules: IDs of the rules to ask, from `choose_rules`; all of them when left out.
        heed_comments: leave out what comments in the files say to ignore.
        stored: the application IDs that ptktctl's own store has, if it shall be compared with them.
    """
    sources: dict[str, Source] = {}
    statements: list[Statement] = []
    problems: list[InputError] = []
    continuing: list[tuple[str, Source]] = []
    for file in files:
        if isinstance(file, InputError):
            problems.append(file)
            continue
        try:
            source, reader, stated = _read(file, None if file.found else kind)
            statements += [*stated]  # all of them or, when the reader gives up, none
        except InputError as error:
            if not file.found or reader_by_name(file.name):
                problems.append(error)
            continue
        sources[file.name] = source
        if reader and reader.continues:
            continuing.append((reader.kind, source))
    if continuing:
        from ptktctl.lint.readers import environment

        statements[:0] = environment.read_folders(continuing)
    if stored is not None:
        statements.append(Stored(stored))
    site = Site(tuple(sources.values()), statements)
    result = Result(_ask(site, rules), _without_keys(site), tuple(problems), site)
    if heed_comments and any(COMMENT_MARK in source.text for source in site.sources):
        from ptktctl.lint.suppression import heed

        return heed(result, rules)
    return result


def _read(file: File, kind: str | None) -> tuple[Source, Reader | None, Iterable[Statement]]:
    """A file as text, its reader, and what it says unless that depends on others; of an unload, some lines only."""
    if kind == UNLOAD or (not kind and is_unload(file.data)):
        from itertools import chain

        from ptktctl.lint.readers import irrdbu00

        source, stated = irrdbu00.read(file.name, chain((file.data,), file.rest))
        return source, None, stated
    source = read_source(file.name, file.data)
    reader = find_reader(source, kind)
    return source, reader, () if reader.continues else reader.read(source)


def _without_keys(site: Site) -> dict[str, Source]:
    """The sources as they may be shown: every report takes its lines from here."""
    if not site.has_security_definitions():
        return {source.name: source for source in site.sources}
    import re

    from ptktctl.lint.security import Definitions, KeyMaterial

    places: dict[str, list[Span]] = {each.file: [] for each in site.every(Definitions)}
    for material in site.every(KeyMaterial):
        places.setdefault(material.span.file, []).append(material.span)
    for source in site.sources:
        # A key may also stand where no command has one, in a remark or a variable: what has its form is taken for one.
        if source.name in places:
            found = re.finditer(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{16}(?![0-9A-Fa-f])", source.text)
            places[source.name] += [source.span(*match.span()) for match in found]
    return {each.name: each.masked(places[each.name]) if each.name in places else each for each in site.sources}


def _ask(site: Site, rules: frozenset[str] | None) -> tuple[Finding, ...]:
    asked = [pair for pair in rules_for(site) if rules is None or pair[0].id in rules]
    found = (finding for _, check in asked for finding in check(site))
    return in_order(found, (source.name for source in site.sources))
