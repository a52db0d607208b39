"""Resize, CentreCrop, Grey, Rgb and their kin against plain loops and against Pillow itself."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import featkit
from featkit.image.colour import WEIGHTS

FILTERS = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")
edges = st.integers(1, 40)


def sinc(x):
    return 1.0 if x == 0 else math.sin(math.pi * x) / (math.pi * x)


def weight(name, x):
    """The filters, from their definitions."""
    if name == "box":
        return 1.0 if -0.5 < x <= 0.5 else 0.0
    if name == "bilinear":
        return max(0.0, 1.0 - abs(x))
    if name == "hamming":
        return sinc(x) * (0.54 + 0.46 * math.cos(math.pi * x)) if abs(x) < 1 else 0.0
    if name == "lanczos":
        return sinc(x) * sinc(x / 3) if -3 <= x < 3 else 0.0
    x = abs(x)
    near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return near if x < 1 else far if x < 2 else 0.0


REACH = {"box": 0.5, "bilinear": 1.0, "hamming": 1.0, "bicubic": 2.0, "lanczos": 3.0}


def line(values, size, name, antialias=True):
    """One line of an image resized: every pixel is the weighted mean of those the filter reaches."""
    step = len(values) / size
    stretched = max(step, 1.0) if antialias else 1.0
    made = []
    for pixel in range(size):
        middle = (pixel + 0.5) * step
        first = max(0, int(middle - REACH[name] * stretched + 0.5))
        last = min(len(values), int(middle + REACH[name] * stretched + 0.5))
        weights = [weight(name, (at + 0.5 - middle) / stretched) for at in range(first, last)]
        made.append(sum(w * values[at] for w, at in zip(weights, range(first, last), strict=True)) / sum(weights))
    return np.array(made)


@given(
    height=edges, width=edges, to=st.tuples(edges, edges), name=st.sampled_from(FILTERS[1:]), antialias=st.booleans()
)
def test_resize_by_loops(height, width, to, name, antialias):
    image = np.random.default_rng(2).random((height, width, 2))
    made = featkit.Resize(to, filter=name, antialias=antialias)(image)
    for channel in range(2):
        across = np.array([line(row, to[1], name, antialias) for row in image[:, :, channel]])
        expected = np.array([line(column, to[0], name, antialias) for column in across.T]).T
        np.testing.assert_allclose(made[:, :, channel], expected, rtol=0, atol=1e-12 * max(1, np.abs(expected).max()))


@given(height=edges, width=edges, to=st.tuples(edges, edges), name=st.sampled_from(FILTERS), channels=st.integers(1, 5))
def test_resize_on_8_bits_is_pillows(height, width, to, name, channels):
    image = np.random.default_rng(3).integers(0, 256, (height, width, channels), dtype=np.uint8)
    made = featkit.Resize(to, filter=name, arithmetic="8-bit")(image)
    assert made.dtype == np.float32
    for channel in range(channels):
        plane = Image.fromarray(np.ascontiguousarray(image[:, :, channel]))
        expected = np.asarray(plane.resize(to[::-1], Image.Resampling[name.upper()]))
        np.testing.assert_array_equal(made[:, :, channel], expected)


@given(height=edges, width=edges, to=st.tuples(edges, edges), name=st.sampled_from(FILTERS))
def test_resize_in_real_numbers_is_pillows_on_floating_point(height, width, to, name):
    """Pillow sums in double precision and stores single; nearest is exact."""
    image = np.random.default_rng(4).random((height, width), dtype=np.float32)
    made = featkit.Resize(to, filter=name)(image[:, :, None])[:, :, 0]
    expected = np.asarray(Image.fromarray(image).resize(to[::-1], Image.Resampling[name.upper()]))
    np.testing.assert_allclose(made, expected, rtol=0, atol=0 if name == "nearest" else 2e-6)


def test_the_shorter_edge():
    image = np.zeros((20, 31, 3))
    assert featkit.Resize(10, "shorter")(image).shape == (10, 15, 3)
    assert featkit.Resize(10, "shorter")(image.transpose(1, 0, 2)).shape == (15, 10, 3)
    assert featkit.Resize(10)(image).shape == (10, 10, 3)
    assert featkit.Resize((4, 7))(image).shape == (4, 7, 3)


def test_an_image_of_the_same_size_is_the_same():
    image = np.random.default_rng(5).integers(0, 256, (9, 13, 3)).astype(np.float64)
    for name in FILTERS:
        for arithmetic in ("real", "8-bit"):
            made = featkit.Resize((9, 13), filter=name, arithmetic=arithmetic)(image)
            np.testing.assert_allclose(made, image, rtol=0, atol=1e-11)


@pytest.mark.parametrize("stage", [featkit.Resize(4, arithmetic="8-bit"), featkit.Grey(arithmetic="8-bit")])
@pytest.mark.parametrize("value", [0.5, -1.0, 256.0, 1e30])
def test_8_bits_are_levels(stage, value):
    """An image in [0, 1] isn't taken for a black one."""
    image = np.zeros((3, 3, 3))
    image[1, 1, 1] = value
    shown = re.escape(f"{value:g}")
    with pytest.raises(featkit.InputError, match=rf"\(arithmetic='8-bit'\) takes the levels .* got {shown};"):
        stage(image)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: featkit.Resize(0), "Resize.size must be at least 1, or two such numbers, got 0"),
        (lambda: featkit.Resize((3, 0)), "Resize.size must be at least 1"),
        (lambda: featkit.Resize((3, 4), fit="shorter"), "takes one number as size"),
        (lambda: featkit.Resize(3, antialias=False, arithmetic="8-bit"), "always does antialias"),
        (lambda: featkit.Resize(3, filter="bicubc"), "did you mean 'bicubic'"),
        (lambda: featkit.CentreCrop(0), "CentreCrop.size must be at least 1"),
    ],
)
def test_parameters_that_are_none(make, message):
    with pytest.raises(featkit.ParameterError, match=message):
        make()


# --- the middle -------------------------------------------------------------------------------------------------------


def torchvision_margins(pixels, kept):
    """torchvision's center_crop: zeros on both sides of what is too small, then a rounded half of the difference."""
    before = (kept - pixels) // 2 if kept > pixels else 0
    padded = max(pixels, kept)
    return round((padded - kept) / 2) - before


@given(height=edges, width=edges, size=st.tuples(edges, edges), middle=st.sampled_from(["floor", "even"]))
def test_the_middle(height, width, size, middle):
    image = np.random.default_rng(6).integers(1, 256, (height, width, 2), dtype=np.uint8)
    expected = np.zeros((*size, 2), np.uint8)
    margin = torchvision_margins if middle == "even" else lambda pixels, kept: (pixels - kept) // 2
    top, left = margin(height, size[0]), margin(width, size[1])
    for y in range(size[0]):
        for x in range(size[1]):
            if 0 <= y + top < height and 0 <= x + left < width:
                expected[y, x] = image[y + top, x + left]
    np.testing.assert_array_equal(featkit.CentreCrop(size, middle)(image), expected)


# --- colours ----------------------------------------------------------------------------------------------------------


def test_grey_on_8_bits_is_pillows():
    """All of 4096 colours, and as many at random."""
    levels = np.stack(np.meshgrid(*[np.arange(0, 256, 17)] * 3), axis=-1).reshape(64, 64, 3).astype(np.uint8)
    for image in (levels, np.random.default_rng(7).integers(0, 256, (64, 64, 3), dtype=np.uint8)):
        expected = np.asarray(Image.fromarray(image).convert("L"))
        np.testing.assert_array_equal(featkit.Grey(arithmetic="8-bit")(image)[:, :, 0], expected)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_grey_in_real_numbers(weights, rng):
    image = rng.random((6, 5, 3))
    red, green, blue = WEIGHTS[weights]
    assert math.isclose(red + green + blue, 1.0)
    expected = [[red * r + green * g + blue * b for r, g, b in row] for row in image]
    np.testing.assert_allclose(featkit.Grey(weights)(image)[:, :, 0], expected, rtol=1e-15)
    assert featkit.Grey(weights)(image[:, :, :1]).tobytes() == image[:, :, :1].tobytes()


@pytest.mark.parametrize("stage", [featkit.Grey(), featkit.Rgb()])
def test_other_numbers_of_channels_are_refused(stage):
    for channels in (2, 4):
        with pytest.raises(featkit.ShapeError, match=rf"got {channels}.*alpha='white'"):
            stage(np.zeros((3, 3, channels)))


def test_an_image_that_is_no_array_of_three_axes():
    for stage in (featkit.Resize(4), featkit.CentreCrop(2), featkit.Transpose(), featkit.Pixels()):
        with pytest.raises(featkit.InputError, match=r"a grey image needs its one channel: image\[:, :, None\]"):
            stage(np.zeros((3, 3)))


def test_channels_are_normalised_each_by_its_own():
    image = np.random.default_rng(8).random((4, 5, 3), dtype=np.float32)
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    made = featkit.Normalise(mean, deviation)(image)
    expected = (image - mean.astype(np.float32)) / deviation.astype(np.float32)
    np.testing.assert_array_equal(made, expected)
    with pytest.raises(featkit.ShapeError, match="has learned 3 features, got rows of 1"):
        featkit.Normalise(mean, deviation)(image[:, :, :1])
    with pytest.raises(featkit.ShapeError, match="has learned 3 features, got rows of 1"):
        featkit.Normalise(mean, deviation)(image[:, 0, 0])


def test_what_needs_the_whole_image_says_so():
    for stage in (featkit.Resize(4), featkit.CentreCrop(2), featkit.Transpose()):
        with pytest.raises(
            featkit.NotStreamable, match="needs the whole input and cannot stream; call it on the whole image"
        ):
            stage.stream()


# --- torchvision's preset, from its documented definition ---------------------------------------------------------------


@given(height=st.integers(2, 90), width=st.integers(2, 90), crop=st.integers(1, 70), resize=st.integers(1, 70))
def test_imagenet_by_its_definition(height, width, crop, resize):
    """Resize the shorter edge with Pillow, crop the middle, divide by 255 in float32, normalise in float32."""
    levels = np.random.default_rng(9).integers(0, 256, (height, width, 3), dtype=np.uint8)
    longer = int(resize * max(height, width) / min(height, width))
    size = (longer, resize) if height < width else (resize, longer)  # width, height
    resized = np.asarray(Image.fromarray(levels).resize(size, Image.Resampling.BILINEAR))
    expected = np.zeros((crop, crop, 3), np.float32)
    top, left = (torchvision_margins(pixels, crop) for pixels in resized.shape[:2])
    for y in range(crop):
        for x in range(crop):
            if 0 <= y + top < resized.shape[0] and 0 <= x + left < resized.shape[1]:
                expected[y, x] = resized[y + top, x + left].astype(np.float32) / np.float32(255)
    mean, std = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    made = featkit.presets.torchvision.imagenet(crop, resize)(levels)
    np.testing.assert_array_equal(made, (expected - mean) / std)


def test_imagenet_refuses_what_there_is_not():
    with pytest.raises(featkit.ParameterError, match=r"has no interpolation 'bicubc'; did you mean 'bicubic'\?"):
        featkit.presets.torchvision.imagenet(interpolation="bicubc")
    with pytest.raises(featkit.ParameterError, match="a mean and a std of three channels"):
        featkit.presets.torchvision.imagenet(mean=(0.5,))
