"""HTK 3.4: MFCC, FBANK, MELSPEC and PLP with their qualifiers, as HCopy computes them, in its own parameter names.

:func:`from_config` takes a configuration file of HCopy; the functions take the same parameters as keywords, with HTK's
defaults. Times are in units of 100 ns, as HTK has them. Two have no default in HTK, but come from the sound file
(SOURCERATE) or must be given (TARGETRATE); the functions have those of 16 kHz and 10 ms.

What HTK computes, beside the obvious: frames lie wholly inside the signal, their length rounded down to samples; mean,
pre-emphasis and Hamming window (symmetric) are taken inside the frame; the filter bank leaves out 0 Hz and the Nyquist
frequency, and counts with a sampling period rounded down to whole 100 ns; mel energies have the floor 1; accelerations are
deltas of deltas that were filled up at the edges; columns stand as statics, C0, energy, then their deltas, and so on. The
log energy of silence is -1e10.

HTK works on 16-bit samples: ``sample_scale`` says what samples in [-1, 1) are multiplied with.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from featkit.audio.cepstrum import Dct, Lifter
from featkit.audio.deltas import Deltas, ShiftedDeltas
from featkit.audio.energy import EnergyBelowPeak, LogEnergy
from featkit.audio.frames import Frames
from featkit.audio.mel import MelBank
from featkit.audio.passband import Passband
from featkit.audio.plp import LinearPrediction, Loudness, PredictionCepstrum
from featkit.audio.preemphasis import FramePreEmphasis, RemoveMean
from featkit.audio.spectrum import MagnitudeSpectrum, PowerSpectrum
from featkit.audio.window import Window
from featkit.errors import ParameterError, did_you_mean
from featkit.pipeline import Join, Pipeline, pipeline
from featkit.rows.log import Log
from featkit.rows.normalise import UtteranceCmvn
from featkit.rows.scale import Affine, Columns, Identity
from featkit.stage import Stage

#: HTK's logarithm of zero, and the smallest number that it takes the logarithm of.
_LZERO, _MINLARG = -1e10, 2.45e-308


def mfcc(
    TARGETKIND: str = "MFCC",
    SOURCERATE: float = 625.0,
    ZMEANSOURCE: bool = False,
    TARGETRATE: float = 100000.0,
    WINDOWSIZE: float = 256000.0,
    USEHAMMING: bool = True,
    PREEMCOEF: float = 0.97,
    USEPOWER: bool = False,
    NUMCHANS: int = 20,
    LOFREQ: float = -1.0,
    HIFREQ: float = -1.0,
    WARPFREQ: float = 1.0,
    WARPLCUTOFF: float = 0.0,
    WARPUCUTOFF: float = 0.0,
    CEPLIFTER: int = 22,
    NUMCEPS: int = 12,
    CEPSCALE: float = 1.0,
    RAWENERGY: bool = True,
    ENORMALISE: bool = True,
    ESCALE: float = 0.1,
    SILFLOOR: float = 50.0,
    DELTAWINDOW: int = 2,
    ACCWINDOW: int = 2,
    THIRDWINDOW: int = 2,
    SIMPLEDIFFS: bool = False,
    V1COMPAT: bool = False,
    ADDDITHER: float = 0.0,
    DOUBLEFFT: bool = False,
    sample_scale: float = 32768.0,
) -> Pipeline:
    """Mel-frequency cepstral coefficients, ``TARGETKIND = MFCC`` with its qualifiers.

    Checked against stored outputs of HTK 3.4 (HCopy), which is as far from Kaldi's HTK mode as 1.8e-4 (statics).

    Parameters
    ----------
    TARGETKIND : str
        MFCC and qualifiers: _0 (C0), _E (log energy), _D, _A, _T (deltas of first to third order), _Z (less the mean over
        the utterance), _N (no absolute energy). _C and _K are about files and do nothing here.
    SOURCERATE : float
        Sampling period in 100 ns (16 kHz: 625).
    ZMEANSOURCE : bool
        Subtract the mean of each frame.
    TARGETRATE, WINDOWSIZE : float
        From frame to frame and their length, in 100 ns.
    USEHAMMING : bool
        Hamming window; else none.
    PREEMCOEF : float
        Pre-emphasis inside the frame.
    USEPOWER : bool
        Mel bands of the power spectrum, not the magnitude.
    NUMCHANS : int
        Mel bands.
    LOFREQ, HIFREQ : float
        Their band in Hz; -1 is no limit.
    WARPFREQ, WARPLCUTOFF, WARPUCUTOFF : float
        Vocal tract length normalisation: factor, and the range in Hz where it is whole.
    CEPLIFTER : int
        Length of the lifter; 0 is none.
    NUMCEPS : int
        Coefficients, from c1 on.
    CEPSCALE : float
        Multiplies the coefficients.
    RAWENERGY : bool
        Energy before pre-emphasis and window.
    ENORMALISE : bool
        Energy measured from the loudest frame of the utterance: does not stream.
    ESCALE, SILFLOOR : float
        With ENORMALISE, what it is multiplied with, and how many dB below the peak it ends.
    DELTAWINDOW, ACCWINDOW, THIRDWINDOW : int
        Frames on each side, for deltas of first to third order.
    SIMPLEDIFFS : bool
        Differences of the outer frames in place of the regression.
    V1COMPAT : bool
        Not available; must be False.
    ADDDITHER : float
        Not available (HTK's random numbers); must be 0.
    DOUBLEFFT : bool
        A transform of twice the length that is needed.
    sample_scale : float
        What samples in [-1, 1) are multiplied with (featkit's own option).

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import htk
    >>> htk.mfcc("MFCC_0_D_A", WINDOWSIZE=250000.0)(np.ones(8000)).shape
    (48, 39)
    """
    return _build("MFCC", _Options(**locals()))


def fbank(
    TARGETKIND: str = "FBANK",
    SOURCERATE: float = 625.0,
    ZMEANSOURCE: bool = False,
    TARGETRATE: float = 100000.0,
    WINDOWSIZE: float = 256000.0,
    USEHAMMING: bool = True,
    PREEMCOEF: float = 0.97,
    USEPOWER: bool = False,
    NUMCHANS: int = 20,
    LOFREQ: float = -1.0,
    HIFREQ: float = -1.0,
    WARPFREQ: float = 1.0,
    WARPLCUTOFF: float = 0.0,
    WARPUCUTOFF: float = 0.0,
    RAWENERGY: bool = True,
    ENORMALISE: bool = True,
    ESCALE: float = 0.1,
    SILFLOOR: float = 50.0,
    DELTAWINDOW: int = 2,
    ACCWINDOW: int = 2,
    THIRDWINDOW: int = 2,
    SIMPLEDIFFS: bool = False,
    V1COMPAT: bool = False,
    ADDDITHER: float = 0.0,
    DOUBLEFFT: bool = False,
    sample_scale: float = 32768.0,
) -> Pipeline:
    """Log mel bands, ``TARGETKIND = FBANK`` with its qualifiers (all but _0); parameters as in :func:`mfcc`.

    Checked against stored outputs of HTK 3.4 (HCopy), which is as far from Kaldi's HTK mode as 2.5e-5.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import htk
    >>> htk.fbank("FBANK_D", NUMCHANS=24)(np.ones(8000)).shape
    (48, 48)
    """
    return _build("FBANK", _Options(**locals()))


def melspec(
    TARGETKIND: str = "MELSPEC",
    SOURCERATE: float = 625.0,
    ZMEANSOURCE: bool = False,
    TARGETRATE: float = 100000.0,
    WINDOWSIZE: float = 256000.0,
    USEHAMMING: bool = True,
    PREEMCOEF: float = 0.97,
    USEPOWER: bool = False,
    NUMCHANS: int = 20,
    LOFREQ: float = -1.0,
    HIFREQ: float = -1.0,
    WARPFREQ: float = 1.0,
    WARPLCUTOFF: float = 0.0,
    WARPUCUTOFF: float = 0.0,
    RAWENERGY: bool = True,
    ENORMALISE: bool = True,
    ESCALE: float = 0.1,
    SILFLOOR: float = 50.0,
    DELTAWINDOW: int = 2,
    ACCWINDOW: int = 2,
    THIRDWINDOW: int = 2,
    SIMPLEDIFFS: bool = False,
    V1COMPAT: bool = False,
    ADDDITHER: float = 0.0,
    DOUBLEFFT: bool = False,
    sample_scale: float = 32768.0,
) -> Pipeline:
    """Mel bands without logarithm, ``TARGETKIND = MELSPEC`` (all qualifiers but _0); parameters as in :func:`mfcc`.

    No output of HTK is stored for it; :func:`fbank` is its logarithm.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import htk
    >>> htk.melspec(NUMCHANS=24)(np.ones(8000)).shape
    (48, 24)
    """
    return _build("MELSPEC", _Options(**locals()))


def plp(
    TARGETKIND: str = "PLP",
    SOURCERATE: float = 625.0,
    ZMEANSOURCE: bool = False,
    TARGETRATE: float = 100000.0,
    WINDOWSIZE: float = 256000.0,
    USEHAMMING: bool = True,
    PREEMCOEF: float = 0.97,
    USEPOWER: bool = False,
    NUMCHANS: int = 20,
    LOFREQ: float = -1.0,
    HIFREQ: float = -1.0,
    WARPFREQ: float = 1.0,
    WARPLCUTOFF: float = 0.0,
    WARPUCUTOFF: float = 0.0,
    LPCORDER: int = 12,
    COMPRESSFACT: float = 0.33,
    CEPLIFTER: int = 22,
    NUMCEPS: int = 12,
    CEPSCALE: float = 1.0,
    RAWENERGY: bool = True,
    ENORMALISE: bool = True,
    ESCALE: float = 0.1,
    SILFLOOR: float = 50.0,
    DELTAWINDOW: int = 2,
    ACCWINDOW: int = 2,
    THIRDWINDOW: int = 2,
    SIMPLEDIFFS: bool = False,
    V1COMPAT: bool = False,
    ADDDITHER: float = 0.0,
    DOUBLEFFT: bool = False,
    sample_scale: float = 32768.0,
) -> Pipeline:
    """Perceptual linear prediction, ``TARGETKIND = PLP`` with its qualifiers; parameters as in :func:`mfcc`, and two more.

    No output of HTK is stored for it: it is checked against plain loops written from HTK's definition.

    Parameters
    ----------
    LPCORDER : int
        Poles of the all-pole model.
    COMPRESSFACT : float
        Exponent of the power law of loudness.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import htk
    >>> htk.plp("PLP_0", USEPOWER=True)(np.ones(8000)).shape
    (48, 13)
    """
    return _build("PLP", _Options(**locals()))


def from_config(config: str | Path | Mapping[str, Any], **overrides: Any) -> Pipeline:
    r"""The pipeline that a configuration of HCopy describes.

    Parameters
    ----------
    config : path, str or dict
        A configuration file, its text, or a dict of its parameters (values as text or as Python has them).
    **overrides
        Parameters that replace or complete it, such as SOURCERATE, which HTK mostly takes from the sound file, and
        ``sample_scale``.

    Raises
    ------
    ParameterError
        For a parameter that HTK doesn't know, or that can't be honoured here.

    Examples
    --------
    >>> from_config("TARGETKIND = MFCC_0 # c0\nTARGETRATE = 100000.0", SOURCERATE=625)["dct"].n
    13
    """
    given = {
        name.upper(): value for name, value in (_read(config) if not isinstance(config, Mapping) else config).items()
    }
    given |= {name if name == "sample_scale" else name.upper(): value for name, value in overrides.items()}
    for name in given:
        if name not in _KNOWN:
            raise ParameterError(
                f"HTK has no configuration parameter {name!r}"
                + did_you_mean(name, _KNOWN)
                + "; name it as the HTK Book does"
            )
    _refuse(given)
    for name, example in (("TARGETKIND", "MFCC_0_D_A"), ("TARGETRATE", "100000"), ("SOURCERATE", "625 for 16 kHz")):
        if name not in given:
            raise ParameterError(
                f"the configuration has no {name}; give it: from_config(config, {name}=...) ({example})"
            )
    kind = str(given["TARGETKIND"]).upper().partition("_")[0]
    taken = {field.name: _value(field.name, given[field.name]) for field in fields(_Options) if field.name in given}
    return _build(kind, _Options(**taken))


# --- parameters ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Options:
    """The parameters of all kinds, with HTK's names and defaults."""

    TARGETKIND: str
    SOURCERATE: float = 625.0
    ZMEANSOURCE: bool = False
    TARGETRATE: float = 100000.0
    WINDOWSIZE: float = 256000.0
    USEHAMMING: bool = True
    PREEMCOEF: float = 0.97
    USEPOWER: bool = False
    NUMCHANS: int = 20
    LOFREQ: float = -1.0
    HIFREQ: float = -1.0
    WARPFREQ: float = 1.0
    WARPLCUTOFF: float = 0.0
    WARPUCUTOFF: float = 0.0
    LPCORDER: int = 12
    COMPRESSFACT: float = 0.33
    CEPLIFTER: int = 22
    NUMCEPS: int = 12
    CEPSCALE: float = 1.0
    RAWENERGY: bool = True
    ENORMALISE: bool = True
    ESCALE: float = 0.1
    SILFLOOR: float = 50.0
    DELTAWINDOW: int = 2
    ACCWINDOW: int = 2
    THIRDWINDOW: int = 2
    SIMPLEDIFFS: bool = False
    V1COMPAT: bool = False
    ADDDITHER: float = 0.0
    DOUBLEFFT: bool = False
    sample_scale: float = 32768.0

    def __post_init__(self) -> None:
        if self.V1COMPAT:
            raise ParameterError("V1COMPAT=T is not available: featkit computes as HTK 2 and 3 do; set it to F")
        if self.ADDDITHER:
            raise ParameterError(
                f"ADDDITHER={self.ADDDITHER:g} can't be honoured: the random numbers are those of HTK's machine; set it to 0"
            )
        if self.WARPFREQ != 1.0 and not 0 < self.WARPLCUTOFF <= self.WARPUCUTOFF:
            raise ParameterError(
                f"WARPFREQ={self.WARPFREQ:g} needs 0 < WARPLCUTOFF <= WARPUCUTOFF, got {self.WARPLCUTOFF:g} and "
                f"{self.WARPUCUTOFF:g}"
            )
        if not 0 < self.SOURCERATE < self.TARGETRATE:
            raise ParameterError(
                f"SOURCERATE={self.SOURCERATE:g} and TARGETRATE={self.TARGETRATE:g} are periods in 100 ns; a frame must move "
                "on by more than a sample"
            )

    def samples(self, name: str) -> int:
        """A time in samples, rounded down."""
        samples = int(getattr(self, name) / self.SOURCERATE)
        if samples < 1:
            raise ParameterError(
                f"{name}={getattr(self, name):g} is less than a sample of SOURCERATE={self.SOURCERATE:g} (both in 100 ns)"
            )
        return samples

    @property
    def n_fft(self) -> int:
        """The least power of two that holds a frame, from 2 on."""
        n_fft = 2
        while n_fft < self.samples("WINDOWSIZE"):
            n_fft *= 2
        return 2 * n_fft if self.DOUBLEFFT else n_fft

    @property
    def rate(self) -> float:
        """The sampling rate that the filter bank counts with: of a period rounded down to 100 ns."""
        if self.SOURCERATE < 1:
            raise ParameterError(
                f"SOURCERATE={self.SOURCERATE:g} is below 1 (in 100 ns), which the filter bank can't have"
            )
        return 1e7 / int(self.SOURCERATE)

    @property
    def band(self) -> dict[str, Any]:
        """The band of the filters and how it is warped, in the names that MelBank and Loudness share."""
        band: dict[str, Any] = {
            "rate": self.rate,
            "low_hz": max(self.LOFREQ, 0.0),
            "high_hz": self.HIFREQ if self.HIFREQ >= 0 else None,
            "scale": "kaldi",
        }
        if self.WARPFREQ == 1.0:
            return band
        cutoffs = {"warp_low_hz": self.WARPLCUTOFF, "warp_high_hz": self.WARPUCUTOFF}
        return band | {"warp": self.WARPFREQ, "warping": "htk"} | cutoffs

    @property
    def passband(self) -> Passband:
        """The bins that go into the filter bank."""
        width = self.rate / self.n_fft
        first = int(self.LOFREQ / width + 1.5) if self.LOFREQ >= 0 else 1
        last = int(self.HIFREQ / width + 0.5) - 1 if self.HIFREQ >= 0 else self.n_fft
        return Passband(max(first, 1), min(last, self.n_fft // 2 - 1))


#: Parameters that say how files are read and written, or that do nothing unless another one, refused here, is set.
_WITHOUT_EFFECT = (
    *(
        "SOURCEKIND",
        "SOURCEFORMAT",
        "SOURCELABEL",
        "TARGETFORMAT",
        "TARGETLABEL",
        "BYTEORDER",
        "HEADERSIZE",
        "NSAMPLES",
    ),
    *("NATURALREADORDER", "NATURALWRITEORDER", "SAVECOMPRESSED", "SAVEWITHCRC", "SAVEBINARY", "STEREOMODE", "TRACE"),
    *("SELFCALSILDET", "SPEECHTHRESH", "SILDISCARD", "SILENERGY", "SPCSEQCOUNT", "SPCGLCHCOUNT", "SILGLCHCOUNT"),
    *("SILSEQCOUNT", "SILMARGIN", "MEASURESIL", "OUTSILWARN", "AUDIOSIG", "FOURTHWINDOW", "MAXTRYOPEN", "WARNUNKNOWN"),
)
#: What the others would need that isn't here.
_NEEDS = {
    "USESILDET": "HTK's silence detector",
    "VQTABLE": "a table of code vectors",
    "VARSCALEFN": "a file of variances",
    "VARSCALEDIR": "a file of variances",
    "VARSCALEMASK": "a file of variances",
    "VARSCALEPATHMASK": "a file of variances",
    "CMEANDIR": "a file of means (use featkit.Cmvn)",
    "CMEANMASK": "a file of means (use featkit.Cmvn)",
    "CMEANPATHMASK": "a file of means (use featkit.Cmvn)",
    "SIDEXFORMMASK": "a file of transforms",
    "SIDEXFORMEXT": "a file of transforms",
    "MATTRANFN": "a file of transforms",
    "MATTRAN": "a file of transforms",
    "HIGHDIFF": "deltas of the fourth order",
    "FORCEPKIND": "HTK's file headers",
}
_KNOWN = (*(field.name for field in fields(_Options)), *_WITHOUT_EFFECT, *_NEEDS)
_MODULES = ("HPARM", "HSIGP", "HWAVE", "HAUDIO", "HSHELL", "HCOPY")


def _refuse(given: Mapping[str, Any]) -> None:
    for name, needed in _NEEDS.items():
        if name in given and str(given[name]).upper() not in ("F", "FALSE"):
            raise ParameterError(f"{name}={given[name]} can't be honoured: it needs {needed}")
    kind = str(given.get("SOURCEKIND", "WAVEFORM")).upper()
    if kind not in ("WAVEFORM", "ANON"):
        raise ParameterError(f"SOURCEKIND={kind} can't be honoured: featkit starts from a WAVEFORM")


def _read(config: str | Path) -> dict[str, str]:
    """The parameters in a configuration file or its text."""
    text = config if isinstance(config, str) and ("=" in config or "\n" in config) else Path(config).read_text("utf-8")
    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        setting = line.partition("#")[0].strip()
        if not setting:
            continue
        name, equals, value = (part.strip() for part in setting.partition("="))
        if not equals or not name or not value:
            raise ParameterError(f"line {number} of the configuration is {line.strip()!r}; write NAME = VALUE")
        module, colon, inner = (part.strip() for part in name.partition(":"))
        if not colon or module.upper() in _MODULES:  # what other modules of HTK are told is not about features
            found[(inner if colon else name).upper()] = value.strip("\"'")
    return found


def _value(name: str, value: Any) -> Any:
    """A value from a configuration, as its parameter's type."""
    kind = str(_Options.__dataclass_fields__[name].type)
    text = str(value).strip()
    try:
        if kind == "bool":
            return {"T": True, "TRUE": True, "F": False, "FALSE": False}[text.upper()]
        if kind == "int":
            if float(text) != int(float(text)):
                raise ValueError(text)
            return int(float(text))
        return float(text) if kind == "float" else text
    except (KeyError, ValueError, OverflowError):
        expected = {"bool": "T or F", "int": "an integer", "float": "a number"}[kind]
        raise ParameterError(f"{name} must be {expected}, got {text!r}") from None


# --- pipelines ------------------------------------------------------------------------------------------------------------


def _build(kind: str, options: _Options) -> Pipeline:
    if kind not in ("MFCC", "FBANK", "MELSPEC", "PLP"):
        raise ParameterError(f"TARGETKIND={options.TARGETKIND} is none of MFCC, FBANK, MELSPEC and PLP, which are here")
    marks = _qualifiers(kind, options.TARGETKIND)
    statics = _statics(kind, options, marks)
    width = pipeline(*statics).row_shape(())
    assert width is not None
    return pipeline(*statics, *_dynamics(options, marks, width[0]))


def _qualifiers(kind: str, target: str) -> set[str]:
    """The letters after a target kind, checked as HTK does."""
    base, *letters = target.upper().split("_")
    marks = set(letters)
    if base != kind:
        raise ParameterError(f"TARGETKIND={target} is not {kind}; use from_config or the function of that name")
    rules = [
        (marks <= set("0EDATZNCK"), "knows the qualifiers _0 _E _D _A _T _Z _N _C _K only"),
        ("0" not in marks or kind in ("MFCC", "PLP"), "has no C0: _0 is for MFCC and PLP"),
        (not {"A"} <= marks or "D" in marks, "has _A without _D"),
        (not {"T"} <= marks or "A" in marks, "has _T without _A"),
        (not {"0", "E", "D"} <= marks, "has _0 and _E with deltas, which HTK refuses"),
        ("N" not in marks or ("D" in marks and marks & {"0", "E"}), "has _N, which needs _D and one of _0 and _E"),
    ]
    for holds, complaint in rules:
        if not holds:
            raise ParameterError(f"TARGETKIND={target} {complaint}")
    return marks


def _statics(kind: str, options: _Options, marks: set[str]) -> list[Stage]:
    """Samples to static coefficients, C0 and energy, in this order."""
    head: list[Stage] = [Affine(options.sample_scale)]
    head += [Frames(options.samples("WINDOWSIZE"), options.samples("TARGETRATE"), edges="snip")]
    head += [RemoveMean()] if options.ZMEANSOURCE else []
    shaping: list[Stage] = [FramePreEmphasis(options.PREEMCOEF)] if options.PREEMCOEF > 0 else []
    shaping += [Window("hamming")] if options.USEHAMMING else []
    features = _features(kind, options, marks)
    if "E" not in marks:
        return [*head, *shaping, *features]
    normal = [EnergyBelowPeak(options.SILFLOOR, options.ESCALE)] if options.ENORMALISE else []
    energy = LogEnergy(floor=_MINLARG, silent=_LZERO)
    if options.RAWENERGY:
        return [*head, Join((pipeline(*shaping, *features), energy)), *normal]
    return [*head, *shaping, Join((pipeline(*features), energy)), *normal]


def _features(kind: str, options: _Options, marks: set[str]) -> list[Stage]:
    spectrum = PowerSpectrum(options.n_fft) if options.USEPOWER else MagnitudeSpectrum(options.n_fft)
    bands = MelBank(options.NUMCHANS, triangles="mel", n_fft=options.n_fft, **options.band)
    mel: list[Stage] = [spectrum, options.passband, bands]
    if kind == "MELSPEC":
        return mel
    if kind == "FBANK":
        return [*mel, Log(floor=1.0)]
    order = options.LPCORDER if kind == "PLP" else options.NUMCHANS
    if not 2 <= options.NUMCEPS <= order:
        name = "LPCORDER" if kind == "PLP" else "NUMCHANS"
        raise ParameterError(f"NUMCEPS={options.NUMCEPS} must be 2 to {name}={order}")
    n = options.NUMCEPS + 1
    if kind == "PLP":
        model = [
            Loudness(options.COMPRESSFACT, floor=1.0, **options.band),
            LinearPrediction(options.LPCORDER, floor=0.0),
        ]
        cepstra, scale = [*mel, *model, PredictionCepstrum(n, floor=_MINLARG)], options.CEPSCALE
    else:
        n = min(n, options.NUMCHANS)
        # sqrt(2/N) for all coefficients, C0 too; featkit's plain transform has 2.
        cepstra, scale = (
            [*mel, Log(floor=1.0), Dct(n, ortho=False)],
            math.sqrt(0.5 / options.NUMCHANS) * options.CEPSCALE,
        )
    cepstra += [Affine(scale)] if scale != 1.0 else []
    cepstra += [Lifter(options.CEPLIFTER)] if options.CEPLIFTER > 0 else []
    return [*cepstra, Columns((*range(1, n), *([0] if "0" in marks else [])))]


def _dynamics(options: _Options, marks: set[str], width: int) -> list[Stage]:
    """Statics beside deltas beside deltas of these, and so on; then less the mean of the statics, and without energy."""
    windows = {"D": options.DELTAWINDOW, "A": options.ACCWINDOW, "T": options.THIRDWINDOW}
    deltas: Stage | None = None
    for mark in "TAD":
        if mark in marks:
            delta = _delta(windows[mark], options.SIMPLEDIFFS)
            deltas = delta if deltas is None else delta | Join((Identity(), deltas))
    made: list[Stage] = [] if deltas is None else [Join((Identity(), deltas))]
    columns = width * (1 + len(marks & set("DAT")))
    if "Z" in marks:
        centred = width - 1 if "E" in marks else width
        made.append(UtteranceCmvn(variance=False, skip=tuple(range(centred, columns))))
    if "N" in marks:
        made.append(Columns(tuple(column for column in range(columns) if column != width - 1)))
    return made


def _delta(window: int, simple: bool) -> Stage:
    if not simple:
        return Deltas(window)
    return ShiftedDeltas(window, shift=1, blocks=1) | Affine(1 / (2 * window))
