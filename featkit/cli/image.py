"""``featkit image`` and ``featkit patches``; and how a command of image features is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

import click

from featkit.cli.features import feature_command
from featkit.cli.media import SIZE, ImageMedium
from featkit.image.patches import Pair, Patches
from featkit.numeric import Fill
from featkit.pipeline import Pipeline, pipeline


def image_command(
    name: str,
    summary: str,
    make: Callable[..., Pipeline] | None,
    *own: Callable[[Any], Any],
    presets: bool = False,
    mode: Literal["rgb", "grey", "file"] = "rgb",
) -> Callable[[Callable[[], None]], click.Command]:
    """Make a command of image features out of a docstring.

    It reads images as all commands do (``--mode``, ``--alpha``, ``--frame``, ``--dtype``, ``--truncated``,
    ``--max-pixels``), prepares them (``--resize``, ``--filter``, ``--crop``), has ``--set`` for every field of every stage,
    and all the habits of a batch: folders, patterns, ``-``, mirrored trees, sidecars, what is up to date, ``--json``,
    ``--on-error``, exit codes.

    Parameters
    ----------
    name, summary : str
        As the list of commands has them; the output is ``<stem>.<name>.npy``.
    make : callable or None
        Builds the pipeline, from an image of shape (height, width, channels) to rows, from the values of the options that
        were given, by keyword; it must work without any. None: the command takes a preset.
    *own : click options
        Their values go to ``make``; leave their default None and say it in the help, as ``[default: 9]``.
    presets : bool
        Whether there is ``--preset``, too.
    mode : str
        How images are read where the user doesn't say it: ``"rgb"``, ``"grey"`` (8 bits each) or ``"file"``.

    A command is then a function without a body: its docstring is the help, and ends in an example, as those below. Its name
    goes into ``featkit.cli.main.COMMANDS``::

        def _hog(orientations: int = 9, cell: int = 8) -> Pipeline:
            return pipeline(Grey(), Hog(orientations, cell))


        @image_command("hog", "Histograms of oriented gradients.", _hog, _ORIENTATIONS, _CELL)
        def hog() -> None: ...
    """
    return feature_command(name, summary, make, *own, presets=presets or make is None, medium=ImageMedium(mode))


_PATCHES = (
    click.option("--size", type=SIZE, metavar="N|HxW", help="Pixels of a patch.  [default: 16]"),
    click.option("--stride", type=SIZE, metavar="N|HxW", help="From one patch to the next.  [default: as --size]"),
    click.option(
        "--order",
        type=click.Choice(["vit", "unfold", "sklearn"]),
        help="How pixels stand in a row: channels last, channels first, or last in all patches there are.  [default: vit]",
    ),
    click.option("--padding", type=click.IntRange(min=0), help="Pixels put around the image.  [default: 0]"),
    click.option("--fill", type=click.Choice(get_args(Fill)), help="What they are.  [default: zero]"),
    click.option(
        "--remainder",
        type=click.Choice(["drop", "fill", "refuse"]),
        help="Of pixels that make no whole patch: drop or fill up, or refuse the image.  [default: drop]",
    ),
)


def _patches(size: Pair = 16, remainder: str = "drop", **more: Any) -> Pipeline:
    return pipeline(Patches(size, remainder=None if remainder == "refuse" else remainder, **more))  # type: ignore[arg-type]


@image_command("patches", "Patches of images.", _patches, *_PATCHES)
def patches() -> None:
    """Patches of images, left to right and top to bottom, as .npy of shape (patches, size * size * channels).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.patches.npy beside the
    input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit patches examples/picture.png --size 16 --resize 224x224 --overwrite
    """


@image_command("image", "Images as a model takes them.", None)
def image() -> None:
    """Images as a vision model takes them, by a preset: resized, cropped, scaled, normalised, as .npy (height, width, 3).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.<preset>.npy beside the
    input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info). Upstreams have the channels
    first: rows.transpose(2, 0, 1).

    \b
    Example:
      featkit image examples/picture.png --preset huggingface/vit --overwrite
    """
