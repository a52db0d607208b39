"""Pitch against loops written from the formulas, tones and glides whose pitch is known, and librosa."""

import itertools
import math

import librosa
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

import featkit
from featkit import Frames, Join, PitchCandidates, PitchTrack, Yin, pitch

EDGES = ("snip", "centre", "per-hop", "half-hop", "end")


def glide(rate, seconds=2.0, low=80.0, high=400.0, harmonics=8, snr_db=20.0, exponential=False):
    """Harmonics of a gliding pitch in white noise, and that pitch at every sample."""
    t = np.arange(round(rate * seconds)) / rate
    if exponential:
        growth = math.log(high / low) / seconds
        f0, turns = low * np.exp(growth * t), low * np.expm1(growth * t) / growth
    else:
        f0, turns = low + (high - low) * t / seconds, low * t + (high - low) * t * t / (2 * seconds)
    x = sum(np.cos(2 * np.pi * k * turns + k * k) / k * (k * f0 < rate / 2) for k in range(1, harmonics + 1))
    x *= 0.1 / x.std()
    noise = np.random.default_rng(1).standard_normal(len(x)) * 0.1 * 10 ** (-snr_db / 20)
    return (x + noise if np.isfinite(snr_db) else x), f0


def tone(f0, rate, seconds=0.5, harmonics=1):
    t = np.arange(round(rate * seconds)) / rate
    return 0.3 * sum(np.sin(2 * np.pi * k * f0 * t) / k for k in range(1, harmonics + 1))


# --- the difference function, its troughs, its probabilities: plain loops ------------------------------------------------


def difference(x, lag):
    x = [float(value) for value in x]
    return sum((x[m + lag] - x[m]) ** 2 for m in range(len(x) - lag)) / (len(x) - lag)


@pytest.mark.parametrize(("rate", "finer"), [(32000, 1), (8000, 4)])
def test_difference(rng, rate, finer):
    stage = Yin(rate, low_hz=200.0, high_hz=1500.0, length=rate // 100, hop=100)
    windows = 0.1 * rng.standard_normal((3, stage.span())) + 0.3
    windows[1] = tone(300.0, rate, stage.span() / rate)
    windows /= np.abs(windows - windows.mean(axis=1, keepdims=True)).max(
        axis=1, keepdims=True
    )  # what the stage divides by
    found = stage.difference(windows)
    lags = found.raw.shape[1] // finer
    expected = np.array([[difference(x, lag) for lag in range(lags)] for x in windows])
    np.testing.assert_allclose(found.raw[:, : lags * finer : finer], expected, rtol=1e-6, atol=1e-12)
    if finer == 1:
        for row, raw in zip(found.normalised, expected, strict=True):
            for lag in range(1, lags):
                assert row[lag] == pytest.approx(raw[lag] / (sum(raw[1 : lag + 1]) / lag), rel=1e-6)
    assert (found.normalised[:, 0] == 1).all()


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 192000])
def test_difference_between_samples(rate):
    """Of a sum of cosines over whole periods, d is known at every lag: sum of a^2 (1 - cos(2 pi f lag))."""
    stage = Yin(rate, low_hz=100.0, high_hz=400.0, length=rate // 2)
    t = np.arange(rate // 2) / rate
    parts = ((100.0, 0.3), (600.0, 0.2), (0.35 * rate, 0.1))
    x = sum(a * np.cos(2 * np.pi * f * t + f) for f, a in parts)
    found = stage.difference(x[None]).raw[0] * np.abs(x - x.mean()).max() ** 2
    lags = np.arange(len(found)) / stage._per_second()
    expected = sum(a * a * (1 - np.cos(2 * np.pi * f * lags)) for f, a in parts)
    if rate == 192000:  # lags are 1/32000 s apart there: what is above half of that is left out
        expected = sum(a * a * (1 - np.cos(2 * np.pi * f * lags)) for f, a in parts[:2])
        found = found - parts[2][1] ** 2
    # 1 %: the window doesn't end with a period of the overlap, and the filter has a transition band
    assert np.abs(found - expected)[8:].max() < 0.01 * expected.max()


def test_yin_takes_the_first_clear_trough(rng):
    """Against a loop over d' of the same frames; the place of the trough is then finer than a lag."""
    rate = 32000
    signal = np.concatenate([tone(f, rate, 0.1, 4) for f in (110.0, 220.0, 150.0)])
    signal = signal + 0.05 * rng.standard_normal(len(signal))
    for threshold in (0.02, 0.1, 0.4):
        stage = Yin(rate, threshold=threshold, hop=320)
        windows = Frames(stage.span(), 320)(signal)
        found = stage.with_(length=stage.span())(signal)
        d = stage.difference(windows).normalised
        shortest, longest = rate / 600 - 2, rate / 65.4 + 2
        for row, (f0, voicing) in zip(d, found, strict=True):
            troughs = [k for k in range(2, len(row) - 1) if row[k] < row[k - 1] and row[k] <= row[k + 1]]
            troughs = [k for k in troughs if shortest <= k <= longest]
            clear = [k for k in troughs if row[k] < threshold]
            lag = clear[0] if clear else min(troughs, key=lambda k: row[k])
            near = [k for k in troughs if abs(k - lag) <= lag / 10]  # noise makes small ones beside; the deepest counts
            assert any(abs(rate / f0 - k) < k / 32 + 1 for k in near)
            assert any(voicing == pytest.approx(max(0, 1 - row[k]), abs=1e-9) for k in near)


def test_probabilities_over_all_thresholds(rng):
    """Each threshold in turn, as the paper has it: the troughs below it share by their order, or the deepest gets a little."""
    stage = PitchCandidates(n_candidates=5, otherwise=0.05, threshold=0.2)
    depth = np.sort(rng.uniform(0.02, 0.9, (20, 5)), axis=1)
    depth[0] = 0.0
    depth[1] = 1.0
    which = np.array([rng.permutation(5) for _ in depth])  # the order by lag
    found = stage._probabilities(depth, which)
    steps = 20000
    s = (np.arange(steps) + 0.5) / steps
    density = s * (1 - s) ** (2 / 0.2 - 3)
    density /= density.sum()
    for heights, order, probabilities in zip(depth, which, found, strict=True):
        expected = np.zeros(5)
        for count in range(6):
            mass = density[(heights[:, None] < s).sum(axis=0) == count].sum()
            below = sorted(range(count), key=lambda k: order[k])
            for j, k in enumerate(below):
                expected[k] += mass * math.exp(-2 * j) / sum(math.exp(-2 * i) for i in range(count))
            expected[0] += 0.05 * mass * (count == 0)
        np.testing.assert_allclose(probabilities, expected, atol=2e-4)  # the sum has steps of 5e-5


def test_candidates_are_the_most_likely():
    few, many = (PitchCandidates(n_candidates=n)(tone(200.0, 16000, harmonics=3)) for n in (2, 12))
    np.testing.assert_array_equal(few[:, :2], many[:, :2])
    np.testing.assert_array_equal(few[:, 2:], many[:, 12:14])
    middle = many[20]
    np.testing.assert_allclose(middle[:3], [200, 100, 200 / 3], rtol=1e-3)
    assert middle[12] > 0.8
    assert (np.diff(many[:, 12:]) <= 0).all()
    assert not many[:, 12:][many[:, :12] == 0].any()  # what is no candidate has no probability


# --- the track: every path there is -----------------------------------------------------------------------------------------


def best_path(rows, stage):
    """The most likely path by trying all of them."""
    n = rows.shape[1] // 2
    f0, p = rows[:, :n], rows[:, n:]

    def likelihood(path):
        total, before = 0.0, (n, None)
        for t, state in enumerate(path):
            here = (state, None if state == n else f0[t, state])
            if state < n and not (f0[t, state] > 0 and p[t, state] > 0):
                return -math.inf
            held = stage.unvoiced * max(1 - p[t][f0[t] > 0].sum(), 1e-9) if state == n else p[t, state]
            step = stage.switch if (state == n) != (before[0] == n) else 1 - stage.switch
            if state < n and before[0] < n:
                step *= max(0, 1 - abs(math.log2(here[1] / before[1])) / stage.octaves)
            if held * step <= 0:
                return -math.inf
            total, before = total + math.log(held * step), here
        return total

    return max(itertools.product(range(n + 1), repeat=len(rows)), key=likelihood)


def chosen(rows, path):
    n = rows.shape[1] // 2
    return [0.0 if state == n else row[state] for row, state in zip(rows, path, strict=True)]


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), lag=st.sampled_from([None, 0, 1, 2, 5, 50]))
def test_the_track_is_the_best_of_all_paths(seed, lag):
    rng = np.random.default_rng(seed)
    rows = np.concatenate([100 * 2 ** rng.uniform(-0.3, 0.3, (6, 2)), rng.uniform(0, 0.5, (6, 2))], axis=1)
    rows[rng.uniform(size=rows.shape) < 0.15] = 0
    rows[rng.uniform(size=6) < 0.3, 2:] *= 0.01
    stage = PitchTrack(octaves=0.4, switch=0.1, unvoiced=0.02, lag=lag)
    found = stage(rows)
    if lag is None:
        assert found[:, 0].tolist() == chosen(rows, best_path(rows, stage))
    else:  # frame t is decided by the best path through t + lag frames
        for t in range(6):
            known = rows[: t + lag + 1]
            assert found[t, 0] == chosen(known, best_path(known, stage))[t]
    np.testing.assert_allclose(found[:, 1], [min(1, sum(row[2:][row[:2] > 0])) for row in rows], rtol=1e-12)


def test_a_long_input_tracks_as_its_parts():
    """Scores don't run out of digits: the second hour is decided as the first."""
    rows = PitchCandidates()(glide(16000, 1.0)[0])
    again = PitchTrack()(np.tile(rows, (60, 1)))
    np.testing.assert_array_equal(again[len(rows) * 20 : len(rows) * 40], again[len(rows) * 40 :][: len(rows) * 20])


@settings(max_examples=20)
@given(cuts=st.lists(st.integers(0, 16000), max_size=20), lag_ms=st.sampled_from([0.0, 30.0, 200.0, 5000.0]))
def test_a_tracked_glide_streams(cuts, lag_ms):
    signal = np.concatenate([glide(8000, 0.8)[0], np.zeros(4000), glide(8000, 0.7)[0]]).astype(np.float32)
    stage = pitch(8000, lag_ms=lag_ms)
    whole, stream = stage(signal), stage.stream()
    places = [0, *sorted(cuts), len(signal)]
    out = [stream.push(signal[a:b]) for a, b in itertools.pairwise(places)] + [stream.finish()]
    assert np.concatenate(out).tobytes() == whole.tobytes()


def test_rows_come_after_the_lag():
    stage = PitchTrack(lag=3)
    stream = stage.stream()
    rows = np.tile([100.0, 0.9], (6, 1))
    assert [len(stream.push(row[None])) for row in rows] == [0, 0, 0, 1, 1, 1]
    assert len(stream.finish()) == 3
    assert [stage.needs(n) for n in range(3)] == [0, 4, 5]


def test_the_whole_track_refuses_to_stream():
    with pytest.raises(featkit.NotStreamable, match=r"PitchTrack.*cannot stream; call it on the whole input"):
        pitch(lag_ms=None).stream()
    signal = glide(16000, 1.0)[0]
    np.testing.assert_array_equal(pitch(lag_ms=None)(signal), pitch(lag_ms=800)(signal))
    np.testing.assert_array_equal(np.concatenate(list(pitch(lag_ms=None).iterate([signal[:999], signal[999:]]))),
                                  pitch(lag_ms=None)(signal))  # fmt: skip


# --- pitch that is known ------------------------------------------------------------------------------------------------------


def errors(found, f0, stage, rate):
    """|f0 / true f0 - 1| of each frame, at the frame's middle."""
    frames = Frames(stage[0].length, stage[0].hop, stage[0].edges)
    truth = np.interp(frames.times(len(found), rate), (np.arange(len(f0)) + 0.5) / rate, f0)
    return np.abs(found[:, 0] / truth - 1)


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("exponential", [False, True])
@pytest.mark.parametrize("harmonics", [1, 4, 10, 40])
@pytest.mark.parametrize("snr_db", [20.0, math.inf])
def test_glides(rate, exponential, harmonics, snr_db):
    """80 to 400 Hz in two seconds, within 0.2 %: the median by far, and 95 of 100 frames (0.25 % with a single tone in noise)."""
    signal, f0 = glide(rate, harmonics=harmonics, exponential=exponential, snr_db=snr_db)
    stage = pitch(rate)
    found = stage(signal)
    off = errors(found, f0, stage, rate)
    assert np.median(off) < 0.0008
    assert np.percentile(off, 95) < (0.0025 if harmonics == 1 else 0.002)
    assert (found[:, 0] > 0).all()


@pytest.mark.parametrize("edges", EDGES)
def test_a_frame_has_the_pitch_of_its_middle(edges):
    signal, f0 = glide(16000, snr_db=math.inf)
    stage = pitch(16000, edges=edges, frame_ms=20, hop_ms=7)
    found = stage(signal)
    inside = slice(6, -6)  # windows that lie in the signal
    assert np.median(errors(found, f0, stage, 16000)[inside]) < 0.0005  # half a frame off would be 0.004


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 48000, 192000])
@pytest.mark.parametrize("f0", [65.4, 66.0, 100.0, 333.3, 599.0, 600.0])
@pytest.mark.parametrize("harmonics", [1, 6])
def test_constant_tones_up_to_the_edges_of_the_range(rate, f0, harmonics):
    """0.1 %; 0.15 % where four periods make up a window, since what enters it at one end leaves it at the other."""
    signal = tone(f0, rate, 0.4, harmonics)
    for stage in (pitch(rate), pitch(rate)[0].with_(n_candidates=4) | PitchTrack(), Yin(rate, hop=rate // 50)):
        found = stage(signal)
        middle = found[len(found) // 4 : -(len(found) // 4)]
        np.testing.assert_allclose(middle[:, 0], f0, rtol=0.0015 if f0 < 70 else 0.001)
        assert (middle[:, 1] > 0.9).all()


@pytest.mark.parametrize("high_hz", [2093.0, 4000.0])
def test_high_pitch_at_a_low_rate(high_hz):
    found = pitch(8000, high_hz=high_hz)(tone(1900.0, 8000))
    np.testing.assert_allclose(found[5:-5, 0], 1900, rtol=0.002)


@pytest.mark.parametrize("colour", [0.0, 0.5, 1.0])
def test_noise_is_unvoiced(rng, colour):
    """White, pink and brown."""
    spectrum = np.fft.rfft(rng.standard_normal(5 * 16000))
    spectrum /= np.maximum(20.0, np.fft.rfftfreq(5 * 16000, 1 / 16000)) ** colour
    noise = np.fft.irfft(spectrum)
    found = pitch()(0.1 * noise / noise.std())
    assert (found[:, 0] > 0).mean() < 0.02
    assert np.median(found[:, 1]) < 0.02


def test_level_and_offset_change_nothing():
    signal, _ = glide(16000, 1.0)
    expected = pitch()(signal)
    inside = slice(5, -5)  # the offset ends where the signal does
    for other in (signal * 1e-6, signal * 1e20, -signal, signal + 0.5):
        np.testing.assert_allclose(pitch()(other)[inside], expected[inside], rtol=1e-6)


# --- what microphones and files give -------------------------------------------------------------------------------------------


SILENCE = {
    "silence": np.zeros(16000),
    "offset": np.full(16000, 0.3),
    "float32 offset": np.full(16000, 0.1, np.float32),
    "8-bit silence": np.full(16000, 128, np.uint8),
}


@pytest.mark.parametrize("signal", SILENCE.values(), ids=SILENCE)
@pytest.mark.parametrize("edges", EDGES)
def test_silence_has_no_pitch(signal, edges):
    tracked, alone = pitch(edges=edges)(signal), Yin(edges=edges)(signal)
    assert len(tracked) == len(alone) > 90
    assert not tracked[:, 0].any()
    inside = slice(4, -4)  # an offset's end is a step
    assert not tracked[inside].any()
    assert not alone[inside].any()


def test_clipped_and_coarse_speech_keeps_its_pitch():
    signal, _ = glide(16000, 1.0)
    expected = pitch()(signal)[5:-5, 0]
    clipped = np.clip(signal * 20, -1, 1)
    coarse = np.round(signal / np.abs(signal).max() * 120 + 128).astype(np.uint8)
    for other in (clipped, coarse):
        assert np.median(np.abs(pitch()(other)[5:-5, 0] / expected - 1)) < 0.002


@pytest.mark.parametrize("n", [0, 1, 2, 399, 400, 401, 1000])
@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize("fill", ["zero", "edge", "reflect", "mirror"])
def test_short_signals(n, edges, fill, rng):
    stage = pitch(edges=edges).with_(pitch_candidates__fill=fill)
    found = stage(0.1 * rng.standard_normal(n))
    assert found.shape == (Frames(400, 160, edges).count(n), 2)
    assert np.isfinite(found).all()


def test_rows_that_are_no_candidates(rng):
    """Frequencies and probabilities below 0 are none; probabilities that add up to more than 1 do no harm."""
    rows = 100 * rng.standard_normal((50, 10))
    found = PitchTrack()(rows)
    assert np.isfinite(found).all()
    assert (found[:, 0] >= 0).all()
    assert ((found[:, 1] >= 0) & (found[:, 1] <= 1)).all()


# --- beside other features ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize(("rate", "frame_ms", "hop_ms"), [(16000, 25.0, 10.0), (8000, 32.0, 10.0), (44100, 100.0, 7.5)])
def test_pitch_stands_beside_mfccs(speech, edges, rate, frame_ms, hop_ms):
    features = featkit.mfcc(rate, frame_ms=frame_ms, hop_ms=hop_ms).with_(frames__edges=edges)
    tracked = pitch(rate, frame_ms=frame_ms, hop_ms=hop_ms, edges=edges)
    join = Join((tracked, features))
    for n in (0, 1, 500, 4410, 12345):
        found = join(speech[5000 : 5000 + n])
        assert found.shape == (features.count(n), 15)
        np.testing.assert_array_equal(found[:, :2], tracked(speech[5000 : 5000 + n]))
    stream = join.stream()
    out = [stream.push(piece) for piece in np.array_split(speech[5000:17345], 37)] + [stream.finish()]
    assert np.concatenate(out).tobytes() == found.tobytes()


# --- parameters -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Yin(low_hz=700.0), r"Yin.high_hz must be above low_hz=700, got 600"),
        (lambda: Yin(1000), r"Yin.high_hz must be at most half the rate \(500 Hz\), got 600; lower it"),
        (lambda: Yin(window=400), r"Yin.window must hold two periods of low_hz=65.4: at least 490 samples, got 400"),
        (lambda: Yin(rate=0), r"Yin.rate must be finite and above 0, got 0"),
        (lambda: Yin(threshold=0.0), r"Yin.threshold must be finite and above 0, got 0.0"),
        (lambda: PitchCandidates(threshold=1.5), r"takes a threshold below 1 and otherwise up to 1, got 1.5 and 0.01"),
        (lambda: PitchCandidates(n_candidates=0), r"PitchCandidates.n_candidates must be at least 1, got 0"),
        (lambda: PitchTrack(switch=1.0), r"PitchTrack.switch must be below 1, got 1.0"),
        (lambda: PitchTrack(octaves=0.0), r"PitchTrack.octaves must be finite and above 0, got 0.0"),
        (lambda: PitchTrack()(np.zeros((3, 5))), r"as many frequencies as probabilities, got rows of 5"),
        (lambda: pitch(0), r"the sampling rate must be finite and above 0 Hz, got 0"),
        (lambda: pitch(hop_ms=0.01), r"hop_ms=0.01 is less than one sample at 16000 Hz; give at least 0.0625"),
        (lambda: pitch(lag_ms=math.nan), r"lag_ms must be a finite number of milliseconds, got nan"),
        (lambda: pitch()(np.array([0.0, np.nan])), r"the input is not finite: nan at sample 1"),
    ],
)
def test_errors(make, message):
    with pytest.raises(featkit.FeatkitError, match=message):
        make()


def test_the_window_is_two_periods_at_least():
    """The shortest window that is taken finds the lowest pitch."""
    for rate in (8000, 16000, 44100, 192000):
        with pytest.raises(featkit.ParameterError, match="at least") as refused:
            Yin(rate, window=10)
        fewest = int(str(refused.value).split("at least ")[1].split()[0])
        stage = pitch(rate, low_hz=65.4, window_ms=1000 * fewest / rate)
        assert stage[0].window == fewest
        np.testing.assert_allclose(stage(tone(66.0, rate, 0.3, 4))[8:-8, 0], 66, rtol=0.005)


# --- librosa --------------------------------------------------------------------------------------------------------------


def test_yin_beside_librosa(speech):
    """Voiced frames of the project's own speech, same window and hop."""
    theirs = librosa.yin(speech, fmin=65.4, fmax=600, sr=16000, frame_length=1024, hop_length=160)
    found = Yin(length=1024, window=1024, edges="centre")(speech)
    assert len(found) == len(theirs)
    voiced = found[:, 1] > 0.9
    assert voiced.mean() > 0.1
    off = np.abs(found[voiced, 0] / theirs[voiced] - 1)
    assert np.median(off) < 0.005
    assert (off > 0.2).mean() < 0.05


RECORDINGS = [
    "cards2_16k.wav", "english_44k.wav", "fsdd/3_george_7.wav", "fsdd/9_theo_0.wav", "jfk_16k.wav", "kaldi_test.wav",
    "libri_198_16k.flac", "librivox0870_16k.wav", "psf_english_8k.wav", "vad_go_stereo_44k.wav",
]  # fmt: skip


def recording(shared, name):
    signal, rate = soundfile.read(shared / "audio" / name, always_2d=True)
    return signal.mean(axis=1)[: 4 * rate], rate


@pytest.mark.shared
def test_pitch_beside_librosa_on_recordings(shared):
    """Same range, window and hop. librosa's own figure has steps of 0.6 %, so 0.2 % is as near as can be."""
    off, same, sure, missed, octaves = [], [], 0, 0, 0
    for name in RECORDINGS:
        signal, rate = recording(shared, name)
        window, hop = 2 * round(0.032 * rate), round(0.01 * rate)
        theirs, voiced, probability = librosa.pyin(
            signal, fmin=65.4, fmax=600, sr=rate, frame_length=window, hop_length=hop
        )
        found = pitch(rate, edges="centre", window_ms=1000 * window / rate)(signal)
        assert len(found) == len(theirs)
        ours = found[:, 0] > 0
        both = ours & voiced
        assert both.any(), name
        ratio = found[both, 0] / theirs[both]
        assert np.median(np.abs(ratio - 1)) < 0.01, name
        off.append(np.abs(ratio - 1))
        same.append(ours == voiced)
        # librosa takes noise for voiced where no trough is below a threshold: its probability is then 0.01 at most.
        clear = voiced & (probability > 0.02)
        sure, missed = sure + clear.sum(), missed + (clear & ~ours).sum()
        octaves += (np.abs(np.log2(found[clear & ours, 0] / theirs[clear & ours])) > 0.26).sum()
    assert np.median(np.concatenate(off)) < 0.004
    assert np.concatenate(same).mean() > 0.85
    assert missed < 0.02 * sure
    assert octaves < 0.01 * sure


@pytest.mark.shared
def test_the_lag_is_long_enough(shared):
    """Half a second decides as the whole recording does."""
    for name in RECORDINGS:
        signal, rate = recording(shared, name)
        np.testing.assert_array_equal(pitch(rate)(signal), pitch(rate, lag_ms=None)(signal), err_msg=name)
