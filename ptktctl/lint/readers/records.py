"""The records of an IRRDBU00 unload, one after the other, however it came off the host.

The data set has records of variable length (RECFM=VB). A transfer leaves them as lines that end in LF, CRLF, NEL
(X'15') or X'25', in ASCII or EBCDIC; with their record descriptor words (FTP, LOCSITE RDW); or, by way of a data set
with RECFM=FB, padded to one length and without any line end.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DIGITS = b"0123456789ABCDEF"
BLANK = b" "
# More than an access method holds in a record of variable length (z/OS DFSMS Using Data Sets: LRECL at most 32,760).
LONGEST_RECORD = 1 << 15
SHORTEST_RECORD = 40  # the record types that the RACF database unload has are all longer
RECORDS_COMPARED = 50
LINE_ENDS = {False: (b"\n",), True: (b"\x15", b"\x25")}
TYPE_LENGTH = 4
DESCRIPTOR_LENGTH = 4


class Layout(NamedTuple):
    """How records follow each other.

    Attributes:
        ebcdic: whether they are EBCDIC.
        end: what ends a record, if something does.
        length: how long each is, if all are as long.
    """

    ebcdic: bool
    end: bytes = b""
    length: int = 0

    def batches(self, chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
        """The records that chunks of a file hold, some at a time, in their order."""
        if self.end:
            return _lines(chunks, self.end)
        return _slices(chunks, self.length) if self.length else _described(chunks)


def find_layout(head: bytes) -> Layout | None:
    """How the records of an unload follow each other, told by its beginning; None when that is none.

    Args:
        head: as much of the beginning as there is at hand; a few records at least.
    """
    for ebcdic in (False, True):
        if _is_type(head, 0, ebcdic):
            return _find_end(head, ebcdic) or _find_length(head, ebcdic) or _only_record(head, ebcdic)
        if _has_descriptor(head) and _is_type(head, DESCRIPTOR_LENGTH, ebcdic):
            return Layout(ebcdic)
    return None


def _is_type(data: bytes, at: int, ebcdic: bool) -> bool:
    """Whether a record type, four hexadecimal digits and a blank, stands at a place."""
    written = data[at : at + TYPE_LENGTH + 1]
    plain = written.decode("cp037").encode("ascii", "replace") if ebcdic else written
    return len(plain) > TYPE_LENGTH and plain[TYPE_LENGTH:] == BLANK and not plain[:TYPE_LENGTH].strip(DIGITS)


def _has_descriptor(data: bytes) -> bool:
    return data[2:DESCRIPTOR_LENGTH] == b"\0\0" and int.from_bytes(data[:2]) > SHORTEST_RECORD


def _find_end(head: bytes, ebcdic: bool) -> Layout | None:
    """What ends the first records, each of which begins with a type."""
    for end in LINE_ENDS[ebcdic]:
        first, *others = head.split(end, RECORDS_COMPARED)
        whole = [each for each in others if len(each) > TYPE_LENGTH]  # the head may end within the last one
        enough = whole or (others and len(first) >= SHORTEST_RECORD)
        if enough and all(_is_type(each, 0, ebcdic) for each in whole):
            return Layout(ebcdic, end=end)
    return None


def _find_length(head: bytes, ebcdic: bool) -> Layout | None:
    """The least length at whose multiples every record begins that is at hand."""
    for length in range(SHORTEST_RECORD, min(LONGEST_RECORD, len(head) - TYPE_LENGTH)):
        places = range(length, len(head) - TYPE_LENGTH, length)[:RECORDS_COMPARED]
        if all(_is_type(head, at, ebcdic) for at in places):
            return Layout(ebcdic, length=length)
    return None


def _only_record(head: bytes, ebcdic: bool) -> Layout | None:
    only = SHORTEST_RECORD <= len(head) <= LONGEST_RECORD and not any(end in head for end in LINE_ENDS[ebcdic])
    return Layout(ebcdic, length=LONGEST_RECORD) if only else None


def _lines(chunks: Iterable[bytes], end: bytes) -> Iterator[list[bytes]]:
    rest = b""
    for chunk in chunks:
        lines = _split(rest + chunk, end)
        # Of a line without an end no more is kept than a record may hold, lest it should fill the memory.
        rest = lines.pop()[:LONGEST_RECORD]
        yield lines
    if rest:
        yield [rest]


def _split(data: bytes, end: bytes) -> list[bytes]:
    """The lines, and what stands after the last end."""
    if end != b"\n":
        return data.split(end)
    lines = BytesIO(data).readlines()  # which finds LF several times faster than split() does
    return lines if lines and not lines[-1].endswith(end) else [*lines, b""]


def _slices(chunks: Iterable[bytes], length: int) -> Iterator[list[bytes]]:
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        whole = len(data) - len(data) % length
        rest = data[whole:]
        yield [data[at : at + length] for at in range(0, whole, length)]
    if rest:
        yield [rest]


def _described(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Records with a word before each: its length, that word included, in two bytes, and two bytes of zeros."""
    rest = b""
    number = 0
    for chunk in chunks:
        data, at = rest + chunk, 0
        records: list[bytes] = []
        while len(data) - at >= DESCRIPTOR_LENGTH:
            length = int.from_bytes(data[at : at + 2])
            if length <= DESCRIPTOR_LENGTH or data[at + 2 : at + DESCRIPTOR_LENGTH] != b"\0\0":
                raise InputError(f"record {number + len(records) + 1}: no record descriptor word before it")
            if len(data) - at < length:
                break
            records.append(data[at + DESCRIPTOR_LENGTH : at + length])
            at += length
        rest = data[at:]
        number += len(records)
        yield records
    if rest:
        raise InputError(f"record {number + 1}: the file ends within it")
