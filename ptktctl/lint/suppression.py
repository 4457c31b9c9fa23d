"""Comments that tell lint to ignore a finding: `# ptktctl: ignore[PTK403] reason`, on its line or above it.

Above a command that goes on over several lines, the comment is about all of them.

The sign is that of a comment in the file: `#`, `/*`, `//*`, `<!--`; `*` or `!` where nothing stands before it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.errors import InputError
from ptktctl.lint.finding import Severity, in_order
from ptktctl.lint.result import COMMENT_MARK
from ptktctl.lint.rules import find_rules
from ptktctl.lint.rules.suppressions import UNUSED_SUPPRESSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptktctl.lint.finding import Finding, Span
    from ptktctl.lint.result import Result
    from ptktctl.lint.source import Source

COMMENT = r"(?:(?:^|(?<=\s))(?:#+|//?\*|<!--)|^[ \t]*[*!])[ \t]*" + COMMENT_MARK + r"[ \t]*"
IGNORE = r"ignore[ \t]*\[([^\]]*)\]"
FORM = "write ptktctl: ignore[PTK101] and a reason"
# The end of a line that goes on: TSO/E's continuation, the shell's, and that of strings in REXX.
CONTINUED = r"(?:(?:^|[ (])[+-]|\\|[\"'](?:\|\|)?,)$"
MOST_LINES = 50  # that a comment is about: no command is longer
LONGEST_NAME = 40  # characters that are repeated of a name that is none
ONE_FILE_SECTIONS = ("PTK1", "PTK3")  # rules that need no other file to find what they are about


class Suppression(NamedTuple):
    """A name of rules to ignore, and where.

    Attributes:
        name: as written: an ID, the beginning of several, or a slug; empty where a comment is not understood.
        span: where it is written.
        first: the first line that it is about: its own.
        below: the line below, if it stands alone; else its own.
        last: the last line that it is about: where the line below ends, if that goes on.
    """

    name: str
    span: Span
    first: int
    below: int
    last: int


class _Names:
    """Which rules a name stands for; none if there is no such rule."""

    def __init__(self) -> None:
        self._known: dict[str, frozenset[str]] = {}

    def rules(self, name: str) -> frozenset[str]:
        if name not in self._known:
            try:
                self._known[name] = frozenset(rule.id for rule in find_rules(name))
            except InputError:
                self._known[name] = frozenset()
        return self._known[name]


def heed(result: Result, asked: frozenset[str] | None) -> Result:
    """Leave out what comments say to ignore, and add what is odd about the comments.

    Args:
        asked: IDs of the rules that were asked; None if all were. Whether a comment is about another one is not judged.
    """
    suppressions = [each for source in result.sources.values() for each in find_suppressions(source)]
    names = _Names()
    kept, used = _apply(result.findings, suppressions, names)
    if asked is None or UNUSED_SUPPRESSION.id in asked:
        idle = (each for each in suppressions if each not in used)
        kept += [finding for each in idle for finding in _judge(each, names.rules(each.name), asked)]
    return result._replace(findings=in_order(kept, result.sources))


def find_suppressions(source: Source) -> Iterator[Suppression]:
    """The suppressions in a file."""
    lines = source.text.split("\n")
    comments = {
        number: match
        for number, line in enumerate(lines)
        if COMMENT_MARK in line and (match := re.search(COMMENT, line))
    }
    below: dict[int, int] = {}  # the line that a comment which stands alone is about, those of its kind skipped
    for number, match in reversed(comments.items()):
        if _stands_alone(lines[number], match):
            below[number] = below.get(number + 1, number + 1)
    for number, match in comments.items():
        yield from _in_line(source, number, match, _continued(lines, below[number]) if number in below else (number,))


def _continued(lines: list[str], number: int) -> tuple[int, int]:
    """A line, and the one where it ends if it goes on."""
    last = number
    pattern = re.compile(CONTINUED)
    while last + 1 < len(lines) and last - number < MOST_LINES and pattern.search(lines[last].rstrip()[-4:]):
        last += 1
    return number, last


def _stands_alone(line: str, comment: re.Match[str]) -> bool:
    before, after = line[: comment.start()], line[comment.end() :]
    return not before.strip() and not after.partition("*/")[2].partition("-->")[0].strip()


def _in_line(source: Source, number: int, comment: re.Match[str], about: tuple[int, ...]) -> Iterator[Suppression]:
    start = source.starts[number]
    first, below, last = (
        source.place(source.starts[min(each, len(source.starts) - 1)])[0] for each in (number, about[0], about[-1])
    )
    line = comment.string
    ignore = re.compile(IGNORE).match(line, comment.end())
    listed = list(re.finditer(r"[^,\s]+", ignore[1])) if ignore else []
    for name in listed:
        at = start + ignore.start(1) if ignore else start
        yield Suppression(name[0], source.span(at + name.start(), at + name.end()), first, below, last)
    if not listed:
        mark = line.index(COMMENT_MARK, comment.start())
        yield Suppression("", source.span(start + mark, start + len(line.rstrip())), first, below, last)


def _apply(
    findings: Iterable[Finding], suppressions: Iterable[Suppression], names: _Names
) -> tuple[list[Finding], set[Suppression]]:
    """The findings that no comment ignores, and the comments that ignore one."""
    by_file: dict[str, list[tuple[int, Suppression]]] = {}
    for each in suppressions:
        lines = sorted({each.first, *range(each.below, each.last + 1)})
        by_file.setdefault(each.span.file, []).extend((line, each) for line in lines)
    for entries in by_file.values():
        entries.sort()
    kept: list[Finding] = []
    used: set[Suppression] = set()
    for finding in findings:
        entries = by_file.get(finding.span.file, [])
        begin = bisect_left(entries, (finding.span.line,))
        end = bisect_left(entries, (finding.span.end_line + 1,))
        ignoring = {each for _, each in entries[begin:end] if finding.rule.id in names.rules(each.name)}
        used |= ignoring
        kept += [] if ignoring else [finding]
    return kept, used


def _judge(idle: Suppression, rules: frozenset[str], asked: frozenset[str] | None) -> Iterator[Finding]:
    """What is wrong with a comment that ignores nothing; nothing if its rules were not asked."""
    if not idle.name:
        yield UNUSED_SUPPRESSION.finding(idle.span, "this comment is not understood", FORM)
    elif not rules:
        advice = "'ptktctl rules' lists them; " + FORM
        yield UNUSED_SUPPRESSION.finding(idle.span, f"there is no rule {idle.name[:LONGEST_NAME]}", advice)
    elif asked is None or rules & asked:
        alone = all(rule.startswith(ONE_FILE_SECTIONS) for rule in rules)
        message = f"{idle.name} finds nothing here" + ("" if alone else ", with the files given")
        severity = Severity.WARNING if alone else Severity.INFO
        yield UNUSED_SUPPRESSION.finding(idle.span, message, f"delete {idle.name} from the comment", severity=severity)
