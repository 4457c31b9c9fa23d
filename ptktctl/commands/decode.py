"""ptktctl decode: the second in which a ticket was made, for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.parameter_types import TIME
from ptktctl.commands.parameters import applid_option, command, group_option, unlock_options, userid_option

if TYPE_CHECKING:
    from ptktctl.commands.context import Context
    from ptktctl.passticket.names import ApplId, GroupId, UserId


@command(
    "decode",
    audit="use",
    examples="""
    ptktctl decode -u IBMUSER -a FEKAPPL AEPRRZ3S
    ptktctl gen -u IBMUSER | ptktctl decode -u IBMUSER -
    ptktctl decode -u MIKEM -a TSOSYS1 --at 2026-11-01T00:00:00Z --format json AEPRRZ3S
    """,
)
@userid_option
@applid_option
@group_option
@click.option("--at", type=TIME, default="now", show_default=True, help="About when the ticket was made.")
@unlock_options
@click.argument("ticket", metavar="TICKET|-", nargs=-1)
def decode(
    context: Context,
    userid: UserId,
    applid: ApplId | None,
    group: GroupId | None,
    at: int,
    ticket: tuple[str, ...],
    **unlock: str | None,
) -> Answer:
    """Print when a PassTicket was made, in epoch seconds.

    Any text that looks like a ticket carries some second under any key. It counts only when it lies near the moment of
    --at: within a day for a legacy ticket, a year for an enhanced one. Otherwise nothing is printed and the status is
    1, as for a text that is no ticket at all. `-` takes the ticket from standard input; one that begins with a hyphen
    goes there, or after `--`. Whether it still serves is what `ptktctl verify` tells.
    """
    from ptktctl.commands import selection
    from ptktctl.commands.diagnose import one_ticket
    from ptktctl.commands.wording import instant, rfc3339
    from ptktctl.passticket import evaluation

    application = selection.choose_application(context, applid)
    applid = application.applid
    text = one_ticket(context, ticket)
    vault = selection.open_vault(context, **unlock)
    stored = vault.candidates(applid, userid, group, pending=True)
    keys = selection.keys_to_try(application, stored)
    found = evaluation.evaluate(text, userid, applid, keys, at, timeout=application.timeout)
    context.use.outcome = "no-match" if found.generated is None else "decoded"
    members = {
        "userid": userid.value,
        "applid": applid.value,
        "ticket_type": found.ticket_type.value if found.ticket_type else None,
        "generated": None if found.generated is None else rfc3339(found.generated),
        "generated_epoch": found.generated,
        "key": selection.stage_of(selection.answering(found.key, keys, stored)),
    }
    if found.generated is None:
        note = f"ptktctl: no ticket of {userid}, {applid} and its keys, made near {instant(at)}"
        return Answer("decode/1", members, exit_status=1, notes=(note, "hint: ptktctl diagnose looks further"))
    return Answer("decode/1", members, str(found.generated))
