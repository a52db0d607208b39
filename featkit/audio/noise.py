"""How strong the noise is in every bin: estimates from power spectra, as stages that give one noise power per row.

The stages of :mod:`featkit.audio.suppress` take one of them as their ``noise``; each can be run by itself, too, behind
:class:`featkit.PowerSpectrum`. All recursions run in float64, and rows out have the precision of the rows in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from featkit.errors import InputError, ParameterError, ShapeError
from featkit.learner import Learner
from featkit.numeric import Array, concatenate, constant
from featkit.stage import Pointwise, RowShape, Stage, State, Whole
from featkit.windowed import Geometry, Windowed

#: Bins that a constant offset reaches through a window's main lobe. They are never mixed with their neighbours.
OFFSET_BINS = 3
TINY = 1e-300


class FixedNoise(Pointwise):
    """A noise power that was known before: the same in every row.

    Parameters
    ----------
    power : ndarray, shape (bins,)
        Of frames with the same length and window as those that come in.

    Notes
    -----
    Shape: ``(frames, bins)``, unchanged; of what comes in, only the number of rows matters. Mostly made by fitting
    :class:`NoiseProfile` or settling :class:`StationaryNoise`.

    Raises
    ------
    ParameterError
        If a power is below 0 or not finite.
    ShapeError
        If there are not as many powers as a row has bins.

    Examples
    --------
    >>> import numpy as np
    >>> FixedNoise(np.array([1.0, 2.0]))(np.zeros((2, 2)))
    array([[1., 2.],
           [1., 2.]])
    """

    name = "fixed_noise"
    shape = "frame bin -> frame bin"
    formula = "N[t, k] = power[k]"
    source = "Boll, Suppression of acoustic noise in speech using spectral subtraction, 1979"

    power: np.ndarray

    def check(self) -> None:
        if self.power.ndim != 1 or not self.power.size:
            raise ShapeError(f"FixedNoise.power is one power per bin, got an array of shape {self.power.shape}")
        if not (np.isfinite(self.power).all() and (self.power >= 0).all()):
            raise ParameterError("FixedNoise.power must be finite and not below 0 in every bin; learn it anew")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and row != self.power.shape:
            raise ShapeError(
                f"FixedNoise knows the noise of {len(self.power)} bins, got rows of {row[0]}; learn it from frames of the "
                "same length"
            )
        return self.power.shape

    def apply(self, rows: Array) -> Array:
        return np.repeat(self.power.astype(rows.dtype)[None], len(rows), axis=0)


class NoiseProfile(Learner):
    """Learn the noise power of every bin from clips of noise; fitted, it becomes :class:`FixedNoise`.

    Notes
    -----
    Shape: ``(frames, bins)``, unchanged. The statistics are a number of frames and a sum, and can be merged.

    Raises
    ------
    InputError
        If there was no frame to learn from.
    ShapeError
        If frames of different widths are to be learned from together.

    Examples
    --------
    >>> import numpy as np
    >>> NoiseProfile().fit([np.array([[1.0, 4.0], [3.0, 4.0]])]).power
    array([2., 4.])
    """

    name = "noise_profile"
    shape = "frame bin -> frame bin"
    formula = "N[t, k] = mean over all frames learned from of P[., k]"
    source = "Boll, Suppression of acoustic noise in speech using spectral subtraction, 1979"

    def start(self) -> tuple[int, Array]:
        return 0, np.zeros(0)

    def update(self, statistics: tuple[int, Array], rows: Array) -> tuple[int, Array]:
        if not len(rows):
            return statistics
        return self.merge(statistics, (len(rows), np.add.reduce(np.ascontiguousarray(rows, np.float64), axis=0)))

    def merge(self, one: tuple[int, Array], other: tuple[int, Array]) -> tuple[int, Array]:
        if not one[0] or not other[0]:
            return one if one[0] else other
        if one[1].shape != other[1].shape:
            raise ShapeError(
                f"frames of {len(one[1])} and of {len(other[1])} bins cannot be learned from together; frame them alike"
            )
        return one[0] + other[0], one[1] + other[1]

    def finish(self, statistics: tuple[int, Array]) -> FixedNoise:
        if not statistics[0]:
            raise InputError("NoiseProfile has seen no frame; fit it on a clip that is long enough for one")
        return FixedNoise(statistics[1] / statistics[0])


class Leading(NamedTuple):
    """The state of LeadingNoise."""

    seen: int
    total: Array  # of the powers of the first frames
    dtype: np.dtype


class LeadingNoise(Stage):
    """The mean power of the first frames, for a recording that begins before the speaker does.

    Parameters
    ----------
    frames : int
        How many of them hold noise alone.

    Notes
    -----
    Shape: ``(frames, bins)``, unchanged. The first row comes out when that many frames are in; an input that is shorter
    gives the mean of what there is.

    Raises
    ------
    ParameterError
        If frames is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> LeadingNoise(frames=2)(np.array([[1.0], [3.0], [50.0]])).ravel()
    array([2., 2., 2.])
    """

    name = "leading_noise"
    shape = "frame bin -> frame bin"
    formula = "N[t, k] = 1/frames sum_{i < frames} P[i, k]"
    source = "Boll, Suppression of acoustic noise in speech using spectral subtraction, 1979"

    frames: int = 20

    def check(self) -> None:
        self.at_least(1, "frames")

    def needs(self, rows: int) -> int:
        return max(rows, self.frames) if rows else 0

    def init(self) -> Leading | None:
        return None

    def step(self, state: Leading | None, rows: Array) -> tuple[Leading, Array]:
        seen, total, _ = state or Leading(0, np.zeros(rows.shape[1]), rows.dtype)
        for row in rows[: max(0, self.frames - seen)]:
            total = total + row
        after = Leading(seen + len(rows), total, rows.dtype)
        given = seen if seen >= self.frames else 0
        return after, self._rows(after, after.seen - given if after.seen >= self.frames else 0)

    def flush(self, state: Leading | None) -> Array | None:
        return None if state is None or state.seen >= self.frames else self._rows(state, state.seen)

    def _rows(self, state: Leading, count: int) -> Array:
        mean = state.total / max(1, min(self.frames, state.seen))
        return np.repeat(mean.astype(state.dtype)[None], count, axis=0)


class StationaryNoise(Whole):
    """One noise power per bin for the whole input: the mean over what is most likely noise alone.

    Parameters
    ----------
    prior_db : float
        How far above the noise speech is expected to lie where there is any.
    certainty : float
        Degrees of freedom that the smoothed power counts as; more of them make the decision harder.
    around : int
        Frames on each side over which the power is smoothed before it is judged.
    beside : int
        The same in bins.
    spread : int
        Bins on each side over which the estimate itself is smoothed: noise has no fine structure.
    rounds : int
        How often the estimate is made anew from the last one.

    Notes
    -----
    Shape: ``(frames, bins)``, unchanged. Settled in a first pass it becomes :class:`FixedNoise`. The estimate begins with the
    first quintile of every bin. Frames of digital silence are left out. The lowest three bins, where a constant offset
    lies, take the estimate of the fourth: an offset is no noise.

    Raises
    ------
    ParameterError
        If a parameter is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).exponential(2.0, (400, 100))
    >>> bool(abs(StationaryNoise()(noise)[0].mean() - 2.0) < 0.1)
    True
    """

    name = "stationary_noise"
    shape = "frame bin -> frame bin"
    formula = (
        "N[k] = sum_t q[t, k] P[t, k] / sum_t q[t, k],  q = 1 / (1 + exp(certainty (S/N xi/(1+xi) - log(1+xi)))),  "
        "S: P smoothed around"
    )
    source = "Gerkmann & Hendriks, Unbiased MMSE-based noise power estimation, 2012 (its likelihood ratio)"

    prior_db: float = 3.0
    certainty: float = 12.0
    around: int = 4
    beside: int = 10
    spread: int = 16
    rounds: int = 6

    def check(self) -> None:
        self.above(0, "certainty")
        self.at_least(0, "around", "beside", "spread", "rounds")
        _check_db(self, "prior_db")

    def settle(self, blocks: Iterable[Array]) -> FixedNoise:
        rows = concatenate(list(blocks))
        power = _sounding(without_offset(np.array(rows, np.float64, order="C")))
        if not len(power):
            return FixedNoise(np.zeros(rows.shape[1], rows.dtype))
        smoothed = across(along(power, self.around), self.beside)
        # The quintile of a smoothed power lies a little below its mean.
        noise = across(np.quantile(smoothed, 0.2, axis=0)[None], self.spread)[0] * 1.2
        for _ in range(self.rounds):
            weight = absence(smoothed, noise, self.prior_db, self.certainty)
            sums = np.stack([np.add.reduce(weight * power, axis=0), np.add.reduce(weight, axis=0)])
            total, count = across(sums, self.spread)
            noise = np.where(count > 1e-6, total / np.maximum(count, 1e-6), noise)
        return FixedNoise(noise.astype(rows.dtype))


class QuantileNoise(Whole):
    """The noise power from a quantile of each bin over the whole input, scaled to the mean that noise would have with it.

    Parameters
    ----------
    quantile : float
        Between 0 and 1. 0.5 takes for noise what is there half of the time; the more, the more of a babble of voices is
        taken for noise, and the more of the speech.
    spread : int
        Bins on each side over which the estimate is smoothed.

    Notes
    -----
    Shape: ``(frames, bins)``, unchanged. Settled in a first pass it becomes :class:`FixedNoise`. Frames of digital silence
    are left out.

    Raises
    ------
    ParameterError
        If the quantile is not between 0 and 1, or spread below 0.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).exponential(2.0, (400, 100))
    >>> bool(abs(QuantileNoise(0.5, spread=8)(noise)[0] - 2.0).max() < 0.5)
    True
    """

    name = "quantile_noise"
    shape = "frame bin -> frame bin"
    formula = "N[k] = quantile over t of P[t, k] / -log(1 - quantile)"
    source = (
        "Stahl, Fischer & Bippus, Quantile based noise estimation for spectral subtraction and Wiener filtering, 2000"
    )

    quantile: float = 0.75
    spread: int = 2

    def check(self) -> None:
        self.at_least(0, "spread")
        if not 0 < self.quantile < 1:
            raise ParameterError(f"QuantileNoise.quantile must be between 0 and 1, got {self.quantile!r}")

    def settle(self, blocks: Iterable[Array]) -> FixedNoise:
        rows = concatenate(list(blocks))
        power = _sounding(rows)
        if not len(power):
            return FixedNoise(np.zeros(rows.shape[1], rows.dtype))
        noise = np.quantile(power, self.quantile, axis=0)[None] / -math.log1p(-self.quantile)
        return FixedNoise(across(noise, self.spread)[0].astype(rows.dtype))


class _Around(Windowed):
    """Power smoothed over the frames before and after and the bins beside."""

    around: int = 3
    beside: int = 8

    def geometry(self) -> Geometry:
        return Geometry(2 * self.around + 1, left=self.around, fill="edge")

    def windows(self, rows: Array) -> Array:
        smoothed: Array = across(weighed_windows(rows, bell(self.around, self.around)), self.beside)
        return smoothed

    def over(self, rows: Array) -> Array:
        return across(weighed(rows, bell(self.around, self.around)), self.beside)


class Tracking(NamedTuple):
    """The state of TrackedNoise."""

    smoothing: State  # of the power that is judged
    judged: Array  # it, as far as it isn't used yet
    moving: Array  # and what moves the estimate
    seen: int
    given: int
    noise: Array | None
    least: Array  # the smallest power judged in each of the last parts of the window
    dtype: np.dtype


class TrackedNoise(Stage):
    """The noise power followed from frame to frame: it moves where no speech is likely, and never stays below the minimum.

    Parameters
    ----------
    smoothing : float
        Weight of the last estimate in the next one, where no speech is.
    prior_db : float
        How far above the noise speech is expected to lie where there is any.
    certainty : float
        Degrees of freedom that the smoothed power counts as; more of them make the decision harder.
    around : int
        Frames on each side over which the power is smoothed before it is judged.
    beside : int
        The same in bins.
    spread : int
        Bins on each side over which the power is smoothed before it moves the estimate.
    ahead : int
        Frames that are heard before a row comes out: an estimate knows that much of what follows.
    window : int
        Frames over which the smallest smoothed power is sought.
    sections : int
        Sections of that window; the minimum is renewed once a section.
    bias : float
        Multiplies the minimum, which lies below the mean; the noise is that at least.

    Notes
    -----
    Shape: ``(frames, bins)``, unchanged, ``ahead`` rows late. The lowest three bins, where a constant offset lies, take the
    estimate of the fourth: an offset is no noise.

    Raises
    ------
    ParameterError
        If a parameter is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).exponential(2.0, (400, 100))
    >>> bool(abs(TrackedNoise()(noise).mean() - 2.0) < 0.2)
    True
    """

    name = "tracked_noise"
    shape = "frame bin -> frame bin"
    formula = (
        "N[t] = N[t-1] + (1 - smoothing) q[t] (P[t] - N[t-1]), at least bias min S;  "
        "q = 1 / (1 + exp(certainty (S/N xi/(1+xi) - log(1+xi)))),  S: P smoothed around"
    )
    source = (
        "Gerkmann & Hendriks, Unbiased MMSE-based noise power estimation, 2012; Cohen, Noise spectrum estimation in "
        "adverse environments, 2003"
    )

    smoothing: float = 0.93
    prior_db: float = 1.0
    certainty: float = 30.0
    around: int = 2
    beside: int = 10
    spread: int = 10
    ahead: int = 10
    window: int = 160
    sections: int = 8
    bias: float = 1.0

    def check(self) -> None:
        self.above(0, "certainty", "bias")
        self.at_least(0, "smoothing", "around", "beside", "spread")
        self.at_least(1, "window", "sections")
        _check_db(self, "prior_db")
        if self.smoothing >= 1:
            raise ParameterError(f"TrackedNoise.smoothing must be below 1, got {self.smoothing!r}")
        if self.ahead < self.around:
            raise ParameterError(f"TrackedNoise.ahead must be at least around ({self.around}), got {self.ahead!r}")
        if self.sections > self.window:
            raise ParameterError(
                f"TrackedNoise.sections must be at most its window ({self.window}), got {self.sections!r}"
            )

    def needs(self, rows: int) -> int:
        return rows + self.ahead if rows else 0

    def init(self) -> Tracking | None:
        return None

    def step(self, state: Tracking | None, rows: Array) -> tuple[Tracking, Array]:
        bins = rows.shape[1]
        power = without_offset(np.array(rows, np.float64, order="C"))
        if state is None:
            least = np.full((self.sections, bins), np.inf)
            state = Tracking(None, power[:0], power[:0], 0, 0, None, least, rows.dtype)
        smoothing, judged = self._smoothed().step(state.smoothing, power)
        state = state._replace(
            smoothing=smoothing,
            judged=np.concatenate([state.judged, judged]),
            moving=np.concatenate([state.moving, across(power, self.spread)]),
        )
        if state.noise is None and len(state.judged) <= self.ahead - self.around:
            return state, np.empty((0, bins), rows.dtype)
        return self._followed(state)

    def flush(self, state: Tracking | None) -> Array | None:
        if state is None or not len(state.moving) + state.seen:
            return None
        rest = self._smoothed().flush(state.smoothing)
        if rest is not None:
            state = state._replace(judged=np.concatenate([state.judged, rest]))
        state, made = self._followed(state)
        assert state.noise is not None
        late = np.repeat(state.noise.astype(state.dtype)[None], state.seen - state.given, axis=0)
        return np.concatenate([made, late])

    def _smoothed(self) -> _Around:
        return _Around(self.around, self.beside)

    def _first(self, judged: Array) -> Array:
        """The noise before the first frame: the first quartile of what is heard ahead, which lies a little below the mean."""
        heard = judged[: self.ahead - self.around + 1]
        return across(np.quantile(heard, 0.25, axis=0)[None], self.spread)[0] * 1.1

    def _followed(self, state: Tracking) -> tuple[Tracking, Array]:
        """Follow the noise over the frames whose smoothed power is known."""
        judged, count, seen = state.judged, len(state.judged), state.seen
        noise = self._first(judged) if state.noise is None else state.noise
        part, least = max(1, self.window // self.sections), state.least.copy()
        followed = np.empty_like(judged)
        for at in range(count):
            here = (seen // part) % self.sections
            least[here] = np.minimum(least[here], judged[at]) if seen % part else judged[at]
            seen += 1
            weight = (1 - self.smoothing) * absence(judged[at], noise, self.prior_db, self.certainty)
            noise = noise + weight * (state.moving[at] - noise)
            if seen % part == 0 and seen >= part * self.sections:
                noise = np.maximum(noise, self.bias * least.min(axis=0))
            followed[at] = noise
        ready = max(0, seen - (self.ahead - self.around)) - state.given
        after = state._replace(
            judged=judged[:0],
            moving=state.moving[count:].copy(),
            seen=seen,
            given=state.given + ready,
            noise=noise.copy(),
            least=least,
        )
        return after, followed[count - ready :].astype(state.dtype)


class Minima(NamedTuple):
    """The state of MinimumStatistics; one value per bin where it is an array."""

    seen: int
    power: Array  # smoothed, P
    correction: float  # of the smoothing, alpha_c
    mean: Array  # of the smoothed power
    square: Array  # of its square
    noise: Array
    least: Array  # with its bias, over the current part of the window
    least_part: Array  # the same, with the bias of a part's length
    stored: Array  # the minima of the last parts, (parts, bins)
    local: Array  # where the minimum lay inside the part


class MinimumStatistics(Stage):
    """The noise power as the minimum of the smoothed power over a window, its bias removed: no voice activity is needed.

    Parameters
    ----------
    window : int
        Frames over which the minimum is sought: longer than the longest stretch of speech without a gap in a bin.
    sections : int
        Sections of that window; the minimum is renewed once a section.
    frame_s : float
        Seconds from one frame to the next; the smoothing is as fast as a decaying sound needs.
    most : float
        Largest weight of the past in the smoothed power.

    Notes
    -----
    Shape: ``(frames, bins)``, unchanged.

    Raises
    ------
    ParameterError
        If a parameter is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).exponential(2.0, (600, 100))
    >>> bool(abs(MinimumStatistics()(noise)[200:].mean() - 2.0) < 0.2)
    True
    """

    name = "minimum_statistics"
    shape = "frame bin -> frame bin"
    formula = "N[t, k] = B[t, k] min over the window of S[., k],  S[t] = a[t] S[t-1] + (1 - a[t]) P[t]"
    source = "Martin, Noise power spectral density estimation based on optimal smoothing and minimum statistics, 2001"

    window: int = 150
    sections: int = 8
    frame_s: float = 0.01
    most: float = 0.96

    def check(self) -> None:
        self.at_least(1, "sections")
        self.above(0, "frame_s", "most")
        if self.window < 2 * self.sections:
            raise ParameterError(
                f"MinimumStatistics.window must be at least 2 frames a section ({2 * self.sections}), got {self.window!r}"
            )
        if self.most >= 1:
            raise ParameterError(f"MinimumStatistics.most must be below 1, got {self.most!r}")

    def init(self) -> Minima | None:
        return None

    def step(self, state: Minima | None, rows: Array) -> tuple[Minima | None, Array]:
        made = np.empty(rows.shape, rows.dtype)
        for at, row in enumerate(np.ascontiguousarray(rows, np.float64)):
            state = self._next(state or self._before(row), row)
            made[at] = state.noise
        return state, made

    def _before(self, row: Array) -> Minima:
        # A single power can lie far below its mean, and the minimum would keep it; that of its neighbours too lies near.
        start = np.maximum(across(row[None], 8)[0], TINY)
        endless = np.full(len(row), np.inf)
        stored = np.full((self.sections, len(row)), np.inf)
        return Minima(0, start, 1.0, start, start**2, start, endless, endless, stored, np.zeros(len(row), bool))

    def _next(self, state: Minima, row: Array) -> Minima:
        """One frame on. The numbers are Martin's."""
        part = self.window // self.sections
        window = part * self.sections
        # The optimal smoothing: slow where the power is near the noise, quick where it is far from it.
        total = max(float(np.add.reduce(row)), TINY)
        apart = 1 / (1 + (min(float(np.add.reduce(state.power)) / total, 1e6) - 1) ** 2)
        correction = 0.7 * state.correction + 0.3 * max(apart, 0.7)
        noise = np.maximum(np.maximum(state.noise, 1e-8 * state.power), 1e-100)
        snr = float(np.add.reduce(state.power)) / float(np.add.reduce(noise))
        slowest = min(0.3, max(snr, TINY) ** (-self.frame_s / 0.064))
        alpha = np.maximum(self.most * correction / (1 + (state.power / noise - 1) ** 2), slowest)
        power = alpha * state.power + (1 - alpha) * row
        # The variance of the smoothed power says how far its minimum lies below its mean.
        beta = np.minimum(alpha**2, 0.8)
        mean = beta * state.mean + (1 - beta) * power
        square = beta * state.square + (1 - beta) * power**2
        freedom = np.clip((square - mean**2) / (2 * noise**2), 1e-3 / 2, 0.5)  # 1 / Q_eq
        average = float(np.add.reduce(freedom)) / len(freedom)
        wide = 1 + 2.12 * math.sqrt(average)
        least, local = state.least, state.local
        bias, bias_part = minimum_bias(freedom, window), minimum_bias(freedom, part)
        lower = power * bias * wide < least
        least = np.where(lower, power * bias * wide, least)
        least_part = np.where(lower, power * bias_part * wide, state.least_part)
        seen, stored = state.seen + 1, state.stored
        at = state.seen % part
        if at == part - 1:
            # The end of a part. A minimum inside it that lies little above the window's is a rise of the noise.
            stored = stored.copy()
            stored[(state.seen // part) % self.sections] = least
            floor = stored.min(axis=0)
            slope = next((by for limit, by in ((0.03, 8.0), (0.05, 4.0), (0.06, 2.0)) if average < limit), 1.2)
            rises = (local & ~lower) & (least_part < slope * floor) & (least_part > floor)
            floor = np.where(rises, least_part, floor)
            stored[:, rises] = least_part[rises]
            least = np.full(len(row), np.inf)
            return Minima(
                seen, power, correction, mean, square, floor, least, least.copy(), stored, np.zeros(len(row), bool)
            )
        if at > 0:
            local = local | lower
        # In the first part there is no minimum but this one's; later, it may only lower what is known.
        known = np.minimum(least_part, stored.min(axis=0))
        return Minima(seen, power, correction, mean, square, known, least, least_part, stored, local)


_LENGTHS = np.array([1, 2, 5, 8, 10, 15, 20, 30, 40, 60, 80, 120, 140, 160], float)
_BIASES = np.array(
    [0, 0.26, 0.48, 0.58, 0.61, 0.668, 0.705, 0.762, 0.8, 0.841, 0.865, 0.89, 0.9, 0.91]
)  # M(D), Martin's table III


def minimum_bias(freedom: Array, length: int) -> Array:
    """By how much the mean exceeds the minimum of ``length`` smoothed powers with 1/``freedom`` degrees of freedom."""
    of_length = float(np.interp(math.sqrt(length), np.sqrt(_LENGTHS), _BIASES))
    return 1 + (length - 1) * 2 * (1 - of_length) / (1 / freedom - 2 * of_length)


# --- what the estimates share ---------------------------------------------------------------------------------------------


def _check_db(stage: Stage, field: str) -> None:
    if not math.isfinite(getattr(stage, field)):
        raise ParameterError(f"{type(stage).__name__}.{field} must be finite, got {getattr(stage, field)!r}")


def _sounding(rows: Array) -> Array:
    """The rows that aren't digital silence, float64."""
    return np.ascontiguousarray(rows[(rows > 0).any(axis=1)], np.float64)


def absence(smoothed: Array, noise: Array, prior_db: float, certainty: float) -> Array:
    """The probability that a smoothed power is noise alone, speech lying ``prior_db`` above it if there is any."""
    prior = 10.0 ** (prior_db / 10)
    above = np.minimum(smoothed, 1e6 * noise) / np.maximum(noise, TINY)
    evidence = certainty * (above * (prior / (1 + prior)) - math.log1p(prior))
    weight: Array = 1 / (1 + np.exp(np.clip(evidence, -50.0, 50.0)))
    return weight


def without_offset(power: Array) -> Array:
    """The same array with the lowest bins set to the first one that a constant offset doesn't reach."""
    if power.shape[1] > OFFSET_BINS:
        power[:, :OFFSET_BINS] = power[:, OFFSET_BINS : OFFSET_BINS + 1]
    return power


def across(rows: Array, half: int) -> Array:
    """Each row smoothed by a triangle of ``half`` bins on each side, cut off at the edges; the offset's bins as they are."""
    if half < 1 or rows.shape[1] <= OFFSET_BINS + 1:
        return rows
    inner = _box(_box(rows[:, OFFSET_BINS:], (half + 1) // 2), half // 2)
    return np.concatenate([rows[:, :OFFSET_BINS], inner], axis=1)


def _box(rows: Array, half: int) -> Array:
    """The mean of each value and ``half`` neighbours on each side, as many as there are."""
    if not half:
        return rows
    bins = rows.shape[1]
    running = np.concatenate([np.zeros((len(rows), 1)), np.cumsum(rows, axis=1)], axis=1)
    first, last = np.maximum(np.arange(bins) - half, 0), np.minimum(np.arange(bins) + half + 1, bins)
    mean: Array = (running[:, last] - running[:, first]) / (last - first)
    return mean


@constant
def bell(before: int, after: int) -> Array:
    """Weights of a Hann bell from ``before`` frames back to ``after`` frames on; they add up to 1."""
    left = 0.5 + 0.5 * np.cos(np.pi * np.arange(before, -1, -1) / (before + 1))
    right = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, after + 1) / (after + 1))
    weights = np.concatenate([left, right])
    return weights / weights.sum()


def along(rows: Array, half: int) -> Array:
    """All rows smoothed over time, the first and last repeated beyond the ends."""
    padded = np.concatenate([np.repeat(rows[:1], half, axis=0), rows, np.repeat(rows[-1:], half, axis=0)])
    return weighed(padded, bell(half, half))


def weighed(rows: Array, weights: Array) -> Array:
    """The weighted sum of each row and those after it, added in their order."""
    count = len(rows) - len(weights) + 1
    total = weights[0] * rows[:count]
    for at in range(1, len(weights)):
        total = total + weights[at] * rows[at : at + count]
    return total


def weighed_windows(windows: Array, weights: Array) -> Array:
    """The weighted sum over each window, added in the order of its rows."""
    total = weights[0] * windows[:, 0]
    for at in range(1, len(weights)):
        total = total + weights[at] * windows[:, at]
    return total
