"""One number for a whole block of features, so that it weighs as much as another block."""

from __future__ import annotations

from typing import Any

import numpy as np

from featkit.errors import InputError
from featkit.learner import Learner
from featkit.numeric import Rows, is_sparse, length_of
from featkit.rows.normalise import Cmvn, Moments
from featkit.rows.scale import Affine


class UnitSpread(Learner):
    """Divide all columns by one number, so that the rows learned from have a variance of 1 in all.

    Parameters
    ----------
    floor : float
        A smaller variance counts as this one, so that constant rows stay finite.

    Notes
    -----
    Shape: ``(rows, features)``, unchanged. Fitted, it is an :class:`Affine`. Rows may be a CSR matrix, and stay one. Blocks of
    features that are joined then weigh alike, however many columns they have and whatever their unit.

    Raises
    ------
    InputError
        If there was no row to learn from.

    Examples
    --------
    >>> import numpy as np
    >>> UnitSpread().fit([np.array([[0.0, 0.0], [6.0, 8.0]])])
    Affine(scale=0.2, offset=0.0)
    """

    name = "unit_spread"
    shape = "* * -> * *"
    formula = "y = x / sqrt(sum_d variance of x_d)"
    source = "block scaling: Westerhuis, Kourti & MacGregor, Analysis of multiblock and hierarchical PCA and PLS models, 1998"

    floor: float = 1e-20

    def check(self) -> None:
        self.above(0, "floor")

    def start(self) -> Moments:
        return Cmvn().start()

    def update(self, statistics: Moments, rows: Rows) -> Moments:
        if not is_sparse(rows):
            return Cmvn().update(statistics, rows)
        n = length_of(rows)
        if not n:
            return statistics
        mean = np.asarray(rows.mean(axis=0, dtype=np.float64)).ravel()
        spread = np.asarray(rows.astype(np.float64).power(2).sum(axis=0)).ravel() - n * mean**2
        return self.merge(statistics, Moments(n, mean, spread))

    def merge(self, one: Moments, other: Moments) -> Moments:
        return Cmvn().merge(one, other)

    def finish(self, statistics: Moments) -> Affine:
        if not statistics.frames:
            raise InputError("UnitSpread has seen no row; fit it on at least one")
        total: Any = statistics.spread.sum() / statistics.frames
        return Affine(float(1.0 / np.sqrt(max(total, self.floor))))
