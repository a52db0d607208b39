"""The terms of a corpus, learned."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

from featkit.errors import InputError, ParameterError
from featkit.learner import Learner
from featkit.numeric import Array
from featkit.stage import RowShape, Stage
from featkit.text.counts import BagOfWords, Dtype, Tally, tally
from featkit.text.lexicon import Lexicon
from featkit.text.strings import Strings
from featkit.text.tokens import Tokens, as_tokens


class TermCounts:
    """The statistics of a :class:`Vocabulary`: every term with how often it came, and in how many documents.

    They add up: those of two halves of a corpus, merged, are those of the whole.
    """

    def __init__(self) -> None:
        self.lexicon = Lexicon()
        self.occurrences = np.zeros(0, np.int64)
        self.document_frequencies = np.zeros(0, np.int64)
        self.documents = 0

    @classmethod
    def of(cls, terms: Strings, occurrences: Array, document_frequencies: Array, documents: int) -> TermCounts:
        """Those of terms whose counts are known."""
        counts = cls()
        counts.include(terms, occurrences, document_frequencies, documents)
        return counts

    @property
    def parts(self) -> tuple[Strings, Array, Array, int]:
        """What :meth:`of` makes them of again."""
        return self.lexicon.strings, self.occurrences, self.document_frequencies, self.documents

    def only(self, terms: Strings) -> TermCounts:
        """Those of some of the terms, in this order."""
        numbers = self.lexicon.find(terms)
        return self.of(terms, self.occurrences[numbers], self.document_frequencies[numbers], self.documents)

    def take(self, tokens: Tokens) -> Tally:
        """Add some documents; return their counts, in columns by the order in which terms came first."""
        numbers = tokens.by(self.lexicon.add)
        terms = tally(numbers, tokens.starts, len(self.lexicon))
        self._make_room()
        np.add.at(self.occurrences, terms.columns, terms.counts)
        np.add.at(self.document_frequencies, terms.columns, 1)
        self.documents += len(tokens)
        return terms

    def include(self, terms: Strings, occurrences: Array, document_frequencies: Array, documents: int) -> Array:
        """Add those of another part of the corpus; return the number that each of its terms has here."""
        numbers = self.lexicon.add(terms)
        self._make_room()
        self.occurrences[numbers] += occurrences
        self.document_frequencies[numbers] += document_frequencies
        self.documents += documents
        return numbers

    def _make_room(self) -> None:
        if len(self.lexicon) == len(self.occurrences):
            return
        room = np.zeros(len(self.lexicon) - len(self.occurrences), np.int64)
        self.occurrences = np.concatenate([self.occurrences, room])
        self.document_frequencies = np.concatenate([self.document_frequencies, room])


class Vocabulary(Learner):
    """Learn which terms there are, and become a :class:`BagOfWords` that counts them.

    Parameters
    ----------
    min_df, max_df : int or float
        Terms in fewer or in more documents are left out; an integer is a number of documents, a float a share of them.
    max_features : int, optional
        Only so many terms are kept, those that occur most often; with binary, in most documents.
    unknown, buckets, binary, dtype
        As :class:`BagOfWords` has them.

    Notes
    -----
    Shape: a list of tokens for each document -> counts, once fitted: a CSR matrix (documents, terms). Columns are sorted by
    code point. Of terms that occur equally often, which are kept at max_features is decided as scikit-learn does: by
    ``(-occurrences).argsort()`` in the type of the counts.

    Raises
    ------
    ParameterError
        If a limit is out of its range.
    InputError
        If no term is left.

    Examples
    --------
    >>> import featkit
    >>> bag = (featkit.Words() | Vocabulary()).fit([["this is a test", "this is another test"]])
    >>> bag["bag_of_words"].terms, bag(["test this test"]).toarray()
    (Strings(('another', 'is', 'test', 'this')), array([[0, 0, 2, 1]]))
    """

    name = "vocabulary"
    shape = "document token -> document term"
    formula = "the different tokens v_i, sorted, with min_df <= documents with v_i <= max_df"
    source = "scikit-learn, CountVectorizer"
    exact = True

    min_df: int | float = 1
    max_df: int | float = 1.0
    max_features: int | None = None
    unknown: Literal["drop", "count", "hash"] = "drop"
    buckets: int = 1024
    binary: bool = False
    dtype: Dtype = "int64"

    def check(self) -> None:
        self.at_least(1, "max_features", "buckets")
        for name in ("min_df", "max_df"):
            value = getattr(self, name)
            if value < 0 or (isinstance(value, float) and value > 1) or (name == "max_df" and value == 0):
                raise ParameterError(
                    f"Vocabulary.{name} must be a number of documents (an integer from {int(name == 'max_df')}) or a share of "
                    f"them (a float from 0.0 to 1.0), got {value!r}"
                )

    def admit(self, rows: Any, start: int = 0) -> Tokens:
        return as_tokens(rows)

    def row_shape(self, row: RowShape) -> RowShape:
        return None

    def start(self) -> TermCounts:
        return TermCounts()

    def update(self, statistics: TermCounts, rows: Tokens) -> TermCounts:
        statistics.take(rows)
        return statistics

    def merge(self, one: TermCounts, other: TermCounts) -> TermCounts:
        one.include(*other.parts)
        return one

    def finish(self, statistics: TermCounts) -> Stage:
        return self.finish_with_columns(statistics)[0]

    def fit_apply(self, items: Iterable[Any]) -> tuple[Stage, list[Any]]:
        statistics = self.start()
        kept = deque(statistics.take(self.admit(item)) for item in items)
        fitted, column = self.finish_with_columns(statistics)
        # What is done with is let go.
        return fitted, [fitted.recounted(kept.popleft(), column) for _ in range(len(kept))]

    def finish_with_columns(self, statistics: TermCounts) -> tuple[BagOfWords, Array]:
        """The fitted stage, and the column of every term that came, -1 for those that are left out."""
        strings = statistics.lexicon.strings
        order = strings.sorted()
        order = order[self._keep(statistics.document_frequencies[order], statistics)]
        if self.max_features is not None and len(order) > self.max_features:
            often = statistics.document_frequencies if self.binary else statistics.occurrences
            often = often[order].astype(self.dtype if self.dtype.startswith("float") else np.int64)
            order = order[np.sort((-often).argsort()[: self.max_features])]
        if not len(order):
            raise InputError(
                f"no term is left of {len(strings)} in {statistics.documents} documents; lower min_df, raise max_df, or use "
                "another tokeniser or fewer stop words"
            )
        bag = BagOfWords(strings.take(order), self.unknown, self.buckets, self.binary, self.dtype)
        if self.unknown != "drop":
            return bag, bag.columns(strings)
        column = np.full(len(strings), -1, np.int32)
        column[order] = np.arange(len(order), dtype=np.int32)
        return bag, column

    def _keep(self, frequencies: Array, statistics: TermCounts) -> Array:
        low, high = (
            value if isinstance(value, int) else value * statistics.documents for value in (self.min_df, self.max_df)
        )
        if high < low:
            raise InputError(
                f"of {statistics.documents} documents max_df={self.max_df} is fewer than min_df={self.min_df}; no term has both"
            )
        kept: Array = (frequencies >= low) & (frequencies <= high)
        return kept


def merged(one: Strings, other: Strings) -> Strings:
    """Two vocabularies in one, sorted.

    >>> merged(Strings(["is", "this"]), Strings(["another", "is"]))
    Strings(('another', 'is', 'this'))
    """
    lexicon = Lexicon()
    lexicon.add(one)
    lexicon.add(other)
    strings = lexicon.strings
    return strings.take(strings.sorted())
