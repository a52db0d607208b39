"""Masks of active frames, what is done with them, and silence off: against loops, librosa, and signals with known pauses."""

import itertools
import math

import librosa
import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st

import featkit
from featkit.numeric import concatenate

FRAMES = featkit.Frames(400, 160)
masks = st.lists(st.sampled_from([0.0, 1.0]), max_size=40)


def column(values):
    return np.array(values, np.float64).reshape(-1, 1)


# --- thresholds ---------------------------------------------------------------------------------------------------------


@given(n=st.integers(0, 30), threshold=st.floats(-2, 2), at=st.integers(-3, 2), seed=st.integers(0, 9))
def test_above(n, threshold, at, seed):
    rows = np.random.default_rng(seed).standard_normal((n, 3))
    expected = [[1.0 if row[at] > threshold else 0.0] for row in rows]
    assert featkit.Above(threshold, at)(rows).tolist() == expected


@given(n=st.integers(1, 30), threshold=st.floats(-2, 2), scale=st.floats(-1, 2), seed=st.integers(0, 9))
def test_above_mean(n, threshold, scale, seed):
    rows = np.random.default_rng(seed).standard_normal((n, 2)) + 5
    limit = threshold + scale * math.fsum(rows[:, 1]) / n
    expected = [[1.0 if row[1] > limit else 0.0] for row in rows]
    stage = featkit.AboveMean(threshold, scale, 1)
    assert stage(rows).tolist() == expected
    settled = stage.settle(iter([rows[: n // 2], rows[n // 2 :]]))
    assert isinstance(settled, featkit.Above)
    assert settled.threshold == pytest.approx(limit, abs=1e-12)
    assert settled(rows).tolist() == expected


def test_the_energy_itself_is_not_above_it():
    assert featkit.Above(1.0)(column([1.0])).tolist() == [[0.0]]


def test_thresholds_say_what_does_not_fit():
    with pytest.raises(featkit.ShapeError, match="the energy is to stand in column 3, but a row has 3"):
        featkit.Above(0.0, 3)(np.zeros((2, 3)))
    with pytest.raises(featkit.ParameterError, match=r"Above\.threshold must be finite, got inf"):
        featkit.AboveMean(float("inf"))
    with pytest.raises(featkit.InputError, match="there is no frame to take the mean of"):
        featkit.AboveMean().settle([np.zeros((0, 1))])
    assert featkit.AboveMean()(np.zeros((0, 5))).shape == (0, 1)


@given(mask=masks, context=st.integers(0, 5), proportion=st.sampled_from([0.01, 0.2, 0.5, 0.6, 2 / 3, 0.99]))
def test_majority(mask, context, proportion):
    expected = []
    for t in range(len(mask)):
        around = [mask[u] for u in range(t - context, t + context + 1) if 0 <= u < len(mask)]
        expected.append(1.0 if sum(around) >= np.float32(proportion) * np.float32(len(around)) else 0.0)
    assert featkit.Majority(context, proportion)(column(mask)).ravel().tolist() == expected


@pytest.mark.parametrize("proportion", [0.0, 1.0])
def test_a_majority_of_all_or_nothing_is_refused(proportion):
    with pytest.raises(featkit.ParameterError, match=r"Majority\.proportion must lie between 0 and 1"):
        featkit.Majority(2, proportion)


# --- energy activity ------------------------------------------------------------------------------------------------------


def active(frames, stage):
    """The definition, frame by frame."""
    powers = [math.fsum(x * x for x in frame) / len(frame) for frame in frames]
    levels = [10 * math.log10(power) if power else -math.inf for power in powers]
    loud = []
    for u, level in enumerate(levels):
        floor = max(min(levels[max(0, u - stage.memory + 1) : u + 1]), stage.quietest_db)
        loud.append(level > stage.threshold_db + (floor if stage.over == "noise" else 0))
    return [1.0 if any(loud[max(0, t - stage.hang) : t + 1]) else 0.0 for t in range(len(loud))]


@given(
    n=st.integers(0, 80), threshold=st.floats(0, 30), over=st.sampled_from(["noise", "full-scale"]),
    hang=st.integers(0, 6), memory=st.integers(1, 30), quietest=st.floats(-90, -10), seed=st.integers(0, 9),
)  # fmt: skip
def test_energy_activity(n, threshold, over, hang, memory, quietest, seed):
    rng = np.random.default_rng(seed)
    frames = rng.standard_normal((n, 7)) * rng.choice([0.0, 1e-3, 0.03, 0.5], (n, 1))
    threshold = -threshold if over == "full-scale" else threshold
    stage = featkit.EnergyActivity(threshold, over, hang, memory, quietest)
    assert stage(frames)[:, 0].tolist() == active(frames.tolist(), stage)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 192000])
@pytest.mark.parametrize("noise", [0.0, 1e-3, 0.02])
def test_energy_activity_finds_the_words_in_noise(rate, noise):
    """Two words of half a second, 20 dB or more above the noise, found to a frame, and the hang-over behind them."""
    n = rate // 2
    word = 0.3 * np.sin(2 * np.pi * 200 * np.arange(n) / rate)
    still = np.zeros(n)
    signal = np.concatenate([still, word, still, word, still]) + noise * np.random.default_rng(0).standard_normal(5 * n)
    mask = (featkit.Frames(rate // 40, rate // 100) | featkit.EnergyActivity(hang=5))(signal)
    found = featkit.segments(mask)
    assert len(found) == 2
    # A frame of 25 ms touches a word that begins at 0.5 s from 0.475 s on.
    np.testing.assert_allclose(found, [[48, 105], [148, 205]], atol=1)


def test_energy_activity_follows_a_noise_that_grows():
    noise = np.random.default_rng(0).standard_normal(160000) * np.repeat([0.001, 0.02], 80000)
    mask = (FRAMES | featkit.EnergyActivity(hang=0))(noise)[:, 0]
    assert not mask[:498].any()
    assert mask[502:780].all()  # speech, for all that is known, as long as the memory of 3 s goes back
    assert not mask[802:].any()


@pytest.mark.parametrize("signal", [np.zeros(16000), np.full(16000, 0.5), np.full(16000, 1e-6)])
def test_what_never_changes_is_no_speech(signal):
    assert not (FRAMES | featkit.EnergyActivity())(signal).any()


def test_faint_noise_after_digital_silence_is_no_speech():
    signal = np.concatenate([np.zeros(16000), 1e-4 * np.random.default_rng(0).standard_normal(16000)])
    assert not (FRAMES | featkit.EnergyActivity())(signal).any()
    assert (FRAMES | featkit.EnergyActivity(quietest_db=-100.0))(signal).any()


def test_a_level_in_dbfs():
    rows = np.sqrt(10 ** (np.array([[-50.0], [-30.0], [-41.0], [-39.0]]) / 10)) * np.ones((1, 8))
    assert featkit.EnergyActivity(-40.0, "full-scale", hang=0)(rows).ravel().tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("field", ["threshold_db", "quietest_db"])
def test_levels_must_be_finite(field):
    with pytest.raises(featkit.ParameterError, match=rf"EnergyActivity\.{field} must be finite, got -inf"):
        featkit.EnergyActivity(**{field: -math.inf})


# --- masks at work ----------------------------------------------------------------------------------------------------------


def test_voiced_keeps_the_rows_of_active_frames(speech):
    activity = FRAMES | featkit.EnergyActivity(hang=3)
    features, mask = featkit.mfcc()(speech), activity(speech)[:, 0] > 0.5
    stage = featkit.voiced(featkit.mfcc(), activity)
    assert 0.2 < mask.mean() < 1
    assert stage(speech).tobytes() == features[mask].tobytes()
    assert featkit.parse(repr(stage)) == stage
    assert stage.streamable


@settings(max_examples=25)
@given(cuts=st.lists(st.integers(0, 9000), max_size=8))
def test_voiced_streams_whichever_branch_is_late(speech, cuts):
    """Deltas are late by 4 frames, the majority by 2: rows wait for each other, in any pieces."""
    mask = FRAMES | featkit.EnergyActivity() | featkit.Majority(2)
    late = FRAMES | featkit.EnergyActivity() | featkit.Majority(20)
    signal = speech[4000:13000]
    for stage in (
        featkit.voiced(featkit.mfcc() | featkit.Deltas(2), mask),
        featkit.voiced(featkit.mfcc(), late),
    ):
        stream = stage.stream()
        places = [0, *sorted(cuts), len(signal)]
        rows = [stream.push(signal[a:b]) for a, b in itertools.pairwise(places)]
        assert concatenate([*rows, stream.finish()]).tobytes() == stage(signal).tobytes()


def test_a_mask_that_needs_the_whole_input_works_on_it(speech):
    stage = featkit.mfcc() | featkit.voiced(featkit.Identity(), featkit.AboveMean(0.0, 1.0))
    features = featkit.mfcc()(speech)
    energy = features[:, 0].astype(np.float64)
    assert stage(speech).tobytes() == features[energy > energy.mean()].tobytes()
    with pytest.raises(featkit.NotStreamable, match="AboveMean needs the whole input"):
        stage.stream()


def test_a_mask_is_a_column_beside_features(speech):
    mask = FRAMES | featkit.EnergyActivity()
    both = featkit.Join((featkit.mfcc(), mask))(speech)
    assert both.shape[1] == 14
    assert both[:, 13].tobytes() == mask(speech)[:, 0].tobytes()


def test_no_active_frame_leaves_no_row():
    stage = featkit.voiced(featkit.mfcc(), FRAMES | featkit.EnergyActivity())
    for n in (0, 1, 399, 16000):
        assert stage(np.zeros(n, np.float32)).shape == (0, 13)
        assert stage(np.zeros(n, np.float32)).dtype == np.float32


def test_voiced_says_what_does_not_fit(speech):
    with pytest.raises(featkit.ShapeError, match="a mask is one column, but"):
        featkit.voiced(featkit.mfcc(), featkit.mfcc())
    with pytest.raises(featkit.ShapeError, match="must give as many rows"):
        featkit.voiced(featkit.mfcc(), featkit.Frames(400, 80) | featkit.EnergyActivity())(speech)
    with pytest.raises(featkit.ShapeError, match="a row has 1 column; join them first"):
        featkit.KeepActive()(np.zeros((3, 1)))


@given(mask=masks)
def test_segments(mask):
    found, begin = [], None
    for t, value in enumerate([*mask, 0.0]):
        if value and begin is None:
            begin = t
        if not value and begin is not None:
            found.append([begin, t])
            begin = None
    assert featkit.segments(column(mask)).tolist() == found
    assert featkit.segments(mask).shape == (len(found), 2)


def test_segments_refuses_what_is_no_mask():
    for wrong in (np.zeros((3, 2)), 1.0):
        with pytest.raises(featkit.InputError, match="a mask is one column, got shape"):
            featkit.segments(wrong)


# --- silence off --------------------------------------------------------------------------------------------------------


def trimmed_as_librosa(signal, below_db, length, hop):
    made = featkit.TrimSilence(below_db, length, hop)(signal)
    expected, (begin, end) = librosa.effects.trim(signal, top_db=below_db, frame_length=length, hop_length=hop)
    assert made.tobytes() == expected.tobytes(), (len(made), begin, end)
    return begin, len(signal) - end


@pytest.mark.shared
def test_trim_silence_is_librosas_on_recordings(shared):
    audio, cut = shared / "audio", 0
    for path in sorted([*audio.glob("*.*"), *audio.glob("fsdd/*.wav"), *audio.glob("zoo/*")]):
        try:
            samples, _ = soundfile.read(path, always_2d=True)
        except (soundfile.LibsndfileError, TypeError):
            continue
        signal = np.ascontiguousarray(samples[:, 0])
        if not len(signal) or not np.isfinite(signal).all():
            continue
        for options in ((60.0, 2048, 512), (25.0, 512, 100), (15.0, 400, 160)):
            cut += sum(trimmed_as_librosa(signal, *options)) > 0
            trimmed_as_librosa(signal.astype(np.float32), *options)
    assert cut > 50


@settings(max_examples=40)
@given(
    n=st.integers(1, 3000), below=st.floats(1, 80), length=st.integers(2, 600), hop=st.integers(1, 300),
    seed=st.integers(0, 9),
)  # fmt: skip
@example(n=3, below=1.0, length=2, hop=3, seed=0)  # nothing is left
def test_trim_silence_is_librosas_on_drawn_signals(n, below, length, hop, seed):
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal(n) * np.repeat(10 ** rng.uniform(-4, 0, 10), 300)[:n]
    trimmed_as_librosa(signal, below, length // 2 * 2, hop)  # librosa's frames of odd length are one sample off


@given(begin=st.integers(0, 5000), end=st.integers(0, 5000))
def test_trim_silence_leaves_the_sound(begin, end):
    sound = 0.1 * np.random.default_rng(0).standard_normal(3000)
    made = featkit.TrimSilence(40.0, 400, 100)(np.concatenate([np.zeros(begin), sound, np.zeros(end)]))
    assert np.flatnonzero(made).size == 3000
    assert len(made) <= 3000 + 2 * (200 + 100)


@pytest.mark.parametrize("n", [1, 2, 511, 5000])
def test_trim_silence_of_silence_and_of_one_sample(n):
    """What is as loud everywhere stays, silence too; as librosa has it."""
    for signal in (np.zeros(n), np.full(n, 1e-7), np.full(n, 1.0)):
        assert featkit.TrimSilence()(signal).tobytes() == signal.tobytes()


def test_trim_silence_settles(speech):
    signal = np.concatenate([np.zeros(9000, np.float32), speech, np.zeros(9000, np.float32)])
    stage = featkit.TrimSilence(40.0)
    settled = stage.settle(iter([signal[:100], signal[100:100], signal[100:20000], signal[20000:]]))
    assert settled.streamable
    assert len(settled(signal)) < len(signal) - 17000
    stream = settled.stream()
    rows = [stream.push(signal[at : at + 333]) for at in range(0, len(signal), 333)]
    assert concatenate([*rows, stream.finish()]).tobytes() == stage(signal).tobytes()
    assert stage.settle([np.round(signal * 32768).astype(np.int16)]) == settled


def test_trim_silence_before_features(speech):
    padded = np.concatenate([np.zeros(16000, np.float32), speech])
    chain = featkit.TrimSilence() | featkit.mfcc()
    assert chain(padded).tobytes() == featkit.mfcc()(featkit.TrimSilence()(padded)).tobytes()
    assert chain.settle([padded])(padded).tobytes() == chain(padded).tobytes()
