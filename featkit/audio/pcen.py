"""Per-channel energy normalisation: an automatic gain control for every band, in place of the logarithm."""

from __future__ import annotations

import numpy as np

from featkit.errors import ParameterError, ShapeError
from featkit.numeric import Array, constant, source_index
from featkit.stage import RowShape, Stage


class Pcen(Stage):
    """Divide every band by its own smoothed past and compress it.

    Parameters
    ----------
    smoothing : float
        b, the weight of a new frame in the smoothed past, above 0 and up to 1.
    gain : float
        How much of the smoothed energy is divided out, 0 to 1.
    bias : float
        Added before the compression.
    power : float
        Of the compression; 0: a logarithm.
    floor : float
        Added to the smoothed energy.
    width : int
        Bands over which the largest value is taken before it is smoothed; 1: each band by itself.
    start : float, ndarray of shape (bands,), or None
        State of the smoothing filter before the first frame: (1 - b) times the energy before it. None: that of an energy of 1.

    Notes
    -----
    Shape: ``(frames, bands)``, unchanged. The smoothed energy is carried from frame to frame in float64.

    Raises
    ------
    ParameterError
        If a parameter is out of its range.
    ShapeError
        If there are not as many values in start as a row has bands.

    Examples
    --------
    >>> import numpy as np
    >>> Pcen(smoothing=0.5)(np.array([[1.0], [1.0], [100.0]])).round(3)
    array([[0.318],
           [0.318],
           [0.621]])
    """

    name = "pcen"
    shape = "* * -> * *"
    formula = "m[t] = (1-b) m[t-1] + b x[t];  y[t] = (x[t] / (floor + m[t])^gain + bias)^power - bias^power"
    source = "Wang et al., Trainable frontend for robust and far-field keyword spotting, 2017"

    smoothing: float = 0.025
    gain: float = 0.98
    bias: float = 2.0
    power: float = 0.5
    floor: float = 1e-6
    width: int = 1
    start: float | np.ndarray | None = None

    def check(self) -> None:
        self.above(0, "smoothing", "floor")
        self.at_least(0, "gain", "bias", "power")
        self.at_least(1, "width")
        if self.smoothing > 1:
            raise ParameterError(f"Pcen.smoothing must be at most 1, got {self.smoothing!r}")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and isinstance(self.start, np.ndarray) and self.start.shape != row:
            raise ShapeError(f"Pcen.start has the shape {self.start.shape}, but a row has {row[0]} bands")
        return row

    def step(self, state: Array | None, rows: Array) -> tuple[Array, Array]:
        b = float(self.smoothing)
        held = self._start(rows.shape[1]) if state is None else state
        energy = _widest(rows.astype(np.float64), self.width)
        smooth = np.empty_like(energy)
        for at, frame in enumerate(energy):
            smooth[at] = held + b * frame
            held = (1.0 - b) * smooth[at]
        return held, self._compressed(rows.astype(np.float64), smooth).astype(rows.dtype)

    def _start(self, bands: int) -> Array:
        start = 1.0 - float(self.smoothing) if self.start is None else self.start
        return np.array(np.broadcast_to(np.asarray(start, np.float64), (bands,)))

    def _compressed(self, energy: Array, smooth: Array) -> Array:
        floor, power, bias = float(self.floor), float(self.power), float(self.bias)
        # Silence is log 0, and exp of it 0 again; what is no energy, being below 0, becomes NaN.
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = np.exp(-float(self.gain) * (np.log(floor) + np.log1p(smooth / floor)))
            if power == 0:
                return np.log1p(energy * gain)
            if bias == 0:
                return np.exp(power * (np.log(energy) + np.log(gain)))
            return bias**power * np.expm1(power * np.log1p(energy * gain / bias))


@constant
def _neighbours(bands: int, width: int) -> Array:
    """For every place in the window, which band each band looks at; the edge is mirrored."""
    offsets = np.arange(width) - width // 2
    return source_index(np.arange(bands) + offsets[:, None], bands, "mirror")


def _widest(rows: Array, width: int) -> Array:
    """The largest value over ``width`` bands around each band."""
    if width == 1 or not rows.shape[1]:
        return rows
    largest = rows
    for bands in _neighbours(rows.shape[1], width):
        largest = np.maximum(largest, rows[:, bands])
    return largest
