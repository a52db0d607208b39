"""Histograms: how often each grey level, or each colour, occurs in an image."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

import numpy as np

from featkit.errors import InputError, ParameterError, ShapeError
from featkit.numeric import Array, constant
from featkit.stage import RowShape, Stage, Summary, Whole

Scale: TypeAlias = Literal["count", "share", "density"]
Float: TypeAlias = Literal["float64", "float32"]


class Histogram(Summary):
    """How often values fall into each of equal bins, for every channel by itself.

    Parameters
    ----------
    bins : int
        How many bins there are between low and high.
    low, high : float
        The range that the bins divide. A value on the border of two bins is in the upper one, the value ``high`` itself in
        the last; values outside are not counted.
    scale : str
        ``"count"``: pixels; ``"share"``: counts that sum to 1, the frequency of grey levels; ``"density"``: counts whose
        integral is 1.
    dtype : str
        The type of the output. Counts are whole numbers: exact to 2**53 in float64, to 2**24 in float32.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(channels, bins)``, at the end of the image. Counts of pieces add up exactly, so
    the memory needed is that of the counts. Where no value lies in the range, all is 0.

    Raises
    ------
    ParameterError
        If there is no bin, or low is not below high.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.array([[[0], [1], [1]], [[3], [3], [3]]], np.uint8)
    >>> Histogram(4, 0, 4)(grey)
    array([[1., 2., 0., 3.]])
    >>> Histogram(2, 0, 4, "density")(grey)
    array([[0.25, 0.25]])
    """

    name = "histogram"
    shape = "height width channel -> channel bin"
    formula = (
        "h[c, k] = number of pixels with edge[k] <= x[i, j, c] < edge[k+1]; share: h / sum h; density: share / width"
    )
    source = "Gonzalez & Woods, Digital Image Processing, section 3.3"

    bins: int = 256
    low: float = 0.0
    high: float = 256.0
    scale: Scale = "count"
    dtype: Float = "float64"

    def check(self) -> None:
        _check_range(self, self.bins, self.low, self.high)

    def edges(self) -> Array:
        """The borders of the bins, one more than there are bins.

        >>> Histogram(4, 0, 1).edges()
        array([0.  , 0.25, 0.5 , 0.75, 1.  ])
        """
        return _edges(self.bins, self.low, self.high)

    def centres(self) -> Array:
        """The middles of the bins.

        >>> Histogram(4, 0, 1).centres()
        array([0.125, 0.375, 0.625, 0.875])
        """
        edges = self.edges()
        return (edges[1:] + edges[:-1]) / 2

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.bins,)

    def begin(self, rows: Array) -> Array:
        return np.zeros((rows.shape[-1], self.bins), np.int64)

    def add(self, state: Array, rows: Array) -> Array:
        places = _places(rows, self.bins, self.low, self.high)
        return np.stack([held + _counts(places[..., at], self.bins) for at, held in enumerate(state)])

    def conclude(self, state: Array) -> Array:
        return _scaled(state, self.scale, np.diff(self.edges())).astype(self.dtype)


class RangeHistogram(Whole):
    """How often values fall into each of equal bins between the image's own smallest and largest value.

    Parameters
    ----------
    bins : int
        How many bins there are.
    scale : str
        As :class:`Histogram` has it.
    dtype : str
        The type of the output.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(channels, bins)``; the range is that of all channels together. Settled in a
    first pass it is a :class:`Histogram`. An image of one value only has the range half below to half above it.

    Raises
    ------
    ParameterError
        If there is no bin.

    Examples
    --------
    >>> import numpy as np
    >>> RangeHistogram(2)(np.array([[[0.5], [0.75], [1.5]]]))
    array([[2., 1.]])
    """

    name = "range_histogram"
    shape = "height width channel -> channel bin"
    formula = "the histogram between min x and max x"
    source = "numpy.histogram; skimage.exposure.histogram"

    bins: int = 256
    scale: Scale = "count"
    dtype: Float = "float64"

    def check(self) -> None:
        self.at_least(1, "bins")

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.bins,)

    def count(self, n: int) -> int | None:
        return None if n else 0

    def apply(self, rows: Array) -> Array:
        if not len(rows):
            return np.empty((0, self.bins), self.dtype)
        counted: Array = self.settle([rows])(rows)
        return counted

    def settle(self, blocks: Iterable[Array]) -> Stage:
        ranges = [(block.min(), block.max()) for block in blocks if len(block)]
        if not ranges:
            raise InputError("there is no pixel to take the range of; give an image of at least one row")
        low, high = float(min(low for low, _ in ranges)), float(max(high for _, high in ranges))
        if low == high:
            low, high = low - 0.5, high + 0.5
        return Histogram(self.bins, low, high, self.scale, self.dtype)


class JointHistogram(Summary):
    """How often each colour occurs: all channels of a pixel together choose the bin.

    Parameters
    ----------
    bins : int
        How many bins each channel is divided into.
    low, high : float
        The range of every channel; a pixel with a value outside is not counted.
    scale : str
        As :class:`Histogram` has it; the density's integral is over the cube of all channels.
    dtype : str
        The type of the output.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(1, bins**channels)``, the bins of the last channel side by side.

    Raises
    ------
    ParameterError
        If there is no bin, or low is not below high.
    ShapeError
        If that makes more than 2**24 bins.

    Examples
    --------
    >>> import numpy as np
    >>> colours = np.array([[[0, 0, 0], [0, 0, 200], [250, 0, 200]]], np.uint8)
    >>> JointHistogram(bins=2)(colours)
    array([[1., 1., 0., 0., 0., 1., 0., 0.]])
    """

    name = "joint_histogram"
    shape = "height width channel -> image bin"
    formula = "h[k1, k2, ...] = number of pixels whose channel c lies in bin k_c, for all c"
    source = "Swain & Ballard, Color indexing, IJCV 7, 1991"

    bins: int = 8
    low: float = 0.0
    high: float = 256.0
    scale: Scale = "count"
    dtype: Float = "float64"

    def check(self) -> None:
        _check_range(self, self.bins, self.low, self.high)

    def row_shape(self, row: RowShape) -> RowShape:
        if row is None:
            return None
        if self.bins ** row[-1] > 2**24:
            raise ShapeError(
                f"JointHistogram with {self.bins} bins for each of {row[-1]} channels has {self.bins ** row[-1]} bins; "
                "take fewer bins or channels"
            )
        return (self.bins ** row[-1],)

    def begin(self, rows: Array) -> tuple[int, Array]:
        return rows.shape[-1], np.zeros(self.bins ** rows.shape[-1], np.int64)

    def add(self, state: tuple[int, Array], rows: Array) -> tuple[int, Array]:
        channels, counts = state
        places = _places(rows, self.bins, self.low, self.high)
        joint = np.zeros(places.shape[:-1], np.int64)
        for at in range(channels):
            joint = joint * self.bins + places[..., at]
        joint[(places < 0).any(axis=-1)] = -1
        return channels, counts + _counts(joint, len(counts))

    def conclude(self, state: tuple[int, Array]) -> Array:
        channels, counts = state
        return _scaled(counts[None], self.scale, ((self.high - self.low) / self.bins) ** channels).astype(self.dtype)


def _check_range(stage: Any, bins: int, low: float, high: float) -> None:
    stage.at_least(1, "bins")
    if not -np.inf < low < high < np.inf:
        raise ParameterError(f"{type(stage).__name__} needs low below high, got {low=:g} and {high=:g}")


@constant
def _edges(bins: int, low: float, high: float) -> Array:
    return np.linspace(low, high, bins + 1)


def _places(rows: Array, bins: int, low: float, high: float) -> Array:
    """The bin of every value, -1 outside."""
    edges, values = _edges(bins, low, high), rows.astype(np.float64)
    inside = (values >= low) & (values <= high)
    values = np.where(inside, values, low)
    # A guess by the width, then what the borders themselves say: the guess is rounded.
    places = np.minimum(((values - low) / (high - low) * bins).astype(np.intp), bins - 1)
    places -= values < edges[places]
    places += (values >= edges[places + 1]) & (places < bins - 1)
    places[~inside] = -1
    return places


def _counts(places: Array, bins: int) -> Array:
    return np.bincount(places.ravel() + 1, minlength=bins + 1)[1:]


def _scaled(counts: Array, scale: Scale, width: Array | float) -> Array:
    if scale == "count":
        return counts.astype(np.float64)
    shares = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    return shares if scale == "share" else shares / width
