"""What lint judges, and the catalogue of it.

A rule is a function from the site to findings, with its documentation beside it; a module holds one section of the
catalogue. A new rule is one such pair in its module's RULES; a new module is a name in SECTIONS, or in
SECURITY_SECTIONS if it has nothing to say about a site without security definitions: then it is not loaded for one,
and is asked about each part of a site for itself whose definitions belong together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ptktctl.lint.finding import Finding, Rule
    from ptktctl.lint.site import Site

    Check = Callable[[Site], Iterator[Finding]]

SECTIONS = ("applids", "agreement", "syntax")
SECURITY_SECTIONS = ("definitions", "replay", "keys", "authority", "commands")
COMPANION_SECTIONS = ("companions",)  # asked when there is more than RSE and JES Job Monitor
CLOSING_SECTIONS = ("suppressions",)  # asked when the findings of the others are known

ALL_SECTIONS = SECTIONS + COMPANION_SECTIONS + SECURITY_SECTIONS + CLOSING_SECTIONS


def catalogue() -> tuple[tuple[Rule, Check], ...]:
    """All rules, each with the function that asks it, by their IDs."""
    return tuple(sorted(_load(ALL_SECTIONS), key=lambda pair: pair[0].id))


def rules_for(site: Site) -> tuple[tuple[Rule, Check], ...]:
    """The rules that can have something to say about a site as a whole."""
    return _load(SECTIONS + (COMPANION_SECTIONS if site.has_companions() else ()))


def security_rules() -> tuple[tuple[Rule, Check], ...]:
    """The rules about security definitions, which are asked scope by scope."""
    return _load(SECURITY_SECTIONS)


def _load(sections: Iterable[str]) -> tuple[tuple[Rule, Check], ...]:
    from importlib import import_module

    return tuple(pair for section in sections for pair in import_module(f"{__name__}.{section}").RULES)


def find_rules(name: str) -> list[Rule]:
    """The rules that a name stands for: an ID, the beginning of one, or a slug; any case.

    Raises:
        InputError: no rule has that name.
    """
    folded = name.strip().upper()
    found = [
        rule
        for rule, _ in catalogue()
        if (folded.startswith("PTK") and rule.id.startswith(folded)) or rule.slug.upper() == folded
    ]
    if not found:
        raise InputError(f"there is no rule {name!r}", "'ptktctl rules' lists them")
    return found


def choose_rules(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> frozenset[str]:
    """The IDs of the rules to ask: those selected, all if none is, but for those ignored.

    Args:
        select: IDs, beginnings of IDs or slugs.
        ignore: likewise; wins over `select`.

    Raises:
        InputError: one of them stands for no rule.
    """
    selected = _ids(select) or {rule.id for rule, _ in catalogue()}
    return frozenset(selected - _ids(ignore))


def _ids(names: Iterable[str]) -> set[str]:
    return {rule.id for name in names for rule in find_rules(name)}
