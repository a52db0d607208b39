"""``featkit embed``: vectors of words from the command line, files of them, and trainings that are ended and go on."""

import itertools
import json
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

import featkit
from featkit.cli import embed as module
from featkit.errors import ReadError
from featkit.files.checkpoint import load_checkpoint
from featkit.files.vectors import load_analogies, load_judgements

WORDS = ["the", "cat", "dog", "sat", "ran", "on", "a", "mat", "red", "blue"]


@pytest.fixture
def corpus(here):
    rng = np.random.default_rng(1)
    lines = [" ".join(rng.choice(WORDS, 12)) for _ in range(300)]
    Path("corpus.txt").write_text("\n".join(lines) + "\n", "utf-8")
    return "corpus.txt"


@pytest.fixture
def vectors(here):
    terms = ["man", "king", "woman", "queen", "apple"]
    words = featkit.WordVectors(
        featkit.Strings(terms), np.float32([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1]]), np.arange(9, 4, -1)
    )
    featkit.write_vectors("v.npy", words)
    return words


@pytest.mark.parametrize("model", ["skipgram", "cbow", "glove"])
def test_vectors_are_those_of_the_learner(run, corpus, model):
    ran = run(
        "embed",
        corpus,
        "--model",
        model,
        "--dim",
        8,
        "--window",
        3,
        "--epochs",
        2,
        "--tokenizer",
        "word1",
        "-o",
        "v.npy",
    )
    assert ran.err.startswith("ok: 3,600 tokens -> v.npy (10 words, 8 values each)")
    kind = featkit.GloVe if model == "glove" else lambda **options: featkit.Word2Vec(model, **options)
    pipeline = featkit.LowerCase() | featkit.Words(1) | kind(dim=8, window=3, epochs=2)
    assert featkit.load_vectors("v.npy") == pipeline.fit(featkit.documents(corpus)).stages[-1]


def test_every_option_reaches_its_learner(run, corpus, monkeypatch):
    seen = []

    def caught(learner, *_):
        seen.append(learner)
        raise featkit.InputError("that will do")

    monkeypatch.setattr(module, "_trained", caught)
    run("embed", corpus, "--objective", "softmax", "--negatives", 7, "--exponent", 0.5, "--sample", 0, "--min-count", 2,
        "--rate", 0.1, "--last-rate", 0.01, "--seed", 9, "--window", 4, "--epochs", 6,
        "--dim", 3, "-o", "v.npy", expect=3)  # fmt: skip
    run(
        "embed",
        corpus,
        "--model",
        "glove",
        "--x-max",
        0,
        "--alpha",
        0.5,
        "--left-only",
        "--no-distance",
        "-o",
        "v.npy",
        expect=3,
    )
    assert seen == [
        featkit.Word2Vec("skipgram", "softmax", 3, 4, 7, 0.5, 0.0, 2, 6, 0.1, 0.01, 9),
        featkit.GloVe(x_max=None, alpha=0.5, symmetric=False, by_distance=False),
    ]


@pytest.mark.parametrize("name", ["v.npy", "v.bin", "v.vec"])
def test_formats(run, corpus, name):
    run("embed", corpus, "--dim", 4, "--epochs", 1, "-o", name)
    words = featkit.load_vectors(name)
    assert words.vectors.shape == (9, 4)
    run("embed", corpus, "--dim", 4, "--epochs", 1, "-o", "again.npy")
    assert words.with_(counts=None) == featkit.load_vectors("again.npy").with_(counts=None)


def test_nothing_is_replaced_unasked_and_no_work_done_in_vain(run, corpus):
    run("embed", corpus, "--dim", 4, "-o", "v.npy")
    began = time.monotonic()
    refused = run("embed", corpus, "--epochs", 10**6, "-o", "v.npy", expect=3).err
    assert "v.npy exists, made with other settings or from another corpus" in refused
    assert time.monotonic() - began < 5
    run("embed", corpus, "--dim", 5, "-o", "v.npy", "--overwrite")
    assert featkit.load_vectors("v.npy").dim == 5
    assert "is an input" in run("embed", corpus, "-o", corpus, "--overwrite", expect=3).err
    Path("v.npy.json").unlink()
    assert "v.npy exists already" in run("embed", corpus, "--dim", 5, "-o", "v.npy", expect=3).err


@pytest.mark.parametrize("name", ["v.npy", "v.vec"])
def test_the_sidecar_tells_how_vectors_were_made(run, corpus, name):
    run("embed", corpus, "--dim", 4, "--epochs", 2, "--workers", 2, "-o", name)
    made = json.loads(Path(f"{name}.json").read_text())
    pipeline = featkit.LowerCase() | featkit.Words() | featkit.Word2Vec(dim=4, epochs=2)
    assert made["pipeline"] == repr(pipeline)
    told = [made[key] for key in ("featkit", "model", "dimension", "words", "tokens", "workers", "shape", "dtype")]
    assert told == [featkit.__version__, "skipgram", 4, 9, 3252, 2, [9, 4], "float32"]
    assert made["bytes"] == Path(name).stat().st_size
    assert made["input"]["path"] == corpus
    assert ("words_in" in made) == name.endswith(".npy")


def test_info_shows_how_vectors_were_made(run, corpus):
    run("embed", corpus, "--model", "glove", "--dim", 4, "--epochs", 1, "-o", "v.npy")
    shown = run("info", "v.npy").out
    assert "shape: 9 x 4" in shown
    for line in (
        f"featkit: {featkit.__version__}",
        f"numpy: {np.__version__}",
        "model: glove",
        "dimension: 4",
        "words: 9",
    ):
        assert f"  {line}\n" in shown
    assert "    GloVe(dim=4, " in shown
    assert "terms:" not in shown  # columns are no words


@pytest.mark.parametrize(
    "arguments", [("v.npy",), ("v.npy", "--model", "cbow"), ("v.npy", "--model", "glove"), ("v.vec",), ("v.bin",)]
)
def test_what_is_up_to_date_is_skipped(run, corpus, arguments):
    out, *options = arguments
    again = ["embed", corpus, "--dim", 4, "--epochs", 1, *options, "-o", out]
    assert run(*again).err.startswith("ok: ")
    before = Path(out).stat().st_mtime_ns
    assert run(*again).err == f"skipped: corpus.txt -> {out} (up to date)\n"
    assert run(*again, "-q").err == ""
    assert Path(out).stat().st_mtime_ns == before
    Path(corpus).write_text(Path(corpus).read_text() + "the cat\n")
    assert "from another corpus" in run(*again, expect=3).err
    assert run(*again, "--overwrite").err.startswith("ok: 3,254 tokens")
    Path(out).write_bytes(Path(out).read_bytes()[:-1])
    assert "made with other settings" in run(*again, expect=3).err


@pytest.mark.parametrize("beside", ["v.npy.vocab.txt", "v.npy.counts.npy"])
def test_vectors_without_what_belongs_beside_them_are_not_up_to_date(run, corpus, beside):
    run("embed", corpus, "--dim", 4, "--epochs", 1, "-o", "v.npy")
    Path(beside).unlink()
    assert "use --overwrite" in run("embed", corpus, "--dim", 4, "--epochs", 1, "-o", "v.npy", expect=3).err


def test_a_corpus_of_several_files_is_one_input(run, corpus):
    Path("more.txt").write_text("the cat sat\n")
    again = ["embed", corpus, "more.txt", "--dim", 4, "--epochs", 1, "-o", "v.npy"]
    run(*again)
    assert json.loads(Path("v.npy.json").read_text())["input"]["files"] == 2
    assert run(*again).err == "skipped: corpus.txt and 1 more -> v.npy (up to date)\n"


def test_other_vectors_have_no_sidecar_of_those_they_replace(run, corpus, vectors):
    run("embed", corpus, "--dim", 4, "--epochs", 1, "-o", "v.npy", "--overwrite")
    assert Path("v.npy.json").exists()
    featkit.write_vectors("v.npy", vectors, overwrite=True)
    assert not Path("v.npy.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "glove", "--negatives", "3"], "--negatives is none of glove's options"),
        (["--model", "glove", "--workers", "2"], "--workers is none of glove's options"),
        (["--x-max", "3"], "--x-max is none of skipgram's options"),
        (["--rate", "-1"], "rate must be finite and above 0"),
        (["--tokenizer", "wrod"], "did you mean 'word'"),
        (["--min-count", "1000"], "none of 9 words occurs 1000 times"),
        (["--encoding", "utf-9"], "utf-9"),
    ],
)
def test_what_is_wrong_is_said(run, corpus, arguments, message):
    ran = run("embed", corpus, *arguments, "-o", "v.npy", expect=None)
    assert ran.code in (2, 3)
    assert message in ran.err
    assert not Path("v.npy").exists()


def test_an_output_needs_a_known_ending(run, corpus):
    assert "NAME.npy" in run("embed", corpus, "-o", "v.csv", expect=2).err


@pytest.mark.parametrize("model", ["skipgram", "glove"])
def test_a_training_that_is_killed_goes_on_to_the_same_bytes(corpus, process, model):
    """A process of its own, killed so that it can't tidy up, as soon as it has saved once."""
    words = [*(f"w{n}" for n in range(200)), *WORDS]
    rng = np.random.default_rng(2)
    Path("corpus.txt").write_text("\n".join(" ".join(rng.choice(words, 400)) for _ in range(1500)), "utf-8")
    arguments = ["embed", "corpus.txt", "--model", model, "--dim", "20", "--epochs", "12", "-q"]
    whole = process(*arguments, "-o", "whole.npy")
    assert whole.wait() == 0
    again = [*arguments, "-o", "v.npy", "--checkpoint", "x.ckpt", "--every", "0"]
    killed = process(*again)
    while not Path("x.ckpt").exists():
        assert killed.poll() is None, "it ended before it was saved once"
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not Path("v.npy").exists()
    assert 0 < load_checkpoint("x.ckpt").share < 1
    resumed = process(*again)
    assert resumed.wait() == 0
    assert not Path("x.ckpt").exists()
    assert Path("v.npy").read_bytes() == Path("whole.npy").read_bytes()


@pytest.fixture
def process(command):
    """Commands as processes of their own, ended with the test."""
    started = []

    def start(*arguments):
        started.append(subprocess.Popen([*command, *arguments]))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.wait()


def test_a_checkpoint_of_another_training_is_refused(run, corpus):
    learner = featkit.Word2Vec(dim=4, epochs=3)
    statistics = (featkit.LowerCase() | featkit.Words())(list(Path(corpus).read_text().splitlines()))
    corpus_ = learner.update(learner.start(), statistics)
    from featkit.files.checkpoint import write_checkpoint

    write_checkpoint("x.ckpt", next(learner.trainings(corpus_)))
    ran = run("embed", corpus, "--dim", 4, "--epochs", 4, "-o", "v.npy", "--checkpoint", "x.ckpt", expect=3)
    assert "the training was begun for Word2Vec" in ran.err
    Path("x.ckpt").write_bytes(b"nonsense")
    assert (
        "cannot be read as a checkpoint" in run("embed", corpus, "-o", "v.npy", "--checkpoint", "x.ckpt", expect=3).err
    )


def test_similar(run, vectors):
    lines = run("embed", "similar", "v.npy", "king", "woman", "--minus", "man", "-n", 2).out.splitlines()
    assert lines[0].split("\t")[1] == "queen"
    assert len(lines) == 2
    assert "did you mean 'king'" in run("embed", "similar", "v.npy", "kign", expect=3).err


def test_evaluate(run, vectors):
    Path("pairs.tsv").write_text("# pairs\nMan\tking\t5\nman\tqueen\t1\nman\tapple\t3\nman\tpear\t2\n")
    assert run("embed", "evaluate", "v.npy", "pairs.tsv").out.splitlines()[1] == "1.0000\t0.9392\t3\t1"
    Path("q.txt").write_text(": family\nman king woman queen\nman king boy prince\n")
    assert run("embed", "evaluate", "v.npy", "q.txt").out.splitlines()[1:] == [
        "family\t1\t1\t1\t1.0000",
        "total\t1\t1\t1\t1.0000",
    ]
    counted = run("embed", "evaluate", "v.npy", "q.txt", "--count-missing").out.splitlines()
    assert counted[-1] == "total\t1\t2\t1\t0.5000"


@pytest.mark.parametrize("how", ["mean", "tfidf", "sif"])
def test_documents(run, vectors, how):
    Path("d.txt").write_text("king queen\nThe king\n\nman man apple\n")
    ran = run("embed", "documents", "v.npy", "d.txt", "--how", how, "-o", "d.npy")
    assert "ok: 4 documents -> d.npy (3 values each)" in ran.err
    stage = {"mean": vectors, "tfidf": featkit.TfIdfVectors(vectors), "sif": featkit.SifVectors(vectors)}[how]
    tokens = (featkit.LowerCase() | featkit.Words())(Path("d.txt").read_text().splitlines())
    stage = stage if how == "mean" else stage.fit([tokens])
    assert np.load("d.npy").tobytes() == stage(tokens).tobytes()


def test_documents_have_a_sidecar_too(run, vectors):
    Path("d.txt").write_text("king queen\nThe king\n")
    again = ["embed", "documents", "v.npy", "d.txt", "--how", "sif", "--unknown", "zero", "-o", "d.npy"]
    run(*again)
    made = json.loads(Path("d.npy.json").read_text())
    assert made["pipeline"].endswith("| SifVectors(smoothing=0.001, components=1, unknown='zero')")
    assert (made["vectors"]["path"], made["shape"], made["dtype"]) == ("v.npy", [2, 3], "float32")
    assert run(*again).err == "skipped: d.txt -> d.npy (up to date)\n"
    featkit.write_vectors("v.npy", vectors.with_(vectors=2 * vectors.vectors), overwrite=True)
    assert "made with other settings" in run(*again, expect=3).err
    assert "d.npy is an input" not in run(*again, "--overwrite").err


def test_sif_needs_counts(run, vectors):
    Path("d.txt").write_text("king\n")
    featkit.write_vectors("v.vec", vectors)
    assert (
        "have no counts with them"
        in run("embed", "documents", "v.vec", "d.txt", "--how", "sif", "-o", "d.npy", expect=2).err
    )
    assert (
        "belongs to --how sif"
        in run("embed", "documents", "v.npy", "d.txt", "--components", 2, "-o", "d.npy", expect=2).err
    )


# --- files ------------------------------------------------------------------------------------------------------------


def test_words_with_spaces_need_npy(here):
    words = featkit.WordVectors(featkit.Strings(["new york", "a\nb", "c\\d"]), np.eye(3))
    featkit.write_vectors("v.npy", words)
    assert featkit.load_vectors("v.npy") == words
    with pytest.raises(featkit.InputError, match="'new york' has a space"):
        featkit.write_vectors("v.vec", words)
    assert not Path("v.vec").exists()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_npy_keeps_every_bit_and_text_those_of_float32(here, dtype):
    rng = np.random.default_rng(3)
    values = (rng.standard_normal((20, 5)) * 10.0 ** rng.integers(-4, 4, (20, 1))).astype(dtype)
    words = featkit.WordVectors(featkit.Strings([f"w{n}" for n in range(20)]), values)
    featkit.write_vectors("v.npy", words)
    assert featkit.load_vectors("v.npy") == words
    for name, kind in itertools.product(["v.vec", "v.bin", "v.txt"], [None]):
        featkit.write_vectors(name, words, format=kind)
        assert featkit.load_vectors(name).vectors.tobytes() == values.astype(np.float32).tobytes()


def test_compressed_text_is_read(here):
    import gzip

    Path("v.txt.gz").write_bytes(gzip.compress(b"cat 1 2\ndog 3 4\n"))
    assert featkit.load_vectors("v.txt.gz").vector("dog").tolist() == [3, 4]


def test_words_of_glove_may_hold_spaces(here):
    Path("v.txt").write_text("cat 1 2\n. . 3 4\n")
    assert list(featkit.load_vectors("v.txt").terms) == ["cat", ". ."]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("v.vec", b"3 2\ncat 1 2\n", "cut short: it has 1 of 3"),
        ("v.vec", b"1 2\ncat 1 x\n", "line 2 of v.vec"),
        ("v.txt", b"cat\n", "no vectors in its first line"),
        ("v.txt", b"", "no vectors in its first line"),
        ("v.txt", b"\xff\xfe 1 2\n", "not UTF-8"),
        ("v.bin", b"cat 1 2\n", "no binary file of word2vec"),
        ("v.bin", b"2 2\ncat 12345678", "cut short: it has 1 of 2"),
        ("v.npy", b"nonsense", "cannot be read as .npy"),
    ],
)
def test_damaged_files_are_told(here, name, data, message):
    Path(name).write_bytes(data)
    with pytest.raises(ReadError, match=message):
        featkit.load_vectors(name)


def test_vectors_without_their_words_are_told(here, vectors):
    Path("v.npy.vocab.txt").write_text("man\n")
    with pytest.raises(ReadError, match="don't belong together"):
        featkit.load_vectors("v.npy")
    Path("v.npy.vocab.txt").unlink()
    with pytest.raises(ReadError, match="is not beside it"):
        featkit.load_vectors("v.npy")


def test_files_to_judge_by(here):
    Path("p.tsv").write_bytes("\ufeffWord 1\tWord 2\tHuman\r\nlove\tsex\t6.77\r\n".encode())
    assert load_judgements("p.tsv") == [("love", "sex", 6.77)]
    Path("p.tsv").write_text("a\tb\t1\na b c\n")
    with pytest.raises(ReadError, match="line 2"):
        load_judgements("p.tsv")
    Path("q.txt").write_text("a b c\n")
    with pytest.raises(ReadError, match="line 1"):
        load_analogies("q.txt")
