"""A power spectrogram as a picture: time to the right, frequency upwards, decibels from dark to light."""

from __future__ import annotations

import os
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Self

import numpy as np

from featkit.errors import InputError
from featkit.files.atomic import explained, output
from featkit.numeric import Array

#: Colours of levels in equal steps from the softest to the loudest.
_RAMP = ((8, 8, 24), (58, 20, 92), (142, 36, 104), (218, 72, 70), (250, 160, 50), (252, 250, 190))


def draw(power: Array, range_db: float) -> Array:
    """Rows of power as a picture, uint8 of shape (bins, frames, 3), whose white is the largest power.

    >>> draw(np.array([[1.0, 1e-4], [1e-2, 0.0]]), range_db=40.0)[:, :, 0]
    array([[  8,   8],
           [252, 180]], dtype=uint8)
    """
    loudest = float(power.max(initial=0.0)) or 1.0
    levels = np.maximum(power / loudest, 10.0 ** (-range_db / 10))
    place = 1.0 + 10.0 * np.log10(levels) / range_db  # 0 to 1
    ramp = np.array(_RAMP, np.float64)
    steps = np.linspace(0.0, 1.0, len(ramp))
    colours = np.stack([np.interp(place, steps, ramp[:, channel]) for channel in range(3)], axis=-1)
    return np.round(colours).astype(np.uint8).transpose(1, 0, 2)[::-1]


class PictureWriter:
    """Write a power spectrogram as a PNG file; it appears under its name only when the ``with`` block ends well.

    Parameters
    ----------
    path : path
        ``"-"`` is standard output.
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    WriteError
        If the file exists, or the system refuses.
    InputError
        If no row was written.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with PictureWriter(folder + "/x.png") as out:
    ...         out.append(np.ones((5, 3)))
    ...     out.shape
    (3, 5, 3)
    """

    #: How it is drawn; for the sidecar.
    scale = "80 dB below the loudest"

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        self.path = os.fspath(path)
        self._overwrite = overwrite
        self._stack = ExitStack()
        self._file: IO[bytes]
        self._blocks: list[Array] = []
        self._complete = False
        self.rows = self.bytes = 0
        self.dtype = np.dtype(np.uint8)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the picture: height, width, channels."""
        return (self._blocks[0].shape[1] if self._blocks else 0, self.rows, 3)

    def __enter__(self) -> Self:
        self._file = self._stack.enter_context(output(self.path, overwrite=self._overwrite))
        return self

    def append(self, rows: Array) -> None:
        """Some more rows; they wait for the loudest."""
        self._blocks.append(rows)
        self.rows += len(rows)

    def complete(self) -> None:
        """Draw; then only the renaming is left to do."""
        if self._complete:
            return
        from PIL import Image

        if not self.rows:
            raise InputError(f"nothing was written to {self.path}: a picture of no frames cannot be drawn")
        picture = Image.fromarray(np.ascontiguousarray(draw(np.concatenate(self._blocks), 80.0)))
        with explained(self.path):
            picture.save(self._file, "PNG")
            self.bytes = self._file.tell()
            self._file.flush()
        self._complete = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            with self._stack:  # what goes wrong now, a full disk say, still removes the temporary file
                self.complete()
        else:
            self._stack.__exit__(kind, error, trace)
