"""featkit prepare, --prepare and --rate: what they write, in which order, and what they report."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featkit
from featkit.cli.outputs import Plan
from featkit.files import wav as writing
from featkit.files.wav import SoundWriter

SPEECH = Path(__file__).parents[2] / "examples" / "speech.wav"


COMPLETED = "from featkit.cli.main import featkit; featkit(prog_name='featkit')"


def record(path):
    return json.loads(Path(f"{path}.json").read_text("utf-8"))


def as_pcm16(samples):
    """The integers nearest to the samples, as a file of 16 bits holds them."""
    return np.clip(np.rint(samples.astype(np.float64) * 2**15), -(2**15), 2**15 - 1).astype(np.int16)


def integers(path, dtype="int16"):
    return soundfile.read(path, dtype=dtype)[0]


STEPS = [
    ("--offset", lambda r: featkit.RemoveOffset()),
    ("--gain peak:-1", lambda r: featkit.PeakNormalise(-1.0)),
    ("--gain peak", lambda r: featkit.PeakNormalise(-1.0)),
    ("--gain rms:-26.5", lambda r: featkit.RmsNormalise(-26.5)),
    ("--gain lufs:-23", lambda r: featkit.LoudnessNormalise(-23.0, r)),
    ("--gain agc:-24", lambda r: featkit.AutomaticGain(-24.0, rate=r)),
    ("--gain db:-6", lambda r: featkit.Gain(-6.0)),
    ("--gain -6", lambda r: featkit.Gain(-6.0)),
    ("--gain=-6", lambda r: featkit.Gain(-6.0)),
    ("--denoise wiener", lambda r: featkit.denoise(r, "wiener")),
    ("--denoise subtraction", lambda r: featkit.denoise(r, "subtraction")),
    ("--denoise lsa:minimum", lambda r: featkit.denoise(r, "lsa", "minimum")),
    ("--denoise wiener:quantile", lambda r: featkit.denoise(r, "wiener", "quantile")),
    ("--trim", lambda r: featkit.TrimSilence(60.0)),
    ("--trim 30", lambda r: featkit.TrimSilence(30.0)),
    ("--trim=30.5", lambda r: featkit.TrimSilence(30.5)),
    ("--band 300..3400", lambda r: featkit.BandLimit(300.0, 3400.0, r)),
    ("--band 300..", lambda r: featkit.BandLimit(300.0, None, r)),
    ("--band ..3400", lambda r: featkit.BandLimit(None, 3400.0, r)),
    ("--rate 8000", lambda r: featkit.Resample(8000, r)),
    ("--rate 8000 --resampler soxr", lambda r: featkit.Resample(8000, r, "soxr")),
]


@pytest.mark.parametrize(("options", "stage"), STEPS, ids=[options for options, _ in STEPS])
def test_a_step_is_its_stage(options, stage, run, speech_wav):
    run("prepare", *options.split(), speech_wav, "-o", "out.wav")
    samples, rate = featkit.read(speech_wav)
    told = record("out.wav")
    assert featkit.parse(told["pipeline"]) == featkit.pipeline(stage(rate))
    assert integers("out.wav").tobytes() == as_pcm16(stage(rate)(samples)).tobytes()
    expected = 8000 if "--rate" in options else 16000
    assert soundfile.info("out.wav").samplerate == told["prepared_rate"] == expected
    assert told["rate"] == 16000


CHAINS = {
    "--gain rms:-20 --trim 30": lambda r: featkit.RmsNormalise(-20.0) | featkit.TrimSilence(30.0),
    "--trim 30 --gain rms:-20": lambda r: featkit.TrimSilence(30.0) | featkit.RmsNormalise(-20.0),
    "--rate 8000 --band 300..3400": lambda r: featkit.Resample(8000, r) | featkit.BandLimit(300.0, 3400.0, 8000),
    "--band 300..3400 --rate 8000": lambda r: featkit.BandLimit(300.0, 3400.0, r) | featkit.Resample(8000, r),
    "--gain peak --offset --gain db:-3 --offset --gain peak:-2": lambda r: featkit.pipeline(
        *(featkit.PeakNormalise(-1.0), featkit.RemoveOffset(), featkit.Gain(-3.0), featkit.RemoveOffset()),
        featkit.PeakNormalise(-2.0),
    ),
    "--rate 8000 --denoise wiener --rate 22050 --gain lufs": lambda r: featkit.pipeline(
        *(featkit.Resample(8000, r), featkit.denoise(8000)),
        *(featkit.Resample(22050, 8000), featkit.LoudnessNormalise(-23.0, 22050)),
    ),
}


@pytest.mark.parametrize("options", CHAINS)
def test_steps_are_taken_in_the_order_in_which_they_are_written(options, run, speech_wav):
    run("prepare", *options.split(), speech_wav, "-o", "out.wav")
    samples, rate = featkit.read(speech_wav)
    pipeline = CHAINS[options](rate)
    assert featkit.parse(record("out.wav")["pipeline"]) == pipeline
    assert integers("out.wav").tobytes() == as_pcm16(pipeline(samples)).tobytes()


@pytest.mark.parametrize("where", ["before", "between", "behind"])
def test_options_stand_where_one_likes(where, run, speech_wav):
    steps = ["--offset", "--trim", "--gain", "rms:-20"]
    arguments = {
        "before": [*steps, speech_wav, "-o", "out.wav"],
        "between": ["--offset", "-o", "out.wav", "--trim", speech_wav, "--gain", "rms:-20"],
        "behind": ["-o", "out.wav", speech_wav, *steps],
    }
    run("prepare", *arguments[where])
    assert record("out.wav")["pipeline"] == (
        "RemoveOffset() | TrimSilence(below_db=60.0, length=2048, hop=512) | RmsNormalise(dbfs=-20.0)"
    )


def test_trim_without_a_number_takes_no_input_for_one(run, speech_wav):
    run("prepare", "-o", "out.wav", "--trim", "--", speech_wav)
    assert "below_db=60.0" in record("out.wav")["pipeline"]


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_U8", "FLOAT"])
def test_without_a_step_the_samples_stay_as_they_are(subtype, run, wav):
    path = wav("a.wav", rate=11025, subtype=subtype)
    kept = {"PCM_U8": "PCM_16"}.get(subtype, subtype)
    run("prepare", path, "-o", "b.wav", "--subtype", kept)
    assert soundfile.info("b.wav").subtype == kept
    assert featkit.read("b.wav")[1] == 11025
    assert featkit.read("b.wav")[0].tobytes() == featkit.read(path)[0].tobytes()
    assert record("b.wav")["pipeline"] == "pipeline(Samples())"


def test_a_clip_that_holds_noise_alone(run, speech_wav, wav):
    noise = wav("noise.wav", samples=np.random.default_rng(3).normal(0, 0.02, 22050), rate=22050)
    run("prepare", speech_wav, "-o", "out.wav", "--denoise", f"wiener:{noise}")
    samples, rate = featkit.read(speech_wav)
    clip = featkit.Resample(16000, 22050)(featkit.read(noise)[0])
    denoised = featkit.denoise(rate, noise=featkit.noise_profile(clip, rate))(samples)
    assert integers("out.wav").tobytes() == as_pcm16(denoised).tobytes()


# --- clipping ---------------------------------------------------------------------------------------------------------


def test_what_is_cut_off_is_reported(run, wav):
    samples = np.array([0.25, 0.75, -0.75, 0.5, -0.1] * 100)
    path = wav("a.wav", samples=samples)
    ran = run("prepare", path, "-o", "b.wav", "--gain", 6, "--json")
    assert "clipped: b.wav: 200 of 500 samples were beyond full scale and are cut off; lower the gain" in ran.err
    told = record("b.wav")
    assert (told["clipped"], told["clipped_in_input"]) == (200, 0)
    assert ran.records[0]["clipped"] == 200
    assert told["peak"] == pytest.approx(0.75 * 10 ** (6 / 20))
    assert told["rms"] == pytest.approx(np.sqrt(np.mean(integers(path, "float64") ** 2)) * 10 ** (6 / 20))
    assert integers("b.wav")[:3].tolist() == [16345, 32767, -32768]
    assert "clipped" in run("prepare", path, wav("c.wav"), "-o", "out/", "--gain", 6).err  # not only where there is one


def test_floats_keep_what_is_beyond_full_scale(run, wav):
    run("prepare", wav("a.wav", samples=np.full(500, 0.75)), "-o", "b.wav", "--gain", 6, "--subtype", "FLOAT")
    assert featkit.read("b.wav")[0].max() > 1.49
    assert record("b.wav")["clipped"] == 0


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("peak", [0.1, 0.3, 0.7])  # the gain is rounded, up for some of them
def test_a_peak_at_full_scale_is_not_clipped(peak, sign, subtype, run, wav):
    samples = np.linspace(0, peak, 1000) * sign
    ran = run("prepare", wav("a.wav", samples=samples), "-o", "b.wav", "--gain", "peak:0", "--subtype", subtype)
    assert "clipped" not in ran.err
    assert record("b.wav")["clipped"] == 0
    assert np.abs(integers("b.wav", "int32").astype(np.int64)).max() >= 2**31 - 2**16


def test_input_that_was_cut_off_is_reported(run, wav):
    sine = np.clip(1.5 * np.sin(np.arange(16000) / 40), -1, 32767 / 32768)
    wav("loud.wav", samples=sine)
    wav("soft.wav", samples=sine / 2)
    ran = run("prepare", "loud.wav", "soft.wav", "-o", "out/", "--gain", "db:-6")
    count = featkit.clipped(integers("loud.wav"))
    assert count > 5000
    assert record("out/loud.wav")["clipped_in_input"] == count
    assert f"clipped: loud.wav: {count:,} samples" in ran.err
    assert record("out/soft.wav")["clipped_in_input"] == 0
    assert "soft.wav" not in ran.err


@pytest.mark.parametrize("subtype", ["PCM_32", "FLOAT"])
def test_one_sample_at_full_scale_was_not_cut_off(subtype, run, wav):
    samples = np.zeros(200_000)
    samples[[7, 65535, 65536 + 9]] = 1.0, -1.0, 1.0
    run("prepare", wav("a.wav", samples=samples, subtype=subtype), "-o", "b.wav")
    assert record("b.wav")["clipped_in_input"] == record("b.wav")["clipped"] == 0


def test_a_run_over_the_edge_of_a_block_is_counted(run, wav):
    samples = np.zeros(200_000)
    samples[65536 - 2 : 65536 + 2] = -1.0
    run("prepare", wav("a.wav", samples=samples), "-o", "b.wav")
    assert record("b.wav")["clipped_in_input"] == 4


# --- where it is written ----------------------------------------------------------------------------------------------


def test_folder_mirrors_the_tree(run, wav, left):
    for name in ("in/a.wav", "in/deep/b.flac"):
        wav(name)
    run("prepare", "in", "-o", "out/", "--gain", "peak:-3")
    assert left("out") == ["a.wav", "a.wav.json", "deep/b.wav", "deep/b.wav.json"]


def test_flac(run, speech_wav):
    run("prepare", speech_wav, "-o", "out.flac", "--gain", "-3", "--subtype", "PCM_24")
    facts = soundfile.info("out.flac")
    assert (facts.format, facts.subtype, facts.samplerate) == ("FLAC", "PCM_24", 16000)
    run("prepare", speech_wav, "-o", "out.wav", "--gain", "-3", "--subtype", "PCM_24")
    assert integers("out.flac", "int32").tobytes() == integers("out.wav", "int32").tobytes()
    assert "skipped" in run("prepare", speech_wav, "-o", "out.flac", "--gain", "-3", "--subtype", "PCM_24").err


def test_standard_streams(run, speech_wav):
    run("prepare", speech_wav, "-o", "out.wav", "--gain", "rms:-20", "--trim")
    ran = run("prepare", "-", "-o", "-", "--gain", "rms:-20", "--trim", stdin=Path(speech_wav).read_bytes())
    assert ran.bytes == Path("out.wav").read_bytes()
    assert "want standard output" in run("prepare", speech_wav, "-o", "-", "--json", expect=2).err


def test_each_channel_has_its_file(run, wav, left):
    path = wav("two.wav", channels=2)
    run("prepare", path, "-o", "out/", "--channels", "each")
    run("prepare", path, "-o", "x.flac", "--channels", "each")
    assert left(but=["two.wav"]) == [
        *("out/two.ch0.wav", "out/two.ch0.wav.json", "out/two.ch1.wav", "out/two.ch1.wav.json"),
        *("x.ch0.flac", "x.ch0.flac.json", "x.ch1.flac", "x.ch1.flac.json"),
    ]
    both = integers(path)
    for channel in (0, 1):
        assert integers(f"out/two.ch{channel}.wav").tolist() == both[:, channel].tolist()
    assert "two.wav has 2 channels" in run("prepare", path, "-o", "y.wav", expect=3).err


def test_again(run, speech_wav):
    run("prepare", speech_wav, "-o", "out.wav", "--gain", "rms:-20")
    before = Path("out.wav").read_bytes()
    assert "skipped" in run("prepare", speech_wav, "-o", "out.wav", "--gain", "rms:-20").err
    for other in (["--gain", "rms:-21"], ["--gain", "rms:-20", "--subtype", "FLOAT"], []):
        assert "made with other settings" in run("prepare", speech_wav, "-o", "out.wav", *other, expect=3).err
    assert Path("out.wav").read_bytes() == before
    Path("out.wav").write_bytes(before[:-1])  # a copy that was interrupted
    assert "up to date" not in run("prepare", speech_wav, "-o", "out.wav", "--gain", "rms:-20", expect=3).err
    run("prepare", speech_wav, "-o", "out.wav", "--gain", "rms:-20", "--overwrite")
    assert Path("out.wav").read_bytes() == before


@pytest.mark.parametrize("out", ["speech.wav", "."])
def test_an_input_is_never_replaced(out, run, speech_wav):
    before = Path(speech_wav).read_bytes()
    ran = run("prepare", speech_wav, "-o", out, "--gain", 3, "--overwrite", expect=3)
    assert "is an input, and would be replaced" in ran.err
    assert Path(speech_wav).read_bytes() == before


def test_earlier_outputs_below_the_inputs_are_no_inputs(run, wav, left):
    wav("in/a.wav")
    wav("in/new/mine.wav")
    for _ in range(2):
        run("prepare", "in", "-o", "in/new", "--gain", "-3")
    new = ["in/new/a.wav", "in/new/a.wav.json", "in/new/new/mine.wav", "in/new/new/mine.wav.json"]
    assert left(but=["in/a.wav", "in/new/mine.wav"]) == new
    run("mfcc", "in/new/a.wav")  # but for features they are
    run("prepare", "in/new/a.wav", "-o", "in/new/again.wav")
    ran = run("augment", "in/new/new", "-o", "in/new/new", "--recipe", "mulaw", expect=5)
    assert "nothing matched: in/new/new" in ran.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-o", "out.mp3"], "sound is written as .wav or .flac; give NAME.wav, NAME.flac, a folder"),
        (["-o", "out.npy"], "sound is written as .wav or .flac"),
        ([], "Missing option '-o'"),
        (["-o", ""], "-o is empty"),
        (["-o", "x.wav", "--gain", "loud"], "Invalid value for '--gain': there is no gain 'loud'"),
        (["-o", "x.wav", "--gain", "pek:-1"], "did you mean 'peak'?"),
        (["-o", "x.wav", "--gain", "rms:much"], "'much' is no number"),
        (["-o", "x.wav", "--gain", "rms:-999"], "RmsNormalise.dbfs must lie between -200 and 200"),
        (["-o", "x.wav", "--gain", "nan"], "there is no gain 'nan'"),
        (["-o", "x.wav", "--gain", "db"], "'' is no number"),
        (["-o", "x.wav", "--denoise", "winer"], "did you mean 'wiener'?"),
        (["-o", "x.wav", "--denoise", "wiener:trak"], "did you mean 'track'?"),
        (["-o", "x.wav", "--denoise", "wiener:no.wav"], "or a sound file that holds noise alone"),
        (["-o", "x.wav", "--band", "300"], "write it as 300..3400"),
        (["-o", "x.wav", "--band", "3400..300"], "must lie below high_hz"),
        (["-o", "x.wav", "--band", ".."], "needs low_hz, high_hz or both"),
        (["-o", "x.wav", "--trim", "0"], "TrimSilence.below_db must be finite and above 0"),
        (["-o", "x.wav", "--trim", "-3"], "TrimSilence.below_db must be finite and above 0"),
        (["-o", "x.wav", "--rate", "0"], "'0' is no sampling rate"),
        (["-o", "x.wav", "--rate", "16k"], "'16k' is no sampling rate"),
        (["-o", "x.wav", "--subtype", "MP3"], "Invalid value for '--subtype'"),
        (["-o", "x.wav", "--offst"], "--offset"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(arguments, told, run, wav, left):
    path = wav("a.wav")
    assert told in run("prepare", path, *arguments, expect=2).err
    assert left(but=[path]) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--band 300..9000", "BandLimit.high_hz must lie below half of the rate, 8000 Hz, got 9000"),
        ("--rate 3000 --gain lufs:-23", "rate must be at least 4000, got 3000"),
        ("--rate 96001", "are the limit"),
    ],
)
def test_steps_that_do_not_fit_the_sound(options, told, run, wav, left):
    path = wav("a.wav")
    assert told in run("prepare", path, "-o", "x.wav", *options.split(), expect=3).err
    assert left(but=[path]) == []


@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_a_gain_beyond_all_floats(run, wav, left):
    path = wav("a.wav")
    ran = run("prepare", path, "-o", "x.wav", "--gain", 600, "--gain", 600, "--subtype", "FLOAT", expect=3)
    assert "which is no sample; give it less gain" in ran.err
    assert left(but=[path]) == []


def test_flac_of_floats(run, wav, left):
    path = wav("a.wav")
    ran = run("prepare", path, "-o", "x.flac", "--subtype", "FLOAT", expect=None)
    assert ran.code in (2, 3)
    assert "FLAC holds integers only" in ran.err
    assert left(but=[path]) == []


# --- the writer -------------------------------------------------------------------------------------------------------


def write(path, blocks, rate=16000, **options):
    with SoundWriter(path, rate, **options) as out:
        for block in blocks:
            out.append(block)
    return out


@pytest.mark.parametrize("count", [0, 1, 2, 3, 1001])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_others_read_what_is_written(subtype, count, here):
    samples = np.random.default_rng(count).uniform(-1, 1, count).astype(np.float32)
    out = write("x.wav", [samples[at : at + 7] for at in range(0, count, 7)], 44100, subtype=subtype)
    size = Path("x.wav").stat().st_size
    assert out.bytes == size
    assert int.from_bytes(Path("x.wav").read_bytes()[4:8], "little") == size - 8
    assert size % 2 == 0
    read, rate = soundfile.read("x.wav", dtype="float32")
    assert (rate, len(read)) == (44100, count)
    step = {"PCM_16": 2.0**-15, "PCM_24": 2.0**-23, "FLOAT": 0}[subtype]
    np.testing.assert_allclose(read, samples, rtol=0, atol=step)
    if subtype != "FLOAT":
        with wave.open("x.wav") as file:
            assert (file.getnframes(), file.getframerate(), file.getnchannels()) == (count, 44100, 1)


def test_a_wav_that_is_too_long(here, left, monkeypatch):
    monkeypatch.setattr(writing, "_MOST_BYTES", 100_000)
    with pytest.raises(featkit.WriteError, match="longer than 4 GB, which WAV cannot be; write FLAC"):
        write("x.wav", [np.zeros(20_000)] * 3)
    assert left() == []


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e39])
@pytest.mark.parametrize("name", ["x.wav", "x.flac"])
def test_what_is_no_sample_is_not_written(name, value, here, left):
    with pytest.raises(featkit.InputError, match="sample 12 to be written"):
        write(name, [np.zeros(10), np.array([0.0, 0.0, value])])
    assert left() == []


@pytest.mark.parametrize("name", ["x.wav", "x.flac"])
def test_an_error_leaves_nothing(name, here, left):
    def blocks():
        yield np.random.default_rng(0).uniform(-1, 1, 100_000)
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        write(name, blocks())
    assert left() == []


@pytest.mark.parametrize("rate", [0, 1 << 40])
def test_a_rate_that_flac_cannot_have(rate, here, left):
    with pytest.raises(featkit.WriteError, match="cannot be written as FLAC"), SoundWriter("x.flac", rate):
        pass
    assert left() == []


posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX limits and signals")


@posix
@pytest.mark.parametrize("name", ["x.wav", "x.flac"])
@pytest.mark.parametrize("size", [0, 100, 60_000])
def test_no_room(size, name, spawn, limited, speech_wav, left):
    ran = spawn("prepare", speech_wav, "-o", f"out/{name}", command=limited(size), expect=3)
    assert f"out/{name} cannot be written: file too large" in ran.err
    assert "callback" not in ran.err
    assert left() == ["speech.wav"]


@posix
def test_interrupt(command, noise_wav, here, left):
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        process = subprocess.Popen(
            [*command, "prepare", str(noise_wav(25)), "-o", "out/x.wav", "--denoise", "wiener"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        deadline = time.monotonic() + 30
        while not [path for path in Path().rglob("*.part") if path.stat().st_size > 100_000]:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "interrupted; finished files are whole, nothing half-written is left"
    assert left() == []


@posix
@pytest.mark.parametrize(
    "arguments",
    [
        ["prepare", "-o", "x.wav", "--offset", "--gain", "rms:-20", "--rate", "8000", "--trim"],
        ["mfcc", "-o", "x.npy", "--prepare", "--gain lufs --trim", "--rate", "8000"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_memory_of_an_hour(arguments, command, noise_wav, here):
    """Steps that need all of the sound read it several times; they don't hold it (230 MB as floats)."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    name, *options = arguments
    done = subprocess.run(
        [sys.executable, "-c", code, *command, name, noise_wav(60), *options, "-q"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    peak = int(done.stdout) * (1 if sys.platform == "darwin" else 1024)
    for path in Path().glob("x.*"):
        path.unlink()
    assert peak < 180e6


class Backwards(featkit.Whole):
    """Needs all of the input, and cannot be settled."""

    shape = "sample -> sample"

    def apply(self, rows):
        return rows[::-1].copy()


def test_what_cannot_be_settled_takes_all_at_once(speech_wav):
    plan = Plan(16000, featkit.Gain(-3.0) | Backwards())
    sound = featkit.blocks(speech_wav, size=1000)
    assert plan.settled(sound) is plan
    out = np.concatenate(list(plan.settled(sound).stages.iterate(sound)))
    assert out.tobytes() == featkit.Gain(-3.0)(featkit.read(speech_wav)[0])[::-1].tobytes()
    settled = Plan(16000, featkit.PeakNormalise() | featkit.RemoveOffset()).settled(sound)
    assert settled.stages.streamable


def test_a_shell_completes_half_a_line(spawn, here):
    for words in ("featkit prepare --gai", "featkit prepare --gain loud --tri", "featkit mfcc --prepare x --pre"):
        number = str(len(words.split()) - 1)
        line = {"_FEATKIT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": number}
        ran = spawn(env={**os.environ, **line}, command=[sys.executable, "-c", COMPLETED])
        assert words.split()[-1] in ran.out


# --- --prepare --------------------------------------------------------------------------------------------------------

FEATURES = {
    "mfcc": ([], featkit.mfcc),
    "fbank": (["--n-mels", "30"], lambda r: featkit.log_fbank(r, n_mels=30)),
    "spectrogram": ([], featkit.spectrogram),
    "extract": (["--preset", "kaldi/fbank"], lambda r: featkit.presets.kaldi.fbank(sample_frequency=r)),
    "pitch": ([], featkit.pitch),
    "vad": ([], lambda r: featkit.Frames(r // 40, r // 100) | featkit.EnergyActivity()),
}


@pytest.mark.parametrize("name", FEATURES)
def test_prepare_before_features(name, run, speech_wav):
    options, make = FEATURES[name]
    steps = "--offset --gain rms:-20 --rate 8000 --denoise wiener --trim 40"
    run(name, speech_wav, *options, "--prepare", steps, "-o", "out.npy")
    samples, rate = featkit.read(speech_wav)
    front = featkit.pipeline(
        *(featkit.RemoveOffset(), featkit.RmsNormalise(-20.0), featkit.Resample(8000, rate)),
        *(featkit.denoise(8000), featkit.TrimSilence(40.0)),
    )
    told = record("out.npy")
    assert featkit.parse(told["pipeline"]) == front | make(8000)
    assert told["prepared_rate"] == 8000
    assert "Gain(db=" in told["settled"]
    expected = make(8000)(front(samples))
    assert np.load("out.npy").tobytes() == expected.tobytes()
    assert len(expected) > 100
    assert "skipped" in run(name, speech_wav, *options, "--prepare", steps, "-o", "out.npy").err
    assert "other settings" in run(name, speech_wav, *options, "-o", "out.npy", expect=3).err


def test_prepare_is_the_same_as_featkit_prepare(run, speech_wav):
    steps = "--gain rms:-20 --rate 8000 --denoise wiener --trim"
    run("prepare", speech_wav, *steps.split(), "-o", "clean.wav", "--subtype", "FLOAT")
    run("mfcc", "clean.wav", "-o", "one.npy")
    run("mfcc", speech_wav, "--prepare", steps, "-o", "other.npy")
    assert np.load("one.npy").tobytes() == np.load("other.npy").tobytes()


def test_the_rate_asked_for_is_that_of_the_features(run, speech_wav):
    run("mfcc", speech_wav, "--prepare", "--rate 22050 --gain peak", "--rate", 8000, "-o", "out.npy")
    expected = featkit.pipeline(
        *(featkit.Resample(22050, 16000), featkit.PeakNormalise(-1.0), featkit.Resample(8000, 22050)),
        featkit.mfcc(8000),
    )
    assert featkit.parse(record("out.npy")["pipeline"]) == expected


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("--gain loud", "Invalid value for '--prepare': Invalid value for '--gain': there is no gain 'loud'"),
        ("--gane rms:-20", "No such option"),
        ("--gain 'rms:-20", "close the quotes"),
        ("--trim a.wav", "unexpected extra argument"),
        ("-o x.wav", "No such option"),
        ("--help", "No such option"),
    ],
)
def test_prepare_that_is_wrong_usage(steps, told, run, wav, left):
    path = wav("a.wav")
    assert told.lower() in run("mfcc", path, "--prepare", steps, expect=2).err.lower()
    assert left(but=[path]) == []


def test_values_with_spaces_stand_in_quotes(run, speech_wav, wav):
    noise = wav("my noise.wav", samples=np.random.default_rng(3).normal(0, 0.02, 16000))
    run("mfcc", speech_wav, "--prepare", f"--denoise {shlex.quote(f'wiener:{noise}')}", "-o", "out.npy")
    assert "FixedNoise" in record("out.npy")["pipeline"]


def test_too_short_when_it_is_prepared(run, wav, left):
    samples = np.zeros(16000)
    samples[8000:8010] = 0.5
    path = wav("a.wav", samples=samples)
    ran = run("mfcc", path, "--prepare", "--trim 10", "--frame-ms", 500, expect=3)
    assert "is too short" in ran.err
    assert left(but=[path]) == []


def test_no_samples_with_allow_empty(run, wav):
    path = wav("a.wav", samples=0)
    assert "holds no samples" in run("prepare", path, "-o", "b.wav", "--gain", "rms:-20", expect=3).err
    run("prepare", path, "-o", "b.wav", "--gain", "rms:-20", "--trim", "--rate", 8000, "--allow-empty")
    assert (soundfile.info("b.wav").frames, soundfile.info("b.wav").samplerate) == (0, 8000)
    run("mfcc", path, "--prepare", "--gain rms:-20 --trim", "--allow-empty", "-o", "out.npy")
    assert np.load("out.npy").shape == (0, 13)


def test_info_tells_how_a_sound_was_made(run, speech_wav):
    run("prepare", speech_wav, "-o", "out.wav", "--gain", "rms:-20", "--offset")
    out = run("info", "out.wav").out
    assert "kind: sound" in out
    assert "    RmsNormalise(dbfs=-20.0)\n    RemoveOffset()\n" in out
