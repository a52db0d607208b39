"""librosa live: options and signals drawn by Hypothesis, every preset within its limit.

For float64 input the limit is 1e-12 of the largest value, for float32 input that of PARITY.
"""

import inspect
import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from featkit.errors import NotStreamable, ParameterError, ShapeError
from featkit.presets import librosa as presets
from featkit.presets.parity import PARITY

upstream = pytest.importorskip("librosa")

MANY = settings(max_examples=300)
SOME = settings(max_examples=100)
WINDOWS = ["hann", "hann", "hamming", "blackman", "boxcar", "bartlett", "triang", 6.5, ("kaiser", 3.0), ("tukey", 0.3)]


@st.composite
def signals(draw, longest=6000, shortest=2, noise=0.0):
    """Noise, tones, clicks, silence, ramps, of any loudness, in both precisions.

    Descriptors are given some noise in everything but silence: what the rounding errors of a transform look like in bins that
    are empty otherwise is no feature.
    """
    n = draw(st.one_of(st.integers(shortest, 60), st.integers(shortest, longest), st.just(longest)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    time = np.arange(n)
    kind = draw(st.sampled_from(["noise", "tone", "tones", "silence", "click", "ramp", "constant", "pause", "sweep"]))
    level = draw(st.sampled_from([1e-4, 0.03, 0.5, 0.999, 32768.0]))
    signal = {
        "noise": lambda: rng.standard_normal(n) / 4,
        "tone": lambda: np.sin(time * rng.uniform(0.01, 3.1)),
        "tones": lambda: (
            sum(np.sin(time * rng.uniform(0.01, 1.5)) / 5 for _ in range(4)) + 1e-3 * rng.standard_normal(n)
        ),
        "silence": lambda: np.zeros(n),
        "click": lambda: (time == n // 2).astype(float),
        "ramp": lambda: time % 100 / 100,
        "constant": lambda: np.ones(n),
        "pause": lambda: rng.standard_normal(n) / 4 * (time > n // 2),
        "sweep": lambda: np.sin(time**2 * (1.5 / n)),
    }[kind]()
    if kind not in ("silence", "pause"):
        signal = signal + noise * rng.standard_normal(n)
    return (signal * level).astype(draw(st.sampled_from([np.float32, np.float64])))


@st.composite
def framings(draw, sizes=(16, 64, 256, 400, 512, 1024, 2048)):
    """What all functions share that cut frames."""
    n_fft = draw(st.one_of(st.sampled_from(sizes), st.integers(sizes[0], 1100)))
    win_length = draw(st.one_of(st.none(), st.integers(max(8, n_fft // 3), n_fft)))
    spec = draw(st.sampled_from([*WINDOWS, "weights", "function"]))
    weights = np.random.default_rng(n_fft).uniform(0.1, 1.0, win_length or n_fft)
    return {
        "n_fft": n_fft,
        "win_length": win_length,
        "hop_length": draw(st.integers(max(1, n_fft // 8), n_fft + 20)),
        "window": {"weights": weights, "function": np.bartlett}.get(spec, spec) if isinstance(spec, str) else spec,
        "center": draw(st.booleans()),
        "pad_mode": draw(st.sampled_from(["constant", "constant", "reflect", "edge", "symmetric"])),
    }


def theirs(function, *arguments, **options):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(*arguments, **options)


def compare(preset, pipeline, given_rows, expected, double=None, floor=0.0, frames=slice(None)):
    """As near as the preset's limit, of the largest value (or of ``floor``, where all values are small)."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "[0-9]+ of [0-9]+ mel filters")
        got = pipeline(given_rows)
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    double = np.finfo(given_rows.dtype).bits == 64 if double is None else double
    parity = PARITY[f"librosa/{preset}"]
    assert parity.relative
    share = min(parity.limit, 1e-12) if double else parity.limit
    wide = np.complex128 if got.dtype.kind == "c" else np.float64
    error = np.abs(got.astype(wide) - expected.astype(wide))[frames].max(initial=0.0)
    assert error <= share * max(floor, np.abs(expected).max(initial=0.0))
    return got


def folds_too_early(signal, framing):
    """librosa.stft pads the end of a signal apart; where that end is half a frame long, its reflection is a sample short."""
    reflected = framing["center"] and framing["pad_mode"] == "reflect"
    n_fft, hop = framing["n_fft"], framing["hop_length"]
    return reflected and n_fft % 2 == 0 and 2 * hop >= n_fft and len(signal) % hop == 0


def assume_frames(signal, framing):
    """librosa refuses a signal that holds no frame; and frames that are all but silent are made of rounding errors.

    (scipy's Blackman window begins with -1e-17, featkit's with 0, and a frame may hold that one sample only.)
    """
    assume(framing["center"] or len(signal) >= framing["n_fft"])
    assume(not folds_too_early(signal, framing))
    loudest = np.abs(theirs(upstream.stft, signal, **framing)).max(axis=0)
    assume(not ((loudest > 0) & (loudest < 1e-12 * np.abs(signal).max())).any())


# --- spectrograms ------------------------------------------------------------------------------------------------------


@MANY
@given(signals(), framings(), st.sampled_from([None, None, "complex64", "complex128"]))
def test_stft(signal, framing, dtype):
    assume_frames(signal, framing)
    expected = theirs(upstream.stft, signal, **framing, dtype=dtype and np.dtype(dtype))
    compare("stft", presets.stft(**framing, dtype=dtype), signal, expected.T, double=expected.dtype == np.complex128)


def test_a_reflection_is_a_sample_short_in_librosa():
    """The one deviation: it is librosa's, whose first frames are padded as numpy.pad says; see folds_too_early."""
    signal = np.random.default_rng(0).standard_normal(24)
    framing = {"n_fft": 16, "hop_length": 8, "window": "boxcar", "pad_mode": "reflect", "center": True}
    assert folds_too_early(signal, framing)
    padded = np.pad(signal, 8, mode="reflect")
    expected = np.array([np.fft.rfft(padded[at : at + 16]) for at in range(0, 25, 8)])
    assert np.abs(presets.stft(**framing)(signal) - expected).max() < 1e-12
    upstreams = theirs(upstream.stft, signal, **framing).T
    assert np.abs(upstreams[:-1] - expected[:-1]).max() < 1e-12


@SOME
@given(signals(), framings(), st.data())
def test_istft(signal, framing, data):
    assume_frames(signal, framing)
    spectra = theirs(upstream.stft, signal, **framing)
    framing = {name: value for name, value in framing.items() if name != "pad_mode"}
    length = data.draw(st.sampled_from([None, len(signal), max(1, len(signal) // 2), len(signal) + 30]))
    if length is not None and not framing["center"]:
        assume(length >= len(signal))  # librosa fails where frames begin behind the end
    expected = theirs(upstream.istft, spectra, **framing, length=length)
    got = presets.istft(**framing, length=length)(np.ascontiguousarray(spectra.T))
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    # Where hardly any window reaches, both divide one rounding error by another.
    sums = {name: value for name, value in framing.items() if name != "center"}
    reach = upstream.filters.window_sumsquare(n_frames=spectra.shape[1], **sums, dtype=np.float64)
    reach = np.resize(np.pad(reach[framing["n_fft"] // 2 * framing["center"] :], (0, len(got))), len(got))
    heard = (reach > 0.01 * reach.max(initial=0.0)) | (reach == 0.0)
    limit = 1e-12 if signal.dtype == np.float64 else PARITY["librosa/istft"].limit
    assert np.abs(got - expected)[heard].max(initial=0.0) <= limit * np.abs(signal).max()


@st.composite
def mel_options(draw):
    sr = draw(st.sampled_from([8000, 16000, 22050, 44100.0]))
    fmin = draw(st.sampled_from([0.0, 20.0, 300.0]))
    return {
        "sr": sr,
        "power": draw(st.sampled_from([2.0, 1.0, 2, 1.5, 0.7])),
        "n_mels": draw(st.one_of(st.just(128), st.integers(1, 90))),
        "fmin": fmin,
        "fmax": draw(st.one_of(st.none(), st.floats(fmin + 50, sr / 2), st.just(0.6 * sr))),
        "htk": draw(st.booleans()),
        "dtype": draw(st.sampled_from([np.float32, np.float32, np.float64])),
    }


def assume_powers(signal, framing, mel):
    """A root of a rounding error of 1e-16 is none any more."""
    filled, _ = spectra_of(signal, framing)
    assume(mel["power"] >= 1 or filled.all() or signal.dtype == np.float32)


def mel_filters(mel):
    return {name: value for name, value in mel.items() if name != "power"}


norms = st.sampled_from(["slaney", "slaney", None, 1, 2, np.inf, 0.5, 1.7])


@MANY
@given(signals(noise=0.01), framings(), mel_options(), norms)
def test_melspectrogram(signal, framing, mel, norm):
    assume_frames(signal, framing)
    assume_powers(signal, framing, mel)
    options = framing | mel | {"norm": norm}
    expected = theirs(upstream.feature.melspectrogram, y=signal, **options).T
    # A band in which there is nothing holds what the loudest bin's rounding errors are.
    _, loudest = spectra_of(signal, framing)
    weights = theirs(upstream.filters.mel, n_fft=framing["n_fft"], norm=norm, **mel_filters(mel))
    floor = 1e-3 * weights.max() * float(loudest) ** mel["power"]
    compare("melspectrogram", presets.melspectrogram(**options), signal, expected.astype(signal.dtype), floor=floor)


@MANY
@given(signals(noise=0.01), framings(), mel_options(), norms, st.data())
def test_mfcc(signal, framing, mel, mel_norm, data):
    assume_frames(signal, framing)
    assume_powers(signal, framing, mel)
    dct_type = data.draw(st.sampled_from([2, 2, 3, 1]))
    n_mels = max(mel["n_mels"], 2) if dct_type == 1 else mel["n_mels"]
    options = framing | mel | {
        "n_mfcc": data.draw(st.integers(1, n_mels)),
        "n_mels": n_mels,
        "dct_type": dct_type,
        "norm": data.draw(st.sampled_from(["ortho", "ortho", None, "backward", "forward"])),
        "lifter": data.draw(st.sampled_from([0, 0, 22, 13.5])),
        "mel_norm": mel_norm,
    }  # fmt: skip
    expected = theirs(upstream.feature.mfcc, y=signal, **options).T
    # Where a band is more than 60 dB below the loudest one, its logarithm shows the rounding errors of the transform.
    bands = theirs(upstream.feature.melspectrogram, y=signal, **framing, **mel | {"n_mels": n_mels}, norm=mel_norm)
    range_db = 20 / mel["power"] * np.log10(max(1e-10, bands.max()) / max(1e-10, bands.min()))
    visible = 10 ** (max(0.0, range_db - 60) / 20) if signal.dtype == np.float64 else 1.0
    floor = max(100.0, np.abs(expected).max()) * visible  # coefficients near 0 are sums of decibels that are not
    compare("mfcc", presets.mfcc(**options), signal, expected.astype(signal.dtype), floor=floor)


@st.composite
def features(draw, shortest=1):
    """Rows of features of either sign, of any size."""
    frames, columns = draw(st.integers(shortest, 60)), draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = rng.standard_normal((frames, columns)) * draw(st.sampled_from([1e-3, 1.0, 500.0]))
    rows += draw(st.sampled_from([0.0, 300.0]))
    return rows.astype(draw(st.sampled_from([np.float32, np.float64])))


@SOME
@given(
    features(),
    st.integers(1, 12),
    st.integers(1, 3),
    st.sampled_from(["interp", "nearest", "mirror", "constant"]),
    st.data(),
)
def test_delta(rows, half, order, mode, data):
    width = 2 * half + 1
    assume(order < width)
    assume(mode != "interp" or width <= len(rows))
    options = {"width": width, "order": order, "mode": mode}
    if mode != "interp":
        options |= {"polyorder": data.draw(st.integers(order, min(width - 1, order + 2)))}
    if mode == "constant":
        options |= {"cval": data.draw(st.sampled_from([0.0, -3.5]))}
    options |= data.draw(st.sampled_from([{}, {"delta": 0.01}, {"delta": 3.0}]))
    expected = theirs(upstream.feature.delta, rows.T, **options).T
    # A slope is a difference of features, and of what stands beyond the ends: its rounding errors go with them.
    largest = max(np.abs(rows).max(), abs(options.get("cval", 0.0)))
    compare("delta", presets.delta(**options), rows, expected, floor=largest / options.get("delta", 1) ** order)


references = st.sampled_from([1.0, 1.0, 1e-3, 32768.0, 0.0, -2.0, np.max, np.min, np.mean, np.median])
tops = st.sampled_from([80.0, 80.0, None, 0, 30.5])


@SOME
@given(features(), references, st.sampled_from([1e-10, 1e-5, 1e-3, 1.0]), tops)
def test_decibels(rows, ref, amin, top_db):
    powers = np.abs(rows) ** 2
    options = {"ref": ref, "amin": amin, "top_db": top_db}
    expected = theirs(upstream.power_to_db, powers, **options)
    compare("power_to_db", presets.power_to_db(**options), powers, expected, floor=100.0)
    expected = theirs(upstream.amplitude_to_db, rows.copy(), **options)
    compare("amplitude_to_db", presets.amplitude_to_db(**options), rows, expected, floor=100.0)
    back = np.clip(expected, -200, 200)
    reference = abs(float(amin))
    for name in ("db_to_power", "db_to_amplitude"):
        compare(name, getattr(presets, name)(reference), back, theirs(getattr(upstream, name), back, ref=reference))


@SOME
@given(features(), st.data())
def test_pcen(rows, data):
    pick = lambda *values: data.draw(st.sampled_from(values))  # noqa: E731
    options = {
        "sr": pick(22050, 16000.0), "hop_length": pick(512, 160), "gain": pick(0.98, 0.5, 0, 1.0), "bias": pick(2, 0, 0.1),
        "power": pick(0.5, 0.25, 0, 1), "time_constant": pick(0.4, 0.06), "eps": pick(1e-6, 1e-3), "b": pick(None, 0.02, 1),
        "max_size": pick(1, 1, 3, 4, 9),
    }  # fmt: skip
    if data.draw(st.booleans()):
        options["zi"] = [[0.7]]
    energy = np.abs(rows)
    expected = theirs(upstream.pcen, energy.T, **options).T
    # It computes in float64, but for the logarithm of float32 rows where bias is 0.
    compare("pcen", presets.pcen(**options), energy, expected, double=options["bias"] != 0 or rows.dtype == np.float64)


@SOME
@given(signals(), st.sampled_from([0.97, 0.5, 0.0, 1.0]), st.sampled_from([None, 0.0, -0.3]))
def test_preemphasis(signal, coef, zi):
    options = {"coef": coef, "zi": zi if zi is None else [zi]}
    expected = theirs(upstream.effects.preemphasis, signal, **options)
    compare("preemphasis", presets.preemphasis(**options), signal, expected)


# --- descriptors -------------------------------------------------------------------------------------------------------


def frequencies(data, n_fft):
    """None mostly; else a scale of its own."""
    return data.draw(st.sampled_from([None, None, np.linspace(3.0, 9000.0, n_fft // 2 + 1)]))


def spectra_of(signal, framing):
    """Which frames have no bin with next to nothing in it, whose logarithm is one of rounding errors; and the largest value."""
    magnitudes = np.abs(theirs(upstream.stft, signal, **framing))
    return magnitudes.min(axis=0) >= 1e-3 * magnitudes.max(axis=0), magnitudes.max()


@MANY
@given(signals(noise=0.01), framings(), st.sampled_from([8000, 16000, 22050.0]), st.data())
def test_descriptors(signal, framing, sr, data):
    assume_frames(signal, framing)
    freq = frequencies(data, framing["n_fft"])
    pick = lambda *values: data.draw(st.sampled_from(values))  # noqa: E731
    for name, options in {
        "spectral_centroid": {},
        "spectral_bandwidth": {"p": pick(2, 1, 3, 1.5), "norm": pick(True, True, False)},
        "spectral_rolloff": {"roll_percent": pick(0.85, 0.5, 0.01, 0.99)},
        "poly_features": {"order": pick(1, 0, 2, 3)},
    }.items():
        options |= framing | {"sr": sr, "freq": freq}
        expected = theirs(getattr(upstream.feature, name), y=signal, **options).T
        compare(name, getattr(presets, name)(**options), signal, expected)
    options = framing | {"power": pick(2.0, 1.0, 0.5), "amin": pick(1e-10, 1e-3)}
    expected = theirs(upstream.feature.spectral_flatness, y=signal, **options).T
    filled, _ = spectra_of(signal, framing)
    compare("spectral_flatness", presets.spectral_flatness(**options), signal, expected, frames=filled)


@SOME
@given(signals(noise=0.01), framings(sizes=(256, 512, 1024, 2048)), st.data())
def test_spectral_contrast(signal, framing, data):
    assume_frames(signal, framing)
    pick = lambda *values: data.draw(st.sampled_from(values))  # noqa: E731
    options = framing | {
        "sr": 22050, "fmin": pick(200.0, 300.0), "n_bands": pick(6, 4, 2, 1), "quantile": pick(0.02, 0.1, 0.4, 0.9),
        "linear": pick(False, True), "freq": frequencies(data, framing["n_fft"]),
    }  # fmt: skip
    try:
        expected = theirs(upstream.feature.spectral_contrast, y=signal, **options).T
    except IndexError:
        with pytest.raises(ShapeError, match="has too few of the"):
            presets.spectral_contrast(**options)
        return
    filled, largest = spectra_of(signal, framing)
    where = {"floor": largest} if options["linear"] else {"floor": 100.0, "frames": filled}
    compare("spectral_contrast", presets.spectral_contrast(**options), signal, expected, **where)


def stable_tuning(signal, framing, sr, n_chroma):
    """Whether rounding errors leave the estimate alone: it is the fullest bin of a histogram, of few pitches in short signals."""
    spectra = np.abs(theirs(upstream.stft, signal, **framing)) ** 2
    rng = np.random.default_rng(0)
    eps = 4 * np.finfo(spectra.dtype).eps
    found = {
        float(theirs(upstream.estimate_tuning, S=near.astype(spectra.dtype), sr=sr, bins_per_octave=n_chroma))
        for near in (spectra, *(spectra * rng.uniform(1 - eps, 1 + eps, spectra.shape) for _ in range(4)))
    }
    return len(found) == 1


@MANY
@given(signals(noise=0.01), framings(), st.data())
def test_chroma(signal, framing, data):
    assume_frames(signal, framing)
    pick = lambda *values: data.draw(st.sampled_from(values))  # noqa: E731
    options = framing | {
        "sr": pick(22050, 16000.0, 8000), "norm": pick(np.inf, np.inf, 1, 2, None), "n_chroma": pick(12, 24, 36, 7),
        "tuning": pick(None, 0.0, 0.3, -0.25), "ctroct": pick(5.0, 4.0), "octwidth": pick(2, None, 1.0),
        "base_c": pick(True, False), "dtype": pick(np.float32, np.float64),
    }  # fmt: skip
    if options["tuning"] is None:
        assume(stable_tuning(signal, framing, options["sr"], options["n_chroma"]))
    expected = theirs(upstream.feature.chroma_stft, y=signal, **options).T
    compare("chroma_stft", presets.chroma_stft(**options), signal, expected.astype(signal.dtype))


@SOME
@given(signals(), st.integers(2, 900), st.integers(1, 700), st.booleans(), st.data())
def test_waveform_descriptors(signal, frame_length, hop_length, center, data):
    assume(center or len(signal) >= frame_length)
    pick = lambda *values: data.draw(st.sampled_from(values))  # noqa: E731
    framing = {"frame_length": frame_length, "hop_length": hop_length, "center": center}
    options = framing | {
        "pad_mode": pick("constant", "reflect", "edge", "symmetric"),
        "dtype": pick(np.float32, np.float64),
    }
    expected = theirs(upstream.feature.rms, y=signal, **options).T
    compare("rms", presets.rms(**options), signal, expected, double=expected.dtype == np.float64)
    options = framing | {
        "threshold": pick(1e-10, 0.01, 0.0), "ref_magnitude": pick(None, 0.5), "zero_pos": pick(True, False),
        "pad": pick(False, True),
    }  # fmt: skip
    expected = theirs(upstream.feature.zero_crossing_rate, signal, **options).T
    compare("zero_crossing_rate", presets.zero_crossing_rate(**options), signal, expected, double=True)


# --- options -----------------------------------------------------------------------------------------------------------

SIGNATURES = {
    "stft": upstream.stft, "istft": upstream.istft, "melspectrogram": upstream.feature.melspectrogram,
    "mfcc": upstream.feature.mfcc, "delta": upstream.feature.delta, "power_to_db": upstream.power_to_db,
    "amplitude_to_db": upstream.amplitude_to_db, "db_to_power": upstream.db_to_power,
    "db_to_amplitude": upstream.db_to_amplitude, "pcen": upstream.pcen, "preemphasis": upstream.effects.preemphasis,
    "spectral_centroid": upstream.feature.spectral_centroid, "spectral_bandwidth": upstream.feature.spectral_bandwidth,
    "spectral_contrast": upstream.feature.spectral_contrast, "spectral_rolloff": upstream.feature.spectral_rolloff,
    "spectral_flatness": upstream.feature.spectral_flatness, "poly_features": upstream.feature.poly_features,
    "rms": upstream.feature.rms, "zero_crossing_rate": upstream.feature.zero_crossing_rate,
    "chroma_stft": upstream.feature.chroma_stft,
}  # fmt: skip
#: The signal, the spectrogram, where to write: what a pipeline is called with, or returns.
INPUTS = ("y", "S", "S_db", "data", "stft_matrix", "out", "kwargs")


@pytest.mark.parametrize("name", SIGNATURES)
def test_options_and_defaults_are_the_upstreams(name):
    mine, yours = (inspect.signature(function).parameters for function in (getattr(presets, name), SIGNATURES[name]))
    asked = [option for option in yours if option not in INPUTS]
    assert [option for option in mine if option in asked] == asked
    for option in asked:
        default = yours[option].default
        expected = np.dtype(default).name if option == "dtype" and default is not None else default
        assert mine[option].default == expected, option


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("stft", {"pad_mode": "linear_ramp"}, "stft: pad_mode='linear_ramp' can't be honoured"),
        ("stft", {"pad_mode": "reflekt"}, "pad_mode='reflekt' can't be honoured; did you mean 'reflect'"),
        ("stft", {"window": "gauss"}, "stft: window='gauss' is none that scipy.signal.get_window makes"),
        ("stft", {"window": np.ones(100)}, r"window has weights of shape \(100,\), but 2048 are needed"),
        ("stft", {"dtype": "float32"}, "stft: dtype must be complex64, complex128 or None, got 'float32'"),
        ("stft", {"win_length": 3000}, "at least 3000 taps"),
        ("stft", {"win_length": 3000, "window": "triang"}, "stft: win_length=3000 must be at most n_fft=2048"),
        ("istft", {"window": "triang"}, "istft: a window='triang' needs n_fft or win_length to be given"),
        ("melspectrogram", {"norm": "slanet"}, "norm must be 'slaney', a number or None, got 'slanet'"),
        ("melspectrogram", {"power": -1}, "Power.exponent must be"),
        ("melspectrogram", {"dtype": "int16"}, "melspectrogram: dtype must be float32 or float64"),
        ("mfcc", {"norm": "orto"}, "mfcc: norm must be 'ortho', 'backward', 'forward' or None, got 'orto'"),
        ("mfcc", {"lifter": -1}, "Lifter.length must be at least 0, got -1"),
        ("delta", {"mode": "wrap"}, "delta: mode must be one of .* got 'wrap'; wrap would need the last frames"),
        ("delta", {"axis": 0}, "delta: axis must be -1, along time; got 0"),
        ("delta", {"polyorder": 3}, "delta: polyorder=3 with mode='interp' is not order=1"),
        ("delta", {"width": 4}, "PolynomialDeltas.width must be odd"),
        (
            "power_to_db",
            {"ref": np.std},
            "power_to_db: ref must be a number, 'max', 'min', 'mean' or 'median', got <function std",
        ),
        ("power_to_db", {"amin": 0}, "power_to_db: amin must be above 0, got 0"),
        ("power_to_db", {"top_db": -1}, "BelowPeak.range must be at least 0, got -1"),
        ("pcen", {"ref": np.ones(3)}, "pcen: ref=.* can't be honoured; a reference of its own"),
        ("pcen", {"return_zf": True}, "pcen: return_zf=True can't be honoured; a stream carries"),
        ("pcen", {"axis": 0}, "pcen: axis=0 can't be honoured"),
        ("pcen", {"b": 2}, "Pcen.smoothing must be at most 1, got 2"),
        ("preemphasis", {"return_zf": True}, "preemphasis: return_zf can't be honoured"),
        ("preemphasis", {"zi": [1, 2]}, r"preemphasis: zi must be one number, got \[1, 2\]"),
        ("spectral_centroid", {"freq": np.ones((1025, 3))}, r"freq of shape \(1025, 3\) can't be honoured"),
        ("spectral_bandwidth", {"centroid": np.ones(3)}, "spectral_bandwidth: centroid can't be honoured"),
        ("spectral_contrast", {"n_bands": 9}, "the last of 9 octaves above 200 Hz begins at 51200 Hz"),
        ("zero_crossing_rate", {"ref_magnitude": np.max}, "ref_magnitude=.* can't be honoured, a function"),
    ],
)
def test_what_cannot_be_done_is_said(name, options, message):
    with pytest.raises((ParameterError, ShapeError), match=message):
        getattr(presets, name)(**options)


@pytest.mark.parametrize(
    ("name", "streaming"),
    [
        ("mfcc", {"top_db": None}), ("power_to_db", {"top_db": None}), ("amplitude_to_db", {"top_db": None}),
        ("chroma_stft", {"tuning": 0.0}), ("spectral_contrast", {"top_db": None}), ("spectral_contrast", {"linear": True}),
    ],
)  # fmt: skip
def test_what_needs_the_whole_input_says_so_and_streams_once_it_is_settled(name, streaming, speech):
    rows = speech if name not in ("power_to_db", "amplitude_to_db") else np.abs(presets.stft()(speech))
    pipeline = getattr(presets, name)()
    with pytest.raises(NotStreamable, match="settle"):
        pipeline.stream()
    assert getattr(presets, name)(**streaming).streamable
    settled = pipeline.settle([rows])
    stream = settled.stream()
    pieces = [stream.push(rows[at : at + 1000]) for at in range(0, len(rows), 1000)] + [stream.finish()]
    assert np.concatenate(pieces).tobytes() == pipeline(rows).tobytes()


def test_all_presets_stream_the_bytes_of_the_whole(speech):
    """A spectrogram in pieces of a microphone, and back again."""
    part = speech[:20000]
    pipeline = presets.stft(n_fft=512, hop_length=100) | presets.istft(hop_length=100)
    stream = pipeline.stream()
    pieces = [stream.push(part[at : at + 320]) for at in range(0, len(part), 320)] + [stream.finish()]
    assert np.concatenate(pieces).tobytes() == pipeline(part).tobytes()
