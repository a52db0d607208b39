"""The words of a piece of the corpus that are trained on, and how far each looks to both sides."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from featkit.numeric import Array
from featkit.text.embeddings.sampling import RandomWords


class Reading(NamedTuple):
    """One reading of a piece: the words that were kept, those of a document side by side."""

    words: Array  # int32
    left: Array  # int32: how many words to the left are context
    right: Array

    def around(self, window: int) -> tuple[Array, Array]:
        """For each word the words from ``window`` before to ``window`` after it, and which of these are context: int32, bool.

        >>> words, context = Reading(np.int32([7, 8, 9]), np.int32([0, 1, 1]), np.int32([1, 1, 0])).around(1)
        >>> [row[seen].tolist() for row, seen in zip(words, context)]
        [[8], [7, 9], [8]]
        """
        padded = np.zeros(len(self.words) + 2 * window, np.int32)
        padded[window : window + len(self.words)] = self.words
        offset = np.arange(-window, window + 1, dtype=np.int32)
        context = (offset >= -self.left[:, None]) & (offset <= self.right[:, None]) & (offset != 0)
        return np.lib.stride_tricks.sliding_window_view(padded, 2 * window + 1)[: len(self.words)], context


def read(ids: Array, lengths: Array, thresholds: Array, rank: Array, window: int, random: RandomWords) -> Reading:
    """Thin out frequent words and draw for each that is left how far it looks: from 1 word to ``window``, within its document.

    Parameters
    ----------
    ids, lengths : ndarray
        The tokens of the piece and how many of them each document has.
    thresholds, rank : ndarray
        For each number of a token: it is kept where the 32 bits drawn are not above the first, and becomes the second.
        Where rank is -1 the word does not exist.
    window : int
    random : RandomWords
    """
    kept = np.flatnonzero((random.take(len(ids)) <= thresholds[ids]) & (rank[ids] >= 0)).astype(np.int32)
    words = rank[ids[kept]]
    bounds = np.searchsorted(kept, np.concatenate([[0], np.cumsum(lengths)])).astype(np.int32)
    sizes = np.diff(bounds)
    place = np.arange(len(words), dtype=np.int32)
    reach = ((random.take(len(words)).astype(np.uint64) * np.uint64(window)) >> np.uint64(32)).astype(np.int32)
    reach += 1
    left = place - np.repeat(bounds[:-1], sizes)
    right = np.repeat(bounds[1:] - 1, sizes) - place
    return Reading(words, np.minimum(left, reach), np.minimum(right, reach))
