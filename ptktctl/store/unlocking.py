"""Which passphrase or unlock key opens the store, and from where it comes.

The first way that is set counts, and a way that is set but can't be read is an error, never passed over: who sets
PTKTCTL_PASSPHRASE_FILE must not end up with another passphrase, or at a prompt, because of a slip in its name.

Where none is set, what the store itself names is looked for: an unlock key file that it remembers, then an unlock key
in the OS keyring, then a passphrase at a prompt. Of these, one that is not there gives way to the next: a store may be
opened by a key file on one machine and by a passphrase on another.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ptktctl.errors import InputError, StoreDamagedError, StoreError, StoreLockedError
from ptktctl.record import Record
from ptktctl.store import files, sealing
from ptktctl.store.sealing import (
    KeyFileSlot,
    KeyringKey,
    KeyringSlot,
    Passphrase,
    PassphraseSlot,
    Secret,
    Slot,
    UnlockKey,
)
from ptktctl.store.unlock_key import key_file_line, key_of_line

PASSPHRASE_FILE = "PTKTCTL_PASSPHRASE_FILE"  # noqa: S105 - these are names of variables
PASSPHRASE_COMMAND = "PTKTCTL_PASSPHRASE_COMMAND"  # noqa: S105
PASSPHRASE = "PTKTCTL_PASSPHRASE"  # noqa: S105
KEY_FILE = "PTKTCTL_KEY_FILE"
PASSPHRASE_WAYS = f"--passphrase-file FILE, {PASSPHRASE_FILE}, {PASSPHRASE_COMMAND} or {PASSPHRASE}"
WAYS = f"give {PASSPHRASE_WAYS}; or --key-file FILE or {KEY_FILE}; or run on a terminal"
SHORTEST_PASSPHRASE = 12  # characters
WEAK_REMEDY = "--weak-passphrase takes it as it is"


class _Way(Record):
    """One way to unlock that is set: its name, what kind of secret it gives, and how to get it."""

    name: str
    kind: type[Secret]
    read: Callable[[], Secret]

    def __repr__(self) -> str:
        return f"_Way({self.name!r})"


class Opened(Record):
    """A slot, what opened it, and the data key that was in it."""

    slot: Slot
    secret: Secret
    data_key: bytes

    def __repr__(self) -> str:
        return f"Opened({self.slot!r})"


class Unlocker(Record):
    """The ways to unlock that a command was given.

    Attributes:
        environ: the environment variables.
        passphrase_file: --passphrase-file.
        key_file: --key-file.
        prompt: shows a text on the terminal and reads a line without echo; None when there is no terminal.
    """

    environ: Mapping[str, str]
    passphrase_file: str | None = None
    key_file: str | None = None
    prompt: Callable[[str], str] | None = None

    def __repr__(self) -> str:
        # The environment may hold a passphrase.
        return f"Unlocker(passphrase_file={self.passphrase_file!r}, key_file={self.key_file!r})"

    def data_key(self, path: str, slots: Sequence[Slot]) -> bytes:
        """Open a store: what `vault.Vault.open` and `vault.editing` ask for.

        Args:
            path: the store, for messages and the prompt.
            slots: those of the store.

        Returns:
            The data key, 32 bytes.

        Raises:
            StoreLockedError: no way is set, the first one set can't be read, or it does not open the store.
            StoreDamagedError: the unlock key file is damaged.
            UnsafePermissionsError: others can read or write the passphrase or unlock key file.
            StoreError: only the OS keyring is left, and the package that reaches it is not installed.
        """
        return self.open_slot(path, slots).data_key

    def open_slot(self, path: str, slots: Sequence[Slot]) -> Opened:
        """As `data_key`, with the slot that opened and what opened it."""
        way = self._given() or _remembered(slots) or self._kept(slots)
        if way is None and any(isinstance(slot, PassphraseSlot) for slot in slots):
            way = self._prompted(f"passphrase of {path}: ")
        if way is None:
            raise _nothing_given(path, slots)
        fitting = [slot for slot in slots if _opens(way.kind, slot)]
        if not fitting:
            raise _other_kind(way, path, slots)
        secret = way.read()
        for slot in fitting:
            if data_key := sealing.unwrap(slot, secret):
                return Opened(slot, secret, data_key)
        what = "passphrase" if way.kind is Passphrase else "unlock key"
        raise StoreLockedError(f"the {what} does not open {path}", f"it came from {way.name}")

    def secret(self, prompt: str = "new passphrase: ") -> Secret:
        """What a new store shall be opened with: the first way that is set, else what is typed at the prompt.

        Raises:
            StoreLockedError, StoreDamagedError, UnsafePermissionsError: as `data_key`.
        """
        way = self._given() or self._prompted(prompt)
        if way is None:
            raise StoreLockedError("nothing was given to seal the new store with", WAYS)
        return way.read()

    def is_given(self) -> bool:
        """Whether an option or a variable names a way to unlock; the prompt does not count."""
        return self._given() is not None

    def _given(self) -> _Way | None:
        options = (
            ("--passphrase-file", self.passphrase_file, Passphrase, passphrase_of_file),
            (PASSPHRASE_FILE, self.environ.get(PASSPHRASE_FILE) or None, Passphrase, passphrase_of_file),
            (PASSPHRASE_COMMAND, self.environ.get(PASSPHRASE_COMMAND) or None, Passphrase, self._passphrase_of_command),
            (PASSPHRASE, self.environ.get(PASSPHRASE) or None, Passphrase, passphrase_of),
            ("--key-file", self.key_file, UnlockKey, unlock_key_of_file),
            (KEY_FILE, self.environ.get(KEY_FILE) or None, UnlockKey, unlock_key_of_file),
        )
        for name, value, kind, read in options:
            if value is not None:
                return _Way(name, kind, partial(read, name, value))
        return None

    def _kept(self, slots: Sequence[Slot]) -> _Way | None:
        """The first unlock key of a slot that the OS keyring has; a keyring that fails counts unless one can ask."""
        accounts = [slot.account for slot in slots if isinstance(slot, KeyringSlot)]
        if not accounts:
            return None
        from ptktctl.store import os_keyring

        try:
            found = next(filter(None, map(os_keyring.find, accounts)), None)
        except StoreError:
            if self.prompt and any(isinstance(slot, PassphraseSlot) for slot in slots):
                return None
            raise
        return _Way("the OS keyring", KeyringKey, lambda: found) if found else None

    def _prompted(self, text: str) -> _Way | None:
        prompt = self.prompt
        return _Way("the prompt", Passphrase, lambda: passphrase_of("the prompt", prompt(text))) if prompt else None

    def _passphrase_of_command(self, name: str, command: str) -> Passphrase:
        """The first line that a command prints; it sees neither our input nor a shell, and no message repeats it."""
        import shlex
        import subprocess

        try:
            words = shlex.split(command, posix=os.name != "nt")
            program = words[0]
            result = subprocess.run(  # noqa: S603 - the user's own choice of command
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=dict(self.environ), check=False
            )
        except (ValueError, IndexError):
            raise StoreLockedError(f"{name} is not a command line", "mind its quotes") from None
        except OSError as error:
            raise StoreLockedError(f"{name}: {program} can't be run: {error.strerror}") from None
        if result.returncode:
            raise StoreLockedError(f"{name}: {program} ended with status {result.returncode}")
        return _first_line(f"the output of {program} ({name})", result.stdout)


def require_strength(secret: Secret, *, weak: bool = False, remedy: str = WEAK_REMEDY) -> None:
    """Judge a passphrase that is to seal something from now on; to be called wherever a new one is set.

    scrypt makes each guess cost tenths of a second, which helps only where there are many guesses to make. Length is
    what can be judged without a list of bad ones.

    Args:
        secret: an unlock key is random, and always strong enough.
        weak: whether a short one was asked for (--weak-passphrase).
        remedy: the option that asks for it, for the hint.

    Raises:
        InputError: it has fewer than 12 characters.
    """
    if weak or not isinstance(secret, Passphrase):
        return
    if len(secret.value.decode("utf-8", "surrogateescape")) < SHORTEST_PASSPHRASE:
        raise InputError(
            f"the new passphrase has fewer than {SHORTEST_PASSPHRASE} characters",
            f"take several random words; {remedy}",
        )


def new_key_file(path: str) -> UnlockKey:
    """Make an unlock key file: one line of text, mode 0600, on the disk when this returns.

    Raises:
        InputError: there is a file of that name, which stays as it is; or the store could not remember the name.
        StoreWriteError: it can't be written.
    """
    path = os.path.abspath(path)
    try:
        path.encode()
    except UnicodeEncodeError:
        raise InputError("the store can't remember a file name that is not UTF-8", "name another file") from None
    key = sealing.new_key()
    files.create_private(path, key_file_line(key))
    return UnlockKey(key, path)


def unlock_key_of_file(name: str, path: str) -> UnlockKey:
    """The unlock key in a file.

    Args:
        name: the way by which the file was named, for messages. So for those that follow.

    Raises:
        StoreLockedError: it can't be read.
        StoreDamagedError: it is no unlock key file, or damaged.
        UnsafePermissionsError: others can read or write it.
    """
    key = key_of_line(_read(name, path))
    if key is None:
        raise StoreDamagedError(
            f"{path} ({name}) is not an unlock key file, or it is damaged", "bring it back from a backup"
        )
    return UnlockKey(key, os.path.abspath(path))


def _remembered(slots: Sequence[Slot]) -> _Way | None:
    """The first unlock key file that the store names and that exists."""
    for slot in slots:
        if isinstance(slot, KeyFileSlot) and os.path.exists(slot.path):
            name = "the unlock key file that the store remembers"
            return _Way(name, UnlockKey, partial(unlock_key_of_file, name, slot.path))
    return None


def passphrase_of_file(name: str, path: str) -> Passphrase:
    """The passphrase in the first line of a file.

    Raises:
        StoreLockedError: it can't be read, is empty or no UTF-8.
        UnsafePermissionsError: others can read or write it.
    """
    return _first_line(f"{path} ({name})", _read(name, path))


def _read(name: str, path: str) -> bytes:
    try:
        return files.read_outside(path)
    except OSError as error:
        raise StoreLockedError(f"{path} ({name}) can't be read: {error.strerror}") from None


def _first_line(where: str, data: bytes) -> Passphrase:
    """The first line without its end, and without the mark that Windows editors put before UTF-8."""
    line = data.partition(b"\n")[0].removesuffix(b"\r")
    try:
        return passphrase_of(where, line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise StoreLockedError(f"the first line of {where} is not UTF-8") from None


def passphrase_of(where: str, text: str) -> Passphrase:
    """A passphrase as it was typed or set.

    Raises:
        StoreLockedError: it is empty.
    """
    if not text:
        raise StoreLockedError(f"the passphrase is empty: {where}")
    # The environment and a terminal may hold bytes that are no UTF-8; these come back as they were.
    return Passphrase(text.encode("utf-8", "surrogateescape"))


def _opens(kind: type[Secret], slot: Slot) -> bool:
    slots = {Passphrase: PassphraseSlot, UnlockKey: KeyFileSlot, KeyringKey: KeyringSlot}
    return isinstance(slot, slots[kind])


def _other_kind(way: _Way, path: str, slots: Sequence[Slot]) -> StoreLockedError:
    """A way gives what no slot is for."""
    key_files = [slot.path for slot in slots if isinstance(slot, KeyFileSlot)]
    if way.kind is Passphrase:
        gives, remedy = "a passphrase", "leave out the passphrase"
        remedy += f" and give --key-file {' or '.join(key_files)}" if key_files else ""
    else:
        gives, remedy = "an unlock key", f"give {PASSPHRASE_WAYS}"
        remedy = remedy if any(isinstance(slot, PassphraseSlot) for slot in slots) else "leave out the unlock key"
    openers = {PassphraseSlot: "a passphrase", KeyFileSlot: "its unlock key file", KeyringSlot: "the OS keyring"}
    known = " or ".join(dict.fromkeys(openers[type(slot)] for slot in slots))
    return StoreLockedError(f"{way.name} gives {gives}, but {path} opens only with {known}", remedy)


def _nothing_given(path: str, slots: Sequence[Slot]) -> StoreLockedError:
    missing = [slot.path for slot in slots if isinstance(slot, KeyFileSlot)]
    reasons = [f"its unlock key file is missing: {', '.join(missing)}"] if missing else []
    if any(isinstance(slot, KeyringSlot) for slot in slots):
        reasons.append("its unlock key is not in the OS keyring of this user and machine")
    why = f": {'; '.join(reasons)}" if reasons else ""
    return StoreLockedError(f"nothing was given that unlocks {path}{why}", WAYS)
