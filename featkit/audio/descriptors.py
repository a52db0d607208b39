"""Descriptors of a spectrum's shape: where it lies, how wide it is, how flat, how much it stands out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

from featkit import numeric
from featkit.errors import InputError, ParameterError, ShapeError
from featkit.numeric import Array, constant, row_sum
from featkit.rows.unit import unit_rows
from featkit.stage import Pointwise, RowShape, Whole

Precision = Literal["float32", "float64"]


@constant
def _bin_frequencies(n_fft: int, rate: float) -> Array:
    return np.fft.rfftfreq(n_fft, 1.0 / rate)


class _OverFrequency(Pointwise):
    """What descriptors share that ask where a bin lies."""

    shape = "frame bin -> frame feature"

    rate: float = 16000
    n_fft: int | None = None
    frequencies: np.ndarray | None = None

    def check(self) -> None:
        self.above(0, "rate")
        self.at_least(1, "n_fft")
        if self.frequencies is not None and self.frequencies.ndim != 1:
            raise ShapeError(
                f"{type(self).__name__}.frequencies are one frequency per bin, got shape {self.frequencies.shape}"
            )

    def columns(self) -> int:
        """How many columns come out."""
        return 1

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None:
            bins = row[0]
            if self.n_fft is not None and bins != self.n_fft // 2 + 1:
                raise ShapeError(
                    f"{type(self).__name__} takes {self.n_fft // 2 + 1} bins (n_fft={self.n_fft}), got {bins}; "
                    "give both one n_fft"
                )
            if self.frequencies is not None and bins != len(self.frequencies):
                raise ShapeError(
                    f"{type(self).__name__} has {len(self.frequencies)} frequencies, but rows of {bins} bins"
                )
            if bins < 2:
                raise ShapeError(f"{type(self).__name__} takes spectra of at least 2 bins, got {bins}; raise n_fft")
        return (self.columns(),)

    def hz(self, bins: int) -> Array:
        """Where the bins lie, in Hz."""
        if self.frequencies is not None:
            return self.frequencies.astype(np.float64)
        return _bin_frequencies(self.n_fft or 2 * (bins - 1), float(self.rate))


class SpectralCentroid(_OverFrequency):
    """The centre of gravity of each spectrum, in Hz, one column.

    Parameters
    ----------
    rate : float
        Sampling rate of the signal in Hz.
    n_fft : int or None
        Points of the transform behind the bins. None: it was even, 2 (bins - 1).
    frequencies : ndarray, shape (bins,), or None
        Where the bins lie, in Hz, in place of rate and n_fft.
    dtype : str
        Precision of the output: ``"float64"`` or ``"float32"``.

    Notes
    -----
    Shape: ``(frames, bins)`` -> ``(frames, 1)``; 0 for a silent frame. The spectrum's shares are rounded to the precision
    of the input, the sum is made in float64.

    Raises
    ------
    ShapeError
        If the rows have not as many bins as n_fft or the frequencies say.

    Examples
    --------
    >>> import numpy as np
    >>> SpectralCentroid(rate=8000)(np.array([[0.0, 1.0, 0.0, 0.0, 1.0]]))
    array([[2500.]])
    """

    name = "spectral_centroid"
    formula = "c[t] = sum_k f[k] S[t, k] / sum_k S[t, k]"
    source = "Klapuri & Davy, Signal Processing Methods for Music Transcription, 2007, chapter 5"

    dtype: Precision = "float64"

    def apply(self, rows: Array) -> Array:
        return _centroid(unit_rows(rows, 1), self.hz(rows.shape[-1])).astype(self.dtype)


def _centroid(shares: Array, hz: Array) -> Array:
    return row_sum(hz * shares)


class SpectralBandwidth(_OverFrequency):
    """How wide each spectrum spreads around its centroid, in Hz, one column.

    Parameters
    ----------
    rate, n_fft, frequencies, dtype
        As in :class:`SpectralCentroid`.
    p : float
        Power that the distance from the centroid is raised to: 2 makes a deviation.
    normalise : bool
        Weigh by the shares of the spectrum, which sum to 1; else by the spectrum itself.

    Notes
    -----
    Shape: ``(frames, bins)`` -> ``(frames, 1)``.

    Raises
    ------
    ParameterError
        If p is not above 0.
    ShapeError
        As in :class:`SpectralCentroid`.

    Examples
    --------
    >>> import numpy as np
    >>> SpectralBandwidth(rate=8000)(np.array([[0.0, 1.0, 0.0, 0.0, 1.0]]))
    array([[1500.]])
    """

    name = "spectral_bandwidth"
    formula = "b[t] = (sum_k S[t, k] |f[k] - c[t]|^p)^(1/p), S of sum 1"
    source = "Klapuri & Davy, Signal Processing Methods for Music Transcription, 2007, chapter 5"

    p: float = 2.0
    normalise: bool = True
    dtype: Precision = "float64"

    def check(self) -> None:
        super().check()
        self.above(0, "p")

    def apply(self, rows: Array) -> Array:
        hz, shares = self.hz(rows.shape[-1]), unit_rows(rows, 1)
        deviation = np.abs(hz - _centroid(shares, hz))
        spread = row_sum((shares if self.normalise else rows) * deviation ** float(self.p))
        return (spread ** (1.0 / float(self.p))).astype(self.dtype)


class SpectralRolloff(_OverFrequency):
    """The frequency below which a share of each spectrum's sum lies, in Hz, one column.

    Parameters
    ----------
    rate, n_fft, frequencies, dtype
        As in :class:`SpectralCentroid`.
    share : float
        Above 0 and below 1.

    Notes
    -----
    Shape: ``(frames, bins)`` -> ``(frames, 1)``; the lowest frequency for a silent frame.

    Raises
    ------
    ParameterError
        If the share is not between 0 and 1.
    ShapeError
        As in :class:`SpectralCentroid`.

    Examples
    --------
    >>> import numpy as np
    >>> SpectralRolloff(rate=8000)(np.array([[1.0, 1.0, 1.0, 1.0, 0.1]]))
    array([[3000.]])
    """

    name = "spectral_rolloff"
    formula = "r[t] = the least f[k] with sum_{i<=k} S[t, i] >= share sum_i S[t, i]"
    source = "Scheirer & Slaney, Construction and evaluation of a robust multifeature speech/music discriminator, 1997"

    share: float = 0.85
    dtype: Precision = "float64"

    def check(self) -> None:
        super().check()
        if not 0 < self.share < 1:
            raise ParameterError(f"SpectralRolloff.share must lie between 0 and 1, got {self.share!r}")

    def apply(self, rows: Array) -> Array:
        # Summed one after the other in the input's precision: in which bin the share is reached hangs on the last bit.
        below = np.cumsum(np.ascontiguousarray(rows), axis=-1)
        reached = below >= rows.dtype.type(self.share) * below[:, -1:]
        return np.where(reached, self.hz(rows.shape[-1]), np.inf).min(axis=-1, keepdims=True).astype(self.dtype)


class SpectralFlatness(Pointwise):
    """How much each spectrum is like noise (1) rather than like a tone (0), one column.

    Parameters
    ----------
    floor : float
        Smaller values count as this one.

    Notes
    -----
    Shape: ``(frames, bins)`` -> ``(frames, 1)``.

    Raises
    ------
    ParameterError
        If floor is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> SpectralFlatness()(np.array([[1.0, 1.0], [1.0, 4.0]]))
    array([[1. ],
           [0.8]])
    """

    name = "spectral_flatness"
    shape = "frame bin -> frame feature"
    formula = "f[t] = exp(mean_k log S[t, k]) / mean_k S[t, k]"
    source = "Dubnov, Generalization of spectral flatness measure for non-Gaussian linear processes, 2004"

    floor: float = 1e-10

    def check(self) -> None:
        self.above(0, "floor")

    def row_shape(self, row: RowShape) -> RowShape:
        return (1,)

    def apply(self, rows: Array) -> Array:
        floored = np.maximum(rows, float(self.floor), order="C")
        bins = rows.dtype.type(rows.shape[-1])
        return np.exp(row_sum(np.log(floored)) / bins) / (row_sum(floored) / bins)


class PolynomialCoefficients(_OverFrequency):
    """The coefficients of the polynomial in frequency that fits each spectrum best, the highest power first.

    Parameters
    ----------
    rate, n_fft, frequencies
        As in :class:`SpectralCentroid`.
    order : int
        Degree of the polynomial.

    Notes
    -----
    Shape: ``(frames, bins)`` -> ``(frames, order + 1)``.

    Raises
    ------
    ParameterError
        If the order is below 0.
    ShapeError
        As in :class:`SpectralCentroid`.

    Examples
    --------
    >>> import numpy as np
    >>> PolynomialCoefficients(rate=8)(np.array([[5.0, 4.0, 3.0, 2.0, 1.0]])).round(6)  # bins at 0, 1, 2, 3, 4 Hz
    array([[-1.,  5.]])
    """

    name = "polynomial_coefficients"
    formula = "p[t] minimises sum_k (S[t, k] - sum_i p[t, i] f[k]^(order - i))^2"
    source = "numpy.polyfit; librosa.feature.poly_features"

    order: int = 1

    def check(self) -> None:
        super().check()
        self.at_least(0, "order")

    def columns(self) -> int:
        return self.order + 1

    def apply(self, rows: Array) -> Array:
        hz = tuple(self.hz(rows.shape[-1]).tolist())
        return numeric.project(rows, _fit(hz, self.order, rows.dtype.str))


@constant
def _fit(hz: tuple[float, ...], order: int, dtype: str) -> Any:
    """What leads from values at the frequencies to the coefficients, the columns scaled first as numpy.polyfit does."""
    powers = np.vander(np.array(hz), order + 1)
    scale = np.sqrt((powers * powers).sum(axis=0))
    inverse = np.linalg.pinv(powers / scale, rcond=len(hz) * np.finfo(np.float64).eps)
    return numeric.weights((inverse / scale[:, None]).astype(dtype))


# --- contrast ----------------------------------------------------------------------------------------------------------


class BandExtremes(_OverFrequency):
    """The mean of the largest and of the smallest values in octave bands: first all peaks, then all valleys.

    Parameters
    ----------
    rate, n_fft, frequencies
        As in :class:`SpectralCentroid`.
    low_hz : float
        The first band lies below it, each other one is an octave, the last one reaches up to the Nyquist frequency.
    octaves : int
        How many bands lie above ``low_hz``.
    share : float
        Share of a band's bins that counts as peak and as valley, above 0 and below 1; at least one bin does.

    Notes
    -----
    Shape: ``(frames, bins)`` -> ``(frames, 2 (octaves + 1))``. A band begins one bin below its lower end, and its highest bin
    is left out but in the last one.

    Raises
    ------
    ParameterError
        If a band lies beyond the Nyquist frequency, or a parameter is out of its range.
    ShapeError
        If a band has too few bins, or as in :class:`SpectralCentroid`.

    Examples
    --------
    >>> import numpy as np
    >>> BandExtremes(rate=8000, low_hz=2000, octaves=1)(np.array([[1.0, 2.0, 3.0, 4.0, 5.0]]))
    array([[2., 5., 1., 2.]])
    """

    name = "band_extremes"
    formula = "y[t] = (mean of the largest n values of each band, then of the smallest n)"
    source = "Jiang et al., Music type classification by spectral contrast feature, 2002"

    low_hz: float = 200.0
    octaves: int = 5
    share: float = 0.02

    def check(self) -> None:
        super().check()
        self.above(0, "low_hz")
        self.at_least(1, "octaves")
        if not 0 < self.share < 1:
            raise ParameterError(f"BandExtremes.share must lie between 0 and 1, got {self.share!r}")
        last = self.low_hz * 2.0 ** (self.octaves - 1)
        if last >= self.rate / 2:
            raise ParameterError(
                f"BandExtremes: the last of {self.octaves} octaves above {self.low_hz:g} Hz begins at {last:g} Hz, beyond the "
                f"Nyquist frequency {self.rate / 2:g} Hz; lower octaves or low_hz"
            )

    def columns(self) -> int:
        return 2 * (self.octaves + 1)

    def row_shape(self, row: RowShape) -> RowShape:
        shape = super().row_shape(row)
        if row is not None:
            self.bands(row[0])
        return shape

    def bands(self, bins: int) -> list[tuple[Array, int]]:
        """The bins of each band, and how many of them are its peak or its valley."""
        return _bands(tuple(self.hz(bins).tolist()), float(self.low_hz), self.octaves, float(self.share))

    def apply(self, rows: Array) -> Array:
        peaks, valleys = [], []
        for band, n in self.bands(rows.shape[-1]):
            ordered = np.sort(rows[:, band], axis=-1)
            valleys.append(_mean_of_columns(ordered[:, :n]))
            peaks.append(_mean_of_columns(ordered[:, -n:]))
        return np.stack(peaks + valleys, axis=-1)


@constant
def _bands(hz: tuple[float, ...], low_hz: float, octaves: int, share: float) -> list[tuple[Array, int]]:
    frequencies = np.array(hz)
    ends = [0.0, *(low_hz * 2.0 ** np.arange(octaves + 1))]
    bands = []
    for at in range(octaves + 1):
        inside = (frequencies >= ends[at]) & (frequencies <= ends[at + 1])
        found = np.flatnonzero(inside)
        if len(found):
            inside[found[0] - 1] |= at > 0
            inside[found[-1] + 1 :] |= at == octaves
        chosen = np.flatnonzero(inside)
        kept = chosen if at == octaves else chosen[:-1]
        if not len(kept):
            raise ShapeError(
                f"BandExtremes: the band from {ends[at]:g} to {ends[at + 1]:g} Hz has too few of the {len(hz)} bins; "
                "raise n_fft or low_hz"
            )
        bands.append((kept, max(1, int(np.rint(share * len(chosen))))))
    return bands


def _mean_of_columns(rows: Array) -> Array:
    total = rows[:, 0].copy()
    for at in range(1, rows.shape[1]):
        total += rows[:, at]
    return total / rows.dtype.type(rows.shape[1])


class Contrast(Pointwise):
    """The first half of the columns less the second half, each raised to a floor of its own.

    Parameters
    ----------
    floor, floor_below : float or None
        Smaller values of the first and of the second half count as these; None: as they are.

    Notes
    -----
    Shape: ``(frames, 2 n)`` -> ``(frames, n)``.

    Raises
    ------
    ShapeError
        If the number of columns is odd.

    Examples
    --------
    >>> import numpy as np
    >>> Contrast()(np.array([[5.0, 7.0, 1.0, 2.0]]))
    array([[4., 5.]])
    """

    name = "contrast"
    shape = "* * -> * *"
    formula = "y[t, d] = max(x[t, d], floor) - max(x[t, d + n], floor_below)"
    source = "Jiang et al., Music type classification by spectral contrast feature, 2002"

    floor: float | None = None
    floor_below: float | None = None

    def row_shape(self, row: RowShape) -> RowShape:
        return _half(type(self).__name__, row)

    def apply(self, rows: Array) -> Array:
        above, below = np.split(rows, 2, axis=1)
        return _floored(above, self.floor) - _floored(below, self.floor_below)


def _half(name: str, row: RowShape) -> RowShape:
    if row is None:
        return None
    if row[0] % 2:
        raise ShapeError(f"{name} takes an even number of columns, peaks and valleys, got {row[0]}")
    return (row[0] // 2,)


def _floored(rows: Array, floor: float | None) -> Array:
    return rows if floor is None else np.maximum(rows, float(floor))


class ContrastBelowPeak(Whole):
    """The first half of the columns less the second half, each raised to its own peak over the whole input less a range.

    Parameters
    ----------
    range : float
        How far below the largest value of its half a value may lie, in dB where the input is.

    Notes
    -----
    Shape: ``(frames, 2 n)`` -> ``(frames, n)``. Settled in a first pass it becomes a :class:`Contrast`.

    Raises
    ------
    ParameterError
        If range is below 0.
    ShapeError
        If the number of columns is odd.

    Examples
    --------
    >>> import numpy as np
    >>> ContrastBelowPeak(80.0)(np.array([[0.0, -10.0], [0.0, -100.0]]))
    array([[10.], [90.]])
    """

    name = "contrast_below_peak"
    shape = "* * -> * *"
    formula = "y[t, d] = max(x[t, d], peak - range) - max(x[t, d + n], peak_below - range)"
    source = "librosa.feature.spectral_contrast (top_db of power_to_db)"

    range: float = 80.0

    def check(self) -> None:
        self.at_least(0, "range")

    def row_shape(self, row: RowShape) -> RowShape:
        return _half(type(self).__name__, row)

    def settle(self, blocks: Iterable[Array]) -> Contrast:
        peaks = [[half.max() for half in np.split(rows, 2, axis=1)] for rows in blocks if rows.size]
        if not peaks:
            raise InputError("there is no row to take the peak of; give an input that is long enough for a frame")
        above, below = (max(found) for found in zip(*peaks, strict=True))
        return Contrast(*(float(peak - peak.dtype.type(self.range)) for peak in (above, below)))
