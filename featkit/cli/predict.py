"""``featkit predict``: what a model says of every line of a manifest."""

from __future__ import annotations

import json
from typing import Any

import click

from featkit.cli.batch import one_thread
from featkit.cli.main import FAILURES, NOTHING, OK, say
from featkit.cli.manifests import chosen_lines, say_problems
from featkit.cli.progress import watched
from featkit.files.atomic import output
from featkit.multimodal import Model


@click.command(short_help="What a model says of the lines of a manifest.")
@click.argument("model")
@click.argument("manifest")
@click.option("-o", "--out", default="-", metavar="PREDICTIONS.jsonl", help="Where they go; - is standard output.")
@click.option("--split", help="Lines to look at.  [default: all]")
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but failures.")
def predict(model: str, manifest: str, out: str, split: str | None, overwrite: bool, quiet: bool) -> int:
    """Write one JSON object a line: the manifest's line, the label (or labels), and the probability of every label.

    Lines that cannot be read have an error instead, and are listed.

    \b
    Example:
      featkit predict examples/multimodal/model.npz examples/multimodal/manifest.jsonl -o said.jsonl
    """
    trained = Model.load(model)
    lines, problems = chosen_lines(manifest, None, split, "all")
    if not lines:
        say_problems(manifest, problems)
        say(f"nothing matched: no line of {manifest} can be read" + (f" with the split {split!r}" if split else ""))
        return NOTHING
    with one_thread():
        rows, kept, unread = trained.features(watched(lines, "reading", quiet))
        probabilities = trained.predict(rows)
    problems = problems + unread
    records: list[dict[str, Any]] = [{"line": line, "error": message} for line, message in problems]
    key = trained.facts["label"]
    for sample, decided, shares in zip(kept, trained.named.decide(probabilities), probabilities, strict=True):
        by_name = {str(name): float(share) for name, share in zip(trained.named.names, shares, strict=True)}
        records.append({"line": sample.line, key: decided, "probabilities": by_name})
    with output(out, overwrite=overwrite) as file:
        for record in sorted(records, key=lambda record: record["line"]):
            file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
    say_problems(manifest, problems)
    if not quiet:
        say(f"{len(kept):,} samples, {len(problems)} skipped -> {'standard output' if out == '-' else out}")
    return FAILURES if problems else OK
