"""The sidecar: a JSON file beside every output that says how it was made."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from featkit.files.atomic import atomic
from featkit.version import __version__


def sidecar_path(output: str | os.PathLike[str]) -> Path:
    """``x.mfcc.npy`` -> ``x.mfcc.npy.json``."""
    return Path(f"{os.fspath(output)}.json")


def fingerprint(source: str) -> dict[str, Any]:
    """What tells whether an input has changed: its size and time of last change."""
    status = os.stat(source)
    return {"path": source, "bytes": status.st_size, "mtime_ns": status.st_mtime_ns}


def write_sidecar(output: str | os.PathLike[str], record: dict[str, Any]) -> None:
    """Write ``record``, with the versions that computed it, beside ``output``; an older one is replaced."""
    import scipy

    versions = {"featkit": __version__, "numpy": np.__version__, "scipy": scipy.__version__}
    with atomic(sidecar_path(output), overwrite=True) as file:
        file.write((json.dumps({**versions, **record}, indent=2, ensure_ascii=False) + "\n").encode())


def read_sidecar(output: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The record beside ``output``, or None where there is none that can be read."""
    try:
        record = json.loads(sidecar_path(output).read_bytes())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and "featkit" in record else None
