"""What is done to a signal or a frame before it is windowed: the mean taken out, high frequencies raised."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.memory import scratch, unbuffered
from featkit.numeric import Array, row_sum
from featkit.stage import Pointwise
from featkit.windowed import Geometry, Windowed


class RemoveMean(Pointwise):
    """Take the mean (the DC offset) out of each frame.

    Shape: ``(frames, taps)`` -> ``(frames, taps)``.

    Examples
    --------
    >>> import numpy as np
    >>> RemoveMean()(np.array([[1.0, 2.0, 6.0]]))
    array([[-2., -1.,  3.]])
    """

    name = "remove_mean"
    shape = "frame tap -> frame tap"
    formula = "y[t, i] = x[t, i] - mean_j x[t, j]"
    source = "Kaldi, feature-window.cc (remove_dc_offset); HTK Book, ZMEANSOURCE"

    def apply(self, rows: Array) -> Array:
        mean = row_sum(rows) / rows.dtype.type(rows.shape[-1])
        with unbuffered():
            return rows - mean


class PreEmphasis(Windowed):
    """Raise the high frequencies of a signal: each sample less a part of the one before it.

    Parameters
    ----------
    coefficient : float
        The part taken off, 0 to 1.
    first : str or float
        The sample before the first one: ``"zero"`` (y[0] = x[0], python_speech_features) or ``"edge"`` (the first
        sample itself). ``"linear"``: y[0] = x[0] + (2 x[0] - x[1]), as librosa begins; a number: y[0] = x[0] + that.

    Notes
    -----
    Shape: ``(samples,)`` -> ``(samples,)``; ``"linear"`` is late by a sample. To do the same inside each frame, as
    Kaldi and HTK do, use :class:`FramePreEmphasis`.

    Raises
    ------
    ParameterError
        If the coefficient is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> PreEmphasis(0.5)(np.array([1.0, 1.0, 2.0]))
    array([1. , 0.5, 1.5])
    """

    name = "pre_emphasis"
    shape = "sample -> sample"
    formula = "y[i] = x[i] - coefficient * x[i-1]"
    source = "Rabiner & Juang, Fundamentals of Speech Recognition, 1993"

    coefficient: float = 0.97
    first: Literal["zero", "edge", "linear"] | float = "zero"

    def check(self) -> None:
        self.at_least(0, "coefficient")

    def geometry(self) -> Geometry:
        if self.first == "linear":
            return Geometry(span=3, left=1, fill="edge")  # the first sample out needs the second one in
        return Geometry(span=2, left=1, fill="edge" if self.first == "edge" else "zero")

    def begin(self, out: Array, rows: Array) -> None:
        if self.first == "linear":
            out[0] = rows[0] + (2 * rows[0] - rows[:2][-1])
        elif not isinstance(self.first, str):  # where no sample before the first one is meant
            out[0] = rows[0] + rows.dtype.type(self.first)

    def windows(self, rows: Array) -> Array:
        return rows[:, 1] - float(self.coefficient) * rows[:, 0]


class FramePreEmphasis(Pointwise):
    """Raise the high frequencies inside each frame; the first sample is its own predecessor.

    Parameters
    ----------
    coefficient : float
        The part of the sample before that is taken off, 0 to 1.

    Notes
    -----
    Shape: ``(frames, taps)`` -> ``(frames, taps)``. Along the whole signal: :class:`PreEmphasis`.

    Raises
    ------
    ParameterError
        If the coefficient is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> FramePreEmphasis(0.5)(np.array([[1.0, 1.0, 2.0]]))
    array([[0.5, 0.5, 1.5]])
    """

    name = "frame_pre_emphasis"
    shape = "frame tap -> frame tap"
    formula = "y[t, i] = x[t, i] - coefficient * x[t, i-1],  x[t, -1] = x[t, 0]"
    source = "Kaldi, feature-window.cc (Preemphasize); HTK Book, PREEMCOEF"

    coefficient: float = 0.97

    def check(self) -> None:
        self.at_least(0, "coefficient")

    def apply(self, rows: Array) -> Array:
        emphasised = np.empty(rows.shape, rows.dtype)
        with unbuffered():
            part = np.multiply(rows, float(self.coefficient), out=scratch("frame_pre_emphasis", rows.shape, rows.dtype))
            np.subtract(rows[:, 1:], part[:, :-1], out=emphasised[:, 1:])
            np.subtract(rows[:, :1], part[:, :1], out=emphasised[:, :1])
        return emphasised
