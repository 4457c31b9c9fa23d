"""Is the store sound: everything that can be judged of it is judged, and each fault is named."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TypeVar

from ptktctl.errors import InputError, PtktctlError, StoreDamagedError, StoreError
from ptktctl.record import Record
from ptktctl.store import backup, keysfile, sealing, slots, vault
from ptktctl.store.definitions import Definitions
from ptktctl.store.keysfile import KeyName, KeysFile
from ptktctl.store.places import Places, check_private, require_private
from ptktctl.store.sealing import KeyFileSlot, Slot
from ptktctl.store.slots import OpenSlot, described
from ptktctl.store.unlocking import Opened

Result = TypeVar("Result")


class Fault(Record):
    """Something that is not as it should be, and what mends it."""

    message: str
    remedy: str | None = None


class Inspection(Record):
    """What was found out about a store or a backup.

    Attributes:
        faults: what is wrong; none when it is sound.
        definitions, keys, slots: how many of each could be read.
        untried: slots whose secret was not at hand: the MAC vouches for them, and nothing else.
        made: when a backup was made, in epoch seconds.
    """

    faults: tuple[Fault, ...]
    definitions: int
    keys: int
    slots: int
    untried: tuple[Slot, ...] = ()
    made: int | None = None


class _Findings:
    """Faults as they are found, each told once."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, error: PtktctlError) -> None:
        fault = Fault(error.message, error.hint)
        if fault not in self.faults:
            self.faults.append(fault)

    def of(self, look: Callable[[], Result]) -> Result | None:
        """What a look finds; None when it finds a fault."""
        try:
            return look()
        except PtktctlError as error:
            self.add(error)
            return None


def inspect(places: Places, open_slot: OpenSlot) -> Inspection:
    """Judge the store: owners and modes of its files, definitions, what opens it, its MAC, each key.

    Raises:
        StoreMissingError: there is no store.
    """
    findings = _Findings()
    if not os.path.lexists(places.keys):
        vault.read(places.keys)
    for look in _looks_at_places(places):
        findings.of(look)
    definitions = findings.of(lambda: Definitions.load(places.definitions))
    file = findings.of(lambda: vault.read(places.keys))
    return _inspected(findings, places.keys, definitions, file, open_slot)


def inspect_backup(path: str, open_slot: OpenSlot) -> Inspection:
    """Judge a backup as `inspect` judges the store, without bringing it back.

    Raises:
        InputError: it can't be read, or is none.
    """
    findings = _Findings()
    try:
        read = backup.read(path)
        contents = backup.contents(read, path)
    except StoreError as error:
        findings.add(error)
        return Inspection(tuple(findings.faults), 0, 0, 0)
    inspected = _inspected(findings, path, contents.definitions, contents.keys, open_slot)
    return inspected.replaced(made=read.made)


def _inspected(
    findings: _Findings, path: str, definitions: Definitions | None, file: KeysFile | None, open_slot: OpenSlot
) -> Inspection:
    numbered = slots.numbered(file.slots) if file else ()
    opened = findings.of(lambda: open_slot(path, numbered)) if file else None
    keys, untried = 0, list(numbered)
    if file and opened:
        findings.of(lambda: vault.Vault(path, file, opened.data_key))
        keys = _opened_keys(findings, file, opened)
        untried = [slot for slot in numbered if not _is_proven(findings, slot, opened)]
    count = len(definitions) if definitions is not None else 0
    return Inspection(tuple(findings.faults), count, keys, len(numbered), tuple(untried) if opened else ())


def _opened_keys(findings: _Findings, file: KeysFile, opened: Opened) -> int:
    """How many keys open, each tried on its own."""
    draft = vault.Draft(file.entries, opened.data_key)
    found = [findings.of(partial(_open_key, draft, entry.name)) for entry in file.entries]
    return found.count(True)


def _open_key(draft: vault.Draft, name: KeyName) -> bool:
    try:
        draft.get(name)
    except InputError as error:
        raise StoreDamagedError(f"{name} opens, but is no key: {error.message}", keysfile.DAMAGE_HINT) from None
    return True


def _is_proven(findings: _Findings, slot: Slot, opened: Opened) -> bool:
    """Whether a slot was judged: it opened the store, or what the store remembers was tried on it."""
    if slot == opened.slot:
        return True
    if isinstance(slot, KeyFileSlot) and not os.path.lexists(slot.path):
        return False
    try:
        secrets = slots.remembered(slot)
    except StoreError as error:
        # A keyring that is locked or out of reach is no fault of the store.
        is_fault = isinstance(slot, KeyFileSlot) or isinstance(error, StoreDamagedError)
        if is_fault:
            findings.add(error)
        return is_fault
    if any(sealing.unwrap(slot, secret) != opened.data_key for secret in secrets):
        findings.add(StoreDamagedError(f"{described(slot)} is not opened by what is kept there", "remove the slot"))
    return bool(secrets)


def _looks_at_places(places: Places) -> Iterator[Callable[[], None]]:
    """A look at each file of the store, and at everything else in its folders."""
    own = (places.definitions, places.keys, places.ledger, places.audit)
    for path in own:
        yield partial(check_private, path)
    for folder in dict.fromkeys(os.path.dirname(os.path.realpath(path)) for path in own):
        yield partial(_check_folder, folder)
        yield from (partial(_check_file, path) for path in _files_in(folder))


def _check_folder(folder: str) -> None:
    if os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK):
        raise StoreError(f"{folder} can't be read", f"chmod 700 '{folder}'")


def _files_in(folder: str) -> list[str]:
    """Locks, what a killed process left, backups: files in a folder, links and folders aside."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.path for entry in entries if entry.is_file(follow_symlinks=False))
    except OSError:
        return []


def _check_file(path: str) -> None:
    with suppress(OSError):
        require_private(os.stat(path, follow_symlinks=False), path)
