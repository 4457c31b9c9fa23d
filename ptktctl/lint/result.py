"""What lint is given and what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptktctl.errors import InputError
    from ptktctl.lint.finding import Finding, Severity
    from ptktctl.lint.masking import Mask
    from ptktctl.lint.site import Site
    from ptktctl.lint.source import Source

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
        findings: by file, line, column and rule, without key material.
        sources: the files that were read, by name, in their order, without their key material.
        problems: the files that were not, each as an error that names it.
        site: the picture of them, key material included: not to be shown.
        passed_over: files in a folder that are of a kind that lint reads and cannot be understood: why, and where.
        mask: what makes a text of the site one that may be shown; None when there is nothing to hide.
        known: how many findings are left out because a baseline holds them.
    """

    findings: tuple[Finding, ...]
    sources: dict[str, Source]
    problems: tuple[InputError, ...]
    site: Site
    passed_over: tuple[InputError, ...] = ()
    mask: Mask | None = None
    known: int = 0

    def number(self, severity: Severity) -> int:
        """How many findings have a severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def reaches(self, threshold: Severity) -> bool:
        """Whether a finding is as bad as a threshold, or worse."""
        return any(finding.severity >= threshold for finding in self.findings)
