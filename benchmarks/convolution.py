"""Convolution with a bank of kernels, and descriptors of images, against SciPy, torch and scikit-image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import featkit
from benchmarks.report import Asked, Section, pairs_sections
from benchmarks.timing import Calls, Limit, Pair

#: Of float32: 49 products in another order, or through a Fourier transform.
SINGLE = Limit(2e-5, relative=True)


def sections(asked: Asked) -> Iterator[Section]:
    """Everything about kernels and descriptors that is a ratio."""
    yield from pairs_sections(pairs(128 if asked.quick else 512), asked)


def pairs(side: int) -> list[Pair]:
    """Every pair of the table, for square images."""
    return [*convolutions(side), *descriptors(side)]


def image(side: int) -> np.ndarray:
    """Smooth and rough at once, in [0, 1]."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:side, :side] / 40.0
    return np.clip(0.5 + 0.3 * np.sin(x + np.cos(y)) + 0.1 * rng.standard_normal((side, side)), 0, 1).astype(np.float32)


def convolutions(side: int) -> Iterator[Pair]:
    """32 kernels of 7x7 on a grey image, the size kept, zeros outside."""
    work = f"32 kernels of 7x7 on {side}x{side}"
    for peer, needs, theirs, floor in (
        ("scipy.ndimage.correlate", ("scipy",), _ndimage, 1.0),
        ("scipy.signal.oaconvolve", ("scipy",), _oaconvolve, 1.0),
        ("torch.nn.functional.conv2d", ("torch",), _torch, None),
    ):
        yield Pair(work, peer, "Convolve", needs, partial(_bank, side, theirs), SINGLE, floor)


def _bank(side: int, theirs: Callable[[np.ndarray, np.ndarray], Callable[[], Any]]) -> Calls:
    grey = image(side)
    kernels = np.random.default_rng(3).standard_normal((32, 1, 7, 7)).astype(np.float32)
    stage = featkit.Convolve(kernels, padding="same")
    return Calls(
        lambda: stage(grey[..., None]), theirs(grey, kernels[:, 0]), lambda out: np.moveaxis(np.asarray(out), 0, 2)
    )


def _ndimage(grey: np.ndarray, kernels: np.ndarray) -> Callable[[], Any]:
    from scipy import ndimage

    return lambda: [ndimage.correlate(grey, kernel, mode="constant") for kernel in kernels]


def _oaconvolve(grey: np.ndarray, kernels: np.ndarray) -> Callable[[], Any]:
    from scipy import signal

    turned = np.ascontiguousarray(kernels[:, ::-1, ::-1])
    return lambda: signal.oaconvolve(grey[None], turned, mode="full", axes=(1, 2))[:, 3:-3, 3:-3]


def _torch(grey: np.ndarray, kernels: np.ndarray) -> Callable[[], Any]:
    import torch

    torch.set_num_threads(1)
    given, weights = torch.from_numpy(grey)[None, None], torch.from_numpy(kernels)[:, None]
    return lambda: torch.nn.functional.conv2d(given, weights, padding="same")[0]


def descriptors(side: int) -> Iterator[Pair]:
    """HOG, LBP and co-occurrence with the usual options."""
    exact, needs = Limit(1e-12, relative=True), ("skimage",)
    work = f"{side}x{side}, grey"
    yield Pair(f"HOG of {work}", "skimage.feature.hog", "Hog", needs, partial(_hog, side), Limit(1e-6, relative=True))
    yield Pair(
        f"LBP of {work}", "skimage, local_binary_pattern", "LocalBinaryPattern", needs, partial(_lbp, side), exact
    )
    yield Pair(f"Co-occurrence of {work}", "skimage, graycomatrix", "CoOccurrence", needs, partial(_glcm, side), exact)


def _hog(side: int) -> Calls:
    from skimage.feature import hog

    grey, stage = image(side), featkit.Hog() | featkit.Flatten()
    return Calls(lambda: stage(grey[..., None])[0], lambda: hog(grey))


def _lbp(side: int) -> Calls:
    from skimage.feature import local_binary_pattern

    levels = (image(side) * 255).astype(np.uint8)
    stage = featkit.LocalBinaryPattern(method="uniform")
    return Calls(lambda: stage(levels[..., None])[..., 0], lambda: local_binary_pattern(levels, 8, 1, "uniform"))


def _glcm(side: int) -> Calls:
    from skimage.feature import graycomatrix

    levels = (image(side) * 15).astype(np.uint8)
    stage = featkit.CoOccurrence(high=16.0)
    wide = levels[..., None].astype(np.float64)
    return Calls(lambda: stage(wide)[0], lambda: graycomatrix(levels, [1], [0], 16, True, True)[..., 0, 0])
