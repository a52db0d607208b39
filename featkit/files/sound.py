"""Sound files, through libsndfile: whole or block by block, every doubt an error with its remedy."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

import numpy as np

from featkit.errors import InputError, ParameterError, ReadError
from featkit.numeric import Array, as_finite, row_sum

#: None: the file must have one channel; an integer: that one, from 0; "mix": their mean; "each": all, as columns.
Channels: TypeAlias = int | Literal["mix", "first", "each"] | None

#: Endings under which a directory is searched for sound.
SUFFIXES = frozenset(
    (
        ".wav",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".mp3",
        ".aif",
        ".aiff",
        ".aifc",
        ".au",
        ".snd",
        ".caf",
        ".w64",
        ".rf64",
        ".voc",
    )
)

_SIGNATURES = (
    (b"\x89PNG", 0, "a PNG image"),
    (b"\xff\xd8\xff", 0, "a JPEG image"),
    (b"\x93NUMPY", 0, "a NumPy array"),
    (b"ftyp", 4, "an MP4 or M4A file"),
    (b"\x1a\x45\xdf\xa3", 0, "a Matroska or WebM file"),
    (b"PK\x03\x04", 0, "a zip archive"),
    (b"\x1f\x8b", 0, "a gzip file"),
    (b"%PDF", 0, "a PDF file"),
)
# A header written before the length was known says 2 or 4 GiB, less some bytes in a few programs; that isn't a lie.
_UNKNOWN_LENGTH = 2**31 - 4096


class SoundBlocks:
    """A sound file as an iterable of blocks of samples; made by :func:`blocks`.

    Every iteration opens the file anew, so it can be read several times (but standard input, which is kept in a
    temporary file for that).

    Attributes
    ----------
    path : str
        As given; ``"-"`` is standard input.
    rate : int
        Samples a second.
    channels : int
        Channels in the file.
    samples : int
        Samples in each channel, as the header has it.
    """

    def __init__(self, path: str | os.PathLike[str], size: int, channels: Channels, dtype: str, truncated: str) -> None:
        if size < 1:
            raise ParameterError(f"a block needs at least one sample, got {size=}")
        _one_of("channels", channels, (None, "mix", "first", "each"), also=int)
        _one_of("dtype", dtype, ("float32", "float64"))
        _one_of("truncated", truncated, ("error", "keep"))
        self.path = os.fspath(path)
        self._size, self._choice, self._dtype, self._truncated = size, channels, dtype, truncated
        self._spooled: IO[bytes] | None = _spool(self.path)
        with self._open() as file:
            self.rate, self.channels, self.samples = file.samplerate, file.channels, file.frames
            self._note = file.extra_info
        self._check_channels()
        self._check_length()

    def __iter__(self) -> Iterator[Array]:
        done, size = 0, self._size
        while size:
            with self._open() as file:
                try:
                    if done:
                        file.seek(done)
                    while len(block := file.read(size, dtype=self._dtype, always_2d=True)):
                        yield self._chosen(block, done)
                        done += len(block)
                    break
                except RuntimeError as error:  # damaged somewhere in this block: what is before it is good
                    self._cut_short(done, str(error).rpartition(" : ")[2].rstrip("."))
                    size //= 4
        if done < self.samples:
            self._cut_short(done, f"{self.samples} samples were announced")

    def _chosen(self, block: Array, start: int) -> Array:
        if self._choice == "mix":
            block = row_sum(block)[:, 0] / block.dtype.type(self.channels)
        elif self._choice != "each":
            block = np.ascontiguousarray(block[:, self._choice if isinstance(self._choice, int) else 0])
        try:
            return as_finite(block, start, "sample")
        except InputError as error:
            raise InputError(f"{self.shown}: {error}") from None

    @property
    def shown(self) -> str:
        """The path as messages name it."""
        return "standard input" if self.path == "-" else self.path

    # --- doubts -----------------------------------------------------------------------------------------------------------

    def _check_channels(self) -> None:
        if self._choice is None and self.channels > 1:
            raise InputError(
                f"{self.shown} has {self.channels} channels and one is needed; choose channels='mix' (their mean), 'first' or "
                f"a number from 0 to {self.channels - 1} (on the command line: --channels mix)"
            )
        if isinstance(self._choice, int) and not 0 <= self._choice < self.channels:
            raise InputError(
                f"{self.shown} has no channel {self._choice}; it has {self.channels}, numbered from 0 to {self.channels - 1}"
            )

    def _check_length(self) -> None:
        # libsndfile reads what there is and only its log tells that the header promised more.
        for announced, found in re.findall(
            r"^\s*(?:data|SSND)\s*:\s*(\d+) \(should be (\d+)\)", self._note, re.MULTILINE
        ):
            if self._truncated == "error" and int(found) < int(announced) < _UNKNOWN_LENGTH:
                self._cut_short(self.samples, f"{announced} bytes of sound were announced and {found} are there")
        if not self.samples:
            after = re.search(r"^data\s*: 0\s*$", self._note, re.MULTILINE) and "Unknown chunk marker" in self._note
            raise InputError(
                f"{self.shown} holds no samples"
                + (
                    ": its header says 0 bytes of sound although bytes follow, as a recorder that was stopped leaves it; "
                    "rewrite the header, as `sox --ignore-length in.wav out.wav` does"
                    if after
                    else "; record it anew or leave it out"
                )
            )

    def _cut_short(self, done: int, why: str) -> None:
        if self._truncated == "error":
            raise ReadError(
                f"{self.shown} is cut short or damaged after sample {done} ({done / self.rate:.3f} s): {why}; get a whole copy, "
                "or take what is there with truncated='keep' (on the command line: --truncated keep)"
            )

    # --- opening ----------------------------------------------------------------------------------------------------------

    @contextmanager
    def _open(self) -> Iterator[Any]:
        try:
            import soundfile
        except OSError as error:  # the Python package is there, the C library is not
            raise ReadError(
                f"soundfile cannot load libsndfile ({error}); install it (Debian: apt install libsndfile1)"
            ) from None
        if self._spooled is not None:
            self._spooled.seek(0)
        try:
            file = soundfile.SoundFile(self._spooled if self._spooled is not None else self.path)
        except (RuntimeError, TypeError, ValueError) as error:
            raise ReadError(f"{self.shown} cannot be read as sound: {self._guess(str(error))}") from None
        with file:
            yield file

    def _guess(self, reason: str) -> str:
        if self._spooled is not None:
            self._spooled.seek(0)
            head = self._spooled.read(16)
        else:
            with open(self.path, "rb") as file:
                head = file.read(16)
        if not head:
            return "the file is empty (0 bytes); record or copy it anew"
        for mark, at, kind in _SIGNATURES:
            if head[at : at + len(mark)] == mark:
                return f"it is {kind}; convert the sound in it first, as `ffmpeg -i FILE out.wav` does"
        reason = reason.rpartition(": ")[2].rstrip(".")
        return f"{reason}; featkit reads WAV, FLAC, Ogg, Opus, MP3, AIFF, AU and what else libsndfile reads"


def blocks(
    path: str | os.PathLike[str],
    *,
    size: int = 65536,
    channels: Channels = None,
    dtype: Literal["float32", "float64"] = "float32",
    truncated: Literal["error", "keep"] = "error",
) -> SoundBlocks:
    """Read a sound file of any length block by block.

    Parameters
    ----------
    path : path
        A file libsndfile reads (WAV, FLAC, Ogg, Opus, MP3, AIFF, AU, CAF ...), by its content, whatever its name; ``"-"``
        is standard input.
    size : int
        Samples in a block; the last one may be shorter.
    channels : "mix", "first", "each", int or None
        What to take of a file with several channels: their mean, the first, all of them as columns, or one by its number
        from 0. None: several are an error.
    dtype : str
        ``"float32"`` or ``"float64"``.
    truncated : str
        What to do with a file that ends before its header says: ``"error"``, or ``"keep"`` what is there.

    Returns
    -------
    SoundBlocks
        Iterable of blocks of shape ``(samples,)`` (``(samples, channels)`` for "each") in [-1, 1), with the attributes
        ``rate``, ``channels`` and ``samples``.

    Raises
    ------
    ReadError
        If it can't be opened, isn't sound, or is cut short.
    InputError
        If it holds no samples, several channels and none chosen, or a sample that is not finite.

    Examples
    --------
    >>> import featkit, tempfile, soundfile, numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     soundfile.write(folder + "/a.wav", np.zeros(100_000), 16000)
    ...     sound = featkit.blocks(folder + "/a.wav")
    ...     sound.rate, [len(block) for block in sound]
    (16000, [65536, 34464])
    """
    return SoundBlocks(path, size, channels, dtype, truncated)


def read(
    path: str | os.PathLike[str],
    *,
    channels: Channels = None,
    dtype: Literal["float32", "float64"] = "float32",
    truncated: Literal["error", "keep"] = "error",
) -> tuple[Array, int]:
    """Read a whole sound file. Parameters and errors: see :func:`blocks`.

    Returns
    -------
    samples : ndarray, shape (samples,) or (samples, channels)
        In [-1, 1): integers are divided by what their type can hold (16 bits: 32768).
    rate : int
        Samples a second.

    Examples
    --------
    >>> import featkit, tempfile, soundfile, numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     soundfile.write(folder + "/a.wav", np.array([0, 16384, -32768], np.int16), 16000)
    ...     featkit.read(folder + "/a.wav")
    (array([ 0. ,  0.5, -1. ], dtype=float32), 16000)
    """
    sound = blocks(path, channels=channels, dtype=dtype, truncated=truncated)
    parts = list(sound)
    if not parts:
        raise InputError(f"{sound.shown} holds no samples that can be read; get a whole copy")
    return np.concatenate(parts), sound.rate


def _spool(path: str) -> IO[bytes] | None:
    """Keep what can be read only once (standard input, a pipe) in a temporary file; None for an ordinary file."""
    try:
        if path != "-" and stat.S_ISREG(os.stat(path).st_mode):
            with open(path, "rb"):
                return None
        source = sys.stdin.buffer if path == "-" else open(path, "rb")  # noqa: SIM115
        spooled = tempfile.TemporaryFile()  # noqa: SIM115
        shutil.copyfileobj(source, spooled)
        return spooled
    except OSError as error:
        shown = "standard input" if path == "-" else path
        remedy = (
            "give a file (a directory is searched by the command line only)"
            if Path(path).is_dir()
            else "check the path"
        )
        raise ReadError(f"{shown} cannot be read: {(error.strerror or str(error)).lower()}; {remedy}") from None


def _one_of(name: str, value: Any, known: tuple[Any, ...], also: type | None = None) -> None:
    if value not in known and not (also is not None and isinstance(value, also) and not isinstance(value, bool)):
        raise ParameterError(
            f"{name} must be one of {', '.join(map(repr, known))}{' or a number' * (also is int)}, got {value!r}"
        )
