"""A backup: the whole store in one file that shows by itself whether it is whole.

A head of lines of text names the parts with their sizes and SHA-256 checksums, the parts follow as they are, and a
checksum over all before it ends the file. It is read by writing again what was read, so nothing but the very bytes that
were written is taken for a backup, whatever was cut off, added or changed.

In it are the definitions, the keys, sealed as they are in the store (it opens with what opened the store then), and the
audit log. The checksums are against chance: anybody can make them. Only who can open the keys can make their MAC, so a
backup is opened before it is brought back; the definitions have no such guard, in the store neither. What is left out,
and why:

- Unlock key files and what the OS keyring keeps: beside the sealed keys they would be a key under the mat.
- The ledger of used tickets: an old one, put back, would let every ticket that was used since serve again. The ledger
  that is there when a backup is restored stays. Only where there is none any more, on another machine or after a lost
  disk, can a ticket used before serve once more, and only as long as tickets live: ten minutes, or the TIMEOUT of an
  enhanced key.
"""

import os
from typing import NoReturn

from ptktctl.errors import InputError, StoreDamagedError, StoreError, StoreMissingError
from ptktctl.record import Record
from ptktctl.store import files, handover_files, keysfile
from ptktctl.store.definitions import Definitions
from ptktctl.store.keysfile import KeysFile
from ptktctl.store.places import Places
from ptktctl.store.tables import LATEST, checksum_of

TITLE = b"ptktctl backup "
VERSION = b"1"
DEFINITIONS, KEYS, LOG = "applids.toml", "keys.toml", "audit.jsonl"
NAMES = (DEFINITIONS, KEYS, LOG)
END = b"\nchecksum "
END_LENGTH = len(END) + 64 + 1
MOST_HEAD = 4096
RETRY_HINT = "take an older backup; this one holds nothing that can be trusted"


class Part(Record):
    """One file of the store: its usual name and its content."""

    name: str
    data: bytes

    def __repr__(self) -> str:
        return f"Part({self.name!r}, {len(self.data)} bytes)"


class Backup(Record):
    """The files of a store as they were at one moment: when, in epoch seconds, and which."""

    made: int
    parts: tuple[Part, ...]

    def get(self, name: str) -> bytes | None:
        """The content of a file, None when the store had none of that name."""
        return next((part.data for part in self.parts if part.name == name), None)


class Contents(Record):
    """What a backup holds, read as the store itself would be; its MAC is not judged yet."""

    keys: KeysFile
    definitions: Definitions


def take(places: Places, made: int) -> Backup:
    """The whole store, read while nobody writes to it, and found to be readable.

    Args:
        made: now, in epoch seconds.

    Raises:
        StoreMissingError: there is no store.
        StoreDamagedError, UnsafePermissionsError, StoreBusyError, StoreWriteError: as `files.read_private` and
            `files.locked`.
    """
    if not os.path.lexists(places.keys):
        raise StoreMissingError(f"there is no store yet: {places.keys}", "make one with ptktctl init")
    with files.locked(places.definitions), files.locked(places.keys):
        backup = as_it_is(places, made)
    contents(backup, os.path.dirname(places.keys))
    return backup


def as_it_is(places: Places, made: int) -> Backup:
    """The files of the store, readable or not; the caller holds the locks."""
    sources = ((DEFINITIONS, places.definitions), (KEYS, places.keys))
    parts = [Part(name, data) for name, path in sources if (data := files.read_private(path)) is not None]
    room = files.MOST_BYTES - MOST_HEAD - sum(len(part.data) for part in parts)
    return Backup(made, (*parts, *_log(places, room)))


def contents(backup: Backup, path: str) -> Contents:
    """Read the parts.

    Args:
        path: where they lie or lay, for messages.

    Raises:
        StoreDamagedError: one is not what ptktctl wrote; there are no keys among them.
    """
    keys, definitions = backup.get(KEYS), backup.get(DEFINITIONS)
    if keys is None:
        raise StoreDamagedError(f"{path}: there is no {KEYS} in it", RETRY_HINT)
    where = os.path.join(path, DEFINITIONS)
    return Contents(
        keysfile.parse(keys, os.path.join(path, KEYS)),
        Definitions({}) if definitions is None else Definitions.of(definitions, where),
    )


def render(backup: Backup) -> bytes:
    """A backup as a file."""
    listed = [f"part {part.name} {len(part.data)} {checksum_of(part.data)}\n" for part in backup.parts]
    head = TITLE + VERSION + "\n".join(("", f"made {backup.made}", "".join(listed), "")).encode()
    summed = head + b"".join(part.data for part in backup.parts) + END
    return summed + checksum_of(summed).encode() + b"\n"


def parse(data: bytes, path: str) -> Backup:
    """Read a backup.

    Args:
        path: how messages name it.

    Raises:
        InputError: it is no backup, or that of a later version.
        StoreDamagedError: it is cut short or damaged; with what of it.
    """
    _require_title(data, path)
    head, _, rest = data.partition(b"\n\n")
    made, listed = _head(head, path)
    missing = sum(size for _, size in listed) + END_LENGTH - len(rest)
    if missing:
        bytes_of = f"{abs(missing)} byte{'' if abs(missing) == 1 else 's'}"
        _damaged(path, f"{bytes_of} missing" if missing > 0 else f"{bytes_of} too many")
    parts, position = [], 0
    for name, size in listed:
        parts.append(Part(name, rest[position : position + size]))
        position += size
    backup = Backup(made, tuple(parts))
    if render(backup) != data:
        _damaged(path, "a checksum does not match")
    return backup


def read(path: str) -> Backup:
    """Read a backup from its file.

    Raises:
        InputError, StoreDamagedError: as `parse`; or it can't be read.
        UnsafePermissionsError: others can read or write it, or exchange it, or someone else owns it.
    """
    try:
        return parse(files.read_outside(path), path)
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None


def write(path: str, backup: Backup, places: Places, *, force: bool = False) -> int:
    """Write a backup to a file of mode 0600, all or nothing, and read it back before it gets its name.

    Args:
        places: the store, none of whose files it may overwrite.
        force: whether a file of that name may be lost.

    Returns:
        Its size in bytes.

    Raises:
        InputError: there is a file of that name, or something that is no file.
        StoreWriteError: it can't be written.
        UnsafePermissionsError: others could exchange it there.
        StoreError: it does not read as it was written.
    """
    own = (places.definitions, places.keys, places.ledger, places.audit)
    if os.path.realpath(path) in map(os.path.realpath, own):
        raise InputError(f"{path} is a file of the store itself", "name another file")
    data = render(backup)

    def read_back(written: str) -> None:
        if files.read_outside(written) != data:
            raise StoreError(f"{path}: what was written does not read the same", "see to the disk; nothing was kept")

    handover_files.write_private(path, data, force=force, check=read_back)
    return len(data)


def _log(places: Places, room: int) -> tuple[Part, ...]:
    """The audit log, up to its last whole line: it grows while we read. None that a backup has no room for."""
    if not os.path.lexists(places.audit) or os.path.getsize(places.audit) > room:
        return ()
    data = files.read_private(places.audit) or b""
    return (Part(LOG, data[: data.rfind(b"\n") + 1]),)


def _require_title(data: bytes, path: str) -> None:
    title = TITLE + VERSION + b"\n"
    if data.startswith(title):
        return
    line = data.partition(b"\n")[0]
    if data.startswith(TITLE) and line.removeprefix(TITLE).isdigit() and line != title.strip():
        raise InputError(f"{path} is a backup of a later version of ptktctl", "update ptktctl")
    if title.startswith(data) and data:
        _damaged(path, "it ends in its first line")
    raise InputError(f"{path} is {'empty' if not data else 'not a backup of ptktctl'}", "name a file of store backup")


def _head(head: bytes, path: str) -> tuple[int, list[tuple[str, int]]]:
    """When it was made, and name and size of each part; checksums are judged by writing all again."""
    lines = [line.split(" ") for line in head.decode("ascii", "replace").split("\n")[1:]]
    made = [words[1] for words in lines[:1] if words[0] == "made" and len(words) == 2]
    listed = [(words[1], words[2]) for words in lines[1:] if words[0] == "part" and len(words) == 4]
    names = [name for name, _ in listed]
    is_plain = all(number.isdecimal() and len(number) <= 15 for number in (*made, *(size for _, size in listed)))
    if len(made) + len(listed) != len(lines) or not made or not is_plain or names != [n for n in NAMES if n in names]:
        _damaged(path, "its head can't be read")
    return min(int(made[0]), LATEST), [(name, int(size)) for name, size in listed]


def _damaged(path: str, what: str) -> NoReturn:
    raise StoreDamagedError(f"{path} is cut short or damaged: {what}", RETRY_HINT)
