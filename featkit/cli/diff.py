"""``featkit diff``: how far two feature files are apart, or at which stage two presets diverge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from featkit.cli.main import FAILURES, OK
from featkit.cli.options import Setting
from featkit.cli.recipes import preset
from featkit.diff import Difference, Divergence, diff_arrays, diff_pipelines
from featkit.files.npy import load
from featkit.files.sidecar import read_sidecar, stages_of
from featkit.files.sound import read
from featkit.parameters import literal


@click.command(short_help="Why features differ.")
@click.argument("files", nargs=-1, required=True, metavar="A.npy B.npy | SOUND")
@click.option("--preset", "spec", metavar="PRESET", help="For a sound file: one side, as in featkit extract.")
@click.option("--against", metavar="PRESET", help="For a sound file: the other side.")
@click.option("--set", "settings", type=Setting(), multiple=True, help="Options of --preset; repeatable.")
@click.option("--set-against", "others", type=Setting(), multiple=True, help="Options of --against; repeatable.")
@click.option(
    "--channels",
    default="first",
    show_default=True,
    type=click.Choice(["first", "mix"]),
    help="What to take of a sound file with several.",
)
@click.option("--tolerance", type=float, default=1e-5, show_default=True, help="Relative to the largest value of B.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def diff(
    files: tuple[str, ...],
    spec: str | None,
    against: str | None,
    settings: tuple[Any, ...],
    others: tuple[Any, ...],
    channels: Any,
    tolerance: float,
    as_json: bool,
) -> int:
    """Why features differ.

    Of two .npy files: how far, where, in which frames and columns. Of a sound file and two presets: the first stage at
    which they diverge, with its parameters on both sides.

    Exit code: 0 where they agree within the tolerance, 3 where they don't.

    \b
    Example:
      featkit diff examples/speech.wav --preset kaldi/fbank --against kaldi/fbank
    """
    if spec is None and against is None:
        if len(files) != 2:
            raise click.UsageError("give two .npy files, or a sound file with --preset and --against")
        found = diff_arrays(load(files[0]), load(files[1]), tolerance)
        lines = _arrays(files, found)
        answer: dict[str, Any] = {"same": found.same, **found._asdict()}
    else:
        if spec is None or against is None or len(files) != 1:
            raise click.UsageError("give one sound file with both --preset and --against")
        samples, rate = read(files[0], channels=channels)
        sides = (preset(spec, None, {}, dict(settings))[1](rate), preset(against, None, {}, dict(others))[1](rate))
        divergence = diff_pipelines(*sides, samples, tolerance)
        lines, answer = _pipelines((spec, against), divergence)
    click.echo(json.dumps(answer, default=str) if as_json else "\n".join(lines))
    return OK if answer["same"] else FAILURES


def _arrays(files: tuple[str, ...], found: Difference) -> list[str]:
    one, other = (
        f"{Path(file).name} {' x '.join(map(str, shape))}" for file, shape in zip(files, found.shapes, strict=True)
    )
    lines = [f"{one} against {other}: " + ("they agree" if found.same else "they differ"), *_numbers(found)]
    made = [read_sidecar(file) for file in files]
    if all(made) and not found.same:
        stages = [stages_of(record["pipeline"]) for record in made if record]
        lines += ["made by different pipelines:"] if stages[0] != stages[1] else ["made by the same pipeline"]
        lines += [f"  - {stage}" for stage in stages[0] if stage not in stages[1]]
        lines += [f"  + {stage}" for stage in stages[1] if stage not in stages[0]]
    return lines


def _numbers(found: Difference) -> list[str]:
    lines = []
    if found.at is not None:
        where = ", ".join(f"{name} {i}" for name, i in zip(("frame", "column"), found.at, strict=False))
        lines.append(
            f"largest difference {found.largest:.6g} ({found.relative:.2g} of the largest value) at {where}, "
            f"mean {found.mean:.3g}"
        )
    for name, places in (("frames", found.frames), ("columns", found.columns)):
        if places:
            shown = ", ".join(map(str, places[:8])) + (", ..." if len(places) > 8 else "")
            lines.append(f"{len(places)} {name} differ, the worst first: {shown}")
    return lines + [f"hint: {hint}" for hint in found.hints]


def _pipelines(names: tuple[str, str], found: Divergence | None) -> tuple[list[str], dict[str, Any]]:
    if found is None:
        return [f"{names[0]} and {names[1]} agree at every stage"], {"same": True}
    one, other = found.stages
    stage = one if one is not None else other
    assert stage is not None
    kinds = [type(side).__name__ if side is not None else "-" for side in found.stages]
    title = kinds[0] if kinds[0] == kinds[1] else " against ".join(kinds)
    lines = [f"{names[0]} and {names[1]} first diverge at {stage.name}: {title}"]
    if one is None or other is None:
        lines.append(f"  only {names[0] if other is None else names[1]} has this stage: {stage!r}")
    width = max((len(name) for name in found.parameters), default=0)
    for name, values in found.parameters.items() if one is not None and other is not None else ():
        lines.append(f"  {name:{width}}  {literal(values[0]):>12}  against  {literal(values[1])}")
    lines += [f"  {line}" for line in _numbers(found.difference)] if found.difference else []
    lines += [f"note: {note}" for note in found.notes]
    lines += [f"later stages that differ too: {', '.join(found.later)}"] if found.later else []
    answer = {
        "same": False,
        "stage": stage.name,
        "stages": [None if side is None else repr(side) for side in found.stages],
        "parameters": {name: list(map(_plain, values)) for name, values in found.parameters.items()},
        "notes": found.notes,
        "later": found.later,
    }
    return lines, answer


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, float, str)) else literal(value)
