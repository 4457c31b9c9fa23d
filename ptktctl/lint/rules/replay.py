"""Whether a PassTicket may be used again: replay protection, and the text that switches it off."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from ptktctl.lint.finding import Certainty, Finding, Related, Rule, Severity
from ptktctl.lint.rules.usage import BUSY_KINDS, ENHANCED, RSE_SUPPORT, UNCONFIRMED, in_use, made_for, racf, user_of
from ptktctl.lint.security import Esm, Origin, Text
from ptktctl.lint.security_state import Profile, security_state
from ptktctl.lint.site import ComponentKind
from ptktctl.lint.typography import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.finding import Span
    from ptktctl.lint.site import Site

PHRASE = "NO REPLAY PROTECTION"
LEAST_LIKENESS = 0.8


class Wording(enum.Enum):
    """What a profile's APPLDATA says about replay protection."""

    SILENT = "nothing"
    INTACT = "the phrase, at its beginning"
    WITHIN = "the phrase, with other text before it"
    LOWER_CASE = "the phrase, but not in upper case"
    DAMAGED = "something like the phrase"


def wording(appldata: str) -> Wording:
    """Tell what an APPLDATA says.

    That the shipped profiles have text after the phrase shows that it has not to stand alone (IBM Explorer for z/OS,
    "Define PassTicket support for RSE"); whether text may stand before it is not documented.
    """
    if appldata.startswith(PHRASE):
        return Wording.INTACT
    if PHRASE in appldata:
        return Wording.WITHIN
    if appldata.upper().startswith(PHRASE):
        return Wording.LOWER_CASE
    return Wording.DAMAGED if _resembles(appldata) else Wording.SILENT


def _resembles(appldata: str) -> bool:
    from difflib import SequenceMatcher

    plain = "".join(PLAIN.get(character, character) for character in appldata[: 4 * len(PHRASE)]).upper()
    words = "".join(character if character.isalnum() else " " for character in plain).split()
    text = "".join(words)
    goal = PHRASE.replace(" ", "")
    likeness = SequenceMatcher(None, goal, text[: len(goal)]).ratio()
    return text.startswith("NOREPLAY") or (likeness >= LEAST_LIKENESS and not text.startswith("REPLAY"))


def reusable(profile: Profile) -> bool | None:
    """Whether a PassTicket made with the key of a profile may be used again; None when it is not shown, or not clear.

    With keys of both kinds enhanced PassTickets are made, and REPLAY decides, else APPLDATA (IBM Education Assistant,
    "RACF enhanced PassTicket").
    """
    if profile.enhanced:
        return _listed(profile, profile.replay.on if profile.replay else None)
    if profile.esm is not Esm.RACF:
        return profile.multi_use.on if profile.multi_use else False
    if _phrase(profile) in DAMAGES:
        return None
    return _listed(profile, _phrase(profile) is Wording.INTACT if profile.appldata else None)


def _listed(profile: Profile, said: bool | None) -> bool | None:
    """What is said; what is not said is off, but in a listing, which need not show it."""
    return False if said is None and profile.origin is not Origin.LISTING else said


def _phrase(profile: Profile) -> Wording:
    return wording(profile.appldata.value) if profile.appldata else Wording.SILENT


REPLAY_PROTECTION_ON = Rule(
    id="PTK401",
    slug="replay-protection-on",
    severity=Severity.ERROR,
    what="A key profile lets each PassTicket be used once, but its application needs several within one second: an "
    "error for the application IDs of RSE and Zowe, for those of other components worth knowing.",
    why="All PassTickets of one second, user and application are the same. The first works, the next is refused as an "
    "invalid password, and repeated failures may revoke the user.",
    bad=(racf(appldata="", enhanced="EPTKEYLABEL(RSE.ENHANCED) TYPE(UPPER) REPLAY(NO)"),),
    good=(racf(),),
    remedy="RALTER PTKTDATA applid APPLDATA('NO REPLAY PROTECTION - DO NOT CHANGE') for a legacy key, "
    "SSIGNON(REPLAY(YES)) for an enhanced one; MULT-USE in ACF2, SIGNMULTI in Top Secret.",
    source=RSE_SUPPORT,
)


def replay_protection_on(site: Site) -> Iterator[Finding]:
    """Find key profiles of busy applications that let a PassTicket be used once."""
    used = in_use(site)
    makers = {applid: each for applid, each in made_for(site).items() if not each or each.kind in BUSY_KINDS}
    for profile in security_state(site).key_profiles():
        applid = profile.qualifiers[0]
        if reusable(profile) is False and (applid in used or applid in makers):
            component, needy = used.get(applid), applid in makers
            severity = Severity.ERROR if needy else Severity.INFO
            effect = f", but {user_of(component)} needs several a second" if needy else ": one logon a second and user"
            message = f"profile {profile.name} lets each PassTicket be used once{effect}"
            related = (Related(component.applid_span, f"uses APPLID {applid}"),) if component else ()
            yield REPLAY_PROTECTION_ON.finding(
                _switch(profile), message, _switch_off(profile), severity=severity, related=related
            )


def _switch(profile: Profile) -> Span:
    """Where replay protection is set; the profile's name when nowhere."""
    if profile.enhanced:
        return profile.replay.span if profile.replay else profile.enhanced.span
    if profile.multi_use:
        return profile.multi_use.span
    return profile.appldata.span if profile.appldata else profile.name.span


def _switch_off(profile: Profile) -> str:
    name = profile.name.value
    if profile.esm is Esm.ACF2:
        return f"SET PROFILE(PTKTDATA) DIVISION(SSIGNON), then CHANGE {name} MULT-USE"
    if profile.esm is Esm.TOP_SECRET:
        return f"TSS ADDTO(NDT) PSTKAPPL({name}) SESSKEY(key) SIGNMULTI"
    operands = [f"APPLDATA('{PHRASE} - DO NOT CHANGE')"] if profile.legacy or not profile.enhanced else []
    operands += ["SSIGNON(REPLAY(YES))"] if profile.enhanced else []
    return f"RALTER PTKTDATA {name} {' '.join(operands)}"


REPLAY_TEXT_DAMAGED = Rule(
    id="PTK402",
    slug="replay-text-damaged",
    severity=Severity.ERROR,
    what="APPLDATA of a key profile looks like NO REPLAY PROTECTION but is not. A warning when the phrase is whole but "
    "in lower case, or has other text before it or typographic characters after it.",
    why="Replay protection stays on: of several PassTickets within one second, only the first works.",
    bad=(racf(appldata=" APPLDATA('NO REPLAY')"),),
    good=(racf(appldata=" APPLDATA('NO REPLAY PROTECTION - DO NOT CHANGE')"),),
    remedy="Begin APPLDATA with NO REPLAY PROTECTION, in upper case, with one blank between the words.",
    source='IBM CICS Configuration Manager, "PassTicket activation"; IBM Db2 12, "Enabling Db2 to receive RACF '
    'PassTickets"',
)
DAMAGES = {
    Wording.DAMAGED: (Severity.ERROR, "looks like NO REPLAY PROTECTION but is not: replay protection stays on"),
    Wording.LOWER_CASE: (
        Severity.WARNING,
        f"has NO REPLAY PROTECTION in lower case: whether that counts is {UNCONFIRMED}",
    ),
    Wording.WITHIN: (
        Severity.WARNING,
        f"has text before NO REPLAY PROTECTION: whether the phrase then counts is {UNCONFIRMED}",
    ),
}


def replay_text_damaged(site: Site) -> Iterator[Finding]:
    """Find APPLDATA that was meant to switch replay protection off."""
    for profile in security_state(site).key_profiles():
        if not profile.appldata or profile.esm is not Esm.RACF:
            continue
        if fault := _fault(profile.appldata):
            severity, message = fault
            advice = f"RALTER PTKTDATA {profile.name} APPLDATA('{PHRASE} - DO NOT CHANGE')"
            message = f"APPLDATA of profile {profile.name} {message}"
            yield REPLAY_TEXT_DAMAGED.finding(profile.appldata.span, message, advice, severity=severity)


def _fault(appldata: Text) -> tuple[Severity, str] | None:
    said = wording(appldata.value)
    if said is Wording.INTACT and not appldata.value.isascii():
        odd = next(character for character in appldata.value if not character.isascii())
        return Severity.WARNING, f"has the character {odd} (U+{ord(odd):04X}) after NO REPLAY PROTECTION"
    return DAMAGES.get(said)


REPLAY_PROTECTION_OFF = Rule(
    id="PTK403",
    slug="replay-protection-off",
    severity=Severity.WARNING,
    what="Replay protection is off for an application ID that no file given needs it off for.",
    why="Nothing fails. But whoever gets hold of a PassTicket can use it again as long as it is valid: 10 minutes for "
    "a legacy one, TIMEOUT for an enhanced one.",
    bad=(
        racf(
            "RDEFINE APPL PAYROLL UACC(READ)",
            "RDEFINE PTKTDATA PAYROLL UACC(NONE) SSIGNON(EPTKEYLABEL(PAYROLL.KEY) TYPE(UPPER) REPLAY(YES))",
        ),
    ),
    good=(
        racf(
            "RDEFINE APPL PAYROLL UACC(READ)",
            "RDEFINE PTKTDATA PAYROLL UACC(NONE) SSIGNON(EPTKEYLABEL(PAYROLL.KEY) TYPE(UPPER) REPLAY(NO))",
        ),
    ),
    remedy="Switch it on again, unless a client needs several PassTickets within one second.",
    source="Broadcom, ACF2, on MULT-USE: only for closed internal networks",
)


def replay_protection_off(site: Site) -> Iterator[Finding]:
    """Find key profiles without replay protection that nobody given makes PassTickets for."""
    used = {applid for applid, each in in_use(site).items() if each.kind is ComponentKind.ZOSMF}
    makers = used | made_for(site).keys()
    for profile in security_state(site).key_profiles():
        if reusable(profile) and not profile.is_variable and profile.qualifiers[0] not in makers:
            message = f"profile {profile.name} lets PassTickets be used again, and no file given says what for"
            yield REPLAY_PROTECTION_OFF.finding(_switch(profile), message, _switch_on(profile))


def _switch_on(profile: Profile) -> str:
    name = profile.name.value
    if profile.esm is Esm.ACF2:
        return f"SET PROFILE(PTKTDATA) DIVISION(SSIGNON), then CHANGE {name} NOMULT-USE"
    if profile.esm is Esm.TOP_SECRET:
        return f"define PSTKAPPL({name}) again without SIGNMULTI"
    operands = ["NOAPPLDATA"] if _phrase(profile) is not Wording.SILENT else []
    operands += ["SSIGNON(REPLAY(NO))"] if profile.enhanced else []
    return f"RALTER PTKTDATA {name} {' '.join(operands)}"


REPLAY_SETTINGS_DIFFER = Rule(
    id="PTK413",
    slug="replay-settings-differ",
    severity=Severity.WARNING,
    what="A profile with keys of both kinds switches replay protection off for one kind only.",
    why="APPLDATA acts on legacy PassTickets and REPLAY on enhanced ones: what works with the one fails with the "
    "other.",
    bad=(racf(appldata=""),),
    good=(racf(),),
    remedy="Set APPLDATA('NO REPLAY PROTECTION') and REPLAY(YES), or neither.",
    source=ENHANCED,
    certainty=Certainty.INFERRED,
)


def replay_settings_differ(site: Site) -> Iterator[Finding]:
    """Find profiles with two keys whose two switches disagree."""
    for profile in security_state(site).key_profiles():
        if not profile.legacy or not profile.enhanced or profile.origin is Origin.LISTING:
            continue
        said, allowed = _phrase(profile), bool(profile.replay and profile.replay.on)
        if said in (Wording.INTACT, Wording.SILENT) and (said is Wording.INTACT) != allowed:
            kinds = ("legacy", "enhanced") if allowed else ("enhanced", "legacy")
            message = (
                f"profile {profile.name} has replay protection for {kinds[0]} PassTickets, none for {kinds[1]} ones"
            )
            operand = f"APPLDATA('{PHRASE} - DO NOT CHANGE')" if allowed else "SSIGNON(REPLAY(YES))"
            advice = f"make them equal, for instance RALTER PTKTDATA {profile.name} {operand}"
            yield REPLAY_SETTINGS_DIFFER.finding(_switch(profile), message, advice, related=_other_switch(profile))


def _other_switch(profile: Profile) -> tuple[Related, ...]:
    return (Related(profile.appldata.span, "APPLDATA is set here"),) if profile.appldata else ()


RULES = (
    (REPLAY_PROTECTION_ON, replay_protection_on),
    (REPLAY_TEXT_DAMAGED, replay_text_damaged),
    (REPLAY_PROTECTION_OFF, replay_protection_off),
    (REPLAY_SETTINGS_DIFFER, replay_settings_differ),
)
