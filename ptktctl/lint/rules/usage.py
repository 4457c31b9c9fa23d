"""Who uses which application ID, as far as the files tell, and the commands that serve a user right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.finding import Example
from ptktctl.lint.rules.wording import is_applid
from ptktctl.lint.security import (
    KEY_CLASS,
    Action,
    Definitions,
    Esm,
    Origin,
    ProfileChange,
    has_generic_characters,
    is_authority,
)
from ptktctl.lint.site import DEFAULT_APPLID, Component, ComponentKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.site import Site

DEFINING_PROFILES = (
    'z/OS Security Server RACF Security Administrator\'s Guide, "Defining profiles in the PTKTDATA class"'
)
STORING_KEYS = 'z/OS Security Server RACF Security Administrator\'s Guide, "Storing PassTicket keys encrypted in ICSF"'
TICKETSERV = 'z/OS Security Server RACF Callable Services, R_ticketserv, "RACF authorization"'
ENHANCED = 'IBM Education Assistant, z/OS V2.5, "RACF enhanced PassTicket"'
RSE_SUPPORT = 'IBM Explorer for z/OS, "Define PassTicket support for RSE"'
UNCONFIRMED = "not confirmed by IBM's documentation"

RSE_KINDS = (ComponentKind.RSE, ComponentKind.JES_JOB_MONITOR)
# Both make PassTickets for their users, and more than one within a second (IBM Explorer for z/OS, "Define PassTicket
# support for RSE"; Zowe, "Enabling single sign on for clients via PassTicket").
BUSY_KINDS = (*RSE_KINDS, ComponentKind.ZOWE_SERVICE)
MAKING_KINDS = (*BUSY_KINDS, ComponentKind.COMMON_COMPONENTS_PASSTK)


RANKS = {ComponentKind.RSE: 0, ComponentKind.ZOSMF: 2, ComponentKind.COMMON_COMPONENTS: 2}


def in_use(site: Site) -> dict[str, Component]:
    """The application IDs that components use, each with RSE if it does, else the first; no malformed ones.

    Those come last that PassTickets need not be made for: Zowe may sign nobody on to z/OSMF with one, and Common
    Components take JSON Web Tokens for theirs.
    """
    found: dict[str, Component] = {}
    for component in sorted(site.every(Component), key=lambda each: RANKS.get(each.kind, 1)):
        if component.applid and is_applid(component.applid):
            found.setdefault(component.applid.upper(), component)
    return found


def made_for(site: Site) -> dict[str, Component | None]:
    """The application IDs that RSE, Zowe and the Common Components make PassTickets for, each with the component.

    Where no file of RSE's was given, its default is among them, without a component.
    """
    found: dict[str, Component | None] = {
        applid: component for applid, component in in_use(site).items() if component.kind in MAKING_KINDS
    }
    if not any(component.kind in RSE_KINDS for component in site.every(Component)):
        found.setdefault(DEFAULT_APPLID, None)
    return found


def user_of(component: Component | None) -> str:
    """What to call the user of an application ID."""
    if not component:
        return "RSE, whose default it is,"
    return ComponentKind.RSE.value if component.kind in RSE_KINDS else f"the {component.kind.value}"


def definitions(site: Site) -> Definitions | None:
    """The file whose silence tells: an unload, or commands that set up an application.

    A job that permits one more user tells nothing about what was defined before it, and a listing shows what it was
    asked for: neither tells anything about what it does not show.
    """
    return next(_telling(site, KEY_CLASS), None)


def tells_absence(site: Site, resource_class: str) -> bool:
    """Whether a profile of a class that nothing given defines can be said not to exist."""
    return next(_telling(site, resource_class), None) is not None


def _telling(site: Site, resource_class: str) -> Iterator[Definitions]:
    """The files that may show all profiles of a class.

    Of PTKTDATA, those with key profiles, or with an authority for all users: with that alone a set-up is half done
    (zowe/docs-site, issue 1571), where one for a single user is added to what is there.
    """
    defining = {
        change.span.file
        for change in site.every(ProfileChange)
        if change.resource_class == resource_class
        and change.origin is Origin.COMMANDS
        and change.action is Action.DEFINE
        and (not is_authority(change.name.value) or has_generic_characters(change.name.value))
    }
    return (each for each in site.every(Definitions) if each.complete or each.file in defining)


def key_command(esm: Esm, applid: str, *, reusable: bool) -> str:
    """What defines an application's key."""
    if esm is Esm.ACF2:
        return f"SET PROFILE(PTKTDATA) DIVISION(SSIGNON), then INSERT {applid} SSKEY(key){' MULT-USE' * reusable}"
    if esm is Esm.TOP_SECRET:
        return f"TSS ADDTO(NDT) PSTKAPPL({applid}) SESSKEY(key){' SIGNMULTI' * reusable}"
    appldata = " APPLDATA('NO REPLAY PROTECTION - DO NOT CHANGE')" * reusable
    return f"RDEFINE PTKTDATA {applid} UACC(NONE) SSIGNON(KEYLABEL(label)){appldata}"


def authority_command(esm: Esm, applid: str, user: str = "started-task-user", *, target: str = "") -> str:
    """What lets a user make an application's PassTickets, for one target user or for all."""
    if esm is Esm.ACF2:
        resource = f"{applid}.{target or '-'}"
        return f"SET RESOURCE(PTK), then RECKEY IRRPTAUTH ADD({resource} UID({user}) SERVICE(UPDATE,READ) ALLOW)"
    if esm is Esm.TOP_SECRET:
        return f"TSS PERMIT({user}) PTKTDATA(IRRPTAUTH.{applid}.{target}) ACCESS(READ,UPDATE)"
    return f"PERMIT IRRPTAUTH.{applid}.{target or '*'} CLASS(PTKTDATA) ID({user}) ACCESS(UPDATE)"


def racf(
    *lines: str,
    applid: str = "FEKAPPL",
    appl: str = "UACC(READ)",
    key: str = "KEYLABEL(RSE.LEGACY)",
    appldata: str = " APPLDATA('NO REPLAY PROTECTION')",
    enhanced: str = "EPTKEYLABEL(RSE.ENHANCED) TYPE(UPPER) REPLAY(YES)",
    authority: tuple[str, ...] | None = None,
) -> Example:
    """The RACF commands that set up PassTickets for an application, complete and right but for what is given."""
    right = (f"RDEFINE PTKTDATA IRRPTAUTH.{applid}.* UACC(NONE)", authority_command(Esm.RACF, applid, "STCRSE"))
    commands = (
        "SETROPTS GENERIC(PTKTDATA)",
        "SETROPTS CLASSACT(PTKTDATA APPL) RACLIST(PTKTDATA APPL)",
        f"RDEFINE APPL {applid} {appl}" if appl else "",
        f"RDEFINE PTKTDATA {applid} UACC(NONE) SSIGNON({key}){appldata}" if key else "",
        f"RALTER PTKTDATA {applid} SSIGNON({enhanced})" if enhanced else "",
        *(right if authority is None else authority),
        *lines,
        "SETROPTS RACLIST(PTKTDATA APPL) REFRESH",
    )
    return Example("racf.txt", "".join(f"{command}\n" for command in commands if command))
