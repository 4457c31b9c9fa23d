import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ptktctl.errors import (
    InputError,
    StoreDamagedError,
    StoreError,
    StoreLockedError,
    StoreMissingError,
    StoreWriteError,
    UnsafePermissionsError,
)
from ptktctl.passticket.keys import EnhancedKey, LegacyKey, TicketType
from ptktctl.passticket.names import ApplId, GroupId, UserId
from ptktctl.store import files, keysfile, sealing, vault
from ptktctl.store.keysfile import KeyKind, KeyName
from ptktctl.store.sealing import Passphrase, Slot
from ptktctl.store.tables import checksum_of
from ptktctl.store.unlocking import Unlocker, new_key_file
from ptktctl.store.vault import Draft, StoredKey, Vault, editing

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


def stored(site: "Site") -> tuple[StoredKey, ...]:
    return site.open().keys()


LEGACY, ENHANCED = LegacyKey.from_hex("0BAD5EED0BAD5EED"), EnhancedKey(bytes(range(64)))


def test_what_is_put_is_found_again(full_site: "Site", named: Named) -> None:
    opened = full_site.open()
    keys = opened.keys()
    assert [(str(each.name), each.key) for each in keys] == [
        ("FEKAPPL (enhanced)", ENHANCED),
        ("FEKAPPL (legacy)", LEGACY),
        ("FEKAPPL.SYS1.IBMUSER (legacy)", LegacyKey.from_hex("C0FFEE00C0FFEE00")),
    ]
    assert opened.names() == tuple(each.name for each in keys)
    assert vault.listed_names(full_site.keys) == opened.names()
    assert all(each.created == 1_700_000_000 for each in keys)
    found = opened.get(named("FEKAPPL"))
    assert found is not None
    assert found.key.secret == LEGACY.secret
    assert opened.get(named("OTHER")) is None


def test_the_type_of_an_enhanced_key_is_told_when_it_is_taken_out(full_site: "Site", named: Named) -> None:
    opened = full_site.open()
    name = named("FEKAPPL", KeyKind.ENHANCED)
    for asked, got in (((), TicketType.MIXED), ((TicketType.UPPER,), TicketType.UPPER)):
        found = opened.get(name, *asked)
        assert found is not None
        assert found.key.ticket_type is got
        assert opened.keys(*asked)[0].key.ticket_type is got
        assert opened.candidates(ApplId("FEKAPPL"), None, None, *asked)[0].key.ticket_type is got


def test_a_key_is_opened_once(full_site: "Site", monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch asks for the keys of each of its users."""
    opened, real = full_site.open(), sealing.unseal
    unsealed: list[bytes] = []

    def counting(key: bytes, sealed: bytes, bound: bytes) -> bytes | None:
        unsealed.append(sealed)
        return real(key, sealed, bound)

    monkeypatch.setattr(sealing, "unseal", counting)
    for _ in range(3):
        for userid in ("IBMUSER", "ANNA", "BERT"):
            assert opened.candidates(ApplId("FEKAPPL"), UserId(userid), GroupId("SYS1"))
    assert len(unsealed) == len(set(unsealed)) == 3


def racf_order(present: set[str]) -> list[str]:
    """Which profiles are tried for IBMUSER of SYS1, written down case by case.

    RACF Security Administrator's Guide, "Determining PTKTDATA profile names".
    """
    order = []
    if "A.SYS1.IBMUSER" in present:
        order.append("A.SYS1.IBMUSER")
    elif "A.IBMUSER" in present:
        order.append("A.IBMUSER")
    elif "A.SYS1" in present:
        order.append("A.SYS1")
    if "A" in present:
        order.append("A")
    return order


def test_candidates_are_those_of_racf_in_its_order(site: "Site", named: Named) -> None:
    profiles = {"A": "A", "A/SYS1": "A.SYS1", "A.IBMUSER": "A.IBMUSER", "A/SYS1.IBMUSER": "A.SYS1.IBMUSER"}
    strangers = ("B", "A/SYS2", "A.OTHER", "A/SYS2.IBMUSER", "A/SYS1.OTHER", "B.IBMUSER")
    data_key = site.unlock(site.keys, keysfile.parse(Path(site.keys).read_bytes(), "").slots)
    for count in range(len(profiles) + 1):
        for present in itertools.combinations(profiles, count):
            draft = Draft((), data_key)
            for profile in (*present, *strangers):
                draft.put(named(profile), LEGACY, 1)
                draft.put(named(profile, KeyKind.ENHANCED), ENHANCED, 1)
            slot = sealing.KeyFileSlot("/k", b"")
            opened = Vault("", keysfile.parse(keysfile.render([slot], draft.entries(), data_key), ""), data_key)
            found = opened.candidates(ApplId("A"), UserId("IBMUSER"), GroupId("SYS1"))
            expected = racf_order({profiles[each] for each in present})
            assert [str(each.name) for each in found] == [
                f"{profile} ({kind})" for profile in expected for kind in ("enhanced", "legacy")
            ]


def test_a_profile_with_one_kind_of_key_hides_the_qualified_ones_after_it(site: "Site", named: Named) -> None:
    site.put(named("A.IBMUSER"), LEGACY)
    site.put(named("A/SYS1", KeyKind.ENHANCED), ENHANCED)
    site.put(named("A", KeyKind.ENHANCED), ENHANCED)
    opened = site.open()

    def tried(userid: str | None, group: str | None) -> list[str]:
        found = opened.candidates(ApplId("A"), UserId(userid) if userid else None, GroupId(group) if group else None)
        return [str(each.name) for each in found]

    assert tried("IBMUSER", "SYS1") == ["A.IBMUSER (legacy)", "A (enhanced)"]
    assert tried("OTHER", "SYS1") == ["A.SYS1 (enhanced)", "A (enhanced)"]
    assert tried(None, "SYS1") == ["A.SYS1 (enhanced)", "A (enhanced)"]
    assert tried("IBMUSER", None) == ["A.IBMUSER (legacy)", "A (enhanced)"]
    assert tried(None, None) == ["A (enhanced)"]
    assert tried("SYS1", "IBMUSER") == ["A (enhanced)"]


# The stages that a profile's key may have: none, current, pending, both.
STAGES = ((), (False,), (True,), (False, True))


def test_what_a_ticket_is_made_with_is_always_tried(full_site: "Site", named: Named) -> None:
    """Whatever is pending: a system that has no key to come yet looks under the profiles that it has."""
    profiles = ("A/SYS1.IBMUSER", "A.IBMUSER", "A/SYS1", "A")
    slots = vault.read(full_site.keys).slots
    data_key = full_site.unlock(full_site.keys, slots)
    for present in itertools.product(STAGES, repeat=len(profiles)):
        draft = Draft((), data_key)
        names = {
            each: [named(each).replaced(pending=stage) for stage in stages]
            for each, stages in zip(profiles, present, strict=True)
        }
        for name in itertools.chain(*names.values()):
            draft.put(name, LEGACY, 1)
        opened = Vault("", keysfile.parse(keysfile.render(slots, draft.entries(), data_key), ""), data_key)
        made, tried = (
            [each.name for each in opened.candidates(ApplId("A"), UserId("IBMUSER"), GroupId("SYS1"), pending=pending)]
            for pending in (False, True)
        )
        assert [name for name in tried if name in made] == made
        reached = next((place for place, each in enumerate(present[:3]) if False in each), 2)
        possible = [*profiles[: reached + 1], "A"]
        assert [name for name in tried if name.pending] == [
            name for each in possible for name in names[each] if name.pending
        ]
        assert not any(name.pending for name in made)
        of_group = opened.candidates(ApplId("A"), None, GroupId("SYS1"), pending=True)
        assert [each.name for each in of_group] == [*names["A/SYS1"], *names["A"]]


def test_replacing_is_asked_for(site: "Site", named: Named) -> None:
    site.put(named("A"), LEGACY)
    other = LegacyKey.from_hex("C0FFEE00C0FFEE00")
    with pytest.raises(InputError, match=r"a key A \(legacy\) already"):
        site.put(named("A"), other)
    assert [each.key for each in stored(site)] == [LEGACY]
    site.put(named("A"), other, 5, replace=True)
    assert [(each.key, each.created) for each in stored(site)] == [(other, 5)]


def test_a_key_of_the_other_kind_is_refused(site: "Site", named: Named) -> None:
    with pytest.raises(InputError):
        site.put(named("A"), ENHANCED)
    with pytest.raises(InputError):
        site.put(named("A", KeyKind.ENHANCED), LEGACY)
    assert site.open().names() == ()


def test_remove(full_site: "Site", named: Named) -> None:
    with editing(full_site.keys, full_site.unlock) as draft:
        draft.remove(named("FEKAPPL"))
        assert named("FEKAPPL") not in draft.names()
    assert [str(name) for name in full_site.open().names()] == ["FEKAPPL (enhanced)", "FEKAPPL.SYS1.IBMUSER (legacy)"]
    with pytest.raises(StoreMissingError), editing(full_site.keys, full_site.unlock) as draft:
        draft.remove(named("FEKAPPL"))


def test_rename_moves_all_keys_of_an_applid(full_site: "Site", named: Named) -> None:
    full_site.put(named("OTHER"), LEGACY)
    before = {each.name: (each.key, each.created) for each in stored(full_site)}
    with editing(full_site.keys, full_site.unlock) as draft:
        draft.rename(ApplId("FEKAPPL"), ApplId("NEW"))
        draft.rename(ApplId("NEW"), ApplId("NEW"))
        draft.rename(ApplId("NOKEYS"), ApplId("OTHER"))
    after = {each.name: (each.key, each.created) for each in stored(full_site)}
    new = {
        name if name.applid != ApplId("FEKAPPL") else name.replaced(applid=ApplId("NEW")): it
        for name, it in before.items()
    }
    assert after == new
    with pytest.raises(InputError, match="OTHER"), editing(full_site.keys, full_site.unlock) as draft:
        draft.rename(ApplId("NEW"), ApplId("OTHER"))
    assert {each.name: (each.key, each.created) for each in stored(full_site)} == new


def test_an_edit_leaves_the_bytes_of_other_entries(full_site: "Site", named: Named) -> None:
    path = Path(full_site.keys)
    before = path.read_text().split("[[key]]")
    full_site.put(named("ZZZ"), LEGACY)
    after = path.read_text().split("[[key]]")
    assert after[:3] == before[:3]
    assert after[3] == before[3].partition("[integrity]")[0]


def test_an_edit_is_all_or_nothing(full_site: "Site", named: Named) -> None:
    before = Path(full_site.keys).read_bytes()
    with pytest.raises(StoreMissingError), editing(full_site.keys, full_site.unlock) as draft:  # noqa: PT012
        draft.put(named("NEW"), LEGACY, 1)
        draft.remove(named("FEKAPPL"))
        draft.remove(named("FEKAPPL"))
    assert Path(full_site.keys).read_bytes() == before


def test_an_edit_without_a_change_writes_nothing(full_site: "Site", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "replace_atomically", lambda *_: pytest.fail("written"))
    with editing(full_site.keys, full_site.unlock):
        pass


def test_a_snapshot_does_not_change(full_site: "Site", named: Named) -> None:
    opened = full_site.open()
    names = opened.names()
    with editing(full_site.keys, full_site.unlock) as draft:
        for name in names:
            draft.remove(name)
    assert opened.names() == names
    assert full_site.open().names() == ()


def test_there_is_no_store(tmp_path: Path, named: Named) -> None:
    path = str(tmp_path / "keys.toml")
    unlock = Unlocker({"PTKTCTL_PASSPHRASE": "x"}).data_key
    with pytest.raises(StoreMissingError, match=path) as caught:
        Vault.open(path, unlock)
    assert "ptktctl init" in str(caught.value.hint)
    with pytest.raises(StoreMissingError), editing(path, unlock):
        pass
    assert vault.listed_names(path) == ()
    assert list(tmp_path.iterdir()) == []


def test_create_does_not_overwrite(full_site: "Site", tmp_path: Path) -> None:
    before = Path(full_site.keys).read_bytes()
    new = tmp_path / "new.key"
    with pytest.raises(InputError, match="a store already"):
        vault.create(full_site.keys, lambda: new_key_file(str(new)))
    assert Path(full_site.keys).read_bytes() == before
    assert not new.exists()


def test_create_does_not_overwrite_a_key_file(tmp_path: Path) -> None:
    keys, key_file = tmp_path / "keys.toml", tmp_path / "key"
    key_file.write_text("somebody's")
    with pytest.raises(InputError, match="exists already"):
        vault.create(str(keys), lambda: new_key_file(str(key_file)))
    assert key_file.read_text() == "somebody's"
    assert not keys.exists()


def test_a_store_that_cannot_be_written_leaves_no_key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, key_file = tmp_path / "home" / "keys.toml", tmp_path / "key"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "publish", full)
        with pytest.raises(StoreWriteError, match="No space left"):
            vault.create(str(keys), lambda: new_key_file(str(key_file)))
    assert not key_file.exists()
    vault.create(str(keys), lambda: new_key_file(str(key_file)))
    assert Vault.open(str(keys), Unlocker({}).data_key).names() == ()


def test_create_killed_at_any_line_leaves_a_store_that_opens_or_none(
    tmp_path: Path, killed_everywhere: Callable[..., int], named: Named
) -> None:
    keys, key_file = tmp_path / "home" / "keys.toml", tmp_path / "key"
    seen = set()

    def after() -> None:
        seen.add((key_file.exists(), keys.exists()))
        if keys.exists():
            assert Vault.open(str(keys), Unlocker({}).data_key).names() == ()
            keys.unlink()
        key_file.unlink(missing_ok=True)

    assert killed_everywhere(lambda: vault.create(str(keys), lambda: new_key_file(str(key_file))), after) > 40
    assert seen == {(False, False), (True, False), (True, True)}


def test_an_edit_killed_at_any_line_leaves_the_old_store_or_the_new_one(
    full_site: "Site", killed_everywhere: Callable[..., int], named: Named
) -> None:
    old, before = full_site.open().names(), Path(full_site.keys).read_bytes()
    seen = set()

    def action() -> None:
        with editing(full_site.keys, full_site.unlock) as draft:
            draft.put(named("NEW"), LEGACY, 1)
            draft.rename(ApplId("FEKAPPL"), ApplId("MOVED"))

    def after() -> None:
        opened = full_site.open()
        assert len(opened.keys()) == len(opened.names())
        seen.add(opened.names())
        Path(full_site.keys).write_bytes(before)

    assert killed_everywhere(action, after) > 40
    moved = [name.replaced(applid=ApplId("MOVED")) for name in old]
    assert seen == {old, (*moved, named("NEW"))}


def test_killed_at_any_moment_what_was_reported_is_kept(site: "Site", named: Named) -> None:
    """A process stores key after key and reports each; SIGKILL comes when it comes."""
    for attempt in range(8):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            try:
                for number in itertools.count():
                    site.put(named(f"K{attempt}X{number}"), LEGACY)
                    os.write(writing, b"%d\n" % number)
            finally:
                os._exit(1)
        os.close(writing)
        with open(reading) as lines:
            first = lines.readline()
            time.sleep(attempt * 0.0013)
            os.kill(child, signal.SIGKILL)
            reported = {named(f"K{attempt}X{line.strip()}") for line in (first, *lines)}
        os.waitpid(child, 0)
        opened = site.open()
        assert reported <= set(opened.names())
        assert len(opened.keys()) == len(opened.names())


def test_many_writers_at_once_all_succeed(site: "Site", named: Named, together: Callable[..., list[Any]]) -> None:
    def writing(number: int) -> Callable[[], None]:
        def action() -> None:
            for letter in "XYZ":
                site.put(named(f"{letter}{number}"), LEGACY, number)
            with editing(site.keys, site.unlock) as draft:
                draft.remove(named(f"Y{number}"))

        return action

    together([writing(number) for number in range(4)])
    assert sorted(str(each.name.applid) for each in stored(site)) == sorted(
        f"{letter}{number}" for letter in "XZ" for number in range(4)
    )


def test_of_two_that_put_the_same_name_one_is_told(
    site: "Site", named: Named, together: Callable[..., list[Any]]
) -> None:
    def putting(number: int) -> Callable[[], bool]:
        def action() -> bool:
            try:
                site.put(named("A"), LEGACY, number)
            except InputError:
                return False
            return True

        return action

    assert sorted(together([putting(number) for number in range(3)])) == [False, False, True]


def test_every_flipped_byte_is_damage_and_never_a_wrong_passphrase(passphrase_site: "Site", named: Named) -> None:
    passphrase_site.put(named("A"), LEGACY)
    good = Path(passphrase_site.keys).read_bytes()
    for position in range(len(good)):
        flipped = good[position] ^ 1 << position % 8
        Path(passphrase_site.keys).write_bytes(good[:position] + bytes([flipped]) + good[position + 1 :])
        for unlock in (
            passphrase_site.unlock,
            Unlocker({"PTKTCTL_PASSPHRASE": "wrong"}).data_key,
            Unlocker({}).data_key,
        ):
            with pytest.raises(StoreDamagedError, match="is damaged"):
                Vault.open(passphrase_site.keys, unlock)
        with pytest.raises(StoreDamagedError), editing(passphrase_site.keys, passphrase_site.unlock):
            pass


def resealed(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The file as somebody changes it who can make checksums but not the MAC."""
    summed = change(data.rpartition(keysfile.CHECKSUM_START)[0]) + keysfile.CHECKSUM_START
    return summed + checksum_of(summed).encode() + keysfile.STRING_END


def test_no_flipped_bit_survives_a_right_checksum(full_site: "Site") -> None:
    """Whoever can write the file but not unlock it can change nothing in it."""
    good = Path(full_site.keys).read_bytes()
    data_key = full_site.unlock(full_site.keys, keysfile.parse(good, "").slots)
    end = len(good.rpartition(keysfile.CHECKSUM_START)[0])
    for position in range(end):
        for bit in range(8):
            flip = bytes([good[position] ^ 1 << bit])
            data = resealed(good, lambda text, at=position, new=flip: text[:at] + new + text[at + 1 :])  # type: ignore[misc]
            try:
                Vault("keys.toml", keysfile.parse(data, "keys.toml"), data_key)
            except StoreError:
                continue
            # The last digit of base64 has bits that mean nothing.
            assert keysfile.parse(data, "keys.toml") == keysfile.parse(good, "keys.toml")


def swap_entries(text: bytes) -> bytes:
    """Exchange what is sealed between the first two legacy keys."""
    first, second = [line for line in text.splitlines() if line.startswith(b"sealed")][1:]
    return text.replace(first, b"?").replace(second, first).replace(b"?", second)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda text: text.partition(b"[[key]]")[0] + text[text.rindex(b"[[key]]") :], id="entries removed"
        ),
        pytest.param(lambda text: text.replace(b'"FEKAPPL"', b'"OTHER"'), id="entries given another name"),
        pytest.param(lambda text: text.replace(b"created = 17", b"created = 18"), id="another date"),
        pytest.param(lambda text: text.replace(b'group = "SYS1"\n', b""), id="a qualifier taken away"),
        pytest.param(lambda text: text.replace(b"unlock.key", b"my-own.key"), id="another key file remembered"),
        pytest.param(swap_entries, id="two keys exchanged"),
    ],
)
def test_what_was_moved_or_removed_is_noticed(full_site: "Site", change: Callable[[bytes], bytes]) -> None:
    path = Path(full_site.keys)
    good = path.read_bytes()
    unlock = Unlocker({}, key_file=full_site.key_file).data_key
    path.write_bytes(resealed(good, lambda text: text))
    assert Vault.open(full_site.keys, unlock).keys()
    path.write_bytes(resealed(good, change))
    assert path.read_bytes() != good
    with pytest.raises(StoreDamagedError, match="something other than ptktctl"):
        Vault.open(full_site.keys, unlock)
    with pytest.raises(StoreDamagedError), editing(full_site.keys, unlock):
        pass


def test_an_entry_of_an_older_file_is_noticed(full_site: "Site", named: Named) -> None:
    """A key that was replaced because it leaked must not come back."""
    path = Path(full_site.keys)
    old = path.read_bytes().split(b"[[key]]")
    full_site.put(named("FEKAPPL"), LegacyKey.from_hex("FACE0FF0FACE0FF0"), replace=True)
    new = path.read_bytes().split(b"[[key]]")
    assert old[2] != new[2]
    path.write_bytes(resealed(b"[[key]]".join([*new[:2], old[2], *new[3:]]), lambda text: text))
    with pytest.raises(StoreDamagedError, match="something other than ptktctl"):
        full_site.open()


def test_an_entry_under_another_name_does_not_open_even_with_the_mac(full_site: "Site", named: Named) -> None:
    """The seal itself binds the name, whatever became of the MAC."""
    file = keysfile.parse(Path(full_site.keys).read_bytes(), "")
    data_key = full_site.unlock(full_site.keys, file.slots)
    moved = [entry.replaced(name=entry.name.replaced(applid=ApplId("OTHER"))) for entry in file.entries]
    opened = Vault("k", keysfile.parse(keysfile.render(file.slots, moved, data_key), "k"), data_key)
    with pytest.raises(StoreDamagedError, match="does not open"):
        opened.keys()
    with pytest.raises(StoreDamagedError, match="does not open"):
        Draft(moved, data_key).rename(ApplId("OTHER"), ApplId("X"))


def test_a_store_with_two_slots_opens_either_way(full_site: "Site", named: Named) -> None:
    file = keysfile.parse(Path(full_site.keys).read_bytes(), "")
    data_key = full_site.unlock(full_site.keys, file.slots)
    slots = [sealing.wrap(data_key, Passphrase(each), n=2) for each in (b"mine", b"yours")] + list(file.slots)
    Path(full_site.keys).write_bytes(keysfile.render(slots, file.entries, data_key))
    for environ in ({"PTKTCTL_PASSPHRASE": "mine"}, {"PTKTCTL_PASSPHRASE": "yours"}, {}):
        with editing(full_site.keys, Unlocker(environ).data_key) as draft:
            draft.put(named("FEKAPPL"), LEGACY, 1, replace=True)
        assert len(Vault.open(full_site.keys, Unlocker(environ).data_key).keys()) == 3
    with pytest.raises(StoreLockedError):
        Vault.open(full_site.keys, Unlocker({"PTKTCTL_PASSPHRASE": "theirs"}).data_key)


def test_a_store_made_anew_while_its_passphrase_was_typed_is_unlocked_anew(site: "Site", named: Named) -> None:
    other = site.folder.parent / "other.key"

    def exchanged(path: str, slots: Sequence[Slot]) -> bytes:
        if not other.exists():
            data_key = site.unlock(path, slots)
            Path(path).unlink()
            vault.create(path, lambda: new_key_file(str(other)))
            return data_key
        return site.unlock(path, slots)

    with editing(site.keys, exchanged) as draft:
        draft.put(named("A"), LEGACY, 1)
    assert Vault.open(site.keys, Unlocker({}, key_file=str(other)).data_key).names() == (named("A"),)


def test_a_full_disk_loses_nothing(full_site: "Site", named: Named, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Path(full_site.keys).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreWriteError, match="No space left") as caught:
            full_site.put(named("NEW"), LEGACY)
    assert full_site.keys in caught.value.message
    assert Path(full_site.keys).read_bytes() == before


def test_an_unsafe_store_is_refused(full_site: "Site") -> None:
    for place, mode in ((Path(full_site.keys), 0o644), (full_site.folder, 0o755)):
        usual = place.stat().st_mode
        place.chmod(mode)
        with pytest.raises(UnsafePermissionsError):
            full_site.open()
        with pytest.raises(UnsafePermissionsError), editing(full_site.keys, full_site.unlock):
            pass
        with pytest.raises(UnsafePermissionsError):
            vault.listed_names(full_site.keys)
        place.chmod(usual)


def test_no_secret_shows(full_site: "Site") -> None:
    opened = full_site.open()
    file = Path(full_site.keys).read_text()
    shown = repr(opened) + str(opened) + "".join(map(repr, opened.keys())) + file
    for secret in (LEGACY.secret, ENHANCED.secret):
        for form in (secret.hex(), secret.hex().upper(), repr(secret)):
            assert form not in shown
    assert LEGACY.fingerprint not in file


OPEN_CODE = """
import sys
from ptktctl.passticket.names import ApplId
from ptktctl.store.definitions import Definitions
from ptktctl.store.places import Places
from ptktctl.store.unlocking import Unlocker
from ptktctl.store.vault import Vault

places = Places.locate({"PTKTCTL_HOME": sys.argv[1]})
Definitions.load(places.definitions)
assert Vault.open(places.keys, Unlocker({}).data_key).candidates(ApplId("FEKAPPL"))
print(*sorted({"filelock", "platformdirs", "sqlite3", "tomli_w", "shlex", "Crypto.Protocol.KDF"} & {*sys.modules}))
"""


def test_opening_loads_nothing_that_only_writing_needs(full_site: "Site") -> None:
    """Each `gen` of a pipeline pays for it."""
    ran = subprocess.run(
        [sys.executable, "-c", OPEN_CODE, full_site.folder], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "\n"
