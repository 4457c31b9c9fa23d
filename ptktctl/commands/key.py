"""ptktctl key: store, make, list, show and remove secured signon keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from ptktctl.commands.answer import Answer, Table
from ptktctl.commands.parameters import APPLID, FILE, GROUP, USERID, command, unlock_options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptktctl.commands.context import Context
    from ptktctl.passticket.keys import SecuredSignonKey
    from ptktctl.passticket.names import ApplId, GroupId, UserId
    from ptktctl.passticket.weaknesses import Weakness
    from ptktctl.store.vault import KeyName, StoredKey

    Function = TypeVar("Function", bound=Callable[..., object])


@click.group("key")
def key() -> None:
    """Store, make, list, show and remove secured signon keys."""


def name_options(function: Function) -> Function:
    """APPLID, --user and --group: the name of the profile that a key belongs to."""
    for option in (
        click.argument("applid", type=APPLID),
        click.option("--user", "userid", type=USERID, help="The key of this user only: profile APPLID.USERID."),
        click.option("--group", type=GROUP, help="The key of this connect group only: profile APPLID.GROUP."),
        unlock_options,
    ):
        function = option(function)
    return function


ENHANCED = click.option(
    "--enhanced", is_flag=True, help="The key of enhanced tickets (HMAC), not the legacy one (DES)."
)
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
    """Store a key that the host has: legacy 16 hexadecimal digits, enhanced 64 to 512.

    Warns of published, patterned and duplicate keys. Makes the store when there is none yet and a way to unlock it is
    given.
    """
    from ptktctl.passticket.keys import EnhancedKey, LegacyKey

    name = _key_name(applid, group, userid, enhanced=enhanced)
    _require_place(context, name, force=force)
    text = _key_text(context, source)
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
@click.option("--bytes", "length", type=click.IntRange(32, 256), help="Bytes of an enhanced key; default 64.")
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
    """Make a random key and store it: legacy with odd parity and never weak, enhanced of 64 bytes."""
    from ptktctl.errors import InputError
    from ptktctl.passticket.keys import ENHANCED_KEY_RECOMMENDED, EnhancedKey, LegacyKey

    if length and not enhanced:
        raise InputError("--bytes goes with --enhanced", "a legacy key always has 8 bytes")
    name = _key_name(applid, group, userid, enhanced=enhanced)
    _require_place(context, name, force=force)
    secret = EnhancedKey.generate(length or ENHANCED_KEY_RECOMMENDED) if enhanced else LegacyKey.generate()
    return _store(context, name, secret, force=force, **unlock)


@command(
    "list",
    examples="""
    ptktctl key list
    ptktctl key list --format json
    """,
)
@unlock_options
def list_(context: Context, passphrase_file: str | None, key_file: str | None) -> Answer:
    """List the keys stored: profile, kind, fingerprint, age."""
    from ptktctl.commands.selection import open_vault

    stored = open_vault(context, passphrase_file, key_file).keys()
    rows = [_row(context, each) for each in stored]
    table = Table(("profile", "kind", "fingerprint", "age", "stored"), rows)
    notes = () if rows else ("no key is stored yet: ptktctl key generate APPLID, or key set",)
    return Answer("key-list/1", {"keys": [_members(context, each) for each in stored]}, table, notes=notes)


@command(
    "show",
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
    from ptktctl.commands.selection import open_vault, require_known
    from ptktctl.errors import StoreMissingError

    require_known(context, applid)
    stored = open_vault(context, passphrase_file, key_file).keys()
    asked = _key_name(applid, group, userid, enhanced=False)
    found = [each for each in stored if each.name.profile == asked.profile]
    if not found:
        others = ", ".join(sorted({each.name.profile for each in stored if each.name.applid == applid}))
        remedy = f"there are keys of {others}" if others else f"ptktctl key generate {applid}, or key set"
        raise StoreMissingError(f"no key is stored for {asked.profile}", remedy)
    members = [_members(context, each, reveal=reveal) for each in found]
    return Answer("key/1", {"keys": members}, "\n\n".join(_text(context, each, reveal=reveal) for each in found))


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
    """Remove a stored key."""
    from ptktctl.commands.selection import require_known, unlocker
    from ptktctl.commands.terminal import confirm
    from ptktctl.store import vault

    require_known(context, applid)
    name = _key_name(applid, group, userid, enhanced=enhanced)
    confirm(context, f"remove the key {name}?", yes=yes)
    with vault.editing(context.places().keys, unlocker(context, passphrase_file, key_file).data_key) as draft:
        draft.remove(name)
    return Answer("key-removed/1", _name_members(name), f"removed the key {name}")


def _key_text(context: Context, source: str | None) -> str:
    """The key as text: from a file, from standard input, or typed without echo when that is a terminal."""
    from ptktctl.commands.selection import read_line, read_source

    return read_source(context, source, "key") if source else read_line(context, "hexadecimal key")


def _key_name(applid: ApplId, group: GroupId | None, userid: UserId | None, *, enhanced: bool) -> KeyName:
    from ptktctl.store.vault import KeyKind, KeyName

    return KeyName(applid, KeyKind.ENHANCED if enhanced else KeyKind.LEGACY, group, userid)


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
    from ptktctl.store import vault

    warnings = _judge(secret.weaknesses(), force=force)
    unlocker = selection.unlocker(context, **unlock)
    selection.ensure_store(context, unlocker)
    path, open_once = context.places().keys, selection.unlock_once(unlocker)
    with vault.editing(path, open_once) as draft:
        draft.put(name, secret, context.clock(), replace=force)
    stored = vault.Vault.open(path, open_once).keys()
    warnings += [
        f"the same key is stored for {each.name}" for each in stored if each.key == secret and each.name != name
    ]
    this = next(each for each in stored if each.name == name)
    text = f"stored the key {name}, fingerprint {secret.fingerprint}"
    notes = [f"warning: {warning}" for warning in warnings]
    return Answer("key-stored/1", {**_members(context, this), "warnings": warnings}, text, notes=notes)


def _judge(weaknesses: Sequence[Weakness], *, force: bool) -> list[str]:
    """Refuse a DES weak or semi-weak key; warn of the rest."""
    from ptktctl.errors import InputError
    from ptktctl.passticket.weaknesses import Weakness

    for weakness in weaknesses:
        if weakness in (Weakness.WEAK, Weakness.SEMI_WEAK) and not force:
            raise InputError(
                f"the key is {weakness.value}", "ptktctl key generate makes a good one; --force stores this"
            )
    return [f"the key is {weakness.value}" for weakness in weaknesses]


def _name_members(name: KeyName) -> dict[str, object]:
    return {
        "applid": name.applid.value,
        "group": name.group.value if name.group else None,
        "userid": name.userid.value if name.userid else None,
        "kind": name.kind.value,
    }


def _members(context: Context, stored: StoredKey, *, reveal: bool = False) -> dict[str, object]:
    from ptktctl.commands.wording import instant

    members = {
        "profile": stored.name.profile,
        **_name_members(stored.name),
        "fingerprint": stored.key.fingerprint,
        "created": instant(stored.created),
        "age_seconds": max(0, context.clock() - stored.created),
    }
    return {**members, "key": stored.key.secret.hex().upper()} if reveal else members


def _text(context: Context, stored: StoredKey, *, reveal: bool) -> str:
    profile, kind, fingerprint, age, created = _row(context, stored)
    lines = {"profile": profile, "kind": kind, "fingerprint": fingerprint, "stored": f"{created}, {age} ago"}
    if reveal:
        lines["key"] = stored.key.secret.hex().upper()
    return "\n".join(f"{name:<12} {value}" for name, value in lines.items())


def _row(context: Context, stored: StoredKey) -> list[str]:
    from ptktctl.commands.wording import instant, span

    age = span(max(0, context.clock() - stored.created))
    return [stored.name.profile, stored.name.kind.value, stored.key.fingerprint, age, instant(stored.created)]


for each in (set_, generate, list_, show, remove):
    key.add_command(each)
