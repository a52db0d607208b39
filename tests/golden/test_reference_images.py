"""Stored outputs about images: patches, sizes, grey, normalisation, files (histograms and the like have a module of their own).

The table at the end of the run names each family with what was compared, and what was left out and why.
"""

import hashlib

import numpy as np
import pytest
from PIL import Image

import featkit

PEERS = ("einops", "pillow", "skimage", "sklearn", "torch")
#: What the other module is for, by function; and what isn't about images.
ELSEWHERE = {
    "einops": {"reduce"},
    "pillow": {"histogram"},
    "skimage": {
        *(
            "histogram",
            "equalize_hist",
            "threshold_otsu",
            "gaussian",
            "laplace",
            "sobel",
            "sobel_h",
            "sobel_v",
            "prewitt",
        ),
        *("scharr", "gabor", "hog", "local_binary_pattern", "graycomatrix", "hu_moments", "block_reduce", "rgb2hsv"),
        *("rgb2lab",),
    },
    "torch": {
        *("conv2d", "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "relu_conv_pool"),
    },
    "sklearn": {"CountVectorizer", "HashingVectorizer", "TfidfVectorizer"},
}
LEFT_OUT = {
    ("skimage", "rgb2ycbcr"): "a colour space that wasn't ordered",
    ("pillow", "YCBCR"): "a colour space that wasn't ordered",
    ("pillow", "CMYK"): "a colour space that wasn't ordered",
    ("pillow", "1"): "dithered to one bit, which is no feature that was ordered",
    ("pillow", "HSV"): "in test_reference_image_features.py: colour spaces are there",
    (
        "skimage",
        "order 0",
    ): "a pixel half-way between two comes from the other one with Pillow, whose filters are ordered",
    ("skimage", "order 3"): "skimage.resize by splines of order 3; the filters ordered are Pillow's",
    ("skimage", "anti_aliasing"): "skimage.resize behind a Gaussian filter; the filters ordered are Pillow's",
    (
        "torch",
        "nearest",
    ): "interpolate(mode='nearest') takes the pixel above and on the left; Pillow's nearest is the nearest",
}

#: A limit that a difference of 1 is beyond, and that one can divide by.
EXACT = 1e-300


def stored_input(entry, root):
    """The image that the upstream was given, (height, width, channels), by its digest."""
    given = entry["input"]
    if entry["peer"] == "pillow":
        return featkit.read_image(root / entry["file"], mode="rgb")
    with Image.open(root / entry["file"]) as file:
        image = file.convert(given["mode"]) if given.get("mode") else file
        image = image.resize(given["size"], Image.Resampling.BILINEAR) if given.get("size") else image
        pixels = np.asarray(image)
    pixels = pixels.astype(given.get("dtype", "uint8"))
    if given.get("div", 1) != 1:
        pixels = pixels / np.asarray(given["div"], given["dtype"])
    assert hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest() == entry["input_sha256"]
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def planes(image):
    """Channels first, one image of a batch, as torch shows it."""
    return image.transpose(2, 0, 1)[None]


def made(entry, image, leave_out, key):
    """What featkit makes of it, in the upstream's shape; None where it is left out."""
    peer, function, options = entry["peer"], entry["function"], entry["kwargs"]
    if function == "rearrange":
        order = "unfold" if "(c p1 p2)" in options["pattern"] else "vit"
        return featkit.Patches((options["p1"], options["p2"]), order=order)(image)
    if function == "view_as_blocks":
        return featkit.view_patches(image, tuple(options["block_shape"]))[..., 0]
    if function == "view_as_windows":
        return featkit.view_patches(image, tuple(options["window_shape"]), options["step"])[..., 0]
    if function == "image.extract_patches_2d":
        size = tuple(options["patch_size"])
        return featkit.Patches(size, order="sklearn")(image)[:: options["every"]].reshape(-1, *size, image.shape[2])
    if function == "unfold":
        names = {"kernel_size": "size", "stride": "stride", "padding": "padding", "dilation": "dilation"}
        cut = featkit.Patches(**{names[name]: value for name, value in options.items()}, order="unfold")
        return cut(image).T[None]
    if function == "normalize":
        return planes(featkit.Normalise(np.array(options["mean"]), np.array(options["std"]))(image))
    if function == "rgb2gray":
        return featkit.Grey("crt")(image)[:, :, 0]
    if peer == "pillow" and function == "resize":
        size = tuple(options["size"][::-1])
        return featkit.Resize(size, filter=options["resample"].lower(), arithmetic="8-bit")(image)
    if peer == "pillow" and options.get("mode") == "L":
        return featkit.Grey(arithmetic="8-bit")(image)[:, :, 0]
    if function == "interpolate" and options["mode"] == "bilinear":
        return planes(featkit.Resize(tuple(options["size"]), antialias=False)(image))
    if peer == "skimage" and function == "resize":
        if options["anti_aliasing"] or options["order"] != 1:
            left_out = "anti_aliasing" if options["anti_aliasing"] else f"order {options['order']}"
            leave_out(peer, key, LEFT_OUT[peer, left_out])
            return None
        return featkit.Resize(tuple(options["output_shape"]), filter="bilinear", antialias=False)(image)[:, :, 0]
    why = LEFT_OUT.get((peer, function)) or LEFT_OUT.get((peer, options.get("mode", "").upper()))
    why = why or LEFT_OUT.get((peer, options.get("mode", "")))
    if why is None:
        pytest.fail(f"{key}: neither reproduced nor left out")
    leave_out(peer, key, why)
    return None


def limit(expected):
    """Integers exactly, float64 to 1e-12 and float32 to 1e-5 of the largest value."""
    return (
        {"f8": 1e-12, "f4": 1e-5}[expected.dtype.str[1:]] * np.abs(expected).max()
        if expected.dtype.kind == "f"
        else EXACT
    )


@pytest.mark.shared
def test_what_was_stored(reference, reference_key, agrees, leave_out):
    entry = reference[reference_key]
    if entry["function"] in ELSEWHERE[entry["peer"]]:
        pytest.skip("elsewhere")
    got = made(entry, stored_input(entry, reference.root), leave_out, reference_key)
    if got is None:
        return
    expected = reference.arrays(reference_key)["y"]
    agrees(f"{entry['peer']} {entry['function']}", reference_key, got, expected, limit(expected))


@pytest.mark.shared
def test_images_as_pillow_read_them(reference, agrees):
    """Those of zoo_images: the stored array as it is in the file, and upright in red, green and blue."""
    folder = reference.root / "reference" / "zoo_images"
    stored = sorted(folder.glob("*.npz"))
    assert stored
    for path in stored:
        name, file = path.stem, reference.root / "images" / "zoo" / path.stem
        with np.load(path) as archive:
            native, upright = archive["native"], archive["rgb_upright"]
        if native.dtype in (np.uint16, np.int32, np.float32):
            agrees("pillow, deep files", name, featkit.read_image(file)[:, :, 0], native, EXACT)
        else:
            agrees("pillow, files", name, featkit.read_image(file, mode="rgb", alpha="drop"), upright, EXACT)
