"""A signal moved in time, its length kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from featkit.errors import InputError, ParameterError
from featkit.numeric import Array
from featkit.rows.scale import Samples
from featkit.stage import Stage, Whole


class TimeShift(Stage):
    """Move a signal later or earlier; its length stays, zeros stand where nothing is left.

    Parameters
    ----------
    samples : int
        How far; above 0 later, below 0 earlier.

    Notes
    -----
    Shape: ``(n,)``, unchanged. Moved by its whole length or more, a signal is silent. By a share of its length:
    :class:`ShiftByShare`.

    Examples
    --------
    >>> import numpy as np
    >>> TimeShift(2)(np.array([1.0, 2.0, 3.0])), TimeShift(-1)(np.array([1.0, 2.0, 3.0]))
    (array([0., 0., 1.]), array([2., 3., 0.]))
    """

    name = "time_shift"
    shape = "sample -> sample"
    formula = "y[i] = x[i - samples] where 0 <= i - samples < n, else 0"
    source = "featkit"

    samples: int = 160

    def needs(self, rows: int) -> int:
        return rows + max(0, -self.samples) if rows else 0

    # The state: later, the samples that are still to come, the first of them zeros; earlier, how many samples have come.

    def step(self, state: Any, rows: Array) -> tuple[Any, Array]:
        if self.samples > 0:
            late = self._late(state, rows)
            held = np.concatenate([late, rows])
            return held[len(rows) :].copy(), held[: len(rows)]
        seen, like = state or (0, rows[:0].copy())
        return (seen + len(rows), like), rows[max(0, -self.samples - seen) :]

    def flush(self, state: Any) -> Array | None:
        if state is None or self.samples > 0:
            return None
        seen, like = state
        return np.zeros(min(seen, -self.samples), like.dtype)

    def _late(self, state: Array | None, rows: Array) -> Array:
        return np.zeros(self.samples, rows.dtype) if state is None else state


class ShiftByShare(Whole):
    """Move a signal later or earlier by a share of its length; zeros stand where nothing is left.

    Parameters
    ----------
    share : float
        How far, as a share of the length; above 0 later, below 0 earlier.

    Notes
    -----
    Shape: ``(n,)``, unchanged. Settled in a first pass it becomes a :class:`TimeShift`.

    Raises
    ------
    ParameterError
        If the share is not within -1 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> ShiftByShare(0.5)(np.array([1.0, 2.0, 3.0, 4.0]))
    array([0., 0., 1., 2.])
    """

    name = "shift_by_share"
    shape = "sample -> sample"
    formula = "y[i] = x[i - round(share n)] where there is such a sample, else 0"
    source = "featkit"

    share: float = 0.1

    def check(self) -> None:
        if not abs(self.share) <= 1:
            raise ParameterError(f"ShiftByShare.share must be within -1 and 1, got {self.share!r}")

    def settle(self, blocks: Iterable[Any]) -> TimeShift:
        n = sum(map(len, Samples().iterate(blocks)))
        if not n:
            raise InputError("there is no sample to count; give a signal that is not empty")
        return TimeShift(round(self.share * n))
