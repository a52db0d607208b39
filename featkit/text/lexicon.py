"""A growing set of strings: each gets a number, found again by a hash table in NumPy."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array
from featkit.text.keys import HASHED_FROM, Spans, differing, distinct, slots
from featkit.text.strings import Strings

#: A place in the table: the two lie side by side, so that they come into the cache together. No key is 0.
_PLACE = np.dtype([("key", np.uint64), ("number", np.int64)])


class Lexicon:
    """Strings numbered in the order in which they came.

    Its memory is the strings, and for each 8 bytes that say where it begins, and 32 to 64 in a table of which a quarter to a
    half is full.

    Examples
    --------
    >>> lexicon = Lexicon()
    >>> lexicon.add(Strings(["to", "be"])), lexicon.add(Strings(["or", "be", "or"])), lexicon.strings
    (array([0, 1], dtype=int32), array([2, 1, 2], dtype=int32), Strings(('to', 'be', 'or')))
    """

    def __init__(self) -> None:
        self._data = np.zeros(1 << 12, np.uint8)
        self._offsets = np.zeros(1 << 8, np.int64)
        self._count = 0
        self._table = np.zeros(1 << 9, _PLACE)

    def __len__(self) -> int:
        return self._count

    @property
    def strings(self) -> Strings:
        """All of them, in order."""
        offsets = self._offsets[: self._count + 1].copy()
        return Strings.packed(self._data[: offsets[-1]].copy(), offsets)

    def find(self, strings: Strings | Spans) -> Array:
        """The number of each string, int32; -1 for those that are not known."""
        return self._find(_keyed(strings))

    def add(self, strings: Strings | Spans) -> Array:
        """The number of each string, int32; those that were not known get the next ones."""
        spans = _keyed(strings)
        numbers = self._find(spans)
        missing = np.flatnonzero(numbers < 0)
        if missing.size:
            again, first = distinct(spans.take(missing))
            numbers[missing] = self._count + again
            self._append(spans.take(missing[first]))
        return numbers

    # --- the table --------------------------------------------------------------------------------------------------------

    def _places(self, keys: Array) -> Array:
        return slots(keys, len(self._table).bit_length() - 1)

    def _find(self, spans: Spans) -> Array:
        """Look where a key belongs, and on from there up to the next free place."""
        keys = spans.keys
        place, beyond = self._places(keys), len(self._table) - 1
        there = self._table.take(place)
        found = there["number"].astype(np.int32)
        missed = np.flatnonzero(there["key"] != keys)
        found[missed] = -1
        going = missed[np.flatnonzero(there["key"][missed])]
        place, wanted = place[going], keys[going]
        while going.size:
            place += 1
            place &= beyond
            there = self._table.take(place)
            hit = np.flatnonzero(there["key"] == wanted)
            found[going[hit]] = there["number"][hit]
            on = np.flatnonzero((there["key"] != wanted) & (there["key"] != 0))
            going, place, wanted = going[on], place[on], wanted[on]
        for at in self._mistaken(spans.unkeyed, found).tolist():
            found[at] = self._find_text(spans.bytes_at(at), int(keys[at]))
        return found

    def _find_text(self, text: bytes, key: int) -> int:
        """The same for a string whose key another one has, too."""
        place = int(self._places(np.array([key], np.uint64))[0])
        while self._table["key"][place]:
            there, number = self._table[place].item()
            start, end = self._offsets[number : number + 2]
            if there == key and self._data[start : end - 1].tobytes() == text:
                return number
            place = (place + 1) & (len(self._table) - 1)
        return -1

    def _mistaken(self, spans: Spans, found: Array) -> Array:
        """Which strings only have the key of what was found; indices."""
        hit = np.flatnonzero((spans.lengths >= HASHED_FROM) & (found >= 0))
        number = found[hit]
        starts = self._offsets[number]
        known = Spans(self._data, starts, self._offsets[number + 1] - starts - 1)
        return hit[differing(spans.take(hit), known)]

    def _append(self, spans: Spans) -> None:
        strings = Strings.gathered(spans)
        start, end = self._count, self._count + len(strings)
        at = int(self._offsets[start])
        self._data = _roomy(self._data, at + strings.nbytes + 8)
        self._offsets = _roomy(self._offsets, end + 1)
        self._data[at : at + strings.nbytes] = strings.data
        self._offsets[start : end + 1] = strings.offsets + at
        self._count = end
        if 2 * end > len(self._table):
            keys = np.empty(end, np.uint64)
            held = self._table[self._table["key"] != 0]
            keys[held["number"]] = held["key"]
            keys[start:] = spans.keys
            self._table = np.zeros(1 << (2 * end).bit_length(), _PLACE)
            # In the order of their numbers: those that came early come often, and get the place where they belong.
            self._enter(keys, np.arange(end))
        else:
            self._enter(spans.keys, np.arange(start, end))

    def _enter(self, keys: Array, numbers: Array) -> None:
        """Write to the table: whoever finds the place taken, or is not the first there, goes on to the next."""
        place, beyond = self._places(keys), len(self._table) - 1
        going = np.arange(len(keys))
        while going.size:
            free = np.flatnonzero(self._table["key"][place] == 0)
            into, entered = place[free], going[free]
            self._table["number"][into[::-1]] = numbers[entered[::-1]]  # the first of several is written last
            mine = np.flatnonzero(self._table["number"][into] == numbers[entered])
            self._table["key"][into[mine]] = keys[entered[mine]]
            on = np.ones(len(going), bool)
            on[free[mine]] = False
            waiting = np.flatnonzero(on)
            going, place = going[waiting], (place[waiting] + 1) & beyond


def _keyed(strings: Strings | Spans) -> Spans:
    spans = strings.spans if isinstance(strings, Strings) else strings
    return spans._replace(known=spans.keys)


def _roomy(array: Array, length: int) -> Array:
    """The array, or twice as much memory that begins with it, for ``length`` values."""
    if length <= len(array):
        return array
    larger = np.zeros(max(length, 2 * len(array)), array.dtype)
    larger[: len(array)] = array
    return larger
