"""A batch shared out among processes, with the rows still in order.

A worker that is done gets the next chunk at once, and its result waits for its turn. A worker has one chunk at a time:
neither side ever waits to write to the other while that one waits to write too. Workers are forked, so they have the
keys in memory and nothing is written anywhere; they end when their pipe does, also if this process is killed, and
leave Ctrl-C to it.

Two pipes and a fork, not multiprocessing: to load that takes as long as to make ten thousand tickets.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from ptktctl.errors import PtktctlError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from ptktctl.commands.batch_lines import Chunk, ChunkReader
    from ptktctl.commands.batch_work import Result, Work

# So many results for each worker may wait for one that takes long.
MOST_DUE = 4


class Worker(NamedTuple):
    """A process that answers chunks, and the pipes to and from it."""

    process: int
    chunks: BinaryIO
    results: BinaryIO

    def send(self, chunk: Chunk) -> None:
        """Hand out a chunk."""
        try:
            _write(self.chunks, chunk)
        except OSError:
            raise _killed() from None

    def result(self) -> Result | Exception:
        """Wait for the answer to the chunk sent last."""
        try:
            return cast("Result | Exception", _read(self.results))
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
        # By the descriptor that the result comes from.
        self._busy: dict[int, tuple[Worker, Task]] = {}

    def hand_out(self, chunk: Chunk) -> None:
        """Give a chunk to a worker; waits for one, and when the others have run too far ahead of the slowest."""
        while not self._idle or (len(self.due) >= MOST_DUE * len(self.workers) and not self.is_next_done()):
            self._collect()
        worker, task = self._idle.pop(), Task(chunk)
        worker.send(chunk)
        self._busy[worker.results.fileno()] = worker, task
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
        import select

        # A result is the only message under way on its pipe: nothing of it can be in a buffer already.
        results = select.poll()
        for descriptor in self._busy:
            results.register(descriptor, select.POLLIN)
        for descriptor, _ in results.poll():
            worker, task = self._busy.pop(descriptor)
            task.result = worker.result()
            self._idle.append(worker)


def _start(work: Work, jobs: int) -> list[Worker]:
    import signal

    workers: list[Worker] = []
    # Ignored from the first moment of a worker's life on, not only from when it gets to it.
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for _ in range(jobs):
            workers.append(_forked(work, workers))
    finally:
        signal.signal(signal.SIGINT, handler)
    return workers


def _forked(work: Work, others: Sequence[Worker]) -> Worker:
    chunks, chunks_in = os.pipe()
    results, results_in = os.pipe()
    process = os.fork()
    if process:
        os.close(chunks)
        os.close(results_in)
        return Worker(process, open(chunks_in, "wb"), open(results, "rb"))
    try:
        # Only if no other worker holds the parent's ends open does the parent's death close them.
        for end in (chunks_in, results, *(each.fileno() for other in others for each in (other.chunks, other.results))):
            os.close(end)
        with open(chunks, "rb") as source, open(results_in, "wb") as target:
            _serve(work, source, target)
    finally:
        # Nothing of what the parent has begun is the worker's to end: no buffer, no lock file, no exit status.
        os._exit(0)


def _serve(work: Work, chunks: BinaryIO, results: BinaryIO) -> None:
    """A worker's life: answer chunks until the pipe is closed."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            _write(results, _answer(work, _read(chunks)))


def _answer(work: Work, chunk: Chunk) -> Result | Exception:
    try:
        return work.answer(chunk)
    except (PtktctlError, OSError) as error:
        return error
    except Exception as error:
        # What other errors hold may not go through a pipe.
        return RuntimeError(f"{type(error).__name__}: {error}")


def _stop(workers: Sequence[Worker]) -> None:
    import signal

    for worker in workers:
        with contextlib.suppress(OSError):
            worker.chunks.close()
        worker.results.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.process, signal.SIGTERM)
    for worker in workers:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(worker.process, 0)


def _write(pipe: BinaryIO, message: object) -> None:
    import pickle

    pickle.dump(message, pipe, pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def _read(pipe: BinaryIO) -> Any:
    import pickle

    # From this program itself.
    return pickle.load(pipe)  # noqa: S301
