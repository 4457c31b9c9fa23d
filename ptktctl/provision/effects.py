"""What the commands of a set-up do, as the linter reads them: the picture of a host on which all of it was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptktctl.lint.readers import commands
from ptktctl.lint.security import Change, ClassOption, ClassSetting, PasswordCase, PermitChange, ProfileChange
from ptktctl.lint.security_state import SecurityState
from ptktctl.lint.source import read_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.lint.security import Esm
    from ptktctl.provision.step import Command, Step

Profiled = ProfileChange | PermitChange


class Effect(NamedTuple):
    """A command, and the changes it makes; none when it shows something or does what no source can tell."""

    command: Command
    changes: tuple[Change, ...]

    @property
    def options(self) -> tuple[ClassOption, ...]:
        """The settings of classes that it changes, refreshes left out."""
        return tuple(each for each in self._options() if each.setting is not ClassSetting.REFRESHED)

    @property
    def refreshes(self) -> tuple[ClassOption, ...]:
        """What it brings up to date."""
        return tuple(each for each in self._options() if each.setting is ClassSetting.REFRESHED)

    @property
    def profiles(self) -> tuple[tuple[str, str], ...]:
        """The class and name of each profile that it changes, or changes the access list of."""
        named = (each for each in self.changes if isinstance(each, Profiled))
        return tuple(dict.fromkeys((each.resource_class, profile_name(each)) for each in named))

    def _options(self) -> tuple[ClassOption, ...]:
        return tuple(each for each in self.changes if isinstance(each, ClassOption))


class SetUp:
    """The steps of a set-up with the effects of their commands.

    Attributes:
        steps: each step with the effects of its commands, in their order.
        state: what all of them add up to.
    """

    def __init__(self, steps: Sequence[Step], esm: Esm) -> None:
        """Read the commands of all steps; each is on one line, as Command has it."""
        texts = [command.text for step in steps for command in step.commands]
        source = read_source("set-up", "".join(f"{text}\n" for text in texts).encode())
        by_line: dict[int, list[Change]] = {}
        for statement in commands.read(source, esm):
            if isinstance(statement, ProfileChange | PermitChange | ClassOption | PasswordCase):
                by_line.setdefault(statement.span.line, []).append(statement)
        self.steps: list[tuple[Step, list[Effect]]] = []
        line = 0
        for step in steps:
            effects = []
            for command in step.commands:
                line += 1
                effects.append(Effect(command, tuple(by_line.get(line, ()))))
            self.steps.append((step, effects))
        self.state = SecurityState(each for line in sorted(by_line) for each in by_line[line])


def profile_name(change: Profiled) -> str:
    """The profile that a change is about."""
    return change.profile.value if isinstance(change, PermitChange) else change.name.value
