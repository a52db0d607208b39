"""The weighted average of several modalities, of features or of probabilities."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from featkit.errors import InputError, ParameterError, ShapeError
from featkit.fusion.modalities import Modalities, OverModalities, refuse_missing
from featkit.numeric import Array, is_sparse
from featkit.stage import Stage, State

#: A sample that lacks a modality: it is refused, or the rest of the modalities is taken.
Rest = Literal["refuse", "rest"]


class WeightedAverage(OverModalities):
    """Average the rows of all modalities: features of one width, or probabilities (late fusion by their mean).

    Parameters
    ----------
    weights : tuple of float, optional
        One a modality, in their order, divided by their sum; all alike unless given. :class:`FitWeights` learns them.
    missing : str
        Of a modality that a sample lacks: ``"refuse"`` it, or take the average over the ``"rest"``.

    Notes
    -----
    Shape: :class:`Modalities`, all of one width -> ``(samples, that width)``. Where widths differ, bring them to one first: a
    :class:`Pca` or a :class:`Dense` layer for each, with :class:`Each`.

    Raises
    ------
    ParameterError
        If a weight is below 0, or all are 0.
    ShapeError
        If there are not as many weights as modalities, or they are not of one width.
    InputError
        If a sample lacks a modality and that is refused, or lacks all.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> samples = featkit.Modalities({"a": [[1.0, 0.0]], "b": [[0.0, 2.0]]})
    >>> WeightedAverage()(samples), WeightedAverage((3.0, 1.0))(samples)
    (array([[0.5, 1. ]]), array([[0.75, 0.5 ]]))
    """

    name = "weighted_average"
    shape = "example modality -> example feature"
    formula = "y = sum_m w_m x[m] / sum_m w_m"
    source = "Kittler et al., On combining classifiers, IEEE TPAMI 20, 1998 (sum rule)"

    weights: tuple[float, ...] | None = None
    missing: Rest = "refuse"

    def check(self) -> None:
        check_weights(self, self.weights)

    def step(self, state: State, rows: Modalities) -> tuple[State, Array]:
        total = share = None
        for part, weight in weighted(self, rows):
            total = part * weight if total is None else total + part * weight
            share = weight if share is None else share + weight
        assert total is not None
        return None, total / share


def check_weights(stage: Stage, weights: tuple[float, ...] | None) -> None:
    """Raise ParameterError unless the weights are None, or finite, not below 0 and not all 0."""
    if weights is not None and not (weights and all(0 <= weight < np.inf for weight in weights) and any(weights)):
        raise ParameterError(
            f"{type(stage).__name__}.weights must be finite, not below 0 and not all 0, got {weights!r}"
        )


def weighted(stage: Any, samples: Modalities) -> list[tuple[Array, Array]]:
    """Each modality's rows, and the weight of each row as a column: 0 where the sample lacks the modality."""
    names = samples.names
    weights = stage.weights or (1.0,) * len(names)
    if len(weights) != len(names):
        raise ShapeError(
            f"{type(stage).__name__} has {len(weights)} weights for {len(names)} modalities ({', '.join(names)}); give one each"
        )
    parts = {name: samples[name].toarray() if is_sparse(samples[name]) else samples[name] for name in names}
    if len({part.shape[1:] for part in parts.values()}) > 1:
        raise ShapeError(
            f"{type(stage).__name__} takes modalities of one width, got "
            + ", ".join(f"{part.shape[1]} columns of {name}" for name, part in parts.items())
            + "; bring them to one first, with a Pca or a Dense layer for each"
        )
    if stage.missing == "refuse":
        refuse_missing(stage, samples, 'drop it, or take the others with missing="rest"')
    dtype = np.result_type(*(part.dtype for part in parts.values()))
    columns = [
        (samples.present[name] * weight).astype(dtype)[:, None] for name, weight in zip(names, weights, strict=True)
    ]
    if len(samples) and not (sum(columns) > 0).all():
        raise InputError(f"{type(stage).__name__}: sample {int(np.argmin(sum(columns)))} has no modality of any weight")
    return [
        (np.where(column > 0, part.astype(dtype, copy=False), dtype.type(0)), column)
        for part, column in zip(parts.values(), columns, strict=True)
    ]
