"""A ticket serves once: what verifiers are promised, with real tickets, real evaluation, real processes."""

import contextlib
import itertools
import os
import random
import resource
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ptktctl import ApplId, LegacyKey, UserId, generate
from ptktctl.errors import StoreError, StoreWriteError
from ptktctl.passticket.evaluation import LEGACY_WINDOW, Evaluation, Outcome, evaluate
from ptktctl.passticket.keys import SecuredSignonKey
from ptktctl.store.ledger import KEPT_LONGER, Ledger, token
from ptktctl.store.ledgers import Use

NOW = 1_700_000_000
KEY = LegacyKey.from_hex("E001193519561977")
IBMUSER, FEKAPPL = UserId("IBMUSER"), ApplId("FEKAPPL")
Together = Callable[..., list[Any]]


def made_at(*seconds: int) -> list[str]:
    return [generate(IBMUSER, FEKAPPL, KEY, at=second) for second in seconds]


def verified(path: str, ticket: str, now: int) -> Evaluation:
    """As `verify` does it."""

    def use(key: SecuredSignonKey, generated: int) -> int | None:
        known = token(key, IBMUSER, FEKAPPL, ticket, generated)
        return Ledger(path).use(known, generated, now, generated + LEGACY_WINDOW)

    return evaluate(ticket, IBMUSER, FEKAPPL, [KEY], now, use=use)


def numbered(number: int, bucket: int = 0) -> bytes:
    return bytes([bucket]) + number.to_bytes(31)


def uses(*tokens: bytes, now: int = NOW) -> list[Use]:
    return [Use(token, now, now, now + LEGACY_WINDOW) for token in tokens]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "home" / "used.db")


def test_of_200_processes_with_the_same_50_tickets_each_is_valid_once(path: str, together: Together) -> None:
    tickets = made_at(*range(NOW - 25, NOW + 25))

    def verifier(seed: int) -> Callable[[], list[str]]:
        def action() -> list[str]:
            order = random.Random(seed).sample(tickets, len(tickets))
            outcomes = {ticket: verified(path, ticket, NOW).outcome for ticket in order}
            assert set(outcomes.values()) <= {Outcome.VALID, Outcome.USED}
            return [ticket for ticket, outcome in outcomes.items() if outcome is Outcome.VALID]

        return action

    valid = together(map(verifier, range(200)))
    assert sorted(itertools.chain(*valid)) == sorted(tickets)


class MountedDisk:
    """A file system of 256 KB, filled up by a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        mount = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", str(folder)]
        subprocess.run(mount, check=True, capture_output=True)

    def fill(self) -> None:
        with contextlib.suppress(OSError), (self.folder / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(b"x" * 512):
                pass

    def free(self) -> None:
        (self.folder / "ballast").unlink()

    def remove(self) -> None:
        subprocess.run(["umount", "--lazy", self.folder], check=True)


class LimitedDisk:
    """What a user who may not mount anything can do instead: forbid this process files larger than the ledger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.usual = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        largest = max(file.stat().st_size for file in self.folder.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, self.usual[1]))

    def free(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.usual)

    remove = free


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[MountedDisk | LimitedDisk]:
    folder = tmp_path / "small"
    folder.mkdir(0o700)
    disk: MountedDisk | LimitedDisk
    try:
        disk = MountedDisk(folder)
    except (OSError, subprocess.CalledProcessError):
        disk = LimitedDisk(folder)
    yield disk
    disk.remove()


def test_when_the_disk_fills_up_no_ticket_is_valid_that_is_not_remembered(
    small_disk: MountedDisk | LimitedDisk,
) -> None:
    path = str(small_disk.folder / "used.db")
    (first,) = made_at(NOW)
    valid, refused = [first], []
    assert verified(path, first, NOW).outcome is Outcome.VALID
    small_disk.fill()
    for ticket in made_at(*range(NOW + 1, NOW + 500)):
        try:
            assert verified(path, ticket, NOW).outcome is Outcome.VALID
            valid.append(ticket)
        except StoreWriteError:
            refused.append(ticket)
    assert refused
    small_disk.free()
    assert {verified(path, ticket, NOW).outcome for ticket in valid} == {Outcome.USED}
    assert {verified(path, ticket, NOW).outcome for ticket in refused} == {Outcome.VALID}
    assert StoreWriteError.exit_status == 3


@pytest.mark.parametrize("ahead", [0, LEGACY_WINDOW, KEPT_LONGER, KEPT_LONGER + 2 * LEGACY_WINDOW, 10**8])
def test_a_clock_that_steps_back_makes_no_ticket_valid_again(path: str, ahead: int) -> None:
    (ticket,) = made_at(NOW)
    assert verified(path, ticket, NOW + 5).outcome is Outcome.VALID
    everywhere = [numbered(1, bucket) for bucket in range(256)]
    assert Ledger(path).use_many(uses(*everywhere, now=NOW + ahead)) == [None] * 256
    for now in (NOW + 4, NOW, NOW - LEGACY_WINDOW, NOW + LEGACY_WINDOW):
        with contextlib.suppress(StoreError):
            assert verified(path, ticket, now).outcome is Outcome.USED


def test_the_ledger_is_bounded_by_the_window_not_by_history(path: str) -> None:
    """A thousand tickets an hour, in bulk, for a day."""
    sizes, fresh = [], itertools.count()
    for hour in range(24):
        now = NOW + hour * 3600
        brought = [numbered(number := next(fresh), number % 8) for _ in range(1000)]
        assert Ledger(path).use_many(uses(*brought, now=now)) == [None] * 1000
        sizes.append(os.path.getsize(path))
    assert len(set(sizes[3:])) == 1
    assert sizes[-1] < 800_000


# Many at once


def test_many_at_once_are_answered_in_order(path: str) -> None:
    ledger = Ledger(path)
    ledger.use(numbered(1), NOW - 7, NOW - 7, NOW + 600)
    brought = [numbered(2), numbered(1), numbered(2), numbered(2, 9), numbered(3, 200), numbered(2, 9)]
    assert ledger.peek_many(brought) == [None, NOW - 7, None, None, None, None]
    assert ledger.use_many(uses(*brought)) == [None, NOW - 7, NOW, None, None, NOW]
    assert ledger.peek_many([*brought, numbered(5)]) == [NOW, NOW - 7, NOW, NOW, NOW, NOW, None]
    assert ledger.use_many(uses(*brought, now=NOW + 1)) == [NOW, NOW - 7, NOW, NOW, NOW, NOW]
    assert ledger.use_many([]) == ledger.peek_many([]) == []


def test_many_at_once_are_what_they_are_one_by_one() -> None:
    """The same lists of uses, in one call and in many, with clocks that leap."""
    chance = random.Random(4)
    for _ in range(10):
        moments = [NOW + chance.choice([0, 0, 5, 4000, 9000]) for _ in range(4)]
        calls = [
            [Use(numbered(number := chance.randrange(6), number % 2), now, now, now + 600) for _ in range(5)]
            for now in moments
        ]
        with tempfile.TemporaryDirectory() as folder:
            together, singly = Ledger(f"{folder}/a.db"), Ledger(f"{folder}/b.db")
            for call in calls:
                try:
                    expected: object = [singly.use(*each) for each in call]
                except StoreError:
                    break
                assert together.use_many(call) == expected


def test_of_many_at_once_all_are_recorded_or_none(path: str) -> None:
    ledger = Ledger(path)
    ledger.use(numbered(1, 7), NOW, NOW, NOW + 600)
    ledger.use(numbered(2, 7), NOW + 10**6, NOW + 10**6, NOW + 10**6 + 600)
    with pytest.raises(StoreError, match="no longer known"):
        ledger.use_many(uses(numbered(3, 5), numbered(4, 7), numbered(5, 9)))
    assert ledger.peek_many([numbered(3, 5), numbered(4, 7), numbered(5, 9)]) == [None] * 3


def test_many_at_once_wait_for_the_disk_once(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(path)
    ledger.use(numbered(0), NOW, NOW, NOW + 600)
    said: list[str] = []
    connect = sqlite3.connect

    def listening(*arguments: Any, **settings: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **settings)
        connection.set_trace_callback(said.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", listening)
    ledger.use_many(uses(*(numbered(number, number % 256) for number in range(1, 1001))))
    assert said.count("BEGIN IMMEDIATE") == said.count("COMMIT") == 1
    assert sum(statement.startswith("UPDATE") for statement in said) == 256


def test_killed_at_any_line_many_at_once_leave_all_or_none(path: str, killed_everywhere: Callable[..., int]) -> None:
    ledger = Ledger(path)
    ledger.use(numbered(0), NOW, NOW, NOW + 600)
    whole = Path(path).read_bytes()
    brought = [numbered(1, 1), numbered(2, 2)]
    seen = set()

    def after() -> None:
        answers = ledger.peek_many(brought)
        assert len(set(answers)) == 1
        seen.add(answers[0])
        Path(path).write_bytes(whole)

    assert killed_everywhere(lambda: ledger.use_many(uses(*brought)), after) > 20
    assert seen == {None, NOW}
