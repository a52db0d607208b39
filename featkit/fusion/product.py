"""Late fusion by a product: probabilities of several modalities that say independent things of one sample."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.errors import ParameterError, ShapeError
from featkit.fusion.average import Rest, check_weights, weighted
from featkit.fusion.modalities import Modalities, OverModalities
from featkit.numeric import Array
from featkit.rows.activation import Sigmoid, Softmax
from featkit.stage import State


class WeightedProduct(OverModalities):
    """Multiply the probabilities of all modalities, each to a power, and bring them to 1 again.

    Parameters
    ----------
    weights : tuple of float, optional
        The powers, one a modality, in their order; 1 unless given. :class:`FitWeights` learns them.
    prior : tuple of float, optional
        The share of each label; every modality's probabilities hold it once, and the product should. All alike unless given.
    labels : str
        ``"one"``: the labels exclude each other, and their probabilities together are 1; ``"many"``: each label for itself.
    missing : str
        Of a modality that a sample lacks: ``"refuse"`` it, or take the product over the ``"rest"``.

    Notes
    -----
    Shape: :class:`Modalities` of probabilities, all of one width -> ``(samples, that width)``. For modalities that are
    independent of each other given the label, and weights of 1, it is Bayes' rule. Probabilities below 1e-12 count as that.

    Raises
    ------
    ParameterError
        If a weight is below 0, all are 0, or a share isn't above 0.
    ShapeError
        If weights, shares and modalities don't go together.
    InputError
        If a sample lacks a modality and that is refused, or lacks all.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> samples = featkit.Modalities({"a": [[0.8, 0.2]], "b": [[0.5, 0.5]], "c": [[0.8, 0.2]]})
    >>> WeightedProduct()(samples).round(4)
    array([[0.9412, 0.0588]])
    """

    name = "weighted_product"
    shape = "example modality -> example feature"
    formula = "y_k ~ prod_m p_k[m]^w_m / prior_k^(sum_m w_m - 1)"
    source = "Kittler et al., On combining classifiers, IEEE TPAMI 20, 1998 (product rule)"

    weights: tuple[float, ...] | None = None
    prior: tuple[float, ...] | None = None
    labels: Literal["one", "many"] = "one"
    missing: Rest = "refuse"

    def check(self) -> None:
        check_weights(self, self.weights)
        if self.prior is not None and not all(0 < share < 1 for share in self.prior):
            raise ParameterError(f"WeightedProduct.prior must be shares between 0 and 1, got {self.prior!r}")

    def step(self, state: State, rows: Modalities) -> tuple[State, Array]:
        parts = weighted(self, rows)
        dtype, width = parts[0][0].dtype, parts[0][0].shape[1]
        if self.prior is not None and len(self.prior) != width:
            raise ShapeError(
                f"WeightedProduct has the shares of {len(self.prior)} labels, got probabilities of {width}"
            )
        evidence, power = np.zeros((len(rows), width)), np.zeros((len(rows), 1))
        for part, weight in parts:
            evidence += weight * log_odds(part, self.labels)
            power += weight
        if self.prior is not None:
            evidence -= (power - 1.0) * log_odds(np.array([self.prior]), self.labels)
        whole = Softmax() if self.labels == "one" else Sigmoid()
        return None, whole.apply(evidence).astype(dtype)


def log_odds(probabilities: Array, labels: str) -> Array:
    """The logarithms of probabilities, or of their odds where each label stands for itself; in double precision."""
    safe = np.clip(probabilities.astype(np.float64), 1e-12, 1.0)
    if labels == "one":
        return np.log(safe)
    return np.log(safe) - np.log(np.clip(1.0 - probabilities.astype(np.float64), 1e-12, 1.0))
