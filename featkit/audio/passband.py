"""A band of a spectrum: what lies outside counts as nothing."""

from __future__ import annotations

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Array
from featkit.stage import Pointwise


class Passband(Pointwise):
    """Set the bins outside a band to zero.

    HTK does so before its filter bank, which leaves out the bin of 0 Hz and that of the Nyquist frequency, and what lies
    less than half a bin inside the band's edges.

    Parameters
    ----------
    first : int
        The first bin that is kept.
    last : int or None
        The last one; None keeps all up to the end.

    Notes
    -----
    Shape: ``(frames, bins)``, unchanged.

    Raises
    ------
    ParameterError
        If first is below 0, or last below first.

    Examples
    --------
    >>> import numpy as np
    >>> Passband(1, 2)(np.array([[4.0, 3.0, 2.0, 1.0]]))
    array([[0., 3., 2., 0.]])
    """

    name = "passband"
    shape = "frame bin -> frame bin"
    formula = "y[t, k] = S[t, k] for first <= k <= last, else 0"
    source = "HTK, HSigP.c (InitFBank)"

    first: int = 1
    last: int | None = None

    def check(self) -> None:
        self.at_least(0, "first")
        if self.last is not None and self.last < self.first:
            raise ParameterError(
                f"Passband keeps bins from {self.first} to {self.last}: there are none; widen the band"
            )

    def apply(self, rows: Array) -> Array:
        band = slice(self.first, None if self.last is None else self.last + 1)
        kept = np.zeros_like(rows)
        kept[:, band] = rows[:, band]
        return kept
