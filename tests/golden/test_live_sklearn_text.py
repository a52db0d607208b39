"""Live against scikit-learn, with drawn options and drawn Unicode: the same terms, columns, counts and weights."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction import text as upstream

import featkit
from featkit import presets

DRAWS = settings(max_examples=500)

#: Few letters, so that words come again; what is cased, combined, wide, a space, or neither letter nor space.
LETTERS = "aAbBeéÉİıßΣσςñ中文한글ก😀\u0301ﬁ①_09 \t\n\u3000\x85\x1c'-.\0"
texts = st.one_of(st.text(LETTERS, max_size=40), st.text(st.characters(exclude_categories=("Cs",)), max_size=20))
corpora = st.lists(texts, min_size=1, max_size=12)
ranges = st.tuples(st.integers(1, 3), st.integers(0, 2)).map(lambda pair: (pair[0], sum(pair)))

analysed = st.fixed_dictionaries(
    {},
    optional={
        "strip_accents": st.sampled_from(["unicode", "ascii", None]),
        "lowercase": st.booleans(),
        "stop_words": st.sampled_from([None, "english", ["a", "be", "中文"]]),
        "token_pattern": st.sampled_from(
            [r"(?u)\b\w\w+\b", r"(?u)\b\w+\b", r"\w+", r"[^ ]+", r"(?u)\b(\w)\w*\b", r"\w\w\w+"]
        ),
        "ngram_range": ranges,
        "analyzer": st.sampled_from(["word", "word", "char", "char_wb"]),
        "binary": st.booleans(),
    },
)
limits = st.fixed_dictionaries(
    {},
    optional={
        "min_df": st.one_of(st.integers(1, 3), st.floats(0, 0.5)),
        "max_df": st.one_of(st.integers(1, 12), st.floats(0.3, 1)),
        "max_features": st.one_of(st.none(), st.integers(1, 20)),
    },
)
weighing = st.fixed_dictionaries(
    {},
    optional={
        "norm": st.sampled_from(["l1", "l2", None]),
        "use_idf": st.booleans(),
        "smooth_idf": st.booleans(),
        "sublinear_tf": st.booleans(),
        "dtype": st.sampled_from([np.float64, np.float32]),
    },
)


def theirs(vectorizer, documents):
    """What scikit-learn makes of them, with its rows in order; None where it finds no term."""
    try:
        matrix = vectorizer.fit_transform(documents)
    except ValueError:
        return None
    matrix.sort_indices()
    return matrix


def ours(pipeline, documents):
    try:
        fitted, (matrix,) = pipeline.fit_apply([documents])
    except featkit.InputError as error:
        if "no term is left" in str(error) or "no term has both" in str(error):
            return None, None
        raise
    return fitted, matrix


def assert_same(matrix, expected, limit):
    assert matrix.dtype == expected.dtype
    assert matrix.shape == expected.shape
    np.testing.assert_array_equal(matrix.indptr, expected.indptr)
    np.testing.assert_array_equal(matrix.indices, expected.indices)
    np.testing.assert_allclose(matrix.data, expected.data, rtol=0, atol=limit * np.abs(expected.data).max(initial=1))


@DRAWS
@given(documents=corpora, options=analysed, bounds=limits)
@example(documents=["ΑΣ ΣΑΣ", "İstanbul AΣ"], options={}, bounds={})
@example(documents=["b a", "a b", "c"], options={"token_pattern": r"\w+"}, bounds={"max_features": 1})
@pytest.mark.filterwarnings("ignore:Upper case characters found", "ignore:The parameter 'stop_words' will not be used")
@pytest.mark.filterwarnings("ignore:The parameter 'token_pattern' will not be used")
@pytest.mark.filterwarnings("ignore:Your stop_words may be inconsistent")
def test_count_vectorizer(documents, options, bounds):
    vectorizer = upstream.CountVectorizer(**options, **bounds)
    expected = theirs(vectorizer, documents)
    fitted, matrix = ours(presets.sklearn.count_vectorizer(**options, **bounds), documents)
    assert (matrix is None) == (expected is None)
    if expected is None:
        return
    assert list(fitted["bag_of_words"].terms) == vectorizer.get_feature_names_out().tolist()
    assert_same(matrix, expected, 0)
    again = fitted(documents[::-1])  # what it learned, on documents in another order
    expected = vectorizer.transform(documents[::-1])
    expected.sort_indices()
    assert_same(again, expected, 0)


@DRAWS
@given(documents=corpora, options=analysed, bounds=limits, weights=weighing)
@pytest.mark.filterwarnings("ignore:Upper case characters found", "ignore:The parameter 'stop_words' will not be used")
@pytest.mark.filterwarnings("ignore:The parameter 'token_pattern' will not be used")
@pytest.mark.filterwarnings("ignore:Your stop_words may be inconsistent")
def test_tfidf_vectorizer(documents, options, bounds, weights):
    vectorizer = upstream.TfidfVectorizer(**options, **bounds, **weights)
    expected = theirs(vectorizer, documents)
    fitted, matrix = ours(presets.sklearn.tfidf_vectorizer(**options, **bounds, **weights), documents)
    assert (matrix is None) == (expected is None)
    if expected is None:
        return
    limit = 1e-12 if matrix.dtype == np.float64 else 1e-6
    assert_same(matrix, expected, limit)
    if weights.get("use_idf", True):
        np.testing.assert_allclose(fitted["term_weights"].weights, vectorizer.idf_, rtol=limit)
    whole, expected = fitted(documents[:1]), vectorizer.transform(documents[:1])
    expected.sort_indices()
    assert_same(whole, expected, limit)


@DRAWS
@given(
    documents=corpora,
    options=analysed,
    n_features=st.one_of(st.integers(1, 40), st.just(2**20)),
    signed=st.booleans(),
    norm=st.sampled_from(["l1", "l2", None]),
)
@pytest.mark.filterwarnings("ignore:The parameter 'token_pattern' will not be used")
@pytest.mark.filterwarnings("ignore:The parameter 'stop_words' will not be used")
@pytest.mark.filterwarnings("ignore:Your stop_words may be inconsistent", "ignore:Upper case characters found")
def test_hashing_vectorizer(documents, options, n_features, signed, norm):
    options = options | {"n_features": n_features, "alternate_sign": signed, "norm": norm}
    expected = upstream.HashingVectorizer(**options).transform(documents)
    expected.sort_indices()
    assert_same(presets.sklearn.hashing_vectorizer(**options)(documents), expected, 1e-12)


@given(documents=corpora, known=st.lists(st.text("ab中é", min_size=1, max_size=3), min_size=1, unique=True))
def test_a_vocabulary_that_is_known(documents, known):
    for vocabulary in (known, set(known), {term: at for at, term in enumerate(known)}):
        vectorizer = upstream.CountVectorizer(vocabulary=vocabulary, token_pattern=r"\w+")
        expected = vectorizer.transform(documents)
        expected.sort_indices()
        pipeline = presets.sklearn.count_vectorizer(vocabulary=vocabulary, token_pattern=r"\w+")
        assert_same(pipeline(documents), expected, 0)


def test_bytes_are_decoded():
    documents = ["naïve café".encode("latin-1"), b"cafe"]
    vectorizer = upstream.CountVectorizer(encoding="latin-1")
    expected = vectorizer.fit_transform(documents)
    expected.sort_indices()
    fitted, (matrix,) = presets.sklearn.count_vectorizer(encoding="latin-1").fit_apply([documents])
    assert list(fitted["bag_of_words"].terms) == vectorizer.get_feature_names_out().tolist()
    assert_same(matrix, expected, 0)
    with pytest.raises(featkit.InputError, match=r"document 0 is no utf-8: .* at byte 2;"):
        presets.sklearn.count_vectorizer().fit([documents])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input": "filename"}, "featkit.documents"),
        ({"tokenizer": str.split}, "a preprocessor, tokenizer or analyzer of your own can't be honoured"),
        ({"analyzer": "chars"}, "did you mean 'char'"),
        ({"vocabulary": {"a": 1}}, "columns must be 0 to 0"),
        ({"token_pattern": "("}, "no regular expression"),
        ({"ngram_range": (2, 1)}, "1 <= low <= high"),
        ({"dtype": "int7"}, "data type of NumPy's"),
    ],
)
def test_what_cannot_be_honoured_is_named(options, message):
    with pytest.raises(featkit.ParameterError, match=message):
        presets.sklearn.count_vectorizer(**options)
