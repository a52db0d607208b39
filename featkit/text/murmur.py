"""MurmurHash3: the hash by which terms are given columns."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array
from featkit.text.keys import Spans
from featkit.text.strings import Strings

_C1, _C2 = np.uint32(0xCC9E2D51), np.uint32(0x1B873593)


def murmur3(strings: Strings | Spans, seed: int = 0) -> Array:
    """The 32-bit MurmurHash3 (x86) of each string's UTF-8, uint32.

    >>> murmur3(Strings(["", "hello", "featkit"])).tolist()
    [0, 613153351, 1477537507]
    """
    spans = strings.spans if isinstance(strings, Strings) else strings
    words = np.ndarray((len(spans.data) - 3,), "<u4", spans.data, strides=(1,))
    hashes = np.full(len(spans.lengths), seed, np.uint32)
    whole = spans.lengths // 4
    going, at = np.flatnonzero(whole), 0
    while going.size:
        mixed = hashes[going] ^ _scrambled(words[spans.starts[going] + at])
        hashes[going] = _rotated(mixed, 13) * np.uint32(5) + np.uint32(0xE6546B64)
        at += 4
        going = going[spans.lengths[going] >= at + 4]
    tail = words[spans.starts + 4 * whole] & np.array([0, 0xFF, 0xFFFF, 0xFFFFFF], np.uint32)[spans.lengths % 4]
    hashes ^= _scrambled(tail)  # of nothing it is 0
    hashes ^= spans.lengths.astype(np.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        hashes ^= hashes >> np.uint32(shift)
        hashes *= np.uint32(factor)
    return hashes


def _scrambled(words: Array) -> Array:
    return _rotated(words * _C1, 15) * _C2


def _rotated(words: Array, bits: int) -> Array:
    turned: Array = (words << np.uint32(bits)) | (words >> np.uint32(32 - bits))
    return turned
