"""Padding: samples before and after a signal."""

from __future__ import annotations

from featkit.numeric import Array, Fill
from featkit.windowed import Geometry, Windowed


class Pad(Windowed):
    """Put rows before and after a signal, or a sequence of frames.

    Parameters
    ----------
    left, right : int
        Rows put before the first and after the last one.
    fill : str
        What they are: ``"zero"``, ``"edge"`` (the first and the last row again), ``"reflect"`` or ``"mirror"`` (the rows
        near the edge in reverse, without or with the one at the edge).

    Notes
    -----
    Shape: ``(n, ...)`` -> ``(left + n + right, ...)``; nothing is put around an empty input.

    Raises
    ------
    ParameterError
        If left or right is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> Pad(1, 2)(np.array([5.0, 6.0])), Pad(1, 2, "reflect")(np.array([5.0, 6.0, 7.0]))
    (array([0., 5., 6., 0., 0.]), array([6., 5., 6., 7., 6., 5.]))
    """

    name = "pad"
    formula = "y[i] = x[i - left], and what fill says outside of x"
    source = "torch.nn.functional.pad"

    left: int = 200
    right: int = 200
    fill: Fill = "zero"

    def check(self) -> None:
        self.at_least(0, "left", "right")

    def geometry(self) -> Geometry:
        return Geometry(1, left=self.left, reach=self.left + self.right, fill=self.fill)

    def windows(self, rows: Array) -> Array:
        return rows[:, 0]
