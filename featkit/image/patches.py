"""Patches: the pieces of an image, one a row, as vision transformers, torch's Unfold and scikit-learn lay them out."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np

from featkit.errors import ParameterError, ShapeError
from featkit.numeric import Array, Fill, Rows, source_index
from featkit.stage import RowShape
from featkit.windowed import Geometry, Windowed

#: One number for both, or height and width.
Pair: TypeAlias = int | tuple[int, int]

#: Columns of patches that are laid out before the patches are cut from them are kept within this.
_TOWER_BYTES = 1024 * 1024
#: Of a larger image so much is looked through and cut at a time.
_BAND_BYTES = 2 * 1024 * 1024
#: Lines of a patch of so many bytes are copied from the image one by one. (Shorter ones: a patch costs less than its lines.)
_LONG_LINE = 80


class Patches(Windowed):
    """Cut an image into patches, left to right and top to bottom; each becomes a row of its pixels.

    Parameters
    ----------
    size : int or tuple of int
        Pixels of a patch: a square, or its height and width.
    stride : int, tuple of int or None
        From one patch to the next, in pixels. None: patches lie side by side, as ``size`` is; 1 with ``order="sklearn"``.
    order : str
        How the pixels of a patch stand in its row. ``"vit"``: as in the image, channels last, ``(y, x, channel)``, as vision
        transformers have it (einops: ``"(h p1) (w p2) c -> (h w) (p1 p2 c)"``); ``"unfold"``: channels first,
        ``(channel, y, x)``, as torch's Unfold and the weights of a convolution; ``"sklearn"``: as ``"vit"``, every patch
        there is, as ``extract_patches_2d``.
    padding : int or tuple of int
        Pixels put around the image: above and below, left and right.
    fill : str
        What they are: ``"zero"``, ``"edge"``, ``"reflect"`` or ``"mirror"``.
    remainder : str or None
        What to do with pixels at the bottom and on the right that make no whole patch: ``"drop"`` them, or ``"fill"`` them
        up to one. None: an image that has some is refused.
    dilation : int or tuple of int
        From one pixel of a patch to the next; 1: neighbours.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(patches, size * size * channels)``; :meth:`grid` says how many patches stand
    below and beside each other. Rows of pixels stream: patches come out as soon as the last of their rows is in. Values are
    moved only, so integers stay integers. :meth:`unpatch` puts an image together again, and :func:`featkit.view_patches`
    gives the patches without a copy.

    Raises
    ------
    ParameterError
        If a size, stride or dilation is below 1, or a padding below 0.
    ShapeError
        If the image is narrower than a patch, or there is a remainder and ``remainder`` is None.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.arange(16).reshape(4, 4, 1)
    >>> Patches(2)(image)
    array([[ 0,  1,  4,  5],
           [ 2,  3,  6,  7],
           [ 8,  9, 12, 13],
           [10, 11, 14, 15]])
    >>> Patches(2, order="sklearn")(image).shape, Patches(3, stride=2, padding=1, order="unfold")(image).shape
    ((9, 4), (4, 9))
    """

    name = "patches"
    shape = "height width channel -> patch pixel"
    formula = "y[i w + j, (p, q, c)] = x[i stride + p dilation - padding, j stride + q dilation - padding, c]"
    source = "Dosovitskiy et al., An image is worth 16x16 words, ICLR 2021"

    size: Pair = 16
    stride: Pair | None = None
    order: Literal["vit", "unfold", "sklearn"] = "vit"
    padding: Pair = 0
    fill: Fill = "zero"
    remainder: Literal["drop", "fill"] | None = "drop"
    dilation: Pair = 1

    def check(self) -> None:
        for name, low in (("size", 1), ("stride", 1), ("padding", 0), ("dilation", 1)):
            value = getattr(self, name)
            if value is not None and min(pair(value)) < low:
                raise ParameterError(f"Patches.{name} must be at least {low}, or two such numbers, got {value!r}")

    @property
    def moves(self) -> bool:
        """Pixels are moved only."""
        return True

    # --- where patches lie ------------------------------------------------------------------------------------------------

    def _along(self, axis: int) -> Geometry:
        """Along the height (0) or the width (1)."""
        size, padding, dilation = (pair(value)[axis] for value in (self.size, self.padding, self.dilation))
        hop = pair(self.stride if self.stride is not None else 1 if self.order == "sklearn" else self.size)[axis]
        span = dilation * (size - 1) + 1
        filled = self.remainder == "fill"
        reach = 2 * padding + hop - span + (hop - 1 if filled else 0)
        return Geometry(span, hop, padding, reach, self.fill, fewest=int(filled))

    def geometry(self) -> Geometry:
        return self._along(0)

    @cached_property
    def _across(self) -> Geometry:
        return self._along(1)

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """How many patches an image has, below each other and beside each other.

        >>> Patches(16).grid(224, 224), Patches(16, stride=10).grid(128, 1024)
        ((14, 14), (12, 101))
        """
        return self._geometry.count(height), self._across.count(width)

    def count(self, n: int) -> int | None:  # type: ignore[override]
        """Not known from the height alone."""
        return None

    def row_shape(self, row: RowShape) -> RowShape:
        if row is None:
            return None
        width, channels = row
        beside = self._across
        if not beside.count(width):
            raise ShapeError(
                f"{self!r} needs an image at least {beside.span - 2 * beside.left} pixels wide, got {width}; take smaller "
                "patches, enlarge the image, or fill it up with remainder='fill'"
            )
        self._check_remainder("wide", width, beside)
        return (math.prod(pair(self.size)) * channels,)

    def _check_remainder(self, how: str, pixels: int, along: Geometry) -> None:
        rest = (pixels + 2 * along.left - along.span) % along.hop
        if self.remainder is None and pixels and (rest or along.count(pixels) < 1):
            raise ShapeError(
                f"{self!r} takes an image that is whole patches {how}, but of {pixels} pixels {rest} are left over; crop or "
                "resize it, or choose remainder='drop' or 'fill'"
            )

    @property
    def bundles(self) -> bool:
        """Never: a row of windows is several patches."""
        return False

    def ended(self, seen: int) -> int:
        self._check_remainder("high", seen, self._geometry)
        return super().ended(seen)

    # --- cutting ----------------------------------------------------------------------------------------------------------

    def _piece(self, block: Any) -> int:
        """All of the image at once: there is nothing in between that would have to stay in the cache."""
        return max(1, len(block))

    def __call__(self, rows: Any) -> Rows:
        """Apply the stage to an image; a large one is read once, a part looked through and cut while it is in the cache."""
        if not (type(rows) is np.ndarray and rows.dtype.kind == "f" and rows.ndim == 3 and rows.nbytes > _BAND_BYTES):
            return super().__call__(rows)
        self.entered_in_blocks_of(rows)
        down, height = self._geometry, len(rows)
        below, beside = self.ended(height), self._across.count(rows.shape[1])
        if not below or down.left or (below - 1) * down.hop + down.span > height:  # what lies outside is made up
            return super().__call__(rows)
        out: Array | None = None
        several = max(1, (_BAND_BYTES // (rows.nbytes // height) - down.span) // down.hop + 1)
        for first in range(0, below, several):
            n = min(several, below - first)
            begin, end = first * down.hop, height if first + n == below else (first + n - 1) * down.hop + down.span
            part = self.admit(rows[begin:end], begin)
            if out is None:
                out = np.empty((below, beside, *(self.row_shape(rows.shape[1:]) or ())), part.dtype)
            self._lay(part[: (n - 1) * down.hop + down.span], out[first : first + n])
        assert out is not None
        return out.reshape(below * beside, -1)

    def over(self, rows: Array) -> Array:
        below, beside = (len(rows) - self._geometry.span) // self._geometry.hop + 1, self._across.count(rows.shape[1])
        out = np.empty((below, beside, *(self.row_shape(rows.shape[1:]) or ())), rows.dtype)
        self._lay(rows, out)
        return out.reshape(below * beside, -1)

    def _lay(self, rows: Array, out: Array) -> None:
        """Write the patches of these rows of pixels into ``out``, of shape (below, beside, pixels)."""
        size, dilation = pair(self.size), pair(self.dilation)
        image = np.ascontiguousarray(_widened(rows, self._across))
        step = self._geometry.hop, self._across.hop
        if max(dilation) > 1:
            view = _strided(image, (out.shape[0], out.shape[1]), size, step, dilation)
            turned = view.transpose(0, 1, 4, 2, 3) if self.order == "unfold" else view
            out.reshape(turned.shape)[...] = turned
        elif self.order == "unfold" and image.shape[2] > 1:
            for at, plane in enumerate(np.ascontiguousarray(image.transpose(2, 0, 1))):
                _lay_flat(plane[:, :, None], out, at * math.prod(size), size, step)
        else:
            _lay_flat(image, out, 0, size, step)

    def windows(self, rows: Array) -> Array:
        if not len(rows):
            return np.empty((0, *(self.row_shape(rows.shape[2:]) or ())), rows.dtype)
        return np.concatenate([self.over(window) for window in rows])

    # --- and back ---------------------------------------------------------------------------------------------------------

    def unpatch(
        self, patches: Array, height: int, width: int, overlap: Literal["mean", "sum"] = "mean", rest: float = 0.0
    ) -> Array:
        """Put an image together from its patches.

        Parameters
        ----------
        patches : ndarray, shape (patches, pixels)
            As the stage gives them.
        height, width : int
            Of the image.
        overlap : str
            What a pixel that lies in several patches is: their ``"mean"`` (as ``reconstruct_from_patches_2d``), or their
            ``"sum"`` (as torch's Fold).
        rest : float
            What a pixel is that lies in no patch.

        Returns
        -------
        ndarray, shape (height, width, channels)
            Of the type of the patches; floating point where means are taken of integers.

        Raises
        ------
        ShapeError
            If there aren't as many patches as such an image has, or they aren't of this size.

        Examples
        --------
        >>> import numpy as np
        >>> image, cut = np.arange(60).reshape(5, 4, 3), Patches(2, remainder="fill")
        >>> np.array_equal(cut.unpatch(cut(image), 5, 4), image)
        True
        """
        (high, wide), (dilate_y, dilate_x) = pair(self.size), pair(self.dilation)
        down, across = self._geometry, self._across
        below, beside = down.count(height), across.count(width)
        channels, left_over = divmod(patches.shape[-1], high * wide)
        if patches.ndim != 2 or len(patches) != below * beside or left_over or not channels:
            raise ShapeError(
                f"an image of {height} x {width} pixels has {below * beside} patches of {high * wide} pixels, got an array "
                f"of shape {patches.shape}"
            )
        if self.order == "unfold":
            laid = patches.reshape(below, beside, channels, high, wide).transpose(0, 1, 3, 4, 2)
        else:
            laid = patches.reshape(below, beside, high, wide, channels)
        once = down.hop >= down.span and across.hop >= across.span
        kind = patches.dtype if once or overlap == "sum" else np.result_type(patches.dtype, np.float32)
        rows, columns = (
            (along.span + (n - 1) * along.hop) if n else 0 for along, n in ((down, below), (across, beside))
        )
        shape = (max(rows, height + down.left), max(columns, width + across.left))
        canvas, covers = np.zeros((*shape, channels), kind), np.zeros((*shape, 1), np.int64)
        # Pixel by pixel of a patch, from its last to its first: so each sum is made in the order of the patches.
        for y in reversed(range(high)):
            for x in reversed(range(wide)):
                at = _every(y * dilate_y, down.hop, below), _every(x * dilate_x, across.hop, beside)
                canvas[at] += laid[:, :, y, x]
                covers[at] += 1
        image = canvas[down.left : down.left + height, across.left : across.left + width]
        covers = covers[down.left : down.left + height, across.left : across.left + width]
        if overlap == "mean" and not once:
            image = image / np.maximum(covers, 1).astype(kind)
        return np.where(covers > 0, image, np.array(rest, image.dtype))


def view_patches(image: Array, size: Pair, stride: Pair | None = None) -> Array:
    """The patches of an image as a view: nothing is copied, and nothing can be written to.

    Parameters
    ----------
    image : ndarray, shape (height, width, channels)
    size : int or tuple of int
        Pixels of a patch, high and wide.
    stride : int, tuple of int or None
        From one patch to the next. None: they lie side by side.

    Returns
    -------
    ndarray, shape (below, beside, size, size, channels)
        Read-only. What makes no whole patch is left out. ``.reshape(below * beside, -1)`` copies it into what
        :class:`Patches` gives.

    Raises
    ------
    ShapeError
        If the image has other axes, or no whole patch.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.zeros((6, 9, 3))
    >>> view_patches(image, 3).shape, np.shares_memory(view_patches(image, 3, stride=1), image)
    ((2, 3, 3, 3, 3), True)
    """
    cut = Patches(size, stride)
    if np.ndim(image) != 3:
        raise ShapeError(f"an image has the axes (height, width, channel), got shape {np.shape(image)}")
    grid = cut.grid(*image.shape[:2])
    if not all(grid):
        raise ShapeError(f"an image of shape {image.shape} has no whole patch of {size} pixels; take smaller patches")
    return _strided(image, grid, pair(size), pair(size if stride is None else stride), (1, 1))


def pair(value: Pair) -> tuple[int, int]:
    """Height and width."""
    return value if isinstance(value, tuple) else (value, value)


def _every(first: int, hop: int, n: int) -> slice:
    return slice(first, first + (n - 1) * hop + 1 if n else first, hop)


def _widened(image: Array, across: Geometry) -> Array:
    """The columns that patches lie over, what lies outside of the image made up."""
    width = image.shape[1]
    begin, end = -across.left, (across.count(width) - 1) * across.hop - across.left + across.span
    if begin >= 0 and end <= width:
        return image
    source = source_index(np.arange(begin, end), width, across.fill)  # type: ignore[arg-type]
    wide = image[:, source]
    if across.fill == "zero":
        wide[:, source < 0] = 0
    return wide


def _strided(
    image: Array, grid: tuple[int, int], size: tuple[int, int], step: tuple[int, int], dilation: tuple[int, int]
) -> Array:
    down, across, _ = image.strides
    shape = (*grid, *size, image.shape[2])
    strides = (down * step[0], across * step[1], down * dilation[0], across * dilation[1], image.strides[2])
    return np.lib.stride_tricks.as_strided(image, shape, strides, writeable=False)


def _lay_flat(image: Array, out: Array, at: int, size: tuple[int, int], step: tuple[int, int]) -> None:
    """Write every patch of a contiguous image into ``out`` (below, beside, pixels), from pixel ``at`` on.

    The pixels of a patch that stand beside each other are copied as one piece of memory; NumPy would go over them singly.
    """
    (high, wide), (down, across), (below, beside, _) = size, step, out.shape
    # Not the array's own strides, which say anything along an axis of one pixel.
    pixel = image.shape[2] * image.itemsize
    line = image.shape[1] * pixel
    piece, patch = np.dtype((np.void, wide * pixel)), np.dtype((np.void, high * wide * pixel))
    offset = at * out.itemsize
    if down >= high or below == 1 or piece.itemsize >= _LONG_LINE:
        source = np.ndarray((below, beside, high), piece, image, 0, (down * line, across * pixel, line))
        into: Array = np.ndarray(source.shape, piece, out, offset, (*out.strides[:2], piece.itemsize))
        into[...] = source
        return
    # Patches below each other share rows. The pieces of a column of patches are stacked once, and every patch is then one
    # piece of that tower.
    into = np.ndarray((below, beside), patch, out, offset, out.strides[:2])
    several = max(1, (_TOWER_BYTES // (beside * piece.itemsize) - high) // down + 1)
    for first in range(0, below, several):
        n = min(several, below - first)
        rows = (n - 1) * down + high
        source = np.ndarray((beside, rows), piece, image, first * down * line, (across * pixel, line))
        towers = np.ascontiguousarray(source)
        into[first : first + n] = np.ndarray(
            (n, beside), patch, towers, 0, (down * piece.itemsize, rows * piece.itemsize)
        )
