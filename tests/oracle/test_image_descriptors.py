"""HOG, LBP, co-occurrence, moments and statistics: plain loops, and scikit-image live with its options."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featkit

CELLS = st.tuples(st.integers(2, 7), st.integers(2, 7))
BLOCKS = st.tuples(st.integers(1, 3), st.integers(1, 3))


# --- HOG --------------------------------------------------------------------------------------------------------------


def hog_by_loops(image, orientations, cell, block):
    """Sums of magnitudes by direction, one pixel at a time, in double precision; blocks divided by their length."""
    rows, columns = image.shape
    cells = np.zeros((rows // cell, columns // cell, orientations))
    for y in range(rows // cell * cell):
        for x in range(columns // cell * cell):
            down = image[y + 1, x] - image[y - 1, x] if 0 < y < rows - 1 else 0.0
            across = image[y, x + 1] - image[y, x - 1] if 0 < x < columns - 1 else 0.0
            degrees = math.degrees(math.atan2(down, across)) % 180
            cells[y // cell, x // cell, int(degrees / (180 / orientations)) % orientations] += (
                math.hypot(down, across) / cell**2
            )
    out = []
    for r in range(cells.shape[0] - block + 1):
        for c in range(cells.shape[1] - block + 1):
            values = cells[r : r + block, c : c + block].ravel()
            out.append(values / math.sqrt(math.fsum(v * v for v in values) + 1e-10))
    return np.concatenate(out)


@pytest.mark.parametrize(("shape", "cell", "block"), [((20, 24), 4, 2), ((23, 19), 5, 3), ((9, 8), 3, 1)])
def test_hog_is_its_formula(shape, cell, block, rng):
    image = rng.random(shape)
    got = (featkit.Hog(7, cell, block, "L2", sums="float64") | featkit.Flatten())(image[..., None])[0]
    np.testing.assert_allclose(got, hog_by_loops(image, 7, cell, block), rtol=1e-12)


@given(
    cell=CELLS, block=BLOCKS, orientations=st.integers(1, 12), norm=st.sampled_from(["L1", "L1-sqrt", "L2", "L2-Hys"]),
    sqrt=st.booleans(), colour=st.booleans(), dtype=st.sampled_from([np.float32, np.float64]), seed=st.integers(0, 9),
)  # fmt: skip
def test_hog_is_that_of_skimage(cell, block, orientations, norm, sqrt, colour, dtype, seed):
    hog = pytest.importorskip("skimage.feature").hog
    image = np.random.default_rng(seed).random((25, 29, 3 if colour else 1)).astype(dtype)
    given = image if colour else image[..., 0]
    expected = hog(given, orientations, cell, block, norm, transform_sqrt=sqrt, channel_axis=-1 if colour else None)
    got = (featkit.Hog(orientations, cell, block, norm, sqrt) | featkit.Flatten())(image)[0]
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12 if dtype == np.float64 else 1e-6)


def test_hog_of_what_is_below_zero():
    with pytest.raises(featkit.InputError, match="square root of pixels, and some are below 0"):
        featkit.Hog(sqrt=True)(np.full((30, 30, 1), -1.0))
    with pytest.raises(featkit.ShapeError, match="blocks of 24 columns, and the image has 20"):
        featkit.Hog()(np.zeros((30, 20, 1)))
    assert featkit.Hog()(np.zeros((20, 30, 1))).shape == (0, 1, 3, 3, 9)


# --- LBP --------------------------------------------------------------------------------------------------------------


def test_lbp_is_its_formula(rng):
    """At radius 1 with 4 points every neighbour is a pixel: right, above, left, below."""
    image = rng.integers(0, 5, (9, 7))
    got = featkit.LocalBinaryPattern(4, 1.0)(image[..., None])[..., 0]
    dark = np.pad(image, 1)
    for y, x in np.ndindex(image.shape):
        neighbours = dark[y + 1, x + 2], dark[y, x + 1], dark[y + 1, x], dark[y + 2, x + 1]
        assert got[y, x] == sum(2**p for p, value in enumerate(neighbours) if value >= image[y, x])


@given(
    points=st.integers(1, 24), radius=st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.3]),
    method=st.sampled_from(["default", "ror", "uniform", "nri_uniform", "var"]), levels=st.sampled_from([2, 7, 256]),
    seed=st.integers(0, 9),
)  # fmt: skip
def test_lbp_is_that_of_skimage(points, radius, method, levels, seed):
    """Few levels make many ties and flat places, which the last bit of the arithmetic decides."""
    lbp = pytest.importorskip("skimage.feature").local_binary_pattern
    image = np.random.default_rng(seed).integers(0, levels, (19, 23)).astype(np.uint8)
    expected = lbp(image, points, radius, method)
    got = featkit.LocalBinaryPattern(points, radius, method, "nan")(image[..., None].astype(np.float64))[..., 0]
    np.testing.assert_array_equal(got, expected)
    if method == "var":
        zero = featkit.LocalBinaryPattern(points, radius, method)(image[..., None].astype(np.float64))[..., 0]
        np.testing.assert_array_equal(zero, np.nan_to_num(got))


def test_lbp_in_strips_knows_where_it_is(rng):
    """The rounding of a neighbour's place depends on the row's index in the whole image."""
    image = np.full((400, 9, 1), 77.0) + rng.integers(0, 2, (400, 9, 1))
    stage = featkit.LocalBinaryPattern(12, 2.4)
    stream = stage.stream()
    rows = [stream.push(image[at : at + 7]) for at in range(0, 400, 7)] + [stream.finish()]
    assert np.concatenate(rows).tobytes() == stage(image).tobytes()


def test_turning_a_texture_leaves_its_ror_patterns(rng):
    image = rng.integers(0, 256, (20, 20, 1)).astype(float)
    stage = featkit.LocalBinaryPattern(4, 1.0, "ror")
    np.testing.assert_array_equal(np.rot90(stage(image)), stage(np.rot90(image)))
    assert (
        featkit.LocalBinaryPattern(4, 1.0)(np.rot90(image)) != np.rot90(featkit.LocalBinaryPattern(4, 1.0)(image))
    ).any()


def test_more_points_than_a_number_holds():
    with pytest.raises(featkit.ParameterError, match="points must be at most 24 for 'default', got 25"):
        featkit.LocalBinaryPattern(25)


# --- co-occurrence ----------------------------------------------------------------------------------------------------


def test_co_occurrence_is_its_formula(rng):
    image = rng.integers(0, 5, (8, 9))
    steps = [(0, 1), (1, 1), (2, 0), (1, -1)]
    for down, across in steps:
        table = np.zeros((5, 5))
        for y, x in np.ndindex(8, 9):
            if 0 <= y + down < 8 and 0 <= x + across < 9:
                table[image[y, x], image[y + down, x + across]] += 1
        distance, angle = math.hypot(down, across), math.atan2(down, across)
        stage = featkit.CoOccurrence((distance,), (angle,), 5, 0.0, 5.0, symmetric=False, normed=False)
        np.testing.assert_array_equal(stage(image[..., None])[0], table)


@given(
    distances=st.lists(st.sampled_from([1.0, 2.0, 3.5, 40.0]), min_size=1, max_size=3),
    angles=st.lists(st.sampled_from([0.0, 0.3, math.pi / 4, math.pi / 2, 2.0, math.pi, -0.7]), min_size=1, max_size=3),
    symmetric=st.booleans(), normed=st.booleans(), seed=st.integers(0, 9), spread=st.integers(1, 8),
)  # fmt: skip
def test_co_occurrence_is_that_of_skimage(distances, angles, symmetric, normed, seed, spread):
    feature = pytest.importorskip("skimage.feature")
    image = np.random.default_rng(seed).integers(0, spread, (17, 21)).astype(np.uint8)
    expected = feature.graycomatrix(image, distances, angles, 8, symmetric, normed)
    got = featkit.CoOccurrence(tuple(distances), tuple(angles), 8, 0.0, 8.0, symmetric, normed)(
        image[..., None].astype(float)
    )
    np.testing.assert_array_equal(got, np.moveaxis(expected, (2, 3), (0, 1)).reshape(got.shape))
    names = (
        "contrast",
        "dissimilarity",
        "homogeneity",
        "ASM",
        "energy",
        "correlation",
        "mean",
        "variance",
        "std",
        "entropy",
    )
    properties = featkit.CoOccurrenceProperties(names)(got)
    for at, name in enumerate(names):
        expected_property = feature.graycoprops(expected, name).ravel()
        np.testing.assert_allclose(properties[:, at], expected_property, rtol=1e-12, atol=1e-12, err_msg=name)


def test_levels_of_another_range():
    image = np.array([[[-1.0], [0.0], [1.0], [0.99], [5.0]]])
    table = featkit.CoOccurrence(levels=2, low=-1.0, high=1.0, symmetric=False, normed=False)(image)[0]
    assert table.tolist() == [[0, 1], [0, 3]]


# --- moments and statistics -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(20, 30), (31, 8), (2, 2)])
def test_hu_moments_are_those_of_skimage(shape, rng):
    measure = pytest.importorskip("skimage.measure")
    image = rng.random(shape)
    image = np.pad(image, 2)  # skimage wants four rows
    normalised = measure.moments_normalized(measure.moments_central(image))
    expected = measure.moments_hu(normalised)
    scale = np.abs(normalised[~np.isnan(normalised)]).max() ** np.array([1, 2, 2, 2, 4, 3, 4])
    assert (
        np.abs(featkit.HuMoments()(image[..., None])[0] - expected) <= 1e-12 * np.maximum(np.abs(expected), scale)
    ).all()


def test_hu_moments_stay_where_a_shape_moves_turns_and_grows():
    shape = np.zeros((60, 60))
    shape[10:22, 8:30] = 1
    shape[22:31, 8:14] = 1
    own = featkit.HuMoments()(shape[..., None])[0]
    moved = np.roll(shape, (20, 25), axis=(0, 1))
    for other in (moved, np.rot90(shape)):
        np.testing.assert_allclose(featkit.HuMoments()(other[..., None])[0], own, rtol=1e-9)
    large = featkit.HuMoments()(np.kron(shape, np.ones((8, 8)))[..., None])[0]
    small = featkit.HuMoments()(np.kron(shape, np.ones((4, 4)))[..., None])[0]
    np.testing.assert_allclose(large[:2], small[:2], rtol=1e-3)
    mirrored = featkit.HuMoments()(shape[:, ::-1, None])[0]
    np.testing.assert_allclose(mirrored[:6], own[:6], rtol=1e-9)
    assert mirrored[6] == pytest.approx(-own[6])
    assert abs(own[6]) > 0


def test_what_has_no_mass_has_no_moments():
    assert not featkit.HuMoments()(np.zeros((5, 5, 1))).any()
    assert np.isfinite(featkit.HuMoments()(np.full((5, 5, 1), 1e-30, np.float32))).all()
    with pytest.raises(featkit.InputError, match="pixels as masses, and some are below 0"):
        featkit.HuMoments()(np.full((5, 5, 1), -1.0))


def test_colour_moments_and_statistics_are_their_formulas(rng):
    stats = pytest.importorskip("scipy.stats")
    image = rng.gamma(2.0, size=(11, 13, 3))
    pixels = image.reshape(-1, 3)
    names = ("mean", "std", "skewness", "kurtosis", "min", "max")
    got = featkit.ChannelStatistics(names, (25.0, 50.0))(image)
    expected = [
        pixels.mean(0), pixels.std(0), stats.skew(pixels), stats.kurtosis(pixels), pixels.min(0), pixels.max(0),
        *np.percentile(pixels, [25, 50], axis=0),
    ]  # fmt: skip
    np.testing.assert_allclose(got, np.stack(expected, axis=1), rtol=1e-12)
    third = [sum((value - column.mean()) ** 3 for value in column) / len(column) for column in pixels.T]
    np.testing.assert_allclose(
        featkit.ColourMoments()(image), np.stack([pixels.mean(0), pixels.std(0), np.cbrt(third)], 1), rtol=1e-12
    )
    flat = featkit.ChannelStatistics(names)(np.full((3, 3, 1), 4.0))
    assert flat.tolist() == [[4, 0, 0, 0, 4, 4]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: featkit.ChannelStatistics(()), "at least one statistic or percentile"),
        (lambda: featkit.ChannelStatistics(percentiles=(101.0,)), "between 0 and 100, got 101"),
        (lambda: featkit.ChannelStatistics(("median",)), "statistics must be a tuple of one of"),
        (lambda: featkit.CoOccurrence(()), r"finite distances and angles, got \(\)"),
        (lambda: featkit.CoOccurrence(low=3.0, high=1.0), "low below high, got 3 and 1"),
        (lambda: featkit.CoOccurrenceProperties(()), "at least one property"),
        (lambda: featkit.CoOccurrenceProperties()(np.zeros((1, 2, 3))), r"square tables, got shape \(2, 3\)"),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(featkit.FeatkitError, match=message):
        make()
