"""Why a ticket fails: read it in every way that a known slip would explain, and judge what is found.

Each reading is one decoding, never a scan over the clock. It gives some second for every possible ticket,
so what tells the right reading from the wrong ones is that its second lies near the moment of the failure.
Chance brings wrong readings near too, and the more are tried, the oftener. So the seconds that count as a hit are
allotted before anything is decoded: all readings together cover at most BOUND of all the seconds that a
ticket can carry (2^32 legacy, 2^41 UPPER, 2^48 MIXED). What is claimed is then wrong for at most one in a
thousand tickets of strangers, however many keys and names are stored.

Half of that goes to the readings as given, which so may lie days away. Other names and faults of the generator are
looked for near the clock, and where a clock in local time puts them; faults on the way only near it. Legacy tickets,
with the least room, get nine tenths of all.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptktctl.passticket.evaluation import DAY, DEFAULT_TIMEOUT, LEGACY_WINDOW, window_of
from ptktctl.passticket.keys import TicketType
from ptktctl.passticket.slips import (
    SPACE_BITS,
    KnownKey,
    Reading,
    Slip,
    Suspects,
    Tier,
    is_possible,
    neighbours,
    possible_types,
    readings,
    system_applids,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BOUND",
    "Candidate",
    "Diagnosis",
    "KnownKey",
    "Moment",
    "Reading",
    "Slip",
    "Suspects",
    "Tier",
    "Verdict",
    "diagnose",
    "neighbours",
    "system_applids",
]

BOUND = 1 / 1000
# The more a tier grows with the store, the more it gets; with these shares some 60 applications with legacy keys can
# still be tried in all zones.
TIER_SHARES = {Tier.AS_GIVEN: 0.5, Tier.OTHER: 0.4, Tier.MISMADE: 0.07, Tier.MISCOPIED: 0.03}
TYPE_SHARES = {TicketType.LEGACY: 0.9, TicketType.UPPER: 0.09, TicketType.MIXED: 0.01}
# Farther off, a hit would be no news: an old ticket is an old ticket, and a slip is looked into on the day it happens.
FARTHEST = {Tier.AS_GIVEN: 365 * DAY, Tier.OTHER: DAY, Tier.MISMADE: DAY, Tier.MISCOPIED: DAY}

# Clocks in local time, by their seconds ahead of GMT. Zones lie at whole and half hours from 12 hours behind GMT to 14
# ahead of it, none of them half an hour from it; and three lie at quarters, one with a summer time (IANA's time zone
# database: Asia/Kathmandu, Australia/Eucla, Pacific/Chatham).
QUARTER = 900
ZONES = frozenset(QUARTER * n for n in (*(n for n in range(-48, 57, 2) if abs(n) > 2), 23, 35, 51, 55))
ZONE_TOLERANCE = 60
ZONE_SECONDS = 2 * ZONE_TOLERANCE + 1


class Moment(enum.Enum):
    """What the second of generation means, by the name that scripts see."""

    IN_WINDOW = "in-window"
    TOO_SLOW = "too-slow"
    LOCAL_TIME = "local-time"
    AHEAD = "ahead"
    LATE = "late"
    OLD = "old"


class Verdict(enum.Enum):
    """What is known of a ticket after all."""

    VALID = "valid"
    EXPLAINED = "explained"
    UNEXPLAINED = "unexplained"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading whose second lies near enough to be more than chance.

    Attributes:
        reading: what the ticket must have been made of.
        generated: when it was made, in epoch seconds.
        age: seconds from then to the moment of the failure, negative for a ticket from the future.
        window: how many seconds either way a ticket of this kind serves.
        moment: what that age means.
        zone: for LOCAL_TIME, the seconds by which that clock is ahead of GMT, negative when behind.
        chance: how likely a stranger's ticket is to be explained as nearly as this by a reading as plain.
        readings: how many readings of this slip and kind were tried.
    """

    reading: Reading
    generated: int
    age: int
    window: int
    moment: Moment
    zone: int | None
    chance: float
    readings: int

    @property
    def is_valid(self) -> bool:
        """Whether a verifier takes the ticket, an earlier use aside."""
        return self.reading.slip is Slip.NONE and self.moment is Moment.IN_WINDOW


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found; the ticket itself is no part of it, for it may be a password.

    Attributes:
        verdict: in a word.
        candidates: what explains the ticket, the least likely to be chance first.
        possible: the kinds of PassTicket that the text can be under some key.
        kinds: the kinds whose keys were tried.
        readings: how many readings were tried, each one decoding.
        reach: how many seconds either way a ticket made as it should be was looked for, of any kind.
    """

    verdict: Verdict
    candidates: tuple[Candidate, ...]
    possible: tuple[TicketType, ...]
    kinds: tuple[TicketType, ...]
    readings: int
    reach: int


@dataclass(frozen=True, slots=True)
class Net:
    """The ages that count as a hit.

    Attributes:
        reach: seconds either way; -1 for none at all.
        zones: whether whole and half hours count too.
    """

    reach: int
    zones: bool = False

    def holds(self, age: int) -> bool:
        """Whether an age counts."""
        return abs(age) <= self.reach or (self.zones and zone_of(age) is not None)

    def seconds(self, distance: int) -> int:
        """How many of the ages that count are as near as `distance`, or a few more."""
        near = 2 * min(distance, self.reach) + 1 if self.reach >= 0 else 0
        beyond = range(self.reach - ZONE_TOLERANCE + 1, distance + ZONE_TOLERANCE + 1)
        return near + ZONE_SECONDS * sum(abs(zone) in beyond for zone in ZONES if self.zones)


@dataclass(frozen=True, slots=True)
class _Pool:
    """The readings of one tier and kind, with the net they share."""

    ticket_type: TicketType
    readings: tuple[Reading, ...]
    net: Net

    def chance(self, distance: int) -> float:
        return len(self.readings) * self.net.seconds(distance) / (1 << SPACE_BITS[self.ticket_type])

    def hits(self, at: int) -> Iterator[tuple[Reading, int]]:
        for reading in self.readings:
            generated = reading.generated()
            if generated is not None and self.net.holds(at - generated):
                yield reading, generated

    def count(self, slip: Slip) -> int:
        return sum(reading.slip is slip for reading in self.readings)


def diagnose(
    ticket: str, suspects: Suspects, at: int, *, timeout: int = DEFAULT_TIMEOUT, bound: float = BOUND
) -> Diagnosis:
    """Explain a refused ticket.

    The search ends early only when the ticket is read as given and lies within a day, as a verifier would recognise it.

    Args:
        ticket: as it was given; case matters.
        suspects: the names and keys that may have been meant.
        at: the moment of the failure, epoch seconds.
        timeout: the window of enhanced tickets in seconds, taken either way; legacy ones have 600.
        bound: how likely any claim at all may be for a stranger's ticket.
    """
    pools: list[_Pool] = []
    candidates: list[Candidate] = []
    reach = 0
    seen: set[tuple[object, ...]] = set()
    for tier in Tier:
        fresh = _pools(tier, ticket, suspects, seen, bound)
        pools += fresh
        for pool in fresh:
            candidates += (_candidate(*hit, pool, pools, at, timeout) for hit in pool.hits(at))
        if tier is Tier.AS_GIVEN:
            reach = min((pool.net.reach for pool in fresh), default=0)
            if any(abs(candidate.age) <= DAY for candidate in candidates):
                break
    candidates.sort(key=lambda candidate: (candidate.chance, abs(candidate.age)))
    possible = possible_types(ticket)
    kinds = tuple(kind for kind in TicketType if any(known.key.ticket_type is kind for known in suspects.keys))
    verdict = _verdict(candidates, set(possible) & set(kinds))
    return Diagnosis(verdict, tuple(candidates), possible, kinds, sum(len(pool.readings) for pool in pools), reach)


def allot(count: int, tier: Tier, ticket_type: TicketType, bound: float = BOUND) -> Net:
    """The widest net that `count` readings of a tier and kind can have without exceeding their share of the bound."""
    share = bound * TIER_SHARES[tier] * TYPE_SHARES[ticket_type]
    seconds = int(share * 2 ** SPACE_BITS[ticket_type] / count)
    zones = tier in (Tier.OTHER, Tier.MISMADE) and seconds > ZONE_SECONDS * len(ZONES) + 2 * LEGACY_WINDOW
    near = seconds - ZONE_SECONDS * len(ZONES) if zones else seconds
    return Net(min((near - 1) // 2, FARTHEST[tier]), zones)


def zone_of(age: int) -> int | None:
    """By how many seconds a clock in local time is ahead of GMT, if that explains an age; negative when behind."""
    nearest = (QUARTER // 2 - age) // QUARTER * QUARTER
    return nearest if nearest in ZONES and abs(nearest + age) <= ZONE_TOLERANCE else None


def _pools(tier: Tier, ticket: str, suspects: Suspects, seen: set[tuple[object, ...]], bound: float) -> list[_Pool]:
    """The readings of a tier that are possible and not yet seen, by kind, with their nets."""
    kinds: dict[TicketType, list[Reading]] = defaultdict(list)
    for reading in readings(tier, ticket, suspects):
        if is_possible(reading.text, reading.ticket_type) and reading.identity() not in seen:
            seen.add(reading.identity())
            kinds[reading.ticket_type].append(reading)
    return [_Pool(kind, tuple(found), allot(len(found), tier, kind, bound)) for kind, found in kinds.items()]


def _candidate(reading: Reading, generated: int, pool: _Pool, pools: list[_Pool], at: int, timeout: int) -> Candidate:
    age = at - generated
    window = window_of(reading.key, timeout)
    moment = _moment(age, window)
    zone = zone_of(age) if moment is Moment.LOCAL_TIME else None
    # Within the window one second is as good as another.
    chance = sum(each.chance(max(abs(age), window)) for each in pools)
    return Candidate(reading, generated, age, window, moment, zone, chance, pool.count(reading.slip))


def _moment(age: int, window: int) -> Moment:
    if abs(age) <= window:
        return Moment.IN_WINDOW
    if 0 < age <= LEGACY_WINDOW:
        return Moment.TOO_SLOW
    if zone_of(age) is not None:
        return Moment.LOCAL_TIME
    if age < 0:
        return Moment.AHEAD
    return Moment.LATE if age < DAY else Moment.OLD


def _verdict(candidates: list[Candidate], possible: set[TicketType]) -> Verdict:
    if any(candidate.is_valid for candidate in candidates):
        return Verdict.VALID
    if candidates:
        return Verdict.EXPLAINED
    return Verdict.UNEXPLAINED if possible else Verdict.IMPOSSIBLE
