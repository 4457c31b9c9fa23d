"""The audit log read and verified, and put aside when it has grown. `audit_lines` says what a line is.

Everything here takes logs of any length and lines of any content: nothing of a log is trusted.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ptktctl.errors import InputError, StoreError, StoreMissingError
from ptktctl.store import audit, files
from ptktctl.store.audit_chain import Chain, Link
from ptktctl.store.audit_lines import ZEROS, Event, is_whole, lines_after, sha256
from ptktctl.store.audit_torn import LONGEST, MEMBERS, is_torn

if TYPE_CHECKING:
    from collections.abc import Iterator

ARCHIVE = "log.archive"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log.

    Attributes:
        number: its place in the chain, from 1 on.
        time: RFC 3339, GMT.
        user, uid, host: who; None where the system knew none.
        action, applids, userids, group, key, outcome, count: as in `audit_lines.Event`.
        torn: how many torn lines came before it.
        before: the hash of the line before, 64 hexadecimal digits.
        hash: that of this line.
    """

    number: int
    time: str
    user: str | None
    uid: int | None
    host: str | None
    action: str
    applids: list[str]
    userids: list[str]
    group: str | None
    key: str | None
    outcome: str
    count: int
    torn: int
    before: str
    hash: str


class Reading:
    """A log, or several that follow each other, read from the first line to the last and verified on the way.

    Attributes:
        lines: how many whole lines were read.
        chain: what the lines say about each other.
        expects: whether a hash is expected.
        expected_at: the number of the line whose hash was expected; None as long as it was not met.
    """

    def __init__(self, expected: str | None = None) -> None:
        """Begin with nothing read.

        Args:
            expected: a hash that was noted when it was that of the last line, 64 hexadecimal digits.
        """
        self.lines = 0
        self.chain = Chain()
        self.expected_at: int | None = None
        self.expects = expected is not None
        self._expected = expected
        self._pattern = re.compile(
            b"\\{" + b", ".join(b'"%s": (?:%s)' % (name.encode(), value) for name, value in MEMBERS.items()) + b"\\}"
        )

    @property
    def head(self) -> str:
        """The hash of the last line, 64 hexadecimal digits: zeros when there is none."""
        return self.chain.last.hash if self.chain.last else ZEROS

    def entries(self, log: Log) -> Iterator[Entry]:
        """The whole lines of a log, in the order they stand in; what is wrong with the others, `chain` tells."""
        for position, (line, ended) in enumerate(log.lines(), 1):
            entry = self._parsed(line)
            if entry is None:
                self.chain.take_broken(line, f"line {position} of {log.name}", is_torn=is_torn(line))
                continue
            self.lines += 1
            goes_on = self.lines == 1 and entry.action == ARCHIVE
            self.chain.take(Link(line, entry.hash, entry.number, entry.before, entry.torn, goes_on))
            if entry.hash == self._expected:
                self.expected_at = entry.number
            elif goes_on and entry.before == self._expected:
                self.expected_at = entry.number - 1
            if not ended:
                self.chain.torn.add(f"line {entry.number} lacks its line end")
            yield entry

    def finish(self) -> None:
        """Judge what only the end can tell; nothing is read after that."""
        self.chain.finish()
        if self._expected and self.expected_at is None:
            self.chain.tampered.add(
                "no line has the hash expected: lines were cut off the end, or all were written anew"
            )

    def _parsed(self, line: bytes) -> Entry | None:
        if not self._pattern.fullmatch(line) or not is_whole(line):
            return None
        import json

        try:
            values = list(json.loads(line.decode()).values())
        except ValueError:  # an escape that JSON has not
            return None
        values[-1] = sha256(line)
        return Entry(*values) if values[0] else None


class Log:
    """A log as it was at one moment: what is appended meanwhile is not of it."""

    __slots__ = ("_file", "_size", "name")

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self.name = name
        self._size = os.fstat(file.fileno()).st_size

    def lines(self) -> Iterator[tuple[bytes, bool]]:
        """Its lines without their ends, and whether they had one. A line longer than LONGEST comes in pieces."""
        left = self._size
        while left and (line := self._file.readline(min(left, LONGEST))):
            left -= len(line)
            ended = line.endswith(b"\n")
            yield (line[:-1] if ended else line), ended

    def head(self) -> tuple[int, str]:
        """The number of the last whole line, and its hash; only the end is read where that will do."""
        end = audit.end_of(self._file.fileno(), self._size)
        if not end.torn:
            return end.number, end.before
        self._file.seek(0)
        reading = Reading()
        for _ in reading.entries(self):
            pass
        reading.finish()
        return reading.chain.number, reading.head


@contextmanager
def opened(path: str) -> Iterator[Log | None]:
    """The log of the store; None when there is none.

    Raises:
        StoreError: it can't be read, or others can read or write it.
    """
    target = os.path.realpath(path)
    try:
        descriptor = os.open(target, files.OPEN_FLAGS)
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        raise StoreError(f"{path} can't be read: {error.strerror}") from None
    with open(descriptor, "rb") as file:
        audit.check_folder(target)
        audit.check(descriptor, target)
        yield Log(file, path)


@contextmanager
def opened_outside(path: str) -> Iterator[Log]:
    """A log that lies anywhere: an archive, or a copy.

    Raises:
        InputError: it can't be read.
    """
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below; only opening it is ours to explain
        log = Log(file, path)
    except OSError as error:
        raise InputError(f"{path}: cannot read the log: {error.strerror}") from None
    with file:
        yield log


def archive(path: str, target: str, moment: int) -> tuple[int, str]:
    """Move the log to another file, and begin a new one that goes on with its chain.

    Killed at any instant, it leaves the log where it was, or moved and begun anew; in between, the whole log is at
    both places.

    Args:
        target: the file to make.
        moment: now, in epoch seconds.

    Returns:
        The number of its last line, and the hash that the new log begins with.

    Raises:
        StoreMissingError: there is no log.
        InputError: the target exists, or can't be made.
        StoreError: as for `audit.append`.
    """
    log = os.path.realpath(path)
    if not os.path.lexists(log):
        raise StoreMissingError("there is no audit log", "it begins with the first use or change of the store")
    try:
        with audit.locked(log) as descriptor:
            end = audit.end_of(descriptor, os.fstat(descriptor).st_size)
            if not end.number:
                raise StoreMissingError(f"{path} has no line yet")
            first = lines_after(end.replaced(is_open=False), moment, [Event(ARCHIVE, "done")])
            _keep(descriptor, log, target)
            try:
                _begin_anew(log, first)
            except BaseException:
                if audit.is_named(descriptor, log):
                    files.discard(target)
                raise
            return end.number, end.before
    except OSError as error:
        raise files.unwritable(error, path) from None


def _keep(descriptor: int, log: str, target: str) -> None:
    """Give the log a second name, or a copy where it can't have one."""
    try:
        try:
            os.link(log, target)
        except FileExistsError:
            raise
        except OSError:  # another file system, or one without links
            _copy(descriptor, target)
        files.sync_folder(os.path.dirname(target))
    except FileExistsError:
        raise InputError(f"{target} exists already", "name another file") from None
    except OSError as error:
        raise InputError(f"{target}: cannot write the archive: {error.strerror}", "the log is as it was") from None


def _begin_anew(log: str, first: bytes) -> None:
    """Put a log of one line in the place of the one that is kept."""
    temporary = files.temporary_of(log)
    try:
        files.discard(temporary)
        files.write_new(temporary, first)
        files.publish(temporary, log)
    finally:
        files.discard(temporary)


def _copy(descriptor: int, target: str) -> None:
    import shutil

    made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with open(made, "wb") as file, open(descriptor, "rb", closefd=False) as whole:
            whole.seek(0)
            shutil.copyfileobj(whole, file)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        files.discard(target)
        raise
