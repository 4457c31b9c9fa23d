"""Remedies that can't be wrong, applied; and another APPLID, where somebody has decided on it.

Everything else needs a decision, such as which of two APPLIDs is right, and is left to people.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ptktctl.lint.finding import Severity
from ptktctl.lint.rules.wording import is_applid
from ptktctl.lint.site import Component, ComponentKind, PassTicketScheme
from ptktctl.lint.source import SEQUENCE_COLUMN, is_numbered
from ptktctl.lint.typography import PLAIN
from ptktctl.passticket.names import ApplId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ptktctl.lint.finding import Finding, Span
    from ptktctl.lint.result import Result

# The lines that some lines become, by file and line number.
Changes: TypeAlias = "dict[str, dict[int, tuple[str, ...]]]"

DASHES = "".join(character for character, plain in PLAIN.items() if plain == "-")
WORD = r"""[^\s"'$`\\;&|<>()#]*|"[^"]*"|'[^']*'"""
BLANKS_AROUND_EQUALS = rf"(\s*(?:export\s+)?[A-Za-z_][A-Za-z_0-9]*)\s+=\s*({WORD})(\s*|\s+#.*)"
SETTING = r"""(.*?[=:]\s*["']?)((?:[^\s"'$\\]|\\\$)*)(["']?)"""
IN_SHELL = (ComponentKind.RSE, ComponentKind.RSE_API)
FOLLOWERS = (*IN_SHELL, ComponentKind.JES_JOB_MONITOR, ComponentKind.CODE_COVERAGE, ComponentKind.COMMON_COMPONENTS)


class Plan(NamedTuple):
    """What to change, and the places that would have to change too but that only a person can."""

    changes: Changes
    left: tuple[Span, ...] = ()


def plan_fixes(result: Result) -> Plan:
    """The changes that mend findings without a decision."""
    changes: Changes = {}
    applids = {
        setting.span: setting.value for component in result.site.every(Component) for setting in component.applids
    }
    # From the end of a line to its beginning: what is changed does not move what is still to change.
    for finding in reversed(result.findings):
        fix = FIXES.get(finding.rule.id)
        span = finding.span
        if fix and span.line == span.end_line:
            lines = changes.setdefault(span.file, {})
            *above, line = lines.get(span.line, (result.sources[span.file].line(span.line),))
            fixed = fix(finding, _unnumbered(line), applids.get(span))
            if fixed:
                lines[span.line] = (*above, *fixed[:-1], _numbered(fixed[-1], line))
    return Plan({file: lines for file, lines in changes.items() if lines})


def _unnumbered(line: str) -> str:
    """A line without the sequence number that it has in columns 73 to 80."""
    return line[:SEQUENCE_COLUMN].rstrip() if is_numbered(line) else line


def _numbered(line: str, old: str) -> str:
    """A line with the sequence number of the one that it takes the place of, in the same columns, if it leaves them."""
    if not is_numbered(old) or len(line) > SEQUENCE_COLUMN:
        return line
    return line.ljust(SEQUENCE_COLUMN) + old[SEQUENCE_COLUMN:]


def _plain_dashes(finding: Finding, line: str, _: str | None) -> tuple[str, ...] | None:
    """A hyphen for a dash in a directive, and for those that follow it, but for the comment after it."""
    at = finding.span.column - 1
    if finding.severity is not Severity.ERROR or line[at] not in DASHES:
        return None
    comment = re.compile(r"\s#").search(line, at)
    end = comment.start() if comment else len(line)
    return (line[:at] + re.sub(f"[{DASHES}]", "-", line[at:end]) + line[end:],)


def _no_blanks(_: Finding, line: str, __: str | None) -> tuple[str, ...] | None:
    """`NAME=value` for `NAME = value`; `NAME= value` is left, which may well be meant to run a command."""
    found = re.fullmatch(BLANKS_AROUND_EQUALS, line)
    return (f"{found[1]}={found[2]}{found[3]}",) if found else None


def _upper_case(finding: Finding, line: str, applid: str | None) -> tuple[str, ...] | None:
    """The APPLID in upper case, if that makes it one."""
    start, end = finding.span.column - 1, finding.span.end_column - 1
    found = re.fullmatch(SETTING, line[start:end])
    if not found or not applid or found[2] != applid or not is_applid(applid) or applid == applid.upper():
        return None
    return (f"{line[:start]}{found[1]}{found[2].upper()}{found[3]}{line[end:]}",)


def _comment_above(finding: Finding, line: str, _: str | None) -> tuple[str, ...] | None:
    """The comment after a value on a line of its own."""
    at = finding.span.column - 1
    return (line[at:].rstrip(), line[:at].rstrip()) if line.startswith("#", at) else None


# Each takes a finding, its line, and the APPLID if its place sets one; gives the lines to have instead.
FIXES: dict[str, Callable[[Finding, str, str | None], tuple[str, ...] | None]] = {
    "PTK103": _upper_case,
    "PTK301": _no_blanks,
    "PTK303": _plain_dashes,
    "PTK312": _comment_above,
}


def plan_applid(result: Result, applid: ApplId) -> Plan:
    """The changes that give RSE, JES Job Monitor and the companions that follow RSE another APPLID."""
    changes: Changes = {}
    left: list[Span] = []
    for span, value, in_shell in sorted(set(_applid_places(result)), reverse=True):
        lines = changes.setdefault(span.file, {})
        (line,) = lines.get(span.line, (result.sources[span.file].line(span.line),))
        start, end = span.column - 1, span.end_column - 1
        found = re.fullmatch(SETTING, line[start:end]) if span.line == span.end_line else None
        if found and found[2].replace("\\$", "$") == value:
            changed = f"{line[:start]}{found[1]}{_written(applid, in_shell)}{found[3]}{_unnumbered(line)[end:]}"
            lines[span.line] = (_numbered(changed, line),)
        else:
            left.append(span)
    for component in result.site.every(Component):
        if not component.applids and component.applid != applid.value and component.kind in FOLLOWERS:
            _append(changes.setdefault(component.file, {}), component, applid, result)
    return Plan(_real(changes, result), tuple(reversed(left)))


def _applid_places(result: Result) -> Iterator[tuple[Span, str, bool]]:
    """Where the APPLID is set that RSE and what follows it use, to what, and whether that is read by a shell."""
    for component in result.site.every(Component):
        if component.kind in FOLLOWERS:
            shell = component.kind in IN_SHELL
            yield from ((setting.span, setting.value or "", shell) for setting in component.applids)
    for scheme in result.site.every(PassTicketScheme):
        if scheme.applid and scheme.is_for_rse:
            yield scheme.applid.span, scheme.applid.value or "", False


def _written(applid: ApplId, in_shell: bool) -> str:
    return applid.value.replace("$", "\\$") if in_shell else applid.value


def _append(lines: dict[int, tuple[str, ...]], component: Component, applid: ApplId, result: Result) -> None:
    """Add a line at the end of a component's file, which so far leaves the APPLID to its default."""
    text = result.sources[component.file].text.split("\n")
    new = f"APPLID={applid.value}"
    if component.kind in IN_SHELL:
        new = f'_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID={_written(applid, in_shell=True)}"'
    kept = lines.get(len(text), (text[-1],))
    lines[len(text)] = (new, "") if kept == ("",) else (*kept, new)


def _real(changes: Changes, result: Result) -> Changes:
    """The changes without those that change nothing."""
    real = {
        file: {number: new for number, new in lines.items() if new != (result.sources[file].line(number),)}
        for file, lines in changes.items()
    }
    return {file: lines for file, lines in real.items() if lines}
