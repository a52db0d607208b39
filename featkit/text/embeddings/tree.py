"""Hierarchical softmax: a word is told from others by the turns on the way to it in a binary tree (Morin & Bengio, 2005)."""

from __future__ import annotations

import numpy as np

from featkit.memory import scratch
from featkit.numeric import Array, stacked_products
from featkit.text.embeddings.contrast import gradients
from featkit.text.embeddings.huffman import Codes
from featkit.text.embeddings.sampling import RandomWords
from featkit.text.embeddings.scatter import moved
from featkit.text.embeddings.windows import Reading


class Tree:
    """Each word's turns are predicted by the words around it: by each of them (skip-gram) or by their mean (CBOW).

    Parameters
    ----------
    codes : Codes
    window : int
    mean : bool
        CBOW rather than skip-gram.
    words : int
        Words in a batch. They see the vectors as they were before the batch, and all of them see the root.
    """

    def __init__(self, codes: Codes, window: int, mean: bool, words: int) -> None:
        self.codes, self.window, self.mean, self.words = codes, window, mean, words

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
        dim, (n, span) = table.shape[1], around.shape
        lengths = self.codes.lengths[words]
        depth = int(lengths.max())
        nodes = self.codes.points[words, :depth] + np.int32(len(table) // 2)
        index = np.concatenate([around.ravel(), nodes.ravel()])
        held = scratch("vectors and slopes", (2 * len(index), dim), table.dtype)
        np.take(table, index, axis=0, out=held[: len(index)], mode="clip")
        cut = n * span, len(index), len(index) + n * span
        inputs, outputs = held[: cut[0]].reshape(n, span, dim), held[cut[0] : cut[1]].reshape(n, depth, dim)
        on_inputs, on_outputs = held[cut[1] : cut[2]].reshape(n, span, dim), held[cut[2] :].reshape(n, depth, dim)
        turns = (np.arange(depth) < lengths[:, None])[:, None, :].astype(table.dtype)
        other = self.codes.codes[words, :depth][:, None, :].astype(table.dtype)
        seen = context[:, :, None].astype(table.dtype)
        if self.mean:
            size = context.sum(axis=1, dtype=table.dtype)[:, None, None]
            weights = turns * np.minimum(size, 1)  # where nothing is around there is nothing to predict by
            means = seen.transpose(0, 2, 1) / np.maximum(size, 1)
            predicted = stacked_products(means, inputs)
            on_predicted = np.empty_like(predicted)
            gradients(predicted, outputs, weights, weights * other, 0, on_predicted, on_outputs)
            np.multiply(seen, on_predicted, out=on_inputs)
        else:
            weights = seen * turns
            gradients(inputs, outputs, weights, weights * other, 0, on_inputs, on_outputs)
        moved(table, index, held, rate)
