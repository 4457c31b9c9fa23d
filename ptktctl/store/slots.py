"""The slots of a store: several ways to open it, each made and removed without touching the keys; and a new data key.

A slot that is removed opens the store no more. But whoever kept an older copy of keys.toml and that slot's secret opens
the copy, and finds there the data key that the store still has. `reseal` ends that for what is stored from then on:
a new data key, every key and slot sealed anew. A key that somebody may have seen is made good only by a new key, on the
host too.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress

from ptktctl.errors import InputError, StoreBusyError, StoreDamagedError, StoreError
from ptktctl.record import Record
from ptktctl.store import files, keysfile, sealing, vault
from ptktctl.store.keysfile import Entry
from ptktctl.store.sealing import KeyFileSlot, KeyringSlot, Passphrase, Secret, Slot
from ptktctl.store.unlocking import Opened, unlock_key_of_file

# Given the path of the store (for messages) and its slots, answers which slot opens by what.
OpenSlot = Callable[[str, Sequence[Slot]], Opened]


class _Plan(Record):
    """What a store shall be sealed by."""

    slots: tuple[Slot, ...]
    data_key: bytes

    def __repr__(self) -> str:
        return f"_Plan({self.slots!r})"


class Secrets(Record):
    """What opens the slots of a store when all of them are sealed anew.

    Attributes:
        given: tried for each slot.
        ask: asks for the passphrase of a slot that none of these opens; None when nobody can be asked. It answers
            None when nobody knows.
        replacement: makes what takes the place of the secret that the store was opened with; None keeps that.
        scrypt_n: the cost of a passphrase from now on.
    """

    given: tuple[Secret, ...] = ()
    ask: Callable[[Slot], Passphrase | None] | None = None
    replacement: Callable[[], Secret] | None = None
    scrypt_n: int = sealing.SCRYPT_N

    def __repr__(self) -> str:
        return "Secrets(<secret>)"


class Resealed(Record):
    """What became of the slots of a store that was sealed anew."""

    kept: tuple[Slot, ...]
    dropped: tuple[Slot, ...]


def listed(path: str) -> tuple[Slot, ...]:
    """The slots of a store, each with its number, without unlocking it: nothing vouches for them yet.

    Raises:
        StoreMissingError, StoreDamagedError, UnsafePermissionsError: as `vault.read`.
    """
    return numbered(vault.read(path).slots)


def numbered(slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """The slots, those without a number with one after the others'."""
    highest = max(slot.number for slot in slots)
    bare = [slot for slot in slots if not slot.number]
    return tuple(slot if slot.number else slot.replaced(number=highest + 1 + bare.index(slot)) for slot in slots)


def described(slot: Slot) -> str:
    """A slot for people: "slot 2 (key file /home/me/unlock.key)"."""
    if isinstance(slot, KeyFileSlot):
        return f"slot {slot.number} (key file {slot.path})"
    return f"slot {slot.number} ({'OS keyring' if isinstance(slot, KeyringSlot) else 'passphrase'})"


def remembered(slot: Slot) -> tuple[Secret, ...]:
    """The unlock key that a slot names, from its file or the OS keyring; nothing where that has none.

    Raises:
        StoreError: it can't be had; as `unlocking.unlock_key_of_file` and `os_keyring.find`.
    """
    if isinstance(slot, KeyFileSlot):
        return (unlock_key_of_file("the unlock key file that the store remembers", slot.path),)
    if isinstance(slot, KeyringSlot):
        from ptktctl.store import os_keyring

        found = os_keyring.find(slot.account)
        return (found,) if found else ()
    return ()


def add(
    path: str, open_slot: OpenSlot, secret: Callable[[], Secret], created: int, scrypt_n: int = sealing.SCRYPT_N
) -> Slot:
    """Make one more slot; the keys and the other slots stay as they are.

    Args:
        secret: answers what shall open it. Asked once the store is open, so that a new unlock key is made only then;
            that key is where it belongs before the store knows of it.
        created: now, in epoch seconds.
        scrypt_n: the cost of a passphrase.

    Raises:
        InputError: it opens the store already.
        StoreBusyError: another process changed the slots meanwhile.
        StoreError: as `vault.editing`.
    """

    new: list[Secret] = []

    def plan(slots: tuple[Slot, ...], opened: Opened) -> _Plan:
        new[:] = new or [secret()]
        if known := next((slot for slot in slots if sealing.unwrap(slot, new[0])), None):
            raise InputError(f"{described(known)} is opened by the same already", "nothing was changed")
        number = max(slot.number for slot in slots) + 1
        slot = sealing.wrap(opened.data_key, new[0], scrypt_n).replaced(number=number, created=created)
        return _Plan((*slots, slot), opened.data_key)

    with vault.withdrawing(path, new):
        return _change(path, open_slot, plan).slots[-1]


def remove(path: str, open_slot: OpenSlot, number: int, confirm: Callable[[Slot, Sequence[Slot]], None]) -> Slot:
    """Remove a slot; the keys and the other slots stay as they are.

    Args:
        number: as `listed` gives it.
        confirm: asked when it is the slot that opened the store just now, with the slots that are left; it raises
            when the answer is no.

    Raises:
        InputError: there is none of that number, or it is the last one.
        StoreBusyError: another process changed the slots meanwhile.
        StoreError: as `vault.editing`.
    """
    gone = _removable(listed(path), number)
    confirmed: list[Slot] = []

    def plan(slots: tuple[Slot, ...], opened: Opened) -> _Plan:
        if _removable(slots, number) != gone:
            raise _meanwhile(path)
        left = tuple(slot for slot in slots if slot != gone)
        if opened.slot == gone and not confirmed:
            confirm(gone, left)
            confirmed.append(gone)
        return _Plan(left, opened.data_key)

    _change(path, open_slot, plan)
    return gone


def reseal(path: str, open_slot: OpenSlot, secrets: Secrets, created: int, *, drop_others: bool = False) -> Resealed:
    """Make a new data key and seal every key and slot anew; numbers and dates stay, the names of the keys as well.

    Args:
        secrets: what opens the slots besides the one that the store is opened with. Unlock keys that the store
            remembers and the OS keyring are looked at without being asked for.
        created: now, in epoch seconds.
        drop_others: whether slots that nothing opens may be lost.

    Raises:
        InputError: a slot is left that nothing opens.
        StoreBusyError: another process changed the slots meanwhile.
        StoreError: as `vault.editing`.
    """
    dropped: list[Slot] = []
    planned: list[_Plan] = []
    made: list[Secret] = []

    def plan(slots: tuple[Slot, ...], opened: Opened) -> _Plan:
        if planned:
            raise _meanwhile(path)
        found = {slot: _secret_of(slot, opened, secrets) for slot in slots}
        dropped.extend(slot for slot, secret in found.items() if secret is None)
        if dropped and not drop_others:
            raise _closed(dropped)
        data_key = sealing.new_key()
        new = secrets.replacement() if secrets.replacement else None
        made.extend([new] if new else [])
        kept = [
            _sealed_anew(slot, new, data_key, secrets.scrypt_n).replaced(created=created)
            if new and slot == opened.slot
            else _sealed_anew(slot, secret, data_key, secrets.scrypt_n)
            for slot, secret in found.items()
            if secret
        ]
        planned.append(_Plan(tuple(kept), data_key))
        return planned[0]

    with vault.withdrawing(path, made):
        return Resealed(_change(path, open_slot, plan).slots, tuple(dropped))


def _change(path: str, open_slot: OpenSlot, plan: Callable[[tuple[Slot, ...], Opened], _Plan]) -> _Plan:
    """Exchange the slots, all or nothing.

    Whatever takes time or asks people is done before the lock is taken. Should the slots have changed when it is, what
    was planned is planned once more with those there are now; nobody is asked again.
    """
    before = vault.read(path)
    opened = open_slot(path, numbered(before.slots))
    vault.Vault(path, before, opened.data_key)  # judges the MAC, before anybody is asked anything
    planned = plan(numbered(before.slots), opened)
    with files.locked(path):
        file = vault.read(path)
        if file.slots != before.slots:
            if not sealing.is_mac(opened.data_key, file.body, file.mac):
                raise _meanwhile(path)
            planned = plan(numbered(file.slots), opened)
        vault.Vault(path, file, opened.data_key)
        entries = [_entry_anew(path, entry, opened.data_key, planned.data_key) for entry in file.entries]
        files.replace_atomically(path, keysfile.render(planned.slots, entries, planned.data_key))
    return planned


def _meanwhile(path: str) -> StoreBusyError:
    return StoreBusyError(f"another process changed the slots of {path} meanwhile", "nothing was changed; try again")


def _removable(slots: Sequence[Slot], number: int) -> Slot:
    found = next((slot for slot in slots if slot.number == number), None)
    if found is None:
        raise InputError(f"there is no slot {number}", f"there are {', '.join(str(slot.number) for slot in slots)}")
    if len(slots) == 1:
        raise InputError(
            f"slot {number} is the only one: without it no key can be read", "add another first: ptktctl store slot add"
        )
    return found


def _secret_of(slot: Slot, opened: Opened, secrets: Secrets) -> Secret | None:
    """What opens a slot to the store's own data key: the first that does of what is at hand, then who can be asked."""
    if slot == opened.slot:
        return opened.secret
    at_hand: list[Secret] = [*secrets.given]
    with suppress(StoreError):
        at_hand += remembered(slot)
    for secret in at_hand:
        if sealing.unwrap(slot, secret) == opened.data_key:
            return secret
    if secrets.ask and isinstance(slot, sealing.PassphraseSlot):
        asked = secrets.ask(slot)
        if asked and sealing.unwrap(slot, asked) != opened.data_key:
            raise InputError(f"that does not open {described(slot)}", "nothing was changed; try again")
        return asked
    return None


def _closed(slots: Sequence[Slot]) -> InputError:
    return InputError(
        f"nothing at hand opens {', '.join(map(described, slots))}, and what is closed can't be sealed anew",
        "give --also-passphrase-file or --also-key-file for each, or --drop-others to lose these slots",
    )


def _sealed_anew(slot: Slot, secret: Secret, data_key: bytes, scrypt_n: int) -> Slot:
    return sealing.wrap(data_key, secret, scrypt_n).replaced(number=slot.number, created=slot.created)


def _entry_anew(path: str, entry: Entry, old: bytes, new: bytes) -> Entry:
    if old == new:
        return entry
    secret = sealing.unseal(old, entry.sealed, keysfile.bound(entry.name))
    if secret is None:
        raise StoreDamagedError(f"{path}: {entry.name} does not open", keysfile.DAMAGE_HINT)
    return entry.replaced(sealed=sealing.seal(new, secret, keysfile.bound(entry.name)))
