"""The RACF commands that make PassTickets work: RDEFINE, RALTER, RDELETE, PERMIT and SETROPTS.

Source: z/OS Security Server RACF Command Language Reference, the syntax of these commands; for enhanced PassTickets the
SSIGNON operands of RALTER in z/OS 2.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptktctl.lint.readers.operands import MOST_ERRORS, Command, Word, match_keyword, nearest
from ptktctl.lint.security import (
    ACCESS_LEVELS,
    AUTHORITY,
    CLASSES,
    KEY_CLASS,
    Action,
    ClassOption,
    ClassSetting,
    CommandErrorKind,
    Esm,
    Flag,
    KeyForm,
    KeyOperand,
    Origin,
    PasswordCase,
    PermitChange,
    ProfileChange,
    Secret,
    SkippedCommand,
    Text,
    is_symbolic,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptktctl.lint.finding import Span
    from ptktctl.lint.security import SecurityStatement

ACTIONS = {
    "RDEFINE": Action.DEFINE,
    "RDEF": Action.DEFINE,
    "RALTER": Action.ALTER,
    "RALT": Action.ALTER,
    "RDELETE": Action.DELETE,
    "RDEL": Action.DELETE,
}
LONGEST_CLASS = 8
HEX_KEYS = {"KEYMASKED": KeyForm.KEYMASKED, "KEYENCRYPTED": KeyForm.KEYENCRYPTED}
LABELS = {"KEYLABEL": KeyForm.KEYLABEL, "EPTKEYLABEL": KeyForm.EPTKEYLABEL}
LEGACY_KEYS = ("KEYMASKED", "KEYENCRYPTED", "KEYLABEL", "ENCRYPTKEY", "NOLEGACYKEY")
EVERY_CLASS = "*"


class Syntax(NamedTuple):
    """The keywords of a command: those with a value, those that may have one, those without."""

    valued: tuple[str, ...]
    either: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()

    @property
    def keywords(self) -> tuple[str, ...]:
        """All of them."""
        return self.valued + self.either + self.bare


PROFILE_SEGMENTS = (
    *("CDTINFO", "CFDEF", "CSDATA", "DLFDATA", "EIM", "ICSF", "ICTX", "IDTPARMS", "JES", "KERB", "MFA", "MFPOLICY"),
    *("PROXY", "SESSION", "SIGVER", "SSIGNON", "STDATA", "SVFMR", "TME"),
)
PROFILE = Syntax(
    valued=(
        *("ADDCATEGORY", "ADDMEM", "APPLDATA", "AT", "AUDIT", "DATA", "FROM", "FCLASS", "FVOLUME", "LEVEL", "ONLYAT"),
        *("OWNER", "SECLABEL", "SECLEVEL", "TIMEZONE", "UACC", "WHEN", "SSIGNON"),
    ),
    either=("NOTIFY", *(segment for segment in PROFILE_SEGMENTS if segment != "SSIGNON")),
    bare=("FGENERIC", "SINGLEDSN", "TVTOC", "WARNING"),
)
CHANGED_PROFILE = Syntax(
    valued=(*PROFILE.valued, "DELCATEGORY", "DELMEM", "GLOBALAUDIT"),
    either=PROFILE.either,
    bare=(
        *PROFILE.bare,
        *(f"NO{name}" for name in ("APPLDATA", "DATA", "NOTIFY", "SECLABEL", "SECLEVEL", "SINGLEDSN", "TIMEZONE")),
        *(f"NO{name}" for name in ("TVTOC", "WARNING", *PROFILE_SEGMENTS)),
    ),
)
DELETED_PROFILE = Syntax(valued=("AT", "ONLYAT"))
SSIGNON = Syntax(
    valued=("KEYMASKED", "KEYENCRYPTED", "KEYLABEL", "EPTKEYLABEL", "TYPE", "TIMEOUT", "REPLAY"),
    bare=("ENCRYPTKEY", "NOLEGACYKEY", "NOEPTKEYLABEL", "NOTYPE", "NOTIMEOUT", "NOREPLAY"),
)
ACCESS_LIST = Syntax(
    valued=("ACCESS", "AT", "CLASS", "FCLASS", "FROM", "FVOLUME", "ID", "ONLYAT", "VOLUME", "WHEN"),
    either=("RESET",),
    bare=("DELETE", "FGENERIC", "GENERIC"),
)
SWITCHED_CLASSES = (
    *("AUDIT", "CLASSACT", "GENCMD", "GENERIC", "GENLIST", "GLOBAL", "RACLIST", "STATISTICS"),
    *("NOAUDIT", "NOCLASSACT", "NOGENCMD", "NOGENERIC", "NOGENLIST", "NOGLOBAL", "NORACLIST", "NOSTATISTICS"),
)
SWITCHES = (
    *("ADDCREATOR", "ADSP", "APPLAUDIT", "CMDVIOL", "COMPATMODE", "EGN", "GENERICOWNER", "GRPLIST", "INITSTATS"),
    *("MLNAMES", "MLQUIET", "MLSTABLE", "OPERAUDIT", "REALDSN", "SAUDIT", "SECLABELAUDIT", "SECLABELCONTROL"),
    *("SECLBYSYSTEM", "TAPEDSN"),
)
OPTIONS = Syntax(
    valued=(
        *SWITCHED_CLASSES,
        *("AT", "INACTIVE", "INTERVAL", "KERBLVL", "LANGUAGE", "LOGOPTIONS", "ONLYAT", "PASSWORD", "RETPD"),
        *("RVARYPW", "SECLEVELAUDIT", "SESSIONINTERVAL", "TERMINAL", "JES"),
    ),
    either=(
        *("CATDSNS", "ERASE", "MLACTIVE", "MLFSOBJ", "MLIPCOBJ", "MLS", "MODEL", "PREFIX", "PROTECTALL", "WHEN"),
        *("MFA", "NOWHEN"),
    ),
    bare=(
        *SWITCHES,
        *(f"NO{name}" for name in SWITCHES),
        *("LIST", "REFRESH", "NOCATDSNS", "NOERASE", "NOINACTIVE", "NOMLACTIVE", "NOMLS", "NOMODEL", "NOPREFIX"),
        *("NOPROTECTALL", "NOSECLEVELAUDIT", "NOSESSIONINTERVAL"),
    ),
)
CLASS_SETTINGS = {
    "CLASSACT": (ClassSetting.ACTIVE, True),
    "NOCLASSACT": (ClassSetting.ACTIVE, False),
    "GENERIC": (ClassSetting.GENERIC, True),
    "NOGENERIC": (ClassSetting.GENERIC, False),
    "RACLIST": (ClassSetting.RACLISTED, True),
    "NORACLIST": (ClassSetting.RACLISTED, False),
}
REFRESHED_SETTINGS = {
    "CLASSACT": (ClassSetting.ACTIVE, True),
    "NOCLASSACT": (ClassSetting.ACTIVE, False),
    "RACLIST": (ClassSetting.REFRESHED, True),
}


def read(command: Command, words: Sequence[Word]) -> Iterator[SecurityStatement]:
    """State what a command says.

    Args:
        command: where errors are noted.
        words: its name and operands.
    """
    name = words[0].upper
    if name in ACTIONS:
        return _Profile(command, words, ACTIONS[name]).statements()
    if name in ("PERMIT", "PE"):
        return _permit(command, words)
    if name in ("SETROPTS", "SETR"):
        return _options(command, words)
    return iter((SkippedCommand(name, _whole(command, words)),))


class Operands:
    """The operands of a command, each under its keyword's full name; what is wrong with them is noted.

    Attributes:
        found: the last of each.
    """

    def __init__(self, command: Command, words: Sequence[Word], syntax: Syntax, outer: Sequence[str] = ()) -> None:
        self.command = command
        self.syntax = syntax
        self.outer = outer
        self.found: dict[str, Word] = {}
        for word in words:
            self._take(word)

    def __getitem__(self, keyword: str) -> tuple[Word, ...]:
        """The values of a keyword; none when it is not there."""
        word = self.found.get(keyword)
        return (word.values or ()) if word else ()

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.found

    def text(self, keyword: str, *, fold: bool = True) -> Text | None:
        """The value of a keyword as one text, in upper case unless it shall not be folded."""
        values = self[keyword]
        if not values:
            return None
        start, stop = values[0].start, values[-1].stop
        value = values[0].text if len(values) == 1 else self.command.image.text[start:stop]
        return Text(value.upper() if fold else value, self.command.span(start, stop))

    def choice(self, keyword: str, choices: Sequence[str]) -> Text | None:
        """The value of a keyword that takes one of several, which may be abbreviated."""
        text = self.text(keyword)
        if not text or is_symbolic(text.value):
            return text
        matches = match_keyword(text.value, choices)
        if len(matches) == 1:
            return text._replace(value=matches[0])
        value = self[keyword][0]
        self._error(CommandErrorKind.BAD_VALUE, value.upper, value, ", ".join(choices))
        return text

    def span(self, keyword: str) -> Span:
        """The place of a keyword with its value."""
        word = self.found[keyword]
        return self.command.span(word.start, word.stop)

    def _take(self, word: Word) -> None:
        if not word.text.strip(".") and not word.values:
            return  # the three dots of a document
        matches = [] if word.quoted else match_keyword(word.text, self.syntax.keywords)
        if len(matches) != 1:
            kind = CommandErrorKind.AMBIGUOUS_OPERAND if matches else CommandErrorKind.UNKNOWN_OPERAND
            likely = "" if len(self.command.errors) >= MOST_ERRORS else " or ".join(matches) or self._likely(word)
            self._error(kind, word.upper, word, likely)
            return
        keyword = matches[0]
        if keyword in self.found:
            first = self.span(keyword)
            self.command.error(CommandErrorKind.REPEATED_OPERAND, keyword, word.start, word.end, other=first)
        self.found[keyword] = word
        if keyword in self.syntax.valued and not word.values:
            self._error(CommandErrorKind.MISSING_VALUE, keyword, word)
        elif keyword in self.syntax.bare and word.values is not None:
            self._error(CommandErrorKind.SURPLUS_VALUE, keyword, word)

    def _likely(self, word: Word) -> str:
        """What an unknown operand may have been meant to be."""
        outside = [*match_keyword(word.text, self.outer), nearest(word.text, self.outer)]
        own = nearest(word.text, self.syntax.keywords)
        return own or (f"{outside[0]} outside SSIGNON" if outside[0] else "")

    def _error(self, kind: CommandErrorKind, text: str, word: Word, detail: str = "") -> None:
        self.command.error(kind, text, word.start, max(word.end, word.start + 1), detail)


class _Profile:
    """RDEFINE, RALTER or RDELETE."""

    def __init__(self, command: Command, words: Sequence[Word], action: Action) -> None:
        self.command = command
        self.action = action
        self.words = words
        self.syntax = {Action.DEFINE: PROFILE, Action.ALTER: CHANGED_PROFILE, Action.DELETE: DELETED_PROFILE}[action]

    def statements(self) -> Iterator[SecurityStatement]:
        resource_class = self.words[1].upper if len(self.words) > 1 else ""
        if not _is_read(self.command, self.words[1:2]):
            yield SkippedCommand(f"{self.words[0].upper} {resource_class}".strip(), _whole(self.command, self.words))
            return
        names, rest = self._names()
        operands = Operands(self.command, tuple(_repaired(rest, self.syntax.keywords)), self.syntax)
        for name in names:
            yield self._change(resource_class, self.command.text(name), operands)

    def _names(self) -> tuple[tuple[Word, ...], Sequence[Word]]:
        """The profile names, and the words after them."""
        if self.words[1].values:
            return self.words[1].values, self.words[2:]
        name = self.words[2] if len(self.words) > 2 else None
        if name and name.values and not name.text:
            return name.values, self.words[3:]
        if name and not _is_operand(name, self.syntax.keywords):
            return self._split(name)
        resource_class = self.words[1]
        self.command.error(
            CommandErrorKind.MISSING_NAME, resource_class.upper, resource_class.start, resource_class.end
        )
        return (), self.words[2:]

    def _split(self, name: Word) -> tuple[tuple[Word, ...], Sequence[Word]]:
        """A name and the words after it; an operand that follows it without a blank is one of them."""
        ends = (keyword for keyword in self.syntax.valued if name.upper.endswith(keyword) and name.values)
        keyword = max(ends, key=len, default="")
        if not keyword:
            return (name._replace(values=None),), self.words[3:]
        start = name.end - len(keyword)
        self.command.error(CommandErrorKind.MISSING_BLANK, keyword, start, name.end, keyword)
        text = name.text[: -len(keyword)]
        operand = name._replace(text=keyword, start=start)
        return (name._replace(text=text, end=start, stop=start, values=None),), (operand, *self.words[3:])

    def _change(self, resource_class: str, name: Text, operands: Operands) -> ProfileChange:
        signon = self._signon(operands)
        drops = "NOSSIGNON" in operands
        return ProfileChange(
            self.action,
            Esm.RACF,
            Origin.COMMANDS,
            resource_class,
            name,
            _whole(self.command, self.words),
            uacc=operands.choice("UACC", ACCESS_LEVELS),
            warning=_flag(operands, "WARNING", "NOWARNING"),
            appldata=_appldata(operands),
            keys=tuple(_keys(signon)) if signon else (),
            ticket_type=signon.choice("TYPE", ("UPPER", "MIXED")) if signon else None,
            timeout=signon.text("TIMEOUT") if signon else None,
            replay=_replay(signon) if signon else None,
            drops_legacy=drops or bool(signon and "NOLEGACYKEY" in signon),
            drops_enhanced=drops or bool(signon and "NOEPTKEYLABEL" in signon),
        )

    def _signon(self, operands: Operands) -> Operands | None:
        """The operands within SSIGNON."""
        if "SSIGNON" not in operands:
            return None
        signon = Operands(self.command, operands["SSIGNON"], SSIGNON, self.syntax.keywords)
        legacy = [keyword for keyword in LEGACY_KEYS if keyword in signon]
        if len(legacy) > 1:
            word = signon.found[legacy[1]]
            self.command.error(CommandErrorKind.CONFLICT, " and ".join(legacy), word.start, word.end)
        return signon


def _repaired(words: Sequence[Word], keywords: Sequence[str], depth: int = 4) -> tuple[Word, ...]:
    """The operands; those that stand within another only because it is not closed are put beside it."""
    found: list[Word] = []
    for word in words:
        if word.closed or not depth:
            found.append(word)
            continue
        inner = _repaired(word.values or (), keywords, depth - 1)
        swallowed = tuple(each for each in inner if _is_operand(each, keywords))
        found += word._replace(values=tuple(each for each in inner if each not in swallowed)), *swallowed
    return tuple(found)


def _is_operand(word: Word, keywords: Sequence[str]) -> bool:
    return word.values is not None and len(match_keyword(word.text, keywords)) == 1


def _keys(signon: Operands) -> Iterator[KeyOperand]:
    """The keys that SSIGNON gives, or tells where to find."""
    for keyword, form in HEX_KEYS.items():
        text = signon.text(keyword, fold=False)
        if keyword in signon:
            secret = Secret(*text) if text else None
            yield KeyOperand(form, signon.span(keyword), secret=secret)
    for keyword, form in LABELS.items():
        if keyword in signon:
            yield KeyOperand(form, signon.span(keyword), label=signon.text(keyword))
    if "ENCRYPTKEY" in signon:
        yield KeyOperand(KeyForm.ENCRYPTKEY, signon.span("ENCRYPTKEY"))


def _replay(signon: Operands) -> Flag | None:
    """Whether enhanced tickets may be used again."""
    if "NOREPLAY" in signon:
        return Flag(False, signon.span("NOREPLAY"))
    text = signon.choice("REPLAY", ("YES", "NO"))
    return Flag(text.value == "YES", text.span) if text and text.value in ("YES", "NO") else None


def _appldata(operands: Operands) -> Text | None:
    if "NOAPPLDATA" in operands:
        return Text("", operands.span("NOAPPLDATA"))
    return operands.text("APPLDATA", fold=False)


def _flag(operands: Operands, on: str, off: str) -> Flag | None:
    """What a pair of keywords says, of which one switches on and the other off."""
    return next((Flag(keyword == on, operands.span(keyword)) for keyword in (on, off) if keyword in operands), None)


def _permit(command: Command, words: Sequence[Word]) -> Iterator[SecurityStatement]:
    profile = words[1] if len(words) > 1 else words[0]
    rest = _repaired(words[2:], ACCESS_LIST.keywords)
    resource_classes = next(
        (word.values for word in rest if match_keyword(word.text, ACCESS_LIST.keywords) == ["CLASS"]), None
    )
    if resource_classes is None and profile.upper.startswith(AUTHORITY):
        command.error(CommandErrorKind.MISSING_CLASS, words[0].upper, profile.start, profile.end, KEY_CLASS)
    elif not _is_read(command, resource_classes or ()):
        yield SkippedCommand(words[0].upper, _whole(command, words))
        return
    operands = Operands(command, rest, ACCESS_LIST)
    resource_class = resource_classes[0].upper if resource_classes else KEY_CLASS
    model, model_class = operands.text("FROM"), operands.text("FCLASS")
    reset = operands.choice("RESET", ("ALL", "STANDARD", "WHEN"))
    yield PermitChange(
        Esm.RACF,
        Origin.COMMANDS,
        resource_class,
        command.text(profile),
        tuple(command.text(word) for word in operands["ID"]),
        operands.choice("ACCESS", ACCESS_LEVELS),
        _whole(command, words),
        delete="DELETE" in operands,
        reset="RESET" in operands,
        conditional="WHEN" in operands or (reset is not None and reset.value == "WHEN"),
        copied=(model_class.value if model_class else resource_class, model.value) if model else None,
    )


def _options(command: Command, words: Sequence[Word]) -> Iterator[SecurityStatement]:
    operands = _repaired(words[1:], OPTIONS.keywords)
    named = [
        each
        for word in operands
        if set(match_keyword(word.text, OPTIONS.keywords)) & {*SWITCHED_CLASSES}
        for each in word.values or ()
    ]
    mixed_case = [word for word in operands if match_keyword(word.text, OPTIONS.keywords) == ["PASSWORD"]]
    yield from _password_case(command, mixed_case)
    if not [word for word in named if _is_read(command, (word,)) or word.text == EVERY_CLASS]:
        yield SkippedCommand(words[0].upper, _whole(command, words))
        return
    yield from _class_options(command, Operands(command, operands, OPTIONS), _whole(command, words))


def _password_case(command: Command, words: Sequence[Word]) -> Iterator[PasswordCase]:
    for word in words:
        for value in word.values or ():
            found = match_keyword(value.text, ("MIXEDCASE", "NOMIXEDCASE"))
            if len(found) == 1:
                yield PasswordCase(found[0] == "MIXEDCASE", Origin.COMMANDS, command.span(value.start, value.end))


def _class_options(command: Command, operands: Operands, span: Span) -> Iterator[ClassOption]:
    """What a SETROPTS command sets; with REFRESH it only brings up to date what RACLIST or GENERIC name."""
    refresh = "REFRESH" in operands
    for keyword, (setting, on) in (REFRESHED_SETTINGS if refresh else CLASS_SETTINGS).items():
        classes = tuple(_classes(command, operands[keyword]))
        if classes:
            yield ClassOption(setting, on, classes, Esm.RACF, Origin.COMMANDS, span)


def _classes(command: Command, words: Sequence[Word]) -> Iterator[Text]:
    for word in words:
        text = command.text(word)
        if text.value == EVERY_CLASS:
            yield from (Text(each, text.span) for each in CLASSES)
        elif text.value in CLASSES:
            yield text


def _is_read(command: Command, words: Sequence[Word]) -> bool:
    """Whether a class is one that is read; a name that no class has, or that is nearly PTKTDATA, is noted."""
    if not words:
        return False
    word = words[0]
    if word.upper in CLASSES:
        return True
    likely = KEY_CLASS if "TICKET" in word.upper else nearest(word.text, (KEY_CLASS,), 0.8)
    if likely or len(word.text) > LONGEST_CLASS:
        command.error(CommandErrorKind.UNKNOWN_CLASS, word.upper, word.start, word.end, likely)
    return False


def _whole(command: Command, words: Sequence[Word]) -> Span:
    return command.span(words[0].start, words[-1].stop)
