"""Images: patches against scikit-learn and scikit-image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np

import featkit
from benchmarks.report import Asked, Section, pairs_sections
from benchmarks.timing import Calls, Limit, Pair

#: Values are moved, so there is no difference.
EXACT = Limit(1e-30, relative=False)


class Sizes(NamedTuple):
    """Edges of square images, in pixels."""

    large: int = 4096
    middle: int = 128
    small: int = 32
    several: int = 1000  # small images that make a data set


QUICK = Sizes(large=1024, several=100)


def sections(asked: Asked) -> Iterator[Section]:
    """Everything about images that is a ratio."""
    yield from pairs_sections(pairs(QUICK if asked.quick else Sizes()), asked)


def pairs(sizes: Sizes) -> list[Pair]:
    """Every pair, one family after the other."""
    return [*patches(sizes)]


@cache
def picture(edge: int, seed: int = 0) -> np.ndarray:
    """Noise of 8 bits, three channels: what pixels are doesn't matter to who moves them."""
    return np.random.default_rng(seed).integers(0, 256, (edge, edge, 3), dtype=np.uint8)


# --- patches --------------------------------------------------------------------------------------------------------------

SKLEARN, SKIMAGE = ("sklearn.feature_extraction.image",), ("skimage.util",)


def patches(sizes: Sizes) -> Iterator[Pair]:
    """Side by side against scikit-image's view, copied; every patch there is against scikit-learn."""
    large, middle, small = sizes.large, sizes.middle, sizes.small
    work = f"patches of 16 x 16, side by side, of {large} x {large} RGB"
    # Floating point is looked through for what isn't finite; an image of 8 bits cannot hold any.
    for dtype in (np.uint8, np.float32):
        name = f"skimage view_as_blocks and reshape, {np.dtype(dtype)}"
        yield Pair(work, name, "Patches(16)", SKIMAGE, _blocks(large, dtype), EXACT, 0.9, 1.0)
    # Of the largest image the system has to clear more memory for either than the work takes.
    for several, edge, size, floors in (
        (sizes.several, small, 6, (3, 4)),
        (max(1, sizes.several // 20), middle, 8, (3, 4)),
        (1, large // 4, 4, (None, None)),
    ):
        work = f"all patches of {size} x {size} of {several} images of {edge} x {edge} RGB"
        ours = f'Patches({size}, order="sklearn")'
        yield Pair(work, "sklearn extract_patches_2d", ours, SKLEARN, _all(several, edge, size), EXACT, *floors)


def _blocks(edge: int, dtype: type) -> Callable[[], Calls]:
    def build() -> Calls:
        from skimage.util import view_as_blocks

        image, cut = picture(edge).astype(dtype), featkit.Patches(16)
        return Calls(lambda: cut(image), lambda: view_as_blocks(image, (16, 16, 3)).reshape(-1, 16 * 16 * 3))

    return build


def _all(several: int, edge: int, size: int) -> Callable[[], Calls]:
    def build() -> Calls:
        from sklearn.feature_extraction.image import extract_patches_2d

        images, cut = [picture(edge, seed) for seed in range(several)], featkit.Patches(size, order="sklearn")

        def theirs(image: np.ndarray) -> np.ndarray:
            return extract_patches_2d(image, (size, size)).reshape(-1, size * size * 3)

        return Calls(lambda: _last(cut, images), lambda: _last(theirs, images))

    return build


def _last(call: Callable[[np.ndarray], np.ndarray], images: list[np.ndarray]) -> np.ndarray:
    """One image after the other, whose patches are done with when the next one comes."""
    made = np.empty(0)
    for image in images:
        made = call(image)
    return made
