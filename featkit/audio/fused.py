"""What pipelines run instead of a few stages in a row, where one pass over a frame does for several.

Nobody writes these stages down: a pipeline puts them in when it plans how to run (:meth:`featkit.stage.Stage.fuse`), and
the contract suite compares each with the stages it stands for.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from featkit.audio.frames import Frames
from featkit.audio.mel import MelBank
from featkit.audio.preemphasis import FramePreEmphasis, RemoveMean
from featkit.audio.spectrum import FourierTransform, PowerSpectrum, filled_up, parts_of_bins
from featkit.audio.window import Window
from featkit.memory import aligned, scratch, unbuffered
from featkit.numeric import Array, project, project_power, sliding, weigh_rows, window_sums
from featkit.rows.double import InDouble
from featkit.rows.scale import Affine
from featkit.stage import Pointwise, RowShape, Stage
from featkit.windowed import Geometry, Windowed


class PowerBands(FourierTransform):
    """``power_spectrum | mel``: the squares of real and imaginary parts are summed under the filters, and only then added.

    There are fewer filters than bins, so there is less to add. The terms are the same, in another order.
    """

    name = "power_bands"
    fused_error: ClassVar[float] = 64.0

    spectrum: PowerSpectrum = PowerSpectrum()
    bank: MelBank = MelBank()

    def row_shape(self, row: RowShape) -> RowShape:
        return self.bank.row_shape(self.spectrum.row_shape(row))

    def apply(self, rows: Array) -> Array:
        spectrum = self.transform_in_parts(rows)
        if spectrum.dtype.kind == "c":
            return project_power(spectrum, self.bank.weights_for(spectrum.real.dtype, spectrum.shape[-1]))
        return project(np.square(spectrum, out=spectrum), self._weights_of_parts(spectrum.dtype, spectrum.shape[-1]))

    def _weights_of_parts(self, dtype: np.dtype[Any], n_fft: int) -> Any:
        weights = self._made.get((dtype, n_fft))
        if weights is None:
            weights = self._made[dtype, n_fft] = self.bank.weights_for(dtype, n_fft // 2 + 1)[:, parts_of_bins(n_fft)]
        return weights

    @cached_property
    def _made(self) -> dict[tuple[Any, int], Any]:
        return {}


class WindowedSpectrum(Pointwise):
    """``window | spectrum``: the products go straight to where the transform takes them from. The same bytes."""

    name = "windowed_spectrum"
    window: Window = Window()
    spectrum: FourierTransform = FourierTransform()

    def row_shape(self, row: RowShape) -> RowShape:
        return self.spectrum.row_shape(self.window.row_shape(row))

    def apply(self, rows: Array) -> Array:
        filled, taps = filled_up(rows.shape, self.spectrum.n_fft or rows.shape[-1], rows.dtype)
        with unbuffered():
            np.multiply(rows, self.window.weights_of(rows), out=taps)
        return self.spectrum.apply(filled)


class EmphasisedFrames(Windowed):
    """``frames | remove_mean | frame_pre_emphasis | window``: emphasised along the signal and not in every frame again.

    With m the mean of a frame, x[i] - m - a (x[i-1] - m) = ((x[i] - x[i-1]) + (1 - a) x[i-1]) - (1 - a) m, and what is in the
    outer bracket belongs to the signal. The difference comes first: it loses nothing of a signal on a large offset.
    """

    name = "emphasised_frames"
    fused_error: ClassVar[float] = 8.0

    frames: Frames = Frames()
    mean: RemoveMean | None = None
    emphasis: FramePreEmphasis = FramePreEmphasis()
    window: Window = Window()
    spectrum: FourierTransform | None = None
    gain: float = 1.0  # a power of two, so that it rounds nothing wherever it is multiplied in

    def geometry(self) -> Geometry:
        return self.frames.geometry()

    @property
    def _n_fft(self) -> int:
        return (self.spectrum.n_fft if self.spectrum else None) or self.frames.length

    def _tables(self, frames: Array) -> tuple[Any, Any, Array]:
        """What emphasis leaves of a constant, and of a mean for each unit of its sum; the window, for :func:`weigh_rows`.

        The window times the gain, filled up as the frames are.
        """
        dtype = frames.dtype
        if dtype not in self._made:
            window = self.window.weights_of(frames) * self.gain
            weights = aligned(np.tile(np.pad(window, (0, self._n_fft - len(window))), 8))
            kept = 1 - dtype.type(self.emphasis.coefficient)
            self._made[dtype] = kept, kept / dtype.type(self.frames.length), weights
        return self._made[dtype]

    @cached_property
    def _made(self) -> dict[np.dtype[Any], tuple[Any, Any, Array]]:
        return {}

    def row_shape(self, row: RowShape) -> RowShape:
        taps = self.window.row_shape((self.frames.length,))
        return taps if self.spectrum is None else self.spectrum.row_shape(taps)

    def windows(self, rows: Array) -> Array:
        rows = rows if self.gain == 1.0 else rows * self.gain
        rows = self.window.apply(self.emphasis.apply(rows if self.mean is None else self.mean.apply(rows)))
        return rows if self.spectrum is None else self.spectrum.apply(rows)

    def over(self, rows: Array) -> Array:
        length, hop = self.frames.length, self.frames.hop
        emphasised = scratch("emphasised", rows.shape, rows.dtype)
        frames = sliding(emphasised, length, hop)
        kept, share, weights = self._tables(frames)
        emphasised[:1] = 0
        np.subtract(rows[1:], rows[:-1], out=emphasised[1:])
        emphasised[1:] += np.multiply(rows[:-1], kept, out=scratch("part_before", rows.shape, rows.dtype)[1:])
        filled, taps = filled_up(frames.shape, self._n_fft, rows.dtype)
        kept_mean = 0 if self.mean is None else window_sums(rows, length, hop) * share
        with unbuffered():
            if self.mean is None:
                np.multiply(frames, weights[:length], out=taps)
            else:
                np.subtract(frames, kept_mean, out=taps)
                weigh_rows(filled, weights)
        if weights[0]:  # the first tap of a frame is its own predecessor
            taps[:, :1] = weights[0] * (kept * sliding(rows, 1, hop)[: len(frames)] - kept_mean)
        return filled.copy() if self.spectrum is None else self.spectrum.apply(filled)


def fused_frames(frames: Frames, after: tuple[Stage, ...]) -> tuple[Stage, int] | None:
    """:class:`EmphasisedFrames`, where what follows the frames is what it does; what is computed in double from samples on."""
    if after and isinstance(after[0], InDouble):  # a sample is converted once, not in every frame it is in
        return InDouble(frames | after[0].stage), 1
    mean = after[0] if after and isinstance(after[0], RemoveMean) else None
    rest = after[1:] if mean else after
    if len(rest) < 2 or not isinstance(rest[0], FramePreEmphasis) or not isinstance(rest[1], Window):
        return None
    spectrum, taken = _transform(rest[2:])
    return EmphasisedFrames(frames, mean, rest[0], rest[1], spectrum), 2 + bool(mean) + taken


def fused_gain(gain: Stage, frames: Frames, after: tuple[Stage, ...]) -> tuple[Stage, int] | None:
    """:class:`EmphasisedFrames` on another scale, where the scale is a power of two."""
    if not isinstance(gain, Affine) or gain.offset or abs(math.frexp(gain.scale)[0]) != 0.5:
        return None
    fused, taken = frames.fuse(after) or (frames, 0)
    return (fused.with_(gain=float(gain.scale)), taken) if isinstance(fused, EmphasisedFrames) else None


def fused_window(window: Window, after: tuple[Stage, ...]) -> tuple[Stage, int] | None:
    """:class:`WindowedSpectrum`, where a spectrum follows."""
    spectrum, taken = _transform(after)
    return None if spectrum is None else (WindowedSpectrum(window, spectrum), taken)


def fused_power(spectrum: PowerSpectrum, after: tuple[Stage, ...]) -> tuple[Stage, int] | None:
    """:class:`PowerBands`, where a mel bank follows."""
    if not after or not isinstance(after[0], MelBank):
        return None
    return PowerBands(spectrum.n_fft, spectrum.engine, spectrum, after[0]), 1


def _transform(after: tuple[Stage, ...]) -> tuple[FourierTransform | None, int]:
    """The spectrum that comes next, together with what it is fused with, and how many stages that takes."""
    if not after or not isinstance(after[0], FourierTransform):
        return None, 0
    fused, taken = after[0].fuse(after[1:]) or (after[0], 0)
    assert isinstance(fused, FourierTransform)
    return fused, 1 + taken
