"""Write the tables of docs/denoise.md: what each way of noise reduction gains on speech with white and with babble noise.

Run it as ``FEATKIT_DATA=... python docs/make_denoise.py``; the folder ``audio`` in there holds the recordings. The table of
the peer needs ``pip install noisereduce``.
"""

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from math import gcd
from pathlib import Path

import numpy as np

import featkit

PAGE = Path(__file__).with_name("denoise.md")
START = "<!-- made by python docs/make_denoise.py -->"
END = "<!-- end -->"

#: Recordings of speech, by their names in FEATKIT_DATA/audio; of two channels the mean is taken.
RECORDINGS = (
    "cards1_16k.wav",
    "cards2_16k.wav",
    "chinese_48k.flac",
    "english_44k.wav",
    "jfk_16k.wav",
    "kaldi_test.wav",
    "libri_198_16k.flac",
    "librivox0870_16k.wav",
    "psf_english_8k.wav",
    "vad_go_stereo_44k.wav",
)

Denoiser = Callable[[np.ndarray, int], np.ndarray]


def ours(method: str, noise: str) -> Denoiser:
    """Our noise reduction, as a function of a signal and its rate."""
    return lambda signal, rate: featkit.denoise(rate, method, noise)(signal)  # type: ignore[arg-type]


def peer(stationary: bool) -> Denoiser:
    """The package noisereduce with its defaults."""

    def reduced(signal: np.ndarray, rate: int) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import noisereduce

            return np.asarray(noisereduce.reduce_noise(y=signal, sr=rate, stationary=stationary), float)

    return reduced


WAYS: dict[str, Denoiser] = {
    "`subtraction`, `track`": ours("subtraction", "track"),
    "`wiener`, `track`": ours("wiener", "track"),
    "`lsa`, `track`": ours("lsa", "track"),
    "`wiener`, `varying`": ours("wiener", "varying"),
    "`wiener`, `minimum`": ours("wiener", "minimum"),
    "`wiener`, `whole`": ours("wiener", "whole"),
    "`wiener`, `quantile`": ours("wiener", "quantile"),
    "noisereduce, stationary": peer(True),
    "noisereduce, non-stationary": peer(False),
}


# --- mixtures -------------------------------------------------------------------------------------------------------------


def recordings(folder: Path, names: tuple[str, ...] = RECORDINGS) -> dict[str, tuple[np.ndarray, int]]:
    """Signals and rates by name."""
    return {name: _read(folder / name) for name in names}


def _read(path: Path) -> tuple[np.ndarray, int]:
    signal, rate = featkit.read(path, channels="mix")
    return np.asarray(signal, float), int(rate)


def white(speech: np.ndarray, seed: int) -> np.ndarray:
    """White noise as long as the speech."""
    return np.random.default_rng([seed, len(speech)]).standard_normal(len(speech))


def babble(name: str, voices: dict[str, tuple[np.ndarray, int]], seed: int) -> np.ndarray:
    """All the other voices at once, equally strong, each repeated from a random place on."""
    from scipy.signal import resample_poly

    speech, rate = voices[name]
    rng = np.random.default_rng([seed, len(speech)])
    together = np.zeros(len(speech))
    for other, (voice, its_rate) in voices.items():
        if other != name:
            common = gcd(rate, its_rate)
            heard = resample_poly(voice, rate // common, its_rate // common)
            heard = np.resize(np.roll(heard, rng.integers(len(heard))), len(speech))
            together += heard / np.sqrt(np.mean(heard**2))
    return together


def mixed(speech: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """Speech and noise, their powers over the whole recording ``snr_db`` apart."""
    return speech + noise * np.sqrt(np.mean(speech**2) / np.mean(noise**2) / 10 ** (snr_db / 10))


# --- measures -------------------------------------------------------------------------------------------------------------


def segmental_snr(speech: np.ndarray, heard: np.ndarray, rate: int) -> float:
    """The mean SNR in dB of 20 ms segments, each between -10 and 35, where the speech is within 40 dB of its loudest."""
    length = round(0.02 * rate)
    count = len(speech) // length
    segments, error = (signal[: count * length].reshape(count, length) for signal in (speech, heard - speech))
    power = np.sum(segments**2, axis=1)
    loud = power >= 1e-4 * power.max()
    snr = 10 * np.log10(power[loud] / np.maximum(np.sum(error[loud] ** 2, axis=1), 1e-20))
    return float(np.mean(np.clip(snr, -10, 35)))


def log_mel_distance(speech: np.ndarray, heard: np.ndarray, rate: int) -> float:
    """The mean absolute difference of the textbook's 40 log mel features over all frames."""
    features = featkit.log_fbank(rate)
    return float(np.mean(np.abs(features(np.asarray(heard)) - features(np.asarray(speech)))))


def gained(denoiser: Denoiser, speech: np.ndarray, noisy: np.ndarray, rate: int) -> tuple[float, float]:
    """Segmental SNR gained in dB, and by how much of it the log mel distance shrinks."""
    quiet = denoiser(noisy, rate)
    gain = segmental_snr(speech, quiet, rate) - segmental_snr(speech, noisy, rate)
    return gain, 1 - log_mel_distance(speech, quiet, rate) / log_mel_distance(speech, noisy, rate)


def mixtures(
    voices: dict[str, tuple[np.ndarray, int]], kind: str, snr_db: float, seed: int = 0
) -> Iterator[tuple[str, np.ndarray, np.ndarray, int]]:
    """Every recording: name, speech, mixture, rate."""
    for name, (speech, rate) in voices.items():
        noise = white(speech, seed) if kind == "white" else babble(name, voices, seed)
        yield name, speech, mixed(speech, noise, snr_db), rate


# --- the page -------------------------------------------------------------------------------------------------------------


def tables(folder: Path) -> list[str]:
    """What stands between the marks of the page."""
    voices = recordings(folder)
    conditions = [(kind, snr) for kind in ("white", "babble") for snr in (0, 5, 10)]
    title = " | ".join(f"{kind} {snr} dB" for kind, snr in conditions)
    lines = [f"| method, noise estimate | {title} |", "|---" * (len(conditions) + 1) + "|"]
    for label, denoiser in WAYS.items():
        cells = []
        for kind, snr in conditions:
            found = [gained(denoiser, *mixture[1:]) for mixture in mixtures(voices, kind, snr)]
            cells.append(_cell(*np.mean(found, axis=0)))
        lines.append(f"| {label} | {' | '.join(cells)} |")
    shown = ("`wiener`, `track`", "`wiener`, `whole`", "noisereduce, stationary", "noisereduce, non-stationary")
    lines += ["", "White noise at 5 dB, recording by recording:", ""]
    lines += [f"| recording | {' | '.join(shown)} |", "|---" * (len(shown) + 1) + "|"]
    for name, speech, noisy, rate in mixtures(voices, "white", 5):
        cells = [_cell(*gained(WAYS[label], speech, noisy, rate)) for label in shown]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _cell(gain: float, nearer: float) -> str:
    return f"{gain:+.1f} dB, {100 * nearer:+.0f} %"


def page(text: str, made: list[str]) -> str:
    """The page with what is between its marks made anew."""
    before, _, rest = text.partition(START)
    return "\n".join([before + START, "", *made, "", END]) + rest.partition(END)[2]


if __name__ == "__main__":
    lines = tables(Path(os.environ["FEATKIT_DATA"]) / "audio")
    sys.stdout.write("\n".join(lines) + "\n")
    PAGE.write_text(page(PAGE.read_text("utf-8"), lines), "utf-8")
