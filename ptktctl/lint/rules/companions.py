"""Whether what stands beside RSE and JES Job Monitor agrees with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.finding import Certainty, Example, Finding, Related, Rule, Severity
from ptktctl.lint.folders import folders_above
from ptktctl.lint.rules.wording import USING_PASSTICKETS, pair, property_line
from ptktctl.lint.site import Component, ComponentKind, PassTicketScheme, Stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptktctl.lint.site import Setting, Site

ZOWE_PASSTICKETS = 'Zowe Docs, "Enabling single sign on for clients via PassTicket"'

COMPANION_DISAGREES = Rule(
    id="PTK204",
    slug="companion-disagrees",
    severity=Severity.WARNING,
    what="A companion of RSE names another application ID than RSE uses: rseapi.env, eqahcc.properties, a second "
    "configuration of JES Job Monitor (BLZJCNFG, BUZJCNFG), SAFJWT_APPLID in HFICONFG, or Zowe's service for RSE.",
    why="The companion makes or accepts PassTickets or tokens for another application than RSE: users logged on "
    "to the one are refused by the other.",
    bad=(*pair("RSEPROD"), Example("eqahcc.properties", "port=8189\napplid=FEKAPPL\n")),
    good=(*pair("RSEPROD"), Example("eqahcc.properties", "port=8189\napplid=RSEPROD\n")),
    remedy="Give the companion RSE's application ID.",
    source=USING_PASSTICKETS + "; the documentation of each companion, whose default is RSE's",
    certainty=Certainty.INFERRED,
)
FOLLOWERS = (ComponentKind.RSE_API, ComponentKind.CODE_COVERAGE, ComponentKind.COMMON_COMPONENTS)


def companion_disagrees(site: Site) -> Iterator[Finding]:
    """Find companions whose application ID is not that of the RSE that lies nearest."""
    engines = _by_folder(each for each in site.every(Component) if each.kind is ComponentKind.RSE)
    for name, file, applid in _companions(site):
        engine = _nearest(engines, file)
        if engine and engine.applid and applid.value and applid.value.upper() != engine.applid.upper():
            default = "" if engine.applids else " (the default)"
            uses = f"RSE uses APPLID {engine.applid}{default}"
            yield COMPANION_DISAGREES.finding(
                applid.span,
                f"{name} has APPLID {applid.value}, but {uses}",
                f"if it shall work with that RSE: {property_line(applid, engine.applid)}",
                related=(Related(engine.applid_span, uses),),
            )


def _companions(site: Site) -> Iterator[tuple[str, str, Setting]]:
    """What should follow RSE: what to call it, its file, and its application ID."""
    paired = {monitor.file for _, monitor in site.pairs()}
    for component in site.every(Component):
        second = component.sibling and component.file not in paired
        if component.applids and (second or component.kind in FOLLOWERS):
            yield component.kind.value, component.file, component.applids[-1]
    for scheme in site.every(PassTicketScheme):
        if scheme.applid and scheme.is_for_rse:
            yield f"Zowe service {scheme.service}", scheme.span.file, scheme.applid


def _by_folder(engines: Iterable[Component]) -> dict[str, list[Component]]:
    """The components in or below each folder; of more than two, two, which is enough to see that there are several."""
    found: dict[str, list[Component]] = {}
    for engine in engines:
        for folder in folders_above(engine.file):
            here = found.setdefault(folder, [])
            here += [engine] if len(here) < 2 else []
    return found


def _nearest(engines: dict[str, list[Component]], file: str) -> Component | None:
    """The one that lies in a file's folder or, if there is none, in or below the nearest above; None if several do."""
    here = next((engines[folder] for folder in folders_above(file) if folder in engines), [])
    return here[0] if len(here) == 1 else None


SCHEME_WITHOUT_APPLID = Rule(
    id="PTK208",
    slug="zowe-passticket-without-applid",
    severity=Severity.ERROR,
    what="A service of Zowe's API Mediation Layer has scheme: httpBasicPassTicket and no applid.",
    why="Zowe ignores the scheme (message ZWEAD707): requests reach the service without a PassTicket, and it refuses "
    "them.",
    bad=(
        Example(
            "services.yaml",
            "services:\n  - serviceId: jobs\n    authentication:\n      scheme: httpBasicPassTicket\n",
        ),
    ),
    good=(
        Example(
            "services.yaml",
            "services:\n  - serviceId: jobs\n    authentication:\n      scheme: httpBasicPassTicket\n"
            "      applid: JOBSAPPL\n",
        ),
    ),
    remedy="Add applid: with the application ID that the service evaluates PassTickets for.",
    source=ZOWE_PASSTICKETS,
)


def scheme_without_applid(site: Site) -> Iterator[Finding]:
    """Find services that PassTickets are to be made for, but for no application."""
    for scheme in site.every(PassTicketScheme):
        if not scheme.applid:
            service = f"service {scheme.service}" if scheme.service else "a service"
            message = f"{service} is to get PassTickets, but no applid says for which application"
            advice = "add a line below, indented alike: applid: and the service's application ID"
            yield SCHEME_WITHOUT_APPLID.finding(scheme.span, message, advice)


NOT_IN_STORE = Rule(
    id="PTK209",
    slug="not-in-store",
    severity=Severity.INFO,
    what="An application ID in use is not defined in ptktctl's own store. Asked with --with-store only.",
    why="Nothing fails on the host. But ptktctl gen and ptktctl verify know nothing of that application.",
    bad=pair("RSEPROD"),
    good=pair("FEKAPPL"),
    remedy="Define it: ptktctl applid add",
    source="ptktctl's own store",
)


def not_in_store(site: Site) -> Iterator[Finding]:
    """Find application IDs that the store does not have, each once, where it is used first."""
    for stored in site.every(Stored):
        told = set(stored.applids)
        for component in site.every(Component):
            applid = (component.applid or "").upper()
            if applid and applid not in told:
                told.add(applid)
                message = f"{component.kind.value} uses APPLID {applid}, which is not defined in the store"
                advice = f"ptktctl applid add {_quoted(applid)}"
                yield NOT_IN_STORE.finding(component.applid_span, message, advice)


def _quoted(applid: str) -> str:
    """As a shell takes it; $ and # are good characters of an APPLID."""
    return applid if applid.isalnum() else f"'{applid}'"


RULES = (
    (COMPANION_DISAGREES, companion_disagrees),
    (SCHEME_WITHOUT_APPLID, scheme_without_applid),
    (NOT_IN_STORE, not_in_store),
)
