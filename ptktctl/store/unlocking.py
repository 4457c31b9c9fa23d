"""Which passphrase or unlock key opens the store, and from where it comes.

The first way that is set counts, and a way that is set but can't be read is an error, never passed over: who sets
PTKTCTL_PASSPHRASE_FILE must not end up with another passphrase, or at a prompt, because of a slip in its name.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ptktctl.errors import StoreDamagedError, StoreLockedError
from ptktctl.record import Record
from ptktctl.store import files, sealing
from ptktctl.store.sealing import KeyFileSlot, Passphrase, PassphraseSlot, Secret, Slot, UnlockKey
from ptktctl.store.tables import base64_of, checksum_of

PASSPHRASE_FILE = "PTKTCTL_PASSPHRASE_FILE"  # noqa: S105 - these are names of variables
PASSPHRASE_COMMAND = "PTKTCTL_PASSPHRASE_COMMAND"  # noqa: S105
PASSPHRASE = "PTKTCTL_PASSPHRASE"  # noqa: S105
KEY_FILE = "PTKTCTL_KEY_FILE"
PASSPHRASE_WAYS = f"--passphrase-file FILE, {PASSPHRASE_FILE}, {PASSPHRASE_COMMAND} or {PASSPHRASE}"
WAYS = f"give {PASSPHRASE_WAYS}; or --key-file FILE or {KEY_FILE}; or run on a terminal"
CHECK_DIGITS = 8
KEY_FILE_START = "PTKTCTL-UNLOCK-KEY-1:"


class _Way(Record):
    """One way to unlock that is set: its name, what kind of secret it gives, and how to get it."""

    name: str
    kind: type[Passphrase] | type[UnlockKey]
    read: Callable[[], Secret]

    def __repr__(self) -> str:
        return f"_Way({self.name!r})"


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
        """
        way = self._given() or _remembered(slots)
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
                return data_key
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
            ("--passphrase-file", self.passphrase_file, Passphrase, _passphrase_of_file),
            (PASSPHRASE_FILE, self.environ.get(PASSPHRASE_FILE) or None, Passphrase, _passphrase_of_file),
            (PASSPHRASE_COMMAND, self.environ.get(PASSPHRASE_COMMAND) or None, Passphrase, self._passphrase_of_command),
            (PASSPHRASE, self.environ.get(PASSPHRASE) or None, Passphrase, _passphrase),
            ("--key-file", self.key_file, UnlockKey, _unlock_key_of_file),
            (KEY_FILE, self.environ.get(KEY_FILE) or None, UnlockKey, _unlock_key_of_file),
        )
        for name, value, kind, read in options:
            if value is not None:
                return _Way(name, kind, partial(read, name, value))
        return None

    def _prompted(self, text: str) -> _Way | None:
        prompt = self.prompt
        return _Way("the prompt", Passphrase, lambda: _passphrase("the prompt", prompt(text))) if prompt else None

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


def new_key_file(path: str) -> UnlockKey:
    """Make an unlock key file: one line of text, mode 0600, on the disk when this returns.

    Raises:
        InputError: there is a file of that name; it stays as it is.
        StoreWriteError: it can't be written.
    """
    path = os.path.abspath(path)
    key = sealing.new_key()
    files.create_private(path, key_file_line(key))
    return UnlockKey(key, path)


def key_file_line(key: bytes) -> bytes:
    """What an unlock key file holds: a known start, base64 of the key, a checksum of the key."""
    return f"{KEY_FILE_START}{base64_of(key)}:{checksum_of(key)[:CHECK_DIGITS]}\n".encode()


def _unlock_key_of_file(name: str, path: str) -> UnlockKey:
    data = _read(name, path)
    key = _key_of_line(data)
    if len(key) != sealing.DATA_KEY_LENGTH or key_file_line(key).rstrip() != data.rstrip():
        raise StoreDamagedError(
            f"{path} ({name}) is not an unlock key file, or it is damaged", "bring it back from a backup"
        )
    return UnlockKey(key, os.path.abspath(path))


def _key_of_line(line: bytes) -> bytes:
    """The key as far as it can be read; whether the line is right is seen by writing it again."""
    import binascii

    try:
        return binascii.a2b_base64(line[len(KEY_FILE_START) :].partition(b":")[0])
    except ValueError:
        return b""


def _remembered(slots: Sequence[Slot]) -> _Way | None:
    """The first unlock key file that the store names and that exists."""
    for slot in slots:
        if isinstance(slot, KeyFileSlot) and os.path.exists(slot.path):
            name = "the unlock key file that the store remembers"
            return _Way(name, UnlockKey, partial(_unlock_key_of_file, name, slot.path))
    return None


def _passphrase_of_file(name: str, path: str) -> Passphrase:
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
        return _passphrase(where, line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise StoreLockedError(f"the first line of {where} is not UTF-8") from None


def _passphrase(where: str, text: str) -> Passphrase:
    if not text:
        raise StoreLockedError(f"the passphrase is empty: {where}")
    # The environment and a terminal may hold bytes that are no UTF-8; these come back as they were.
    return Passphrase(text.encode("utf-8", "surrogateescape"))


def _opens(kind: type[Passphrase] | type[UnlockKey], slot: Slot) -> bool:
    return isinstance(slot, PassphraseSlot if kind is Passphrase else KeyFileSlot)


def _other_kind(way: _Way, path: str, slots: Sequence[Slot]) -> StoreLockedError:
    if way.kind is Passphrase:
        known = " or ".join(slot.path for slot in slots if isinstance(slot, KeyFileSlot))
        return StoreLockedError(
            f"{way.name} gives a passphrase, but {path} opens only with its unlock key file",
            f"leave out the passphrase and give --key-file {known}",
        )
    return StoreLockedError(
        f"{way.name} gives an unlock key, but {path} opens only with a passphrase",
        f"give {PASSPHRASE_WAYS}",
    )


def _nothing_given(path: str, slots: Sequence[Slot]) -> StoreLockedError:
    missing = [slot.path for slot in slots if isinstance(slot, KeyFileSlot)]
    why = f": its unlock key file is missing: {', '.join(missing)}" if missing else ""
    return StoreLockedError(f"nothing was given that unlocks {path}{why}", WAYS)
