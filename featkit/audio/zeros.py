"""Zeros before a logarithm or a division: some programs put another value in their place."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array
from featkit.stage import Pointwise


class ReplaceZeros(Pointwise):
    """Put a value where a zero stands; everything else stays, however small. A floor is a field of :class:`Log`.

    Parameters
    ----------
    value : float
        What stands in place of a zero.

    Notes
    -----
    Any shape, unchanged.

    Raises
    ------
    ParameterError
        If value is not finite and above 0.

    Examples
    --------
    >>> import numpy as np
    >>> ReplaceZeros(0.5)(np.array([0.0, 0.25, 2.0]))
    array([0.5 , 0.25, 2.  ])
    """

    name = "replace_zeros"
    formula = "y = x where x != 0, else value"
    source = "python_speech_features, base.py"

    value: float = float(np.finfo(np.float64).eps)

    def check(self) -> None:
        self.above(0, "value")

    def apply(self, rows: Array) -> Array:
        return np.where(rows == 0, rows.dtype.type(self.value), rows)
