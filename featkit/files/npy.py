"""``.npy`` files, written row by row without holding the result in memory."""

from __future__ import annotations

import os
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Self

import numpy as np

from featkit.errors import InputError, ReadError, ShapeError, WriteError
from featkit.files.atomic import output
from featkit.numeric import Array


class NpyWriter:
    """Write an array to a ``.npy`` file, blocks of rows at a time.

    The header is written first for no rows and patched at the end; the file appears under its name only when the
    ``with`` block ends well (see :func:`featkit.files.atomic.output`). ``"-"`` is standard output: the rows wait in a
    temporary file, because the number of rows comes first in the format.

    Parameters
    ----------
    path : path
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    WriteError
        If the file exists, or the system refuses.
    InputError
        If no block was written, so that the width of a row is not known.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with NpyWriter(folder + "/x.npy") as out:
    ...         for _ in range(3):
    ...             out.append(np.ones((2, 5), np.float32))
    ...     np.load(folder + "/x.npy").shape
    (6, 5)
    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        self.path = os.fspath(path)
        self._overwrite = overwrite
        self._stack = ExitStack()
        self._file: IO[bytes]
        self._row: tuple[int, ...] | None = None
        self._dtype = np.dtype(np.float32)
        self._header = 0
        self.rows = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape written so far."""
        return (self.rows, *(self._row or ()))

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The type of what is written."""
        return self._dtype

    def __enter__(self) -> Self:
        self._file = self._stack.enter_context(output(self.path, overwrite=self._overwrite))
        return self

    def append(self, rows: Array) -> None:
        """Write some more rows, of the same width and type as before."""
        if self._row is None:
            self._row, self._dtype = rows.shape[1:], rows.dtype
            self._write_header()
            self._header = self._file.tell()
        elif (rows.shape[1:], rows.dtype) != (self._row, self._dtype):
            raise ShapeError(
                f"rows of shape {rows.shape[1:]} and type {rows.dtype} cannot follow rows of shape {self._row} and type "
                f"{self._dtype} in {self.path}"
            )
        self._file.write(np.ascontiguousarray(rows).data)
        self.rows += len(rows)

    def _write_header(self) -> None:
        fields = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": self.shape}
        # NumPy pads the header so that the number of rows can grow in place.
        np.lib.format.write_array_header_1_0(self._file, fields)

    def complete(self) -> None:
        """Patch the header and hand everything to the disk; then only the renaming is left to do."""
        if self._row is None:
            raise InputError(f"nothing was written to {self.path}: there were no rows, not even their width is known")
        self._file.seek(0)
        self._write_header()
        if self._file.tell() != self._header:
            raise WriteError(
                f"{self.path}: the header grew from {self._header} to {self._file.tell()} bytes; report this"
            )
        self._file.seek(0, os.SEEK_END)
        self._file.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            with self._stack:  # what goes wrong now, a full disk say, still removes the temporary file
                self.complete()
        else:
            self._stack.__exit__(kind, error, trace)


def load(path: str | os.PathLike[str]) -> Array:
    """Map a ``.npy`` file into memory, read-only; never runs code from it (``allow_pickle=False``).

    Raises
    ------
    ReadError
        If it isn't there, isn't a ``.npy`` file, holds Python objects or is cut short.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            head = file.read(6)
        array = np.load(path, mmap_mode="r", allow_pickle=False) if head == b"\x93NUMPY" else None
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).splitlines()[0].lower()
        if "object" in reason or "pickle" in reason:
            reason = "it holds Python objects, which could run code"
        raise ReadError(f"{name} cannot be read as .npy: {reason}; make it anew or check the path") from None
    if not isinstance(array, np.ndarray):
        raise ReadError(f"{name} is not one .npy array and cannot be read as .npy; make it anew with featkit")
    return array
