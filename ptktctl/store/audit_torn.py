"""Torn lines of the audit log: how one is told from one that was tampered with, and where the chain goes on after it.

Nothing of a log is trusted.
"""

import re

from ptktctl.store.audit_lines import ZEROS, End, is_whole, number_of, read_at, sha256

# How far back a writer looks for a whole line, and how much of one line is held in memory.
LONGEST = 1 << 20
TEXT = rb'"(?:[^"\\\x00-\x1f\x7f-\xff]|\\.)*"'
TEXT_OR_NULL, TEXTS = rb"null|" + TEXT, rb"\[(?:" + TEXT + rb"(?:, " + TEXT + rb")*)?\]"
DIGITS, HASH = rb"\d{1,18}", rb'"[0-9a-f]{64}"'
MEMBERS = {
    "number": DIGITS,
    "time": rb'"\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\dZ"',
    "user": TEXT_OR_NULL,
    "uid": rb"null|" + DIGITS,
    "host": TEXT_OR_NULL,
    "action": TEXT,
    "applids": TEXTS,
    "userids": TEXTS,
    "group": TEXT_OR_NULL,
    "key": TEXT_OR_NULL,
    "outcome": TEXT,
    "count": DIGITS,
    "torn": DIGITS,
    "before": HASH,
    "own": HASH,
}
# A value that may end in the middle.
BEGUN_TEXT = rb'"(?:[^"\\]|\\.)*(?:"|\\?\Z)'
BEGUN_TEXTS = rb"\[(?:" + BEGUN_TEXT + rb"(?:, " + BEGUN_TEXT + rb")*(?:, ?\Z)?)?\]?"
BEGUN = BEGUN_TEXT + rb"|" + BEGUN_TEXTS + rb"|[a-z]+|\d+"


def is_torn(line: bytes) -> bool:
    """Whether a line is the beginning of one, as a killed process or a stopped machine leaves it.

    A file system that lost power may have noted a file's new length but not its bytes: they are zeros then.
    """
    rest, begun = line.rstrip(b"\0"), re.compile(BEGUN)
    for name in MEMBERS:
        intro = b'%s"%s": ' % (b"{" if name == "number" else b", ", name.encode())
        if intro.startswith(rest):
            return True
        found = begun.match(rest, len(intro))
        if not rest.startswith(intro) or not found:
            return False
        rest = rest[found.end() :]
    return not rest


def end_behind_torn_lines(descriptor: int, size: int) -> End:
    """Where the chain goes on in a log whose last line is not whole, or lacks its end.

    A log that has no whole line in its last LONGEST bytes is none any more: there the chain begins anew, and whoever
    verifies it is told.
    """
    start = max(0, size - LONGEST)
    data = read_at(descriptor, start, size - start)
    is_open = not data.endswith(b"\n")
    lines = (data if is_open else data[:-1]).split(b"\n")
    at = next((n for n in reversed(range(1 if start else 0, len(lines))) if is_whole(lines[n])), None)
    if at is None and start:
        return End(0, ZEROS, 0, is_open)
    whole = 0 if at is None else at + 1
    behind, first = lines[whole:], lines[max(0, whole - 1) :]
    number = len(behind) + (number_of(lines[whole - 1]) if whole else 0)
    return End(number, sha256(b"\n".join(first)), len(behind) if all(map(is_torn, behind)) else 0, is_open)
