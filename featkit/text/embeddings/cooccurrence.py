"""How often words stand near each other, counted in parts that may exceed memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import lcm
from typing import IO, Any

import numpy as np

from featkit.errors import InputError
from featkit.numeric import Array
from featkit.text.embeddings.corpus import temporary

#: Pairs that are made at a time, pairs (of 8 bytes) that wait to be sorted together, and distinct pairs (of 16 bytes) that are
#: held before they wait on the disk as a sorted run.
_PAIRS, _WAITING, HELD = 1 << 22, 1 << 24, 1 << 25
#: Pairs of words this frequent are counted in a table, where they all have a place; the others are sorted.
_DENSE = 1024


class Cooccurrences:
    """Sums of 1 / distance (or of 1) over all places where two words of a vocabulary stand at most ``window`` words apart.

    Sums are kept as whole numbers of 1 / lcm(1, ..., window), so they are exact, and those of parts of a corpus merge to those
    of the whole whatever the order. (Windows that are too wide for that are summed in double precision.) A pair of words that
    wasn't held in memory lies in sorted runs on the disk, which are merged at the end.

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
        side = min(words, _DENSE)
        self._dense = np.zeros(side * side, self.worth.dtype)
        self._waiting: list[Array] = []
        self._runs: list[tuple[Array, Array]] = []
        self._disk: list[tuple[IO[bytes], int]] = []

    # --- counting ---------------------------------------------------------------------------------------------------------

    def add(self, ids: Array, lengths: Array) -> None:
        """Some more documents: the words of all of them, and how many each has."""
        if ids.size and not 0 <= int(ids.min()) <= int(ids.max()) < self.words:
            raise InputError(f"words are numbers below {self.words}, got {int(ids.min())} to {int(ids.max())}")
        document = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        step = max(1, _PAIRS // self.window)
        for at in range(0, len(ids), step):
            self._count(ids[at : at + step + self.window], document[at : at + step + self.window], step)

    def _count(self, ids: Array, document: Array, begins: int) -> None:
        """Pairs whose left word is one of the first ``begins``; of two words, the more frequent one comes first in a key."""
        side = np.int64(min(self.words, _DENSE))
        bits = np.uint64(self.window.bit_length())
        for step in range(1, self.window + 1):
            upto = min(begins, len(ids) - step)
            if upto <= 0:
                break
            together = document[:upto] == document[step : step + upto]
            left, right = ids[:upto][together], ids[step : step + upto][together]
            if self.symmetric:
                left, right = np.minimum(left, right), np.maximum(left, right)
                frequent = right < side
            else:
                frequent = (left < side) & (right < side)
            keys = left * side
            keys += right
            counts = np.bincount(keys[frequent], minlength=len(self._dense))
            self._dense += counts * self.worth[step - 1]
            seldom = ~frequent
            pair = left[seldom].astype(np.uint64)
            pair *= np.uint64(self.words)
            pair += right[seldom].astype(np.uint64)
            pair <<= bits
            pair |= np.uint64(step)
            self._waiting.append(pair)
        if sum(map(len, self._waiting)) > _WAITING:
            self._sort()

    def _sort(self) -> None:
        """What waits becomes a run: keys of pairs and their distances, sorted, to distinct pairs and sums."""
        if not self._waiting:
            return
        keys = np.concatenate(self._waiting)
        self._waiting = []
        keys.sort()
        bits = self.window.bit_length()
        values = self.worth[(keys & np.uint64((1 << bits) - 1)).astype(np.intp) - 1]
        keys >>= np.uint64(bits)
        self._take(*_added(keys, values))

    def _take(self, keys: Array, sums: Array) -> None:
        """A sorted run; runs of similar length are merged, so that there are few, and what is too much goes to the disk."""
        self._runs.append((keys, sums))
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            self._runs[-2:] = [_merged(self._runs[-2:])]
        if sum(len(run) for run, _ in self._runs) > self.held:
            keys, sums = _merged(self._runs)
            file = temporary(self)
            file.write(keys.data)
            file.write(sums.data)
            file.flush()
            self._disk.append((file, len(keys)))
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
        self._dense = self._dense + other._dense
        for run in other._all_runs():
            self._take(np.array(run[0]), np.array(run[1]))

    # --- the result -------------------------------------------------------------------------------------------------------

    def _all_runs(self) -> list[tuple[Array, Array]]:
        """All sorted runs, those on the disk mapped."""
        self._sort()
        mapped = []
        for file, size in self._disk:
            keys = np.memmap(file, np.uint64, "r", shape=(size,))
            sums = np.memmap(file, self.worth.dtype, "r", offset=8 * size, shape=(size,))
            mapped.append((keys, sums))
        return [*self._runs, *mapped]

    def blocks(self, pairs: int = HELD) -> Iterator[tuple[Array, Array, Array]]:
        """All pairs of words that were counted: first, second and sum, in order, about so many at a time.

        Of a symmetric count only those whose first word isn't behind the second.
        """
        side = min(self.words, _DENSE)
        at = np.flatnonzero(self._dense)
        first, second = np.divmod(at, side)
        runs = [(first.astype(np.uint64) * np.uint64(self.words) + second.astype(np.uint64), self._dense[at])]
        runs += self._all_runs()
        whole = sum(len(keys) for keys, _ in runs)
        cuts = _cuts([keys for keys, _ in runs], -(-whole // pairs))
        for low, high in pairwise(cuts):
            parts = [
                (np.array(keys[start:end]), np.array(sums[start:end]))
                for keys, sums in runs
                for start, end in [np.searchsorted(keys, np.array([low, high], np.uint64)).tolist()]
                if start < end
            ]
            if not parts:
                continue
            keys, sums = _merged(parts)
            first, second = np.divmod(keys, np.uint64(self.words))
            yield first.astype(np.int32), second.astype(np.int32), sums / (self.unit or 1)

    def matrix(self) -> Any:
        """The matrix (words, words) of all sums, in double precision: a CSR array whose columns are sorted."""
        from scipy import sparse

        parts = list(self.blocks())
        if not parts:
            return sparse.csr_array((self.words, self.words))
        first, second, sums = (np.concatenate(each) for each in zip(*parts, strict=True))
        del parts
        shape = self.words, self.words
        begins = np.searchsorted(first, np.arange(self.words + 1))
        if not self.symmetric:
            return sparse.csr_array((sums, second, begins), shape=shape)
        # What lies below the diagonal comes before what lies on and above it, in every row.
        below = first < second
        mirrored = sparse.csr_array((sums[below], (second[below], first[below])), shape=shape)
        del below
        sums[first == second] *= 2
        total = np.empty(mirrored.nnz + len(sums)), np.empty(mirrored.nnz + len(sums), np.int32)
        before, behind = np.diff(mirrored.indptr), np.diff(begins)
        of_mirrored = np.arange(mirrored.nnz) + np.repeat(begins[:-1], before)
        for values, into in zip((mirrored.data, mirrored.indices), total, strict=True):
            into[of_mirrored] = values
        del of_mirrored
        of_half = np.arange(len(sums)) + np.repeat(mirrored.indptr[1:], behind)
        for values, into in zip((sums, second), total, strict=True):
            into[of_half] = values
        return sparse.csr_array((*total, begins + mirrored.indptr), shape=shape)


def _added(keys: Array, values: Array) -> tuple[Array, Array]:
    """Sorted keys with values to distinct keys with sums."""
    if not len(keys):
        return keys, values
    fresh = np.empty(len(keys), bool)
    fresh[0] = True
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    begins = np.flatnonzero(fresh)
    return keys[begins], np.add.reduceat(values, begins)


def _merged(runs: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Sorted runs to one: a stable sort finds them and merges them."""
    if len(runs) == 1:
        return runs[0]
    keys = np.concatenate([keys for keys, _ in runs])
    values = np.concatenate([values for _, values in runs])
    order = np.argsort(keys, kind="stable")
    return _added(keys[order], values[order])


def _cuts(runs: list[Array], parts: int) -> list[int]:
    """Keys that cut all runs together into about equal parts."""
    last = max((int(run[-1]) for run in runs if len(run)), default=-1)
    longest = max(runs, key=len)
    inner = [int(longest[len(longest) * part // parts]) for part in range(1, parts)] if len(longest) else []
    return sorted({0, *inner, last + 1})
