"""A log of refused tickets: what explains them, summed up."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from statistics import median_low
from typing import TYPE_CHECKING

from ptktctl.commands.answer import Answer
from ptktctl.commands.batch_input import opened, progress
from ptktctl.commands.batch_lines import ChunkReader, asking_lines, take_apart
from ptktctl.commands.batch_subjects import parsed
from ptktctl.commands.diagnose_wording import IF_USED, odds, remedy, when_all, without_candidate
from ptktctl.commands.examination import USED, Case
from ptktctl.commands.packed import Packed
from ptktctl.commands.terminal import folded
from ptktctl.errors import InputError, StoreMissingError
from ptktctl.passticket.diagnosis import BOUND, Slip, Tier
from ptktctl.passticket.names import ApplId, UserId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.commands.context import Context
    from ptktctl.commands.examination import Examiner, Explained
    from ptktctl.passticket.diagnosis import Candidate

# A ticket takes milliseconds, so portions are small: the progress bar moves.
PORTION = 1 << 12
# So many tickets that belong to a group by chance are worth a word.
LEAST_EXPECTED = 0.05


@dataclass(slots=True)
class Group:
    """Tickets that have one thing to mend; of a log of a million not each can be kept.

    Attributes:
        first: what was found out about the first of them, which stands for all.
        first_line: the number of its line.
        count: how many there are.
        chance: how likely the least certain of them is to be chance; 0 when nothing explains them.
        spans: their ages in seconds, as far as something explains them.
    """

    first: Explained
    first_line: int
    count: int = 0
    chance: float = 0
    spans: array[int] = field(default_factory=lambda: array("q"))

    def add(self, explained: Explained) -> None:
        """Count one of them."""
        self.count += 1
        for candidate in explained.found.candidates[:1]:
            self.chance = max(self.chance, candidate.chance)
            self.spans.append(candidate.age)

    @property
    def best(self) -> Candidate | None:
        """The likeliest candidate of the first; None when nothing explains these tickets."""
        return next(iter(self.first.found.candidates), None)

    @property
    def ages(self) -> list[int]:
        """The ages of the tickets in seconds, by size."""
        return sorted(self.spans)


class Findings:
    """What is found in a log, line by line.

    Attributes:
        groups: the tickets by what is to mend.
        lines: what was found out about each ticket, as JSON has it.
        bad_lines: what could not be read, or not be looked into, likewise; the text of the line is no part of it.
        all_valid: whether a verifier would take each ticket, and could read each line.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.groups: dict[tuple[object, ...], Group] = {}
        self.lines, self.bad_lines = Packed(), Packed()
        self.all_valid = True

    def add(self, number: int, explained: Explained) -> None:
        """Take in what was found out about the ticket of a line."""
        self.groups.setdefault(_what_to_mend(explained), Group(explained, number)).add(explained)
        self.lines.append({"line": number, **explained.members()})
        self.all_valid &= explained.is_valid

    def add_bad(self, number: int, error: str) -> None:
        """Take in a line that has no answer."""
        self.bad_lines.append({"line": number, "error": error})
        self.all_valid = False


def diagnose_log(context: Context, source: str, examiner: Examiner, at: int, others: tuple[UserId, ...] = ()) -> Answer:
    """Diagnose each ticket of a log and sum up.

    Args:
        source: a file's path, or `-` for standard input.
        at: the moment of the failure for lines without a time.
        others: user IDs that any of the tickets may have been made for.

    Raises:
        InputError: the file can't be read.
    """
    findings = Findings()
    for number, line in _lines(context, source):
        try:
            case = _case(line, context.clock(), at)
            asked = replace(case, userids=tuple(dict.fromkeys((*case.userids, *others))))
            explained = examiner.examine(asked)
        except (InputError, StoreMissingError) as error:
            findings.add_bad(number, "; ".join(filter(None, (error.message, error.hint))))
            continue
        context.use.count(case.applid.value, explained.verdict)
        findings.add(number, explained)
    return _answer(context, source, findings)


def _case(line: bytes, now: int, at: int) -> Case:
    """The case of a line, read as `verify --batch` reads it.

    Args:
        now: what relative times count from, in epoch seconds.
        at: the moment of the failure when the line has none.

    Raises:
        InputError: it is none. No field is repeated: any of them may be a password in the wrong place.
    """
    parts, moment, fault = take_apart(line, now, with_tickets=True)
    if fault:
        raise fault
    userid, applid = parsed(UserId, parts.userid), parsed(ApplId, parts.applid)
    return Case(parts.ticket, (userid,), applid, moment if parts.time else at)


def _lines(context: Context, source: str) -> Iterator[tuple[int, bytes]]:
    """The numbers and texts of the lines that hold a case."""
    with opened(context, source) as lines, progress(context, lines) as advance:
        for chunk in ChunkReader(lines, PORTION):
            yield from asking_lines(chunk)
            advance(chunk.end)


def _answer(context: Context, source: str, findings: Findings) -> Answer:
    groups = sorted(findings.groups.values(), key=lambda group: -group.count)
    total = len(findings.lines)
    members = {
        "tickets": total,
        "chance_bound": BOUND,
        "groups": [_group_members(group, total) for group in groups],
        "lines": findings.lines,
        "bad_lines": findings.bad_lines,
    }
    text = "\n".join(_group_text(group, total) for group in groups) or _without_groups(findings)
    place = "standard input" if source == "-" else source
    notes = (f"{place}:{each['line']}: {each['error']}" for each in findings.bad_lines)
    return Answer("diagnose-log/1", members, folded(context, text), 0 if findings.all_valid else 1, notes)


def _without_groups(findings: Findings) -> str:
    bad = len(findings.bad_lines)
    return f"none of the {bad} lines of this log could be looked into" if bad else "no tickets in this log"


def _what_to_mend(explained: Explained) -> tuple[object, ...]:
    """Equal for tickets that belong together."""
    if explained.verdict == USED or not explained.found.candidates:
        return (explained.verdict,)
    best = explained.found.candidates[0]
    reading = best.reading
    other = (reading.userid, reading.applid) if reading.slip.tier is Tier.OTHER else ()
    key = reading.known.name, reading.known.pending, reading.ticket_type
    return reading.slip, reading.detail, key, other, best.moment, best.zone


def _group_members(group: Group, total: int) -> dict[str, object]:
    best, ages = group.best, group.ages
    return {
        "count": group.count,
        "verdict": group.first.verdict,
        "cause": _cause(group),
        "remedy": _remedy(group),
        "slip": best.reading.slip.label if best else None,
        "moment": best.moment.value if best else None,
        "utc_offset_seconds": best.zone if best else None,
        "age_seconds": {"least": ages[0], "median": median_low(ages), "most": ages[-1]} if best else None,
        "chance": group.chance if best else None,
        "expected_by_chance": group.chance * total if best else None,
        "first_line": group.first_line,
    }


def _group_text(group: Group, total: int) -> str:
    text = f"{group.count} of {total}: {_cause(group)}\n  remedy: {_remedy(group)}"
    if not group.best:
        return text
    chance = f"{odds(group.chance)} at most for each ticket (never above {odds(BOUND)})"
    expected = group.chance * total
    if expected >= LEAST_EXPECTED:
        chance += f"; among {total:,} tickets of strangers, {expected:.1f} would look so by chance"
    return f"{text}\n  chance hit: {chance}"


def _cause(group: Group) -> str:
    best, first = group.best, group.first
    if first.verdict == USED:
        return "used before, right in all else"
    if best is None:
        return f"{first.verdict}: {without_candidate(first.found, first.case.at)[0]}"
    if best.is_valid:
        return "valid at that moment"
    when = when_all(best, group.ages)
    return when if best.reading.slip is Slip.NONE else "; ".join(filter(None, (first.how(best), when)))


def _remedy(group: Group) -> str:
    if group.first.verdict == USED:
        return IF_USED
    if group.best is None:
        return without_candidate(group.first.found, group.first.case.at)[1]
    return remedy(group.best, group.ages)
