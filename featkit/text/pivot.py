"""Pivoted normalisation of documents' lengths."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from featkit.errors import InputError, ParameterError
from featkit.learner import Learner
from featkit.numeric import Array, Rows, is_sparse
from featkit.stage import Pointwise, Stage
from featkit.text.weighting import per_value, scaled


def different_terms(rows: Rows) -> Array:
    """How many terms each document has that weigh anything, int64."""
    if not is_sparse(rows):
        return np.count_nonzero(rows, axis=1)
    documents = rows.shape[0]
    return np.bincount(per_value(rows, np.arange(documents))[rows.data != 0], minlength=documents)


class PivotedScale(Pointwise):
    """Divide a document's weights by the pivoted number of its different terms. Usually learned: ``PivotedNorm().fit(...)``.

    Parameters
    ----------
    pivot : float
        Documents with so many different terms are divided by this number.
    slope : float
        How much of the difference from it counts, from 0 to 1.

    Notes
    -----
    Shape: ``(documents, terms)``, dense or CSR, unchanged.

    Raises
    ------
    ParameterError
        If the pivot is not above 0, or the slope not from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> PivotedScale(pivot=2.0, slope=0.5)(np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])).round(3)
    array([[0.5  , 0.5  , 0.   ],
           [0.667, 0.   , 0.   ]])
    """

    name = "pivoted_scale"
    shape = "document term -> document term"
    formula = "y[d, i] = x[d, i] / ((1 - slope) pivot + slope u[d]), u[d] the number of i with x[d, i] != 0"
    source = "Singhal, Buckley & Mitra, Pivoted document length normalization, SIGIR 1996"

    pivot: float = 1.0
    slope: float = 0.2

    def check(self) -> None:
        self.above(0, "pivot")
        _check_slope(self, self.slope)

    def apply(self, rows: Rows) -> Rows:
        precision = np.result_type(rows.dtype, np.float32)
        size = ((1 - self.slope) * self.pivot + self.slope * different_terms(rows)).astype(precision)
        size[size == 0] = 1  # nothing in it, and nothing made of the length of others
        return scaled(rows, rows.data / per_value(rows, size)) if is_sparse(rows) else rows / size[:, None]


class Sizes(NamedTuple):
    """The statistics of :class:`PivotedNorm`: they add up."""

    documents: int = 0
    terms: int = 0


class PivotedNorm(Learner):
    """Learn how many different terms a document has on average, and become :class:`PivotedScale`.

    Long documents are scaled down less than by their length: they are relevant more often than that allows for.

    Parameters
    ----------
    slope : float
        How much of the difference from the average counts, from 0 to 1.

    Notes
    -----
    Shape: ``(documents, terms)``, dense or CSR, unchanged. The norm ``u`` of the SMART codes.

    Raises
    ------
    ParameterError
        If the slope is not from 0 to 1.
    InputError
        If it is fitted on no documents, or empty ones.

    Examples
    --------
    >>> import numpy as np
    >>> PivotedNorm().fit([np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])])
    PivotedScale(pivot=2.0, slope=0.2)
    """

    name = "pivoted_norm"
    shape = "document term -> document term"
    formula = "pivot = the mean of u[d] over all documents"
    source = "Singhal, Buckley & Mitra, Pivoted document length normalization, SIGIR 1996"
    exact = True

    slope: float = 0.2

    def check(self) -> None:
        _check_slope(self, self.slope)

    def start(self) -> Sizes:
        return Sizes()

    def update(self, statistics: Sizes, rows: Rows) -> Sizes:
        return self.merge(statistics, Sizes(rows.shape[0], int(different_terms(rows).sum())))

    def merge(self, one: Sizes, other: Sizes) -> Sizes:
        return Sizes(one.documents + other.documents, one.terms + other.terms)

    def finish(self, statistics: Sizes) -> PivotedScale:
        if not statistics.terms:
            raise InputError(f"PivotedNorm has seen {statistics.documents} documents without a term; fit it on others")
        return PivotedScale(statistics.terms / statistics.documents, self.slope)


def _check_slope(stage: Stage, slope: float) -> None:
    if not 0 <= slope <= 1:
        raise ParameterError(f"{type(stage).__name__} takes a slope from 0 to 1, got {slope=}")
