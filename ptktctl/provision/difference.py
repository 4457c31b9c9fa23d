"""What a comparison of a host with a set-up finds: commands that mend, what is not known, what is left alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.provision.step import Command, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.provision.host import Host
    from ptktctl.provision.wanted import WantedKey

# What a name of a general resource, or a user ID or group, may hold; what a file has beyond that goes into no command.
PROFILE_NAME = r"[A-Z0-9@#$.%*_-]{1,246}"
ID = r"[A-Z0-9@#$*]{1,8}"
NOBODY_NAMED = "who may make and evaluate PassTickets: neither --generator nor --evaluator was given"
KEYS_UNSEEN = "whether the host has the same key as the store, which no file shows: try a PassTicket"


class Unknown(NamedTuple):
    """Something that the sources do not show.

    Attributes:
        text: what it is, and what would show it.
        decisive: whether the host can't be said to have what is wanted without it.
    """

    text: str
    decisive: bool = False


class Remark(NamedTuple):
    """Something seen that concerns the application but is not for these commands to change."""

    text: str


Found = Command | Unknown | Remark


@dataclass(frozen=True, slots=True)
class Difference:
    """How a host differs from what a definition wants.

    Attributes:
        steps: the commands that make the host as it should be; none when nothing differs.
        unknown: what the sources do not show, and what would.
        remarks: what concerns the application but is left alone.
        confirmed: whether all profiles that are wanted were there to compare.
        named: the keys with labels that the commands name, and the host does not.
    """

    steps: tuple[Step, ...]
    unknown: tuple[str, ...]
    remarks: tuple[str, ...]
    confirmed: bool
    named: tuple[WantedKey, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether the host has all that is wanted and no more, as far as the sources can show it."""
        return self.confirmed and not self.steps


class Collector:
    """Gathers what is found, each finding once."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._unknown: dict[Unknown, None] = {}
        self._remarks: dict[str, None] = {}

    def take(self, found: Iterator[Found]) -> list[Command]:
        """Keep the notes, and give back the commands."""
        commands: dict[Command, None] = {}
        for each in found:
            if isinstance(each, Command):
                commands[each] = None
            elif isinstance(each, Unknown):
                self._unknown[each._replace(text=printable(each.text))] = None
            else:
                self._remarks[printable(each.text)] = None
        return list(commands)

    def add(self, step: Step) -> None:
        """Add a step, unless it has no command."""
        if step.commands:
            self.steps.append(step)

    def difference(self) -> Difference:
        """All that was gathered."""
        return Difference(
            steps=tuple(self.steps),
            unknown=tuple(each.text for each in self._unknown),
            remarks=tuple(self._remarks),
            confirmed=not any(each.decisive for each in self._unknown),
        )


def printable(text: str) -> str:
    """A text as a terminal can take it, though parts of it may come from a file."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def is_safe_name(name: str) -> bool:
    """Whether a profile's name, read from a file, may go into a command."""
    return re.fullmatch(PROFILE_NAME, name) is not None


def is_safe_id(name: str) -> bool:
    """Whether a user ID or group, read from a file, may go into a command."""
    return re.fullmatch(ID, name) is not None


def faulty_files(host: Host) -> Iterator[Remark]:
    """That commands of a host were not understood, so that what they do is not in its picture."""
    for name in host.faulty:
        yield Remark(
            f"{name}: not every command there is right, and what is wrong was not compared: ptktctl lint tells"
        )
