"""`ptktctl lint --fix`, `--set-applid` and `--diff`: what they change in files, or would."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptktctl.commands.rewriting import read_whole, write_whole
from ptktctl.lint.original import read_original
from ptktctl.lint.reports.text import printable
from ptktctl.lint.source import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ptktctl.commands.context import Context
    from ptktctl.lint.fixes import Plan
    from ptktctl.lint.result import Result
    from ptktctl.lint.source import Source


NO_END = "\n\\ No newline at end of file"


class Rewrite(NamedTuple):
    """A file as it is and as it is to be: lines for people, where keys are masked, and bytes for the file."""

    file: str
    before: list[str]
    after: list[str]
    data: bytes
    lines: int


def rewrites(context: Context, result: Result, plan: Plan) -> Iterator[Rewrite]:
    """What a plan makes of the files. A file that can't be written again just as it was is named and left alone."""
    for span in plan.left:
        context.note(
            f"ptktctl: {printable(span.file)}:{span.line}: the APPLID is put together there; change it by hand"
        )
    for file, source in result.sources.items():
        lines = plan.changes.get(file)
        if not lines:
            continue
        rewrite = _rewrite(source, read_whole(file), lines)
        if isinstance(rewrite, Rewrite):
            yield rewrite
        else:
            context.note(f"ptktctl: {printable(file)}: left as it is: {rewrite}")


def _rewrite(source: Source, data: bytes, lines: Mapping[int, tuple[str, ...]]) -> Rewrite | str:
    """The change to a file; if it is no longer as it was read, or can't be written again just so, why not."""
    fresh = read_source(source.name, data)
    if not _is_masked(source.text, fresh.text):
        return "it has changed since it was read"
    original = read_original(fresh, data)
    if not original:
        return "its parts are in different encodings, or it holds NULs, and it would not stay as it is otherwise"
    # A key on a line is masked before it gets here; the file has to have it still.
    if any(original.lines[number - 1] != source.line(number) for number in lines):
        return "a key stands on the line"
    new, shown = original.with_lines(lines), original._replace(lines=source.text.split("\n"))
    encoded = new.encode()
    if encoded is None:
        return "a new line does not fit into its record, or its code page"
    return Rewrite(source.name, shown.lines, shown.with_lines(lines).lines, encoded, len(lines))


def _is_masked(masked: str, text: str) -> bool:
    """Whether a text is another one in which some characters are hidden."""
    return len(masked) == len(text) and all(a in (b, "*") for a, b in zip(masked, text, strict=True))


def write(context: Context, rewrite: Rewrite) -> None:
    """Give a file its new lines, keeping its encoding and line ends."""
    write_whole(rewrite.file, rewrite.data)
    context.note(f"{printable(rewrite.file)}: {rewrite.lines} line{'' if rewrite.lines == 1 else 's'} changed")


def diff(rewrite: Rewrite) -> str:
    """The change as a unified diff, without what a terminal would obey."""
    from difflib import unified_diff

    before, after = _ended(rewrite.before), _ended(rewrite.after)
    lines = unified_diff(before, after, rewrite.file, rewrite.file)
    return "\n".join(printable(line.removesuffix("\n")) + NO_END * (not line.endswith("\n")) for line in lines)


def _ended(lines: list[str]) -> list[str]:
    """Lines with their ends; what follows the last end is a line only if there is something."""
    ended = [f"{line}\n" for line in lines[:-1]]
    return [*ended, lines[-1]] if lines[-1] else ended
