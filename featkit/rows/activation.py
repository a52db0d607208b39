"""Activations: what a neural network does to every value after a linear map. All are safe for values of any size."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from featkit.errors import ShapeError
from featkit.numeric import Array, row_sum
from featkit.stage import Pointwise, RowShape


class Relu(Pointwise):
    """Keep what is above 0, and 0 for the rest.

    Notes
    -----
    Shape: any, unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> Relu()(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """

    name = "relu"
    formula = "y = max(x, 0)"
    source = "Nair & Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010"

    def apply(self, rows: Array) -> Array:
        return np.where(rows > 0, rows, rows.dtype.type(0))  # maximum gives either zero for -0


class LeakyRelu(Pointwise):
    """Keep what is above 0, and a small part of the rest.

    Parameters
    ----------
    slope : float
        What values below 0 are multiplied by.

    Notes
    -----
    Shape: any, unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> LeakyRelu(0.1)(np.array([-2.0, 0.0, 3.0]))
    array([-0.2,  0. ,  3. ])
    """

    name = "leaky_relu"
    formula = "y = x for x >= 0, slope x below"
    source = "Maas, Hannun & Ng, Rectifier nonlinearities improve neural network acoustic models, 2013"

    slope: float = 0.01

    def check(self) -> None:
        self.at_least(0, "slope")

    def apply(self, rows: Array) -> Array:
        return np.where(rows >= 0, rows, rows * rows.dtype.type(self.slope))


class Elu(Pointwise):
    """Keep what is above 0, and bend the rest towards a lower bound.

    Parameters
    ----------
    alpha : float
        The bound: large values below 0 become -alpha.

    Notes
    -----
    Shape: any, unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> Elu()(np.array([-1000.0, 0.0, 3.0]))
    array([-1.,  0.,  3.])
    """

    name = "elu"
    formula = "y = x for x > 0, alpha (exp(x) - 1) below"
    source = (
        "Clevert, Unterthiner & Hochreiter, Fast and accurate deep network learning by exponential linear units, 2016"
    )

    alpha: float = 1.0

    def check(self) -> None:
        self.at_least(0, "alpha")

    def apply(self, rows: Array) -> Array:
        below = np.expm1(np.where(rows < 0, rows, rows.dtype.type(0)))  # no overflow where it isn't used
        return np.where(rows > 0, rows, below * rows.dtype.type(self.alpha))


class Sigmoid(Pointwise):
    """The logistic function: any number to one between 0 and 1.

    Notes
    -----
    Shape: any, unchanged. exp is taken of values below 0 only, so nothing overflows, and small results keep their digits.

    Examples
    --------
    >>> import numpy as np
    >>> Sigmoid()(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """

    name = "sigmoid"
    formula = "y = 1 / (1 + exp(-x))"
    source = "the logistic function (Verhulst, 1845)"

    def apply(self, rows: Array) -> Array:
        return _sigmoid(rows)


class Tanh(Pointwise):
    """The hyperbolic tangent: any number to one between -1 and 1.

    Notes
    -----
    Shape: any, unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> Tanh()(np.array([-1000.0, 0.0, 1000.0]))
    array([-1.,  0.,  1.])
    """

    name = "tanh"
    formula = "y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))"
    source = "the hyperbolic tangent"

    def apply(self, rows: Array) -> Array:
        return np.tanh(rows)


class Silu(Pointwise):
    """Every value times its own sigmoid, also known as swish.

    Notes
    -----
    Shape: any, unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> Silu()(np.array([-1000.0, 0.0, 1.0])).round(4)
    array([-0.    ,  0.    ,  0.7311])
    """

    name = "silu"
    formula = "y = x / (1 + exp(-x))"
    source = "Elfwing, Uchibe & Doya, Sigmoid-weighted linear units, Neural Networks 107, 2018"

    def apply(self, rows: Array) -> Array:
        return rows * _sigmoid(rows)


class Gelu(Pointwise):
    """Every value times the probability that a normally distributed one is below it.

    Parameters
    ----------
    form : str
        ``"exact"``, or ``"tanh"``: the approximation that BERT's and GPT's first code used.

    Notes
    -----
    Shape: any, unchanged. The probability is computed from the complementary error function, so that it keeps its digits
    where it is small.

    Examples
    --------
    >>> import numpy as np
    >>> Gelu()(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    >>> Gelu("tanh")(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1588,  0.    ,  0.8412])
    """

    name = "gelu"
    formula = "y = x P(N <= x) = x erfc(-x / sqrt(2)) / 2; tanh form: x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2"
    source = "Hendrycks & Gimpel, Gaussian error linear units, 2016"

    form: Literal["exact", "tanh"] = "exact"

    def apply(self, rows: Array) -> Array:
        kind = rows.dtype.type
        if self.form == "exact":
            from scipy.special import erfc

            return rows * (erfc(rows * kind(-math.sqrt(0.5))) * kind(0.5))
        near = np.clip(rows, kind(-100), kind(100))  # beyond, the share is 0 or 1, and the cube might overflow
        # (1 + tanh(u)) / 2 is the sigmoid of 2u
        return rows * _sigmoid(kind(math.sqrt(8 / math.pi)) * (near + kind(0.044715) * (near * near * near)))


class Softmax(Pointwise):
    """Each row as shares: above 0, and together 1.

    Notes
    -----
    Shape: any, unchanged; the shares are taken over the last axis. The largest value of a row is subtracted first, so
    that nothing overflows.

    Raises
    ------
    ShapeError
        If a row is a single number.

    Examples
    --------
    >>> import numpy as np
    >>> Softmax()(np.array([[1000.0, 1000.0], [0.0, np.log(3.0)]]))
    array([[0.5 , 0.5 ],
           [0.25, 0.75]])
    """

    name = "softmax"
    shape = "* ... -> * ..."
    formula = "y[t, d] = exp(x[t, d]) / sum_e exp(x[t, e])"
    source = "Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990"

    def row_shape(self, row: RowShape) -> RowShape:
        if row == ():
            raise ShapeError("Softmax takes rows of several values, got single numbers; give one row as rows[None]")
        return row

    def apply(self, rows: Array) -> Array:
        # Half of each value, since the difference of two large ones may overflow.
        half = rows * rows.dtype.type(0.5)
        apart = half - half.max(axis=-1, keepdims=True)
        shares = np.exp(np.maximum(apart, rows.dtype.type(-1e4)) * rows.dtype.type(2))
        return shares / row_sum(shares)


def _sigmoid(rows: Array) -> Array:
    small = np.exp(-np.abs(rows))
    return np.where(rows >= 0, rows.dtype.type(1), small) / (1 + small)
