"""GloVe: vectors whose products are the logarithms of how often words stand together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from featkit.draws import key_of
from featkit.memory import keep_freed_memory
from featkit.numeric import Array
from featkit.stage import RowShape
from featkit.text.embeddings.cooccurrence import Cooccurrences
from featkit.text.embeddings.corpus import Corpus
from featkit.text.embeddings.sampling import RandomWords, uniforms
from featkit.text.embeddings.tiles import (
    Side,
    begin,
    descend,
    fitted_biases,
    groups_of,
    in_order_of_words,
    step,
    tiles_of,
)
from featkit.text.embeddings.training import Training, WordLearner
from featkit.text.embeddings.vectors import WordVectors

#: Tokens whose neighbours are counted at a time.
_TOKENS = 1 << 20


class GloVe(WordLearner):
    """Learn a vector for each word such that w_i . c_j + b_i + c_j is the log of how often they stand together.

    Parameters
    ----------
    dim : int
        Values in a vector.
    window : int
        The farthest word that counts as near.
    symmetric : bool
        Words on both sides count; else X_ij is for i to the left of j.
    by_distance : bool
        A word d words away counts 1 / d, not 1.
    x_max : float or None
        A pair counts (X / x_max) ** alpha, and 1 from x_max on; None: every pair counts 1.
    alpha : float
    min_count : int
        Rarer words do not exist.
    epochs : int
        How often the matrix is gone through.
    rate : float
        The learning rate of AdaGrad.
    seed : int

    Notes
    -----
    Shape: a list of tokens for each document -> a vector for each document, the mean of its words', once fitted; for the
    vectors of words, the sums of both sets, see :class:`WordVectors`. No window reaches over the end of a document.

    The statistics are the corpus itself, as numbers of four bytes a token, since which words count is known at the end only;
    merging two of them gives exactly what both corpora together give. Counts are exact, and wait on the disk where there are
    many (:class:`featkit.text.embeddings.cooccurrence.Cooccurrences`); training holds the matrix in memory.

    The original program makes one step for each pair of words, in random order. Here a step is made for each of 256 tiles of
    the matrix, with the slopes of all pairs in it, and biases begin where they fit best without vectors: the same error is
    made small on another way. :func:`featkit.text.embeddings.adagrad.update_in_turn` has the program's own steps.

    Raises
    ------
    ParameterError
        If a number is out of its range.
    InputError
        If no word is frequent enough.

    Examples
    --------
    >>> documents = [["the", "cat", "sat"], ["the", "dog", "sat"]] * 20
    >>> words = GloVe(dim=8, window=2, min_count=1).fit([documents])
    >>> words.terms, words.vectors.shape
    (Strings(('the', 'sat', 'cat', 'dog')), (4, 8))
    """

    name = "glove"
    formula = "minimises sum over i, j of min(1, X_ij / x_max)**alpha (w_i . c_j + b_i + c_j - log X_ij)**2; v = w + c"
    source = "Pennington, Socher & Manning, GloVe: global vectors for word representation, 2014"

    dim: int = 100
    window: int = 10
    symmetric: bool = True
    by_distance: bool = True
    x_max: float | None = 100.0
    alpha: float = 0.75
    min_count: int = 5
    epochs: int = 15
    rate: float = 0.1
    seed: int = 1

    def check(self) -> None:
        self.at_least(1, "dim", "window", "min_count", "epochs")
        self.above(0, "x_max", "alpha", "rate")

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.dim,)

    def vectors(self, corpus: Corpus, training: Training) -> WordVectors:
        """What a training has come to: the sums of the vectors of words and of contexts."""
        ranked = corpus.ranked(self.min_count)
        words, contexts = training.tables[0], training.tables[2]
        return WordVectors(
            ranked.terms, in_order_of_words(words + contexts, len(ranked.terms), self.dim), ranked.counts
        )

    def cooccurrences(self, corpus: Corpus) -> Any:
        """How often words stand together: a CSR matrix, words in the order of their frequency."""
        ranked = corpus.ranked(self.min_count)
        pairs = Cooccurrences(len(ranked.terms), self.window, self.symmetric, self.by_distance)
        ids, lengths = corpus.ids, corpus.lengths
        starts = np.concatenate([[0], np.cumsum(lengths)])
        for first, last in corpus.pieces(_TOKENS):
            begins, end = int(starts[first]), int(starts[last])
            words = ranked.rank[ids[begins:end]]
            known = words >= 0
            kept = np.concatenate([[0], np.cumsum(known)])[starts[first : last + 1] - begins]
            pairs.add(words[known], np.diff(kept))
        return pairs.matrix()

    def trainings(self, corpus: Corpus, training: Training | None = None) -> Iterator[Training]:
        """Train epoch by epoch: each step yields how far it has come, from which it can go on later, to the same bytes.

        Parameters
        ----------
        corpus : Corpus
        training : Training, optional
            Go on from there.

        Raises
        ------
        InputError
            If the training is one of another learner or corpus.
        """
        keep_freed_memory()
        if training is not None:
            training.matches(repr(self), corpus.digest())
            if training.done == training.of:
                yield training
                return
        yield from self.trainings_on(self.cooccurrences(corpus), corpus.digest(), training)

    def trainings_on(self, matrix: Any, corpus: str = "", training: Training | None = None) -> Iterator[Training]:
        """:meth:`trainings`, on a co-occurrence matrix (CSR)."""
        groups = groups_of(matrix.shape[0])
        if training is None:
            tables = self._begin(matrix, groups)
            training = Training(repr(self), corpus, tables, 0, self.epochs)
        words, squares, contexts, context_squares = training.tables
        sides = Side(words, squares, self.dim + 1), Side(contexts, context_squares, self.dim)
        tiles = tiles_of(matrix, groups, self.x_max, self.alpha)
        del matrix
        for epoch in range(training.done, training.of):
            drawn = RandomWords(key_of(self.seed, "glove", epoch)).take(groups * groups)
            for tile in np.argsort(drawn, kind="stable").tolist():
                places = divmod(tile, groups)
                slopes = step(tiles[tile], *(side.vectors[place] for side, place in zip(sides, places, strict=True)))
                for side, place, slope in zip(sides, places, slopes, strict=True):
                    descend(side, place, slope, self.rate)
            yield training._replace(done=epoch + 1)

    def _begin(self, matrix: Any, groups: int) -> tuple[Array, ...]:
        words = matrix.shape[0]
        drawn = uniforms(key_of(self.seed, "glove", "begin"), 2 * words * self.dim).reshape(2, words, self.dim)
        drawn -= np.float32(0.5)
        drawn /= np.float32(self.dim + 1)
        biases = fitted_biases(matrix, self.x_max, self.alpha)
        return tuple(
            array
            for context in (False, True)
            for array in begin(biases[context], groups, self.dim, drawn[int(context)], context)[:2]
        )
