"""Augmentation in one line of text: ``"speed:0.9..1.1 gain:-6..6 noise:clips/*.wav@5..20,50%"``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from featkit.audio.band import BandLimit
from featkit.audio.companding import MuLaw
from featkit.audio.gain import Gain
from featkit.audio.mixing import AddNoise
from featkit.audio.resample import Speed
from featkit.audio.reverb import Reverberate
from featkit.audio.shift import TimeShift
from featkit.audio.tempo import PitchShift, Tempo
from featkit.errors import FeatkitError, ParameterError, did_you_mean
from featkit.pipeline import Pipeline, pipeline
from featkit.vary import Range, Vary, choice, integers, recordings, uniform

#: The names of the recordings that a pattern stands for.
Find: TypeAlias = Callable[[str], Sequence[str]]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_SPAN = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?:/({_NUMBER}))?")
_CHANCE = re.compile(rf"(.*),({_NUMBER})%", re.DOTALL)
#: What stands in a stage that needs a recording until one is drawn.
_NOT_DRAWN = np.ones(1)


class _Step(NamedTuple):
    """One kind of step of a recipe."""

    usage: str
    meaning: str
    make: Callable[[str, float, Find], tuple[Any, dict[str, Range]]]


def parse_recipe(text: str, rate: float, find: Find | None = None) -> Pipeline:
    """Read a recipe of augmentation: a pipeline of :class:`featkit.Vary`, one for each step.

    Parameters
    ----------
    text : str
        Steps with spaces between them, each ``name:values``, in the order in which they are applied. Values are one number
        (``-3``), several to choose from (``0.9,1.0,1.1``), or a range (``-6..6``), with a step if wanted (``-6..6/0.5``).
        ``,50%`` at the end of a step: it is applied to half of the items. Names with spaces stand in quotes.
    rate : float
        Sampling rate of the items in Hz.
    find : callable or None
        Gives the names of the recordings that a pattern like ``clips/*.wav`` stands for. None: the pattern is a name.

    Returns
    -------
    Pipeline
        To be drawn with :func:`featkit.draw`, whose ``read`` then gets the names that were found.

    Raises
    ------
    ParameterError
        If the text is no recipe; the message names the step.

    Notes
    -----
    The steps (:data:`STEPS`):

    =========================== =============================================================================
    ``speed:0.9..1.1``          :class:`featkit.Speed`; factors, in steps of 0.01 unless another is given
    ``tempo:0.9..1.1``          :class:`featkit.Tempo`; factors, likewise
    ``pitch:-2..2``             :class:`featkit.PitchShift`; semitones, in steps of 0.1 likewise
    ``gain:-6..6``              :class:`featkit.Gain`; decibels
    ``noise:clips/*.wav@5..20`` :class:`featkit.AddNoise`; recordings, and the signal-to-noise ratio in decibels
    ``reverb:rooms/*.wav``      :class:`featkit.Reverberate`; impulse responses
    ``shift:-100..100``         :class:`featkit.TimeShift`; milliseconds
    ``band:200..400@3000..3800`` :class:`featkit.BandLimit`; the lower and the upper end in Hz
    ``mulaw``                   :class:`featkit.MuLaw`; or the number of its steps, ``mulaw:64,256``
    =========================== =============================================================================

    Examples
    --------
    >>> parse_recipe("gain:-6..6,50% mulaw", rate=16000)[0]
    Vary(stage=Gain(db=0.0), ranges=(('db', ('uniform', -6.0, 6.0)),), probability=0.5)
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ParameterError(f"the recipe {text!r} cannot be read: {error}; close the quotes") from None
    if not words:
        raise ParameterError(f"the recipe is empty; write steps like 'gain:-6..6', of {', '.join(STEPS)}")
    return pipeline(*(_step(word, rate, find or _itself) for word in words))


def _step(word: str, rate: float, find: Find) -> Vary:
    name, _, values = word.partition(":")
    name, values, probability = _chance(word, name, values)
    if name not in STEPS:
        near = did_you_mean(name, STEPS) or f"; there are {', '.join(STEPS)}"
        raise ParameterError(f"the recipe has a step {name!r}, and there is none{near}")
    try:
        stage, ranges = STEPS[name].make(values, rate, find)
        return Vary(stage, ranges, probability)
    except FeatkitError as error:
        raise ParameterError(f"the step {word!r} of the recipe: {error}") from None


def _chance(word: str, name: str, values: str) -> tuple[str, str, float]:
    """The step without the percentage at its end, and that as a probability."""
    found = _CHANCE.fullmatch(values or name)
    if not found:
        return name, values, 1.0
    rest, percent = found[1], float(found[2])
    if not 0 <= percent <= 100:
        raise ParameterError(f"the step {word!r} of the recipe: {percent:g}% is not within 0 and 100")
    return (name, rest, percent / 100) if values else (rest, "", percent / 100)


def _itself(pattern: str) -> Sequence[str]:
    return [pattern]


# --- the values of a step ---------------------------------------------------------------------------------------------


def _range(text: str, usage: str, step: float | None = None) -> Range:
    """The range that ``-3``, ``0.9,1.0,1.1``, ``-6..6`` or ``-6..6/0.5`` stands for."""
    span = _SPAN.fullmatch(text)
    if span:
        low, high = float(span[1]), float(span[2])
        return uniform(low, high, float(span[3]) if span[3] else step)
    values = text.split(",")
    if not all(re.fullmatch(_NUMBER, value) for value in values):
        raise ParameterError(f"{text!r} is no number, no list of numbers and no range; write it as {usage}")
    return choice(*map(float, values))


def _whole(span: Range, factor: float = 1.0) -> Range:
    """The same range in whole numbers, each value multiplied by a factor first."""
    kind, *values = span
    scaled = [round(value * factor) for value in values]
    if kind == "choice":
        return choice(*scaled)
    low, high, *step = scaled
    return integers(low, high, *(max(1, size) for size in step))


def _two(text: str, usage: str) -> tuple[str, str]:
    before, at, after = text.rpartition("@")
    if not at or not before:
        raise ParameterError(f"{text!r} has no two values with @ between them; write it as {usage}")
    return before, after


def _found(pattern: str, usage: str, find: Find) -> Range:
    if not pattern:
        raise ParameterError(f"no recordings are named; write it as {usage}")
    names = sorted(find(pattern))
    if not names:
        raise ParameterError(f"no recording is called {pattern!r}")
    return recordings(*names)


def _speed(values: str, rate: float, find: Find) -> tuple[Any, dict[str, Range]]:
    return Speed(), {"factor": _range(values, STEPS["speed"].usage, 0.01)}


def _tempo(values: str, rate: float, find: Find) -> tuple[Any, dict[str, Range]]:
    return Tempo(rate=rate), {"factor": _range(values, STEPS["tempo"].usage, 0.01)}


def _pitch(values: str, rate: float, find: Find) -> tuple[Any, dict[str, Range]]:
    return PitchShift(rate=rate), {"semitones": _range(values, STEPS["pitch"].usage, 0.1)}


def _gain(values: str, rate: float, find: Find) -> tuple[Any, dict[str, Range]]:
    return Gain(), {"db": _range(values, STEPS["gain"].usage)}


def _noise(values: str, rate: float, find: Find) -> tuple[Any, dict[str, Range]]:
    usage = STEPS["noise"].usage
    names, ratio = _two(values, usage)
    return AddNoise(_NOT_DRAWN, rate=rate), {"noise": _found(names, usage, find), "snr_db": _range(ratio, usage)}


def _reverb(values: str, rate: float, find: Find) -> tuple[Any, dict[str, Range]]:
    return Reverberate(_NOT_DRAWN, level="peak"), {"response": _found(values, STEPS["reverb"].usage, find)}


def _shift(values: str, rate: float, find: Find) -> tuple[Any, dict[str, Range]]:
    return TimeShift(0), {"samples": _whole(_range(values, STEPS["shift"].usage), rate / 1000)}


def _band(values: str, rate: float, find: Find) -> tuple[Any, dict[str, Range]]:
    usage = STEPS["band"].usage
    low, high = (_range(ends, usage) for ends in _two(values, usage))
    ends = {"low_hz": low[1], "high_hz": high[1]}
    return BandLimit(**ends, rate=rate), {"low_hz": low, "high_hz": high}


def _mulaw(values: str, rate: float, find: Find) -> tuple[Any, dict[str, Range]]:
    if not values:
        return MuLaw(), {}
    span = _range(values, "mulaw:64,256")
    if any(value != round(value) for value in span[1:]):
        raise ParameterError(f"mulaw takes whole numbers of steps, got {values!r}")
    return MuLaw(), {"channels": _whole(span)}


#: The steps that a recipe may have, by their names.
STEPS = {
    "speed": _Step("speed:0.9..1.1", "faster or slower, the pitch with it", _speed),
    "tempo": _Step("tempo:0.9..1.1", "faster or slower, at the same pitch", _tempo),
    "pitch": _Step("pitch:-2..2", "higher or lower, in semitones", _pitch),
    "gain": _Step("gain:-6..6", "louder or softer, in dB", _gain),
    "noise": _Step("noise:clips/*.wav@5..20", "recordings added, at a signal-to-noise ratio in dB", _noise),
    "reverb": _Step("reverb:rooms/*.wav", "convolved with impulse responses", _reverb),
    "shift": _Step("shift:-100..100", "later or earlier, in ms", _shift),
    "band": _Step("band:200..400@3000..3800", "the lower and the upper end of a band, in Hz", _band),
    "mulaw": _Step("mulaw", "mu-law coded; or mulaw:64,256, by the number of steps", _mulaw),
}
