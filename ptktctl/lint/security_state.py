"""What the security definitions that files state add up to: profiles, access lists, class settings.

The rules of RACF, ACF2 and Top Secret for which profile a resource comes under are here as well.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.lint.security import (
    ACCESS_LEVELS,
    APPL_CLASS,
    AUTHORITY,
    KEY_CLASS,
    SYMBOL_SIGNS,
    Action,
    ClassOption,
    ClassSetting,
    Esm,
    Origin,
    PasswordCase,
    PermitChange,
    ProfileChange,
    Text,
    is_authority,
    is_symbolic,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptktctl.lint.finding import Span
    from ptktctl.lint.security import Change, Flag, KeyOperand
    from ptktctl.lint.site import Site

LONGEST_NAME = 246  # characters of a general resource's name
MASKS = frozenset("*%-")  # characters that stand for others in a name of RACF or ACF2
MOST_COPIES = 20_000  # entries of access lists that are copied with FROM; more are taken for not known


class Profile(NamedTuple):
    """A profile as it is after all changes; each setting with the place that made it so.

    Attributes:
        span: where it was defined; where it was changed first, if nothing given defines it.
        defined: whether something given defines or shows it.
        origin: where its definition comes from.
        legacy: the legacy key in force.
        enhanced: the enhanced key in force.
        others: as for ProfileChange.
    """

    esm: Esm
    origin: Origin
    resource_class: str
    name: Text
    span: Span
    defined: bool
    uacc: Text | None = None
    warning: Flag | None = None
    generic: bool | None = None
    appldata: Text | None = None
    legacy: KeyOperand | None = None
    enhanced: KeyOperand | None = None
    ticket_type: Text | None = None
    timeout: Text | None = None
    replay: Flag | None = None
    multi_use: Flag | None = None

    @property
    def is_key_profile(self) -> bool:
        """Whether it is a PTKTDATA profile that would hold a key, not an authority profile."""
        return self.resource_class == KEY_CLASS and not is_authority(self.name.value)

    @property
    def is_variable(self) -> bool:
        """Whether its name holds a variable, of a shell, REXX or JCL: which profile it is, is not known."""
        return self.origin is Origin.COMMANDS and is_symbolic(self.name.value)

    @property
    def qualifiers(self) -> tuple[str, ...]:
        """The parts of the name between its periods."""
        return tuple(self.name.value.split("."))


class Grant(NamedTuple):
    """An entry of an access list, and where it was made.

    Attributes:
        access: one of ACCESS_LEVELS, or what else was written; READ when nothing was.
    """

    profile: Text
    id: Text
    access: str
    span: Span
    conditional: bool

    def reaches(self, level: str) -> bool:
        """Whether this is a level of access, or more."""
        return reaches(self.access, level)


def _grouped(profiles: Iterable[Profile]) -> dict[str, list[Profile]]:
    groups: dict[str, list[Profile]] = {}
    for each in profiles:
        groups.setdefault(each.qualifiers[0], []).append(each)
    return groups


class SecurityState:
    """All profiles, access lists and class settings, once every change was carried out.

    What unloads and listings show comes first, then the commands, each in the order of the files. A profile that is
    defined again keeps what the second definition does not say.

    Attributes:
        incomplete: profiles that an access list is copied to which nothing given shows.

    Args:
        in_order: whether files with commands are run in their order. Where that is not known, none of them takes away
            what another one makes: a job that takes a set-up back may lie beside the job that makes it.
    """

    def __init__(self, changes: Iterable[Change], *, in_order: bool = True) -> None:
        self._in_order = in_order
        self._files: set[str] = set()  # those with commands
        self.profiles: dict[tuple[str, str], Profile] = {}
        self.grants: dict[tuple[str, str], dict[tuple[str, bool], Grant]] = {}
        self.incomplete: set[tuple[str, str]] = set()
        self._copies_left = MOST_COPIES
        self.options: dict[tuple[ClassSetting, str], ClassOption] = {}
        self.password_case: PasswordCase | None = None
        for change in changes:
            if change.origin is Origin.COMMANDS:
                self._files.add(change.span.file)
            if isinstance(change, ProfileChange):
                self._change_profile(change)
            elif isinstance(change, PermitChange):
                self._change_permit(change)
            elif isinstance(change, PasswordCase):
                self.password_case = change
            else:
                self.options |= {(change.setting, each.value): change for each in change.classes}

    def every(self, resource_class: str) -> Iterator[Profile]:
        """The profiles of a class that something given defines."""
        return iter(self._defined.get(resource_class, ()))

    def key_profile(self, applid: str) -> Profile | None:
        """The discrete profile that holds an application's key; a generic one is ignored for that.

        Source: z/OS Security Server RACF Security Administrator's Guide, "Defining profiles in the PTKTDATA class".
        """
        profile = self.profiles.get((KEY_CLASS, applid))
        return profile if profile and profile.defined and not profile.generic else None

    def qualified_key_profiles(self, applid: str) -> Iterator[Profile]:
        """The key profiles applid.group.user, applid.user and applid.group."""
        return iter(self._qualified.get(applid, ()))

    def key_profiles(self) -> Iterator[Profile]:
        """All profiles that hold, or would hold, a key."""
        return (each for each in self.every(KEY_CLASS) if each.is_key_profile)

    def authorities(self) -> Iterator[Profile]:
        """All profiles that say who may make and evaluate PassTickets."""
        return (each for each in self.every(KEY_CLASS) if not each.is_key_profile)

    def authorities_over(self, applid: str) -> list[Profile]:
        """Those that are about an application, for any target user; the most specific first."""
        likely = (*self._authorities.get(applid, ()), *self._authorities.get("", ()))
        found = (each for each in likely if covers(each, f"{AUTHORITY}.{applid}.{_sample_user(each)}"))
        return sorted(found, key=specificity)

    def is_covered(self, applid: str, user: str) -> bool:
        """Whether an authority profile is about an application and a target user."""
        likely = (*self._authorities.get(applid, ()), *self._authorities.get("", ()))
        return any(covers(each, f"{AUTHORITY}.{applid}.{user}") for each in likely)

    def appl_profile(self, applid: str) -> Profile | None:
        """The profile of class APPL that decides who may use an application."""
        likely = (*self._applications.get(applid, ()), *self._applications.get("", ()))
        return min((each for each in likely if covers(each, applid)), key=specificity, default=None)

    def may_define(self, resource_class: str, name: str) -> bool:
        """Whether a profile whose name has a variable in it, which nothing given resolves, may be the one named."""
        return any(
            name.startswith(begin) and qualified == ("." in name)
            for begin, qualified in self._variable_names.get(resource_class, ())
        )

    def grants_of(self, profile: Profile) -> tuple[Grant, ...]:
        """A profile's access list."""
        return tuple(self.grants.get((profile.resource_class, profile.name.value), {}).values())

    def may_have_more_grants(self, profile: Profile) -> bool:
        """Whether its access list is copied, with FROM, from a profile that nothing given shows."""
        return (profile.resource_class, profile.name.value) in self.incomplete

    def who_generates(self, applid: str) -> list[Grant]:
        """The entries that let somebody make PassTickets for an application: UPDATE, conditional ones included."""
        return self._who(applid, "UPDATE")

    def who_evaluates(self, applid: str) -> list[Grant]:
        """The entries that let somebody evaluate its PassTickets: READ, or more."""
        return self._who(applid, "READ")

    def is_on(self, setting: ClassSetting, resource_class: str) -> bool | None:
        """Whether a class has a setting in the end; None when nothing given says."""
        option = self.options.get((setting, resource_class))
        return option.on if option else None

    @cached_property
    def _defined(self) -> dict[str, list[Profile]]:
        """The profiles that something given defines, by their class."""
        classes: dict[str, list[Profile]] = {}
        for each in self.profiles.values():
            if each.defined:
                classes.setdefault(each.resource_class, []).append(each)
        return classes

    @cached_property
    def _variable_names(self) -> dict[str, frozenset[tuple[str, bool]]]:
        """Of the names with a variable, by class: what stands before it, and whether there are several qualifiers."""
        found: dict[str, set[tuple[str, bool]]] = {}
        for each in self.profiles.values():
            if each.is_variable:
                name = each.name.value
                begin = name[: min(at for sign in SYMBOL_SIGNS if (at := name.find(sign)) >= 0)].rstrip("$")
                found.setdefault(each.resource_class, set()).add((begin, "." in name.rstrip(".")))
        return {resource_class: frozenset(names) for resource_class, names in found.items()}

    @cached_property
    def _qualified(self) -> dict[str, list[Profile]]:
        """The key profiles for users and groups, by their application."""
        return _grouped(each for each in self.key_profiles() if each.qualifiers[1:])

    @cached_property
    def _authorities(self) -> dict[str, list[Profile]]:
        """The profiles of PTKTDATA that may be about an application, by its name; under none, those for several."""
        named: dict[str, list[Profile]] = {}
        for each in self.every(KEY_CLASS):
            first, *others = each.qualifiers
            if not MASKS & {*first} and not AUTHORITY.startswith(first):
                continue  # a key profile
            applid = others[0] if first == AUTHORITY and len(others) > 1 and not MASKS & {*others[0]} else ""
            named.setdefault(applid, []).append(each)
        return named

    @cached_property
    def _applications(self) -> dict[str, list[Profile]]:
        """The profiles of APPL, by their names; under none, those for several."""
        named: dict[str, list[Profile]] = {}
        for each in self.every(APPL_CLASS):
            several = each.esm is Esm.TOP_SECRET or MASKS & {*each.name.value}
            named.setdefault("" if several else each.name.value, []).append(each)
        return named

    def _who(self, applid: str, level: str) -> list[Grant]:
        profiles = self.authorities_over(applid)
        return [grant for each in profiles for grant in self.grants_of(each) if grant.reaches(level)]

    def _change_profile(self, change: ProfileChange) -> None:
        key = (change.resource_class, change.name.value)
        if change.action is Action.DELETE:
            profile, grants = self.profiles.get(key), self.grants.get(key, {})
            if profile and self._may_take_away(change.span, profile.span):
                del self.profiles[key]
            self._withdraw(change, grants, [*grants])
            return
        self.profiles[key] = _changed(self.profiles.get(key), change)

    def _change_permit(self, change: PermitChange) -> None:
        grants = self.grants.setdefault((change.resource_class, change.profile.value), {})
        if change.reset:
            self._withdraw(change, grants, [key for key in grants if not change.conditional or key[1]])
        if change.copied and not change.delete:
            self._copy_grants(change, change.copied, grants)
        for each in change.ids:
            key = (each.value, change.conditional)
            if change.delete:
                self._withdraw(change, grants, [key] if key in grants else [])
            else:
                grants.pop(key, None)
                access = change.access.value if change.access else "READ"
                grants[key] = Grant(change.profile, each, access, change.span, change.conditional)

    def _withdraw(
        self, change: Change, grants: dict[tuple[str, bool], Grant], keys: Iterable[tuple[str, bool]]
    ) -> None:
        for key in keys:
            if self._may_take_away(change.span, grants[key].span):
                del grants[key]

    def _may_take_away(self, later: Span, earlier: Span) -> bool:
        """Whether a command comes after another place for certain: in its own file, or after what is shown."""
        return self._in_order or later.file == earlier.file or earlier.file not in self._files

    def _copy_grants(
        self, change: PermitChange, copied: tuple[str, str], grants: dict[tuple[str, bool], Grant]
    ) -> None:
        """Copy an access list; who is on the list already stays on it as they are.

        Source: z/OS Security Server RACF Command Language Reference, PERMIT, on FROM.
        """
        source = self.profiles.get(copied)
        listed = self.grants.get(copied, {})
        self._copies_left -= len(listed)
        if copied in self.incomplete or not (source and source.defined) or self._copies_left < 0:
            self.incomplete.add((change.resource_class, change.profile.value))
        for key, grant in tuple(listed.items()) if self._copies_left >= 0 else ():
            here = Text(grant.id.value, change.span)
            grants.setdefault(key, grant._replace(profile=change.profile, id=here, span=change.span))


@lru_cache(maxsize=1)
def security_state(site: Site) -> SecurityState:
    """The state that all files of a site add up to; which of them is run first is not known."""
    return SecurityState(changes_in_order(site), in_order=False)


def changes_in_order(site: Site, *origins: Origin) -> list[Change]:
    """The changes in the order they are carried out: what is shown, then the commands, each in the order of the files.

    Args:
        origins: only the changes from these; from all when none is given.
    """
    files = {source.name: number for number, source in enumerate(site.sources)}
    changes: Iterable[Change] = (
        *site.every(ProfileChange),
        *site.every(PermitChange),
        *site.every(ClassOption),
        *site.every(PasswordCase),
    )
    return sorted(
        (change for change in changes if not origins or change.origin in origins),
        key=lambda each: (
            each.origin is Origin.COMMANDS,
            files.get(each.span.file, 0),
            each.span.line,
            each.span.column,
        ),
    )


def reaches(access: str, level: str) -> bool:
    """Whether an access level is another, or more; what is no level reaches none."""
    return access in ACCESS_LEVELS and ACCESS_LEVELS.index(access) >= ACCESS_LEVELS.index(level)


def covers(profile: Profile, name: str) -> bool:
    """Whether a profile is one for a resource, though another may be more specific.

    RACF: the rules for generic profiles of general resources; a profile kept as discrete is its name only. ACF2: `-`
    stands for the rest, `*` for one character. Top Secret: a name stands for all that begin with it.
    """
    pattern = profile.name.value
    if pattern == name or len(pattern) > LONGEST_NAME:
        return pattern == name
    if profile.esm is Esm.TOP_SECRET:
        return name.startswith(pattern)
    if profile.esm is Esm.ACF2:
        return _covers_in_acf2(pattern, name)
    if profile.generic is False or pattern.count("**") > 1:
        return False
    return _covers_in_racf(pattern.split("."), name.split("."))


def specificity(profile: Profile) -> tuple[tuple[int, ...], int]:
    """A key that sorts the most specific profile first: the one whose generic characters come last and match least."""
    ranks = {"%": 1, "-": 3, "*": 2} if profile.esm is Esm.ACF2 else {"%": 1, "*": 2}
    return tuple(ranks.get(character, 0) for character in profile.name.value), -len(profile.name.value)


def _changed(profile: Profile | None, change: ProfileChange) -> Profile:
    """A profile after a change."""
    defines = change.action is Action.DEFINE
    if profile is None or (defines and not profile.defined):
        fresh = Profile(change.esm, change.origin, change.resource_class, change.name, change.span, defines)
        return _changed_settings(fresh if profile is None else _with_settings(fresh, profile), change)
    return _changed_settings(profile, change)


def _with_settings(fresh: Profile, old: Profile) -> Profile:
    return old._replace(esm=fresh.esm, origin=fresh.origin, name=fresh.name, span=fresh.span, defined=fresh.defined)


def _changed_settings(profile: Profile, change: ProfileChange) -> Profile:
    legacy = next((key for key in change.keys if not key.form.enhanced), None)
    enhanced = next((key for key in change.keys if key.form.enhanced), None)
    return profile._replace(
        uacc=change.uacc or profile.uacc,
        warning=change.warning or profile.warning,
        generic=profile.generic if change.generic is None else change.generic,
        appldata=change.appldata or profile.appldata,
        legacy=None if change.drops_legacy else legacy or profile.legacy,
        enhanced=None if change.drops_enhanced else enhanced or profile.enhanced,
        ticket_type=change.ticket_type or profile.ticket_type,
        timeout=change.timeout or profile.timeout,
        replay=change.replay or profile.replay,
        multi_use=change.multi_use or profile.multi_use,
    )


def _sample_user(authority: Profile) -> str:
    """A target user that an authority profile would be for, as far as its name tells."""
    user = authority.qualifiers[2] if len(authority.qualifiers) == 3 else ""
    return user.replace("%", "A").rstrip("*-") or "USER"


def _covers_in_racf(pattern: list[str], name: list[str]) -> bool:
    """Match qualifiers.

    Source: z/OS Security Server RACF Command Language Reference, on generic profile names of general resources: `%` is
    one character; `*` ends a qualifier and is the rest of it, at the end of the name also further qualifiers; `*`
    alone is one qualifier, at the end one or more; `**` is any number of qualifiers and stands only once in a name.
    """
    if not pattern:
        return not name
    first, rest = pattern[0], pattern[1:]
    if first == "**":
        return any(_covers_in_racf(rest, name[skipped:]) for skipped in range(len(name) + 1))
    if not name or not _covers_qualifier(first, name[0]):
        return False
    return (not rest and first.endswith("*")) or _covers_in_racf(rest, name[1:])


def _covers_qualifier(pattern: str, text: str) -> bool:
    if pattern.endswith("*"):
        pattern, text = pattern[:-1], text[: len(pattern) - 1]
    return len(pattern) == len(text) and all(a in ("%", b) for a, b in zip(pattern, text, strict=True))


def _covers_in_acf2(pattern: str, name: str) -> bool:
    head, dash, _ = pattern.partition("-")
    if len(name) < len(head) or (not dash and len(name) != len(head)):
        return False
    return all(a in ("*", b) for a, b in zip(head, name[: len(head)], strict=True))
