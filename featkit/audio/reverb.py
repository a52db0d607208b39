"""Rooms and channels: a signal convolved with an impulse response."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from featkit.audio.mixing import check_recording
from featkit.errors import ParameterError
from featkit.numeric import Array
from featkit.stage import Stage


class Convolving(NamedTuple):
    """The state of :class:`Reverberate`."""

    spectrum: Array  # of the response
    rows: Array | None  # from the first sample that the next block needs; None before the type is known
    seen: int  # samples taken
    done: int  # samples of the convolution made


class Reverberate(Stage):
    """Convolve a signal with an impulse response: of a room, a microphone, a telephone line.

    Parameters
    ----------
    response : ndarray, shape (samples,)
        The impulse response, at the signal's own rate.
    begin : str
        The output begins with the ``"first"`` sample of the convolution; or with the one where the largest sample of the
        response (its ``"peak"``: the direct sound) meets the first sample of the signal, so that what is said stays where
        it was.
    tail : str
        What sounds on when the signal has ended is ``"cut"`` off, so that the length stays, or ``"kept"``.
    level : str
        The response is taken as ``"given"``, or divided by its largest magnitude (``"peak"``: the direct sound stays as loud
        as it was) or by the root of its ``"energy"`` (white noise keeps its power).
    response_name : str
        What the response is called, for the record.

    Notes
    -----
    Shape: ``(n,)`` -> ``(n,)`` where the tail is cut; else ``(n + len(response) - 1 - peak,)``, where peak is 0 for
    ``begin="first"``. It is computed in float64 by overlapping blocks that begin at fixed samples, whatever the chunks; a
    sample waits for the end of its block, 1024 samples or twice the response at most.

    Raises
    ------
    ParameterError
        If the response is not one channel of finite floats, or nothing but zeros.

    Examples
    --------
    >>> import numpy as np
    >>> echo = np.array([0.0, 1.0, 0.0, 0.5])
    >>> Reverberate(echo)(np.array([1.0, 0.0, 0.0, 2.0])).round(6)
    array([1. , 0. , 0.5, 2. ])
    >>> Reverberate(echo, begin="first", tail="kept")(np.array([1.0])).round(6)
    array([0. , 1. , 0. , 0.5])
    """

    name = "reverberate"
    shape = "sample -> sample"
    formula = "y[i] = sum_k h[k] x[i + peak - k]"
    source = "Oppenheim & Schafer, Discrete-Time Signal Processing, 1989 (overlap-save)"

    response: np.ndarray
    begin: Literal["first", "peak"] = "peak"
    tail: Literal["cut", "kept"] = "cut"
    level: Literal["given", "peak", "energy"] = "given"
    response_name: str = ""

    def check(self) -> None:
        check_recording(self, "response")
        if not self.response.any():
            raise ParameterError("Reverberate.response is silent: all its samples are 0, and nothing would be heard")

    def count(self, n: int) -> int:
        if self.tail == "cut" or not n:
            return n
        return n + len(self.response) - 1 - self._peak()

    def needs(self, rows: int) -> int:
        if rows < 1:
            return 0
        _, block = self._sizes()
        return ((rows - 1 + self._peak()) // block + 1) * block

    def init(self) -> Convolving:
        from scipy.fft import rfft

        return Convolving(rfft(self._levelled(), self._sizes()[0]), None, 0, 0)

    def step(self, state: Convolving, rows: Array) -> tuple[Convolving, Array]:
        before = np.zeros(len(self.response) - 1, rows.dtype) if state.rows is None else state.rows
        held, made = self._blocks(np.concatenate([before, rows]), state.spectrum)
        skipped = max(0, self._peak() - state.done)
        after = Convolving(state.spectrum, held.copy(), state.seen + len(rows), state.done + len(made))
        return after, made[skipped:].astype(rows.dtype)

    def flush(self, state: Convolving) -> Array | None:
        if state.rows is None or not state.seen:
            return None
        missing = self.count(state.seen) + self._peak() - state.done
        n_fft, block = self._sizes()
        zeros = np.zeros(n_fft + -(-missing // block) * block, state.rows.dtype)
        made = self._blocks(np.concatenate([state.rows, zeros]), state.spectrum)[1][:missing]
        return made[max(0, self._peak() - state.done) :].astype(state.rows.dtype)

    def _peak(self) -> int:
        """How many samples of the convolution come before the output."""
        return int(np.argmax(np.abs(self.response))) if self.begin == "peak" else 0

    def _levelled(self) -> Array:
        response = self.response.astype(np.float64)
        if self.level == "given":
            return response
        largest = np.abs(response).max()
        response = response / largest  # first, so that squares neither vanish nor overflow
        levelled: Array = (
            response / math.sqrt(float((response * response).sum())) if self.level == "energy" else response
        )
        return levelled

    def _sizes(self) -> tuple[int, int]:
        """Points of the transform, and samples of the convolution that each gives."""
        taps = len(self.response)
        n_fft = max(1024, 1 << (2 * taps - 1).bit_length())
        return n_fft, n_fft - taps + 1

    def _blocks(self, rows: Array, spectrum: Array) -> tuple[Array, Array]:
        """What is left of the rows, and all whole blocks of the convolution that they give."""
        n_fft, block = self._sizes()
        made, at = [np.empty(0)], 0
        while len(rows) - at >= n_fft:
            made.append(_convolved(rows[at : at + n_fft].astype(np.float64), spectrum)[n_fft - block :])
            at += block
        return rows[at:], np.concatenate(made)


def _convolved(signal: Array, spectrum: Array) -> Array:
    """The circular convolution of one block; the product in real numbers, whose bytes are the same everywhere."""
    from scipy.fft import irfft, rfft

    x = rfft(signal)
    product = np.empty_like(x)
    product.real = x.real * spectrum.real - x.imag * spectrum.imag
    product.imag = x.real * spectrum.imag + x.imag * spectrum.real
    convolved: Array = irfft(product, len(signal))
    return convolved
