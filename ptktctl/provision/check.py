"""What a host lacks of a set-up, and what it has beyond it: the difference, as commands that end it.

What the set-up's commands do is read by the linter, as the sources of the host are; so both are pictures of the same
kind, and a command is printed when what it does is not in the host's picture.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.lint.security import APPL_CLASS, KEY_CLASS, ClassSetting, has_generic_characters
from ptktctl.lint.security_state import covers
from ptktctl.passticket.keys import TicketType
from ptktctl.provision import icsf, racf, racf_steps
from ptktctl.provision.check_access import AccessCheck
from ptktctl.provision.check_profiles import Latitude, ProfileCheck, deletion_of_mistake, is_discrete_by_mistake
from ptktctl.provision.difference import (
    KEYS_UNSEEN,
    NOBODY_NAMED,
    Collector,
    Difference,
    Found,
    Remark,
    Unknown,
    faulty_files,
)
from ptktctl.provision.effects import SetUp
from ptktctl.provision.step import Command, Step
from ptktctl.provision.wanted import Esm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptktctl.lint.security import ClassOption
    from ptktctl.lint.security_state import Profile
    from ptktctl.provision.effects import Effect
    from ptktctl.provision.host import Host
    from ptktctl.provision.wanted import Wanted, WantedKey

WITHDRAW = "Take away what is not wanted"
RENEW = "Delete what is no generic profile"


def compare(wanted: Wanted, host: Host, latitude: Latitude | None = None) -> Difference:
    """The difference between a host and what is wanted of it.

    Args:
        latitude: what of the keys may be otherwise; nothing when it is left out.

    Raises:
        InputError: the host's definitions are another product's than those wanted.
    """
    if host.esm is not wanted.esm:
        raise InputError(
            f"{', '.join(host.names)}: holds definitions of {host.esm.value}, and {wanted.esm.value} is asked for",
            "give --esm, or files of that product",
        )
    if wanted.esm is not Esm.RACF:
        from ptktctl.provision.check_rules import RulesCheck

        return RulesCheck(wanted, host).difference()
    return _RacfCheck(wanted, host, latitude or Latitude()).difference()


def _steps(wanted: Wanted) -> tuple[Step, ...]:
    """The steps whose effects a security product's definitions show: neither ICSF's nor other files' do."""
    return (
        racf_steps.activation(wanted),
        racf_steps.key_profile(wanted),
        racf_steps.authority(wanted),
        racf_steps.access(wanted),
        *((racf_steps.tokens(wanted),) if wanted.jwt else ()),
        racf_steps.refreshes(wanted),
    )


class _RacfCheck:
    """Goes through the steps of a set-up, and keeps of each what the host does not have."""

    def __init__(self, wanted: Wanted, host: Host, latitude: Latitude) -> None:
        self.wanted = wanted
        self.latitude = latitude
        self.host = host
        self.set_up = SetUp(_steps(wanted), Esm.RACF)
        self.access = AccessCheck(wanted, self.set_up, host)
        self.collector = Collector()
        self.changed: set[str] = set()
        self.done: set[tuple[str, str]] = set()
        self.named: tuple[WantedKey, ...] = ()

    def difference(self) -> Difference:
        """Everything that differs, in the order to run it."""
        self._add(Step(RENEW), self._mistakes())
        *steps, last = self.set_up.steps
        for step, effects in steps:
            self._add(step, (found for effect in effects for found in self._effect(effect)))
        self._add(Step(WITHDRAW), self._surplus())
        step, effects = last
        self._add(step, (found for effect in effects for found in self._effect(effect)))
        self.collector.take(self._notes())
        return replace(self.collector.difference(), named=self.named)

    def _add(self, step: Step, found: Iterator[Found]) -> None:
        commands = self.collector.take(found)
        if named := tuple(self._named(commands)):
            self.named += named
            self.collector.steps += icsf.set_up(replace(self.wanted, keys=named))
        own = any(each in step.commands for each in commands)
        self.collector.add(replace(step, commands=tuple(commands), expected=(), remarks=step.remarks if own else ()))

    def _named(self, commands: Iterable[Command]) -> Iterator[WantedKey]:
        """The keys that have to be in ICSF's key data set under their labels before these commands name them."""
        have = self._present((KEY_CLASS, self.wanted.applid))
        keys = (have.legacy, have.enhanced) if have else ()
        there = {key.label.value for key in keys if key and key.label}
        for key in self.wanted.keys:
            operand = re.compile(rf"\b{re.escape(racf.key_operand(key))}")
            if key.form.labelled and key.label not in there and any(operand.search(each.text) for each in commands):
                yield key

    def _effect(self, effect: Effect) -> Iterator[Found]:
        if effect.options:
            yield from self._options(effect)
        for refresh in effect.refreshes:
            yield from self._refresh(effect, refresh)
        for key in effect.profiles:
            for found in self._profile(effect, key):
                if isinstance(found, Command):
                    self.changed.add(key[0])
                yield found
        if not effect.changes:
            yield Unknown(f"whether this was done, which no unload or listing tells: {effect.command.text}")

    def _options(self, effect: Effect) -> Iterator[Found]:
        """The settings of a class: those that are known to be off, and those that are not known."""
        off, unknown = [], False
        for option in effect.options:
            for each in option.classes:
                on = self.host.is_on(option.setting, each.value)
                off += [f"{option.setting.value}({each.value})"] * (on is False)
                unknown = unknown or on is None
        if unknown:
            source = "an unload does not tell" if self.host.has_unload else "no file given tells"
            yield Unknown(f"which classes are active, generic and in storage; {source}, check with SETROPTS LIST")
        if len(off) == len(effect.options):
            yield effect.command
        elif off:
            yield Command(f"SETROPTS {' '.join(off)}", "The other settings of the class are right.")

    def _refresh(self, effect: Effect, refresh: ClassOption) -> Iterator[Found]:
        for each in refresh.classes:
            if each.value in self.changed or self.host.is_stale(each.value):
                self.changed.discard(each.value)
                yield effect.command

    def _profile(self, effect: Effect, key: tuple[str, str]) -> Iterator[Found]:
        """A command that defines a profile, changes it, or permits somebody."""
        resource_class, name = key
        want = self.set_up.state.profiles[key]
        have = self._present(key)
        if have:
            yield from self._once(key, self._differing(want, have))
        elif not self.host.knows_absence(resource_class, name) and not self.host.profile(*key):
            shown = f"RLIST {resource_class} {name}{' SSIGNON' if want.is_key_profile else ''} ALL"
            yield Unknown(f"{resource_class} {name}, which no file shows; {shown} shows it", decisive=True)
        elif not (resource_class == APPL_CLASS and self._covered(want)):
            yield _missing(effect.command, self._missing(want))

    def _present(self, key: tuple[str, str]) -> Profile | None:
        """The profile that a host has of a name, unless it is not what the name says."""
        profile = self.host.profile(*key)
        return None if profile and is_discrete_by_mistake(profile) else profile

    def _once(self, key: tuple[str, str], found: Iterator[Found]) -> Iterator[Found]:
        """What is found about a profile, with the first of the commands that are about it."""
        if key not in self.done:
            self.done.add(key)
            yield from found

    def _differing(self, want: Profile, have: Profile) -> Iterator[Found]:
        if want.resource_class == APPL_CLASS:
            yield from self.access.opening(want, have)
            yield from self.access.logons(want)
        else:
            yield from ProfileCheck(self.wanted, self.host, want, have, self.latitude).found()
            if self.set_up.state.grants_of(want):
                yield from self.access.missing(want, have)

    def _covered(self, want: Profile) -> bool:
        """Whether another APPL profile lets all those log on that are wanted, so that none of its own is needed."""
        profile = self.host.state.appl_profile(self.wanted.applid)
        return bool(profile and self.access.lets_log_on(profile, want))

    def _missing(self, want: Profile) -> str:
        """Why a command for a profile that is not there is printed."""
        name = want.name.value
        generic = next((each for each in self.host.state.every(KEY_CLASS) if covers(each, name)), None)
        if want.is_key_profile and generic:
            return f"There is no discrete profile; the generic one that covers {name} is ignored for keys."
        return "Not on the host."

    def _mistakes(self) -> Iterator[Found]:
        generics = self.host.is_on(ClassSetting.GENERIC, KEY_CLASS)
        for key in self.set_up.state.profiles:
            profile = self.host.profile(*key)
            if profile and is_discrete_by_mistake(profile):
                self.changed.add(key[0])
                yield deletion_of_mistake(profile, generics)

    def _surplus(self) -> Iterator[Found]:
        """What takes away authority over PassTickets that others have."""
        if not self.wanted.authorities:
            yield Unknown(NOBODY_NAMED)
            return
        for found in self._surplus_authority():
            if isinstance(found, Command):
                self.changed.add(KEY_CLASS)
            yield found

    def _surplus_authority(self) -> Iterator[Found]:
        for name in self.wanted.authorities:
            have = self._present((KEY_CLASS, name))
            if have:
                yield from self.access.surplus(self.set_up.state.profiles[KEY_CLASS, name], have)
        yield from self.access.others()

    def _notes(self) -> Iterator[Found]:
        """What bears on the application and is not in its own profiles."""
        for profile in self.host.state.qualified_key_profiles(self.wanted.applid):
            yield Remark(
                f"key profile {profile.name} comes before {self.wanted.applid} when its user or group signs on"
            )
        mixed = self.wanted.enhanced and self.wanted.ticket_type is TicketType.MIXED
        case = self.host.state.password_case
        if mixed and case and not case.mixed:
            yield Remark("TYPE(MIXED) needs SETROPTS PASSWORD(MIXEDCASE), which is not in effect")
        yield from self._late_generics()
        yield from faulty_files(self.host)
        yield from _key_notes(self.wanted)

    def _late_generics(self) -> Iterator[Found]:
        """Profiles that may be discrete by mistake, as far as commands tell."""
        if self.host.is_on(ClassSetting.GENERIC, KEY_CLASS) is not False:
            return
        for name in self.wanted.authorities:
            profile = self._present((KEY_CLASS, name))
            if profile and profile.generic is None and has_generic_characters(name):
                yield Remark(
                    f"{name} was defined while generics were off, if they were: RLIST then shows no (G) beside it"
                )


def _key_notes(wanted: Wanted) -> Iterator[Found]:
    """That no source shows a key."""
    if wanted.jwt:
        yield Unknown("IDTPARMS of the profiles in class IDTDATA; RLIST IDTDATA with IDTPARMS shows them")
    yield Unknown(KEYS_UNSEEN)


def _missing(command: Command, why: str) -> Command:
    return replace(command, comment=f"{why} {command.comment}".rstrip())
