"""The middle of an image."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.errors import ParameterError
from featkit.image.patches import Pair, pair
from featkit.numeric import Array
from featkit.stage import RowShape, Whole


class CentreCrop(Whole):
    """Cut the middle out of an image; where the image is smaller, zeros stand around it.

    Parameters
    ----------
    size : int or tuple of int
        Of what is cut out: a square, or its height and width.
    middle : str
        What is done where the margins cannot be equal. ``"floor"``: the one above or on the left is smaller, as
        transformers has it. ``"even"``: it is half the difference, rounded to the even number, as torchvision has it (and
        cut off where the image is smaller).

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(size, size, channels)``. Values are moved only, so integers stay integers. An
    empty image stays empty.

    Raises
    ------
    ParameterError
        If a size is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.arange(5.0)[:, None, None] * np.ones((1, 4, 1))
    >>> CentreCrop((2, 4))(image)[:, :, 0]
    array([[1., 1., 1., 1.],
           [2., 2., 2., 2.]])
    """

    name = "centre_crop"
    shape = "height width channel -> height width channel"
    formula = "y[i, j, c] = x[i + (height - size) / 2, j + (width - size) / 2, c], rounded; 0 outside of the image"
    source = "transformers, center_crop; torchvision, CenterCrop"
    remedy = "call it on the whole image"

    size: Pair = 224
    middle: Literal["floor", "even"] = "floor"

    def check(self) -> None:
        if min(pair(self.size)) < 1:
            raise ParameterError(f"CentreCrop.size must be at least 1, or two such numbers, got {self.size!r}")

    @property
    def moves(self) -> bool:
        """Pixels are moved only."""
        return True

    def count(self, n: int) -> int:
        return pair(self.size)[0] if n else 0

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (pair(self.size)[1], row[1])

    def apply(self, rows: Array) -> Array:
        high, wide = pair(self.size)
        cropped = np.zeros((self.count(len(rows)), wide, rows.shape[2]), rows.dtype)
        if len(rows):
            top, left = self._margin(len(rows), high), self._margin(rows.shape[1], wide)
            inside = rows[max(top, 0) : top + high, max(left, 0) : left + wide]
            below, beside = max(-top, 0), max(-left, 0)
            cropped[below : below + len(inside), beside : beside + inside.shape[1]] = inside
        return cropped

    def _margin(self, pixels: int, kept: int) -> int:
        """How many pixels are cut off above or on the left; fewer than none where zeros are put there."""
        difference = pixels - kept
        if self.middle == "floor":
            return difference // 2
        return round(difference / 2) if difference >= 0 else -(-difference // 2)
