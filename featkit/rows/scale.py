"""The plainest stages: nothing, a straight line, another precision, some of the columns."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.errors import ParameterError, ShapeError
from featkit.numeric import Array, as_precision
from featkit.stage import Pointwise, RowShape


class Identity(Pointwise):
    """Leave everything as it is: the branch of a :class:`featkit.Join` that hands the input itself on.

    Examples
    --------
    >>> import numpy as np
    >>> Identity()(np.array([1.0, 2.0]))
    array([1., 2.])
    """

    name = "identity"
    formula = "y = x"
    source = "featkit"

    def apply(self, rows: Array) -> Array:
        return rows


class Samples(Pointwise):
    """Say that what comes in is a signal, where the stages behind would take anything.

    Notes
    -----
    Shape: ``(samples,)``, unchanged. Integers are PCM and scaled by their type, as everywhere where samples are taken.

    Examples
    --------
    >>> import numpy as np
    >>> Samples()(np.array([16384, -32768], dtype=np.int16))
    array([ 0.5, -1. ], dtype=float32)
    """

    name = "samples"
    shape = "sample -> sample"
    formula = "y = x"
    source = "featkit"

    def apply(self, rows: Array) -> Array:
        return rows


class Affine(Pointwise):
    """Multiply by a number and add another: samples to the 16-bit scale, features to the range a model was trained on.

    Parameters
    ----------
    scale, offset : float

    Notes
    -----
    Any shape, unchanged.

    Raises
    ------
    ParameterError
        If one of them is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> Affine(2.0, offset=1.0)(np.array([0.0, 1.0]))
    array([1., 3.])
    """

    name = "affine"
    formula = "y = scale x + offset"
    source = "featkit"

    scale: float = 1.0
    offset: float = 0.0

    def check(self) -> None:
        if not np.isfinite([self.scale, self.offset]).all():
            raise ParameterError(
                f"Affine takes finite numbers, got {self.scale=} and {self.offset=}".replace("self.", "")
            )

    def apply(self, rows: Array) -> Array:
        scaled = rows * float(self.scale)
        if self.offset:
            scaled += float(self.offset)
        return scaled


class Precision(Pointwise):
    """Go on in single or double precision, whatever came in; for upstreams that compute in a precision of their own.

    Parameters
    ----------
    dtype : str
        ``"float32"`` or ``"float64"``; complex rows become complex of that precision.

    Notes
    -----
    Any shape, unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> Precision("float64")(np.array([0.5], np.float32)).dtype
    dtype('float64')
    """

    name = "precision"
    formula = "y = x, rounded to dtype"
    source = "featkit"

    dtype: Literal["float32", "float64"] = "float64"

    def value_size(self, size: int) -> int:
        return np.dtype(self.dtype).itemsize

    def apply(self, rows: Array) -> Array:
        return as_precision(rows, self.dtype)


class Columns(Pointwise):
    """Choose columns, in any order: drop the zeroth coefficient, move the energy to the end.

    Parameters
    ----------
    index : tuple of int
        The columns of the output, by their place in the input; negative ones count from the end.

    Notes
    -----
    Shape: ``(frames, features)`` -> ``(frames, len(index))``.

    Raises
    ------
    ParameterError
        If no column is chosen.
    ShapeError
        If a row has no such column.

    Examples
    --------
    >>> import numpy as np
    >>> Columns((1, 2, 0))(np.array([[10.0, 11.0, 12.0]]))
    array([[11., 12., 10.]])
    """

    name = "columns"
    shape = "* * -> * *"
    formula = "y[t, d] = x[t, index[d]]"
    source = "featkit"

    index: tuple[int, ...] = (0,)

    def check(self) -> None:
        if not self.index:
            raise ParameterError("Columns needs at least one column in its index")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None:
            for column in self.index:
                if not -row[0] <= column < row[0]:
                    raise ShapeError(f"Columns takes column {column}, but a row has {row[0]}; they are numbered from 0")
        return (len(self.index),)

    def apply(self, rows: Array) -> Array:
        return rows[:, list(self.index)]
