"""Whether the files agree with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.directives import PORT
from ptktctl.lint.finding import Finding, Related, Rule, Severity
from ptktctl.lint.rules.wording import (
    RSE_ENV,
    USING_PASSTICKETS,
    applid_line,
    is_sound,
    monitor,
    pair,
    port_line,
    rse,
    uses_applid,
)
from ptktctl.lint.site import DEFAULT_APPLID, MAIN_KINDS, Component

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.site import Site

APPLID_MISMATCH = Rule(
    id="PTK201",
    slug="applid-mismatch",
    severity=Severity.ERROR,
    what="The application ID that RSE uses differs from that of JES Job Monitor; defaults count.",
    why="RSE makes PassTickets for its application ID and JES Job Monitor evaluates them under its own: logging on "
    "works, then every JES function fails (SAF 8, RACF 16, reason 32), and repeated failures may revoke the user.",
    bad=pair("RSEPROD", "FEKAPPL"),
    good=pair("RSEPROD"),
    remedy="Set the same APPLID in rse.env and FEJJCNFG: the one the security profiles are named for.",
    source=USING_PASSTICKETS,
)


def applid_mismatch(site: Site) -> Iterator[Finding]:
    """Find pairs whose application IDs differ; what is blank or unknown is not compared."""
    for rse_side, monitor_side in site.pairs():
        ours, theirs = rse_side.applid, monitor_side.applid
        if ours and theirs and ours.upper() != theirs.upper():
            here, there = (rse_side, monitor_side) if rse_side.applids else (monitor_side, rse_side)
            message = f"{uses_applid(rse_side)}, but {uses_applid(monitor_side)}"
            advice = _how_to_agree(rse_side, monitor_side)
            related = (Related(there.applid_span, uses_applid(there)),)
            yield APPLID_MISMATCH.finding(here.applid_span, message, advice, related=related)


def _how_to_agree(rse_side: Component, monitor_side: Component) -> str:
    """The lines that end a disagreement, with no APPLID that had better not be used."""
    names = ((monitor_side, rse_side.applid), (rse_side, monitor_side.applid))
    lines = [applid_line(component, applid.upper()) for component, applid in names if applid and is_sound(applid)]
    if not lines:
        both = " and ".join(applid_line(component, DEFAULT_APPLID) for component, _ in names)
        return f"give both one of their own, for instance {both}"
    return f"make them equal, to the one the security profiles are named for: {' or '.join(lines)}"


PORT_MISMATCH = Rule(
    id="PTK202",
    slug="port-mismatch",
    severity=Severity.ERROR,
    what="RSE looks for JES Job Monitor on another port (_RSE_JMON_PORT) than it listens on (SERV_PORT); defaults, "
    "6715 both, count.",
    why="RSE cannot reach JES Job Monitor: logging on works, but no JES function does.",
    bad=(rse('_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=FEKAPPL"'), monitor("APPLID=FEKAPPL", "SERV_PORT=6716")),
    good=pair(),
    remedy="Set _RSE_JMON_PORT in rse.env and SERV_PORT in FEJJCNFG to the same port.",
    source=RSE_ENV,
)


def port_mismatch(site: Site) -> Iterator[Finding]:
    """Find pairs whose ports differ; what is blank or unknown is not compared."""
    for rse_side, monitor_side in site.pairs():
        ours, theirs = rse_side.port, monitor_side.port
        if ours and theirs and ours.lstrip("0") != theirs.lstrip("0"):
            here, there = (rse_side, monitor_side) if rse_side.ports else (monitor_side, rse_side)
            message = f"{_uses_port(rse_side)}, but {_uses_port(monitor_side)}"
            sound = ((side, port) for side, port in ((rse_side, theirs), (monitor_side, ours)) if PORT.take(port))
            lines = " or ".join(port_line(side, port) for side, port in sound)
            advice = f"make them equal: {lines or 'a port is 1 to 65535'}"
            related = (Related(there.port_span, _uses_port(there)),)
            yield PORT_MISMATCH.finding(here.port_span, message, advice, related=related)


def _uses_port(component: Component) -> str:
    setting = port_line(component, component.port or "")
    return f"{component.kind.value} has {setting}{'' if component.ports else ' (the default)'}"


COUNTERPART_MISSING = Rule(
    id="PTK203",
    slug="counterpart-missing",
    severity=Severity.INFO,
    what="Only one of RSE's and JES Job Monitor's files was given, and it sets an APPLID other than FEKAPPL.",
    why="The other file has to set the same APPLID, or every JES function fails; that was not checked.",
    bad=(pair("RSEPROD")[0],),
    good=pair("RSEPROD"),
    remedy="Give both files: ptktctl lint rse.env FEJJCNFG",
    source=USING_PASSTICKETS,
)


def counterpart_missing(site: Site) -> Iterator[Finding]:
    """Find settings that the other file would have to follow, when none of that kind was given."""
    components = [component for component in site.every(Component) if component.kind in MAIN_KINDS]
    if len({component.kind for component in components}) != 1:
        return
    for component in components:
        if component.applid and component.applid.upper() != DEFAULT_APPLID:
            message = f"{uses_applid(component)}; whether its counterpart does was not checked"
            yield COUNTERPART_MISSING.finding(
                component.applid_span, message, "give both files: ptktctl lint rse.env FEJJCNFG"
            )


RULES = (
    (APPLID_MISMATCH, applid_mismatch),
    (PORT_MISMATCH, port_mismatch),
    (COUNTERPART_MISSING, counterpart_missing),
)
