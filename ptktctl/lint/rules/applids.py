"""Which application ID a component is given; one file is enough to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.lint.finding import Finding, Rule, Severity
from ptktctl.lint.rules.wording import USING_PASSTICKETS, applid_line, monitor, pair, rse
from ptktctl.lint.site import DEFAULT_APPLID, MAIN_KINDS, Component, ComponentKind
from ptktctl.passticket.names import ApplId
from ptktctl.passticket.reserved import ReservedKind, ReservedName, reserved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.site import Site

OMVSAPPL = Rule(
    id="PTK101",
    slug="omvsappl",
    severity=Severity.ERROR,
    what="RSE, JES Job Monitor or another component is given the application ID OMVSAPPL; a warning for a service of "
    "Zowe, which may have no other.",
    why="Most z/OS UNIX applications evaluate PassTickets for OMVSAPPL: whoever can have one made for this component "
    "can log on to those as well, and its secured signon key serves all of them. No failure ever tells of it.",
    bad=pair("OMVSAPPL"),
    good=pair(),
    remedy="Give RSE and JES Job Monitor an application ID of their own, such as FEKAPPL, and define the PTKTDATA, "
    "IRRPTAUTH and APPL profiles for that one.",
    source=USING_PASSTICKETS,
)


def omvsappl(site: Site) -> Iterator[Finding]:
    """Find components with OMVSAPPL."""
    for component, name in _reserved(site, ReservedKind.UNIX):
        message = f"{component.kind.value} uses OMVSAPPL: its key would serve most {name.owner} applications"
        if component.kind is ComponentKind.ZOWE_SERVICE:
            yield _named_by_zowe(OMVSAPPL, component, f"most {name.owner} applications")
        else:
            yield OMVSAPPL.finding(component.applid_span, message, _advice(component))


MVS_DEFAULT_APPLID = Rule(
    id="PTK102",
    slug="mvs-default-applid",
    severity=Severity.ERROR,
    what="The application ID is MVS and an SMF ID of 1 to 4 characters. A warning for a service of Zowe, and for MVS "
    "and 5 characters, which cannot be that default.",
    why="MVS and the SMF ID is what batch jobs and most MVS applications evaluate PassTickets for: the key of this "
    "component would serve them all, the jobs of any user included. No failure ever tells of it.",
    bad=pair("MVSSYS1"),
    good=pair("RSESYS1"),
    remedy="Give RSE and JES Job Monitor an application ID of their own, such as FEKAPPL.",
    source=USING_PASSTICKETS,
)


def mvs_default_applid(site: Site) -> Iterator[Finding]:
    """Find components with MVS and an SMF ID, or with what looks like it."""
    for component, _ in _reserved(site, ReservedKind.MVS_SMFID):
        if component.kind is ComponentKind.ZOWE_SERVICE:
            yield _named_by_zowe(MVS_DEFAULT_APPLID, component, "batch jobs and most MVS applications")
            continue
        message = (
            f"{component.kind.value} uses {component.applid}: with an SMF ID after MVS, "
            "its key would serve batch jobs and most MVS applications"
        )
        yield MVS_DEFAULT_APPLID.finding(component.applid_span, message, _advice(component))
    for component, _ in _reserved(site, ReservedKind.MVS_LOOKALIKE):
        message = (
            f"{component.kind.value} uses {component.applid}, which is too long to be "
            "the default of MVS applications (MVS and an SMF ID) but is easily taken for it"
        )
        advice = _advice(component)
        yield MVS_DEFAULT_APPLID.finding(component.applid_span, message, advice, severity=Severity.WARNING)


INVALID_APPLID = Rule(
    id="PTK103",
    slug="invalid-applid",
    severity=Severity.ERROR,
    what="The application ID is not 1 to 8 of A-Z 0-9 @ # $: too long, blank, in lower case, or with other characters.",
    why="No PTKTDATA or APPL profile can have that name, so that every PassTicket is refused as an invalid password.",
    bad=pair("EXPLORER1"),
    good=pair("EXPLORER"),
    remedy="Use the name of the PTKTDATA profile, in upper case. It has nothing to do with a VTAM APPL.",
    source='z/OS Security Server RACF Security Administrator\'s Guide, "Defining profiles in the PTKTDATA class"',
)


def invalid_applid(site: Site) -> Iterator[Finding]:
    """Find application IDs that are none."""
    for component in site.every(Component):
        fault = _fault(component.applid)
        if fault:
            proposal = component.applid.upper() if component.applid and not _fault(component.applid.upper()) else ""
            yield INVALID_APPLID.finding(component.applid_span, fault, _advice(component, proposal or DEFAULT_APPLID))


def _named_by_zowe(rule: Rule, component: Component, others: str) -> Finding:
    """An application ID that many share, where Zowe names that of a service: the service may have no other.

    One that calls __passwd and the like evaluates OMVSAPPL (z/OS UNIX System Services, "Controlling access to
    applications").
    """
    message = f"Zowe makes PassTickets for {component.applid}: the key of this service serves {others} as well"
    advice = f"if the service can evaluate one of its own, {_advice(component)}"
    return rule.finding(component.applid_span, message, advice, severity=Severity.WARNING)


def _fault(applid: str | None) -> str:
    """What is wrong with an application ID; nothing when it is right or cannot be known."""
    if applid is None:
        return ""
    if not applid:
        return "the APPLID is blank"
    try:
        name = ApplId.parse(applid)
    except InputError as error:
        return error.message
    return "" if name.value == applid else f"APPLID {applid!r} is not in upper case"


TSO_APPLID = Rule(
    id="PTK104",
    slug="tso-applid",
    severity=Severity.WARNING,
    what="RSE or JES Job Monitor is given TSO and an SMF ID of 1 to 4 characters as its application ID.",
    why="TSO and the SMF ID is what TSO evaluates PassTickets for: the key of this component would log on to TSO as "
    "well. No failure ever tells of it.",
    bad=pair("TSOSYS1"),
    good=pair("RSESYS1"),
    remedy="Give RSE and JES Job Monitor an application ID of their own, such as FEKAPPL.",
    source="z/OS Security Server RACF Security Administrator's Guide, on the names of PTKTDATA profiles",
)


def tso_applid(site: Site) -> Iterator[Finding]:
    """Find components with the application ID of TSO."""
    for component, name in _reserved(site, ReservedKind.TSO_SMFID):
        if component.kind in MAIN_KINDS:
            message = (
                f"{component.kind.value} uses {component.applid}: with an SMF ID after TSO, "
                f"its key would log on to {name.owner}"
            )
            yield TSO_APPLID.finding(component.applid_span, message, _advice(component))


BORROWED_APPLID = Rule(
    id="PTK105",
    slug="borrowed-applid",
    severity=Severity.WARNING,
    what="The application ID is the default of another product: IZUDFLT, BBGZDFLT, CBS390, BLZAPPL, CFZAPPL, GPMSERVE, "
    "IPVAPPL, HFIAPPL, CANDLE, SKRBKDC, or VM and a system ID.",
    why="Two products share one key: a PassTicket made for the one logs on to the other, and whoever changes "
    "the key or the profile for one product breaks the other.",
    bad=pair("IZUDFLT"),
    good=pair(),
    remedy="Give RSE and JES Job Monitor an application ID of their own, such as FEKAPPL.",
    source="The documentation of each product names its default",
)


NAMING_OTHERS = (ComponentKind.ZOWE_SERVICE, ComponentKind.ZOSMF, ComponentKind.COMMON_COMPONENTS_PASSTK)


def borrowed_applid(site: Site) -> Iterator[Finding]:
    """Find components with another product's application ID."""
    for component, name in _reserved(site, ReservedKind.PRODUCT):
        # Zowe names the application that it signs on to, which may well be such a product; a sibling of FEJJCNFG
        # belongs to one, and the Common Components to the products that they are a part of.
        if component.kind not in NAMING_OTHERS and not component.sibling:
            message = f"{component.kind.value} uses {component.applid}, the default of {name.owner}: both share one key"
            yield BORROWED_APPLID.finding(component.applid_span, message, _advice(component))


DEFAULT_IN_FORCE = Rule(
    id="PTK106",
    slug="default-applid",
    severity=Severity.INFO,
    what="No APPLID is set, so the default, FEKAPPL, is in force.",
    why="Nothing fails, as long as RSE and JES Job Monitor both keep the default and the profiles are named for it.",
    bad=(rse("_RSE_RSED_PORT=4035"),),
    good=(rse("_RSE_RSED_PORT=4035", '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=FEKAPPL"'), monitor("APPLID=FEKAPPL")),
    remedy="Nothing has to be done; setting it says to the reader of the file which profiles belong to it.",
    source=USING_PASSTICKETS,
)


def default_applid(site: Site) -> Iterator[Finding]:
    """Find components that leave the application ID to its default."""
    for component in site.every(Component):
        if not component.applids:
            message = f"no APPLID is set: {component.kind.value} uses the default, {DEFAULT_APPLID}"
            advice = f"to say so in the file: {applid_line(component, DEFAULT_APPLID)}"
            yield DEFAULT_IN_FORCE.finding(component.applid_span, message, advice)


def _reserved(site: Site, kind: ReservedKind) -> Iterator[tuple[Component, ReservedName]]:
    """The components whose application ID stands for something else already."""
    for component in site.every(Component):
        if component.applid and not _fault(component.applid.upper()):
            name = reserved(ApplId.parse(component.applid))
            if name and name.kind is kind:
                yield component, name


def _advice(component: Component, applid: str = DEFAULT_APPLID) -> str:
    return f"use one of its own, for instance {applid_line(component, applid)}"


RULES = (
    (OMVSAPPL, omvsappl),
    (MVS_DEFAULT_APPLID, mvs_default_applid),
    (INVALID_APPLID, invalid_applid),
    (TSO_APPLID, tso_applid),
    (BORROWED_APPLID, borrowed_applid),
    (DEFAULT_IN_FORCE, default_applid),
)
