"""Normalisation of features by their mean and variance: of a corpus, of an utterance, of the frames around."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from featkit.errors import InputError, ParameterError, ShapeError
from featkit.learner import Learner
from featkit.numeric import Array, sum_of_terms
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.scale import Precision
from featkit.stage import Pointwise, RowShape, Stage, Whole


class Moments(NamedTuple):
    """From which mean and variance follow; those of two data sets merge into those of both."""

    frames: int
    mean: Array
    spread: Array  # the sum of squared distances from the mean: a difference of large sums would have no digits left


class Cmvn(Learner):
    """Learn the mean and variance of every feature column; fitted, it becomes :class:`Normalise`.

    Parameters
    ----------
    variance : bool
        Normalise the variance to 1 as well as the mean to 0.
    floor : float
        Smaller variances count as this one, so that a constant column stays finite.

    Notes
    -----
    Shape: ``(frames, features)``, unchanged. The statistics (:class:`Moments`) of parts of a corpus can be merged.

    Raises
    ------
    InputError
        If there was no frame to learn from.

    Examples
    --------
    >>> import numpy as np
    >>> cmvn = Cmvn().fit([np.array([[0.0, 1.0], [2.0, 5.0]]), np.array([[4.0, 3.0]])])
    >>> cmvn.mean
    array([2., 3.])
    >>> cmvn(np.array([[2.0, 3.0]]))
    array([[0., 0.]])
    """

    name = "cmvn"
    shape = "* * -> * *"
    formula = "y[t, d] = (x[t, d] - mean_d) / sqrt(max(variance_d, floor)), over all frames learned from"
    source = "Viikki & Laurila, Cepstral domain segmental feature vector normalization, 1998"

    variance: bool = True
    floor: float = 1e-20

    def check(self) -> None:
        self.above(0, "floor")

    def start(self) -> Moments:
        return Moments(0, np.zeros(0), np.zeros(0))

    def update(self, statistics: Moments, rows: Array) -> Moments:
        if not len(rows):
            return statistics
        wide = rows.astype(np.float64)
        mean = wide.mean(axis=0)
        return self.merge(statistics, Moments(len(rows), mean, ((wide - mean) ** 2).sum(axis=0)))

    def merge(self, one: Moments, other: Moments) -> Moments:
        if not one.frames or not other.frames:
            return one if one.frames else other
        if one.mean.shape != other.mean.shape:
            raise ShapeError(
                f"frames of {len(one.mean)} and of {len(other.mean)} features cannot be learned from together"
            )
        # Chan, Golub & LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979
        frames, apart = one.frames + other.frames, other.mean - one.mean
        mean = one.mean + apart * (other.frames / frames)
        return Moments(frames, mean, one.spread + other.spread + apart * apart * (one.frames * other.frames / frames))

    def finish(self, statistics: Moments) -> Normalise:
        if not statistics.frames:
            raise InputError("Cmvn has seen no frame; fit it on at least one input that is long enough for a frame")
        variance = np.maximum(statistics.spread / statistics.frames, self.floor)
        return Normalise(statistics.mean, np.sqrt(variance) if self.variance else np.ones_like(variance))


class Normalise(Pointwise):
    """Subtract a mean from each column and divide by a deviation.

    Parameters
    ----------
    mean, deviation : ndarray, shape (features,)

    Notes
    -----
    Shape: any, unchanged; features are the last axis (of images: the channels). Mostly made by fitting :class:`Cmvn`.

    Raises
    ------
    ShapeError
        If mean, deviation and rows don't have the same number of features.

    Examples
    --------
    >>> import numpy as np
    >>> Normalise(np.array([1.0, 2.0]), np.array([1.0, 4.0]))(np.array([[2.0, 10.0]]))
    array([[1., 2.]])
    """

    name = "normalise"
    formula = "y[t, ..., d] = (x[t, ..., d] - mean[d]) / deviation[d]"
    source = "the definition of a standard score"

    mean: np.ndarray
    deviation: np.ndarray

    def check(self) -> None:
        if self.mean.ndim != 1 or self.mean.shape != self.deviation.shape:
            raise ShapeError(
                f"Normalise takes a mean and a deviation per feature, got shapes {self.mean.shape} and {self.deviation.shape}"
            )
        if not (np.isfinite(self.mean).all() and np.isfinite(self.deviation).all() and (self.deviation > 0).all()):
            raise ParameterError(
                "Normalise takes finite means, and deviations that are finite and above 0; learn them anew"
            )

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and row[-1:] != self.mean.shape:
            raise ShapeError(f"Normalise has learned {len(self.mean)} features, got rows of {row[-1] if row else 1}")
        return row

    def apply(self, rows: Array) -> Array:
        return (rows - self.mean.astype(rows.dtype)) / self.deviation.astype(rows.dtype)


class UtteranceCmvn(Whole):
    """Normalise every feature column by its mean and variance over the whole input.

    Parameters
    ----------
    variance : bool
        Normalise the variance to 1 as well as the mean to 0.
    floor : float
        Smaller variances count as this one, so that a constant column stays finite.
    skip : tuple of int
        Columns that are left as they are (an energy, a pitch); negative ones count from the end.

    Notes
    -----
    Shape: ``(frames, features)``, unchanged. Settled in a first pass it becomes :class:`Normalise` in double precision.
    With the statistics of a speaker or of a corpus: :class:`Cmvn`; of the frames around: :class:`SlidingCmvn`.

    Raises
    ------
    ParameterError
        If the floor is not above 0.
    ShapeError
        If a row has no such column as is skipped.

    Examples
    --------
    >>> import numpy as np
    >>> UtteranceCmvn()(np.array([[1.0, 5.0], [3.0, 9.0]]))
    array([[-1., -1.],
           [ 1.,  1.]])
    """

    name = "utterance_cmvn"
    shape = "* * -> * *"
    formula = "y[t, d] = (x[t, d] - mean_d) / sqrt(max(variance_d, floor)), over all frames of the input"
    source = "Kaldi, compute-cmvn-stats and apply-cmvn"

    variance: bool = True
    floor: float = 1e-20
    skip: tuple[int, ...] = ()

    def check(self) -> None:
        self.above(0, "floor")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None:
            for column in self.skip:
                if not -row[0] <= column < row[0]:
                    raise ShapeError(f"UtteranceCmvn skips column {column}, but a row has {row[0]}")
        return row

    def settle(self, blocks: Iterable[Array]) -> Pipeline:
        frames, sums = 0, np.zeros((2, 1))
        precision: Any = None
        for rows in blocks:
            frames, precision = frames + len(rows), rows.dtype.name
            for at in range(0, len(rows), _AT_ONCE):
                sums = self._summed(sums, rows[at : at + _AT_ONCE])
        if not frames:
            raise InputError("there is no frame to take the mean of; give an input that is long enough for a frame")
        mean = sums[0] / frames
        deviation = np.ones_like(mean)
        if self.variance:
            deviation = np.sqrt(np.maximum(sums[1] / frames - mean * mean, self.floor))
        skipped = list(self.skip)
        mean[skipped], deviation[skipped] = 0.0, 1.0
        return pipeline(Precision("float64"), Normalise(mean, deviation), Precision(precision))

    def _summed(self, sums: Array, rows: Array) -> Array:
        """The sums so far of values, and of squares, with some more rows: one after the other, however they come in blocks."""
        values = np.array(rows, np.float64, order="C")
        powers = [values, values * values] if self.variance else [values]
        for terms, so_far in zip(powers, sums, strict=False):
            terms[0] += so_far
        return np.array([sum_of_terms(terms) for terms in powers])


#: So many rows are summed in double precision at a time.
_AT_ONCE = 1024


class Running(NamedTuple):
    """The state of a SlidingCmvn: rows still needed, how far it has come, and the sums over the last window."""

    rows: Array
    start: int  # index of rows[0] in the whole input
    seen: int  # rows taken
    done: int  # rows given
    covered: tuple[int, int]  # first and last+1 of the frames that are in the sums
    sums: Array  # of values, and of squares, float64


class SlidingCmvn(Stage):
    """Normalise every frame by the mean, and the variance, of the frames around it or before it.

    Parameters
    ----------
    window : int
        Frames in the window when centred; frames before the current one, which counts too, when not.
    least : int
        Frames that the first windows have at least when not centred: the first frames look ahead that far.
    centred : bool
        The window lies around the frame, moved inside at both ends; or it ends with the frame.
    variance : bool
        Normalise the variance to 1 as well as the mean to 0.
    floor : float
        Smaller variances count as this one.

    Notes
    -----
    Shape: ``(frames, features)``, unchanged. Frame t is normalised over the frames [start, end): not centred,
    start = max(0, t - window) and end = max(t + 1, least); centred, start = max(0, t - window//2) and end = start + window.
    What would end beyond the last frame is moved to the left as far as there are frames. The sums run in float64.

    Raises
    ------
    ParameterError
        If the window is below 1, or least below 0, or floor not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> SlidingCmvn(window=3, centred=True)(np.array([[0.0], [3.0], [6.0], [12.0]])).ravel()
    array([-3.,  0., -1.,  5.])
    """

    name = "sliding_cmvn"
    shape = "* * -> * *"
    formula = "y[t, d] = (x[t, d] - mean_d) / sqrt(max(variance_d, floor)), over the window of frame t"
    source = "Kaldi, feature-functions.cc (SlidingWindowCmn)"

    window: int = 600
    least: int = 100
    centred: bool = False
    variance: bool = False
    floor: float = 1e-10

    def check(self) -> None:
        self.at_least(1, "window")
        self.at_least(0, "least")
        self.above(0, "floor")

    def init(self) -> Running | None:
        return None

    def step(self, state: Running | None, rows: Array) -> tuple[Running, Array]:
        held = state or Running(rows[:0], 0, 0, 0, (0, 0), np.zeros((2, *rows.shape[1:])))
        held = held._replace(rows=np.concatenate([held.rows, rows]), seen=held.seen + len(rows))
        return self._advance(held, self._certain(held.seen), None)

    def flush(self, state: Running | None) -> Array | None:
        return None if state is None else self._advance(state, state.seen, state.seen)[1]

    def needs(self, rows: int) -> int:
        first, after = self._ahead()
        return max(first, rows + after) if rows else 0

    def _ahead(self) -> tuple[int, int]:
        """How many frames the first window needs, and how many of a window come after its frame."""
        return (self.window, (self.window + 1) // 2 - 1) if self.centred else (self.least, 0)

    def _certain(self, seen: int) -> int:
        """How many windows end within the first rows, whatever comes after them."""
        first, after = self._ahead()
        return max(0, seen - after) if seen >= first else 0

    def _bounds(self, at: Array, count: int | None) -> tuple[Array, Array]:
        """First and last+1 frame of the windows of the frames ``at``; ``count`` is known at the end."""
        start = np.maximum(0, at - (self.window // 2 if self.centred else self.window))
        end = start + self.window if self.centred else np.maximum(at + 1, self.least)
        if count is not None:
            beyond = np.maximum(0, end - count)
            start, end = np.maximum(0, start - beyond), end - beyond
        return start, end

    def _advance(self, held: Running, last: int, count: int | None) -> tuple[Running, Array]:
        """Normalise the frames done..last-1."""
        last = max(last, held.done)
        at = np.arange(held.done, last)
        if not len(at):
            return held, held.rows[:0].copy()
        start, end = self._bounds(at, count)
        sums = self._sums(held, start, end)
        frames = (end - start).astype(np.float64)[:, None]
        current = held.rows[at - held.start]
        normal = current.astype(np.float64) - sums[:, 0] / frames
        if self.variance:
            mean = sums[:, 0] / frames
            spread = np.maximum(sums[:, 1] / frames - mean * mean, self.floor)
            normal = np.where(frames > 1, normal / np.sqrt(spread), 0.0)
        keep = min(int(start[-1]), last)
        kept = held._replace(
            rows=held.rows[keep - held.start :].copy(),
            start=keep,
            done=last,
            covered=(int(start[-1]), int(end[-1])),
            sums=sums[-1].copy(),
        )
        return kept, normal.astype(current.dtype, copy=False)

    def _sums(self, held: Running, start: Array, end: Array) -> Array:
        """Sums of values and squares over every window, shape (windows, 2, features).

        From one window to the next, what leaves is subtracted and then what enters is added, one frame after the other: a
        running sum over those events that goes on where the last block stopped, so that no chunking changes its bytes.
        """
        first, behind = held.covered
        leaving, entering = np.arange(first, start[-1]), np.arange(behind, end[-1])
        leaves = np.searchsorted(start, leaving, side="right")  # the window that a frame is no longer in
        enters = np.searchsorted(end, entering, side="right")  # the first window that a frame is in
        order = np.argsort(np.concatenate([2 * leaves, 2 * enters + 1]), kind="stable")
        frames = held.rows[np.concatenate([leaving, entering]) - held.start].astype(np.float64)
        signs = np.repeat([-1.0, 1.0], [len(leaving), len(entering)])[:, None]
        events = np.stack([signs * frames, signs * (frames * frames)], axis=1)[order]
        running = np.cumsum(np.concatenate([held.sums[None], events]), axis=0)
        sums: Array = running[(start - first) + (end - behind)]
        return sums
