"""The result of a command, and the one place that prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.commands.table import Table, draw
from ptktctl.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ptktctl.commands.context import Context
    from ptktctl.errors import PtktctlError


LONGEST_MESSAGE = 600


class Answer(Record):
    """What a command found out.

    Attributes:
        schema: name and version of the JSON shape, such as "verify/1".
        members: the JSON object but for its "schema" member, or what makes it when it is asked for.
        text: what stdout gets as text, without the last line end; or a table.
        exit_status: 0 done, 1 the answer is no.
        notes: lines for stderr with the text format.
        asides: likewise, but only when stdout is a terminal.
        forms: what stdout gets in other formats, made when it is asked for; among them maybe "text".
        file: where the result goes instead of stdout.
    """

    schema: str
    members: Mapping[str, object] | Callable[[], Mapping[str, object]]
    text: str | Table = ""
    exit_status: int = 0
    notes: Iterable[str] = ()
    asides: Sequence[str] = ()
    forms: Mapping[str, Callable[[], str]] = {}
    file: str | None = None


def to_json(schema: str, members: Mapping[str, object]) -> str:
    """The JSON form of an answer: two blanks of indentation, members in their own order, ASCII only."""
    return "".join(_json_parts(schema, members))


def _json_parts(schema: str, members: Mapping[str, object]) -> Iterator[str]:
    """What `to_json` gives, piece by piece: of a million lines it would be a gigabyte."""
    from json import JSONEncoder

    return JSONEncoder(indent=2).iterencode({"schema": f"ptktctl.{schema}", **members})


def render(context: Context, answer: Answer, output_format: str) -> int:
    """Print an answer as "text", "json" or one of its other forms and give its exit status.

    "auto" is "github" in a workflow of GitHub Actions, which sets GITHUB_ACTIONS, else "text".
    """
    if output_format == "auto":
        output_format = "github" if context.environ.get("GITHUB_ACTIONS") == "true" else "text"
    if output_format == "json":
        _write_json(context, answer)
        return answer.exit_status
    if output_format in answer.forms:
        _write(context, answer.forms[output_format](), answer.file)
    elif isinstance(answer.text, Table):
        _write_table(context, answer.text)
    else:
        _write(context, answer.text)
    for note in answer.notes:
        context.note(note)
    if context.stdout.isatty():
        for aside in answer.asides:
            context.note(aside)
    return answer.exit_status


def render_error(context: Context, error: PtktctlError, *, as_json: bool) -> int:
    """Tell an error on stderr in one to three lines, with --format json as an object on stdout too."""
    context.note(f"ptktctl: {_one_line(error.message)}")
    if error.hint:
        context.note(f"hint: {_one_line(error.hint)}")
    if as_json:
        members = {"status": error.exit_status, "error": error.message, "hint": error.hint}
        _write(context, to_json("error/1", members))
    return error.exit_status


def _one_line(text: str) -> str:
    """A message as a terminal can take it: no line ends or escape sequences out of what was given, and not endless."""
    shown = text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}…"
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in shown)


def _write_json(context: Context, answer: Answer) -> None:
    members = answer.members() if callable(answer.members) else answer.members
    if answer.file:
        _write(context, to_json(answer.schema, members), answer.file)
    else:
        context.stdout.writelines(_json_parts(answer.schema, members))
        context.stdout.write("\n")
        context.stdout.flush()


def _write(context: Context, text: str, file: str | None = None) -> None:
    if file:
        from ptktctl.commands.rewriting import write_whole

        write_whole(file, f"{text}\n".encode() if text else b"")
    elif text:
        context.stdout.write(text + "\n")
        context.stdout.flush()


def _write_table(context: Context, table: Table) -> None:
    if table.rows and context.stdout.isatty():
        draw(context, table)
    else:
        _write(context, "\n".join("\t".join(row) for row in table.rows))
