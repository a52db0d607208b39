"""Against gensim, live: files in both directions, what can be asked of vectors, and how they are judged."""

import numpy as np
import pytest

import featkit
from featkit.files.vectors import load_analogies, load_judgements

gensim = pytest.importorskip("gensim")
from gensim.models import KeyedVectors  # noqa: E402

WORDS = [
    "the",
    "King",
    "king",
    "queen",
    "man",
    "woman",
    "Athens",
    "Greece",
    "naïve",
    "猫",
    "love",
    "sex",
    "tiger",
    "cat",
]


@pytest.fixture
def words():
    rng = np.random.default_rng(1)
    return featkit.WordVectors(
        featkit.Strings(WORDS),
        rng.standard_normal((len(WORDS), 7)).astype(np.float32),
        np.arange(100, 100 - len(WORDS), -1),
    )


@pytest.fixture
def theirs(words):
    made = KeyedVectors(words.dim)
    made.add_vectors(list(words.terms), words.vectors)
    return made


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_gensim_reads_what_featkit_writes(words, binary, tmp_path):
    path = tmp_path / ("x.bin" if binary else "x.vec")
    featkit.write_vectors(path, words)
    read = KeyedVectors.load_word2vec_format(str(path), binary=binary)
    assert read.index_to_key == WORDS
    assert read.vectors.tobytes() == words.vectors.tobytes()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # gensim leaves the file open
def test_gensim_reads_gloves_text(words, tmp_path):
    featkit.write_vectors(tmp_path / "x.txt", words, format="glove")
    read = KeyedVectors.load_word2vec_format(str(tmp_path / "x.txt"), binary=False, no_header=True)
    assert read.index_to_key == WORDS
    assert read.vectors.tobytes() == words.vectors.tobytes()
    assert featkit.load_vectors(tmp_path / "x.txt") == words.with_(counts=None)


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_featkit_reads_what_gensim_writes(words, theirs, binary, tmp_path):
    path = tmp_path / ("x.bin" if binary else "x.txt")
    theirs.save_word2vec_format(str(path), binary=binary)
    assert featkit.load_vectors(path) == words.with_(counts=None)


def test_questions_have_gensims_answers(words, theirs):
    for asked in ({"positive": ["king"]}, {"positive": ["king", "woman"], "negative": ["man"]}):
        mine = words.most_similar(asked["positive"], 5, asked.get("negative", ()))
        for (word, score), (expected, cosine) in zip(mine, theirs.most_similar(topn=5, **asked), strict=True):
            assert word == expected
            assert score == pytest.approx(cosine, abs=1e-6)
    assert words.similarity("king", "queen") == pytest.approx(theirs.similarity("king", "queen"), abs=1e-6)
    assert words.doesnt_match(WORDS[2:7]) == theirs.doesnt_match(WORDS[2:7])


@pytest.mark.shared
@pytest.mark.parametrize("case", [True, False])
@pytest.mark.parametrize("missing", [True, False])
def test_judged_as_by_gensim(shared, tmp_path, case, missing):
    """On vectors that are learned, so that there is something to judge; the same words, cosines and rules."""
    lines = (shared / "text" / "lee_background.cor").read_text("utf-8").split("\n")
    words = featkit.Word2Vec(dim=20, min_count=2, epochs=2).fit([featkit.SplitWhitespace()(lines)])
    theirs = KeyedVectors(words.dim)
    theirs.add_vectors(list(words.terms), words.vectors)
    pairs, questions = (str(shared / "text" / name) for name in ("wordsim353.tsv", "questions-words.txt"))
    options = {"restrict_vocab": 3000, "case_insensitive": case, "dummy4unknown": missing}
    (pearson, _), (spearman, _), absent = theirs.evaluate_word_pairs(pairs, **options)
    mine = featkit.judged(words, load_judgements(pairs), 3000, case, missing)
    assert mine.spearman == pytest.approx(spearman, abs=1e-6)
    assert mine.pearson == pytest.approx(pearson, abs=1e-6)
    whole = mine.pairs if missing else mine.pairs + mine.missing
    assert 100 * mine.missing / whole == pytest.approx(absent)
    _, sections = theirs.evaluate_word_analogies(questions, **options)
    found = featkit.completed(words, load_analogies(questions), 3000, case, missing)
    assert [(len(each["correct"]), len(each["correct"]) + len(each["incorrect"])) for each in sections] == [
        (each.correct, each.asked) for each in found
    ]
