"""The textbook's pipelines: spectrogram, log mel filterbank, MFCC, with few, well-named arguments."""

from __future__ import annotations

import numpy as np

from featkit.audio.cepstrum import Dct
from featkit.audio.frames import Frames
from featkit.audio.mel import MelBank
from featkit.audio.spectrum import PowerSpectrum
from featkit.audio.window import Kind, Window
from featkit.errors import ParameterError
from featkit.pipeline import Pipeline
from featkit.rows.log import Log


def spectrogram(
    rate: float = 16000, *, frame_ms: float = 25.0, hop_ms: float = 10.0, window: Kind = "hamming"
) -> Pipeline:
    """The power spectrogram of the textbook: frames, window, |FFT|^2.

    Parameters
    ----------
    rate : float
        Sampling rate of the signal in Hz.
    frame_ms, hop_ms : float
        Length of a frame, and the way from one frame to the next, in milliseconds.
    window : str
        The window's kind, see :class:`featkit.Window`.

    Returns
    -------
    Pipeline
        ``(samples,)`` -> ``(frames, n_fft//2 + 1)``; the transform has the next power of two of points.

    Raises
    ------
    ParameterError
        If a frame or a hop is shorter than one sample.

    Examples
    --------
    >>> import numpy as np
    >>> spectrogram(16000)(np.zeros(16000, np.float32)).shape
    (98, 257)
    """
    if not 0 < rate < float("inf"):
        raise ParameterError(f"the sampling rate must be finite and above 0 Hz, got {rate!r}")
    for name, ms in (("frame_ms", frame_ms), ("hop_ms", hop_ms)):
        if not np.isfinite(ms):
            raise ParameterError(f"{name} must be a finite number of milliseconds, got {ms}")
    length, hop = (round(rate * ms / 1000) for ms in (frame_ms, hop_ms))
    for name, ms, samples in (("frame_ms", frame_ms, length), ("hop_ms", hop_ms, hop)):
        if samples < 1:
            raise ParameterError(f"{name}={ms:g} is less than one sample at {rate:g} Hz; give at least {1000 / rate:g}")
    n_fft = 1 << (length - 1).bit_length()
    return Frames(length, hop) | Window(window) | PowerSpectrum(max(n_fft, 2))


def log_fbank(
    rate: float = 16000,
    *,
    n_mels: int = 40,
    frame_ms: float = 25.0,
    hop_ms: float = 10.0,
    window: Kind = "hamming",
    low_hz: float = 20.0,
    high_hz: float | None = None,
) -> Pipeline:
    """The log mel filterbank of the textbook: LogFBank[t, n] = log sum_k H[n, k] S[t, k].

    Parameters
    ----------
    n_mels : int
        Number of mel filters.
    low_hz, high_hz : float
        The band they cover; None is the Nyquist frequency.
    rate, frame_ms, hop_ms, window
        As in :func:`spectrogram`.

    Returns
    -------
    Pipeline
        ``(samples,)`` -> ``(frames, n_mels)``.

    Raises
    ------
    ParameterError
        As in :func:`spectrogram`, and for a band that is empty or reaches beyond the Nyquist frequency.

    Examples
    --------
    >>> import numpy as np
    >>> log_fbank(16000, n_mels=80)(np.zeros(16000, np.float32)).shape
    (98, 80)
    """
    spectra = spectrogram(rate, frame_ms=frame_ms, hop_ms=hop_ms, window=window)
    return spectra | MelBank(n_mels, rate, low_hz, high_hz) | Log("e")


def mfcc(
    rate: float = 16000,
    *,
    n_mfcc: int = 13,
    n_mels: int = 40,
    frame_ms: float = 25.0,
    hop_ms: float = 10.0,
    window: Kind = "hamming",
    low_hz: float = 20.0,
    high_hz: float | None = None,
) -> Pipeline:
    """Mel-frequency cepstral coefficients of the textbook: the orthonormal DCT-II of :func:`log_fbank`.

    Parameters
    ----------
    n_mfcc : int
        Coefficients kept, from the 0th on.
    rate, n_mels, frame_ms, hop_ms, window, low_hz, high_hz
        As in :func:`log_fbank`.

    Returns
    -------
    Pipeline
        ``(samples,)`` -> ``(frames, n_mfcc)``.

    Raises
    ------
    ParameterError, ShapeError
        As in :func:`log_fbank`, and if n_mfcc is more than n_mels.

    Examples
    --------
    >>> import numpy as np
    >>> mfcc(16000)(np.zeros(16000, np.float32)).shape
    (98, 13)
    """
    features = log_fbank(
        rate, n_mels=n_mels, frame_ms=frame_ms, hop_ms=hop_ms, window=window, low_hz=low_hz, high_hz=high_hz
    )
    return features | Dct(n_mfcc)
