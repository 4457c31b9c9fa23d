"""The steps that RACF commands make up: a set-up, and the way back.

The documentation that each step follows is printed with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.rules.replay import PHRASE
from ptktctl.lint.security import APPL_CLASS, KEY_CLASS
from ptktctl.passticket.keys import TicketType
from ptktctl.provision import companions, icsf
from ptktctl.provision.racf import (
    PLACEHOLDER,
    accept_generators,
    activate,
    define,
    define_key_profile,
    delete,
    enable_generics,
    key_operand,
    permit,
    refresh,
    replay_text_of,
    set_key,
    show,
)
from ptktctl.provision.step import Command, Step
from ptktctl.provision.wanted import KeyForm, Wanted, WantedKey
from ptktctl.store.definitions import Component

if TYPE_CHECKING:
    from collections.abc import Iterator

IDT_CLASS, TOKEN_CLASS = "IDTDATA", "CRYPTOZ"  # a class of profiles for tokens
UNCONFIRMED = "not confirmed by IBM's documentation"
GUIDE = "RACF Security Administrator's Guide"
ACTIVATING = f'{GUIDE}, "Activating the PTKTDATA class"; IBM Explorer for z/OS, "Activate the security settings..."'
DEFINING = f'{GUIDE}, "Defining profiles in the PTKTDATA class"'
ENHANCED = 'IBM Education Assistant, z/OS V2.5, "RACF enhanced PassTicket"'
TICKETSERV = 'RACF Callable Services, R_ticketserv, "RACF authorization"'
JWT = 'IBM Explorer for z/OS, "Define SAF JSON Web Token (JWT) support for RSE"'
LISTING = "RACF Command Language Reference, RLIST and SETROPTS"


def set_up(wanted: Wanted) -> tuple[Step, ...]:
    """Everything that the documentation asks for, in the order to run it."""
    return (
        activation(wanted),
        *icsf.set_up(wanted),
        key_profile(wanted),
        authority(wanted),
        access(wanted),
        *((tokens(wanted),) if wanted.jwt else ()),
        refreshes(wanted),
        *companions.set_up(wanted),
        verification(wanted),
    )


def activation(wanted: Wanted) -> Step:
    """The classes: generics first, as a generic profile that is defined before is kept as a discrete one."""
    classes = [KEY_CLASS, APPL_CLASS]
    commands = [command for each in classes for command in (enable_generics(each), activate(each))]
    remarks = [
        "All of this is harmless where it was done before.",
        "Once class APPL is active, a user needs READ to the profile of each application that has one: look at the "
        "profiles there are (SEARCH CLASS(APPL)) before you activate it for the first time.",
    ]
    if wanted.all_users and wanted.authorities:
        remarks.append(
            "GENERIC comes first: a profile with an asterisk that is defined before it would be kept as a discrete "
            f"one, which is {UNCONFIRMED}."
        )
    if wanted.jwt:
        commands += [enable_generics(IDT_CLASS), activate(IDT_CLASS)]
        remarks.append(
            f"That IDTDATA has to be enabled for generic profiles follows from the names; it is {UNCONFIRMED}."
        )
    return Step("Activate the classes", tuple(commands), remarks=tuple(remarks), source=ACTIVATING)


def key_profile(wanted: Wanted) -> Step:
    """The key profile with its keys."""
    commands = [define_key_profile(wanted)]
    commands += [set_key(wanted, key) for key in wanted.keys[1:]]
    source = f"{DEFINING}; {ENHANCED}" if wanted.enhanced else DEFINING
    return Step("Define the key profile", tuple(commands), remarks=tuple(_key_remarks(wanted)), source=source)


def _key_remarks(wanted: Wanted) -> Iterator[str]:
    if wanted.legacy:
        yield from _legacy_remarks(wanted, wanted.legacy)
    if wanted.enhanced:
        yield from _enhanced_remarks(wanted)
    if wanted.for_rse and not wanted.reusable:
        yield (
            "WARNING: RSE makes several PassTickets within one second, which are equal, so that its profile needs "
            f"replay protection off: ptktctl applid set {wanted.applid} --replay allow"
        )


def _legacy_remarks(wanted: Wanted, key: WantedKey) -> Iterator[str]:
    if not key.form.labelled and not key.digits:
        yield (
            f"Put the key's 16 hexadecimal digits in the place of {PLACEHOLDER} when you enter the command, and keep "
            "them out of this file: a job shows them in its output, ISPF writes the command to the ISPLOG data set, a "
            "console to the system log. Enter it at the READY prompt of TSO outside ISPF, or see to the ISPLOG data "
            "set. With --key-form keylabel the key stays in ICSF."
        )
    if key.form in (KeyForm.KEYENCRYPTED, KeyForm.PLACEHOLDER):
        yield "KEYENCRYPTED: RACF puts the key into ICSF's CKDS under a label of its own, which cannot be chosen."
    if key.form is KeyForm.KEYMASKED:
        yield (
            "WARNING: KEYMASKED hides the key by XOR with a constant, as public tools show. Whoever has a copy of the "
            "RACF database has the key, and the DISA STIG counts it as a finding (RACF-ES-000860). Use KEYLABEL or "
            "KEYENCRYPTED."
        )
    if wanted.reusable:
        yield (
            f"APPLDATA with the documented text, {PHRASE}, lets a legacy PassTicket be used again for 10 minutes. It "
            "does not act on enhanced ones."
        )


def _enhanced_remarks(wanted: Wanted) -> Iterator[str]:
    yield "Enhanced PassTickets need z/OS 2.5, or 2.3 and 2.4 with APARs OA59196 (RACF) and OA59197 (SAF)."
    if wanted.ticket_type is TicketType.MIXED:
        yield (
            "TYPE(MIXED) needs SETROPTS PASSWORD(MIXEDCASE), and applications that neither fold the value nor refuse "
            "the characters - and _."
        )
    if wanted.legacy:
        yield "With keys of both kinds enhanced PassTickets are made, and both kinds are taken."
    if wanted.ticket_type is TicketType.MIXED and wanted.application.component is Component.ZOWE:
        yield (
            "WARNING: Zowe folds a PassTicket to upper case before it evaluates it, as its source code shows: "
            f"ptktctl applid set {wanted.applid} --ticket upper"
        )
    if wanted.for_rse:
        yield f"That RSE and JES Job Monitor work with enhanced PassTickets is {UNCONFIRMED}: try it first."


def authority(wanted: Wanted) -> Step:
    """Who may make PassTickets, and who evaluate them through a callable service."""
    commands: list[Command] = []
    for profile in wanted.authorities:
        commands.append(define(KEY_CLASS, profile))
        for user in wanted.generators:
            made = permit(KEY_CLASS, profile, user.value, "UPDATE")
            commands.append(Command(made.text, accepted=accept_generators(wanted, user.value)))
        commands += [permit(KEY_CLASS, profile, user.value, "READ") for user in wanted.evaluators]
    return Step(
        "Say who may make and evaluate PassTickets",
        tuple(commands),
        remarks=tuple(authority_remarks(wanted)),
        source=TICKETSERV,
    )


def authority_remarks(wanted: Wanted) -> Iterator[str]:
    """What to know about the authority profiles, whichever the product."""
    if not wanted.authorities:
        yield (
            "Neither a generator nor an evaluator was named: nobody on this system can make PassTickets, or evaluate "
            "them through R_ticketserv or R_GenSec. As far as the documentation tells, a sign-on needs the key profile "
            "only."
        )
        return
    if wanted.generators:
        yield "UPDATE makes PassTickets: for the server's own user ID only."
    if wanted.evaluators:
        yield "READ evaluates through a callable service, where no failed attempt is counted: grant it sparingly."
    if wanted.all_users:
        yield (
            "The asterisk was asked for with --all-users: whoever has UPDATE can become any user of the application. "
            "With --users there is one profile for each user instead."
        )


def access(wanted: Wanted) -> Step:
    """Who may use the application at all."""
    if wanted.logons:
        commands = [define(APPL_CLASS, wanted.applid)]
        commands += [permit(APPL_CLASS, wanted.applid, user.value, "READ") for user in wanted.logons]
        remarks = ["Each user needs READ to log on to the application."]
    else:
        commands = [define(APPL_CLASS, wanted.applid, "READ")]
        remarks = [
            "Every user may log on to the application. To name them, give --logon, or --users, and the profile gets "
            "UACC(NONE) and permits."
        ]
    return Step("Say who may log on", tuple(commands), remarks=tuple(remarks), source=f"{GUIDE}, on class APPL")


def token_name(applid: str) -> str:
    """The PKCS #11 token that holds the key of an application's JSON Web Tokens, as the sample names it (JWT)."""
    return f"JWTTOK.{applid}"


def token_profiles(wanted: Wanted) -> tuple[str, ...]:
    """The profiles in class IDTDATA, one for each user unless it is for all (JWT)."""
    targets = ("*",) if wanted.all_users or not wanted.users else tuple(user.value for user in wanted.users)
    return tuple(f"JWT.{wanted.applid}.{target}.SAF" for target in targets)


def tokens(wanted: Wanted) -> Step:
    """What JSON Web Tokens need (JWT)."""
    name = token_name(wanted.applid)
    guards = ((f"SO.{name}", "CONTROL"), (f"CLEARKEY.{name}", "READ"))
    commands = []
    for profile, level in guards:
        commands.append(define(TOKEN_CLASS, profile))
        commands += [permit(TOKEN_CLASS, profile, user.value, level) for user in wanted.administrators]
    commands += [
        Command(refresh(TOKEN_CLASS).text, "Before the token is made, which needs these permits."),
        Command(f"RACDCERT ADDTOKEN({name})"),
    ]
    parameters = f"IDTPARMS(SIGTOKEN({name}) SIGALG(HS512) ANYAPPL(NO) IDTTIMEOUT(30))"
    commands += [Command(f"RDEFINE {IDT_CLASS} {each} {parameters} UACC(NONE)") for each in token_profiles(wanted)]
    remarks = [
        "JSON Web Tokens need z/OS 2.4 or higher. The names in IDTDATA have to hold the application's real APPLID; "
        "the token's name is free, but has to be the same in all commands.",
        f"Class {TOKEN_CLASS} is taken to be active and in storage; whoever runs ICSF knows.",
        "After RACDCERT ADDTOKEN the cryptographic administrator makes the key: member FEKPKCS1, with this token name.",
        "IDTTIMEOUT is in minutes, 1 to 1440; 30 is the sample's.",
    ]
    if not wanted.administrators:
        remarks.append("Nobody was named with --crypto-admin: whoever makes the token and its key needs both permits.")
    return Step("Prepare JSON Web Tokens", tuple(commands), remarks=tuple(remarks), source=JWT)


def refreshes(wanted: Wanted) -> Step:
    """The refreshes, after the last change."""
    classes = (KEY_CLASS, APPL_CLASS, *((IDT_CLASS,) if wanted.jwt else ()))
    return Step(
        "Bring the classes in storage up to date",
        tuple(refresh(each) for each in classes),
        remarks=("Until then no change above has an effect. See to it on every system that shares users.",),
    )


def verification(wanted: Wanted) -> Step:
    """What shows that it was done."""
    commands = [show(KEY_CLASS, wanted.applid, signon=True)]
    commands += [show(KEY_CLASS, each) for each in wanted.authorities]
    commands += [show(APPL_CLASS, wanted.applid)]
    if wanted.jwt:
        commands += [Command(f"RLIST {IDT_CLASS} {each} IDTPARMS ALL") for each in token_profiles(wanted)]
    commands.append(Command("SETROPTS LIST"))
    return Step("Look at the result", tuple(commands), tuple(_expectations(wanted)), source=LISTING)


def _expectations(wanted: Wanted) -> Iterator[str]:
    """In words of our own: with the headings of a listing in them the linter would take the output for one."""
    yield f"RLIST {KEY_CLASS} {wanted.applid}: no (G) beside the name, UNIVERSAL ACCESS NONE, no WARNING."
    if wanted.legacy:
        text = replay_text_of(wanted) if wanted.reusable else "NONE"
        yield f"Its APPLICATION DATA: {text}."
    yield from _key_expectations(wanted)
    for profile in wanted.authorities:
        users = [f"{each} UPDATE" for each in wanted.generators] + [f"{each} READ" for each in wanted.evaluators]
        mark = "(G) beside the name, " if profile.endswith("*") else ""
        yield f"RLIST {KEY_CLASS} {profile}: {mark}UNIVERSAL ACCESS NONE, and on its access list {', '.join(users)}."
    if wanted.logons:
        users = [f"{each} READ" for each in wanted.logons]
        yield f"RLIST {APPL_CLASS} {wanted.applid}: UNIVERSAL ACCESS NONE, and on its access list {', '.join(users)}."
    else:
        yield f"RLIST {APPL_CLASS} {wanted.applid}: UNIVERSAL ACCESS READ."
    yield (
        "SETROPTS LIST: PTKTDATA and APPL among the classes that are active, have generic profiles and are in storage "
        f"(SETR RACLIST){_mixed_expectation(wanted)}."
    )


def _key_expectations(wanted: Wanted) -> Iterator[str]:
    if wanted.legacy:
        keyword = key_operand(wanted.legacy).partition("(")[0]
        label = " with the label from above" if wanted.legacy.label else ""
        told = "" if keyword == "KEYENCRYPTED" else f" How that is worded is {UNCONFIRMED}."
        yield f"Its SSIGNON segment, for the legacy key: {keyword}{label}.{told}"
    if wanted.enhanced:
        yield (
            f"Its SSIGNON segment, for the enhanced key: Timeout = {wanted.application.timeout:08}, Replay "
            f"allowed = {'YES' if wanted.reusable else 'NO'}. How label and type are shown there is {UNCONFIRMED}."
        )


def _mixed_expectation(wanted: Wanted) -> str:
    mixed = wanted.enhanced and wanted.ticket_type is TicketType.MIXED
    return "; MIXED CASE PASSWORD SUPPORT IS IN EFFECT" if mixed else ""


def undo(wanted: Wanted) -> tuple[Step, ...]:
    """The way back: what `set_up` defines goes, in reverse; what others may share stays."""
    profiles = [(KEY_CLASS, each) for each in (*reversed(wanted.authorities), wanted.applid)]
    commands = [*_undone_tokens(wanted), delete(APPL_CLASS, wanted.applid)]
    commands += [delete(resource_class, each) for resource_class, each in profiles]
    remarks = [
        "Access lists go with their profiles. From the refresh on, PassTickets for this application can neither be "
        "made nor used on this system: tell whoever logs on with them.",
        "The key profile may be shared: other products use the same APPLID if that is FEKAPPL, and other systems that "
        "share users need the same key.",
        "The classes stay active, generic and in storage, as other applications need that.",
    ]
    return (
        *companions.undo(wanted),
        Step("Delete the profiles", tuple(commands), remarks=tuple(remarks)),
        refreshes(wanted),
        *icsf.undo(wanted),
        Step(
            "Look at the result",
            tuple(show(resource_class, each) for resource_class, each in ((APPL_CLASS, wanted.applid), *profiles)),
            ("Each RLIST answers that the profile was not found (ICH13003I).",),
        ),
    )


def _undone_tokens(wanted: Wanted) -> Iterator[Command]:
    if not wanted.jwt:
        return
    name = token_name(wanted.applid)
    for profile in token_profiles(wanted):
        yield delete(IDT_CLASS, profile)
    yield Command(f"RACDCERT DELTOKEN({name})", "The token, with the key in it.")
    yield delete(TOKEN_CLASS, f"CLEARKEY.{name}")
    yield delete(TOKEN_CLASS, f"SO.{name}")
    yield refresh(TOKEN_CLASS)
