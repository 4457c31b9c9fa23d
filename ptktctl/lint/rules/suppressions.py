"""Whether the comments that tell lint to ignore something still ignore something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.finding import Finding, Rule, Severity
from ptktctl.lint.rules.wording import monitor, rse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.site import Site

OPTIONS = '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID={}"'

UNUSED_SUPPRESSION = Rule(
    id="PTK901",
    slug="unused-suppression",
    severity=Severity.WARNING,
    what="A comment tells lint to ignore a rule that finds nothing there, or one that does not exist. For a rule that "
    "compares files, info: the other file may only not have been given.",
    why="Nothing fails. But the comment hides what may be wrong there one day, and its reason is no longer true.",
    bad=(
        rse("# ptktctl: ignore[PTK101] until the profiles are renamed", OPTIONS.format("FEKAPPL")),
        monitor("APPLID=FEKAPPL"),
    ),
    good=(
        rse("# ptktctl: ignore[PTK101] until the profiles are renamed", OPTIONS.format("OMVSAPPL")),
        monitor("# ptktctl: ignore[PTK101] until the profiles are renamed", "APPLID=OMVSAPPL"),
    ),
    remedy="Delete the comment, or the name of the rule from it. It stands on the line it is about, or above it.",
    source="Lint itself",
)


def unused_suppression(site: Site) -> Iterator[Finding]:
    """Find nothing: `ptktctl.lint.suppression` does, when it has the findings of all other rules."""
    yield from ()


RULES = ((UNUSED_SUPPRESSION, unused_suppression),)
