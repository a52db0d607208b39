"""What transformers' feature extractors return for several signals, padded and masked (see make_calls.py)."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from featkit.presets import huggingface
from featkit.presets.parity import PARITY

HERE = Path(__file__).parent
FILE = HERE / "calls" / "huggingface.npz"
with np.load(FILE) as archive:
    STORED = {name: archive[name] for name in archive.files}
CASES = json.loads(str(STORED["meta"]))["cases"]
PRESETS = {
    "Whisper": "whisper",
    "AST": "ast",
    "Clap": "clap",
    "Speech2Text": "speech2text",
    "SeamlessM4T": "seamless_m4t",
    "SpeechT5": "speecht5",
    "Wav2Vec2": "wav2vec2",
    "Parakeet": "parakeet",
}


def outputs(at, name):
    """An output of a case: one array, or those of different lengths."""
    whole = STORED.get(f"{at}/{name}/all")
    return [whole] if whole is not None else [STORED[f"{at}/{name}/{part}"] for part in range(len(CASES[at]["cuts"]))]


def label(case):
    said = [f"{name}={value}" for name, value in (case["config"] | case["call"]).items()]
    return "-".join([case["kind"].removesuffix("FeatureExtractor"), *said])


@pytest.mark.parametrize("at", [pytest.param(at, id=label(case)) for at, case in enumerate(CASES)])
def test_call_gives_what_the_upstream_gave(at):
    case = CASES[at]
    samples, rate = soundfile.read(HERE.parents[1] / "examples" / "speech.wav", dtype="float32")
    signals = [samples[slice(*cut)] for cut in case["cuts"]]
    config = {"feature_extractor_type": case["kind"], **case["config"]}
    made = huggingface.extract(config, signals, sampling_rate=rate, **case["call"])
    assert sorted(made) == sorted(case["outputs"])
    parity = PARITY[f"huggingface/{PRESETS[case['kind'].removesuffix('FeatureExtractor')]}"]
    for name in case["outputs"]:
        expected = outputs(at, name)
        got = [made[name]] if len(expected) == 1 else list(made[name])
        for ours, theirs in zip(got, expected, strict=True):
            assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), name
            if theirs.dtype.kind in "bi":
                np.testing.assert_array_equal(ours, theirs, name)
                continue
            limit = parity.limit * (np.abs(theirs).max() if parity.relative else 1.0)
            assert np.abs(ours.astype(np.float64) - theirs).max() <= limit, name


def test_every_extractor_is_called():
    assert {case["kind"].removesuffix("FeatureExtractor") for case in CASES} == set(PRESETS)
