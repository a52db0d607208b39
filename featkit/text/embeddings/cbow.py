"""Continuous bag of words: the words around it, averaged, have to tell a word from others."""

from __future__ import annotations

import numpy as np

from featkit.memory import scratch
from featkit.numeric import Array, constant, stacked_products
from featkit.text.embeddings.contrast import gradients
from featkit.text.embeddings.sampling import Noise, RandomWords
from featkit.text.embeddings.scatter import moved
from featkit.text.embeddings.windows import Reading


@constant
def mean_table(block: int, window: int) -> Array:
    """Weights of words in the mean of those around each place of a block: (block, window + 1, window + 1, block + 2 window)."""
    table = np.zeros((block, window + 1, window + 1, block + 2 * window), np.float32)
    for place, left, right in np.ndindex(table.shape[:3]):
        here = place + window
        table[place, left, right, here - left : here + right + 1] = 1 / max(1, left + right)
        table[place, left, right, here] = 0
    return table


@constant
def target_table(block: int, window: int, shared: int, negatives: int) -> Array:
    """Weights of each place of a block on the words of the block, its own only, and on the negatives that they share."""
    table = np.zeros((block, window + 1, window + 1, block + shared), np.float32)
    for place, left, right in np.ndindex(table.shape[:3]):
        if left + right:  # else there is nothing to tell it by
            table[place, left, right, place] = 1
            table[place, left, right, block:] = negatives / shared
    return table


class NegativeBlocks:
    """Blocks of neighbouring words told from the same few random words, each by the mean of the words around it.

    What is learned about a mean goes to every word in it as it is, not divided by their number, as word2vec has it. Blocks of
    a batch see the vectors as they were before the batch.

    Parameters
    ----------
    noise : Noise
    window, negatives : int
    block, shared : int
        Words in a block and the random words that they share.
    blocks : int
        Blocks in a batch.
    """

    def __init__(self, noise: Noise, window: int, negatives: int, block: int, shared: int, blocks: int) -> None:
        self.noise, self.window, self.block, self.shared, self.blocks = noise, window, block, shared, blocks
        self.span = block + 2 * window
        means = mean_table(block, window).reshape(-1, self.span)
        self.tables = means, np.sign(means), target_table(block, window, shared, negatives).reshape(-1, block + shared)

    def train(self, table: Array, reading: Reading, random: RandomWords, rates: tuple[float, float]) -> None:
        """Train on a reading, at rates that fall from the first to the second."""
        terms, dim, words = len(table) // 2, table.shape[1], len(reading.words)
        block, span, shared = self.block, self.span, self.shared
        count = -(-words // block)
        padded = np.zeros(count * block + 2 * self.window, np.int32)
        padded[self.window : self.window + words] = reading.words
        code = np.zeros(count * block, np.int32)
        code[:words] = reading.left * np.int32(self.window + 1) + reading.right
        code += np.tile(np.arange(block, dtype=np.int32) * np.int32((self.window + 1) ** 2), count)
        around = np.lib.stride_tricks.sliding_window_view(padded, span)[::block]
        targets = np.empty((count, block + shared), np.int32)
        targets[:, :block] = padded[self.window : self.window + count * block].reshape(count, block)
        targets[:, block:] = self.noise.draw(random.take(count * shared)).reshape(count, shared)
        targets += np.int32(terms)
        rate, last = rates
        for at in range(0, count, self.blocks):
            n = min(count, at + self.blocks) - at
            index = np.concatenate([around[at : at + n].ravel(), targets[at : at + n].ravel()])
            held = scratch("vectors and slopes", (2 * len(index), dim), table.dtype)
            np.take(table, index, axis=0, out=held[: len(index)], mode="clip")
            cut = n * span, len(index), len(index) + n * span
            means, members, weights = (
                np.take(each, code[at * block : (at + n) * block], axis=0).reshape(n, block, -1) for each in self.tables
            )
            predicted = stacked_products(means, held[: cut[0]].reshape(n, span, dim))
            on_predicted = np.empty_like(predicted)
            gradients(
                predicted,
                held[cut[0] : cut[1]].reshape(n, block + shared, dim),
                weights,
                weights[:, :, block:],
                block,
                on_predicted,
                held[cut[2] :].reshape(n, block + shared, dim),
            )
            stacked_products(members.transpose(0, 2, 1), on_predicted, held[cut[1] : cut[2]].reshape(n, span, dim))
            moved(table, index, held, rate + (last - rate) * at / count)
