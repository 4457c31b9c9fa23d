"""The secured signon keys and the profiles that hold them."""

from __future__ import annotations

import enum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.errors import InputError
from ptktctl.lint.finding import Certainty, Finding, Related, Rule, Severity
from ptktctl.lint.rules.usage import DEFINING_PROFILES, ENHANCED, STORING_KEYS, UNCONFIRMED, in_use, racf
from ptktctl.lint.security import (
    KEY_CLASS,
    Action,
    Esm,
    KeyForm,
    KeyOperand,
    Origin,
    PasswordCase,
    ProfileChange,
    has_generic_characters,
    is_symbolic,
)
from ptktctl.lint.security_state import Profile, changes_in_order, security_state
from ptktctl.lint.site import ComponentKind
from ptktctl.passticket.keys import LegacyKey
from ptktctl.passticket.weaknesses import Weakness

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from ptktctl.lint.finding import Span
    from ptktctl.lint.security import Text
    from ptktctl.lint.site import Site

LONGEST_KEY = 16
HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
# What begins, or holds, a symbol of JCL, a CLIST, a shell or a template: the key comes from elsewhere.
SYMBOL_STARTS = ("&", "$", "%")
SYMBOL_PARTS = ("${", "$(", "{{", "%(")
# What manuals and samples write for a key, or a part of it.
PLACEHOLDER_WORDS = ("KEY", "MASK", "CRYPTO", "YOUR", "VALUE", "HEX", "SECRET", "CHANGE", "REPLACE", "XXX", "NNN")
PLACEHOLDER_SIGNS = frozenset("<>[]{}#?*.")


class Content(enum.Enum):
    """What stands where a key belongs."""

    SYMBOL = "a symbol"
    PLACEHOLDER = "a placeholder"
    MALFORMED = "no key"
    KEY = "a key"


class GivenKey(NamedTuple):
    """A legacy key that a command gives a profile, and that no later command replaces.

    Attributes:
        key: None unless 16 hexadecimal digits are given.
        fault: of a malformed one, what is wrong; it never repeats a digit.
    """

    change: ProfileChange
    operand: KeyOperand
    span: Span
    content: Content
    key: LegacyKey | None = None
    fault: str = ""

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.change.name.value

    @property
    def weaknesses(self) -> frozenset[Weakness]:
        """What is wrong with the key itself."""
        return frozenset(self.key.weaknesses() if self.key else ())


@lru_cache(maxsize=1)
def given_keys(site: Site) -> tuple[GivenKey, ...]:
    """The keys that stand in the files, of each file and profile the last one."""
    last: dict[tuple[str, str], GivenKey] = {}
    for change in changes_in_order(site, Origin.COMMANDS):
        if not isinstance(change, ProfileChange) or change.resource_class != KEY_CLASS:
            continue
        place = (change.span.file, change.name.value)
        if change.action is Action.DELETE or change.drops_legacy:
            last.pop(place, None)
        for operand in change.keys:
            if operand.secret:
                last[place] = _given_key(change, operand, operand.secret.digits, operand.secret.span)
            elif operand.form is KeyForm.KEYLABEL:
                last.pop(place, None)
    return tuple(last.values())


def _given_key(change: ProfileChange, operand: KeyOperand, digits: str, span: Span) -> GivenKey:
    content = _content(digits)
    if content is not Content.KEY:
        return GivenKey(change, operand, span, content, fault=_fault(digits))
    if operand.form is KeyForm.SESSKEY and len(digits) < LONGEST_KEY:
        # Top Secret takes 1 to 16 digits (CA Top Secret Command Functions Guide, "PSTKAPPL Keyword").
        return GivenKey(change, operand, span, content)
    try:
        return GivenKey(change, operand, span, content, LegacyKey.from_hex(digits))
    except InputError as error:
        return GivenKey(change, operand, span, Content.MALFORMED, fault=error.message)


def _content(digits: str) -> Content:
    if digits.startswith(SYMBOL_STARTS) or any(part in digits for part in SYMBOL_PARTS):
        return Content.SYMBOL
    if HEX_DIGITS.issuperset(digits):
        return Content.KEY
    folded = digits.upper()
    placeholder = any(word in folded for word in PLACEHOLDER_WORDS) or not PLACEHOLDER_SIGNS.isdisjoint(digits)
    return Content.PLACEHOLDER if placeholder or len(set(folded)) == 1 else Content.MALFORMED


def _fault(digits: str) -> str:
    wrong = next((number for number, digit in enumerate(digits, start=1) if digit not in HEX_DIGITS), 0)
    return f"character {wrong} of the key is not a hexadecimal digit"


def _new_key(change: ProfileChange) -> str:
    """How to give a profile another key."""
    name = change.name.value
    command = {
        Esm.RACF: f"RALTER PTKTDATA {name} SSIGNON(KEYLABEL(label))",
        Esm.ACF2: f"SET PROFILE(PTKTDATA) DIVISION(SSIGNON), then CHANGE {name} SSKEY(key)",
        Esm.TOP_SECRET: f"TSS ADDTO(NDT) PSTKAPPL({name}) SESSKEY(key)",
    }[change.esm]
    return f"make a random one ('ptktctl key generate' does) and give it to the profile: {command}"


KEY_MASKED = Rule(
    id="PTK404",
    slug="key-masked",
    severity=Severity.WARNING,
    what="The key of a profile is KEYMASKED.",
    why="Nothing fails. But the masking needs no key to be undone: whoever has a copy of the RACF database has the "
    "key, and can make PassTickets for every user of the application.",
    bad=(racf(key="KEYMASKED(&KEY)"),),
    good=(racf(key="KEYENCRYPTED(&KEY)"),),
    remedy="RALTER PTKTDATA applid SSIGNON(ENCRYPTKEY) re-encrypts the key with ICSF.",
    source="DISA STIG for z/OS RACF, RACF-ES-000860 (V-257135): keys must be KEYENCRYPTED",
)


def key_masked(site: Site) -> Iterator[Finding]:
    """Find masked keys."""
    for profile in security_state(site).key_profiles():
        if profile.legacy and profile.legacy.form is KeyForm.KEYMASKED:
            message = f"the key of profile {profile.name} is masked, which can be undone without any key"
            advice = f"RALTER PTKTDATA {profile.name} SSIGNON(ENCRYPTKEY)"
            yield KEY_MASKED.finding(profile.legacy.span, message, advice)


PUBLISHED_KEY = Rule(
    id="PTK405",
    slug="published-key",
    severity=Severity.ERROR,
    what="The key is one that a manual, a sample or a README prints, or differs from one in parity bits only.",
    why="Nothing fails. But everybody has the key, and can make PassTickets for every user of the application.",
    bad=(racf(key="KEYENCRYPTED(E001193519561977)"),),
    good=(racf(key="KEYLABEL(RSE.LEGACY)"),),
    remedy="Make a random key, for instance with 'ptktctl key generate', and replace this one wherever it is used.",
    source=DEFINING_PROFILES,
)


def published_key(site: Site) -> Iterator[Finding]:
    """Find keys that everybody has."""
    for given in given_keys(site):
        if Weakness.PUBLISHED in given.weaknesses:
            message = f"the key of profile {given.name} is {Weakness.PUBLISHED.value}"
            yield PUBLISHED_KEY.finding(given.span, message, _new_key(given.change))


WEAK_KEY = Rule(
    id="PTK406",
    slug="weak-key",
    severity=Severity.ERROR,
    what="The key is easy to guess: a DES weak or semi-weak key (error), a repeated pattern, an ascending or "
    "descending sequence, or readable text (warning).",
    why="Nothing fails. But who guesses the key can make PassTickets for every user of the application.",
    bad=(racf(key="KEYENCRYPTED(0101010101010101)"),),
    good=(racf(key="KEYLABEL(RSE.LEGACY)"),),
    remedy="Make a random key, for instance with 'ptktctl key generate', and replace this one wherever it is used.",
    source="NIST SP 800-67, on DES weak and semi-weak keys",
)
DES_WEAKNESSES = (Weakness.WEAK, Weakness.SEMI_WEAK)


def weak_key(site: Site) -> Iterator[Finding]:
    """Find keys that are easy to guess."""
    for given in given_keys(site):
        weakness = next((each for each in Weakness if each in given.weaknesses), None)
        if weakness and Weakness.PUBLISHED not in given.weaknesses:
            severity = Severity.ERROR if weakness in DES_WEAKNESSES else Severity.WARNING
            message = f"the key of profile {given.name} is {weakness.value}"
            yield WEAK_KEY.finding(given.span, message, _new_key(given.change), severity=severity)


PLACEHOLDER_KEY = Rule(
    id="PTK407",
    slug="placeholder-key",
    severity=Severity.ERROR,
    what="A placeholder, such as key16, <key> or yourmaskvalue, stands where the key belongs.",
    why="The command is refused, and the profile has no key: every PassTicket for the application fails.",
    bad=(racf(key="KEYENCRYPTED(<key>)"),),
    good=(racf(key="KEYENCRYPTED(&KEY)"),),
    remedy="Replace it by a key of 16 hexadecimal digits, or better, use KEYLABEL.",
    source=DEFINING_PROFILES,
)


def placeholder_key(site: Site) -> Iterator[Finding]:
    """Find keys that were never filled in."""
    for given in given_keys(site):
        if given.content is Content.PLACEHOLDER:
            message = f"the key of profile {given.name} is a placeholder that was never replaced"
            yield PLACEHOLDER_KEY.finding(given.span, message, _new_key(given.change))


MALFORMED_KEY = Rule(
    id="PTK408",
    slug="malformed-key",
    severity=Severity.ERROR,
    what="The key is not 16 hexadecimal digits; for SESSKEY of Top Secret, not 1 to 16.",
    why="The command is refused, and the profile has no key: every PassTicket for the application fails.",
    bad=(racf(key="KEYENCRYPTED(296LFD)"),),
    good=(racf(key="KEYENCRYPTED(&KEY)"),),
    remedy="Give 16 hexadecimal digits, or better, use KEYLABEL.",
    source=DEFINING_PROFILES,
)


def malformed_key(site: Site) -> Iterator[Finding]:
    """Find keys of a wrong length or with other characters."""
    for given in given_keys(site):
        if given.content is Content.MALFORMED:
            yield MALFORMED_KEY.finding(given.span, f"profile {given.name}: {given.fault}", _new_key(given.change))


KEY_IN_CLEAR = Rule(
    id="PTK409",
    slug="key-in-clear",
    severity=Severity.WARNING,
    what="A key that may be real stands in the file. No report shows it.",
    why="Nothing fails. But whoever can read the file, the job's output, the ISPF log or the system log can make "
    "PassTickets for every user of the application.",
    bad=(racf(key="KEYENCRYPTED(9B3F64D81C7EA25B)"),),
    good=(racf(key="KEYLABEL(RSE.LEGACY)"),),
    remedy="Put the key into ICSF's key data set and name it with KEYLABEL; replace the one that stood in the file.",
    source='z/OS Security Server RACF Command Language Reference, RALTER, on SSIGNON; "Storing PassTicket keys '
    'encrypted in ICSF"',
)
NO_REAL_KEY = {Weakness.PUBLISHED, *DES_WEAKNESSES, Weakness.REPEATED, Weakness.ASCENDING}


def key_in_clear(site: Site) -> Iterator[Finding]:
    """Find keys in the files that no other rule takes for a sample."""
    for given in given_keys(site):
        if given.content is Content.KEY and NO_REAL_KEY.isdisjoint(given.weaknesses):
            message = f"the key of profile {given.name} stands in the file for everybody who can read it"
            yield KEY_IN_CLEAR.finding(given.span, message, _new_key(given.change))


GENERIC_KEY_PROFILE = Rule(
    id="PTK410",
    slug="generic-key-profile",
    severity=Severity.ERROR,
    what="A key profile has a generic character in its name.",
    why="RACF ignores it without a message, and every PassTicket for the application fails.",
    bad=(racf("RDEFINE PTKTDATA PAY* UACC(NONE) SSIGNON(EPTKEYLABEL(PAY.KEY) TYPE(UPPER))"),),
    good=(racf("RDEFINE PTKTDATA PAYROLL UACC(NONE) SSIGNON(EPTKEYLABEL(PAY.KEY) TYPE(UPPER))"),),
    remedy="Define a discrete key profile for each application ID.",
    source=DEFINING_PROFILES,
)
CATCH_ALLS = ("*", "**")


def generic_key_profile(site: Site) -> Iterator[Finding]:
    """Find key profiles that RACF ignores; one for everything else that has no key is none of them."""
    for profile in security_state(site).key_profiles():
        name = profile.name.value
        holds_key = profile.legacy or profile.enhanced
        if profile.esm is Esm.RACF and has_generic_characters(name) and (holds_key or name not in CATCH_ALLS):
            message = f"RACF ignores key profile {name}, as it has a generic character"
            advice = f"RDELETE PTKTDATA {name}, and define a discrete profile for each application ID"
            yield GENERIC_KEY_PROFILE.finding(profile.name.span, message, advice)


SHARED_KEY = Rule(
    id="PTK411",
    slug="shared-key",
    severity=Severity.WARNING,
    what="Two profiles have the same key, parity bits aside, or the same label of a key in ICSF.",
    why="Nothing fails. But who has the key of one application can make PassTickets for the other as well, and both "
    "keys have to be changed at once.",
    bad=(racf("RDEFINE PTKTDATA PAYROLL UACC(NONE) SSIGNON(EPTKEYLABEL(RSE.ENHANCED) TYPE(UPPER))"),),
    good=(racf("RDEFINE PTKTDATA PAYROLL UACC(NONE) SSIGNON(EPTKEYLABEL(PAYROLL.KEY) TYPE(UPPER))"),),
    remedy="Give each application a key of its own.",
    source='z/OS Security Server RACF Security Administrator\'s Guide, "Protecting PassTicket keys"',
    certainty=Certainty.INFERRED,
)


def shared_key(site: Site) -> Iterator[Finding]:
    """Find keys that a profile before had already."""
    first: dict[Hashable, tuple[str, Span]] = {}
    for name, key, span, change in _all_keys(site):
        other, place = first.setdefault(key, (name, span))
        if other != name:
            message = f"profiles {other} and {name} have the same key"
            related = (Related(place, f"the key of profile {other}"),)
            yield SHARED_KEY.finding(span, message, _shared_advice(change, name), related=related)


def _all_keys(site: Site) -> Iterator[tuple[str, Hashable, Span, ProfileChange | None]]:
    for given in given_keys(site):
        if given.key:
            yield given.name, given.key, given.span, given.change
    for profile in security_state(site).key_profiles():
        for operand in (profile.legacy, profile.enhanced):
            if operand and operand.label:
                yield profile.name.value, operand.label.value, operand.label.span, None


def _shared_advice(change: ProfileChange | None, name: str) -> str:
    return _new_key(change) if change else f"give profile {name} a key of its own, with another label"


TICKET_TIMEOUT = Rule(
    id="PTK412",
    slug="ticket-timeout",
    severity=Severity.ERROR,
    what="TIMEOUT of enhanced PassTickets is not 1 to 600 seconds (error), is below 10 (warning) or above 60, the "
    "default (worth knowing).",
    why="Out of range, the command is refused. A very short TIMEOUT fails as soon as the clocks of two systems or a "
    "slow logon differ by that much; a long one gives a stolen PassTicket more time.",
    bad=(racf(enhanced="EPTKEYLABEL(RSE.ENHANCED) TYPE(UPPER) TIMEOUT(3600) REPLAY(YES)"),),
    good=(racf(enhanced="EPTKEYLABEL(RSE.ENHANCED) TYPE(UPPER) TIMEOUT(60) REPLAY(YES)"),),
    remedy="Use the default, 60 seconds, unless there is a reason not to.",
    source=ENHANCED,
)
SHORTEST_TIMEOUT, SHORT_TIMEOUT, DEFAULT_TIMEOUT, LONGEST_TIMEOUT = 1, 10, 60, 600


def ticket_timeout(site: Site) -> Iterator[Finding]:
    """Find timeouts out of range, short ones and long ones."""
    for profile in security_state(site).key_profiles():
        fault = _timeout_fault(profile.timeout) if profile.timeout else None
        if profile.timeout and fault:
            severity, message = fault
            advice = f"RALTER PTKTDATA {profile.name} SSIGNON(TIMEOUT({DEFAULT_TIMEOUT}))"
            message = f"profile {profile.name}: TIMEOUT is {message}"
            yield TICKET_TIMEOUT.finding(profile.timeout.span, message, advice, severity=severity)


def _timeout_fault(timeout: Text) -> tuple[Severity, str] | None:
    digits = timeout.value.lstrip("0") or "0"
    if not (digits.isascii() and digits.isdigit()):
        return None
    seconds = int(digits) if len(digits) <= len(str(LONGEST_TIMEOUT)) else LONGEST_TIMEOUT + 1
    if not SHORTEST_TIMEOUT <= seconds <= LONGEST_TIMEOUT:
        return Severity.ERROR, f"not {SHORTEST_TIMEOUT} to {LONGEST_TIMEOUT} seconds"
    if seconds < SHORT_TIMEOUT:
        return Severity.WARNING, f"{seconds} seconds: clocks and logons are rarely that exact"
    if seconds > DEFAULT_TIMEOUT:
        return Severity.INFO, f"{seconds} seconds, longer than the default of {DEFAULT_TIMEOUT}"
    return None


LEGACY_ONLY = Rule(
    id="PTK414",
    slug="legacy-only",
    severity=Severity.INFO,
    what="A profile has a legacy key only.",
    why="Nothing fails. But legacy PassTickets rest on DES with 56 bits; IBM recommends enhanced ones, and BSI "
    "IT-Grundschutz SYS.1.7.A8 requires them.",
    bad=(racf(enhanced=""),),
    good=(racf(),),
    remedy="Add an enhanced key, move the clients, then drop the legacy one with SSIGNON(NOLEGACYKEY).",
    source='z/OS Security Server RACF Security Administrator\'s Guide, "The RACF PassTicket"; BSI IT-Grundschutz '
    "SYS.1.7.A8",
)


def legacy_only(site: Site) -> Iterator[Finding]:
    """Find profiles that make legacy PassTickets."""
    for profile in security_state(site).key_profiles():
        if profile.esm is Esm.RACF and profile.legacy and not profile.enhanced:
            message = f"profile {profile.name} makes legacy PassTickets; IBM recommends enhanced ones"
            advice = f"RALTER PTKTDATA {profile.name} SSIGNON(EPTKEYLABEL(label)), which keeps the legacy key beside it"
            yield LEGACY_ONLY.finding(profile.legacy.span, message, advice)


QUALIFIED_PROFILE_SHADOWS = Rule(
    id="PTK415",
    slug="qualified-profile-shadows",
    severity=Severity.WARNING,
    what="A key profile applid.user, applid.group or applid.group.user exists beside applid.",
    why="Evaluation tries the key of the qualified profile first, while RCVTPTGN makes PassTickets with that of applid "
    "only: one user or group may fail where all others work.",
    bad=(racf("RDEFINE PTKTDATA FEKAPPL.USER1 UACC(NONE) SSIGNON(EPTKEYLABEL(RSE.USER1) TYPE(UPPER) REPLAY(YES))"),),
    good=(racf(),),
    remedy="Keep one key profile for each application ID, unless single users or groups are meant to have keys of "
    "their own.",
    source='z/OS Security Server RACF Security Administrator\'s Guide, "Determining PTKTDATA profile names"; '
    'RACF Macros and Interfaces, "Using the RCVTPTGN service"',
)


def qualified_profile_shadows(site: Site) -> Iterator[Finding]:
    """Find key profiles for a user or group beside one for all."""
    state = security_state(site)
    for profile in state.key_profiles():
        plain = state.key_profile(profile.qualifiers[0])
        if plain and profile.qualifiers[1:] and not has_generic_characters(profile.name.value):
            message = f"for some users, profile {profile.name} is tried before {plain.name}"
            advice = f"delete {profile.name}, unless those users are meant to have a key of their own"
            related = (Related(plain.name.span, "the profile for all others"),)
            yield QUALIFIED_PROFILE_SHADOWS.finding(profile.name.span, message, advice, related=related)


MIXED_TICKET_FOLDED = Rule(
    id="PTK416",
    slug="mixed-ticket-folded",
    severity=Severity.WARNING,
    what="Enhanced PassTickets are of TYPE(MIXED), the default, but a component folds them to upper case: Zowe does, "
    "and the system with SETROPTS PASSWORD(NOMIXEDCASE).",
    why="Folded to upper case, the PassTicket is another one: it is refused as an invalid password (SAF 8, RACF 16, "
    "reason 32) nearly every time.",
    bad=(racf("SETROPTS PASSWORD(NOMIXEDCASE)", enhanced="EPTKEYLABEL(RSE.ENHANCED) TYPE(MIXED) REPLAY(YES)"),),
    good=(racf("SETROPTS PASSWORD(NOMIXEDCASE)"),),
    remedy="RALTER PTKTDATA applid SSIGNON(TYPE(UPPER)), or SETROPTS PASSWORD(MIXEDCASE).",
    source=STORING_KEYS,
)


ZOWE_KINDS = (ComponentKind.ZOWE_SERVICE, ComponentKind.ZOSMF)


def mixed_ticket_folded(site: Site) -> Iterator[Finding]:
    """Find mixed-case PassTickets where lower case does not arrive."""
    option = _last_password_case(site)
    used = in_use(site)
    for profile in security_state(site).key_profiles():
        component = used.get(profile.qualifiers[0])
        zowe = component if component and component.kind in ZOWE_KINDS else None
        kind = _mixed_type(profile)
        if not kind or not (zowe or option):
            continue
        if zowe:
            message = (
                f"profile {profile.name} makes mixed-case PassTickets, which Zowe folds to upper case ({UNCONFIRMED})"
            )
            related = Related(zowe.applid_span, f"uses APPLID {zowe.applid}")
        elif option:
            message = f"profile {profile.name} makes mixed-case PassTickets, but passwords are folded to upper case"
            related = Related(option.span, "says so")
        advice = f"RALTER PTKTDATA {profile.name} SSIGNON(TYPE(UPPER))"
        yield MIXED_TICKET_FOLDED.finding(kind, message, advice, related=(related,))


def _last_password_case(site: Site) -> PasswordCase | None:
    """The statement that folds passwords to upper case, unless a later one takes it back; commands come last."""
    said = sorted(site.every(PasswordCase), key=lambda each: each.origin is Origin.COMMANDS)
    return said[-1] if said and not said[-1].mixed else None


def _mixed_type(profile: Profile) -> Span | None:
    """Where a profile's type is MIXED; its key when the type is left to the default."""
    if not profile.enhanced or (not profile.ticket_type and profile.origin is Origin.LISTING):
        return None
    if not profile.ticket_type:
        return profile.enhanced.span
    return profile.ticket_type.span if profile.ticket_type.value == "MIXED" else None


KEY_REPLACED = Rule(
    id="PTK417",
    slug="key-replaced",
    severity=Severity.WARNING,
    what="Two commands give the same profile different keys: the one that is run later replaces the key of the other.",
    why="Whoever makes or evaluates PassTickets with the earlier key fails as soon as the later one is in force: so a "
    "product that defines the profile of another once more breaks that one.",
    bad=(racf("RALTER PTKTDATA FEKAPPL SSIGNON(EPTKEYLABEL(AGENT.KEY))"),),
    good=(racf(),),
    remedy="Find out which key is meant to be in force, and delete the other command. To give a profile another key on "
    "purpose, delete the command that gave it the old one.",
    source="A rule of ptktctl's own; HCL Launch, on a profile FEKAPPL that may be defined already",
)


class _Given(NamedTuple):
    """A key that a command gives, by what tells it from others, and where."""

    key: Hashable
    span: Span

    def differs(self, other: _Given) -> bool:
        """Whether it is another key; a key in the clear that is named by a label elsewhere may be the same."""
        return type(self.key) is type(other.key) and self.key != other.key


def key_replaced(site: Site) -> Iterator[Finding]:
    """Find commands that give a profile another key than commands before them, or in other files.

    The order of commands counts within a file only: which of two files is run first is not known.
    """
    last: dict[tuple[str, bool], dict[str, _Given]] = {}  # by profile and kind of key, then by file
    for change in changes_in_order(site, Origin.COMMANDS):
        if (
            not isinstance(change, ProfileChange)
            or change.resource_class != KEY_CLASS
            or is_symbolic(change.name.value)
        ):
            continue
        name, file = change.name.value, change.span.file
        for enhanced, gone in ((False, change.drops_legacy), (True, change.drops_enhanced)):
            if gone or change.action is Action.DELETE:
                last.get((name, enhanced), {}).pop(file, None)
        for operand in change.keys:
            key = _identity(change, operand)
            if key is None:
                continue
            given, files = _Given(key, operand.span), last.setdefault((name, operand.form.enhanced), {})
            before = files.get(file)
            if before and given.differs(before):
                message = f"this gives profile {name} another key than it was given before"
                related = (Related(before.span, "the key that it replaces"),)
                yield KEY_REPLACED.finding(given.span, message, "keep the one that is in force", related=related)
            files[file] = given
    yield from _keys_of_several_files(last)


def _keys_of_several_files(last: dict[tuple[str, bool], dict[str, _Given]]) -> Iterator[Finding]:
    """Compare the keys that files end up with, each with that of the first file."""
    for (name, _), files in last.items():
        first = next(iter(files.values()), None)
        for given in files.values():
            if first and given.differs(first):
                message = f"profile {name} is given another key here than in {first.span.file}"
                related = (Related(first.span, "the key there; the file that is run last decides"),)
                yield KEY_REPLACED.finding(given.span, message, "keep the one that is in force", related=related)


def _identity(change: ProfileChange, operand: KeyOperand) -> str | LegacyKey | None:
    """What tells a key from another, its label or itself; None for what is no key, or stands for one."""
    if operand.label:
        return operand.label.value
    if not operand.secret:
        return None
    return _given_key(change, operand, operand.secret.digits, operand.secret.span).key


RULES = (
    (KEY_MASKED, key_masked),
    (PUBLISHED_KEY, published_key),
    (WEAK_KEY, weak_key),
    (PLACEHOLDER_KEY, placeholder_key),
    (MALFORMED_KEY, malformed_key),
    (KEY_IN_CLEAR, key_in_clear),
    (GENERIC_KEY_PROFILE, generic_key_profile),
    (SHARED_KEY, shared_key),
    (TICKET_TIMEOUT, ticket_timeout),
    (LEGACY_ONLY, legacy_only),
    (QUALIFIED_PROFILE_SHADOWS, qualified_profile_shadows),
    (MIXED_TICKET_FOLDED, mixed_ticket_folded),
    (KEY_REPLACED, key_replaced),
)
