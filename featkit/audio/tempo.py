"""Faster or slower without another pitch, and another pitch at the same tempo."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from featkit.audio.resample import Speed, as_fraction, check_factor
from featkit.errors import ParameterError
from featkit.numeric import Array, constant
from featkit.stage import Stage

#: How much less a segment from the edge of the search counts than one from its middle. It decides between periods that
#: are alike, so that a steady sound keeps its place in time.
PREFERENCE = 0.006


class Overlapped(NamedTuple):
    """The state of :class:`Tempo`."""

    rows: Array  # samples in, float64
    start: int  # index of rows[0] in the whole input
    seen: int  # samples taken
    frame: int  # segments taken from them
    at: int  # where the last segment begins
    fading: Array  # its second half, faded out
    dtype: Any


class Tempo(Stage):
    """Play a signal faster or slower with its pitch kept (WSOLA).

    Parameters
    ----------
    factor : float
        How many times as fast. It counts as the nearest fraction with a denominator of at most 1000, so three decimals
        are exact.
    rate : float
        Sampling rate in Hz.
    window_ms : float
        Length of the segments that the signal is put together from.
    search_ms : float
        How far from its place a segment may be taken, to either side: together at least a period of the lowest voice.

    Notes
    -----
    Shape: ``(n,)`` -> ``(ceil(n / factor),)``. Segments overlap by half. Each is taken from where it continues the segment
    before it best: where the normalised correlation with what would have come next is largest, over a window's length
    around the overlap. With the factor 1 the
    samples pass as they are. What happens at a time in the input happens within search_ms of its place in the output.

    The waveform within a segment stays as it is, which keeps voices clear. Sounds of many unrelated pitches at a time
    (chords) come out rougher than from a phase vocoder.

    Raises
    ------
    ParameterError
        If the factor is not within 0.1 and 10, rate is below 1, window_ms not above 0, search_ms below 0, or a window
        has less than two samples.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.cos(2 * np.pi * np.arange(8000) / 10)
    >>> slower = Tempo(0.8)(tone)
    >>> slower.shape, slower[5000:5011].round(2)
    ((10000,), array([ 1.  ,  0.81,  0.31, -0.31, -0.81, -1.  , -0.81, -0.31,  0.31,
            0.81,  1.  ]))
    """

    name = "tempo"
    shape = "sample -> sample"
    formula = (
        "y[t*hop + i] = w[i] x[s[t] + i] + w[i + hop] x[s[t-1] + hop + i],  s[t] within search_ms of t*hop*factor - hop"
    )
    source = "Verhelst & Roelands, An overlap-add technique based on waveform similarity (WSOLA), 1993"

    factor: float = 1.1
    rate: float = 16000
    window_ms: float = 25.0
    search_ms: float = 10.0

    def check(self) -> None:
        check_factor(self, "factor")
        self.at_least(1, "rate")
        self.above(0, "window_ms")
        self.at_least(0, "search_ms")
        if self._hop < 1:
            raise ParameterError(
                f"Tempo.window_ms must give at least 2 samples, got {self.window_ms!r} ms at {self.rate} Hz"
            )

    def count(self, n: int) -> int:
        faster = as_fraction(self.factor)
        return -(-n * faster.denominator // faster.numerator)

    def needs(self, rows: int) -> int:
        if rows < 1 or as_fraction(self.factor) == 1:
            return rows
        return self._reaches(-(-rows // self._hop))

    def init(self) -> Overlapped | None:
        return None

    def step(self, state: Overlapped | None, rows: Array) -> tuple[Overlapped | None, Array]:
        if as_fraction(self.factor) == 1:
            return None, rows
        if state is None:
            before = self._hop + self._beside + self._search
            state = Overlapped(np.zeros(before), -before, 0, 0, 0, np.zeros(0), rows.dtype)
        held = np.concatenate([state.rows, rows])
        state, out = self._put_together(state._replace(rows=held, seen=state.seen + len(rows)), None)
        return state, out

    def flush(self, state: Overlapped | None) -> Array | None:
        if state is None:
            return None
        last = -(-self.count(state.seen) // self._hop)
        done = max(0, state.frame - 1) * self._hop
        lacking = max(0, self._reaches(last) - state.seen)
        _, out = self._put_together(state._replace(rows=np.concatenate([state.rows, np.zeros(lacking)])), last)
        return out[: self.count(state.seen) - done]

    # --- where segments are ----------------------------------------------------------------------------------------------

    @property
    def _hop(self) -> int:
        return round(self.window_ms * self.rate / 2000)

    @property
    def _search(self) -> int:
        return round(self.search_ms * self.rate / 1000)

    @property
    def _beside(self) -> int:
        """How far what is compared sticks out on the left of where segments overlap.

        As much as on the right: were it not in the middle, a rising pitch would come late or early.
        """
        return self._hop // 2

    def _place(self, frame: int) -> int:
        """The sample in that belongs in the middle of a segment."""
        faster = as_fraction(self.factor)
        return frame * self._hop * faster.numerator // faster.denominator

    def _reaches(self, frame: int) -> int:
        """How many samples in it takes to choose a segment, and with it all before it."""
        continued = self._place(frame - 1) + 2 * self._hop - self._beside
        return max(continued, self._place(frame) + self._hop) + self._search if frame > 0 else self._hop

    # --- the mathematics ---------------------------------------------------------------------------------------------------

    def _put_together(self, state: Overlapped, last: int | None) -> tuple[Overlapped, Array]:
        """Take segments up to the last one, or as many as there are samples for."""
        rows, start, seen, frame, at, fading, dtype = state
        hop, out = self._hop, []
        rise = _rise(hop)
        while frame <= last if last is not None else self._reaches(frame) <= seen:
            at = self._next(rows, start, frame, at) if frame else -hop
            segment = rows[at - start : at - start + 2 * hop]
            if frame:
                out.append(fading + segment[:hop] * rise)
            fading = segment[hop:] * rise[::-1]
            frame += 1
        # The next segment is searched around its place, for what continues this one.
        keep = max(start, min(at + hop, self._place(frame) - hop - self._search) - self._beside) if frame else start
        after = Overlapped(rows[keep - start :].copy(), keep, seen, frame, at, fading, dtype)
        return after, np.concatenate([*out, np.zeros(0)]).astype(dtype)

    def _next(self, rows: Array, start: int, frame: int, at: int) -> int:
        """Where the segment begins that continues best the one that begins at ``at``."""
        hop, search = self._hop, self._search
        first = self._place(frame) - hop - search
        wanted = rows[at + hop - self._beside - start :][: 2 * hop]
        around = rows[first - self._beside - start :][: 2 * (hop + search)]
        return first + _best(wanted, around, search)


class PitchShift(Stage):
    """Raise or lower the pitch of a signal at the same tempo.

    Parameters
    ----------
    semitones : float
        How far; 12 is an octave up, -12 an octave down. The factor of the frequencies, ``2^(semitones/12)``, counts as
        the nearest fraction of numbers up to 1000.
    rate : float
        Sampling rate in Hz.
    window_ms, search_ms : float
        As for :class:`featkit.Tempo`.

    Notes
    -----
    Shape: ``(n,)`` -> ``(n,)``. The tempo is changed first, then the speed the other way (:class:`featkit.Tempo`,
    :class:`featkit.Speed`). Formants move with the pitch. With 0 semitones the samples pass as they are.

    Raises
    ------
    ParameterError
        If semitones is not within -24 and 24, or as :class:`featkit.Tempo`'s.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.cos(2 * np.pi * np.arange(8000) / 20)
    >>> higher = PitchShift(12)(tone)
    >>> higher.shape, higher[4000:4011].round(2)
    ((8000,), array([ 1.  ,  0.81,  0.31, -0.31, -0.81, -1.  , -0.81, -0.31,  0.31,
            0.81,  1.  ]))
    """

    name = "pitch_shift"
    shape = "sample -> sample"
    formula = "y = speed(tempo(x, 1/p), p),  p = 2^(semitones/12)"
    source = (
        "Laroche & Dolson, New phase-vocoder techniques for pitch-shifting, 1999 (time-scale modification, resampling)"
    )

    semitones: float = 2.0
    rate: float = 16000
    window_ms: float = 25.0
    search_ms: float = 10.0

    def check(self) -> None:
        if not -24 <= self.semitones <= 24:
            raise ParameterError(f"PitchShift.semitones must be within -24 and 24, got {self.semitones!r}")
        self._stages()

    def _stages(self) -> tuple[Tempo, Speed]:
        lower = as_fraction(2 ** (-abs(self.semitones) / 12))
        higher: Fraction = 1 / lower if self.semitones > 0 else lower
        return Tempo(float(1 / higher), self.rate, self.window_ms, self.search_ms), Speed(float(higher))

    def needs(self, rows: int) -> int:
        tempo, speed = self._stages()
        return tempo.needs(speed.needs(rows))

    def init(self) -> Any:
        return *(stage.init() for stage in self._stages()), 0

    def step(self, state: Any, rows: Array) -> tuple[Any, Array]:
        tempo, speed = self._stages()
        stretching, resampling, waiting = state
        stretching, stretched = tempo.step(stretching, rows)
        resampling, out = speed.step(resampling, stretched)
        return (stretching, resampling, waiting + len(rows) - len(out)), out

    def flush(self, state: Any) -> Array | None:
        tempo, speed = self._stages()
        stretching, resampling, waiting = state
        if stretching is None:
            return None
        stretched = tempo.flush(stretching)
        assert stretched is not None
        resampling, out = speed.step(resampling, stretched)
        rest = speed.flush(resampling)
        assert rest is not None
        return np.concatenate([out, rest])[:waiting]


@constant
def _rise(hop: int) -> Array:
    """The first half of a Hann window; with its mirror image it adds up to one."""
    return np.sin(np.pi * (np.arange(hop) + 0.5) / (2 * hop)) ** 2


@constant
def _nearest_first(search: int) -> Array:
    """The places of a search, those near its middle first: among equals, the nearest wins."""
    return np.argsort(np.abs(np.arange(-search, search + 1)), kind="stable")


def _best(wanted: Array, around: Array, search: int) -> int:
    """Where in ``around`` a segment like ``wanted`` begins: the largest normalised correlation."""
    from scipy.fft import irfft, next_fast_len, rfft

    points = next_fast_len(len(around), real=True)
    padded = np.zeros((2, points))
    padded[0, : len(wanted)] = wanted
    padded[1, : len(around)] = around
    one, other = rfft(padded)
    product = np.empty_like(one)
    product.real = one.real * other.real + one.imag * other.imag
    product.imag = one.real * other.imag - one.imag * other.real
    correlation = irfft(product, points)[: 2 * search + 1]
    power = np.concatenate([[0.0], np.cumsum(around * around)])
    energy = power[len(wanted) :] - power[: 2 * search + 1]
    likeness = correlation / np.sqrt(np.maximum(energy, 1e-12 * power[-1] + np.finfo(np.float64).tiny))
    likeness *= 1 - PREFERENCE * np.abs(np.arange(-search, search + 1)) / max(1, search)
    order = _nearest_first(search)
    return int(order[np.argmax(likeness[order])])
