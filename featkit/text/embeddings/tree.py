"""Hierarchical softmax: a word is told from others by the turns on the way to it in a binary tree (Morin & Bengio, 2005)."""

from __future__ import annotations

import numpy as np

from featkit.memory import scratch
from featkit.numeric import Array, stacked_products
from featkit.text.embeddings.cbow import mean_table
from featkit.text.embeddings.contrast import gradients
from featkit.text.embeddings.huffman import Codes
from featkit.text.embeddings.sampling import RandomWords
from featkit.text.embeddings.scatter import moved
from featkit.text.embeddings.windows import Reading

#: Words in a block.
_BLOCK = 8


class Tree:
    """Each word's turns are predicted by the words around it: by each of them (skip-gram) or by their mean (CBOW).

    All turns of 8 neighbouring words are scored against all words around these, or against all of their means, as one product
    of matrices; weights say which of the scores count.

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
        self.codes, self.window, self.mean, self.blocks = codes, window, mean, max(1, words // _BLOCK)
        self.span = _BLOCK + 2 * window
        self.means = mean_table(_BLOCK, window).reshape(-1, self.span)
        self.context = np.sign(self.means)

    def train(self, table: Array, reading: Reading, random: RandomWords, rates: tuple[float, float]) -> None:
        """Train on a reading, at rates that fall from the first to the second."""
        window, words = self.window, len(reading.words)
        count = -(-words // _BLOCK)
        padded = np.zeros(count * _BLOCK + 2 * window, np.int32)
        padded[window : window + words] = reading.words
        code = np.zeros(count * _BLOCK, np.int32)
        code[:words] = reading.left * np.int32(window + 1) + reading.right
        lengths = np.zeros(count * _BLOCK, np.int32)
        lengths[:words] = np.where(
            code[:words], self.codes.lengths[reading.words], 0
        )  # else nothing is there to predict by
        code += np.tile(np.arange(_BLOCK, dtype=np.int32) * np.int32((window + 1) ** 2), count)
        around = np.lib.stride_tricks.sliding_window_view(padded, self.span)[::_BLOCK]
        rate, last = rates
        for at in range(0, count, self.blocks):
            upto = min(count, at + self.blocks)
            piece = slice(at * _BLOCK, upto * _BLOCK)
            self._batch(
                table,
                padded[window:][piece],
                lengths[piece],
                around[at:upto],
                code[piece],
                rate + (last - rate) * at / count,
            )

    def _batch(self, table: Array, words: Array, lengths: Array, around: Array, code: Array, rate: float) -> None:
        dim, (n, span) = table.shape[1], around.shape
        # The turns of a block stand one behind the other; what is behind them is a row of the table that no node has.
        sizes = lengths.reshape(n, _BLOCK).sum(axis=1)
        turns = max(1, int(sizes.max()))
        of_word = np.repeat(np.arange(n * _BLOCK, dtype=np.int32), lengths)
        place = np.arange(len(of_word)) + np.repeat(np.arange(n) * turns - (np.cumsum(sizes) - sizes), sizes)
        taken = np.arange(self.codes.points.shape[1]) < lengths[:, None]
        nodes = np.full(n * turns, len(table) - 1, np.int32)
        nodes[place] = self.codes.points[words][taken] + np.int32(len(table) // 2)
        other = np.zeros((n * turns, 1), table.dtype)
        other[place, 0] = self.codes.codes[words][taken]
        index = np.concatenate([nodes, around.ravel()])
        held = scratch("vectors and slopes", (2 * len(index), dim), table.dtype)
        np.take(table, index, axis=0, out=held[: len(index)], mode="clip")
        cut = len(nodes), len(index), len(index) + len(nodes)
        outputs, inputs = held[: cut[0]].reshape(n, turns, dim), held[cut[0] : cut[1]].reshape(n, span, dim)
        on_outputs, on_inputs = held[cut[1] : cut[2]].reshape(n, turns, dim), held[cut[2] :].reshape(n, span, dim)
        weights = np.zeros((n * turns, _BLOCK if self.mean else span), table.dtype)
        if self.mean:
            weights[place, of_word % _BLOCK] = 1
            predicted = stacked_products(self.means[code].reshape(n, _BLOCK, span), inputs)
            on_predicted = np.empty_like(predicted)
        else:
            weights[place] = self.context[code[of_word]]
            predicted, on_predicted = inputs, on_inputs
        shaped = n, turns, weights.shape[1]
        gradients(
            outputs,
            predicted,
            weights.reshape(shaped),
            (weights * other).reshape(shaped),
            0,
            on_outputs,
            on_predicted,
        )
        if self.mean:
            stacked_products(self.context[code].reshape(n, _BLOCK, span).transpose(0, 2, 1), on_predicted, on_inputs)
        moved(table, index, held, rate)
