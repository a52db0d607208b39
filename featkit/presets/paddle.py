"""paddle.audio 3: Spectrogram, MelSpectrogram, LogMelSpectrogram and MFCC, in their own options.

Its rules: frames are centred and the signal reflected at its ends; the hop is n_fft // 4 where none is given, but 512 in
Spectrogram and MelSpectrogram; mel filters are Slaney's from 50 Hz on, their bins from 0 to sr / 2, whatever n_fft. The rows
are frames; upstream shows the transpose.

It computes in ``dtype``, tables too. The pipelines here take mel filters of that precision, compute in float64 and round the
result to ``dtype``: what is left of the difference is upstream's own rounding, and not that of two programs.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from featkit.audio.cepstrum import Dct
from featkit.audio.dynamics import BelowPeak
from featkit.audio.frames import Frames
from featkit.audio.mel import MelBank
from featkit.audio.power import Power
from featkit.audio.spectrum import MagnitudeSpectrum, PowerSpectrum
from featkit.audio.window import Window
from featkit.errors import ParameterError, did_you_mean
from featkit.numeric import Fill
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.log import Log
from featkit.rows.scale import Precision
from featkit.stage import Stage

WindowName = str | tuple[Any, ...]

_FILLS: dict[str, Fill] = {"reflect": "reflect", "constant": "zero"}
#: Windows that take no parameters, or have a default for each, and those that need theirs, as (name, value, ...).
_PLAIN = ("hamming", "hann", "bartlett", "nuttall", "triang", "bohman", "blackman", "cosine", "tukey", "taylor")
_WITH_PARAMETERS = ("kaiser", "gaussian", "exponential", "general_gaussian", "general_cosine", "general_hamming")


def Spectrogram(  # noqa: N802  (upstream's name)
    n_fft: int = 512,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowName = "hann",
    power: float = 1.0,
    center: bool = True,
    pad_mode: str = "reflect",
    dtype: str = "float32",
) -> Pipeline:
    """The spectrogram, as ``paddle.audio.features.Spectrogram``.

    Sets Frames, Window, the spectrum, and Power (of another power than 1 and 2); checked against paddlepaddle 3 to 6e-6 of
    the largest value, in float64 to 1e-12.

    Parameters
    ----------
    n_fft : int
        Points of the transform, and samples in a frame.
    hop_length : int or None
        Samples from one frame to the next; None: n_fft // 4.
    win_length : int or None
        Weights of the window, centred in the frame; None: n_fft.
    window : str or tuple
        A name: "hann", "hamming", "blackman", "bartlett", "nuttall", "triang", "bohman", "cosine", "tukey", "taylor"; or
        with its parameters: ("kaiser", beta), ("gaussian", std), ("exponential", None, tau), ("tukey", alpha), ...
    power : float
        Exponent of the magnitude.
    center : bool
        Frame t is centred on sample t * hop_length; False: it starts there.
    pad_mode : str
        What lies outside the signal where frames are centred: ``"reflect"`` or ``"constant"`` (zeros).
    dtype : str
        ``"float32"`` or ``"float64"``: precision of the window and of the result.

    Raises
    ------
    ParameterError
        For an option that cannot be; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import paddle
    >>> paddle.Spectrogram(hop_length=160)(np.ones(16000, np.float32)).shape
    (101, 257)
    """
    if not 0 < power < float("inf"):
        raise ParameterError(f"Spectrogram: power must be above 0, got {power!r}")
    frames = _framing(n_fft, hop_length, win_length, center, pad_mode)
    spectrum: list[Stage] = [PowerSpectrum()] if power == 2 else [MagnitudeSpectrum()]
    # Upstream holds the exponent in single precision, whatever dtype.
    spectrum += [] if power in (1, 2) else [Power(float(np.float32(power)))]
    weights = _window(window, n_fft if win_length is None else win_length, n_fft)
    return pipeline(Precision("float64"), frames, weights, *spectrum, Precision(_precision(dtype)))


def MelSpectrogram(  # noqa: N802
    sr: int = 22050,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowName = "hann",
    power: float = 2.0,
    center: bool = True,
    pad_mode: str = "reflect",
    n_mels: int = 64,
    f_min: float = 50.0,
    f_max: float | None = None,
    htk: bool = False,
    norm: str | float | None = "slaney",
    dtype: str = "float32",
) -> Pipeline:
    """The mel spectrogram, as ``paddle.audio.features.MelSpectrogram``.

    Sets what :func:`Spectrogram` sets, and MelBank; checked against paddlepaddle 3 to 6e-6 of the largest value, in
    float64 to 1e-12.

    Parameters
    ----------
    sr : int
        Sampling rate of the signal, in Hz.
    n_mels : int
        Mel filters.
    f_min, f_max : float
        Edges of the mel filters in Hz; f_max None is ``sr // 2``.
    htk : bool
        HTK's mel formula in place of Slaney's.
    norm : str, float or None
        ``"slaney"``: each filter is divided by half its width in Hz; a number p: by its p-norm; None: not at all.
    n_fft, hop_length, win_length, window, power, center, pad_mode, dtype
        As in :func:`Spectrogram`.

    Raises
    ------
    ParameterError
        For an option that cannot be; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import paddle
    >>> paddle.MelSpectrogram(16000, n_fft=512, hop_length=160, n_mels=40)(np.ones(16000, np.float32)).shape
    (101, 40)
    """
    spectra = Spectrogram(n_fft, hop_length, win_length, window, power, center, pad_mode, dtype)
    return _unrounded(spectra) | _bank(sr, n_mels, f_min, f_max, htk, norm, dtype) | Precision(_precision(dtype))


def LogMelSpectrogram(  # noqa: N802
    sr: int = 22050,
    n_fft: int = 512,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: WindowName = "hann",
    power: float = 2.0,
    center: bool = True,
    pad_mode: str = "reflect",
    n_mels: int = 64,
    f_min: float = 50.0,
    f_max: float | None = None,
    htk: bool = False,
    norm: str | float | None = "slaney",
    ref_value: float = 1.0,
    amin: float = 1e-10,
    top_db: float | None = None,
    dtype: str = "float32",
) -> Pipeline:
    """The mel spectrogram in decibels, as ``paddle.audio.features.LogMelSpectrogram``.

    Sets what :func:`MelSpectrogram` sets, Log, and BelowPeak (if top_db is asked for); checked against paddlepaddle 3 to
    4.8e-4 dB (three times what its MFCC differs from librosa's), in float64 to 1e-12 of the largest value.

    Parameters
    ----------
    ref_value : float
        The value that is 0 dB.
    amin : float
        Smaller values count as this one.
    top_db : float or None
        Values farther below the largest of the whole input are raised to there; None: none is.
    sr, n_fft, hop_length, win_length, window, power, center, pad_mode, n_mels, f_min, f_max, htk, norm, dtype
        As in :func:`MelSpectrogram`.

    Raises
    ------
    ParameterError
        For an option that cannot be; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import paddle
    >>> paddle.LogMelSpectrogram(16000, n_mels=40)(np.ones(16000, np.float32)).shape
    (126, 40)
    """
    for option, value in (("ref_value", ref_value), ("amin", amin), ("top_db", top_db)):
        if value is not None and not value > 0:
            raise ParameterError(f"LogMelSpectrogram: {option} must be above 0, got {value!r}")
    mels = MelSpectrogram(
        sr, n_fft, hop_length, win_length, window, power, center, pad_mode, n_mels, f_min, f_max, htk, norm, dtype
    )
    decibels = _unrounded(mels) | Log("dB", floor=amin, reference=max(ref_value, amin))
    decibels = decibels if top_db is None else decibels | BelowPeak(top_db)
    return decibels | Precision(_precision(dtype))


def MFCC(  # noqa: N802
    sr: int = 22050,
    n_mfcc: int = 40,
    n_fft: int = 512,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: WindowName = "hann",
    power: float = 2.0,
    center: bool = True,
    pad_mode: str = "reflect",
    n_mels: int = 64,
    f_min: float = 50.0,
    f_max: float | None = None,
    htk: bool = False,
    norm: str | float | None = "slaney",
    ref_value: float = 1.0,
    amin: float = 1e-10,
    top_db: float | None = None,
    dtype: str = "float32",
) -> Pipeline:
    """Mel-frequency cepstral coefficients, as ``paddle.audio.features.MFCC``.

    Sets what :func:`LogMelSpectrogram` sets, and Dct; checked against paddlepaddle 3 to 4.8e-4 (three times what librosa
    differs from it), in float64 to 1e-12 of the largest value.

    Parameters
    ----------
    n_mfcc : int
        Coefficients kept; not more than n_mels.
    sr, n_fft, hop_length, win_length, window, power, center, pad_mode, n_mels, f_min, f_max, htk, norm, dtype
        As in :func:`MelSpectrogram`.
    ref_value, amin, top_db
        As in :func:`LogMelSpectrogram`.

    Raises
    ------
    ParameterError
        For an option that cannot be; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import paddle
    >>> paddle.MFCC(16000, n_mfcc=13)(np.ones(16000, np.float32)).shape
    (126, 13)
    """
    if not 1 <= n_mfcc <= n_mels:
        raise ParameterError(f"MFCC: n_mfcc must lie between 1 and n_mels={n_mels}, got {n_mfcc!r}")
    decibels = LogMelSpectrogram(
        sr, n_fft, hop_length, win_length, window, power, center, pad_mode, n_mels, f_min, f_max, htk, norm,
        ref_value, amin, top_db, dtype,
    )  # fmt: skip
    return _unrounded(decibels) | Dct(n_mfcc) | Precision(_precision(dtype))


# --- parts ------------------------------------------------------------------------------------------------------------


def _unrounded(preset: Pipeline) -> Pipeline:
    """A preset without the rounding at its end, for another that goes on from it."""
    return preset[:-1]  # type: ignore[return-value]


def _precision(dtype: str) -> Literal["float32", "float64"]:
    if dtype == "float32":
        return "float32"
    if dtype == "float64":
        return "float64"
    raise ParameterError(f"Spectrogram: dtype must be 'float32' or 'float64', got {dtype!r}")


def _framing(n_fft: int, hop_length: int | None, win_length: int | None, center: bool, pad_mode: str) -> Frames:
    hop = n_fft // 4 if hop_length is None else hop_length
    for option, value in (("n_fft", n_fft), ("hop_length", hop)):
        if value < 1:
            raise ParameterError(f"Spectrogram: {option} must be at least 1, got {value!r}")
    if win_length is not None and not 1 <= win_length <= n_fft:
        raise ParameterError(f"Spectrogram: win_length must lie between 1 and n_fft={n_fft}, got {win_length!r}")
    if not center:
        return Frames(n_fft, hop)
    if pad_mode not in _FILLS:
        raise ParameterError(f"Spectrogram: pad_mode must be 'reflect' or 'constant', got {pad_mode!r}")
    return Frames(n_fft, hop, "centre", _FILLS[pad_mode])


def _window(window: WindowName, length: int, n_fft: int) -> Window:
    name, *values = window if isinstance(window, tuple) else (window,)
    if name not in (*_PLAIN, *_WITH_PARAMETERS):
        hint = did_you_mean(str(name), [*_PLAIN, *_WITH_PARAMETERS])
        known = f"; known are {', '.join([*_PLAIN, *_WITH_PARAMETERS])}"
        raise ParameterError(f"Spectrogram: there is no window {window!r}{hint or known}")
    if name in _WITH_PARAMETERS and not values:
        raise ParameterError(f"Spectrogram: window {name!r} needs its parameters, as in ({name!r}, 1.0)")
    whole = None if length == n_fft else length
    if name in ("hamming", "hann", "blackman", "bartlett") and not values:
        return Window(name, periodic=True, length=whole)
    if name == "kaiser" and len(values) == 1:
        return Window("kaiser", periodic=True, length=whole, beta=float(values[0]))
    from scipy.signal import get_window

    try:
        weights = get_window((name, *values) if values else name, length)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"Spectrogram: window {window!r} cannot be made: {error}") from None
    frame, left = np.zeros(n_fft), (n_fft - length) // 2
    frame[left : left + length] = weights
    return Window(weights=frame)


def _bank(
    sr: int, n_mels: int, f_min: float, f_max: float | None, htk: bool, norm: str | float | None, dtype: str
) -> MelBank:
    low, high = float(f_min), float(sr // 2 if f_max is None else f_max)
    if not 0 <= low < high:
        raise ParameterError(f"MelSpectrogram: f_min must lie between 0 and f_max ({high:g} Hz), got {f_min!r}")
    if isinstance(norm, str) and norm != "slaney":
        raise ParameterError(f"MelSpectrogram: norm must be 'slaney', a number or None, got {norm!r}")
    if not isinstance(norm, str) and norm is not None and not norm > 0:
        raise ParameterError(f"MelSpectrogram: norm must be above 0 where it is a number, got {norm!r}")
    precision = _precision(dtype)
    if precision == "float64" and not htk:
        # Upstream adds 1e-10 to f/1000 before its logarithm, which is the same as adding 1e-7 Hz above 1000 Hz.
        low, high = (hz + 1e-7 if hz >= 1000 else hz for hz in (low, high))
    norms: Any = {"slaney": "area", None: "none"}
    return MelBank(
        n_mels, sr, low, None if high == sr / 2 else high, "htk" if htk else "slaney",
        norm=norms.get(norm, norm), above_nyquist="empty", precision=precision, empty_filters="keep",
    )  # fmt: skip
