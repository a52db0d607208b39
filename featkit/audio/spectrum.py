"""The spectrum of each frame: complex, magnitude, power."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, Literal

import numpy as np

from featkit.audio import fft
from featkit.errors import ShapeError
from featkit.memory import scratch
from featkit.numeric import Array
from featkit.stage import Pointwise, RowShape, Stage


@cache
def _scipy_fft() -> ModuleType:
    import scipy.fft  # which takes its time to load

    return scipy.fft


@cache
def _scipy_fftpack() -> ModuleType:
    import scipy.fftpack

    return scipy.fftpack


class _Probe(threading.local):
    """Whether ``scipy.fft.set_backend`` chose another library: that one takes a transform where SciPy's own is left out.

    What leaves it out belongs to a thread, and costs as much to make as to use.
    """

    def __init__(self) -> None:
        self.value = np.ones(1)
        self.without_scipy = _scipy_fft().skip_backend("scipy")

    def another_library_is_set(self) -> bool:
        try:
            with self.without_scipy:
                _scipy_fft().rfft(self.value)
        except NotImplementedError as refused:
            return bool(refused.args[1:])  # who was asked: a library that itself needs SciPy's
        return True


@cache
def _probe() -> _Probe:
    return _Probe()


class FourierTransform(Pointwise):
    """What the three spectrum stages share: the discrete Fourier transform of real frames."""

    source = "Oppenheim & Schafer, Discrete-Time Signal Processing, 1989"

    n_fft: int | None = None
    engine: Literal["scipy", "featkit"] = "scipy"

    def check(self) -> None:
        self.at_least(1, "n_fft")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is None:
            return None if self.n_fft is None else (self.n_fft // 2 + 1,)
        n_fft = row[0] if self.n_fft is None else self.n_fft
        if row[0] > n_fft:
            raise ShapeError(
                f"{type(self).__name__} takes frames of at most {n_fft} taps (its n_fft), got {row[0]}; "
                f"raise n_fft (the next power of two: {1 << (row[0] - 1).bit_length()}) or shorten the frames"
            )
        return (n_fft // 2 + 1,)

    def measure(self, spectrum: Array) -> Array:
        """What the stage gives of the complex spectrum, whose memory it may use."""
        raise NotImplementedError(f"{type(self).__name__} must define measure(spectrum)")

    def apply(self, rows: Array) -> Array:
        return self.measure(self.transform(rows))

    def transform(self, rows: Array) -> Array:
        """The spectrum X[t, k], k = 0 .. n_fft//2, frames filled up with zeros to n_fft."""
        if self.engine == "featkit":
            return fft.rfft(rows, self._points(rows))
        if not len(rows):
            return np.empty((0, self._points(rows) // 2 + 1), np.result_type(rows.dtype, np.complex64))
        # Along axis 0 of the transpose: the bins of all frames come to lie side by side, as a mel bank wants them.
        return _along_axis_0(_scipy_fft().rfft, self._filled(rows).T).T

    def transform_in_parts(self, rows: Array) -> Array:
        """:meth:`transform` in real and imaginary parts, of the shape (frames, n_fft), where SciPy's own transform is used.

        The parts of all frames then come to lie side by side, each by itself, and are quicker to compute with; part i is of
        bin ``parts_of_bins(n_fft)[i]``. SciPy's older interface gives them, which runs the same transform, but knows nothing
        of ``scipy.fft.set_backend``: where that set another library, it is that one's complex numbers.
        """
        if self.engine == "featkit" or not len(rows):
            return self.transform(rows)
        transform = _scipy_fft().rfft if _probe().another_library_is_set() else _scipy_fftpack().rfft
        return _along_axis_0(transform, self._filled(rows).T).T

    def _points(self, rows: Array) -> int:
        return self.n_fft or int(rows.shape[-1])

    def _filled(self, rows: Array) -> Array:
        n_fft = self._points(rows)
        if rows.shape[-1] == n_fft:
            return rows
        filled, taps = filled_up(rows.shape, n_fft, rows.dtype)
        taps[:] = rows
        return filled


class Spectrum(FourierTransform):
    """The complex spectrum of each frame.

    Parameters
    ----------
    n_fft : int or None
        Points of the transform; frames are filled up with zeros. None: as many as a frame has taps.
    engine : str
        ``"scipy"`` (scipy.fft), or ``"featkit"``: the transform of :mod:`featkit.audio.fft`, to read and to check.

    Notes
    -----
    Shape: ``(frames, taps)`` -> ``(frames, n_fft//2 + 1)`` complex; bin k lies at k * rate / n_fft Hz.

    Raises
    ------
    ShapeError
        If a frame has more than n_fft taps.

    Examples
    --------
    >>> import numpy as np
    >>> Spectrum()(np.array([[1.0, 0.0, -1.0, 0.0]])).real
    array([[0., 2., 0.]])
    """

    name = "spectrum"
    shape = "frame tap -> frame phasor"
    formula = "X[t, k] = sum_i x[t, i] exp(-2 pi j k i / n_fft),  0 <= k <= n_fft/2"

    def measure(self, spectrum: Array) -> Array:
        return spectrum


class MagnitudeSpectrum(FourierTransform):
    """The magnitude of each frame's spectrum. Parameters and errors: see :class:`Spectrum`.

    Shape: ``(frames, taps)`` -> ``(frames, n_fft//2 + 1)``.

    Examples
    --------
    >>> import numpy as np
    >>> MagnitudeSpectrum()(np.array([[1.0, 0.0, -1.0, 0.0]]))
    array([[0., 2., 0.]])
    """

    name = "magnitude_spectrum"
    shape = "frame tap -> frame bin"
    formula = "S[t, k] = |X[t, k]|"

    def measure(self, spectrum: Array) -> Array:
        return np.sqrt(squared_magnitude(spectrum))


class PowerSpectrum(FourierTransform):
    """The power of each frame's spectrum. Parameters and errors: see :class:`Spectrum`.

    Shape: ``(frames, taps)`` -> ``(frames, n_fft//2 + 1)``.

    Examples
    --------
    >>> import numpy as np
    >>> PowerSpectrum(n_fft=8)(np.ones((1, 4))).round(3)
    array([[16.   ,  6.828,  0.   ,  1.172,  0.   ]])
    """

    name = "power_spectrum"
    shape = "frame tap -> frame bin"
    formula = "S[t, k] = |X[t, k]|^2"

    def measure(self, spectrum: Array) -> Array:
        return squared_magnitude(spectrum)

    def fuse(self, after: tuple[Stage, ...]) -> tuple[Stage, int] | None:
        from featkit.audio.fused import fused_power

        return fused_power(self, after)


def filled_up(shape: tuple[int, ...], n_fft: int, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Memory for frames that are filled up with zeros to n_fft values, and the part of it where their taps go."""
    frames, taps = shape
    filled = scratch("filled_up", (frames, n_fft), dtype, kept=taps)
    return filled, filled[:, :taps]


def _along_axis_0(transform: Callable[..., Array], columns: Array) -> Array:
    """The transform of every column; of half of them at a time where that is quicker.

    The values of a column come to lie one length of a row apart. Where a large power of two is in that length, they crowd
    in a few places of the cache, and drive each other out of it.
    """
    points, frames = columns.shape
    length = frames * columns.itemsize
    if points * (length & -length) < _CACHE_BYTES:  # the power of two in it
        return transform(columns, axis=0)
    middle = frames // 2 + 4
    return np.concatenate([transform(columns[:, :middle], axis=0), transform(columns[:, middle:], axis=0)], axis=1)


#: Of a processor's second cache, which is what such a transform needs.
_CACHE_BYTES = 1024 * 1024


def parts_of_bins(n_fft: int) -> Array:
    """The bins whose real and imaginary parts a real transform of n_fft points gives: re 0, re 1, im 1, re 2, im 2, ...

    >>> parts_of_bins(5), parts_of_bins(6)
    (array([0, 1, 1, 2, 2]), array([0, 1, 1, 2, 2, 3]))
    """
    bins: Array = (np.arange(n_fft) + 1) // 2
    return bins


def squared_magnitude(spectrum: Array) -> Array:
    """re**2 + im**2, each product rounded by itself.

    ``spectrum * spectrum.conj()`` is not the same: NumPy's complex product fuses multiply and add in one of its loops
    and not in another, and which one runs can depend on the size of the block.
    """
    transposed = not spectrum.flags.c_contiguous
    laid = np.ascontiguousarray(spectrum.T if transposed else spectrum)
    parts = laid.view(laid.real.dtype).reshape(-1, 2)
    squared = np.square(parts[:, 0])
    squared += np.square(parts[:, 1], out=scratch("squares", squared.shape, squared.dtype))
    shaped: Array = squared.reshape(laid.shape)
    return shaped.T if transposed else shaped
