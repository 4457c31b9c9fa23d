"""A baseline: the findings that a site knows of, so that lint tells the new ones only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.lint.fingerprint import fingerprints, relative_name

if TYPE_CHECKING:
    from ptktctl.lint.result import Result

SCHEMA = "ptktctl.baseline/1"


def render(result: Result, base: str) -> str:
    """The content of the file: a fingerprint for each finding, and for people its rule, file and message.

    Args:
        base: the folder that the file lies in; findings are known again wherever that folder is.
    """
    findings = [
        {
            "fingerprint": fingerprint,
            "rule": finding.rule.id,
            "file": relative_name(finding.span.file, base),
            "message": finding.message,
        }
        for finding, fingerprint in zip(result.findings, fingerprints(result, base), strict=True)
    ]
    return json.dumps({"schema": SCHEMA, "findings": findings}, indent=2) + "\n"


def parse(path: str, data: bytes) -> frozenset[str]:
    """The fingerprints in the file.

    Raises:
        InputError: it is no baseline.
    """
    try:
        content = json.loads(data)
        if content["schema"] == SCHEMA:
            return frozenset(str(finding["fingerprint"]) for finding in content["findings"])
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise InputError(f"{path}: not a baseline of lint", f"make one: ptktctl lint --baseline {path} --write-baseline …")


def without_known(result: Result, known: frozenset[str], base: str) -> Result:
    """Leave out the findings that a baseline holds."""
    prints = fingerprints(result, base)
    kept = tuple(finding for finding, each in zip(result.findings, prints, strict=True) if each not in known)
    return result._replace(findings=kept, known=len(result.findings) - len(kept))
