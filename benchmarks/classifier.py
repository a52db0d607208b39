"""Classifiers: learning, against scikit-learn's LogisticRegression, to the same loss."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.report import Asked, Section, pairs_sections
from benchmarks.timing import Calls, Limit, Pair

CLASSES = 10
#: scikit-learn's tolerance, with which its loss is within a millionth of the optimum for both kinds of rows.
TOLERANCE = {"apart": 1e-6, "dependent": 1e-5}


def sections(asked: Asked) -> Iterator[Section]:
    """A table for each kind of rows."""
    pairs = []
    for kind, words, n, features in (
        ("apart", "columns that are independent", 10_000, 2_000),
        ("dependent", "columns of many sizes that depend on each other", 5_000, 1_000),
    ):
        if asked.quick:
            n, features = n // 5, features // 5
        pairs.append(
            Pair(
                f"Learning 10 classes from {n:,} rows x {features:,}, {words}",
                "scikit-learn LogisticRegression (lbfgs)",
                "SoftmaxClassifier",
                ("sklearn",),
                partial(_calls, kind, n, features),
                Limit(2e-3, relative=False),
                floor=1.0,
                goal=1.5,
            )
        )
    yield from pairs_sections(pairs, asked)


def rows_of(kind: str, n: int, features: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows around a centre for each class."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, n)
    rows = rng.standard_normal((n, features))
    if kind == "dependent":  # a few sums in all columns, as in features of images or sounds
        rows += rng.standard_normal((n, 20)) @ rng.standard_normal((20, features))
    rows += 0.08 * rng.standard_normal((CLASSES, features))[labels]
    if kind == "dependent":
        rows *= np.geomspace(0.3, 3, features)
    return rows, labels


def _calls(kind: str, n: int, features: int) -> Calls:
    from sklearn.linear_model import LogisticRegression

    from featkit import SoftmaxClassifier

    rows, labels = rows_of(kind, n, features)
    l2, probe = 10.0, rows[:200]
    ours = SoftmaxClassifier(l2)
    theirs = LogisticRegression(C=1 / l2, tol=TOLERANCE[kind], max_iter=10_000)

    def loss(weight: np.ndarray, bias: np.ndarray) -> float:
        scores = rows @ weight.T + bias
        losses = np.logaddexp.reduce(scores, axis=1) - scores[np.arange(n), labels]
        return float(losses.sum() + 0.5 * l2 * (weight**2).sum())

    def check(model: Any) -> np.ndarray:
        fitted = ours.fit([rows], [labels])
        losses = loss(fitted[0].weight, fitted[0].bias), loss(model.coef_, model.intercept_)
        if losses[0] > losses[1] * (1 + 1e-6):
            raise AssertionError(f"the losses are {losses}")
        return model.predict_proba(probe)

    return Calls(lambda: ours.fit([rows], [labels])(probe), lambda: theirs.fit(rows, labels), check)
