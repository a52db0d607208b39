"""How often words stand near each other, counted in parts that may exceed memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import lcm
from typing import Any

import numpy as np

from featkit.errors import InputError
from featkit.numeric import Array
from featkit.text.embeddings.corpus import temporary

#: Pairs of places (of 8 bytes) that are sorted together, and worked on at a time, and distinct pairs of words (of 12 bytes)
#: that are held before they wait on the disk as a sorted run.
_SORTED, _PAIRS, HELD = 1 << 24, 1 << 17, 1 << 25


class Cooccurrences:
    """Sums of 1 / distance (or of 1) over all places where two words of a vocabulary stand at most ``window`` words apart.

    Sums are kept as whole numbers of 1 / lcm(1, ..., window), so they are exact, and those of parts of a corpus merge to those
    of the whole whatever the order. (Windows that are too wide for that are summed in double precision.) Pairs are numbers
    that are sorted, so that the same ones are neighbours; what comes of some words is a sorted run, a CSR matrix. Runs are
    added up, and lie on the disk when there is too much of them.

    Parameters
    ----------
    words : int
        Size of the vocabulary.
    window : int
    symmetric : bool
        X[i, j] is X[j, i]: both sides count; else X[i, j] is for i to the left of j.
    by_distance : bool
        A word d words away counts 1 / d, not 1.
    held : int
        Distinct pairs held in memory.

    Examples
    --------
    >>> pairs = Cooccurrences(3, window=2)
    >>> pairs.add(np.int32([0, 1, 2, 1]), np.array([3, 1]))
    >>> pairs.matrix().toarray()
    array([[0. , 1. , 0.5],
           [1. , 0. , 1. ],
           [0.5, 1. , 0. ]])
    """

    def __init__(
        self, words: int, window: int = 5, symmetric: bool = True, by_distance: bool = True, held: int = HELD
    ) -> None:
        self.words, self.window, self.symmetric, self.by_distance = words, window, symmetric, by_distance
        self.held = held
        unit = lcm(*range(1, window + 1)) if by_distance else 1
        self.unit = unit if unit < 2**31 else 0
        steps = np.arange(1, window + 1)
        self.worth: Array = 1.0 / steps
        if self.unit:
            self.worth = unit // steps if by_distance else np.ones(window, np.int64)
        self._at_a_time = max(1, _SORTED // window)
        self._waiting: list[Array] = []
        self._keys = np.empty(0, np.int64)  # memory for what is sorted
        self._runs = [self._run(np.zeros(window, np.int32))]
        self._disk: list[_OnDisk] = []

    # --- counting ---------------------------------------------------------------------------------------------------------

    def add(self, ids: Array, lengths: Array) -> None:
        """Some more documents: the words of all of them, and how many each has."""
        if ids.size and not 0 <= int(ids.min()) <= int(ids.max()) < self.words:
            raise InputError(f"words are numbers below {self.words}, got {int(ids.min())} to {int(ids.max())}")
        # Words are numbered from 1, and as many zeros as no window reaches over stand behind each document.
        lengths = lengths[lengths > 0]
        padded = np.zeros(len(ids) + self.window * len(lengths), np.int32)
        place = np.repeat(np.arange(len(lengths)) * self.window, lengths)
        place += np.arange(len(ids))
        padded[place] = ids
        padded[place] += 1
        self._waiting.append(padded)
        if sum(map(len, self._waiting)) >= self._at_a_time:
            self._count(whole=True)

    def _count(self, whole: bool = False) -> None:
        """What waits becomes runs; when they are to be ``whole``, the rest waits on."""
        waiting = np.concatenate([*self._waiting, np.zeros(0 if whole else self.window, np.int32)])
        at, last, step = 0, len(waiting) - self.window, self._at_a_time
        if not len(self._keys):
            self._keys = np.empty(min(step, last) * self.window, np.int64)
        while last - at >= (step if whole else 1):
            self._take(self._run(waiting[at : min(at + step, last) + self.window]))
            at += step
        self._waiting = [waiting[at:].copy()] if whole else []
        if not whole:
            self._keys = np.empty(0, np.int64)

    def _run(self, words: Array) -> Any:
        """Pairs whose left word isn't one of the last ``window``: each place is a number, of first word, second and distance.

        Where sides don't matter the more frequent word comes first.
        """
        side, bits = self.words.bit_length(), self.window.bit_length()
        count = len(words) - self.window
        keys = self._keys[: count * self.window]
        step = max(1, _PAIRS // self.window)
        filled = 0
        for at in range(0, count, step):
            here = words[at : min(count, at + step) + self.window].astype(np.int64)
            left = here[: -self.window]
            for distance in range(1, self.window + 1):
                right = here[distance : distance + len(left)]
                key = keys[filled : filled + len(left)]
                filled += len(left)
                if self.symmetric:
                    np.minimum(left, right, out=key)
                    key <<= side
                    key |= np.maximum(left, right)
                else:
                    np.left_shift(left, side, out=key)
                    key |= right
                    key[right == 0] = 0
                key <<= bits
                key |= distance
        keys.sort()
        pairs, sums = self._summed(keys[np.searchsorted(keys, 1 << side + bits) :], bits)  # without those that have a 0
        begins = np.searchsorted(pairs, np.arange(1, self.words + 2) << side)
        pairs &= (1 << side) - 1
        pairs -= 1
        return _csr(sums, pairs.astype(np.int32), begins, self.words)

    def _summed(self, keys: Array, bits: int) -> tuple[Array, Array]:
        """Sorted numbers of places to distinct numbers of pairs, in the same memory, and their sums.

        As many at a time as the cache holds.
        """
        cuts = np.searchsorted(keys, keys[::_PAIRS] >> bits << bits)  # where the places of a pair begin
        worth = np.concatenate([self.worth[:1], self.worth])
        parts, filled = [np.empty(0, worth.dtype)], 0
        for low, high in pairwise(np.unique([*cuts.tolist(), len(keys)]).tolist()):
            values = worth[keys[low:high] & ((1 << bits) - 1)]
            pairs = keys[low:high] >> bits
            fresh = np.empty(len(pairs), bool)
            fresh[0] = True
            np.not_equal(pairs[1:], pairs[:-1], out=fresh[1:])
            begins = np.flatnonzero(fresh)
            parts.append(np.add.reduceat(values, begins))
            keys[filled : filled + len(begins)] = pairs[begins]
            filled += len(begins)
        return keys[:filled], np.concatenate(parts)

    def _take(self, run: Any) -> None:
        """A sorted run; runs of similar length are merged, so that there are few, and what is too much goes to the disk."""
        self._runs.append(run)
        while len(self._runs) > 1 and self._runs[-2].nnz < 2 * self._runs[-1].nnz:
            self._runs[-2:] = [self._runs[-2] + self._runs[-1]]
        if sum(run.nnz for run in self._runs) > self.held:
            self._disk.append(_OnDisk(self, _total(self._runs)))
            self._runs = []

    def merge(self, other: Cooccurrences) -> None:
        """Add what was counted in another part of the corpus.

        Raises
        ------
        InputError
            If it was counted otherwise.
        """
        mine, theirs = ((each.words, each.window, each.symmetric, each.by_distance) for each in (self, other))
        if mine != theirs:
            raise InputError(
                f"counts of (words, window, symmetric, by_distance) {theirs} can't be added to those of {mine}"
            )
        other._count()
        for run in other._runs:
            self._take(run)
        for filed in other._disk:
            self._take(filed[0 : self.words])

    # --- the result -------------------------------------------------------------------------------------------------------

    def blocks(self, pairs: int = HELD) -> Iterator[tuple[Array, Array, Array]]:
        """All pairs of words that were counted: first, second and sum, in order, about so many at a time.

        Of a symmetric count only those whose first word isn't behind the second; a word beside itself counts once.
        """
        at = 0
        for rows in self._rows(pairs):
            first = np.repeat(np.arange(at, at + rows.shape[0], dtype=np.int32), np.diff(rows.indptr))
            at += rows.shape[0]
            yield first, rows.indices, rows.data / (self.unit or 1)

    def _rows(self, pairs: int) -> Iterator[Any]:
        """The sum of all runs, some rows at a time."""
        self._count()
        runs = [*self._runs, *self._disk]
        ends = np.cumsum(np.sum([np.diff(run.indptr) for run in runs], axis=0, dtype=np.int64))
        cuts = [0]
        while cuts[-1] < self.words:
            begun = int(ends[cuts[-1] - 1]) if cuts[-1] else 0
            cuts.append(max(cuts[-1] + 1, int(np.searchsorted(ends, begun + pairs, "right"))))
        for low, high in pairwise(cuts):
            yield _total([run[low:high] for run in runs])

    def matrix(self) -> Any:
        """The matrix (words, words) of all sums, in double precision: a CSR array whose columns are sorted."""
        from scipy import sparse

        self._count()
        if self._disk:
            sums = sparse.vstack(list(self._rows(HELD)), format="csr")
        else:
            self._runs = [_total(self._runs)]
            (sums,) = self._runs
        if self.symmetric:
            sums = sums + sums.T.tocsr()
        elif not self._disk:
            sums = sums.copy()
        if self.unit:  # in the same memory
            values = sums.data.view(np.float64)
            for at in range(0, len(values), _PAIRS):
                values[at : at + _PAIRS] = sums.data[at : at + _PAIRS] / self.unit
            sums = _csr(values, sums.indices, sums.indptr, self.words)
        return sums


class _OnDisk:
    """A run in a file that is there as long as its owner."""

    def __init__(self, owner: object, run: Any) -> None:
        self.indptr, self.words, self.dtype = run.indptr, run.shape[1], run.data.dtype
        self._file = temporary(owner)
        for part in (run.data, run.indices):
            self._file.write(part.data)
        self._file.flush()

    def __getitem__(self, rows: slice) -> Any:
        """Some rows, in memory."""
        begin, end, stored = (int(self.indptr[at]) for at in (rows.start, rows.stop, -1))
        sums = np.memmap(self._file, self.dtype, "r", shape=(stored,))[begin:end]
        indices = np.memmap(self._file, np.int32, "r", offset=8 * stored, shape=(stored,))[begin:end]
        return _csr(np.array(sums), np.array(indices), self.indptr[rows.start : rows.stop + 1] - begin, self.words)


def _csr(sums: Array, indices: Array, begins: Array, words: int) -> Any:
    from scipy import sparse

    kind: Any = np.int32 if len(sums) < 2**31 else np.int64
    indices, begins = indices.astype(kind, copy=False), begins.astype(kind, copy=False)
    return sparse.csr_array((sums, indices, begins), shape=(len(begins) - 1, words))


def _total(runs: list[Any]) -> Any:
    """The sum of some runs, the short ones, which are the last, first."""
    *others, total = runs
    for run in reversed(others):
        total = run + total
    return total
