"""Steps that prepare a signal, as options that are applied in the order in which they are written."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, get_args

import click

from featkit.audio.activity import TrimSilence
from featkit.audio.band import BandLimit
from featkit.audio.denoise import Method, Noise, denoise, noise_profile
from featkit.audio.gain import AutomaticGain, Gain, PeakNormalise, RemoveOffset, RmsNormalise
from featkit.audio.loudness import LoudnessNormalise
from featkit.audio.resample import Resample
from featkit.errors import FeatkitError, ParameterError, did_you_mean
from featkit.files.sound import read
from featkit.numeric import Array
from featkit.pipeline import Pipeline, pipeline
from featkit.stage import Stage

#: A stage for signals of some sampling rate; a new rate is reached with the resampler named.
Step: TypeAlias = Callable[[int, str], Stage]

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
#: What each kind of gain is, for a sampling rate and a level, and the level if none is written.
_GAINS: dict[str, tuple[Callable[[int, float], Stage], str]] = {
    "db": (lambda rate, level: Gain(level), ""),
    "peak": (lambda rate, level: PeakNormalise(level), "-1"),
    "rms": (lambda rate, level: RmsNormalise(level), "-20"),
    "lufs": (lambda rate, level: LoudnessNormalise(level, rate), "-23"),
    "agc": (lambda rate, level: AutomaticGain(level, rate=rate), "-20"),
}


class Preparation(NamedTuple):
    """Steps in their order, and what resamples where they don't say it."""

    steps: tuple[Step, ...] = ()
    resampler: str | None = None

    def front(self, rate: int, wanted: int | None = None, resampler: str = "scipy") -> tuple[int, Pipeline | None]:
        """The stages for signals of a rate, and the rate behind them; at the end it is the one ``wanted``."""
        steps = [(step, self.resampler or resampler) for step in self.steps]
        if wanted is not None:
            steps.append((_rate(str(wanted)), resampler))
        stages: list[Stage] = []
        for step, by in steps:
            stage = step(rate, by)
            if isinstance(stage, Resample):
                if stage.rate == rate:
                    continue
                rate = stage.rate
            stages.append(stage)
        return rate, pipeline(*stages) if stages else None


# --- what is written behind an option -----------------------------------------------------------------------------------


def _gain(text: str) -> Step:
    kind, _, written = ("db", "", text) if _NUMBER.fullmatch(text) else text.partition(":")
    if kind not in _GAINS:
        raise ParameterError(f"there is no gain {kind!r}{did_you_mean(kind, _GAINS) or f'; there are {_list(_GAINS)}'}")
    make, usual = _GAINS[kind]
    level = _number(written or usual)
    make(48000, level)  # a level that is none is none at any rate
    return lambda rate, _: make(rate, level)


def _denoise(text: str) -> Step:
    method, _, noise = text.partition(":")
    methods, noises = get_args(Method), get_args(Noise)
    if method not in methods:
        near = did_you_mean(method, methods) or f"; there are {_list(methods)}"
        raise ParameterError(f"there is no method {method!r}{near}")
    if noise and noise not in noises and not os.path.isfile(noise):
        near = did_you_mean(noise, noises) or f"; there are {_list(noises)}, or a sound file that holds noise alone"
        raise ParameterError(f"there is no noise {noise!r}{near}")

    profile = lru_cache(maxsize=4)(_profile)

    def step(rate: int, _: str) -> Stage:
        known = noises[0] if not noise else noise if noise in noises else profile(noise, rate)
        return denoise(rate, method, known)  # type: ignore[arg-type]

    return step


def _profile(path: str, rate: int) -> Array:
    clip, own = read(path, channels="first")
    return noise_profile(clip if own == rate else Resample(rate, own)(clip), rate)


def _rate(text: str) -> Step:
    if not text.isdecimal() or not int(text):
        raise ParameterError(f"{text!r} is no sampling rate in Hz; write it as 16000")
    return lambda rate, by: Resample(int(text), rate, by)  # type: ignore[arg-type]


def _trim(text: str) -> Step:
    stage = TrimSilence(_number(text))
    return lambda rate, _: stage


def _band(text: str) -> Step:
    low, dots, high = text.partition("..")
    if not dots:
        raise ParameterError(f"{text!r} is no band; write it as 300..3400, 300.. or ..3400")
    low_hz, high_hz = (_number(end) if end else None for end in (low, high))
    BandLimit(low_hz, high_hz, rate=4 * max(low_hz or 1.0, high_hz or 1.0))
    return lambda rate, _: BandLimit(low_hz, high_hz, rate=rate)


def _offset(text: str) -> Step:
    return lambda rate, _: RemoveOffset()


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ParameterError(f"{text!r} is no number")
    return float(text)


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)


# --- options --------------------------------------------------------------------------------------------------------------


class _Written(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.1
    """The text behind an option, read by one of the functions above."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name, self._read = name, read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except (FeatkitError, click.UsageError) as error:
            told = error.format_message() if isinstance(error, click.UsageError) else str(error)
            return self.fail(told, param, ctx)


class StepOption(click.Option):
    """An option that stands for a step; ``alone`` is its value where none is written."""

    def __init__(self, *names: Any, read: Callable[[str], Step], alone: str | None = None, **more: Any) -> None:
        self.read, self.alone = read, alone
        if not more.get("is_flag"):
            more |= {"type": _Written(more["metavar"], read), "multiple": True}
        super().__init__(*names, **more)


class StepCommand(click.Command):
    """A command with steps among its options; it gets them in their order as ``steps``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = {name: param for param in self.params if isinstance(param, StepOption) for name in param.opts}
        args = list(_completed(args, options))
        rest = super().parse_args(ctx, list(args))
        if ctx.resilient_parsing:  # a shell that completes the line, which may be half a one
            return rest
        _, _, order = self.make_parser(ctx).parse_args(args=args)
        own = {option: ctx.params.pop(str(option.name)) for option in options.values()}
        values = {option: iter(given) for option, given in own.items() if not option.is_flag}
        ctx.params["steps"] = tuple(
            param.read("") if param.is_flag else next(values[param]) for param in order if isinstance(param, StepOption)
        )
        return rest


def _completed(args: list[str], options: dict[str, StepOption]) -> Iterator[str]:
    """The arguments, with the value of an option that stands alone: ``--trim a.wav`` -> ``--trim=60 a.wav``."""
    ended = False
    for argument, following in zip(args, [*args[1:], ""], strict=False):
        ended = ended or argument == "--"
        option = None if ended else options.get(argument)
        alone = None if option is None or _NUMBER.fullmatch(following) else option.alone
        yield argument if alone is None else f"{argument}={alone}"


_RESAMPLER = click.option(
    "--resampler",
    type=click.Choice(["scipy", "soxr"]),
    default="scipy",
    show_default=True,
    help="What resamples; soxr is faster and needs an extra.",
)
_STEPS = (
    click.option("--offset", cls=StepOption, read=_offset, is_flag=True, help="Take the mean, a direct voltage, out."),
    click.option(
        "--rate", cls=StepOption, read=_rate, metavar="HZ", help="Resample; steps behind it work at the new rate."
    ),
    click.option(
        "--denoise",
        cls=StepOption,
        read=_denoise,
        metavar="METHOD[:NOISE]",
        help="Take noise out: wiener, lsa or subtraction; NOISE is where it is known from: track, varying, minimum, "
        "leading, whole, quantile or a sound file that holds noise alone.  [NOISE: track]",
    ),
    click.option(
        "--gain",
        cls=StepOption,
        read=_gain,
        metavar="KIND:LEVEL",
        help="Bring to a level: peak:-1 and rms:-20 in dBFS, lufs:-23 by BS.1770, agc:-20 as it goes, or by db:6.",
    ),
    click.option(
        "--trim",
        cls=StepOption,
        read=_trim,
        alone="60",
        metavar="[DB]",
        help="Cut silence off both ends: what is 60 or so many dB below the loudest.",
    ),
    click.option(
        "--band",
        cls=StepOption,
        read=_band,
        metavar="LOW..HIGH",
        help="Keep a band of frequencies, as a telephone does.",
    ),
)


def step_options(command: Any) -> Any:
    """The options that are steps, and what resamples."""
    for option in reversed((*_STEPS, _RESAMPLER)):
        command = option(command)
    return command


def check_resampler(name: str | None) -> None:
    """Say at once what every file would say: that the resampler isn't installed."""
    if name is not None:
        Resample(2, 1, name).init()  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def _parser() -> click.Command:
    options = step_options(lambda: None)
    return click.command("--prepare", cls=StepCommand, add_help_option=False)(options)


def preparation(text: str) -> Preparation:
    """Read the steps from a line, written as the options of ``featkit prepare``.

    >>> preparation("--gain rms:-20 --trim").front(16000)[1]
    RmsNormalise(dbfs=-20.0) | TrimSilence(below_db=60.0, length=2048, hop=512)
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ParameterError(f"{text!r} cannot be read: {str(error).lower()}; close the quotes") from None
    ctx = _parser().make_context("--prepare", words)
    named = ctx.get_parameter_source("resampler") == click.core.ParameterSource.COMMANDLINE
    return Preparation(ctx.params["steps"], ctx.params["resampler"] if named else None)


def prepare_options(command: Any) -> Any:
    """What commands take that read sound for something else: a rate, and steps before it."""
    options = (
        click.option(
            "--rate", type=click.IntRange(min=1), metavar="HZ", help="Resample what has another sampling rate."
        ),
        _RESAMPLER,
        click.option(
            "--prepare",
            type=_Written("STEPS", preparation),
            default="",
            metavar="STEPS",
            help="Steps before it, in quotes, as options of featkit prepare: '--gain rms:-20 --denoise wiener --trim'.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
