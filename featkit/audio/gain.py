"""How loud a signal is made: by a factor, to a peak, to an effective value, automatically; its offset; and its clipping.

Samples are floats with full scale at 1. Inside a pipeline they may pass it unharmed: a gain changes nothing but their size,
and a later one can take it back. Only what writes integers, or plays sound, cuts them off; :func:`clipped` counts how many
that would be. dBFS is 20 log10 of an amplitude or an effective value, so a full-scale sine has a peak of 0 dBFS and an
effective value of -3.01 dBFS.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from featkit.admission import as_array, as_samples
from featkit.errors import InputError, ParameterError
from featkit.numeric import Array, row_sum
from featkit.rows.scale import Affine, Samples
from featkit.stage import Pointwise, Stage, Whole
from featkit.windowed import Geometry, Windowed

#: Signals that stay below it count as silence, and are not amplified: 24 bits end at -144 dBFS, 32 bits at -193.
SILENCE_DBFS = -200.0
#: The largest gain either way: more would lead single precision out of its range.
MOST_DB = 600.0


class Gain(Pointwise):
    """Make a signal louder or softer by a fixed number of decibels.

    Parameters
    ----------
    db : float
        20 log10 of the factor; 6.02 doubles the amplitude.

    Notes
    -----
    Shape: ``(samples,)``, unchanged. Samples may pass full scale: they are kept as they are (:func:`clipped` counts them).

    Raises
    ------
    ParameterError
        If db does not lie between -600 and 600.

    Examples
    --------
    >>> import numpy as np
    >>> Gain(20.0)(np.array([0.05, -0.5]))
    array([ 0.5, -5. ])
    """

    name = "gain"
    shape = "sample -> sample"
    formula = "y[i] = 10^(db/20) x[i]"
    source = "the definition of a decibel"

    db: float = 0.0

    def check(self) -> None:
        if not abs(self.db) <= MOST_DB:
            raise ParameterError(f"Gain.db must lie between {-MOST_DB:g} and {MOST_DB:g}, got {self.db!r}")

    def apply(self, rows: Array) -> Array:
        return rows * 10.0 ** (float(self.db) / 20.0)


def gain_to(level: float, dbfs: float) -> Gain:
    """The gain that leads an amplitude to a level in dBFS; none for silence.

    >>> gain_to(0.5, -6.0).db.__round__(2), gain_to(0.0, -6.0)
    (0.02, Gain(db=0.0))
    """
    if level <= 10.0 ** (SILENCE_DBFS / 20.0):
        return Gain(0.0)
    return Gain(float(dbfs) - 20.0 * math.log10(level))


class PeakNormalise(Whole):
    """Bring the largest sample of a signal to a level.

    Parameters
    ----------
    dbfs : float
        The level of the largest magnitude in dB over full scale.

    Notes
    -----
    Shape: ``(samples,)``, unchanged. Settled in a first pass it becomes a :class:`Gain`. Silence, and what stays below -200
    dBFS, is left as it is.

    Raises
    ------
    ParameterError
        If dbfs does not lie between -200 and 200.

    Examples
    --------
    >>> import numpy as np
    >>> PeakNormalise(0.0)(np.array([0.1, -0.2]))
    array([ 0.5, -1. ])
    """

    name = "peak_normalise"
    shape = "sample -> sample"
    formula = "y[i] = x[i] 10^(dbfs/20) / max_j |x[j]|"
    source = "the definition of a peak level"

    dbfs: float = -1.0

    def check(self) -> None:
        check_level(self, "dbfs")

    def settle(self, blocks: Iterable[Any]) -> Gain:
        peaks = [float(np.abs(rows).max()) for rows in Samples().iterate(blocks) if len(rows)]
        return gain_to(max(_some(peaks)), self.dbfs)


class RmsNormalise(Whole):
    """Bring the effective value (root mean square) of a whole signal to a level.

    Parameters
    ----------
    dbfs : float
        The level of the effective value in dB over full scale; a full-scale sine has -3.01.

    Notes
    -----
    Shape: ``(samples,)``, unchanged. Settled in a first pass it becomes a :class:`Gain`. Silence, and what stays below -200
    dBFS, is left as it is. Peaks may pass full scale (:func:`clipped` counts them); to match what is heard rather than what
    is measured: :class:`LoudnessNormalise`.

    Raises
    ------
    ParameterError
        If dbfs does not lie between -200 and 200.

    Examples
    --------
    >>> import numpy as np
    >>> RmsNormalise(0.0)(np.array([0.1, -0.1, 0.1, -0.1]))
    array([ 1., -1.,  1., -1.])
    """

    name = "rms_normalise"
    shape = "sample -> sample"
    formula = "y[i] = x[i] 10^(dbfs/20) / sqrt(mean_j x[j]^2)"
    source = "the definition of an effective value"

    dbfs: float = -20.0

    def check(self) -> None:
        check_level(self, "dbfs")

    def settle(self, blocks: Iterable[Any]) -> Gain:
        power = _mean(rows.astype(np.float64) ** 2 for rows in Samples().iterate(blocks))
        return gain_to(math.sqrt(power), self.dbfs)


class RemoveOffset(Whole):
    """Take the mean out of a whole signal: the direct voltage of a microphone or its amplifier.

    Notes
    -----
    Shape: ``(samples,)``, unchanged. Settled in a first pass it becomes an :class:`Affine`. In one pass, by a filter:
    :class:`BlockOffset`; in every frame by itself: :class:`RemoveMean`.

    Examples
    --------
    >>> import numpy as np
    >>> RemoveOffset()(np.array([0.25, 0.5, 0.0]))
    array([ 0.  ,  0.25, -0.25])
    """

    name = "remove_offset"
    shape = "sample -> sample"
    formula = "y[i] = x[i] - mean_j x[j]"
    source = "the definition of a mean"

    def settle(self, blocks: Iterable[Any]) -> Affine:
        return Affine(1.0, -_mean(rows.astype(np.float64) for rows in Samples().iterate(blocks)))


class BlockOffset(Stage):
    """Take the offset out of a signal as it comes: a high pass of first order far below speech.

    Parameters
    ----------
    corner_hz : float
        Where the filter has -3 dB; it follows an offset that changes within about 160 ms / corner_hz.
    rate : float
        Sampling rate in Hz.

    Notes
    -----
    Shape: ``(samples,)``, unchanged. It begins as if the first sample had lasted for ever, so a signal that is nothing but
    an offset becomes zero at once. The filter runs in float64.

    Raises
    ------
    ParameterError
        If the rate is not above 0, or the corner does not lie between 0 and half of the rate.

    Examples
    --------
    >>> import numpy as np
    >>> BlockOffset()(np.array([0.25, 0.25, 0.5])).round(3)
    array([0.   , 0.   , 0.249])
    """

    name = "block_offset"
    shape = "sample -> sample"
    formula = "y[i] = (1+r)/2 (x[i] - x[i-1]) + r y[i-1],  r = (1 - w)/(1 + w),  w = tan(pi corner/rate)"
    source = "Butterworth's filter of first order through the bilinear transform"

    corner_hz: float = 20.0
    rate: float = 16000

    def check(self) -> None:
        self.above(0, "rate", "corner_hz")
        if self.corner_hz >= self.rate / 2:
            raise ParameterError(
                f"BlockOffset.corner_hz must lie below half of the rate, {self.rate / 2:g} Hz, got {self.corner_hz!r}"
            )

    def step(self, state: Array | None, rows: Array) -> tuple[Array | None, Array]:
        if not len(rows):
            return state, rows[:0]
        from scipy.signal import lfilter

        slope = math.tan(math.pi * self.corner_hz / self.rate)
        r = (1.0 - slope) / (1.0 + slope)
        b = (1.0 + r) / 2.0
        held = np.array([-b * float(rows[0])]) if state is None else state
        passed, held = lfilter([b, -b], [1.0, -r], rows.astype(np.float64), zi=held)
        return held, passed.astype(rows.dtype, copy=False)


class Followed(NamedTuple):
    """The state of an AutomaticGain."""

    rows: Array  # samples of the block that isn't complete
    power: float  # the followed mean square
    gain: float  # the factor at the end of the last block


class AutomaticGain(Stage):
    """Follow the level of a signal and bring it to a target: loud passages are turned down fast, soft ones up slowly.

    Parameters
    ----------
    target_dbfs : float
        The effective value that a steady signal is brought to.
    attack_ms : float
        How fast the followed power rises: within that time to 63 % of a louder one.
    release_ms : float
        How fast it falls: the gain rises by at most 4.34 dB in that time.
    max_gain_db : float
        Softer signals are raised by no more than that.
    gate_dbfs : float
        While the signal is softer than that, pauses and silence, the gain stays as it is.
    rate : float
        Sampling rate in Hz.

    Notes
    -----
    Shape: ``(samples,)``, unchanged; late by up to 5 ms. The power is followed in steps of 5 ms, and the decibels of
    the gain move in a straight line from the end of one to the end of the next, so it has no jumps; it begins at 0 dB. A
    sudden onset after a soft passage may pass full scale for the time of the attack (:func:`clipped` counts that).

    Raises
    ------
    ParameterError
        If a time or the rate is not above 0, a level does not lie between -200 and 200, or max_gain_db between 0 and 200.

    Examples
    --------
    >>> import numpy as np
    >>> tone = 0.01 * np.sin(2 * np.pi * 200 * np.arange(160000) / 16000)
    >>> louder = AutomaticGain(target_dbfs=-20.0)(tone)
    >>> (20 * np.log10(louder[-16000:].std())).round(1)
    np.float64(-20.0)
    """

    name = "automatic_gain"
    shape = "sample -> sample"
    formula = (
        "y[i] = g x[i],  g = min(10^(target/20) / sqrt(p), 10^(max/20)),  p[k] = m[k] + c (p[k-1] - m[k]),  "
        "m[k]: mean square of step k,  c = exp(-5 ms / attack) where m[k] > p[k-1], else exp(-5 ms / release)"
    )
    source = (
        "Giannoulis, Massberg & Reiss, Digital dynamic range compressor design, 2012 (followers of attack and release)"
    )

    target_dbfs: float = -20.0
    attack_ms: float = 5.0
    release_ms: float = 500.0
    max_gain_db: float = 30.0
    gate_dbfs: float = -60.0
    rate: float = 16000

    def check(self) -> None:
        self.above(0, "attack_ms", "release_ms", "rate")
        self.at_least(0, "max_gain_db")
        check_level(self, "target_dbfs", "gate_dbfs", "max_gain_db")

    def needs(self, rows: int) -> int:
        return -(-rows // self._length()) * self._length()

    def init(self) -> Followed | None:
        return None

    def step(self, state: Followed | None, rows: Array) -> tuple[Followed, Array]:
        state = state or Followed(rows[:0], _power(self.target_dbfs), 1.0)
        length = self._length()
        held = np.concatenate([state.rows, rows])
        whole = len(held) // length * length
        power, gains = self._follow(state, held[:whole].reshape(-1, length))
        made = _ramped(held[:whole].reshape(-1, length), gains, length).reshape(-1)
        return Followed(held[whole:].copy(), power, float(gains[-1])), made

    def flush(self, state: Followed | None) -> Array | None:
        if state is None or not len(state.rows):
            return None
        rest = state.rows[None]
        return _ramped(rest, self._follow(state, rest)[1], self._length())[0]

    def _length(self) -> int:
        """Samples in a step."""
        return max(1, round(0.005 * float(self.rate)))

    def _follow(self, state: Followed, blocks: Array) -> tuple[float, Array]:
        """The followed power after these steps, and the gains before the first and at the end of each."""
        step_ms = 1000.0 * self._length() / float(self.rate)
        rise, fall = math.exp(-step_ms / self.attack_ms), math.exp(-step_ms / self.release_ms)
        target, gate, most = _power(self.target_dbfs), _power(self.gate_dbfs), 10.0 ** (self.max_gain_db / 20.0)
        wide = blocks.astype(np.float64)
        power, gains = state.power, [state.gain]
        for mean in (row_sum(wide * wide)[:, 0] / blocks.shape[1]).tolist():
            if mean >= gate:
                power = mean + (rise if mean > power else fall) * (power - mean)
                gains.append(min(math.sqrt(target / power), most))
            else:
                gains.append(gains[-1])
        return power, np.array(gains)


def _power(dbfs: float) -> float:
    return 10.0 ** (float(dbfs) / 10.0)


def _ramped(blocks: Array, gains: Array, length: int) -> Array:
    """Blocks of samples, the gain moving in each from one value to the next, as many decibels a sample."""
    share, moves = np.arange(1, blocks.shape[1] + 1) / length, np.log(gains)
    ramps = np.exp(moves[:-1, None] + (moves[1:] - moves[:-1])[:, None] * share)
    return (blocks * ramps).astype(blocks.dtype)


# --- clipping ---------------------------------------------------------------------------------------------------------


class Clipped(Windowed):
    """Mark the samples that are cut off, or will be: 1 for those, 0 for the others.

    Parameters
    ----------
    full_scale : float
        What the largest integer stands for.
    run : int
        So many equal samples in a row near full scale have been cut off when they were recorded.

    Notes
    -----
    Shape: ``(samples,)``, unchanged; late by run - 1 samples. Two things are marked: samples outside of [-full_scale,
    full_scale), which integers can't hold; and runs of equal samples within an 8-bit step (1/128) of full scale or beyond. A
    single sample at the largest integer is none: a signal normalised to its peak has one. To count them: :func:`clipped`.

    Raises
    ------
    ParameterError
        If full_scale is not above 0 or run is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> Clipped()(np.array([0.5, 1.25, 0.0, -1.0, -1.0, -1.0, 0.0]))
    array([0., 1., 0., 1., 1., 1., 0.])
    """

    name = "clipped"
    shape = "sample -> sample"
    formula = "y[i] = 1 if x[i] lies outside [-1, 1) full_scale or in a run of equal samples near it, else 0"
    source = "featkit"

    full_scale: float = 1.0
    run: int = 3

    def check(self) -> None:
        self.above(0, "full_scale")
        self.at_least(1, "run")

    def geometry(self) -> Geometry:
        return Geometry(span=2 * self.run - 1, left=self.run - 1)

    def windows(self, rows: Array) -> Array:
        limit, middle = float(self.full_scale), rows[:, self.run - 1]
        outside = (middle >= limit) | (middle < -limit)
        same = (rows == middle[:, None]) & (np.abs(rows) >= limit * (1 - 2.0**-7))
        # A run of so many samples around the middle one begins at one of its own places.
        runs = [same[:, begin : begin + self.run].all(axis=1) for begin in range(self.run)]
        return (outside | np.logical_or.reduce(runs)).astype(rows.dtype)


def clipped(samples: ArrayLike, full_scale: float = 1.0, run: int = 3) -> int:
    """How many samples were cut off when they were recorded, or would be if they were written as integers now.

    Parameters
    ----------
    samples : array_like, shape (samples,)
        Floats; integers are scaled by their type.
    full_scale : float
        What the largest integer stands for.
    run : int
        So many equal samples in a row within 1/128 of full scale count as cut off; samples beyond full scale always do.

    Returns
    -------
    int
        See :class:`Clipped`, which marks them, for the rule; streamed, it counts a file in blocks.

    Raises
    ------
    ParameterError
        If full_scale is not above 0 or run is below 1.
    InputError
        For anything but one channel of finite real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> loud = Gain(6.0)(np.array([0.25, 0.75, -0.75]))
    >>> clipped(loud), clipped(np.array([0, 32767, 32767, 32767, 0], np.int16))
    (2, 3)
    """
    given = as_array(samples)
    if given.dtype.kind in "iu":  # they can't be beyond full scale, but 2^31 - 1 is rounded up to it
        given = np.minimum(as_samples(given), np.float32(1 - 2.0**-24))
    return sum(int(np.count_nonzero(marks)) for marks in Clipped(full_scale, run).iterate([given]))


# --- shared -----------------------------------------------------------------------------------------------------------


def check_level(stage: Stage, *names: str) -> None:
    """Raise ParameterError unless the named fields are levels within 200 dB of full scale."""
    for name in names:
        value = getattr(stage, name)
        if not abs(value) <= -SILENCE_DBFS:
            raise ParameterError(f"{type(stage).__name__}.{name} must lie between -200 and 200, got {value!r}")


def _mean(blocks: Iterable[Array]) -> float:
    """The mean of all values, added one after the other however they come in blocks."""
    total, n = 0.0, 0
    for values in blocks:
        if len(values):
            total = float(np.add.accumulate(np.concatenate([[total], values]))[-1])
            n += len(values)
    _some([n] if n else [])
    return total / n


def _some(found: list[Any]) -> list[Any]:
    if not found:
        raise InputError("there is no sample to measure; give a signal that is not empty")
    return found
