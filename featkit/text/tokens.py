"""Documents as sequences of terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, Self, overload

import numpy as np

from featkit.errors import InputError
from featkit.numeric import Array
from featkit.stage import Pointwise, RowShape
from featkit.text.documents import OverDocuments
from featkit.text.keys import Spans, distinct, padded
from featkit.text.lexicon import Lexicon
from featkit.text.strings import Strings

#: Tokens are numbered so many at a time, which keeps the tables for it in the cache.
_AT_A_TIME = 1 << 17


class Tokens(Sequence[list[str]]):
    """What tokenisers make of documents: each a list of words, kept as numbers into a list of the different ones.

    Parameters
    ----------
    documents : iterable of iterables of str
        The tokens of each document.

    Raises
    ------
    InputError
        If a token is no string.

    Examples
    --------
    >>> tokens = Tokens([["to", "be"], [], ["be"]])
    >>> tokens[0], len(tokens), tokens.ids, tokens.starts, tokens.terms
    (['to', 'be'], 3, array([0, 1, 1], dtype=int32), array([0, 2, 2, 3]), Strings(('to', 'be')))
    """

    ids: Array  # int32: for each token, which of the terms it is
    starts: Array  # int64: where each document begins, and where a further one would
    spans: Spans  # the terms, where they lie in the text

    def __init__(self, documents: Iterable[Iterable[str]] = ()) -> None:
        listed = [document if isinstance(document, (list, tuple)) else list(document) for document in documents]
        tokens = Strings(list(chain.from_iterable(listed)))
        ids, spans = numbered(tokens.spans)
        self._hold(ids, _starts(list(map(len, listed))), spans)

    @classmethod
    def packed(cls, ids: Array, starts: Array, terms: Strings | Spans) -> Self:
        """Tokens that are numbers already."""
        made = cls.__new__(cls)
        if isinstance(terms, Strings):
            made.__dict__["terms"] = terms  # what the cached property would make of them
            terms = terms.spans
        made._hold(ids, starts, terms)
        return made

    def _hold(self, ids: Array, starts: Array, spans: Spans) -> None:
        for array in (ids, starts):
            array.setflags(write=False)
        self.ids, self.starts, self.spans = ids, starts, spans

    @cached_property
    def terms(self) -> Strings:
        """The different tokens."""
        return Strings.gathered(self.spans)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, index: int) -> list[str]: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> list[str] | Self:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                raise InputError(f"tokens are cut in one piece, got a step of {step}; take every document: tokens[i]")
            starts = self.starts[start : max(start, stop) + 1]
            return self.packed(self.ids[starts[0] : starts[-1]], starts - starts[0], self.spans)
        at = range(len(self))[index]
        return [self.terms[number] for number in self.ids[self.starts[at] : self.starts[at + 1]].tolist()]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tokens) or not np.array_equal(self.starts, other.starts):
            return False
        return bool((other.terms.find(self.terms)[self.ids] == other.ids).all())

    def __hash__(self) -> int:
        return hash(tuple(map(tuple, self)))

    def __repr__(self) -> str:
        return f"Tokens({list(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return self.packed, (self.ids, self.starts, self.terms)

    @property
    def nbytes(self) -> int:
        """How much memory the numbers take."""
        return self.ids.nbytes + self.starts.nbytes

    @property
    def lengths(self) -> Array:
        """How many tokens each document has, int64."""
        return np.diff(self.starts)

    @property
    def documents(self) -> Array:
        """For each token the document it is in, int32."""
        return np.repeat(np.arange(len(self), dtype=np.int32), self.lengths)

    @classmethod
    def joined(cls, parts: Sequence[Tokens]) -> Self:
        """The documents of several, one after the other.

        >>> Tokens.joined([Tokens([["to", "be"]]), Tokens([["be"]])])
        Tokens([['to', 'be'], ['be']])
        """
        lexicon = Lexicon()
        ids = [lexicon.add(part.spans)[part.ids] for part in parts]
        begins = np.cumsum([0, *(len(part.ids) for part in parts)])
        starts = [part.starts[:-1] + begin for part, begin in zip(parts, begins, strict=False)]
        return cls.packed(np.concatenate(ids), np.concatenate([*starts, begins[-1:]]), lexicon.strings)

    def kept(self, keep: Array) -> Self:
        """The same without some of the terms: those for which ``keep`` is False."""
        inside = keep[self.ids]
        before = np.concatenate([[0], np.cumsum(inside)])
        ids = (np.cumsum(keep, dtype=np.int32) - 1)[self.ids[inside]]
        return self.packed(ids, before[self.starts], self.spans.take(np.flatnonzero(keep)))


def numbered(spans: Spans) -> tuple[Array, Spans]:
    """A number for each string, int32, and the different ones in the order of their numbers."""
    if len(spans.lengths) <= _AT_A_TIME:
        spans = spans._replace(known=spans.keys)
        ids, first = distinct(spans)
        return ids, spans.take(first)
    lexicon = Lexicon()
    numbers = []
    for at in range(0, len(spans.lengths), _AT_A_TIME):
        part = slice(at, at + _AT_A_TIME)
        ids, terms = numbered(Spans(spans.data, spans.starts[part], spans.lengths[part]))
        numbers.append(lexicon.add(terms)[ids])
    return np.concatenate(numbers), lexicon.strings.spans


def _starts(lengths: Any) -> Array:
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def as_tokens(rows: Any) -> Tokens:
    """Tokens as a user hands them in: a list of lists of str, or Tokens.

    Raises
    ------
    InputError
        For text that isn't cut into tokens yet, and for anything else; the message names the remedy.
    """
    if isinstance(rows, Tokens):
        return rows
    if isinstance(rows, (str, bytes)) or not isinstance(rows, Iterable):
        raise InputError(
            f"tokens are a list of lists of str, got {type(rows).__name__}; put a tokeniser before: Words()"
        )
    rows = list(rows)
    for at, row in enumerate(rows):
        if isinstance(row, (str, bytes)) or not isinstance(row, Iterable):
            raise InputError(
                f"document {at} is {type(row).__name__}, not a list of tokens; put a tokeniser before: Words() | ..."
            )
    return Tokens(rows)


class Tokeniser(OverDocuments):
    """A stage from documents to tokens. The author writes :meth:`spans`, or ``apply`` where tokens don't lie in the text."""

    shape = "document -> document token"

    def spans(self, rows: Strings) -> tuple[Array, Array]:
        """Where the tokens of all documents begin and how many bytes they have, in order; none reaches over an end."""
        raise NotImplementedError(f"{type(self).__name__} must define spans(rows) or apply(rows)")

    def apply(self, rows: Strings) -> Tokens:
        starts, lengths = self.spans(rows)
        ids, spans = numbered(Spans(padded(rows.data), starts, lengths))
        return Tokens.packed(ids, np.searchsorted(starts, rows.offsets), spans)


class OverTokens(Pointwise):
    """A stage that takes tokens: a list of lists of str, or :class:`Tokens`."""

    shape = "document token -> document token"

    def admit(self, rows: Any, start: int = 0) -> Tokens:
        return as_tokens(rows)

    def row_shape(self, row: RowShape) -> RowShape:
        return None
