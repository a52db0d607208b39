"""Every stored output of transformers' feature extractors, with its padding and masks."""

import numpy as np
import pytest

from featkit.presets import huggingface
from featkit.presets.parity import PARITY

PEERS = ("hf",)

PRESETS = {
    "WhisperFeatureExtractor": "whisper",
    "ASTFeatureExtractor": "ast",
    "ClapFeatureExtractor": "clap",
    "Speech2TextFeatureExtractor": "speech2text",
    "SeamlessM4TFeatureExtractor": "seamless_m4t",
    "SpeechT5FeatureExtractor": "speecht5",
    "Wav2Vec2FeatureExtractor": "wav2vec2",
    "ParakeetFeatureExtractor": "parakeet",
}


def limit_of(reference, key, expected):
    """Three times what two paths of the upstream differ on this entry where both are stored; else as PARITY says."""
    path = reference[key]["kwargs"].get("path")
    if path == "numpy":  # float64 inside, rounded to float32
        return float(np.spacing(np.abs(expected).max()))
    if path == "torch":
        other = reference.arrays(key.replace("_torch_", "_numpy_"))["input_features"]
        return 3 * float(np.abs(expected.astype(np.float64) - other).max())
    parity = PARITY[f"huggingface/{PRESETS[reference[key]['function']]}"]
    return parity.limit * (float(np.abs(expected).max()) if parity.relative else 1.0)


def test_call_gives_what_was_stored(reference, reference_key, agrees):
    entry, arrays = reference[reference_key], reference.arrays(reference_key)
    signal, rate = reference.signal(reference_key)
    config = {"feature_extractor_type": entry["function"], **entry["kwargs"].get("ctor", {})}
    call = dict(entry["kwargs"].get("call", {}))
    if "path" in entry["kwargs"]:  # the upstream's inner function, which doesn't pad
        call["padding"] = False
    if entry["function"] == "SpeechT5FeatureExtractor":
        call["target"] = True
    made = huggingface.extract(config, signal, sampling_rate=rate, **call)
    for name, expected in arrays.items():
        got = made[name]
        assert got.dtype == expected.dtype, name
        if expected.dtype.kind in "bi":
            np.testing.assert_array_equal(got, expected, name)
        else:
            agrees("huggingface", reference_key, got, expected, limit_of(reference, reference_key, expected))


def test_preset_gives_the_frames_of_what_was_stored(reference, reference_key, agrees):
    """The pipeline for one signal, by name and with the entry's own options."""
    entry, arrays = reference[reference_key], reference.arrays(reference_key)
    signal, _ = reference.signal(reference_key)
    options = dict(entry["kwargs"].get("ctor", {}))
    if entry["kwargs"].keys() - {"ctor", "call", "path"}:
        pytest.fail(f"{reference_key} has something that this test doesn't know: {entry['kwargs']}")
    if "path" in entry["kwargs"]:
        options["padding"] = False
    if entry["function"] == "SpeechT5FeatureExtractor":
        options["target"] = True
    config = {"feature_extractor_type": entry["function"]}
    expected = arrays["input_features" if "input_features" in arrays else "input_values"]
    frames = expected[0, 0] if expected.ndim == 4 else expected[0]
    frames = frames.T if entry["function"] == "WhisperFeatureExtractor" else frames
    got = huggingface.from_config(config, **options)(signal)
    agrees("huggingface", reference_key, got, frames, limit_of(reference, reference_key, expected))
