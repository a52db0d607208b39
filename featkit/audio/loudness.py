"""Loudness as it is heard, after ITU-R BS.1770: samples weighted as the ear does, in blocks, the soft ones left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from featkit.admission import as_array
from featkit.audio.gain import Gain, check_level
from featkit.errors import InputError
from featkit.numeric import Array, constant, row_sum
from featkit.stage import Stage, Whole

#: The two filters of BS.1770-4, tables 1 and 2, as they are given for 48 kHz.
_SHELF_B, _SHELF_A = (1.53512485958697, -2.69169618940638, 1.19839281085285), (-1.69065929318241, 0.73248077421585)
_PASS_B, _PASS_A = (1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621)
#: A tone of 997 Hz at full scale on one channel has -3.01 LKFS with it.
_OFFSET = -0.691
#: What a channel counts for: left, right, centre, then (low frequency effects, and) left and right surround.
_CHANNELS = {
    1: (1.0,),
    2: (1.0, 1.0),
    3: (1.0, 1.0, 1.0),
    5: (1.0, 1.0, 1.0, 1.41, 1.41),
    6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41),
}
#: Below it the high shelf has no room under half of the rate.
_LOWEST_RATE = 4000
#: Tenths of a second in a gating block; blocks are one apart.
_TENTHS = 4
Last = Literal["nearest", "complete"]


class KWeighting(Stage):
    """Weight a signal as the head and the ear do: high frequencies raised by 4 dB, low ones taken off.

    Parameters
    ----------
    rate : float
        Sampling rate in Hz.

    Notes
    -----
    Shape: ``(samples,)``, unchanged. The standard gives its two filters for 48 kHz. Here they are taken back to the analogue
    filters that they stand for and made anew for the rate; at 48 kHz they are the standard's. At 8 kHz the shelf is squeezed
    under 4 kHz, and a tone of 997 Hz weighs 0.2 dB less than at 48 kHz; at 16 kHz, 0.05 dB. They run in float64.

    Raises
    ------
    ParameterError
        If the rate is below 4000.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 997 * np.arange(48000) / 48000)
    >>> weighted = KWeighting(48000)(tone)
    >>> (10 * np.log10(np.mean(weighted[4800:] ** 2)) - 0.691).round(2)
    np.float64(-3.01)
    """

    name = "k_weighting"
    shape = "sample -> sample"
    formula = "two filters of second order: a high shelf of +4 dB at 1.7 kHz, then a high pass at 38 Hz"
    source = "ITU-R BS.1770-4, annex 1"

    rate: float = 16000

    def check(self) -> None:
        self.at_least(_LOWEST_RATE, "rate")

    def step(self, state: Array | None, rows: Array) -> tuple[Array | None, Array]:
        if not len(rows):
            return state, rows[:0]
        from scipy.signal import sosfilt

        held = np.zeros((2, 2)) if state is None else state
        weighted, held = sosfilt(k_filters(float(self.rate)).copy(), rows.astype(np.float64), zi=held)
        return held, weighted.astype(rows.dtype, copy=False)


@constant
def k_filters(rate: float) -> Array:
    """The two filters of K-weighting at a sampling rate, as second-order sections.

    >>> k_filters(48000.0)[0].round(5)
    array([ 1.53512, -2.6917 ,  1.19839,  1.     , -1.69066,  0.73248])
    """
    return np.array([_at_rate(_SHELF_B, _SHELF_A, rate), _at_rate(_PASS_B, _PASS_A, rate)])


def _at_rate(b: Sequence[float], a: Sequence[float], rate: float) -> list[float]:
    """A filter that is given for 48 kHz, made for another rate.

    The bilinear transform makes digital filters of analogue ones, (v2 s^2 + v1 s + v0) / (s^2 + s/q + 1), whose frequency
    f enters as k = tan(pi f / rate). Here it is undone at 48 kHz, which gives k, 1/q and v, and done again with another k.
    """
    k = math.sqrt((1 + a[0] + a[1]) / (1 - a[0] + a[1]))
    scale = 4 / (1 - a[0] + a[1])  # 1 + k/q + k^2, by which all coefficients are divided
    inverse_q = (scale - 1 - k * k) / k
    v0 = scale * (b[0] + b[1] + b[2]) / (4 * k * k)
    v1 = scale * (b[0] - b[2]) / (2 * k)
    v2 = scale * (b[0] - b[1] + b[2]) / 4

    k = math.tan(math.atan(k) * 48000 / rate)
    scale = 1 + k * inverse_q + k * k
    zeros = (v2 + v1 * k + v0 * k * k, 2 * (v0 * k * k - v2), v2 - v1 * k + v0 * k * k)
    poles = (scale, 2 * (k * k - 1), 1 - k * inverse_q + k * k)
    return [value / scale for value in (*zeros, *poles)]


class LoudnessNormalise(Whole):
    """Bring a signal to a loudness, so that recordings of all kinds sound equally loud.

    Parameters
    ----------
    lufs : float
        The loudness in LUFS (LKFS); broadcasts have -23.
    rate : float
        Sampling rate in Hz.
    last : str
        Whether a last block that isn't quite full counts: see :func:`loudness`.

    Notes
    -----
    Shape: ``(samples,)``, unchanged. Settled in a first pass it becomes a :class:`Gain`. What is not louder than -70 LUFS
    anywhere counts as silence and is left as it is. Peaks may pass full scale (:func:`featkit.clipped` counts them). What is
    shorter than 400 ms is measured as one block: see :func:`loudness`.

    Raises
    ------
    ParameterError
        If lufs does not lie between -200 and 200, or the rate is below 4000.

    Examples
    --------
    >>> import numpy as np
    >>> tone = 0.1 * np.sin(2 * np.pi * 997 * np.arange(16000) / 16000)
    >>> round(loudness(LoudnessNormalise(-16.0)(tone), 16000), 2)
    -16.0
    """

    name = "loudness_normalise"
    shape = "sample -> sample"
    formula = "y[i] = x[i] 10^((lufs - loudness of x)/20)"
    source = "ITU-R BS.1770-4; EBU R 128"

    lufs: float = -23.0
    rate: float = 16000
    last: Last = "nearest"

    def check(self) -> None:
        KWeighting(self.rate)
        check_level(self, "lufs")

    def settle(self, blocks: Iterable[Any]) -> Gain:
        measured = _gated(_powers(KWeighting(self.rate), blocks, self.last))
        return Gain(float(self.lufs) - measured if math.isfinite(measured) else 0.0)


def loudness(samples: ArrayLike, rate: float, weights: Sequence[float] | None = None, last: Last = "nearest") -> float:
    """The integrated loudness of a recording in LUFS.

    Blocks of 400 ms, 100 ms apart, are weighted (:class:`KWeighting`) and their powers taken. The mean is taken over the
    blocks above -70 LUFS, and then over those of them that are no more than 10 LU below that mean.

    Parameters
    ----------
    samples : array_like, shape (samples,) or (samples, channels)
    rate : float
        Sampling rate in Hz.
    weights : sequence of float or None
        What each channel counts for. None: that of the standard for 1, 2, 3 and 5 channels (left, right, centre, and the
        surround channels with 1.41) or 6 (low-frequency effects in fourth place, which count for nothing).
    last : str
        ``"nearest"``: a last block counts if less than 50 ms of it are missing, as pyloudnorm has it. ``"complete"``: only
        if nothing is, as the standard has it. Recordings of a second may differ by more than 1 LU, those of a minute don't.

    Returns
    -------
    float
        Minus infinity where no block is above -70 LUFS: silence. A signal shorter than 400 ms, for which the standard has no
        rule, is one block of its own length.

    Raises
    ------
    InputError
        If there is no sample, or there are channels without a weight.
    ParameterError
        If the rate is below 4000, or last is not one of the two.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 997 * np.arange(48000) / 48000)
    >>> round(loudness(tone, 48000), 2), round(loudness(np.stack([tone, tone], axis=1), 48000), 2)
    (-3.01, 0.0)
    """
    signal = as_array(samples)
    channels = signal[:, None] if signal.ndim == 1 else signal
    if channels.ndim != 2 or not channels.size:
        raise InputError(
            f"loudness takes samples, or an array of (samples, channels), that is not empty, got shape {signal.shape}"
        )
    counts = _CHANNELS.get(channels.shape[1]) if weights is None else tuple(weights)
    if counts is None or len(counts) != channels.shape[1]:
        raise InputError(
            f"what each of {channels.shape[1]} channels counts for is not known, got weights={weights!r}; give one a channel"
        )
    LoudnessNormalise.check_type("last", last)
    weighting = KWeighting(rate)
    powers = [_powers(weighting, [channel], last) for channel in channels.T]
    return _gated(np.add.reduce([count * power for count, power in zip(counts, powers, strict=True)]))


def _powers(weighting: KWeighting, blocks: Iterable[Any], last: Last) -> Array:
    """The mean squares of the gating blocks of one channel."""
    tenth = float(weighting.rate) / 10
    ends, energies, held = [0], [], np.zeros(0)
    for rows in weighting.iterate(blocks):
        held = np.concatenate([held, rows])
        while len(held) >= (length := round(len(ends) * tenth) - ends[-1]):
            energies.append(_energy(held[:length]))
            ends.append(ends[-1] + length)
            held = held[length:]
    n = ends[-1] + len(held)
    if not n:
        raise InputError("there is no sample to measure; give a signal that is not empty")
    if last == "nearest" and round(n / tenth) > len(energies) >= _TENTHS:
        energies.append(_energy(held))  # as if silence filled it up
        ends.append(round(len(ends) * tenth))
    if len(energies) < _TENTHS:
        return np.array([(sum(energies) + _energy(held)) / n])
    summed = [sum(energies[at : at + _TENTHS]) for at in range(len(energies) - _TENTHS + 1)]
    return np.array(summed) / np.subtract(ends[_TENTHS:], ends[:-_TENTHS])


def _energy(samples: Array) -> float:
    return float(row_sum((samples * samples)[None])[0, 0])


def _gated(powers: Array) -> float:
    """The loudness of gating blocks of these powers."""
    loud = powers[powers > 10.0 ** ((-70.0 - _OFFSET) / 10.0)]
    if not len(loud):
        return -math.inf
    loud = loud[loud > 0.1 * loud.mean()]
    return _OFFSET + 10.0 * math.log10(float(loud.mean()))
