"""A whole signal, or every feature of a whole utterance, to mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from featkit.errors import InputError, ParameterError
from featkit.numeric import Array, concatenate
from featkit.rows.normalise import Normalise
from featkit.stage import Pointwise, Whole


class ZScore(Pointwise):
    """Subtract a mean from every value and divide by a deviation, the same for all columns.

    Parameters
    ----------
    mean, deviation : float

    Notes
    -----
    Any shape, unchanged. A mean and a deviation for each column: :class:`featkit.Normalise`.

    Raises
    ------
    ParameterError
        If the deviation is not above 0 or the mean not finite.

    Examples
    --------
    >>> import numpy as np
    >>> ZScore(mean=1.0, deviation=4.0)(np.array([1.0, 9.0]))
    array([0., 2.])
    """

    name = "z_score"
    formula = "y = (x - mean) / deviation"
    source = "the definition of a standard score"

    mean: float = 0.0
    deviation: float = 1.0

    def check(self) -> None:
        self.above(0, "deviation")
        if not np.isfinite(self.mean):
            raise ParameterError(f"ZScore.mean must be finite, got {self.mean!r}")

    def apply(self, rows: Array) -> Array:
        return (rows - float(self.mean)) / float(self.deviation)


class Standardise(Whole):
    """Subtract from each column its mean over the whole input and divide it by its deviation.

    Parameters
    ----------
    mean : bool
        Subtract the mean.
    variance : bool
        Divide by the deviation.
    ddof : int
        The variance is the sum of squares divided by n - ddof.
    variance_offset : float
        Added to the variance before its root is taken.
    deviation_offset : float
        Added to the root.
    pairwise : bool
        How columns are summed: in pairs of parts, or one row after the other, which in float32 goes astray with long inputs,
        and is what some models were trained with.

    Notes
    -----
    Any shape, unchanged; a signal counts as one column. A column whose deviation is 0 (a constant one, or a single row) and
    stays 0 with the offsets is not divided. Computed in the precision of the input, mean first, as those do that a model
    was trained with; with Kaldi's sums in double precision: :class:`featkit.UtteranceCmvn`. Settled in a first pass, which
    holds all of its rows, it becomes a :class:`featkit.Normalise` or, of a signal, a :class:`ZScore`.

    Raises
    ------
    ParameterError
        If neither the mean nor the variance is normalised, or an offset is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> Standardise()(np.array([1.0, 3.0])), Standardise(ddof=1)(np.array([[0.0], [3.0], [6.0]])).ravel()
    (array([-1.,  1.]), array([-1.,  0.,  1.]))
    """

    name = "standardise"
    formula = "y[t, d] = (x[t, d] - mean_t x[t, d]) / (sqrt(variance_t x[t, d] + variance_offset) + deviation_offset)"
    source = "Viikki & Laurila, Cepstral domain segmental feature vector normalization, 1998"

    mean: bool = True
    variance: bool = True
    ddof: Literal[0, 1] = 0
    variance_offset: float = 0.0
    deviation_offset: float = 0.0
    pairwise: bool = True

    def check(self) -> None:
        self.at_least(0, "variance_offset", "deviation_offset")
        if not (self.mean or self.variance):
            raise ParameterError("Standardise does nothing with mean=False and variance=False; leave it out")

    def settle(self, blocks: Iterable[Array]) -> Normalise | ZScore:
        rows = concatenate(list(blocks))
        if not rows.size:
            raise InputError("there is no row to take the mean of; give an input that is long enough for a frame")
        kind = rows.dtype.type
        # NumPy sums along memory in pairs of parts, across it one row after the other.
        axis = -1 if self.pairwise else 0
        laid = np.ascontiguousarray(np.moveaxis(rows, 0, -1)) if self.pairwise else np.ascontiguousarray(rows)
        mean = laid.mean(axis=axis) if self.mean else np.zeros(rows.shape[1:], kind)
        deviation = np.ones(rows.shape[1:], kind)
        if self.variance:
            if not self.pairwise:  # measured once more on what is centred: its mean is 0 but for what went astray
                laid = laid - mean
            spread = laid.var(axis=axis, ddof=self.ddof) if len(rows) > self.ddof else np.zeros_like(deviation)
            deviation = np.sqrt(spread + kind(self.variance_offset)) + kind(self.deviation_offset)
            deviation = np.where(deviation == 0, kind(1), deviation)
        return Normalise(mean, deviation) if rows.ndim > 1 else ZScore(float(mean), float(deviation))
