"""torchaudio.compliance.kaldi 2.11: fbank, mfcc and spectrogram, with torchaudio's own option order and defaults.

The computation is Kaldi's (see :mod:`featkit.presets.kaldi`); what differs are defaults, ``energy_floor`` is 1.0 and
``use_energy`` False, the order in which lengths are multiplied, and that an input shorter than a frame is an error there
and gives no frames here.

torchaudio takes samples as they are, and so do these presets. Models trained on the 16-bit scale
(``waveform * 32768``) need ``sample_scale=32768.0``.
"""

from __future__ import annotations

from featkit.errors import ParameterError
from featkit.pipeline import Pipeline
from featkit.presets import kaldi
from featkit.presets.kaldi import WindowType


def spectrogram(
    *,
    blackman_coeff: float = 0.42,
    channel: int = -1,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    min_duration: float = 0.0,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    window_type: WindowType = "povey",
    seed: int = 0,
    sample_scale: float = 1.0,
) -> Pipeline:
    """Log power spectra with the log energy in place of the bin at 0 Hz.

    Parameters
    ----------
    blackman_coeff : float
        First weight of the Blackman window.
    channel : int
        -1 or 0: there is one channel.
    dither : float
        Standard deviation of noise added to each frame; 0 for none.
    energy_floor : float
        Smaller energies count as this one; 0 for none.
    frame_length, frame_shift : float
        In milliseconds.
    min_duration : float
        In seconds; of a shorter input no frame is made.
    preemphasis_coefficient : float
        0 to 1; 0 for none.
    raw_energy : bool
        Energy before pre-emphasis and window, or after.
    remove_dc_offset : bool
        Take the mean out of each frame.
    round_to_power_of_two : bool
        Fill up frames with zeros to the next power of two before the transform.
    sample_frequency : float
        Sampling rate in Hz.
    snip_edges : bool
        True: only frames that lie inside the signal. False: one a shift, the signal mirrored at its ends.
    subtract_mean : bool
        Take out the mean of each column over the whole input; such a pipeline can't stream.
    window_type : str
        ``"povey"``, ``"hamming"``, ``"hanning"``, ``"rectangular"`` or ``"blackman"``.
    seed : int
        Which noise dither adds (not torchaudio's).
    sample_scale : float
        What samples are multiplied with first (not torchaudio's).

    Returns
    -------
    Pipeline
        ``(samples,)`` -> ``(frames, points/2 + 1)``. Checked against torchaudio 2.11.

    Raises
    ------
    ParameterError
        For an option that can't be honoured, or values that don't go together.

    Examples
    --------
    >>> import numpy as np
    >>> spectrogram()(np.zeros(16000, np.float32)).shape
    (98, 257)
    """
    _window(window_type)
    frame_length, frame_shift = _milliseconds(sample_frequency, frame_length, frame_shift)
    return kaldi.spectrogram(
        sample_frequency=sample_frequency,
        frame_length=frame_length,
        frame_shift=frame_shift,
        preemphasis_coefficient=preemphasis_coefficient,
        remove_dc_offset=remove_dc_offset,
        dither=dither,
        window_type=window_type,
        blackman_coeff=blackman_coeff,
        round_to_power_of_two=round_to_power_of_two,
        snip_edges=snip_edges,
        energy_floor=energy_floor,
        raw_energy=raw_energy,
        subtract_mean=subtract_mean,
        channel=channel,
        min_duration=min_duration,
        seed=seed,
        sample_scale=sample_scale,
    )


def fbank(
    *,
    blackman_coeff: float = 0.42,
    channel: int = -1,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    high_freq: float = 0.0,
    htk_compat: bool = False,
    low_freq: float = 20.0,
    min_duration: float = 0.0,
    num_mel_bins: int = 23,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    use_energy: bool = False,
    use_log_fbank: bool = True,
    use_power: bool = True,
    vtln_high: float = -500.0,
    vtln_low: float = 100.0,
    vtln_warp: float = 1.0,
    window_type: WindowType = "povey",
    seed: int = 0,
    sample_scale: float = 1.0,
) -> Pipeline:
    """Log mel filterbank energies.

    Parameters
    ----------
    high_freq, low_freq : float
        The band in Hz; a high_freq of 0 or below is counted from the Nyquist frequency.
    htk_compat : bool
        The energy comes last.
    num_mel_bins : int
        Number of filters, at least 4.
    use_energy : bool
        Add the log energy of each frame as a column: the first, or the last if ``htk_compat``.
    use_log_fbank : bool
        Logarithms, or the energies themselves.
    use_power : bool
        Power spectrum, or magnitudes.
    vtln_high, vtln_low : float
        In Hz, where the warp ends and begins; a negative vtln_high is counted from the Nyquist frequency.
    vtln_warp : float
        Warp factor of vocal tract length normalisation.
    blackman_coeff, channel, dither, energy_floor, frame_length, frame_shift, min_duration, preemphasis_coefficient, \
    raw_energy, remove_dc_offset, round_to_power_of_two, sample_frequency, snip_edges, subtract_mean, window_type, seed, \
    sample_scale
        As in :func:`spectrogram`.

    Returns
    -------
    Pipeline
        ``(samples,)`` -> ``(frames, num_mel_bins)``, one column more with ``use_energy``. Checked against torchaudio 2.11.

    Raises
    ------
    ParameterError
        As :func:`spectrogram`.

    Examples
    --------
    >>> import numpy as np
    >>> fbank(num_mel_bins=80, window_type="hanning")(np.zeros(16000, np.float32)).shape
    (98, 80)
    """
    _window(window_type)
    _bins(num_mel_bins)
    frame_length, frame_shift = _milliseconds(sample_frequency, frame_length, frame_shift)
    return kaldi.fbank(
        sample_frequency=sample_frequency,
        frame_length=frame_length,
        frame_shift=frame_shift,
        preemphasis_coefficient=preemphasis_coefficient,
        remove_dc_offset=remove_dc_offset,
        dither=dither,
        window_type=window_type,
        blackman_coeff=blackman_coeff,
        round_to_power_of_two=round_to_power_of_two,
        snip_edges=snip_edges,
        num_mel_bins=num_mel_bins,
        low_freq=low_freq,
        high_freq=high_freq,
        vtln_low=vtln_low,
        vtln_high=vtln_high,
        use_energy=use_energy,
        energy_floor=energy_floor,
        raw_energy=raw_energy,
        htk_compat=htk_compat,
        use_log_fbank=use_log_fbank,
        use_power=use_power,
        subtract_mean=subtract_mean,
        vtln_warp=vtln_warp,
        channel=channel,
        min_duration=min_duration,
        seed=seed,
        sample_scale=sample_scale,
    )


def mfcc(
    *,
    blackman_coeff: float = 0.42,
    cepstral_lifter: float = 22.0,
    channel: int = -1,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    high_freq: float = 0.0,
    htk_compat: bool = False,
    low_freq: float = 20.0,
    num_ceps: int = 13,
    min_duration: float = 0.0,
    num_mel_bins: int = 23,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    use_energy: bool = False,
    vtln_high: float = -500.0,
    vtln_low: float = 100.0,
    vtln_warp: float = 1.0,
    window_type: WindowType = "povey",
    seed: int = 0,
    sample_scale: float = 1.0,
) -> Pipeline:
    """Mel-frequency cepstral coefficients.

    Parameters
    ----------
    cepstral_lifter : float
        Length of the lifter; 0 for none.
    htk_compat : bool
        Energy or c_0 comes last, and all of it is multiplied by sqrt(2) if it is c_0.
    num_ceps : int
        Coefficients, c_0 among them; at most ``num_mel_bins``.
    use_energy : bool
        The log energy in place of c_0.
    blackman_coeff, channel, dither, energy_floor, frame_length, frame_shift, high_freq, low_freq, min_duration, \
    num_mel_bins, preemphasis_coefficient, raw_energy, remove_dc_offset, round_to_power_of_two, sample_frequency, \
    snip_edges, subtract_mean, vtln_high, vtln_low, vtln_warp, window_type, seed, sample_scale
        As in :func:`fbank`.

    Returns
    -------
    Pipeline
        ``(samples,)`` -> ``(frames, num_ceps)``. Checked against torchaudio 2.11.

    Raises
    ------
    ParameterError
        As :func:`fbank`.

    Examples
    --------
    >>> import numpy as np
    >>> mfcc(use_energy=True)(np.zeros(16000, np.float32)).shape
    (98, 13)
    """
    _window(window_type)
    _bins(num_mel_bins)
    frame_length, frame_shift = _milliseconds(sample_frequency, frame_length, frame_shift)
    return kaldi.mfcc(
        sample_frequency=sample_frequency,
        frame_length=frame_length,
        frame_shift=frame_shift,
        preemphasis_coefficient=preemphasis_coefficient,
        remove_dc_offset=remove_dc_offset,
        dither=dither,
        window_type=window_type,
        blackman_coeff=blackman_coeff,
        round_to_power_of_two=round_to_power_of_two,
        snip_edges=snip_edges,
        num_mel_bins=num_mel_bins,
        low_freq=low_freq,
        high_freq=high_freq,
        vtln_low=vtln_low,
        vtln_high=vtln_high,
        num_ceps=num_ceps,
        use_energy=use_energy,
        energy_floor=energy_floor,
        raw_energy=raw_energy,
        cepstral_lifter=cepstral_lifter,
        htk_compat=htk_compat,
        subtract_mean=subtract_mean,
        vtln_warp=vtln_warp,
        channel=channel,
        min_duration=min_duration,
        seed=seed,
        sample_scale=sample_scale,
    )


def _milliseconds(rate: float, frame_ms: float, shift_ms: float) -> tuple[float, float]:
    """Lengths that Kaldi rounds down to as many samples as torchaudio does, which multiplies in another order."""
    length, hop = (int(rate * ms * 0.001) if rate > 0 and ms > 0 else None for ms in (frame_ms, shift_ms))
    if not length or not hop:
        return frame_ms, shift_ms  # refused with these values
    return (length + 0.5) * 1000.0 / rate, (hop + 0.5) * 1000.0 / rate


def _window(window_type: str) -> None:
    known = ("hamming", "hanning", "povey", "rectangular", "blackman")
    if window_type not in known:
        raise ParameterError(f"torchaudio has no window_type {window_type!r}; it has {', '.join(known)}")


def _bins(num_mel_bins: int) -> None:
    if num_mel_bins <= 3:
        raise ParameterError(f"torchaudio takes a num_mel_bins of at least 4, got {num_mel_bins}")
