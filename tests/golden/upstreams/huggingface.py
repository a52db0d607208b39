"""transformers' audio feature extractors on the project's own example, as they compute with PyTorch and torchaudio there."""

import numpy as np

PACKAGES = ("transformers", "torch", "torchaudio", "numpy")

#: The upstream's class; few mel bands keep the files small.
_CLASSES = {
    "whisper": "WhisperFeatureExtractor",
    "ast": "ASTFeatureExtractor",
    "clap": "ClapFeatureExtractor",
    "speech2text": "Speech2TextFeatureExtractor",
    "seamless_m4t": "SeamlessM4TFeatureExtractor",
    "speecht5": "SpeechT5FeatureExtractor",
    "wav2vec2": "Wav2Vec2FeatureExtractor",
    "parakeet": "ParakeetFeatureExtractor",
}
#: Options that upstream takes when it is called, not when it is made.
_CALL = {
    "whisper": ("padding", "pad_to_multiple_of", "do_normalize"),
    "seamless_m4t": ("do_normalize_per_mel_bins",),
}


def _case(name, feature, **options):
    return {"name": name, "preset": f"huggingface/{feature}", "options": options}


CASES = [
    _case("whisper_not_padded", "whisper", feature_size=20, padding=False),
    _case("whisper_normalised_3_s", "whisper", feature_size=8, chunk_length=3, do_normalize=True, padding_value=0.1),
    _case(
        "whisper_n_fft",
        "whisper",
        feature_size=8,
        n_fft=512,
        hop_length=200,
        padding="longest",
        pad_to_multiple_of=1001,
    ),
    _case("ast", "ast", num_mel_bins=16, max_length=200),
    _case("ast_cut_not_normalised", "ast", num_mel_bins=16, max_length=50, do_normalize=False),
    _case("clap_fusion", "clap", sampling_rate=16000, feature_size=16, max_length_s=4),
    _case("clap_rand_trunc", "clap", sampling_rate=16000, feature_size=16, max_length_s=2, truncation="rand_trunc"),
    _case(
        "clap_repeat",
        "clap",
        sampling_rate=16000,
        feature_size=16,
        max_length_s=2,
        padding="repeat",
        frequency_max=7000,
    ),
    _case("speech2text", "speech2text", num_mel_bins=16),
    _case("speech2text_variance_only", "speech2text", num_mel_bins=8, normalize_means=False),
    _case("seamless_m4t", "seamless_m4t", num_mel_bins=16, padding_value=1.0),
    _case("seamless_m4t_stride_3", "seamless_m4t", num_mel_bins=8, stride=3, do_normalize_per_mel_bins=False),
    _case("speecht5_target", "speecht5", num_mel_bins=20, target=True),
    _case(
        "speecht5_target_hamming", "speecht5", num_mel_bins=8, win_function="hamming_window", win_length=25, target=True
    ),
    _case("wav2vec2", "wav2vec2"),
    _case("parakeet", "parakeet", feature_size=20),
    _case("parakeet_win_length", "parakeet", feature_size=8, win_length=512, preemphasis=None),
]


def compute(case, samples, rate):
    """The features of the one signal, frame by frame."""
    import transformers

    feature = case["preset"].partition("/")[2]
    options = dict(case["options"])
    target = options.pop("target", False)
    asked = {name: options.pop(name) for name in _CALL.get(feature, ()) if name in options}
    extractor = getattr(transformers, _CLASSES[feature])(**options)
    given = {("audio_target" if target else "audio") if feature == "speecht5" else "raw_speech": samples}
    made = extractor(**given, sampling_rate=rate, return_tensors="np", **asked)
    features = np.asarray(made["input_values" if "input_values" in made else "input_features"])[0]
    if feature == "clap":
        features = features[0]
    return features.T if feature == "whisper" else features
