"""``featkit prepare``: sound files to sound files, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from featkit.cli.inputs import Job
from featkit.cli.options import input_options, sound_options
from featkit.cli.outputs import Plan, Shared, Sounds, carry_out
from featkit.cli.steps import Preparation, StepCommand, check_resampler, step_options
from featkit.files.sound import SoundBlocks


@click.command(cls=StepCommand, short_help="Sound files: gain, noise reduction, rate, silence.")
@input_options
@step_options
@sound_options("NAME.wav, NAME.flac, a folder (the tree is mirrored, as <stem>.wav), or - for stdout.")
def prepare(**options: Any) -> int:
    """Prepare sound: level, noise, sampling rate, silence, band. Writes WAV, or FLAC where -o ends so.

    The steps are taken in the order in which they are written, and may be repeated. INPUT: files, folders, patterns
    (quoted or not), or - for standard input. OUT.wav.json beside the output tells how it was made (see featkit info);
    samples that had to be cut off at full scale are reported. Without a step, the sound is written as it is.

    \b
    Example:
      featkit prepare examples/speech.wav -o clean.wav --offset --denoise wiener --gain rms:-20 --trim
    """
    shared = Shared.taken_from(options)
    preparation = Preparation(options["steps"], options["resampler"])
    check_resampler(preparation.resampler)

    def plans(job: Job, sound: SoundBlocks) -> Iterator[Plan]:
        yield Plan(*preparation.front(sound.rate))

    return carry_out(shared, Sounds(options["subtype"]), plans)
