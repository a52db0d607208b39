"""Model files: ``.npz`` archives of plain arrays, with the stages' ``repr`` inside; nothing in them is ever run."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from featkit.errors import FeatkitError, ReadError
from featkit.files.atomic import atomic
from featkit.numeric import Array
from featkit.parameters import Parameters
from featkit.version import __version__

#: The array that says what the others are: JSON in UTF-8.
_HEAD, _FORMAT, _VERSION = "featkit", "featkit model", 1


class Stored(NamedTuple):
    """What a model file holds."""

    stages: dict[str, Any]
    facts: dict[str, Any]  # whatever was written with them


def save_model(
    path: str | os.PathLike[str],
    stages: Mapping[str, Parameters],
    facts: Mapping[str, Any] | None = None,
    *,
    overwrite: bool = False,
) -> None:
    """Write stages, fitted ones, to an ``.npz`` file: their ``repr``, and their arrays beside it.

    Parameters
    ----------
    path : path
        It appears under its name when all is written.
    stages : mapping of str to Stage
        Under names of your own.
    facts : mapping, optional
        What else is to be remembered; anything that JSON can hold.
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    WriteError
        If the file exists, or the system refuses.
    """
    arrays: dict[str, Array] = {}

    def kept(array: Array) -> str:
        name = f"array {len(arrays)}"
        arrays[name] = array
        return f"stored({name!r})"

    text = {name: stage.written(kept) for name, stage in stages.items()}
    head = {
        "format": _FORMAT,
        "version": _VERSION,
        "featkit": __version__,
        "numpy": np.__version__,
        "stages": text,
        "facts": dict(facts or {}),
        "sha256": _digest(arrays),
    }
    told = np.frombuffer(json.dumps(head, ensure_ascii=False).encode("utf-8", "surrogatepass"), np.uint8)
    with atomic(path, overwrite=overwrite) as file:
        np.savez_compressed(file, **{_HEAD: told}, **arrays)  # type: ignore[arg-type]


def load_model(path: str | os.PathLike[str], parse: Callable[[str, Mapping[str, Array]], Any]) -> Stored:
    """Read what :func:`save_model` wrote; ``parse`` is :func:`featkit.parse`.

    Raises
    ------
    ReadError
        If it isn't there, isn't a model file of featkit's, or is damaged.
    """
    name = os.fspath(path)
    head, arrays = read_head(name)
    stages = {}
    for label, text in head["stages"].items():
        try:
            stages[label] = parse(text, arrays)
        except FeatkitError as error:
            raise ReadError(
                f"{name} was written by featkit {head['featkit']}, and this is {__version__}, which cannot read it ({error}); "
                "train it anew"
            ) from None
    return Stored(stages, head["facts"])


def read_head(name: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """What a model file says of itself, and its arrays, which are those it was written with."""
    foreign = ReadError(f"{name} is no model of featkit's; make one with featkit train, or check the path")
    try:
        file = open(name, "rb")  # noqa: SIM115  (closed below)
    except OSError as error:
        raise ReadError(f"{name} cannot be read: {(error.strerror or str(error)).lower()}; check the path") from None
    with file:
        if file.read(2) != b"PK":
            raise foreign
        file.seek(0)
        try:
            with np.load(file, allow_pickle=False) as archive:
                if _HEAD not in archive.files:
                    raise foreign
                head = json.loads(archive[_HEAD].tobytes().decode("utf-8", "surrogatepass"))
                arrays = {label: archive[label] for label in archive.files if label != _HEAD}
        except ReadError:
            raise
        except Exception as error:  # whatever the readers of zip, zlib, .npy and JSON stumble over
            raise ReadError(f"{name} is damaged ({type(error).__name__}: {error}); copy or train it anew") from None
    if not isinstance(head, dict) or head.get("format") != _FORMAT:
        raise foreign
    if head.get("version") != _VERSION:
        raise ReadError(
            f"{name} has the format {head.get('version')!r} of featkit {head.get('featkit')}, and featkit {__version__} reads "
            f"{_VERSION}; update featkit, or train it anew"
        )
    if head.get("sha256") != _digest(arrays):
        raise ReadError(f"{name} is damaged (its arrays are not those that were written); copy or train it anew")
    return head, arrays


def holds_model(path: str | os.PathLike[str]) -> bool:
    """Whether a file calls itself a model, whole or not."""
    try:
        with zipfile.ZipFile(path) as archive:
            return f"{_HEAD}.npy" in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def _digest(arrays: Mapping[str, Array]) -> str:
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
