"""The files that `ptktctl lint` reads: those named, those in the folders named, standard input."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.lint.readers import is_unload, reader_by_name
from ptktctl.lint.result import File

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from ptktctl.commands.context import Context

STDIN = "-"
STDIN_NAME = "<stdin>"
MOST_BYTES = 64 << 20
HEAD = 1 << 16  # bytes by which an unload is told, of which the rest is read piece by piece
PIECE = 1 << 15  # bytes; much more makes it slower, as the pieces of pieces then leave the processor's caches
MOST_SNIFFED = 1 << 20  # bytes of a file in a folder that only its content could tell
# Folders of version control, and copies that editors and IBM's FELSETUP job leave beside the file in use.
SKIPPED_FOLDERS = (".git", ".hg", ".svn", ".bzr", "CVS")
SKIPPED_SUFFIXES = (".backup.by.felsetup", ".bak", ".old", ".orig", ".save", "~")


def fetch(context: Context, paths: Iterable[str], stdin_name: str = STDIN_NAME) -> Iterator[File | InputError]:
    """The files named and those in the folders named, each once, or why one cannot be read.

    Args:
        stdin_name: what to call standard input, which is `-` among the paths.
    """
    seen: set[str] = set()
    for entry in _expand(paths):
        if isinstance(entry, InputError):
            yield entry
            continue
        path, found = entry
        key = path if path == STDIN else os.path.abspath(path)
        if key not in seen:
            seen.add(key)
            yield from _read(context, path, stdin_name if path == STDIN else path, found)


def _expand(paths: Iterable[str]) -> Iterator[tuple[str, bool] | InputError]:
    """The files named and those in the folders named, each with whether it was found in a folder."""
    for path in paths:
        if path != STDIN and os.path.isdir(path):
            yield from _walk(path)
        else:
            yield path, False


def _walk(folder: str) -> Iterator[tuple[str, bool] | InputError]:
    """The regular files in a folder and those below it, by name."""
    errors: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=errors.append):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        for name in sorted(files):
            path = os.path.normpath(os.path.join(place, name))
            if not name.lower().endswith(SKIPPED_SUFFIXES) and os.path.isfile(path):
                yield path, True
    for error in errors:
        yield InputError(f"{error.filename}: cannot be read: {error.strerror}")


def _read(context: Context, path: str, name: str, found: bool) -> Iterator[File | InputError]:
    """A file with its bytes, or why there are none; nothing for a file that a folder merely holds as well."""
    incidental = found and not reader_by_name(path)
    most = MOST_SNIFFED if incidental else MOST_BYTES
    try:
        with _open(context, path) as stream:
            data = stream.read(HEAD)
            if is_unload(data):
                yield File(name, data, found, _pieces(stream, path))
                return
            data += stream.read(most + 1 - len(data))
    except (OSError, ValueError) as error:  # ValueError: the path holds a NUL
        problem = _unreadable(path, error)
    else:
        if len(data) <= most:
            yield File(name, data, found)
            return
        problem = InputError(f"{path}: larger than {most >> 20} MiB, which no configuration file is")
    if not incidental:
        yield problem


def _open(context: Context, path: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(context.stdin) if path == STDIN else open(path, "rb")


def _pieces(stream: BinaryIO, path: str) -> Iterator[bytes]:
    """The rest of a file.

    Raises:
        InputError: it cannot be read any further.
    """
    try:
        while piece := stream.read(PIECE):
            yield piece
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: OSError | ValueError) -> InputError:
    return InputError(f"{path}: cannot be read: {error.strerror if isinstance(error, OSError) else error}")
