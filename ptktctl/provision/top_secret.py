"""Top Secret commands, and the steps that they make up.

Sources: CA Top Secret r15 User Guide, "PassTicket Definition"; Command Functions Guide, "PSTKAPPL Keyword"; Zowe,
"Configuring Zowe to use PassTickets". Enhanced PassTickets: that they work with Top Secret follows from fixes to TPX;
the keywords of the NDT are not documented in any of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.provision import companions, racf, racf_steps
from ptktctl.provision.acf2 import ENTER_KEY, accept_key
from ptktctl.provision.step import Command, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.provision.wanted import Wanted

REFRESH = "TSS REFRESH"
EVERYBODY = "ALL"
SOURCE = "CA Top Secret r15 User Guide, PassTicket Definition; Command Functions Guide, PSTKAPPL"
CLASS_SOURCE = "Zowe, Configuring Zowe to use PassTickets"
UNDOCUMENTED = "not in the sources of this set-up, but as Top Secret undoes it in general"


def set_up(wanted: Wanted) -> tuple[Step, ...]:
    """Everything that the documentation asks for, in the order to run it."""
    return (
        *((_class(wanted),) if wanted.authorities else ()),
        _key_entry(wanted),
        *((_authority(wanted),) if wanted.authorities else ()),
        _access(wanted),
        Step("Bring Top Secret up to date", (Command(REFRESH),)),
        *companions.set_up(wanted),
        _verification(wanted),
    )


def undo(wanted: Wanted) -> tuple[Step, ...]:
    """The way back: what `set_up` defines goes, in reverse; what others may share stays."""
    commands = [Command(f"TSS REVOKE({user}) APPL({wanted.applid})") for user in _users(wanted)]
    commands += [
        Command(f"TSS REVOKE({user}) PTKTDATA({resource})")
        for resource in _resources(wanted)
        for user in (*wanted.generators, *wanted.evaluators)
    ]
    commands += [drop_key(wanted.applid), Command(REFRESH)]
    remarks = (
        "From the refresh on, PassTickets for this application can neither be made nor used on this system: tell "
        "whoever logs on with them.",
        f"REVOKE and REMOVE are {UNDOCUMENTED}.",
        "Class PTKTDATA in the RDT and the ownership of IRRPTAUT and of the application stay, as others may need them.",
    )
    return (*companions.undo(wanted), Step("Take back the permits and the key entry", tuple(commands), remarks=remarks))


def _class(wanted: Wanted) -> Step:
    commands = (
        Command("TSS ADDTO(RDT) RESCLASS(PTKTDATA) RESCODE(101) ACLST(ALL,READ,UPDATE) MAXLEN(37)"),
        Command(f"TSS ADDTO({wanted.owner}) PTKTDATA(IRRPTAUT)", "Names of owned resources have 8 characters at most."),
    )
    remarks = (
        "PTKTDATA is not predefined in Top Secret. Leave this step out where the class is there.",
        "RESCODE is any code from 101 to 13F that no other class has: TSS LIST(RDT) shows them.",
    )
    return Step("Define the class and its owner", commands, remarks=remarks, source=CLASS_SOURCE)


def set_key(wanted: Wanted) -> Command:
    """TSS ADDTO of the key entry, with a placeholder unless the digits are known (PSTKAPPL Keyword)."""
    key = wanted.legacy
    digits = key.digits if key and key.digits else racf.PLACEHOLDER
    multi = " SIGNMULTI" if wanted.reusable else ""
    return Command(
        f"TSS ADDTO(NDT) PSTKAPPL({wanted.applid}) SESSKEY({digits}){multi}",
        accepted=tuple(accept_key(wanted)),
    )


def drop_key(applid: str) -> Command:
    """TSS REMOVE of the key entry; not in the sources, but as Top Secret undoes an ADDTO in general."""
    return Command(f"TSS REMOVE(NDT) PSTKAPPL({applid})")


def _key_entry(wanted: Wanted) -> Step:
    return Step("Define the key entry", (set_key(wanted),), remarks=tuple(_key_remarks(wanted)), source=SOURCE)


def _key_remarks(wanted: Wanted) -> Iterator[str]:
    if wanted.legacy and not wanted.legacy.digits:
        yield ENTER_KEY
    if wanted.reusable:
        yield "SIGNMULTI lets a PassTicket be used again for 10 minutes."
    elif wanted.for_rse:
        yield (
            "WARNING: RSE makes several PassTickets within one second, which are equal, so that its entry needs "
            f"SIGNMULTI: ptktctl applid set {wanted.applid} --replay allow"
        )
    yield "For enhanced PassTickets the keywords of the NDT are not documented in the sources of this set-up."


def _authority(wanted: Wanted) -> Step:
    commands = []
    for resource in _resources(wanted):
        for user in wanted.generators:
            text = f"TSS PERMIT({user}) PTKTDATA({resource}) ACCESS(READ,UPDATE)"
            commands.append(Command(text, accepted=racf.accept_generators(wanted, user.value)))
        commands += [Command(f"TSS PERMIT({user}) PTKTDATA({resource}) ACCESS(READ)") for user in wanted.evaluators]
    remarks = (
        *racf_steps.authority_remarks(wanted),
        "A name stands for all resources that begin with it, that of one user also for longer ones.",
    )
    return Step("Say who may make and evaluate PassTickets", tuple(commands), remarks=remarks, source=CLASS_SOURCE)


def _resources(wanted: Wanted) -> tuple[str, ...]:
    """The resources to permit; one for all users ends with its period."""
    return tuple(profile.rstrip("*") for profile in wanted.authorities)


def _access(wanted: Wanted) -> Step:
    owner = Command(
        f"TSS ADDTO({wanted.owner}) APPL({wanted.applid})",
        "As with other resources, somebody has to own it, which is not in the sources of this set-up; leave this out "
        "where the application has an owner.",
    )
    commands = [owner, *(Command(f"TSS PERMIT({user}) APPL({wanted.applid})") for user in _users(wanted))]
    remarks: tuple[str, ...] = ()
    if not wanted.logons:
        remarks = ("Every user may log on to the application. To name them, give --logon, or --users.",)
    return Step("Say who may log on", tuple(commands), remarks=remarks)


def _users(wanted: Wanted) -> list[str]:
    return [user.value for user in wanted.logons] or [EVERYBODY]


def _verification(wanted: Wanted) -> Step:
    commands = [Command(f"TSS WHOHAS PTKTDATA({each})") for each in _resources(wanted)]
    expected = [f"{command.text}: the permits from above." for command in commands]
    commands.append(Command(f"TSS WHOHAS APPL({wanted.applid})"))
    expected.append(f"TSS WHOHAS APPL({wanted.applid}): {', '.join(_users(wanted))}.")
    remarks = (f"One source also lists TSS WHOHAS PTKTDATA({wanted.applid}), another one reports that it is refused.",)
    return Step("Look at the result", tuple(commands), tuple(expected), remarks)
