"""Gain, normalisation, offset and clipping: against loops written from the formulas, and signals whose answer is known."""

import itertools
import math
import pickle

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

import featkit
from featkit.numeric import concatenate

RATES = (8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000)
levels = st.floats(-60, 20)


def noise(n, seed=0):
    return 0.1 * np.random.default_rng([seed, n]).standard_normal(n)


def tone(hz, rate, seconds=1.0, amplitude=1.0):
    return amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def db(ratio):
    return 20 * math.log10(ratio)


def rms(signal):
    return math.sqrt(math.fsum(float(x) ** 2 for x in signal) / len(signal))


# --- fixed gains --------------------------------------------------------------------------------------------------------


@given(level=levels)
def test_gain(level):
    signal = noise(50)
    for value, made in zip(signal, featkit.Gain(level)(signal), strict=True):
        assert made == pytest.approx(value * 10 ** (level / 20), rel=1e-15)


def test_no_gain_changes_nothing():
    signal = noise(50).astype(np.float32)
    assert featkit.Gain(0.0)(signal).tobytes() == signal.tobytes()


def test_samples_pass_full_scale_unharmed():
    """Float samples may be louder than full scale inside a pipeline; a later gain takes it back."""
    signal = noise(1000).astype(np.float32)
    made = (featkit.Gain(60.0) | featkit.Gain(-60.0))(signal)
    assert np.abs(featkit.Gain(60.0)(signal)).max() > 100
    np.testing.assert_allclose(made, signal, rtol=3 * 2**-24)  # two products and a factor, each rounded once


@pytest.mark.parametrize("level", [601.0, -601.0, float("inf")])
def test_a_gain_out_of_range_is_refused(level):
    with pytest.raises(featkit.ParameterError, match=r"Gain\.db must lie between -600 and 600, got"):
        featkit.Gain(level)


@given(level=levels, n=st.integers(1, 300), seed=st.integers(0, 9))
def test_peak_normalise(level, n, seed):
    signal = noise(n, seed)
    made = featkit.PeakNormalise(level)(signal)
    peak = max(abs(x) for x in signal)
    np.testing.assert_allclose(made, [x * 10 ** (level / 20) / peak for x in signal], rtol=1e-13)
    assert db(max(abs(x) for x in made)) == pytest.approx(level, abs=1e-12)


@given(level=levels, n=st.integers(1, 300), seed=st.integers(0, 9))
def test_rms_normalise(level, n, seed):
    made = featkit.RmsNormalise(level)(noise(n, seed))
    assert db(rms(made)) == pytest.approx(level, abs=1e-10)


def test_levels_of_a_sine():
    sine = tone(1000, 48000)
    assert db(np.abs(featkit.PeakNormalise(-6.0)(sine)).max()) == pytest.approx(-6, abs=1e-12)
    # A sine's effective value is 3.01 dB below its peak.
    assert featkit.RmsNormalise(-3.0103)([0.5 * x for x in sine]).max() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    "stage", [featkit.PeakNormalise(), featkit.RmsNormalise(), featkit.LoudnessNormalise()], ids=lambda s: s.name
)
class TestNormalisers:
    @pytest.mark.parametrize("silence", [np.zeros(20000), np.full(20000, 1e-40), np.zeros(1)])
    def test_silence_stays_silence(self, stage, silence):
        assert stage(silence).tobytes() == silence.tobytes()
        assert stage(silence.astype(np.float32)).tobytes() == silence.astype(np.float32).tobytes()

    def test_settles_on_a_gain(self, stage):
        signal = noise(30000).astype(np.float32)
        settled = stage.settle(iter([signal[:7], signal[7:7], signal[7:20000], signal[20000:]]))
        assert isinstance(settled, featkit.Gain)
        assert settled == stage.settle([signal])
        assert settled(signal).tobytes() == stage(signal).tobytes()

    def test_settles_on_integers_by_their_scale(self, stage):
        signal = np.round(noise(30000) * 32768).astype(np.int16)
        assert stage.settle([signal]) == stage.settle([(signal / 32768).astype(np.float32)])

    def test_an_empty_signal(self, stage):
        assert stage(np.zeros(0)).shape == (0,)
        with pytest.raises(featkit.InputError, match="there is no sample to measure"):
            stage.settle([np.zeros(0)])

    def test_refuses_levels_out_of_range(self, stage):
        name = next(iter(stage.fields()))
        with pytest.raises(featkit.ParameterError, match=rf"\.{name} must lie between -200 and 200, got 201"):
            stage.with_(**{name: 201.0})

    def test_nan_is_refused(self, stage):
        with pytest.raises(featkit.InputError, match="nan at sample 3"):
            stage([0.0, 0.1, 0.2, float("nan")])


# --- offset -----------------------------------------------------------------------------------------------------------


@given(n=st.integers(1, 400), offset=st.floats(-1, 1))
def test_remove_offset(n, offset):
    signal = noise(n) + offset
    mean = math.fsum(signal) / n
    np.testing.assert_allclose(featkit.RemoveOffset()(signal), signal - mean, atol=1e-14)


def test_remove_offset_settles():
    signal = (noise(9999) + 0.25).astype(np.float32)
    settled = featkit.RemoveOffset().settle([signal[:100], signal[100:]])
    assert settled.streamable
    assert settled(signal).tobytes() == featkit.RemoveOffset()(signal).tobytes()
    assert abs(np.mean(settled(signal), dtype=np.float64)) < 1e-8


@given(n=st.integers(1, 60), corner=st.floats(0.1, 3999), seed=st.integers(0, 9))
def test_block_offset(n, corner, seed):
    signal = noise(n, seed)
    w = math.tan(math.pi * corner / 8000)
    r = (1 - w) / (1 + w)
    expected, before, last = [], signal[0], 0.0
    for x in signal:
        last = (1 + r) / 2 * (x - before) + r * last
        before = x
        expected.append(last)
    np.testing.assert_allclose(featkit.BlockOffset(corner, 8000)(signal), expected, atol=1e-14)


@pytest.mark.parametrize("rate", RATES)
def test_block_offset_has_3_db_at_its_corner(rate):
    """Half of the power at the corner, all of it far above, nothing at 0 Hz."""
    passed = featkit.BlockOffset(50.0, rate)(tone(50, rate, 4))[2 * rate :]
    assert rms(passed[: rate // 50 * 50]) / math.sqrt(0.5) == pytest.approx(math.sqrt(0.5), rel=1e-3)
    high = featkit.BlockOffset(5.0, rate)(tone(1000, rate, 2))[rate:]
    assert rms(high) == pytest.approx(math.sqrt(0.5), rel=1e-4)
    assert not featkit.BlockOffset(50.0, rate)(np.full(1000, 0.3)).any()


def test_block_offset_follows_what_remove_offset_cannot():
    drifting = tone(300, 16000, 4, 0.1) + np.repeat([0.3, -0.3], 32000)
    made = featkit.BlockOffset()(drifting)
    assert abs(made[-16000:].mean()) < 1e-6
    assert abs(featkit.RemoveOffset()(drifting)[-16000:].mean()) > 0.29


def test_block_offset_refuses_corners_above_half_of_the_rate():
    with pytest.raises(featkit.ParameterError, match="corner_hz must lie below half of the rate, 4000 Hz, got 4000"):
        featkit.BlockOffset(4000, 8000)


# --- automatic gain -----------------------------------------------------------------------------------------------------


def followed(signal, stage):
    """The definition, sample by sample."""
    length = max(1, round(0.005 * stage.rate))
    ms = 1000 * length / stage.rate
    target, gate = 10 ** (stage.target_dbfs / 10), 10 ** (stage.gate_dbfs / 10)
    power, gain, out = target, 1.0, []
    for begin in range(0, len(signal), length):
        block = signal[begin : begin + length]
        mean = math.fsum(x * x for x in block) / len(block)
        before = gain
        if mean >= gate:
            c = math.exp(-ms / (stage.attack_ms if mean > power else stage.release_ms))
            power = mean + c * (power - mean)
            gain = min(math.sqrt(target / power), 10 ** (stage.max_gain_db / 20))
        out += [x * before * (gain / before) ** ((i + 1) / length) for i, x in enumerate(block)]
    return out


@given(
    n=st.integers(0, 600),
    attack=st.floats(0.5, 50),
    release=st.floats(0.5, 500),
    target=st.floats(-40, 0),
    most=st.floats(0, 60),
    rate=st.sampled_from([150, 8000, 11025]),
)
def test_automatic_gain(n, attack, release, target, most, rate):
    signal = noise(n) * np.repeat([0.0, 1.0, 0.01, 3.0], 150)[:n]
    stage = featkit.AutomaticGain(target, attack, release, most, rate=rate)
    np.testing.assert_allclose(stage(signal), followed(signal.tolist(), stage), rtol=1e-9)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("amplitude", [0.003, 0.1, 1.0])
def test_automatic_gain_brings_a_steady_tone_to_its_target(rate, amplitude):
    made = featkit.AutomaticGain(target_dbfs=-20.0, max_gain_db=40.0, rate=rate)(tone(400, rate, 8, amplitude))
    assert db(rms(made[-rate:])) == pytest.approx(-20, abs=0.1)


def test_automatic_gain_is_no_louder_than_allowed():
    made = featkit.AutomaticGain(max_gain_db=12.0, release_ms=50.0)(tone(400, 16000, 4, 0.002))
    assert db(np.abs(made[-16000:]).max() / 0.002) == pytest.approx(12, abs=1e-3)


def test_automatic_gain_leaves_pauses_as_they_are():
    """Neither silence nor noise below the gate is blown up, also after loud speech that turned the gain down."""
    loud, hiss = tone(400, 16000, 1, 0.5), 1e-4 * np.random.default_rng(0).standard_normal(160000)
    made = featkit.AutomaticGain()(np.concatenate([np.zeros(16000), loud, hiss, np.zeros(16000)]))
    assert not made[:16000].any()
    assert not made[-16000:].any()
    gain = rms(made[31000:32000]) / rms(loud[-1000:])
    # What holds the gain is the last step before the pause; the first step may still hear the tone.
    assert rms(made[32400:-16000]) / rms(hiss[400:]) == pytest.approx(gain, rel=0.02)


def test_automatic_gain_is_smooth():
    """Less than 1 dB from a sample to the next, where the level jumps by 40 dB and the gain follows within 25 ms."""
    level = np.repeat([0.01, 1.0, 0.01], 16000)
    made = featkit.AutomaticGain()(level)
    gain = 20 * np.log10(made / level)
    assert np.abs(np.diff(gain)).max() < 1.0
    assert gain[15999] > 8
    assert gain[16000 + 400] == pytest.approx(-20, abs=0.1)
    rise = np.diff(gain[32000 + 8000 :: 8000])
    assert (rise < 4.35).all()  # a release of 500 ms are 8000 samples


@pytest.mark.parametrize("field", ["attack_ms", "release_ms", "rate"])
def test_automatic_gain_refuses_times_of_nothing(field):
    with pytest.raises(featkit.ParameterError, match=rf"AutomaticGain.{field} must be finite and above 0, got 0"):
        featkit.AutomaticGain(**{field: 0})


def test_automatic_gain_of_long_speech_in_pieces(speech):
    stage = featkit.AutomaticGain()
    stream = stage.stream()
    pieces = [stream.push(speech[at : at + 317]) for at in range(0, len(speech), 317)]
    assert concatenate([*pieces, stream.finish()]).tobytes() == stage(speech).tobytes()


# --- clipping ---------------------------------------------------------------------------------------------------------


def count_clipped(signal, full_scale, run):
    """Loops from the definition."""
    marked = {i for i, x in enumerate(signal) if x >= full_scale or x < -full_scale}
    begin = 0
    for i in range(1, len(signal) + 1):
        if i == len(signal) or signal[i] != signal[begin]:
            if i - begin >= run and abs(signal[begin]) >= full_scale * (1 - 1 / 128):
                marked |= set(range(begin, i))
            begin = i
    return len(marked)


values = st.lists(
    st.sampled_from([0.0, 0.5, 0.991, 127 / 128, 32767 / 32768, 1.0, 1.5, -1.0, -1.001, -0.5]), max_size=40
)


@given(signal=values, run=st.integers(1, 5), full_scale=st.sampled_from([1.0, 0.5, 32768.0]))
def test_clipped(signal, run, full_scale):
    scaled = [x * full_scale for x in signal]
    assert featkit.clipped(scaled, full_scale, run) == count_clipped(scaled, full_scale, run)
    assert featkit.Clipped(full_scale, run)(np.array(scaled)).sum() == count_clipped(scaled, full_scale, run)


@given(cuts=st.lists(st.integers(0, 40), max_size=5), signal=values)
def test_clipped_counts_runs_over_the_ends_of_blocks(cuts, signal):
    stream = featkit.Clipped().stream()
    places = [0, *sorted(min(cut, len(signal)) for cut in cuts), len(signal)]
    marked = [stream.push(np.array(signal[a:b])) for a, b in itertools.pairwise(places)]
    assert sum(rows.sum() for rows in [*marked, stream.finish()]) == featkit.clipped(signal)


@pytest.mark.parametrize(("dtype", "most"), [(np.uint8, 255), (np.int16, 32767), (np.int32, 2**31 - 1)])
def test_clipped_integers_of_every_width(dtype, most):
    zero, least = (128, 0) if dtype is np.uint8 else (0, np.iinfo(dtype).min)
    signal = np.array([zero, *[most] * 4, zero, *[least] * 3, zero, most, zero], dtype)
    assert featkit.clipped(signal) == 7


def test_a_recording_at_its_peak_is_not_clipped(speech):
    """Neither as it is, nor as PCM that just reaches full scale; 6 dB more are, and as many as leave [-1, 1)."""
    assert featkit.clipped(speech) == 0
    pcm = np.round(featkit.PeakNormalise(0.0)(speech).astype(np.float64) * 32767).astype(np.int16)
    assert abs(pcm).max() == 32767
    assert featkit.clipped(pcm) == 0
    loud = featkit.PeakNormalise(6.0)(speech)
    assert featkit.clipped(loud) == np.count_nonzero((loud >= 1) | (loud < -1)) > 0


@pytest.mark.shared
def test_clipped_recordings(shared):
    clipped, _ = soundfile.read(shared / "audio" / "zoo" / "clipped.wav")
    over, _ = soundfile.read(shared / "audio" / "zoo" / "over_range_float.wav")
    assert featkit.clipped(clipped) == count_clipped(clipped.tolist(), 1.0, 3) > 100
    assert featkit.clipped(over) == count_clipped(over.tolist(), 1.0, 3) > 0


@pytest.mark.shared
def test_every_recording_has_a_level(shared, zoo_signals):
    """Silent, clipped, one sample, 8 bits, 8 to 96 kHz: every one comes to its level, or is silence and stays."""
    seen = 0
    for name, signal, rate in zoo_signals(shared):
        for stage in (featkit.PeakNormalise(-3.0), featkit.RmsNormalise(-20.0)):
            made = stage(signal)
            assert np.isfinite(made).all(), name
            level = np.abs(made).max() if stage.name == "peak_normalise" else rms(made)
            quiet = (np.abs(signal).max() if stage.name == "peak_normalise" else rms(signal)) <= 1e-10
            assert quiet or db(level) == pytest.approx(stage.dbfs, abs=1e-4), (name, stage)
            assert not quiet or made.tobytes() == signal.tobytes(), name
        for stage in (featkit.RemoveOffset(), featkit.BlockOffset(rate=rate), featkit.AutomaticGain(rate=rate)):
            made = stage(signal)
            assert made.shape == signal.shape
            assert np.isfinite(made).all(), (name, stage)
        assert np.abs(made).max() <= 10**1.5 * np.abs(signal).max() * (1 + 1e-6), name
        seen += 1
    assert seen > 30


@pytest.fixture
def zoo_signals():
    def find(shared):
        for path in sorted((shared / "audio" / "zoo").iterdir()):
            try:
                samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
            except (soundfile.LibsndfileError, TypeError):
                continue
            if len(samples) and np.isfinite(samples).all():
                yield path.name, np.ascontiguousarray(samples[:, 0]), rate

    return find


def test_a_settled_gain_travels_in_a_pickle():
    settled = featkit.RmsNormalise().settle([noise(100)])
    assert pickle.loads(pickle.dumps(settled)) == settled == featkit.parse(repr(settled))
