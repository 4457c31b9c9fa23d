"""Who the lines of a batch are about, and with which keys: fields to heads of rows, seeds and ciphers.

Lines go together by their APPLIDs, and so by their keys. The seeds of their user IDs are worked out in columns and
remembered, which saves two of the eight blocks of a legacy ticket.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from ptktctl.errors import InputError, PtktctlError, StoreMissingError
from ptktctl.passticket import evaluation
from ptktctl.passticket.columns import columns_of, in_turn
from ptktctl.passticket.keys import EnhancedKey
from ptktctl.passticket.names import NAME_LENGTH, ApplId, UserId

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView, Mapping, Sequence

    from ptktctl.commands.batch_lines import Fields
    from ptktctl.commands.batch_rows import Layout
    from ptktctl.passticket.columns import Cipher, Columns
    from ptktctl.passticket.keys import SecuredSignonKey

    Resolve = Callable[[UserId, ApplId], "Profile"]
    # A range stands for all lines.
    Positions = Sequence[int]

AnyName = TypeVar("AnyName", UserId, ApplId)
Value = TypeVar("Value")
NO_NAME = b" " * NAME_LENGTH
# A longer field is no name, and too much for a message.
MOST_SHOWN = 64
# So many names, profiles and keys are remembered at most, and so many seeds: some 20 MB.
MOST_NAMES = 20_000
MOST_SEEDS = 80_000


class Profile(NamedTuple):
    """What is defined for the tickets of a user ID and APPLID.

    Attributes:
        keys: in the order of trial; tickets are made with the first.
        timeout: the window of enhanced tickets in seconds.
        single_use: whether a ticket serves only once.
        for_all_users: whether the same holds for every user ID, so that the APPLID need not be looked up again.
    """

    keys: Sequence[SecuredSignonKey]
    timeout: int = evaluation.DEFAULT_TIMEOUT
    single_use: bool = False
    for_all_users: bool = True


class Name:
    """A user ID or APPLID as fields of lines have it: for equal fields the same object.

    Attributes:
        padded: in capitals, padded with blanks to 8 bytes.
        head: its part of a row's head.
        error: what is wrong with it.
    """

    __slots__ = ("error", "head", "padded")

    def __init__(self, padded: bytes, head: str, error: PtktctlError | None = None) -> None:
        self.padded = padded
        self.head = head
        self.error = error

    def __str__(self) -> str:
        return self.padded.rstrip().decode()


class Lane:
    """An APPLID under a key, ready for columns, with what its tickets are held against.

    Attributes:
        seeds: those of user IDs, as far as they are known.
    """

    __slots__ = ("applid", "columns", "key", "mask_cipher", "reach", "round_cipher", "seeds", "single_use", "window")

    def __init__(self, applid: bytes, key: SecuredSignonKey, timeout: int, single_use: bool) -> None:
        self.applid = applid
        self.key = key
        self.columns = columns_of(key.ticket_type)
        self.mask_cipher = self.columns.mask_cipher(key)
        self.round_cipher = self.columns.round_cipher(key)
        self.window = evaluation.window_of(key, timeout)
        self.reach = evaluation.ENHANCED_REACH if isinstance(key, EnhancedKey) else evaluation.LEGACY_REACH
        self.single_use = single_use
        self.seeds: dict[Name, bytes] = {}

    def __str__(self) -> str:
        return self.applid.decode().rstrip()


class Share(NamedTuple):
    """The lines of a chunk that are in a lane, and their user IDs."""

    lane: Lane
    positions: Positions
    userids: Sequence[Name]


class Group(NamedTuple):
    """Lines that have the same lanes: that of their first key, those of further ones."""

    lanes: tuple[Lane, ...]
    positions: Positions


class Fault(NamedTuple):
    """Why nothing can be done for a line, and its names as far as they are known, else empty."""

    userid: str
    applid: str
    error: PtktctlError


class Batch:
    """The subjects of some lines.

    Attributes:
        userids: those of the lines.
        heads: the beginnings of their rows, in two columns.
        groups: all lines but those with faults.
        faults: by position.
    """

    __slots__ = ("faults", "groups", "heads", "userids")

    def __init__(self, userids: list[Name], applids: list[str]) -> None:
        self.userids = userids
        self.heads = list(map(operator.attrgetter("head"), userids)), applids
        self.groups: list[Group] = []
        self.faults: dict[int, Fault] = {}

    def shares(self, turn: int) -> ItemsView[Columns, list[Share]]:
        """By kinds of ticket, the lines that have so many keys and one more, with that one."""
        kinds: dict[Columns, list[Share]] = {}
        for lanes, positions in self.groups:
            if positions and turn < len(lanes):
                share = Share(lanes[turn], positions, picked(self.userids, positions))
                kinds.setdefault(share.lane.columns, []).append(share)
        return kinds.items()

    def add_fault_rows(self, layout: Layout, numbers: Sequence[int]) -> None:
        """Make whole rows of the heads of lines that can't be used."""
        for position, fault in self.faults.items():
            row = layout.fault_row(fault.userid, fault.applid, numbers[position], fault.error)
            self.heads[0][position], self.heads[1][position] = row, ""


class Directory:
    """Knows what the fields of lines stand for.

    Args:
        resolve: finds the profile of a user ID and APPLID; raises InputError or StoreMissingError if there is none.
        default_applid: finds the APPLID of lines without one.
        layout: says how the heads of rows look.
        most_keys: how many keys of a profile are needed, if not all.
        discreet: whether fields are kept out of messages, because one in the wrong place could be a password.
    """

    def __init__(
        self,
        resolve: Resolve,
        default_applid: Callable[[], ApplId],
        layout: Layout,
        *,
        most_keys: int | None = None,
        discreet: bool = False,
    ) -> None:
        self._resolve = resolve
        self._default_applid = default_applid
        self._layout = layout
        self._most_keys = most_keys
        self._discreet = discreet
        # By the fields of lines:
        self._userids: dict[str, Name] = {}
        self._applids: dict[str, Name] = {}
        self._any_userid_is_wrong = False
        # Lanes by padded APPLID if they are the same for all user IDs, else by both (or why there are none); and all.
        self._common: dict[bytes, tuple[Lane, ...]] = {}
        self._own: dict[tuple[bytes, bytes], tuple[Lane, ...] | PtktctlError] = {}
        self._lanes: dict[tuple[bytes, SecuredSignonKey, int, bool], Lane] = {}
        self._seeds_known = 0

    def look_up(self, fields: Fields) -> Batch:
        """The subject of each line; a fault where the line or the subject has one."""
        self._make_room()
        places = places_of(fields.applids)
        applids = dict(zip(places, self._names(self._applids, list(places), self._applid), strict=True))
        userids = self._names(self._userids, fields.userids, self._userid)
        batch = Batch(userids, _heads(applids, fields.applids))
        unusable = set(fields.faults)
        if self._any_userid_is_wrong:
            unusable.update(position for position, userid in enumerate(userids) if userid.error)
        for text, positions in places.items():
            usable = [each for each in positions if each not in unusable] if unusable else positions
            unusable.update(self._add_groups(batch, applids[text], usable))
        for position in unusable:
            self.refuse(batch, position, fields, fields.faults.get(position))
        return batch

    def refuse(self, batch: Batch, position: int, fields: Fields, error: PtktctlError | None) -> None:
        """Give a line that is in no group a fault, by default that of its names, which are shown if they are right."""
        userid, applid = batch.userids[position], self._applids[fields.applids[position]]
        found = self._find(userid, applid)
        hidden = not fields.userids[position] or (self._discreet and isinstance(found, PtktctlError))
        reason = error or cast("PtktctlError", found)
        batch.faults[position] = Fault(str(userid), "" if hidden else str(applid), reason)

    def seeds(self, shares: Sequence[Share]) -> bytes:
        """The seeds of lines in lanes of one kind, one after another."""
        try:
            return _joined_seeds(shares)
        except KeyError:
            self._work_out_seeds(shares)
            return _joined_seeds(shares)

    def _work_out_seeds(self, shares: Sequence[Share]) -> None:
        new = [(lane, set(userids).difference(lane.seeds)) for lane, _, userids in shares]
        new = [(lane, userids) for lane, userids in new if userids]
        names = b"".join([userid.padded for _, userids in new for userid in userids])
        applids = b"".join([lane.applid * len(userids) for lane, userids in new])
        cipher = in_turn([(lane.mask_cipher, len(userids)) for lane, userids in new])
        seeds = iter(new[0][0].columns.seeds(names, applids, cipher))
        for lane, userids in new:
            lane.seeds.update(zip(userids, seeds, strict=False))
            self._seeds_known += len(userids)

    def _make_room(self) -> None:
        """Forget what was learned from lines, and the keys, when it is too much."""
        if len(self._userids) + len(self._applids) > MOST_NAMES or self._seeds_known > MOST_SEEDS:
            self._userids.clear()
            self._applids.clear()
            self._any_userid_is_wrong = False
            for lane in self._lanes.values():
                lane.seeds.clear()
            self._seeds_known = 0
        if len(self._lanes) + len(self._own) > MOST_NAMES:
            for memory in (self._common, self._own, self._lanes):
                memory.clear()

    def _add_groups(self, batch: Batch, applid: Name, positions: Positions) -> list[int]:
        """Put the lines with an APPLID into groups, but for those returned, which can't be used."""
        if positions and applid.padded not in self._common:
            self._find(batch.userids[positions[0]], applid)
        if common := self._common.get(applid.padded):
            batch.groups.append(Group(common, positions))
            return []
        unusable: list[int] = []
        own: dict[tuple[Lane, ...], list[int]] = {}
        for position in positions:
            found = self._find(batch.userids[position], applid)
            (unusable if isinstance(found, PtktctlError) else own.setdefault(found, [])).append(position)
        batch.groups += [Group(lanes, each) for lanes, each in own.items()]
        return unusable

    def _find(self, userid: Name, applid: Name) -> tuple[Lane, ...] | PtktctlError:
        """The lanes of a pair of names, or why there are none."""
        if wrong := userid.error or applid.error:
            return wrong
        pair = userid.padded, applid.padded
        found = self._common.get(applid.padded) or self._own.get(pair)
        if not found:
            try:
                found = self._lanes_of(UserId(str(userid)), ApplId(str(applid)))
            except (InputError, StoreMissingError) as error:
                found = error.with_traceback(None)
            self._own[pair] = found
        return found

    def _lanes_of(self, userid: UserId, applid: ApplId) -> tuple[Lane, ...]:
        profile = self._resolved(userid, applid)
        padded = applid.value.ljust(NAME_LENGTH).encode()
        keys = dict.fromkeys(profile.keys[: self._most_keys])
        lanes = tuple(self._lane(padded, key, profile) for key in keys)
        if not lanes:
            raise StoreMissingError(f"no key is stored for {applid}")
        if profile.for_all_users:
            self._common[padded] = lanes
        return lanes

    def _lane(self, applid: bytes, key: SecuredSignonKey, profile: Profile) -> Lane:
        known = applid, key, profile.timeout, profile.single_use
        if known not in self._lanes:
            self._lanes[known] = Lane(*known)
        return self._lanes[known]

    def _resolved(self, userid: UserId, applid: ApplId) -> Profile:
        try:
            return self._resolve(userid, applid)
        except InputError:
            if self._discreet:
                raise InputError("the APPLID is not defined", "ptktctl applid list") from None
            raise

    def _names(self, memory: dict[str, Name], texts: Sequence[str], read: Callable[[str], Name]) -> list[Name]:
        try:
            return list(map(memory.__getitem__, texts))
        except KeyError:
            memory.update((text, read(text)) for text in set(texts).difference(memory))
            return list(map(memory.__getitem__, texts))

    def _userid(self, text: str) -> Name:
        name = self._read(UserId, text, self._layout.userid)
        self._any_userid_is_wrong |= name.error is not None
        return name

    def _applid(self, text: str) -> Name:
        return self._read(ApplId, text, self._layout.applid)

    def _read(self, kind: type[AnyName], text: str, template: str) -> Name:
        try:
            name = self._default_applid() if kind is ApplId and not text else self._parsed(kind, text)
        except (InputError, StoreMissingError) as error:
            return Name(NO_NAME, "", error.with_traceback(None))
        return Name(name.value.ljust(NAME_LENGTH).encode(), template % name.value)

    def _parsed(self, kind: type[AnyName], text: str) -> AnyName:
        if self._discreet or len(text) > MOST_SHOWN:
            try:
                return kind.parse(text)
            except InputError:
                raise InputError(f"the {kind.what} is malformed", "1 to 8 of A-Z 0-9 @ # $") from None
        return kind.parse(text)


def _heads(applids: Mapping[str, Name], texts: Sequence[str]) -> list[str]:
    heads = {text: name.head for text, name in applids.items()}
    return list(heads.values()) * len(texts) if len(heads) == 1 else list(map(heads.__getitem__, texts))


def _joined_seeds(shares: Sequence[Share]) -> bytes:
    seeds: list[bytes] = []
    for lane, _, userids in shares:
        seeds += map(lane.seeds.__getitem__, userids)
    return b"".join(seeds)


def places_of(values: Sequence[str]) -> dict[str, Positions]:
    """The positions of each value."""
    different = dict.fromkeys(values)
    if len(different) == 1:
        return {values[0]: range(len(values))}
    places: dict[str, list[int]] = {value: [] for value in different}
    for position, value in enumerate(values):
        places[value].append(position)
    return cast("dict[str, Positions]", places)


def together(shares: Sequence[Share]) -> Positions:
    """The positions of all shares, those of one lane together."""
    if len(shares) == 1:
        return shares[0].positions
    return [position for share in shares for position in share.positions]


def round_cipher(shares: Sequence[Share]) -> Cipher:
    """The cipher of a column that is put together so."""
    return in_turn([(lane.round_cipher, len(positions)) for lane, positions, _ in shares])


def picked(values: Sequence[Value], positions: Positions) -> Sequence[Value]:
    """The values at some positions; a range stands for all."""
    return values if isinstance(positions, range) else list(map(values.__getitem__, positions))


def put_back(values: list[Value], positions: Positions, results: Sequence[Value]) -> None:
    """The reverse of `picked`."""
    if isinstance(positions, range):
        values[:] = results
    else:
        for position, result in zip(positions, results, strict=True):
            values[position] = result
