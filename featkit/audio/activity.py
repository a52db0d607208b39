"""Where in a signal there is speech: masks of frames, what they are made from, and what is done with them.

A mask is a column like any other: 1.0 for an active frame, 0.0 for one that isn't. It stands beside features in a
:class:`featkit.Join`, or chooses their frames (:func:`voiced`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from featkit.admission import as_array
from featkit.audio.frames import Frames
from featkit.audio.length import AtMost, Trim
from featkit.audio.waveform import RootMeanSquare
from featkit.errors import InputError, ParameterError, ShapeError
from featkit.numeric import Array, row_sum, sliding
from featkit.pipeline import Join, Pipeline, pipeline
from featkit.rows.scale import Identity, Samples
from featkit.stage import Pointwise, RowShape, Stage, Whole
from featkit.windowed import Geometry, Windowed

# --- masks from energies ----------------------------------------------------------------------------------------------


class Above(Pointwise):
    """Mark the frames in which one column, mostly a log energy, lies above a threshold.

    Parameters
    ----------
    threshold : float
        In the column's own unit.
    column : int
        Where the energy stands; a negative one counts from the end.

    Notes
    -----
    Shape: ``(frames, features)`` -> ``(frames, 1)``: 1 for those frames, 0 for the others.

    Raises
    ------
    ParameterError
        If the threshold is not finite.
    ShapeError
        If a row has no such column.

    Examples
    --------
    >>> import numpy as np
    >>> Above(5.0)(np.array([[4.0, 9.0], [6.0, 0.0]]))
    array([[0.],
           [1.]])
    """

    name = "above"
    shape = "* * -> * activity"
    formula = "a[t] = 1 if x[t, column] > threshold, else 0"
    source = "Kaldi, ivector/voice-activity-detection.cc (ComputeVadEnergy)"

    threshold: float = 0.0
    column: int = 0

    def check(self) -> None:
        if not np.isfinite(self.threshold):
            raise ParameterError(f"Above.threshold must be finite, got {self.threshold!r}")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and not -row[0] <= self.column < row[0]:
            raise ShapeError(f"the energy is to stand in column {self.column}, but a row has {row[0]}")
        return (1,)

    def apply(self, rows: Array) -> Array:
        return (rows[:, self.column, None] > rows.dtype.type(self.threshold)).astype(rows.dtype)


class AboveMean(Whole):
    """Mark the frames in which one column lies above a threshold that follows from its mean over the whole input.

    Parameters
    ----------
    threshold : float
        The part of the threshold that is fixed, in the column's own unit.
    mean_scale : float
        Multiplies the mean, which is added to it.
    column : int
        Where the energy stands; a negative one counts from the end.

    Notes
    -----
    Shape: ``(frames, features)`` -> ``(frames, 1)``: 1 for those frames, 0 for the others. Settled in a first pass it becomes
    :class:`Above`.

    Raises
    ------
    ParameterError
        If threshold or mean_scale is not finite.
    ShapeError
        If a row has no such column.

    Examples
    --------
    >>> import numpy as np
    >>> AboveMean(threshold=1.0, mean_scale=0.5)(np.array([[2.0], [3.5], [6.5]])).ravel()
    array([0., 1., 1.])
    """

    name = "above_mean"
    shape = "* * -> * activity"
    formula = "a[t] = 1 if x[t, column] > threshold + mean_scale mean_u x[u, column], else 0"
    source = "Kaldi, ivector/voice-activity-detection.cc (ComputeVadEnergy)"

    threshold: float = 5.0
    mean_scale: float = 0.5
    column: int = 0

    def check(self) -> None:
        Above(self.threshold, self.column)
        if not np.isfinite(self.mean_scale):
            raise ParameterError(f"AboveMean.mean_scale must be finite, got {self.mean_scale!r}")

    def row_shape(self, row: RowShape) -> RowShape:
        return Above(self.threshold, self.column).row_shape(row)

    def settle(self, blocks: Iterable[Array]) -> Above:
        energies = [rows[:, self.column] for rows in Identity().iterate(blocks) if len(rows)]
        if not energies:
            raise InputError("there is no frame to take the mean of; give an input that is long enough for a frame")
        energy = np.concatenate(energies)
        kind, total = energy.dtype.type, np.add.accumulate(energy, dtype=np.float64)[-1]
        # In the rows' own precision, and in Kaldi's order.
        mean = kind(self.mean_scale) * kind(total) / kind(len(energy))
        return Above(float(kind(self.threshold) + mean), self.column)


class Majority(Windowed):
    """Decide on a frame by those around it: it is active where a large enough share of them are.

    Parameters
    ----------
    context : int
        Frames on each side that are asked with it; those that aren't there don't count.
    proportion : float
        The share that must be active, above 0 and below 1.

    Notes
    -----
    Shape: ``(frames, masks)``, unchanged; each column is a mask of its own, in which values above 0.5 count as active. Late
    by ``context`` frames.

    Raises
    ------
    ParameterError
        If context is below 0, or proportion not between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> Majority(context=1)(np.array([[1.0], [0.0], [1.0], [0.0], [0.0]])).ravel()
    array([0., 1., 0., 0., 0.])
    """

    name = "majority"
    shape = "* * -> * *"
    formula = "y[t] = 1 if sum_u a[u] >= proportion sum_u 1,  t - context <= u <= t + context inside the input, else 0"
    source = "Kaldi, ivector/voice-activity-detection.cc (ComputeVadEnergy)"

    context: int = 2
    proportion: float = 0.6

    def check(self) -> None:
        self.at_least(0, "context")
        if not 0 < self.proportion < 1:
            raise ParameterError(f"Majority.proportion must lie between 0 and 1, got {self.proportion!r}")

    def geometry(self) -> Geometry:
        return Geometry(span=2 * self.context + 1, left=self.context)

    def taken(self, rows: Array) -> Array:
        # Active frames as 1, others as -1: what lies outside the input is 0 then, and known by it.
        return np.where(rows > 0.5, 1, -1).astype(rows.dtype)

    def windows(self, rows: Array) -> Array:
        asked, active = (np.count_nonzero(votes, axis=1) for votes in (rows, rows > 0))
        # In single precision, as Kaldi multiplies.
        needed = asked.astype(np.float32) * np.float32(self.proportion)
        return (active.astype(np.float32) >= needed).astype(rows.dtype)


class Heard(NamedTuple):
    """The state of an EnergyActivity."""

    levels: Array  # of the last frames that the noise floor looks back on, in dB
    loud: Array  # which of the last frames were loud, as far as the hang-over goes


class EnergyActivity(Stage):
    """Mark the frames that are louder than the noise, or than a level, and for some time after them.

    Parameters
    ----------
    threshold_db : float
        How far above the noise floor a frame must be, or at which level.
    over : str
        ``"noise"``: the softest frame of the last ``memory`` ones is the noise floor; ``"full-scale"``: the threshold is in dBFS.
    hang : int
        Frames after a loud one that are still active, so that soft ends of words are kept.
    memory : int
        Frames back, the current one included, among which the noise floor is looked for. It must be longer than speech goes
        on without a pause.
    quietest_db : float
        The noise floor is no lower than that, in dBFS: in digital silence a faint noise is no speech.

    Notes
    -----
    Shape: ``(frames, taps)`` -> ``(frames, 1)``; it streams without delay. The level of a frame is its mean square in dB over
    full scale. Speech that begins with the first frame is its own noise floor until the first pause.

    Raises
    ------
    ParameterError
        If a level is not finite, hang is below 0 or memory below 1.

    Examples
    --------
    >>> import numpy as np
    >>> frames = np.array([[0.01, -0.01], [0.5, -0.5], [0.01, 0.01], [0.01, 0.01]])
    >>> EnergyActivity(hang=1)(frames).ravel()
    array([0., 1., 1., 0.])
    """

    name = "energy_activity"
    shape = "frame tap -> frame activity"
    formula = (
        "a[t] = 1 if L[u] > threshold + floor[u] for any u, t - hang <= u <= t, else 0;  L = 10 log10(mean_i x[i]^2),  "
        "floor[u] = max(min of L[u - memory + 1 .. u], quietest), or 0"
    )
    source = (
        "Rabiner & Sambur, An algorithm for determining the endpoints of isolated utterances, 1975 (energy thresholds)"
    )

    threshold_db: float = 8.0
    over: Literal["noise", "full-scale"] = "noise"
    hang: int = 20
    memory: int = 300
    quietest_db: float = -70.0

    def check(self) -> None:
        self.at_least(0, "hang")
        self.at_least(1, "memory")
        for name in ("threshold_db", "quietest_db"):
            if not np.isfinite(getattr(self, name)):
                raise ParameterError(f"EnergyActivity.{name} must be finite, got {getattr(self, name)!r}")

    def row_shape(self, row: RowShape) -> RowShape:
        return (1,)

    def step(self, state: Heard | None, rows: Array) -> tuple[Heard, Array]:
        state = state or Heard(np.full(self.memory - 1, np.inf), np.zeros(self.hang, bool))
        levels = np.concatenate([state.levels, _levels(rows)])
        loud = np.concatenate([state.loud, self._loud(levels)])
        active: Array = np.logical_or.reduce(sliding(loud, self.hang + 1, 1), axis=1)
        held = Heard(levels[len(rows) :].copy(), loud[len(rows) :].copy())
        return held, active[:, None].astype(rows.dtype)

    def _loud(self, levels: Array) -> Array:
        current = levels[self.memory - 1 :]
        if self.over == "full-scale":
            return current > self.threshold_db
        floor = np.maximum(sliding(levels, self.memory, 1).min(axis=1), self.quietest_db)
        return current > floor + self.threshold_db


def _levels(rows: Array) -> Array:
    """The level of each frame in dBFS, minus infinity for silence."""
    wide = rows.astype(np.float64)
    with np.errstate(divide="ignore"):
        return 10.0 * np.log10(row_sum(wide * wide)[:, 0] / rows.shape[-1])


# --- what is done with masks ------------------------------------------------------------------------------------------


class KeepActive(Stage):
    """Keep the rows whose first column, the mask, is above 0.5, and leave the mask out.

    Notes
    -----
    Shape: ``(frames, 1 + features)`` -> ``(active frames, features)``; it streams without delay. :func:`voiced` puts a mask
    beside features and this behind them.

    Raises
    ------
    ShapeError
        If a row has no column beside the mask.

    Examples
    --------
    >>> import numpy as np
    >>> KeepActive()(np.array([[0.0, 3.0], [1.0, 4.0]]))
    array([[4.]])
    """

    name = "keep_active"
    shape = "* * -> * *"
    formula = "y = those rows x[t, 1:] for which x[t, 0] > 0.5"
    source = "Kaldi, select-voiced-frames"

    def row_shape(self, row: RowShape) -> RowShape:
        if row is None:
            return None
        if row[0] < 2:
            raise ShapeError("KeepActive takes a mask and features beside it, but a row has 1 column; join them first")
        return (row[0] - 1,)

    def count(self, n: int) -> int | None:
        return None if n else 0

    def step(self, state: None, rows: Array) -> tuple[None, Array]:
        return None, rows[rows[:, 0] > 0.5, 1:]


def voiced(features: Stage, activity: Stage) -> Pipeline:
    """Compute features of a signal and keep those of its active frames only.

    Parameters
    ----------
    features : Stage
        Gives the features.
    activity : Stage
        Gives a mask from the same input: one column, above 0.5 where a frame is active, as many frames as ``features``.

    Returns
    -------
    Pipeline
        ``Join((activity, features)) | KeepActive()``. It streams where both do; rows wait for the slower one.

    Raises
    ------
    ShapeError
        If activity gives more than one column, or the two read or give different streams.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> speech = voiced(featkit.mfcc(), featkit.Frames(400, 160) | featkit.EnergyActivity(hang=0))
    >>> pause_and_noise = np.concatenate([np.zeros(8000), np.random.default_rng(0).normal(0, 0.1, 8000)])
    >>> featkit.mfcc()(pause_and_noise).shape, speech(pause_and_noise).shape
    ((98, 13), (50, 13))
    """
    shape = activity.row_shape(None)
    if shape not in (None, (1,)):
        raise ShapeError(f"a mask is one column, but {activity!r} gives rows of the shape {shape}")
    return pipeline(Join((activity, features)), KeepActive())


def segments(mask: ArrayLike) -> Array:
    """Where a mask begins and ceases to be active.

    Parameters
    ----------
    mask : array_like, shape (frames,) or (frames, 1)
        Above 0.5 where a frame is active.

    Returns
    -------
    ndarray of int, shape (segments, 2)
        First frame, and last frame + 1, of every run of active frames.

    Raises
    ------
    InputError
        If the mask is not one column.

    Examples
    --------
    >>> segments([0, 1, 1, 0, 1])
    array([[1, 3],
           [4, 5]])
    """
    column = as_array(mask)
    if column.ndim != 1 and column.shape[1:] != (1,):
        raise InputError(f"a mask is one column, got shape {column.shape}")
    active = np.concatenate([[False], column.reshape(-1) > 0.5, [False]])
    return np.flatnonzero(active[1:] != active[:-1]).reshape(-1, 2)


# --- silence off ------------------------------------------------------------------------------------------------------


class TrimSilence(Whole):
    """Leave out the silence at the beginning and at the end of a signal.

    Parameters
    ----------
    below_db : float
        Frames so far below the loudest one, or farther, are silence.
    length, hop : int
        Of the frames whose effective values are compared, in samples; each is centred at a multiple of hop.

    Notes
    -----
    Shape: ``(samples,)`` -> ``(fewer samples,)``, from the middle of the first frame that is no silence to hop samples behind
    that of the last one. Settled in a first pass it becomes a :class:`Trim` and an :class:`AtMost`. A signal that is as
    loud everywhere, silence too, is left as it is. Effective values below 1e-5 count as this one.

    Raises
    ------
    ParameterError
        If below_db is not above 0, or length or hop is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> clip = np.concatenate([np.zeros(4096), np.ones(1024), np.zeros(4096)])
    >>> TrimSilence(length=1024, hop=256)(clip).shape
    (1792,)
    """

    name = "trim_silence"
    shape = "sample -> sample"
    formula = "y = x[hop first .. hop (last + 1)), the first and last t with 20 log10(rms[t] / max rms) > -below_db"
    source = "librosa.effects.trim"

    below_db: float = 60.0
    length: int = 2048
    hop: int = 512

    def check(self) -> None:
        self.above(0, "below_db")
        self.at_least(1, "length", "hop")

    def count(self, n: int) -> int | None:
        return None if n else 0

    def settle(self, blocks: Iterable[Any]) -> Pipeline:
        measure = Frames(self.length, self.hop, "centre", "zero") | RootMeanSquare()
        state, n, found = measure.init(), 0, []
        for rows in Samples().iterate(blocks):
            state, made = measure.step(state, rows)
            found.append(made)
            n += len(rows)
        rest = measure.flush(state) if found else None
        found += [] if rest is None else [rest]
        if not n:
            raise InputError("there is no sample to measure; give a signal that is not empty")
        power = np.maximum(np.concatenate(found)[:, 0].astype(np.float64) ** 2, 1e-10)
        active = np.flatnonzero(10.0 * np.log10(power) - 10.0 * np.log10(power.max()) > -self.below_db)
        first, end = int(active[0]) * self.hop, min(n, (int(active[-1]) + 1) * self.hop)
        # With gaps between frames the loudest one may lie behind the last sample; then nothing is left, as in librosa.
        return pipeline(Trim(first, 0), *([AtMost(end - first, longer="cut")] if end > first else []))
