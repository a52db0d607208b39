"""Activations against their formulas in plain loops, against torch, and far out where a naive formula overflows."""

import math

import numpy as np
import pytest

import featkit

FAR = [-3e38, -1e30, -1e4, -800.0, -90.0, -20.0, -5.0, -1.0, -1e-3, -1e-30, 0.0, 1e-30, 1e-3, 1.0, 5.0, 90.0, 1e4, 3e38]


def logistic(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


FORMULAS = {
    featkit.Relu(): lambda x: max(x, 0.0),
    featkit.LeakyRelu(0.2): lambda x: x if x >= 0 else 0.2 * x,
    featkit.Elu(1.5): lambda x: x if x > 0 else 1.5 * math.expm1(x),
    featkit.Sigmoid(): logistic,
    featkit.Tanh(): math.tanh,
    featkit.Silu(): lambda x: x * logistic(x),
    featkit.Gelu(): lambda x: x * math.erfc(-x / math.sqrt(2)) / 2,
    featkit.Gelu("tanh"): lambda x: (
        x * logistic(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * min(max(x, -1e3), 1e3) ** 3))
    ),
}
STAGES = pytest.mark.parametrize("stage", FORMULAS, ids=repr)


@STAGES
def test_formula(stage):
    expected = [FORMULAS[stage](x) for x in FAR]
    np.testing.assert_allclose(stage(np.array(FAR)), expected, rtol=1e-13, atol=1e-300)


@STAGES
def test_float32_is_the_formula_to_its_precision(stage):
    x = np.linspace(-6, 6, 1001, dtype=np.float32)
    got = stage(x)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, [FORMULAS[stage](float(value)) for value in x], rtol=3e-6, atol=1e-30)


@STAGES
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_largest_numbers_do_no_harm(stage, dtype):
    most = np.finfo(dtype).max
    got = stage(np.array([-most, most, -most / 2, most / 2], dtype))  # a warning would be an error
    assert np.isfinite(got).all()


@STAGES
def test_zero_has_one_sign(stage):
    assert not np.signbit(featkit.Relu()(np.full(37, -0.0))).any()
    np.testing.assert_array_equal(stage(np.array([0.0, -0.0])), stage(np.array([0.0]))[[0, 0]])


def test_softmax(rng):
    rows = rng.standard_normal((5, 7)) * 10
    expected = [[math.exp(x) / math.fsum(map(math.exp, row)) for x in row] for row in rows.tolist()]
    np.testing.assert_allclose(featkit.Softmax()(rows), expected, rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_of_the_largest_numbers(dtype):
    most = np.finfo(dtype).max
    got = featkit.Softmax()(np.array([[most, -most, 0.0], [-most, -most, -most], [most, most, 0.0]], dtype))
    np.testing.assert_allclose(got, [[1, 0, 0], [1 / 3] * 3, [0.5, 0.5, 0]], rtol=1e-6)


def test_softmax_needs_rows():
    with pytest.raises(featkit.ShapeError, match=r"Softmax takes rows of several values, .* rows\[None\]"):
        featkit.Softmax()(np.zeros(3))


def test_torch_agrees(rng):
    functional = pytest.importorskip("torch.nn.functional")
    from torch import from_numpy

    rows = rng.standard_normal((50, 20)) * 4
    peers = {
        featkit.Relu(): functional.relu,
        featkit.LeakyRelu(): functional.leaky_relu,
        featkit.Elu(0.7): lambda x: functional.elu(x, 0.7),
        featkit.Gelu(): functional.gelu,
        featkit.Gelu("tanh"): lambda x: functional.gelu(x, approximate="tanh"),
        featkit.Silu(): functional.silu,
        featkit.Sigmoid(): lambda x: x.sigmoid(),
        featkit.Tanh(): lambda x: x.tanh(),
        featkit.Softmax(): lambda x: functional.softmax(x, -1),
    }
    for stage, peer in peers.items():
        np.testing.assert_allclose(
            stage(rows), peer(from_numpy(rows)).numpy(), rtol=1e-10, atol=1e-15, err_msg=repr(stage)
        )
