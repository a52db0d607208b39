"""How the cost grows with the length of the sound, the number of filters, the FFT and the chunks: a table and a plot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice, repeat
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.report import Asked, Section, say
from benchmarks.signals import RATE, speechlike
from benchmarks.timing import clocked, missing, no_collection
from featkit.presets import kaldi, librosa

BLOCK = 16 * 4096


class Curve(NamedTuple):
    """The cost against something."""

    name: str
    unit: str
    at: list[int]
    seconds: list[float]
    frames: list[int]

    @property
    def micros(self) -> list[float]:
        """Per frame."""
        return [1e6 * seconds / frames for seconds, frames in zip(self.seconds, self.frames, strict=True)]


def sections(asked: Asked) -> Iterator[Section]:
    """One table for the four curves, and the plot where matplotlib is there."""
    if not asked.wants("growth"):
        return
    rounds = 3 if asked.quick else 7
    rows, curves = [], []
    for make, more in ((lengths, _whole), (filters, _whole), (transforms, _n_log_n), (chunks, _a_push)):
        curve = make(asked.quick, rounds)
        curves.append(curve)
        points = list(zip(curve.at, curve.micros, more(curve), strict=True))
        say(f"growth: {curve.name}: {', '.join(f'{at:,}: {us:.2f}' for at, us, _ in points)}")
        names = [curve.name, *[""] * len(points)]
        rows += [
            (name, f"{at:,} {curve.unit}", f"{us:.3f}", told)
            for name, (at, us, told) in zip(names, points, strict=False)
        ]
    text = f"Best of {rounds} runs (of two for the longest). {constants(curves[0], curves[3])}"
    after = "![Microseconds per frame against seconds, filters, FFT length and chunk size](growth.svg)"
    if missing("matplotlib"):
        after = "No plot: matplotlib cannot be imported."
    elif asked.pictures is not None:
        plot(curves, asked.pictures / "growth.svg")
    yield Section("How the cost grows", text, ("against", "at", "µs per frame", ""), rows, after=after)


# --- the curves ---------------------------------------------------------------------------------------------------------


def lengths(quick: bool, rounds: int) -> Curve:
    """Seconds of sound, streamed, so that ten hours need no more memory than one second."""
    ours, minute = kaldi.fbank(num_mel_bins=80), speechlike(60)
    points = [1, 6, 60, 600] if quick else [1, 6, 60, 600, 3600, 36000]

    def streamed(seconds: int) -> int:
        return sum(map(len, ours.iterate(_blocks(minute, seconds * RATE))))

    return _curve("length, kaldi/fbank 80, streamed", "s", points, streamed, rounds)


def _blocks(minute: np.ndarray, samples: int) -> Iterator[np.ndarray]:
    whole, rest = divmod(samples, BLOCK)
    yield from islice(repeat(minute[:BLOCK]), whole)
    yield minute[:rest]


def filters(quick: bool, rounds: int) -> Curve:
    """Mel filters over an FFT of 2048."""
    samples = speechlike(10 if quick else 60)

    def frames(n_mels: int) -> int:
        return len(librosa.melspectrogram(sr=RATE, n_mels=n_mels)(samples))

    return _curve("filters, librosa/melspectrogram", "filters", [16, 32, 64, 128, 256, 512], frames, rounds)


def transforms(quick: bool, rounds: int) -> Curve:
    """FFT length, a quarter of it the hop."""
    samples, points = speechlike(10 if quick else 60), [2**power for power in range(8, 14)]

    def frames(n_fft: int) -> int:
        return len(librosa.melspectrogram(sr=RATE, n_fft=n_fft, hop_length=n_fft // 4, n_mels=40)(samples))

    return _curve("FFT length, librosa/melspectrogram 40", "points", points, frames, rounds)


def chunks(quick: bool, rounds: int) -> Curve:
    """Samples that are pushed into a stream at a time."""
    ours, minute = kaldi.fbank(num_mel_bins=80), speechlike(60)
    points = [1, 16, 160, 400, 1600, 16000, 160000]

    def pushed(size: int) -> int:
        stream, samples = ours.stream(), minute[: pushes(size) * size]
        rows = sum(len(stream.push(samples[at : at + size])) for at in range(0, len(samples), size))
        return rows + len(stream.finish())

    return _curve("chunk, kaldi/fbank 80, Stream.push", "samples", points, pushed, rounds)


def pushes(size: int) -> int:
    """How many chunks are pushed: a second of single samples, a minute of large chunks."""
    return max(min(16000, 60 * RATE // size), 1)


def _curve(name: str, unit: str, points: list[int], run: Callable[[int], int], rounds: int) -> Curve:
    seconds, frames = [], []
    for point in points:
        frames.append(run(point))
        with no_collection():
            seconds.append(min(clocked(partial(run, point)) for _ in range(rounds if frames[-1] < 1e6 else 2)))
    return Curve(name, unit, points, seconds, frames)


# --- what is said of them -----------------------------------------------------------------------------------------------


def _whole(curve: Curve) -> list[str]:
    return [f"{1e3 * s:,.2f} ms for {n:,} frames" for s, n in zip(curve.seconds, curve.frames, strict=True)]


def _n_log_n(curve: Curve) -> list[str]:
    return [f"{1e3 * us / (n * np.log2(n)):.3f} ns per n log2 n" for n, us in zip(curve.at, curve.micros, strict=True)]


def _a_push(curve: Curve) -> list[str]:
    return [f"{1e6 * s / pushes(size):,.1f} µs per push" for size, s in zip(curve.at, curve.seconds, strict=True)]


def constants(lengths: Curve, chunks: Curve) -> str:
    """The straight lines through the lengths and through the chunks, in words."""
    call, frame, off = _fitted(np.ones(len(lengths.at)), lengths)
    push, pushed, _ = _fitted(np.array([pushes(size) for size in chunks.at]), chunks)
    return (
        f"The cost is linear in the length: **{frame:.3f} µs per frame** of Kaldi's 80 filters and {call:.0f} µs a call (least "
        f"squares of the relative error; the furthest point is {off:.0%} off). A push into a stream costs {push:.0f} µs, and "
        f"{pushed:.3f} µs per frame."
    )


def _fitted(calls: np.ndarray, curve: Curve) -> tuple[float, float, float]:
    """Microseconds a call and a frame, and by how much the furthest point is off; every point counts the same."""
    terms = np.stack([calls, curve.frames], axis=1) / np.array(curve.seconds)[:, None]
    (call, frame), *_ = np.linalg.lstsq(terms, np.ones(len(terms)))
    return 1e6 * call, 1e6 * frame, float(np.abs(terms @ [call, frame] - 1).max())


def plot(curves: list[Curve], path: Path) -> None:
    """Four small plots in one file, the same form from run to run: no date, no random names."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    with mpl.rc_context({"svg.hashsalt": "featkit", "svg.fonttype": "none", "font.size": 9}):
        figure, axes = pyplot.subplots(2, 2, figsize=(9, 6), layout="constrained")
        for axis, curve in zip(axes.flat, curves, strict=True):
            axis.plot(curve.at, curve.micros, "o-", color="#1f5fa8", linewidth=1.2, markersize=4)
            axis.set(title=curve.name, xlabel=curve.unit, ylabel="µs per frame", xscale="log")
            axis.set_xticks(curve.at, [f"{at:,}" for at in curve.at])
            axis.minorticks_off()
            if max(curve.micros) > 10 * min(curve.micros):
                axis.set_yscale("log")
            else:
                axis.set_ylim(0, 1.1 * max(curve.micros))
            axis.grid(True, linewidth=0.3)
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)
