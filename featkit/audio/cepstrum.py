"""The cepstrum: the DCT of a log spectrum, and the lifter on it."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.errors import ShapeError
from featkit.numeric import Array, constant
from featkit.stage import Pointwise, RowShape


class Dct(Pointwise):
    """The discrete cosine transform of each row, its first coefficients.

    Parameters
    ----------
    n : int or None
        Coefficients kept, from the 0th on; None keeps all.
    type : int
        1, 2, 3 or 4.
    ortho : bool
        Scaled to an orthonormal matrix; else as the formula stands (SciPy's and FFTW's scaling).

    Notes
    -----
    Shape: ``(frames, values)`` -> ``(frames, n)``. Unscaled, with N values: type II is
    ``2 sum_i x[i] cos(pi k (2i + 1) / 2N)``; orthonormal, that is times sqrt(1/4N) for k = 0 and sqrt(1/2N) for others.

    Raises
    ------
    ParameterError
        If n is below 1.
    ShapeError
        If a row has fewer than n values (or fewer than 2, for type 1).

    Examples
    --------
    >>> import numpy as np
    >>> Dct(2)(np.array([[1.0, 1.0, 1.0, 1.0]]))
    array([[2., 0.]])
    """

    name = "dct"
    shape = "* * -> * cepstrum"
    formula = "c[t, k] = s[k] sum_i x[t, i] cos(pi k (i + 1/2) / N)  (type II)"
    source = "Ahmed, Natarajan & Rao, Discrete cosine transform, 1974; scipy.fft.dct"

    n: int | None = None
    type: Literal[1, 2, 3, 4] = 2
    ortho: bool = True

    def check(self) -> None:
        self.at_least(1, "n")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is None:
            return None if self.n is None else (self.n,)
        if row[0] < (self.n or 1):
            raise ShapeError(f"Dct keeps {self.n} coefficients but a row has {row[0]} values; lower n or widen the row")
        if row[0] < 2 and self.type == 1:
            raise ShapeError(f"Dct of type 1 takes rows of at least 2 values, got {row[0]}; choose type 2")
        return (self.n or row[0],)

    def apply(self, rows: Array) -> Array:
        from scipy.fft import dct

        if not len(rows):
            return np.empty((0, self.n or rows.shape[-1]), rows.dtype)
        # Along axis 0 of the transpose, as the rows of a mel bank lie; what is kept then lies side by side, too.
        coefficients = dct(rows.T, type=self.type, norm="ortho" if self.ortho else None, axis=0)
        return coefficients[: self.n].T


@constant
def lifter_weights(length: float, n: int, first: int, dtype: str) -> Array:
    """The n weights of a sine lifter; see :class:`Lifter`."""
    return (1.0 + length / 2.0 * np.sin(np.pi * np.arange(first, first + n) / length)).astype(dtype)


class Lifter(Pointwise):
    """Weight cepstral coefficients with a raised sine, so that high ones count more.

    Parameters
    ----------
    length : float
        L in the formula; 22 in HTK and Kaldi. 0 leaves the coefficients as they are.
    first : int
        The index k of the first column: 0 (HTK, Kaldi) or 1 (librosa).

    Notes
    -----
    Shape: ``(frames, coefficients)``, unchanged.

    Raises
    ------
    ParameterError
        If length or first is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> Lifter(22)(np.ones((1, 3))).round(3)
    array([[1.   , 2.565, 4.099]])
    """

    name = "lifter"
    shape = "* cepstrum -> * cepstrum"
    formula = "y[t, k] = (1 + L/2 sin(pi k / L)) c[t, k]"
    source = "Juang, Rabiner & Wilpon, On the use of bandpass liftering, 1987; HTK Book, CEPLIFTER"

    length: float = 22
    first: int = 0

    def check(self) -> None:
        self.at_least(0, "length", "first")

    def apply(self, rows: Array) -> Array:
        if self.length == 0:
            return rows
        return rows * lifter_weights(self.length, rows.shape[-1], self.first, rows.dtype.str)
