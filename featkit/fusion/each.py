"""Every modality on its own road: a stage for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from featkit.errors import ParameterError, ShapeError
from featkit.fusion.modalities import Modalities, OverModalities, taken
from featkit.learner import Learner
from featkit.numeric import Rows, is_sparse, length_of
from featkit.parameters import Parameters
from featkit.pipeline import Join, Pipeline, fit_stage, learns
from featkit.stage import Pointwise, Stage, State


class Each(OverModalities):
    """Apply to every modality a stage of its own.

    Parameters
    ----------
    branches : tuple of (str, Stage)
        The modality and its stage, which maps rows one by one; addressed by name: ``with_(each__sound__l2=0.1)``.

    Notes
    -----
    Shape: :class:`Modalities` -> the same, with other rows; those that are not named are left out. Stages see the samples that
    have the modality, and learn from those; the others' rows become zeros. Fitted with labels, they are handed to the
    classifiers inside.

    Raises
    ------
    ParameterError
        If there is no branch, two have one name, or a stage needs more than a row at a time.
    ShapeError
        If the samples lack a modality altogether.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> each = Each((("sound", featkit.Cmvn()), ("picture", featkit.Affine(0.5))))
    >>> samples = featkit.Modalities({"sound": [[1.0], [3.0]], "picture": [[2.0, 4.0], [6.0, 8.0]]})
    >>> each.fit([samples])(samples)["sound"]
    array([[-1.],
           [ 1.]])
    """

    name = "each"
    shape = "example modality -> example modality"
    formula = "y[m] = stage_m(x[m]), for every modality m"
    source = "featkit"

    branches: tuple[tuple[str, Stage], ...]

    def check(self) -> None:
        names = [name for name, _ in self.branches]
        if not names or len(set(names)) < len(names):
            raise ParameterError(f"Each needs at least one branch, and one a modality, got {names}")
        for name, stage in self.branches:
            for inner in _stages(stage):
                if not isinstance(inner, (Pointwise, Learner)):
                    raise ParameterError(
                        f"Each maps rows one by one, and {type(inner).__name__} of {name!r} needs more than a row; apply it to "
                        "every item before, and give what comes out as its row"
                    )

    def step(self, state: State, rows: Modalities) -> tuple[State, Modalities]:
        made: dict[str, Rows] = {}
        for name, stage in self.branches:
            part, marks = self._part(rows, name)
            made[name] = stage(part) if marks.all() else _scattered(stage(part), marks)
        return None, Modalities(made, rows.present)

    def fit(self, items: Iterable[Any], labels: Iterable[Any] | None = None) -> Each:
        """Fit the stages that learn, each on the samples that have its modality."""
        samples = [self.admit(item) for item in items]
        told = None if labels is None else list(labels)
        fitted: list[tuple[str, Stage]] = []
        for name, stage in self.branches:
            if not learns(stage):
                fitted.append((name, stage))
                continue
            parts = [self._part(item, name) for item in samples]
            known = None
            if told is not None:
                known = [
                    [given[at] for at in np.flatnonzero(marks)] for given, (_, marks) in zip(told, parts, strict=True)
                ]
            fitted.append((name, fit_stage(stage, [part for part, _ in parts], known)))
        return type(self)(tuple(fitted))

    def fit_apply(self, items: Iterable[Any], labels: Iterable[Any] | None = None) -> tuple[Each, list[Modalities]]:
        """:meth:`fit`, and what the fitted stages make of the same items."""
        kept = list(items)
        fitted = self.fit(kept, labels)
        return fitted, fitted.map(kept)

    def _part(self, samples: Modalities, name: str) -> tuple[Rows, Any]:
        """A modality's rows where there are any, and where that is."""
        if name not in samples.rows:
            raise ShapeError(f"the samples have no modality {name!r}; they have {', '.join(samples.names)}")
        marks = samples.present[name]
        rows = samples.rows[name]
        return (rows if marks.all() else taken(rows, np.flatnonzero(marks))), marks

    def parts(self) -> dict[str, Parameters]:
        return dict(self.branches)

    def _rebuilt(self, changes: dict[str, Any]) -> Self:
        return type(self)(changes["branches"] if "branches" in changes else tuple((self.parts() | changes).items()))


def _stages(stage: Stage) -> list[Stage]:
    if isinstance(stage, Pipeline):
        return [inner for part in stage.stages for inner in _stages(part)]
    if isinstance(stage, Join):
        return [inner for part in stage.branches for inner in _stages(part)]
    return [stage]


def _scattered(rows: Rows, marks: Any) -> Rows:
    """Rows at the places that are marked, and rows of zeros between them."""
    if is_sparse(rows):
        from scipy import sparse

        lengths = np.zeros(len(marks), rows.indptr.dtype)
        lengths[marks] = np.diff(rows.indptr)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        return sparse.csr_array((rows.data, rows.indices, starts), (len(marks), rows.shape[1]))
    spread = np.zeros((len(marks), *rows.shape[1:]), rows.dtype)
    if length_of(rows):
        spread[marks] = rows
    return spread
