"""Findings as text for people: with the line and a caret, the other place, the remedy; or one line each."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ptktctl.lint.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.finding import Example, Finding, Rule, Span
    from ptktctl.lint.result import Result
    from ptktctl.lint.source import Source

LONGEST_LINE = 120  # characters of a source line that are shown; of a longer one the part around the finding
CONTEXT = 40
BOLD = "1"
FAINT = "2"
COLORS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}


def render(result: Result, *, color: bool = False, verbose: bool = False) -> str:
    """All findings, a blank line after each, and a closing line that counts them; no line end after that.

    Args:
        verbose: say with each finding how it shows at run time.
    """
    lines: list[str] = []
    for file, findings in groupby(result.findings, key=lambda finding: finding.span.file):
        lines.append(_paint(printable(file), BOLD, color))
        for finding in findings:
            lines += _finding(finding, result.sources, color)
            if verbose:
                lines.append(f"    = why: {finding.rule.why}")
            lines.append("")
    return "\n".join([*lines, summary(result)])


def render_concise(result: Result, *, color: bool = False) -> str:
    """One line a finding, `file:line:column: severity[rule] message`, and the closing line."""
    lines = [
        f"{printable(span.file)}:{span.line}:{span.column}: {_head(finding, color)} {printable(finding.message)}"
        for finding in result.findings
        for span in (finding.span,)
    ]
    return "\n".join([*lines, summary(result)])


def render_rule(rule: Rule) -> str:
    """All of a rule's documentation."""
    sections = [
        f"{rule.id} {rule.slug} ({rule.severity.label})",
        _indent(rule.what, ""),
        f"Why\n{_indent(rule.why)}",
        "\n\n".join(_example("Bad", example) for example in rule.bad),
        "\n\n".join(_example("Good", example) for example in rule.good),
        f"Remedy\n{_indent(rule.remedy)}",
        f"Source\n{_indent(rule.source)}\n{_indent(f'Certainty: {rule.certainty.value}.')}",
    ]
    return "\n\n".join(sections)


def printable(text: str) -> str:
    """A text without characters that a terminal would obey: a blank for a tab, `?` for the others."""
    return "".join(c if c.isprintable() else " " if c == "\t" else "?" for c in text)


def _finding(finding: Finding, sources: dict[str, Source], color: bool) -> Iterator[str]:
    span = finding.span
    yield f"  {span.line}:{span.column} {_head(finding, color)} {printable(finding.message)}"
    yield from _snippet(span, sources[span.file], COLORS[finding.severity], color)
    for related in finding.related:
        place = f"{related.span.file}:{related.span.line}:{related.span.column}"
        yield f"    = also: {printable(place)}: {printable(related.message)}"
        yield from _snippet(related.span, sources[related.span.file], FAINT, color)
    yield f"    = help: {printable(finding.advice)}"


def _head(finding: Finding, color: bool) -> str:
    return _paint(f"{finding.severity.label}[{finding.rule.id}]", COLORS[finding.severity], color)


def _snippet(span: Span, source: Source, paint: str, color: bool) -> Iterator[str]:
    """The line a finding begins in and carets under it; none when the finding is about the file as a whole."""
    if span.is_point:
        return
    line = source.line(span.line)
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    first = max(span.column - 1 - CONTEXT, 0) if len(line) > LONGEST_LINE else 0
    shown = line[first : first + LONGEST_LINE].rstrip()
    width = max(min(end - first, len(shown)) - (span.column - 1 - first), 1)
    number = str(span.line)
    yield f"    {number} | {printable(shown)}"
    yield f"    {' ' * len(number)} | {' ' * (span.column - 1 - first)}{_paint('^' * width, paint, color)}"


def summary(result: Result) -> str:
    """How many findings of which severity there are, of how many rules, in how many files."""
    files = _number(len(result.sources), "file")
    if result.known:
        files += f", beside {result.known} that the baseline holds"
    if not result.findings:
        return f"no findings in {files}"
    numbers = [(result.number(severity), severity.label) for severity in sorted(Severity, reverse=True)]
    counts = [_number(count, label) if label != "info" else f"{count} info" for count, label in numbers if count]
    rules = _number(len({finding.rule.id for finding in result.findings}), "rule")
    return f"{', '.join(counts)} of {rules} in {files}"


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _paint(text: str, code: str, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text


def _example(title: str, example: Example) -> str:
    return f"{title}: {example.file}\n" + "\n".join(f"    {printable(line)}" for line in _lines(example))


def _lines(example: Example) -> list[str]:
    return example.content.rstrip("\n").split("\n")


def _indent(text: str, indentation: str = "    ") -> str:
    import textwrap

    wrapper = textwrap.TextWrapper(96, indentation, indentation, break_on_hyphens=False, break_long_words=False)
    return wrapper.fill(text)
