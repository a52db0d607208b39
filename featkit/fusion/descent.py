"""Fitting linear scores to labels: a convex loss with an L2 penalty, brought to its minimum by L-BFGS."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from featkit.numeric import Array, training_product

#: Bytes of rows that are taken at a time: they are read for the scores, and are still in the cache for the gradient.
_BLOCK = 2**19
#: With more columns (or, where there are more columns than rows, more rows) than that, a Gram matrix costs more than the steps
#: it saves.
_GRAM = 4096
#: Steps in the first coordinates; each time that the optimum isn't reached they are made anew, and kept twice as long.
_ROUND = 20
#: With as many values as that, the first steps are taken in single precision, and until the gradient is that much smaller.
_LARGE, _SINGLE = 2**18, 2e-5


class Loss(Protocol):
    """A sum over rows of a convex function of each row's scores."""

    def value(self, scores: Array, part: slice) -> tuple[float, Array]:
        """The loss of the rows ``part``, and its gradient by their scores, shape (n, outputs); scores may be written to."""

    def curvature(self, scores: Array, part: slice) -> Array:
        """The second derivative of each row's loss by its scores, the mean over the outputs, shape (n,)."""


class Minimum(NamedTuple):
    """Where the descent ended."""

    weight: Array  # (outputs, features)
    bias: Array  # (outputs,)
    loss: float
    iterations: int
    distance: float  # the weights are at most that far from the optimum


def descend_path(
    rows: Any, loss: Loss, outputs: int, l2s: Sequence[float], tolerance: float, iterations: int
) -> list[Minimum]:
    """Minimise the loss of the scores W x_i + b, plus l2/2 |W|^2, over W and b; for each l2.

    The steps are taken in other coordinates, in which the loss is nearly as steep in every direction: columns less their
    means, mapped by a factor of the loss's Hessian where the steps have come to, averaged over the outputs (by its diagonal,
    where there are many columns). The minimum is the same, in far fewer steps where columns are of different size or depend on
    each other.

    Parameters
    ----------
    rows : ndarray or CSR array, shape (n, features)
    loss : Loss
    outputs : int
    l2s : sequence of float
        Above 0, best from large to small: each descent begins where the last one ended. The loss with a penalty is so convex
        that the gradient bounds the distance to the optimum: |W - W*| <= |gradient| / l2.
    tolerance : float
        The descent ends when that distance is at most so much.
    iterations : int
        It ends after so many steps, too, with a warning.
    """
    mean = np.asarray(rows.mean(axis=0, dtype=np.float64)).ravel()
    out: Callable[[Array], Array] = np.asarray
    if rows.shape[0] < rows.shape[1] and rows.shape[0] <= _GRAM:
        inside, out = within_span(rows)
        descent = _Descent(inside, np.zeros(len(inside)), loss, outputs)
    else:
        descent = _Descent(rows, mean, loss, outputs)
    minima = []
    for l2 in l2s:
        found = descent.run(l2, tolerance, iterations)
        if found.distance > tolerance and found.iterations >= iterations:
            warnings.warn(
                f"the descent was stopped after {found.iterations} steps, when the weights were within {found.distance:.2g} "
                f"of the optimum and {tolerance:g} was asked for; allow more iterations, or a larger l2 than {l2:g}",
                RuntimeWarning,
                stacklevel=4,
            )
        weight = out(found.weight)
        minima.append(found._replace(weight=weight, bias=found.bias - training_product(weight, mean)))
    return minima


def within_span(rows: Any) -> tuple[Array, Callable[[Array], Array]]:
    """Rows of more columns than there are rows, in as many coordinates as rows; and how weights come back from there.

    The optimal weights lie in the span of the rows (less their mean), so nothing is lost, and lengths are the same there.
    """
    from scipy.linalg import cholesky, solve_triangular

    if isinstance(rows, np.ndarray):
        centred = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
        products = training_product(centred, centred.T)
    else:
        products = training_product(rows, rows.T.astype(np.float64)).toarray()
        products -= products.mean(axis=0)
        products -= products.mean(axis=1)[:, None]
    n = len(products)
    products[np.diag_indices(n)] += max(1e-10 * products.trace() / n, np.finfo(np.float64).tiny)
    factor = cholesky(products, lower=True, overwrite_a=True, check_finite=False)

    def out(weight: Array) -> Array:
        shares = solve_triangular(factor, weight.T, lower=True, trans="T", check_finite=False)
        shares -= shares.mean(axis=0)
        return training_product(rows.T, shares).T

    return factor, out


class _Descent:
    """The rows, and the point that the steps have come to."""

    def __init__(self, rows: Any, mean: Array, loss: Loss, outputs: int) -> None:
        self.rows, self.mean, self.loss, self.l2 = rows, mean, loss, 1.0
        self.dense = isinstance(rows, np.ndarray)
        self.weight, self.level = np.zeros((outputs, rows.shape[1])), np.zeros(outputs)
        self.value, self.distance = np.inf, np.inf

    def run(self, l2: float, tolerance: float, iterations: int) -> Minimum:
        """Round after round, each in coordinates of its own; the bias is that for rows less their mean.

        Of many dense rows the first round is in single precision, as far as that leads. As long as the coordinates that cost
        nothing lead there, they are kept.
        """
        self.l2 = l2
        taken, length, going, whole = 0, _ROUND, True, False
        if self.dense and self.rows.size >= _LARGE and not self.weight.any():
            rows, self.rows = self.rows, self.rows.astype(np.float32, copy=False)
            taken, whole = self._round(min(2 * _ROUND, iterations), tolerance, whole=False, precise=False)
            self.rows = rows
        while going and taken < iterations:
            steps, going = self._round(min(length, iterations - taken), tolerance, whole)
            taken += steps
            length *= 2 if whole else 1
            whole = True
        return Minimum(self.weight, self.level, self.value, taken, self.distance)

    def _round(self, most: int, tolerance: float, whole: bool, precise: bool = True) -> tuple[int, bool]:
        """So many steps at most; how many were taken, and whether there is more to do."""
        from scipy.optimize import minimize

        there, back, steep = self._coordinates(whole)
        start = np.concatenate([there(self.weight, True), (self.level * steep)[:, None]], axis=1)
        first = 0.0

        def at(point: Array) -> tuple[float, Array]:
            nonlocal first
            inner = point.reshape(start.shape)
            self.weight, self.level = back(inner[:, :-1]), inner[:, -1] / steep
            value, by_weight, by_level = self._summed(precise)
            first = first or self.distance
            return value, np.concatenate([there(by_weight, False), by_level[:, None] / steep], axis=1).ravel()

        def near_enough(_: Array) -> None:
            if self.distance <= (tolerance if precise else max(tolerance, _SINGLE * first)):
                raise StopIteration

        options = {"maxiter": most, "ftol": 0.0, "gtol": 0.0, "maxcor": 20}
        done = minimize(at, start.ravel(), jac=True, method="L-BFGS-B", callback=near_enough, options=options)
        at(done.x)
        # With fewer steps than that, it is near enough or there is no lower point in this precision.
        return int(done.nit), bool(self.distance > tolerance and done.nit >= most)

    def _summed(self, precise: bool = True) -> tuple[float, Array, Array]:
        """The penalised loss over all rows, and its gradients by the weights and by the level (the bias at the mean)."""
        value, by_weight, by_level = 0.0, np.zeros(self.weight.shape), np.zeros(len(self.level))
        for part, block, scores in self._scores(precise):
            losses, residual = self.loss.value(scores, part)
            value += losses
            by_weight += training_product(block.T, residual.astype(block.dtype, copy=False)).T
            by_level += residual.sum(axis=0)
        by_weight += self.l2 * self.weight - by_level[:, None] * self.mean
        self.value = value + 0.5 * self.l2 * float((self.weight**2).sum())
        self.distance = float(np.sqrt((by_weight**2).sum() + (by_level**2).sum()) / self.l2)
        return self.value, by_weight, by_level

    def _scores(self, precise: bool = True) -> Iterator[tuple[slice, Any, Array]]:
        n, features = self.rows.shape
        kind = np.float64 if precise else np.float32
        each = max(64, _BLOCK // (8 * features)) if self.dense else max(n, 1)
        turned = np.ascontiguousarray(self.weight.T, kind)
        bias = self.level - training_product(self.weight, self.mean)
        for at in range(0, n, each):
            part = slice(at, min(at + each, n))
            block = (self.rows[part] if each < n else self.rows).astype(kind, copy=False)
            yield part, block, training_product(block, turned) + bias

    def _coordinates(self, whole: bool) -> tuple[Callable[[Array, bool], Array], Callable[[Array], Array], float]:
        """Maps of a gradient (or point) there and of a point back, and the same for the level."""
        features = self.rows.shape[1]
        curvature = np.concatenate([self.loss.curvature(scores, part) for part, _, scores in self._scores()])
        steep = float(np.sqrt(curvature.sum()))
        if whole and self.dense and features <= _GRAM:
            from scipy.linalg import cholesky, solve_triangular

            # Single precision does: it only says where the ground is steep.
            scaled = (self.rows - self.mean.astype(self.rows.dtype)).astype(np.float32)
            scaled *= np.sqrt(curvature).astype(np.float32)[:, None]
            gram = training_product(scaled.T, scaled).astype(np.float64)
            gram[np.diag_indices(features)] += self.l2 + 1e-6 * gram.trace() / features
            factor = cholesky(gram, lower=True, overwrite_a=True, check_finite=False)

            def there(values: Array, point: bool) -> Array:
                if point:
                    return training_product(values, factor)
                solved: Array = solve_triangular(factor, values.T, lower=True, check_finite=False).T
                return solved

            def back(point: Array) -> Array:
                solved: Array = solve_triangular(factor, point.T, lower=True, trans="T", check_finite=False).T
                return solved

            return there, back, steep
        if self.dense:
            spread = (
                sum(
                    training_product((block.astype(np.float32) ** 2).T, curvature[part].astype(np.float32))
                    for part, block, _ in self._scores(False)
                )
                - self.mean**2 * curvature.sum()
            )
        else:
            spread = training_product(self.rows.power(2).T, curvature) - self.mean**2 * curvature.sum()
        scale = np.sqrt(np.maximum(spread, 0.0) + self.l2)
        return (lambda values, point: values * scale if point else values / scale), (lambda point: point / scale), steep
