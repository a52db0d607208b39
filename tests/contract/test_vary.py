"""Drawn parameters: the same for the same seed and item, whatever else happens; and recipes in a line of text."""

import json
import math
import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor
from statistics import NormalDist

import numpy as np
import pytest
import scipy.stats

import featkit
from featkit.draws import integer, key_of, uniforms
from featkit.vary import varies

NAMES = [f"speaker{i % 7}/utterance{i}.wav" for i in range(400)]


def recipe():
    return (
        featkit.Vary(featkit.Speed(), {"factor": featkit.uniform(0.9, 1.1, step=0.01)})
        | featkit.Vary(featkit.Gain(), {"db": featkit.uniform(-6.0, 6.0)}, probability=0.5)
        | featkit.Vary(
            featkit.AddNoise(np.ones(1)), {"noise": featkit.recordings("a", "b"), "snr_db": featkit.normal(10, 3)}
        )
        | featkit.Frames()
        | featkit.Join((featkit.LogEnergy(), featkit.Vary(featkit.Affine(), {"scale": featkit.choice(1.0, 2.0)})))
        | featkit.Vary(featkit.SpecAugment())
    )


CLIPS = {"a": np.linspace(-1, 1, 700), "b": np.sin(np.arange(900.0))}


def drawn_in_a_worker(name):
    return repr(featkit.draw(recipe(), 3, name, CLIPS.__getitem__))


# --- what a draw depends on -------------------------------------------------------------------------------------------


def test_order_and_workers_change_nothing():
    alone = {name: drawn_in_a_worker(name) for name in NAMES[:40]}
    backwards = {name: drawn_in_a_worker(name) for name in reversed(NAMES[:40])}
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        shared = dict(zip(NAMES[:40], pool.map(drawn_in_a_worker, NAMES[:40]), strict=True))
    assert alone == backwards == shared
    assert len(set(alone.values())) == 40


def test_what_is_drawn_runs_and_gives_the_same_bytes(speech):
    one, two = (featkit.draw(recipe(), 3, "a.wav", CLIPS.__getitem__) for _ in range(2))
    assert one == two
    assert one(speech).tobytes() == two(speech).tobytes()
    assert one(speech).tobytes() != featkit.draw(recipe(), 3, "b.wav", CLIPS.__getitem__)(speech).tobytes()
    assert featkit.parse(repr(one)) == one


def test_seed_item_place_and_name_all_count():
    vary = featkit.Vary(featkit.Affine(), {"scale": featkit.uniform(0, 1), "offset": featkit.uniform(0, 1)})
    draws = [featkit.draw(vary | vary, seed, item) for seed in (0, 1) for item in ("a", "b", 1, "1")]
    values = [value for drawn in draws for value in drawn.parameters().values()]
    assert len(values) == len(set(values)) == 32


def test_a_draw_stays_what_it_is():
    """For ever, in every version: a corpus that was augmented once can be made again."""
    vary = featkit.Vary(featkit.Affine(), {"scale": featkit.uniform(0.0, 1.0)})
    assert featkit.draw(vary, seed=1, item="a.wav").scale == 0.8766086915991382
    assert uniforms(7, 2) == [0.8720734548204873, 0.29536538151378355]
    assert key_of(1, "ü\udcff") == 121089383067101682334836607479300861944


def test_one_more_range_leaves_the_others_as_they_were():
    one = featkit.Vary(featkit.Affine(), {"scale": featkit.uniform(0, 1)})
    two = featkit.Vary(featkit.Affine(), {"offset": featkit.uniform(0, 1), "scale": featkit.uniform(0, 1)}, 1)
    assert featkit.draw(one, 5, "x").scale == featkit.draw(two, 5, "x").scale


def test_a_seed_inside_is_drawn_too_unless_it_has_a_range():
    seeds = {featkit.draw(featkit.Vary(featkit.SpecAugment()), 1, name).seed for name in NAMES}
    assert len(seeds) == len(NAMES)
    fixed = featkit.Vary(featkit.SpecAugment(), {"seed": featkit.choice(4)})
    assert featkit.draw(fixed, 1, "x").seed == 4
    inside = featkit.Vary(featkit.Frames() | featkit.Dither() | featkit.Dither())
    drawn = featkit.draw(inside, 1, "x")
    assert drawn["dither"].seed != drawn["dither2"].seed
    assert featkit.draw(featkit.Frames() | featkit.Dither(), 1, "x")["dither"].seed == 0  # no Vary, nothing is drawn


def test_what_holds_no_vary_is_returned_as_it_is():
    mfcc = featkit.mfcc()
    assert featkit.draw(mfcc, 1, "x") is mfcc
    assert not varies(mfcc)
    assert varies(recipe())


def test_varied_stages_inside_others():
    vary = featkit.Vary(featkit.Lifter(), {"length": featkit.uniform(10.0, 30.0)})
    nested = featkit.Join((vary, featkit.Lifter() | vary, featkit.InDouble(featkit.pipeline(vary))))
    drawn = featkit.draw(nested, 1, "x")
    lengths = [drawn.branches[0].length, drawn.branches[1][1].length, drawn.branches[2].stage[0].length]
    assert len(set(lengths)) == 3
    assert not varies(drawn)


def test_a_group_is_applied_or_not_as_one():
    vary = featkit.Vary(featkit.Gain(), {"db": featkit.uniform(-6.0, 6.0)})
    group = featkit.Vary(vary | featkit.MuLaw() | featkit.Vary(vary, probability=0.5), probability=0.5)
    drawn = [featkit.draw(featkit.pipeline(group), 1, name) for name in NAMES]
    sizes = [len(pipeline) for pipeline in drawn]
    assert set(sizes) == {1, 3}
    inner = [pipeline[2] for pipeline in drawn if len(pipeline) == 3]
    assert {type(stage) for stage in inner} == {
        featkit.Gain,
        featkit.Samples,
    }  # the inner chance is a chance of its own
    assert all(pipeline[0] == featkit.Samples() for pipeline in drawn if len(pipeline) == 1)


# --- what the draws are like: each bound is missed once in a million seeds, and the seed is fixed ---------------------


def drawn(span, n=4000):
    vary = featkit.Vary(featkit.Affine(), {"offset": span})
    return np.array([featkit.draw(vary, 11, i).offset for i in range(n)])


def test_uniform_draws():
    values = drawn(featkit.uniform(-3.0, 5.0))
    assert scipy.stats.kstest(values, scipy.stats.uniform(-3, 8).cdf).pvalue > 1e-6


def test_uniform_draws_on_a_grid_are_the_numbers_that_were_written():
    values = drawn(featkit.uniform(0.9, 1.1, step=0.05)).tolist()
    assert set(values) == {0.9, 0.95, 1.0, 1.05, 1.1}
    assert scipy.stats.chisquare(np.unique(values, return_counts=True)[1]).pvalue > 1e-6
    assert set(drawn(featkit.uniform(0.0, 1.0, step=0.3), 200).tolist()) == {0.0, 0.3, 0.6, 0.9}


def test_normal_draws_end_where_they_are_limited():
    values = drawn(featkit.normal(2.0, 0.5, limit=1.5))
    assert abs(values - 2).max() <= 0.75
    inside = scipy.stats.truncnorm(-1.5, 1.5, 2.0, 0.5)
    assert scipy.stats.kstest(values, inside.cdf).pvalue > 1e-6
    assert set(drawn(featkit.normal(2.0, 0.0), 5)) == {2.0}


def test_integer_draws():
    vary = featkit.Vary(featkit.TimeShift(), {"samples": featkit.integers(-2, 4, 2)})
    values = [featkit.draw(vary, 1, name).samples for name in NAMES]
    assert set(values) == {-2, 0, 2, 4}
    assert all(type(value) is int for value in values)
    assert [integer(u, 3, 3) for u in (0.0, 1 - 2**-53)] == [3, 3]


def test_choices():
    values = drawn(featkit.choice(1.0, 1.0, 4.0))
    assert set(values) == {1.0, 4.0}
    assert abs(np.mean(values == 1.0) - 2 / 3) < NormalDist().inv_cdf(1 - 1e-6) * math.sqrt(2 / 9 / len(values))


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_the_probability_is_how_often_a_stage_is_applied(probability):
    vary = featkit.Vary(featkit.Gain(1.0), (), probability)
    applied = np.mean([featkit.draw(vary, 2, i) == featkit.Gain(1.0) for i in range(4000)])
    spread = math.sqrt(probability * (1 - probability) / 4000)
    assert abs(applied - probability) <= NormalDist().inv_cdf(1 - 1e-6) * spread


def test_what_is_not_applied_still_says_that_a_signal_comes_in():
    """Identity would take 16-bit integers by their value."""
    off = featkit.draw(featkit.Vary(featkit.Gain(), probability=0.0) | featkit.Floor(-1.0), 1, "x")
    assert off(np.array([16384], np.int16)).tolist() == [0.5]
    assert featkit.draw(featkit.Vary(featkit.SpecAugment(), probability=0.0), 1, "x") == featkit.Identity()


# --- recordings and the record ----------------------------------------------------------------------------------------


def test_a_recording_is_read_when_it_is_drawn():
    read = []

    def reader(name):
        read.append(name)
        return (CLIPS[name] * 32767).astype(np.int16)

    vary = featkit.Vary(featkit.AddNoise(np.ones(1)), {"noise": featkit.recordings("a", "b")})
    for name in NAMES[:20]:
        stage = featkit.draw(vary, 1, name, reader)
        assert stage.noise_name == read[-1]
        assert stage.noise.dtype == np.float32
        np.testing.assert_allclose(stage.noise, CLIPS[read[-1]], atol=1e-4)
    assert len(read) == 20
    assert set(read) == {"a", "b"}


def test_what_was_drawn_is_recorded_briefly():
    stage = featkit.draw(recipe(), 3, "a.wav", CLIPS.__getitem__)
    text = featkit.recorded(stage)
    assert len(text) < 1200
    assert re.search(r"noise=array\(<\d00 x f8, blake2b [0-9a-f]{16}>\), snr_db=[\d.]+, .*noise_name='[ab]'", text)
    short = featkit.Lifter() | featkit.Normalise(np.zeros(2), np.ones(2))
    assert featkit.recorded(short) == repr(short)
    assert featkit.recorded(featkit.MaskBands(((1, 2),))) == "MaskBands(bands=((1, 2),), value=0.0)"
    other = stage.with_(add_noise__noise=stage["add_noise"].noise + 1e-9)
    assert featkit.recorded(other) != text


def test_ranges_are_plain_values():
    """They can be written to JSON and come back."""
    vary = featkit.Vary(featkit.Gain(), {"db": featkit.uniform(-6.0, 6.0)}, 0.5)
    again = json.loads(json.dumps(vary.ranges))
    assert featkit.Vary(featkit.Gain(), {name: tuple(span) for name, span in again}, 0.5) == vary
    assert vary.with_(stage__db=3.0).stage == featkit.Gain(3.0)


# --- errors -----------------------------------------------------------------------------------------------------------


def test_what_was_not_drawn_says_what_to_do():
    vary = featkit.Vary(featkit.Gain(), {"db": featkit.uniform(-6.0, 6.0)})
    signal = np.zeros(9)
    for act in (
        lambda: vary(signal), lambda: vary.stream(), lambda: (vary | featkit.Frames())(signal),
        lambda: (featkit.Samples() | vary).stream(), lambda: list(vary.iterate([signal])),
        lambda: (vary | featkit.PeakNormalise()).settle([signal]), lambda: (featkit.PeakNormalise() | vary)(signal),
    ):  # fmt: skip
        with pytest.raises(
            featkit.NotFitted, match=r"not drawn anything for Gain yet; .*featkit\.draw\(pipeline, seed"
        ):
            act()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: featkit.Vary(featkit.Speed(), {"facto": featkit.uniform(1, 2)}), "no parameter 'facto' to draw; did you"),
        (lambda: featkit.Vary(featkit.Gain(), {"db": ("unifrom", 1, 2)}), "got .'unifrom', 1, 2.; did you mean 'uniform'"),
        (lambda: featkit.Vary(featkit.Gain(), {"db": ()}), r"the range of db must be one of uniform, normal, .* got \(\)"),
        (lambda: featkit.Vary(featkit.Gain(), {"db": ("uniform", 1)}), r"uniform of db needs another number of values"),
        (lambda: featkit.Vary(featkit.Gain(), {"db": featkit.uniform(2, 1)}), "the lower one first, got .2, 1."),
        (lambda: featkit.Vary(featkit.Gain(), {"db": featkit.uniform(1, math.inf)}), "two finite numbers"),
        (lambda: featkit.Vary(featkit.Gain(), {"db": featkit.uniform(0, 1, 0)}), "a step above 0"),
        (lambda: featkit.Vary(featkit.Gain(), {"db": featkit.normal(0, -1)}), "a deviation of at least 0"),
        (lambda: featkit.Vary(featkit.Gain(), {"db": featkit.choice()}), "at least one value"),
        (lambda: featkit.Vary(featkit.Gain(), {"db": featkit.uniform(0, 700)}), "Gain.db must lie between .* got 700"),
        (lambda: featkit.Vary(featkit.TimeShift(), {"samples": featkit.uniform(0, 1.5)}), "samples must be an integer"),
        (lambda: featkit.Vary(featkit.TimeShift(), {"samples": featkit.integers(0, 1.5)}), "needs integers"),
        (lambda: featkit.Vary(featkit.Mix(np.ones(1)), {"noise": featkit.choice(np.ones(1))}), "for arrays, recordings"),
        (lambda: featkit.Vary(featkit.Mix(np.ones(1)), {"noise": featkit.recordings()}), "at least one name"),
        (lambda: featkit.Vary(featkit.Gain(), (("db", featkit.choice(1.0)),) * 2), "two ranges for one parameter"),
        (lambda: featkit.Vary(featkit.Gain(), (), 1.5), "probability must be within 0 and 1, got 1.5"),
        (lambda: featkit.Vary(featkit.Cmvn()), "Vary cannot hold Cmvn, which has to learn; fit it first"),
        (lambda: featkit.draw(recipe(), 0.5, "x"), "the seed must be an integer, got 0.5"),
        (lambda: featkit.draw(recipe(), 0, None), "the item must be a name or a number, got None"),
        (lambda: featkit.draw(recipe(), 0, "x"), "the recording '[ab]' was drawn, and there is nothing to read it with"),
        (lambda: featkit.draw(recipe(), 0, "x", lambda _: np.ones((3, 2))), "the recording '[ab]': one channel of samples"),
        (lambda: featkit.draw(recipe(), 0, "x", lambda _: np.zeros(3)), "the recording '[ab]' cannot be used: .*is silent"),
    ],
)  # fmt: skip
def test_errors(make, message):
    with pytest.raises(featkit.FeatkitError, match=message):
        make()


def test_parameters_that_depend_on_each_other_have_ranges_together():
    band = {"low_hz": featkit.uniform(3000.0, 3200.0), "high_hz": featkit.uniform(4000.0, 5000.0)}
    drawn = featkit.draw(featkit.Vary(featkit.BandLimit(100.0, 2000.0), band), 1, "x")
    assert 3000 <= drawn.low_hz < 3200 < drawn.high_hz


# --- recipes ----------------------------------------------------------------------------------------------------------

FILES = {"clips/*.wav": ["clips/b.wav", "clips/a.wav"], "my room.wav": ["my room.wav"], "x@home.wav": ["x@home.wav"]}


def read_recipe(text, rate=16000):
    return featkit.parse_recipe(text, rate, lambda pattern: FILES.get(pattern, []))


def test_a_recipe_is_a_pipeline_of_varied_stages():
    steps = read_recipe(
        "speed:0.9..1.1 gain:-6..6,50% noise:clips/*.wav@5..20 shift:-100..100/50 band:300@3000,3400 mulaw"
    )
    silent = featkit.AddNoise(np.ones(1), rate=16000)
    assert steps == (
        featkit.Vary(featkit.Speed(), {"factor": featkit.uniform(0.9, 1.1, 0.01)})
        | featkit.Vary(featkit.Gain(), {"db": featkit.uniform(-6.0, 6.0)}, 0.5)
        | featkit.Vary(
            silent, {"noise": featkit.recordings("clips/a.wav", "clips/b.wav"), "snr_db": featkit.uniform(5.0, 20.0)}
        )
        | featkit.Vary(featkit.TimeShift(0), {"samples": featkit.integers(-1600, 1600, 800)})
        | featkit.Vary(
            featkit.BandLimit(300.0, 3000.0),
            {"low_hz": featkit.choice(300.0), "high_hz": featkit.choice(3000.0, 3400.0)},
        )
        | featkit.Vary(featkit.MuLaw())
    )
    assert featkit.parse(repr(steps)) == steps


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gain:-3", featkit.choice(-3.0)),
        ("gain:-3,50%", featkit.choice(-3.0)),
        ("gain:1,2,+3.5", featkit.choice(1.0, 2.0, 3.5)),
        ("gain:-.5..1e1", featkit.uniform(-0.5, 10.0)),
        ("gain:-6..6/0.5", featkit.uniform(-6.0, 6.0, 0.5)),
    ],
)
def test_values_of_a_recipe(text, expected):
    vary = read_recipe(text)[0]
    assert vary.ranges == (("db", expected),)
    assert vary.probability == (0.5 if "%" in text else 1.0)


def test_names_of_recordings_may_hold_what_recipes_are_made_of():
    steps = read_recipe("'noise:my room.wav@5' noise:x@home.wav@-5..5 'reverb:my room.wav,30%' mulaw,25%")
    names = [dict(step.ranges).get("noise", dict(step.ranges).get("response")) for step in steps.stages]
    assert names == [("recordings", "my room.wav"), ("recordings", "x@home.wav"), ("recordings", "my room.wav"), None]
    assert [step.probability for step in steps.stages] == [1.0, 1.0, 0.3, 0.25]
    assert dict(featkit.parse_recipe("reverb:r.wav", 16000)[0].ranges)["response"] == ("recordings", "r.wav")


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
def test_every_step_runs_at_any_rate(rate):
    rng = np.random.default_rng(0)
    signal = 0.1 * rng.standard_normal(rate // 2).astype(np.float32)
    clips = {name: rng.standard_normal(999).astype(np.float32) for names in FILES.values() for name in names}
    steps = read_recipe(
        "speed:0.9..1.1 tempo:0.9,1.1 pitch:-2..2 gain:-6..6 noise:clips/*.wav@5..20 'reverb:my room.wav' shift:-99..99 "
        "band:200..400@3000..3800 mulaw:64..256", rate,
    )  # fmt: skip
    drawn = featkit.draw(steps, 1, "x", clips.__getitem__)
    out = drawn(signal)
    assert np.isfinite(out).all()
    assert 0.7 < len(out) / len(signal) < 1.4
    assert out.tobytes() == drawn.settle([signal])(signal).tobytes()
    assert {value for name, value in drawn.parameters().items() if name.endswith("rate")} == {rate}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the recipe is empty; write steps like 'gain:-6..6', of speed, tempo"),
        ("'gain:1", "cannot be read: No closing quotation"),
        ("gian:-6..6", "the recipe has a step 'gian', and there is none; did you mean 'gain'"),
        ("zzz", "the recipe has a step 'zzz', and there is none; there are speed, tempo"),
        (
            "gain",
            "the step 'gain' of the recipe: '' is no number, no list of numbers and no range; write it as gain:-6..6",
        ),
        ("gain:6..-6", "the step 'gain:6..-6' of the recipe: .* the lower one first, got .6.0, -6.0."),
        ("gain:1..2..3", "'1..2..3' is no number"),
        ("gain:-6..6@3", "'-6..6@3' is no number"),
        ("gain:-6..6,150%", "150% is not within 0 and 100"),
        ("speed:0..1", "Speed.factor must be within 0.1 and 10, got 0.0"),
        ("noise:clips/*.wav", "'clips/.*' has no two values with @ between them; write it as noise:clips/"),
        ("noise:@5", "has no two values with @ between them"),
        ("noise:none/*.wav@5", "no recording is called 'none/.*.wav'"),
        ("reverb", "no recordings are named; write it as reverb:rooms/"),
        ("band:300@9000", "BandLimit.high_hz must lie below half of the rate, 8000 Hz, got 9000.0"),
        ("mulaw:1", "MuLaw.channels must be at least 2, got 1"),
        ("mulaw:64.5", "mulaw takes whole numbers of steps"),
    ],
)
def test_recipes_that_cannot_be_read(text, message):
    with pytest.raises(featkit.ParameterError, match=message):
        read_recipe(text)
