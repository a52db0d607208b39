"""What an extractor's call returns: signals padded, masked and computed, arrays by name.

One function for each extractor; its keyword arguments are those of the extractor's call. Oddities of upstream that change
numbers are kept, and said beside the line that keeps them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from featkit.admission import as_samples
from featkit.audio.preemphasis import PreEmphasis
from featkit.errors import InputError, ParameterError, did_you_mean
from featkit.numeric import Array
from featkit.pipeline import Pipeline
from featkit.presets.huggingface import _spectra
from featkit.rows.standardise import Standardise

Batch = list[Array]
Outputs = dict[str, Array]

_UNIT_VARIANCE = Standardise(variance_offset=1e-7)
_SEAMLESS_BANDS = Standardise(ddof=1, variance_offset=1e-7)
_PARAKEET_OFFSET = 1e-5


class Extractor:
    """An extractor: the preset of its name, and the options of its constructor as attributes."""

    def __init__(self, preset: Callable[..., Pipeline], options: dict[str, Any]) -> None:
        self.preset, self.options = preset, options

    def __getattr__(self, name: str) -> Any:
        return self.options[name]

    def with_(self, **changes: Any) -> Extractor:
        """The same with other options."""
        return Extractor(self.preset, self.options | changes)

    def pipeline(self) -> Pipeline:
        """What the preset makes of the options."""
        return self.preset(**self.options)


def call(extractor: Extractor, samples: Any, asked: dict[str, Any]) -> Outputs:
    """Call an extractor on one signal or several."""
    name = extractor.preset.__name__
    known = list(inspect.signature(CALLS[name]).parameters)[2:]
    for option in asked:
        if option not in (*known, "sampling_rate", "return_tensors", "device"):
            hint = did_you_mean(option, known) or f"; it has {', '.join(known)}"
            raise ParameterError(f"the call of huggingface/{name} has no option {option!r}{hint}")
    rate = asked.pop("sampling_rate", None)
    if rate is not None and rate != extractor.sampling_rate:
        raise ParameterError(
            f"{name}: sampling_rate={rate} is not that of the extractor, {extractor.sampling_rate}; resample the signal"
        )
    for option, value in (("return_tensors", "np"), ("device", "cpu")):
        if asked.pop(option, value) != value:
            raise ParameterError(f"{name}: {option} can only be {value!r}; featkit gives NumPy arrays")
    return CALLS[name](extractor, signals(samples), **asked)


def signals(samples: Any) -> Batch:
    """One signal, or a list (or rows) of several, as a list."""
    several = np.ndim(samples) > 1 if isinstance(samples, np.ndarray) else len(samples) > 0 and np.ndim(samples[0]) > 0
    batch = [as_samples(signal) for signal in (samples if several else [samples])]
    if not batch:
        raise InputError("there is no signal; give one, or a list of at least one")
    return batch


# --- padding -----------------------------------------------------------------------------------------------------------


class Padded(SimpleNamespace):
    """Signals or frames of one length, where they were padded to one, and their masks."""

    rows: Any  # an array (batch, n, ...), or a list of arrays of different lengths
    masks: Any
    padding: bool


def pad(
    name: str,
    o: Extractor,
    batch: Batch,
    padding: bool | str,
    max_length: int | None,
    truncation: bool,
    pad_to_multiple_of: int | None,
) -> Padded:
    """Cut and fill up the rows of each input as SequenceFeatureExtractor.pad does."""
    if padding not in (True, False, "longest", "max_length", "do_not_pad"):
        raise ParameterError(
            f"{name}: padding must be 'max_length', 'longest', 'do_not_pad', True or False, got {padding!r}"
        )
    if o.padding_side not in ("right", "left"):
        raise ParameterError(f"{name}: padding_side must be 'right' or 'left', got {o.padding_side!r}")
    if max_length is None and (truncation or padding == "max_length"):
        raise ParameterError(f"{name}: truncation and padding='max_length' need a max_length")
    limit = None if max_length is None else _rounded_up(max_length, pad_to_multiple_of)
    batch = [rows[:limit] if truncation else rows for rows in batch]
    wanted = 0
    if padding in (True, "longest"):
        wanted = _rounded_up(max(map(len, batch)), pad_to_multiple_of)
    elif padding == "max_length" and limit is not None:
        wanted = limit
    filled = [_filled(rows, wanted, o.padding_side, o.padding_value) for rows in batch]
    masks = [_filled(np.ones(len(rows), np.int32), wanted, o.padding_side, 0) for rows in batch]
    return Padded(rows=stacked(filled), masks=stacked(masks), padding=padding not in (False, "do_not_pad"))


def _rounded_up(length: int, multiple: int | None) -> int:
    return length + -length % multiple if multiple else length


def _filled(rows: Array, length: int, side: str, value: float) -> Array:
    missing = max(0, length - len(rows))
    around = (0, missing) if side == "right" else (missing, 0)
    return np.pad(rows, [around] + [(0, 0)] * (rows.ndim - 1), constant_values=value)


def stacked(batch: list[Array]) -> Array:
    """One array where the lengths are the same; else, as upstream, an array of arrays."""
    if len({rows.shape for rows in batch}) == 1:
        return np.stack(batch)
    ragged = np.empty(len(batch), object)
    ragged[:] = batch
    return ragged


def _same_length(name: str, padded: Padded) -> None:
    if padded.rows.dtype == object:
        raise InputError(f"{name} takes signals of different lengths only with padding='longest' or 'max_length'")


def _by_first(stage: Standardise, rows: Array, length: int, value: float) -> Array:
    """Normalise by the first ``length`` rows and set what follows to ``value``, on whichever side the padding is."""
    if not length:
        return np.full_like(rows, value)
    out: Array = stage.settle([rows[:length]])(rows)
    out[length:] = value
    return out


def _unit_variance(padded: Padded, masks: Any, value: float) -> Array:
    """Signals to mean 0 and variance 1; without masks the padding counts as signal."""
    if masks is not None and padded.padding:
        _same_length("normalising by masks", padded)
    if masks is None:
        return stacked([_UNIT_VARIANCE(rows) for rows in padded.rows])
    return stacked(
        [_by_first(_UNIT_VARIANCE, rows, int(mask.sum()), value) for rows, mask in zip(padded.rows, masks, strict=True)]
    )


def _single(batch: Batch) -> Batch:
    return [signal.astype(np.float32, copy=False) for signal in batch]


# --- the extractors ----------------------------------------------------------------------------------------------------


def whisper(
    o: Extractor,
    batch: Batch,
    truncation: bool = True,
    pad_to_multiple_of: int | None = None,
    return_attention_mask: bool | None = None,
    padding: bool | str = "max_length",
    max_length: int | None = None,
    do_normalize: bool | None = None,
) -> Outputs:
    """``input_features`` (batch, mel, frame), and ``attention_mask`` if asked for."""
    length = max_length or o.chunk_length * o.sampling_rate
    padded = pad("whisper", o, _single(batch), padding, length, truncation, pad_to_multiple_of)
    _same_length("whisper", padded)
    rows = _unit_variance(padded, padded.masks, o.padding_value) if do_normalize else padded.rows
    mels = _spectra.whisper(o.feature_size, o.sampling_rate, o.hop_length, o.n_fft, o.dither)
    outputs = {"input_features": np.stack([mels(signal).T for signal in rows])}
    wanted = return_attention_mask or do_normalize
    if o.return_attention_mask if wanted is None else wanted:
        outputs["attention_mask"] = _per_frame(padded.masks, o.hop_length) if return_attention_mask else padded.masks
    return outputs


def _per_frame(masks: Array, hop: int) -> Array:
    """One value for each frame, in place of one for each sample (which upstream keeps unless its call is asked)."""
    return masks[:, ::hop][:, : -1 if masks.shape[1] % hop else None]


def ast(o: Extractor, batch: Batch) -> Outputs:
    """``input_values`` (batch, frame, mel)."""
    made = o.pipeline()
    return {"input_values": np.stack([made(signal) for signal in batch])}


def clap(
    o: Extractor,
    batch: Batch,
    truncation: str | None = None,
    padding: bool | str | None = None,
    max_length: int | None = None,
    seed: int | None = None,
) -> Outputs:
    """``input_features`` (batch, 4 or 1, frame, mel) and ``is_longer`` (batch, 1)."""
    seed = o.seed if seed is None else seed
    o = o.with_(
        truncation=o.truncation if truncation is None else truncation,
        padding=o.padding if padding is None or padding is True else padding,
        max_length=max_length or o.max_length or o.max_length_s * o.sampling_rate,
        seed=None,
    )
    fits, length = o.pipeline(), o.max_length
    random = None if seed is None else np.random.RandomState(seed)  # the one that upstream draws from
    features, longer = [], []
    for signal in batch:
        if len(signal) <= length:
            features.append(fits(signal)[None])
            longer.append(False)
            continue
        if random is None:
            raise InputError(
                f"clap draws parts at random from signals of more than {length} samples, and one has {len(signal)}; "
                "give a seed=..., or cut it"
            )
        made, is_longer = _clap_longer(o, fits, signal, length, random)
        features.append(made)
        longer.append(is_longer)
    if o.truncation == "fusion":
        features = [np.repeat(made, 4, axis=0) if len(made) == 1 else made for made in features]
        if not any(longer):  # upstream says of one of them, at random, that it is longer
            longer[0 if random is None else int(random.randint(0, len(longer)))] = True
    return {"input_features": np.stack(features), "is_longer": np.array(longer)[:, None]}


def _clap_longer(o: Extractor, fits: Any, signal: Array, length: int, random: Any) -> tuple[Array, bool]:
    """A random part of a longer signal, or three of its spectrogram beside the whole of it in small."""
    if o.truncation == "rand_trunc":
        begin = int(random.randint(0, len(signal) - length + 1))
        return fits(signal[begin : begin + length])[None], True
    if o.feature_size != 64:
        raise ParameterError(
            f"clap: feature_size must be 64 for truncation='fusion' of longer signals, as upstream; got {o.feature_size}"
        )
    mels = _spectra.clap(
        *(o.feature_size, o.sampling_rate, o.hop_length, o.fft_window_size, o.frequency_min, o.frequency_max),
        slaney=False,
    )(signal)
    frames = length // o.hop_length + 1
    if len(mels) == frames:
        return mels[None], False
    thirds = np.array_split(np.arange(len(mels) - frames + 1), 3)
    begins = [int(random.choice(third if len(third) else [0])) for third in thirds]
    return np.stack([_shrunk(mels, frames), *(mels[begin : begin + frames] for begin in begins)]), True


def _shrunk(rows: Array, n: int) -> Array:
    """``n`` rows between those given, on straight lines: torch's bilinear interpolation.

    In float32, where each product is added to something, and only then rounded, as torch's kernel does it.
    """
    scale = np.float32(len(rows)) / np.float32(n)
    place = np.maximum(np.float64(scale) * (np.arange(n) + 0.5) - 0.5, 0.0).astype(np.float32)
    below = place.astype(np.int64)
    above = np.minimum(below + 1, len(rows) - 1)
    share = (place - below.astype(np.float32))[:, None]
    shrunk: Array = ((np.float32(1) - share).astype(np.float64) * rows[below] + share * rows[above]).astype(np.float32)
    return shrunk


def speech2text(
    o: Extractor,
    batch: Batch,
    padding: bool | str = False,
    max_length: int | None = None,
    truncation: bool = False,
    pad_to_multiple_of: int | None = None,
    return_attention_mask: bool | None = None,
) -> Outputs:
    """``input_features`` (batch, frame, mel) and ``attention_mask``."""
    frames = _spectra.in_ms(o.sampling_rate)
    fbank = _spectra.kaldi(o.num_mel_bins, o.sampling_rate, "povey", 32768.0, o.dither, frames)
    padded = pad("speech2text", o, [fbank(x) for x in batch], padding, max_length, truncation, pad_to_multiple_of)
    features = padded.rows
    with_mask = return_attention_mask is None or return_attention_mask  # of the call: the constructor's is not asked
    if o.do_ceptral_normalize and padded.padding and not with_mask:
        raise ParameterError("speech2text: return_attention_mask=False leaves no mask to normalise padded signals by")
    if o.do_ceptral_normalize and (o.normalize_means or o.normalize_vars):
        cmvn = Standardise(mean=bool(o.normalize_means), variance=bool(o.normalize_vars), pairwise=False)
        if padded.padding:
            _same_length("speech2text", padded)
        features = stacked(
            [
                _by_first(cmvn, x, int(mask.sum()), o.padding_value)
                for x, mask in zip(features, padded.masks, strict=True)
            ]
        )
    return {"input_features": features} | ({"attention_mask": padded.masks} if with_mask else {})


def seamless_m4t(
    o: Extractor,
    batch: Batch,
    padding: bool | str = True,
    pad_to_multiple_of: int | None = 2,
    max_length: int | None = None,
    truncation: bool = False,
    return_attention_mask: bool | None = None,
    do_normalize_per_mel_bins: bool | None = True,
) -> Outputs:
    """``input_features`` (batch, stack, stride * mel) and ``attention_mask``."""
    fbank = _spectra.kaldi(o.num_mel_bins, o.sampling_rate, "povey", 32768.0)
    features = [_SEAMLESS_BANDS(fbank(x)) if do_normalize_per_mel_bins else fbank(x) for x in batch]
    padded = pad("seamless_m4t", o, features, padding, max_length, truncation, pad_to_multiple_of)
    _same_length("seamless_m4t", padded)
    frames = padded.rows.shape[1] - padded.rows.shape[1] % o.stride
    outputs = {"input_features": padded.rows[:, :frames].reshape(len(batch), frames // o.stride, -1)}
    if o.return_attention_mask if return_attention_mask is None else return_attention_mask:
        # The mask of the second frame of each stack; of single frames there is none, and no mask is left, as upstream.
        second = np.arange(frames) % o.stride == 1
        outputs["attention_mask"] = padded.masks[:, :frames][:, second]
    return outputs


def speecht5(
    o: Extractor,
    batch: Batch,
    padding: bool | str = False,
    max_length: int | None = None,
    truncation: bool = False,
    pad_to_multiple_of: int | None = None,
    return_attention_mask: bool | None = None,
    target: bool | None = None,
) -> Outputs:
    """``input_values`` (batch, sample) or, with ``target``, (batch, frame, mel), and ``attention_mask``."""
    if o.target if target is None else target:
        bands = (o.num_mel_bins, o.hop_length, o.win_length, o.win_function, o.fmin, o.fmax, o.mel_floor)
        mels = _spectra.speecht5(o.sampling_rate, *bands)
        rows = [mels(signal) for signal in batch]
        o = o.with_(do_normalize=False)
    else:
        rows = _single(batch)
    padded = pad("speecht5", o, rows, padding, max_length, truncation, pad_to_multiple_of)
    return _values(o, padded, return_attention_mask)


def wav2vec2(
    o: Extractor,
    batch: Batch,
    padding: bool | str = False,
    max_length: int | None = None,
    truncation: bool = False,
    pad_to_multiple_of: int | None = None,
    return_attention_mask: bool | None = None,
) -> Outputs:
    """``input_values`` (batch, sample), and ``attention_mask`` if the extractor gives one."""
    padded = pad("wav2vec2", o, _single(batch), padding, max_length, truncation, pad_to_multiple_of)
    return _values(o, padded, return_attention_mask)


def _values(o: Extractor, padded: Padded, return_attention_mask: bool | None) -> Outputs:
    with_mask = o.return_attention_mask if return_attention_mask is None else return_attention_mask
    values = padded.rows
    if o.do_normalize:
        values = _unit_variance(padded, padded.masks if with_mask and padded.padding else None, o.padding_value)
    return {"input_values": values} | ({"attention_mask": padded.masks} if with_mask else {})


def parakeet(
    o: Extractor,
    batch: Batch,
    truncation: bool = False,
    pad_to_multiple_of: int | None = None,
    return_attention_mask: bool | None = None,
    padding: bool | str = "longest",
    max_length: int | None = None,
) -> Outputs:
    """``input_features`` (batch, frame, mel) and ``attention_mask`` (True and False), which always comes."""
    lengths = np.array([len(signal) for signal in batch])
    padded = pad("parakeet", o, _single(batch), padding, max_length, truncation, pad_to_multiple_of)
    _same_length("parakeet", padded)
    rows = padded.rows
    if o.preemphasis is not None:
        inside = np.arange(rows.shape[1]) < lengths[:, None]  # from the left, on whichever side the padding is
        rows = np.where(inside, np.stack([PreEmphasis(o.preemphasis)(signal) for signal in rows]), np.float32(0))
    mels = _spectra.parakeet(o.feature_size, o.sampling_rate, o.hop_length, o.n_fft, o.win_length, "centre")
    # The lengths are those before truncation, as upstream.
    features = [_parakeet_bands(mels(signal), int(n) // o.hop_length) for signal, n in zip(rows, lengths, strict=True)]
    masks = np.arange(len(features[0])) < (lengths // o.hop_length)[:, None]
    return {"input_features": np.stack(features), "attention_mask": masks}


def _parakeet_bands(mels: Array, frames: int) -> Array:
    """Each band to mean 0 and variance 1 over the first ``frames``, even if there are not that many; the others to 0."""
    given = mels[:frames]
    out = np.zeros(mels.shape, np.float32)
    if len(given) == frames:
        out[:frames] = Standardise(ddof=1, deviation_offset=_PARAKEET_OFFSET)(given)
        return out
    mean = given.sum(axis=0) / frames
    deviation = np.sqrt(((given - mean) ** 2).sum(axis=0) / (frames - 1))
    out[:frames] = (given - mean) / (deviation + _PARAKEET_OFFSET)
    return out


CALLS: dict[str, Callable[..., Outputs]] = {
    function.__name__: function
    for function in (whisper, ast, clap, speech2text, seamless_m4t, speecht5, wav2vec2, parakeet)
}
