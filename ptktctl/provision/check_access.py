"""RACF access lists: who has less than is wanted, and who has more, as PERMIT commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.security import ACCESS_LEVELS, ANYBODY, APPL_CLASS, AUTHORITY, KEY_CLASS
from ptktctl.lint.security_state import reaches
from ptktctl.provision import racf
from ptktctl.provision.difference import Found, Remark, Unknown, is_safe_id, is_safe_name
from ptktctl.provision.step import Command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ptktctl.lint.security_state import Grant, Profile
    from ptktctl.provision.effects import SetUp
    from ptktctl.provision.host import Host
    from ptktctl.provision.wanted import Wanted

READ, UPDATE, NONE = "READ", "UPDATE", "NONE"


def list_not_shown(profile: Profile) -> Unknown:
    """That a profile's access list is not shown."""
    name = f"{profile.resource_class} {profile.name}"
    return Unknown(f"the access list of {name}; RLIST {name} ALL shows it", decisive=True)


class AccessCheck:
    """Compares access lists of a host with those that a set-up would leave."""

    def __init__(self, wanted: Wanted, set_up: SetUp, host: Host) -> None:
        self.wanted = wanted
        self.set_up = set_up
        self.host = host

    def missing(self, want: Profile, have: Profile) -> Iterator[Found]:
        """The permits that are not there, or give another access than is wanted."""
        if not self.host.shows(have).access:
            yield list_not_shown(have)
            return
        grants = _by_id(self.host.state.grants_of(have))
        for grant in self.set_up.state.grants_of(want):
            there = grants.get(grant.id.value)
            if not there or not reaches(there.access, grant.access):
                yield self._permit(want, grant, there)

    def surplus(self, want: Profile, have: Profile) -> Iterator[Found]:
        """What takes away access that others have, or the same on a condition, to a profile that is wanted."""
        if self.host.shows(have).access:
            ids = {grant.id.value: grant.access for grant in self.set_up.state.grants_of(want)}
            yield from self._withdraw(have, ids)

    def logons(self, want: Profile) -> Iterator[Found]:
        """The permits that are missing for users to log on, unless the profile that decides lets them anyway."""
        profile = self.host.state.appl_profile(self.wanted.applid)
        if not profile:
            return
        if not self.host.shows(profile).access and not self._is_open(profile):
            yield list_not_shown(profile)
            return
        for grant in self.set_up.state.grants_of(want):
            if not self._may_log_on(profile, grant.id.value):
                there = _by_id(self.host.state.grants_of(profile)).get(grant.id.value)
                yield self._permit(want, grant, there)

    def lets_log_on(self, profile: Profile, want: Profile) -> bool:
        """Whether an APPL profile lets all those log on that are wanted; if none is named, anybody at all."""
        if not self.wanted.logons:
            return self._is_open(profile) or any(each.reaches(READ) for each in self.host.state.grants_of(profile))
        return all(self._may_log_on(profile, grant.id.value) for grant in self.set_up.state.grants_of(want))

    def opening(self, want: Profile, have: Profile) -> Iterator[Found]:
        """What lets everybody log on where nobody may and nobody is named; a remark on what the site has decided."""
        name = f"{APPL_CLASS} {have.name}"
        if self.wanted.logons:
            if self._is_open(have):
                yield Remark(f"{name} lets everybody log on, not only those named")
        elif self._is_open(have):
            return
        elif self.lets_log_on(have, want):
            yield Remark(f"{name} lets some users log on; whether they are the right ones, --logon would compare")
        elif not (have.uacc or self.host.shows(have).basics) or not self.host.shows(have).access:
            yield Unknown(f"who may log on by {name}; RLIST {name} ALL shows it", decisive=True)
        else:
            yield Command(f"RALTER {name} UACC({READ})", "Nobody may log on now.")

    def others(self) -> Iterator[Found]:
        """What other authority profiles give beyond what is wanted, and what ends that."""
        applid = self.wanted.applid
        if not self.host.shows_all(KEY_CLASS):
            yield Unknown(f"whether other {AUTHORITY} profiles cover {applid}; RLIST {KEY_CLASS} * ALL shows them")
        shield = f"{AUTHORITY}.{applid}.*"
        profiles = self.host.state.authorities_over(applid)
        shielded = shield in self.wanted.authorities or any(_covers_all_of(each, applid) for each in profiles)
        for profile in profiles:
            name = profile.name.value
            if name in self.wanted.authorities:
                continue
            if not is_safe_name(name):
                yield Remark("a profile over the application's PassTickets has a name that no command can take")
            elif not _is_shared(profile, applid):
                yield from self._other(profile)
            elif not shielded and self._gives_more(profile):
                yield self._shield(shield, profile)
                shielded = True

    def _permit(self, want: Profile, grant: Grant, there: Grant | None) -> Command:
        level = there.access if there and there.access in ACCESS_LEVELS else "another access"
        had = f"{grant.id} has {level} on the host" if there else f"{grant.id} is not on the access list"
        return racf.permit(want.resource_class, want.name.value, grant.id.value, grant.access, f"{had}.")

    def _withdraw(self, profile: Profile, wanted: Mapping[str, str]) -> Iterator[Found]:
        """Take away what an access list gives beyond the access that is wanted, by user ID or group."""
        grants = self.host.state.grants_of(profile)
        surplus = [
            each for each in grants if each.reaches(READ) and not reaches(wanted.get(each.id.value, NONE), each.access)
        ]
        for grant in surplus:
            if grant.conditional:
                continue
            level = wanted.get(grant.id.value)
            if not is_safe_id(grant.id.value):
                yield Remark(f"{profile.name} is permitted to an ID that no command can take")
            elif level:
                comment = f"{self._who(grant)} has {grant.access} on the host, which is more than wanted."
                yield racf.permit(profile.resource_class, profile.name.value, grant.id.value, level, comment)
            else:
                comment = f"{self._who(grant)} has {grant.access} on the host, which is not wanted."
                yield racf.revoke(profile.resource_class, profile.name.value, grant.id.value, comment)
        if any(grant.conditional for grant in surplus):
            text = f"PERMIT {profile.name} CLASS({profile.resource_class}) RESET(WHEN)"
            yield Command(text, "The conditional access list gives more than is wanted.")

    def _who(self, grant: Grant) -> str:
        if grant.id.value == ANYBODY:
            return "Everybody"
        return f"Group {grant.id}" if grant.id.value in self.host.groups else grant.id.value

    def _other(self, profile: Profile) -> Iterator[Found]:
        """A profile for this application only that the set-up does not have."""
        if self.wanted.all_users:
            general = f"{AUTHORITY}.{self.wanted.applid}.*"
            yield Remark(f"{profile.name} decides for the users it covers, and not {general}")
        if profile.uacc and reaches(profile.uacc.value, READ):
            text = f"RALTER {KEY_CLASS} {profile.name} UACC({NONE})"
            yield Command(text, f"Everybody has {profile.uacc} on the host, which is not wanted.")
        if profile.warning and profile.warning.on:
            yield Command(f"RALTER {KEY_CLASS} {profile.name} NOWARNING", "WARNING gives everybody every access.")
        if not self.host.shows(profile).access:
            yield list_not_shown(profile)
        yield from self._withdraw(profile, self._levels() if self.wanted.all_users else {})

    def _levels(self) -> dict[str, str]:
        """The access that each of those wanted has, whichever the target user."""
        return dict.fromkeys(map(str, self.wanted.evaluators), READ) | dict.fromkeys(
            map(str, self.wanted.generators), UPDATE
        )

    def _gives_more(self, profile: Profile) -> bool:
        """Whether a profile over several applications gives anybody access to the PassTickets of this one."""
        if profile.warning and profile.warning.on:
            return True
        everybody = profile.uacc and reaches(profile.uacc.value, READ)
        return bool(everybody) or any(reaches(each.access, READ) for each in self.host.state.grants_of(profile))

    def _shield(self, name: str, profile: Profile) -> Command:
        comment = (
            f"{profile.name} is for other applications too, and lets others make or evaluate PassTickets of this one. "
            "This profile takes its place for this application and permits nobody."
        )
        return racf.define(KEY_CLASS, name, comment=comment)

    def _is_open(self, profile: Profile) -> bool:
        """Whether an APPL profile lets everybody log on who is not named in its access list."""
        warning = bool(profile.warning and profile.warning.on)
        everybody = _by_id(self.host.state.grants_of(profile)).get(ANYBODY)
        by_uacc = bool(profile.uacc and reaches(profile.uacc.value, READ))
        return warning or by_uacc or bool(everybody and everybody.reaches(READ))

    def _may_log_on(self, profile: Profile, user: str) -> bool:
        grant = _by_id(self.host.state.grants_of(profile)).get(user)
        return grant.reaches(READ) if grant else self._is_open(profile)


def _by_id(grants: tuple[Grant, ...]) -> dict[str, Grant]:
    """The entries of the standard access list; one on a condition is not what is wanted."""
    return {grant.id.value: grant for grant in grants if not grant.conditional}


def _is_shared(profile: Profile, applid: str) -> bool:
    """Whether an authority profile covers other applications too."""
    return profile.qualifiers[:2] != (AUTHORITY, applid)


def _covers_all_of(profile: Profile, applid: str) -> bool:
    """Whether a profile for one application covers all its users."""
    return not _is_shared(profile, applid) and profile.qualifiers[2:] in (("*",), ("**",))
