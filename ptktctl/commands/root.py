"""The command group, and main(): the only place that turns errors into exit statuses."""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, TextIO

import click

from ptktctl import __version__
from ptktctl.commands.catalog import Catalog, RootGroup, example_epilog
from ptktctl.commands.context import Context
from ptktctl.errors import InputError, PtktctlError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMPLETE = "_PTKTCTL_COMPLETE"
SHORTEST_KEY = 16  # hexadecimal digits
REPORT_TO = "https://github.com/ptktctl/ptktctl/issues"
INTERRUPTED = 130
BROKEN_PIPE = 141


def _show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    """What click's own option does, but for a look at the translations of its help."""
    if value and not ctx.resilient_parsing:
        click.echo(f"ptktctl {__version__}")
        ctx.exit()


@click.group(
    cls=RootGroup,
    commands=Catalog(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=example_epilog(
        """
        ptktctl demo
        ptktctl gen -u IBMUSER -a FEKAPPL
        ptktctl lint rse.env FEJJCNFG
        """
    ),
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    help="Show the version and exit.",
    callback=_show_version,
)
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colour the output.")
@click.pass_context
def cli(ctx: click.Context, color: str) -> None:
    """Generate, verify and lint PassTickets, the one-time passwords of z/OS security."""
    ctx.ensure_object(Context).color = color


def main(arguments: Sequence[str], context: Context | None = None) -> int:
    """Run one command line and give the status to end with."""
    context = context or Context()
    try:
        return _answer(arguments, context)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _silence()
        return BROKEN_PIPE


def _answer(arguments: Sequence[str], context: Context) -> int:
    try:
        return _run(arguments, context)
    except click.exceptions.NoArgsIsHelpError as error:
        context.note(error.ctx.get_help() if error.ctx else "")
        return error.exit_code
    except click.ClickException as error:
        return _render_failure(context, _from_click(error), arguments)
    except PtktctlError as error:
        return _render_failure(context, error, arguments)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _render_failure(context, _from_system(error), arguments)
    except Exception as error:
        return _render_failure(context, _DefectError(error), arguments)


def _run(arguments: Sequence[str], context: Context) -> int:
    """What click's own main() does, which would end a broken pipe with status 1."""
    if instruction := context.environ.get(COMPLETE):
        return _complete(instruction)
    try:
        with cli.make_context("ptktctl", list(arguments), obj=context) as click_context:
            status = cli.invoke(click_context)
    except click.exceptions.Exit as done:
        status = done.exit_code
    context.stdout.flush()
    return int(status or 0)


def _complete(instruction: str) -> int:
    from click.shell_completion import shell_complete

    return shell_complete(cli, {}, "ptktctl", COMPLETE, instruction)


def _render_failure(context: Context, error: PtktctlError, arguments: Sequence[str]) -> int:
    from ptktctl.commands.answer import render_error

    if context.environ.get("PTKTCTL_DEBUG") == "1":
        _print_traceback(context, arguments)
    error.message = _without_keys(error.message, arguments)
    try:
        return render_error(context, error, as_json=_wants_json(arguments))
    except BrokenPipeError:
        raise
    except OSError:
        return error.exit_status  # standard output takes nothing, and stderr has been told


def _from_click(error: click.ClickException) -> InputError:
    """A click complaint in the words of the house, with what to do or the command whose help tells more."""
    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "ptktctl"
    return InputError(error.format_message(), getattr(error, "remedy", None) or f"see '{command} --help'")


def _from_system(error: OSError) -> InputError:
    """What the operating system refused, and where. Of those without a name, only what asks for the working folder can
    miss something; all else writes to standard output.
    """
    if isinstance(error, FileNotFoundError) and not error.filename:
        return InputError("the working folder is gone", "change to one that exists")
    return InputError(f"{error.filename or 'standard output'}: {error.strerror}")


def _without_keys(text: str, arguments: Sequence[str]) -> str:
    """A message without the keys that were, by mistake, given on the command line. A time may look like one."""
    for before, argument in pairwise(["", *arguments]):
        option, _, value = argument.rpartition("=")
        looks_like_key = len(value) >= SHORTEST_KEY and all(digit in "0123456789abcdefABCDEF" for digit in value)
        if looks_like_key and "--at" not in (before, option):
            text = text.replace(value, "…")
    return text


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether --format json was asked for, also when the command line could not be parsed.

    What follows `--` is not ours: a ticket, or the command that exec runs.
    """
    ours = list(arguments)[: arguments.index("--")] if "--" in arguments else arguments
    return "--format=json" in ours or ("--format", "json") in pairwise(ours)


def _silence() -> None:
    """Let the interpreter's own flush at exit go nowhere where the reader of our output is gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and _is_broken(stream):
            os.dup2(nowhere, stream.fileno())


def _is_broken(stream: TextIO) -> bool:
    try:
        stream.flush()
    except OSError:
        return True
    return False


class _DefectError(PtktctlError):
    """A fault of ptktctl itself."""

    exit_status = 70

    def __init__(self, error: Exception) -> None:
        # The kind of the error only: its text could hold what the user gave us.
        super().__init__(
            f"a defect of ptktctl {__version__} ({type(error).__name__}); please report it: {REPORT_TO}",
            "PTKTCTL_DEBUG=1 shows the traceback",
        )


def _print_traceback(context: Context, arguments: Sequence[str]) -> None:
    import traceback

    context.note(_without_keys(traceback.format_exc(), arguments))
