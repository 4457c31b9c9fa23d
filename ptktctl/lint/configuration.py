"""`.ptktctl.toml`: what a site has decided about lint's rules.

[lint]
select = ["PTK1", "PTK2"]           # ask only these
ignore = ["default-applid"]         # ask all but these

[lint.per-file-ignores]             # files as they are named from the folder that the file lies in
"test/*" = ["PTK404"]
"rse.env" = ["PTK307"]              # without a slash: in any folder

[lint.severity]
PTK404 = "error"
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.errors import InputError
from ptktctl.lint.finding import Severity
from ptktctl.lint.fingerprint import relative_name
from ptktctl.lint.rules import find_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ptktctl.lint.finding import Finding
    from ptktctl.lint.result import Result

NAME = ".ptktctl.toml"
SECTION = "lint"
MEMBERS = ("select", "ignore", "per-file-ignores", "severity")
SEVERITIES = {severity.label: severity for severity in Severity}


class Configuration(NamedTuple):
    """What the file says.

    Attributes:
        folder: where it lies.
        select: rules to ask, by ID, beginning of ID or slug; all if there are none.
        ignore: rules not to ask.
        per_file: patterns of file names, each with the IDs of the rules to ignore there.
        severities: those that differ from the rules' own, by rule ID.
    """

    folder: str
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file: tuple[tuple[str, frozenset[str]], ...] = ()
    severities: Mapping[str, Severity] = {}


def parse(path: str, data: bytes) -> Configuration:
    """Read the file.

    Raises:
        InputError: naming the file and the member in it that cannot be understood.
    """
    section = _section(path, data)
    per_file = _table(path, section, "per-file-ignores")
    severities = _table(path, section, "severity")
    return Configuration(
        os.path.dirname(os.path.abspath(path)),
        _rule_names(path, "select", section.get("select", [])),
        _rule_names(path, "ignore", section.get("ignore", [])),
        tuple((pattern, _rules(_rule_names(path, pattern, names))) for pattern, names in per_file.items()),
        {rule: _severity(path, name, word) for name, word in severities.items() for rule in _named(path, name)},
    )


def apply(result: Result, configuration: Configuration) -> Result:
    """Leave out what is ignored for a file, and give the others the severity that the site has decided on."""
    ignored = {file: _ignored_for(file, configuration) for file in result.sources}
    kept = (finding for finding in result.findings if finding.rule.id not in ignored[finding.span.file])
    return result._replace(findings=tuple(_with_severity(finding, configuration) for finding in kept))


def _ignored_for(file: str, configuration: Configuration) -> frozenset[str]:
    from fnmatch import fnmatchcase

    name = relative_name(file, configuration.folder)
    return frozenset[str]().union(
        *(
            rules
            for pattern, rules in configuration.per_file
            if fnmatchcase(name if "/" in pattern else os.path.basename(name), pattern)
        )
    )


def _with_severity(finding: Finding, configuration: Configuration) -> Finding:
    return finding._replace(severity=configuration.severities.get(finding.rule.id, finding.severity))


def _section(path: str, data: bytes) -> dict[str, object]:
    import tomllib

    try:
        content = tomllib.loads(data.decode())
    except UnicodeDecodeError:
        raise InputError(f"{path}: not in UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not TOML: {error}") from None
    _refuse_unknown(path, "", content, (SECTION,))
    section = _table(path, content, SECTION)
    _refuse_unknown(path, f"{SECTION}.", section, MEMBERS)
    return section


def _refuse_unknown(path: str, prefix: str, table: Iterable[str], known: tuple[str, ...]) -> None:
    for name in table:
        if name not in known:
            raise InputError(
                f"{path}: there is no {prefix}{name}", f"it may hold {', '.join(prefix + n for n in known)}"
            )


def _table(path: str, table: Mapping[str, object], name: str) -> dict[str, object]:
    value = table.get(name, {})
    if not isinstance(value, dict):
        raise InputError(f"{path}: {name} is no table", f"[{SECTION}.{name}]" if name != SECTION else f"[{SECTION}]")
    return value


def _rule_names(path: str, member: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise InputError(f"{path}: {member} is no list of rules", 'such as ["PTK106", "PTK4"]')
    for name in value:
        _named(path, name)
    return tuple(value)


def _rules(names: Iterable[str]) -> frozenset[str]:
    return frozenset(rule.id for name in names for rule in find_rules(name))


def _named(path: str, name: str) -> list[str]:
    try:
        return [rule.id for rule in find_rules(name)]
    except InputError as error:
        raise InputError(f"{path}: {error.message}", error.hint) from None


def _severity(path: str, name: str, word: object) -> Severity:
    if not isinstance(word, str) or word not in SEVERITIES:
        raise InputError(f"{path}: {word!r} is no severity of {name}", f"it is one of {', '.join(SEVERITIES)}")
    return SEVERITIES[word]
