"""Image files, through Pillow: upright, with channels, of the file's own depth; every doubt an error with its remedy."""

from __future__ import annotations

import copy
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np

from featkit.admission import as_finite
from featkit.errors import FeatkitError, InputError, ParameterError, ReadError
from featkit.files.source import head_of, looks_like, one_of, shown, spooled
from featkit.numeric import Array

#: None: the channels that the file has; "rgb": three of 8 bits; "grey": one of 8 bits.
Mode: TypeAlias = Literal["rgb", "grey"] | None
#: What becomes of transparency: a colour it is laid on (a name, "#rrggbb" or three numbers), "drop" or "keep".
Alpha: TypeAlias = str | tuple[int, int, int]

#: Endings under which a directory is searched for images.
SUFFIXES = frozenset(
    (
        *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp", ".avif", ".jp2"),
        *(".j2k", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".tga", ".ico", ".apng", ".qoi"),
    )
)

#: More pixels than that aren't decoded unless the caller says so: as many as Pillow takes without a warning.
MAX_PIXELS = 89_478_485
#: 4 GiB in one piece of memory; more is a lie in a header, whatever the caller says.
_MOST_PIXELS = 2**31

#: What Pillow hands to Ghostscript or to the system instead of decoding it.
_PROGRAMS = ("EPS", "WMF", "EMF")
_DEEP = {"I;16": np.uint16, "I;16L": np.uint16, "I;16B": np.uint16, "I;16N": np.uint16, "I": np.int32, "F": np.float32}
#: Pillow's settings are those of a process, and so are Python's warnings: one reader at a time has them changed.
_settings = threading.RLock()


class ImageFile:
    """An image file, as an iterable of its image (or all of its frames); made by :func:`images`.

    Attributes
    ----------
    path : str
        As given; ``"-"`` is standard input.
    format : str
        As Pillow names it (``"PNG"``).
    pillow_mode : str
        How pixels are stored, as Pillow names it (``"RGB"``, ``"P"``, ``"I;16"``).
    height, width : int
        Of the first frame as it is stored.
    orientation : int
        By EXIF, 1 to 8; what is read is upright.
    frames : int
        How many there are; looked for when asked.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        mode: Mode = None,
        alpha: Alpha = "white",
        frame: int | Literal["all"] = 0,
        dtype: str | None = None,
        truncated: str = "error",
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        check(mode, alpha, frame, dtype, truncated, max_pixels)
        self.path = os.fspath(path)
        self._mode, self._background, self._frame, self._dtype = mode, _background(alpha), frame, dtype
        self._truncated, self._most = truncated, min(max_pixels, _MOST_PIXELS)
        self._held: Array | None = None
        self._spool = spooled(self.path)
        with self._open() as file:
            self.format, self.pillow_mode = str(file.format), file.mode
            self.width, self.height = file.size
            # Pillow turns a TIFF itself, when it is loaded.
            self.orientation = 1 if file.format == "TIFF" else _orientation(file)

    @cached_property
    def frames(self) -> int:
        """How many images there are in the file."""
        with self._open() as file, self._decoding():
            return int(getattr(file, "n_frames", 1))

    @property
    def upright(self) -> tuple[int, int]:
        """Height and width of what is read of the first frame."""
        return (self.width, self.height) if self.orientation > 4 else (self.height, self.width)

    def each(self) -> Iterator[ImageFile]:
        """The same file, frame by frame: as one pass goes through them, since a late frame is made of those before it."""
        for number, image in enumerate(self._with(_frame="all")):
            yield self._with(_frame=number, _held=image)

    def _with(self, **changes: Any) -> ImageFile:
        other = copy.copy(self)
        vars(other).update(changes)
        return other

    def __iter__(self) -> Iterator[Array]:
        if self._held is not None:
            yield self._held
            return
        with self._open() as file:
            if isinstance(self._frame, int):
                yield self._taken(file, self._frame)
                return
            for number in range(self.frames):
                yield self._taken(file, number)

    def _taken(self, file: Any, number: int) -> Array:
        """One frame as an array."""
        if number < 0 or (number and number >= self.frames):
            raise InputError(f"{self.shown} has no frame {number}; it has {self.frames}, numbered from 0")
        with self._decoding():
            if number:
                file.seek(number)
                self._check_size(file)
            file.load()
            return self._array(_upright(file))

    @property
    def shown(self) -> str:
        """The path as messages name it."""
        return shown(self.path)

    # --- from Pillow's modes to channels ----------------------------------------------------------------------------------

    def _array(self, image: Any) -> Array:
        if image.mode in _DEEP:
            values = np.asarray(image).astype(_DEEP[image.mode])[:, :, None]
            if self._mode is not None:
                values = self._in_8_bits(values)
                values = np.repeat(values, 3, axis=2) if self._mode == "rgb" else values
        else:
            values = np.asarray(self._in_channels(image))
            values = values[:, :, None] if values.ndim == 2 else values
        if values.dtype.kind == "f":
            as_finite(values, what="pixel")
        return np.array(values, self._dtype, order="C")  # of its own, whatever Pillow keeps

    def _in_channels(self, image: Any) -> Any:
        """The image in Pillow's mode L, LA, RGB or RGBA, as it is asked for."""
        from PIL import Image

        transparent = image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or image.info.get("transparency") is not None
        grey = image.mode in ("1", "L", "LA", "La")
        if transparent:
            image = image.convert("RGBA")
            if isinstance(self._background, tuple):
                beneath = Image.new("RGBA", image.size, (*self._background, 255))
                image, grey = Image.alpha_composite(beneath, image), grey and len(set(self._background)) == 1
            elif self._background == "keep":
                return image.convert("LA") if grey else image
        wanted = {"rgb": "RGB", "grey": "L", None: "L" if grey else "RGB"}[self._mode]
        # Of grey pixels in colour any channel is the grey; the weighted sum of three equal ones needn't be.
        return image.getchannel(0) if grey and wanted == "L" and transparent else image.convert(wanted)

    def _in_8_bits(self, values: Array) -> Array:
        """Levels 0..255, by the type of what was deeper."""
        if values.dtype == np.float32:
            outside = values[~((values >= 0) & (values <= 1))]
            if outside.size:
                raise InputError(
                    f"{self.shown} holds floating point values outside of 0..1 ({outside[0]}), which have no scale in 8 bits; "
                    "read it as it is (mode=None) and scale it"
                )
            return np.round(values * np.float32(255)).astype(np.uint8)
        if values.dtype == np.int32 and (self.format not in ("PPM", "PNG") or values.min() < 0 or values.max() > 65535):
            raise InputError(
                f"{self.shown} holds 32-bit integers, which have no scale in 8 bits; read it as it is (mode=None) and scale it"
            )
        return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)

    # --- opening and doubts -------------------------------------------------------------------------------------------------

    @contextmanager
    def _open(self) -> Iterator[Any]:
        from PIL import Image

        # Opened here: Pillow leaves a file open whose header it refuses.
        with open(self.path, "rb") if self._spool is None else nullcontext(self._spool.rewound()) as source:
            with self._decoding(), _own_limit():
                file = Image.open(source)
                self._check_size(file)
            with file:
                yield file

    def _check_size(self, file: Any) -> None:
        if file.format in _PROGRAMS:
            raise ReadError(
                f"{self.shown} cannot be read as an image: {file.format} is a program that another program would have to run; "
                "convert it, to PNG say"
            )
        width, height = file.size
        if width * height > self._most:
            raise _too_large(self.shown, f"{width} x {height} pixels", self._most)
        if not width * height:
            raise InputError(f"{self.shown} has {width} x {height} pixels; there is nothing in it to read")

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        """Turn what Pillow makes of a bad file into an error of ours, and let none of its warnings through.

        Whatever it raises is about the file: its decoders meet bytes that nobody has checked, and raise anything from
        OSError to IndexError.
        """
        from PIL import Image
        from PIL import ImageFile as Settings

        with _settings, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kept, Settings.LOAD_TRUNCATED_IMAGES = Settings.LOAD_TRUNCATED_IMAGES, self._truncated == "keep"
            try:
                yield
            except (FeatkitError, MemoryError):
                raise
            except Image.DecompressionBombError as error:
                raise _too_large(self.shown, str(error).partition("(")[2].partition(")")[0], self._most) from None
            except Exception as error:
                raise ReadError(f"{self.shown} cannot be read as an image: {self._guess(error)}") from None
            finally:
                Settings.LOAD_TRUNCATED_IMAGES = kept

    def _guess(self, error: Exception) -> str:
        head = head_of(self.path, self._spool)
        if not head:
            return "the file is empty (0 bytes); make or copy it anew"
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        lowered = reason.lower()
        if "truncat" in lowered or "not processed" in lowered:
            return (
                f"it is cut short ({reason}); get a whole copy, or take what is there with truncated='keep' "
                "(on the command line: --truncated keep)"
            )
        if "cannot identify" not in lowered:
            return f"it is damaged or of a kind that Pillow doesn't decode ({reason}); get a whole copy, or convert it"
        kind = looks_like(head, sound=True)
        if kind is not None and "image" in kind:
            return f"it begins as {kind} and goes on as something else; get a whole copy"
        return (
            f"it is {kind}; give an image"
            if kind is not None
            else "it is no image that Pillow knows; featkit reads PNG, JPEG, GIF, TIFF, WebP, BMP and what else Pillow reads"
        )


def check(mode: Any, alpha: Any, frame: Any, dtype: Any, truncated: Any, max_pixels: Any) -> None:
    """Raise :class:`ParameterError` for options of :func:`read_image` that are none, or don't go together."""
    one_of("mode", mode, (None, "rgb", "grey"))
    one_of("dtype", dtype, (None, "float32", "float64"))
    one_of("truncated", truncated, ("error", "keep"))
    one_of("frame", frame, ("all",), also=int)
    if isinstance(max_pixels, bool) or not isinstance(max_pixels, int) or max_pixels < 1:
        raise ParameterError(f"max_pixels must be a number from 1, got {max_pixels!r}")
    if mode is not None and alpha == "keep":
        raise ParameterError(f"mode={mode!r} has no place for transparency; give alpha a colour, or 'drop'")
    _background(alpha)


def images(
    path: str | os.PathLike[str],
    *,
    mode: Mode = None,
    alpha: Alpha = "white",
    frame: int | Literal["all"] = "all",
    dtype: Literal["float32", "float64"] | None = None,
    truncated: Literal["error", "keep"] = "error",
    max_pixels: int = MAX_PIXELS,
) -> ImageFile:
    """Open an image file that may hold several images: frames of an animation, pages of a TIFF.

    Parameters and errors: see :func:`read_image`; here ``frame`` may be ``"all"``, one after the other.

    Returns
    -------
    ImageFile
        Iterable of arrays, with the attributes ``format``, ``height``, ``width``, ``orientation`` and ``frames``.

    Examples
    --------
    >>> import featkit, tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     one, two = Image.new("L", (4, 3), 10), Image.new("L", (4, 3), 20)
    ...     one.save(folder + "/a.gif", save_all=True, append_images=[two])
    ...     file = featkit.images(folder + "/a.gif", mode="grey")
    ...     file.format, file.frames, [image[0, 0, 0] for image in file]
    ('GIF', 2, [np.uint8(10), np.uint8(20)])
    """
    return ImageFile(path, mode, alpha, frame, dtype, truncated, max_pixels)


def read_image(
    path: str | os.PathLike[str],
    *,
    mode: Mode = None,
    alpha: Alpha = "white",
    frame: int = 0,
    dtype: Literal["float32", "float64"] | None = None,
    truncated: Literal["error", "keep"] = "error",
    max_pixels: int = MAX_PIXELS,
) -> Array:
    """Read an image file: upright, as an array with the axes height, width and channel.

    Parameters
    ----------
    path : path
        A file Pillow reads (PNG, JPEG, GIF, TIFF, WebP, BMP ...), by its content, whatever its name; ``"-"`` is standard
        input.
    mode : "rgb", "grey" or None
        ``"rgb"``: three channels of 8 bits; ``"grey"``: one, by ITU-R 601. None: one channel where the file has grey, else
        red, green and blue (a palette's, and those of CMYK, too), in the file's own depth.
    alpha : str or tuple of int
        What transparent pixels are laid on: a colour's name, ``"#rrggbb"`` or three numbers. ``"drop"``: nothing, the colours
        are those that are stored. ``"keep"``: transparency is a channel more, the last one.
    frame : int
        Which image of an animation, or page of a TIFF, from 0. :func:`images` reads all.
    dtype : "float32", "float64" or None
        Convert the values, by value. None: as in the file.
    truncated : str
        What to do with a file that ends too soon: ``"error"``, or ``"keep"`` what is there.
    max_pixels : int
        Larger images are refused before they are decoded: a few bytes can announce any number of pixels.

    Returns
    -------
    ndarray, shape (height, width, channels)
        uint8; uint16 where the file has 16 bits, int32 where Pillow reads it so (PGM), float32 where it has floating point,
        unless ``mode`` asks for 8 bits: then 16 bits are divided by 257 and rounded, and floating point in 0..1 times 255.

    Raises
    ------
    ReadError
        If it can't be opened, isn't an image, or is cut short or damaged.
    InputError
        If it has more pixels than ``max_pixels``, none, no such frame, or a value that is not finite or has no scale.
    ParameterError
        For an option that isn't one, or a colour that nobody knows.

    Notes
    -----
    EXIF orientation is applied. Colour profiles are not: values are those of the file, as in every library that decodes with
    Pillow. 16-bit colour is read in 8 bits by Pillow.

    Examples
    --------
    >>> import featkit, tempfile, numpy as np
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.fromarray(np.array([[[255, 0, 0, 0], [0, 0, 0, 255]]], np.uint8)).save(folder + "/a.png")
    ...     featkit.read_image(folder + "/a.png")
    array([[[255, 255, 255],
            [  0,   0,   0]]], dtype=uint8)
    """
    if not isinstance(frame, int):
        raise ParameterError(f"frame must be a number, got {frame!r}; featkit.images reads all frames")
    return next(iter(ImageFile(path, mode, alpha, frame, dtype, truncated, max_pixels)))


def _background(alpha: Any) -> Any:
    """The colour that stands for ``alpha``, or the word."""
    from PIL import ImageColor

    if alpha in ("drop", "keep"):
        return alpha
    if isinstance(alpha, tuple):
        if len(alpha) == 3 and all(isinstance(level, int) and 0 <= level <= 255 for level in alpha):
            return alpha
        raise ParameterError(f"alpha must be three numbers from 0 to 255, a colour, 'drop' or 'keep', got {alpha!r}")
    try:
        return ImageColor.getrgb(alpha)[:3]
    except (ValueError, AttributeError):
        raise ParameterError(f"alpha must be a colour ('white', '#ffffff'), 'drop' or 'keep', got {alpha!r}") from None


@contextmanager
def _own_limit() -> Iterator[None]:
    """While a header is read Pillow's own limit is off: the size is compared with the caller's right after."""
    from PIL import Image

    kept, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = kept


def _too_large(name: str, size: str, most: int) -> InputError:
    return InputError(
        f"{name} says it has {size}, more than the {most:,} that are decoded; if that is meant so, raise max_pixels "
        "(on the command line: --max-pixels)"
    )


def _orientation(file: Any) -> int:
    try:
        number = file.getexif().get(0x0112, 1)
    except Exception:  # EXIF that cannot be read says nothing
        return 1
    return number if isinstance(number, int) and 1 <= number <= 8 else 1


def _upright(image: Any) -> Any:
    from PIL import Image

    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(_orientation(image))
    return image if turned is None else image.transpose(turned)
