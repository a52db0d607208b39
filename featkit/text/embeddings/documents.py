"""Vectors of documents: means of the vectors of their words, where not every word counts the same."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from featkit.errors import InputError, ParameterError
from featkit.learner import Learner
from featkit.numeric import Array, row_sum, stacked_products
from featkit.stage import Pointwise, RowShape
from featkit.text.counts import tally
from featkit.text.embeddings.vectors import WordVectors
from featkit.text.tokens import Tokens, as_tokens


class WeightedVectors(Pointwise):
    """For each document the weighted mean of its words' vectors, without what all documents have in common.

    Parameters
    ----------
    words : WordVectors
        Its ``unknown`` says what becomes of words without a vector.
    weights : ndarray, shape (terms + 1,)
        What each word counts; the last is for words without a vector.
    common : ndarray, shape (components, dim), optional
        Orthogonal directions of length 1 that are taken out.
    by : str
        What the weighted sum is divided by: the sum of the ``"weights"``, or the number of ``"words"``.

    Notes
    -----
    Shape: a list of tokens for each document -> ``(documents, dim)``; of a document without a word, zeros. Learned by
    :class:`TfIdfVectors` and :class:`SifVectors`.

    Raises
    ------
    ParameterError
        If there isn't a weight for each term and one more, or the directions are of another dimension.

    Examples
    --------
    >>> import featkit, numpy as np
    >>> words = featkit.WordVectors(featkit.Strings(["a", "cat"]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    >>> WeightedVectors(words, np.array([1.0, 3.0, 0.0]))([["a", "cat"]])
    array([[0.25, 0.75]])
    """

    name = "weighted_vectors"
    shape = "document token -> document feature"
    formula = "y = (I - U'U) sum over words w of a_w v_w, over the sum of a_w or over their number"
    source = "Arora, Liang & Ma, A simple but tough-to-beat baseline for sentence embeddings, 2017"
    exact = False

    words: WordVectors
    weights: Any
    common: Any = None
    by: Literal["weights", "words"] = "weights"

    def check(self) -> None:
        if not isinstance(self.weights, np.ndarray) or self.weights.shape != (len(self.words.terms) + 1,):
            raise ParameterError(
                f"WeightedVectors.weights must be an array of {len(self.words.terms) + 1} weights, one for each term and one "
                f"for all others, got {np.shape(self.weights)}"
            )
        if self.common is not None and np.shape(self.common)[1:] != (self.words.dim,):
            raise ParameterError(
                f"WeightedVectors.common must have rows of {self.words.dim} values, got shape {np.shape(self.common)}"
            )

    def admit(self, rows: Any, start: int = 0) -> Tokens:
        return as_tokens(rows)

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.words.dim,)

    def apply(self, rows: Tokens) -> Array:
        made = self.words.weighted(rows, self.weights, self.by == "words")
        for direction in () if self.common is None else self.common.astype(made.dtype):
            made = made - row_sum(made * direction) * direction
        return made


class Frequencies(NamedTuple):
    """In how many documents each term is, and how many documents there are."""

    documents_with: Array
    documents: int


class TfIdfVectors(Learner):
    """Learn in how many documents each word is, and become the mean of their words' vectors weighted by TF-IDF.

    Parameters
    ----------
    words : WordVectors

    Notes
    -----
    Shape: a list of tokens for each document -> ``(documents, dim)``, once fitted. A word that stands n times in a document
    counts n times.

    Raises
    ------
    ParameterError
        As :class:`WeightedVectors` does.

    Examples
    --------
    >>> import featkit, numpy as np
    >>> words = featkit.WordVectors(featkit.Strings(["a", "cat"]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    >>> fitted = TfIdfVectors(words).fit([[["a", "cat"], ["a"]]])
    >>> fitted.weights.round(3), fitted([["a", "cat"]]).round(3)
    (array([1.   , 1.405, 2.099]), array([[0.416, 0.584]]))
    """

    name = "tf_idf_vectors"
    shape = "document token -> document feature"
    formula = "y = sum over words of idf_w v_w / sum of idf_w; idf_w = 1 + ln((1 + n) / (1 + documents with w))"
    source = "Manning, Raghavan & Schuetze, Introduction to Information Retrieval, 2008, with scikit-learn's smoothing"
    exact = False

    words: WordVectors

    def admit(self, rows: Any, start: int = 0) -> Tokens:
        return as_tokens(rows)

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.words.dim,)

    def start(self) -> Frequencies:
        return Frequencies(np.zeros(len(self.words.terms), np.int64), 0)

    def update(self, statistics: Frequencies, rows: Tokens) -> Frequencies:
        width = len(rows.terms)
        containing = np.bincount(tally(rows.ids, rows.starts, width).columns, minlength=width)
        place = self.words.terms.find(rows.terms)
        seen = np.zeros(len(self.words.terms), np.int64)
        seen[place[place >= 0]] = containing[place >= 0]
        return Frequencies(statistics.documents_with + seen, statistics.documents + len(rows))

    def merge(self, one: Frequencies, other: Frequencies) -> Frequencies:
        return Frequencies(one.documents_with + other.documents_with, one.documents + other.documents)

    def finish(self, statistics: Frequencies) -> WeightedVectors:
        containing = np.append(statistics.documents_with, 0)
        return WeightedVectors(self.words, 1 + np.log((1 + statistics.documents) / (1 + containing)))


class SifVectors(Learner):
    """Learn what the documents have in common, and become the mean of rare words' vectors without it (SIF).

    Parameters
    ----------
    words : WordVectors
        With counts, from which the probabilities of words are.
    smoothing : float
        a in the weight of a word, a / (a + p): the more frequent a word, the less it counts.
    components : int
        Principal directions of the documents' vectors that are taken out; 0: none.

    Notes
    -----
    Shape: a list of tokens for each document -> ``(documents, dim)``, once fitted. The directions are those along which the
    squares of the vectors of the documents that were learned from sum up to most; nothing is centred. The weighted sum is
    divided by the number of words, as the authors have it. A word without a vector has p = 0.

    Raises
    ------
    ParameterError
        If the words have no counts, the smoothing is not above 0, or there are more components than dimensions.
    InputError
        If no document has a word.

    Examples
    --------
    >>> import featkit, numpy as np
    >>> terms, counts = featkit.Strings(["a", "cat"]), np.array([990, 10])
    >>> words = featkit.WordVectors(terms, np.array([[1.0, 0.0], [0.0, 1.0]]), counts)
    >>> fitted = SifVectors(words, components=0).fit([[["a", "cat"]]])
    >>> fitted([["a", "cat"]]).round(4)
    array([[0.0005, 0.0455]])
    """

    name = "sif_vectors"
    shape = "document token -> document feature"
    formula = "y = (I - U'U) sum over the n words of a / (a + p_w) v_w / n; U: principal directions of such sums"
    source = "Arora, Liang & Ma, A simple but tough-to-beat baseline for sentence embeddings, 2017"
    exact = False

    words: WordVectors
    smoothing: float = 1e-3
    components: int = 1

    def check(self) -> None:
        self.above(0, "smoothing")
        self.at_least(0, "components")
        if self.words.counts is None:
            raise ParameterError("SifVectors needs to know how frequent words are; give WordVectors with counts")
        if self.components > self.words.dim:
            raise ParameterError(
                f"SifVectors.components must be at most the dimension {self.words.dim}, got {self.components}"
            )

    @property
    def weights(self) -> Array:
        """What each word counts, and one that has no vector."""
        shares = np.append(self.words.counts / self.words.counts.sum(), 0)
        weights: Array = self.smoothing / (self.smoothing + shares)
        return weights

    def admit(self, rows: Any, start: int = 0) -> Tokens:
        return as_tokens(rows)

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.words.dim,)

    def start(self) -> Array:
        return np.zeros((self.words.dim, self.words.dim))

    def update(self, statistics: Array, rows: Tokens) -> Array:
        made = self.words.weighted(rows, self.weights, by_count=True).astype(np.float64)
        return statistics + stacked_products(made.T, made)

    def merge(self, one: Array, other: Array) -> Array:
        return one + other

    def finish(self, statistics: Array) -> WeightedVectors:
        if not self.components:
            return WeightedVectors(self.words, self.weights, by="words")
        if not statistics.any():
            raise InputError(
                "there is no document with a word that has a vector; give other documents or other vectors"
            )
        directions = np.linalg.eigh(statistics)[1].T[::-1][: self.components]
        largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1, keepdims=True), 1)
        return WeightedVectors(self.words, self.weights, directions * np.sign(largest), "words")
