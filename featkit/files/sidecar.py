"""The sidecar: a JSON file beside every output that says how it was made."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from featkit.errors import ReadError
from featkit.files.atomic import atomic
from featkit.files.npy import load
from featkit.version import __version__


def sidecar_path(output: str | os.PathLike[str]) -> Path:
    """``x.mfcc.npy`` -> ``x.mfcc.npy.json``."""
    return Path(f"{os.fspath(output)}.json")


def fingerprint(source: str) -> dict[str, Any]:
    """What tells whether an input has changed: its name, its size and the time of its last change."""
    status = os.stat(source)
    return {"path": source, "bytes": status.st_size, "mtime_ns": status.st_mtime_ns}


def fingerprint_of_all(sources: Sequence[str]) -> dict[str, Any]:
    """:func:`fingerprint` of several inputs that are read as one, as the files of a corpus."""
    if len(sources) == 1:
        return fingerprint(sources[0])
    together = hashlib.sha256()
    for source in sources:
        made = fingerprint(source)
        together.update(os.fsencode(os.path.basename(source)) + f"\0{made['bytes']} {made['mtime_ns']}\0".encode())
    return {"path": sources[0], "files": len(sources), "sha256": together.hexdigest()}


def whole_npy(output: str | os.PathLike[str], made: dict[str, Any]) -> bool:
    """Whether a feature file is as its record has it."""
    try:
        array = load(output)
    except ReadError:
        return False
    return list(array.shape) == made.get("shape") and str(array.dtype) == made.get("dtype")


def whole_file(output: str | os.PathLike[str], made: dict[str, Any]) -> bool:
    """Whether any other file is as long as its record has it."""
    return os.stat(output).st_size == made.get("bytes")


def up_to_date(
    output: str | os.PathLike[str],
    record: dict[str, Any],
    whole: Callable[[str | os.PathLike[str], dict[str, Any]], bool] = whole_npy,
) -> bool | None:
    """Whether ``output`` was made as ``record`` says, from the same input, and is whole; None where nothing is known."""
    made = read_sidecar(output)
    if made is None or not Path(output).exists():
        return None
    if record["input"] is None or not isinstance(made.get("input"), dict):
        return False
    same_input = _without_folder(made["input"]) == _without_folder(record["input"])
    others = [key for key in record if key != "input"]
    if made["featkit"] != __version__ or not same_input or any(made.get(key) != record[key] for key in others):
        return False
    return whole(output, made)


def _without_folder(source: dict[str, Any]) -> dict[str, Any]:
    return {**source, "path": os.path.basename(str(source.get("path")))}


def write_sidecar(output: str | os.PathLike[str], record: dict[str, Any]) -> None:
    """Write ``record``, with the versions that computed it, beside ``output``; an older one is replaced."""
    import scipy

    versions = {"featkit": __version__, "numpy": np.__version__, "scipy": scipy.__version__}
    everything = {**versions, **record}
    try:
        text = json.dumps(everything, indent=2, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a file name that is no valid text
        text = json.dumps(everything, indent=2).encode()
    with atomic(sidecar_path(output), overwrite=True) as file:
        file.write(text + b"\n")


def read_sidecar(output: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The record beside ``output``, or None where there is none that can be read."""
    try:
        record = json.loads(sidecar_path(output).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    usable = isinstance(record, dict) and all(isinstance(record.get(key), str) for key in ("featkit", "pipeline"))
    return record if usable else None


def stages_of(pipeline: str) -> list[str]:
    """Split a pipeline's ``repr`` at its own bars, not at those inside a stage.

    >>> stages_of("A(x=1) | Join(branches=(B() | C(), D()))")
    ['A(x=1)', 'Join(branches=(B() | C(), D()))']
    """
    stages, depth, begin = [], 0, 0
    for at, character in enumerate(pipeline):
        depth += (character in "([") - (character in ")]")
        if character == "|" and not depth:
            stages.append(pipeline[begin:at].strip())
            begin = at + 1
    return [*stages, pipeline[begin:].strip()]
