"""The kinds of input there are, as commands see them: how one is read, prepared, cut into parts and spoken of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

import click

from featkit.cli.options import input_options, options_of
from featkit.cli.steps import check_resampler, prepare_options
from featkit.files import image, sound
from featkit.files.ahead import ahead
from featkit.pipeline import Pipeline, pipeline
from featkit.stage import Stage

#: The sampling rate behind the stages that prepare an input (None for what has none), and those stages.
Front: TypeAlias = tuple[int | None, Pipeline | None]


class Part(NamedTuple):
    """A channel or a frame that gets an output of its own: its name in it, the input it is, how it is read."""

    name: str
    source: Any
    reading: dict[str, Any]


class Medium:
    """Sound; images derive from it. One of each, as a class of functions: a command names it once."""

    #: Endings for which a folder is searched.
    suffixes = sound.SUFFIXES
    #: The axis along which its rows follow each other.
    axis = "sample"
    #: The options of commands that say how it is read; they go to its reader, and into the sidecar.
    reading: tuple[str, ...] = ("channels", "dtype", "truncated")
    #: What its rows are called once they are features.
    rows = "frames"
    #: Whether it is read again for stages that need the whole of it, so that hours need no more memory than seconds.
    rereads = True

    def options(self, command: Any) -> Any:
        """The options of a command that reads it, and prepares it."""
        return input_options(prepare_options(command))

    def prepared(self, options: dict[str, Any]) -> Callable[[Any], Front]:
        """Take the options that prepare it out of all; what is returned makes the front for one input."""
        wanted, resampler, prepare = (options.pop(key) for key in ("rate", "resampler", "prepare"))
        check_resampler(resampler)
        check_resampler(prepare.resampler)
        return lambda source: prepare.front(source.rate, wanted, resampler)

    def check(self, reading: dict[str, Any]) -> None:
        """Refuse options that don't go together, before any input is opened."""

    def open(self, path: str, reading: dict[str, Any], allow_empty: bool) -> Any:
        """One input: an iterable of blocks, which ``shown`` names."""
        return sound.blocks(path, **reading, empty="keep" if allow_empty else "error")

    def several(self, reading: dict[str, Any]) -> str:
        """What is said where every part is to have an output and there is room for one only; nothing where there is one."""
        each = reading["channels"] == "each"
        return "--channels each writes a file per channel" if each else ""

    def parts(self, source: Any, reading: dict[str, Any]) -> Iterator[Part]:
        """Its parts, where there are :meth:`several`."""
        for channel in range(source.channels):
            yield Part(f"ch{channel}", source.channel(channel), {**reading, "channels": channel})

    def blocks(self, source: Any) -> Iterable[Any]:
        """What goes into the pipeline; plain samples are read faster than a thread hands them over."""
        return ahead(source) if source.compressed else source

    def record(self, source: Any) -> dict[str, Any]:
        """What of it must be the same for an output to be up to date."""
        return {"rate": source.rate}

    def told(self, source: Any) -> dict[str, Any]:
        """What else the sidecar tells, when it was read to its end."""
        return {"samples": source.samples}

    def seconds(self, source: Any) -> float:
        """How long it is."""
        return float(source.samples / source.rate)

    def gives_nothing(self, source: Any) -> str:
        """What is said of an input that gives no row."""
        return (
            f"{source.shown} is too short: {source.samples} samples give no frame; shorten the frames, pad the sound, or "
            "write an empty result with --allow-empty"
        )


class ImageMedium(Medium):
    """Images; ``mode`` is how they are read where the user doesn't say it."""

    suffixes = image.SUFFIXES
    axis = "height"
    reading = ("mode", "alpha", "frame", "dtype", "truncated", "max_pixels")
    rows = "rows"
    rereads = False

    def __init__(self, mode: str = "rgb") -> None:
        self.mode = mode

    def options(self, command: Any) -> Any:
        return options_of(command, _INPUTS, _mode(self.mode), *_READING, *_PREPARING)

    def prepared(self, options: dict[str, Any]) -> Callable[[Any], Front]:
        from featkit.image.crop import CentreCrop
        from featkit.image.resize import Resize

        size, how, crop = (options.pop(key) for key in ("resize", "filter", "crop"))
        stages: list[Stage] = []
        if size is not None:
            fit = "stretch" if isinstance(size, tuple) else "shorter"
            stages.append(Resize(size, fit, how, arithmetic="8-bit"))  # type: ignore[arg-type]
        if crop is not None:
            stages.append(CentreCrop(crop))
        front = pipeline(*stages) if stages else None
        return lambda source: (None, front)

    def check(self, reading: dict[str, Any]) -> None:
        image.check(**reading)

    def open(self, path: str, reading: dict[str, Any], allow_empty: bool) -> Any:
        return image.ImageFile(path, **reading)

    def several(self, reading: dict[str, Any]) -> str:
        return "--frame all writes a file per frame" if reading["frame"] == "all" else ""

    def parts(self, source: Any, reading: dict[str, Any]) -> Iterator[Part]:
        for frame, one in enumerate(source.each()):
            yield Part(f"f{frame}", one, {**reading, "frame": frame})

    def blocks(self, source: Any) -> Iterable[Any]:
        return source

    def record(self, source: Any) -> dict[str, Any]:
        return {}

    def told(self, source: Any) -> dict[str, Any]:
        from PIL import __version__ as pillow

        height, width = source.upright
        return {"height": height, "width": width, "format": source.format, "pillow": pillow}

    def seconds(self, source: Any) -> float:
        return 0.0

    def gives_nothing(self, source: Any) -> str:
        return (
            f"{source.shown} is too small: {' x '.join(map(str, source.upright))} pixels give no row; take smaller patches, or "
            "write an empty result with --allow-empty"
        )


SOUND, IMAGES = Medium(), ImageMedium()


# --- the options of images ----------------------------------------------------------------------------------------------


class _Size(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.1
    """``HEIGHTxWIDTH``, or one number."""

    name = "N|HxW"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        found = re.fullmatch(r"(\d+)(?:x(\d+))?", value)
        if found is None or not all(int(number) for number in found.groups() if number):
            self.fail(f"{value!r} is no size; write it as 224 or, height first, as 224x320", param, ctx)
        high, wide = found.groups()
        return int(high) if wide is None else (int(high), int(wide))


class _Frame(click.ParamType):  # type: ignore[type-arg]
    """``all`` or a frame's number."""

    name = "N|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "all" or isinstance(value, int):
            return value
        return (
            int(value) if str(value).isdecimal() else self.fail(f"{value!r} is not all or a number from 0", param, ctx)
        )


SIZE = _Size()


def _mode(default: str) -> Any:
    return click.option(
        "--mode",
        type=click.Choice(["rgb", "grey", "file"]),
        default=default,
        show_default=True,
        callback=lambda ctx, param, value: None if value == "file" else value,
        help="Channels: three of 8 bits, one of 8 bits, or those of the file in its own depth.",
    )


_INPUTS = click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
_READING = (
    click.option(
        "--alpha",
        default="white",
        show_default=True,
        metavar="COLOUR|drop|keep",
        help="Transparent pixels: laid on a colour, taken as they are stored, or kept as a channel (with --mode file).",
    ),
    click.option(
        "--frame",
        "--frames",
        "frame",
        type=_Frame(),
        metavar="N|all",
        default=0,
        show_default=True,
        help="Of an animation or of pages: one or all.",
    ),
    click.option(
        "--dtype",
        type=click.Choice(["float32", "float64"]),
        help="Convert pixels first, by value. Without it, integers stay integers where nothing is computed.",
    ),
    click.option(
        "--truncated",
        type=click.Choice(["error", "keep"]),
        default="error",
        show_default=True,
        help="What to do with a file that ends too soon.",
    ),
    click.option(
        "--max-pixels",
        type=click.IntRange(min=1),
        default=image.MAX_PIXELS,
        show_default=True,
        help="Refuse larger images before they are decoded.",
    ),
)
_PREPARING = (
    click.option(
        "--resize",
        type=SIZE,
        metavar="N|HxW",
        help="First bring the shorter edge to N pixels, or the image to a size, as Pillow does on 8 bits.",
    ),
    click.option(
        "--filter",
        type=click.Choice(["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]),
        default="bicubic",
        show_default=True,
        help="How --resize does it.",
    ),
    click.option("--crop", type=SIZE, metavar="N|HxW", help="Then cut out the middle."),
)
