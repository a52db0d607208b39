"""A corpus learned from and turned into rows piece by piece, in this process or in several, with the same result."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from featkit.errors import InputError, ParameterError
from featkit.files.text import DocumentBlocks, Piece
from featkit.learner import Learner
from featkit.numeric import Rows, concatenate
from featkit.pipeline import Pipeline, learns
from featkit.stage import Stage

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")


class Workers:
    """Where pieces are worked on: in this process, and in others beside it. A context manager, which ends those.

    Parameters
    ----------
    jobs : int
        Processes; 1 is this one alone.

    Raises
    ------
    ParameterError
        If jobs is below 1.

    Examples
    --------
    >>> with Workers(1) as workers:
    ...     list(workers.in_order(str.upper, ["a", "b"]))
    ['A', 'B']
    """

    def __init__(self, jobs: int = 1) -> None:
        if jobs < 1:
            raise ParameterError(f"jobs must be at least 1, got {jobs}")
        self.jobs = jobs
        self._pool: Any = None
        self._tasks = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def in_order(
        self, work: Callable[[T], R], pieces: Iterable[T], watch: Callable[[T], None] | None = None
    ) -> Iterator[R]:
        """``work`` done for every piece, the results in order.

        Each other process has a piece in hand and one before it; this one works on what they cannot take, while they start as
        well. A few results wait until it is their turn. What goes to other processes and comes back is pickled. ``watch`` is
        given every piece when it is done.
        """
        if self.jobs == 1:
            for piece in pieces:
                yield work(piece)
                if watch is not None:
                    watch(piece)
            return
        from concurrent.futures.process import BrokenProcessPool

        try:
            yield from self._in_order(work, pieces, watch)
        except BrokenProcessPool:
            raise InputError(
                "a process that worked on the corpus was ended from outside, perhaps because memory ran out; use fewer jobs"
            ) from None

    def _in_order(self, work: Callable[[T], R], pieces: Iterable[T], watch: Callable[[T], None] | None) -> Iterator[R]:
        self._tasks += 1
        task = self._tasks, pickle.dumps(work, pickle.HIGHEST_PROTOCOL)
        waiting: deque[tuple[T, Future[R]]] = deque()
        for piece in pieces:
            busy = sum(not future.done() for _, future in waiting)
            free = busy < 2 * (self.jobs - 1)
            waiting.append((piece, self._submitted(task, piece) if free else _done(work, piece)))
            while waiting and (waiting[0][1].done() or len(waiting) >= 2 * self.jobs + 4):
                yield _result(*waiting.popleft(), watch)
        while waiting:
            yield _result(*waiting.popleft(), watch)

    def _submitted(self, task: tuple[int, bytes], piece: Any) -> Future[Any]:
        if self._pool is not None:
            future: Future[Any] = self._pool.submit(_run, task, piece)
            return future
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        self._pool = ProcessPoolExecutor(self.jobs - 1, get_context("spawn"), _begin)
        with _undisturbed():  # the first piece starts the processes
            first: Future[Any] = self._pool.submit(_run, task, piece)
        return first


def _done(work: Callable[[T], R], piece: T) -> Future[R]:
    """What is done here and now, as what is done elsewhere looks."""
    from concurrent.futures import Future

    future: Future[R] = Future()
    future.set_result(work(piece))
    return future


def _result(piece: T, future: Future[R], watch: Callable[[T], None] | None) -> R:
    result = future.result()
    if watch is not None:
        watch(piece)
    return result


@contextmanager
def _undisturbed() -> Iterator[None]:
    """While it lasts, processes start that leave Ctrl-C to this one; they would complain while they import."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# --- pipelines over a corpus --------------------------------------------------------------------------------------------


def fit(
    pipeline: Pipeline, corpus: DocumentBlocks, workers: Workers, watch: Callable[[Piece], None] | None = None
) -> Pipeline:
    """:meth:`Pipeline.fit` on a corpus, which is read once for every Learner.

    With several workers each learns from pieces, and what they learned is merged in order.

    Raises
    ------
    InputError
        If the corpus cannot be taken, or a process was ended from outside.
    """
    fitted: list[Stage] = list(pipeline.stages)
    for at, stage in enumerate(fitted):
        if not learns(stage):
            continue
        if not isinstance(stage, Learner):
            raise ParameterError(f"{stage!r} learns inside and cannot learn from pieces; call pipeline.fit(corpus)")
        statistics = stage.start()
        for part in workers.in_order(partial(_gathered, fitted[:at], stage), corpus.pieces(), watch):
            statistics = stage.merge(statistics, part)
        fitted[at] = stage.finish(statistics)
    return Pipeline(tuple(fitted))


def rows(
    pipeline: Pipeline, corpus: DocumentBlocks, workers: Workers, watch: Callable[[Piece], None] | None = None
) -> Iterator[Rows]:
    """What a fitted pipeline makes of a corpus, piece by piece."""
    yield from workers.in_order(partial(_made, pipeline), corpus.pieces(), watch)


def _gathered(before: list[Stage], learner: Learner, piece: Piece) -> Any:
    return learner.gather(Pipeline(tuple(before)).iterate(piece.blocks) if before else piece.blocks)


def _made(pipeline: Pipeline, piece: Piece) -> Rows:
    return concatenate(list(pipeline.iterate(piece.blocks)))


# --- in the other processes -------------------------------------------------------------------------------------------

_work: tuple[int, Callable[[Any], Any]] | None = None


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True, name="featkit ends with its parent").start()


def _end_with_parent() -> None:
    """Nobody is there any more to take results: the parent was killed."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run(task: tuple[int, bytes], piece: Any) -> Any:
    """What is to be done comes along with every piece, and is unpacked for the first."""
    global _work
    number, work = task
    if _work is None or _work[0] != number:
        _work = number, pickle.loads(work)
    return _work[1](piece)
