"""The frequencies of an image against plain sums, SciPy, and what is in a JPEG file."""

import io
import itertools
import math

import numpy as np
import pytest

import featkit
from featkit.image.dct import jpeg_steps, zigzag


def test_the_fourier_transform_is_its_formula(rng):
    image = rng.standard_normal((5, 6, 2))
    got = featkit.ImageSpectrum()(image)
    down, across = np.arange(5), np.arange(6)
    for u, v, c in np.ndindex(got.shape):
        turns = u * down[:, None] / 5 + v * across / 6
        assert abs(got[u, v, c] - (image[..., c] * np.exp(-2j * np.pi * turns)).sum()) < 1e-12
    assert featkit.ImageSpectrum()(image.astype(np.float32)).dtype == np.complex64


def test_the_centre_is_frequency_0(rng):
    for shape in ((5, 6, 1), (4, 7, 2)):
        spectrum = featkit.ImageSpectrum()(rng.standard_normal(shape))
        np.testing.assert_array_equal(featkit.CentreSpectrum()(spectrum), np.fft.fftshift(spectrum, axes=(0, 1)))
    magnitude = (featkit.ImageSpectrum() | featkit.CentreSpectrum() | featkit.ImageMagnitude())(np.ones((5, 6, 1)))
    assert magnitude[2, 3, 0] == magnitude.sum() == 30


def test_rings_and_sectors_have_all_the_energy(rng):
    """Parseval: the energy of the spectrum is that of the image times its pixels."""
    image = rng.standard_normal((12, 15, 2))
    spectrum = featkit.ImageSpectrum()
    energy = (image**2).sum(axis=(0, 1)) * 12 * 15
    np.testing.assert_allclose((spectrum | featkit.RadialEnergy(5, high=0.71))(image).sum(axis=1), energy, rtol=1e-12)
    rest = energy - image.sum(axis=(0, 1)) ** 2
    np.testing.assert_allclose((spectrum | featkit.AngularEnergy(5))(image).sum(axis=1), rest, rtol=1e-12)


@pytest.mark.parametrize("pooled", ["sum", "mean"])
def test_rings_and_sectors_are_their_formula(pooled, rng):
    image = rng.standard_normal((9, 8, 1))
    power = np.abs(np.fft.fft2(image[..., 0])) ** 2
    rings, sectors = [[] for _ in range(4)], [[] for _ in range(6)]
    for u, v in np.ndindex(9, 8):
        y, x = (u - 9 if u > 4 else u) / 9, (v - 8 if v >= 4 else v) / 8
        radius = math.hypot(y, x)
        if radius <= 0.5:
            rings[min(int(radius / 0.5 * 4), 3)].append(power[u, v])
        if u or v:
            sectors[math.floor(math.atan2(y, x) / math.pi * 6 + 0.5) % 6].append(power[u, v])
    pool = sum if pooled == "sum" else lambda values: sum(values) / max(len(values), 1)
    spectrum = featkit.ImageSpectrum()
    got = (spectrum | featkit.RadialEnergy(4, pooled=pooled))(image)[0]
    np.testing.assert_allclose(got, [pool(ring) for ring in rings], rtol=1e-12)
    got = (spectrum | featkit.AngularEnergy(6, pooled))(image)[0]
    np.testing.assert_allclose(got, [pool(sector) for sector in sectors], rtol=1e-12)


def test_the_direction_of_stripes():
    y, x = np.mgrid[:64, :64]
    for sector, angle in enumerate(np.arange(8) * np.pi / 8):
        stripes = np.cos(2 * np.pi * 0.2 * (x * np.cos(angle) + y * np.sin(angle)))[..., None]
        energy = (featkit.ImageSpectrum() | featkit.AngularEnergy(8))(stripes)[0]
        assert energy.argmax() == sector
        assert energy[sector] > 0.9 * energy.sum()


def cosines(n):
    """The orthonormal transform as a matrix, from its definition."""
    rows = [
        [math.cos(math.pi * k * (2 * i + 1) / (2 * n)) * math.sqrt((1 if k == 0 else 2) / n) for i in range(n)]
        for k in range(n)
    ]
    return np.array(rows)


def test_the_cosine_transform_is_its_formula(rng):
    image = rng.standard_normal((5, 7, 2))
    got = featkit.ImageDct()(image)
    for channel in range(2):
        np.testing.assert_allclose(got[..., channel], cosines(5) @ image[..., channel] @ cosines(7).T, atol=1e-13)


@pytest.mark.parametrize("shape", [(16, 24), (13, 9), (3, 2)])
@pytest.mark.parametrize("size", [8, 3])
def test_blocks_are_transformed_each_by_itself(shape, size, rng):
    image = rng.standard_normal((*shape, 2))
    filled = np.pad(image, ((0, -shape[0] % size), (0, -shape[1] % size), (0, 0)), mode="edge")
    got = featkit.BlockDct(size, order="rows", shift=0.5)(image)
    assert got.shape == (filled.shape[0] // size, filled.shape[1] // size, 2, size * size)
    for r, c, channel in np.ndindex(got.shape[:3]):
        block = filled[r * size : (r + 1) * size, c * size : (c + 1) * size, channel] - 0.5
        np.testing.assert_allclose(got[r, c, channel], (cosines(size) @ block @ cosines(size).T).ravel(), atol=1e-13)
    np.testing.assert_array_equal(featkit.BlockDct(size, keep=5, shift=0.5)(image), got[..., zigzag(size)[:5]])


def test_the_zigzag_walks_along_diagonals():
    """From the upper left to the lower right, first to the right, in single steps along each diagonal."""
    walk = [divmod(int(place), 8) for place in zigzag(8)]
    assert sorted(walk) == list(itertools.product(range(8), repeat=2))
    assert walk[:10] == [(0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2), (2, 1), (3, 0)]
    for (y, x), (down, across) in itertools.pairwise(walk):
        assert max(abs(down - y), abs(across - x)) == 1


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 75, 90, 100])
def test_jpegs_tables_are_those_in_a_file(quality):
    pillow = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    pillow.new("RGB", (8, 8)).save(file, "JPEG", quality=quality)
    tables = pillow.open(file).quantization
    for at, name in enumerate(("luminance", "chrominance")):
        assert jpeg_steps(quality, name).tolist() == list(tables[at])


def test_the_coefficients_are_those_in_a_file():
    """A grey picture that a JPEG file holds is that of its rounded coefficients, to the rounding of its pixels."""
    pillow = pytest.importorskip("PIL.Image")
    y, x = np.mgrid[:32, :40]
    grey = np.uint8(128 + 60 * np.sin(x / 5) + 50 * np.cos(y / 7 + x / 11))
    file = io.BytesIO()
    pillow.fromarray(grey).save(file, "JPEG", quality=60)
    decoded = np.asarray(pillow.open(file), np.float64)
    stored = (featkit.BlockDct(shift=128.0) | featkit.JpegQuantise(60))(grey[..., None].astype(np.float64))
    natural = np.empty_like(stored)
    natural[..., zigzag(8)] = stored * jpeg_steps(60)[zigzag(8)]
    for r, c in np.ndindex(4, 5):
        block = cosines(8).T @ natural[r, c, 0].reshape(8, 8) @ cosines(8) + 128
        assert np.abs(block - decoded[8 * r : 8 * r + 8, 8 * c : 8 * c + 8]).max() < 2.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: featkit.BlockDct(8, keep=65), "keep=65 is more than the 64 coefficients"),
        (lambda: featkit.JpegQuantise(101), "quality must be at most 100, got 101"),
        (lambda: featkit.JpegQuantise()(np.zeros((1, 1, 1, 65))), "64 coefficients of 8x8 blocks .* got 65"),
        (lambda: featkit.RadialEnergy(0), "bins must be at least 1"),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(featkit.FeatkitError, match=message):
        make()
