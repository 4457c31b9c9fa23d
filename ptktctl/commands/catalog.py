"""The commands there are, each loaded when it is asked for: a pipeline pays the start of `gen` on every ticket.

The catalogue is a mapping like that of any click group, so whoever walks `cli.commands` (documentation tools, the
tests) finds every command. `--help` needs only the lines below; a test holds them equal to the commands' own.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module

import click

SUMMARIES = {
    "demo": "Show the main jobs on real input.",
    "init": "Create the store that keeps keys sealed.",
    "applid": "Define the applications that tickets are made for.",
    "key": "Store, make, list, show, rotate, hand over and remove secured signon keys.",
    "store": "Open the store in several ways, back it up, restore and verify it.",
    "gen": "Make a PassTicket and print it.",
    "exec": "Run a command with a PassTicket made for it at the last moment.",
    "watch": "Show the current PassTicket and make a new one every 30 seconds.",
    "verify": "Evaluate a PassTicket as RACF would.",
    "diagnose": "Say why a PassTicket was refused, and what to mend.",
    "decode": "Print when a PassTicket was made, in epoch seconds.",
    "simulate": "Play documented flows with real tickets on a simulated clock.",
    "provision": "Print the host commands that a definition needs to work.",
    "lint": "Find what will make PassTickets fail, or serve more than they should.",
    "rules": "List the lint rules, or explain one.",
    "log": "Show and verify the audit trail: who used or changed what.",
    "doctor": "Check the store, how it is unlocked, the clock and the versions.",
    "completion": "Print the completion script for a shell.",
}


class Catalog(MutableMapping[str, click.Command]):
    """Command names to commands; a name is its module's, but for a trailing underscore where Python wants one."""

    def __init__(self) -> None:
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            self._loaded[name] = _load(name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(SUMMARIES)

    def __len__(self) -> int:
        return len(SUMMARIES)


def _load(name: str) -> click.Command:
    if name not in SUMMARIES:
        raise KeyError(name)
    module = f"{name}_" if name == "exec" else name
    command = getattr(import_module(f"ptktctl.commands.{module}"), module)
    if not isinstance(command, click.Command):
        raise TypeError(f"{module} holds no command of its name")
    return command


class QuickHelp(click.Command):
    """A command whose --help is told in its own words.

    click asks for a translation of that one sentence, which loads all that Python knows of languages.
    """

    _own_help: click.Option | None = None

    def get_help_option(self, ctx: click.Context) -> click.Option:
        """The option; always the same one, since click keeps the order of options by their identity."""
        if self._own_help is None:
            self._own_help = click.Option(
                [*ctx.help_option_names, "shows_help"],
                is_flag=True,
                expose_value=False,
                is_eager=True,
                help="Show this message and exit.",
                callback=_show_help,
            )
        return self._own_help


def _show_help(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


class RootGroup(QuickHelp, click.Group):
    """A group that shows its commands in the order of the catalogue, without loading them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order that a newcomer needs them."""
        return list(self.commands)

    def get_help(self, ctx: click.Context) -> str:
        """The help as text. Nothing in it is wrapped, so the terminal need not be asked for its width."""
        formatter = click.HelpFormatter(width=80)
        self.format_help(ctx, formatter)
        return formatter.getvalue().rstrip("\n")

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help as it stands: its lines are short, and wrapping them would take as long as all the rest."""
        options = [record for option in self.get_params(ctx) if (record := option.get_help_record(ctx))]
        formatter.write(f"Usage: {ctx.command_path} [OPTIONS] COMMAND [ARGS]...\n\n  {self.help}\n")
        for heading, rows in (("Options", options), ("Commands", list(SUMMARIES.items()))):
            width = max(len(name) for name, _ in rows)
            formatter.write(f"\n{heading}:\n" + "".join(f"  {name:<{width}}  {text}\n" for name, text in rows))
        formatter.write(str(self.epilog).replace("\b", ""))


def example_epilog(examples: str) -> str:
    """The end of a help text: commands that can be typed as they stand."""
    lines = [line.strip() for line in examples.strip().splitlines()]
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
