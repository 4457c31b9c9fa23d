"""The Top Secret commands that make PassTickets work, told in RACF's terms.

Sources: CA Top Secret r15 User Guide, "PassTicket Definition"; Command Functions Guide, "PSTKAPPL Keyword"; Zowe,
"Configuring Zowe to use PassTickets", for the PTKTDATA class in the resource descriptor table (RDT).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.readers.operands import Command, Word, match_keyword, nearest
from ptktctl.lint.security import (
    ACCESS_LEVELS,
    ANYBODY,
    APPL_CLASS,
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
    PermitChange,
    ProfileChange,
    SkippedCommand,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptktctl.lint.finding import Span
    from ptktctl.lint.security import SecurityStatement

FUNCTIONS = (
    *("ADDTO", "ADMIN", "CHKCERT", "CREATE", "DEADMIN", "DELETE", "EXPORT", "GENCERT", "GENREQ", "HELP", "LIST"),
    *("LOCK", "MODIFY", "MOVE", "PERMIT", "REFRESH", "REKEY", "REMOVE", "RENAME", "REPLACE", "REVOKE", "ROLLOVER"),
    *("UNLOCK", "WHOAMI", "WHOHAS", "WHOOWNS", "XTEND"),
)
OPERANDS = ("ACCESS", "APPL", "PSTKAPPL", "PTKTDATA", "RESCLASS", "SESSKEY", "SIGNMULTI")
ABBREVIATED_ACCESS = "ACC"  # as samples write it
EVERYTHING = "ALL"
LEVELS = (*ACCESS_LEVELS, EVERYTHING)
ABBREVIATED_LEVELS = ("READ", "UPDATE", "NONE", EVERYTHING)  # those that samples cut short
EVERYBODY = "ALL"  # the record whose permits hold for all


def read(command: Command, words: Sequence[Word]) -> Iterator[SecurityStatement]:
    """State what a TSS command says.

    Args:
        command: where errors are noted.
        words: TSS, its function and operands.
    """
    span = command.span(words[0].start, words[-1].stop)
    function = words[1] if len(words) > 1 else words[0]
    matches = match_keyword(function.text, FUNCTIONS)
    if len(function.text) < 2 or not matches:
        likely = nearest(function.text, FUNCTIONS)
        command.error(CommandErrorKind.UNKNOWN_COMMAND, f"TSS {function.upper}", function.start, function.end, likely)
        return
    target = command.text(function.values[0]) if function.values else Text("", span)
    found = tuple(_statements(_Operands(command, words[2:], span), matches[0], target))
    yield from found or (SkippedCommand(f"TSS {function.upper}", span),)


class _Operands:
    """The operands of a command by their names, and the place of it all."""

    def __init__(self, command: Command, words: Sequence[Word], span: Span) -> None:
        self.command = command
        self.span = span
        full = (word._replace(text="ACCESS") if word.upper == ABBREVIATED_ACCESS else word for word in words)
        self.found = command.by_likely_name(full, OPERANDS)

    def values(self, name: str) -> tuple[Text, ...]:
        """The values of an operand; that it has none is noted."""
        word = self.found.get(name)
        if word and not word.values:
            self.command.error(CommandErrorKind.MISSING_VALUE, name, word.start, word.end)
        return tuple(self.command.text(value) for value in (word.values or ())) if word else ()


def _statements(operands: _Operands, function: str, target: Text) -> Iterator[SecurityStatement]:
    if function == "REFRESH":
        yield _option(ClassSetting.REFRESHED, operands, Text(KEY_CLASS, operands.span))
    elif target.value == "RDT":
        for name in operands.values("RESCLASS"):
            if name.value in (KEY_CLASS, APPL_CLASS):
                yield _option(ClassSetting.ACTIVE, operands, name)
    elif target.value == "NDT":
        for name in operands.values("PSTKAPPL"):
            yield _key_profile(operands, function, name)
    elif function in ("PERMIT", "REVOKE"):
        for resource_class in (KEY_CLASS, APPL_CLASS):
            for name in operands.values(resource_class):
                yield from _permit(operands, function == "REVOKE", resource_class, name, target)


def _option(setting: ClassSetting, operands: _Operands, name: Text) -> ClassOption:
    return ClassOption(setting, True, (name,), Esm.TOP_SECRET, Origin.COMMANDS, operands.span)


def _key_profile(operands: _Operands, function: str, name: Text) -> ProfileChange:
    """An entry of the node descriptor table; without SIGNMULTI, a ticket is good for one use."""
    action = {"REMOVE": Action.DELETE, "REPLACE": Action.ALTER}.get(function, Action.DEFINE)
    multi = operands.found.get("SIGNMULTI")
    command, key = operands.command, operands.found.get("SESSKEY")
    keys = (KeyOperand(KeyForm.SESSKEY, command.whole(key), secret=command.secret(key)),) if key else ()
    if multi:
        multi_use: Flag | None = Flag(True, command.whole(multi))
    else:
        multi_use = Flag(False, operands.span) if action is Action.DEFINE else None
    return ProfileChange(
        action,
        Esm.TOP_SECRET,
        Origin.COMMANDS,
        KEY_CLASS,
        name,
        operands.span,
        keys=keys,
        multi_use=multi_use,
    )


def _permit(
    operands: _Operands, revoked: bool, resource_class: str, name: Text, target: Text
) -> Iterator[SecurityStatement]:
    """A permit needs no profile in Top Secret, but is the rule that RACF would have one for."""
    access = _access(operands)
    if not revoked:
        yield ProfileChange(Action.DEFINE, Esm.TOP_SECRET, Origin.COMMANDS, resource_class, name, operands.span)
    ids = (Text(ANYBODY, target.span) if target.value == EVERYBODY else target,) if target.value else ()
    yield PermitChange(
        Esm.TOP_SECRET, Origin.COMMANDS, resource_class, name, ids, access, operands.span, delete=revoked
    )


def _access(operands: _Operands) -> Text | None:
    """The highest of the levels that a permit gives; what else is written where none is known."""
    word = operands.found.get("ACCESS")
    given = operands.values("ACCESS")
    levels = [_level(operands.command, each) for each in (word.values or ())] if word else []
    known = [level for level in levels if level in ACCESS_LEVELS]
    if not given or not levels:
        return None
    return given[0]._replace(value=max(known, key=ACCESS_LEVELS.index) if known else levels[0])


def _level(command: Command, word: Word) -> str:
    short = match_keyword(word.text, ABBREVIATED_LEVELS)
    level = short[0] if len(short) == 1 else command.likely_value(word, LEVELS)
    return "ALTER" if level == EVERYTHING else level
