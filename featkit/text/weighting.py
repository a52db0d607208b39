"""What a count is worth: term frequencies, inverse document frequencies, TF-IDF, BM25."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from featkit.errors import InputError, ParameterError, ShapeError
from featkit.learner import Learner
from featkit.numeric import Array, Rows, is_sparse, row_sum
from featkit.stage import Pointwise, RowShape, Stage


def scaled(rows: Rows, values: Array) -> Rows:
    """A CSR matrix with other values in the same places."""
    made = rows.copy()
    made.data = values
    return made


def per_value(rows: Rows, of_row: Array) -> Array:
    """For each value that a CSR matrix holds, that of its row."""
    return np.repeat(of_row, np.diff(rows.indptr))


class TermFrequency(Pointwise):
    """How much a term counts in a document for standing there several times.

    Parameters
    ----------
    kind : str
        ``"natural"``: the count itself; ``"logarithm"``: 1 + ln of it; ``"augmented"``: between 0.5 and 1, by the largest
        count of the document; ``"boolean"``: 1; ``"log_average"``: the logarithm over that of the document's mean count.

    Notes
    -----
    Shape: ``(documents, terms)``, dense or CSR, unchanged; 0 stays 0.

    Examples
    --------
    >>> import numpy as np
    >>> TermFrequency("logarithm")(np.array([[1.0, 0.0, 10.0]])).round(3)
    array([[1.   , 0.   , 3.303]])
    """

    name = "term_frequency"
    shape = "document term -> document term"
    formula = "tf; or 1 + ln tf; or 0.5 + 0.5 tf / max tf; or 1; or (1 + ln tf) / (1 + ln mean tf)"
    source = "Manning, Raghavan & Schuetze, Introduction to Information Retrieval, 2008, figure 6.15"

    kind: Literal["natural", "logarithm", "augmented", "boolean", "log_average"] = "logarithm"

    def apply(self, rows: Rows) -> Rows:
        if self.kind == "natural":
            return rows
        from scipy import sparse

        counts = rows if is_sparse(rows) else sparse.csr_array(rows)
        weighed = scaled(counts, self._weights(counts))
        return weighed if is_sparse(rows) else weighed.toarray()

    def _weights(self, counts: Any) -> Array:
        values = counts.data
        if self.kind == "boolean":
            return np.ones_like(values)
        if self.kind == "augmented":
            return 0.5 + 0.5 * values / per_value(counts, counts.max(axis=1).toarray().ravel())
        logarithms = np.log(values) + 1
        if self.kind == "logarithm":
            return logarithms
        held = np.maximum(np.diff(counts.indptr), 1)
        mean = row_sum(counts)[:, 0] / held.astype(values.dtype)
        return logarithms / per_value(counts, 1 + np.log(np.where(mean > 0, mean, 1)))


class TermWeights(Pointwise):
    """Multiply each column by a weight. Usually learned: ``InverseDocumentFrequency().fit(...)``.

    Parameters
    ----------
    weights : ndarray, shape (terms,)

    Notes
    -----
    Shape: ``(documents, terms)``, dense or CSR, unchanged.

    Raises
    ------
    ShapeError
        If a row has another number of terms.

    Examples
    --------
    >>> import numpy as np
    >>> TermWeights(np.array([0.5, 2.0]))(np.array([[2.0, 1.0]]))
    array([[1., 2.]])
    """

    name = "term_weights"
    shape = "document term -> document term"
    formula = "y[d, i] = x[d, i] weights[i]"
    source = "Sparck Jones, A statistical interpretation of term specificity, 1972"

    weights: Array

    def check(self) -> None:
        if self.weights.ndim != 1 or not np.isfinite(self.weights).all():
            raise ParameterError(
                f"TermWeights.weights must be finite and of shape (terms,), got shape {self.weights.shape}"
            )

    def row_shape(self, row: RowShape) -> RowShape:
        return _same_terms(self, row, len(self.weights))

    def apply(self, rows: Rows) -> Rows:
        weights = self.weights.astype(np.result_type(rows.dtype, np.float32), copy=False)
        return scaled(rows, rows.data * weights[rows.indices]) if is_sparse(rows) else rows * weights


def _same_terms(stage: Stage, row: RowShape, terms: int) -> RowShape:
    if row is not None and row != (terms,):
        raise ShapeError(f"{type(stage).__name__} has learned {terms} terms, but a row has the shape {row}")
    return (terms,)


class DocumentFrequencies(NamedTuple):
    """The statistics of what learns from counts: they add up."""

    documents: int
    frequencies: Array  # in how many documents each term stands
    occurrences: int  # of all terms together

    def plus(self, other: DocumentFrequencies) -> DocumentFrequencies:
        """Those of both together."""
        if self.documents and other.documents and len(self.frequencies) != len(other.frequencies):
            raise ShapeError(
                f"documents have counts of one vocabulary, got {len(self.frequencies)} terms and {len(other.frequencies)}"
            )
        frequencies = self.frequencies + other.frequencies if self.documents and other.documents else None
        known = (self if self.documents else other).frequencies if frequencies is None else frequencies
        return DocumentFrequencies(self.documents + other.documents, known, self.occurrences + other.occurrences)


class _FromCounts(Learner):
    """What learns from counts of terms."""

    shape = "document term -> document term"
    exact = True

    def start(self) -> DocumentFrequencies:
        return DocumentFrequencies(0, np.zeros(0, np.int64), 0)

    def update(self, statistics: DocumentFrequencies, rows: Rows) -> DocumentFrequencies:
        if is_sparse(rows):
            frequencies = np.bincount(rows.indices[rows.data != 0], minlength=rows.shape[1])
        else:
            frequencies = np.count_nonzero(rows, axis=0)
        return statistics.plus(DocumentFrequencies(rows.shape[0], frequencies, int(rows.sum())))

    def merge(self, one: DocumentFrequencies, other: DocumentFrequencies) -> DocumentFrequencies:
        return one.plus(other)

    def _seen(self, statistics: DocumentFrequencies) -> tuple[int, Array]:
        if not statistics.documents:
            raise InputError(f"{type(self).__name__} has seen no documents; fit it on some")
        return statistics.documents, statistics.frequencies


class InverseDocumentFrequency(_FromCounts):
    """Learn how rare each term is, and become :class:`TermWeights`.

    Parameters
    ----------
    kind : str
        With n documents, df of them with the term: ``"smooth"``: ln((1 + n) / (1 + df)) + 1, as if one more document had every
        term; ``"plus_one"``: ln(n / df) + 1; ``"logarithm"``: ln(n / df); ``"probabilistic"``: max(0, ln((n - df) / df)).
    dtype : str
        The precision of the weights.

    Notes
    -----
    Shape: ``(documents, terms)``, dense or CSR, unchanged. A term that no document has weighs 0, but for ``"smooth"``.

    Raises
    ------
    InputError
        If it is fitted on no documents.

    Examples
    --------
    >>> import numpy as np
    >>> InverseDocumentFrequency().fit([np.array([[1.0, 1.0], [1.0, 0.0], [2.0, 0.0]])]).weights.round(3)
    array([1.   , 1.693])
    """

    name = "inverse_document_frequency"
    formula = "weights[i] = ln((1 + n) / (1 + df_i)) + 1, or as kind says"
    source = "scikit-learn, TfidfTransformer; Manning, Raghavan & Schuetze, 2008, figure 6.15"

    kind: Literal["smooth", "plus_one", "logarithm", "probabilistic"] = "smooth"
    dtype: Literal["float32", "float64"] = "float64"

    def finish(self, statistics: DocumentFrequencies) -> TermWeights:
        documents, frequencies = self._seen(statistics)
        more = int(self.kind == "smooth")
        df = frequencies.astype(self.dtype) + more
        n = np.full_like(df, documents + more)
        df[df == 0] = n[df == 0]  # nobody has it, so nobody's weight is asked for
        if self.kind == "probabilistic":
            odds = (n - df) / df
            return TermWeights(np.log(np.maximum(odds, 1)))
        logarithms = np.log(n / df)
        return TermWeights(logarithms if self.kind == "logarithm" else logarithms + 1)


class Bm25Weights(Pointwise):
    """BM25's worth of every count. Usually learned: ``Bm25().fit(...)``.

    Parameters
    ----------
    weights : ndarray, shape (terms,)
        How rare each term is.
    mean_length : float
        Of the documents, in tokens.
    k1, b : float
        As :class:`Bm25` has them.

    Notes
    -----
    Shape: ``(documents, terms)``, dense or CSR, unchanged.

    Raises
    ------
    ParameterError
        If a parameter is out of its range.
    ShapeError
        If a row has another number of terms.

    Examples
    --------
    >>> import numpy as np
    >>> Bm25Weights(np.array([1.0, 1.0]), mean_length=3.0)(np.array([[1.0, 2.0]])).round(3)
    array([[1.   , 1.375]])
    """

    name = "bm25_weights"
    shape = "document term -> document term"
    formula = "y[d, i] = weights[i] x[d, i] (k1 + 1) / (x[d, i] + k1 (1 - b + b length[d] / mean_length))"
    source = "Robertson & Zaragoza, The probabilistic relevance framework: BM25 and beyond, 2009"

    weights: Array
    mean_length: float = 1.0
    k1: float = 1.2
    b: float = 0.75

    def check(self) -> None:
        if self.weights.ndim != 1 or not np.isfinite(self.weights).all():
            raise ParameterError(
                f"Bm25Weights.weights must be finite and of shape (terms,), got shape {self.weights.shape}"
            )
        self.above(0, "mean_length")
        _check_bm25(self, self.k1, self.b)

    def row_shape(self, row: RowShape) -> RowShape:
        return _same_terms(self, row, len(self.weights))

    def apply(self, rows: Rows) -> Rows:
        precision = np.result_type(rows.dtype, np.float32)
        weights = self.weights.astype(precision, copy=False)
        lengths = row_sum(rows).astype(precision)[:, 0]
        room = (self.k1 * (1 - self.b) + (self.k1 * self.b / self.mean_length) * lengths).astype(precision)
        if is_sparse(rows):
            values = rows.data * (self.k1 + 1) / (rows.data + per_value(rows, room))
            return scaled(rows, (values * weights[rows.indices]).astype(precision))
        worth = rows * (self.k1 + 1) / np.where(rows > 0, rows + room[:, None], 1)
        return (worth * weights).astype(precision)


class Bm25(_FromCounts):
    """Learn what BM25 has to know of a corpus, and become :class:`Bm25Weights`.

    Parameters
    ----------
    k1 : float
        How slowly a term that comes again and again is worth no more.
    b : float
        How much long documents are marked down, from 0 to 1.
    kind : str
        How rare a term is: ``"plus_one"``: ln(1 + (n - df + 0.5) / (df + 0.5)), never below 0; ``"probabilistic"``: without
        the 1.

    Notes
    -----
    Shape: ``(documents, terms)``, dense or CSR, unchanged.

    Raises
    ------
    ParameterError
        If k1 is below 0 or b not from 0 to 1.
    InputError
        If it is fitted on no documents, or empty ones.

    Examples
    --------
    >>> import numpy as np
    >>> Bm25().fit([np.array([[1.0, 0.0], [1.0, 2.0]])])
    Bm25Weights(weights=array([0.18232155679395465, 0.6931471805599453], dtype='f8'), mean_length=2.0, k1=1.2, b=0.75)
    """

    name = "bm25"
    formula = "weights[i] = ln(1 + (n - df_i + 0.5) / (df_i + 0.5))"
    source = "Robertson & Zaragoza, The probabilistic relevance framework: BM25 and beyond, 2009"

    k1: float = 1.2
    b: float = 0.75
    kind: Literal["plus_one", "probabilistic"] = "plus_one"

    def check(self) -> None:
        _check_bm25(self, self.k1, self.b)

    def finish(self, statistics: DocumentFrequencies) -> Bm25Weights:
        documents, frequencies = self._seen(statistics)
        if not statistics.occurrences:
            raise InputError(f"Bm25 has seen {documents} documents without a term; fit it on others")
        odds = (documents - frequencies + 0.5) / (frequencies + 0.5)
        weights = np.log1p(odds) if self.kind == "plus_one" else np.log(odds)
        return Bm25Weights(weights, statistics.occurrences / documents, self.k1, self.b)


def _check_bm25(stage: Stage, k1: float, b: float) -> None:
    if not (0 <= k1 < np.inf and 0 <= b <= 1):
        raise ParameterError(f"{type(stage).__name__} takes k1 from 0 and b from 0 to 1, got {k1=}, {b=}")
