"""Findings as GitHub's workflow commands, which the runner turns into annotations beside the lines.

Source: GitHub Docs, "Workflow commands for GitHub Actions", and the escapes of actions/toolkit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.finding import Severity
from ptktctl.lint.reports.text import printable, summary

if TYPE_CHECKING:
    from ptktctl.lint.finding import Finding
    from ptktctl.lint.result import Result

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(result: Result) -> str:
    """One command a finding, and the closing line; no line end after that."""
    return "\n".join([*map(_command, result.findings), summary(result)])


def _command(finding: Finding) -> str:
    span = finding.span
    properties = {"file": printable(span.file), "line": str(span.line), "endLine": str(span.end_line)}
    # GitHub takes columns within one line only, and its end column is the last one.
    if span.line == span.end_line and not span.is_point:
        properties |= {"col": str(span.column), "endColumn": str(span.end_column - 1)}
    properties["title"] = f"{finding.rule.id} {finding.rule.slug}"
    places = [f"{each.span.file}:{each.span.line}: {each.message}" for each in finding.related]
    text = "\n".join(map(printable, (finding.message, *places, f"help: {finding.advice}")))
    listed = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
    return f"::{COMMANDS[finding.severity]} {listed}::{_escape(text)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
