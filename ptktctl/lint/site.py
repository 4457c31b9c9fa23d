"""The picture of a site that the readers build together: statements, each with its place.

A reader turns one file into statements; a rule asks the site for the kinds of statement it judges. A new kind
of file adds kinds of statement here and changes none.
"""

from __future__ import annotations

import enum
import os
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from ptktctl.lint.finding import Span
from ptktctl.lint.folders import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ptktctl.lint.security import SecurityStatement
    from ptktctl.lint.source import Source

# Both components fall back on these (IBM Explorer for z/OS, "Using PassTickets" and "rse.env, RSE configuration file").
DEFAULT_APPLID = "FEKAPPL"
DEFAULT_PORT = "6715"
SECURITY = "ptktctl.lint.security"  # the module of the statements about security definitions


class ComponentKind(enum.Enum):
    """The programs whose configuration is read."""

    RSE = "RSE"
    JES_JOB_MONITOR = "JES Job Monitor"
    ZOWE_SERVICE = "Zowe service"
    ZOSMF = "Zowe for z/OSMF"
    RSE_API = "RSE API"
    CODE_COVERAGE = "headless code coverage"
    COMMON_COMPONENTS = "Common Components server"
    COMMON_COMPONENTS_PASSTK = "Common Components server with PASSTK"


MAIN_KINDS = (ComponentKind.RSE, ComponentKind.JES_JOB_MONITOR)


class SettingKind(enum.Enum):
    """How a setting is written."""

    VARIABLE = "shell variable"
    JAVA_OPTION = "Java option"
    DIRECTIVE = "directive of JES Job Monitor"
    PROPERTY = "property"


class SlipKind(enum.Enum):
    """Where a file is not what its reader takes it for."""

    BLANKS_AROUND_EQUALS = "blanks around the equals sign"
    OPEN_QUOTE = "quote"
    OPEN_EXPANSION = "expansion"
    OPEN_PARENTHESIS = "parenthesis"
    OPEN_HERE_DOCUMENT = "here-document"
    OPEN_CONTINUATION = "continuation"
    TRAILING_TEXT = "text after a value"
    TYPOGRAPHIC = "typographic character in a directive"
    TYPOGRAPHIC_IN_COMMENT = "typographic character in a comment"
    TYPOGRAPHIC_IN_STRING = "typographic character in a string"
    SEQUENCE_NUMBERS = "sequence numbers in columns 73 to 80"
    BEYOND_COLUMN_72 = "text in columns 73 to 80"
    UNQUOTED_VALUE = "a value with a blank outside quotes"
    UNEXPANDED = "a variable in single quotes"


class Setting(NamedTuple):
    """A name that a file gives a value.

    Attributes:
        name: as written: `_RSE_JMON_PORT`, `-DAPPLID`, `SERV_PORT`.
        value: after expansion, maybe empty; None when only running the shell could tell.
        span: the setting as a whole, name and value.
    """

    kind: SettingKind
    name: str
    value: str | None
    span: Span

    def __str__(self) -> str:
        return f"{self.name}={self.value}" if self.value else self.name


class Component(NamedTuple):
    """A program, what its file sets, and what is in force.

    Attributes:
        file: the file that configures it.
        sibling: whether another product's copy of the file was read, such as BLZJCNFG.
        applids: the settings of its application ID, the one in force last.
        ports: the settings of JES Job Monitor's port, the one in force last.
    """

    kind: ComponentKind
    file: str
    sibling: bool
    applids: tuple[Setting, ...]
    ports: tuple[Setting, ...]

    @property
    def applid(self) -> str | None:
        """The application ID in force; None when it can't be known."""
        return self.applids[-1].value if self.applids else DEFAULT_APPLID

    @property
    def applid_span(self) -> Span:
        """Where the application ID in force is set; the beginning of the file when it is the default."""
        return self.applids[-1].span if self.applids else file_start(self.file)

    @property
    def port(self) -> str | None:
        """JES Job Monitor's port in force; None when it can't be known."""
        return self.ports[-1].value if self.ports else DEFAULT_PORT

    @property
    def port_span(self) -> Span:
        """Where that port is set; the beginning of the file when it is the default."""
        return self.ports[-1].span if self.ports else file_start(self.file)


class Discard(NamedTuple):
    """An assignment to _RSE_JAVAOPTS that does not carry on what the variable held.

    Attributes:
        lost: the options that were set before and are not now.
        span: the assignment.
        sets_applid: whether the new value sets an application ID.
    """

    lost: tuple[Setting, ...]
    span: Span
    sets_applid: bool = False


class Slip(NamedTuple):
    """A place that is not what its reader takes it for.

    Attributes:
        text: the characters it is about: a name, a quote, the trailing text.
    """

    kind: SlipKind
    text: str
    span: Span


class Comment(NamedTuple):
    """A comment, with its sign."""

    text: str
    span: Span


class PassTicketScheme(NamedTuple):
    """A Zowe service that PassTickets are made for.

    Attributes:
        service: its ID; empty when none is given.
        applid: the application ID to make them for; None when none is given.
        span: the scheme, `httpBasicPassTicket`.
    """

    service: str
    applid: Setting | None
    span: Span

    @property
    def is_for_rse(self) -> bool:
        """Whether the service is RSE or its API, by a word of its ID: rse, rseapi, rse1; not course, nor rsessions."""
        import re

        return re.search(r"(?<![a-z0-9])rse(?:d|api)?[0-9]*(?![a-z0-9])", self.service.lower()) is not None


class Stored(NamedTuple):
    """The application IDs that are defined in ptktctl's own store."""

    applids: frozenset[str]


# A string, so that the statements about security definitions are loaded with a reader that makes some.
Statement: TypeAlias = "Component | Setting | Discard | Slip | Comment | PassTicketScheme | Stored | SecurityStatement"
StatementType = TypeVar("StatementType")


class Site:
    """All that the files given say, each kind of statement in the order of the files."""

    def __init__(self, sources: Sequence[Source], statements: Iterable[Statement]) -> None:
        self.sources = sources
        self._by_type: dict[type, list[Statement]] = {}
        for statement in statements:
            self._by_type.setdefault(type(statement), []).append(statement)

    def every(self, kind: type[StatementType]) -> Iterator[StatementType]:
        """All statements of a kind."""
        return iter(self._by_type.get(kind, ()))  # type: ignore[arg-type]  # grouped by just this type

    def statements(self) -> Iterator[Statement]:
        """All statements, one kind after the other."""
        return (statement for group in self._by_type.values() for statement in group)

    def has_security_definitions(self) -> bool:
        """Whether a file was read that may hold some."""
        return any(kind.__module__ == SECURITY for kind in self._by_type)

    def has_companions(self) -> bool:
        """Whether there is more to compare than RSE with its JES Job Monitor."""
        others = any(each.sibling or each.kind not in MAIN_KINDS for each in self.every(Component))
        return others or any(kind in self._by_type for kind in (PassTicketScheme, Stored))

    def slips(self, *kinds: SlipKind) -> Iterator[Slip]:
        """All slips of some kinds."""
        return (slip for slip in self.every(Slip) if slip.kind in kinds)

    def pairs(self) -> Iterator[tuple[Component, Component]]:
        """RSE with its JES Job Monitor.

        The two that lie nearest together belong together: in one folder, or below one folder. Where several of
        a kind lie equally near, none can be said to belong, and they are left out.
        """
        return _nearest(self.every(Component))


def file_start(file: str) -> Span:
    """The place to point at when a file is meant, not a line of it."""
    return Span(file, 1, 1, 1, 1)


def _nearest(components: Iterable[Component]) -> Iterator[tuple[Component, Component]]:
    """Pair components in the deepest folders first; what has no counterpart there waits in the folder above."""
    waiting: Waiting[Component] = Waiting()
    for component in components:
        waiting.put(os.path.dirname(component.file), [component])
    for folder, here in waiting.deepest_first():
        engines = [each for each in here if each.kind is ComponentKind.RSE]
        monitors = [each for each in here if each.kind is ComponentKind.JES_JOB_MONITOR]
        own = [each for each in monitors if not each.sibling] or monitors
        if len(engines) == 1 and len(own) == 1:
            yield engines[0], own[0]
        elif folder and not (engines and monitors):
            waiting.put(os.path.dirname(folder), here)
