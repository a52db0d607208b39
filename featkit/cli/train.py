"""``featkit train``: from a manifest to a model."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, get_args

import click

from featkit.cli.batch import one_thread
from featkit.cli.main import FAILURES, NOTHING, OK, say
from featkit.cli.manifests import chosen_lines, report_options, say_problems
from featkit.cli.progress import watched
from featkit.errors import WriteError
from featkit.multimodal import DEFAULTS, Fusion
from featkit.multimodal import train as train_model

_NONE = "none"


@click.command(short_help="A model that decides by sound, image and text.")
@click.argument("manifest")
@click.option("-o", "--out", required=True, metavar="MODEL.npz", help="Where the model goes.")
@click.option("--audio", default=DEFAULTS["audio"], show_default=True, help="mfcc, a preset, stages, or none.")
@click.option("--image", default=DEFAULTS["image"], show_default=True, help="hog, patches, pixels, stages, or none.")
@click.option(
    "--text", default=DEFAULTS["text"], show_default=True, help="tfidf, words, characters, bow, stages, or none."
)
@click.option(
    "--fusion",
    type=click.Choice(get_args(Fusion)),
    default="late",
    show_default=True,
    help="The product of what each modality says, the mean of it, features side by side, or their average.",
)
@click.option(
    "--label",
    type=click.Choice(["label", "labels"]),
    default="label",
    show_default=True,
    help="The manifest's key: one label a sample, or a list of them.",
)
@click.option("--split", help="Lines to learn from; all for all.  [default: train where there is one]")
@click.option("--folds", type=click.IntRange(min=2), default=5, show_default=True, help="Of the cross-validation.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which lines are in which fold.")
@click.option("--overwrite", is_flag=True, help="Replace a model that exists.")
@report_options
def train(
    manifest: str,
    out: str,
    audio: str,
    image: str,
    text: str,
    fusion: Fusion,
    label: str,
    split: str | None,
    folds: int,
    seed: int,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Learn from a manifest what its labels are, and write the model to an .npz file.

    MANIFEST: one JSON object a line, with the keys audio, image (paths, relative to the manifest), text, label (or labels, a
    list) and split. Modalities may be missing. Lines that cannot be read are listed and skipped. Everything that is chosen is
    chosen by cross-validation on the lines that are learned from.

    \b
    Example:
      featkit train examples/multimodal/manifest.jsonl -o model.npz --overwrite
    """
    if Path(out).exists() and not overwrite:
        raise WriteError(f"{out} exists already; use --overwrite or another name")
    lines, problems = chosen_lines(manifest, label, split, "train")
    if not lines:
        say_problems(manifest, problems)
        say(
            f"nothing matched: no line of {manifest} can be learned from"
            + (f" with the split {split!r}" if split else "")
        )
        return NOTHING
    began = time.perf_counter()
    chosen: dict[str, Any] = {
        name: None if spec == _NONE else spec for name, spec in {"audio": audio, "image": image, "text": text}.items()
    }
    with one_thread():
        model, report, unread = train_model(
            lines,
            **chosen,
            fusion=fusion,
            folds=folds,
            seed=seed,
            watch=lambda items, what: watched(items, what, quiet),
        )
    model.save(out, overwrite=overwrite)
    problems = problems + unread
    say_problems(manifest, problems)
    told = {
        **model.facts,
        **report,
        "skipped": len(problems),
        "model": out,
        "wall_seconds": time.perf_counter() - began,
    }
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    if not quiet:
        by = ", ".join(f"{name} ({spec})" for name, spec in model.facts["features"].items())
        say(f"{model.facts['samples']:,} samples learned, {len(problems)} skipped: {by}; {fusion} -> {out}")
        say("; ".join(f"{key}: {_shown(value)}" for key, value in report.items()))
    return FAILURES if problems else OK


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(part)}" for name, part in value.items())
    return f"{value:.4g}"
