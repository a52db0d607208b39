"""Reading a ``preprocessor_config.json``: which extractor it is for, and its options."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from featkit.errors import ParameterError, did_you_mean
from featkit.pipeline import Pipeline

#: What a configuration may be given as: a file, a folder that holds it, its text, or what was read from it.
Config = str | os.PathLike[str] | Mapping[str, Any]

#: The names of the classes upstream, and of the presets here.
EXTRACTORS = {
    "WhisperFeatureExtractor": "whisper",
    "ASTFeatureExtractor": "ast",
    "ClapFeatureExtractor": "clap",
    "Speech2TextFeatureExtractor": "speech2text",
    "SeamlessM4TFeatureExtractor": "seamless_m4t",
    "SpeechT5FeatureExtractor": "speecht5",
    "Wav2Vec2FeatureExtractor": "wav2vec2",
    "ParakeetFeatureExtractor": "parakeet",
}
#: The same for images; each has been called ``...FeatureExtractor`` and ``...ImageProcessorFast``, too.
PROCESSORS = {
    "ViTImageProcessor": "vit",
    "DeiTImageProcessor": "deit",
    "BeitImageProcessor": "beit",
    "CLIPImageProcessor": "clip",
    "ConvNextImageProcessor": "convnext",
    "SiglipImageProcessor": "siglip",
}
_FILES = ("preprocessor_config.json", "processor_config.json")
# What transformers writes into these files, or once wrote, and doesn't read back: names, and what follows from other keys.
_BOOKKEEPING = {
    *("feature_extractor_type", "processor_class", "transformers_version", "_valid_processor_keys", "language_code"),
    *("n_samples", "nb_max_frames", "nb_max_samples", "nb_frequency_bins", "chunk_length_s", "mel_filters"),
    *("mel_filters_slaney", "window", "sample_size", "sample_stride", "n_freqs", "n_fft"),
    *("frame_signal_scale", "reduction_factor"),
    *("image_processor_type", "data_format", "input_data_format", "device", "return_tensors", "disable_grouping"),
    *("image_seq_length", "auto_map"),
}


def read(config: Config) -> dict[str, Any]:
    """The keys of a configuration, however it is given."""
    values = dict(config) if isinstance(config, Mapping) else _parsed(*_text(config))
    inner = values.get("feature_extractor", values.get("image_processor"))
    return dict(inner) if isinstance(inner, Mapping) else values


def _text(config: str | os.PathLike[str]) -> tuple[str, str]:
    if isinstance(config, str) and config.lstrip().startswith("{"):
        return config, "the text given"
    path = Path(config)
    if path.is_dir():
        inside = [path / name for name in _FILES if (path / name).is_file()]
        if not inside:
            raise ParameterError(f"the folder {path} holds no {' or '.join(_FILES)}")
        path = inside[0]
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(f"the configuration {path} cannot be read: {error}") from None


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ParameterError(f"{where} is no JSON: {error}") from None
    if not isinstance(values, dict):
        raise ParameterError(f"{where} holds no configuration but {values!r:.80}; it should look like {{...}}")
    return values


def extractor(values: Mapping[str, Any]) -> str:
    """The preset for the extractor that the keys name."""
    kind = values.get("image_processor_type", values.get("feature_extractor_type"))
    known = EXTRACTORS | PROCESSORS
    if kind is None:
        raise ParameterError(
            "the configuration has no feature_extractor_type; add one of "
            + ", ".join(EXTRACTORS)
            + " to it, or an image_processor_type: "
            + ", ".join(PROCESSORS)
        )
    plain = str(kind).removesuffix("Fast").replace("FeatureExtractor", "ImageProcessor")
    if kind not in known and plain not in PROCESSORS:
        hint = did_you_mean(str(kind), known)
        raise ParameterError(f"featkit has no {kind!r}{hint}; it knows " + ", ".join(known))
    return known[kind] if kind in known else PROCESSORS[plain]


def options(values: Mapping[str, Any], preset: Callable[..., Pipeline]) -> dict[str, Any]:
    """Those of the keys that are options of the preset; the others must be bookkeeping."""
    known = inspect.signature(preset).parameters
    unknown = [key for key in values if key not in known and key not in _BOOKKEEPING]
    if unknown:
        hint = did_you_mean(unknown[0], known) or f"; its options are {', '.join(known)}"
        raise ParameterError(f"huggingface/{preset.__name__} has no option {', '.join(map(repr, unknown))}{hint}")
    return {key: value for key, value in values.items() if key in known}


def complete(values: Mapping[str, Any], preset: Callable[..., Pipeline]) -> dict[str, Any]:
    """The options with the defaults of those that are not given."""
    known = inspect.signature(preset).parameters
    return {name: parameter.default for name, parameter in known.items()} | options(values, preset)
