"""featkit patches, image, and spectrogram --png: what they write, and the habits that all batches have."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import featkit
from featkit.cli.image import image_command
from featkit.presets import huggingface

CONFIG = {
    "image_processor_type": "ViTImageProcessor",
    "size": {"height": 24, "width": 32},
    "resample": 3,
    "image_mean": [0.1, 0.2, 0.3],
}


@pytest.fixture
def png(here):
    """``png("a/b.png")`` makes an image file (40 x 50 of noise unless told otherwise) and returns its path."""

    def make(path, height=40, width=50, seed=0, **options) -> Path:
        pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, **options)
        return Path(path)

    return make


def record(path):
    return json.loads(Path(f"{path}.json").read_text("utf-8"))


# --- what is written --------------------------------------------------------------------------------------------------


def test_patches_are_what_the_library_computes(run, png, left):
    run("patches", png("a.png"))
    image, out = featkit.read_image("a.png"), np.load("a.patches.npy")
    assert out.shape == (6, 768)
    assert out.dtype == np.uint8
    assert out.tobytes() == featkit.Patches(16)(image).tobytes()
    assert left() == ["a.patches.npy", "a.patches.npy.json", "a.png"]


OPTIONS = [
    ("--size 8", featkit.Patches(8)),
    ("--size 8x5 --stride 3", featkit.Patches((8, 5), 3)),
    ("--order unfold --size 10 --stride 4x6", featkit.Patches(10, (4, 6), "unfold")),
    ("--order sklearn --size 20", featkit.Patches(20, order="sklearn")),
    ("--padding 3 --fill reflect", featkit.Patches(16, padding=3, fill="reflect")),
    ("--remainder fill", featkit.Patches(16, remainder="fill")),
    ("--size 10 --remainder refuse", featkit.Patches(10, remainder=None)),
    ("--set patches.dilation=2 --size 5", featkit.Patches(5, dilation=2)),
    ("--set patches.size=(4,2)", featkit.Patches((4, 2))),
    (
        "--resize 32x48",
        featkit.Resize((32, 48), filter="bicubic", arithmetic="8-bit") | featkit.Patches(),
    ),
    (
        "--resize 32 --filter lanczos --crop 20",
        featkit.Resize(32, "shorter", "lanczos", arithmetic="8-bit") | featkit.CentreCrop(20) | featkit.Patches(),
    ),
    ("--crop 20x30 --size 5", featkit.CentreCrop((20, 30)) | featkit.Patches(5)),
]


@pytest.mark.parametrize(("options", "stage"), OPTIONS, ids=[options for options, _ in OPTIONS])
def test_option(options, stage, run, png):
    run("patches", png("a.png"), *options.split(), "-o", "out.npy")
    assert np.load("out.npy").tobytes() == stage(featkit.read_image("a.png")).tobytes()
    assert featkit.parse(record("out.npy")["pipeline"]) in (stage, featkit.pipeline(stage))


@pytest.mark.parametrize(
    ("options", "reading"),
    [
        ("", {"mode": "rgb"}),
        ("--mode grey", {"mode": "grey"}),
        ("--mode file --alpha keep", {"alpha": "keep"}),
        ("--alpha #102030", {"mode": "rgb", "alpha": "#102030"}),
        ("--alpha drop", {"mode": "rgb", "alpha": "drop"}),
        ("--dtype float64", {"mode": "rgb", "dtype": "float64"}),
    ],
)
def test_how_it_is_read(options, reading, run, here):
    rgba = np.random.default_rng(1).integers(0, 256, (6, 8, 4), dtype=np.uint8)
    Image.fromarray(rgba).save("a.png")
    run("patches", "a.png", *options.split(), "--size", 2, "-o", "out.npy")
    image = featkit.read_image("a.png", **reading)
    told = record("out.npy")
    assert np.load("out.npy").tobytes() == featkit.Patches(2)(image).tobytes()
    assert featkit.read_image(told["input"]["path"], **told["reading"]).tobytes() == image.tobytes()


def test_the_sidecar_tells_how(run, png):
    exif = Image.Exif()
    exif[0x0112] = 6
    run("patches", png("a.png", exif=exif), "--size", 10)
    told = record("a.patches.npy")
    assert (told["height"], told["width"], told["format"]) == (50, 40, "PNG")
    assert (told["shape"], told["dtype"], told["rows"]) == ([20, 300], "uint8", 20)
    assert told["input"]["bytes"] == os.path.getsize("a.png")
    assert "rate" not in told
    assert "Patches(size=10," in run("info", "a.patches.npy").out


def test_an_image_by_a_configuration_file(run, png, here):
    """As Hugging Face distributes it, and by the preset's own options."""
    Path("preprocessor_config.json").write_text(json.dumps(CONFIG))
    run("image", png("a.png"), "--preset", "huggingface:preprocessor_config.json")
    out, image = np.load("a.preprocessor_config.npy"), featkit.read_image("a.png")
    assert out.shape == (24, 32, 3)
    assert out.tobytes() == huggingface.from_config(CONFIG)(image).tobytes()
    upstream = huggingface.extract(CONFIG, image)["pixel_values"]
    assert out.transpose(2, 0, 1)[None].tobytes() == upstream.tobytes()
    run(
        "image", "a.png", "--preset", "huggingface/vit", "--set", "size=20", "--set", "resize.filter=box", "-o", "b.npy"
    )
    expected = huggingface.vit(size=20).with_(resize__filter="box")
    assert np.load("b.npy").tobytes() == expected(image).tobytes()
    run("image", "a.png", "--preset", "torchvision/imagenet", "-o", "c.npy")
    assert np.load("c.npy").shape == (224, 224, 3)


def test_each_frame_has_a_file(run, here, left):
    frames = [Image.fromarray(np.full((8, 8), level, np.uint8)) for level in (10, 20, 30)]
    frames[0].save("a.gif", save_all=True, append_images=frames[1:])
    run("patches", "a.gif", "--size", 4, "--frame", "all", "--mode", "grey", "-o", "out/")
    for number, level in enumerate((10, 20, 30)):
        assert (np.load(f"out/a.f{number}.patches.npy") == level).all()
        assert record(f"out/a.f{number}.patches.npy")["reading"]["frame"] == number
    assert len(left("out")) == 6
    run("patches", "a.gif", "--size", 4, "--frames", 2, "--mode", "grey", "-o", "b.npy")
    assert (np.load("b.npy") == 30).all()
    assert "has no frame 3; it has 3" in run("patches", "a.gif", "--frame", 3, expect=3).err
    ran = run("patches", "a.gif", "--frame", "all", "-o", "-", expect=2)
    assert "--frame all writes a file per frame; standard output is only one: give -o FOLDER/" in ran.err


def test_too_small_for_a_patch(run, png, left):
    ran = run("patches", png("a.png", height=5), "--size", 8, expect=3)
    assert "a.png is too small: 5 x 50 pixels give no row; take smaller patches" in ran.err
    run("patches", "a.png", "--size", 8, "--allow-empty")
    assert np.load("a.patches.npy").shape == (0, 192)
    assert "at least 60 pixels wide, got 50" in run("patches", "a.png", "--size", 60, "-o", "b.npy", expect=3).err


def test_a_picture_that_is_cut_short(run, png):
    path = png("a.png", 200, 200)
    path.write_bytes(path.read_bytes()[:40000])
    assert "it is cut short" in run("patches", path, expect=3).err
    run("patches", path, "--truncated", "keep")
    assert np.load("a.patches.npy").shape == (144, 768)


def test_a_picture_that_is_too_large(run, png):
    ran = run("patches", png("a.png"), "--max-pixels", 1999, expect=3)
    assert "a.png says it has 50 x 40 pixels, more than the 1,999 that are decoded" in ran.err
    run("patches", "a.png", "--max-pixels", 2000)


# --- batches ----------------------------------------------------------------------------------------------------------


def test_a_tree_is_mirrored(run, png, left):
    png("in/a.png")
    png("in/deep/b.JPG")
    Path("in/notes.txt").write_text("no image")
    Path("in/c.wav").write_bytes(b"RIFF")
    ran = run("patches", "in", "-o", "out/", "--json")
    assert left("out") == ["a.patches.npy", "a.patches.npy.json", "deep/b.patches.npy", "deep/b.patches.npy.json"]
    *records, summary = ran.records
    assert [made["status"] for made in records] == ["ok", "ok"]
    assert summary["summary"].keys() == {"ok", "failed", "skipped", "wall_seconds"}
    assert "2 ok · 0 failed · 0 skipped" in ran.err
    assert "audio" not in ran.err


def test_patterns_and_several_inputs(run, png):
    png("a.png"), png("b.png"), png("c.bmp")
    run("patches", "*.png", "c.bmp", "-o", "out/")
    assert sorted(path.name for path in Path("out").glob("*.npy")) == [f"{name}.patches.npy" for name in "abc"]
    run("patches", "*.png", "c.bmp", "-o", "out/")
    assert "nothing matched: *.tif" in run("patches", "*.tif", expect=5).err
    Path("empty").mkdir()
    assert "nothing matched: empty" in run("patches", "empty", expect=5).err


def test_one_bad_file_fails_alone(run, png):
    png("a.png"), png("c.png")
    Path("b.png").write_text("no image")
    ran = run("patches", "a.png", "b.png", "c.png", "-o", "out/", "--json", expect=3)
    assert [made.get("status") for made in ran.records] == ["ok", "failed", "ok", None]
    assert ran.records[1]["error"] == "ReadError"
    assert "failed: b.png cannot be read as an image: it is no image that Pillow knows" in ran.err
    ran = run("patches", "b.png", "c.png", "-o", "new/", "--on-error", "stop", expect=4)
    assert "stopped at the first failure" in ran.err
    assert not Path("new").exists()


def test_what_is_up_to_date_is_skipped(run, png):
    run("patches", png("a.png"))
    assert "up to date" in run("patches", "a.png").err
    ran = run("patches", "a.png", "--size", 8, expect=3)
    assert "a.patches.npy exists, made with other settings" in ran.err
    for other in ("--mode grey", "--alpha drop", "--dtype float32", "--resize 20"):
        assert "made with other settings" in run("patches", "a.png", *other.split(), expect=3).err
    run("patches", "a.png", "--size", 8, "--overwrite")
    time.sleep(0.01)
    png("a.png", seed=1)
    assert "from another input" in run("patches", "a.png", "--size", 8, expect=3).err


def test_standard_input_and_output(spawn, png):
    content = png("a.png").read_bytes()
    ran = spawn("patches", "-", input=content)
    Path("out.npy").write_bytes(ran.bytes)
    assert np.load("out.npy").tobytes() == featkit.Patches()(featkit.read_image("a.png")).tobytes()
    assert (
        "--json and the features both want standard output"
        in spawn("patches", "-", "--json", input=content, expect=2).err
    )


def test_an_input_is_never_replaced(run, png):
    png("a.png")
    os.rename("a.png", "a.patches.npy")
    ran = run("patches", "a.patches.npy", "-o", "a.patches.npy", "--overwrite", expect=3)
    assert "is an input, and would be replaced" in ran.err


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_control_c_leaves_nothing_half_written(command, png, left):
    for number in range(40):
        png(f"in/{number}.png", 900, 900, seed=number)
    arguments = [*command, "patches", "in", "-o", "out/", "--order", "sklearn", "--size", "9", "-v"]
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)  # who runs the tests may ignore it: nohup, a shell's &
    try:
        running = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert running.stderr is not None
    running.stderr.readline()  # the first is done, the second under way
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "interrupted; finished files are whole" in err
    names = left("out")
    assert all(name.endswith((".npy", ".npy.json")) for name in names)
    for path in Path("out").glob("*.npy"):
        assert record(path)["shape"] == list(np.load(path, mmap_mode="r").shape)


# --- wrong usage ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("patches a.png --size 0", "'0' is no size; write it as 224 or, height first, as 224x320"),
        ("patches a.png --size 3x", "'3x' is no size"),
        ("patches a.png --resize big", "'big' is no size"),
        ("patches a.png --frame last", "'last' is not all or a number from 0"),
        ("patches a.png --order vti", "'vti' is not one of"),
        ("patches a.png --mode keep", "'keep' is not one of"),
        ("patches a.png --set patches.sise=3", "Patches has no parameter 'sise'; did you mean 'size'?"),
        ("patches a.png --set patches.order=1", "must be one of 'vit', 'unfold', 'sklearn', got 1"),
        ("patches a.png -o a.txt", "features are written as .npy"),
        ("image a.png", "Missing option '--preset'"),
        ("image a.png --preset kaldi/fbank", "kaldi/fbank is a preset for sound, and this command reads images"),
        ("image a.png --preset huggingface/vti", "did you mean 'huggingface/vit'"),
        (
            "fbank a.png --preset huggingface/vit",
            "huggingface/vit is a preset for images, and this command reads sound",
        ),
        ("extract a.png --preset huggingface:c.json", "huggingface:c.json is a preset for images"),
        ("spectrogram a.wav --png --preset kaldi", "--png draws power in decibels"),
        ("spectrogram a.wav --png -o a.npy", "pictures are written as .png"),
    ],
)
def test_wrong_usage(arguments, message, run, png):
    png("a.png")
    Path("c.json").write_text(json.dumps(CONFIG))
    assert message in run(*arguments.split(), expect=2).err


def test_a_colour_that_nobody_knows(run, png):
    assert "alpha must be a colour" in run("patches", png("a.png"), "--alpha", "whte", expect=2).err
    assert "has no place for transparency" in run("patches", "a.png", "--alpha", "keep", expect=2).err


def test_a_command_of_ones_own(run, here, png, monkeypatch):
    """The factory by which commands of image features are made."""
    import click

    from featkit.cli import main

    def build(weights="bt601"):
        return featkit.Grey(weights) | featkit.Patches(4)

    option = click.option("--weights", help="Which.  [default: bt601]")

    @image_command("greypatches", "Patches of grey.", build, option, mode="rgb")
    def greypatches():
        """Patches of grey."""

    monkeypatch.setitem(main.COMMANDS, "greypatches", "image")
    monkeypatch.setattr("featkit.cli.image.greypatches", greypatches, raising=False)
    run("greypatches", png("a.png"), "--weights", "bt709", "--set", "patches.size=2")
    expected = featkit.Grey("bt709") | featkit.Patches(2)
    assert np.load("a.greypatches.npy").tobytes() == expected(featkit.read_image("a.png")).tobytes()


# --- pictures of spectrograms -------------------------------------------------------------------------------------------


def test_a_spectrogram_as_a_picture(run, speech_wav, left):
    run("spectrogram", speech_wav, "--png")
    assert left() == ["speech.spectrogram.png", "speech.spectrogram.png.json", "speech.wav"]
    picture = featkit.read_image("speech.spectrogram.png")
    samples, rate = featkit.read(speech_wav)
    power = featkit.spectrogram(rate)(samples)
    assert picture.shape == (power.shape[1], power.shape[0], 3)
    # The louder, the lighter, frequency upwards and time to the right.
    lightness = picture.sum(axis=2, dtype=int)[::-1].T
    decibels = np.maximum(10 * np.log10(power / power.max() + 1e-30), -80)
    order = np.argsort(decibels, axis=None)
    steps = np.diff(lightness.reshape(-1)[order])
    assert steps.min() >= -3  # levels are rounded
    assert lightness.reshape(-1)[order[0]] < 60
    assert lightness.reshape(-1)[order[-1]] > 650
    told = record("speech.spectrogram.png")
    assert told["picture"] == "80 dB below the loudest"
    assert featkit.parse(told["pipeline"]) == featkit.spectrogram(rate)
    assert told["shape"] == list(picture.shape)


def test_pictures_have_the_habits_of_features(run, wav):
    run("spectrogram", wav("a.wav"), "--png")
    assert "up to date" in run("spectrogram", "a.wav", "--png").err
    assert "exists, made with other settings" in run("spectrogram", "a.wav", "--png", "--hop-ms", 5, expect=3).err
    Path("a.spectrogram.png").write_bytes(Path("a.spectrogram.png").read_bytes()[:-9])
    assert "up to date" not in run("spectrogram", "a.wav", "--png", expect=3).err
    run("spectrogram", "a.wav", "--png", "-o", "out/x.png")
    run("spectrogram", "a.wav", "-o", "out/")
    assert np.load("out/a.spectrogram.npy").shape == (8, 257)
    assert "too short" in run("spectrogram", wav("b.wav", samples=100), "--png", expect=3).err


def test_a_picture_of_silence(run, wav):
    run("spectrogram", wav("a.wav", samples=np.zeros(1600)), "--png")
    assert len(np.unique(featkit.read_image("a.spectrogram.png").reshape(-1, 3), axis=0)) == 1


def test_a_picture_on_standard_output(spawn, wav):
    ran = spawn("spectrogram", wav("a.wav"), "--png", "-o", "-")
    assert ran.bytes.startswith(b"\x89PNG")
    Path("x.png").write_bytes(ran.bytes)
    assert featkit.read_image("x.png").shape == (257, 8, 3)


def test_a_picture_is_an_image_again(run, speech_wav):
    run("spectrogram", speech_wav, "--png")
    run("patches", "speech.spectrogram.png", "--mode", "grey")
    assert np.load("speech.spectrogram.patches.npy").shape == (16 * 37, 256)
