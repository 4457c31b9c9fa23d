"""IRRDBU00 unloads of a RACF database: the profiles, and the access lists, that have to do with PassTickets.

An unload may be larger than the memory: its records are read one after the other, and only those are decoded
and kept that are of interest.

Source of the columns: z/OS Security Server RACF Macros and Interfaces, "RACF database unload utility (IRRDBU00)
records", record formats of the general resource records.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.errors import InputError
from ptktctl.lint.finding import Span
from ptktctl.lint.readers.records import find_layout
from ptktctl.lint.security import (
    APPL_CLASS,
    KEY_CLASS,
    Action,
    Definitions,
    Esm,
    Flag,
    GroupIds,
    KeyForm,
    KeyOperand,
    Origin,
    PermitChange,
    ProfileChange,
    Text,
)
from ptktctl.lint.source import read_excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ptktctl.lint.site import Statement
    from ptktctl.lint.source import Source

HEAD = 1 << 16  # bytes by which the layout is told


# Not FACILITY: it has thousands of profiles on many systems, and none that says who makes PassTickets.
CLASSES_OF_INTEREST = (KEY_CLASS, APPL_CLASS, "IDTDATA", "CRYPTOZ")


class Columns(NamedTuple):
    """Where a field stands in its record: columns from 1, the last one included."""

    first: int
    last: int


# 0100, group basic data.
GROUP = "0100"
GROUP_ID = Columns(6, 13)
# The same in every general resource record.
NAME = Columns(6, 251)
CLASS = Columns(253, 260)
# 0500, general resource basic data.
GENERIC = Columns(262, 265)
UACC = Columns(337, 344)
WARNING = Columns(660, 663)
APPL_DATA = Columns(754, 1008)
# 0505, general resource access; 0507, general resource conditional access.
AUTH_ID = Columns(262, 269)
ACCESS = Columns(271, 278)
CONDITIONAL_AUTH_ID = Columns(280, 287)
CONDITIONAL_ACCESS = Columns(289, 296)
# 0530, general resource SSIGNON data. Without support of enhanced PassTickets the record ends with the first field.
PROTECTION = Columns(262, 325)
KEY_LABEL = Columns(327, 390)
TYPE = Columns(392, 403)
TIMEOUT = Columns(405, 414)
REPLAY = Columns(416, 419)

# The label that RACF gives a key when it puts it into ICSF's key data set itself, for KEYENCRYPTED (RACF Security
# Administrator's Guide, "Storing PassTicket keys encrypted in ICSF").
OWN_LABEL = "IRR.SSIGNON."
METHODS = {
    "MASKED": KeyForm.KEYMASKED,
    "KEYMASKED": KeyForm.KEYMASKED,
    "ENCRYPTED": KeyForm.KEYENCRYPTED,
    "KEYENCRYPTED": KeyForm.KEYENCRYPTED,
}


class Record(NamedTuple):
    """A record as text, with its number in the file, from 1."""

    file: str
    number: int
    text: str

    @property
    def span(self) -> Span:
        """The place of its name, which stands for the record."""
        return self.field(NAME).span

    def field(self, columns: Columns) -> Text:
        """What a field holds, without the blanks after it."""
        first = columns.first
        value = self.text[first - 1 : columns.last].rstrip()
        return Text(value, Span(self.file, self.number, first, self.number, first + len(value)))

    def filled(self, columns: Columns) -> Text | None:
        """What a field holds, if it holds something."""
        text = self.field(columns)
        return text if text.value else None

    def flag(self, columns: Columns) -> Flag | None:
        """What a field says that holds YES or NO, if it is filled."""
        text = self.filled(columns)
        return Flag(text.value == "YES", text.span) if text else None


def read(name: str, chunks: Iterable[bytes]) -> tuple[Source, list[Statement]]:
    """State what an unload says about PassTickets.

    Args:
        name: what messages call the file.
        chunks: the file from its beginning, in pieces.

    Returns:
        The records of interest as a source, and the statements.

    Raises:
        InputError: the file is no unload, or stops being one; the message says where.
    """
    remaining = iter(chunks)
    head = b""
    for chunk in remaining:
        head += chunk
        if len(head) >= HEAD:
            break
    layout = find_layout(head)
    if not layout:
        raise InputError(f"{name}: not an IRRDBU00 unload: it does not begin with a record type, such as 0100")
    try:
        kept, groups = _of_interest(layout.batches(chain((head,), remaining)), layout.ebcdic)
    except InputError as error:
        raise InputError(f"{name}: {error.message}", "transfer the unload as text") from error
    source = read_excerpt(name, kept, ebcdic=layout.ebcdic)
    definitions = Definitions(name, Esm.RACF, Origin.UNLOAD, complete=True)
    return source, [definitions, GroupIds(name, groups), *_state(source)]


def _of_interest(batches: Iterable[list[bytes]], ebcdic: bool) -> tuple[list[tuple[int, bytes]], frozenset[str]]:
    """The records about PassTickets, each with its number, and the names of all groups."""
    code_page = "cp037" if ebcdic else "ascii"
    classes = frozenset(each.ljust(8).encode(code_page) for each in CLASSES_OF_INTEREST)
    types = frozenset(each.encode(code_page) for each in READERS)
    first, last = CLASS.first - 1, CLASS.last
    name_start, name_end = GROUP_ID.first - 1, GROUP_ID.last
    group, after_groups, resources = (each.encode(code_page) for each in (GROUP, "0101", "05"))
    groups: set[bytes] = set()
    kept: list[tuple[int, bytes]] = []
    base = 1
    for records in batches:
        # The time for an unload is spent in these two loops; a comparison is the cheapest way to leave records out.
        kept += [
            (number, record)
            for number, record in enumerate(records, base)
            if record > resources and record[first:last] in classes
        ]
        groups.update([record[:name_end] for record in records if record < after_groups])
        base += len(records)
    ids = (each[name_start:].decode(code_page, "replace") for each in groups if each.startswith(group))
    return [(number, record) for number, record in kept if record[:4] in types], frozenset(map(str.rstrip, ids))


def _state(source: Source) -> Iterator[ProfileChange | PermitChange]:
    for number in source.numbers:
        record = Record(source.name, number, source.line(number))
        yield READERS[record.text[:4]](record, record.field(CLASS).value, record.field(NAME))


def _basic_data(record: Record, resource_class: str, name: Text) -> ProfileChange:
    generic = record.flag(GENERIC)
    return ProfileChange(
        Action.DEFINE,
        Esm.RACF,
        Origin.UNLOAD,
        resource_class,
        name,
        record.span,
        uacc=record.filled(UACC),
        warning=record.flag(WARNING),
        generic=generic.on if generic else None,
        appldata=record.filled(APPL_DATA),
    )


def _access(record: Record, resource_class: str, name: Text) -> PermitChange:
    ids, access = (record.field(AUTH_ID),), record.filled(ACCESS)
    return PermitChange(Esm.RACF, Origin.UNLOAD, resource_class, name, ids, access, record.span)


def _conditional_access(record: Record, resource_class: str, name: Text) -> PermitChange:
    ids, access = (record.field(CONDITIONAL_AUTH_ID),), record.filled(CONDITIONAL_ACCESS)
    return PermitChange(Esm.RACF, Origin.UNLOAD, resource_class, name, ids, access, record.span, conditional=True)


def _signon_data(record: Record, resource_class: str, name: Text) -> ProfileChange:
    return ProfileChange(
        Action.ALTER,
        Esm.RACF,
        Origin.UNLOAD,
        resource_class,
        name,
        record.span,
        keys=tuple(_keys(record)),
        ticket_type=record.filled(TYPE),
        timeout=record.filled(TIMEOUT),
        replay=record.flag(REPLAY),
    )


def _keys(record: Record) -> Iterator[KeyOperand]:
    """The keys, as far as an unload shows them: how a legacy one is protected, or its label; the label of another."""
    protection, label = record.filled(PROTECTION), record.filled(KEY_LABEL)
    if protection:
        own = KeyForm.KEYENCRYPTED if protection.value.startswith(OWN_LABEL) else KeyForm.KEYLABEL
        form = METHODS.get(protection.value.strip("*"), own)
        named = protection.value.strip("*") not in METHODS
        yield KeyOperand(form, protection.span, label=protection if named else None)
    if label:
        yield KeyOperand(KeyForm.EPTKEYLABEL, label.span, label=label)


READERS: dict[str, Callable[[Record, str, Text], ProfileChange | PermitChange]] = {
    "0500": _basic_data,
    "0505": _access,
    "0507": _conditional_access,
    "0530": _signon_data,
}
