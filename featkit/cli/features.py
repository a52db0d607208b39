"""``featkit mfcc``, ``fbank``, ``spectrogram`` and ``extract``: sound files to feature files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple, get_args

import click

import featkit
from featkit.audio.window import Kind
from featkit.cli.batch import Outcome, Report, run
from featkit.cli.inputs import STDIO, Job, find, jobs
from featkit.cli.options import Setting, input_options, output_options
from featkit.cli.recipes import Build, preset, textbook
from featkit.errors import InputError, WriteError
from featkit.files.ahead import ahead
from featkit.files.npy import NpyWriter
from featkit.files.sidecar import fingerprint, up_to_date, write_sidecar
from featkit.files.sound import SUFFIXES, SoundBlocks, blocks
from featkit.pipeline import Pipeline

_SET = click.option("--set", "settings", type=Setting(), multiple=True, help="Any parameter of any stage; repeatable.")
_PRESET = "another program's features: a dialect, dialect/feature or dialect:CONFIG-FILE; see featkit presets."
_FRAMES = (
    click.option("--frame-ms", type=float, help="Length of a frame in milliseconds.  [default: 25]"),
    click.option("--hop-ms", type=float, help="From one frame to the next in milliseconds.  [default: 10]"),
    click.option("--window", type=click.Choice(get_args(Kind)), help="The window.  [default: hamming]"),
)
_MELS = (
    click.option("--n-mels", type=click.IntRange(min=1), help="Number of mel filters.  [default: 40]"),
    click.option("--low-hz", type=float, help="Where the first filter begins.  [default: 20]"),
    click.option("--high-hz", type=float, help="Where the last filter ends.  [default: half the rate]"),
)
_CEPSTRA = (click.option("--n-mfcc", type=click.IntRange(min=1), help="Coefficients kept.  [default: 13]"),)


def _command(
    name: str, summary: str, make: Callable[..., Pipeline] | None, *own: Callable[[Any], Any]
) -> Callable[[Callable[[], None]], click.Command]:
    """Make a command out of a docstring: the textbook's ``make`` with its ``own`` options, or a preset."""
    choice = click.option("--preset", required=make is None, metavar="PRESET", help=_PRESET.capitalize())

    def decorate(described: Callable[[], None]) -> click.Command:
        def command(**options: Any) -> int:
            return _extract(name, make, options)

        command.__doc__ = described.__doc__
        decorated: Any = output_options(_SET(command))
        for option in reversed((choice, *own)):
            decorated = option(decorated)
        return click.command(name, short_help=summary)(input_options(decorated))

    return decorate


@_command("mfcc", "MFCCs of sound files.", featkit.mfcc, *_CEPSTRA, *_MELS, *_FRAMES)
def mfcc() -> None:
    """Mel-frequency cepstral coefficients of sound files, as .npy of shape (frames, n_mfcc).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.mfcc.npy beside the
    input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit mfcc examples/speech.wav --n-mfcc 20 --set mel.n_mels=60 --overwrite
    """


@_command("fbank", "Log mel filterbanks of sound files.", featkit.log_fbank, *_MELS, *_FRAMES)
def fbank() -> None:
    """Log mel filterbank energies of sound files, as .npy of shape (frames, n_mels).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.fbank.npy beside the
    input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit fbank examples/speech.wav --preset kaldi --set num_mel_bins=80 --overwrite
    """


@_command("spectrogram", "Power spectrograms of sound files.", featkit.spectrogram, *_FRAMES)
def spectrogram() -> None:
    """Power spectrograms of sound files, as .npy of shape (frames, n_fft/2 + 1).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.spectrogram.npy beside
    the input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit spectrogram examples/speech.wav --window hann --overwrite
    """


@_command("extract", "The features of any preset.", None)
def extract() -> None:
    """The features of any preset, as .npy of shape (frames, features).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.<feature>.npy beside the
    input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit extract examples/speech.wav --preset whisper/log_mel_spectrogram --overwrite
    """


# --- what the commands do -----------------------------------------------------------------------------------------------


class _Writing(NamedTuple):
    """How inputs are read and outputs written."""

    reading: dict[str, Any]
    rate: int | None
    overwrite: bool
    allow_empty: bool


def _extract(command: str, make: Callable[..., Pipeline] | None, options: dict[str, Any]) -> int:
    take = options.pop
    report = Report(take("as_json"), take("quiet"), take("verbose"))
    inputs, out, on_error, spec, settings = (take(key) for key in ("inputs", "out", "on_error", "preset", "settings"))
    reading = {key: take(key) for key in ("channels", "dtype", "truncated")}
    writing = _Writing(reading, take("rate"), take("overwrite"), take("allow_empty"))
    given = {key: value for key, value in options.items() if value is not None}
    if spec is None:
        assert make is not None
        kind, build = command, textbook(make, given, dict(settings))
    else:
        kind, build = preset(spec, None if make is None else command, given, dict(settings))
    found = find(inputs, SUFFIXES)
    listed = jobs(found, out, kind)
    _check_standard_output(listed, reading, report)
    return run(found, listed, lambda job: _work(job, kind, build, writing), on_error, report)


def _check_standard_output(listed: list[Job], reading: dict[str, Any], report: Report) -> None:
    if all(job.output != STDIO for job in listed):
        return
    if reading["channels"] == "each":
        raise click.UsageError(
            "--channels each writes a file per channel; standard output is only one: give -o FOLDER/"
        )
    if report.as_json:
        raise click.UsageError("--json and the features both want standard output; give -o NAME.npy")
    if sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError(
            "features are binary and would garble the terminal; give -o NAME.npy or redirect the output"
        )


def _work(job: Job, kind: str, build: Build, writing: _Writing) -> list[Outcome]:
    sound = blocks(job.source, **writing.reading, empty="keep" if writing.allow_empty else "error")
    if writing.rate not in (None, sound.rate):
        raise InputError(
            f"{sound.shown} has {sound.rate} samples a second and --rate says {writing.rate}; resample it first, as "
            f"`sox in.wav -r {writing.rate} out.wav` does, or leave --rate out"
        )
    pipeline = build(sound.rate)
    if writing.reading["channels"] != "each":
        return [_write(job, sound, pipeline, writing)]
    outcomes = []
    for channel in range(sound.channels):
        chosen = writing._replace(reading={**writing.reading, "channels": channel})
        output = job.output.removesuffix(".npy").removesuffix(f".{kind}") + f".ch{channel}.{kind}.npy"
        outcomes.append(_write(Job(job.source, output), sound.channel(channel), pipeline, chosen))
    return outcomes


def _write(job: Job, sound: SoundBlocks, pipeline: Pipeline, writing: _Writing) -> Outcome:
    record: dict[str, Any] = {
        "pipeline": repr(pipeline),
        "input": None if job.source == STDIO else fingerprint(job.source),
        "rate": sound.rate,
        "reading": writing.reading,
    }
    if job.output != STDIO and not writing.overwrite:
        current = up_to_date(job.output, record)
        if current:
            return Outcome("skipped", job.output, facts={"why": "up to date"})
        if current is False:
            raise WriteError(
                f"{job.output} exists, made with other settings or from another input; use --overwrite or another -o"
            )
    with NpyWriter(job.output, overwrite=writing.overwrite) as out:
        # Plain samples are read faster than a thread hands them over.
        for rows in pipeline.iterate(ahead(sound) if sound.compressed else sound):
            out.append(rows)
        if not out.rows and not writing.allow_empty:
            raise InputError(
                f"{sound.shown} is too short: {sound.samples} samples give no frame; shorten the frames, pad the sound, or "
                "write an empty result with --allow-empty"
            )
        shape, dtype = list(out.shape), str(out.dtype)
        if job.output != STDIO:
            out.complete()
            # Before the features get their name: they must not appear without it, nor beside that of others.
            told = {"samples": sound.samples, "frames": out.rows, "shape": shape, "dtype": dtype}
            write_sidecar(job.output, {**record, **told})
    return Outcome("ok", job.output, sound.samples / sound.rate, {"shape": shape, "dtype": dtype})
