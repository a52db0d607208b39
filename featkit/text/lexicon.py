"""A growing set of strings: each gets a number, found again by a hash table in NumPy."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array
from featkit.text.keys import Spans, distinct, mistaken, slots
from featkit.text.strings import Strings


class Lexicon:
    """Strings numbered in the order in which they came.

    Its memory is the strings, and for each some 24 bytes: where it begins, its key, and two places in a table.

    Examples
    --------
    >>> lexicon = Lexicon()
    >>> lexicon.add(Strings(["to", "be"])), lexicon.add(Strings(["or", "be", "or"])), lexicon.strings
    (array([0, 1], dtype=int32), array([2, 1, 2], dtype=int32), Strings(('to', 'be', 'or')))
    """

    def __init__(self) -> None:
        self._data = np.zeros(1 << 12, np.uint8)
        self._offsets = np.zeros(1 << 8, np.int64)
        self._keys = np.zeros(1 << 8, np.uint64)
        self._table = np.full(1 << 9, -1, np.int32)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def strings(self) -> Strings:
        """All of them, in order."""
        offsets = self._offsets[: self._count + 1].copy()
        return Strings.packed(self._data[: offsets[-1]].copy(), offsets)

    def find(self, strings: Strings) -> Array:
        """The number of each string, int32; -1 for those that are not known."""
        return self._find(_keyed(strings.spans))

    def add(self, strings: Strings | Spans) -> Array:
        """The number of each string, int32; those that were not known get the next ones."""
        spans = _keyed(strings.spans if isinstance(strings, Strings) else strings)
        numbers = self._find(spans)
        missing = np.flatnonzero(numbers < 0)
        if missing.size:
            again, first = distinct(spans.take(missing))
            fresh = missing[first]
            numbers[missing] = self._count + again
            self._append(spans.take(fresh))
        return numbers

    # --- the table --------------------------------------------------------------------------------------------------------

    @property
    def _spans(self) -> Spans:
        return Spans(self._data, self._offsets[: self._count], np.diff(self._offsets[: self._count + 1]) - 1)

    def _places(self, keys: Array) -> Array:
        return slots(keys, len(self._table).bit_length() - 1)

    def _find(self, spans: Spans) -> Array:
        """Look where a key belongs, and on from there to the next free place."""
        keys, spans = spans.keys, spans.unkeyed
        found = np.full(len(keys), -1, np.int32)
        known, beyond = self._spans, len(self._table) - 1
        going, place = np.arange(len(keys)), self._places(keys)
        while going.size:
            there = self._table[place]
            taken = there >= 0
            going, place, there = going[taken], place[taken], there[taken]
            alike = self._keys[there] == keys[going]
            hit = np.flatnonzero(alike)
            wrong = hit[mistaken(spans.take(going[hit]), known, there[hit])]
            alike[wrong] = False
            found[going[alike]] = there[alike]
            going, place = going[~alike], (place[~alike] + 1) & beyond
        return found

    def _append(self, spans: Spans) -> None:
        strings = Strings.gathered(spans)
        start, end = self._count, self._count + len(strings)
        at = int(self._offsets[start])
        self._data = _roomy(self._data, at + strings.nbytes + 8)
        self._offsets, self._keys = _roomy(self._offsets, end + 1), _roomy(self._keys, end)
        self._data[at : at + strings.nbytes] = strings.data
        self._offsets[start : end + 1] = strings.offsets + at
        self._keys[start:end] = spans.keys
        self._count = end
        if 2 * end > len(self._table):
            self._table = np.full(1 << (4 * end - 1).bit_length(), -1, np.int32)
            self._enter(np.arange(end, dtype=np.int32))
        else:
            self._enter(np.arange(start, end, dtype=np.int32))

    def _enter(self, numbers: Array) -> None:
        """Write numbers to the table: whoever finds the place taken, or is overwritten there, goes on to the next."""
        place, beyond = self._places(self._keys[numbers]), len(self._table) - 1
        while numbers.size:
            free = self._table[place] < 0
            self._table[place[free]] = numbers[free]
            waiting = self._table[place] != numbers
            numbers, place = numbers[waiting], (place[waiting] + 1) & beyond


def _keyed(spans: Spans) -> Spans:
    return spans._replace(known=spans.keys)


def _roomy(array: Array, length: int) -> Array:
    """The array, or twice as much memory that begins with it, for ``length`` values."""
    if length <= len(array):
        return array
    larger = np.zeros(max(length, 2 * len(array)), array.dtype)
    larger[: len(array)] = array
    return larger
