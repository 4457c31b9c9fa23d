"""Options and arguments that several commands share, and how their values are read."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ptktctl.commands.answer import Answer, render
from ptktctl.commands.catalog import QuickHelp, example_epilog
from ptktctl.commands.context import Context, Use
from ptktctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

    from ptktctl.commands.context import Audit
    from ptktctl.passticket.names import ApplId, GroupId, UserId

    _ParamType = click.ParamType[Any]

    Function = TypeVar("Function", bound=Callable[..., object])
    Value = TypeVar("Value")
else:
    # Not generic in older versions of click.
    _ParamType = click.ParamType

MOST_DIGITS = 18
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
# Groups of commands that change the store unless one says that it only looks.
CHANGING = (["applid"], ["key"], ["store"])
TIME_HINT = "give 'now', epoch seconds, RFC 3339 with an offset (2026-11-22T10:00:00Z) or -5m, +30s"


def parse_time(text: str, now: int) -> int:
    """Read a moment as epoch seconds.

    Args:
        text: `now`, epoch seconds, RFC 3339 with an offset, or relative to now: -5m, +30s, -2h, +1d.
        now: the current epoch second.

    Raises:
        InputError: anything else.
    """
    if text == "now":
        return now
    if _is_number(text):
        return int(text)
    if text[:1] in ("+", "-") and text[-1:] in UNITS and _is_number(text[1:-1]):
        return now + int(text[:-1]) * UNITS[text[-1]]
    return _parse_rfc3339(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS


def _parse_rfc3339(text: str) -> int:
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is not a time", TIME_HINT) from None
    if moment.tzinfo is None:
        raise InputError(f"{text!r} has no offset", "add Z for GMT, or an offset such as +01:00")
    return int(moment.timestamp() // 1)


class BadValue(click.BadParameter):
    """A value that an option or argument can't take, with what to do about it."""

    def __init__(self, error: InputError, param: click.Parameter | None, ctx: click.Context | None) -> None:
        super().__init__(error.message, ctx, param)
        self.remedy = error.hint


class _Parsed(_ParamType):
    """A value that the lower rooms know how to read; what they refuse is the option's fault."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value, ctx)
        except InputError as error:
            raise BadValue(error, param, ctx) from None

    def parse(self, text: str, ctx: click.Context | None) -> object:
        raise AssertionError("each kind of value says how it is read")


class TimeType(_Parsed):
    """A moment, as epoch seconds."""

    name = "TIME"

    def parse(self, text: str, ctx: click.Context | None) -> int:
        context = ctx.find_object(Context) if ctx else None
        return parse_time(text, (context or Context()).clock())


class UserIdType(_Parsed):
    """A user ID."""

    name = "USERID"

    def parse(self, text: str, ctx: click.Context | None) -> UserId:
        from ptktctl.passticket.names import UserId

        return UserId.parse(text)


class GroupIdType(_Parsed):
    """A connect group."""

    name = "GROUP"

    def parse(self, text: str, ctx: click.Context | None) -> GroupId:
        from ptktctl.passticket.names import GroupId

        return GroupId.parse(text)


class ApplIdType(_Parsed):
    """An application ID; a shell completes it from those defined."""

    name = "APPLID"

    def parse(self, text: str, ctx: click.Context | None) -> ApplId:
        from ptktctl.passticket.names import ApplId

        return ApplId.parse(text)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from ptktctl.errors import PtktctlError
        from ptktctl.store.definitions import Definitions

        try:
            defined = Definitions.load(Context().places().definitions)
        except PtktctlError:
            return []
        names = [application.applid.value for application in defined]
        return [CompletionItem(name) for name in names if name.startswith(incomplete.upper())]


class TicketTypeType(click.Choice[str]):
    """One of the three kinds of ticket."""

    def __init__(self) -> None:
        super().__init__(("legacy", "upper", "mixed"))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from ptktctl.passticket.keys import TicketType

        return TicketType(super().convert(value, param, ctx))


class FileType(_Parsed):
    """The name of a file, which is opened only when it is needed."""

    name = "FILE"

    def parse(self, text: str, ctx: click.Context | None) -> str:
        if not text or "\0" in text:
            raise InputError("the name of the file holds a NUL" if text else "the name of the file is empty")
        try:
            os.fsencode(text)
        except UnicodeEncodeError:
            raise InputError("the name of the file holds a character that no file name here can hold") from None
        return text

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


class LedgerType(_Parsed):
    """The URL of a ledger of used tickets, or its path."""

    name = "URL"

    def parse(self, text: str, ctx: click.Context | None) -> str:
        if "://" in text:
            from ptktctl.store.ledger_urls import holds_password

            if holds_password(text):
                raise InputError(
                    "every user of this machine can see the password in this URL",
                    "set PTKTCTL_LEDGER to the URL instead",
                )
        return text


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
            context.begin_use()
        try:
            result = super().invoke(ctx)
        except BaseException as error:
            context.record(error)
            raise
        context.record()
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
FILE = FileType()
TICKET_TYPE = TicketTypeType()
USERID = UserIdType()
GROUP = GroupIdType()
APPLID = ApplIdType()
TIME = TimeType()


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
            context.record()
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
