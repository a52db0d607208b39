"""featkit histogram, dct, convolve, hog and lbp: what is written is what the stages give, and what can't be is said."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import featkit

ROOT = Path(__file__).parents[2]
GREY = featkit.Grey(arithmetic="8-bit")
UNIT = featkit.Affine(1 / 255)


@pytest.fixture
def picture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "picture.png", tmp_path)
    return "picture.png"


def bank(kernels, **options):
    return featkit.Convolve(kernels, padding="same", fill="mirror", **options)


def gabors(frequency, directions):
    turns = [featkit.gabor_kernels(frequency, at * np.pi / directions) for at in range(directions)]
    return featkit.stack_kernels(*turns)


IN_COLOUR = {
    "histogram": featkit.Histogram(),
    "histogram --bins 32 --scale density": featkit.Histogram(32, scale="density"),
    "histogram --space grey": GREY | featkit.Histogram(),
    "histogram --space hsv --bins 10": UNIT | featkit.RgbToHsv() | featkit.Histogram(10, 0.0, 1.0),
    "histogram --space lab --joint": UNIT | featkit.RgbToLab() | featkit.JointHistogram(8, -128.0, 128.0),
    "histogram --joint --bins 4 --scale share": featkit.JointHistogram(4, scale="share"),
    "histogram --set histogram.bins=5": featkit.Histogram(5),
    "hog": featkit.Hog() | featkit.Flatten(),
    "hog --orientations 6 --cell 5x10 --block 2 --norm L1": featkit.Hog(6, (5, 10), 2, "L1") | featkit.Flatten(),
}
IN_GREY = {
    "dct": featkit.BlockDct(shift=128.0),
    "dct --size 4 --keep 3": featkit.BlockDct(4, 3, shift=128.0),
    "dct --quality 40": featkit.BlockDct(shift=128.0) | featkit.JpegQuantise(40),
    "dct --whole": featkit.ImageDct(),
    "convolve": bank(featkit.sobel_kernels()),
    "convolve --bank scharr --strength": bank(featkit.scharr_kernels()) | featkit.EdgeStrength(),
    "convolve --bank gaussian --sigma 2.5 --stride 2": bank(featkit.gaussian_kernels(2.5), stride=2),
    "convolve --bank dog": bank(featkit.difference_of_gaussians_kernels(1.0, 1.6)),
    "convolve --bank gabor --frequency 0.3 --directions 3 --pool 2x3": bank(gabors(0.3, 3)) | featkit.MaxPool((2, 3)),
    "lbp": featkit.LocalBinaryPattern(method="uniform") | featkit.Histogram(10, -0.5, 9.5, "share"),
    "lbp --method nri_uniform": featkit.LocalBinaryPattern(method="nri_uniform")
    | featkit.Histogram(59, -0.5, 58.5, "share"),
    "lbp --method ror --points 4": featkit.LocalBinaryPattern(4, 1.0, "ror")
    | featkit.Histogram(16, -0.5, 15.5, "share"),
    "lbp --patterns --radius 2.5": featkit.LocalBinaryPattern(8, 2.5, "uniform"),
    "lbp --method var --patterns": featkit.LocalBinaryPattern(method="var"),
}


@pytest.mark.parametrize("command", IN_COLOUR)
def test_in_colour(command, picture, run):
    run(*command.split(), picture, "-o", "out.npy")
    expected = featkit.pipeline(IN_COLOUR[command])(featkit.read_image(picture).astype(np.float32))
    assert np.load("out.npy").tobytes() == expected.tobytes()


@pytest.mark.parametrize("command", IN_GREY)
def test_in_grey(command, picture, run):
    run(*command.split(), picture, "-o", "out.npy")
    expected = featkit.pipeline(IN_GREY[command])(GREY(featkit.read_image(picture).astype(np.float32)))
    got = np.load("out.npy")
    assert got.dtype == expected.dtype
    assert got.tobytes() == expected.tobytes()


@pytest.mark.parametrize("command", ["histogram", "dct", "convolve", "hog", "lbp"])
def test_the_habits_of_a_batch(command, picture, run):
    """Folders, one broken file among them, records, and what is up to date the second time."""
    folder = Path("in/deep")
    folder.mkdir(parents=True)
    shutil.copy(picture, folder / "a.png")
    (folder / "broken.png").write_bytes(b"no picture")
    ran = run(command, "in", "-o", "out", "--json", expect=3)
    assert {Path(record["input"]).name: record["status"] for record in ran.records if "input" in record} == {
        "a.png": "ok",
        "broken.png": "failed",
    }
    output = Path(f"out/deep/a.{command}.npy")
    recorded = json.loads(Path(f"{output}.json").read_text())
    assert featkit.parse(recorded["pipeline"])
    assert "0 failed · 1 skipped" in run(command, folder / "a.png", "-o", output).err


def test_kernels_of_a_file(picture, run, rng):
    weights, bias = rng.standard_normal((2, 1, 3, 3)), np.array([1.0, 2.0])
    np.savez("network.npz", **{"conv1.weight": weights, "conv1.bias": bias})
    grey = GREY(featkit.read_image(picture).astype(np.float32))
    run("convolve", picture, "--weights", "network.npz:conv1.weight:conv1.bias", "-o", "out.npy")
    assert np.load("out.npy").tobytes() == featkit.Convolve(weights, bias, padding="same")(grey).tobytes()
    run("convolve", picture, "--weights", "network.npz:conv1.weight", "--stride", 2, "-o", "out2.npy")
    assert np.load("out2.npy").tobytes() == featkit.Convolve(weights, padding="same", stride=2)(grey).tobytes()
    ran = run("convolve", picture, "--weights", "network.npz:conv2.weight", expect=None)
    assert ran.code in (2, 3)
    assert "holds no array 'conv2.weight', did you mean" in ran.err.replace(";", ",")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("dct --whole --keep 3", "--whole has no blocks"),
        ("dct --quality 50 --size 4", "--quality is for JPEG's blocks of 8x8 pixels"),
        ("dct --keep 65", "BlockDct.keep=65 is more than the 64 coefficients"),
        ("convolve --weights network.npz", "'network.npz' names no array; write FILE.npz:NAME"),
        ("convolve --weights a.npz:b --bank sobel", "--bank and --weights both name kernels"),
        ("convolve --bank gabor --frequency 0", "frequency=0"),
        ("lbp --method var", "gives no patterns to count"),
        ("lbp --method default --points 20", "1048576 patterns, too many to count"),
        ("lbp --radius 0", "radius must be finite and above 0"),
        ("histogram --space cmyk", "'cmyk' is not one of 'rgb', 'grey', 'hsv', 'lab'"),
    ],
)
def test_what_cannot_be(command, message, picture, run):
    assert message in run(*command.split(), picture, expect=2).err


def test_an_image_that_is_too_small(picture, run):
    ran = run("hog", picture, "--resize", "20x20", "-o", "out.npy", expect=3)
    assert "Hog has blocks of 24 columns, and the image has 20" in ran.err
    assert not Path("out.npy").exists()
