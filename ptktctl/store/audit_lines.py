"""audit.jsonl: who used or changed what, when, and what came of it. Here is what a line is.

One JSON object a line, members always in this order: the line's number, the time, who (login name and number, and the
host), what was done, for which APPLIDs and user IDs, with which kind of key, the outcome, how many tickets that stands
for, how many torn lines came before, the hash of the line before, the line's own hash. Never a secret, a ticket or
what somebody typed where a ticket may be: names that were understood as such, and words of our own.

The chain. `own` is the SHA-256 of the line up to there; `before` that of the whole line before, sixty-four zeros in the
first. So a line that is changed, removed, put in or moved no longer fits, and can be named. What that does not show:
whoever can write the file can cut lines off its end, or write all of it anew with hashes that fit. Only a hash noted
elsewhere shows that (`ptktctl log --head` by cron, `ptktctl log --verify --expect HASH`).

Torn lines. A process may be killed, or the machine stop, in the middle of a line. What is left stays; the next writer
ends it, counts it in `torn`, and its `before` covers everything from the last whole line on. A disk that fills up
leaves nothing of a line.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ptktctl.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

ZEROS = "0" * 64
HEAD, OWN, TAIL = b'{"number": ', b', "own": "', b'"}'
DIGEST = 64
CLOSING = len(OWN) + DIGEST + len(TAIL)


class Event(Record):
    """What happened.

    Attributes:
        action: the command, such as "gen" or "key.rotate".
        outcome: a word or two of our own: "made", "valid", "done", "failed: store-locked".
        applids, userids: names, as far as they are known.
        group: the connect group, for a key qualified by one.
        key: the kind of key, "legacy" or "enhanced", where one was named.
        count: for how many tickets or changes this one line stands.
    """

    action: str
    outcome: str
    applids: Sequence[str] = ()
    userids: Sequence[str] = ()
    group: str | None = None
    key: str | None = None
    count: int = 1


class End(Record):
    """Where the chain goes on.

    Attributes:
        number: that of the last line.
        before: what the next line carries of what came before, 64 hexadecimal digits.
        torn: how many torn lines there are after the last whole one.
        is_open: whether the last line still lacks its line end.
    """

    number: int
    before: str
    torn: int
    is_open: bool


def lines_after(end: End, moment: int, events: Sequence[Event]) -> bytes:
    """The lines of events, as they go on where the chain ends."""
    import time

    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
    who = _who()
    lines = [b"\n"] if end.is_open else []
    number, torn, before = end.number, end.torn, end.before
    for event in events:
        number += 1
        line = _line(f'{number}, "time": "{when}", {who}', event, f'"torn": {torn}, "before": "{before}"')
        lines += [line, b"\n"]
        torn, before = 0, sha256(line)
    return b"".join(lines)


def is_whole(line: bytes) -> bool:
    """Whether a line, without its end, is what was written: its own hash fits."""
    body = line[:-CLOSING]
    return line.startswith(HEAD) and line == _closed(body)


def number_of(line: bytes) -> int:
    """The number that a whole line carries; 0 for one that somebody made up."""
    digits = line[len(HEAD) : line.find(b",")]
    return int(digits) if digits.isdigit() and len(digits) <= len("999999999999999999") else 0


def sha256(data: bytes) -> str:
    """64 hexadecimal digits."""
    import hashlib

    return hashlib.sha256(data).hexdigest()


def read_at(descriptor: int, start: int, length: int) -> bytes:
    """A part of a file; less of it where the file has become shorter."""
    os.lseek(descriptor, start, os.SEEK_SET)
    return os.read(descriptor, length)


def _closed(body: bytes) -> bytes:
    return b"".join((body, OWN, sha256(body).encode(), TAIL))


def _line(begin: str, event: Event, chain: str) -> bytes:
    applids, userids = (", ".join(map(_quoted, names)) for names in (event.applids, event.userids))
    what = f'"action": {_quoted(event.action)}, "applids": [{applids}], "userids": [{userids}]'
    how = f'"group": {_quoted(event.group)}, "key": {_quoted(event.key)}, "outcome": {_quoted(event.outcome)}'
    return _closed(f'{{"number": {begin}, {what}, {how}, "count": {event.count}, {chain}'.encode())


def _quoted(text: str | None) -> str:
    """A text as JSON, in ASCII."""
    if text is None:
        return "null"
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    import json

    return json.dumps(text)


def _who() -> str:
    """The members that say who runs this: as the system knows it, whatever the environment says."""
    if os.name == "nt":
        return f'"user": {_quoted(os.getlogin())}, "uid": null, "host": {_quoted(os.environ.get("COMPUTERNAME"))}'
    import pwd

    uid = os.getuid()
    try:
        name: str | None = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = None
    return f'"user": {_quoted(name)}, "uid": {uid}, "host": {_quoted(os.uname().nodename)}'
