"""Reading and writing the files of the store: in private, one writer at a time, the old file or the new one, whole."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ptktctl.errors import InputError, StoreBusyError, StoreDamagedError, StoreError, StoreWriteError
from ptktctl.store.places import require_private, require_unwritable

LOCK_TIMEOUT = 10.0
# Far above any real file: a store of 10,000 keys has about 3 MB.
MOST_BYTES = 64 * 1024 * 1024
# Not on every platform; O_NONBLOCK so that a pipe without a writer can't hang us.
OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
FOLDERS_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)


def read_private(path: str) -> bytes | None:
    """Read a file of the store; None when there is none.

    The file that was opened and the folder it was opened in are judged by their descriptors, so nothing can be
    exchanged between the check and the reading.

    Raises:
        UnsafePermissionsError: others can read or write the file or its folder, or someone else owns it.
        StoreError: it can't be read.
    """
    target = os.path.realpath(path)
    try:
        return _read_in_folder(*os.path.split(target))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(error, path) from None


def read_outside(path: str) -> bytes:
    """Read a secret that lies outside the store: a passphrase or unlock key file, or a pipe to one.

    The file itself must be private. Its folder may be looked into (a home directory often can be), but others must
    not be able to exchange the file.

    Raises:
        UnsafePermissionsError: others can read or write the file or exchange it, or someone else owns it.
        OSError: it can't be read.
    """
    descriptor = os.open(path, OPEN_FLAGS)
    try:
        status = os.fstat(descriptor)
        require_private(status, path)
        if stat.S_ISFIFO(status.st_mode):
            os.set_blocking(descriptor, True)
        elif stat.S_ISREG(status.st_mode):
            folder = os.path.dirname(os.path.realpath(path))
            require_unwritable(os.stat(folder), folder)
        else:
            raise StoreError(f"{path} is neither a file nor a pipe")
        return _contents(descriptor, path)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: str, timeout: float = LOCK_TIMEOUT, *, restoring: bool = False) -> Iterator[None]:
    """Be the only writer of a file of the store; its folder is made (0700) when missing.

    Args:
        path: the file; the lock lies beside it and stays there.
        timeout: how long to wait for another process, in seconds.
        restoring: whether the writer is the one that brings back a backup, or finishes that.

    Raises:
        StoreBusyError: another process held the lock all the time, or was killed while it brought back a backup.
        UnsafePermissionsError: the folder is not private.
        StoreWriteError: the folder or the lock can't be made.
    """
    import filelock

    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    try:
        make_folder(folder)
        require_private(os.stat(folder), folder)
        lock = filelock.FileLock(os.path.join(folder, f".{name}.lock"), timeout=timeout, mode=0o600)
        lock.acquire()
    except filelock.Timeout:
        raise StoreBusyError(
            f"{path} is in use by another process", f"waited {timeout:g} s; try again when it has ended"
        ) from None
    except (OSError, NotImplementedError) as error:  # filelock raises the latter where a file system has no locks
        raise unwritable(error, path) from None
    try:
        if not restoring and is_restoring(path):
            raise StoreBusyError(
                f"a backup is being brought back over {path}, and was not finished", "the next command finishes it"
            )
        yield
    finally:
        lock.release()


def replace_atomically(path: str, data: bytes) -> None:
    """Exchange a file's content for another; whoever reads, and whatever fails, sees the old or the new one, whole.

    The caller holds the lock of `path`: that is why one fixed name will do for the temporary file, and why what a
    killed process left under that name may be removed.

    Raises:
        StoreWriteError: full disk, read-only file system, no permission. The old file is as it was.
    """
    target = os.path.realpath(path)
    temporary = temporary_of(target)
    try:
        discard(temporary)
        write_new(temporary, data)
        publish(temporary, target)
    except OSError as error:
        discard(temporary)
        raise unwritable(error, path) from None


def create_private(path: str, data: bytes) -> None:
    """Make a file of mode 0600 that does not exist yet, durably; its folder is made (0700) when missing.

    Whoever looks, and whatever fails, sees it whole or not at all.

    Raises:
        InputError: it exists.
        StoreWriteError: it can't be written; nothing is left of it.
    """
    try:
        make_folder(os.path.dirname(path))
        write_beside(path, data)
    except FileExistsError:
        raise InputError(
            f"{path} exists already", "name another file; remove this one only if nothing needs it"
        ) from None
    except OSError as error:
        raise unwritable(error, path) from None


def write_beside(target: str, data: bytes, *, force: bool = False, check: Callable[[str], None] | None = None) -> None:
    """Write a file of mode 0600, on the disk when this returns; whoever looks sees it whole or not at all.

    No lock is taken: each process prepares the content beside the file under a name of its own, and giving it the final
    name is one step. A killed process can leave a file `.NAME.….new` behind.

    Args:
        force: whether a file that is there may be replaced; it is not, if anything fails.
        check: looks at what was written, by its path, before it gets its name; what it raises stops that.

    Raises:
        OSError: FileExistsError when there is one that may not be replaced.
    """
    temporary = name_beside(target)
    try:
        write_new(temporary, data)
        if check:
            check(temporary)
        (publish if force else publish_new)(temporary, target)
    finally:
        discard(temporary)


def name_beside(target: str) -> str:
    """A name of this process alone for what a file shall hold, beside it."""
    folder, name = os.path.split(target)
    return os.path.join(folder, f".{name}.{os.getpid()}-{os.urandom(4).hex()}.new")


def temporary_of(target: str) -> str:
    """Where the next content of a file is prepared: beside it, so that the exchange stays in one file system."""
    folder, name = os.path.split(target)
    return os.path.join(folder, f".{name}.new")


def restoring_of(path: str) -> str:
    """What lies beside a file as long as a backup is being brought back over it."""
    # Links in the path of the folder lead to the same folder; each command pays for what realpath would look up.
    folder, name = os.path.split(os.path.realpath(path) if os.path.islink(path) else path)
    return os.path.join(folder, f".{name}.restoring")


def is_restoring(path: str) -> bool:
    """Whether a backup is being brought back over a file: then what is written there would be lost."""
    return os.path.lexists(restoring_of(path))


def write_new(path: str, data: bytes) -> None:
    """Write a new file, 0600, and wait until it is on the disk; a file that could not be finished is removed.

    Raises:
        OSError: FileExistsError when there is one.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        discard(path)
        raise


def publish(temporary: str, target: str) -> None:
    """Give a finished temporary file its name, durably.

    Raises:
        OSError: as the system says.
    """
    os.replace(temporary, target)
    sync_folder(os.path.dirname(target))


def publish_new(temporary: str, target: str) -> None:
    """Give a finished temporary file its name, durably, but not over a file that has come to be there meanwhile.

    Raises:
        OSError: FileExistsError when there is one.
    """
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links: take the name first, by a file that holds nothing.
        write_new(target, b"")
        try:
            publish(temporary, target)
        except OSError:
            discard(target)
            raise
    else:
        os.unlink(temporary)
        sync_folder(os.path.dirname(target))


def sync_folder(folder: str) -> None:
    """Wait until the names in a folder are on the disk, where the system can do that.

    Raises:
        OSError: the disk failed.
    """
    if os.name == "nt":
        return
    descriptor = os.open(folder or ".", os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in FOLDERS_CANNOT_SYNC:
            raise
    finally:
        os.close(descriptor)


def make_folder(folder: str) -> None:
    """Make a folder and those above it, all 0700 (os.makedirs would give the upper ones the usual mode).

    Raises:
        OSError: it can't be made.
    """
    if not folder or os.path.isdir(folder):
        return
    make_folder(os.path.dirname(folder))
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        # Another process was quicker, or it is a file.
        if not os.path.isdir(folder):
            raise


def discard(path: str) -> None:
    """Remove a file if it is there and can be removed."""
    with suppress(OSError):
        os.unlink(path)


def unwritable(error: Exception, path: str) -> StoreWriteError:
    """Say that a file could not be written, and why, in the system's words."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return StoreWriteError(f"{path} could not be written: {reason}", "nothing was changed; see to the disk or folder")


def _read_in_folder(folder: str, name: str) -> bytes:
    if os.open not in os.supports_dir_fd:
        return _read_opened(os.open(os.path.join(folder, name), OPEN_FLAGS), os.path.join(folder, name))
    holder = os.open(folder, OPEN_FLAGS | os.O_DIRECTORY)
    try:
        require_private(os.fstat(holder), folder)
        return _read_opened(os.open(name, OPEN_FLAGS | NO_LINKS, dir_fd=holder), os.path.join(folder, name))
    finally:
        os.close(holder)


def _read_opened(descriptor: int, path: str) -> bytes:
    try:
        status = os.fstat(descriptor)
        require_private(status, path)
        if not stat.S_ISREG(status.st_mode):
            raise StoreDamagedError(f"{path} is not a file", "move it out of the way")
        return _contents(descriptor, path)
    finally:
        os.close(descriptor)


def _contents(descriptor: int, path: str) -> bytes:
    chunks = []
    left = MOST_BYTES
    while chunk := os.read(descriptor, min(left + 1, 1024 * 1024)):
        left -= len(chunk)
        if left < 0:
            raise StoreDamagedError(
                f"{path} has more than {MOST_BYTES // 2**20} MB", "no file of ptktctl is that large"
            )
        chunks.append(chunk)
    return b"".join(chunks)


def _unreadable(error: OSError, path: str) -> StoreError:
    """Say why a file can't be read; for one of another owner, the permissions are the reason to give."""
    if isinstance(error, PermissionError):
        with suppress(OSError):
            require_private(os.stat(path), path)
    return StoreError(f"{path} can't be read: {error.strerror}")
