"""What the linter tells: a finding, the place it points at, and the rule it comes from."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(enum.IntEnum):
    """How bad it is; the worse, the greater."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """The word people and JSON use: error, warning, info."""
        return self.name.lower()


class Certainty(enum.Enum):
    """How sure the fact is that a rule rests on."""

    DOCUMENTED = "stated by the products' documentation"
    INFERRED = "follows from documented facts; not confirmed by the products' documentation"
    UNVERIFIED = "known from practice; not confirmed by the products' documentation"


class Span(NamedTuple):
    """A stretch of a file. Lines and columns count characters from 1; the end column is the one after the last."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def is_point(self) -> bool:
        """Whether it marks a point, such as the beginning of a file that is meant as a whole, and not a stretch."""
        return (self.line, self.column) == (self.end_line, self.end_column)


class Related(NamedTuple):
    """Another place that has to do with a finding, and what is there."""

    span: Span
    message: str


class Example(NamedTuple):
    """A file, by a name that lint recognises, as a rule's documentation shows it."""

    file: str
    content: str


class Rule(NamedTuple):
    """What a rule is about: its documentation, written once, beside its code.

    Attributes:
        id: PTK and three digits; never changes its meaning.
        slug: its name in words.
        severity: the default; circumstances may change it.
        what: when it fires, one sentence.
        why: how it shows at run time.
        bad: files that make this rule fire, and no other.
        good: files that are right, and make no rule fire.
        remedy: what to do.
        source: where the fact is from.
        certainty: how sure that source is.
    """

    id: str
    slug: str
    severity: Severity
    what: str
    why: str
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    remedy: str
    source: str
    certainty: Certainty = Certainty.DOCUMENTED

    def finding(
        self,
        span: Span,
        message: str,
        advice: str,
        *,
        severity: Severity | None = None,
        related: tuple[Related, ...] = (),
    ) -> Finding:
        """Make a finding of this rule, of its default severity unless another is given."""
        return Finding(self, severity or self.severity, message, span, advice, related)


class Finding(NamedTuple):
    """One thing that is wrong in one place, and its remedy."""

    rule: Rule
    severity: Severity
    message: str
    span: Span
    advice: str
    related: tuple[Related, ...] = ()


def in_order(findings: Iterable[Finding], files: Iterable[str]) -> tuple[Finding, ...]:
    """Findings by file, in the order of the files, then by line, column and rule; each once."""
    order = {file: number for number, file in enumerate(files)}
    # A dictionary for its keys: the order of what is equal does not depend on hashes.
    return tuple(
        sorted(
            dict.fromkeys(findings),
            key=lambda finding: (order[finding.span.file], finding.span.line, finding.span.column, finding.rule.id),
        )
    )
