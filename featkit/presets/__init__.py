"""Presets: pipelines that give the features of another program, in that program's own option names.

``featkit.presets.kaldi.fbank(num_mel_bins=80)`` and ``featkit.presets.get("kaldi/fbank", num_mel_bins=80)`` are the same
pipeline. A dialect is a module here; each of its public functions that returns a Pipeline is a preset, its keyword
arguments are the upstream's options. Input is samples in [-1, 1), or the levels of an 8-bit image; a dialect on another
scale multiplies itself. Output is ``(frames, features)`` or ``(height, width, channels)``, even where the upstream has it
the other way round.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from types import ModuleType
from typing import Any

from featkit.errors import ParameterError, did_you_mean
from featkit.pipeline import Pipeline

#: Modules here that are no dialects.
_NO_DIALECTS = ("parity",)
#: What dialects that take signals of any rate call the sampling rate; for HTK it is a period in units of 100 ns.
_RATE_OPTIONS = ("sample_frequency", "sample_rate", "samplerate", "sr")
_PERIOD_OPTIONS = ("SOURCERATE",)


def names() -> list[str]:
    """All presets, as ``dialect/feature``.

    >>> "kaldi/fbank" in names()
    True
    """
    return [f"{dialect}/{feature}" for dialect in dialects() for feature in _features(_dialect(dialect))]


def dialects() -> list[str]:
    """The dialects there are.

    >>> "kaldi" in dialects()
    True
    """
    return [module.name for module in pkgutil.iter_modules(__path__) if module.name not in _NO_DIALECTS]


def get(name: str, **options: Any) -> Pipeline:
    """Build the preset ``dialect/feature`` with the upstream's own options.

    Raises
    ------
    ParameterError
        If there is no such preset, or it has no such option (the message names the nearest), or a value doesn't fit.

    Examples
    --------
    >>> get("kaldi/fbank", num_mel_bins=80)["mel"].n_mels
    80
    """
    make = function_of(name)
    known_options = options_of(name)
    for option in options:
        if option not in known_options:
            hint = did_you_mean(option, known_options) or f"; its options are {', '.join(known_options)}"
            raise ParameterError(f"{name} has no option {option!r}{hint}")
    pipeline: Pipeline = make(**options)
    return pipeline


def from_config(dialect: str, config: str) -> Pipeline:
    """Build the preset that a configuration file of the dialect's own describes.

    Raises
    ------
    ParameterError
        If the dialect has no configuration files, or the file is not one of its own.
    """
    known = [name for name in dialects() if hasattr(_dialect(name), "from_config")]
    if dialect not in known:
        raise ParameterError(f"no configuration files of {dialect!r} can be read; those of {', '.join(known)} can")
    pipeline: Pipeline = _dialect(dialect).from_config(config)
    return pipeline


def rate_options(name: str, rate: float) -> dict[str, Any]:
    """How a preset is told the sampling rate, in its own words; nothing where its rate is fixed.

    >>> rate_options("kaldi/fbank", 8000), rate_options("whisper/log_mel_spectrogram", 8000)
    ({'sample_frequency': 8000}, {})
    """
    options = options_of(name)
    told: dict[str, Any] = {option: rate for option in _RATE_OPTIONS if option in options}
    return told | {option: 1e7 / rate for option in _PERIOD_OPTIONS if option in options}


def options_of(name: str) -> dict[str, Any]:
    """The options of a preset with their defaults, in the upstream's order.

    >>> options_of("kaldi/fbank")["num_mel_bins"]
    23
    """
    parameters = inspect.signature(function_of(name)).parameters
    return {option: parameter.default for option, parameter in parameters.items()}


def function_of(name: str) -> Any:
    """The function behind a preset's name; case and punctuation don't matter.

    Raises
    ------
    ParameterError
        If there is no such preset.
    """
    dialect, _, feature = name.partition("/")
    if dialect in dialects() and feature in _features(_dialect(dialect)):  # the others needn't be imported
        return _features(_dialect(dialect))[feature]
    plain = _plain(name)
    for known in names():
        if _plain(known) == plain:
            dialect, _, feature = known.partition("/")
            return _features(_dialect(dialect))[feature]
    known_names = names()
    hint = did_you_mean(name, known_names) or f"; the presets are {', '.join(known_names)}"
    raise ParameterError(f"there is no preset {name!r}{hint}")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _dialect(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")


def _features(dialect: ModuleType) -> dict[str, Any]:
    return {
        name: made
        for name, made in vars(dialect).items()
        if inspect.isfunction(made)
        and (made.__module__ == dialect.__name__ or made.__module__.startswith(f"{dialect.__name__}._"))
        and not name.startswith(("_", "from_"))
        and made.__annotations__.get("return") in ("Pipeline", Pipeline)
    }


def __getattr__(name: str) -> ModuleType:
    # Dialects are imported when they are asked for: featkit.presets.kaldi
    if not name.startswith("_") and (name in dialects() or name in _NO_DIALECTS):
        return _dialect(name)
    raise AttributeError(f"featkit.presets has no dialect {name!r}")
