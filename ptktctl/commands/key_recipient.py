"""ptktctl key recipient: the public key for which others can seal a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.handing_over import identity_option
from ptktctl.commands.parameters import command

if TYPE_CHECKING:
    from ptktctl.commands.context import Context


@command(
    "recipient",
    examples="""
    ptktctl key recipient --create
    ptktctl key recipient
    ptktctl key recipient --identity ~/handover.key
    """,
    audit="look",
)
@click.option("--create", is_flag=True, help="Make the private key first.")
@identity_option
def recipient(context: Context, create: bool, identity: str | None) -> Answer:
    """Print the public key for which others can seal a key.

    It is one line, may be known to everybody, and goes to `ptktctl key export --to` on the other side; its checksum
    shows a typing slip. What is sealed for it (HPKE, RFC 9180, with X25519 and AES-256-GCM) opens with the private key
    file only: whoever can read that file can open it too. But make sure that the sender has your public key and not
    somebody else's: read it out, or send it on a way that nobody else can write to.
    """
    from ptktctl.commands.handing_over import identity_path
    from ptktctl.store.handover_recipient import create_identity, read_identity

    path = identity_path(context, identity)
    found = create_identity(path) if create else read_identity(path)
    context.use.outcome = "created" if create else None
    notes = (f"keep {path} to yourself: it opens what is sealed for this public key",) if create else ()
    members = {"public_key": str(found.public), "identity": found.path, "created": create}
    return Answer("key-recipient/1", members, str(found.public), notes=notes)
