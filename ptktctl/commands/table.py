"""Tables: drawn for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.commands.context import Context


class Table(Record):
    """Rows for people: drawn with headings on a terminal, tab-separated without them in a pipe."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def draw(context: Context, table: Table) -> None:
    """Draw a table on stdout as wide as the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    from ptktctl.commands.terminal import width

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
