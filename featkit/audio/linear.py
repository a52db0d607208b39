"""The bank of triangular filters that are equally wide in Hz (of LFCC)."""

from __future__ import annotations

import numpy as np

from featkit import numeric
from featkit.audio.mel import Precision, rounded, spaced
from featkit.errors import ParameterError, ShapeError
from featkit.numeric import Array, constant
from featkit.stage import Pointwise, RowShape


@constant
def linear_weights(
    n_filters: int,
    rate: float,
    n_fft: int,
    low_hz: float = 0.0,
    high_hz: float | None = None,
    precision: Precision = "float64",
) -> Array:
    """The weights H[n, k] of a linear bank, shape ``(n_filters, n_fft//2 + 1)``, float64, read-only.

    The parameters are those of :class:`LinearBank`.

    >>> linear_weights(3, rate=8, n_fft=8)
    array([[0., 1., 0., 0., 0.],
           [0., 0., 1., 0., 0.],
           [0., 0., 0., 1., 0.]])
    """
    top = rate / 2 if high_hz is None else high_hz
    r = rounded(precision)
    corners = spaced(low_hz, top, n_filters + 2, precision)
    bins = spaced(0.0, n_fft // 2 * (rate / n_fft), n_fft // 2 + 1, precision)
    left, centre, right = (corners[i : i + n_filters, None] for i in range(3))
    rising, falling = r(r(bins - left) / r(centre - left)), r(r(right - bins) / r(right - centre))
    return np.clip(np.minimum(rising, falling), 0.0, None)


class LinearBank(Pointwise):
    """Sum each spectrum under triangles that are equally wide in Hz: the filters of linear-frequency cepstra (LFCC).

    Parameters
    ----------
    n_filters : int
        Number of filters.
    rate : float
        Sampling rate of the signal in Hz.
    low_hz, high_hz : float
        Where the first filter begins and the last one ends; None is the Nyquist frequency.
    n_fft : int or None
        Points of the transform behind the bins. None: it was even, 2 (bins - 1).
    precision : str
        ``"float32"`` computes the filters in single precision, as torch does.

    Notes
    -----
    Shape: ``(frames, bins)`` -> ``(frames, n_filters)``. Filters so narrow that no bin lies in them stay empty.

    Raises
    ------
    ParameterError
        If the band is empty.
    ShapeError
        If n_fft is given and the rows have other than n_fft//2 + 1 bins.

    Examples
    --------
    >>> import numpy as np
    >>> LinearBank(n_filters=3, rate=8)(np.array([[1.0, 2.0, 3.0, 4.0, 5.0]]))
    array([[2., 3., 4.]])
    """

    name = "linear"
    shape = "frame bin -> frame filter"
    formula = "L[t, n] = sum_k H[n, k] S[t, k]"
    source = "Zhou et al., Linear versus mel frequency cepstral coefficients for speaker recognition, 2011"

    n_filters: int = 128
    rate: float = 16000
    low_hz: float = 0.0
    high_hz: float | None = None
    n_fft: int | None = None
    precision: Precision = "float64"

    def check(self) -> None:
        self.at_least(1, "n_filters", "n_fft")
        self.above(0, "rate", "high_hz")
        self.at_least(0, "low_hz")
        top = self.rate / 2 if self.high_hz is None else self.high_hz
        if self.low_hz >= top:
            raise ParameterError(f"LinearBank.low_hz={self.low_hz:g} must lie below its upper end, {top:g} Hz")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and self.n_fft is not None and row[0] != self.n_fft // 2 + 1:
            raise ShapeError(
                f"LinearBank takes {self.n_fft // 2 + 1} bins (n_fft={self.n_fft}), got {row[0]}; give both one n_fft"
            )
        if row is not None and row[0] < 2:
            raise ShapeError(f"LinearBank takes spectra of at least 2 bins, got {row[0]}; raise n_fft")
        return (self.n_filters,)

    def apply(self, rows: Array) -> Array:
        n_fft = self.n_fft or 2 * (rows.shape[-1] - 1)
        band = (self.n_filters, self.rate, n_fft, self.low_hz, self.high_hz, self.precision)
        return numeric.project(rows, numeric.weights_of(linear_weights, rows.dtype.str, *band))
