"""The door of a stage at work: what a user hands in passes it, what stages hand on doesn't."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from featkit.errors import InputError, ShapeError
from featkit.numeric import Array, Rows, length_of

if TYPE_CHECKING:
    from featkit.stage import Stage


class Entrance:
    """What comes in is checked, converted, and of one width and type throughout."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.seen = 0
        self._kind: tuple[tuple[int, ...], np.dtype[Any]] | None = None

    def check(self, block: Array) -> None:
        """Refuse an array with the wrong axes as a whole, before it is cut into pieces."""
        given = self.stage.axes()[0]
        if block.ndim == 0 or ("..." not in given and block.ndim != len(given)):
            self.stage.admit(block, self.seen)

    def check_width(self, shape: tuple[int, ...]) -> None:
        """Refuse rows that the stage cannot take, or that hold nothing."""
        if 0 in shape[1:]:
            raise ShapeError(f"{type(self.stage).__name__} takes rows of at least one value, got shape {shape}")
        self.stage.row_shape(shape[1:])

    def take(self, block: Any) -> Rows:
        """The next rows, ready for ``step``."""
        rows = self.stage.admit(block, self.seen)
        if isinstance(rows, np.ndarray):
            kind = (rows.shape[1:], rows.dtype)
            if self._kind is None:
                self.check_width(rows.shape)
                self._kind = kind
            elif kind != self._kind:
                was, now = (f"{dtype} rows of shape {shape}" for shape, dtype in (self._kind, kind))
                raise InputError(f"an input keeps one width and type: before there were {was}, now come {now}")
        self.seen += length_of(rows)
        return rows
