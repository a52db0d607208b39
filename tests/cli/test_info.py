"""featkit info: what a file is and how it was made, whatever it is."""

import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

import featkit


@pytest.fixture
def features(run, speech_wav):
    run("mfcc", speech_wav, "--set", "mel.norm=area")
    return Path("speech.mfcc.npy")


def test_features(features, run):
    out = run("info", features).out
    array = np.load(features)
    for line in [
        f"shape: {len(array)} x 13",
        "dtype: float32",
        f"min: {array.min():.6g}",
        f"max: {array.max():.6g}",
        f"mean: {array.mean(dtype=np.float64):.6g}",
        "finite: True",
        f"  featkit: {featkit.__version__}",
        "    path: speech.wav",
        "  rate: 16000",
    ]:
        assert line in out.splitlines()
    for stage in ["Frames(length=400, hop=160", "MelBank(n_mels=40", "norm='area'", "Dct(n=13"]:
        assert stage in out


def test_features_as_json(features, run):
    (facts,) = run("info", features, "--json").records
    array = np.load(features)
    assert (facts["file"], facts["kind"], facts["shape"]) == ("speech.mfcc.npy", "npy", list(array.shape))
    assert (facts["min"], facts["max"], facts["finite"]) == (array.min(), array.max(), True)
    assert facts["mean"] == pytest.approx(array.mean(dtype=np.float64))
    assert facts["made"] == json.loads(Path("speech.mfcc.npy.json").read_text("utf-8"))
    pipeline = featkit.parse(facts["made"]["pipeline"])
    assert pipeline == featkit.mfcc().with_(mel__norm="area")


def test_sound(run, wav):
    wav("a.flac", samples=12_345, rate=44100, channels=2)
    (facts,) = run("info", "a.flac", "--json").records
    assert facts == {
        "file": "a.flac",
        "kind": "sound",
        "rate": 44100,
        "channels": 2,
        "samples": 12_345,
        "seconds": 12_345 / 44100,
    }
    assert "seconds: 0.279932" in run("info", "a.flac").out


def test_sound_cut_short_says_so(run, wav):
    path = wav("a.wav", samples=1000)
    path.write_bytes(path.read_bytes()[:1044])
    ran = run("info", path, expect=None)
    assert "cut" in ran.out + ran.err or "truncated" in ran.out + ran.err


def test_several_and_one_that_fails(run, wav):
    ran = run("info", wav("a.wav"), "none.wav", wav("b.wav"), "--json", expect=3)
    assert [facts["file"] for facts in ran.records] == ["a.wav", "b.wav"]
    assert "none.wav cannot be read: no such file or directory; check the path" in ran.err


def test_archive(run, here):
    np.savez("x.npz", a=np.ones((2, 3), np.float32), b=np.arange(4))
    (facts,) = run("info", "x.npz", "--json").records
    assert facts["arrays"]["a"] == {"shape": [2, 3], "dtype": "float32"}
    assert list(facts["arrays"]) == ["a", "b"]
    assert "shape: 2 x 3" in run("info", "x.npz").out


def test_features_without_a_sidecar(features, run):
    Path("speech.mfcc.npy.json").unlink()
    assert "made: not known" in run("info", features).out
    assert run("info", features, "--json").records[0]["made"] is None


ARRAYS = {
    "no rows": np.zeros((0, 13)),
    "no columns": np.zeros((3, 0)),
    "no axes": np.float64(2.5),
    "integers": np.arange(5),
    "booleans": np.ones(3, bool),
    "complex": np.ones(3, np.complex64),
    "text": np.array(["a", "b"]),
    "records": np.zeros(3, [("a", "i4"), ("b", "f8")]),
    "dates": np.array(["2020-01-01"], "M8[D]"),
    "fortran": np.asfortranarray(np.ones((3, 4))),
    "many": np.random.default_rng(0).standard_normal((10_000, 2)),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_any_array(name, run, here):
    array = ARRAYS[name]
    np.save("x.npy", array)
    (facts,) = run("info", "x.npy", "--json").records
    assert facts["shape"] == list(array.shape)
    assert facts["dtype"] == str(array.dtype)
    if array.size and array.dtype.kind in "fi":
        assert (facts["min"], facts["max"]) == (array.min(), array.max())
    run("info", "x.npy")


def test_array_that_is_not_finite(run, here):
    """Not finite is what the user must see; the range is that of the others, and JSON stays JSON."""
    np.save("x.npy", np.array([[1, np.nan], [np.inf, 2]]))
    (facts,) = run("info", "x.npy", "--json").records
    assert facts["finite"] is False
    assert "finite: False" in run("info", "x.npy").out


class Bomb:
    """Unpickling makes a folder."""

    def __reduce__(self):
        return os.mkdir, ("boom",)


def bad_files():
    np.save("objects.npy", np.array([Bomb()]), allow_pickle=True)
    np.savez("objects.npz", a=np.array([Bomb()]))
    Path("pickle.npy").write_bytes(pickle.dumps(Bomb()))
    Path("pickle.npz").write_bytes(pickle.dumps(Bomb()))
    np.save("whole.npy", np.ones((5, 2)))
    whole = Path("whole.npy").read_bytes()
    for kept in (0, 1, 6, 8, 20, 127, 128, len(whole) - 1):
        Path(f"cut{kept}.npy").write_bytes(whole[:kept])
    Path("huge.npy").write_bytes(whole.replace(b"(5, 2), }            ", b"(99999999999, 99999), }")[: len(whole)])
    Path("negative.npy").write_bytes(whole.replace(b"(5, 2), } ", b"(-5, 2), }"))
    Path("code.npy").write_bytes(whole.replace(b"'<f8'", b"id(3)"))
    Path("garbage.npy").write_bytes(bytes(range(256)) * 4)
    Path("garbage.bin").write_bytes(bytes(range(256)) * 4)
    Path("empty.bin").write_bytes(b"")
    Path("empty.npz").write_bytes(b"")
    Path("zip.bin").write_bytes(b"PK\x03\x04" + bytes(100))
    np.savez("whole.npz", a=np.ones(100))
    Path("cut.npz").write_bytes(Path("whole.npz").read_bytes()[:200])
    flipped = bytearray(Path("whole.npz").read_bytes())
    flipped[300] ^= 255
    Path("flipped.npz").write_bytes(flipped)
    with zipfile.ZipFile("text.npz", "w") as file:
        file.writestr("a.txt", "no array")
    Path("folder.npy").mkdir()


BAD = [
    *("objects.npy", "objects.npz", "pickle.npy", "pickle.npz"),
    *(f"cut{kept}.npy" for kept in (0, 1, 6, 8, 20, 127, 128, 207)),
    *("huge.npy", "negative.npy", "code.npy", "garbage.npy", "garbage.bin", "empty.bin", "empty.npz", "zip.bin"),
    *("cut.npz", "flipped.npz", "text.npz", "folder.npy", "none.npy"),
]


@pytest.mark.parametrize("name", BAD)
def test_bad_file(name, spawn, here):
    """As a process, so that a warning of NumPy's would show."""
    bad_files()
    ran = spawn("info", name, expect=3)
    assert ran.err.startswith(f"failed: {name} ")
    assert "; " in ran.err  # and a remedy
    assert len(ran.err.splitlines()) == 1
    assert ran.out == ""
    assert not Path("boom").exists()


def test_no_bad_file_is_left_out(here):
    bad_files()
    assert set(BAD) == {path.name for path in here.iterdir()} - {"whole.npy", "whole.npz"} | {"none.npy"}


def test_damaged_sidecar_does_not_hide_the_array(features, run):
    for sidecar in ['{"featkit": "x", "pipeline": 5}', '{"featkit": "x", "input": [1], "pipeline": ["a"]}', "{", "5"]:
        Path("speech.mfcc.npy.json").write_text(sidecar)
        assert "shape: 597 x 13" in run("info", features).out
        assert run("info", features, "--json").records[0]["shape"] == [597, 13]


def test_sidecar_of_a_pipeline_with_bars_inside(run, wav):
    """A Join or a string may hold `` | ``: every stage stays in one piece."""
    run("mfcc", wav("a.wav"))
    told = json.loads(Path("a.mfcc.npy.json").read_text())
    stage = "Join(branches=(LogEnergy(floor=1e-10), Frames(length=4, hop=2, edges='snip', fill='zero') | Window(kind='hann')))"
    Path("a.mfcc.npy.json").write_text(json.dumps({**told, "pipeline": f"RemoveMean() | {stage}"}))
    assert f"    {stage}" in run("info", "a.mfcc.npy").out.splitlines()


def test_info_runs_nothing(features, run):
    """The pipeline of a sidecar is printed, never evaluated."""
    told = json.loads(Path("speech.mfcc.npy.json").read_text())
    Path("speech.mfcc.npy.json").write_text(json.dumps({**told, "pipeline": "__import__('os').mkdir('boom')"}))
    assert "mkdir" in run("info", features).out
    assert not Path("boom").exists()


def test_no_argument(run, here):
    assert "Missing argument 'FILE...'" in run("info", expect=2).err
