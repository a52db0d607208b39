"""Double precision inside: what is computed in float64 and handed on in the precision of the input."""

from __future__ import annotations

import numpy as np

from featkit.bundles import Bundle
from featkit.errors import ParameterError
from featkit.numeric import Array, as_precision
from featkit.rows.scale import Identity
from featkit.stage import Axes, RowShape, Stage, State


class InDouble(Stage):
    """Run a stage, or a pipeline, in float64 and round what it gives to the precision of the input.

    Some programs compute a window and a Fourier transform in float64 and store float32: the rounding errors of a float32
    transform, which go with its loudest bin, are then missing in the quiet ones.

    Parameters
    ----------
    stage : Stage
        What is computed in float64; addressed as ``in_double__stage__...``.

    Notes
    -----
    Shapes are those of the stage inside.

    Raises
    ------
    ParameterError
        If the stage inside needs the whole input.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> InDouble(featkit.Log("10"))(np.array([[1000.0]], np.float32))
    array([[3.]], dtype=float32)
    """

    name = "in_double"
    formula = "y = stage(x), computed in float64"
    source = "librosa.stft"

    stage: Stage = Identity()

    def check(self) -> None:
        if not self.stage.streamable:
            raise ParameterError(f"InDouble takes a stage that streams, got {self.stage!r}; put it behind InDouble")

    def axes(self) -> tuple[Axes, Axes]:
        return self.stage.axes()

    def needs(self, rows: int) -> int:
        return self.stage.needs(rows)

    def count(self, n: int) -> int | None:
        return self.stage.count(n)

    def row_shape(self, row: RowShape) -> RowShape:
        return self.stage.row_shape(row)

    def widest(self, row: RowShape, size: int) -> tuple[int, int]:
        return self.stage.widest(row, max(size, 8))

    @property
    def bundles(self) -> bool:
        """Whether the stage inside does."""
        return self.stage.bundles

    def bundled(self, bundle: Bundle) -> Bundle:
        precision = np.finfo(bundle.parts[0].dtype).dtype
        rows, runs = self.stage.bundled(Bundle([as_precision(part, np.float64) for part in bundle.parts])).whole
        return Bundle.within(as_precision(rows, precision), runs)

    def step(self, state: State, rows: Array) -> tuple[State, Array]:
        inside = self.stage.init() if state is None else state[0]
        inside, made = self.stage.step(inside, as_precision(rows, np.float64))
        precision = np.finfo(rows.dtype).dtype
        return (inside, precision), as_precision(made, precision)

    def end(self, state: State, rows: Array) -> Array:
        inside = self.stage.init() if state is None else state[0]
        return as_precision(self.stage.end(inside, as_precision(rows, np.float64)), np.finfo(rows.dtype).dtype)

    def alone(self, rows: Array) -> Array:
        return as_precision(self.stage.alone(as_precision(rows, np.float64)), np.finfo(rows.dtype).dtype)

    def flush(self, state: State) -> Array | None:
        if state is None:
            return None
        inside, precision = state
        rest = self.stage.flush(inside)
        return None if rest is None else as_precision(rest, precision)
