"""The other half of a spectrum: the negative frequencies."""

from __future__ import annotations

import numpy as np

from featkit.errors import ShapeError
from featkit.numeric import Array
from featkit.stage import Pointwise, RowShape


class TwoSided(Pointwise):
    """Add the negative frequencies to the spectrum of a real signal: the conjugates of the positive ones.

    Parameters
    ----------
    n_fft : int or None
        Points of the transform behind the bins. None: it was even, 2 (bins - 1).

    Notes
    -----
    Shape: ``(frames, n_fft//2 + 1)`` -> ``(frames, n_fft)``, real or complex; frequencies in the order of an FFT.

    Raises
    ------
    ParameterError
        If n_fft is below 1.
    ShapeError
        If the rows have other than n_fft//2 + 1 bins.

    Examples
    --------
    >>> import numpy as np
    >>> TwoSided()(np.array([[4.0, 1.0, 2.0]])), TwoSided(n_fft=5)(np.array([[4.0, 1.0, 2.0]]))
    (array([[4., 1., 2., 1.]]), array([[4., 1., 2., 2., 1.]]))
    """

    name = "two_sided"
    shape = "frame * -> frame *"
    formula = "Y[t, k] = X[t, k] for k <= n_fft/2, conj(X[t, n_fft - k]) above"
    source = "Oppenheim & Schafer, Discrete-Time Signal Processing, 1989"

    n_fft: int | None = None

    def check(self) -> None:
        self.at_least(1, "n_fft")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and self.n_fft is not None and row[0] != self.n_fft // 2 + 1:
            raise ShapeError(
                f"TwoSided takes {self.n_fft // 2 + 1} bins (n_fft={self.n_fft}), got {row[0]}; give both one n_fft"
            )
        if row is None:
            return None if self.n_fft is None else (self.n_fft,)
        return (self.n_fft or max(1, 2 * (row[0] - 1)),)

    def apply(self, rows: Array) -> Array:
        bins = rows.shape[-1]
        n_fft = self.n_fft or max(1, 2 * (bins - 1))
        mirrored = n_fft - np.arange(bins, n_fft)
        return np.concatenate([rows, rows[:, mirrored].conj()], axis=1)
