"""Steps as people run them: commands to enter, a job, a REXX exec, a shell script with tsocmd.

All lines have at most 72 columns. Sources: z/OS TSO/E Command Reference, "Continuing a command on the next line" (after
`+` the blanks that begin the next line do not count) and on comments; z/OS TSO/E REXX Reference on strings, comments
and the continuation of clauses; z/OS UNIX System Services Command Reference, tsocmd; for ACF2 in a job, Zowe's job
ZWEKRING, which runs ACF under IKJEFT01, writes comments with an asterisk in column 1 and enters F ACF2 among the
subcommands.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.lint.security import Esm
from ptktctl.provision import jobs
from ptktctl.provision.layout import WIDTH, Line, fill, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ptktctl.provision.jobs import Job
    from ptktctl.provision.step import Command, Step
    from ptktctl.provision.wanted import Wanted

INDENTATION = "  "
SHELL_SPECIALS = '\\"$`'


class Form(enum.Enum):
    """What the commands are written as."""

    COMMANDS = "commands"
    JCL = "jcl"
    REXX = "rexx"
    TSOCMD = "tsocmd"


class Style:
    """How a form writes comments and commands.

    Attributes:
        opening: what begins a comment line, with its blank.
        closing: what ends one, with its blank.
        mark: what begins a comment line for lint, where that differs.
        command: a command as lines.
    """

    def __init__(self, opening: str, closing: str, command: Callable[[str], list[str]], mark: str = "") -> None:
        self.opening = opening
        self.closing = closing
        self.mark = mark or opening
        self.command = command

    def comment(self, text: str, indentation: str = "") -> list[str]:
        """A text as comment lines."""
        room = WIDTH - len(self.opening) - len(self.closing) - len(indentation)
        return [self._line(f"{indentation}{line}") for line in wrap(text, room)]

    def verbatim(self, text: str) -> str:
        """A line that has to stay as it is, as a comment line."""
        return self._line(f"{INDENTATION}{text}")

    def ignore(self, rule: str, reason: str) -> str:
        """The comment that tells lint to accept something about the command below."""
        return f"{self.mark}ptktctl: ignore[{rule}] {reason}{self.closing}"

    def _line(self, text: str) -> str:
        # Neither may stand within a comment of TSO/E or REXX.
        return f"{self.opening}{text.replace('*/', '* /').replace('/*', '/ *')}{self.closing}".rstrip()


def render(
    wanted: Wanted,
    steps: Iterable[Step],
    form: Form,
    job: Job,
    *,
    undo: bool = False,
    reveals: bool = False,
    title: str = "",
) -> list[str]:
    """The lines to print.

    Args:
        reveals: a key stands among them: a banner says so.
        title: what they are, in a sentence; empty for a set-up.

    Raises:
        InputError: the product's commands cannot be run in that form; the job's account is too long.
    """
    style = _style(form, wanted.esm)
    title = title or _title(wanted, undo=undo)
    head = _head(wanted, style, title, reveals=reveals)
    body = [line for number, step in enumerate(steps, start=1) for line in ("", *_step(style, number, step))]
    if form is Form.JCL:
        inner = [*body[1:]]
        if wanted.esm is Esm.ACF2:
            inner = [" ACF", *inner, " END"]
        comments = _head(wanted, Style("//* ", "", _entered), title, reveals=reveals)
        return [*job.statement(wanted.application.applid), *comments, *jobs.run_step(inner)]
    if form is Form.REXX:
        return ["/* REXX */", *head, *body, "", "exit 0"]
    if form is Form.TSOCMD:
        start = ["#!/bin/sh", *head, "# tsocmd would read the rest of this script as its standard input."]
        return [*start, "exec </dev/null", *body]
    return [*head, *body]


def _title(wanted: Wanted, *, undo: bool) -> str:
    what = "the way back from PassTickets for" if undo else "PassTickets for"
    component = wanted.application.component.value
    return f"{wanted.esm.value}: {what} {wanted.applid} ({component}), printed by ptktctl provision."


def _head(wanted: Wanted, style: Style, title: str, *, reveals: bool) -> list[str]:
    lines = style.comment(f"{title} Read it before you run it; a command that fails does not stop the next ones.")
    return [*_banner(wanted, style), *lines] if reveals else lines


def _banner(wanted: Wanted, style: Style) -> list[str]:
    room = WIDTH - len(style.opening) - len(style.closing)
    rule = style.comment("#" * room)
    text = (
        f"THIS TEXT HOLDS A KEY OF {wanted.applid} IN CLEAR. Whoever reads it can log on as any user of the "
        "application. Show it to nobody, keep it out of job libraries, version control and mail, and delete it, its "
        "job's output and the logs of the commands after use."
    )
    return [*rule, *style.comment(text), *rule]


def _step(style: Style, number: int, step: Step) -> Iterator[str]:
    yield from style.comment(f"{number}. {step.purpose}")
    for remark in step.remarks:
        yield from style.comment(remark, INDENTATION)
    if step.source:
        yield from style.comment(f"Source: {step.source}", INDENTATION)
    for each in step.lines:
        yield from style.comment(f"{each.where}:", INDENTATION)
        yield from (style.verbatim(f"{INDENTATION}{line}") for line in each.lines)
    for command in step.commands:
        yield from _command(style, command)
    if step.expected:
        yield from style.comment("This should show:", INDENTATION)
        for sentence in step.expected:
            yield from style.comment(sentence, INDENTATION * 2)


def _command(style: Style, command: Command) -> Iterator[str]:
    if command.comment:
        yield from style.comment(command.comment, INDENTATION)
    for accepted in command.accepted:
        yield style.ignore(accepted.rule, accepted.reason)
    yield from style.command(command.text)


def _style(form: Form, esm: Esm) -> Style:
    if esm is Esm.ACF2 and form in (Form.REXX, Form.TSOCMD):
        raise InputError(
            f"--as {form.value}: the commands of ACF2 are subcommands of ACF, not commands of TSO/E",
            "take --as commands or --as jcl",
        )
    if esm is Esm.ACF2:
        # Two asterisks, as lint takes one with a blank after it for a bullet before a command.
        return Style("** ", "", _entered if form is Form.COMMANDS else _in_stream, mark="* ")
    return {
        Form.COMMANDS: Style("/* ", " */", _entered),
        # In column 1 it would end the data (z/OS MVS JCL Reference, "Delimiter statement").
        Form.JCL: Style(" /* ", " */", _in_stream),
        Form.REXX: Style("/* ", " */", _rexx),
        Form.TSOCMD: Style("# ", "", _tsocmd),
    }[form]


def _entered(command: str) -> list[str]:
    return _tso(command, "")


def _in_stream(command: str) -> list[str]:
    return _tso(command, " ")


def _tso(command: str, start: str) -> list[str]:
    """A command with `+` at the end of each line but the last; a blank before it stays, those after it go."""
    room = WIDTH - len(start) - len(" +")
    lines = fill(command, room, room - len(INDENTATION))
    written = [f"{line.text}{' ' * line.spaced}+" for line in lines[:-1]] + [lines[-1].text]
    return [f"{start}{INDENTATION * (number > 0)}{line}" for number, line in enumerate(written)]


def _rexx(command: str) -> list[str]:
    """A string, or several: a comma goes on to the next line and puts a blank between two, `||` takes it away."""
    opening = 'address tso "'
    room = WIDTH - len('"||,')
    lines = fill(command.replace('"', '""'), room - len(opening), room - len(INDENTATION) - 1)
    starts = [opening] + [f'{INDENTATION}"'] * (len(lines) - 1)
    ends = [_rexx_end(line) for line in lines[:-1]] + ['"']
    return [f"{start}{line.text}{end}" for start, line, end in zip(starts, lines, ends, strict=True)]


def _rexx_end(line: Line) -> str:
    return '",' if line.spaced else '"||,'


def _tsocmd(command: str) -> list[str]:
    """One argument in double quotes; what would mean something there is escaped, and so are the ends of lines."""
    opening = 'tsocmd "'
    escaped = "".join(f"\\{character}" if character in SHELL_SPECIALS else character for character in command)
    room = WIDTH - len(' \\"')
    lines = fill(escaped, room - len(opening), room)
    written = [f"{line.text}{' ' * line.spaced}\\" for line in lines[:-1]] + [f'{lines[-1].text}"']
    return [f"{opening}{written[0]}", *written[1:]]
