"""torchvision: the image that its classification models take, in the names of its own options.

By its documented definition (``torchvision.transforms._presets.ImageClassification``) on a Pillow image: resize with Pillow,
crop, ``convert_image_dtype`` and ``normalize``. Upstream shows the result with its channels first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from featkit.errors import ParameterError, did_you_mean
from featkit.image.crop import CentreCrop
from featkit.image.resize import Filter, Resize
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.double import InDouble
from featkit.rows.normalise import Normalise
from featkit.rows.scale import Affine, Precision

#: The names of torchvision's InterpolationMode.
_FILTERS: dict[str, Filter] = {
    "nearest": "nearest",
    "nearest-exact": "nearest",
    "bilinear": "bilinear",
    "bicubic": "bicubic",
    "box": "box",
    "hamming": "hamming",
    "lanczos": "lanczos",
}


def imagenet(
    crop_size: int = 224,
    resize_size: int = 256,
    mean: Sequence[float] = (0.485, 0.456, 0.406),
    std: Sequence[float] = (0.229, 0.224, 0.225),
    interpolation: str = "bilinear",
    antialias: bool | None = True,
) -> Pipeline:
    """The image that models trained on ImageNet take, as the ``transforms()`` of torchvision's weights make it.

    Sets Resize, CentreCrop, Affine (in double precision) and Normalise. Takes the levels of an 8-bit image, shape (height,
    width, 3). Levels divided by 255 and normalised in float32 are the same bits as upstream's definition; torchvision itself
    was not run.

    Parameters
    ----------
    crop_size : int
        Of the square that is cut out.
    resize_size : int
        What the shorter edge is brought to first.
    mean, std : sequence of float
        Of each channel, of levels in [0, 1].
    interpolation : str
        ``"bilinear"``, ``"bicubic"``, ``"nearest"``, ``"nearest-exact"``, ``"box"``, ``"hamming"`` or ``"lanczos"``.
    antialias : bool or None
        Without effect on a Pillow image, as upstream: Pillow always does.

    Raises
    ------
    ParameterError
        If there is no such interpolation, or mean and std aren't three numbers.

    Examples
    --------
    >>> import numpy as np
    >>> imagenet()(np.zeros((300, 400, 3), np.uint8)).shape
    (224, 224, 3)
    """
    if interpolation not in _FILTERS:
        hint = did_you_mean(str(interpolation), _FILTERS) or f"; there are {', '.join(_FILTERS)}"
        raise ParameterError(f"torchvision/imagenet has no interpolation {interpolation!r}{hint}")
    if not len(mean) == len(std) == 3:
        raise ParameterError(f"torchvision/imagenet takes a mean and a std of three channels, got {mean!r} and {std!r}")
    return pipeline(
        Resize(resize_size, "shorter", _FILTERS[interpolation], arithmetic="8-bit"),
        CentreCrop(crop_size, middle="even"),
        Precision("float32"),
        InDouble(Affine(1 / 255)),
        Normalise(np.asarray(mean, np.float64), np.asarray(std, np.float64)),
    )
