"""The MFCC road, live against python_speech_features and librosa, wherever their parameters can be made featkit's.

Hypothesis draws the options and the signal. Signals have a noise floor: what a peer makes of the rounding errors in an
otherwise empty bin is no feature.
"""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import featkit

with warnings.catch_warnings():  # what the peers' own imports warn of is not ours to repair
    warnings.simplefilter("ignore")
    import librosa
    import python_speech_features as psf

# Both compute in float64 with another FFT and another order of summation: some 10 rounding errors of 2e-16, seen through
# a logarithm (absolute error = relative error of the energy), in bins up to 1e4 times weaker than the loudest.
DOUBLE = 1e-10
# librosa computes in float32 from the samples on (another FFT, a BLAS sum over the bins): rounding errors of 6e-8,
# relative to the largest value.
SINGLE = 2e-6


def signal_of(seed, n, dtype=np.float64):
    """Two tones over noise. The tones lie in every band drawn below: rounding errors go with the loudest bin of all."""
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    tones = 0.3 * np.sin(t * rng.uniform(0.2, 0.9)) + 0.1 * np.sin(t * rng.uniform(0.2, 0.9))
    return (tones + 0.01 * rng.standard_normal(n)).astype(dtype)


def assert_close(got, expected, relative):
    """Relative to the largest value."""
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=0, atol=relative * max(1e-300, np.abs(expected).max()))


# --- python_speech_features -------------------------------------------------------------------------------------------


class BinSum(featkit.Pointwise):
    """The sum of a row, which is python_speech_features' energy."""

    name = "bin_sum"
    shape = "frame bin -> frame energy"

    def row_shape(self, row):
        return (1,)

    def apply(self, rows):
        return featkit.numeric.row_sum(rows)


def round_half_up(x):
    return int(np.floor(x + 0.5))  # Python's round() goes to the even neighbour


def psf_spectra(rate, winlen, winstep, nfft, preemph, window):
    """Their spectra are these divided by nfft, which the reference of the logarithm makes up for."""
    return (
        featkit.PreEmphasis(preemph, first="zero")
        | featkit.Frames(round_half_up(winlen * rate), round_half_up(winstep * rate), edges="end", fill="zero")
        | featkit.Window(window)
        | featkit.PowerSpectrum(nfft)
    )


def psf_bank(rate, nfilt, nfft, lowfreq, highfreq):
    return featkit.MelBank(nfilt, rate, lowfreq, highfreq or None, edges="bin", n_fft=nfft)


def psf_log(nfft):
    return featkit.Log("e", floor=np.finfo(float).eps * nfft, reference=nfft)


psf_options = {
    "seed": st.integers(0, 2**32 - 1),
    "n": st.integers(1, 4000),
    "rate": st.sampled_from([8000, 11025, 16000]),
    "winlen": st.sampled_from([0.01, 0.02, 0.0253]),
    "winstep": st.sampled_from([0.005, 0.01, 0.0301]),
    "nfilt": st.integers(13, 30),
    "nfft": st.sampled_from([512, 600, 777, 1024]),
    "lowfreq": st.sampled_from([0, 20, 133.3]),
    "highfreq": st.sampled_from([None, 3400, 4000]),
    "preemph": st.sampled_from([0, 0.95, 0.97]),
    "winfunc": st.sampled_from([("rectangular", lambda n: np.ones((n,))), ("hamming", np.hamming)]),
}
# These end in 0 (blackman in -1e-17), and a last frame can be filled up but for its first sample: energies below float64's
# eps then. python_speech_features replaces an energy of exactly 0 by eps, and featkit's floor raises all below it.
ending_in_zero = st.sampled_from([("hann", np.hanning), ("blackman", np.blackman)])
# Filters that fall between two bins are empty in both; featkit says so.
narrow = pytest.mark.filterwarnings("ignore:.* mel filters .* stay empty")


@narrow
@given(**psf_options | {"n": st.integers(450, 4000), "winfunc": psf_options["winfunc"] | ending_in_zero})
def test_psf_fbank(seed, n, rate, winlen, winstep, nfilt, nfft, lowfreq, highfreq, preemph, winfunc):
    signal = signal_of(seed, n)
    kind, function = winfunc
    expected, energy = psf.fbank(signal, rate, winlen, winstep, nfilt, nfft, lowfreq, highfreq, preemph, function)
    spectra = psf_spectra(rate, winlen, winstep, nfft, preemph, kind)(signal)
    got = np.maximum(psf_bank(rate, nfilt, nfft, lowfreq, highfreq)(spectra) / nfft, np.finfo(float).eps)
    assert_close(got, expected, DOUBLE)
    assert_close(BinSum()(spectra)[:, 0] / nfft, energy, DOUBLE)


@narrow
@given(**{name: option for name, option in psf_options.items() if name != "winfunc"})
def test_psf_logfbank(seed, n, rate, winlen, winstep, nfilt, nfft, lowfreq, highfreq, preemph):
    signal = signal_of(seed, n)
    expected = psf.logfbank(signal, rate, winlen, winstep, nfilt, nfft, lowfreq, highfreq, preemph)
    stage = (
        psf_spectra(rate, winlen, winstep, nfft, preemph, "rectangular")
        | psf_bank(rate, nfilt, nfft, lowfreq, highfreq)
        | psf_log(nfft)
    )
    assert_close(stage(signal), expected, DOUBLE)


@narrow
@given(numcep=st.integers(1, 13), ceplifter=st.sampled_from([0, 10, 22]), energy=st.booleans(), **psf_options)
def test_psf_mfcc(
    seed, n, rate, winlen, winstep, nfilt, nfft, lowfreq, highfreq, preemph, winfunc, numcep, ceplifter, energy
):
    signal = signal_of(seed, n)
    kind, function = winfunc
    expected = psf.mfcc(
        signal, rate, winlen, winstep, numcep, nfilt, nfft, lowfreq, highfreq, preemph, ceplifter, energy, function
    )
    spectra = psf_spectra(rate, winlen, winstep, nfft, preemph, kind)
    bank = psf_bank(rate, nfilt, nfft, lowfreq, highfreq)
    cepstra = bank | psf_log(nfft) | featkit.Dct(numcep) | featkit.Lifter(ceplifter)
    with_energy = spectra | featkit.Join((BinSum() | psf_log(nfft), cepstra))
    got = np.delete(
        with_energy(signal), 1 if energy else 0, axis=1
    )  # the energy takes the place of the zeroth coefficient
    assert_close(got, expected, DOUBLE)


def test_psf_mfcc_of_speech(speech):
    signal = speech.astype(np.float64)
    stage = (
        psf_spectra(16000, 0.025, 0.01, 512, 0.97, "hamming")
        | psf_bank(16000, 26, 512, 0, None)
        | psf_log(512)
        | featkit.Dct(13)
        | featkit.Lifter(22)
    )
    assert_close(stage(signal), psf.mfcc(signal, appendEnergy=False, winfunc=np.hamming), DOUBLE)


def test_psf_of_silence():
    """Exact zeros become float64's eps in both."""
    stage = psf_spectra(16000, 0.025, 0.01, 512, 0.97, "rectangular") | psf_bank(16000, 26, 512, 0, None) | psf_log(512)
    assert_close(stage(np.zeros(2000)), psf.logfbank(np.zeros(2000)), DOUBLE)


# --- librosa ----------------------------------------------------------------------------------------------------------

PADS = {"constant": "zero", "reflect": "reflect", "edge": "edge", "symmetric": "mirror"}


def librosa_frames(n_fft, hop, win_length, center, pad_mode):
    """One frame has n_fft samples; a shorter window is centred in it."""
    where = ("centre", PADS[pad_mode]) if center else ("snip",)
    return featkit.Frames(n_fft, hop, *where) | featkit.Window("hann", periodic=True, length=win_length)


both = pytest.mark.parametrize(
    ("dtype", "limit"), [(np.float32, SINGLE), (np.float64, 1e-12)], ids=["float32", "float64"]
)
stft_options = {
    "seed": st.integers(0, 2**32 - 1),
    "n": st.integers(1025, 6000),  # reflect in librosa needs more than n_fft // 2 samples, no warning more than n_fft
    "n_fft": st.sampled_from([256, 400, 512, 1024]),
    "hop": st.sampled_from([64, 160, 200, 512]),
    "shorter": st.sampled_from([0, 1, 50, 111]),
    "center": st.booleans(),
    "pad_mode": st.sampled_from(list(PADS)),
}


@both
@given(**stft_options)
def test_librosa_stft(dtype, limit, seed, n, n_fft, hop, shorter, center, pad_mode):
    # There librosa takes a wrong sample when it reflects the end (see presets.librosa.stft).
    assume(not (center and pad_mode == "reflect" and n_fft % 2 == 0 and 2 * hop >= n_fft and n % hop == 0))
    signal = signal_of(seed, n, dtype)
    win_length = n_fft - shorter
    expected = librosa.stft(
        signal, n_fft=n_fft, hop_length=hop, win_length=win_length, center=center, pad_mode=pad_mode
    ).T
    frames = librosa_frames(n_fft, hop, win_length, center, pad_mode)
    assert_close((frames | featkit.Spectrum())(signal), expected, limit)
    assert_close((frames | featkit.MagnitudeSpectrum())(signal), np.abs(expected), limit)


@pytest.mark.parametrize("window", ["hann", "hamming", "blackman", "bartlett", ("kaiser", 14.0), "boxcar"])
def test_librosa_windows(window):
    signal = signal_of(1, 4000)
    expected = np.abs(librosa.stft(signal, n_fft=512, window=window)).T
    kind = {"boxcar": "rectangular"}.get(window, window[0] if isinstance(window, tuple) else window)
    stage = (
        featkit.Frames(512, 128, "centre", "zero") | featkit.Window(kind, periodic=True) | featkit.MagnitudeSpectrum()
    )
    assert_close(stage(signal), expected, 1e-12)


def librosa_bank(sr, n_fft, n_mels, fmin, fmax, htk, norm):
    return featkit.MelBank(
        n_mels, sr, fmin, fmax, "htk" if htk else "slaney", norm="area" if norm else "none", n_fft=n_fft
    )


mel_options = {
    "sr": st.sampled_from([8000, 16000, 22050]),
    "n_mels": st.integers(5, 30),
    "fmin": st.sampled_from([0.0, 20.0, 125.5]),
    "fmax": st.sampled_from([None, 3999.0, 3500.0]),
    "htk": st.booleans(),
    "norm": st.sampled_from([None, "slaney"]),
}


@given(n_fft=st.sampled_from([512, 1023, 2048]), **mel_options)
def test_librosa_mel_weights(sr, n_fft, n_mels, fmin, fmax, htk, norm):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Empty filters detected")
        expected = librosa.filters.mel(
            sr=sr, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax, htk=htk, norm=norm, dtype=np.float64
        )
    bank = librosa_bank(sr, n_fft, n_mels, fmin, fmax, htk, norm)
    weights = featkit.mel_weights(*(bank.fields()[name] for name in (
        "n_mels", "rate", "n_fft", "low_hz", "high_hz", "scale", "triangles", "norm"
    )))  # fmt: skip
    assert_close(weights, expected, 1e-12)


@both
@given(power=st.sampled_from([1.0, 2.0]), seed=st.integers(0, 2**32 - 1), **mel_options)
def test_librosa_melspectrogram(dtype, limit, power, seed, sr, n_mels, fmin, fmax, htk, norm):
    signal = signal_of(seed, 6000, dtype)
    expected = librosa.feature.melspectrogram(
        y=signal, sr=sr, n_fft=1024, hop_length=256, power=power, n_mels=n_mels, fmin=fmin, fmax=fmax, htk=htk, norm=norm,
        dtype=dtype,
    ).T  # fmt: skip
    spectrum = featkit.PowerSpectrum() if power == 2 else featkit.MagnitudeSpectrum()
    bank = librosa_bank(sr, 1024, n_mels, fmin, fmax, htk, norm)
    assert_close((librosa_frames(1024, 256, None, True, "constant") | spectrum | bank)(signal), expected, limit)


@both
@given(seed=st.integers(0, 2**32 - 1), amin=st.sampled_from([1e-10, 1e-3]), ref=st.sampled_from([1.0, 0.5, 20.0]))
def test_librosa_power_to_db(dtype, limit, seed, amin, ref):
    power = np.random.default_rng(seed).exponential(size=(9, 40)).astype(dtype) ** 4
    power[2] = 0
    expected = librosa.power_to_db(power, ref=ref, amin=amin, top_db=None)
    assert_close(featkit.Log("dB", floor=amin, reference=ref)(power), expected, limit)


mfcc_options = {
    "n_mfcc": st.integers(1, 20),
    "dct_type": st.sampled_from([1, 2, 3]),
    "norm": st.sampled_from(["ortho", None]),
    "lifter": st.sampled_from([0, 22, 13.5]),
}


@both
@given(seed=st.integers(0, 2**32 - 1), **mfcc_options)
def test_librosa_mfcc(dtype, limit, seed, n_mfcc, dct_type, norm, lifter):
    log = np.random.default_rng(seed).uniform(-80, 20, (7, 40)).astype(dtype)
    # librosa can't have its slaney-normalised DCT-I without norm; SciPy's scaling is what remains
    expected = librosa.feature.mfcc(S=log.T, n_mfcc=n_mfcc, dct_type=dct_type, norm=norm, lifter=lifter).T
    stage = featkit.Dct(n_mfcc, dct_type, ortho=norm == "ortho") | featkit.Lifter(lifter, first=1)
    assert_close(stage(log), expected, limit)


def librosa_mfcc(sr, n_mfcc, n_mels, htk, **frames):
    return (
        librosa_frames(**frames)
        | featkit.PowerSpectrum()
        | librosa_bank(sr, frames["n_fft"], n_mels, 0.0, None, htk, "slaney")
        | featkit.Log("dB", floor=1e-10)
        | featkit.Dct(n_mfcc)
    )


@settings(max_examples=max(2, settings().max_examples // 2))
@given(
    seed=st.integers(0, 2**32 - 1), n_mels=st.integers(20, 40), n_mfcc=st.integers(1, 20), htk=st.booleans(),
    center=st.booleans(),
)  # fmt: skip
def test_librosa_mfcc_from_the_signal(seed, n_mels, n_mfcc, htk, center):
    """In float64, by way of its parts: librosa.feature.mfcc clips at 80 dB below the peak, which is another stage."""
    signal = signal_of(seed, 6000)
    mel = librosa.feature.melspectrogram(
        y=signal, sr=16000, n_fft=1024, hop_length=200, n_mels=n_mels, htk=htk, center=center, dtype=np.float64
    )
    expected = librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=None), n_mfcc=n_mfcc).T
    stage = librosa_mfcc(
        16000, n_mfcc, n_mels, htk, n_fft=1024, hop=200, win_length=None, center=center, pad_mode="constant"
    )
    assert_close(stage(signal), expected, DOUBLE)


@both
def test_librosa_mfcc_of_speech(dtype, limit, speech):
    """From the samples to the coefficients. The recording ends in silence, so a little noise goes over it."""
    signal = (speech + signal_of(0, len(speech)) * 0.01).astype(dtype)
    mel = librosa.feature.melspectrogram(y=signal, sr=16000, n_fft=512, hop_length=160, n_mels=40, dtype=dtype)
    expected = librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=None), n_mfcc=13).T
    stage = librosa_mfcc(16000, 13, 40, False, n_fft=512, hop=160, win_length=None, center=True, pad_mode="constant")
    assert_close(stage(signal), expected, limit)
