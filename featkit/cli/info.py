"""``featkit info``: what a file is and how it was made."""

from __future__ import annotations

import json
from typing import Any

import click

from featkit.cli.main import FAILURES, OK, say
from featkit.errors import FeatkitError
from featkit.files.info import info as describe
from featkit.files.sidecar import stages_of


@click.command(short_help="What a file holds and how it was made.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def info(files: tuple[str, ...], as_json: bool) -> int:
    """What a feature file, an image or a sound file holds, and how it was made.

    \b
    Example:
      featkit info examples/speech.wav
    """
    code = OK
    for file in files:
        try:
            facts = describe(file)
        except FeatkitError as error:
            say(f"failed: {error}")
            code = FAILURES
            continue
        click.echo(json.dumps(facts, ensure_ascii=False) if as_json else "\n".join(_lines(facts)))
    return code


def _lines(facts: dict[str, Any], indent: str = "") -> list[str]:
    lines: list[str] = []
    for key, value in facts.items():
        if key == "made" and value is None:
            lines.append(f"{indent}made: not known (no sidecar beside it)")
        elif key == "pipeline":
            lines += [f"{indent}pipeline:", *(f"{indent}  {stage}" for stage in stages_of(value))]
        elif isinstance(value, dict):
            lines += [f"{indent}{key}:", *_lines(value, indent + "  ")]
        elif isinstance(value, list):
            lines.append(f"{indent}{key}: {' x '.join(map(str, value))}")
        else:
            lines.append(f"{indent}{key}: {value:.6g}" if isinstance(value, float) else f"{indent}{key}: {value}")
    return lines
