"""Steps for people to follow, as a text and as JSON has them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptktctl.provision.step import Lines, Step

WIDTH = 100


def numbered(steps: Sequence[Step]) -> str:
    """Steps as a text, each with its number."""
    return "\n".join(step_text(f"{number}.", step) for number, step in enumerate(steps, start=1))


def step_text(mark: str, step: Step) -> str:
    """One step: its purpose after the mark; below it remarks, the commands, what these should show, and the source."""
    commands = [f"    {command.text}" for command in step.commands]
    parts = [
        *_wrapped(f"{step.purpose}.", f"{mark} "),
        *(line for remark in step.remarks for line in _wrapped(remark)),
        *(line for each in step.lines for line in _lines_text(each)),
        *commands,
        *(line for each in step.expected for line in _wrapped(f"Should show: {each}")),
        *(_wrapped(f"Source: {step.source}") if step.source else ()),
    ]
    return "\n".join(parts)


def steps_of(steps: Iterable[Step]) -> list[dict[str, object]]:
    """Steps as JSON has them, with their numbers."""
    return [
        {
            "number": number,
            "purpose": step.purpose,
            "remarks": list(step.remarks),
            "source": step.source,
            "lines": [{"where": each.where, "lines": list(each.lines)} for each in step.lines],
            "commands": [
                {
                    "command": each.text,
                    "comment": each.comment,
                    "accepted": [{"rule": one.rule, "reason": one.reason} for one in each.accepted],
                }
                for each in step.commands
            ],
            "expected": list(step.expected),
        }
        for number, step in enumerate(steps, start=1)
    ]


def _lines_text(lines: Lines) -> list[str]:
    return [*_wrapped(f"{lines.where}:"), *(f"    {line}" for line in lines.lines)]


def _wrapped(text: str, first: str = "   ") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent="   ", break_on_hyphens=False, break_long_words=False
    )
