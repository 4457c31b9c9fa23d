"""store verify: a sound store has no fault, and whatever is wrong with another one is named."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ptktctl.errors import InputError, StoreMissingError
from ptktctl.passticket.names import ApplId
from ptktctl.store import backup, definitions, files, inspection, keysfile, sealing, slots, vault
from ptktctl.store.definitions import Application
from ptktctl.store.inspection import Inspection, inspect, inspect_backup
from ptktctl.store.places import Places
from ptktctl.store.sealing import Passphrase, Slot
from ptktctl.store.unlocking import Unlocker, new_key_file

if TYPE_CHECKING:
    from typing import Protocol

    class Site(Protocol):
        """What the fixtures of the same name answer."""

        keys: str
        key_file: str
        folder: Path

        def unlock(self, path: str, slots: Sequence[Slot]) -> bytes: ...
        def open(self) -> vault.Vault: ...


MINE = Unlocker({}).open_slot


def places_of(site: "Site") -> Places:
    return Places.locate({"PTKTCTL_HOME": str(site.folder)})


def inspected(site: "Site", open_slot: slots.OpenSlot = MINE) -> Inspection:
    return inspect(places_of(site), open_slot)


def faults(site: "Site", open_slot: slots.OpenSlot = MINE) -> list[str]:
    return [fault.message for fault in inspected(site, open_slot).faults]


@pytest.fixture
def defined_site(full_site: "Site") -> "Site":
    for name in ("FEKAPPL", "OTHER"):
        definitions.add(places_of(full_site).definitions, Application(ApplId(name), created=1))
    return full_site


def test_a_sound_store(defined_site: "Site") -> None:
    before = {path.name: path.read_bytes() for path in defined_site.folder.iterdir()}
    assert inspected(defined_site) == Inspection((), 2, 3, 1)
    assert {path.name: path.read_bytes() for path in defined_site.folder.iterdir()} == before


def test_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError):
        inspect(Places.locate({"PTKTCTL_HOME": str(tmp_path)}), MINE)


@pytest.mark.parametrize("name", ["keys.toml", "applids.toml", ".keys.toml.lock", "used.db-wal", "audit.jsonl", "odd"])
@pytest.mark.parametrize("mode", [0o640, 0o602])
def test_a_file_that_others_can_touch_is_named_with_its_chmod(defined_site: "Site", name: str, mode: int) -> None:
    path = defined_site.folder / name
    path.touch()
    path.chmod(mode)
    found = inspected(defined_site).faults
    assert [str(path) in fault.message for fault in found] == [True]
    assert found[0].remedy == f"chmod 600 '{path}'"


def test_a_folder_that_others_can_look_into(defined_site: "Site") -> None:
    defined_site.folder.chmod(0o755)
    assert [fault.remedy for fault in inspected(defined_site).faults] == [f"chmod 700 '{defined_site.folder}'"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_a_file_of_somebody_else(defined_site: "Site") -> None:
    os.chown(defined_site.folder / ".keys.toml.lock", 12345, -1)
    assert ["belongs to user 12345" in each for each in faults(defined_site)] == [True]


def test_all_that_is_wrong_is_named_at_once(defined_site: "Site") -> None:
    (defined_site.folder / "applids.toml").write_bytes(b"format = 1\nx = 1\n")
    (defined_site.folder / "keys.toml").write_bytes(b"damaged")
    (defined_site.folder / "odd").touch(0o644)
    found = faults(defined_site)
    assert len(found) == 3
    for part, message in zip(("others can read", "'x' is unknown", "its checksum does not match"), found, strict=True):
        assert part in message


def rewritten(site: "Site", change: Callable[[list[keysfile.Entry]], list[keysfile.Entry]], data_key: bytes) -> None:
    file = keysfile.parse(Path(site.keys).read_bytes(), "")
    Path(site.keys).write_bytes(keysfile.render(file.slots, change(list(file.entries)), data_key))


def test_each_key_that_does_not_open_is_named(defined_site: "Site") -> None:
    data_key = defined_site.unlock(defined_site.keys, slots.listed(defined_site.keys))
    rewritten(
        defined_site,
        lambda entries: [entries[0].replaced(sealed=bytes(80)), entries[1], entries[2].replaced(sealed=b"")],
        data_key,
    )
    found = inspected(defined_site)
    assert [fault.message.partition(" does")[0] for fault in found.faults] == [
        "FEKAPPL (enhanced)",
        "FEKAPPL.SYS1.IBMUSER (legacy)",
    ]
    assert found.keys == 1


def test_a_mac_of_another_key_is_named(defined_site: "Site") -> None:
    rewritten(defined_site, lambda entries: entries[:2], bytes(32))
    [message] = faults(defined_site)
    assert "changed by something other than ptktctl" in message


def test_a_key_of_a_wrong_length_is_named(defined_site: "Site") -> None:
    data_key = defined_site.unlock(defined_site.keys, slots.listed(defined_site.keys))

    def shortened(entries: list[keysfile.Entry]) -> list[keysfile.Entry]:
        sealed = sealing.seal(data_key, b"short", keysfile.bound(entries[1].name))
        return [entries[0], entries[1].replaced(sealed=sealed), entries[2]]

    rewritten(defined_site, shortened, data_key)
    [message] = faults(defined_site)
    assert message.startswith("FEKAPPL (legacy) opens, but is no key: ")
    assert inspected(defined_site).keys == 2


def test_what_does_not_open_it_is_a_fault(defined_site: "Site") -> None:
    slots.add(defined_site.keys, MINE, lambda: Passphrase(b"a second way"), 1, scrypt_n=2)
    [message] = faults(defined_site, Unlocker({"PTKTCTL_PASSPHRASE": "hunter2 again"}).open_slot)
    assert message == f"the passphrase does not open {defined_site.keys}"
    Path(defined_site.key_file).unlink()
    [message] = faults(defined_site)
    assert "its unlock key file is missing" in message


def test_slots_are_tried_with_what_is_at_hand(defined_site: "Site", tmp_path: Path) -> None:
    for number in (2, 3, 4):
        slots.add(defined_site.keys, MINE, lambda at=number: new_key_file(str(tmp_path / f"{at}.key")), 1)  # type: ignore[misc]
    slots.add(defined_site.keys, MINE, lambda: Passphrase(b"a second way"), 1, scrypt_n=2)
    (tmp_path / "3.key").unlink()
    found = inspected(defined_site)
    assert found.faults == ()
    assert [slot.number for slot in found.untried] == [3, 5]
    found = inspected(defined_site, Unlocker({"PTKTCTL_PASSPHRASE": "a second way"}).open_slot)
    assert [slot.number for slot in found.untried] == [3]
    (tmp_path / "2.key").chmod(0o644)
    (tmp_path / "4.key").unlink()
    new_key_file(str(tmp_path / "4.key"))
    messages = faults(defined_site)
    assert len(messages) == 2
    assert f"others can read {tmp_path}/2.key" in messages[0]
    assert f"slot 4 (key file {tmp_path}/4.key) is not opened by what is kept there" in messages[1]


def test_a_backup_is_judged_without_bringing_it_back(defined_site: "Site", tmp_path: Path) -> None:
    path, places = str(tmp_path / "b"), places_of(defined_site)
    backup.write(path, backup.take(places, 7), places)
    assert inspect_backup(path, MINE) == Inspection((), 2, 3, 1, made=7)
    whole = Path(path).read_bytes()
    for length in range(1, len(whole), 17):
        Path(path).write_bytes(whole[:length])
        [fault] = inspect_backup(path, MINE).faults
        assert fault.message.startswith(f"{path} is cut short or damaged: ")
    Path(path).write_bytes(b"something else")
    with pytest.raises(InputError, match="not a backup"):
        inspect_backup(path, MINE)


def test_a_backup_that_somebody_changed_who_cannot_unlock_it(defined_site: "Site", tmp_path: Path) -> None:
    """Its checksums are right: only the MAC can tell."""
    places = places_of(defined_site)
    rewritten(defined_site, lambda entries: entries[:1], bytes(32))
    backup.write(str(tmp_path / "b"), backup.take(places, 7), places)
    [fault] = inspect_backup(str(tmp_path / "b"), MINE).faults
    assert "changed by something other than ptktctl" in fault.message


def test_an_unfinished_restore_is_no_secret(defined_site: "Site") -> None:
    """What a killed process left is judged like all else in the folder."""
    flag = Path(files.restoring_of(defined_site.keys))
    flag.touch(0o644)
    assert [str(flag) in each for each in faults(defined_site)] == [True]


def test_no_secret_shows(defined_site: "Site") -> None:
    found = inspected(defined_site)
    assert isinstance(found, inspection.Inspection)
    opened = defined_site.open()
    for stored in (*opened.keys(),):
        assert stored.key.secret.hex() not in repr(found).lower()
