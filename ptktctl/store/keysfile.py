"""keys.toml as bytes: what is written where, and strict reading of it. Nothing here is opened or sealed.

The file is TOML, a table a slot and a table an entry in a fixed order, so that a comparison of two versions shows
what changed and nothing else. Its last table holds the `mac` over everything before that table (only who can unlock
the store can make or judge it) and a plain `checksum` over every byte before itself, so that damage is told from a
wrong passphrase without any key.
"""

import enum
from collections.abc import Callable, Sequence
from typing import TypeVar

from ptktctl.errors import InputError, StoreDamagedError
from ptktctl.passticket.names import ApplId, GroupId, UserId
from ptktctl.record import Record
from ptktctl.store import sealing
from ptktctl.store.framing import framed
from ptktctl.store.sealing import KeyFileSlot, KeyringSlot, PassphraseSlot, Slot
from ptktctl.store.tables import FORMAT, LATEST, Members, base64_of, checksum_of, read_tables

HEADER = "# Written and sealed by ptktctl; any change by hand is refused as damage.\n"
MAC_START = b'\n[integrity]\nmac = "'
CHECKSUM_START = b'checksum = "'
STRING_END = b'"\n'
DAMAGE_HINT = "bring it back from a backup; the keys in it can't be trusted"
ENTRY_TAG = b"ptktctl key 1"
PENDING = "pending"
SLOT_KINDS = ("passphrase", "key-file", "keyring")
Name = TypeVar("Name", ApplId, GroupId, UserId)


class KeyKind(enum.Enum):
    """The two kinds of secured signon key that a PTKTDATA profile can hold side by side."""

    ENHANCED = "enhanced"
    LEGACY = "legacy"


class KeyName(Record):
    """Which key: the PTKTDATA profile it belongs to, its kind, and whether it is the one in use or the next one.

    Attributes:
        applid: the application.
        kind: legacy or enhanced.
        group: the connect group that qualifies the profile, if any.
        userid: the user that qualifies the profile, if any.
        pending: whether it is the key that shall replace the current one. A host's profile has no room for it: RACF
            holds one key of a kind in a profile.
    """

    applid: ApplId
    kind: KeyKind
    group: GroupId | None = None
    userid: UserId | None = None
    pending: bool = False

    @property
    def profile(self) -> str:
        """The name of the profile: APPLID, APPLID.GROUP, APPLID.USERID or APPLID.GROUP.USERID."""
        return ".".join(str(part) for part in (self.applid, self.group, self.userid) if part)

    def __str__(self) -> str:
        return f"{self.profile} ({self.kind.value}{', pending' if self.pending else ''})"


class Entry(Record):
    """A sealed key as it stands in the file."""

    name: KeyName
    created: int
    sealed: bytes


class KeysFile(Record):
    """What keys.toml holds, its checksum found right; `body` is what the MAC covers."""

    slots: tuple[Slot, ...]
    entries: tuple[Entry, ...]
    body: bytes
    mac: bytes


def bound(name: KeyName) -> bytes:
    """What the seal of an entry binds: format, APPLID, group, user, kind, stage.

    An absent qualifier is the empty one; the stage is there for a pending key only.
    """
    qualifiers = (str(part or "") for part in (name.applid, name.group, name.userid))
    stage = (PENDING.encode(),) if name.pending else ()
    return framed(ENTRY_TAG, *(part.encode() for part in qualifiers), name.kind.value.encode(), *stage)


def render(slots: Sequence[Slot], entries: Sequence[Entry], data_key: bytes) -> bytes:
    """Write the file: slots as given, entries by name, then MAC and checksum."""
    tables = [_slot_table(slot) for slot in slots] + [_entry_table(entry) for entry in sorted(entries, key=_order)]
    body = "\n".join([HEADER + f"format = {FORMAT}\n", *tables]).encode()
    summed = body + MAC_START + base64_of(sealing.mac(data_key, body)).encode() + STRING_END + CHECKSUM_START
    return summed + checksum_of(summed).encode() + STRING_END


def parse(data: bytes, path: str) -> KeysFile:
    """Read the file.

    Args:
        path: how messages name it.

    Raises:
        StoreDamagedError: it is not, to the byte, what ptktctl wrote.
        StoreError: a later version of ptktctl wrote it.
    """
    body, mac = _take_apart(data, path)
    root = read_tables(body, path)
    slots = tuple(_slot(table, path) for table in _array(root, "slot"))
    entries = tuple(_entry(table, path) for table in _array(root, "key"))
    root.end()
    if not slots:
        root.fail("slot is missing")
    if len({slot.number for slot in slots if slot.number}) < len([slot for slot in slots if slot.number]):
        root.fail("a slot is there twice")
    if len({entry.name for entry in entries}) < len(entries):
        root.fail("a key is there twice")
    return KeysFile(slots, entries, body, mac)


def _take_apart(data: bytes, path: str) -> tuple[bytes, bytes]:
    """The body and the MAC, once the checksum is found right."""
    before, start, checksum = data.rpartition(CHECKSUM_START)
    body, _, mac = before.rpartition(MAC_START)
    if checksum != checksum_of(before + start).encode() + STRING_END:
        raise StoreDamagedError(f"{path} is damaged: its checksum does not match", DAMAGE_HINT)
    integrity = Members({"mac": mac.removesuffix(STRING_END).decode(errors="replace")}, path)
    return body, integrity.binary("mac")


def _array(root: Members, name: str) -> list[object]:
    tables = root.take(name) if root.has(name) else []
    return tables if isinstance(tables, list) else root.fail(f"{name} is not an array of tables")


def _slot(table: object, path: str) -> Slot:
    members = Members(table, f"{path}, slot")
    kind = members.text("kind")
    if kind not in SLOT_KINDS:
        members.fail(f"kind is none of {', '.join(SLOT_KINDS)}")
    read: dict[str, Callable[[Members], Slot]] = {
        "passphrase": _passphrase_slot,
        "key-file": _key_file_slot,
        "keyring": _keyring_slot,
    }
    slot = read[kind](members)
    members.end()
    return slot


def _passphrase_slot(members: Members) -> PassphraseSlot:
    n, r, p = (members.number(name, 1, sealing.MOST_WORK) for name in ("n", "r", "p"))
    if not sealing.is_bearable(n, r, p):
        members.fail(f"n = {n}, r = {r}, p = {p} ask for more work than scrypt is allowed")
    return PassphraseSlot(members.binary("salt"), n, r, p, members.binary("wrapped"), *_numbers(members))


def _key_file_slot(members: Members) -> KeyFileSlot:
    return KeyFileSlot(members.text("path"), members.binary("wrapped"), *_numbers(members))


def _keyring_slot(members: Members) -> KeyringSlot:
    return KeyringSlot(members.text("account"), members.binary("wrapped"), *_numbers(members))


def _numbers(members: Members) -> tuple[int, int]:
    """The number of a slot and when it was made; the slot of a store that never had a second one may lack both."""
    number, created = (members.number(name, 1, LATEST) if members.has(name) else 0 for name in ("number", "created"))
    return number, created


def _entry(table: object, path: str) -> Entry:
    named = table.get("applid") if isinstance(table, dict) else None
    members = Members(table, f"{path}, key of {named!r}")
    entry = Entry(key_name(members), members.number("created", 0, LATEST), members.binary("sealed"))
    members.end()
    return entry


def key_name(members: Members) -> KeyName:
    """Take the members that `name_members` gives.

    Raises:
        StoreDamagedError: naming the member that is not as it should be.
    """
    return KeyName(
        applid=_name(members, "applid", ApplId),
        kind=members.choice("kind", KeyKind),
        group=_name(members, "group", GroupId) if members.has("group") else None,
        userid=_name(members, "user", UserId) if members.has("user") else None,
        pending=members.has("stage") and _is_pending(members),
    )


def _is_pending(members: Members) -> bool:
    return members.text("stage") == PENDING or members.fail(f"stage is not {PENDING}")


def _name(members: Members, member: str, kind: type[Name]) -> Name:
    text = members.text(member)
    try:
        name = kind.parse(text)
    except InputError as error:
        members.fail(f"{member}: {error.message}")
    return name if name.value == text else members.fail(f"{member} is not in upper case")


def _slot_table(slot: Slot) -> str:
    numbers = {name: number for name, number in (("number", slot.number), ("created", slot.created)) if number}
    wrapped: dict[str, str | int] = {"wrapped": base64_of(slot.wrapped), **numbers}
    if isinstance(slot, KeyFileSlot):
        return _table("slot", {"kind": "key-file", "path": slot.path, **wrapped})
    if isinstance(slot, KeyringSlot):
        return _table("slot", {"kind": "keyring", "account": slot.account, **wrapped})
    costs = {"n": slot.n, "r": slot.r, "p": slot.p}
    return _table("slot", {"kind": "passphrase", **costs, "salt": base64_of(slot.salt), **wrapped})


def name_members(name: KeyName) -> dict[str, str]:
    """A name as members of a table, the absent ones left out."""
    qualifiers = {"applid": name.applid, "group": name.group, "user": name.userid}
    stage = {"stage": PENDING} if name.pending else {}
    return {**{member: str(value) for member, value in qualifiers.items() if value}, "kind": name.kind.value, **stage}


def _entry_table(entry: Entry) -> str:
    members: dict[str, str | int] = {
        **name_members(entry.name),
        "created": entry.created,
        "sealed": base64_of(entry.sealed),
    }
    return _table("key", members)


def _table(header: str, members: dict[str, str | int]) -> str:
    import tomli_w

    return f"[[{header}]]\n{tomli_w.dumps(members)}"


def _order(entry: Entry) -> tuple[str, ...]:
    name = entry.name
    qualifiers = (str(part or "") for part in (name.applid, name.group, name.userid))
    return (*qualifiers, name.kind.value, PENDING if name.pending else "")
