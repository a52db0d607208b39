"""The levels of an 8-bit image, 0 to 255: what stages need that compute as Pillow does, in integers."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from featkit.errors import InputError
from featkit.numeric import Array

#: How a stage computes: in floating point, or as on 8-bit images, where whatever is computed is a level again.
Arithmetic: TypeAlias = Literal["real", "8-bit"]


def as_levels(pixels: Array, who: str) -> Array:
    """Pixels as uint8; refused where they are no levels, so that an image in [0, 1] is not taken for a black one.

    >>> as_levels(np.array([0.0, 255.0]), "Grey")
    array([  0, 255], dtype=uint8)
    """
    levels = np.clip(pixels, 0, 255).astype(np.uint8)
    same = levels == pixels
    if not same.all():
        value = pixels[~same].flat[0]
        raise InputError(
            f"{who}(arithmetic='8-bit') takes the levels of an 8-bit image, whole numbers from 0 to 255, got {value:g}; give "
            "the image as featkit.read_image(path, mode='rgb') reads it, or choose arithmetic='real'"
        )
    return levels
