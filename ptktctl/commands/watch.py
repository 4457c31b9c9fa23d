"""ptktctl watch: the current PassTicket on the terminal, as an authenticator shows its codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ptktctl.commands.catalog import example_epilog
from ptktctl.commands.context import Context
from ptktctl.commands.making import find_maker, maker_options
from ptktctl.commands.parameters import Command
from ptktctl.commands.recording import begin_use
from ptktctl.errors import InputError

if TYPE_CHECKING:
    from ptktctl.commands.making import Maker

EVERY = 30
LONGEST = 600
TICK = 0.1  # seconds between looks at the clock, the keys and the size of the terminal
BAR_WIDTH = 30
NEARLY_OVER = 5
BLOCKS, PLAIN_BLOCKS = "█░", "#-"
BOLD, GREEN, RED = "1", "32", "31"


@click.command(
    "watch",
    cls=Command,
    audit="use",
    epilog=example_epilog(
        """
        ptktctl watch -u IBMUSER -a FEKAPPL
        ptktctl watch -u IBMUSER -a FEKAPPL --every 60
        ptktctl watch -u IBMUSER -a IZUDFLT --format jsonl | head -n 1
        """
    ),
)
@maker_options
@click.option(
    "--every",
    type=click.IntRange(1, LONGEST),
    metavar="SECONDS",
    help=f"How often to make a new ticket; default {EVERY}, or its window if that is shorter.",
)
@click.option(
    "--format", "output_format", type=click.Choice(("text", "jsonl")), default="text", help="jsonl: an object a ticket."
)
@click.option("--color", type=click.Choice(("auto", "always", "never")), help="Colour the display.")
@click.pass_context
def watch(ctx: click.Context, /, every: int | None, output_format: str, color: str | None, **options: Any) -> None:
    """Show the current PassTicket and make a new one every 30 seconds.

    On a terminal: the ticket on a line of its own, and how long it is shown until the next one. h hides it and shows
    it again, q or Ctrl-C ends. Nothing of it stays in the scrollback. In a pipe: a line `TIME TICKET` for each ticket.
    """
    from ptktctl.commands import screen

    context = ctx.ensure_object(Context)
    context.color = color or context.color
    maker = find_maker(context, **options)
    shown = Shown(maker, _interval(every, maker.window))
    begin_use(context)
    if output_format == "text" and screen.can_be_drawn_on(context):
        _show(context, shown)
    else:
        _print(context, shown, output_format)


def _interval(every: int | None, window: int) -> int:
    if every is not None and every > window:
        raise InputError(f"--every {every}: the tickets serve only {window} s", f"give {window} or less")
    return every or min(EVERY, window)


@dataclass(slots=True)
class Shown:
    """The ticket that is shown at present."""

    maker: Maker
    every: int
    made: int = -1
    ticket: str = ""
    hidden: bool = False

    def renew(self, now: int) -> bool:
        """Make a new ticket if it is time to, or if the clock was set back; says whether it did."""
        if self.ticket and self.made <= now < self.made + self.every:
            return False
        self.made, self.ticket = now, self.maker.ticket(now)
        return True

    def lines(self, now: int, columns: int, rows: int, style: Style, *, has_keys: bool = True) -> list[str]:
        """The display, drawn for a terminal of that size; the lines that matter least go first when rows are few."""
        from ptktctl.commands.wording import instant

        maker, left = self.maker, self.made + self.every - now
        title = f"{maker.userid} for {maker.applid} ({maker.key.ticket_type.value})"[:columns]
        ticket = style.colored(("*" * len(self.ticket) if self.hidden else self.ticket)[:columns], BOLD)
        bar = style.bar(left, self.every, columns)
        until = f"serves until {instant(self.made + maker.window)}; the next comes when the bar is empty"[:columns]
        keys = f"h {'shows' if self.hidden else 'hides'} the ticket, q ends" if has_keys else "Ctrl-C ends"
        keys = keys[:columns]
        roomy = [title, "", ticket, "", bar, until, "", keys]
        if rows >= len(roomy):
            return roomy
        by_weight = [ticket, bar, title, until, keys][:rows]
        return [line for line in roomy if line in by_weight]


@dataclass(frozen=True, slots=True)
class Style:
    """What the terminal can show."""

    color: bool
    blocks: str

    @classmethod
    def of(cls, context: Context) -> Style:
        """That of stdout."""
        try:
            BLOCKS.encode(context.stdout.encoding)
        except UnicodeEncodeError:
            return cls(context.colored(context.stdout), PLAIN_BLOCKS)
        return cls(context.colored(context.stdout), BLOCKS)

    def colored(self, text: str, code: str) -> str:
        """The text in a rendition of ISO 6429, if colours are wanted."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.color else text

    def bar(self, left: int, whole: int, columns: int) -> str:
        """A bar as long as the seconds that are left, and their number."""
        number = f" {left} s"
        length = max(0, min(BAR_WIDTH, columns - len(f" {whole} s")))
        full = -(-length * left // whole)
        drawn = self.blocks[0] * full + self.blocks[1] * (length - full)
        return self.colored(drawn, RED if left <= NEARLY_OVER else GREEN) + number[:columns]


def _show(context: Context, shown: Shown) -> None:
    from ptktctl.commands import screen

    style = Style.of(context)
    with screen.taken(context) as terminal:
        while True:
            now = context.clock()
            _renew(context, shown, now)
            terminal.draw(shown.lines(now, *terminal.size(), style, has_keys=terminal.has_keys))
            for key in terminal.keys(TICK).lower():
                if key == "q":
                    return
                shown.hidden ^= key == "h"


def _print(context: Context, shown: Shown, output_format: str) -> NoReturn:
    while True:
        if _renew(context, shown, context.clock()):
            context.stdout.write(_line(shown, output_format) + "\n")
            context.stdout.flush()
        _pause(context)


def _renew(context: Context, shown: Shown, now: int) -> bool:
    """Make a new ticket if it is time to, and count it; says whether it did."""
    renewed = shown.renew(now)
    if renewed:
        context.use.count(shown.maker.applid.value, "made")
    return renewed


def _line(shown: Shown, output_format: str) -> str:
    if output_format == "jsonl":
        import json

        return json.dumps({"schema": "ptktctl.watch/1", **shown.maker.members(shown.made)})
    from ptktctl.commands.wording import instant

    return f"{instant(shown.made)} {shown.ticket}"


def _pause(context: Context) -> None:
    """Wait a moment, but not for somebody who reads no longer."""
    import select

    waiting = select.poll()
    waiting.register(context.stdout.fileno(), 0)
    if waiting.poll(TICK * 1000):
        raise BrokenPipeError
