"""What the commands that make tickets share: their options, and the key that these lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from ptktctl.commands.parameter_types import FILE, TICKET_TYPE
from ptktctl.commands.parameters import applid_option, group_option, ledger_option, unlock_options, userid_option
from ptktctl.errors import StoreBusyError
from ptktctl.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptktctl.commands.context import Context
    from ptktctl.passticket.keys import SecuredSignonKey, TicketType
    from ptktctl.passticket.names import ApplId, GroupId, UserId

    Function = TypeVar("Function", bound=Callable[..., object])

# How often the clock is looked at while a second is waited for.
TICK = 0.01
# Seconds. Who waits longer than this is told why; a clock later than this has been set back.
PATIENCE = 2


class Maker(Record):
    """All that it takes to make tickets: for whom, for what, with which key.

    Attributes:
        window: how many seconds either way such a ticket serves.
    """

    userid: UserId
    applid: ApplId
    key: SecuredSignonKey
    window: int

    def ticket(self, at: int) -> str:
        """The ticket of a second, in epoch seconds."""
        from ptktctl.passticket import evaluation

        return evaluation.generate(self.userid, self.applid, self.key, at)

    def members(self, at: int) -> dict[str, object]:
        """The ticket of a second as a JSON object."""
        from ptktctl.commands.wording import rfc3339

        return {
            "userid": self.userid.value,
            "applid": self.applid.value,
            "ticket": self.ticket(at),
            "ticket_type": self.key.ticket_type.value,
            "generated": rfc3339(at),
            "generated_epoch": at,
            "valid_until": rfc3339(at + self.window),
            "window_seconds": self.window,
        }


def maker_options(function: Function) -> Function:
    """The options that `find_maker` takes."""
    return userid_option(key_options(function))


def key_options(function: Function) -> Function:
    """Those of them that lead to the key."""
    ticket = click.option(
        "--ticket", "ticket_type", type=TICKET_TYPE, help="The kind of ticket, if both keys are stored."
    )
    key_from = click.option(
        "--key-from", type=FILE, metavar="FILE|-", help="Use this key (hexadecimal) instead of a stored one."
    )
    return applid_option(group_option(ticket(key_from(unlock_options(function)))))


def fresh_option(function: Function) -> Function:
    """--fresh, and the --ledger that it needs."""
    return click.option(
        "--fresh",
        is_flag=True,
        help="Never the same ticket twice on this machine, or of all that share a ledger: waits for the next second "
        "if it must.",
    )(ledger_option(function))


def find_maker(
    context: Context,
    userid: UserId,
    applid: ApplId | None,
    group: GroupId | None,
    ticket_type: TicketType | None,
    key_from: str | None,
    passphrase_file: str | None,
    key_file: str | None,
) -> Maker:
    """Find the key that `maker_options` name, unlocking the store if need be."""
    from ptktctl.commands import selection
    from ptktctl.passticket import evaluation

    if key_from:
        applid = selection.choose_applid(context, applid)
        key, timeout = selection.read_key(context, key_from, ticket_type), evaluation.DEFAULT_TIMEOUT
    else:
        application = selection.choose_application(context, applid)
        applid, timeout = application.applid, application.timeout
        stored = selection.open_vault(context, passphrase_file, key_file).candidates(applid, userid, group)
        key = selection.choose_key(application, stored, ticket_type)
    return Maker(userid, applid, key, evaluation.window_of(key, timeout))


def second_to_make(context: Context, maker: Maker, *, fresh: bool, ledger: str | None) -> int:
    """The second that a ticket is to be made for: the current one.

    Args:
        fresh: take one that no ticket was made for yet, and wait until it has come.
        ledger: the URL of the ledger that knows the seconds taken, if one was given.
    """
    if not fresh:
        return context.clock()
    from ptktctl.commands import selection
    from ptktctl.store.freshness import take_second

    second = take_second(selection.open_ledger(context, ledger), maker.key, maker.userid, maker.applid, context.clock())
    _wait_until(context, second)
    return second


def _wait_until(context: Context, second: int) -> None:
    import time

    ahead = second - context.clock()
    if ahead > PATIENCE and context.stderr.isatty():
        context.note(f"waiting {ahead} s: the seconds before are taken for other tickets")
    latest = time.monotonic() + ahead + PATIENCE
    while context.clock() < second:
        if time.monotonic() > latest:
            raise StoreBusyError("the clock was set back while a second of its own was waited for", "try again")
        time.sleep(TICK)
