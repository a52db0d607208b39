"""Another sampling rate: every new sample is a sum of the old ones around it, weighted by a windowed sinc."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from importlib import import_module
from typing import Any, Literal, NamedTuple

import numpy as np

from featkit.errors import MissingExtra, ParameterError
from featkit.numeric import Array, project, sliding, weights
from featkit.stage import RowShape, Stage

#: Where the filter passes and stops, in parts of the lower Nyquist frequency, and how far down it is where it stops.
PASS, STOP, STOP_DB = 0.9, 1.0, 120.0
#: Weights in a table at most: with their places, 12 bytes each, this is 100 MB.
LARGEST_TABLE = 2**23
#: Weights in a table, and samples in the windows over which it is taken at a time, where a choice is left.
HANDY = 2**19
#: What soxr is late by at most, in samples of the lower rate (measured: 1350).
SOXR_LATE = 2048


class Ratio(NamedTuple):
    """``up`` samples out for ``down`` samples in, without a common divisor: all arithmetic about who comes when."""

    up: int
    down: int

    @property
    def half(self) -> int:
        """How far the filter reaches to either side, in samples in."""
        # Kaiser's formula for the taps that a transition band needs, at the lower of the two rates.
        taps = (STOP_DB - 7.95) / (2.285 * math.pi * (STOP - PASS))
        return math.ceil(taps / 2 * max(1.0, self.down / self.up))

    @property
    def taps(self) -> int:
        """How many samples in make one sample out."""
        return 2 * self.half + 1

    @property
    def periods(self) -> int:
        """How many periods have a table together: windows that overlap less are fewer to copy."""
        return max(1, min(2 * self.half // self.down, HANDY // (self.up * self.taps)))

    def count(self, n: int) -> int:
        """How many samples out lie within ``n`` samples in."""
        return -(-n * self.up // self.down)

    def needs(self, samples: int) -> int:
        """How many samples in the first ``samples`` samples out need."""
        return (samples - 1) * self.down // self.up + self.half + 1 if samples > 0 else 0

    def certain(self, n: int) -> int:
        """How many samples out the first ``n`` samples in are enough for."""
        return self.count(max(0, n - self.half))


class Filtered(NamedTuple):
    """The state of a stage that changes the rate."""

    rows: Array  # samples in, from the first one that the next period needs
    seen: int  # samples taken
    done: int  # samples given


class AtWork(NamedTuple):
    """The state with soxr, which remembers by itself: what it gives doesn't depend on how its input is cut."""

    resampler: Any
    seen: int
    done: int
    dtype: Any


class Polyphase(Stage):
    """What stages that change the rate have in common. They say by which :meth:`ratio`."""

    def ratio(self) -> Ratio:
        """The new rate by the old one."""
        raise NotImplementedError(f"{type(self).__name__} must define ratio()")

    def count(self, n: int) -> int:
        return self.ratio().count(n)

    def needs(self, rows: int) -> int:
        ratio = self.ratio()
        return rows if ratio.up == ratio.down else ratio.needs(rows)

    def step(self, state: Any, rows: Array) -> tuple[Any, Array]:
        ratio = self.ratio()
        if ratio.up == ratio.down:
            return None, rows
        held, seen, done = state or Filtered(np.zeros(ratio.half, rows.dtype), 0, 0)
        held, seen = np.concatenate([held, rows]), seen + len(rows)
        ready = ratio.certain(seen)
        after = (ready // _period(ratio)[0] - done // _period(ratio)[0]) * _period(ratio)[1]
        return Filtered(held[after:].copy(), seen, ready), _filter(ratio, held, done, ready)

    def flush(self, state: Any) -> Array | None:
        if state is None:
            return None
        ratio = self.ratio()
        return _filter(ratio, state.rows, state.done, ratio.count(state.seen))

    def widest(self, row: RowShape, size: int) -> tuple[int, int]:
        up, down = self.ratio()
        return (1 + up // down) * size, min(16, max(1, down // up))


class Resample(Polyphase):
    """Change the sampling rate of a signal.

    Parameters
    ----------
    rate : int
        The rate that is wanted, in Hz.
    from_rate : int
        The rate that the samples come with, in Hz.
    engine : str
        ``"scipy"``: the filter below. ``"soxr"``: the SoX resampler at its high quality; faster, and later in a stream. It is
        another package: ``pip install "featkit[resample]"``.

    Notes
    -----
    Shape: ``(n,)`` -> ``(ceil(n rate / from_rate),)``. Sample 0 stays where it is: there is no delay. Outside the signal
    there are zeros. What lies below 0.9 of the lower Nyquist frequency stays as it is (within 0.0001 dB), what lies above
    the lower Nyquist frequency is 110 dB down or more. In a stream, a sample waits for 79 samples of the lower rate (5 ms at
    16 kHz).

    The weights of every phase are kept in a table; two rates that have no large common divisor make it large.
    44101 to 16000 Hz takes 80 MB.

    Raises
    ------
    ParameterError
        If a rate is below 1, or the table would have more than 8 million weights.
    MissingExtra
        If soxr is asked for and isn't installed.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.cos(2 * np.pi * 100 * np.arange(4410) / 44100)
    >>> resampled = Resample(rate=16000, from_rate=44100)(tone)
    >>> resampled.shape, resampled[800:803].round(6)
    ((1600,), array([1.      , 0.999229, 0.996917]))
    """

    name = "resample"
    shape = "sample -> sample"
    formula = (
        "y[i] = sum_k x[k] h(i from_rate/rate - k),  h(u) = c sinc(c u) kaiser(u),  c = 0.95 min(1, rate/from_rate)"
    )
    source = "Crochiere & Rabiner, Multirate Digital Signal Processing, 1983; Kaiser, 1974"

    rate: int = 16000
    from_rate: int = 44100
    engine: Literal["scipy", "soxr"] = "scipy"

    def check(self) -> None:
        self.at_least(1, "rate", "from_rate")
        ratio = self.ratio()
        if self.engine == "scipy" and ratio.up != ratio.down and ratio.up * ratio.taps > LARGEST_TABLE:
            raise ParameterError(
                f"Resample from {self.from_rate} to {self.rate} Hz needs a table of {ratio.up * ratio.taps:,} weights "
                f"({ratio.up} phases of {ratio.taps}), and {LARGEST_TABLE:,} are the limit; "
                'give rates with a larger common divisor, or engine="soxr"'
            )

    def ratio(self) -> Ratio:
        common = math.gcd(self.rate, self.from_rate)
        return Ratio(int(self.rate) // common, int(self.from_rate) // common)

    def needs(self, rows: int) -> int:
        up, down = self.ratio()
        if self.engine == "soxr" and up != down and rows > 0:
            return (rows - 1) * down // up + 1 + math.ceil(SOXR_LATE * max(1, down / up))
        return super().needs(rows)

    def init(self) -> Any:
        if self.engine == "soxr":
            _import_soxr()
        return super().init()

    def step(self, state: Any, rows: Array) -> tuple[Any, Array]:
        up, down = self.ratio()
        if self.engine == "scipy" or up == down:
            return super().step(state, rows)
        resampler, seen, done, dtype = state or AtWork(self._soxr(rows.dtype), 0, 0, rows.dtype)
        out = resampler.resample_chunk(rows) if len(rows) else rows[:0]
        return AtWork(resampler, seen + len(rows), done + len(out), dtype), out

    def flush(self, state: Any) -> Array | None:
        if not isinstance(state, AtWork):
            return super().flush(state)
        # soxr rounds the number of samples; with a few zeros more there are enough to cut.
        zeros = np.zeros(1 + self.from_rate // self.rate, state.dtype)
        return state.resampler.resample_chunk(zeros, last=True)[: self.count(state.seen) - state.done]

    def _soxr(self, dtype: Any) -> Any:
        return _import_soxr().ResampleStream(self.from_rate, self.rate, 1, dtype=dtype.name, quality="HQ")


class Speed(Polyphase):
    """Play a signal faster or slower: its pitch goes up with its tempo, as that of a tape does.

    Parameters
    ----------
    factor : float
        How many times as fast. It counts as the nearest fraction with a denominator of at most 1000, so three decimals
        are exact.

    Notes
    -----
    Shape: ``(n,)`` -> ``(ceil(n / factor),)``, at the rate it came with. What would lie above the Nyquist frequency is
    filtered out as by :class:`featkit.Resample`. With the factor 1 the samples pass as they are.

    Raises
    ------
    ParameterError
        If the factor is not within 0.1 and 10.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.cos(2 * np.pi * np.arange(1000) / 10)
    >>> faster = Speed(1.25)(tone)
    >>> faster.shape, faster[400:409].round(4)
    ((800,), array([ 1.    ,  0.7071,  0.    , -0.7071, -1.    , -0.7071, -0.    ,
            0.7071,  1.    ]))
    """

    name = "speed"
    shape = "sample -> sample"
    formula = "y[i] = sum_k x[k] h(i factor - k)"
    source = "Ko et al., Audio augmentation for speech recognition, 2015 (sox speed)"

    factor: float = 1.1

    def check(self) -> None:
        check_factor(self, "factor")

    def ratio(self) -> Ratio:
        faster = as_fraction(self.factor)
        return Ratio(faster.denominator, faster.numerator)


def as_fraction(factor: float) -> Fraction:
    """The nearest fraction with a denominator of at most 1000.

    >>> as_fraction(1.1), as_fraction(0.95), as_fraction(2 ** (1 / 12))
    (Fraction(11, 10), Fraction(19, 20), Fraction(873, 824))
    """
    return Fraction(float(factor)).limit_denominator(1000)


def check_factor(stage: Stage, name: str) -> None:
    """Raise :class:`ParameterError` unless the field is a factor within 0.1 and 10."""
    factor = getattr(stage, name)
    if not 0.1 <= factor <= 10:
        raise ParameterError(f"{type(stage).__name__}.{name} must be within 0.1 and 10, got {factor!r}")


# --- the filter -------------------------------------------------------------------------------------------------------


def _filter(ratio: Ratio, rows: Array, first: int, last: int) -> Array:
    """The samples out first..last-1; ``rows`` begins with what the period of ``first`` needs, zeros follow it."""
    if last <= first:
        return np.empty(0, rows.dtype)
    made, hop = _period(ratio)
    span, start = hop + 2 * ratio.half, first // made
    windows = (last - 1) // made - start + 1
    lacking = max(0, (windows - 1) * hop + span - len(rows))
    frames = sliding(np.concatenate([rows, np.zeros(lacking, rows.dtype)]), span, hop)
    table, out, at = _phases(ratio, rows.dtype.str), [], first
    while at < last:
        frame, phase = at // made - start, at % made
        if phase == 0 and last - at >= made:  # whole periods, all at a time
            many = min((last - at) // made, max(1, HANDY // span))
            out.append(project(frames[frame : frame + many], table).reshape(-1))
        else:
            out.append(project(frames[frame : frame + 1], table[phase : min(made, phase + last - at)])[0])
        at += len(out[-1])
    return np.concatenate(out)


def _period(ratio: Ratio) -> tuple[int, int]:
    """How many samples out, and in, until the phases come again, as often as are computed at a time."""
    return ratio.up * ratio.periods, ratio.down * ratio.periods


# Not @constant, which keeps 256: these tables are large, and drawn factors make many.
@lru_cache(maxsize=16)
def _phases(ratio: Ratio, dtype: str) -> Any:
    """The weights of the samples out of a period: row i has those of the samples around i down/up."""
    made, _ = _period(ratio)
    half, taps = ratio.half, ratio.taps
    places = np.arange(made) * ratio.down
    filled = np.empty((made, taps), dtype)
    for at in range(0, made, 256):
        behind = (places[at : at + 256] % ratio.up / ratio.up)[:, None] + np.arange(half, -half - 1, -1)
        filled[at : at + 256] = impulse_response(behind, ratio)
    from scipy import sparse

    # (weight, column, where each row begins); the column of sample k is k + half.
    columns = (places // ratio.up)[:, None].astype(np.int32) + np.arange(taps, dtype=np.int32)
    begins = np.arange(0, made * taps + 1, taps, dtype=np.int32)
    shape = (made, ratio.down * ratio.periods + 2 * half)
    table = weights(sparse.csr_array((filled.reshape(-1), columns.reshape(-1), begins), shape=shape))
    for part in (table.data, table.indices, table.indptr):
        part.setflags(write=False)
    return table


def impulse_response(u: Array, ratio: Ratio) -> Array:
    """The filter at the times ``u``, in samples in: a sinc that stops half-way between PASS and STOP, under a window.

    >>> impulse_response(np.array([0.0, 1.0, 2.0]), Ratio(1, 2)).round(4)
    array([0.475 , 0.3173, 0.0249])
    """
    cutoff = (PASS + STOP) / 2 * min(1.0, ratio.up / ratio.down)
    beta = 0.1102 * (STOP_DB - 8.7)  # Kaiser's formula for what a window lets through
    inside = 1 - (u / ratio.half) ** 2
    window = np.where(inside >= 0, np.i0(beta * np.sqrt(np.maximum(inside, 0))) / np.i0(beta), 0.0)
    response: Array = cutoff * np.sinc(cutoff * u) * window
    return response


def _import_soxr() -> Any:
    try:
        return import_module("soxr")
    except ImportError:
        raise MissingExtra(
            'Resample(engine="soxr") needs the package soxr; pip install "featkit[resample]", or take engine="scipy"'
        ) from None
