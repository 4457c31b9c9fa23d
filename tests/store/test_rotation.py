"""A key to come beside the one in use: what the store does with it, whatever happens to the process."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ptktctl.errors import InputError, StoreDamagedError, StoreMissingError
from ptktctl.passticket.keys import EnhancedKey, LegacyKey, TicketType
from ptktctl.passticket.names import ApplId, GroupId, UserId
from ptktctl.store import keysfile, sealing, vault
from ptktctl.store.keysfile import Entry, KeyKind, KeyName
from ptktctl.store.sealing import Slot, UnlockKey
from ptktctl.store.vault import Vault, editing

if TYPE_CHECKING:
    from typing import Protocol

    class Site(Protocol):
        """What the fixtures of the same name answer."""

        keys: str
        folder: Path

        def unlock(self, path: str, slots: Sequence[Slot]) -> bytes: ...
        def put(self, name: KeyName, key: object, created: int = ..., *, replace: bool = ...) -> None: ...
        def open(self) -> Vault: ...


Named = Callable[..., KeyName]
LEGACY, NEXT = LegacyKey.from_hex("0BAD5EED0BAD5EED"), LegacyKey.from_hex("9D2CA7F4133E8B60")
ENHANCED, NEXT_ENHANCED = EnhancedKey(bytes(range(64))), EnhancedKey(bytes(range(64, 160)))
FEKAPPL = KeyName(ApplId("FEKAPPL"), KeyKind.LEGACY)
PENDING = FEKAPPL.replaced(pending=True)

# As it was written before there were keys to come.
BEFORE = b"""\
# Written and sealed by ptktctl; any change by hand is refused as damage.
format = 1

[[slot]]
kind = "key-file"
path = "/nowhere/unlock.key"
wrapped = "X+ga86O2N+Z22oSeWIsNaTZpp9NelawpWlHGbbbjV30GOLc8xC7dvAdJnQM9Rlc0w+T/JdV+ZY2UnAQt"

[[key]]
applid = "FEKAPPL"
kind = "legacy"
created = 1700000000
sealed = "G02SkW06j1wMrMdzfG+zyb5cU2xExGQz7KVo2Nn0lZCM7xtZ"

[[key]]
applid = "FEKAPPL"
group = "SYS1"
user = "IBMUSER"
kind = "enhanced"
created = 1700000001
sealed = "v77HGsUU3xbtXsGXrPqY+zVmokDBwVeMOGQwTjc1lwS8UjPYALaFdYBl21Z9WreGYGDa9krhKkLmwhft6dNOHw92vH6o1vprrwq/7AfPY9z4Z\
/7D1t+NP5U7vUk="

[integrity]
mac = "bMFnBi14tBbNatCQ3h80S/ORAp3MYp/iyYSUwlUajD0="
checksum = "011a50276d84fc5333821ad258c65a45192b143de32cf6a5fdfc82071dc22c02"
"""


def state(opened: Vault) -> dict[str, tuple[bytes, int]]:
    keys = opened.keys()
    return {str(each.name): (each.key.secret, each.created) for each in keys}


@pytest.fixture
def rotating(full_site: "Site") -> "Site":
    """FEKAPPL has a pending legacy key, and a legacy and an enhanced current one."""
    full_site.put(PENDING, NEXT, 1_800_000_000)
    return full_site


def test_a_store_of_before_opens_and_is_written_alike(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_bytes(BEFORE)
    path.chmod(0o600)
    tmp_path.chmod(0o700)

    def unlock(_path: str, slots: Sequence[Slot]) -> bytes:
        data_key = sealing.unwrap(slots[0], UnlockKey(bytes(range(32)), ""))
        assert data_key is not None
        return data_key

    qualified = KeyName(ApplId("FEKAPPL"), KeyKind.ENHANCED, GroupId("SYS1"), UserId("IBMUSER"))
    stored = Vault.open(str(path), unlock).keys()
    assert [(each.name, each.key, each.created) for each in stored] == [
        (FEKAPPL, LEGACY, 1_700_000_000),
        (qualified, ENHANCED, 1_700_000_001),
    ]
    with editing(str(path), unlock) as draft:
        draft.put(PENDING, NEXT, 1_800_000_000)
    with editing(str(path), unlock) as draft:
        draft.remove(PENDING)
    assert path.read_bytes() == BEFORE


def test_the_file_says_which_key_is_to_come(rotating: "Site") -> None:
    tables = Path(rotating.keys).read_text().split("\n\n")
    assert [table for table in tables if 'stage = "pending"' in table] == [tables[4]]
    assert tables[4].splitlines()[:5] == [
        "[[key]]",
        'applid = "FEKAPPL"',
        'kind = "legacy"',
        'stage = "pending"',
        "created = 1800000000",
    ]
    assert [str(name) for name in vault.listed_names(rotating.keys)] == [
        "FEKAPPL (enhanced)",
        "FEKAPPL (legacy)",
        "FEKAPPL (legacy, pending)",
        "FEKAPPL.SYS1.IBMUSER (legacy)",
    ]


def test_a_pending_key_cannot_be_passed_off_as_the_current_one(rotating: "Site") -> None:
    """By somebody who can write the file and compute its MAC, but does not know what an entry holds."""
    data_key = rotating.unlock(rotating.keys, keysfile.parse(Path(rotating.keys).read_bytes(), "").slots)
    file = keysfile.parse(Path(rotating.keys).read_bytes(), "")
    turned = [
        Entry(entry.name.replaced(pending=not entry.name.pending), entry.created, entry.sealed)
        for entry in file.entries
    ]
    Path(rotating.keys).write_bytes(keysfile.render(file.slots, turned, data_key))
    with pytest.raises(StoreDamagedError, match="does not open"):
        rotating.open().keys()


@pytest.mark.parametrize("stage", ['"current"', '""', "1", '"Pending"'])
def test_a_stage_that_is_none_is_damage(stage: str) -> None:
    from ptktctl.store.tables import Members

    members = Members({"applid": "A", "kind": "legacy", "stage": stage.strip('"') if '"' in stage else 1}, "keys.toml")
    with pytest.raises(StoreDamagedError, match="stage is not"):
        keysfile.key_name(members)


def test_tickets_are_made_with_current_keys_and_taken_of_both(rotating: "Site", named: Named) -> None:
    rotating.put(named("FEKAPPL", KeyKind.ENHANCED).replaced(pending=True), NEXT_ENHANCED)
    rotating.put(named("FEKAPPL/SYS1.IBMUSER").replaced(pending=True), LegacyKey.from_hex("5E1B92C8D740A36F"))
    opened = rotating.open()
    asked = (ApplId("FEKAPPL"), UserId("IBMUSER"), GroupId("SYS1"), TicketType.UPPER)
    assert [str(each.name) for each in opened.candidates(*asked)] == [
        "FEKAPPL.SYS1.IBMUSER (legacy)",
        "FEKAPPL (enhanced)",
        "FEKAPPL (legacy)",
    ]
    found = opened.candidates(*asked, pending=True)
    assert [str(each.name) for each in found] == [
        "FEKAPPL.SYS1.IBMUSER (legacy)",
        "FEKAPPL.SYS1.IBMUSER (legacy, pending)",
        "FEKAPPL (enhanced)",
        "FEKAPPL (legacy)",
        "FEKAPPL (enhanced, pending)",
        "FEKAPPL (legacy, pending)",
    ]
    assert {each.key.ticket_type for each in found} == {TicketType.LEGACY, TicketType.UPPER}


def test_promotion_puts_it_in_the_place_of_the_current_one(rotating: "Site") -> None:
    before = state(rotating.open())
    with editing(rotating.keys, rotating.unlock) as draft:
        draft.promote(PENDING)
    after = state(rotating.open())
    assert after.pop("FEKAPPL (legacy)") == before.pop("FEKAPPL (legacy, pending)") == (NEXT.secret, 1_800_000_000)
    del before["FEKAPPL (legacy)"]
    assert after == before


def test_only_a_pending_key_is_promoted(rotating: "Site", named: Named) -> None:
    before = Path(rotating.keys).read_bytes()
    for name in (FEKAPPL, named("FEKAPPL", KeyKind.ENHANCED).replaced(pending=True), named("OTHER")):
        with (
            pytest.raises(StoreMissingError, match="no pending key for"),
            editing(rotating.keys, rotating.unlock) as draft,
        ):
            draft.promote(name)
    assert Path(rotating.keys).read_bytes() == before


def test_a_draft_shows_what_it_holds_now(rotating: "Site") -> None:
    with editing(rotating.keys, rotating.unlock) as draft:
        seen = draft.get(PENDING)
        assert seen is not None
        assert (seen.key, seen.created) == (NEXT, 1_800_000_000)
        draft.promote(PENDING)
        assert draft.get(PENDING) is None
        seen = draft.get(FEKAPPL)
        assert seen is not None
        assert seen.key == NEXT
        draft.put(PENDING, LEGACY, 1)
        seen = draft.get(PENDING)
        assert seen is not None
        assert seen.key == LEGACY


def test_both_keys_move_with_the_applid(rotating: "Site", named: Named) -> None:
    before = state(rotating.open())
    with editing(rotating.keys, rotating.unlock) as draft:
        draft.rename(ApplId("FEKAPPL"), ApplId("FEKPROD"))
    assert state(rotating.open()) == {name.replace("FEKAPPL", "FEKPROD"): key for name, key in before.items()}


def test_of_several_rotations_at_once_one_wins(full_site: "Site", together: Callable[..., list[Any]]) -> None:
    def rotation(number: int) -> Callable[[], bool]:
        def action() -> bool:
            try:
                full_site.put(PENDING, LegacyKey.generate(), number)
            except InputError:
                return False
            return True

        return action

    won = together([rotation(number) for number in range(4)])
    assert sorted(won) == [False, False, False, True]
    stored = full_site.open().get(PENDING)
    assert stored is not None
    assert won[stored.created]


Change = Callable[[vault.Draft], None]


@pytest.mark.parametrize(
    ("change", "lost", "won"),
    [
        (lambda draft: draft.put(FEKAPPL.replaced(kind=KeyKind.ENHANCED, pending=True), NEXT_ENHANCED, 1), 0, 1),
        (lambda draft: draft.promote(PENDING), 1, 0),
        (lambda draft: draft.remove(PENDING), 1, 0),
    ],
    ids=["rotate", "promote", "abandon"],
)
def test_killed_at_any_line_it_has_happened_or_not(
    rotating: "Site", killed_everywhere: Callable[..., int], change: Change, lost: int, won: int
) -> None:
    """And each key that was there is in the store still, but for one that was to go."""
    before, old = Path(rotating.keys).read_bytes(), state(rotating.open())
    seen: list[dict[str, tuple[bytes, int]]] = []

    def action() -> None:
        with editing(rotating.keys, rotating.unlock) as draft:
            change(draft)

    def after() -> None:
        now = state(rotating.open())
        if now not in seen:
            seen.append(now)
        Path(rotating.keys).write_bytes(before)

    assert killed_everywhere(action, after) > 30
    assert len(seen) == 2
    assert seen[0] == old
    old_keys, new_keys = (set(each.values()) for each in seen)
    assert (len(old_keys - new_keys), len(new_keys - old_keys)) == (lost, won)
