"""Talking to a person at a terminal: tables, and secrets that are not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.errors import InputError

if TYPE_CHECKING:
    from ptktctl.commands.answer import Table
    from ptktctl.commands.context import Context


# Columns. On a terminal that is narrower still, long lines are its own to break.
NARROWEST = 40


def draw_table(context: Context, table: Table) -> None:
    """Draw a table on stdout as wide as the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(*table.headings, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in table.rows:
        # Text, not markup: a description may hold square brackets.
        drawn.add_row(*(Text(cell) for cell in row))
    Console(
        file=context.stdout,
        width=width(context),
        # Not no_color, which leaves bold and dim as they are.
        color_system="standard" if context.colored(context.stdout) else None,
        _environ=context.environ,
    ).print(drawn)


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


def ask_secret(prompt: str) -> str:
    """Show a prompt on the terminal and read a line without echo, whatever standard input is.

    Raises:
        InputError: the terminal was closed (Ctrl-D).
    """
    from getpass import getpass

    try:
        return getpass(prompt)
    except EOFError:
        raise InputError("nothing was typed at the prompt") from None


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
