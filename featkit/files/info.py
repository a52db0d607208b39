"""What a file is, and how it was made."""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from featkit.errors import ReadError
from featkit.files.csr import holds_csr, load_csr
from featkit.files.image import SUFFIXES as IMAGE_SUFFIXES
from featkit.files.image import images
from featkit.files.model import holds_model, read_head
from featkit.files.npy import load
from featkit.files.sidecar import read_sidecar
from featkit.files.sound import blocks
from featkit.files.source import looks_like
from featkit.files.vocabulary import most_frequent

#: A stage in the text of several.
_CALL = re.compile(r"\b([A-Z]\w*)\(")


def info(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Describe a feature file (``.npy``, ``.npz``), a sparse matrix (``.npz``), an image file or a sound file.

    Returns
    -------
    dict
        For arrays: ``shape``, ``dtype``, ``min``, ``max``, ``mean``, ``finite``, and under ``made`` the sidecar's record.
        For sparse matrices: ``shape``, ``dtype``, ``stored``, ``density`` and ``made``. Where a vocabulary is beside it,
        ``terms``: those with the largest sums.
        For models: the versions that wrote it, ``facts`` (how it was trained), and which ``stages`` it is made of.
        For images: ``format``, ``mode`` as Pillow has it, ``height`` and ``width`` upright, ``orientation`` by EXIF, ``frames``,
        and ``made`` where there is a sidecar.
        For sound: ``rate``, ``channels``, ``samples``, ``seconds``, ``cut_short`` where the header announces more, and
        ``made`` where there is a sidecar.

    Raises
    ------
    ReadError
        If it isn't there or is none of these.
    """
    name = os.fspath(path)
    try:
        # What can be read only once, a pipe, is left to the reader of sound.
        ordinary = stat.S_ISREG(os.stat(path).st_mode)
        with open(path, "rb") if ordinary else nullcontext(io.BytesIO()) as file:
            head = file.read(16)
    except OSError as error:
        raise ReadError(f"{name} cannot be read: {(error.strerror or str(error)).lower()}; check the path") from None
    made = read_sidecar(path)
    if head.startswith(b"\x93NUMPY") or Path(name).suffix == ".npy":
        array = load(path)
        return {"file": name, "kind": "npy", **_array(array), **most_frequent(name, made, array), "made": made}
    if holds_csr(path):
        matrix = load_csr(path)
        return {"file": name, "kind": "csr", **_matrix(matrix), **most_frequent(name, made, matrix), "made": made}
    if head.startswith(b"PK") and holds_model(path):
        told, arrays = read_head(name)
        facts = {key: told[key] for key in ("featkit", "numpy", "facts")}
        stages = {label: ", ".join(dict.fromkeys(_CALL.findall(text))) for label, text in told["stages"].items()}
        return {"file": name, "kind": "model", **facts, "stages": stages, "arrays": len(arrays)}
    if head.startswith(b"PK") or Path(name).suffix == ".npz":
        return {"file": name, "kind": "npz", "arrays": _archive(name), "made": made}
    if ordinary and ((looks_like(head) or "").endswith("image") or Path(name).suffix.lower() in IMAGE_SUFFIXES):
        return _image(name, made)
    sound = blocks(path, channels="each", truncated="keep")
    return {
        "file": name,
        "kind": "sound",
        "rate": sound.rate,
        "channels": sound.channels,
        "samples": sound.samples,
        "seconds": sound.samples / sound.rate,
        **({"cut_short": sound.shortfall} if sound.shortfall else {}),
        **({"made": made} if made else {}),
    }


def _image(name: str, made: dict[str, Any] | None) -> dict[str, Any]:
    image = images(name)
    height, width = image.upright
    return {
        "file": name,
        "kind": "image",
        "format": image.format,
        "mode": image.pillow_mode,
        "height": height,
        "width": width,
        "orientation": image.orientation,
        "frames": image.frames,
        **({"made": made} if made else {}),
    }


def _matrix(matrix: Any) -> dict[str, Any]:
    rows, columns = matrix.shape
    facts = {"shape": [rows, columns], "dtype": str(matrix.dtype), "stored": int(matrix.nnz)}
    return {**facts, "density": matrix.nnz / (rows * columns) if rows and columns else 0.0}


def _array(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"shape": list(array.shape), "dtype": str(array.dtype), "bytes": array.nbytes}
    if array.size and array.dtype.kind in "fiu":
        low, high, total, count = np.inf, -np.inf, 0.0, 0
        for at in range(0, len(array) if array.ndim else 1, 4096):  # a mapped file of any size
            rows = np.asarray(array[at : at + 4096] if array.ndim else array)
            finite = rows[np.isfinite(rows)]
            if finite.size:
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
                total, count = total + float(finite.sum(dtype=np.float64)), count + finite.size
        values = {"min": low, "max": high, "mean": total / count} if count else {}
        facts |= {**values, "finite": count == array.size}
    return facts


def _archive(name: str) -> dict[str, Any]:
    try:
        with np.load(name, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        return {key: {"shape": list(array.shape), "dtype": str(array.dtype)} for key, array in arrays.items()}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile):
        raise ReadError(
            f"{name} cannot be read as .npz: it is no archive of NumPy arrays, or damaged; make it anew"
        ) from None
