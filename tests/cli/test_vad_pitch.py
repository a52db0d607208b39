"""featkit vad and featkit pitch: masks, segments in seconds, tracks."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featkit
from featkit import presets


def record(path):
    return json.loads(Path(f"{path}.json").read_text("utf-8"))


ENERGY = {
    "": lambda r: featkit.Frames(r // 40, r // 100) | featkit.EnergyActivity(8.0, hang=20, memory=300),
    "--threshold-db 12": lambda r: featkit.Frames(r // 40, r // 100) | featkit.EnergyActivity(12.0),
    "--hang-ms 0": lambda r: featkit.Frames(r // 40, r // 100) | featkit.EnergyActivity(hang=0),
    "--memory-ms 500": lambda r: featkit.Frames(r // 40, r // 100) | featkit.EnergyActivity(memory=50),
    "--frame-ms 50 --hop-ms 20": lambda r: (
        featkit.Frames(r // 20, r // 50) | featkit.EnergyActivity(hang=10, memory=150)
    ),
    "--set energy_activity.over=full-scale --threshold-db -40": lambda r: (
        featkit.Frames(r // 40, r // 100) | featkit.EnergyActivity(-40.0, over="full-scale")
    ),
}


def kaldi(**options):
    return lambda r: presets.kaldi.mfcc(sample_frequency=r) | presets.kaldi.compute_vad(**options)


KALDI = {
    "": kaldi(),
    "--vad-energy-threshold 5.5": kaldi(vad_energy_threshold=5.5),
    "--vad-energy-mean-scale 0.7": kaldi(vad_energy_mean_scale=0.7),
    "--vad-frames-context 3 --vad-proportion-threshold 0.12": kaldi(
        vad_frames_context=3, vad_proportion_threshold=0.12
    ),
    "--hop-ms 20": lambda r: presets.kaldi.mfcc(sample_frequency=r, frame_shift=20.0) | presets.kaldi.compute_vad(),
}
METHODS = [("energy", options, make) for options, make in ENERGY.items()]
METHODS += [("kaldi", options, make) for options, make in KALDI.items()]


@pytest.mark.parametrize(
    ("method", "options", "make"), METHODS, ids=[f"{one} {options}" for one, options, _ in METHODS]
)
@pytest.mark.parametrize("rate", [16000, 8000])
def test_mask(method, options, make, rate, run, speech_wav):
    run("vad", speech_wav, "--method", method, *options.split(), "--rate", rate, "-o", "out.npy")
    samples, own = featkit.read(speech_wav)
    samples = samples if rate == own else featkit.Resample(rate, own)(samples)
    mask = np.load("out.npy")
    assert mask.shape[1:] == (1,)
    assert set(np.unique(mask)) == {0.0, 1.0}
    assert mask.tobytes() == make(rate)(samples).tobytes()
    pipeline = make(rate) if rate == own else featkit.Resample(rate, own) | make(rate)
    assert featkit.parse(record("out.npy")["pipeline"]) == pipeline


def test_output_beside_the_input(run, speech_wav, left):
    run("vad", speech_wav)
    assert left() == ["speech.vad.npy", "speech.vad.npy.json", "speech.wav"]


# --- segments ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def talk(wav):
    """Bursts from 1.0 to 1.5 s and from 2.5 to 3.25 s in faint noise, 4 s in all; ``talk(rate)``."""

    def make(rate=16000, name="talk.wav"):
        times = np.arange(4 * rate) / rate
        loud = ((times >= 1.0) & (times < 1.5)) | ((times >= 2.5) & (times < 3.25))
        noise = np.random.default_rng(0).standard_normal(len(times))
        return wav(name, samples=noise * np.where(loud, 0.1, 0.001), rate=rate)

    return make


@pytest.mark.parametrize(
    "method",
    [["--hang-ms", 0], ["--method", "kaldi", "--vad-energy-threshold", 2, "--vad-energy-mean-scale", 1]],
    ids=["energy", "kaldi"],
)
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_segments_are_where_the_sound_is(method, rate, run, talk):
    ran = run("vad", talk(rate), *method, "--segments")
    assert [record["input"] for record in ran.records] == ["talk.wav"] * 2
    found = [(record["start"], record["end"]) for record in ran.records]
    # A frame of 25 ms that touches the sound is active: 12.5 ms on either side, and half a hop.
    np.testing.assert_allclose(found, [(1.0, 1.5), (2.5, 3.25)], atol=0.018, rtol=0)
    assert found[0][0] < 1.0 < 1.5 < found[0][1]


def test_segments_follow_from_the_mask(run, talk):
    ran = run("vad", talk(), "--hang-ms", 0, "--segments")
    runs = featkit.segments(np.load("talk.vad.npy"))
    middles = (runs * 160 + 200 - 80) / 16000
    np.testing.assert_allclose([(one["start"], one["end"]) for one in ran.records], middles, atol=1e-6, rtol=0)


def test_segments_of_what_is_active_throughout(run, wav):
    path = wav("a.wav", samples=16000)
    ran = run("vad", path, "--set", "energy_activity.over=full-scale", "--threshold-db", -60, "--segments")
    assert ran.records == [{"input": "a.wav", "start": 0.0, "end": (97 * 160 + 400) / 16000}]
    run("vad", path, "--set", "frames.edges=centre", "--set", "energy_activity.over=full-scale", "-o", "b.npy")
    centred = ["--set", "frames.edges=centre", "--set", "energy_activity.over=full-scale", "--threshold-db", -60]
    ran = run("vad", path, *centred, "--segments", "-o", "c.npy")
    assert ran.records == [{"input": "a.wav", "start": 0.0, "end": 1.0}]


def test_segments_of_silence_are_none(run, wav):
    ran = run("vad", wav("a.wav", samples=np.zeros(16000)), "--segments")
    assert ran.out == ""
    assert not np.load("a.vad.npy").any()


def test_segments_of_prepared_sound_are_in_its_own_time(run, talk):
    ran = run("vad", talk(), "--prepare", "--trim 20", "--hang-ms", 0, "--segments")
    begin = ran.records[0]["start"]
    assert begin < 0.1
    assert ran.records[1]["start"] - begin == pytest.approx(1.5, abs=0.1)


def test_segments_again_and_of_several_inputs(run, talk):
    paths = [talk(name="a.wav"), talk(8000, name="b.wav")]
    first = run("vad", *paths, "--segments")
    assert [record["input"] for record in first.records] == ["a.wav"] * 2 + ["b.wav"] * 2
    again = run("vad", *paths, "--segments")
    assert "2 skipped" in again.err
    assert again.out == first.out


def test_segments_beside_json(run, talk):
    records = run("vad", talk(), "--segments", "--json").records
    assert ["start" in record for record in records] == [True, True, False, False]
    assert records[2]["status"] == "ok"


def test_segments_of_each_channel(run, wav):
    quiet = np.zeros(16000)
    burst = quiet.copy()
    burst[8000:12000] = 0.5
    path = wav("two.wav", samples=np.stack([quiet, burst], axis=1))
    ran = run("vad", path, "--channels", "each", "--segments")
    assert len(ran.records) == 1
    assert np.load("two.ch1.vad.npy").any()
    assert not np.load("two.ch0.vad.npy").any()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--threshold-db", 3, "--method", "kaldi"], "--threshold-db belongs to --method energy"),
        (["--vad-frames-context", 3], "--vad-frames-context belongs to --method kaldi, and the method is energy"),
        (["--segments", "-o", "-"], "--segments and the mask both want standard output"),
        (["--method", "loud"], "Invalid value for '--method'"),
        (["--hang-ms", -1], "Invalid value for '--hang-ms'"),
        (["--preset", "kaldi"], "--preset"),
        (["--set", "energy_activity.hangs=3"], "did you mean 'hang'?"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_wrong_usage(arguments, told, run, wav, left):
    path = wav("a.wav")
    assert told in run("vad", path, *arguments, expect=2).err
    assert left(but=[path]) == []


def test_an_option_that_kaldi_does_not_take(run, wav):
    ran = run("vad", wav("a.wav"), "--method", "kaldi", "--vad-proportion-threshold", 2, expect=3)
    assert "vad_proportion_threshold must lie between 0 and 1, got 2" in ran.err


# --- pitch ------------------------------------------------------------------------------------------------------------

PITCH = {
    "": featkit.pitch,
    "--low-hz 80 --high-hz 400": lambda r: featkit.pitch(r, low_hz=80.0, high_hz=400.0),
    "--frame-ms 40 --hop-ms 20": lambda r: featkit.pitch(r, frame_ms=40.0, hop_ms=20.0),
    "--set pitch_track.lag=None": lambda r: featkit.pitch(r, lag_ms=None),
}


@pytest.mark.parametrize("options", PITCH)
def test_pitch(options, run, speech_wav, left):
    run("pitch", speech_wav, *options.split())
    samples, rate = featkit.read(speech_wav)
    out = np.load("speech.pitch.npy")
    assert out.tobytes() == PITCH[options](rate)(samples).tobytes()
    assert out.shape[1:] == (2,)
    assert 0.2 < (out[:, 0] > 0).mean() < 0.95
    assert featkit.parse(record("speech.pitch.npy")["pipeline"]) == PITCH[options](rate)
    assert left() == ["speech.pitch.npy", "speech.pitch.npy.json", "speech.wav"]


def test_pitch_lines_up_with_mfccs(run, speech_wav):
    run("pitch", speech_wav)
    run("mfcc", speech_wav)
    assert len(np.load("speech.pitch.npy")) == len(np.load("speech.mfcc.npy"))


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 192000])
def test_pitch_of_a_tone(rate, run, wav):
    run("pitch", wav("a.wav", samples=0.5 * np.sin(2 * np.pi * 220 * np.arange(rate) / rate), rate=rate))
    out = np.load("a.pitch.npy")
    np.testing.assert_allclose(out[5:-5, 0], 220, rtol=2e-3)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--low-hz", 500, "--high-hz", 100], "high_hz"),
        (["--high-hz", 9000], "must be at most half the rate (8000 Hz), got 9000"),
        (["--hop-ms", 0.01], "hop_ms=0.01 is less than one sample"),
    ],
)
def test_pitch_that_does_not_fit(options, told, run, wav, left):
    path = wav("a.wav")
    ran = run("pitch", path, *options, expect=3)
    assert told in ran.err
    assert left(but=[path]) == []


@pytest.mark.parametrize("name", ["vad", "pitch"])
@pytest.mark.parametrize("samples", [0, 1, 399])
def test_too_short(name, samples, run, wav, left):
    path = wav("a.wav", samples=samples)
    ran = run(name, path, expect=3)
    assert "holds no samples" in ran.err if not samples else "is too short" in ran.err
    assert left(but=[path]) == []
    run(name, path, "--allow-empty")
    assert np.load(f"a.{name}.npy").shape == (0, {"vad": 1, "pitch": 2}[name])


def test_no_segments_in_nothing(run, wav):
    assert run("vad", wav("a.wav", samples=0), "--allow-empty", "--segments").out == ""


def test_standard_streams(run, speech_wav):
    for name in ("vad", "pitch"):
        run(name, speech_wav)
        ran = run(name, "-", stdin=Path(speech_wav).read_bytes())
        assert ran.bytes == Path(f"speech.{name}.npy").read_bytes()
    assert soundfile.info(speech_wav).samplerate == 16000
