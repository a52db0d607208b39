"""Every stored output of librosa."""

import numpy as np
import pytest

import featkit
from featkit.presets import librosa as presets
from featkit.presets.parity import PARITY

PEERS = ("librosa",)

#: Functions whose preset has another name than the last part of theirs.
NAMES = {"effects.preemphasis": "preemphasis"}
WITHOUT_RATE = ("preemphasis", "rms", "zero_crossing_rate", "spectral_flatness")


def pipelines(entry, signal):
    """What gives each array of an entry, and the preset whose limit it has."""
    options, rate, function = dict(entry["kwargs"]), entry["sample_rate"], entry["function"]
    if function == "stft":
        return {"D": (presets.stft(**options), "stft")}
    if function == "stft_istft":
        back = {name: value for name, value in options.items() if name != "pad_mode"}
        return {"y": (presets.stft(**options) | presets.istft(**back, length=len(signal)), "istft")}
    if function == "mel+db":
        decibels = presets.power_to_db(**options.pop("db", {}))
        mel = presets.melspectrogram(rate, **options)
        return {"mel": (mel, "melspectrogram"), "db": (mel | decibels, "power_to_db")}
    if function == "mfcc+delta":
        slope = options.pop("delta", {})
        mfcc = presets.mfcc(rate, **options)
        deltas = {"delta": 1, "delta2": 2}
        found = {name: (mfcc | presets.delta(order=order, **slope), "delta") for name, order in deltas.items()}
        return {"mfcc": (mfcc, "mfcc"), **found}
    if function == "pcen":
        mel = featkit.Affine(2.0**31) | presets.melspectrogram(rate, power=1)
        return {"pcen": (mel | presets.pcen(rate, **options), "pcen")}
    name = NAMES.get(function, function.removeprefix("feature."))
    if hasattr(presets, name) and not name.startswith("_"):
        return {"y": (getattr(presets, name)(**options, **({} if name in WITHOUT_RATE else {"sr": rate})), name)}
    pytest.fail(f"no preset for {function}")


def limit(preset, entry, expected):
    """librosa computes in float64 if it is given that."""
    double = entry["input"].get("dtype") == "float64"
    parity = PARITY[f"librosa/{preset}"]
    assert parity.relative
    return (1e-12 if double else parity.limit) * np.abs(expected).max()


def test_preset_gives_what_was_stored(reference, reference_key, agrees, leave_out):
    entry, arrays = reference[reference_key], reference.arrays(reference_key)
    if entry["function"] == "filters.mel":
        check_filters(entry, arrays, reference_key, agrees)
        return
    if entry["function"] == "feature.chroma_cens":
        leave_out("librosa", reference_key, "of a constant-Q transform, which is no feature that was ordered")
        return
    signal, _ = reference.signal(reference_key)
    made = pipelines(entry, signal)
    assert set(made) == set(arrays)
    for name, (pipeline, preset) in made.items():
        got = pipeline(signal)
        expected = arrays[name].T if got.ndim > 1 else arrays[name]
        assert got.dtype == expected.dtype
        agrees(f"librosa/{preset}", reference_key, got, expected, limit(preset, entry, expected))


def check_filters(entry, arrays, key, agrees):
    """The weights, bit for bit but for the rounding of another order of operations, and the corners."""
    options, rate = dict(entry["kwargs"]), entry["sample_rate"]
    n_mels, scale = options.get("n_mels", 128), "htk" if options.get("htk") else "slaney"
    norm = "area" if options.get("norm", "slaney") else "none"
    fmin = options.get("fmin", 0.0)
    weights = featkit.mel_weights(n_mels, rate, options["n_fft"], fmin, None, scale, norm=norm, weight_dtype="float32")
    agrees("librosa/filters.mel", key, weights, arrays["mel"].astype(np.float64), 1e-12)
    mels = np.linspace(featkit.hz_to_mel(fmin, scale), featkit.hz_to_mel(rate / 2, scale), n_mels + 2)
    agrees("librosa/filters.mel", key, featkit.mel_to_hz(mels, scale), arrays["freqs"], 1e-12 * rate)
