"""keys.toml: open it, look keys up as RACF does, add, remove and re-seal them."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from ptktctl.errors import InputError, StoreDamagedError, StoreError, StoreMissingError
from ptktctl.passticket.keys import EnhancedKey, LegacyKey, SecuredSignonKey, TicketType
from ptktctl.passticket.names import ApplId, GroupId, UserId
from ptktctl.store import files, keysfile, sealing
from ptktctl.store.keysfile import Entry, KeyKind, KeyName, KeysFile
from ptktctl.store.sealing import KeyFileSlot, Secret, Slot, UnlockKey

__all__ = ["Draft", "KeyKind", "KeyName", "StoredKey", "Unlock", "Vault", "create", "editing"]

# Given the path of the store (for messages) and its slots, answers the data key, or raises StoreLockedError.
Unlock = Callable[[str, Sequence[Slot]], bytes]
# A PTKTDATA profile: the application, and the group and the user that qualify it.
Profile = tuple[ApplId, GroupId | None, UserId | None]


class StoredKey(NamedTuple):
    """A key taken out of the store.

    Attributes:
        created: when it was stored, in epoch seconds.
    """

    name: KeyName
    key: SecuredSignonKey
    created: int


class Vault:
    """The sealed keys as they were at one moment, unlocked. Each key is opened when it is asked for."""

    __slots__ = ("_data_key", "_file", "_opened", "_path", "_profiles")

    def __init__(self, path: str, file: KeysFile, data_key: bytes) -> None:
        """Hold the file's MAC against the data key.

        Raises:
            StoreDamagedError: something else than ptktctl changed the file.
        """
        if not sealing.is_mac(data_key, file.body, file.mac):
            raise StoreDamagedError(
                f"{path} was changed by something other than ptktctl: entries or slots were added, removed or moved",
                keysfile.DAMAGE_HINT,
            )
        self._path = path
        self._file = file
        self._profiles = _by_profile(file.entries)
        self._data_key = data_key
        # Those asked for before: a batch asks for each of its users.
        self._opened: dict[tuple[KeyName, TicketType], StoredKey] = {}

    @classmethod
    def open(cls, path: str, unlock: Unlock) -> "Vault":
        """Read and unlock a store.

        Raises:
            StoreMissingError: there is none.
            StoreLockedError: `unlock` has nothing that opens it.
            StoreDamagedError: the file is not what ptktctl wrote.
            UnsafePermissionsError: others can read or write it or its folder.
        """
        file = read(path)
        return cls(path, file, unlock(path, file.slots))

    def names(self) -> tuple[KeyName, ...]:
        """The names of all keys, by APPLID, group, user, kind, the current one before the pending one."""
        return tuple(entry.name for entry in self._file.entries)

    def keys(self, ticket_type: TicketType = TicketType.MIXED) -> tuple[StoredKey, ...]:
        """All keys, in the order of their names.

        Args:
            ticket_type: what enhanced keys make, UPPER or MIXED: the store does not know, the definition does.
        """
        return tuple(self._stored(entry, ticket_type) for entry in self._file.entries)

    def get(self, name: KeyName, ticket_type: TicketType = TicketType.MIXED) -> StoredKey | None:
        """The key of a name, None when there is none."""
        profile = self._profiles.get(_profile_of(name), ())
        return next((self._stored(entry, ticket_type) for entry in profile if entry.name == name), None)

    def candidates(
        self,
        applid: ApplId,
        userid: UserId | None = None,
        group: GroupId | None = None,
        ticket_type: TicketType = TicketType.MIXED,
        *,
        pending: bool = False,
    ) -> tuple[StoredKey, ...]:
        """The keys that RACF would try for a sign-on, in its order.

        The first existing profile of APPLID.group.user, APPLID.user and APPLID.group, then the plain APPLID: at most
        two profiles (RACF Security Administrator's Guide, "Determining PTKTDATA profile names"). Of the two keys of
        a profile the enhanced one comes first, as generation prefers it (z/OS V2.5, "RACF enhanced PassTicket").

        Args:
            group: the current connect group of the sign-on.
            ticket_type: what enhanced keys make, UPPER or MIXED.
            pending: whether the keys to come are among them, after the current ones: to evaluate a ticket while some
                systems have the next key and some do not. Tickets are made with current keys.
        """
        qualified = dict.fromkeys(((group, userid), (None, userid), (group, None)))
        profiles = [self._profiles.get((applid, *each), ()) for each in qualified if any(each)]
        reached: list[Entry] = []
        for profile in profiles:
            reached += profile
            # A profile whose keys are all to come does not hide those after it on a system that has none of them yet.
            if any(not entry.name.pending for entry in profile):
                break
        reached.sort(key=lambda entry: entry.name.pending)
        plain = self._profiles.get((applid, None, None), ())
        found = (entry for entry in (*reached, *plain) if pending or not entry.name.pending)
        return tuple(self._stored(entry, ticket_type) for entry in found)

    def _stored(self, entry: Entry, ticket_type: TicketType) -> StoredKey:
        known = entry.name, ticket_type
        if known not in self._opened:
            self._opened[known] = _opened(self._data_key, entry, ticket_type, f"{self._path}: ")
        return self._opened[known]


def _profile_of(name: KeyName) -> Profile:
    return name.applid, name.group, name.userid


def _by_profile(entries: Sequence[Entry]) -> dict[Profile, list[Entry]]:
    """The keys of each profile in the order they are tried: the current ones first, of these the enhanced one."""
    profiles: dict[Profile, list[Entry]] = {}
    for entry in entries:
        profiles.setdefault(_profile_of(entry.name), []).append(entry)
    for profile in profiles.values():
        profile.sort(key=lambda entry: (entry.name.pending, entry.name.kind is KeyKind.LEGACY))
    return profiles


def listed_names(path: str) -> tuple[KeyName, ...]:
    """The names in a store as they stand in the file, without unlocking it: nothing vouches for them yet.

    Raises:
        StoreDamagedError, UnsafePermissionsError: as `Vault.open`.
    """
    data = files.read_private(path)
    return () if data is None else tuple(entry.name for entry in keysfile.parse(data, path).entries)


def _opened(data_key: bytes, entry: Entry, ticket_type: TicketType, where: str = "") -> StoredKey:
    secret = sealing.unseal(data_key, entry.sealed, keysfile.bound(entry.name))
    if secret is None:
        raise StoreDamagedError(f"{where}{entry.name} does not open", keysfile.DAMAGE_HINT)
    key = LegacyKey(secret) if entry.name.kind is KeyKind.LEGACY else EnhancedKey(secret, ticket_type)
    return StoredKey(entry.name, key, entry.created)


class Draft:
    """The keys as they shall be, while `editing` holds the lock."""

    __slots__ = ("_data_key", "_entries")

    def __init__(self, entries: Sequence[Entry], data_key: bytes) -> None:
        self._entries = {entry.name: entry for entry in entries}
        self._data_key = data_key

    def names(self) -> tuple[KeyName, ...]:
        """The names of all keys there are now."""
        return tuple(self._entries)

    def entries(self) -> tuple[Entry, ...]:
        """What is to be written."""
        return tuple(self._entries.values())

    def get(self, name: KeyName, ticket_type: TicketType = TicketType.MIXED) -> StoredKey | None:
        """The key of a name as it is now, None when there is none."""
        entry = self._entries.get(name)
        return _opened(self._data_key, entry, ticket_type) if entry else None

    def put(self, name: KeyName, key: SecuredSignonKey, created: int, *, replace: bool = False) -> None:
        """Seal a key under a name.

        Args:
            created: now, in epoch seconds.
            replace: whether a key that is there already may be lost.

        Raises:
            InputError: there is one already; or the key is not of the kind that the name says.
        """
        if isinstance(key, LegacyKey) is not (name.kind is KeyKind.LEGACY):
            raise InputError(f"{name}: the key given is of the other kind")
        if name in self._entries and not replace:
            raise InputError(f"there is a key {name} already", "it is replaced only when that is asked for")
        self._entries[name] = Entry(name, created, sealing.seal(self._data_key, key.secret, keysfile.bound(name)))

    def remove(self, name: KeyName) -> None:
        """Forget a key.

        Raises:
            StoreMissingError: there is none of that name.
        """
        if self._entries.pop(name, None) is None:
            raise StoreMissingError(f"there is no key {name}")

    def rename(self, old: ApplId, new: ApplId) -> None:
        """Give all keys of one APPLID to another; without keys nothing happens.

        Raises:
            InputError: the other has keys already.
        """
        moving = [entry for entry in self._entries.values() if entry.name.applid == old]
        if old == new or not moving:
            return
        if taken := next((name for name in self._entries if name.applid == new), None):
            raise InputError(f"there is a key {taken} already", f"remove the keys of {new} first")
        for entry in moving:
            self._move(entry, entry.name.replaced(applid=new))

    def promote(self, name: KeyName) -> None:
        """Let a pending key take the place of the current one of its name, which is forgotten.

        Args:
            name: of the pending key.

        Raises:
            StoreMissingError: there is no pending key of that name.
        """
        entry = self._entries.get(name) if name.pending else None
        if entry is None:
            raise StoreMissingError(f"there is no pending key for {name.replaced(pending=False)}")
        self._move(entry, name.replaced(pending=False))

    def _move(self, entry: Entry, name: KeyName) -> None:
        """Seal anew: the seal binds the name."""
        secret = _opened(self._data_key, entry, TicketType.MIXED).key.secret
        del self._entries[entry.name]
        self._entries[name] = Entry(name, entry.created, sealing.seal(self._data_key, secret, keysfile.bound(name)))


def create(path: str, secret: Callable[[], Secret], scrypt_n: int = sealing.SCRYPT_N, *, created: int = 0) -> None:
    """Make an empty store.

    Args:
        path: where keys.toml shall lie.
        secret: answers what shall open it. Asked under the lock, once it is known that there is no store yet, so
            that a new unlock key file is made only for a new store; it is on the disk before the store is.
        scrypt_n: the cost of a passphrase.
        created: now, in epoch seconds, if the store shall remember it.

    Raises:
        InputError: there is one already.
        StoreBusyError, StoreWriteError, UnsafePermissionsError: as `files.locked` and `files.replace_atomically`.
    """
    with files.locked(path):
        if os.path.lexists(path):
            raise InputError(
                f"there is a store already: {path}", "it stays as it is; remove it only if no key is needed"
            )
        data_key, made = sealing.new_key(), secret()
        with withdrawing(path, [made]):
            slot = sealing.wrap(data_key, made, scrypt_n).replaced(number=1, created=created)
            files.replace_atomically(path, keysfile.render((slot,), (), data_key))


@contextmanager
def withdrawing(path: str, made: Sequence[Secret]) -> Iterator[None]:
    """Remove the unlock key files that were made for a store, should the block fail, unless the store names them now.

    Args:
        made: looked at when the block has failed: what it made.
    """
    try:
        yield
    except BaseException:
        with suppress(StoreError):
            slots = read(path).slots if os.path.lexists(path) else ()
            named = {slot.path for slot in slots if isinstance(slot, KeyFileSlot)}
            for secret in made:
                if isinstance(secret, UnlockKey) and secret.path not in named:
                    files.discard(secret.path)
        raise


@contextmanager
def editing(path: str, unlock: Unlock) -> Iterator[Draft]:
    """Change the keys, all or nothing: what the block did is written at its end, unless it raised.

    The store is unlocked before the lock is taken, so that nobody waits while a person types a passphrase; then it
    is read again.

    Raises:
        StoreMissingError, StoreLockedError, StoreDamagedError, UnsafePermissionsError: as `Vault.open`.
        StoreBusyError, StoreWriteError: as `files.locked` and `files.replace_atomically`; nothing was changed.
    """
    before = read(path)
    data_key = unlock(path, before.slots)
    with files.locked(path):
        file = read(path)
        if file.slots != before.slots:
            data_key = unlock(path, file.slots)
        Vault(path, file, data_key)  # judges the MAC
        draft = Draft(file.entries, data_key)
        yield draft
        if draft.entries() != file.entries:
            files.replace_atomically(path, keysfile.render(file.slots, draft.entries(), data_key))


def read(path: str) -> KeysFile:
    """The file of a store, its checksum found right; nothing vouches for what it holds until its MAC is judged.

    Raises:
        StoreMissingError: there is none.
        StoreDamagedError, UnsafePermissionsError: as `Vault.open`.
    """
    data = files.read_private(path)
    if data is None:
        raise missing(path)
    return keysfile.parse(data, path)


def missing(path: str) -> StoreMissingError:
    """That there is no store."""
    return StoreMissingError(f"there is no store yet: {path}", "make one with ptktctl init")
