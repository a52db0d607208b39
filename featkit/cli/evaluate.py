"""``featkit evaluate``: how good a model is on the lines of a manifest."""

from __future__ import annotations

import json
from typing import Any

import click

from featkit.cli.batch import one_thread
from featkit.cli.main import FAILURES, NOTHING, OK, say
from featkit.cli.manifests import chosen_lines, report_options, say_problems
from featkit.cli.progress import watched
from featkit.fusion.metrics import scores
from featkit.multimodal import Model


@click.command(short_help="How good a model is on the lines of a manifest.")
@click.argument("model")
@click.argument("manifest")
@click.option("--split", help="Lines to look at; all for all.  [default: test where there is one]")
@report_options
def evaluate(model: str, manifest: str, split: str | None, as_json: bool, quiet: bool) -> int:
    """Compare what a model says with what a manifest does.

    Of one label a sample: accuracy, macro F1, and the confusion matrix (rows are what is true, columns what the model says). Of
    many: micro and macro F1, hit@1, and GAP. Lines that cannot be read are listed and skipped.

    \b
    Example:
      featkit evaluate examples/multimodal/model.npz examples/multimodal/manifest.jsonl
    """
    trained = Model.load(model)
    lines, problems = chosen_lines(manifest, trained.facts["label"], split, "test")
    if not lines:
        say_problems(manifest, problems)
        say(
            f"nothing matched: no line of {manifest} can be looked at" + (f" with the split {split!r}" if split else "")
        )
        return NOTHING
    with one_thread():
        rows, kept, unread = trained.features(watched(lines, "reading", quiet))
        found = scores(trained.named, [sample.label for sample in kept], trained.predict(rows))
    problems = problems + unread
    say_problems(manifest, problems)
    found["skipped"] = len(problems)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(_lines(found)))
    return FAILURES if problems else OK


def _lines(found: dict[str, Any]) -> list[str]:
    told = [f"{key}: {found[key]:,}" for key in ("rows", "skipped")]
    told += [
        f"{key}: {found[key]:.4f}" for key in ("accuracy", "micro_f1", "macro_f1", "hit_at_1", "gap") if key in found
    ]
    if "confusion" in found:
        names = [str(name) for name in found["labels"]]
        wide = max(*map(len, names), *(len(str(count)) for row in found["confusion"] for count in row))
        told.append(" ".join(name.rjust(wide) for name in ("", *names)))
        told += [
            " ".join(str(cell).rjust(wide) for cell in (name, *row))
            for name, row in zip(names, found["confusion"], strict=True)
        ]
    return told
