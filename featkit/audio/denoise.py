"""Noise reduction from samples to samples: into spectra, a rule that suppresses the noise, and back to as many samples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from featkit.audio.frames import Frames
from featkit.audio.istft import InverseSpectrum, OverlapAdd
from featkit.audio.length import Trim
from featkit.audio.noise import (
    FixedNoise,
    LeadingNoise,
    MinimumStatistics,
    NoiseProfile,
    QuantileNoise,
    StationaryNoise,
    TrackedNoise,
)
from featkit.audio.spectrum import PowerSpectrum, Spectrum
from featkit.audio.suppress import Adapting, SpectralSubtraction, Wiener
from featkit.audio.window import Window
from featkit.errors import NotStreamable, ParameterError, ShapeError, did_you_mean
from featkit.numeric import Array
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.scale import Identity
from featkit.stage import RowShape, Stage, State, Whole

Method = Literal["wiener", "lsa", "subtraction"]
Noise = Literal["track", "varying", "minimum", "leading", "whole", "quantile"]


class Kept(NamedTuple):
    """The state of KeepLength."""

    inside: State
    seen: int  # samples taken
    given: int  # and given
    dtype: np.dtype


class KeepLength(Adapting):
    """Run stages that lead from samples to samples, and give exactly as many samples as came in.

    Frames cover a signal up to whole hops only; what overlap-add gives is therefore a little longer, or shorter, than what
    was framed. Here it is cut, or filled up with zeros, once the end is known.

    Parameters
    ----------
    stage : Stage
        What is run; addressed as ``keep_length__stage__...``.

    Notes
    -----
    Shape: ``(samples,)``, unchanged. Streams, and can be settled, if the stage inside does.

    Raises
    ------
    ShapeError
        If the stage inside doesn't lead from samples to samples.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> KeepLength(featkit.FillUp(multiple=4) | featkit.Affine(2.0))(np.arange(5.0))
    array([0., 2., 4., 6., 8.])
    """

    name = "keep_length"
    shape = "sample -> sample"
    formula = "y[i] = stage(x)[i],  0 <= i < samples of x"
    source = "featkit"

    stage: Stage = Identity()

    def check(self) -> None:
        takes, gives = self.stage.axes()
        if any(axes not in (("sample",), ("...",)) for axes in (takes, gives)):
            raise ShapeError(
                f"KeepLength takes a stage from samples to samples, got '{' '.join(takes)} -> {' '.join(gives)}' of "
                f"{self.stage!r}"
            )

    @property
    def inside(self) -> Stage:
        """The stage inside."""
        return self.stage

    def row_shape(self, row: RowShape) -> RowShape:
        self.stage.row_shape(row)
        return row

    def needs(self, rows: int) -> int:
        return max(rows, self.stage.needs(rows))

    def widest(self, row: RowShape, size: int) -> tuple[int, int]:
        return self.stage.widest(row, size)

    def settle(self, blocks: Iterable[Array]) -> Stage:
        """Settle the stage inside."""
        if self.streamable:
            return self
        if not isinstance(self.stage, (Pipeline, Whole)):
            raise NotStreamable(f"{self.stage!r} cannot be settled in a first pass; call it on the whole input")
        return KeepLength(self.stage.settle(blocks))

    def apply(self, rows: Array) -> Array:
        """The whole input at once, where the stage inside needs it."""
        made: Array = self.stage(rows)
        return _fitted(made, 0, len(rows), rows.dtype)

    def init(self) -> Kept | None:
        return None

    def forward(self, state: Kept | None, rows: Array) -> tuple[Kept, Array]:
        state = state or Kept(self.stage.init(), 0, 0, rows.dtype)
        inside, made = self.stage.step(state.inside, rows)
        seen = state.seen + len(rows)
        made = made[: seen - state.given]
        return Kept(inside, seen, state.given + len(made), state.dtype), made

    def flush(self, state: Kept | None) -> Array | None:
        if state is None:
            return None
        rest = self.stage.flush(state.inside)
        return _fitted(np.empty(0, state.dtype) if rest is None else rest, state.given, state.seen, state.dtype)


def _fitted(made: Array, given: int, count: int, dtype: np.dtype) -> Array:
    """What is missing to ``count`` samples: of what was made, then zeros."""
    missing = count - given
    return np.concatenate([made[:missing], np.zeros(max(0, missing - len(made)), dtype)])


def denoise(
    rate: float = 16000,
    method: Method = "wiener",
    noise: Noise | np.ndarray | Stage = "track",
    *,
    frame_ms: float = 36.0,
    leading_ms: float = 250.0,
) -> Pipeline:
    """Take noise out of speech: samples in, as many samples out.

    Parameters
    ----------
    rate : float
        Sampling rate in Hz.
    method : str
        ``"wiener"`` (:class:`featkit.Wiener`), ``"lsa"`` (the same with Ephraim and Malah's log-spectral amplitude) or
        ``"subtraction"`` (:class:`featkit.SpectralSubtraction`).
    noise : str, ndarray or Stage
        Where the noise is known from:

        - ``"track"``: followed while the signal runs, for noise that changes slowly
        - ``"varying"``: the same for noise that rises and falls by itself, as voices do
        - ``"minimum"``: minimum statistics
        - ``"leading"``: the first ``leading_ms``
        - ``"whole"``: all of the signal, for noise that doesn't change
        - ``"quantile"``: all of the signal, for voices in the background
        - the powers of :func:`featkit.noise_profile`, or a stage that estimates noise powers

        ``"whole"`` and ``"quantile"`` don't stream; they can be settled in a first pass.
    frame_ms : float
        Length of a frame; it is rounded so that a quarter of it, the hop, has small prime factors only.
    leading_ms : float
        For ``noise="leading"``: how long the signal holds noise alone.

    Returns
    -------
    Pipeline
        ``(samples,)`` -> ``(samples,)``. Single values can be changed: ``keep_length__stage__wiener__floor_db=-20.0``.

    Raises
    ------
    ParameterError
        For an unknown method or noise, or a rate or duration that isn't above 0.

    Examples
    --------
    >>> import numpy as np
    >>> hiss = 0.1 * np.random.default_rng(0).standard_normal(16000)
    >>> quiet = denoise(16000)(hiss)
    >>> len(quiet), bool(quiet.std() < 0.1 * hiss.std())
    (16000, True)
    """
    length, hop = _framing(rate, frame_ms)
    if not 0 < leading_ms < float("inf"):
        raise ParameterError(f"leading_ms must be finite and above 0, got {leading_ms!r}")
    estimate = _estimate(noise, hop / rate, leading_ms / 1000)
    rules: dict[str, Stage] = {
        "wiener": Wiener(estimate),
        "lsa": Wiener(estimate, "lsa"),
        "subtraction": SpectralSubtraction(estimate),
    }
    if method not in rules:
        raise ParameterError(
            f"there is no method {method!r} of noise reduction{did_you_mean(method, rules)}; they are {', '.join(rules)}"
        )
    window = Window("sine", periodic=True)
    road = pipeline(
        Frames(length, hop, "centre"),
        window,
        Spectrum(),
        rules[method],
        InverseSpectrum(),
        OverlapAdd(hop, window),
        Trim(length // 2, 0),
    )
    return pipeline(KeepLength(road))


def noise_profile(clip: ArrayLike, rate: float = 16000, *, frame_ms: float = 36.0) -> np.ndarray:
    """The noise power of every bin, learned from a clip that holds noise alone; for :func:`denoise`.

    Parameters
    ----------
    clip : array_like, shape (samples,)
    rate : float
        Sampling rate in Hz.
    frame_ms : float
        As it is given to :func:`denoise`.

    Returns
    -------
    ndarray, shape (bins,)

    Raises
    ------
    InputError
        If the clip is shorter than a frame, or no samples.
    ParameterError
        For a rate or duration that isn't above 0.

    Examples
    --------
    >>> import numpy as np
    >>> hiss = 0.1 * np.random.default_rng(0).standard_normal(16000)
    >>> profile = noise_profile(hiss[:8000], 16000)
    >>> bool(denoise(16000, noise=profile)(hiss).std() < 0.005)
    True
    """
    length, hop = _framing(rate, frame_ms)
    road = Frames(length, hop) | Window("sine", periodic=True) | PowerSpectrum() | NoiseProfile()
    learned = road.fit([clip])[-1]
    assert isinstance(learned, FixedNoise)
    return learned.power


def _framing(rate: float, frame_ms: float) -> tuple[int, int]:
    """Length of a frame and of a hop, a quarter of it."""
    if not 0 < rate < float("inf"):
        raise ParameterError(f"the sampling rate must be finite and above 0 Hz, got {rate!r}")
    if not 0 < frame_ms < float("inf"):
        raise ParameterError(f"frame_ms must be finite and above 0, got {frame_ms!r}")
    wanted = rate * frame_ms / 4000
    if wanted > 2**20:
        raise ParameterError(
            f"frame_ms={frame_ms:g} is {4 * wanted:g} samples at {rate:g} Hz; give a frame below a second"
        )
    hop = max(1, round(wanted))
    while not _smooth(hop):  # a transform of 4 times a prime takes many times as long
        hop += 1
    return 4 * hop, hop


def _smooth(number: int) -> bool:
    for prime in (2, 3, 5):
        while number % prime == 0:
            number //= prime
    return number == 1


def _estimate(noise: Noise | np.ndarray | Stage, hop_s: float, leading_s: float) -> Stage:
    if isinstance(noise, Stage):
        return noise
    if isinstance(noise, np.ndarray):
        return FixedNoise(noise)
    window = max(16, round(1.5 / hop_s))
    estimates: dict[str, Stage] = {
        "track": TrackedNoise(),
        # Speech is what lies 5.5 dB above the noise, not 1.6 dB; what varies by less is noise.
        "varying": TrackedNoise(prior_db=15.0, certainty=10.0),
        "minimum": MinimumStatistics(window, frame_s=hop_s),
        "leading": LeadingNoise(max(1, round(leading_s / hop_s))),
        "whole": StationaryNoise(),
        "quantile": QuantileNoise(),
    }
    if noise not in estimates:
        raise ParameterError(
            f"there is no noise estimate {noise!r}{did_you_mean(str(noise), estimates)}; they are {', '.join(estimates)}, "
            "or give the powers of featkit.noise_profile"
        )
    return estimates[noise]
