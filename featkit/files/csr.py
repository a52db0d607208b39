"""Sparse matrices as ``.npz`` files that ``scipy.sparse.load_npz`` reads, written row by row without holding the result."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np

from featkit.errors import InputError, ReadError, ShapeError
from featkit.files.atomic import output
from featkit.numeric import Array

_AT_A_TIME = 1 << 20


class CsrWriter:
    """Write a CSR matrix to a ``.npz`` file, blocks of rows at a time.

    The parts of the matrix grow in nameless temporary files beside the target and are put together at the end; the file
    appears under its name only when the ``with`` block ends well (see :func:`featkit.files.atomic.output`). ``"-"`` is standard
    output. Equal matrices make equal bytes.

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
        If no block was written, so that the number of columns is not known.

    Examples
    --------
    >>> import tempfile
    >>> from scipy import sparse
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with CsrWriter(folder + "/x.npz") as out:
    ...         for _ in range(3):
    ...             out.append(sparse.csr_array([[0, 1, 0], [2, 0, 3]]))
    ...     sparse.load_npz(folder + "/x.npz").shape
    (6, 3)
    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        self.path = os.fspath(path)
        self._overwrite = overwrite
        self._stack = ExitStack()
        self._file: IO[bytes]
        self._columns: int | None = None
        self._dtype = np.dtype(np.float64)
        self.rows, self.stored, self.bytes = 0, 0, 0  # bytes: of the file, once it is complete

    @property
    def shape(self) -> tuple[int, int]:
        """The shape written so far."""
        return self.rows, self._columns or 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of what is written."""
        return self._dtype

    def __enter__(self) -> Self:
        self._file = self._stack.enter_context(output(self.path, overwrite=self._overwrite))
        beside = None if self.path == "-" else Path(self.path).parent
        try:
            self._data, self._indices, self._ends = (self._part(beside) for _ in range(3))
        except BaseException as error:
            self._stack.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def _part(self, folder: Path | None) -> IO[bytes]:
        return self._stack.enter_context(tempfile.TemporaryFile(dir=folder))

    def append(self, rows: Any) -> None:
        """Write some more rows, a CSR matrix of the same width and type as before."""
        if self._columns is None:
            self._columns, self._dtype = rows.shape[1], rows.dtype
        elif (rows.shape[1], rows.dtype) != (self._columns, self._dtype):
            raise ShapeError(
                f"rows of {rows.shape[1]} columns and type {rows.dtype} cannot follow rows of {self._columns} columns and type "
                f"{self._dtype} in {self.path}"
            )
        ends = rows.indptr[1:].astype(np.int64) - rows.indptr[0]
        self._data.write(np.ascontiguousarray(rows.data).data)
        self._indices.write(np.ascontiguousarray(rows.indices, np.int32).data)
        self._ends.write((ends + self.stored).data)
        self.rows += rows.shape[0]
        self.stored += int(ends[-1]) if len(ends) else 0

    def complete(self) -> None:
        """Put the parts together and hand everything to the disk; then only the renaming is left to do."""
        if self.bytes:
            return
        if self._columns is None:
            raise InputError(f"nothing was written to {self.path}: there were no rows, not even their width is known")
        index = np.dtype(np.int32 if max(self.stored, self._columns) < 2**31 else np.int64)
        with zipfile.ZipFile(self._file, "w") as archive:
            # The values come last: what is small can be read without going far.
            write_member(archive, "format", np.array(b"csr"))
            write_member(archive, "shape", np.array(self.shape, np.int64))
            start = np.zeros(1, np.int64)
            _member(archive, "indptr", index, self.rows + 1, _pieces(self._ends, np.dtype(np.int64), index, start))
            _member(archive, "indices", index, self.stored, _pieces(self._indices, np.dtype(np.int32), index))
            _member(archive, "data", self._dtype, self.stored, _pieces(self._data, self._dtype, self._dtype))
        self._file.flush()
        self.bytes = self._file.tell()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            with self._stack:  # what goes wrong now, a full disk say, still removes the temporary files
                self.complete()
        else:
            self._stack.__exit__(kind, error, trace)


def write_member(archive: zipfile.ZipFile, name: str, array: Array) -> None:
    """Write an array as a member of a ``.npz`` archive, not compressed, so that it can be mapped into memory."""
    flat = np.ascontiguousarray(array).reshape(-1)
    blocks = (flat[at : at + _AT_A_TIME].tobytes() for at in range(0, len(flat), _AT_A_TIME))
    _write(archive, name, array.dtype, array.shape, array.nbytes, blocks)


def _member(archive: zipfile.ZipFile, name: str, dtype: np.dtype[Any], length: int, pieces: Iterator[bytes]) -> None:
    _write(archive, name, dtype, (length,), length * dtype.itemsize, pieces)


def _write(
    archive: zipfile.ZipFile,
    name: str,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    size: int,
    pieces: Iterator[bytes],
) -> None:
    member = zipfile.ZipInfo(f"{name}.npy")  # with no time of its own, so that equal matrices make equal bytes
    with archive.open(member, "w", force_zip64=size > 2**31 - 4096) as file:
        descr = np.lib.format.dtype_to_descr(dtype)
        np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
        for piece in pieces:
            file.write(piece)


def _pieces(
    file: IO[bytes], stored: np.dtype[Any], wanted: np.dtype[Any], first: Array | None = None
) -> Iterator[bytes]:
    if first is not None:
        yield first.astype(wanted).tobytes()
    file.seek(0)
    while piece := file.read(_AT_A_TIME * stored.itemsize):
        yield piece if stored == wanted else np.frombuffer(piece, stored).astype(wanted).tobytes()


def members(path: str | os.PathLike[str]) -> dict[str, Array]:
    """The arrays of a ``.npz`` file, mapped into memory read-only where they are not compressed.

    Raises
    ------
    ReadError
        If it isn't there, is no archive of arrays, is damaged, or holds Python objects.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            return {
                Path(member.filename).stem: _mapped(name, file, archive, member)
                for member in archive.infolist()
                if member.filename.endswith(".npy")
            }
    except ReadError:
        raise
    except (OSError, ValueError, EOFError, SyntaxError, zipfile.BadZipFile, NotImplementedError) as error:
        reason = (getattr(error, "strerror", None) or str(error) or "it is damaged").splitlines()[0].lower()
        if "object" in reason or "pickle" in reason:
            reason = "it holds Python objects, which could run code"
        raise ReadError(f"{name} cannot be read as .npz: {reason}; make it anew or check the path") from None


def _mapped(name: str, file: IO[bytes], archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Array:
    with archive.open(member) as opened:
        version = np.lib.format.read_magic(opened)
        if version != (1, 0) or member.compress_type != zipfile.ZIP_STORED:
            with archive.open(member) as whole:
                array: Array = np.lib.format.read_array(whole, allow_pickle=False)
            return array
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(opened)
        header = opened.tell()
    if dtype.hasobject:
        raise ReadError(f"{name} cannot be read as .npz: it holds Python objects, which could run code; make it anew")
    file.seek(member.header_offset + 26)
    lengths = np.frombuffer(file.read(4), "<u2")
    begin = member.header_offset + 30 + int(lengths.sum()) + header
    if int(np.prod(shape, dtype=np.int64)) * dtype.itemsize != member.file_size - header:
        raise ReadError(f"{name} cannot be read as .npz: {member.filename} is cut short; make it anew")
    if not member.file_size - header:
        return np.empty(shape, dtype)
    return np.asarray(np.memmap(name, dtype, "r", begin, shape, "F" if fortran else "C"))


def load_csr(path: str | os.PathLike[str]) -> Any:
    """A sparse matrix from a ``.npz`` file, its values mapped into memory where they are not compressed.

    Raises
    ------
    ReadError
        If it is no CSR matrix.
    """
    from scipy import sparse

    parts = members(path)
    if not _PARTS.issubset(parts) or parts["format"].item() not in (b"csr", "csr"):
        raise ReadError(
            f"{os.fspath(path)} holds no CSR matrix but {', '.join(parts) or 'nothing'}; make it with featkit bow"
        )
    shape = tuple(parts["shape"].tolist())
    ends, stored = parts["indptr"], len(parts["data"])
    sound = len(shape) == 2 and len(ends) == shape[0] + 1 and len(parts["indices"]) == stored
    if not sound or ends[0] != 0 or ends[-1] != stored or (np.diff(ends) < 0).any():
        raise ReadError(f"{os.fspath(path)} is damaged: the parts of the matrix don't fit each other; make it anew")
    return sparse.csr_array((parts["data"], parts["indices"], ends), shape=shape)


_PARTS = frozenset(("format", "shape", "indptr", "indices", "data"))


def holds_csr(path: str | os.PathLike[str]) -> bool:
    """Whether a file is an archive with the parts of a sparse matrix in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _PARTS.issubset(Path(name).stem for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def column_sums(matrix: Any) -> Array:
    """The sum of each column of a CSR matrix or an array, float64, however much of it is on the disk."""
    sums = np.zeros(matrix.shape[1])
    if isinstance(matrix, np.ndarray):
        step = max(1, _AT_A_TIME // max(1, matrix.shape[1]))
        for at in range(0, len(matrix), step):
            sums += matrix[at : at + step].sum(axis=0, dtype=np.float64)
        return sums
    for at in range(0, matrix.nnz, _AT_A_TIME):
        part = slice(at, at + _AT_A_TIME)
        columns = matrix.indices[part]
        if columns.min() < 0 or columns.max() >= len(sums):
            raise ReadError(f"a matrix of {len(sums)} columns has an entry in another one: it is damaged; make it anew")
        sums += np.bincount(columns, matrix.data[part], len(sums))
    return sums
