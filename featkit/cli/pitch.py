"""``featkit pitch``: the fundamental frequency of sound files, frame by frame."""

from __future__ import annotations

import click

import featkit
from featkit.cli.features import FRAMES, feature_command

_RANGE = (
    click.option("--low-hz", type=float, help="The lowest pitch that is looked for.  [default: 65.4]"),
    click.option("--high-hz", type=float, help="The highest pitch that is looked for.  [default: 600]"),
)


@feature_command("pitch", "Pitch and voicing of sound files.", featkit.pitch, *_RANGE, *FRAMES, presets=False)
def pitch() -> None:
    """Pitch and voicing of sound files, as .npy of shape (frames, 2): Hz (0: unvoiced), probability of being voiced.

    INPUT: files, folders, patterns (quoted or not), or - for standard input. The output is <stem>.pitch.npy beside the
    input, or where -o says; NAME.npy.json beside it tells how it was made (see featkit info). Frames are those of featkit
    mfcc, so their rows belong together.

    \b
    Example:
      featkit pitch examples/speech.wav --low-hz 80 --high-hz 400 --overwrite
    """
