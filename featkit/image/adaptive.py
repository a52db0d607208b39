"""Pooling to a size that is given, however large the image is: the whole of it, its quadrants, a grid."""

from __future__ import annotations

import numpy as np

from featkit.image.plane import Pair, check_pair, no_rows, pair
from featkit.numeric import Array
from featkit.stage import RowShape, Whole


class _AdaptivePool(Whole):
    """A grid laid over the whole image; neighbouring cells share a row or column where it doesn't divide evenly."""

    size: Pair = 1

    def check(self) -> None:
        check_pair(self, 1, "size")

    def count(self, n: int) -> int | None:
        return pair(self.size)[0] if n else 0

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (pair(self.size)[1], row[1])

    def apply(self, rows: Array) -> Array:
        if not len(rows):
            return no_rows(self, rows)
        rows = np.ascontiguousarray(rows)  # sums run in an order that the layout decides
        tall = np.stack([self._pooled(rows[start:end], 0) for start, end in _cells(len(rows), pair(self.size)[0])])
        cells = [self._pooled(tall[:, start:end], 1) for start, end in _cells(rows.shape[1], pair(self.size)[1])]
        return np.stack(cells, axis=1)

    def _pooled(self, rows: Array, axis: int) -> Array:
        """One value for all of an axis."""
        raise NotImplementedError(f"{type(self).__name__} must define _pooled(rows, axis)")


def _cells(n: int, count: int) -> list[tuple[int, int]]:
    """Where each cell begins and ends."""
    return [(at * n // count, -(-(at + 1) * n // count)) for at in range(count)]


class AdaptiveAveragePool(_AdaptivePool):
    """The mean of every cell of a grid laid over the image: of all of it by default, of its quadrants with ``size=2``.

    Parameters
    ----------
    size : int or (int, int)
        Rows and columns of the grid.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(rows, columns, channels)``.

    Raises
    ------
    ParameterError
        If the grid has no cell.

    Examples
    --------
    >>> import numpy as np
    >>> AdaptiveAveragePool(2)(np.arange(16.0).reshape(4, 4, 1))[..., 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """

    name = "adaptive_average_pool"
    shape = "height width channel -> height width channel"
    formula = "y[i, j] = mean of x[floor(i h / rows) : ceil((i+1) h / rows), and so across]"
    source = "torch.nn.AdaptiveAvgPool2d; Lin, Chen & Yan, Network in network, 2013 (size=1)"

    def _pooled(self, rows: Array, axis: int) -> Array:
        pooled: Array = rows.mean(axis=axis, dtype=np.float64).astype(rows.dtype)
        return pooled


class AdaptiveMaxPool(_AdaptivePool):
    """The largest value of every cell of a grid laid over the image.

    Parameters
    ----------
    size : int or (int, int)
        Rows and columns of the grid.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(rows, columns, channels)``.

    Raises
    ------
    ParameterError
        If the grid has no cell.

    Examples
    --------
    >>> import numpy as np
    >>> AdaptiveMaxPool()(np.arange(16.0).reshape(4, 4, 1))
    array([[[15.]]])
    """

    name = "adaptive_max_pool"
    shape = "height width channel -> height width channel"
    formula = "y[i, j] = max of x[floor(i h / rows) : ceil((i+1) h / rows), and so across]"
    source = "torch.nn.AdaptiveMaxPool2d"

    def _pooled(self, rows: Array, axis: int) -> Array:
        most: Array = rows.max(axis=axis) + 0  # of 0 and -0, either may have come first
        return most
