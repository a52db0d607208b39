"""scikit-learn 1.9's text vectorizers, in their own options.

CountVectorizer and TfidfVectorizer have yet to learn: ``pipeline.fit_apply([documents])`` is scikit-learn's ``fit_transform``.
The matrix, its columns and its type are scikit-learn's; every row has its columns in order, as ``sort_indices`` leaves them.
What scikit-learn lets be a function of the user's (tokenizer, preprocessor, analyzer) is a stage here: build the pipeline
yourself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from featkit.errors import ParameterError, did_you_mean
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.unit import UnitNorm
from featkit.stage import Stage
from featkit.text.case import LowerCase
from featkit.text.counts import BagOfWords, HashedBagOfWords
from featkit.text.decode import Decode
from featkit.text.ngrams import CharacterNgrams, WordCharacterNgrams, WordNgrams
from featkit.text.spaces import CollapseWhitespace
from featkit.text.stopwords import StopWords
from featkit.text.strings import Strings
from featkit.text.unicode import StripAccents
from featkit.text.vocabulary import Vocabulary
from featkit.text.weighting import InverseDocumentFrequency, TermFrequency
from featkit.text.words import RegexTokens, Words

_PATTERN = r"(?u)\b\w\w+\b"
#: Patterns that are the same as words of some length, which are found faster.
_WORDS = {
    prefix + pattern: words
    for prefix in ("", "(?u)")
    for pattern, words in ((r"\b\w\w+\b", Words()), (r"\b\w+\b", Words(1)), (r"\w+", Words(1)), (r"\w\w+", Words()))
}
_NORMS = {"l1": 1.0, "l2": 2.0}


def count_vectorizer(
    input: str = "content",
    encoding: str = "utf-8",
    decode_error: str = "strict",
    strip_accents: str | None = None,
    lowercase: bool = True,
    preprocessor: None = None,
    tokenizer: None = None,
    stop_words: str | Iterable[str] | None = None,
    token_pattern: str = _PATTERN,
    ngram_range: tuple[int, int] = (1, 1),
    analyzer: str = "word",
    max_df: float | int = 1.0,
    min_df: float | int = 1,
    max_features: int | None = None,
    vocabulary: Mapping[str, int] | Iterable[str] | None = None,
    binary: bool = False,
    dtype: Any = "int64",
) -> Pipeline:
    """Counts of terms, as ``sklearn.feature_extraction.text.CountVectorizer``.

    Sets Decode, LowerCase, StripAccents, the analyzer's stages and Vocabulary (or BagOfWords); checked against scikit-learn 1.9
    exactly: the same terms in the same columns with the same counts.

    Parameters
    ----------
    input : str
        ``"content"`` only; files are read with ``featkit.documents``.
    encoding, decode_error : str
        How documents that are bytes are decoded.
    strip_accents : str or None
        ``"unicode"`` or ``"ascii"``.
    lowercase : bool
    preprocessor, tokenizer : None
    stop_words : str or iterable of str or None
        As scikit-learn has it, without meaning unless the analyzer is ``"word"``.
    token_pattern : str
    ngram_range : tuple of int
    analyzer : str
        ``"word"``, ``"char"`` or ``"char_wb"``.
    max_df, min_df : float or int
    max_features : int or None
    vocabulary : mapping or iterable or None
        Terms that are known already; then nothing is learned.
    binary : bool
    dtype : data type

    Raises
    ------
    ParameterError
        For functions, for ``input`` other than content, for values that don't fit.

    Examples
    --------
    >>> fitted, (counts,) = count_vectorizer().fit_apply([["this is a test", "this is another test"]])
    >>> list(fitted["bag_of_words"].terms), counts.toarray().tolist()
    (['another', 'is', 'test', 'this'], [[0, 1, 1, 1], [1, 1, 1, 1]])
    """
    analysed = _analysed(
        input, encoding, decode_error, strip_accents, lowercase, preprocessor, tokenizer, stop_words, token_pattern,
        ngram_range, analyzer,
    )  # fmt: skip
    kind = _type("count_vectorizer", dtype)
    if vocabulary is not None:
        return pipeline(*analysed, BagOfWords(_terms(vocabulary), binary=binary, dtype=kind))  # type: ignore[arg-type]
    return pipeline(*analysed, Vocabulary(min_df, max_df, max_features, binary=binary, dtype=kind))  # type: ignore[arg-type]


def tfidf_vectorizer(
    input: str = "content",
    encoding: str = "utf-8",
    decode_error: str = "strict",
    strip_accents: str | None = None,
    lowercase: bool = True,
    preprocessor: None = None,
    tokenizer: None = None,
    analyzer: str = "word",
    stop_words: str | Iterable[str] | None = None,
    token_pattern: str = _PATTERN,
    ngram_range: tuple[int, int] = (1, 1),
    max_df: float | int = 1.0,
    min_df: float | int = 1,
    max_features: int | None = None,
    vocabulary: Mapping[str, int] | Iterable[str] | None = None,
    binary: bool = False,
    dtype: Any = "float64",
    norm: str | None = "l2",
    use_idf: bool = True,
    smooth_idf: bool = True,
    sublinear_tf: bool = False,
) -> Pipeline:
    """TF-IDF, as ``sklearn.feature_extraction.text.TfidfVectorizer``.

    Sets what :func:`count_vectorizer` sets, then TermFrequency (if sublinear), InverseDocumentFrequency and UnitNorm; checked
    against scikit-learn 1.9 to 1e-12, float32 to 1e-6, of the largest value.

    Parameters
    ----------
    input, encoding, decode_error, strip_accents, lowercase, preprocessor, tokenizer, analyzer, stop_words, token_pattern
        As :func:`count_vectorizer` has them.
    ngram_range, max_df, min_df, max_features, vocabulary, binary
        As :func:`count_vectorizer` has them.
    dtype : data type
        float64 or float32.
    norm : str or None
        ``"l2"`` or ``"l1"``.
    use_idf, smooth_idf, sublinear_tf : bool

    Raises
    ------
    ParameterError
        As :func:`count_vectorizer`, and for another norm.

    Examples
    --------
    >>> fitted, (weights,) = tfidf_vectorizer().fit_apply([["this is a test", "this is another test"]])
    >>> weights.toarray().round(3).tolist()
    [[0.0, 0.577, 0.577, 0.577], [0.63, 0.448, 0.448, 0.448]]
    """
    kind = _type("tfidf_vectorizer", dtype)
    if kind not in ("float32", "float64"):
        raise ParameterError(f"tfidf_vectorizer's dtype must be float32 or float64, got {dtype!r}")
    counts = count_vectorizer(
        input, encoding, decode_error, strip_accents, lowercase, preprocessor, tokenizer, stop_words, token_pattern,
        ngram_range, analyzer, max_df, min_df, max_features, vocabulary, binary, kind,
    )  # fmt: skip
    weighed: list[Stage] = [TermFrequency("logarithm")] if sublinear_tf else []
    if use_idf:
        weighed.append(InverseDocumentFrequency("smooth" if smooth_idf else "plus_one", kind))  # type: ignore[arg-type]
    return pipeline(counts, *weighed, *_normed(norm))


def hashing_vectorizer(
    input: str = "content",
    encoding: str = "utf-8",
    decode_error: str = "strict",
    strip_accents: str | None = None,
    lowercase: bool = True,
    preprocessor: None = None,
    tokenizer: None = None,
    stop_words: str | Iterable[str] | None = None,
    token_pattern: str = _PATTERN,
    ngram_range: tuple[int, int] = (1, 1),
    analyzer: str = "word",
    n_features: int = 2**20,
    binary: bool = False,
    norm: str | None = "l2",
    alternate_sign: bool = True,
    dtype: Any = "float64",
) -> Pipeline:
    """Hashed counts, as ``sklearn.feature_extraction.text.HashingVectorizer``.

    Sets what :func:`count_vectorizer` sets, with HashedBagOfWords and UnitNorm; checked against scikit-learn 1.9 to 1e-12, the
    columns and signs exactly.

    Parameters
    ----------
    input, encoding, decode_error, strip_accents, lowercase, preprocessor, tokenizer, stop_words, token_pattern
        As :func:`count_vectorizer` has them.
    ngram_range, analyzer
        As :func:`count_vectorizer` has them.
    n_features : int
    binary : bool
    norm : str or None
        ``"l2"`` or ``"l1"``.
    alternate_sign : bool
    dtype : data type

    Raises
    ------
    ParameterError
        As :func:`count_vectorizer`, and for another norm.

    Examples
    --------
    >>> hashing_vectorizer(n_features=8)(["this is another test"]).toarray().round(3).tolist()
    [[0.707, 0.0, 0.0, 0.0, 0.0, 0.0, 0.707, 0.0]]
    """
    analysed = _analysed(
        input, encoding, decode_error, strip_accents, lowercase, preprocessor, tokenizer, stop_words, token_pattern,
        ngram_range, analyzer,
    )  # fmt: skip
    kind = _type("hashing_vectorizer", dtype)
    return pipeline(*analysed, HashedBagOfWords(n_features, alternate_sign, binary, kind), *_normed(norm))  # type: ignore[arg-type]


def _analysed(
    source: str,
    encoding: str,
    decode_error: str,
    strip_accents: str | None,
    lowercase: bool,
    preprocessor: None,
    tokenizer: None,
    stop_words: str | Iterable[str] | None,
    token_pattern: str,
    ngram_range: tuple[int, int],
    analyzer: str,
) -> list[Stage]:
    """The stages from documents to tokens."""
    if source != "content":
        raise ParameterError(
            f"input={source!r} can't be honoured; read the files with featkit.documents, and use 'content'"
        )
    if preprocessor is not None or tokenizer is not None or callable(analyzer):
        raise ParameterError(
            "a preprocessor, tokenizer or analyzer of your own can't be honoured; put your stage into a pipeline: "
            "YourTokens() | featkit.Vocabulary()"
        )
    stages: list[Stage] = [Decode(encoding, decode_error)]  # type: ignore[arg-type]
    if lowercase:
        stages.append(LowerCase())
    if strip_accents is not None:
        stages.append(StripAccents(strip_accents))  # type: ignore[arg-type]
    low, high = ngram_range
    if analyzer == "char":
        return [*stages, CollapseWhitespace(), CharacterNgrams(low, high)]
    if analyzer == "char_wb":
        return [*stages, WordCharacterNgrams(low, high)]
    if analyzer != "word":
        hint = did_you_mean(str(analyzer), ("word", "char", "char_wb"))
        raise ParameterError(f"analyzer must be 'word', 'char' or 'char_wb', got {analyzer!r}{hint}")
    stages.append(_WORDS.get(token_pattern) or RegexTokens(token_pattern))
    if stop_words is not None:
        stages.append(StopWords(stop_words if isinstance(stop_words, str) else tuple(sorted(stop_words))))  # type: ignore[arg-type]
    if (low, high) != (1, 1):
        stages.append(WordNgrams(low, high))
    return stages


def _terms(vocabulary: Mapping[str, int] | Iterable[str]) -> Strings:
    if isinstance(vocabulary, Mapping):
        order = sorted(vocabulary, key=vocabulary.__getitem__)
        if [vocabulary[term] for term in order] != list(range(len(order))):
            raise ParameterError(f"a vocabulary's columns must be 0 to {len(order) - 1}, each once; renumber it")
        return Strings(order)
    return Strings(sorted(vocabulary) if isinstance(vocabulary, (set, frozenset)) else list(vocabulary))


def _type(name: str, dtype: Any) -> str:
    try:
        return np.dtype(dtype).name
    except TypeError:
        raise ParameterError(f"{name}'s dtype must be a data type of NumPy's, got {dtype!r}") from None


def _normed(norm: str | None) -> list[Stage]:
    if norm is None:
        return []
    if norm not in _NORMS:
        raise ParameterError(f"norm must be 'l1', 'l2' or None, got {norm!r}")
    return [UnitNorm(_NORMS[norm])]
