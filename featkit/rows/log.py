"""Logarithmic compression, as loudness is heard."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from featkit.numeric import Array, at_least
from featkit.stage import Pointwise


@lru_cache
def _floor(floor: float, dtype: np.dtype[Any]) -> float:
    """In float32 a floor below the smallest normal number would be 0 again."""
    return max(floor, float(np.finfo(dtype).tiny))


class Log(Pointwise):
    """The logarithm of every value, from a floor up.

    Parameters
    ----------
    base : str
        ``"e"`` natural, ``"10"`` decimal, ``"dB"`` decibels of a power (10 log10).
    floor : float
        Smaller values count as this one, so silence stays finite.
    reference : float
        The value whose logarithm is 0.
    offset : float
        Added to every value first.

    Notes
    -----
    Any shape, unchanged.

    Raises
    ------
    ParameterError
        If floor or reference is not above 0, or offset below 0.

    Examples
    --------
    >>> import numpy as np
    >>> Log("dB", floor=1e-10)(np.array([[1.0, 0.01, 0.0]]))
    array([[   0.,  -20., -100.]])
    """

    name = "log"
    formula = "y = log(max(x + offset, floor)) - log(reference)"
    source = "Davis & Mermelstein, IEEE TASSP 28, 1980"

    base: Literal["e", "10", "dB"] = "e"
    floor: float = 1e-10
    reference: float = 1.0
    offset: float = 0.0

    def check(self) -> None:
        self.above(0, "floor", "reference")
        self.at_least(0, "offset")

    def apply(self, rows: Array) -> Array:
        if self.offset:
            rows = rows + float(self.offset)
        values = at_least(rows, _floor(float(self.floor), rows.dtype))
        logarithm, reference = (np.log, math.log) if self.base == "e" else (np.log10, math.log10)
        logarithm(values, out=values)
        if self.reference != 1.0:
            values -= reference(self.reference)
        if self.base == "dB":
            values *= 10.0
        return values
