"""A few numbers about each channel: its mean, its spread, its extremes."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Array
from featkit.stage import RowShape, Whole

Statistic: TypeAlias = Literal["mean", "std", "skewness", "kurtosis", "min", "max"]


class ChannelStatistics(Whole):
    """The mean, the spread, the extremes and percentiles of every channel.

    Parameters
    ----------
    statistics : tuple of str
        ``"mean"``, ``"std"`` (the standard deviation of all pixels), ``"skewness"`` and ``"kurtosis"`` (third and fourth
        standardised moment, less 3 for the fourth; 0 where nothing varies), ``"min"``, ``"max"``.
    percentiles : tuple of float
        Put behind the statistics, interpolated between pixels; 50 is the median.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(channels, statistics + percentiles)``.

    Raises
    ------
    ParameterError
        If nothing is asked for, or a percentile is not between 0 and 100.

    Examples
    --------
    >>> import numpy as np
    >>> ChannelStatistics(("mean", "max"), percentiles=(50,))(np.array([[[1, 10], [2, 20]], [[3, 30], [6, 60]]]))
    array([[ 3. ,  6. ,  2.5],
           [30. , 60. , 25. ]])
    """

    name = "channel_statistics"
    shape = "height width channel -> channel statistic"
    formula = "mean = sum x / n, std = sqrt(sum (x - mean)^2 / n), min, max, percentiles"
    source = "Gonzalez & Woods, Digital Image Processing, section 2.6"

    statistics: tuple[Statistic, ...] = ("mean", "std", "min", "max")
    percentiles: tuple[float, ...] = ()

    def check(self) -> None:
        if not self.statistics and not self.percentiles:
            raise ParameterError("ChannelStatistics needs at least one statistic or percentile")
        for percentile in self.percentiles:
            if not 0 <= percentile <= 100:
                raise ParameterError(f"ChannelStatistics.percentiles must lie between 0 and 100, got {percentile!r}")

    def count(self, n: int) -> int | None:
        return None if n else 0

    def row_shape(self, row: RowShape) -> RowShape:
        return (len(self.statistics) + len(self.percentiles),)

    def apply(self, rows: Array) -> Array:
        if not len(rows):
            return np.empty((0, *(self.row_shape(None) or ())), rows.dtype)
        channels = np.ascontiguousarray(np.moveaxis(rows, -1, 0), np.float64).reshape(rows.shape[-1], -1)
        columns = [_statistic(name, channels) for name in self.statistics]
        if self.percentiles:
            columns += list(np.percentile(channels, self.percentiles, axis=-1))
        return np.stack(columns, axis=1).astype(rows.dtype)


def _statistic(name: Statistic, channels: Array) -> Array:
    if name in ("min", "max"):
        extreme: Array = channels.min(axis=-1) if name == "min" else channels.max(axis=-1)
        return extreme + 0
    mean = channels.mean(axis=-1)
    if name == "mean":
        return mean
    apart = channels - mean[:, None]
    variance = (apart**2).mean(axis=-1)
    if name == "std":
        return np.sqrt(variance)
    order = 3 if name == "skewness" else 4
    moment = (apart**order).mean(axis=-1)
    scaled = moment / np.where(variance == 0, 1, variance) ** (order / 2)
    return np.where(variance == 0, 0, scaled - (3 if order == 4 else 0))
