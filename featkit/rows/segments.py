"""A sound of any length in a fixed number of parts: pooling that keeps the order of things."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array
from featkit.stage import RowShape, Whole


class SegmentMeans(Whole):
    """Cut the rows into parts of equal length and take the mean of each: one row of ``segments`` x features.

    Parameters
    ----------
    segments : int

    Notes
    -----
    Shape: ``(frames, features)`` -> ``(1, segments * features)``, the first segment first. The borders may lie inside a frame,
    which then counts in both parts, by its share; so an input of fewer frames than segments has as many parts as well.

    Raises
    ------
    ParameterError
        If there are fewer than 1 segments.

    Examples
    --------
    >>> import numpy as np
    >>> SegmentMeans(2)(np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])).round(4)
    array([[ 1.3333, 13.3333,  2.6667, 26.6667]])
    """

    name = "segment_means"
    shape = "* * -> item feature"
    formula = "y[s] = mean of x over [s n / segments, (s + 1) n / segments)"
    source = "temporal pyramids: Lazebnik, Schmid & Ponce, Beyond bags of features, CVPR 2006, along one axis"

    segments: int = 8

    def check(self) -> None:
        self.at_least(1, "segments")

    def count(self, n: int) -> int:
        return min(n, 1)

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (self.segments * row[0],)

    def apply(self, rows: Array) -> Array:
        n, features = rows.shape
        if not n:
            return np.empty((0, self.segments * features), rows.dtype)
        sums = np.zeros((n + 1, features))
        np.cumsum(rows, axis=0, dtype=np.float64, out=sums[1:])
        border = np.arange(self.segments + 1) * (n / self.segments)
        whole = np.minimum(border.astype(np.intp), n - 1)
        upto = sums[whole] + (border - whole)[:, None] * rows[whole]
        return ((upto[1:] - upto[:-1]) * (self.segments / n)).reshape(1, -1).astype(rows.dtype)
