"""Learned kernels: the sample, the whitening, the code by plain loops; and that a linear classifier does better on them."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

import featkit
from featkit.draws import keys_of_rows

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def maker():
    """docs/make_kernels.py, which has the images and the classifier of the table."""
    pytest.importorskip("sklearn")
    spec = importlib.util.spec_from_file_location("make_kernels", ROOT / "docs/make_kernels.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def images(rng):
    return [rng.integers(0, 256, (20, 24, 2)).astype(np.uint8) for _ in range(6)]


LEARNER = featkit.LearnKernels(kernels=5, size=4, sample=300, rounds=6)


def test_what_is_learned_does_not_depend_on_order_or_parts(images):
    whole = LEARNER.fit(images)
    assert LEARNER.fit(images[::-1]) == whole
    assert LEARNER.fit([*images, images[2]]) == whole  # what was seen before changes nothing
    parts = [LEARNER.gather(images[at : at + 2]) for at in (4, 0, 2)]
    assert LEARNER.finish(LEARNER.merge(LEARNER.merge(parts[0], parts[1]), parts[2])) == whole
    assert LEARNER.with_(seed=1).fit(images) != whole


def test_the_sample_is_the_patches_with_the_smallest_keys(images):
    sample = LEARNER.gather(images)
    patches = np.stack(
        [image[y : y + 4, x : x + 4].ravel() for image in images for y in range(17) for x in range(21)]
    ).astype(float)
    order = np.argsort(keys_of_rows(patches, 0))[:300]
    np.testing.assert_array_equal(sample.patches, patches[order])


def test_keys_are_as_good_as_drawn():
    """Neighbouring values have keys far apart, each bit set in half of them."""
    keys = keys_of_rows(np.arange(4096.0)[:, None] * [1.0, 0.0], 5)
    assert len(np.unique(keys)) == 4096
    ones = np.unpackbits(keys.view(np.uint8).reshape(-1, 8), axis=1).mean(axis=0)
    assert np.abs(ones - 0.5).max() < 5 * 0.5 / math.sqrt(4096)
    assert keys_of_rows(np.array([[0.0, -0.0]]), 1) == keys_of_rows(np.array([[-0.0, 0.0]]), 1)


def test_whitened_patches_have_no_correlation(images):
    stage = LEARNER.with_(whitening=1e-9).fit(images)
    patches = LEARNER.gather(images).patches
    apart = patches - patches.mean(axis=1, keepdims=True)
    even = apart / np.sqrt((apart**2).mean(axis=1, keepdims=True) + 10)
    white = (even - stage.mean) @ stage.whitener
    spread = white.T @ white / len(white)
    # One direction is lost with the mean of every patch.
    np.testing.assert_allclose(np.linalg.eigvalsh(spread), [0] + [1] * 31, atol=1e-4)
    np.testing.assert_allclose(stage.whitener, stage.whitener.T, atol=1e-9 * np.abs(stage.whitener).max())


def test_centres_are_the_means_of_what_is_nearest(images):
    stage, patches = LEARNER.with_(rounds=200).fit(images), LEARNER.gather(images).patches
    apart = patches - patches.mean(axis=1, keepdims=True)
    white = (apart / np.sqrt((apart**2).mean(axis=1, keepdims=True) + 10) - stage.mean) @ stage.whitener
    nearest = ((white[:, None] - stage.centres) ** 2).sum(axis=2).argmin(axis=1)
    for at, centre in enumerate(stage.centres):
        np.testing.assert_allclose(white[nearest == at].mean(axis=0), centre, atol=1e-10)


def test_a_centre_without_patches_moves(rng):
    """The first patches are all but equal; most centres would stay empty."""
    points = np.concatenate([np.zeros((40, 1)), np.full((3, 1), 9.0)])
    from featkit.image.learned import _clustered

    assert sorted(_clustered(points, 2, 5).ravel().tolist()) == [0, 9]


def test_the_code_is_its_formula(images):
    stage = LEARNER.fit(images)
    got = stage(images[0].astype(np.float64))
    assert got.shape == (17, 21, 5)
    for y, x in ((0, 0), (5, 11), (16, 20)):
        patch = images[0][y : y + 4, x : x + 4].ravel().astype(float)
        even = (patch - patch.mean()) / math.sqrt(patch.var() + 10)
        white = stage.whitener @ (even - stage.mean)
        distances = [math.sqrt(((white - centre) ** 2).sum()) for centre in stage.centres]
        expected = [max(0.0, sum(distances) / 5 - distance) for distance in distances]
        np.testing.assert_allclose(got[y, x], expected, atol=1e-9)


def test_steps_between_patches(images):
    stage = LEARNER.fit(images)
    np.testing.assert_array_equal(stage.with_(stride=3)(images[0]), stage(images[0])[::3, ::3])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: featkit.LearnKernels(50, sample=49), "sample=49 is smaller than kernels=50"),
        (lambda: LEARNER.fit([np.zeros((9, 9, 1))]), "has seen 1 distinct patches and is to learn 5 kernels"),
        (lambda: LEARNER.fit([np.zeros((2, 9, 1))]), "has seen 0 distinct patches"),
        (
            lambda: LEARNER.fit([np.ones((9, 9, 1)), np.ones((9, 9, 3))]),
            "images of 1 and of 3 channels cannot be learned",
        ),
        (lambda: LEARNER(np.ones((9, 9, 1))), "has learned nothing yet"),
        (lambda: featkit.TriangleCode(np.ones((2, 4)), np.eye(3), np.ones(4), 2), "centres, a whitener and a mean"),
        (lambda: featkit.TriangleCode(np.ones((2, 4)), np.eye(4), np.ones(4), 3), "patches of 3x3 pixels have not"),
        (
            lambda: featkit.TriangleCode(np.ones((2, 4)), np.eye(4), np.ones(4), 2)(np.ones((3, 3, 3))),
            "of 1 channels, got one of 3",
        ),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(featkit.FeatkitError, match=message):
        make()


# --- what they are good for -------------------------------------------------------------------------------------------


def test_textures_are_told_apart_by_learned_kernels_and_not_by_pixels(maker, monkeypatch):
    monkeypatch.setattr(maker, "SPLITS", 2)
    pixels, learned = maker.accuracy(*maker.textures(20))
    assert learned.min() > 0.8
    assert pixels.max() < 0.4


@pytest.mark.shared
def test_digits_are_told_apart_better_by_learned_kernels(maker, shared, monkeypatch):
    monkeypatch.setattr(maker, "SPLITS", 3)
    pixels, learned = maker.accuracy(*maker.digits(shared / "images"))
    assert (learned > pixels + 0.05).all()
