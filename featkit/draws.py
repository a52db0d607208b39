"""Drawn numbers: from a counter-based generator whose key says what each is drawn for.

There is no generator that is used up, so nothing depends on the order in which things are drawn, or on who draws them. Only
the raw words of Philox are used: NumPy promises that they stay the same in every version, as it doesn't of its distributions.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np


def key_of(*parts: int | str) -> int:
    """A key of 128 bits that follows from what it is for: a seed, the name of an item, a field.

    >>> key_of(1, "a.wav") == key_of(1, "a.wav"), key_of(1, "2") == key_of("1", 2)
    (True, False)
    """
    plain = [part if isinstance(part, str) else int(part) for part in parts]
    return int.from_bytes(hashlib.blake2b(ascii(plain).encode(), digest_size=16).digest(), "little")


def uniforms(key: int, count: int) -> list[float]:
    """The first ``count`` numbers of a key, each in [0, 1).

    >>> uniforms(7, 3)[:2] == uniforms(7, 2), all(0 <= u < 1 for u in uniforms(7, 100))
    (True, True)
    """
    words = np.random.Philox(key=key).random_raw(count)
    return [(word >> 11) * 2.0**-53 for word in words.tolist()]


def integer(u: float, low: int, high: int) -> int:
    """The integer in [low, high] that a number in [0, 1) stands for.

    >>> [integer(u, -1, 1) for u in (0.0, 0.5, 0.999)]
    [-1, 0, 1]
    """
    return low + int(u * (high - low + 1))


def keys_of_rows(rows: np.ndarray[Any, Any], seed: int) -> np.ndarray[Any, Any]:
    """A number of 64 bits for each row of values that follows from the values, as good as drawn; equal rows have equal ones.

    The rows with the smallest keys are a random sample, the same one in whatever order, and in how many parts, they come.

    >>> keys = keys_of_rows(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]]), seed=1)
    >>> keys[0] == keys[2], keys[0] == keys[1]
    (np.True_, np.False_)
    """
    words = (rows.astype(np.float64) + 0.0).view(np.uint64)  # -0 is 0
    keys = np.full(len(rows), key_of(seed) % 2**64, np.uint64)
    for word in np.moveaxis(words, -1, 0):
        keys ^= word
        # Steele, Lea & Flood, Fast splittable pseudorandom number generators, 2014: every bit goes into every other.
        keys += np.uint64(0x9E3779B97F4A7C15)
        keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        keys ^= keys >> np.uint64(31)
    return keys
