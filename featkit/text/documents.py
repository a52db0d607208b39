"""What stages over documents have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from featkit.numeric import Array
from featkit.stage import Pointwise, RowShape
from featkit.text.strings import Strings, as_strings, offsets_of


class OverDocuments(Pointwise):
    """A stage that takes documents: a list of str, or :class:`~featkit.text.strings.Strings`."""

    shape = "document -> document"

    def admit(self, rows: Any, start: int = 0) -> Strings:
        return as_strings(rows)

    def row_shape(self, row: RowShape) -> RowShape:
        return None


def with_other_characters(rows: Strings) -> Array:
    """Which documents have characters beyond ASCII; indices."""
    return documents_of(rows, np.flatnonzero(rows.data >= 0x80))


def documents_of(rows: Strings, places: Array) -> Array:
    """Which documents some bytes lie in; indices."""
    return np.unique(np.searchsorted(rows.offsets, places, side="right") - 1)


def rewritten(rows: Strings, which: Array, write: Callable[[str], str]) -> Strings:
    """The documents, some of them written anew, one by one.

    >>> rewritten(Strings(["a", "b", "c"]), np.array([1]), str.upper)
    Strings(('a', 'B', 'c'))
    """
    if not len(which):
        return rows
    fresh, pieces, done = Strings([write(rows[at]) for at in which.tolist()]), [], 0
    for number, at in enumerate(which.tolist()):
        begin, end = fresh.offsets[number : number + 2]
        pieces += [rows.data[done : rows.offsets[at]], fresh.data[begin:end]]
        done = rows.offsets[at + 1]
    sizes = np.diff(rows.offsets)
    sizes[which] = np.diff(fresh.offsets)
    return Strings.packed(np.concatenate([*pieces, rows.data[done:]]), offsets_of(sizes))
