"""``featkit mfcc``, ``featkit fbank``, ``featkit spectrogram``: sound files to feature files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import click

import featkit
from featkit.audio.window import Kind
from featkit.cli.batch import Outcome, Report, run
from featkit.cli.inputs import STDIO, Job, find, jobs
from featkit.cli.options import Setting, input_options, output_options
from featkit.errors import InputError, WriteError
from featkit.files.npy import NpyWriter
from featkit.files.sidecar import fingerprint, read_sidecar, write_sidecar
from featkit.files.sound import SUFFIXES, SoundBlocks
from featkit.pipeline import Pipeline

Build = Callable[..., Pipeline]

_SET = click.option("--set", "settings", type=Setting(), multiple=True, help="Any parameter of any stage; repeatable.")
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


def _command(name: str, build: Build, *own: Callable[[Any], Any]) -> Callable[[Any], click.Command]:
    """Make a command that writes what ``build(rate, **options)`` computes; ``own`` are its options."""

    def decorate(described: Callable[[], None]) -> click.Command:
        def command(**options: Any) -> int:
            return _extract(name, build, options)

        command.__doc__ = described.__doc__
        decorated: Any = output_options(_SET(command))
        for option in reversed(own):
            decorated = option(decorated)
        return click.command(name, context_settings={"show_default": True})(input_options(decorated))

    return decorate


@_command("mfcc", featkit.mfcc, *_CEPSTRA, *_MELS, *_FRAMES)
def mfcc() -> None:
    """Mel-frequency cepstral coefficients of sound files, as .npy of shape (frames, n_mfcc).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.mfcc.npy beside the
    input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit mfcc examples/speech.wav --n-mfcc 20 --set mel.n_mels=60 --overwrite
    """


@_command("fbank", featkit.log_fbank, *_MELS, *_FRAMES)
def fbank() -> None:
    """Log mel filterbank energies of sound files, as .npy of shape (frames, n_mels).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.fbank.npy beside the
    input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit fbank examples/speech.wav --n-mels 80 --overwrite
    """


@_command("spectrogram", featkit.spectrogram, *_FRAMES)
def spectrogram() -> None:
    """Power spectrograms of sound files, as .npy of shape (frames, n_fft/2 + 1).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.spectrogram.npy beside
    the input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit spectrogram examples/speech.wav --window hann --overwrite
    """


# --- what the commands do -----------------------------------------------------------------------------------------------


def _extract(name: str, build: Build, options: dict[str, Any]) -> int:
    take = options.pop
    report = Report(take("as_json"), take("quiet"), take("verbose"))
    inputs, out, on_error = take("inputs"), take("out"), take("on_error")
    settings = dict(take("settings"))
    reading = {key: take(key) for key in ("channels", "dtype", "truncated")}
    rate, overwrite, allow_empty = take("rate"), take("overwrite"), take("allow_empty")
    given = {key: value for key, value in options.items() if value is not None}
    _check_settings(build, settings)
    listed = jobs(find(inputs, SUFFIXES), out, name)
    if reading["channels"] == "each" and any(isinstance(job, Job) and job.output == STDIO for job in listed):
        raise click.UsageError("--channels each writes a file per channel; standard output is only one")
    if report.as_json and any(isinstance(job, Job) and job.output == STDIO for job in listed):
        raise click.UsageError("--json and the features both want standard output; give -o NAME.npy")
    _refuse_terminal(listed)

    def work(job: Job) -> Outcome:
        sound = SoundBlocks(job.source, **{**reading, "size": 65536})
        if rate is not None and sound.rate != rate:
            raise InputError(
                f"{sound.shown} has {sound.rate} samples a second and --rate says {rate}; resample it first, as "
                f"`sox in.wav -r {rate} out.wav` does, or leave --rate out"
            )
        pipeline = build(sound.rate, **given).with_(**settings)
        if reading["channels"] != "each":
            return _write(job, sound, pipeline, reading, overwrite, allow_empty)
        outcomes = []
        for channel in range(sound.channels):
            one = SoundBlocks(job.source, **{**reading, "size": 65536, "channels": channel})
            output = job.output.removesuffix(".npy").removesuffix(f".{name}") + f".ch{channel}.{name}.npy"
            chosen = {**reading, "channels": channel}
            outcomes.append(_write(Job(job.source, output), one, pipeline, chosen, overwrite, allow_empty))
        return Outcome(outcomes[0].status, sum(done.seconds for done in outcomes), outcomes[0].facts)

    return run(listed, work, on_error, report)


def _write(
    job: Job, sound: SoundBlocks, pipeline: Pipeline, reading: dict[str, Any], overwrite: bool, allow_empty: bool
) -> Outcome:
    record: dict[str, Any] = {
        "pipeline": repr(pipeline),
        "input": None if job.source == STDIO else fingerprint(job.source),
        "rate": sound.rate,
        "reading": reading,
    }
    if job.output != STDIO and not overwrite and (made := read_sidecar(job.output)):
        if all(made.get(key) == value for key, value in record.items()) and record["input"] is not None:
            return Outcome("skipped", facts={"why": "up to date"})
        raise WriteError(
            f"{job.output} exists, made with other settings or from another input; use --overwrite or another -o"
        )
    with NpyWriter(job.output, overwrite=overwrite) as out:
        for rows in pipeline.iterate(sound):
            out.append(rows)
        if not out.rows and not allow_empty:
            raise InputError(
                f"{sound.shown} is too short: {sound.samples} samples give no frame; shorten --frame-ms, pad the sound, or "
                "write an empty result with --allow-empty"
            )
    shape, dtype = list(out.shape), str(out.dtype)
    if job.output != STDIO:
        write_sidecar(
            job.output, {**record, "samples": sound.samples, "frames": out.rows, "shape": shape, "dtype": dtype}
        )
    return Outcome("ok", sound.samples / sound.rate, {"shape": shape, "dtype": dtype})


def _check_settings(build: Build, settings: dict[str, Any]) -> None:
    """A name that no stage has is wrong usage, whatever the inputs are."""
    pipeline = build()
    for key in settings:
        if key not in pipeline.parameters():
            pipeline.with_(**{key: None})  # raises with the names there are


def _refuse_terminal(listed: list[Job | WriteError]) -> None:
    import sys

    if any(isinstance(job, Job) and job.output == STDIO for job in listed) and sys.stdout.isatty():
        raise click.UsageError(
            "features are binary and would garble the terminal; give -o NAME.npy or redirect the output"
        )
