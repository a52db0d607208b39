"""Every stored output of python_speech_features."""

import numpy as np
import pytest

import featkit
from featkit.presets import python_speech_features as presets
from featkit.presets.parity import PARITY

PEERS = ("python_speech_features",)


def pipelines(entry):
    """What gives each array of an entry."""
    options, rate, function = dict(entry["kwargs"]), entry["sample_rate"], entry["function"]
    if "window" in options:
        options["winfunc"] = options.pop("window")
    if function == "mfcc+delta":
        delta = presets.delta(options.pop("N", 2))
        mfcc = presets.mfcc(rate, **options)
        return {"mfcc": mfcc, "delta": mfcc | delta, "delta2": mfcc | delta | delta}
    if function == "fbank":
        shared = {name: value for name, value in options.items() if name not in ("nfilt", "lowfreq", "highfreq")}
        return {"feat": presets.fbank(rate, **options), "energy": presets.energy(rate, **shared)}
    if function == "powspec":  # a step inside: what the mel bank is given
        length, hop = options["frame_len"] / rate, options["frame_step"] / rate
        made = presets.fbank(rate, length, hop, nfft=options["nfft"])
        return {"y": made[: list(made.parts()).index("mel")]}
    if function in ("logfbank", "ssc"):
        return {"y": getattr(presets, function)(rate, **options)}
    pytest.fail(f"no preset for {function}")


@pytest.mark.filterwarnings("ignore:[0-9]+ of [0-9]+ mel filters")
def test_preset_gives_what_was_stored(reference, reference_key, agrees):
    entry, arrays = reference[reference_key], reference.arrays(reference_key)
    if entry["function"] == "get_filterbanks":
        options = entry["kwargs"]
        fb = featkit.mel_weights(options["nfilt"], entry["sample_rate"], options["nfft"], low_hz=0.0, edges="bin")
        agrees("python_speech_features", reference_key, fb, arrays["fb"], 1e-12)
        return
    signal, _ = reference.signal(reference_key)
    for name, pipeline in pipelines(entry).items():
        expected = arrays[name].reshape(len(arrays[name]), -1)
        preset = {"mfcc": "mfcc", "feat": "fbank", "energy": "energy", "y": "logfbank"}.get(name, "delta")
        limit = PARITY[f"python_speech_features/{preset}"].limit * np.abs(expected).max()
        agrees("python_speech_features", reference_key, pipeline(signal), expected, limit)
