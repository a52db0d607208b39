"""What stages on a plane of pixels share: a pair of numbers for height and width, rows made wider, and no row at all."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from featkit.errors import ParameterError, ShapeError
from featkit.numeric import Array, Fill, source_index
from featkit.stage import Stage

#: One number for height and width, or one for each.
Pair: TypeAlias = int | tuple[int, int]


def pair(value: Pair) -> tuple[int, int]:
    """The numbers for height and width.

    >>> pair(3), pair((1, 2))
    ((3, 3), (1, 2))
    """
    return value if isinstance(value, tuple) else (value, value)


def check_pair(stage: Stage, low: int, *names: str) -> None:
    """Raise :class:`ParameterError` unless the named fields are integers of at least ``low``, alone or in pairs."""
    for name in names:
        value = getattr(stage, name)
        if value is not None and not isinstance(value, str) and min(pair(value)) < low:
            raise ParameterError(f"{type(stage).__name__}.{name} must be at least {low}, got {value!r}")


def wider(rows: Array, left: int, right: int, fill: Fill) -> Array:
    """Rows of pixels with more columns on both sides, made up as :class:`featkit.windowed.Geometry` makes up rows.

    >>> wider(np.array([[[1.0], [2.0]]]), 1, 2, "edge")[0].T
    array([[1., 1., 2., 2., 2.]])
    """
    if not left and not right:
        return rows
    width = rows.shape[1]
    wide = np.zeros((len(rows), left + width + right, *rows.shape[2:]), rows.dtype)
    wide[:, left : left + width] = rows
    if fill != "zero":
        for outside in (np.arange(-left, 0), np.arange(width, width + right)):
            wide[:, outside + left] = rows[:, source_index(outside, width, fill)]
    return wide


def check_channels(stage: Stage, row: tuple[int, ...] | None, channels: int, what: str) -> None:
    """Raise :class:`ShapeError` unless a row of pixels has so many channels."""
    if row is not None and row[-1] != channels:
        raise ShapeError(f"{type(stage).__name__} takes images of {channels} channels ({what}), got {row[-1]}")


def no_rows(stage: Stage, rows: Array) -> Array:
    """What a stage makes of an image without rows: nothing, of the right width."""
    return np.empty((0, *(stage.row_shape(rows.shape[1:]) or ())), rows.dtype)
