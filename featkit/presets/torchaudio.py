"""torchaudio 2.11: the transforms Spectrogram, MelSpectrogram, MFCC, LFCC, AmplitudeToDB, and deltas, in their own options.

Its rules: frames are centred and the signal reflected at its ends; mel filters are triangles in Hz whose bins lie between
0 and ``sample_rate // 2``, whatever n_fft; cepstra are taken of decibels, none more than 80 dB below the loudest value of
the whole input. The rows are frames; upstream shows the transpose. Kaldi's features, as torchaudio computes them, are
another dialect: ``compliance`` here, or ``featkit.presets.torchaudio_compliance``.

It computes in float32, tables too, and so does this.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from featkit.audio.cepstrum import Dct
from featkit.audio.deltas import Deltas, Edges
from featkit.audio.dynamics import BelowPeak
from featkit.audio.frames import Frames
from featkit.audio.linear import LinearBank
from featkit.audio.mel import MelBank, Scale
from featkit.audio.pad import Pad
from featkit.audio.power import Power
from featkit.audio.spectrum import MagnitudeSpectrum, PowerSpectrum, Spectrum
from featkit.audio.twosided import TwoSided
from featkit.audio.window import Window, window
from featkit.errors import ParameterError, did_you_mean
from featkit.numeric import Array, Fill
from featkit.pipeline import Pipeline, pipeline
from featkit.presets import torchaudio_compliance as compliance  # noqa: F401  (torchaudio.compliance.kaldi, by its name)
from featkit.rows.log import Log
from featkit.rows.scale import Affine, Precision
from featkit.stage import Stage

WindowFn = str | Callable[..., Any]
Options = Mapping[str, Any] | None

#: torch's window functions, with their options.
_WINDOWS: dict[str, dict[str, Any]] = {
    "hann_window": {"periodic": True},
    "hamming_window": {"periodic": True, "alpha": 0.54, "beta": 0.46},
    "blackman_window": {"periodic": True},
    "bartlett_window": {"periodic": True},
    "kaiser_window": {"periodic": True, "beta": 12.0},
}
#: torch's pad_mode, as what lies outside the signal.
_FILLS: dict[str, Fill] = {"reflect": "reflect", "constant": "zero", "replicate": "edge"}
_SCALES: dict[str, Scale] = {"htk": "htk", "slaney": "slaney"}
_DELTA_EDGES: dict[str, Edges] = {"replicate": "edge", "reflect": "reflect", "constant": "zero"}


def Spectrogram(  # noqa: N802  (upstream's name)
    n_fft: int = 400,
    win_length: int | None = None,
    hop_length: int | None = None,
    pad: int = 0,
    window_fn: WindowFn = "hann_window",
    power: float | None = 2.0,
    normalized: bool | str = False,
    wkwargs: Options = None,
    center: bool = True,
    pad_mode: str = "reflect",
    onesided: bool = True,
    return_complex: bool | None = None,
) -> Pipeline:
    """The spectrogram, as ``torchaudio.transforms.Spectrogram``.

    Sets Pad (if asked), Frames, Window, Affine (if normalized), the spectrum, Power (of another power than 1 and 2) and
    TwoSided (if not onesided); checked against torchaudio 2.11 to 6e-6 of the largest value.

    Parameters
    ----------
    n_fft : int
        Points of the transform, and samples in a frame.
    win_length : int or None
        Weights of the window, centred in the frame; None: n_fft.
    hop_length : int or None
        Samples from one frame to the next; None: win_length // 2.
    pad : int
        Zeros put before and after the signal, in samples.
    window_fn : str or callable
        ``"hann_window"``, ``"hamming_window"``, ``"blackman_window"``, ``"bartlett_window"``, ``"kaiser_window"`` (also
        torch's own functions of these names), or a function that makes ``win_length`` weights.
    power : float or None
        Exponent of the magnitude; None gives the complex spectrum.
    normalized : bool or str
        True or ``"window"``: divided by the root of the window's energy; ``"frame_length"``: by sqrt(n_fft).
    wkwargs : dict or None
        Options of the window function.
    center : bool
        Frame t is centred on sample t * hop_length; False: it starts there.
    pad_mode : str
        What lies outside the signal where frames are centred: ``"reflect"``, ``"constant"`` (zeros), ``"replicate"``.
    onesided : bool
        False adds the negative frequencies.
    return_complex
        Without effect, as upstream.

    Raises
    ------
    ParameterError
        For an option that cannot be; the message names it. ``pad_mode="circular"`` would need the end first.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import torchaudio
    >>> torchaudio.Spectrogram(n_fft=512)(np.ones(16000, np.float32)).shape
    (63, 257)
    """
    if power is not None and not 0 < power < math.inf:
        raise ParameterError(f"Spectrogram: power must be above 0, or None for the complex spectrum, got {power!r}")
    if pad < 0:
        raise ParameterError(f"Spectrogram: pad must be at least 0 samples, got {pad!r}")
    frames, weighted = _framing(n_fft, win_length, hop_length, center, pad_mode), _weighting(window_fn, wkwargs)
    weights = weighted(n_fft if win_length is None else win_length, n_fft)
    stages: list[Stage] = [Precision("float32"), *([Pad(pad, pad)] if pad else [])]
    stages += [frames, weights, *_normalising(normalized, weights, n_fft), *_spectrum(power)]
    stages += [] if onesided else [TwoSided(n_fft)]
    return pipeline(*stages)


def MelSpectrogram(  # noqa: N802
    sample_rate: int = 16000,
    n_fft: int = 400,
    win_length: int | None = None,
    hop_length: int | None = None,
    f_min: float = 0.0,
    f_max: float | None = None,
    pad: int = 0,
    n_mels: int = 128,
    window_fn: WindowFn = "hann_window",
    power: float = 2.0,
    normalized: bool | str = False,
    wkwargs: Options = None,
    center: bool = True,
    pad_mode: str = "reflect",
    onesided: bool | None = None,
    norm: str | None = None,
    mel_scale: str = "htk",
) -> Pipeline:
    """The mel spectrogram, as ``torchaudio.transforms.MelSpectrogram``.

    Sets what :func:`Spectrogram` sets, and MelBank; checked against torchaudio 2.11 to 6e-6 of the largest value.

    Parameters
    ----------
    sample_rate : int
        Of the signal, in Hz.
    f_min, f_max : float
        Edges of the mel filters in Hz; f_max None is ``sample_rate // 2``.
    n_mels : int
        Mel filters.
    onesided
        Without effect, as upstream.
    norm : str or None
        ``"slaney"``: each filter is divided by half its width in Hz.
    mel_scale : str
        ``"htk"`` or ``"slaney"``.
    n_fft, win_length, hop_length, pad, window_fn, power, normalized, wkwargs, center, pad_mode
        As in :func:`Spectrogram`; power None (complex values) cannot be.

    Raises
    ------
    ParameterError
        For an option that cannot be; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import torchaudio
    >>> torchaudio.MelSpectrogram(n_fft=512, hop_length=160, n_mels=40)(np.ones(16000, np.float32)).shape
    (101, 40)
    """
    if power is None:
        raise ParameterError("MelSpectrogram: power None gives complex values, of which there is no mel spectrogram")
    if norm not in (None, "slaney"):
        raise ParameterError(f"MelSpectrogram: norm must be None or 'slaney', got {norm!r}")
    scale = _chosen("MelSpectrogram", "mel_scale", mel_scale, _SCALES)
    # Upstream's bins reach from 0 to sample_rate // 2, for odd rates and an odd n_fft too.
    rate = 2 * (sample_rate // 2)
    low, high = _band("MelSpectrogram", f_min, f_max, rate)
    area: Literal["area", "none"] = "area" if norm else "none"
    bank = MelBank(
        n_mels, rate, low, high, scale, norm=area, above_nyquist="empty", precision="float32", empty_filters="keep"
    )
    spectra = Spectrogram(n_fft, win_length, hop_length, pad, window_fn, power, normalized, wkwargs, center, pad_mode)
    return spectra | bank


def MFCC(  # noqa: N802
    sample_rate: int = 16000,
    n_mfcc: int = 40,
    dct_type: int = 2,
    norm: str | None = "ortho",
    log_mels: bool = False,
    melkwargs: Options = None,
) -> Pipeline:
    """Mel-frequency cepstral coefficients, as ``torchaudio.transforms.MFCC``.

    Sets what :func:`MelSpectrogram` sets, then Log and BelowPeak(80), or Log alone, and Dct; checked against torchaudio
    2.11 to 1.4e-3 (three times what librosa differs from it).

    Parameters
    ----------
    sample_rate : int
        Of the signal, in Hz.
    n_mfcc : int
        Coefficients kept; not more than there are mel filters.
    dct_type : int
        2; upstream has no other.
    norm : str or None
        ``"ortho"`` for the orthonormal transform; None: 2 sum x cos(...).
    log_mels : bool
        Cepstra of log(mel + 1e-6) in place of decibels; without a look at the whole input, so it streams.
    melkwargs : dict or None
        Options of :func:`MelSpectrogram`, but sample_rate.

    Raises
    ------
    ParameterError
        For an option that cannot be; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import torchaudio
    >>> mfcc = torchaudio.MFCC(n_mfcc=13, melkwargs={"n_fft": 400, "hop_length": 160, "n_mels": 23})
    >>> mfcc(np.ones(16000, np.float32)).shape
    (101, 13)
    """
    mels = MelSpectrogram(sample_rate, **_inner("MFCC", "melkwargs", melkwargs, MelSpectrogram, ("sample_rate",)))
    n_mels = mels["mel"].n_mels  # type: ignore[attr-defined]
    if not 1 <= n_mfcc <= n_mels:
        raise ParameterError(f"MFCC: n_mfcc must lie between 1 and the {n_mels} mel filters, got {n_mfcc!r}")
    return mels | _cepstra("MFCC", n_mfcc, dct_type, norm, log_mels)


def LFCC(  # noqa: N802
    sample_rate: int = 16000,
    n_filter: int = 128,
    f_min: float = 0.0,
    f_max: float | None = None,
    n_lfcc: int = 40,
    dct_type: int = 2,
    norm: str | None = "ortho",
    log_lf: bool = False,
    speckwargs: Options = None,
) -> Pipeline:
    """Linear-frequency cepstral coefficients, as ``torchaudio.transforms.LFCC``.

    Sets what :func:`Spectrogram` sets, LinearBank, then Log and BelowPeak(80), or Log alone, and Dct; checked against
    torchaudio 2.11 to 1.4e-3 (the limit of its MFCC).

    Parameters
    ----------
    sample_rate : int
        Of the signal, in Hz.
    n_filter : int
        Filters, equally wide in Hz.
    f_min, f_max : float
        Edges of the filters in Hz; f_max None is ``sample_rate // 2``.
    n_lfcc : int
        Coefficients kept; not more than there are filters.
    dct_type : int
        2; upstream has no other.
    norm : str or None
        ``"ortho"`` for the orthonormal transform; None: 2 sum x cos(...).
    log_lf : bool
        Cepstra of log(x + 1e-6) in place of decibels; without a look at the whole input, so it streams.
    speckwargs : dict or None
        Options of :func:`Spectrogram`; power None and onesided False cannot be.

    Raises
    ------
    ParameterError
        For an option that cannot be; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import torchaudio
    >>> torchaudio.LFCC(n_lfcc=13)(np.ones(16000, np.float32)).shape
    (81, 13)
    """
    options = _inner("LFCC", "speckwargs", speckwargs, Spectrogram)
    for option, unfit in (("power", None), ("onesided", False)):
        if option in options and options[option] is unfit:
            raise ParameterError(
                f"LFCC: speckwargs {option}={unfit} does not fit the filters, which take n_fft//2 + 1 real bins"
            )
    if not 1 <= n_lfcc <= n_filter:
        raise ParameterError(f"LFCC: n_lfcc must lie between 1 and the {n_filter} filters, got {n_lfcc!r}")
    rate = 2 * (sample_rate // 2)
    bank = LinearBank(n_filter, rate, *_band("LFCC", f_min, f_max, rate), precision="float32")
    return Spectrogram(**options) | bank | _cepstra("LFCC", n_lfcc, dct_type, norm, log_lf)


def AmplitudeToDB(  # noqa: N802
    stype: str = "power",
    top_db: float | None = None,
    multiplier: float | None = None,
    amin: float = 1e-10,
    db_multiplier: float = 0.0,
) -> Pipeline:
    """Decibels of a spectrogram, as ``torchaudio.transforms.AmplitudeToDB`` and ``functional.amplitude_to_DB``.

    Sets Log, Affine, and BelowPeak (if top_db is asked for); checked against torchaudio 2.11 to 2.3e-5 dB.

    Parameters
    ----------
    stype : str
        ``"power"`` (10 log10 x), ``"magnitude"`` or ``"amplitude"`` (20 log10 x).
    top_db : float or None
        Values farther below the largest of the whole input are raised to there; None: none is.
    multiplier : float or None
        The functional's option: the factor itself; None: as stype has it.
    amin : float
        The functional's option: smaller values count as this one.
    db_multiplier : float
        The functional's option: the log10 of the value at 0 dB.

    Raises
    ------
    ParameterError
        For another stype, or a top_db or amin not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import torchaudio
    >>> torchaudio.AmplitudeToDB("magnitude", top_db=80)(np.array([[1.0, 0.1, 0.0]]))
    array([[  0., -20., -80.]])
    """
    if stype not in ("power", "magnitude", "amplitude"):
        raise ParameterError(f"AmplitudeToDB: stype must be 'power', 'magnitude' or 'amplitude', got {stype!r}")
    if top_db is not None and not top_db > 0:
        raise ParameterError(f"AmplitudeToDB: top_db must be above 0 or None, got {top_db!r}")
    if not amin > 0:
        raise ParameterError(f"AmplitudeToDB: amin must be above 0, got {amin!r}")
    factor = multiplier if multiplier is not None else 10.0 if stype == "power" else 20.0
    stages: list[Stage] = [Log("10", floor=amin), Affine(factor, -factor * db_multiplier)]
    return pipeline(*stages) if top_db is None else pipeline(*stages, BelowPeak(top_db))


def compute_deltas(win_length: int = 5, mode: str = "replicate") -> Pipeline:
    """Deltas of features, as ``torchaudio.functional.compute_deltas``; second ones are deltas of deltas.

    Sets Deltas; checked against torchaudio 2.11 to 4.5e-5 (three times what other libraries differ from it).

    Parameters
    ----------
    win_length : int
        Frames in the window, at least 3; an even one counts as the odd one below.
    mode : str
        What lies outside the frames: ``"replicate"``, ``"reflect"`` or ``"constant"`` (zeros).

    Raises
    ------
    ParameterError
        For a win_length below 3 or another mode; ``"circular"`` would need the end first.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import torchaudio
    >>> torchaudio.compute_deltas(3)(np.array([[0.0], [1.0], [4.0]])).ravel()
    array([0.5, 2. , 1.5])
    """
    if win_length < 3:
        raise ParameterError(f"compute_deltas: win_length must be at least 3, got {win_length!r}")
    return pipeline(Deltas((win_length - 1) // 2, edges=_chosen("compute_deltas", "mode", mode, _DELTA_EDGES)))


# --- parts ------------------------------------------------------------------------------------------------------------


def _framing(n_fft: int, win_length: int | None, hop_length: int | None, center: bool, pad_mode: str) -> Frames:
    length = n_fft if win_length is None else win_length
    hop = length // 2 if hop_length is None else hop_length
    for option, value, most in (
        ("n_fft", n_fft, math.inf),
        ("win_length", length, n_fft),
        ("hop_length", hop, math.inf),
    ):
        if not 1 <= value <= most:
            limit = f"between 1 and n_fft={n_fft}" if option == "win_length" else "at least 1"
            raise ParameterError(f"Spectrogram: {option} must be {limit}, got {value!r}")
    fill = _chosen("Spectrogram", "pad_mode", pad_mode, _FILLS)
    if not center:
        return Frames(n_fft, hop)
    return Frames(n_fft, hop, "centre", fill)


def _chosen(preset: str, option: str, value: str, known: Mapping[str, Any]) -> Any:
    if value not in known:
        why = "; it takes what lies before the signal from its end" if value == "circular" else ""
        hint = did_you_mean(value, known) if isinstance(value, str) else ""
        raise ParameterError(f"{preset}: {option} must be one of {', '.join(known)}, got {value!r}{hint or why}")
    return known[value]


def _weighting(window_fn: WindowFn, wkwargs: Options) -> Callable[[int, int], Window]:
    """What makes the Window of a length in a frame of n_fft taps."""
    given = dict(wkwargs or {})
    name = window_fn.removeprefix("torch.") if isinstance(window_fn, str) else getattr(window_fn, "__name__", "")
    if isinstance(window_fn, str) and f"{name}_window" in _WINDOWS:
        name += "_window"
    if name not in _WINDOWS:
        if not callable(window_fn):
            hint = did_you_mean(name, _WINDOWS) or f"; known are {', '.join(_WINDOWS)}, and functions"
            raise ParameterError(f"Spectrogram: there is no window_fn {window_fn!r}{hint}")
        return lambda length, n_fft: Window(weights=_centred(_called(window_fn, length, given), n_fft))
    for option in given:
        if option not in _WINDOWS[name]:
            hint = did_you_mean(option, _WINDOWS[name]) or f"; its options are {', '.join(_WINDOWS[name])}"
            raise ParameterError(f"Spectrogram: wkwargs {option!r} is no option of {name}{hint}")
    return lambda length, n_fft: _named_window(name, _WINDOWS[name] | given, length, n_fft)


def _called(window_fn: Callable[..., Any], length: int, options: Mapping[str, Any]) -> Array:
    try:
        return np.asarray(window_fn(length, **options), np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"Spectrogram: window_fn makes no weights of {length} and wkwargs {options}: {error}"
        ) from None


def _named_window(name: str, options: Mapping[str, Any], length: int, n_fft: int) -> Window:
    kind, periodic = name.removesuffix("_window"), bool(options["periodic"])
    if kind == "hamming" and (options["alpha"], options["beta"]) != (0.54, 0.46):
        # alpha - beta cos x, of the Hann window 0.5 - 0.5 cos x
        hann = window("hann", length, periodic)
        weights = np.ones(1) if length == 1 else options["alpha"] - options["beta"] * (1.0 - 2.0 * hann)
        return Window(weights=_centred(weights, n_fft))
    shape = {"beta": float(options["beta"])} if kind == "kaiser" else {}
    return Window(kind, periodic, None if length == n_fft else length, **shape)  # type: ignore[arg-type]


def _centred(weights: Array, n_fft: int) -> Array:
    if weights.ndim != 1 or not 1 <= len(weights) <= n_fft:
        raise ParameterError(
            f"Spectrogram: window_fn must make one weight per tap, at most {n_fft}, got shape {weights.shape}"
        )
    frame = np.zeros(n_fft)
    left = (n_fft - len(weights)) // 2
    frame[left : left + len(weights)] = weights
    return frame


def _normalising(normalized: bool | str, weights: Window, n_fft: int) -> list[Stage]:
    """The factor on the spectrum, applied to the frame before it: the transform is linear."""
    if normalized is False:
        return []
    if normalized == "frame_length":
        return [Affine(1.0 / math.sqrt(n_fft))]
    if normalized is not True and normalized != "window":
        raise ParameterError(
            f"Spectrogram: normalized must be True, False, 'window' or 'frame_length', got {normalized!r}"
        )
    energy = math.fsum(weight * weight for weight in weights.apply(np.ones((1, n_fft)))[0].tolist())
    return [Affine(1.0 / math.sqrt(energy))]


def _spectrum(power: float | None) -> list[Stage]:
    if power is None:
        return [Spectrum()]
    if power == 2:
        return [PowerSpectrum()]
    return [MagnitudeSpectrum()] if power == 1 else [MagnitudeSpectrum(), Power(power)]


def _band(preset: str, f_min: float, f_max: float | None, rate: float) -> tuple[float, float | None]:
    top = rate / 2 if f_max is None else f_max
    if not 0 <= f_min < top:
        raise ParameterError(f"{preset}: f_min must lie between 0 and f_max ({top:g} Hz), got {f_min!r}")
    return float(f_min), None if top == rate / 2 else float(top)


def _cepstra(preset: str, n: int, dct_type: int, norm: str | None, log: bool) -> Pipeline:
    if dct_type != 2:
        raise ParameterError(f"{preset}: dct_type must be 2, upstream has no other, got {dct_type!r}")
    if norm not in (None, "ortho"):
        raise ParameterError(f"{preset}: norm must be 'ortho' or None, got {norm!r}")
    logs = pipeline(Log("e", floor=1e-30, offset=1e-6)) if log else AmplitudeToDB("power", top_db=80.0)
    return logs | Dct(n, ortho=norm is not None)


def _inner(
    preset: str, option: str, given: Options, make: Callable[..., Pipeline], taken: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The options handed on to another preset, checked by name."""
    known = [name for name in inspect.signature(make).parameters if name not in taken]
    for name in given or {}:
        if name not in known:
            hint = did_you_mean(name, known) or f"; its options are {', '.join(known)}"
            raise ParameterError(f"{preset}: {option} has no option {name!r}{hint}")
    return dict(given or {})
