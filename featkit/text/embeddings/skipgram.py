"""Skip-gram: a word has to tell the words around it from others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from featkit.memory import scratch
from featkit.numeric import Array, constant
from featkit.text.embeddings.contrast import gradients
from featkit.text.embeddings.sampling import Noise, RandomWords
from featkit.text.embeddings.scatter import moved
from featkit.text.embeddings.windows import Reading


@constant
def reach_table(block: int, window: int, shared: int, negatives: int) -> Array:
    """Weights of a word at each place of a block, for each reach to the left and right, on what it is scored against.

    Shape (block, window + 1, window + 1, block + 2 window + shared): 1 on the words it looks at, and on each of the negatives
    as much as its share of the ``negatives`` that each of those words has.
    """
    span = block + 2 * window
    table = np.zeros((block, window + 1, window + 1, span + shared), np.float32)
    for place, left, right in np.ndindex(table.shape[:3]):
        here = place + window
        table[place, left, right, here - left : here + right + 1] = 1
        table[place, left, right, here] = 0
        table[place, left, right, span:] = (left + right) * negatives / shared
    return table


class NegativeBlocks:
    """Blocks of neighbouring words scored against the words around them and against the same few random words.

    Word by word, nothing would be shared. A block of 16 words and its surroundings share their vectors, and with them the
    negatives, so all of it is a product of two matrices (Ji et al., Parallelizing word2vec in shared and distributed memory,
    2016). Blocks of a batch see the vectors as they were before the batch.

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
        table = reach_table(block, window, shared, negatives)
        self.table = table.reshape(-1, table.shape[-1])

    def batches(self, reading: Reading, terms: int, random: RandomWords) -> Iterator[tuple[Array, Array, Array]]:
        """For each batch the words in its blocks, what they are scored against (as rows of the outputs), and the weights."""
        block, window, words = self.block, self.window, len(reading.words)
        count = -(-words // block)
        padded = np.zeros(count * block + 2 * window, np.int32)
        padded[window : window + words] = reading.words
        code = np.zeros(count * block, np.int32)  # what is behind the last word looks at nothing
        code[:words] = reading.left * np.int32(window + 1) + reading.right
        code += np.tile(np.arange(block, dtype=np.int32) * np.int32((window + 1) ** 2), count)
        outputs = np.empty((count, self.span + self.shared), np.int32)
        outputs[:, : self.span] = np.lib.stride_tricks.sliding_window_view(padded, self.span)[::block]
        outputs[:, self.span :] = self.noise.draw(random.take(count * self.shared)).reshape(count, self.shared)
        outputs += np.int32(terms)
        inputs = padded[window : window + count * block].reshape(count, block)
        for at in range(0, count, self.blocks):
            upto = min(count, at + self.blocks)
            yield inputs[at:upto], outputs[at:upto], self.table[code[at * block : upto * block]]

    def train(self, table: Array, reading: Reading, random: RandomWords, rates: tuple[float, float]) -> None:
        """Train on a reading, at rates that fall from the first to the second."""
        terms, dim = len(table) // 2, table.shape[1]
        rate, last = rates
        done = 0
        for inputs, outputs, weights in self.batches(reading, terms, random):
            n, a, b = len(inputs), self.block, outputs.shape[1]
            index = np.concatenate([inputs.ravel(), outputs.ravel()])
            held = scratch("vectors and slopes", (2 * len(index), dim), table.dtype)
            np.take(table, index, axis=0, out=held[: len(index)], mode="clip")
            cut = n * a, len(index), len(index) + n * a
            weighed = weights.reshape(n, a, b)
            gradients(
                held[: cut[0]].reshape(n, a, dim),
                held[cut[0] : cut[1]].reshape(n, b, dim),
                weighed,
                weighed[:, :, self.span :],
                self.span,
                held[cut[1] : cut[2]].reshape(n, a, dim),
                held[cut[2] :].reshape(n, b, dim),
            )
            moved(table, index, held, rate + (last - rate) * done / max(1, len(reading.words)))
            done += n * a
