"""Rules that take noise out of complex spectra: every bin is multiplied with a real gain between 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np

from featkit.audio.noise import TINY, TrackedNoise, across, bell, weighed, weighed_windows
from featkit.errors import ParameterError, ShapeError
from featkit.numeric import Array, Rows, constant
from featkit.stage import RowShape, Stage, State, Whole
from featkit.windowed import Geometry, Windowed

#: Powers farther above the noise than this, or farther below it, count as this far.
MOST = 1e8


class Adapting(Whole):
    """A stage with another one inside that may need the whole input: then this one does, else it streams."""

    @property
    def inside(self) -> Stage:
        """The stage inside."""
        raise NotImplementedError(f"{type(self).__name__} must define inside")

    @property
    def streamable(self) -> bool:
        """Whether the stage inside is."""
        return self.inside.streamable

    def drive(self, blocks: Iterable[Rows]) -> Iterator[Rows]:
        """Block by block if that can be."""
        return Stage.drive(self, blocks) if self.streamable else Whole.drive(self, blocks)

    def alone(self, rows: Rows) -> Rows:
        return Stage.alone(self, rows) if self.streamable else Whole.alone(self, rows)

    def step(self, state: State, rows: Rows) -> tuple[State, Rows]:
        if not self.streamable:
            return super().step(state, rows)  # which refuses
        return self.forward(state, rows)

    def forward(self, state: State, rows: Rows) -> tuple[State, Rows]:
        """What ``step`` is where the stage inside streams."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(state, rows)")


class Waiting(NamedTuple):
    """The state of a suppressor: its noise estimate's, its rule's, and the spectra that wait for either."""

    noise: State
    rule: State
    spectra: Array
    power: Array  # of the last of them, for which there is no noise yet


class _Suppressor(Adapting):
    """What the rules share: power, noise, gains, and spectra that wait until their gain is known."""

    shape = "frame phasor -> frame phasor"

    noise: Stage = TrackedNoise()

    def check(self) -> None:
        takes, gives = self.noise.axes()
        if (takes, gives) != (("frame", "bin"), ("frame", "bin")):
            raise ShapeError(
                f"{type(self).__name__}.noise estimates the noise in power spectra ('frame bin -> frame bin'), got "
                f"{self.noise!r}; take one of TrackedNoise, MinimumStatistics, LeadingNoise, StationaryNoise, FixedNoise"
            )

    @property
    def inside(self) -> Stage:
        """The noise estimate."""
        return self.noise

    def row_shape(self, row: RowShape) -> RowShape:
        self.noise.row_shape(row)
        return row

    def needs(self, rows: int) -> int:
        return self.noise.needs(rows)

    def settle(self, blocks: Iterable[Array]) -> Stage:
        """Read the input once for the noise estimate."""
        if not isinstance(self.noise, Whole):
            return self
        return self.with_(noise=self.noise.settle(_power(block) for block in blocks))

    def init(self) -> Waiting | None:
        return None

    def forward(self, state: Waiting | None, rows: Array) -> tuple[Waiting, Array]:
        power = _power(rows)
        state = state or Waiting(self.noise.init(), None, rows[:0].copy(), power[:0])
        estimate, noise = self.noise.step(state.noise, power)
        held = state._replace(
            noise=estimate,
            spectra=np.concatenate([state.spectra, rows]),
            power=np.concatenate([state.power, power]),
        )
        return self._attenuated(held, noise)

    def flush(self, state: Waiting | None) -> Array | None:
        if state is None:
            return None
        rest = self.noise.flush(state.noise)
        state, made = self._attenuated(state, state.power[:0] if rest is None else rest)
        gains = self.last_gains(state.rule)
        return made if gains is None else np.concatenate([made, _scaled(state.spectra, gains)])

    def _attenuated(self, state: Waiting, noise: Array) -> tuple[Waiting, Array]:
        """The spectra whose gain follows from these rows of noise, which are the next ones."""
        count = len(noise)
        rule, gains = self.gains(state.rule, state.power[:count], noise)
        ready = len(gains)
        made = _scaled(state.spectra[:ready], gains)
        return Waiting(state.noise, rule, state.spectra[ready:].copy(), state.power[count:].copy()), made

    def gains(self, state: State, power: Array, noise: Array) -> tuple[State, Array]:
        """The gains that are certain once these powers and noise powers (float64) are known."""
        raise NotImplementedError(f"{type(self).__name__} must define gains(state, power, noise)")

    def last_gains(self, state: State) -> Array | None:
        """The gains that only the end of the input makes certain."""
        return None


class SpectralSubtraction(_Suppressor):
    """Subtract the noise from the magnitude, or the power, of every bin; what would fall below a floor is lifted to it.

    Parameters
    ----------
    noise : Stage
        The estimate of the noise power: :class:`TrackedNoise`, :class:`MinimumStatistics`, :class:`LeadingNoise`,
        :class:`FixedNoise` or :class:`StationaryNoise`.
    exponent : float
        2: powers are subtracted (Berouti), 1: magnitudes (Boll).
    over : float
        How many times the noise is subtracted from a frame with an SNR of 0 dB.
    slope : float
        By how much less for every dB of SNR more; the SNR of a frame counts from -5 to 20 dB, and what is subtracted at
        least once the noise.
    floor_db : float
        What remains of the noise at least, in dB.

    Notes
    -----
    Shape: ``(frames, bins)`` complex, unchanged.

    Raises
    ------
    ParameterError
        If a parameter is out of its range.
    ShapeError
        If noise is no estimate of a noise power.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> noise = featkit.FixedNoise(np.array([1.0, 1.0, 1.0]))
    >>> SpectralSubtraction(noise, over=1.0, slope=0.0, floor_db=-20.0)(np.array([[2.0, 1j, 0.5]])).round(3)
    array([[1.732+0.j , 0.   +0.1j, 0.1  +0.j ]])
    """

    name = "spectral_subtraction"
    formula = "|S|^e = max(|X|^e - a N^(e/2), b^(e/2) N^(e/2)),  a = max(over - slope SNR_dB, 1), b = 10^(floor_db/10)"
    source = (
        "Boll, Suppression of acoustic noise in speech using spectral subtraction, 1979; Berouti et al., Enhancement of "
        "speech corrupted by acoustic noise, 1979"
    )

    exponent: float = 2.0
    over: float = 4.0
    slope: float = 0.15
    floor_db: float = -25.0

    def check(self) -> None:
        super().check()
        self.above(0, "exponent")
        self.at_least(0, "over", "slope")
        _check_floor(self, "floor_db")

    def gains(self, state: State, power: Array, noise: Array) -> tuple[State, Array]:
        snr = np.add.reduce(power, axis=1, keepdims=True) / np.maximum(
            np.add.reduce(noise, axis=1, keepdims=True), TINY
        )
        snr_db = 10.0 * np.log10(np.clip(snr, 10.0**-0.5, 100.0))
        over = np.maximum(self.over - self.slope * snr_db, min(self.over, 1.0))
        half = self.exponent / 2
        relative = (noise / np.maximum(np.maximum(power, noise / MOST), TINY)) ** half
        floor = 10.0 ** (self.floor_db / 10 * half)
        left = np.maximum(1 - over * relative, floor * relative)
        return None, np.minimum(left, 1.0) ** (1 / self.exponent)


class Presence(Windowed):
    """How sure it is that there is speech around a bin, 0 to 1, from powers measured in noise powers.

    Parameters
    ----------
    before, after : int
        Frames before and after this one that are looked at, weighted with a Hann bell.
    beside : int
        Bins on each side, weighted with a triangle.
    threshold : float
        The mean SNR around at which it is as likely as not.
    order : float
        How quickly certainty grows beyond it.
    most : float
        Larger powers count as this one, so that no single bin decides.

    Notes
    -----
    Shape: ``(frames, bins)``, unchanged, ``after`` rows late. The lowest three bins, where a constant offset lies, are
    judged each by itself.

    Raises
    ------
    ParameterError
        If a parameter is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> Presence(before=1, after=1, beside=0, threshold=1.0)(np.array([[1.0], [1.0], [7.0], [1.0]])).ravel().round(3)
    array([0.   , 0.962, 1.   , 0.962])
    """

    name = "presence"
    shape = "frame bin -> frame bin"
    formula = "p = 1 / (1 + (threshold/z)^order),  z = max(mean around of min(x, most) - 1, 0)"
    source = "featkit; after Cohen & Berdugo, Speech enhancement for non-stationary noise environments, 2001"

    before: int = 4
    after: int = 4
    beside: int = 55
    threshold: float = 0.4
    order: float = 8.0
    most: float = 9.0

    def check(self) -> None:
        self.at_least(0, "before", "after", "beside")
        self.above(0, "threshold", "order", "most")

    def geometry(self) -> Geometry:
        return Geometry(self.before + 1 + self.after, left=self.before, fill="edge")

    def windows(self, rows: Array) -> Array:
        capped = np.minimum(np.asarray(rows, np.float64), self.most)
        return self._sure(weighed_windows(capped, bell(self.before, self.after)), rows.dtype)

    def over(self, rows: Array) -> Array:
        capped = np.minimum(np.ascontiguousarray(rows, np.float64), self.most)
        return self._sure(weighed(capped, bell(self.before, self.after)), rows.dtype)

    def _sure(self, mean: Array, dtype: np.dtype) -> Array:
        excess = np.maximum(across(mean, self.beside) - 1, 1e-6)
        sure: Array = 1 / (1 + np.minimum(self.threshold / excess, 1e6) ** self.order)
        return sure.astype(dtype)


class Rule(NamedTuple):
    """The state of :class:`Wiener`: the last frame's SNR, and what waits for the presences."""

    clean: Array | None  # power of the last frame after suppression, in noise powers
    near: State
    frame: State
    gains: Array  # of the rule alone
    level: Array  # of the noise: the gain that leaves as much as there is noise
    sure: Array  # presences near, for those of them that have one
    speech: Array  # and in the frame


class Wiener(_Suppressor):
    """Weight every bin by how much of it is likely speech: a Wiener filter whose SNR is followed from frame to frame.

    Parameters
    ----------
    noise : Stage
        The estimate of the noise power: :class:`TrackedNoise`, :class:`MinimumStatistics`, :class:`LeadingNoise`,
        :class:`FixedNoise` or :class:`StationaryNoise`.
    rule : str
        The gain for an SNR xi: ``"wiener"``, xi/(1+xi), the least squared error; ``"root"``, its square root, which keeps the
        power; ``"lsa"``, the least squared error of the logarithm of the amplitude (Ephraim and Malah, 1985).
    smoothing : float
        Weight of the last frame's result in the SNR (decision-directed); the rest is what this frame shows by itself.
    least_db : float
        Smallest SNR, in dB.
    two_step : bool
        Take the SNR anew from the first result, so that it is no frame late.
    near : Presence or None
        Whether there is speech near a bin: where there is none, it is set to a floor. None: no floor but the SNR's.
    frame : Presence
        The same, wider: whether there is speech about at all.
    beside_db : float
        What remains of the noise in a bin without speech beside others with, in dB.
    floor_db : float
        What remains of it where there is no speech about, in dB.
    tilt_db : float
        By how many dB an octave both change above bin 18, which is 500 Hz for frames of 36 ms: in a quiet room the background
        falls with frequency, too.

    Notes
    -----
    Shape: ``(frames, bins)`` complex, unchanged; late by as much as ``noise`` and the slower presence together. With
    ``near=None, two_step=False, smoothing=0.98, least_db=-25`` and the rule ``"wiener"`` or ``"lsa"`` it is the textbook's
    decision-directed filter.

    Raises
    ------
    ParameterError
        If a parameter is out of its range.
    ShapeError
        If noise is no estimate of a noise power.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> noise = featkit.FixedNoise(np.array([1.0]))
    >>> Wiener(noise, "wiener", smoothing=0.0, near=None, two_step=False)(np.array([[2.0], [3.0j]])).round(3)
    array([[1.5+0.j   ],
           [0. +2.667j]])
    """

    name = "wiener"
    formula = (
        "S = G X,  xi[t] = max(a |S[t-1]|^2/N[t] + (1-a) max(|X[t]|^2/N[t] - 1, 0), xi_min),  G = (xi/(1+xi))^(1 or 1/2), "
        "or xi/(1+xi) exp(1/2 E1(v)), v = xi/(1+xi) |X|^2/N;  then G = p G + (1-p) min(floor sqrt(N)/|X|, 1)"
    )
    source = (
        "Ephraim & Malah, Speech enhancement using a minimum mean-square error (log-)spectral amplitude estimator, 1984 and "
        "1985; Plapous, Marro & Scalart, Improved signal-to-noise ratio estimation for speech enhancement, 2006 (two steps)"
    )

    rule: Literal["wiener", "root", "lsa"] = "root"
    smoothing: float = 0.9
    least_db: float = -7.0
    two_step: bool = True
    near: Presence | None = Presence()
    frame: Presence = Presence(before=8, after=8, beside=160, threshold=0.12, order=4.0)
    beside_db: float = -12.5
    floor_db: float = -27.0
    tilt_db: float = -2.1

    def check(self) -> None:
        super().check()
        self.at_least(0, "smoothing")
        if self.smoothing > 1:
            raise ParameterError(f"Wiener.smoothing must be at most 1, got {self.smoothing!r}")
        for field in ("least_db", "beside_db", "floor_db"):
            _check_floor(self, field)
        if not math.isfinite(self.tilt_db):
            raise ParameterError(f"Wiener.tilt_db must be finite, got {self.tilt_db!r}")

    def needs(self, rows: int) -> int:
        late = 0 if self.near is None else max(self.near.after, self.frame.after)
        return self.noise.needs(rows + late if rows else 0)

    def gains(self, state: Rule | None, power: Array, noise: Array) -> tuple[Rule, Array]:
        snr = np.minimum(power, MOST * noise) / np.maximum(noise, TINY)
        none = snr[:0]
        state = state or Rule(None, self.frame.init(), self.frame.init(), none, none, none, none)
        clean, by_rule = self._by_rule(state.clean, snr)
        if self.near is None:
            return state._replace(clean=clean), by_rule
        near, sure = self.near.step(state.near, snr)
        frame, speech = self.frame.step(state.frame, snr)
        return self._floored(
            Rule(
                clean,
                near,
                frame,
                np.concatenate([state.gains, by_rule]),
                np.concatenate([state.level, 1 / np.sqrt(np.maximum(snr, 1 / MOST))]),
                np.concatenate([state.sure, sure]),
                np.concatenate([state.speech, speech]),
            )
        )

    def last_gains(self, state: Rule | None) -> Array | None:
        if state is None or self.near is None:
            return None
        sure, speech = self.near.flush(state.near), self.frame.flush(state.frame)
        ended = state._replace(
            sure=state.sure if sure is None else np.concatenate([state.sure, sure]),
            speech=state.speech if speech is None else np.concatenate([state.speech, speech]),
        )
        return self._floored(ended)[1]

    def _by_rule(self, clean: Array | None, snr: Array) -> tuple[Array | None, Array]:
        """The gains of the rule alone, and the last clean power, in noise powers."""
        least, share = 10.0 ** (self.least_db / 10), float(self.smoothing)
        alone = (1 - share) * np.maximum(snr - 1, 0)
        first, cleaned = np.empty_like(snr), np.empty_like(snr)
        for at in range(len(snr)):
            before = snr[at] - 1 if clean is None else clean
            first[at] = np.maximum(share * before + alone[at], least)
            gain = self._lsa(first[at], snr[at]) if self.rule == "lsa" else first[at] / (1 + first[at])
            clean = cleaned[at] = gain * gain * snr[at]
        prior = np.maximum(cleaned, 1e-6) if self.two_step else first
        if self.rule == "lsa":
            return _copied(clean), self._lsa(prior, snr)
        gains = prior / (1 + prior)
        return _copied(clean), np.sqrt(gains) if self.rule == "root" else gains

    def _lsa(self, prior: Array, snr: Array) -> Array:
        from scipy.special import exp1

        weight = prior / (1 + prior)
        gain: Array = np.minimum(weight * np.exp(0.5 * exp1(np.clip(weight * snr, 1e-8, 500.0))), 1.0)
        return gain

    def _floored(self, state: Rule) -> tuple[Rule, Array]:
        """Between the rule and the floor, as sure as there is speech; rows wait for the slower presence.

        The floor is a share of the noise estimate, not of the bin: what remains is smoother than the noise was.
        """
        ready = min(len(state.sure), len(state.speech))
        sure, speech = state.sure[:ready], state.speech[:ready]
        floor_db = self.floor_db + (self.beside_db - self.floor_db) * speech
        floor = 10.0 ** ((floor_db + self.tilt_db * octaves(speech.shape[1])) / 20)
        gains = sure * state.gains[:ready] + (1 - sure) * np.minimum(floor * state.level[:ready], 1.0)
        waiting = (kept[ready:].copy() for kept in (state.gains, state.level, state.sure, state.speech))
        return Rule(state.clean, state.near, state.frame, *waiting), gains


@constant
def octaves(bins: int) -> Array:
    """How far each bin lies above bin 18, in octaves; 0 below."""
    above: Array = np.log2(np.maximum(np.arange(bins), 18) / 18)
    return above


def _power(rows: Array) -> Array:
    """The power of each bin, float64."""
    real, imaginary = rows.real.astype(np.float64, order="C"), rows.imag.astype(np.float64, order="C")
    return real * real + imaginary * imaginary


def _scaled(spectra: Array, gains: Array) -> Array:
    """Every part by itself: a complex product would fuse multiply and add in some of its loops."""
    made = np.empty(spectra.shape, spectra.dtype)
    made.real = spectra.real * gains
    made.imag = spectra.imag * gains
    return made


def _copied(row: Array | None) -> Array | None:
    return None if row is None else row.copy()


def _check_floor(stage: Stage, field: str) -> None:
    value: Any = getattr(stage, field)
    if not (math.isfinite(value) and value <= 0):
        raise ParameterError(f"{type(stage).__name__}.{field} must be finite and at most 0 dB, got {value!r}")
