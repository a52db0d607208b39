"""Tempo and PitchShift: against plain loops, tones and glides that are known, and the voice as librosa's pYIN hears it."""

import math

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal as scipy_signal

import featkit
from featkit.audio.resample import as_fraction

FACTORS = [0.5, 0.8, 0.9, 1.1, 1.25, 2.0]
TONES = [80.0, 110.3, 220.0, 441.7, 1003.1, 3100.7]


def tone(hz, rate=16000, seconds=2.0):
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)


def track(y, rate=16000):
    """Amplitude and frequency of a single sinusoid at each sample."""
    analytic = scipy_signal.hilbert(y)
    return np.abs(analytic)[1:], np.diff(np.unwrap(np.angle(analytic))) * rate / (2 * np.pi)


def away_from_the_edges(y, rate=16000):
    return slice(rate // 10, len(y) - rate // 10)


# --- the formula ------------------------------------------------------------------------------------------------------


def in_loops(x, factor, hop, search):
    """Waveform similarity overlap-add, sample by sample."""
    value = lambda i: x[i] if 0 <= i < len(x) else 0.0  # noqa: E731
    window = [math.sin(math.pi * (i + 0.5) / (2 * hop)) ** 2 for i in range(2 * hop)]
    length = math.ceil(len(x) / factor)
    out = [0.0] * (length + 2 * hop)
    at = -hop
    for frame in range(math.ceil(length / hop) + 1):
        if frame:
            around = range(-(hop // 2), 2 * hop - hop // 2)  # as far before the overlap as behind it
            wanted = np.array([value(at + hop + i) for i in around])
            best = None
            for offset in sorted(range(-search, search + 1), key=abs):
                begin = math.floor(frame * hop * factor) - hop + offset
                found = np.array([value(begin + i) for i in around])
                energy = float((found * found).sum())
                likeness = float((wanted * found).sum()) / math.sqrt(energy) if energy else 0.0
                likeness *= 1 - 0.006 * abs(offset) / search
                if best is None or likeness > best[0]:
                    best = likeness, begin
            at = best[1]
        for i in range(2 * hop):
            if 0 <= frame * hop - hop + i < len(out):
                out[frame * hop - hop + i] += window[i] * value(at + i)
    return np.array(out[:length])


@pytest.mark.parametrize("factor", [0.75, 1.25, 2.5])
def test_the_formula_in_plain_loops(factor, speech):
    x = speech[8000:10000].astype(np.float64)
    assert np.ptp(x) > 0.05
    stage = featkit.Tempo(factor, rate=16000, window_ms=5.0, search_ms=4.0)
    np.testing.assert_allclose(stage(x), in_loops(x, as_fraction(factor), 40, 64), rtol=0, atol=1e-12)


# --- tones and glides -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("hz", TONES)
def test_a_tone_keeps_its_pitch_and_level(hz, factor):
    x = tone(hz)
    y = featkit.Tempo(factor)(x)
    assert len(y) == math.ceil(len(x) / as_fraction(factor))
    amplitude, frequency = track(y)
    there = away_from_the_edges(frequency)
    assert frequency[there].mean() == pytest.approx(hz, rel=0.002)
    assert 20 * np.log10(np.sqrt(2 * np.mean(y[there] ** 2)) / 0.5) == pytest.approx(0, abs=0.1)
    assert np.abs(20 * np.log10(amplitude[there] / 0.5)).max() < 0.5


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 192000])
def test_at_other_rates(rate):
    x = tone(220.5, rate, 1.0)
    y = featkit.Tempo(0.8, rate=rate)(x)
    amplitude, frequency = track(y, rate)
    there = away_from_the_edges(frequency, rate)
    assert frequency[there].mean() == pytest.approx(220.5, rel=0.002)
    assert np.abs(20 * np.log10(amplitude[there] / 0.5)).max() < 0.5


@pytest.mark.parametrize("factor", FACTORS)
def test_a_glide_passes_each_pitch_when_it_should(factor):
    """From 120 to 240 Hz in two seconds. Segments keep their own slope, so the line through them is looked at."""
    t = np.arange(32000) / 16000
    y = featkit.Tempo(factor)(0.5 * np.sin(2 * np.pi * (120 * t + 30 * t * t)))
    assert len(y) == math.ceil(32000 / as_fraction(factor))
    _, frequency = track(y)
    there = away_from_the_edges(frequency)
    at = np.arange(len(frequency))[there] / 16000
    line = np.polyval(np.polyfit(at, frequency[there], 1), at)
    np.testing.assert_allclose(line, 120 + 60 * at * factor, rtol=0.002)


@pytest.mark.parametrize("semitones", [-12, -5, -1.5, -0.5, 0.5, 2, 3.7, 7, 12])
@pytest.mark.parametrize("hz", TONES[1:])
def test_a_tone_is_shifted(hz, semitones):
    x = tone(hz)
    y = featkit.PitchShift(float(semitones))(x)
    assert y.shape == x.shape
    amplitude, frequency = track(y)
    there = away_from_the_edges(frequency)
    assert frequency[there].mean() == pytest.approx(hz * 2 ** (semitones / 12), rel=0.002)
    assert np.abs(20 * np.log10(amplitude[there] / 0.5)).max() < 0.5


@pytest.mark.parametrize("semitones", [-4, 4])
def test_a_glide_is_shifted(semitones):
    t = np.arange(32000) / 16000
    y = featkit.PitchShift(float(semitones))(0.5 * np.sin(2 * np.pi * (120 * t + 30 * t * t)))
    _, frequency = track(y)
    there = away_from_the_edges(frequency)
    at = np.arange(len(frequency))[there] / 16000
    line = np.polyval(np.polyfit(at, frequency[there], 1), at)
    np.testing.assert_allclose(line, (120 + 60 * at) * 2 ** (semitones / 12), rtol=0.002)


# --- voices -----------------------------------------------------------------------------------------------------------


def pitch(x):
    """pYIN's track every 10 ms, NaN where it hears no voice."""
    import librosa

    return librosa.pyin(x.astype(np.float32), fmin=60, fmax=500, sr=16000, frame_length=1024, hop_length=160)[0]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["librivox0870_16k.wav", "libri_198_16k.flac", "jfk_16k.wav"])
def test_the_voice_keeps_or_moves_its_pitch(name, shared):
    """Frame by frame, at the times that belong together: the median is a step of pYIN's off at most (0.6 %).

    Where it is unsure it takes other frames for voiced ones, and other octaves, in any signal that was changed at all.
    """
    x, _ = soundfile.read(shared / "audio" / name, frames=6 * 16000)
    before = pitch(x)
    for stage, factor, higher in (
        (featkit.Tempo(0.85), 0.85, 1),
        (featkit.Tempo(1.15), 1.15, 1),
        (featkit.PitchShift(-3.0), 1, 2 ** (-3 / 12)),
        (featkit.PitchShift(3.0), 1, 2 ** (3 / 12)),
    ):
        after = pitch(stage(x))
        frames = np.arange(min(len(after), int((len(before) - 1) / factor)))
        ratio = after[frames] / before[np.round(frames * factor).astype(int)]
        heard = np.isfinite(ratio)
        assert heard.sum() > 0.5 * np.isfinite(before).sum() / factor
        assert np.median(ratio[heard]) == pytest.approx(higher, rel=0.006)
        assert np.mean(np.abs(ratio[heard] / higher - 1) < 0.03) > 0.8


def test_what_happens_stays_at_its_time(speech):
    """The energy of 50 ms pieces follows that of the input's, and its level is kept."""
    for factor in (0.8, 1.25):
        y = featkit.Tempo(factor)(speech)
        piece = lambda x, n: np.sqrt(np.mean(x[: len(x) // n * n].reshape(-1, n) ** 2, axis=1))  # noqa: E731
        there, here = piece(speech, int(800 * factor)), piece(y, 800)
        shorter = min(len(there), len(here))
        assert np.corrcoef(there[:shorter], here[:shorter])[0, 1] > 0.97
        assert 20 * np.log10(np.std(y) / np.std(speech)) == pytest.approx(0, abs=0.5)


# --- plain signals, lengths, streams ------------------------------------------------------------------------------------


def test_nothing_to_change_passes_by_bytes(speech):
    for stage in (featkit.Tempo(1), featkit.Tempo(1.0, window_ms=40.0), featkit.PitchShift(0), featkit.PitchShift(0.0)):
        assert stage(speech).tobytes() == speech.tobytes()
        assert stage.needs(7) == 7


STAGES = st.one_of(
    st.builds(
        featkit.Tempo,
        st.integers(200, 4000).map(lambda k: k / 1000), st.sampled_from([1000, 8000]), st.floats(2, 12), st.floats(0, 8),
    ),
    st.builds(featkit.PitchShift, st.floats(-12, 12), st.just(1000), st.floats(2, 12), st.floats(0, 8)),
)  # fmt: skip


@settings(max_examples=2 * settings().max_examples)
@given(stage=STAGES, n=st.integers(0, 600), cuts=st.lists(st.integers(0, 600), max_size=5))
def test_any_parameters_stream_by_bytes(stage, n, cuts):
    x = np.random.default_rng(n).standard_normal(n).astype(np.float32)
    whole = stage(x)
    assert len(whole) == stage.count(n)
    stream, came = stage.stream(), []
    for piece in np.split(x, sorted(min(cut, n) for cut in cuts)):
        came.append(stream.push(piece))
    came.append(stream.finish())
    assert np.concatenate(came).tobytes() == whole.tobytes()


@given(stage=STAGES)
def test_rows_come_as_soon_as_they_are_needed(stage):
    stream, came = stage.stream(), 0
    x = np.random.default_rng(0).standard_normal(300)
    for at in range(len(x)):
        came += len(stream.push(x[at : at + 1]))
        assert stage.needs(came) <= at + 1 < stage.needs(came + 1)


@pytest.mark.parametrize(
    "stage", [featkit.Tempo(0.8), featkit.Tempo(1.25), featkit.PitchShift(3), featkit.PitchShift(-3)]
)
def test_plain_signals(stage):
    assert not stage(np.zeros(3000)).any()
    assert stage(np.zeros(0)).shape == (0,)
    assert stage(np.ones(1)).shape == (stage.count(1),)
    steady = stage(np.full(9000, 0.25))
    np.testing.assert_allclose(steady[1000:-2000], 0.25, rtol=2e-6)
    clipped = stage(np.sign(tone(440)))
    assert np.isfinite(clipped).all()
    assert np.abs(clipped).max() < 1.3
    with pytest.raises(featkit.InputError, match="not finite: nan at sample 2"):
        stage(np.array([0, 0, np.nan]))


def test_silence_amid_noise_stays_silent(rng):
    x = rng.standard_normal(16000)
    x[4000:12000] = 0
    y = featkit.Tempo(0.5)(x)
    assert not y[9000:23000].any()


def test_bad_parameters_are_named():
    with pytest.raises(featkit.ParameterError, match=r"Tempo.factor must be within 0.1 and 10, got 0"):
        featkit.Tempo(0)
    with pytest.raises(featkit.ParameterError, match=r"PitchShift.semitones must be within -24 and 24, got 25"):
        featkit.PitchShift(25)
    with pytest.raises(
        featkit.ParameterError, match=r"Tempo.window_ms must give at least 2 samples, got 0.01 ms at 16000"
    ):
        featkit.Tempo(1.1, window_ms=0.01)
    with pytest.raises(featkit.ParameterError, match=r"Tempo.search_ms must be at least 0"):
        featkit.PitchShift(1, search_ms=-1)
