"""``featkit vad``: where there is speech, as a mask of frames and as segments in seconds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

import featkit
from featkit.audio.frames import Frames
from featkit.cli.features import FRAMES, extract_features, feature_command
from featkit.cli.inputs import STDIO, Job
from featkit.cli.outputs import Plan
from featkit.files.npy import load
from featkit.files.sound import SoundBlocks
from featkit.pipeline import Pipeline


def _by_energy(
    rate: float = 16000,
    *,
    frame_ms: float = 25.0,
    hop_ms: float = 10.0,
    threshold_db: float = 8.0,
    hang_ms: float = 200.0,
    memory_ms: float = 3000.0,
) -> Pipeline:
    """Frames that are louder than the noise, and some after them."""
    frames = featkit.spectrogram(rate, frame_ms=frame_ms, hop_ms=hop_ms)["frames"]
    hang, memory = round(hang_ms / hop_ms), max(1, round(memory_ms / hop_ms))
    return frames | featkit.EnergyActivity(threshold_db, hang=hang, memory=memory)


def _by_kaldi(rate: float = 16000, *, frame_ms: float = 25.0, hop_ms: float = 10.0, **options: Any) -> Pipeline:
    """Kaldi's compute-vad on Kaldi's MFCCs, whose first column is the log energy."""
    from featkit.presets import kaldi

    mfcc = kaldi.mfcc(sample_frequency=rate, frame_length=frame_ms, frame_shift=hop_ms)
    return mfcc | kaldi.compute_vad(**options)


_ENERGY = ("threshold_db", "hang_ms", "memory_ms")
_KALDI = ("vad_energy_threshold", "vad_energy_mean_scale", "vad_frames_context", "vad_proportion_threshold")
_OPTIONS = (
    click.option(
        "--method",
        type=click.Choice(["energy", "kaldi"]),
        default="energy",
        show_default=True,
        help="Energy over the noise, or Kaldi's compute-vad on its MFCCs.",
    ),
    click.option("--threshold-db", type=float, help="energy: So far above the noise is speech.  [default: 8]"),
    click.option("--hang-ms", type=click.FloatRange(min=0), help="energy: Active so long afterwards.  [default: 200]"),
    click.option(
        "--memory-ms",
        type=click.FloatRange(min=0),
        help="energy: The softest of so long is the noise.  [default: 3000]",
    ),
    click.option("--vad-energy-threshold", type=float, help="kaldi: Fixed part of the threshold.  [default: 5]"),
    click.option("--vad-energy-mean-scale", type=float, help="kaldi: Times the mean added to it.  [default: 0.5]"),
    click.option("--vad-frames-context", type=int, help="kaldi: Frames asked on each side.  [default: 0]"),
    click.option("--vad-proportion-threshold", type=float, help="kaldi: Share that must be active.  [default: 0.6]"),
    click.option("--segments", is_flag=True, help="Also print JSON lines on stdout: input, start, end in seconds."),
)


def _detect(options: dict[str, Any]) -> int:
    method, segments = options.pop("method"), options.pop("segments")
    make, foreign = (_by_energy, _KALDI) if method == "energy" else (_by_kaldi, _ENERGY)
    for name in foreign:
        if options.pop(name) is not None:
            option = f"--{name.replace('_', '-')}"
            other = "kaldi" if method == "energy" else "energy"
            raise click.UsageError(f"{option} belongs to --method {other}, and the method is {method}")
    if segments and (options["out"] == STDIO or (options["out"] is None and STDIO in options["inputs"])):
        raise click.UsageError("--segments and the mask both want standard output; give -o NAME.npy")
    return extract_features("vad", make, options, after=_print_segments if segments else None)


def _print_segments(job: Job, sound: SoundBlocks, plan: Plan) -> None:
    for start, end in _seconds(job.output, sound, plan):
        click.echo(json.dumps({"input": job.source, "start": start, "end": end}, ensure_ascii=False))


def _seconds(mask: str, sound: SoundBlocks, plan: Plan) -> Iterator[tuple[float, float]]:
    """Where segments begin and end: half-way between the middles of frames, at the ends with the first and last frame."""
    assert plan.features is not None
    assert plan.rate is not None
    frames = next(stage for stage in plan.features.stages if isinstance(stage, Frames)).geometry()
    marks = load(mask)
    last = ((len(marks) - 1) * frames.hop - frames.left + frames.span) / plan.rate
    if plan.front is None:
        last = min(last, sound.samples / sound.rate)
    for first, end in featkit.segments(marks).tolist() if len(marks) else ():
        begins, ends = (
            (at * frames.hop - frames.left + (frames.span - frames.hop) / 2) / plan.rate for at in (first, end)
        )
        yield round(max(0.0, begins if first else 0.0), 6), round(ends if end < len(marks) else last, 6)


@feature_command("vad", "Where there is speech.", None, *_OPTIONS, *FRAMES, presets=False, work=_detect)
def vad() -> None:
    """Where there is speech, as .npy of shape (frames, 1): 1 for active frames, 0 for the others.

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.vad.npy beside the
    input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info). With --prepare or --rate,
    frames and seconds are those of the prepared sound. Options marked with a method belong to it.

    \b
    Example:
      featkit vad examples/speech.wav --segments --overwrite
    """
