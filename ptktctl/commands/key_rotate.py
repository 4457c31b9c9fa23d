"""ptktctl key rotate: the next secured signon key beside the current one, and how the host gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.host_commands import FORMS, esm_of, esm_option, job_of, job_options
from ptktctl.commands.key_options import (
    ENHANCED,
    LENGTH,
    judge,
    key_name,
    key_text,
    name_options,
    options_of,
    require_length,
    twins,
)
from ptktctl.commands.parameter_types import FILE
from ptktctl.commands.parameters import command
from ptktctl.errors import InputError
from ptktctl.record import Record

if TYPE_CHECKING:
    from ptktctl.commands.context import Context
    from ptktctl.passticket.keys import SecuredSignonKey
    from ptktctl.passticket.names import ApplId, GroupId, UserId
    from ptktctl.provision.step import Step
    from ptktctl.provision.wanted import Wanted
    from ptktctl.store.vault import Draft, KeyName, StoredKey, Vault


class _OnHosts(Record):
    """What is to be done on the hosts: the key as they shall have it, the steps, and those as a job or script.

    Attributes:
        lines: None when nothing but the steps was asked for.
    """

    wanted: Wanted
    steps: tuple[Step, ...]
    lines: list[str] | None


@command(
    "rotate",
    examples="""
    ptktctl key rotate FEKAPPL
    ptktctl key rotate FEKAPPL --key-label FEK.PTKT.KEY02 --as jcl > rotate.jcl
    ptktctl key rotate FEKAPPL --user MIKEM --from -
    """,
)
@name_options
@ENHANCED
@click.option("--bytes", "length", type=LENGTH, help="Bytes of an enhanced key; default as now, 64 at least.")
@click.option("--from", "source", type=FILE, metavar="FILE|-", help="Read the next key from here; default: make one.")
@click.option("--key-label", metavar="LABEL", help="What ICSF shall call it; default after profile and day.")
@click.option("--force", is_flag=True, help="Store a DES weak key.")
@esm_option
@click.option("--as", "form", type=click.Choice(FORMS), help="Print no more than the host's commands, to be run so.")
@job_options
def rotate(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: Context,
    applid: ApplId,
    userid: UserId | None,
    group: GroupId | None,
    enhanced: bool,
    length: int | None,
    source: str | None,
    force: bool,
    passphrase_file: str | None,
    key_file: str | None,
    **host: Any,
) -> Answer:
    """Make the next key, and print how the host gets it.

    The next key is stored beside the current one, as pending: gen makes tickets with the current key as before,
    while verify, decode and diagnose take tickets of either, and say which it was. Once all systems have the next
    key, `ptktctl key promote` lets it take the place of the current one; `ptktctl key abandon` drops it. Of an
    application with keys of both kinds the legacy one is rotated; with --enhanced the other.

    The key is not in the commands. RACF takes it by its label in ICSF, ACF2 and Top Secret from whoever types it.
    """
    from ptktctl.commands import selection
    from ptktctl.store import vault

    require_length(length, enhanced=enhanced)
    if length and source:
        raise InputError("--bytes and --from exclude each other", "a key that is given has the length it has")
    name, now = key_name(applid, group, userid, enhanced=enhanced), context.clock()
    on_hosts = _on_hosts(context, name, now, host, enhanced=enhanced)
    unlocker = selection.unlocker(context, passphrase_file, key_file)
    path, open_once = context.places().keys, selection.unlock_once(unlocker)
    current = _rotatable(vault.Vault.open(path, open_once), name)
    secret = _next_key(context, current.key, source, length)
    warnings = judge(secret.weaknesses(), force=force)
    with vault.editing(path, open_once) as draft:
        current = _rotatable(draft, name)  # once more: another rotation may have been quicker
        if secret == current.key:
            raise InputError("that is the current key", "give another, or leave --from out: then one is made")
        draft.put(name.replaced(pending=True), secret, now)
    stored = vault.Vault.open(path, open_once).keys()
    following = vault.StoredKey(name.replaced(pending=True), secret, now)
    return _rotated(context, current, following, on_hosts, [*warnings, *twins(following, stored)])


def _on_hosts(context: Context, name: KeyName, now: int, asked: dict[str, Any], *, enhanced: bool) -> _OnHosts:
    """What is to be done on the hosts, decided before anything is stored.

    Args:
        asked: the options that are about the hosts.

    Raises:
        InputError: the APPLID is not defined, or options do not go together.
    """
    from ptktctl.commands.selection import find_application
    from ptktctl.provision import rotation
    from ptktctl.provision.forms import Form, render

    application, form = find_application(context, name.applid), asked["form"]
    job = job_of(form, asked)
    esm, label = esm_of(asked["esm"]), asked["key_label"]
    wanted = rotation.wanted_of(application, esm, name.profile, label, _moment(now), enhanced=enhanced)
    steps = rotation.steps(wanted, name.profile)
    if form is None:
        return _OnHosts(wanted, steps, None)
    if not any(step.commands for step in steps):
        raise InputError(f"--as {form}: no command is known. {steps[0].remarks[0]}", "leave --as out; nothing was made")
    title = f"{wanted.esm.value}: the next key of {name.profile}, printed by ptktctl key rotate."
    return _OnHosts(wanted, steps, render(wanted, steps, Form(form), job, title=title))


def _rotatable(keys: Vault | Draft, name: KeyName) -> StoredKey:
    """The current key of a name.

    Raises:
        StoreMissingError: there is none.
        InputError: the next one is there already.
    """
    from ptktctl.commands.wording import instant
    from ptktctl.errors import StoreMissingError

    options = options_of(name)
    if following := keys.get(name.replaced(pending=True)):
        raise InputError(
            f"there is a pending key for {name} already, made at {instant(following.created)}",
            f"ptktctl key promote {options}, or ptktctl key abandon {options}",
        )
    current = keys.get(name)
    if current is None:
        raise StoreMissingError(f"no key {name} is stored that could be rotated", _instead(keys, name))
    return current


def _instead(keys: Vault | Draft, name: KeyName) -> str:
    """What to do where a profile has no key of a kind."""
    from ptktctl.store.vault import KeyKind

    other = KeyKind.LEGACY if name.kind is KeyKind.ENHANCED else KeyKind.ENHANCED
    if name.replaced(kind=other) not in keys.names():
        return f"make the first one: ptktctl key generate {options_of(name)}"
    if other is KeyKind.ENHANCED:
        return f"there is an enhanced one: ptktctl key rotate {options_of(name.replaced(kind=other))}"
    return f"there is a legacy one; the way to enhanced tickets: ptktctl applid migrate {name.applid} --to enhanced"


def _next_key(context: Context, current: SecuredSignonKey, source: str | None, length: int | None) -> SecuredSignonKey:
    """The key given, else a new one; an enhanced one is never shorter than it was."""
    from ptktctl.passticket.keys import ENHANCED_KEY_RECOMMENDED, EnhancedKey, LegacyKey

    kind = type(current)
    if source:
        return kind.from_hex(key_text(context, source))
    if kind is LegacyKey:
        return LegacyKey.generate()
    return EnhancedKey.generate(length or max(len(current.secret), ENHANCED_KEY_RECOMMENDED))


def _rotated(
    context: Context, current: StoredKey, following: StoredKey, on_hosts: _OnHosts, warnings: list[str]
) -> Answer:
    """What was done, and what is to be done on the hosts."""
    from ptktctl.commands.key_wording import key_members
    from ptktctl.commands.steps_wording import numbered, steps_of

    promote = f"ptktctl key promote {options_of(current.name)}"
    steps = (*on_hosts.steps, _last_step(promote))
    told = [
        f"stored the key {following.name}, fingerprint {following.key.fingerprint}",
        f"{current.key.fingerprint} stays the current one until: {promote}",
        f"to hand the next one over: ptktctl key export {options_of(current.name)} --pending",
    ]
    members = {
        **key_members(context, following, None),
        "current_fingerprint": current.key.fingerprint,
        "esm": on_hosts.wanted.esm.value,
        "key_label": next((key.label for key in on_hosts.wanted.keys if key.label), None),
        "steps": steps_of(steps),
        "warnings": warnings,
        "output": on_hosts.lines,
    }
    notes = [f"warning: {warning}" for warning in warnings]
    if on_hosts.lines is None:
        return Answer("key-rotated/1", members, "\n".join([*told, "", numbered(steps)]), notes=notes)
    return Answer("key-rotated/1", members, "\n".join(on_hosts.lines), notes=[*told, *notes])


def _last_step(promote: str) -> Step:
    from ptktctl.provision.step import Lines, Step

    remark = "Of a ticket that a system made, ptktctl verify says whether the current or the pending key made it."
    return Step(
        "Once all systems have it, make tickets with it here too",
        (),
        (),
        (remark,),
        (Lines("with ptktctl", (promote,)),),
    )


def _moment(epoch: int) -> str:
    """A moment as a label can hold it: D20261123.T101112, GMT."""
    from ptktctl.commands.wording import instant

    day, _, time = instant(epoch).removesuffix("Z").partition("T")
    return f"D{day.replace('-', '')}.T{time.replace(':', '')}"
