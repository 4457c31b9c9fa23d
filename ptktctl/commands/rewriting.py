"""Reading and writing files that are not the store's, whole: who reads one gets the old content or the new one."""

import os
from contextlib import suppress

from ptktctl.errors import InputError


def read_whole(path: str) -> bytes:
    """The content of a file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def write_whole(path: str, data: bytes) -> None:
    """Give a file another content, or make it; whoever reads it sees the old or the new one, whole.

    Its owner and permissions stay as far as the system lets us; a link stays one. What is no regular file, such as
    a pipe, is written to as it is.

    Raises:
        InputError: it cannot be written; the file is as it was.
    """
    target = os.path.realpath(path)
    try:
        if os.path.exists(target) and not os.path.isfile(target):
            with open(target, "wb") as stream:
                stream.write(data)
        else:
            _replace(target, data)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None


def _replace(target: str, data: bytes) -> None:
    folder, name = os.path.split(target)
    # Not the process ID alone: in containers it comes again, and what an interrupted run left would be in the way.
    temporary = os.path.join(folder, f".{name}.{os.getpid()}-{os.urandom(4).hex()}.new")
    before = os.stat(target) if os.path.exists(target) else None
    # From its first moment nobody can read it who can't read the old one; a new file is as the umask has it.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o600 if before else 0o666)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
            if before:
                _dress(descriptor, before)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _dress(descriptor: int, status: os.stat_result) -> None:
    """Give a file the owner and the permissions of the one before it, where the system has such."""
    if hasattr(os, "fchown"):
        with suppress(PermissionError):
            os.fchown(descriptor, status.st_uid, status.st_gid)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, status.st_mode & 0o7777)
