"""ptktctl applid: define the applications that tickets are made for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.migrate import migrate
from ptktctl.commands.parameter_types import APPLID, TICKET_TYPE
from ptktctl.commands.parameters import command, unlock_options
from ptktctl.commands.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptktctl.commands.context import Context
    from ptktctl.passticket.names import ApplId
    from ptktctl.store.definitions import Application

    Function = TypeVar("Function", bound=Callable[..., object])

COMPONENTS = ("rse", "jes-job-monitor", "zosmf", "zowe", "cics", "db2", "tso", "batch", "other")
# Settings that are not given are None; this says that there shall be no greatest age.
NO_AGE = 0
# Members that a definition shows only where they say something, after all others.
SELDOM = ("max_age_days", "migration")
SHARING_COMPONENTS = ("rse", "jes-job-monitor")


@click.group("applid")
def applid() -> None:
    """Define the applications that tickets are made for."""


def setting_options(function: Function) -> Function:
    """The settings of a definition; None where an option was not given."""
    for option in (
        click.option("--component", type=click.Choice(COMPONENTS), help="What evaluates the tickets."),
        click.option("--ticket", type=TICKET_TYPE, help="The kind of ticket; default: as RACF does."),
        click.option("--timeout", type=click.IntRange(1, 600), help="Seconds an enhanced ticket lives; default 60."),
        click.option("--replay", type=click.Choice(("allow", "deny")), help="Whether a ticket may be used again."),
        click.option("--description", metavar="TEXT", help="A line about it."),
        click.option(
            "--max-age",
            metavar="DAYS|none",
            callback=_days,
            help="Days after which key list calls a key of it due; default none.",
        ),
    ):
        function = option(function)
    return function


def _days(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
    """The value of --max-age; NO_AGE for none."""
    from ptktctl.store.definitions import LONGEST_AGE

    if text is None or text.lower() == "none":
        return NO_AGE if text else None
    days = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(LONGEST_AGE)) else 0
    if not 1 <= days <= LONGEST_AGE:
        raise click.BadParameter(f"it takes 1 to {LONGEST_AGE} days, or none.")
    return days


@command(
    "add",
    examples="""
    ptktctl applid add FEKAPPL --component rse --replay allow
    ptktctl applid add ZOWEAPPL --component zowe --ticket mixed --timeout 30
    """,
)
@click.argument("name", metavar="APPLID", type=APPLID)
@setting_options
@click.option("--force", is_flag=True, help="Define it although its key would open more than the component.")
def add(context: Context, name: ApplId, force: bool, **settings: Any) -> Answer:
    """Define an application.

    RSE and JES Job Monitor need --replay allow, because tickets made within one second are equal.
    """
    from ptktctl.store import definitions

    notes = _judge_name(name, settings["component"], force=force)
    application = definitions.Application(name, context.clock(), **_given(settings))
    definitions.add(context.places().definitions, application)
    return _shown(application, f"defined {name}", notes)


@command(
    "list",
    audit="look",
    examples="""
    ptktctl applid list
    ptktctl applid list --format json
    """,
)
def list_(context: Context) -> Answer:
    """List the applications defined."""
    from ptktctl.commands.selection import load_definitions

    applications = list(load_definitions(context))
    rows = [_row(each) for each in applications]
    table = Table(("APPLID", "component", "ticket", "timeout", "replay", "description", "created"), rows)
    notes = () if rows else ("no APPLID is defined yet: ptktctl applid add APPLID",)
    return Answer("applid-list/1", {"applids": [_members(each) for each in applications]}, table, notes=notes)


@command(
    "show",
    audit="look",
    examples="""
    ptktctl applid show FEKAPPL
    ptktctl applid show FEKAPPL --format json
    """,
)
@click.argument("name", metavar="APPLID", type=APPLID)
def show(context: Context, name: ApplId) -> Answer:
    """Show one definition."""
    from ptktctl.commands.selection import find_application

    return _shown(find_application(context, name))


@command(
    "set",
    examples="""
    ptktctl applid set FEKAPPL --replay allow
    ptktctl applid set ZOWEAPPL --ticket upper --timeout 120
    ptktctl applid set FEKAPPL --max-age 365
    """,
)
@click.argument("name", metavar="APPLID", type=APPLID)
@setting_options
def set_(context: Context, name: ApplId, **settings: Any) -> Answer:
    """Change settings of a definition; those not given stay."""
    from ptktctl.commands.selection import find_application
    from ptktctl.errors import InputError
    from ptktctl.store import definitions

    given = _given(settings)
    if not given:
        raise InputError("nothing to change was given", "ptktctl applid set --help lists the settings")
    find_application(context, name)
    changed = definitions.update(context.places().definitions, name, lambda before: before.replaced(**given))
    return _shown(changed, f"changed {name}")


@command(
    "rename",
    examples="""
    ptktctl applid rename FEKAPPL FEKPROD
    ptktctl applid rename FEKAPPL FEKPROD --key-file ~/ptktctl.key
    """,
)
@click.argument("old", metavar="OLD", type=APPLID)
@click.argument("new", metavar="NEW", type=APPLID)
@click.option("--force", is_flag=True, help="Also to a name whose key would open more than the component.")
@unlock_options
def rename(
    context: Context, old: ApplId, new: ApplId, force: bool, passphrase_file: str | None, key_file: str | None
) -> Answer:
    """Give an application another name; its keys move along."""
    from ptktctl.commands import selection
    from ptktctl.errors import InputError
    from ptktctl.store import definitions, vault

    application = selection.find_application(context, old)
    if selection.load_definitions(context).get(new):
        hint = "give another name" if old == new else f"give another name, or first: ptktctl applid remove {new}"
        raise InputError(f"the APPLID {new} is defined already", hint)
    notes = _judge_name(new, application.component.value, force=force)
    places = context.places()
    # Keys first: should we be stopped in between, they are kept, and the same command again completes the change.
    if selection.has_keys(context, old):
        with vault.editing(places.keys, selection.unlocker(context, passphrase_file, key_file).data_key) as draft:
            draft.rename(old, new)
    definitions.rename(places.definitions, old, new)
    return _shown(selection.find_application(context, new), f"renamed {old} to {new}", notes)


@command(
    "remove",
    examples="""
    ptktctl applid remove FEKAPPL
    ptktctl applid remove FEKAPPL --yes
    """,
)
@click.argument("name", metavar="APPLID", type=APPLID)
@click.option("--yes", is_flag=True, help="Do not ask before keys are removed with it.")
@unlock_options
def remove(context: Context, name: ApplId, yes: bool, passphrase_file: str | None, key_file: str | None) -> Answer:
    """Remove a definition, and the keys stored for it."""
    from ptktctl.commands import selection
    from ptktctl.commands.terminal import confirm
    from ptktctl.store import definitions, vault

    application = selection.find_application(context, name)
    places = context.places()
    # Keys first: a definition without keys can be removed again, keys without a definition would lie forgotten.
    if selection.has_keys(context, name):
        confirm(context, f"remove {name} and the keys stored for it?", yes=yes)
        with vault.editing(places.keys, selection.unlocker(context, passphrase_file, key_file).data_key) as draft:
            for each in draft.names():
                if each.applid == name:
                    draft.remove(each)
    definitions.remove(places.definitions, name)
    return _shown(application, f"removed {name}")


def _judge_name(name: ApplId, component: str | None, *, force: bool) -> list[str]:
    """Refuse a name whose key would open more than the component, in the words of the lint rule; or warn of it.

    TSO's own name and other products' defaults are hazards only for the two that should have a name of their own.
    """
    from ptktctl.errors import InputError
    from ptktctl.lint.rules import applids
    from ptktctl.passticket.reserved import ReservedKind, reserved

    found = reserved(name)
    opens_more = {ReservedKind.UNIX: applids.OMVSAPPL, ReservedKind.MVS_SMFID: applids.MVS_DEFAULT_APPLID}
    borrowed = {ReservedKind.TSO_SMFID: applids.TSO_APPLID, ReservedKind.PRODUCT: applids.BORROWED_APPLID}
    if found and (rule := opens_more.get(found.kind)):
        if not force:
            raise InputError(f"{name}: {rule.why} ({rule.id} {rule.slug})", "take another name, or give --force")
        return [f"warning: {rule.why} ({rule.id} {rule.slug})"]
    if found and component in SHARING_COMPONENTS and (rule := borrowed.get(found.kind)):
        return [f"warning: {name} belongs to {found.owner}. {rule.why} ({rule.id} {rule.slug})"]
    return []


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that were given, as members of an Application."""
    from ptktctl.store.definitions import Component, Replay

    given = {name: value for name, value in settings.items() if value is not None}
    kinds: dict[str, Callable[[Any], object]] = {"component": Component, "replay": Replay}
    kinds["max_age"] = lambda days: None if days == NO_AGE else days
    return {name: kinds[name](value) if name in kinds else value for name, value in given.items()}


def _members(application: Application) -> dict[str, object]:
    from ptktctl.commands.wording import instant

    return {
        "applid": application.applid.value,
        "component": application.component.value,
        "ticket": application.ticket.value if application.ticket else None,
        "timeout": application.timeout,
        "replay": application.replay.value,
        "description": application.description,
        "created": instant(application.created),
        "max_age_days": application.max_age,
        "migration": application.migration.value if application.migration else None,
    }


def _row(application: Application) -> list[str]:
    """The columns for people, without what few definitions say. No kind of ticket is what RACF would do."""
    members = {name: value for name, value in _members(application).items() if name not in SELDOM}
    return [str(value) if value is not None else "as RACF" for value in members.values()]


def _shown(application: Application, done: str = "", notes: Sequence[str] = ()) -> Answer:
    members = _members(application)
    said = dict(zip(members, _row(application), strict=False))
    said.update({name: str(members[name]) for name in SELDOM if members[name] is not None})
    text = done or "\n".join(f"{name:<12} {value}".rstrip() for name, value in said.items())
    return Answer("applid/1", members, text, notes=notes)


for each in (add, list_, show, set_, rename, migrate, remove):
    applid.add_command(each)
