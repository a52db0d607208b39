"""Sound files, through libsndfile: whole or block by block, every doubt an error with its remedy."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias

import numpy as np

from featkit.admission import as_finite
from featkit.errors import InputError, ParameterError, ReadError
from featkit.files.source import head_of, looks_like, one_of, shown, spooled
from featkit.numeric import Array, row_sum

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
        Samples in each channel: as the header has it, and once a damaged file was read to its end, those that came.
    compressed : bool
        Whether samples have to be decoded (FLAC, MP3, Ogg ...), which takes about as long as features of them.
    shortfall : str or None
        How much less is there than the header announces, or None.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        size: int,
        channels: Channels,
        dtype: str,
        truncated: str,
        empty: str = "error",
    ) -> None:
        if size < 1:
            raise ParameterError(f"a block needs at least one sample, got {size=}")
        one_of("channels", channels, (None, "mix", "first", "each"), also=int)
        one_of("dtype", dtype, ("float32", "float64"))
        one_of("truncated", truncated, ("error", "keep"))
        one_of("empty", empty, ("error", "keep"))
        self.path = os.fspath(path)
        self._size, self._choice, self._dtype, self._truncated = size, channels, dtype, truncated
        self._spool = spooled(self.path)
        with self._open() as file:
            self.rate, self.channels, self.samples = file.samplerate, file.channels, file.frames
            self.compressed = file.format in _COMPRESSED or file.subtype.startswith("ALAC")
            note = file.extra_info
        self.shortfall = _shortfall(note)
        self._check_channels()
        if self.shortfall:
            self._cut_short(self.samples, self.shortfall)
        if not self.samples and empty == "error":
            self._refuse_nothing(note)

    def channel(self, number: int) -> SoundBlocks:
        """The same sound, one channel of it."""
        other = copy.copy(self)
        other._choice = number
        other._check_channels()
        return other

    def __iter__(self) -> Iterator[Array]:
        done, size = 0, self._size
        while size:
            try:
                for start, block in self._read(size):
                    if start + len(block) > done:
                        new = block[max(0, done - start) :]
                        yield self._chosen(new, done)
                        done += len(new)
                break
            except _Damaged as error:  # somewhere in this block: what lies before is good, so look closer
                self._cut_short(done, str(error))
                size = max(1, size // 4) if size > 1 else 0
        if done < self.samples:
            self._cut_short(done, f"{self.samples} samples were announced")
            self.samples = done
        if not done:
            yield np.empty((0, self.channels) if self._choice == "each" else 0, self._dtype)

    def _read(self, size: int) -> Iterator[tuple[int, Array]]:
        start = 0
        with self._open() as file:
            # soundfile moves a seekable file to where it stands after every read, and an MP3 decoder that is moved loses
            # what it had in hand; so no moving, and what was had already is read again.
            file.seekable = lambda: False
            while True:
                try:
                    block = file.read(size, dtype=self._dtype, always_2d=True)
                except RuntimeError as error:
                    raise _Damaged(str(error).rpartition(" : ")[2].rstrip(".")) from None
                if not len(block):
                    return
                yield start, block
                start += len(block)

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
        return shown(self.path)

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

    def _refuse_nothing(self, note: str) -> None:
        after = re.search(r"^data\s*: 0\s*$", note, re.MULTILINE) and "Unknown chunk marker" in note
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
        source: Any = self.path
        if self._spool is not None:
            source = self._spool.rewound()
        elif os.name == "posix":
            source = os.fsencode(self.path)  # names that are no valid text, too
        try:
            file = soundfile.SoundFile(source)
        except (RuntimeError, TypeError, ValueError) as error:
            raise ReadError(f"{self.shown} cannot be read as sound: {self._guess(str(error))}") from None
        with file:
            yield file

    def _guess(self, reason: str) -> str:
        head = head_of(self.path, self._spool)
        if not head:
            return "the file is empty (0 bytes); record or copy it anew"
        kind = looks_like(head)
        if kind is not None:
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
    empty: Literal["error", "keep"] = "error",
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
    empty : str
        What to do with a file that holds no samples: ``"error"``, or ``"keep"`` it, as a block of none.

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
    return SoundBlocks(path, size, channels, dtype, truncated, empty)


def read(
    path: str | os.PathLike[str],
    *,
    channels: Channels = None,
    dtype: Literal["float32", "float64"] = "float32",
    truncated: Literal["error", "keep"] = "error",
    empty: Literal["error", "keep"] = "error",
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
    sound = blocks(path, channels=channels, dtype=dtype, truncated=truncated, empty=empty)
    samples = np.concatenate(list(sound))
    if not len(samples) and empty == "error":
        raise InputError(f"{sound.shown} holds no samples that can be read; get a whole copy")
    return samples, sound.rate


_COMPRESSED = {"FLAC", "OGG", "MPEG", "MP3"}


class _Damaged(Exception):
    """The decoder cannot go on."""


def _shortfall(note: str) -> str | None:
    """What libsndfile's log says is missing: it reads what there is without an error."""
    lengths = r"^\s*(?:data|SSND|Data Size|riff|Riff size)\s*:\s*(\d+) \(should be (\d+)\)"
    for announced, found in re.findall(lengths, note, re.MULTILINE):
        if int(found) < int(announced) < _UNKNOWN_LENGTH:
            return f"{announced} bytes were announced and {found} are there"
    if "Last page lacks an end-of-stream bit" in note or "Junk after the last page" in note:
        return "its last page is missing or broken off"
    return None
