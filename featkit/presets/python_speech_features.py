"""python_speech_features 0.6: mfcc, fbank, logfbank, ssc, energy and delta, in its own option names.

Its rules: the signal is pre-emphasised as a whole; lengths in samples are rounded half up; the last frame is filled up
with zeros; the power is divided by the number of FFT points; the corners of the mel filters are rounded down to bins;
what is exactly zero counts as 2.2e-16 before a logarithm. It computes in float64 (all but the pre-emphasis of a float32
signal), so these pipelines do, all of it.

It doesn't scale its input and is mostly given 16-bit samples; ``sample_scale`` says what samples in [-1, 1) are multiplied
with (1.0: they are used as they are).
"""

from __future__ import annotations

import decimal
from collections.abc import Callable

import numpy as np

from featkit.audio.cepstrum import Dct, Lifter
from featkit.audio.deltas import Deltas
from featkit.audio.energy import Total
from featkit.audio.frames import Frames
from featkit.audio.mel import MelBank
from featkit.audio.preemphasis import PreEmphasis
from featkit.audio.spectrum import PowerSpectrum
from featkit.audio.subband import SubbandCentroids
from featkit.audio.window import Window
from featkit.audio.zeros import ReplaceZeros
from featkit.errors import ParameterError, did_you_mean
from featkit.numeric import Array
from featkit.pipeline import Join, Pipeline, pipeline
from featkit.rows.log import Log
from featkit.rows.scale import Affine, Columns, Precision
from featkit.stage import Stage

#: What numpy's window functions and scipy's names of windows are called in featkit.
_WINDOWS = {
    "ones": "rectangular",
    "boxcar": "rectangular",
    "rectangular": "rectangular",
    "hamming": "hamming",
    "hanning": "hann",
    "hann": "hann",
    "blackman": "blackman",
    "bartlett": "bartlett",
}

WinFunc = str | Array | Callable[[int], Array] | None


def mfcc(
    samplerate: float = 16000,
    winlen: float = 0.025,
    winstep: float = 0.01,
    numcep: int = 13,
    nfilt: int = 26,
    nfft: int | None = 512,
    lowfreq: float = 0,
    highfreq: float | None = None,
    preemph: float = 0.97,
    ceplifter: float = 22,
    appendEnergy: bool = True,
    winfunc: WinFunc = "ones",
    sample_scale: float = 32768.0,
) -> Pipeline:
    """Mel-frequency cepstral coefficients, as ``python_speech_features.mfcc``.

    Sets Precision, Affine, PreEmphasis, Frames, Window, PowerSpectrum, MelBank, Log, Dct and Lifter; checked against
    python_speech_features 0.6 to 1e-12 of the largest value.

    Parameters
    ----------
    samplerate : float
        Of the signal, in Hz.
    winlen, winstep : float
        Length of a frame and the way to the next one, in seconds.
    numcep : int
        Coefficients kept; not more than ``nfilt`` come out.
    nfilt : int
        Mel filters.
    nfft : int or None
        Points of the transform; a longer frame is cut off there. None: the power of two that holds a frame.
    lowfreq, highfreq : float
        Edges of the mel filters in Hz; highfreq None (or 0) is half the rate.
    preemph : float
        Coefficient of the pre-emphasis; 0 is none.
    ceplifter : float
        Length of the lifter; 0 or less is none.
    appendEnergy : bool
        The logarithm of the frame's energy takes the place of the zeroth coefficient.
    winfunc : str, callable, array or None
        The window: a name ("ones", "hamming", "hanning", "blackman", "bartlett"), a function of the frame's length such as
        ``numpy.hamming``, or its weights. None is "ones".
    sample_scale : float
        What samples in [-1, 1) are multiplied with (featkit's own option).

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import python_speech_features
    >>> python_speech_features.mfcc(samplerate=8000)(np.ones(8000)).shape
    (99, 13)
    """
    if numcep < 1:
        raise ParameterError(f"mfcc: numcep must be at least 1, got {numcep}; there is nothing to keep")
    power = _power(samplerate, winlen, winstep, nfft, preemph, winfunc, sample_scale)
    bank = _bank(samplerate, winlen, nfilt, nfft, lowfreq, highfreq)
    cepstra = bank | ReplaceZeros() | _log() | Dct(min(numcep, nfilt)) | Lifter(max(ceplifter, 0))
    if not appendEnergy:
        return power | cepstra
    energy = Total() | ReplaceZeros() | _log()
    if min(numcep, nfilt) == 1:
        return power | energy
    return power | Join((energy, cepstra | Columns(tuple(range(1, min(numcep, nfilt))))))


def fbank(
    samplerate: float = 16000,
    winlen: float = 0.025,
    winstep: float = 0.01,
    nfilt: int = 26,
    nfft: int | None = 512,
    lowfreq: float = 0,
    highfreq: float | None = None,
    preemph: float = 0.97,
    winfunc: WinFunc = "ones",
    sample_scale: float = 32768.0,
) -> Pipeline:
    """Mel filter bank energies, the first of the two results of ``python_speech_features.fbank``; options as in :func:`mfcc`.

    The second result, the energy of each frame, is :func:`energy`. Checked against python_speech_features 0.6 to 1e-12 of
    the largest value.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import python_speech_features
    >>> python_speech_features.fbank(nfilt=20)(np.ones(8000)).shape
    (49, 20)
    """
    power = _power(samplerate, winlen, winstep, nfft, preemph, winfunc, sample_scale)
    return power | _bank(samplerate, winlen, nfilt, nfft, lowfreq, highfreq) | ReplaceZeros()


def energy(
    samplerate: float = 16000,
    winlen: float = 0.025,
    winstep: float = 0.01,
    nfft: int | None = 512,
    preemph: float = 0.97,
    winfunc: WinFunc = "ones",
    sample_scale: float = 32768.0,
) -> Pipeline:
    """The energy of each frame, the second of the two results of ``python_speech_features.fbank``; options as in :func:`mfcc`.

    Checked against python_speech_features 0.6 to 1e-12 of the largest value.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import python_speech_features
    >>> python_speech_features.energy()(np.ones(8000)).shape
    (49, 1)
    """
    return _power(samplerate, winlen, winstep, nfft, preemph, winfunc, sample_scale) | Total() | ReplaceZeros()


def logfbank(
    samplerate: float = 16000,
    winlen: float = 0.025,
    winstep: float = 0.01,
    nfilt: int = 26,
    nfft: int | None = 512,
    lowfreq: float = 0,
    highfreq: float | None = None,
    preemph: float = 0.97,
    winfunc: WinFunc = "ones",
    sample_scale: float = 32768.0,
) -> Pipeline:
    """The natural logarithm of :func:`fbank`, as ``python_speech_features.logfbank``; options as in :func:`mfcc`.

    The released 0.6 has no ``winfunc`` here, its repository has. Checked against python_speech_features 0.6 to 1e-12 of the
    largest value.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import python_speech_features
    >>> python_speech_features.logfbank(winlen=0.032)(np.ones(8000)).shape
    (48, 26)
    """
    made = fbank(samplerate, winlen, winstep, nfilt, nfft, lowfreq, highfreq, preemph, winfunc, sample_scale)
    return made | _log()


def ssc(
    samplerate: float = 16000,
    winlen: float = 0.025,
    winstep: float = 0.01,
    nfilt: int = 26,
    nfft: int | None = 512,
    lowfreq: float = 0,
    highfreq: float | None = None,
    preemph: float = 0.97,
    winfunc: WinFunc = "ones",
    sample_scale: float = 32768.0,
) -> Pipeline:
    """Spectral subband centroids, as ``python_speech_features.ssc``; options as in :func:`mfcc`.

    Frequencies are counted from 1 Hz, not from 0; a filter without a bin gives NaN, both as upstream. Checked against
    python_speech_features 0.6 to 1e-12 of the largest value.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import python_speech_features
    >>> python_speech_features.ssc(nfilt=20)(np.ones(8000)).shape
    (49, 20)
    """
    power = _power(samplerate, winlen, winstep, nfft, preemph, winfunc, sample_scale)
    bank = _bank(samplerate, winlen, nfilt, nfft, lowfreq, highfreq)
    return power | ReplaceZeros() | SubbandCentroids(bank, first_hz=1.0)


def delta(
    N: int = 2,
) -> Pipeline:
    """Deltas of features, as ``python_speech_features.delta(feat, N)``.

    Checked against python_speech_features 0.6 to 1e-12 of the largest value.

    Parameters
    ----------
    N : int
        Frames on each side; the upstream has no default.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import python_speech_features
    >>> (python_speech_features.mfcc() | python_speech_features.delta(2))(np.ones(8000)).shape
    (49, 13)
    """
    return pipeline(Precision("float64"), Deltas(N))


# --- what they share --------------------------------------------------------------------------------------------------


def _power(
    samplerate: float,
    winlen: float,
    winstep: float,
    nfft: int | None,
    preemph: float,
    winfunc: WinFunc,
    sample_scale: float,
) -> Pipeline:
    """Samples to the power of each frame's spectrum, over the number of points."""
    length, hop = _in_samples("winlen", winlen, samplerate), _in_samples("winstep", winstep, samplerate)
    points = _points(nfft, winlen, samplerate)
    frames = Frames(length, hop, edges="end", fill="zero")
    cut: tuple[Stage, ...] = (Columns(tuple(range(points))),) if points < length else ()
    return pipeline(
        Precision("float64"),
        Affine(sample_scale),
        PreEmphasis(preemph, first="zero"),
        frames,
        *_window(winfunc, length),
        *cut,
        PowerSpectrum(points),
        Affine(1.0 / points),
    )


def _bank(
    samplerate: float, winlen: float, nfilt: int, nfft: int | None, lowfreq: float, highfreq: float | None
) -> MelBank:
    points = _points(nfft, winlen, samplerate)
    return MelBank(nfilt, samplerate, lowfreq, highfreq or None, scale="htk", edges="bin", n_fft=points)


def _log() -> Log:
    return Log(floor=float(np.finfo(np.float64).tiny))


def _in_samples(option: str, seconds: float, samplerate: float) -> int:
    """Seconds to samples; a half is rounded up, of the product as a decimal number."""
    samples = int(decimal.Decimal(seconds * samplerate).quantize(decimal.Decimal(1), rounding=decimal.ROUND_HALF_UP))
    if samples < 1:
        raise ParameterError(
            f"{option}={seconds} s is {samples} samples at samplerate={samplerate}; at least one is needed"
        )
    return samples


def _points(nfft: int | None, winlen: float, samplerate: float) -> int:
    """The points asked for, or the least power of two that is not below the frame's length before rounding."""
    if nfft is not None:
        if nfft < 2:
            raise ParameterError(f"nfft must be at least 2, got {nfft}; a mel bank needs two bins")
        return nfft
    points = 1
    while points < winlen * samplerate:
        points *= 2
    return points


def _window(winfunc: WinFunc, length: int) -> tuple[Stage, ...]:
    if winfunc is None:
        return ()
    if isinstance(winfunc, str):
        if winfunc not in _WINDOWS:
            raise ParameterError(
                f"winfunc={winfunc!r} is no window by name"
                + did_you_mean(winfunc, _WINDOWS)
                + f"; they are {', '.join(_WINDOWS)}; or give a function or the weights"
            )
        kind = _WINDOWS[winfunc]
        return () if kind == "rectangular" else (Window(kind=kind),)  # type: ignore[arg-type]
    weights = np.asarray(winfunc(length) if callable(winfunc) else winfunc, np.float64)
    if weights.shape != (length,):
        raise ParameterError(f"winfunc gives an array of shape {weights.shape}, but a frame has {length} samples")
    if (weights == 1).all():
        return ()
    return (Window(weights=weights),)
