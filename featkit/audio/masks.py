"""SpecAugment: features with bands and frames blotted out, and stretched in time here, squeezed there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import numpy as np

from featkit.draws import integer, key_of, uniforms
from featkit.errors import InputError, ParameterError, ShapeError
from featkit.numeric import Array, row_sum
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.scale import Identity
from featkit.stage import Pointwise, RowShape, Stage, Whole

Spans = tuple[tuple[int, int], ...]


class MaskBands(Pointwise):
    """Blot out bands of a spectrogram: some columns, in all frames.

    Parameters
    ----------
    bands : tuple of (int, int)
        For each mask its first column and how many there are.
    value : float
        What stands there instead.

    Notes
    -----
    Shape: ``(frames, bands)``, unchanged.

    Raises
    ------
    ParameterError
        If a mask begins below 0 or has a negative width, or the value is not finite.
    ShapeError
        If a mask reaches beyond the last column.

    Examples
    --------
    >>> import numpy as np
    >>> MaskBands(((1, 2),), value=-1.0)(np.ones((2, 4)))
    array([[ 1., -1., -1.,  1.],
           [ 1., -1., -1.,  1.]])
    """

    name = "mask_bands"
    shape = "* * -> * *"
    formula = "y[t, k] = value where first <= k < first + width for one of the masks, else x[t, k]"
    source = "Park et al., SpecAugment, 2019"

    bands: Spans = ((2, 3),)
    value: float = 0.0

    def check(self) -> None:
        _check_spans(self, "bands", self.bands, self.value)

    def row_shape(self, row: RowShape) -> RowShape:
        for first, width in self.bands if row is not None else ():
            if first + width > row[0]:  # type: ignore[index]
                raise ShapeError(
                    f"MaskBands masks the columns {first} to {first + width - 1}, but a row has {row[0]}"  # type: ignore[index]
                )
        return row

    def apply(self, rows: Array) -> Array:
        masked = rows.copy()
        for first, width in self.bands:
            masked[:, first : first + width] = self.value
        return masked


class MaskFrames(Stage):
    """Blot out stretches of a spectrogram: all columns, for some frames.

    Parameters
    ----------
    frames : tuple of (int, int)
        For each mask its first frame and how many there are.
    value : float
        What stands there instead.

    Notes
    -----
    Shape: ``(frames, bands)``, unchanged. Frames beyond the last one don't matter.

    Raises
    ------
    ParameterError
        If a mask begins below 0 or has a negative width, or the value is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> MaskFrames(((1, 2),))(np.ones((4, 2))).T
    array([[1., 0., 0., 1.],
           [1., 0., 0., 1.]])
    """

    name = "mask_frames"
    shape = "* * -> * *"
    formula = "y[t, k] = value where first <= t < first + width for one of the masks, else x[t, k]"
    source = "Park et al., SpecAugment, 2019"

    frames: Spans = ((10, 5),)
    value: float = 0.0

    def check(self) -> None:
        _check_spans(self, "frames", self.frames, self.value)

    def init(self) -> int:
        return 0

    def step(self, state: int, rows: Array) -> tuple[int, Array]:
        masked = rows.copy()
        for first, width in self.frames:
            masked[max(0, first - state) : max(0, first + width - state)] = self.value
        return state + len(rows), masked


def _check_spans(stage: Stage, field: str, spans: Spans, value: float) -> None:
    for first, width in spans:
        if first < 0 or width < 0:
            raise ParameterError(
                f"{type(stage).__name__}.{field} takes pairs of a first index and a width, neither below 0, "
                f"got {(first, width)!r}"
            )
    if not math.isfinite(value):
        raise ParameterError(f"{type(stage).__name__}.value must be finite, got {value!r}")


class Warping(NamedTuple):
    """The state of :class:`WarpTime`."""

    rows: Array
    start: int  # index of rows[0] in the whole input
    seen: int  # rows taken
    done: int  # rows given


class WarpTime(Stage):
    """Move one frame to another place; the frames before it are stretched, those behind it squeezed, or the other way round.

    Parameters
    ----------
    at : int
        The frame that is moved.
    to : int
        Where it goes.
    frames : int
        How many frames there are; the first and the last stay where they are, and so do any behind them.

    Notes
    -----
    Shape: ``(frames, bands)``, unchanged. Between two frames lies a straight line. All bands move alike, as in ESPnet; the
    paper's image warp holds the four corners of the spectrogram, so that the outermost bands move less.

    Raises
    ------
    ParameterError
        If at or to is not an inner frame.

    Examples
    --------
    >>> import numpy as np
    >>> WarpTime(at=2, to=4, frames=7)(np.arange(7.0)[:, None]).ravel()
    array([0. , 0.5, 1. , 1.5, 2. , 4. , 6. ])
    """

    name = "warp_time"
    shape = "* * -> * *"
    formula = (
        "y[t] = x(u(t)),  u: straight lines through (0, 0), (to, at), (frames-1, frames-1);  x(u) between frames linear"
    )
    source = "Park et al., SpecAugment, 2019"

    at: int = 12
    to: int = 16
    frames: int = 40

    def check(self) -> None:
        for field in ("at", "to"):
            if not 0 < getattr(self, field) < self.frames - 1:
                raise ParameterError(
                    f"WarpTime.{field} must be an inner one of {self.frames} frames, 1 to {self.frames - 2}, "
                    f"got {getattr(self, field)}"
                )

    def needs(self, rows: int) -> int:
        if rows < 1:
            return 0
        return max(rows, math.ceil(self._source(np.array([rows - 1]))[0]) + 1)

    def step(self, state: Warping | None, rows: Array) -> tuple[Warping, Array]:
        held, start, seen, done = state or Warping(rows[:0], 0, 0, 0)
        held, seen = np.concatenate([held, rows]), seen + len(rows)
        source = self._source(np.arange(done, seen))
        ready = int(np.searchsorted(source, seen - 1, side="right"))  # the frame above is there as well
        out = _between(held, start, source[:ready])
        done += ready
        # The last frame is kept in any case: fewer may come than were said.
        keep = max(start, min(int(self._source(np.array([done]))[0]), seen - 1))
        return Warping(held[keep - start :].copy(), keep, seen, done), out

    def flush(self, state: Warping | None) -> Array | None:
        if state is None or state.done == state.seen:
            return None
        # Fewer frames came than were said: what lies behind the last one is like it.
        source = np.minimum(self._source(np.arange(state.done, state.seen)), state.seen - 1)
        return _between(state.rows, state.start, source)

    def _source(self, t: Array) -> Array:
        """Where in the input the frames t come from. Products of integers first, so that fixed points are met exactly."""
        at, to, last = int(self.at), int(self.to), int(self.frames) - 1
        behind = at + (t - to) * (last - at) / (last - to)
        source: Array = np.where(t <= to, t * at / to, np.where(t <= last, behind, t))
        return source


def _between(held: Array, start: int, source: Array) -> Array:
    below = np.floor(source).astype(np.int64)
    share = (source - below).astype(held.dtype)[:, None]
    above = below + (share[:, 0] > 0)
    between: Array = (1 - share) * held[below - start] + share * held[above - start]
    return between


class SpecAugment(Whole):
    """Mask bands and frames of a spectrogram and warp its time, as drawn with a seed.

    Parameters
    ----------
    warp : int
        By how many frames one frame is moved at most, either way (W of the paper). 0: none.
    band_width : int
        Columns that one mask covers at most (F).
    band_masks : int
        Masks of bands (m_F).
    frame_width : int
        Frames that one mask covers at most (T).
    frame_share : float
        And at most this share of all frames (p).
    frame_masks : int
        Masks of frames (m_T).
    value : float or str
        What stands under a mask: a number, or the ``"mean"`` or the smallest value (``"min"``) of the whole input.
    seed : int
        Which masks: the same seed gives the same for inputs of the same size.

    Notes
    -----
    Shape: ``(frames, bands)``, unchanged. Settled in a first pass it becomes :class:`WarpTime`, :class:`MaskBands` and
    :class:`MaskFrames` with the numbers drawn. The defaults are the paper's policy LB; LD has two masks of either kind; SM
    is ``SpecAugment(40, 15, 2, 70, 0.2, 2)`` and SS ``SpecAugment(40, 27, 2, 70, 0.2, 2)``.

    With n frames and k columns: the width of a band mask is drawn from 0 .. min(F, k) and its first column from 0 .. k -
    width; the width of a frame mask from 0 .. min(T, p n) and its first frame from 0 .. n - width; masks may overlap. The
    frame that is moved is drawn from W+1 .. n-W-2 and the way from -W .. W; inputs with fewer than 2W+3 frames are not
    warped. The paper's features have a mean of 0, so that its value 0 is ``"mean"`` here.

    Raises
    ------
    ParameterError
        If one of the numbers is below 0, the share above 1, or the value not finite.
    InputError
        If it is settled on no frame.

    Examples
    --------
    >>> import numpy as np
    >>> SpecAugment(warp=0, band_width=2, frame_width=3, value=0.0, seed=3)(np.ones((6, 4)))
    array([[1., 0., 0., 1.],
           [0., 0., 0., 0.],
           [0., 0., 0., 0.],
           [0., 0., 0., 0.],
           [1., 0., 0., 1.],
           [1., 0., 0., 1.]])
    """

    name = "spec_augment"
    shape = "* * -> * *"
    formula = "y = MaskFrames(MaskBands(WarpTime(x))) with drawn places and widths"
    source = "Park et al., SpecAugment: A simple data augmentation method for automatic speech recognition, 2019"

    warp: int = 80
    band_width: int = 27
    band_masks: int = 1
    frame_width: int = 100
    frame_share: float = 1.0
    frame_masks: int = 1
    value: float | Literal["mean", "min"] = "mean"
    seed: int = 0

    def check(self) -> None:
        counts = ("warp", "band_width", "band_masks", "frame_width", "frame_masks", "seed")
        self.at_least(0, *counts, "frame_share")
        if self.frame_share > 1:
            raise ParameterError(f"SpecAugment.frame_share must be at most 1, got {self.frame_share!r}")
        if not isinstance(self.value, str) and not math.isfinite(self.value):
            raise ParameterError(f"SpecAugment.value must be finite, got {self.value!r}")

    def settle(self, blocks: Iterable[Any]) -> Pipeline:
        frames, columns, value = self._measured(blocks)
        stages: list[Stage] = []
        if self.warp and frames >= 2 * self.warp + 3:
            first, second = uniforms(key_of(self.seed, "warp"), 2)
            at = integer(first, self.warp + 1, frames - self.warp - 2)
            stages.append(WarpTime(at, at + integer(second, -self.warp, self.warp), frames))
        if self.band_masks:
            stages.append(MaskBands(self._drawn("band", self.band_masks, self.band_width, columns), value))
        if self.frame_masks:
            widest = min(self.frame_width, int(self.frame_share * frames))
            stages.append(MaskFrames(self._drawn("frame", self.frame_masks, widest, frames), value))
        return pipeline(*(stages or [Identity()]))

    def _drawn(self, what: str, masks: int, widest: int, size: int) -> Spans:
        spans = []
        for mask in range(masks):
            first, second = uniforms(key_of(self.seed, what, mask), 2)
            width = integer(first, 0, min(widest, size))
            spans.append((integer(second, 0, size - width), width))
        return tuple(spans)

    def _measured(self, blocks: Iterable[Any]) -> tuple[int, int, float]:
        """How many frames and columns there are, and what stands under a mask."""
        frames, columns, sums, smallest = 0, 0, [], math.inf
        for rows in map(self.admit, blocks):
            frames, columns = frames + len(rows), rows.shape[1]
            if self.value == "mean":
                sums += row_sum(rows.astype(np.float64))[:, 0].tolist()
            if self.value == "min" and rows.size:
                smallest = min(smallest, float(rows.min()))
        if not frames:
            raise InputError("there is no frame to mask; give an input that is long enough for a frame")
        if isinstance(self.value, str):
            return frames, columns, math.fsum(sums) / (frames * columns) if self.value == "mean" else smallest
        return frames, columns, float(self.value)
