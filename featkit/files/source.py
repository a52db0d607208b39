"""Where a file's bytes come from, and what they look like: for every reader alike."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import weakref
from typing import IO, Any

from featkit.errors import FeatkitError, ParameterError, ReadError, WriteError

#: Bytes, where they stand in a file, and what begins so.
_SIGNATURES = (
    (b"\x89PNG", 0, "a PNG image"),
    (b"\xff\xd8\xff", 0, "a JPEG image"),
    (b"GIF8", 0, "a GIF image"),
    (b"II*\x00", 0, "a TIFF image"),
    (b"MM\x00*", 0, "a TIFF image"),
    (b"WEBP", 8, "a WebP image"),
    (b"\x93NUMPY", 0, "a NumPy array"),
    (b"ftyp", 4, "an MP4 or M4A file"),
    (b"\x1a\x45\xdf\xa3", 0, "a Matroska or WebM file"),
    (b"PK\x03\x04", 0, "a zip archive"),
    (b"\x1f\x8b", 0, "a gzip file"),
    (b"%PDF", 0, "a PDF file"),
)
#: What sound begins with; only readers of something else ask.
_SOUND = (
    (b"WAVE", 8, "a WAV file"),
    (b"fLaC", 0, "a FLAC file"),
    (b"OggS", 0, "an Ogg file"),
    (b"ID3", 0, "an MP3 file"),
    (b"FORM", 0, "an AIFF file"),
)


def looks_like(head: bytes, sound: bool = False) -> str | None:
    r"""What a file that begins with ``head`` is, as far as is known here; ``sound``: sound too.

    >>> looks_like(b"\x89PNG\r\n"), looks_like(b"RIFF....WAVEfmt ", sound=True)
    ('a PNG image', 'a WAV file')
    """
    known = (*_SIGNATURES, *_SOUND) if sound else _SIGNATURES
    return next((kind for mark, at, kind in known if head[at : at + len(mark)] == mark), None)


class Spool:
    """What can be read only once (standard input, a pipe), kept in a temporary file for as long as this lives."""

    def __init__(self, source: IO[bytes]) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (closed with this object)
        weakref.finalize(self, self._file.close)
        while chunk := source.read(1 << 20):
            try:
                self._file.write(chunk)
                self._file.flush()
            except OSError as error:
                raise WriteError(
                    f"the temporary file for what comes in once cannot be written in {tempfile.gettempdir()}: "
                    f"{(error.strerror or str(error)).lower()}; free some space or set TMPDIR to another folder"
                ) from None

    def rewound(self) -> IO[bytes]:
        """The file, at its beginning."""
        self._file.seek(0)
        return self._file


def spooled(path: str) -> Spool | None:
    """Keep what can be read only once; None for an ordinary file. Refuse what cannot be read at all."""
    try:
        if path == "-":
            if sys.stdin is None:
                raise ReadError("standard input is closed; give a file, or send one to it")
            return Spool(sys.stdin.buffer)
        with open(path, "rb") as source:
            return None if stat.S_ISREG(os.fstat(source.fileno()).st_mode) else Spool(source)
    except FeatkitError:
        raise
    except (OSError, ValueError) as error:
        folder = path != "-" and os.path.isdir(path)
        remedy = "give a file (a folder is searched by the command line only)" if folder else "check the path"
        reason = getattr(error, "strerror", None) or str(error)
        raise ReadError(f"{shown(path)} cannot be read: {reason.lower()}; {remedy}") from None


def head_of(path: str, spool: Spool | None) -> bytes:
    """The first bytes of a file, or of what was kept of it."""
    if spool is not None:
        return spool.rewound().read(16)
    with open(path, "rb") as file:
        return file.read(16)


def shown(path: str) -> str:
    """A path as messages name it."""
    return "standard input" if path == "-" else path


def one_of(name: str, value: Any, known: tuple[Any, ...], also: type | None = None) -> None:
    """Raise :class:`ParameterError` unless a reader's option is one of the known ones, or of the type ``also``."""
    if value not in known and not (also is not None and isinstance(value, also) and not isinstance(value, bool)):
        raise ParameterError(
            f"{name} must be one of {', '.join(map(repr, known))}{' or a number' * (also is int)}, got {value!r}"
        )
