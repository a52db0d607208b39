"""``featkit mfcc``, ``fbank``, ``spectrogram`` and ``extract``: sound files to feature files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_args

import click

import featkit
from featkit.audio.window import Kind
from featkit.cli.inputs import Job
from featkit.cli.options import Setting, input_options, output_options
from featkit.cli.outputs import After, Features, Plan, Shared, carry_out
from featkit.cli.recipes import preset, textbook
from featkit.cli.steps import check_resampler, prepare_options
from featkit.files.sound import SoundBlocks
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
) -> Callable[[Callable[[], None]], click.Command]:
    """Make a command out of a docstring: the textbook's ``make`` with its ``own`` options, or a preset."""
    choice = click.option("--preset", required=make is None, metavar="PRESET", help=_PRESET.capitalize())

    def decorate(described: Callable[[], None]) -> click.Command:
        def command(**options: Any) -> int:
            return work(options) if work is not None else extract_features(name, make, options)

        command.__doc__ = described.__doc__
        decorated: Any = output_options(_SET(command))
        for option in reversed((choice, *own) if presets else own):
            decorated = option(decorated)
        return click.command(name, short_help=summary)(input_options(prepare_options(decorated)))

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


@feature_command("spectrogram", "Power spectrograms of sound files.", featkit.spectrogram, *_WINDOWED)
def spectrogram() -> None:
    """Power spectrograms of sound files, as .npy of shape (frames, n_fft/2 + 1).

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.spectrogram.npy beside
    the input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info).

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
    command: str, make: Callable[..., Pipeline] | None, options: dict[str, Any], after: After | None = None
) -> int:
    """What a command of features does: the textbook's or a preset's, of sound as it is or prepared."""
    shared = Shared.taken_from(options)
    spec, settings, wanted, resampler, prepare = (
        options.pop(key, None) for key in ("preset", "settings", "rate", "resampler", "prepare")
    )
    given = {key: value for key, value in options.items() if value is not None}
    if spec is None:
        assert make is not None
        kind, build = command, textbook(make, given, dict(settings))
    else:
        kind, build = preset(spec, None if make is None else command, given, dict(settings))
    check_resampler(resampler)
    check_resampler(prepare.resampler)

    def plans(job: Job, sound: SoundBlocks) -> Iterator[Plan]:
        rate, front = prepare.front(sound.rate, wanted, resampler)
        yield Plan(rate, front, build(rate))

    return carry_out(shared, Features(kind), plans, after)
