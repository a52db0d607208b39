"""Moments: of the colours of an image, and of the shapes in it."""

from __future__ import annotations

import numpy as np

from featkit.errors import InputError
from featkit.numeric import Array
from featkit.stage import RowShape, Whole


class ColourMoments(Whole):
    """The mean, the deviation and the skew of every channel, all in the unit of the channel: a colour index in nine numbers.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(channels, 3)``. Stricker and Orengo take them of HSV: :class:`RgbToHsv` first.

    Examples
    --------
    >>> import numpy as np
    >>> ColourMoments()(np.array([[[0.0], [0.0], [0.0], [4.0]]])).round(4)
    array([[1.    , 1.7321, 1.8171]])
    """

    name = "colour_moments"
    shape = "height width channel -> channel moment"
    formula = "mean = sum x / n, deviation = sqrt(sum (x - mean)^2 / n), skew = cbrt(sum (x - mean)^3 / n)"
    source = "Stricker & Orengo, Similarity of color images, 1995"

    def count(self, n: int) -> int | None:
        return None if n else 0

    def row_shape(self, row: RowShape) -> RowShape:
        return (3,)

    def apply(self, rows: Array) -> Array:
        if not len(rows):
            return np.empty((0, 3), rows.dtype)
        channels = np.ascontiguousarray(np.moveaxis(rows, -1, 0), np.float64).reshape(rows.shape[-1], -1)
        mean = channels.mean(axis=-1, keepdims=True)
        apart = channels - mean
        found = [mean[:, 0], np.sqrt((apart**2).mean(axis=-1)), np.cbrt((apart**3).mean(axis=-1))]
        return np.stack(found, axis=1).astype(rows.dtype)


class HuMoments(Whole):
    """Hu's seven invariants of every channel: the same for a shape that is moved, turned or made larger.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(channels, 7)``. The seventh changes its sign in a mirror. A black channel
    has no centre, and all its moments are 0. They differ by many powers of ten; mostly ``sign(h) log |h|`` is taken of them.

    Raises
    ------
    InputError
        If a pixel is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> bar = np.zeros((8, 8, 1))
    >>> bar[3:5, 1:7] = 1.0
    >>> HuMoments()(bar)[0, :2].round(4), HuMoments()(bar.swapaxes(0, 1))[0, :2].round(4)
    (array([0.2639, 0.0494]), array([0.2639, 0.0494]))
    """

    name = "hu_moments"
    shape = "height width channel -> channel moment"
    formula = (
        "of n_pq = m_pq / m_00^(1 + (p+q)/2), central moments m: h1 = n20 + n02, h2 = (n20 - n02)^2 + 4 n11^2, ..."
    )
    source = "Hu, Visual pattern recognition by moment invariants, IRE Trans. Information Theory 8, 1962"

    def count(self, n: int) -> int | None:
        return None if n else 0

    def row_shape(self, row: RowShape) -> RowShape:
        return (7,)

    def apply(self, rows: Array) -> Array:
        if not len(rows):
            return np.empty((0, 7), rows.dtype)
        if rows.min() < 0:
            raise InputError("HuMoments takes pixels as masses, and some are below 0; shift or clip them first")
        channels = np.ascontiguousarray(np.moveaxis(rows, -1, 0), np.float64)
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # of an image that is almost black, powers may be beyond all numbers
            found = np.stack([_invariants(channel) for channel in channels])
        most = float(np.finfo(rows.dtype).max)
        return np.clip(np.nan_to_num(found), -most, most).astype(rows.dtype)


def _invariants(image: Array) -> Array:
    total = image.sum()
    if total < 1e-100:
        return np.zeros(7)
    down, across = np.arange(len(image), dtype=np.float64), np.arange(image.shape[1], dtype=np.float64)
    down -= (image.sum(axis=1) * down).sum() / total
    across -= (image.sum(axis=0) * across).sum() / total

    def n(p: int, q: int) -> float:
        moment = ((image * across**q).sum(axis=1) * down**p).sum()
        return float(moment / total / total ** ((p + q) / 2))

    second, third = (n(2, 0), n(1, 1), n(0, 2)), np.array([n(3, 0), n(2, 1), n(1, 2), n(0, 3)])
    sum2, apart2 = second[0] + second[2], second[0] - second[2]
    a, b = third[0] + third[2], third[1] + third[3]
    c, d = third[0] - 3 * third[2], 3 * third[1] - third[3]
    return np.array(
        [
            sum2,
            apart2**2 + 4 * second[1] ** 2,
            c**2 + d**2,
            a**2 + b**2,
            c * a * (a**2 - 3 * b**2) + d * b * (3 * a**2 - b**2),
            apart2 * (a**2 - b**2) + 4 * second[1] * a * b,
            d * a * (a**2 - 3 * b**2) - c * b * (3 * a**2 - b**2),
        ]
    )
