"""Loudness against pyloudnorm, the standard's own numbers, and loops written from BS.1770-4."""

import math
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

import featkit
from featkit.audio.loudness import k_filters

RATES = (8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 192000)


def tone(hz, rate, seconds=2.0, amplitude=1.0):
    return amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def recordings(shared):
    """All that are as long as a gating block, with as many channels as pyloudnorm takes."""
    audio = shared / "audio"
    for path in sorted([*audio.glob("*.*"), *audio.glob("fsdd/*.wav"), *audio.glob("zoo/*")]):
        try:
            samples, rate = soundfile.read(path, always_2d=True)
        except (soundfile.LibsndfileError, TypeError):
            continue
        if len(samples) >= 0.4 * rate and np.isfinite(samples).all() and samples.shape[1] <= 5:
            yield path, samples, rate


# --- the filters --------------------------------------------------------------------------------------------------------


def test_the_filters_at_48_khz_are_the_standards():
    """Tables 1 and 2 of BS.1770-4; their last digit is 1e-14."""
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585]
    high_pass = [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621]
    np.testing.assert_allclose(k_filters(48000.0), [shelf, high_pass], atol=1e-14)


def gain_db(sections, hz, rate):
    z = np.exp(-2j * np.pi * hz / rate)
    return sum(
        20 * np.log10(abs((b0 + b1 * z + b2 * z * z) / (a0 + a1 * z + a2 * z * z)))
        for b0, b1, b2, a0, a1, a2 in sections
    )


@pytest.mark.parametrize("rate", RATES)
def test_the_filters_at_other_rates_are_those_of_48_khz(rate):
    """The bilinear transform moves frequencies: little where they are far below half of the rate, where all is compared."""
    for hz in np.geomspace(10, rate / 10, 60):
        apart = gain_db(k_filters(float(rate)), hz, rate) - gain_db(k_filters(48000.0), hz, 48000)
        assert abs(apart) < (0.01 if rate >= 44100 else 0.1 if rate >= 16000 else 0.2), hz


@given(n=st.integers(0, 60), rate=st.sampled_from(RATES), seed=st.integers(0, 9))
def test_k_weighting(n, rate, seed):
    signal = np.random.default_rng(seed).standard_normal(n)
    expected = signal.tolist()
    for b0, b1, b2, _, a1, a2 in k_filters(float(rate)).tolist():
        out, x1, x2, y1, y2 = [], 0.0, 0.0, 0.0, 0.0
        for x in expected:
            y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
            x1, x2, y1, y2 = x, x1, y, y1
            out.append(y)
        expected = out
    np.testing.assert_allclose(featkit.KWeighting(rate)(signal), expected, atol=1e-11)


# --- known loudness -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amplitude", [1.0, 0.1, 0.001])
@pytest.mark.parametrize("rate", RATES)
def test_a_tone_of_997_hz(rate, amplitude):
    """-3.01 LKFS at full scale on one channel; what the squeezed shelf takes from it at low rates is in the docstring."""
    squeezed = {8000: 0.21, 11025: 0.11, 16000: 0.05, 22050: 0.03, 32000: 0.015}.get(rate, 0.01)
    measured = featkit.loudness(tone(997, rate, 4, amplitude), rate)
    assert measured == pytest.approx(-3.01 + 20 * math.log10(amplitude), abs=squeezed)


def test_channels_add_up_as_the_standard_weights_them():
    signal = tone(997, 48000)
    one = featkit.loudness(signal, 48000)
    assert featkit.loudness(signal[:, None], 48000) == one
    for channels, counted in ((2, 2.0), (3, 3.0), (5, 3 + 2 * 1.41), (6, 3 + 2 * 1.41)):
        many = np.repeat(signal[:, None], channels, axis=1)
        assert featkit.loudness(many, 48000) == pytest.approx(one + 10 * math.log10(counted), abs=1e-9)
    assert featkit.loudness(np.repeat(signal[:, None], 4, axis=1), 48000, weights=(1, 1, 1, 1)) == pytest.approx(
        one + 10 * math.log10(4), abs=1e-9
    )
    with pytest.raises(featkit.InputError, match=r"what each of 4 channels counts for is not known, got weights=None"):
        featkit.loudness(np.zeros((100, 4)), 48000)
    with pytest.raises(featkit.InputError, match=r"each of 2 channels .* got weights=\(1,\)"):
        featkit.loudness(np.zeros((100, 2)), 48000, weights=(1,))


def test_pauses_do_not_count():
    """The relative gate leaves out blocks that are softer by more than 10 LU, the absolute one all below -70 LUFS."""
    loud, soft, still = (tone(997, 48000, 10, amplitude) for amplitude in (0.1, 0.02, 1e-5))
    alone = featkit.loudness(loud, 48000)
    assert featkit.loudness(np.concatenate([loud, soft, still]), 48000) == pytest.approx(alone, abs=0.1)
    quieter = np.concatenate([loud, 2.5 * soft])  # 6 dB softer: it counts
    assert featkit.loudness(quieter, 48000) == pytest.approx(alone + 10 * math.log10((1 + 0.25) / 2), abs=0.1)
    assert featkit.loudness(still, 48000) == -math.inf
    assert featkit.LoudnessNormalise(-23.0, 48000)(still).tobytes() == still.tobytes()


def by_hand(signal, rate, last):
    """BS.1770-4, equations 2 to 7, over blocks of samples."""
    weighted = featkit.KWeighting(rate)(signal).astype(np.float64).tolist()
    tenth = rate / 10
    count = round(len(signal) / tenth) if last == "nearest" else int(len(signal) / tenth)
    powers = []
    for j in range(count - 3):
        low, high = round(j * tenth), round((j + 4) * tenth)
        powers.append(math.fsum(x * x for x in weighted[low:high]) / (high - low))
    if len(signal) < 4 * tenth:
        powers = [math.fsum(x * x for x in weighted) / len(signal)]
    loud = [p for p in powers if -0.691 + 10 * math.log10(p + 1e-300) > -70]
    if not loud:
        return -math.inf
    gate = -0.691 + 10 * math.log10(sum(loud) / len(loud)) - 10
    loud = [p for p in loud if -0.691 + 10 * math.log10(p) > gate]
    return -0.691 + 10 * math.log10(sum(loud) / len(loud))


@settings(max_examples=25)
@given(
    n=st.integers(1, 9000), rate=st.sampled_from([4000, 8000, 8001, 11025]), seed=st.integers(0, 9),
    last=st.sampled_from(["nearest", "complete"]),
)  # fmt: skip
def test_loudness_by_hand(n, rate, seed, last):
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal(n) * np.repeat(10 ** rng.uniform(-5, 0, 40), 250)[:n]
    assert featkit.loudness(signal, rate, last=last) == pytest.approx(by_hand(signal, rate, last), abs=1e-9)


# --- pyloudnorm -------------------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_recordings_are_within_a_tenth_of_pyloudnorm(shared):
    apart = {}
    for path, samples, rate in recordings(shared):
        expected = pyloudnorm.Meter(rate).integrated_loudness(samples)
        measured = featkit.loudness(samples, rate)
        assert np.isfinite(expected) == np.isfinite(measured), path
        if np.isfinite(expected):
            apart[path.name, rate] = abs(measured - expected)
    assert max(apart.values()) <= 0.1, apart
    assert len(apart) > 40
    assert {rate for _, rate in apart} >= {8000, 16000, 22050, 44100, 48000, 96000}


@pytest.mark.shared
@pytest.mark.parametrize(
    "lufs", [-23.0, -16.0]
)  # much lower, and pauses fall below the absolute gate: the gates don't scale
def test_normalised_recordings_have_their_loudness_by_pyloudnorm(shared, lufs):
    for path, samples, rate in recordings(shared):
        signal = samples[:, 0]
        made = featkit.LoudnessNormalise(lufs, rate)(signal)
        if np.isfinite(featkit.loudness(signal, rate)):
            assert pyloudnorm.Meter(rate).integrated_loudness(made) == pytest.approx(lufs, abs=0.1), path


@settings(max_examples=15)
@given(
    rate=st.sampled_from(RATES),
    seed=st.integers(0, 9),
    seconds=st.floats(0.41, 3.0),
    channels=st.sampled_from([1, 2, 3, 5]),
)
def test_drawn_signals_are_within_a_tenth_of_pyloudnorm(rate, seed, seconds, channels):
    """Pink noise (white noise has half of its power where the bilinear transform squeezes filters at low rates)."""
    rng = np.random.default_rng(seed)
    n = round(rate * seconds)
    spectrum = np.fft.rfft(rng.standard_normal((n, channels)), axis=0)
    signal = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1))[:, None], n, axis=0)
    expected = pyloudnorm.Meter(rate).integrated_loudness(signal)
    assert featkit.loudness(signal, rate) == pytest.approx(expected, abs=0.1)


def test_only_complete_blocks_if_the_standard_is_asked_for():
    """A last block of which 40 ms are missing: pyloudnorm counts it, the standard doesn't."""
    signal = np.concatenate([tone(997, 48000, 0.9, 0.1), tone(997, 48000, 0.06, 1.0)])
    nearest, complete = (featkit.loudness(signal, 48000, last=last) for last in ("nearest", "complete"))
    assert nearest == pytest.approx(pyloudnorm.Meter(48000).integrated_loudness(signal), abs=0.1)
    assert complete == pytest.approx(featkit.loudness(signal[: round(0.9 * 48000)], 48000), abs=1e-9)
    assert nearest > complete + 3
    with pytest.raises(featkit.ParameterError, match="last must be one of 'nearest', 'complete'"):
        featkit.loudness(signal, 48000, last="best")


# --- short, silent, odd ---------------------------------------------------------------------------------------------------


def test_what_is_too_short_for_a_block_is_one_block():
    signal = tone(997, 48000, 0.399, 0.5)
    power = np.mean(featkit.KWeighting(48000)(signal) ** 2)
    assert featkit.loudness(signal, 48000) == pytest.approx(-0.691 + 10 * math.log10(power), abs=1e-9)
    made = featkit.LoudnessNormalise(-20.0, 48000)(signal)
    assert featkit.loudness(made, 48000) == pytest.approx(-20, abs=1e-9)
    assert math.isfinite(featkit.loudness([0.5], 48000))
    assert np.isfinite(featkit.LoudnessNormalise(-20.0, 192000)([0.5])).all()


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros((0, 2)), np.zeros((3, 2, 1))])
def test_what_has_no_samples_is_refused(samples):
    with pytest.raises(featkit.InputError, match=r"loudness takes samples, or an array of \(samples, channels\)"):
        featkit.loudness(samples, 16000)


def test_integers_are_scaled_by_their_type():
    signal = np.round(tone(997, 16000, 1, 20000)).astype(np.int16)
    assert featkit.loudness(signal, 16000) == featkit.loudness((signal / 32768).astype(np.float32), 16000)


@pytest.mark.parametrize("make", [featkit.KWeighting, lambda rate: featkit.LoudnessNormalise(rate=rate)])
def test_rates_too_low_for_the_filters_are_refused(make):
    with pytest.raises(featkit.ParameterError, match=r"KWeighting\.rate must be at least 4000, got 3999"):
        make(3999)


def test_loudness_does_not_depend_on_the_blocks():
    signal = np.random.default_rng(0).standard_normal(30000).astype(np.float32)
    whole = featkit.LoudnessNormalise().settle([signal])
    pieces = featkit.LoudnessNormalise().settle(iter([signal[:1], signal[1:1700], signal[1700:1700], signal[1700:]]))
    assert whole == pieces


def test_the_folder_of_examples(speech):
    path = Path(__file__).parents[2] / "examples" / "speech.wav"
    samples, rate = soundfile.read(path)
    assert featkit.loudness(samples, rate) == pytest.approx(
        pyloudnorm.Meter(rate).integrated_loudness(samples), abs=0.1
    )
    assert featkit.loudness(speech, rate) == pytest.approx(featkit.loudness(samples, rate), abs=1e-4)
