"""The picture that lint has built: who uses which APPLID, its profiles, and who may make and evaluate PassTickets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptktctl.lint.masking import Mask
from ptktctl.lint.reports.text import printable
from ptktctl.lint.site import Component, ComponentKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.finding import Span
    from ptktctl.lint.result import Result
    from ptktctl.lint.security_state import Grant, Profile, SecurityState
    from ptktctl.lint.site import Site

USED_BY = "used by"
UNKNOWN = "(not known)"  # an APPLID that only running the shell could tell


class Entry(NamedTuple):
    """One thing that has to do with an APPLID, and where it is said."""

    role: str
    text: str
    span: Span


def site_map(site: Site) -> dict[str, list[Entry]]:
    """What there is to each APPLID: those in use first, then those that only have profiles."""
    entries: dict[str, list[Entry]] = {}
    for component in site.every(Component):
        applid = UNKNOWN if component.applid is None else component.applid.upper()
        entries.setdefault(applid, []).append(Entry(USED_BY, _use(component), component.applid_span))
    if site.has_security_definitions():
        from ptktctl.lint.scopes import scopes
        from ptktctl.lint.security_state import security_state

        for state in map(security_state, scopes(site)):
            for applid in dict.fromkeys((*entries, *_named(state))):
                here = entries.setdefault(applid, [])
                here += (each for each in _definitions(state, applid) if each not in here)
    return entries


def _named(state: SecurityState) -> Iterator[str]:
    """The APPLIDs that have a profile of their own."""
    from ptktctl.lint.security import has_generic_characters

    yield from (profile.qualifiers[0] for profile in state.key_profiles())
    for profile in state.authorities():
        if profile.qualifiers[1:] and not has_generic_characters(applid := profile.qualifiers[1]):
            yield applid


def render(result: Result) -> str:
    """The map as text; no line end after the last line."""
    blocks = []
    for applid, entries in _shown(result):
        width = max((len(entry.text) for entry in entries), default=0)
        lines = [
            f"  {entry.role:<12}  {printable(entry.text):<{width}}  {printable(entry.span.file)}:{entry.span.line}"
            for entry in entries
        ]
        blocks.append("\n".join([printable(applid) or "(blank)", *lines]))
    return "\n\n".join(blocks) or "no APPLID is in use or defined in these files"


def members(result: Result) -> list[dict[str, object]]:
    """The map for JSON."""
    return [
        {
            "applid": applid,
            "entries": [
                {"role": each.role, "text": each.text, "file": each.span.file, "line": each.span.line}
                for each in entries
            ],
        }
        for applid, entries in _shown(result)
    ]


def _shown(result: Result) -> list[tuple[str, list[Entry]]]:
    """The map without key material, should a name have the form of a key."""
    mask = result.mask or Mask()
    return [
        (mask.text(applid), [entry._replace(text=mask.text(entry.text)) for entry in entries])
        for applid, entries in site_map(result.site).items()
    ]


def _use(component: Component) -> str:
    name, default = component.kind.value, "" if component.applids else " (by default)"
    if component.kind is ComponentKind.RSE:
        return f"{name}{default}, JES Job Monitor at port {component.port or 'unknown'}"
    if component.kind is ComponentKind.JES_JOB_MONITOR:
        return f"{name}{default}, at port {component.port or 'unknown'}"
    return name + default


def _definitions(state: SecurityState, applid: str) -> Iterator[Entry]:
    profile = state.key_profile(applid)
    for each in ([profile] if profile else []) + list(state.qualified_key_profiles(applid)):
        yield Entry("key", _key(each), each.span)
    appl = state.appl_profile(applid)
    if appl:
        users = ", ".join(grant.id.value for grant in state.grants_of(appl) if grant.reaches("READ"))
        uacc = f"UACC({appl.uacc.value})" if appl.uacc else ""
        yield Entry("log on", " ".join(filter(None, (f"APPL {appl.name.value}", uacc, users))), appl.span)
    for grant in state.who_generates(applid):
        yield Entry("generate", _who(grant), grant.span)
    for grant in state.who_evaluates(applid):
        yield Entry("evaluate", _who(grant), grant.span)


def _key(profile: Profile) -> str:
    kinds = [
        f"{kind} ({key.form.value})"
        for kind, key in (("legacy", profile.legacy), ("enhanced", profile.enhanced))
        if key
    ]
    from ptktctl.lint.rules.replay import reusable

    uses = {True: "; tickets may be used again", False: "; each ticket is used once", None: ""}[reusable(profile)]
    return f"PTKTDATA {profile.name.value}: {', '.join(kinds) or 'no key'}{uses}"


def _who(grant: Grant) -> str:
    return f"{grant.id.value} by {grant.profile.value}{', conditionally' if grant.conditional else ''}"
