"""What stays the same of a finding when lines move: by it a baseline and GitHub know a finding again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptktctl.lint.finding import Finding
    from ptktctl.lint.result import Result

DIGITS = 32


def fingerprints(result: Result, base: str) -> list[str]:
    """One for each finding, in their order, and no two the same.

    Made of the rule, the file, the line without the blanks around it (keys are masked there already), and, since a
    file may hold equal lines, of how many such findings came before.

    Args:
        base: the folder that files are named from: the same files in it give the same fingerprints on any machine.
    """
    from hashlib import sha256

    seen: dict[str, int] = {}
    found = []
    for finding in result.findings:
        subject = "\0".join((finding.rule.id, relative_name(finding.span.file, base), _line(finding, result)))
        seen[subject] = seen.get(subject, 0) + 1
        subject += f"\0{seen[subject]}"
        found.append(sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS])
    return found


def relative_name(file: str, base: str) -> str:
    """A file's name as it is from a folder, with slashes; all of it where it lies on another drive than the folder."""
    try:
        name = os.path.relpath(file, base)
    except ValueError:
        name = os.path.abspath(file)
    return name.replace(os.sep, "/")


def _line(finding: Finding, result: Result) -> str:
    if finding.span.is_point:
        return ""
    return result.sources[finding.span.file].line(finding.span.line).strip()
