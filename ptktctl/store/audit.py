"""audit.jsonl: who used or changed what, when, and what came of it. What a line is tells `audit_lines`; here lines are
appended, and `audit_trail` reads them.

One writer at a time holds a lock on the file itself: a start of `ptktctl gen` pays for each line, so there is no
library and no second file, and only the end of the file is read. Changes of the store wait for the disk; uses do not.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from ptktctl.errors import StoreBusyError, StoreDamagedError
from ptktctl.store import files
from ptktctl.store.audit_lines import ZEROS, End, is_whole, lines_after, number_of, read_at, sha256
from ptktctl.store.places import require_private

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from ptktctl.store.audit_lines import Event

FLAGS = files.OPEN_FLAGS | os.O_RDWR | os.O_APPEND | os.O_CREAT
# More than the longest line that is written.
BLOCK = 4096
TICK = 0.002


def append(path: str, moment: int, events: Sequence[Event], *, durable: bool = False) -> None:
    """Write lines to the end of the log, all or none of them, in one go; the log and its folder are made when missing.

    Args:
        moment: when it happened, in epoch seconds.
        durable: wait until they are on the disk.

    Raises:
        StoreError: of the kind that says why nothing was written.
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    try:
        files.make_folder(folder)
        with locked(target) as descriptor:
            size = os.fstat(descriptor).st_size
            _write(descriptor, size, lines_after(end_of(descriptor, size), moment, events))
            if durable:
                os.fsync(descriptor)
        if durable and not size:
            files.sync_folder(folder)
    except OSError as error:
        raise files.unwritable(error, path) from None


@contextmanager
def locked(path: str) -> Iterator[int]:
    """The log, opened for nobody else to write; made when it is missing. Answers its descriptor.

    Args:
        path: no symbolic link.

    Raises:
        OSError: it can't be opened, made or locked.
        StoreError: it is open to others, no file, or another process held it all the time.
    """
    check_folder(path)
    while True:
        descriptor = os.open(path, FLAGS, 0o600)
        try:
            check(descriptor, path)
            with _lock(descriptor, path):
                if is_named(descriptor, path):
                    yield descriptor
                    return
        finally:
            os.close(descriptor)


def check(descriptor: int, path: str) -> None:
    """Check that a log that was opened is a file, and that nobody else can read or write it.

    Raises:
        StoreError: of the kind that says what is wrong.
    """
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise StoreDamagedError(f"{path} is not a file", "move it out of the way")
    require_private(status, path)


def check_folder(path: str) -> None:
    """Check that nobody else can read or write the folder of a log.

    Raises:
        UnsafePermissionsError: somebody can.
        OSError: it is not there.
    """
    folder = os.path.dirname(path)
    require_private(os.stat(folder), folder)


def end_of(descriptor: int, size: int) -> End:
    """Where the chain goes on in a log of so many bytes."""
    if not size:
        return End(0, ZEROS, 0, is_open=False)
    block = read_at(descriptor, max(0, size - BLOCK), min(size, BLOCK))
    if block.endswith(b"\n"):
        start = block.rfind(b"\n", 0, -1) + 1
        line = block[start:-1]
        if (start or size <= BLOCK) and is_whole(line):
            return End(number_of(line), sha256(line), 0, is_open=False)
    from ptktctl.store.audit_torn import end_behind_torn_lines

    return end_behind_torn_lines(descriptor, size)


def _write(descriptor: int, size: int, data: bytes) -> None:
    """Write all of it, or leave the file as it was.

    Raises:
        OSError: full disk and the like.
    """
    try:
        os.lseek(descriptor, 0, os.SEEK_END)
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _lock(descriptor: int, path: str) -> AbstractContextManager[None]:
    """Be the only one who writes until the descriptor is closed, or the context ends.

    Raises:
        StoreBusyError: another process held it all the time.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return files.locked(path)
    import time

    patience = time.monotonic() + files.LOCK_TIMEOUT
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > patience:
                raise StoreBusyError(
                    f"{path} is in use by another process", f"waited {files.LOCK_TIMEOUT:g} s; try again"
                ) from None
            time.sleep(TICK)
        else:
            return nullcontext()


def is_named(descriptor: int, path: str) -> bool:
    """Whether the file that was opened still bears the log's name: `archive` may have moved it meanwhile."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
