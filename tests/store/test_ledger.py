import itertools
import os
import random
import resource
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import filelock
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptktctl.errors import StoreBusyError, StoreDamagedError, StoreError, StoreWriteError, UnsafePermissionsError
from ptktctl.passticket.keys import EnhancedKey, LegacyKey, SecuredSignonKey, TicketType
from ptktctl.passticket.names import ApplId, UserId
from ptktctl.store import files
from ptktctl.store.ledger import BUCKETS, KEPT_LONGER, Ledger, token

NOW = 1_700_000_000
WINDOW = 600
TOKEN = bytes(range(32))
Together = Callable[..., list[Any]]
assert filelock.__version__  # loaded before a test gives up its rights to read modules


def numbered(number: int, bucket: int = 0) -> bytes:
    return bytes([bucket]) + number.to_bytes(31)


def use(ledger: Ledger, token: bytes, now: int, generated: int | None = None) -> int | None:
    generated = now if generated is None else generated
    return ledger.use(token, generated, now, generated + WINDOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "used.db"


@pytest.fixture
def ledger(path: Path) -> Ledger:
    return Ledger(str(path))


def test_a_ticket_serves_once(ledger: Ledger, path: Path) -> None:
    assert ledger.peek(TOKEN) is None
    assert not path.parent.exists()
    assert use(ledger, TOKEN, NOW) is None
    assert use(ledger, TOKEN, NOW + 5) == NOW
    assert ledger.peek(TOKEN) == NOW
    assert use(Ledger(str(path)), TOKEN, NOW + WINDOW) == NOW
    assert use(ledger, numbered(1), NOW) is None
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_cannot_be_opened_is_not_said_to_be_unwritten_by_who_only_reads(ledger: Ledger, path: Path) -> None:
    path.mkdir(parents=True, mode=0o700)
    path.parent.chmod(0o700)
    with pytest.raises(StoreError, match="can't be read: ") as caught:
        ledger.peek(TOKEN)
    assert not isinstance(caught.value, StoreWriteError)
    with pytest.raises(StoreWriteError, match="could not be written: ") as unwritten:
        use(ledger, TOKEN, NOW)
    assert "--peek" in str(unwritten.value.hint)


def test_peek_writes_nothing(ledger: Ledger, path: Path) -> None:
    use(ledger, TOKEN, NOW)
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert ledger.peek(numbered(7)) is None
    assert ledger.peek(TOKEN) == NOW
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert use(ledger, numbered(7), NOW) is None


def test_what_the_window_has_passed_is_forgotten(ledger: Ledger, path: Path) -> None:
    """All in one bucket, a ticket each 400 seconds for half a day: no more is kept than window and margin bring."""
    sizes = []
    for number in range(110):
        assert use(ledger, numbered(number), NOW + 400 * number) is None
        sizes.append(path.stat().st_size)
    kept = [number for number in range(110) if ledger.peek(numbered(number)) is not None]
    assert kept == list(range(110 - (WINDOW + KEPT_LONGER) // 400 - 1, 110))
    assert len(set(sizes[20:])) == 1


def test_forgetting_refuses_no_other_ticket(ledger: Ledger) -> None:
    """Legacy tickets (600 s) and enhanced ones (1 s) made in the same seconds, used at either end of their windows."""
    fresh = itertools.count()
    for moment in range(NOW, NOW + 4 * KEPT_LONGER, 599):
        for generated, window in ((moment, 1), (moment - 1, 1), (moment - 600, 600), (moment + 600, 600)):
            assert ledger.use(numbered(next(fresh)), generated, moment, generated + window) is None


@pytest.mark.parametrize("back", [1, 600, KEPT_LONGER, KEPT_LONGER + WINDOW, 10**9 - 3])
@pytest.mark.parametrize("ahead", [601, KEPT_LONGER, KEPT_LONGER + WINDOW + 1, 10**9])
def test_a_clock_set_back_makes_no_ticket_valid_again(ledger: Ledger, ahead: int, back: int) -> None:
    assert use(ledger, numbered(1), NOW) is None
    assert use(ledger, numbered(2), NOW + ahead) is None
    for now in (NOW + ahead - back, NOW + WINDOW, NOW + 5, NOW, NOW - WINDOW):
        if abs(now - NOW) > WINDOW:
            continue  # no verifier would ask
        with suppress(StoreError):
            assert use(ledger, numbered(1), now, NOW) == NOW


def test_what_is_no_longer_known_is_said(ledger: Ledger) -> None:
    use(ledger, numbered(1), NOW)
    use(ledger, numbered(2), NOW + 10 * KEPT_LONGER)
    assert ledger.peek(numbered(1)) is None
    with pytest.raises(StoreError, match="no longer known") as caught:
        use(ledger, numbered(1), NOW + 5, NOW)
    assert caught.value.exit_status == 3
    assert "clock was set back" in str(caught.value.hint)


def test_a_clock_that_ran_ahead_and_was_put_right_stops_nobody_for_longer_than_a_window(ledger: Ledger) -> None:
    use(ledger, numbered(1), NOW)
    use(ledger, numbered(2), NOW + 10**9)
    with pytest.raises(StoreError):
        use(ledger, numbered(3), NOW + 10, NOW)
    assert use(ledger, numbered(4), NOW + 10, NOW + 1) is None
    assert use(ledger, numbered(5), NOW + WINDOW + 10) is None


def test_another_moment_asked_about_is_remembered_for_the_margin(ledger: Ledger) -> None:
    """verify --at of yesterday: the clock says that the window has passed, and still a ticket serves once."""
    for number in range(3):
        use(ledger, numbered(100 + number), NOW + number * 2 * KEPT_LONGER)
    now, yesterday = NOW + 4 * KEPT_LONGER, NOW - 86_400
    assert use(ledger, numbered(1), now, yesterday) is None
    assert use(ledger, numbered(1), now + KEPT_LONGER, yesterday) == now
    assert use(ledger, numbered(2), now, yesterday) is None


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 6),  # which ticket; its second is that of its making times 300
        st.sampled_from([0, 1, 300, 600, 3600, 4201, 9000, 10**8, -1, -300, -4201, -9000, -(10**8)]),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(EVENTS)
def test_no_ticket_is_valid_twice_whatever_the_clock_does(events: list[tuple[int, int]]) -> None:
    """Against a memory that never forgets; tickets are brought only while the clock says that their window lasts."""
    with tempfile.TemporaryDirectory() as folder:
        ledger, now, served = Ledger(os.path.join(folder, "used.db")), NOW, dict[int, int]()
        highest = NOW
        for number, step in events:
            now = max(now + step, 0)
            generated = NOW + 300 * number
            which = number
            if abs(now - generated) > WINDOW:
                generated, which = now - now % 300, 100 + now // 300
            try:
                answer = use(ledger, numbered(which), now, generated)
            except StoreDamagedError:
                raise
            except StoreError:
                assert now < highest, "refused although the clock was never set back"
                continue
            assert answer == served.get(which)
            served.setdefault(which, now)
            highest = max(highest, now)


def test_of_many_at_once_exactly_one_is_first(path: Path, together: Together) -> None:
    tokens = [numbered(number, number % 4) for number in range(12)]

    def using(seed: int) -> Callable[[], list[int]]:
        def action() -> list[int]:
            order = random.Random(seed).sample(range(len(tokens)), len(tokens))
            ledger = Ledger(str(path))
            return [number for number in order if use(ledger, tokens[number], NOW) is None]

        return action

    firsts = together([using(seed) for seed in range(24)])
    assert sorted(number for each in firsts for number in each) == list(range(len(tokens)))


def test_killed_at_any_moment_what_was_answered_valid_is_never_valid_again(path: Path) -> None:
    """Processes use ticket after ticket and report each that is valid; SIGKILL comes when it comes."""
    ledger = Ledger(str(path), timeout=30)
    valid: list[int] = []
    for attempt in range(12):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            try:
                for number in itertools.count(attempt * 10_000):
                    if use(ledger, numbered(number, number % 3), NOW) is None:
                        os.write(writing, b"%d\n" % number)
            finally:
                os._exit(1)
        os.close(writing)
        with open(reading) as lines:
            valid += [int(lines.readline()) for _ in range(2)]
            time.sleep(attempt * 0.0007)
            os.kill(child, signal.SIGKILL)
            valid += [int(line) for line in lines]
        os.waitpid(child, 0)
        assert all(ledger.peek(numbered(number, number % 3)) == NOW for number in valid)
    assert len(valid) >= 24
    assert all(use(ledger, numbered(number, number % 3), NOW) == NOW for number in valid)


def test_killed_at_any_line_the_ledger_works_on(path: Path, killed_everywhere: Callable[..., int]) -> None:
    ledger = Ledger(str(path))
    answers = set()

    def after() -> None:
        answers.add(ledger.peek(TOKEN))
        assert use(ledger, TOKEN, NOW + 1) in (None, NOW)
        assert use(ledger, TOKEN, NOW + 2) in (NOW, NOW + 1)
        for each in path.parent.iterdir():
            if each.name != ".used.db.lock":
                each.unlink()

    assert killed_everywhere(lambda: use(ledger, TOKEN, NOW), after) > 50
    assert answers == {None, NOW}


def crashed_commit(path: Path) -> None:
    """Leave what a process leaves that is killed while SQLite writes: a changed file and a journal that undoes it."""
    child = os.fork()
    if not child:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        for number in range(BUCKETS):
            connection.execute("UPDATE bucket SET content = ? WHERE number = ?", (b"torn" * 500, number))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert path.with_name("used.db-journal").stat().st_size > 0


def test_a_commit_cut_short_is_undone(ledger: Ledger, path: Path) -> None:
    use(ledger, TOKEN, NOW)
    for ask in (ledger.peek, lambda token: use(ledger, token, NOW + 1)):
        crashed_commit(path)
        assert ask(TOKEN) == NOW
        assert ledger.peek(numbered(3)) is None


def outcome(ask: Callable[[bytes], int | None], path: Path) -> object:
    """What is answered of the one ticket that was used, or that the ledger is refused by its name."""
    try:
        return ask(TOKEN)
    except StoreError as error:
        return "refused" if str(path) in error.message else error


def test_no_flipped_bit_makes_a_ticket_valid_again(ledger: Ledger, path: Path) -> None:
    """Every bit of the header and round the record, and one bit of bytes all over the file."""
    use(ledger, TOKEN, NOW)
    whole = path.read_bytes()
    at = whole.index(TOKEN)
    places = {
        (position, bit) for area in (range(120), range(at - 60, at + 80)) for position in area for bit in range(8)
    }
    places |= {(position, position % 8) for position in range(0, len(whole), 11)}
    noticed = 0
    for position, bit in sorted(places):
        changed = bytearray(whole)
        changed[position] ^= 1 << bit
        path.write_bytes(changed)
        for ask in (ledger.peek, lambda token: use(ledger, token, NOW + 1)):
            found = outcome(ask, path)
            assert found in (NOW, "refused"), (position, bit)
            noticed += found == "refused"
        for extra in ("-journal", "-wal", "-shm"):
            path.with_name(path.name + extra).unlink(missing_ok=True)
    assert noticed > 2 * 8 * 60


def test_a_flipped_bit_of_a_record_is_damage(ledger: Ledger, path: Path) -> None:
    use(ledger, TOKEN, NOW)
    whole = path.read_bytes()
    at = whole.index(TOKEN)
    for position in range(at - 40, at + 56):
        for bit in range(8):
            changed = bytearray(whole)
            changed[position] ^= 1 << bit
            path.write_bytes(changed)
            with pytest.raises(StoreDamagedError, match=f"{path} is damaged") as caught:
                ledger.peek(TOKEN)
            assert "remove it" in str(caught.value.hint)


@pytest.mark.parametrize("damage", ["DELETE FROM bucket", "DROP TABLE bucket", "UPDATE bucket SET content = 'text'"])
def test_a_lost_bucket_is_damage(ledger: Ledger, path: Path, damage: str) -> None:
    use(ledger, TOKEN, NOW)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(damage)
    for ask in (ledger.peek, lambda token: use(ledger, token, NOW)):
        with pytest.raises(StoreDamagedError):
            ask(TOKEN)


def test_buckets_cannot_be_exchanged(ledger: Ledger, path: Path) -> None:
    use(ledger, numbered(1, 0), NOW)
    use(ledger, numbered(1, 1), NOW)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE bucket SET number = -1 WHERE number = 0")
        connection.execute("UPDATE bucket SET number = 0 WHERE number = 1")
        connection.execute("UPDATE bucket SET number = 1 WHERE number = -1")
    for number in (0, 1):
        with pytest.raises(StoreDamagedError, match="does not match"):
            use(ledger, numbered(1, number), NOW)


@settings(max_examples=50)
@given(st.binary(max_size=300), st.booleans())
def test_arbitrary_files_are_damage(tmp_path_factory: pytest.TempPathFactory, junk: bytes, as_sqlite: bool) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.db"
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_bytes(b"SQLite format 3\0" * as_sqlite + junk)
    for ask in (Ledger(str(path)).peek, lambda token: use(Ledger(str(path)), token, NOW)):
        with pytest.raises(StoreDamagedError):
            ask(TOKEN)


def test_a_ledger_cut_short_never_makes_a_ticket_valid_again(ledger: Ledger, path: Path) -> None:
    use(ledger, TOKEN, NOW)
    whole = path.read_bytes()
    for length in (*range(0, len(whole), 512), len(whole) - 1):
        path.write_bytes(whole[:length])
        assert outcome(ledger.peek, path) in (NOW, "refused")
        assert outcome(lambda token: use(ledger, token, NOW + 1), path) in (NOW, "refused")
        if length <= whole.index(TOKEN):
            assert outcome(ledger.peek, path) == "refused"


def test_a_ledger_in_use_for_too_long_is_said(ledger: Ledger, path: Path) -> None:
    use(ledger, TOKEN, NOW)
    impatient = Ledger(str(path), timeout=0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        for ask in (impatient.peek, lambda token: use(impatient, token, NOW)):
            with pytest.raises(StoreBusyError, match="in use"):
                ask(TOKEN)
    assert impatient.peek(TOKEN) == NOW


def test_an_unsafe_ledger_is_refused(ledger: Ledger, path: Path) -> None:
    use(ledger, TOKEN, NOW)
    for place, mode in ((path, 0o660), (path.parent, 0o711)):
        usual = place.stat().st_mode
        place.chmod(mode)
        for ask in (ledger.peek, lambda token: use(ledger, token, NOW)):
            with pytest.raises(UnsafePermissionsError):
                ask(TOKEN)
        place.chmod(usual)


@pytest.mark.parametrize("exists", [False, True])
def test_on_a_full_disk_no_ticket_is_valid(path: Path, together: Together, exists: bool) -> None:
    ledger = Ledger(str(path))
    if exists:
        use(ledger, numbered(1), NOW)

    def action() -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        try:
            return repr(use(ledger, TOKEN, NOW))
        except StoreWriteError as error:
            return error.message

    (message,) = together([action])
    assert message.startswith(f"{path} could not be written: ")
    assert not list(path.parent.glob(".used.db.new*"))
    assert ledger.peek(TOKEN) is None
    assert use(ledger, TOKEN, NOW) is None


def as_ordinary_user(folder: str, action: Callable[[], object]) -> Callable[[], object]:
    """The action by a user whom a mode stops: root gives up its rights first."""

    def run() -> object:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        return action()

    if os.geteuid() == 0:
        for each in (folder, *(os.path.join(folder, name) for name in os.listdir(folder))):
            os.chown(each, 65534, 65534)
    return run


def test_in_a_read_only_folder_a_ticket_can_be_looked_up_but_not_used(together: Together) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(os.path.join(folder, "used.db"))
        use(ledger, TOKEN, NOW)
        missing = Ledger(os.path.join(folder, "missing.db"))

        def action() -> list[object]:
            os.chmod(os.path.join(folder, "used.db"), 0o400)
            os.chmod(folder, 0o500)
            answers: list[object] = [ledger.peek(TOKEN), ledger.peek(numbered(1)), missing.peek(TOKEN)]
            for each in (ledger, missing):
                try:
                    answers.append(use(each, numbered(1), NOW))
                except StoreWriteError as error:
                    answers.append(error.message)
            os.chmod(folder, 0o700)
            return answers

        (answers,) = together([as_ordinary_user(folder, action)])
        assert answers[:3] == [NOW, None, None]
        assert all("could not be written" in answer for answer in answers[3:])


def test_what_a_killed_process_left_of_a_new_ledger_is_removed(ledger: Ledger, path: Path) -> None:
    path.parent.mkdir(0o700)
    left = Path(files.temporary_of(str(path)))
    left.write_bytes(b"half")
    assert use(ledger, TOKEN, NOW) is None
    assert not left.exists()


LEGACY = LegacyKey.from_hex("E001193519561977")
USERID, APPLID = UserId("MIKEM"), ApplId("TSOSYS1")


def test_the_token_tells_what_racf_tells() -> None:
    keys: list[SecuredSignonKey] = [LEGACY, LegacyKey.from_hex("C001193519561977"), EnhancedKey(bytes(32))]
    tokens = {
        token(key, UserId(userid), ApplId(applid), ticket, second)
        for key in keys
        for userid, applid in itertools.product(("MIKEM", "MIKE", "TSOSYS1"), repeat=2)
        for ticket in ("AEPRRZ3S", "AEPRRZ3T")
        for second in (1_111_111, 1_111_112)
    }
    assert len(tokens) == 3 * 9 * 2 * 2
    assert {len(each) for each in tokens} == {32}


def test_the_token_is_the_same_for_keys_that_differ_in_parity_only() -> None:
    other = LegacyKey(bytes(byte ^ 1 for byte in LEGACY.secret))
    made = [token(key, USERID, APPLID, "AEPRRZ3S", 1_111_111) for key in (LEGACY, other)]
    assert made[0] == made[1]


def test_case_counts_where_the_ticket_has_it() -> None:
    def of(key: SecuredSignonKey, ticket: str) -> bytes:
        return token(key, USERID, APPLID, ticket, 1_111_111)

    upper, mixed = (EnhancedKey(bytes(32), kind) for kind in (TicketType.UPPER, TicketType.MIXED))
    assert of(LEGACY, "aeprrz3s") == of(LEGACY, "AEPRRZ3S")
    assert of(upper, "aeprrz3s") == of(upper, "AEPRRZ3S")
    assert of(mixed, "aeprrz3s") != of(mixed, "AEPRRZ3S")


def test_the_file_holds_no_ticket_and_no_key(ledger: Ledger, path: Path) -> None:
    use(ledger, token(LEGACY, USERID, APPLID, "AEPRRZ3S", 1_111_111), NOW)
    written = path.read_bytes()
    for secret in (b"AEPRRZ3S", "AEPRRZ3S".encode("cp037"), LEGACY.secret, b"MIKEM", USERID.ebcdic):
        assert secret not in written
