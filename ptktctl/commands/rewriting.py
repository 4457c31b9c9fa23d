"""Writing files that are not the store's: the old content or the new one, whole."""

import os
from contextlib import suppress

from ptktctl.errors import InputError


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
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.new")
    before = os.stat(target) if os.path.exists(target) else None
    # From its first moment nobody can read it who can't read the old one; a new file is as the umask has it.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if before else 0o666)
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
    with suppress(PermissionError):
        os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, status.st_mode & 0o7777)
