"""Every file of ``images/zoo``, read and through the command line; what Pillow makes of each is in its EXPECTED.json."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import featkit

pytestmark = pytest.mark.shared

CUT = r"cannot be read as an image: it is cut short \(.*--truncated keep"
DAMAGED = "cannot be read as an image: it is damaged"
BOMB = "more than the 89,478,485 that are decoded; .*--max-pixels"

#: Name -> what the message of the one that can't be read must match.
REFUSED = {
    "made_bad_crc.png": DAMAGED,
    "made_bomb_30000x30000_1bit.png": "30000 x 30000 pixels, " + BOMB,
    "made_empty.png": "the file is empty",
    "made_huge_header_no_data.png": "2147483647 x 2147483647 pixels, " + BOMB,
    "made_text_named.png": "it is no image that Pillow knows",
    "made_truncated.jpg": CUT,
    "made_truncated.png": CUT,
    "pil_broken.png": "it begins as a PNG image and goes on as something else",
    "pil_decompression_bomb.gif": "65535 x 66601 pixels, " + BOMB,
    "pil_truncated_jpeg.jpg": CUT,
    "pil_zero_width.gif": "it begins as a GIF image and goes on as something else",
    "truncated.jpg": CUT,
}
#: Those with more than 8 bits, and the type that they are read in.
DEEP = {
    "chessboard_GRAY_U16.tif": "uint16",
    "made_16bit.png": "uint16",
    "made_float32.tif": "float32",
    "pil_16bit.cropped.tif": "uint16",
    "pil_hopper_16bit.pgm": "int32",
}
#: Those that are cut short and of which something is left.
KEPT = ("made_truncated.png", "pil_truncated_jpeg.jpg", "made_bad_crc.png")
GREY = ("1", "L", "LA", "I", "I;16", "F")


@pytest.fixture(scope="session")
def zoo(shared):
    return shared / "images" / "zoo"


@pytest.fixture(scope="session")
def expected(zoo):
    return json.loads((zoo / "EXPECTED.json").read_text("utf-8"))["files"]


def names():
    import os

    folder = Path(os.environ.get("FEATKIT_DATA", "none")) / "images" / "zoo"
    return sorted(path.name for path in folder.glob("*") if path.name != "EXPECTED.json") or ["FEATKIT_DATA-not-set"]


NAMES = names()
GOOD = [name for name in NAMES if name not in REFUSED]


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def test_no_file_is_left_out(zoo, expected):
    assert set(NAMES) == set(expected)
    assert {name for name, facts in expected.items() if "error" in facts} == set(REFUSED)
    assert {name for name, facts in expected.items() if facts.get("dtype") in ("uint16", "int32", "float32")} == set(
        DEEP
    )


@pytest.mark.parametrize("name", GOOD)
def test_pixels_are_those_of_pillow(name, zoo, expected):
    """The upright RGB array, by its digest; of what is deeper than that, the array as it is stored."""
    facts = expected[name]
    if name in DEEP:
        image = featkit.read_image(zoo / name)
        assert (image.dtype, image.shape) == (DEEP[name], (*facts["shape"], 1))
        assert digest(image) == facts["sha256"]
        return
    image = featkit.read_image(zoo / name, mode="rgb", alpha="drop")
    assert (image.dtype, image.shape) == (np.uint8, tuple(facts["rgb_upright_shape"]))
    assert digest(image) == facts["rgb_upright_sha256"]
    own = featkit.read_image(zoo / name, alpha="drop")
    assert own.shape[2] == (1 if facts["mode"] in GREY else 3)
    np.testing.assert_array_equal(np.broadcast_to(own, image.shape), image)


@pytest.mark.parametrize("name", DEEP)
def test_deep_images_are_brought_to_8_bits_by_their_type(name, zoo):
    deep, levels = featkit.read_image(zoo / name), featkit.read_image(zoo / name, mode="grey")
    largest = 1.0 if deep.dtype == np.float32 else 65535.0
    assert levels.dtype == np.uint8
    assert np.abs(levels - deep / largest * 255).max() <= 0.5 + 1e-4
    assert levels.max() > 0 or not deep.max() > largest / 510


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_says_why(name, zoo):
    with pytest.raises((featkit.ReadError, featkit.InputError)) as error:
        featkit.read_image(zoo / name)
    assert str(error.value).startswith(str(zoo / name))
    assert re.search(REFUSED[name], str(error.value))


@pytest.mark.parametrize("name", KEPT)
def test_what_is_there_is_kept_where_that_is_wanted(name, zoo):
    assert featkit.read_image(zoo / name, truncated="keep").any()


@pytest.mark.parametrize("name", GOOD)
def test_info_agrees(name, zoo, expected, run):
    (facts,), real = run("info", zoo / name, "--json").records, expected[name]
    height, width = real["rgb_upright_shape"][:2]
    assert (facts["kind"], facts["format"], facts["mode"]) == ("image", real["format"], real["mode"])
    assert (facts["height"], facts["width"], facts["frames"]) == (height, width, real["n_frames"])
    assert facts["orientation"] == (real["exif_orientation"] or 1)


@pytest.mark.parametrize("name", NAMES)
def test_singly(name, zoo, run, here, left):
    began = time.perf_counter()
    arguments = ("patches", zoo / name, "-o", "x.npy", "--size", 1)
    ran = run(*arguments, expect=3 if name in REFUSED else 0)
    assert time.perf_counter() - began < 5
    assert ran.out == ""
    if name in REFUSED:
        assert left() == []
        message, summary = ran.err.splitlines()
        assert re.search(REFUSED[name], message)
        assert summary == "0 ok · 1 failed · 0 skipped"
        return
    assert left() == ["x.npy", "x.npy.json"]
    told = json.loads(Path("x.npy.json").read_text("utf-8"))
    image = featkit.read_image(zoo / name, **told["reading"])
    assert (told["height"], told["width"]) == image.shape[:2]
    out = np.load("x.npy")
    assert out.tobytes() == image.tobytes()
    assert featkit.parse(told["pipeline"])(image).tobytes() == out.tobytes()


@pytest.mark.parametrize("name", [name for name in GOOD if name.endswith(".gif") or name == "multipage.tif"])
def test_each_frame(name, zoo, expected, run, here):
    run("patches", zoo / name, "-o", "x.npy", "--size", 1, "--frame", "all")
    frames = expected[name]["n_frames"]
    for number, image in enumerate(featkit.images(zoo / name, mode="rgb")):
        assert np.load(f"x.f{number}.patches.npy").tobytes() == image.tobytes()
    assert number == frames - 1
    assert not Path(f"x.f{frames}.patches.npy").exists()


MEASURED = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-W", "default", "-c", "from featkit.cli.main import main; main()", *sys.argv[1:]])
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, file=sys.stderr)
sys.exit(done.returncode)
"""


def test_all_in_one_run_within_300_mb(zoo, here, left):
    """As a process: no warning of Pillow's or of Python's, no message of a C library's, and memory of its own.

    Started by a small process, since a child's peak begins with that of its parent.
    """
    shutil.copytree(zoo, "in")
    Path("in", "EXPECTED.json").unlink()
    arguments = [sys.executable, "-c", MEASURED, "patches", *sorted(map(str, Path("in").iterdir()))]
    arguments += ["-o", "out/", "--resize", "32x32", "--json"]
    began = time.perf_counter()
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    took = time.perf_counter() - began
    assert done.returncode == 3, done.stderr
    *records, summary = map(json.loads, done.stdout.splitlines())
    *failures, told, peak = done.stderr.splitlines()
    namesakes = [record for record in records if "would overwrite" in record.get("message", "")]
    assert {Path(record["input"]).name for record in records if record["status"] == "failed"} == set(REFUSED) | {
        Path(record["input"]).name for record in namesakes
    }
    assert all(line.startswith("failed: in/") for line in failures)
    assert told == f"{summary['summary']['ok']} ok · {summary['summary']['failed']} failed · 0 skipped"
    assert len(left("out")) == 2 * summary["summary"]["ok"]
    assert float(peak.split()[1]) < 300
    assert took < 5 * len(NAMES)
