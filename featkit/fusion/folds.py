"""Choosing by cross-validation: folds, predictions for rows that were not learned from, and the penalty that does best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from featkit.errors import InputError, ParameterError
from featkit.fusion.classifier import SoftmaxClassifier
from featkit.fusion.labels import ManyLabels, OneLabel, different
from featkit.fusion.modalities import Modalities, taken
from featkit.fusion.multilabel import MultiLabelClassifier
from featkit.numeric import Array, Rows, length_of
from featkit.pipeline import Pipeline, fit_stage, learns
from featkit.stage import Stage


def folds(labels: Sequence[Any], count: int = 5, seed: int = 0) -> Iterator[tuple[Array, Array]]:
    """Numbers of the rows to learn from and of those to look at, ``count`` times; each row is looked at once.

    Every label (every set of labels, where a row has many) has its share in each fold.

    Raises
    ------
    ParameterError
        If there are fewer than two folds, or more than rows.

    Examples
    --------
    >>> [apart.tolist() for _, apart in folds(["a", "b", "a", "b"], 2)]
    [[1, 2], [0, 3]]
    """
    if not 2 <= count <= len(labels):
        raise ParameterError(f"{len(labels)} rows cannot be divided into {count} folds; take from 2 to as many as rows")
    keys = [repr(label) if isinstance(label, (str, int)) else repr(sorted(map(repr, label))) for label in labels]
    _, groups = np.unique(keys, return_inverse=True)
    rng = np.random.default_rng(seed)
    mixed = rng.permutation(len(labels))
    mixed = mixed[np.argsort(groups[mixed], kind="stable")]
    fold = np.empty(len(labels), np.intp)
    fold[mixed] = np.arange(len(labels)) % count
    for at in range(count):
        yield np.flatnonzero(fold != at), np.flatnonzero(fold == at)


class Chosen(NamedTuple):
    """What cross-validation found best."""

    l2: float
    loss: float  # the mean negative log likelihood of what was not learned from
    probabilities: Array  # of every row, by a classifier that did not learn from it
    losses: tuple[float, ...]  # for all penalties


def choose_l2(
    features: Stage | None,
    classifier: SoftmaxClassifier | MultiLabelClassifier,
    l2s: Sequence[float],
    rows: Rows,
    labels: Sequence[Any],
    count: int = 5,
    seed: int = 0,
    watch: Callable[[list[Any]], Iterable[Any]] = iter,
) -> Chosen:
    """The penalty whose classifiers say most of rows that they did not learn from.

    Parameters
    ----------
    features : Stage or None
        Before the classifier; what it learns, it learns in each fold anew.
    classifier : SoftmaxClassifier or MultiLabelClassifier
    l2s : sequence of float
    rows : rows or Modalities
    labels : sequence
        Of each row its label, or a list of labels.
    count, seed : int
        Of the folds.
    watch : callable
        Wraps the folds, to show how far it is.

    Raises
    ------
    InputError
        If there are fewer labels than rows, or fewer than two different ones.

    Examples
    --------
    >>> rows = np.arange(20.0)[:, None]
    >>> choose_l2(None, SoftmaxClassifier(), (1e3, 1.0), rows, ["low"] * 10 + ["high"] * 10).l2
    1.0
    """
    n, down = length_of(rows), sorted(l2s, reverse=True)
    if n != len(labels):
        raise InputError(f"one label a row is needed, got {n} rows and {len(labels)} labels")
    many = isinstance(classifier, MultiLabelClassifier)
    names = different(label for has in labels for label in has) if many else different(labels)
    found = np.zeros((len(down), n, len(names)))
    for learned, apart in watch(list(folds(labels, count, seed))):
        given, seen, told = chosen_rows(rows, learned), chosen_rows(rows, apart), [labels[at] for at in learned]
        if features is not None:
            fitted = fit_stage(features, [given], [told]) if learns(features) else features
            given, seen = fitted(given), fitted(seen)
        for at, model in enumerate(classifier.path(classifier.admit(given), told, down)):
            found[at][np.ix_(apart, _columns(model, names))] = model(seen)
    losses = [_loss(probabilities, labels, names, many) for probabilities in found]
    best = int(np.argmin(losses))
    by_given = tuple(losses[down.index(l2)] for l2 in l2s)
    return Chosen(float(down[best]), losses[best], found[best], by_given)


def out_of_fold(stage: Stage, rows: Rows, labels: Sequence[Any], count: int = 5, seed: int = 0) -> Array:
    """Probabilities of every row by a pipeline that did not learn from it: fitted ``count`` times, on the other folds.

    Parameters
    ----------
    stage : Stage
        Ends with a classifier.
    rows : rows or Modalities
    labels : sequence
    count, seed : int
        Of the folds.

    Examples
    --------
    >>> rows = np.arange(20.0)[:, None]
    >>> probabilities = out_of_fold(SoftmaxClassifier(), rows, ["low"] * 10 + ["high"] * 10)
    >>> bool((probabilities[:9, 1] > 0.5).all())  # the columns are those of "high" and "low"
    True
    """
    many = not isinstance(labels[0], (str, int))
    names = different(label for has in labels for label in has) if many else different(labels)
    found = np.zeros((len(labels), len(names)))
    for learned, apart in folds(labels, count, seed):
        fitted = fit_stage(stage, [chosen_rows(rows, learned)], [[labels[at] for at in learned]])
        assert isinstance(fitted, Pipeline)
        found[np.ix_(apart, _columns(fitted, names))] = fitted(chosen_rows(rows, apart))
    return found


def chosen_rows(rows: Rows, numbers: Array) -> Rows:
    """The rows of these numbers, of one modality or of several."""
    return rows.take(numbers) if isinstance(rows, Modalities) else taken(rows, numbers)


def _columns(model: Pipeline, names: Sequence[Any]) -> Array:
    """Where a model's labels stand among all; a rare one may be missing where it was not learned from."""
    named = model.stages[-1]
    assert isinstance(named, (OneLabel, ManyLabels))
    return OneLabel(tuple(names)).numbers(named.names)


def _loss(probabilities: Array, labels: Sequence[Any], names: Sequence[Any], many: bool) -> float:
    safe = np.clip(probabilities, 1e-9, 1 - 1e-9)
    if many:
        marks = ManyLabels(tuple(names)).indicators(labels)
        return float(-np.log(np.where(marks, safe, 1 - safe)).sum(axis=1).mean())
    true = OneLabel(tuple(names)).numbers(labels)
    return float(-np.log(safe[np.arange(len(true)), true]).mean())
