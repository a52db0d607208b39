"""What can be told from the waveform of a frame itself: how loud it is, how often it crosses zero."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.numeric import Array, row_sum
from featkit.stage import Pointwise, RowShape


class RootMeanSquare(Pointwise):
    """The root of the mean of each frame's squared samples, one column.

    Notes
    -----
    Shape: ``(frames, taps)`` -> ``(frames, 1)``.

    Examples
    --------
    >>> import numpy as np
    >>> RootMeanSquare()(np.array([[1.0, -7.0]]))
    array([[5.]])
    """

    name = "root_mean_square"
    shape = "frame tap -> frame energy"
    formula = "r[t] = sqrt(mean_i x[t, i]^2)"
    source = "the definition of an effective value"

    def row_shape(self, row: RowShape) -> RowShape:
        return (1,)

    def apply(self, rows: Array) -> Array:
        return np.sqrt(row_sum(rows * rows) / rows.dtype.type(rows.shape[-1]))


class ZeroCrossingRate(Pointwise):
    """How many of a frame's samples have another sign than the sample before, as a share of all, one column.

    Parameters
    ----------
    threshold : float
        Smaller samples count as 0.
    zero_positive : bool
        0 has the sign of positive numbers; else it is a sign of its own.
    first : bool
        Whether the first sample of a frame counts as a crossing.
    dtype : str
        Precision of the output: ``"float64"`` or ``"float32"``.

    Notes
    -----
    Shape: ``(frames, taps)`` -> ``(frames, 1)``.

    Raises
    ------
    ParameterError
        If the threshold is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> ZeroCrossingRate()(np.array([[1.0, -1.0, 1.0, 1.0]]))
    array([[0.5]])
    """

    name = "zero_crossing_rate"
    shape = "frame tap -> frame rate"
    formula = "z[t] = sum_{i>0} [sign x[t, i] != sign x[t, i-1]] / taps"
    source = "Kedem, Spectral analysis and discrimination by zero-crossings, 1986"

    threshold: float = 1e-10
    zero_positive: bool = True
    first: bool = False
    dtype: Literal["float32", "float64"] = "float64"

    def check(self) -> None:
        self.at_least(0, "threshold")

    def row_shape(self, row: RowShape) -> RowShape:
        return (1,)

    def apply(self, rows: Array) -> Array:
        threshold = rows.dtype.type(self.threshold)
        sign = (rows > threshold).astype(np.int8) - (rows < -threshold)
        if self.zero_positive:
            sign = np.where(sign < 0, -1, 1)
        crossings = np.count_nonzero(sign[:, 1:] != sign[:, :-1], axis=1, keepdims=True) + int(self.first)
        return (crossings / rows.shape[-1]).astype(self.dtype)
