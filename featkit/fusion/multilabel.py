"""Learn which labels a row has, when it may have any number of them: a logistic regression each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from featkit.errors import InputError, ParameterError
from featkit.fusion.classifier import FromRows, Gathered, SigmoidLoss
from featkit.fusion.dense import Dense
from featkit.fusion.descent import descend_path
from featkit.fusion.labels import ManyLabels, different
from featkit.numeric import Array, Rows
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.activation import Sigmoid


class MultiLabelClassifier(FromRows):
    """Learn a probability for each label and from where on a row has it: logistic regressions with an L2 penalty.

    Parameters
    ----------
    l2 : float
        The penalty: scikit-learn's ``LogisticRegression(C)`` has l2 = 1 / C.
    class_weight : str
        ``"equal"``: every row counts as 1; ``"balanced"``: rows with a label and rows without it count alike, for each label.
    held_out : float
        Share of the rows that the thresholds are chosen on: there the labels' F1 is highest, when the weights are learned
        from the others. Then the weights are learned from all rows. 0: every threshold is 0.5.
    seed : int
        Which rows are held out.
    tolerance : float
        The weights are at most this far from the optimum, as the gradient bounds it.
    iterations : int
        Steps after which it stops with a warning.

    Notes
    -----
    Shape: ``(rows, features)`` -> ``(rows, labels)``. The labels of a row are a list of them, which may be empty. Fitted, it is
    ``Dense | Sigmoid | ManyLabels``. Rows may be a CSR matrix.

    Raises
    ------
    ParameterError
        If l2 or tolerance is not above 0, or held_out not between 0 and 1.
    InputError
        If no row has any label, or labels are a text where a list is needed.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> fitted = MultiLabelClassifier(l2=0.1, held_out=0).fit([rows], [[["low"], ["low"], ["high"], ["high", "top"]]])
    >>> fitted[-1].decide(fitted(rows))
    [['low'], ['low'], ['high'], ['high', 'top']]
    """

    name = "multi_label_classifier"
    shape = "* * -> * label"
    formula = "min_{W, b} sum_i sum_k w_ik log(1 + exp(-s_ik z_ik)) + l2/2 |W|^2,  z = W x + b, s = 1 or -1"
    source = "Tsoumakas & Katakis, Multi-label classification: an overview, 2007 (binary relevance)"

    l2: float = 1.0
    class_weight: Literal["equal", "balanced"] = "equal"
    held_out: float = 0.2
    seed: int = 0
    tolerance: float = 1e-3
    iterations: int = 2000

    def check(self) -> None:
        self.above(0, "l2", "tolerance")
        self.at_least(0, "seed")
        self.at_least(1, "iterations")
        if not 0 <= self.held_out < 1:
            raise ParameterError(
                f"MultiLabelClassifier.held_out is a share from 0 up and below 1, got {self.held_out!r}"
            )

    def finish(self, statistics: Gathered) -> Pipeline:
        rows, labels = self.gathered(statistics)
        fitted = self.path(rows, labels, (self.l2,))[0]
        held = round(self.held_out * len(labels))
        if not held:
            return fitted
        order = np.random.default_rng(self.seed).permutation(len(labels))
        apart, rest = np.sort(order[:held]), np.sort(order[held:])
        named = fitted.stages[-1]
        assert isinstance(named, ManyLabels)
        marks = named.indicators(labels)
        shown = pipeline(self._dense(rows[rest], marks[rest], (self.l2,))[0], Sigmoid())(rows[apart])
        return pipeline(*fitted.stages[:-1], named.with_(thresholds=best_thresholds(shown, marks[apart])))

    def path(self, rows: Rows, labels: Sequence[Any], l2s: Sequence[float]) -> list[Pipeline]:
        """The fitted stages, without thresholds, for several penalties; best from large to small."""
        for has in labels:
            if isinstance(has, (str, int)):
                raise InputError(
                    f"MultiLabelClassifier takes a list of labels for each row, got {has!r}; write [{has!r}]"
                )
        names = different(label for has in labels for label in has)
        if not names:
            raise InputError(f"MultiLabelClassifier learns labels, and none of the {len(labels)} rows has any")
        named = ManyLabels(names)
        return [pipeline(dense, Sigmoid(), named) for dense in self._dense(rows, named.indicators(labels), l2s)]

    def _dense(self, rows: Rows, marks: Array, l2s: Sequence[float]) -> list[Dense]:
        weight = np.ones(marks.shape)
        if self.class_weight == "balanced":
            share = marks.mean(axis=0)
            weight = np.where(marks, 0.5 / np.maximum(share, 1e-9), 0.5 / np.maximum(1.0 - share, 1e-9))
        minima = descend_path(rows, SigmoidLoss(marks, weight), marks.shape[1], l2s, self.tolerance, self.iterations)
        return [Dense(found.weight, found.bias) for found in minima]


def best_thresholds(probabilities: Array, marks: Array) -> tuple[float, ...]:
    """For each label the threshold with the highest F1, half-way between two probabilities; of equals the one nearest to 0.5.

    >>> best_thresholds(np.array([[0.1], [0.3], [0.6]]), np.array([[False], [True], [True]]))
    (0.2,)
    """
    return tuple(_best(*columns) for columns in zip(probabilities.T, marks.T, strict=True))


def _best(probability: Array, has: Array) -> float:
    if not has.any():
        return 0.5
    order = np.argsort(-probability, kind="stable")
    sorted_down = probability[order].astype(np.float64)
    hits, taken = np.cumsum(has[order]), np.arange(1, len(order) + 1)
    f1 = 2.0 * hits / (taken + has.sum())
    below = np.append(sorted_down[1:], -1.0)
    apart = sorted_down > below  # a threshold cannot part equals
    between = np.maximum(0.5 * (sorted_down + below), 0.0)
    best = np.flatnonzero(apart & (f1 >= f1[apart].max()))
    chosen = best[np.argmin(np.abs(between[best] - 0.5))]
    return float(between[chosen])
