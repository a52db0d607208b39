"""Pitch with voicing: pYIN's candidates for each frame, and the builder of the pipeline that tracks them."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.audio.viterbi import PitchTrack
from featkit.audio.yin import PeriodSearch
from featkit.errors import ParameterError
from featkit.numeric import Array, constant
from featkit.pipeline import Pipeline
from featkit.stage import RowShape

#: How much less likely the next longer period is: a factor of exp(-2).
_PREFERENCE = 2.0
#: Octaves in a second that the pitch may change by.
_OCTAVES_PER_SECOND = 18.0


class PitchCandidates(PeriodSearch):
    """What the pitch of each frame may be, and how likely: every trough of YIN's difference function, over all thresholds.

    YIN takes the first trough below a threshold; here the threshold itself is drawn from a distribution, so every trough
    gets the probability of being the one. :class:`featkit.PitchTrack` chooses among them.

    Parameters
    ----------
    rate, low_hz, high_hz, length, hop, edges, fill, window :
        As in :class:`featkit.Yin`.
    threshold : float
        The mean of the thresholds, which have a Beta(2, 2/threshold - 2) distribution.
    n_candidates : int
        How many are given; the most likely ones.
    otherwise : float
        The weight of the deepest trough where it is above the threshold.

    Notes
    -----
    Shape: ``(samples,)`` -> ``(frames, 2 * n_candidates)``: the frequencies in Hz, the most likely first, then
    their probabilities, in the same order. Where there are fewer, the rest is 0.

    Raises
    ------
    ParameterError
        As :class:`featkit.Yin`, and if threshold or otherwise is no share.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 220 * np.arange(8000) / 16000)
    >>> found = PitchCandidates(16000, n_candidates=3)(tone)[20]
    >>> found[:3].round(1), found[3:].round(2)
    (array([220. , 110. ,  73.3]), array([0.87, 0.12, 0.02]))
    """

    name = "pitch_candidates"
    shape = "sample -> frame candidate"
    formula = "p[k] = integral of P(s) b(rank of trough k among those below s) ds, P = Beta(2, 2/threshold - 2), b ~ exp(-2 rank)"
    source = "Mauch & Dixon, pYIN: a fundamental frequency estimator using probabilistic threshold distributions, 2014"

    threshold: float = 0.1
    n_candidates: int = 8
    otherwise: float = 0.01

    def check(self) -> None:
        super().check()
        self.above(0, "threshold")
        self.at_least(1, "n_candidates")
        self.at_least(0, "otherwise")
        if self.threshold >= 1 or self.otherwise > 1:
            raise ParameterError(
                f"PitchCandidates takes a threshold below 1 and otherwise up to 1, got {self.threshold:g} and "
                f"{self.otherwise:g}; both are shares"
            )

    def row_shape(self, row: RowShape) -> RowShape:
        return (2 * self.n_candidates,)

    def windows(self, rows: Array) -> Array:
        n = self.n_candidates
        out = np.zeros((len(rows), 2 * n), rows.dtype)
        if not len(rows):
            return out
        raw, normalised = self.difference(rows)
        frame, lag = self.troughs(normalised)
        depth, which = self._by_depth(len(rows), frame, normalised[frame, lag])
        probability = self._probabilities(depth, which)
        order = np.argsort(-probability, axis=1, kind="stable")[:, :n]
        which = np.take_along_axis(which, order, axis=1)
        there = which >= 0
        chosen = which[there]
        out[:, : which.shape[1]][there] = self.refine(raw, frame[chosen], lag[chosen])
        out[:, n : n + which.shape[1]] = np.take_along_axis(probability, order, axis=1)
        return out

    def _by_depth(self, frames: int, frame: Array, depth: Array) -> tuple[Array, Array]:
        """The troughs of each frame, deepest first: their depths (1 where there is none) and indices (-1).

        Left out are those that no threshold is above, but for the deepest.
        """
        order = np.lexsort((depth, frame))
        depth = depth[order]
        rank = np.arange(len(frame)) - np.searchsorted(frame, frame)  # frame is sorted, and stays so
        kept = (rank == 0) | (self._share_below(depth) < 1 - 1e-6)
        frame, rank = frame[kept], rank[kept]
        most = max(self.n_candidates, 1 + rank.max(initial=0))
        which = np.full((frames, most), -1)
        which[frame, rank] = order[kept]
        depths = np.ones((frames, most))
        depths[frame, rank] = depth[kept]
        return depths, which

    def _probabilities(self, depth: Array, which: Array) -> Array:
        """How likely each trough is the one, from their depths (deepest first) and their order by lag."""
        below = self._share_below(depth)  # of the thresholds
        # A threshold between the depths of trough r and of the next one has the troughs 0..r below it.
        between = np.concatenate([below[:, 1:], np.ones((len(depth), 1))], axis=1) - below
        # [k, r]: how many of 0..r have a shorter lag than k
        earlier = np.cumsum(which[:, None, :] < which[:, :, None], axis=2)
        table = _preference(-(-depth.shape[1] // 16) * 16)
        probability = np.zeros(depth.shape)
        for r in range(depth.shape[1]):
            probability[:, : r + 1] += between[:, r : r + 1] * table[r, earlier[:, : r + 1, r]]
        probability[:, 0] += self.otherwise * below[:, 0]
        return np.where(which >= 0, probability, 0)

    def _share_below(self, depth: Array) -> Array:
        """The distribution function of Beta(2, b)."""
        b = 2 / self.threshold - 2
        above = np.maximum(0, 1 - depth)
        share: Array = 1 - above**b * (1 + b * np.minimum(depth, 1))
        return share


@constant
def _preference(n: int) -> Array:
    """[r, j]: the prior of the j-th shortest lag of r + 1 (a Boltzmann distribution)."""
    raw = np.exp(-_PREFERENCE * np.arange(n))[None, :] * (np.arange(n)[None, :] <= np.arange(n)[:, None])
    table: Array = raw / raw.sum(axis=1, keepdims=True)
    return table


def pitch(
    rate: float = 16000,
    *,
    low_hz: float = 65.4,
    high_hz: float = 600.0,
    frame_ms: float = 25.0,
    hop_ms: float = 10.0,
    edges: Literal["snip", "centre", "per-hop", "half-hop", "end"] = "snip",
    window_ms: float | None = None,
    lag_ms: float | None = 500.0,
) -> Pipeline:
    """Pitch and voicing per frame, tracked over time: pYIN's candidates and the most likely path through them.

    Parameters
    ----------
    rate : float
        Sampling rate of the signal in Hz.
    low_hz, high_hz : float
        The range of the pitch.
    frame_ms, hop_ms, edges
        The frames, as in :func:`featkit.mfcc` and :class:`featkit.Frames`, so that rows of both belong together.
    window_ms : float or None
        How much is looked at around the middle of each frame; None: four periods of low_hz, and no less than the frame.
    lag_ms : float or None
        After how much more signal a frame is decided; None: after all of it (then it doesn't stream).

    Returns
    -------
    Pipeline
        ``(samples,)`` -> ``(frames, 2)``: the pitch in Hz, 0 in unvoiced frames, and the probability of being voiced.

    Raises
    ------
    ParameterError
        If a frame or a hop is shorter than one sample, the window too short for low_hz, or the range too high for the rate.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 220 * np.arange(16000) / 16000)
    >>> pitch(16000)(tone).shape, pitch(16000)(tone)[50].round(2)
    ((98, 2), array([220.,   1.]))
    """
    if not 0 < rate < float("inf"):
        raise ParameterError(f"the sampling rate must be finite and above 0 Hz, got {rate!r}")
    length, hop = (_samples(name, ms, rate) for name, ms in (("frame_ms", frame_ms), ("hop_ms", hop_ms)))
    window = None if window_ms is None else _samples("window_ms", window_ms, rate)
    lag = None if lag_ms is None else max(0, round(_finite("lag_ms", lag_ms) / hop_ms))
    return PitchCandidates(rate, low_hz, high_hz, length, hop, edges, window=window) | PitchTrack(
        octaves=_OCTAVES_PER_SECOND * hop / rate, lag=lag
    )


def _samples(name: str, ms: float, rate: float) -> int:
    samples = round(rate * _finite(name, ms) / 1000)
    if samples < 1:
        raise ParameterError(f"{name}={ms:g} is less than one sample at {rate:g} Hz; give at least {1000 / rate:g}")
    return samples


def _finite(name: str, ms: float) -> float:
    if not np.isfinite(ms):
        raise ParameterError(f"{name} must be a finite number of milliseconds, got {ms}")
    return ms
