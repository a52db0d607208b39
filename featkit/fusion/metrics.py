"""How good predictions are: of one label a row, and of any number of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from featkit.errors import InputError
from featkit.fusion.labels import Label, ManyLabels, OneLabel, different
from featkit.numeric import Array


def accuracy(true: Sequence[Any], guessed: Sequence[Any]) -> float:
    """The share of labels that are right.

    >>> accuracy(["a", "b", "b"], ["a", "b", "a"])
    0.6666666666666666
    """
    counts = confusion(true, guessed)[1]
    return float(counts.trace() / counts.sum())


def confusion(true: Sequence[Any], guessed: Sequence[Any]) -> tuple[tuple[Label, ...], Array]:
    """The labels that occur, and how often a label (the row) was taken for one (the column).

    Raises
    ------
    InputError
        If there are no labels, or not as many of each.

    Examples
    --------
    >>> confusion(["a", "b", "b"], ["a", "b", "a"])
    (('a', 'b'), array([[1, 0],
           [1, 1]]))
    """
    if len(true) != len(guessed) or not len(true):
        raise InputError(f"as many labels as predictions are needed, at least one, got {len(true)} and {len(guessed)}")
    names = different([*true, *guessed])
    numbered = OneLabel(names)
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, (numbered.numbers(true), numbered.numbers(guessed)), 1)
    return names, counts


def macro_f1(true: Sequence[Any], guessed: Sequence[Any]) -> float:
    """The mean over the labels that occur of F1, the harmonic mean of precision and recall.

    >>> macro_f1(["a", "b", "b"], ["a", "b", "a"])
    0.6666666666666666
    """
    counts = confusion(true, guessed)[1]
    return float(_f1(counts.diagonal(), counts.sum(axis=0), counts.sum(axis=1)).mean())


def micro_f1_of_marks(marks: Array, guessed: Array) -> float:
    """F1 over all labels of all rows together; marks are of type bool and shape (rows, labels).

    >>> micro_f1_of_marks(np.array([[True, False], [True, True]]), np.array([[True, True], [False, True]]))
    0.6666666666666666
    """
    return float(_f1((marks & guessed).sum(), guessed.sum(), marks.sum()))


def macro_f1_of_marks(marks: Array, guessed: Array) -> float:
    """The mean over labels of F1; a label that no row has and none was given counts as 0.

    >>> macro_f1_of_marks(np.array([[True, False], [True, True]]), np.array([[True, True], [False, True]]))
    0.6666666666666666
    """
    return float(_f1((marks & guessed).sum(axis=0), guessed.sum(axis=0), marks.sum(axis=0)).mean())


def hit_at_1(marks: Array, probabilities: Array) -> float:
    """The share of rows whose most probable label is one that they have.

    >>> hit_at_1(np.array([[True, False], [True, True]]), np.array([[0.4, 0.6], [0.7, 0.2]]))
    0.5
    """
    best = np.argmax(probabilities, axis=1)
    return float(marks[np.arange(len(marks)), best].mean())


def global_average_precision(marks: Array, probabilities: Array, top: int = 20) -> float:
    """GAP: the ``top`` labels of every row, all rows' together in the order of their probability, as one ranked list.

    Its average precision: the mean over all labels that rows have of the precision down to where they stand in the list
    (0 for those that are not in it).

    >>> global_average_precision(np.array([[True, False], [False, True]]), np.array([[0.9, 0.8], [0.3, 0.7]]))
    0.8333333333333333
    """
    total = int(marks.sum())
    if not total:
        raise InputError("no row has any label, so there is no precision to average; give rows that have some")
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
    right = np.take_along_axis(marks, best, axis=1).ravel()
    order = np.argsort(-np.take_along_axis(probabilities, best, axis=1).ravel(), kind="stable")
    right = right[order]
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    return float(precision[right].sum() / total)


def scores(named: OneLabel | ManyLabels, labels: Sequence[Any], probabilities: Array) -> dict[str, Any]:
    """All measures for what a classifier says: of one label a row, or of many."""
    if isinstance(named, OneLabel):
        guessed = named.decide(probabilities)
        names, counts = confusion(labels, guessed)
        return {
            "rows": len(guessed),
            "accuracy": accuracy(labels, guessed),
            "macro_f1": macro_f1(labels, guessed),
            "labels": list(names),
            "confusion": counts.tolist(),
        }
    marks, guessed_marks = named.indicators(labels), named.marks(probabilities)
    return {
        "rows": len(marks),
        "micro_f1": micro_f1_of_marks(marks, guessed_marks),
        "macro_f1": macro_f1_of_marks(marks, guessed_marks),
        "hit_at_1": hit_at_1(marks, probabilities),
        "gap": global_average_precision(marks, probabilities),
        "labels": list(named.names),
    }


def _f1(hits: Any, taken: Any, there: Any) -> Any:
    both = np.asarray(taken + there, dtype=np.float64)
    return np.divide(2.0 * hits, both, out=np.zeros_like(both), where=both > 0)
