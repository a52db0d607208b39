"""--preset, featkit extract, featkit presets and featkit diff, as users type them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featkit
from featkit import presets
from featkit.cli.main import main

SPEECH = Path(__file__).parents[2] / "examples" / "speech.wav"


@pytest.fixture
def featkit_(tmp_path, monkeypatch, capfd):
    """Run a command in a folder that holds speech.wav: exit code, standard output, standard error."""
    shutil.copy(SPEECH, tmp_path / "speech.wav")
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        capfd.readouterr()
        with pytest.raises(SystemExit) as done:
            main(list(arguments))
        return done.value.code, *capfd.readouterr()

    return run


def test_a_dialect_gives_the_commands_own_feature(featkit_):
    assert featkit_("fbank", "speech.wav", "--preset", "kaldi", "--set", "num_mel_bins=80")[0] == 0
    samples, _ = featkit.read("speech.wav")
    expected = presets.kaldi.fbank(num_mel_bins=80)(samples)
    assert np.load("speech.fbank.npy").tobytes() == expected.tobytes()
    record = json.loads(Path("speech.fbank.npy.json").read_text())
    assert featkit.parse(record["pipeline"]) == presets.kaldi.fbank(num_mel_bins=80)


def test_extract_takes_any_preset_and_names_the_output_after_it(featkit_):
    assert featkit_("extract", "speech.wav", "--preset", "kaldi/plp")[0] == 0
    assert np.load("speech.plp.npy").shape == (597, 13)
    assert featkit_("extract", "speech.wav", "--preset", "whisper/log_mel_spectrogram", "-o", "w.npy")[0] == 0
    assert np.load("w.npy").shape == (598, 80)


def test_set_reaches_stages_of_a_preset_too(featkit_):
    assert featkit_("mfcc", "speech.wav", "--preset", "kaldi", "--set", "frames.hop=320", "-o", "a.npy")[0] == 0
    assert np.load("a.npy").shape == (299, 13)


def test_a_configuration_file_of_the_dialects_own(featkit_):
    Path("mfcc.conf").write_text("--use-energy=false   # as in every recipe\n--num-mel-bins=40\n--num-ceps=40\n")
    code, _, err = featkit_("extract", "speech.wav", "--preset", "kaldi:mfcc.conf")
    assert code == 0, err
    expected = presets.kaldi.mfcc(use_energy=False, num_mel_bins=40, num_ceps=40)(featkit.read("speech.wav")[0])
    assert np.load("speech.mfcc.npy").tobytes() == expected.tobytes()


def test_a_dialect_is_told_the_rate_of_the_file(featkit_):
    soundfile.write("slow.wav", np.sin(np.arange(8000) / 9), 8000, subtype="PCM_16")
    assert featkit_("fbank", "slow.wav", "--preset", "kaldi")[0] == 0
    assert "rate=8000" in Path("slow.fbank.npy.json").read_text()


def test_a_preset_for_one_rate_refuses_others(featkit_):
    soundfile.write("slow.wav", np.sin(np.arange(8000) / 9), 8000, subtype="PCM_16")
    code, _, err = featkit_("extract", "slow.wav", "--preset", "whisper/log_mel_spectrogram")
    assert code == 3
    assert "made for 16000 samples a second and the input has 8000; resample it with --rate 16000" in err
    assert not Path("slow.log_mel_spectrogram.npy").exists()
    code, _, err = featkit_("extract", "slow.wav", "--preset", "whisper/log_mel_spectrogram", "--rate", "16000")
    assert code == 0, err
    resampled = featkit.Resample(16000, 8000)(featkit.read("slow.wav")[0])
    expected = presets.whisper.log_mel_spectrogram()(resampled)
    assert np.load("slow.log_mel_spectrogram.npy").tobytes() == expected.tobytes()
    record = json.loads(Path("slow.log_mel_spectrogram.npy.json").read_text())
    assert record["pipeline"].startswith("Resample(rate=16000, from_rate=8000, engine='scipy') | ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "kaldy"], "there is no preset 'kaldy/fbank'; did you mean 'kaldi/fbank'?"),
        (["--preset", "kaldi", "--set", "num_mels=3"], "has no option 'num_mels'; did you mean 'num_mel_bins'?"),
        (["--preset", "kaldi", "--n-mels", "3"], "a preset has its own: use --set NAME=VALUE"),
        (["--preset", "kaldi", "--set", "mel.n_mel=3"], "has no parameter 'n_mel'; did you mean 'n_mels'?"),
        (["--preset", "whisper:x.conf"], "no configuration files of 'whisper' can be read"),
    ],
)
def test_wrong_presets_are_wrong_usage(featkit_, arguments, message):
    code, out, err = featkit_("fbank", "speech.wav", *arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in out + err


def test_presets_lists_every_preset(featkit_):
    code, out, _ = featkit_("presets")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == presets.names()
    code, out, _ = featkit_("presets", "--json")
    assert [json.loads(line)["preset"] for line in out.splitlines()] == presets.names()


def test_presets_show_prints_the_pipeline_and_the_options(featkit_):
    code, out, _ = featkit_("presets", "show", "kaldi/fbank", "--set", "num_mel_bins=80")
    assert code == 0
    assert "  MelBank(n_mels=80" in out
    assert "  num_mel_bins=23" in out
    assert "checked against" in out


# --- diff ---------------------------------------------------------------------------------------------------------------


def test_diff_of_kaldi_and_librosa_names_framing_first(featkit_):
    code, out, _ = featkit_("diff", "speech.wav", "--preset", "kaldi/fbank", "--against", "librosa/melspectrogram")
    assert code == 3
    first = out.splitlines()[0]
    assert first == "kaldi/fbank and librosa/melspectrogram first diverge at frames: Frames"
    assert "length" in out
    assert "400  against  2048" in out
    assert "a factor of 32768, allowed for" in out


def test_diff_of_dialects_with_equal_frames_names_the_next_stage(featkit_):
    same = ("--set-against", "n_fft=512", "--set-against", "win_length=400", "--set-against", "hop_length=160")
    against = ("--against", "librosa/melspectrogram", *same, "--set-against", "center=False")
    code, out, _ = featkit_("diff", "speech.wav", "--preset", "librosa/melspectrogram", *against)
    assert code == 3
    assert "first diverge at frames" in out


def test_diff_of_a_preset_with_itself_agrees(featkit_):
    code, out, _ = featkit_("diff", "speech.wav", "--preset", "kaldi/mfcc", "--against", "kaldi/mfcc")
    assert code == 0
    assert out == "kaldi/mfcc and kaldi/mfcc agree at every stage\n"


@pytest.mark.parametrize(
    ("change", "stage", "shown"),
    [
        ("window_type=hanning", "window", "'povey'  against  'hann'"),
        ("low_freq=60", "mel", "20.0  against  60"),
        ("preemphasis_coefficient=0.5", "frame_pre_emphasis", "0.97  against  0.5"),
        ("remove_dc_offset=False", "remove_mean", "only kaldi/fbank has this stage"),
    ],
)
def test_diff_names_what_was_changed(featkit_, change, stage, shown):
    arguments = ("--preset", "kaldi/fbank", "--against", "kaldi/fbank", "--set-against", change)
    samples, rate = soundfile.read("speech.wav")
    soundfile.write("offset.wav", samples + 0.1, rate)  # so that taking the mean out makes a difference
    code, out, _ = featkit_("diff", "offset.wav", *arguments)
    assert code == 3
    assert out.startswith(f"kaldi/fbank and kaldi/fbank first diverge at {stage}: ")
    assert shown in out
    code, out, _ = featkit_("diff", "offset.wav", *arguments, "--json")
    assert json.loads(out)["stage"] == stage


def test_diff_of_files_says_how_far_where_and_why(featkit_):
    featkit_("fbank", "speech.wav", "-o", "a.npy")
    featkit_("fbank", "speech.wav", "-o", "b.npy", "--set", "log.floor=1e-3")
    code, out, _ = featkit_("diff", "a.npy", "b.npy")
    assert code == 3
    a, b = np.load("a.npy").astype(float), np.load("b.npy").astype(float)
    frame, column = np.unravel_index(np.abs(a - b).argmax(), a.shape)
    assert f"largest difference {np.abs(a - b).max():.6g} " in out
    assert f"at frame {frame}, column {column}" in out
    assert "- Log(base='e', floor=1e-10" in out
    assert "+ Log(base='e', floor=0.001" in out
    code, out, _ = featkit_("diff", "a.npy", "a.npy")
    assert code == 0
    assert "they agree" in out


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda x: x.T, "the axes are exchanged"),
        (lambda x: x + 20.79, "another scale before the logarithm"),
        (lambda x: 3 * x, r"a = b * 0.333333 nearly everywhere"),
        (lambda x: x[2:], "2 frames more on one side"),
        (lambda x: np.concatenate([x[1:], x[-1:]]), "b is a moved by 1 frame"),
    ],
)
def test_diff_of_files_guesses_the_reason(featkit_, change, hint):
    x = np.random.default_rng(0).standard_normal((50, 13)) * 9
    np.save("a.npy", x)
    np.save("b.npy", change(x))
    code, out, _ = featkit_("diff", "a.npy", "b.npy")
    assert code == 3
    assert hint in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.npy"],
        ["speech.wav", "--preset", "kaldi/fbank"],
        ["a.npy", "b.npy", "--preset", "kaldi/fbank", "--against", "kaldi/mfcc"],
    ],
)
def test_diff_of_something_else_is_wrong_usage(featkit_, arguments):
    assert featkit_("diff", *arguments)[0] == 2


def test_diff_refuses_what_is_no_features(featkit_):
    Path("a.npy").write_bytes(b"no array")
    code, _, err = featkit_("diff", "a.npy", "speech.wav")
    assert code == 3
    assert "cannot be read as .npy" in err
    np.save("a.npy", np.array(["words"]))
    code, _, err = featkit_("diff", "a.npy", "a.npy")
    assert code == 3
    assert "features of shape (frames, features) are compared" in err
