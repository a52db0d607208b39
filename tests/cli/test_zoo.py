"""Every file of ``audio/zoo`` through the command line; what real readers make of each is in its EXPECTED.json."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featkit

pytestmark = pytest.mark.shared

NOT_SOUND = "cannot be read as sound: "
SHORT = "is too short: .*--allow-empty"
CUT = "is cut short or damaged after sample .*--truncated keep"
NO_SAMPLES = "holds no samples"

#: Name -> None where ``featkit mfcc --channels mix`` must succeed, else what its message must match.
OUTCOMES: dict[str, str | None] = {
    "all_nan_float.wav": "not finite: nan at sample 0;",
    "block_align_zero.wav": None,
    "c_aiff_pcm_16.aiff": None,
    "c_au_pcm_16.au": None,
    "c_caf_pcm_16.caf": None,
    "c_flac_pcm_16.flac": None,
    "c_flac_pcm_24.flac": None,
    "c_mp3_mpeg_layer_iii.mp3": None,
    "c_ogg_vorbis.ogg": None,
    "channels_zero.wav": NOT_SOUND,
    "clipped.wav": None,
    "dc_offset.wav": None,
    "denormal_float.wav": None,
    "empty_file.wav": NOT_SOUND + "the file is empty",
    "flac_named.wav": None,
    "format_tag_mp3.wav": NOT_SOUND,
    "nan_inf_float.wav": "not finite: nan at sample 1000;",
    "odd_list_chunk_before_data.wav": None,
    "one_sample.wav": SHORT,
    "over_range_float.wav": None,
    "pcm16_16000.wav": None,
    "pcm16_22050.wav": None,
    "pcm16_44100.wav": None,
    "pcm16_8000.wav": None,
    "pcm16_96000.wav": None,
    "png_named.wav": NOT_SOUND + "it is a PNG image",
    "pocketsphinx_bad.wav": NOT_SOUND,
    "pocketsphinx_null.wav": NO_SAMPLES,
    "rate_zero.wav": NOT_SOUND,
    "real_2ch.opus": None,
    "real_librosa_test1.mp3": None,
    "real_mono_24bit_44k.wav": None,
    "real_mono_32bit_44k.wav": None,
    "real_mono_8bit_44k.wav": None,
    "real_stereo_24bit_44k.wav": None,
    "scipy_test-44100Hz-2ch-32bit-float-be.wav": SHORT,
    "scipy_test-44100Hz-2ch-32bit-float-le.wav": SHORT,
    "scipy_test-44100Hz-be-1ch-4bytes.wav": None,
    "scipy_test-44100Hz-le-1ch-4bytes-early-eof-no-data.wav": NOT_SOUND,
    "scipy_test-44100Hz-le-1ch-4bytes-early-eof.wav": CUT,
    "scipy_test-44100Hz-le-1ch-4bytes-incomplete-chunk.wav": NOT_SOUND,
    "scipy_test-8000Hz-le-2ch-1byteu.wav": None,
    "scipy_test-8000Hz-le-3ch-5S-24bit.wav": SHORT,
    "short_100.wav": SHORT,
    "short_399.wav": SHORT,
    "short_400.wav": None,
    "silence.wav": None,
    "size_ffffffff.wav": None,
    "size_zero_streaming.wav": NO_SAMPLES + ": its header says 0 bytes of sound although bytes follow",
    "text_named.wav": NOT_SOUND,
    "trailing_garbage.wav": None,
    "truncated.flac": CUT,
    "truncated_data.wav": CUT,
    "truncated_header.wav": NOT_SOUND,
    "very_quiet_float.wav": None,
    "wav_alaw.wav": None,
    "wav_double.wav": None,
    "wav_float.wav": None,
    "wav_named.mp3": None,
    "wav_named_no_extension": None,
    "wav_pcm_16.wav": None,
    "wav_pcm_24.wav": None,
    "wav_pcm_32.wav": None,
    "wav_pcm_u8.wav": None,
    "wav_ulaw.wav": None,
    "wavex_2ch.wav": None,
    "wavex_6ch.wav": None,
    "zero_frames.flac": NOT_SOUND + "the file is empty",
    "zero_frames.wav": NO_SAMPLES,
}
GOOD = [name for name, message in OUTCOMES.items() if message is None]
SHORTS = [name for name, message in OUTCOMES.items() if message == SHORT]
CUTS = [name for name, message in OUTCOMES.items() if message == CUT]
STEREO = {  # name -> channels
    "real_2ch.opus": 2,
    "real_librosa_test1.mp3": 2,
    "real_stereo_24bit_44k.wav": 2,
    "scipy_test-44100Hz-2ch-32bit-float-be.wav": 2,
    "scipy_test-44100Hz-2ch-32bit-float-le.wav": 2,
    "scipy_test-8000Hz-le-2ch-1byteu.wav": 2,
    "scipy_test-8000Hz-le-3ch-5S-24bit.wav": 3,
    "wavex_2ch.wav": 2,
    "wavex_6ch.wav": 6,
}
LOSSY = {"c_mp3_mpeg_layer_iii.mp3", "c_ogg_vorbis.ogg", "real_2ch.opus", "real_librosa_test1.mp3"}


@pytest.fixture(scope="session")
def zoo(shared):
    return shared / "audio" / "zoo"


@pytest.fixture(scope="session")
def expected(zoo):
    facts = json.loads((zoo / "EXPECTED.json").read_text("utf-8"))
    return {name: file["soundfile"] for name, file in facts["files"].items()}


def whole(path: Path) -> np.ndarray:
    """The features, if they and their sidecar are complete."""
    out = np.load(path, allow_pickle=False)
    told = json.loads(Path(f"{path}.json").read_text("utf-8"))
    assert told["shape"] == list(out.shape)
    assert np.isfinite(out).all()
    return out


def frames(rate: int, samples: int) -> int:
    length, hop = round(rate * 0.025), round(rate * 0.01)
    return max(0, (samples - length) // hop + 1)


def test_no_file_is_left_out(zoo, expected):
    assert set(OUTCOMES) == set(expected)
    assert set(OUTCOMES) == {path.name for path in zoo.iterdir()} - {"EXPECTED.json"}
    channels = {name: expected[name].get("channels", 1) for name in OUTCOMES}
    assert {name: count for name, count in channels.items() if count > 1} == STEREO


def test_all_in_one_run(zoo, expected, run, here, left):
    """One folder per ending, so that namesakes don't meet: zero_frames.flac and zero_frames.wav do otherwise."""
    for name in OUTCOMES:
        ending = Path(name).suffix or ".none"
        Path("in", ending[1:]).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(zoo / name, Path("in", ending[1:], name))
    inputs = sorted(map(str, Path("in").glob("*/*")))
    ran = run("mfcc", *inputs, "-o", "out/", "--channels", "mix", "--json", expect=3)
    *records, summary = ran.records
    outcome = {Path(record["input"]).name: record for record in records}
    assert set(outcome) == set(OUTCOMES)
    assert {name for name, record in outcome.items() if record["status"] == "ok"} == set(GOOD)
    assert summary["summary"]["ok"] == len(GOOD)
    assert summary["summary"]["failed"] == len(OUTCOMES) - len(GOOD)
    written = {record["output"] for record in records if record["status"] == "ok"}
    assert {f"out/{name}" for name in left("out")} == written | {f"{path}.json" for path in written}
    for name in GOOD:
        facts = expected[name]
        assert whole(Path(outcome[name]["output"])).shape == (frames(facts["samplerate"], facts["frames"]), 13)


@pytest.mark.parametrize("name", OUTCOMES)
def test_singly(name, zoo, run, here, left):
    path = zoo / name
    ran = run("mfcc", path, "-o", "x.npy", "--channels", "mix", expect=0 if name in GOOD else 3)
    assert ran.out == ""
    if name in GOOD:
        assert left() == ["x.npy", "x.npy.json"]
        samples, rate = featkit.read(path, channels="mix")
        assert whole(Path("x.npy")).tobytes() == featkit.mfcc(rate)(samples).tobytes()
    else:
        assert left() == []
        message, summary = ran.err.splitlines()
        assert message.startswith(f"failed: {path}")
        assert summary == "0 ok · 1 failed · 0 skipped"
        pattern = OUTCOMES[name]
        assert pattern
        assert re.search(pattern, message)
        if pattern != SHORT:  # the library's message is the user's
            with pytest.raises(featkit.FeatkitError) as error:
                list(featkit.blocks(path, channels="mix"))
            assert str(error.value) in message


@pytest.mark.parametrize("name", OUTCOMES)
def test_samples_are_those_of_real_readers(name, zoo, expected):
    """sha256 of the little-endian float64 samples, as libsndfile decoded them elsewhere.

    The lossy formats are decoded in floating point, whose last bit depends on library and processor: theirs are compared
    with this machine's libsndfile by bytes and with the stored ones to 16 bits.
    """
    facts = expected[name]
    if "error" in facts or OUTCOMES[name] not in (None, SHORT):
        with pytest.raises((featkit.ReadError, featkit.InputError)):
            featkit.read(zoo / name, channels="each", dtype="float64")
        return
    samples, rate = featkit.read(zoo / name, channels="each", dtype="float64")
    assert (rate, *samples.shape) == (facts["samplerate"], facts["frames"], facts["channels"])
    if name in LOSSY:
        with soundfile.SoundFile(zoo / name) as file:  # soundfile.read seeks first, which moves the last bit of an MP3
            assert samples.tobytes() == file.read(always_2d=True).tobytes()
        stored = np.array(facts["first8"], dtype=np.float64)
        np.testing.assert_allclose(samples[:8, 0], stored, rtol=0, atol=2**-16)
    else:
        assert hashlib.sha256(samples.astype("<f8").tobytes()).hexdigest() == facts["float64_le_sha256"]


@pytest.mark.parametrize("name", STEREO)
def test_several_channels_need_a_choice(name, zoo, run, here, left):
    ran = run("mfcc", zoo / name, "-o", "x.npy", expect=3)
    assert f"{name} has {STEREO[name]} channels and one is needed" in ran.err
    assert "--channels mix" in ran.err
    assert left() == []


@pytest.mark.parametrize("name", [name for name in STEREO if name in GOOD])
def test_each_channel(name, zoo, run, here):
    run("mfcc", zoo / name, "-o", "x.npy", "--channels", "each")
    with soundfile.SoundFile(zoo / name) as file:
        samples, rate = file.read(dtype="float32", always_2d=True), file.samplerate
    for channel in range(STEREO[name]):
        expected = featkit.mfcc(rate)(np.ascontiguousarray(samples[:, channel]))
        assert whole(Path(f"x.ch{channel}.mfcc.npy")).tobytes() == expected.tobytes()
    assert not Path(f"x.ch{STEREO[name]}.mfcc.npy").exists()


@pytest.mark.parametrize("name", SHORTS)
def test_short_ones_give_no_rows_where_that_is_allowed(name, zoo, run, here):
    run("mfcc", zoo / name, "-o", "x.npy", "--channels", "mix", "--allow-empty")
    assert whole(Path("x.npy")).shape == (0, 13)


@pytest.mark.parametrize("name", CUTS)
def test_cut_ones_give_what_is_there_where_that_is_wanted(name, zoo, run, here):
    run("mfcc", zoo / name, "-o", "x.npy", "--truncated", "keep", "--allow-empty")
    samples, rate = featkit.read(zoo / name, truncated="keep")
    assert whole(Path("x.npy")).tobytes() == featkit.mfcc(rate)(samples).tobytes()
    told = json.loads(Path("x.npy.json").read_text("utf-8"))
    assert told["samples"] == len(samples)  # those read, not those announced
    stored, announced = {
        "truncated.flac": ("c_flac_pcm_16.flac", 35200),
        "truncated_data.wav": ("wav_pcm_16.wav", 35200),
        "scipy_test-44100Hz-le-1ch-4bytes-early-eof.wav": (None, 4410),
    }[name]
    assert len(samples) < announced
    if stored:
        assert samples.tobytes() == featkit.read(zoo / stored)[0][: len(samples)].tobytes()
        assert len(samples) > announced // 3


@pytest.mark.parametrize("name", [name for name in GOOD if name not in STEREO])
def test_info_agrees(name, zoo, expected, run):
    facts = run("info", zoo / name, "--json").records[0]
    real = expected[name]
    assert (facts["rate"], facts["channels"], facts["samples"]) == (
        real["samplerate"],
        real["channels"],
        real["frames"],
    )
    assert facts["seconds"] == real["frames"] / real["samplerate"]
