"""From a corpus of any length to its rows: read once, where what is learned is a vocabulary."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

import numpy as np

from featkit.errors import InputError
from featkit.files.atomic import explained
from featkit.files.parallel import Workers, fit, rows
from featkit.files.text import DocumentBlocks, Piece
from featkit.learner import Learner
from featkit.numeric import Array, Rows
from featkit.pipeline import Pipeline
from featkit.stage import Stage
from featkit.text.counts import BagOfWords, Tally
from featkit.text.strings import Strings
from featkit.text.vocabulary import TermCounts, Vocabulary


class Counted(NamedTuple):
    """A fitted pipeline, and what it makes of a corpus, in pieces that are made as one asks.

    Where a vocabulary was learned: of what counts, among them how many documents there are.
    """

    pipeline: Pipeline
    rows: Iterable[Rows]
    counts: TermCounts | None = None


class Tallies:
    """Counts, kept in a nameless temporary file while the vocabulary is not known yet. A context manager."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file: IO[bytes]
        self._parts: list[tuple[int, int, np.dtype[Any]]] = []

    def __enter__(self) -> Self:
        with explained(self._folder or tempfile.gettempdir()):
            self._file = tempfile.TemporaryFile(dir=self._folder)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, tally: Tally) -> None:
        """Keep one more."""
        with explained("the temporary file for counts"):
            for array in (tally.starts, tally.columns, tally.counts):
                self._file.write(np.ascontiguousarray(array).data)
        self._parts.append((len(tally.starts), len(tally.columns), tally.counts.dtype))

    def __iter__(self) -> Iterator[Tally]:
        at = 0
        for documents, stored, kind in self._parts:
            self._file.seek(at)
            starts, columns, counts = (
                np.frombuffer(self._file.read(length * dtype.itemsize), dtype)
                for length, dtype in ((documents, np.dtype(np.int64)), (stored, np.dtype(np.int32)), (stored, kind))
            )
            at = self._file.tell()
            yield Tally(columns, counts.astype(np.int64), starts)


class _Recounted:
    """The rows of tallies, by way of some more stages; they can be gone through again."""

    def __init__(self, tallies: Tallies, bag: BagOfWords, column: Array, after: tuple[Stage, ...]) -> None:
        self._tallies, self._bag, self._column, self._after = tallies, bag, column, after

    def __iter__(self) -> Iterator[Rows]:
        for tally in self._tallies:
            rows = self._bag.recounted(tally, self._column)
            yield Pipeline(self._after)(rows) if self._after else rows


def count(
    pipeline: Pipeline,
    corpus: DocumentBlocks,
    workers: Workers,
    tallies: Tallies,
    watch: Callable[[Piece], None] | None = None,
) -> Counted:
    """Fit a pipeline to a corpus, and make rows of it.

    Where a vocabulary is learned the corpus is read once: the counts wait in ``tallies``, numbered as terms came, until it is
    known which column each term has. The rows are the same as in two passes, and whoever works on the pieces.

    Raises
    ------
    InputError
        If the corpus cannot be taken, or no term is left.
    WriteError
        If there is no room for the counts.
    """
    stages = pipeline.stages
    at = next((at for at, stage in enumerate(stages) if isinstance(stage, Vocabulary)), None)
    if at is None:
        _refuse_nothing(any(map(len, corpus)), corpus)
        fitted = fit(pipeline, corpus, workers, watch)
        return Counted(fitted, rows(fitted, corpus, workers, watch))
    vocabulary, statistics = stages[at], TermCounts()
    assert isinstance(vocabulary, Vocabulary)
    for part, parts in workers.in_order(partial(_tallied, stages[:at]), corpus.pieces(), watch):
        numbers = statistics.include(*part)
        for tally in parts:
            tallies.append(tally._replace(columns=numbers[tally.columns]))
    _refuse_nothing(statistics.documents > 0, corpus)
    bag, column = vocabulary.finish_with_columns(statistics)
    after: tuple[Stage, ...] = ()
    for stage in stages[at + 1 :]:
        known = stage.fit(_Recounted(tallies, bag, column, after)) if isinstance(stage, Learner) else stage
        after = (*after, known)
    made = _Recounted(tallies, bag, column, after)
    return Counted(Pipeline((*stages[:at], bag, *after)), made, statistics)


def _refuse_nothing(something: bool, corpus: DocumentBlocks) -> None:
    if not something:
        shown = "standard input" if corpus.paths[0] == "-" else corpus.paths[0]
        more = f" and {len(corpus.paths) - 1} more" if corpus.paths[1:] else ""
        raise InputError(f"{shown}{more} holds no documents; check the path, or the column")


def _tallied(before: tuple[Stage, ...], piece: Piece) -> tuple[tuple[Strings, Array, Array, int], list[Tally]]:
    statistics = TermCounts()
    tokens = Pipeline(before).iterate(piece.blocks)
    tallies = [_small(statistics.take(block)) for block in tokens]
    return statistics.parts, tallies


def _small(tally: Tally) -> Tally:
    """With counts of few bytes: hardly a word comes more than 255 times."""
    most = int(tally.counts.max()) if len(tally.counts) else 0
    return tally._replace(counts=tally.counts.astype(np.min_scalar_type(most)))
