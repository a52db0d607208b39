"""What is computed: the textbook's pipeline with options, or a preset with the upstream's own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from featkit import presets
from featkit.cli.options import read_value
from featkit.errors import InputError, ParameterError
from featkit.parameters import Parameters
from featkit.pipeline import Pipeline

#: Makes the pipeline for a sampling rate; for None where there is none.
Build = Callable[[int | None], Pipeline]


def textbook(make: Callable[..., Pipeline], given: dict[str, Any], settings: dict[str, str], rated: bool) -> Build:
    """The builder ``make`` with the options given, and ``--set`` on its stages; ``rated``: it wants the sampling rate."""
    # An option may go beyond what the usual rate allows.
    changes = _stage_settings(make() if rated else make(**given), settings)
    return lambda rate: (make(rate, **given) if rated else make(**given)).with_(**changes)


def preset(
    spec: str, feature: str | None, given: dict[str, Any], settings: dict[str, str], axis: str = "sample"
) -> tuple[str, Build]:
    """The preset that ``--preset`` names, and the name of its feature; it must take what has rows along ``axis``.

    ``kaldi`` means that dialect's feature of the command's own name, ``kaldi/plp`` that feature, ``kaldi:mfcc.conf`` what a
    configuration file says. ``--set`` takes the upstream's options (``num_mel_bins=80``) and, with a dot, any parameter of
    any stage (``mel.n_mels=80``).
    """
    if given:
        option = f"--{next(iter(given)).replace('_', '-')}"
        raise click.UsageError(
            f"{option} is an option of the textbook's features; a preset has its own: use --set NAME=VALUE"
        )
    dialect, colon, config = spec.partition(":")
    if colon:
        pipeline = _taking(axis, spec, presets.from_config(dialect, config))
        changes = _stage_settings(pipeline, settings)
        return Path(config).stem, lambda rate: _fitting(pipeline.with_(**changes), rate)
    name = spec if "/" in spec else f"{spec}/{feature}"
    options = {key: read_value(text) for key, text in settings.items() if "__" not in key}
    stages = {key: text for key, text in settings.items() if "__" in key}
    changes = _stage_settings(_taking(axis, name, presets.get(name, **options)), stages)

    def build(rate: int | None) -> Pipeline:
        told = {} if rate is None else presets.rate_options(name, rate)
        return _fitting(presets.get(name, **{**told, **options}).with_(**changes), rate)

    return name.rpartition("/")[2], build


def _stage_settings(pipeline: Pipeline, settings: dict[str, str]) -> dict[str, Any]:
    """The values of ``--set``; a name or a type that fits no stage is wrong usage, whatever the inputs are."""
    values: dict[str, Any] = {}
    for key, text in settings.items():
        part: Parameters = pipeline
        *heads, field = key.split("__")
        if key not in pipeline.parameters():
            if key in pipeline.parts() or key in pipeline.fields():
                inside = ", ".join(
                    name.replace("__", ".") for name in pipeline.parameters() if name.startswith(f"{key}__")
                )
                raise ParameterError(f"{key} is not one parameter; set one inside it{f': {inside}' if inside else ''}")
            pipeline.with_(**{key: None})  # raises, with the names there are
        for head in heads:
            part = part.parts()[head]
        values[key] = _as_declared(part, field, text)
    return values


def _as_declared(part: Parameters, field: str, text: str) -> Any:
    """The value as it is written in Python, or, where the field wants a word (a base of 10, say), the word."""
    value = read_value(text)
    for candidate in (value, text):
        with suppress(ParameterError):
            part.check_type(field, candidate)
            return candidate
    part.check_type(field, value)
    return value


def _taking(axis: str, spec: str, pipeline: Pipeline) -> Pipeline:
    """The pipeline, if it is for inputs of this kind; features of others are made of what else there is."""
    kinds = {"sample": "sound", "height": "images", "document": "text"}
    takes = pipeline.axes()[0][0]
    if takes in kinds and takes != axis:
        raise click.UsageError(f"{spec} is a preset for {kinds[takes]}, and this command reads {kinds[axis]}")
    return pipeline


def _fitting(pipeline: Pipeline, rate: int | None) -> Pipeline:
    if rate is None:
        return pipeline
    for name, value in pipeline.parameters().items():
        if name.rpartition("__")[2] == "rate" and value != rate:
            raise InputError(
                f"the preset is made for {value:g} samples a second and the input has {rate}; resample it with "
                f"--rate {value:g}, or beforehand with featkit prepare --rate {value:g}"
            )
    return pipeline
