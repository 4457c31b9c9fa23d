"""A batch shared out among processes, with the rows still in order.

Chunks go to the workers in turn, and their results are taken in the same turn, so nothing needs sorting. A worker has
one chunk at a time: neither side ever waits to write to the other while that one waits to write too. Workers are
forked, so they have the keys in memory and nothing is written anywhere; they end when their pipe does, also if this
process is killed, and leave Ctrl-C to it.
"""

from __future__ import annotations

import contextlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from ptktctl.errors import PtktctlError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from ptktctl.commands.batch_lines import Chunk, ChunkReader
    from ptktctl.commands.batch_work import Result, Work


@dataclass(slots=True)
class Worker:
    """A process that answers chunks, and the pipe to it."""

    process: BaseProcess
    connection: Connection

    def send(self, chunk: Chunk) -> None:
        """Hand out a chunk."""
        try:
            self.connection.send(chunk)
        except OSError:
            raise _killed() from None

    def result(self) -> Result:
        """Wait for the answer to the chunk sent last."""
        try:
            answer = self.connection.recv()
        except (EOFError, OSError):
            raise _killed() from None
        if isinstance(answer, Exception):
            raise answer
        return cast("Result", answer)


def _killed() -> PtktctlError:
    return PtktctlError("a worker process of --jobs was killed", "try again with fewer --jobs")


def share(reader: ChunkReader, work: Work, jobs: int) -> Generator[tuple[Chunk, Result], None, None]:
    """Have so many processes answer the chunks; their results come in the order of the chunks."""
    workers = _start(work, jobs)
    idle = deque(workers)
    busy: deque[tuple[Chunk, Worker]] = deque()
    try:
        for chunk in reader:
            # The worker whose result is due gets its next chunk before anybody looks at the result.
            due = [_finish(busy, idle)] if not idle else []
            worker = idle.popleft()
            worker.send(chunk)
            busy.append((chunk, worker))
            yield from due
            while busy and not reader.is_waiting():
                yield _finish(busy, idle)
        while busy:
            yield _finish(busy, idle)
    finally:
        _stop(workers)


def _finish(busy: deque[tuple[Chunk, Worker]], idle: deque[Worker]) -> tuple[Chunk, Result]:
    chunk, worker = busy.popleft()
    result = worker.result()
    idle.append(worker)
    return chunk, result


def _start(work: Work, jobs: int) -> list[Worker]:
    import multiprocessing
    import signal

    context = multiprocessing.get_context("fork")
    workers: list[Worker] = []
    # Ignored from the first moment of a worker's life on, not only from when it gets to it.
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            inherited = [ours, *(worker.connection for worker in workers)]
            process = context.Process(target=_serve, args=(work, theirs, inherited), daemon=True)
            process.start()
            theirs.close()
            workers.append(Worker(process, ours))
    finally:
        signal.signal(signal.SIGINT, handler)
    return workers


def _serve(work: Work, connection: Connection, inherited: Sequence[Connection]) -> None:
    """A worker's life: answer chunks until the pipe is closed."""
    # Only if no other worker holds the parent's ends open does the parent's death close them.
    for other in inherited:
        other.close()
    with contextlib.suppress(EOFError, OSError):
        while True:
            connection.send(_answer(work, connection.recv()))


def _answer(work: Work, chunk: Chunk) -> Result | Exception:
    try:
        return work.answer(chunk)
    except Exception as error:
        return error


def _stop(workers: Sequence[Worker]) -> None:
    for worker in workers:
        worker.connection.close()
        worker.process.terminate()
    for worker in workers:
        worker.process.join()
