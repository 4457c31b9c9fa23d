"""A store that opens quickly, and what it takes to be cruel to it: many processes, and death at any line."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, NoReturn

import pytest

from ptktctl.passticket.keys import EnhancedKey, LegacyKey, SecuredSignonKey
from ptktctl.passticket.names import ApplId, GroupId, UserId
from ptktctl.store import audit, audit_trail, backup, files, handover_files, ledger, restoring, vault
from ptktctl.store.sealing import UnlockKey
from ptktctl.store.unlocking import Unlocker, new_key_file
from ptktctl.store.vault import KeyKind, KeyName, Unlock

# Nothing else in the store touches the disk.
DISK_CODE = tuple(module.__file__ for module in (files, ledger, backup, restoring, handover_files, audit, audit_trail))
# Nor do these of it, which run once a record, or work on text.
RECORDS = ("_content", "_digest", "_by_bucket", "<genexpr>", "<dictcomp>", "<listcomp>")
TEXT = ("render", "parse", "contents", "_head", "_require_title", "_stamp", "restoring_of", "temporary_of")
# Who dies while reading leaves what the line before left.
READING = ("read_private", "_read_in_folder", "_read_opened", "_contents", "is_restoring", "as_it_is", "_place_of_log")
PURE_FUNCTIONS = RECORDS + TEXT + READING
QUICK_N = 2


class Site(NamedTuple):
    """A store in a folder of its own, with the key file that opens it beside the folder."""

    keys: str
    key_file: str
    unlock: Unlock

    @property
    def folder(self) -> Path:
        return Path(self.keys).parent

    def put(self, name: KeyName, key: SecuredSignonKey, created: int = 1_700_000_000, *, replace: bool = False) -> None:
        with vault.editing(self.keys, self.unlock) as draft:
            draft.put(name, key, created, replace=replace)

    def open(self) -> vault.Vault:
        return vault.Vault.open(self.keys, self.unlock)


def _named(profile: str, kind: KeyKind = KeyKind.LEGACY) -> KeyName:
    """ "FEKAPPL", "FEKAPPL.SYS1", ".IBMUSER" and so on: APPLID[/GROUP][.USERID]."""
    rest, _, userid = profile.partition(".")
    applid, _, group = rest.partition("/")
    return KeyName(
        ApplId.parse(applid),
        kind,
        GroupId.parse(group) if group else None,
        UserId.parse(userid) if userid else None,
    )


@pytest.fixture(scope="session")
def named() -> Callable[..., KeyName]:
    """A key name from text: APPLID[/GROUP][.USERID]."""
    return _named


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A store with nothing in it, opened by a key file that it remembers."""
    keys, key_file = str(tmp_path / "home" / "keys.toml"), str(tmp_path / "unlock.key")
    vault.create(keys, lambda: new_key_file(key_file))
    return Site(keys, key_file, Unlocker({}).data_key)


@pytest.fixture
def full_site(site: Site) -> Site:
    """A store with a legacy, an enhanced and a qualified key."""
    site.put(_named("FEKAPPL"), LegacyKey.from_hex("0BAD5EED0BAD5EED"))
    site.put(_named("FEKAPPL", KeyKind.ENHANCED), EnhancedKey(bytes(range(64))))
    site.put(_named("FEKAPPL/SYS1.IBMUSER"), LegacyKey.from_hex("C0FFEE00C0FFEE00"))
    return site


@pytest.fixture(scope="session")
def unlock_key() -> UnlockKey:
    """An unlock key that lies in no file."""
    return UnlockKey(bytes(range(32)), "/nowhere/unlock.key")


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the disk: what a killed process had written is there in any case."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def passphrase_site(tmp_path: Path) -> Site:
    """An empty store, opened by the passphrase "correct horse"; scrypt made cheap."""
    from ptktctl.store.sealing import Passphrase

    keys = str(tmp_path / "home" / "keys.toml")
    vault.create(keys, lambda: Passphrase(b"correct horse"), scrypt_n=QUICK_N)
    return Site(keys, "", Unlocker({"PTKTCTL_PASSPHRASE": "correct horse"}).data_key)


def _fork(action: Callable[[], object]) -> tuple[int, int]:
    """Run an action in a process; answers its id and where its answer can be read as JSON."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    status = 1
    try:
        os.close(reading)
        with open(writing, "w") as answer:
            json.dump(action(), answer)
        status = 0
    finally:
        os._exit(status)


def _answer_of(child: int, reading: int) -> tuple[int, Any]:
    with open(reading) as answer:
        text = answer.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, json.loads(text) if status == 0 else None


Together = Callable[[Iterable[Callable[[], object]]], list[Any]]


@pytest.fixture(scope="session")
def together() -> Together:
    """Run actions at once, each in a process of its own; their answers, in order, once all have ended well."""

    def run(actions: Iterable[Callable[[], object]]) -> list[Any]:
        children = [_fork(action) for action in actions]
        ended = [_answer_of(*child) for child in children]
        assert [status for status, _ in ended] == [0] * len(ended)
        return [answer for _, answer in ended]

    return run


def _killed_at(line: int, action: Callable[[], object]) -> NoReturn:
    """Be the action, and die by SIGKILL before the given line of the code that touches the disk is run."""
    left = line

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in DISK_CODE or frame.f_code.co_name in PURE_FUNCTIONS:
            return None
        if event == "line":
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    action()
    os._exit(0)


@pytest.fixture(scope="session")
def killed_everywhere() -> Callable[[Callable[[], object], Callable[[], object]], int]:
    """Run an action again and again, killed one line of the disk's code later each time, until it survives.

    Takes the action and what to do after each time (judge, and set the stage anew); answers how often it was killed.
    """

    def run(action: Callable[[], object], after: Callable[[], object]) -> int:
        line = 1
        while True:
            child = os.fork()
            if not child:
                try:
                    _killed_at(line, action)
                finally:
                    os._exit(1)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            assert status in (0, -signal.SIGKILL), f"at line {line}"
            after()
            if status == 0:
                return line - 1
            line += 1

    return run
