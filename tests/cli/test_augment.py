"""featkit augment: what is drawn, from what it follows, what is written; and hostile input through every new command."""

import hashlib
import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featkit

RECIPE = "speed:0.9..1.1 gain:-6..0 shift:-20..20,50%"


def record(path):
    return json.loads(Path(f"{path}.json").read_text("utf-8"))


def as_pcm16(samples):
    return np.clip(np.rint(samples.astype(np.float64) * 2**15), -(2**15), 2**15 - 1).astype(np.int16)


def integers(path):
    return soundfile.read(path, dtype="int16")[0]


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(folder).rglob("*.wav"))
    }


@pytest.fixture
def corpus(wav):
    for at, name in enumerate(("a.wav", "b.wav", "deep/c.wav")):
        wav(f"in/{name}", samples=4000, seed=at)
    return "in"


def test_what_is_written_is_what_was_drawn(run, speech_wav, left):
    run("augment", speech_wav, "-o", "out/", "--recipe", RECIPE, "--copies", 3, "--seed", 5)
    assert left("out") == [f"speech.{copy}.wav{end}" for copy in (1, 2, 3) for end in ("", ".json")]
    samples, rate = featkit.read(speech_wav)
    recipe = featkit.parse_recipe(RECIPE, rate)
    for copy in (1, 2, 3):
        drawn = featkit.draw(recipe, 5, f"speech.wav#{copy}")
        told = record(f"out/speech.{copy}.wav")
        assert featkit.parse(told["pipeline"]) == drawn
        assert integers(f"out/speech.{copy}.wav").tobytes() == as_pcm16(drawn(samples)).tobytes()
        assert told["samples"] == len(samples)
        assert told["shape"] == [len(drawn(samples))]
    assert len({record(f"out/speech.{copy}.wav")["pipeline"] for copy in (1, 2, 3)}) == 3


def test_the_tree_is_mirrored(run, corpus, left):
    run("augment", corpus, "-o", "out", "--recipe", RECIPE)
    assert left("out") == [f"{name}.1.wav{end}" for name in ("a", "b", "deep/c") for end in ("", ".json")]


def test_the_order_of_inputs_changes_nothing(run, corpus):
    names = ["in/a.wav", "in/b.wav", "in/deep/c.wav"]
    run("augment", *names, "-o", "one/", "--recipe", RECIPE, "--copies", 2)
    run("augment", *reversed(names), "-o", "other/", "--recipe", RECIPE, "--copies", 2)
    run("augment", corpus, "-o", "whole/", "--recipe", RECIPE, "--copies", 2)
    shutil.copytree("in", "elsewhere/moved")
    run("augment", "elsewhere/moved", "-o", "moved/", "--recipe", RECIPE, "--copies", 2)
    assert len(digests("one")) == 6
    assert digests("one") == digests("other") == digests("whole") == digests("moved")


def test_another_seed_is_another_draw(run, corpus):
    for seed in (0, 1):
        run("augment", corpus, "-o", f"{seed}/", "--recipe", RECIPE, "--seed", seed)
    assert not set(digests("0").values()) & set(digests("1").values())


def test_more_copies_leave_the_first_ones_as_they_are(run, corpus):
    run("augment", corpus, "-o", "out/", "--recipe", RECIPE)
    before = digests("out")
    ran = run("augment", corpus, "-o", "out/", "--recipe", RECIPE, "--copies", 2, "-v")
    assert ran.err.count("up to date") == 3
    assert {name: digest for name, digest in digests("out").items() if name in before} == before
    assert len(digests("out")) == 6
    assert "other settings" in run("augment", corpus, "-o", "out/", "--recipe", "gain:3", expect=3).err


# --- noise and rooms ----------------------------------------------------------------------------------------------------


def test_noise_is_added_at_the_ratio_that_was_drawn(run, speech_wav, wav):
    for at in range(3):
        wav(f"clips/{at}.wav", samples=30_000, seed=at)
    wav("clips/short.wav", samples=2000, rate=8000, channels=2)  # resampled, repeated, the first channel
    run("augment", speech_wav, "-o", "out/", "--recipe", "noise:clips/*.wav@0..20", "--copies", 8, "--subtype", "FLOAT")
    samples, _ = featkit.read(speech_wav)
    used = set()
    for copy in range(1, 9):
        told = record(f"out/speech.{copy}.wav")
        ratio = float(re.search(r"snr_db=([\d.]+)", told["pipeline"])[1])
        name = re.search(r"noise_name='([^']+)'", told["pipeline"])[1]
        used.add(name)
        added = featkit.read(f"out/speech.{copy}.wav")[0].astype(float) - samples
        power = np.mean(samples.astype(float) ** 2)
        assert 10 * np.log10(power / np.mean(added**2)) == pytest.approx(ratio, abs=1e-3)
        assert re.search(r"noise=array\(<\d+ x f4, blake2b \w{16}>\)", told["pipeline"])
        assert told["settled"].startswith("Mix(noise=array(<")
    assert len(used) > 1
    assert used <= {f"clips/{name}.wav" for name in ("0", "1", "2", "short")}


def test_noise_that_changed_is_another_setting(run, wav):
    wav("clip.wav", seed=1)
    path = wav("a.wav")
    run("augment", path, "-o", "out/", "--recipe", "noise:clip.wav@10")
    assert "up to date" in run("augment", path, "-o", "out/", "--recipe", "noise:clip.wav@10").err
    wav("clip.wav", seed=2)
    ran = run("augment", path, "-o", "out/", "--recipe", "noise:clip.wav@10", expect=3)
    assert "made with other settings" in ran.err


def test_a_room(run, speech_wav, wav):
    room = np.zeros(800)
    room[[100, 300]] = 0.5, 0.25
    wav("rooms/hall.wav", samples=room)
    run("augment", speech_wav, "-o", "out/", "--recipe", "reverb:rooms/", "--subtype", "FLOAT")
    samples, _ = featkit.read(speech_wav)
    echo = featkit.read("rooms/hall.wav")[0]
    expected = featkit.Reverberate(echo, level="peak", response_name="rooms/hall.wav")(samples)
    assert featkit.read("out/speech.1.wav")[0].tobytes() == expected.tobytes()


def test_rate_and_steps_come_first(run, speech_wav):
    run("augment", speech_wav, "-o", "out/", "--recipe", "mulaw", "--prepare", "--gain rms:-30", "--rate", 8000)
    told = record("out/speech.1.wav")
    assert told["pipeline"] == (
        "RmsNormalise(dbfs=-30.0) | Resample(rate=8000, from_rate=16000, engine='scipy') | MuLaw(channels=256)"
    )
    assert soundfile.info("out/speech.1.wav").samplerate == told["prepared_rate"] == 8000


def test_each_channel_is_drawn_alike(run, wav, left):
    run("augment", wav("two.wav", channels=2), "-o", "out/", "--recipe", RECIPE, "--channels", "each")
    assert left("out") == [f"two.ch{channel}.1.wav{end}" for channel in (0, 1) for end in ("", ".json")]
    assert record("out/two.ch0.1.wav")["pipeline"] == record("out/two.ch1.1.wav")["pipeline"]


def test_clipping_is_reported(run, wav):
    ran = run("augment", wav("a.wav"), "-o", "out/", "--recipe", "gain:20", "--copies", 2)
    assert ran.err.count("samples were beyond full scale and are cut off") == 2
    assert record("out/a.2.wav")["clipped"] > 100


def test_outputs_in_the_folder_of_the_inputs_are_no_inputs(run, corpus, left):
    for _ in range(2):
        run("augment", corpus, "-o", corpus, "--recipe", RECIPE)
    assert len(digests(corpus)) == 6


# --- wrong usage --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--recipe", "gain:3"], "Missing option '-o'"),
        (["-o", "out/"], "Missing option '--recipe'"),
        (["-o", "x.wav", "--recipe", "gain:3"], "several files are written; give a folder (ending in /)"),
        (["-o", "-", "--recipe", "gain:3"], "several files are written; give a folder"),
        (["-o", "out/", "--recipe", ""], "the recipe is empty"),
        (["-o", "out/", "--recipe", "gane:3"], "did you mean 'gain'?"),
        (["-o", "out/", "--recipe", "gain:loud"], "'loud' is no number"),
        (["-o", "out/", "--recipe", "gain:'3"], "close the quotes"),
        (["-o", "out/", "--recipe", "noise:none/*.wav@3"], "no recording is called 'none/*.wav'"),
        (["-o", "out/", "--recipe", "reverb:none.wav"], "no recording is called 'none.wav'"),
        (["-o", "out/", "--recipe", "gain:3", "--copies", 0], "Invalid value for '--copies'"),
        (["-o", "out/", "--recipe", "gain:3", "--seed", "x"], "Invalid value for '--seed'"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_wrong_usage(arguments, told, run, wav, left):
    path = wav("a.wav")
    assert told in run("augment", path, *arguments, expect=2).err
    assert left(but=[path]) == []


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        ("band:300@9000", "high_hz must lie below half of the rate, 8000 Hz"),
        ("noise:text.wav@3", "text.wav cannot be read as sound"),
        ("noise:nan.wav@3", "nan.wav: the input is not finite"),
        ("noise:silent.wav@3", "the recording 'silent.wav' cannot be used"),
    ],
)
def test_what_fails_for_an_input(recipe, told, run, wav, left):
    Path("text.wav").write_text("words, and no sound")
    wav("nan.wav", samples=np.full(100, np.nan, np.float32), subtype="FLOAT")
    wav("silent.wav", samples=np.zeros(100))
    path = wav("a.wav")
    ran = run("augment", path, "-o", "out/", "--recipe", recipe, expect=3)
    assert ran.err.startswith("failed: a.wav: ")
    assert told in ran.err
    assert not Path("out").exists() or left("out") == []


# --- hostile input, through every new command -----------------------------------------------------------------------------

COMMANDS = {
    "prepare": "prepare -o out/ --offset --gain rms:-20 --denoise wiener --rate 8000 --trim",
    "prepare more": "prepare -o out/ --denoise lsa:quantile --gain agc --gain lufs --band 100..300 --gain peak",
    "features": "mfcc -o out/ --prepare '--gain rms:-20 --denoise wiener --trim' --rate 16000",
    "vad": "vad -o out/",
    "vad kaldi": "vad -o out/ --method kaldi",
    "pitch": "pitch -o out/ --low-hz 100 --high-hz 400",
    "augment": "augment -o out/ --recipe 'speed:0.9..1.1 tempo:0.9..1.1 pitch:-2..2 gain:-6..6 noise:hum.wav@5..20 "
    "reverb:hum.wav shift:-100..100 mulaw'",
}
HOSTILE = {
    "silence": {"samples": np.zeros(16000)},
    "offset": {"samples": np.full(16000, 0.5)},
    "clipped": {"samples": np.sign(np.sin(np.arange(16000) / 30))},
    "one": {"samples": np.array([0.5])},
    "192 kHz": {"samples": 96_000, "rate": 192_000},
    "8 bits": {"samples": 4000, "rate": 8000, "subtype": "PCM_U8"},
    "loud": {"samples": np.random.default_rng(0).normal(0, 1e6, 16000).astype(np.float32), "subtype": "FLOAT"},
    "faint": {"samples": np.random.default_rng(0).normal(0, 1e-35, 16000).astype(np.float32), "subtype": "FLOAT"},
}
#: Without a result, and why; None: each of them.
NONE = {
    ("one", "features"): "is too short",
    ("one", "vad"): "is too short",
    ("one", "vad kaldi"): "is too short",
    ("one", "pitch"): "is too short",
}


def arguments_of(command):
    return shlex.split(COMMANDS[command])


@pytest.fixture
def hum(wav):
    return wav("hum.wav", samples=np.sin(np.arange(4000) / 50) * 0.3)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sound_gives_a_result_or_says_why_not(name, command, run, wav, hum, left):
    path = wav("a.wav", **HOSTILE[name])
    told = NONE.get((name, command))
    first, *options = arguments_of(command)
    ran = run(first, path, *options, expect=3 if told else 0)  # a warning would be an error here
    if told:
        assert told in ran.err
        assert not Path("out").exists() or left("out") == []
        return
    (output,) = [path for path in Path("out").iterdir() if path.suffix != ".json"]
    out = np.load(output) if output.suffix == ".npy" else featkit.read(output)[0]
    assert np.isfinite(out).all()
    assert len(out)


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - {"features"}))  # where silence is the logarithm's floor
def test_silence_stays_silent(command, run, wav, hum):
    """No gain, no noise estimate and no mask makes something of nothing."""
    path = wav("a.wav", samples=np.zeros(16000))
    first, *options = arguments_of(command)
    options = [option.replace(" mulaw", "") for option in options]  # which has no step at 0
    run(first, path, *options)
    (output,) = [path for path in Path("out").iterdir() if path.suffix != ".json"]
    out = np.load(output)[:, :1] if output.suffix == ".npy" else featkit.read(output)[0]
    assert not out.any()


BROKEN = {
    "empty": (lambda wav: Path("a.wav").write_bytes(b""), "the file is empty"),
    "text": (lambda wav: Path("a.wav").write_text("words"), "cannot be read as sound"),
    "no samples": (lambda wav: wav("a.wav", samples=0), "holds no samples"),
    "stereo": (lambda wav: wav("a.wav", channels=2), "has 2 channels and one is needed"),
    "nan": (lambda wav: wav("a.wav", samples=np.full(900, np.nan), subtype="FLOAT"), "not finite: nan at sample 0"),
    "cut": (lambda wav: Path("a.wav").write_bytes(wav("b.wav").read_bytes()[:-9]), "is cut short"),
    "missing": (lambda wav: None, "cannot be read: no such file or directory"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_say_what_is_wrong(name, command, run, wav, hum, left):
    make, told = BROKEN[name]
    make(wav)
    first, *options = arguments_of(command)
    ran = run(first, "a.wav", *options, expect=3)
    assert told in ran.err
    assert ran.err.startswith("failed: a.wav")
    assert ran.out == ""
    assert not Path("out").exists() or left("out") == []


@pytest.mark.shared
@pytest.mark.parametrize("command", COMMANDS)
def test_the_zoo(command, shared, run, here, hum):
    """What every reader can read gives a whole output; of the others each one says why not, and nothing is left."""
    zoo = shared / "audio" / "zoo"
    facts = json.loads((zoo / "EXPECTED.json").read_text("utf-8"))["files"]
    first, *options = arguments_of(command)
    inputs = sorted(path for path in zoo.iterdir() if path.name != "EXPECTED.json" and path.name != "zero_frames.flac")
    ran = run(first, *inputs, *options, "--channels", "mix", "--json", expect=3)
    *records, summary = ran.records
    assert {Path(one["input"]) for one in records} == set(inputs)
    for one in records:
        if one["status"] == "failed":
            assert one["error"] in ("ReadError", "InputError"), one
            assert not Path(one.get("output", "none")).exists()
        else:
            assert record(one["output"])["shape"] == one["shape"]
            assert facts[Path(one["input"]).name]["soundfile"].get("frames", 0) > 0
    done = {Path(one["input"]).name for one in records if one["status"] == "ok"}
    assert {"silence.wav", "clipped.wav", "wav_pcm_u8.wav", "pcm16_96000.wav", "wavex_6ch.wav", "dc_offset.wav"} <= done
    assert summary["summary"]["ok"] == len(done)
    if first in ("prepare", "augment"):
        assert {"one_sample.wav", "short_100.wav"} <= done
