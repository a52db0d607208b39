"""Another size of an image, with the filters and the arithmetic of Pillow."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import numpy as np

from featkit.errors import ParameterError
from featkit.image.levels import Arithmetic, as_levels
from featkit.image.patches import Pair, pair
from featkit.numeric import Array, constant, project, weights_of
from featkit.stage import RowShape, Whole

Filter: TypeAlias = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]


def _box(x: Array) -> Array:
    return ((x > -0.5) & (x <= 0.5)).astype(np.float64)


def _bilinear(x: Array) -> Array:
    return np.maximum(1.0 - np.abs(x), 0.0)


def _hamming(x: Array) -> Array:
    return np.where(np.abs(x) < 1, np.sinc(x) * (0.54 + 0.46 * np.cos(np.pi * x)), 0.0)


def _bicubic(x: Array) -> Array:
    x, a = np.abs(x), -0.5
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x * a - 4 * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _lanczos(x: Array) -> Array:
    return np.where((x >= -3) & (x < 3), np.sinc(x) * np.sinc(x / 3), 0.0)


#: Each filter as a function of the distance in pixels, and how far it reaches.
_FILTERS = {
    "box": (_box, 0.5),
    "bilinear": (_bilinear, 1.0),
    "hamming": (_hamming, 1.0),
    "bicubic": (_bicubic, 2.0),
    "lanczos": (_lanczos, 3.0),
}


class Resize(Whole):
    """Bring an image to another size, with the filters of Pillow.

    Parameters
    ----------
    size : int or tuple of int
        With ``fit="stretch"`` a square, or height and width; with ``"shorter"`` one number.
    fit : str
        ``"stretch"``: to that size, whatever the proportions were. ``"shorter"``: the shorter edge to that size, the longer
        one in proportion, rounded down.
    filter : str
        ``"nearest"``, ``"box"``, ``"bilinear"``, ``"hamming"``, ``"bicubic"`` or ``"lanczos"``.
    antialias : bool
        Where the image gets smaller, a filter grows with the step, as in Pillow. False: it doesn't, and pixels in between
        are skipped (as ``torch.nn.functional.interpolate`` has it with ``align_corners=False``, for ``"bilinear"``).
    arithmetic : str
        ``"real"``: in the precision of the input. ``"8-bit"``: levels in, levels out, by Pillow itself, which rounds after
        the rows and again after the columns.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(size, size, channels)``. The middles of pixels are half a pixel from the edge.
    An empty image stays empty.

    Raises
    ------
    ParameterError
        If a size is below 1, ``fit="shorter"`` gets two, or ``"8-bit"`` is to leave out ``antialias``.
    InputError
        If ``arithmetic`` is ``"8-bit"`` and a pixel is no level.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.array([0.0, 100.0, 200.0, 255.0]).reshape(1, 4, 1)
    >>> Resize((1, 2))(image)[0, :, 0].round(2), Resize((1, 2), arithmetic="8-bit")(image)[0, :, 0]
    (array([ 71.43, 209.29]), array([ 71., 209.]))
    >>> Resize(10, fit="shorter")(np.zeros((20, 31, 3))).shape
    (10, 15, 3)
    """

    name = "resize"
    shape = "height width channel -> height width channel"
    formula = (
        "y[i, j, c] = sum_pq f(p - i') f(q - j') x[p, q, c] / sum_pq f(p - i') f(q - j'), i' = (i + 1/2) step - 1/2"
    )
    source = "Pillow, Resample.c"
    remedy = "call it on the whole image"

    size: Pair = 224
    fit: Literal["stretch", "shorter"] = "stretch"
    filter: Filter = "bilinear"
    antialias: bool = True
    arithmetic: Arithmetic = "real"

    def check(self) -> None:
        if min(pair(self.size)) < 1:
            raise ParameterError(f"Resize.size must be at least 1, or two such numbers, got {self.size!r}")
        if self.fit == "shorter" and isinstance(self.size, tuple):
            raise ParameterError(f"Resize(fit='shorter') takes one number as size, got {self.size!r}")
        if self.arithmetic == "8-bit" and not self.antialias:
            raise ParameterError("Resize(arithmetic='8-bit') is Pillow's, which always does antialias; leave it True")

    def size_of(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of what is made of an image.

        >>> Resize(224, fit="shorter").size_of(480, 640), Resize(224).size_of(480, 640)
        ((224, 298), (224, 224))
        """
        if self.fit == "stretch":
            return pair(self.size)
        shorter = pair(self.size)[0]
        longer = int(shorter * max(height, width) / min(height, width))
        return (longer, shorter) if width <= height else (shorter, longer)

    def count(self, n: int) -> int | None:
        if self.fit == "shorter" and n:
            return None
        return pair(self.size)[0] if n else 0

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None or self.fit == "shorter" else (pair(self.size)[1], row[1])

    def apply(self, rows: Array) -> Array:
        if not len(rows):
            return np.empty((0, pair(self.size)[1], rows.shape[2]), rows.dtype)
        size = self.size_of(*rows.shape[:2])
        if self.arithmetic == "8-bit":
            return _by_pillow(as_levels(rows, "Resize"), size, self.filter).astype(rows.dtype)
        if self.filter == "nearest":
            high, wide = (_nearest(before, after) for before, after in zip(rows.shape, size, strict=False))
            return rows[high][:, wide]
        across = _along(rows.transpose(0, 2, 1), size[1], self.filter, self.antialias)  # height, channel, width
        return np.ascontiguousarray(
            _along(across.transpose(2, 1, 0), size[0], self.filter, self.antialias).transpose(2, 0, 1)
        )


def _along(rows: Array, size: int, filter: str, antialias: bool) -> Array:
    """Resize along the last axis."""
    before = rows.shape[-1]
    table = weights_of(_weights, rows.dtype.str[1:], before, size, filter, antialias)
    return project(rows.reshape(-1, before), table).reshape(*rows.shape[:-1], size)


@constant
def _weights(before: int, after: int, filter: str, antialias: bool) -> Array:
    """How much every pixel counts, shape (after, before)."""
    function, reach = _FILTERS[filter]
    step = before / after
    stretched = max(step, 1.0) if antialias else 1.0
    made = np.zeros((after, before))
    for pixel in range(after):
        middle = (pixel + 0.5) * step
        first = max(0, int(middle - reach * stretched + 0.5))
        last = min(before, int(middle + reach * stretched + 0.5))
        taken = function((np.arange(first, last) + 0.5 - middle) / stretched)
        made[pixel, first:last] = taken / math.fsum(taken)
    return made


def _nearest(before: int, after: int) -> Array:
    """Where each pixel is taken from; Pillow adds step to step."""
    step = before / after
    places = np.add.accumulate(np.concatenate([[step * 0.5], np.full(after - 1, step)]))
    return np.minimum(places.astype(np.intp), before - 1)


def _by_pillow(levels: Array, size: tuple[int, int], filter: str) -> Array:
    from PIL import Image

    how, (high, wide) = Image.Resampling[filter.upper()], size
    if levels.shape[2] == 3:
        return np.asarray(Image.fromarray(np.ascontiguousarray(levels)).resize((wide, high), how))
    planes = [Image.fromarray(np.ascontiguousarray(levels[:, :, at])) for at in range(levels.shape[2])]
    return np.stack([np.asarray(plane.resize((wide, high), how)) for plane in planes], axis=2)
