"""The audit log: written by many, killed at any instant, tampered with in any way."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ptktctl
from ptktctl.errors import (
    InputError,
    StoreBusyError,
    StoreDamagedError,
    StoreMissingError,
    StoreWriteError,
    UnsafePermissionsError,
)
from ptktctl.store import audit, audit_lines, audit_torn, audit_trail, files
from ptktctl.store.audit_lines import ZEROS, Event
from ptktctl.store.audit_trail import Entry, Reading

NOW = 1_700_000_000
GEN = Event("gen", "made", ["FEKAPPL"], ["IBMUSER"])
PACKAGE_HOME = str(Path(ptktctl.__file__).parents[1])


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(0o700)
    return folder / "audit.jsonl"


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A log of ten lines, of different lengths."""
    folder = tmp_path_factory.mktemp("ten")
    folder.chmod(0o700)
    for number in range(10):
        audit.append(str(folder / "log"), NOW + number, [Event("gen", "made", ["A"] * number, ["IBMUSER"])])
    return (folder / "log").read_bytes()


def append(log: Path, count: int = 1, event: Event = GEN) -> None:
    for _ in range(count):
        audit.append(str(log), NOW, [event])


def read(*logs: Path, expected: str | None = None) -> tuple[list[Entry], Reading]:
    reading = Reading(expected)
    entries: list[Entry] = []
    for each in logs:
        with audit_trail.opened_outside(str(each)) as opened:
            entries += reading.entries(opened)
    reading.finish()
    return entries, reading


def tampered(*logs: Path, expected: str | None = None) -> list[str]:
    return list(read(*logs, expected=expected)[1].chain.tampered)


def torn(*logs: Path) -> list[str]:
    return list(read(*logs)[1].chain.torn)


def head(log: Path) -> str:
    with audit_trail.opened_outside(str(log)) as opened:
        return opened.head()[1]


def lines_of(log: Path) -> list[bytes]:
    return log.read_bytes().splitlines(keepends=True)


# What is written


def test_a_line_is_one_json_object_with_its_members_in_order(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    who = pwd.struct_passwd(("admin", "x", os.getuid(), 0, "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: who)
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "host1", "", "", "")))
    audit.append(str(log), NOW, [Event("key.rotate", "done", ["FEKAPPL"], ["IBMUSER"], "SYS1", "enhanced", 2)])
    assert log.read_text().startswith(
        '{"number": 1, "time": "2023-11-14T22:13:20Z", "user": "admin", '
        f'"uid": {os.getuid()}, "host": "host1", "action": "key.rotate", "applids": ["FEKAPPL"], '
        '"userids": ["IBMUSER"], "group": "SYS1", "key": "enhanced", "outcome": "done", "count": 2, "torn": 0, '
        f'"before": "{ZEROS}", "own": "'
    )
    assert list(json.loads(log.read_text())) == list(audit_torn.MEMBERS)


def test_what_was_written_is_read(log: Path) -> None:
    events = [GEN, Event("verify", "used", [], []), Event("key.set", "failed: store-locked", ["A", "B"], [], None, "k")]
    audit.append(str(log), NOW, events)
    append(log)
    entries, reading = read(log)
    read_back = [
        Event(each.action, each.outcome, each.applids, each.userids, each.group, each.key, each.count)
        for each in entries
    ]
    assert read_back == [
        *(each.replaced(applids=list(each.applids), userids=list(each.userids)) for each in events),
        GEN,
    ]
    assert [each.number for each in entries] == [1, 2, 3, 4]
    assert [each.before for each in entries] == [ZEROS, *(each.hash for each in entries[:-1])]
    assert (reading.lines, reading.head, list(reading.chain.tampered), list(reading.chain.torn)) == (
        4,
        entries[-1].hash,
        [],
        [],
    )


@given(st.text(), st.text())
def test_any_name_of_a_user_or_host_is_one_line_of_ascii(
    tmp_path_factory: pytest.TempPathFactory, action: str, name: str
) -> None:
    log = tmp_path_factory.mktemp("names") / "log"
    log.parent.chmod(0o700)
    append(log, event=Event(action, "done", [name]))
    assert log.read_bytes().isascii()
    [entry], reading = read(log)
    assert (entry.action, entry.applids) == (action, [name])
    assert not reading.chain.tampered


def test_it_is_for_the_owner_alone(log: Path, tmp_path: Path) -> None:
    append(tmp_path / "new" / "folders" / "audit.jsonl")
    for place, mode in ((tmp_path / "new", 0o700), (tmp_path / "new" / "folders", 0o700)):
        assert place.stat().st_mode & 0o777 == mode
    append(log)
    assert log.stat().st_mode & 0o777 == 0o600
    for place, mode in ((log, 0o640), (log.parent, 0o750)):
        usual = place.stat().st_mode
        place.chmod(mode)
        with pytest.raises(UnsafePermissionsError):
            append(log)
        with pytest.raises(UnsafePermissionsError), audit_trail.opened(str(log)):
            pass
        place.chmod(usual)
    assert len(lines_of(log)) == 1


def test_nothing_is_made_in_a_folder_open_to_others(log: Path) -> None:
    log.parent.chmod(0o755)
    with pytest.raises(UnsafePermissionsError):
        append(log)
    assert not log.exists()


def test_what_is_no_file_is_refused_at_once(log: Path) -> None:
    os.mkfifo(log, 0o600)
    with pytest.raises(StoreDamagedError):
        append(log)
    log.unlink()
    log.mkdir(0o700)
    with pytest.raises(StoreWriteError):
        append(log)


def test_a_symbolic_link_is_followed(log: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir(0o700)
    log.symlink_to(other / "log")
    append(log, 2)
    assert log.is_symlink()
    assert tampered(other / "log") == []


def test_a_full_disk_leaves_the_log_as_it_was(log: Path) -> None:
    append(log, 3)
    before = log.read_bytes()
    child = os.fork()
    if not child:
        status = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, len(before) + 100))
            try:
                append(log)
            except StoreWriteError:
                status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert log.read_bytes() == before
    append(log)
    assert (tampered(log), torn(log), len(lines_of(log))) == ([], [], 4)


def test_only_changes_wait_for_the_disk(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    append(log)
    assert synced == []
    audit.append(str(log), NOW, [GEN], durable=True)
    assert len(synced) == 1


def test_only_the_end_is_read(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(log, 100)
    parts: list[int] = []
    usual = audit_lines.read_at

    def read_at(descriptor: int, start: int, length: int) -> bytes:
        parts.append(length)
        return usual(descriptor, start, length)

    monkeypatch.setattr(audit, "read_at", read_at)
    append(log)
    assert parts == [audit.BLOCK]


# Many at once


def test_fifty_processes_lose_no_line(log: Path, together: Callable[..., list[Any]]) -> None:
    def act(who: int) -> Callable[[], object]:
        return lambda: append(log, 20, Event("gen", "made", [f"A{who}"]))

    together(act(who) for who in range(50))
    entries, reading = read(log)
    assert (list(reading.chain.tampered), list(reading.chain.torn)) == ([], [])
    assert sorted(each.applids[0] for each in entries) == sorted(f"A{who}" for who in range(50) for _ in range(20))


def test_archiving_among_writers_loses_no_line(log: Path, tmp_path: Path, together: Callable[..., list[Any]]) -> None:
    append(log)
    archives = [tmp_path / f"archive{number}" for number in range(5)]

    def archive() -> None:
        for each in archives:
            audit_trail.archive(str(log), str(each), NOW)
            time.sleep(0.01)

    together([lambda: append(log, 40)] * 8 + [archive])
    entries, reading = read(*archives, log)
    assert (list(reading.chain.tampered), list(reading.chain.torn)) == ([], [])
    assert len(entries) == 1 + 8 * 40 + 5


def test_who_holds_it_too_long_is_told(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(log)
    monkeypatch.setattr(files, "LOCK_TIMEOUT", 0.05)
    with audit.locked(str(log)), pytest.raises(StoreBusyError):
        append(log)
    append(log)
    assert tampered(log) == []


# Killed


APPENDING = """
import sys
from ptktctl.store import audit
from ptktctl.store.audit_lines import Event
while True:
    audit.append(sys.argv[1], 5, [Event("gen", "made", ["FEKAPPL"], ["IBMUSER"])])
"""


def test_killed_while_appending(log: Path) -> None:
    append(log)
    for turn in range(12):
        command = [sys.executable, "-c", APPENDING, str(log)]
        running = [subprocess.Popen(command, env={**os.environ, "PYTHONPATH": PACKAGE_HOME}) for _ in range(2)]
        size = log.stat().st_size
        while log.stat().st_size < size + 5000:
            time.sleep(0.001)
        time.sleep(turn * 0.0007)
        for each in running:
            each.send_signal(signal.SIGKILL)
            each.wait()
    append(log)
    entries, reading = read(log)
    assert list(reading.chain.tampered) == []
    assert [each.number for each in entries[-1:]] == [len(lines_of(log))]


def test_killed_at_each_line_of_the_code(log: Path, killed_everywhere: Callable[..., int], quick_disk: None) -> None:
    append(log, 2)

    def after() -> None:
        assert (tampered(log), torn(log)) == ([], [])

    assert killed_everywhere(lambda: append(log), after) > 20
    append(log)
    after()


@pytest.mark.parametrize("links", [True, False])
def test_archiving_killed_at_each_line_of_the_code(
    log: Path, killed_everywhere: Callable[..., int], quick_disk: None, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not links:

        def no_link(_log: str, _target: str) -> None:
            raise OSError("no links here")

        monkeypatch.setattr(os, "link", no_link)
    target = log.with_name("archive")
    append(log, 3)
    whole = log.read_bytes()

    def after() -> None:
        moved = not log.read_bytes().startswith(whole)
        if moved:
            assert target.read_bytes() == whole
            assert tampered(target, log) == []
        append(log)
        assert tampered(log) == []
        target.unlink(missing_ok=True)
        log.write_bytes(whole)

    assert killed_everywhere(lambda: audit_trail.archive(str(log), str(target), NOW), after) > 30


@given(st.data())
def test_a_torn_line_is_kept_noted_and_no_tampering(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    log = tmp_path_factory.mktemp("torn") / "log"
    log.parent.chmod(0o700)
    append(log, data.draw(st.integers(0, 3)))
    fragments = data.draw(st.integers(1, 3))
    for _ in range(fragments):
        whole = log.read_bytes() if log.exists() else b""
        append(log)
        written = log.read_bytes()[len(whole) :]
        # One byte is the end of the torn line before, if there is one; the last one is nothing that one would miss.
        cut = data.draw(st.integers(2, len(written) - 2))
        zeros = data.draw(st.integers(0, 50))
        log.write_bytes(whole + written[:cut] + bytes(zeros))
    assert tampered(log) == []
    assert len(torn(log)) == fragments
    left = log.read_bytes()
    append(log, 2)
    assert log.read_bytes().startswith(left)
    entries, reading = read(log)
    assert list(reading.chain.tampered) == []
    assert len(reading.chain.torn) == fragments
    assert (entries[-2].torn, entries[-1].torn) == (fragments, 0)
    assert entries[-1].number == len(lines_of(log))


def test_a_line_without_its_end_is_whole(log: Path) -> None:
    append(log, 2)
    log.write_bytes(log.read_bytes()[:-1])
    assert (tampered(log), torn(log)) == ([], ["line 2 lacks its line end"])
    append(log)
    assert (tampered(log), torn(log), len(lines_of(log))) == ([], [], 3)


def test_a_torn_line_that_is_changed_later_is_tampering(log: Path) -> None:
    append(log, 2)
    log.write_bytes(log.read_bytes()[:-100])
    append(log)
    assert (tampered(log), len(torn(log))) == ([], 1)
    log.write_bytes(log.read_bytes().replace(b'"number": 2, "time": "2', b'"number": 2, "time": "1'))
    assert tampered(log) == ["line 2 was changed"]


def test_a_changed_last_line_does_not_pass_for_a_torn_one(log: Path) -> None:
    append(log, 3)
    log.write_bytes(log.read_bytes()[:-400] + log.read_bytes()[-400:].replace(b"IBMUSER", b"IBMXSER"))
    append(log, 2)
    assert tampered(log) == ["line 3 was changed"]
    assert torn(log) == []


def test_a_log_of_nothing_but_garbage_goes_on(log: Path) -> None:
    for garbage in (b"garbage\n" * 10, b"x" * 100, b"\n\n\n", bytes(5000), b"y" * (audit_torn.LONGEST + 5000)):
        log.write_bytes(garbage)
        log.chmod(0o600)
        append(log, 2)
        assert len(read(log)[0]) == 2
        assert tampered(log) or torn(log)


# Tampered with


def changes(ten: bytes) -> st.SearchStrategy[bytes]:
    """The log with a single change somewhere, but for lines cut off at its end."""
    lines = ten.splitlines(keepends=True)
    at, position = st.integers(0, len(lines) - 1), st.integers(0, len(ten) - 1)

    def spliced(start: int, length: int, new: bytes) -> bytes:
        return ten[:start] + new + ten[start + length :]

    def moved(source: int, target: int) -> bytes:
        rest = lines[:source] + lines[source + 1 :]
        return b"".join([*rest[:target], lines[source], *rest[target:]])

    def swapped(one: int, other: int) -> bytes:
        order = list(lines)
        order[one], order[other] = order[other], order[one]
        return b"".join(order)

    flip = st.builds(lambda n, mask: spliced(n, 1, bytes([ten[n] ^ mask])), position, st.integers(1, 255))
    cut = st.builds(lambda n, length: spliced(n, length, b""), position, st.integers(1, 900))
    put_in = st.builds(lambda n, new: spliced(n, 0, new), position, st.binary(min_size=1, max_size=50))
    removed = at.map(lambda n: b"".join(lines[:n] + lines[n + 1 :]))
    again = st.builds(lambda n, m: b"".join([*lines[:m], lines[n], *lines[m:]]), at, at)
    foreign = st.builds(lambda n, text: b"".join([*lines[:n], text + b"\n", *lines[n:]]), at, st.binary(max_size=80))
    return st.one_of(
        flip, cut, put_in, removed, st.builds(moved, at, at), st.builds(swapped, at, at), again, foreign
    ).filter(lambda changed: not ten.startswith(changed))


@given(data=st.data())
def test_any_single_change_is_found(ten: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    log = tmp_path_factory.mktemp("changed") / "log"
    log.write_bytes(data.draw(changes(ten)))
    found = tampered(log)
    # Only a change of the last line may leave it as if a process had been killed.
    assert found or torn(log)
    assert found or ten.splitlines()[:9] == log.read_bytes().splitlines()[:9]
    log.chmod(0o600)
    log.parent.chmod(0o700)
    append(log, 2)
    assert tampered(log) or (not found and torn(log))


@given(st.integers(0, 10), st.integers(0, 10))
def test_lines_cut_off_the_end_show_against_a_hash_noted(
    ten: bytes, tmp_path_factory: pytest.TempPathFactory, noted: int, kept: int
) -> None:
    log = tmp_path_factory.mktemp("cut") / "log"
    lines = ten.splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:noted]))
    hash_noted = head(log)
    log.write_bytes(b"".join(lines[:kept]))
    assert bool(tampered(log, expected=hash_noted)) == (kept < noted or not noted)
    assert tampered(log) == []


def test_a_log_written_anew_shows_against_a_hash_noted(log: Path) -> None:
    append(log, 5)
    noted = head(log)
    log.unlink()
    append(log, 5, Event("gen", "made", ["FEKAPPL"], ["MIKEM"]))
    assert tampered(log) == []
    assert tampered(log, expected=noted) == [
        "no line has the hash expected: lines were cut off the end, or all were written anew"
    ]


def forged(line: bytes, **members: object) -> bytes:
    """A line with other members and a hash of its own that fits."""
    told = {**json.loads(line), **members}
    body = json.dumps(told).encode()[: -audit_lines.CLOSING]
    return body + b', "own": "' + audit_lines.sha256(body).encode() + b'"}\n'


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (lambda lines: [*lines[:4], lines[4].replace(b"made", b"none"), *lines[5:]], ["line 5 was changed"]),
        (lambda lines: [*lines[:4], *lines[5:]], ["line 5 is missing"]),
        (lambda lines: [*lines[:4], *lines[7:]], ["lines 5 to 7 are missing"]),
        (lambda lines: lines[2:], ["lines 1 to 2 are missing"]),
        (lambda lines: lines[-1:], ["lines 1 to 9 are missing"]),
        (
            lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]],
            ["line 6 was moved: it stands before line 5"],
        ),
        (
            lambda lines: [*lines[:2], lines[8], *lines[2:8], lines[9]],
            ["line 9 was moved: it stands before line 3"],
        ),
        (
            lambda lines: [*lines[:2], *lines[3:9], lines[2], lines[9]],
            ["line 3 was moved: it stands after line 9"],
        ),
        (lambda lines: [*lines[:6], lines[1], *lines[6:]], ["line 2 was put in once more, after line 6"]),
        (lambda lines: [*lines[:6], b"{}\n", *lines[6:]], ["line 7 of LOG was put in or changed"]),
        (
            lambda lines: [*lines[:4], forged(lines[4], userids=["MIKEM"]), *lines[5:]],
            ["line 6 does not follow line 5: one of them was changed"],
        ),
        (
            lambda lines: [forged(lines[0], before="1" * 64), *lines[1:]],
            ["line 1 was changed", "line 2 does not follow line 1: one of them was changed"],
        ),
        (
            lambda lines: [*lines[:3], lines[3].replace(b"made", b"none"), *lines[6:]],
            ["line 4 was changed", "2 lines are missing between line 3 and line 7"],
        ),
        (
            lambda lines: [*lines[:5], *lines[6:8], lines[8].replace(b"made", b"none"), lines[9]],
            ["line 9 was changed", "line 6 is missing"],
        ),
    ],
)
def test_what_was_done_is_named_with_the_number_of_the_line(
    ten: bytes, tmp_path: Path, edit: Callable[[list[bytes]], list[bytes]], named: list[str]
) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"".join(edit(ten.splitlines(keepends=True))))
    assert tampered(log) == [each.replace("LOG", str(log)) for each in named]


def test_findings_without_end_take_no_memory_without_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x\n" * 5000)
    found = tampered(log)
    assert len(found) == 1001
    assert found[-1] == "and 4000 more"


@given(st.binary(max_size=400), st.booleans())
def test_the_reader_takes_anything(tmp_path_factory: pytest.TempPathFactory, data: bytes, sealed: bool) -> None:
    log = tmp_path_factory.mktemp("any") / "log"
    body = audit_lines.HEAD + data.replace(b"\n", b"")
    closing = audit_lines.OWN + audit_lines.sha256(body).encode() + audit_lines.TAIL
    log.write_bytes(body + closing + b"\n" if sealed else data)
    entries, reading = read(log)
    assert not entries
    assert reading.chain.tampered or reading.chain.torn or not data


@pytest.mark.parametrize(
    "members",
    [
        {"number": -1},
        {"number": 0},
        {"number": 10**30},
        {"number": True},
        {"number": 1.5},
        {"count": []},
        {"applids": [[]]},
        {"applids": "A"},
        {"time": "yesterday"},
        {"action": None},
        {"before": "xyz"},
        {"uid": "0"},
    ],
)
def test_a_forged_line_of_other_types_is_none_of_the_log(
    ten: bytes, tmp_path: Path, members: dict[str, object]
) -> None:
    log = tmp_path / "log"
    log.write_bytes(forged(ten.splitlines()[0], **members))
    entries, reading = read(log)
    assert entries == []
    assert reading.chain.tampered


def test_a_deeply_nested_line_is_no_trouble(tmp_path: Path) -> None:
    log = tmp_path / "log"
    body = audit_lines.HEAD + b"[" * 100_000
    log.write_bytes(body + audit_lines.OWN + audit_lines.sha256(body).encode() + audit_lines.TAIL + b"\n")
    assert len(tampered(log)) == 1


def test_a_long_log_takes_constant_memory(log: Path) -> None:
    with audit.locked(str(log)) as descriptor:
        audit._write(descriptor, 0, audit_lines.lines_after(audit.end_of(descriptor, 0), NOW, [GEN] * 3000))
    tracemalloc.start()
    reading = Reading()
    with audit_trail.opened_outside(str(log)) as opened:
        count = sum(1 for _ in reading.entries(opened))
    reading.finish()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (count, list(reading.chain.tampered)) == (3000, [])
    assert peak < 300_000


def test_what_is_appended_meanwhile_is_not_read(log: Path) -> None:
    append(log, 3)
    with audit_trail.opened_outside(str(log)) as opened:
        entries: Iterator[Entry] = Reading().entries(opened)
        next(entries)
        append(log, 3)
        assert len(list(entries)) == 2


# Put aside


def test_an_archive_and_the_log_are_one_chain(log: Path, tmp_path: Path) -> None:
    append(log, 5)
    noted = head(log)
    target = tmp_path / "archive"
    assert audit_trail.archive(str(log), str(target), NOW) == (5, noted)
    append(log, 2)
    assert target.stat().st_mode & 0o777 == 0o600
    entries, reading = read(target, log)
    assert [each.number for each in entries] == [*range(1, 9)]
    assert entries[5].action == audit_trail.ARCHIVE
    assert not reading.chain.tampered
    entries, reading = read(log)
    assert (reading.lines, reading.chain.began_after, list(reading.chain.tampered)) == (3, noted, [])
    assert tampered(log, expected=noted) == []
    assert tampered(log, target) != []
    assert list(log.parent.iterdir()) == [log]


def test_an_archive_on_another_file_system_is_a_copy(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(_log: str, _target: str) -> None:
        raise OSError(18, "Invalid cross-device link")

    append(log, 5)
    whole = log.read_bytes()
    monkeypatch.setattr(os, "link", no_link)
    audit_trail.archive(str(log), str(tmp_path / "archive"), NOW)
    assert (tmp_path / "archive").read_bytes() == whole
    assert (tmp_path / "archive").stat().st_mode & 0o777 == 0o600
    assert tampered(tmp_path / "archive", log) == []


@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize("late", [False, True])
def test_an_archive_that_fails_leaves_the_log_in_one_place(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: bool, copied: bool
) -> None:
    append(log, 5)
    target, whole, publish = tmp_path / "archive", log.read_bytes(), files.publish

    def fail(*paths: str) -> None:
        if late:
            publish(*paths)
        raise OSError(28, "No space left on device")

    def unlinkable(*_: object, **__: object) -> None:
        raise OSError(1, "no links here")

    monkeypatch.setattr(files, "publish", fail)
    if copied:
        monkeypatch.setattr(os, "link", unlinkable)
    with pytest.raises(StoreWriteError, match="No space left"):
        audit_trail.archive(str(log), str(target), NOW)
    kept = [path for path in (log, target) if path.exists() and path.read_bytes() == whole]
    assert kept == [target if late else log]
    assert target.exists() is late


def test_an_archive_with_a_torn_end(log: Path, tmp_path: Path) -> None:
    append(log, 3)
    log.write_bytes(log.read_bytes()[:-50])
    audit_trail.archive(str(log), str(tmp_path / "archive"), NOW)
    append(log)
    assert tampered(tmp_path / "archive", log) == []
    assert tampered(log) == []
    assert len(torn(tmp_path / "archive", log)) == 1


def test_what_can_not_be_archived(log: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError):
        audit_trail.archive(str(log), str(tmp_path / "archive"), NOW)
    append(log)
    (tmp_path / "there").write_text("something")
    with pytest.raises(InputError, match="exists already"):
        audit_trail.archive(str(log), str(tmp_path / "there"), NOW)
    with pytest.raises(InputError, match="cannot write the archive"):
        audit_trail.archive(str(log), str(tmp_path / "no" / "folder"), NOW)
    assert (tmp_path / "there").read_text() == "something"
    assert tampered(log) == []
    assert len(lines_of(log)) == 1
