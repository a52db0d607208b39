"""openSMILE's MFCC12 feature sets (config/mfcc of its repository), which follow HTK but for the last two accelerations.

The sets have no options of their own; the sampling rate is that of the sound file. openSMILE works on samples in [-1, 1]
and multiplies energies so that they are those of 16-bit samples; ``sample_scale`` says with what samples in [-1, 1) are
multiplied here. In inputs of one to three frames openSMILE counts some of the missing frames around them as zeros; here the
first and the last frame are repeated as in longer ones.
"""

from __future__ import annotations

import math

from featkit.audio.cepstrum import Dct, Lifter
from featkit.audio.deltas import Deltas
from featkit.audio.energy import LogEnergy
from featkit.audio.frames import Frames
from featkit.audio.length import Trim
from featkit.audio.mel import MelBank
from featkit.audio.pad import Pad
from featkit.audio.passband import Passband
from featkit.audio.preemphasis import FramePreEmphasis
from featkit.audio.spectrum import PowerSpectrum
from featkit.audio.window import Window
from featkit.errors import ParameterError
from featkit.pipeline import Join, Pipeline, pipeline
from featkit.rows.log import Log
from featkit.rows.normalise import UtteranceCmvn
from featkit.rows.scale import Affine, Columns, Identity
from featkit.stage import Stage

_BANDS, _CEPSTRA, _TOP_HZ, _WINDOW = 26, 12, 8000.0, 2


def MFCC12_0_D_A(sampling_rate: float = 16000, sample_scale: float = 32768.0) -> Pipeline:  # noqa: N802 (the set's name)
    """c1 to c12 and c0, their deltas and accelerations: ``config/mfcc/MFCC12_0_D_A.conf``.

    Frames of 25 ms every 10 ms, pre-emphasis 0.97 in the frame, Hamming window, power spectrum, 26 mel bands from 0 to
    8000 Hz (or half the rate), lifter 22, deltas over 2 frames on each side. Checked against openSMILE 2.6 to 5.4e-4.

    Parameters
    ----------
    sampling_rate : float
        Of the signal, in Hz.
    sample_scale : float
        What samples in [-1, 1) are multiplied with (featkit's own option).

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import opensmile
    >>> opensmile.MFCC12_0_D_A()(np.ones(8000)).shape
    (48, 39)
    """
    return _build(sampling_rate, sample_scale, energy=False, centred=False)


def MFCC12_E_D_A(sampling_rate: float = 16000, sample_scale: float = 32768.0) -> Pipeline:  # noqa: N802
    """c1 to c12 and the log energy, their deltas and accelerations; parameters as in :func:`MFCC12_0_D_A`.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import opensmile
    >>> opensmile.MFCC12_E_D_A(sampling_rate=8000)(np.ones(8000)).shape
    (98, 39)
    """
    return _build(sampling_rate, sample_scale, energy=True, centred=False)


def MFCC12_0_D_A_Z(sampling_rate: float = 16000, sample_scale: float = 32768.0) -> Pipeline:  # noqa: N802
    """As :func:`MFCC12_0_D_A`, the statics less their mean over the whole input: does not stream.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import opensmile
    >>> abs(opensmile.MFCC12_0_D_A_Z()(np.ones(8000))[:, :13]).max() < 1e-9
    np.True_
    """
    return _build(sampling_rate, sample_scale, energy=False, centred=True)


def MFCC12_E_D_A_Z(sampling_rate: float = 16000, sample_scale: float = 32768.0) -> Pipeline:  # noqa: N802
    """As :func:`MFCC12_E_D_A`, c1 to c12 less their mean over the whole input: does not stream.

    Examples
    --------
    >>> import numpy as np
    >>> from featkit.presets import opensmile
    >>> opensmile.MFCC12_E_D_A_Z()(np.ones(8000)).shape
    (48, 39)
    """
    return _build(sampling_rate, sample_scale, energy=True, centred=True)


def _build(sampling_rate: float, sample_scale: float, energy: bool, centred: bool) -> Pipeline:
    if not 0 < sampling_rate < float("inf"):
        raise ParameterError(f"sampling_rate must be finite and above 0, got {sampling_rate}")
    length, hop = _rounded(0.025 * sampling_rate), _rounded(0.01 * sampling_rate)
    if hop < 1:
        raise ParameterError(f"sampling_rate={sampling_rate} has no sample in 10 ms; it is in Hz")
    cepstra = pipeline(FramePreEmphasis(0.97), Window("hamming"), *_cepstra(length, sampling_rate, zero=not energy))
    statics = Join((cepstra, LogEnergy(floor=1.0))) if energy else cepstra
    # Behind the last frame deltas go on, of statics that stay as they are; so accelerations there see two more of them.
    deltas = pipeline(Pad(0, _WINDOW, "edge"), Deltas(_WINDOW), Join((Identity(), Deltas(_WINDOW))), Trim(0, _WINDOW))
    made = pipeline(Affine(sample_scale), Frames(length, hop, edges="snip"), statics, Join((Identity(), deltas)))
    if not centred:
        return made
    statics_alone = _CEPSTRA if energy else _CEPSTRA + 1
    return made | UtteranceCmvn(variance=False, skip=tuple(range(statics_alone, 3 * (_CEPSTRA + 1))))


def _cepstra(length: int, sampling_rate: float, zero: bool) -> list[Stage]:
    """Frames to c1 .. c12, and c0 behind them."""
    n_fft = max(4, 1 << (length - 1).bit_length())
    # The width of a bin follows from 25 ms, not from the frame's length rounded to samples.
    rate = length / 0.025
    top = min(_TOP_HZ, rate / 2)
    return [
        PowerSpectrum(n_fft),
        Passband(1, _rounded(top * n_fft / rate) - 1),
        MelBank(_BANDS, rate, 0.0, top, scale="kaldi", triangles="mel", n_fft=n_fft),
        Log(floor=1.0),
        Dct(_CEPSTRA + 1, ortho=False),
        Affine(math.sqrt(0.5 / _BANDS)),
        Lifter(22),
        Columns((*range(1, _CEPSTRA + 1), *([0] if zero else []))),
    ]


def _rounded(value: float) -> int:
    """To the nearest integer, halves up."""
    return math.floor(value + 0.5)
