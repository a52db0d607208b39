"""The full softmax: every word of the vocabulary is scored, every time. For teaching, and for small vocabularies."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array, stacked_products
from featkit.text.embeddings.sampling import RandomWords
from featkit.text.embeddings.scatter import moved
from featkit.text.embeddings.windows import Reading


def slopes(inputs: Array, outputs: Array, counts: Array) -> Array:
    """The slope of sum_w n_w log softmax_w(s) in each score s = input . output: n - (sum n) softmax(s); shape (n, words).

    >>> slopes(np.zeros((1, 2)), np.zeros((2, 2)), np.array([[3.0, 1.0]]))
    array([[ 1., -1.]])
    """
    scores = stacked_products(inputs, outputs.T)
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores *= counts.sum(axis=1, keepdims=True) / scores.sum(axis=1, keepdims=True)
    return np.subtract(counts, scores, out=scores)


class Softmax:
    """A word predicts those around it (skip-gram), or their mean predicts the word (CBOW), among all words of the vocabulary.

    Parameters
    ----------
    window : int
    mean : bool
        CBOW rather than skip-gram.
    words : int
        Words in a batch. They see the vectors as they were before the batch.
    """

    def __init__(self, window: int, mean: bool, words: int = 16) -> None:
        self.window, self.mean, self.words = window, mean, words

    def train(self, table: Array, reading: Reading, random: RandomWords, rates: tuple[float, float]) -> None:
        """Train on a reading, at rates that fall from the first to the second."""
        around, context = reading.around(self.window)
        rate, last = rates
        for at in range(0, len(reading.words), self.words):
            piece = slice(at, at + self.words)
            self._batch(
                table,
                reading.words[piece],
                around[piece],
                context[piece],
                rate + (last - rate) * at / len(reading.words),
            )

    def _batch(self, table: Array, words: Array, around: Array, context: Array, rate: float) -> None:
        terms, dim, n = len(table) // 2, table.shape[1], len(words)
        seen = context.astype(table.dtype)
        row, column = np.nonzero(context)
        neighbours = around[row, column]
        if self.mean:
            index = neighbours
            share = 1 / np.maximum(seen.sum(axis=1), 1)
            inputs = np.zeros((n, dim), table.dtype)
            np.add.at(inputs, row, table[index] * share[row, None])
            wanted, row_wanted = words[context.any(axis=1)], np.flatnonzero(context.any(axis=1))
        else:
            index, inputs, wanted, row_wanted = words, table[words], neighbours, row
        counts = np.bincount(row_wanted * terms + wanted, minlength=n * terms).reshape(n, terms).astype(table.dtype)
        outputs = table[terms:]
        slope = slopes(inputs, outputs, counts)
        on_inputs = stacked_products(slope, outputs)
        on_outputs = stacked_products(slope.T, inputs)
        if self.mean:
            on_inputs = on_inputs[row]
        moved(table, index.astype(np.int32), np.concatenate([table[index], on_inputs]), rate)
        on_outputs *= table.dtype.type(rate)
        table[terms:] += on_outputs
