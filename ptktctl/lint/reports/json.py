"""Findings as the members of the JSON object of `ptktctl.lint/1`, or one object a line, and rules as `ptktctl.rules/1`.

The shapes are published in `schemas/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.finding import Severity

if TYPE_CHECKING:
    from ptktctl.lint.finding import Example, Finding, Related, Rule, Span
    from ptktctl.lint.result import Result

SCHEMA = "lint/1"
FINDING_SCHEMA = "finding/1"
RULES_SCHEMA = "rules/1"


def members(result: Result) -> dict[str, object]:
    """The findings and their numbers; lines and columns count from 1, the end column is the one after the last."""
    return {
        "findings": [_finding(finding) for finding in result.findings],
        "summary": {
            **{severity.label: result.number(severity) for severity in sorted(Severity, reverse=True)},
            "rules": len({finding.rule.id for finding in result.findings}),
            "files": len(result.sources),
        },
        "problems": [{"error": problem.message, "hint": problem.hint} for problem in result.problems],
    }


def render_lines(result: Result) -> str:
    """One object a line for each finding, with the same members; no line end after the last."""
    import json

    return "\n".join(
        json.dumps({"schema": f"ptktctl.{FINDING_SCHEMA}", **_finding(finding)}) for finding in result.findings
    )


def rule_members(rule: Rule) -> dict[str, object]:
    """The documentation of a rule."""
    return {
        "rule": rule.id,
        "slug": rule.slug,
        "severity": rule.severity.label,
        "what": rule.what,
        "why": rule.why,
        "bad": [_example(example) for example in rule.bad],
        "good": [_example(example) for example in rule.good],
        "remedy": rule.remedy,
        "source": rule.source,
        "certainty": rule.certainty.value,
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule.id,
        "slug": finding.rule.slug,
        "severity": finding.severity.label,
        "message": finding.message,
        **_place(finding.span),
        "end_line": finding.span.end_line,
        "end_column": finding.span.end_column,
        "help": finding.advice,
        "related": [_related(related) for related in finding.related],
    }


def _related(related: Related) -> dict[str, object]:
    return {**_place(related.span), "message": related.message}


def _place(span: Span) -> dict[str, object]:
    return {"file": span.file, "line": span.line, "column": span.column}


def _example(example: Example) -> dict[str, object]:
    return {"file": example.file, "content": example.content}
