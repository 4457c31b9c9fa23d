"""ptktctl key promote, abandon: what becomes of the pending key, the next one of a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.key_options import ENHANCED, key_name, name_options, options_of
from ptktctl.commands.parameters import command

if TYPE_CHECKING:
    from ptktctl.commands.context import Context
    from ptktctl.passticket.names import ApplId, GroupId, UserId
    from ptktctl.store.vault import Draft, KeyName, StoredKey, Unlock, Vault

YES = click.option("--yes", is_flag=True, help="Do not ask.")


@command(
    "promote",
    examples="""
    ptktctl key promote FEKAPPL
    ptktctl key promote ZOWEAPPL --enhanced --yes
    """,
)
@name_options
@ENHANCED
@YES
def promote(
    context: Context,
    applid: ApplId,
    userid: UserId | None,
    group: GroupId | None,
    enhanced: bool,
    yes: bool,
    **unlock: str | None,
) -> Answer:
    """Let the pending key replace the current one.

    To be done once every system has the next key: from then on gen makes tickets with it, and tickets of the key before
    are not valid any more. That key is forgotten, as RACF does not keep it either, which holds one key of a kind in a
    profile: only a copy of the store made before still has it.
    """
    from ptktctl.commands.key_wording import greatest_age, key_members
    from ptktctl.commands.selection import load_definitions
    from ptktctl.commands.terminal import confirm
    from ptktctl.store import vault

    name = key_name(applid, group, userid, enhanced=enhanced)
    path, open_once = _openable(context, applid, **unlock)
    opened = vault.Vault.open(path, open_once)
    following, current = _pending(opened, name), opened.get(name)
    before = current.key.fingerprint if current else None
    forget = f" and forget {before}, the current one" if before else ""
    confirm(context, f"make {following.key.fingerprint} the key {name}{forget}?", yes=yes)
    with vault.editing(path, open_once) as draft:
        _require_unchanged(draft, following, current)
        draft.promote(following.name)
    promoted = vault.StoredKey(name, following.key, following.created)
    members = key_members(context, promoted, greatest_age(load_definitions(context), promoted))
    text = f"{following.key.fingerprint} is the key {name} now" + (f"; {before} is forgotten" if before else "")
    return Answer("key-promoted/1", {**members, "forgotten_fingerprint": before}, text)


@command(
    "abandon",
    examples="""
    ptktctl key abandon FEKAPPL
    ptktctl key abandon ZOWEAPPL --enhanced --yes
    """,
)
@name_options
@ENHANCED
@YES
def abandon(
    context: Context,
    applid: ApplId,
    userid: UserId | None,
    group: GroupId | None,
    enhanced: bool,
    yes: bool,
    **unlock: str | None,
) -> Answer:
    """Drop the pending key; the current one stays in use.

    A system that has the next key already must be given the current one again: else it takes none of the tickets.
    """
    from ptktctl.commands.key_wording import key_members
    from ptktctl.commands.terminal import confirm
    from ptktctl.store import vault

    name = key_name(applid, group, userid, enhanced=enhanced)
    path, open_once = _openable(context, applid, **unlock)
    following = _pending(vault.Vault.open(path, open_once), name)
    confirm(context, f"forget {following.key.fingerprint}, the key {following.name}?", yes=yes)
    with vault.editing(path, open_once) as draft:
        _require_unchanged(draft, following)
        draft.remove(following.name)
    text = f"forgot {following.key.fingerprint}, the key {following.name}"
    return Answer("key-abandoned/1", key_members(context, following, None), text)


def _openable(context: Context, applid: ApplId, **unlock: str | None) -> tuple[str, Unlock]:
    """The store's path and how it is opened, once it is known that the APPLID is."""
    from ptktctl.commands import selection

    selection.require_known(context, applid)
    return context.places().keys, selection.unlock_once(selection.unlocker(context, **unlock))


def _pending(keys: Vault, name: KeyName) -> StoredKey:
    """The pending key of a name.

    Raises:
        StoreMissingError: there is none.
    """
    from ptktctl.errors import StoreMissingError

    if following := keys.get(name.replaced(pending=True)):
        return following
    others = [each for each in keys.names() if each.pending and each.applid == name.applid]
    remedy = f"one is pending for {', '.join(options_of(each) for each in others)}" if others else None
    raise StoreMissingError(f"no key is pending for {name}", remedy or f"ptktctl key rotate {options_of(name)}")


def _require_unchanged(draft: Draft, *seen: StoredKey | None) -> None:
    """Refuse to go on when what somebody agreed to is not what is there any more.

    Raises:
        InputError: another process exchanged, promoted or dropped a key meanwhile.
    """
    from ptktctl.errors import InputError

    for each in filter(None, seen):
        now = draft.get(each.name)
        if now is None or (now.key, now.created) != (each.key, each.created):
            raise InputError(f"another process changed the key {each.name} meanwhile", "look again: ptktctl key list")
