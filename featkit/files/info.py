"""What a file is, and how it was made."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from featkit.errors import ReadError
from featkit.files.npy import load
from featkit.files.sidecar import read_sidecar
from featkit.files.sound import blocks


def info(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Describe a feature file (``.npy``, ``.npz``) or a sound file.

    Returns
    -------
    dict
        For arrays: ``shape``, ``dtype``, ``min``, ``max``, ``mean``, ``finite``, and under ``made`` the sidecar's record.
        For sound: ``rate``, ``channels``, ``samples``, ``seconds``.

    Raises
    ------
    ReadError
        If it isn't there or is neither.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            head = file.read(6)
    except OSError as error:
        raise ReadError(f"{name} cannot be read: {(error.strerror or str(error)).lower()}; check the path") from None
    if head == b"\x93NUMPY" or Path(name).suffix == ".npy":
        return {"file": name, "kind": "npy", **_array(load(path)), "made": read_sidecar(path)}
    if head.startswith(b"PK") or Path(name).suffix == ".npz":
        return {"file": name, "kind": "npz", "arrays": _archive(name), "made": read_sidecar(path)}
    sound = blocks(path, channels="each", truncated="keep")
    return {
        "file": name,
        "kind": "sound",
        "rate": sound.rate,
        "channels": sound.channels,
        "samples": sound.samples,
        "seconds": sound.samples / sound.rate,
    }


def _array(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"shape": list(array.shape), "dtype": str(array.dtype), "bytes": array.nbytes}
    if array.size and array.dtype.kind in "fiu":
        low, high, total, finite = np.inf, -np.inf, 0.0, True
        for at in range(0, len(array) if array.ndim else 1, 4096):  # a mapped file of any size
            rows = array[at : at + 4096] if array.ndim else array
            low, high = min(low, float(rows.min())), max(high, float(rows.max()))
            total += float(rows.sum(dtype=np.float64))
            finite = finite and bool(np.isfinite(rows).all())
        facts |= {"min": low, "max": high, "mean": total / array.size, "finite": finite}
    return facts


def _archive(name: str) -> dict[str, Any]:
    try:
        with np.load(name, allow_pickle=False) as archive:
            return {key: {"shape": list(archive[key].shape), "dtype": str(archive[key].dtype)} for key in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise ReadError(f"{name} cannot be read as .npz: {error}; make it anew") from None
