"""Spectra back to a signal: the inverse transform of each frame, and frames added where they overlap."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from featkit.audio.window import Window
from featkit.errors import ShapeError
from featkit.numeric import Array
from featkit.stage import Pointwise, RowShape, Stage


class InverseSpectrum(Pointwise):
    """The real frame that each complex spectrum is the transform of.

    Parameters
    ----------
    n_fft : int or None
        Points of the transform. None: it was even, 2 (bins - 1).

    Notes
    -----
    Shape: ``(frames, bins)`` complex -> ``(frames, n_fft)``.

    Raises
    ------
    ShapeError
        If n_fft is given and the rows have other than n_fft//2 + 1 bins, or there is a single bin.

    Examples
    --------
    >>> import numpy as np
    >>> InverseSpectrum()(np.array([[0j, 2, 0]]))
    array([[ 1.,  0., -1.,  0.]])
    """

    name = "inverse_spectrum"
    shape = "frame phasor -> frame tap"
    formula = "x[t, i] = 1/n_fft sum_k X[t, k] exp(2 pi j k i / n_fft),  X[t, n_fft-k] = X[t, k]*"
    source = "Oppenheim & Schafer, Discrete-Time Signal Processing, 1989"

    n_fft: int | None = None

    def check(self) -> None:
        self.at_least(1, "n_fft")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is None:
            return None if self.n_fft is None else (self.n_fft,)
        if self.n_fft is not None and row[0] != self.n_fft // 2 + 1:
            raise ShapeError(
                f"InverseSpectrum takes {self.n_fft // 2 + 1} bins (n_fft={self.n_fft}), got {row[0]}; give both one n_fft"
            )
        if self.n_fft is None and row[0] < 2:
            raise ShapeError("InverseSpectrum takes spectra of at least 2 bins, got 1; give n_fft=1 if that is meant")
        return (self.n_fft or 2 * (row[0] - 1),)

    def apply(self, rows: Array) -> Array:
        from scipy.fft import irfft

        n_fft = self.n_fft or 2 * (rows.shape[-1] - 1)
        if not len(rows):
            return np.empty((0, n_fft), np.finfo(rows.dtype).dtype)
        return irfft(rows, n_fft)


class Sums(NamedTuple):
    """The state of :class:`OverlapAdd`."""

    frames: int  # taken
    given: int  # samples given, counting those cut off at the beginning
    signal: Array  # windowed frames added up, from the sample ``given`` on
    weight: Array  # squared windows added up
    dtype: np.dtype
    taps: int


class OverlapAdd(Stage):
    """Add up overlapping frames into a signal, windowed once more and divided by the sum of the squared windows.

    Undoes ``Frames | Window``: where any window reached, the signal comes back, and what was changed between is spread
    with the least squared error.

    Parameters
    ----------
    hop : int or None
        Samples from one frame to the next. None: a quarter of the window's length.
    window : Window
        The window that the frames were made with.
    edges : str
        ``"snip"``: the signal begins with the first frame. ``"centre"``: with the middle of the first frame, and it ends half
        a frame before the last one does.
    length : int or None
        Samples of the signal, cut or filled up with zeros; None: what the frames cover.

    Notes
    -----
    Shape: ``(frames, taps)`` -> ``(samples,)``.

    Raises
    ------
    ParameterError
        If hop or length is below 1.
    ShapeError
        As the window's.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> frames = featkit.Frames(4, hop=2) | featkit.Window("hamming")
    >>> OverlapAdd(hop=2, window=featkit.Window("hamming"))(frames(np.arange(8.0))).round(6)
    array([0., 1., 2., 3., 4., 5., 6., 7.])
    """

    name = "overlap_add"
    shape = "frame tap -> sample"
    formula = "y[i] = sum_t w[i - t*hop] x[t, i - t*hop] / sum_t w[i - t*hop]^2"
    source = "Griffin & Lim, Signal estimation from modified short-time Fourier transform, 1984"

    hop: int | None = None
    window: Window = Window("hann", periodic=True)
    edges: Literal["snip", "centre"] = "snip"
    length: int | None = None

    def check(self) -> None:
        self.at_least(1, "hop", "length")

    def row_shape(self, row: RowShape) -> RowShape:
        self.window.row_shape(row)
        return ()

    def count(self, n: int) -> int | None:
        return 0 if n == 0 else self.length

    def needs(self, rows: int) -> int:
        # Without the width of a row: a frame makes one hop of samples certain.
        return -(-rows // self.hop) if self.hop else rows

    def step(self, state: Sums | None, rows: Array) -> tuple[Sums, Array]:
        taps = rows.shape[1]
        state = state or Sums(0, 0, np.zeros(0), np.zeros(0), rows.dtype, taps)
        if not len(rows):
            return state, np.empty(0, rows.dtype)
        hop, trim, last = self._hop(taps), self._trim(taps), state.frames + len(rows) - 1
        window = self.window.apply(np.ones((1, taps)))[0]
        signal, weight = (_grown(held, last * hop + taps - state.given) for held in (state.signal, state.weight))
        for at, frame in enumerate(rows.astype(np.float64) * window, start=state.frames):
            if self.length is None or at * hop < self.length + 2 * trim:
                covered = slice(at * hop - state.given, at * hop - state.given + taps)
                signal[covered] += frame
                weight[covered] += window * window
        # What lies in the last half of a centred frame is no part of the signal if no other frame follows.
        certain = max(state.given, min(last * hop + min(hop, taps - trim), self._end(last + 1, taps)))
        ready = certain - state.given
        out = _divided(signal[:ready], weight[:ready], rows.dtype)[max(0, trim - state.given) :]
        return Sums(last + 1, certain, signal[ready:].copy(), weight[ready:].copy(), rows.dtype, taps), out

    def flush(self, state: Sums | None) -> Array | None:
        if state is None or not state.frames:
            return None
        rest = max(0, self._end(state.frames, state.taps) - state.given)
        signal, weight = (_grown(held, rest)[:rest] for held in (state.signal, state.weight))
        return _divided(signal, weight, state.dtype)[max(0, self._trim(state.taps) - state.given) :]

    def _hop(self, taps: int) -> int:
        return self.hop or max(1, (self.window.length or taps) // 4)

    def _trim(self, taps: int) -> int:
        """Samples cut off at the beginning."""
        return taps // 2 if self.edges == "centre" else 0

    def _end(self, frames: int, taps: int) -> int:
        """Where the signal ends, in samples from the beginning of the first frame."""
        trim = self._trim(taps)
        return trim + self.length if self.length else (frames - 1) * self._hop(taps) + taps - trim


def _grown(held: Array, length: int) -> Array:
    return np.concatenate([held, np.zeros(max(0, length - len(held)))])


def _divided(signal: Array, weight: Array, dtype: np.dtype) -> Array:
    """The weighted mean; the sum itself where no window reached."""
    mean = np.divide(signal, weight, out=signal.copy(), where=weight > np.finfo(dtype).tiny)
    return mean.astype(dtype)
