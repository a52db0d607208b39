"""Features of any width brought to a given one, with as much of their variance as fits."""

from __future__ import annotations

import numpy as np

from featkit.errors import InputError, ParameterError
from featkit.fusion.dense import Dense
from featkit.learner import Learner
from featkit.numeric import Array, Rows, concatenate, is_sparse, length_of, training_product
from featkit.stage import RowShape


class Pca(Learner):
    """Learn the directions in which rows vary most; fitted, it is the :class:`Dense` layer that projects on them.

    Parameters
    ----------
    width : int
        How many directions: the columns of the output.

    Notes
    -----
    Shape: ``(rows, features)`` -> ``(rows, width)``. Rows may be a CSR matrix. The first direction is the one of most variance;
    in each, the largest component is positive. Rows of another modality, or of none, need the same width for a
    :class:`WeightedAverage`.

    Raises
    ------
    ParameterError
        If width is below 1.
    InputError
        If the rows learned from have fewer directions than that.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    >>> Pca(1).fit([rows])(rows).round(6)
    array([[-5.],
           [ 0.],
           [ 5.]])
    """

    name = "pca"
    shape = "* * -> * output"
    formula = "y = V (x - mean x), the rows of V the eigenvectors of the covariance with the largest eigenvalues"
    source = "Hotelling, Analysis of a complex of statistical variables into principal components, 1933"

    width: int = 2

    def check(self) -> None:
        self.at_least(1, "width")

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.width,)

    def start(self) -> tuple[Rows, ...]:
        return ()

    def update(self, statistics: tuple[Rows, ...], rows: Rows) -> tuple[Rows, ...]:
        return (*statistics, rows) if length_of(rows) else statistics

    def merge(self, one: tuple[Rows, ...], other: tuple[Rows, ...]) -> tuple[Rows, ...]:
        return one + other

    def finish(self, statistics: tuple[Rows, ...]) -> Dense:
        rows = concatenate(statistics) if statistics else np.empty((0, 0))
        n, features = rows.shape
        if min(n - 1, features) < self.width:
            raise InputError(
                f"Pca of width {self.width} needs as many columns and more rows to learn from, got {n} rows of {features}"
            )
        mean = np.asarray(rows.mean(axis=0, dtype=np.float64)).ravel()
        directions = _few_rows(rows, mean, self.width) if n <= features else _few_columns(rows, mean, self.width)
        largest = np.abs(directions).argmax(axis=1)
        directions = directions * np.sign(directions[np.arange(self.width), largest])[:, None]
        return Dense(directions, -training_product(directions, mean))


def _few_columns(rows: Rows, mean: Array, width: int) -> Array:
    products = training_product(rows.T.astype(np.float64), rows)
    products = products.toarray() if is_sparse(products) else products
    return _largest(products - rows.shape[0] * mean[:, None] * mean, width).T


def _few_rows(rows: Rows, mean: Array, width: int) -> Array:
    """The directions as sums of rows, from the products of rows, of which there are fewer."""
    products = training_product(rows.astype(np.float64), rows.T)
    products = products.toarray() if is_sparse(products) else products
    products -= products.mean(axis=0)
    products -= products.mean(axis=1)[:, None]
    shares = _largest(products, width)
    shares -= shares.mean(axis=0)
    directions = training_product(rows.T.astype(np.float64), shares).T
    lengths = np.sqrt((directions**2).sum(axis=1, keepdims=True))
    if not (lengths > 0).all():
        raise ParameterError(f"Pca of width {width}: the rows vary in fewer directions; take a smaller width")
    return directions / lengths


def _largest(products: Array, width: int) -> Array:
    """The eigenvectors of the largest eigenvalues as columns, the largest first."""
    from scipy.linalg import eigh

    n = len(products)
    vectors: Array = eigh(products, subset_by_index=(n - width, n - 1), check_finite=False)[1][:, ::-1]
    return vectors
