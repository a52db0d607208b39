"""The textbook's road from documents to a bag of words, and to TF-IDF, with the choices that people make."""

from __future__ import annotations

from typing import Any

from featkit.errors import ParameterError, did_you_mean
from featkit.pipeline import Pipeline, pipeline
from featkit.rows.unit import UnitNorm
from featkit.stage import Stage
from featkit.text.case import LowerCase
from featkit.text.chinese import ChineseWords, CjkNgrams
from featkit.text.counts import BagOfWords, HashedBagOfWords
from featkit.text.ngrams import CharacterNgrams, WordCharacterNgrams, WordNgrams
from featkit.text.spaces import CollapseWhitespace
from featkit.text.stopwords import StopWords
from featkit.text.strings import Strings
from featkit.text.tokens import Tokeniser
from featkit.text.unicode import StripAccents
from featkit.text.vocabulary import Vocabulary
from featkit.text.weighting import InverseDocumentFrequency
from featkit.text.words import RegexTokens, SplitWhitespace, Words

_WORDS: dict[str, Tokeniser] = {
    "word": Words(),
    "word1": Words(shortest=1),
    "whitespace": SplitWhitespace(),
    "zh": ChineseWords(),
}
_CHARACTERS = ("char", "char_wb", "cjk")


def tokeniser(name: str, ngrams: tuple[int, int] | None = None) -> Pipeline:
    """A tokeniser by a short name, with its n-grams.

    Parameters
    ----------
    name : str
        ``"word"`` (letters and digits, two at least), ``"word1"`` (one at least), ``"whitespace"``, ``"zh"`` (Chinese words, the
        extra zh), ``"char"`` and ``"char_wb"`` (characters; those within words), ``"cjk"`` (words, and the characters of
        what is written without spaces), or ``"regex:PATTERN"``.
    ngrams : tuple of int, optional
        The lengths of n-grams, from and to, in words or in characters. By default single ones; single characters and pairs
        for ``"cjk"``.

    Raises
    ------
    ParameterError
        For another name.

    Examples
    --------
    >>> tokeniser("word", (1, 2))
    Words(shortest=2) | WordNgrams(low=1, high=2)
    """
    low, high = ngrams or ((1, 2) if name == "cjk" else (1, 1))
    if name == "char":
        return CollapseWhitespace() | CharacterNgrams(low, high)
    if name == "char_wb":
        return pipeline(WordCharacterNgrams(low, high))
    if name == "cjk":
        return pipeline(CjkNgrams(low, high))
    pattern = name.removeprefix("regex:")
    if pattern != name:
        words: Tokeniser = RegexTokens(pattern)
    elif name in _WORDS:
        words = _WORDS[name]
    else:
        known = (*_WORDS, *_CHARACTERS, "regex:PATTERN")
        raise ParameterError(f"no tokeniser {name!r}{did_you_mean(name, known)}; there are {', '.join(known)}")
    return pipeline(words) if (low, high) == (1, 1) else words | WordNgrams(low, high)


def bow(
    tokens: str = "word",
    ngrams: tuple[int, int] | None = None,
    *,
    lowercase: bool = True,
    strip_accents: bool = False,
    stop_words: str | tuple[str, ...] | None = None,
    vocabulary: Strings | None = None,
    hashed: int | None = None,
    tfidf: bool = False,
    **counting: Any,
) -> Pipeline:
    """From documents to counts of their terms.

    Parameters
    ----------
    tokens : str
        What a token is; see :func:`tokeniser`.
    ngrams : tuple of int, optional
        The lengths of n-grams, from and to.
    lowercase : bool
        Whether The and the are one word.
    strip_accents : bool
        Whether é is e.
    stop_words : str or tuple of str, optional
        Words that are left out: ``"english"``, or themselves.
    vocabulary : Strings, optional
        The terms, if they are known already; else they are learned.
    hashed : int, optional
        So many columns that a hash chooses; nothing is learned then.
    tfidf : bool
        Weigh counts by how rare a term is, and scale each document to length 1.
    **counting
        ``min_df, max_df, max_features, binary, dtype, unknown, buckets``, as :class:`featkit.Vocabulary` has them.

    Returns
    -------
    Pipeline
        From documents to a CSR matrix (documents, terms); :meth:`~featkit.learner.Learner.fit_apply` learns and counts.

    Raises
    ------
    ParameterError
        If options don't go together, or a value is wrong.

    Examples
    --------
    >>> fitted, (counts,) = bow().fit_apply([["this is a test", "this is another test"]])
    >>> list(fitted["bag_of_words"].terms), counts.toarray().tolist()
    (['another', 'is', 'test', 'this'], [[0, 1, 1, 1], [1, 1, 1, 1]])
    """
    if vocabulary is not None and hashed is not None:
        raise ParameterError("a vocabulary and hashed columns exclude each other; give one of vocabulary, hashed")
    stages: list[Stage] = []
    if lowercase:
        stages.append(LowerCase())
    if strip_accents:
        stages.append(StripAccents())
    chosen = tokeniser(tokens, ngrams)
    words = [] if stop_words is None else [StopWords(stop_words)]  # type: ignore[arg-type]
    if words and tokens in _CHARACTERS:
        raise ParameterError(f"stop words are words, and {tokens!r} makes pieces of characters; leave stop_words out")
    first = next(at for at, stage in enumerate(chosen.stages) if isinstance(stage, Tokeniser))
    stages += [*chosen.stages[: first + 1], *words, *chosen.stages[first + 1 :]]
    if hashed is not None:
        stages.append(HashedBagOfWords(hashed, **counting))
    elif vocabulary is not None:
        stages.append(BagOfWords(vocabulary, **counting))
    else:
        stages.append(Vocabulary(**counting))
    if tfidf:
        stages += [InverseDocumentFrequency(), UnitNorm()]
    return pipeline(*stages)
