"""Moments and spans of time as people read them."""

from __future__ import annotations

SPANS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def span(seconds: int) -> str:
    """A span in its two largest units: `14 min 3 s`, `2 d 4 h`, `0 s`."""
    seconds = abs(seconds)
    for position, (unit, size) in enumerate(SPANS):
        if seconds >= size:
            rest = span_of(seconds % size, *SPANS[position + 1]) if unit != "s" else ""
            return f"{seconds // size} {unit}{rest}"
    return "0 s"


def span_of(seconds: int, unit: str, size: int) -> str:
    """The second part of a span, with a blank before it; nothing when it would be none."""
    return f" {seconds // size} {unit}" if seconds >= size else ""


def instant(epoch: int) -> str:
    """An epoch second as people read it: RFC 3339, past the year 9999 as epoch seconds."""
    return rfc3339(epoch) or f"@{epoch}"


def rfc3339(epoch: int) -> str | None:
    """An epoch second in RFC 3339, GMT; None past the year 9999, which an enhanced ticket can carry."""
    from datetime import UTC, datetime, timedelta

    try:
        moment = datetime.fromtimestamp(0, UTC) + timedelta(seconds=epoch)
    except OverflowError:
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
