"""Convolution with kernels that are given: named banks, or the first layers of a trained network."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from featkit import numeric
from featkit.errors import ParameterError, ReadError, ShapeError, did_you_mean
from featkit.image.plane import Pair, check_pair, pair, wider
from featkit.memory import scratch
from featkit.numeric import Array, Fill
from featkit.stage import BLOCK_BYTES, RowShape
from featkit.windowed import Geometry, Windowed


class Convolve(Windowed):
    """Lay every kernel over every place of the image, and sum the products.

    Parameters
    ----------
    kernels : ndarray, shape (kernels, channels / groups, height, width)
        As torch has them. They are laid over the image as they are (what mathematics calls correlation).
    bias : ndarray, shape (kernels,), optional
        Added to what each kernel gives.
    stride : int or (int, int)
        How far apart the places are, down and across.
    padding : int, (int, int) or str
        Pixels made up on each side, above and below, left and right; ``"same"``: as many as keep the size at stride 1.
    dilation : int or (int, int)
        How far apart the pixels are that neighbouring weights fall on.
    groups : int
        The channels are cut into so many groups, and each kernel sees one; as many groups as channels and one kernel for
        each is a depthwise convolution.
    fill : str
        What is made up: ``"zero"``, ``"edge"``, ``"reflect"`` or ``"mirror"``.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(places down, places across, kernels)``. All kernels are one sparse matrix, so a
    zero weight costs nothing, and the sum of a place is made in one order however many places there are. Weights of a file:
    :func:`convolve_from_npz`.

    Raises
    ------
    ParameterError
        If a number is too small, or the groups don't divide the kernels.
    ShapeError
        If kernels, bias and image don't fit, or a kernel is wider than the padded image.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> edge = np.array([[0.0, 0.0, 1.0, 1.0]] * 3)[..., None]
    >>> Convolve(featkit.sobel_kernels())(edge)[0]
    array([[0., 1.],
           [0., 1.]])
    """

    name = "convolve"
    shape = "height width channel -> height width channel"
    formula = "y[i, j, k] = b[k] + sum_c,p,q w[k, c, p, q] x[i stride + p dilation - padding, j stride + q dilation - padding, c]"
    source = "LeCun et al., Gradient-based learning applied to document recognition, Proc. IEEE 86, 1998"

    kernels: np.ndarray
    bias: np.ndarray | None = None
    stride: Pair = 1
    padding: Pair | Literal["same"] = 0
    dilation: Pair = 1
    groups: int = 1
    fill: Fill = "zero"

    def check(self) -> None:
        shape = self.kernels.shape
        if len(shape) != 4 or 0 in shape:
            raise ShapeError(
                f"Convolve takes kernels of shape (kernels, channels, height, width), got {shape}; kernels[None, None] makes "
                "one of a single picture of weights"
            )
        if self.bias is not None and self.bias.shape != shape[:1]:
            raise ShapeError(f"Convolve takes a bias for each of {shape[0]} kernels, got shape {self.bias.shape}")
        if not all(np.isfinite(values).all() for values in (self.kernels, self.bias) if values is not None):
            raise ParameterError("Convolve takes finite weights; some of the kernels or biases are NaN or infinite")
        check_pair(self, 1, "stride", "dilation")
        check_pair(self, 0, "padding")
        self.at_least(1, "groups")
        if shape[0] % self.groups:
            raise ParameterError(f"Convolve.groups={self.groups} does not divide the {shape[0]} kernels")

    @cached_property
    def _spans(self) -> tuple[int, int]:
        """How many rows, and columns, a kernel lies over."""
        high, wide = self.kernels.shape[2:]
        down, across = pair(self.dilation)
        return (high - 1) * down + 1, (wide - 1) * across + 1

    @cached_property
    def _padding(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Rows above and below, columns left and right."""
        if self.padding == "same":
            down, across = ((span - 1) // 2 for span in self._spans)
            return (down, self._spans[0] - 1 - down), (across, self._spans[1] - 1 - across)
        down, across = pair(self.padding)
        return (down, down), (across, across)

    def geometry(self) -> Geometry:
        hop, (above, below) = pair(self.stride)[0], self._padding[0]
        return Geometry(self._spans[0], hop, above, above + below - self._spans[0] + hop, self.fill)

    def row_shape(self, row: RowShape) -> RowShape:
        if row is None:
            return None
        width, channels = row
        seen = self.kernels.shape[1] * self.groups
        if channels != seen:
            raise ShapeError(
                f"Convolve has kernels for {seen} channels ({self.kernels.shape[1]} for each of {self.groups} groups), "
                f"got an image of {channels}"
            )
        across = (width + sum(self._padding[1]) - self._spans[1]) // pair(self.stride)[1] + 1
        if across < 1:
            raise ShapeError(
                f"Convolve has kernels over {self._spans[1]} columns, and the image has {width} and {self._padding[1]} made up; "
                "pad it more"
            )
        return (across, len(self.kernels))

    def widest(self, row: RowShape, size: int) -> tuple[int, int]:
        made = self.row_shape(row)
        assert row is not None
        assert made is not None
        taps = row[1] * self.kernels[0, 0].size
        return made[0] * max(taps, made[1], row[1]) * size, self._geometry.hop

    def taken(self, rows: Array) -> Array:
        return wider(rows, *self._padding[1], self.fill)

    def windows(self, rows: Array) -> Array:
        count, _, width, channels = rows.shape
        high, wide = self.kernels.shape[2:]
        (down, across), step = pair(self.dilation), pair(self.stride)[1]
        places = (width - self._spans[1]) // step + 1
        taps = channels * high * wide
        # One channel after the other in memory, as the product leaves them.
        out = np.empty((len(self.kernels), count, places), rows.dtype)
        several = max(1, BLOCK_BYTES // 2 // (taps * places * rows.itemsize))
        for at in range(0, count, several):
            part = rows[at : at + several]
            by_window, by_row, by_column, by_channel = part.strides
            strides = (by_channel, by_row * down, by_column * across, by_window, by_column * step)
            shape = (channels, high, wide, len(part), places)
            # Flat, so that it is one piece of memory whatever the width of an image and the length of a block.
            flat = scratch("seen by kernels", (taps * len(part) * places,), rows.dtype)
            seen = flat.reshape(taps, len(part) * places)
            seen.reshape(shape)[...] = np.lib.stride_tricks.as_strided(part, shape, strides, writeable=False)
            sums = numeric.project_columns(seen, self._weights(rows.dtype))
            if self.bias is not None:
                sums += self.bias.astype(rows.dtype)[:, None]
            out[:, at : at + several] = sums.reshape(-1, len(part), places)
        return np.moveaxis(out, 0, 2)

    def _weights(self, dtype: np.dtype[Any]) -> Any:
        if dtype not in self._made:
            self._made[dtype] = numeric.weights(self._matrix.astype(dtype))
        return self._made[dtype]

    @cached_property
    def _made(self) -> dict[np.dtype[Any], Any]:
        return {}

    @property
    def _matrix(self) -> Array:
        """All kernels side by side: (kernels, channels * height * width), zero where a kernel doesn't see a channel."""
        kernels = self.kernels.reshape(self.groups, len(self.kernels) // self.groups, -1)
        matrix = np.zeros((self.groups, kernels.shape[1], self.groups, kernels.shape[2]), self.kernels.dtype)
        for group, weights in enumerate(kernels):
            matrix[group, :, group] = weights
        return matrix.reshape(len(self.kernels), -1)


def convolve_from_npz(path: str | Path, weight: str, bias: str | None = None, **options: Any) -> Convolve:
    """A :class:`Convolve` with the weights of a trained network, which an ``.npz`` file holds.

    Parameters
    ----------
    path : str or Path
        As ``numpy.savez(path, **{name: value.numpy() for name, value in network.state_dict().items()})`` writes it.
    weight, bias : str
        The names of the arrays in it, ``"conv1.weight"``.
    **options
        The other parameters of :class:`Convolve`.

    Raises
    ------
    ReadError
        If the file can't be read or holds no such array.

    Examples
    --------
    >>> import numpy as np, featkit, tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "network.npz")
    ...     np.savez(file, **{"conv1.weight": np.ones((2, 1, 3, 3)), "conv1.bias": np.array([0.0, -8.0])})
    ...     front = featkit.convolve_from_npz(file, "conv1.weight", "conv1.bias") | featkit.Relu() | featkit.MaxPool(2)
    >>> front(np.ones((4, 4, 1)))
    array([[[9., 1.]]])
    """
    wanted = [name for name in (weight, bias) if name is not None]
    try:
        archive = np.load(path, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("it holds one array that has no name")
        with archive:
            held = {name: archive[name] for name in wanted if name in archive}
            names = list(archive)
    except (OSError, ValueError, EOFError) as error:
        raise ReadError(f"{path} is no .npz file of plain arrays ({error}); write it with numpy.savez") from None
    for name in wanted:
        if name not in held:
            near = did_you_mean(name, names) or f"; it holds {', '.join(names)}"
            raise ReadError(f"{path} holds no array {name!r}{near}")
    return Convolve(held[weight], None if bias is None else held[bias], **options)
