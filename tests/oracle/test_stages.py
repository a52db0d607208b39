"""Every stage against plain loops written from its formula, and against the identities that it must obey.

Nothing here is built as featkit builds it: the loops index one value at a time, in float64.
"""

import math
from typing import get_args

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

import featkit
from featkit.parameters import field_types

PAD = {"zero": "constant", "edge": "edge", "reflect": "reflect", "mirror": "symmetric"}  # numpy.pad's names
FEW_ULP = 1e-14  # float64, a handful of operations on values near 1


def noise(n, *shape, seed=0):
    return np.random.default_rng([seed, n]).standard_normal((n, *shape))


# --- frames -----------------------------------------------------------------------------------------------------------


def frames_by_loop(signal, length, hop, edges, fill):
    """Frame t, tap i is the sample t*hop - left + i of the signal that numpy.pad extends."""
    n = len(signal)
    left = {"snip": 0, "end": 0, "half-hop": length // 2 - hop // 2}.get(edges, length // 2)
    count = {
        "snip": (n - length) // hop + 1 if n >= length else 0,
        "centre": (n + 2 * (length // 2) - length) // hop + 1,
        "per-hop": n // hop,
        "half-hop": (n + hop // 2) // hop,
        "end": max(1, math.ceil((n - length) / hop) + 1),
    }[edges]
    if n == 0:
        count = 0
    beyond = length + hop + abs(left)
    # numpy.pad extends as often as it takes; only a single sample has no reflection, and stands for itself then
    padded = np.pad(signal, beyond, mode=PAD[fill] if n > 1 or fill == "zero" else "edge") if n else signal
    frames = np.zeros((count, length))
    for t in range(count):
        for i in range(length):
            frames[t, i] = padded[beyond + t * hop - left + i]
    return frames


every_edges = st.sampled_from(get_args(field_types(featkit.Frames)["edges"]))
every_fill = st.sampled_from(list(PAD))


@given(n=st.integers(0, 60), length=st.integers(1, 30), hop=st.integers(1, 30), edges=every_edges, fill=every_fill)
def test_frames(n, length, hop, edges, fill):
    """Also of signals that are shorter than what is put before them."""
    signal = np.arange(1.0, n + 1)
    frames = featkit.Frames(length, hop, edges, fill)
    expected = frames_by_loop(signal, length, hop, edges, fill)
    assert frames.count(n) == len(expected)
    np.testing.assert_array_equal(frames(signal), expected)


@pytest.mark.parametrize("fill", PAD)
@pytest.mark.parametrize("n", [2, 3, 5, 40, 199])
def test_frames_of_a_signal_shorter_than_its_padding(fill, n):
    """numpy.pad folds a short signal over and over; so do Frames."""
    signal = noise(n)
    centred = featkit.Frames(400, 160, "centre", fill)(signal)
    padded = np.pad(signal, (200, 2000), mode=PAD[fill])
    if fill == "zero":
        assert not padded[200 + n :].any()
    np.testing.assert_array_equal(centred, [padded[t * 160 : t * 160 + 400] for t in range(n // 160 + 1)])


@pytest.mark.parametrize(
    ("edges", "centres"),
    # 1000 samples, frames of 400, 160 apart: the centres in samples, drawn by hand
    [
        ("snip", [200, 360, 520, 680]),
        ("centre", [0, 160, 320, 480, 640, 800, 960]),
        ("per-hop", [0, 160, 320, 480, 640, 800]),
        ("half-hop", [80, 240, 400, 560, 720, 880]),
        ("end", [200, 360, 520, 680, 840]),
    ],
)
def test_times(edges, centres):
    frames = featkit.Frames(400, 160, edges)
    assert frames.count(1000) == len(centres)
    np.testing.assert_allclose(frames.times(len(centres), rate=16000), np.array(centres) / 16000, rtol=0, atol=1e-15)


@given(length=st.integers(1, 50), hop=st.integers(1, 50), edges=every_edges)
def test_times_are_where_the_frames_are(length, hop, edges):
    """The mean number of the samples in a frame is its centre, half a sample early (sample i lasts from i to i+1)."""
    frames = featkit.Frames(length, hop, edges, "zero")
    numbered = frames(np.arange(1.0, 1001))  # 0 is what lies outside
    inside = numbered.all(axis=1)
    times = frames.times(len(numbered), rate=1.0)
    assert inside.any()
    np.testing.assert_allclose(numbered[inside].mean(axis=1) - 1 + 0.5, times[inside], rtol=0, atol=1e-9)


# --- before the window ------------------------------------------------------------------------------------------------


firsts = st.sampled_from(["zero", "edge", "linear"]) | st.floats(-2, 2)


@given(coefficient=st.floats(0, 1), first=firsts, n=st.integers(2, 30))
def test_pre_emphasis(coefficient, first, n):
    x = noise(n)
    expected = np.zeros(n)
    for i in range(1, n):
        expected[i] = x[i] - coefficient * x[i - 1]
    if first == "edge":
        expected[0] = x[0] - coefficient * x[0]
    else:
        expected[0] = x[0] + {"zero": 0.0, "linear": 2 * x[0] - x[1]}.get(first, first)
    np.testing.assert_allclose(featkit.PreEmphasis(coefficient, first)(x), expected, rtol=0, atol=FEW_ULP)


def test_pre_emphasis_of_a_single_sample():
    assert featkit.PreEmphasis(0.5)(np.ones(1)) == [1.0]
    assert featkit.PreEmphasis(0.5, "edge")(np.ones(1)) == [0.5]
    assert featkit.PreEmphasis(0.5, 0.25)(np.ones(1)) == [1.25]
    assert featkit.PreEmphasis(0.5)(np.ones(0)).shape == (0,)


@given(coefficient=st.floats(0, 1), n=st.integers(0, 5), width=st.integers(1, 12))
def test_frame_pre_emphasis(coefficient, n, width):
    x = noise(n, width)
    expected = np.zeros((n, width))
    for t in range(n):
        for i in range(width):
            expected[t, i] = x[t, i] - coefficient * x[t, max(i - 1, 0)]
    np.testing.assert_allclose(featkit.FramePreEmphasis(coefficient)(x), expected, rtol=0, atol=FEW_ULP)


@given(n=st.integers(0, 5), width=st.integers(1, 500), offset=st.floats(-10, 10))
def test_remove_mean(n, width, offset):
    x = noise(n, width) + offset
    expected = np.array([[value - math.fsum(row) / width for value in row] for row in x]).reshape(n, width)
    np.testing.assert_allclose(featkit.RemoveMean()(x), expected, rtol=0, atol=1e-13)


# --- windows ----------------------------------------------------------------------------------------------------------

SCIPY = {"hamming": "hamming", "hann": "hann", "blackman": "blackman", "bartlett": "bartlett", "rectangular": "boxcar"}


@pytest.mark.parametrize("periodic", [False, True], ids=["symmetric", "periodic"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 25, 400, 401])
@pytest.mark.parametrize("kind", [*SCIPY, "kaiser", "povey"])
def test_windows(kind, n, periodic):
    if kind == "kaiser":
        expected = scipy.signal.windows.kaiser(n, beta=14.0, sym=not periodic)
    elif kind == "povey":
        expected = scipy.signal.windows.hann(n, sym=not periodic) ** 0.85
    else:
        expected = scipy.signal.windows.get_window(SCIPY[kind], n, fftbins=periodic)
    # hann ends in a rounding error near 1e-17 and not in 0; to the power of 0.85 that is 1e-14
    np.testing.assert_allclose(featkit.window(kind, n, periodic), expected, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(
        featkit.Window(kind, periodic)(np.ones((1, n))), featkit.window(kind, n, periodic)[None]
    )


@pytest.mark.parametrize("periodic", [False, True])
def test_windows_by_their_formula(periodic):
    n = 32
    for i in range(n):
        x = i / (n if periodic else n - 1)
        blackman = 0.4 - 0.5 * math.cos(2 * math.pi * x) + 0.1 * math.cos(4 * math.pi * x)
        assert featkit.window("hamming", n, periodic)[i] == pytest.approx(
            0.54 - 0.46 * math.cos(2 * math.pi * x), abs=1e-15
        )
        assert featkit.window("blackman", n, periodic, 0.4)[i] == pytest.approx(blackman, abs=1e-15)
        kaiser = np.i0(5 * math.sqrt(1 - (2 * x - 1) ** 2)) / np.i0(5)
        assert featkit.window("kaiser", n, periodic, beta=5.0)[i] == pytest.approx(kaiser, abs=1e-15)


@given(width=st.integers(1, 40), data=st.data())
def test_a_shorter_window_is_centred(width, data):
    length = data.draw(st.integers(1, width))
    x = noise(2, width)
    expected = np.zeros((2, width))
    before = (width - length) // 2  # an odd rest lies behind, as librosa's pad_center has it
    for i in range(length):
        expected[:, before + i] = x[:, before + i] * featkit.window("hamming", length)[i]
    np.testing.assert_allclose(featkit.Window("hamming", length=length)(x), expected, rtol=0, atol=FEW_ULP)


@pytest.mark.parametrize("n", [8, 9, 400])
def test_a_periodic_window_is_a_symmetric_one_less_its_end(n):
    for kind in ("hamming", "hann", "povey", "blackman", "bartlett", "kaiser"):
        np.testing.assert_allclose(featkit.window(kind, n, True), featkit.window(kind, n + 1)[:-1], rtol=0, atol=1e-13)


# --- spectra ----------------------------------------------------------------------------------------------------------


def dft_by_definition(frame, n_fft):
    matrix = np.exp(-2j * np.pi * np.outer(np.arange(n_fft // 2 + 1), np.arange(len(frame))) / n_fft)
    return matrix @ frame


@given(width=st.integers(1, 70), more=st.integers(0, 20), engine=st.sampled_from(["scipy", "featkit"]))
def test_spectra_are_the_definition(width, more, engine):
    frames = noise(3, width, seed=more)
    n_fft = width + more
    expected = np.array([dft_by_definition(frame, n_fft) for frame in frames])
    limit = 1e-12 * np.abs(expected).max()
    n = None if more == 0 else n_fft
    np.testing.assert_allclose(featkit.Spectrum(n, engine)(frames), expected, rtol=0, atol=limit)
    np.testing.assert_allclose(featkit.MagnitudeSpectrum(n, engine)(frames), np.abs(expected), rtol=0, atol=limit)
    power = np.abs(expected) ** 2
    np.testing.assert_allclose(featkit.PowerSpectrum(n, engine)(frames), power, rtol=0, atol=1e-12 * power.max())


@given(width=st.integers(1, 600), engine=st.sampled_from(["scipy", "featkit"]))
def test_parseval(width, engine):
    """The energy of a frame is that of its spectrum, whose inner bins stand for two."""
    frames = noise(2, width)
    twice = np.full(width // 2 + 1, 2.0)
    twice[0] = 1
    if width % 2 == 0:
        twice[-1] = 1
    power = featkit.PowerSpectrum(engine=engine)(frames)
    np.testing.assert_allclose((power * twice).sum(axis=1) / width, (frames**2).sum(axis=1), rtol=1e-12)


@given(width=st.integers(1, 600), a=st.floats(-3, 3), b=st.floats(-3, 3))
def test_the_spectrum_is_linear(width, a, b):
    x, y = noise(1, width, seed=1), noise(1, width, seed=2)
    spectrum = featkit.Spectrum()
    expected = a * spectrum(x) + b * spectrum(y)
    np.testing.assert_allclose(spectrum(a * x + b * y), expected, rtol=0, atol=1e-12 * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("kind", [featkit.Spectrum, featkit.MagnitudeSpectrum, featkit.PowerSpectrum])
@pytest.mark.parametrize(("dtype", "limit"), [(np.float32, 1e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize(("width", "n_fft"), [(1, 1), (400, 512), (400, None), (401, 401), (97, 1009), (1103, 2048)])
def test_engines_agree(kind, dtype, limit, width, n_fft):
    frames = noise(5, width).astype(dtype)
    one, other = kind(n_fft)(frames), kind(n_fft, engine="featkit")(frames)
    assert one.dtype == other.dtype
    largest = np.abs(one).max(axis=1, keepdims=True)
    assert (np.abs(one - other) / largest).max() <= limit * (2 if kind is featkit.PowerSpectrum else 1)


# --- the mel bank -----------------------------------------------------------------------------------------------------


def to_mel(hz, scale):
    if scale == "htk":
        return 2595 * math.log10(1 + hz / 700)
    if scale == "kaldi":
        return 1127 * math.log(1 + hz / 700)
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * math.log(hz / 1000, 6.4)


def to_hz(mel, scale):
    if scale == "htk":
        return 700 * (10 ** (mel / 2595) - 1)
    if scale == "kaldi":
        return 700 * (math.exp(mel / 1127) - 1)
    return mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)


def triangle(x, left, centre, right):
    if left < x <= centre:
        return (x - left) / (centre - left)
    if centre < x < right:
        return (right - x) / (right - centre)
    return 0.0


def mel_weights_by_loop(n_mels, rate, n_fft, low, high, scale, triangles, norm, edges):
    """Filter n rises from corner n to corner n+1 and falls to corner n+2; corners are equally far apart in mel."""
    low_mel, high_mel = to_mel(low, scale), to_mel(high, scale)
    corners_mel = [low_mel + (high_mel - low_mel) * n / (n_mels + 1) for n in range(n_mels + 2)]
    corners_hz = [to_hz(mel, scale) for mel in corners_mel]
    weights = np.zeros((n_mels, n_fft // 2 + 1))
    for n in range(n_mels):
        for k in range(n_fft // 2 + 1):
            hz = k * rate / n_fft
            if edges == "bin":  # sides straight over bins; in python_speech_features' order of cases
                left, centre, right = (math.floor((n_fft + 1) * corner / rate) for corner in corners_hz[n : n + 3])
                if left <= k < centre:
                    weights[n, k] = (k - left) / (centre - left)
                elif centre <= k < right:
                    weights[n, k] = (right - k) / (right - centre)
            elif triangles == "mel":
                weights[n, k] = triangle(to_mel(hz, scale), *corners_mel[n : n + 3])
            else:
                weights[n, k] = triangle(hz, *corners_hz[n : n + 3])
            if norm == "area":
                weights[n, k] *= 2 / (corners_hz[n + 2] - corners_hz[n])
    return weights


@pytest.mark.parametrize("edges", ["exact", "bin"])
@pytest.mark.parametrize("norm", ["none", "area"])
@pytest.mark.parametrize("triangles", ["hz", "mel"])
@pytest.mark.parametrize("scale", ["htk", "kaldi", "slaney"])
@pytest.mark.parametrize(
    ("n_mels", "rate", "n_fft", "low", "high"),
    [(40, 16000, 512, 20.0, None), (10, 8000, 201, 137.0, 3791.0), (23, 22050, 1024, 0.0, 8000.0)],
)
def test_mel_weights(n_mels, rate, n_fft, low, high, scale, triangles, norm, edges):
    expected = mel_weights_by_loop(n_mels, rate, n_fft, low, high or rate / 2, scale, triangles, norm, edges)
    weights = featkit.mel_weights(n_mels, rate, n_fft, low, high, scale, triangles, norm, edges)
    np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-11 * expected.max())
    bank = featkit.MelBank(n_mels, rate, low, high, scale, triangles, norm, edges, n_fft)
    spectrum = noise(4, n_fft // 2 + 1) ** 2
    by_loop = [[math.fsum(h * s for h, s in zip(row, frame, strict=True)) for row in expected] for frame in spectrum]
    np.testing.assert_allclose(bank(spectrum), by_loop, rtol=1e-10)


@pytest.mark.filterwarnings("ignore:.* mel filters .* stay empty")
@given(
    n_mels=st.integers(1, 60), rate=st.sampled_from([8000, 11025, 16000, 44100.0]), n_fft=st.integers(2, 600),
    low=st.floats(0, 500), high=st.floats(900, 4000), scale=st.sampled_from(["htk", "kaldi", "slaney"]),
    triangles=st.sampled_from(["hz", "mel"]),
)  # fmt: skip
def test_mel_weights_of_any_bank(n_mels, rate, n_fft, low, high, scale, triangles):
    """Also where filters are narrower than bins, and so catch one or none."""
    expected = mel_weights_by_loop(n_mels, rate, n_fft, low, high, scale, triangles, "none", "exact")
    weights = featkit.mel_weights(n_mels, rate, n_fft, low, high, scale, triangles)
    # a rounding error of a corner counts as many times as the filter is narrower than its place on the axis
    np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-9)


def test_an_area_normalised_filter_has_area_one():
    weights = featkit.mel_weights(20, 16000, 16384, norm="area")
    np.testing.assert_allclose(weights.sum(axis=1) * 16000 / 16384, 1, rtol=1e-3)


def test_neighbouring_filters_add_up_to_one():
    """Where one falls the next rises: a flat spectrum stays flat between the first and last centre."""
    for triangles in ("hz", "mel"):
        weights = featkit.mel_weights(10, 16000, 1024, 0.0, scale="kaldi", triangles=triangles)
        first, last = weights[0].argmax() + 1, weights[-1].argmax()
        np.testing.assert_allclose(weights.sum(axis=0)[first:last], 1, rtol=0, atol=1e-12)


@given(hz=st.floats(0, 100_000), scale=st.sampled_from(["htk", "kaldi", "slaney"]))
def test_mel_there_and_back(hz, scale):
    mel = featkit.hz_to_mel(hz, scale)
    assert mel == pytest.approx(to_mel(hz, scale), rel=1e-12, abs=1e-12)
    assert featkit.mel_to_hz(mel, scale) == pytest.approx(hz, rel=1e-11, abs=1e-10)


def test_mel_landmarks():
    """1000 Hz are 1000 mel, but for the rounding of 2595; Slaney's 15 are where the scale turns logarithmic."""
    assert featkit.hz_to_mel(1000.0) == pytest.approx(1000, abs=0.02)
    assert featkit.hz_to_mel(1000.0, "kaldi") == pytest.approx(1000, abs=0.02)
    assert featkit.hz_to_mel([999.999999, 1000.0, 6400.0], "slaney") == pytest.approx([15, 15, 42], abs=1e-6)
    assert featkit.hz_to_mel(0.0, "slaney") == 0


# --- logarithms and energies ------------------------------------------------------------------------------------------


@given(
    values=st.lists(st.floats(-10, 1e6), min_size=1, max_size=20), floor=st.floats(1e-12, 10),
    reference=st.floats(1e-6, 1e6), base=st.sampled_from(["e", "10", "dB"]),
)  # fmt: skip
def test_log(values, floor, reference, base):
    natural = [math.log(max(value, floor)) - math.log(reference) for value in values]
    expected = np.array(natural) * {"e": 1, "10": 1 / math.log(10), "dB": 10 / math.log(10)}[base]
    np.testing.assert_allclose(
        featkit.Log(base, floor, reference)(np.array([values]))[0], expected, rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_silence_has_a_finite_logarithm(dtype):
    for floor in (1e-10, 1e-45, 1e-300):  # the last two are below float32's smallest normal number
        assert np.isfinite(featkit.Log("e", floor)(np.zeros((2, 3), dtype))).all()
        assert np.isfinite(featkit.LogEnergy(floor)(np.zeros((2, 3), dtype))).all()


@given(width=st.integers(1, 400), scale=st.sampled_from([0.0, 1e-8, 1.0, 100.0]), floor=st.sampled_from([1e-10, 1.0]))
def test_log_energy(width, scale, floor):
    frames = noise(3, width) * scale
    expected = [[math.log(max(math.fsum(value * value for value in frame), floor))] for frame in frames]
    np.testing.assert_allclose(featkit.LogEnergy(floor)(frames), expected, rtol=1e-13, atol=1e-13)


# --- the cepstrum -----------------------------------------------------------------------------------------------------


def dct_by_sum(x, kind, ortho):
    """SciPy's definitions, and the factors that make their matrices orthonormal."""
    n = len(x)
    out = np.zeros(n)
    for k in range(n):
        if kind == 1:
            y, scale = list(x), math.sqrt(1 / (2 * (n - 1)))
            if ortho:
                y[0], y[-1] = y[0] * math.sqrt(2), y[-1] * math.sqrt(2)
            inner = math.fsum(2 * y[i] * math.cos(math.pi * k * i / (n - 1)) for i in range(1, n - 1))
            total = y[0] + (-1) ** k * y[-1] + inner
            scale *= math.sqrt(1 / 2) if k in (0, n - 1) else 1
        elif kind == 2:
            total = math.fsum(2 * x[i] * math.cos(math.pi * k * (2 * i + 1) / (2 * n)) for i in range(n))
            scale = math.sqrt(1 / (4 * n)) if k == 0 else math.sqrt(1 / (2 * n))
        elif kind == 3:
            first = x[0] * (math.sqrt(2) if ortho else 1)
            total = first + math.fsum(2 * x[i] * math.cos(math.pi * (2 * k + 1) * i / (2 * n)) for i in range(1, n))
            scale = math.sqrt(1 / (2 * n))
        else:
            total = math.fsum(2 * x[i] * math.cos(math.pi * (2 * k + 1) * (2 * i + 1) / (4 * n)) for i in range(n))
            scale = math.sqrt(1 / (2 * n))
        out[k] = total * scale if ortho else total
    return out


@given(width=st.integers(2, 40), kind=st.sampled_from([1, 2, 3, 4]), ortho=st.booleans(), data=st.data())
def test_dct(width, kind, ortho, data):
    n = data.draw(st.none() | st.integers(1, width))
    rows = noise(2, width)
    expected = np.array([dct_by_sum(row, kind, ortho)[:n] for row in rows])
    np.testing.assert_allclose(featkit.Dct(n, kind, ortho)(rows), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_an_orthonormal_dct_keeps_lengths(kind):
    rows = noise(5, 40)
    coefficients = featkit.Dct(type=kind)(rows)
    np.testing.assert_allclose((coefficients**2).sum(axis=1), (rows**2).sum(axis=1), rtol=1e-12)
    back = featkit.Dct(type={2: 3, 3: 2}.get(kind, kind))(coefficients)
    np.testing.assert_allclose(back, rows, rtol=0, atol=1e-12)


@given(length=st.floats(0.5, 100), first=st.integers(0, 3), width=st.integers(1, 30))
def test_lifter(length, first, width):
    rows = noise(2, width)
    weights = [1 + length / 2 * math.sin(math.pi * (first + k) / length) for k in range(width)]
    np.testing.assert_allclose(featkit.Lifter(length, first)(rows), rows * weights, rtol=1e-12, atol=1e-12 * length)


def test_no_lifter_leaves_the_coefficients():
    rows = noise(3, 13)
    np.testing.assert_array_equal(featkit.Lifter(0)(rows), rows)


# --- statistics -------------------------------------------------------------------------------------------------------


@given(
    lengths=st.lists(st.integers(0, 30), min_size=2, max_size=5).filter(lambda lengths: sum(lengths) > 1),
    at=st.integers(0, 5), offset=st.floats(-30, 30), spread=st.floats(0.1, 10),
)  # fmt: skip
def test_cmvn_moments(lengths, at, offset, spread):
    items = [offset + spread * noise(n, 4, seed=at) for at, n in enumerate(lengths)]
    frames = np.concatenate(items)
    cmvn = featkit.Cmvn()
    fitted = cmvn.fit(items)
    halves = cmvn.finish(cmvn.merge(cmvn.gather(items[:at]), cmvn.gather(items[at:])))
    for column in range(4):
        mean = math.fsum(frames[:, column]) / len(frames)
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in frames[:, column]) / len(frames))
        for stage in (fitted, halves):
            assert stage.mean[column] == pytest.approx(mean, rel=1e-12, abs=1e-12 * spread)
            assert stage.deviation[column] == pytest.approx(deviation, rel=1e-9)
    # 1e-12 relative to the spread; the square of an offset far larger than it costs digits of the variance
    np.testing.assert_allclose(halves.mean, fitted.mean, rtol=1e-12, atol=1e-12 * spread)
    np.testing.assert_allclose(halves.deviation, fitted.deviation, rtol=1e-10)
    normalised = fitted(frames)
    np.testing.assert_allclose(normalised.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(normalised.var(axis=0), 1, rtol=1e-8)


def test_cmvn_of_halves_is_that_of_the_whole():
    frames = noise(1000, 13) * np.arange(1, 14) + np.arange(13)
    cmvn = featkit.Cmvn()
    whole = cmvn.fit([frames])
    halves = cmvn.finish(cmvn.merge(cmvn.gather([frames[:400]]), cmvn.gather([frames[400:]])))
    np.testing.assert_allclose(halves.mean, whole.mean, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(halves.deviation, whole.deviation, rtol=1e-12)
    normalised = whole(frames)
    np.testing.assert_allclose(normalised.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(normalised.var(axis=0), 1, rtol=1e-12)
    centred = featkit.Cmvn(variance=False).fit([frames])(frames)
    np.testing.assert_allclose(centred, frames - frames.mean(axis=0), rtol=0, atol=1e-12)


def test_cmvn_of_features_far_from_zero():
    """Deviations of 0.01 around 10 000, as in 16-bit samples: the difference of two large squares has no digits left."""
    frames = 1e4 + 1e-2 * noise(500, 3)
    fitted = featkit.Cmvn().fit([frames[:200], frames[200:]])
    np.testing.assert_allclose(fitted.deviation, frames.std(axis=0), rtol=1e-6)


def test_cmvn_of_a_constant_column_is_finite():
    frames = np.column_stack([noise(50), np.full(50, 0.1), np.zeros(50), np.full(50, 12345.678)])
    normalised = featkit.Cmvn().fit([frames])(frames)
    assert np.isfinite(normalised).all()
    np.testing.assert_allclose(normalised[:, 1:], 0, atol=1)


def test_normalise():
    mean, deviation = noise(5), np.abs(noise(5, seed=2)) + 0.5
    rows = noise(4, 5, seed=3)
    expected = [[(value - m) / d for value, m, d in zip(row, mean, deviation, strict=True)] for row in rows]
    np.testing.assert_allclose(featkit.Normalise(mean, deviation)(rows), expected, rtol=1e-14)


# --- the textbook's pipelines -----------------------------------------------------------------------------------------


def spectrogram_by_loop(signal):
    """25 ms frames every 10 ms at 16 kHz, Hamming, 512 points."""
    window = [0.54 - 0.46 * math.cos(2 * math.pi * i / 399) for i in range(400)]
    return np.array(
        [
            np.abs(dft_by_definition(signal[start : start + 400] * window, 512)) ** 2
            for start in range(0, len(signal) - 399, 160)
        ]
    )


def test_log_fbank_to_the_letter(speech):
    """LogFBank[t, n] = log sum_k H[n, k] S[t, k]: mel energies are summed first and the logarithm is taken of the sum."""
    signal = speech[8000:10000].astype(np.float64)
    s = spectrogram_by_loop(signal)
    h = mel_weights_by_loop(40, 16000, 512, 20.0, 8000.0, "htk", "hz", "none", "exact")
    expected = np.zeros((len(s), 40))
    for t in range(len(s)):
        for n in range(40):
            expected[t, n] = math.log(max(sum(h[n, k] * s[t, k] for k in range(257)), 1e-10))
    assert len(expected) == 11
    np.testing.assert_allclose(featkit.log_fbank()(signal), expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(featkit.spectrogram()(signal), s, rtol=0, atol=1e-12 * s.max())
    coefficients = np.array([dct_by_sum(row, 2, True)[:13] for row in expected])
    np.testing.assert_allclose(featkit.mfcc()(signal), coefficients, rtol=0, atol=1e-9)
    # and in single precision: log is forgiving, what is lost is lost in quiet bins beside loud ones
    np.testing.assert_allclose(featkit.log_fbank()(speech[8000:10000]), expected, rtol=0, atol=2e-3)


def test_log_fbank_of_silence_is_the_floor():
    np.testing.assert_allclose(featkit.log_fbank()(np.zeros(4000)), math.log(1e-10), rtol=1e-15)


@pytest.mark.parametrize("rate", [8000, 11025, 12800, 16000, 22050, 44100, 48000])  # 12800: frames of 256
def test_builders_follow_their_arguments(rate):
    stage = featkit.mfcc(rate, n_mfcc=7, n_mels=20, frame_ms=20, hop_ms=5, window="hann", low_hz=100, high_hz=3500.0)
    assert stage["frames"] == featkit.Frames(round(rate * 0.02), round(rate * 0.005))
    assert stage["window"] == featkit.Window("hann")
    n_fft = stage["power_spectrum"].n_fft
    assert n_fft >= stage["frames"].length > n_fft // 2
    assert n_fft & (n_fft - 1) == 0
    assert stage["mel"] == featkit.MelBank(20, rate, 100, 3500.0)
    assert stage["log"] == featkit.Log("e")
    assert stage["dct"] == featkit.Dct(7)
    assert stage[:5] == featkit.log_fbank(
        rate, n_mels=20, frame_ms=20, hop_ms=5, window="hann", low_hz=100, high_hz=3500.0
    )
    assert stage[:3] == featkit.spectrogram(rate, frame_ms=20, hop_ms=5, window="hann")


def test_features_of_speech_are_finite_and_move(speech):
    features = featkit.mfcc()(speech)
    assert features.shape == ((len(speech) - 400) // 160 + 1, 13)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert (features.std(axis=0) > 0.01).all()


def test_a_louder_signal_moves_the_zeroth_coefficient_only(speech):
    """Twice the amplitude adds log 4 to every mel energy, so sqrt(40) log 4 to the zeroth coefficient, 0 to the others."""
    signal = speech.astype(np.float64)
    stage = featkit.mfcc().with_(log__floor=1e-300)
    loud = (featkit.spectrogram()(signal) > 0).all(axis=1)
    difference = (stage(2 * signal) - stage(signal))[loud]
    assert loud.sum() > 100
    np.testing.assert_allclose(difference[:, 0], math.sqrt(40) * math.log(4), rtol=1e-9)
    np.testing.assert_allclose(difference[:, 1:], 0, atol=1e-9)
