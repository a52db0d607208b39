"""librosa 0.11: spectrograms, MFCC, deltas, decibels, PCEN, spectral descriptors, chroma and the inverse STFT.

Its rules: 22050 Hz unless told otherwise; frames are centred, and what lies outside the signal is zero; window and Fourier
transform are computed in float64 and rounded to the precision of the signal; mel and chroma filters are stored in float32;
decibels are cut off 80 dB below the loudest value of the whole input, unless ``top_db`` is None.

Options have librosa's names, order and defaults; the signal or spectrogram itself (``y``, ``S``) is what the pipeline is called
with, as rows of frames where librosa has columns. Every preset keeps the precision of its input as librosa does, and was
checked against librosa 0.11: for float64 input to 1e-12 of the largest value, for float32 to 6e-6 (three times what torchaudio
and librosa differ), in both cases mostly much nearer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from featkit.audio.cepstrum import Dct, Lifter
from featkit.audio.chroma import ChromaBank, TunedChromaBank
from featkit.audio.decibels import FromDecibels, RelativeDecibels
from featkit.audio.deltas import PolynomialDeltas
from featkit.audio.descriptors import (
    BandExtremes,
    Contrast,
    ContrastBelowPeak,
    PolynomialCoefficients,
    SpectralBandwidth,
    SpectralCentroid,
    SpectralFlatness,
    SpectralRolloff,
)
from featkit.audio.dynamics import BelowPeak
from featkit.audio.frames import Frames
from featkit.audio.istft import InverseSpectrum, OverlapAdd
from featkit.audio.magnitude import Absolute, Magnitude
from featkit.audio.mel import MelBank
from featkit.audio.pcen import Pcen
from featkit.audio.power import Power
from featkit.audio.preemphasis import PreEmphasis
from featkit.audio.spectrum import MagnitudeSpectrum, PowerSpectrum, Spectrum
from featkit.audio.waveform import RootMeanSquare, ZeroCrossingRate
from featkit.audio.window import Window
from featkit.errors import ParameterError, did_you_mean
from featkit.numeric import Array, Fill
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.double import InDouble
from featkit.rows.log import Log
from featkit.rows.scale import Affine, Precision
from featkit.rows.unit import UnitNorm
from featkit.stage import Stage

#: What scipy.signal.get_window is asked for: a name, (name, parameter ...), the beta of a Kaiser window, the weights, or a
#: function of the length.
WindowSpec = str | tuple[Any, ...] | float | ArrayLike | Callable[[int], Array]
#: A number, or which value of the whole input.
Reference = float | str | Callable[..., Any]

_FILLS: dict[str, Fill] = {"constant": "zero", "edge": "edge", "reflect": "reflect", "symmetric": "mirror"}
_WINDOWS = {
    "hann": "hann",
    "hanning": "hann",
    "hamming": "hamming",
    "blackman": "blackman",
    "bartlett": "bartlett",
    "boxcar": "rectangular",
    "ones": "rectangular",
    "rect": "rectangular",
    "rectangular": "rectangular",
}
_REFERENCES: dict[Any, str] = {
    np.max: "max",
    np.amax: "max",
    np.min: "min",
    np.amin: "min",
    np.mean: "mean",
    np.median: "median",
}
_DELTA_EDGES = {"interp": "inside", "nearest": "edge", "mirror": "reflect", "constant": "zero"}


def stft(
    n_fft: int = 2048,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    dtype: DTypeLike | None = None,
    pad_mode: str = "constant",
) -> Pipeline:
    """The complex short-time Fourier transform, as ``librosa.stft``.

    Sets Frames, Window and Spectrum.

    Parameters
    ----------
    n_fft : int
        Points of the transform; a frame has as many samples.
    hop_length : int or None
        Samples from one frame to the next; None: a quarter of ``win_length``.
    win_length : int or None
        Samples of the window, centred in the frame; None: ``n_fft``.
    window : str, tuple, float, array or callable
        As ``scipy.signal.get_window`` takes it, or the weights, or a function of their number.
    center : bool
        Frame t is centred on sample ``t * hop_length``; else it begins there, and the signal must hold a whole frame.
    dtype : dtype or None
        complex64 or complex128; None: by the signal.
    pad_mode : str
        What lies outside the signal: ``"constant"`` (zeros), ``"reflect"``, ``"edge"`` or ``"symmetric"``.

    Notes
    -----
    One sample differs from librosa's on purpose: with an even ``n_fft``, ``pad_mode="reflect"``, a hop of at least ``n_fft // 2``
    and a signal that is a multiple of it long, librosa reflects the end of its last block at the wrong place for the last
    sample of the last frame. Here the signal is reflected as ``numpy.pad`` says, and as librosa does everywhere else.

    Raises
    ------
    ParameterError
        For another pad_mode (``"linear_ramp"``, ``"empty"``), or a window that scipy does not know.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.stft(n_fft=512)(np.ones(22050, np.float32)).shape
    (173, 257)
    """
    transform = InDouble(_window("stft", window, win_length, n_fft) | Spectrum())
    made = _frames("stft", n_fft, hop_length, win_length, center, pad_mode) | transform
    if dtype is None:
        return made
    kind = np.dtype(dtype).name
    if kind not in ("complex64", "complex128"):
        raise ParameterError(f"stft: dtype must be complex64, complex128 or None, got {dtype!r}")
    return made | Precision("float32") if kind == "complex64" else pipeline(Precision("float64"), made)


def istft(
    hop_length: int | None = None,
    win_length: int | None = None,
    n_fft: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    dtype: DTypeLike | None = None,
    length: int | None = None,
) -> Pipeline:
    """The signal of a short-time Fourier transform, as ``librosa.istft``: ``(frames, bins)`` complex -> ``(samples,)``.

    Sets InverseSpectrum and OverlapAdd. It streams: a hop of samples comes with every frame.

    Parameters
    ----------
    hop_length, win_length, window, center
        As :func:`stft` was called.
    n_fft : int or None
        Points of the transform; None: it was even.
    dtype : dtype or None
        float32 or float64; None: by the spectrum.
    length : int or None
        Samples of the signal, cut or filled up with zeros; None: what the frames cover.

    Raises
    ------
    ParameterError
        For a window that scipy does not know.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> signal = np.sin(np.arange(4000.0))
    >>> back = (librosa.stft(512) | librosa.istft(length=4000))(signal)
    >>> bool(np.abs(back - signal).max() < 1e-12)
    True
    """
    hop = hop_length if hop_length is not None else (win_length or n_fft or 0) // 4 or None
    made = pipeline(
        InverseSpectrum(n_fft),
        OverlapAdd(
            hop,
            window=_window("istft", window, win_length, n_fft),
            edges="centre" if center else "snip",
            length=length or None,
        ),
    )
    return made if dtype is None else made | Precision(_precision("istft", dtype))


def melspectrogram(
    sr: float = 22050,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    power: float = 2.0,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: Literal["slaney"] | float | None = "slaney",
    dtype: DTypeLike = "float32",
    transform: Literal["float64", "float32"] = "float64",
) -> Pipeline:
    """The mel spectrogram, as ``librosa.feature.melspectrogram``.

    Sets Frames, Window, PowerSpectrum (or MagnitudeSpectrum and Power) and MelBank.

    Parameters
    ----------
    sr : float
        Sampling rate of the signal in Hz.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in :func:`stft`.
    power : float
        Of the magnitudes: 1 or 2 (energies), or any other above 0.
    n_mels : int
        Number of mel filters.
    fmin, fmax : float
        The band they cover, in Hz; fmax None: half the sampling rate.
    htk : bool
        HTK's mel formula; else Slaney's.
    norm : "slaney", float or None
        Filters of area 1 (``"slaney"``), of this p-norm, or with peaks of 1 (None).
    dtype : dtype
        Precision that the filters are rounded to: float32 or float64.
    transform : str
        Precision of the Fourier transform of float32 samples: ``"float64"`` as librosa has it, or ``"float32"`` as torchaudio
        has it, which takes about two thirds of the time; bands 80 dB below the loudest one then are off by up to 4e-3 dB
        (featkit's own option).

    Raises
    ------
    ParameterError
        As in :func:`stft`, and for a band or power that cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.melspectrogram(sr=16000, n_mels=80)(np.ones(16000, np.float32)).shape
    (32, 80)
    """
    if norm is not None and norm != "slaney" and isinstance(norm, str):
        raise ParameterError(f"melspectrogram: norm must be 'slaney', a number or None, got {norm!r}")
    bank = MelBank(
        n_mels,
        sr,
        fmin,
        fmax,
        scale="htk" if htk else "slaney",
        norm="none" if norm is None else "area" if isinstance(norm, str) else norm,
        n_fft=n_fft,
        above_nyquist="empty",
        weight_dtype=_precision("melspectrogram", dtype),
    )
    spectrum: list[Stage] = [PowerSpectrum()] if power == 2 else [MagnitudeSpectrum(), *_power(power)]
    frames = _frames("melspectrogram", n_fft, hop_length, win_length, center, pad_mode)
    spectra = pipeline(_window("melspectrogram", window, win_length, n_fft), *spectrum)
    # It transforms in float64, stores what comes out in single precision and goes on in that.
    return frames | (InDouble(spectra) if transform == "float64" else spectra) | bank


def mfcc(
    sr: float = 22050,
    n_mfcc: int = 20,
    dct_type: Literal[1, 2, 3, 4] = 2,
    norm: Literal["ortho", "backward", "forward"] | None = "ortho",
    lifter: float = 0,
    mel_norm: Literal["slaney"] | float | None = "slaney",
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    power: float = 2.0,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    dtype: DTypeLike = "float32",
    top_db: float | None = 80.0,
    transform: Literal["float64", "float32"] = "float64",
) -> Pipeline:
    """Mel-frequency cepstral coefficients, as ``librosa.feature.mfcc``.

    Sets what :func:`melspectrogram` sets, Log, BelowPeak, Dct and Lifter. The cut ``top_db`` below the peak needs the whole
    input; ``top_db=None`` streams, and so does the pipeline once it is settled.

    Parameters
    ----------
    n_mfcc : int
        Coefficients kept, from the 0th on; not more than ``n_mels`` come out.
    dct_type : int
        1, 2, 3 or 4.
    norm : str or None
        Of the cosine transform: ``"ortho"``; None or ``"backward"``: unscaled; ``"forward"``: over twice the number of bands.
    lifter : float
        Length of the sine lifter; 0 is none.
    mel_norm
        ``norm`` of :func:`melspectrogram`.
    sr, n_fft, hop_length, win_length, window, center, pad_mode, power, n_mels, fmin, fmax, htk, dtype, transform
        As in :func:`melspectrogram`.
    top_db : float or None
        Range in dB below the loudest mel value; None: all of it. (librosa always cuts at 80; this is featkit's own option.)

    Raises
    ------
    ParameterError
        As in :func:`melspectrogram`, and for a norm or lifter that cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.mfcc(sr=16000, n_mfcc=13, htk=True)(np.ones(16000, np.float32)).shape
    (32, 13)
    >>> librosa.mfcc(top_db=None).streamable
    True
    """
    if norm not in ("ortho", "backward", "forward", None):
        raise ParameterError(f"mfcc: norm must be 'ortho', 'backward', 'forward' or None, got {norm!r}")
    mel = melspectrogram(
        sr,
        n_fft,
        hop_length,
        win_length,
        window,
        center,
        pad_mode,
        power,
        n_mels,
        fmin,
        fmax,
        htk,
        norm=mel_norm,
        dtype=dtype,
        transform=transform,
    )
    points = 2 * (n_mels - (dct_type == 1))
    forward: tuple[Stage, ...] = (Affine(1.0 / points),) if norm == "forward" and points else ()
    lift: tuple[Stage, ...] = (Lifter(lifter, first=1),) if lifter else ()
    cosine = Dct(min(n_mfcc, n_mels), dct_type, ortho=norm == "ortho")
    return pipeline(mel, power_to_db(top_db=top_db), cosine, *forward, *lift)


def delta(
    width: int = 9,
    order: int = 1,
    axis: int = -1,
    mode: str = "interp",
    polyorder: int | None = None,
    delta: float = 1.0,
    cval: float = 0.0,
) -> Pipeline:
    """Deltas of features by a Savitzky-Golay filter, as ``librosa.feature.delta``: ``(frames, features)``, unchanged.

    Sets PolynomialDeltas, computed in float64.

    Parameters
    ----------
    width : int
        Frames in the filter, odd.
    order : int
        Which derivative.
    axis : int
        -1, librosa's time axis (the first one here).
    mode : str
        What lies outside the frames: ``"interp"`` (the polynomial of the outermost ``width`` frames goes on), ``"nearest"``,
        ``"mirror"``, ``"constant"``.
    polyorder : int or None
        Degree of the polynomial; None: ``order``.
    delta : float
        Time between two frames.
    cval : float
        The constant of mode ``"constant"``.

    Raises
    ------
    ParameterError
        For mode ``"wrap"``, another axis, mode ``"interp"`` with a polyorder that is not the order, or a width or order that
        cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.delta(width=3)(np.array([[0.0], [1.0], [4.0], [9.0]])).ravel().round(6)
    array([2., 2., 4., 4.])
    """
    if axis != -1:
        raise ParameterError(
            f"delta: axis must be -1, along time; got {axis!r}: transpose the features for the other one"
        )
    if mode not in _DELTA_EDGES:
        why = (
            "; wrap would need the last frames before the first ones"
            if mode == "wrap"
            else did_you_mean(mode, _DELTA_EDGES)
        )
        raise ParameterError(f"delta: mode must be one of {', '.join(_DELTA_EDGES)}, got {mode!r}{why}")
    if mode == "interp" and polyorder not in (None, order):
        raise ParameterError(
            f"delta: polyorder={polyorder} with mode='interp' is not order={order}; choose another mode"
        )
    slope = PolynomialDeltas(width, order, polyorder, cast(Any, _DELTA_EDGES[mode]), spacing=delta)
    if mode == "constant" and cval:  # the derivative of a constant is none, so all can be moved until it is 0
        return pipeline(InDouble(Affine(1.0, -cval) | slope))
    return pipeline(InDouble(slope))


def power_to_db(ref: Reference = 1.0, amin: float = 1e-10, top_db: float | None = 80.0) -> Pipeline:
    """Powers to decibels, as ``librosa.power_to_db``; any shape, unchanged.

    Sets Log (or RelativeDecibels) and BelowPeak. Both RelativeDecibels and BelowPeak need the whole input.

    Parameters
    ----------
    ref : float, str or callable
        The power at 0 dB: a number, or ``"max"``, ``"min"``, ``"mean"`` or ``"median"`` of the whole input (``np.max`` and so on,
        too).
    amin : float
        Smaller powers count as this one.
    top_db : float or None
        Range in dB below the loudest value; None: all of it.

    Raises
    ------
    ParameterError
        For a ref that is another function, or an amin or top_db out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.power_to_db(ref="max")(np.array([[1.0, 10.0, 1e-20]]))
    array([[-10.,   0., -80.]])
    """
    return pipeline(_decibels("power_to_db", ref, amin), *_below(top_db))


def amplitude_to_db(ref: Reference = 1.0, amin: float = 1e-5, top_db: float | None = 80.0) -> Pipeline:
    """Amplitudes to decibels, as ``librosa.amplitude_to_db``; any shape, unchanged.

    Sets Absolute, Log (or RelativeDecibels), Affine and BelowPeak; options as in :func:`power_to_db`, of amplitudes.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.amplitude_to_db()(np.array([[1.0, 10.0, 0.0]]))
    array([[  0.,  20., -60.]])
    """
    return pipeline(Absolute(), _decibels("amplitude_to_db", ref, amin), Affine(2.0), *_below(top_db))


def db_to_power(ref: float = 1.0) -> Pipeline:
    """Decibels to powers, as ``librosa.db_to_power``; any shape, unchanged.

    Sets FromDecibels.

    Parameters
    ----------
    ref : float
        The power at 0 dB.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.db_to_power()(np.array([[0.0, 20.0]]))
    array([[  1., 100.]])
    """
    return pipeline(FromDecibels(ref))


def db_to_amplitude(ref: float = 1.0) -> Pipeline:
    """Decibels to amplitudes, as ``librosa.db_to_amplitude``; any shape, unchanged.

    Sets FromDecibels.

    Parameters
    ----------
    ref : float
        The amplitude at 0 dB.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.db_to_amplitude()(np.array([[0.0, 20.0]]))
    array([[ 1., 10.]])
    """
    return pipeline(FromDecibels(ref, of="amplitude"))


def pcen(
    sr: float = 22050,
    hop_length: int = 512,
    gain: float = 0.98,
    bias: float = 2,
    power: float = 0.5,
    time_constant: float = 0.4,
    eps: float = 1e-6,
    b: float | None = None,
    max_size: int = 1,
    ref: ArrayLike | None = None,
    axis: int = -1,
    max_axis: int | None = None,
    zi: ArrayLike | None = None,
    return_zf: bool = False,
) -> Pipeline:
    """Per-channel energy normalisation, as ``librosa.pcen``: ``(frames, bands)``, unchanged, in float64 as librosa's.

    Sets Pcen. librosa's advice: give it the mel spectrogram of samples multiplied by 2**31 (``Affine(2.0**31)``).

    Parameters
    ----------
    sr : float
        Sampling rate of the signal in Hz.
    hop_length : int
        Samples from one frame to the next.
    gain, bias, power : float
        How much of the smoothed energy is divided out; what is added before the compression; its power (0: a logarithm).
    time_constant : float
        Of the smoothing, in seconds.
    eps : float
        Added to the smoothed energy.
    b : float or None
        Weight of a new frame in the smoothing, above 0; None: by the time constant.
    max_size : int
        Bands over which the largest value is smoothed; 1: each band by itself.
    zi : float, array or None
        State of the smoothing filter before the first frame: one value, or one per band.
    ref, axis, max_axis, return_zf
        None, -1, None (or -2) and False; others can't be honoured.

    Raises
    ------
    ParameterError
        For a value that cannot be honoured or is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.pcen()(np.ones((3, 2))).shape
    (3, 2)
    """
    for name, value, usual, why in (
        ("ref", ref, (None,), "a reference of its own would be a second input"),
        ("axis", axis, (-1,), "frames are the first axis here, which is librosa's last"),
        ("max_axis", max_axis, (None, -2, 0), "the largest value is taken over bands"),
        ("return_zf", return_zf, (False,), "a stream carries the filter's state by itself: librosa.pcen().stream()"),
    ):
        if not any(value is choice or (not isinstance(value, np.ndarray) and value == choice) for choice in usual):
            raise ParameterError(f"pcen: {name}={value!r} can't be honoured; {why}")
    if b is None:
        if not time_constant > 0:
            raise ParameterError(f"pcen: time_constant must be above 0 s, got {time_constant!r}")
        frames = time_constant * sr / float(hop_length)
        b = (np.sqrt(1 + 4 * frames**2) - 1) / (2 * frames**2)
    start = None if zi is None else np.asarray(zi, np.float64).ravel()
    begin = start if start is None or len(start) > 1 else float(start[0])
    return pipeline(Precision("float64"), Pcen(float(b), gain, bias, power, eps, max_size, begin))


def preemphasis(coef: float = 0.97, zi: float | ArrayLike | None = None, return_zf: bool = False) -> Pipeline:
    """Pre-emphasis of a signal, as ``librosa.effects.preemphasis``.

    Sets PreEmphasis.

    Parameters
    ----------
    coef : float
        The part of the sample before that is taken off.
    zi : float or None
        Added to the first sample; None: ``2 y[0] - y[1]``.
    return_zf : bool
        False; a stream carries the state by itself.

    Raises
    ------
    ParameterError
        If return_zf is asked for, or zi is more than one number.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.preemphasis(coef=0.5)(np.array([1.0, 1.0, 2.0]))
    array([2. , 0.5, 1.5])
    """
    if return_zf:
        raise ParameterError(
            "preemphasis: return_zf can't be honoured; a stream carries the filter's state by itself: "
            "librosa.preemphasis().stream()"
        )
    if zi is not None and np.size(zi) != 1:
        raise ParameterError(f"preemphasis: zi must be one number, got {zi!r}; one channel is filtered at a time")
    return pipeline(PreEmphasis(coef, first="linear" if zi is None else float(np.ravel(zi)[0])))


# --- descriptors -------------------------------------------------------------------------------------------------------


def spectral_centroid(
    sr: float = 22050,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    freq: ArrayLike | None = None,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: str = "constant",
) -> Pipeline:
    """The centre of gravity of each spectrum in Hz, as ``librosa.feature.spectral_centroid``; float64.

    Sets Frames, Window, Spectrum, Magnitude and SpectralCentroid.

    Parameters
    ----------
    sr : float
        Sampling rate of the signal in Hz.
    freq : array or None
        Where the bins lie in Hz, one value per bin; None: by ``sr``. (librosa's two-dimensional ones can't be honoured.)
    n_fft, hop_length, win_length, window, center, pad_mode
        As in :func:`stft`.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.spectral_centroid()(np.ones(22050, np.float32)).shape
    (44, 1)
    """
    spectra = _magnitudes("spectral_centroid", n_fft, hop_length, win_length, window, center, pad_mode)
    return spectra | SpectralCentroid(sr, n_fft, _hz("spectral_centroid", freq))


def spectral_bandwidth(
    sr: float = 22050,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    freq: ArrayLike | None = None,
    centroid: ArrayLike | None = None,
    norm: bool = True,
    p: float = 2,
) -> Pipeline:
    """How wide each spectrum spreads around its centroid in Hz, as ``librosa.feature.spectral_bandwidth``; float64.

    Sets Frames, Window, Spectrum, Magnitude and SpectralBandwidth.

    Parameters
    ----------
    centroid : None
        It is always computed; others can't be honoured.
    norm : bool
        Weigh by the shares of the spectrum, which sum to 1.
    p : float
        Power that distances are raised to.
    sr, freq
        As in :func:`spectral_centroid`.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in :func:`stft`.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.spectral_bandwidth(p=3)(np.ones(22050, np.float32)).shape
    (44, 1)
    """
    if centroid is not None:
        raise ParameterError("spectral_bandwidth: centroid can't be honoured; it would be a second input")
    spectra = _magnitudes("spectral_bandwidth", n_fft, hop_length, win_length, window, center, pad_mode)
    return spectra | SpectralBandwidth(sr, n_fft, _hz("spectral_bandwidth", freq), p=p, normalise=bool(norm))


def spectral_contrast(
    sr: float = 22050,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    freq: ArrayLike | None = None,
    fmin: float = 200.0,
    n_bands: int = 6,
    quantile: float = 0.02,
    linear: bool = False,
    top_db: float | None = 80.0,
) -> Pipeline:
    """Peaks less valleys in octave bands, as ``librosa.feature.spectral_contrast``: ``n_bands + 1`` columns, in dB; float64.

    Sets Frames, Window, Spectrum, Magnitude, BandExtremes, Log and ContrastBelowPeak, or Contrast. librosa's decibels are those
    of powers, but taken of magnitudes, and cut off 80 dB below the loudest peak and valley of the whole input;
    ``linear=True`` and ``top_db=None`` stream.

    Parameters
    ----------
    fmin : float
        Upper end of the lowest band in Hz.
    n_bands : int
        Octaves above it.
    quantile : float
        Share of the bins of a band that counts as its peak and as its valley.
    linear : bool
        The difference of magnitudes; else of decibels.
    top_db : float or None
        Range in dB (featkit's own option).
    sr, freq
        As in :func:`spectral_centroid`.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in :func:`stft`.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.spectral_contrast()(np.ones(22050, np.float32)).shape
    (44, 7)
    """
    spectra = _magnitudes("spectral_contrast", n_fft, hop_length, win_length, window, center, pad_mode)
    extremes = BandExtremes(sr, n_fft, _hz("spectral_contrast", freq), fmin, n_bands, quantile)
    extremes.row_shape((n_fft // 2 + 1,))
    made = spectra | extremes | Precision("float64")
    if linear:
        return made | Contrast()
    return made | Log("dB", floor=1e-10) | (Contrast() if top_db is None else ContrastBelowPeak(top_db))


def spectral_rolloff(
    sr: float = 22050,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    freq: ArrayLike | None = None,
    roll_percent: float = 0.85,
) -> Pipeline:
    """The frequency in Hz below which a share of each spectrum lies, as ``librosa.feature.spectral_rolloff``; float64.

    Sets Frames, Window, Spectrum, Magnitude and SpectralRolloff.

    Parameters
    ----------
    roll_percent : float
        The share, above 0 and below 1.
    sr, freq
        As in :func:`spectral_centroid`.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in :func:`stft`.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.spectral_rolloff(roll_percent=0.5)(np.ones(22050, np.float32)).shape
    (44, 1)
    """
    spectra = _magnitudes("spectral_rolloff", n_fft, hop_length, win_length, window, center, pad_mode)
    return spectra | SpectralRolloff(sr, n_fft, _hz("spectral_rolloff", freq), roll_percent)


def spectral_flatness(
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    amin: float = 1e-10,
    power: float = 2.0,
) -> Pipeline:
    """Geometric over arithmetic mean of each spectrum, as ``librosa.feature.spectral_flatness``.

    Sets Frames, Window, Spectrum, Magnitude, Power and SpectralFlatness.

    Parameters
    ----------
    amin : float
        Smaller values count as this one.
    power : float
        Of the magnitudes, above 0.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in :func:`stft`.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.spectral_flatness()(np.ones(22050, np.float32)).shape
    (44, 1)
    """
    spectra = _magnitudes("spectral_flatness", n_fft, hop_length, win_length, window, center, pad_mode)
    return pipeline(spectra, *_power(power), SpectralFlatness(amin))


def poly_features(
    sr: float = 22050,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    order: int = 1,
    freq: ArrayLike | None = None,
) -> Pipeline:
    """The polynomial in frequency that fits each spectrum, as ``librosa.feature.poly_features``; highest power first; float64.

    Sets Frames, Window, Spectrum, Magnitude and PolynomialCoefficients.

    Parameters
    ----------
    order : int
        Degree of the polynomial.
    sr, freq
        As in :func:`spectral_centroid`.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in :func:`stft`.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.poly_features(order=2)(np.ones(22050, np.float32)).shape
    (44, 3)
    """
    spectra = _magnitudes("poly_features", n_fft, hop_length, win_length, window, center, pad_mode)
    fit = PolynomialCoefficients(sr, n_fft, _hz("poly_features", freq), order)
    return spectra | Precision("float64") | fit


def rms(
    frame_length: int = 2048,
    hop_length: int = 512,
    center: bool = True,
    pad_mode: str = "constant",
    dtype: DTypeLike = "float32",
) -> Pipeline:
    """The root of each frame's mean square, as ``librosa.feature.rms`` of a signal.

    Sets Precision, Frames and RootMeanSquare.

    Parameters
    ----------
    frame_length, hop_length : int
        Samples of a frame, and from one to the next.
    center, pad_mode
        As in :func:`stft`.
    dtype : dtype
        Precision of the computation, whatever the signal's: float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.rms(center=False)(np.ones(4096, np.float32))[0]
    array([1.], dtype=float32)
    """
    frames = _frames("rms", frame_length, hop_length, None, center, pad_mode)
    return pipeline(Precision(_precision("rms", dtype)), frames, RootMeanSquare())


def zero_crossing_rate(
    frame_length: int = 2048,
    hop_length: int = 512,
    center: bool = True,
    threshold: float = 1e-10,
    ref_magnitude: float | Callable[..., Any] | None = None,
    pad: bool = False,
    zero_pos: bool = True,
) -> Pipeline:
    """How often each frame changes its sign, per sample, as ``librosa.feature.zero_crossing_rate``; float64.

    Sets Frames and ZeroCrossingRate.

    Parameters
    ----------
    frame_length, hop_length : int
        Samples of a frame, and from one to the next.
    center : bool
        As in :func:`stft`; outside the signal the first and the last sample are repeated.
    threshold : float
        Smaller samples count as 0.
    ref_magnitude : float or None
        The threshold is multiplied with it. (A function of the whole signal can't be honoured.)
    pad : bool
        Whether the first sample of a frame counts as a crossing.
    zero_pos : bool
        0 has the sign of positive numbers; else a sign of its own.

    Raises
    ------
    ParameterError
        If ref_magnitude is a function, or the threshold is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> librosa.zero_crossing_rate(4, 4, center=False)(np.array([1.0, -1.0, 1.0, 1.0]))
    array([[0.5]])
    """
    if callable(ref_magnitude):
        raise ParameterError(
            f"zero_crossing_rate: ref_magnitude={ref_magnitude!r} can't be honoured, a function of the whole signal; "
            "give the number that it returns"
        )
    frames = _frames("zero_crossing_rate", frame_length, hop_length, None, center, "edge")
    scaled = threshold if ref_magnitude is None else threshold * ref_magnitude
    return frames | ZeroCrossingRate(scaled, zero_positive=bool(zero_pos), first=bool(pad))


def chroma_stft(
    sr: float = 22050,
    norm: float | None = float("inf"),
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    tuning: float | None = None,
    n_chroma: int = 12,
    ctroct: float = 5.0,
    octwidth: float | None = 2,
    base_c: bool = True,
    dtype: DTypeLike = "float32",
) -> Pipeline:
    """The energy of each pitch class, as ``librosa.feature.chroma_stft``.

    Sets Frames, Window, Spectrum, Magnitude, Power, ChromaBank (or TunedChromaBank) and UnitNorm. The tuning that librosa
    estimates by default needs the whole input; a number streams, and so does the pipeline once it is settled.

    Parameters
    ----------
    sr : float
        Sampling rate of the signal in Hz.
    norm : float or None
        Each frame has this p-norm: inf makes its largest value 1; None: as it is.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in :func:`stft`.
    tuning : float or None
        How far the music is tuned off A = 440 Hz, in pitch classes; None: estimated from the whole input.
    n_chroma : int
        Pitch classes in an octave.
    ctroct, octwidth : float
        Octaves are weighed by a Gaussian around ``ctroct``, this many octaves wide; octwidth None: all alike.
    base_c : bool
        The first pitch class is C; else A.
    dtype : dtype
        Precision that the filters are rounded to: float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import librosa
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    >>> librosa.chroma_stft()(tone)[20].argmax()  # A is the tenth from C
    np.int64(9)
    """
    spectra = _magnitudes("chroma_stft", n_fft, hop_length, win_length, window, center, pad_mode)
    octave = {"centre_octave": ctroct, "octave_width": octwidth, "from_c": bool(base_c)}
    fields: dict[str, Any] = {"weight_dtype": _precision("chroma_stft", dtype), **octave}
    tuned: Stage = TunedChromaBank(n_chroma, sr, n_fft, **fields)
    bank = tuned if tuning is None else ChromaBank(n_chroma, sr, n_fft, tuning, **fields)
    unit: tuple[Stage, ...] = () if norm is None else (UnitNorm(norm),)
    return pipeline(spectra, Power(2.0), bank, *unit)


# --- what they share ---------------------------------------------------------------------------------------------------


def _frames(
    preset: str, n_fft: int, hop_length: int | None, win_length: int | None, center: bool, pad_mode: str
) -> Frames:
    """Framing as in librosa: ``n_fft // 2`` samples are put before and after the signal where it is centred."""
    if not center:
        return Frames(n_fft, _hop(hop_length, win_length, n_fft), "snip", "zero")
    if pad_mode not in _FILLS:
        raise ParameterError(
            f"{preset}: pad_mode={pad_mode!r} can't be honoured" + did_you_mean(pad_mode, _FILLS)
            if isinstance(pad_mode, str)
            else f"{preset}: pad_mode={pad_mode!r} can't be honoured, a function"
        )
    return Frames(n_fft, _hop(hop_length, win_length, n_fft), "centre", _FILLS[pad_mode])


def _hop(hop_length: int | None, win_length: int | None, n_fft: int) -> int:
    return (win_length or n_fft) // 4 if hop_length is None else hop_length


def _window(preset: str, spec: WindowSpec, win_length: int | None, n_fft: int | None) -> Window:
    """The periodic window, centred in a frame of n_fft samples: by featkit's name where it has one, else by its weights."""
    if isinstance(spec, str) and spec in _WINDOWS:
        return Window(cast(Any, _WINDOWS[spec]), periodic=True, length=win_length)
    name, beta = spec if isinstance(spec, tuple) and len(spec) == 2 else ("kaiser", spec)
    if name == "kaiser" and isinstance(beta, (int, float)) and beta >= 0:
        return Window("kaiser", periodic=True, length=win_length, beta=beta)
    length = win_length or n_fft
    if length is None:
        raise ParameterError(f"{preset}: a window={spec!r} needs n_fft or win_length to be given")
    weights = _weights(preset, spec, length)
    before = ((n_fft or length) - length) // 2
    if before < 0:
        raise ParameterError(f"{preset}: win_length={length} must be at most n_fft={n_fft}")
    return Window(weights=np.pad(weights, (before, (n_fft or length) - length - before)))


def _weights(preset: str, spec: WindowSpec, length: int) -> Array:
    if isinstance(spec, (str, tuple, float, int)):
        from scipy.signal import get_window

        try:
            return np.asarray(get_window(spec, length, fftbins=True), np.float64)
        except (ValueError, TypeError, KeyError) as error:
            raise ParameterError(
                f"{preset}: window={spec!r} is none that scipy.signal.get_window makes: {error}"
            ) from None
    weights = np.asarray(spec(length) if callable(spec) else spec, np.float64)
    if weights.shape != (length,):
        raise ParameterError(
            f"{preset}: window has weights of shape {weights.shape}, but {length} are needed (win_length)"
        )
    return weights


def _magnitudes(
    preset: str,
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    window: WindowSpec,
    center: bool,
    pad_mode: str,
) -> Pipeline:
    """The magnitude spectrogram that descriptors are made of, rounded wherever librosa rounds it."""
    frames = _frames(preset, n_fft, hop_length, win_length, center, pad_mode)
    return frames | InDouble(_window(preset, window, win_length, n_fft) | Spectrum()) | Magnitude()


def _power(exponent: float) -> tuple[Stage, ...]:
    return () if exponent == 1 else (Power(exponent),)


def _precision(preset: str, dtype: DTypeLike) -> Literal["float32", "float64"]:
    name = np.dtype(dtype).name
    if name not in ("float32", "float64"):
        raise ParameterError(f"{preset}: dtype must be float32 or float64, got {dtype!r}")
    return "float32" if name == "float32" else "float64"


def _hz(preset: str, freq: ArrayLike | None) -> Array | None:
    if freq is None:
        return None
    hz = np.asarray(freq, np.float64)
    if hz.ndim != 1:
        raise ParameterError(
            f"{preset}: freq of shape {hz.shape} can't be honoured; frequencies that change in time would be a second input"
        )
    return hz


def _decibels(preset: str, ref: Reference, amin: float) -> Stage:
    """10 log10 over a number, or over a value taken from the whole input."""
    if not amin > 0:
        raise ParameterError(f"{preset}: amin must be above 0, got {amin!r}")
    known = list(_REFERENCES.values())
    name = ref if isinstance(ref, str) else _REFERENCES.get(ref) if callable(ref) else None
    if name in known:
        return RelativeDecibels(cast(Any, name), floor=amin)
    if isinstance(ref, str) or callable(ref):
        hint = did_you_mean(ref, known) if isinstance(ref, str) else ""
        raise ParameterError(f"{preset}: ref must be a number, 'max', 'min', 'mean' or 'median', got {ref!r}{hint}")
    return Log("dB", floor=amin, reference=max(amin, abs(ref)))


def _below(top_db: float | None) -> tuple[Stage, ...]:
    return () if top_db is None else (BelowPeak(top_db),)
