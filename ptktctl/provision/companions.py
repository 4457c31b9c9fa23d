"""The lines that tell the servers which application ID to use.

Sources: IBM Explorer for z/OS, "Using PassTickets" (RSE and JES Job Monitor use the same application ID, which the
APPLID directive of rse.env and of FEJJCNFG changes; both default to FEKAPPL); Zowe's definitions of services for
`httpBasicPassTicket` and zOSMF.applId. How the directive is spelt in rse.env is not printed there; the linter reads it
in the form below.
"""

from __future__ import annotations

from ptktctl.provision.step import Lines, Step
from ptktctl.provision.wanted import RSE_APPLID, Wanted
from ptktctl.store.definitions import Component

UNCONFIRMED = "not confirmed by IBM's documentation"


def set_up(wanted: Wanted) -> tuple[Step, ...]:
    """The step that names the application ID to its server; none where it has no file that is known."""
    component = wanted.application.component
    if wanted.for_rse:
        return (_rse(wanted.applid),)
    if component is Component.ZOWE:
        return (_zowe(wanted.applid),)
    if component is Component.ZOSMF:
        return (_zosmf(wanted.applid),)
    return ()


def undo(wanted: Wanted) -> tuple[Step, ...]:
    """What to look at in the files when the profiles go."""
    if not wanted.for_rse:
        return ()
    remark = (
        f"RSE and JES Job Monitor cannot work without PassTickets: before their profiles go, give both another "
        f"application ID that has its profiles, or take the lines with {wanted.applid} out of rse.env and FEJJCNFG, "
        f"and both use {RSE_APPLID} again."
    )
    return (Step("First change rse.env and FEJJCNFG", remarks=(remark,)),)


def rse_lines(applid: str) -> tuple[Lines, Lines]:
    """The lines of rse.env and of FEJJCNFG that give an application ID to RSE and JES Job Monitor."""
    quoted = applid.replace("$", "\\$")  # which a shell would take for a variable within double quotes
    return (
        Lines("rse.env", (f'_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID={quoted}"',)),
        Lines("FEJJCNFG", (f"APPLID={applid}",)),
    )


def _rse(applid: str) -> Step:
    remarks = [
        "RSE makes the PassTicket and JES Job Monitor evaluates it: both have to use the same application ID.",
        f"How the directive is spelt in the two files is {UNCONFIRMED}: compare with the sample lines in yours.",
        "Restart RSED after the change, and JMON; that JMON needs it is recalled only.",
    ]
    if applid == RSE_APPLID:
        remarks.insert(1, f"{RSE_APPLID} is the default of both: without these lines it is in force as well.")
    else:
        remarks.insert(
            1,
            f"Others expect {RSE_APPLID} and have to be told too: eqahcc.properties (applid=), BLZJCNFG and BUZJCNFG "
            "(APPLID=), UrbanCode and HCL agents, RSE API, HCL Z Common Components (SAFJWT_APPLID=).",
        )
    source = 'IBM Explorer for z/OS, "Using PassTickets"'
    return Step("Tell RSE and JES Job Monitor", remarks=tuple(remarks), lines=rse_lines(applid), source=source)


def _zowe(applid: str) -> Step:
    lines = ("authentication:", "  scheme: httpBasicPassTicket", f"  applid: {applid}")
    remark = "Without applid Zowe ignores the scheme (ZWEAD707)."
    return Step("Tell Zowe", remarks=(remark,), lines=(Lines("the definition of the service", lines),))


def _zosmf(applid: str) -> Step:
    lines = ("zOSMF:", f"  applId: {applid}")
    remark = "Where Zowe logs on to z/OSMF, it has to know its application ID; the default is IZUDFLT."
    return Step("Tell Zowe, if it logs on to z/OSMF", remarks=(remark,), lines=(Lines("zowe.yaml", lines),))
