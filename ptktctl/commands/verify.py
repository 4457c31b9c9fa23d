"""ptktctl verify: evaluate a PassTicket as the host would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.parameter_types import TIME
from ptktctl.commands.parameters import (
    applid_option,
    batch_format,
    batch_options,
    command,
    group_option,
    ledger_option,
    require_single,
    required,
    unlock_options,
)
from ptktctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptktctl.commands.context import Context
    from ptktctl.passticket.evaluation import Evaluation
    from ptktctl.passticket.keys import SecuredSignonKey
    from ptktctl.passticket.names import ApplId, GroupId, UserId
    from ptktctl.store.definitions import Application
    from ptktctl.store.vault import StoredKey

    # Given a key and the second that a ticket carries under it, answers when the ticket served before.
    Use = Callable[[SecuredSignonKey, int], int | None]


@command(
    "verify",
    audit="use",
    examples="""
    ptktctl gen -u IBMUSER | ptktctl verify -u IBMUSER -
    ptktctl verify -u IBMUSER --peek --at 2026-11-22T10:00:00Z --format json AEPRRZ3S
    ptktctl verify --batch logons.txt --format csv
    """,
    streams=("tsv", "csv", "jsonl"),
)
@batch_options
@applid_option
@group_option
@click.option("--at", type=TIME, help="Evaluate as of this moment; default now.")
@click.option("--peek", is_flag=True, help="Do not record the use: the ticket can still serve.")
@ledger_option
@unlock_options
@click.argument("ticket", metavar="[TICKET|-]", required=False)
def verify(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: Context,
    userid: UserId | None,
    applid: ApplId | None,
    group: GroupId | None,
    at: int | None,
    peek: bool,
    ledger: str | None,
    ticket: str | None,
    batch: str | None,
    jobs: int,
    output_format: str,
    **unlock: str | None,
) -> Answer | int:
    """Evaluate a PassTicket as RACF would.

    The answer is one of valid, expired, early (outside the window), used (served before), no-match (not of this user,
    APPLID and key) and malformed (no ticket of these keys can look like this); all but valid end with status 1. `-`
    reads the ticket from standard input; one that begins with a hyphen goes there, or after `--`.

    While a key is being rotated, a ticket of the pending key is as good as one of the current key, and the answer says
    which of the two it was: so it can be seen which systems make tickets with the next key already.

    A ticket is used when it was answered valid before, by whichever process of this user; or with --ledger, by any
    machine that shares the ledger. A ledger that does not serve is status 3, never valid. A URL with a password goes
    into PTKTCTL_LEDGER.

    A line of --batch is `USERID APPLID TICKET [TIME]`, separated by blanks, tabs or commas; a line that begins with
    `#` is a comment. Each other line gives one row: user ID, APPLID, outcome, when the ticket was made, its age in
    seconds, or what is wrong with the line. The ticket is not repeated: it may be a password. Any answer but valid
    makes the status 1.
    """
    from ptktctl.commands import selection

    if batch:
        if userid or applid or ticket or at is not None:
            raise InputError("--batch excludes -u, -a, --at and TICKET", "its lines hold all of that")
        from ptktctl.commands import batches

        form = batch_format(output_format)
        return batches.verify(context, batch, jobs, form, group=group, ledger=ledger, peek=peek, **unlock)
    require_single(output_format, jobs)
    userid, ticket = required(userid, "option '-u'"), required(ticket, "argument 'TICKET|-'")
    application = selection.choose_application(context, applid)
    ticket = selection.read_line(context, "ticket") if ticket == "-" else ticket
    stored = selection.open_vault(context, **unlock).candidates(application.applid, userid, group, pending=True)
    use = _single_use(context, application, userid, ticket, ledger, peek=peek)
    return _evaluated(context, application, userid, ticket, stored, use, at)


def _evaluated(
    context: Context,
    application: Application,
    userid: UserId,
    ticket: str,
    stored: Sequence[StoredKey],
    use: Use | None,
    at: int | None,
) -> Answer:
    from ptktctl.commands import selection
    from ptktctl.passticket import evaluation

    keys = selection.keys_to_try(application, stored)
    # Only now: a ticket out of a pipe may have been made after this command was started.
    moment = context.clock() if at is None else at
    found = evaluation.evaluate(ticket, userid, application.applid, keys, moment, timeout=application.timeout, use=use)
    context.use.outcome = found.outcome.value
    answered = selection.answering(found.key, keys, stored)
    return _answer(userid, application.applid, found, answered, rotating=any(each.name.pending for each in stored))


def _single_use(
    context: Context, application: Application, userid: UserId, ticket: str, ledger: str | None, *, peek: bool
) -> Use | None:
    """How to ask whether a ticket served before; None where the definition lets tickets be used again."""
    from ptktctl.commands import selection
    from ptktctl.passticket.evaluation import window_of
    from ptktctl.store.definitions import Replay

    if application.replay is Replay.ALLOW:
        return None
    tickets = selection.open_ledger(context, ledger)

    def use(key: SecuredSignonKey, generated: int) -> int | None:
        from ptktctl.store.ledger import token

        known = token(key, userid, application.applid, ticket, generated)
        if peek:
            return tickets.peek(known)
        return tickets.use(known, generated, context.clock(), generated + window_of(key, application.timeout))

    return use


def _answer(userid: UserId, applid: ApplId, found: Evaluation, answered: StoredKey | None, *, rotating: bool) -> Answer:
    from ptktctl.passticket.evaluation import Outcome

    text = f"{found.outcome.value}: {_explain(userid, applid, found)}"
    if answered and rotating:
        stages = "pending key, not the current one" if answered.name.pending else "current key, not the pending one"
        text += f"; by the {stages} (fingerprint {answered.key.fingerprint})"
    status = 0 if found.outcome is Outcome.VALID else 1
    return Answer("verify/1", lambda: _members(userid, applid, found, answered), text, status)


def _members(userid: UserId, applid: ApplId, found: Evaluation, answered: StoredKey | None) -> dict[str, object]:
    from ptktctl.commands.selection import stage_of
    from ptktctl.commands.wording import rfc3339

    return {
        "outcome": found.outcome.value,
        "userid": userid.value,
        "applid": applid.value,
        "ticket_type": found.ticket_type.value if found.ticket_type else None,
        "generated": None if found.generated is None else rfc3339(found.generated),
        "generated_epoch": found.generated,
        "age_seconds": found.age,
        "window_seconds": found.window,
        "used_at": None if found.used_at is None else rfc3339(found.used_at),
        "key": stage_of(answered),
        "key_fingerprint": answered.key.fingerprint if answered else None,
    }


def _explain(userid: UserId, applid: ApplId, found: Evaluation) -> str:
    from ptktctl.commands.wording import instant, span
    from ptktctl.passticket.evaluation import Outcome

    if found.outcome is Outcome.MALFORMED:
        return "no PassTicket of the keys stored for this APPLID can look like this"
    if found.generated is None or found.age is None:
        return f"not a ticket of {userid}, {applid} and the keys stored for it"
    when = f"{span(found.age)} {'ago' if found.age >= 0 else 'in the future'}"
    made = f"generated {when}; the window is {span(found.window)}; made at {instant(found.generated)}"
    if found.outcome is Outcome.USED and found.used_at is not None:
        return f"this ticket served before, at {instant(found.used_at)}; {made}"
    return made
