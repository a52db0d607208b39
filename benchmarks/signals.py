"""Signals to measure with: made, seeded, and rather like speech; or the project's own recording, again and again.

They are made by a process of their own and loaded from a file: large arrays that come and go on the way would change how
the C library hands out memory afterwards, and with it the times of whatever is measured.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
SPEECH = ROOT / "examples" / "speech.wav"
RATE = 16000


def speechlike(seconds: float, rate: int = RATE) -> np.ndarray:
    """Samples in [-1, 1) that 16 bits hold exactly; what is longer than a minute repeats."""
    return _made("speechlike", round(seconds * rate), rate)


def recorded(seconds: float, rate: int = RATE) -> np.ndarray:
    """``examples/speech.wav`` again and again; at another rate it is simply played faster or slower."""
    return _made("recorded", round(seconds * rate), rate)


def _made(kind: str, samples: int, rate: int) -> np.ndarray:
    path = Path(_folder().name) / f"{kind}-{samples}-{rate}.npy"
    if not path.exists():
        command = [sys.executable, "-m", "benchmarks.signals", kind, str(samples), str(rate), str(path)]
        subprocess.run(command, cwd=ROOT, check=True)
    return np.load(path)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="featkit-benchmarks-")


def _make(kind: str, samples: int, rate: int) -> np.ndarray:
    import featkit

    return np.resize(_minute(rate) if kind == "speechlike" else featkit.read(SPEECH)[0], samples)


def span(seconds: float) -> str:
    """10 s, 10 min, 1 h."""
    return next(f"{seconds / unit:g} {name}" for unit, name in ((3600, "h"), (60, "min"), (1, "s")) if seconds >= unit)


def clips(number: int, shortest: float = 1.0, longest: float = 4.0) -> list[np.ndarray]:
    """So many different stretches of the minute."""
    rng, minute = np.random.default_rng(1), speechlike(60)
    lengths = (rng.uniform(shortest, longest, number) * RATE).astype(int)
    return [minute[at : at + length].copy() for length in lengths for at in [rng.integers(len(minute) - length)]]


def write_wav(path: Path, seconds: float) -> Path:
    """A 16-bit WAV file of :func:`speechlike`."""
    import soundfile

    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for at in range(0, round(seconds), 60):
            file.write(speechlike(min(60, seconds - at)))
    return path


def _minute(rate: int) -> np.ndarray:
    """Harmonics of a drifting pitch, hissing sounds and pauses over a floor of noise."""
    rng, n = np.random.default_rng(0), 60 * rate

    def drift(every: float, low: float, high: float) -> np.ndarray:
        knots = rng.uniform(low, high, int(60 / every) + 2)
        return np.interp(np.arange(n) / rate, np.arange(len(knots)) * every, knots)

    pitch = 2 * np.pi * np.cumsum(drift(0.3, 90.0, 240.0)) / rate
    tilt = drift(0.2, 0.8, 2.0)  # how fast the harmonics fall off
    voice = sum(np.sin(k * pitch) * k**-tilt for k in range(1, 25))
    voiced = np.clip(drift(0.15, -0.5, 1.0), 0, None)  # a third of the time there is no voice
    hissing = np.clip(drift(0.1, -1.5, 1.0), 0, None)
    noise = rng.standard_normal(n)
    made = 0.2 * voiced * voice + (0.05 * hissing + 3e-4) * noise
    return (np.round(np.clip(made, -1, 1) * 32767) / 32768).astype(np.float32)


if __name__ == "__main__":
    _, made, samples_of_it, at, where = sys.argv
    np.save(where, _make(made, int(samples_of_it), int(at)))
