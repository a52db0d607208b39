"""Grey-level co-occurrence: how often two levels stand a given step apart, and what that says of a texture."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import numpy as np

from featkit.errors import ParameterError, ShapeError
from featkit.numeric import Array
from featkit.stage import Pointwise, RowShape, Whole


class CoOccurrence(Whole):
    """How often each pair of levels stands a given step apart.

    Parameters
    ----------
    distances : tuple of float
        Lengths of the steps, in pixels.
    angles : tuple of float
        Their directions, in radians from right to downwards; a step is rounded to whole pixels.
    levels : int
        How many levels the pixels are divided into.
    low, high : float
        The range that the levels divide; what lies outside counts as the first or the last.
    symmetric : bool
        Count each pair in both orders.
    normed : bool
        Divide by the number of pairs, so that a table sums to 1.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(channels * distances * angles, levels, levels)``; the tables of one channel follow
    each other, for the first distance all angles first. Where no two pixels are that far apart, a table is 0.

    Raises
    ------
    ParameterError
        If there is no step or no level, or low is not below high.

    Examples
    --------
    >>> import numpy as np
    >>> CoOccurrence(levels=2, high=2, symmetric=False, normed=False)(np.array([[[0], [0], [1]], [[1], [1], [0]]]))
    array([[[1., 1.],
            [1., 1.]]])
    """

    name = "co_occurrence"
    shape = "height width channel -> offset level neighbour"
    formula = (
        "P[k, l] = number of pixels with level k and level l at a step of round(d sin a) down and round(d cos a) across"
    )
    source = "Haralick, Shanmugam & Dinstein, Textural features for image classification, 1973"

    distances: tuple[float, ...] = (1.0,)
    angles: tuple[float, ...] = (0.0,)
    levels: int = 16
    low: float = 0.0
    high: float = 256.0
    symmetric: bool = True
    normed: bool = True

    def check(self) -> None:
        self.at_least(1, "levels")
        if not self.distances or not self.angles or not all(map(math.isfinite, (*self.distances, *self.angles))):
            raise ParameterError(
                f"CoOccurrence needs finite distances and angles, got {self.distances!r} and {self.angles!r}"
            )
        if not -math.inf < self.low < self.high < math.inf:
            raise ParameterError(f"CoOccurrence needs low below high, got {self.low:g} and {self.high:g}")

    def count(self, n: int) -> int | None:
        return None if n else 0

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.levels, self.levels)

    def apply(self, rows: Array) -> Array:
        if not len(rows):
            return np.empty((0, self.levels, self.levels), rows.dtype)
        scaled = (rows.astype(np.float64) - self.low) * self.levels / (self.high - self.low)
        levels = np.clip(np.floor(scaled), 0, self.levels - 1).astype(np.intp)
        steps = [
            (_nearest(math.sin(angle) * distance), _nearest(math.cos(angle) * distance))
            for distance in self.distances
            for angle in self.angles
        ]
        tables = [self._table(levels[..., channel], *step) for channel in range(rows.shape[-1]) for step in steps]
        return np.stack(tables).astype(rows.dtype)

    def _table(self, levels: Array, down: int, across: int) -> Array:
        high, wide = levels.shape
        here = levels[max(0, -down) : max(0, high - down), max(0, -across) : max(0, wide - across)]
        there = levels[max(0, down) : max(0, high + down), max(0, across) : max(0, wide + across)]
        pairs = np.bincount((here * self.levels + there).ravel(), minlength=self.levels**2)
        table = pairs.reshape(self.levels, self.levels).astype(np.float64)
        if self.symmetric:
            table = table + table.T
        return table / max(table.sum(), 1) if self.normed else table


def _nearest(value: float) -> int:
    """The nearest whole number, halves away from 0."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


Property: TypeAlias = Literal[
    "contrast", "dissimilarity", "homogeneity", "ASM", "energy", "correlation", "mean", "variance", "std", "entropy"
]


class CoOccurrenceProperties(Pointwise):
    """What tables of co-occurrence say of a texture: how coarse, how even, how regular it is.

    Parameters
    ----------
    properties : tuple of str
        ``"contrast"``, ``"dissimilarity"``, ``"homogeneity"``, ``"ASM"`` (angular second moment), ``"energy"`` (its root),
        ``"correlation"``, ``"mean"``, ``"variance"``, ``"std"``, ``"entropy"`` (in nats).

    Notes
    -----
    Shape: ``(tables, levels, levels)`` -> ``(tables, properties)``. A table is divided by its sum first. Where one of the levels
    never changes, the correlation is 1.

    Raises
    ------
    ParameterError
        If there is no property.
    ShapeError
        If a table is not square.

    Examples
    --------
    >>> import numpy as np
    >>> CoOccurrenceProperties(("contrast", "correlation"))(np.array([[[2.0, 0.0], [0.0, 2.0]], [[1.0, 1.0], [1.0, 1.0]]]))
    array([[0. , 1. ],
           [0.5, 0. ]])
    """

    name = "co_occurrence_properties"
    shape = "offset level neighbour -> offset property"
    formula = "contrast: sum p[k, l] (k - l)^2; dissimilarity: sum p |k - l|; homogeneity: sum p / (1 + (k - l)^2); ASM: sum p^2"
    source = (
        "Haralick, Shanmugam & Dinstein, Textural features for image classification, 1973; skimage.feature.graycoprops"
    )

    properties: tuple[Property, ...] = ("contrast", "dissimilarity", "homogeneity", "energy", "correlation", "ASM")

    def check(self) -> None:
        if not self.properties:
            raise ParameterError("CoOccurrenceProperties needs at least one property")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and row[0] != row[1]:
            raise ShapeError(f"CoOccurrenceProperties takes square tables, got shape {row}")
        return (len(self.properties),)

    def apply(self, rows: Array) -> Array:
        shares = rows.reshape(len(rows), rows.shape[1] * rows.shape[2]).astype(np.float64)
        total = _sum(shares)
        shares = shares / np.where(total == 0, 1, total)[:, None]
        k, l = (level.ravel().astype(np.float64) for level in np.indices(rows.shape[1:]))  # noqa: E741
        found = {name: _property(name, shares, k, l) for name in self.properties}
        return np.stack([found[name] for name in self.properties], axis=1).astype(rows.dtype)


def _property(name: Property, p: Array, k: Array, l: Array) -> Array:  # noqa: E741
    if name == "contrast":
        return _sum(p * (k - l) ** 2)
    if name == "dissimilarity":
        return _sum(p * np.abs(k - l))
    if name == "homogeneity":
        return _sum(p / (1 + (k - l) ** 2))
    if name in ("ASM", "energy"):
        second = _sum(p**2)
        return np.sqrt(second) if name == "energy" else second
    if name == "entropy":
        return -_sum(p * np.log(np.where(p == 0, 1, p)))
    mean = _sum(p * k)
    if name == "mean":
        return mean
    apart_k, apart_l = k - mean[:, None], l - _sum(p * l)[:, None]
    variance = _sum(p * apart_k**2)
    if name == "variance":
        return variance
    if name == "std":
        return np.sqrt(variance)
    spread = np.sqrt(variance), np.sqrt(_sum(p * apart_l**2))
    still = (spread[0] < 1e-15) | (spread[1] < 1e-15)
    return np.where(still, 1, _sum(p * apart_k * apart_l) / np.where(still, 1, spread[0] * spread[1]))


def _sum(rows: Array) -> Array:
    summed: Array = np.add.reduce(np.ascontiguousarray(rows), axis=-1)
    return summed
