"""Kernels that are learned from images without labels: the centres of whitened patches."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from featkit import numeric
from featkit.draws import keys_of_rows
from featkit.errors import InputError, ParameterError, ShapeError
from featkit.learner import Learner
from featkit.numeric import Array, row_sum, sliding
from featkit.stage import RowShape
from featkit.windowed import Geometry, Windowed

#: So many patches are looked at in one go.
_TOGETHER = 20_000


class Sample(NamedTuple):
    """A random sample of distinct patches: those with the smallest keys, in their order."""

    keys: Array
    patches: Array
    channels: int  # 0 while there is none


class LearnKernels(Learner):
    """Learn kernels from the patches of images, without labels; fitted, it becomes :class:`TriangleCode`.

    Parameters
    ----------
    kernels : int
        How many are learned.
    size : int
        Rows and columns of a patch.
    stride : int
        How far apart patches lie, in learning and afterwards.
    sample : int
        How many patches are kept to learn from, at most.
    contrast : float
        Added to the variance of a patch before it is divided by its root, against noise in flat patches: 10 for pixels in
        [0, 255], 0.00015 for pixels in [0, 1].
    whitening : float
        Added to the variance in each direction before it is brought to 1, against noise in the directions of little variance.
    rounds : int
        Of k-means.
    seed : int
        Which sample is drawn.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(places down, places across, kernels)``.

    What is learned cannot be had from sums, as a mean can: k-means goes over its patches again and again. So the statistics are
    a sample of patches, and all learning is in ``finish``. Each patch has a key that follows from its values and the seed, and
    the distinct patches with the smallest keys are kept: that sample is uniform, does not depend on the order or the parts in
    which images come, and two samples merge exactly. Then the patches are brought to one mean and contrast, whitened (ZCA) and
    clustered, from the first ``kernels`` of the sample on; a centre that no patch is nearest to moves to the patch farthest
    from its own centre.

    Raises
    ------
    ParameterError
        If a number is too small, or the sample is smaller than the number of kernels.
    InputError
        If there are fewer distinct patches than kernels.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> images = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 1))
    >>> features = LearnKernels(kernels=4, size=5) | featkit.AdaptiveAveragePool(2) | featkit.Flatten()
    >>> features.fit(images)(images[0]).shape  # four kernels in four quadrants
    (1, 16)
    """

    name = "learn_kernels"
    shape = "height width channel -> height width channel"
    formula = "k-means of z = (C + whitening)^(-1/2) (p - mean), p = (patch - its mean) / sqrt(its variance + contrast)"
    source = "Coates, Lee & Ng, An analysis of single-layer networks in unsupervised feature learning, AISTATS 2011"

    kernels: int = 50
    size: int = 6
    stride: int = 1
    sample: int = 10_000
    contrast: float = 10.0
    whitening: float = 0.1
    rounds: int = 20
    seed: int = 0

    def check(self) -> None:
        self.at_least(1, "kernels", "size", "stride", "rounds")
        self.above(0, "contrast", "whitening")
        if self.sample < self.kernels:
            raise ParameterError(f"LearnKernels.sample={self.sample} is smaller than kernels={self.kernels}; keep more")

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (_places(self, row[0], self.size, self.stride), self.kernels)

    def start(self) -> Sample:
        return Sample(np.empty(0, np.uint64), np.empty((0, 0)), 0)

    def update(self, statistics: Sample, rows: Array) -> Sample:
        if len(rows) < self.size or rows.shape[1] < self.size:
            return statistics
        for patches in self._patches(rows):
            keys = keys_of_rows(patches, self.seed)
            if len(statistics.keys) >= self.sample:  # most patches are out at once
                near = keys <= statistics.keys[-1]
                patches, keys = patches[near], keys[near]
            statistics = self.merge(statistics, Sample(keys, patches, rows.shape[2]))
        return statistics

    def _patches(self, rows: Array) -> Iterator[Array]:
        windows = sliding(rows, self.size, self.stride)
        together = max(1, _TOGETHER // max(1, rows.shape[1]))
        for at in range(0, len(windows), together):
            yield _flat_patches(windows[at : at + together], self.size, self.stride).astype(np.float64)

    def merge(self, one: Sample, other: Sample) -> Sample:
        if not one.channels or not other.channels:
            return one if one.channels else other
        if one.channels != other.channels:
            raise ShapeError(
                f"images of {one.channels} and of {other.channels} channels cannot be learned from together; bring them to one"
            )
        keys, first = np.unique(np.concatenate([one.keys, other.keys]), return_index=True)
        kept = first[: self.sample]
        # Row by row, since most often one of the two is long and little of the other is kept.
        return Sample(keys[: self.sample], np.concatenate([one.patches, other.patches])[kept], one.channels)

    def finish(self, statistics: Sample) -> TriangleCode:
        keys, first = np.unique(statistics.keys, return_index=True)
        kept = first[: self.sample]
        if len(kept) < self.kernels:
            raise InputError(
                f"LearnKernels has seen {len(keys)} distinct patches and is to learn {self.kernels} kernels; give it more or "
                "larger images, or learn fewer"
            )
        patches = _evened(statistics.patches[kept], self.contrast)
        mean = patches.mean(axis=0)
        spread = numeric.training_product((patches - mean).T, patches - mean) / len(patches)
        values, vectors = np.linalg.eigh(spread)
        scaled = vectors / np.sqrt(np.maximum(values, 0) + self.whitening)
        whitener = numeric.training_product(scaled, vectors.T)
        centres = _clustered(numeric.training_product(patches - mean, whitener), self.kernels, self.rounds)
        return TriangleCode(centres, whitener, mean, self.size, self.stride, self.contrast)


class TriangleCode(Windowed):
    """How much nearer than on average each kernel is to every patch; 0 for those that are farther.

    Parameters
    ----------
    centres : ndarray, shape (kernels, size * size * channels)
        In the space of whitened patches.
    whitener : ndarray, shape (size * size * channels, size * size * channels)
        Symmetric: what a patch is multiplied by.
    mean : ndarray, shape (size * size * channels,)
        What is subtracted from a patch first.
    size : int
        Rows and columns of a patch.
    stride : int
        How far apart patches lie.
    contrast : float
        Added to the variance of a patch before it is divided by its root.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(places down, places across, kernels)``. Mostly made by fitting
    :class:`LearnKernels`, and pooled over quadrants: ``| AdaptiveAveragePool(2) | Flatten()``.

    Raises
    ------
    ShapeError
        If centres, whitener, mean and image don't fit, or the image is narrower than a patch.

    Examples
    --------
    >>> import numpy as np
    >>> code = TriangleCode(np.array([[0.0], [3.0]]), np.eye(1), np.zeros(1), size=1, contrast=1.0)
    >>> code(np.ones((1, 1, 1)))  # one pixel less its mean is 0: at distance 0 and 3, on average 1.5
    array([[[1.5, 0. ]]])
    """

    name = "triangle_code"
    shape = "height width channel -> height width channel"
    formula = "y[i, j, k] = max(0, mean_l d_l - d_k), d_k = |whitener (p[i, j] - mean) - centres[k]|"
    source = "Coates, Lee & Ng, An analysis of single-layer networks in unsupervised feature learning, AISTATS 2011"

    centres: np.ndarray
    whitener: np.ndarray
    mean: np.ndarray
    size: int
    stride: int = 1
    contrast: float = 10.0

    def check(self) -> None:
        self.at_least(1, "size", "stride")
        self.above(0, "contrast")
        values = self.mean.size
        shapes = (self.mean.shape, self.whitener.shape, self.centres.shape[1:])
        if self.centres.ndim != 2 or not len(self.centres) or shapes != ((values,), (values, values), (values,)):
            raise ShapeError(
                f"TriangleCode takes centres, a whitener and a mean of one number of values, got shapes {self.centres.shape}, "
                f"{self.whitener.shape} and {self.mean.shape}"
            )
        if not values or values % self.size**2:
            raise ShapeError(
                f"TriangleCode.mean has {values} values, and patches of {self.size}x{self.size} pixels have not"
            )
        if not all(np.isfinite(array).all() for array in (self.centres, self.whitener, self.mean)):
            raise ParameterError("TriangleCode takes finite centres, whitener and mean; learn them anew")

    def geometry(self) -> Geometry:
        return Geometry(self.size, self.stride, 0, self.stride - self.size)

    def row_shape(self, row: RowShape) -> RowShape:
        if row is None:
            return None
        channels = self.mean.size // self.size**2
        if row[1] != channels:
            raise ShapeError(f"TriangleCode has learned from images of {channels} channels, got one of {row[1]}")
        return (_places(self, row[0], self.size, self.stride), len(self.centres))

    def widest(self, row: RowShape, size: int) -> tuple[int, int]:
        made = self.row_shape(row)
        assert made is not None
        return made[0] * max(made[1], self.mean.size) * size, self.stride

    def windows(self, rows: Array) -> Array:
        patches = _evened(_flat_patches(rows, self.size, self.stride), self.contrast)
        whitener, centres, mean, lengths = self._tables(rows.dtype)
        white = np.ascontiguousarray(numeric.project(patches - mean, whitener))
        squares = row_sum(white**2) - 2 * numeric.project(white, centres) + lengths
        distances = np.sqrt(np.maximum(squares, 0))
        nearer = row_sum(np.ascontiguousarray(distances)) / len(self.centres) - distances
        coded = np.where(nearer > 0, nearer, rows.dtype.type(0))
        return coded.reshape(len(rows), -1 if len(rows) else self._across(rows), len(self.centres))

    def _across(self, rows: Array) -> int:
        return (rows.shape[2] - self.size) // self.stride + 1

    def _tables(self, dtype: np.dtype[Any]) -> tuple[Any, Any, Array, Array]:
        if dtype not in self._made:
            weights = [numeric.weights(matrix.astype(dtype)) for matrix in (self.whitener, self.centres)]
            lengths = (self.centres**2).sum(axis=1).astype(dtype)
            self._made[dtype] = (*weights, self.mean.astype(dtype), lengths)
        return self._made[dtype]

    @cached_property
    def _made(self) -> dict[np.dtype[Any], tuple[Any, Any, Array, Array]]:
        return {}


def _places(stage: LearnKernels | TriangleCode, width: int, size: int, stride: int) -> int:
    if width < size:
        raise ShapeError(f"{type(stage).__name__} has patches of {size} columns, and the image has {width}")
    return (width - size) // stride + 1


def _flat_patches(windows: Array, size: int, stride: int) -> Array:
    """Every patch of windows over rows, flat: row by row, pixel by pixel, channel by channel."""
    across = sliding(
        np.moveaxis(windows, 2, 0), size, stride
    )  # (places across, size across, windows, size down, channels)
    laid = across.transpose(2, 0, 3, 1, 4)
    return np.ascontiguousarray(laid).reshape(-1, size * size * windows.shape[3])


def _evened(patches: Array, contrast: float) -> Array:
    """Each patch less its mean, over its own deviation."""
    apart = patches - row_sum(patches) / patches.shape[1]
    evened: Array = apart / np.sqrt(row_sum(apart**2) / patches.shape[1] + patches.dtype.type(contrast))
    return evened


def _clustered(points: Array, count: int, rounds: int) -> Array:
    """The centres that k-means finds from the first ``count`` points on."""
    centres = points[:count].copy()
    lengths = (points**2).sum(axis=1)
    for _ in range(rounds):
        apart = (centres**2).sum(axis=1) - 2 * numeric.training_product(points, centres.T)
        nearest = apart.argmin(axis=1)
        members = np.bincount(nearest, minlength=count)
        for value in range(points.shape[1]):
            centres[:, value] = np.bincount(nearest, points[:, value], count)
        centres /= np.maximum(members, 1)[:, None]
        empty = np.flatnonzero(members == 0)
        if len(empty):
            distances = lengths + apart[np.arange(len(points)), nearest]
            centres[empty] = points[np.argsort(-distances, kind="stable")[: len(empty)]]
    return centres
