"""YIN: the fundamental frequency of a frame from how well the frame agrees with itself one period later."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from featkit.audio.frames import Frames
from featkit.errors import ParameterError
from featkit.numeric import Array, Fill, constant, project, row_sum, weights
from featkit.stage import RowShape
from featkit.windowed import Geometry, Windowed

#: About how many lags there are in a second, whatever the rate. At 8 kHz, a trough between two samples is then found as deep
#: as one on them; at 192 kHz, noise far above speech is left out.
_LAGS_PER_SECOND = 32000
#: Half the length of the filter that reads between lags, in samples or, where they are closer than that, in lags.
_TAPS = 8
#: Of troughs closer than this share of their lag, the deepest counts.
_APART = 1 / 32
#: A frame whose samples differ from their mean by no more than this is silent (-180 dBFS; a bit of 24 is -138).
_SILENT = 1e-9


class Difference(NamedTuple):
    """The difference function of some frames over finely spaced lags."""

    raw: Array  # the mean square of x[m + lag] - x[m], shape (frames, lags)
    normalised: Array  # divided by its mean over the lags up to there: de Cheveigne & Kawahara's d'


class PeriodSearch(Windowed):
    """What looks for a period in frames: the parameters, the frames, the difference function.

    The frames are those of :class:`featkit.Frames` of the same length, hop and edges, so that a pitch stands beside the MFCCs
    of a frame. What is looked at is a window around the middle of each frame, which may be longer than the frame: it must
    hold two periods of the lowest pitch.
    """

    rate: float = 16000
    low_hz: float = 65.4
    high_hz: float = 600.0
    length: int = 400
    hop: int = 160
    edges: Literal["snip", "centre", "per-hop", "half-hop", "end"] = "snip"
    fill: Fill = "zero"
    window: int | None = None

    def check(self) -> None:
        self.above(0, "rate", "low_hz", "high_hz")
        self.at_least(1, "length", "hop", "window")
        kind = type(self).__name__
        if self.high_hz <= self.low_hz:
            raise ParameterError(f"{kind}.high_hz must be above low_hz={self.low_hz:g}, got {self.high_hz:g}")
        if self.high_hz > self.rate / 2:
            raise ParameterError(
                f"{kind}.high_hz must be at most half the rate ({self.rate / 2:g} Hz), got {self.high_hz:g}; lower it"
            )
        if self.window is not None and self.window < self._fewest():
            raise ParameterError(
                f"{kind}.window must hold two periods of low_hz={self.low_hz:g}: at least {self._fewest()} samples, "
                f"got {self.window}; lengthen it or raise low_hz"
            )

    def geometry(self) -> Geometry:
        frames = Frames(self.length, self.hop, self.edges, self.fill).geometry()
        window = self.span()
        return frames._replace(span=window, left=frames.left + (window - self.length) // 2)

    def span(self) -> int:
        """The samples looked at: ``window``, or four periods of the lowest pitch, and no less than the frame."""
        if self.window is not None:
            return self.window
        longer = max(0, math.ceil(4 * self.rate / self.low_hz) - self.length, self._fewest() - self.length)
        return self.length + longer + longer % 2  # as much before the frame as behind it

    def _fewest(self) -> int:
        return max(math.ceil(2 * self.rate / self.low_hz), self._whole_lags() + 2)

    def _grid(self) -> tuple[int, int]:
        """Lags per sample, and samples per lag; one of them is 1."""
        if self.rate < _LAGS_PER_SECOND:
            return math.ceil(_LAGS_PER_SECOND / self.rate), 1
        return 1, math.floor(self.rate / _LAGS_PER_SECOND)

    def _per_second(self) -> float:
        finer, coarser = self._grid()
        return self.rate * finer / coarser

    def _lags(self) -> tuple[int, int]:
        """The first lag that may be a period, and how many there are; a tone on the edge of the range is in it."""
        shortest, longest = self._per_second() / self.high_hz, self._per_second() / self.low_hz
        return max(2, math.floor(shortest) - 1), math.ceil(longest * 33 / 32) + 4

    def _whole_lags(self) -> int:
        """How many lags of whole samples are needed for them."""
        finer, coarser = self._grid()
        return -(-self._lags()[1] * coarser // finer) + _TAPS * coarser

    def widest(self, row: RowShape, size: int) -> tuple[int, int]:
        return 3 * self.span() * size, self.hop

    # --- the difference function ----------------------------------------------------------------------------------------

    def difference(self, windows: Array) -> Difference:
        """The difference function of each window, over the lags 0, 1, ... of 1/``_per_second()``.

        The window is compared with itself as far as they overlap, so the middle of what is compared is the middle of the
        window for every lag, and a gliding pitch is that of the window's middle.
        """
        x, silent = _levelled(windows)
        whole, lags, grid = self._whole_lags(), self._lags()[1], self._grid()
        squares = x * x
        # What does not overlap: the first samples of the one, the last of the other.
        outside = np.cumsum(squares[:, : whole - 1] + squares[:, :-whole:-1], axis=1)
        raw = 2 * (row_sum(squares) - _autocorrelation(x, whole))
        raw[:, 1:] -= outside
        raw /= x.shape[1] - np.arange(whole)
        raw[silent] = 0
        raw = raw[:, :lags] if grid == (1, 1) else project(raw, _resampled(whole, lags, *grid))
        raw = np.maximum(raw, 0, order="C")
        return Difference(raw, _normalised(raw))

    def refine(self, raw: Array, frame: Array, lag: Array) -> Array:
        """The frequency for the troughs at ``lag`` of the frames, in the range.

        A trough's place is where the difference rises as fast on both sides, a 32nd of the period away: wide enough that
        noise matters little, narrow enough for high harmonics.
        """
        at = lag.astype(np.float64)
        side = np.minimum(np.maximum(at / 32, 1), raw.shape[1] - 3 - at)
        for _ in range(2):
            left, here, right = (_cubic(raw, frame, at + step) for step in (-side, 0, side))
            bend = left + right - 2 * here
            shift = np.divide(0.5 * (left - right), bend, out=np.zeros_like(bend), where=bend > 0)
            at = at + side * np.minimum(np.maximum(shift, -1), 1)
        return np.minimum(np.maximum(self._per_second() / at, self.low_hz), self.high_hz)

    def troughs(self, normalised: Array) -> tuple[Array, Array]:
        """Frame and lag of every local minimum in the range, frame by frame, short lags first."""
        first, last = self._lags()[0], math.ceil(self._per_second() / self.low_hz) + 1
        lower, here, upper = (normalised[:, first + step : last + step + 1] for step in (-1, 0, 1))
        frame, lag = np.nonzero((here < lower) & (here <= upper))
        depth = here[frame, lag]
        lag = lag + first
        together = (frame[1:] == frame[:-1]) & (lag[1:] - lag[:-1] < _APART * lag[1:])  # with the one before
        deeper = depth[1:] < depth[:-1]
        kept = np.ones(len(lag), bool)
        kept[1:] &= ~together | deeper
        kept[:-1] &= ~(together & deeper)
        return frame[kept], lag[kept]


def _levelled(windows: Array) -> tuple[Array, Array]:
    """Windows without their mean and with a peak of 1, and which of them are silent."""
    x = windows.astype(np.float64)
    mean = row_sum(x) / x.shape[1]
    x -= mean
    peak = np.maximum(x.max(axis=1, keepdims=True), -x.min(axis=1, keepdims=True))
    silent = peak <= np.maximum(_SILENT, 1e-12 * np.abs(mean))
    x /= np.where(silent, 1, peak)
    return x, silent[:, 0]


def _autocorrelation(x: Array, lags: int) -> Array:
    from scipy.fft import irfft, next_fast_len, rfft

    if not len(x):
        return np.empty((0, lags))
    n_fft = next_fast_len(x.shape[1] + lags, real=True)
    spectrum = rfft(x, n_fft)
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(irfft(power, n_fft)[:, :lags])


def _normalised(raw: Array) -> Array:
    """The function d' = d / its mean over the lags 1 .. there; 1 at lag 0 and where all is 0."""
    sums = np.cumsum(raw[:, 1:], axis=1)
    normalised = np.ones(raw.shape)
    np.divide(raw[:, 1:] * np.arange(1, raw.shape[1]), sums, out=normalised[:, 1:], where=sums > 0)
    return normalised


@constant
def _resampled(whole: int, lags: int, finer: int, coarser: int) -> Any:
    """Weights that read a function of whole lags, the same for negative ones, at other lags: a windowed sinc."""
    at = np.arange(lags) * coarser / finer
    table = np.zeros((lags, whole))
    for lag in range(1 - _TAPS * coarser, whole):
        apart = (at - lag) / coarser
        taper = np.i0(6.0 * np.sqrt(np.maximum(0, 1 - (apart / _TAPS) ** 2)))
        table[:, abs(lag)] += np.where(np.abs(apart) < _TAPS, np.sinc(apart) * taper, 0)
    table[np.abs(table) < 1e-12] = 0
    return weights(table / table.sum(axis=1, keepdims=True))


def _cubic(rows: Array, row: Array, at: Array) -> Array:
    """``rows[row]`` at a place between the columns, through the four values around it (Catmull & Rom)."""
    column = np.minimum(np.maximum(np.floor(at), 1), rows.shape[1] - 3)
    u = at - column
    first = row * rows.shape[1] + column.astype(np.intp) - 1
    flat = rows.reshape(-1)
    a, b, c, d = flat[first], flat[first + 1], flat[first + 2], flat[first + 3]
    return b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))


class Yin(PeriodSearch):
    """The pitch of each frame by itself: the first clear trough of the difference function.

    The frames are those of :class:`featkit.Frames` of the same length, hop and edges. Pitch that is tracked over frames, with
    fewer octave errors and with a decision on voicing, is :func:`featkit.pitch`.

    Parameters
    ----------
    rate : float
        Sampling rate in Hz.
    low_hz, high_hz : float
        The range of the pitch; high_hz is at most half the rate.
    length, hop, edges, fill :
        Of the frames, in samples, as in :class:`featkit.Frames`.
    window : int or None
        Samples looked at around the middle of each frame, at least two periods of low_hz. None: four periods of low_hz, and
        no less than the frame.
    threshold : float
        The first trough of d' below this is taken for the period; the lowest if there is none.

    Notes
    -----
    Shape: ``(samples,)`` -> ``(frames, 2)``: the pitch in Hz, and how voiced the frame is, from 0 to 1: 1 - d' there. A
    frame without any trough in the range (silence) has the pitch 0 and the voicing 0.

    Raises
    ------
    ParameterError
        If the range is empty or too high for the rate, or the window is too short for low_hz.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 220 * np.arange(8000) / 16000)
    >>> Yin(16000)(tone)[20].round(1)
    array([220.,   1.])
    """

    name = "yin"
    shape = "sample -> frame pitch"
    formula = "f0 = rate / lag of the first trough of d'; d'[lag] = d[lag] / mean(d[1..lag]), d[lag] = mean (x[m+lag] - x[m])^2"
    source = "de Cheveigne & Kawahara, YIN, a fundamental frequency estimator for speech and music, 2002"

    threshold: float = 0.1

    def check(self) -> None:
        super().check()
        self.above(0, "threshold")

    def row_shape(self, row: RowShape) -> RowShape:
        return (2,)

    def windows(self, rows: Array) -> Array:
        out = np.zeros((len(rows), 2), rows.dtype)
        if not len(rows):
            return out
        raw, normalised = self.difference(rows)
        frame, lag = self.troughs(normalised)
        depth = normalised[frame, lag]
        # By frame, those below the threshold first, of these the shortest; else the lowest.
        clear = depth < self.threshold
        order = np.lexsort((np.where(clear, lag, depth), ~clear, frame))
        found, first = np.unique(frame[order], return_index=True)
        best = order[first]
        out[found, 0] = self.refine(raw, found, lag[best])
        out[found, 1] = np.maximum(0, 1 - depth[best])
        return out
