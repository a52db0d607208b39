"""Vectors of words, and what can be asked of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Literal

import numpy as np

from featkit.errors import InputError, ParameterError, did_you_mean
from featkit.numeric import Array, stacked_products, sums_of_rows
from featkit.stage import Pointwise, RowShape
from featkit.text.strings import Strings
from featkit.text.tokens import Tokens, as_tokens

#: Scores of so many questions and words are held at a time.
_SCORES = 1 << 24


class WordVectors(Pointwise):
    """A vector for each word; as a stage, for each document the mean of its words' vectors.

    Parameters
    ----------
    terms : Strings
        The words, the most frequent first.
    vectors : ndarray, shape (terms, dim)
    counts : ndarray of int, shape (terms,), optional
        How often each word occurs in the corpus that the vectors are from.
    unknown : str
        What a word without a vector is: ``"skip"``, as if it weren't there; ``"zero"``, a word whose vector is 0;
        ``"mean"``, a word whose vector is the mean of all.

    Notes
    -----
    Shape: a list of tokens for each document -> ``(documents, dim)``; of a document without a word, zeros.

    Raises
    ------
    ParameterError
        If there are not as many terms as vectors or counts.

    Examples
    --------
    >>> import featkit, numpy as np
    >>> words = WordVectors(featkit.Strings(["cat", "dog", "car"]), np.float32([[2, 1], [1, 2], [-1, 1]]))
    >>> words([["cat", "dog", "cow"]]), words.most_similar("cat", 1)[0][0], words.doesnt_match(["cat", "dog", "car"])
    (array([[1.5, 1.5]], dtype=float32), 'dog', 'car')
    """

    name = "word_vectors"
    shape = "document token -> document feature"
    formula = "y = mean over the document's words w of v_w"
    source = "the mean of the vectors of the words in a document"
    exact = False

    terms: Strings
    vectors: Any
    counts: Any = None
    unknown: Literal["skip", "zero", "mean"] = "skip"

    def check(self) -> None:
        if not isinstance(self.vectors, np.ndarray) or self.vectors.ndim != 2 or self.vectors.dtype.kind != "f":
            raise ParameterError("WordVectors.vectors must be a floating array of shape (terms, dim)")
        if len(self.vectors) != len(self.terms):
            raise ParameterError(
                f"WordVectors.vectors must have a row for each of {len(self.terms)} terms, got {len(self.vectors)}"
            )
        counted = isinstance(self.counts, np.ndarray) and self.counts.dtype.kind in "iu"
        if self.counts is not None and not (counted and self.counts.shape == (len(self.terms),)):
            raise ParameterError(f"WordVectors.counts must be None or an integer for each of {len(self.terms)} terms")

    @property
    def dim(self) -> int:
        """Values in a vector."""
        return int(self.vectors.shape[1])

    def __len__(self) -> int:
        return len(self.terms)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and int(self.terms.find(Strings([word]))[0]) >= 0

    # --- as a stage -------------------------------------------------------------------------------------------------------

    def admit(self, rows: Any, start: int = 0) -> Tokens:
        return as_tokens(rows)

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.dim,)

    def apply(self, rows: Tokens) -> Array:
        return self.weighted(rows, np.ones(len(self.terms) + 1, self.vectors.dtype))

    def weighted(self, rows: Tokens, weights: Array, by_count: bool = False) -> Array:
        """For each document the sum of w v over its words, divided by the sum of w or by their number.

        The last of the weights is that of a word without a vector.
        """
        known = self.terms.find(rows.terms)
        column = known[rows.ids]
        if self.unknown == "skip":
            there = column >= 0
            begins = np.concatenate([[0], np.cumsum(there)])[rows.starts]
            column = column[there]
        else:
            begins = rows.starts
        share = weights[column].astype(self.vectors.dtype)
        here = column >= 0
        lengths = np.diff(begins)
        if by_count:
            totals = lengths.astype(self.vectors.dtype)
        else:  # one after the other, whatever stands beside them
            every = np.arange(len(share), dtype=np.int32)
            totals = sums_of_rows(share, every * 0, begins.astype(np.int32), np.ones((1, 2), share.dtype))[:, 0]
        values = np.where(here, share, 0) if self.unknown == "zero" else share
        table = self.vectors
        if self.unknown == "mean":
            table = np.concatenate([table, self.vectors.mean(axis=0, keepdims=True)])
            column = np.where(here, column, len(self.vectors))
        column = np.maximum(column, 0).astype(np.int32)
        summed = sums_of_rows(values, column, begins.astype(np.int32), table)
        return summed / np.where(totals == 0, self.vectors.dtype.type(1), totals)[:, None]

    # --- words ------------------------------------------------------------------------------------------------------------

    def _no_vector(self, word: str) -> InputError:
        near = did_you_mean(word, self.terms[: 1 << 15])
        return InputError(
            f"the word {word!r} has no vector{near or '; it is not among the ' + str(len(self)) + ' terms'}"
        )

    def index(self, words: Iterable[str]) -> Array:
        """Where words stand among the terms.

        Raises
        ------
        InputError
            For a word that has no vector.
        """
        asked = Strings(words)
        found = self.terms.find(asked)
        if (found < 0).any():
            raise self._no_vector(asked[int(np.argmax(found < 0))])
        return found

    def vector(self, word: str) -> Array:
        """The vector of a word.

        Raises
        ------
        InputError
            If it has none.
        """
        return self.vectors[int(self.index([word])[0])].copy()

    @cached_property
    def directions(self) -> Array:
        """The vectors, each of length 1 (one of zeros stays so)."""
        lengths = np.sqrt(np.square(self.vectors).sum(axis=1, keepdims=True))
        return self.vectors / np.where(lengths == 0, 1, lengths)

    def similarity(self, one: str, other: str) -> float:
        """The cosine of the angle between the vectors of two words."""
        a, b = self.directions[self.index([one, other])].astype(np.float64)
        return float((a * b).sum())

    def most_similar(
        self, positive: str | Iterable[str], n: int = 10, negative: str | Iterable[str] = (), among: int | None = None
    ) -> list[tuple[str, float]]:
        """The words nearest to some and farthest from others: by the cosine to the mean of their directions, with sign.

        Parameters
        ----------
        positive, negative : str or iterable of str
        n : int
            How many words are returned; none of those that are asked about.
        among : int, optional
            Only the first so many terms.

        Raises
        ------
        InputError
            If a word has no vector, or none is given.
        """
        added, taken = ([words] if isinstance(words, str) else list(words) for words in (positive, negative))
        if not added and not taken:
            raise InputError("no word to find others for; give at least one")
        given = self.index(added + taken)
        signs = np.array([1] * len(added) + [-1] * len(taken), np.float32)
        return [
            (self.terms[at], float(score))
            for at, score in zip(*self.nearest(given[None], signs, n, among), strict=True)
        ]

    def nearest(self, given: Array, signs: Array, n: int, among: int | None = None) -> tuple[Array, Array]:
        """For one row of words with their signs the places of the nearest words and their cosines."""
        places, scores = self.nearest_rows(given, signs, n, among)
        return places[0], scores[0]

    def nearest_rows(self, given: Array, signs: Array, n: int, among: int | None = None) -> tuple[Array, Array]:
        """:meth:`nearest` for many rows at a time: shapes (rows, n)."""
        candidates = self.directions[:among]
        n = min(n, max(0, len(candidates) - given.shape[1]))
        places, scores = np.empty((len(given), n), np.int64), np.empty((len(given), n), self.vectors.dtype)
        at_a_time = max(1, _SCORES // max(1, len(candidates)))
        for at in range(0, len(given), at_a_time):
            rows = given[at : at + at_a_time]
            asked = (self.directions[rows] * signs[None, :, None]).mean(axis=1)
            lengths = np.sqrt(np.square(asked).sum(axis=1, keepdims=True))
            asked /= np.where(lengths == 0, 1, lengths)
            cosines = stacked_products(asked.astype(candidates.dtype), candidates.T)
            inside = rows < len(candidates)
            cosines[np.nonzero(inside)[0], rows[inside]] = -np.inf
            found = np.argpartition(-cosines, min(n, cosines.shape[1] - 1), axis=1)[:, :n]
            found = np.sort(found, axis=1)
            order = np.argsort(-np.take_along_axis(cosines, found, 1), axis=1, kind="stable")
            found = np.take_along_axis(found, order, 1)
            places[at : at + len(rows)] = found
            scores[at : at + len(rows)] = np.take_along_axis(cosines, found, 1)
        return places, scores

    def analogy(self, a: str, b: str, c: str, n: int = 1) -> list[tuple[str, float]]:
        """What is to ``c`` as ``b`` is to ``a``: the words nearest to b - a + c.

        >>> import featkit, numpy as np
        >>> terms = featkit.Strings(["man", "king", "woman", "queen", "apple"])
        >>> words = WordVectors(terms, np.float32([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1]]))
        >>> words.analogy("man", "king", "woman")[0][0]
        'queen'
        """
        return self.most_similar([b, c], n, [a])

    def doesnt_match(self, words: Iterable[str]) -> str:
        """The word that is farthest from the mean of the directions of all of them.

        Raises
        ------
        InputError
            If a word has no vector, or none is given.
        """
        given = list(words)
        if not given:
            raise InputError("no words to choose from; give at least one")
        directions = self.directions[self.index(given)].astype(np.float64)
        return given[int(np.argmin((directions * directions.mean(axis=0)).sum(axis=1)))]
