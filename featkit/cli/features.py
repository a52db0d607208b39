"""``featkit mfcc``, ``fbank``, ``spectrogram`` and ``extract``: sound files to feature files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_args

import click

import featkit
from featkit.audio.window import Kind
from featkit.cli.inputs import Job
from featkit.cli.media import SOUND, Medium
from featkit.cli.options import Setting, output_options
from featkit.cli.outputs import After, Features, Pictures, Plan, Shared, carry_out
from featkit.cli.recipes import preset, textbook
from featkit.pipeline import Pipeline

_SET = click.option("--set", "settings", type=Setting(), multiple=True, help="Any parameter of any stage; repeatable.")
_PRESET = "another program's features: a dialect, dialect/feature or dialect:CONFIG-FILE; see featkit presets."
FRAMES = (
    click.option("--frame-ms", type=float, help="Length of a frame in milliseconds.  [default: 25]"),
    click.option("--hop-ms", type=float, help="From one frame to the next in milliseconds.  [default: 10]"),
)
_WINDOWED = (
    *FRAMES,
    click.option("--window", type=click.Choice(get_args(Kind)), help="The window.  [default: hamming]"),
)
_MELS = (
    click.option("--n-mels", type=click.IntRange(min=1), help="Number of mel filters.  [default: 40]"),
    click.option("--low-hz", type=float, help="Where the first filter begins.  [default: 20]"),
    click.option("--high-hz", type=float, help="Where the last filter ends.  [default: half the rate]"),
)
_CEPSTRA = (click.option("--n-mfcc", type=click.IntRange(min=1), help="Coefficients kept.  [default: 13]"),)


def feature_command(
    name: str,
    summary: str,
    make: Callable[..., Pipeline] | None,
    *own: Callable[[Any], Any],
    presets: bool = True,
    work: Callable[[dict[str, Any]], int] | None = None,
    medium: Medium = SOUND,
) -> Callable[[Callable[[], None]], click.Command]:
    """Make a command out of a docstring: the textbook's ``make`` with its ``own`` options, or a preset.

    Parameters
    ----------
    name, summary : str
        As the list of commands has them; the output is ``<stem>.<name>.npy``.
    make : callable or None
        Builds the pipeline, from the sampling rate where the medium is sound, and from the values of the options that were
        given, by keyword. None: the command takes a preset, and nothing else.
    *own : click options
        Their values go to ``make``; an option that isn't given must be None.
    presets : bool
        Whether there is ``--preset`` beside ``make``.
    work : callable, optional
        Does the work in place of :func:`extract_features`; takes all options, returns the exit code.
    medium : Medium
        What kind of input is read; it has the options that say how.
    """
    choice = click.option("--preset", required=make is None, metavar="PRESET", help=_PRESET.capitalize())

    def decorate(described: Callable[[], None]) -> click.Command:
        def command(**options: Any) -> int:
            return work(options) if work is not None else extract_features(name, make, options, medium=medium)

        command.__doc__ = described.__doc__
        decorated: Any = output_options(_SET(command))
        for option in reversed((choice, *own) if presets else own):
            decorated = option(decorated)
        return click.command(name, short_help=summary)(medium.options(decorated))

    return decorate


@feature_command("mfcc", "MFCCs of sound files.", featkit.mfcc, *_CEPSTRA, *_MELS, *_WINDOWED)
def mfcc() -> None:
    """Mel-frequency cepstral coefficients of sound files, as .npy of shape (frames, n_mfcc).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.mfcc.npy beside the
    input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit mfcc examples/speech.wav --n-mfcc 20 --set mel.n_mels=60 --overwrite
    """


@feature_command("fbank", "Log mel filterbanks of sound files.", featkit.log_fbank, *_MELS, *_WINDOWED)
def fbank() -> None:
    """Log mel filterbank energies of sound files, as .npy of shape (frames, n_mels).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.fbank.npy beside the
    input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit fbank examples/speech.wav --preset kaldi --set num_mel_bins=80 --overwrite
    """


_PICTURE = (
    click.option("--png", is_flag=True, help="Write a picture instead: time to the right, 80 dB from dark to light."),
)


def _spectrograms(options: dict[str, Any]) -> int:
    if not options.pop("png"):
        return extract_features("spectrogram", featkit.spectrogram, options)
    if options["preset"] is not None:
        raise click.UsageError(
            "--png draws power in decibels, which the features of a preset needn't be; leave one out"
        )
    return extract_features("spectrogram", featkit.spectrogram, options, target=Pictures("spectrogram"))


@feature_command(
    "spectrogram",
    "Power spectrograms of sound files.",
    featkit.spectrogram,
    *_WINDOWED,
    *_PICTURE,
    work=_spectrograms,
)
def spectrogram() -> None:
    """Power spectrograms of sound files, as .npy of shape (frames, n_fft/2 + 1), or as pictures.

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.spectrogram.npy beside
    the input (with --png: .png), or where -o says; OUTPUT.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit spectrogram examples/speech.wav --window hann --overwrite
    """


@feature_command("extract", "The features of any preset.", None)
def extract() -> None:
    """The features of any preset, as .npy of shape (frames, features).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.<feature>.npy beside the
    input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

    \b
    Example:
      featkit extract examples/speech.wav --preset whisper/log_mel_spectrogram --overwrite
    """


# --- what the commands do -----------------------------------------------------------------------------------------------


def extract_features(
    command: str,
    make: Callable[..., Pipeline] | None,
    options: dict[str, Any],
    after: After | None = None,
    medium: Medium = SOUND,
    target: Features | None = None,
) -> int:
    """What a command of features does: the textbook's or a preset's, of inputs as they are or prepared."""
    shared, front_of = Shared.taken_from(options, medium), medium.prepared(options)
    spec, settings = (options.pop(key, None) for key in ("preset", "settings"))
    given = {key: value for key, value in options.items() if value is not None}
    if spec is None:
        assert make is not None
        kind, build = command, textbook(make, given, dict(settings), rated=medium is SOUND)
    else:
        kind, build = preset(spec, None if make is None else command, given, dict(settings), medium.axis)

    def plans(job: Job, source: Any) -> Iterator[Plan]:
        rate, front = front_of(source)
        yield Plan(rate, front, build(rate))

    return carry_out(shared, target or Features(kind, medium.rows), plans, after, medium)
