"""Colour spaces: RGB in other coordinates, in which hue and lightness are apart, or distances are as the eye sees them."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.image.levels import Arithmetic, as_levels
from featkit.image.plane import check_channels
from featkit.numeric import Array
from featkit.stage import Pointwise, RowShape


class RgbToHsv(Pointwise):
    """Hue, saturation and value of every pixel.

    Parameters
    ----------
    arithmetic : str
        ``"real"``: in floating point. ``"8-bit"``: levels in, levels out, cut off as Pillow converts to its mode HSV.

    Notes
    -----
    Shape: ``(height, width, 3)``, unchanged. RGB in [0, 1] gives all three in [0, 1]; the hue is a share of a full turn from
    red over green and blue. Grey has no hue: it is 0.

    Raises
    ------
    ShapeError
        If there are not three channels.
    InputError
        If ``arithmetic`` is ``"8-bit"`` and a pixel is no level.

    Examples
    --------
    >>> import numpy as np
    >>> RgbToHsv()(np.array([[[1.0, 0.5, 0.5], [0.0, 0.0, 0.4]]])).round(3)
    array([[[0.   , 0.5  , 1.   ],
            [0.667, 1.   , 0.4  ]]])
    """

    name = "rgb_to_hsv"
    shape = "height width channel -> height width channel"
    formula = (
        "V = max(R, G, B), S = (V - min(R, G, B)) / V, H = the sixth of the circle of the largest, and where in it"
    )
    source = "Smith, Color gamut transform pairs, SIGGRAPH 1978"

    arithmetic: Arithmetic = "real"

    def row_shape(self, row: RowShape) -> RowShape:
        check_channels(self, row, 3, "red, green, blue")
        return row

    def apply(self, rows: Array) -> Array:
        if self.arithmetic == "8-bit":
            return _levels_of_hsv(as_levels(rows, "RgbToHsv")).astype(rows.dtype)
        red, green, blue = (rows[..., channel] for channel in range(3))
        value, least = rows.max(axis=-1), rows.min(axis=-1)
        spread = value - least
        grey = spread == 0
        apart = np.where(grey, rows.dtype.type(1), spread)
        # The last of those that are the largest, as skimage has it.
        sixth = np.where(
            blue == value,
            4 + (red - green) / apart,
            np.where(green == value, 2 + (blue - red) / apart, (green - blue) / apart),
        )
        hue = np.where(grey, rows.dtype.type(0), (sixth / 6) % 1)
        saturation = np.where(grey | (value == 0), rows.dtype.type(0), spread / np.where(value == 0, 1, value))
        return np.stack([hue, saturation, value], axis=-1).astype(rows.dtype, copy=False)


def _levels_of_hsv(levels: Array) -> Array:
    """Hue, saturation and value of levels, in Pillow's order of roundings to single precision."""
    value, least = levels.max(axis=-1).astype(np.float32), levels.min(axis=-1).astype(np.float32)
    grey = value == least
    spread = np.where(grey, 1, value - least)
    red, green, blue = ((value - levels[..., channel]) / spread for channel in range(3))
    sums = 2.0 + red.astype(np.float64) - blue, 4.0 + green.astype(np.float64) - red
    sixth = np.where(red == 0, blue - green, np.where(green == 0, *sums).astype(np.float32))
    turn = np.fmod(sixth.astype(np.float64) / 6 + 1, 1).astype(np.float32)
    hue = np.where(grey, 0, np.trunc(turn.astype(np.float64) * 255))
    saturation = np.where(grey, 0, np.trunc((spread / np.maximum(value, 1)).astype(np.float64) * 255))
    return np.stack([hue, saturation, value], axis=-1)


#: sRGB to XYZ under D65, and XYZ of the white point (CIE 1931, 2 degrees).
_TO_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
_WHITE = (0.95047, 1.0, 1.08883)


class RgbToLab(Pointwise):
    """Lightness and two opponent colours of every pixel, so that distances are about as large as they look.

    Notes
    -----
    Shape: ``(height, width, 3)``, unchanged. sRGB in [0, 1] gives L in [0, 100], and a (red against green) and b (yellow
    against blue) within some 100 of 0. The white is D65, seen by the observer of 1931.

    Raises
    ------
    ShapeError
        If there are not three channels.

    Examples
    --------
    >>> import numpy as np
    >>> RgbToLab()(np.array([[[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]]])).round(1)
    array([[[100. ,  -0. ,   0. ],
            [ 53.2,  80.1,  67.2]]])
    """

    name = "rgb_to_lab"
    shape = "height width channel -> height width channel"
    formula = "L = 116 f(Y) - 16, a = 500 (f(X) - f(Y)), b = 200 (f(Y) - f(Z)); f(t) = cbrt(t), a line below 0.008856"
    source = "CIE 15, Colorimetry; IEC 61966-2-1 (sRGB)"

    def row_shape(self, row: RowShape) -> RowShape:
        check_channels(self, row, 3, "red, green, blue")
        return row

    def apply(self, rows: Array) -> Array:
        bright = rows > 0.04045
        curved = np.where(bright, (rows + 0.055) / 1.055, 1)
        linear = np.where(bright, curved**2.4, rows / 12.92)
        x, y, z = (_bent(_mixed(linear, weights) / white) for weights, white in zip(_TO_XYZ, _WHITE, strict=True))
        lab = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
        return lab.astype(rows.dtype, copy=False)


def _mixed(rows: Array, weights: tuple[float, ...]) -> Array:
    """The weighted sum of three channels, in this order."""
    mixed: Array = rows[..., 0] * weights[0] + rows[..., 1] * weights[1] + rows[..., 2] * weights[2]
    return mixed


def _bent(values: Array) -> Array:
    return np.where(values > 0.008856, np.cbrt(values), 7.787 * values + 16 / 116)


class RgbToYcbcr(Pointwise):
    """Brightness and two colour differences of every pixel, on the scale of 8 bits.

    Parameters
    ----------
    span : str
        ``"studio"``: Y in [16, 235], Cb and Cr in [16, 240], as video has them; ``"full"``: [0, 255] as JPEG has them.

    Notes
    -----
    Shape: ``(height, width, 3)``, unchanged. RGB in [0, 1].

    Raises
    ------
    ShapeError
        If there are not three channels.

    Examples
    --------
    >>> import numpy as np
    >>> RgbToYcbcr()(np.array([[[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]]])).round(1)
    array([[[235. , 128. , 128. ],
            [ 81.5,  90.2, 240. ]]])
    """

    name = "rgb_to_ycbcr"
    shape = "height width channel -> height width channel"
    formula = "Y = 0.299 R + 0.587 G + 0.114 B, Cb = (B - Y) / 1.772, Cr = (R - Y) / 1.402, scaled and moved to 8 bits"
    source = "ITU-R BT.601; ITU-T T.871 (JFIF)"

    span: Literal["studio", "full"] = "studio"

    def row_shape(self, row: RowShape) -> RowShape:
        check_channels(self, row, 3, "red, green, blue")
        return row

    def apply(self, rows: Array) -> Array:
        if self.span == "studio":  # the standard's own rounded weights
            luma, offset = (65.481, 128.553, 24.966), 16.0
            blue, red = (-37.797, -74.203, 112.0), (112.0, -93.786, -18.214)
        else:
            luma, offset = (255 * 0.299, 255 * 0.587, 255 * 0.114), 0.0
            blue = (-127.5 * 0.299 / 0.886, -127.5 * 0.587 / 0.886, 127.5)
            red = (127.5, -127.5 * 0.587 / 0.701, -127.5 * 0.114 / 0.701)
        parts = [_mixed(rows, luma) + offset, _mixed(rows, blue) + 128, _mixed(rows, red) + 128]
        return np.stack(parts, axis=-1)
