"""Make the golden file of what transformers' feature extractors return when called: several signals, padded and masked.

Run it as ``python tests/golden/make_calls.py`` in an environment that has transformers and PyTorch. The signals are parts of
examples/speech.wav; what each case is made of stands in the file, as JSON under ``meta``, beside the versions.
"""

import importlib.metadata
import json
from pathlib import Path

import numpy as np
import soundfile

HERE = Path(__file__).parent
FILE = HERE / "calls" / "huggingface.npz"
SHORT, LONG, LONGER = (8000, 10001), (8000, 12640), (9000, 26000)  # first sample and the one behind the last


def _case(kind, cuts, call=None, **config):
    return {"kind": f"{kind}FeatureExtractor", "cuts": cuts, "call": call or {}, "config": config}


CASES = [
    _case("Whisper", [SHORT, LONG], feature_size=6, chunk_length=1),
    _case("Whisper", [LONGER, LONG], {"return_attention_mask": True}, feature_size=6, chunk_length=1),
    _case(
        *("Whisper", [SHORT, LONG], {"padding": "longest", "do_normalize": True, "return_attention_mask": True}),
        feature_size=6,
        padding_value=0.5,
        padding_side="left",
    ),
    _case("Whisper", [LONG], {"padding": True, "do_normalize": True}, feature_size=6, hop_length=150),
    _case(
        "Whisper", [SHORT], {"max_length": 4000, "pad_to_multiple_of": 999}, feature_size=6, return_attention_mask=True
    ),
    _case("AST", [SHORT, LONG], num_mel_bins=10, max_length=30, mean=-3.0, std=2.0),
    _case("Clap", [SHORT, LONG], {"seed": 3}, sampling_rate=16000, feature_size=8, max_length_s=1),
    _case("Clap", [LONGER, LONG], {"seed": 3}, sampling_rate=16000, max_length_s=1, hop_length=1000),
    _case(
        "Clap",
        [LONGER, SHORT],
        {"seed": 8, "truncation": "rand_trunc"},
        sampling_rate=16000,
        feature_size=8,
        max_length_s=1,
    ),
    _case("Clap", [SHORT], {"padding": "repeat", "max_length": 8000}, sampling_rate=16000, feature_size=8),
    _case("Speech2Text", [SHORT, LONG], {"padding": True}, num_mel_bins=8, padding_value=2.0),
    _case(
        "Speech2Text",
        [(8000, 12000), LONG],
        {"padding": True, "pad_to_multiple_of": 7},
        num_mel_bins=8,
        padding_side="left",
    ),
    _case("Speech2Text", [SHORT, LONG], num_mel_bins=8),
    _case(
        *("Speech2Text", [LONGER, SHORT], {"padding": "max_length", "max_length": 20, "truncation": True}),
        num_mel_bins=8,
        normalize_vars=False,
    ),
    _case("SeamlessM4T", [SHORT, LONG], num_mel_bins=8, padding_value=1.0),
    _case(
        "SeamlessM4T", [SHORT, LONG], {"return_attention_mask": False}, num_mel_bins=8, padding_side="left", stride=3
    ),
    _case("SeamlessM4T", [LONG], {"padding": "max_length", "max_length": 25, "truncation": True}, num_mel_bins=8),
    _case("SpeechT5", [SHORT, LONG], {"padding": True, "target": True}, num_mel_bins=8, padding_value=-5.0),
    _case("SpeechT5", [SHORT, LONG], {"padding": True}, do_normalize=True, padding_value=0.25),
    _case("SpeechT5", [SHORT], {"max_length": 1000, "truncation": True}),
    _case("Wav2Vec2", [SHORT, LONG], {"padding": True}),
    _case("Wav2Vec2", [SHORT, LONG], {"padding": True}, return_attention_mask=True, padding_value=-1.0),
    _case("Wav2Vec2", [SHORT, LONG], {"padding": True, "return_attention_mask": True}, padding_side="left"),
    _case("Wav2Vec2", [SHORT, LONG], {"return_attention_mask": True}),
    _case("Parakeet", [SHORT, LONG], feature_size=8, padding_value=3.0),
    _case("Parakeet", [SHORT, LONG], {"pad_to_multiple_of": 1000}, feature_size=8, padding_value=3.0, preemphasis=None),
    _case("Parakeet", [LONG], {"truncation": True, "max_length": 3000}, feature_size=8),
]


def compute(case, samples, rate):
    """The upstream's outputs by name."""
    import transformers

    call, signals = dict(case["call"]), [samples[slice(*cut)] for cut in case["cuts"]]
    np.random.seed(call.pop("seed", 0))  # noqa: NPY002  (what upstream draws from)
    first = {"audio_target": signals} if call.pop("target", False) else {}
    extractor = getattr(transformers, case["kind"])(**case["config"])
    made = extractor(*([] if first else [signals]), sampling_rate=rate, return_tensors="np", **first, **call)
    return {name: np.asarray(values) for name, values in made.items()}


def make():
    """Compute and store every case."""
    samples, rate = soundfile.read(HERE.parents[1] / "examples" / "speech.wav", dtype="float32")
    stored = {}
    for at, case in enumerate(CASES):
        case["outputs"] = []
        for name, values in compute(case, samples, rate).items():
            case["outputs"].append(name)
            ragged = values.dtype == object
            for part, rows in enumerate(values) if ragged else [("all", values)]:
                stored[f"{at}/{name}/{part}"] = rows
    packages = ("transformers", "torch", "torchaudio", "numpy")
    versions = {package: importlib.metadata.version(package) for package in packages}
    np.savez_compressed(FILE, meta=np.array(json.dumps({"versions": versions, "cases": CASES})), **stored)
    print(f"{FILE.name}: {len(CASES)} cases, {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    make()
