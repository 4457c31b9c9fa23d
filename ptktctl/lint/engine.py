"""From the bytes of files to findings: detect, read, ask the rules, sort."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.lint.finding import in_order
from ptktctl.lint.readers import UNLOAD, find_reader, is_unload, reader_by_name
from ptktctl.lint.result import COMMENT_MARK, File, Result
from ptktctl.lint.rules import rules_for, security_rules
from ptktctl.lint.site import Site, Stored
from ptktctl.lint.source import Source, UnknownKindError, read_source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptktctl.lint.finding import Finding
    from ptktctl.lint.readers import Reader
    from ptktctl.lint.site import Statement


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
    reading = _Reading()
    for file in files:
        reading.take(file, kind)
    if stored is not None:
        reading.statements.append(Stored(stored))
    site = Site(tuple(reading.sources.values()), reading.all_statements())
    result = Result(
        _ask(site, rules), reading.sources, tuple(reading.problems), site, passed_over=tuple(reading.passed_over)
    )
    heeded = heed_comments and any(COMMENT_MARK in source.text for source in site.sources)
    if heeded or result.findings or result.problems or result.passed_over or site.has_security_definitions():
        result = _without_keys(result)
    if heeded:
        from ptktctl.lint.suppression import heed

        return heed(result, rules)
    return result


class _Reading:
    """What the files say, as they are read one after the other.

    Attributes:
        continuing: those that may continue each other, with their kinds: they are read when all of them are there.
        others: as for Result.
    """

    def __init__(self) -> None:
        self.sources: dict[str, Source] = {}
        self.statements: list[Statement] = []
        self.problems: list[InputError] = []
        self.passed_over: list[InputError] = []
        self.continuing: list[tuple[str, Source]] = []

    def take(self, file: File | InputError, kind: str | None) -> None:
        """Read a file, or note why that can't be done."""
        if isinstance(file, InputError):
            self.problems.append(file)
            return
        try:
            source, reader, stated = _read(file, None if file.found else kind)
            self.statements += [*stated]  # all of them or, when the reader gives up, none
        except InputError as error:
            if not file.found or reader_by_name(file.name):
                self.problems.append(error)
            elif not isinstance(error, UnknownKindError):
                self.passed_over.append(error)
            return
        self.sources[file.name] = source
        if reader and reader.continues:
            self.continuing.append((reader.kind, source))

    def all_statements(self) -> list[Statement]:
        """What all files say, those that continue each other first."""
        if not self.continuing:
            return self.statements
        from ptktctl.lint.readers import environment

        return [*environment.read_folders(self.continuing), *self.statements]


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


def _without_keys(result: Result) -> Result:
    """A result that shows no key: every report takes its texts and lines from here."""
    from ptktctl.lint.masking import mask_keys

    sources, mask = mask_keys(result.site)
    return result._replace(
        findings=tuple(map(mask.finding, result.findings)),
        sources=sources,
        problems=tuple(map(mask.error, result.problems)),
        passed_over=tuple(map(mask.error, result.passed_over)),
        mask=mask,
    )


def _ask(site: Site, rules: frozenset[str] | None) -> tuple[Finding, ...]:
    asked = [(site, *pair) for pair in rules_for(site)]
    if site.has_security_definitions():
        from ptktctl.lint.scopes import scopes

        asked += [(scope, *pair) for scope in scopes(site) for pair in security_rules()]
    found = (finding for part, rule, check in asked if rules is None or rule.id in rules for finding in check(part))
    return in_order(found, (source.name for source in site.sources))
