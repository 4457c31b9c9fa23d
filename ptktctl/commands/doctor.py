"""ptktctl doctor: is everything in order on this machine, and what to mend."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ptktctl.commands.answer import Answer
from ptktctl.commands.parameters import command, unlock_options
from ptktctl.errors import PtktctlError, StoreLockedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ptktctl.commands.context import Context
    from ptktctl.store.unlocking import Unlocker
    from ptktctl.store.vault import Vault

OK, NOTE, MEND = "ok", "note", "mend"
CLOCK_COMMAND = ("timedatectl", "show", "--property=NTPSynchronized", "--value")
CLOCK_PATIENCE = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: ok, worth a note, or to be mended."""

    what: str
    state: str
    found: str
    remedy: str | None = None

    def line(self) -> str:
        """The check as a line or two of text."""
        remedy = f"\n{'':6}{'':12} {self.remedy}" if self.remedy else ""
        return f"{self.state:<6}{self.what:<12} {self.found}{remedy}"


@command(
    "doctor",
    examples="""
    ptktctl doctor
    ptktctl doctor --key-file ~/ptktctl.key --format json
    """,
)
@unlock_options
def doctor(context: Context, passphrase_file: str | None, key_file: str | None) -> Answer:
    """Check the store, how it is unlocked, the clock and the versions.

    Asks for nothing and changes nothing. Ends with status 1 when something is to be mended.
    """
    from ptktctl.store.unlocking import Unlocker

    unlocker = Unlocker(context.environ, passphrase_file=passphrase_file, key_file=key_file)
    checks = list(_checks(context, unlocker))
    members = [{"check": each.what, "state": each.state, "found": each.found, "remedy": each.remedy} for each in checks]
    status = 1 if any(each.state == MEND for each in checks) else 0
    return Answer("doctor/1", {"checks": members}, "\n".join(each.line() for each in checks), status)


def _checks(context: Context, unlocker: Unlocker) -> Iterator[Check]:
    """All findings; what several checks stumble over is told once."""
    told: set[tuple[str, str | None]] = set()
    for each in _all_checks(context, unlocker):
        if (each.found, each.remedy) not in told:
            told.add((each.found, each.remedy))
            yield each


def _all_checks(context: Context, unlocker: Unlocker) -> Iterator[Check]:
    yield from _guarded("places", partial(_finish_restore, context))
    for path in _paths(context):
        yield from _guarded("places", partial(_check_place, path))
    yield from _guarded("definitions", lambda: _check_definitions(context))
    yield from _guarded("keys", lambda: _check_keys(context, unlocker))
    yield from _guarded("ledger", lambda: _check_ledger(context))
    yield _check_clock()
    yield _check_versions()


def _guarded(what: str, check: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """The findings of a check; what it raises is to be mended."""
    try:
        yield from check()
    except PtktctlError as error:
        yield Check(what, MEND, error.message, error.hint)


def _paths(context: Context) -> tuple[str, ...]:
    from ptktctl.store.places import Places

    places = Places.locate(context.environ)
    return places.definitions, places.keys, places.ledger, places.audit


def _finish_restore(context: Context) -> Iterator[Check]:
    """A restore that was cut off is finished, as by any command; why that fails is told here."""
    context.places()
    return iter(())


def _check_place(path: str) -> Iterator[Check]:
    from ptktctl.store.places import check_private

    check_private(path)
    if os.path.lexists(path):
        yield Check("places", OK, f"{path}: only you can read and write it")
    else:
        yield Check("places", NOTE, f"{path}: not there yet")


def _check_definitions(context: Context) -> Iterator[Check]:
    from ptktctl.commands.selection import load_definitions

    defined = [application.applid.value for application in load_definitions(context)]
    if defined:
        yield Check("definitions", OK, ", ".join(defined))
    else:
        yield Check("definitions", NOTE, "no APPLID is defined", "ptktctl applid add APPLID")


def _check_keys(context: Context, unlocker: Unlocker) -> Iterator[Check]:
    from ptktctl.store import slots
    from ptktctl.store.vault import Vault, listed_names

    path = context.places().keys
    if not os.path.lexists(path):
        yield Check("keys", NOTE, "there is no store yet", "ptktctl init")
        return
    yield Check("keys", OK, f"{len(listed_names(path))} stored; the file is whole")
    yield Check("keys", OK, f"opened by {', '.join(map(slots.described, slots.listed(path)))}")
    try:
        vault = Vault.open(path, unlocker.data_key)
    except StoreLockedError as error:
        if unlocker.is_given():
            raise
        yield Check("keys", NOTE, error.message, error.hint)
        return
    yield from _check_opened(context, vault)
    yield from _check_slots(path)


def _check_slots(path: str) -> Iterator[Check]:
    """Other ways to open the store that would not serve, as far as that can be told without trying."""
    from importlib.util import find_spec

    from ptktctl.store import slots
    from ptktctl.store.sealing import KeyFileSlot, KeyringSlot

    for slot in slots.listed(path):
        if isinstance(slot, KeyFileSlot) and not os.path.lexists(slot.path):
            remedy = f"name its place with --key-file; or ptktctl store slot remove {slot.number}"
            yield Check("keys", NOTE, f"{slots.described(slot)}: that file is not there", remedy)
        if isinstance(slot, KeyringSlot) and not find_spec("keyring"):
            remedy = "pip install 'ptktctl[keyring]'"
            yield Check("keys", NOTE, f"{slots.described(slot)}: the package keyring is not installed", remedy)


def _check_opened(context: Context, vault: Vault) -> Iterator[Check]:
    from ptktctl.commands.selection import load_definitions

    stored = vault.keys()
    yield Check("keys", OK, "the store opens without asking; each key is readable")
    defined = {application.applid for application in load_definitions(context)}
    for each in stored:
        for weakness in each.key.weaknesses():
            yield Check("keys", MEND, f"{each.name}: the key is {weakness.value}", "take a random key on both sides")
    for name in sorted({each.name.applid.value for each in stored if each.name.applid not in defined}):
        yield Check("keys", NOTE, f"{name} has keys but no definition", f"ptktctl applid add {name}")
    for name in sorted(applid.value for applid in defined - {each.name.applid for each in stored}):
        yield Check("keys", NOTE, f"{name} has no key", f"ptktctl key generate {name}, or key set")


def _check_ledger(context: Context) -> Iterator[Check]:
    from ptktctl.commands.selection import LEDGER, open_ledger
    from ptktctl.store.ledger import BUCKETS, TOKEN_LENGTH, Ledger

    if context.environ.get(LEDGER):
        open_ledger(context).peek(bytes(TOKEN_LENGTH))
        yield Check("ledger", OK, f"the shared ledger that {LEDGER} names answers")
        return
    path = context.places().ledger
    if os.path.lexists(path):
        ledger = Ledger(path)
        for bucket in range(BUCKETS):
            ledger.peek(bytes([bucket]).ljust(TOKEN_LENGTH, b"\0"))
        yield Check("ledger", OK, "the memory of used tickets is sound")


def _check_clock() -> Check:
    """PassTickets live by the clock: ten minutes legacy, a minute enhanced unless TIMEOUT says otherwise."""
    import subprocess

    try:
        ran = subprocess.run(  # noqa: S603 - a command of our own, without a shell
            CLOCK_COMMAND, capture_output=True, text=True, timeout=CLOCK_PATIENCE, check=False
        )
        answer = ran.stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        answer = ""
    if answer == "yes":
        return Check("clock", OK, "kept right by a time server")
    if answer == "no":
        return Check("clock", MEND, "not kept right by a time server", "switch on NTP: timedatectl set-ntp true")
    return Check(
        "clock", NOTE, "can't tell whether a time server keeps it right", "compare `date -u` with the host's clock"
    )


def _check_versions() -> Check:
    import platform
    from importlib.metadata import version

    from ptktctl import __version__

    libraries = ", ".join(f"{name} {version(name)}" for name in ("click", "pycryptodome", "rich"))
    return Check("versions", OK, f"ptktctl {__version__}, Python {platform.python_version()}, {libraries}")
