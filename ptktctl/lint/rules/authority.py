"""Who may make, evaluate and use PassTickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.finding import Finding, Related, Rule, Severity
from ptktctl.lint.rules.usage import (
    RSE_SUPPORT,
    TICKETSERV,
    authority_command,
    definitions,
    in_use,
    made_for,
    racf,
    user_of,
)
from ptktctl.lint.security import (
    ANYBODY,
    APPL_CLASS,
    AUTHORITY,
    KEY_CLASS,
    Definitions,
    Esm,
    GroupIds,
    Origin,
    PermitChange,
    is_authority,
)
from ptktctl.lint.security_state import covers, reaches, security_state
from ptktctl.lint.site import Component, ComponentKind, Setting, SettingKind, file_start
from ptktctl.passticket.names import NAME_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptktctl.lint.finding import Span
    from ptktctl.lint.security_state import Grant, Profile, SecurityState
    from ptktctl.lint.site import Site

UPDATE, READ, NONE = "UPDATE", "READ", "NONE"
USER_EXIT = ".action.id"  # -D<exit point>.action.id=userid: the user exit runs as that user
SAMPLE_APPLID, OTHER_APPLID, SAMPLE_USER = "APPL1", "APPL2", "USER1"

NO_IRRPTAUTH = Rule(
    id="PTK501",
    slug="no-irrptauth",
    severity=Severity.ERROR,
    what="No profile IRRPTAUTH.applid.user covers an application ID that RSE, Zowe or Common Components make "
    "PassTickets for, or a user that one of RSE's user exits runs as.",
    why="No PassTicket can be made: SAF 8, RACF 8, reason 16.",
    bad=(racf(authority=()),),
    good=(racf(),),
    remedy="RDEFINE PTKTDATA IRRPTAUTH.applid.* UACC(NONE), and PERMIT it to the started-task user with "
    "ACCESS(UPDATE).",
    source=TICKETSERV,
)


def no_irrptauth(site: Site) -> Iterator[Finding]:
    """Find application IDs, and users of exits, that no authority profile covers."""
    given, state = definitions(site), security_state(site)
    if not given:
        return
    exits = [
        each
        for each in site.every(Setting)
        if each.kind is SettingKind.JAVA_OPTION and each.name.endswith(USER_EXIT) and each.value
    ]
    for applid, component in made_for(site).items():
        place = _needs_authority(state, applid, component)
        if not place:
            continue
        if state.may_define(KEY_CLASS, f"{AUTHORITY}.{applid}."):
            continue
        if not state.authorities_over(applid) and not _permits_authority(site, applid):
            message = f"no profile {AUTHORITY}.{applid}.* lets {user_of(component)} make PassTickets for {applid}"
            related = (Related(file_start(given.file), f"defines no profile {AUTHORITY}.{applid}.*"),)
            yield NO_IRRPTAUTH.finding(place, message, _authorize(given, applid), related=related)
        elif component and component.kind is ComponentKind.RSE:
            yield from _uncovered_exits(exits, state, applid, given)


def _needs_authority(state: SecurityState, applid: str, component: Component | None) -> Span | None:
    """Where to point at when an application ID is not covered; None when nothing given uses it."""
    if component:
        return component.applid_span
    profile = state.key_profile(applid)
    return profile.name.span if profile and profile.origin is not Origin.LISTING else None


def _permits_authority(site: Site, applid: str) -> bool:
    """Whether a profile is permitted that nothing defines, which is another rule's business."""
    prefix = f"{AUTHORITY}.{applid}."
    return any(each.profile.value.startswith(prefix) for each in site.every(PermitChange))


def _uncovered_exits(
    exits: Iterable[Setting], state: SecurityState, applid: str, given: Definitions
) -> Iterator[Finding]:
    for setting in exits:
        user = (setting.value or "").upper()
        if not state.is_covered(applid, user):
            message = f"no {AUTHORITY} profile lets RSE make PassTickets for {user}, as whom a user exit runs"
            command = _authorize(given, applid, user)
            yield NO_IRRPTAUTH.finding(setting.span, message, command)


def _authorize(given: Definitions, applid: str, target: str = "") -> str:
    """What lets a user make PassTickets for an application, for one target user or for all."""
    define = f"RDEFINE PTKTDATA {AUTHORITY}.{applid}.{target or '*'} UACC(NONE), then " * (given.esm is Esm.RACF)
    return define + authority_command(given.esm, applid, target=target)


IRRPTAUTH_TOO_WIDE = Rule(
    id="PTK502",
    slug="irrptauth-too-wide",
    severity=Severity.ERROR,
    what="UACC, ID(*) or WARNING gives everybody READ or more on an IRRPTAUTH profile.",
    why="Nothing fails. But with UPDATE, everybody can be anyone in the application; with READ, everybody can try "
    "PassTickets, or guess, and no failed attempt is counted.",
    bad=(
        racf(
            authority=(
                "RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.* UACC(READ)",
                "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID(STCRSE) ACCESS(UPDATE)",
            )
        ),
    ),
    good=(racf(),),
    remedy="Set UACC(NONE) and NOWARNING, and permit the users that need it by name.",
    source=TICKETSERV,
)


def irrptauth_too_wide(site: Site) -> Iterator[Finding]:
    """Find authority profiles that are open to everybody."""
    state = security_state(site)
    for profile in _authorities(state):
        for span, how, remedy in _openings(state, profile):
            yield IRRPTAUTH_TOO_WIDE.finding(span, f"{how} on {profile.name}", remedy)


def _openings(state: SecurityState, profile: Profile) -> Iterator[tuple[Span, str, str]]:
    """What gives everybody READ or more: where, how, and what ends it."""
    name = profile.name.value
    if profile.uacc and reaches(profile.uacc.value, READ):
        yield profile.uacc.span, f"UACC gives everybody {profile.uacc}", f"RALTER PTKTDATA {name} UACC(NONE)"
    if profile.warning and profile.warning.on:
        yield profile.warning.span, "WARNING gives everybody every access", f"RALTER PTKTDATA {name} NOWARNING"
    for grant in state.grants_of(profile):
        if grant.id.value == ANYBODY and grant.reaches(READ):
            yield grant.id.span, f"{EVERYBODY[profile.esm]} gives everybody {grant.access}", _close(profile)


# What the products write for everybody on an access list.
EVERYBODY = {Esm.RACF: "ID(*)", Esm.ACF2: "the rule for every UID", Esm.TOP_SECRET: "the ALL record"}


def _close(profile: Profile) -> str:
    """What ends the access of everybody."""
    if profile.esm is Esm.ACF2:
        return f"delete the rule for every UID from {profile.name}"
    return _withdraw(profile, "ALL" if profile.esm is Esm.TOP_SECRET else ANYBODY)


def _withdraw(profile: Profile, user: str) -> str:
    if profile.esm is Esm.TOP_SECRET:
        return f"TSS REVOKE({user}) PTKTDATA({profile.name})"
    if profile.esm is Esm.ACF2:
        return f"take {user} off {profile.name}"
    return f"PERMIT {profile.name} CLASS(PTKTDATA) ID({user}) DELETE"


def _authorities(state: SecurityState) -> Iterator[Profile]:
    """The profiles that decide who makes PassTickets, be it for all applications."""
    everything = f"{AUTHORITY}.{SAMPLE_APPLID}.{SAMPLE_USER}"
    return (each for each in state.every(KEY_CLASS) if is_authority(each.name.value) or covers(each, everything))


GENERATOR_LACKS_UPDATE = Rule(
    id="PTK503",
    slug="generator-lacks-update",
    severity=Severity.ERROR,
    what="Nobody has UPDATE on the IRRPTAUTH profile of an application ID that RSE, Zowe or Common Components make "
    "PassTickets for: the user that should make them has READ only, or nothing.",
    why="READ is for evaluating PassTickets. Making one fails with SAF 8, RACF 8, reason 16.",
    bad=(
        racf(
            authority=(
                "RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.* UACC(NONE)",
                "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID(STCRSE) ACCESS(READ)",
            )
        ),
    ),
    good=(racf(),),
    remedy="PERMIT IRRPTAUTH.applid.* CLASS(PTKTDATA) ID(started-task user) ACCESS(UPDATE)",
    source=TICKETSERV,
)


def generator_lacks_update(site: Site) -> Iterator[Finding]:
    """Find authority profiles of RSE and Zowe that let nobody make PassTickets."""
    state = security_state(site)
    for applid, component in made_for(site).items():
        profiles = state.authorities_over(applid)
        if not profiles or state.who_generates(applid) or any(_gives_update(each) for each in profiles):
            continue
        if any(state.may_have_more_grants(each) for each in profiles):
            continue
        profile, readers = profiles[0], state.who_evaluates(applid)
        if readers:
            reader = readers[0]
            message = f"{_who(reader)} has {reader.access} only on {reader.profile}, which makes no PassTickets"
            place, advice = reader.id.span, authority_command(profile.esm, applid, *_by_name(reader))
        elif profile.origin is not Origin.LISTING:
            message = f"nobody may make PassTickets for {applid}: no permit of {profile.name} gives UPDATE"
            place, advice = profile.name.span, authority_command(profile.esm, applid)
        else:
            continue
        related = (Related(component.applid_span, f"uses APPLID {applid}"),) if component else ()
        yield GENERATOR_LACKS_UPDATE.finding(place, message, advice, related=related)


def _by_name(grant: Grant) -> tuple[str, ...]:
    """The ID of a grant, unless it is everybody's: that one shall never make PassTickets."""
    return () if grant.id.value == ANYBODY else (grant.id.value,)


def _who(grant: Grant) -> str:
    return "everybody" if grant.id.value == ANYBODY else grant.id.value


def _gives_update(profile: Profile) -> bool:
    open_to_all = profile.uacc and reaches(profile.uacc.value, UPDATE)
    return bool(open_to_all or (profile.warning and profile.warning.on))


IRRPTAUTH_COVERS_ALL = Rule(
    id="PTK504",
    slug="irrptauth-covers-all",
    severity=Severity.ERROR,
    what="A profile such as IRRPTAUTH.** or IRRPTAUTH.*.* covers every application; worth knowing only while nobody "
    "has UPDATE on it.",
    why="Nothing fails. But its holder can be anyone in every application.",
    bad=(
        racf(
            "RDEFINE PTKTDATA IRRPTAUTH.** UACC(NONE)",
            "PERMIT IRRPTAUTH.** CLASS(PTKTDATA) ID(STCRSE) ACCESS(UPDATE)",
        ),
    ),
    good=(racf(),),
    remedy="Define IRRPTAUTH.applid.* for each application, and permit its own server only.",
    source=RSE_SUPPORT,
)


ANY_USER = {Esm.RACF: "*", Esm.ACF2: "-", Esm.TOP_SECRET: ""}


def irrptauth_covers_all(site: Site) -> Iterator[Finding]:
    """Find authority profiles for all applications, and who holds them."""
    state = security_state(site)
    for profile in state.every(KEY_CLASS):
        if not _covers_all(profile):
            continue
        holders = [grant for grant in state.grants_of(profile) if grant.reaches(UPDATE)]
        gone = f"RDELETE PTKTDATA {profile.name}" if profile.esm is Esm.RACF else f"take {profile.name} away"
        advice = f"define {AUTHORITY}.applid.{ANY_USER[profile.esm]} for each application, then {gone}"
        if holders:
            who = _who(holders[0]) if len(holders) == 1 else f"{len(holders)} IDs"
            message = f"{profile.name} covers every application: {who} can be anyone in all of them"
            related = (Related(holders[0].id.span, f"has {holders[0].access}"),)
            yield IRRPTAUTH_COVERS_ALL.finding(profile.name.span, message, advice, related=related)
        elif is_authority(profile.name.value) and not _gives_update(profile):
            message = f"{profile.name} covers every application; whoever gets UPDATE on it can be anyone in all of them"
            yield IRRPTAUTH_COVERS_ALL.finding(profile.name.span, message, advice, severity=Severity.INFO)
        elif _gives_update(profile):
            message = f"{profile.name} covers every application: everybody can be anyone in all of them"
            yield IRRPTAUTH_COVERS_ALL.finding(profile.name.span, message, advice)


def _covers_all(profile: Profile) -> bool:
    return all(covers(profile, f"{AUTHORITY}.{applid}.{SAMPLE_USER}") for applid in (SAMPLE_APPLID, OTHER_APPLID))


NOBODY_MAY_USE = Rule(
    id="PTK509",
    slug="nobody-may-use",
    severity=Severity.WARNING,
    what="A profile of class APPL has UACC(NONE) and permits nobody.",
    why="With class APPL active, every logon to the application is refused (event qualifier 5).",
    bad=(racf(appl="UACC(NONE)"),),
    good=(racf("PERMIT FEKAPPL CLASS(APPL) ID(DEVELOPR) ACCESS(READ)", appl="UACC(NONE)"),),
    remedy="PERMIT applid CLASS(APPL) ID(users) ACCESS(READ)",
    source="z/OS Security Server RACF Security Administrator's Guide, on the APPL class",
)


def nobody_may_use(site: Site) -> Iterator[Finding]:
    """Find APPL profiles of applications that PassTickets are for, which let nobody in."""
    state, used = security_state(site), in_use(site)
    for profile in state.every(APPL_CLASS):
        name = profile.name.value
        of_interest = profile.origin is Origin.COMMANDS or name in used or state.key_profile(name)
        unclear = profile.origin is Origin.LISTING or state.may_have_more_grants(profile)
        if not of_interest or name.startswith(ANYBODY) or unclear:
            continue
        closed = profile.uacc and profile.uacc.value == NONE and not (profile.warning and profile.warning.on)
        if closed and profile.uacc and not any(grant.reaches(READ) for grant in state.grants_of(profile)):
            message = f"nobody may use {name}: its APPL profile has UACC(NONE) and permits nobody"
            advice = f"PERMIT {name} CLASS(APPL) ID(users) ACCESS(READ)"
            yield NOBODY_MAY_USE.finding(profile.uacc.span, message, advice)


MANY_GENERATORS = Rule(
    id="PTK510",
    slug="many-generators",
    severity=Severity.WARNING,
    what="More than one user, or a group, has UPDATE on an IRRPTAUTH profile for all target users.",
    why="Nothing fails. But each of them can be anyone in the application; its server is the only one that has to.",
    bad=(
        racf(
            "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID(IBMUSER) ACCESS(UPDATE)",
        ),
    ),
    good=(racf("PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID(STCJMON) ACCESS(READ)"),),
    remedy="Permit UPDATE to the server's started-task user only; for others, name the target users in the profile: "
    "IRRPTAUTH.applid.user.",
    source=RSE_SUPPORT,
)


def many_generators(site: Site) -> Iterator[Finding]:
    """Find authority profiles for all users that several IDs, or a group, hold."""
    state = security_state(site)
    groups = frozenset(group for each in site.every(GroupIds) for group in each.ids)
    for profile in _authorities(state):
        holders = [each for each in state.grants_of(profile) if each.reaches(UPDATE) and each.id.value != ANYBODY]
        ids = sorted({holder.id.value for holder in holders})
        group = next((each for each in holders if each.id.value in groups), None)
        if _is_one_user(profile.qualifiers[-1]) or (len(ids) < 2 and not group):
            continue
        surplus = group or holders[-1]
        message = (
            f"group {group.id} can make PassTickets for anyone: it has {group.access} on {profile.name}"
            if group
            else f"{len(ids)} IDs can make PassTickets for anyone: {_some(ids)} have UPDATE on {profile.name}"
        )
        advice = f"{_withdraw(profile, surplus.id.value)}, unless it is the server's user"
        yield MANY_GENERATORS.finding(surplus.id.span, message, advice, related=_first_of(holders, surplus))


def _is_one_user(name: str) -> bool:
    return bool(name) and not set(name) - set(NAME_CHARACTERS)


def _some(ids: list[str]) -> str:
    return ", ".join(ids) if len(ids) <= 4 else f"{', '.join(ids[:3])} and {len(ids) - 3} others"


def _first_of(holders: list[Grant], surplus: Grant) -> tuple[Related, ...]:
    first = holders[0]
    return (Related(first.id.span, f"has {first.access}"),) if first.id.span != surplus.id.span else ()


RULES = (
    (NO_IRRPTAUTH, no_irrptauth),
    (IRRPTAUTH_TOO_WIDE, irrptauth_too_wide),
    (GENERATOR_LACKS_UPDATE, generator_lacks_update),
    (IRRPTAUTH_COVERS_ALL, irrptauth_covers_all),
    (NOBODY_MAY_USE, nobody_may_use),
    (MANY_GENERATORS, many_generators),
)
