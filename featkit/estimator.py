"""The scikit-learn shell: any stage as a transformer, without importing scikit-learn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from featkit.errors import InputError
from featkit.numeric import flatten_rows
from featkit.pipeline import learns, pipeline
from featkit.stage import Stage

_INSIDE_AN_ITEM = ("sample", "frame")


class Estimator:
    """A stage as a scikit-learn transformer: ``clone``, ``GridSearchCV`` and ``cross_val_score(n_jobs=2)`` work.

    X holds one item per row or entry. Where the stage's stream lies inside an item (samples of a signal, frames), each
    item is transformed by itself and its features are laid flat, so all items must give the same shape; otherwise the
    items are the stream.

    Parameters
    ----------
    stage : Stage
        Its parameters are addressed by the names ``stage.with_`` takes: in ``make_pipeline(Estimator(mfcc()), ...)``,
        ``estimator__mel__n_mels``.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> featkit.Estimator(featkit.mfcc()).fit_transform(np.zeros((3, 16000))).shape
    (3, 1274)
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The stage, and with ``deep`` every parameter inside it."""
        return {"stage": self.stage} | (self.stage.parameters() if deep else {})

    def set_params(self, **parameters: Any) -> Self:
        """Change the stage, or parameters inside it."""
        stage = parameters.pop("stage", self.stage)
        self.stage = stage.with_(**parameters) if parameters else stage
        return self

    def fit(self, X: Iterable[Any], y: Any = None) -> Self:
        """Fit the Learners inside the stage, if there are any; ``y`` are the labels of rows, for those that want them."""
        whole = pipeline(self.stage)
        each = self._each()
        labels = None if y is None else y if each else [y]
        self.stage_ = whole.fit(X if each else [X], labels) if learns(whole) else self.stage
        return self

    def transform(self, X: Iterable[Any]) -> Any:
        """One row of features per item.

        Raises
        ------
        InputError
            If it is not fitted yet, or the items give features of different shapes.
        """
        if not hasattr(self, "stage_"):
            raise InputError("this Estimator is not fitted; call fit(X) first")
        if not self._each():
            return self.stage_(X)
        features = [self._features(at, item) for at, item in enumerate(X)]
        shapes = {rows.shape for rows in features}
        if len(shapes) > 1:
            raise InputError(
                f"the items give features of different shapes ({sorted(shapes)[:3]} ...); cut or pad them to one length"
            )
        return flatten_rows(np.stack(features)) if features else np.empty((0, 0))

    def fit_transform(self, X: Iterable[Any], y: Any = None) -> Any:
        """``fit(X).transform(X)``."""
        return self.fit(X, y).transform(X)

    def _features(self, at: int, item: Any) -> Any:
        try:
            return self.stage_(item)
        except InputError as error:
            raise InputError(f"item {at}: {error}") from None

    def _each(self) -> bool:
        return self.stage.axes()[0][0] in _INSIDE_AN_ITEM

    def __repr__(self) -> str:
        return f"Estimator({self.stage!r})"

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import Tags, TargetTags, TransformerTags  # only ever called by scikit-learn itself

        return Tags(None, TargetTags(required=False), TransformerTags(), requires_fit=True)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "stage_")
