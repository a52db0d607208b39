"""Characters of packed UTF-8: where those beyond ASCII lie, and which of all belong to a class."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from featkit.numeric import Array, constant
from featkit.text.keys import padded

#: How many bytes a character has, by its first one.
_SIZES = np.repeat(np.array([1, 0, 2, 3, 4], np.uint8), [128, 64, 32, 16, 16])
_LAST = 0x110000
#: Behind the third plane there are no characters but marks without a class, and looking there takes most of the time.
_ASSIGNED = 0x40000


class Characters(NamedTuple):
    """The characters beyond ASCII of some UTF-8 bytes."""

    places: Array  # of their first bytes
    codes: Array  # code points, int32
    sizes: Array  # how many bytes each has


def beyond_ascii(data: Array) -> Characters:
    """Find and decode the characters that take several bytes.

    >>> beyond_ascii(np.frombuffer("aé中".encode(), np.uint8)).codes.tolist()
    [233, 20013]
    """
    places = np.flatnonzero(data >= 0xC0)
    room = padded(data)
    sizes = _SIZES[data[places]]
    codes = room[places].astype(np.int32) & (0x7F >> sizes.astype(np.int32))
    for at in range(1, 4):
        longer = np.flatnonzero(sizes > at)
        if not longer.size:
            break
        codes[longer] = (codes[longer] << 6) | (room[places[longer] + at] & 0x3F)
    return Characters(places, codes, sizes)


def sizes_at(data: Array, places: Array) -> Array:
    """How many bytes the characters have that begin at some places."""
    return _SIZES[data[np.minimum(places, len(data) - 1)]]


def beginnings(data: Array) -> Array:
    """Which bytes begin a character: bool."""
    return (data & 0xC0) != 0x80


def characters_before(data: Array) -> Array:
    """How many characters begin before each byte, and before the end."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(beginnings(data))])


def encode_into(data: Array, places: Array, codes: Array) -> None:
    """Write characters of two to four bytes over others of the same size."""
    sizes = sizes_of(codes)
    for at in range(4):
        which = np.flatnonzero(sizes > at)
        shift = 6 * (sizes[which].astype(np.int32) - 1 - at)
        lead = (0xF00 >> sizes[which].astype(np.int32)) & 0xFF if at == 0 else 0x80
        data[places[which] + at] = ((codes[which] >> shift) & 0x3F | lead).astype(np.uint8)


def sizes_of(codes: Array) -> Array:
    """How many bytes UTF-8 has for each code point beyond ASCII."""
    return np.uint8(2) + (codes >= 0x800).astype(np.uint8) + (codes >= 0x10000).astype(np.uint8)


@constant
def word_characters() -> Array:
    r"""Which code points are ``\w`` to Python's ``re``: bool.

    >>> word_characters()[[ord("a"), ord("_"), ord("-"), ord("中")]]
    array([ True,  True, False,  True])
    """
    found = np.zeros(_LAST, bool)
    for match in re.finditer(r"\w+", "".join(map(chr, range(_ASSIGNED)))):
        found[match.start() : match.end()] = True
    return found


@constant
def space_characters() -> Array:
    """Which code points ``str.split`` splits at: bool."""
    spaces = np.zeros(_LAST, bool)
    spaces[[code for code in range(0x3001) if chr(code).isspace()]] = True
    return spaces


@constant
def _ascii_ranges(table: Callable[[], Array]) -> tuple[tuple[np.uint8, np.uint8], ...]:
    """The ASCII characters of a class, as ranges: the first of each, and how many there are."""
    starts, lengths = runs(table()[:128])
    return tuple(zip(starts.astype(np.uint8), lengths.astype(np.uint8), strict=True))


def _within(data: Array, ranges: tuple[tuple[np.uint8, np.uint8], ...]) -> Array:
    """Which bytes lie in one of some ranges: bool. Two comparisons a range are quicker than a table."""
    mask, moved = np.zeros(len(data), bool), np.empty_like(data)
    for first, many in ranges:
        np.subtract(data, first, out=moved)  # what lies below comes out large
        mask |= np.less(moved, many, out=moved.view(bool))
    return mask


def marked(data: Array, table: Callable[[], Array]) -> Array:
    """Which bytes belong to characters of a class: bool, writable.

    Parameters
    ----------
    data : ndarray of uint8
        UTF-8.
    table : callable
        Gives the class: a bool for each code point.
    """
    mask = _within(data, _ascii_ranges(table))
    if not len(data) or data.max() < 128:
        return mask
    wide = beyond_ascii(data)
    inside = table()[wide.codes]
    places, sizes = wide.places[inside], wide.sizes[inside]
    mask[places] = True
    for at in range(1, 4):
        places, sizes = places[sizes > at], sizes[sizes > at]
        mask[places + at] = True
    return mask


def runs(mask: Array) -> tuple[Array, Array]:
    """Where runs of True begin, and how long they are.

    >>> runs(np.array([True, True, False, True]))
    (array([0, 3]), array([2, 1]))
    """
    turns = np.empty(len(mask), bool)
    turns[:1] = mask[:1]
    np.not_equal(mask[1:], mask[:-1], out=turns[1:])
    edges = np.flatnonzero(turns)
    if len(mask) and mask[-1]:
        edges = np.append(edges, len(mask))
    starts = edges[::2]
    return starts, edges[1::2] - starts
