"""ptktctl provision: print the host commands that a definition needs to work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.host_commands import FORMS, esm_of, esm_option, job_of, job_options
from ptktctl.commands.parameter_types import APPLID, FILE, USERID, BadValue
from ptktctl.commands.parameters import command, unlock_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ptktctl.commands.context import Context
    from ptktctl.passticket.names import ApplId, UserId
    from ptktctl.provision.wanted import Wanted
    from ptktctl.provision.wishes import Wishes
    from ptktctl.store.definitions import Application

    Function = TypeVar("Function", bound=Callable[..., object])
    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType

KEY_FORMS = ("keylabel", "eptkeylabel", "keyencrypted", "keymasked", "placeholder")


class IdsType(_ParamType):
    """User IDs or groups, separated by commas."""

    name = "ID,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A tuple of user IDs."""
        from ptktctl.errors import InputError
        from ptktctl.passticket.names import UserId

        if not isinstance(value, str):
            return value
        try:
            return tuple(UserId.parse(each.strip()) for each in value.split(","))
        except InputError as error:
            raise BadValue(error, param, ctx) from None


class LabelType(_ParamType):
    """The label of a key in ICSF's key data set."""

    name = "LABEL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A label in upper case."""
        from ptktctl.errors import InputError
        from ptktctl.provision.wishes import parse_label

        try:
            return parse_label(value)
        except InputError as error:
            raise BadValue(error, param, ctx) from None


IDS = IdsType()
LABEL = LabelType()


def whom_options(function: Function) -> Function:
    """Who makes, evaluates and uses PassTickets, and for whom."""
    for option in (
        click.option(
            "--owner", type=USERID, metavar="ACID", help="Top Secret: the department that owns the resources."
        ),
        click.option("--crypto-admin", "administrators", type=IDS, multiple=True, help="Who makes the key of JWTs."),
        click.option("--jwt", is_flag=True, help="The profiles of SAF JSON Web Tokens as well (RACF)."),
        click.option("--logon", "logons", type=IDS, multiple=True, help="Who may log on; default --users, else all."),
        click.option("--all-users", is_flag=True, help="PassTickets for any user: IRRPTAUTH.applid.* and its like."),
        click.option("--users", type=IDS, multiple=True, help="Whom PassTickets may be made for, a profile each."),
        click.option("--evaluator", "evaluators", type=IDS, multiple=True, help="Who may evaluate PassTickets: READ."),
        click.option("--generator", "generators", type=IDS, multiple=True, help="Who may make PassTickets: UPDATE."),
    ):
        function = option(function)
    return function


def key_options(function: Function) -> Function:
    """How the profile is given its keys."""
    for option in (
        click.option("--reveal-key", is_flag=True, help="Print the key itself, from the store, under a banner."),
        click.option("--key-label", "labels", type=LABEL, multiple=True, help="The key's label in ICSF, one a key."),
        click.option(
            "--key-form", "forms", type=click.Choice(KEY_FORMS), multiple=True, help="How a key is given; one a kind."
        ),
    ):
        function = option(function)
    return unlock_options(function)


@command(
    "provision",
    examples="""
    ptktctl provision FEKAPPL --generator STCRSE --all-users
    ptktctl provision PAYROLL --generator PAYSRV --users ANNA,BERT --as jcl --jobname PAYPTKT --account 4711
    ptktctl provision FEKAPPL --generator STCRSE --all-users --check unload.txt setropts.txt
    """,
)
@click.argument("applid", type=APPLID)
@click.argument("files", nargs=-1, type=FILE, metavar="[FILE]...")
@click.option("--check", is_flag=True, help="Compare the host that FILE shows, and print only the difference.")
@esm_option
@click.option(
    "--as", "form", type=click.Choice(FORMS), default="commands", show_default=True, help="How the commands are run."
)
@whom_options
@key_options
@click.option("--undo", is_flag=True, help="Print the way back: delete what the set-up defines.")
@job_options
def provision(
    context: Context,
    applid: ApplId,
    files: tuple[str, ...],
    check: bool,
    esm: str,
    form: str,
    undo: bool,
    reveal_key: bool,
    **settings: Any,
) -> Answer:
    """Print the host commands that a definition needs to work.

    They are commented, stand in the order to run them, and end with those that show what was done. The key is named by
    its label in ICSF, as IBM recommends: keylabel for a legacy key, eptkeylabel for an enhanced one, both where the
    store has both. Where neither the store nor the definition tells, it is an enhanced one, for RSE a legacy one. The
    other forms, and ACF2 and Top Secret, leave a placeholder for the key, which lint reports (PTK407), unless
    --reveal-key is given. RSE and JES Job Monitor also get the lines for rse.env and FEJJCNFG.

    With --check, FILE shows a host: an IRRDBU00 unload, RLIST or SETROPTS LIST output, or the commands it was set up
    with; - is standard input. Who is not named is not compared. Status 1: it differs, or not all of it is shown.
    """
    from ptktctl.commands.provision_members import members_of
    from ptktctl.commands.selection import find_application
    from ptktctl.commands.steps_wording import steps_of
    from ptktctl.provision import plan, wishes
    from ptktctl.provision.forms import Form, render

    application = find_application(context, applid)
    asked = _wishes(esm, settings)
    if check or files:
        from ptktctl.commands.provision_check import check_host, require_comparison

        require_comparison(files, check=check, undo=undo, reveal_key=reveal_key)
        return check_host(context, application, asked, files, form, job_of(form, settings))
    wanted = _decide(context, application, asked, undo=undo)
    job = job_of(form, settings)
    if reveal_key:
        wanted = _revealed(context, wanted, undo=undo, **_unlocking(settings))
        context.use.outcome = "revealed"
    steps = plan.steps(wanted, undo=undo)
    lines = render(wanted, steps, Form(form), job, undo=undo, reveals=reveal_key)
    warnings = [*plan.warnings(steps), *_key_warnings(form, reveal_key=reveal_key)]
    hints = () if undo else tuple(wishes.hints(wanted, asked))
    members = {**members_of(wanted, form, undo=undo), "steps": steps_of(steps), "warnings": warnings, "output": lines}
    notes = (*(f"warning: {warning}" for warning in warnings), *(f"note: {hint}" for hint in hints))
    return Answer("provision/1", members, "\n".join(lines), notes=notes)


def _wishes(esm: str, settings: dict[str, Any]) -> Wishes:
    from ptktctl.provision.wanted import KeyForm
    from ptktctl.provision.wishes import Wishes

    return Wishes(
        esm=esm_of(esm),
        forms=tuple(dict.fromkeys(KeyForm(form) for form in settings["forms"])),
        labels=settings["labels"],
        generators=_ids(settings["generators"]),
        evaluators=_ids(settings["evaluators"]),
        users=_ids(settings["users"]),
        all_users=settings["all_users"],
        logons=_ids(settings["logons"]),
        jwt=settings["jwt"],
        administrators=_ids(settings["administrators"]),
        owner=settings["owner"],
    )


def _ids(given: Iterable[tuple[UserId, ...]]) -> tuple[UserId, ...]:
    """All IDs of an option, each once."""
    return tuple(dict.fromkeys(user for users in given for user in users))


def _decide(context: Context, application: Application, asked: Wishes, *, undo: bool) -> Wanted:
    from ptktctl.commands.provision_members import stored_kinds
    from ptktctl.provision.wishes import decide

    legacy, enhanced = stored_kinds(context, application)
    return decide(application, asked, stored_legacy=legacy, stored_enhanced=enhanced, undo=undo)


def _unlocking(settings: dict[str, Any]) -> dict[str, str | None]:
    return {name: settings[name] for name in ("passphrase_file", "key_file")}


def _revealed(
    context: Context, wanted: Wanted, *, undo: bool, passphrase_file: str | None, key_file: str | None
) -> Wanted:
    """The same with the keys themselves, out of the store.

    Raises:
        InputError: nothing that is printed would hold the key.
        StoreMissingError: a key that is wanted is not stored.
    """
    from ptktctl.commands.selection import open_vault
    from ptktctl.errors import InputError, StoreMissingError
    from ptktctl.passticket.keys import EnhancedKey
    from ptktctl.provision.wanted import Esm, KeyForm
    from ptktctl.provision.wishes import with_digits

    if undo:
        raise InputError("--reveal-key: the way back needs no key", "leave --reveal-key out")
    if wanted.esm is Esm.RACF and any(key.form is KeyForm.PLACEHOLDER for key in wanted.keys):
        raise InputError("--key-form placeholder leaves the key out", "take --key-form keyencrypted to reveal it")
    found: dict[bool, str] = {}
    stored_keys = open_vault(context, passphrase_file, key_file).keys()
    for stored in stored_keys:
        name = stored.name
        if name.applid == wanted.application.applid and not (name.group or name.userid or name.pending):
            found[isinstance(stored.key, EnhancedKey)] = stored.key.secret.hex().upper()
    for key in wanted.keys:
        if key.form.enhanced not in found:
            kind, option = ("enhanced", " --enhanced") if key.form.enhanced else ("legacy", "")
            raise StoreMissingError(
                f"no {kind} key is stored for {wanted.applid}",
                f"ptktctl key generate {wanted.applid}{option}, or leave --reveal-key out",
            )
    return with_digits(wanted, found)


WHO_SEES = {
    "jcl": "; so does the job's output",
    "tsocmd": "; while it runs, the list of processes shows it",
}


def _key_warnings(form: str, *, reveal_key: bool) -> list[str]:
    if not reveal_key:
        return []
    return [f"the output holds the key in clear: show it to nobody, and delete it after use{WHO_SEES.get(form, '')}"]
