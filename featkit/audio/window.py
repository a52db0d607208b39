"""Windowing: frames are faded out at both ends, so that the spectrum doesn't see where they were cut."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import numpy as np

from featkit.errors import ShapeError
from featkit.memory import unbuffered
from featkit.numeric import Array, constant
from featkit.stage import Pointwise, RowShape, Stage

Kind = Literal["hamming", "hann", "povey", "blackman", "bartlett", "kaiser", "rectangular", "sine"]


@constant
def window(kind: Kind, n: int, periodic: bool = False, blackman_coeff: float = 0.42, beta: float = 14.0) -> Array:
    """The n weights of a window, in float64, read-only.

    With x = i/(n-1) (symmetric) or i/n (periodic, for spectra whose frames are to overlap-add):

    - hamming: 0.54 - 0.46 cos(2 pi x); hann: 0.5 - 0.5 cos(2 pi x); povey: hann ** 0.85
    - blackman: c - 0.5 cos(2 pi x) + (0.5 - c) cos(4 pi x), c = ``blackman_coeff``
    - bartlett: 1 - abs(2x - 1); kaiser: I0(beta sqrt(1 - (2x-1)**2)) / I0(beta); rectangular: 1
    - sine: sin(pi x)

    >>> window("hamming", 5)
    array([0.08, 0.54, 1.  , 0.54, 0.08])
    """
    if n == 1:
        return np.ones(1)
    x = np.arange(n) / (n if periodic else n - 1)
    once = np.cos(2 * np.pi * x)
    if kind == "hamming":
        return 0.54 - 0.46 * once
    if kind == "hann":
        return 0.5 - 0.5 * once
    if kind == "povey":
        return np.power(0.5 - 0.5 * once, 0.85)
    if kind == "blackman":
        return blackman_coeff - 0.5 * once + (0.5 - blackman_coeff) * np.cos(4 * np.pi * x)
    if kind == "bartlett":
        return 1 - np.abs(2 * x - 1)
    if kind == "kaiser":
        return np.i0(beta * np.sqrt(np.maximum(0.0, 1 - (2 * x - 1) ** 2))) / np.i0(beta)
    if kind == "sine":
        return np.sin(np.pi * x)
    return np.ones(n)


@constant
def _centred(kind: Kind, length: int, n: int, periodic: bool, blackman_coeff: float, beta: float, dtype: str) -> Array:
    weights = np.zeros(n, dtype)
    left = (n - length) // 2
    weights[left : left + length] = window(kind, length, periodic, blackman_coeff, beta)
    return weights


class Window(Pointwise):
    """Weight each frame with a window.

    Parameters
    ----------
    kind : str
        ``"hamming"``, ``"hann"``, ``"povey"``, ``"blackman"``, ``"bartlett"``, ``"kaiser"``, ``"rectangular"`` or
        ``"sine"``.
    periodic : bool
        False: symmetric, the last weight equals the first. True: one period of it, as for ``n + 1`` without the last.
    length : int or None
        Weights that are not zero, centred in the frame; None for the whole frame.
    blackman_coeff : float
        Kaldi's name for the first Blackman weight; used by ``"blackman"``.
    beta : float
        The Kaiser window's shape; used by ``"kaiser"``.
    weights : ndarray, shape (taps,), or None
        A window of your own, one weight per tap, in place of ``kind`` and all else here.

    Notes
    -----
    Shape: ``(frames, taps)`` -> ``(frames, taps)``. The weights themselves: :func:`featkit.window`.

    Raises
    ------
    ParameterError
        If length is below 1 or beta below 0.
    ShapeError
        If length is more than the taps of a frame, or a frame has not as many taps as there are weights.

    Examples
    --------
    >>> import numpy as np
    >>> Window("hamming")(np.ones((1, 5)))
    array([[0.08, 0.54, 1.  , 0.54, 0.08]])
    """

    name = "window"
    shape = "frame tap -> frame tap"
    formula = "y[t, i] = w[i] x[t, i];  Hamming: w[i] = 0.54 - 0.46 cos(2 pi i / (length - 1))"
    source = "Harris, On the use of windows for harmonic analysis with the DFT, 1978"

    kind: Kind = "hamming"
    periodic: bool = False
    length: int | None = None
    blackman_coeff: float = 0.42
    beta: float = 14.0
    weights: np.ndarray | None = None

    def check(self) -> None:
        self.at_least(1, "length")
        self.at_least(0, "beta")
        if self.weights is not None and self.weights.ndim != 1:
            raise ShapeError(f"Window.weights are one weight per tap, got an array of shape {self.weights.shape}")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and self.weights is not None and self.weights.shape != row:
            raise ShapeError(f"Window has {len(self.weights)} weights of its own, but a frame has {row[0]} taps")
        if row is not None and self.length is not None and self.length > row[0]:
            raise ShapeError(f"Window takes frames of at least {self.length} taps (its length), got {row[0]}")
        return row

    def apply(self, rows: Array) -> Array:
        with unbuffered():
            return rows * self.weights_of(rows)

    def weights_of(self, rows: Array) -> Array:
        """The weights of each tap of such frames, in their precision."""
        kind = rows.shape[-1], rows.dtype
        weights = self._made.get(kind)
        if weights is None:
            weights = self._made[kind] = self._weights(*kind)
        return weights

    def _weights(self, n: int, dtype: np.dtype[Any]) -> Array:
        if self.weights is not None:
            return self.weights.astype(dtype)
        return _centred(self.kind, self.length or n, n, self.periodic, self.blackman_coeff, self.beta, dtype.str)

    @cached_property
    def _made(self) -> dict[tuple[int, np.dtype[Any]], Array]:
        return {}

    def fuse(self, after: tuple[Stage, ...]) -> tuple[Stage, int] | None:
        from featkit.audio.fused import fused_window

        return fused_window(self, after)
