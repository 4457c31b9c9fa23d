"""Writing what leaves the store: private, whole or not at all, and never over what is there unless asked to."""

import os
from collections.abc import Callable, Mapping

from ptktctl.errors import InputError
from ptktctl.store import files


def write_private(path: str, data: bytes, *, force: bool = False, check: Callable[[str], None] | None = None) -> None:
    """Write a file of mode 0600, on the disk when this returns; whoever looks sees it whole or not at all.

    The folder may be anybody's, so no lock file is left there.

    Args:
        force: as `files.write_beside`.
        check: likewise.

    Raises:
        InputError: there is a file of that name, or something that is no file.
        StoreWriteError: it can't be written.
    """
    target = os.path.realpath(path)
    require_writable(path, force=force)
    try:
        files.write_beside(target, data, force=force, check=check)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise files.unwritable(error, path) from None


def write_all_private(contents: Mapping[str, bytes], *, force: bool = False) -> None:
    """Write several files as `write_private` writes one: none gets its name before all are on the disk.

    Args:
        contents: by path.
        force: whether files that are there may be replaced.

    Raises:
        InputError, StoreWriteError: as `write_private`; what was there before is still there.
    """
    for path in contents:
        require_writable(path, force=force)
    prepared: dict[str, str] = {}
    made: list[str] = []
    try:
        for path, data in contents.items():
            prepared[path] = files.name_beside(os.path.realpath(path))
            files.write_new(prepared[path], data)
        for path, temporary in prepared.items():
            target = os.path.realpath(path)
            is_new = not os.path.exists(target)
            (files.publish if force else files.publish_new)(temporary, target)
            made += [target] * is_new
    except BaseException as error:
        for target in made:
            files.discard(target)
        if isinstance(error, FileExistsError):
            raise _exists(path) from None
        if isinstance(error, OSError):
            raise files.unwritable(error, path) from None
        raise
    finally:
        for temporary in prepared.values():
            files.discard(temporary)


def require_writable(path: str, *, force: bool) -> None:
    """Refuse a path at which something stands in the way; for a call before any work is done.

    Raises:
        InputError: there is a file and it may not be replaced, or a folder or device.
    """
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        raise InputError(f"{path} is not a file", "name a file, or - for standard output")
    if os.path.exists(target) and not force:
        raise _exists(path)


def make_folder(path: str) -> None:
    """Make a folder, and those above it, for nobody else (0700), where there is none.

    Raises:
        StoreWriteError: it can't be made.
    """
    try:
        files.make_folder(path)
    except OSError as error:
        raise files.unwritable(error, path) from None


def _exists(path: str) -> InputError:
    return InputError(f"{path} exists already", "name another file; --force replaces this one")
