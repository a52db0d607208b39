"""Documents as sequences of terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
from featkit.text.strings import Strings, offsets_of

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

    starts: Array  # int64: where each document begins, and where a further one would
    _each: Spans | None  # every token, where it lies in the text, until they are numbered

    def __init__(self, documents: Iterable[Iterable[str]] = ()) -> None:
        listed = [document if isinstance(document, (list, tuple)) else list(document) for document in documents]
        starts = offsets_of(list(map(len, listed)))
        self._hold(starts, Strings(list(chain.from_iterable(listed))).spans)

    @classmethod
    def found(cls, each: Spans, starts: Array) -> Self:
        """Tokens that lie in a text; they are numbered when somebody asks for it."""
        made = cls.__new__(cls)
        made._hold(starts, each)
        return made

    @classmethod
    def packed(cls, ids: Array, starts: Array, terms: Strings | Spans) -> Self:
        """Tokens that are numbers already."""
        made = cls.__new__(cls)
        if isinstance(terms, Strings):
            made.__dict__["terms"] = terms  # what the cached property would make of them
            terms = terms.spans
        made.__dict__["_numbered"] = ids, terms
        made._hold(starts, None)
        return made

    def _hold(self, starts: Array, each: Spans | None) -> None:
        starts.setflags(write=False)
        self.starts, self._each = starts, each

    @cached_property
    def _numbered(self) -> tuple[Array, Spans]:
        assert self._each is not None
        return numbered(self._each)

    @property
    def ids(self) -> Array:
        """For each token which of the terms it is, int32."""
        return self._numbered[0]

    @property
    def spans(self) -> Spans:
        """The different tokens, where they lie in the text."""
        return self._numbered[1]

    @cached_property
    def terms(self) -> Strings:
        """The different tokens."""
        return Strings.gathered(self.spans)

    def by(self, number: Callable[[Spans], Array]) -> Array:
        """What ``number`` makes of each token, int32: of all as they lie in the text, or once of each different one.

        ``number`` has to give equal strings equal numbers.
        """
        if self._each is not None and "_numbered" not in self.__dict__:
            return number(self._each)
        ids, spans = self._numbered
        used = np.bincount(ids, minlength=len(spans.lengths)) > 0  # documents that were cut off had terms of their own
        numbers = np.zeros(len(used), np.int32)
        numbers[used] = number(spans.take(np.flatnonzero(used)))
        return numbers[ids]

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
            part = slice(int(starts[0]), int(starts[-1]))
            if self._each is not None:
                return self.found(self._each.cut(part), starts - starts[0])
            return self.packed(self.ids[part], starts - starts[0], self.spans)
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
        """About how much memory they take."""
        return 24 * int(self.starts[-1] - self.starts[0])

    @property
    def lengths(self) -> Array:
        """How many tokens each document has, int64."""
        return np.diff(self.starts)

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
        """Those tokens for which ``keep`` is True."""
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(keep)])[self.starts]
        if self._each is not None and "_numbered" not in self.__dict__:
            return self.found(self._each.take(np.flatnonzero(keep)), before)
        return self.packed(self.ids[keep], before, self.spans)


def numbered(spans: Spans) -> tuple[Array, Spans]:
    """A number for each string, int32, and the different ones in the order of their numbers."""
    if len(spans.lengths) <= _AT_A_TIME:
        spans = spans._replace(known=spans.keys)
        ids, first = distinct(spans)
        return ids, spans.take(first)
    lexicon, places = Lexicon(), range(0, len(spans.lengths), _AT_A_TIME)
    numbers = [lexicon.add(spans.cut(slice(at, at + _AT_A_TIME))) for at in places]
    return np.concatenate(numbers), lexicon.strings.spans


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
        return Tokens.found(Spans(padded(rows.data), starts, lengths), np.searchsorted(starts, rows.offsets))


class OverTokens(Pointwise):
    """A stage that takes tokens: a list of lists of str, or :class:`Tokens`."""

    shape = "document token -> document token"

    def admit(self, rows: Any, start: int = 0) -> Tokens:
        return as_tokens(rows)

    def row_shape(self, row: RowShape) -> RowShape:
        return None
