"""Which words are trained on, and which ones they are told apart from: chance by frequency, as word2vec has it."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array

#: Thresholds for what is drawn from 32 bits, and the end of the cumulative table.
_WORDS, DOMAIN = 2**32 - 1, 2**31 - 1
#: The table that says where to begin to look has at most this many bits.
_GUIDE_BITS = 20


def keep_thresholds(counts: Array, sample: float) -> Array:
    """For each word the largest of the 32-bit numbers at which an occurrence of it is kept: uint32.

    An occurrence of a word that makes up the share f of the corpus is kept with probability sqrt(sample / f) + sample / f;
    every one is with ``sample=0``. A sample of 1 or more is the count above which words are thinned out, rather than a share.

    >>> keep_thresholds(np.array([900, 90, 10]), 1e-2) / (2**32 - 1)
    array([0.11652037, 0.44444444, 1.        ])
    """
    if not sample:
        return np.full(len(counts), _WORDS, np.uint32)
    threshold = sample * counts.sum() if sample < 1 else int(sample * (3 + np.sqrt(5)) / 2)
    probability = (np.sqrt(counts / threshold) + 1) * (threshold / counts)
    return (np.minimum(probability, 1.0) * _WORDS).astype(np.uint32)


def cumulative_table(counts: Array, exponent: float = 0.75) -> Array:
    """Where each word ends on the line from 0 to 2**31 - 1 if its length is count**exponent: uint32.

    >>> cumulative_table(np.array([16, 1, 1])) / (2**31 - 1)
    array([0.8, 0.9, 1. ])
    """
    ends = np.cumsum(counts.astype(np.float64) ** exponent)
    return np.round(ends / ends[-1] * DOMAIN).astype(np.uint32)


class Noise:
    """Words drawn by a cumulative table: the first whose end is not below the number drawn.

    A second table says for the leading bits of a number where to begin to look; few have to look further.

    >>> noise = Noise(np.array([10, DOMAIN - 5, DOMAIN], np.uint32))
    >>> noise.at(np.array([0, 10, 11, DOMAIN - 5, DOMAIN - 1], np.uint32))
    array([0, 0, 1, 1, 2], dtype=int32)
    """

    def __init__(self, ends: Array) -> None:
        bits = min(_GUIDE_BITS, max(8, 4 + len(ends).bit_length()))
        self._ends, self._shift = ends, np.uint32(31 - bits)
        begins = np.arange(2**bits, dtype=np.uint32) << self._shift
        self._guide = np.searchsorted(ends, begins).astype(np.int32)

    def draw(self, words: Array) -> Array:
        """A word for each of some numbers of 32 random bits: int32."""
        return self.at(((words.astype(np.uint64) * np.uint64(DOMAIN)) >> np.uint64(32)).astype(np.uint32))

    def at(self, place: Array) -> Array:
        """The words at places on the line."""
        found = self._guide[place >> self._shift]
        while (behind := self._ends[found] < place).any():
            found += behind
        return found


class RandomWords:
    """Numbers of 32 random bits that follow from a key alone (:func:`featkit.draws.key_of`).

    >>> one, other = RandomWords(7), RandomWords(7)
    >>> bool((one.take(5) == other.take(5)).all()), one.take(2).dtype
    (True, dtype('uint32'))
    """

    def __init__(self, key: int) -> None:
        self._bits = np.random.Philox(key=key)

    def take(self, count: int) -> Array:
        """The next ones, uint32."""
        drawn = self._bits.random_raw((count + 1) // 2)
        halves = np.empty((len(drawn), 2), np.uint32)
        halves[:, 0], halves[:, 1] = drawn & np.uint64(0xFFFFFFFF), drawn >> np.uint64(32)
        return halves.ravel()[:count]


def uniforms(key: int, count: int) -> Array:
    """Numbers in [0, 1) that follow from a key, float32.

    >>> uniforms(7, 2).dtype, float(uniforms(7, 1000).mean().round(1))
    (dtype('float32'), 0.5)
    """
    return (RandomWords(key).take(count) >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)
