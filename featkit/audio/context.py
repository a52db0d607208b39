"""Context: frames beside frames, and fewer frames."""

from __future__ import annotations

from featkit.numeric import Array, flatten_rows
from featkit.stage import RowShape
from featkit.windowed import Geometry, Windowed


class Splice(Windowed):
    """Put the frames around each frame beside it; edge frames are repeated outside.

    Parameters
    ----------
    left, right : int
        Frames before and after.

    Notes
    -----
    Shape: ``(frames, features)`` -> ``(frames, (left + 1 + right) * features)``.

    Raises
    ------
    ParameterError
        If one of them is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> Splice(1, 1)(np.array([[1.0], [2.0], [3.0]]))
    array([[1., 1., 2.],
           [1., 2., 3.],
           [2., 3., 3.]])
    """

    name = "splice"
    shape = "* * -> * *"
    formula = "y[t] = (x[t-left], ..., x[t], ..., x[t+right])"
    source = "Kaldi, splice-feats"

    left: int = 4
    right: int = 4

    def check(self) -> None:
        self.at_least(0, "left", "right")

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (row[0] * (self.left + 1 + self.right),)

    def geometry(self) -> Geometry:
        return Geometry(self.left + 1 + self.right, left=self.left, fill="edge")

    def windows(self, rows: Array) -> Array:
        return flatten_rows(rows)


class StackFrames(Windowed):
    """Put every ``size`` frames side by side into one, moving on by ``hop``; a rest too short for that is dropped.

    Parameters
    ----------
    size, hop : int
        Frames in a stack, and from one stack to the next.

    Notes
    -----
    Shape: ``(frames, features)`` -> ``((frames - size)//hop + 1, size * features)``.

    Raises
    ------
    ParameterError
        If one of them is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> StackFrames(2, hop=2)(np.arange(5.0)[:, None])
    array([[0., 1.],
           [2., 3.]])
    """

    name = "stack_frames"
    shape = "* * -> * *"
    formula = "y[t] = (x[t*hop], ..., x[t*hop + size - 1])"
    source = "Sak et al., Fast and accurate recurrent neural network acoustic models, 2015"

    size: int = 2
    hop: int = 2

    def check(self) -> None:
        self.at_least(1, "size", "hop")

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (row[0] * self.size,)

    def geometry(self) -> Geometry:
        return Geometry(self.size, self.hop, reach=self.hop - self.size)

    def windows(self, rows: Array) -> Array:
        return flatten_rows(rows)


class Subsample(Windowed):
    """Keep every n-th row.

    Parameters
    ----------
    n : int
        One row in n is kept.
    offset : int
        The first one kept.

    Notes
    -----
    Shape: ``(frames, ...)`` -> ``(ceil((frames - offset) / n), ...)``.

    Raises
    ------
    ParameterError
        If n is below 1 or offset below 0.

    Examples
    --------
    >>> import numpy as np
    >>> Subsample(2, offset=1)(np.arange(5.0)[:, None]).ravel()
    array([1., 3.])
    """

    name = "subsample"
    formula = "y[t] = x[t*n + offset]"
    source = "Kaldi, subsample-feats"

    n: int = 2
    offset: int = 0

    def check(self) -> None:
        self.at_least(1, "n")
        self.at_least(0, "offset")

    def geometry(self) -> Geometry:
        return Geometry(1, self.n, left=-self.offset, reach=self.n - 1 - self.offset)

    def windows(self, rows: Array) -> Array:
        return rows[:, 0]
