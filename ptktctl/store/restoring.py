"""Bringing a backup back: after death at any instant either the old store is there or the new one, never some of each.

Definitions and keys are two files, and no system exchanges two at once. So the backup is first put beside the keys as
a whole, under a name that says "being restored" (`files.restoring_of`). That one renaming decides: before it the old
store is there, after it the new one, for every command looks for that name first (`finish_any`) and carries out what is
left. A flag beside the definitions, set before and taken away after, keeps those from writing there who looked before.
A command that has read the definitions already reads the keys of the new store, just as with any other change.

What was there is kept aside as a backup. The audit log and the ledger of used tickets are never set back: the log of a
backup is laid beside the one that is there, unless that goes on from it.
"""

import os
from contextlib import suppress

from ptktctl.errors import InputError, StoreBusyError, StoreDamagedError, StoreWriteError
from ptktctl.record import Record
from ptktctl.store import backup, files
from ptktctl.store.backup import DEFINITIONS, KEYS, LOG, Backup
from ptktctl.store.places import Places

FINISH_HINT = "make room or mend the folder: the next command brings back the rest"


class Restored(Record):
    """What a restore did: where the store that was there is kept, if there was one; where the log of the backup is."""

    kept_aside: str | None
    log: str | None


def restore(places: Places, brought: Backup, now: int, *, force: bool = False) -> Restored:
    """Put what is in a backup in the place of the store.

    Args:
        brought: found to be sound (`backup.contents`).
        now: in epoch seconds; names what is kept aside.
        force: whether a store that is there may be replaced.

    Raises:
        InputError: there is a store, or definitions.
        StoreBusyError, UnsafePermissionsError: as `files.locked`.
        StoreWriteError: it could not be written, and nothing was changed; or it will be finished by the next command.
    """
    with files.locked(places.definitions, restoring=True), files.locked(places.keys, restoring=True):
        _finish(places)
        there = [path for path in (places.keys, places.definitions) if os.path.lexists(path)]
        if there and not force:
            raise InputError(
                f"there is a store already: {there[0]}", "--force keeps it aside and brings back the backup"
            )
        aside = _keep_aside(places, now) if there else None
        log = _place_of_log(places, brought)
        _decide(places, brought)
        _finish(places)
    return Restored(aside, log)


def finish_any(places: Places) -> None:
    """Carry out what is left of a restore that was cut off, if there was one; otherwise it costs two looks.

    Raises:
        StoreBusyError: another process is at it, and takes long.
        StoreDamagedError: what was to be brought back can't be read any more.
        StoreWriteError: it could not be written.
    """
    is_decided = files.is_restoring(places.keys)
    try:
        with files.locked(places.definitions, restoring=True), files.locked(places.keys, restoring=True):
            _finish(places)
    except (StoreBusyError, StoreWriteError):
        # A flag alone keeps nobody from reading.
        if is_decided:
            raise


def _keep_aside(places: Places, now: int) -> str:
    """Keep the store that is there, sound or not, as a backup of its own beside the keys."""
    data = backup.render(backup.as_it_is(places, now))
    for number in range(1, 1000):
        again = f"-{number}" if number > 1 else ""
        path = os.path.join(os.path.dirname(places.keys), f"replaced-{_stamp(now)}{again}.backup")
        if not os.path.lexists(path):
            files.create_private(path, data)
            return path
    raise InputError(f"{path} exists already", "remove what is not needed")


def _decide(places: Places, brought: Backup) -> None:
    """The flag beside the definitions, then the backup beside the keys: from then on it is the store."""
    flag = files.restoring_of(places.definitions)
    try:
        files.discard(flag)
        files.write_new(flag, b"")
        files.sync_folder(os.path.dirname(flag))
        files.replace_atomically(files.restoring_of(places.keys), backup.render(brought))
    except OSError as error:
        files.discard(flag)
        raise files.unwritable(error, flag) from None
    except StoreWriteError:
        files.discard(flag)
        raise


def _finish(places: Places) -> None:
    """Bring back what was decided on, if anything was; the caller holds both locks."""
    decided, flag = (files.restoring_of(path) for path in (places.keys, places.definitions))
    data = files.read_private(decided)
    if data is not None:
        try:
            brought = backup.parse(data, decided)
        except (InputError, StoreDamagedError):
            raise StoreDamagedError(
                f"{decided} was to be brought back, and is damaged", "remove it, then restore the backup again"
            ) from None
        try:
            _bring_back(places, brought)
            # Last of all, and before the flag: who writes definitions waits until nothing is left to be done.
            _remove(decided)
        except (OSError, StoreWriteError) as error:
            what = error.message if isinstance(error, StoreWriteError) else f"{places.keys}: {error.strerror}"
            raise StoreWriteError(f"the backup is not yet brought back: {what}", FINISH_HINT) from None
    files.discard(flag)


def _bring_back(places: Places, brought: Backup) -> None:
    for name, path in ((DEFINITIONS, places.definitions), (KEYS, places.keys)):
        data = brought.get(name)
        if data is None:
            _remove(path)
        else:
            files.replace_atomically(path, data)
    log, place = brought.get(LOG), _place_of_log(places, brought)
    if log is not None and place:
        _lay_down(place, log)


def _place_of_log(places: Places, brought: Backup) -> str | None:
    """Where the audit log of a backup goes; None when it has none, or the one that is there begins with it."""
    log = brought.get(LOG)
    if log is None or not os.path.lexists(places.audit):
        return None if log is None else places.audit
    with open(places.audit, "rb") as file:
        goes_on = file.read(len(log)) == log
    return None if goes_on else os.path.join(os.path.dirname(places.audit), f"audit-{_stamp(brought.made)}.jsonl")


def _lay_down(path: str, data: bytes) -> None:
    """Put a log where there is none; one that somebody begins at this moment, or that we put there before, stays."""
    temporary = files.temporary_of(path)
    files.make_folder(os.path.dirname(path))
    files.discard(temporary)
    files.write_new(temporary, data)
    with suppress(FileExistsError):
        files.publish_new(temporary, path)
    files.discard(temporary)


def _stamp(moment: int) -> str:
    """A moment as the names of files have it: 20261123T041200Z, GMT."""
    import time

    try:
        return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))
    except (OverflowError, OSError, ValueError):
        return str(moment)


def _remove(path: str) -> None:
    """Remove a file, durably, if it is there."""
    target = os.path.realpath(path)
    if os.path.lexists(target):
        os.unlink(target)
        files.sync_folder(os.path.dirname(target))
