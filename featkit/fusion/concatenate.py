"""Early fusion: the features of several modalities side by side in one row."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.errors import InputError, ShapeError
from featkit.fusion.each import Each
from featkit.fusion.modalities import Modalities, OverModalities, refuse_missing, taken
from featkit.learner import Learner
from featkit.numeric import Array, Rows, beside, is_sparse
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.normalise import Cmvn, Moments
from featkit.rows.scale import Identity
from featkit.rows.spread import UnitSpread
from featkit.stage import Pointwise, State


class SideBySide(OverModalities):
    """Put the columns of all modalities next to each other.

    Parameters
    ----------
    missing : str
        Of a modality that a sample lacks: ``"refuse"`` it; ``"zeros"`` in its columns; ``"indicate"``: zeros, and one more
        column a modality, behind all others, that is 1 where it is missing.
    fill : ndarray, optional
        For all columns, what stands there instead of zeros.

    Notes
    -----
    Shape: :class:`Modalities` -> ``(samples, all columns)``; a CSR matrix if one of them is.

    Raises
    ------
    InputError
        If a sample lacks a modality and that is refused.
    ShapeError
        If there are more or fewer columns than ``fill`` has.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> samples = featkit.Modalities({"a": [[1.0], [2.0]], "b": [[3.0, 4.0], [0.0, 0.0]]}, {"b": [True, False]})
    >>> SideBySide("indicate")(samples)
    array([[1., 3., 4., 0., 0.],
           [2., 0., 0., 0., 1.]])
    """

    name = "side_by_side"
    shape = "example modality -> example feature"
    formula = "y = (x[m_1], x[m_2], ...)"
    source = "early fusion: Snoek, Worring & Smeulders, Early versus late fusion in semantic video analysis, 2005"

    missing: Literal["refuse", "zeros", "indicate"] = "refuse"
    fill: np.ndarray | None = None

    def step(self, state: State, rows: Modalities) -> tuple[State, Rows]:
        if self.missing == "refuse":
            refuse_missing(self, rows, 'drop it, or put zeros in its place with missing="indicate"')
        parts, at = [], 0
        for name in rows.names:
            part, marks = rows.rows[name], rows.present[name]
            width = part.shape[1]
            held = np.zeros(width) if self.fill is None else self.fill[at : at + width]
            parts.append(_filled(part, marks, held))
            at += width
        if self.fill is not None and len(self.fill) != at:
            raise ShapeError(f"SideBySide fills {len(self.fill)} columns, got {at}")
        dtype = np.result_type(*(part.dtype for part in parts))
        if self.missing == "indicate":
            parts.append(np.stack([~rows.present[name] for name in rows.names], axis=1))
        return None, beside([part.astype(dtype, copy=False) for part in parts])


class Concatenate(Learner, OverModalities):
    """Put the columns of all modalities next to each other, scaled so that they weigh alike.

    Parameters
    ----------
    scaling : str
        ``"block"``: each modality is divided by one number, so that its rows have a variance of 1 in all (a modality of many
        columns counts no more than one of few); ``"standard"``: each column to mean 0 and variance 1 (not for CSR matrices);
        ``"none"``.
    missing : str
        Of a modality that a sample lacks: ``"refuse"`` it; ``"zeros"`` in its columns; ``"indicate"``: zeros, and one more
        column a modality that is 1 where it is missing; ``"mean"``: that of the samples that have it.

    Notes
    -----
    Shape: :class:`Modalities` -> ``(samples, all columns)``. Fitted, it is ``Each | SideBySide``: the numbers are those of the
    samples it was fitted on.

    Raises
    ------
    InputError
        If there was no sample to learn from.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> samples = featkit.Modalities({"a": [[1.0], [3.0]], "b": [[30.0, 40.0], [0.0, 0.0]]})
    >>> Concatenate().fit([samples])(samples)
    array([[1. , 1.2, 1.6],
           [3. , 0. , 0. ]])
    """

    name = "concatenate"
    shape = "example modality -> example feature"
    formula = "y = (x[m_1] / s_1, x[m_2] / s_2, ...),  s_m^2 = sum_d variance of x[m]_d"
    source = "block scaling: Westerhuis, Kourti & MacGregor, Analysis of multiblock and hierarchical PCA and PLS models, 1998"

    scaling: Literal["block", "standard", "none"] = "block"
    missing: Literal["refuse", "zeros", "indicate", "mean"] = "refuse"

    def start(self) -> dict[str, Moments]:
        return {}

    def update(self, statistics: dict[str, Moments], rows: Modalities) -> dict[str, Moments]:
        found = {}
        for name in rows.names:
            marks = rows.present[name]
            part = rows.rows[name] if marks.all() else taken(rows.rows[name], np.flatnonzero(marks))
            if self.scaling == "standard" and is_sparse(part):
                raise InputError(
                    f'{name} is sparse, and would be so no longer with its mean subtracted; take scaling="block"'
                )
            found[name] = UnitSpread().update(UnitSpread().start(), part)
        return self.merge(statistics, found)

    def merge(self, one: dict[str, Moments], other: dict[str, Moments]) -> dict[str, Moments]:
        if not one or not other:
            return one or other
        if list(one) != list(other):
            raise InputError(
                f"samples of {', '.join(one)} and samples of {', '.join(other)} cannot be learned from together"
            )
        return {name: UnitSpread().merge(one[name], other[name]) for name in one}

    def finish(self, statistics: dict[str, Moments]) -> Pipeline:
        for name, found in statistics.items():
            if not found.frames:
                raise InputError(f"Concatenate has seen no sample that has {name}; fit it on at least one")
        if not statistics:
            raise InputError("Concatenate has seen no sample; fit it on at least one")
        scalers: dict[str, Pointwise] = {}
        for name, found in statistics.items():
            if self.scaling == "none":
                scalers[name] = Identity()
            else:
                scalers[name] = UnitSpread().finish(found) if self.scaling == "block" else Cmvn().finish(found)
        each = Each(tuple(scalers.items()))
        if self.missing != "mean":
            return pipeline(each, SideBySide(self.missing))
        means = [scalers[name](found.mean[None])[0] for name, found in statistics.items()]
        return pipeline(each, SideBySide("zeros", np.concatenate(means)))


def _filled(rows: Rows, marks: Array, fill: Array) -> Rows:
    """Rows, with ``fill`` where they are not marked."""
    if marks.all():
        return rows
    if is_sparse(rows):
        from scipy import sparse

        kept = rows.multiply(marks[:, None])
        held = sparse.csr_array(fill[None].astype(rows.dtype)).multiply(~marks[:, None])
        return sparse.csr_array(kept + held)
    return np.where(marks[:, None], rows, fill.astype(rows.dtype))
