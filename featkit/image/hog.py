"""Histograms of oriented gradients."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.errors import InputError, ParameterError, ShapeError
from featkit.image.plane import Pair, check_pair, pair
from featkit.numeric import Array, row_sum, sliding
from featkit.stage import RowShape
from featkit.windowed import Geometry, Windowed


class Hog(Windowed):
    """How much the image changes in each direction, in every cell, relative to the cells around.

    Parameters
    ----------
    orientations : int
        Directions that half a turn is divided into.
    cell : int or (int, int)
        Rows and columns of a cell, in pixels.
    block : int or (int, int)
        Rows and columns of a block, in cells; blocks lie one cell apart.
    norm : str
        What a block is divided by: ``"L1"``: its sum, ``"L1-sqrt"``: the same, then the root; ``"L2"``: its length;
        ``"L2-Hys"``: the same, cut off at 0.2, once more.
    sqrt : bool
        Take the square root of every pixel first, against differences in lighting; pixels must not be below 0.
    sums : str
        In which precision the pixels of a cell are added: ``"float32"`` as scikit-image has it, or ``"float64"``.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(blocks down, blocks across, block rows, block columns, orientations)``; with
    ``| Flatten()`` it is the descriptor in the usual order. Of several channels, the one that changes most counts at each pixel.
    Pixels that make no whole cell are left out.

    Raises
    ------
    ParameterError
        If a number is below 1.
    ShapeError
        If the image is narrower than a block.
    InputError
        If there are pixels below 0 and ``sqrt`` is on.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.tile(np.arange(16.0), (16, 1))[..., None]  # it changes from left to right only
    >>> Hog(orientations=3, block=1)(ramp)[0, 0].round(3)
    array([[[1., 0., 0.]]])
    """

    name = "hog"
    shape = "height width channel -> height width block_row block_column orientation"
    formula = (
        "h[r, c, o] = sum of |gradient| over the pixels of cell (r, c) with direction o; y = h / norm of its block"
    )
    source = "Dalal & Triggs, Histograms of oriented gradients for human detection, CVPR 2005; skimage.feature.hog"

    orientations: int = 9
    cell: Pair = 8
    block: Pair = 3
    norm: Literal["L1", "L1-sqrt", "L2", "L2-Hys"] = "L2-Hys"
    sqrt: bool = False
    sums: Literal["float32", "float64"] = "float32"

    def check(self) -> None:
        self.at_least(1, "orientations")
        check_pair(self, 1, "cell", "block")
        if self.orientations > 180:
            raise ParameterError(f"Hog.orientations must be at most 180, got {self.orientations}")

    def geometry(self) -> Geometry:
        cell, block = pair(self.cell)[0], pair(self.block)[0]
        # A row above and below, for the gradient; reflected, they make it 0 at the edge.
        return Geometry(block * cell + 2, cell, 1, -(block - 1) * cell, "reflect")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is None:
            return None
        (_, cell), (down, across) = pair(self.cell), pair(self.block)
        blocks = row[0] // cell - across + 1
        if blocks < 1:
            raise ShapeError(
                f"Hog has blocks of {across * cell} columns, and the image has {row[0]}; take smaller cells or blocks, or a "
                "larger image"
            )
        return (blocks, down, across, self.orientations)

    def taken(self, rows: Array) -> Array:
        if not self.sqrt:
            return rows
        if (rows < 0).any():
            raise InputError("Hog takes the square root of pixels, and some are below 0; set sqrt=False or shift them")
        return np.sqrt(rows)

    def windows(self, rows: Array) -> Array:
        """Of no window; :meth:`over` shares the cells between blocks that overlap."""
        assert not len(rows)
        return np.empty((0, *(self.row_shape(rows.shape[2:]) or ())), rows.dtype)

    def over(self, rows: Array) -> Array:
        down, across = _gradient(rows)
        cells = self._cells(down.astype(np.float64), across.astype(np.float64))
        high, wide = pair(self.block)
        tall = sliding(cells, high, 1)  # (blocks down, high, cells across, orientations)
        blocks = np.moveaxis(sliding(np.moveaxis(tall, 2, 0), wide, 1), (0, 1), (1, 3))
        flat = blocks.reshape(*blocks.shape[:2], -1)
        return self._normalised(flat).reshape(blocks.shape).astype(rows.dtype)

    def _cells(self, down: Array, across: Array) -> Array:
        """The histogram of every cell, (cells down, cells across, orientations) in float64."""
        (high, wide), count = pair(self.cell), self.orientations
        rows, columns = len(down) // high, down.shape[1] // wide
        strength = np.hypot(across, down)
        turn = np.arctan2(down, across) * (180 / np.pi) % 180
        borders = (180.0 / count * np.arange(1, count)).astype(np.float32).astype(np.float64)
        direction = np.searchsorted(borders, turn.ravel(), "right").reshape(turn.shape)
        sums = np.zeros((rows * columns, count), self.sums)
        cell = np.arange(rows * columns)
        for row in range(high):
            for column in range(wide):
                every = np.s_[row : rows * high : high, column : columns * wide : wide]
                sums[cell, direction[every].ravel()] += strength[every].ravel()
        return (sums / sums.dtype.type(high * wide)).reshape(rows, columns, count).astype(np.float64)

    def _normalised(self, blocks: Array) -> Array:
        small = 1e-5
        if self.norm in ("L1", "L1-sqrt"):
            shares = blocks / (row_sum(blocks) + small)
            return np.sqrt(shares) if self.norm == "L1-sqrt" else shares
        unit = blocks / np.sqrt(row_sum(blocks**2) + small**2)
        if self.norm == "L2":
            return unit
        unit = np.minimum(unit, 0.2)
        return unit / np.sqrt(row_sum(unit**2) + small**2)


def _gradient(rows: Array) -> tuple[Array, Array]:
    """The change down and across at every pixel but those of the first and last row; 0 across at the left and right edge."""
    down = rows[2:] - rows[:-2]
    across = np.zeros_like(down)
    across[:, 1:-1] = rows[1:-1, 2:] - rows[1:-1, :-2]
    if rows.shape[2] == 1:
        return down[..., 0], across[..., 0]
    most = np.hypot(down.astype(np.float64), across.astype(np.float64)).argmax(axis=-1)[..., None]
    return np.take_along_axis(down, most, -1)[..., 0], np.take_along_axis(across, most, -1)[..., 0]
