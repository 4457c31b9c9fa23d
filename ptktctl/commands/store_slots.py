"""ptktctl store slot and store reseal: the ways to open the store, and what it is sealed by."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.parameter_types import FILE
from ptktctl.commands.parameters import command, unlock_options
from ptktctl.commands.table import Table
from ptktctl.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptktctl.commands.context import Context
    from ptktctl.store.sealing import Passphrase, Secret, Slot

    Function = TypeVar("Function", bound=Callable[..., object])

NEW_WAYS = "--new-passphrase-file FILE, --new-key-file FILE or --keyring"
YES = click.option("--yes", is_flag=True, help="Do not ask before the slot that opened the store is removed.")


class NewSecret(Record):
    """What was asked for as a new way to open the store."""

    passphrase_file: str | None
    key_file: str | None
    keyring: bool
    weak: bool
    typed: bool = False

    def names(self) -> list[str]:
        """The options that were given; at most one may be."""
        options = (
            ("--new-passphrase-file", self.passphrase_file),
            ("--new-key-file", self.key_file),
            ("--keyring", self.keyring),
            ("--new-passphrase", self.typed),
        )
        return [name for name, value in options if value]


def new_secret_options(function: Function) -> Function:
    """What a slot shall be opened with, and how weak that may be."""
    for option in (
        click.option("--new-passphrase-file", type=FILE, help="A passphrase: the first line of this file."),
        click.option("--new-key-file", type=FILE, help="A new unlock key file, made here and remembered."),
        click.option("--keyring", is_flag=True, help="A new unlock key in the OS keyring: needs ptktctl[keyring]."),
        click.option("--weak-passphrase", is_flag=True, help="Take a passphrase of fewer than 12 characters."),
    ):
        function = option(function)
    return function


@click.group("slot")
def slot() -> None:
    """Add, list and remove the ways to open the store."""


@command(
    "add",
    examples="""
    ptktctl store slot add
    ptktctl store slot add --new-key-file ~/pipeline.key
    ptktctl store slot add --keyring --passphrase-file passphrase.txt
    """,
)
@new_secret_options
@unlock_options
def add(
    context: Context,
    new_passphrase_file: str | None,
    new_key_file: str | None,
    keyring: bool,
    weak_passphrase: bool,
    passphrase_file: str | None,
    key_file: str | None,
) -> Answer:
    """Add another way to open the store; no key is sealed anew.

    Without --new-passphrase-file, --new-key-file or --keyring a passphrase is asked for twice. --passphrase-file,
    --key-file and the environment open the store as ever.
    """
    from ptktctl.commands.selection import unlocker
    from ptktctl.store import slots

    new = NewSecret(new_passphrase_file, new_key_file, keyring, weak_passphrase)
    secret = _maker(context, new)
    open_slot = unlocker(context, passphrase_file, key_file).open_slot
    made = slots.add(context.places().keys, open_slot, secret, context.clock())
    return Answer("store-slot/1", _members(made), f"added {slots.described(made)}", notes=_advice(made))


@command(
    "list",
    audit="look",
    examples="""
    ptktctl store slot list
    ptktctl store slot list --format json
    """,
)
def list_(context: Context) -> Answer:
    """List the ways to open the store: number, kind, where the secret is kept, when it was made."""
    from ptktctl.store import slots

    found = slots.listed(context.places().keys)
    rows = [["-" if value is None else str(value) for value in _members(each).values()] for each in found]
    table = Table(("number", "kind", "path", "account", "made"), rows)
    return Answer("store-slots/1", {"slots": [_members(each) for each in found]}, table)


@command(
    "remove",
    examples="""
    ptktctl store slot remove 2
    ptktctl store slot remove 1 --yes
    """,
)
@click.argument("number", metavar="NUMBER", type=click.IntRange(1))
@YES
@unlock_options
def remove(context: Context, number: int, yes: bool, passphrase_file: str | None, key_file: str | None) -> Answer:
    """Remove a way to open the store; no key is sealed anew.

    An older copy of the store, or a backup, still opens with what was removed, and the store is still sealed by the
    data key in that copy: ptktctl store reseal makes a new one. The last slot stays.
    """
    from ptktctl.commands.selection import unlocker
    from ptktctl.commands.terminal import confirm
    from ptktctl.store import slots

    def ask(used: Slot, left: Sequence[Slot]) -> None:
        others = " or ".join(map(slots.described, left))
        question = f"remove {slots.described(used)}, which opened the store just now? It then opens by {others} only."
        confirm(context, question, yes=yes)

    gone = slots.remove(context.places().keys, unlocker(context, passphrase_file, key_file).open_slot, number, ask)
    return Answer("store-slot-removed/1", _members(gone), f"removed {slots.described(gone)}", notes=_farewell(gone))


@command(
    "reseal",
    examples="""
    ptktctl store reseal
    ptktctl store reseal --new-passphrase --drop-others
    ptktctl store reseal --key-file ~/ptktctl.key --also-passphrase-file passphrase.txt
    """,
)
@click.option("--also-passphrase-file", type=FILE, multiple=True, help="The passphrase of another slot.")
@click.option("--also-key-file", type=FILE, multiple=True, help="The unlock key of another slot.")
@click.option("--drop-others", is_flag=True, help="Lose the slots that nothing given opens.")
@click.option("--new-passphrase", is_flag=True, help="Ask for a passphrase in place of what opened the store.")
@new_secret_options
@unlock_options
def reseal(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: Context,
    also_passphrase_file: tuple[str, ...],
    also_key_file: tuple[str, ...],
    drop_others: bool,
    new_passphrase: bool,
    new_passphrase_file: str | None,
    new_key_file: str | None,
    keyring: bool,
    weak_passphrase: bool,
    passphrase_file: str | None,
    key_file: str | None,
) -> Answer:
    """Make a new data key, and seal every key and slot anew.

    For when a slot was removed because its secret got about: from then on that secret is of no use, except for copies
    made before. What each other slot is opened with has to be at hand: unlock key files and the OS keyring are found
    by themselves, passphrases are asked for or given. --new-passphrase, --new-passphrase-file, --new-key-file and
    --keyring put a new secret in the place of the one that opened the store. A signon key that somebody may have seen
    is made good only by ptktctl key rotate.
    """
    from ptktctl.commands.selection import unlocker
    from ptktctl.store import slots

    new = NewSecret(new_passphrase_file, new_key_file, keyring, weak_passphrase, new_passphrase)
    replacement = _maker(context, new) if new.names() else None
    given = _given(also_passphrase_file, also_key_file)
    ask = _asker(context) if context.has_terminal() and not drop_others else None
    path, open_slot = context.places().keys, unlocker(context, passphrase_file, key_file).open_slot
    secrets = slots.Secrets(given, ask, replacement)
    done = slots.reseal(path, open_slot, secrets, context.clock(), drop_others=drop_others)
    members = {"store": path, "slots": list(map(_members, done.kept)), "dropped": list(map(_members, done.dropped))}
    lines = [f"sealed {path} anew: {', '.join(map(slots.described, done.kept))}"]
    lines += [f"dropped {slots.described(each)}" for each in done.dropped]
    note = "backups and copies made before still open with what opened them then"
    return Answer("store-resealed/1", members, "\n".join(lines), notes=(note,))


def _maker(context: Context, new: NewSecret) -> Callable[[], Secret]:
    """What makes or reads the new secret once it is needed.

    Raises:
        InputError: several were asked for; or one has to be typed and nobody is there.
    """
    from ptktctl.errors import InputError

    given = new.names()
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)} were both given", "a slot is opened by one of them")
    if given in ([], ["--new-passphrase"]) and not context.has_terminal():
        raise InputError("nobody is there to type the new passphrase", f"give {NEW_WAYS}")
    return lambda: _made(context, new)


def _made(context: Context, new: NewSecret) -> Secret:
    from ptktctl.commands.selection import ask_twice
    from ptktctl.store import os_keyring, unlocking

    if new.keyring:
        return os_keyring.new_key()
    if new.key_file:
        return unlocking.new_key_file(new.key_file)
    if new.passphrase_file:
        secret = unlocking.passphrase_of_file("--new-passphrase-file", new.passphrase_file)
    else:
        secret = unlocking.passphrase_of("the prompt", ask_twice(context, "new passphrase: "))
    unlocking.require_strength(secret, weak=new.weak)
    return secret


def _given(passphrase_files: tuple[str, ...], key_files: tuple[str, ...]) -> tuple[Secret, ...]:
    """What other slots are opened with, out of the files that were named."""
    from ptktctl.store.unlocking import passphrase_of_file, unlock_key_of_file

    passphrases = (passphrase_of_file("--also-passphrase-file", path) for path in passphrase_files)
    return (*passphrases, *(unlock_key_of_file("--also-key-file", path) for path in key_files))


def _asker(context: Context) -> Callable[[Slot], Passphrase | None]:
    from ptktctl.store.slots import described
    from ptktctl.store.unlocking import passphrase_of

    def ask(closed: Slot) -> Passphrase | None:
        typed = context.ask_secret(f"passphrase of {described(closed)}, empty if it is not known: ")
        return passphrase_of("the prompt", typed) if typed else None

    return ask


def _members(shown: Slot) -> dict[str, object]:
    from ptktctl.commands.wording import instant
    from ptktctl.store.sealing import KeyFileSlot, KeyringSlot

    path = shown.path if isinstance(shown, KeyFileSlot) else None
    account = shown.account if isinstance(shown, KeyringSlot) else None
    return {
        "number": shown.number,
        "kind": "key-file" if path is not None else "keyring" if account is not None else "passphrase",
        "path": path,
        "account": account,
        "created": instant(shown.created) if shown.created else None,
    }


def _advice(made: Slot) -> tuple[str, ...]:
    """What to do so that the new slot is of use when it is needed."""
    from ptktctl.store import os_keyring
    from ptktctl.store.sealing import KeyFileSlot, KeyringSlot

    if isinstance(made, KeyFileSlot):
        return (f"keep {made.path} apart from copies of the store: whoever has both can use the keys",)
    if isinstance(made, KeyringSlot):
        return (f"kept by {os_keyring.backend()} as {os_keyring.SERVICE}, {made.account}",)
    return ()


def _farewell(gone: Slot) -> tuple[str, ...]:
    """What removing a slot does not undo."""
    from ptktctl.store.os_keyring import SERVICE
    from ptktctl.store.sealing import KeyringSlot

    notes = [
        "older copies and backups still open with it, and hold the data key that is still in use: "
        "ptktctl store reseal makes a new one"
    ]
    if isinstance(gone, KeyringSlot):
        notes.append(f"its key stays in the OS keyring for backups; `keyring del {SERVICE} {gone.account}` ends that")
    return tuple(notes)


for each in (add, list_, remove):
    slot.add_command(each)
