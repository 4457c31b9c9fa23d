"""What files say about security definitions, whichever product they are for.

The readers of commands, unloads and listings state changes; `security_state` adds them up. ACF2 and Top Secret are told
in RACF's terms, so that one rule serves all three:

- class PTKTDATA: key profiles (ACF2: profile records of PTKTDATA, division SSIGNON; Top Secret: PSTKAPPL entries of the
  NDT) and authority profiles IRRPTAUTH.applid.user (ACF2: resource rules of type PTK; Top Secret: PTKTDATA permits);
- class APPL: who may use an application (ACF2: resource rules of type APL; Top Secret: APPL permits).

A permit of ACF2 or Top Secret is a change to its profile and a permit of it. Class names, profile names, IDs and access
levels are in upper case, as the products fold them.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ptktctl.lint.finding import Span

CLASSES = ("PTKTDATA", "APPL", "FACILITY", "IDTDATA", "CRYPTOZ")
KEY_CLASS = "PTKTDATA"
APPL_CLASS = "APPL"
AUTHORITY = "IRRPTAUTH"
ANYBODY = "*"
SYMBOL_SIGNS = "&<{["  # in what is not itself: a variable of the file, or a placeholder of a document
# From nothing to everything (z/OS Security Server RACF Command Language Reference, PERMIT, ACCESS).
ACCESS_LEVELS = ("NONE", "EXECUTE", "READ", "UPDATE", "CONTROL", "ALTER")


class Esm(enum.Enum):
    """The external security managers of z/OS."""

    RACF = "RACF"
    ACF2 = "ACF2"
    TOP_SECRET = "Top Secret"  # noqa: S105  # a product, not a password


class Origin(enum.Enum):
    """What a statement was read from: commands change a state, the two others show one."""

    COMMANDS = "commands"
    UNLOAD = "unload"
    LISTING = "listing"


class Action(enum.Enum):
    """What is done to a profile; what an unload or a listing shows is defined."""

    DEFINE = "define"
    ALTER = "alter"
    DELETE = "delete"


class KeyForm(enum.Enum):
    """How a key is given or kept, by the operand's name."""

    KEYMASKED = "KEYMASKED"
    KEYENCRYPTED = "KEYENCRYPTED"
    KEYLABEL = "KEYLABEL"
    EPTKEYLABEL = "EPTKEYLABEL"
    ENCRYPTKEY = "ENCRYPTKEY"
    SSKEY = "SSKEY"
    SESSKEY = "SESSKEY"
    UNKNOWN = "unknown"

    @property
    def enhanced(self) -> bool:
        """Whether such a key makes enhanced PassTickets; all others make legacy ones."""
        return self is KeyForm.EPTKEYLABEL


class Text(NamedTuple):
    """An operand's value, without its quotes, and its place."""

    value: str
    span: Span

    def __str__(self) -> str:
        return self.value


class Flag(NamedTuple):
    """Something that is switched on or off, and where."""

    on: bool
    span: Span


class Secret(NamedTuple):
    """The digits of a key as written, and their place. They are never shown."""

    digits: str
    span: Span

    def __repr__(self) -> str:
        return f"Secret({self.span!r})"

    def __str__(self) -> str:
        return repr(self)


class KeyOperand(NamedTuple):
    """A key of a profile.

    Attributes:
        span: the operand as a whole.
        label: the name of the key in ICSF's key data set, if the form takes one and it is known.
        secret: the digits, if they are there to see.
    """

    form: KeyForm
    span: Span
    label: Text | None = None
    secret: Secret | None = None


class Definitions(NamedTuple):
    """A file that holds security definitions, be they none of interest.

    Attributes:
        complete: whether a profile that it does not show does not exist: true of an unload.
    """

    file: str
    esm: Esm
    origin: Origin
    complete: bool = False


class ProfileChange(NamedTuple):
    """A profile is made, changed, deleted, or shown. What is None is not said.

    Attributes:
        span: the command, the record or the listing.
        generic: whether it is kept as a generic profile, which an unload and a listing tell.
        appldata: empty when it is taken away.
        ticket_type: UPPER or MIXED.
        timeout: seconds, as written.
        replay: on for REPLAY(YES): an enhanced ticket may be used again.
        multi_use: on for MULT-USE of ACF2 and SIGNMULTI of Top Secret: a legacy ticket may be used again.
        drops_legacy: the legacy key is taken away.
        drops_enhanced: likewise the enhanced key.
    """

    action: Action
    esm: Esm
    origin: Origin
    resource_class: str
    name: Text
    span: Span
    uacc: Text | None = None
    warning: Flag | None = None
    generic: bool | None = None
    appldata: Text | None = None
    keys: tuple[KeyOperand, ...] = ()
    ticket_type: Text | None = None
    timeout: Text | None = None
    replay: Flag | None = None
    multi_use: Flag | None = None
    drops_legacy: bool = False
    drops_enhanced: bool = False


class PermitChange(NamedTuple):
    """Users or groups are given access to a profile, or lose it.

    Attributes:
        ids: as written, * for everybody; UID strings of ACF2, ACIDs of Top Secret.
        access: None when it is not said; RACF then gives READ.
        delete: the IDs are taken off the list.
        reset: the whole list is emptied first.
        conditional: only when a condition holds (WHEN).
        copied: class and name of the profile whose access list is copied first.
    """

    esm: Esm
    origin: Origin
    resource_class: str
    profile: Text
    ids: tuple[Text, ...]
    access: Text | None
    span: Span
    delete: bool = False
    reset: bool = False
    conditional: bool = False
    copied: tuple[str, str] | None = None


class ClassSetting(enum.Enum):
    """What can be said of a class as a whole."""

    ACTIVE = "CLASSACT"
    GENERIC = "GENERIC"
    RACLISTED = "RACLIST"
    REFRESHED = "REFRESH"


class Part(enum.Enum):
    """What of a class is refreshed: ACF2 keeps keys and authority rules apart (CLASS(P) and CLASS(R) of REBUILD)."""

    ALL = "all"
    KEYS = "key profiles"
    RULES = "authority rules"


class ClassOption(NamedTuple):
    """A setting of a class is switched on or off, or shown to be (SETROPTS and its kin)."""

    setting: ClassSetting
    on: bool
    classes: tuple[Text, ...]
    esm: Esm
    origin: Origin
    span: Span
    part: Part = Part.ALL


class CommandErrorKind(enum.Enum):
    """What can be wrong with a command as such."""

    OPEN_PARENTHESIS = "a parenthesis is never closed"
    EXTRA_PARENTHESIS = "a closing parenthesis without an opening one"
    OPEN_QUOTE = "a quote is never closed"
    OPEN_COMMENT = "a comment is never closed"
    NO_CONTINUATION = "continued without a continuation character"
    JOINED_COMMANDS = "two commands in one"
    UNKNOWN_COMMAND = "no such command"
    UNKNOWN_OPERAND = "no such operand"
    AMBIGUOUS_OPERAND = "an abbreviation of several operands"
    REPEATED_OPERAND = "an operand given twice"
    MISSING_VALUE = "an operand without its value"
    SURPLUS_VALUE = "a value for an operand that takes none"
    BAD_VALUE = "a value that its operand does not take"
    MISSING_NAME = "no profile name"
    MISSING_BLANK = "no blank before an operand"
    MISSING_CLASS = "no class"
    UNKNOWN_CLASS = "no such class"
    STRAY_CONTINUATION = "a continuation character amid a line"
    CONFLICT = "operands that exclude each other"


class CommandError(NamedTuple):
    """A place where a command is not one.

    Attributes:
        text: the word it is about, such as the operand; never a key.
        detail: what would be right, if it can be told: the nearest operand, the values taken.
        other: the other place, such as the operand's first appearance.
        sure: whether all is known that would be right there; of the operands of ACF2 and Top Secret it is not.
    """

    kind: CommandErrorKind
    text: str
    span: Span
    detail: str = ""
    other: Span | None = None
    sure: bool = True


class SkippedCommand(NamedTuple):
    """A command that says nothing about PassTickets."""

    name: str
    span: Span


class KeyMaterial(NamedTuple):
    """A place where key material stands, or may: no report may show what is there."""

    span: Span


class PasswordCase(NamedTuple):
    """Whether passwords, and so PassTickets, may hold lower-case letters: SETROPTS PASSWORD(MIXEDCASE|NOMIXEDCASE)."""

    mixed: bool
    origin: Origin
    span: Span


class GroupIds(NamedTuple):
    """The groups that an unload shows: of the IDs on access lists, those that are no users."""

    file: str
    ids: frozenset[str]


Change = ProfileChange | PermitChange | ClassOption | PasswordCase
SecurityStatement = Definitions | Change | CommandError | SkippedCommand | KeyMaterial | PasswordCase | GroupIds


def is_symbolic(text: str) -> bool:
    """Whether a text stands for another: a variable of the file, or a placeholder of a document."""
    return any(sign in text for sign in SYMBOL_SIGNS)


def is_authority(name: str) -> bool:
    """Whether a PTKTDATA profile is an authority profile: IRRPTAUTH.applid.user, or generic and such."""
    return name.startswith(AUTHORITY)


def has_generic_characters(name: str) -> bool:
    """Whether a name would be a generic profile's in RACF."""
    return "*" in name or "%" in name
