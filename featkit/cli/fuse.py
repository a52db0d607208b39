"""``featkit fuse``: features of several modalities, row by row in one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from featkit.cli.main import OK, say
from featkit.cli.manifests import report_options
from featkit.errors import InputError
from featkit.files.npy import NpyWriter, load
from featkit.files.sidecar import fingerprint, write_sidecar
from featkit.fusion.average import WeightedAverage
from featkit.fusion.concatenate import Concatenate, SideBySide
from featkit.fusion.modalities import Modalities
from featkit.numeric import Array
from featkit.stage import Stage

_ROWS = 4096


class Numbers(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.1
    """Numbers with commas between them."""

    name = "W,W,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return tuple(map(float, value.split(","))) if isinstance(value, str) else value
        except ValueError:
            return self.fail(f"{value!r} are no numbers with commas between them, as in 0.5,0.3,0.2", param, ctx)


@click.command(short_help="Features of several modalities in one file.")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT.npy...")
@click.option("-o", "--out", required=True, metavar="FUSED.npy", help="Where the rows go; - is standard output.")
@click.option(
    "--how",
    type=click.Choice(["concat", "mean"]),
    default="concat",
    show_default=True,
    help="Columns side by side, or the weighted average of files of one width.",
)
@click.option("--weights", type=Numbers(), help="mean: one number a file, divided by their sum.  [default: all alike]")
@click.option(
    "--scaling",
    type=click.Choice(["none", "block", "standard"]),
    default="none",
    show_default=True,
    help="concat: bring each file to a variance of 1 in all, or each column to mean 0 and variance 1.",
)
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
@report_options
def fuse(
    inputs: tuple[str, ...],
    out: str,
    how: str,
    weights: tuple[float, ...] | None,
    scaling: Any,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Put the rows of several .npy files together: row i of each belongs to sample i.

    FUSED.npy.json beside the output tells how it was made (see featkit info).

    \b
    Example:
      featkit fuse examples/multimodal/sound.npy examples/multimodal/picture.npy -o fused.npy
    """
    if len(inputs) < 2:
        raise click.UsageError("fuse puts several files together; give two at least")
    if how == "concat" and weights is not None:
        raise click.UsageError("--weights belong to --how mean, and this is concat")
    if how == "mean" and scaling != "none":
        raise click.UsageError("--scaling belongs to --how concat, and this is mean")
    arrays = {f"{at} {Path(path).name}": _rows(path) for at, path in enumerate(inputs)}
    stage: Stage = WeightedAverage(weights) if how == "mean" else SideBySide()
    if scaling != "none":
        stage = Concatenate(scaling).fit([Modalities(arrays)])
    n = len(Modalities({name: array[:, :1] for name, array in arrays.items()}))
    with NpyWriter(out, overwrite=overwrite) as file:
        for at in range(0, max(n, 1), _ROWS):
            file.append(stage(Modalities({name: array[at : at + _ROWS] for name, array in arrays.items()})))
    facts = {"shape": list(file.shape), "dtype": str(file.dtype)}
    if out != "-":
        write_sidecar(out, {"pipeline": repr(stage), "input": [fingerprint(path) for path in inputs], **facts})
    if as_json:
        click.echo(
            json.dumps({"inputs": list(inputs), "output": out, "status": "ok", **facts}, ensure_ascii=False),
            err=out == "-",
        )
    if not quiet:
        shape = " x ".join(map(str, file.shape))
        say(f"ok: {len(inputs)} files -> {'standard output' if out == '-' else out} ({shape} {file.dtype})")
    return OK


def _rows(path: str) -> Array:
    array = load(path)
    if array.ndim != 2:
        raise InputError(f"{path} has the shape {array.shape}, and rows of features are needed: (samples, features)")
    return array
