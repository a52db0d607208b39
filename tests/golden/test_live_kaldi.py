"""The kaldi presets against kaldi-native-fbank itself, over options and signals that Hypothesis draws.

How far is too far depends on the signal: a band 90 dB below the frame's energy is rounding noise of single precision in
both. So limits are three times ``spread``, a formula for what kaldi-native-fbank 1.23 and torchaudio.compliance.kaldi 2.11
differ among themselves. It was fitted to 20000 drawn calls of both, none of which differs more than 1.5 times as much; its
parts are the rounding of a sum, of the filters, and of the samples, the transform and the mean taken out.
"""

import math

import kaldi_native_fbank as knf
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import featkit
from featkit import presets
from featkit.audio.mel import mel_weights
from featkit.presets import kaldi

pytestmark = pytest.mark.filterwarnings("ignore:.* mel filters .* stay empty")

EPSILON = 2.0**-23
ROUNDING = 2.0**-24
MANY = settings(max_examples=300, deadline=None)
SOME = settings(max_examples=100, deadline=None)

# --- what is drawn ----------------------------------------------------------------------------------------------------

RATES = st.sampled_from([8000.0, 11025.0, 16000.0, 22050.0, 44100.0])


@st.composite
def framing(draw):
    return {
        "sample_frequency": draw(RATES),
        "frame_length": draw(st.sampled_from([25.0, 20.0, 32.0, 16.3]) | st.floats(5, 40)),
        "frame_shift": draw(st.sampled_from([10.0, 5.0, 12.5]) | st.floats(2, 50)),
        "preemphasis_coefficient": draw(st.sampled_from([0.97, 0.0, 1.0]) | st.floats(0, 1)),
        "remove_dc_offset": draw(st.booleans()),
        "window_type": draw(
            st.sampled_from(["povey", "hamming", "hanning", "rectangular", "blackman", "sine", "hann"])
        ),
        "blackman_coeff": draw(st.sampled_from([0.42, 0.3])),
        "round_to_power_of_two": draw(st.booleans()),
        "snip_edges": draw(st.booleans()),
    }


@st.composite
def bands(draw, rate):
    return {
        "num_mel_bins": draw(st.sampled_from([23, 40, 80]) | st.integers(3, 60)),
        "low_freq": draw(st.sampled_from([0.0, 20.0]) | st.floats(0, 300)),
        "high_freq": draw(st.sampled_from([0.0, -400.0]) | st.floats(-1000, -1) | st.floats(2000, rate / 2)),
    }


ENERGY = {
    "use_energy": st.booleans(),
    "energy_floor": st.sampled_from([0.0, 1.0, 1e-3]) | st.floats(0, 1e6),
    "raw_energy": st.booleans(),
    "htk_compat": st.booleans(),
}


@st.composite
def signals(draw, rate):
    """Up to 0.3 s: noise, tones, sweeps, squares, silence, a constant; loud, quiet, with an offset, of 16 bits or not."""
    n = draw(st.integers(0, int(0.3 * rate)))
    kind = draw(st.sampled_from(["noise", "tone", "tones", "sweep", "square", "silence", "bursts"]))
    level, offset = draw(st.sampled_from([1.0, 0.3, 1e-3, 1e-5])), draw(st.sampled_from([0.0, 0.0, 0.25, -0.1]))
    rng, t = np.random.default_rng(draw(st.integers(0, 2**32))), np.arange(n) / rate
    pitch = draw(st.floats(30, rate / 2))
    x = {
        "noise": lambda: rng.standard_normal(n) / 4,
        "tone": lambda: np.sin(2 * np.pi * pitch * t),
        "tones": lambda: np.sin(2 * np.pi * rng.uniform(30, rate / 2, (5, 1)) * t).sum(axis=0) / 5,
        "sweep": lambda: np.sin(2 * np.pi * pitch * t * t),
        "square": lambda: np.where(np.sin(2 * np.pi * pitch * t) < 0, -1.0, 1.0),
        "silence": lambda: np.zeros(n),
        "bursts": lambda: rng.standard_normal(n) / 4 * (np.sin(2 * np.pi * 10 * t) > 0),
    }[kind]()
    x = np.clip(x * level + offset, -1, 1 - 2**-15)
    return (np.round(x * 32768) / 32768 if draw(st.booleans()) else x).astype(np.float32)


# --- upstream -----------------------------------------------------------------------------------------------------------

NAMES = {
    "sample_frequency": "frame_opts.samp_freq", "frame_length": "frame_opts.frame_length_ms",
    "frame_shift": "frame_opts.frame_shift_ms", "preemphasis_coefficient": "frame_opts.preemph_coeff",
    **{name: f"frame_opts.{name}" for name in (
        "remove_dc_offset", "window_type", "blackman_coeff", "round_to_power_of_two", "snip_edges", "dither"
    )},
    "num_mel_bins": "mel_opts.num_bins",
    **{name: f"mel_opts.{name}" for name in ("low_freq", "high_freq", "vtln_low", "vtln_high")},
}  # fmt: skip


def with_options(made, options):
    for name, value in options.items():
        inner, _, last = NAMES.get(name, name).rpartition(".")
        setattr(getattr(made, inner) if inner else made, last, value)
    return made


def upstream(feature, options, samples, width):
    computer, made = {
        "fbank": (knf.OnlineFbank, knf.FbankOptions),
        "mfcc": (knf.OnlineMfcc, knf.MfccOptions),
    }[feature]
    online = computer(with_options(made(), {"dither": 0.0, **options}))
    online.accept_waveform(options["sample_frequency"], (samples * np.float32(32768)).tolist())
    online.input_finished()
    frames = [online.get_frame(i) for i in range(online.num_frames_ready)]
    return np.array(frames, np.float32).reshape(len(frames), width)


def has_thrown_away_what_it_mirrors(frames, n):
    """kaldi-native-fbank computes what it can and drops the samples before; at the end it may need some to mirror."""
    geometry = frames.geometry()
    ready, count = geometry.certain(n), geometry.count(n)
    first = ready * geometry.hop - geometry.left
    reaches = 2 * n - ((count - 1) * geometry.hop - geometry.left + geometry.span)
    return frames.edges == "half-hop" and count > ready and first > 0 and reaches < first


# --- limits -------------------------------------------------------------------------------------------------------------


class Limits:
    """Three times what two upstreams differ among themselves, for a signal and options."""

    def __init__(self, options, samples):
        pipeline = spectral(options)
        names, wide = list(pipeline.parts()), samples.astype(np.float64)
        self.frames = pipeline["frames"]
        before = pipeline[: names.index("frames") + 1](wide)
        power = pipeline[: names.index("mel")](wide)
        self.weights = filters(pipeline["mel"])
        self.energies = pipeline(wide)
        near = self.weights > 0
        near[:, 1:] |= self.weights[:, :-1] > 0
        near[:, :-1] |= self.weights[:, 1:] > 0
        squares, mean = (before**2).sum(axis=1, keepdims=True), before.mean(axis=1, keepdims=True)
        self.taps = taps = before.shape[1]
        # An offset that is taken out leaves the rounding of its sum, the same in every sample.
        self.loudness = squares + (0.03 * taps**3 * mean**2 if options["remove_dc_offset"] else 0.0)
        if options.get("use_power", True):
            noise = self.loudness * ROUNDING**2 * self.weights.sum(axis=1)
            both = np.sqrt(self.energies * noise)
        else:
            noise = both = np.sqrt(self.loudness) * ROUNDING * self.weights.sum(axis=1)
        spread = 1e-6 * self.energies + 3e-5 * project(power, near) + 20 * both + 2000 * noise
        self.bands = 3 * spread

    def logarithms(self):
        return np.log(np.maximum(self.energies + self.bands, EPSILON)) - np.log(
            np.maximum(self.energies - self.bands, EPSILON)
        )

    def energy(self, expected):
        """Of a column of log energies: sums of squares, one after the other there, where equal terms round alike."""
        energy, noise = np.exp(expected.astype(np.float64))[:, None], self.loudness * ROUNDING**2
        spread = 0.3 * self.taps * ROUNDING + 20 * np.sqrt(noise / energy) + 2000 * noise / energy
        return 3 * spread[:, 0] + 3 * EPSILON * np.abs(expected)


def project(rows, matrix):
    return np.stack([(rows * row).sum(axis=1) for row in matrix], axis=1) if len(rows) else np.zeros((0, len(matrix)))


def not_farther(got, expected, limit):
    assert got.shape == expected.shape
    error = np.abs(got.astype(np.float64) - expected)
    worst = np.unravel_index(np.argmax(error - limit), error.shape) if error.size else None
    assert (error <= limit).all(), f"{worst}: {got[worst]} != {expected[worst]}, the limit is {limit[worst]:.3g}"


def spectral(options):
    """The pipeline up to band energies with such options; Kaldi refuses some, and so do we."""
    known = presets.options_of("kaldi/fbank")
    plain = {name: value for name, value in options.items() if name in known}
    try:
        return kaldi.fbank(**{**plain, "use_energy": False, "use_log_fbank": False})
    except featkit.ParameterError:
        assume(False)


def filters(mel):
    """Its weights; where one has no bin, we warn and kaldi-native-fbank refuses."""
    weights = mel_weights(
        mel.n_mels, mel.rate, mel.n_fft, mel.low_hz, mel.high_hz, mel.scale, mel.triangles, precision=mel.precision
    )
    assume((weights[:, :-1].max(axis=1) > 0).all())
    return weights


# --- tests --------------------------------------------------------------------------------------------------------------


@MANY
@given(data=st.data())
def test_fbank(data):
    options = data.draw(framing())
    options |= data.draw(bands(options["sample_frequency"]))
    options |= {name: data.draw(values) for name, values in ENERGY.items()}
    options |= {"use_log_fbank": data.draw(st.booleans()), "use_power": data.draw(st.booleans())}
    filters(spectral(options)["mel"])
    samples = data.draw(signals(options["sample_frequency"]))
    limits = Limits(options, samples)
    assume(not has_thrown_away_what_it_mirrors(limits.frames, len(samples)))
    got = kaldi.fbank(**options)(samples)
    expected = upstream("fbank", options, samples, options["num_mel_bins"] + options["use_energy"])
    assert got.shape == expected.shape
    if options["use_energy"]:
        at = -1 if options["htk_compat"] else 0
        not_farther(got[:, at], expected[:, at], limits.energy(expected[:, at]))
        got, expected = np.delete(got, at, axis=1), np.delete(expected, at, axis=1)
    if options["use_log_fbank"]:  # compared as energies: of noise the logarithm is anything
        floored = np.exp(expected.astype(np.float64))
        slack = limits.bands + 3 * EPSILON * np.abs(expected) * floored
        not_farther(np.exp(got.astype(np.float64)), floored, slack + 1e-12)
    else:
        not_farther(got, expected, limits.bands)


@MANY
@given(data=st.data())
def test_mfcc(data):
    options = data.draw(framing())
    options |= data.draw(bands(options["sample_frequency"]))
    options |= {name: data.draw(values) for name, values in ENERGY.items()}
    options["num_ceps"] = data.draw(st.integers(1, options["num_mel_bins"]))
    options["cepstral_lifter"] = data.draw(st.sampled_from([22.0, 0.0]) | st.floats(5, 50))
    filters(spectral(options)["mel"])
    samples = data.draw(signals(options["sample_frequency"]))
    limits = Limits(options, samples)
    assume(not has_thrown_away_what_it_mirrors(limits.frames, len(samples)))
    got = kaldi.mfcc(**options)(samples)
    expected = upstream("mfcc", options, samples, options["num_ceps"])
    assert got.shape == expected.shape
    not_farther(got, expected, cepstral_limits(options, limits, expected))


def cepstral_limits(options, limits, expected):
    """Of cepstra: the limits of the log energies, weighted as these are, and the rounding of their sum."""
    bands, count = options["num_mel_bins"], options["num_ceps"]
    cosines = np.cos(np.pi / bands * np.arange(count)[:, None] * (np.arange(bands) + 0.5)) * math.sqrt(2 / bands)
    cosines[0] /= math.sqrt(2)
    if options["cepstral_lifter"]:
        lifter = options["cepstral_lifter"]
        cosines *= (1 + lifter / 2 * np.sin(np.pi * np.arange(count) / lifter))[:, None]
    logarithms = np.abs(np.log(np.maximum(limits.energies, EPSILON)))
    limit = project(limits.logarithms() + 8 * EPSILON * logarithms, np.abs(cosines)) + 1e-5
    if options["use_energy"]:
        limit[:, 0] = limits.energy(expected[:, -1 if options["htk_compat"] else 0])
    elif options["htk_compat"]:
        limit[:, 0] *= math.sqrt(2)
    return np.roll(limit, -1, axis=1) if options["htk_compat"] else limit


@MANY
@given(
    rate=RATES, points=st.sampled_from([128, 256, 512, 1024]), data=st.data(),
    warp=st.just(1.0) | st.floats(0.75, 1.3), vtln_low=st.floats(60, 400), vtln_high=st.floats(-900, -100),
)  # fmt: skip
def test_filters_and_vocal_tract_length_normalisation(rate, points, data, warp, vtln_low, vtln_high):
    """torchaudio's weights are 1.9e-5 from kaldi-native-fbank's, 1.3e-4 where they are warped, over 600 draws."""
    options = {
        **data.draw(bands(rate)), "vtln_low": vtln_low, "vtln_high": vtln_high,
        "sample_frequency": rate, "frame_length": (points + 0.01) * 1000 / rate,
    }  # fmt: skip
    try:
        bank = kaldi.fbank(**options, vtln_warp=warp)["mel"]
    except featkit.ParameterError:
        assume(False)
    try:
        inner = with_options(knf.FbankOptions(), options)
        expected = np.asarray(knf.MelBanks(inner.mel_opts, inner.frame_opts, warp).get_matrix())
    except ValueError:  # a filter without a bin
        assume(False)
    weights = bank(np.eye(points // 2 + 1)).T
    assert np.abs(weights - expected).max() <= 3 * (1.9e-5 if warp == 1.0 else 1.3e-4)


@SOME
@given(
    frames=st.integers(1, 40), width=st.integers(1, 6), order=st.integers(0, 4), window=st.integers(1, 5),
    seed=st.integers(0, 2**32),
)  # fmt: skip
def test_deltas(frames, width, order, window, seed):
    rows = 20 * np.random.default_rng(seed).standard_normal((frames, width)).astype(np.float32)
    got = kaldi.add_deltas(delta_order=order, delta_window=window)(rows)
    expected = knf.compute_deltas(with_options(knf.DeltaOptions(), {"order": order, "window": window}), rows)
    # Sums of at most 2 * order * window + 1 products, rounded in another order.
    not_farther(got, expected, np.full(got.shape, 4 * EPSILON * (2 * order * window + 1) * np.abs(rows).max()))


@SOME
@given(
    frames=st.integers(2, 60), width=st.integers(1, 6), norm_vars=st.booleans(), reverse=st.booleans(), own=st.booleans(),
    seed=st.integers(0, 2**32),
)  # fmt: skip
def test_cmvn(frames, width, norm_vars, reverse, own, seed):
    rng = np.random.default_rng(seed)
    rows = (rng.standard_normal((frames, width)) * rng.uniform(0.1, 20, width) + rng.uniform(-30, 30, width)).astype(
        np.float32
    )
    stats = knf.compute_cmvn_stats(rows if own else rows[: 1 + frames // 2])
    options = {"norm_vars": norm_vars, "reverse": reverse}
    mean = stats[0, :-1] / stats[0, -1]
    deviation = np.sqrt(np.maximum(stats[1, :-1] / stats[0, -1] - mean * mean, 1e-20)) if norm_vars else np.ones(width)
    assume((deviation > 0.02).all())  # else their rounding of the offset is larger than what is normalised
    scale = deviation if reverse else 1 / deviation
    expected = knf.apply_cmvn(stats, with_options(knf.CmvnOptions(), options), rows)
    # x * scale + offset in single precision: half a unit of each of three numbers
    limit = 3 * ROUNDING * (2 * np.abs(rows) * scale + np.abs(mean) * (1 if reverse else scale) * 2)
    not_farther(kaldi.apply_cmvn(**options, stats=stats)(rows), expected, limit + 1e-7)
    if own and not reverse:
        not_farther(kaldi.apply_cmvn(norm_vars=norm_vars)(rows), expected, limit + 1e-7)


@SOME
@given(frames=st.integers(1, 20), width=st.integers(1, 4), left=st.integers(0, 9), right=st.integers(0, 9))
def test_splice(frames, width, left, right):
    rows = np.arange(frames * width, dtype=np.float32).reshape(frames, width)
    options = with_options(knf.SpliceOptions(), {"left_context": left, "right_context": right})
    got = kaldi.splice_feats(left_context=left, right_context=right)(rows)
    np.testing.assert_array_equal(got, knf.splice_frames(rows, options))


@SOME
@given(samples=signals(16000.0), dim=st.sampled_from([80, 128]))
def test_whisper_fbank(samples, dim):
    pipeline = kaldi.whisper_fbank(dim=dim)
    assume(not has_thrown_away_what_it_mirrors(pipeline["frames"], len(samples)))
    online = knf.OnlineWhisperFbank(with_options(knf.WhisperFeatureOptions(), {"dim": dim}))
    online.accept_waveform(16000, samples.tolist())
    online.input_finished()
    frames = [online.get_frame(i) for i in range(online.num_frames_ready)]
    expected = np.array(frames, np.float32).reshape(len(frames), dim)
    # Filters in single precision: 1.1e-5 of their largest weight, and those beside them.
    energy = (pipeline["frames"](samples).astype(np.float64) ** 2).sum(axis=1, keepdims=True)
    not_farther(pipeline(samples), expected, np.broadcast_to(3 * 1.1e-5 * energy + 1e-12, expected.shape))
