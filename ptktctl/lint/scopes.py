"""Which files belong together when security definitions are judged: those of one system and one product.

A tree of folders may hold several systems, each with definitions of the same profiles, and samples for RACF, ACF2 and
Top Secret side by side. What is right in one of them says nothing about the others: added up, it would hide their
faults.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ptktctl.lint.folders import Waiting, folders_above
from ptktctl.lint.security import Action, Definitions, Esm, GroupIds, Origin, PasswordCase, ProfileChange
from ptktctl.lint.site import Component, Setting, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.site import Statement

ByFile: TypeAlias = "dict[str, list[Statement]]"


def scopes(site: Site) -> Iterator[Site]:
    """The parts of a site to judge one by one: definitions for one product, and the components they are for.

    Definitions and components that lie nearest together belong together: in one folder, or below one folder. Where
    definitions in several folders lie equally near, they complete each other unless they define the same profile; then
    each is judged for itself. Components that several groups lie equally near to are left out.
    """
    by_file: ByFile = {source.name: [] for source in site.sources}
    for statement in site.statements():
        by_file.setdefault(_file(statement), []).append(statement)
    esms = {each.esm for each in site.every(Definitions)}
    for group in _groups(site, by_file):
        for files in _alternatives(group, by_file):
            sources = tuple(source for source in site.sources if source.name in files)
            statements = [each for source in sources for each in by_file[source.name]]
            given = {each.esm for each in statements if isinstance(each, Definitions)}
            for esm in (each for each in Esm if each in esms & given):
                yield Site(sources, (each for each in statements if _is_for(each, esm)))


def _file(statement: Statement) -> str:
    """The file that says it; none for what ptktctl's own store holds."""
    if isinstance(statement, Component | Definitions | GroupIds):
        return statement.file
    span = getattr(statement, "span", None)
    return span.file if span else ""


def _is_for(statement: Statement, esm: Esm) -> bool:
    if isinstance(statement, GroupIds | PasswordCase):
        return esm is Esm.RACF
    return getattr(statement, "esm", esm) is esm


class _Group(NamedTuple):
    """Files that belong together."""

    files: set[str]


def _groups(site: Site, by_file: ByFile) -> list[_Group]:
    """Put definitions and components together in the deepest folders first; what lacks the other waits above."""
    using = {each.file for each in site.every(Component)}
    defining = {each.file for each in site.every(Definitions)}
    waiting: Waiting[str] = Waiting()
    for name, statements in by_file.items():
        if name in defining or any(isinstance(each, Component | Setting) for each in statements):
            waiting.put(os.path.dirname(name), [name])
    groups: list[_Group] = []
    below: dict[str, list[_Group]] = {}  # those in or below each folder; of more than two, two
    for folder, here in waiting.deepest_first():
        defines, uses, nearest = not defining.isdisjoint(here), not using.isdisjoint(here), below.get(folder, [])
        if defines and (uses or not folder):
            groups.append(_Group({*here}))
            for above in folders_above(f"{folder}/"):
                found = below.setdefault(above, [])
                found += groups[-1:] if len(found) < 2 else []
        elif not defines and len(nearest) == 1:
            nearest[0].files.update(here)
        elif folder and (defines or not nearest):
            waiting.put(os.path.dirname(folder), here)
    return groups


def _alternatives(group: _Group, by_file: ByFile) -> Iterator[set[str]]:
    """The files of a group; where folders define the same profile, those of one such folder at a time with the others.

    Only commands do so: an unload shows what commands have defined.
    """
    defined: dict[str, set[tuple[Esm, str, str]]] = {}
    for name in group.files:
        for each in by_file[name]:
            if isinstance(each, ProfileChange) and (each.action, each.origin) == (Action.DEFINE, Origin.COMMANDS):
                defined.setdefault(os.path.dirname(name), set()).add((each.esm, each.resource_class, each.name.value))
    times = Counter(profile for profiles in defined.values() for profile in profiles)
    rivals = sorted(folder for folder, profiles in defined.items() if any(times[each] > 1 for each in profiles))
    commands = {name: os.path.dirname(name) for name in group.files if _holds_commands(by_file[name])}
    for rival in rivals or [""]:
        yield {name for name in group.files if commands.get(name) in (None, rival) or commands[name] not in rivals}


def _holds_commands(statements: list[Statement]) -> bool:
    return any(isinstance(each, Definitions) and each.origin is Origin.COMMANDS for each in statements)
