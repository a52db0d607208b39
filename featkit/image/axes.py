"""What becomes an image, and which way it lies."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array
from featkit.stage import Pointwise, RowShape, Whole


class Pixels(Pointwise):
    """Say that what comes in is an image, where the stages behind would take anything.

    Notes
    -----
    Shape: ``(height, width, channels)``, unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> Pixels()(np.zeros((2, 3, 1), np.uint8)).shape
    (2, 3, 1)
    """

    name = "pixels"
    shape = "height width channel -> height width channel"
    formula = "y = x"
    source = "featkit"

    @property
    def moves(self) -> bool:
        """It leaves them where they are."""
        return True

    def apply(self, rows: Array) -> Array:
        return rows


class AsImage(Pointwise):
    """Take rows of features for an image: a row (a frame of a spectrogram) is a row of its pixels, of one channel.

    Notes
    -----
    Shape: ``(frames, features)`` -> ``(frames, features, 1)``, named height, width and channel. Time runs downwards, so it
    streams; :class:`Transpose` lays it to the right.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> patches = featkit.log_fbank(n_mels=64) | AsImage() | featkit.Patches(16, stride=10)
    >>> patches(np.zeros(16000)).shape
    (45, 256)
    """

    name = "as_image"
    shape = "* * -> height width channel"
    formula = "y[t, d, 0] = x[t, d]"
    source = "featkit"

    @property
    def moves(self) -> bool:
        """It gives an axis a name."""
        return True

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (*row, 1)

    def apply(self, rows: Array) -> Array:
        return rows[:, :, None]


class Transpose(Whole):
    """Swap height and width: what ran downwards runs to the right.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(width, height, channels)``. An empty image stays empty.

    Examples
    --------
    >>> import numpy as np
    >>> Transpose()(np.array([[[1], [2]], [[3], [4]]]))[:, :, 0]
    array([[1, 3],
           [2, 4]])
    """

    name = "transpose"
    shape = "height width channel -> height width channel"
    formula = "y[i, j, c] = x[j, i, c]"
    source = "the definition"
    remedy = "call it on the whole image"

    @property
    def moves(self) -> bool:
        """Pixels are moved only."""
        return True

    def count(self, n: int) -> int | None:
        """Not known from the height."""
        return None

    def row_shape(self, row: RowShape) -> RowShape:
        return None

    def apply(self, rows: Array) -> Array:
        if not len(rows):
            return np.empty((0, 0, rows.shape[2]), rows.dtype)
        return np.ascontiguousarray(rows.transpose(1, 0, 2))
