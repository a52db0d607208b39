"""Kaldi's features: fbank, mfcc, plp, spectrogram, and what is done to them: deltas, splicing, CMVN, voice activity.

The options are those of Kaldi's own programs (compute-mfcc-feats and its kin) in Python form, in their order and with
their defaults, but one: ``dither`` is 0.0 where Kaldi has 1.0, and where it is asked for, ``seed`` says which noise.
Kaldi works on the 16-bit scale: samples in [-1, 1) are multiplied by ``sample_scale``, 32768; 1.0 is for models that were
trained on samples in [-1, 1).

Its rules: lengths in samples are rounded down; each frame by itself is dithered, has its mean taken out, is pre-emphasised
and windowed; logarithms are natural and begin at 1.19e-07; the Nyquist bin is in no filter. The log energy is a column of
its own in fbank, and replaces c_0 in mfcc and plp.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import numpy as np

from featkit.audio.activity import Above, AboveMean, Majority
from featkit.audio.cepstrum import Dct, Lifter
from featkit.audio.context import Splice
from featkit.audio.deltas import Deltas
from featkit.audio.dither import Dither
from featkit.audio.energy import LogEnergy
from featkit.audio.frames import Frames
from featkit.audio.length import DropShort
from featkit.audio.mel import MelBank
from featkit.audio.plp import LinearPrediction, Loudness, PredictionCepstrum
from featkit.audio.preemphasis import FramePreEmphasis, RemoveMean
from featkit.audio.spectrum import MagnitudeSpectrum, PowerSpectrum
from featkit.audio.window import Window
from featkit.errors import InputError, ParameterError, ReadError, did_you_mean
from featkit.numeric import Array
from featkit.pipeline import Join, Pipeline, pipeline
from featkit.rows.log import Log
from featkit.rows.normalise import Normalise, SlidingCmvn, UtteranceCmvn
from featkit.rows.scale import Affine, Columns, Identity
from featkit.stage import Stage

WindowType = Literal["hamming", "hanning", "povey", "rectangular", "sine", "blackman", "hann"]

#: Where Kaldi's logarithms begin: numeric_limits<float>::epsilon().
EPSILON = 2.0**-23

#: Kaldi's names of windows: kind and whether periodic. ``hann`` is an addition of kaldi-native-fbank.
_WINDOWS = {
    "hamming": ("hamming", False),
    "hanning": ("hann", False),
    "povey": ("povey", False),
    "rectangular": ("rectangular", False),
    "sine": ("sine", False),
    "blackman": ("blackman", False),
    "hann": ("hann", True),
}


def fbank(
    *,
    sample_frequency: float = 16000.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    preemphasis_coefficient: float = 0.97,
    remove_dc_offset: bool = True,
    dither: float = 0.0,
    window_type: WindowType = "povey",
    blackman_coeff: float = 0.42,
    round_to_power_of_two: bool = True,
    snip_edges: bool = True,
    allow_downsample: bool = False,
    allow_upsample: bool = False,
    max_feature_vectors: int = -1,
    num_mel_bins: int = 23,
    low_freq: float = 20.0,
    high_freq: float = 0.0,
    vtln_low: float = 100.0,
    vtln_high: float = -500.0,
    debug_mel: bool = False,
    use_energy: bool = False,
    energy_floor: float = 0.0,
    raw_energy: bool = True,
    htk_compat: bool = False,
    use_log_fbank: bool = True,
    use_power: bool = True,
    output_format: str = "kaldi",
    subtract_mean: bool = False,
    vtln_warp: float = 1.0,
    vtln_map: str = "",
    utt2spk: str = "",
    channel: int = -1,
    min_duration: float = 0.0,
    write_utt2dur: str = "",
    seed: int = 0,
    sample_scale: float = 32768.0,
) -> Pipeline:
    """Log mel filterbank energies, as ``compute-fbank-feats``.

    Parameters
    ----------
    sample_frequency : float
        Sampling rate of the samples in Hz.
    frame_length, frame_shift : float
        In milliseconds.
    preemphasis_coefficient : float
        0 to 1; 0 for none.
    remove_dc_offset : bool
        Take the mean out of each frame.
    dither : float
        Standard deviation of noise added to each frame, on the scale of the scaled samples; 0 for none.
    window_type : str
        ``"povey"``, ``"hamming"``, ``"hanning"``, ``"sine"``, ``"rectangular"`` or ``"blackman"``; also ``"hann"``, the
        periodic one of kaldi-native-fbank.
    blackman_coeff : float
        First weight of the Blackman window.
    round_to_power_of_two : bool
        Fill up frames with zeros to the next power of two before the transform.
    snip_edges : bool
        True: only frames that lie inside the signal. False: one a shift, the signal mirrored at its ends.
    allow_downsample, allow_upsample : bool
        Can't be honoured: samples come at ``sample_frequency``.
    max_feature_vectors : int
        A limit of memory in Kaldi's online programs; without effect here.
    num_mel_bins : int
        Number of filters, at least 3.
    low_freq, high_freq : float
        The band in Hz; a high_freq of 0 or below is counted from the Nyquist frequency.
    vtln_low, vtln_high : float
        In Hz, where the warp begins and ends; a negative vtln_high is counted from the Nyquist frequency.
    debug_mel : bool
        Prints in Kaldi; without effect here.
    use_energy : bool
        Add the log energy of each frame as a column: the first, or the last if ``htk_compat``.
    energy_floor : float
        Smaller energies count as this one; 0 for none.
    raw_energy : bool
        Energy before pre-emphasis and window, or after.
    htk_compat : bool
        The energy comes last.
    use_log_fbank : bool
        Logarithms, or the energies themselves.
    use_power : bool
        Power spectrum, or magnitudes.
    output_format : str
        Only ``"kaldi"``.
    subtract_mean : bool
        Take out the mean of each column over the whole input; such a pipeline can't stream.
    vtln_warp : float
        Warp factor of vocal tract length normalisation.
    vtln_map, utt2spk, write_utt2dur : str
        Tables of Kaldi's; can't be honoured, give vtln_warp.
    channel : int
        -1 or 0: there is one channel.
    min_duration : float
        In seconds; of a shorter input no frame is made.
    seed : int
        Which noise dither adds (not Kaldi's).
    sample_scale : float
        What samples are multiplied with first (not Kaldi's).

    Returns
    -------
    Pipeline
        ``(samples,)`` -> ``(frames, num_mel_bins)``, one column more with ``use_energy``. Checked against
        kaldi-native-fbank 1.23 and Kaldi's own output: no farther from them than three times what they and torchaudio
        2.11 differ among themselves, 4e-4 at most (:data:`featkit.presets.parity.PARITY`).

    Raises
    ------
    ParameterError
        For an option that can't be honoured, or values that don't go together.

    Examples
    --------
    >>> import numpy as np
    >>> fbank(num_mel_bins=80, high_freq=-400)(np.zeros(16000, np.float32)).shape
    (98, 80)
    """
    _refuse(locals(), "allow_downsample", "allow_upsample", "output_format", "vtln_map", "utt2spk", "write_utt2dur")
    _one_channel(channel)
    length, hop = _samples(sample_frequency, frame_length, frame_shift)
    points = _points(length, round_to_power_of_two)
    cut = _cut(length, hop, snip_edges, dither, seed, remove_dc_offset, min_duration, sample_frequency, sample_scale)
    windowed = _windowed(preemphasis_coefficient, window_type, blackman_coeff)
    mel = _mel_bank(num_mel_bins, sample_frequency, points, low_freq, high_freq, vtln_low, vtln_high, vtln_warp)
    bands: list[Stage] = [PowerSpectrum(points) if use_power else MagnitudeSpectrum(points), mel]
    bands += [Log("e", floor=EPSILON)] if use_log_fbank else []
    energy = _energy(energy_floor) if use_energy else None
    return pipeline(*cut, *_beside_energy(energy, raw_energy, windowed, bands, htk_compat), *_less_mean(subtract_mean))


def mfcc(
    *,
    sample_frequency: float = 16000.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    preemphasis_coefficient: float = 0.97,
    remove_dc_offset: bool = True,
    dither: float = 0.0,
    window_type: WindowType = "povey",
    blackman_coeff: float = 0.42,
    round_to_power_of_two: bool = True,
    snip_edges: bool = True,
    allow_downsample: bool = False,
    allow_upsample: bool = False,
    max_feature_vectors: int = -1,
    num_mel_bins: int = 23,
    low_freq: float = 20.0,
    high_freq: float = 0.0,
    vtln_low: float = 100.0,
    vtln_high: float = -500.0,
    debug_mel: bool = False,
    num_ceps: int = 13,
    use_energy: bool = True,
    energy_floor: float = 0.0,
    raw_energy: bool = True,
    cepstral_lifter: float = 22.0,
    htk_compat: bool = False,
    output_format: str = "kaldi",
    subtract_mean: bool = False,
    vtln_warp: float = 1.0,
    vtln_map: str = "",
    utt2spk: str = "",
    channel: int = -1,
    min_duration: float = 0.0,
    write_utt2dur: str = "",
    seed: int = 0,
    sample_scale: float = 32768.0,
) -> Pipeline:
    """Mel-frequency cepstral coefficients, as ``compute-mfcc-feats``.

    Parameters
    ----------
    num_ceps : int
        Coefficients, c_0 among them; at most ``num_mel_bins``.
    use_energy : bool
        The log energy in place of c_0.
    cepstral_lifter : float
        Length of the lifter; 0 for none.
    htk_compat : bool
        Energy or c_0 comes last, and c_0 is multiplied by sqrt(2).
    sample_frequency, frame_length, frame_shift, preemphasis_coefficient, remove_dc_offset, dither, window_type, \
    blackman_coeff, round_to_power_of_two, snip_edges, allow_downsample, allow_upsample, max_feature_vectors, num_mel_bins, \
    low_freq, high_freq, vtln_low, vtln_high, debug_mel, energy_floor, raw_energy, output_format, subtract_mean, vtln_warp, \
    vtln_map, utt2spk, channel, min_duration, write_utt2dur, seed, sample_scale
        As in :func:`fbank`.

    Returns
    -------
    Pipeline
        ``(samples,)`` -> ``(frames, num_ceps)``. Checked against kaldi-native-fbank 1.23 and Kaldi's own output: no farther
        from them than three times what they and torchaudio 2.11 differ among themselves, 1.1e-3 at most.

    Raises
    ------
    ParameterError
        As :func:`fbank`.

    Examples
    --------
    >>> import numpy as np
    >>> mfcc(num_ceps=20)(np.zeros(16000, np.float32)).shape
    (98, 20)
    """
    _refuse(locals(), "allow_downsample", "allow_upsample", "output_format", "vtln_map", "utt2spk", "write_utt2dur")
    _one_channel(channel)
    _at_most(num_ceps, num_mel_bins, "num_ceps", "num_mel_bins")
    length, hop = _samples(sample_frequency, frame_length, frame_shift)
    points = _points(length, round_to_power_of_two)
    cut = _cut(length, hop, snip_edges, dither, seed, remove_dc_offset, min_duration, sample_frequency, sample_scale)
    windowed = _windowed(preemphasis_coefficient, window_type, blackman_coeff)
    mel = _mel_bank(num_mel_bins, sample_frequency, points, low_freq, high_freq, vtln_low, vtln_high, vtln_warp)
    cepstra: list[Stage] = [PowerSpectrum(points), mel, Log("e", floor=EPSILON), Dct(num_ceps)]
    cepstra += [Lifter(cepstral_lifter)] if cepstral_lifter else []
    energy = _energy(energy_floor) if use_energy else None
    features = _in_place_of_first(energy, raw_energy, windowed, cepstra, num_ceps, htk_compat, scale_last=2**0.5)
    return pipeline(*cut, *features, *_less_mean(subtract_mean))


def plp(
    *,
    sample_frequency: float = 16000.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    preemphasis_coefficient: float = 0.97,
    remove_dc_offset: bool = True,
    dither: float = 0.0,
    window_type: WindowType = "povey",
    blackman_coeff: float = 0.42,
    round_to_power_of_two: bool = True,
    snip_edges: bool = True,
    allow_downsample: bool = False,
    allow_upsample: bool = False,
    max_feature_vectors: int = -1,
    num_mel_bins: int = 23,
    low_freq: float = 20.0,
    high_freq: float = 0.0,
    vtln_low: float = 100.0,
    vtln_high: float = -500.0,
    debug_mel: bool = False,
    lpc_order: int = 12,
    num_ceps: int = 13,
    use_energy: bool = True,
    energy_floor: float = 0.0,
    raw_energy: bool = True,
    compress_factor: float = 0.33333,
    cepstral_lifter: int = 22,
    cepstral_scale: float = 1.0,
    htk_compat: bool = False,
    output_format: str = "kaldi",
    subtract_mean: bool = False,
    vtln_warp: float = 1.0,
    vtln_map: str = "",
    utt2spk: str = "",
    channel: int = -1,
    min_duration: float = 0.0,
    write_utt2dur: str = "",
    seed: int = 0,
    sample_scale: float = 32768.0,
) -> Pipeline:
    """Perceptual linear prediction cepstra, as ``compute-plp-feats``.

    Parameters
    ----------
    lpc_order : int
        Order of the linear prediction.
    num_ceps : int
        Coefficients, c_0 among them; at most ``lpc_order + 1``.
    use_energy : bool
        The log energy in place of c_0.
    compress_factor : float
        Exponent that compresses the band energies.
    cepstral_lifter : int
        Length of the lifter; 0 for none.
    cepstral_scale : float
        What the cepstra are multiplied with (not the energy).
    htk_compat : bool
        Energy or c_0 comes last.
    sample_frequency, frame_length, frame_shift, preemphasis_coefficient, remove_dc_offset, dither, window_type, \
    blackman_coeff, round_to_power_of_two, snip_edges, allow_downsample, allow_upsample, max_feature_vectors, num_mel_bins, \
    low_freq, high_freq, vtln_low, vtln_high, debug_mel, energy_floor, raw_energy, output_format, subtract_mean, vtln_warp, \
    vtln_map, utt2spk, channel, min_duration, write_utt2dur, seed, sample_scale
        As in :func:`fbank`.

    Returns
    -------
    Pipeline
        ``(samples,)`` -> ``(frames, num_ceps)``. Checked against Kaldi's own output.

    Raises
    ------
    ParameterError
        As :func:`fbank`.

    Examples
    --------
    >>> import numpy as np
    >>> plp()(np.zeros(16000, np.float32)).shape
    (98, 13)
    """
    _refuse(locals(), "allow_downsample", "allow_upsample", "output_format", "vtln_map", "utt2spk", "write_utt2dur")
    _one_channel(channel)
    _at_most(num_ceps, lpc_order + 1, "num_ceps", "lpc_order + 1")
    length, hop = _samples(sample_frequency, frame_length, frame_shift)
    points = _points(length, round_to_power_of_two)
    cut = _cut(length, hop, snip_edges, dither, seed, remove_dc_offset, min_duration, sample_frequency, sample_scale)
    windowed = _windowed(preemphasis_coefficient, window_type, blackman_coeff)
    mel = _mel_bank(num_mel_bins, sample_frequency, points, low_freq, high_freq, vtln_low, vtln_high, vtln_warp)
    band = {
        name: getattr(mel, name)
        for name in ("rate", "low_hz", "high_hz", "scale", "warp", "warp_low_hz", "warp_high_hz")
    }
    cepstra: list[Stage] = [
        PowerSpectrum(points),
        mel,
        Loudness(compress_factor, **band),
        LinearPrediction(lpc_order),
        PredictionCepstrum(num_ceps, floor=1.0),  # c_0 is never below 0 in Kaldi
    ]
    cepstra += [Lifter(cepstral_lifter)] if cepstral_lifter else []
    cepstra += [Affine(cepstral_scale)] if cepstral_scale != 1.0 else []
    # The floor of the energy after the window is the smallest normal float, elsewhere it is epsilon.
    energy = _energy(energy_floor, EPSILON if raw_energy else float(np.finfo(np.float32).tiny)) if use_energy else None
    features = _in_place_of_first(energy, raw_energy, windowed, cepstra, num_ceps, htk_compat, scale_last=1.0)
    return pipeline(*cut, *features, *_less_mean(subtract_mean))


def spectrogram(
    *,
    sample_frequency: float = 16000.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    preemphasis_coefficient: float = 0.97,
    remove_dc_offset: bool = True,
    dither: float = 0.0,
    window_type: WindowType = "povey",
    blackman_coeff: float = 0.42,
    round_to_power_of_two: bool = True,
    snip_edges: bool = True,
    allow_downsample: bool = False,
    allow_upsample: bool = False,
    max_feature_vectors: int = -1,
    energy_floor: float = 0.0,
    raw_energy: bool = True,
    return_raw_fft: bool = False,
    output_format: str = "kaldi",
    subtract_mean: bool = False,
    channel: int = -1,
    min_duration: float = 0.0,
    write_utt2dur: str = "",
    seed: int = 0,
    sample_scale: float = 32768.0,
) -> Pipeline:
    """Log power spectra with the log energy in place of the bin at 0 Hz, as ``compute-spectrogram-feats``.

    Parameters
    ----------
    return_raw_fft : bool
        Can't be honoured: it gives complex spectra as interleaved columns.
    sample_frequency, frame_length, frame_shift, preemphasis_coefficient, remove_dc_offset, dither, window_type, \
    blackman_coeff, round_to_power_of_two, snip_edges, allow_downsample, allow_upsample, max_feature_vectors, \
    energy_floor, raw_energy, output_format, subtract_mean, channel, min_duration, write_utt2dur, seed, sample_scale
        As in :func:`fbank`.

    Returns
    -------
    Pipeline
        ``(samples,)`` -> ``(frames, points/2 + 1)``. Checked against torchaudio 2.11 and Kaldi's own output.

    Raises
    ------
    ParameterError
        As :func:`fbank`.

    Examples
    --------
    >>> import numpy as np
    >>> spectrogram()(np.zeros(16000, np.float32)).shape
    (98, 257)
    """
    _refuse(locals(), "allow_downsample", "allow_upsample", "return_raw_fft", "output_format", "write_utt2dur")
    _one_channel(channel)
    length, hop = _samples(sample_frequency, frame_length, frame_shift)
    points = _points(length, round_to_power_of_two)
    cut = _cut(length, hop, snip_edges, dither, seed, remove_dc_offset, min_duration, sample_frequency, sample_scale)
    windowed = _windowed(preemphasis_coefficient, window_type, blackman_coeff)
    spectra: list[Stage] = [PowerSpectrum(points), Log("e", floor=EPSILON)]
    features = _in_place_of_first(_energy(energy_floor), raw_energy, windowed, spectra, points // 2 + 1, last=False)
    return pipeline(*cut, *features, *_less_mean(subtract_mean))


def whisper_fbank(*, dim: int = 80) -> Pipeline:
    """The mel energies of kaldi-native-fbank's ``OnlineWhisperFbank``: Whisper's, framed as Kaldi does, without logarithm.

    Parameters
    ----------
    dim : int
        Number of filters: 80, or 128 for large-v3.

    Returns
    -------
    Pipeline
        ``(samples,)`` at 16 kHz -> ``(frames, dim)``. Frames are centred half a hop later than Whisper's own; for what the
        Whisper models were trained on use the preset ``whisper/log_mel``. Checked against kaldi-native-fbank 1.23.

    Examples
    --------
    >>> import numpy as np
    >>> whisper_fbank()(np.zeros(16000, np.float32)).shape
    (100, 80)
    """
    return (
        Frames(400, 160, "half-hop", "mirror")
        | Window("hann", periodic=True)
        | PowerSpectrum(400)
        | MelBank(dim, 16000, 0.0, None, "slaney", "hz", "area")
    )


# --- what is done to features -----------------------------------------------------------------------------------------


def add_deltas(*, delta_order: int = 2, delta_window: int = 2, truncate: int = 0) -> Pipeline:
    """Features and their deltas beside them, as ``add-deltas``.

    Parameters
    ----------
    delta_order : int
        2 for deltas and accelerations.
    delta_window : int
        Frames on each side that a delta of first order looks at.
    truncate : int
        Use only so many of the first columns; 0 for all.

    Returns
    -------
    Pipeline
        ``(frames, features)`` -> ``(frames, (delta_order + 1) * features)``. Checked against kaldi-native-fbank 1.23.

    Examples
    --------
    >>> import numpy as np
    >>> add_deltas(delta_order=1)(np.array([[0.0], [1.0], [2.0]])).round(2).tolist()
    [[0.0, 0.5], [1.0, 0.6], [2.0, 0.5]]
    """
    _not_below(0, delta_order=delta_order, truncate=truncate)
    _not_below(1, delta_window=delta_window)
    blocks: list[Stage] = [Identity(), *(Deltas(delta_window, order) for order in range(1, delta_order + 1))]
    first: list[Stage] = [Columns(tuple(range(truncate)))] if truncate else []
    return pipeline(*first, Join(tuple(blocks)) if delta_order else Identity())


def splice_feats(*, left_context: int = 4, right_context: int = 4) -> Pipeline:
    """Each frame with those around it, as ``splice-feats``.

    Parameters
    ----------
    left_context, right_context : int
        Frames before and after; the first and last frame are repeated outside.

    Returns
    -------
    Pipeline
        ``(frames, features)`` -> ``(frames, (left_context + 1 + right_context) * features)``. Checked against
        kaldi-native-fbank 1.23; equal.

    Examples
    --------
    >>> import numpy as np
    >>> splice_feats(left_context=1, right_context=1)(np.array([[1.0], [2.0]])).tolist()
    [[1.0, 1.0, 2.0], [1.0, 2.0, 2.0]]
    """
    return pipeline(Splice(left_context, right_context))


def apply_cmvn(
    *,
    norm_vars: bool = False,
    norm_means: bool = True,
    skip_dims: str = "",
    utt2spk: str = "",
    reverse: bool = False,
    stats: Array | None = None,
) -> Pipeline:
    """Mean and variance normalisation, per utterance or with given statistics, as ``apply-cmvn``.

    Parameters
    ----------
    norm_vars : bool
        Normalise the variance to 1 as well.
    norm_means : bool
        False: features stay as they are.
    skip_dims : str
        Columns to be left as they are, separated by colons: ``"13:14:15"``.
    utt2spk : str
        A table of Kaldi's; can't be honoured, give the speaker's ``stats``.
    reverse : bool
        Undo a normalisation by ``stats``.
    stats : ndarray, shape (2, features + 1), or None
        Statistics of a speaker or corpus as ``compute-cmvn-stats`` gives them: sums and number of frames, sums of squares.
        None: those of the utterance itself; such a pipeline can't stream.

    Returns
    -------
    Pipeline
        ``(frames, features)``, unchanged. Checked against kaldi-native-fbank 1.23.

    Raises
    ------
    ParameterError
        For an option that can't be honoured, or values that don't go together.

    Examples
    --------
    >>> import numpy as np
    >>> apply_cmvn()(np.array([[1.0], [3.0]])).tolist()
    [[-1.0], [1.0]]
    >>> apply_cmvn(stats=np.array([[8.0, 4.0], [20.0, 0.0]]), norm_vars=True)(np.array([[1.0], [3.0]])).tolist()
    [[-1.0], [1.0]]
    """
    _refuse(locals(), "utt2spk")
    if norm_vars and not norm_means:
        raise ParameterError("norm_vars=True with norm_means=False: the variance can't be normalised without the mean")
    if not re.fullmatch(r"(\d+(:\d+)*)?", skip_dims):
        raise ParameterError(f"skip_dims={skip_dims!r} must be numbers separated by colons, like '13:14:15'")
    skip = tuple(int(column) for column in skip_dims.split(":") if column)
    if reverse and stats is None:
        raise ParameterError("reverse=True needs the statistics that features were normalised with; give stats")
    if not norm_means:
        return pipeline(Identity())
    if stats is None:
        return pipeline(UtteranceCmvn(norm_vars, skip=skip))
    return pipeline(_by_statistics(stats, norm_vars, skip, reverse))


def apply_cmvn_sliding(
    *,
    cmn_window: int = 600,
    min_cmn_window: int = 100,
    max_warnings: int = 5,
    norm_vars: bool = False,
    center: bool = False,
) -> Pipeline:
    """Mean and variance normalisation over the frames before or around each one, as ``apply-cmvn-sliding``.

    Parameters
    ----------
    cmn_window : int
        Frames in the window.
    min_cmn_window : int
        Frames that the first windows have at least if not ``center``: so many frames the first one waits for.
    max_warnings : int
        Warnings that Kaldi prints; without effect here.
    norm_vars : bool
        Normalise the variance to 1 as well.
    center : bool
        The window lies around the frame, or ends with it.

    Returns
    -------
    Pipeline
        ``(frames, features)``, unchanged; it streams.

    Raises
    ------
    ParameterError
        If center, and not 0 < min_cmn_window <= cmn_window.

    Examples
    --------
    >>> import numpy as np
    >>> apply_cmvn_sliding(cmn_window=3, min_cmn_window=1, center=True)(np.array([[0.0], [3.0], [6.0]])).tolist()
    [[-3.0], [0.0], [3.0]]
    """
    _not_below(1, cmn_window=cmn_window)
    if center and not 0 < min_cmn_window <= cmn_window:
        raise ParameterError(
            f"center=True needs 0 < min_cmn_window <= cmn_window, got {min_cmn_window} and {cmn_window}"
        )
    return pipeline(SlidingCmvn(cmn_window, max(0, min_cmn_window), center, norm_vars))


def compute_vad(
    *,
    vad_energy_threshold: float = 5.0,
    vad_energy_mean_scale: float = 0.5,
    vad_frames_context: int = 0,
    vad_proportion_threshold: float = 0.6,
    omit_unvoiced_utts: bool = False,
) -> Pipeline:
    """Which frames are voiced, by their energy, as ``compute-vad``.

    Parameters
    ----------
    vad_energy_threshold : float
        The fixed part of the threshold for the first column, a log energy or c_0.
    vad_energy_mean_scale : float
        Times the mean of that column over the whole input it is added to the threshold. 0: nothing is, and it streams.
    vad_frames_context : int
        Frames on each side of a frame that decide with it.
    vad_proportion_threshold : float
        The share of those frames that must lie above the threshold, above 0 and below 1.
    omit_unvoiced_utts : bool
        Can't be honoured: every input gets its mask.

    Returns
    -------
    Pipeline
        ``(frames, features)`` -> ``(frames, 1)``: 1.0 for voiced frames, 0.0 for the others. To keep the voiced ones, as
        ``select-voiced-frames``: :func:`featkit.voiced`. Early versions of Kaldi
        asked the frame itself in place of those around it.

    Raises
    ------
    ParameterError
        For an option that can't be honoured, a mean scale or context below 0, or a proportion outside of (0, 1).

    Examples
    --------
    >>> import numpy as np, featkit
    >>> mfcc = np.array([[4.0, 1.0], [16.0, 2.0], [17.0, 3.0], [3.0, 4.0]])
    >>> compute_vad()(mfcc).ravel()
    array([0., 1., 1., 0.])
    >>> featkit.voiced(featkit.Identity(), compute_vad())(mfcc)
    array([[16.,  2.],
           [17.,  3.]])
    """
    _refuse(locals(), "omit_unvoiced_utts")
    _not_below(0, vad_energy_mean_scale=vad_energy_mean_scale, vad_frames_context=vad_frames_context)
    if not 0 < vad_proportion_threshold < 1:
        raise ParameterError(f"vad_proportion_threshold must lie between 0 and 1, got {vad_proportion_threshold!r}")
    above: Stage = Above(vad_energy_threshold)
    if vad_energy_mean_scale:
        above = AboveMean(vad_energy_threshold, vad_energy_mean_scale)
    return pipeline(above, Majority(vad_frames_context, vad_proportion_threshold))


# --- configuration files ----------------------------------------------------------------------------------------------

_CONFIGURED = {"fbank": fbank, "mfcc": mfcc, "plp": plp, "spectrogram": spectrogram}


def from_config(path_or_text: str | Path, feature: str | None = None, **overrides: Any) -> Pipeline:
    r"""The pipeline of one of Kaldi's configuration files, such as conf/mfcc.conf.

    Parameters
    ----------
    path_or_text : str or Path
        The file's name, or its text: a line for each option, ``--name=value``; what follows # is a comment.
    feature : str or None
        ``"fbank"``, ``"mfcc"``, ``"plp"`` or ``"spectrogram"``; None: found in the file's name.
    **overrides
        Options that replace those of the file, by their names in Python.

    Returns
    -------
    Pipeline
        That of :func:`fbank`, :func:`mfcc`, :func:`plp` or :func:`spectrogram`.

    Raises
    ------
    ParameterError
        For a line that is no option, an option that there isn't, a value that doesn't fit, or if it is not clear which
        feature is meant.
    ReadError
        If there is no such file.

    Examples
    --------
    >>> from_config("--use-energy=false  # only c0\n--num-ceps=40\n--num-mel-bins=40", feature="mfcc")["dct"].n
    40
    """
    text, name = _read(path_or_text)
    feature = feature or next((known for known in _CONFIGURED if known in name.lower()), None)
    if feature not in _CONFIGURED:
        raise ParameterError(
            f"it is not clear which feature {name or 'the text'!r} configures; give feature= one of {', '.join(_CONFIGURED)}"
            if feature is None
            else f"there is no feature {feature!r}{did_you_mean(feature, _CONFIGURED)}; there are {', '.join(_CONFIGURED)}"
        )
    from featkit.presets import get, options_of

    defaults = options_of(f"kaldi/{feature}")
    options = dict(_option(line, defaults, feature) for line in _lines(text))
    return get(f"kaldi/{feature}", **(options | overrides))


def _read(path_or_text: str | Path) -> tuple[str, str]:
    """The text of a configuration, and the name of its file."""
    if isinstance(path_or_text, str) and (path_or_text.lstrip().startswith(("-", "#")) or "\n" in path_or_text):
        return path_or_text, ""
    path = Path(path_or_text)
    try:
        return path.read_text("utf-8"), path.name
    except OSError as error:
        raise ReadError(f"{path}: {error.strerror or error}; give the name of a file, or the text of one") from None


def _lines(text: str) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def _option(line: str, defaults: dict[str, Any], feature: str) -> tuple[str, Any]:
    """A line of a configuration as name and value; the default says of what type the value is."""
    given = re.fullmatch(r"--([A-Za-z0-9_-]+)(?:=(.*))?", line)
    if given is None:
        raise ParameterError(f"the line {line!r} is no option; a line is --name=value, or begins with #")
    name = given[1].replace("-", "_")
    if name not in defaults:
        raise ParameterError(f"kaldi/{feature} has no option {given[1]!r}{did_you_mean(name, defaults)}")
    kind, value = type(defaults[name]), None if given[2] is None else given[2].strip().strip("\"'")
    if kind is bool:
        known = {"true": True, "t": True, "1": True, "": True, "false": False, "f": False, "0": False}
        if (value or "").lower() in known:
            return name, known[(value or "").lower()]
    elif value is not None:
        try:
            return name, kind(value)
        except ValueError:
            pass
    kinds = {bool: "true or false", int: "an integer", float: "a number", str: "text"}
    raise ParameterError(f"the option {line!r} needs {kinds[kind]} as its value")


# --- the parts of a pipeline ------------------------------------------------------------------------------------------


def _samples(rate: float, frame_ms: float, shift_ms: float) -> tuple[int, int]:
    """Length and shift of frames in samples, rounded down; Kaldi's options are single precision."""
    _above(0, sample_frequency=rate, frame_length=frame_ms, frame_shift=shift_ms)
    length, hop = (int(float(np.float32(rate)) * 0.001 * float(np.float32(ms))) for ms in (frame_ms, shift_ms))
    return _checked_samples(length, hop, frame_ms, shift_ms, rate)


def _checked_samples(length: int, hop: int, frame_ms: float, shift_ms: float, rate: float) -> tuple[int, int]:
    if length < 2:
        raise ParameterError(f"frame_length={frame_ms:g} ms are {length} samples at {rate:g} Hz; at least 2 are needed")
    if hop < 1:
        raise ParameterError(f"frame_shift={shift_ms:g} ms is less than one sample at {rate:g} Hz")
    return length, hop


def _points(length: int, round_to_power_of_two: bool) -> int:
    """Points of the Fourier transform."""
    if round_to_power_of_two:
        return 1 << (length - 1).bit_length()
    if length % 2:
        raise ParameterError(
            f"round_to_power_of_two=False takes frames of an even number of samples, got {length}; change frame_length"
        )
    return length


def _cut(
    length: int,
    hop: int,
    snip_edges: bool,
    dither: float,
    seed: int,
    remove_dc_offset: bool,
    min_duration: float,
    rate: float,
    sample_scale: float,
) -> list[Stage]:
    """From samples to frames without noise or mean."""
    _not_below(0, dither=dither, min_duration=min_duration)
    stages: list[Stage] = [Affine(sample_scale)] if sample_scale != 1.0 else []
    stages += [DropShort(int(np.ceil(min_duration * rate)))] if min_duration else []
    stages += [Frames(length, hop, "snip" if snip_edges else "half-hop", "mirror")]
    stages += [Dither(dither, seed)] if dither else []
    return stages + ([RemoveMean()] if remove_dc_offset else [])


def _windowed(coefficient: float, window_type: str, blackman_coeff: float) -> list[Stage]:
    """Pre-emphasis and window."""
    if window_type not in _WINDOWS:
        raise ParameterError(
            f"there is no window_type {window_type!r}{did_you_mean(str(window_type), _WINDOWS)}; there are {', '.join(_WINDOWS)}"
        )
    if not 0 <= coefficient <= 1:
        raise ParameterError(f"preemphasis_coefficient must lie between 0 and 1, got {coefficient!r}")
    kind, periodic = _WINDOWS[window_type]
    emphasis: list[Stage] = [FramePreEmphasis(coefficient)] if coefficient else []
    return [*emphasis, Window(kind, periodic, blackman_coeff=blackman_coeff)]  # type: ignore[arg-type]


def _mel_bank(
    num_mel_bins: int,
    rate: float,
    points: int,
    low_freq: float,
    high_freq: float,
    vtln_low: float,
    vtln_high: float,
    vtln_warp: float,
    least: int = 3,
) -> MelBank:
    nyquist = rate / 2
    if num_mel_bins < least:
        raise ParameterError(f"num_mel_bins must be at least {least}, got {num_mel_bins}")
    high = high_freq if high_freq > 0 else nyquist + high_freq
    if not 0 <= low_freq < high <= nyquist:
        raise ParameterError(
            f"low_freq={low_freq:g} and high_freq={high_freq:g} (that is {high:g} Hz) must be 0 <= low < high <= {nyquist:g} Hz"
        )
    band = (low_freq, None if high == nyquist else high)
    if vtln_warp == 1.0:
        return MelBank(num_mel_bins, rate, *band, "kaldi", "mel", n_fft=points, precision="float32")
    vtln_top = vtln_high if vtln_high >= 0 else nyquist + vtln_high
    if not low_freq < vtln_low < vtln_top < high:
        raise ParameterError(
            f"vtln_low={vtln_low:g} and vtln_high={vtln_high:g} (that is {vtln_top:g} Hz) must lie in this order between "
            f"low_freq={low_freq:g} and high_freq, {high:g} Hz"
        )
    return MelBank(
        num_mel_bins,
        rate,
        *band,
        "kaldi",
        "mel",
        n_fft=points,
        precision="float32",
        warp=vtln_warp,
        warp_low_hz=vtln_low,
        warp_high_hz=vtln_top,
    )


def _energy(energy_floor: float, least: float = EPSILON) -> LogEnergy:
    _not_below(0, energy_floor=energy_floor)
    return LogEnergy(max(energy_floor, least))


def _beside_energy(
    energy: Stage | None, raw_energy: bool, windowed: list[Stage], features: list[Stage], last: bool
) -> list[Stage]:
    """Features of windowed frames, and the energy before or after the window as a branch beside them."""
    if energy is None:
        return [*windowed, *features]
    branch = pipeline(*windowed, *features) if raw_energy else pipeline(*features)
    join = Join((branch, energy) if last else (energy, branch))
    return [join] if raw_energy else [*windowed, join]


def _in_place_of_first(
    energy: Stage | None,
    raw_energy: bool,
    windowed: list[Stage],
    features: list[Stage],
    count: int,
    last: bool,
    scale_last: float = 1.0,
) -> list[Stage]:
    """Features whose first column is the energy; ``last``: it is the last one, and scaled if it is not the energy."""
    others = Columns(tuple(range(1, count))) if count > 1 else None
    if energy is not None and others is not None:
        return _beside_energy(energy, raw_energy, windowed, [*features, others], last)
    if energy is not None:
        return [energy] if raw_energy else [*windowed, energy]
    if not last or others is None:
        return [*windowed, *features, *([Affine(scale_last)] if last and scale_last != 1.0 else [])]
    first = Columns((0,)) if scale_last == 1.0 else Columns((0,)) | Affine(scale_last)
    return [*windowed, *features, Join((others, first))]


def _less_mean(subtract_mean: bool) -> list[Stage]:
    return [UtteranceCmvn(variance=False)] if subtract_mean else []


def _by_statistics(stats: Array, norm_vars: bool, skip: tuple[int, ...], reverse: bool) -> Normalise:
    """A normalisation, or its reverse, from Kaldi's sums."""
    sums = np.asarray(stats, np.float64)
    if sums.ndim != 2 or len(sums) not in (1, 2) or sums.shape[1] < 2 or (norm_vars and len(sums) != 2):
        raise ParameterError(
            f"stats must have the shape (2, features + 1) of compute-cmvn-stats, got {sums.shape}; its rows are sums and the "
            "number of frames, and sums of squares"
        )
    count = sums[0, -1]
    if not count >= 1.0:
        raise InputError(f"the statistics are of {count:g} frames; at least 1 is needed")
    mean = sums[0, :-1] / count
    deviation = np.ones_like(mean)
    if norm_vars:
        deviation = np.sqrt(np.maximum(sums[1, :-1] / count - mean * mean, 1e-20))
    for column in skip:
        if column >= len(mean):
            raise ParameterError(f"skip_dims names column {column}, but the statistics are of {len(mean)} features")
        mean[column], deviation[column] = 0.0, 1.0
    return Normalise(-mean / deviation, 1.0 / deviation) if reverse else Normalise(mean, deviation)


# --- checks -----------------------------------------------------------------------------------------------------------

_REASONS = {
    "allow_downsample": "samples come at sample_frequency; resample them first",
    "allow_upsample": "samples come at sample_frequency; resample them first",
    "return_raw_fft": "features are real; take the complex spectra of featkit.Spectrum",
    "output_format": "features are arrays; only 'kaldi' is known",
    "vtln_map": "there are no tables of utterances here; give vtln_warp",
    "utt2spk": "there are no tables of utterances here; give the value for the speaker",
    "write_utt2dur": "there are no tables of utterances here",
    "omit_unvoiced_utts": "every input gets its mask; leave out those without a 1.0 yourself",
}


def _refuse(given: dict[str, Any], *names: str) -> None:
    """Raise ParameterError for an option that is set and can't be honoured."""
    for name in names:
        if given[name] and given[name] != "kaldi":
            raise ParameterError(f"the option {name}={given[name]!r} can't be honoured: {_REASONS[name]}")


def _one_channel(channel: int) -> None:
    if channel not in (-1, 0):
        raise ParameterError(
            f"the option channel={channel!r} can't be honoured: there is one channel; choose it before (signal[:, {channel}])"
        )


def _at_most(value: int, most: int, name: str, other: str) -> None:
    if not 1 <= value <= most:
        raise ParameterError(f"{name} must lie between 1 and {other}, {most}; got {value!r}")


def _not_below(low: float, **values: float) -> None:
    for name, value in values.items():
        if not low <= value < float("inf"):
            raise ParameterError(f"{name} must be at least {low} and finite, got {value!r}")


def _above(low: float, **values: float) -> None:
    for name, value in values.items():
        if not low < value < float("inf"):
            raise ParameterError(f"{name} must be above {low} and finite, got {value!r}")
