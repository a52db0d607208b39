"""Magnitudes: of complex spectra, and of real values."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array
from featkit.stage import Pointwise


class Magnitude(Pointwise):
    """The magnitude of a complex spectrum.

    Notes
    -----
    Straight from frames it is :class:`featkit.MagnitudeSpectrum`. Shape: ``(frames, bins)`` complex -> ``(frames, bins)`` real.

    Examples
    --------
    >>> import numpy as np
    >>> Magnitude()(np.array([[3.0 + 4.0j, -2.0j]]))
    array([[5., 2.]])
    """

    name = "magnitude"
    shape = "frame phasor -> frame bin"
    formula = "S[t, k] = |X[t, k]|"
    source = "Oppenheim & Schafer, Discrete-Time Signal Processing, 1989"

    def apply(self, rows: Array) -> Array:
        return np.abs(np.ascontiguousarray(rows))


class Absolute(Pointwise):
    """The absolute value of every value.

    Notes
    -----
    Any shape, unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> Absolute()(np.array([[3.0, -4.0]]))
    array([[3., 4.]])
    """

    name = "absolute"
    formula = "y = |x|"
    source = "featkit"

    def apply(self, rows: Array) -> Array:
        return np.abs(rows)
