"""Manifests: one JSON object a line that names what is heard, seen and read of a sample, and what it is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from featkit.errors import ReadError

#: The modalities a manifest can name: of the first two a file, of the last one the text itself.
MODALITIES = ("audio", "image", "text")


class Sample(NamedTuple):
    """One line of a manifest."""

    line: int
    audio: str | None  # a path that can be opened from here
    image: str | None
    text: str | None
    label: Any  # a label, a list of them, or None
    split: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """The modalities it has."""
        return tuple(name for name in MODALITIES if getattr(self, name) is not None)


class Problem(NamedTuple):
    """A line, or what it names, that cannot be read."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class Manifest(NamedTuple):
    """What could be read, and what couldn't."""

    samples: list[Sample]
    problems: list[Problem]


def read_manifest(path: str | os.PathLike[str], label: str | None = "label", split: str | None = None) -> Manifest:
    r"""Read a manifest; paths in it are relative to it.

    Parameters
    ----------
    path : path
    label : str or None
        The key that holds the label: ``"label"`` one (a text or an integer), ``"labels"`` a list of them. None: none is needed.
    split : str, optional
        Only the lines whose ``split`` is this.

    Returns
    -------
    Manifest
        Its samples, and the lines that are no samples, each with a reason.

    Raises
    ------
    ReadError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "manifest.jsonl")
    ...     _ = file.write_text('{"text": "seven", "label": 7}\n{"text": 7}\n')
    ...     samples, problems = read_manifest(file)
    >>> samples[0].text, samples[0].label, str(problems[0])
    ('seven', 7, 'line 2: text must be a string, got 7')
    """
    name, folder = os.fspath(path), Path(path).parent
    found = Manifest([], [])
    for number, line in enumerate(_lines(name), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            found.problems.append(Problem(number, f"not JSON ({error})"))
            continue
        if isinstance(record, dict) and split is not None and record.get("split") != split:
            continue
        wrong = _wrong(record, label)
        if wrong:
            found.problems.append(Problem(number, wrong))
            continue
        audio, image = (None if record.get(key) is None else str(folder / record[key]) for key in ("audio", "image"))
        told = None if label is None else record[label]
        found.samples.append(Sample(number, audio, image, record.get("text"), told, record.get("split")))
    return found


def _lines(name: str) -> Iterator[str]:
    try:
        with open(name, encoding="utf-8-sig") as file:
            yield from file
    except UnicodeDecodeError as error:
        raise ReadError(f"{name} is not UTF-8 ({error.reason} at byte {error.start}); convert it") from None
    except OSError as error:
        raise ReadError(f"{name} cannot be read: {(error.strerror or str(error)).lower()}; check the path") from None


def _wrong(record: Any, label: str | None) -> str:
    """What is wrong with a line, if anything."""
    if not isinstance(record, dict):
        return f"a JSON object is needed, got {type(record).__name__}"
    for key in MODALITIES:
        if not isinstance(record.get(key), (str, type(None))):
            return f"{key} must be a string, got {record[key]!r}"
    if all(record.get(key) is None for key in MODALITIES):
        return f"it names none of {', '.join(MODALITIES)}"
    if label is None:
        return ""
    if record.get(label) is None:
        return f"it has no {label!r}; its keys are {', '.join(map(str, record))}"
    told = record[label] if isinstance(record[label], list) else [record[label]]
    if label == "labels" and not isinstance(record[label], list):
        return f"labels must be a list, got {record[label]!r}"
    if label != "labels" and isinstance(record[label], list):
        return f"{label} must be one label, got a list; name it labels for several"
    for one in told:
        if not isinstance(one, (str, int)) or isinstance(one, bool):
            return f"a label is a text or an integer, got {one!r}"
    return ""
