"""Where outputs go, which inputs are meant, and names that are hard to handle."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featkit

posix = pytest.mark.skipif(sys.platform == "win32", reason="such names, links and pipes are POSIX's")


def npys(names):
    return [name for name in names if name.endswith(".npy")]


# --- -o ---------------------------------------------------------------------------------------------------------------


def test_one_named_file_in_a_new_folder(run, wav, left):
    run("mfcc", wav("a.wav"), "-o", "new/deep/x.npy")
    assert left("new") == ["deep/x.npy", "deep/x.npy.json"]


@pytest.mark.parametrize("out", ["out/", "out", "./out/", "out/deep/"])
def test_folder(out, run, wav, left):
    run("mfcc", wav("in/a.wav"), "-o", out)
    assert left(out) == ["a.mfcc.npy", "a.mfcc.npy.json"]


@pytest.mark.parametrize("folder", ["have", "have.it", "have.npy"])
def test_folder_that_exists_needs_no_slash(folder, run, wav, left):
    Path(folder).mkdir()
    run("mfcc", wav("a.wav"), "-o", folder)
    assert left(folder) == ["a.mfcc.npy", "a.mfcc.npy.json"]


def test_ending_in_a_slash_is_a_folder_whatever_its_name(run, wav, left):
    run("mfcc", wav("a.wav"), "-o", "x.npy/")
    assert left("x.npy") == ["a.mfcc.npy", "a.mfcc.npy.json"]


@pytest.mark.parametrize("out", ["x.txt", "x.npz", "a.wav"])
def test_other_endings_are_wrong_usage(out, run, wav, left):
    before = wav("a.wav").read_bytes()
    ran = run("mfcc", "a.wav", "-o", out, "--overwrite", expect=2)
    assert f"-o {out}: features are written as .npy" in ran.err
    assert left() == ["a.wav"]
    assert Path("a.wav").read_bytes() == before


def test_empty_name_is_wrong_usage(run, wav, left):
    run("mfcc", wav("a.wav"), "-o", "", expect=2)
    assert left() == ["a.wav"]


def test_one_file_for_many_inputs_is_wrong_usage(run, wav, left):
    for out in ("x.npy", "-"):
        ran = run("mfcc", wav("a.wav"), wav("b.wav"), "-o", out, expect=2)
        assert "is one output and there are 2 inputs" in ran.err
    assert left() == ["a.wav", "b.wav"]


# --- trees ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(wav):
    """Sound in three folders, and what isn't sound."""
    for seed, path in enumerate(["in/a.wav", "in/one/a.wav", "in/one/B.FLAC", "in/two/deep/c.ogg"]):
        wav(path, seed=seed)
    Path("in/readme.txt").write_text("no sound")
    Path("in/one/old.npy").write_bytes(b"")


MIRRORED = ["a.mfcc.npy", "one/B.mfcc.npy", "one/a.mfcc.npy", "two/deep/c.mfcc.npy"]


def test_folder_is_searched_and_mirrored(run, tree, left):
    run("mfcc", "in", "-o", "out/")
    assert npys(left("out")) == MIRRORED
    for path in MIRRORED:
        source = next(Path("in").glob(path.replace(".mfcc.npy", ".*")))
        assert np.load(f"out/{path}").tobytes() == featkit.mfcc()(featkit.read(source)[0]).tobytes()


def test_folder_without_o_is_written_beside_its_files(run, tree, left):
    run("mfcc", "in/")
    assert npys(left("in")) == sorted([*MIRRORED, "one/old.npy"])


def test_pattern_is_expanded_and_mirrored(run, tree, left):
    run("mfcc", "in/**/*.wav", "-o", "out/")
    assert npys(left("out")) == ["a.mfcc.npy", "one/a.mfcc.npy"]
    run("mfcc", "in/*/[aB].*", "-o", "out2/")
    assert npys(left("out2")) == ["one/B.mfcc.npy", "one/a.mfcc.npy"]


def test_files_keep_what_lies_below_their_common_folder(run, tree, left):
    run("mfcc", "in/one/a.wav", "in/two/deep/c.ogg", "-o", "out/")
    assert npys(left("out")) == ["one/a.mfcc.npy", "two/deep/c.mfcc.npy"]


def test_file_outside_the_working_folder(run, tree, left, monkeypatch):
    monkeypatch.chdir("in/two")
    run("mfcc", "../a.wav", "../one/a.wav", "-o", "out")
    assert npys(left("out")) == ["a.mfcc.npy", "one/a.mfcc.npy"]


def test_several_folders_keep_their_names(run, wav, left):
    """So namesakes in them are both written."""
    for folder, seed in (("train", 1), ("test", 2)):
        wav(f"data/{folder}/a.wav", seed=seed)
    run("mfcc", "data/train", "data/test", "-o", "out/")
    assert npys(left("out")) == ["test/a.mfcc.npy", "train/a.mfcc.npy"]
    for folder in ("train", "test"):
        expected = featkit.mfcc()(featkit.read(f"data/{folder}/a.wav")[0])
        assert np.load(f"out/{folder}/a.mfcc.npy").tobytes() == expected.tobytes()


def test_namesakes_that_differ_by_their_ending(run, wav):
    wav("a.flac", seed=1)
    wav("a.wav", seed=2)
    ran = run("mfcc", "a.flac", "a.wav", "--json", "--overwrite", expect=3)
    assert [record["input"] for record in ran.records if record.get("status") == "ok"] == ["a.flac"]
    assert "a.wav would overwrite the output of a.flac, a.mfcc.npy" in ran.err
    assert np.load("a.mfcc.npy").tobytes() == featkit.mfcc()(featkit.read("a.flac")[0]).tobytes()


def test_json_names_the_input_of_every_failure(run, wav):
    wav("a.flac")
    wav("a.wav")
    ran = run("mfcc", "a.flac", "a.wav", "--json", expect=3)
    assert [record["input"] for record in ran.records[:-1]] == ["a.flac", "a.wav"]


def test_more_than_the_memory_is_a_failure_of_that_input(run, wav):
    ran = run("mfcc", wav("a.wav"), "--frame-ms", "1e12", expect=3)
    assert "not enough memory" in ran.err or "too short" in ran.err


def test_nothing_is_taken_twice(run, wav, here):
    path = wav("in/a.wav")
    ran = run("mfcc", path, f"./{path}", here / path, "in", "in/*.wav", "in/../in/a.wav", "-o", "out/", "--json")
    assert ran.records[-1]["summary"]["ok"] == 1


# --- standard input and output ----------------------------------------------------------------------------------------


def test_bytes_on_standard_output_are_the_files(run, spawn, speech_wav):
    run("mfcc", speech_wav)
    whole = Path("speech.mfcc.npy").read_bytes()
    assert run("mfcc", speech_wav, "-o", "-").bytes == whole
    sound = Path(speech_wav).read_bytes()
    assert spawn("mfcc", speech_wav, "-o", "-").bytes == whole
    assert spawn("mfcc", "-", input=sound).bytes == whole
    assert spawn("mfcc", "-", "-o", "-", "-q", input=sound).err == ""


def test_standard_input_to_a_file(spawn, speech_wav):
    sound = Path(speech_wav).read_bytes()
    spawn("mfcc", speech_wav)
    spawn("mfcc", "-", "-o", "x.npy", input=sound)
    spawn("mfcc", "-", "-o", "out/", input=sound)
    whole = Path("speech.mfcc.npy").read_bytes()
    assert Path("x.npy").read_bytes() == whole
    assert Path("out/stdin.mfcc.npy").read_bytes() == whole


def test_standard_input_leaves_no_file_open(run, speech_wav):
    """A warning when the interpreter closes it fails this test."""
    run("mfcc", "-", "-o", "x.npy", stdin=Path(speech_wav).read_bytes())


@pytest.mark.parametrize("sound", [b"", b"no sound at all, but enough bytes for a header"])
def test_standard_input_that_is_no_sound(sound, spawn, here, left):
    ran = spawn("mfcc", "-", "-o", "x.npy", input=sound, expect=3)
    assert "standard input cannot be read as sound" in ran.err
    assert left() == []


def test_standard_input_cut_short(spawn, speech_wav, left):
    sound = Path(speech_wav).read_bytes()[:100_000]
    ran = spawn("mfcc", "-", "-o", "x.npy", input=sound, expect=3)
    assert "standard input is cut short" in ran.err
    spawn("mfcc", "-", "-o", "x.npy", "--truncated", "keep", input=sound)
    expected = featkit.mfcc()(featkit.read(speech_wav)[0][: (100_000 - 44) // 2])
    assert np.load("x.npy").tobytes() == expected.tobytes()


@posix
@pytest.mark.parametrize("closed", [0, 1, 2])
def test_closed_standard_streams(closed, spawn, command, speech_wav):
    script = f'exec "$@" {closed}{"<" if closed == 0 else ">"}&-'
    arguments = ["mfcc", "-" if closed == 0 else speech_wav, "-o", "-" if closed == 1 else "x.npy"]
    ran = spawn(*arguments, command=["sh", "-c", script, "sh", *command], stdin=None, expect=0 if closed == 2 else 3)
    assert "internal error" not in ran.err


def test_json_and_features_both_on_standard_output(run, wav):
    assert "--json" in run("mfcc", wav("a.wav"), "-o", "-", "--json", expect=2).err


def test_a_file_per_channel_and_standard_output(run, wav):
    assert "--channels each" in run("mfcc", wav("a.wav"), "-o", "-", "--channels", "each", expect=2).err


@posix
def test_terminals_get_no_binary_data(command, speech_wav):
    import pty

    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*command, "mfcc", speech_wav, "-o", "-"], stdout=theirs, stderr=subprocess.PIPE, check=False, timeout=30
    )
    os.close(theirs)
    os.set_blocking(ours, False)
    with pytest.raises(OSError):  # nothing has come
        os.read(ours, 1)
    os.close(ours)
    assert done.returncode == 2
    assert b"would garble the terminal" in done.stderr


# --- names ------------------------------------------------------------------------------------------------------------

NAMES = [
    "with space",
    "ünï—日本",
    "new\nline",
    "a[1]",
    "star*",
    "what?",
    "two.dots",
    "-dash",
    "quote'\"",
    "$(id)",
    "%s{0}",
    "#",
    "~",
]


@posix
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_strange_names(name, run, wav):
    wav("decoy1.wav")
    wav(f"{name}.wav", seed=1)
    expected = featkit.mfcc()(featkit.read(f"{name}.wav")[0]).tobytes()
    ran = run("mfcc", "--json", "--", f"{name}.wav")
    assert ran.records[0]["input"] == f"{name}.wav"
    assert np.load(f"{name}.mfcc.npy").tobytes() == expected
    run("mfcc", ".", "-o", f"out/{name}/")
    assert np.load(f"out/{name}/{name}.mfcc.npy").tobytes() == expected
    assert ran.records[0]["output"] in run("info", "--", f"{name}.mfcc.npy").out


def test_leading_dash_needs_two_dashes(run, wav):
    wav("-dash.wav")
    assert "No such option" in run("mfcc", "-dash.wav", expect=2).err
    run("mfcc", "-o", "x.npy", "--", "-dash.wav")
    run("mfcc", "./-dash.wav", "-o", "y.npy")
    assert Path("x.npy").read_bytes() == Path("y.npy").read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="others do not take such names")
def test_name_that_is_not_utf8(spawn, wav):
    wav("a.wav")
    name = os.fsdecode(b"caf\xe9.wav")  # as Latin-1 systems wrote it
    Path("a.wav").rename(name)
    spawn("mfcc", name, "-o", "x.npy", "--json")
    with open(name, "rb") as file:
        samples = soundfile.read(file, dtype="float32")[0]
    assert np.load("x.npy").tobytes() == featkit.mfcc()(samples).tobytes()
    assert b"path: caf" in spawn("info", "x.npy").bytes
    assert json.loads(Path("x.npy.json").read_text("utf-8"))["input"]["path"] == name


@posix
def test_longest_names(run, wav, left):
    """A file system's names have 255 bytes; what fits is written, what doesn't fails clearly and whole."""
    suffix = len(".mfcc.npy.json")
    fits, unicode, tight, long = "x" * (255 - suffix), "日" * 80, "y" * (255 - suffix + 3), "z" * 251
    for name in (fits, unicode, tight, long):
        wav(f"{name}.wav")
    run("mfcc", f"{fits}.wav")
    run("mfcc", f"{unicode}.wav")
    for name in (tight, long):
        ran = run("mfcc", f"{name}.wav", "-o", "out/", expect=3)
        assert "file name too long; choose a shorter name with -o" in ran.err
    assert left("out") == []


def test_hidden_files_are_not_searched(run, wav, left):
    wav("in/a.wav")
    wav("in/.b.wav")
    wav("in/.hidden/c.wav")
    run("mfcc", "in", "-o", "out/")
    assert npys(left("out")) == ["a.mfcc.npy"]
    run("mfcc", "in/.b.wav", "in/.hidden", "-o", "named/")  # but taken where they are named
    assert npys(left("named")) == [".b.mfcc.npy", "c.mfcc.npy"]


@posix
def test_loop_of_links(spawn, wav, left):
    wav("in/a.wav")
    wav("in/sub/b.wav")
    Path("in/sub/up").symlink_to("..")
    Path("in/sub/up2").symlink_to("..")
    Path("in/nowhere.wav").symlink_to("nowhere")
    spawn("mfcc", "in", "-o", "out/")
    assert npys(left("out")) == ["a.mfcc.npy", "sub/b.mfcc.npy"]
    spawn("mfcc", "in/**/*.wav", "-o", "out2/", timeout=5)
    assert npys(left("out2")) == ["a.mfcc.npy", "sub/b.mfcc.npy"]


@posix
def test_link_to_a_file(run, wav):
    wav("a.wav")
    Path("link.wav").symlink_to("a.wav")
    run("mfcc", "link.wav")
    assert np.load("link.mfcc.npy").tobytes() == featkit.mfcc()(featkit.read("a.wav")[0]).tobytes()


@posix
@pytest.mark.parametrize("options", [[], ["--channels", "each"]])
def test_fifo(options, spawn, speech_wav):
    os.mkfifo("pipe")
    with subprocess.Popen(["sh", "-c", f"cat {speech_wav} > pipe"]) as writer:
        try:
            spawn("mfcc", "pipe", "-o", "x.npy", *options, timeout=5)
        finally:
            writer.kill()
    out = np.load("x.ch0.mfcc.npy" if options else "x.npy")
    assert out.tobytes() == featkit.mfcc()(featkit.read(speech_wav)[0]).tobytes()


@pytest.mark.skipif(sys.platform != "linux", reason="process substitution needs /dev/fd")
def test_process_substitution(command, speech_wav):
    script = f'"$@" mfcc <(cat {speech_wav}) -o x.npy && "$@" info <(cat {speech_wav})'
    done = subprocess.run(["bash", "-c", script, "bash", *command], capture_output=True, text=True, check=False)
    assert np.load("x.npy").tobytes() == featkit.mfcc()(featkit.read(speech_wav)[0]).tobytes()
    assert done.returncode == 0, done.stderr


# --- nothing there ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["none*.wav", "none/**", "empty", "[", "folder.wav"])
def test_nothing_matches(name, run, here):
    Path("empty").mkdir()
    Path("folder.wav").mkdir()
    ran = run("mfcc", name, expect=5)
    assert "nothing matched" in ran.err


def test_nothing_matches_says_what(run, here):
    Path("empty").mkdir()
    ran = run("mfcc", "none*.wav", "empty", expect=5)
    assert "none*.wav" in ran.err
    assert "empty" in ran.err


def test_pattern_that_matches_nothing_beside_others_is_not_passed_over(run, wav):
    assert "none*.wav" in run("mfcc", wav("a.wav"), "none*.wav").err


@pytest.mark.parametrize("name", ["none.wav", "none/", "none/none.wav"])
def test_file_that_is_not_there(name, run, wav, left):
    wav("a.wav")
    ran = run("mfcc", name, expect=3)
    assert f"{name.rstrip('/')}" in ran.err
    assert "check the path" in ran.err
    assert left() == ["a.wav"]


def test_file_with_a_slash_at_its_end(run, wav):
    """As some shells complete it: taken or refused, but no internal error."""
    assert run("mfcc", f"{wav('a.wav')}/", expect=None).code in (0, 3)


def test_empty_argument_is_not_the_current_folder(run, wav, left):
    """``featkit mfcc "$file"`` with the variable unset must not run over everything there is."""
    wav("a.wav")
    run("mfcc", "", expect=2)
    assert left() == ["a.wav"]


def test_no_argument_is_wrong_usage(run, here):
    assert "Missing argument 'INPUT...'" in run("mfcc", expect=2).err
