"""Rows of unit norm: what counts is how a frame is distributed, not how loud it is."""

from __future__ import annotations

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Array, row_sum
from featkit.stage import Pointwise


def unit_rows(rows: Array, norm: float) -> Array:
    """Each row divided by its norm, which is computed in float64; rows of (nearly) nothing stay as they are.

    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]]), 2)
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    sizes = np.ascontiguousarray(np.abs(rows)).astype(np.float64, copy=False)
    if norm == np.inf:
        length = sizes.max(axis=-1, keepdims=True)
    elif norm == -np.inf:
        length = sizes.min(axis=-1, keepdims=True)
    elif norm == 0:
        length = row_sum((sizes > 0).astype(np.float64))
    else:
        length = row_sum(sizes**norm) ** (1.0 / norm)
    length[length < np.finfo(rows.dtype).tiny] = 1.0
    return (rows / length).astype(rows.dtype)


class UnitNorm(Pointwise):
    """Divide each row by its norm.

    Parameters
    ----------
    norm : float
        p of the p-norm: 1 makes the row sum to 1, 2 makes its squares, inf makes its largest value 1; 0 divides by how many
        values are not 0, -inf by the smallest.

    Notes
    -----
    Shape: ``(frames, features)``, unchanged. A silent frame stays as it is.

    Raises
    ------
    ParameterError
        If the norm is below 0 and not -inf.

    Examples
    --------
    >>> import numpy as np
    >>> UnitNorm(1)(np.array([[1.0, 3.0]]))
    array([[0.25, 0.75]])
    """

    name = "unit_norm"
    shape = "* * -> * *"
    formula = "y[t, d] = x[t, d] / (sum_i |x[t, i]|^norm)^(1/norm)"
    source = "librosa.util.normalize"

    norm: float = 2.0

    def check(self) -> None:
        if self.norm < 0 and self.norm != -np.inf:
            raise ParameterError(f"UnitNorm.norm must be at least 0, or -inf, got {self.norm!r}")

    def apply(self, rows: Array) -> Array:
        return unit_rows(rows, float(self.norm))
