"""``featkit augment``: variants of sound files, drawn from a recipe."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import click

from featkit.audio.resample import Resample
from featkit.cli.inputs import Job, find, part_of
from featkit.cli.options import input_options, sound_options
from featkit.cli.outputs import Plan, Shared, Sounds, carry_out
from featkit.cli.steps import check_resampler, prepare_options
from featkit.files.sound import SUFFIXES, SoundBlocks, read
from featkit.numeric import Array
from featkit.pipeline import pipeline
from featkit.recipe import parse_recipe
from featkit.vary import draw, recorded

#: No recipe is wrong because of this rate: what it rules out, it rules out for single files.
_ANY_RATE = 10_000_000


@click.command(short_help="Variants of sound files, drawn from a recipe.")
@input_options
@prepare_options
@click.option(
    "--recipe",
    required=True,
    metavar="STEPS",
    help="What is varied, in quotes: speed, tempo, pitch, gain, noise, reverb, shift, band, mulaw; see docs/augment.md.",
)
@click.option("--copies", type=click.IntRange(min=1), default=1, show_default=True, help="Variants of each input.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, another draw for every input.")
@sound_options("A folder for <stem>.<copy>.wav; the tree is mirrored.")
def augment(**options: Any) -> int:
    """Write variants of sound files: faster, louder, noisier, in another room, as a recipe draws them.

    What is drawn follows from the seed, the output's name below the folder and nothing else: neither from the order of
    the inputs nor from when it is run. OUT.wav.json beside each output has the numbers that were drawn. Recordings of
    noise and of rooms are resampled where needed; of several channels, the first is taken.

    \b
    Example:
      featkit augment examples/speech.wav -o more/ --recipe "speed:0.9..1.1 gain:-6..6" --copies 3
    """
    shared = Shared.taken_from(options)
    wanted, resampler, prepare = options["rate"], options["resampler"], options["prepare"]
    check_resampler(resampler)
    recipe = lru_cache(maxsize=None)(lambda rate: parse_recipe(options["recipe"], rate, _recordings))
    recording = lru_cache(maxsize=8)(_recording)
    recipe(_ANY_RATE)  # what is wrong with the text is wrong for every input

    def plans(job: Job, sound: SoundBlocks) -> Iterator[Plan]:
        rate, front = prepare.front(sound.rate, wanted, resampler)
        for copy in range(1, options["copies"] + 1):
            drawn = draw(recipe(rate), options["seed"], f"{job.place}#{copy}", lambda name: recording(name, rate))
            whole = pipeline(drawn) if front is None else pipeline(front, drawn)
            yield Plan(rate, whole, output=part_of(job.output, str(copy), Sounds.ending))

    return carry_out(shared, Sounds(options["subtype"], files=(), show=recorded), plans)


def _recordings(pattern: str) -> Sequence[str]:
    return [source for source, _ in find([pattern], SUFFIXES).inputs if os.path.isfile(source)]


def _recording(name: str, rate: int) -> Array:
    samples, own = read(name, channels="first")
    return samples if own == rate else Resample(rate, own)(samples)
