"""The work on a batch: a chunk of lines in, the text of its rows out."""

from __future__ import annotations

import contextlib
import operator
from array import array
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ptktctl.commands.batch_instants import Instants
from ptktctl.commands.batch_lines import split
from ptktctl.commands.batch_rows import layout, planes, rows
from ptktctl.commands.batch_subjects import Directory, Group, picked, picked_records, put_back
from ptktctl.errors import InputError, PtktctlError
from ptktctl.passticket.evaluation import Outcome
from ptktctl.passticket.legacy import TICKET_LENGTH
from ptktctl.passticket.names import ApplId, UserId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ptktctl.commands.batch_lines import Chunk, Fields
    from ptktctl.commands.batch_rows import Layout, Part
    from ptktctl.commands.batch_sheet import Sheet
    from ptktctl.commands.batch_subjects import Batch, Lane, Positions, Resolve
    from ptktctl.passticket.keys import SecuredSignonKey

    # For each ticket, in order, the second of an earlier use or None.
    Ask = Callable[[Sequence["Valid"]], Sequence[int | None]]

# The rank of an outcome is its place among all: of a ticket's readings the lowest one answers, as in `evaluation`.
RANKS = tuple(outcome.value for outcome in Outcome)
VALID, EXPIRED, EARLY, USED, NO_MATCH, MALFORMED, UNKNOWN = range(len(RANKS) + 1)
LAST_DATED = USED
TEXTS = (*RANKS, "")


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
        self._directory = Directory(resolve, default_applid, most_keys=1)

    def answer(self, chunk: Chunk) -> Result:
        fields = split(chunk, self._clock(), with_tickets=False)
        batch = self._directory.look_up(fields)
        self._refuse_moments(batch, fields)
        parts = [*_head(self._layout, batch), planes(self._tickets(batch, fields), TICKET_LENGTH)]
        faults = batch.fault_rows(self._layout, fields.numbers)
        text = rows([*parts, self._layout.ticket_end], len(fields.numbers), faults)
        tally = [(lanes[0].applid, "made", len(positions)) for lanes, positions in batch.groups if positions]
        return Result(text, len(fields.numbers), len(faults), tally=[*tally, *_unusable(len(faults))])

    def _tickets(self, batch: Batch, fields: Sheet | Fields) -> bytes:
        """The ticket of each line, one after another; of a line with a fault, NUL."""
        tickets = array("Q", bytes(TICKET_LENGTH * len(fields.numbers)))
        for columns, positions, subjects in batch.loads(0):
            made = columns.generate(subjects, picked(fields.moments, positions))
            # A ticket goes to its place as a number of 8 bytes.
            put_back(tickets, positions, array("Q", made))
        return tickets.tobytes()

    def _refuse_moments(self, batch: Batch, fields: Sheet | Fields) -> None:
        """Give a fault to each line whose moment its kind of ticket cannot carry."""
        with contextlib.suppress(OverflowError):
            # All are of 32 bits, as those of legacy tickets have to be, which carry the fewest.
            array("I", fields.moments)
            return
        groups, batch.groups = batch.groups, []
        for lanes, positions in groups:
            last = lanes[0].columns.last_second
            outside = {position for position in positions if not 0 <= fields.moments[position] <= last}
            for position in outside:
                message = (
                    f"time {fields.moments[position]} is outside 0 to {last}, the seconds that the PassTicket can carry"
                )
                self._directory.refuse(batch, position, InputError(message))
            batch.groups.append(Group(lanes, [position for position in positions if position not in outside]))


def _head(layout: Layout, batch: Batch) -> list[Part]:
    """The parts of rows before the ticket or the outcome."""
    userids, applids = batch.parts_of_rows()
    return [layout.start, userids, layout.after_userid, applids, layout.after_applid]


class VerifyWork:
    """Evaluates the ticket of each line, as `evaluation.evaluate` does a single one."""

    def __init__(self, resolve: Resolve, ask: Ask | None, clock: Callable[[], int], output_format: str) -> None:
        self._clock = clock
        self._ask = ask
        self._layout = layout(output_format, verdicts=True)
        self._directory = Directory(resolve, _no_applid, discreet=True)
        self._instants = Instants()

    def answer(self, chunk: Chunk) -> Result:
        fields = split(chunk, self._clock(), with_tickets=True)
        batch = self._directory.look_up(fields)
        verdicts = self._evaluated(batch, fields)
        done, error = self._ask_for_uses(batch, verdicts, fields)
        faults = batch.fault_rows(self._layout, fields.numbers)
        # What these rows do not say must not be in the others' either: the rest of the verdicts is written after this.
        single = {**faults, **self._undated_rows(batch, verdicts)}
        text = rows([*_head(self._layout, batch), *self._tail(verdicts)], len(fields.numbers), single)
        if error:
            text = "".join(text.splitlines(keepends=True)[:done])
        unusable = sum(position < done for position in faults)
        refused = done - unusable - verdicts.ranks[:done].count(VALID)
        tally = [*_tally(batch, verdicts.ranks, done), *_unusable(unusable)]
        return Result(text, done, unusable, refused, error, tally)

    def _evaluated(self, batch: Batch, fields: Sheet | Fields) -> Verdicts:
        """The best reading of each ticket, but for its earlier use; unknown for lines with a fault."""
        verdicts = self._read(batch, fields, 0)
        for turn in range(1, max((len(group.lanes) for group in batch.groups), default=0)):
            verdicts.keep_better(self._read(batch, fields, turn), turn)
        return verdicts

    def _read(self, batch: Batch, fields: Sheet | Fields, turn: int) -> Verdicts:
        """Read tickets under the key whose turn it is; unknown for lines without."""
        verdicts = Verdicts(len(fields.numbers))
        malformed: list[int] = []
        for columns, positions, subjects in batch.loads(turn):
            generated, impossible = columns.decode(subjects, picked_records(fields.tickets, positions))
            put_back(verdicts.generated, positions, generated)
            malformed += [positions[n] for n in impossible]
        verdicts.ages = list(map(operator.sub, fields.moments, verdicts.generated))
        verdicts.rank(
            [(lanes[turn], positions) for lanes, positions in batch.groups if turn < len(lanes) and positions]
        )
        for position in malformed:
            verdicts.ranks[position] = MALFORMED
        return verdicts

    def _ask_for_uses(
        self, batch: Batch, verdicts: Verdicts, fields: Sheet | Fields
    ) -> tuple[int, PtktctlError | None]:
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

    def _undated_rows(self, batch: Batch, verdicts: Verdicts) -> dict[int, str]:
        """The rows of tickets of which it is not said when they were made, by position."""
        return {
            position: self._layout.undated_row(*batch.names(position), RANKS[rank])
            for position, rank in verdicts.forget_undated()
        }

    def _tail(self, verdicts: Verdicts) -> list[Part]:
        """The parts of rows from the outcome on, for tickets of which is said when they were made."""
        outcomes = _planes_of_texts(verdicts.ranks, TEXTS.__getitem__)
        ages = _planes_of_texts(verdicts.ages, str)
        instants = self._instants.parts(verdicts.generated)
        layout = self._layout
        return [outcomes, layout.after_outcome, *instants, layout.before_age, ages, layout.dated_end]


def _planes_of_texts(values: Sequence[int], text_of: Callable[[int], str]) -> Part:
    """The planes of the texts of values; a single text if they all have the same."""
    texts = {value: text_of(value) for value in set(values)}
    if len(texts) == 1:
        return texts[values[0]]
    width = max(map(len, texts.values()), default=0)
    padded = {value: text.ljust(width, "\0") for value, text in texts.items()}
    return planes("".join(map(padded.__getitem__, values)).encode(), width)


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
        if all_read and max(map(abs, set(self.ages)), default=0) <= window:
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

    def forget_undated(self) -> Sequence[tuple[int, int]]:
        """Forget when tickets were made of which no row says it, and give their positions and ranks as far as known."""
        if max(set(self.ranks), default=0) <= LAST_DATED:
            return ()
        undated = [(position, rank) for position, rank in enumerate(self.ranks) if rank > LAST_DATED]
        for position, _ in undated:
            self.generated[position] = self.ages[position] = 0
        return [(position, rank) for position, rank in undated if rank != UNKNOWN]


def _ranks(lane: Lane, ages: Sequence[int]) -> list[int]:
    """The outcomes of tickets by their ages in seconds."""
    window, reach = lane.window, lane.reach
    return [
        VALID if -window <= age <= window else NO_MATCH if abs(age) > reach else EXPIRED if age > 0 else EARLY
        for age in ages
    ]


def _single_uses(batch: Batch, verdicts: Verdicts, fields: Sheet | Fields) -> Iterator[tuple[int, Valid]]:
    """The valid tickets that serve only once, by their positions."""
    for lanes, positions in batch.groups:
        if not any(lane.single_use for lane in lanes):
            continue
        for position in positions:
            lane = lanes[verdicts.turns[position]]
            if lane.single_use and verdicts.ranks[position] == VALID:
                userid, applid = batch.names(position)
                generated = verdicts.generated[position]
                ticket = fields.tickets[position * TICKET_LENGTH : (position + 1) * TICKET_LENGTH].decode()
                until = generated + lane.window
                yield position, Valid(lane.key, UserId(userid), ApplId(applid), ticket, generated, until)


def _tally(batch: Batch, ranks: Sequence[int], done: int) -> Iterator[tuple[str, str, int]]:
    """How many of the lines that are done came to which outcome."""
    alike = bool(ranks) and ranks.count(ranks[0]) == len(ranks)
    for lanes, positions in batch.groups:
        applid = lanes[0].applid
        among = positions if done == len(ranks) else [position for position in positions if position < done]
        if alike and among:
            yield applid, RANKS[ranks[0]], len(among)
            continue
        found = picked(ranks, among)
        yield from ((applid, RANKS[rank], found.count(rank)) for rank in set(found))


def _unusable(faults: int) -> Sequence[tuple[str, str, int]]:
    return [("", "failed: line", faults)] if faults else []


def _no_applid() -> ApplId:
    raise InputError("the APPLID is missing")
