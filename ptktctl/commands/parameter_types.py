"""How the values of options and arguments are read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from ptktctl.commands.context import Context
from ptktctl.errors import InputError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ptktctl.passticket.names import ApplId, GroupId, UserId

    _ParamType = click.ParamType[Any]
else:
    # Not generic in older versions of click.
    _ParamType = click.ParamType

MOST_DIGITS = 18
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
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


FILE = FileType()
TICKET_TYPE = TicketTypeType()
USERID = UserIdType()
GROUP = GroupIdType()
APPLID = ApplIdType()
TIME = TimeType()
