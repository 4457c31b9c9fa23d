"""Who the lines of a batch are about, and with which keys: fields to names and keys.

Lines go together by their APPLIDs, and so by their keys.
"""

from __future__ import annotations

import contextlib
import operator
from array import array
from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from ptktctl.commands.batch_rows import planes
from ptktctl.commands.batch_sheet import Sheet
from ptktctl.errors import InputError, PtktctlError, StoreMissingError
from ptktctl.passticket import evaluation
from ptktctl.passticket.columns import Subjects
from ptktctl.passticket.keys import EnhancedKey
from ptktctl.passticket.names import NAME_LENGTH, ApplId, UserId
from ptktctl.passticket.records import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, MutableSequence, Sequence

    from ptktctl.commands.batch_lines import Fields
    from ptktctl.commands.batch_rows import Layout, Part
    from ptktctl.passticket.columns import Columns
    from ptktctl.passticket.keys import SecuredSignonKey

    Resolve = Callable[[UserId, ApplId], "Profile"]
    # A range stands for all lines.
    Positions = Sequence[int]

AnyName = TypeVar("AnyName", UserId, ApplId)
Value = TypeVar("Value")
# A longer field is no name, and too much for a message.
MOST_SHOWN = 64
# Names stand one after another in bytes, with NUL behind them; this stands for none.
NO_NAME = bytes(NAME_LENGTH)
# So many fields and names, profiles and keys are remembered between chunks at most: some 10 MB.
MOST_NAMES = 10_000


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


class Names(Generic[AnyName]):
    """Knows the names of a kind that fields of lines hold, each different field read once.

    Args:
        parse: makes a name of a field; its InputError or StoreMissingError is what is wrong with it.
    """

    __slots__ = ("_names", "_parse", "_wrong")

    def __init__(self, parse: Callable[[str], AnyName]) -> None:
        self._parse: Callable[[str], AnyName] = parse
        self._names: dict[str, bytes] = {}
        self._wrong: dict[str, PtktctlError] = {}

    def __len__(self) -> int:
        return len(self._names)

    def read(self, fields: Sequence[str]) -> bytes:
        """The name of each field in capitals, NO_NAME where it is wrong."""
        for field in set(fields).difference(self._names):
            self._learn(field)
        return b"".join([self._names[field] for field in fields])

    def wrong(self, fields: Sequence[str]) -> dict[int, PtktctlError]:
        """What is wrong with fields that were read, by their positions."""
        if not self._wrong or self._wrong.keys().isdisjoint(fields):
            return {}
        return {position: self._wrong[field] for position, field in enumerate(fields) if field in self._wrong}

    def others(self, fields: Mapping[int, str]) -> dict[int, PtktctlError]:
        """What is wrong with fields that are no names, by their positions."""
        self.read(list(fields.values()))
        return {position: self._wrong[field] for position, field in fields.items()}

    def clear(self) -> None:
        """Forget all fields."""
        self._names.clear()
        self._wrong.clear()

    def _learn(self, field: str) -> None:
        try:
            self._names[field] = as_record(self._parse(field).value)
        except (InputError, StoreMissingError) as error:
            self._names[field] = NO_NAME
            self._wrong[field] = error.bare()


class Lane:
    """An APPLID under a key, with what its tickets are held against."""

    __slots__ = ("applid", "columns", "key", "reach", "single_use", "window")

    def __init__(self, applid: str, key: SecuredSignonKey, timeout: int, single_use: bool) -> None:
        self.applid = applid
        self.key = key
        self.columns = evaluation.columns_of(key.ticket_type)
        self.window = evaluation.window_of(key, timeout)
        self.reach = evaluation.ENHANCED_REACH if isinstance(key, EnhancedKey) else evaluation.LEGACY_REACH
        self.single_use = single_use


class Group(NamedTuple):
    """Lines that have the same lanes: that of their first key, those of further ones."""

    lanes: tuple[Lane, ...]
    positions: Positions


class Load(NamedTuple):
    """Lines whose tickets are of one kind.

    Attributes:
        columns: the kind.
        positions: where the lines stand; those with the same lane follow one another.
        subjects: what their tickets are for, in this order.
    """

    columns: Columns
    positions: Positions
    subjects: Subjects


class Fault(NamedTuple):
    """Why nothing can be done for a line, and its names as far as they are known, else empty."""

    userid: str
    applid: str
    error: PtktctlError


class Batch:
    """The subjects of some lines.

    Attributes:
        userids, applids: their names; NO_NAME where it is not known.
        groups: all lines but those with faults.
        faults: by position.
    """

    __slots__ = ("applids", "faults", "groups", "userids")

    def __init__(self, userids: bytes, applids: bytes) -> None:
        self.userids = userids
        self.applids = applids
        self.groups: list[Group] = []
        self.faults: dict[int, Fault] = {}

    def names(self, position: int) -> tuple[str, str]:
        """The user ID and the APPLID of a line."""
        return name_at(self.userids, position), name_at(self.applids, position)

    def loads(self, turn: int) -> Iterator[Load]:
        """By kinds of ticket, the lines that have so many keys and one more, with that one."""
        kinds: dict[Columns, list[tuple[Lane, Positions]]] = {}
        for lanes, positions in self.groups:
            if positions and turn < len(lanes):
                kinds.setdefault(lanes[turn].columns, []).append((lanes[turn], positions))
        for columns, parts in kinds.items():  # one object a kind: see `evaluation.columns_of`
            positions = parts[0][1] if len(parts) == 1 else list(chain.from_iterable(each for _, each in parts))
            yield Load(columns, positions, self._subjects(positions, [(lane, len(each)) for lane, each in parts]))

    def _subjects(self, positions: Positions, shares: Sequence[tuple[Lane, int]]) -> Subjects:
        userids = picked_records(self.userids, positions)
        applids = b"".join([as_record(lane.applid) * count for lane, count in shares])
        return Subjects(_padded(userids), _padded(applids), [(lane.key, count) for lane, count in shares])

    def fault_rows(self, layout: Layout, numbers: Sequence[int]) -> dict[int, str]:
        """The rows of the lines that can't be used, by position."""
        return {
            position: layout.fault_row(fault.userid, fault.applid, numbers[position], fault.error)
            for position, fault in self.faults.items()
        }

    def parts_of_rows(self) -> tuple[Part, Part]:
        """The user IDs and the APPLIDs as parts of rows; there may be a single APPLID."""
        applids: Part = name_at(self.applids, 0) if _are_equal(self.applids) else planes(self.applids, NAME_LENGTH)
        return planes(self.userids, NAME_LENGTH), applids


class Directory:
    """Knows what the fields of lines stand for.

    Args:
        resolve: finds the profile of a user ID and APPLID; raises InputError if the APPLID is not defined, whoever
            the user is, and StoreMissingError if there is no key.
        default_applid: finds the APPLID of lines without one.
        most_keys: how many keys of a profile are needed, if not all.
        discreet: whether fields are kept out of messages, because one in the wrong place could be a password.
    """

    def __init__(
        self,
        resolve: Resolve,
        default_applid: Callable[[], ApplId],
        *,
        most_keys: int | None = None,
        discreet: bool = False,
    ) -> None:
        self._resolve = resolve
        self._most_keys = most_keys
        self._discreet = discreet
        self._userids = Names(lambda text: self._parsed(UserId, text))
        self._applids = Names(lambda text: self._parsed(ApplId, text) if text else default_applid())
        # Lanes by APPLID if they are the same for all users, else by user ID too; or why there are none. And all lanes.
        self._common: dict[str, tuple[Lane, ...] | PtktctlError] = {}
        self._own: dict[tuple[str, str], tuple[Lane, ...] | PtktctlError] = {}
        self._lanes: dict[tuple[str, SecuredSignonKey, int, bool], Lane] = {}

    def look_up(self, lines: Sheet | Fields) -> Batch:
        """The subject of each line; a fault where the line or the subject has one."""
        self._make_room()
        batch, reasons = self._of_sheet(lines) if isinstance(lines, Sheet) else self._of_fields(lines)
        for applid, positions in places_of(batch.applids).items():
            usable = [each for each in positions if each not in reasons] if reasons else positions
            reasons |= self._add_groups(batch, applid, usable)
        for position, reason in reasons.items():
            self.refuse(batch, position, reason)
        return batch

    def _of_sheet(self, sheet: Sheet) -> tuple[Batch, dict[int, PtktctlError]]:
        if sheet.applids:
            applids, others = sheet.applids
        else:
            applids = self._applids.read([""]) * len(sheet.numbers)
            others = {} if any(applids) else dict.fromkeys(range(len(sheet.numbers)), "")
        wrong = {**self._applids.others(others), **self._userids.others(sheet.userids.others)}
        return Batch(sheet.userids.records, applids), wrong

    def _of_fields(self, fields: Fields) -> tuple[Batch, dict[int, PtktctlError]]:
        userids, applids = self._userids.read(fields.userids), bytearray(self._applids.read(fields.applids))
        for position in fields.faults:
            if not fields.userids[position]:  # nothing of the line is known: the APPLID was not left out
                applids[position * NAME_LENGTH : (position + 1) * NAME_LENGTH] = NO_NAME
        wrong = {**self._applids.wrong(fields.applids), **self._userids.wrong(fields.userids), **fields.faults}
        return Batch(userids, bytes(applids)), wrong

    def refuse(self, batch: Batch, position: int, reason: PtktctlError) -> None:
        """Give a line that is in no group a fault; its names are shown if they are right."""
        userid, applid = batch.names(position)
        is_hidden = self._discreet and not self._is_defined(userid, applid)
        batch.faults[position] = Fault(userid, "" if is_hidden else applid, reason)

    def _make_room(self) -> None:
        """Forget what was learned from lines, and the keys, when it is too much."""
        if len(self._userids) + len(self._applids) > MOST_NAMES:
            self._userids.clear()
            self._applids.clear()
        if len(self._lanes) + len(self._own) + len(self._common) > MOST_NAMES:
            for memory in (self._common, self._own, self._lanes):
                memory.clear()

    def _add_groups(self, batch: Batch, applid: str, positions: Positions) -> dict[int, PtktctlError]:
        """Put the lines with an APPLID into groups, but for those returned, which can't be used."""
        if positions and applid not in self._common:
            self._find(name_at(batch.userids, positions[0]), applid)
        common = self._common.get(applid)
        if isinstance(common, PtktctlError):
            return dict.fromkeys(positions, common)
        if common:
            batch.groups.append(Group(common, positions))
            return {}
        unusable: dict[int, PtktctlError] = {}
        own: dict[tuple[Lane, ...], list[int]] = {}
        for position in positions:
            found = self._find(name_at(batch.userids, position), applid)
            if isinstance(found, PtktctlError):
                unusable[position] = found
            else:
                own.setdefault(found, []).append(position)
        batch.groups += [Group(lanes, each) for lanes, each in own.items()]
        return unusable

    def _is_defined(self, userid: str, applid: str) -> bool:
        return bool(userid and applid) and not isinstance(self._find(userid, applid), PtktctlError)

    def _find(self, userid: str, applid: str) -> tuple[Lane, ...] | PtktctlError:
        """The lanes of a pair of names, or why there are none."""
        found = self._common.get(applid) or self._own.get((userid, applid))
        if not found:
            try:
                found = self._own[userid, applid] = self._lanes_of(userid, applid)
            except InputError as error:
                found = self._common[applid] = error.bare()
            except StoreMissingError as error:
                found = self._own[userid, applid] = error.bare()
        return found

    def _lanes_of(self, userid: str, applid: str) -> tuple[Lane, ...]:
        profile = self._resolved(UserId(userid), ApplId(applid))
        keys = dict.fromkeys(profile.keys[: self._most_keys])
        lanes = tuple(self._lane(applid, key, profile) for key in keys)
        if not lanes:
            raise StoreMissingError(f"no key is stored for {applid}")
        if profile.for_all_users:
            self._common[applid] = lanes
        return lanes

    def _lane(self, applid: str, key: SecuredSignonKey, profile: Profile) -> Lane:
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

    def _parsed(self, kind: type[AnyName], text: str) -> AnyName:
        return parsed(kind, text) if self._discreet or len(text) > MOST_SHOWN else kind.parse(text)


def parsed(kind: type[AnyName], text: str) -> AnyName:
    """Take a name as people write it.

    Raises:
        InputError: it is none; the text is not repeated.
    """
    with contextlib.suppress(InputError):
        if len(text) <= NAME_LENGTH:
            return kind.parse(text)
    raise InputError(f"the {kind.what} is malformed", "1 to 8 of A-Z 0-9 @ # $")


def as_record(name: str) -> bytes:
    """A name as it stands among others."""
    return name.encode().ljust(NAME_LENGTH, b"\0")


def name_at(names: bytes, position: int) -> str:
    """One of many names; empty for NO_NAME."""
    return names[position * NAME_LENGTH : (position + 1) * NAME_LENGTH].rstrip(b"\0").decode()


def _padded(names: bytes) -> bytes:
    """Names as `Subjects` has them: padded with blanks."""
    return names.replace(b"\0", b" ")


def _are_equal(names: bytes) -> bool:
    return names == names[:NAME_LENGTH] * (len(names) // NAME_LENGTH)


def places_of(names: bytes) -> Mapping[str, Positions]:
    """The positions of each name."""
    count = len(names) // NAME_LENGTH
    if _are_equal(names):
        return {name_at(names, 0): range(count)} if count else {}
    places: defaultdict[str, list[int]] = defaultdict(list)
    for position, name in enumerate(cut(names.decode(), NAME_LENGTH)):
        places[name].append(position)
    return {name.rstrip("\0"): positions for name, positions in places.items()}


def picked(values: Sequence[Value], positions: Positions) -> Sequence[Value]:
    """The values at some positions; a range stands for all."""
    if isinstance(positions, range):
        return values
    return operator.itemgetter(*positions)(values) if len(positions) > 1 else [values[each] for each in positions]


def picked_records(records: bytes, positions: Positions) -> bytes:
    """The same for records of 8 bytes, one after another."""
    if isinstance(positions, range):
        return records
    # As numbers of 8 bytes.
    return array("Q", picked(array("Q", records), positions)).tobytes()


def put_back(values: MutableSequence[Value], positions: Positions, results: Sequence[Value]) -> None:
    """The reverse of `picked`."""
    if isinstance(positions, range):
        values[:] = results
    else:
        for position, result in zip(positions, results, strict=True):
            values[position] = result
