"""Hugging Face transformers: its audio feature extractors (5.23) and image processors (5.24), in their own options.

Two ways in: :func:`from_config` (or a preset by name, ``huggingface/whisper``) makes the pipeline for one signal, samples to
``(frames, features)``, or for one image; :func:`extract` takes one or several and returns what the extractor's call returns with
``return_tensors="np"``: arrays by name, padded and masked.

The options of a preset are those of the extractor's constructor and, behind them, those of its call that matter for one
signal. Samples are in [-1, 1), whatever scale the extractor works on. Where an extractor has two ways of computing (PyTorch
in float32, NumPy in float64), these pipelines go NumPy's way; of an image processor, Pillow's, not torchvision's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from featkit.audio.context import StackFrames
from featkit.audio.length import AtMost, FillUp, FixLength, RandomCrop, Repeat
from featkit.audio.pad import Pad
from featkit.audio.preemphasis import PreEmphasis
from featkit.errors import ParameterError
from featkit.numeric import Array
from featkit.pipeline import Pipeline, pipeline
from featkit.presets.huggingface import _call, _config, _images, _spectra
from featkit.presets.huggingface._images import beit as beit
from featkit.presets.huggingface._images import clip as clip
from featkit.presets.huggingface._images import convnext as convnext
from featkit.presets.huggingface._images import deit as deit
from featkit.presets.huggingface._images import siglip as siglip
from featkit.presets.huggingface._images import vit as vit
from featkit.rows.scale import Precision, Samples
from featkit.rows.standardise import Standardise, ZScore
from featkit.stage import Stage

#: What zero_mean_unit_var_norm does to a signal, and SeamlessM4T and Parakeet to each mel band.
_UNIT_VARIANCE = Standardise(variance_offset=1e-7)
_SEAMLESS_BANDS = Standardise(ddof=1, variance_offset=1e-7)
_PARAKEET_BANDS = Standardise(ddof=1, deviation_offset=1e-5)


def from_config(config: _config.Config, **overrides: Any) -> Pipeline:
    """Build the pipeline that a ``preprocessor_config.json`` describes.

    Parameters
    ----------
    config : path, str or dict
        The file, the folder that holds it, its text, or the keys read from it.
    **overrides
        Options that replace or add to its keys; ``feature_extractor_type`` too, for files that don't have it.

    Raises
    ------
    ParameterError
        If the extractor is none of those known here, if a key is no option of it (what transformers writes but doesn't read
        is passed over), or if it can't be honoured; and for what cannot be read.

    Examples
    --------
    >>> from_config({"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 128})["mel"].n_mels
    128
    """
    preset, values = _asked(_config.read(config) | overrides)
    made: Pipeline = preset(**_config.options(values, preset))
    return made


def extract(config: _config.Config, samples: Any, **call_options: Any) -> dict[str, Array]:
    """Call the extractor that a ``preprocessor_config.json`` describes, as ``extractor(samples, return_tensors="np")``.

    Parameters
    ----------
    config : path, str or dict
        The file, the folder that holds it, its text, or the keys read from it.
    samples : array_like or list of array_like
        One signal, or several: a list, or the rows of an array. Of an image processor: an image of shape (height, width,
        channels), or several.
    **call_options
        Those of the extractor's call: ``padding``, ``max_length``, ``truncation``, ``pad_to_multiple_of``,
        ``return_attention_mask``, ``sampling_rate`` (which is compared), ``do_normalize`` ... And ``target=True``, where
        upstream's SpeechT5 takes the signal as ``audio_target``; and ``seed``, for what CLAP draws at random of longer
        signals: the same as upstream after ``numpy.random.seed(seed)``.

    Returns
    -------
    dict of str to ndarray
        By the upstream's names (``input_features``, ``input_values`` or ``pixel_values``, ``attention_mask``, ``is_longer``),
        in its shapes and types. Signals of different lengths that are not to be padded give an array of arrays, where upstream
        does.

    Raises
    ------
    ParameterError
        As :func:`from_config`; and for an option that the call doesn't have, or that can't be honoured.
    InputError
        If the samples can't be taken.

    Examples
    --------
    >>> import numpy as np
    >>> short, long = np.zeros(800, np.float32), np.ones(1600, np.float32)
    >>> made = extract({"feature_extractor_type": "SpeechT5FeatureExtractor"}, [short, long], padding=True)
    >>> made["input_values"].shape, made["attention_mask"].sum(axis=1)
    ((2, 1600), array([ 800, 1600]))
    """
    preset, values = _asked(_config.read(config))
    if preset.__name__ in _images.PRESETS:
        return _images.call(preset, _config.complete(values, preset), samples, dict(call_options))
    return _call.call(_call.Extractor(preset, _config.complete(values, preset)), samples, dict(call_options))


def _asked(values: dict[str, Any]) -> tuple[Callable[..., Pipeline], dict[str, Any]]:
    """The preset, and the values that are set: for an image processor, null is its default."""
    preset = _PRESETS[_config.extractor(values)]
    if preset.__name__ in _images.PRESETS:
        values = {key: value for key, value in values.items() if value is not None}
    return preset, values


def whisper(
    feature_size: int = 80,
    sampling_rate: int = 16000,
    hop_length: int = 160,
    chunk_length: int = 30,
    n_fft: int = 400,
    padding_value: float = 0.0,
    dither: float = 0.0,
    return_attention_mask: bool = False,
    padding_side: str = "right",
    truncation: bool = True,
    pad_to_multiple_of: int | None = None,
    padding: str | bool = "max_length",
    max_length: int | None = None,
    do_normalize: bool | None = None,
) -> Pipeline:
    """The log mel spectrogram of Whisper models, as ``WhisperFeatureExtractor``.

    Sets Precision, FixLength, Frames, Window, Spectrum, Magnitude, Power, MelBank, Log, BelowPeak and Affine. Checked against
    transformers 5.23: the bits of its NumPy path but for rare roundings; its PyTorch path is float32 and lies up to 1.9e-5
    from that, and so from this.

    Parameters
    ----------
    feature_size : int
        Mel bands.
    sampling_rate : int
        Of the signal, in Hz. The mel bands reach 8000 Hz at any rate.
    hop_length, n_fft : int
        From one frame to the next, and frame and Fourier transform, in samples; n_fft is even.
    chunk_length : int
        Seconds to which signals are cut or filled up.
    padding_value : float
        What they are filled up with.
    dither : float
        Deviation of the noise added to each frame, from a counter-based generator; the upstream's is another noise.
    return_attention_mask : bool
        Masks are given by :func:`extract`; here without effect.
    padding_side : str
        Only ``"right"`` here; :func:`extract` does ``"left"`` too.
    truncation : bool
        Cut what is longer than chunk_length.
    pad_to_multiple_of : int or None
        Of which the length in samples is to be a multiple.
    padding : str or bool
        ``"max_length"`` fills up to chunk_length; False, ``"do_not_pad"``, True and ``"longest"`` don't (of one signal).
    max_length : int or None
        Samples, in place of chunk_length.
    do_normalize : bool or None
        The signal to mean 0 and variance 1 first.

    Raises
    ------
    ParameterError
        If n_fft is odd, or padding or padding_side is something else.

    Examples
    --------
    >>> import numpy as np
    >>> whisper()(np.zeros(16000, np.float32)).shape, whisper(padding=False)(np.zeros(16000, np.float32)).shape
    ((3000, 80), (100, 80))
    """
    _only_right("whisper", padding_side)
    _known_padding("whisper", padding)
    length = max_length or chunk_length * sampling_rate
    length += -length % (pad_to_multiple_of or 1)
    mels = _spectra.whisper(feature_size, sampling_rate, hop_length, n_fft, dither)
    cut, fill = _cut(truncation, length), _fill(padding, length, pad_to_multiple_of, padding_value)
    if do_normalize:
        return pipeline(Precision("float32"), *cut, _UNIT_VARIANCE, *fill, mels)
    if truncation and padding == "max_length":
        return pipeline(Precision("float32"), FixLength(length, padding_value), mels)
    return pipeline(Precision("float32"), *cut, *fill, mels)


def ast(
    feature_size: int = 1,
    sampling_rate: int = 16000,
    num_mel_bins: int = 128,
    max_length: int = 1024,
    padding_value: float = 0.0,
    do_normalize: bool = True,
    mean: float = -4.2677393,
    std: float = 4.5689974,
    return_attention_mask: bool = False,
    padding_side: str = "right",
) -> Pipeline:
    """The log mel energies of the Audio Spectrogram Transformer, as ``ASTFeatureExtractor``.

    Sets Precision, Frames, RemoveMean, FramePreEmphasis, Window, Spectrum, Magnitude, Power, MelBank, Log, FixLength and
    ZScore. Checked against transformers 5.23: the bits of its NumPy path (torchaudio not installed) but for rare roundings;
    its torchaudio path is float32 and lies 4.7e-5 from that on one recording, 3e-4 on another, and so from this.

    Parameters
    ----------
    feature_size : int
        Without effect, as upstream.
    sampling_rate : int
        Of the signal, in Hz. Frames are 25 ms long every 10 ms, as with torchaudio; upstream's NumPy path takes 400 and 160
        samples at any rate.
    num_mel_bins : int
        Mel bands.
    max_length : int
        Frames to which the output is cut or filled up; filled up with zeros, before they are normalised.
    padding_value : float
        Without effect, as upstream.
    do_normalize : bool
        Subtract ``mean`` and divide by twice ``std``.
    mean, std : float
        Of the log mel energies of the training data.
    return_attention_mask : bool
        Without effect, as upstream.
    padding_side : str
        Without effect, as upstream.

    Examples
    --------
    >>> import numpy as np
    >>> ast()(np.zeros(16000, np.float32)).shape
    (1024, 128)
    """
    fbank = _spectra.kaldi(num_mel_bins, sampling_rate, "hann", 1.0, frames=_spectra.in_ms(sampling_rate))
    normalised = [ZScore(mean, std * 2)] if do_normalize else []
    return pipeline(fbank, FixLength(max_length), *normalised)


def clap(
    feature_size: int = 64,
    sampling_rate: int = 48000,
    hop_length: int = 480,
    max_length_s: int = 10,
    fft_window_size: int = 1024,
    padding_value: float = 0.0,
    return_attention_mask: bool = False,
    frequency_min: float = 0,
    frequency_max: float = 14000,
    top_db: int | None = None,
    truncation: str = "fusion",
    padding: str | bool = "repeatpad",
    padding_side: str = "right",
    max_length: int | None = None,
    seed: int | None = None,
) -> Pipeline:
    """The mel spectrogram in decibels of CLAP models, as ``ClapFeatureExtractor``.

    Sets AtMost or RandomCrop, Repeat, FixLength, Precision, Frames, Window, Spectrum, Magnitude, Power, MelBank and Log.
    Checked against transformers 5.23 to one unit in the last place. Upstream gives the same spectrogram four times for
    ``truncation="fusion"``; here it is given once, by :func:`extract` four times.

    Parameters
    ----------
    feature_size : int
        Mel bands.
    sampling_rate : int
        Of the signal, in Hz.
    hop_length, fft_window_size : int
        From one frame to the next, and frame and Fourier transform, in samples.
    max_length_s : int
        Seconds to which signals are cut or filled up.
    padding_value : float
        Without effect, as upstream: signals are filled up with zeros.
    return_attention_mask : bool
        Without effect, as upstream.
    frequency_min, frequency_max : float
        Where the mel bands begin and end, in Hz; those above half the sampling rate stay empty.
    top_db : int or None
        Without effect, as upstream.
    truncation : str
        ``"fusion"``: the mel bands of torchaudio; ``"rand_trunc"``: those of librosa. Longer signals: see ``seed``.
    padding : str or bool
        How shorter signals are filled up: ``"repeat"``, ``"repeatpad"`` (whole repetitions only, then zeros), ``"pad"`` or
        False (zeros).
    padding_side : str
        Without effect, as upstream.
    max_length : int or None
        Samples, in place of max_length_s.
    seed : int or None
        Of the random crop of a longer signal with ``"rand_trunc"``: that which the extractor draws after
        ``numpy.random.seed(seed)``. None: longer signals are refused. With ``"fusion"`` they are four spectrograms, which
        :func:`extract` gives.

    Raises
    ------
    ParameterError
        If truncation or padding is something else.

    Examples
    --------
    >>> import numpy as np
    >>> clap()(np.zeros(16000, np.float32)).shape
    (1001, 64)
    """
    if truncation not in ("fusion", "rand_trunc"):
        raise ParameterError(f"clap: truncation must be 'fusion' or 'rand_trunc', got {truncation!r}")
    if padding not in ("repeat", "repeatpad", "pad", False):
        raise ParameterError(f"clap: padding must be 'repeat', 'repeatpad', 'pad' or False, got {padding!r}")
    length = max_length or max_length_s * sampling_rate
    crop = RandomCrop(length, seed) if seed is not None and truncation == "rand_trunc" else AtMost(length)
    repeat = [Repeat(length, whole=padding == "repeatpad")] if padding in ("repeat", "repeatpad") else []
    mels = _spectra.clap(
        *(feature_size, sampling_rate, hop_length, fft_window_size, frequency_min, frequency_max),
        slaney=truncation == "rand_trunc",
    )
    return pipeline(crop, *repeat, FixLength(length), mels)


def speech2text(
    feature_size: int = 80,
    sampling_rate: int = 16000,
    num_mel_bins: int = 80,
    padding_value: float = 0.0,
    dither: float = 0.0,
    do_ceptral_normalize: bool = True,
    normalize_means: bool = True,
    normalize_vars: bool = True,
    return_attention_mask: bool = True,
    padding_side: str = "right",
) -> Pipeline:
    """The normalised log mel energies of Speech2Text models, as ``Speech2TextFeatureExtractor``.

    Sets Precision, Affine, Frames, RemoveMean, FramePreEmphasis, Window, Spectrum, Magnitude, Power, MelBank, Log and
    Standardise. Checked against transformers 5.23: the bits of its NumPy path (torchaudio not installed) but for rare
    roundings; its torchaudio path is float32 and lies 1.6e-4 from that on one recording, 8e-4 on another, and so from this.

    Parameters
    ----------
    feature_size : int
        Without effect, as upstream.
    sampling_rate : int
        Of the signal, in Hz. Frames are 25 ms long every 10 ms, as with torchaudio; upstream's NumPy path takes 400 and 160
        samples at any rate.
    num_mel_bins : int
        Mel bands.
    padding_value : float
        What :func:`extract` fills shorter ones of several signals up with; here without effect.
    dither : float
        Deviation of the noise added to each frame, on the 16-bit scale, from a counter-based generator; the upstream's is
        another noise.
    do_ceptral_normalize : bool
        Normalise each band over the utterance (the name is the upstream's).
    normalize_means, normalize_vars : bool
        To mean 0, to variance 1. A band that doesn't vary is left undivided (upstream gives NaN).
    return_attention_mask : bool
        Without effect, as upstream.
    padding_side : str
        Of padding in :func:`extract`; here without effect.

    Examples
    --------
    >>> import numpy as np
    >>> speech2text()(np.random.default_rng(0).standard_normal(16000)).shape
    (98, 80)
    """
    normalised = _cmvn(do_ceptral_normalize, normalize_means, normalize_vars)
    return pipeline(
        _spectra.kaldi(num_mel_bins, sampling_rate, "povey", 32768.0, dither, _spectra.in_ms(sampling_rate)),
        *normalised,
    )


def seamless_m4t(
    feature_size: int = 80,
    sampling_rate: int = 16000,
    num_mel_bins: int = 80,
    padding_value: float = 0.0,
    stride: int = 2,
    return_attention_mask: bool = True,
    padding_side: str = "right",
    pad_to_multiple_of: int | None = 2,
    do_normalize_per_mel_bins: bool | None = True,
) -> Pipeline:
    """The stacked, normalised log mel energies of SeamlessM4T and Wav2Vec2-BERT, as ``SeamlessM4TFeatureExtractor``.

    Sets Precision, Affine, Frames, RemoveMean, FramePreEmphasis, Window, Spectrum, Magnitude, Power, MelBank, Log,
    Standardise, FillUp and StackFrames. Checked against transformers 5.23 to a few units in the last place.

    Parameters
    ----------
    feature_size : int
        Without effect, as upstream.
    sampling_rate : int
        Of the signal, in Hz. Frames are 400 samples long every 160 at any rate, as upstream.
    num_mel_bins : int
        Mel bands.
    padding_value : float
        What a frame that is missing to a multiple of ``pad_to_multiple_of`` holds.
    stride : int
        Frames put side by side into one.
    return_attention_mask : bool
        Masks are given by :func:`extract`; here without effect.
    padding_side : str
        Only ``"right"`` here; :func:`extract` does ``"left"`` too.
    pad_to_multiple_of : int or None
        Of which the number of frames is made a multiple before they are stacked.
    do_normalize_per_mel_bins : bool or None
        Each band to mean 0 and variance 1 over the utterance.

    Raises
    ------
    ParameterError
        If padding_side is not ``"right"``.

    Examples
    --------
    >>> import numpy as np
    >>> seamless_m4t()(np.zeros(16000, np.float32)).shape
    (49, 160)
    """
    _only_right("seamless_m4t", padding_side)
    normalised = [_SEAMLESS_BANDS] if do_normalize_per_mel_bins else []
    filled = [FillUp(multiple=pad_to_multiple_of, value=padding_value)] if pad_to_multiple_of else []
    fbank = _spectra.kaldi(num_mel_bins, sampling_rate, "povey", 32768.0)
    return pipeline(fbank, *normalised, *filled, StackFrames(stride, hop=stride))


def speecht5(
    feature_size: int = 1,
    sampling_rate: int = 16000,
    padding_value: float = 0.0,
    do_normalize: bool = False,
    num_mel_bins: int = 80,
    hop_length: int = 16,
    win_length: int = 64,
    win_function: str = "hann_window",
    fmin: float = 80,
    fmax: float = 7600,
    mel_floor: float = 1e-10,
    return_attention_mask: bool = True,
    padding_side: str = "right",
    target: bool = False,
) -> Pipeline:
    """The signal that SpeechT5 encodes, or the spectrogram that it decodes to, as ``SpeechT5FeatureExtractor``.

    Sets Samples, Precision and, if asked, Standardise for the first; Precision, Frames, Window, Spectrum, Magnitude, MelBank
    and Log for the second. Checked against transformers 5.23 to one unit in the last place.

    Parameters
    ----------
    feature_size : int
        Without effect, as upstream.
    sampling_rate : int
        Of the signal, in Hz.
    padding_value : float
        What :func:`extract` fills shorter ones of several signals up with; here without effect.
    do_normalize : bool
        The signal to mean 0 and variance 1; not with ``target``.
    num_mel_bins : int
        Mel bands of the target.
    hop_length, win_length : int
        From one frame of the target to the next, and its length, in ms.
    win_function : str
        ``"hann_window"``, ``"hamming_window"``, ``"hann"``, ``"hamming"``, ``"povey"`` or ``"boxcar"``.
    fmin, fmax : float
        Where the mel bands begin and end, in Hz.
    mel_floor : float
        Smaller values count as this one.
    return_attention_mask : bool
        Masks are given by :func:`extract`; here without effect.
    padding_side : str
        Of padding in :func:`extract`; here without effect.
    target : bool
        What upstream gives for ``audio_target``: the log mel spectrogram. False: for ``audio``, samples.

    Raises
    ------
    ParameterError
        If win_function is something else.

    Examples
    --------
    >>> import numpy as np
    >>> speecht5()(np.zeros(16000, np.float32)).shape, speecht5(target=True)(np.zeros(16000, np.float32)).shape
    ((16000,), (63, 80))
    """
    if target:
        return _spectra.speecht5(
            sampling_rate, num_mel_bins, hop_length, win_length, win_function, fmin, fmax, mel_floor
        )
    return _waveform(do_normalize)


def wav2vec2(
    feature_size: int = 1,
    sampling_rate: int = 16000,
    padding_value: float = 0.0,
    return_attention_mask: bool = False,
    do_normalize: bool = True,
    padding_side: str = "right",
) -> Pipeline:
    """The signal as Wav2Vec2, HuBERT, WavLM and their kin take it, as ``Wav2Vec2FeatureExtractor``.

    Sets Samples, Precision and Standardise. Checked against transformers 5.23: the same bits.

    Parameters
    ----------
    feature_size : int
        Without effect; upstream can't fill up signals where it isn't 1.
    sampling_rate : int
        Of the signal, in Hz; without effect.
    padding_value : float
        What :func:`extract` fills shorter ones of several signals up with; here without effect.
    return_attention_mask : bool
        Masks are given by :func:`extract`; here without effect.
    do_normalize : bool
        To mean 0 and variance 1.
    padding_side : str
        Of padding in :func:`extract`; here without effect.

    Examples
    --------
    >>> import numpy as np
    >>> wav2vec2()(np.array([0.0, 0.5], np.float32)).round(3)
    array([-1.,  1.], dtype=float32)
    """
    return _waveform(do_normalize)


def parakeet(
    feature_size: int = 80,
    sampling_rate: int = 16000,
    hop_length: int = 160,
    n_fft: int = 512,
    win_length: int = 400,
    preemphasis: float | None = 0.97,
    padding_value: float = 0.0,
    return_attention_mask: bool = True,
    padding_side: str = "right",
) -> Pipeline:
    """The normalised log mel energies of Parakeet models (NeMo's), as ``ParakeetFeatureExtractor``.

    Sets Samples, Precision, PreEmphasis, Frames, Window, PowerSpectrum, MelBank, Log, Standardise and Pad. Checked against
    transformers 5.23 on PyTorch, its only path: to 8.5e-5, three times what its float32 differs from its own code in float64
    on the same recording. (A stationary signal, whose bands vary by rounding errors alone, is normalised to noise there.)

    Parameters
    ----------
    feature_size : int
        Mel bands.
    sampling_rate : int
        Of the signal, in Hz.
    hop_length, n_fft, win_length : int
        From one frame to the next, Fourier transform, and window within it, in samples; n_fft is even.
    preemphasis : float or None
        How much of the sample before is taken off; None: nothing is done.
    padding_value : float
        What :func:`extract` fills shorter ones of several signals up with; here without effect.
    return_attention_mask : bool
        Without effect, as upstream, which always gives a mask.
    padding_side : str
        Of padding in :func:`extract`; here without effect.

    Notes
    -----
    The last frame, centred behind the last whole hop, is masked upstream, and all zeros here as there.

    Raises
    ------
    ParameterError
        If n_fft is odd.

    Examples
    --------
    >>> import numpy as np
    >>> parakeet()(np.random.default_rng(0).standard_normal(16000)).shape
    (101, 80)
    """
    raised = [] if preemphasis is None else [PreEmphasis(preemphasis)]
    mels = _spectra.parakeet(feature_size, sampling_rate, hop_length, n_fft, win_length, "per-hop")
    return pipeline(
        Samples(), Precision("float32"), *raised, mels, _PARAKEET_BANDS, Precision("float32"), Pad(0, 1, "zero")
    )


def _waveform(do_normalize: bool) -> Pipeline:
    return pipeline(Samples(), Precision("float32"), *([_UNIT_VARIANCE] if do_normalize else []))


def _cmvn(wanted: bool, means: bool, variances: bool) -> list[Stage]:
    return (
        [Standardise(mean=bool(means), variance=bool(variances), pairwise=False)]
        if wanted and (means or variances)
        else []
    )


def _only_right(name: str, padding_side: str) -> None:
    if padding_side != "right":
        raise ParameterError(
            f"{name}: padding_side={padding_side!r} can't be honoured in a pipeline, which meets the end of a signal last; "
            "presets.huggingface.extract does it"
        )


def _known_padding(name: str, padding: str | bool) -> None:
    if padding not in (True, False, "longest", "max_length", "do_not_pad"):
        raise ParameterError(
            f"{name}: padding must be 'max_length', 'longest', 'do_not_pad', True or False, got {padding!r}"
        )


def _cut(truncation: bool, length: int) -> list[Stage]:
    return [AtMost(length, longer="cut")] if truncation else []


def _fill(padding: str | bool, length: int, multiple: int | None, value: float) -> list[Stage]:
    """What is put behind one signal; padding to the longest of one is no padding, but for the multiple."""
    if padding == "max_length":
        return [FillUp(length, value=value)]
    return [FillUp(multiple=multiple, value=value)] if padding in (True, "longest") and multiple else []


_PRESETS = {
    preset.__name__: preset for preset in (whisper, ast, clap, speech2text, seamless_m4t, speecht5, wav2vec2, parakeet)
} | _images.PRESETS
