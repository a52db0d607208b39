"""A growing set of strings: each gets a number, found again by a hash table in NumPy."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array
from featkit.text.keys import HASHED_FROM, Spans, differing, distinct, slots
from featkit.text.strings import Strings


class Lexicon:
    """Strings numbered in the order in which they came.

    Its memory is the strings, and for each 8 bytes that say where it begins, and 24 to 48 in a table of which a quarter to a
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
        # A place in the table holds a key and a number; no key is 0.
        self._keys = np.zeros(1 << 9, np.uint64)
        self._numbers = np.zeros(1 << 9, np.int32)

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
        return slots(keys, len(self._keys).bit_length() - 1)

    def _find(self, spans: Spans) -> Array:
        """Look where a key belongs, and on from there up to the next free place."""
        keys = spans.keys
        place, beyond = self._places(keys), len(self._keys) - 1
        there = self._keys[place]
        hit = there == keys
        found = np.where(hit, self._numbers[place], np.int32(-1))
        missed = np.flatnonzero(~hit)
        going = missed[there[missed] != 0]
        place, wanted = place[going], keys[going]
        while going.size:
            place = (place + 1) & beyond
            there = self._keys[place]
            hit = there == wanted
            found[going[hit]] = self._numbers[place[hit]]
            on = ~hit & (there != 0)
            going, place, wanted = going[on], place[on], wanted[on]
        for at in self._mistaken(spans.unkeyed, found).tolist():
            found[at] = self._find_text(spans.bytes_at(at), int(keys[at]))
        return found

    def _find_text(self, text: bytes, key: int) -> int:
        """The same for a string whose key another one has, too."""
        place = int(self._places(np.array([key], np.uint64))[0])
        while self._keys[place]:
            number = int(self._numbers[place])
            start, end = self._offsets[number : number + 2]
            if int(self._keys[place]) == key and self._data[start : end - 1].tobytes() == text:
                return number
            place = (place + 1) & (len(self._keys) - 1)
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
        keys, numbers = spans.keys, np.arange(start, end, dtype=np.int32)
        if 2 * end > len(self._keys):
            held = self._keys != 0
            keys, numbers = np.concatenate([self._keys[held], keys]), np.concatenate([self._numbers[held], numbers])
            size = 1 << (2 * end).bit_length()
            self._keys, self._numbers = np.zeros(size, np.uint64), np.zeros(size, np.int32)
        self._enter(keys, numbers)

    def _enter(self, keys: Array, numbers: Array) -> None:
        """Write to the table: whoever finds the place taken, or is overwritten there, goes on to the next."""
        place, beyond = self._places(keys), len(self._keys) - 1
        going = np.arange(len(keys))
        while going.size:
            free = self._keys[place] == 0
            self._numbers[place[free]] = numbers[going[free]]
            mine = np.zeros(len(going), bool)
            mine[free] = self._numbers[place[free]] == numbers[going[free]]
            self._keys[place[mine]] = keys[going[mine]]
            going, place = going[~mine], (place[~mine] + 1) & beyond


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
