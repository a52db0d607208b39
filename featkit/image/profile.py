"""Where the energy of an image's spectrum lies: in rings of one frequency, in sectors of one direction."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from featkit.numeric import Array
from featkit.stage import RowShape, Whole

Pooled: TypeAlias = Literal["sum", "mean"]


class RadialEnergy(Whole):
    """The energy of a spectrum in rings around frequency 0: coarse structure first, fine structure last.

    Parameters
    ----------
    bins : int
        How many rings there are between 0 and high.
    high : float
        The largest frequency that counts, in periods a pixel; 0.5 is the finest there is along an axis, its diagonal 0.71.
    pooled : str
        ``"sum"``: all energy of a ring; ``"mean"``: for each of its frequencies.

    Notes
    -----
    Shape: ``(height, width, channels)`` complex -> ``(channels, bins)``. Takes what :class:`ImageSpectrum` gives, not centred. A
    ring in which no frequency lies has 0.

    Raises
    ------
    ParameterError
        If there is no ring, or high is not above 0.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> stripes = np.tile([1.0, -1.0], (4, 2))[..., None]  # a period of two pixels
    >>> (featkit.ImageSpectrum() | RadialEnergy(4))(stripes)
    array([[  0.,   0.,   0., 256.]])
    """

    name = "radial_energy"
    shape = "vertical horizontal phasor -> channel bin"
    formula = "E[k] = sum over u, v of |X[u, v]|^2 where sqrt((u/height)^2 + (v/width)^2) lies in ring k"
    source = "van der Schaaf & van Hateren, Modelling the power spectra of natural images, Vision Research 36, 1996"

    bins: int = 16
    high: float = 0.5
    pooled: Pooled = "sum"

    def check(self) -> None:
        self.at_least(1, "bins")
        self.above(0, "high")

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.bins,)

    def count(self, n: int) -> int | None:
        return None if n else 0

    def apply(self, rows: Array) -> Array:
        across, down = _frequencies(rows)
        radius = np.hypot(down, across)
        ring = np.minimum((radius / self.high * self.bins).astype(np.intp), self.bins - 1)
        return _pooled(rows, ring, radius <= self.high, self.bins, self.pooled)


class AngularEnergy(Whole):
    """The energy of a spectrum in sectors of one direction: in which direction the image changes.

    Parameters
    ----------
    bins : int
        How many sectors half a turn is divided into; the first is centred on direction 0.
    pooled : str
        ``"sum"``: all energy of a sector; ``"mean"``: for each of its frequencies.

    Notes
    -----
    Shape: ``(height, width, channels)`` complex -> ``(channels, bins)``. Takes what :class:`ImageSpectrum` gives, not centred.
    Direction 0 is change from left to right (vertical stripes), a quarter turn is change from top to bottom. Frequency 0,
    the mean of the image, has no direction and is left out.

    Raises
    ------
    ParameterError
        If there is no sector.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> stripes = np.tile([1.0, -1.0], (4, 2))[..., None]
    >>> (featkit.ImageSpectrum() | AngularEnergy(4))(stripes)
    array([[256.,   0.,   0.,   0.]])
    """

    name = "angular_energy"
    shape = "vertical horizontal phasor -> channel bin"
    formula = (
        "E[k] = sum over u, v but (0, 0) of |X[u, v]|^2 where the direction of (v/width, u/height) lies in sector k"
    )
    source = "Gonzalez & Woods, Digital Image Processing, section 11.3 (spectral approaches to texture)"

    bins: int = 8
    pooled: Pooled = "sum"

    def check(self) -> None:
        self.at_least(1, "bins")

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.bins,)

    def count(self, n: int) -> int | None:
        return None if n else 0

    def apply(self, rows: Array) -> Array:
        across, down = _frequencies(rows)
        turn = np.arctan2(down, across) / np.pi  # in half turns
        sector = np.floor(turn * self.bins + 0.5).astype(np.intp) % self.bins
        return _pooled(rows, sector, (across != 0) | (down != 0), self.bins, self.pooled)


def _frequencies(rows: Array) -> tuple[Array, Array]:
    """Periods a pixel, from left to right and from top to bottom, of every place of a spectrum."""
    across, down = np.fft.fftfreq(rows.shape[1]), np.fft.fftfreq(max(len(rows), 1))[: len(rows), None]
    return np.broadcast_to(across, rows.shape[:2]), np.broadcast_to(down, rows.shape[:2])


def _pooled(rows: Array, place: Array, counts: Array, bins: int, pooled: Pooled) -> Array:
    """The energy of every channel by place, where it counts."""
    if not len(rows):
        return np.empty((0, bins), rows.real.dtype)
    where = place[counts]
    energy = rows.real[counts].astype(np.float64) ** 2 + rows.imag[counts].astype(np.float64) ** 2
    sums = np.stack([np.bincount(where, channel, bins) for channel in energy.T]).astype(np.float64)
    if pooled == "mean":
        sums = sums / np.maximum(np.bincount(where, minlength=bins), 1)
    return sums.astype(rows.real.dtype)
