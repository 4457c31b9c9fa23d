"""The rows of a batch: tab-separated, CSV or JSON Lines, one for each line that asks for an answer.

Most rows are put together many at a time: as wide as the widest can be, byte by byte for all of them (`records`), with
NUL where a text is shorter, and all NUL are left out at the end. The others, of lines that can't be used and of tickets
of which nothing is known, are written one by one and put in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ptktctl.errors import PtktctlError

    # Byte k of a text of every row, for each k; with NUL behind shorter texts.
    Planes = Sequence[bytes]
    # One part of a row: the same text in all rows, or the planes of different texts.
    Part = str | Planes

FORMATS = ("tsv", "csv", "jsonl")
SEPARATORS = {"tsv": "\t", "csv": ","}
# Stands for a row that is written by itself; like NUL it occurs in no row.
PLACE_OF_ROW = b"\x01"


class Layout(NamedTuple):
    """What stands in a row around names, then a ticket or an outcome and what follows it; or a fault alone.

    Attributes:
        start, after_userid, after_applid: what stands around user ID and APPLID. They, tickets and outcomes have no
            character that needs quoting.
        ticket_end: what follows a ticket.
        after_outcome, before_age, dated_end: what follows an outcome, the instant after it and the age after that.
        undated_end: what follows an outcome without these.
        fault: a template for user ID and APPLID, if known, and what is wrong with the line.
        error: what that begins with.
        quoted: writes a text of any characters, or None for something unknown.
    """

    start: str
    after_userid: str
    after_applid: str
    ticket_end: str
    after_outcome: str
    before_age: str
    dated_end: str
    undated_end: str
    fault: str
    error: str
    quoted: Callable[[str | None], str]

    def undated_row(self, userid: str, applid: str, outcome: str) -> str:
        """The row of a ticket of which it is not said when it was made."""
        return f"{self.start}{userid}{self.after_userid}{applid}{self.after_applid}{outcome}{self.undated_end}"

    def fault_row(self, userid: str, applid: str, number: int, error: PtktctlError) -> str:
        """The row of a line that could not be used; names that are not known are empty."""
        # One line of ASCII, whatever the line held and whatever the terminal can show.
        words = " ".join(
            f"{self.error}line {number}: {error.message}{'; ' if error.hint else ''}{error.hint or ''}".split()
        )
        text = words.encode("ascii", "backslashreplace").decode()
        return self.fault % (self.quoted(userid or None), self.quoted(applid or None), self.quoted(text))


def layout(output_format: str, *, verdicts: bool) -> Layout:
    """The layout of a format out of FORMATS, for the rows of `verify` or of `gen`."""
    if output_format == "jsonl":
        return _json_lines("verify" if verdicts else "gen", verdicts)
    separator = SEPARATORS[output_format]
    unknown = separator * (4 if verdicts else 2)
    return Layout(
        start="",
        after_userid=separator,
        after_applid=separator,
        ticket_end="\n",
        after_outcome=separator,
        before_age=separator,
        dated_end="\n",
        undated_end=f"{separator}{separator}\n",
        fault=f"%s{separator}%s{unknown}%s\n",
        error="error: ",
        quoted=_plain if output_format == "tsv" else _csv_quoted,
    )


def _json_lines(command: str, verdicts: bool) -> Layout:
    import json

    schema = f'{{"schema": "ptktctl.{command}-batch/1", '
    unknown = '"outcome": null, "generated": null, "age_seconds": null' if verdicts else '"ticket": null'
    return Layout(
        start=schema + '"userid": "',
        after_userid='", "applid": "',
        after_applid=f'", "{"outcome" if verdicts else "ticket"}": "',
        ticket_end='"}\n',
        after_outcome='", "generated": "',
        before_age='", "age_seconds": ',
        dated_end="}\n",
        undated_end='", "generated": null, "age_seconds": null}\n',
        fault=schema + f'"userid": %s, "applid": %s, {unknown}, "error": %s}}\n',
        error="",
        quoted=json.dumps,
    )


def _plain(text: str | None) -> str:
    return text or ""


def _csv_quoted(text: str | None) -> str:
    if not text or not any(character in text for character in ',"'):
        return text or ""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def planes(texts: bytes, width: int) -> Planes:
    """The planes of texts that stand one after another, each filled up with NUL to the width."""
    return [texts[byte::width] for byte in range(width)]


def rows(parts: Sequence[Part], count: int, single: Mapping[int, str]) -> str:
    """So many rows out of their parts, but for those given as a whole, by their positions."""
    empty = b"".join([part.encode() if isinstance(part, str) else bytes(len(part)) for part in parts])
    width = len(empty)
    sheet = bytearray(empty * count)
    start = 0
    for part in parts:
        if not isinstance(part, str):
            for byte, plane in enumerate(part, start):
                sheet[byte::width] = plane
        start += len(part)
    for position in single:
        sheet[position * width : (position + 1) * width] = PLACE_OF_ROW.ljust(width, b"\0")
    text = sheet.translate(None, b"\0").decode("ascii")
    return _with_single(text, [single[position] for position in sorted(single)]) if single else text


def _with_single(text: str, single: Sequence[str]) -> str:
    pieces = text.split(PLACE_OF_ROW.decode())
    both = [""] * (len(pieces) + len(single))
    both[::2], both[1::2] = pieces, single
    return "".join(both)
