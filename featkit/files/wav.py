"""Writing sound: WAV and FLAC, block by block, whole or not at all."""

from __future__ import annotations

import os
import struct
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Protocol, Self, TypeAlias, get_args

import numpy as np

from featkit.errors import InputError, ParameterError, WriteError
from featkit.files.atomic import output
from featkit.numeric import Array

#: How samples are stored; WAV takes them all, FLAC integers only.
Subtype: TypeAlias = Literal["PCM_16", "PCM_24", "FLOAT"]
#: Endings of the files that can be written.
ENDINGS = (".wav", ".flac")

_BITS = {"PCM_16": 16, "PCM_24": 24, "FLOAT": 32}
_LARGEST = float(np.finfo(np.float32).max)
#: The lengths in a WAV file have 32 bits.
_MOST_BYTES = 2**32 - 1
#: What passes full scale by less is rounding, not clipping: half a step of 16 bits, or a few units in the last place of
#: single precision.
_ROUNDING = {"PCM_16": 2.0**-16, "PCM_24": 2.0**-22}


class SoundWriter:
    """Write one channel of samples to a WAV or FLAC file, block by block.

    The file appears under its name only when the ``with`` block ends well (see :func:`featkit.files.atomic.output`).
    ``"-"`` is standard output, and gets a WAV file. The same samples give the same bytes: nothing of the time or the
    machine is in the file.

    Parameters
    ----------
    path : path
        FLAC if it ends so, else WAV.
    rate : int
        Samples a second.
    subtype : str
        ``"PCM_16"``, ``"PCM_24"`` or ``"FLOAT"`` (32 bits). Integers are the nearest to the sample times ``2**15`` or
        ``2**23``, so what was read from a file of them is written as it was. There is no dither.
    overwrite : bool
        Whether an existing file may be replaced.

    Attributes
    ----------
    rows : int
        Samples written.
    clipped : int
        How many of them were beyond full scale and had to be cut off; with ``"FLOAT"`` none is.

    Raises
    ------
    ParameterError
        If there is no such subtype, or FLAC is to hold floats.
    WriteError
        If the file exists, would be longer than its format can be, or the system refuses.
    InputError
        If a sample is not finite.

    Examples
    --------
    >>> import featkit, tempfile, numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with SoundWriter(folder + "/x.wav", 16000) as out:
    ...         out.append(np.array([0.25, -1.0, 1.5]))
    ...     out.clipped, featkit.read(folder + "/x.wav")[0]
    (1, array([ 0.25     , -1.       ,  0.9999695], dtype=float32))
    """

    def __init__(
        self, path: str | os.PathLike[str], rate: int, *, subtype: Subtype = "PCM_16", overwrite: bool = False
    ) -> None:
        if subtype not in get_args(Subtype):
            raise ParameterError(f"subtype must be one of {', '.join(map(repr, get_args(Subtype)))}, got {subtype!r}")
        self.path, self.rate, self.subtype = os.fspath(path), rate, subtype
        self._flac = Path(self.path).suffix.lower() == ".flac"
        if self._flac and subtype == "FLOAT":
            raise ParameterError(f"{self.path}: FLAC holds integers only; take PCM_24, or write a .wav")
        self._overwrite = overwrite
        self._stack = ExitStack()
        self._file: IO[bytes]
        self._coder: _Coder
        self.rows, self.clipped, self.bytes = 0, 0, 0
        self._peak, self._square = 0.0, 0.0

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape written so far."""
        return (self.rows,)

    @property
    def dtype(self) -> str:
        """The type of what is written."""
        return self.subtype

    @property
    def measured(self) -> dict[str, Any]:
        """What was measured on the samples as they came: ``peak`` and ``rms`` (1 is full scale), ``clipped``."""
        rms = float(np.sqrt(self._square / self.rows)) if self.rows else 0.0
        return {"peak": self._peak, "rms": rms, "clipped": self.clipped}

    def __enter__(self) -> Self:
        self._file = self._stack.enter_context(output(self.path, overwrite=self._overwrite))
        try:
            kind = _Flac if self._flac else _Wav
            self._coder = kind(self._file, self.rate, self.subtype, self.path)
        except BaseException as error:
            self._stack.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def append(self, samples: Array) -> None:
        """Write some more samples."""
        if not len(samples):
            return
        wide = samples.astype(np.float64)
        peak = float(np.abs(wide).max())
        if not peak <= _LARGEST:
            at = int(np.flatnonzero(~(np.abs(wide) <= _LARGEST))[0])
            raise InputError(
                f"sample {self.rows + at} to be written to {self.path} is {wide[at]:g}, which is no sample; "
                "give it less gain"
            )
        self._peak = max(self._peak, peak)
        self._square += float(np.square(wide).sum())
        self.rows += len(samples)
        if self.subtype == "FLOAT":
            self._coder.write(samples.astype("<f4"))
            return
        full = 2.0 ** (_BITS[self.subtype] - 1)
        if peak > 1.0:
            self.clipped += int(np.count_nonzero(np.abs(wide) > 1.0 + _ROUNDING[self.subtype]))
        self._coder.write(np.clip(np.rint(wide * full), -full, full - 1.0).astype("<i4"))

    def complete(self) -> None:
        """Finish the file and hand everything to the disk; then only the renaming is left to do."""
        self._coder.finish()
        self._file.flush()
        self.bytes = self._file.seek(0, os.SEEK_END)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            with self._stack:  # what goes wrong now, a full disk say, still removes the temporary file
                self.complete()
        else:
            self._coder.close()
            self._stack.__exit__(kind, error, trace)


class _Coder(Protocol):
    """From samples to the bytes of one format."""

    def __init__(self, file: IO[bytes], rate: int, subtype: str, path: str) -> None: ...

    def write(self, samples: Array) -> None:
        """Integers of the subtype's size in 32 bits, or floats."""

    def finish(self) -> None:
        """What is known only at the end; a second time, nothing."""

    def close(self) -> None:
        """Let go of the file; it is thrown away."""


class _Wav:
    """RIFF by hand: libsndfile writes the time into files of floats, and scales by 32767."""

    def __init__(self, file: IO[bytes], rate: int, subtype: str, path: str) -> None:
        self._file, self._rate, self._bits, self._path = file, rate, _BITS[subtype], path
        self._bytes = 0
        if rate * self._bits // 8 > _MOST_BYTES:
            raise WriteError(
                f"{path} cannot be written: WAV has no room for {rate} samples a second; take a lower rate"
            )
        file.write(self._header())

    def write(self, samples: Array) -> None:
        data = samples if self._bits == 32 else _bytes_of(samples, self._bits)
        self._bytes += data.nbytes
        if self._bytes + 64 > _MOST_BYTES:
            raise WriteError(f"{self._path} would be longer than 4 GB, which WAV cannot be; write FLAC: -o NAME.flac")
        self._file.write(np.ascontiguousarray(data).data)

    def finish(self) -> None:
        self._file.seek(0)
        self._file.write(self._header())
        self._file.seek(0, os.SEEK_END)
        if self._bytes % 2 and self._file.tell() % 2:
            self._file.write(b"\0")

    def close(self) -> None:
        """Nothing is held."""

    def _header(self) -> bytes:
        width = self._bits // 8
        shape = struct.pack("<HIIHH", 1, self._rate, self._rate * width, width, self._bits)  # one channel
        if self._bits == 32:  # floats are no PCM, which takes two fields more
            chunks = _chunk(b"fmt ", struct.pack("<H", 3) + shape + struct.pack("<H", 0))
            chunks += _chunk(b"fact", struct.pack("<I", self._bytes // width))
        else:
            chunks = _chunk(b"fmt ", struct.pack("<H", 1) + shape)
        length = 4 + len(chunks) + 8 + self._bytes + self._bytes % 2
        return b"RIFF" + struct.pack("<I", length) + b"WAVE" + chunks + b"data" + struct.pack("<I", self._bytes)


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content


def _bytes_of(integers: Array, bits: int) -> Array:
    """Integers of 32 bits in fewer."""
    if bits == 16:
        return integers.astype("<i2")
    return np.ascontiguousarray(integers).view(np.uint8).reshape(-1, 4)[:, : bits // 8]


class _Flac:
    """FLAC, by libsndfile."""

    def __init__(self, file: IO[bytes], rate: int, subtype: str, path: str) -> None:
        import soundfile

        self._bits, self._path = _BITS[subtype], path
        self._guarded = _Guarded(file)
        try:
            self._sound = soundfile.SoundFile(self._guarded, "w", rate, 1, subtype, format="FLAC")
        except (RuntimeError, TypeError, ValueError, OverflowError) as error:
            self._guarded.check()
            reason = str(error).rpartition(": ")[2].rstrip(".")
            raise WriteError(f"{path} cannot be written as FLAC at {rate} Hz: {reason}; write a .wav") from None

    def write(self, samples: Array) -> None:
        data = _bytes_of(samples, 16) if self._bits == 16 else samples << 8  # libsndfile takes the upper bits
        self._call(lambda: self._sound.write(data))

    def finish(self) -> None:
        self._call(self._sound.close)

    def close(self) -> None:
        with suppress(OSError):  # it is thrown away
            self._call(self._sound.close)

    def _call(self, call: Any) -> None:
        try:
            call()
        except (RuntimeError, AssertionError) as error:
            self._guarded.check()
            raise WriteError(f"{self._path} cannot be written as FLAC: {error}; write a .wav") from None
        self._guarded.check()


class _Guarded:
    """A file for libsndfile, which calls it from C, where nothing can be raised: errors are kept, and raised afterwards."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._error: OSError | None = None

    def check(self) -> None:
        """Raise what went wrong since the last time."""
        error, self._error = self._error, None
        if error is not None:
            raise error

    def write(self, data: Any) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self._error = error
            return 0

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return self._file.seek(offset, whence)
        except OSError as error:  # what waits in the buffer is written first
            self._error = error
            return -1

    def tell(self) -> int:
        return self._file.tell()
