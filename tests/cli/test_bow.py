"""``featkit bow`` and ``featkit vocab``: from a corpus to a matrix and its vocabulary."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer

import featkit
from featkit.files.counting import Tallies, count
from featkit.files.csr import load_csr
from featkit.files.parallel import Workers
from featkit.files.vocabulary import load_counts

TEST = "this is a test\nthis is another test\n"
DOCUMENTS = [
    "The cat sat on the mat, and the dog sat on the cat.",
    "A dog's life: don't panic!",
    "",
    "Über Fußmatten und naïve Cafés; ÜBER Katzen.",
    "我们喜欢猫 and they like us 2 times_2",
    "the mat the mat the mat",
    "  white\t\tspace  ",
]


@pytest.fixture
def corpus(here):
    Path("corpus.txt").write_text("\n".join(DOCUMENTS) + "\n", "utf-8")
    return "corpus.txt"


@pytest.fixture
def test_txt(here):
    Path("test.txt").write_text(TEST)
    return "test.txt"


def terms(path):
    return list(featkit.load_vocabulary(path))


# --- outputs ----------------------------------------------------------------------------------------------------------


def test_dense_beside_the_corpus(run, test_txt, left):
    ran = run("bow", test_txt)
    assert ran.err.splitlines() == ["ok: test.txt -> test.bow.npy (2 x 4 int64)", "1 ok · 0 failed · 0 skipped"]
    assert left(but=[test_txt]) == ["test.bow.npy", "test.bow.npy.json", "test.bow.npy.vocab.txt"]
    np.testing.assert_array_equal(np.load("test.bow.npy"), [[0, 1, 1, 1], [1, 1, 1, 1]])
    assert Path("test.bow.npy.vocab.txt").read_text() == "another\nis\ntest\nthis\n"
    made = json.loads(Path("test.bow.npy.json").read_text())
    assert made["pipeline"].startswith("LowerCase() | Words(shortest=2) | Vocabulary(min_df=1,")
    assert repr(featkit.parse(made["pipeline"])) == made["pipeline"]
    assert (made["shape"], made["stored"], made["density"]) == ([2, 4], 7, 0.875)
    assert (made["vocabulary"], made["input"]["path"]) == ("test.bow.npy.vocab.txt", test_txt)


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        (["--sparse"], "test.bow.npz"),
        (["-o", "x.npz"], "x.npz"),
        (["-o", "a/b.npz", "--sparse"], "a/b.npz"),
        (["-o", "a/", "--sparse"], "a/test.bow.npz"),
        (["-o", "x.npy"], "x.npy"),
        (["-o", "a/"], "a/test.bow.npy"),
    ],
)
def test_where_it_goes(run, test_txt, left, arguments, made):
    run("bow", test_txt, *arguments)
    assert left(but=[test_txt]) == sorted([made, f"{made}.json", f"{made}.vocab.txt"])
    matrix = sparse.load_npz(made).toarray() if made.endswith(".npz") else np.load(made)
    np.testing.assert_array_equal(matrix, [[0, 1, 1, 1], [1, 1, 1, 1]])


def test_standard_input_and_output(run, here, left):
    ran = run("bow", "-", "-q", stdin=TEST.encode())
    np.testing.assert_array_equal(np.load(io.BytesIO(ran.bytes)), [[0, 1, 1, 1], [1, 1, 1, 1]])
    ran = run("bow", "-", "--sparse", "-o", "-", stdin=gzip.compress(TEST.encode()))
    np.testing.assert_array_equal(sparse.load_npz(io.BytesIO(ran.bytes)).toarray(), [[0, 1, 1, 1], [1, 1, 1, 1]])
    assert left() == []
    run("bow", "-", "-o", "x.npy", stdin=TEST.encode())
    assert terms("x.npy.vocab.txt") == ["another", "is", "test", "this"]
    assert (
        "exists, made with other settings or from another corpus"
        in run("bow", "-", "-o", "x.npy", stdin=TEST.encode(), expect=3).err
    )  # who knows what comes in next time


def test_json(run, test_txt):
    first, summary = run("bow", test_txt, "--json", "-q").records
    assert first == {
        "input": test_txt,
        "output": "test.bow.npy",
        "status": "ok",
        "shape": [2, 4],
        "dtype": "int64",
        "stored": 7,
        "density": 0.875,
        "vocabulary": "test.bow.npy.vocab.txt",
    }
    assert summary["summary"]["ok"] == 1


def test_several_files_are_one_corpus(run, here):
    Path("1.txt").write_text("this is a test")
    Path("2.txt").write_text("this is another test\n")
    run("bow", "1.txt", "2.txt", "-o", "x.npy")
    np.testing.assert_array_equal(np.load("x.npy"), [[0, 1, 1, 1], [1, 1, 1, 1]])
    assert "give -o OUT" in run("bow", "1.txt", "2.txt", expect=2).err
    assert "up to date" in run("bow", "1.txt", "2.txt", "-o", "x.npy").err
    os.utime("2.txt", ns=(0, 0))
    assert "from another corpus" in run("bow", "1.txt", "2.txt", "-o", "x.npy", expect=3).err


# --- the same as scikit-learn -----------------------------------------------------------------------------------------

COUNTS = [
    ([], {}),
    (["--tokenizer", "word1"], {"token_pattern": r"(?u)\b\w+\b"}),
    (["--tokenizer", r"regex:[a-z]+"], {"token_pattern": r"[a-z]+"}),
    (["--tokenizer", "whitespace"], {"tokenizer": str.split, "token_pattern": None}),
    (["--tokenizer", "char", "--ngrams", "2-3"], {"analyzer": "char", "ngram_range": (2, 3)}),
    (["--tokenizer", "char_wb", "--ngrams", "2"], {"analyzer": "char_wb", "ngram_range": (2, 2)}),
    (["--ngrams", "1-2"], {"ngram_range": (1, 2)}),
    (["--ngrams", "2", "--stop-words", "english"], {"ngram_range": (2, 2), "stop_words": "english"}),
    (["--no-lowercase", "--binary"], {"lowercase": False, "binary": True}),
    (["--strip-accents"], {"strip_accents": "unicode"}),
    (["--min-df", "2"], {"min_df": 2}),
    (["--max-df", "0.3"], {"max_df": 0.3}),
    (["--min-df", "0.2", "--max-df", "3"], {"min_df": 0.2, "max_df": 3}),
    (["--max-features", "3"], {"max_features": 3}),
    (["--max-features", "5", "--ngrams", "1-2", "--max-df", "1.0"], {"max_features": 5, "ngram_range": (1, 2)}),
]


@pytest.mark.parametrize(("arguments", "options"), COUNTS, ids=lambda value: " ".join(map(str, value)) or "defaults")
def test_counts_are_scikit_learns(run, corpus, arguments, options):
    vectorizer = CountVectorizer(**options)
    want = vectorizer.fit_transform(DOCUMENTS)
    run("bow", corpus, "--sparse", *arguments)
    matrix = load_csr("corpus.bow.npz")
    assert terms("corpus.bow.npz.vocab.txt") == list(vectorizer.get_feature_names_out())
    assert matrix.dtype == want.dtype
    np.testing.assert_array_equal(matrix.toarray(), want.toarray())


def test_tfidf_is_scikit_learns(run, corpus):
    want = TfidfVectorizer(ngram_range=(1, 2)).fit_transform(DOCUMENTS)
    run("bow", corpus, "--tfidf", "--ngrams", "1-2")
    np.testing.assert_allclose(np.load("corpus.bow.npy"), want.toarray(), rtol=0, atol=1e-12)


def test_hashing_is_scikit_learns(run, corpus, left):
    want = HashingVectorizer(n_features=64, norm=None).transform(DOCUMENTS)
    run("bow", corpus, "--hash", "64")
    np.testing.assert_array_equal(np.load("corpus.bow.npy"), want.toarray())
    assert left(but=[corpus]) == ["corpus.bow.npy", "corpus.bow.npy.json"]


def test_stop_words_of_ones_own(run, test_txt):
    Path("stop.txt").write_text("is\nthis\n")
    run("bow", test_txt, "--stop-words", "stop.txt")
    assert terms("test.bow.npy.vocab.txt") == ["another", "test"]


def test_chinese_characters_and_pairs(run, here):
    Path("x.txt").write_text("我爱猫", "utf-8")
    run("bow", "x.txt", "--tokenizer", "cjk")
    assert terms("x.bow.npy.vocab.txt") == sorted(["我", "爱", "猫", "我爱", "爱猫"])


# --- a vocabulary that is there ---------------------------------------------------------------------------------------


def test_transform_only(run, corpus, test_txt, left):
    run("bow", test_txt)
    run("bow", corpus, "--vocabulary", "test.bow.npy.vocab.txt", "-o", "x.npy")
    want = CountVectorizer(vocabulary=["another", "is", "test", "this"]).transform(DOCUMENTS)
    np.testing.assert_array_equal(np.load("x.npy"), want.toarray())
    assert terms("x.npy.vocab.txt") == terms("test.bow.npy.vocab.txt")
    assert "up to date" in run("bow", corpus, "--vocabulary", "test.bow.npy.vocab.txt", "-o", "x.npy").err
    Path("test.bow.npy.vocab.txt").write_text("cat\n")
    assert (
        "with other settings"
        in run("bow", corpus, "--vocabulary", "test.bow.npy.vocab.txt", "-o", "x.npy", expect=3).err
    )


def test_tfidf_of_another_corpus(run, corpus, here):
    others = ["the cat and a mat", "dogs and cats"]
    Path("others.txt").write_text("\n".join(others))
    run("bow", corpus, "--tfidf", "--min-df", "2", "--vocab-out", "learned.npz")
    run("bow", "others.txt", "--tfidf", "--vocabulary", "learned.npz")
    want = TfidfVectorizer(min_df=2).fit(DOCUMENTS).transform(others)
    np.testing.assert_allclose(np.load("others.bow.npy"), want.toarray(), rtol=0, atol=1e-12)
    ran = run("bow", "others.txt", "--tfidf", "--vocabulary", "corpus.bow.npy.vocab.txt", "-o", "x.npy", expect=3)
    assert "corpus.bow.npy.vocab.txt has terms only, and --tfidf needs" in ran.err


def test_a_vocabulary_that_is_none(run, corpus, left):
    Path("twice.txt").write_text("a\na\n")
    assert "'a' twice" in run("bow", corpus, "--vocabulary", "twice.txt", expect=3).err
    Path("empty.txt").write_text("")
    assert "is empty" in run("bow", corpus, "--vocabulary", "empty.txt", expect=3).err
    assert "none.txt cannot be read" in run("bow", corpus, "--vocabulary", "none.txt", expect=3).err
    assert left(but=[corpus, "twice.txt", "empty.txt"]) == []


def test_vocab_out(run, test_txt):
    run("bow", test_txt, "--vocab-out", "v.npz")
    counts = load_counts("v.npz")
    assert list(counts.lexicon.strings) == terms("v.npz") == ["another", "is", "test", "this"]
    assert (counts.documents, counts.occurrences.tolist()) == (2, [1, 2, 2, 2])
    assert counts.document_frequencies.tolist() == [1, 2, 2, 2]
    assert "up to date" in run("bow", test_txt, "--vocab-out", "v.npz").err
    Path("v.npz").unlink()
    run("bow", test_txt, "--vocab-out", "v.npz", "--overwrite")
    assert load_counts("test.bow.npy.vocab.txt") is None


# --- again ------------------------------------------------------------------------------------------------------------


def test_up_to_date_or_refused(run, test_txt):
    run("bow", test_txt)
    assert "skipped: test.txt -> test.bow.npy (up to date)" in run("bow", test_txt).err
    ran = run("bow", test_txt, "--ngrams", "1-2", expect=3)
    assert "test.bow.npy exists, made with other settings or from another corpus; use --overwrite" in ran.err
    run("bow", test_txt, "--ngrams", "1-2", "--overwrite")
    assert "this is" in terms("test.bow.npy.vocab.txt")


@pytest.mark.parametrize("lost", ["test.bow.npz", "test.bow.npz.vocab.txt", "test.bow.npz.json"])
def test_what_is_lost_is_made_again(run, test_txt, lost, left):
    run("bow", test_txt, "--sparse")
    whole = Path(lost).read_bytes()
    Path(lost).unlink()
    expected = {"test.bow.npz": 0, "test.bow.npz.vocab.txt": 3, "test.bow.npz.json": 3}[lost]
    run("bow", test_txt, "--sparse", expect=expected)
    run("bow", test_txt, "--sparse", "--overwrite")
    assert Path(lost).read_bytes() == whole


def test_a_vocabulary_of_somebody_elses_is_not_replaced(run, test_txt, left):
    Path("test.bow.npy.vocab.txt").write_text("mine")
    assert "test.bow.npy.vocab.txt exists and would be replaced" in run("bow", test_txt, expect=3).err
    assert Path("test.bow.npy.vocab.txt").read_text() == "mine"
    assert left(but=[test_txt]) == ["test.bow.npy.vocab.txt"]


def test_inputs_are_never_replaced(run, test_txt):
    Path("words.txt").write_text("is\n")
    for arguments in (
        ["--vocab-out", test_txt],
        ["--vocabulary", "words.txt", "--vocab-out", "words.txt"],
    ):
        ran = run("bow", test_txt, *arguments, "--overwrite", expect=3)
        assert "is an input, and would be replaced" in ran.err
    Path("x.npy").write_bytes(Path(test_txt).read_bytes())
    assert "is an input" in run("bow", "x.npy", "-o", "x.npy", "--overwrite", expect=3).err
    assert Path(test_txt).read_text() == Path("x.npy").read_text() == TEST


def test_another_file_for_the_vocabulary_is_not_replaced(run, test_txt, left):
    Path("v.txt").write_text("mine")
    assert "v.txt exists and would be replaced" in run("bow", test_txt, "--vocab-out", "v.txt", expect=3).err
    assert left(but=[test_txt]) == ["v.txt"]


def test_equal_bytes_every_time(run, corpus):
    for name in ("a.npz", "b.npz"):
        run("bow", corpus, "-o", name, "--vocab-out", f"v{name}")
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    assert Path("va.npz").read_bytes() == Path("vb.npz").read_bytes()


# --- what is in the way -----------------------------------------------------------------------------------------------


def test_too_large_for_dense(run, test_txt, left):
    ran = run("bow", test_txt, "--dense-limit", "63", expect=3)
    assert "test.bow.npy would have 2 x 4 values, 64 bytes, and --dense-limit is 63 bytes; write a sparse" in ran.err
    assert left(but=[test_txt]) == []
    run("bow", test_txt, "--dense-limit", "64")
    run("bow", test_txt, "--dense-limit", "0", "--sparse")


@pytest.mark.parametrize(
    ("data", "arguments", "message"),
    [
        (b"", [], "x.txt holds no documents"),
        (b"", ["--hash", "9"], "x.txt holds no documents"),
        (b"a b\n", [], "no term is left of 0 in 1 documents"),
        (b"aa\nbb\n", ["--min-df", "2"], "no term is left of 2 in 2 documents"),
        (b"caf\xe9 cr\xe8me\n", [], "x.txt is not utf-8: byte 3 (line 1)"),
        (b"\xff\xfea\0", [], "give encoding='utf-16' (on the command line: --encoding utf-16)"),
    ],
)
def test_corpora_that_fail(run, here, left, data, arguments, message):
    Path("x.txt").write_bytes(data)
    ran = run("bow", "x.txt", *arguments, "--json", expect=3)
    assert message in ran.err
    assert ran.records[0]["status"] == "failed"
    assert left() == ["x.txt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "x.txt"], "give NAME.npy, NAME.npz"),
        (["-o", ""], "give NAME.npy, NAME.npz"),
        (["-o", "x.npy", "--sparse"], "x.npy is dense, and --sparse is a .npz"),
        (
            ["--hash", "9", "--min-df", "2"],
            "--min-df choose what goes into a vocabulary, and with --hash none is learned",
        ),
        (["--hash", "9", "--vocabulary", "v"], "--hash does without a vocabulary"),
        (["--vocabulary", "v", "--max-features", "2"], "with --vocabulary none is learned"),
        (["--vocab-out", "v.csv"], "give NAME.txt or NAME.npz"),
        (["--tokenizer", "wrod"], "no tokeniser 'wrod'; did you mean 'word'?"),
        (["--tokenizer", "regex:("], "is no regular expression"),
        (["--ngrams", "2-1"], "low=2, high=1"),
        (["--ngrams", "a"], "is no length of n-grams"),
        (["--min-df", "1.5"], "a share of them"),
        (["--max-df", "x"], "is no number of documents"),
        (["--encoding", "utf9"], "no encoding 'utf9'"),
        (["--dense-limit", "much"], "is no size, as 500M or 2G"),
        (["--column", "text"], "needs a table"),
        (["--documents", "csv"], "which column holds the documents is not said"),
        (["--jobs", "0"], "0 is not in the range"),
        (["--stop-words", "english", "--tokenizer", "char"], "stop words are words"),
        (["-o", "-", "--json"], "--json and the matrix both want standard output"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(run, test_txt, left, arguments, message):
    assert message in run("bow", test_txt, *arguments, expect=2).err
    assert left() == [test_txt]


def test_a_file_that_is_not_there(run, here, left):
    assert "no.txt cannot be read: no such file" in run("bow", "no.txt", expect=3).err
    assert "--documents files" in run("bow", ".", expect=3).err
    assert left() == []


# --- tables, JSON Lines, files ----------------------------------------------------------------------------------------


def test_tables_json_lines_and_files(run, here):
    Path("t.csv").write_text('label,text\n0,"this is\na test"\n1,this is another test\n')
    Path("t.tsv").write_text("0\tthis is a test\n1\tthis is another test\n")
    lines = TEST.splitlines()
    Path("t.jsonl").write_text("\n".join(json.dumps({"1": line}) for line in lines))
    Path("docs/a").mkdir(parents=True)
    Path("docs/a/1.txt").write_text(lines[0])
    Path("docs/a/2.txt").write_text(lines[1])
    for name, arguments in {
        "t.csv": ["--column", "text"],
        "t.tsv": ["--column", "1"],
        "t.jsonl": ["--column", "1"],
        "docs": ["--documents", "files"],
        "docs/*/*": ["--documents", "files"],
    }.items():
        run("bow", name, *arguments, "-o", "x.npy", "--overwrite")
        np.testing.assert_array_equal(np.load("x.npy"), [[0, 1, 1, 1], [1, 1, 1, 1]])
    run("bow", "docs", "--documents", "files")
    names = Path("docs.bow.npy.files.txt").read_text().splitlines()
    assert names == [os.path.join("docs", "a", name) for name in ("1.txt", "2.txt")]
    assert "up to date" in run("bow", "docs", "--documents", "files").err


@pytest.mark.shared
def test_the_zoo(run, here, shared):
    """A result, scikit-learn's of the same lines, or a clear error; ``run`` refuses a traceback."""
    codes = {}
    for path in sorted((shared / "text" / "zoo").glob("*.txt")):
        ran = run("bow", path, "-o", f"{path.stem}.npz", expect=None)
        codes[path.stem] = ran.code
        if ran.code:
            assert ran.err.startswith("failed: ")
            assert len(ran.err.splitlines()) == 2
            assert "; " in ran.err
            assert not Path(f"{path.stem}.npz").exists()
            continue
        vectorizer = CountVectorizer()
        want = vectorizer.fit_transform([document for block in featkit.documents(path) for document in block])
        assert terms(f"{path.stem}.npz.vocab.txt") == list(vectorizer.get_feature_names_out())
        assert (load_csr(f"{path.stem}.npz") != want).nnz == 0
    assert len(codes) == 28
    assert {name for name, code in codes.items() if code != 0} == {
        *("big5", "cp1252", "gb18030", "gbk", "latin1", "shift_jis", "invalid_utf8", "lone_surrogate_wtf8"),
        *("truncated_utf8", "utf16_be_bom", "utf16_le_bom", "utf16_le_no_bom", "utf32_bom", "empty", "only_whitespace"),
    }
    assert set(codes.values()) == {0, 3}


# --- info -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_info(run, test_txt, ending):
    run("bow", test_txt, "-o", f"x.{ending}", "-q")
    (facts,) = run("info", f"x.{ending}", "--json").records
    assert facts["shape"] == [2, 4]
    assert facts["terms"] == {"is": 2, "test": 2, "this": 2, "another": 1}
    assert facts["made"]["density"] == 0.875
    if ending == "npz":
        assert (facts["kind"], facts["stored"], facts["density"]) == ("csr", 7, 0.875)
    assert "terms:\n  is: 2\n  test: 2" in run("info", f"x.{ending}").out


def test_info_without_the_vocabulary_or_with_another(run, test_txt):
    run("bow", test_txt, "-o", "x.npz", "-q")
    Path("x.npz.vocab.txt").write_text("a\nb\nc\nd\ne\n")
    assert "terms" not in run("info", "x.npz", "--json").records[0]
    Path("x.npz.vocab.txt").unlink()
    assert "terms" not in run("info", "x.npz", "--json").records[0]


def test_info_shows_no_control_characters(run, here):
    Path("x.txt").write_bytes(b"a\x1b[31mb\nc\x07d\n")
    run("bow", "x.txt", "--tokenizer", "whitespace", "--sparse", "-q")
    out = run("info", "x.bow.npz").out
    assert r"a\x1b[31mb: 1" in out
    assert "\x1b" not in out


def test_info_on_a_damaged_matrix(run, test_txt):
    run("bow", test_txt, "-o", "x.npz", "-q")
    with np.load("x.npz") as archive:
        parts = dict(archive)
    parts["indices"][3] = 4
    np.savez("x.npz", **parts)
    assert "has an entry in another one: it is damaged" in run("info", "x.npz", expect=3).err


# --- merging vocabularies ---------------------------------------------------------------------------------------------


def test_halves_merged_are_the_whole(run, here):
    lines = [document for document in DOCUMENTS if document.strip()] * 3
    for name, part in {"one": lines[:7], "two": lines[7:], "all": lines}.items():
        Path(f"{name}.txt").write_text("\n".join(part), "utf-8")
        run("bow", f"{name}.txt", "--ngrams", "1-2", "--vocab-out", f"{name}.npz", "-q")
    ran = run("vocab", "merge", "one.bow.npy.vocab.txt", "two.bow.npy.vocab.txt", "-o", "both.txt")
    assert ran.err.startswith("ok: 2 vocabularies -> both.txt (")
    assert Path("both.txt").read_bytes() == Path("all.bow.npy.vocab.txt").read_bytes()
    assert run("vocab", "merge", "one.bow.npy.vocab.txt", "two.npz").bytes == Path("both.txt").read_bytes()
    run("vocab", "merge", "one.npz", "two.npz", "-o", "both.npz", "-q")
    assert Path("both.npz").read_bytes() == Path("all.npz").read_bytes()
    run("vocab", "merge", "one.npz", "two.bow.npy.vocab.txt", "-o", "terms.npz")
    assert load_counts("terms.npz") is None


def test_one_vocabulary_is_sorted(run, here):
    Path("a.txt").write_text("b\na\nb\n")
    assert run("vocab", "merge", "a.txt").out == "a\nb\n"


def test_merging_what_is_none(run, here, left):
    Path("a.txt").write_text("a\n")
    assert "give NAME.txt, NAME.npz or -" in run("vocab", "merge", "a.txt", "-o", "b.csv", expect=2).err
    assert "no.txt cannot be read" in run("vocab", "merge", "a.txt", "no.txt", "-o", "b.txt", expect=3).err
    assert "exists already" in run("vocab", "merge", "a.txt", "-o", "a.txt", expect=3).err
    assert left() == ["a.txt"]


# --- large corpora, several processes, interrupts -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A corpus of 40 MB."""
    return written(tmp_path_factory.mktemp("large") / "x.txt", 40)


def written(path, megabytes, words=20_000, seed=0):
    """A corpus with a long tail of words, as real ones have."""
    rng = np.random.default_rng(seed)
    known = np.array([f"{chr(97 + at % 26)}{np.base_repr(at * 7919, 36).lower()}" for at in range(words)])
    with open(path, "w") as file:
        size = 0
        while size < megabytes * 1_000_000:
            drawn = known[(words ** rng.random(20_000)).astype(int) - 1]
            text = "\n".join(" ".join(part) for part in np.array_split(drawn, 500)) + "\n"
            file.write(text)
            size += len(text)
    return path


@pytest.mark.parametrize("name", ["x.txt", "x.txt.gz", "x.csv"])
def test_jobs_make_the_same_bytes(spawn, here, name):
    written("x.txt", 18)  # three pieces
    Path("x.txt.gz").write_bytes(gzip.compress(Path("x.txt").read_bytes(), 1))
    Path("x.csv").write_bytes(Path("x.txt").read_bytes())
    column = ["--column", "0"] if name == "x.csv" else []
    for jobs in (1, 2):
        arguments = ["--max-features", "5000", "--tfidf", "--jobs", jobs, "--vocab-out", f"v{jobs}.npz"]
        spawn("bow", name, *column, "-o", f"{jobs}.npz", *arguments, "-q")
    for one, two in [("1.npz", "2.npz"), ("v1.npz", "v2.npz"), ("1.npz.vocab.txt", "2.npz.vocab.txt")]:
        assert Path(one).read_bytes() == Path(two).read_bytes()


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    "options", [{}, {"tfidf": True, "min_df": 2}, {"hashed": 50}, {"ngrams": (1, 2), "max_features": 100}], ids=str
)
def test_pieces_counted_are_the_whole_counted(here, jobs, options):
    path = written("x.txt", 0.2)
    pipeline = featkit.bow(**options)
    corpus = featkit.documents(path, size=3000)  # some seven pieces
    assert len(list(corpus.pieces())) > 5
    with Workers(jobs) as workers, Tallies(None) as tallies:
        counted = count(pipeline, corpus, workers, tallies)
        rows = sparse.vstack(list(counted.rows), format="csr")
        again = sparse.vstack(list(counted.rows), format="csr") if "hashed" not in options else rows
    documents = [document for block in corpus for document in block]
    fitted, (want,) = pipeline.fit_apply([documents])
    assert counted.pipeline == fitted
    assert counted.counts is None or counted.counts.documents == len(documents)
    for made in (rows, again):
        assert made.dtype == want.dtype
        np.testing.assert_array_equal(made.toarray(), want.toarray())


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_in_another_process(here, jobs):
    path = written("x.txt", 0.1)
    with open(path, "ab") as file:
        file.write(b"\xff\n")
    with (
        Workers(jobs) as workers,
        Tallies(None) as tallies,
        pytest.raises(featkit.InputError, match=r"x\.txt is not utf-8: byte \d+ \(line \d+\)"),
    ):
        count(featkit.bow(), featkit.documents(path, size=1000), workers, tallies)


def test_a_process_that_was_ended(here):
    with Workers(2) as workers, pytest.raises(featkit.InputError, match=r"was ended from outside.* use fewer jobs"):
        list(workers.in_order(os._exit, [1, 1]))


def test_no_jobs():
    with pytest.raises(featkit.ParameterError, match="jobs must be at least 1"):
        Workers(0)


def test_memory_is_bounded(command, here, large):
    """Peak resident memory, measured by a small parent; the corpus has 40 MB, the result nearly 70."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    arguments = [sys.executable, "-c", code, *command, "bow", large, "-o", "x.npz", "-q"]
    done = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True)
    peak = int(done.stdout) * (1 if sys.platform == "darwin" else 1024)
    assert Path("x.npz").stat().st_size > 60e6
    assert peak < 240e6


@pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal")
def test_progress_on_a_terminal(command, here, large):
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))  # a terminal of no width shows nothing
    with subprocess.Popen([*command, "bow", str(large), "-o", "x.npz"], stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # so the other end closes
            while read := os.read(ours, 1 << 16):
                shown += read
    os.close(ours)
    assert process.returncode == 0
    assert b"100%" in shown
    assert b"ok: " in shown


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at what the process has open")
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("when", ["learning", "writing"])
def test_interrupt(command, here, large, left, number, jobs, when):
    before = signal.signal(number, signal.SIG_DFL)  # who runs the tests may ignore it
    try:
        process = subprocess.Popen(
            [*command, "bow", str(large), "-o", "out/x.npz", "--vocab-out", "v.npz", "--jobs", str(jobs)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    finally:
        signal.signal(number, before)
    with process:
        deadline = time.monotonic() + 60
        while not _reached(process.pid, when):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.002)
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert (out, err.strip()) == ("", "interrupted; finished files are whole, nothing half-written is left")
    assert left() == []


def _reached(pid, when):
    """Whether counts are being kept, or the output is being written."""
    if when == "writing":
        return any(Path("out").glob("*.part"))
    for file in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if "out" in os.readlink(file) and file.stat().st_size > 1_000_000:
                return True
        except OSError:  # closed meanwhile
            continue
    return False
