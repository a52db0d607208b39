"""The energy of a frame."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from featkit.errors import InputError, ParameterError, ShapeError
from featkit.numeric import Array, row_sum
from featkit.stage import Pointwise, RowShape, Whole


class LogEnergy(Pointwise):
    """The natural logarithm of each frame's energy, one column.

    Parameters
    ----------
    floor : float
        Smaller energies count as this one.
    silent : float or None
        What stands for the logarithm of no energy at all (-1e10 in HTK); None: the logarithm of the floor.

    Notes
    -----
    Shape: ``(frames, taps)`` -> ``(frames, 1)``. Beside other features it is a branch of a :class:`featkit.Join`.

    Raises
    ------
    ParameterError
        If floor is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> LogEnergy()(np.array([[1.0, 1.0], [0.0, 0.0]])).round(3)
    array([[  0.693],
           [-23.026]])
    """

    name = "log_energy"
    shape = "frame tap -> frame energy"
    formula = "e[t] = log(max(sum_i x[t, i]^2, floor))"
    source = "HTK Book, 5.5 (energy measures)"

    floor: float = 1e-10
    silent: float | None = None

    def check(self) -> None:
        self.above(0, "floor")

    def row_shape(self, row: RowShape) -> RowShape:
        return (1,)

    def apply(self, rows: Array) -> Array:
        energy = row_sum(rows * rows)
        logarithm = np.log(np.maximum(energy, max(float(self.floor), float(np.finfo(rows.dtype).tiny))))
        if self.silent is not None:
            logarithm[energy == 0] = self.silent
        return logarithm


class EnergyBelowPeak(Whole):
    """Measure log energies from the largest one of the whole input: the peak becomes 1, silence has a floor.

    Parameters
    ----------
    range_db : float
        Energies farther below the peak count as this far below it.
    scale : float
        Multiplies what lies below the peak (which is in natural logarithms, 4.34 dB each).
    column : int or None
        Where the energy stands, None for the last column; the others are left as they are.

    Notes
    -----
    Shape: ``(frames, columns)``, unchanged. Settled in a first pass it becomes :class:`EnergyBelow`.

    Raises
    ------
    ParameterError
        If range_db is not above 0 or scale not finite.
    ShapeError
        If a row has no such column.

    Examples
    --------
    >>> import numpy as np
    >>> EnergyBelowPeak(scale=0.1)(np.array([[5.0], [15.0], [-90.0]])).round(3)
    array([[ 0.   ],
           [ 1.   ],
           [-0.151]])
    """

    name = "energy_below_peak"
    shape = "* * -> * *"
    formula = "y[t] = 1 - scale (peak - max(e[t], peak - range ln(10)/10)),  peak = max_t e[t]"
    source = "HTK Book, 5.5 (ENORMALISE, SILFLOOR, ESCALE)"

    range_db: float = 50.0
    scale: float = 0.1
    column: int | None = None

    def check(self) -> None:
        EnergyBelow(0.0, self.range_db, self.scale, self.column)

    def row_shape(self, row: RowShape) -> RowShape:
        return EnergyBelow(0.0, self.range_db, self.scale, self.column).row_shape(row)

    def settle(self, blocks: Iterable[Array]) -> EnergyBelow:
        column = -1 if self.column is None else self.column
        peaks = [rows[:, column].max() for rows in blocks if rows.size]
        if not peaks:
            raise InputError("there is no frame to take the peak of; give an input that is long enough for a frame")
        return EnergyBelow(float(max(peaks)), self.range_db, self.scale, self.column)


class EnergyBelow(Pointwise):
    """Measure log energies from a known peak. What :class:`EnergyBelowPeak` becomes when its input has been read once.

    Parameters
    ----------
    peak : float
        The log energy that becomes 1.
    range_db, scale, column
        As in :class:`EnergyBelowPeak`.

    Notes
    -----
    Shape: ``(frames, columns)``, unchanged.

    Raises
    ------
    ParameterError
        If range_db is not above 0, or peak or scale not finite.
    ShapeError
        If a row has no such column.

    Examples
    --------
    >>> import numpy as np
    >>> EnergyBelow(peak=15.0)(np.array([[2.0, 15.0], [3.0, 10.0]]))
    array([[2. , 1. ],
           [3. , 0.5]])
    """

    name = "energy_below"
    shape = "* * -> * *"
    formula = "y[t] = 1 - scale (peak - max(e[t], peak - range ln(10)/10))"
    source = "HTK Book, 5.5 (ENORMALISE, SILFLOOR, ESCALE)"

    peak: float = 0.0
    range_db: float = 50.0
    scale: float = 0.1
    column: int | None = None

    def check(self) -> None:
        self.above(0, "range_db")
        if not np.isfinite([self.peak, self.scale]).all():
            raise ParameterError(
                f"the peak and scale of an energy must be finite, got {self.peak!r} and {self.scale!r}"
            )

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and not -row[0] <= (self.column or 0) < row[0]:
            raise ShapeError(f"the energy is to stand in column {self.column}, but a row has {row[0]}")
        return row

    def apply(self, rows: Array) -> Array:
        kind, column = rows.dtype.type, -1 if self.column is None else self.column
        peak = kind(self.peak)
        floored = np.maximum(rows[:, column], peak - kind(self.range_db * np.log(10.0) / 10.0))
        made = rows.copy()
        made[:, column] = 1 - (peak - floored) * float(self.scale)
        return made


class Total(Pointwise):
    """The sum of each row, one column: of a power spectrum, the energy of the frame.

    Notes
    -----
    Shape: ``(frames, values)`` -> ``(frames, 1)``.

    Examples
    --------
    >>> import numpy as np
    >>> Total()(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[3.],
           [7.]])
    """

    name = "total"
    shape = "* * -> * energy"
    formula = "e[t] = sum_k x[t, k]"
    source = "python_speech_features, base.py (energy)"

    def row_shape(self, row: RowShape) -> RowShape:
        return (1,)

    def apply(self, rows: Array) -> Array:
        return row_sum(rows)
