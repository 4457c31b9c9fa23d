"""ptktctl diagnose: say why a ticket was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.parameter_types import TIME, USERID
from ptktctl.commands.parameters import applid_option, command, group_option, ledger_option, unlock_options

if TYPE_CHECKING:
    from ptktctl.commands.context import Context
    from ptktctl.commands.examination import Explained
    from ptktctl.passticket.diagnosis import Candidate
    from ptktctl.passticket.names import ApplId, GroupId, UserId


@command(
    "diagnose",
    audit="use",
    examples="""
    ptktctl diagnose -u IBMUSER -a FEKAPPL AEPRRZ3S
    ptktctl diagnose -u IBMUSER -u MIKEM --smfid SYS1 --at 2026-11-22T10:00:00Z -
    ptktctl diagnose --tickets failures.txt --format json
    """,
)
@click.option(
    "-u",
    "--userid",
    "--user",
    "userids",
    type=USERID,
    multiple=True,
    help="Who signed on; more of them: for whom else the ticket may have been made.",
)
@applid_option
@group_option
@click.option(
    "--smfid", "smfids", metavar="SMFID", multiple=True, help="SMF ID of a system: also try its TSO and MVS APPLIDs."
)
@click.option("--at", type=TIME, default="now", show_default=True, help="When it was refused.")
@click.option("--tickets", metavar="FILE|-", help="A log of refused tickets, one a line, instead of one ticket.")
@ledger_option
@unlock_options
@click.argument("ticket", metavar="TICKET|-", nargs=-1)
def diagnose(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: Context,
    userids: tuple[UserId, ...],
    applid: ApplId | None,
    group: GroupId | None,
    smfids: tuple[str, ...],
    at: int,
    tickets: str | None,
    ledger: str | None,
    ticket: tuple[str, ...],
    **unlock: str | None,
) -> Answer:
    """Say why a PassTicket was refused, and what to mend.

    The ticket is read under each key, user ID and APPLID that may have been meant, with each slip that is known of
    clocks, keys, names, generators and typists, one slip at a time. `-` takes the ticket from standard input; one that
    begins with a hyphen goes there, or after `--`. It is never shown: it may be a password.

    Any text that looks like a ticket decodes to some second under any key. So each statement says how likely it is to
    be chance: the seconds as near to the clock as the one found, times the readings tried, over the seconds that such
    a ticket can carry (2^32 legacy, 2^41 UPPER, 2^48 MIXED). The more readings, the fewer seconds count: for a ticket
    that has nothing to do with your keys, the chance that anything at all is claimed is at most 1 in 1,000.

    A line of --tickets is `USERID APPLID TICKET [TIME]`, separated by blanks, tabs or commas; `#` begins a comment. All
    lines are summed up by what explains them.

    Ends with status 0 when the ticket (or each of the log) is valid at that moment, else with 1.
    """
    from ptktctl.commands import selection
    from ptktctl.commands.examination import Case, Examiner
    from ptktctl.errors import InputError

    if tickets is None:
        text, who = one_ticket(context, ticket), _who(userids)
        case = Case(text, who, selection.choose_application(context, applid).applid, at)
    elif ticket or applid:
        raise InputError("--tickets takes APPLIDs and tickets from the log", "leave -a and TICKET out")
    vault = selection.open_vault(context, **unlock)
    examiner = Examiner(context, vault, group, smfids, selection.open_ledger(context, ledger))
    if tickets is None:
        explained = examiner.examine(case)
        context.use.outcome = explained.verdict
        return _answer(context, explained)
    from ptktctl.commands.diagnose_log import diagnose_log

    return diagnose_log(context, tickets, examiner, at, userids)


def _who(userids: tuple[UserId, ...]) -> tuple[UserId, ...]:
    from ptktctl.errors import InputError

    if not userids:
        raise InputError("whose ticket?", "give -u USERID")
    return tuple(dict.fromkeys(userids))


def one_ticket(context: Context, given: tuple[str, ...]) -> str:
    """The one ticket given, from standard input for `-`.

    Raises:
        InputError: none or several were given; they are not repeated.
    """
    from ptktctl.commands.selection import read_line
    from ptktctl.errors import InputError

    if len(given) != 1:
        raise InputError(f"{len(given) or 'no'} tickets were given", "give one, or - for standard input")
    return read_line(context, "ticket") if given[0] == "-" else given[0]


def _answer(context: Context, explained: Explained) -> Answer:
    from ptktctl.commands.terminal import folded

    status = 0 if explained.is_valid else 1
    return Answer("diagnose/1", explained.members(), folded(context, _text(explained)), status)


def _text(explained: Explained) -> str:
    from ptktctl.commands.diagnose_wording import without_candidate

    if explained.found.candidates:
        return "\n\n".join(_candidate_text(explained, candidate) for candidate in explained.found.candidates)
    said, advice = without_candidate(explained.found, explained.case.at)
    return f"{explained.verdict}: {said}\nremedy: {advice}"


def _candidate_text(explained: Explained, candidate: Candidate) -> str:
    from ptktctl.commands.diagnose_wording import chances, when_made
    from ptktctl.commands.wording import instant

    used_at = explained.used_at_as(candidate)
    served = "before" if used_at is not None and used_at <= explained.case.at else "since"
    lines = (
        f"{explained.verdict if candidate.is_valid else 'explained'}: {explained.how(candidate)}",
        f"clock: {when_made(candidate)}",
        f"used: this ticket served {served}, at {instant(used_at)}" if used_at is not None else "",
        f"remedy: {explained.remedy(candidate)}",
        f"chance hit: {chances(candidate, explained.found)}",
    )
    return "\n".join(filter(None, lines))
