"""Which key a command is about, and which keys it may store."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from ptktctl.commands.parameter_types import APPLID, GROUP, USERID
from ptktctl.commands.parameters import unlock_options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptktctl.commands.context import Context
    from ptktctl.passticket.names import ApplId, GroupId, UserId
    from ptktctl.passticket.weaknesses import Weakness
    from ptktctl.store.vault import KeyName, StoredKey

    Function = TypeVar("Function", bound=Callable[..., object])

ENHANCED = click.option(
    "--enhanced", is_flag=True, help="The key of enhanced tickets (HMAC), not the legacy one (DES)."
)
LENGTH = click.IntRange(32, 256)


def name_options(function: Function) -> Function:
    """APPLID, --user and --group: the name of the profile that a key belongs to."""
    for option in (
        click.argument("applid", type=APPLID),
        click.option("--user", "userid", type=USERID, help="The key of this user only: profile APPLID.USERID."),
        click.option("--group", type=GROUP, help="The key of this connect group only: profile APPLID.GROUP."),
        unlock_options,
    ):
        function = option(function)
    return function


def key_name(applid: ApplId, group: GroupId | None, userid: UserId | None, *, enhanced: bool) -> KeyName:
    """The name of a profile's current key."""
    from ptktctl.store.vault import KeyKind, KeyName

    return KeyName(applid, KeyKind.ENHANCED if enhanced else KeyKind.LEGACY, group, userid)


def options_of(name: KeyName) -> str:
    """The arguments that name a key: "FEKAPPL --user IBMUSER --enhanced"."""
    from ptktctl.store.vault import KeyKind

    qualifiers = (("--group", name.group), ("--user", name.userid))
    words = (f" {option} {value}" for option, value in qualifiers if value)
    return f"{name.applid}{''.join(words)}{' --enhanced' if name.kind is KeyKind.ENHANCED else ''}"


def key_text(context: Context, source: str | None) -> str:
    """A key as text: from a file, from standard input, or typed without echo when that is a terminal."""
    from ptktctl.commands.selection import read_line, read_source

    return read_source(context, source, "key") if source else read_line(context, "hexadecimal key")


def require_length(length: int | None, *, enhanced: bool) -> None:
    """Refuse a number of bytes for a legacy key.

    Raises:
        InputError: a legacy key always has 8.
    """
    from ptktctl.errors import InputError

    if length and not enhanced:
        raise InputError("--bytes goes with --enhanced", "a legacy key always has 8 bytes")


def judge(weaknesses: Sequence[Weakness], *, force: bool) -> list[str]:
    """Warnings of what is weak about a key.

    Raises:
        InputError: it is a DES weak or semi-weak key, and nobody insists.
    """
    from ptktctl.errors import InputError
    from ptktctl.passticket.weaknesses import Weakness

    for weakness in weaknesses:
        if weakness in (Weakness.WEAK, Weakness.SEMI_WEAK) and not force:
            raise InputError(
                f"the key is {weakness.value}", "ptktctl key generate makes a good one; --force stores this"
            )
    return [f"the key is {weakness.value}" for weakness in weaknesses]


def twins(this: StoredKey, stored: Sequence[StoredKey]) -> list[str]:
    """Warnings of other names under which the same key is stored."""
    return [
        f"the same key is stored for {each.name}" for each in stored if each.key == this.key and each.name != this.name
    ]
