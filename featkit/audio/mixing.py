"""Noise added to a signal, at a signal-to-noise ratio."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

from featkit.audio.frames import Frames
from featkit.draws import integer, key_of, uniforms
from featkit.errors import InputError, ParameterError
from featkit.numeric import Array, row_sum
from featkit.rows.scale import Samples
from featkit.stage import Stage, Whole

#: The frames of which a power is made, in ms; and how far below the loudest one still counts as active.
FRAME_MS, ACTIVE_DB = 20.0, 40.0


class Mix(Stage):
    """Add a recording, times a factor, to a signal; it is repeated for as long as the signal lasts.

    Parameters
    ----------
    noise : ndarray, shape (samples,)
        What is added, at the signal's own rate.
    gain : float
        The factor.
    offset : int
        The sample of the noise that the first sample of the signal meets.
    noise_name : str
        What the noise is called, for the record.

    Notes
    -----
    Shape: ``(samples,)``, unchanged. Mostly made by settling :class:`AddNoise`.

    Raises
    ------
    ParameterError
        If the noise is not one channel of finite floats, the gain not finite, or the offset not within the noise.

    Examples
    --------
    >>> import numpy as np
    >>> Mix(np.array([1.0, 2.0, 3.0]), gain=0.5, offset=2)(np.zeros(5))
    array([1.5, 0.5, 1. , 1.5, 0.5])
    """

    name = "mix"
    shape = "sample -> sample"
    formula = "y[i] = x[i] + gain noise[(offset + i) mod len(noise)]"
    source = "featkit"

    noise: np.ndarray
    gain: float = 1.0
    offset: int = 0
    noise_name: str = ""

    def check(self) -> None:
        check_recording(self, "noise")
        if not math.isfinite(self.gain):
            raise ParameterError(f"Mix.gain must be finite, got {self.gain!r}")
        check_offset(self)

    def init(self) -> int:
        return int(self.offset)

    def step(self, state: int, rows: Array) -> tuple[int, Array]:
        at = (state + np.arange(len(rows))) % len(self.noise)
        added = self.noise[at].astype(np.float64) * float(self.gain)
        return (state + len(rows)) % len(self.noise), (rows + added).astype(rows.dtype, copy=False)


class AddNoise(Whole):
    """Add noise to a signal at a signal-to-noise ratio.

    Parameters
    ----------
    noise : ndarray, shape (samples,)
        What is added, at the signal's own rate. One shorter than the signal is repeated.
    snr_db : float
        Ten times the decimal logarithm of the power of the signal over that of the noise added to it.
    offset : int or None
        The sample of the noise that the first sample of the signal meets. None: drawn with the seed; from a longer noise a
        stretch without a seam, of a shorter one any sample.
    seed : int
        Draws the offset.
    level : str
        The power of the signal is its mean square: over everything (``"mean"``), or over its ``"active"`` frames, those of
        20 ms that lie within 40 dB of the loudest, so that pauses don't count.
    rate : float
        Sampling rate in Hz; says how long 20 ms are.
    noise_name : str
        What the noise is called, for the record.

    Notes
    -----
    Shape: ``(samples,)``, unchanged. Settled in a first pass it becomes a :class:`Mix`. The power of the noise is that of
    the stretch that is added, not of the whole recording. Samples may pass full scale: they are kept as they are.

    Silence has no ratio to anything: a silent signal passes as it is. A stretch of noise that is silent is an error where the
    offset is given; where it is drawn, the stretch begins at the first sample of the noise that isn't 0.

    Raises
    ------
    ParameterError
        If the noise is not one channel of finite floats, or nothing but zeros; the ratio not within -200 and 200 dB, the
        offset not within the noise, the seed below 0, or the rate not above 0.
    InputError
        If the stretch at a given offset is silent.

    Examples
    --------
    >>> import numpy as np
    >>> speech, noise = np.array([0.5, -0.5, 0.5, -0.5]), np.array([1.0, 1.0, -1.0, -1.0])
    >>> AddNoise(noise, snr_db=20.0, offset=0)(speech)
    array([ 0.55, -0.45,  0.45, -0.55])
    """

    name = "add_noise"
    shape = "sample -> sample"
    formula = "y[i] = x[i] + g noise[(offset + i) mod len(noise)],  g^2 = mean x^2 / mean noise^2 / 10^(snr_db/10)"
    source = "the definition of a signal-to-noise ratio"

    noise: np.ndarray
    snr_db: float = 10.0
    offset: int | None = None
    seed: int = 0
    level: Literal["mean", "active"] = "mean"
    rate: float = 16000
    noise_name: str = ""

    def check(self) -> None:
        check_recording(self, "noise")
        if not self.noise.any():
            raise ParameterError("AddNoise.noise is silent: all its samples are 0, and no gain makes that a noise")
        if not abs(self.snr_db) <= 200:
            raise ParameterError(f"AddNoise.snr_db must lie between -200 and 200, got {self.snr_db!r}")
        if self.offset is not None:
            check_offset(self)
        self.at_least(0, "seed")
        self.above(0, "rate")

    def settle(self, blocks: Iterable[Any]) -> Mix:
        n, power = self._measured(blocks)
        if not n:
            raise InputError("there is no sample to measure; give a signal that is not empty")
        if not power:
            return Mix(self.noise, 0.0, self.offset or 0, self.noise_name)
        offset, noise_power = self._stretch(n)
        gain = math.sqrt(power / noise_power) * 10.0 ** (-float(self.snr_db) / 20.0)
        return Mix(self.noise, gain, offset, self.noise_name)

    def _measured(self, blocks: Iterable[Any]) -> tuple[int, float]:
        """The number of samples, and the power of those that count."""
        length = max(1, round(FRAME_MS * self.rate / 1000))
        n, energies = 0, []

        def counted() -> Iterable[Array]:
            nonlocal n
            for rows in Samples().iterate(blocks):
                n += len(rows)
                yield rows

        for frames in Frames(length, length, "end", "zero").iterate(counted()):
            wide = frames.astype(np.float64)
            energies += row_sum(wide * wide)[:, 0].tolist()
        # What one frame has of the last one: the zeros behind the signal don't count.
        lengths = [length] * (len(energies) - 1) + [n - length * (len(energies) - 1)] if energies else []
        if self.level == "active" and energies:
            least = max(e / samples for e, samples in zip(energies, lengths, strict=True)) * 10.0 ** (-ACTIVE_DB / 10)
            counts = [e >= least * samples for e, samples in zip(energies, lengths, strict=True)]
            energies = [e for e, count in zip(energies, counts, strict=True) if count]
            lengths = [samples for samples, count in zip(lengths, counts, strict=True) if count]
        return n, math.fsum(energies) / sum(lengths) if energies else 0.0

    def _stretch(self, n: int) -> tuple[int, float]:
        """Where the noise begins, and the power of the n samples from there."""
        if self.offset is not None:
            power = self._power(self.offset, n)
            if not power:
                raise InputError(
                    f"the {n} samples of the noise {self.noise_name!r} from sample {self.offset} on are silent; "
                    "give another offset, or None to have one drawn"
                )
            return int(self.offset), power
        places = len(self.noise) - n + 1 if len(self.noise) >= n else len(self.noise)
        offset = integer(uniforms(key_of(self.seed, "offset"), 1)[0], 0, places - 1)
        power = self._power(offset, n)
        if not power:
            offset = int(np.flatnonzero(self.noise)[0])
            power = self._power(offset, n)
        return offset, power

    def _power(self, offset: int, n: int) -> float:
        stretch = self.noise[(offset + np.arange(min(n, len(self.noise)))) % len(self.noise)].astype(np.float64)
        squares = stretch * stretch
        times, rest = divmod(n, len(squares))
        return (times * float(squares.sum()) + float(squares[:rest].sum())) / n


def check_recording(stage: Stage, field: str) -> None:
    """Raise :class:`ParameterError` unless the field holds one channel of finite floats, at least one of them."""
    array = getattr(stage, field)
    if array.ndim != 1 or not array.size or array.dtype.kind != "f" or not np.isfinite(array).all():
        raise ParameterError(
            f"{type(stage).__name__}.{field} must be one channel of finite samples as floats, got an array of type "
            f"{array.dtype} and shape {array.shape}; featkit.read(path) gives such"
        )


def check_offset(stage: Any) -> None:
    """Raise :class:`ParameterError` unless the offset lies within the noise."""
    if not 0 <= stage.offset < len(stage.noise):
        raise ParameterError(
            f"{type(stage).__name__}.offset must lie within the noise, 0 to {len(stage.noise) - 1}, got {stage.offset!r}"
        )
