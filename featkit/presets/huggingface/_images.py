"""transformers' image processors, as they compute with Pillow and NumPy: each a pipeline, and their call.

All do the same with other defaults, in this order: three channels, resize, centre crop, rescale, normalise. Pillow resizes
the 8-bit image; a pixel is scaled in float64 and rounded to float32, and normalised in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from featkit.errors import InputError, ParameterError, ShapeError, did_you_mean
from featkit.image.axes import Pixels
from featkit.image.colour import Rgb
from featkit.image.crop import CentreCrop
from featkit.image.resize import Filter, Resize
from featkit.numeric import Array
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.double import InDouble
from featkit.rows.normalise import Normalise
from featkit.rows.scale import Affine, Precision
from featkit.stage import Stage

#: One edge, height and width, or upstream's dictionary.
Size: TypeAlias = int | Sequence[int] | Mapping[str, int]
#: One number for all channels, or one for each.
Levels: TypeAlias = float | Sequence[float]

_STANDARD = (0.5, 0.5, 0.5)
_CLIP_MEAN, _CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
#: Pillow's numbers of its filters.
_FILTERS: dict[int, Filter] = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}


class _Wanted(NamedTuple):
    """The options that all processors have."""

    do_resize: bool | None
    size: Size
    resample: int
    default_to_square: bool | None
    do_center_crop: bool | None
    crop_size: Size | None
    do_rescale: bool | None
    rescale_factor: float
    do_normalize: bool | None
    image_mean: Levels
    image_std: Levels
    do_convert_rgb: bool | None
    do_pad: bool | None
    pad_size: Size | None


def vit(
    do_resize: bool | None = True,
    size: Size = 224,
    resample: int = 2,
    default_to_square: bool | None = True,
    do_center_crop: bool | None = None,
    crop_size: Size | None = None,
    do_rescale: bool | None = True,
    rescale_factor: float = 1 / 255,
    do_normalize: bool | None = True,
    image_mean: Levels = _STANDARD,
    image_std: Levels = _STANDARD,
    do_convert_rgb: bool | None = None,
    do_pad: bool | None = None,
    pad_size: Size | None = None,
) -> Pipeline:
    """The image that ViT models take, as ``ViTImageProcessor`` (its Pillow path).

    Sets Rgb, Resize, CentreCrop, Affine (in double precision) and Normalise, as far as they are asked for. Checked against
    transformers 5.24: the same bits. Takes the levels of an 8-bit image, shape (height, width, 3); upstream shows the result
    with its channels first.

    Parameters
    ----------
    do_resize, size, resample : bool, int or list or dict, int
        Whether to bring the image to a size, to which, and with which of Pillow's filters: 0 nearest, 1 Lanczos, 2 bilinear,
        3 bicubic, 4 box, 5 Hamming. A size is a number, height and width, or ``{"height": 224, "width": 224}`` or
        ``{"shortest_edge": 224}``.
    default_to_square : bool
        Whether a size that is one number means a square, or the shorter edge.
    do_center_crop, crop_size : bool, int or list or dict
        Whether to cut out the middle, and how much.
    do_rescale, rescale_factor : bool, float
        Whether to multiply levels, and by what.
    do_normalize, image_mean, image_std : bool, float or list
        Whether to subtract a mean from each channel and divide by a deviation, and which.
    do_convert_rgb : bool
        Give grey images three channels. (Transparency is laid on white when a file is read.)
    do_pad, pad_size : bool, int or list or dict
        Not here: True is an error.

    Raises
    ------
    ParameterError
        For another form of size (``longest_edge``, ``max_height``, ``max_pixels``), a filter that there is not, padding, or
        a crop without its size.

    Examples
    --------
    >>> import numpy as np
    >>> vit()(np.zeros((300, 400, 3), np.uint8)).shape
    (224, 224, 3)
    >>> vit(size={"shortest_edge": 256}, do_center_crop=True, crop_size=224)["resize"].size_of(480, 640)
    (256, 341)
    """
    return _processor("vit", _wanted(locals()))


def deit(
    do_resize: bool | None = True,
    size: Size = 256,
    resample: int = 3,
    default_to_square: bool | None = True,
    do_center_crop: bool | None = True,
    crop_size: Size | None = 224,
    do_rescale: bool | None = True,
    rescale_factor: float = 1 / 255,
    do_normalize: bool | None = True,
    image_mean: Levels = _STANDARD,
    image_std: Levels = _STANDARD,
    do_convert_rgb: bool | None = None,
    do_pad: bool | None = None,
    pad_size: Size | None = None,
) -> Pipeline:
    """The image that DeiT models take, as ``DeiTImageProcessor`` (its Pillow path). Options: see :func:`vit`.

    Examples
    --------
    >>> import numpy as np
    >>> deit()(np.zeros((300, 400, 3), np.uint8)).shape
    (224, 224, 3)
    """
    return _processor("deit", _wanted(locals()))


def beit(
    do_resize: bool | None = True,
    size: Size = 224,
    resample: int = 3,
    default_to_square: bool | None = True,
    do_center_crop: bool | None = False,
    crop_size: Size | None = 224,
    do_rescale: bool | None = True,
    rescale_factor: float = 1 / 255,
    do_normalize: bool | None = True,
    image_mean: Levels = _STANDARD,
    image_std: Levels = _STANDARD,
    do_convert_rgb: bool | None = None,
    do_pad: bool | None = None,
    pad_size: Size | None = None,
    do_reduce_labels: bool | None = False,
) -> Pipeline:
    """The image that BEiT models take, as ``BeitImageProcessor`` (its Pillow path). Options: see :func:`vit`.

    ``do_reduce_labels`` is about segmentation maps and without effect on images, as upstream.

    Examples
    --------
    >>> import numpy as np
    >>> beit()(np.zeros((300, 400, 3), np.uint8)).shape
    (224, 224, 3)
    """
    return _processor("beit", _wanted(locals())._replace(do_pad=None))  # upstream's own _preprocess doesn't pad


def clip(
    do_resize: bool | None = True,
    size: Size = 224,
    resample: int = 3,
    default_to_square: bool | None = False,
    do_center_crop: bool | None = True,
    crop_size: Size | None = 224,
    do_rescale: bool | None = True,
    rescale_factor: float = 1 / 255,
    do_normalize: bool | None = True,
    image_mean: Levels = _CLIP_MEAN,
    image_std: Levels = _CLIP_STD,
    do_convert_rgb: bool | None = True,
    do_pad: bool | None = None,
    pad_size: Size | None = None,
    use_square_size: bool = False,
) -> Pipeline:
    """The image that CLIP models take, as ``CLIPImageProcessor`` (its Pillow path). Options: see :func:`vit`.

    ``use_square_size`` makes it a square of 224 pixels, whatever ``size`` is, as upstream does for KOSMOS-2.

    Examples
    --------
    >>> import numpy as np
    >>> clip()(np.zeros((300, 400, 3), np.uint8)).shape
    (224, 224, 3)
    """
    asked = _wanted(locals())
    return _processor("clip", asked._replace(size=(224, 224)) if use_square_size else asked)


def convnext(
    do_resize: bool | None = True,
    size: Size = 384,
    resample: int = 3,
    default_to_square: bool | None = False,
    do_center_crop: bool | None = None,
    crop_size: Size | None = None,
    do_rescale: bool | None = True,
    rescale_factor: float = 1 / 255,
    do_normalize: bool | None = True,
    image_mean: Levels = _STANDARD,
    image_std: Levels = _STANDARD,
    do_convert_rgb: bool | None = None,
    do_pad: bool | None = None,
    pad_size: Size | None = None,
    crop_pct: float = 224 / 256,
) -> Pipeline:
    """The image that ConvNeXT models take, as ``ConvNextImageProcessor`` (its Pillow path). Options: see :func:`vit`.

    A size below 384 is cut out of an image whose shorter edge is ``size / crop_pct``; from 384 on the image is stretched.

    Examples
    --------
    >>> import numpy as np
    >>> convnext(size=224)(np.zeros((300, 400, 3), np.uint8)).shape
    (224, 224, 3)
    """
    asked = _wanted(locals())
    resized: list[Stage] = []
    if do_resize:
        edge = _size("convnext", asked.size, square=bool(default_to_square))
        if not isinstance(edge, int):
            raise ParameterError(f"convnext: size must be one number or a shortest_edge, got {size!r}")
        how = _filter("convnext", resample)
        if edge < 384:
            resized = [Resize(int(edge / crop_pct), "shorter", how, arithmetic="8-bit"), CentreCrop(edge)]
        else:
            resized = [Resize(edge, "stretch", how, arithmetic="8-bit")]
    # Upstream's own _preprocess doesn't pad.
    return _processor("convnext", asked._replace(do_pad=None), resized)


def siglip(
    do_resize: bool | None = True,
    size: Size = (224, 224),
    resample: int = 3,
    default_to_square: bool | None = False,
    do_center_crop: bool | None = None,
    crop_size: Size | None = None,
    do_rescale: bool | None = True,
    rescale_factor: float = 1 / 255,
    do_normalize: bool | None = True,
    image_mean: Levels = _STANDARD,
    image_std: Levels = _STANDARD,
    do_convert_rgb: bool | None = True,
    do_pad: bool | None = None,
    pad_size: Size | None = None,
) -> Pipeline:
    """The image that SigLIP models take, as ``SiglipImageProcessor`` (its Pillow path). Options: see :func:`vit`.

    Examples
    --------
    >>> import numpy as np
    >>> siglip()(np.zeros((300, 400, 3), np.uint8)).shape
    (224, 224, 3)
    """
    return _processor("siglip", _wanted(locals()))


PRESETS = {preset.__name__: preset for preset in (vit, deit, beit, clip, convnext, siglip)}


def call(
    preset: Callable[..., Pipeline], options: dict[str, Any], images: Any, asked: dict[str, Any]
) -> dict[str, Array]:
    """What a processor's call returns: ``pixel_values`` of one image or several, channels first."""
    name = preset.__name__
    for option, value in (("return_tensors", "np"), ("device", "cpu"), ("input_data_format", "channels_last")):
        if asked.pop(option, value) != value:
            raise ParameterError(f"{name}: {option} can only be {value!r} here")
    for option in asked:
        if option not in options:
            hint = did_you_mean(option, options) or f"; it has {', '.join(options)}"
            raise ParameterError(f"the call of huggingface/{name} has no option {option!r}{hint}")
    several = list(images) if isinstance(images, (list, tuple)) or np.ndim(images) == 4 else [images]
    if not several:
        raise InputError("there is no image; give one, or a list of at least one")
    made = [image.transpose(2, 0, 1) for image in preset(**{**options, **asked}).map(several)]
    if len({image.shape for image in made}) > 1:
        shapes = ", ".join(str(image.shape) for image in made)
        raise ShapeError(
            f"the images come out in different shapes ({shapes}) and make no array; crop them, or do one by one"
        )
    return {"pixel_values": np.ascontiguousarray(np.stack(made))}


# --- from options to stages -----------------------------------------------------------------------------------------------


def _wanted(options: dict[str, Any]) -> _Wanted:
    return _Wanted(**{name: options[name] for name in _Wanted._fields})


def _processor(name: str, asked: _Wanted, resized: list[Stage] | None = None) -> Pipeline:
    """The stages that are asked for, in upstream's order."""
    if asked.do_pad:
        raise ParameterError(
            f"{name}: do_pad can't be honoured: it fills an image up to the largest of a batch; leave it out, or None"
        )
    stages: list[Stage] = [Rgb()] if asked.do_convert_rgb else []
    if resized is not None:
        stages += resized
    elif asked.do_resize:
        size = _size(name, asked.size, square=bool(asked.default_to_square))
        fit = "shorter" if isinstance(size, int) else "stretch"
        stages.append(Resize(size, fit, _filter(name, asked.resample), arithmetic="8-bit"))  # type: ignore[arg-type]
    if asked.do_center_crop:
        if asked.crop_size is None:
            raise ParameterError(f"{name}: do_center_crop needs a crop_size")
        crop = _size(name, asked.crop_size, square=True, option="crop_size")
        if isinstance(crop, int):
            raise ParameterError(f"{name}: crop_size must be a height and a width, got {asked.crop_size!r}")
        stages.append(CentreCrop(crop))
    if not stages:
        stages.append(Pixels())
    stages.append(Precision("float32"))
    if asked.do_rescale:
        stages.append(InDouble(Affine(float(asked.rescale_factor))))
    if asked.do_normalize:
        means, deviations = (_per_channel(name, levels) for levels in (asked.image_mean, asked.image_std))
        stages.append(Normalise(means, deviations))
    return pipeline(*stages)


def _size(name: str, size: Any, square: bool, option: str = "size") -> int | tuple[int, int]:
    """Height and width, or one number for the shorter edge."""
    if isinstance(size, Mapping):
        if set(size) == {"height", "width"}:
            return _whole(name, option, size["height"]), _whole(name, option, size["width"])
        if set(size) == {"shortest_edge"}:
            return _whole(name, option, size["shortest_edge"])
        raise ParameterError(
            f"{name}: {option}={dict(size)!r} can't be honoured; it must have height and width, or shortest_edge"
        )
    if isinstance(size, Sequence) and not isinstance(size, str) and len(size) == 2:
        return _whole(name, option, size[0]), _whole(name, option, size[1])
    edge = _whole(name, option, size)
    return (edge, edge) if square else edge


def _whole(name: str, option: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ParameterError(f"{name}: {option} must be made of whole numbers from 1, got {value!r}")
    return value


def _filter(name: str, resample: Any) -> Filter:
    if isinstance(resample, bool) or resample not in _FILTERS:
        known = ", ".join(f"{number} {filter}" for number, filter in _FILTERS.items())
        raise ParameterError(f"{name}: resample must be one of {known}, got {resample!r}")
    return _FILTERS[resample]


def _per_channel(name: str, levels: Any) -> Array:
    values = np.asarray(levels if isinstance(levels, Sequence) else [levels] * 3, np.float64)
    if values.shape != (3,):
        raise ParameterError(f"{name}: image_mean and image_std must be one number or three, got {levels!r}")
    return values
