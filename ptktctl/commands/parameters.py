"""Commands, and the options that several of them share."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ptktctl.commands.answer import Answer, render
from ptktctl.commands.catalog import QuickHelp, example_epilog
from ptktctl.commands.context import Context, Use
from ptktctl.commands.parameter_types import APPLID, FILE, GROUP, USERID, LedgerType
from ptktctl.commands.recording import begin_use, record
from ptktctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptktctl.commands.context import Audit

    Function = TypeVar("Function", bound=Callable[..., object])
    Value = TypeVar("Value")

# Groups of commands that change the store unless one says that it only looks.
CHANGING = (["applid"], ["key"], ["store"])
USERID_NAMES = ("-u", "--userid", "--user", "userid")


class BadCall(click.UsageError):
    """A command line that can't be understood, with what to do about it."""

    def __init__(self, message: str, remedy: str, ctx: click.Context) -> None:
        super().__init__(message, ctx)
        self.remedy = remedy


class Command(QuickHelp):
    """A command that never repeats what it has no place for: that may be a key, a ticket or a password.

    What it does is recorded in the audit trail of the store.
    """

    def __init__(self, *arguments: Any, audit: Audit | None = None, **settings: Any) -> None:
        """As click's own.

        Args:
            audit: whether it uses keys, changes the store or only looks; a command below one of the groups that
                change the store does that unless it says otherwise, any other one looks.
        """
        super().__init__(*arguments, **settings)
        self.audit = audit

    def invoke(self, ctx: click.Context) -> Any:
        """Run it, and record what came of it unless that was done before."""
        context = ctx.ensure_object(Context)
        words = ctx.command_path.split()[1:]
        kind = self.audit or ("change" if words[:1] in CHANGING else "look")
        context.use = Use(".".join(words), kind, self.params, ctx.params)
        if kind == "change":
            begin_use(context)
        try:
            result = super().invoke(ctx)
        except BaseException as error:
            record(context, error)
            raise
        record(context)
        return result

    def make_parser(self, ctx: click.Context) -> Any:
        """Click's own, which looks short options up among the long ones first: let it find them there.

        Else each `-u` makes it import difflib, to propose what may have been meant, and forget about that.
        """
        parser = super().make_parser(ctx)
        getattr(parser, "_long_opt", {}).update(getattr(parser, "_short_opt", {}))
        return parser

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does it, but for two messages."""
        ctx.allow_extra_args = True
        try:
            left = super().parse_args(ctx, args)
        except click.NoSuchOption:
            if all(param.name != "ticket" for param in self.params):
                raise
            raise BadCall(
                "there is no such option", "a ticket that begins with a hyphen goes after --, or to standard input", ctx
            ) from None
        if left and not ctx.resilient_parsing:
            many = f"{len(left)} arguments" if len(left) > 1 else "1 argument"
            raise click.UsageError(f"{many} more than '{ctx.command_path}' takes", ctx)
        return left


USERID_NAMES = ("-u", "--userid", "--user", "userid")


def command(
    name: str,
    *,
    examples: str,
    formats: tuple[str, ...] = ("text", "json"),
    streams: tuple[str, ...] = (),
    **settings: Any,
) -> Callable[[Callable[..., Answer | int]], click.Command]:
    """Make a click command of a function that takes a Context and returns an Answer.

    Adds --format and --color, the examples that end its help, and the printing of its answer.

    Args:
        streams: further formats, in which the function prints rows itself as they come: then it is given
            `output_format`, and returns the exit status.
    """

    settings.setdefault("cls", Command)

    def decorate(function: Callable[..., Answer | int]) -> click.Command:
        @click.option(
            "--format",
            "output_format",
            type=click.Choice(formats + streams),
            default=formats[0],
            show_default=True,
            help="The form of the answer.",
        )
        @click.option("--color", type=click.Choice(("auto", "always", "never")), help="Colour the output.")
        @click.pass_context
        @functools.wraps(function)
        def run(ctx: click.Context, /, output_format: str, color: str | None, **arguments: Any) -> int:
            context = ctx.ensure_object(Context)
            context.color = color or context.color
            if streams:
                arguments["output_format"] = output_format
            answer = function(context, **arguments)
            record(context)
            return answer if isinstance(answer, int) else render(context, answer, output_format)

        made: Callable[[Callable[..., int]], click.Command]
        made = click.command(name, epilog=example_epilog(examples), **settings)
        return made(run)

    return decorate


def userid_option(function: Function) -> Function:
    """-u USERID, required."""
    return click.option(*USERID_NAMES, type=USERID, required=True, help="Whom the ticket is for.")(function)


def batch_options(function: Function) -> Function:
    """--batch, --jobs, and a -u that is required without --batch only: see `require_single`."""
    userid = click.option(*USERID_NAMES, type=USERID, help="Whom the ticket is for; required without --batch.")
    batch = click.option("--batch", type=FILE, metavar="FILE|-", help="Work off a file of lines, one row out for each.")
    jobs = click.option(
        "--jobs", type=click.IntRange(1, 64), default=1, help="Processes that share a batch; uses are recorded by one."
    )
    return userid(batch(jobs(function)))


def required(value: Value | None, name: str) -> Value:
    """What a single ticket needs and a batch does without.

    Args:
        name: of the option or argument, for the message.

    Raises:
        InputError: it was not given.
    """
    if value is None:
        raise InputError(f"Missing {name}.", "give it, or lines with --batch FILE")
    return value


def require_single(output_format: str, jobs: int) -> None:
    """Refuse what only a batch has.

    Raises:
        InputError: a format for rows, or several processes.
    """
    if jobs != 1:
        raise InputError("--jobs is for batches", "give --batch FILE")
    if output_format not in ("text", "json"):
        raise InputError(f"--format {output_format} is for batches", "take text or json, or give --batch FILE")


def batch_format(output_format: str) -> str:
    """The format of a batch: tab-separated unless another was asked for.

    Raises:
        InputError: one JSON object can't be streamed.
    """
    if output_format == "json":
        raise InputError("--format json is one object, and a batch is a stream", "take --format jsonl, tsv or csv")
    return "tsv" if output_format == "text" else output_format


def applid_option(function: Function) -> Function:
    """-a APPLID, with a default that `default_applid` finds."""
    return click.option(
        "-a", "--applid", type=APPLID, help="The application; default PTKTCTL_APPLID, else the only one defined."
    )(function)


def group_option(function: Function) -> Function:
    """--group GROUP, for keys qualified by the connect group."""
    return click.option("--group", type=GROUP, help="The user's connect group, for keys qualified by it.")(function)


def unlock_options(function: Function) -> Function:
    """--passphrase-file and --key-file: how the store is unlocked."""
    passphrase = click.option("--passphrase-file", type=FILE, help="Unlock with the first line of this file.")
    key_file = click.option("--key-file", type=FILE, help="Unlock with this unlock key file.")
    return passphrase(key_file(function))


def ledger_option(function: Function) -> Function:
    """--ledger URL, which `selection.open_ledger` opens."""
    return click.option(
        "--ledger",
        type=LedgerType(),
        help="Where to remember used tickets for several machines: redis://HOST or postgresql://USER@HOST/DATABASE; "
        "default PTKTCTL_LEDGER, else a file of this user.",
    )(function)
