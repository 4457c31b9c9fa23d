"""ptktctl store: the store as a whole: ways to open it, sealing it anew, backups, and whether it is sound."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.parameter_types import FILE
from ptktctl.commands.parameters import command, unlock_options
from ptktctl.commands.store_slots import reseal, slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.commands.context import Context
    from ptktctl.store.backup import Backup, Contents
    from ptktctl.store.inspection import Inspection
    from ptktctl.store.places import Places
    from ptktctl.store.restoring import Restored
    from ptktctl.store.unlocking import Unlocker


@click.group("store")
def store() -> None:
    """Open the store in several ways, back it up, restore and verify it."""


@command(
    "backup",
    audit="use",
    examples="""
    ptktctl store backup ptktctl.backup
    ptktctl store backup --force /mnt/backup/ptktctl.backup
    """,
)
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def backup(context: Context, file: str, force: bool) -> Answer:
    """Write the whole store to one file that shows by itself whether it is whole.

    In it are the definitions, the keys as they are sealed, and the audit log. The keys open with what opens the store
    now: keep that apart from the backup. Nothing is unlocked for it. The memory of used tickets is left out: an old
    one, put back, would let tickets that were used since serve again. What was written is read back before it gets its
    name.
    """
    from ptktctl.errors import InputError
    from ptktctl.store import backup as backups

    if file == "-":
        raise InputError("a backup is read back, which standard output can't be", "name a file")
    places = context.places()
    taken = backups.take(places, context.clock())
    size = backups.write(file, taken, places, force=force)
    contents = backups.contents(taken, file)
    members = {"file": file, **_backup_members(taken, contents), "bytes": size}
    log = " and the audit log" if members["log"] else ""
    text = f"backed up {_counted(contents)}{log} to {file}"
    return Answer("store-backup/1", members, text, notes=_backup_notes(places, taken, contents))


@command(
    "restore",
    examples="""
    ptktctl store restore ptktctl.backup
    ptktctl store restore ptktctl.backup --force --key-file ~/ptktctl.key
    """,
)
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace the store that is there; it is kept aside as a backup.")
@click.option("--unopened", is_flag=True, help="Restore what can't be unlocked here, so that nothing vouches for it.")
@unlock_options
def restore(
    context: Context, file: str, force: bool, unopened: bool, passphrase_file: str | None, key_file: str | None
) -> Answer:
    """Bring back a backup, whole or not at all.

    First the backup is unlocked, and each key in it is opened. The audit log that is here stays, and that of the backup
    is laid beside it unless this one goes on from it. The memory of used tickets that is here stays as well. Should we
    be killed in between, the next command does what is left.
    """
    from ptktctl.commands.selection import unlocker
    from ptktctl.commands.wording import instant
    from ptktctl.store import backup as backups
    from ptktctl.store import restoring

    places, taken = context.places(), backups.read(file)
    contents = backups.contents(taken, file)
    if not unopened:
        _open(file, contents, unlocker(context, passphrase_file, key_file))
    done = restoring.restore(places, taken, context.clock(), force=force)
    put = {"store": places.keys, "kept_aside": done.kept_aside, "log_file": done.log}
    text = f"restored {_counted(contents)} from {file}, made {instant(taken.made)}"
    members = {"file": file, **_backup_members(taken, contents), **put}
    return Answer("store-restored/1", members, text, notes=_restore_notes(places, done))


@command(
    "verify",
    audit="look",
    examples="""
    ptktctl store verify
    ptktctl store verify --passphrase-file passphrase.txt
    ptktctl store verify --backup ptktctl.backup
    """,
)
@click.option("--backup", "file", type=FILE, help="Verify this backup instead, without restoring it.")
@unlock_options
def verify(context: Context, file: str | None, passphrase_file: str | None, key_file: str | None) -> Answer:
    """Open everything in the store, and name what is not sound.

    Judged are owner and mode of each file, the definitions, checksum and MAC of the keys, each key, and the slots whose
    unlock key is at hand. Ends with status 3 when something is wrong. `ptktctl doctor` looks at the rest of the
    machine.
    """
    from ptktctl.commands.selection import unlocker
    from ptktctl.store import inspection

    open_slot = unlocker(context, passphrase_file, key_file).open_slot
    places = context.places()
    found = inspection.inspect_backup(file, open_slot) if file else inspection.inspect(places, open_slot)
    return _verdict(found, file or places.keys, is_backup=bool(file))


def _open(file: str, contents: Contents, unlocker: Unlocker) -> None:
    """Unlock a backup, hold it against its MAC, and open each key in it."""
    from ptktctl.errors import StoreLockedError
    from ptktctl.store import slots, vault

    try:
        opened = unlocker.open_slot(file, slots.numbered(contents.keys.slots))
    except StoreLockedError as error:
        hint = f"{error.hint}; or --unopened" if error.hint else "or give --unopened"
        raise StoreLockedError(error.message, hint) from None
    vault.Vault(file, contents.keys, opened.data_key).keys()


def _backup_members(taken: Backup, contents: Contents) -> dict[str, object]:
    from ptktctl.commands.wording import instant
    from ptktctl.store.backup import LOG

    return {
        "made": instant(taken.made),
        "definitions": len(contents.definitions),
        "keys": len(contents.keys.entries),
        "slots": len(contents.keys.slots),
        "log": taken.get(LOG) is not None,
    }


def _counted(contents: Contents) -> str:
    return f"{_number(len(contents.definitions), 'definition')}, {_number(len(contents.keys.entries), 'key')}"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _backup_notes(places: Places, taken: Backup, contents: Contents) -> Sequence[str]:
    from ptktctl.store import slots
    from ptktctl.store.backup import LOG

    openers = ", ".join(slots.described(each) for each in slots.numbered(contents.keys.slots))
    notes = [f"it opens with what opens the store now, kept apart from it: {openers}"]
    if taken.get(LOG) is None and os.path.lexists(places.audit):
        notes.append(f"the audit log is too large to be in it: keep {places.audit} by itself")
    return notes


def _restore_notes(places: Places, done: Restored) -> Sequence[str]:
    notes = [f"the store that was there is kept aside: {done.kept_aside}"] if done.kept_aside else []
    if done.log and done.log != places.audit:
        notes.append(f"the audit log that is here goes on; that of the backup is {done.log}")
    if not os.path.lexists(places.ledger):
        notes.append("no ticket is known to be used here: one used elsewhere may serve again, for ten minutes at most")
    return notes


def _verdict(found: Inspection, path: str, *, is_backup: bool) -> Answer:
    from ptktctl.commands.wording import instant
    from ptktctl.store.slots import described

    made = {"made": None if found.made is None else instant(found.made)} if is_backup else {}
    members = {
        "backup" if is_backup else "store": path,
        "sound": not found.faults,
        "faults": [{"message": each.message, "remedy": each.remedy} for each in found.faults],
        "definitions": found.definitions,
        "keys": found.keys,
        "slots": found.slots,
        "untried_slots": [each.number for each in found.untried],
        **made,
    }
    counts = ((found.definitions, "definition"), (found.keys, "key"), (found.slots, "slot"))
    summary = f"{path} is sound: {', '.join(_number(count, noun) for count, noun in counts)}"
    faults = [f"{each.message}\n  {each.remedy}" if each.remedy else each.message for each in found.faults]
    notes = [f"{described(each)} was not tried: what opens it is not at hand" for each in found.untried]
    return Answer("store-verify/1", members, "\n".join(faults) or summary, 3 if faults else 0, notes)


for each in (slot, reseal, backup, restore, verify):
    store.add_command(each)
