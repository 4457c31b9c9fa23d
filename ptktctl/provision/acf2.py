"""ACF2 commands, and the steps that they make up.

Sources: Zowe, "Configuring Zowe to use PassTickets"; Broadcom articles 32160 and 52976 (PassTickets) and 252051 (class
APPL). Enhanced PassTickets: that they work with ACF2 follows from fixes to TPX; the keywords of their records are not
documented in any of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.provision import companions, racf, racf_steps
from ptktctl.provision.step import Accepted, Command, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.provision.wanted import Wanted

KEYS = "SET PROFILE(PTKTDATA) DIVISION(SSIGNON)"
AUTHORITY_RULES = "SET RESOURCE(PTK)"
APPL_RULES = "SET RESOURCE(APL)"
REBUILD_KEYS = "F ACF2,REBUILD(PTK),CLASS(P)"
REBUILD_AUTHORITY = "F ACF2,REBUILD(PTK),CLASS(R)"
REBUILD_APPL = "F ACF2,REBUILD(APL)"
EVERYBODY = "*"
ENTER_KEY = (
    f"Put the key's 16 hexadecimal digits in the place of {racf.PLACEHOLDER} when you enter the command, and keep them "
    "out of this file: a job shows them in its output, ISPF may log the command."
)
SOURCE = "Broadcom, articles 32160 and 52976; Zowe, Configuring Zowe to use PassTickets"
APPL_SOURCE = "Broadcom, article 252051"
UID_REMARK = (
    "UID takes a mask of UID strings, not a logon ID: put the UID string of each user in the place of the name."
)


def set_up(wanted: Wanted) -> tuple[Step, ...]:
    """Everything that the documentation asks for, in the order to run it."""
    return (
        _key_record(wanted),
        *((_authority(wanted),) if wanted.authorities else ()),
        _access(wanted),
        *companions.set_up(wanted),
        _verification(wanted),
    )


def undo(wanted: Wanted) -> tuple[Step, ...]:
    """The way back: what `set_up` defines goes, in reverse."""
    commands = [Command(APPL_RULES)]
    commands += [Command(f"RECKEY {wanted.applid} DEL({line})") for line in _access_lines(wanted)]
    commands.append(Command(REBUILD_APPL))
    if wanted.authorities:
        commands.append(Command(AUTHORITY_RULES))
        commands += [Command(f"RECKEY IRRPTAUTH DEL({line})") for line in [*_authority_lines(wanted)][::-1]]
        commands.append(Command(REBUILD_AUTHORITY))
    commands += [Command(KEYS), Command(f"DELETE {wanted.applid}"), Command(REBUILD_KEYS)]
    remarks = (
        "From the rebuilds on, PassTickets for this application can neither be made nor used on this system: tell "
        "whoever logs on with them.",
        "GSO records (SAFDEF, OPTS) stay as they are, as other applications need them.",
        "DELETE and RECKEY DEL are not in the sources of this set-up, but as ACF2 undoes it in general.",
    )
    return (*companions.undo(wanted), Step("Delete the rules and the key record", tuple(commands), remarks=remarks))


def _key_record(wanted: Wanted) -> Step:
    key = wanted.legacy
    digits = key.digits if key and key.digits else racf.PLACEHOLDER
    multi = "MULT-USE" if wanted.reusable else "NOMULT-USE"
    insert = Command(f"INSERT {wanted.applid} SSKEY({digits}) {multi}", accepted=tuple(accept_key(wanted)))
    return Step(
        "Define the key record",
        (Command(KEYS), insert, Command(REBUILD_KEYS, "Key records are of class P.")),
        remarks=tuple(_key_remarks(wanted)),
        source=SOURCE,
    )


def accept_key(wanted: Wanted) -> Iterator[Accepted]:
    """What of the command that sets the key is as it was wanted, though lint would question it."""
    yield from racf.accept_replay(wanted)
    if wanted.legacy:
        yield from racf.accept_digits(wanted.legacy)


def _key_remarks(wanted: Wanted) -> Iterator[str]:
    if wanted.legacy and not wanted.legacy.digits:
        yield ENTER_KEY
    if wanted.reusable:
        yield "MULT-USE lets a PassTicket be used again for 10 minutes: for closed internal networks only."
    elif wanted.for_rse:
        yield (
            "WARNING: RSE makes several PassTickets within one second, which are equal, so that its record needs "
            f"MULT-USE: ptktctl applid set {wanted.applid} --replay allow"
        )
    yield "For enhanced PassTickets the keywords of the record are not documented in the sources of this set-up."


def _authority(wanted: Wanted) -> Step:
    lines = tuple(_authority_lines(wanted))
    commands = [Command(AUTHORITY_RULES)]
    for line in lines:
        commands.append(Command(f"RECKEY IRRPTAUTH ADD({line})", accepted=_accept_line(wanted, line)))
    commands.append(Command(REBUILD_AUTHORITY, "Rules are of class R: CLASS(P) would not bring these up to date."))
    remarks = (
        *racf_steps.authority_remarks(wanted),
        UID_REMARK,
        "ACF2 looks at these rules before it makes a PassTicket only if GSO OPTS has PTKRESCK.",
    )
    return Step("Say who may make and evaluate PassTickets", tuple(commands), remarks=remarks, source=SOURCE)


def _accept_line(wanted: Wanted, line: str) -> tuple[Accepted, ...]:
    generator = line.partition("UID(")[2].partition(")")[0]
    return racf.accept_generators(wanted, generator) if "UPDATE" in line else ()


def _authority_lines(wanted: Wanted) -> Iterator[str]:
    """The rule lines: a resource without the key of the rule set, the UID mask, the services."""
    for profile in wanted.authorities:
        resource = profile.partition(".")[2].replace("*", "-")
        for user in wanted.generators:
            yield f"{resource} UID({user}) SERVICE(UPDATE,READ) ALLOW"
        for user in wanted.evaluators:
            yield f"{resource} UID({user}) SERVICE(READ) ALLOW"


def _access(wanted: Wanted) -> Step:
    commands = [Command(APPL_RULES)]
    commands += [Command(f"RECKEY {wanted.applid} ADD({line})") for line in _access_lines(wanted)]
    commands.append(Command(REBUILD_APPL))
    remarks = [
        "ACF2 ships class APPL with MODE=IGNORE: these rules do nothing until a GSO SAFDEF record is inserted with "
        "RACROUTE(REQUEST=AUTH CLASS=APPL REQSTOR=ACF9CSFV).",
    ]
    if wanted.logons:
        remarks.append(UID_REMARK)
    else:
        remarks.append("Every user may log on to the application. To name them, give --logon, or --users.")
    return Step("Say who may log on", tuple(commands), remarks=tuple(remarks), source=APPL_SOURCE)


def _access_lines(wanted: Wanted) -> Iterator[str]:
    for user in [user.value for user in wanted.logons] or [EVERYBODY]:
        yield f"UID({user}) ALLOW"


def _verification(wanted: Wanted) -> Step:
    commands = [Command(KEYS), Command(f"LIST LIKE({wanted.applid}-)")]
    expected = [f"LIST LIKE({wanted.applid}-): the record, {'MULT-USE' if wanted.reusable else 'NOMULT-USE'}."]
    if wanted.authorities:
        commands += [Command(AUTHORITY_RULES), Command("LIST LIKE(IRRPTAUTH-)")]
        expected.append("LIST LIKE(IRRPTAUTH-): the rule lines from above.")
    commands += [Command(APPL_RULES), Command(f"LIST {wanted.applid}")]
    expected.append(f"LIST {wanted.applid}: the rule lines from above.")
    return Step("Look at the result", tuple(commands), tuple(expected))
