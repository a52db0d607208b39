"""Strings as 64-bit keys: what makes counting words a matter of arrays.

A string of at most seven bytes is its own key, exactly: the bytes, and in the eighth their number and one. The key of one of
up to fifteen is the other bytes and their number, turned by a hash of the first eight: two that have the same key and begin
with the same eight bytes are the same. A longer one is hashed. Wherever the keys of two are equal, what is left to compare is
compared, so that what is taken for the same string is the same string.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np

from featkit.memory import scratch
from featkit.numeric import Array

_WORD = 8
#: Strings of so many bytes have a key that others may have, too.
HASHED_FROM = 8
#: With so many it says nothing for certain.
_UNKNOWN_FROM = 16
#: What is longer is hashed and compared one by one: there is little of it, and it can be very long.
_LONG = 64
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_MASK = np.array([(1 << 8 * length) - 1 for length in range(_WORD + 1)], np.uint64)
_LENGTH = np.array([(length + 1) << 56 for length in range(_WORD)] + [0], np.uint64)
_HASHED = np.uint64(1 << 63)  # the length of a short string never reaches this bit
_UNKNOWN = np.uint64(1 << 62)  # nor that of a longer one, beyond its first eight bytes, this one


class Spans(NamedTuple):
    """Strings that lie anywhere in some bytes, which go on for eight more behind the last of them."""

    data: Array  # uint8
    starts: Array
    lengths: Array
    known: Array | None = None  # their keys, where somebody has computed them

    def take(self, index: Array) -> Spans:
        """Some of them."""
        keys = None if self.known is None else self.known[index]
        return Spans(self.data, self.starts[index], self.lengths[index], keys)

    def cut(self, part: slice) -> Spans:
        """Some that lie one behind the other."""
        keys = None if self.known is None else self.known[part]
        return Spans(self.data, self.starts[part], self.lengths[part], keys)

    def bytes_at(self, at: int) -> bytes:
        """One of them."""
        start = int(self.starts[at])
        return self.data[start : start + int(self.lengths[at])].tobytes()

    @property
    def unkeyed(self) -> Spans:
        """The same, without their keys."""
        return self._replace(known=None)

    @property
    def keys(self) -> Array:
        """A uint64 for each: itself where it has at most seven bytes, else a hash.

        >>> Spans(padded(np.frombuffer(b"ab", np.uint8)), np.array([0, 0]), np.array([1, 2])).keys.tolist()
        [144115188075855969, 216172782113808993]
        """
        if self.known is not None:
            return self.known
        words = _words(self.data)
        short = np.minimum(self.lengths, _WORD)
        keys: Array = words[self.starts]
        keys &= _MASK.take(short)
        keys |= _LENGTH.take(short)
        long = np.flatnonzero(self.lengths >= HASHED_FROM)
        if long.size:
            keys[long] = _hashes(words, self.take(long), keys[long])
        return keys


def padded(data: Array) -> Array:
    """The bytes, and eight more, so that eight can be read from any of them on."""
    room = np.zeros(len(data) + _WORD, np.uint8)
    room[: len(data)] = data
    return room


def _words(data: Array) -> Array:
    """The eight bytes from every byte on, as an integer; the first is the lowest."""
    return np.ndarray((max(0, len(data) - _WORD + 1),), "<u8", data, strides=(1,))


def _hashes(words: Array, spans: Spans, heads: Array) -> Array:
    """The keys of strings of eight bytes and more, of which ``heads`` are the first eight."""
    further = spans.lengths - _WORD
    turned = heads.copy()
    _stir(turned)
    turned >>= np.uint64(1)
    rest = words[np.minimum(spans.starts + _WORD, len(words) - 1)]
    rest &= _MASK.take(np.minimum(further, _WORD))
    rest |= further.astype(np.uint64) << np.uint64(56)
    longer = np.flatnonzero(spans.lengths >= _UNKNOWN_FROM)
    if longer.size:
        rest[longer] = (_hashed(words, spans.take(longer)) >> np.uint64(2)) | _UNKNOWN
    rest ^= turned
    rest |= _HASHED
    return rest


def _hashed(words: Array, spans: Spans) -> Array:
    """Eight bytes after the other stirred in, from the second eight on, for as many strings as go on."""
    hashes = spans.lengths.astype(np.uint64) * _MIX
    for at in range(_WORD, _LONG, _WORD):
        going = np.flatnonzero(spans.lengths > at)
        if not going.size:
            break
        word = words[spans.starts[going] + at]
        word &= _MASK.take(np.minimum(spans.lengths[going] - at, _WORD))
        word ^= hashes[going]
        _stir(word)
        hashes[going] = word
    for at in np.flatnonzero(spans.lengths > _LONG).tolist():
        digest = hashlib.blake2b(spans.bytes_at(at), digest_size=8).digest()
        hashes[at] = int.from_bytes(digest, "little")
    return hashes


def _stir(values: Array) -> None:
    values *= _GOLDEN
    values ^= values >> np.uint64(29)
    values *= _MIX
    values ^= values >> np.uint64(32)


def differing(first: Spans, second: Spans) -> Array:
    """Which strings differ though their keys are equal, which hardly any do; bool. All have eight bytes or more."""
    here, there = _words(first.data), _words(second.data)
    differ: Array = here[first.starts] != there[second.starts]
    longer = np.flatnonzero(first.lengths >= _UNKNOWN_FROM)
    if longer.size:
        differ[longer] |= first.lengths[longer] != second.lengths[longer]
    going = longer[~differ[longer]]
    for at in range(_WORD, _LONG, _WORD):
        going = going[first.lengths[going] > at]
        if not going.size:
            break
        words = here[first.starts[going] + at] ^ there[second.starts[going] + at]
        words &= _MASK.take(np.minimum(first.lengths[going] - at, _WORD))
        differ[going[words != 0]] = True
    for at in longer[~differ[longer] & (first.lengths[longer] > _LONG)].tolist():
        differ[at] = first.bytes_at(at) != second.bytes_at(at)
    return differ


def slots(keys: Array, bits: int) -> Array:
    """Where each key goes in a table of 2**bits places."""
    mixed = keys * _GOLDEN
    mixed ^= mixed >> np.uint64(32)
    mixed *= _MIX
    mixed >>= np.uint64(64 - bits)
    return mixed.view(np.int64)


def first_of(keys: Array) -> Array:
    """For each key the place where it stands first, int32.

    All keys are written to a table, the first of each place last, and read back; whoever finds another key there tries again
    with the others that did.

    >>> first_of(np.array([7, 9, 7, 9, 7], np.uint64))
    array([0, 1, 0, 1, 0], dtype=int32)
    """
    first = np.arange(len(keys), dtype=np.int32)
    going, waiting, salt = None, keys, 0
    while True:
        bits = max(8, min(26, int(2 * len(waiting)).bit_length()))
        place = slots(waiting if not salt else waiting ^ _MASK[salt % 8] ^ np.uint64(salt), bits)
        table = scratch("places", (1 << bits,), np.dtype(np.int32))
        table[place[::-1]] = np.arange(len(waiting) - 1, -1, -1, dtype=np.int32)
        found = table[place]
        alike = waiting[found] == waiting
        if going is None:
            first = found
        else:
            first[going] = going[found]
        if alike.all():
            return first
        others = np.flatnonzero(~alike)
        going, waiting, salt = others if going is None else going[others], waiting[others], salt + 1


def distinct(spans: Spans) -> tuple[Array, Array]:
    """Number the different strings: the number of each, and where each number stands first; both int32.

    >>> data = padded(np.frombuffer(b"to be or not to be", np.uint8))
    >>> distinct(Spans(data, np.array([0, 3, 6, 9, 13, 16]), np.array([2, 2, 2, 3, 2, 2])))
    (array([0, 1, 2, 3, 0, 1], dtype=int32), array([0, 1, 2, 3], dtype=int32))
    """
    first = first_of(spans.keys)
    hashed, bare = np.flatnonzero(spans.lengths >= HASHED_FROM), spans.unkeyed
    if differing(bare.take(hashed), bare.take(first[hashed])).any():  # one hash for two: told apart the slow way
        seen: dict[bytes, int] = {}
        every = range(len(first))
        first = np.fromiter((seen.setdefault(spans.bytes_at(at), at) for at in every), np.int32, len(first))
    fresh = first == np.arange(len(first), dtype=np.int32)
    number = np.cumsum(fresh, dtype=np.int32)
    number -= 1
    return number[first], np.flatnonzero(fresh).astype(np.int32)
