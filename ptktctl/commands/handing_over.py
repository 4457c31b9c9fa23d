"""What the commands that hand a key over have in common: passphrases of files, private keys, check values in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from ptktctl.commands.parameter_types import FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptktctl.commands.context import Context
    from ptktctl.passticket.keys import SecuredSignonKey
    from ptktctl.store.handover_recipient import PublicKey
    from ptktctl.store.sealing import Passphrase

    Function = TypeVar("Function", bound=Callable[..., object])

# Not the variables that unlock the store: who exports would hand the store's own passphrase over with the file.
EXPORT_PASSPHRASE_FILE = "PTKTCTL_EXPORT_PASSPHRASE_FILE"  # noqa: S105 - these are names of variables
EXPORT_PASSPHRASE = "PTKTCTL_EXPORT_PASSPHRASE"  # noqa: S105
WAYS = f"give --export-passphrase-file FILE, {EXPORT_PASSPHRASE_FILE} or {EXPORT_PASSPHRASE}; or run on a terminal"
IDENTITY = "identity.key"
MOST_BYTES = 4096


def export_passphrase_option(function: Function) -> Function:
    """--export-passphrase-file: the passphrase of the sealed file, which is not that of the store."""
    return click.option(
        "--export-passphrase-file",
        type=FILE,
        help="The sealed file's passphrase is the first line of this file; default the variables "
        f"{EXPORT_PASSPHRASE_FILE} and {EXPORT_PASSPHRASE}, else it is asked for.",
    )(function)


def identity_option(function: Function) -> Function:
    """--identity: where the private key lies."""
    return click.option(
        "--identity", type=FILE, help=f"The private key file; default {IDENTITY} beside the sealed keys."
    )(function)


def passphrase_of_export(context: Context, given: str | None, ask: Callable[[], str]) -> Passphrase:
    """The passphrase of a sealed file: from the option, from the environment, or typed.

    Args:
        given: --export-passphrase-file.
        ask: asks on the terminal.

    Raises:
        StoreLockedError: nothing is given and nobody is there to ask; or what is given can't be read, or is empty.
        UnsafePermissionsError: others can read or write the file it is in.
    """
    from ptktctl.errors import StoreLockedError
    from ptktctl.store.unlocking import passphrase_of, passphrase_of_file

    if given:
        return passphrase_of_file("--export-passphrase-file", given)
    if named := context.environ.get(EXPORT_PASSPHRASE_FILE):
        return passphrase_of_file(EXPORT_PASSPHRASE_FILE, named)
    if text := context.environ.get(EXPORT_PASSPHRASE):
        return passphrase_of(EXPORT_PASSPHRASE, text)
    if not context.has_terminal():
        raise StoreLockedError("nothing was given that seals or opens the file", WAYS)
    return passphrase_of("the prompt", ask())


def identity_path(context: Context, given: str | None) -> str:
    """Where the private key lies: as given, else beside the sealed keys."""
    import os

    return given or os.path.join(os.path.dirname(context.places().keys), IDENTITY)


def public_key(given: str) -> PublicKey:
    """The public key given with --to: itself, or a file whose one line it is.

    Raises:
        InputError: it is neither. A private key that was given by mistake is not repeated.
    """
    from ptktctl.errors import InputError
    from ptktctl.store.handover_recipient import IDENTITY_START, PUBLIC_START, PublicKey

    text = given.strip()
    if not text.lower().startswith((PUBLIC_START, IDENTITY_START.lower())):
        try:
            with open(given, "rb") as file:
                text = file.read(MOST_BYTES).decode(errors="replace").strip()
        # ValueError: no file can have such a name.
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "there can be none of that name"
            raise InputError(
                f"--to {given!r} is no public key ({PUBLIC_START}…), and no file: {why}",
                "ask the recipient for what ptktctl key recipient prints there",
            ) from None
    if text.startswith(IDENTITY_START):
        raise InputError(
            "--to gives a private key, which opens what is sealed", "never send it on; ask for the public key"
        )
    return PublicKey.parse(text)


def check_text(key: SecuredSignonKey) -> str:
    """A key's check value as people read it: "9F3A2C (ENC-ZERO)"."""
    from ptktctl.passticket.check_values import check_value

    found = check_value(key)
    return f"{found.digits} ({found.method.value})"


def check_members(key: SecuredSignonKey) -> dict[str, str]:
    """A key's check value as JSON has it."""
    from ptktctl.passticket.check_values import check_value

    found = check_value(key)
    return {"check_value": found.digits, "check_method": found.method.value}
