"""Deltas: how features move in time."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Array, constant, flatten_rows
from featkit.stage import RowShape
from featkit.windowed import Geometry, Windowed

#: What lies outside the frames: the edge frame again, a reflection without or with it, zeros; or nothing does, and windows
#: that would stick out are moved inside.
Edges = Literal["edge", "reflect", "mirror", "zero", "inside"]


@constant
def regression_weights(window: int, order: int) -> Array:
    """The 2*window*order + 1 weights of a delta of some order: the slope of a line fitted, convolved with itself.

    >>> regression_weights(2, 1)
    array([-0.2, -0.1,  0. ,  0.1,  0.2])
    """
    slope = np.arange(-window, window + 1) / (2.0 * sum(n * n for n in range(1, window + 1)))
    weights = np.ones(1)
    for _ in range(order):
        weights = np.convolve(weights, slope)
    return weights


@constant
def polynomial_weights(width: int, order: int, degree: int, spacing: float) -> Array:
    """The weights that give the ``order``-th derivative, at the centre, of the polynomial fitted to ``width`` points.

    >>> polynomial_weights(3, 1, 1, 1.0).round(3)
    array([-0.5, -0. ,  0.5])
    """
    from math import factorial

    powers = np.arange(-(width // 2), width // 2 + 1)[:, None] ** np.arange(degree + 1.0)
    return np.linalg.pinv(powers)[order] * (factorial(order) / spacing**order)


class _Weighted(Windowed):
    """What the two delta stages share: a weighted sum over a window of frames."""

    shape = "* * -> * *"

    def weights(self) -> Array:
        """One weight per frame of the window."""
        raise NotImplementedError(f"{type(self).__name__} must define weights()")

    def windows(self, rows: Array) -> Array:
        # Term by term: the order of summation must not depend on how many windows there are.
        total = np.zeros((len(rows), *rows.shape[2:]), rows.dtype)
        for at, weight in enumerate(self.weights().tolist()):
            if weight:
                total += rows[:, at] * weight
        return total


class Deltas(_Weighted):
    """The slope of each feature over time: the line fitted to the frames around it.

    Parameters
    ----------
    window : int
        Frames on each side.
    order : int
        1 for deltas, 2 for accelerations: the weights convolved with themselves, applied to the features as Kaldi does.
        (HTK and torchaudio take deltas of deltas instead: ``Deltas() | Deltas()``; they differ in the edge frames.)
    edges : str
        What lies outside the frames: ``"edge"`` repeats the first and last (Kaldi, HTK, torchaudio,
        python_speech_features), ``"reflect"``, ``"mirror"``, ``"zero"``; ``"inside"`` moves windows inside.

    Notes
    -----
    Shape: ``(frames, features)``, unchanged.

    Raises
    ------
    ParameterError
        If window or order is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> Deltas(window=1)(np.array([[0.0], [1.0], [4.0]])).ravel()
    array([0.5, 2. , 1.5])
    """

    name = "deltas"
    formula = "d[t] = sum_{n=1..window} n (c[t+n] - c[t-n]) / (2 sum n^2)"
    source = "Furui, Speaker-independent isolated word recognition, 1986; Kaldi, feature-functions.cc"

    window: int = 2
    order: int = 1
    edges: Edges = "edge"

    def check(self) -> None:
        self.at_least(1, "window", "order")

    def geometry(self) -> Geometry:
        half = self.window * self.order
        return Geometry(2 * half + 1, left=half, fill=self.edges)

    def weights(self) -> Array:
        return regression_weights(self.window, self.order)


class PolynomialDeltas(_Weighted):
    """The derivative of the polynomial fitted to the frames around each one (Savitzky-Golay).

    Parameters
    ----------
    width : int
        Frames in the fit, odd.
    order : int
        Which derivative.
    degree : int or None
        Of the polynomial; None: the order, as librosa has it. With degree = order the derivative is the same all over the
        window, which is what ``edges="inside"`` (librosa's ``interp``) relies on.
    edges : str
        As in :class:`Deltas`; librosa's ``nearest`` is ``"edge"``, its ``mirror`` is ``"reflect"``.
    spacing : float
        Time between frames; 1 gives derivatives per frame.

    Notes
    -----
    Shape: ``(frames, features)``, unchanged.

    Raises
    ------
    ParameterError
        If width is even or below 3, degree not between order and width - 1, or edges are "inside" and degree > order.

    Examples
    --------
    >>> import numpy as np
    >>> PolynomialDeltas(width=3, order=2)(np.array([[0.0], [1.0], [4.0], [9.0]])).ravel().round(6)
    array([2., 2., 2., 2.])
    """

    name = "polynomial_deltas"
    formula = "d[t] = the order-th derivative at t of the polynomial fitted to c[t - width/2 .. t + width/2]"
    source = "Savitzky & Golay, Smoothing and differentiation of data, 1964; librosa.feature.delta"

    width: int = 9
    order: int = 1
    degree: int | None = None
    edges: Edges = "inside"
    spacing: float = 1.0

    def check(self) -> None:
        self.at_least(3, "width")
        self.at_least(1, "order")
        self.above(0, "spacing")
        degree = self.order if self.degree is None else self.degree
        if self.width % 2 == 0:
            raise ParameterError(
                f"PolynomialDeltas.width must be odd, so that a frame is in the middle; got {self.width}"
            )
        if not self.order <= degree < self.width:
            raise ParameterError(
                f"a polynomial of degree {degree} does not have order {self.order} from {self.width} points"
            )
        if self.edges == "inside" and degree != self.order:
            raise ParameterError(
                f"edges='inside' needs degree == order (got {degree} and {self.order}); choose other edges"
            )

    def geometry(self) -> Geometry:
        return Geometry(self.width, left=self.width // 2, fill=self.edges)

    def weights(self) -> Array:
        degree = self.order if self.degree is None else self.degree
        return polynomial_weights(self.width, self.order, degree, self.spacing)


class ShiftedDeltas(Windowed):
    """Shifted delta cepstra: deltas at several steps ahead, side by side (language recognition's N-d-P-k).

    Parameters
    ----------
    distance : int
        d: a delta is c[t + d] - c[t - d].
    shift : int
        P: frames from one block to the next.
    blocks : int
        k: how many blocks.

    Notes
    -----
    Shape: ``(frames, features)`` -> ``(frames, blocks * features)``; edge frames are repeated outside.

    Raises
    ------
    ParameterError
        If one of them is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> ShiftedDeltas(1, shift=1, blocks=2)(np.array([[0.0], [1.0], [4.0]]))
    array([[1., 4.],
           [4., 3.],
           [3., 0.]])
    """

    name = "shifted_deltas"
    shape = "* * -> * *"
    formula = "y[t] = (c[t + iP + d] - c[t + iP - d]),  i = 0 .. k-1"
    source = "Torres-Carrasquillo et al., Approaches to language identification using shifted delta cepstra, 2002"

    distance: int = 1
    shift: int = 3
    blocks: int = 7

    def check(self) -> None:
        self.at_least(1, "distance", "shift", "blocks")

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (row[0] * self.blocks,)

    def geometry(self) -> Geometry:
        return Geometry(2 * self.distance + (self.blocks - 1) * self.shift + 1, left=self.distance, fill="edge")

    def windows(self, rows: Array) -> Array:
        starts = np.arange(self.blocks) * self.shift
        return flatten_rows(rows[:, starts + 2 * self.distance] - rows[:, starts])
