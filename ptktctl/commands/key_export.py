"""ptktctl key export: a key as a sealed file for somebody else, or divided among key custodians."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.handing_over import export_passphrase_option
from ptktctl.commands.key_options import ENHANCED, key_name, name_options
from ptktctl.commands.parameter_types import FILE
from ptktctl.commands.parameters import command
from ptktctl.errors import InputError
from ptktctl.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.commands.context import Context
    from ptktctl.passticket.names import ApplId, GroupId, UserId
    from ptktctl.store.definitions import Application
    from ptktctl.store.handover import Contents
    from ptktctl.store.handover_parts import PartPage
    from ptktctl.store.vault import KeyName, StoredKey

PARTS = click.IntRange(2, 9)


class _Wanted(Record):
    """How a key shall leave: the options of that name."""

    output: str | None
    recipient: str | None
    export_passphrase_file: str | None
    weak_passphrase: bool
    parts: int | None
    directory: str | None
    reveal: bool
    force: bool


@command(
    "export",
    examples="""
    ptktctl key export FEKAPPL --output fekappl.sealed
    ptktctl key export FEKAPPL --output fekappl.sealed --to recipient.pub
    ptktctl key export FEKAPPL --parts 3 --directory parts
    """,
)
@name_options
@ENHANCED
@click.option("--pending", is_flag=True, help="The pending key, not the current one.")
@click.option("--output", type=FILE, metavar="FILE|-", help="Write the sealed file here.")
@click.option("--to", "recipient", metavar="PUBLIC-KEY|FILE", help="Seal for this public key; default: a passphrase.")
@export_passphrase_option
@click.option("--weak-passphrase", is_flag=True, help="Take a passphrase of fewer than 12 characters.")
@click.option("--parts", type=PARTS, metavar="N", help="Divide into N key parts, 2 to 9, instead.")
@click.option("--directory", type=FILE, metavar="DIR", help="Write each part into a file of its own here.")
@click.option("--reveal", is_flag=True, help="Show the parts even on a terminal, and in JSON.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
def export(
    context: Context,
    applid: ApplId,
    userid: UserId | None,
    group: GroupId | None,
    enhanced: bool,
    pending: bool,
    passphrase_file: str | None,
    key_file: str | None,
    **options: Any,
) -> Answer:
    """Hand a key over, as a sealed file or as key parts.

    The sealed file opens with a passphrase (AES-256-GCM under scrypt; asked for twice, and not that of the store) or,
    with --to, with the recipient's private key (HPKE, RFC 9180, with X25519, HKDF-SHA256 and AES-256-GCM: the standard
    for encrypting to a public key; nobody has to agree on a passphrase). It holds the settings of the application too.
    `ptktctl key import` reads it.

    With --parts the key is divided by XOR: all parts together are the key, fewer tell nothing of it. Each page has the
    check value of its part and that of the key. Pages go to --directory, or to standard output with form feeds between
    them; not to a terminal unless --reveal is given.

    The check value lets both sides see that they hold the same key: for a legacy key the first 6 digits of eight zero
    bytes encrypted under it, for an enhanced key ICSF's SHAVP1 pattern. The file check shows that the file is yours,
    which matters with --to: anybody can seal for a public key. Tell both by another way than the file.
    """
    from ptktctl.commands.selection import find_application, open_vault

    wanted = _Wanted(**options)
    _require_one_way(wanted)
    _require_room(context, wanted)
    name = key_name(applid, group, userid, enhanced=enhanced).replaced(pending=pending)
    application = find_application(context, applid)
    stored = _stored(open_vault(context, passphrase_file, key_file).keys(), name)
    context.use.outcome = "divided" if wanted.parts else "sealed"
    return _as_parts(context, stored, wanted) if wanted.parts else _as_file(context, stored, application, wanted)


def _require_one_way(wanted: _Wanted) -> None:
    """Refuse options that do not go together.

    Raises:
        InputError: naming them.
    """

    of_files = {
        "--output": wanted.output,
        "--to": wanted.recipient,
        "--export-passphrase-file": wanted.export_passphrase_file,
    }
    of_parts = {"--directory": wanted.directory, "--reveal": wanted.reveal}
    if wanted.parts and (given := [option for option, value in of_files.items() if value is not None]):
        raise InputError(f"--parts does not go with {given[0]}", "a key is exported as parts or as a sealed file")
    if not wanted.parts and (given := [option for option, value in of_parts.items() if value]):
        raise InputError(f"{given[0]} goes with --parts", "a sealed file goes to --output FILE")
    if not wanted.parts and not wanted.output:
        raise InputError("where shall the key go?", "give --output FILE (or -), or --parts N")
    if wanted.recipient is not None and wanted.export_passphrase_file:
        raise InputError("--to and --export-passphrase-file were both given", "a file is sealed by one of them")


def _require_room(context: Context, wanted: _Wanted) -> None:
    """Refuse what would fail in the end, before anybody types a passphrase.

    Raises:
        InputError: the file is there already; secrets would be shown on a terminal.
    """
    from ptktctl.store.handover_files import require_writable

    if wanted.output and wanted.output != "-":
        require_writable(wanted.output, force=wanted.force)
    if wanted.parts and not wanted.directory and not wanted.reveal and context.stdout.isatty():
        raise InputError(
            "key parts are not shown on a terminal",
            "give --directory DIR, send them to a printer (| lpr), or insist with --reveal",
        )


def _stored(stored: Sequence[StoredKey], name: KeyName) -> StoredKey:
    from ptktctl.errors import StoreMissingError

    found = next((each for each in stored if each.name == name), None)
    if found is None:
        others = ", ".join(str(each.name) for each in stored if each.name.applid == name.applid)
        remedy = f"stored for {name.applid}: {others}" if others else f"ptktctl key generate {name.applid}, or key set"
        raise StoreMissingError(f"there is no key {name}", remedy)
    return found


def _as_file(context: Context, stored: StoredKey, application: Application, wanted: _Wanted) -> Answer:
    """Seal the key and write the file, or show it for `-`: it is no secret."""
    from ptktctl.commands.handing_over import check_text
    from ptktctl.store.handover import BY_PASSPHRASE, FOR_RECIPIENT, Contents, Settings, file_check
    from ptktctl.store.handover_files import write_private

    contents = Contents(stored.name, stored.created, context.clock(), Settings.of(application))
    data, recipient = _sealed(context, contents, stored, wanted)
    check = file_check(data)
    to_file = None if wanted.output == "-" else wanted.output
    members = {
        **_members(stored),
        "construction": FOR_RECIPIENT if recipient else BY_PASSPHRASE,
        "recipient": recipient,
        "file_check": check,
        "file": to_file,
        "content": None if to_file else data.decode(),
    }
    told = f"the key {stored.name}, check value {check_text(stored.key)}"
    which = "file check" if recipient else "check value"
    advice = f"file check {check}; tell the recipient the {which} by another way than the file, to compare"
    if to_file is None:
        return Answer("key-export/1", members, data.decode().removesuffix("\n"), notes=(told, advice))
    write_private(to_file, data, force=wanted.force)
    return Answer("key-export/1", members, f"wrote {to_file}: {told}", notes=(advice,))


def _sealed(context: Context, contents: Contents, stored: StoredKey, wanted: _Wanted) -> tuple[bytes, str | None]:
    """The sealed file, and the public key it is sealed for, if it is."""
    from ptktctl.commands.handing_over import passphrase_of_export, public_key
    from ptktctl.commands.selection import ask_twice
    from ptktctl.store import handover
    from ptktctl.store.unlocking import require_strength

    if wanted.recipient is not None:
        recipient = public_key(wanted.recipient)
        return handover.seal_for(contents, stored.key, recipient), str(recipient)
    passphrase = passphrase_of_export(
        context, wanted.export_passphrase_file, lambda: ask_twice(context, "new passphrase of the file: ")
    )
    require_strength(passphrase, weak=wanted.weak_passphrase)
    return handover.seal_by_passphrase(contents, stored.key, passphrase), None


def _as_parts(context: Context, stored: StoredKey, wanted: _Wanted) -> Answer:
    """Divide the key; each part into a file of its own, or all of them to standard output."""
    from ptktctl.commands.handing_over import check_members, check_text
    from ptktctl.passticket.key_parts import split
    from ptktctl.store.handover_parts import PAGE_END, pages, render

    parts = pages(stored.name, stored.created, stored.key, split(stored.key, wanted.parts or 0))
    texts = [render(page) for page in parts]
    paths = _written(wanted, parts, texts) if wanted.directory else [None] * len(parts)

    def members() -> dict[str, object]:
        if not wanted.directory and not wanted.reveal:
            raise InputError("key parts are not shown in JSON", "give --directory DIR, or insist with --reveal")
        shown = [
            {"number": page.number, **check_members(page.part), "file": path, **({"page": text} if not path else {})}
            for page, path, text in zip(parts, paths, texts, strict=True)
        ]
        return {**_members(stored), "set": parts[0].set_number, "parts": shown}

    told = f"{len(parts)} parts of the key {stored.name}, check value {check_text(stored.key)}"
    if not wanted.directory:
        return Answer("key-parts/1", members, PAGE_END.join(texts).removesuffix("\n"), notes=(told,))
    lines = [f"{path}  check value {check_text(page.part)}" for path, page in zip(paths, parts, strict=True)]
    advice = f"give each part to its custodian: whoever can read all files in {wanted.directory} has the key"
    return Answer("key-parts/1", members, "\n".join([f"wrote {told}", *lines]), notes=(advice,))


def _written(wanted: _Wanted, parts: Sequence[PartPage], texts: Sequence[str]) -> list[str | None]:
    """Write all parts, or none."""
    import os

    from ptktctl.store.handover_files import make_folder, write_all_private

    folder = wanted.directory or ""
    make_folder(folder)
    paths = [os.path.join(folder, _file_name(page)) for page in parts]
    contents = {path: text.encode() for path, text in zip(paths, texts, strict=True)}
    write_all_private(contents, force=wanted.force)
    return [*paths]


def _file_name(page: PartPage) -> str:
    """Such as FEKAPPL-legacy-part-1-of-3.txt."""
    stage = "-pending" if page.name.pending else ""
    return f"{page.name.profile}-{page.name.kind.value}{stage}-part-{page.number}-of-{page.count}.txt"


def _members(stored: StoredKey) -> dict[str, object]:
    from ptktctl.commands.handing_over import check_members
    from ptktctl.commands.key_wording import name_members
    from ptktctl.commands.wording import instant

    return {
        "profile": stored.name.profile,
        **name_members(stored.name),
        "fingerprint": stored.key.fingerprint,
        **check_members(stored.key),
        "created": instant(stored.created),
    }
