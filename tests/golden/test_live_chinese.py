"""Chinese words against jieba's own cuts, and what they are good for."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import featkit

rjieba = pytest.importorskip("rjieba")


@pytest.fixture(scope="module")
def reviews(request):
    folder = request.getfixturevalue("shared")
    lines = (folder / "text" / "zh_waimai_reviews.tsv").read_text("utf-8").splitlines()
    labels, texts = zip(*(line.split("\t", 1) for line in lines), strict=True)
    return np.array(labels), np.array(texts)


@pytest.mark.shared
def test_words_are_jiebas(reviews):
    expected = [[word for word in rjieba.cut(text, True) if word.strip()] for text in reviews[1]]
    assert list(featkit.ChineseWords()(reviews[1])) == expected
    jieba = pytest.importorskip("jieba", reason="the dictionary itself isn't in the test extra")
    jieba.setLogLevel(60)
    same = [
        words == [word for word in jieba.cut(text) if word.strip()]
        for words, text in zip(expected, reviews[1], strict=True)
    ]
    assert np.mean(same) > 0.98


@pytest.mark.shared
def test_reviews_are_told_apart_as_well_as_with_scikit_learn(reviews):
    """Complaints and praise, three splits: a linear classifier on TF-IDF of Chinese words."""
    labels, texts = reviews
    scores = []
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(texts))
        train, test = order[:700], order[700:]
        fitted, (ours,) = featkit.bow("zh", tfidf=True).fit_apply([texts[train]])
        vectorizer = TfidfVectorizer(tokenizer=lambda text: rjieba.cut(text, True), token_pattern=None)
        theirs = vectorizer.fit_transform(texts[train])
        pairs = ((ours, fitted(texts[test])), (theirs, vectorizer.transform(texts[test])))
        scores.append([LogisticRegression(C=10).fit(a, labels[train]).score(b, labels[test]) for a, b in pairs])
    ours, theirs = np.mean(scores, axis=0)
    assert ours >= theirs
    assert ours > 0.84
