"""featkit fuse, train, predict and evaluate: from a manifest to decisions."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from featkit.files.manifest import read_manifest
from featkit.multimodal import Model

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "examples/multimodal"
_BOTH = ("digits/sound.npy", "digits/picture.npy", "-o", "f.npy")


def example(name):
    """A script of the examples, as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The samples of the examples, in the working folder."""
    shutil.copytree(SAMPLES, tmp_path / "digits")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines_of(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def rewrite(path, change):
    """The manifest with every line changed: ``change(record, number)`` returns the record, or the line itself."""
    made = [change(record, at) for at, record in enumerate(lines_of(path))]
    Path(path).write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in made))


# --- train, predict, evaluate -----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A model of more samples than the examples have, and their manifest."""
    folder = tmp_path_factory.mktemp("trained")
    manifest = example("make_multimodal").write(folder, learned=120, seen=60, seed=1)
    command = [sys.executable, "-m", "featkit", "train", str(manifest), "-o", str(folder / "m.npz"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return folder, json.loads(done.stdout), done.stderr


def test_what_is_learned_is_told(trained):
    _, told, err = trained
    assert told["samples"] == 120
    assert told["modalities"] == ["audio", "image", "text"]
    assert set(told["l2"]) == set(told["weights"]) == {"audio", "image", "text"}
    assert "120 samples learned, 0 skipped" in err


def test_evaluate_counts_what_predict_says(trained, run):
    folder, _, _ = trained
    ran = run("evaluate", folder / "m.npz", folder / "manifest.jsonl", "--json")
    (found,) = ran.records
    assert found["rows"] == 60
    assert found["accuracy"] > 0.85  # by the text alone three quarters
    run(
        "predict",
        folder / "m.npz",
        folder / "manifest.jsonl",
        "-o",
        folder / "p.jsonl",
        "--split",
        "test",
        "--overwrite",
    )
    predicted = lines_of(folder / "p.jsonl")
    true = {at: record["label"] for at, record in enumerate(lines_of(folder / "manifest.jsonl"), 1)}
    right = [line["label"] == true[line["line"]] for line in predicted]
    assert np.mean(right) == pytest.approx(found["accuracy"])
    for line in predicted:
        shares = line["probabilities"]
        assert sum(shares.values()) == pytest.approx(1)
        assert max(shares, key=shares.get) == str(line["label"])
    counts = np.array(found["confusion"])
    assert counts.sum() == 60
    assert counts.trace() == sum(right)


def test_evaluate_prints_a_table(trained, run):
    folder, _, _ = trained
    out = run("evaluate", folder / "m.npz", folder / "manifest.jsonl", "--split", "train").out
    assert out.startswith("rows: 120\nskipped: 0\naccuracy: ")
    assert out.splitlines()[4].split() == ["0", "1", "2", "3", "4"]


def test_predictions_go_to_standard_output(trained, run):
    folder, _, _ = trained
    ran = run("predict", folder / "m.npz", folder / "manifest.jsonl", "--split", "test", "--quiet")
    assert len(ran.records) == 60
    assert ran.err == ""


def test_the_same_bits_in_another_process(trained):
    folder, _, _ = trained
    manifest = read_manifest(folder / "manifest.jsonl", split="test")
    model = Model.load(folder / "m.npz")
    rows, kept, _ = model.features(manifest.samples)
    here = model.predict(rows)
    code = (
        "import sys, numpy as np; from featkit.multimodal import Model; from featkit.files.manifest import read_manifest;"
        "m = Model.load(sys.argv[1]); r, _, _ = m.features(read_manifest(sys.argv[2], split='test').samples);"
        "np.save(sys.argv[3], m.predict(r))"
    )
    arguments = (folder / "m.npz", folder / "manifest.jsonl", folder / "there.npy")
    subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True)
    assert np.load(folder / "there.npy").tobytes() == here.tobytes()
    one, _, _ = model.features(manifest.samples[7:8])
    assert model.predict(one).tobytes() == here[7:8].tobytes()
    assert len(kept) == 60


@pytest.mark.parametrize("fusion", ["late", "mean", "concat", "average"])
def test_every_fusion_learns(folder, run, fusion):
    run(
        "train",
        "digits/manifest.jsonl",
        "-o",
        "m.npz",
        "--fusion",
        fusion,
        "--audio",
        "kaldi/mfcc",
        "--image",
        "patches",
        "-q",
    )
    (found,) = run("evaluate", "m.npz", "digits/manifest.jsonl", "--json").records
    assert found["accuracy"] > 0.5  # of 5, from 60 samples
    assert Model.load("m.npz").facts["features"] == {"audio": "kaldi/mfcc", "image": "patches", "text": "tfidf"}


def test_many_labels(folder, run):
    """From the manifest to thresholds and their measures."""
    run("train", "digits/manifest.jsonl", "-o", "m.npz", "--label", "labels")
    model = Model.load("m.npz")
    assert set(model.named.names) == {"zero", "one", "two", "three", "four", "even", "odd", "prime"}
    assert len(model.named.thresholds) == 8
    (found,) = run("evaluate", "m.npz", "digits/manifest.jsonl", "--json").records
    assert {"micro_f1", "macro_f1", "hit_at_1", "gap"} < set(found)
    assert found["micro_f1"] > 0.6
    assert found["gap"] > 0.6
    records = run("predict", "m.npz", "digits/manifest.jsonl", "--split", "test").records
    for record in records:
        chosen = [name for name, at in zip(model.named.names, model.named.thresholds, strict=True)
                  if record["probabilities"][name] >= at]  # fmt: skip
        assert record["labels"] == chosen


def test_modalities_can_be_left_out(folder, run):
    run("train", "digits/manifest.jsonl", "-o", "m.npz", "--audio", "none", "--text", "words")
    assert Model.load("m.npz").modalities == ("image", "text")


@pytest.mark.parametrize("fusion", ["late", "concat"])
def test_what_is_missing_is_no_crash(folder, run, fusion):
    """A third of the samples has no sound, another third no text; in training and afterwards."""

    def drop(record, at):
        gone = {0: "audio", 1: "text"}.get(at % 3)
        return {key: value for key, value in record.items() if key != gone}

    rewrite("digits/manifest.jsonl", drop)
    run("train", "digits/manifest.jsonl", "-o", "m.npz", "--fusion", fusion)
    (found,) = run("evaluate", "m.npz", "digits/manifest.jsonl", "--json").records
    assert found["rows"] == 20
    assert found["accuracy"] > 0.4


def test_what_cannot_be_read_is_listed_and_skipped(folder, run):
    def spoil(record, at):
        if at == 3:
            return "{not json"
        if at == 5:
            return {**record, "audio": "audio/none.wav"}
        if at == 62:
            return {**record, "image": "manifest.jsonl"}
        return {key: value for key, value in record.items() if key != "label"} if at == 7 else record

    rewrite("digits/manifest.jsonl", spoil)
    ran = run("train", "digits/manifest.jsonl", "-o", "m.npz", "--json", expect=3)
    assert ran.records[0]["samples"] == 57
    assert ran.records[0]["skipped"] == 3
    assert "skipped: digits/manifest.jsonl, line 4: not JSON" in ran.err
    assert "line 6: digits/audio/none.wav" in ran.err
    assert "line 8: it has no 'label'" in ran.err
    ran = run("predict", "m.npz", "digits/manifest.jsonl", "--split", "test", expect=3)
    wrong = [record for record in ran.records if "error" in record]
    assert [record["line"] for record in wrong] == [4, 63]  # of line 4 nobody knows which split it is
    assert "line 63" in ran.err
    assert len(ran.records) == 21


def test_images_of_another_size_are_brought_to_it(folder, run):
    from PIL import Image

    run("train", "digits/manifest.jsonl", "-o", "m.npz", "--audio", "none", "--text", "none")
    (before,) = run("evaluate", "m.npz", "digits/manifest.jsonl", "--json").records
    for path in Path("digits/image").glob("*.png"):
        Image.open(path).resize((32, 32), Image.Resampling.NEAREST).save(path)
    (after,) = run("evaluate", "m.npz", "digits/manifest.jsonl", "--json").records
    assert after["rows"] == 20
    assert abs(after["accuracy"] - before["accuracy"]) <= 0.15


def test_sounds_of_another_rate_are_resampled(folder):
    import soundfile

    model = Model.load("digits/model.npz")
    sample = read_manifest("digits/manifest.jsonl", split="test").samples[0]
    seconds = np.arange(8000) / 8000
    tone = np.sin(2 * np.pi * 440 * seconds) * np.sin(np.pi * seconds)
    soundfile.write(sample.audio, tone, 8000)
    here = model.features([sample])[0]["audio"]
    finer = np.arange(16000) / 16000
    soundfile.write(sample.audio, np.sin(2 * np.pi * 440 * finer) * np.sin(np.pi * finer), 16000)
    there = model.features([sample])[0]["audio"]
    assert np.abs(there - here).max() < 0.05 * np.abs(here).max()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("train", "digits/manifest.jsonl", "-o", "m.npz", "--image", "hgo"), 2, "called 'hgo'; did you mean 'hog'?"),
        (("train", "digits/manifest.jsonl", "-o", "m.npz", "--audio", "kaldi/mfc"), 2, "did you mean 'kaldi/mfcc'"),
        (("train", "digits/manifest.jsonl", "-o", "m.npz", "--text", "bag"), 2, "no features of text are called 'bag'"),
        (("train", "digits/manifest.jsonl", "-o", "m.npz", "--split", "dev"), 5, "nothing matched: no line"),
        (("train", "none.jsonl", "-o", "m.npz"), 3, "none.jsonl cannot be read"),
        (("train", "digits/manifest.jsonl", "-o", "digits/model.npz"), 3, "exists already"),
        (("evaluate", "digits/sound.npy", "digits/manifest.jsonl"), 3, "is no model of featkit's"),
        (("evaluate", "digits/manifest.jsonl", "digits/manifest.jsonl"), 3, "is no model of featkit's"),
        (("predict", "none.npz", "digits/manifest.jsonl"), 3, "none.npz cannot be read"),
        (("fuse", "digits/sound.npy", "-o", "f.npy"), 2, "give two at least"),
        (("fuse", *_BOTH, "--weights", "1,2"), 2, "--weights belong to --how mean"),
        (("fuse", *_BOTH, "--how", "mean", "--weights", "1,b"), 2, "no numbers"),
        (("fuse", *_BOTH, "--how", "mean", "--weights", "1"), 3, "1 weights for 2"),
    ],
)  # fmt: skip
def test_what_is_said_when_it_goes_wrong(folder, run, arguments, code, message):
    ran = run(*arguments, expect=code)
    assert message in ran.err
    assert not Path("m.npz").exists()
    assert not Path("f.npy").exists()


def test_a_damaged_model_is_refused(folder, run):
    whole = Path("digits/model.npz").read_bytes()
    rng = np.random.default_rng(0)
    for at in rng.integers(0, len(whole), 25):
        spoilt = bytearray(whole)
        spoilt[at] ^= 0x55
        Path("m.npz").write_bytes(spoilt)
        ran = run("evaluate", "m.npz", "digits/manifest.jsonl", "--json", expect=None)
        if ran.code:  # else a byte that the archive says twice
            assert ran.code == 3
            assert "is damaged" in ran.err or "is no model" in ran.err
        else:
            assert ran.records == run("evaluate", "digits/model.npz", "digits/manifest.jsonl", "--json").records
    Path("m.npz").write_bytes(whole[: len(whole) // 2])
    assert "is damaged" in run("evaluate", "m.npz", "digits/manifest.jsonl", expect=3).err


def test_info_says_what_a_model_is(folder, run):
    (told,) = run("info", "digits/model.npz", "--json").records
    assert told["kind"] == "model"
    assert told["facts"]["features"] == {"audio": "mfcc", "image": "hog", "text": "tfidf"}
    assert "WeightedProduct" in told["stages"]["head"]
    assert "samples: 60" in run("info", "digits/model.npz").out


# --- fuse -------------------------------------------------------------------------------------------------------------


def test_fuse_puts_columns_side_by_side(folder, run):
    run("fuse", "digits/sound.npy", "digits/picture.npy", "-o", "f.npy")
    parts = [np.load(f"digits/{name}.npy") for name in ("sound", "picture")]
    np.testing.assert_array_equal(np.load("f.npy"), np.concatenate(parts, axis=1))
    assert json.loads(Path("f.npy.json").read_text())["pipeline"].startswith("SideBySide(")
    assert "exists already" in run("fuse", "digits/sound.npy", "digits/picture.npy", "-o", "f.npy", expect=3).err


def test_fuse_averages(folder, run):
    (told,) = run(
        "fuse", "digits/sound.npy", "digits/picture.npy", "-o", "f.npy", "--how", "mean", "--weights", "3,1", "--json"
    ).records
    one, other = (np.load(f"digits/{name}.npy") for name in ("sound", "picture"))
    np.testing.assert_allclose(np.load("f.npy"), 0.75 * one + 0.25 * other, rtol=1e-6)
    assert told["shape"] == list(one.shape)


def test_fuse_scales(folder, run):
    np.save("far.npy", 1000 * np.load("digits/picture.npy"))
    run("fuse", "digits/sound.npy", "far.npy", "-o", "f.npy", "--scaling", "block")
    fused = np.load("f.npy")
    np.testing.assert_allclose([fused[:, :5].var(axis=0).sum(), fused[:, 5:].var(axis=0).sum()], 1, rtol=1e-5)


def test_fuse_wants_rows_that_belong_together(folder, run):
    np.save("short.npy", np.zeros((3, 5), np.float32))
    np.save("flat.npy", np.zeros(20, np.float32))
    np.save("narrow.npy", np.zeros((20, 2), np.float32))
    assert "3 of 1 short.npy" in run("fuse", "digits/sound.npy", "short.npy", "-o", "f.npy", expect=3).err
    assert "rows of features are needed" in run("fuse", "digits/sound.npy", "flat.npy", "-o", "f.npy", expect=3).err
    ran = run("fuse", "digits/sound.npy", "narrow.npy", "-o", "f.npy", "--how", "mean", expect=3)
    assert "modalities of one width" in ran.err


# --- the example, and the shared task ---------------------------------------------------------------------------------


def test_the_example_shows_what_each_modality_adds(capsys):
    found = example("multimodal").main(learned=100, seen=100)
    alone = [found[f"{name}: late"] for name in ("audio", "image", "text")]
    pairs = [right for names, right in found.items() if names.count("+") == 1 and names.endswith("late")]
    assert found["audio + image + text: late"] > max(alone)
    assert found["audio + image + text: late"] >= max(pairs)
    assert len(capsys.readouterr().out.splitlines()) == len(found)


@pytest.mark.shared
def test_the_digits_of_the_shared_task(shared, tmp_path, run):
    """Learned from a third of its training part, to be done in time; the whole is in docs/fusion.md."""
    import tarfile

    with tarfile.open(shared / "multimodal/data.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    lines = lines_of(shared / "multimodal/manifest.jsonl")
    kept = [line for line in lines if line["split"] == "test"] + [line for line in lines if line["split"] == "train"][
        :430
    ]
    (tmp_path / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in kept))
    run("train", tmp_path / "manifest.jsonl", "-o", tmp_path / "m.npz")
    (found,) = run("evaluate", tmp_path / "m.npz", tmp_path / "manifest.jsonl", "--json").records
    assert found["rows"] == 500
    assert found["accuracy"] >= 0.955
