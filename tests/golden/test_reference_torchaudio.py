"""Every stored output of torchaudio's transforms, and what can be said of the presets without it.

The limit of an entry is three times what librosa, asked for the same, differs from it; where librosa has no such feature, the
one of the README of the recordings.
"""

import librosa
import numpy as np
import pytest
import scipy.fft
from hypothesis import given
from hypothesis import strategies as st

import featkit
from featkit import presets
from featkit.presets import torchaudio
from featkit.presets.parity import PARITY

PEERS = ("torchaudio",)
NO_FEATURES = {
    "F.mu_law_encoding": "a code for samples, no feature that was ordered",
    "Resample": "another rate for samples, no feature that was ordered",
}
pytestmark = pytest.mark.filterwarnings("ignore:Empty filters detected")

# --- librosa, asked for the same --------------------------------------------------------------------------------------


def spectrogram_of_librosa(x, options):
    known = {"n_fft": 400, "win_length": None, "hop_length": None, "power": 2.0, "center": True, "pad_mode": "reflect"}
    if set(options) - set(known):
        return None
    o = known | options
    hop = o["hop_length"] or (o["win_length"] or o["n_fft"]) // 2
    stft = librosa.stft(
        x, n_fft=o["n_fft"], hop_length=hop, win_length=o["win_length"], center=o["center"], pad_mode=o["pad_mode"]
    )
    return stft if o["power"] is None else np.abs(stft) ** o["power"]


def mel_of_librosa(x, rate, options):
    known = {"n_mels": 128, "f_min": 0.0, "f_max": None, "norm": None, "mel_scale": "htk"}
    o = known | {name: value for name, value in options.items() if name in known}
    spectrum = spectrogram_of_librosa(x, {name: value for name, value in options.items() if name not in known})
    if spectrum is None:
        return None
    return librosa.feature.melspectrogram(
        S=spectrum,
        sr=rate,
        n_mels=o["n_mels"],
        fmin=o["f_min"],
        fmax=o["f_max"],
        htk=o["mel_scale"] == "htk",
        norm=o["norm"],
    )


def mfcc_of_librosa(x, rate, options):
    mels = mel_of_librosa(x, rate, options.get("melkwargs") or {})
    if mels is None or options.get("norm", "ortho") != "ortho":
        return None
    logs = np.log(mels + 1e-6) if options.get("log_mels") else librosa.power_to_db(mels, top_db=80.0)
    return librosa.feature.mfcc(S=logs, n_mfcc=options.get("n_mfcc", 40))


def limit(feature, other, stored):
    if other is not None:
        return 3 * float(np.abs(other.astype(np.complex128) - stored).max())
    parity = PARITY[f"torchaudio/{feature}"]
    return parity.limit * (np.abs(stored).max() if parity.relative else 1.0)


# --- the stored outputs -----------------------------------------------------------------------------------------------


def test_preset_gives_what_was_stored(reference, reference_key, agrees, leave_out):
    entry, arrays = reference[reference_key], reference.arrays(reference_key)
    function, options = entry["function"], dict(entry["kwargs"])
    if function in NO_FEATURES:
        leave_out("torchaudio", reference_key, NO_FEATURES[function])
        return
    if options.pop("no_input", False):
        agrees("torchaudio tables", reference_key, *table(function, options, arrays["y"]))
        return
    signal, rate = reference.unit_signal(reference_key)
    if function == "F.preemphasis":
        emphasised = featkit.PreEmphasis(options["coeff"])(signal)
        agrees("torchaudio", reference_key, emphasised, arrays["y"], 3 * np.finfo(np.float32).eps)
        return
    if function == "F.amplitude_to_DB":
        got = torchaudio.AmplitudeToDB(**options)(signal.T)
        other = librosa.power_to_db(signal, amin=options["amin"], top_db=options["top_db"])
        agrees("torchaudio", reference_key, got, arrays["y"].T, max(limit("AmplitudeToDB", other, arrays["y"]), 1e-6))
        return
    feature, _, deltas = function.partition("+")
    others = {
        "Spectrogram": lambda: spectrogram_of_librosa(signal, options),
        "MelSpectrogram": lambda: mel_of_librosa(signal, rate, options),
        "MFCC": lambda: mfcc_of_librosa(signal, rate, options),
        "LFCC": lambda: None,
    }
    assert feature in others, f"no preset for {function}"
    stored = arrays["mfcc" if deltas else "y"]
    told = {} if feature == "Spectrogram" else {"sample_rate": rate}
    got = presets.get(f"torchaudio/{feature}", **told, **options)(signal)
    agrees(f"torchaudio {feature}", reference_key, got, stored.T, limit(feature, others[feature](), stored))
    for name in ("delta", "delta2") if deltas else ():
        got = torchaudio.compute_deltas()(got)
        agrees("torchaudio deltas", reference_key, got, arrays[name].T, PARITY["torchaudio/compute_deltas"].limit)


def table(function, options, stored):
    """The table of our stages, what was stored, and the limit."""
    if function == "F.create_dct":
        ortho = options["norm"] == "ortho"
        ours = featkit.Dct(options["n_mfcc"], ortho=ortho)(np.eye(options["n_mels"]))
        other = scipy.fft.dct(np.eye(options["n_mels"]), norm=options["norm"])[:, : options["n_mfcc"]]
        return ours, stored, 3 * np.abs(other - stored).max()
    assert function == "F.melscale_fbanks", f"no table for {function}"
    rate, n_fft = options["sample_rate"], 2 * (options["n_freqs"] - 1)
    scale, norm = options.get("mel_scale", "htk"), options.get("norm")
    ours = featkit.mel_weights(
        options["n_mels"], rate, n_fft, options["f_min"], options["f_max"], scale,
        norm="area" if norm else "none", precision="float32", empty_filters="keep",
    )  # fmt: skip
    other = librosa.filters.mel(
        sr=rate, n_fft=n_fft, n_mels=options["n_mels"], fmin=options["f_min"], fmax=options["f_max"],
        htk=scale == "htk", norm=norm,
    )  # fmt: skip
    return ours.T, stored, 3 * np.abs(other.T - stored).max()


# --- what can be said without them ------------------------------------------------------------------------------------

LOUD = 1e-3 * np.random.default_rng(5).standard_normal(4000).astype(np.float32)


@given(
    n_fft=st.integers(16, 600), hop=st.integers(1, 500), win=st.floats(0.01, 1), center=st.booleans(),
    pad_mode=st.sampled_from(["reflect", "constant"]), power=st.sampled_from([0.5, 1.0, 2.0, 3.0, None]),
    window=st.sampled_from(["hann", "hamming", "blackman", "bartlett"]), n=st.integers(600, 2000),
)  # fmt: skip
def test_a_spectrogram_is_librosas(n_fft, hop, win, center, pad_mode, power, window, n):
    """They differ in defaults only."""
    length = max(2, round(win * n_fft))
    got = torchaudio.Spectrogram(
        n_fft, length, hop, window_fn=f"{window}_window", power=power, center=center, pad_mode=pad_mode
    )(LOUD[:n])
    stft = librosa.stft(
        LOUD[:n], n_fft=n_fft, hop_length=hop, win_length=length, window=window, center=center, pad_mode=pad_mode
    ).T
    expected = stft if power is None else np.abs(stft) ** power
    assert got.dtype == expected.dtype
    if power == 0.5:  # the root of a value near 0 shows the root of its rounding error
        got, expected = got**2, expected**2
    limit = PARITY["torchaudio/Spectrogram"].limit
    np.testing.assert_allclose(got, expected, rtol=0, atol=limit * np.abs(expected).max())


def test_normalised_spectra():
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(300) / 300)
    plain = torchaudio.Spectrogram(window_fn="hamming_window", win_length=300, power=1)(LOUD)
    for normalized, size in (
        (True, np.sqrt((window**2).sum())),
        ("window", np.sqrt((window**2).sum())),
        ("frame_length", 20),
    ):
        scaled = torchaudio.Spectrogram(
            window_fn="hamming_window", win_length=300, power=1, normalized=normalized
        )(LOUD)  # fmt: skip
        np.testing.assert_allclose(scaled, plain / size, rtol=0, atol=1e-6 * plain.max() / size)


def test_two_sided_spectra_are_the_whole_transform():
    for n_fft in (64, 65):
        got = torchaudio.Spectrogram(n_fft, hop_length=50, center=False, power=None, onesided=False)(LOUD)
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
        frames = np.lib.stride_tricks.sliding_window_view(LOUD.astype(np.float64), n_fft)[::50]
        expected = np.fft.fft(frames * window)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


def test_windows_by_name_by_function_and_of_ones_own():
    def hann_window(n):
        raise AssertionError(f"known by its name, not called for {n} weights")

    by_name = torchaudio.Spectrogram(window_fn="hann_window")
    assert torchaudio.Spectrogram() == by_name == torchaudio.Spectrogram(window_fn=hann_window)
    assert by_name == torchaudio.Spectrogram(window_fn="torch.hann_window") == torchaudio.Spectrogram(window_fn="hann")
    own = torchaudio.Spectrogram(
        window_fn=lambda n, shift: np.arange(n) + shift, win_length=3, wkwargs={"shift": 2}, n_fft=8
    )
    assert own["window"].weights.tolist() == [0, 0, 2, 3, 4, 0, 0, 0]
    usual = torchaudio.Spectrogram(window_fn="hamming_window", wkwargs={"alpha": 0.54, "beta": 0.46, "periodic": False})
    assert usual["window"] == featkit.Window("hamming")
    other = torchaudio.Spectrogram(4, window_fn="hamming_window", wkwargs={"alpha": 0.6, "beta": 0.3})
    np.testing.assert_allclose(other["window"].weights, [0.3, 0.6, 0.9, 0.6], atol=1e-12)
    kaiser = torchaudio.Spectrogram(window_fn="kaiser_window", wkwargs={"beta": 5})["window"]
    assert kaiser == featkit.Window("kaiser", periodic=True, beta=5.0)


def test_kaldis_features_are_found_under_torchaudios_name():
    assert torchaudio.compliance.fbank(num_mel_bins=30) == presets.get("torchaudio_compliance/fbank", num_mel_bins=30)


def test_pad_puts_zeros_around_the_signal():
    padded = np.concatenate([np.zeros(37), LOUD, np.zeros(37)]).astype(np.float32)
    np.testing.assert_array_equal(torchaudio.Spectrogram(pad=37)(LOUD), torchaudio.Spectrogram()(padded))


def test_mfcc_hands_its_options_on():
    mels = torchaudio.MelSpectrogram(8000, n_fft=300, f_max=3900.0, n_mels=20, norm="slaney", mel_scale="slaney")
    kwargs = {"n_fft": 300, "f_max": 3900.0, "n_mels": 20, "norm": "slaney", "mel_scale": "slaney"}
    mfcc = torchaudio.MFCC(8000, 7, log_mels=True, norm=None, melkwargs=kwargs)
    assert mfcc["mel"] == mels["mel"]
    logs = np.log(mels(LOUD).astype(np.float64) + 1e-6)
    np.testing.assert_allclose(mfcc(LOUD), scipy.fft.dct(logs)[:, :7], rtol=0, atol=1e-3)
    lfcc = torchaudio.LFCC(8000, n_filter=30, n_lfcc=7, f_min=100.0, speckwargs={"n_fft": 300})
    assert lfcc["linear"] == featkit.LinearBank(30, 8000, 100.0, precision="float32")
    assert lfcc["frames"].length == 300
    assert not lfcc.streamable
    assert torchaudio.LFCC(log_lf=True).streamable


def test_deltas_are_librosas_nearest():
    features = np.cumsum(LOUD.reshape(400, 10).astype(np.float64), axis=0)
    for width in (3, 5, 8, 9):
        expected = librosa.feature.delta(features, width=width - 1 + width % 2, axis=0, mode="nearest")
        got = torchaudio.compute_deltas(width)(features)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12 * np.abs(features).max())


@given(st.sampled_from(["power", "magnitude"]), st.one_of(st.none(), st.floats(1, 120)))
def test_decibels_are_librosas(stype, top_db):
    spectra = np.abs(LOUD).reshape(400, 10)
    power = spectra if stype == "power" else spectra.astype(np.float64) ** 2
    expected = librosa.power_to_db(power, amin=1e-10 if stype == "power" else 1e-20, top_db=top_db)
    np.testing.assert_allclose(torchaudio.AmplitudeToDB(stype, top_db)(spectra), expected, rtol=0, atol=2.3e-5)


@pytest.mark.parametrize(
    ("preset", "options", "message"),
    [
        ("Spectrogram", {"power": 0}, "power must be above 0"),
        ("Spectrogram", {"pad": -1}, "pad must be at least 0"),
        ("Spectrogram", {"win_length": 401}, "win_length must be between 1 and n_fft=400"),
        ("Spectrogram", {"hop_length": 0}, "hop_length must be at least 1"),
        ("Spectrogram", {"n_fft": 0}, "n_fft must be at least 1"),
        ("Spectrogram", {"pad_mode": "circular"}, "pad_mode must be one of .* from its end"),
        ("Spectrogram", {"pad_mode": "reflekt"}, "did you mean 'reflect'"),
        ("Spectrogram", {"window_fn": "han_window"}, "no window_fn 'han_window'; did you mean 'hann_window'"),
        ("Spectrogram", {"window_fn": np.ones, "wkwargs": {"shape": 401}}, "window_fn"),
        ("Spectrogram", {"wkwargs": {"beta": 1}}, "'beta' is no option of hann_window"),
        ("Spectrogram", {"normalized": "frame"}, "normalized must be"),
        ("MelSpectrogram", {"power": None}, "power None gives complex values"),
        ("MelSpectrogram", {"norm": "area"}, "norm must be None or 'slaney'"),
        ("MelSpectrogram", {"mel_scale": "kaldi"}, "mel_scale must be one of htk, slaney"),
        ("MelSpectrogram", {"f_min": 9000.0}, "f_min must lie between 0 and f_max"),
        ("MFCC", {"n_mfcc": 129}, "n_mfcc must lie between 1 and the 128 mel filters"),
        ("MFCC", {"dct_type": 3}, "dct_type must be 2"),
        ("MFCC", {"norm": "slaney"}, "norm must be 'ortho' or None"),
        ("MFCC", {"melkwargs": {"n_mel": 40}}, "melkwargs has no option 'n_mel'; did you mean 'n_mels'"),
        ("MFCC", {"melkwargs": {"sample_rate": 8000}}, "melkwargs has no option 'sample_rate'"),
        ("LFCC", {"n_lfcc": 200}, "n_lfcc must lie between 1 and the 128 filters"),
        ("LFCC", {"speckwargs": {"onesided": False}}, "speckwargs onesided=False"),
        ("LFCC", {"speckwargs": {"power": None}}, "speckwargs power=None"),
        ("LFCC", {"f_max": 0.0}, "f_min must lie between 0 and f_max"),
        ("AmplitudeToDB", {"stype": "energy"}, "stype must be"),
        ("AmplitudeToDB", {"top_db": -3}, "top_db must be above 0"),
        ("AmplitudeToDB", {"amin": 0}, "amin must be above 0"),
        ("compute_deltas", {"win_length": 2}, "win_length must be at least 3"),
        ("compute_deltas", {"mode": "circular"}, "mode must be one of"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(preset, options, message):
    with pytest.raises(featkit.ParameterError, match=message):
        presets.get(f"torchaudio/{preset}", **options)
