"""The work on a batch: a chunk of lines in, the text of its rows out."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ptktctl.commands.batch_lines import split
from ptktctl.commands.batch_rows import layout
from ptktctl.commands.batch_subjects import (
    Directory,
    by_kind,
    make_room,
    picked,
    put_back,
    round_cipher,
    together,
)
from ptktctl.commands.wording import instant
from ptktctl.errors import InputError, PtktctlError
from ptktctl.passticket.evaluation import DAY, Outcome
from ptktctl.passticket.legacy import LAST_SECOND, TICKET_LENGTH
from ptktctl.passticket.names import ApplId, UserId

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptktctl.commands.batch_lines import Chunk, Fields
    from ptktctl.commands.batch_subjects import Batch, Lane, Positions, Resolve
    from ptktctl.passticket.keys import SecuredSignonKey

    Use = Callable[[SecuredSignonKey, UserId, ApplId, str, int, int], int | None]

# The place of an outcome among all is its rank: of a ticket's readings under several keys the lowest one answers.
RANKS = tuple(outcome.value for outcome in Outcome)
VALID, EXPIRED, EARLY, USED, NO_MATCH, MALFORMED, UNKNOWN = range(len(RANKS) + 1)
LAST_DATED = USED


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a chunk.

    Attributes:
        text: its rows, each with its line end.
        rows: how many.
        faults: how many of them say what is wrong with the line.
        refused: how many of them hold an outcome other than valid.
        error: what ended the work in the middle; the rows before it are in the text.
    """

    text: str
    rows: int
    faults: int
    refused: int = 0
    error: PtktctlError | None = None


class Work(Protocol):
    """What a batch does with its lines; it may run in a process of its own."""

    def answer(self, chunk: Chunk) -> Result:
        """The rows of a chunk."""


class GenWork:
    """Makes a ticket for each line."""

    def __init__(
        self, resolve: Resolve, default_applid: Callable[[], ApplId], clock: Callable[[], int], output_format: str
    ) -> None:
        self._clock = clock
        self._layout = layout(output_format, verdicts=False)
        self._directory = Directory(resolve, default_applid, self._layout, most_keys=1)

    def answer(self, chunk: Chunk) -> Result:
        fields = split(chunk, self._clock(), with_tickets=False)
        batch = self._directory.look_up(fields)
        self._refuse_moments(batch, fields)
        tickets = [""] * len(batch.lanes)
        for columns, places in by_kind(batch.lanes):
            positions = together(places)
            seeds = b"".join(picked(batch.seeds, positions))
            made = columns.generate(seeds, picked(fields.moments, positions), round_cipher(places))
            put_back(tickets, positions, _with_end(made, self._layout.ticket_end))
        batch.add_fault_rows(self._layout, fields.numbers)
        return Result(_interleaved(batch.heads, tickets), len(tickets), len(batch.faults))

    def _refuse_moments(self, batch: Batch, fields: Fields) -> None:
        """Give a fault to each line whose moment its kind of ticket cannot carry."""
        if not fields.moments or (min(fields.moments) >= 0 and max(fields.moments) <= LAST_SECOND):
            return
        for position, (lane, moment) in enumerate(zip(batch.lanes, fields.moments, strict=True)):
            if lane and not 0 <= moment <= lane.columns.last_second:
                seconds = f"0 to {lane.columns.last_second}, the seconds that the PassTicket can carry"
                self._directory.refuse(batch, position, fields, InputError(f"time {moment} is outside {seconds}"))


def _with_end(tickets: bytes, end: str) -> list[str]:
    """A column of tickets as a list, each with what ends its row: a line end, and perhaps something before that."""
    width = TICKET_LENGTH + len(end)
    rows = bytearray(len(tickets) // TICKET_LENGTH * (bytes(TICKET_LENGTH) + end.encode()))
    for n in range(TICKET_LENGTH):
        rows[n::width] = tickets[n::TICKET_LENGTH]
    return rows.decode().splitlines(keepends=True)


def _interleaved(heads: Sequence[str], tails: Sequence[str]) -> str:
    parts = [""] * (2 * len(heads))
    parts[0::2], parts[1::2] = heads, tails
    return "".join(parts)


class VerifyWork:
    """Evaluates the ticket of each line, as `evaluation.evaluate` does a single one."""

    def __init__(self, resolve: Resolve, use: Use | None, clock: Callable[[], int], output_format: str) -> None:
        self._clock = clock
        self._use = use
        self._layout = layout(output_format, verdicts=True)
        self._directory = Directory(resolve, _no_applid, self._layout, discreet=True)
        self._dated = [outcome + self._layout.after_outcome for outcome in RANKS]
        self._undated = [*(outcome + self._layout.undated_end for outcome in RANKS), ""]
        self._days = Days()
        self._clock_face = clock_face(self._layout.before_age)

    def answer(self, chunk: Chunk) -> Result:
        fields = split(chunk, self._clock(), with_tickets=True)
        batch = self._directory.look_up(fields)
        verdicts = _evaluate(batch, fields)
        done, error = self._ask_for_uses(verdicts, fields)
        batch.add_fault_rows(self._layout, fields.numbers)
        rows = self._rows(batch.heads, verdicts)[:done]
        faults = sum(position < done for position in batch.faults)
        refused = done - faults - verdicts.ranks[:done].count(VALID)
        return Result("".join(rows), done, faults, refused, error)

    def _ask_for_uses(self, verdicts: Verdicts, fields: Fields) -> tuple[int, PtktctlError | None]:
        """Ask of each valid ticket, in order, whether it served before.

        Returns:
            How many lines are done, and why no more are.
        """
        if not self._use:
            return len(verdicts.ranks), None
        for position, lane in enumerate(verdicts.lanes):
            if lane and lane.single_use and verdicts.ranks[position] == VALID:
                names = self._directory.names(fields.names[position])
                ticket = fields.tickets[TICKET_LENGTH * position :][:TICKET_LENGTH].decode()
                moment = fields.moments[position]
                try:
                    used_at = self._use(lane.key, *names, ticket, verdicts.generated[position], moment)
                except PtktctlError as error:
                    return position, error
                if used_at is not None:
                    verdicts.ranks[position] = USED
        return len(verdicts.ranks), None

    def _rows(self, heads: Sequence[str], verdicts: Verdicts) -> list[str]:
        days, (minutes, seconds), end = self._days, self._clock_face, self._layout.dated_end
        dated, undated = self._dated, self._undated
        return [
            f"{head}{dated[rank]}{days[made // DAY]}{minutes[made % DAY // 60]}{seconds[made % 60]}{age}{end}"
            if rank <= LAST_DATED
            else f"{head}{undated[rank]}"
            for head, rank, made, age in zip(heads, verdicts.ranks, verdicts.generated, verdicts.ages, strict=True)
        ]


class Verdicts:
    """What is said of tickets, as columns: the rank of the outcome, when it was made, its age, the lane of the key."""

    __slots__ = ("ages", "generated", "lanes", "ranks")

    def __init__(self, lanes: list[Lane | None]) -> None:
        self.ranks = [UNKNOWN] * len(lanes)
        self.generated = [0] * len(lanes)
        self.ages = [0] * len(lanes)
        self.lanes = lanes


def _evaluate(batch: Batch, fields: Fields) -> Verdicts:
    """The best reading of each ticket, but for its earlier use; unknown for lines with a fault."""
    verdicts = _read_column(batch.lanes, batch.seeds, fields)
    for turn in range(max(map(len, batch.others.values()), default=0)):
        lanes: list[Lane | None] = [None] * len(batch.lanes)
        seeds = [b""] * len(batch.lanes)
        for position, readings in batch.others.items():
            if turn < len(readings):
                lanes[position], seeds[position] = readings[turn]
        _keep_better(verdicts, _read_column(lanes, seeds, fields))
    return verdicts


def _keep_better(verdicts: Verdicts, others: Verdicts) -> None:
    for position, rank in enumerate(others.ranks):
        if rank < verdicts.ranks[position]:
            verdicts.ranks[position] = rank
            verdicts.generated[position] = others.generated[position]
            verdicts.ages[position] = others.ages[position]
            verdicts.lanes[position] = others.lanes[position]


def _read_column(lanes: list[Lane | None], seeds: Sequence[bytes], fields: Fields) -> Verdicts:
    """Read each ticket under one key."""
    verdicts = Verdicts(lanes)
    for columns, places in by_kind(lanes):
        positions = together(places)
        tickets = _picked_tickets(fields.tickets, positions)
        generated, impossible = columns.decode(tickets, b"".join(picked(seeds, positions)), round_cipher(places))
        ages = list(map(operator.sub, picked(fields.moments, positions), generated))
        ranks: list[int] = []
        for lane, each in places.items():
            ranks += _ranks(lane, ages[len(ranks) : len(ranks) + len(each)])
        for n in impossible:
            ranks[n] = MALFORMED
        put_back(verdicts.generated, positions, generated)
        put_back(verdicts.ages, positions, ages)
        put_back(verdicts.ranks, positions, ranks)
    return verdicts


def _picked_tickets(tickets: bytes, positions: Positions) -> bytes:
    if isinstance(positions, range):
        return tickets
    return b"".join([tickets[TICKET_LENGTH * n : TICKET_LENGTH * (n + 1)] for n in positions])


def _ranks(lane: Lane, ages: Sequence[int]) -> list[int]:
    """The outcomes of tickets by their ages in seconds."""
    window, reach = lane.window, lane.reach
    if -window <= min(ages) and max(ages) <= window:
        return [VALID] * len(ages)
    return [
        VALID if -window <= age <= window else NO_MATCH if abs(age) > reach else EXPIRED if age > 0 else EARLY
        for age in ages
    ]


def _no_applid() -> ApplId:
    raise InputError("the APPLID is missing")


class Days(dict[int, str]):
    """The dates of days since 1970, worked out when they are asked for."""

    def __missing__(self, day: int) -> str:
        make_room(self)
        text = self[day] = instant(DAY * day).partition("T")[0]
        return text


def clock_face(end: str) -> tuple[list[str], list[str]]:
    """What follows the date in an RFC 3339 instant: for each minute of the day, and for each second with the `end`.

    Small tables on purpose: one of all 86,400 seconds takes longer, for it does not fit the processor's cache.
    """
    minutes = [f"T{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60)]
    return minutes, [f"{second:02}Z{end}" for second in range(60)]
