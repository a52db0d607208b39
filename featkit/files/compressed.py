"""The bytes of a file, of standard input or of what they hold compressed, as often as one asks."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from featkit.errors import ReadError
from featkit.files.source import Spool, shown, spooled


class _Packing(NamedTuple):
    called: str
    ending: str
    mark: bytes
    open: Callable[[Any], Any]


_PACKINGS = (
    _Packing("gzip", ".gz", b"\x1f\x8b\x08", lambda file: gzip.GzipFile(fileobj=file)),
    _Packing("bzip2", ".bz2", b"BZh", bz2.BZ2File),
    _Packing("xz", ".xz", b"\xfd7zXZ\x00", lzma.LZMAFile),
)
_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)


class Bytes:
    """A file, or ``"-"``, that can be read again and again; gzip, bzip2 and xz are recognised by how they begin.

    Raises
    ------
    ReadError
        If it cannot be read, is named as if it were compressed and isn't, or the compressed data is damaged.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.spool = spooled(self.path)
        with self._raw() as file:
            head = file.read(6)
        self._packing = next((packing for packing in _PACKINGS if head.startswith(packing.mark)), None)
        named = next((packing for packing in _PACKINGS if self.path.lower().endswith(packing.ending)), None)
        if named is not None and named is not self._packing:
            really = f"it is {self._packing.called}" if self._packing else "it is not compressed so, or is damaged"
            raise ReadError(
                f"{self.shown} is named {named.ending} and does not begin as {named.called} does: {really}; rename it or get a "
                "whole copy"
            )

    @property
    def plain(self) -> bool:
        """Whether it is an ordinary file that is not compressed, of which a part can be read by itself."""
        return self.spool is None and self._packing is None

    @property
    def size(self) -> int | None:
        """How many bytes there are, where that is known without reading them all."""
        return os.stat(self.path).st_size if self.plain else None

    @property
    def name(self) -> str:
        """The file's name without the ending that says how it is compressed."""
        name = Path(self.path).name
        return name if self._packing is None else name.removesuffix(self._packing.ending)

    @property
    def shown(self) -> str:
        """The path as messages name it."""
        return shown(self.path)

    @contextmanager
    def _raw(self) -> Iterator[IO[bytes]]:
        with io.BufferedReader(_Anew(self.spool), 1 << 16) if self.spool else open(self.path, "rb") as file:
            yield file

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The bytes from the beginning, decompressed."""
        try:
            with self._raw() as file:
                if self._packing is None:
                    yield file
                    return
                with self._packing.open(file) as unpacked:
                    yield unpacked
        except _DAMAGED as error:
            kind = self._packing.called if self._packing else "compressed"
            reason = str(error).splitlines()[0].lower().rstrip(".") if str(error) else "it ends too early"
            raise ReadError(
                f"{self.shown} is damaged or cut short as {kind} data: {reason}; get a whole copy"
            ) from None
        except ReadError:
            raise
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            if self._packing is not None and error.errno is None:  # so bz2 says that its data is none
                raise ReadError(
                    f"{self.shown} is damaged as {self._packing.called} data: {reason}; get a whole copy"
                ) from None
            raise ReadError(f"{self.shown} cannot be read: {reason}; check the path") from None

    def chunks(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` to before ``stop``, at most ``size`` at a time."""
        with self.open() as file:
            if start:
                file.seek(start)
            at = start
            while chunk := file.read(size if stop is None else min(size, stop - at)):
                yield chunk
                at += len(chunk)

    def head(self, size: int) -> bytes:
        """The first bytes."""
        with self.open() as file:
            return file.read(size)


class _Anew(io.RawIOBase):
    """What was kept of a pipe, read from its beginning with a position of its own."""

    _one_at_a_time = threading.Lock()

    def __init__(self, spool: Spool) -> None:
        super().__init__()
        self._spool, self._at = spool, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        with self._one_at_a_time:
            end = self._spool.rewound().seek(0, os.SEEK_END)
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: end}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        with self._one_at_a_time:
            file = self._spool.rewound()
            file.seek(self._at)
            data = file.read(len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
