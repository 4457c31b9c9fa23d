"""Findings as SARIF, which GitHub code scanning and other tools import.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) 2.1.0. Nothing in a log depends on the time or the
machine: the same files give the same bytes.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from ptktctl import __version__
from ptktctl.lint.finding import Severity
from ptktctl.lint.fingerprint import fingerprints, relative_name
from ptktctl.lint.rules import catalogue

if TYPE_CHECKING:
    from ptktctl.lint.finding import Example, Finding, Rule, Span
    from ptktctl.lint.result import Result
    from ptktctl.lint.source import Source

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
ROOT = "%SRCROOT%"  # the name that GitHub gives the root of the repository
FINGERPRINT = "ptktctl/v1"


def render(result: Result, base: str) -> str:
    """A log with one run; no line end after it.

    Args:
        base: the folder that relative file names are meant from.
    """
    rules = [rule for rule, _ in catalogue()]
    run = {
        "tool": {"driver": {"name": "ptktctl", "version": __version__, "rules": [_rule(rule) for rule in rules]}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that lint was called in."}}},
        "artifacts": [_artifact(source, base) for source in result.sources.values()],
        "invocations": [_invocation(result)],
        "results": _results(result, [rule.id for rule in rules], base),
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "name": rule.slug,
        "shortDescription": {"text": rule.slug.replace("-", " ")},
        "fullDescription": {"text": f"{rule.what} {rule.why}"},
        "help": {"text": f"{rule.remedy}\n\nSource: {rule.source}", "markdown": _markdown(rule)},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"certainty": rule.certainty.value},
    }


def _markdown(rule: Rule) -> str:
    bad = "\n\n".join(_example(example) for example in rule.bad)
    good = "\n\n".join(_example(example) for example in rule.good)
    sections = (rule.what, rule.why, f"**Bad**\n\n{bad}", f"**Good**\n\n{good}", f"**Remedy.** {rule.remedy}")
    return "\n\n".join((*sections, f"**Source.** {rule.source}; {rule.certainty.value}."))


def _example(example: Example) -> str:
    return f"{example.file}\n\n```\n{example.content.rstrip()}\n```"


def _artifact(source: Source, base: str) -> dict[str, object]:
    # The names of the Internet Assigned Numbers Authority have no hyphen: IBM1047.
    return {"location": _location(source.name, base), "encoding": source.encoding.replace("IBM-", "IBM")}


def _invocation(result: Result) -> dict[str, object]:
    notes = [{"level": "error", "message": {"text": problem.message}} for problem in result.problems]
    return {"executionSuccessful": not notes, "toolExecutionNotifications": notes}


def _results(result: Result, rules: list[str], base: str) -> list[dict[str, object]]:
    numbers = {rule: number for number, rule in enumerate(rules)}
    prints = fingerprints(result, base)
    return [
        {
            "ruleId": finding.rule.id,
            "ruleIndex": numbers[finding.rule.id],
            "level": LEVELS[finding.severity],
            "message": {"text": f"{finding.message}\nhelp: {finding.advice}"},
            "locations": [{"physicalLocation": _place(finding.span, result, base)}],
            "partialFingerprints": {FINGERPRINT: fingerprint},
            "relatedLocations": _related(finding, result, base),
        }
        for finding, fingerprint in zip(result.findings, prints, strict=True)
    ]


def _related(finding: Finding, result: Result, base: str) -> list[dict[str, object]]:
    return [
        {"id": number, "physicalLocation": _place(each.span, result, base), "message": {"text": each.message}}
        for number, each in enumerate(finding.related, start=1)
    ]


def _place(span: Span, result: Result, base: str) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": _location(span.file, base)}
    if (span.line, span.column, span.is_point) == (1, 1, True):
        return {**place, "region": {"startLine": 1}}  # the file as a whole, for which GitHub wants a line too
    region: dict[str, object] = {"startLine": span.line, "startColumn": span.column}
    region |= {"endLine": span.end_line, "endColumn": span.end_column}
    if span.line == span.end_line and not span.is_point:
        line = result.sources[span.file].line(span.line)
        region["snippet"] = {"text": line[span.column - 1 : span.end_column - 1]}
    return {**place, "region": region}


def _location(file: str, base: str) -> dict[str, object]:
    name = relative_name(file, base)
    if name.startswith("../"):
        return {"uri": f"file://{quote(os.path.abspath(file), errors='surrogateescape')}"}
    return {"uri": quote(name, errors="surrogateescape"), "uriBaseId": ROOT}
