"""A corpus learned from and turned into rows piece by piece, in this process or in several, with the same result."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from featkit.errors import InputError, ParameterError
from featkit.files.text import DocumentBlocks, Piece
from featkit.numeric import Rows, concatenate
from featkit.pipeline import Pipeline, learns
from featkit.stage import Learner, Stage

T = TypeVar("T")
R = TypeVar("R")


def fit(
    pipeline: Pipeline, corpus: DocumentBlocks, *, jobs: int = 1, watch: Callable[[Piece], None] | None = None
) -> Pipeline:
    """:meth:`Pipeline.fit` on a corpus, which is read once for every Learner.

    Parameters
    ----------
    pipeline : Pipeline
    corpus : DocumentBlocks
    jobs : int
        Processes that work on it. Each learns from pieces, and what they learned is merged in order.
    watch : callable, optional
        Is given every piece when its turn comes.

    Raises
    ------
    ParameterError
        If jobs is below 1.
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
        for part in in_order(partial(_gathered, fitted[:at], stage), corpus.pieces(), jobs, watch):
            statistics = stage.merge(statistics, part)
        fitted[at] = stage.finish(statistics)
    return Pipeline(tuple(fitted))


def rows(
    pipeline: Pipeline, corpus: DocumentBlocks, *, jobs: int = 1, watch: Callable[[Piece], None] | None = None
) -> Iterator[Rows]:
    """What a fitted pipeline makes of a corpus, block by block; parameters as :func:`fit` has them."""
    yield from in_order(partial(_made, pipeline), corpus.pieces(), jobs, watch)


def _gathered(before: list[Stage], learner: Learner, piece: Piece) -> Any:
    return learner.gather(Pipeline(tuple(before)).iterate(piece.blocks) if before else piece.blocks)


def _made(pipeline: Pipeline, piece: Piece) -> Rows:
    return concatenate(list(pipeline.iterate(piece.blocks)))


def in_order(
    work: Callable[[T], R], pieces: Iterable[T], jobs: int, watch: Callable[[T], None] | None = None
) -> Iterator[R]:
    """``work`` done for every piece, the results in order; no more than two pieces a process are on their way.

    ``work`` must be something that can be pickled, and so must pieces and results.

    >>> list(in_order(str.upper, ["a", "b"], 1))
    ['A', 'B']
    """
    if jobs < 1:
        raise ParameterError(f"jobs must be at least 1, got {jobs}")
    if jobs == 1:
        for piece in pieces:
            yield work(piece)
            if watch is not None:
                watch(piece)
        return
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (work,))
    waiting: deque[tuple[T, Future[R]]] = deque()

    def first() -> R:
        piece, future = waiting.popleft()
        result = future.result()
        if watch is not None:
            watch(piece)
        return result

    try:
        for piece in pieces:
            with _undisturbed() if not waiting else _as_is():  # the first piece starts the processes
                waiting.append((piece, pool.submit(_run, piece)))
            if len(waiting) >= 2 * jobs:
                yield first()
        while waiting:
            yield first()
    except BrokenProcessPool:
        raise InputError(
            "a process that worked on the corpus was ended from outside, perhaps because memory ran out; use fewer jobs"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _as_is() -> Iterator[None]:
    yield


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


# --- in the other processes -------------------------------------------------------------------------------------------

_work: Callable[[Any], Any]


def _begin(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True, name="featkit ends with its parent").start()


def _end_with_parent() -> None:
    """Nobody is there any more to take results: the parent was killed."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run(piece: Any) -> Any:
    return _work(piece)
