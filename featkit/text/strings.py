"""Many strings in one piece of memory: the documents of a corpus, the terms of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

from featkit.errors import InputError
from featkit.numeric import Array
from featkit.text.keys import Spans, padded

if TYPE_CHECKING:
    from featkit.text.lexicon import Lexicon

#: Behind every string lies this byte, which belongs to none: lines of a file are strings where they lie.
END = b"\n"


class Strings(Sequence[str]):
    """A sequence of strings, packed as UTF-8 and never changed.

    A million words take some 15 MB, a tenth of a list. Lone surrogates are kept, in the three bytes that UTF-8 would have
    for them.

    Parameters
    ----------
    strings : iterable of str

    Raises
    ------
    InputError
        If one of them is no string.

    Examples
    --------
    >>> terms = Strings(["to", "be", "or", "not"])
    >>> terms[1], terms[-1], len(terms), terms[1:3]
    ('be', 'not', 4, Strings(('be', 'or')))
    >>> terms.find(Strings(["not", "never"]))
    array([ 3, -1], dtype=int32)
    """

    data: Array  # uint8: every string and an end behind it
    offsets: Array  # int64: where each begins, and where a further one would

    def __init__(self, strings: Iterable[str] = ()) -> None:
        listed = strings if isinstance(strings, (list, tuple)) else list(strings)
        try:
            text = "\n".join(listed)
        except TypeError:
            at, wrong = next((at, value) for at, value in enumerate(listed) if not isinstance(value, str))
            what = f"bytes ({wrong[:20]!r}...); decode them first" if isinstance(wrong, bytes) else repr(wrong)[:60]
            raise InputError(f"string {at} is {what}, of type {type(wrong).__name__}; give str") from None
        held = np.frombuffer(_encoded(text) + END if listed else b"", np.uint8)
        behind = _behind_ends(held)
        if len(behind) == len(listed) + 1:  # no end is inside a string
            self._hold(held, behind)
            return
        sizes = (len(string) if string.isascii() else len(_encoded(string)) for string in listed)
        self._hold(held, offsets_of(np.fromiter(sizes, np.int64, len(listed)) + 1))

    @classmethod
    def packed(cls, data: Array, offsets: Array) -> Self:
        r"""What is packed already: bytes of valid UTF-8, an end behind each string, and where they begin.

        >>> Strings.packed(np.frombuffer(b"to be\nor\n", np.uint8), np.array([0, 6, 9]))
        Strings(('to be', 'or'))
        """
        made = cls.__new__(cls)
        made._hold(data, offsets)
        return made

    @classmethod
    def lines(cls, data: bytes) -> Self:
        r"""The lines of some UTF-8 bytes, which stay where they are.

        >>> Strings.lines(b"to be\nor not")
        Strings(('to be', 'or not'))
        """
        data = data if data.endswith(END) or not data else data + END
        held = np.frombuffer(data, np.uint8)
        return cls.packed(held, _behind_ends(held))

    def _hold(self, data: Array, offsets: Array) -> None:
        for array in (data, offsets):
            array.setflags(write=False)
        self.data, self.offsets = data, offsets

    # --- as a sequence --------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> str | Self:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                return self.take(np.arange(start, stop, step))
            offsets = self.offsets[start : max(start, stop) + 1]
            return self.packed(self.data[offsets[0] : offsets[-1]], offsets - offsets[0])
        at = range(len(self))[index]
        return self._text(self.data[self.offsets[at] : self.offsets[at + 1] - 1].tobytes())

    def __iter__(self) -> Iterator[str]:
        data, ends = self.data.tobytes(), self.offsets.tolist()
        for start, end in pairwise(ends):
            yield self._text(data[start : end - 1])

    @staticmethod
    def _text(data: bytes) -> str:
        return data.decode("utf-8", "surrogatepass")

    @property
    def nbytes(self) -> int:
        """How much memory the strings themselves take."""
        return self.data.nbytes

    @cached_property
    def ascii(self) -> bool:
        """Whether every character is ASCII."""
        return not len(self.data) or int(self.data.max()) < 128

    @property
    def lengths(self) -> Array:
        """How many bytes each string has, int64."""
        lengths: Array = np.diff(self.offsets)
        return lengths - 1

    # --- comparing and printing -----------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Strings)
            and np.array_equal(self.offsets, other.offsets)
            and np.array_equal(self.data, other.data)
        )

    def __hash__(self) -> int:
        return hash((len(self), self.data.tobytes()))

    def __repr__(self) -> str:
        return f"Strings({tuple(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return self.packed, (self.data, self.offsets)

    # --- together and apart -----------------------------------------------------------------------------------------------

    def take(self, index: Array) -> Self:
        """Some of them, in any order.

        >>> Strings(["a", "b", "c"]).take(np.array([2, 0]))
        Strings(('c', 'a'))
        """
        return self.gathered(Spans(self.data, self.offsets[:-1][index], self.lengths[index]))

    @classmethod
    def gathered(cls, spans: Spans) -> Self:
        """Strings that lie anywhere, copied one behind the other."""
        offsets = offsets_of(spans.lengths + 1)
        starts, ends = spans.starts, spans.starts + spans.lengths
        if len(starts) > 1 and (starts[1:] > ends[:-1]).all():  # in order and apart: what lies between is left out
            inside = np.zeros(len(spans.data) + 1, np.int8)
            inside[starts] = 1
            inside[ends + 1] -= 1  # the byte behind each comes along, and becomes its end
            data = spans.data[np.cumsum(inside[:-1], dtype=np.int8, out=inside[:-1]).view(bool)]
        else:
            index = np.int32 if max(len(spans.data), int(offsets[-1])) < 2**31 else np.int64
            source = np.repeat((starts - offsets[:-1]).astype(index), spans.lengths + 1)
            source += np.arange(len(source), dtype=index)
            data = spans.data[source]
        data[offsets[1:] - 1] = END[0]
        return cls.packed(data, offsets)

    @classmethod
    def joined(cls, parts: Sequence[Strings]) -> Self:
        """The strings of several, one after the other.

        >>> Strings.joined([Strings(["a"]), Strings(["b", "c"])])
        Strings(('a', 'b', 'c'))
        """
        begins = np.cumsum([0, *(part.nbytes for part in parts)])
        offsets = [part.offsets[:-1] + begin for part, begin in zip(parts, begins, strict=False)]
        return cls.packed(np.concatenate([part.data for part in parts]), np.concatenate([*offsets, begins[-1:]]))

    @property
    def spans(self) -> Spans:
        """Where each lies, with room behind them to read eight bytes at a time."""
        return Spans(padded(self.data), self.offsets[:-1], self.lengths)

    def sorted(self) -> Array:
        """Where the strings would stand if they were sorted by code point: the index of the first, of the second ...

        >>> terms = Strings(["be", "to", "a", "bed"])
        >>> [terms[at] for at in terms.sorted()]
        ['a', 'be', 'bed', 'to']
        """
        return _sorted(self.spans)

    def find(self, other: Strings | Spans) -> Array:
        """Where each string of another sequence stands first in this one, int32; -1 where it doesn't."""
        lexicon, first = self._index
        numbers = lexicon.find(other)
        return numbers if first is None else np.where(numbers < 0, -1, first[numbers])

    def twice(self) -> tuple[int, int] | None:
        """Where the first string that is there twice stands, first and then; None where every string is there once.

        >>> Strings(["a", "b", "a"]).twice()
        (0, 2)
        """
        keys = np.sort(self.spans.keys)
        if not (keys[1:] == keys[:-1]).any():
            return None
        first = self.find(self)
        again = np.flatnonzero(first != np.arange(len(first)))
        return (int(first[again[0]]), int(again[0])) if again.size else None

    @cached_property
    def _index(self) -> tuple[Lexicon, Array | None]:
        """A lexicon of them, and where each of its numbers stands first; None where that is the number itself."""
        from featkit.text.lexicon import Lexicon

        lexicon = Lexicon()
        numbers = lexicon.add(self)
        if len(lexicon) == len(self):
            return lexicon, None
        first = np.empty(len(lexicon), np.int32)
        first[numbers[::-1]] = np.arange(len(self) - 1, -1, -1, dtype=np.int32)
        return lexicon, first


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _behind_ends(data: Array) -> Array:
    ends = np.flatnonzero(data == END[0])
    return np.concatenate([np.zeros(1, np.int64), ends + 1])


def offsets_of(lengths: Any) -> Array:
    """Where things of some lengths begin one behind the other, and where a further one would: int64."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def as_strings(rows: Any) -> Strings:
    """Documents as a user hands them in: a list or an array of str, or Strings.

    Raises
    ------
    InputError
        For one string, for bytes and for anything that is not text; the message names the remedy.
    """
    if isinstance(rows, Strings):
        return rows
    if isinstance(rows, (str, bytes)):
        raise InputError(f"documents are a list of str, got one {type(rows).__name__}; put it in a list: [text]")
    if isinstance(rows, np.ndarray):
        if rows.ndim != 1 or rows.dtype.kind not in "UOT":
            raise InputError(
                f"documents are a list of str, got an array of type {rows.dtype} and shape {rows.shape}; give one str a document"
            )
        rows = rows.tolist()
    if not isinstance(rows, Iterable):
        raise InputError(f"documents are a list of str, got {type(rows).__name__}; give one str a document")
    return Strings(rows)


def _sorted(spans: Spans) -> Array:
    """By the first eight bytes, then those that are alike by the next eight, and so on; UTF-8 sorts as code points do."""
    words = np.ndarray((max(0, len(spans.data) - 7),), ">u8", spans.data, strides=(1,))
    order = np.arange(len(spans.lengths))
    going, group = (
        order.copy(),
        np.zeros(len(order), np.int64),
    )  # places in the order that are still open, and with whom
    for at in range(0, 64, 8):
        which = order[going]
        left = np.clip(spans.lengths[which] - at, 0, 8)
        word = words[np.minimum(spans.starts[which] + at, len(words) - 1)].astype(np.uint64)
        word &= ~np.uint64(0) << ((8 - left.astype(np.uint64)) * 8 - (left == 0).astype(np.uint64))
        word[left == 0] = 0
        ranked = np.lexsort((left, word, group)) if at else np.lexsort((left, word))
        order[going] = which[ranked]
        word, left, group = word[ranked], left[ranked], group[ranked]
        alike = (word[1:] == word[:-1]) & (left[1:] == left[:-1]) & (group[1:] == group[:-1]) & (left[1:] == 8)
        open_ = np.zeros(len(going), bool)
        open_[1:] = alike
        open_[:-1] |= alike
        if not open_.any():
            return order
        ranks = np.cumsum(np.concatenate([[True], ~alike]))
        going, group = going[open_], ranks[open_]
    for first in np.unique(group):  # what is alike in 64 bytes
        places = going[group == first]
        order[places] = sorted(order[places], key=spans.bytes_at)
    return order
