"""A second serves for one ticket."""

import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptktctl import ApplId, EnhancedKey, LegacyKey, UserId, generate
from ptktctl.errors import StoreBusyError, StoreError
from ptktctl.store import freshness
from ptktctl.store.freshness import LONGEST_QUEUE, take_second
from ptktctl.store.ledger import Ledger, made_token, token

KEY = LegacyKey.from_hex("E001193519561977")
IBMUSER, FEKAPPL = UserId.parse("IBMUSER"), ApplId.parse("FEKAPPL")
NOW = 1_700_000_000
DAY = 86_400
# Takes a second, says which, and has no time to tidy up.
KILLED = """
import os, signal, sys
from ptktctl import ApplId, LegacyKey, UserId
from ptktctl.store.freshness import take_second
from ptktctl.store.ledger import Ledger
key = LegacyKey.from_hex("E001193519561977")
second = take_second(Ledger(sys.argv[1]), key, UserId.parse("IBMUSER"), ApplId.parse("FEKAPPL"), 1700000000)
os.write(1, str(second).encode())
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(str(tmp_path / "home" / "used.db"))


def take(ledger: Ledger, now: int, userid: UserId = IBMUSER, applid: ApplId = FEKAPPL) -> int:
    return take_second(ledger, KEY, userid, applid, now)


@settings(max_examples=20)
@given(clocks=st.lists(st.integers(NOW - 20, NOW + 20), min_size=1, max_size=20))
def test_whatever_the_clock_does_it_is_the_first_free_second_from_now_on(clocks: list[int]) -> None:
    taken: set[int] = set()
    with TemporaryDirectory() as folder:
        ledger = Ledger(f"{folder}/home/used.db")
        for now in clocks:
            second = take(ledger, now)
            assert second == min(set(range(now, now + len(clocks) + 1)) - taken)
            taken.add(second)


@settings(max_examples=20)
@given(
    clocks=st.lists(st.sampled_from([NOW, NOW + 1, NOW + 4000, NOW + DAY, NOW + 365 * DAY]), min_size=2, max_size=12)
)
def test_no_leap_of_the_clock_gives_a_second_again(clocks: list[int]) -> None:
    taken: list[int] = []
    with TemporaryDirectory() as folder:
        ledger = Ledger(f"{folder}/home/used.db")
        for position, now in enumerate(clocks):
            try:
                taken.append(take(ledger, now))
            except StoreError:
                # Nobody knows any more, which is so only when the clock was set back.
                assert now < max(clocks[:position])
    assert len(set(taken)) == len(taken)
    assert taken


def test_other_users_applications_and_keys_have_seconds_of_their_own(ledger: Ledger) -> None:
    assert take(ledger, NOW) == NOW
    assert take(ledger, NOW, userid=UserId.parse("MIKEM")) == NOW
    assert take(ledger, NOW, applid=ApplId.parse("TSOSYS1")) == NOW
    assert take_second(ledger, EnhancedKey(bytes(range(32))), IBMUSER, FEKAPPL, NOW) == NOW
    assert take(ledger, NOW) == NOW + 1


def test_parity_bits_make_no_other_key(ledger: Ledger) -> None:
    assert take(ledger, NOW) == NOW
    same = LegacyKey(bytes(byte ^ 1 for byte in KEY.secret))
    assert take_second(ledger, same, IBMUSER, FEKAPPL, NOW) == NOW + 1


def test_a_ticket_that_was_made_is_not_taken_for_used(ledger: Ledger) -> None:
    second = take(ledger, NOW)
    ticket = generate(IBMUSER, FEKAPPL, KEY, second)
    known = token(KEY, IBMUSER, FEKAPPL, ticket, second)
    assert known != made_token(KEY, IBMUSER, FEKAPPL, second)
    assert ledger.use(known, second, NOW, NOW + 600) is None


def test_the_queue_has_an_end(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness, "LONGEST_QUEUE", 3)
    assert [take(ledger, NOW) for _ in range(3)] == [NOW, NOW + 1, NOW + 2]
    with pytest.raises(StoreBusyError, match="IBMUSER and FEKAPPL"):
        take(ledger, NOW)
    assert take(ledger, NOW + 1) == NOW + 3
    assert LONGEST_QUEUE >= 600


def test_a_killed_process_keeps_its_second(tmp_path: Path) -> None:
    path = str(tmp_path / "home" / "used.db")
    command = [sys.executable, "-c", KILLED, path]
    ran = [subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(3)]
    assert [process.returncode for process in ran] == [-signal.SIGKILL] * 3
    assert [process.stdout for process in ran] == [str(NOW + step) for step in range(3)]
