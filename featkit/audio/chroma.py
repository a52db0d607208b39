"""Chroma: how much of a spectrum falls on each of the twelve pitch classes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

from featkit import numeric
from featkit.errors import ShapeError
from featkit.numeric import Array, constant
from featkit.rows.unit import unit_rows
from featkit.stage import Pointwise, RowShape, Whole

#: A4 in Hz, and the lowest A counted from.
_A4, _OCTAVES_BELOW = 440.0, 4


def octaves(hz: Array, tuning: float = 0.0, bins: int = 12) -> Array:
    """Octaves above the lowest A (27.5 Hz), tuned by some bins of an octave.

    >>> octaves(np.array([27.5, 440.0]))
    array([0., 4.])
    """
    return np.log2(hz / (_A4 * 2.0 ** (tuning / bins) / 2**_OCTAVES_BELOW))


@constant
def chroma_weights(
    n: int,
    rate: float,
    n_fft: int,
    tuning: float = 0.0,
    centre_octave: float = 5.0,
    octave_width: float | None = 2.0,
    from_c: bool = True,
    weight_dtype: Literal["float32", "float64"] = "float64",
) -> Array:
    """The weights of a chroma bank, shape ``(n, n_fft//2 + 1)``, float64, read-only; parameters as in :class:`ChromaBank`.

    >>> chroma_weights(12, 22050.0, 2048)[:, 41].argmax()  # 441 Hz is an A
    np.int64(9)
    """
    place = n * octaves(np.arange(1, n_fft) * (rate / n_fft), tuning, n)
    place = np.concatenate([[place[0] - 1.5 * n], place])  # 0 Hz lies an octave and a half below the first bin
    width = np.concatenate([np.maximum(np.diff(place), 1.0), [1.0]])
    half = np.round(n / 2)
    distance = np.remainder(place - np.arange(n)[:, None] + half + 10 * n, n) - half
    weights = unit_rows(np.exp(-0.5 * (2 * distance / width) ** 2).T, 2.0).T
    if octave_width is not None:
        weights = weights * np.exp(-0.5 * ((place / n - centre_octave) / octave_width) ** 2)
    if from_c:
        weights = np.roll(weights, -3 * (n // 12), axis=0)
    return np.ascontiguousarray(weights[:, : n_fft // 2 + 1]).astype(weight_dtype).astype(np.float64)


@constant
def _sparse_weights(*parameters: Any) -> Any:
    return numeric.weights(chroma_weights(*parameters))


class ChromaBank(Pointwise):
    """Sum each spectrum over the octaves into pitch classes.

    Parameters
    ----------
    n : int
        Pitch classes in an octave.
    rate : float
        Sampling rate of the signal in Hz.
    n_fft : int or None
        Points of the transform behind the bins. None: it was even, 2 (bins - 1).
    tuning : float
        How far the music is tuned off A = 440 Hz, in pitch classes.
    centre_octave, octave_width : float
        Octaves are weighed by a Gaussian around the centre (5: 880 Hz), this many octaves wide; width None: all alike.
    from_c : bool
        The first pitch class is C; else A.
    weight_dtype : str
        Precision that the weights are rounded to: ``"float64"`` or ``"float32"``.

    Notes
    -----
    Shape: ``(frames, bins)`` -> ``(frames, n)``.

    Raises
    ------
    ParameterError
        If n is below 1, or rate or octave_width not above 0.
    ShapeError
        If n_fft is given and the rows have other than n_fft//2 + 1 bins.

    Examples
    --------
    >>> import numpy as np
    >>> spectrum = np.zeros((1, 1025))
    >>> spectrum[0, 41] = 1.0  # 441 Hz at 22050 Hz
    >>> ChromaBank(rate=22050)(spectrum).argmax()
    np.int64(9)
    """

    name = "chroma"
    shape = "frame bin -> frame chroma"
    formula = "C[t, n] = sum_k W[n, k] S[t, k]"
    source = "Ellis, Chroma feature analysis and synthesis, 2007"

    n: int = 12
    rate: float = 16000
    n_fft: int | None = None
    tuning: float = 0.0
    centre_octave: float = 5.0
    octave_width: float | None = 2.0
    from_c: bool = True
    weight_dtype: Literal["float32", "float64"] = "float64"

    def check(self) -> None:
        _check(self)

    def row_shape(self, row: RowShape) -> RowShape:
        return _row_shape(self, row)

    def apply(self, rows: Array) -> Array:
        n_fft = self.n_fft or 2 * (rows.shape[-1] - 1)
        octave = (self.tuning, self.centre_octave, self.octave_width, self.from_c)
        weights = _sparse_weights(self.n, self.rate, n_fft, *octave, self.weight_dtype)
        # In float64: a sum over all bins, one after the other, loses too much in float32.
        return numeric.project(rows.astype(np.float64), weights).astype(rows.dtype)


class TunedChromaBank(Whole):
    """A chroma bank tuned to the music: the tuning is estimated from the pitches of the whole input.

    Each spectrum's peaks between 150 and 4000 Hz are located between the bins; of the louder half of them, the most frequent
    distance from the nearest pitch class is the tuning.

    Parameters
    ----------
    n, rate, n_fft, centre_octave, octave_width, from_c, weight_dtype
        As in :class:`ChromaBank`.
    resolution : float
        Of the estimate, in pitch classes.

    Notes
    -----
    Shape: ``(frames, bins)`` -> ``(frames, n)``. Settled in a first pass it becomes a :class:`ChromaBank`.

    Raises
    ------
    ParameterError, ShapeError
        As in :class:`ChromaBank`, and if the resolution is not above 0.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> tone = np.sin(2 * np.pi * 446.4 * np.arange(22050) / 22050)  # a quarter of a semitone above A
    >>> spectra = featkit.Frames(2048, 512) | featkit.Window("hann") | featkit.PowerSpectrum()
    >>> round(TunedChromaBank(rate=22050).settle([spectra(tone)]).tuning, 1)
    0.2
    """

    name = "tuned_chroma"
    shape = "frame bin -> frame chroma"
    formula = "C[t, n] = sum_k W[n, k] S[t, k],  W tuned by the mode of the pitches' distances from pitch classes"
    source = "librosa.feature.chroma_stft, librosa.estimate_tuning"

    n: int = 12
    rate: float = 16000
    n_fft: int | None = None
    centre_octave: float = 5.0
    octave_width: float | None = 2.0
    from_c: bool = True
    weight_dtype: Literal["float32", "float64"] = "float64"
    resolution: float = 0.01

    def check(self) -> None:
        _check(self)
        self.above(0, "resolution")

    def row_shape(self, row: RowShape) -> RowShape:
        return _row_shape(self, row)

    def settle(self, blocks: Iterable[Array]) -> ChromaBank:
        # librosa takes the transform to have an even number of points here, whatever it had.
        found = [spectral_peaks(rows, self.rate, 2 * (rows.shape[-1] - 1)) for rows in blocks if rows.size]
        fields = {name: value for name, value in self.fields().items() if name != "resolution"}
        return ChromaBank(**fields, tuning=_tuning(found, self.resolution, self.n))


def _check(bank: ChromaBank | TunedChromaBank) -> None:
    bank.at_least(1, "n", "n_fft")
    bank.above(0, "rate", "octave_width")


def _row_shape(bank: ChromaBank | TunedChromaBank, row: RowShape) -> RowShape:
    if row is not None and bank.n_fft is not None and row[0] != bank.n_fft // 2 + 1:
        raise ShapeError(
            f"{type(bank).__name__} takes {bank.n_fft // 2 + 1} bins (n_fft={bank.n_fft}), got {row[0]}; give both one n_fft"
        )
    if row is not None and row[0] < 2:
        raise ShapeError(f"{type(bank).__name__} takes spectra of at least 2 bins, got {row[0]}; raise n_fft")
    return (bank.n,)


def spectral_peaks(
    rows: Array, rate: float, n_fft: int, low_hz: float = 150.0, high_hz: float = 4000.0, threshold: float = 0.1
) -> tuple[Array, Array]:
    """Frequency in Hz and height of every local maximum above a share of its spectrum's largest value.

    A parabola through a maximum and its neighbours says where between the bins it lies.

    >>> hz, height = spectral_peaks(np.array([[0.0, 1.0, 4.0, 1.0, 0.0]]), rate=1600, n_fft=8)
    >>> hz, height
    (array([400.]), array([4.]))
    """
    rows = np.ascontiguousarray(rows)
    left, middle, right = rows[:, :-2], rows[:, 1:-1], rows[:, 2:]
    curve = (right + left).astype(np.float64) - 2 * middle.astype(np.float64)
    slope = (right - left).astype(np.float64) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(np.abs(slope) >= np.abs(curve), 0.0, -slope / curve).astype(rows.dtype)
    above = rows * (rows > threshold * rows.max(axis=1, keepdims=True))
    peak = np.zeros(rows.shape, bool)
    peak[:, 1:-1] = (above[:, 1:-1] > above[:, :-2]) & (above[:, 1:-1] >= above[:, 2:])
    peak[:, -1] = above[:, -1] > above[:, -2]
    hz = np.fft.rfftfreq(n_fft, 1.0 / rate)
    peak &= (hz >= low_hz) & (hz < min(high_hz, rate / 2))
    everywhere = np.pad(shift, ((0, 0), (1, 1)))
    skew = np.pad(0.5 * ((right - left) / 2) * shift, ((0, 0), (1, 1)))
    pitch = ((np.nonzero(peak)[1] + everywhere[peak]) * float(rate) / n_fft).astype(rows.dtype)
    return pitch, rows[peak] + skew[peak]


def _tuning(found: list[tuple[Array, Array]], resolution: float, bins: int) -> float:
    """The most frequent distance of the louder peaks from a pitch class; 0 where there is none."""
    if not found:
        return 0.0
    pitch, height = (np.concatenate(parts) for parts in zip(*found, strict=True))
    heard = pitch > 0
    pitch, height = pitch[heard], height[heard]
    if not len(pitch):
        return 0.0
    distance = np.mod(bins * octaves(pitch[height >= np.median(height)]), 1.0)
    distance[distance >= 0.5] -= 1.0
    counts, edges = np.histogram(distance, np.linspace(-0.5, 0.5, int(np.ceil(1.0 / resolution)) + 1))
    return float(edges[np.argmax(counts)])
