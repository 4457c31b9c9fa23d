"""The ACF2 commands that make PassTickets work, told in RACF's terms.

Sources: Broadcom, "ACF2 PassTicket Setup" (articles 32160 and 52976); Zowe, "Configuring Zowe to use PassTickets"; for
rule sets as they are compiled, CA ACF2 for z/VM Administrator Guide, "Resource Rule Set Components", and Broadcom,
article 26426.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.readers.command_text import RULE, RULE_SET
from ptktctl.lint.readers.operands import Command, Word
from ptktctl.lint.security import (
    ANYBODY,
    APPL_CLASS,
    AUTHORITY,
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
    Part,
    PermitChange,
    ProfileChange,
    SkippedCommand,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptktctl.lint.finding import Span
    from ptktctl.lint.security import SecurityStatement

ACTIONS = {
    "INSERT": Action.DEFINE,
    "INS": Action.DEFINE,
    "CHANGE": Action.ALTER,
    "CHA": Action.ALTER,
    "DELETE": Action.DELETE,
    "DEL": Action.DELETE,
}
# The type codes of resource rules, as the classes they stand for.
RESOURCE_TYPES = {"PTK": KEY_CLASS, "APL": APPL_CLASS}
KEY_OPERANDS = ("SSKEY", "MULT-USE", "NOMULT-USE")
SERVICES = ("READ", "UPDATE", "ADD", "DELETE")
CHANGING_SERVICES = ("UPDATE", "ADD", "DELETE")
EVERYBODY = ("*", "-")
VERDICTS = ("ALLOW", "LOG", "PREVENT")


class Session:
    """What ACF2 was told last to work on: SET holds until the next SET.

    Attributes:
        on_keys: it works on the profile records of PTKTDATA.
        rules_of: the class whose resource rules it works on; None for all others.
        rule_key: the key of the rule set that is being compiled, and the class it is about.
    """

    def __init__(self) -> None:
        self.on_keys = False
        self.rules_of: str | None = None
        self.rule_key: tuple[Text, str] | None = None

    def read(self, command: Command, words: Sequence[Word]) -> Iterator[SecurityStatement]:
        """State what a command says.

        Args:
            command: where errors are noted.
            words: its name and operands.
        """
        name = words[0].upper
        span = command.span(words[0].start, words[-1].stop)
        found: Iterator[SecurityStatement] = iter(())
        if name in ("SET", "T"):
            self._set(words)
        elif name in ACTIONS and self.on_keys:
            found = _key_record(command, words, ACTIONS[name], span)
        elif name == "RECKEY":
            found = self._rules(command, words, span)
        elif name == RULE_SET:
            self._open_rules(command, words)
        elif name == RULE and self.rule_key:
            key, resource_class = self.rule_key
            found = _rule(command, key, words[1:], resource_class, span)
        elif name in ("F", "MODIFY"):
            found = _rebuild(command, words, span)
        statements = tuple(found)
        yield from statements or (SkippedCommand(name, span),)

    def _set(self, words: Sequence[Word]) -> None:
        mode = words[1] if len(words) > 1 else words[0]
        value = mode.values[0].upper if mode.values else ""
        self.on_keys = mode.upper.startswith("P") and "PTKTDATA".startswith(value or "?")
        self.rules_of = RESOURCE_TYPES.get(value) if mode.upper.startswith("R") else None

    def _rules(self, command: Command, words: Sequence[Word], span: Span) -> Iterator[SecurityStatement]:
        """RECKEY: rule lines added to the rules of a key, or deleted from them."""
        key = words[1] if len(words) > 1 else words[0]
        resource_class = KEY_CLASS if key.upper == AUTHORITY else self.rules_of
        if not resource_class:
            return
        for word in words[2:]:
            if word.upper in ("ADD", "DEL", "DELETE"):
                deleted = word.upper != "ADD"
                yield from _rule(command, command.text(key), word.values or (), resource_class, span, deleted=deleted)

    def _open_rules(self, command: Command, words: Sequence[Word]) -> None:
        """`$KEY(key) TYPE(code)` begins a rule set; the code is that of SET RESOURCE if none is given."""
        given = {word.upper.lstrip("$"): word.values[0] for word in words if word.values}
        key, code = given.get("KEY"), given.get("TYPE")
        resource_class = RESOURCE_TYPES.get(code.upper) if code else self.rules_of
        self.rule_key = (command.text(key), resource_class) if key and resource_class else None


def _key_record(command: Command, words: Sequence[Word], action: Action, span: Span) -> Iterator[SecurityStatement]:
    """A profile record; one that is inserted without MULT-USE makes a ticket good for one use."""
    if len(words) < 2:
        command.error(CommandErrorKind.MISSING_NAME, words[0].upper, words[0].start, words[0].end)
        return
    found = command.by_likely_name(words[2:], KEY_OPERANDS)
    names = [name for name in ("MULT-USE", "NOMULT-USE") if name in found]
    multi = Flag(names[0] == "MULT-USE", command.whole(found[names[0]])) if names else None
    sskey = found.get("SSKEY")
    keys = (KeyOperand(KeyForm.SSKEY, command.whole(sskey), secret=command.secret(sskey)),) if sskey else ()
    yield ProfileChange(
        action,
        Esm.ACF2,
        Origin.COMMANDS,
        KEY_CLASS,
        command.text(words[1]),
        span,
        keys=keys,
        multi_use=multi or (Flag(False, span) if action is Action.DEFINE else None),
    )


def _rule(
    command: Command, key: Text, values: Sequence[Word], resource_class: str, span: Span, *, deleted: bool = False
) -> Iterator[SecurityStatement]:
    """A rule line: `resource UID(mask) SERVICE(names) ALLOW`; the resource does not repeat the key, and may be none."""
    bare = bool(values) and values[0].values is None and values[0].upper not in VERDICTS
    name = key
    if bare:
        resource = command.text(values[0])
        name = resource._replace(value=f"{key.value.rstrip('.')}.{resource.value}")
    if not deleted:
        yield ProfileChange(Action.DEFINE, Esm.ACF2, Origin.COMMANDS, resource_class, name, span)
    access = _access(command, values, span)
    ids = tuple(_ids(command, values)) or (Text(ANYBODY, span),)
    yield PermitChange(Esm.ACF2, Origin.COMMANDS, resource_class, name, ids, access, span, delete=deleted)


def _ids(command: Command, operands: Sequence[Word]) -> Iterator[Text]:
    """Whom a rule line is for: masks of UID strings, users, roles."""
    for operand in operands:
        if operand.upper in ("UID", "USER", "ROLE"):
            for value in operand.values or ():
                text = command.text(value)
                yield text._replace(value=ANYBODY) if text.value in EVERYBODY else text


def _access(command: Command, operands: Sequence[Word], span: Span) -> Text:
    """The access that a rule line gives: what its services come to, all of them where none is named."""
    if any(operand.upper == "PREVENT" for operand in operands):
        return Text("NONE", span)
    service = next((operand for operand in operands if operand.upper == "SERVICE"), None)
    if not service or not service.values:
        return Text("ALTER", span)
    services = [command.likely_value(each, SERVICES) for each in service.values]
    changing = any(each in CHANGING_SERVICES for each in services)
    return Text("UPDATE" if changing else "READ", command.whole(service))


def _rebuild(command: Command, words: Sequence[Word], span: Span) -> Iterator[SecurityStatement]:
    """F ACF2,REBUILD(type),CLASS(P or R): brings key records or rules up to date; rules if no class is given."""
    operands = {word.upper: word for word in words[1:]}
    code = operands["REBUILD"].values if "REBUILD" in operands else None
    resource_class = RESOURCE_TYPES.get(code[0].upper) if code else None
    if not code or not resource_class:
        return
    given = operands["CLASS"].values if "CLASS" in operands else None
    part = Part.KEYS if given and given[0].upper.startswith("P") else Part.RULES
    name = Text(resource_class, command.span(code[0].start, code[0].end))
    yield ClassOption(ClassSetting.REFRESHED, True, (name,), Esm.ACF2, Origin.COMMANDS, span, part)
