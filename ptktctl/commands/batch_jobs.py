"""A batch shared out among processes, with the rows still in order.

A worker that is done gets the next chunk at once, and its result waits for its turn. A worker has one chunk at a time:
neither side ever waits to write to the other while that one waits to write too. Workers are forked, so they have the
keys in memory and nothing is written anywhere; they end when their pipe does, also if this process is killed, and
leave Ctrl-C to it.
"""

from __future__ import annotations

import contextlib
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, cast

from ptktctl.errors import PtktctlError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from ptktctl.commands.batch_lines import Chunk, ChunkReader
    from ptktctl.commands.batch_work import Result, Work

# So many results for each worker may wait for one that takes long.
MOST_DUE = 4


class Worker(NamedTuple):
    """A process that answers chunks, and the pipe to it."""

    process: BaseProcess
    connection: Connection

    def send(self, chunk: Chunk) -> None:
        """Hand out a chunk."""
        try:
            self.connection.send(chunk)
        except OSError:
            raise _killed() from None

    def result(self) -> Result | Exception:
        """Wait for the answer to the chunk sent last."""
        try:
            return cast("Result | Exception", self.connection.recv())
        except (EOFError, OSError):
            return _killed()


class Task:
    """A chunk that was handed out, and what came of it."""

    __slots__ = ("chunk", "result")

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.result: Result | Exception | None = None


def _killed() -> PtktctlError:
    return PtktctlError("a worker process of --jobs was killed", "try again with fewer --jobs")


def share(reader: ChunkReader, work: Work, jobs: int) -> Generator[tuple[Chunk, Result], None, None]:
    """Have so many processes answer the chunks; their results come in the order of the chunks."""
    crew = Crew(_start(work, jobs))
    try:
        for chunk in reader:
            crew.hand_out(chunk)
            while crew.due and (crew.is_next_done() or not reader.is_waiting()):
                yield crew.next_result()
        while crew.due:
            yield crew.next_result()
    finally:
        _stop(crew.workers)


class Crew:
    """The workers, and the chunks that are due, in their order: each with its result when it is there."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self.workers = workers
        self.due: deque[Task] = deque()
        self._idle = list(workers)
        self._busy: dict[Connection, tuple[Worker, Task]] = {}

    def hand_out(self, chunk: Chunk) -> None:
        """Give a chunk to a worker; waits for one, and when the others have run too far ahead of the slowest."""
        while not self._idle or (len(self.due) >= MOST_DUE * len(self.workers) and not self.is_next_done()):
            self._collect()
        worker, task = self._idle.pop(), Task(chunk)
        worker.send(chunk)
        self._busy[worker.connection] = worker, task
        self.due.append(task)

    def is_next_done(self) -> bool:
        """Whether the result that is due next is there."""
        return self.due[0].result is not None

    def next_result(self) -> tuple[Chunk, Result]:
        """Wait for the result that is due next."""
        while not self.is_next_done():
            self._collect()
        task = self.due.popleft()
        if isinstance(task.result, Exception):
            raise task.result
        return task.chunk, cast("Result", task.result)

    def _collect(self) -> None:
        """Wait until a worker is done."""
        from multiprocessing.connection import wait

        for connection in wait(self._busy):
            worker, task = self._busy.pop(cast("Connection", connection))
            task.result = worker.result()
            self._idle.append(worker)


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
