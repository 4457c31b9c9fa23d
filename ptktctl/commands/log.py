"""ptktctl log: the audit trail shown, filtered, verified, put aside."""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.parameter_types import APPLID, FILE, TIME, USERID
from ptktctl.commands.parameters import USERID_NAMES, command
from ptktctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ptktctl.commands.context import Context
    from ptktctl.passticket.names import ApplId, UserId
    from ptktctl.store.audit_trail import Entry, Log, Reading

HEX = "0123456789abcdef"
MOST_NOTES = 20
LONGEST_TEXT = 64


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines to show; None lets all through.

    Attributes:
        since, until: RFC 3339, GMT, as in the log.
        who: a login name or the number of a user.
        action: a command, or the group of several.
        outcome: in full, or what stands before its colon.
    """

    since: str | None
    until: str | None
    applid: str | None
    userid: str | None
    who: str | None
    action: str | None
    outcome: str | None

    def takes(self, entry: Entry) -> bool:
        """Whether a line is to be shown."""
        return (
            (self.since is None or entry.time >= self.since)
            and (self.until is None or entry.time <= self.until)
            and (self.applid is None or self.applid in entry.applids)
            and (self.userid is None or self.userid in entry.userids)
            and self.who in (None, entry.user, str(entry.uid))
            and (self.action is None or f"{entry.action}.".startswith(f"{self.action}."))
            and (self.outcome is None or f"{entry.outcome}:".startswith(f"{self.outcome}:"))
        )


@command(
    "log",
    examples="""
    ptktctl log -n 20
    ptktctl log --since -7d --action key --format jsonl
    ptktctl log --verify --expect 5d1c0b29f0c5e9b1c4c9f6a3d2e1f0a95d1c0b29f0c5e9b1c4c9f6a3d2e1f0a9
    """,
    streams=("jsonl",),
)
@click.option("--since", type=TIME, help="Only what happened at this moment or later.")
@click.option("--until", type=TIME, help="Only what happened at this moment or before.")
@click.option("-a", "--applid", type=APPLID, help="Only what was done for this APPLID.")
@click.option(*USERID_NAMES, type=USERID, help="Only what was done for this user ID.")
@click.option("--who", metavar="NAME", help="Only what this user of the system did: login name or number.")
@click.option("--action", metavar="COMMAND", help="Only this command, such as gen or key.set; key: all of that group.")
@click.option("--outcome", metavar="WORD", help="Only this outcome, such as valid or failed.")
@click.option("-n", "number", type=click.IntRange(0), metavar="N", help="Only the last N of these lines.")
@click.option("--verify", is_flag=True, help="Say whether the log is as it was written, instead of showing it.")
@click.option("--expect", metavar="HASH", help="Verify, and that the line whose hash was noted is still there.")
@click.option("--head", is_flag=True, help="Print the hash of the last line, to be noted elsewhere.")
@click.option("--archive", type=FILE, metavar="FILE", help="Move the log to this file and go on with its chain.")
@click.argument("files", metavar="[FILE]...", type=FILE, nargs=-1)
def log(
    context: Context,
    files: tuple[str, ...],
    verify: bool,
    expect: str | None,
    head: bool,
    archive: str | None,
    number: int | None,
    output_format: str,
    **wanted: Any,
) -> Answer | int:
    """Show and verify the audit trail: who used or changed what.

    Each ticket made or judged and each change of the store is a line: when, by which user of which system, what, for
    which APPLID and user ID, and what came of it. Secrets and tickets are not in it. A batch is a line for each APPLID
    and outcome, with how many; it, `watch` and whatever changes the store also have a line when they begin.

    Each line carries the hash of the line before, so a line changed, removed, put in or moved is named, and ends this
    command with status 1. Who can write the file can still cut off its end, or write all of it anew: to see that, note
    what --head prints where others keep it, and give it to --expect later.

    FILE...: archives, or copies, to read instead of the log, the oldest first.
    """
    _require_one(verify or expect is not None, head, archive is not None, streams=output_format == "jsonl")
    if archive is not None:
        return _archived(context, archive, files)
    if head:
        return _head(context, files)
    reading = _reading(expect)
    if verify or expect is not None:
        return _verified(context, reading, files)
    wants = _filter(**wanted)
    chosen = (entry for entry in _entries(context, reading, files) if wants.takes(entry))
    return _show(context, reading, chosen if number is None else deque(chosen, number), output_format)


def _require_one(*asked: bool, streams: bool) -> None:
    if sum(asked) > 1:
        raise InputError("--verify, --head and --archive exclude each other", "ask for one of them")
    if any(asked) and streams:
        raise InputError("--format jsonl is for lines of the log", "take text or json")


def _filter(
    *,
    since: int | None,
    until: int | None,
    applid: ApplId | None,
    userid: UserId | None,
    who: str | None,
    action: str | None,
    outcome: str | None,
) -> Filter:
    from ptktctl.commands.wording import rfc3339

    return Filter(
        None if since is None else rfc3339(since) or "~",  # behind any year
        None if until is None else rfc3339(until),
        applid.value if applid else None,
        userid.value if userid else None,
        who,
        None if action is None else ".".join(action.split()),
        outcome,
    )


def _reading(expect: str | None) -> Reading:
    from ptktctl.store.audit_trail import Reading

    if expect is not None and (len(expect) != 64 or not set(expect.lower()) <= set(HEX)):
        raise InputError("--expect takes 64 hexadecimal digits", "what 'ptktctl log --head' printed")
    return Reading(expect.lower() if expect else None)


def _entries(context: Context, reading: Reading, files: Sequence[str]) -> Iterator[Entry]:
    """All lines; when they are read, the reading is finished."""
    with ExitStack() as stack:
        logs = _logs(context, files, stack)
        if not logs:
            context.note("nothing was recorded yet, or the log was removed")
        for each in logs:
            yield from reading.entries(each)
    reading.finish()


def _logs(context: Context, files: Sequence[str], stack: ExitStack) -> list[Log]:
    from ptktctl.store.audit_trail import opened, opened_outside

    if files:
        return [stack.enter_context(opened_outside(path)) for path in files]
    found = stack.enter_context(opened(context.places().audit))
    return [found] if found else []


def _head(context: Context, files: Sequence[str]) -> Answer:
    with ExitStack() as stack:
        logs = _logs(context, files, stack)
        if not logs:
            raise InputError("there is no audit log", "it begins with the first change of the store")
        number, digest = logs[-1].head()
    return Answer("log-head/1", {"line": number, "head": digest}, digest)


def _archived(context: Context, target: str, files: Sequence[str]) -> Answer:
    from ptktctl.store.audit_trail import archive

    if files:
        raise InputError("--archive moves the log itself", "leave FILE out")
    path = context.places().audit
    number, digest = archive(path, target, context.clock())
    text = f"moved {path} to {target}; its last line is {number}"
    return Answer("log-archive/1", {"log": path, "archive": target, "line": number, "head": digest}, text)


def _verified(context: Context, reading: Reading, files: Sequence[str]) -> Answer:
    for _ in _entries(context, reading, files):
        pass
    chain = reading.chain
    members = {
        "intact": not chain.tampered,
        "lines": reading.lines,
        "line": chain.number,
        "head": reading.head,
        "began_after": chain.began_after,
        "expected_at": reading.expected_at,
        "tampered": list(map(printable, chain.tampered)),
        "torn": list(map(printable, chain.torn)),
    }
    text = [f"tampered: {printable(each)}" for each in chain.tampered] or [_intact(reading)]
    text += [f"torn: {printable(each)}" for each in chain.torn]
    blind = not reading.expects and not chain.tampered
    notes = ["hint: lines cut off its end show only against a hash noted before: --expect"] if blind else []
    return Answer("log-verify/1", members, "\n".join(text), 1 if chain.tampered else 0, notes)


def _intact(reading: Reading) -> str:
    chain = reading.chain
    met = f"; line {reading.expected_at} has the hash expected" if reading.expected_at is not None else ""
    behind = f"; it goes on behind {chain.began_after}" if chain.began_after else ""
    lines = f"{reading.lines} line{'' if reading.lines == 1 else 's'}"
    return f"intact: {lines}, the last is {chain.number} with hash {reading.head}{met}{behind}"


def _show(context: Context, reading: Reading, entries: Iterable[Entry], output_format: str) -> int:
    """Print lines as they come, then what is wrong with the log; answer the status."""
    if output_format == "json":
        _write_json(context, reading, entries)
    else:
        form = _json_line if output_format == "jsonl" else _aligned if context.stdout.isatty() else _tabbed
        for entry in entries:
            context.stdout.write(form(entry) + "\n")
    context.stdout.flush()
    found = [*map("tampered: {}".format, reading.chain.tampered), *map("torn: {}".format, reading.chain.torn)]
    for text in found[:MOST_NOTES]:
        context.note(printable(text))
    if len(found) > MOST_NOTES:
        context.note(f"and {len(found) - MOST_NOTES} more: ptktctl log --verify names them")
    return 1 if reading.chain.tampered else 0


def _write_json(context: Context, reading: Reading, entries: Iterable[Entry]) -> None:
    import json

    context.stdout.write('{\n  "schema": "ptktctl.log/1",\n  "entries": [')
    comma = ""
    for entry in entries:
        context.stdout.write(f"{comma}\n    {json.dumps(_members(entry))}")
        comma = ","
    rest = {"tampered": list(map(printable, reading.chain.tampered)), "torn": list(map(printable, reading.chain.torn))}
    context.stdout.write(f"\n  ],{json.dumps(rest, indent=2)[1:]}\n")


def _members(entry: Entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in entry.__slots__}


def _json_line(entry: Entry) -> str:
    import json

    return json.dumps({"schema": "ptktctl.log-entry/1", **_members(entry)})


def _tabbed(entry: Entry) -> str:
    user = entry.user if entry.user is not None else str(entry.uid)
    names = (",".join(entry.applids), ",".join(entry.userids), entry.group or "", entry.key or "")
    fields = (str(entry.number), entry.time, user, entry.host or "", entry.action, *names, entry.outcome)
    return "\t".join((*map(printable, fields), str(entry.count)))


def _aligned(entry: Entry) -> str:
    who = printable(f"{entry.user if entry.user is not None else entry.uid}@{entry.host or ''}")
    action, applids, userids = map(printable, (entry.action, ",".join(entry.applids), ",".join(entry.userids)))
    details = [f"{entry.count} times" if entry.count != 1 else "", entry.key or "", entry.group or ""]
    behind = ", ".join(filter(None, details))
    outcome = printable(f"{entry.outcome} ({behind})" if behind else entry.outcome)
    return f"{entry.number:>6} {entry.time} {who:<16} {action:<14} {applids:<8} {userids:<8} {outcome}"


def printable(text: str) -> str:
    """A text as a terminal can take it: whoever could write to the log could have put anything there."""
    shown = text if len(text) <= LONGEST_TEXT * 4 else f"{text[: LONGEST_TEXT * 4]}…"
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in shown)
