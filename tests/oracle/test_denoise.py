"""Noise reduction: estimates of the noise on noise that is known, rules against plain loops, and what they gain on speech."""

import cmath
import importlib.util
import math
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

import featkit

ROOT = Path(__file__).parents[2]
LENGTH, HOP = 576, 144
WINDOW = featkit.Window("sine", periodic=True)
POWER = featkit.Frames(LENGTH, HOP, "centre") | WINDOW | featkit.PowerSpectrum()


def spectra(frames=30, bins=9, seed=0):
    """Complex spectra, loud ones and quiet ones."""
    rng = np.random.default_rng(seed)
    loud = np.exp(2 * rng.standard_normal((frames, 1)))
    return loud * (rng.standard_normal((frames, bins)) + 1j * rng.standard_normal((frames, bins)))


def white(seconds, seed=0, rate=16000):
    return 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * rate))


def true_power(level=0.1):
    """The mean power of a bin of white noise: that of the samples times the window's energy."""
    return level**2 * LENGTH / 2  # a sine window's squares add up to half its length


# --- back to samples ------------------------------------------------------------------------------------------------------


def untouched(rate=16000):
    """The road of denoise() with no rule on it."""
    stages = featkit.denoise(rate)[0].stage.stages
    return featkit.KeepLength(featkit.pipeline(*(stage for stage in stages if stage.name != "wiener")))


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize("n", [1, 2, 100, 287, 288, 289, 575, 577, 5003])
def test_nothing_suppressed_is_nothing_lost(rate, n):
    """Below 1e-6 of full scale in float32: a few roundings of values below 1, of 6e-8 each."""
    signal = np.random.default_rng(n).uniform(-1, 1, n)
    single = signal.astype(np.float32)
    np.testing.assert_allclose(untouched(rate)(single), single, rtol=0, atol=1e-6)
    np.testing.assert_allclose(untouched(rate)(signal), signal, rtol=0, atol=1e-14)


@pytest.mark.parametrize("n", [0, 1, 700, 4001])
@pytest.mark.parametrize("noise", ["track", "varying", "minimum", "leading", "whole", "quantile"])
@pytest.mark.parametrize("method", ["wiener", "lsa", "subtraction"])
def test_as_many_samples_come_out_as_went_in(method, noise, n):
    out = featkit.denoise(8000, method, noise)(white(1)[:n].astype(np.float32))
    assert out.shape == (n,)
    assert out.dtype == np.float32


def test_pieces_of_a_microphone_give_the_bytes_of_the_whole():
    road, signal = featkit.denoise(16000), white(2)
    stream = road.stream()
    pieces = [stream.push(signal[at : at + 160]) for at in range(0, len(signal), 160)]
    assert np.concatenate([*pieces, stream.finish()]).tobytes() == road(signal).tobytes()
    # As the document says: 198 ms from a sample in to the same sample out.
    given = np.cumsum([len(piece) for piece in pieces])
    taken = 160 * np.arange(1, len(pieces) + 1)
    assert (taken - given)[50:].max() <= 0.198 * 16000 + 160


def test_settled_it_gives_the_same_bytes():
    road, signal = featkit.denoise(16000, noise="whole"), white(1)
    settled = road.settle([signal[:7000], signal[7000:]])
    assert settled.streamable
    assert not road.streamable
    assert settled(signal).tobytes() == road(signal).tobytes()
    assert featkit.denoise(16000).settle([signal]) == featkit.denoise(16000)
    with pytest.raises(featkit.NotStreamable, match=r"StationaryNoise|Wiener|KeepLength"):
        road.stream()


def test_a_constant_offset_stays():
    """An offset is no noise: the level of the signal is another stage's business."""
    out = featkit.denoise(16000)(0.3 + 0.1 * white(2))
    assert abs(out[8000:24000].mean() - 0.3) < 0.003


@pytest.mark.parametrize("rate", [100, 8000, 192000])
@pytest.mark.parametrize("noise", ["track", "varying", "minimum", "leading", "whole", "quantile"])
@pytest.mark.parametrize("method", ["wiener", "lsa", "subtraction"])
def test_hostile_signals_give_finite_samples(rate, noise, method):
    """Gains are at most 1, and the frames that overlap can't add up to more than their own sum of magnitudes."""
    road = featkit.denoise(rate, method, noise)
    silence, hiss = np.zeros(3000), white(0.2)
    for signal in (
        silence,
        silence + 1.0,
        np.array([0.5]),
        np.sign(np.sin(np.arange(3000.0))),
        np.concatenate([silence, hiss, silence]),
        np.concatenate([1e6 + silence, silence]),
        silence + 1e-30,
    ):
        out = road(signal)
        assert np.isfinite(out).all()
        assert np.abs(out).max() <= 2 * np.abs(signal).max()


# --- rules against plain loops --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exponent", [1.0, 2.0])
@pytest.mark.parametrize(("over", "slope", "floor_db"), [(4.0, 0.15, -25.0), (1.0, 0.0, -10.0), (0.5, 0.1, -6.0)])
def test_spectral_subtraction(exponent, over, slope, floor_db):
    rows, noise = spectra(), np.linspace(0.1, 3.0, 9)
    expected = np.zeros_like(rows)
    for t, row in enumerate(rows):
        snr = sum(abs(x) ** 2 for x in row) / sum(noise)
        snr_db = min(20.0, max(-5.0, 10 * math.log10(snr)))
        factor = max(over - slope * snr_db, min(over, 1.0))
        for k, x in enumerate(row):
            amplitude = math.sqrt(noise[k])
            left = abs(x) ** exponent - factor * amplitude**exponent
            floor = 10 ** (floor_db / 20 * exponent) * amplitude**exponent
            magnitude = min(max(left, floor) ** (1 / exponent), abs(x))
            expected[t, k] = cmath.rect(magnitude, cmath.phase(x))
    stage = featkit.SpectralSubtraction(featkit.FixedNoise(noise), exponent, over, slope, floor_db)
    np.testing.assert_allclose(stage(rows), expected, rtol=1e-9)


def exponential_integral(v):
    return quad(lambda t: math.exp(-t) / t, v, math.inf, epsabs=1e-12)[0]


def gain(rule, prior, snr):
    wiener = prior / (1 + prior)
    if rule == "lsa":
        return min(1.0, wiener * math.exp(exponential_integral(min(max(wiener * snr, 1e-8), 500.0)) / 2))
    return math.sqrt(wiener) if rule == "root" else wiener


@pytest.mark.parametrize("two_step", [False, True])
@pytest.mark.parametrize("rule", ["wiener", "root", "lsa"])
def test_wiener_without_presence(rule, two_step):
    rows, noise, share, least = spectra(12, 4), np.linspace(0.2, 3.0, 4), 0.9, 10**-0.8
    expected = np.zeros_like(rows)
    for k in range(4):
        clean = None
        for t in range(12):
            snr = abs(rows[t, k]) ** 2 / noise[k]
            before = snr - 1 if clean is None else clean
            prior = max(share * before + (1 - share) * max(snr - 1, 0), least)
            clean = gain("lsa" if rule == "lsa" else "wiener", prior, snr) ** 2 * snr
            expected[t, k] = rows[t, k] * gain(rule, max(clean, 1e-6) if two_step else prior, snr)
    stage = featkit.Wiener(featkit.FixedNoise(noise), rule, share, -8.0, two_step, near=None)
    np.testing.assert_allclose(stage(rows), expected, rtol=1e-7)


@pytest.mark.parametrize(("before", "after", "beside"), [(0, 0, 0), (2, 1, 3), (4, 4, 6), (1, 3, 40)])
def test_presence(before, after, beside):
    rows = np.abs(spectra(15, 20)) ** 2
    threshold, order, most = 0.7, 3.0, 6.0
    ahead = [0.5 + 0.5 * math.cos(math.pi * i / (after + 1)) for i in range(after + 1)]
    back = [0.5 + 0.5 * math.cos(math.pi * i / (before + 1)) for i in range(before, 0, -1)]
    weights = np.array(back + ahead)
    weights /= weights.sum()

    def mean_of(values, half):
        inner = values[3:]
        boxed = [np.mean(inner[max(0, k - half) : k + half + 1]) for k in range(len(inner))]
        return np.concatenate([values[:3], boxed])

    expected = np.zeros_like(rows)
    for t in range(len(rows)):
        around = sum(
            weight * np.minimum(rows[min(max(t + i - before, 0), len(rows) - 1)], most)
            for i, weight in enumerate(weights)
        )
        if beside:
            around = mean_of(mean_of(around, (beside + 1) // 2), beside // 2)
        z = np.maximum(around - 1, 1e-6)
        expected[t] = 1 / (1 + (threshold / z) ** order)
    stage = featkit.Presence(before, after, beside, threshold, order, most)
    np.testing.assert_allclose(stage(rows), expected, rtol=1e-9)


def test_the_floors_take_over_where_there_is_no_speech():
    rows, noise = spectra(40, 45), featkit.FixedNoise(np.linspace(0.5, 2.0, 45))
    near, frame = featkit.Presence(2, 2, 2), featkit.Presence(1, 6, 8, threshold=0.3)
    snr = np.abs(rows) ** 2 / noise.power
    alone = featkit.Wiener(noise, near=None)(rows) / rows
    sure, speech = near(snr), frame(snr)
    octaves = np.array([math.log2(max(k, 18) / 18) for k in range(45)])
    floor = 10 ** ((-30.0 + 12.0 * speech - 3.0 * octaves) / 20) * np.sqrt(noise.power) / np.abs(rows)
    stage = featkit.Wiener(noise, near=near, frame=frame, beside_db=-18.0, floor_db=-30.0, tilt_db=-3.0)
    np.testing.assert_allclose(stage(rows), rows * (sure * alone + (1 - sure) * np.minimum(floor, 1)), rtol=1e-9)
    assert (floor > 1).any()  # a bin that lies below the floor stays


def test_noise_alone_goes_down_to_the_floor_and_a_tone_stays():
    hiss, at = white(3), np.arange(48000) / 16000
    quiet = featkit.denoise(16000)(hiss)
    assert -40 < 20 * np.log10(quiet[8000:].std() / hiss[8000:].std()) < -20
    tone = 0.5 * np.sin(2 * np.pi * 1000 * at) * (at > 1)
    kept = featkit.denoise(16000)(tone + hiss)
    assert 0.9 < np.sqrt(np.mean(kept[20000:40000] ** 2)) / np.sqrt(np.mean(tone[20000:40000] ** 2)) < 1.1


# --- estimates of the noise -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "first", "percent"),
    [
        (featkit.LeadingNoise(200), 0, 4),
        (featkit.StationaryNoise(), 0, 6),
        (featkit.QuantileNoise(), 0, 6),
        (featkit.TrackedNoise(), 20, 8),
        (featkit.MinimumStatistics(), 200, 15),
    ],
    ids=lambda value: getattr(value, "name", None),
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_white_noise_has_the_power_that_is_estimated(stage, first, percent, seed):
    """On average over bins and frames; ``percent`` is what such an estimate may be off by its own construction.

    The lowest and highest bins, which a window's transform folds back on themselves, are left out.
    """
    estimate = stage(POWER(white(8, seed)))[first:, 3:-3]
    assert abs(estimate.mean() / true_power() - 1) < percent / 100


def test_the_first_frames_are_heard_ahead():
    """TrackedNoise and the stationary estimate know the noise from the first frame on."""
    power = POWER(white(3))
    for stage in (featkit.TrackedNoise(), featkit.StationaryNoise()):
        assert abs(stage(power)[0, 3:-3].mean() / true_power() - 1) < 0.25


@pytest.mark.parametrize("db", [-15.0, 10.0])
@pytest.mark.parametrize("stage", [featkit.TrackedNoise(), featkit.MinimumStatistics()], ids=lambda stage: stage.name)
def test_a_change_of_the_noise_is_followed(stage, db):
    """Within two windows in which the minimum is sought (1.5 s each), to 2 dB."""
    factor = 10 ** (db / 20)
    power = POWER(np.concatenate([white(4), factor * white(5, 1)]))
    estimate = stage(power)[-80:, 3:-3].mean() / (true_power() * factor**2)
    assert abs(10 * math.log10(estimate)) < 2


def test_speech_is_not_taken_for_noise():
    """A tone that comes and goes, 20 dB above the noise of its bin and more."""
    at = np.arange(8 * 16000) / 16000
    tone = 0.05 * np.sin(2 * np.pi * 1000 * at) * (at % 1 < 0.5)
    for stage in (featkit.TrackedNoise(), featkit.StationaryNoise()):
        estimate = stage(POWER(tone + white(8)))[100:]
        there = estimate[:, 30:43].mean() / true_power()  # 1000 Hz is bin 36
        assert 0.7 < there < 1.6


def test_tracked_noise_in_plain_loops():
    """The recursion of the formula, over bins that are left alone (no smoothing beside)."""
    rows = np.random.default_rng(0).exponential(1.0, (60, 6)) * np.linspace(1, 3, 6)
    rows[20:40] *= 30
    stage = featkit.TrackedNoise(
        smoothing=0.8, prior_db=3.0, certainty=5.0, around=1, beside=0, spread=0, ahead=5, window=12, sections=3, bias=1.5
    )  # fmt: skip
    power = rows.copy()
    power[:, :3] = power[:, 3:4]
    padded = np.concatenate([power[:1], power, power[-1:]])
    judged = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
    noise = 1.1 * np.quantile(judged[:5], 0.25, axis=0)
    prior, followed, minima = 10**0.3, [], []
    for t in range(60):
        minima = (
            [*minima, judged[t : t + 1].min(axis=0)]
            if t % 4 == 0
            else [*minima[:-1], np.minimum(minima[-1], judged[t])]
        )
        for k in range(6):
            ratio = math.exp(-5.0 * (judged[t, k] / noise[k] * prior / (1 + prior) - math.log(1 + prior)))
            absent = ratio / (1 + ratio)
            noise[k] += 0.2 * absent * (power[t, k] - noise[k])
        if (t + 1) % 4 == 0 and t + 1 >= 12:
            noise = np.maximum(noise, 1.5 * np.min(minima[-3:], axis=0))
        followed.append(noise.copy())
    delayed = followed[4:] + [followed[-1]] * 4
    np.testing.assert_allclose(stage(rows), delayed, rtol=1e-9)


def test_stationary_noise_in_plain_loops():
    rows = np.random.default_rng(1).exponential(1.0, (50, 5))
    rows[30:] *= 20
    power = rows.copy()
    power[:, :3] = power[:, 3:4]
    padded = np.concatenate([power[:1], power, power[-1:]])
    judged = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
    noise, prior = 1.2 * np.quantile(judged, 0.2, axis=0), 10**0.4
    for _ in range(3):
        absent = 1 / (1 + np.exp(np.clip(4.0 * (judged / noise * prior / (1 + prior) - np.log(1 + prior)), -50, 50)))
        noise = (absent * power).sum(axis=0) / absent.sum(axis=0)
    stage = featkit.StationaryNoise(prior_db=4.0, certainty=4.0, around=1, beside=0, spread=0, rounds=3)
    np.testing.assert_allclose(stage(rows), np.tile(noise, (50, 1)), rtol=1e-9)


def test_quantile_leading_and_fixed_noise():
    rows = np.random.default_rng(2).exponential(2.0, (40, 5))
    expected = np.quantile(rows, 0.6, axis=0) / -math.log(0.4)
    silent = np.concatenate([rows, np.zeros((30, 5))])
    np.testing.assert_allclose(featkit.QuantileNoise(0.6, spread=0)(silent), np.tile(expected, (70, 1)), rtol=1e-12)
    leading = featkit.LeadingNoise(7)
    np.testing.assert_allclose(leading(rows), np.tile(rows[:7].mean(axis=0), (40, 1)), rtol=1e-12)
    np.testing.assert_allclose(leading(rows[:4]), np.tile(rows[:4].mean(axis=0), (4, 1)), rtol=1e-12)
    learned = featkit.NoiseProfile().fit([rows[:11], rows[11:]])
    np.testing.assert_allclose(learned.power, rows.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(learned(rows), np.tile(rows.mean(axis=0), (40, 1)), rtol=1e-12)


def test_a_noise_clip_is_learned_from_frames_like_those_of_denoise():
    hum = 0.1 * np.sin(2 * np.pi * 300 * np.arange(32000) / 16000) + 0.1 * white(2)
    profile = featkit.noise_profile(hum[:16000])
    assert profile.shape == (LENGTH // 2 + 1,)
    quiet = featkit.denoise(16000, noise=profile)(hum)
    assert quiet[4000:28000].std() < 0.05 * hum.std()


# --- errors ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: featkit.denoise(0), "the sampling rate must be finite and above 0 Hz, got 0"),
        (lambda: featkit.denoise(method="weiner"), "no method 'weiner' .* did you mean 'wiener'"),
        (lambda: featkit.denoise(noise="trak"), "no noise estimate 'trak'; did you mean 'track'"),
        (lambda: featkit.denoise(frame_ms=-1.0), "frame_ms must be finite and above 0, got -1.0"),
        (lambda: featkit.denoise(leading_ms=math.nan), "leading_ms must be finite and above 0, got nan"),
        (lambda: featkit.denoise(noise=featkit.Log()), "Wiener.noise estimates the noise in power spectra"),
        (lambda: featkit.Wiener(floor_db=3.0), r"Wiener.floor_db must be finite and at most 0 dB, got 3.0"),
        (lambda: featkit.Wiener(tilt_db=math.inf), r"Wiener.tilt_db must be finite, got inf"),
        (lambda: featkit.Wiener(smoothing=1.5), "Wiener.smoothing must be at most 1, got 1.5"),
        (lambda: featkit.FixedNoise(np.array([1.0, -1.0])), "FixedNoise.power must be finite and not below 0"),
        (
            lambda: featkit.FixedNoise(np.ones(3))(np.ones((2, 4))),
            "FixedNoise knows the noise of 3 bins, got rows of 4",
        ),
        (lambda: featkit.TrackedNoise(ahead=1), "TrackedNoise.ahead must be at least around"),
        (lambda: featkit.MinimumStatistics(window=3), "window must be at least 2 frames a section"),
        (lambda: featkit.QuantileNoise(1.0), "QuantileNoise.quantile must be between 0 and 1, got 1.0"),
        (lambda: featkit.KeepLength(featkit.Frames()), "KeepLength takes a stage from samples to samples"),
        (lambda: featkit.noise_profile(np.zeros(10)), "NoiseProfile has seen no frame"),
        (lambda: featkit.denoise()([0.0, math.nan]), "the input is not finite: nan at sample 1"),
    ],
)
def test_errors_name_what_and_the_remedy(make, message):
    with pytest.raises(featkit.FeatkitError, match=message):
        make()


# --- on speech ------------------------------------------------------------------------------------------------------------


@cache
def maker():
    """docs/make_denoise.py, which has the mixtures and measures of the table."""
    spec = importlib.util.spec_from_file_location("make_denoise", ROOT / "docs/make_denoise.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def results(denoiser, kind, snr_db, voices, seed=3):
    return np.array(
        [maker().gained(denoiser, *mixture[1:]) for mixture in maker().mixtures(voices, kind, snr_db, seed)]
    )


@pytest.fixture(scope="module")
def voices():
    return maker().recordings(Path(os.environ["FEATKIT_DATA"]) / "audio")


@pytest.mark.shared
def test_what_is_gained_on_speech_in_white_noise(voices):
    """The aim is 8 dB and 60 % on average; no recording may be far from it."""
    offline = results(maker().ours("wiener", "whole"), "white", 5, voices)
    streaming = results(maker().ours("wiener", "track"), "white", 5, voices)
    for found in (offline, streaming):
        assert found[:, 0].mean() >= 9.0
        assert found[:, 1].mean() >= 0.60
        assert found[:, 0].min() >= 6.5
        assert found[:, 1].min() >= 0.45
    assert streaming[:, 0].mean() >= offline[:, 0].mean() - 0.5


@pytest.mark.shared
@pytest.mark.parametrize("snr_db", [0, 5, 10])
@pytest.mark.parametrize(("kind", "noise"), [("white", "track"), ("babble", "quantile")])
def test_noisereduce_gains_less(voices, kind, noise, snr_db):
    """Both of its modes, by both measures, on average over all recordings.

    The seed isn't the one that parameters were chosen with. In babble at 0 dB the lead is small: 0.2 to 0.5 dB.
    """
    own = results(maker().ours("wiener", noise), kind, snr_db, voices).mean(axis=0)
    for stationary in (True, False):
        theirs = results(maker().peer(stationary), kind, snr_db, voices).mean(axis=0)
        assert own[0] > theirs[0]
        assert own[1] > theirs[1]


def test_the_page_has_the_tables():
    """Every way in every mixture, as docs/make_denoise.py prints them."""
    text = (ROOT / "docs/denoise.md").read_text("utf-8")
    made = text.partition(maker().START)[2].partition(maker().END)[0].split("\n")
    rows = [line for line in made if line.startswith("|")]
    labels = [line.split("|")[1].strip() for line in rows]
    assert set(maker().WAYS) < set(labels)
    assert set(maker().RECORDINGS) < set(labels)
    assert maker().page(text, ["x"]).count("\n") < text.count("\n")
