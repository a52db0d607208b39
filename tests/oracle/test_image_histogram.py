"""Histograms and colour spaces against plain loops, the standard library, NumPy and scikit-image."""

import colorsys
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featkit


@pytest.fixture
def levels(rng):
    return rng.integers(0, 256, (37, 23, 3)).astype(np.uint8)


def test_every_pixel_is_counted(levels):
    counted = featkit.Histogram()(levels)
    for channel in range(3):
        expected = Counter(levels[..., channel].ravel().tolist())
        assert counted[channel].tolist() == [expected[level] for level in range(256)]


def test_the_frequency_of_grey_levels(levels):
    """n_k / n, as textbooks have it; the density's integral is 1."""
    share = featkit.Histogram(scale="share")(levels)
    np.testing.assert_allclose(share.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_array_equal(share, featkit.Histogram()(levels) / (37 * 23))
    stage = featkit.Histogram(20, 0, 256, "density")
    np.testing.assert_allclose((stage(levels) * np.diff(stage.edges())).sum(axis=1), 1, rtol=1e-14)


@given(bins=st.integers(1, 300), low=st.floats(-100, 100), width=st.floats(1e-3, 300), seed=st.integers(0, 50))
def test_bins_are_numpys(bins, low, width, seed):
    """Also values on the borders, one step of the precision to either side of them, and outside."""
    high = low + width
    edges = np.linspace(low, high, bins + 1)
    rng = np.random.default_rng(seed)
    values = np.concatenate(
        [rng.uniform(low - width, high + width, 200), edges, np.nextafter(edges, -1e9), np.nextafter(edges, 1e9)]
    )
    rng.shuffle(values)
    for density in (False, True):
        stage = featkit.Histogram(bins, low, high, "density" if density else "count")
        expected, borders = np.histogram(values, bins, (low, high), density=density)
        np.testing.assert_allclose(stage(values[:, None, None])[0], expected, rtol=1e-14)
        np.testing.assert_array_equal(stage.edges(), borders)


def test_the_range_of_the_image(rng):
    image = rng.standard_normal((20, 30, 2))
    counted = featkit.RangeHistogram(17)(image)
    for channel in range(2):
        expected, _ = np.histogram(image[..., channel], 17, (image.min(), image.max()))
        np.testing.assert_array_equal(counted[channel], expected)
    settled = featkit.RangeHistogram(17).settle(iter(np.split(image, 4)))
    assert settled == featkit.Histogram(17, float(image.min()), float(image.max()))
    np.testing.assert_array_equal(
        featkit.RangeHistogram(3)(np.full((2, 2, 1), 7.0)), np.histogram(np.full(4, 7.0), 3)[0][None]
    )


def test_colours_are_counted_together(levels):
    got = featkit.JointHistogram(4)(levels)[0].reshape(4, 4, 4)
    expected = Counter(map(tuple, (levels.reshape(-1, 3) // 64).tolist()))
    for bins in np.ndindex(4, 4, 4):
        assert got[bins] == expected[bins]
    image = levels - 100.0
    expected, _ = np.histogramdd(image.reshape(-1, 3), 5, [(-50.0, 90.0)] * 3, density=True)
    got = featkit.JointHistogram(5, -50.0, 90.0, "density")(image)
    np.testing.assert_allclose(got.reshape(5, 5, 5), expected, rtol=1e-14)


def test_nothing_in_the_range_is_nothing():
    for scale in ("count", "share", "density"):
        assert not featkit.Histogram(4, 0, 1, scale)(np.full((2, 2, 1), 5.0)).any()


def test_an_image_larger_than_memory_is_counted_in_strips(rng):
    stage = featkit.Histogram(16, -3, 3, "density")
    stream, image = stage.stream(), rng.standard_normal((100, 9, 2))
    for strip in np.split(image, 20):
        assert stream.push(strip).shape == (0, 16)
    assert stream.finish().tobytes() == stage(image).tobytes()
    with pytest.raises(featkit.NotStreamable, match="Histogram gives its rows at the end of the input"):
        _ = stage.stream().latency


def test_memory_does_not_grow_with_the_height(rng):
    """The histogram of the edges of an image that comes strip by strip."""
    strip = rng.random((64, 300, 1)).astype(np.float32)
    edges = featkit.Convolve(featkit.sobel_kernels(), padding="same", fill="mirror") | featkit.EdgeStrength()
    stage = edges | featkit.MaxPool(2) | featkit.Histogram(16, 0, 1)

    def peak(count):
        tracemalloc.start()
        try:
            assert sum(block.sum() for block in stage.iterate(strip for _ in range(count))) == count * 32 * 150
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(2)  # tables, imports, the memory that is used again
    assert 400 * strip.nbytes > 30e6
    assert peak(400) < 1.5e6


def test_counts_are_exact_where_float32_ends():
    image = np.zeros((2**12, 2**12 + 1, 1), np.float32)  # one more than float32 counts in ones
    image[0, 0] = 1
    assert featkit.Histogram(2, 0, 2)(image).tolist() == [[2**24 + 2**12 - 1, 1]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: featkit.Histogram(0), "bins must be at least 1"),
        (lambda: featkit.Histogram(2, 1.0, 1.0), "low below high, got low=1 and high=1"),
        (lambda: featkit.JointHistogram(2, 2.0, 1.0), "low below high"),
        (lambda: featkit.JointHistogram(1000)(np.zeros((2, 2, 3))), "has 1000000000 bins; take fewer"),
        (lambda: featkit.RangeHistogram().settle([]), "no pixel to take the range of"),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(featkit.FeatkitError, match=message):
        make()


# --- colour spaces ----------------------------------------------------------------------------------------------------


def colours(rng):
    grid = np.array([[(r, g, b) for r in (0, 0.25, 1) for g in (0, 0.25, 1) for b in (0, 0.25, 1)]])
    return np.concatenate([grid, rng.random((1, 27, 3))])


def test_hsv_is_that_of_the_standard_library(rng):
    image = colours(rng)
    expected = [[colorsys.rgb_to_hsv(*pixel) for pixel in row] for row in image]
    np.testing.assert_allclose(featkit.RgbToHsv()(image), expected, atol=1e-15)


@pytest.mark.parametrize(
    ("stage", "name"),
    [(featkit.RgbToHsv(), "rgb2hsv"), (featkit.RgbToLab(), "rgb2lab"), (featkit.RgbToYcbcr(), "rgb2ycbcr")],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_spaces_are_those_of_skimage(stage, name, dtype, rng):
    image = colours(rng).astype(dtype)
    expected = getattr(pytest.importorskip("skimage.color"), name)(image)
    got = stage(image)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, atol=(1e-5 if dtype == np.float32 else 1e-12) * np.abs(expected).max())


def test_hsv_in_levels_is_that_of_pillow():
    """A coarse grid of all colours there are, and all greys."""
    pillow = pytest.importorskip("PIL.Image")
    level = np.unique(np.r_[np.arange(0, 256, 3), 1, 2, 127, 128, 254]).astype(np.uint8)
    levels = np.stack(np.meshgrid(level, level, level, indexing="ij"), axis=-1).reshape(len(level), -1, 3)
    levels[0, :256] = np.arange(256)[:, None]
    expected = np.asarray(pillow.fromarray(levels).convert("HSV"))
    np.testing.assert_array_equal(featkit.RgbToHsv("8-bit")(levels), expected)
    with pytest.raises(featkit.InputError, match=r"RgbToHsv\(arithmetic='8-bit'\) takes the levels"):
        featkit.RgbToHsv("8-bit")(levels / 255)


def test_full_range_ycbcr_is_that_of_jpeg(rng):
    """Pillow rounds to levels, twice."""
    pillow = pytest.importorskip("PIL.Image")
    levels = rng.integers(0, 256, (40, 40, 3)).astype(np.uint8)
    expected = np.asarray(pillow.fromarray(levels).convert("YCbCr"), np.float64)
    assert np.abs(featkit.RgbToYcbcr("full")(levels / 255) - expected).max() < 1.01


def test_three_channels_are_needed():
    for stage in (featkit.RgbToHsv(), featkit.RgbToLab(), featkit.RgbToYcbcr()):
        with pytest.raises(featkit.ShapeError, match=r"3 channels \(red, green, blue\), got 1"):
            stage(np.zeros((2, 2, 1)))
