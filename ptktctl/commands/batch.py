"""gen --batch and verify --batch: any number of tickets in one go, streaming.

Lines are read in chunks, as they come, and taken apart (`batch_lines`, `batch_sheet`); who they are about is found in
`batch_subjects`, what happens to a chunk is in `batch_work`, how its rows look in `batch_rows`. Here is what happens
round it: order, several processes, the progress bar, the exit status.
"""

from __future__ import annotations

import contextlib
import gc
import os
from typing import TYPE_CHECKING, BinaryIO

from ptktctl.commands.batch_input import progress
from ptktctl.commands.batch_lines import CHUNK, ChunkReader
from ptktctl.commands.batch_rows import FORMATS
from ptktctl.commands.batch_subjects import Profile
from ptktctl.commands.batch_work import GenWork, VerifyWork

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from ptktctl.commands.batch_lines import Chunk
    from ptktctl.commands.batch_subjects import Resolve
    from ptktctl.commands.batch_work import Ask, Result, Work
    from ptktctl.commands.context import Context
    from ptktctl.passticket.names import ApplId

__all__ = ["FORMATS", "Profile", "generate_batch", "verify_batch"]

# Recording a use waits for the disk: what one chunk holds is answered within seconds.
RECORDING_CHUNK = 1 << 16
# So many objects that could be part of a circle, against 700.
SELDOM = 100_000


def generate_batch(
    context: Context,
    lines: BinaryIO,
    resolve: Resolve,
    *,
    default_applid: Callable[[], ApplId],
    output_format: str = "tsv",
    jobs: int = 1,
) -> int:
    """Print a ticket for each line `USERID [APPLID] [TIME]`, in order, as the lines come.

    Args:
        lines: the input; a regular file gets a progress bar when stderr is a terminal and stdout is not.
        resolve: gives the Profile of a user ID and APPLID, whose first key is used. Its InputError or
            StoreMissingError becomes the row of the line; any other error ends the batch.
        default_applid: gives the APPLID of lines without one; its errors are treated likewise.
        output_format: one of FORMATS.
        jobs: how many processes share the work, where the system can fork.

    Returns:
        The exit status: 1 if any line could not be used.
    """
    return _run(context, lines, GenWork(resolve, default_applid, context.clock, output_format), CHUNK, jobs)


def verify_batch(
    context: Context,
    lines: BinaryIO,
    resolve: Resolve,
    *,
    ask: Ask | None = None,
    records: bool = True,
    output_format: str = "tsv",
    jobs: int = 1,
) -> int:
    """Print the outcome for each line `USERID APPLID TICKET [TIME]`, in order, as the lines come.

    Args:
        lines, resolve, output_format, jobs: as for `generate_batch`; all keys of a profile are tried.
        ask: asked, for a chunk at once and in order of the lines, about the tickets that are inside their window and
            whose profile has single_use: gives for each the second of an earlier use, or None. A ticket that comes
            twice is the second time a used one. An error it raises ends the batch after the rows before the first of
            these lines.
        records: whether `ask` records uses; then one process does the work, for order matters.

    Returns:
        The exit status: 1 if any ticket is not valid or any line could not be used.
    """
    work = VerifyWork(resolve, ask, context.clock, output_format)
    recording = ask is not None and records
    return _run(context, lines, work, RECORDING_CHUNK if recording else CHUNK, 1 if recording else jobs)


def _run(context: Context, lines: BinaryIO, work: Work, limit: int, jobs: int) -> int:
    reader = ChunkReader(lines, limit)
    total = faults = refused = 0
    with (
        _seldom_collected(),
        progress(context, lines) as advance,
        contextlib.closing(_results(reader, work, jobs)) as results,
    ):
        for chunk, result in results:
            for each in result.tally:
                context.use.count(*each)
            context.stdout.write(result.text)
            if result.error or not reader.is_waiting():
                context.stdout.flush()
            if result.error:
                raise result.error
            total, faults, refused = total + result.rows, faults + result.faults, refused + result.refused
            advance(chunk.end)
    context.stdout.flush()
    if faults:
        context.note(f"ptktctl: {faults} of {total} lines could not be used; their rows say why")
    return 1 if faults or refused else 0


@contextlib.contextmanager
def _seldom_collected() -> Iterator[None]:
    """Have Python look for circles of objects seldom: there are none, and a chunk makes hundreds of long lists."""
    usual = gc.get_threshold()
    gc.set_threshold(SELDOM, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _results(reader: ChunkReader, work: Work, jobs: int) -> Generator[tuple[Chunk, Result], None, None]:
    if jobs > 1 and hasattr(os, "fork"):
        from ptktctl.commands.batch_jobs import share

        return share(reader, work, jobs)
    return ((chunk, work.answer(chunk)) for chunk in reader)
