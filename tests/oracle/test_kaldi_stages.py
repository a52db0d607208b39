"""The stages that Kaldi's features need, against plain loops written from their formulas; and the presets' own rules."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featkit
from featkit import presets
from featkit.audio.dither import normal_noise
from featkit.audio.mel import mel_corners, warp_hz
from featkit.presets import kaldi, torchaudio_compliance

FEW = settings(max_examples=60, deadline=None)
RNG = np.random.default_rng(0)


# --- vocal tract length normalisation ---------------------------------------------------------------------------------


def kaldi_warp(hz, warp, low, high, bottom, top):
    """mel-computations.cc, VtlnWarpFreq."""
    if hz < bottom or hz > top:
        return hz
    left, right = low * max(1.0, warp), high * min(1.0, warp)
    if hz < left:
        return bottom + (left / warp - bottom) / (left - bottom) * (hz - bottom)
    if hz < right:
        return hz / warp
    return top + (top - right / warp) / (top - right) * (hz - top)


def htk_warp(hz, warp, low, high, bottom, top):
    """HSigP.c, WarpFreq."""
    scale = 1 / warp
    upper, lower = high * 2 / (1 + scale), low * 2 / (1 + scale)
    if hz > upper:
        return (top - upper * scale) / (top - upper) * (hz - upper) + scale * upper
    if hz < lower:
        return (lower * scale - bottom) / (lower - bottom) * (hz - bottom) + bottom
    return scale * hz


@FEW
@given(
    hz=st.lists(st.floats(20, 8000), min_size=1), warp=st.floats(0.8, 1.25), low=st.floats(50, 300),
    high=st.floats(5500, 6200), which=st.sampled_from([("kaldi", kaldi_warp), ("htk", htk_warp)]),
)  # fmt: skip
def test_warped_frequencies(hz, warp, low, high, which):
    warping, by_formula = which
    expected = [by_formula(f, warp, low, high, 20.0, 8000.0) for f in hz]
    got = warp_hz(hz, warp, low, high, (20.0, 8000.0), warping)
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    assert warp_hz([20.0, 8000.0], warp, low, high, (20.0, 8000.0), warping).tolist() == [20.0, 8000.0]
    single = warp_hz(hz, warp, low, high, (20.0, 8000.0), warping, "float32")
    np.testing.assert_allclose(single, expected, rtol=3e-6)


def test_a_warped_bank_is_a_bank_of_warped_corners():
    plain, warped = (featkit.MelBank(20, scale="kaldi", triangles="mel", warp=warp) for warp in (1.0, 1.1))
    spectra = np.eye(257)
    assert np.abs(plain(spectra) - warped(spectra)).max() > 0.1
    corners = mel_corners(20, 16000, scale="kaldi", warp=1.1)[1]
    peaks = warped(spectra).argmax(axis=0) * 16000 / 512
    assert np.abs(peaks - corners[1:-1]).max() <= 16000 / 512
    assert corners[[0, -1]].tolist() == pytest.approx([20, 8000])


def test_warping_that_does_not_fit_is_refused():
    with pytest.raises(featkit.ParameterError, match=r"warps between warp_low_hz=10 .* inside its band, 20 to 8000 Hz"):
        featkit.MelBank(warp=1.1, warp_low_hz=10)
    with pytest.raises(featkit.ParameterError, match=r"warps between .* inside its band"):
        featkit.MelBank(warp=1.1, warp_high_hz=8000)
    with pytest.raises(featkit.ParameterError, match="folds the band 20 to 8000 Hz over"):
        featkit.MelBank(warp=3.0, warp_low_hz=2000, warp_high_hz=3000)
    with pytest.raises(featkit.ParameterError, match="out of the band"):
        featkit.MelBank(warp=0.5, warp_high_hz=7000, warping="htk")
    featkit.MelBank(warp=1.0, warp_low_hz=10)  # not used


# --- perceptual linear prediction -------------------------------------------------------------------------------------


def loudness(hz):
    return (hz**2 / (hz**2 + 1.6e5)) ** 2 * (hz**2 + 1.44e6) / (hz**2 + 9.61e6)


@pytest.mark.parametrize(
    "options", [{}, {"scale": "kaldi", "high_hz": 7000.0, "warp": 1.1}, {"floor": 1.0, "exponent": 0.33}]
)
def test_loudness(options):
    band = {name: value for name, value in options.items() if name not in ("floor", "exponent")}
    centres = mel_corners(10, 16000, **band)[1][1:-1]
    rows = RNG.uniform(-0.5, 4, (5, 10))
    floor, exponent = options.get("floor", 0.0), options.get("exponent", 1 / 3)
    expected = [[(max(x, floor) * loudness(f)) ** exponent for x, f in zip(row, centres, strict=True)] for row in rows]
    np.testing.assert_allclose(featkit.Loudness(**options)(rows), expected, rtol=1e-12)


def prediction_by_solving(spectrum, order):
    """The normal equations themselves, instead of Levinson and Durbin's recursion."""
    whole = [spectrum[0], *spectrum, spectrum[-1]]
    whole += whole[-2:0:-1]  # the spectrum of a real signal, all around the circle
    lags = np.fft.ifft(whole).real[: order + 1]
    matrix = np.array([[lags[abs(i - j)] for j in range(order)] for i in range(order)])
    filtered = np.linalg.solve(matrix, -lags[1:])
    return [lags[0] + float(np.sum(filtered * lags[1:])), *filtered]


@pytest.mark.parametrize(("order", "bands"), [(1, 2), (5, 20), (12, 23), (20, 40)])
def test_linear_prediction(order, bands):
    spectra = RNG.uniform(0.5, 3, (6, bands))
    expected = [prediction_by_solving(spectrum, order) for spectrum in spectra]
    np.testing.assert_allclose(featkit.LinearPrediction(order)(spectra), expected, rtol=1e-9, atol=1e-11)


def test_linear_prediction_of_silence_and_of_one_line_is_finite():
    for dtype in (np.float32, np.float64):
        spectra = np.zeros((2, 23), dtype)
        spectra[1, 0] = 1e6
        made = featkit.LinearPrediction()(spectra)
        assert not made[0].any()
        assert np.isfinite(made).all()
        assert np.isfinite(featkit.PredictionCepstrum()(made)).all()


def test_prediction_cepstrum_is_the_cepstrum_of_the_model():
    """The cepstrum is the inverse transform of log e / abs(A)^2, halved but for c_0."""
    predictors = featkit.LinearPrediction(8)(RNG.uniform(0.5, 3, (4, 20)))
    filters = np.concatenate([np.ones((4, 1)), predictors[:, 1:]], axis=1)
    model = predictors[:, :1] / np.abs(np.fft.rfft(filters, 4096)) ** 2
    cepstra = np.fft.irfft(np.log(model))[:, :9]
    cepstra[:, 1:] *= 1  # log abs(1/A)^2 has each of them twice, at k and at -k; c_k is log (1/A)'s
    np.testing.assert_allclose(featkit.PredictionCepstrum(9)(predictors), cepstra, rtol=0, atol=1e-9)


def test_prediction_stages_refuse_what_does_not_fit():
    with pytest.raises(featkit.ShapeError, match="makes 14 coefficients of at most as many values, got 13"):
        featkit.LinearPrediction(12) | featkit.PredictionCepstrum(14)
    with pytest.raises(featkit.ParameterError, match="exponent must be finite and above 0"):
        featkit.Loudness(exponent=0)


# --- dither -----------------------------------------------------------------------------------------------------------


def test_noise_is_normal_and_a_matter_of_seed_and_frame_only():
    noise = normal_noise(3, 0, 500, 401)
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 1) < 0.01
    assert abs((noise**4).mean() - 3) < 0.06
    assert np.abs(np.corrcoef(noise[:20])[np.triu_indices(20, 1)]).max() < 0.25
    assert normal_noise(3, 123, 1, 401).tobytes() == noise[123:124].tobytes()
    assert not np.array_equal(normal_noise(4, 0, 1, 401), noise[:1])


def test_dither_adds_noise_of_that_size_in_the_precision_of_its_input():
    silence = np.zeros((300, 400), np.float32)
    got = featkit.Dither(0.5, seed=2)(silence)
    assert got.dtype == np.float32
    assert abs(got.std() - 0.5) < 0.01
    np.testing.assert_array_equal(featkit.Dither(0.0)(silence), silence)
    with pytest.raises(featkit.ParameterError, match="amount must be finite"):
        featkit.Dither(math.inf)
    with pytest.raises(featkit.ParameterError, match="seed must be at least 0"):
        featkit.Dither(seed=-1)


def test_dithered_features_stream(stream):
    signal = RNG.standard_normal(4000).astype(np.float32) * 0.1
    pipeline = kaldi.mfcc(dither=1.0, seed=5)
    whole = pipeline(signal)
    assert stream(pipeline, signal, 161).tobytes() == whole.tobytes()
    assert not np.array_equal(kaldi.mfcc(dither=1.0, seed=6)(signal), whole)
    assert np.abs(whole - kaldi.mfcc()(signal)).max() < 1


@pytest.fixture
def stream():
    def run(stage, rows, size):
        running = stage.stream()
        out = [running.push(rows[at : at + size]) for at in range(0, len(rows), size)]
        return np.concatenate([*out, running.finish()])

    return run


# --- mean and variance ------------------------------------------------------------------------------------------------


def sliding_by_loop(rows, window, least, centred, variance):
    """feature-functions.cc, SlidingWindowCmn, frame by frame."""
    out = []
    for t in range(len(rows)):
        start, end = (t - window // 2, t - window // 2 + window) if centred else (t - window, t + 1)
        if start < 0:
            start, end = 0, end - start
        if not centred and end > t:
            end = max(t + 1, least)
        if end > len(rows):
            start, end = max(0, start - (end - len(rows))), len(rows)
        inside = rows[start:end]
        row = rows[t] - inside.mean(axis=0)
        if variance:
            spread = np.maximum((inside**2).mean(axis=0) - inside.mean(axis=0) ** 2, 1e-10)
            row = row / np.sqrt(spread) if len(inside) > 1 else row * 0
        out.append(row)
    return np.array(out).reshape(rows.shape)


@settings(max_examples=300, deadline=None)
@given(
    n=st.integers(0, 60), window=st.integers(1, 30), least=st.integers(0, 40), centred=st.booleans(), variance=st.booleans(),
    size=st.integers(1, 20), seed=st.integers(0, 99),
)  # fmt: skip
def test_sliding_cmvn(n, window, least, centred, variance, size, seed):
    """Also in pieces, by bytes."""
    rows = np.random.default_rng(seed).uniform(-1, 1, (n, 3)) * [1, 5, 0.1] + [0, 2, -0.1]
    stage = featkit.SlidingCmvn(window, least, centred, variance)
    whole = stage(rows)
    expected = sliding_by_loop(rows, window, least, centred, variance)
    # The variance is a mean of squares less the square of the mean, which costs digits where frames are alike.
    np.testing.assert_allclose(whole, expected, rtol=1e-6, atol=1e-5 if variance else 1e-12)
    running = stage.stream()
    pieces = [running.push(rows[at : at + size]) for at in range(0, n, size)]
    streamed = np.concatenate([*pieces, running.finish()]) if n else whole
    assert streamed.tobytes() == whole.tobytes()


def test_sliding_cmvn_waits_no_longer_than_it_must():
    rows = np.arange(40.0)[:, None]
    centred, trailing = featkit.SlidingCmvn(10, centred=True).stream(), featkit.SlidingCmvn(10, least=7).stream()
    assert [len(centred.push(row[None])) for row in rows] == [0] * 9 + [6] + [1] * 30
    assert [len(trailing.push(row[None])) for row in rows] == [0] * 6 + [7] + [1] * 33
    assert len(centred.finish()) == 4
    assert not len(trailing.finish())


def test_sliding_cmvn_keeps_its_window_only():
    stage = featkit.SlidingCmvn(20, least=5)
    state = stage.init()
    for _ in range(50):
        state, _ = stage.step(state, RNG.standard_normal((7, 2)))
    assert len(state.rows) <= 22


def test_utterance_cmvn():
    rows = RNG.standard_normal((50, 3)) * [1, 5, 0.1] + [0, 20, -3]
    np.testing.assert_allclose(featkit.UtteranceCmvn()(rows), (rows - rows.mean(axis=0)) / rows.std(axis=0), rtol=1e-9)
    np.testing.assert_allclose(
        featkit.UtteranceCmvn(variance=False)(rows), rows - rows.mean(axis=0), rtol=0, atol=1e-12
    )
    skipped = featkit.UtteranceCmvn(skip=(0, -1))(rows)
    np.testing.assert_array_equal(skipped[:, [0, 2]], rows[:, [0, 2]])
    assert abs(skipped[:, 1].std() - 1) < 1e-12
    assert not featkit.UtteranceCmvn()(np.full((5, 2), 3.0)).any()
    assert featkit.UtteranceCmvn()(np.zeros((0, 3))).shape == (0, 3)


def test_utterance_cmvn_names_the_way_in_two_passes_and_it_works(stream):
    rows = RNG.standard_normal((50, 3))
    pipeline = kaldi.apply_cmvn(norm_vars=True)
    with pytest.raises(
        featkit.NotStreamable, match=r"UtteranceCmvn needs the whole input .* pipeline\.settle\(blocks\)"
    ):
        pipeline.stream()
    assert stream(pipeline.settle([rows]), rows, 7).tobytes() == pipeline(rows).tobytes()
    np.testing.assert_allclose(featkit.Cmvn().fit([rows])(rows), pipeline(rows), rtol=1e-12, atol=1e-13)
    with pytest.raises(featkit.ShapeError, match="skips column 3, but a row has 3"):
        featkit.UtteranceCmvn(skip=(3,))(rows)


def test_statistics_of_parts_of_a_speaker_merge():
    cmvn = featkit.Cmvn()
    parts = [RNG.standard_normal((n, 2)) + 3 for n in (7, 30, 1)]
    merged = cmvn.finish(cmvn.merge(cmvn.gather(parts[:2]), cmvn.gather(parts[2:])))
    whole = np.concatenate(parts)
    np.testing.assert_allclose(merged(whole), featkit.UtteranceCmvn()(whole), rtol=1e-12, atol=1e-12)


# --- small ones -------------------------------------------------------------------------------------------------------


@FEW
@given(n=st.integers(0, 30), length=st.integers(0, 20), size=st.integers(1, 9))
def test_drop_short(n, length, size):
    rows = np.arange(1.0, n + 1)
    stage = featkit.DropShort(length)
    expected = rows if n >= length else rows[:0]
    np.testing.assert_array_equal(stage(rows), expected)
    assert stage.count(n) == len(expected)
    running = stage.stream()
    pieces = [running.push(rows[at : at + size]) for at in range(0, n + 1, size)]
    np.testing.assert_array_equal(np.concatenate([*pieces, running.finish()]), expected)


def test_sine_window():
    np.testing.assert_allclose(featkit.window("sine", 9), [math.sin(math.pi * i / 8) for i in range(9)], atol=1e-15)


# --- the presets --------------------------------------------------------------------------------------------------------


def plp_by_loop(samples, lpc_order=12, num_ceps=13):
    """compute-plp-feats with its defaults, frame by frame."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)) ** 0.85
    weights = featkit.mel_weights(23, 16000, 512, 20.0, None, "kaldi", "mel")
    centres = 700 * (
        np.exp(np.linspace(1127 * np.log(1 + 20 / 700), 1127 * np.log(1 + 8000 / 700), 25)[1:-1] / 1127) - 1
    )
    out = []
    for start in range(0, len(samples) - 399, 160):
        frame = samples[start : start + 400] * 32768.0
        frame = frame - frame.mean()
        energy = math.log(max(float((frame**2).sum()), 2**-23))
        frame = (frame - 0.97 * np.concatenate([frame[:1], frame[:-1]])) * window
        power = np.abs(np.fft.rfft(frame, 512)) ** 2
        bands = (np.sum(weights * power, axis=1) * loudness(centres)) ** 0.33333
        _, *a = prediction_by_solving(bands, lpc_order)
        cepstra = []
        for i in range(1, num_ceps):
            cepstra.append(-a[i - 1] - sum((i - j) * a[j - 1] * cepstra[i - j - 1] for j in range(1, i)) / i)
        lifter = 1 + 11 * np.sin(np.pi * np.arange(1, num_ceps) / 22)
        out.append([energy, *(lifter * cepstra)])
    return np.array(out)


def test_plp():
    samples = RNG.standard_normal(3000) * 0.1
    # The filters are in single precision, as Kaldi's
    np.testing.assert_allclose(kaldi.plp()(samples), plp_by_loop(samples), rtol=0, atol=2e-3)
    exact = kaldi.plp().with_(join__1__mel__precision="float64")
    np.testing.assert_allclose(exact(samples), plp_by_loop(samples), rtol=0, atol=1e-8)
    assert np.isfinite(kaldi.plp()(np.zeros(3000, np.float32))).all()


def test_where_energy_and_c0_stand():
    samples = RNG.standard_normal(3000).astype(np.float32) * 0.1
    for preset in (kaldi.mfcc, kaldi.plp):
        energy, c0 = preset()(samples), preset(use_energy=False)(samples)
        assert not np.allclose(energy[:, 0], c0[:, 0])
        # Without the energy the frames are emphasised in one pass, which rounds elsewhere (EmphasisedFrames.fused_error).
        np.testing.assert_allclose(energy[:, 1:], c0[:, 1:], rtol=0, atol=1e-5 * np.abs(c0).max())
        np.testing.assert_array_equal(preset(htk_compat=True)(samples), np.roll(energy, -1, axis=1))
        last = preset(htk_compat=True, use_energy=False)(samples)
        np.testing.assert_array_equal(last[:, :-1], c0[:, 1:])
        scale = math.sqrt(2) if preset is kaldi.mfcc else 1
        np.testing.assert_allclose(last[:, -1], c0[:, 0] * scale, rtol=1e-6)
        for options in ({}, {"use_energy": False}, {"htk_compat": True}, {"use_energy": False, "htk_compat": True}):
            assert preset(num_ceps=1, **options)(samples).shape == (17, 1)
    np.testing.assert_array_equal(
        kaldi.fbank(use_energy=True, htk_compat=True)(samples),
        np.roll(kaldi.fbank(use_energy=True)(samples), -1, axis=1),
    )


def test_the_scale_of_samples_can_be_switched_off():
    samples = RNG.standard_normal(3000).astype(np.float32) * 0.1
    scaled = kaldi.fbank(sample_scale=1.0)(samples * np.float32(32768))
    np.testing.assert_array_equal(scaled, kaldi.fbank()(samples))


def test_too_short_a_file_gives_nothing():
    samples = np.zeros(16000, np.float32)
    assert len(kaldi.fbank(min_duration=1.0)(samples)) == 98
    assert kaldi.fbank(min_duration=1.0)(samples[:-1]).shape == (0, 23)
    assert torchaudio_compliance.fbank()(samples[:100]).shape == (0, 23)


def test_statistics_of_a_speaker_normalise_and_are_undone():
    rows = RNG.standard_normal((30, 3)) * [1, 5, 0.1] + [0, 20, -3]
    stats = np.zeros((2, 4))
    stats[0, :3], stats[0, 3], stats[1, :3] = rows.sum(axis=0), len(rows), (rows**2).sum(axis=0)
    normal = kaldi.apply_cmvn(stats=stats, norm_vars=True)(rows)
    np.testing.assert_allclose(normal, kaldi.apply_cmvn(norm_vars=True)(rows), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(kaldi.apply_cmvn(stats=stats, norm_vars=True, reverse=True)(normal), rows, rtol=1e-9)
    skipped = kaldi.apply_cmvn(stats=stats, skip_dims="0:2")(rows)
    np.testing.assert_array_equal(skipped[:, [0, 2]], rows[:, [0, 2]])
    np.testing.assert_allclose(kaldi.apply_cmvn(skip_dims="0:2")(rows), skipped, rtol=1e-12, atol=1e-12)
    assert kaldi.apply_cmvn(norm_means=False)(rows).tobytes() == rows.tobytes()


CONFIG = """
# conf/mfcc_hires.conf
--use-energy=false   # use average of log energy, not energy.
--num-mel-bins=40     # similar to Google's setup.
--num-ceps=40     # there is no dimensionality reduction.

--low-freq=20
--high-freq=-400 # 7600
--snip-edges
--window-type="hamming"
"""


def test_configuration_files(tmp_path):
    path = tmp_path / "mfcc_hires.conf"
    path.write_text(CONFIG)
    expected = kaldi.mfcc(
        use_energy=False, num_mel_bins=40, num_ceps=40, low_freq=20.0, high_freq=-400.0, window_type="hamming"
    )
    assert kaldi.from_config(path) == expected
    assert kaldi.from_config(str(path)) == expected
    assert kaldi.from_config(CONFIG, "mfcc") == expected
    assert kaldi.from_config(CONFIG, "mfcc", num_ceps=13) == kaldi.from_config(
        CONFIG.replace("ceps=40", "ceps=13"), "mfcc"
    )
    (tmp_path / "empty_plp.conf").write_text("")
    assert kaldi.from_config(tmp_path / "empty_plp.conf") == kaldi.plp()


@pytest.mark.parametrize(
    ("text", "feature", "message"),
    [
        ("--num-cep=3", "mfcc", "kaldi/mfcc has no option 'num-cep'; did you mean 'num_ceps'?"),
        ("--num-ceps=3", "fbank", "kaldi/fbank has no option 'num-ceps'"),
        ("--num-ceps=many", "mfcc", "the option '--num-ceps=many' needs an integer as its value"),
        ("--num-ceps", "mfcc", "the option '--num-ceps' needs an integer as its value"),
        ("--htk-compat=yes", "mfcc", "the option '--htk-compat=yes' needs true or false as its value"),
        ("--low-freq=a", "mfcc", "needs a number as its value"),
        ("--num-ceps=3\nnum-ceps=3", "mfcc", "the line 'num-ceps=3' is no option; a line is --name=value"),
        ("--num-ceps=3", None, "it is not clear which feature 'the text' configures; give feature= one of fbank, mfcc"),
        ("--num-ceps=3", "mfc", "there is no feature 'mfc'; did you mean 'mfcc'?"),
        ("--allow-downsample=true", "mfcc", "the option allow_downsample=True can't be honoured: samples come at"),
    ],
)
def test_configurations_that_do_not_fit(text, feature, message):
    with pytest.raises(featkit.ParameterError, match=re.escape(message)):
        kaldi.from_config(text, feature)


def test_a_configuration_file_that_is_not_there(tmp_path):
    with pytest.raises(featkit.ReadError, match=r"mfcc\.conf: No such file or directory; give the name of a file"):
        kaldi.from_config(tmp_path / "mfcc.conf")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("kaldi/fbank", {"allow_upsample": True}, "allow_upsample=True can't be honoured: samples come at sample_frequency"),
        ("kaldi/mfcc", {"output_format": "htk"}, "output_format='htk' can't be honoured"),
        ("kaldi/mfcc", {"vtln_map": "ark:warps"}, "vtln_map='ark:warps' can't be honoured: .* give vtln_warp"),
        ("kaldi/plp", {"utt2spk": "ark:x"}, "utt2spk='ark:x' can't be honoured"),
        ("kaldi/plp", {"write_utt2dur": "ark:x"}, "write_utt2dur='ark:x' can't be honoured"),
        ("kaldi/spectrogram", {"return_raw_fft": True}, "return_raw_fft=True can't be honoured"),
        ("kaldi/spectrogram", {"channel": 1}, "channel=1 can't be honoured: there is one channel"),
        ("kaldi/fbank", {"window_type": "poveys"}, "no window_type 'poveys'; did you mean 'povey'?"),
        ("kaldi/fbank", {"num_mel_bins": 2}, "num_mel_bins must be at least 3, got 2"),
        ("kaldi/fbank", {"high_freq": 9000.0}, r"high_freq=9000 \(that is 9000 Hz\) must be 0 <= low < high <= 8000 Hz"),
        ("kaldi/fbank", {"high_freq": -8000.0}, r"\(that is 0 Hz\) must be"),
        ("kaldi/fbank", {"vtln_warp": 1.1, "vtln_low": 10.0}, "vtln_low=10 .* must lie in this order between low_freq=20"),
        ("kaldi/fbank", {"preemphasis_coefficient": 1.5}, "preemphasis_coefficient must lie between 0 and 1, got 1.5"),
        ("kaldi/fbank", {"frame_length": 0.1}, r"frame_length=0.1 ms are 1 samples at 16000 Hz; at least 2"),
        ("kaldi/fbank", {"frame_shift": 0.05}, "frame_shift=0.05 ms is less than one sample"),
        ("kaldi/fbank", {"frame_length": -1.0}, "frame_length must be above 0 and finite, got -1.0"),
        ("kaldi/fbank", {"dither": -1.0}, "dither must be at least 0 and finite"),
        ("kaldi/fbank", {"energy_floor": -1.0, "use_energy": True}, "energy_floor must be at least 0"),
        ("kaldi/fbank", {"round_to_power_of_two": False, "frame_length": 25.1}, "frames of an even number of samples, got 401"),
        ("kaldi/mfcc", {"num_ceps": 24}, "num_ceps must lie between 1 and num_mel_bins, 23; got 24"),
        ("kaldi/plp", {"num_ceps": 14}, r"num_ceps must lie between 1 and lpc_order \+ 1, 13; got 14"),
        ("kaldi/apply_cmvn", {"norm_vars": True, "norm_means": False}, "norm_vars=True with norm_means=False"),
        ("kaldi/apply_cmvn", {"skip_dims": "1,2"}, "skip_dims='1,2' must be numbers separated by colons"),
        ("kaldi/apply_cmvn", {"reverse": True}, "reverse=True needs the statistics"),
        ("kaldi/apply_cmvn", {"stats": np.zeros((3, 4))}, r"stats must have the shape \(2, features \+ 1\)"),
        ("kaldi/apply_cmvn", {"stats": np.ones((2, 3)), "skip_dims": "2"}, "skip_dims names column 2, but .* 2 features"),
        ("kaldi/apply_cmvn_sliding", {"center": True, "cmn_window": 50}, "center=True needs 0 < min_cmn_window <= cmn_window"),
        ("kaldi/apply_cmvn_sliding", {"cmn_window": 0}, "cmn_window must be at least 1"),
        ("kaldi/add_deltas", {"delta_window": 0}, "delta_window must be at least 1"),
        ("kaldi/fbank", {"nummelbins": 3}, "kaldi/fbank has no option 'nummelbins'; did you mean 'num_mel_bins'?"),
        ("torchaudio_compliance/fbank", {"num_mel_bins": 3}, "torchaudio takes a num_mel_bins of at least 4, got 3"),
        ("torchaudio_compliance/mfcc", {"window_type": "sine"}, "torchaudio has no window_type 'sine'"),
        ("torchaudio_compliance/mfcc", {"channel": 2}, "channel=2 can't be honoured"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit_are_refused_by_name(name, options, message):
    with pytest.raises(featkit.ParameterError, match=message):
        presets.get(name, **options)


def test_statistics_of_nothing():
    with pytest.raises(featkit.InputError, match="the statistics are of 0 frames"):
        kaldi.apply_cmvn(stats=np.zeros((2, 4)))


@pytest.mark.parametrize(
    "name", [name for name in presets.names() if name.split("/")[0] in ("kaldi", "torchaudio_compliance")]
)
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_presets_stream(name, precision, stream):
    pipeline = presets.get(name)
    takes_samples = pipeline.axes()[0] == ("sample",)
    rows = (RNG.standard_normal(1500) * 0.1 if takes_samples else RNG.standard_normal((150, 5))).astype(precision)
    whole = pipeline(rows)
    assert whole.dtype == precision
    assert featkit.parse(repr(pipeline)) == pipeline
    if not pipeline.streamable:
        assert name in ("kaldi/apply_cmvn", "kaldi/compute_vad")
        return
    for size in (1, 97, 1000):
        assert stream(pipeline, rows, size).tobytes() == whole.tobytes()
