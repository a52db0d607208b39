"""kaldi/compute_vad against Kaldi's definition, ivector/voice-activity-detection.{h,cc}, written as loops in single precision.

There is no build of Kaldi here, nor a package that brings its ComputeVadEnergy. ``files/kaldi_vad.json`` holds what the loops
below gave for examples/speech.wav (features of kaldi-native-fbank) with 24 sets of options, so that a change in either is
seen. It is made by ``python tests/golden/test_reference_kaldi_vad.py``.
"""

import itertools
import json
from pathlib import Path

import kaldi_native_fbank as knf
import numpy as np
import pytest
import soundfile
from hypothesis import assume, given
from hypothesis import strategies as st

import featkit
from featkit import presets
from featkit.presets.parity import PARITY

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "files" / "kaldi_vad.json"
CASES = [
    {
        "vad_energy_threshold": threshold,
        "vad_energy_mean_scale": scale,
        "vad_frames_context": context,
        "vad_proportion_threshold": proportion,
    }
    for (threshold, scale), context, proportion in itertools.product(
        [(5.0, 0.5), (8.5, 0.5), (17.0, 0.0), (1.5, 1.0)], [0, 2, 5], [0.12, 0.6]
    )
]


def cutoff(energy, options):
    """The threshold: a constant, and a part of the mean over all frames, in Kaldi's BaseFloat (single precision)."""
    threshold, scale = (np.float32(options[f"vad_energy_{name}"]) for name in ("threshold", "mean_scale"))
    if scale == 0:
        return threshold
    total = 0.0
    for value in energy:
        total += float(value)
    return np.float32(threshold + np.float32(np.float32(scale * np.float32(total)) / np.float32(len(energy))))


def loops(features, options):
    """A frame is voiced if enough of the frames around it, as many as there are, lie above the threshold."""
    energy = [np.float32(row[0]) for row in features]
    limit, context = cutoff(energy, options), options["vad_frames_context"]
    voiced = []
    for t in range(len(energy)):
        above = inside = 0
        for other in range(t - context, t + context + 1):
            if 0 <= other < len(energy):
                inside += 1
                above += bool(energy[other] > limit)
        needed = np.float32(inside) * np.float32(options["vad_proportion_threshold"])
        voiced.append(1.0 if np.float32(above) >= needed else 0.0)
    return voiced


def mfcc_of(samples, rate, **changes):
    """What compute-mfcc-feats gives: kaldi-native-fbank's, without dither."""
    options = knf.MfccOptions()
    options.frame_opts.samp_freq, options.frame_opts.dither = rate, 0.0
    for name, value in changes.items():
        setattr(options, name, value)
    computer = knf.OnlineMfcc(options)
    computer.accept_waveform(rate, (samples * 32768).tolist())
    computer.input_finished()
    return np.array([computer.get_frame(at) for at in range(computer.num_frames_ready)], np.float32)


def speech_features():
    samples, rate = soundfile.read(ROOT / "examples" / "speech.wav", dtype="float32")
    return mfcc_of(samples, rate, energy_floor=1.0)


def near_the_threshold(features, options):
    """Energies so near the threshold that the order in which BLAS adds up a float32 mean would decide."""
    energy = features[:, 0].astype(np.float64)
    return np.abs(energy - float(cutoff(features[:, 0], options))).min() < 1e-5 * np.abs(energy).max()


def got(features, options):
    pipeline = presets.kaldi.compute_vad(**options)
    mask = pipeline(features)
    assert mask.shape == (len(features), 1)
    assert mask.dtype == features.dtype
    return mask[:, 0].tolist()


def test_the_stored_masks():
    stored = json.loads(GOLDEN.read_text())
    features = speech_features()
    assert [case["options"] for case in stored] == CASES
    assert PARITY["kaldi/compute_vad"].limit == 0
    for case in stored:
        expected = [float(value) for value in case["voiced"]]
        assert not near_the_threshold(features, case["options"])
        assert got(features, case["options"]) == expected == loops(features, case["options"]), case["options"]
    shares = [case["voiced"].count("1") / len(case["voiced"]) for case in stored]
    assert 0 < min(shares) < max(shares) < 1
    assert len({case["voiced"] for case in stored}) > 16


def test_the_defaults_are_kaldis():
    assert presets.options_of("kaldi/compute_vad") == {
        "vad_energy_threshold": 5.0, "vad_energy_mean_scale": 0.5, "vad_frames_context": 0,
        "vad_proportion_threshold": 0.6, "omit_unvoiced_utts": False,
    }  # fmt: skip


@given(
    n=st.integers(1, 60), seed=st.integers(0, 99), threshold=st.floats(-3, 8), scale=st.sampled_from([0.0, 0.5, 1.0, 1.2]),
    context=st.integers(0, 7), proportion=st.sampled_from([0.05, 0.12, 0.3, 0.5, 0.6, 0.7, 0.9]),
)  # fmt: skip
def test_drawn_features_and_options(n, seed, threshold, scale, context, proportion):
    features = np.random.default_rng(seed).normal(8, 5, (n, 3)).astype(np.float32)
    options = dict(zip(CASES[0], (threshold, scale, context, proportion), strict=True))
    assume(not near_the_threshold(features, options))
    assert got(features, options) == loops(features, options)


@pytest.mark.shared
def test_recordings(shared):
    voiced = []
    for path in sorted((shared / "audio").glob("*.*")):
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        features = mfcc_of(samples[:, 0], rate)
        for options in CASES:
            if not near_the_threshold(features, options):
                expected = loops(features, options)
                assert got(features, options) == expected, (path, options)
                voiced.append(sum(expected) / len(expected))
    assert len(voiced) > 250
    assert min(voiced) < 0.2 < 0.9 < max(voiced)


def test_from_samples_to_voiced_frames(speech):
    """compute-mfcc-feats | compute-vad | select-voiced-frames."""
    vad = presets.kaldi.compute_vad(vad_frames_context=2)
    chain = presets.kaldi.mfcc(energy_floor=1.0) | featkit.voiced(featkit.Identity(), vad)
    features = presets.kaldi.mfcc(energy_floor=1.0)(speech)
    kept = chain(speech)
    assert kept.tobytes() == features[vad(features)[:, 0] == 1].tobytes()
    assert 0 < len(kept) < len(features)


def test_without_the_mean_it_streams():
    features = speech_features()
    vad = presets.kaldi.compute_vad(vad_energy_mean_scale=0.0, vad_energy_threshold=12.0, vad_frames_context=3)
    stream = vad.stream()
    rows = [stream.push(features[at : at + 5]) for at in range(0, len(features), 5)]
    assert np.concatenate([*rows, stream.finish()]).tobytes() == vad(features).tobytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vad_energy_mean_scale": -0.1}, r"vad_energy_mean_scale must be at least 0 and finite, got -0\.1"),
        ({"vad_frames_context": -1}, "vad_frames_context must be at least 0 and finite, got -1"),
        ({"vad_proportion_threshold": 0.0}, r"vad_proportion_threshold must lie between 0 and 1, got 0\.0"),
        ({"vad_proportion_threshold": 1.0}, r"vad_proportion_threshold must lie between 0 and 1, got 1\.0"),
        (
            {"omit_unvoiced_utts": True},
            "the option omit_unvoiced_utts=True can't be honoured: every input gets its mask",
        ),
    ],
)
def test_what_kaldi_refuses_is_refused(options, message):
    with pytest.raises(featkit.ParameterError, match=message):
        presets.kaldi.compute_vad(**options)


def test_no_frame_gives_no_mask():
    assert presets.kaldi.compute_vad()(np.zeros((0, 13), np.float32)).shape == (0, 1)


def make():
    features = speech_features()
    cases = [
        {"options": options, "voiced": "".join(str(int(value)) for value in loops(features, options))}
        for options in CASES
    ]
    GOLDEN.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    make()
