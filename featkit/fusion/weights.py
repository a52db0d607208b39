"""Learn how much each modality's probabilities weigh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from math import comb
from typing import Any, Literal

import numpy as np

from featkit.errors import InputError
from featkit.fusion.average import Rest, WeightedAverage
from featkit.fusion.labels import ManyLabels, OneLabel, different
from featkit.fusion.modalities import Modalities, OverModalities
from featkit.fusion.product import WeightedProduct, log_odds
from featkit.learner import Supervised
from featkit.numeric import Array
from featkit.stage import Stage


class FitWeights(Supervised, OverModalities):
    """Learn the weights of :class:`WeightedAverage` or :class:`WeightedProduct` from probabilities and the true labels.

    Parameters
    ----------
    how : str
        ``"mean"`` or ``"product"``.
    labels : str
        ``"one"`` or ``"many"`` labels a sample.
    missing : str
        Of a modality that a sample lacks: ``"refuse"`` it, or leave it to the ``"rest"``.

    Notes
    -----
    Shape: :class:`Modalities` of probabilities -> ``(samples, labels)``. The probabilities must be of samples that the
    classifiers did not learn from (a validation split, or :func:`featkit.fusion.folds.out_of_fold`): of those that they did,
    they say too much. For the product, the log likelihood of the labels is largest, and their shares are learned too; for the
    mean, weights are tried in steps of a twentieth, and those kept that get most labels right.

    Raises
    ------
    InputError
        If there is no sample, or the labels are not as many as the probabilities.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> good, poor = np.array([[0.9, 0.1], [0.2, 0.8]] * 8), np.array([[0.6, 0.4], [0.6, 0.4]] * 8)
    >>> samples = featkit.Modalities({"good": good, "poor": poor})
    >>> FitWeights("mean").fit([samples], [["a", "b"] * 8]).weights
    (1.0, 0.0)
    """

    name = "fit_weights"
    shape = "example modality -> example feature"
    formula = "product: argmax_w sum_i log y_i[true label of i]; mean: argmax_w of the labels that are right"
    source = "Jordan & Jacobs, Hierarchical mixtures of experts and the EM algorithm, 1994"

    how: Literal["mean", "product"] = "product"
    labels: Literal["one", "many"] = "one"
    missing: Rest = "rest"

    def start(self) -> tuple[Any, ...]:
        return ()

    def update(self, statistics: tuple[Any, ...], rows: Modalities, labels: Any = None) -> tuple[Any, ...]:
        return (*statistics, (rows, tuple(labels)))

    def merge(self, one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
        return one + other

    def finish(self, statistics: tuple[Any, ...]) -> Stage:
        if not statistics:
            raise InputError("FitWeights has seen no sample; fit it on probabilities and labels")
        samples = Modalities.joined([rows for rows, _ in statistics])
        marks = _marks(self.labels, [label for _, part in statistics for label in part])
        width = samples[samples.names[0]].shape[1]
        if marks.shape[1] != width:
            raise InputError(f"FitWeights got {marks.shape[1]} different labels and probabilities of {width}")
        if self.how == "mean":
            return WeightedAverage(self._mean(samples, marks), self.missing)
        prior = np.clip(marks.mean(axis=0), 1e-6, 1 - 1e-6)
        plain = WeightedProduct(None, tuple(prior.tolist()), self.labels, self.missing)
        return plain.with_(weights=self._powers(samples, marks, prior))

    def _mean(self, samples: Modalities, marks: Array) -> tuple[float, ...]:
        """The shares, in steps, that get most labels right; of equals the ones that find them likeliest."""
        names = samples.names
        most = next((steps for steps in (20, 10, 5) if comb(steps + len(names) - 1, len(names) - 1) <= 2000), 2)
        best: tuple[float, float] = (-1.0, 0.0)
        chosen: tuple[float, ...] = (1.0,) * len(names)
        for shares in simplex(len(names), most):
            rows = WeightedAverage(shares, self.missing)
            try:
                mixed = np.clip(rows(samples), 1e-12, 1 - 1e-12)
            except InputError:  # a sample with none of the modalities that would count
                continue
            if self.labels == "one":
                right, likely = marks[np.arange(len(marks)), mixed.argmax(axis=1)].mean(), np.log(mixed[marks]).mean()
            else:
                right = ((mixed >= 0.5) == marks).mean()
                likely = np.log(np.where(marks, mixed, 1 - mixed)).mean()
            if (right, likely) > best:
                best, chosen = (float(right), float(likely)), shares
        return chosen

    def _powers(self, samples: Modalities, marks: Array, prior: Array) -> tuple[float, ...]:
        from scipy.optimize import minimize

        base = log_odds(prior[None], self.labels)
        evidence = [
            (log_odds(samples[name], self.labels) - base) * samples.present[name][:, None] for name in samples.names
        ]

        def at(powers: Array) -> tuple[float, Array]:
            scores = base + sum(power * part for power, part in zip(powers, evidence, strict=True))
            if self.labels == "one":
                scores = scores - scores.max(axis=1, keepdims=True)
                shares = np.exp(scores)
                total = shares.sum(axis=1, keepdims=True)
                loss = float((np.log(total[:, 0]) - scores[marks]).sum())
                residual = shares / total - marks
            else:
                wrong = np.where(marks, -scores, scores)
                loss = float(np.logaddexp(0.0, wrong).sum())
                residual = np.exp(-np.logaddexp(0.0, -scores)) - marks
            return loss, np.array([(residual * part).sum() for part in evidence])

        done = minimize(at, np.ones(len(evidence)), jac=True, method="L-BFGS-B", bounds=[(0.0, 10.0)] * len(evidence))
        powers = np.round(done.x, 6)
        return tuple(powers.tolist()) if powers.any() else (1.0,) * len(evidence)


def simplex(parts: int, steps: int) -> Iterator[tuple[float, ...]]:
    """All shares of so many parts in whole steps."""
    for borders in combinations(range(steps + parts - 1), parts - 1):
        ends = (-1, *borders, steps + parts - 1)
        yield tuple((after - before - 1) / steps for before, after in pairwise(ends))


def _marks(labels: str, told: Sequence[Any]) -> Array:
    if labels == "many":
        return ManyLabels(different(label for has in told for label in has)).indicators(told)
    named = OneLabel(different(told))
    return np.eye(len(named.names), dtype=bool)[named.numbers(told)]
