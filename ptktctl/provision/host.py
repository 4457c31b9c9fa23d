"""What is known of a host: from an unload, from listings, from the commands it was set up with, or several of these.

They differ in what their silence means. A profile that an unload has no record of does not exist; of one that no
listing shows nothing is known, unless RLIST was asked for it and did not find it. Commands alone are taken for all that
was done. Only SETROPTS LIST, or commands, tell which classes are active, generic and in storage.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.errors import InputError
from ptktctl.lint import engine
from ptktctl.lint.readers.rlist import ACCESS_LISTS, APPLICATION_DATA, KEYS, LEVELS
from ptktctl.lint.security import (
    KEY_CLASS,
    Action,
    Change,
    ClassOption,
    ClassSetting,
    CommandError,
    Definitions,
    Esm,
    GroupIds,
    Origin,
    Part,
    PermitChange,
    ProfileChange,
    is_authority,
)
from ptktctl.lint.security_state import Profile, SecurityState, changes_in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptktctl.lint.result import File
    from ptktctl.lint.site import Site
    from ptktctl.lint.source import Source

ProfileKey = tuple[str, str]
# How a listing names a profile that is not there, and the command as a job's output repeats it (z/OS Security Server
# RACF Messages and Codes, ICH13003I; RACF Command Language Reference, RLIST).
NOT_FOUND = r"ICH13003I\s+(\S+)\s+NOT FOUND"
ASKED = r"(?:^|\s)(?:RLIST|RL)\s+(\w+)\s+([^\s(),]+)"
NAMES_HEADING = "CLASS NAME"
NO_KEYS = f"NO {KEYS}"
EVERY_PROFILE = "*"


class Facets(NamedTuple):
    """What of a profile is shown, so that its absence tells.

    Attributes:
        basics: UACC and WARNING.
        appldata: its application data.
        keys: the SSIGNON segment, or that there is none.
        access: its access list.
    """

    basics: bool = False
    appldata: bool = False
    keys: bool = False
    access: bool = False

    def joined(self, other: Facets) -> Facets:
        """What either shows."""
        return Facets(*(one or another for one, another in zip(self, other, strict=True)))


ALL_FACETS = Facets(basics=True, appldata=True, keys=True, access=True)


class Host:
    """The security definitions of a host as far as its sources tell.

    Attributes:
        state: what they add up to.
        esm: the product whose definitions they are.
        names: the files, as messages call them.
        complete: whether a profile that is not shown does not exist, unless a listing tells otherwise.
        faulty: the files with commands that are none.
        groups: the groups that an unload shows.
        has_unload: whether an unload is among the files.
    """

    def __init__(self, site: Site) -> None:
        """Take a site that holds security definitions of one product.

        Raises:
            InputError: it holds none, or some of several products.
        """
        definitions = tuple(site.every(Definitions))
        self.esm = _only_product(definitions)
        self.names = tuple(source.name for source in site.sources)
        self.changes: list[Change] = [each for each in changes_in_order(site) if _is_of(each, self.esm)]
        self.state = SecurityState(self.changes)
        self.faulty = tuple(dict.fromkeys(each.span.file for each in site.every(CommandError)))
        self.groups = frozenset(group for each in site.every(GroupIds) for group in each.ids)
        self._facets = dict(_listed_facets(site))
        self._absent = {key for source in _listings(site) for key in _not_found(source.text)}
        self._listed_whole = {name for source in _listings(site) for name in _whole_classes(source.text)}
        shown = {each.origin for each in self.changes if isinstance(each, ProfileChange)}
        unload = any(each.complete for each in definitions)
        partial = Origin.LISTING in shown or bool(self._absent)
        commands = any(each.origin is Origin.COMMANDS for each in definitions)
        self.has_unload = unload
        self.complete = unload or (commands and not partial)
        self._only_commands = commands and not unload and not partial

    def profile(self, resource_class: str, name: str) -> Profile | None:
        """A profile of just that name, if it is shown to exist."""
        profile = self.state.profiles.get((resource_class, name))
        return profile if profile and profile.defined else None

    def knows_absence(self, resource_class: str, name: str) -> bool:
        """Whether a profile that is not shown is known not to exist."""
        return self.shows_all(resource_class) or (resource_class, name) in self._absent

    def shows_all(self, resource_class: str) -> bool:
        """Whether all profiles of a class are shown."""
        return self.complete or resource_class in self._listed_whole

    def shows(self, profile: Profile) -> Facets:
        """What of a profile is shown."""
        key = (profile.resource_class, profile.name.value)
        defining = {
            each.origin
            for each in self.changes
            if isinstance(each, ProfileChange)
            and each.action is Action.DEFINE
            and (each.resource_class, each.name.value) == key
        }
        return ALL_FACETS if defining - {Origin.LISTING} else self._facets.get(key, Facets())

    def is_on(self, setting: ClassSetting, resource_class: str) -> bool | None:
        """Whether a class has a setting; None when that is not known."""
        said = self.state.is_on(setting, resource_class)
        return False if said is None and self._only_commands else said

    def is_stale(self, resource_class: str, part: Part = Part.ALL) -> bool:
        """Whether commands change profiles of a class and do not refresh what is kept in storage of it after that.

        Args:
            part: which of them, where a product keeps them apart.
        """
        stale = False
        for each in self.changes:
            if each.origin is not Origin.COMMANDS:
                continue
            if isinstance(each, ProfileChange | PermitChange):
                stale = stale or (each.resource_class == resource_class and part in (Part.ALL, part_of(each)))
            elif isinstance(each, ClassOption) and _refreshes(each, resource_class, part):
                stale = False
        return stale


def part_of(change: ProfileChange | PermitChange) -> Part:
    """What a change is kept among: key records have the application's name, authority rules are resources."""
    if isinstance(change, ProfileChange) and change.resource_class == KEY_CLASS and not is_authority(change.name.value):
        return Part.KEYS
    return Part.RULES


def read_host(files: Iterable[File | InputError], kind: str | None = None) -> Host:
    """What files tell about a host.

    Args:
        files: unloads, listings, commands; an error stands for a file that could not be opened.
        kind: that of all files, as lint's --as takes it, when it shall not be detected.

    Raises:
        InputError: a file cannot be read, is of no kind that lint knows or has no security definitions; they are of
            several products.
    """
    named: set[str] = set()
    result = engine.lint(_noted(files, named), kind, frozenset(), heed_comments=False)
    for problem in result.problems:
        raise problem
    telling = {each.file for each in result.site.every(Definitions)}
    for name in result.sources:
        if name in named and name not in telling:
            raise InputError(
                f"{name}: holds no security definitions", "give an unload, RLIST or SETROPTS LIST output, or commands"
            )
    return Host(result.site)


def _noted(files: Iterable[File | InputError], named: set[str]) -> Iterator[File | InputError]:
    """The same, one at a time, as an unload is read piece by piece; the names of those that no folder held are kept."""
    for file in files:
        if not isinstance(file, InputError) and not file.found:
            named.add(file.name)
        yield file


def _only_product(definitions: tuple[Definitions, ...]) -> Esm:
    products = list(dict.fromkeys(each.esm for each in definitions))
    if len(products) != 1:
        told = " and ".join(each.value for each in products) or "no product"
        raise InputError(f"the files hold definitions of {told}", "give those of one host, which has one of them")
    return products[0]


def _is_of(change: Change, esm: Esm) -> bool:
    return getattr(change, "esm", esm) is esm


def _refreshes(option: ClassOption, resource_class: str, part: Part) -> bool:
    """Whether an option brings a class up to date; to RACLIST it for the first time does."""
    kept = option.setting in (ClassSetting.REFRESHED, ClassSetting.RACLISTED)
    named = any(each.value == resource_class for each in option.classes)
    return kept and named and option.on and option.part is part


def _listings(site: Site) -> Iterator[Source]:
    files = {each.file for each in site.every(Definitions) if each.origin is Origin.LISTING}
    return (source for source in site.sources if source.name in files)


def _listed_facets(site: Site) -> Iterator[tuple[ProfileKey, Facets]]:
    """What the listings show of each profile, by the headings below its name."""
    found: dict[ProfileKey, Facets] = {}
    lines = {source.name: source.text.split("\n") for source in _listings(site)}
    for change in site.every(ProfileChange):
        if change.origin is Origin.LISTING:
            key = (change.resource_class, change.name.value)
            headings = _headings(lines[change.span.file], change.span.line)
            found[key] = found.get(key, Facets()).joined(_facets(headings))
    return iter(found.items())


def _facets(headings: frozenset[str]) -> Facets:
    return Facets(
        basics=LEVELS in headings,
        appldata=APPLICATION_DATA in headings,
        keys=not headings.isdisjoint((KEYS, NO_KEYS)),
        access=not headings.isdisjoint(ACCESS_LISTS),
    )


def _headings(lines: list[str], start: int) -> frozenset[str]:
    """The headings from a line down to that of the next profile, without the blanks between their words."""
    found = set()
    for number in range(start, len(lines)):
        below = lines[number + 1] if number + 1 < len(lines) else ""
        text = " ".join(lines[number].split())
        if text == NAMES_HEADING:
            break
        if text == NO_KEYS or ("--" in below and not below.strip("- ")):
            found.add(text)
    return frozenset(found)


def _asked_for(text: str) -> Iterator[tuple[ProfileKey, str]]:
    """The lines of a listing, each with the class and the name that the last RLIST before it was asked for."""
    asked: ProfileKey | None = None
    for line in text.split("\n"):
        if command := re.search(ASKED, line, re.IGNORECASE):
            asked = (command[1].upper(), command[2].upper())
        elif asked:
            yield asked, line


def _not_found(text: str) -> Iterator[ProfileKey]:
    """The profiles that RLIST was asked for and did not find.

    The message names no class: the command before it does. Asked for a name that has no discrete profile, RLIST shows
    the generic profile that covers it (RACF Command Language Reference, RLIST, NOGENERIC).
    """
    for asked, line in _asked_for(text):
        if _says_not_found(asked, line) or _shows_generic_for(asked, line):
            yield asked


def _whole_classes(text: str) -> Iterator[str]:
    """The classes of which RLIST was asked for every profile, and showed some."""
    for (resource_class, name), line in _asked_for(text):
        if name == EVERY_PROFILE and line.split()[:1] == [resource_class]:
            yield resource_class


def _says_not_found(asked: ProfileKey, line: str) -> bool:
    message = re.search(NOT_FOUND, line)
    return bool(message and message[1].upper() == asked[1])


def _shows_generic_for(asked: ProfileKey, line: str) -> bool:
    words = line.split()
    if len(words) != 3 or words[0] != asked[0] or words[2] != "(G)" or words[1] == asked[1]:
        return False
    return "*" not in asked[1]
