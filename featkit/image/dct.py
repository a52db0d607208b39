"""The cosine transform of an image, whole, and in the blocks that JPEG stores."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.errors import ParameterError, ShapeError
from featkit.image.plane import no_rows, wider
from featkit.numeric import Array, constant
from featkit.stage import Pointwise, RowShape, Whole
from featkit.windowed import Geometry, Windowed


class ImageDct(Whole):
    """The two-dimensional cosine transform of every channel, orthonormal.

    Notes
    -----
    Shape: ``(height, width, channels)``, unchanged. Most of the energy of a picture lies in the first rows and columns.

    Examples
    --------
    >>> import numpy as np
    >>> ImageDct()(np.ones((2, 2, 1)))[..., 0]
    array([[2., 0.],
           [0., 0.]])
    """

    name = "image_dct"
    shape = "height width channel -> height width channel"
    formula = "C[u, v] = a_u a_v sum_i sum_j x[i, j] cos(pi u (2i+1) / (2 height)) cos(pi v (2j+1) / (2 width))"
    source = "Ahmed, Natarajan & Rao, Discrete cosine transform, IEEE Trans. Computers 23, 1974"

    def apply(self, rows: Array) -> Array:
        from scipy import fft

        if not len(rows):
            return no_rows(self, rows)
        coefficients: Array = fft.dctn(rows, axes=(0, 1), norm="ortho")
        return coefficients


class BlockDct(Windowed):
    """The cosine transform of every square block, its coefficients in JPEG's order.

    Parameters
    ----------
    size : int
        Pixels along the side of a block.
    keep : int, optional
        How many coefficients are kept, the first ones; all by default.
    order : str
        ``"zigzag"``: by rising frequency along the diagonals, as JPEG stores them; ``"rows"``: row after row.
    shift : float
        Subtracted from every pixel first; JPEG's is 128 for 8 bits.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(blocks down, blocks across, channels, keep)``. Where a block sticks out on the
    right or at the bottom, the last column or row is repeated. JPEG's own transform has the same scale; it then divides by
    a table and rounds: :class:`JpegQuantise`.

    Raises
    ------
    ParameterError
        If the block has no pixel, or keep is not between 1 and all.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.add.outer(np.arange(8.0), np.arange(8.0))[..., None]
    >>> BlockDct(keep=3)(ramp)[0, 0, 0].round(2)
    array([ 56.  , -18.22, -18.22])
    """

    name = "block_dct"
    shape = "height width channel -> height width channel coefficient"
    formula = "the orthonormal cosine transform of x[size r : size (r+1), size c : size (c+1)] - shift"
    source = "ITU-T T.81 (JPEG), annex A.3.3 and figure A.6"

    size: int = 8
    keep: int | None = None
    order: Literal["zigzag", "rows"] = "zigzag"
    shift: float = 0.0

    def check(self) -> None:
        self.at_least(1, "size", "keep")
        if self.keep is not None and self.keep > self.size**2:
            raise ParameterError(f"BlockDct.keep={self.keep} is more than the {self.size**2} coefficients of a block")

    def geometry(self) -> Geometry:
        return Geometry(span=self.size, hop=self.size, reach=self.size - 1, fill="edge")

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (-(-row[0] // self.size), row[1], self.keep or self.size**2)

    def taken(self, rows: Array) -> Array:
        return wider(rows, 0, -rows.shape[1] % self.size, "edge")

    def windows(self, rows: Array) -> Array:
        from scipy import fft

        count, size, width, channels = rows.shape
        blocks = np.moveaxis(rows.reshape(count, size, width // size, size, channels), (1, 3), (3, 4))
        if self.shift:
            blocks = blocks - rows.dtype.type(self.shift)
        flat = (count, width // size, channels, size * size)
        spread = fft.dctn(blocks, axes=(3, 4), norm="ortho").reshape(flat) if count else np.empty(flat, rows.dtype)
        order = zigzag(size) if self.order == "zigzag" else np.arange(size * size)
        return spread[..., order[: self.keep]]


@constant
def zigzag(size: int) -> Array:
    """The places of a square, flat, along its diagonals by turns up and down.

    >>> zigzag(3)
    array([0, 1, 3, 6, 4, 2, 5, 7, 8])
    """
    down, across = np.divmod(np.arange(size * size), size)
    diagonal = down + across
    return np.lexsort((np.where(diagonal % 2, down, across), diagonal))


#: ITU-T T.81, tables K.1 and K.2, row after row.
_TABLES = {
    "luminance": (
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
        87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
        72, 92, 95, 98, 112, 100, 103, 99,
    ),
    "chrominance": (
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66,
        *[99] * 38,
    ),
}  # fmt: skip


class JpegQuantise(Pointwise):
    """Divide the coefficients of 8x8 blocks by JPEG's table and round: what is left is what a JPEG file holds.

    Parameters
    ----------
    quality : int
        1 (coarse) to 100 (fine), on the scale of the Independent JPEG Group's library.
    table : str
        ``"luminance"`` or ``"chrominance"``, as the standard's annex K has them.

    Notes
    -----
    Shape: ``(blocks down, blocks across, channels, keep)``, unchanged. Takes what ``BlockDct(shift=128.0)`` gives for pixels
    in [0, 255].

    Raises
    ------
    ParameterError
        If the quality is not between 1 and 100.
    ShapeError
        If a block has more than 64 coefficients.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> ramp = 100 + 4 * np.add.outer(np.arange(8.0), np.arange(8.0))[..., None]
    >>> (featkit.BlockDct(keep=6, shift=128.0) | JpegQuantise(50))(ramp)[0, 0, 0]
    array([ 0., -7., -6.,  0.,  0.,  0.])
    """

    name = "jpeg_quantise"
    shape = "height width channel coefficient -> height width channel coefficient"
    formula = (
        "y[k] = round(x[k] / Q[k]), Q = the table in zig-zag order, scaled by 5000/quality or 200 - 2 quality percent"
    )
    source = "ITU-T T.81 (JPEG), annex A.3.4 and K.1; libjpeg, jcparam.c"

    quality: int = 75
    table: Literal["luminance", "chrominance"] = "luminance"

    def check(self) -> None:
        self.at_least(1, "quality")
        if self.quality > 100:
            raise ParameterError(f"JpegQuantise.quality must be at most 100, got {self.quality}")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and row[-1] > 64:
            raise ShapeError(
                f"JpegQuantise takes the 64 coefficients of 8x8 blocks or the first of them, got {row[-1]}"
            )
        return row

    def apply(self, rows: Array) -> Array:
        steps = jpeg_steps(self.quality, self.table)[zigzag(8)][: rows.shape[-1]]
        return np.rint(rows / steps.astype(rows.dtype)) + 0  # no -0


@constant
def jpeg_steps(quality: int, table: str = "luminance") -> Array:
    """The 64 steps of a quality, row after row.

    >>> jpeg_steps(90)[:4]
    array([3, 2, 2, 3])
    """
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((np.array(_TABLES[table]) * percent + 50) // 100, 1, 255)
