"""ptktctl key: store, make, list, show and remove secured signon keys; its other commands have modules of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.key_export import export
from ptktctl.commands.key_import import import_
from ptktctl.commands.key_life import abandon, promote
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
from ptktctl.commands.key_recipient import recipient
from ptktctl.commands.key_rotate import rotate
from ptktctl.commands.parameter_types import FILE
from ptktctl.commands.parameters import command, unlock_options
from ptktctl.commands.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.commands.context import Context
    from ptktctl.passticket.keys import SecuredSignonKey
    from ptktctl.passticket.names import ApplId, GroupId, UserId
    from ptktctl.store.vault import KeyName, StoredKey


@click.group("key")
def key() -> None:
    """Store, make, list, show, rotate, hand over and remove secured signon keys."""


AGE = click.IntRange(1, 36_500)
FORCE = click.option("--force", is_flag=True, help="Replace a key that is stored; store a DES weak key.")


@command(
    "set",
    examples="""
    ptktctl key set FEKAPPL --from -
    ptktctl key set FEKAPPL --enhanced --from fekappl.key
    ptktctl key set FEKAPPL --user IBMUSER --force
    """,
)
@name_options
@ENHANCED
@click.option("--from", "source", type=FILE, metavar="FILE|-", help="Read the key from here; else it is asked for.")
@FORCE
def set_(
    context: Context,
    applid: ApplId,
    userid: UserId | None,
    group: GroupId | None,
    enhanced: bool,
    source: str | None,
    force: bool,
    **unlock: str | None,
) -> Answer:
    """Store a key that the host has.

    A legacy key has 16 hexadecimal digits, an enhanced one 64 to 512. Warns of published, patterned and duplicate
    keys. Makes the store when there is none yet and a way to unlock it is given.
    """
    from ptktctl.passticket.keys import EnhancedKey, LegacyKey

    name = key_name(applid, group, userid, enhanced=enhanced)
    _require_place(context, name, force=force)
    text = key_text(context, source)
    secret = EnhancedKey.from_hex(text) if enhanced else LegacyKey.from_hex(text)
    return _store(context, name, secret, force=force, **unlock)


@command(
    "generate",
    examples="""
    ptktctl key generate FEKAPPL
    ptktctl key generate ZOWEAPPL --enhanced
    ptktctl key generate ZOWEAPPL --enhanced --bytes 128 --force
    """,
)
@name_options
@ENHANCED
@click.option("--bytes", "length", type=LENGTH, help="Bytes of an enhanced key; default 64.")
@FORCE
def generate(
    context: Context,
    applid: ApplId,
    userid: UserId | None,
    group: GroupId | None,
    enhanced: bool,
    length: int | None,
    force: bool,
    **unlock: str | None,
) -> Answer:
    """Make a random key and store it.

    A legacy one has odd parity and is never a DES weak key; an enhanced one has 64 bytes.
    """
    from ptktctl.passticket.keys import ENHANCED_KEY_RECOMMENDED, EnhancedKey, LegacyKey

    require_length(length, enhanced=enhanced)
    name = key_name(applid, group, userid, enhanced=enhanced)
    _require_place(context, name, force=force)
    secret = EnhancedKey.generate(length or ENHANCED_KEY_RECOMMENDED) if enhanced else LegacyKey.generate()
    return _store(context, name, secret, force=force, **unlock)


@command(
    "list",
    audit="look",
    examples="""
    ptktctl key list
    ptktctl key list --max-age 90 > /dev/null
    ptktctl key list --format json
    """,
)
@click.option(
    "--max-age", type=AGE, metavar="DAYS", help="When each key is due; default what applid set --max-age says of it."
)
@unlock_options
def list_(context: Context, max_age: int | None, passphrase_file: str | None, key_file: str | None) -> Answer:
    """List the keys stored, and when each is due to be replaced.

    Columns: profile, kind, fingerprint, age, when it was stored, stage, when it is due. A key is due when it has
    been stored for as many days as its definition or --max-age allows. Then it is named on stderr and the status is
    1: so cron can watch over them. A pending key does not serve yet and is never due.
    """
    from ptktctl.commands.key_wording import HEADINGS, greatest_age, is_due, key_members, key_row
    from ptktctl.commands.selection import load_definitions, open_vault

    definitions = load_definitions(context)
    stored = open_vault(context, passphrase_file, key_file).keys()
    aged = [(each, greatest_age(definitions, each, max_age)) for each in stored]
    due = [each for each, limit in aged if is_due(context, each, limit)]
    table = Table(HEADINGS, [key_row(context, *each) for each in aged])
    notes = [_due_note(each, stored) for each in due]
    if not stored:
        notes = ["no key is stored yet: ptktctl key generate APPLID, or key set"]
    members = {"keys": [key_members(context, *each) for each in aged]}
    return Answer("key-list/1", members, table, 1 if due else 0, notes)


@command(
    "show",
    audit="look",
    examples="""
    ptktctl key show FEKAPPL
    ptktctl key show FEKAPPL --reveal
    """,
)
@name_options
@click.option("--reveal", is_flag=True, help="Show the key itself.")
def show(
    context: Context,
    applid: ApplId,
    userid: UserId | None,
    group: GroupId | None,
    reveal: bool,
    passphrase_file: str | None,
    key_file: str | None,
) -> Answer:
    """Show the keys of a profile; the key itself only with --reveal."""
    from ptktctl.commands.key_wording import greatest_age, key_lines, key_members
    from ptktctl.commands.selection import load_definitions, open_vault, require_known
    from ptktctl.errors import StoreMissingError

    require_known(context, applid)
    stored = open_vault(context, passphrase_file, key_file).keys()
    asked = key_name(applid, group, userid, enhanced=False)
    found = [each for each in stored if each.name.profile == asked.profile]
    if not found:
        others = ", ".join(sorted({each.name.profile for each in stored if each.name.applid == applid}))
        remedy = f"there are keys of {others}" if others else f"ptktctl key generate {applid}, or key set"
        raise StoreMissingError(f"no key is stored for {asked.profile}", remedy)
    definitions = load_definitions(context)
    aged = [(each, greatest_age(definitions, each)) for each in found]
    context.use.outcome = "revealed" if reveal else None
    members = [key_members(context, *each, compared=True, reveal=reveal) for each in aged]
    text = "\n\n".join(key_lines(context, *each, reveal=reveal) for each in aged)
    return Answer("key/1", {"keys": members}, text)


@command(
    "remove",
    examples="""
    ptktctl key remove FEKAPPL
    ptktctl key remove FEKAPPL --enhanced --yes
    """,
)
@name_options
@ENHANCED
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(
    context: Context,
    applid: ApplId,
    userid: UserId | None,
    group: GroupId | None,
    enhanced: bool,
    yes: bool,
    passphrase_file: str | None,
    key_file: str | None,
) -> Answer:
    """Remove a stored key, and the pending one with it."""
    from ptktctl.commands.key_wording import name_members
    from ptktctl.commands.selection import require_known, unlocker
    from ptktctl.commands.terminal import confirm
    from ptktctl.store import vault

    require_known(context, applid)
    name = key_name(applid, group, userid, enhanced=enhanced)
    path, following = context.places().keys, name.replaced(pending=True)
    what = f"the key {name}" + (" and the pending one" if following in vault.listed_names(path) else "")
    confirm(context, f"remove {what}?", yes=yes)
    with vault.editing(path, unlocker(context, passphrase_file, key_file).data_key) as draft:
        draft.remove(name)
        if following in draft.names():
            draft.remove(following)
    return Answer("key-removed/1", name_members(name), f"removed {what}")


def _require_place(context: Context, name: KeyName, *, force: bool) -> None:
    """Refuse what would fail in the end, before anybody types a key: an APPLID not defined, a key already there."""
    from ptktctl.commands.selection import find_application
    from ptktctl.errors import InputError
    from ptktctl.store.vault import listed_names

    find_application(context, name.applid)
    if not force and name in listed_names(context.places().keys):
        raise InputError(f"there is a key {name} already", "--force replaces it; without a copy elsewhere it is lost")


def _store(context: Context, name: KeyName, secret: SecuredSignonKey, *, force: bool, **unlock: str | None) -> Answer:
    """Seal a key into the store and tell what there is to tell about it."""
    from ptktctl.commands import selection
    from ptktctl.commands.key_wording import greatest_age, key_members
    from ptktctl.store import vault

    warnings = judge(secret.weaknesses(), force=force)
    unlocker = selection.unlocker(context, **unlock)
    selection.ensure_store(context, unlocker)
    path, open_once, now = context.places().keys, selection.unlock_once(unlocker), context.clock()
    with vault.editing(path, open_once) as draft:
        draft.put(name, secret, now, replace=force)
    stored = vault.Vault.open(path, open_once).keys()
    # As it was put: another process may have removed it by now.
    this = vault.StoredKey(name, secret, now)
    warnings += [*twins(this, stored), *_left_pending(name, stored)]
    text = f"stored the key {name}, fingerprint {secret.fingerprint}"
    notes = [f"warning: {warning}" for warning in warnings]
    max_age = greatest_age(selection.load_definitions(context), this)
    return Answer("key-stored/1", {**key_members(context, this, max_age), "warnings": warnings}, text, notes=notes)


def _left_pending(name: KeyName, stored: Sequence[StoredKey]) -> list[str]:
    """A warning that the key replaced by force has a successor waiting, which may be older than the new one."""
    if all(each.name != name.replaced(pending=True) for each in stored):
        return []
    return [f"a pending key is stored as well; if it shall not follow: ptktctl key abandon {options_of(name)}"]


def _due_note(this: StoredKey, stored: Sequence[StoredKey]) -> str:
    """What to do about a key that is due."""
    options = options_of(this.name)
    if any(each.name == this.name.replaced(pending=True) for each in stored):
        return f"due: {this.name}; the next one is pending: ptktctl key promote {options}, once all systems have it"
    return f"due: {this.name}: ptktctl key rotate {options}"


for each in (set_, generate, list_, show, rotate, promote, abandon, export, import_, recipient, remove):
    key.add_command(each)
