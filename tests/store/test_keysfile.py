import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.errors import StoreDamagedError, StoreError
from ptktctl.passticket.names import ApplId, GroupId, UserId
from ptktctl.store import keysfile, sealing
from ptktctl.store.keysfile import Entry, KeyKind, KeyName, parse, render
from ptktctl.store.sealing import KeyFileSlot, KeyringSlot, PassphraseSlot, Slot
from ptktctl.store.tables import checksum_of

DATA_KEY = bytes(32)
NAME_TEXT = st.text("ABCXYZ019@#$", min_size=1, max_size=8)
NAMES = st.builds(
    KeyName,
    NAME_TEXT.map(ApplId.parse),
    st.sampled_from(KeyKind),
    st.none() | NAME_TEXT.map(GroupId.parse),
    st.none() | NAME_TEXT.map(UserId.parse),
    st.booleans(),
)
BINARY = st.binary(max_size=80)
ENTRIES = st.lists(st.builds(Entry, NAMES, st.integers(0, 2**48 - 1), BINARY), unique_by=lambda entry: entry.name)
PATHS = st.text(st.characters(codec="utf-8"), max_size=20)
CREATED = st.integers(0, 2**48 - 1)
COSTS = (st.sampled_from([2, 2**17]), st.just(8), st.integers(1, 4))
SLOTS: st.SearchStrategy[list[Slot]] = st.lists(
    st.builds(KeyFileSlot, PATHS, BINARY, created=CREATED)
    | st.builds(KeyringSlot, PATHS, BINARY, created=CREATED)
    | st.builds(PassphraseSlot, BINARY, *COSTS, BINARY, created=CREATED),
    min_size=1,
    max_size=3,
).map(lambda slots: [slot.replaced(number=number) for number, slot in enumerate(slots)])
SLOT = KeyFileSlot("/k", b"wrapped")


def with_right_checksum(body: bytes, mac: bytes = b"") -> bytes:
    """A file as somebody without the data key can make it."""
    summed = body + keysfile.MAC_START + mac + b'"\n' + keysfile.CHECKSUM_START
    return summed + checksum_of(summed).encode() + b'"\n'


@given(SLOTS, ENTRIES)
def test_what_is_written_is_read_again(slots: list[Slot], entries: list[Entry]) -> None:
    data = render(slots, entries, DATA_KEY)
    file = parse(data, "keys.toml")
    assert list(file.slots) == slots
    assert set(file.entries) == set(entries)
    assert sealing.is_mac(DATA_KEY, file.body, file.mac)
    assert render(file.slots, file.entries, DATA_KEY) == data
    assert render(slots, entries[::-1], DATA_KEY) == data


def test_a_change_of_one_entry_changes_its_table_and_the_end_only() -> None:
    entries = [Entry(KeyName(ApplId(name), KeyKind.LEGACY), 1, name.encode()) for name in ("A", "B", "C")]
    changed = [entries[0], entries[1].replaced(sealed=b"new"), entries[2]]
    before, after = (render([SLOT], each, DATA_KEY).decode().splitlines() for each in (entries, changed))
    differing = [line.partition(" ")[0] for line, other in zip(before, after, strict=True) if line != other]
    assert differing == ["sealed", "mac", "checksum"]


@given(NAMES, NAMES)
def test_what_a_seal_binds_tells_any_two_names_apart(some: KeyName, other: KeyName) -> None:
    assert (keysfile.bound(some) == keysfile.bound(other)) == (some == other)


def test_a_group_is_not_a_user_of_the_same_name() -> None:
    group = KeyName(ApplId("A"), KeyKind.LEGACY, group=GroupId("X"))
    user = KeyName(ApplId("A"), KeyKind.LEGACY, userid=UserId("X"))
    assert keysfile.bound(group) != keysfile.bound(user)
    assert group != user


SMALL = render([SLOT], [Entry(KeyName(ApplId("A"), KeyKind.LEGACY), 1, b"sealed")], DATA_KEY)


def test_every_byte_changed_to_any_other_is_damage() -> None:
    for position in range(len(SMALL)):
        for byte in range(256):
            if byte != SMALL[position]:
                changed = SMALL[:position] + bytes([byte]) + SMALL[position + 1 :]
                with pytest.raises(StoreDamagedError):
                    parse(changed, "keys.toml")


def test_every_byte_lost_or_added_is_damage() -> None:
    for position in range(len(SMALL)):
        before, after = SMALL[:position], SMALL[position:]
        for changed in (before, after[1:], before + after[1:], before + b"\n" + after):
            with pytest.raises(StoreDamagedError, match=r"keys.toml is damaged"):
                parse(changed, "keys.toml")


def fault(text: str) -> str:
    """What is said of a body whose checksum is right."""
    with pytest.raises(StoreError) as caught:
        parse(with_right_checksum(text.encode()), "keys.toml")
    return caught.value.message


PASSPHRASE_SLOT = '[[slot]]\nkind = "passphrase"\nn = 2\nr = 8\np = 1\nsalt = ""\nwrapped = ""\n'
START = "format = 1\n" + PASSPHRASE_SLOT
KEY = '[[key]]\napplid = "A"\nkind = "legacy"\ncreated = 1\nsealed = ""\n'


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "format is missing"),
        ("format = 0", "format is not between"),
        ("format = 2", "knows only 1"),
        ("format = 1\nfromat = 1", "'fromat' is unknown"),
        ("format = true", "format is not an integer"),
        ("format = 1", "slot is missing"),
        ("format = 1\n" + KEY, "slot is missing"),
        ("format = 1\nkey = 1", "key is not an array"),
        ("format = 1\nkey = [1]", "is not a table"),
        ("format = 1\nslot = [1]", "slot: is not a table"),
        (
            "format = 1\n" + PASSPHRASE_SLOT.replace('"passphrase"', '"other"'),
            "kind is none of passphrase, key-file, keyring",
        ),
        ("format = 1\n" + PASSPHRASE_SLOT.replace('"passphrase"', '"keyring"'), "account is missing"),
        ("format = 1\n" + PASSPHRASE_SLOT + "number = 0", "number is not between"),
        ("format = 1\n" + (PASSPHRASE_SLOT + "number = 2\n") * 2, "a slot is there twice"),
        ("format = 1\n" + PASSPHRASE_SLOT.replace("n = 2", "n = 3"), "more work"),
        ("format = 1\n" + PASSPHRASE_SLOT.replace("n = 2", "n = 4194304"), "more work"),
        ("format = 1\n" + PASSPHRASE_SLOT.replace("n = 2", "n = 99999999999999"), "n is not between"),
        ("format = 1\n" + PASSPHRASE_SLOT.replace('salt = ""', 'salt = "a"'), "salt is not base64"),
        ("format = 1\n" + PASSPHRASE_SLOT.replace('salt = ""', 'salt = "é"'), "salt is not base64"),
        ("format = 1\n" + PASSPHRASE_SLOT + "x = 1", "'x' is unknown"),
        (START + KEY.replace('"A"', '"a"'), "key of 'a': applid is not in upper case"),
        (START + KEY.replace('"A"', '"A B"'), "character 2"),
        (START + KEY.replace('"A"', "1"), "applid is not a string"),
        (START + KEY.replace('"legacy"', '"ancient"'), "kind is none of"),
        (START + KEY.replace("created = 1", "created = -1"), "created is not between"),
        (START + KEY.replace('sealed = ""\n', ""), "key of 'A': sealed is missing"),
        (START + KEY + 'group = ""', "the group is empty"),
        (START + KEY + KEY, "a key is there twice"),
        ("format = 1\n" + "x = " + "[" * 50_000, "nested too deeply"),
        ("format = 1\nx = " + "9" * 5000, "is not TOML"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, what: str) -> None:
    message = fault(text)
    assert message.startswith("keys.toml")
    assert what in message
    assert "\n" not in message


@given(st.binary(max_size=200))
def test_arbitrary_bytes_never_break_the_reader(junk: bytes) -> None:
    for data in (junk, with_right_checksum(junk), with_right_checksum(b"format = 1\n" + junk, junk)):
        with pytest.raises(StoreError):
            parse(data, "keys.toml")


@given(st.data())
def test_mutated_files_with_a_right_checksum_never_break_the_reader(data: st.DataObject) -> None:
    body = bytearray(parse(SMALL, "keys.toml").body)
    for _ in range(data.draw(st.integers(1, 4))):
        start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(body))] * 2)))
        body[start:end] = data.draw(
            st.sampled_from([b"", b'"', b"[", b"]", b"\n", b"=", b"#", b"\xff", b"[[key]]\n", b"1"])
        )
    with suppress(StoreError):
        parse(with_right_checksum(bytes(body)), "keys.toml")


def test_many_entries_take_linear_time() -> None:
    entries = [Entry(KeyName(ApplId(f"A{number}"), KeyKind.LEGACY), 1, bytes(36)) for number in range(3000)]
    data = render([SLOT], entries, DATA_KEY)
    began = time.process_time()
    assert len(parse(data, "keys.toml").entries) == 3000
    assert time.process_time() - began < 3


def test_a_damaged_file_is_named_by_its_path(tmp_path: Path, named: Callable[..., KeyName]) -> None:
    assert str(named("FEKAPPL/SYS1.IBMUSER", KeyKind.ENHANCED)) == "FEKAPPL.SYS1.IBMUSER (enhanced)"
    with pytest.raises(StoreDamagedError) as caught:
        parse(b"", str(tmp_path))
    assert str(tmp_path) in caught.value.message
    assert caught.value.hint
