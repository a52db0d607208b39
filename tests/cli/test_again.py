"""Running again: what exists is not overwritten, what is up to date is skipped, and a sidecar never lies."""

import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

import featkit

posix = pytest.mark.skipif(os.name != "posix", reason="limits on file sizes are POSIX's")


@pytest.fixture
def extracted(run, wav):
    """``a.wav`` and its MFCCs."""
    run("mfcc", wav("a.wav"))
    return Path("a.mfcc.npy")


def contents(*paths):
    return [(path, Path(path).read_bytes(), Path(path).stat().st_mtime_ns) for path in paths]


def test_second_run_is_skipped(extracted, run, left):
    before = contents("a.mfcc.npy", "a.mfcc.npy.json")
    ran = run("mfcc", "a.wav", "--json")
    assert "skipped: a.wav" in ran.err
    assert "up to date" in ran.err
    assert ran.records[0]["status"] == "skipped"
    assert ran.records[-1]["summary"]["skipped"] == 1
    assert contents("a.mfcc.npy", "a.mfcc.npy.json") == before
    assert left() == ["a.mfcc.npy", "a.mfcc.npy.json", "a.wav"]


@pytest.mark.parametrize(
    "options",
    ["--n-mfcc 12", "--set mel.norm=area", "--dtype float64", "--channels mix", "--truncated keep", "--window hann"],
)
def test_other_settings_do_not_overwrite(options, extracted, run):
    before = contents("a.mfcc.npy", "a.mfcc.npy.json")
    ran = run("mfcc", "a.wav", *options.split(), expect=3)
    assert "a.mfcc.npy exists, made with other settings" in ran.err
    assert "--overwrite" in ran.err
    assert contents("a.mfcc.npy", "a.mfcc.npy.json") == before
    run("mfcc", "a.wav", *options.split(), "--overwrite")
    assert contents("a.mfcc.npy") != before[:1]
    assert "skipped" in run("mfcc", "a.wav", *options.split()).err


def test_changed_input_is_not_up_to_date(extracted, run, wav):
    time.sleep(0.01)
    wav("a.wav", seed=7)
    ran = run("mfcc", "a.wav", expect=3)
    assert "a.mfcc.npy exists" in ran.err
    run("mfcc", "a.wav", "--overwrite")
    assert np.load("a.mfcc.npy").tobytes() == featkit.mfcc()(featkit.read("a.wav")[0]).tobytes()


def test_spelling_of_the_path_does_not_matter(extracted, run, here, monkeypatch):
    assert "skipped" in run("mfcc", "./a.wav").err
    assert "skipped" in run("mfcc", here / "a.wav").err
    Path("sub").mkdir()
    monkeypatch.chdir("sub")
    assert "skipped" in run("mfcc", "../a.wav").err


def test_missing_output_is_made_again(extracted, run):
    extracted.unlink()
    run("mfcc", "a.wav")
    assert np.load("a.mfcc.npy").shape == (8, 13)
    extracted.unlink()
    run("mfcc", "a.wav", "--n-mfcc", 5)
    assert np.load("a.mfcc.npy").shape == (8, 5)


def test_truncated_output_is_not_up_to_date(extracted, run):
    """A copy that was interrupted, say: the sidecar is whole, the features are not."""
    extracted.write_bytes(extracted.read_bytes()[:-20])
    ran = run("mfcc", "a.wav", expect=None)
    assert "up to date" not in ran.err
    run("mfcc", "a.wav", "--overwrite")
    assert np.load("a.mfcc.npy").shape == (8, 13)


@pytest.mark.parametrize("foreign", [b"", b"not a feature file"])
def test_file_of_somebody_else_is_not_overwritten(foreign, run, wav):
    Path("a.mfcc.npy").write_bytes(foreign)
    ran = run("mfcc", wav("a.wav"), expect=3)
    assert "a.mfcc.npy exists already" in ran.err
    assert "--overwrite" in ran.err
    assert Path("a.mfcc.npy").read_bytes() == foreign
    run("mfcc", "a.wav", "--overwrite")
    assert np.load("a.mfcc.npy").shape == (8, 13)


DAMAGED = ["", "{", "[]", "null", '"featkit"', '{"featkit": 1}', '{"featkit": "x", "pipeline": null}', "[" * 100_000]


@pytest.mark.parametrize(
    "sidecar", DAMAGED, ids=["empty", "cut", "list", "null", "word", "number", "no pipeline", "deep"]
)
def test_damaged_sidecar(sidecar, extracted, run):
    Path("a.mfcc.npy.json").write_text(sidecar)
    assert "a.mfcc.npy exists" in run("mfcc", "a.wav", expect=3).err
    assert "shape: 8 x 13" in run("info", "a.mfcc.npy").out
    run("mfcc", "a.wav", "--overwrite")
    assert "skipped" in run("mfcc", "a.wav").err


def test_some_are_new_some_are_not(extracted, run, wav):
    wav("b.wav")
    ran = run("mfcc", "a.wav", "b.wav", "--json", "-v")
    assert [record.get("status") for record in ran.records] == ["skipped", "ok", None]
    assert "1 ok · 0 failed · 1 skipped" in ran.err


def test_overwriting_keeps_the_old_file_until_the_new_one_is_whole(extracted, run):
    before = contents("a.mfcc.npy", "a.mfcc.npy.json")
    shutil.copy("a.wav", "whole.wav")
    Path("a.wav").write_bytes(Path("whole.wav").read_bytes()[:1000])
    run("mfcc", "a.wav", "--overwrite", expect=3)
    assert contents("a.mfcc.npy", "a.mfcc.npy.json") == before


@posix
def test_sidecar_never_belongs_to_another_file(spawn, limited, wav):
    """Room for the features and none for the sidecar: the old sidecar must not stay beside the new features."""
    wav("a.wav", samples=400)
    spawn("mfcc", "a.wav")
    spawn("mfcc", "a.wav", "--n-mfcc", 20, "--overwrite", command=limited(512), expect=3)
    sidecar = Path("a.mfcc.npy.json")
    if sidecar.exists():
        assert json.loads(sidecar.read_text())["shape"] == list(np.load("a.mfcc.npy").shape)
    ran = spawn("mfcc", "a.wav", expect=None)
    assert ran.code == 3 or np.load("a.mfcc.npy").shape == (1, 13)


@posix
def test_new_sidecar_never_belongs_to_the_old_file(spawn, limited, wav):
    """The other way round: room for the sidecar, and the last of the new features doesn't fit any more."""
    wav("a.wav", samples=16_000)  # 5 kB of features, which wait in a buffer until the end
    spawn("mfcc", "a.wav")
    before = Path("a.mfcc.npy").read_bytes()
    spawn("mfcc", "a.wav", "--set", "mel.norm=area", "--overwrite", command=limited(2000), expect=3)
    assert Path("a.mfcc.npy").read_bytes() == before
    sidecar = Path("a.mfcc.npy.json")
    if sidecar.exists():
        assert featkit.parse(json.loads(sidecar.read_text())["pipeline"]) == featkit.mfcc()
    assert "up to date" not in spawn("mfcc", "a.wav", "--set", "mel.norm=area", expect=None).err


@posix
def test_no_features_without_their_sidecar(spawn, limited, wav, left):
    spawn("mfcc", wav("a.wav", samples=400), command=limited(512), expect=3)
    assert left() == ["a.wav"]
