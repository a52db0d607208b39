"""Normalisation of features by what was learned from data: cepstral mean and variance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from featkit.errors import InputError, ShapeError
from featkit.numeric import Array
from featkit.stage import Learner, Pointwise, RowShape


class Moments(NamedTuple):
    """Sums from which mean and variance follow; two of them add up to those of both data sets."""

    frames: int
    total: Array
    squares: Array


class Cmvn(Learner):
    """Learn the mean and variance of every feature column; fitted, it becomes :class:`Normalise`.

    Parameters
    ----------
    variance : bool
        Normalise the variance to 1 as well as the mean to 0.
    floor : float
        Smaller variances count as this one, so that a constant column stays finite.

    Notes
    -----
    Shape: ``(frames, features)``, unchanged. The statistics (:class:`Moments`) of parts of a corpus can be merged.

    Raises
    ------
    InputError
        If there was no frame to learn from.

    Examples
    --------
    >>> import numpy as np
    >>> cmvn = Cmvn().fit([np.array([[0.0, 1.0], [2.0, 5.0]]), np.array([[4.0, 3.0]])])
    >>> cmvn.mean
    array([2., 3.])
    >>> cmvn(np.array([[2.0, 3.0]]))
    array([[0., 0.]])
    """

    name = "cmvn"
    shape = "* * -> * *"
    formula = "y[t, d] = (x[t, d] - mean_d) / sqrt(max(variance_d, floor)), over all frames learned from"
    source = "Viikki & Laurila, Cepstral domain segmental feature vector normalization, 1998"

    variance: bool = True
    floor: float = 1e-20

    def check(self) -> None:
        self.above(0, "floor")

    def start(self) -> Moments:
        return Moments(0, np.zeros(0), np.zeros(0))

    def update(self, statistics: Moments, rows: Array) -> Moments:
        wide = rows.astype(np.float64)
        return self.merge(statistics, Moments(len(rows), wide.sum(axis=0), (wide * wide).sum(axis=0)))

    def merge(self, one: Moments, other: Moments) -> Moments:
        if not one.frames or not other.frames:
            return one if one.frames else other
        if one.total.shape != other.total.shape:
            raise ShapeError(
                f"frames of {len(one.total)} and of {len(other.total)} features cannot be learned from together"
            )
        return Moments(one.frames + other.frames, one.total + other.total, one.squares + other.squares)

    def finish(self, statistics: Moments) -> Normalise:
        if not statistics.frames:
            raise InputError("Cmvn has seen no frame; fit it on at least one input that is long enough for a frame")
        mean = statistics.total / statistics.frames
        spread = np.maximum(statistics.squares / statistics.frames - mean * mean, self.floor)
        return Normalise(mean, np.sqrt(spread) if self.variance else np.ones_like(mean))


class Normalise(Pointwise):
    """Subtract a mean from each column and divide by a deviation.

    Parameters
    ----------
    mean, deviation : ndarray, shape (features,)

    Notes
    -----
    Shape: ``(frames, features)``, unchanged. Mostly made by fitting :class:`Cmvn`.

    Raises
    ------
    ShapeError
        If mean, deviation and rows don't have the same number of features.

    Examples
    --------
    >>> import numpy as np
    >>> Normalise(np.array([1.0, 2.0]), np.array([1.0, 4.0]))(np.array([[2.0, 10.0]]))
    array([[1., 2.]])
    """

    name = "normalise"
    shape = "* * -> * *"
    formula = "y[t, d] = (x[t, d] - mean[d]) / deviation[d]"
    source = "the definition of a standard score"

    mean: np.ndarray
    deviation: np.ndarray

    def check(self) -> None:
        if self.mean.ndim != 1 or self.mean.shape != self.deviation.shape:
            raise ShapeError(
                f"Normalise takes a mean and a deviation per feature, got shapes {self.mean.shape} and {self.deviation.shape}"
            )

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and row != self.mean.shape:
            raise ShapeError(f"Normalise has learned {len(self.mean)} features, got rows of {row[0]}")
        return self.mean.shape

    def apply(self, rows: Array) -> Array:
        return (rows - self.mean.astype(rows.dtype)) / self.deviation.astype(rows.dtype)
