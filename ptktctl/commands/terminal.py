"""Talking to a person at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.errors import InputError

if TYPE_CHECKING:
    from ptktctl.commands.context import Context


# Columns. On a terminal that is narrower still, long lines are its own to break.
NARROWEST = 40


def width(context: Context) -> int:
    """The columns of the terminal; COLUMNS wins over what the terminal says."""
    from shutil import get_terminal_size

    columns = context.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) else get_terminal_size().columns


def folded(context: Context, text: str) -> str:
    """Lines no longer than the terminal is wide, where stdout is one; what goes on is set in."""
    if not context.stdout.isatty():
        return text
    from textwrap import fill

    columns = max(width(context), NARROWEST)
    return "\n".join(fill(line, columns, subsequent_indent="  ", break_on_hyphens=False) for line in text.split("\n"))


def confirm(context: Context, question: str, *, yes: bool) -> None:
    """Ask before something is lost.

    Raises:
        InputError: nobody is there to ask, or the answer is no.
    """
    if yes:
        return
    if not (context.stderr.isatty() and context.stdin.isatty()):
        raise InputError(f"{question} Nobody is there to ask.", "--yes says so beforehand")
    context.stderr.write(f"{question} [y/N] ")
    context.stderr.flush()
    if context.stdin.readline().strip().lower() not in (b"y", b"yes"):
        raise InputError("nothing was changed")
