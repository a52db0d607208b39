"""How far a training has come, as a file from which it goes on."""

from __future__ import annotations

import os
import zipfile
from typing import Any

import numpy as np

from featkit.errors import ReadError
from featkit.files.atomic import output
from featkit.text.embeddings.training import Training


def write_checkpoint(path: str | os.PathLike[str], training: Training) -> None:
    """Write a training, in place of the one that was there; whoever is interrupted leaves the one or the other whole.

    Raises
    ------
    WriteError
        If the system refuses.
    """
    named: dict[str, Any] = {f"table_{number}": table for number, table in enumerate(training.tables)}
    with output(path, overwrite=True) as file:
        np.savez(
            file,
            learner=np.array(training.learner),
            corpus=np.array(training.corpus),
            progress=np.array([training.done, training.of]),
            **named,
        )


def load_checkpoint(path: str | os.PathLike[str]) -> Training:
    """Read a training.

    Raises
    ------
    ReadError
        If it isn't there or is no training.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_checkpoint(folder + "/x.ckpt", Training("Word2Vec()", "abc", (np.zeros((2, 3)),), 1, 5))
    ...     load_checkpoint(folder + "/x.ckpt").share
    0.2
    """
    name = os.fspath(path)
    try:
        with np.load(path, allow_pickle=False) as parts:
            tables = tuple(parts[f"table_{number}"] for number in range(len(parts.files) - 3))
            done, of = parts["progress"].tolist()
            return Training(str(parts["learner"]), str(parts["corpus"]), tables, done, of)
    except (OSError, ValueError, KeyError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        reason = (getattr(error, "strerror", None) or str(error)).splitlines()[0].lower()
        raise ReadError(f"{name} cannot be read as a checkpoint: {reason}; delete it to begin anew") from None
