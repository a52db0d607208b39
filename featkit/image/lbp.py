"""Local binary patterns: which neighbours on a circle are as bright as the pixel in the middle."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from featkit.errors import ParameterError
from featkit.image.plane import wider
from featkit.numeric import Array, constant
from featkit.stage import RowShape
from featkit.windowed import Geometry, Windowed, covered


class LocalBinaryPattern(Windowed):
    """The pattern of brighter and darker neighbours on a circle around every pixel, as a number.

    Parameters
    ----------
    points : int
        Neighbours on the circle.
    radius : float
        Of the circle, in pixels.
    method : str
        ``"default"``: a bit for each neighbour; ``"ror"``: the smallest number that turning the circle gives; ``"uniform"``:
        the number of bright neighbours where they are one arc, ``points + 1`` elsewhere; ``"nri_uniform"``: the arc and where
        it begins; ``"var"``: no pattern but the variance of the neighbours, which measures contrast.
    flat : str
        What ``"var"`` gives where it comes out as 0: ``"zero"``, or ``"nan"`` as scikit-image has it.

    Notes
    -----
    Shape: ``(height, width, channels)``, unchanged; every channel by itself. Between pixels, neighbours are interpolated; beyond
    the image they are 0. In what order the arithmetic runs decides ties, so it is that of scikit-image, in float64. The
    descriptor of a texture is the histogram: ``LocalBinaryPattern(method="uniform") | Histogram(10, -0.5, 9.5, "share")``.

    Raises
    ------
    ParameterError
        If there is no neighbour or more than 24 (31 for the uniform methods), or the radius is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> corner = np.array([[9, 9, 9], [9, 9, 1], [9, 1, 1]])[..., None]
    >>> LocalBinaryPattern()(corner)[1, 1], LocalBinaryPattern(method="uniform")(corner)[1, 1]
    (array([28.]), array([3.]))
    """

    name = "lbp"
    shape = "height width channel -> height width channel"
    formula = "y = sum_p 2^p [x_p >= x_middle], p = the points of the circle from the right against the clock"
    source = (
        "Ojala, Pietikainen & Maenpaa, Multiresolution gray-scale and rotation invariant texture classification, 2002"
    )

    points: int = 8
    radius: float = 1.0
    method: Literal["default", "ror", "uniform", "nri_uniform", "var"] = "default"
    flat: Literal["zero", "nan"] = "zero"

    def check(self) -> None:
        self.at_least(1, "points")
        self.above(0, "radius")
        most = 24 if self.method in ("default", "ror") else 31  # a float32 holds whole numbers to 2**24
        if self.points > most:
            raise ParameterError(
                f"LocalBinaryPattern.points must be at most {most} for {self.method!r}, got {self.points}"
            )

    def geometry(self) -> Geometry:
        reach = math.ceil(self.radius)
        return Geometry(2 * reach + 1, 1, reach)

    def row_shape(self, row: RowShape) -> RowShape:
        return row

    def widest(self, row: RowShape, size: int) -> tuple[int, int]:
        return self.points * math.prod(row or ()) * 8, 1  # in float64

    def windows(self, rows: Array) -> Array:
        """Of no window; :meth:`between` knows at which rows they lie."""
        return rows[:, 0]

    @property
    def bundles(self) -> bool:
        """Never: what lies outside is made up for each image on all sides."""
        return False

    def between(self, held: Array, start: int, first: int, last: int, seen: int) -> Array:
        if last <= first:
            return super().between(held, start, first, last, seen)
        reach = self._geometry.left
        image = wider(covered(held, start, first, last, seen, self._geometry).astype(np.float64), reach, reach, "zero")
        index = np.arange(first, last)
        circle = np.stack(
            [
                _between_pixels(image, index, index - first + reach, down, across, reach)
                for down, across in zip(*_circle(self.points, self.radius), strict=True)
            ],
            axis=-1,
        )
        middle = image[reach : len(image) - reach, reach : image.shape[1] - reach]
        bright = circle - middle[..., None] >= 0
        if self.method == "var":
            spread = _variance(circle)
            return np.where(spread == 0, np.nan if self.flat == "nan" else 0.0, spread).astype(held.dtype)
        return self._named(bright).astype(held.dtype)

    def _named(self, bright: Array) -> Array:
        """The number of every pattern; the points of the circle are the last axis."""
        points = self.points
        if self.method in ("default", "ror"):
            codes = np.zeros(bright.shape[:-1], np.int64)
            for point in range(points):
                codes |= bright[..., point].astype(np.int64) << point
            turned = codes
            for _ in range(points - 1 if self.method == "ror" else 0):
                turned = turned >> 1 | (turned & 1) << points - 1
                codes = np.minimum(codes, turned)
            return codes
        ones = bright.sum(axis=-1)
        changes = (bright[..., 1:] != bright[..., :-1]).sum(axis=-1)
        if self.method == "nri_uniform":
            starts_bright = bright[..., 0]
            turns = np.where(starts_bright, ones - np.argmin(bright, axis=-1), points - np.argmax(bright, axis=-1))
            named = np.where(
                ones == 0, 0, np.where(ones == points, points * (points - 1) + 1, 1 + (ones - 1) * points + turns)
            )
            return np.where(changes <= 2, named, points * (points - 1) + 2)
        return np.where(changes <= 2, ones, points + 1)


def _variance(circle: Array) -> Array:
    """Along the last axis, point after point: what is rounded decides whether a flat place comes out as 0."""
    total, squares = np.zeros(circle.shape[:-1]), np.zeros(circle.shape[:-1])
    points = circle.shape[-1]
    for point in range(points):
        total += circle[..., point]
        squares += circle[..., point] ** 2
    variance: Array = (squares - total**2 / points) / points
    return variance


@constant
def _circle(points: int, radius: float) -> tuple[Array, Array]:
    """How far down and across each point lies, to five decimals, so that those on the axes lie on pixels."""
    turn = 2 * np.pi * np.arange(points, dtype=np.float64) / points
    return np.round(-radius * np.sin(turn), 5), np.round(radius * np.cos(turn), 5)


def _between_pixels(image: Array, index: Array, rows: Array, down: float, across: float, reach: int) -> Array:
    """The image at a point of the circle around every pixel; ``index`` are the rows' places in the whole image."""
    columns = np.arange(image.shape[1] - 2 * reach)
    # The weights from the places in the whole image: how they are rounded depends on it, and ties depend on that.
    place, across_place = index + down, columns + across
    top, left = np.floor(place), np.floor(across_place)
    below, right = place - top, across_place - left
    upper = rows + (top - index).astype(np.intp)
    lower = rows + (np.ceil(place) - index).astype(np.intp)
    west = reach + left.astype(np.intp)
    east = reach + np.ceil(across_place).astype(np.intp)
    below, right = below[:, None, None], right[:, None]
    over, under = image[upper], image[lower]
    over = (1 - right) * over[:, west] + right * over[:, east]
    under = (1 - right) * under[:, west] + right * under[:, east]
    return (1 - below) * over + below * under
