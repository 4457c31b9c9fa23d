"""Whether the security definitions have what the configuration uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.finding import Finding, Related, Rule, Severity
from ptktctl.lint.rules.usage import (
    BUSY_KINDS,
    DEFINING_PROFILES,
    definitions,
    in_use,
    key_command,
    racf,
)
from ptktctl.lint.rules.wording import USING_PASSTICKETS, pair, uses_applid
from ptktctl.lint.security import APPL_CLASS, KEY_CLASS, Esm, Origin
from ptktctl.lint.security_state import Profile, security_state
from ptktctl.lint.site import DEFAULT_APPLID, Component, ComponentKind, file_start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.security_state import SecurityState
    from ptktctl.lint.site import Site

NO_KEY_PROFILE = Rule(
    id="PTK205",
    slug="no-key-profile",
    severity=Severity.ERROR,
    what="Security definitions with key profiles were given, but with none for an application ID in use, or with one "
    "that has no key. A warning where commands define the profile without a key, which other commands may add.",
    why="No PassTicket can be made for the application (SAF 8, RACF 16, reason 28), and logging on with one fails as "
    "an invalid password.",
    bad=(
        *pair("RSEPROD"),
        racf(
            "RDEFINE PTKTDATA RSEPORD UACC(NONE) SSIGNON(EPTKEYLABEL(RSE.ENHANCED) TYPE(UPPER) REPLAY(NO))",
            applid="RSEPROD",
            key="",
            enhanced="",
        ),
    ),
    good=(*pair("FEKAPPL"), racf()),
    remedy="Define a discrete profile of class PTKTDATA with the name of the application ID, and give it a key.",
    source=DEFINING_PROFILES,
)


WITHOUT_KEYS = (ComponentKind.ZOSMF, ComponentKind.COMMON_COMPONENTS)  # no PassTicket need be made for these


def no_key_profile(site: Site) -> Iterator[Finding]:
    """Find application IDs in use without a key profile, or without a key."""
    given, state = definitions(site), security_state(site)
    if not given:
        return
    for applid, component in in_use(site).items():
        if component.kind in WITHOUT_KEYS:
            continue
        advice = key_command(given.esm, applid, reusable=component.kind in BUSY_KINDS)
        profile = state.key_profile(applid)
        if profile and not profile.legacy and not profile.enhanced and profile.origin is not Origin.LISTING:
            message = f"{uses_applid(component)}, but its key profile has no key"
            severity = Severity.ERROR if profile.origin is Origin.UNLOAD else Severity.WARNING
            related = (Related(profile.name.span, f"defines profile {profile.name} without a key"),)
            yield NO_KEY_PROFILE.finding(
                component.applid_span, message, _key_advice(profile), severity=severity, related=related
            )
        elif not profile and not _may_exist(state, KEY_CLASS, applid):
            message = f"{uses_applid(component)}, but no key profile for it is defined"
            related = (Related(file_start(given.file), f"defines no {KEY_CLASS} profile {applid}"),)
            yield NO_KEY_PROFILE.finding(component.applid_span, message, advice, related=related)


def _may_exist(state: SecurityState, resource_class: str, applid: str) -> bool:
    """Whether a profile that nothing given defines may be there: it is changed or permitted, or a variable's name."""
    key = (resource_class, applid)
    return key in state.profiles or key in state.grants or state.may_define(*key)


def _key_advice(profile: Profile) -> str:
    name = profile.name.value
    if profile.esm is Esm.RACF:
        return f"RALTER PTKTDATA {name} SSIGNON(KEYLABEL(label))"
    return key_command(profile.esm, name, reusable=False)


NO_APPL_PROFILE = Rule(
    id="PTK206",
    slug="no-appl-profile",
    severity=Severity.WARNING,
    what="Security definitions were given, and they hold no profile of class APPL that covers an application ID in "
    "use.",
    why="RSE requires a profile in class APPL beside the one in PTKTDATA; for other applications, nothing decides who "
    "may log on.",
    bad=(*pair(), racf(appl="")),
    good=(*pair(), racf()),
    remedy="Define a profile of class APPL for the application ID, and permit its users READ.",
    source=USING_PASSTICKETS,
)


def no_appl_profile(site: Site) -> Iterator[Finding]:
    """Find application IDs in use that no profile of class APPL covers."""
    given, state = definitions(site), security_state(site)
    if not given:
        return
    for applid, component in in_use(site).items():
        if component.kind is ComponentKind.ZOSMF:
            continue
        if not state.appl_profile(applid) and not _may_exist(state, APPL_CLASS, applid):
            message = f"{uses_applid(component)}, but no profile of class APPL covers it"
            related = (Related(file_start(given.file), f"defines no {APPL_CLASS} profile {applid}"),)
            yield NO_APPL_PROFILE.finding(
                component.applid_span, message, _appl_command(given.esm, applid), related=related
            )


def _appl_command(esm: Esm, applid: str) -> str:
    if esm is Esm.ACF2:
        return f"SET RESOURCE(APL), then RECKEY {applid} ADD(UID(uid) ALLOW)"
    if esm is Esm.TOP_SECRET:
        return f"TSS PERMIT(user) APPL({applid})"
    return f"RDEFINE APPL {applid} UACC(NONE), then PERMIT {applid} CLASS(APPL) ID(users) ACCESS(READ)"


JWT_PROFILE_NOT_RENAMED = Rule(
    id="PTK207",
    slug="jwt-profile-not-renamed",
    severity=Severity.WARNING,
    what="Profiles of class IDTDATA or CRYPTOZ for JSON Web Tokens are named for another application ID than RSE's.",
    why="Logging on with a JSON Web Token is not covered: RSE asks for the profile that its own application ID names.",
    bad=(
        *pair("RSEPROD"),
        racf(
            "RDEFINE IDTDATA JWT.FEKAPPL.*.SAF IDTPARMS(SIGTOKEN(JWTTOK.FEKAPPL) SIGALG(HS512)) UACC(NONE)",
            "SETROPTS RACLIST(IDTDATA) REFRESH",
            applid="RSEPROD",
        ),
    ),
    good=(
        *pair("RSEPROD"),
        racf(
            "RDEFINE IDTDATA JWT.RSEPROD.*.SAF IDTPARMS(SIGTOKEN(JWTTOK.FEKAPPL) SIGALG(HS512)) UACC(NONE)",
            "SETROPTS RACLIST(IDTDATA) REFRESH",
            applid="RSEPROD",
        ),
    ),
    remedy="Define JWT.applid.*.SAF in class IDTDATA for RSE's application ID. The name of the token in CRYPTOZ is "
    "free, as long as every command uses the same.",
    source='IBM Explorer for z/OS, "Define SAF JSON Web Token (JWT) support for RSE"',
)
# JWT.applid.user.SAF; SO.JWTTOK.applid and its like.
IDTDATA_PREFIX = "JWT"
TOKEN_QUALIFIER = "JWTTOK"  # noqa: S105  # a qualifier of a profile's name


def jwt_profile_not_renamed(site: Site) -> Iterator[Finding]:
    """Find profiles for tokens of an application that nothing uses, when RSE's application has none."""
    state = security_state(site)
    for engine in site.every(Component):
        if engine.kind is not ComponentKind.RSE or not engine.applid:
            continue
        named = list(_token_profiles(state))
        if any(_covers_applid(name, engine.applid.upper()) for _, name in named):
            continue
        for profile, name in named:
            if _is_left_over(site, state, name):
                message = f"{profile.name} is for {name}, but RSE uses APPLID {engine.applid}"
                right = profile.name.value.replace(name, engine.applid.upper())
                advice = f"define {right} in class {profile.resource_class}"
                related = (Related(engine.applid_span, uses_applid(engine)),)
                yield JWT_PROFILE_NOT_RENAMED.finding(profile.name.span, message, advice, related=related)


def _token_profiles(state: SecurityState) -> Iterator[tuple[Profile, str]]:
    """The profiles for JSON Web Tokens, each with the application ID in its name."""
    for profile in state.every("IDTDATA"):
        if profile.qualifiers[0] == IDTDATA_PREFIX and len(profile.qualifiers) > 1:
            yield profile, profile.qualifiers[1]
    for profile in state.every("CRYPTOZ"):
        if TOKEN_QUALIFIER in profile.qualifiers[1:-1]:
            yield profile, profile.qualifiers[-1]


def _covers_applid(name: str, applid: str) -> bool:
    return name == applid or (name.endswith("*") and applid.startswith(name.rstrip("*")))


def _is_left_over(site: Site, state: SecurityState, name: str) -> bool:
    """Whether an application ID is the shipped one, or one that nothing else given knows."""
    known = name in in_use(site) or state.key_profile(name) or (APPL_CLASS, name) in state.profiles
    return name == DEFAULT_APPLID or not known


RULES = (
    (NO_KEY_PROFILE, no_key_profile),
    (NO_APPL_PROFILE, no_appl_profile),
    (JWT_PROFILE_NOT_RENAMED, jwt_profile_not_renamed),
)
