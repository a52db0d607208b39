"""Percentiles of features over time."""

from __future__ import annotations

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Array
from featkit.stage import RowShape, Whole


class Percentiles(Whole):
    """The values below which given shares of all frames lie, of every feature: one row.

    Parameters
    ----------
    percentiles : tuple of float
        From 0 to 100; 50 is the median.

    Notes
    -----
    Shape: ``(frames, features)`` -> ``(1, percentiles * features)``, all features' first percentile first. Interpolated between
    frames, as ``numpy.percentile`` has it.

    Raises
    ------
    ParameterError
        If there is none, or one isn't between 0 and 100.

    Examples
    --------
    >>> import numpy as np
    >>> Percentiles((50, 100))(np.array([[1.0, 5.0], [2.0, 4.0], [6.0, 3.0]]))
    array([[2., 4., 6., 5.]])
    """

    name = "percentiles"
    shape = "* * -> item feature"
    formula = "y[p] = the sorted x at position p / 100 (n - 1), interpolated"
    source = "Hyndman & Fan, Sample quantiles in statistical packages, 1996 (definition 7)"

    percentiles: tuple[float, ...] = (5, 25, 50, 75, 95)

    def check(self) -> None:
        if not self.percentiles or not all(0 <= value <= 100 for value in self.percentiles):
            raise ParameterError(f"Percentiles takes numbers from 0 to 100, at least one, got {self.percentiles!r}")

    def count(self, n: int) -> int:
        return min(n, 1)

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (len(self.percentiles) * row[0],)

    def apply(self, rows: Array) -> Array:
        if not len(rows):
            return np.empty((0, len(self.percentiles) * rows.shape[1]), rows.dtype)
        found = np.percentile(rows.astype(np.float64), self.percentiles, axis=0)
        return found.reshape(1, -1).astype(rows.dtype)
