"""The energy of a frame."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array, row_sum
from featkit.stage import Pointwise, RowShape


class LogEnergy(Pointwise):
    """The natural logarithm of each frame's energy, one column.

    Parameters
    ----------
    floor : float
        Smaller energies count as this one.

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

    def check(self) -> None:
        self.above(0, "floor")

    def row_shape(self, row: RowShape) -> RowShape:
        return (1,)

    def apply(self, rows: Array) -> Array:
        energy = row_sum(rows * rows)
        return np.log(np.maximum(energy, max(float(self.floor), float(np.finfo(rows.dtype).tiny))))
