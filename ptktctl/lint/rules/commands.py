"""Whether the commands that set up security work at all, and whether what they do takes effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from ptktctl.lint.finding import Certainty, Example, Finding, Related, Rule, Severity
from ptktctl.lint.rules.usage import RSE_SUPPORT, TICKETSERV, UNCONFIRMED, racf, tells_absence
from ptktctl.lint.security import (
    APPL_CLASS,
    AUTHORITY,
    KEY_CLASS,
    Action,
    Change,
    ClassOption,
    ClassSetting,
    CommandError,
    CommandErrorKind,
    Esm,
    Origin,
    Part,
    PermitChange,
    ProfileChange,
    has_generic_characters,
    is_authority,
    is_symbolic,
)
from ptktctl.lint.security_state import changes_in_order, security_state
from ptktctl.lint.site import Component, SlipKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptktctl.lint.finding import Span
    from ptktctl.lint.security_state import Profile, SecurityState
    from ptktctl.lint.site import Site

COMMAND_REFERENCE = "z/OS Security Server RACF Command Language Reference"
ACTIVATING = 'z/OS Security Server RACF Security Administrator\'s Guide, "Activating the PTKTDATA class"'
PREVENTING_ERRORS = 'z/OS Security Server RACF Security Administrator\'s Guide, "Preventing errors" with PassTickets'
GENERIC_COMMAND = "SETROPTS GENERIC(PTKTDATA)"
ACTIVE_COMMAND = "SETROPTS CLASSACT(PTKTDATA) RACLIST(PTKTDATA)"
RDT_COMMAND = "TSS ADDTO(RDT) RESCLASS(PTKTDATA) RESCODE(n) ACLST(ALL,READ,UPDATE) MAXLEN(37)"
REFRESH_COMMAND = "SETROPTS RACLIST(PTKTDATA) REFRESH"


def _without(line: str) -> Example:
    """The commands of a right set-up but for one line."""
    right = racf()
    return right._replace(content=right.content.replace(f"{line}\n", ""))


def _at_last(line: str) -> Example:
    """The commands of a right set-up with one line last."""
    return _without(line)._replace(content=f"{_without(line).content}{line}\n")


PERMIT_WITHOUT_PROFILE = Rule(
    id="PTK505",
    slug="permit-without-profile",
    severity=Severity.ERROR,
    what="A PERMIT names a profile that is defined only later, or that nothing given defines although others of its "
    "class are defined; or it permits the key profile, where the authority to make and evaluate PassTickets comes from "
    "IRRPTAUTH.applid.user.",
    why="The command fails, or gives access that nothing asks for. PassTickets cannot be made: SAF 8, RACF 8, reason "
    "16.",
    bad=(racf("PERMIT IRRPTAUTH.RSETEST.* CLASS(PTKTDATA) ID(STCRSE) ACCESS(UPDATE)"),),
    good=(racf(),),
    remedy="Define the profile first: RDEFINE PTKTDATA IRRPTAUTH.applid.* UACC(NONE)",
    source=f"{TICKETSERV}; {COMMAND_REFERENCE}, PERMIT",
)


def permit_without_profile(site: Site) -> Iterator[Finding]:
    """Find permits of RACF whose profile is not there, or is not the one that counts.

    The order of commands counts within a file only: which of two files is run first is not known.
    """
    state = security_state(site)
    whole = frozenset(each for each in (KEY_CLASS, APPL_CLASS) if tells_absence(site, each))
    last: dict[tuple[str, str, str], ProfileChange] = {}
    for change in changes_in_order(site, Origin.COMMANDS):
        if isinstance(change, ProfileChange):
            last[(change.span.file, change.resource_class, change.name.value)] = change
        elif isinstance(change, PermitChange) and change.esm is Esm.RACF and not change.delete:
            before = last.get((change.span.file, change.resource_class, change.profile.value))
            if not is_symbolic(change.profile.value):
                yield from _judge_permit(change, state, before, whole)


def _judge_permit(
    permit: PermitChange, state: SecurityState, before: ProfileChange | None, whole: frozenset[str]
) -> Iterator[Finding]:
    """Judge a permit by the profiles there are, and by what was done to its own before it in the same file.

    Args:
        whole: the classes of which a profile that nothing given defines can be said not to exist.
    """
    name, resource_class = permit.profile.value, permit.resource_class
    profile = state.profiles.get((resource_class, name))
    defined = profile if profile and profile.defined else None
    if resource_class == KEY_CLASS and not is_authority(name) and not _is_catch_all(name):
        meant = f"{AUTHORITY}.{name}.*"
        yield PERMIT_WITHOUT_PROFILE.finding(
            permit.profile.span,
            f"{name} would be a key profile: who makes and evaluates PassTickets is decided by {meant}",
            f"permit that one: {_permit_command(permit, meant)}",
            related=(Related(defined.span, f"{name} is defined here"),) if defined else (),
        )
    elif resource_class not in (KEY_CLASS, APPL_CLASS) or (before and before.action is not Action.DELETE):
        return
    elif defined or before or (resource_class in whole and not state.may_define(resource_class, name)):
        yield from _judge_order(permit, defined)


def _judge_order(permit: PermitChange, defined: Profile | None) -> Iterator[Finding]:
    """Judge a permit whose profile is not there, or has to be there before."""
    name, resource_class = permit.profile.value, permit.resource_class
    if not defined or (defined.span.file == permit.span.file and defined.span > permit.span):
        yield PERMIT_WITHOUT_PROFILE.finding(
            permit.profile.span,
            f"{name} is {'defined only after this' if defined else f'defined nowhere in class {resource_class}'}",
            f"define it first: RDEFINE {resource_class} {name} UACC(NONE)",
            related=(Related(defined.span, f"{name} is defined here"),) if defined else (),
        )


def _is_catch_all(name: str) -> bool:
    """Whether a name is that of a profile for everything, which is the one that counts where there is no other."""
    return set(name) <= {"*", "."}


def _permit_command(permit: PermitChange, profile: str) -> str:
    ids = " ".join(each.value for each in permit.ids) or "user"
    access = permit.access.value if permit.access else "READ"
    return f"PERMIT {profile} CLASS({permit.resource_class}) ID({ids}) ACCESS({access})"


GENERICS_NOT_ENABLED = Rule(
    id="PTK506",
    slug="generics-not-enabled",
    severity=Severity.ERROR,
    what="A profile such as IRRPTAUTH.applid.* is defined while generic profiles are not enabled for class PTKTDATA, "
    "or an unload or a listing shows it as a discrete profile.",
    why="RACF then keeps a discrete profile with an asterisk in its name, which covers no user: PassTickets cannot be "
    f"made (SAF 8, RACF 8, reason 16). That effect is {UNCONFIRMED}.",
    bad=(_at_last(GENERIC_COMMAND),),
    good=(racf(),),
    remedy="SETROPTS GENERIC(PTKTDATA) first; a profile that is there already has to be deleted and defined again.",
    source=RSE_SUPPORT,
    certainty=Certainty.INFERRED,
)


def generics_not_enabled(site: Site) -> Iterator[Finding]:
    """Find generic authority profiles that are not kept as such.

    That GENERIC comes too late, or is off, is told within a file only: which of two files is run first is not known.
    """
    switch: ClassOption | None = None
    undecided: list[ProfileChange] = []
    for change in changes_in_order(site):
        if isinstance(change, ClassOption) and change.setting is ClassSetting.GENERIC and _names(change, KEY_CLASS):
            if change.on and not switch:
                yield from (_not_generic(each, change) for each in undecided if each.span.file == change.span.file)
            switch = change
        elif isinstance(change, ProfileChange) and _is_generic_authority(change):
            if change.origin is not Origin.COMMANDS:
                yield from (_not_generic(change, None),) if change.generic is False else ()
            elif not switch:
                undecided.append(change)
            elif not switch.on and switch.span.file == change.span.file:
                yield _not_generic(change, switch)


def _is_generic_authority(change: ProfileChange) -> bool:
    name = change.name.value
    defined = change.action is Action.DEFINE and change.resource_class == KEY_CLASS and change.esm is Esm.RACF
    return defined and is_authority(name) and has_generic_characters(name)


def _not_generic(profile: ProfileChange, switch: ClassOption | None) -> Finding:
    name = profile.name.value
    if not switch:
        message = f"{name} is kept as a discrete profile, whose asterisk covers nobody ({UNCONFIRMED})"
        advice = f"{GENERIC_COMMAND}, then RDELETE PTKTDATA {name} and define it again"
        return GENERICS_NOT_ENABLED.finding(profile.name.span, message, advice)
    when = "before GENERIC is switched on" if switch.on else "while GENERIC is off"
    message = f"{name} is defined {when} for PTKTDATA: it becomes a discrete profile that covers nobody ({UNCONFIRMED})"
    related = (Related(switch.span, f"GENERIC is switched {'on' if switch.on else 'off'} here"),)
    return GENERICS_NOT_ENABLED.finding(
        profile.name.span, message, f"put before it: {GENERIC_COMMAND}", related=related
    )


def _names(option: ClassOption, resource_class: str) -> bool:
    return any(each.value == resource_class for each in option.classes)


REFRESH_MISSING = Rule(
    id="PTK507",
    slug="refresh-missing",
    severity=Severity.WARNING,
    what="PTKTDATA profiles or their access lists are changed, and the class is not refreshed after that. In ACF2: "
    "what is changed is not what is rebuilt, key records with CLASS(P), rules with CLASS(R).",
    why="The profiles are kept in storage: until they are refreshed, the change has no effect, and PassTickets are "
    "refused as before.",
    bad=(_without("SETROPTS RACLIST(PTKTDATA APPL) REFRESH"),),
    good=(racf(),),
    remedy="SETROPTS RACLIST(PTKTDATA) REFRESH; ACF2: F ACF2,REBUILD(PTK),CLASS(P) for keys, F ACF2,REBUILD(PTK) for "
    "rules.",
    source=f"{ACTIVATING}; Broadcom, article 52976, for ACF2",
)


class _Kept(NamedTuple):
    """Something that is kept in storage, and what brings it up to date."""

    esm: Esm
    resource_class: str
    part: Part
    command: str


KEPT = (
    _Kept(Esm.RACF, KEY_CLASS, Part.ALL, REFRESH_COMMAND),
    _Kept(Esm.ACF2, KEY_CLASS, Part.KEYS, "F ACF2,REBUILD(PTK),CLASS(P)"),
    _Kept(Esm.ACF2, KEY_CLASS, Part.RULES, "F ACF2,REBUILD(PTK),CLASS(R)"),
    _Kept(Esm.ACF2, APPL_CLASS, Part.RULES, "F ACF2,REBUILD(APL)"),
)


def refresh_missing(site: Site) -> Iterator[Finding]:
    """Find the last change to each thing that is kept in storage, when nothing refreshes it after that.

    A refresh in another file counts, for that may be run later.
    """
    changes = changes_in_order(site, Origin.COMMANDS)
    for kept in KEPT:
        changed = [change for change in changes if _is_change_to(change, kept)]
        refreshes = [change for change in changes if isinstance(change, ClassOption) and _refreshes(change, kept)]
        if changed and not any(_comes_after(refresh.span, changed[-1].span) for refresh in refreshes):
            yield _unrefreshed(changed[-1], kept, changes)


def _is_change_to(change: Change, kept: _Kept) -> TypeGuard[ProfileChange | PermitChange]:
    if not isinstance(change, ProfileChange | PermitChange):
        return False
    if (change.esm, change.resource_class) != (kept.esm, kept.resource_class):
        return False
    return kept.part is Part.ALL or kept.part is _part(change)


def _part(change: ProfileChange | PermitChange) -> Part:
    """What ACF2 keeps a change among: its key records have the application's name, its rules those of resources."""
    key = (
        isinstance(change, ProfileChange) and change.resource_class == KEY_CLASS and not is_authority(change.name.value)
    )
    return Part.KEYS if key else Part.RULES


def _refreshes(option: ClassOption, kept: _Kept) -> bool:
    """Whether an option brings something up to date; to RACLIST a class for the first time does."""
    if option.esm is not kept.esm or not option.on or not _names(option, kept.resource_class):
        return False
    return option.setting in (ClassSetting.REFRESHED, ClassSetting.RACLISTED) and option.part is kept.part


def _comes_after(span: Span, other: Span) -> bool:
    return span.file != other.file or span > other


def _unrefreshed(change: ProfileChange | PermitChange, kept: _Kept, changes: Sequence[Change]) -> Finding:
    place = change.name.span if isinstance(change, ProfileChange) else change.profile.span
    wrong = next(
        (
            each
            for each in changes
            if isinstance(each, ClassOption)
            and each.setting is ClassSetting.REFRESHED
            and each.part is not kept.part
            and _names(each, kept.resource_class)
            and _refreshes(each, kept._replace(part=each.part))
        ),
        None,
    )
    message = f"nothing refreshes {_what(kept)} after this change, which has no effect until then"
    related = (Related(wrong.span, f"this rebuilds the {wrong.part.value} only"),) if wrong else ()
    return REFRESH_MISSING.finding(place, message, f"add after it: {kept.command}", related=related)


def _what(kept: _Kept) -> str:
    return kept.resource_class if kept.part is Part.ALL else f"the {kept.part.value} of {kept.resource_class}"


CLASS_NOT_ACTIVE = Rule(
    id="PTK508",
    slug="class-not-active",
    severity=Severity.INFO,
    what="Commands set up PTKTDATA profiles, and nothing given activates the class: SETROPTS CLASSACT and RACLIST; in "
    "Top Secret, TSS ADDTO(RDT) RESCLASS(PTKTDATA). An error when SETROPTS LIST shows that the class is not active or "
    "not in storage.",
    why="While the class is not active and in storage, PassTickets can neither be made (SAF 8, RACF 8, reason 16) nor "
    "evaluated (invalid password). It may have been activated before.",
    bad=(
        racf()._replace(
            content=racf().content.replace(
                "CLASSACT(PTKTDATA APPL) RACLIST(PTKTDATA APPL)", "CLASSACT(APPL) RACLIST(APPL)"
            )
        ),
    ),
    good=(racf(),),
    remedy=ACTIVE_COMMAND,
    source=f"{ACTIVATING}; {PREVENTING_ERRORS}",
)


def class_not_active(site: Site) -> Iterator[Finding]:
    """Find the first command that defines something in class PTKTDATA, when nothing activates it; or a listed gap."""
    yield from _listed_inactive(site)
    changes = changes_in_order(site)
    for esm, settings in NEEDED_SETTINGS.items():
        given = {
            change.setting
            for change in changes
            if isinstance(change, ClassOption) and change.esm is esm and change.on and _names(change, KEY_CLASS)
        }
        missing = [setting for setting in settings if setting not in given]
        first = next((each for each in changes if isinstance(each, ProfileChange) and _sets_up(each, esm)), None)
        if missing and first:
            of_racf = esm is Esm.RACF
            words = " and ".join(setting.value for setting in missing) if of_racf else "ADDTO(RDT)"
            message = f"{first.name.value} is defined, but no {words} for class PTKTDATA is given"
            advice = f"unless that was done before: {ACTIVE_COMMAND if of_racf else RDT_COMMAND}"
            yield CLASS_NOT_ACTIVE.finding(first.name.span, message, advice)


def _listed_inactive(site: Site) -> Iterator[Finding]:
    """What a listing shows to be off, and no command switches on."""
    state = security_state(site)
    concerned = any(True for _ in site.every(Component)) or any(True for _ in state.key_profiles())
    for setting in NEEDED_SETTINGS[Esm.RACF]:
        option = state.options.get((setting, KEY_CLASS))
        if concerned and option and not option.on and option.origin is Origin.LISTING:
            place = next(each.span for each in option.classes if each.value == KEY_CLASS)
            message = f"class {KEY_CLASS} is not among these: no PassTicket can be made or evaluated"
            advice = f"SETROPTS {setting.value}({KEY_CLASS})"
            yield CLASS_NOT_ACTIVE.finding(place, message, advice, severity=Severity.ERROR)


NEEDED_SETTINGS = {
    Esm.RACF: (ClassSetting.ACTIVE, ClassSetting.RACLISTED),
    Esm.TOP_SECRET: (ClassSetting.ACTIVE,),
}


def _sets_up(change: ProfileChange, esm: Esm) -> bool:
    """Whether a command sets up what needs the class: a key, in Top Secret, which keeps keys elsewhere, a permit.

    One more authority profile alone is a change to what was set up before.
    """
    if change.origin is not Origin.COMMANDS or change.action is not Action.DEFINE or change.esm is not esm:
        return False
    return change.resource_class == KEY_CLASS and is_authority(change.name.value) is (esm is Esm.TOP_SECRET)


COMMAND_ERROR = Rule(
    id="PTK511",
    slug="command-error",
    severity=Severity.ERROR,
    what="A command is not one: a parenthesis or quote too many or too few, an operand that is unknown, repeated, or "
    "without its value, a name or a continuation that is missing, two commands in one. A warning for an operand or "
    "value of ACF2 or Top Secret that is nearly a known one.",
    why="The command fails, or does something else than what it says; what comes after it then builds on nothing.",
    bad=(racf(key="KEYLABEL(RSE.LEGACY"),),
    good=(racf(),),
    remedy="Write the command as the manual gives it, one on a line, + or - at the end of a line that goes on.",
    source=f"{COMMAND_REFERENCE}; z/OS TSO/E Command Reference, on the syntax of commands",
)
# What is wrong, with {} for the word it is about, and what to do, with {} for what would be right.
WORDINGS = {
    CommandErrorKind.OPEN_PARENTHESIS: ("the parenthesis after {} is never closed", "add the missing )"),
    CommandErrorKind.EXTRA_PARENTHESIS: ("a closing parenthesis that nothing opens", "delete it, or open it"),
    CommandErrorKind.OPEN_QUOTE: ("this quote is never closed", "close it; a quote within a string is doubled"),
    CommandErrorKind.OPEN_COMMENT: ("this comment is never closed", "close it with */"),
    CommandErrorKind.NO_CONTINUATION: ("the command goes on without a continuation character", "end the line with +"),
    CommandErrorKind.JOINED_COMMANDS: ("{} begins another command on the same line", "put it on a line of its own"),
    CommandErrorKind.STRAY_CONTINUATION: (
        "a continuation character that does not end its line",
        "delete it, or end the line after it",
    ),
    CommandErrorKind.UNKNOWN_COMMAND: ("{} is not a command", "did you mean {}?"),
    CommandErrorKind.UNKNOWN_OPERAND: ("{} is not an operand here", "did you mean {}?"),
    CommandErrorKind.AMBIGUOUS_OPERAND: ("{} is short for more than one operand", "write it out: {}"),
    CommandErrorKind.REPEATED_OPERAND: ("{} is given twice", "keep one"),
    CommandErrorKind.MISSING_VALUE: ("{} has no value", "give one in parentheses, or leave it out"),
    CommandErrorKind.SURPLUS_VALUE: ("{} takes no value", "delete the parentheses and what they hold"),
    CommandErrorKind.BAD_VALUE: ("{} is not a value that is taken here", "write one of {}"),
    CommandErrorKind.MISSING_NAME: ("no profile is named after {}", "name it: RDEFINE class profile operands"),
    CommandErrorKind.MISSING_BLANK: ("there is no blank before {}", "put one between the profile and {}"),
    CommandErrorKind.MISSING_CLASS: (
        "{} names no class, so that RACF takes the profile for a data set",
        "add CLASS({})",
    ),
    CommandErrorKind.UNKNOWN_CLASS: ("{} is not a class", "did you mean {}?"),
    CommandErrorKind.CONFLICT: ("{} exclude each other", "keep one"),
}


def command_error(site: Site) -> Iterator[Finding]:
    """Find what is no command."""
    for error in site.every(CommandError):
        message, advice = WORDINGS[error.kind]
        if "{}" in advice:
            advice = advice.format(error.detail) if error.detail else "see the manual, or delete it"
        related = (Related(error.other, f"{error.text} is given here first"),) if error.other else ()
        message = message.format(error.text or "this") + ", as far as is known" * (not error.sure)
        severity = Severity.ERROR if error.sure else Severity.WARNING
        yield COMMAND_ERROR.finding(error.span, message, advice, severity=severity, related=related)


def _in_job(commands: Example, *lines: str) -> Example:
    """Commands as a job has them, and more lines after them."""
    job = "//RACF     JOB (ACCT),'PASSTICKETS'\n//TSO      EXEC PGM=IKJEFT01\n//SYSTSIN  DD *\n"
    return Example("racf.jcl", "\n".join((f"{job}{commands.content.rstrip()}", *lines, "/*", "")))


BEYOND_COLUMN_72 = Rule(
    id="PTK313",
    slug="beyond-column-72",
    severity=Severity.WARNING,
    what="Beside a command in a job, columns 73 to 80 hold something else than a sequence number.",
    why="These columns are for sequence numbers. What is there may be passed over, so that an operand is lost, or be "
    f"taken for a part of the command; which of both is {UNCONFIRMED}. Lint does not read it.",
    bad=(_in_job(racf(), f"{'SETROPTS RACLIST(APPL) REFRESH':<72}GENERIC"),),
    good=(_in_job(racf(), f"{'SETROPTS RACLIST(APPL) REFRESH':<72}00010000"),),
    remedy="Continue the command with + or - by column 72, and write the rest on the next line.",
    source="A rule of ptktctl's own; z/OS ISPF Edit and Edit Macros, on sequence numbers in columns 73 to 80",
    certainty=Certainty.UNVERIFIED,
)


def beyond_column_72(site: Site) -> Iterator[Finding]:
    """Find what stands where only sequence numbers belong."""
    for slip in site.slips(SlipKind.BEYOND_COLUMN_72):
        message = "text in columns 73 to 80 is not read, and may be taken for a part of the command"
        yield BEYOND_COLUMN_72.finding(slip.span, message, "continue with + or - by column 72, and write it below")


RULES = (
    (PERMIT_WITHOUT_PROFILE, permit_without_profile),
    (GENERICS_NOT_ENABLED, generics_not_enabled),
    (REFRESH_MISSING, refresh_missing),
    (CLASS_NOT_ACTIVE, class_not_active),
    (COMMAND_ERROR, command_error),
    (BEYOND_COLUMN_72, beyond_column_72),
)
