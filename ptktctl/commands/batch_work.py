"""The work on a batch: a chunk of lines in, the text of its rows out."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ptktctl.commands.batch_lines import split
from ptktctl.commands.batch_rows import layout
from ptktctl.commands.batch_subjects import Directory, Group, picked, put_back, round_cipher, together
from ptktctl.commands.wording import instant
from ptktctl.errors import InputError, PtktctlError
from ptktctl.passticket.evaluation import DAY, Outcome
from ptktctl.passticket.legacy import LAST_SECOND, TICKET_LENGTH
from ptktctl.passticket.names import ApplId, UserId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ptktctl.commands.batch_lines import Chunk, Fields
    from ptktctl.commands.batch_subjects import Batch, Lane, Positions, Resolve
    from ptktctl.passticket.keys import SecuredSignonKey

    # For each ticket, in order, the second of an earlier use or None.
    Ask = Callable[[Sequence["Valid"]], Sequence[int | None]]

# The place of an outcome among all is its rank: of a ticket's readings under several keys the lowest one answers.
RANKS = tuple(outcome.value for outcome in Outcome)
VALID, EXPIRED, EARLY, USED, NO_MATCH, MALFORMED, UNKNOWN = range(len(RANKS) + 1)
LAST_DATED = USED
MINUTES = DAY // 60
# So many different texts are worth keeping.
MOST_TEXTS = 20_000


class Valid(NamedTuple):
    """A ticket that is inside its window and serves only once.

    Attributes:
        generated, until: the second it carries and the last one at which it can be accepted, in epoch seconds.
    """

    key: SecuredSignonKey
    userid: UserId
    applid: ApplId
    ticket: str
    generated: int
    until: int


class Result(NamedTuple):
    """What came of a chunk.

    Attributes:
        text: its rows, each with its line end.
        rows: how many.
        faults: how many of them say what is wrong with the line.
        refused: how many of them hold an outcome other than valid.
        error: what ended the work in the middle; the rows before it are in the text.
        tally: for the audit trail, how many lines came to which outcome: (APPLID, outcome, number).
    """

    text: str
    rows: int
    faults: int
    refused: int = 0
    error: PtktctlError | None = None
    tally: Sequence[tuple[str, str, int]] = ()


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
        tickets = [""] * len(fields.numbers)
        for columns, shares in batch.shares(0):
            positions = together(shares)
            seeds = self._directory.seeds(shares)
            made = columns.generate(seeds, picked(fields.moments, positions), round_cipher(shares))
            put_back(tickets, positions, _with_end(made, self._layout.ticket_end))
        batch.add_fault_rows(self._layout, fields.numbers)
        tally = [(str(lanes[0]), "made", len(positions)) for lanes, positions in batch.groups if positions]
        faults = len(batch.faults)
        return Result(_rows(*batch.heads, tickets), len(tickets), faults, tally=[*tally, *_unusable(faults)])

    def _refuse_moments(self, batch: Batch, fields: Fields) -> None:
        """Give a fault to each line whose moment its kind of ticket cannot carry."""
        if not fields.moments or (min(fields.moments) >= 0 and max(fields.moments) <= LAST_SECOND):
            return
        groups, batch.groups = batch.groups, []
        for lanes, positions in groups:
            last = lanes[0].columns.last_second
            outside = {position for position in positions if not 0 <= fields.moments[position] <= last}
            for position in outside:
                message = (
                    f"time {fields.moments[position]} is outside 0 to {last}, the seconds that the PassTicket can carry"
                )
                self._directory.refuse(batch, position, fields, InputError(message))
            batch.groups.append(Group(lanes, [position for position in positions if position not in outside]))


def _with_end(tickets: bytes, end: str) -> list[str]:
    """A column of tickets as a list, each with what ends its row: a line end, and perhaps something before that."""
    width = TICKET_LENGTH + len(end)
    rows = bytearray(len(tickets) // TICKET_LENGTH * (bytes(TICKET_LENGTH) + end.encode()))
    for n in range(TICKET_LENGTH):
        rows[n::width] = tickets[n::TICKET_LENGTH]
    return rows.decode().splitlines(keepends=True)


def _rows(*columns: Sequence[str]) -> str:
    """The text of rows from the columns of their parts."""
    parts = [""] * (len(columns) * len(columns[0]))
    for n, column in enumerate(columns):
        parts[n :: len(columns)] = column
    return "".join(parts)


class VerifyWork:
    """Evaluates the ticket of each line, as `evaluation.evaluate` does a single one."""

    def __init__(self, resolve: Resolve, ask: Ask | None, clock: Callable[[], int], output_format: str) -> None:
        self._clock = clock
        self._ask = ask
        self._layout = layout(output_format, verdicts=True)
        self._directory = Directory(resolve, _no_applid, self._layout, discreet=True)
        self._dated = [*(outcome + self._layout.after_outcome for outcome in RANKS), ""]
        self._undated = [*(outcome + self._layout.undated_end for outcome in RANKS), ""]
        self._instants = Instants(self._layout.before_age)
        self._ages = Texts(lambda age: f"{age}{self._layout.dated_end}")

    def answer(self, chunk: Chunk) -> Result:
        fields = split(chunk, self._clock(), with_tickets=True)
        batch = self._directory.look_up(fields)
        verdicts = self._evaluated(batch, fields)
        done, error = self._ask_for_uses(batch, verdicts, fields)
        batch.add_fault_rows(self._layout, fields.numbers)
        columns: Sequence[Sequence[str]] = (*batch.heads, *self._tails(verdicts))
        if error:
            columns = [column[:done] for column in columns]
        faults = sum(position < done for position in batch.faults)
        refused = done - faults - verdicts.ranks[:done].count(VALID)
        tally = [*_tally(batch, verdicts.ranks, done), *_unusable(faults)]
        return Result(_rows(*columns), done, faults, refused, error, tally)

    def _evaluated(self, batch: Batch, fields: Fields) -> Verdicts:
        """The best reading of each ticket, but for its earlier use; unknown for lines with a fault."""
        verdicts = self._read(batch, fields, 0)
        for turn in range(1, max((len(group.lanes) for group in batch.groups), default=0)):
            verdicts.keep_better(self._read(batch, fields, turn), turn)
        return verdicts

    def _read(self, batch: Batch, fields: Fields, turn: int) -> Verdicts:
        """Read tickets under the key whose turn it is; unknown for lines without."""
        verdicts = Verdicts(len(fields.numbers))
        malformed: list[int] = []
        for columns, shares in batch.shares(turn):
            positions = together(shares)
            tickets = "".join(picked(fields.tickets, positions)).encode()
            generated, impossible = columns.decode(tickets, self._directory.seeds(shares), round_cipher(shares))
            put_back(verdicts.generated, positions, generated)
            malformed += [positions[n] for n in impossible]
        verdicts.ages = list(map(operator.sub, fields.moments, verdicts.generated))
        verdicts.rank(
            [(lanes[turn], positions) for lanes, positions in batch.groups if turn < len(lanes) and positions]
        )
        for position in malformed:
            verdicts.ranks[position] = MALFORMED
        return verdicts

    def _ask_for_uses(self, batch: Batch, verdicts: Verdicts, fields: Fields) -> tuple[int, PtktctlError | None]:
        """Ask of the valid tickets that serve only once, in order and all at once, whether they served before.

        Returns:
            How many lines are done, and why no more are: what was asked about and got no answer is not valid.
        """
        valid = dict(sorted(_single_uses(batch, verdicts, fields))) if self._ask else {}
        if not self._ask or not valid:
            return len(fields.numbers), None
        try:
            uses = self._ask(list(valid.values()))
        except PtktctlError as error:
            return next(iter(valid)), error
        for position, used_at in zip(valid, uses, strict=True):
            if used_at is not None:
                verdicts.ranks[position] = USED
        return len(fields.numbers), None

    def _tails(self, verdicts: Verdicts) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
        """What follows the names in rows, in three columns: outcome, instant, age."""
        undated = verdicts.undated()
        for position in undated:
            verdicts.generated[position] = verdicts.ages[position] = 0
        outcomes = list(map(self._dated.__getitem__, verdicts.ranks))
        instants = self._instants.texts(verdicts.generated)
        ages = list(map(self._ages.__getitem__, verdicts.ages))
        for position in undated:
            outcomes[position] = self._undated[verdicts.ranks[position]]
            instants[position] = ages[position] = ""
        return outcomes, instants, ages


class Verdicts:
    """What is read of tickets, as columns: the rank of the outcome, when it was made, its age, which key's turn it was.

    Unknown as long as nothing has been read.
    """

    __slots__ = ("ages", "generated", "ranks", "turns")

    def __init__(self, count: int) -> None:
        self.ranks = [UNKNOWN] * count
        self.generated = [0] * count
        self.ages = [0] * count
        self.turns = [0] * count

    def rank(self, lanes: Sequence[tuple[Lane, Positions]]) -> None:
        """Find the outcomes of tickets in lanes, by their ages."""
        window = min((lane.window for lane, _ in lanes), default=0)
        all_read = sum(len(positions) for _, positions in lanes) == len(self.ranks)
        if all_read and self.ages and -window <= min(self.ages) and max(self.ages) <= window:
            self.ranks = [VALID] * len(self.ranks)
            return
        for lane, positions in lanes:
            put_back(self.ranks, positions, _ranks(lane, picked(self.ages, positions)))

    def keep_better(self, others: Verdicts, turn: int) -> None:
        """Take what is read under a further key where it is better."""
        for position, rank in enumerate(others.ranks):
            if rank < self.ranks[position]:
                self.ranks[position], self.turns[position] = rank, turn
                self.generated[position], self.ages[position] = others.generated[position], others.ages[position]

    def undated(self) -> Sequence[int]:
        """The positions of those of which it is not said when they were made."""
        if max(self.ranks, default=0) <= LAST_DATED:
            return ()
        return [position for position, rank in enumerate(self.ranks) if rank > LAST_DATED]


def _ranks(lane: Lane, ages: Sequence[int]) -> list[int]:
    """The outcomes of tickets by their ages in seconds."""
    window, reach = lane.window, lane.reach
    return [
        VALID if -window <= age <= window else NO_MATCH if abs(age) > reach else EXPIRED if age > 0 else EARLY
        for age in ages
    ]


def _single_uses(batch: Batch, verdicts: Verdicts, fields: Fields) -> Iterator[tuple[int, Valid]]:
    """The valid tickets that serve only once, by their positions."""
    for lanes, positions in batch.groups:
        if not any(lane.single_use for lane in lanes):
            continue
        for position in positions:
            lane = lanes[verdicts.turns[position]]
            if lane.single_use and verdicts.ranks[position] == VALID:
                names = UserId(str(batch.userids[position])), ApplId(str(lane))
                generated = verdicts.generated[position]
                yield position, Valid(lane.key, *names, fields.tickets[position], generated, generated + lane.window)


def _tally(batch: Batch, ranks: Sequence[int], done: int) -> Iterator[tuple[str, str, int]]:
    """How many of the lines that are done came to which outcome."""
    for lanes, positions in batch.groups:
        among = positions if done == len(ranks) else [position for position in positions if position < done]
        found = picked(ranks, among)
        for rank in set(found):
            yield str(lanes[0]), RANKS[rank], found.count(rank)


def _unusable(faults: int) -> Sequence[tuple[str, str, int]]:
    return [("", "failed: line", faults)] if faults else []


def _no_applid() -> ApplId:
    raise InputError("the APPLID is missing")


class Texts(dict[int, str]):
    """Texts for numbers, made when they are asked for."""

    def __init__(self, make: Callable[[int], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, number: int) -> str:
        if len(self) > MOST_TEXTS:
            self.clear()
        text = self[number] = self._make(number)
        return text


class Instants:
    """Writes epoch seconds as RFC 3339 instants, each with the same end.

    From small tables on purpose: one of the 86,400 seconds of a day takes longer, for it does not fit the processor's
    cache.
    """

    def __init__(self, end: str) -> None:
        self._days = Texts(lambda day: instant(DAY * day).partition("T")[0])
        self._minutes = [f"T{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60)]
        self._seconds = [f"{second:02}Z{end}" for second in range(60)]

    def texts(self, seconds: Sequence[int]) -> list[str]:
        """The text of each second."""
        days, minutes, ends = self._days, self._minutes, self._seconds
        return [
            f"{days[(minute := second // 60) // MINUTES]}{minutes[minute % MINUTES]}{ends[second % 60]}"
            for second in seconds
        ]
