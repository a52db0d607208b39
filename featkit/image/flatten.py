"""From what was made of an image to one row of features."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.numeric import Array
from featkit.stage import RowShape, Whole


class Flatten(Whole):
    """Lay everything that was made of an image into one row: what a classifier takes.

    Parameters
    ----------
    order : str
        ``"C"``: as it lies, the last axis (the channels) side by side; ``"channels first"``: one channel after the other, which
        the weights of a network trained in torch expect behind its own flattening.

    Notes
    -----
    Shape: any -> ``(1, values)``.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.array([[[1, 10], [2, 20]], [[3, 30], [4, 40]]])
    >>> Flatten()(image)
    array([[ 1, 10,  2, 20,  3, 30,  4, 40]])
    >>> Flatten("channels first")(image)
    array([[ 1,  2,  3,  4, 10, 20, 30, 40]])
    """

    name = "flatten"
    shape = "... -> image feature"
    formula = "y[0, (i width + j) channels + c] = x[i, j, c]"
    source = "torch.nn.Flatten"

    order: Literal["C", "channels first"] = "C"

    @property
    def moves(self) -> bool:
        """It only lays values elsewhere."""
        return True

    def count(self, n: int) -> int | None:
        return 1 if n else 0

    def row_shape(self, row: RowShape) -> RowShape:
        return None  # it depends on the number of rows

    def apply(self, rows: Array) -> Array:
        if not len(rows):
            return np.empty((0, 0), rows.dtype)
        return (np.moveaxis(rows, -1, 0) if self.order == "channels first" else rows).reshape(1, -1)
