"""Learn to tell classes apart: multinomial logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from featkit.errors import InputError
from featkit.fusion.dense import Dense
from featkit.fusion.descent import Minimum, descend_path
from featkit.fusion.labels import OneLabel, different
from featkit.learner import Supervised
from featkit.numeric import Array, Rows, concatenate, length_of
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.activation import Softmax


class Gathered(NamedTuple):
    """Rows and their labels; those of two data sets are those of both, one after the other."""

    rows: tuple[Rows, ...] = ()
    labels: tuple[Any, ...] = ()


class FromRows(Supervised):
    """A Learner that needs all rows at once: its statistics are the rows themselves."""

    def start(self) -> Gathered:
        return Gathered()

    def update(self, statistics: Gathered, rows: Rows, labels: Any = None) -> Gathered:
        return Gathered((*statistics.rows, rows), (*statistics.labels, *labels))

    def merge(self, one: Gathered, other: Gathered) -> Gathered:
        return Gathered(one.rows + other.rows, one.labels + other.labels)

    def gathered(self, statistics: Gathered) -> tuple[Rows, tuple[Any, ...]]:
        """All rows in one, and their labels.

        Raises
        ------
        InputError
            If there are none.
        """
        parts = [part for part in statistics.rows if length_of(part)]
        if not parts:
            raise InputError(f"{type(self).__name__} has seen no row; fit it on at least one item with rows and labels")
        widths = sorted({part.shape[1] for part in parts})
        if widths[1:]:
            raise InputError(
                f"{type(self).__name__} learns from rows of one width, got rows of {widths[0]} and {widths[1]}"
            )
        return concatenate(parts), statistics.labels


class SoftmaxClassifier(FromRows):
    """Learn probabilities of classes that exclude each other: logistic regression with an L2 penalty, by L-BFGS.

    Parameters
    ----------
    l2 : float
        The penalty: scikit-learn's ``LogisticRegression(C)`` has l2 = 1 / C.
    class_weight : str
        ``"equal"``: every row counts as 1; ``"balanced"``: every class counts alike, a row of class k as
        n / (classes n_k).
    tolerance : float
        The weights are at most this far from the optimum, as the gradient bounds it.
    iterations : int
        Steps after which it stops with a warning.

    Notes
    -----
    Shape: ``(rows, features)`` -> ``(rows, classes)``. Fitted, it is ``Dense | Softmax | OneLabel``. Rows may be a CSR matrix.
    Two classes have one weight vector, as in scikit-learn: half of it for the second class, and its negative for the first. The
    optimum is unique, so nothing is drawn, and no seed is needed.

    Raises
    ------
    ParameterError
        If l2 or tolerance is not above 0.
    InputError
        If there is only one class.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> fitted = SoftmaxClassifier(l2=0.1).fit([rows], [["low", "low", "high", "high"]])
    >>> fitted[-1].decide(fitted(rows))
    ['low', 'low', 'high', 'high']
    """

    name = "softmax_classifier"
    shape = "* * -> * label"
    formula = "min_{W, b} sum_i w_i (log sum_k exp(z_ik) - z_iy) + l2/2 |W|^2,  z = W x + b"
    source = "Bridle, 1990; Liu & Nocedal, On the limited memory BFGS method for large scale optimization, 1989"

    l2: float = 1.0
    class_weight: Literal["equal", "balanced"] = "equal"
    tolerance: float = 1e-3
    iterations: int = 2000

    def check(self) -> None:
        self.above(0, "l2", "tolerance")
        self.at_least(1, "iterations")

    def finish(self, statistics: Gathered) -> Pipeline:
        return self.path(*self.gathered(statistics), (self.l2,))[0]

    def path(self, rows: Rows, labels: Sequence[Any], l2s: Sequence[float]) -> list[Pipeline]:
        """The fitted stages for several penalties, in less time than one by one; best from large to small."""
        named = OneLabel(different(labels))
        if len(named.names) < 2:
            raise InputError(
                f"SoftmaxClassifier tells classes apart, and all {len(labels)} rows have the label {named.names[0]!r}"
            )
        minima = self.minima(rows, named.numbers(labels), len(named.names), l2s)
        return [pipeline(Dense(found.weight, found.bias), Softmax(), named) for found in minima]

    def minima(self, rows: Rows, classes: Array, count: int, l2s: Sequence[float]) -> list[Minimum]:
        """The weights for rows of these classes (numbers below ``count``), for each penalty."""
        weight = np.ones(len(classes))
        if self.class_weight == "balanced":
            weight = (len(classes) / (count * np.maximum(np.bincount(classes, minlength=count), 1)))[classes]
        if count > 2:
            return descend_path(rows, SoftmaxLoss(classes, weight), count, l2s, self.tolerance, self.iterations)
        loss = SigmoidLoss(classes[:, None].astype(bool), weight[:, None])
        sides = np.array([[-0.5], [0.5]])
        return [
            found._replace(weight=sides * found.weight, bias=sides[:, 0] * found.bias)
            for found in descend_path(rows, loss, 1, l2s, self.tolerance, self.iterations)
        ]


class SoftmaxLoss(NamedTuple):
    """The negative log likelihood of classes that exclude each other."""

    classes: Array  # (n,), numbers
    weight: Array  # (n,)

    def value(self, scores: Array, part: slice) -> tuple[float, Array]:
        here, weight = (np.arange(len(scores)), self.classes[part]), self.weight[part]
        scores -= scores.max(axis=1, keepdims=True)
        true = scores[here]
        shares = np.exp(scores, out=scores)
        total = shares.sum(axis=1)
        losses = np.log(total) - true
        shares /= total[:, None]
        shares[here] -= 1.0
        shares *= weight[:, None]
        return float((losses * weight).sum()), shares

    def curvature(self, scores: Array, part: slice) -> Array:
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return self.weight[part] * (shares * (1.0 - shares)).mean(axis=1)


class SigmoidLoss(NamedTuple):
    """The negative log likelihood of labels that a row has or hasn't."""

    marks: Array  # (n, labels), bool
    weight: Array  # (n, labels)

    def value(self, scores: Array, part: slice) -> tuple[float, Array]:
        signs, weight = np.where(self.marks[part], -1.0, 1.0), self.weight[part]
        wrong = scores * signs  # above 0 where the score is on the wrong side
        small = np.exp(-np.abs(wrong))
        losses = np.maximum(wrong, 0.0) + np.log1p(small)
        share = np.where(wrong >= 0, 1.0, small) / (1.0 + small)
        return float((losses * weight).sum()), share * signs * weight

    def curvature(self, scores: Array, part: slice) -> Array:
        small = np.exp(-np.abs(scores))
        return (self.weight[part] * (small / (1.0 + small) ** 2)).mean(axis=1)
