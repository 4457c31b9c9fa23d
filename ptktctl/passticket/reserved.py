"""The application IDs that already stand for something, and why another component had better not have them."""

import enum

from ptktctl.passticket.names import ApplId
from ptktctl.record import Record


class ReservedKind(enum.Enum):
    """Why an APPLID is not one to give to another component."""

    UNIX = "default of z/OS UNIX services"
    MVS_SMFID = "MVS and an SMF ID: the default of batch and of most MVS applications"
    MVS_LOOKALIKE = "begins with MVS but is too long for an SMF ID"
    TSO_SMFID = "TSO and an SMF ID: the application ID of TSO"
    PRODUCT = "default of another product"


class ReservedName(Record):
    """What an APPLID already stands for."""

    kind: ReservedKind
    owner: str


# Defaults of other products (IBM Explorer for z/OS "Using PassTickets", products' own documentation).
PRODUCT_DEFAULTS = {
    "IZUDFLT": "z/OSMF",
    "BBGZDFLT": "Liberty and z/OS Connect",
    "CBS390": "WebSphere Application Server",
    "BLZAPPL": "Rational Team Concert / Engineering Workflow Management",
    "CFZAPPL": "the CIM server",
    "GPMSERVE": "the RMF Distributed Data Server",
    "IPVAPPL": "IBM ADFz Common Components",
    "HFIAPPL": "HCL Z Common Components",
    "CANDLE": "OMEGAMON",
    "SKRBKDC": "Network Authentication Service",
}
SMFID_LENGTH = 4


def reserved(applid: ApplId) -> ReservedName | None:
    """What else uses this APPLID by default, or None when nothing is known to.

    Sources: IBM Explorer for z/OS "Using PassTickets" (OMVSAPPL, MVS and SMF ID); RACF Security
    Administrator's Guide (TSO and SMF ID); CA ACF2 for z/VM (VM and system ID).
    """
    name = applid.value
    if name == "OMVSAPPL":
        return ReservedName(ReservedKind.UNIX, "z/OS UNIX")
    if name in PRODUCT_DEFAULTS:
        return ReservedName(ReservedKind.PRODUCT, PRODUCT_DEFAULTS[name])
    suffix = len(name) - 3
    if name.startswith("MVS") and suffix:
        kind = ReservedKind.MVS_SMFID if suffix <= SMFID_LENGTH else ReservedKind.MVS_LOOKALIKE
        return ReservedName(kind, "z/OS batch")
    if name.startswith("TSO") and 1 <= suffix <= SMFID_LENGTH:
        return ReservedName(ReservedKind.TSO_SMFID, "TSO")
    if name.startswith("VM") and len(name) > 2:
        return ReservedName(ReservedKind.PRODUCT, "z/VM")
    return None
