"""The mel scale and the bank of triangular filters on it."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from featkit import numeric
from featkit.errors import ParameterError, ShapeError
from featkit.numeric import Array, constant
from featkit.stage import Pointwise, RowShape

Scale = Literal["htk", "kaldi", "slaney"]

# Slaney's Auditory Toolbox: 200/3 Hz a mel up to 1000 Hz, then 27 mels for each factor of 6.4.
_LINEAR_HZ, _CORNER_HZ, _LOG_STEP = 200.0 / 3, 1000.0, np.log(6.4) / 27


def hz_to_mel(hz: ArrayLike, scale: Scale = "htk") -> Array:
    """Frequency in Hz to mel.

    - ``htk``: 2595 log10(1 + hz/700), O'Shaughnessy 1987; ``kaldi``: 1127 ln(1 + hz/700), the same curve to 5e-6
    - ``slaney``: linear below 1000 Hz, logarithmic above (Auditory Toolbox, 1998)

    >>> hz_to_mel([0, 1000.0]).round(2), hz_to_mel(1000.0, "slaney")
    (array([  0.  , 999.99]), array(15.))
    """
    hz = np.asarray(hz, dtype=np.float64)
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    if scale == "kaldi":
        return 1127.0 * np.log(1.0 + hz / 700.0)
    corner = _CORNER_HZ / _LINEAR_HZ
    return np.where(
        hz < _CORNER_HZ, hz / _LINEAR_HZ, corner + np.log(np.maximum(hz, _CORNER_HZ) / _CORNER_HZ) / _LOG_STEP
    )


def mel_to_hz(mel: ArrayLike, scale: Scale = "htk") -> Array:
    """Mel to frequency in Hz, the inverse of :func:`hz_to_mel`.

    >>> mel_to_hz(15.0, "slaney")
    array(1000.)
    """
    mel = np.asarray(mel, dtype=np.float64)
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    if scale == "kaldi":
        return 700.0 * (np.exp(mel / 1127.0) - 1.0)
    corner = _CORNER_HZ / _LINEAR_HZ
    return np.where(mel < corner, mel * _LINEAR_HZ, _CORNER_HZ * np.exp(_LOG_STEP * (np.maximum(mel, corner) - corner)))


@constant
def mel_weights(
    n_mels: int,
    rate: float,
    n_fft: int,
    low_hz: float = 20.0,
    high_hz: float | None = None,
    scale: Scale = "htk",
    triangles: Literal["hz", "mel"] = "hz",
    norm: Literal["none", "area"] = "none",
    edges: Literal["exact", "bin"] = "exact",
) -> Array:
    """The weights H[n, k] of a mel bank, shape ``(n_mels, n_fft//2 + 1)``, float64, read-only.

    The parameters are those of :class:`MelBank`.

    >>> mel_weights(2, rate=8000, n_fft=8, low_hz=0).round(2)
    array([[0.  , 0.68, 0.  , 0.  , 0.  ],
           [0.  , 0.32, 0.91, 0.45, 0.  ]])
    """
    top = rate / 2 if high_hz is None else high_hz
    points = np.linspace(hz_to_mel(low_hz, scale), hz_to_mel(top, scale), n_mels + 2)
    corners_hz = mel_to_hz(points, scale)
    bins = np.arange(n_fft // 2 + 1) * (rate / n_fft)
    corners = corners_hz
    if edges == "bin":
        bins, corners = np.arange(n_fft // 2 + 1.0), np.floor((n_fft + 1) * corners_hz / rate)
    elif triangles == "mel":
        bins, corners = hz_to_mel(bins, scale), points
    left, centre, right = (corners[i : i + n_mels, None] for i in range(3))
    with np.errstate(divide="ignore", invalid="ignore"):  # two corners in one bin: that side of the triangle is empty
        rising = np.where(centre > left, (bins - left) / (centre - left), bins >= centre)
        falling = np.where(right > centre, (right - bins) / (right - centre), bins < centre)
    # A bin on the centre weighs 1 whichever side is empty; outside [left, right] both sides push it below 0.
    triangle = np.clip(np.minimum(rising, falling), 0.0, None)
    if norm == "area":
        triangle *= 2.0 / (corners_hz[2:] - corners_hz[:-2])[:, None]
    empty = np.flatnonzero(triangle.max(axis=1, initial=0.0) == 0.0)
    if len(empty):
        warnings.warn(
            f"{len(empty)} of {n_mels} mel filters (the first: {empty[0]}) lie between two bins of n_fft={n_fft} and stay "
            "empty; use fewer filters or a larger n_fft",
            stacklevel=4,
        )
    return triangle


@constant
def _sparse_weights(dtype: str, *parameters: Any) -> Any:
    return numeric.weights(mel_weights(*parameters).astype(dtype))


class MelBank(Pointwise):
    """Sum each spectrum under triangles that are equally wide on the mel scale.

    Parameters
    ----------
    n_mels : int
        Number of filters.
    rate : float
        Sampling rate of the signal in Hz.
    low_hz, high_hz : float
        Where the first filter begins and the last one ends; None is the Nyquist frequency.
    scale : str
        The mel formula: ``"htk"``, ``"kaldi"`` or ``"slaney"``, see :func:`featkit.hz_to_mel`.
    triangles : str
        Where their sides are straight: ``"hz"`` (librosa, torchaudio) or ``"mel"`` (Kaldi, HTK).
    norm : str
        ``"none"``: every peak is 1. ``"area"``: divided by half the width in Hz (Slaney), so every area is 1.
    edges : str
        ``"exact"``, or ``"bin"``: corners rounded down to bins, floor((n_fft + 1) hz / rate), and sides straight over
        bins (python_speech_features).
    n_fft : int or None
        Points of the transform behind the bins. None: it was even, 2 (bins - 1).

    Notes
    -----
    Shape: ``(frames, bins)`` -> ``(frames, n_mels)``. A filter so narrow that no bin lies in it stays empty, with a
    warning.

    Raises
    ------
    ParameterError
        If the band is empty or reaches beyond the Nyquist frequency.
    ShapeError
        If n_fft is given and the rows have other than n_fft//2 + 1 bins.

    Examples
    --------
    >>> import numpy as np
    >>> MelBank(n_mels=2, rate=8000, low_hz=0)(np.ones((1, 5))).round(2)
    array([[0.68, 1.68]])
    """

    name = "mel"
    shape = "frame bin -> frame mel"
    formula = "M[t, n] = sum_k H[n, k] S[t, k]"
    source = "Davis & Mermelstein, Comparison of parametric representations, IEEE TASSP 28, 1980"

    n_mels: int = 40
    rate: float = 16000
    low_hz: float = 20.0
    high_hz: float | None = None
    scale: Scale = "htk"
    triangles: Literal["hz", "mel"] = "hz"
    norm: Literal["none", "area"] = "none"
    edges: Literal["exact", "bin"] = "exact"
    n_fft: int | None = None

    def check(self) -> None:
        self.at_least(1, "n_mels", "n_fft")
        self.above(0, "rate", "high_hz")
        self.at_least(0, "low_hz")
        top = self.rate / 2 if self.high_hz is None else self.high_hz
        if top > self.rate / 2:
            raise ParameterError(
                f"MelBank.high_hz={self.high_hz} lies above the Nyquist frequency {self.rate / 2:g} Hz of {self.rate=:g}; "
                "lower it, or leave it None"
            )
        if self.low_hz >= top:
            raise ParameterError(f"MelBank.low_hz={self.low_hz:g} must lie below its upper end, {top:g} Hz")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and self.n_fft is not None and row[0] != self.n_fft // 2 + 1:
            raise ShapeError(
                f"MelBank takes {self.n_fft // 2 + 1} bins (n_fft={self.n_fft}), got {row[0]}; give both one n_fft"
            )
        if row is not None and row[0] < 2:
            raise ShapeError(
                f"MelBank takes spectra of at least 2 bins, got {row[0]}; lengthen the frames or raise n_fft"
            )
        return (self.n_mels,)

    def apply(self, rows: Array) -> Array:
        n_fft = self.n_fft or 2 * (rows.shape[-1] - 1)
        band = (self.n_mels, self.rate, n_fft, self.low_hz, self.high_hz)
        shape = (self.scale, self.triangles, self.norm, self.edges)
        return numeric.project(rows, _sparse_weights(rows.dtype.str, *band, *shape))
