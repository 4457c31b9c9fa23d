"""`ptktctl lint --fix`, `--set-applid` and `--diff`: what they change in files, or would."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptktctl.commands.rewriting import write_whole
from ptktctl.errors import InputError
from ptktctl.lint.original import read_original
from ptktctl.lint.source import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.commands.context import Context
    from ptktctl.lint.engine import Result
    from ptktctl.lint.fixes import Plan


class Rewrite(NamedTuple):
    """A file as it is and as it is to be: lines for people, bytes for the file."""

    file: str
    before: list[str]
    after: list[str]
    data: bytes
    lines: int


def rewrites(context: Context, result: Result, plan: Plan) -> Iterator[Rewrite]:
    """What a plan makes of the files. A file that can't be written again just as it was is named and left alone."""
    for span in plan.left:
        context.note(f"ptktctl: {span.file}:{span.line}: the APPLID is put together there; change it by hand")
    for file, lines in plan.changes.items():
        data = _content(file)
        # Masked where there are keys: such a file is not for a program to edit, nor for a diff to show.
        unchanged = read_source(file, data).text == result.sources[file].text
        original = read_original(result.sources[file], data) if unchanged else None
        new = original.with_lines(lines) if original else None
        encoded = new.encode() if new else None
        if original and new and encoded is not None:
            yield Rewrite(file, original.lines, new.lines, encoded, len(lines))
        else:
            context.note(f"ptktctl: {file}: left as it is: it holds keys, or parts in different encodings")


def write(context: Context, rewrite: Rewrite) -> None:
    """Give a file its new lines, keeping its encoding and line ends."""
    write_whole(rewrite.file, rewrite.data)
    context.note(f"{rewrite.file}: {rewrite.lines} line{'' if rewrite.lines == 1 else 's'} changed")


def diff(rewrite: Rewrite) -> str:
    """The change as a unified diff, without what a terminal would obey."""
    from difflib import unified_diff

    from ptktctl.lint.reports.text import printable

    lines = unified_diff(rewrite.before, rewrite.after, rewrite.file, rewrite.file, lineterm="")
    return "\n".join(printable(line) for line in lines)


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
