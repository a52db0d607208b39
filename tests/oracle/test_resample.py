"""Resample and Speed: against loops from the formula, SciPy's polyphase filter, sox and soxr, and known tones."""

import math
import shutil
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal as scipy_signal

import featkit
from featkit.audio import resample as own

PAIRS = [
    (44100, 16000), (48000, 16000), (16000, 8000), (8000, 16000), (22050, 16000), (96000, 16000), (192000, 16000),
    (11025, 44100),
]  # fmt: skip
sox = pytest.mark.skipif(shutil.which("sox") is None, reason="the program sox is not installed")


def tone(hz, rate, n, phase=0.3):
    return np.sin(2 * np.pi * hz * np.arange(n) / rate + phase)


def level(x):
    """In dB below a sine of amplitude 1."""
    return 10 * np.log10(2 * np.mean(np.square(x, dtype=np.float64)) + 1e-40)


def inside(y, low, rate):
    """Without what the edges of the signal reach: 80 samples of the lower rate."""
    edge = math.ceil(80 * rate / low)
    assert len(y) > 4 * edge
    return slice(edge, len(y) - edge)


# --- the formula ------------------------------------------------------------------------------------------------------


def h(u, rate, from_rate):
    """The filter, from the words of the docstring: Kaiser's window of 120 dB over a sinc; half its length in samples in."""
    half = math.ceil((120 - 7.95) / (2.285 * math.pi * 0.1) / 2 * max(1, from_rate / rate))
    if abs(u) > half:
        return 0.0
    c = 0.95 * min(1, rate / from_rate)
    beta = 0.1102 * (120 - 8.7)
    sinc = 1.0 if u == 0 else math.sin(math.pi * c * u) / (math.pi * c * u)
    return c * sinc * float(np.i0(beta * math.sqrt(1 - (u / half) ** 2)) / np.i0(beta))


@pytest.mark.parametrize(("from_rate", "rate"), [(3, 2), (2, 3), (5, 1), (1, 5), (441, 160), (101, 100)])
def test_the_formula_in_plain_loops(from_rate, rate, rng):
    x = rng.standard_normal(60)
    y = featkit.Resample(rate, from_rate)(x)
    assert len(y) == math.ceil(len(x) * rate / from_rate)
    for i in range(0, len(y), max(1, len(y) // 40)):
        assert y[i] == pytest.approx(
            sum(x[k] * h(i * from_rate / rate - k, rate, from_rate) for k in range(60)), abs=1e-12
        )


@pytest.mark.parametrize(("from_rate", "rate"), PAIRS)
def test_is_scipys_polyphase_filter(from_rate, rate, rng):
    """resample_poly with the same filter, on the grid that both rates share."""
    x = rng.standard_normal(5000)
    ratio = featkit.Resample(rate, from_rate).ratio()
    reach = ratio.half * ratio.up
    taps = own.impulse_response(np.arange(-reach, reach + 1) / ratio.up, ratio)
    expected = scipy_signal.resample_poly(x, *ratio, window=taps / ratio.up)
    y = featkit.Resample(rate, from_rate)(x)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-12)
    # Hundreds of products are added up in the input's precision.
    np.testing.assert_allclose(featkit.Resample(rate, from_rate)(x.astype(np.float32)), expected, rtol=0, atol=5e-6)


# --- what passes and what doesn't -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("from_rate", "rate"), PAIRS)
def test_response_of_the_filter(from_rate, rate):
    """The Fourier transform of the impulse response, on a grid of a 500th of the lower Nyquist frequency."""
    ratio = featkit.Resample(rate, from_rate).ratio()
    low = min(rate, from_rate) / 2
    reach = ratio.half * ratio.up
    taps = own.impulse_response(np.arange(-reach, reach + 1) / ratio.up, ratio) / ratio.up
    fft = 2 ** math.ceil(math.log2(1000 * ratio.up * max(1, from_rate / rate)))
    response = np.abs(np.fft.rfft(taps, fft))
    hz = np.arange(len(response)) / fft * from_rate * ratio.up
    assert np.abs(20 * np.log10(response[hz <= 0.9 * low])).max() < 1e-4
    assert 20 * np.log10(response[hz >= low].max()) < -120


@pytest.mark.parametrize("precision", [np.float32, np.float64])
@pytest.mark.parametrize(("from_rate", "rate"), PAIRS)
def test_tones_that_pass_are_the_tones_at_the_new_rate(from_rate, rate, precision):
    """No delay, no other level, no image and no alias: the difference from the tone sampled at the new rate is -110 dB."""
    low, n = min(rate, from_rate), from_rate // 10
    for part in (0.01, 0.3, 0.62, 0.85, 0.9):
        hz = part * low / 2
        y = featkit.Resample(rate, from_rate)(tone(hz, from_rate, n).astype(precision))
        assert y.dtype == precision
        expected = tone(hz, rate, len(y))
        assert level((y - expected)[inside(y, low, rate)]) < -110, hz


@pytest.mark.parametrize("precision", [np.float32, np.float64])
@pytest.mark.parametrize(("from_rate", "rate"), [pair for pair in PAIRS if pair[0] > pair[1]])
def test_tones_that_are_too_high_are_gone(from_rate, rate, precision):
    for hz in [*np.linspace(1.0, 1.1, 5) * rate / 2, *np.linspace(0.56 * rate, 0.499 * from_rate, 8)]:
        if hz < from_rate / 2:
            y = featkit.Resample(rate, from_rate)(tone(hz, from_rate, from_rate // 5).astype(precision))
            assert level(y[inside(y, rate, rate)]) < -110, hz


def test_a_sweep_is_cut_off_where_it_gets_too_high():
    """Half a second from 0 to 22 kHz, at 16 kHz: the sweep itself up to 7.2 kHz, nothing from 8.0 kHz on."""
    seconds, top = 10.0, 22050.0
    at = lambda rate: np.arange(int(seconds * rate)) / rate  # noqa: E731
    sweep = lambda t: np.sin(np.pi * top / seconds * t * t)  # noqa: E731
    y = featkit.Resample(16000, 44100)(sweep(at(44100)))
    hz = top / seconds * at(16000)
    settled = 20  # Hz that the sweep moves on within the reach of the filter, and more
    assert level((y - sweep(at(16000)))[(hz > settled) & (hz < 7200 - settled)]) < -100
    assert level(y[(hz > 8000 + settled) & (hz < top - settled)]) < -100


def test_an_impulse_stays_where_it_is():
    x = np.zeros(4411)
    x[2205] = 1
    y = featkit.Resample(16000, 44100)(x)
    assert np.argmax(y) == 800
    np.testing.assert_allclose(y[801:1000], y[799:600:-1], rtol=0, atol=1e-15)


def test_there_and_back_again(speech):
    """Speech that has nothing near the edge of its band comes back."""
    low = scipy_signal.sosfiltfilt(scipy_signal.cheby2(12, 60, 0.85, output="sos"), speech.astype(np.float64))
    there = featkit.Resample(44100, 16000)(low)
    back = featkit.Resample(16000, 44100)(there)[: len(low)]
    assert level((back - low)[300:-300]) < level(low) - 60  # 60 dB is what the filter above leaves near the edge


# --- rates and lengths ------------------------------------------------------------------------------------------------


@given(rate=st.integers(1, 60), from_rate=st.integers(1, 60), n=st.integers(0, 400))
def test_rows_come_as_soon_as_they_are_needed(rate, from_rate, n):
    """count() is ceil(n rate/from_rate), and needs() is exact: a sample comes with the last sample that it needs."""
    stage = featkit.Resample(rate, from_rate)
    x = np.cos(np.arange(n))
    assert len(stage(x)) == stage.count(n) == math.ceil(n * rate / from_rate)
    stream, came = stage.stream(), 0
    for at in range(n):
        came += len(stream.push(x[at : at + 1]))
        assert stage.needs(came) <= at + 1 < stage.needs(came + 1)


def test_the_same_rate_passes_by_bytes(speech):
    for stage in (
        featkit.Resample(16000, 16000),
        featkit.Resample(16000, 16000, "soxr"),
        featkit.Speed(1),
        featkit.Speed(1.0),
    ):
        assert stage(speech).tobytes() == speech.tobytes()
        assert stage.count(7) == stage.needs(7) == 7


def test_rates_without_a_common_divisor():
    """44101 Hz has a phase of its own for each of 16000 samples: a table of 80 MB, and memory beside it stays flat."""
    stage = featkit.Resample(16000, 44101)
    x = tone(1000, 44101, 44101)
    tracemalloc.start()
    try:
        y = stage(x)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 200e6
    assert level((y - tone(1000, 16000, len(y)))[inside(y, 16000, 16000)]) < -110


def test_a_table_too_large_is_refused():
    with pytest.raises(
        featkit.ParameterError,
        match=r"Resample from 192001 to 16000 Hz needs a table of 30,\d+,\d+ weights .*larger common divisor, or engine=\"soxr\"",
    ):
        featkit.Resample(16000, 192001)
    assert featkit.Resample(16000, 192001, "soxr").count(192001) == 16000
    with pytest.raises(featkit.ParameterError, match=r"Resample.from_rate must be at least 1, got 0"):
        featkit.Resample(16000, 0)


def test_extreme_rates_keep_memory_sane():
    """A period of 4800 samples in under 7600 taps: windows overlap, and few are made at a time."""
    x = np.ones(480_000)
    featkit.Resample(10, 48000)(x[:1])  # the table
    tracemalloc.start()
    try:
        y = featkit.Resample(10, 48000)(x)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert y.shape == (100,)
    assert most < x.nbytes + 40e6


@pytest.mark.parametrize("stage", [featkit.Resample(16000, 44100), featkit.Resample(44100, 8000), featkit.Speed(0.9)])
def test_plain_signals(stage):
    assert not stage(np.zeros(3000)).any()
    assert stage(np.zeros(0)).shape == (0,)
    assert stage(np.ones(1)).shape == (stage.count(1),)
    steady = stage(np.full(9000, 0.25))
    middle = slice(len(steady) // 3, 2 * len(steady) // 3)
    np.testing.assert_allclose(steady[middle], 0.25, rtol=2e-6)  # -120 dB
    clipped = stage(np.sign(tone(440, 44100, 9000)))
    assert np.isfinite(clipped).all()
    assert np.abs(clipped).max() < 1.3  # it overshoots, as a square wave without its highest partials does
    with pytest.raises(featkit.InputError, match="not finite: nan at sample 5"):
        stage(np.array([0, 0, 0, 0, 0, np.nan]))


# --- soxr -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("from_rate", "rate"), [*PAIRS, (44101, 16000)])
def test_soxr_streams_by_bytes_and_is_soxr(from_rate, rate, rng, on_pieces):
    import soxr

    stage = featkit.Resample(rate, from_rate, "soxr")
    for precision in (np.float32, np.float64):
        x = rng.standard_normal(from_rate // 3).astype(precision)
        whole = stage(x)
        assert len(whole) == stage.count(len(x)) == math.ceil(len(x) * rate / from_rate)
        for sizes in ([1] * 500, [17] * 300, [4096]):
            assert on_pieces(stage, x, sizes).tobytes() == whole.tobytes()
        theirs = soxr.resample(x, from_rate, rate)
        shorter = min(len(theirs), len(whole))
        assert abs(len(theirs) - len(whole)) <= 1
        np.testing.assert_array_equal(whole[:shorter], theirs[:shorter])


@pytest.mark.parametrize(("from_rate", "rate"), [*PAIRS, (8000, 192000)])
def test_soxr_is_no_later_than_announced(from_rate, rate, rng):
    stage = featkit.Resample(rate, from_rate, "soxr")
    stream, came = stage.stream(), 0
    for start in range(0, from_rate, 100):
        came += len(stream.push(rng.standard_normal(100)))
        assert start + 100 < stage.needs(came + 1)


def test_both_engines_agree_on_what_passes():
    """soxr's pass band falls by up to 0.01 dB, which is -59 dB of a tone."""
    for hz in (300, 3000, 7100):
        x = tone(hz, 44100, 30000)
        one, other = (featkit.Resample(16000, 44100, engine)(x) for engine in ("scipy", "soxr"))
        assert level((one - other)[500:-500]) < -58.5
    for engine in ("scipy", "soxr"):
        assert level(featkit.Resample(16000, 44100, engine)(tone(8200, 44100, 30000))[500:-500]) < -110


def test_without_soxr_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "soxr", None)
    stage = featkit.Resample(16000, 44100, "soxr")
    for use in (lambda: stage(np.zeros(9)), stage.stream):
        with pytest.raises(
            featkit.MissingExtra, match=r'needs the package soxr; pip install "featkit\[resample\]", or take'
        ):
            use()


@pytest.fixture
def on_pieces():
    def streamed(stage, x, sizes):
        stream, at, out = stage.stream(), 0, []
        for size in sizes:
            out.append(stream.push(x[at : at + size]))
            at += size
        return np.concatenate([*out, stream.push(x[at:]), stream.finish()])

    return streamed


# --- speed ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [0.9, 0.95, 1.1, 1.037, 0.5, 2.0, 2 ** (1 / 12)])
def test_speed_moves_pitch_and_duration(factor):
    x = tone(1000, 16000, 16000)
    y = featkit.Speed(factor)(x)
    assert len(y) == pytest.approx(16000 / factor, abs=1)
    exact = own.as_fraction(factor)
    assert float(exact) == pytest.approx(factor, rel=5e-6)
    assert len(y) == math.ceil(16000 / exact)
    expected = tone(1000 * float(exact), 16000, len(y))
    assert level((y - expected)[300:-300]) < -110


@pytest.mark.parametrize("factor", [0.9, 1.1, 1.5])
def test_speed_stops_what_gets_too_high(factor):
    top = 8000 / max(1, factor)
    for hz in np.linspace(top, 7990, 6) if factor > 1 else []:
        assert level(featkit.Speed(factor)(tone(hz, 16000, 16000))[300:-300]) < -110
    y = featkit.Speed(factor)(tone(0.9 * top, 16000, 16000))
    assert level((y - tone(0.9 * top * factor, 16000, len(y)))[300:-300]) < -110


@sox
@pytest.mark.parametrize("factor", [0.9, 1.1, 0.95])
def test_speed_is_that_of_sox(factor, speech, tmp_path):
    """On speech without the upper end of its band, where the two filters differ."""
    low = scipy_signal.sosfiltfilt(scipy_signal.cheby2(12, 100, 0.8, output="sos"), speech.astype(np.float64))
    soundfile.write(tmp_path / "in.wav", low, 16000, subtype="FLOAT")
    subprocess.run(
        ["sox", "-D", "in.wav", "-e", "float", "-b", "32", "out.wav", "speed", str(factor)], cwd=tmp_path, check=True
    )
    theirs, _ = soundfile.read(tmp_path / "out.wav")
    ours = featkit.Speed(factor)(low)
    assert abs(len(theirs) - len(ours)) <= 1
    shorter = min(len(theirs), len(ours))
    difference = (theirs[:shorter] - ours[:shorter])[300:-300]
    assert level(difference) < level(low) - 90


def test_a_factor_out_of_range_is_refused():
    for factor in (0.0, -1.0, 0.05, 11, float("inf")):
        with pytest.raises(featkit.ParameterError, match=r"Speed\.factor must be within 0.1 and 10, got"):
            featkit.Speed(factor)


@pytest.mark.shared
@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_speed_moves_the_voice(factor, shared):
    """pYIN's steps are a tenth of a semitone, 0.6 %; the median of both may be a step off."""
    import librosa

    x, rate = soundfile.read(shared / "audio" / "librivox0870_16k.wav", dtype="float32", frames=6 * 16000)
    before, after = (
        np.nanmedian(librosa.pyin(y, fmin=60, fmax=400, sr=rate)[0]) for y in (x, featkit.Speed(factor)(x))
    )
    assert after / before == pytest.approx(factor, rel=0.0125)
