"""Backups: whole or refused; brought back whole or not at all, whenever death comes."""

import os
import signal
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.commands.context import Context
from ptktctl.errors import (
    InputError,
    PtktctlError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreMissingError,
    StoreWriteError,
    UnsafePermissionsError,
)
from ptktctl.passticket.keys import LegacyKey
from ptktctl.passticket.names import ApplId
from ptktctl.store import audit, audit_lines, backup, definitions, files, restoring
from ptktctl.store.backup import Backup, Part
from ptktctl.store.definitions import Application, Definitions
from ptktctl.store.keysfile import KeyName
from ptktctl.store.places import Places
from ptktctl.store.sealing import Slot
from ptktctl.store.tables import checksum_of
from ptktctl.store.vault import StoredKey, Vault

if TYPE_CHECKING:
    from typing import Protocol

    class Site(Protocol):
        """What the fixtures of the same name answer."""

        keys: str
        key_file: str
        folder: Path

        def unlock(self, path: str, slots: Sequence[Slot]) -> bytes: ...
        def put(self, name: KeyName, key: object, created: int = ..., *, replace: bool = ...) -> None: ...
        def open(self) -> Vault: ...


Named = Callable[..., KeyName]
MADE = 1_800_000_000
LEGACY = LegacyKey.from_hex("0BAD5EED0BAD5EED")


def places_of(site: "Site") -> Places:
    return Places.locate({"PTKTCTL_HOME": str(site.folder)})


def define(site: "Site", *names: str) -> None:
    for name in names:
        definitions.add(places_of(site).definitions, Application(ApplId(name), created=1))


def log(site: "Site", action: str) -> None:
    audit.append(places_of(site).audit, MADE, [audit_lines.Event(action, "done")])


@pytest.fixture
def whole_site(full_site: "Site") -> "Site":
    """A store with keys, two definitions, an audit log and a ledger."""
    define(full_site, "FEKAPPL", "OTHER")
    log(full_site, "key.set")
    (full_site.folder / "used.db").touch(0o600)
    return full_site


State = tuple[tuple[str, ...], tuple[str, ...]]


def stored(site: "Site") -> tuple[StoredKey, ...]:
    return site.open().keys()


def state(site: "Site") -> State:
    """What a command finds: the names of the definitions, and of the keys, all of which open."""
    places = Context(environ={"PTKTCTL_HOME": str(site.folder)}).places()
    defined = tuple(each.applid.value for each in Definitions.load(places.definitions))
    return defined, tuple(str(each.name) for each in stored(site))


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def put_back(folder: Path, before: dict[str, bytes]) -> None:
    for path in folder.iterdir():
        path.unlink()
    for name, data in before.items():
        (folder / name).touch(0o600)
        (folder / name).write_bytes(data)


# The file


PARTS = st.dictionaries(st.sampled_from(backup.NAMES), st.binary(max_size=60)).map(
    lambda parts: tuple(Part(name, parts[name]) for name in backup.NAMES if name in parts)
)
BACKUPS = st.builds(Backup, st.integers(0, 2**48 - 1), PARTS)
SMALL = backup.render(Backup(MADE, (Part("applids.toml", b""), Part("keys.toml", b"made 1\n\npart \n"))))


@given(BACKUPS)
def test_what_is_written_is_read_again(made: Backup) -> None:
    assert backup.parse(backup.render(made), "b") == made


def test_one_cut_short_at_any_byte_is_refused_and_the_bytes_that_miss_are_counted() -> None:
    head = SMALL.index(b"\n\n") + 2
    for length in range(len(SMALL)):
        with pytest.raises(InputError if length == 0 else StoreDamagedError, match=r"^b is ") as caught:
            backup.parse(SMALL[:length], "b")
        if length >= head:
            plural = "" if length == len(SMALL) - 1 else "s"
            assert f"{len(SMALL) - length} byte{plural} missing" in caught.value.message


def test_any_byte_changed_or_added_is_refused() -> None:
    for position in range(len(SMALL)):
        for byte in (SMALL[position] ^ 1, SMALL[position] ^ 0x80, 0, 0x0A, 0x30):
            if byte != SMALL[position]:
                with pytest.raises((InputError, StoreDamagedError)):
                    backup.parse(SMALL[:position] + bytes([byte]) + SMALL[position + 1 :], "b")
    for position in range(len(SMALL) + 1):
        with pytest.raises((InputError, StoreDamagedError)):
            backup.parse(SMALL[:position] + b"\n" + SMALL[position:], "b")


def signed(head: str, rest: bytes = b"") -> bytes:
    """A file with a right checksum, as anybody can make it."""
    summed = head.encode() + rest + backup.END
    return summed + checksum_of(summed).encode() + b"\n"


EMPTY = checksum_of(b"")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "b is empty"),
        (b"# Written and sealed", "not a backup of ptktctl"),
        (b"ptktctl backup 2\nmade 1\n\n", "a later version"),
        (b"ptktctl backup 12\n", "a later version"),
        (b"ptktctl backup x\n", "not a backup"),
        (b"ptktctl back", "it ends in its first line"),
        (signed("ptktctl backup 1\nmade 1\npart other.toml 0 " + EMPTY + "\n\n"), "its head can't be read"),
        (signed(f"ptktctl backup 1\nmade 1\npart keys.toml 0 {EMPTY}\npart applids.toml 0 {EMPTY}\n\n"), "its head"),
        (signed("ptktctl backup 1\nmade 1\n" + f"part keys.toml 0 {EMPTY}\n" * 2 + "\n"), "its head can't be read"),
        (signed(f"ptktctl backup 1\npart keys.toml 0 {EMPTY}\n\n"), "its head can't be read"),
        (signed("ptktctl backup 1\nmade -1\n\n"), "its head can't be read"),
        (signed("ptktctl backup 1\nmade 01\n\n"), "a checksum does not match"),
        (signed("ptktctl backup 1\nmade ²\n\n"), "its head can't be read"),
        (signed("ptktctl backup 1\nmade " + "9" * 5000 + "\n\n"), "its head can't be read"),
        (signed(f"ptktctl backup 1\nmade 1\npart keys.toml {'9' * 15} {EMPTY}\n\n"), "bytes missing"),
        (signed(f"ptktctl backup 1\nmade 1\npart keys.toml 0 {EMPTY}\n\n", b"more"), "4 bytes too many"),
        (signed(f"ptktctl backup 1\nmade 1\npart keys.toml 1 {EMPTY}\n\n", b"x"), "a checksum does not match"),
    ],
)
def test_what_is_no_backup_is_named(data: bytes, what: str) -> None:
    with pytest.raises((InputError, StoreDamagedError)) as caught:
        backup.parse(data, "b")
    assert what in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


@given(st.binary(max_size=200))
def test_arbitrary_bytes_never_break_the_reader(junk: bytes) -> None:
    for data in (junk, b"ptktctl backup 1\n" + junk, signed("ptktctl backup 1\nmade 1\n", junk)):
        with suppress(PtktctlError):
            assert backup.render(backup.parse(data, "b")) == data


@given(st.data())
def test_mutated_heads_with_a_right_checksum_never_break_the_reader(data: st.DataObject) -> None:
    text = bytearray(SMALL[: SMALL.rindex(backup.END)])
    for _ in range(data.draw(st.integers(1, 4))):
        start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        text[start:end] = data.draw(st.sampled_from([b"", b" ", b"\n", b"0", b"-", b"\xff", b"part ", b"keys.toml"]))
    changed = signed("", bytes(text))
    with suppress(PtktctlError):
        assert backup.render(backup.parse(changed, "b")) == changed


def test_a_backup_of_many_megabytes_takes_a_moment() -> None:
    made = Backup(MADE, (Part("keys.toml", bytes(2**24)),))
    began = time.process_time()
    assert backup.parse(backup.render(made), "b") == made
    assert time.process_time() - began < 3


# Taking and writing one


def test_a_backup_holds_all_but_the_ledger(whole_site: "Site", tmp_path: Path) -> None:
    taken = backup.take(places_of(whole_site), MADE)
    assert [part.name for part in taken.parts] == ["applids.toml", "keys.toml", "audit.jsonl"]
    assert [part.data for part in taken.parts] == [(whole_site.folder / part.name).read_bytes() for part in taken.parts]
    size = backup.write(str(tmp_path / "b"), taken, places_of(whole_site))
    assert backup.read(str(tmp_path / "b")) == taken
    assert (tmp_path / "b").stat().st_size == size
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "home", "unlock.key"]


def test_a_log_in_the_middle_of_a_line_is_taken_to_its_last_whole_line(whole_site: "Site") -> None:
    path = whole_site.folder / "audit.jsonl"
    lines = path.read_bytes()
    path.write_bytes(lines + b'{"number": 2, "ti')
    assert backup.take(places_of(whole_site), MADE).get(backup.LOG) == lines


def test_a_log_too_large_for_a_backup_is_left_out(whole_site: "Site") -> None:
    with (whole_site.folder / "audit.jsonl").open("ab") as file:
        file.truncate(files.MOST_BYTES)
    taken = backup.take(places_of(whole_site), MADE)
    assert taken.get(backup.LOG) is None
    assert taken.get(backup.KEYS)


def test_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError, match="there is no store yet"):
        backup.take(Places.locate({"PTKTCTL_HOME": str(tmp_path / "home")}), MADE)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("name", ["keys.toml", "applids.toml"])
def test_a_damaged_store_is_not_backed_up(whole_site: "Site", name: str) -> None:
    path = whole_site.folder / name
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StoreDamagedError, match=name):
        backup.take(places_of(whole_site), MADE)


def test_an_existing_file_is_overwritten_only_with_force(whole_site: "Site", tmp_path: Path) -> None:
    places = places_of(whole_site)
    taken, target = backup.take(places, MADE), tmp_path / "b"
    target.write_bytes(b"somebody's")
    with pytest.raises(InputError, match="exists already") as caught:
        backup.write(str(target), taken, places)
    assert "--force" in str(caught.value.hint)
    assert target.read_bytes() == b"somebody's"
    backup.write(str(target), taken, places, force=True)
    assert backup.read(str(target)) == taken
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize("links", [True, False])
def test_of_two_that_write_the_same_file_one_is_told(
    whole_site: "Site", tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one comes in after we looked; also where the file system knows no links."""
    places, target = places_of(whole_site), tmp_path / "b"
    taken, link = backup.take(places, MADE), os.link

    def meanwhile(temporary: str, name: str) -> None:
        target.write_bytes(b"somebody's")
        if not links:
            raise PermissionError(1, "Operation not permitted")
        link(temporary, name)

    monkeypatch.setattr(os, "link", meanwhile)
    with pytest.raises(InputError, match="exists already"):
        backup.write(str(target), taken, places)
    assert target.read_bytes() == b"somebody's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "home", "unlock.key"]


def test_a_file_system_without_links(whole_site: "Site", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", unknown)
    places = places_of(whole_site)
    taken = backup.take(places, MADE)
    backup.write(str(tmp_path / "b"), taken, places)
    assert backup.read(str(tmp_path / "b")) == taken


@pytest.mark.parametrize("name", ["keys.toml", "applids.toml", "used.db", "audit.jsonl"])
def test_a_file_of_the_store_is_never_overwritten(whole_site: "Site", tmp_path: Path, name: str) -> None:
    places = places_of(whole_site)
    taken, before = backup.take(places, MADE), snapshot(whole_site.folder)
    (tmp_path / "link").symlink_to(whole_site.folder / name)
    for path in (whole_site.folder / name, tmp_path / "link"):
        with pytest.raises(InputError, match="a file of the store itself"):
            backup.write(str(path), taken, places, force=True)
    assert snapshot(whole_site.folder) == before


def test_places_where_no_backup_can_be(whole_site: "Site", tmp_path: Path) -> None:
    places = places_of(whole_site)
    taken = backup.take(places, MADE)
    with pytest.raises(InputError, match="is not a file"):
        backup.write("/dev/null", taken, places, force=True)
    with pytest.raises(InputError, match="is not a file"):
        backup.write(str(tmp_path), taken, places, force=True)
    with pytest.raises(StoreWriteError, match="could not be written: No such file"):
        backup.write(str(tmp_path / "none" / "b"), taken, places)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(UnsafePermissionsError, match="others can exchange files"):
        backup.write(str(tmp_path / "open" / "b"), taken, places)
    assert list((tmp_path / "open").iterdir()) == []


def test_a_disk_that_keeps_something_else_is_noticed(
    whole_site: "Site", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places, write_new = places_of(whole_site), files.write_new
    taken = backup.take(places, MADE)
    monkeypatch.setattr(files, "write_new", lambda path, data: write_new(path, data[:-1] + b"\r"))
    with pytest.raises(StoreError, match="does not read the same"):
        backup.write(str(tmp_path / "b"), taken, places)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "unlock.key"]


@pytest.mark.usefixtures("quick_disk")
def test_a_backup_killed_at_any_line_leaves_the_old_file_or_the_new_one(
    whole_site: "Site", tmp_path: Path, killed_everywhere: Callable[..., int]
) -> None:
    places, target = places_of(whole_site), tmp_path / "out" / "b"
    target.parent.mkdir(0o700)
    taken = backup.take(places, MADE)
    older = backup.render(taken.replaced(made=1))
    seen = set()

    def after() -> None:
        seen.add(target.read_bytes())
        put_back(target.parent, {"b": older})

    put_back(target.parent, {"b": older})
    assert killed_everywhere(lambda: backup.write(str(target), taken, places, force=True), after) > 30
    assert seen == {older, backup.render(taken)}


def test_an_unsafe_backup_is_not_read(whole_site: "Site", tmp_path: Path) -> None:
    places, target = places_of(whole_site), tmp_path / "b"
    backup.write(str(target), backup.take(places, MADE), places)
    target.chmod(0o644)
    with pytest.raises(UnsafePermissionsError, match="others can read"):
        backup.read(str(target))
    with pytest.raises(InputError, match="can't be read: No such file"):
        backup.read(str(tmp_path / "none"))


# Bringing it back


class Changed(NamedTuple):
    """A store that was changed since its backup was made."""

    site: "Site"
    taken: Backup

    def restore(self) -> restoring.Restored:
        return restoring.restore(places_of(self.site), self.taken, MADE + 60, force=True)


@pytest.fixture
def changed(whole_site: "Site", named: Named) -> Changed:
    taken = backup.take(places_of(whole_site), MADE)
    define(whole_site, "NEWER")
    whole_site.put(named("NEWER"), LEGACY)
    log(whole_site, "applid.add")
    return Changed(whole_site, taken)


KEYS = ("FEKAPPL (enhanced)", "FEKAPPL (legacy)", "FEKAPPL.SYS1.IBMUSER (legacy)")
OLD: State = (("FEKAPPL", "NEWER", "OTHER"), (*KEYS, "NEWER (legacy)"))
NEW: State = (("FEKAPPL", "OTHER"), KEYS)


def test_a_restored_store_is_the_one_of_the_backup_and_the_other_is_kept_aside(changed: Changed) -> None:
    site = changed.site
    assert state(site) == OLD
    before = snapshot(site.folder)
    done = changed.restore()
    assert state(site) == NEW
    after = snapshot(site.folder)
    assert [after[part.name] for part in changed.taken.parts[:2]] == [part.data for part in changed.taken.parts[:2]]
    assert {name: stat.S_IMODE((site.folder / name).stat().st_mode) for name in after} == dict.fromkeys(after, 0o600)
    # What is no part of it stays; the log goes on from that of the backup.
    assert (after["used.db"], after["audit.jsonl"], done.log) == (before["used.db"], before["audit.jsonl"], None)
    assert done.kept_aside == str(site.folder / "replaced-20270115T080100Z.backup")
    assert not files.is_restoring(site.keys)
    restoring.restore(places_of(site), backup.read(done.kept_aside), MADE + 60, force=True)
    assert state(site) == OLD
    assert sorted(path.name for path in site.folder.glob("replaced-*")) == [
        "replaced-20270115T080100Z-2.backup",
        "replaced-20270115T080100Z.backup",
    ]


def test_a_store_that_is_there_is_replaced_only_with_force(changed: Changed) -> None:
    places, before = places_of(changed.site), snapshot(changed.site.folder)
    with pytest.raises(InputError, match="there is a store already") as caught:
        restoring.restore(places, changed.taken, MADE)
    assert "--force" in str(caught.value.hint)
    os.unlink(places.keys)
    with pytest.raises(InputError, match=r"already: .*applids.toml"):
        restoring.restore(places, changed.taken, MADE)
    put_back(changed.site.folder, before)
    assert state(changed.site) == OLD


def test_on_another_machine(changed: Changed, tmp_path: Path) -> None:
    """Each part in its own place, all made private; nothing to be kept aside."""
    places = Places(*(str(tmp_path / "new" / name / "file") for name in ("config", "data", "state", "log")))
    done = restoring.restore(places, changed.taken, MADE)
    assert done == restoring.Restored(None, places.audit)
    for name, path in (("applids.toml", places.definitions), ("keys.toml", places.keys), ("audit.jsonl", places.audit)):
        assert Path(path).read_bytes() == changed.taken.get(name)
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
        assert stat.S_IMODE(Path(path).parent.stat().st_mode) == 0o700
    assert not os.path.lexists(places.ledger)


def test_a_log_that_does_not_go_on_from_the_one_of_the_backup_stays_beside_it(changed: Changed) -> None:
    (changed.site.folder / "audit.jsonl").unlink()
    log(changed.site, "store.restore")
    here = (changed.site.folder / "audit.jsonl").read_bytes()
    for _ in range(2):
        done = changed.restore()
        assert done.log == str(changed.site.folder / "audit-20270115T080000Z.jsonl")
        assert Path(done.log).read_bytes() == changed.taken.get(backup.LOG)
        assert (changed.site.folder / "audit.jsonl").read_bytes() == here


def test_a_damaged_store_is_kept_aside_as_it_is(changed: Changed) -> None:
    (changed.site.folder / "keys.toml").write_bytes(b"damaged")
    done = changed.restore()
    assert state(changed.site) == NEW
    aside = backup.read(str(done.kept_aside))
    assert aside.get(backup.KEYS) == b"damaged"
    with pytest.raises(StoreDamagedError):
        backup.contents(aside, "b")


def test_a_backup_without_definitions_leaves_none(changed: Changed) -> None:
    taken = changed.taken.replaced(parts=changed.taken.parts[1:])
    restoring.restore(places_of(changed.site), taken, MADE, force=True)
    assert state(changed.site) == ((), KEYS)


def test_a_backup_without_keys_is_refused(changed: Changed) -> None:
    with pytest.raises(StoreDamagedError, match=r"there is no keys.toml in it"):
        backup.contents(changed.taken.replaced(parts=changed.taken.parts[:1]), "b")


@pytest.mark.usefixtures("quick_disk")
def test_killed_at_any_line_a_restore_leaves_the_old_store_or_the_new_one_and_never_some_of_each(
    changed: Changed, killed_everywhere: Callable[..., int]
) -> None:
    """Also the log and the ledger are never lost, and where the new store is the old one lies aside."""
    before, seen = snapshot(changed.site.folder), []

    def after() -> None:
        seen.append(state(changed.site))
        now = snapshot(changed.site.folder)
        assert (now["audit.jsonl"], now["used.db"]) == (before["audit.jsonl"], before["used.db"])
        assert not files.is_restoring(changed.site.keys)
        asides = [backup.parse(data, name) for name, data in now.items() if name.startswith("replaced") and data]
        assert seen[-1] == OLD or before["keys.toml"] in [aside.get(backup.KEYS) for aside in asides]
        put_back(changed.site.folder, before)

    assert killed_everywhere(changed.restore, after) > 150
    assert [*dict.fromkeys(seen)] == [OLD, NEW]


@pytest.fixture
def cut_off(changed: Changed, monkeypatch: pytest.MonkeyPatch) -> Changed:
    """A restore that was decided on, of which the definitions are brought back and the keys are not."""
    replace, places = files.replace_atomically, places_of(changed.site)

    def until_the_keys(path: str, data: bytes) -> None:
        if path == places.keys:
            raise StoreWriteError("killed")
        replace(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(files, "replace_atomically", until_the_keys)
        with pytest.raises(StoreWriteError, match="not yet brought back: killed") as caught:
            changed.restore()
    assert "the next command" in str(caught.value.hint)
    assert len(Definitions.load(places.definitions)) == 2
    assert len(changed.site.open().names()) == 4
    return changed


@pytest.mark.usefixtures("quick_disk")
def test_what_was_cut_off_is_finished_and_may_be_cut_off_again(
    cut_off: Changed, killed_everywhere: Callable[..., int]
) -> None:
    before, seen = snapshot(cut_off.site.folder), set()
    places = places_of(cut_off.site)

    def after() -> None:
        seen.add(state(cut_off.site))
        put_back(cut_off.site.folder, before)

    assert killed_everywhere(lambda: restoring.finish_any(places), after) > 80
    assert seen == {NEW}


def test_nobody_writes_what_a_restore_that_was_cut_off_would_overwrite(cut_off: Changed, named: Named) -> None:
    """Who looked for a restore before it was decided on, and gets the lock after it was killed."""
    writes: list[Callable[[], None]] = [
        lambda: cut_off.site.put(named("LATE"), LEGACY),
        lambda: define(cut_off.site, "LATE"),
    ]
    for write in writes:
        with pytest.raises(StoreBusyError, match="is being brought back") as caught:
            write()
        assert "next command" in str(caught.value.hint)
    assert state(cut_off.site) == NEW
    cut_off.site.put(named("LATE"), LEGACY)
    define(cut_off.site, "LATE")
    assert state(cut_off.site) == (("FEKAPPL", "LATE", "OTHER"), (*KEYS, "LATE (legacy)"))


def test_many_that_come_upon_a_restore_that_was_cut_off(cut_off: Changed, together: Callable[..., list[Any]]) -> None:
    def find() -> bool:
        return state(cut_off.site) == NEW

    assert together([find] * 6) == [True] * 6


def test_a_flag_left_by_one_that_was_never_decided_on_is_taken_away(changed: Changed) -> None:
    places = places_of(changed.site)
    Path(files.restoring_of(places.definitions)).touch(0o600)
    assert state(changed.site) == OLD
    assert not files.is_restoring(places.definitions)


@pytest.mark.parametrize("decided", [False, True])
def test_where_nothing_can_be_written_only_what_was_decided_on_counts(
    changed: Changed, decided: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = places_of(changed.site)
    Path(files.restoring_of(places.keys if decided else places.definitions)).touch(0o600)

    @contextmanager
    def unwritable(path: str, *_: object, **__: object) -> Iterator[None]:
        raise StoreWriteError(f"{path} could not be written: Read-only file system")
        yield

    monkeypatch.setattr(files, "locked", unwritable)
    if decided:
        with pytest.raises(StoreWriteError, match="Read-only"):
            state(changed.site)
    else:
        assert state(changed.site) == OLD


def test_what_was_to_be_brought_back_is_damaged(cut_off: Changed) -> None:
    path = Path(files.restoring_of(cut_off.site.keys))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreDamagedError, match="to be brought back, and is damaged") as caught:
        state(cut_off.site)
    assert str(path) in caught.value.message
    assert "restore the backup again" in str(caught.value.hint)
    path.unlink()
    assert cut_off.restore().kept_aside
    assert state(cut_off.site) == NEW


@pytest.mark.parametrize("failing", range(1, 6))
def test_a_full_disk_leaves_the_old_store_or_one_that_is_finished_when_there_is_room(
    changed: Changed, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nth file that is written finds no room: aside, flag, the backup, definitions, keys."""
    write_new, count = files.write_new, 0

    def full(path: str, data: bytes) -> None:
        nonlocal count
        count += 1
        if count == failing:
            raise OSError(28, "No space left on device")
        write_new(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_new", full)
        with pytest.raises(StoreWriteError, match="No space left on device"):
            changed.restore()
    assert state(changed.site) == (OLD if failing <= 3 else NEW)


def test_restored_and_written_at_once(changed: Changed, named: Named, together: Callable[..., list[Any]]) -> None:
    """Whoever was told that a key is stored finds it, in the store or in what was kept aside."""

    def putting(number: int) -> Callable[[], bool]:
        def action() -> bool:
            try:
                changed.site.put(named(f"X{number}"), LEGACY)
            except StoreBusyError:
                return False
            return True

        return action

    def restoring_it() -> bool:
        changed.restore()
        return True

    _, *told = together([restoring_it, *(putting(number) for number in range(5))])
    [aside] = changed.site.folder.glob("replaced-*")
    held = (changed.site.folder / "keys.toml").read_bytes() + aside.read_bytes()
    for number, was_stored in enumerate(told):
        assert (f'applid = "X{number}"'.encode() in held) == was_stored


def test_killed_at_any_moment(changed: Changed) -> None:
    """SIGKILL comes when it comes, to a process that restores one backup and the other in turn."""
    site, places = changed.site, places_of(changed.site)
    other = backup.take(places, MADE + 1)
    for attempt in range(12):
        child = os.fork()
        if not child:
            try:
                while True:
                    for each in (changed.taken, other):
                        restoring.restore(places, each, MADE, force=True)
            finally:
                os._exit(1)
        time.sleep(0.05 + attempt * 0.0037)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert state(site) in (OLD, NEW)
        for path in site.folder.glob("replaced-*"):
            path.unlink()
