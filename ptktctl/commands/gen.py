"""ptktctl gen: make a PassTicket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.making import find_maker, fresh_option, key_options, second_to_make
from ptktctl.commands.parameter_types import TIME
from ptktctl.commands.parameters import batch_format, batch_options, command, require_single, required
from ptktctl.errors import InputError

if TYPE_CHECKING:
    from ptktctl.commands.context import Context
    from ptktctl.commands.making import Maker
    from ptktctl.passticket.names import UserId


@command(
    "gen",
    audit="use",
    examples="""
    ptktctl gen -u IBMUSER -a FEKAPPL --at 2026-11-22T10:00:00Z --format json
    ptktctl gen --batch users.txt -a FEKAPPL --format csv
    printf 'user = "IBMUSER:%s"\\n' "$(ptktctl gen -u IBMUSER -a IZUDFLT)" | curl --config - https://host/zosmf/info
    """,
    streams=("tsv", "csv", "jsonl"),
)
@batch_options
@key_options
@click.option("--at", type=TIME, help="Make the ticket of this second; default now.")
@fresh_option
def gen(
    context: Context,
    userid: UserId | None,
    at: int | None,
    fresh: bool,
    ledger: str | None,
    batch: str | None,
    jobs: int,
    output_format: str,
    **options: Any,
) -> Answer | int:
    """Make a PassTicket and print it.

    With both keys stored the enhanced one is used, as RACF does, unless --ticket or the definition says otherwise. On a
    terminal the time it lives is told on stderr; stdout has the ticket alone.

    Tickets made within one second are equal, and a host with replay protection refuses the second of them. Each call
    with --fresh has a second of its own on this machine, however many run at once; what is made without --fresh does
    not count, until it is used.

    A line of --batch is `USERID [APPLID] [TIME]`, separated by blanks, tabs or commas; a line that begins with `#` is a
    comment. Each other line gives one row: user ID, APPLID and ticket, or what is wrong with it; then the status is 1.
    """
    if ledger and not fresh:
        raise InputError("--ledger is for --fresh", "only then is it remembered which seconds are taken")
    if fresh and at is not None:
        raise InputError("--fresh and --at exclude each other", "a ticket is fresh only at the moment it is made")
    if batch:
        if userid or fresh or at is not None:
            raise InputError("--batch excludes -u, --at and --fresh", "its lines hold user IDs and times")
        from ptktctl.commands import batches

        return batches.generate(context, batch, jobs, batch_format(output_format), **options)
    require_single(output_format, jobs)
    maker = find_maker(context, required(userid, "option '-u'"), **options)
    context.use.outcome = "made"
    return _answer(context, maker, second_to_make(context, maker, fresh=fresh, ledger=ledger) if at is None else at)


def _answer(context: Context, maker: Maker, at: int) -> Answer:
    asides = [_how_long(maker, at)] if context.stdout.isatty() else []
    return Answer("gen/1", lambda: maker.members(at), maker.ticket(at), asides=asides)


def _how_long(maker: Maker, at: int) -> str:
    from ptktctl.commands.wording import instant, span

    what = f"{maker.key.ticket_type.value} ticket for {maker.userid} and {maker.applid}"
    return f"{what}, valid until {instant(at + maker.window)} ({span(maker.window)})"
