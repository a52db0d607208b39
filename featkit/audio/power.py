"""A power of every value: spectra between magnitude and power, and compressed ones."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array
from featkit.stage import Pointwise


class Power(Pointwise):
    """Raise every value of a spectrum to a power.

    Parameters
    ----------
    exponent : float
        2 makes a power spectrum of magnitudes; 1/3 compresses as loudness is heard.

    Notes
    -----
    Shape: ``(frames, bins)``, unchanged. Values are not below 0, as magnitudes are.

    Raises
    ------
    ParameterError
        If the exponent is not finite and above 0.

    Examples
    --------
    >>> import numpy as np
    >>> Power(0.5)(np.array([[4.0, 9.0]]))
    array([[2., 3.]])
    """

    name = "power"
    shape = "frame bin -> frame bin"
    formula = "y[t, k] = x[t, k]^exponent"
    source = "Hermansky, Perceptual linear predictive analysis of speech, 1990 (exponent 1/3)"

    exponent: float = 2.0

    def check(self) -> None:
        self.above(0, "exponent")

    def apply(self, rows: Array) -> Array:
        return np.power(rows, float(self.exponent))
