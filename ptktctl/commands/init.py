"""ptktctl init: create the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.parameters import FILE, command

if TYPE_CHECKING:
    from ptktctl.commands.context import Context


@command(
    "init",
    examples="""
    ptktctl init
    ptktctl init --key-file ~/ptktctl.key
    ptktctl init --passphrase-file passphrase.txt
    """,
)
@click.option("--key-file", type=FILE, help="Seal by a new unlock key file, made here and remembered.")
@click.option("--passphrase-file", type=FILE, help="Seal by the passphrase in the first line of this file.")
def init(context: Context, key_file: str | None, passphrase_file: str | None) -> Answer:
    """Create the store that keeps keys sealed.

    Without --key-file it is sealed by a passphrase: from --passphrase-file, from the environment
    (PTKTCTL_PASSPHRASE_FILE, PTKTCTL_PASSPHRASE_COMMAND, PTKTCTL_PASSPHRASE), or asked for twice. An unlock key file is
    what unattended pipelines use: whoever can read it can use the keys.
    """
    from ptktctl.commands import selection
    from ptktctl.errors import InputError

    if key_file and passphrase_file:
        raise InputError("--key-file and --passphrase-file were both given", "a new store is sealed by one of them")
    path = context.places().keys
    selection.create_store(context, path, key_file, passphrase_file)
    how = "unlock key file" if key_file else "passphrase"
    members = {"store": path, "sealed_by": how.replace(" ", "-"), "key_file": key_file}
    kept = (
        f"keep a copy of {key_file} apart from the store: without it no key can be read"
        if key_file
        else ("keep the passphrase: without it no key can be read")
    )
    return Answer("init/1", members, f"created {path}, sealed by {how}", notes=(kept,))
