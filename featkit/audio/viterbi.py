"""The most likely track through pitch candidates: dynamic programming after Viterbi, that streams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from featkit.errors import ParameterError, ShapeError
from featkit.numeric import Array, Rows, concatenate
from featkit.stage import RowShape, Stage

#: The logarithm of what can't be; finite, so that two of them can be compared.
_NEVER = -1e30


class Track(NamedTuple):
    """The state of :class:`PitchTrack`: how good each state of the last frame is, and the best path as far as it is open."""

    score: Array  # per state of the last frame: its candidates, then unvoiced
    rows: Array  # of the frames that are not decided yet; the last of them at least
    back: list[list[int]]  # for each of those frames: the state before, per state
    path: list[int]  # the state of each on the best path
    open: int  # how many of them are not decided


class PitchTrack(Stage):
    """Choose one of each frame's pitch candidates, or none: the most likely path in time.

    A hidden Markov model: the states of a frame are its candidates and "unvoiced". The pitch moves by a small interval rather
    than a large one, and voicing seldom changes.

    Parameters
    ----------
    octaves : float
        The pitch moves by less than this from one frame to the next. The probability falls linearly up to there.
    switch : float
        The probability of a change between voiced and unvoiced from one frame to the next.
    unvoiced : float
        What weight being unvoiced has where no candidate is likely. More: fewer frames are voiced.
    lag : int or None
        Frames after which a frame is decided by what is the best path then. None: at the end of the input only.

    Notes
    -----
    Shape: ``(frames, 2 * candidates)``, the frequencies and then their probabilities as from
    :class:`featkit.PitchCandidates`, -> ``(frames, 2)``: the pitch in Hz, 0 in unvoiced frames, and the probability that the
    frame is voiced, which is what its candidates have together.

    The best paths to all states mostly have one past in common within some tenths of a second. A lag longer than that changes
    nothing against the whole input. With ``lag=None`` it doesn't stream.

    Raises
    ------
    ParameterError
        If a value is out of its range.
    ShapeError
        If the number of columns is odd.

    Examples
    --------
    >>> import numpy as np
    >>> jump = np.array([[100.0, 200, 0.9, 0.1], [100, 200, 0.2, 0.8], [100, 200, 0.9, 0.1], [0, 0, 0, 0]])
    >>> PitchTrack()(jump)
    array([[100.,   1.],
           [100.,   1.],
           [100.,   1.],
           [  0.,   0.]])
    """

    name = "pitch_track"
    shape = "frame candidate -> frame pitch"
    formula = "path = argmax sum_t log p[t, path_t] + log P(path_t | path_t-1);  y[t] = f0 on the path, sum_k p[t, k]"
    source = "Mauch & Dixon, pYIN, 2014; Talkin, A robust algorithm for pitch tracking (RAPT), 1995; Viterbi, 1967"

    octaves: float = 0.18
    switch: float = 0.01
    unvoiced: float = 0.005
    lag: int | None = 50

    def check(self) -> None:
        self.above(0, "octaves", "switch", "unvoiced")
        self.at_least(0, "lag")
        for name in ("switch", "unvoiced"):
            if getattr(self, name) >= 1:
                raise ParameterError(f"PitchTrack.{name} must be below 1, got {getattr(self, name)!r}")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and row[0] % 2:
            raise ShapeError(
                f"PitchTrack takes as many frequencies as probabilities, got rows of {row[0]}; PitchCandidates gives both"
            )
        return (2,)

    def needs(self, rows: int) -> int:
        return rows + (self.lag or 0) if rows else 0

    @property
    def streamable(self) -> bool:
        """Where the lag is limited."""
        return self.lag is not None

    def drive(self, blocks: Iterable[Rows]) -> Iterator[Rows]:
        return super().drive(blocks if self.streamable else [concatenate(list(blocks))])

    def step(self, state: Track | None, rows: Array) -> tuple[Track | None, Array]:
        if not len(rows):
            return state, np.empty((0, 2), rows.dtype)
        state = state or self._begin(rows)
        score, back, path = state.score, state.back.copy(), state.path.copy()
        every = np.concatenate([state.rows, rows])
        steps = self._steps(every[len(state.rows) - 1 :])
        columns = np.arange(steps.shape[2])
        decided: list[int] = []
        opened = state.open
        for move in steps:
            ways = score[:, None] + move
            before = ways.argmax(axis=0)
            score = ways[before, columns]
            best = int(score.argmax())
            score -= score[best]
            back.append(before.tolist())
            path.append(best)
            _follow(path, back)
            opened += 1
            if self.lag is not None and opened > self.lag:
                decided.append(path[-opened])
                opened -= 1
                keep = max(1, opened)
                del path[:-keep], back[:-keep]
        first = len(every) - len(rows) - state.open
        out = self._chosen(every[first : first + len(decided)], decided)
        return Track(score, every[len(every) - len(path) :].copy(), back, path, opened), out

    def flush(self, state: Track | None) -> Array | None:
        if state is None:
            return None
        return self._chosen(state.rows[len(state.rows) - state.open :], state.path[len(state.path) - state.open :])

    def _begin(self, rows: Array) -> Track:
        """Before the first frame it was unvoiced."""
        n = rows.shape[1] // 2
        score = np.full(n + 1, _NEVER)
        score[n] = 0
        return Track(score, np.zeros((1, 2 * n), rows.dtype), [[n] * (n + 1)], [n], 0)

    def _steps(self, rows: Array) -> Array:
        """The logarithm of each step from a frame's states to those of the next, shape (frames - 1, from, to)."""
        n = rows.shape[1] // 2
        f0, p = _candidates(rows)
        octave = np.log2(np.where(p > 0, f0, 1))
        apart = np.abs(octave[1:, None, :] - octave[:-1, :, None])
        steps = np.empty((len(rows) - 1, n + 1, n + 1))
        steps[:, :n, :n] = (1 - self.switch) * np.maximum(0, 1 - apart / self.octaves)
        steps[:, n, :n] = steps[:, :n, n] = self.switch
        steps[:, n, n] = 1 - self.switch
        steps[:, :, :n] *= p[1:, None, :]
        steps[:, :, n] *= self.unvoiced * np.maximum(1 - _voiced(p[1:]), 1e-9)[:, None]
        return np.log(steps, out=np.full(steps.shape, _NEVER), where=steps > 0)

    def _chosen(self, rows: Array, path: list[int]) -> Array:
        f0, p = _candidates(rows)
        states = np.array(path, np.intp)
        f0 = np.concatenate([f0, np.zeros((len(rows), 1))], axis=1)
        out = np.empty((len(rows), 2), rows.dtype)
        out[:, 0] = f0[np.arange(len(rows)), states]
        out[:, 1] = _voiced(p)
        return out


def _candidates(rows: Array) -> tuple[Array, Array]:
    """Frequencies and probabilities; what is no candidate has the probability 0."""
    n = rows.shape[1] // 2
    f0, p = rows[:, :n].astype(np.float64), rows[:, n:].astype(np.float64)
    return f0, np.where((f0 > 0) & (p > 0), p, 0)


def _voiced(p: Array) -> Array:
    total = np.zeros(len(p))
    for column in range(p.shape[1]):
        total += p[:, column]
    return np.minimum(total, 1)


def _follow(path: list[int], back: list[list[int]]) -> None:
    """Correct the path to lead to its last state, back to where it did already."""
    for at in range(len(path) - 1, 0, -1):
        before = back[at][path[at]]
        if path[at - 1] == before:
            return
        path[at - 1] = before
