"""featkit.read_image and images: what becomes of modes, alpha, depth, orientation, frames, limits and bad files."""

import io
import os
import subprocess
import sys
import threading
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

import featkit
from featkit.files.image import MAX_PIXELS

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (12, 17, 3), dtype=np.uint8)
GREY = COLOUR[:, :, 0]
ALPHA = RNG.integers(0, 256, (12, 17), dtype=np.uint8)


@pytest.fixture
def saved(here):
    """``saved("a.png", image)``: an array or a Pillow image as a file, and its path."""

    def save(name, image, **options) -> Path:
        image = image if isinstance(image, Image.Image) else Image.fromarray(image)
        image.save(name, **options)
        return Path(name)

    return save


# --- channels and depth -----------------------------------------------------------------------------------------------


def test_colour_and_grey(saved):
    read = featkit.read_image
    np.testing.assert_array_equal(read(saved("a.png", COLOUR)), COLOUR)
    np.testing.assert_array_equal(read(saved("b.png", GREY)), GREY[:, :, None])
    np.testing.assert_array_equal(read("b.png", mode="rgb"), np.repeat(GREY[:, :, None], 3, axis=2))
    luma = np.asarray(Image.fromarray(COLOUR).convert("L"))
    np.testing.assert_array_equal(read("a.png", mode="grey")[:, :, 0], luma)
    assert read("a.png").dtype == np.uint8
    assert read("a.png").flags.writeable
    assert read("a.png").flags.c_contiguous
    assert read("a.png", dtype="float64").dtype == np.float64


@pytest.mark.parametrize("mode", ["1", "P", "L", "CMYK", "YCbCr", "LAB"])
def test_every_mode_gives_its_channels(mode, saved):
    """As a TIFF, which holds them all."""
    image = Image.fromarray(COLOUR)
    stored = Image.merge("LAB", image.split()) if mode == "LAB" else image.convert(mode)
    read = featkit.read_image(saved("a.tif", stored))
    expected = np.asarray(stored.convert("L" if mode in ("1", "L") else "RGB"))
    np.testing.assert_array_equal(read, expected.reshape(read.shape))
    assert read.shape[2] == (1 if mode in ("1", "L") else 3)


def test_sixteen_bits(saved):
    deep = RNG.integers(0, 65536, (5, 7), dtype=np.uint16)
    for name in ("a.png", "a.tif"):
        read = featkit.read_image(saved(name, deep))
        assert read.dtype == np.uint16
        np.testing.assert_array_equal(read[:, :, 0], deep)
        levels = featkit.read_image(name, mode="rgb")
        np.testing.assert_array_equal(levels, np.repeat(np.round(deep / 257).astype(np.uint8)[:, :, None], 3, axis=2))


def test_floating_point(saved):
    values = RNG.random((5, 7), dtype=np.float32)
    np.testing.assert_array_equal(featkit.read_image(saved("a.tif", values))[:, :, 0], values)
    np.testing.assert_array_equal(
        featkit.read_image("a.tif", mode="grey")[:, :, 0], np.round(values * np.float32(255)).astype(np.uint8)
    )
    saved("b.tif", values * 2)
    assert featkit.read_image("b.tif").max() > 1
    with pytest.raises(featkit.InputError, match=r"b\.tif holds floating point values outside of 0\.\.1 \(1\."):
        featkit.read_image("b.tif", mode="rgb")
    values[2, 3] = np.nan
    with pytest.raises(featkit.InputError, match="not finite: nan at pixel 2, 3, 0"):
        featkit.read_image(saved("c.tif", values))


def test_integers_of_32_bits_have_no_scale(saved):
    saved("a.tif", RNG.integers(-(2**31), 2**31, (5, 7), dtype=np.int32))
    assert featkit.read_image("a.tif").dtype == np.int32
    with pytest.raises(featkit.InputError, match="holds 32-bit integers, which have no scale in 8 bits"):
        featkit.read_image("a.tif", mode="rgb")


# --- transparency -----------------------------------------------------------------------------------------------------


def over(colour, alpha, background):
    """Porter and Duff's over, on an opaque background."""
    share = alpha[..., None] / 255
    return colour * share + np.array(background) * (1 - share)


@pytest.mark.parametrize(
    ("alpha", "background"), [("white", 255), ("#203040", (32, 48, 64)), ((7, 8, 9), (7, 8, 9)), ("black", 0)]
)
def test_transparency_is_laid_on_a_colour(alpha, background, saved):
    saved("a.png", np.dstack([COLOUR, ALPHA]))
    read = featkit.read_image("a.png", alpha=alpha)
    assert read.shape == COLOUR.shape
    assert np.abs(read - over(COLOUR, ALPHA, background)).max() <= 1


def test_transparency_is_dropped_or_kept_where_that_is_asked(saved):
    saved("a.png", np.dstack([COLOUR, ALPHA]))
    np.testing.assert_array_equal(featkit.read_image("a.png", alpha="drop"), COLOUR)
    np.testing.assert_array_equal(featkit.read_image("a.png", alpha="keep"), np.dstack([COLOUR, ALPHA]))


def test_grey_with_transparency(saved):
    saved("a.png", Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(ALPHA)]))
    np.testing.assert_array_equal(featkit.read_image("a.png", alpha="keep"), np.dstack([GREY, ALPHA]))
    np.testing.assert_array_equal(featkit.read_image("a.png", alpha="drop")[:, :, 0], GREY)
    on_white = featkit.read_image("a.png")
    assert on_white.shape == (*GREY.shape, 1)
    assert np.abs(on_white[:, :, 0] - over(GREY[..., None], ALPHA, 255)[..., 0]).max() <= 1
    assert featkit.read_image("a.png", alpha="red").shape == (*GREY.shape, 3)  # no grey any more


def test_transparent_palette(saved):
    image = Image.fromarray(np.arange(204, dtype=np.uint8).reshape(12, 17)).convert("P")
    saved("a.png", image, transparency=5)
    assert featkit.read_image("a.png")[0, 5].tolist() == [255, 255, 255]
    assert featkit.read_image("a.png", alpha="keep")[0, 4:6, 3].tolist() == [255, 0]


# --- orientation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_stand_upright(orientation, saved):
    exif = Image.Exif()
    exif[0x0112] = orientation
    saved("a.png", COLOUR, exif=exif)
    with Image.open("a.png") as file:
        upright = np.asarray(ImageOps.exif_transpose(file))
    np.testing.assert_array_equal(featkit.read_image("a.png"), upright)
    facts = featkit.info("a.png")
    assert (facts["height"], facts["width"], facts["orientation"]) == (*upright.shape[:2], orientation)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_is_none_says_nothing(orientation, saved):
    exif = Image.Exif()
    exif[0x0112] = orientation
    saved("a.png", COLOUR, exif=exif)
    np.testing.assert_array_equal(featkit.read_image("a.png"), COLOUR)


def test_broken_exif_says_nothing(saved):
    saved("a.png", COLOUR, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    np.testing.assert_array_equal(featkit.read_image("a.png"), COLOUR)


# --- several images ---------------------------------------------------------------------------------------------------


def test_frames(saved):
    pages = [Image.fromarray(COLOUR), Image.fromarray(COLOUR[:5, :6]), Image.fromarray(GREY)]
    saved("a.tif", pages[0], save_all=True, append_images=pages[1:])
    file = featkit.images("a.tif")
    assert (file.frames, file.format) == (3, "TIFF")
    for image, page in zip(file, pages, strict=True):
        np.testing.assert_array_equal(image, np.asarray(page).reshape(image.shape))
    np.testing.assert_array_equal(featkit.read_image("a.tif", frame=1), COLOUR[:5, :6])
    for number in (3, -1):
        with pytest.raises(featkit.InputError, match=rf"has no frame {number}; it has 3, numbered from 0"):
            featkit.read_image("a.tif", frame=number)
    with pytest.raises(featkit.ParameterError, match=r"featkit\.images reads all frames"):
        featkit.read_image("a.tif", frame="all")


def test_frames_are_gone_through_once(saved, monkeypatch):
    """A late frame of a GIF is made of those before it: a long animation must not be read anew for each."""
    from PIL import GifImagePlugin

    pages = [Image.fromarray(np.roll(GREY, number, axis=0)) for number in range(30)]
    saved("a.gif", pages[0], save_all=True, append_images=pages[1:])
    file, seeks = featkit.images("a.gif", mode="grey"), []
    assert file.frames == 30
    before = GifImagePlugin.GifImageFile._seek
    monkeypatch.setattr(
        GifImagePlugin.GifImageFile, "_seek", lambda self, *rest: (seeks.append(rest), before(self, *rest))[1]
    )
    for number, frame in enumerate(file.each()):
        (image,) = frame
        np.testing.assert_array_equal(image[:, :, 0], np.roll(GREY, number, axis=0))
    assert number == 29
    assert len(seeks) < 60


# --- limits -----------------------------------------------------------------------------------------------------------


def announced(width, height, data=b"", bits=1):
    """A PNG whose header says so."""
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([bits, 0, 0, 0, 0])

    def chunk(kind, body):
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(2**31 - 1, 2**31 - 1), (10_000, 9_000), (MAX_PIXELS + 1, 1), (20_000, 20_000)])
def test_a_header_that_announces_too_much_is_refused(size, here):
    """Whether Pillow would warn, raise or say nothing."""
    Path("a.png").write_bytes(announced(*size))
    with pytest.raises(
        featkit.InputError, match=rf"a\.png says it has {size[0]} x {size[1]} pixels, more than the 89,478,485"
    ):
        featkit.read_image("a.png")


def test_the_limit_is_the_callers(saved):
    saved("a.png", COLOUR)
    assert featkit.read_image("a.png", max_pixels=12 * 17).shape == COLOUR.shape
    with pytest.raises(featkit.InputError, match="more than the 203 that are decoded"):
        featkit.read_image("a.png", max_pixels=12 * 17 - 1)


def test_a_bomb_is_read_where_that_is_meant_so(here):
    """Above Pillow's own limit, of which nothing is left to see afterwards."""
    width, height = 20_000, 9_000
    Path("a.png").write_bytes(announced(width, height, bytes((1 + width // 8) * height)))
    before = Image.MAX_IMAGE_PIXELS
    assert featkit.images("a.png", max_pixels=10**9).height == height
    assert before == Image.MAX_IMAGE_PIXELS
    with pytest.raises(featkit.InputError):
        featkit.images("a.png")


def test_no_pixels(here):
    Path("a.ppm").write_bytes(b"P6 0 5 255\n")
    with pytest.raises((featkit.InputError, featkit.ReadError), match=r"a\.ppm"):
        featkit.read_image("a.ppm")


# --- what is no image, and options that are none ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"RIFF\0\0\0\0WAVEfmt ", "it is a WAV file; give an image"),
        (b"%PDF-1.4", "it is a PDF file; give an image"),
        (b"hello", "it is no image that Pillow knows; featkit reads PNG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "it begins as a PNG image and goes on as something else"),
    ],
)
def test_what_is_no_image(content, message, here):
    Path("a.png").write_bytes(content)
    with pytest.raises(featkit.ReadError, match=f"a.png cannot be read as an image: {message}"):
        featkit.read_image("a.png")


def test_a_program_is_not_run(here):
    """PostScript: Pillow would start Ghostscript."""
    Path("a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n%%EOF\n")
    with pytest.raises(featkit.ReadError, match="EPS is a program that another program would have to run"):
        featkit.read_image("a.png")


def test_paths_that_are_no_file(here):
    Path("folder").mkdir()
    for path, message in (("none.png", "no such file"), ("folder", "is a directory"), ("a\0b", "null")):
        with pytest.raises(featkit.ReadError, match=message):
            featkit.read_image(path)


def outcome(path, **options):
    """Whether an image came, or an error of ours that names the file and a remedy."""
    try:
        return featkit.read_image(path, **options).ndim == 3
    except (featkit.ReadError, featkit.InputError) as error:
        return str(path) in str(error) and "; " in str(error)


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "bmp", "tif", "webp", "ppm", "tga"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_any_file_cut_anywhere_is_an_error_or_an_image(ending, share, saved):
    """Never anything but our own errors, and never a warning (they are errors here)."""
    path = saved(f"a.{ending}", np.kron(COLOUR, np.ones((9, 9, 1), np.uint8)))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    for truncated in ("error", "keep"):
        assert outcome(path, truncated=truncated)


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "bmp", "tif", "webp", "ppm", "tga"])
def test_any_file_with_wrong_bytes_is_an_error_or_an_image(ending, saved):
    whole = saved(f"a.{ending}", COLOUR).read_bytes()
    rng = np.random.default_rng(7)
    for _ in range(40):
        damaged = np.frombuffer(whole, np.uint8).copy()
        damaged[rng.integers(len(damaged), size=4)] = rng.integers(256, size=4)
        Path(f"a.{ending}").write_bytes(damaged.tobytes())
        assert outcome(f"a.{ending}")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"mode": "RGB"}, "mode must be one of None, 'rgb', 'grey', got 'RGB'"),
        ({"alpha": "whte"}, r"alpha must be a colour \('white', '#ffffff'\), 'drop' or 'keep', got 'whte'"),
        ({"alpha": (1, 2)}, "alpha must be three numbers from 0 to 255"),
        ({"alpha": (1, 2, 256)}, "alpha must be three numbers from 0 to 255"),
        ({"alpha": "keep", "mode": "rgb"}, "mode='rgb' has no place for transparency"),
        ({"dtype": "int8"}, "dtype must be one of"),
        ({"truncated": "yes"}, "truncated must be one of"),
        ({"max_pixels": 0}, "max_pixels must be a number from 1, got 0"),
        ({"max_pixels": True}, "max_pixels must be a number from 1, got True"),
    ],
)
def test_options_that_are_none(option, message, saved):
    with pytest.raises(featkit.ParameterError, match=message):
        featkit.read_image(saved("a.png", COLOUR), **option)


# --- what reading leaves behind -----------------------------------------------------------------------------------------


def test_settings_of_the_process_are_as_they_were(saved):
    from PIL import ImageFile

    saved("a.png", COLOUR)
    Path("b.png").write_bytes(Path("a.png").read_bytes()[:200])
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    featkit.read_image("a.png")
    featkit.read_image("b.png", truncated="keep")
    with pytest.raises(featkit.ReadError):
        featkit.read_image("b.png")
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)) == before


def test_several_threads(saved):
    paths = [saved(f"{number}.png", np.roll(COLOUR, number, axis=0)) for number in range(8)]
    found = {}

    def read(number):
        for _ in range(20):
            found[number] = featkit.read_image(paths[number])

    threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(8):
        np.testing.assert_array_equal(found[number], np.roll(COLOUR, number, axis=0))


def test_a_name_is_no_more_than_a_name(saved):
    saved("a.png", COLOUR)
    os.rename("a.png", "日本 %s.jpeg")
    np.testing.assert_array_equal(featkit.read_image("日本 %s.jpeg"), COLOUR)


@pytest.mark.skipif(os.name != "posix", reason="names of POSIX are bytes")
def test_a_name_that_is_no_text(saved):
    saved("a.png", COLOUR)
    os.rename(b"a.png", b"\xff\xfe.png")
    np.testing.assert_array_equal(featkit.read_image(os.fsdecode(b"\xff\xfe.png")), COLOUR)


def test_standard_input(saved, monkeypatch):
    content = saved("a.png", COLOUR).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    np.testing.assert_array_equal(featkit.read_image("-"), COLOUR)


def test_a_pipe(saved):
    """A file that can be read only once, as the shell's <(...) makes it."""
    content = saved("a.png", COLOUR).read_bytes()
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    np.testing.assert_array_equal(featkit.read_image(f"/dev/fd/{reading}"), COLOUR)
    os.close(reading)


def test_importing_the_reader_loads_no_pillow():
    code = "import sys, featkit; featkit.read_image; print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
