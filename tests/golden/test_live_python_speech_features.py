"""python_speech_features live: options and signals drawn by Hypothesis, 1e-12 of the largest value."""

import inspect
import logging
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featkit.presets import python_speech_features as presets
from featkit.presets.parity import PARITY

upstream = pytest.importorskip("python_speech_features")
logging.getLogger().addFilter(lambda record: "will be truncated" not in str(record.msg))

WINDOWS = {"hamming": np.hamming, "hanning": np.hanning, "blackman": np.blackman, "bartlett": np.bartlett}


@st.composite
def signals(draw):
    """16-bit signals: noise of any loudness, tones, silence with a click, ramps, clipped; one sample and up."""
    n = draw(st.one_of(st.integers(1, 40), st.integers(1, 6000)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    time = np.arange(n)
    kind = draw(st.sampled_from(["noise", "tone", "silence", "click", "ramp", "constant", "clipped", "pause"]))
    level = draw(st.sampled_from([1, 30, 3000, 32767]))
    signal = {
        "noise": lambda: rng.standard_normal(n) * level / 4,
        "tone": lambda: np.sin(time * rng.uniform(0.01, 3.1)) * level,
        "silence": lambda: np.zeros(n),
        "click": lambda: np.where(time == n // 2, level, 0),
        "ramp": lambda: time % (level + 1),
        "constant": lambda: np.full(n, level),
        "clipped": lambda: rng.standard_normal(n) * 1e5,
        "pause": lambda: rng.standard_normal(n) * level / 4 * (time > n // 2),
    }[kind]()
    return np.clip(np.round(signal), -32768, 32767).astype(np.int16)


@st.composite
def options(draw):
    """What all functions share. Frames are sometimes longer than the transform, and sometimes lie apart."""
    samplerate = draw(st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000.0]))
    lowfreq = draw(st.sampled_from([0, 20, 133.3333, 300]))
    chosen = {
        "samplerate": samplerate,
        "winlen": draw(st.one_of(st.just(0.025), st.floats(0.002, 0.06))),
        "winstep": draw(st.one_of(st.just(0.01), st.floats(0.002, 0.07))),
        "nfilt": draw(st.one_of(st.just(26), st.integers(1, 60))),
        "nfft": draw(st.one_of(st.sampled_from([256, 512, 1024, 2048]), st.integers(16, 1500))),
        "lowfreq": lowfreq,
        "highfreq": draw(st.one_of(st.none(), st.just(0), st.floats(lowfreq + 50, samplerate / 2))),
        "preemph": draw(st.sampled_from([0.97, 0, 0.95, 0.5, 1.0])),
    }
    winfunc = draw(st.sampled_from([None, *WINDOWS.values()]))
    return chosen if winfunc is None else chosen | {"winfunc": winfunc}


def theirs(function, signal, chosen):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(signal, **chosen)


def ours(preset, signal, **chosen):
    """Integers and floats are the same signal."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "[0-9]+ of [0-9]+ mel filters")
        pipeline = preset(**chosen)
        out = pipeline(signal)
        assert np.array_equal(out, pipeline(signal / np.float32(32768)), equal_nan=True)
    return out


def compare(preset, got, expected):
    assert got.dtype == np.float64
    assert got.shape == expected.shape
    assert np.array_equal(np.isnan(got), np.isnan(expected))
    parity = PARITY[f"python_speech_features/{preset}"]
    assert parity.relative
    error = np.nanmax(np.abs(got - expected), initial=0.0)
    assert error <= parity.limit * np.nanmax(np.abs(expected), initial=0.0)


@settings(max_examples=300)
@given(signals(), options(), st.integers(1, 30), st.sampled_from([22, 0, -1, 7.5, 40]), st.booleans())
def test_mfcc(signal, chosen, numcep, ceplifter, append_energy):
    chosen = chosen | {"numcep": numcep, "ceplifter": ceplifter, "appendEnergy": append_energy}
    compare("mfcc", ours(presets.mfcc, signal, **chosen), theirs(upstream.mfcc, signal, chosen))


@settings(max_examples=300)
@given(signals(), options())
def test_filter_banks(signal, chosen):
    feat, energy = theirs(upstream.fbank, signal, chosen)
    compare("fbank", ours(presets.fbank, signal, **chosen), feat)
    compare("logfbank", ours(presets.logfbank, signal, **chosen), np.log(feat))
    shared = {name: value for name, value in chosen.items() if name not in ("nfilt", "lowfreq", "highfreq")}
    compare("energy", ours(presets.energy, signal, **shared), energy[:, None])


@settings(max_examples=300)
@given(signals(), options())
def test_subband_centroids(signal, chosen):
    compare("ssc", ours(presets.ssc, signal, **chosen), theirs(upstream.ssc, signal, chosen))


@settings(max_examples=300)
@given(st.integers(2, 60), st.integers(1, 30), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_delta(frames, features, reach, seed):
    feat = np.random.default_rng(seed).standard_normal((frames, features)) * 10
    compare("delta", presets.delta(reach)(feat), upstream.delta(feat, reach))


def test_one_frame_has_no_slope(rng):
    feat = rng.standard_normal((1, 13))
    assert np.abs(presets.delta(2)(feat)).max() < 1e-15
    assert np.abs(upstream.delta(feat, 2)).max() < 1e-15


# --- options ----------------------------------------------------------------------------------------------------------


def test_defaults_are_the_upstreams():
    for name in ("mfcc", "fbank", "logfbank", "ssc"):
        mine, yours = (inspect.signature(getattr(module, name)).parameters for module in (presets, upstream))
        for option in list(yours)[1:]:
            if option != "winfunc":
                assert mine[option].default == yours[option].default, (name, option)
        assert [option for option in mine if option in yours] == list(yours)[1:]


def test_a_window_may_be_given_as_weights_or_as_a_function(rng):
    signal = rng.integers(-3000, 3000, 4000).astype(np.int16)
    weights = rng.uniform(0.1, 1, 400)
    assert np.array_equal(presets.ssc(winfunc=weights)(signal), presets.ssc(winfunc=lambda n: weights)(signal))
    assert presets.ssc(winfunc=np.ones(400)) == presets.ssc(winfunc=None) == presets.ssc()


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_may_be_given_by_name(speech, name):
    """By name it is featkit's own, whose last bit may differ from NumPy's."""
    expected = upstream.mfcc(
        speech.astype(np.float64) * 32768, winfunc=WINDOWS[name]
    )  # given float32, it filters in it
    assert np.abs(presets.mfcc(winfunc=name)(speech) - expected).max() < 1e-12 * np.abs(expected).max()
    assert presets.mfcc(winfunc=name)["window"].weights is None


def test_a_transform_of_no_length_holds_the_frame():
    assert presets.fbank(nfft=None)["power_spectrum"].n_fft == 512
    assert presets.fbank(nfft=None, samplerate=44100)["power_spectrum"].n_fft == 2048
    assert presets.fbank(nfft=None, winlen=0.016)["power_spectrum"].n_fft == 256


def test_samples_can_be_taken_as_they_are(rng):
    signal = rng.uniform(-1, 1, 4000)
    assert np.allclose(presets.fbank(sample_scale=1.0)(signal), upstream.fbank(signal)[0], rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"numcep": 0}, "numcep must be at least 1, got 0"),
        ({"winfunc": "hammming"}, "winfunc='hammming' is no window by name; did you mean 'hamming'"),
        ({"winfunc": np.ones(300)}, r"winfunc gives an array of shape \(300,\), but a frame has 400 samples"),
        ({"winstep": 0.00001}, "winstep=1e-05 s is 0 samples at samplerate=16000; at least one is needed"),
        ({"nfft": 1}, "nfft must be at least 2, got 1"),
        ({"highfreq": 9000}, "high_hz=9000 lies above the Nyquist frequency 8000 Hz"),
        ({"lowfreq": 4000, "highfreq": 300}, "low_hz=4000 must lie below its upper end, 300 Hz"),
    ],
)
def test_what_cannot_be_done_is_said(chosen, message):
    from featkit import ParameterError

    with pytest.raises(ParameterError, match=message):
        presets.mfcc(**chosen)
