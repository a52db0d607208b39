"""The mel scale and the bank of triangular filters on it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from featkit import numeric
from featkit.errors import ParameterError, ShapeError
from featkit.numeric import Array, constant
from featkit.rows.unit import unit_rows
from featkit.stage import Pointwise, RowShape

Scale = Literal["htk", "kaldi", "slaney"]
Warping = Literal["kaldi", "htk"]
Precision = Literal["float32", "float64"]

# Slaney's Auditory Toolbox: 200/3 Hz a mel up to 1000 Hz, then 27 mels for each factor of 6.4.
_LINEAR_HZ, _CORNER_HZ, _LOG_STEP = 200.0 / 3, 1000.0, np.log(6.4) / 27


def hz_to_mel(hz: ArrayLike, scale: Scale = "htk", precision: Precision = "float64") -> Array:
    """Frequency in Hz to mel; in single precision every step of the logarithmic scales is rounded to it.

    - ``htk``: 2595 log10(1 + hz/700), O'Shaughnessy 1987; ``kaldi``: 1127 ln(1 + hz/700), the same curve to 5e-6
    - ``slaney``: linear below 1000 Hz, logarithmic above (Auditory Toolbox, 1998)

    >>> hz_to_mel([0, 1000.0]).round(2), hz_to_mel(1000.0, "slaney")
    (array([  0.  , 999.99]), array(15.))
    """
    hz = np.asarray(hz, dtype=np.float64)
    r = rounded(precision)
    if scale == "htk":
        return r(2595.0 * r(np.log10(r(1.0 + r(hz / 700.0)))))
    if scale == "kaldi":
        return r(1127.0 * r(np.log(r(1.0 + r(hz / 700.0)))))
    corner = _CORNER_HZ / _LINEAR_HZ
    return np.where(
        hz < _CORNER_HZ, hz / _LINEAR_HZ, corner + np.log(np.maximum(hz, _CORNER_HZ) / _CORNER_HZ) / _LOG_STEP
    )


def mel_to_hz(mel: ArrayLike, scale: Scale = "htk", precision: Precision = "float64") -> Array:
    """Mel to frequency in Hz, the inverse of :func:`hz_to_mel`; in single precision every step is rounded to it.

    >>> mel_to_hz(15.0, "slaney")
    array(1000.)
    """
    mel = np.asarray(mel, dtype=np.float64)
    r = rounded(precision)
    if scale == "htk":
        return r(700.0 * r(r(10.0 ** r(mel / 2595.0)) - 1.0))
    if scale == "kaldi":
        return r(700.0 * r(r(np.exp(r(mel / 1127.0))) - 1.0))
    corner = r(_CORNER_HZ / _LINEAR_HZ)
    above = r(_CORNER_HZ * r(np.exp(r(r(_LOG_STEP) * r(np.maximum(mel, corner) - corner)))))
    return np.where(mel < corner, r(mel * r(_LINEAR_HZ)), above)


def rounded(precision: Precision) -> Callable[[Any], Any]:
    """What every step of a computation in that precision goes through."""
    return _single if precision == "float32" else lambda value: value


def _single(value: ArrayLike) -> Array:
    return np.asarray(value, np.float32).astype(np.float64)


def spaced(first: ArrayLike, last: ArrayLike, n: int, precision: Precision = "float64") -> Array:
    """Return n values from first to last, equally far apart; in single precision counted from the nearer end, as torch does.

    >>> spaced(0, 1, 3)
    array([0. , 0.5, 1. ])
    """
    low, high = np.asarray(first, np.float64), np.asarray(last, np.float64)
    if precision == "float64":
        return np.linspace(low, high, n)
    low, high = _single(low), _single(high)
    step, at = _single((high - low) / (n - 1)), np.arange(n)
    return _single(np.where(at < n // 2, low + step * at, high - step * (n - 1 - at)))


def warp_hz(
    hz: ArrayLike,
    warp: float,
    low: float,
    high: float,
    band: tuple[float, float],
    warping: Warping,
    precision: Precision = "float64",
) -> Array:
    """Where vocal tract length normalisation moves frequencies: divided by ``warp``, the ends of the band kept.

    Three straight lines through the points of :func:`_warp_knots`: between them f / warp, outside them what is needed to
    meet the ends of the band. In single precision every step is rounded to it.

    >>> warp_hz([20, 150, 4400, 7600, 8000], 1.1, 100, 7500, (20, 8000), "kaldi").round(1)
    array([  20. ,  136.4, 4000. , 7054.5, 8000. ])
    """
    hz = np.asarray(hz, dtype=np.float64)
    r = rounded(precision)
    (from_low, from_high), (bottom, top) = map(r, _warp_knots(r(warp), low, high, warping)), map(r, band)
    scale = r(1.0 / r(warp))
    to_low, to_high = r(scale * from_low), r(scale * from_high)
    # A knot outside the band is never met, so its line is not needed and its slope must not divide by 0.
    below = r(r(to_low - bottom) / r(from_low - bottom)) if from_low > bottom else 1.0
    above = r(r(top - to_high) / r(top - from_high)) if from_high < top else 1.0
    warped = np.where(hz < from_low, r(bottom + r(below * r(hz - bottom))), r(scale * hz))
    if from_high < top:
        warped = np.where(hz >= from_high, r(top + r(above * r(hz - top))), warped)
        warped = np.where(hz >= top, hz, warped)
    return np.where(hz <= bottom, hz, warped)


def _warp_knots(warp: float, low: float, high: float, warping: Warping) -> tuple[float, float]:
    """From where to where a frequency is divided by the warp factor.

    Kaldi keeps both a knot and where it goes within [low, high]; HTK lets them lie as far on either side of low and high.
    """
    if warping == "kaldi":
        return low * max(1.0, warp), high * min(1.0, warp)
    return low * 2 / (1 + 1 / warp), high * 2 / (1 + 1 / warp)


def mel_corners(
    n_mels: int,
    rate: float,
    low_hz: float = 20.0,
    high_hz: float | None = None,
    scale: Scale = "htk",
    warp: float = 1.0,
    warp_low_hz: float = 100.0,
    warp_high_hz: float | None = None,
    warping: Warping = "kaldi",
    precision: Precision = "float64",
) -> tuple[Array, Array]:
    """Where the filters of a mel bank begin, peak and end, in mel and in Hz: filter n at the points n, n+1 and n+2.

    The parameters are those of :class:`MelBank`.

    >>> mel_corners(2, rate=8000, low_hz=0)[1].round(0)
    array([   0.,  621., 1791., 4000.])
    """
    top = rate / 2 if high_hz is None else high_hz
    points = _mel_points(low_hz, top, n_mels + 2, scale, precision)
    corners_hz = mel_to_hz(points, scale, precision)
    if warp != 1.0:
        high = rate / 2 - 500.0 if warp_high_hz is None else warp_high_hz
        corners_hz = warp_hz(corners_hz, warp, warp_low_hz, high, (low_hz, top), warping, precision)
        points = hz_to_mel(corners_hz, scale, precision)
    return points, corners_hz


def _mel_points(low_hz: float, high_hz: float, n: int, scale: Scale, precision: Precision) -> Array:
    """Points between two frequencies that are equally far apart in mel."""
    if scale != "kaldi" or precision == "float64":
        return spaced(hz_to_mel(low_hz, scale), hz_to_mel(high_hz, scale), n, precision)
    low, high = hz_to_mel([low_hz, high_hz], scale, precision)  # Kaldi rounds these too, and counts from the lower one
    return _single(low + _single(_single(_single(high - low) / (n - 1)) * np.arange(n)))


@constant
def mel_weights(
    n_mels: int,
    rate: float,
    n_fft: int,
    low_hz: float = 20.0,
    high_hz: float | None = None,
    scale: Scale = "htk",
    triangles: Literal["hz", "mel"] = "hz",
    norm: Literal["none", "area"] | float = "none",
    edges: Literal["exact", "bin"] = "exact",
    warp: float = 1.0,
    warp_low_hz: float = 100.0,
    warp_high_hz: float | None = None,
    warping: Warping = "kaldi",
    above_nyquist: Literal["refuse", "empty"] = "refuse",
    precision: Precision = "float64",
    weight_dtype: Precision = "float64",
    empty_filters: Literal["warn", "keep"] = "warn",
) -> Array:
    """The weights H[n, k] of a mel bank, shape ``(n_mels, n_fft//2 + 1)``, float64, read-only.

    The parameters are those of :class:`MelBank`.

    >>> mel_weights(2, rate=8000, n_fft=8, low_hz=0).round(2)
    array([[0.  , 0.68, 0.  , 0.  , 0.  ],
           [0.  , 0.32, 0.91, 0.45, 0.  ]])
    """
    points, corners_hz = mel_corners(
        n_mels, rate, low_hz, high_hz, scale, warp, warp_low_hz, warp_high_hz, warping, precision
    )
    r = rounded(precision)
    bins = np.arange(n_fft // 2 + 1) * (rate / n_fft)
    if precision == "float32":
        bins = (
            _single(_single(rate / n_fft) * np.arange(len(bins)))
            if scale == "kaldi"
            else spaced(0.0, bins[-1], len(bins), precision)
        )
    elif weight_dtype == "float32" or not isinstance(norm, str):
        # Counted as numpy.fft does: a p-norm shows the last bit of a filter that only touches a bin.
        bins = np.fft.rfftfreq(n_fft, 1.0 / rate)
    corners = corners_hz
    if edges == "bin":
        bins, corners = np.arange(n_fft // 2 + 1.0), np.floor((n_fft + 1) * corners_hz / rate)
    elif triangles == "mel":
        bins, corners = r(hz_to_mel(bins, scale, precision)), points
    left, centre, right = (corners[i : i + n_mels, None] for i in range(3))
    with np.errstate(divide="ignore", invalid="ignore"):  # two corners in one bin: that side of the triangle is empty
        rising = np.where(centre > left, r(r(bins - left) / r(centre - left)), bins >= centre)
        falling = np.where(right > centre, r(r(right - bins) / r(right - centre)), bins < centre)
    # Outside [left, right] one of the sides is below 0.
    triangle = np.clip(np.minimum(rising, falling), 0.0, None).astype(weight_dtype)
    if norm == "area":
        triangle = r(triangle * r(2.0 / r(corners_hz[2:] - corners_hz[:-2]))[:, None]).astype(weight_dtype)
    elif not isinstance(norm, str):
        triangle = unit_rows(triangle, float(norm))
    silent = triangle.max(axis=1, initial=0.0) == 0.0
    # Filters beyond the Nyquist frequency are empty on purpose where they are allowed.
    empty = np.flatnonzero(silent & ((corners_hz[:-2] < rate / 2) | (above_nyquist == "refuse")))
    if len(empty) and empty_filters == "warn":
        warnings.warn(
            f"{len(empty)} of {n_mels} mel filters (the first: {empty[0]}) lie between two bins of n_fft={n_fft} and stay "
            "empty; use fewer filters or a larger n_fft",
            stacklevel=4,
        )
    return triangle.astype(np.float64)


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
    norm : str or float
        ``"none"``: every peak is 1. ``"area"``: divided by half the width in Hz (Slaney), so every area is 1. A number p: the
        weights of a filter have the p-norm 1.
    edges : str
        ``"exact"``, or ``"bin"``: corners rounded down to bins, floor((n_fft + 1) hz / rate), and sides straight over
        bins (python_speech_features).
    n_fft : int or None
        Points of the transform behind the bins. None: it was even, 2 (bins - 1).
    warp : float
        Vocal tract length normalisation: the filters' corners are moved from f to f / warp, the ends of the band kept.
    warp_low_hz, warp_high_hz : float
        Where that begins and ends; outside, a straight line leads to the end of the band. None: 500 Hz below Nyquist.
    warping : str
        How exactly the two cut the band: as ``"kaldi"`` or as ``"htk"`` does.
    above_nyquist : str
        A high_hz above the Nyquist frequency: ``"refuse"`` it, or let the filters that lie there stay ``"empty"`` (Hugging
        Face).
    precision : str
        ``"float32"`` computes the filters in single precision, as torch and Kaldi do; that moves weights by 1e-5.
    weight_dtype : str
        ``"float32"`` rounds the triangles, and again what the norm makes of them, to single precision, as librosa stores them.
    empty_filters : str
        Filters in which no bin lies: ``"warn"``, or ``"keep"`` them without a word, where a model was trained with them.

    Notes
    -----
    Shape: ``(frames, bins)`` -> ``(frames, n_mels)``. A filter so narrow that no bin lies in it stays empty, with a
    warning.

    Raises
    ------
    ParameterError
        If the band is empty or reaches beyond the Nyquist frequency, or the warped band folds over.
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
    norm: Literal["none", "area"] | float = "none"
    edges: Literal["exact", "bin"] = "exact"
    n_fft: int | None = None
    warp: float = 1.0
    warp_low_hz: float = 100.0
    warp_high_hz: float | None = None
    warping: Warping = "kaldi"
    above_nyquist: Literal["refuse", "empty"] = "refuse"
    precision: Precision = "float64"
    weight_dtype: Precision = "float64"
    empty_filters: Literal["warn", "keep"] = "warn"

    def check(self) -> None:
        self.at_least(1, "n_mels", "n_fft")
        self.above(0, "rate", "high_hz", "warp")
        self.at_least(0, "low_hz", "warp_low_hz")
        top = self.rate / 2 if self.high_hz is None else self.high_hz
        if top > self.rate / 2 and self.above_nyquist == "refuse":
            raise ParameterError(
                f"MelBank.high_hz={self.high_hz} lies above the Nyquist frequency {self.rate / 2:g} Hz of {self.rate=:g}; "
                "lower it, or leave it None"
            )
        if self.low_hz >= top:
            raise ParameterError(f"MelBank.low_hz={self.low_hz:g} must lie below its upper end, {top:g} Hz")
        if self.warp != 1.0:
            self._check_warp(top)

    def _check_warp(self, top: float) -> None:
        high = self.rate / 2 - 500.0 if self.warp_high_hz is None else self.warp_high_hz
        low_knot, high_knot = _warp_knots(self.warp, self.warp_low_hz, high, self.warping)
        within = self.low_hz < self.warp_low_hz < high < top
        if self.warping == "kaldi" and not within:
            raise ParameterError(
                f"MelBank warps between {self.warp_low_hz=:g} and {high:g} Hz, which must lie in this order inside its band, "
                f"{self.low_hz:g} to {top:g} Hz".replace("self.", "")
            )
        if not (low_knot < high_knot and self.low_hz < high_knot / self.warp and low_knot / self.warp < top):
            raise ParameterError(
                f"MelBank.warp={self.warp:g} folds the band {self.low_hz:g} to {top:g} Hz over, with knots at {low_knot:g} "
                f"and {high_knot:g} Hz; choose a warp nearer to 1 or other warp_low_hz and warp_high_hz"
            )
        if high_knot < top <= high_knot / self.warp or low_knot / self.warp <= self.low_hz < low_knot:
            raise ParameterError(
                f"MelBank.warp={self.warp:g} moves {low_knot:g} to {high_knot:g} Hz out of the band, {self.low_hz:g} to "
                f"{top:g} Hz; choose a warp nearer to 1, a higher warp_low_hz or a lower warp_high_hz"
            )

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
        return numeric.project(rows, self.weights_for(rows.dtype, rows.shape[-1]))

    def weights_for(self, dtype: np.dtype[Any], bins: int) -> Any:
        """The weights for so many bins, as :func:`featkit.numeric.project` takes them."""
        if (dtype, bins) not in self._weights:
            self._weights[dtype, bins] = self._made_for(dtype, bins)
        return self._weights[dtype, bins]

    @cached_property
    def _weights(self) -> dict[tuple[Any, int], Any]:
        return {}

    def _made_for(self, dtype: np.dtype[Any], bins: int) -> Any:
        band = (self.n_mels, self.rate, self.n_fft or 2 * (bins - 1), self.low_hz, self.high_hz)
        shape = (self.scale, self.triangles, self.norm, self.edges)
        warp = (self.warp, self.warp_low_hz, self.warp_high_hz, self.warping)
        rounding = (self.above_nyquist, self.precision, self.weight_dtype, self.empty_filters)
        return numeric.weights_of(mel_weights, dtype.str, *band, *shape, *warp, *rounding)
