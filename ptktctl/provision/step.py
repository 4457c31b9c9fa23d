"""A step of a set-up: what it is for, the commands of it, and what they should show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accepted:
    """A rule of the linter that would question a command, and the reason why the command is as it is.

    Attributes:
        rule: its ID, such as PTK403.
        reason: a few words, printed with it on one line; at most 36 characters.
    """

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command as its product takes it, in one line of any length, without continuation.

    Attributes:
        text: printable ASCII; a line may end where a blank stands outside quotes, or after an opening parenthesis.
        comment: why it is there, in one or more sentences; printed before it, in lines as long as fit.
        accepted: what the linter is told to accept about it.
    """

    text: str
    comment: str = ""
    accepted: tuple[Accepted, ...] = ()


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines for another reader than that of the commands; printed as comments, and kept as they are.

    Attributes:
        where: what reads them, such as rse.env.
        lines: at most 61 characters each, so that they fit into a comment of every form.
    """

    where: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Commands with one purpose.

    Attributes:
        purpose: in a few words.
        commands: in the order to run them; none of a step that is done by hand.
        expected: what their output should show, a sentence each.
        remarks: what has to be known or done beside the commands, a sentence or more each.
        lines: what has to be put elsewhere.
        source: the documentation that it follows.
    """

    purpose: str
    commands: tuple[Command, ...] = ()
    expected: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    lines: tuple[Lines, ...] = ()
    source: str = ""
