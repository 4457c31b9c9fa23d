"""ACF2 and Top Secret: what the commands that a host was set up with lack of a set-up, and give beyond it.

Their databases have no listing that the linter reads; the files with the commands are what there is to compare.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ptktctl.lint.security import (
    ANYBODY,
    APPL_CLASS,
    AUTHORITY,
    KEY_CLASS,
    Esm,
    Part,
    PermitChange,
    ProfileChange,
    is_authority,
)
from ptktctl.lint.security_state import reaches
from ptktctl.provision import plan
from ptktctl.provision.acf2 import AUTHORITY_RULES, REBUILD_AUTHORITY
from ptktctl.provision.difference import (
    KEYS_UNSEEN,
    NOBODY_NAMED,
    Collector,
    Difference,
    Found,
    Remark,
    Unknown,
    faulty_files,
    is_safe_id,
    is_safe_name,
)
from ptktctl.provision.effects import SetUp
from ptktctl.provision.host import part_of
from ptktctl.provision.step import Command, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptktctl.lint.security import ClassOption
    from ptktctl.lint.security_state import Grant, Profile
    from ptktctl.provision.effects import Effect
    from ptktctl.provision.host import Host
    from ptktctl.provision.wanted import Wanted

READ, UPDATE, NONE = "READ", "UPDATE", "NONE"
WITHDRAW = "Take away what is not wanted"
MODE = "SET "  # what the next commands of ACF2 work on
SERVICES = {READ: " SERVICE(READ)", UPDATE: " SERVICE(UPDATE,READ)"}
UNDOCUMENTED = "How it is taken away is not in the sources of this set-up"


class RulesCheck:
    """Goes through the steps of a set-up, and keeps of each what the host does not have."""

    def __init__(self, wanted: Wanted, host: Host) -> None:
        self.wanted = wanted
        self.host = host
        planned = plan.steps(wanted)
        self.set_up = SetUp([step for step in planned if step.commands and not step.expected], wanted.esm)
        self.collector = Collector()
        self.changed: set[tuple[str, Part]] = set()

    def difference(self) -> Difference:
        """Everything that differs, in the order to run it."""
        refreshing = [step for step, effects in self.set_up.steps if all(each.refreshes for each in effects)]
        for step, effects in self.set_up.steps:
            if step in refreshing:
                self._add(Step(WITHDRAW), self._surplus())
            self._add(step, self._step(effects))
        if not refreshing:
            self._add(Step(WITHDRAW), self._surplus())
        self.collector.take(self._notes())
        return self.collector.difference()

    def _add(self, step: Step, found: Iterator[Found]) -> None:
        commands = self.collector.take(found)
        self.collector.add(replace(step, commands=tuple(commands)))

    def _step(self, effects: Iterable[Effect]) -> Iterator[Found]:
        """The commands of a step that do something new, each after the command that says what it works on."""
        mode: Command | None = None
        for effect in effects:
            if effect.command.text.startswith(MODE):
                mode = effect.command
                continue
            for found in self._effect(effect):
                if isinstance(found, Command) and mode:
                    yield mode
                    mode = None
                yield found

    def _effect(self, effect: Effect) -> Iterator[Found]:
        if not effect.changes:
            yield Unknown(f"whether this was done, which the files do not tell: {effect.command.text}")
        if effect.options and not all(self._is_set(each) for each in effect.options):
            yield effect.command
        if any(self._is_due(each) for each in effect.refreshes):
            yield effect.command
        found = list(self._changes(effect))
        if found:
            self._note_change(effect)
        yield from found

    def _is_set(self, option: ClassOption) -> bool:
        return all(self.host.is_on(option.setting, each.value) for each in option.classes)

    def _is_due(self, refresh: ClassOption) -> bool:
        """Whether something that a refresh brings up to date was changed, here or by the host's commands."""
        if self.wanted.esm is Esm.TOP_SECRET:
            return bool(self.changed) or self.host.is_stale(KEY_CLASS)
        names = [each.value for each in refresh.classes]
        return any((name, refresh.part) in self.changed or self.host.is_stale(name, refresh.part) for name in names)

    def _note_change(self, effect: Effect) -> None:
        for change in effect.changes:
            if isinstance(change, ProfileChange | PermitChange):
                self.changed.add((change.resource_class, part_of(change)))

    def _changes(self, effect: Effect) -> Iterator[Command]:
        """The command, or what alters a key record, if the host does not have what it makes."""
        for change in effect.changes:
            if isinstance(change, PermitChange):
                if not self._is_permitted(change):
                    yield replace(effect.command, comment=f"Not on the host. {effect.command.comment}".rstrip())
                    return
            elif isinstance(change, ProfileChange) and not is_authority(change.name.value) and change.keys:
                yield from self._key(effect.command, change)

    def _is_permitted(self, change: PermitChange) -> bool:
        grants = self.host.state.grants.get((change.resource_class, change.profile.value), {})
        access = change.access.value if change.access else READ
        everybody = grants.get((ANYBODY, False)) if change.resource_class == APPL_CLASS else None
        for each in change.ids:
            grant = grants.get((each.value, False)) or everybody
            enough = READ if change.resource_class == APPL_CLASS else access
            if not grant or not grant.reaches(enough):
                return False
        return True

    def _key(self, command: Command, want: ProfileChange) -> Iterator[Command]:
        have = self.host.profile(KEY_CLASS, want.name.value)
        if not have or not have.legacy:
            yield replace(command, comment=f"Not on the host. {command.comment}".rstrip())
            return
        on, wanted = bool(have.multi_use and have.multi_use.on), bool(want.multi_use and want.multi_use.on)
        if on == wanted:
            return
        comment = f"A PassTicket may {'' if on else 'not '}be used again on the host."
        if self.wanted.esm is Esm.ACF2:
            yield Command(f"CHANGE {want.name} {'MULT-USE' if wanted else 'NOMULT-USE'}", comment)
        else:
            yield replace(command, comment=f"{comment} The entry is made again, with its key.")

    def _surplus(self) -> Iterator[Found]:
        """What takes away authority over PassTickets that others have."""
        if not self.wanted.authorities:
            yield Unknown(NOBODY_NAMED)
            return
        wanted = {profile for profile in self.set_up.state.profiles if is_authority(profile[1])}
        found = [
            each
            for profile in self.host.state.authorities_over(self.wanted.applid)
            for each in self._others(profile, (KEY_CLASS, profile.name.value) in wanted)
        ]
        if any(isinstance(each, Command) for each in found):
            self.changed.add((KEY_CLASS, Part.RULES))
            if self.wanted.esm is Esm.ACF2:
                yield Command(AUTHORITY_RULES)
        yield from found
        if self.wanted.esm is Esm.ACF2 and any(isinstance(each, Command) for each in found):
            yield Command(REBUILD_AUTHORITY)

    def _others(self, profile: Profile, wanted: bool) -> Iterator[Found]:
        levels = self._levels() if wanted or self.wanted.all_users else {}
        for grant in self.host.state.grants_of(profile):
            if not grant.reaches(READ) or reaches(levels.get(grant.id.value, NONE), grant.access):
                continue
            name = profile.name.value
            if profile.qualifiers[:2] != (AUTHORITY, self.wanted.applid):
                yield Remark(f"{name} is for other applications too, and gives {grant.id} {grant.access}")
            elif is_safe_id(grant.id.value) and is_safe_name(name):
                yield self._withdrawal(grant, name)
            else:
                yield Remark("a rule over the application's PassTickets has a name or an ID that no command can take")

    def _withdrawal(self, grant: Grant, name: str) -> Command:
        comment = f"{grant.id} has {grant.access} on the host, which is not wanted. {UNDOCUMENTED}."
        if self.wanted.esm is Esm.TOP_SECRET:
            return Command(f"TSS REVOKE({grant.id}) PTKTDATA({name})", comment)
        resource = name.removeprefix(f"{AUTHORITY}.")
        line = f"{resource} UID({grant.id}){SERVICES.get(grant.access, '')} ALLOW"
        return Command(f"RECKEY {AUTHORITY} DEL({line})", comment)

    def _levels(self) -> dict[str, str]:
        """The access that each of those wanted has."""
        levels = dict.fromkeys(map(str, self.wanted.evaluators), READ)
        return levels | dict.fromkeys(map(str, self.wanted.generators), UPDATE)

    def _notes(self) -> Iterator[Found]:
        yield from faulty_files(self.host)
        yield Unknown("what was done otherwise than by the commands given")
        yield Unknown(KEYS_UNSEEN)
