"""applids.toml: the APPLIDs of the site and their settings. No secret in it; fit for version control.

One table an APPLID, by name, so that two people's changes merge. Each entry carries a short check of its content:
a change that was not meant is noticed and named. An entry without a check is taken as written by hand.
"""

import enum
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Self

from ptktctl.errors import InputError, StoreDamagedError
from ptktctl.passticket.keys import TicketType
from ptktctl.passticket.names import ApplId
from ptktctl.record import Record
from ptktctl.store import files
from ptktctl.store.framing import framed
from ptktctl.store.tables import FORMAT, LATEST, Members, checksum_of, read_tables

if TYPE_CHECKING:
    from ptktctl.store.migration import Migration

# TIMEOUT of an enhanced PassTicket, in seconds (IBM Education Assistant, z/OS V2.5, "RACF enhanced PassTicket").
SHORTEST_TIMEOUT, LONGEST_TIMEOUT, DEFAULT_TIMEOUT = 1, 600, 60
CHECK_DIGITS = 16
CHECK_TAG = b"ptktctl applid 1"
# Days that a key may serve: longer than any rule asks for.
LONGEST_AGE = 36_500


class Component(enum.Enum):
    """What answers to an APPLID on the host."""

    RSE = "rse"
    JES_JOB_MONITOR = "jes-job-monitor"
    ZOSMF = "zosmf"
    ZOWE = "zowe"
    CICS = "cics"
    DB2 = "db2"
    TSO = "tso"
    BATCH = "batch"
    OTHER = "other"


class Replay(enum.Enum):
    """Whether a ticket may serve more than once while its window lasts."""

    ALLOW = "allow"
    DENY = "deny"


class Application(Record):
    """One APPLID as the site has defined it.

    Attributes:
        applid: its name.
        component: what answers to it.
        ticket: the kind of ticket to make; None leaves it to the keys, as RACF does: an enhanced one (TYPE MIXED)
            when there is an enhanced key, else a legacy one.
        timeout: the window of enhanced tickets in seconds, 1 to 600.
        replay: whether a ticket may serve again.
        description: for people; one line.
        created: when it was defined, in epoch seconds.
        max_age: the days after which a key of it is due to be replaced, 1 to 36500; None for no such rule.
        migration: the last step done of a move to enhanced tickets; None when none is under way.
        migrating_to: what kind of enhanced tickets such a move leads to.
    """

    applid: ApplId
    created: int
    component: Component = Component.OTHER
    ticket: TicketType | None = None
    timeout: int = DEFAULT_TIMEOUT
    replay: Replay = Replay.DENY
    description: str = ""
    max_age: int | None = None
    migration: "Migration | None" = None
    migrating_to: TicketType | None = None

    @property
    def enhanced_type(self) -> TicketType:
        """TYPE of its enhanced tickets: of those made, else of those a move leads to, else MIXED, RACF's default."""
        made = None if self.ticket is TicketType.LEGACY else self.ticket
        return made or self.migrating_to or TicketType.MIXED

    def checked(self) -> Self:
        """The same, once its members are found to be such as can be stored.

        Raises:
            InputError: a timeout or an age out of range, a description that is not one line of printable characters.
        """
        if not SHORTEST_TIMEOUT <= self.timeout <= LONGEST_TIMEOUT:
            raise InputError(
                f"the timeout is {self.timeout} s", f"RACF takes {SHORTEST_TIMEOUT} to {LONGEST_TIMEOUT} seconds"
            )
        if self.max_age is not None and not 1 <= self.max_age <= LONGEST_AGE:
            raise InputError(f"a key's greatest age is {self.max_age} days", f"1 to {LONGEST_AGE}, or none")
        if not self.description.isprintable():
            raise InputError("the description holds a line end or another character that can't be printed")
        return self


class Definitions:
    """The applications of a site as they were at one moment, by name."""

    __slots__ = ("_applications",)

    def __init__(self, applications: Mapping[ApplId, Application]) -> None:
        self._applications = dict(sorted(applications.items(), key=lambda item: item[0].value))

    @classmethod
    def load(cls, path: str) -> "Definitions":
        """Read applids.toml; a file that is not there defines nothing.

        Raises:
            StoreDamagedError: naming the entry and the member that are not as they should be.
            UnsafePermissionsError: others can read or write the file or its folder.
        """
        data = files.read_private(path)
        return cls({}) if data is None else cls.of(data, path)

    @classmethod
    def of(cls, data: bytes, path: str) -> "Definitions":
        """What a file of definitions holds.

        Args:
            path: how messages name it.

        Raises:
            StoreDamagedError: as `load`.
        """
        return cls(_parse(data, path))

    def __iter__(self) -> Iterator[Application]:
        return iter(self._applications.values())

    def __len__(self) -> int:
        return len(self._applications)

    def get(self, applid: ApplId) -> Application | None:
        """The application of that name, None when it is not defined."""
        return self._applications.get(applid)


def add(path: str, application: Application) -> None:
    """Define one more.

    Raises:
        InputError: it is defined already, or is not such as can be stored.
        StoreError: as `Definitions.load`, `files.locked` and `files.replace_atomically`. So for all that follow.
    """

    def change(applications: dict[ApplId, Application]) -> None:
        _require_free(applications, application.applid)
        applications[application.applid] = application.checked()

    _edit(path, change)


def update(path: str, applid: ApplId, edit: Callable[[Application], Application]) -> Application:
    """Replace a definition by what `edit` makes of it, and answer that.

    Raises:
        InputError: it is not defined, or `edit` made of it what can't be stored.
    """

    def change(applications: dict[ApplId, Application]) -> None:
        applications[applid] = edit(_defined(applications, applid)).checked()

    return _edit(path, change)[applid]


def rename(path: str, old: ApplId, new: ApplId) -> None:
    """Give a definition another name.

    Raises:
        InputError: the old one is not defined, or the new one is.
    """

    def change(applications: dict[ApplId, Application]) -> None:
        application = _defined(applications, old)
        if old != new:
            _require_free(applications, new)
            del applications[old]
            applications[new] = application.replaced(applid=new)

    _edit(path, change)


def remove(path: str, applid: ApplId) -> None:
    """Forget a definition.

    Raises:
        InputError: it is not defined.
    """

    def change(applications: dict[ApplId, Application]) -> None:
        _defined(applications, applid)
        del applications[applid]

    _edit(path, change)


def _edit(path: str, change: Callable[[dict[ApplId, Application]], None]) -> dict[ApplId, Application]:
    """Read, change and write under the lock; nothing is written when `change` raises or changes nothing."""
    with files.locked(path):
        before = files.read_private(path)
        applications = {} if before is None else _parse(before, path)
        change(applications)
        after = _render(applications)
        if after != before:
            files.replace_atomically(path, after)
    return applications


def _defined(applications: Mapping[ApplId, Application], applid: ApplId) -> Application:
    if applid not in applications:
        known = ", ".join(sorted(map(str, applications))) or "none yet"
        raise InputError(f"the APPLID {applid} is not defined", f"defined: {known}")
    return applications[applid]


def _require_free(applications: Mapping[ApplId, Application], applid: ApplId) -> None:
    if applid in applications:
        raise InputError(f"{applid} is defined already", "change it with applid set")


def _render(applications: Mapping[ApplId, Application]) -> bytes:
    import tomli_w

    by_name = sorted(applications.values(), key=lambda application: application.applid.value)
    entries = {application.applid.value: _members(application) for application in by_name}
    return tomli_w.dumps({"format": FORMAT, "applid": entries}).encode()


def _members(application: Application) -> dict[str, str | int]:
    ticket = {"ticket": application.ticket.value} if application.ticket else {}
    # The check comes first, so that a file cut short in the middle of an entry does not look written by hand.
    return {
        "check": _check(application),
        "component": application.component.value,
        **ticket,
        "timeout": application.timeout,
        "replay": application.replay.value,
        "description": application.description,
        **_optional(application),
        "created": application.created,
    }


def _optional(application: Application) -> dict[str, str | int]:
    """Members that many definitions do without."""
    members: dict[str, str | int] = {}
    if application.max_age is not None:
        members["max_age"] = application.max_age
    if application.migration:
        members["migration"] = application.migration.value
    if application.migrating_to:
        members["migrating_to"] = application.migrating_to.value
    return members


def _check(application: Application) -> str:
    """The start of a checksum over all that the entry says, its name included."""
    ticket = application.ticket.value if application.ticket else ""
    said: tuple[str, ...] = (application.component.value, ticket, application.replay.value, application.description)
    numbers = (str(application.timeout), str(application.created))
    # After the others, and only when they are there: so the checks of definitions without them stay as they are.
    optional = (str(part) for member in _optional(application).items() for part in member)
    said = (*said, *numbers, *optional)
    parts = (CHECK_TAG, application.applid.value.encode(), *(part.encode() for part in said))
    return checksum_of(framed(*parts))[:CHECK_DIGITS]


def _parse(data: bytes, path: str) -> dict[ApplId, Application]:
    root = read_tables(data, path)
    table = root.take("applid") if root.has("applid") else {}
    root.end()
    if not isinstance(table, dict):
        root.fail("applid is not a table")
    applications = (_application(name, members, path) for name, members in table.items())
    return {application.applid: application for application in applications}


def _migration(members: Members) -> "Migration":
    from ptktctl.store.migration import Migration

    return members.choice("migration", Migration)


def _application(name: str, table: object, path: str) -> Application:
    members = Members(table, f"{path}, entry {name}")
    try:
        application = Application(
            applid=ApplId.parse(name),
            created=members.number("created", 0, LATEST),
            component=members.choice("component", Component),
            ticket=members.choice("ticket", TicketType) if members.has("ticket") else None,
            timeout=members.number("timeout", SHORTEST_TIMEOUT, LONGEST_TIMEOUT),
            replay=members.choice("replay", Replay),
            description=members.text("description") if members.has("description") else "",
            max_age=members.number("max_age", 1, LONGEST_AGE) if members.has("max_age") else None,
            migration=_migration(members) if members.has("migration") else None,
            migrating_to=members.choice("migrating_to", TicketType) if members.has("migrating_to") else None,
        ).checked()
    except InputError as error:
        members.fail(error.message)
    if application.applid.value != name:
        members.fail("an APPLID is written in upper case")
    if members.has("check") and members.take("check") != _check(application):
        raise StoreDamagedError(
            f"{path}, entry {name}: is damaged or was edited by hand",
            "if the change is wanted, delete the line `check` of this entry",
        )
    members.end()
    return application
