"""Decibels over a reference that is taken from the whole input, and decibels back to powers and amplitudes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeVar

import numpy as np

from featkit.errors import InputError
from featkit.numeric import Array, flatten_rows, row_sum
from featkit.rows.log import Log
from featkit.stage import Pointwise, Whole

T = TypeVar("T")


class RelativeDecibels(Whole):
    """Decibels of a power over a reference that is the largest, smallest, mean or median value of the whole input.

    Parameters
    ----------
    reference : str
        ``"max"``, ``"min"``, ``"mean"`` or ``"median"``.
    floor : float
        Smaller values, and a smaller reference, count as this one.

    Notes
    -----
    Any shape, unchanged. Settled in a first pass it becomes a :class:`Log`.

    Raises
    ------
    ParameterError
        If floor is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> RelativeDecibels("max")(np.array([[100.0, 1.0]]))
    array([[  0., -20.]])
    """

    name = "relative_decibels"
    formula = "y = 10 log10(max(x, floor)) - 10 log10(max(reference of all x, floor))"
    source = "librosa.power_to_db (ref)"

    reference: Literal["max", "min", "mean", "median"] = "max"
    floor: float = 1e-10

    def check(self) -> None:
        self.above(0, "floor")

    def settle(self, blocks: Iterable[Array]) -> Log:
        filled = (rows for rows in blocks if rows.size)
        value = {"max": _max, "min": _min, "mean": _mean, "median": _median}[self.reference](filled)
        return Log("dB", floor=self.floor, reference=max(value, float(self.floor)))


def _max(blocks: Iterable[Array]) -> float:
    return max(_some([float(rows.max()) for rows in blocks]))


def _min(blocks: Iterable[Array]) -> float:
    return min(_some([float(rows.min()) for rows in blocks]))


def _mean(blocks: Iterable[Array]) -> float:
    total, values = 0.0, 0
    for rows in blocks:
        values += rows.size
        for row in row_sum(flatten_rows(rows).astype(np.float64)).ravel().tolist():
            total += row  # one after the other, however they come in blocks
    _some([values] if values else [])
    return total / values


def _median(blocks: Iterable[Array]) -> float:
    return float(np.median(np.concatenate(_some([rows.ravel() for rows in blocks]))))


def _some(found: list[T]) -> list[T]:
    if not found:
        raise InputError("there is no row to take the reference from; give an input that is long enough for a frame")
    return found


class FromDecibels(Pointwise):
    """Decibels back to the power, or the amplitude, that they were made of.

    Parameters
    ----------
    reference : float
        The value at 0 dB.
    of : str
        ``"power"`` (10 dB a factor of ten) or ``"amplitude"`` (20 dB).

    Notes
    -----
    Any shape, unchanged.

    Raises
    ------
    ParameterError
        If the reference is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> FromDecibels()(np.array([[0.0, 20.0]])), FromDecibels(of="amplitude")(np.array([[0.0, 20.0]]))
    (array([[  1., 100.]]), array([[ 1., 10.]]))
    """

    name = "from_decibels"
    formula = "y = reference 10^(x/10), or reference 10^(x/20)"
    source = "librosa.db_to_power, librosa.db_to_amplitude"

    reference: float = 1.0
    of: Literal["power", "amplitude"] = "power"

    def check(self) -> None:
        self.at_least(0, "reference")

    def apply(self, rows: Array) -> Array:
        if self.of == "power":
            return float(self.reference) * np.power(10.0, rows * 0.1)
        return np.sqrt(float(self.reference) ** 2 * np.power(10.0, rows * 0.1))
