"""Bags of words: how often each term stands in each document."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Array
from featkit.stage import RowShape
from featkit.text.keys import Spans
from featkit.text.murmur import murmur3
from featkit.text.strings import Strings
from featkit.text.tokens import OverTokens, Tokens

Dtype = Literal["int64", "int32", "float32", "float64"]
#: Documents are counted so many tokens at a time.
_AT_A_TIME = 1 << 18


class Tally(NamedTuple):
    """How often each number stands in each document: the parts of a CSR matrix, columns in order."""

    columns: Array  # int32
    counts: Array  # int64
    starts: Array  # int64, documents + 1


def tally(ids: Array, starts: Array, width: int) -> Tally:
    """Count numbers below ``width`` in each document; negative ones are left out.

    Document and number make one integer, which is sorted; runs of equal ones are the counts.

    >>> tally(np.array([1, 0, 1, -1], np.int32), np.array([0, 3, 4]), 2)
    Tally(columns=array([0, 1], dtype=int32), counts=array([1, 2]), starts=array([0, 2, 2]))
    """
    parts = []
    for part in _parts(starts, width):
        keys, _ = _keys(ids, starts[part], width)
        keys.sort()
        fresh = _fresh(keys)
        parts.append(_parted(keys[fresh], np.diff(fresh, append=len(keys)), part.stop - part.start - 1, width))
    return _joined(parts)


def renumbered(counts: Tally, column: Array, width: int) -> Tally:
    """A tally with other numbers: those that are negative now are left out, those that are one now are added up.

    >>> renumbered(Tally(np.array([0, 1, 2]), np.array([5, 6, 7]), np.array([0, 3])), np.array([1, -1, 0]), 2)
    Tally(columns=array([0, 1], dtype=int32), counts=array([7, 5]), starts=array([0, 2]))
    """
    columns, parts = column[counts.columns], []
    for part in _parts(counts.starts, width):
        starts = counts.starts[part]
        keys, known = _keys(columns, starts, width)
        many = counts.counts[starts[0] : starts[-1]][known]
        bits = np.uint64(int(many.max()).bit_length() if len(many) else 1)
        packed = (keys.astype(np.uint64) << bits) | many.view(np.uint64)  # the count goes along in the lowest bits
        packed.sort()
        many = (packed & ((np.uint64(1) << bits) - np.uint64(1))).view(np.int64)
        keys = (packed >> bits).astype(np.uint32)
        if (keys[1:] == keys[:-1]).any():  # two numbers have one column now
            fresh = _fresh(keys)
            keys, many = keys[fresh], np.add.reduceat(many, fresh)
        parts.append(_parted(keys, many, len(starts) - 1, width))
    return _joined(parts)


def _parts(starts: Array, width: int) -> list[slice]:
    """Cut documents so that a document and a number fit into 32 bits together, and what is sorted at a time into the cache."""
    documents = len(starts) - 1
    fit = (2**32 - 1) // max(width, 1)
    step = max(1, min(documents, fit, documents * _AT_A_TIME // max(int(starts[-1] - starts[0]), 1)))
    return [slice(at, min(at + step, documents) + 1) for at in range(0, documents, step)]


def _keys(ids: Array, starts: Array, width: int) -> tuple[Array, Array]:
    """Document and number of each token in one integer, without the negative numbers; and which were kept."""
    ids = ids[starts[0] : starts[-1]]
    keys = np.repeat(np.arange(len(starts) - 1, dtype=np.uint32) * np.uint32(width), np.diff(starts))
    known = ids >= 0
    if not known.all():
        keys, ids = keys[known], ids[known]
    return keys + ids.astype(np.uint32), known


def _fresh(keys: Array) -> Array:
    """Where runs of equal keys begin."""
    return np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, np.int64)


def _parted(keys: Array, counts: Array, documents: int, width: int) -> Tally:
    """Sorted keys taken apart into documents and numbers."""
    begins = np.arange(documents + 1, dtype=np.uint64) * np.uint64(width)
    starts = np.searchsorted(keys, begins.astype(np.uint32))
    columns = keys - np.repeat(begins[:-1].astype(np.uint32), np.diff(starts))
    return Tally(columns.astype(np.int32), counts, starts)


def _joined(parts: list[Tally]) -> Tally:
    if len(parts) == 1:
        return parts[0]
    begins = np.cumsum([0, *(len(part.columns) for part in parts)])
    ends = [part.starts[1:] + begin for part, begin in zip(parts, begins, strict=False)]
    return Tally(
        np.concatenate([np.empty(0, np.int32), *(part.columns for part in parts)]),
        np.concatenate([np.empty(0, np.int64), *(part.counts for part in parts)]),
        np.concatenate([np.zeros(1, np.int64), *ends]),
    )


def counted(counts: Tally, width: int, dtype: str, binary: bool) -> Any:
    """A tally as a CSR matrix."""
    from scipy import sparse

    data = np.ones(len(counts.counts), dtype) if binary else counts.counts.astype(dtype)
    index = np.int32 if len(data) < 2**31 else np.int64
    matrix = sparse.csr_array(
        (data, counts.columns.astype(index, copy=False), counts.starts.astype(index)), (len(counts.starts) - 1, width)
    )
    matrix.has_sorted_indices = matrix.has_canonical_format = True
    return matrix


class BagOfWords(OverTokens):
    """Count the terms of a vocabulary in each document. Usually learned: ``Vocabulary().fit(...)``.

    Parameters
    ----------
    terms : Strings
        The vocabulary, one column each, in this order.
    unknown : str
        What becomes of a token that is no term: ``"drop"`` it, ``"count"`` them all in one column behind the others, or
        ``"hash"`` them into ``buckets`` columns.
    buckets : int
        How many columns ``"hash"`` adds.
    binary : bool
        1 for every term that is there, however often.
    dtype : str
        Of the counts.

    Notes
    -----
    Shape: a list of tokens for each document -> a CSR matrix (documents, terms): ``.toarray()`` makes it dense.

    Raises
    ------
    ParameterError
        If there is no column, a term is there twice, or buckets is below 1.

    Examples
    --------
    >>> count = BagOfWords(Strings(["another", "is", "test", "this"]))
    >>> count([["this", "is", "test"], ["this", "is", "another", "test"]]).toarray()
    array([[0, 1, 1, 1],
           [1, 1, 1, 1]])
    """

    name = "bag_of_words"
    shape = "document token -> document term"
    formula = "y[d, i] = the number of positions j of document d with w_j = v_i"
    source = "Manning, Raghavan & Schuetze, Introduction to Information Retrieval, 2008, section 6.2"

    terms: Strings = Strings(["featkit"])
    unknown: Literal["drop", "count", "hash"] = "drop"
    buckets: int = 1024
    binary: bool = False
    dtype: Dtype = "int64"

    def check(self) -> None:
        self.at_least(1, "buckets")
        if not len(self.terms):
            raise ParameterError("BagOfWords.terms is empty; a vocabulary needs at least one term")
        twice = self.terms.twice()
        if twice is not None:
            first, at = twice
            raise ParameterError(f"BagOfWords.terms has {self.terms[at]!r} twice, at {first} and {at}; keep one")

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.terms) + {"drop": 0, "count": 1, "hash": self.buckets}[self.unknown]

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.width,)

    def columns(self, terms: Strings | Spans) -> Array:
        """The column of each term, int32; -1 for one that is not counted."""
        columns = self.terms.find(terms)
        missing = np.flatnonzero(columns < 0)
        if missing.size and self.unknown != "drop":
            spans = terms.spans if isinstance(terms, Strings) else terms
            hashed = murmur3(spans.take(missing)) if self.unknown == "hash" else np.zeros(len(missing), np.uint32)
            columns[missing] = len(self.terms) + (hashed % np.uint32(self.buckets)).astype(np.int32)
        return columns

    def recounted(self, counts: Tally, column: Array) -> Any:
        """What a tally of other numbers is here; ``column``: for each of them its column, -1 where it has none."""
        return counted(renumbered(counts, column, self.width), self.width, self.dtype, self.binary)

    def apply(self, rows: Tokens) -> Any:
        return counted(tally(rows.by(self.columns), rows.starts, self.width), self.width, self.dtype, self.binary)


class HashedBagOfWords(OverTokens):
    """Count terms in columns that a hash chooses: nothing is learned, and no vocabulary kept.

    Parameters
    ----------
    n_features : int
        Columns. Terms that share one are added up.
    signed : bool
        Count half of the terms negatively, so that those which share a column cancel rather than add.
    binary : bool
        1 in every column that a term of the document falls into, however often.
    dtype : str
        Of the counts.

    Notes
    -----
    Shape: a list of tokens for each document -> a CSR matrix (documents, n_features). The columns and signs are those of
    scikit-learn's HashingVectorizer: MurmurHash3 of the term's UTF-8, seed 0, as a signed integer h; column abs(h) modulo
    n_features, sign that of h.

    Raises
    ------
    ParameterError
        If n_features is below 1 or not below 2^30.

    Examples
    --------
    >>> HashedBagOfWords(8)([["this", "is", "a", "test"]]).toarray()
    array([[0., 0., 1., 0., 0., 0., 1., 0.]])
    """

    name = "hashed_bag_of_words"
    shape = "document token -> document term"
    formula = "y[d, abs(h(w)) mod n] += sign(h(w)) for every token w of document d"
    source = "Weinberger et al., Feature hashing for large scale multitask learning, 2009"

    n_features: int = 2**20
    signed: bool = True
    binary: bool = False
    dtype: Dtype = "float64"

    def check(self) -> None:
        self.at_least(1, "n_features")
        if self.n_features >= 2**30:
            raise ParameterError(f"HashedBagOfWords.n_features must be below 2^30, got {self.n_features}")

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.n_features,)

    def apply(self, rows: Tokens) -> Any:
        hashes = murmur3(rows.spans).view(np.int32).astype(np.int64)
        column = 2 * (np.abs(hashes) % self.n_features) + (
            (hashes < 0) if self.signed else 0
        )  # what is negative goes beside
        terms = renumbered(tally(rows.ids, rows.starts, len(hashes)), column, 2 * self.n_features)
        signed = terms._replace(
            columns=terms.columns >> 1, counts=np.where(terms.columns & 1, -terms.counts, terms.counts)
        )
        matrix = counted(signed, self.n_features, self.dtype, binary=False)
        matrix.has_canonical_format = False
        matrix.sum_duplicates()  # what is there positive and negative
        if self.binary:
            matrix.data.fill(1)
        return matrix
