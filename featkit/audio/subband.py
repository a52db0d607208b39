"""Spectral subband centroids: where in each band of a filter bank the energy lies."""

from __future__ import annotations

import numpy as np

from featkit.audio.mel import MelBank
from featkit.errors import ParameterError
from featkit.numeric import Array, constant
from featkit.stage import Pointwise, RowShape


@constant
def bin_frequencies(bins: int, first_hz: float, rate: float, dtype: str) -> Array:
    """The frequencies of ``bins`` bins, evenly from ``first_hz`` to half the rate.

    >>> bin_frequencies(3, 0.0, 8000, "f8")
    array([   0., 2000., 4000.])
    """
    return np.linspace(first_hz, rate / 2, bins).astype(dtype)


class SubbandCentroids(Pointwise):
    """The centre of gravity, in Hz, of the spectrum under each filter of a bank.

    Parameters
    ----------
    bank : MelBank
        The filters; reached as ``subband_centroids__bank__n_mels``.
    first_hz : float
        The frequency that counts for bin 0; the others follow evenly up to half the rate. python_speech_features has 1.

    Notes
    -----
    Shape: ``(frames, bins)`` -> ``(frames, n_mels)``. Where nothing lies under a filter there is no centre: NaN.

    Raises
    ------
    ParameterError
        If first_hz does not lie in 0 .. rate/2.
    ShapeError
        As :class:`MelBank`.

    Examples
    --------
    >>> import numpy as np
    >>> stage = SubbandCentroids(MelBank(n_mels=2, rate=8000, low_hz=0))
    >>> stage(np.array([[0.0, 1.0, 1.0, 0.0, 0.0]])).round(1)
    array([[1000. , 1736.4]])
    """

    name = "subband_centroids"
    shape = "frame bin -> frame mel"
    formula = "C[t, n] = sum_k f[k] H[n, k] S[t, k] / sum_k H[n, k] S[t, k]"
    source = "Paliwal, Spectral subband centroid features for speech recognition, 1998"

    bank: MelBank = MelBank()
    first_hz: float = 0.0

    def check(self) -> None:
        self.at_least(0, "first_hz")
        if self.first_hz >= self.bank.rate / 2:
            raise ParameterError(
                f"SubbandCentroids.first_hz={self.first_hz:g} must lie below half the rate, {self.bank.rate / 2:g} Hz"
            )

    def row_shape(self, row: RowShape) -> RowShape:
        return self.bank.row_shape(row)

    def apply(self, rows: Array) -> Array:
        hz = bin_frequencies(rows.shape[-1], self.first_hz, self.bank.rate, rows.dtype.str)
        with np.errstate(invalid="ignore"):
            return self.bank.apply(rows * hz) / self.bank.apply(rows)
