"""featkit.read and featkit.blocks: what real readers read, in blocks of any size, and every doubt an error."""

import io
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

import featkit

SUBTYPES = ["PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"]
FORMATS = {"PCM_S8": "AIFF"}


@pytest.fixture
def encoded(here):
    """``encoded("PCM_24")``: noise that uses the whole range, in a file."""

    def make(subtype, samples=1000, channels=1, file_format=None):
        file_format = file_format or FORMATS.get(subtype, "WAV")
        noise = np.random.default_rng(1).uniform(-1, 1, (samples, channels))
        noise[:2] = [[-1.0], [1.0 - 2**-31]]
        path = Path(f"{subtype}.{file_format.lower()}")
        soundfile.write(path, noise, 16000, subtype=subtype, format=file_format)
        return path

    return make


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("subtype", SUBTYPES)
def test_samples_are_soundfiles(subtype, channels, dtype, encoded):
    path = encoded(subtype, channels=channels)
    samples, rate = featkit.read(path, channels="each", dtype=dtype)
    expected = soundfile.read(path, dtype=dtype, always_2d=True)[0]
    assert (rate, samples.dtype) == (16000, dtype)
    assert samples.tobytes() == expected.tobytes()
    assert np.abs(samples).max() <= 1.0
    if subtype.startswith("PCM"):
        assert samples.min() == -1.0
        if dtype == "float64":
            assert samples.max() < 1.0


@pytest.mark.parametrize(("subtype", "kind", "scale"), [("PCM_16", "int16", 2.0**15), ("PCM_32", "int32", 2.0**31)])
def test_integers_are_divided_by_what_their_type_holds(subtype, kind, scale, encoded):
    path = encoded(subtype)
    integers = soundfile.read(path, dtype=kind)[0]
    assert (featkit.read(path, dtype="float64")[0] * scale).tobytes() == integers.astype(np.float64).tobytes()


def test_eight_bits_are_centred_on_128(here):
    Path("a.wav").write_bytes(wave_header(3, bits=8) + bytes([0, 128, 255]))
    assert featkit.read("a.wav")[0].tolist() == [-1.0, 0.0, 127 / 128]


def test_floats_are_never_rescaled(here):
    samples = np.array([0.0, 1.5, -32768.0, 1e-40], np.float32)
    soundfile.write("a.wav", samples, 16000, subtype="FLOAT")
    assert featkit.read("a.wav")[0].tobytes() == samples.tobytes()


def wave_header(samples, bits=16, data_bytes=None, riff_bytes=None):
    size = samples * bits // 8 if data_bytes is None else data_bytes
    whole = 36 + size if riff_bytes is None else riff_bytes
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16000, 16000 * bits // 8, bits // 8, bits)
    return (
        struct.pack("<4sI4s", b"RIFF", whole & 0xFFFFFFFF, b"WAVE")
        + form
        + struct.pack("<4sI", b"data", size & 0xFFFFFFFF)
    )


# --- blocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", ["mix", "first", "each", 0, 2])
def test_blocks_of_any_size_are_the_whole(channels, encoded):
    path = encoded("PCM_16", samples=53, channels=3)
    whole = featkit.read(path, channels=channels)[0]
    for size in range(1, 56):
        blocks = list(featkit.blocks(path, size=size, channels=channels))
        assert [len(block) for block in blocks[:-1]] == [size] * (len(blocks) - 1)
        assert 0 < len(blocks[-1]) <= size
        assert np.concatenate(blocks).tobytes() == whole.tobytes()


def test_choice_of_channels(encoded):
    path = encoded("PCM_16", channels=3)
    x = soundfile.read(path, dtype="float32")[0]
    assert featkit.read(path, channels="first")[0].tobytes() == x[:, 0].tobytes()
    assert featkit.read(path, channels=2)[0].tobytes() == x[:, 2].tobytes()
    assert featkit.read(path, channels="mix")[0].tobytes() == ((x[:, 0] + x[:, 1] + x[:, 2]) / np.float32(3)).tobytes()
    assert featkit.read(path, channels="each")[0].tobytes() == x.tobytes()


@pytest.mark.parametrize("file_format", ["WAV", "FLAC", "OGG", "MP3"])
def test_blocks_can_be_read_again(file_format, encoded):
    subtype = {"OGG": "VORBIS", "MP3": "MPEG_LAYER_III"}.get(file_format, "PCM_16")
    blocks = featkit.blocks(encoded(subtype, samples=5000, file_format=file_format), size=999)
    once, twice = np.concatenate(list(blocks)), np.concatenate(list(blocks))
    assert once.tobytes() == twice.tobytes()
    assert (blocks.rate, blocks.channels, blocks.samples) == (16000, 1, len(once))


@pytest.mark.parametrize("size", [1000, 4321, 65536])
@pytest.mark.parametrize("file_format", ["FLAC", "OGG", "OPUS", "MP3"])
def test_compressed_sound_in_blocks_is_the_whole(file_format, size, here):
    """A decoder that is moved between blocks loses what it had in hand: in an MP3, audibly."""
    subtype = {"OGG": "VORBIS", "OPUS": "OPUS", "MP3": "MPEG_LAYER_III"}.get(file_format, "PCM_16")
    time = np.arange(150_000) / 16000
    notes = np.sin(2 * np.pi * 220 * 2 ** np.floor(time * 4 % 12) * time) * np.exp(-4 * (time * 4 % 1)) / 2
    path = Path(f"a.{file_format.lower()}")
    soundfile.write(path, notes, 16000, format=file_format.replace("OPUS", "OGG"), subtype=subtype)
    with soundfile.SoundFile(path) as file:
        whole = file.read(dtype="float32")
    blocks = np.concatenate(list(featkit.blocks(path, size=size)))
    assert blocks.shape == whole.shape
    np.testing.assert_allclose(blocks, whole, rtol=0, atol=1e-6)
    assert blocks.tobytes() == whole.tobytes()


def test_long_file_in_default_blocks(encoded):
    path = encoded("PCM_16", samples=200_001)
    assert [len(block) for block in featkit.blocks(path)] == [65536, 65536, 65536, 3393]


@given(st.binary(max_size=300))
def test_any_bytes_are_sound_or_a_clear_error(data):
    stdin = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(data))
    try:
        samples, rate = featkit.read("-", channels="each")
        assert samples.ndim == 2
        assert rate > 0
    except (featkit.ReadError, featkit.InputError) as error:
        assert "standard input" in str(error)  # noqa: PT017  (either outcome is fine)
    finally:
        sys.stdin = stdin


@given(st.data())
def test_damaged_sound_is_sound_or_a_clear_error(tmp_path_factory, data):
    """One byte of a real file is another one, or the file is cut: never anything but a FeatkitError."""
    kind = data.draw(st.sampled_from(["WAV", "FLAC", "AIFF", "OGG", "MP3"]))
    whole = bytearray(_whole(kind))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / f"a.{kind.lower()}"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))] if data.draw(st.booleans()) else whole)
    for truncated in ("error", "keep"):
        try:
            samples, _ = featkit.read(path, channels="each", truncated=truncated)
            assert len(samples)
        except (featkit.ReadError, featkit.InputError) as error:
            assert path.name in str(error)  # noqa: PT017


_cache: dict[str, bytes] = {}


def _whole(kind: str) -> bytes:
    if kind not in _cache:
        file = io.BytesIO()
        soundfile.write(file, np.random.default_rng(0).uniform(-0.5, 0.5, 3000), 16000, format=kind)
        _cache[kind] = file.getvalue()
    return _cache[kind]


# --- cut short --------------------------------------------------------------------------------------------------------

CONTAINERS = {
    "WAV": "PCM_16",
    "WAVEX": "PCM_24",
    "W64": "PCM_16",
    "RF64": "PCM_16",
    "AIFF": "PCM_16",
    "AU": "PCM_16",
    "CAF": "PCM_16",
    "FLAC": "PCM_16",
    "OGG": "VORBIS",
    "OPUS": "OPUS",
    "MP3": "MPEG_LAYER_III",
}


@pytest.mark.parametrize("kept", [0.5, 0.9])
@pytest.mark.parametrize("container", CONTAINERS)
def test_file_cut_short_is_an_error(container, kept, encoded):
    path = encoded(CONTAINERS[container], samples=100_000, file_format=container.replace("OPUS", "OGG"))
    whole = featkit.read(path)[0]
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(featkit.ReadError, match=r"truncated='keep'|malformed"):
        featkit.read(path)
    if container != "CAF":  # libsndfile doesn't open it
        start = featkit.read(path, truncated="keep")[0]
        assert 0.2 * len(whole) < len(start) < len(whole)
        assert start.tobytes() == whole[: len(start)].tobytes()


@pytest.mark.parametrize("size", [7, 50, 100, 999, 4096, 65536])
def test_what_is_kept_does_not_depend_on_the_blocks(size, encoded):
    path = encoded("PCM_16", samples=30_000, file_format="FLAC")
    whole = featkit.read(path)[0]
    path.write_bytes(path.read_bytes()[:50_000])
    kept = np.concatenate(list(featkit.blocks(path, size=size, truncated="keep")))
    assert kept.tobytes() == whole[: len(kept)].tobytes()  # nothing in between is missing
    assert len(kept) == len(featkit.read(path, truncated="keep")[0])


def test_damage_in_the_middle(encoded):
    path = encoded("PCM_16", samples=100_000, file_format="FLAC")
    damaged = bytearray(path.read_bytes())
    damaged[100_000:101_000] = bytes(1000)
    path.write_bytes(damaged)
    with pytest.raises(featkit.ReadError, match="cut short or damaged after sample"):
        featkit.read(path)


def test_length_not_known_when_the_header_was_written(here):
    """As streaming programs write it: that isn't a lie."""
    sound = np.arange(1000, dtype="<i2").tobytes()
    for announced in (0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFF - 36, 0x7FFFF000):
        Path("a.wav").write_bytes(wave_header(0, data_bytes=announced, riff_bytes=announced + 36) + sound)
        assert len(featkit.read("a.wav")[0]) == 1000


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"channels": "left"}, "channels must be one of"),
        ({"channels": True}, "channels must be one of"),
        ({"channels": 1.0}, "channels must be one of"),
        ({"dtype": "int16"}, "dtype must be one of 'float32', 'float64', got 'int16'"),
        ({"truncated": "yes"}, "truncated must be one of 'error', 'keep', got 'yes'"),
    ],
)
def test_wrong_arguments(options, told, encoded):
    with pytest.raises(featkit.ParameterError, match=told):
        featkit.read(encoded("PCM_16"), **options)


@pytest.mark.parametrize("size", [0, -1])
def test_blocks_of_nothing(size, encoded):
    with pytest.raises(featkit.ParameterError, match="at least one sample"):
        featkit.blocks(encoded("PCM_16"), size=size)


def test_not_there_and_not_a_file(here):
    with pytest.raises(featkit.ReadError, match=r"none\.wav cannot be read: no such file or directory; check the path"):
        featkit.read("none.wav")
    with pytest.raises(featkit.ReadError, match="is a directory"):
        featkit.read(here)
    with pytest.raises(featkit.ReadError, match=r"no such file or directory"):
        featkit.blocks(Path("none") / "a.wav")


def test_error_comes_before_any_block_is_read(encoded):
    with pytest.raises(featkit.InputError, match="channels='mix'"):
        featkit.blocks(encoded("PCM_16", channels=2))
