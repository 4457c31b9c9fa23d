"""Which lines of an audit log were changed, removed, put in or moved, told by their numbers and hashes alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptktctl.store.audit_lines import HEAD, ZEROS

if TYPE_CHECKING:
    import hashlib
    from collections.abc import Iterator

# What is remembered of a log that was tampered with; beyond that it is only counted.
MOST = 1000
LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Link:
    """What the chain knows of a whole line: the line itself, and the members that tie it to others.

    Attributes:
        hash: that of the line, 64 hexadecimal digits.
        goes_on: whether it may be the first line of a log, and follow an archive.
    """

    line: bytes
    hash: str
    number: int
    before: str
    torn: int
    goes_on: bool = False


class Findings:
    """Statements about a log: the first thousand, and how many more there are."""

    __slots__ = ("more", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.more = 0

    def add(self, text: str) -> None:
        """Keep or count one."""
        if len(self.texts) < MOST:
            self.texts.append(text)
        else:
            self.more += 1

    def __len__(self) -> int:
        return len(self.texts) + self.more

    def __iter__(self) -> Iterator[str]:
        yield from self.texts
        if self.more:
            yield f"and {self.more} more"


class Chain:
    """The lines of a log in the order they stand in; takes constant memory.

    Attributes:
        last: the line that the chain has come to.
        began_after: the hash that the first line follows, when the lines before it are in an archive.
        tampered: what was changed, removed, put in or moved, each named by the number of its line.
        torn: lines that were not written to their end.
    """

    def __init__(self) -> None:
        self.last: Link | None = None
        self.began_after: str | None = None
        self.tampered = Findings()
        self.torn = Findings()
        self._jumped: Link | None = None  # its number is too high; the next line says what to make of it
        self._displaced: dict[int, Link] = {}
        self._missing: list[tuple[int, int]] = []
        self._broken = _Broken()

    @property
    def number(self) -> int:
        """The number of the line that the chain has come to; 0 before the first."""
        return self.last.number if self.last else 0

    def take(self, link: Link) -> None:
        """Go on with a whole line."""
        if self._broken.count:
            self._take_behind_broken(link)
        elif not self.last:
            self._begin(link)
        elif self._follows(link):
            self._displace_jump(link)
            self._advance(link)
        else:
            self._accept_jump()
            self._take_misfit(link)

    def take_broken(self, line: bytes, where: str, *, is_torn: bool) -> None:
        """Go on with a line that is not whole.

        Args:
            where: its place in the file, in words.
            is_torn: whether it is the beginning of a line, as a killed process leaves it.
        """
        self._accept_jump()
        self._broken.add(line, where, self.last, is_torn=is_torn)

    def finish(self) -> None:
        """Judge what only the end can tell; nothing is taken after that."""
        self._accept_jump()
        self._name_broken(as_torn=self._broken.all_torn)
        for first, last in self._missing:
            self.tampered.add(f"line {first} is missing" if first == last else f"lines {first} to {last} are missing")

    def _begin(self, link: Link) -> None:
        if link.goes_on:
            self.began_after = link.before
        elif link.number > 1:
            self._miss(1, link.number - 1)
        elif link.before != ZEROS or link.torn:
            self.tampered.add("line 1 was changed")
        self._advance(link)

    def _follows(self, link: Link) -> bool:
        fits = self.last is not None and link.before == self.last.hash
        return fits and link.number == self.number + 1 and not link.torn

    def _advance(self, link: Link) -> None:
        self.last = link
        while following := self._displaced.pop(self.number + 1, None):
            self.last = following

    def _displace_jump(self, link: Link) -> None:
        """The line with a number too high stood in between: this one follows the line before it."""
        if self._jumped:
            self.tampered.add(f"line {self._jumped.number} was moved: it stands before line {link.number}")
            if len(self._displaced) < MOST:
                self._displaced[self._jumped.number] = self._jumped
            self._jumped = None

    def _accept_jump(self) -> None:
        """The line with a number too high is where it belongs: others are gone."""
        if self._jumped:
            self._miss(self.number + 1, self._jumped.number - 1)
            self.last, self._jumped = self._jumped, None

    def _miss(self, first: int, last: int) -> None:
        if len(self._missing) < MOST:
            self._missing.append((first, last))
        else:
            self.tampered.more += 1

    def _take_misfit(self, link: Link) -> None:
        if self._follows(link):
            self._advance(link)
        elif link.number <= self.number:
            self._name_again(link)
        elif link.number > self.number + 1:
            self._jumped = link
        else:
            self.tampered.add(f"line {link.number} does not follow line {self.number}: one of them was changed")
            self._advance(link)

    def _name_again(self, link: Link) -> None:
        """A line whose number the chain has passed: moved here, or put in."""
        for at, (first, last) in enumerate(self._missing):
            if first <= link.number <= last:
                rest = [(first, link.number - 1), (link.number + 1, last)]
                self._missing[at : at + 1] = [(low, high) for low, high in rest if low <= high]
                self.tampered.add(f"line {link.number} was moved: it stands after line {self.number}")
                return
        self.tampered.add(f"line {link.number} was put in once more, after line {self.number}")

    def _take_behind_broken(self, link: Link) -> None:
        lost = self._broken.count
        fits = link.torn == lost and link.before == self._broken.covered() and link.number == self.number + lost + 1
        self._name_broken(as_torn=fits and self._broken.all_torn)
        if link.number <= self.number:
            self._name_again(link)
            return
        few = link.number - self.number - lost - 1
        if few > 0:
            lines = f"{few} lines are" if few > 1 else "1 line is"
            self.tampered.add(f"{lines} missing between line {self.number} and line {link.number}")
        self._advance(link)

    def _name_broken(self, *, as_torn: bool) -> None:
        for where, number in self._broken.places:
            if as_torn:
                self.torn.add(f"{where} was torn off while it was written")
            else:
                self.tampered.add(f"line {number} was changed" if number else f"{where} was put in or changed")
        self.tampered.more += self._broken.count - len(self._broken.places)
        self._broken = _Broken()


class _Broken:
    """Lines in a row that are not whole.

    Attributes:
        places: where each is, and the number that can still be read in it, 0 if none.
    """

    __slots__ = ("_span", "all_torn", "count", "places")

    def __init__(self) -> None:
        self.places: list[tuple[str, int]] = []
        self.count = 0
        self.all_torn = True
        self._span: hashlib._Hash | None = None

    def add(self, line: bytes, where: str, after: Link | None, *, is_torn: bool) -> None:
        import hashlib

        if self._span:
            self._span.update(b"\n" + line)
        else:
            self._span = hashlib.sha256(after.line + b"\n" + line if after else line)
        self.count += 1
        self.all_torn &= is_torn
        if len(self.places) < MOST:
            self.places.append((where, _readable_number(line)))

    def covered(self) -> str:
        """What a line that comes after them has to carry: the hash of all since the last whole line."""
        return self._span.hexdigest() if self._span else ZEROS


def _readable_number(line: bytes) -> int:
    digits, comma, _ = line[len(HEAD) :].partition(b",")
    readable = line.startswith(HEAD) and comma and digits.isdigit() and len(digits) <= LONGEST_NUMBER
    return int(digits) if readable else 0
