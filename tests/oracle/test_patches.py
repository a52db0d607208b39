"""Patches against plain loops: where they lie, how their pixels stand, what is made up, and back to the image."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import featkit
from featkit.image import patches

FILLS = {"zero": None, "edge": "edge", "reflect": "reflect", "mirror": "symmetric"}


def loops(image, size, stride, order, padding, fill, remainder, dilation):
    """The definition, patch by patch and pixel by pixel."""
    mode = {"mode": "constant"} if FILLS[fill] is None else {"mode": FILLS[fill]}
    padded = np.pad(image, [(padding[0], padding[0]), (padding[1], padding[1]), (0, 0)], **mode)
    spans = [dilation[axis] * (size[axis] - 1) + 1 for axis in (0, 1)]
    counts = []
    for axis in (0, 1):
        room = padded.shape[axis] - spans[axis]
        counts.append(room // stride[axis] + 1 if room >= 0 else 0)
        if remainder == "fill":
            counts[axis] = max(1, -(-room // stride[axis]) + 1)
    made = []
    for row in range(counts[0]):
        for column in range(counts[1]):
            pixels = {}
            for y in range(size[0]):
                for x in range(size[1]):
                    for channel in range(image.shape[2]):
                        at = row * stride[0] + y * dilation[0], column * stride[1] + x * dilation[1]
                        inside = at[0] < padded.shape[0] and at[1] < padded.shape[1]
                        key = (channel, y, x) if order == "unfold" else (y, x, channel)
                        pixels[key] = padded[(*at, channel)] if inside else 0
            made.append([pixels[key] for key in sorted(pixels)])
    return np.array(made).reshape(counts[0] * counts[1], size[0] * size[1] * image.shape[2])


@given(
    height=st.integers(1, 14),
    width=st.integers(1, 14),
    channels=st.integers(1, 3),
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    padding=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    dilation=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    order=st.sampled_from(["vit", "unfold", "sklearn"]),
    fill=st.sampled_from(list(FILLS)),
    remainder=st.sampled_from(["drop", "fill"]),
    dtype=st.sampled_from([np.uint8, np.uint16, np.float32, np.float64, np.int64, bool]),
    band=st.sampled_from([1, 300, 2**20]),
    long_line=st.sampled_from([1, 2**20]),
)
def test_loops(
    height, width, channels, size, stride, padding, dilation, order, fill, remainder, dtype, band, long_line
):
    # numpy.pad and Patches differ in what lies beyond what is filled up: there Patches goes on as it fills.
    assume(fill == "zero" or remainder == "drop")
    image = np.random.default_rng(0).integers(0, 2 if dtype is bool else 200, (height, width, channels)).astype(dtype)
    cut = featkit.Patches(size, stride, order, padding, fill, remainder, dilation)
    expected = loops(image, size, stride, order, padding, fill, remainder, dilation)
    assert cut.grid(height, width)[0] * cut.grid(height, width)[1] == len(expected)
    if not cut.grid(height, width)[1]:
        with pytest.raises(featkit.ShapeError, match=f"pixels wide, got {width}"):
            cut(image)
        return
    with pytest.MonkeyPatch.context() as patched:  # as it goes about images of other sizes
        patched.setattr(patches, "_BAND_BYTES", band)
        patched.setattr(patches, "_LONG_LINE", long_line)
        made = cut(image)
    assert made.dtype == dtype
    np.testing.assert_array_equal(made, expected)


@given(
    height=st.integers(1, 20),
    width=st.integers(1, 20),
    size=st.integers(1, 6),
    stride=st.integers(1, 7),
    order=st.sampled_from(["vit", "unfold", "sklearn"]),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
)
def test_back_to_the_image(height, width, size, stride, order, padding, dilation):
    """Every pixel that some patch covers comes back: exactly, where patches don't overlap or are whole numbers."""
    image = np.random.default_rng(1).integers(0, 256, (height, width, 3)).astype(np.uint8)
    cut = featkit.Patches(size, stride, order, padding, "zero", "fill", dilation)
    back = cut.unpatch(cut(image), height, width, rest=-1.0 if stride < size else 0)
    covered = cut.unpatch(np.ones_like(cut(image)), height, width, overlap="sum") > 0
    np.testing.assert_array_equal(back[covered], image[covered])
    if dilation == 1 and stride <= size:
        assert covered.all()


def test_what_no_patch_covers_is_the_rest():
    image = np.arange(30.0).reshape(5, 6, 1)
    cut = featkit.Patches(2, stride=3)
    back = cut.unpatch(cut(image), 5, 6, rest=-1.0)
    assert (back[2] == -1).all()
    assert (back[:, 2] == -1).all()
    np.testing.assert_array_equal(back[3:, 3:5], image[3:, 3:5])


def test_sums_and_means_of_what_overlaps(rng):
    """Sums as torch's Fold makes them, means as scikit-learn's reconstruct_from_patches_2d: bit by bit."""
    from sklearn.feature_extraction.image import extract_patches_2d, reconstruct_from_patches_2d

    image = rng.random((9, 11, 3))
    cut = featkit.Patches((3, 4), order="sklearn")
    np.testing.assert_array_equal(cut(image).reshape(-1, 3, 4, 3), extract_patches_2d(image, (3, 4)))
    noisy = cut(image) + rng.random(cut(image).shape)
    expected = reconstruct_from_patches_2d(noisy.reshape(-1, 3, 4, 3), image.shape)
    np.testing.assert_array_equal(cut.unpatch(noisy, 9, 11), expected)
    sums = np.zeros_like(image)
    for number, patch in enumerate(noisy.reshape(-1, 3, 4, 3)):
        row, column = divmod(number, 8)
        sums[row : row + 3, column : column + 4] += patch
    np.testing.assert_array_equal(cut.unpatch(noisy, 9, 11, overlap="sum"), sums)


def test_unpatch_refuses_other_patches():
    cut = featkit.Patches(4)
    for wrong in (np.zeros((5, 48)), np.zeros((4, 47)), np.zeros((4, 0)), np.zeros((2, 2, 48))):
        with pytest.raises(featkit.ShapeError, match=r"8 x 8 pixels has 4 patches of 16 pixels, got an array of shape"):
            cut.unpatch(wrong, 8, 8)


def test_patches_of_many_kinds_of_memory(rng):
    """Long columns of patches are cut from towers of a limited size; so are those of an image that lies otherwise."""
    image = rng.integers(0, 256, (300, 400, 3)).astype(np.uint8)
    for size, stride in ((5, 1), (16, 10), (31, 7), (32, 32)):
        view = np.lib.stride_tricks.sliding_window_view(image, (size, size), axis=(0, 1))[::stride, ::stride]
        expected = view.transpose(0, 1, 3, 4, 2).reshape(view.shape[0] * view.shape[1], -1)
        cut = featkit.Patches(size, stride)
        np.testing.assert_array_equal(cut(image), expected)
        np.testing.assert_array_equal(cut(np.asfortranarray(image)), expected)
        np.testing.assert_array_equal(cut(image[:, ::-1][:, ::-1]), expected)
        np.testing.assert_array_equal(featkit.view_patches(image, size, stride).reshape(len(expected), -1), expected)
        planes = view.reshape(view.shape[0] * view.shape[1], -1)
        np.testing.assert_array_equal(featkit.Patches(size, stride, "unfold")(image), planes)


def test_axes_of_one_pixel_have_strides_that_say_nothing():
    """NumPy leaves them as they come, and an array may be contiguous all the same."""
    for shape in ((1, 1, 1), (1, 9, 1), (9, 1, 3), (1, 9, 3), (2, 1, 1)):
        image = np.lib.stride_tricks.as_strided(
            np.arange(99, dtype=np.uint8),
            shape,
            [1000 if n == 1 else step for n, step in zip(shape, (9, 1, 1), strict=True)],
        )
        for stage in (
            featkit.Patches(1),
            featkit.Patches(1, order="unfold"),
            featkit.Patches((1, 1), (1, 3), padding=(0, 1)),
        ):
            np.testing.assert_array_equal(stage(image), stage(image.copy()))


def test_a_view_copies_nothing_and_is_read_only(rng):
    image = rng.random((32, 48, 3))
    view = featkit.view_patches(image, 16)
    assert view.shape == (2, 3, 16, 16, 3)
    assert np.shares_memory(view, image)
    assert not view.flags.writeable
    for wrong in (image[:, :, 0], image[:8]):
        with pytest.raises(featkit.ShapeError):
            featkit.view_patches(wrong, 16)


def test_a_remainder_is_refused_where_that_is_asked():
    whole = featkit.Patches(4, remainder=None)
    assert whole(np.zeros((8, 12, 1))).shape == (6, 16)
    with pytest.raises(
        featkit.ShapeError, match=r"whole patches wide, but of 13 pixels 1 are left over; crop or resize"
    ):
        whole(np.zeros((8, 13, 1)))
    with pytest.raises(featkit.ShapeError, match=r"whole patches high, but of 7 pixels 3 are left over"):
        whole(np.zeros((7, 12, 1)))
    stream = whole.stream()
    stream.push(np.zeros((7, 12, 1)))
    with pytest.raises(featkit.ShapeError, match="whole patches high"):
        stream.finish()


@pytest.mark.parametrize("wrong", [{"size": 0}, {"size": (2, 0)}, {"stride": 0}, {"padding": -1}, {"dilation": (1, 0)}])
def test_sizes_that_are_none(wrong):
    with pytest.raises(featkit.ParameterError, match=f"Patches.{next(iter(wrong))} must be at least"):
        featkit.Patches(**wrong)


def test_integers_stay_integers_until_something_is_computed():
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    cut = featkit.Patches(2)
    assert cut(image).dtype == np.uint8
    assert (featkit.CentreCrop(2) | cut)(image).dtype == np.uint8
    assert (cut | featkit.Affine(2.0))(image).dtype == np.float32
    assert (featkit.Affine(2.0) | cut)(image).dtype == np.float32
    assert featkit.Join((cut, cut))(image).dtype == np.uint8
    scaled = featkit.Join((cut, cut | featkit.Affine(2.0)))(image)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled[:, 12:], 2 * scaled[:, :12])
    assert cut(image.astype(">u2")).dtype == np.uint16


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize("height", [50, 4002])  # in one piece, and in several
def test_a_remainder_is_refused_in_an_image_of_any_size(kind, height):
    image = np.zeros((height, 1600, 3), kind)
    cut = featkit.Patches(16, remainder=None)
    for stage in (cut, cut | featkit.Identity()):
        with pytest.raises(featkit.ShapeError, match=rf"whole patches high, but of {height} pixels 2 are left over"):
            stage(image)


@pytest.mark.parametrize("row", [0, 517, 1029])
def test_what_is_not_finite_is_named_in_a_large_image(row):
    """In the first part that is looked through, in another, and below all patches."""
    image = np.zeros((1030, 600, 1), np.float32)
    image[row, 7] = np.nan
    with pytest.raises(featkit.InputError, match=f"not finite: nan at row {row}, 7, 0"):
        featkit.Patches(16)(image)


def test_a_grey_image_needs_its_channel():
    with pytest.raises(featkit.InputError, match=r"a grey image needs its one channel: image\[:, :, None\]"):
        featkit.Patches(2)(np.zeros((4, 4)))


def test_rows_of_patches_come_as_soon_as_their_pixels_are_there():
    stream = featkit.Patches(4, stride=2).stream()
    came = [len(stream.push(np.zeros((1, 6, 1)))) for _ in range(9)]
    assert came == [0, 0, 0, 2, 0, 2, 0, 2, 0]
    assert len(stream.finish()) == 0


# --- a spectrogram is an image ------------------------------------------------------------------------------------------


def test_patches_of_a_spectrogram_as_the_audio_spectrogram_transformer_takes_them(speech):
    """16 x 16, stride 10, of 128 mel bands upwards and 1024 frames to the right: its 1212 patches, from its own definition."""
    fbank = featkit.presets.huggingface.ast()
    patches = fbank | featkit.AsImage() | featkit.Transpose() | featkit.Patches(16, stride=10)
    spectrogram, made = fbank(speech), patches(speech)
    assert spectrogram.shape == (1024, 128)
    assert made.shape == (12 * 101, 256)
    for row, column in ((0, 0), (3, 77), (11, 100)):
        piece = spectrogram.T[row * 10 : row * 10 + 16, column * 10 : column * 10 + 16]
        np.testing.assert_array_equal(made[row * 101 + column], piece.reshape(-1))


def test_patches_of_a_stream_of_sound(speech):
    """Time downwards, so that patches come while the sound is heard."""
    stage = featkit.log_fbank(n_mels=64) | featkit.AsImage() | featkit.Patches(16, stride=10)
    stream = stage.stream()
    pieces = [stream.push(speech[at : at + 1600]) for at in range(0, len(speech), 1600)] + [stream.finish()]
    assert sum(map(len, pieces[:10])) > 0
    np.testing.assert_array_equal(np.concatenate(pieces), stage(speech))
