"""Who the lines of a batch are about, and with which keys: fields to heads of rows, seeds and ciphers.

Pairs of user ID and APPLID are worked out in columns. As long as there are few different ones they are remembered,
which saves two of the eight blocks of a legacy ticket.
"""

from __future__ import annotations

import contextlib
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from ptktctl.errors import InputError, PtktctlError, StoreMissingError
from ptktctl.passticket import evaluation
from ptktctl.passticket.columns import columns_of, in_turn
from ptktctl.passticket.keys import EnhancedKey
from ptktctl.passticket.names import NAME_LENGTH, ApplId, UserId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ptktctl.commands.batch_lines import Fields
    from ptktctl.commands.batch_rows import Layout
    from ptktctl.passticket.columns import Cipher, Columns
    from ptktctl.passticket.keys import SecuredSignonKey

    Resolve = Callable[[UserId, ApplId], "Profile"]
    Positions = Sequence[int]
    # A key, and what it makes of a user ID and an APPLID; nothing without a key.
    Reading = tuple["Lane | None", bytes]
    # The head of a pair's rows, its reading under the first key, those under further keys, and what is wrong with it.
    Subject = tuple[str, "Lane | None", bytes, Sequence[Reading], "Fault | None"]
    # A name in capitals, padded with blanks; its part of a row's head; what is wrong with it.
    NameEntry = tuple[bytes, str, PtktctlError | None]

Name = TypeVar("Name", UserId, ApplId)
Key = TypeVar("Key")
Value = TypeVar("Value")
NO_NAME = b" " * NAME_LENGTH
# A longer field is no name, and too much for a message.
MOST_SHOWN = 64
# So many pairs are worth remembering: more would not fit the processor's cache, and then it is quicker to work them out
# again than to find them.
MOST_REMEMBERED = 5000
# So many names, profiles and keys are remembered at most: some 10 MB.
MOST_NAMES = 20_000


@dataclass(frozen=True, slots=True)
class Profile:
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


class Lane:
    """A key, ready for columns, with what its tickets are held against. Lines of one lane are coded side by side."""

    __slots__ = ("columns", "key", "mask_cipher", "reach", "round_cipher", "single_use", "window")

    def __init__(self, key: SecuredSignonKey, timeout: int, single_use: bool) -> None:
        self.key = key
        self.columns = columns_of(key.ticket_type)
        self.mask_cipher = self.columns.mask_cipher(key)
        self.round_cipher = self.columns.round_cipher(key)
        self.window = evaluation.window_of(key, timeout)
        self.reach = evaluation.ENHANCED_REACH if isinstance(key, EnhancedKey) else evaluation.LEGACY_REACH
        self.single_use = single_use


@dataclass(frozen=True, slots=True)
class Fault:
    """Why nothing can be done for a line, and its names as far as they are known, else empty."""

    userid: str
    applid: str
    error: PtktctlError


class Batch:
    """The subjects of some lines, as columns.

    Attributes:
        heads: the beginnings of their rows.
        lanes, seeds: for their first keys; no lane for a line with a fault.
        others: by position, the readings under further keys.
        faults: by position.
    """

    __slots__ = ("faults", "heads", "lanes", "others", "seeds")

    def __init__(self, heads: list[str], lanes: list[Lane | None], seeds: list[bytes]) -> None:
        self.heads = heads
        self.lanes = lanes
        self.seeds = seeds
        self.others: dict[int, Sequence[Reading]] = {}
        self.faults: dict[int, Fault] = {}

    @classmethod
    def of(cls, subjects: Sequence[Subject]) -> Batch:
        """A batch of subjects that are known."""
        batch = cls(*(list(map(operator.itemgetter(n), subjects)) for n in range(3)))
        if any(map(operator.itemgetter(3), subjects)):
            batch.others.update((n, subject[3]) for n, subject in enumerate(subjects) if subject[3])
        if None in set(batch.lanes):
            batch.faults.update((n, subject[4]) for n, subject in enumerate(subjects) if subject[4])
        return batch

    def subjects(self) -> Iterator[Subject]:
        """The subjects one by one."""
        positions = range(len(self.heads))
        others, faults = (self.others.get(n, ()) for n in positions), map(self.faults.get, positions)
        return zip(self.heads, self.lanes, self.seeds, others, faults, strict=True)

    def refuse(self, position: int, fault: Fault) -> None:
        """Make a line one that can't be used."""
        self.lanes[position] = None
        self.others.pop(position, None)
        self.faults[position] = fault

    def add_fault_rows(self, layout: Layout, numbers: Sequence[int]) -> None:
        """Make whole rows of the heads of lines that can't be used."""
        for position, fault in self.faults.items():
            self.heads[position] = layout.fault_row(fault.userid, fault.applid, numbers[position], fault.error)


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
        # By the fields of a line, the first ones together with a blank between:
        self._subjects: dict[str, Subject] = {}
        self._userids: dict[str, NameEntry] = {}
        self._applids: dict[str, NameEntry] = {}
        # By padded APPLID, where the profile is the same for all user IDs:
        self._profiles: dict[bytes, Sequence[Lane]] = {}
        self._lanes: dict[tuple[SecuredSignonKey, int, bool], Lane] = {}

    def look_up(self, fields: Fields) -> Batch:
        """The subject of each line; a fault where the line or the subject has one."""
        batch = (self._recall if len(self._subjects) < MOST_REMEMBERED else self._work_out)(fields.names)
        for position, error in fields.faults.items():
            self.refuse(batch, position, fields, error)
        return batch

    def refuse(self, batch: Batch, position: int, fields: Fields, error: PtktctlError) -> None:
        """Give a line a fault; its names are shown if nothing is wrong with them."""
        userid, applid = fields.names[position].split(" ")
        hidden = not userid or (self._discreet and position in batch.faults)
        shown = "" if hidden else _shown(self._applid_entry(applid))
        batch.refuse(position, Fault(_shown(self._userid_entry(userid)), shown, error))

    def names(self, fields: str) -> tuple[UserId, ApplId]:
        """The names that the first fields of a line without fault stand for."""
        userid, applid = fields.split(" ")
        return UserId.parse(userid), ApplId.parse(applid) if applid else self._default_applid()

    def _recall(self, names: Sequence[str]) -> Batch:
        known = list(map(self._subjects.get, names))
        if None in known:
            new = list(set(names).difference(self._subjects))
            self._subjects.update(zip(new, self._work_out(new).subjects(), strict=True))
            known = list(map(self._subjects.get, names))
        return Batch.of(cast("list[Subject]", known))

    def _work_out(self, names: Sequence[str]) -> Batch:
        userids, applids = zip(*[each.split(" ") for each in names], strict=True)
        users = self._entries(self._userids, userids, self._userid_entry)
        applications = self._entries(self._applids, applids, self._applid_entry)
        profiles, faults = self._find_profiles(users, applications)
        padded = list(map(_PADDED, users)), list(map(_PADDED, applications))
        (lanes, seeds), *turns = (
            _readings([profile[turn] if turn < len(profile) else None for profile in profiles], *padded)
            for turn in range(max(1, *map(len, profiles)))
        )
        batch = Batch(list(map(operator.add, map(_PART, users), map(_PART, applications))), lanes, seeds)
        batch.faults.update(faults)
        for turn in turns:
            for position, reading in enumerate(zip(*turn, strict=True)):
                if reading[0]:
                    batch.others[position] = *batch.others.get(position, ()), reading
        return batch

    def _find_profiles(
        self, users: Sequence[NameEntry], applications: Sequence[NameEntry]
    ) -> tuple[list[Sequence[Lane]], dict[int, Fault]]:
        """The lanes of each pair of names, none if it has a fault, and the faults by position."""
        if not any(map(_ERROR, users)):
            with contextlib.suppress(KeyError):
                return list(map(self._profiles.__getitem__, map(_PADDED, applications))), {}
        profiles: list[Sequence[Lane]] = []
        faults: dict[int, Fault] = {}
        for user, application in zip(users, applications, strict=True):
            try:
                profiles.append(self._find_profile(user, application))
            except (InputError, StoreMissingError) as error:
                applid = "" if self._discreet else _shown(application)
                faults[len(profiles)] = Fault(_shown(user), applid, error.with_traceback(None))
                profiles.append(())
        return profiles, faults

    def _find_profile(self, user: NameEntry, application: NameEntry) -> Sequence[Lane]:
        for _, _, error in (user, application):
            if error:
                raise error
        padded = application[0]
        if padded in self._profiles:
            return self._profiles[padded]
        profile = self._resolved(UserId(_shown(user)), ApplId(_shown(application)))
        lanes = [self._lane(key, profile) for key in dict.fromkeys(profile.keys[: self._most_keys])]
        if not lanes:
            raise StoreMissingError(f"no key is stored for {_shown(application)}")
        if profile.for_all_users:
            make_room(self._profiles)
            self._profiles[padded] = lanes
        return lanes

    def _resolved(self, userid: UserId, applid: ApplId) -> Profile:
        try:
            return self._resolve(userid, applid)
        except InputError:
            if self._discreet:
                raise InputError("the APPLID is not defined", "ptktctl applid list") from None
            raise

    def _lane(self, key: SecuredSignonKey, profile: Profile) -> Lane:
        known = key, profile.timeout, profile.single_use
        if known not in self._lanes:
            make_room(self._lanes)
            self._lanes[known] = Lane(*known)
        return self._lanes[known]

    def _entries(
        self, memory: dict[str, NameEntry], texts: Sequence[str], read: Callable[[str], NameEntry]
    ) -> list[NameEntry]:
        try:
            return list(map(memory.__getitem__, texts))
        except KeyError:
            make_room(memory)
            memory.update((text, read(text)) for text in set(texts).difference(memory))
            return list(map(memory.__getitem__, texts))

    def _userid_entry(self, text: str) -> NameEntry:
        return self._entry(UserId, text, self._layout.userid)

    def _applid_entry(self, text: str) -> NameEntry:
        return self._entry(ApplId, text, self._layout.applid)

    def _entry(self, kind: type[Name], text: str, template: str) -> NameEntry:
        try:
            name = self._default_applid() if kind is ApplId and not text else self._name(kind, text)
        except (InputError, StoreMissingError) as error:
            return NO_NAME, "", error.with_traceback(None)
        return name.value.ljust(NAME_LENGTH).encode(), template % name.value, None

    def _name(self, kind: type[Name], text: str) -> Name:
        if self._discreet or len(text) > MOST_SHOWN:
            try:
                return kind.parse(text)
            except InputError:
                raise InputError(f"the {kind.what} is malformed", "1 to 8 of A-Z 0-9 @ # $") from None
        return kind.parse(text)


_PADDED, _PART, _ERROR = map(operator.itemgetter, range(3))


def make_room(memory: dict[Key, Value]) -> None:
    """Forget everything if it is too much."""
    if len(memory) > MOST_NAMES:
        memory.clear()


def _shown(name: NameEntry) -> str:
    return name[0].rstrip().decode()


def _readings(
    lanes: list[Lane | None], userids: Sequence[bytes], applids: Sequence[bytes]
) -> tuple[list[Lane | None], list[bytes]]:
    """Lanes with their seeds for padded names."""
    seeds = [b""] * len(lanes)
    for columns, places in by_kind(lanes):
        positions = together(places)
        cipher = in_turn([(lane.mask_cipher, len(each)) for lane, each in places.items()])
        users, applications = (b"".join(picked(column, positions)) for column in (userids, applids))
        put_back(seeds, positions, columns.seeds(users, applications, cipher))
    return lanes, seeds


def by_kind(lanes: Sequence[Lane | None]) -> Iterator[tuple[Columns, dict[Lane, Positions]]]:
    """Where in a batch the lines of each lane are, by kinds of ticket; lines without a lane are left out."""
    different = set(lanes)
    lists: dict[Lane | None, list[int]] = {lane: [] for lane in different}
    if len(different) > 1:
        for position, lane in enumerate(lanes):
            lists[lane].append(position)
    kinds: dict[Columns, dict[Lane, Positions]] = {}
    for lane in different:
        if lane:
            kinds.setdefault(lane.columns, {})[lane] = lists[lane] or range(len(lanes))
    yield from kinds.items()


def together(places: Mapping[Lane, Positions]) -> Positions:
    """The positions of all lanes, those of one lane together."""
    if len(places) == 1:
        return next(iter(places.values()))
    return [position for positions in places.values() for position in positions]


def round_cipher(places: Mapping[Lane, Positions]) -> Cipher:
    """The cipher of a column that is put together so."""
    return in_turn([(lane.round_cipher, len(positions)) for lane, positions in places.items()])


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
