"""Several ways to open one store, made and removed, and sealing it anew."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptktctl.errors import InputError, StoreBusyError, StoreDamagedError, StoreLockedError, StoreWriteError
from ptktctl.passticket.keys import LegacyKey
from ptktctl.store import files, keysfile, sealing, slots
from ptktctl.store.keysfile import KeyName
from ptktctl.store.sealing import Passphrase, PassphraseSlot, Secret, Slot, UnlockKey
from ptktctl.store.slots import Resealed, Secrets
from ptktctl.store.unlocking import Opened, Unlocker, new_key_file
from ptktctl.store.vault import StoredKey, Unlock, Vault, editing

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
MINE = Unlocker({}).open_slot
LEGACY = LegacyKey.from_hex("0BAD5EED0BAD5EED")


def typed(passphrase: str) -> slots.OpenSlot:
    return Unlocker({"PTKTCTL_PASSPHRASE": passphrase}).open_slot


def unlock_by(open_slot: slots.OpenSlot) -> Unlock:
    return lambda path, found: open_slot(path, found).data_key


def keys_by(site: "Site", open_slot: slots.OpenSlot) -> tuple[StoredKey, ...]:
    return Vault.open(site.keys, unlock_by(open_slot)).keys()


def stored(site: "Site") -> tuple[StoredKey, ...]:
    return site.open().keys()


def opens(site: "Site", open_slot: slots.OpenSlot) -> bool:
    try:
        return len(keys_by(site, open_slot)) > 0
    except StoreLockedError:
        return False


def add(site: "Site", secret: Secret, open_slot: slots.OpenSlot = MINE) -> Slot:
    return slots.add(site.keys, open_slot, lambda: secret, 1_800_000_000, scrypt_n=2)


def passphrase(text: str) -> Passphrase:
    return Passphrase(text.encode())


def unasked(_: Slot, __: Sequence[Slot]) -> NoReturn:
    raise AssertionError("asked unexpectedly")


def entry_lines(site: "Site") -> list[str]:
    return [line for line in Path(site.keys).read_text().splitlines() if line.startswith("sealed")]


def data_key_of(site: "Site") -> bytes:
    return site.unlock(site.keys, slots.listed(site.keys))


# Adding


def test_a_slot_more_opens_the_same_keys_and_reseals_none(full_site: "Site") -> None:
    before, sealed = stored(full_site), entry_lines(full_site)
    made = add(full_site, passphrase("a second way"))
    assert isinstance(made, PassphraseSlot)
    assert (made.number, made.created, slots.described(made)) == (2, 1_800_000_000, "slot 2 (passphrase)")
    assert slots.listed(full_site.keys)[1] == made
    assert keys_by(full_site, typed("a second way")) == keys_by(full_site, MINE) == before
    assert entry_lines(full_site) == sealed
    assert not opens(full_site, typed("a third way"))


def test_what_opens_the_store_already_is_not_added_again(full_site: "Site") -> None:
    add(full_site, passphrase("a second way"))
    before = Path(full_site.keys).read_bytes()
    with pytest.raises(InputError, match=r"slot 2 \(passphrase\) is opened by the same already"):
        add(full_site, passphrase("a second way"))
    assert Path(full_site.keys).read_bytes() == before


def test_nothing_new_is_made_for_somebody_who_cannot_open_the_store(full_site: "Site", tmp_path: Path) -> None:
    with pytest.raises(StoreLockedError):
        slots.add(full_site.keys, typed("wrong"), lambda: new_key_file(str(tmp_path / "new")), 1)
    assert not (tmp_path / "new").exists()


def test_a_new_key_file_is_remembered(full_site: "Site", tmp_path: Path) -> None:
    add(full_site, new_key_file(str(tmp_path / "new.key")))
    Path(full_site.key_file).unlink()
    assert opens(full_site, MINE)
    (tmp_path / "new.key").unlink()
    with pytest.raises(StoreLockedError, match=r"its unlock key file is missing: .*unlock.key, .*new.key"):
        full_site.open()


def test_the_slots_of_a_store_made_before_slots_had_numbers(full_site: "Site") -> None:
    """Such a file is opened as ever, and its slot gets a number with the first change of slots."""
    file = keysfile.parse(Path(full_site.keys).read_bytes(), "")
    old = [file.slots[0].replaced(number=0, created=0)]
    Path(full_site.keys).write_bytes(keysfile.render(old, file.entries, data_key_of(full_site)))
    assert "number" not in Path(full_site.keys).read_text()
    assert opens(full_site, MINE)
    assert [slot.number for slot in slots.listed(full_site.keys)] == [1]
    add(full_site, passphrase("a second way"))
    assert [slot.number for slot in keysfile.parse(Path(full_site.keys).read_bytes(), "").slots] == [1, 2]


def test_numbers_of_slots_without_one_follow_the_others() -> None:
    bare = [sealing.KeyFileSlot(name, b"") for name in "ab"]
    given = [bare[0], sealing.KeyFileSlot("c", b"", 4), bare[1]]
    assert [slot.number for slot in slots.numbered(given)] == [5, 4, 6]


# Removing


def test_a_removed_slot_opens_the_store_no_more_but_an_older_copy(full_site: "Site") -> None:
    add(full_site, passphrase("a second way"))
    older, sealed = Path(full_site.keys).read_bytes(), entry_lines(full_site)
    gone = slots.remove(full_site.keys, MINE, 2, unasked)
    assert gone.number == 2
    assert not opens(full_site, typed("a second way"))
    assert opens(full_site, MINE)
    assert entry_lines(full_site) == sealed
    # What the documentation warns of: the copy opens, and its data key is that of the store.
    copied = keysfile.parse(older, "")
    assert typed("a second way")("", copied.slots).data_key == data_key_of(full_site)


def test_the_others_keep_their_numbers(full_site: "Site") -> None:
    for text in ("second", "third"):
        add(full_site, passphrase(text))
    slots.remove(full_site.keys, MINE, 2, unasked)
    assert [slot.number for slot in slots.listed(full_site.keys)] == [1, 3]
    assert add(full_site, passphrase("fourth")).number == 4


def test_the_last_slot_stays(full_site: "Site") -> None:
    before = Path(full_site.keys).read_bytes()
    with pytest.raises(InputError, match="the only one") as caught:
        slots.remove(full_site.keys, MINE, 1, unasked)
    assert "slot add" in str(caught.value.hint)
    with pytest.raises(InputError, match="there is no slot 7"):
        slots.remove(full_site.keys, MINE, 7, unasked)
    assert Path(full_site.keys).read_bytes() == before


def test_the_slot_in_use_is_asked_about_and_no_other(full_site: "Site") -> None:
    add(full_site, passphrase("a second way"))
    before = Path(full_site.keys).read_bytes()

    def refuse(slot: Slot, left: Sequence[Slot]) -> None:
        raise InputError(f"not {slot.number}, only {[each.number for each in left]}")

    with pytest.raises(InputError, match=r"not 1, only \[2\]"):
        slots.remove(full_site.keys, MINE, 1, refuse)
    with pytest.raises(InputError, match=r"not 2, only \[1\]"):
        slots.remove(full_site.keys, typed("a second way"), 2, refuse)
    assert Path(full_site.keys).read_bytes() == before
    slots.remove(full_site.keys, typed("a second way"), 1, refuse)
    assert [slot.number for slot in slots.listed(full_site.keys)] == [2]


def test_a_store_that_something_else_changed_is_not_touched(full_site: "Site") -> None:
    """Slots moved in by somebody who can write the file but not unlock it."""
    file = keysfile.parse(Path(full_site.keys).read_bytes(), "")
    Path(full_site.keys).write_bytes(keysfile.render((*file.slots, file.slots[0].replaced(number=9)), (), bytes(32)))
    before = Path(full_site.keys).read_bytes()
    for action in (
        lambda: add(full_site, passphrase("a second way")),
        lambda: slots.remove(full_site.keys, MINE, 9, unasked),
        lambda: slots.reseal(full_site.keys, MINE, Secrets(), 1),
    ):
        with pytest.raises(StoreDamagedError, match="other than ptktctl"):
            action()
    assert Path(full_site.keys).read_bytes() == before


# Sealing anew


def reseal(site: "Site", *given: Secret, open_slot: slots.OpenSlot = MINE, **settings: Any) -> Resealed:
    drop_others = settings.pop("drop_others", False)
    secrets = Secrets(given, scrypt_n=2, **settings)
    return slots.reseal(site.keys, open_slot, secrets, 1_900_000_000, drop_others=drop_others)


def test_resealing_changes_the_data_key_and_every_seal_and_nothing_else(full_site: "Site", named: Named) -> None:
    full_site.put(named("FEKAPPL").replaced(pending=True), LEGACY, 1_750_000_000)
    add(full_site, passphrase("a second way"))
    before, sealed, old = stored(full_site), entry_lines(full_site), data_key_of(full_site)
    numbers = [(slot.number, slot.created) for slot in slots.listed(full_site.keys)]
    done = reseal(full_site, passphrase("a second way"))
    assert [slot.number for slot in done.kept] == [1, 2]
    assert done.dropped == ()
    assert data_key_of(full_site) != old
    assert not set(entry_lines(full_site)) & set(sealed)
    assert keys_by(full_site, typed("a second way")) == keys_by(full_site, MINE) == before
    assert [(slot.number, slot.created) for slot in slots.listed(full_site.keys)] == numbers
    file = keysfile.parse(Path(full_site.keys).read_bytes(), "")
    assert not any(sealing.unseal(old, entry.sealed, keysfile.bound(entry.name)) for entry in file.entries)


def test_a_removed_slot_is_of_no_use_after_resealing(full_site: "Site") -> None:
    add(full_site, passphrase("it got about"))
    copied = keysfile.parse(Path(full_site.keys).read_bytes(), "").slots
    slots.remove(full_site.keys, MINE, 2, unasked)
    reseal(full_site)
    known = typed("it got about")("", copied).data_key
    with pytest.raises(StoreDamagedError):
        Vault(full_site.keys, keysfile.parse(Path(full_site.keys).read_bytes(), ""), known)


def test_a_slot_that_nothing_opens_is_named_and_kept_unless_it_may_be_lost(full_site: "Site", tmp_path: Path) -> None:
    add(full_site, passphrase("a second way"))
    add(full_site, new_key_file(str(tmp_path / "third.key")))
    (tmp_path / "third.key").unlink()
    before = Path(full_site.keys).read_bytes()
    with pytest.raises(InputError, match=r"opens slot 2 \(passphrase\), slot 3 \(key file .*third.key\)") as caught:
        reseal(full_site, passphrase("not this one"))
    assert "--drop-others" in str(caught.value.hint)
    assert Path(full_site.keys).read_bytes() == before
    done = reseal(full_site, drop_others=True)
    assert ([slot.number for slot in done.kept], [slot.number for slot in done.dropped]) == ([1], [2, 3])
    assert opens(full_site, MINE)
    assert not opens(full_site, typed("a second way"))


def test_key_files_that_the_store_remembers_need_not_be_given(full_site: "Site", tmp_path: Path) -> None:
    add(full_site, new_key_file(str(tmp_path / "second.key")))
    assert len(reseal(full_site).kept) == 2
    Path(full_site.key_file).unlink()
    assert opens(full_site, MINE)


def test_a_passphrase_is_asked_for_only_where_nothing_at_hand_opens(full_site: "Site") -> None:
    for text in ("second", "third"):
        add(full_site, passphrase(text))
    asked = []

    def ask(slot: Slot) -> Passphrase:
        asked.append(slot.number)
        return passphrase("third")

    assert len(reseal(full_site, passphrase("second"), ask=ask).kept) == 3
    assert asked == [3]
    with pytest.raises(InputError, match=r"does not open slot 2 \(passphrase\)"):
        reseal(full_site, ask=ask)
    with pytest.raises(InputError, match="nothing at hand opens slot 2"):
        reseal(full_site, passphrase("third"), ask=lambda _: None)


def test_a_new_secret_takes_the_place_of_the_one_in_use(full_site: "Site") -> None:
    add(full_site, passphrase("it got about"))
    before = stored(full_site)
    done = reseal(full_site, open_slot=typed("it got about"), replacement=lambda: passphrase("nobody knows this"))
    assert [(slot.number, slot.created == 1_900_000_000) for slot in done.kept] == [(1, False), (2, True)]
    assert not opens(full_site, typed("it got about"))
    assert keys_by(full_site, typed("nobody knows this")) == keys_by(full_site, MINE) == before


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(["add", "remove", "reseal", "put"]), min_size=1, max_size=8), st.randoms())
def test_whatever_is_done_each_secret_opens_all_keys_as_long_as_its_slot_is_there(
    full_site: "Site", named: Named, steps: list[str], random: Any
) -> None:
    """The slots' secrets are unlock keys that lie nowhere, so that each is tried by itself."""
    first = slots.listed(full_site.keys)[0]
    known: dict[int, Secret] = {first.number: MINE(full_site.keys, [first]).secret}
    for number in [slot.number for slot in slots.listed(full_site.keys)[1:]]:
        slots.remove(full_site.keys, MINE, number, unasked)
    expected = {each.name: each.key for each in stored(full_site)}
    for step in steps:
        user = known[random.choice(sorted(known))]
        by = opener(user)
        if step == "add":
            new = UnlockKey(sealing.new_key(), f"/nowhere/{len(known)}")
            known[add(full_site, new, by).number] = new
        elif step == "remove" and len(known) > 1:
            number = random.choice(sorted(known.keys() - {1}))
            slots.remove(full_site.keys, by, number, lambda *_: None)
            del known[number]
        elif step == "reseal":
            reseal(full_site, *known.values(), open_slot=by)
        elif step == "put":
            with editing(full_site.keys, unlock_by(by)) as draft:
                draft.put(named("FEKAPPL"), LEGACY, 5, replace=True)
            expected[named("FEKAPPL")] = LEGACY
        assert sorted(known) == sorted(slot.number for slot in slots.listed(full_site.keys))
        for secret in known.values():
            assert {each.name: each.key for each in keys_by(full_site, opener(secret))} == expected


def opener(secret: Secret) -> slots.OpenSlot:
    def open_slot(path: str, found: Sequence[Slot]) -> Opened:
        for slot in found:
            if data_key := sealing.unwrap(slot, secret):
                return Opened(slot, secret, data_key)
        raise StoreLockedError(path)

    return open_slot


# Others at the same time, and faults


def test_many_slots_added_at_once(full_site: "Site", tmp_path: Path, together: Callable[..., list[Any]]) -> None:
    def adding(number: int) -> Callable[[], int]:
        return lambda: add(full_site, new_key_file(str(tmp_path / f"{number}.key"))).number

    numbers = together([adding(number) for number in range(4)])
    assert sorted(numbers) == [2, 3, 4, 5]
    for number in range(4):
        assert opens(full_site, Unlocker({}, key_file=str(tmp_path / f"{number}.key")).open_slot)


def test_slots_and_keys_changed_at_once_are_all_there(
    full_site: "Site", named: Named, together: Callable[..., list[Any]]
) -> None:
    before = {each.name for each in stored(full_site)}

    def told(action: Callable[[], object]) -> Callable[[], bool]:
        def attempt() -> bool:
            try:
                action()
            except StoreBusyError:
                return False
            return True

        return attempt

    def putting(name: KeyName) -> Callable[[], None]:
        return lambda: full_site.put(name, LEGACY)

    old, names = data_key_of(full_site), [named(f"X{number}") for number in range(4)]
    second = passphrase("a second way")
    changing = [told(lambda: reseal(full_site, second)), told(lambda: add(full_site, second))]
    resealed, added, *_ = together([*changing, *map(putting, names)])
    assert {each.name for each in stored(full_site)} == before | set(names)
    assert opens(full_site, typed("a second way")) == added
    assert (data_key_of(full_site) != old) == resealed


def test_a_slot_removed_by_two_at_once_is_removed_once(full_site: "Site", together: Callable[..., list[Any]]) -> None:
    for text in ("second", "third"):
        add(full_site, passphrase(text))

    def removing() -> bool:
        try:
            slots.remove(full_site.keys, MINE, 2, unasked)
        except (InputError, StoreBusyError):
            return False
        return True

    assert sorted(together([removing, removing, removing])) == [False, False, True]
    assert [slot.number for slot in slots.listed(full_site.keys)] == [1, 3]


def test_resealed_while_a_slot_is_added_the_one_who_comes_late_is_told(full_site: "Site") -> None:
    def late() -> Secret:
        reseal(full_site)
        return passphrase("a second way")

    with pytest.raises(StoreBusyError, match="meanwhile"):
        slots.add(full_site.keys, MINE, late, 1, scrypt_n=2)
    assert len(slots.listed(full_site.keys)) == 1
    assert opens(full_site, MINE)


def test_a_slot_added_while_another_is_typed_is_kept(full_site: "Site") -> None:
    def slow() -> Secret:
        add(full_site, passphrase("a second way"))
        return passphrase("a third way")

    assert slots.add(full_site.keys, MINE, slow, 1, scrypt_n=2).number == 3
    assert opens(full_site, typed("a second way"))
    assert opens(full_site, typed("a third way"))


def test_a_slot_added_while_the_store_is_sealed_anew_is_not_lost(full_site: "Site") -> None:
    def slow() -> Secret:
        add(full_site, passphrase("a second way"))
        return passphrase("a third way")

    with pytest.raises(StoreBusyError, match="meanwhile"):
        reseal(full_site, replacement=slow)
    assert opens(full_site, typed("a second way"))


@pytest.mark.usefixtures("quick_disk")
@pytest.mark.parametrize("what", ["add", "remove", "reseal"])
def test_killed_at_any_line_the_store_opens_and_holds_every_key(
    full_site: "Site", tmp_path: Path, killed_everywhere: Callable[..., int], what: str
) -> None:
    add(full_site, new_key_file(str(tmp_path / "second.key")))
    expected, before, old = stored(full_site), Path(full_site.keys).read_bytes(), data_key_of(full_site)
    new = tmp_path / "new.key"
    seen: set[tuple[tuple[int, ...], bool]] = set()
    actions: dict[str, Callable[[], object]] = {
        "add": lambda: slots.add(full_site.keys, MINE, lambda: new_key_file(str(new)), 1),
        "remove": lambda: slots.remove(full_site.keys, MINE, 2, unasked),
        "reseal": lambda: reseal(full_site, replacement=lambda: new_key_file(str(new))),
    }

    def after() -> None:
        for slot in slots.listed(full_site.keys):
            assert isinstance(slot, sealing.KeyFileSlot)
            assert keys_by(full_site, Unlocker({}, key_file=slot.path).open_slot) == expected
        kept = tuple(slot.number for slot in slots.listed(full_site.keys))
        seen.add((kept, data_key_of(full_site) == old))
        Path(full_site.keys).write_bytes(before)
        new.unlink(missing_ok=True)

    assert killed_everywhere(actions[what], after) > 40
    changed = {"add": ((1, 2, 3), True), "remove": ((1,), True), "reseal": ((1, 2), False)}
    assert seen == {((1, 2), True), changed[what]}


@pytest.mark.parametrize("what", ["add", "remove", "reseal"])
def test_a_full_disk_changes_nothing(full_site: "Site", what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    add(full_site, passphrase("a second way"))
    before = Path(full_site.keys).read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_new", full)
    actions: dict[str, Callable[[], object]] = {
        "add": lambda: add(full_site, passphrase("a third way")),
        "remove": lambda: slots.remove(full_site.keys, MINE, 2, unasked),
        "reseal": lambda: reseal(full_site, passphrase("a second way")),
    }
    with pytest.raises(StoreWriteError, match="No space left"):
        actions[what]()
    assert Path(full_site.keys).read_bytes() == before


@pytest.mark.parametrize("what", ["add", "reseal"])
@pytest.mark.parametrize("late", [False, True], ids=["before it has its name", "when it has its name"])
def test_a_new_key_file_stays_only_if_the_store_names_it(
    full_site: "Site", tmp_path: Path, what: str, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, publish = tmp_path / "new.key", files.publish

    def fail(temporary: str, target: str) -> None:
        if late:
            publish(temporary, target)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "publish", fail)
    actions: dict[str, Callable[[], object]] = {
        "add": lambda: slots.add(full_site.keys, MINE, lambda: new_key_file(str(new)), 1),
        "reseal": lambda: reseal(full_site, replacement=lambda: new_key_file(str(new))),
    }
    with pytest.raises(StoreWriteError, match="No space left"):
        actions[what]()
    assert new.exists() is late
    if late:
        assert opens(full_site, Unlocker({}, key_file=str(new)).open_slot)
    else:
        monkeypatch.undo()
        actions[what]()
        assert opens(full_site, Unlocker({}, key_file=str(new)).open_slot)


def test_no_secret_shows(full_site: "Site") -> None:
    secrets = Secrets((passphrase("correct horse"),))
    opened = MINE(full_site.keys, slots.listed(full_site.keys))
    shown = f"{secrets!r} {opened!r} {slots.described(opened.slot)}"
    for secret in (b"correct horse", opened.data_key, opened.secret.value):
        assert repr(secret)[2:-1] not in shown
        assert secret.hex() not in shown
