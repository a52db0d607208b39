"""Gradients added to the rows of a table that they belong to, where a row may get many."""

from __future__ import annotations

from typing import Any

import numpy as np

from featkit.numeric import Array, sums_of_rows

#: More gradients than these for one row are taken as so many of their mean.
CROWD = 8


def moved(table: Array, index: Array, held: Array, rate: float) -> None:
    """``table[index] += rate * gradients``, for an index in which a row may stand more than once.

    One compressed sparse product sums it all: of a row, its value from before and the gradients at every place where it
    stands, in their order. All of them were computed from that value, so of many the sum would overshoot: a row that stands
    more than ``CROWD`` times moves by so many times the mean of its gradients.

    Parameters
    ----------
    table : ndarray, shape (rows, dim)
        Changed in place.
    index : ndarray of int32, shape (n,)
    held : ndarray, shape (2 n, dim)
        ``table[index]``, as it was when the gradients were computed, and then the gradients.
    rate : float

    Examples
    --------
    >>> table = np.zeros((3, 1), np.float32)
    >>> moved(table, np.int32([2, 0, 2]), np.float32([[0], [0], [0], [1], [2], [3]]), 0.5)
    >>> table.T
    array([[1., 0., 2.]], dtype=float32)
    """
    n = len(index)
    bits = np.uint64(n.bit_length())
    kind: Any = np.uint32 if len(table) << int(bits) < 2**32 else np.uint64
    keys: Any = index.astype(kind)
    keys <<= kind(bits)
    keys |= np.arange(n, dtype=kind)
    keys.sort()  # by row, and in the order in which they stand
    places = (keys & kind((1 << int(bits)) - 1)).astype(np.int32)
    keys >>= kind(bits)
    fresh = np.empty(n, bool)
    fresh[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    first = np.flatnonzero(fresh).astype(np.int32)
    rows = keys[first].astype(np.int32)
    number = np.arange(len(rows), dtype=np.int32)
    behind = np.cumsum(fresh, dtype=np.int32)  # how many rows begin before or at a place
    behind += np.arange(n, dtype=np.int32)
    columns = np.empty(n + len(rows), np.int32)
    begins = np.empty(len(rows) + 1, np.int32)
    begins[:-1], begins[-1] = first + number, n + len(rows)
    stands = np.diff(begins) - 1
    if int(stands.max()) > CROWD:
        shares = rate * (CROWD / np.maximum(stands, CROWD)).astype(table.dtype)
        values = np.repeat(shares, stands + 1)
    else:
        values = np.full(n + len(rows), rate, table.dtype)
    columns[begins[:-1]], values[begins[:-1]] = places[first], 1
    places += np.int32(n)
    columns[behind] = places
    table[rows] = sums_of_rows(values, columns, begins, held)
