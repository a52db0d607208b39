"""``featkit histogram``, ``dct``, ``convolve``, ``hog`` and ``lbp``: what is counted, filtered and described in images."""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

import click

from featkit.cli.image import image_command
from featkit.cli.media import SIZE
from featkit.errors import ParameterError
from featkit.image import kernels
from featkit.image.colour import Grey
from featkit.image.convolve import Convolve, convolve_from_npz
from featkit.image.dct import BlockDct, ImageDct, JpegQuantise
from featkit.image.edges import EdgeStrength
from featkit.image.flatten import Flatten
from featkit.image.histogram import Histogram, JointHistogram, Scale
from featkit.image.hog import Hog
from featkit.image.lbp import LocalBinaryPattern
from featkit.image.plane import Pair
from featkit.image.pool import MaxPool
from featkit.image.spaces import RgbToHsv, RgbToLab
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.scale import Affine, Identity
from featkit.stage import Stage

_SPACES: dict[str, tuple[tuple[Stage, ...], float, float]] = {
    "rgb": ((Identity(),), 0.0, 256.0),
    "grey": ((Grey(arithmetic="8-bit"),), 0.0, 256.0),
    "hsv": ((Affine(1 / 255), RgbToHsv()), 0.0, 1.0),
    "lab": ((Affine(1 / 255), RgbToLab()), -128.0, 128.0),
}
_HISTOGRAM = (
    click.option("--bins", type=click.IntRange(min=1), help="Of each channel.  [default: 256, with --joint 8]"),
    click.option("--space", type=click.Choice(list(_SPACES)), help="In which colours are counted.  [default: rgb]"),
    click.option(
        "--scale",
        type=click.Choice(get_args(Scale)),
        help="Pixels, shares of all, or shares by width.  [default: count]",
    ),
    click.option("--joint", is_flag=True, default=None, help="Count whole colours, not each channel by itself."),
)


def _histogram(bins: int | None = None, space: str = "rgb", scale: Scale = "count", joint: bool = False) -> Pipeline:
    front, low, high = _SPACES[space]
    kind = JointHistogram if joint else Histogram
    return pipeline(*front, kind(bins or (8 if joint else 256), low, high, scale))


@image_command("histogram", "Histograms of the colours of images.", _histogram, *_HISTOGRAM)
def histogram() -> None:
    """How often each level of each channel occurs in images, as .npy of shape (channels, bins), or (1, bins^3) with --joint.

    INPUT: files, folders, patterns (quoted or not), or - for standard input. Levels are counted from 0 to 255; hue,
    saturation and value from 0 to 1; lightness and colours of Lab from -128 to 128. The output is <stem>.histogram.npy
    beside the input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit histogram examples/picture.png --space grey --scale share --overwrite
    """


_DCT = (
    click.option("--size", type=click.IntRange(min=1), help="Of a block, in pixels.  [default: 8]"),
    click.option("--keep", type=click.IntRange(min=1), help="Coefficients kept, the first in zig-zag.  [default: all]"),
    click.option("--quality", type=click.IntRange(1, 100), help="Divide by JPEG's table of a quality and round."),
    click.option("--whole", is_flag=True, default=None, help="Transform the image as one, not in blocks."),
)


def _dct(size: int | None = None, keep: int | None = None, quality: int | None = None, whole: bool = False) -> Pipeline:
    if whole:
        if (size, keep, quality) != (None, None, None):
            raise click.UsageError("--whole has no blocks, so it goes with none of --size, --keep and --quality")
        return pipeline(ImageDct())
    blocks = pipeline(BlockDct(8 if size is None else size, keep, shift=128.0))
    if quality is None:
        return blocks
    if size not in (None, 8):
        raise click.UsageError("--quality is for JPEG's blocks of 8x8 pixels; leave --size out")
    return blocks | JpegQuantise(quality)


@image_command("dct", "Cosine transforms of images, in JPEG's blocks.", _dct, *_DCT, mode="grey")
def dct() -> None:
    """Cosine transforms of the blocks of images, as .npy of shape (blocks down, blocks across, channels, coefficients).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. 128 is subtracted from every level first, as
    JPEG does. The output is <stem>.dct.npy beside the input, or where -o says; NAME.npy.json beside it tells how it was
    made (see featkit info).

    \b
    Example:
      featkit dct examples/picture.png --keep 10 --quality 75 --overwrite
    """


Bank = Literal["sobel", "prewitt", "scharr", "laplace", "gaussian", "dog", "gabor"]
_CONVOLVE = (
    click.option("--bank", type=click.Choice(get_args(Bank)), help="Kernels with a name.  [default: sobel]"),
    click.option(
        "--sigma",
        type=float,
        help="Of gaussian, and of the narrow bell of dog, in pixels; its wide bell is 1.6 times that.  [default: 1]",
    ),
    click.option("--frequency", type=float, help="Of gabor, in periods a pixel.  [default: 0.2]"),
    click.option("--directions", type=click.IntRange(min=1), help="Of gabor, in half a turn.  [default: 4]"),
    click.option(
        "--weights", metavar="FILE.npz:NAME[:BIAS]", help="Kernels from a file instead, by the names of its arrays."
    ),
    click.option("--stride", type=SIZE, metavar="N|HxW", help="From one place to the next.  [default: 1]"),
    click.option("--strength", is_flag=True, default=None, help="The root mean square of all kernels' results."),
    click.option("--pool", type=SIZE, metavar="N|HxW", help="Keep the largest value of every such window."),
)


def _convolve(
    bank: Bank | None = None, sigma: float = 1.0, frequency: float = 0.2, directions: int = 4, weights: str | None = None,
    stride: Pair = 1, strength: bool = False, pool: Pair | None = None,
) -> Pipeline:  # fmt: skip
    if weights is not None:
        if bank is not None:
            raise click.UsageError("--bank and --weights both name kernels; leave one out")
        file, ending, names = weights.partition(".npz:")
        first, _, bias = names.partition(":")
        if not first:
            raise click.UsageError(f"--weights {weights!r} names no array; write FILE.npz:NAME or FILE.npz:NAME:BIAS")
        convolve: Stage = convolve_from_npz(file + ending[:-1], first, bias or None, stride=stride, padding="same")
    else:
        convolve = Convolve(
            _kernels(bank or "sobel", sigma, frequency, directions), None, stride, "same", fill="mirror"
        )
    after = [*([EdgeStrength()] if strength else []), *([MaxPool(pool)] if pool is not None else [])]
    return pipeline(convolve, *after)


def _kernels(bank: Bank, sigma: float, frequency: float, directions: int) -> Any:
    if bank == "gaussian":
        return kernels.gaussian_kernels(sigma)
    if bank == "dog":
        return kernels.difference_of_gaussians_kernels(sigma, 1.6 * sigma)
    if bank == "gabor":
        turns = (kernels.gabor_kernels(frequency, at * math.pi / directions) for at in range(directions))
        return kernels.stack_kernels(*turns)
    return getattr(kernels, f"{bank}_kernels")()


@image_command("convolve", "Images filtered by banks of kernels.", _convolve, *_CONVOLVE, mode="grey")
def convolve() -> None:
    """Images convolved with kernels: edges, spots, stripes, as .npy of shape (height, width, kernels).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The size is kept at stride 1: named kernels
    see the image mirrored at its edges, those from a file see zeros, as networks do. The output is <stem>.convolve.npy
    beside the input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit convolve examples/picture.png --bank gabor --directions 6 --pool 4 --overwrite
    """


_HOG = (
    click.option("--orientations", type=click.IntRange(min=1), help="Directions in half a turn.  [default: 9]"),
    click.option("--cell", type=SIZE, metavar="N|HxW", help="Pixels of a cell.  [default: 8]"),
    click.option("--block", type=SIZE, metavar="N|HxW", help="Cells of a block.  [default: 3]"),
    click.option(
        "--norm",
        type=click.Choice(["L1", "L1-sqrt", "L2", "L2-Hys"]),
        help="What a block is divided by.  [default: L2-Hys]",
    ),
)


def _hog(**options: Any) -> Pipeline:
    return pipeline(Hog(**options), Flatten())


@image_command("hog", "Histograms of oriented gradients of images.", _hog, *_HOG)
def hog() -> None:
    """Histograms of oriented gradients of images, as .npy of shape (1, features).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. Images of one size have as many features
    (--resize, --crop). The output is <stem>.hog.npy beside the input, or where -o says; NAME.npy.json beside it tells how
    it was made (see featkit info).

    \b
    Example:
      featkit hog examples/picture.png --resize 128x64 --block 2 --overwrite
    """


_LBP = (
    click.option("--points", type=click.IntRange(min=1), help="Neighbours on the circle.  [default: 8]"),
    click.option("--radius", type=float, help="Of the circle, in pixels.  [default: 1]"),
    click.option(
        "--method",
        type=click.Choice(["default", "ror", "uniform", "nri_uniform", "var"]),
        help="What number a pattern has.  [default: uniform]",
    ),
    click.option(
        "--patterns", is_flag=True, default=None, help="Write the number of every pixel, not how often each is."
    ),
)


def _lbp(points: int = 8, radius: float = 1.0, method: Any = "uniform", patterns: bool = False) -> Pipeline:
    stage = LocalBinaryPattern(points, float(radius), method)
    if patterns:
        return pipeline(stage)
    if method == "var":
        raise click.UsageError("--method var gives no patterns to count but variances; add --patterns to write them")
    if method in ("default", "ror") and points > 16:
        raise ParameterError(f"{points} points have {2**points} patterns, too many to count; take --method uniform")
    bins = {"uniform": points + 2, "nri_uniform": points * (points - 1) + 3}.get(method, 2**points)
    return pipeline(stage, Histogram(bins, -0.5, bins - 0.5, "share"))


@image_command("lbp", "Local binary patterns of images.", _lbp, *_LBP, mode="grey")
def lbp() -> None:
    """How often each local binary pattern occurs in images, as .npy of shape (channels, patterns).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. With --patterns, the number of every pixel's
    pattern, of shape (height, width, channels). The output is <stem>.lbp.npy beside the input, or where -o says;
    NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit lbp examples/picture.png --points 16 --radius 2 --overwrite
    """
