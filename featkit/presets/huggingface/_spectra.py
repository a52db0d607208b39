"""From a signal to a log mel spectrogram, as the extractors compute it: the part that all of their outputs share.

Most extractors run ``transformers.audio_utils.spectrogram``. It computes in float64, but keeps its complex spectra as
complex64 and returns float32; so do these pipelines, and reach the upstream's own bits but for rare roundings.
"""

from __future__ import annotations

from typing import Literal

from featkit.audio.dither import Dither
from featkit.audio.dynamics import BelowPeak
from featkit.audio.frames import Frames
from featkit.audio.magnitude import Magnitude
from featkit.audio.mel import MelBank
from featkit.audio.power import Power
from featkit.audio.preemphasis import FramePreEmphasis, RemoveMean
from featkit.audio.spectrum import PowerSpectrum, Spectrum
from featkit.audio.window import Window
from featkit.errors import ParameterError
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.log import Log
from featkit.rows.scale import Affine, Precision
from featkit.stage import Stage

#: transformers.audio_utils.window_function
WINDOWS = {
    "boxcar": "rectangular",
    "hamming": "hamming",
    "hamming_window": "hamming",
    "hann": "hann",
    "hann_window": "hann",
    "povey": "povey",
}
#: Kaldi's float32 epsilon, below which no mel energy goes.
_KALDI_FLOOR = 1.192092955078125e-07
_PARAKEET_GUARD = 2.0**-24


def whisper(feature_size: int, sampling_rate: int, hop_length: int, n_fft: int, dither: float) -> Pipeline:
    """Samples, as long as the model wants them, to what it is fed."""
    if n_fft % 2:
        raise ParameterError(f"whisper: n_fft must be even, the frames of odd ones are counted otherwise; got {n_fft}")
    return pipeline(
        *_spectra(Frames(n_fft, hop_length, "per-hop"), Window("hann", periodic=True), dither=dither),
        Power(2.0),
        _slaney(feature_size, sampling_rate, 0.0, 8000.0),
        Log("10", floor=1e-10),
        Precision("float32"),
        BelowPeak(8.0),
        Affine(0.25, 1.0),
    )


def in_ms(sampling_rate: int) -> tuple[int, int]:
    """Kaldi's frames of 25 ms every 10 ms, in samples."""
    return int(sampling_rate * 25.0 * 0.001), int(sampling_rate * 10.0 * 0.001)


def kaldi(
    num_mel_bins: int,
    sampling_rate: int,
    window: str,
    scale: float,
    dither: float = 0.0,
    frames: tuple[int, int] = (400, 160),
) -> Pipeline:
    """Samples to Kaldi's log mel energies."""
    length, hop = frames
    return pipeline(
        Precision("float32"),
        *([Affine(scale)] if scale != 1.0 else []),
        *_spectra(
            Frames(length, hop),
            Window(window),  # type: ignore[arg-type]
            before=(RemoveMean(), FramePreEmphasis(0.97)),
            n_fft=1 << (length - 1).bit_length(),
            dither=dither,
        ),
        Power(2.0),
        MelBank(num_mel_bins, sampling_rate, 20.0, sampling_rate // 2, "kaldi", "mel", empty_filters="keep"),
        Log(floor=_KALDI_FLOOR),
        Precision("float32"),
    )


def clap(
    feature_size: int,
    sampling_rate: int,
    hop_length: int,
    fft_window_size: int,
    frequency_min: float,
    frequency_max: float,
    slaney: bool,
) -> Pipeline:
    """Samples, as long as the model wants them, to decibels in mel bands."""
    band = (feature_size, sampling_rate - sampling_rate % 2, frequency_min, frequency_max)
    htk = MelBank(*band, "htk", above_nyquist="empty", empty_filters="keep")
    return pipeline(
        *_spectra(Frames(fft_window_size, hop_length, "centre"), Window("hann", periodic=True)),
        Power(2.0),
        _slaney(*band) if slaney else htk,
        Log("dB", floor=1e-10),
        Precision("float32"),
    )


def speecht5(
    sampling_rate: int,
    num_mel_bins: int,
    hop_length: int,
    win_length: int,
    win_function: str,
    fmin: float,
    fmax: float,
    mel_floor: float,
) -> Pipeline:
    """Samples to the spectrogram that the decoder is to give: magnitudes in mel bands, decimal logarithm."""
    if win_function not in WINDOWS:
        raise ParameterError(f"speecht5: win_function must be one of {', '.join(WINDOWS)}, got {win_function!r}")
    length, hop = win_length * sampling_rate // 1000, hop_length * sampling_rate // 1000
    return pipeline(
        Precision("float32"),
        *_spectra(
            Frames(length, hop, "centre"),
            Window(WINDOWS[win_function], periodic=True),  # type: ignore[arg-type]
            n_fft=1 << (length - 1).bit_length(),
        ),
        _slaney(num_mel_bins, sampling_rate, fmin, fmax),
        Log("10", floor=mel_floor),
        Precision("float32"),
    )


def parakeet(
    feature_size: int, sampling_rate: int, hop_length: int, n_fft: int, win_length: int, edges: str
) -> Pipeline:
    """Pre-emphasised samples to log mel energies. Upstream computes in float32; here it is float64."""
    if n_fft % 2:
        raise ParameterError(f"parakeet: n_fft must be even, the frames of odd ones are counted otherwise; got {n_fft}")
    return pipeline(
        Precision("float64"),
        Frames(n_fft, hop_length, edges, "zero"),  # type: ignore[arg-type]
        Window("hann", length=win_length),
        PowerSpectrum(),
        _slaney(feature_size, sampling_rate, 0.0, sampling_rate / 2, weights="float32"),
        Log(offset=_PARAKEET_GUARD),
    )


def _spectra(
    frames: Frames, window: Window, before: tuple[Stage, ...] = (), n_fft: int | None = None, dither: float = 0.0
) -> list[Stage]:
    noise = [Dither(dither)] if dither else []
    rounded = [Precision("float32"), Precision("float64")]  # upstream stores its spectra as complex64
    return [Precision("float64"), frames, *noise, *before, window, Spectrum(n_fft), *rounded, Magnitude()]


def _slaney(
    n_mels: int, rate: int, low: float, high: float, weights: Literal["float32", "float64"] = "float64"
) -> MelBank:
    # Upstream lays its bins over 0 .. rate // 2, so an odd rate counts as the even one below it. A band may reach higher.
    band = (n_mels, rate - rate % 2, low, high)
    return MelBank(*band, "slaney", norm="area", above_nyquist="empty", weight_dtype=weights, empty_filters="keep")
