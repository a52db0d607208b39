"""Convolution and pooling against plain loops, and live against torch, SciPy and scikit-image."""

import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featkit
from featkit.numeric import source_index

PADS = {"zero": "constant", "edge": "edge", "reflect": "reflect", "mirror": "symmetric"}


def padded(image, down, across, fill):
    return np.pad(image, (down, across, (0, 0)), mode=PADS[fill])


def convolved(image, kernels, bias, stride, padding, dilation, groups, fill="zero"):
    """The formula, one product at a time."""
    count, seen, high, wide = kernels.shape
    image = padded(image, *(((p, p)) for p in padding), fill)
    rows = (image.shape[0] - (high - 1) * dilation[0] - 1) // stride[0] + 1
    columns = (image.shape[1] - (wide - 1) * dilation[1] - 1) // stride[1] + 1
    out = np.zeros((max(rows, 0), columns, count))
    for i, j, k in np.ndindex(out.shape):
        first = k // (count // groups) * seen
        for c, p, q in np.ndindex(seen, high, wide):
            pixel = image[i * stride[0] + p * dilation[0], j * stride[1] + q * dilation[1], first + c]
            out[i, j, k] += kernels[k, c, p, q] * pixel
        out[i, j, k] += 0 if bias is None else bias[k]
    return out


both = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(size=both, stride=both, dilation=both, padding=st.tuples(*[st.integers(0, 2)] * 2), groups=st.sampled_from([1, 2]),
       rows=st.integers(0, 9), fill=st.sampled_from(list(PADS)), biased=st.booleans())  # fmt: skip
def test_convolution_is_its_formula(size, stride, dilation, padding, groups, rows, fill, biased):
    rng = np.random.default_rng(1)
    image = rng.standard_normal((rows, 9, 4))
    kernels = rng.standard_normal((2, 4 // groups, *size))
    bias = rng.standard_normal(2) if biased else None
    stage = featkit.Convolve(kernels, bias, stride, padding, dilation, groups, fill)
    got = stage(image)
    if rows == 0:
        assert len(got) == 0
        return
    if fill == "reflect" and rows == 1:
        return  # numpy has no word for it
    np.testing.assert_allclose(
        got, convolved(image, kernels, bias, stride, padding, dilation, groups, fill), atol=1e-12
    )


@pytest.mark.parametrize(("size", "dilation"), [((3, 3), 1), ((2, 4), 1), ((3, 2), 2), ((1, 1), 1)])
def test_same_keeps_the_size(size, dilation, rng):
    torch = pytest.importorskip("torch")
    image, kernels = rng.standard_normal((8, 9, 2)), rng.standard_normal((3, 2, *size))
    got = featkit.Convolve(kernels, padding="same", dilation=dilation)(image)
    assert got.shape == (8, 9, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns that even kernels cost it a copy
        expected = torch.nn.functional.conv2d(
            torch.from_numpy(image.transpose(2, 0, 1)[None]),
            torch.from_numpy(kernels),
            padding="same",
            dilation=dilation,
        )
    np.testing.assert_allclose(got, expected.numpy()[0].transpose(1, 2, 0), atol=1e-12)


def test_an_image_in_strips_is_the_image(rng):
    """Bytes, however the rows come, and whatever the width of the strip that is computed at a time."""
    image = rng.standard_normal((300, 41, 3)).astype(np.float32)
    stage = featkit.Convolve(rng.standard_normal((5, 3, 7, 7)), rng.standard_normal(5), padding="same", fill="mirror")
    whole = stage(image)
    stream = stage.stream()
    strips = [stream.push(image[at : at + 13]) for at in range(0, 300, 13)] + [stream.finish()]
    assert np.concatenate(strips).tobytes() == whole.tobytes()
    assert np.concatenate(list(stage.iterate(np.split(image, [1, 2, 150])))).tobytes() == whole.tobytes()


@pytest.mark.parametrize(("fill", "mode"), [("mirror", "reflect"), ("edge", "nearest"), ("zero", "constant")])
def test_scipy_correlates_alike(fill, mode, rng):
    from scipy import ndimage

    image, kernel = rng.standard_normal((20, 17)), rng.standard_normal((5, 3))
    got = featkit.Convolve(kernel[None, None], padding="same", fill=fill)(image[..., None])[..., 0]
    np.testing.assert_allclose(got, ndimage.correlate(image, kernel, mode=mode), atol=1e-12)


# --- banks ------------------------------------------------------------------------------------------------------------


def filtered(kernels, image):
    return featkit.Convolve(kernels, padding="same", fill="mirror")(image[..., None])


@pytest.mark.parametrize("name", ["sobel", "prewitt", "scharr"])
def test_gradients_are_those_of_skimage(name, rng):
    filters = pytest.importorskip("skimage.filters")
    image = rng.random((30, 21))
    got = filtered(getattr(featkit, f"{name}_kernels")(), image)
    for at, direction in enumerate(("h", "v")):
        np.testing.assert_allclose(got[..., at], getattr(filters, f"{name}_{direction}")(image), atol=1e-14)
    np.testing.assert_allclose(featkit.EdgeStrength()(got)[..., 0], getattr(filters, name)(image), atol=1e-14)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.7])
def test_gaussians_are_those_of_skimage(sigma, rng):
    filters = pytest.importorskip("skimage.filters")
    image = rng.random((30, 21))
    got = filtered(featkit.gaussian_kernels(sigma), image)[..., 0]
    np.testing.assert_allclose(got, filters.gaussian(image, sigma, mode="reflect"), atol=1e-14)
    several = filtered(featkit.gaussian_kernels(0.5, sigma, 3.0), image)
    np.testing.assert_allclose(several[..., 1], got, atol=1e-14)
    difference = filtered(featkit.difference_of_gaussians_kernels(sigma, 3.0), image)[..., 0]
    np.testing.assert_allclose(difference, several[..., 1] - several[..., 2], atol=1e-14)


@pytest.mark.parametrize(
    "options", [(0.1, 0.0), (0.3, 0.9, 1.5), (0.2, 2.0, 1.0, 2.0, 4.0), (0.2, -0.4, 1.0, None, None, 2.0, 0.7)]
)
def test_gabor_waves_are_those_of_skimage(options, rng):
    filters = pytest.importorskip("skimage.filters")
    image = rng.random((30, 21))
    names = ("frequency", "theta", "bandwidth", "sigma_x", "sigma_y", "n_stds", "offset")
    real, imaginary = filters.gabor(image, **dict(zip(names, options, strict=False)))
    got = filtered(featkit.gabor_kernels(*options), image)
    np.testing.assert_allclose(got[..., 0], real, atol=1e-13)
    np.testing.assert_allclose(got[..., 1], imaginary, atol=1e-13)


def test_laplace_is_that_of_skimage(rng):
    filters = pytest.importorskip("skimage.filters")
    image = rng.random((12, 11))
    np.testing.assert_allclose(filtered(featkit.laplace_kernels(), image)[..., 0], filters.laplace(image), atol=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: featkit.gaussian_kernels(), "standard deviations above 0"),
        (lambda: featkit.gaussian_kernels(1.0, 0.0), "standard deviations above 0"),
        (lambda: featkit.difference_of_gaussians_kernels(2.0, 1.0), "low below high, got low=2 and high=1"),
        (lambda: featkit.gabor_kernels(0.0), "frequency=0"),
        (lambda: featkit.gabor_kernels(0.1, sigma_along=-1.0), "got -1 and"),
    ],
)
def test_banks_that_cannot_be(call, message):
    with pytest.raises(featkit.ParameterError, match=message):
        call()


# --- pooling ----------------------------------------------------------------------------------------------------------


def torch_pool(kind, image, **options):
    torch = pytest.importorskip("torch")
    pooled = getattr(torch.nn.functional, kind)(torch.from_numpy(image.transpose(2, 0, 1)[None].copy()), **options)
    return pooled.numpy()[0].transpose(1, 2, 0)


GRID = list(itertools.product([1, 2, 3, (3, 2)], [None, 1, 2, (3, 1)], [0, 1], [False, True]))


@pytest.mark.parametrize(("size", "stride", "padding", "ceil"), GRID)
@pytest.mark.parametrize("shape", [(7, 8), (10, 5), (3, 9)])
def test_pools_are_those_of_torch(size, stride, padding, ceil, shape, rng):
    if padding and min(np.broadcast_to(size, 2)) < 2:
        with pytest.raises(featkit.ParameterError, match="is more than half of size="):
            featkit.MaxPool(size, stride, padding)
        return
    image = rng.standard_normal((*shape, 2))
    given = {"kernel_size": size, "stride": stride, "padding": padding, "ceil_mode": ceil}
    got = featkit.MaxPool(size, stride, padding, ceil)(image)
    np.testing.assert_array_equal(got, torch_pool("max_pool2d", image, **given))
    for counted in (True, False):
        got = featkit.AveragePool(size, stride, padding, ceil, counted)(image)
        expected = torch_pool("avg_pool2d", image, **given, count_include_pad=counted)
        np.testing.assert_allclose(got, expected, atol=1e-14)


@pytest.mark.parametrize("size", [1, 2, 5, (3, 7), 13])
def test_adaptive_pools_are_those_of_torch(size, rng):
    image = rng.standard_normal((11, 9, 2))
    got = featkit.AdaptiveMaxPool(size)(image)
    np.testing.assert_array_equal(got, torch_pool("adaptive_max_pool2d", image, output_size=size))
    got = featkit.AdaptiveAveragePool(size)(image)
    np.testing.assert_allclose(got, torch_pool("adaptive_avg_pool2d", image, output_size=size), atol=1e-14)


@pytest.mark.parametrize("kind", [featkit.MaxPool, featkit.AveragePool])
def test_a_pool_in_single_rows(kind, rng):
    """Sums and counts at the lower edge are known at the end only."""
    image = rng.standard_normal((9, 6, 1))
    for options in ((2,), (3, 2, 1), (3, 2, 1, True), (3, 1, 1, True)):
        stage = kind(*options)
        stream = stage.stream()
        rows = [stream.push(row[None]) for row in image] + [stream.finish()]
        assert np.concatenate(rows).tobytes() == stage(image).tobytes()


def test_zeros_have_one_sign():
    """Which of 0 and -0 is the larger one is a matter of the processor."""
    image = np.where(np.arange(64).reshape(8, 8, 1) % 3, 0.0, -0.0)
    for stage in (featkit.MaxPool(2), featkit.AdaptiveMaxPool(3)):
        assert not np.signbit(stage(image)).any()


# --- a network --------------------------------------------------------------------------------------------------------


def test_the_front_of_a_network_is_that_of_torch(tmp_path, rng):
    """Two layers from a file, with a dilated and a depthwise one, then the order of torch's own flattening."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(3)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 5, padding=2), torch.nn.ReLU(), torch.nn.MaxPool2d(3, 2, 1),
        torch.nn.Conv2d(8, 8, 3, padding="same", groups=8), torch.nn.GELU(), torch.nn.AvgPool2d(2),
        torch.nn.Conv2d(8, 6, 3, stride=2, dilation=2, padding=2, bias=False), torch.nn.Tanh(), torch.nn.Flatten(),
    ).double()  # fmt: skip
    file = tmp_path / "network.npz"
    np.savez(file, **{name: value.numpy() for name, value in network.state_dict().items()})
    front = featkit.pipeline(
        featkit.convolve_from_npz(file, "0.weight", "0.bias", padding=2), featkit.Relu(), featkit.MaxPool(3, 2, 1),
        featkit.convolve_from_npz(file, "3.weight", "3.bias", padding="same", groups=8), featkit.Gelu(), featkit.AveragePool(2),
        featkit.convolve_from_npz(file, "6.weight", stride=2, dilation=2, padding=2), featkit.Tanh(),
        featkit.Flatten("channels first"),
    )  # fmt: skip
    image = rng.random((37, 30, 3))
    with torch.no_grad():
        expected = network(torch.from_numpy(image.transpose(2, 0, 1)[None])).numpy()
    np.testing.assert_allclose(front(image), expected, atol=1e-13)


def test_files_without_the_weights(tmp_path):
    file = tmp_path / "network.npz"
    np.savez(file, **{"conv1.weight": np.ones((1, 1, 2, 2))})
    with pytest.raises(featkit.ReadError, match=r"holds no array 'conv.weight'.*did you mean.*conv1\.weight"):
        featkit.convolve_from_npz(file, "conv.weight")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(featkit.ReadError, match=r"text\.npz is no \.npz file of plain arrays"):
        featkit.convolve_from_npz(tmp_path / "text.npz", "conv1.weight")
    np.save(tmp_path / "array.npy", np.zeros(3))
    with pytest.raises(featkit.ReadError, match=r"array\.npy is no \.npz file"):
        featkit.convolve_from_npz(tmp_path / "array.npy", "conv1.weight")
    with pytest.raises(featkit.ReadError, match=r"absent\.npz"):
        featkit.convolve_from_npz(tmp_path / "absent.npz", "conv1.weight")


@pytest.mark.parametrize(
    ("stage", "error", "message"),
    [
        (lambda: featkit.Convolve(np.ones((3, 3))), featkit.ShapeError, r"got \(3, 3\); kernels\[None, None\]"),
        (lambda: featkit.Convolve(np.ones((2, 1, 3, 3)), np.ones(3)), featkit.ShapeError, "each of 2 kernels"),
        (lambda: featkit.Convolve(np.full((1, 1, 1, 1), np.nan)), featkit.ParameterError, "finite weights"),
        (lambda: featkit.Convolve(np.ones((3, 1, 3, 3)), groups=2), featkit.ParameterError, "does not divide the 3"),
        (lambda: featkit.Convolve(np.ones((1, 1, 3, 3)), stride=0), featkit.ParameterError, "at least 1, got 0"),
        (lambda: featkit.Convolve(np.ones((1, 1, 3, 3)), padding=(0, -1)), featkit.ParameterError, r"got \(0, -1\)"),
        (
            lambda: featkit.Convolve(np.ones((1, 1, 3, 3)))(np.ones((5, 5, 3))),
            featkit.ShapeError,
            "for 1 channels .* of 3",
        ),
        (lambda: featkit.Convolve(np.ones((1, 1, 3, 3)))(np.ones((5, 2, 1))), featkit.ShapeError, "over 3 columns"),
        (
            lambda: featkit.MaxPool(4)(np.ones((9, 3, 1))),
            featkit.ShapeError,
            "windows of 4 columns, and the image has 3",
        ),
    ],
)
def test_what_cannot_be(stage, error, message):
    with pytest.raises(error, match=message):
        stage()


def test_sources_of_padding_are_numpys():
    """What is made up at the sides is made up above and below."""
    for fill, mode in PADS.items():
        if fill != "zero":
            np.testing.assert_array_equal(
                source_index(np.arange(-7, 12), 4, fill), np.pad(np.arange(4), (7, 8), mode=mode), err_msg=fill
            )
    assert math.isclose(featkit.gaussian_kernels(1.3).sum(), 1.0)
