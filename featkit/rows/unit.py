"""Rows of unit norm: what counts is how a frame is distributed, not how loud it is."""

from __future__ import annotations

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Rows, is_sparse, row_sum
from featkit.stage import Pointwise


def unit_rows(rows: Rows, norm: float) -> Rows:
    """Each row divided by its norm, which is computed in float64; rows of (nearly) nothing stay as they are.

    Of a CSR matrix, what is not stored counts as nothing, which leaves no smallest value (``norm=-inf``) to divide by.

    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]]), 2)
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    if is_sparse(rows):
        return _unit_sparse(rows, norm)
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


def _unit_sparse(rows: Rows, norm: float) -> Rows:
    sizes = rows.astype(np.float64)
    np.abs(sizes.data, out=sizes.data)
    if norm in (np.inf, -np.inf):
        length = sizes.max(axis=1).toarray()[:, None] if norm > 0 else np.ones((rows.shape[0], 1))
    else:
        sizes.data = (sizes.data > 0).astype(np.float64) if norm == 0 else sizes.data**norm
        length = row_sum(sizes) ** (1.0 / norm if norm else 1.0)
    length[length < np.finfo(rows.dtype).tiny] = 1.0
    scaled = rows.copy()
    scaled.data = (rows.data / np.repeat(length[:, 0], np.diff(rows.indptr))).astype(rows.dtype)
    return scaled


class UnitNorm(Pointwise):
    """Divide each row by its norm.

    Parameters
    ----------
    norm : float
        p of the p-norm: 1 makes the row sum to 1, 2 makes its squares, inf makes its largest value 1; 0 divides by how many
        values are not 0, -inf by the smallest.

    Notes
    -----
    Shape: ``(frames, features)``, unchanged. A silent frame stays as it is. Rows may be a CSR matrix.

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

    def apply(self, rows: Rows) -> Rows:
        return unit_rows(rows, float(self.norm))
