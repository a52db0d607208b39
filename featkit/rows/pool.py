"""Features of any number of frames in one row: what they are like on the whole."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Array
from featkit.stage import RowShape, Summary

Statistic: TypeAlias = Literal["mean", "std", "min", "max", "range", "slope"]


class Sums(NamedTuple):
    """What is known of the rows so far: sums of their distances from the first one, which lose no digits."""

    rows: int
    first: Array
    sums: Array  # of distances, of their squares, of distances times the row's number
    low: Array
    high: Array


class Pool(Summary):
    """Statistics of every feature over all frames: one row, however many frames there were.

    Parameters
    ----------
    statistics : tuple of str
        ``"mean"``, ``"std"`` (divided by n), ``"min"``, ``"max"`` (max-over-time pooling), ``"range"``, ``"slope"`` (of the line
        fitted to the feature, per frame).

    Notes
    -----
    Shape: ``(frames, features)`` -> ``(1, statistics * features)``, all features' first statistic first. The sums run in double
    precision, frame by frame. Statistics of deltas as well: ``Join((Identity(), Deltas())) | Pool()``; percentiles:
    :class:`Percentiles`; parts of the time: :class:`SegmentMeans`.

    Raises
    ------
    ParameterError
        If nothing is asked for.

    Examples
    --------
    >>> import numpy as np
    >>> Pool(("mean", "max", "slope"))(np.array([[1.0, 0.0], [2.0, 0.0], [6.0, 3.0]]))
    array([[3. , 1. , 6. , 3. , 2.5, 1.5]])
    """

    name = "pool"
    shape = "* * -> item feature"
    formula = (
        "mean = sum x / n; std = sqrt(sum (x - mean)^2 / n); slope = sum (t - mean t)(x - mean) / sum (t - mean t)^2"
    )
    source = "functionals: Eyben, Wöllmer & Schuller, openSMILE, 2010"

    statistics: tuple[Statistic, ...] = ("mean", "std")

    def check(self) -> None:
        if not self.statistics:
            raise ParameterError("Pool needs at least one statistic: mean, std, min, max, range, slope")

    def count(self, n: int) -> int:
        return min(n, 1)

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (len(self.statistics) * row[0],)

    def begin(self, rows: Array) -> Sums:
        none = np.empty((0, rows.shape[1]), rows.dtype)
        return Sums(0, none, np.zeros((3, rows.shape[1])), none, none)

    def add(self, state: Sums, rows: Array) -> Sums:
        first = state.first if state.rows else rows[:1].copy()
        apart = rows.astype(np.float64) - first.astype(np.float64)
        numbers = np.arange(state.rows, state.rows + len(rows), dtype=np.float64)[:, None]
        events = np.stack([apart, apart * apart, apart * numbers], axis=1)
        # One frame after the other, so that blocks of any length give the same bytes.
        sums = np.cumsum(np.concatenate([state.sums[None], events]), axis=0)[-1]
        low, high = (
            of.reduce(np.concatenate([known, rows]), axis=0, keepdims=True)
            for of, known in ((np.minimum, state.low), (np.maximum, state.high))
        )
        return Sums(state.rows + len(rows), first, sums, low, high)

    def conclude(self, state: Sums) -> Array:
        n = max(state.rows, 1)
        first = state.first.astype(np.float64)
        apart = state.sums[0] / n
        # sum (t - mean t)^2 = n (n^2 - 1) / 12; a single frame has no slope
        slope = (state.sums[2] - 0.5 * (n - 1) * state.sums[0]) / max(n * (n * n - 1) / 12.0, 1.0)
        found: dict[str, Array] = {
            "mean": first + apart,
            "std": np.sqrt(np.maximum(state.sums[1] / n - apart * apart, 0.0)),
            "min": state.low,
            "max": state.high,
            "range": state.high.astype(np.float64) - state.low,
            "slope": slope,
        }
        rows = [np.broadcast_to(found[name], first.shape) for name in self.statistics]
        return np.concatenate(rows, axis=1).astype(state.first.dtype)
