"""Counts, thresholds, tables and codes against gensim's, co-occurrences and updates against Stanford's GloVe, as stored."""

import numpy as np
import pytest
from scipy import sparse

import featkit
from featkit.text.embeddings.adagrad import update_in_turn
from featkit.text.embeddings.corpus import Corpus
from featkit.text.embeddings.huffman import huffman
from featkit.text.embeddings.sampling import cumulative_table, keep_thresholds

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def stored(shared):
    def load(name):
        return np.load(shared / "reference" / name)

    return load


def collected(shared, lower=False):
    lines = (shared / "text" / "lee_background.cor").read_text("utf-8").split("\n")
    corpus = Corpus()
    corpus.add((featkit.LowerCase() | featkit.SplitWhitespace() if lower else featkit.SplitWhitespace())(lines))
    return corpus


@pytest.mark.parametrize("name", ["gensim/word2vec_cbow_neg.npz", "gensim/word2vec_sg_hs.npz"])
def test_what_of_gensim_is_exact(name, shared, stored):
    theirs = stored(name)
    terms, counts, _ = collected(shared).ranked(5)
    # Of equally frequent words gensim's order is that of a sort that isn't stable; here those come first that came first.
    assert {term.encode(): count for term, count in zip(terms, counts, strict=True)} == dict(
        zip(theirs["vocabulary"].tolist(), theirs["counts"].tolist(), strict=True)
    )
    assert (counts == theirs["counts"]).all()
    assert (keep_thresholds(counts, 1e-3) == theirs["sample_int"]).all()
    if "cum_table" in theirs:
        assert (cumulative_table(counts) == theirs["cum_table"]).all()
    if "code_lengths" in theirs:
        assert (huffman(counts).lengths == theirs["code_lengths"]).all()


@pytest.mark.parametrize(
    ("name", "learner"),
    [
        ("gensim/word2vec_cbow_neg.npz", featkit.Word2Vec("cbow", dim=32, epochs=20)),
        ("gensim/word2vec_sg_hs.npz", featkit.Word2Vec("skipgram", "hierarchical", dim=32, epochs=10)),
    ],
)
def test_vectors_lie_as_gensims_do(name, learner, shared, stored):
    """Not the same numbers, for chance is another, but the same geometry: cosines of frequent words agree with gensim's."""
    theirs = stored(name)
    words = learner.finish(collected(shared))
    mine = words.vectors[words.index([word.decode() for word in theirs["vocabulary"][:300]])]
    unit = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (mine, theirs["vectors"][:300])]
    cosines = [(each @ each.T)[np.triu_indices(300, 1)] for each in unit]
    assert np.corrcoef(cosines)[0, 1] > 0.7  # of two of gensim's own seeds: above 0.93


def test_cooccurrences_are_gloves(shared, stored):
    theirs = stored("glove/lee_background.npz")
    learner = featkit.GloVe(window=5, min_count=12)
    corpus = collected(shared, lower=True)
    terms, counts, _ = corpus.ranked(12)
    # Equally frequent words stand in another order there.
    order = terms.find(featkit.Strings([word.decode() for word in theirs["vocabulary"]]))
    assert sorted(order) == list(range(len(terms)))
    assert (counts[order] == theirs["counts"]).all()
    mine = learner.cooccurrences(corpus)[order][:, order].tocoo()
    sums = theirs["cooc_v"].copy()
    first = (theirs["cooc_i"] == 1) & (theirs["cooc_j"] == 1)
    # The program counts its very first record twice where no pair went to its overflow file: it reads on from the empty file.
    sums[first] /= 2
    expected = sparse.csr_array((sums, (theirs["cooc_i"] - 1, theirs["cooc_j"] - 1)), shape=mine.shape)
    assert mine.nnz == expected.nnz
    # Mine are rounded once, the program's with every addition.
    np.testing.assert_allclose(mine.toarray(), expected.toarray(), rtol=1e-13)


def test_gloves_updates_are_replayed(stored):
    theirs = stored("glove/lee_background.npz")
    vectors, squares = theirs["vec_000"].copy(), theirs["gsq_000"].copy()
    for _ in range(3):
        update_in_turn(
            vectors, squares, theirs["shuffled_i"] - 1, theirs["shuffled_j"] - 1, theirs["shuffled_v"], 0.05, 10.0, 0.75
        )
    assert np.abs(vectors - theirs["vec"]).max() <= 6e-16
    np.testing.assert_allclose(squares, theirs["gsq"], rtol=1e-14)
