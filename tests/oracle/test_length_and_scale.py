"""Stages that make a length, and those that make mean 0 and variance 1, against loops and numpy's own."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featkit


def noise(n, *shape, seed=0):
    return np.random.default_rng([seed, n]).standard_normal((n, *shape))


@given(n=st.integers(0, 40), length=st.integers(0, 50), multiple=st.integers(1, 9), value=st.sampled_from([0.0, -1.5]))
def test_fill_up(n, length, multiple, value):
    rows = noise(n, 2)
    wanted = next(m for m in range(200) if m >= n and m >= length and m % multiple == 0)
    stage = featkit.FillUp(length, multiple, value)
    expected = [list(row) for row in rows] + [[value, value]] * (wanted - n)
    assert stage.count(n) == wanted
    assert stage(rows).tolist() == expected


@given(n=st.integers(0, 40), length=st.integers(1, 50))
def test_at_most(n, length):
    signal = noise(n)
    np.testing.assert_array_equal(featkit.AtMost(length, longer="cut")(signal), signal[:length])
    if n <= length:
        np.testing.assert_array_equal(featkit.AtMost(length)(signal), signal)
    else:
        with pytest.raises(featkit.InputError, match=rf"AtMost takes {length} rows, got {n} or more"):
            featkit.AtMost(length)(signal)


@given(n=st.integers(0, 40), length=st.integers(1, 20), seed=st.integers(0, 99))
def test_random_crop(n, length, seed):
    signal = np.arange(float(n))
    cropped = featkit.RandomCrop(length, seed)(signal)
    assert len(cropped) == min(n, length) == featkit.RandomCrop(length, seed).count(n)
    if n > length:
        np.random.seed(seed)  # noqa: NPY002  (the generator that it promises)
        assert cropped[0] == np.random.randint(0, n - length + 1)  # noqa: NPY002
        assert cropped.tolist() == [cropped[0] + i for i in range(length)]


def test_random_crop_reaches_every_place():
    assert {featkit.RandomCrop(3, seed)(np.arange(5.0))[0] for seed in range(60)} == {0.0, 1.0, 2.0}


def test_samples_are_scaled_by_their_type():
    assert featkit.Samples()(np.array([-32768, 16384], np.int16)).tolist() == [-1.0, 0.5]
    with pytest.raises(featkit.InputError, match="one channel of samples"):
        featkit.Samples()(np.zeros((3, 2)))


def test_z_score():
    assert featkit.ZScore(2.0, 4.0)(np.array([[2.0, 6.0]])).tolist() == [[0.0, 1.0]]
    with pytest.raises(featkit.ParameterError, match=r"ZScore.deviation must be finite and above 0, got 0"):
        featkit.ZScore(deviation=0.0)
    with pytest.raises(featkit.ParameterError, match=r"ZScore.mean must be finite, got inf"):
        featkit.ZScore(mean=math.inf)


def standardised_by_loop(rows, mean, variance, ddof, variance_offset, deviation_offset):
    out = np.zeros_like(rows)
    n = len(rows)
    for d in range(rows.shape[1]):
        column = [float(value) for value in rows[:, d]]
        middle = math.fsum(column) / n
        squares = math.fsum((value - middle) ** 2 for value in column)
        spread = squares / (n - ddof) if n > ddof else 0.0
        deviation = math.sqrt(spread + variance_offset) + deviation_offset
        for t in range(n):
            value = column[t] - (middle if mean else 0.0)
            out[t, d] = value / (deviation or 1.0) if variance else value
    return out


@given(
    n=st.integers(1, 300),
    what=st.sampled_from([(True, True), (True, False), (False, True)]),
    ddof=st.sampled_from([0, 1]),
    offsets=st.sampled_from([(0.0, 0.0), (1e-7, 0.0), (0.0, 1e-5), (0.5, 0.25)]),
    pairwise=st.booleans(),
)
def test_standardise(n, what, ddof, offsets, pairwise):
    rows = noise(n, 3) * [1.0, 50.0, 0.01] + [5.0, -100.0, 0.0]
    stage = featkit.Standardise(*what, ddof, *offsets, pairwise)
    expected = standardised_by_loop(rows, *what, ddof, *offsets)
    np.testing.assert_allclose(stage(rows), expected, rtol=1e-11, atol=1e-11 * np.abs(expected).max())
    np.testing.assert_allclose(
        stage(rows[:, 0].copy()), expected[:, 0], rtol=1e-11, atol=1e-11 * np.abs(expected).max()
    )


@given(n=st.integers(2, 3000), seed=st.integers(0, 99))
def test_standardise_in_float32_is_numpy_s_own(n, seed):
    """A signal by numpy's mean and variance: the same bits."""
    signal = noise(n, seed=seed).astype(np.float32) * np.float32(0.1) + np.float32(0.01)
    expected = (signal - signal.mean()) / np.sqrt(signal.var() + np.float32(1e-7))
    np.testing.assert_array_equal(featkit.Standardise(variance_offset=1e-7)(signal), expected)


def test_a_column_that_does_not_vary_is_not_divided():
    rows = np.array([[1.0, 2.0], [1.0, 4.0]])
    assert featkit.Standardise()(rows).tolist() == [[0.0, -1.0], [0.0, 1.0]]
    assert featkit.Standardise(ddof=1)(rows[:1]).tolist() == [[0.0, 0.0]]


def test_standardise_settles_to_what_streams():
    rows = noise(100, 4)
    settled = featkit.Standardise().settle([rows[:30], rows[30:]])
    assert isinstance(settled, featkit.Normalise)
    assert settled(rows).tobytes() == featkit.Standardise()(rows).tobytes()
    assert isinstance(featkit.Standardise().settle([rows[:, 0]]), featkit.ZScore)
    with pytest.raises(featkit.InputError, match="there is no row to take the mean of"):
        featkit.Standardise().settle([rows[:0]])


def test_standardise_that_does_nothing_is_refused():
    with pytest.raises(featkit.ParameterError, match="does nothing with mean=False and variance=False; leave it out"):
        featkit.Standardise(mean=False, variance=False)


# --- mel filters that a model was trained with ----------------------------------------------------------------------------


def test_filters_above_nyquist_stay_empty_where_they_may():
    with pytest.raises(featkit.ParameterError, match="high_hz=7900 lies above the Nyquist frequency 4000 Hz"):
        featkit.MelBank(10, 8000, high_hz=7900)
    bank = featkit.MelBank(10, 8000, high_hz=7900, above_nyquist="empty")
    below = featkit.MelBank(10, 16000, high_hz=7900)
    spectrum = noise(3, 129) ** 2
    wide = np.concatenate([spectrum, np.zeros((3, 128))], axis=1)  # nothing above 4 kHz, at twice the rate
    np.testing.assert_allclose(bank(spectrum), below(wide), rtol=1e-13)
    assert (bank(spectrum)[:, -1] == 0).all()


def test_empty_filters_warn_unless_they_are_kept():
    spectrum = noise(2, 257) ** 2
    with pytest.warns(UserWarning, match="1 of 128 mel filters"):
        loud = featkit.MelBank(128, 16000, 20.0, None, "kaldi", "mel")(spectrum)
    kept = featkit.MelBank(128, 16000, 20.0, None, "kaldi", "mel", empty_filters="keep")(spectrum)
    assert kept.tobytes() == loud.tobytes()
