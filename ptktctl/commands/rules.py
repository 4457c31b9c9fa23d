"""`ptktctl rules`: the catalogue of lint's rules, and the documentation of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.parameters import command
from ptktctl.commands.table import Table

if TYPE_CHECKING:
    from ptktctl.commands.context import Context


@command(
    "rules",
    examples="""
        ptktctl rules
        ptktctl rules PTK201
        ptktctl rules applid-mismatch --format json
    """,
)
@click.argument("rule", required=False, metavar="[ID]")
def rules(context: Context, rule: str | None) -> Answer:
    """List the lint rules, or explain one.

    ID is that of a rule (PTK201), the beginning of several (PTK2) or a slug.
    """
    from ptktctl.lint.reports.json import RULES_SCHEMA, rule_members
    from ptktctl.lint.reports.text import render_rule
    from ptktctl.lint.rules import catalogue, find_rules

    found = find_rules(rule) if rule else [each for each, _ in catalogue()]
    members = {"rules": [rule_members(each) for each in found]}
    if rule:
        return Answer(RULES_SCHEMA, members, "\n\n\n".join(render_rule(each) for each in found))
    rows = [(each.id, each.slug, each.severity.label, each.what) for each in found]
    return Answer(RULES_SCHEMA, members, Table(("ID", "Name", "Severity", "Fires when"), rows))
