"""Noise, rooms, bands, mu-law, shifts and SpecAugment against plain loops, analytic responses, SciPy, librosa and libsndfile."""

import io
import math

import librosa
import numpy as np
import pytest
import scipy.signal
import soundfile
from hypothesis import given
from hypothesis import strategies as st

import featkit


def noise(n, seed=0):
    return np.random.default_rng([seed, n]).standard_normal(n)


def db(ratio):
    return 10 * math.log10(ratio)


def power(x):
    return math.fsum(v * v for v in x.tolist()) / len(x)


def in_blocks(stage, signal, size):
    """A Whole stage settled on blocks, then streamed in blocks."""
    blocks = [signal[at : at + size] for at in range(0, len(signal), size)]
    stream = stage.settle(blocks).stream()
    return np.concatenate([*(stream.push(block) for block in blocks), stream.finish()])


# --- noise at a signal-to-noise ratio ---------------------------------------------------------------------------------


@given(
    n=st.integers(1, 1500), length=st.integers(1, 900), snr=st.floats(-30, 60), seed=st.integers(0, 9),
    offset=st.one_of(st.none(), st.integers(0, 899)),
)  # fmt: skip
def test_the_noise_that_was_added_has_the_ratio_and_is_the_recording(n, length, snr, seed, offset):
    signal, clip = 0.1 * noise(n), 3 * noise(length, 1)
    offset = None if offset is None else offset % length
    stage = featkit.AddNoise(clip, snr, offset, seed)
    mix = stage.settle([signal])
    expected = [x + mix.gain * clip[(mix.offset + i) % length] for i, x in enumerate(signal.tolist())]
    added = stage(signal) - signal
    np.testing.assert_allclose(signal + added, expected, rtol=1e-12, atol=1e-15)
    stretch = np.array([clip[(mix.offset + i) % length] for i in range(n)])
    # What was added is known exactly from the mix; its difference from the sum carries the rounding of the sum.
    assert db(power(signal) / (mix.gain**2 * power(stretch))) == pytest.approx(snr, abs=1e-9)
    assert offset is None or mix.offset == offset
    assert mix.offset + n <= length or n > length or offset is not None  # drawn from a longer noise: no seam


def test_the_drawn_stretch_reaches_both_ends():
    clip = noise(12)
    long = {featkit.AddNoise(clip, seed=seed).settle([np.ones(10)]).offset for seed in range(60)}
    short = {featkit.AddNoise(clip, seed=seed).settle([np.ones(13)]).offset for seed in range(300)}
    assert (long, short) == (set(range(3)), set(range(12)))


@given(n=st.integers(1, 2000), rate=st.sampled_from([8000, 16000, 192000]), seed=st.integers(0, 5))
def test_active_power_is_that_of_the_loud_frames(n, rate, seed):
    envelope = np.repeat(10.0 ** np.random.default_rng(seed).uniform(-4, 0, 20), 100)[:n]
    signal = envelope * noise(n, seed)
    length = rate // 50
    frames = [signal[at : at + length] for at in range(0, n, length)]
    powers = [power(frame) for frame in frames]
    loud = [frame for frame, p in zip(frames, powers, strict=True) if p >= max(powers) * 1e-4]
    active = power(np.concatenate(loud))
    clip = noise(n, 7)
    mix = featkit.AddNoise(clip, 12.0, 0, level="active", rate=rate).settle([signal])
    assert db(active / (mix.gain**2 * power(clip))) == pytest.approx(12.0, abs=1e-9)


def test_pauses_do_not_count_in_the_active_level():
    speech = np.concatenate([noise(16000), np.zeros(48000)])
    gains = [
        featkit.AddNoise(noise(70000, 1), offset=0, level=level).settle([speech]).gain for level in ("mean", "active")
    ]
    assert 20 * math.log10(gains[1] / gains[0]) == pytest.approx(db(4), abs=1e-9)  # a quarter of the time is speech


@pytest.mark.parametrize("level", ["mean", "active"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_settled_noise_streams_to_the_bytes_of_the_whole(speech, level, kind):
    stage = featkit.AddNoise(noise(5000), 5.0, level=level)
    signal = speech.astype(kind)
    whole = stage(signal)
    assert whole.dtype == kind
    for size in (320, 4099, 10**6):
        assert in_blocks(stage, signal, size).tobytes() == whole.tobytes()


def test_silence_has_a_rule():
    clip = np.array([0.0, 0.0, 0.0, 0.5, -0.5])
    silent = np.zeros(100, np.float32)
    assert featkit.AddNoise(clip)(silent).tobytes() == silent.tobytes()
    with pytest.raises(featkit.ParameterError, match="noise is silent: all its samples are 0"):
        featkit.AddNoise(np.zeros(9))
    with pytest.raises(featkit.InputError, match=r"2 samples of the noise 'hum.wav' from sample 1 on are silent; give"):
        featkit.AddNoise(clip, offset=1, noise_name="hum.wav")(np.ones(2))
    offsets = {featkit.AddNoise(clip, seed=seed).settle([np.ones(2)]).offset for seed in range(40)}
    assert offsets == {2, 3}  # 0 and 1 begin a silent stretch: the first sample that isn't 0 takes their place


def test_hostile_noise_and_signals():
    assert featkit.AddNoise(np.ones(1))(np.zeros(0)).shape == (0,)
    assert featkit.AddNoise(np.ones(1), snr_db=0.0)(np.array([0.25])).tolist() == [0.5]
    assert np.isfinite(featkit.AddNoise(noise(50), 0.0)(np.full(99, 1e-30))).all()
    pcm = featkit.AddNoise(noise(50), 300 / 3)(np.array([16384, -16384], np.int16))
    assert pcm.dtype == np.float32
    np.testing.assert_allclose(pcm, [0.5, -0.5], atol=1e-4)
    for bad in (np.zeros((3, 2)), np.array([1, 2]), np.array([np.nan]), np.zeros(0)):
        with pytest.raises(featkit.ParameterError, match=r"AddNoise\.noise must be one channel of finite samples"):
            featkit.AddNoise(bad)
    with pytest.raises(featkit.ParameterError, match=r"AddNoise\.offset must lie within the noise, 0 to 49, got 50"):
        featkit.AddNoise(noise(50), offset=50)
    with pytest.raises(featkit.InputError, match="give a signal that is not empty"):
        featkit.AddNoise(noise(50)).settle([])


@pytest.mark.shared
def test_the_ratio_holds_on_recordings(shared):
    speech, rate = featkit.read(shared / "audio" / "jfk_16k.wav")
    clip, _ = featkit.read(shared / "audio" / "cards1_16k.wav")
    for snr in (0.0, 5.0, 20.0):
        noisy = featkit.AddNoise(clip, snr, seed=3, rate=rate)(speech)
        added = noisy.astype(np.float64) - speech
        assert db(power(speech.astype(np.float64)) / power(added)) == pytest.approx(snr, abs=1e-3)  # float32 sums


# --- reverberation ----------------------------------------------------------------------------------------------------


def room(taps, seed=0):
    """Late, then loud at once, then decaying: as a room answers."""
    response = 0.3 * noise(taps, seed) * np.exp(-6.9 * np.arange(taps) / taps)
    response[: taps // 10] = 0
    response[taps // 10] = 1.0
    return response


def convolved(signal, stage):
    """What the stage says it is, by SciPy."""
    response = stage.response.astype(np.float64)
    response = (
        response / {"given": 1.0, "peak": np.abs(response).max(), "energy": np.linalg.norm(response)}[stage.level]
    )
    begin = np.argmax(np.abs(response)) if stage.begin == "peak" else 0
    full = scipy.signal.fftconvolve(signal.astype(np.float64), response)[begin:]
    return full[: len(signal)] if stage.tail == "cut" else full


@pytest.mark.parametrize("taps", [1, 2, 100, 511, 512, 513, 5000, 40000])
@pytest.mark.parametrize("begin", ["first", "peak"])
@pytest.mark.parametrize("tail", ["cut", "kept"])
def test_reverberation_is_a_convolution(speech, taps, begin, tail):
    stage = featkit.Reverberate(room(taps), begin, tail)
    out, expected = stage(speech.astype(np.float64)), convolved(speech, stage)
    assert out.shape == expected.shape
    # Both transforms round at 2^-53 of the largest value, some tens of times in a sum of this size.
    assert np.abs(out - expected).max() < 1e-13 * np.abs(expected).max()
    single = stage(speech)
    assert single.dtype == np.float32
    assert np.abs(single - expected).max() <= 2.0**-24 * np.abs(expected).max()


@given(n=st.integers(0, 60), taps=st.integers(1, 30), begin=st.sampled_from(["first", "peak"]), seed=st.integers(0, 9),
       tail=st.sampled_from(["cut", "kept"]), level=st.sampled_from(["given", "peak", "energy"]))  # fmt: skip
def test_reverberation_against_a_loop(n, taps, begin, seed, tail, level):
    signal, response = noise(n, seed), noise(taps, seed + 20)
    stage = featkit.Reverberate(response, begin, tail, level)
    scale = {"given": 1.0, "peak": max(map(abs, response)), "energy": math.sqrt(sum(h * h for h in response))}[level]
    peak = max(range(taps), key=lambda k: abs(response[k])) if begin == "peak" else 0
    count = n if tail == "cut" or not n else n + taps - 1 - peak
    expected = [
        sum(response[k] / scale * signal[i + peak - k] for k in range(taps) if 0 <= i + peak - k < n)
        for i in range(count)
    ]
    np.testing.assert_allclose(stage(signal), expected, rtol=0, atol=1e-13 * (1 + n))


def test_reverberated_speech_streams_to_the_bytes_of_the_whole(speech):
    stage = featkit.Reverberate(room(3000), tail="kept")
    whole = stage(speech)
    for size in (160, 3001, 8191):
        stream = stage.stream()
        pieces = [stream.push(speech[at : at + size]) for at in range(0, len(speech), size)] + [stream.finish()]
        assert np.concatenate(pieces).tobytes() == whole.tobytes()


def test_a_sample_comes_when_it_was_announced():
    stage = featkit.Reverberate(room(700))
    for rows in (1, 500, 3000):
        stream = stage.stream()
        assert len(stream.push(np.ones(stage.needs(rows) - 1))) < rows <= len(stream.push(np.ones(1))) + rows - 1
    assert stage.stream().latency <= 1024 + 2 * 700


def test_the_direct_sound_stays_where_it_was():
    click = np.zeros(4000)
    click[1000] = 1.0
    assert np.argmax(featkit.Reverberate(room(3000))(click)) == 1000
    assert np.argmax(featkit.Reverberate(room(3000), begin="first")(click)) == 1300


def test_white_noise_keeps_its_power_where_the_response_has_unit_energy():
    signal = noise(200_000)
    reverberant = featkit.Reverberate(room(800), level="energy")(signal)
    assert db(power(reverberant) / power(signal)) == pytest.approx(0, abs=0.1)  # a sample of a random power


def test_a_response_that_cannot_be_used():
    with pytest.raises(featkit.ParameterError, match=r"Reverberate\.response is silent"):
        featkit.Reverberate(np.zeros(4))
    with pytest.raises(featkit.ParameterError, match=r"Reverberate\.response must be one channel .* shape \(2, 2\)"):
        featkit.Reverberate(np.ones((2, 2)))


# --- bands ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("low", "high"), [(300, 3400), (None, 3000), (80, None), (300, 310)])
@pytest.mark.parametrize("order", [1, 4, 7])
@pytest.mark.parametrize("rate", [8000, 192000])
def test_the_band_has_butterworths_response(low, high, order, rate):
    """The bilinear transform leads the analogue curve over tan(pi f / rate): no filter design is in the formula."""
    click = np.zeros(2**18)
    click[0] = 1.0
    stage = featkit.BandLimit(low, high, rate, order)
    measured = np.abs(np.fft.rfft(stage(click)))
    f = np.arange(1, 2**17) / 2**18 * rate
    expected = np.ones(len(f))
    for end, sign in ((low, -1), (high, 1)):
        if end is not None:
            w = np.tan(np.pi * f / rate) / np.tan(np.pi * end / rate)
            expected /= np.sqrt(1 + w ** (2.0 * sign * order))
    # What is left of the response after the last sample (the slowest pole is the lowest corner) is below this, too.
    np.testing.assert_allclose(measured[1:-1], expected, rtol=0, atol=1e-6)


def test_the_band_is_what_scipy_makes_of_it(speech):
    sections = np.concatenate([
        scipy.signal.butter(4, 300, "highpass", fs=16000, output="sos"),
        scipy.signal.butter(4, 3400, "lowpass", fs=16000, output="sos"),
    ])  # fmt: skip
    expected = scipy.signal.sosfilt(sections, speech.astype(np.float64))
    np.testing.assert_array_equal(featkit.BandLimit()(speech), expected.astype(np.float32))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"low_hz": None, "high_hz": None}, "BandLimit needs low_hz, high_hz or both"),
        ({"high_hz": 8000.0}, "high_hz must lie below half of the rate, 8000 Hz, got 8000.0; None leaves"),
        ({"low_hz": 4000.0}, r"low_hz \(4000\) must lie below high_hz \(3400\)"),
        ({"order": 0}, "order must be within 1 and 20, got 0"),
    ],
)
def test_a_band_that_cannot_be(fields, message):
    with pytest.raises(featkit.ParameterError, match=message):
        featkit.BandLimit(**fields)


# --- mu-law -----------------------------------------------------------------------------------------------------------


def encoded(x, channels):
    mu = channels - 1
    x = min(1.0, max(-1.0, x))
    compressed = math.copysign(math.log(1 + mu * abs(x)) / math.log(1 + mu), x)
    return math.floor((compressed + 1) / 2 * mu + 0.5)


def decoded(step, channels):
    mu = channels - 1
    compressed = step / mu * 2 - 1
    return math.copysign(((1 + mu) ** abs(compressed) - 1) / mu, compressed)


@given(x=st.lists(st.floats(-1.5, 1.5), max_size=40), channels=st.integers(2, 65536))
def test_mu_law_by_its_formula(x, channels):
    steps = featkit.MuLawEncode(channels)(np.array(x, np.float64))
    expected = [encoded(value, channels) for value in x]
    # log1p here and log(1 + ...) there may fall on different sides of an edge between two steps.
    assert all(abs(a - b) <= 1 and 0 <= a < channels for a, b in zip(steps.tolist(), expected, strict=True))
    back = featkit.MuLawDecode(channels)(steps)
    np.testing.assert_allclose(back, [decoded(s, channels) for s in steps], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(featkit.MuLaw(channels)(np.array(x, np.float64)), back)


def test_every_step_is_met_and_comes_back():
    for channels in (2, 3, 256, 1000):
        steps = np.arange(channels, dtype=np.float64)
        assert featkit.MuLawEncode(channels)(featkit.MuLawDecode(channels)(steps)).tolist() == steps.tolist()


def test_the_steps_of_speech_are_the_formulas(speech):
    steps = featkit.MuLawEncode()(speech)
    assert steps.dtype == np.float32
    assert steps.tolist() == [encoded(x, 256) for x in speech.tolist()]


def test_the_curve_is_librosas(speech):
    compressed = librosa.mu_compress(speech.astype(np.float64), mu=255, quantize=False)
    np.testing.assert_array_equal(
        featkit.MuLawEncode()(speech.astype(np.float64)), np.floor((compressed + 1) * 127.5 + 0.5)
    )
    steps = np.arange(256.0)
    np.testing.assert_allclose(
        featkit.MuLawDecode()(steps),
        librosa.mu_expand(steps / 127.5 - 1, mu=255, quantize=False),
        rtol=1e-12,
        atol=1e-15,
    )


def test_the_noise_of_mu_law_is_that_of_a_real_codec(speech):
    """libsndfile has G.711, whose straight lines follow the curve: the same noise but for a fraction of a dB."""
    file = io.BytesIO()
    soundfile.write(file, speech, 16000, format="WAV", subtype="ULAW")
    file.seek(0)
    codec = soundfile.read(file, dtype="float64")[0]
    ratios = [
        db(power(speech.astype(np.float64)) / power(other - speech)) for other in (codec, featkit.MuLaw()(speech))
    ]
    assert ratios[1] == pytest.approx(ratios[0], abs=1.0)
    assert 30 < ratios[1] < 45  # 8-bit mu-law has 38 dB over a wide range of levels


def test_mu_law_clips_and_keeps_silence_near_zero():
    assert featkit.MuLaw()(np.array([3.0, -3.0])).tolist() == featkit.MuLaw()(np.array([1.0, -1.0])).tolist()
    np.testing.assert_allclose(featkit.MuLaw()(np.array([3.0, -3.0])), [1.0, -1.0], rtol=1e-15)
    assert 0 < featkit.MuLaw()(np.zeros(1))[0] < 1e-4
    with pytest.raises(featkit.ParameterError, match=r"MuLaw\.channels must be at most 65536, got 65537"):
        featkit.MuLaw(65537)
    with pytest.raises(featkit.ParameterError, match=r"MuLawDecode\.channels must be at least 2, got 1"):
        featkit.MuLawDecode(1)


# --- shifts -----------------------------------------------------------------------------------------------------------


@given(n=st.integers(0, 30), samples=st.integers(-40, 40))
def test_time_shift(n, samples):
    signal = np.arange(1.0, n + 1)
    expected = [signal[i - samples] if 0 <= i - samples < n else 0.0 for i in range(n)]
    assert featkit.TimeShift(samples)(signal).tolist() == expected


@given(n=st.integers(1, 30), share=st.floats(-1, 1))
def test_shift_by_share(n, share):
    signal = np.arange(1.0, n + 1)
    moved = featkit.TimeShift(round(share * n))(signal)
    assert featkit.ShiftByShare(share)(signal).tolist() == moved.tolist()
    assert in_blocks(featkit.ShiftByShare(share), signal, 7).tolist() == moved.tolist()


def test_what_cannot_be_shifted():
    with pytest.raises(featkit.ParameterError, match=r"share must be within -1 and 1, got 1\.5"):
        featkit.ShiftByShare(1.5)
    assert featkit.ShiftByShare()(np.zeros(0)).shape == (0,)


# --- masks and warps --------------------------------------------------------------------------------------------------

spans = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 8)), max_size=4).map(tuple)


@given(bands=spans, frames=spans, value=st.floats(-9, 9))
def test_masks(bands, frames, value):
    rows = noise(15 * 20).reshape(15, 20)
    by_band, by_frame = rows.copy(), rows.copy()
    for t in range(15):
        for k in range(20):
            if any(first <= k < first + width for first, width in bands):
                by_band[t, k] = value
            if any(first <= t < first + width for first, width in frames):
                by_frame[t, k] = value
    assert featkit.MaskBands(bands, value)(rows).tolist() == by_band.tolist()
    assert featkit.MaskFrames(frames, value)(rows).tolist() == by_frame.tolist()


def test_masks_that_do_not_fit():
    with pytest.raises(featkit.ShapeError, match="MaskBands masks the columns 10 to 14, but a row has 13"):
        featkit.MaskBands(((10, 5),))(np.zeros((3, 13)))
    with pytest.raises(featkit.ParameterError, match="neither below 0, got"):
        featkit.MaskFrames(((-1, 5),))


@given(frames=st.integers(3, 40), data=st.data(), n=st.integers(1, 50))
def test_warp(frames, data, n):
    at, to = data.draw(st.integers(1, frames - 2)), data.draw(st.integers(1, frames - 2))
    rows = noise(n * 2).reshape(n, 2)
    expected = []
    for t in range(n):
        if t <= to:
            u = t * at / to
        elif t < frames:
            u = at + (t - to) * (frames - 1 - at) / (frames - 1 - to)
        else:
            u = t
        u = min(u, n - 1)
        below = math.floor(u)
        above = min(below + 1, n - 1)
        expected.append(rows[below] + (u - below) * (rows[above] - rows[below]))
    np.testing.assert_allclose(featkit.WarpTime(at, to, frames)(rows), expected, rtol=0, atol=1e-12)


def test_a_warp_holds_its_ends_and_moves_its_frame():
    rows = noise(50).reshape(50, 1)
    warped = featkit.WarpTime(20, 28, 50)(rows)
    assert [warped[t, 0] for t in (0, 28, 49)] == [rows[t, 0] for t in (0, 20, 49)]
    with pytest.raises(
        featkit.ParameterError, match=r"WarpTime\.to must be an inner one of 50 frames, 1 to 48, got 49"
    ):
        featkit.WarpTime(20, 49, 50)


@given(
    n=st.integers(1, 60), columns=st.integers(1, 30), warp=st.integers(0, 20), band=st.integers(0, 40),
    bands=st.integers(0, 3), frame=st.integers(0, 80), share=st.floats(0, 1), frames=st.integers(0, 3),
    seed=st.integers(0, 99), value=st.sampled_from(["mean", "min", -4.0]),
)  # fmt: skip
def test_spec_augment_keeps_to_the_policy(n, columns, warp, band, bands, frame, share, frames, seed, value):
    stage = featkit.SpecAugment(warp, band, bands, frame, share, frames, value, seed)
    rows = noise(n * columns).reshape(n, columns)
    settled = stage.settle([rows[: n // 2], rows[n // 2 :]])
    filler = {"mean": rows.mean(), "min": rows.min()}.get(value, value)
    expected = rows
    for step in settled.stages:
        if isinstance(step, featkit.WarpTime):
            assert n >= 2 * warp + 3
            assert warp < step.at < n - warp - 1
            assert abs(step.to - step.at) <= warp
            assert step.frames == n
        if isinstance(step, featkit.MaskBands):
            assert len(step.bands) == bands
            assert all(0 <= width <= min(band, columns) and first + width <= columns for first, width in step.bands)
        if isinstance(step, featkit.MaskFrames):
            assert len(step.frames) == frames
            assert all(width <= min(frame, share * n) and first + width <= n for first, width in step.frames)
        if isinstance(step, (featkit.MaskBands, featkit.MaskFrames)):
            assert step.value == pytest.approx(filler, abs=1e-12)
        expected = step(expected)
    assert any(isinstance(step, featkit.WarpTime) for step in settled.stages) == (warp > 0 and n >= 2 * warp + 3)
    assert stage(rows).tobytes() == expected.tobytes()


def test_spec_augment_draws_all_that_it_may():
    rows = np.zeros((30, 8))
    widths, starts, places, ways = set(), set(), set(), set()
    for seed in range(600):
        warp, bands, frames = featkit.SpecAugment(5, 3, 1, 10, 0.2, 1, 0.0, seed).settle([rows]).stages
        widths.add((bands.bands[0][1], frames.frames[0][1]))
        starts.add(bands.bands[0][0] if bands.bands[0][1] == 3 else 0)
        places.add(warp.at)
        ways.add(warp.to - warp.at)
    assert widths == {(f, t) for f in range(4) for t in range(7)}  # 0.2 of 30 frames are 6
    assert starts == set(range(6))
    assert (places, ways) == (set(range(6, 24)), set(range(-5, 6)))


def test_more_masks_leave_the_others_where_they_were():
    rows = np.zeros((300, 80))
    one, two = (featkit.SpecAugment(band_masks=masks, seed=4).settle([rows])["mask_bands"].bands for masks in (1, 2))
    assert two[:1] == one


def test_spec_augment_of_what_is_short_or_empty():
    stage = featkit.SpecAugment()
    assert stage(np.zeros((0, 40))).shape == (0, 40)
    assert stage(np.ones((1, 40))).shape == (1, 40)
    with pytest.raises(featkit.InputError, match="there is no frame to mask"):
        stage.settle([])
    with pytest.raises(featkit.ParameterError, match=r"frame_share must be at most 1, got 1\.5"):
        featkit.SpecAugment(frame_share=1.5)
    assert featkit.SpecAugment(0, band_masks=0, frame_masks=0)(np.ones((2, 2))).tolist() == [[1, 1], [1, 1]]


def test_masked_features_of_speech_have_the_mean_under_the_mask(speech):
    features = featkit.log_fbank(n_mels=80)(speech)
    stage = featkit.SpecAugment(warp=0, seed=2)
    masked = stage(features)
    changed = masked != features
    spots = np.zeros_like(changed)
    _, bands, frames = (None, *stage.settle([features]).stages)
    for first, width in bands.bands:
        spots[:, first : first + width] = True
    for first, width in frames.frames:
        spots[first : first + width] = True
    assert spots.any()
    assert not changed[~spots].any()
    np.testing.assert_allclose(masked[spots], features.astype(np.float64).mean(), rtol=1e-6)


# --- recordings -------------------------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize("name", ["psf_english_8k.wav", "trumpet_22k.wav", "zoo/one_sample.wav", "zoo/clipped.wav"])
def test_any_recording_goes_through_all_of_them(shared, name):
    path = shared / "audio" / name
    samples, rate = featkit.read(path, channels="first")
    chain = (
        featkit.AddNoise(noise(900), rate=rate) | featkit.Reverberate(room(500)) | featkit.TimeShift(-30)
        | featkit.BandLimit(200, 3000, rate) | featkit.MuLaw()
    )  # fmt: skip
    out = chain(samples)
    assert out.shape == samples.shape
    assert out.dtype == samples.dtype
    assert np.isfinite(out).all()
    settled = chain.settle([samples])
    stream = settled.stream()
    pieces = [stream.push(samples[at : at + 777]) for at in range(0, len(samples), 777)] + [stream.finish()]
    assert np.concatenate(pieces).tobytes() == out.tobytes()
