"""ptktctl init: create the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.parameter_types import FILE
from ptktctl.commands.parameters import command

if TYPE_CHECKING:
    from ptktctl.commands.context import Context


@command(
    "init",
    audit="change",
    examples="""
    ptktctl init
    ptktctl init --key-file ~/ptktctl.key
    ptktctl init --keyring
    """,
)
@click.option("--key-file", type=FILE, help="Seal by a new unlock key file, made here and remembered.")
@click.option("--keyring", is_flag=True, help="Seal by a new unlock key in the OS keyring: needs ptktctl[keyring].")
@click.option("--passphrase-file", type=FILE, help="Seal by the passphrase in the first line of this file.")
@click.option("--weak-passphrase", is_flag=True, help="Take a passphrase of fewer than 12 characters.")
def init(
    context: Context, key_file: str | None, keyring: bool, passphrase_file: str | None, weak_passphrase: bool
) -> Answer:
    """Create the store that keeps keys sealed.

    Without --key-file and --keyring it is sealed by a passphrase of at least 12 characters: from --passphrase-file,
    from the environment (PTKTCTL_PASSPHRASE_FILE, PTKTCTL_PASSPHRASE_COMMAND, PTKTCTL_PASSPHRASE), or asked for twice.
    An unlock key file is what unattended pipelines use: whoever can read it can use the keys. The OS keyring is open
    as long as its user is logged on to a desktop. More ways to open the store: ptktctl store slot add.
    """
    from ptktctl.commands import selection
    from ptktctl.errors import InputError

    given = [name for name, value in (("--key-file", key_file), ("--keyring", keyring)) if value]
    given += ["--passphrase-file"] if passphrase_file else []
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)} were both given", "a new store is sealed by one of them")
    path = context.places().keys
    selection.create_store(context, path, key_file, passphrase_file, keyring=keyring, weak=weak_passphrase)
    how = "unlock key file" if key_file else "OS keyring" if keyring else "passphrase"
    members = {"store": path, "sealed_by": how.lower().replace(" ", "-"), "key_file": key_file}
    return Answer("init/1", members, f"created {path}, sealed by {how}", notes=(_advice(key_file, keyring=keyring),))


def _advice(key_file: str | None, *, keyring: bool) -> str:
    if key_file:
        return f"keep a copy of {key_file} apart from the store: without it no key can be read"
    if keyring:
        return "the keyring is lost with this machine: add another way to open the store, ptktctl store slot add"
    return "keep the passphrase: without it no key can be read"
