"""Padding, framing rules, the linear bank, powers and two-sided spectra, against plain loops and NumPy's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featkit

MODES = {"zero": "constant", "edge": "edge", "reflect": "reflect", "mirror": "symmetric"}  # numpy.pad's names
sizes = st.integers(0, 30)


def signal(n):
    return np.random.default_rng(n).standard_normal(n)


@given(
    n=st.integers(0, 40),
    left=sizes,
    right=sizes,
    fill=st.sampled_from(sorted(MODES)),
    cuts=st.lists(st.integers(0, 40)),
)
def test_padding_is_numpys_whole_and_in_pieces(n, left, right, fill, cuts):
    x = signal(n)
    stage = featkit.Pad(left, right, fill)
    mode = (
        "edge" if n == 1 and fill == "reflect" else MODES[fill]
    )  # one sample has no reflection, and stands for itself
    expected = np.pad(x, (left, right), mode=mode) if n else x
    np.testing.assert_array_equal(stage(x), expected)
    stream = stage.stream()
    pieces = [stream.push(piece) for piece in np.split(x, sorted(min(cut, n) for cut in cuts))]
    np.testing.assert_array_equal(np.concatenate([*pieces, stream.finish()]), expected)


@pytest.mark.parametrize("which", ["centre", "per-hop"])
@given(n=st.integers(1, 90), length=st.integers(1, 30), hop=st.integers(1, 30), fill=st.sampled_from(sorted(MODES)))
def test_frames_of_the_padded_signal(which, n, length, hop, fill):
    """Centre: whole frames of the padded signal. Per hop: frames t whose hop from t*hop on lies in the signal."""
    x = signal(n)
    mode = "edge" if n == 1 and fill == "reflect" else MODES[fill]
    padded = np.pad(x, (length // 2, length + hop), mode=mode)
    behind = length // 2
    if which == "centre":
        starts = [start for start in range(0, n + length, hop) if start + length <= behind + n + behind]
    else:
        starts = [start for start in range(0, n, hop) if start + hop <= n]
    expected = np.array([padded[start : start + length] for start in starts]).reshape(-1, length)
    frames = featkit.Frames(length, hop, which, fill)
    assert frames.count(n) == len(starts)
    np.testing.assert_array_equal(frames(x), expected)


@given(
    n_filters=st.integers(1, 20), n_fft=st.integers(2, 100), low=st.floats(0, 1000), width=st.floats(100, 6000),
    given_n_fft=st.booleans(),
)  # fmt: skip
def test_linear_bank_by_loops(n_filters, n_fft, low, width, given_n_fft):
    n_fft = n_fft if given_n_fft else 2 * (n_fft // 2)
    corners = [low + width * n / (n_filters + 1) for n in range(n_filters + 2)]
    weights = np.zeros((n_filters, n_fft // 2 + 1))
    for n, (left, centre, right) in enumerate(zip(corners, corners[1:], corners[2:], strict=False)):
        for k in range(n_fft // 2 + 1):
            hz = k * 8000 / n_fft
            weights[n, k] = max(0.0, min((hz - left) / (centre - left), (right - hz) / (right - centre)))
    np.testing.assert_allclose(
        featkit.linear_weights(n_filters, 8000, n_fft, low, low + width), weights, rtol=0, atol=1e-9
    )
    single = featkit.linear_weights(n_filters, 8000, n_fft, low, low + width, "float32")
    np.testing.assert_allclose(single, weights, rtol=0, atol=1e-7 * 8000 / (width / (n_filters + 1)) + 1e-6)
    spectra = np.random.default_rng(1).random((3, n_fft // 2 + 1))
    bank = featkit.LinearBank(n_filters, 8000, low, low + width, n_fft if given_n_fft else None)
    by_loop = [[sum(h * s for h, s in zip(row, frame, strict=True)) for row in weights] for frame in spectra]
    np.testing.assert_allclose(bank(spectra), by_loop, rtol=0, atol=1e-9)


def test_linear_bank_refuses_what_is_empty():
    with pytest.raises(featkit.ParameterError, match="low_hz=4000 must lie below its upper end, 4000 Hz"):
        featkit.LinearBank(rate=8000, low_hz=4000)
    with pytest.raises(featkit.ShapeError, match=r"takes 33 bins \(n_fft=64\), got 32"):
        featkit.LinearBank(n_fft=64)(np.ones((1, 32)))
    with pytest.raises(featkit.ShapeError, match="at least 2 bins"):
        featkit.LinearBank()(np.ones((1, 1)))


@given(exponent=st.floats(0.01, 5), dtype=st.sampled_from([np.float32, np.float64]))
def test_powers(exponent, dtype):
    x = (np.random.default_rng(3).random((4, 9)) * 10).astype(dtype)
    x[0, 0] = 0
    expected = [[float(value) ** exponent for value in row] for row in x]
    np.testing.assert_allclose(featkit.Power(exponent)(x), expected, rtol=1e-5 if dtype is np.float32 else 1e-13)


def test_a_power_is_above_0():
    with pytest.raises(featkit.ParameterError, match=r"Power.exponent must be finite and above 0"):
        featkit.Power(0)


@given(n_fft=st.integers(1, 60), is_complex=st.booleans())
def test_two_sided_is_the_whole_transform(n_fft, is_complex):
    frames = np.random.default_rng(n_fft).standard_normal((3, n_fft))
    whole, half = np.fft.fft(frames), np.fft.rfft(frames)
    if not is_complex:
        whole, half = np.abs(whole), np.abs(half)
    np.testing.assert_allclose(featkit.TwoSided(n_fft).apply(half), whole, rtol=0, atol=1e-12 * np.abs(whole).max())
    if n_fft % 2 == 0:
        np.testing.assert_array_equal(featkit.TwoSided().apply(half), featkit.TwoSided(n_fft).apply(half))


def test_two_sided_refuses_another_width():
    with pytest.raises(featkit.ShapeError, match=r"takes 33 bins \(n_fft=64\), got 32"):
        featkit.TwoSided(64)(np.ones((1, 32)))


@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_single_precision_filters_lie_near_the_exact_ones(scale):
    exact = featkit.mel_weights(40, 16000, 512, 0.0, scale=scale)
    single = featkit.mel_weights(40, 16000, 512, 0.0, scale=scale, precision="float32")
    assert 1e-8 < np.abs(single - exact).max() < 2e-5
    np.testing.assert_array_equal(single, single.astype(np.float32))
