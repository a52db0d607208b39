"""Presets of Hugging Face extractors: configurations in every form, what is refused and how, one signal as among several."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featkit
from featkit import presets
from featkit.presets import huggingface

WHISPER = {"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 20}
KINDS = {
    "WhisperFeatureExtractor": huggingface.whisper,
    "ASTFeatureExtractor": huggingface.ast,
    "ClapFeatureExtractor": huggingface.clap,
    "Speech2TextFeatureExtractor": huggingface.speech2text,
    "SeamlessM4TFeatureExtractor": huggingface.seamless_m4t,
    "SpeechT5FeatureExtractor": huggingface.speecht5,
    "Wav2Vec2FeatureExtractor": huggingface.wav2vec2,
    "ParakeetFeatureExtractor": huggingface.parakeet,
}

# As published with models, shortened where it is long; keys that nobody reads are there as well.
PUBLISHED = {
    "whisper": """{"chunk_length": 30, "feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 80,
        "hop_length": 160, "mel_filters": [[0.0, 0.02], [0.0, 0.0]], "n_fft": 400, "n_samples": 480000, "nb_max_frames": 3000,
        "padding_side": "right", "padding_value": 0.0, "processor_class": "WhisperProcessor",
        "return_attention_mask": false, "sampling_rate": 16000}""",
    "clap": """{"chunk_length_s": 10, "feature_extractor_type": "ClapFeatureExtractor", "feature_size": 64,
        "fft_window_size": 1024, "frequency_max": 14000, "frequency_min": 50, "hop_length": 480, "max_length_s": 10,
        "n_fft": 1024, "nb_frequency_bins": 513, "nb_max_frames": 1000, "nb_max_samples": 480000, "padding": "repeatpad",
        "padding_side": "right", "padding_value": 0.0, "processor_class": "ClapProcessor", "return_attention_mask": false,
        "sampling_rate": 48000, "top_db": null, "truncation": "fusion"}""",
    "seamless_m4t": """{"feature_extractor_type": "SeamlessM4TFeatureExtractor", "feature_size": 80, "num_mel_bins": 80,
        "padding_side": "right", "padding_value": 1, "return_attention_mask": true, "sampling_rate": 16000, "stride": 2}""",
    "speecht5": """{"do_normalize": false, "feature_extractor_type": "SpeechT5FeatureExtractor", "feature_size": 1,
        "fmax": 7600, "fmin": 80, "frame_signal_scale": 1.0, "hop_length": 16, "mel_floor": 1e-10, "num_mel_bins": 80,
        "padding_side": "right", "padding_value": 0.0, "processor_class": "SpeechT5Processor", "reduction_factor": 2,
        "return_attention_mask": true, "sampling_rate": 16000, "win_function": "hann_window", "win_length": 64}""",
}


# --- configurations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_configurations_are_read(name):
    text = PUBLISHED[name]
    made = huggingface.from_config(text)
    assert made == huggingface.from_config(json.loads(text))
    values = json.loads(text)
    known = presets.options_of(f"huggingface/{name}")
    assert made == presets.get(f"huggingface/{name}", **{key: value for key, value in values.items() if key in known})


def test_a_configuration_comes_as_file_folder_text_or_dict(tmp_path):
    expected = huggingface.whisper(feature_size=20)
    text = json.dumps(WHISPER)
    (tmp_path / "preprocessor_config.json").write_text(text)
    (tmp_path / "processor").mkdir()
    (tmp_path / "processor" / "processor_config.json").write_text(json.dumps({"feature_extractor": WHISPER}))
    given_as = (
        *(WHISPER, text, "\n  " + text, tmp_path, str(tmp_path), tmp_path / "preprocessor_config.json"),
        tmp_path / "processor",
    )
    for config in given_as:
        assert huggingface.from_config(config) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_every_extractor_by_its_name(kind):
    assert huggingface.from_config({"feature_extractor_type": kind}) == KINDS[kind]()
    assert presets.get(f"huggingface/{KINDS[kind].__name__}") == KINDS[kind]()


def test_overrides_replace_keys_and_name_the_extractor():
    assert huggingface.from_config(WHISPER, feature_size=80, padding=False) == huggingface.whisper(padding=False)
    assert huggingface.from_config({}, feature_extractor_type="ASTFeatureExtractor") == huggingface.ast()


def _no_json(folder):
    path = folder / "broken.json"
    path.write_text("{'a': 1}")
    return path


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            {"feature_extractor_type": "EncodecFeatureExtractor"},
            r"no 'EncodecFeatureExtractor'.*it knows Whisper.*Parakeet",
        ),
        ({"feature_extractor_type": "WisperFeatureExtractor"}, r"did you mean 'WhisperFeatureExtractor'\?"),
        ({"feature_size": 80}, r"has no feature_extractor_type; add one of WhisperFeatureExtractor"),
        (WHISPER | {"n_mels": 80}, r"huggingface/whisper has no option 'n_mels'"),
        (WHISPER | {"hop_lenght": 80, "x": 1}, r"no option 'hop_lenght', 'x'; did you mean 'hop_length'\?"),
        (lambda folder: folder, r"holds no preprocessor_config.json or processor_config.json"),
        (lambda folder: folder / "nowhere.json", r"nowhere.json cannot be read: .*No such file"),
        (_no_json, r"broken.json is no JSON: "),
        ('{"a": ', r"the text given is no JSON: "),
    ],
)
def test_what_is_no_configuration_is_refused(config, said, tmp_path):
    with pytest.raises(featkit.ParameterError, match=said):
        huggingface.from_config(config(tmp_path) if callable(config) else config)


def test_a_list_is_no_configuration(tmp_path):
    (tmp_path / "list.json").write_text("[1, 2]")
    with pytest.raises(featkit.ParameterError, match=r"list.json holds no configuration but \[1, 2\]"):
        huggingface.from_config(tmp_path / "list.json")


# --- options that can't be honoured ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feature", "options", "said"),
    [
        ("whisper", {"n_fft": 401}, r"whisper: n_fft must be even.*got 401"),
        (
            "whisper",
            {"padding_side": "left"},
            r"whisper: padding_side='left' can't be honoured in a pipeline.*extract does it",
        ),
        ("whisper", {"padding": "longer"}, r"whisper: padding must be 'max_length', .* got 'longer'"),
        ("seamless_m4t", {"padding_side": "left"}, r"seamless_m4t: padding_side='left' can't be honoured"),
        ("clap", {"truncation": "random"}, r"clap: truncation must be 'fusion' or 'rand_trunc', got 'random'"),
        ("clap", {"padding": "reflect"}, r"clap: padding must be 'repeat', .* got 'reflect'"),
        (
            "speecht5",
            {"target": True, "win_function": "kaiser"},
            r"speecht5: win_function must be one of .* got 'kaiser'",
        ),
        ("parakeet", {"n_fft": 513}, r"parakeet: n_fft must be even.*got 513"),
        ("ast", {"n_mels": 3}, r"huggingface/ast has no option 'n_mels'"),
    ],
)
def test_an_option_that_cannot_be_honoured_is_named(feature, options, said):
    with pytest.raises(featkit.ParameterError, match=said):
        presets.get(f"huggingface/{feature}", **options)


X = np.linspace(-0.5, 0.5, 4000, dtype=np.float32)


def config_of(feature, **options):
    kind = next(kind for kind, preset in KINDS.items() if preset.__name__ == feature)
    return {"feature_extractor_type": kind, **options}


@pytest.mark.parametrize(
    ("feature", "call", "said"),
    [
        (
            "whisper",
            {"pading": True},
            r"the call of huggingface/whisper has no option 'pading'; did you mean 'padding'\?",
        ),
        (
            "whisper",
            {"sampling_rate": 8000},
            r"whisper: sampling_rate=8000 is not that of the extractor, 16000; resample",
        ),
        ("whisper", {"return_tensors": "pt"}, r"whisper: return_tensors can only be 'np'"),
        ("whisper", {"device": "cuda"}, r"whisper: device can only be 'cpu'"),
        ("wav2vec2", {"padding": "max"}, r"wav2vec2: padding must be 'max_length', .* got 'max'"),
        ("wav2vec2", {"truncation": True}, r"wav2vec2: truncation and padding='max_length' need a max_length"),
        ("wav2vec2", {"padding": "max_length"}, r"need a max_length"),
        (
            *("speech2text", {"padding": True, "return_attention_mask": False}),
            r"speech2text: return_attention_mask=False leaves no mask",
        ),
    ],
)
def test_a_call_that_cannot_be_honoured_is_named(feature, call, said):
    with pytest.raises(featkit.ParameterError, match=said):
        huggingface.extract(config_of(feature), X, **call)


def test_a_side_that_does_not_exist_is_named():
    with pytest.raises(featkit.ParameterError, match=r"wav2vec2: padding_side must be 'right' or 'left', got 'top'"):
        huggingface.extract(config_of("wav2vec2", padding_side="top"), [X, X[:9]], padding=True)


@pytest.mark.parametrize("feature", ["whisper", "seamless_m4t", "parakeet"])
def test_what_stacks_its_signals_needs_them_padded(feature):
    with pytest.raises(featkit.InputError, match=rf"{feature} takes signals of different lengths only with padding="):
        huggingface.extract(config_of(feature), [X, X[:2000]], padding=False)


def test_a_longer_clip_is_not_cut_at_random_without_a_seed():
    config = config_of("clap", sampling_rate=1000, max_length_s=1)
    with pytest.raises(
        featkit.InputError, match=r"clap draws parts at random from signals of more than 1000 samples.*seed="
    ):
        huggingface.extract(config, X)
    with pytest.raises(featkit.InputError, match=r"AtMost takes 1000 rows, got 4000 or more; cut them before"):
        huggingface.from_config(config)(X)
    few_bands = config | {"feature_size": 8}
    with pytest.raises(featkit.ParameterError, match=r"clap: feature_size must be 64 for truncation='fusion'.*got 8"):
        huggingface.extract(few_bands, X, seed=1)


# --- one signal as among several --------------------------------------------------------------------------------------------

NAMES = {"whisper": "input_features", "ast": "input_values", "clap": "input_features", "speech2text": "input_features"}
NAMES |= {"seamless_m4t": "input_features", "speecht5": "input_values", "wav2vec2": "input_values"}
NAMES |= {"parakeet": "input_features"}
SMALL = {"whisper": {"chunk_length": 1}, "ast": {"max_length": 40}, "clap": {"sampling_rate": 8000, "max_length_s": 1}}


@pytest.mark.parametrize("feature", NAMES)
@settings(max_examples=8)
@given(n=st.integers(1600, 8000), seed=st.integers(0, 9), dtype=st.sampled_from([np.float32, np.float64, np.int16]))
def test_a_pipeline_gives_the_bytes_of_a_call(feature, n, seed, dtype):
    """And a signal alone what it gives among others that are padded to its own length."""
    signal = np.random.default_rng(seed).normal(0, 0.1, n)
    signal = (
        np.round(signal * 32768).clip(-32768, 32767).astype(np.int16) if dtype == np.int16 else signal.astype(dtype)
    )
    config = config_of(feature, **SMALL.get(feature, {}))
    made = huggingface.extract(config, signal)[NAMES[feature]]
    frames = huggingface.from_config(config)(signal)
    alone = made[0, 0] if feature == "clap" else made[0].T if feature == "whisper" else made[0]
    assert frames.dtype == alone.dtype == np.float32
    assert frames.tobytes() == np.ascontiguousarray(alone).tobytes()
    if feature not in ("speecht5", "wav2vec2"):  # their second signal needs padding, which they don't do unless asked
        again = huggingface.extract(config, [signal, signal])[NAMES[feature]]
        assert again[1].tobytes() == made[0].tobytes()


def test_target_of_speecht5_is_a_spectrogram():
    call = huggingface.extract(config_of("speecht5"), X, target=True)
    assert call["input_values"][0].tobytes() == huggingface.speecht5(target=True)(X).tobytes()
    assert call["attention_mask"].tolist() == [[1] * 16]


def test_rows_of_an_array_are_several_signals():
    rows = huggingface.extract(config_of("wav2vec2"), np.stack([X, X[::-1]]))["input_values"]
    assert rows.shape == (2, 4000)
    np.testing.assert_allclose(rows[1], rows[0][::-1], atol=1e-6)
    numbers = huggingface.extract(config_of("wav2vec2"), [0.0, 0.5])["input_values"]
    assert numbers.shape == (1, 2)


def test_silence_is_finite():
    for feature in NAMES:
        config = config_of(feature, **SMALL.get(feature, {}))
        made = huggingface.extract(config, np.zeros(4000, np.float32))
        assert all(np.isfinite(values.astype(np.float64)).all() for values in made.values()), feature


def test_masks_say_what_is_padding():
    """Counted by hand: 98 and 48 frames are 49 and 24 stacks; in samples, and in frames of Parakeet's."""
    signals = [np.tile(X, 4), np.tile(X, 2)]
    seamless = huggingface.extract(config_of("seamless_m4t", padding_value=9.0), signals)
    assert seamless["attention_mask"].sum(axis=1).tolist() == [49, 24]
    assert (seamless["input_features"][1, 24:] == 9.0).all()
    waves = huggingface.extract(
        config_of("wav2vec2", return_attention_mask=True, padding_value=-2.0), signals, padding="longest"
    )
    assert waves["attention_mask"].sum(axis=1).tolist() == [16000, 8000]
    assert (waves["input_values"][1, 8000:] == -2.0).all()
    assert abs(waves["input_values"][1, :8000].mean()) < 1e-6
    parakeet = huggingface.extract(config_of("parakeet"), signals)
    assert parakeet["attention_mask"].sum(axis=1).tolist() == [100, 50]
    assert (parakeet["input_features"][1, 50:] == 0).all()
    whisper = huggingface.extract(config_of("whisper", chunk_length=2), signals, return_attention_mask=True)
    assert whisper["attention_mask"].sum(axis=1).tolist() == [100, 50]
    assert whisper["attention_mask"].shape == (2, 200)


def test_a_seed_crops_a_longer_clip_alike_in_both():
    config = config_of(
        "clap", sampling_rate=1000, max_length_s=1, hop_length=100, truncation="rand_trunc", feature_size=8
    )
    called = huggingface.extract(config, X, seed=5)
    assert called["is_longer"].tolist() == [[True]]
    made = huggingface.from_config(config, seed=5)
    assert made(X).tobytes() == called["input_features"][0, 0].tobytes()
    assert made(X).tobytes() != huggingface.from_config(config, seed=6)(X).tobytes()
    assert featkit.parse(repr(made)) == made


def test_dither_is_noise_of_its_own_but_always_the_same():
    quiet = huggingface.whisper(padding=False)
    noisy = huggingface.whisper(padding=False, dither=0.001)
    assert noisy(X).tobytes() == noisy(X).tobytes()
    assert np.abs(noisy(X) - quiet(X)).max() > 0.01
    assert np.abs(huggingface.whisper(padding=False, dither=1e-9)(X) - quiet(X)).max() < 1e-3
