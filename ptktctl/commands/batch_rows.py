"""The rows of a batch: tab-separated, CSV or JSON Lines, one for each line that asks for an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptktctl.errors import PtktctlError

FORMATS = ("tsv", "csv", "jsonl")
SEPARATORS = {"tsv": "\t", "csv": ","}


class Layout(NamedTuple):
    """The parts of a row: user ID and APPLID, then a ticket or an outcome and what follows it; or a fault alone.

    Attributes:
        userid, applid: templates for these. They, tickets and outcomes have no character that needs quoting.
        ticket_end: what follows a ticket.
        after_outcome, before_age, dated_end: what follows an outcome, the instant after it and the age after that.
        undated_end: what follows an outcome without these.
        fault: a template for user ID and APPLID, if known, and what is wrong with the line.
        error: what that begins with.
        quoted: writes a text of any characters, or None for something unknown.
    """

    userid: str
    applid: str
    ticket_end: str
    after_outcome: str
    before_age: str
    dated_end: str
    undated_end: str
    fault: str
    error: str
    quoted: Callable[[str | None], str]

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
    tab = SEPARATORS[output_format]
    unknown = tab * (4 if verdicts else 2)
    return Layout(
        userid=f"%s{tab}",
        applid=f"%s{tab}",
        ticket_end="\n",
        after_outcome=tab,
        before_age=tab,
        dated_end="\n",
        undated_end=f"{tab}{tab}\n",
        fault=f"%s{tab}%s{unknown}%s\n",
        error="error: ",
        quoted=_plain if output_format == "tsv" else _csv_quoted,
    )


def _json_lines(command: str, verdicts: bool) -> Layout:
    import json

    schema = f'{{"schema": "ptktctl.{command}-batch/1", '
    unknown = '"outcome": null, "generated": null, "age_seconds": null' if verdicts else '"ticket": null'
    return Layout(
        userid=schema + '"userid": "%s", ',
        applid=f'"applid": "%s", "{"outcome" if verdicts else "ticket"}": "',
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
