"""Where the lines of a batch or a log come from, and a bar that shows how far they are worked off."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, BinaryIO

from ptktctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ptktctl.commands.context import Context


@contextlib.contextmanager
def opened(context: Context, source: str) -> Iterator[BinaryIO]:
    """The lines of a file, or standard input for `-`.

    Raises:
        InputError: the file can't be read.
    """
    if source == "-":
        yield context.stdin
        return
    try:
        file = open(source, "rb")  # noqa: SIM115 - closed below; only opening it is ours to explain
    except OSError as error:
        raise InputError(f"{source}: cannot be read: {error.strerror}") from None
    with file:
        yield file


@contextlib.contextmanager
def progress(context: Context, lines: BinaryIO) -> Iterator[Callable[[int], None]]:
    """A function that is told how many bytes have been worked off; a bar on stderr if somebody sees it."""
    size = _size(lines)
    if not size or not context.stderr.isatty() or context.stdout.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(file=context.stderr, no_color=not context.colored(context.stderr))
    # Drawn as chunks are done, without a thread of its own.
    with Progress(
        console=console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
    ) as progress:
        task = progress.add_task("", total=size)

        def advance(done: int) -> None:
            progress.update(task, completed=done, refresh=True)

        yield advance


def _size(lines: BinaryIO) -> int:
    """The size of a regular file, else 0."""
    import stat

    try:
        status = os.fstat(lines.fileno())
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0
