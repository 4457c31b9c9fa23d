"""zowe.yaml and definitions of API Mediation Layer services: which services PassTickets are made for, and how.

A service is signed on to with PassTickets when its `authentication` has `scheme: httpBasicPassTicket`; `applid` names
the application (Zowe Docs, "Onboarding a REST API service without code changes required"). `zOSMF.applId` of zowe.yaml,
the property apiml.security.zosmf.applid, names z/OSMF's. The names may also be written as one,
`apiml.service.authentication.scheme`. Any number of documents, anchors, aliases and merge keys are followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ptktctl.errors import InputError
from ptktctl.lint.site import Component, ComponentKind, PassTicketScheme, Setting, SettingKind, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    import yaml

    from ptktctl.lint.source import Source

SCHEME, APPLID, SERVICE = "scheme", "applid", "serviceId"
PREFIX = "authentication."
ZOSMF, ZOSMF_APPLID = "zOSMF", "applId"
ZOSMF_PROPERTY = ("zosmf.applid",)  # the end of the property's name, in lower case
PASSTICKET = "httpbasicpassticket"
MERGE = "<<"
MOST_MERGES = 20
DEEPEST = 200
VARIABLE_SIGNS = ("${", "{{", "%")


class Scalar:
    """A value and its place."""

    __slots__ = ("end", "start", "value")

    def __init__(self, value: str, start: int, end: int) -> None:
        self.value = value
        self.start = start
        self.end = end


class Mapping:
    """Names with their values; a value may be one that stands elsewhere, by an alias."""

    __slots__ = ("key", "pairs")

    def __init__(self) -> None:
        self.pairs: dict[str, tuple[Scalar, Node]] = {}
        self.key: Scalar | None = None


class Sequence:
    """Values one after the other."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: list[Node] = []


Node: TypeAlias = Scalar | Mapping | Sequence


def read(source: Source) -> Iterator[Statement]:
    """State which services the documents of a file define.

    Raises:
        InputError: it is not YAML; says where.
    """
    seen: set[int] = set()
    waiting: list[tuple[Node, str]] = [(root, "") for root in reversed(_documents(source))]
    while waiting:
        node, service = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Mapping):
            service = _text(_find(node, SERVICE)) or service
            yield from _scheme(source, node, service)
            yield from _zosmf(source, node)
            waiting += [(value, service) for _, value in reversed(node.pairs.values())]
        elif isinstance(node, Sequence):
            waiting += [(item, service) for item in reversed(node.items)]


def _scheme(source: Source, node: Mapping, service: str) -> Iterator[Statement]:
    """What a mapping says if it is the authentication of a service with PassTickets."""
    scheme = _find(node, SCHEME)
    if not scheme or _text(scheme).lower() != PASSTICKET:
        return
    applid, value = _find(node, APPLID), _text(_find(node, APPLID))
    setting = None
    if applid and value:
        setting = _applid(source, APPLID, applid, value)
        yield setting
        yield Component(ComponentKind.ZOWE_SERVICE, source.name, False, (setting,), ())
    name, place = scheme
    yield PassTicketScheme(service, setting, source.span(name.start, _end(place)))


def _zosmf(source: Source, node: Mapping) -> Iterator[Statement]:
    """The application ID that Zowe makes PassTickets for when it signs somebody on to z/OSMF."""
    under = node.pairs.get(ZOSMF)
    found = _find(under[1], ZOSMF_APPLID) if under and isinstance(under[1], Mapping) else None
    found = found or next((node.pairs[key] for key in node.pairs if key.lower().endswith(ZOSMF_PROPERTY)), None)
    value = _text(found)
    if found and value:
        setting = _applid(source, ZOSMF_APPLID, found, value)
        yield setting
        yield Component(ComponentKind.ZOSMF, source.name, False, (setting,), ())


def _applid(source: Source, name: str, pair: tuple[Scalar, Node], value: str) -> Setting:
    """A setting of an application ID; its value is not known where a variable stands for it."""
    known = None if any(sign in value for sign in VARIABLE_SIGNS) else value
    return Setting(SettingKind.PROPERTY, name, known, source.span(pair[0].start, _end(pair[1])))


def _find(node: Mapping, name: str) -> tuple[Scalar, Node] | None:
    """A name's pair, the mapping's own or one that it merges; also as the end of a longer name."""
    waiting, steps = [node], 0
    while waiting and steps < MOST_MERGES:
        here, steps = waiting.pop(0), steps + 1
        for key in (name, *(key for key in here.pairs if key.endswith(("." + name, "." + PREFIX + name)))):
            if key in here.pairs:
                return here.pairs[key]
        merged = here.pairs[MERGE][1] if MERGE in here.pairs else None
        several = merged.items if isinstance(merged, Sequence) else [merged]
        waiting += [each for each in several[:MOST_MERGES] if isinstance(each, Mapping)]
    return None


def _text(pair: tuple[Scalar, Node] | None) -> str:
    return pair[1].value.strip() if pair and isinstance(pair[1], Scalar) else ""


def _end(node: Node) -> int:
    return node.end if isinstance(node, Scalar) else 0


def _documents(source: Source) -> list[Node]:
    """The documents of a file, put together without recursion, as they may be nested deeply."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder()
    try:
        for event in yaml.parse(source.text, Loader=loader):
            builder.add(event)
            if len(builder.open) > DEEPEST:  # the parser's time grows with the square of the depth
                place = f":{event.start_mark.line + 1}:{event.start_mark.column + 1}" if event.start_mark else ""
                raise InputError(f"{source.name}{place}: nested deeper than {DEEPEST} levels, which no definition is")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise InputError(f"{source.name}{place}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        at = source.place(min(getattr(error, "position", 0), len(source.text)))
        reason = getattr(error, "reason", "it cannot be read")
        raise InputError(f"{source.name}:{at[0]}:{at[1]}: not YAML: {reason}") from None
    return builder.documents


class _Builder:
    """Puts the events of the parser together."""

    def __init__(self) -> None:
        self.documents: list[Node] = []
        self.anchors: dict[str, Node] = {}
        self.open: list[Mapping | Sequence] = []

    def add(self, event: yaml.Event) -> None:
        """Take the next event."""
        import yaml

        if isinstance(event, yaml.DocumentStartEvent):
            self.anchors = {}
        elif isinstance(event, yaml.ScalarEvent):
            self._place(_scalar(event, event.value), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._place(self.anchors.get(event.anchor or "") or _scalar(event, ""), None)
        elif isinstance(event, yaml.CollectionStartEvent):
            node = Mapping() if isinstance(event, yaml.MappingStartEvent) else Sequence()
            self._place(node, event.anchor)
            self.open.append(node)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.open.pop()

    def _place(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = node
        if not self.open:
            self.documents.append(node)
            return
        holder = self.open[-1]
        if isinstance(holder, Sequence):
            holder.items.append(node)
        elif holder.key is None:
            # A name that is no scalar is of no interest, but its value has to follow it.
            holder.key = node if isinstance(node, Scalar) else Scalar("", 0, 0)
        else:
            holder.pairs[holder.key.value] = (holder.key, node)
            holder.key = None


def _scalar(event: yaml.Event, value: str) -> Scalar:
    start, end = event.start_mark, event.end_mark
    return Scalar(value, start.index if start else 0, end.index if end else 0)
