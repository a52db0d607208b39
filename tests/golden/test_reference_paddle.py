"""Every stored output of paddle.audio, and what can be said of the presets without it.

The limit of an entry is three times what librosa, asked for the same, differs from it.
"""

import librosa
import numpy as np
import pytest
import scipy.fft
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

import featkit
from featkit import presets
from featkit.presets import paddle
from featkit.presets.parity import PARITY

PEERS = ("paddle",)
FEATURES = ("Spectrogram", "MelSpectrogram", "LogMelSpectrogram", "MFCC")


def of_librosa(feature, x, options):
    """What librosa makes of the same options, all of them given."""
    o = options
    hop = o["n_fft"] // 4 if o["hop_length"] is None else o["hop_length"]
    made = librosa.stft(
        x, n_fft=o["n_fft"], hop_length=hop, win_length=o["win_length"], window=o["window"], center=o["center"],
        pad_mode=o["pad_mode"], dtype=None,
    )  # fmt: skip
    made = np.abs(made) ** o["power"]
    if feature == "Spectrogram":
        return made
    top = o["sr"] // 2 if o["f_max"] is None else o["f_max"]
    made = librosa.feature.melspectrogram(
        S=made, sr=o["sr"], n_mels=o["n_mels"], fmin=o["f_min"], fmax=top, htk=o["htk"], norm=o["norm"]
    )
    if feature == "MelSpectrogram":
        return made
    made = librosa.power_to_db(made, ref=o["ref_value"], amin=o["amin"], top_db=o["top_db"])
    return made if feature == "LogMelSpectrogram" else librosa.feature.mfcc(S=made, n_mfcc=o["n_mfcc"])


def test_preset_gives_what_was_stored(reference, reference_key, agrees):
    entry, stored = reference[reference_key], reference.arrays(reference_key)["y"]
    feature, options = entry["function"], dict(entry["kwargs"])
    if feature.startswith("functional."):
        agrees("paddle tables", reference_key, *table(feature, options, stored))
        return
    assert feature in FEATURES, f"no preset for {feature}"
    signal, rate = reference.unit_signal(reference_key)
    options |= {} if feature == "Spectrogram" else {"sr": rate}
    got = presets.get(f"paddle/{feature}", **options)(signal)
    double = options.get("dtype") == "float64"
    other = of_librosa(feature, signal, presets.options_of(f"paddle/{feature}") | options)
    limit = 1e-12 * np.abs(stored).max() if double else 3 * np.abs(other - stored).max()
    agrees(f"paddle {feature}", reference_key, got, stored.T, float(limit))


def table(function, options, stored):
    """The table of our stages, what was stored, and the limit."""
    if function == "functional.create_dct":
        n, norm = options["n_mels"], options.get("norm", "ortho")
        ours = featkit.Dct(options["n_mfcc"], ortho=norm == "ortho")(np.eye(n))
        other = scipy.fft.dct(np.eye(n), norm=norm)[:, : options["n_mfcc"]]
        return ours, stored, 3 * np.abs(other - stored).max()
    assert function == "functional.compute_fbank_matrix", f"no table for {function}"
    o = {"n_mels": 64, "f_min": 0.0, "f_max": None, "htk": False, "norm": "slaney"} | options
    top = o["sr"] / 2 if o["f_max"] is None else o["f_max"]
    ours = featkit.mel_weights(
        o["n_mels"], o["sr"], 2 * (o["n_fft"] // 2), o["f_min"], top, "htk" if o["htk"] else "slaney",
        norm="area" if o["norm"] == "slaney" else o["norm"], precision="float32", empty_filters="keep",
    )  # fmt: skip
    other = librosa.filters.mel(
        sr=o["sr"], n_fft=o["n_fft"], n_mels=o["n_mels"], fmin=o["f_min"], fmax=top, htk=o["htk"], norm=o["norm"]
    )
    return ours, stored, 3 * np.abs(other - stored).max()


# --- what can be said without them ------------------------------------------------------------------------------------

LOUD = 1e-3 * np.random.default_rng(6).standard_normal(6000).astype(np.float32)


@given(
    feature=st.sampled_from(FEATURES), dtype=st.sampled_from(["float32", "float64"]), n_fft=st.sampled_from([512, 600, 1024]),
    hop_length=st.one_of(st.none(), st.integers(50, 700)), win_length=st.one_of(st.none(), st.integers(300, 512)),
    window=st.sampled_from(["hann", "hamming", "bohman", "nuttall", ("kaiser", 8.0), ("tukey", 0.3), ("gaussian", 90.0)]),
    power=st.sampled_from([0.5, 1.0, 2.0]), center=st.booleans(), pad_mode=st.sampled_from(["reflect", "constant"]),
    n_mels=st.integers(5, 30), f_min=st.sampled_from([0.0, 50.0, 1100.0]), htk=st.booleans(),
    f_max=st.sampled_from([None, 7000.0]), norm=st.sampled_from(["slaney", 1.0, 2.0, None, np.inf]),
    top_db=st.sampled_from([None, 30.0]), ref_value=st.sampled_from([1.0, 1e-3]),
)  # fmt: skip
def test_features_are_librosas(feature, dtype, **options):
    """They differ in defaults, and in the rounding of paddle's tables in float32."""
    known = presets.options_of(f"paddle/{feature}")
    given_ = {name: value for name, value in options.items() if name in known} | {"dtype": dtype}
    given_ |= {"sr": 16000} if "sr" in known else {}
    given_ |= {"n_mfcc": 5} if "n_mfcc" in known else {}
    got = presets.get(f"paddle/{feature}", **given_)(LOUD)
    assert got.dtype == dtype
    expected = of_librosa(feature, LOUD.astype(np.float64), known | given_).T
    logs = feature in ("LogMelSpectrogram", "MFCC")
    scale = 1.0 if logs else np.abs(expected).max()
    # filters of single precision weigh 1e-5 otherwise; those of double precision have Slaney's scale 1e-7 Hz off
    single = PARITY[f"paddle/{feature}"].limit if logs else 2e-5
    np.testing.assert_allclose(got, expected, rtol=0, atol=scale * (single if dtype == "float32" else 1e-6))


@pytest.mark.parametrize(
    "window",
    [
        *("hann", "hamming", "blackman", "bartlett", "nuttall", "triang", "bohman", "cosine", "tukey", "taylor"),
        *(("kaiser", 9.0), ("gaussian", 50.0), ("exponential", None, 40.0), ("general_gaussian", 1.5, 40.0)),
        *(("general_hamming", 0.6), ("taylor", 5, 40)),
    ],
)
def test_windows_are_scipys(window):
    weights = paddle.Spectrogram(64, win_length=50, window=window)["window"].apply(np.ones((1, 64)))[0]
    np.testing.assert_allclose(weights[7:57], scipy.signal.get_window(window, 50), rtol=0, atol=1e-12)
    assert not weights[:7].any()
    assert not weights[57:].any()


@pytest.mark.parametrize(
    ("preset", "options", "message"),
    [
        ("Spectrogram", {"power": -1.0}, "power must be above 0"),
        ("Spectrogram", {"dtype": "float16"}, "dtype must be 'float32' or 'float64'"),
        ("Spectrogram", {"pad_mode": "replicate"}, "pad_mode must be 'reflect' or 'constant'"),
        ("Spectrogram", {"win_length": 513}, "win_length must lie between 1 and n_fft=512"),
        ("Spectrogram", {"hop_length": 0}, "hop_length must be at least 1"),
        ("Spectrogram", {"window": "kaiser"}, "'kaiser' needs its parameters"),
        ("Spectrogram", {"window": "han"}, "no window 'han'; did you mean 'hann'"),
        ("Spectrogram", {"window": ("gaussian", 1, 2, 3)}, "cannot be made"),
        ("MelSpectrogram", {"norm": "area"}, "norm must be 'slaney', a number or None"),
        ("MelSpectrogram", {"norm": -1.0}, "norm must be above 0"),
        ("MelSpectrogram", {"f_min": 12000}, "f_min must lie between 0 and f_max"),
        ("LogMelSpectrogram", {"amin": 0.0}, "amin must be above 0"),
        ("LogMelSpectrogram", {"top_db": -1.0}, "top_db must be above 0"),
        ("LogMelSpectrogram", {"ref_value": 0.0}, "ref_value must be above 0"),
        ("MFCC", {"n_mfcc": 65}, "n_mfcc must lie between 1 and n_mels=64"),
    ],
)
def test_what_cannot_be_is_named(preset, options, message):
    with pytest.raises(featkit.ParameterError, match=message):
        presets.get(f"paddle/{preset}", **options)


def test_every_feature_states_its_parity():
    assert {f"paddle/{feature}" for feature in FEATURES} <= set(PARITY)
