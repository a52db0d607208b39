"""Colour to grey, and grey to three equal channels."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.errors import ShapeError
from featkit.image.levels import Arithmetic, as_levels
from featkit.numeric import Array
from featkit.stage import Pointwise, RowShape

#: How much red, green and blue count.
WEIGHTS = {
    "bt601": (0.299, 0.587, 0.114),
    "bt709": (0.2126, 0.7152, 0.0722),
    "crt": (0.2125, 0.7154, 0.0721),
}


class Grey(Pointwise):
    """Make a colour image grey: the luma of its pixels, as one channel.

    Parameters
    ----------
    weights : str
        How much red, green and blue count: ``"bt601"`` (ITU-R BT.601, as Pillow, OpenCV and JPEG), ``"bt709"`` (ITU-R BT.709)
        or ``"crt"`` (0.2125, 0.7154, 0.0721, as scikit-image).
    arithmetic : str
        ``"real"``: in floating point. ``"8-bit"``: levels in, levels out, with weights in units of 1/65536 and rounding, as
        Pillow converts to its mode L.

    Notes
    -----
    Shape: ``(height, width, 3)`` -> ``(height, width, 1)``; an image that is grey already passes as it is.

    Raises
    ------
    ShapeError
        If the image has neither one channel nor three.
    InputError
        If ``arithmetic`` is ``"8-bit"`` and a pixel is no level.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.array([[[255, 0, 0], [0, 255, 0], [255, 255, 255]]], np.uint8)
    >>> Grey()(image / 255)[0, :, 0]
    array([0.299, 0.587, 1.   ])
    >>> Grey(arithmetic="8-bit")(image)[0, :, 0]
    array([ 76., 150., 255.], dtype=float32)
    """

    name = "grey"
    shape = "height width channel -> height width channel"
    formula = "y = w_r red + w_g green + w_b blue"
    source = "ITU-R Recommendations BT.601 and BT.709"

    weights: Literal["bt601", "bt709", "crt"] = "bt601"
    arithmetic: Arithmetic = "real"

    def row_shape(self, row: RowShape) -> RowShape:
        if row is None:
            return None
        if row[1] not in (1, 3):
            raise ShapeError(
                f"Grey takes an image of red, green and blue, or of one channel, got {row[1]} channels; "
                "lay transparency on a colour first (featkit.read_image(path, alpha='white'))"
            )
        return (row[0], 1)

    def apply(self, rows: Array) -> Array:
        if rows.shape[2] == 1:
            return rows
        if self.arithmetic == "8-bit":
            levels = as_levels(rows, "Grey").astype(np.int32)
            units = [round(weight * 65536) for weight in WEIGHTS[self.weights]]
            return ((_weighted(levels, units) + 32768) >> 16).astype(rows.dtype)
        return _weighted(rows, WEIGHTS[self.weights])


class Rgb(Pointwise):
    """Give a grey image three equal channels; one of three passes as it is.

    Notes
    -----
    Shape: ``(height, width, 1)`` or ``(height, width, 3)`` -> ``(height, width, 3)``.

    Raises
    ------
    ShapeError
        If the image has neither one channel nor three.

    Examples
    --------
    >>> import numpy as np
    >>> Rgb()(np.array([[[7.0]]]))
    array([[[7., 7., 7.]]])
    """

    name = "rgb"
    shape = "height width channel -> height width channel"
    formula = "y[i, j, c] = x[i, j, min(c, channels - 1)]"
    source = "featkit"

    @property
    def moves(self) -> bool:
        """Levels are copied only."""
        return True

    def row_shape(self, row: RowShape) -> RowShape:
        if row is None:
            return None
        if row[1] not in (1, 3):
            raise ShapeError(
                f"Rgb takes an image of one channel or three, got {row[1]}; lay transparency on a colour first "
                "(featkit.read_image(path, alpha='white'))"
            )
        return (row[0], 3)

    def apply(self, rows: Array) -> Array:
        return np.repeat(rows, 3, axis=2) if rows.shape[2] == 1 else rows


def _weighted(rows: Array, weights: list[int] | tuple[float, ...]) -> Array:
    red, green, blue = (rows[:, :, channel : channel + 1] * weight for channel, weight in enumerate(weights))
    return red + green + blue
