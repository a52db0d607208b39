"""Every stored output of NumPy, scikit-image, torch, Pillow and scikit-learn that is a feature of an image."""

import hashlib
from collections import Counter

import numpy as np
import pytest

import featkit

PEERS = ("numpy", "skimage", "torch", "einops", "pillow", "sklearn")

#: What is compared elsewhere, or not at all, and why.
PATCHES = "patches: test_reference_images.py compares them"
RESIZING = "resizing: test_reference_images.py says what becomes of it"
READING = "a colour conversion of the decoder's: test_reference_images.py says what becomes of it"
LEFT_OUT = {
    "equalize_hist": "an image made even in its levels, which is no feature that was ordered",
    "threshold_otsu": "a threshold, which is no feature that was ordered",
    "resize": RESIZING,
    "interpolate": RESIZING,
    "view_as_blocks": PATCHES,
    "view_as_windows": PATCHES,
    "image.extract_patches_2d": PATCHES,
    "rearrange": PATCHES,
    "unfold": PATCHES,
    "convert": READING,
    "normalize": "test_reference_images.py compares it",
    "rgb2gray": "test_reference_images.py compares it",
    "hann_hamming": "windows of a signal, not of an image",
}


def picture(reference, key):
    """Exactly what the upstream was given, as ``height width channel``."""
    entry = reference[key]
    asked, file = entry["input"], reference.root / entry["file"]
    if file.suffix == ".npz":
        with np.load(file) as archive:
            pixels = archive["images"][asked["index"]]
    else:
        image = pytest.importorskip("PIL.Image").open(file)
        if entry["peer"] == "pillow":
            asked = {"mode": "RGB"}
        image = image.convert(asked["mode"])
        pixels = np.asarray(image.resize(tuple(asked["size"]), 2) if "size" in asked else image)  # 2: bilinear
    pixels = pixels.astype(asked.get("dtype", "uint8"))
    if "div" in asked:
        pixels = pixels / pixels.dtype.type(asked["div"])
    if entry["peer"] != "pillow":
        assert hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest() == entry["input_sha256"]
    return pixels if pixels.ndim == 3 else pixels[..., None]


def edges(kernels):
    return featkit.Convolve(kernels, padding="same", fill="mirror")


def first_channels(rows):
    """As torch lays an image: one in the batch, channels first."""
    return np.moveaxis(rows, -1, 0)[None]


def numpys(entry, image, arrays):
    options = dict(entry["kwargs"])
    if entry["function"] == "channel_moments":
        stage = featkit.ChannelStatistics(("mean", "std", "min", "max"), percentiles=(50, 10, 90))
        found = stage(image.astype(np.float64))
        names = ("mean", "std", "min", "max", "median")
        return {**{name: found[:, at] for at, name in enumerate(names)}, "p10_p90": found[:, 5:].T}
    low, high = map(float, options["range"])
    if entry["function"] == "histogramdd":
        return {"hist": featkit.JointHistogram(options["bins"], low, high)(image).reshape(arrays["hist"].shape)}
    scale = "density" if options.get("density") else "count"
    stage = featkit.Histogram(options["bins"], low, high, scale)
    return {"hist": stage(image), "edges": stage.edges()}


def skimages(entry, image, arrays):
    options, function = dict(entry["kwargs"]), entry["function"]
    if function == "hog":
        names = {"pixels_per_cell": "cell", "cells_per_block": "block", "block_norm": "norm"}
        options.pop("channel_axis", None)
        given = {names[name]: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
        return {"y": (featkit.Hog(**given) | featkit.Flatten())(image)[0]}
    if function == "local_binary_pattern":
        stage = featkit.LocalBinaryPattern(options["P"], float(options["R"]), options["method"], "nan")
        return {"y": stage(image.astype(np.float64))[..., 0]}
    if function == "histogram":
        if image.dtype == np.uint8:  # a bin around every whole number
            stage = featkit.Histogram(options["nbins"], -0.5, 255.5)
        else:
            stage = featkit.RangeHistogram(options["nbins"]).settle([image])
        return {"hist": stage(image)[0], "centers": stage.centres()}
    if function == "graycomatrix":
        steps = tuple(map(float, options["distances"])), tuple(map(float, options["angles"]))
        tables = featkit.CoOccurrence(*steps, levels=options["levels"])(image.astype(np.float64))
        grid = (len(steps[0]), len(steps[1]))
        names = [name for name in arrays if name != "glcm"]
        found = featkit.CoOccurrenceProperties(tuple(names))(tables)
        laid = np.moveaxis(tables.reshape(*grid, *tables.shape[1:]), (0, 1), (2, 3))
        return {"glcm": laid, **{name: found[:, at].reshape(grid) for at, name in enumerate(names)}}
    if function == "hu_moments":
        return {"y": featkit.HuMoments()(image)[0]}
    if function == "gabor":
        both = edges(featkit.gabor_kernels(options["frequency"], options["theta"]))(image)
        return {"real": both[..., 0], "imag": both[..., 1]}
    if function == "block_reduce":
        return {"y": featkit.MaxPool(tuple(options["block_size"]))(image)[..., 0]}
    spaces = {
        "rgb2hsv": featkit.RgbToHsv(),
        "rgb2lab": featkit.RgbToLab(),
        "rgb2ycbcr": featkit.RgbToYcbcr(),
    }
    if function in spaces:
        return {"y": spaces[function](image / 255.0 if image.dtype == np.uint8 else image)}
    filters = {
        "sobel": edges(featkit.sobel_kernels()) | featkit.EdgeStrength(),
        "sobel_h": edges(featkit.sobel_kernels()[:1]),
        "prewitt": edges(featkit.prewitt_kernels()) | featkit.EdgeStrength(),
        "scharr": edges(featkit.scharr_kernels()) | featkit.EdgeStrength(),
        "laplace": edges(featkit.laplace_kernels()),
        "gaussian": featkit.Convolve(featkit.gaussian_kernels(options.get("sigma", 1.0)), padding="same", fill="edge"),
    }
    return {"y": filters[function](image)[..., 0]}


def torchs(entry, image, arrays):
    options, function = dict(entry["kwargs"]), entry["function"]
    if function == "conv2d":
        given = {name: options[name] for name in ("stride", "padding", "dilation", "groups") if name in options}
        stage = featkit.Convolve(arrays["weight"], arrays.get("bias"), **given)
        return {"y": first_channels(stage(image))}
    if function == "relu_conv_pool":
        first = featkit.Convolve(arrays["w1"], padding=1) | featkit.Relu() | featkit.MaxPool(2)
        front = first | featkit.Convolve(arrays["w2"], stride=2) | featkit.Relu() | featkit.AveragePool(2)
        mean = (front | featkit.AdaptiveAveragePool())(image)[:, 0]
        return {"y": first_channels(front(image)), "gap": mean}
    if function.startswith("adaptive"):
        kind = featkit.AdaptiveAveragePool if "avg" in function else featkit.AdaptiveMaxPool
        return {"y": first_channels(kind(options["output_size"])(image))}
    names = {"kernel_size": "size", "ceil_mode": "ceil", "count_include_pad": "count_padding"}
    kind = featkit.MaxPool if function == "max_pool2d" else featkit.AveragePool
    return {"y": first_channels(kind(**{names.get(name, name): value for name, value in options.items()})(image))}


def einopses(entry, image, arrays):
    return {"y": featkit.AveragePool((entry["kwargs"]["h2"], entry["kwargs"]["w2"]))(image)}


def pillows(entry, image, arrays):
    if entry["function"] == "convert":
        return {"y": featkit.RgbToHsv("8-bit")(image)}
    return {"y": featkit.Histogram()(image).ravel()}


MAKERS = {"numpy": numpys, "skimage": skimages, "torch": torchs, "einops": einopses, "pillow": pillows}
#: Arrays that belong to an entry but aren't what was computed.
GIVEN = {"weight", "bias", "w1", "w2"}


def test_what_was_stored_is_reproduced(reference, reference_key, agrees, leave_out):
    """Whole numbers exactly, float64 to 1e-12 and float32 to 1e-5 of the largest value."""
    entry = reference[reference_key]
    if entry["peer"] == "sklearn" and not entry["function"].startswith("image."):
        return  # texts
    family = f"{entry['peer']} (images)"
    reason = LEFT_OUT.get(entry["function"])
    if reason and entry["kwargs"].get("mode") != "HSV":
        leave_out(family, reference_key, reason)
        return
    arrays = reference.arrays(reference_key)
    made = MAKERS[entry["peer"]](entry, picture(reference, reference_key), arrays)
    missing = set(arrays) - set(made) - GIVEN
    if missing:
        assert missing == {"indices"}
        leave_out(
            family, f"{reference_key}: indices", "where the maxima lie, which an unpooling needs and no feature does"
        )
    for name, got in made.items():
        expected = arrays[name]
        if expected.dtype.kind in "iub":
            np.testing.assert_array_equal(got, expected)
            agrees(family, reference_key, got, expected, 1e-300)
            continue
        np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
        limit = {4: 1e-5, 8: 1e-12}[expected.dtype.itemsize]
        if entry["function"] == "hu_moments":  # of many powers of ten: each by itself
            got, expected = got / expected, np.ones_like(expected)
        agrees(
            family,
            reference_key,
            np.nan_to_num(got),
            np.nan_to_num(expected),
            max(limit * np.nanmax(np.abs(expected)), 1e-300),
        )
        if "lbp" in reference_key:
            np.testing.assert_array_equal(got, expected)  # patterns are whole numbers, and variances in their order


def test_families_are_there(reference):
    """The count of what is compared, so that an entry that is skipped by accident shows."""
    kept = Counter(
        reference[key]["peer"]
        for peer in PEERS
        for key in reference.entries(peer)
        if not (peer == "sklearn" and not reference[key]["function"].startswith("image."))
        and (reference[key]["function"] not in LEFT_OUT or reference[key]["kwargs"].get("mode") == "HSV")
    )
    assert kept == {"numpy": 6, "skimage": 23, "torch": 16, "einops": 1, "pillow": 2}
