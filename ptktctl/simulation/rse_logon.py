"""The logon to IBM Explorer's RSE, as its documentation tells it.

Source: IBM Explorer for z/OS, "Using PassTickets". The client connects to the RSE daemon, which authenticates it,
makes a client ID and a server thread. The RSE server makes a PassTicket and builds the client's security environment
with it, and a new PassTicket wherever a password is needed later. JES Job Monitor, where RSE logs on by itself,
evaluates what it is given under its own APPLID. How long the steps take is assumed; that tickets made within one
second are equal is not.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptktctl.passticket import evaluation
from ptktctl.passticket.evaluation import LEGACY_WINDOW, Outcome
from ptktctl.passticket.keys import LegacyKey
from ptktctl.passticket.names import ApplId, UserId
from ptktctl.store.definitions import Replay
from ptktctl.store.ledger import Ledger, token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.passticket.evaluation import Evaluation
    from ptktctl.passticket.keys import SecuredSignonKey

START = 1_795_341_600  # 2026-11-22T10:00:00Z
# For show only: it opens nothing, and each run has the same tickets.
KEY = LegacyKey.from_hex("7CA1B3D56E924F08")
# In milliseconds.
BETWEEN_CLIENTS, PASSWORD, THREAD, BETWEEN_TICKETS, EVALUATION = 370, 120, 80, 230, 15


class Where(enum.Enum):
    """Who does a step."""

    DAEMON = "RSE daemon"
    SERVER = "RSE server"
    MONITOR = "JES Job Monitor"


class What(enum.Enum):
    """The steps of a logon."""

    CONNECT = "connect"
    AUTHENTICATE = "authenticate"
    START_THREAD = "start-thread"
    GENERATE = "generate"
    EVALUATE = "evaluate"


class Cause(enum.Enum):
    """Why a ticket is refused."""

    REPLAY = "replay"
    APPLID = "applid"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Site:
    """What is to be played.

    Attributes:
        clients: how many log on, each a user of its own.
        tickets_per_logon: how many tickets RSE makes for each: the first for the security environment, the others
            for JES Job Monitor.
        skew: how many seconds the clock that makes tickets is ahead of the one that evaluates them.
        rse_applid: the APPLID that RSE makes tickets for and builds the security environment under.
        jmon_applid: the APPLID that JES Job Monitor evaluates under. Both have the same key.
    """

    clients: int
    tickets_per_logon: int
    replay: Replay
    skew: int
    rse_applid: ApplId
    jmon_applid: ApplId


@dataclass(frozen=True, slots=True)
class Event:
    """A step of a logon.

    Attributes:
        at: when, in milliseconds of the epoch by the evaluating clock.
        number: which ticket of this logon, from 1; None in the steps without one. So are those that follow.
        applid: what the ticket is made for, or evaluated under.
        generated: the second it carries, in epoch seconds.
        found: what came of its evaluation; None in all other steps.
        cause: why it is refused, if it is.
    """

    at: int
    userid: UserId
    where: Where
    what: What
    number: int | None = None
    applid: ApplId | None = None
    ticket: str | None = None
    generated: int | None = None
    found: Evaluation | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """All that happened, in the order of time."""

    site: Site
    events: tuple[Event, ...]

    @property
    def made(self) -> int:
        """How many tickets were made."""
        return sum(event.what is What.GENERATE for event in self.events)

    @property
    def different(self) -> int:
        """How many of them differ: for a user, one a second."""
        return len({event.ticket for event in self.events if event.what is What.GENERATE})

    @property
    def refused(self) -> tuple[Event, ...]:
        """The evaluations that said no."""
        return tuple(event for event in self.events if event.cause)

    @property
    def succeeding(self) -> int:
        """How many logons had no ticket refused."""
        return self.site.clients - len({event.userid for event in self.refused})


def play(site: Site, ledger: Ledger) -> Played:
    """Play the logons of a site.

    Args:
        ledger: an empty one; it holds the tickets used when this returns.

    Raises:
        InputError: the skew leads to a time that a ticket can't carry.
        StoreError: as `Ledger.use`.
    """
    events = [event for number in range(1, site.clients + 1) for event in _log_on(site, ledger, number)]
    return Played(site, tuple(sorted(events, key=lambda event: event.at)))


def _log_on(site: Site, ledger: Ledger, client: int) -> Iterator[Event]:
    userid = UserId.parse(f"USER{client:04}")
    clock = START * 1000 + (client - 1) * BETWEEN_CLIENTS
    yield Event(clock, userid, Where.DAEMON, What.CONNECT)
    clock += PASSWORD
    yield Event(clock, userid, Where.DAEMON, What.AUTHENTICATE)
    clock += THREAD
    yield Event(clock, userid, Where.SERVER, What.START_THREAD)
    for number in range(1, site.tickets_per_logon + 1):
        clock += BETWEEN_TICKETS
        made = _generate(site, userid, number, clock)
        yield made
        clock += EVALUATION
        judged = _evaluate(site, ledger, made, clock)
        yield judged
        if number == 1 and judged.cause:
            return  # without a security environment there is no session that could need more


def _generate(site: Site, userid: UserId, number: int, clock: int) -> Event:
    second = clock // 1000 + site.skew
    ticket = evaluation.generate(userid, site.rse_applid, KEY, second)
    return Event(clock, userid, Where.SERVER, What.GENERATE, number, site.rse_applid, ticket, second)


def _evaluate(site: Site, ledger: Ledger, made: Event, clock: int) -> Event:
    where, applid = (Where.SERVER, site.rse_applid) if made.number == 1 else (Where.MONITOR, site.jmon_applid)
    ticket, now = made.ticket or "", clock // 1000

    def use(key: SecuredSignonKey, generated: int) -> int | None:
        known = token(key, made.userid, applid, ticket, generated)
        return ledger.use(known, generated, now, keep_until=generated + LEGACY_WINDOW)

    single_use = use if site.replay is Replay.DENY else None
    found = evaluation.evaluate(ticket, made.userid, applid, (KEY,), now, use=single_use)
    cause = _cause(site, applid, found.outcome)
    return Event(clock, made.userid, where, What.EVALUATE, made.number, applid, ticket, made.generated, found, cause)


def _cause(site: Site, applid: ApplId, outcome: Outcome) -> Cause | None:
    if outcome is Outcome.VALID:
        return None
    if outcome is Outcome.USED:
        return Cause.REPLAY
    return Cause.CLOCK if applid == site.rse_applid else Cause.APPLID
