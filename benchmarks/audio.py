"""Sound: the pairs of the speed table, the cost of short clips, and other FFT libraries under the same code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import scipy.fft

import featkit
from benchmarks.report import Asked, Section, pairs_sections
from benchmarks.signals import RATE, clips, recorded, span, speechlike
from benchmarks.timing import Calls, Limit, Pair, clocked, no_collection
from featkit.presets import kaldi, librosa, python_speech_features, torchaudio, whisper
from featkit.presets.parity import PARITY

MUSIC_RATE = 22050


class Sizes(NamedTuple):
    """How much of everything there is, in seconds and clips."""

    short: float = 10
    long: float = 600
    hour: float = 3600
    clips: int = 2000


QUICK = Sizes(long=60, hour=300, clips=200)
Make = Callable[..., np.ndarray]


def sections(asked: Asked) -> Iterator[Section]:
    """Everything about sound that is a ratio."""
    sizes = QUICK if asked.quick else Sizes()
    yield from pairs_sections(pairs(sizes), asked)
    if asked.wants("one second"):
        yield one_second(sizes, asked.budget.fewest)
    yield from pairs_sections(backends(sizes), asked)


def pairs(sizes: Sizes) -> list[Pair]:
    """Every pair of the table, one family after the other."""
    return [*fbank(sizes), *log_mel(), *mfcc(sizes), *many_clips(sizes)]


def limit(preset: str) -> Limit:
    """The one that the tests hold the preset to."""
    return Limit(PARITY[preset].limit, PARITY[preset].relative, log_bands=preset == "kaldi/fbank")


# --- Kaldi's filterbank, and python_speech_features ---------------------------------------------------------------------

KNF, TORCHAUDIO, PSF = ("kaldi_native_fbank",), ("torch", "torchaudio"), ("python_speech_features",)
OTHER_RECIPE = "python_speech_features, another recipe, not compared"


def fbank(sizes: Sizes) -> Iterator[Pair]:
    """Kaldi's log mel filterbank, 80 filters."""
    work, real = f"{span(sizes.short)}, 16 kHz, Kaldi fbank 80", f"{span(sizes.short)} of speech.wav, Kaldi fbank 80"
    hour = f"{span(sizes.hour)}, 16 kHz, Kaldi fbank 80"
    ours, same, short = "kaldi/fbank", limit("kaldi/fbank"), sizes.short
    array, compliance = "kaldi-native-fbank, array in", "torchaudio.compliance.kaldi"
    yield Pair(work, array, ours, KNF, _knf(speechlike, short, np.asarray), same, 9, 13)
    yield Pair(work, "kaldi-native-fbank, list in", ours, KNF, _knf(speechlike, short, np.ndarray.tolist), same, 8, 11)
    yield Pair(work, "kaldi-native-fbank, engine alone", ours, KNF, _knf_engine(short), same, 2, 2.6)
    yield Pair(work, compliance, ours, TORCHAUDIO, _compliance(speechlike, short), same, 3, 4.3)
    yield Pair(work, OTHER_RECIPE, ours, PSF, _psf(short, kaldi.fbank(num_mel_bins=80)), None, 5, 7)
    yield Pair(real, array, ours, KNF, _knf(recorded, short, np.asarray), same, 9, 13)
    yield Pair(real, compliance, ours, TORCHAUDIO, _compliance(recorded, short), same, 3, 4.3)
    yield Pair(hour, compliance, ours, TORCHAUDIO, _compliance(speechlike, sizes.hour), same, 7, 10)
    yield Pair(hour, array, ours, KNF, _knf(speechlike, sizes.hour, np.asarray), same)
    work, ours = f"{span(short)}, 16 kHz, python_speech_features' log fbank 80", "python_speech_features/logfbank"
    theirs = _psf(short, python_speech_features.logfbank(nfilt=80))
    yield Pair(work, "python_speech_features", ours, PSF, theirs, limit(ours), 5, 7)


def _knf(make: Make, seconds: float, hand_in: Callable[[np.ndarray], Any]) -> Callable[[], Calls]:
    def build() -> Calls:
        samples, ours = make(seconds), kaldi.fbank(num_mel_bins=80)
        given = samples * np.float32(32768)
        return Calls(lambda: ours(samples), lambda: _knf_rows(_knf_fed(_knf_made(), hand_in(given))))

    return build


def _knf_engine(seconds: float) -> Callable[[], Calls]:
    """Without the features' way out, and less a call that takes the samples in and computes nothing.

    The latter has frames that are longer than the signal; its tables are made before the clock starts.
    """

    def build() -> Calls:
        samples, ours = speechlike(seconds), kaldi.fbank(num_mel_bins=80)
        given = (samples * 32768).tolist()

        def only_taken_in() -> Callable[[], Any]:
            made = _knf_made(frame_ms=1000 * seconds + 1)
            return lambda: _knf_fed(made, given)

        return Calls(lambda: ours(samples), lambda: _knf_fed(_knf_made(), given), _knf_rows, only_taken_in)

    return build


def _knf_made(frame_ms: float = 25.0) -> Any:
    import kaldi_native_fbank

    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.dither, options.frame_opts.frame_length_ms, options.mel_opts.num_bins = 0.0, frame_ms, 80
    return kaldi_native_fbank.OnlineFbank(options)


def _knf_fed(online: Any, given: Any) -> Any:
    online.accept_waveform(RATE, given)
    online.input_finished()
    return online


def _knf_rows(online: Any) -> np.ndarray:
    return np.stack([online.get_frame(row) for row in range(online.num_frames_ready)])


def _compliance(make: Make, seconds: float) -> Callable[[], Calls]:
    def build() -> Calls:
        samples, ours = make(seconds), kaldi.fbank(num_mel_bins=80)
        given = _torch().from_numpy(samples * np.float32(32768))[None]
        return Calls(lambda: ours(samples), lambda: _compliance_fbank(given))

    return build


def _torch() -> Any:
    import torch

    torch.set_num_threads(1)
    return torch


def _compliance_fbank(given: Any) -> np.ndarray:
    from torchaudio.compliance.kaldi import fbank

    return fbank(given, num_mel_bins=80, dither=0.0).numpy()


def _psf(seconds: float, ours: featkit.Stage) -> Callable[[], Calls]:
    """It is given 16-bit integers, as it mostly is; ours the same samples as floats."""

    def build() -> Calls:
        from python_speech_features import logfbank

        samples = speechlike(seconds)
        given = (samples * 32768).astype(np.int16)
        return Calls(lambda: ours(samples), lambda: logfbank(given, nfilt=80))

    return build


# --- Whisper's log mel spectrogram --------------------------------------------------------------------------------------


def log_mel() -> Iterator[Pair]:
    """The input of Whisper: always 30 s."""
    work, ours = "30 s, 16 kHz, Whisper log-mel 80", "whisper/log_mel_spectrogram"
    own, hf = limit(ours), limit("huggingface/whisper")
    openai, transformers, faster = ("torch", "whisper"), ("torch", "transformers"), ("faster_whisper",)
    yield Pair(work, "openai-whisper", ours, openai, _openai(speechlike), own, 1.8, 2.4)
    yield Pair(
        "30 s of speech.wav, Whisper log-mel 80", "openai-whisper", ours, openai, _openai(recorded), own, 1.8, 2.4
    )
    yield Pair(work, "transformers, torch path", ours, transformers, _transformers("torch"), hf, 2, 2.8)
    yield Pair(work, "transformers, `__call__`", ours, transformers, _transformers("call"), hf)
    yield Pair(work, "transformers, NumPy path", ours, transformers, _transformers("numpy"), hf, 8, 11)
    bits = _transformers("numpy", featkit.presets.huggingface.whisper())
    yield Pair(work, "transformers, NumPy path, to its bits", "huggingface/whisper", transformers, bits, hf)
    yield Pair(work, "faster-whisper", ours, faster, _faster_whisper, own, 2.3, 3.2)


def _openai(make: Make) -> Callable[[], Calls]:
    def build() -> Calls:
        import whisper as openai

        _torch()
        samples, ours = make(30), whisper.log_mel_spectrogram()
        return Calls(lambda: ours(samples), lambda: openai.log_mel_spectrogram(samples), lambda made: made.numpy().T)

    return build


def _transformers(path: str, ours: featkit.Stage | None = None) -> Callable[[], Calls]:
    def build() -> Calls:
        from transformers import WhisperFeatureExtractor

        _torch()
        samples, theirs, mine = speechlike(30), WhisperFeatureExtractor(), ours or whisper.log_mel_spectrogram()
        run = {
            "torch": lambda: theirs._torch_extract_fbank_features(samples[None]),
            "call": lambda: theirs(samples, sampling_rate=RATE, return_tensors="np")["input_features"],
            "numpy": lambda: theirs._np_extract_fbank_features(samples[None], "cpu"),
        }[path]
        return Calls(lambda: mine(samples), run, lambda made: np.asarray(made).squeeze().T)

    return build


def _faster_whisper() -> Calls:
    from faster_whisper.feature_extractor import FeatureExtractor

    samples, theirs, ours = speechlike(30), FeatureExtractor(), whisper.log_mel_spectrogram()
    return Calls(lambda: ours(samples), lambda: theirs(samples, padding=0), lambda made: np.asarray(made).T)


# --- MFCCs of music -----------------------------------------------------------------------------------------------------


def mfcc(sizes: Sizes) -> Iterator[Pair]:
    """20 coefficients of 128 mel bands, frames of 2048 samples."""
    work = f"{span(sizes.long)}, 22.05 kHz, MFCC 20"
    needs, same = ("librosa",), limit("librosa/mfcc")
    real = f"{span(sizes.long)} of speech.wav, MFCC 20"
    for of, make in ((work, speechlike), (real, recorded)):
        single = _librosa(make, sizes.long, transform="float32")
        yield Pair(of, "librosa", "librosa/mfcc, transform='float32'", needs, single, same, 3.1, 4.2)
        yield Pair(of, "librosa", "librosa/mfcc", needs, _librosa(make, sizes.long), same)
    ours = "torchaudio/MFCC"
    yield Pair(
        work, "torchaudio.transforms.MFCC", ours, TORCHAUDIO, _torchaudio_mfcc(sizes.long), limit(ours), 4.2, 5.7
    )


def _librosa(make: Make, seconds: float, **options: Any) -> Callable[[], Calls]:
    def build() -> Calls:
        from librosa.feature import mfcc

        samples, ours = make(seconds, MUSIC_RATE), librosa.mfcc(sr=MUSIC_RATE, **options)
        return Calls(lambda: ours(samples), lambda: mfcc(y=samples, sr=MUSIC_RATE), np.transpose)

    return build


def _torchaudio_mfcc(seconds: float) -> Callable[[], Calls]:
    def build() -> Calls:
        from torchaudio.transforms import MFCC

        options = {"n_mfcc": 20, "melkwargs": {"n_fft": 2048, "hop_length": 512, "n_mels": 128}}
        samples, ours = speechlike(seconds, MUSIC_RATE), torchaudio.MFCC(MUSIC_RATE, **options)
        theirs, given = MFCC(MUSIC_RATE, **options), _torch().from_numpy(samples)
        return Calls(lambda: ours(samples), lambda: theirs(given), lambda made: made.numpy().T)

    return build


# --- many clips ---------------------------------------------------------------------------------------------------------


def many_clips(sizes: Sizes) -> Iterator[Pair]:
    """Kaldi's filterbank of every clip of a data set: featkit's ``map`` of the list, the peer's call on each."""
    work = f"{sizes.clips:,} clips of 1-4 s, Kaldi fbank 80"
    ours, name, same = kaldi.fbank(num_mel_bins=80), "kaldi/fbank", limit("kaldi/fbank")

    def against(given: Callable[[np.ndarray], Any], theirs: Callable[[Any], Any]) -> Callable[[], Calls]:
        def build() -> Calls:
            samples = clips(sizes.clips)
            peers = _Rows(theirs, [given(clip * np.float32(32768)) for clip in samples])
            return Calls(lambda: _Many(ours.map(samples)), peers)

        return build

    def knf(given: np.ndarray) -> np.ndarray:
        return _knf_rows(_knf_fed(_knf_made(), given))

    def tensor(clip: np.ndarray) -> Any:
        return _torch().from_numpy(clip)[None]

    def psf(given: np.ndarray) -> np.ndarray:
        return import_module("python_speech_features").logfbank(given, nfilt=80)

    yield Pair(work, "kaldi-native-fbank, array in", name, KNF, against(np.asarray, knf), same, 7, 10)
    yield Pair(work, "torchaudio.compliance.kaldi", name, TORCHAUDIO, against(tensor, _compliance_fbank), same, 3, 4)
    yield Pair(work, OTHER_RECIPE, name, PSF, against(lambda clip: clip.astype(np.int16), psf), None)


class _Rows:
    """A call on each of many inputs; all the rows below each other where they are asked for, which is the gate."""

    def __init__(self, call: Callable[[Any], np.ndarray], given: list[Any]) -> None:
        self.call, self.given = call, given

    def __call__(self) -> Any:
        return _Many([self.call(item) for item in self.given])


class _Many(list):
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.concatenate([*self])


# --- short clips --------------------------------------------------------------------------------------------------------


def one_second(sizes: Sizes, rounds: int) -> Section:
    """What a clip of a second costs, as a multiple of a second's share of a long signal."""
    rows, problems = [], []
    for name, ours, rate in (
        ("kaldi/fbank, 80 filters", kaldi.fbank(num_mel_bins=80), RATE),
        ("whisper/log_mel_spectrogram, clamp=False", whisper.log_mel_spectrogram(clamp=False), RATE),
        ("librosa/mfcc", librosa.mfcc(sr=MUSIC_RATE), MUSIC_RATE),
    ):
        whole = speechlike(sizes.long, rate)
        short = [whole[at : at + rate].copy() for at in range(0, 40 * rate, rate)]
        times = _shares(ours, whole, short, 3 * rounds) / [len(short), sizes.long]
        low, multiple, high = np.percentile(times[:, 0] / times[:, 1], [25, 50, 75])
        word = "held" if multiple < 1.5 else "ABOVE 1.5"
        clip, share = np.median(times, axis=0) * 1e3
        rows.append((name, f"**{multiple:.2f}** ({low:.2f}-{high:.2f})", f"{clip:.3f}", f"{share:.3f}", word))
        if multiple >= 1.5:
            problems.append(f"one second of {name} costs {multiple:.2f} times its share, 1.5 is the limit")
    text = (
        f"A clip of one second against a second's share of {span(sizes.long)}, each timed in turn; forty different clips "
        "make a round. The multiple has to be below 1.5."
    )
    head = ("preset", "multiple (quartiles)", "clip ms", "share ms", "")
    return Section("One second", text, head, rows, problems)


def _shares(ours: featkit.Stage, whole: np.ndarray, short: list[np.ndarray], rounds: int) -> np.ndarray:
    each, _ = _Rows(ours, short), ours(whole)
    each()
    with no_collection():
        return np.array([(clocked(each), clocked(lambda: ours(whole))) for _ in range(rounds)])


# --- other FFT libraries ------------------------------------------------------------------------------------------------


def backends(sizes: Sizes) -> Iterator[Pair]:
    """Featkit with ``scipy.fft.set_backend``, against featkit without it."""
    for library, module in (("pyFFTW", "pyfftw.interfaces.scipy_fft"), ("mkl_fft", "mkl_fft.interfaces.scipy_fft")):
        for preset, ours, seconds, rate in (
            ("kaldi/fbank", kaldi.fbank(num_mel_bins=80), sizes.short, RATE),
            ("whisper/log_mel_spectrogram", whisper.log_mel_spectrogram(), 30, RATE),
            ("librosa/mfcc", librosa.mfcc(sr=MUSIC_RATE), sizes.long, MUSIC_RATE),
        ):
            work, build = f"scipy.fft.set_backend with {library}", _with_backend(module, ours, seconds, rate)
            yield Pair(work, f"SciPy's own FFT, {span(seconds)}", preset, (module,), build, limit(preset))


def _with_backend(module: str, ours: featkit.Stage, seconds: float, rate: int) -> Callable[[], Calls]:
    def build() -> Calls:
        samples, backend = speechlike(seconds, rate), import_module(module)
        if module.startswith("pyfftw"):
            import_module("pyfftw.interfaces.cache").enable()  # else it plans anew for every call

        def replaced() -> np.ndarray:
            with scipy.fft.set_backend(backend):
                return ours(samples)

        return Calls(replaced, lambda: ours(samples))

    return build
