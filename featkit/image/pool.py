"""Pooling: the largest value, or the mean, of every small window."""

from __future__ import annotations

import numpy as np

from featkit.errors import ParameterError, ShapeError
from featkit.image.plane import Pair, check_pair, pair, wider
from featkit.numeric import Array, Fill
from featkit.stage import RowShape
from featkit.windowed import Geometry, Windowed


class _Pool(Windowed):
    """Windows over an image, all channels by themselves."""

    size: Pair = 2
    stride: Pair | None = None
    padding: Pair = 0
    ceil: bool = False

    def check(self) -> None:
        check_pair(self, 1, "size", "stride")
        check_pair(self, 0, "padding")
        for size, padding in zip(pair(self.size), pair(self.padding), strict=True):
            if padding > size // 2:
                raise ParameterError(
                    f"{type(self).__name__}.padding={self.padding} is more than half of size={self.size}, so that a window might "
                    "see no pixel; make it smaller"
                )

    def _along(self, axis: int, fill: Fill) -> Geometry:
        """The windows down (axis 0) or across (axis 1)."""
        size, padding = pair(self.size)[axis], pair(self.padding)[axis]
        hop = size if self.stride is None else pair(self.stride)[axis]
        reach = 2 * padding - size + hop
        if self.ceil:  # one that sticks out further, as long as it begins before the padding does
            reach = min(reach + hop - 1, padding + hop - 1)
        return Geometry(size, hop, padding, reach, fill)

    def row_shape(self, row: RowShape) -> RowShape:
        if row is None:
            return None
        across = self._along(1, "zero").count(row[0])
        if across < 1:
            raise ShapeError(
                f"{type(self).__name__} has windows of {pair(self.size)[1]} columns, and the image has {row[0]}"
            )
        return (across, row[1])

    def _across(self, rows: Array, fill: Fill) -> list[Array]:
        """Each column of the windows, of rows that were pooled down already."""
        windows = self._along(1, fill)
        count = windows.count(rows.shape[1])
        end = (count - 1) * windows.hop - windows.left + windows.span
        wide = wider(rows, windows.left, max(0, end - rows.shape[1]), fill)
        return [wide[:, at : at + (count - 1) * windows.hop + 1 : windows.hop] for at in range(windows.span)]


class MaxPool(_Pool):
    """The largest value of every window, for each channel by itself.

    Parameters
    ----------
    size : int or (int, int)
        Rows and columns of a window.
    stride : int or (int, int), optional
        How far apart the windows are; their size by default.
    padding : int or (int, int)
        How far the first window sticks out above and left; what lies outside never is the largest.
    ceil : bool
        Whether a last window may stick out below or right where the image is not a whole number of windows.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(windows down, windows across, channels)``.

    Raises
    ------
    ParameterError
        If a number is too small, or the padding more than half of the size.
    ShapeError
        If the image is narrower than a window.

    Examples
    --------
    >>> import numpy as np
    >>> MaxPool(2)(np.arange(16.0).reshape(4, 4, 1))[..., 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """

    name = "max_pool"
    shape = "height width channel -> height width channel"
    formula = "y[i, j] = max of x[i stride - padding : + size, j stride - padding : + size]"
    source = "Ranzato et al., Unsupervised learning of invariant feature hierarchies, CVPR 2007"

    def geometry(self) -> Geometry:
        return self._along(0, "edge")  # a window that sticks out sees the edge, too, so repeating it changes no maximum

    def windows(self, rows: Array) -> Array:
        tall = rows[:, 0].copy()
        for at in range(1, rows.shape[1]):
            np.maximum(tall, rows[:, at], out=tall)
        first, *others = self._across(tall, "edge")
        most = first.copy()
        for column in others:
            np.maximum(most, column, out=most)
        most += 0  # of 0 and -0, either may have come first
        return most


class AveragePool(_Pool):
    """The mean of every window, for each channel by itself.

    Parameters
    ----------
    size : int or (int, int)
        Rows and columns of a window.
    stride : int or (int, int), optional
        How far apart the windows are; their size by default.
    padding : int or (int, int)
        How far the first window sticks out above and left.
    ceil : bool
        Whether a last window may stick out below or right where the image is not a whole number of windows.
    count_padding : bool
        Whether what lies outside counts, as zeros, or the mean is that of the pixels alone.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(windows down, windows across, channels)``. What ``ceil`` adds beyond the padding
    doesn't count in either case.

    Raises
    ------
    ParameterError
        If a number is too small, or the padding more than half of the size.
    ShapeError
        If the image is narrower than a window.

    Examples
    --------
    >>> import numpy as np
    >>> AveragePool(2)(np.arange(16.0).reshape(4, 4, 1))[..., 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """

    name = "average_pool"
    shape = "height width channel -> height width channel"
    formula = "y[i, j] = mean of x[i stride - padding : + size, j stride - padding : + size]"
    source = "LeCun et al., Gradient-based learning applied to document recognition, Proc. IEEE 86, 1998"

    count_padding: bool = True

    def geometry(self) -> Geometry:
        return self._along(0, "zero")

    def windows(self, rows: Array) -> Array:
        """The sums; :meth:`between` knows where the windows lie, and so how many pixels they have."""
        tall = rows[:, 0].copy()
        for at in range(1, rows.shape[1]):
            tall += rows[:, at]
        first, *others = self._across(tall, "zero")
        sums = first.copy()
        for column in others:
            sums += column
        return sums

    @property
    def bundles(self) -> bool:
        """Never: what a window is divided by depends on where it lies in its image."""
        return False

    def between(self, held: Array, start: int, first: int, last: int, seen: int) -> Array:
        sums = super().between(held, start, first, last, seen)
        down = self._counted(self._geometry, np.arange(first, first + len(sums)), seen)
        across = self._counted(self._along(1, "zero"), np.arange(sums.shape[1]), held.shape[1])
        return sums / (down[:, None] * across)[..., None].astype(sums.dtype)

    def _counted(self, windows: Geometry, index: Array, n: int) -> Array:
        """How many of ``n`` pixels, and of those made up where they count, each window has along one axis."""
        made_up = windows.left if self.count_padding else 0
        begin = index * windows.hop - windows.left
        counted: Array = np.minimum(begin + windows.span, n + made_up) - np.maximum(begin, -made_up)
        return counted
