"""mfcc, fbank, spectrogram: what they write and how the options change it."""

import json
import sys
import typing
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featkit
from featkit.parameters import field_types

BUILD = {"mfcc": featkit.mfcc, "fbank": featkit.log_fbank, "spectrogram": featkit.spectrogram}
WIDTH = {"mfcc": 13, "fbank": 40, "spectrogram": 257}

every_command = pytest.mark.parametrize("name", BUILD)


def record(path):
    return json.loads(Path(f"{path}.json").read_text("utf-8"))


@every_command
def test_writes_what_the_library_computes(name, run, speech_wav, left):
    run(name, speech_wav)
    out = np.load(f"speech.{name}.npy")
    samples, rate = featkit.read(speech_wav)
    assert out.shape == ((len(samples) - 400) // 160 + 1, WIDTH[name])
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert out.tobytes() == BUILD[name](rate)(samples).tobytes()
    assert left() == [f"speech.{name}.npy", f"speech.{name}.npy.json", "speech.wav"]


@every_command
def test_file_is_the_one_numpy_saves(name, run, speech_wav):
    run(name, speech_wav, "-o", "out.npy")
    np.save("saved.npy", np.load("out.npy"))
    assert Path("out.npy").read_bytes() == Path("saved.npy").read_bytes()


@every_command
def test_sidecar_reproduces_the_file(name, run, speech_wav):
    run(name, speech_wav, "--frame-ms", 20, "--hop-ms", 12.5, "--dtype", "float64", "-o", "out.npy")
    told = record("out.npy")
    samples, rate = featkit.read(told["input"]["path"], **told["reading"])
    out = np.load("out.npy")
    assert featkit.parse(told["pipeline"])(samples).tobytes() == out.tobytes()
    assert (told["rate"], told["samples"], told["frames"]) == (rate, len(samples), len(out))
    assert (told["shape"], told["dtype"]) == (list(out.shape), "float64")
    assert told["featkit"] == featkit.__version__
    assert told["input"]["bytes"] == Path(speech_wav).stat().st_size


def test_sidecar_is_readable_text(run, wav):
    run("mfcc", wav("日本.wav"))
    text = Path("日本.mfcc.npy.json").read_text("utf-8")
    assert "日本.wav" in text
    assert text.endswith("}\n")


OPTIONS = [
    ("mfcc", "--n-mfcc 20", lambda r: featkit.mfcc(r, n_mfcc=20)),
    ("mfcc", "--n-mels 60", lambda r: featkit.mfcc(r, n_mels=60)),
    ("mfcc", "--frame-ms 32", lambda r: featkit.mfcc(r, frame_ms=32)),
    ("mfcc", "--hop-ms 5", lambda r: featkit.mfcc(r, hop_ms=5)),
    ("mfcc", "--window hann", lambda r: featkit.mfcc(r, window="hann")),
    ("mfcc", "--low-hz 100", lambda r: featkit.mfcc(r, low_hz=100)),
    ("mfcc", "--high-hz 7600", lambda r: featkit.mfcc(r, high_hz=7600)),
    ("mfcc", "--rate 16000", lambda r: featkit.mfcc(r)),
    ("fbank", "--n-mels 80 --low-hz 0", lambda r: featkit.log_fbank(r, n_mels=80, low_hz=0)),
    ("fbank", "--high-hz 4000", lambda r: featkit.log_fbank(r, high_hz=4000)),
    ("spectrogram", "--window kaiser --frame-ms 10", lambda r: featkit.spectrogram(r, window="kaiser", frame_ms=10)),
    ("spectrogram", "--hop-ms 1000", lambda r: featkit.spectrogram(r, hop_ms=1000)),
]


@pytest.mark.parametrize(
    ("name", "options", "build"), OPTIONS, ids=[f"{name} {options}" for name, options, _ in OPTIONS]
)
def test_option(name, options, build, run, speech_wav):
    run(name, speech_wav, *options.split(), "-o", "out.npy")
    samples, rate = featkit.read(speech_wav)
    out = np.load("out.npy")
    assert out.tobytes() == build(rate)(samples).tobytes()
    if options != "--rate 16000":
        assert out.tobytes() != BUILD[name](rate)(samples).tobytes()
    assert featkit.parse(record("out.npy")["pipeline"]) == build(rate)


def settings():
    """For every parameter of the MFCC: ``--set`` with another value than its own."""
    special = {
        "frames.edges": "centre",
        "window.length": "400",
        "power_spectrum.n_fft": "1024",
        "mel.rate": "8000",
        "mel.high_hz": "4000.0",
        "mel.n_fft": "512",
        "mel.warp_high_hz": "7000.0",
        "dct.n": "12",
    }
    pipeline = featkit.mfcc()
    for label, stage in pipeline.parts().items():
        for field, kind in field_types(type(stage)).items():
            key, value = f"{label}.{field}", stage.fields()[field]
            if kind == np.ndarray | None:  # cannot be typed
                continue
            if key in special:
                yield key, special[key]
            elif words := [word for word in words_of(kind) if word != value]:
                yield key, repr(words[0])
            elif isinstance(value, bool):
                yield key, repr(not value)
            else:
                yield key, repr(value + 1)


def words_of(kind):
    """The choices of a Literal, also where it is one of several types."""
    if typing.get_origin(kind) is typing.Literal:
        return typing.get_args(kind)
    return [word for option in typing.get_args(kind) for word in words_of(option)]


@pytest.mark.parametrize(("key", "value"), list(settings()))
def test_set_reaches_every_parameter(key, value, run, speech_wav):
    run("mfcc", speech_wav, "--set", f"{key}={value}", "-o", "out.npy")
    made, plain = featkit.parse(record("out.npy")["pipeline"]), featkit.mfcc().parameters()
    told = made.parameters()
    changed = {name for name in plain if (told[name], type(told[name])) != (plain[name], type(plain[name]))}
    assert changed == {key.replace(".", "__")}
    assert str(told[key.replace(".", "__")]) == value.strip("'")
    samples, _ = featkit.read(speech_wav)
    assert np.load("out.npy").tobytes() == made(samples).tobytes()


def test_set_takes_plain_words_that_look_like_numbers(run, wav):
    """Log's base is one of the words 'e', '10', 'dB'; who types log.base=10 means the word."""
    run("mfcc", wav("a.wav"), "--set", "log.base=10")
    assert featkit.parse(record("a.mfcc.npy")["pipeline"])["log"].base == "10"


def test_set_comes_after_the_options_and_the_last_one_wins(run, wav):
    run("mfcc", wav("a.wav"), "--n-mfcc", 5, "--set", "dct.n=6", "--set", "dct.n=7", "-o", "out.npy")
    assert np.load("out.npy").shape[1] == 7


def test_dtype(run, speech_wav):
    run("mfcc", speech_wav, "--dtype", "float64", "-o", "out.npy")
    samples, _ = featkit.read(speech_wav, dtype="float64")
    out = np.load("out.npy")
    assert out.dtype == np.float64
    assert out.tobytes() == featkit.mfcc()(samples).tobytes()


# --- channels, rate, length -------------------------------------------------------------------------------------------


def test_stereo_is_an_error_that_names_the_remedy(run, wav, left):
    path = wav("two.wav", channels=2)
    ran = run("mfcc", path, expect=3)
    assert "two.wav has 2 channels" in ran.err
    assert "--channels mix" in ran.err
    assert left(but=[path]) == []


@pytest.mark.parametrize(
    ("choice", "pick"),
    [
        ("mix", lambda x: (x[:, 0] + x[:, 1]) / 2),
        ("first", lambda x: x[:, 0]),
        ("0", lambda x: x[:, 0]),
        ("1", lambda x: x[:, 1]),
    ],
)
def test_channels(choice, pick, run, wav):
    run("mfcc", wav("two.wav", channels=2), "--channels", choice, "-o", "out.npy")
    samples = np.ascontiguousarray(pick(soundfile.read("two.wav", dtype="float32")[0]))
    assert np.load("out.npy").tobytes() == featkit.mfcc()(samples).tobytes()
    assert record("out.npy")["reading"]["channels"] == (int(choice) if choice.isdecimal() else choice)


def test_channels_each(run, wav, left):
    run("mfcc", wav("two.wav", channels=2), "--channels", "each")
    both = soundfile.read("two.wav", dtype="float32")[0]
    assert left() == [
        *("two.ch0.mfcc.npy", "two.ch0.mfcc.npy.json", "two.ch1.mfcc.npy", "two.ch1.mfcc.npy.json"),
        "two.wav",
    ]
    for channel in (0, 1):
        expected = featkit.mfcc()(np.ascontiguousarray(both[:, channel]))
        assert np.load(f"two.ch{channel}.mfcc.npy").tobytes() == expected.tobytes()
        assert record(f"two.ch{channel}.mfcc.npy")["reading"]["channels"] == channel


def test_channels_each_says_what_it_wrote(run, wav):
    ran = run("mfcc", wav("two.wav", channels=2), "--channels", "each", "--json")
    written = [record["output"] for record in ran.records if "output" in record]
    assert written
    assert [path for path in written if not Path(path).exists()] == []


def test_channels_each_takes_standard_input(run, wav):
    wav("two.wav", channels=2)
    run("mfcc", "two.wav", "--channels", "each")
    run("mfcc", "-", "--channels", "each", "-o", "in.npy", stdin=Path("two.wav").read_bytes())
    for channel in (0, 1):
        piped, named = Path(f"in.ch{channel}.mfcc.npy"), Path(f"two.ch{channel}.mfcc.npy")
        assert piped.read_bytes() == named.read_bytes()


def test_channel_that_is_not_there(run, wav):
    ran = run("mfcc", wav("two.wav", channels=2), "--channels", 2, expect=3)
    assert "two.wav has no channel 2; it has 2, numbered from 0 to 1" in ran.err


@pytest.mark.parametrize("choice", ["all", "-1", "1.5", "", "²"])
def test_channels_that_are_none(choice, run, wav):
    ran = run("mfcc", wav("two.wav", channels=2), "--channels", choice, expect=2)
    assert f"{choice!r} is not mix, first, each or a number from 0" in ran.err


@pytest.mark.parametrize("resampler", ["scipy", "soxr"])
def test_another_rate_is_resampled(resampler, run, wav):
    wav("a.wav", rate=8000)
    wav("b.wav")
    run("mfcc", "a.wav", "b.wav", "--rate", 16000, "--resampler", resampler, "-o", "out/")
    samples, _ = featkit.read("a.wav")
    pipeline = featkit.Resample(16000, 8000, resampler) | featkit.mfcc(16000)
    assert np.load("out/a.mfcc.npy").tobytes() == pipeline(samples).tobytes()
    told = record("out/a.mfcc.npy")
    assert featkit.parse(told["pipeline"]) == pipeline
    assert (told["rate"], told["prepared_rate"]) == (8000, 16000)
    told = record("out/b.mfcc.npy")  # has that rate already
    assert featkit.parse(told["pipeline"]) == featkit.mfcc(16000)
    assert "prepared_rate" not in told


def test_a_resampler_that_is_not_installed(run, wav, monkeypatch):
    monkeypatch.setitem(sys.modules, "soxr", None)
    ran = run("mfcc", wav("a.wav"), wav("b.wav"), "--rate", 8000, "--resampler", "soxr", expect=3)
    assert ran.err.count('pip install "featkit[resample]"') == 1
    assert "featkit: " in ran.err


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 96000])
def test_rate_is_taken_from_the_file(rate, run, wav):
    run("fbank", wav("a.wav", samples=rate // 5, rate=rate))
    samples, _ = featkit.read("a.wav")
    out = np.load("a.fbank.npy")
    length, hop = round(rate * 0.025), round(rate * 0.01)
    assert out.shape == ((rate // 5 - length) // hop + 1, 40)
    assert out.tobytes() == featkit.log_fbank(rate)(samples).tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("samples", [1, 399])
def test_too_short(samples, dtype, run, wav, left):
    path = wav("a.wav", samples=samples)
    ran = run("mfcc", path, expect=3)
    assert "a.wav is too short" in ran.err
    assert "--allow-empty" in ran.err
    assert left(but=[path]) == []
    run("mfcc", path, "--allow-empty", "--dtype", dtype)
    out = np.load("a.mfcc.npy")
    assert (out.shape, out.dtype) == ((0, 13), dtype)


def test_no_samples_at_all_with_allow_empty(run, wav):
    """users.md: empty or too short -> (0, D), or a clear error, by the caller's choice."""
    path = wav("a.wav", samples=0)
    assert "a.wav holds no samples" in run("mfcc", path, expect=3).err
    run("mfcc", path, "--allow-empty")
    assert np.load("a.mfcc.npy").shape == (0, 13)


def test_long_sound_is_not_cut_at_a_block(run, wav):
    wav("a.wav", samples=3 * 65536 + 17)
    run("mfcc", "a.wav")
    assert np.load("a.mfcc.npy").tobytes() == featkit.mfcc()(featkit.read("a.wav")[0]).tobytes()


# --- bad parameters ---------------------------------------------------------------------------------------------------

WRONG = [
    ("mle.n_mels=3", "no parameter 'mle.n_mels'; did you mean 'mel.n_mels'?"),
    ("mel.n_mel=3", "no parameter 'n_mel'; did you mean 'n_mels'?"),
    ("n_mels=3", "no parameter 'n_mels'; did you mean 'mel.n_mels'?"),
    ("mel.=3", "MelBank has no parameter ''"),
    ("mel.n_mels", "'mel.n_mels' is not of the form stage.parameter=value"),
    ("=3", "'=3' is not of the form stage.parameter=value"),
    ("", "'' is not of the form stage.parameter=value"),
]


@pytest.mark.parametrize(("setting", "told"), WRONG, ids=[setting for setting, _ in WRONG])
def test_set_that_names_nothing(setting, told, run, wav, left):
    path = wav("a.wav")
    assert told in run("mfcc", path, "--set", setting, expect=2).err
    assert left(but=[path]) == []


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("mel.n_mels=many", "MelBank.n_mels must be an integer, got 'many'"),
        ("mel.n_mels=3.5", "MelBank.n_mels must be an integer, got 3.5"),
        ("mel.n_mels=__import__('os').getcwd()", "MelBank.n_mels must be an integer, got"),
        ("dct.ortho=false", "Dct.ortho must be True or False, got 'false'"),
        ("window.kind=haning", "got 'haning'; did you mean 'hann'?"),
    ],
)
def test_set_of_a_wrong_type_is_wrong_usage(setting, told, run, wav):
    """It is wrong for every file there could be, so it is said once and before any of them."""
    ran = run("mfcc", wav("a.wav"), wav("b.wav"), "-o", "out/", "--set", setting, expect=2)
    assert ran.err.count(told) == 1


@pytest.mark.parametrize("setting", ["mel=3", "stages=3"])
def test_set_of_a_whole_stage(setting, run, wav):
    ran = run("mfcc", wav("a.wav"), "--set", setting, expect=2)
    assert "Pipeline.stages" not in ran.err  # what the user wrote is what the message is about
    assert setting.split("=")[0] in ran.err.splitlines()[-1][:80]


@pytest.mark.parametrize("option", ["--frame-ms", "--hop-ms", "--low-hz", "--high-hz"])
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-5"])
def test_numbers_that_make_no_sense(option, value, run, wav, left):
    path = wav("a.wav")
    ran = run("mfcc", path, option, value, expect=3)
    assert value in ran.err
    assert "internal error" not in ran.err
    assert left(but=[path]) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--frame-ms 0", "frame_ms=0 is less than one sample at 16000 Hz"),
        ("--hop-ms 0.01", "hop_ms=0.01 is less than one sample at 16000 Hz"),
        ("--low-hz 9000", "low_hz=9000 must lie below its upper end, 8000 Hz"),
        ("--high-hz 9000", "high_hz=9000"),
        ("--n-mfcc 50", "50 coefficients"),
        ("--set power_spectrum.n_fft=256", "400"),
    ],
)
def test_parameters_that_do_not_fit_the_sound(options, told, run, wav, left):
    path = wav("a.wav")
    assert told in run("mfcc", path, *options.split(), expect=3).err
    assert left(but=[path]) == []


@pytest.mark.parametrize(
    "options", ["--n-mfcc 0", "--n-mels -3", "--n-mels x", "--window haning", "--rate 0", "--dtype int16"]
)
def test_options_that_are_wrong_usage(options, run, wav):
    option, value = options.split()
    ran = run("mfcc", wav("a.wav"), option, value, expect=2)
    assert f"Invalid value for '{option}'" in ran.err
    assert value in ran.err


def test_unknown_option_has_a_suggestion(run, wav):
    assert "--n-mfcc" in run("mfcc", wav("a.wav"), "--n-mfc", 3, expect=2).err


def test_warning_is_one_sentence_without_source_code(spawn, wav):
    ran = spawn("mfcc", wav("a.wav"), "--n-mels", 300)
    assert "mel filters" in ran.err
    assert ".py:" not in ran.err
    assert "return" not in ran.err
