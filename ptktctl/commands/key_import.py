"""ptktctl key import: store a key that was handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.handing_over import export_passphrase_option, identity_option
from ptktctl.commands.key_options import judge, key_name, twins
from ptktctl.commands.parameter_types import APPLID, FILE, GROUP, USERID
from ptktctl.commands.parameters import command, unlock_options
from ptktctl.errors import InputError
from ptktctl.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.commands.context import Context
    from ptktctl.commands.key_offer import Offer
    from ptktctl.passticket.keys import SecuredSignonKey
    from ptktctl.passticket.names import ApplId, GroupId, UserId
    from ptktctl.store.definitions import Application
    from ptktctl.store.handover import SealedFile, Settings
    from ptktctl.store.vault import KeyName, Unlock

PARTS = click.IntRange(2, 9)
SHORTEST_CHECK = 6


class _Wanted(Record):
    """How a key shall be taken in: the options of that name."""

    parts: int | None
    applid: ApplId | None
    userid: UserId | None
    group: GroupId | None
    is_enhanced: bool
    pending: bool
    export_passphrase_file: str | None
    identity: str | None
    check_value: str | None
    file_check: str | None
    dry_run: bool
    force: bool
    yes: bool


class _Found(Record):
    """A key that is about to be stored: what is offered, under which name, and what there is to say about it."""

    offer: Offer
    name: KeyName
    differences: list[dict[str, str | None]]
    warnings: list[str]
    is_compared: bool


@command(
    "import",
    examples="""
    ptktctl key import fekappl.sealed
    ptktctl key import fekappl.sealed --as FEKTEST --check-value 9F3A2C
    ptktctl key import part-1.txt part-2.txt part-3.txt
    """,
)
@click.argument("files", type=FILE, nargs=-1, metavar="[FILE|-]...")
@click.option("--parts", type=PARTS, metavar="N", help="Without FILE: have N key parts typed, each by its custodian.")
@click.option("--as", "applid", type=APPLID, help="Store it for this application; default the one the files name.")
@click.option("--user", "userid", type=USERID, help="Of typed parts: the key of this user only.")
@click.option("--group", type=GROUP, help="Of typed parts: the key of this connect group only.")
@click.option("--enhanced", "is_enhanced", is_flag=True, help="Of typed parts: the key of enhanced tickets (HMAC).")
@click.option("--pending", is_flag=True, help="Store it as the pending key, which key promote puts in place.")
@export_passphrase_option
@identity_option
@click.option("--check-value", metavar="DIGITS", help="Store it only if its check value begins so; 6 digits at least.")
@click.option("--file-check", metavar="DIGITS", help="Store it only if the file is the one of this file check.")
@click.option("--dry-run", is_flag=True, help="Tell what it is and store nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Replace a key that is stored; store a DES weak key.")
@unlock_options
def import_(
    context: Context, files: tuple[str, ...], passphrase_file: str | None, key_file: str | None, **options: Any
) -> Answer:
    """Store a key that `ptktctl key export` handed over.

    Tells which key the sealed file or the parts hold, with its check value, and how the sender's definition of the
    application differs from the one here. On a terminal it asks before it stores, so that the check value can be
    compared with the sender's; --check-value compares by itself. A file sealed for your public key can have been
    made by anybody who knows that: compare the file check, which `key export` has shown to the sender, or give it
    with --file-check.

    Key parts come from files in any order, or are typed unseen; each part is held against its check value, so that a
    slip is found at once, and all together against that of the key. A legacy key put together has odd parity; parity
    bits are not part of it.
    """
    from ptktctl.commands import selection

    wanted = _Wanted(**options)
    unlocker = selection.unlocker(context, passphrase_file, key_file)
    offer = _offer_of_files(context, files, wanted) if files else _offer_of_people(context, wanted)
    name = _place(offer.name, wanted)
    application = _require_defined(context, name.applid, offer.settings)
    _require_check_value(offer.key, wanted.check_value)
    _require_file_check(offer, wanted.file_check)
    warnings = [*offer.warnings, *judge(offer.key.weaknesses(), force=wanted.force)]
    differences = _differences(offer.settings, application)
    found = _Found(offer, name, differences, warnings, wanted.file_check is not None)
    _note_use(context, name, "looked at")
    if wanted.dry_run:
        return _answer(found, stored=False, text=f"would store {_told(found)}")
    _confirm(context, f"store {_told(found)}?", wanted)
    selection.ensure_store(context, unlocker)
    return _store(context, found, selection.unlock_once(unlocker), force=wanted.force)


def _offer_of_files(context: Context, files: Sequence[str], wanted: _Wanted) -> Offer:
    from ptktctl.commands.handing_over import passphrase_of_export
    from ptktctl.commands.key_offer import offered, open_sealed, read_source

    named = {
        "--parts": wanted.parts,
        "--user": wanted.userid,
        "--group": wanted.group,
        "--enhanced": wanted.is_enhanced,
    }
    if given := [option for option, value in named.items() if value]:
        raise InputError(f"{given[0]} is for parts that are typed", "files say themselves which key they hold")

    def opened(file: SealedFile, path: str) -> SecuredSignonKey:
        # Before a passphrase is typed: what would be refused in the end.
        _require_defined(context, _place(file.contents.name, wanted).applid, file.contents.settings)
        prompt = f"passphrase of {path}: "
        return open_sealed(
            context,
            file,
            path,
            wanted.identity,
            lambda: passphrase_of_export(context, wanted.export_passphrase_file, lambda: context.ask_secret(prompt)),
        )

    return offered([read_source(context, path) for path in files], opened)


def _offer_of_people(context: Context, wanted: _Wanted) -> Offer:
    from ptktctl.commands.key_offer import Offer, typed_key
    from ptktctl.store.vault import listed_names

    if not wanted.parts:
        raise InputError("which file?", "give FILE, or - for standard input, or --parts N to have key parts typed")
    if not wanted.applid:
        raise InputError("typed parts do not say whose key they make", "give --as APPLID")
    name = key_name(wanted.applid, wanted.group, wanted.userid, enhanced=wanted.is_enhanced)
    place = _place(name, wanted)
    _require_defined(context, place.applid, None)
    if not (wanted.force or wanted.dry_run) and place in listed_names(context.places().keys):
        raise _there_already(place, "")
    key = typed_key(context, wanted.parts, enhanced=wanted.is_enhanced)
    return Offer(name, key, f"{wanted.parts} key parts, typed")


def _place(name: KeyName, wanted: _Wanted) -> KeyName:
    """Under which name a key is to be stored."""
    return name.replaced(applid=wanted.applid or name.applid, pending=wanted.pending or name.pending)


def _require_defined(context: Context, applid: ApplId, settings: Settings | None) -> Application:
    """The definition of the application.

    Raises:
        InputError: it is not defined; with the call that defines it as the sender has it.
    """
    from ptktctl.commands.selection import load_definitions

    application = load_definitions(context).get(applid)
    if application is None:
        options = "".join(f" --{setting} {value}" for setting, value in _said(settings)) if settings else ""
        raise InputError(f"the APPLID {applid} is not defined here", f"ptktctl applid add {applid}{options}")
    return application


def _said(settings: Settings) -> list[tuple[str, str]]:
    """The settings as options of `applid add` name them."""
    ticket = [("ticket", settings.ticket.value)] if settings.ticket else []
    timeout = [("timeout", str(settings.timeout))]
    return [("component", settings.component.value), *ticket, *timeout, ("replay", settings.replay.value)]


def _differences(settings: Settings | None, application: Application) -> list[dict[str, str | None]]:
    """What the sender's definition says otherwise than the one here."""
    from ptktctl.store.handover import Settings

    if settings is None:
        return []
    sender, here = dict(_said(settings)), dict(_said(Settings.of(application)))
    names = [name for name in ("component", "ticket", "timeout", "replay") if sender.get(name) != here.get(name)]
    return [{"setting": name, "sender": sender.get(name), "here": here.get(name)} for name in names]


def _require_check_value(key: SecuredSignonKey, given: str | None) -> None:
    from ptktctl.passticket.check_values import check_value

    if given is None:
        return
    digits = _bare(given)
    if len(digits) < SHORTEST_CHECK:
        raise InputError(f"--check-value has {len(digits)} digits", f"give {SHORTEST_CHECK} at least")
    found = check_value(key).digits
    if not found.startswith(digits):
        raise InputError(f"the check value is {found}, not {digits}", "this is another key; nothing was stored")


def _require_file_check(offer: Offer, given: str | None) -> None:
    if given is None:
        return
    if offer.file_check is None:
        raise InputError("--file-check is for a sealed file", "key parts have check values and no file check")
    if _bare(given) != _bare(offer.file_check):
        raise InputError(f"the file check is {offer.file_check}, not the one given", "this is not the sender's file")


def _bare(digits: str) -> str:
    return "".join(digits.split()).replace("-", "").upper()


def _confirm(context: Context, question: str, wanted: _Wanted) -> None:
    """Ask a person who sits there and has not compared the check value yet."""
    from ptktctl.commands.terminal import confirm

    if context.stdin.isatty() and context.stderr.isatty():
        confirm(context, question, yes=wanted.yes or bool(wanted.check_value or wanted.file_check))


def _store(context: Context, found: _Found, unlock: Unlock, *, force: bool) -> Answer:
    """Seal the key into the store, unless it is there already."""
    from ptktctl.commands.handing_over import check_text
    from ptktctl.store import vault

    now, path, key = context.clock(), context.places().keys, found.offer.key
    created = now if found.offer.created is None else min(found.offer.created, now)
    with vault.editing(path, unlock) as draft:
        before = draft.get(found.name)
        if before and before.key != key and not force:
            raise _there_already(found.name, f", check value {check_text(before.key)}")
        if not before or before.key != key:
            draft.put(found.name, key, created, replace=force)
    stored = vault.Vault.open(path, unlock).keys()
    this = vault.StoredKey(found.name, key, created)
    found = found.replaced(warnings=[*found.warnings, *twins(this, stored)])
    is_same = before is not None and before.key == key
    _note_use(context, found.name, "stored already" if is_same else "stored")
    what = "is stored already:" if is_same else "stored"
    return _answer(found, stored=True, text=f"{what} {_told(found)}")


def _note_use(context: Context, name: KeyName, outcome: str) -> None:
    """Tell the audit trail which key it was, which files know and the command line does not."""
    context.use.values = {"applid": name.applid, "userid": name.userid, "group": name.group}
    context.use.key = name.kind.value
    context.use.outcome = outcome


def _there_already(name: KeyName, more: str) -> InputError:
    return InputError(
        f"there is another key {name} already{more}", "--force replaces it; without a copy elsewhere it is lost"
    )


def _told(found: _Found) -> str:
    from ptktctl.commands.handing_over import check_text

    offer = found.offer
    file_check = f", file check {offer.file_check}" if offer.is_anonymous else ""
    return f"the key {found.name} from {offer.origin}{file_check}, check value {check_text(offer.key)}"


def _answer(found: _Found, *, stored: bool, text: str) -> Answer:
    from ptktctl.commands.handing_over import check_members
    from ptktctl.commands.key_wording import name_members
    from ptktctl.commands.wording import instant

    created = found.offer.created
    members = {
        "profile": found.name.profile,
        **name_members(found.name),
        "fingerprint": found.offer.key.fingerprint,
        **check_members(found.offer.key),
        "origin": found.offer.origin,
        "file_check": found.offer.file_check,
        "created": None if created is None else instant(created),
        "stored": stored,
        "differences": found.differences,
        "warnings": found.warnings,
    }
    notes = [f"warning: {warning}" for warning in found.warnings]
    notes += [
        f"note: {each['setting']} is {each['sender'] or 'not set'} at the sender's, {each['here'] or 'not set'} here"
        for each in found.differences
    ]
    if found.offer.is_anonymous and not found.is_compared:
        notes.append("note: anybody who has your public key can have made the file: compare its file check")
    return Answer("key-import/1", members, text, notes=notes)
