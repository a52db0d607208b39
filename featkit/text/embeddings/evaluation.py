"""How good vectors of words are: judged by people's similarities and by analogies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from featkit.errors import InputError
from featkit.numeric import Array
from featkit.text.embeddings.vectors import WordVectors


class Correlation(NamedTuple):
    """How cosines agree with judgements."""

    spearman: float
    pearson: float
    pairs: int  # that were compared
    missing: int  # with a word that has no vector


class Analogies(NamedTuple):
    """How many analogies of a section were completed."""

    section: str
    correct: int
    asked: int
    missing: int

    @property
    def accuracy(self) -> float:
        """Share of those asked; NaN where none was."""
        return self.correct / self.asked if self.asked else float("nan")


def _known(words: WordVectors, among: int | None, ignore_case: bool) -> dict[str, int]:
    """Where each word stands that may be asked about; of several spellings of one, the most frequent."""
    terms = words.terms[: len(words) if among is None else among]
    listed = list(terms)
    return {
        (term.upper() if ignore_case else term): at
        for at, term in zip(range(len(listed) - 1, -1, -1), reversed(listed), strict=True)
    }


def judged(
    words: WordVectors,
    pairs: Iterable[tuple[str, str, float]],
    among: int | None = 300_000,
    ignore_case: bool = True,
    count_missing: bool = False,
) -> Correlation:
    """Compare the cosines of pairs of words with judgements of how similar they are.

    Parameters
    ----------
    words : WordVectors
    pairs : iterable of (str, str, float)
    among : int or None
        Only words among the first so many terms.
    ignore_case : bool
        Compare words in upper case; of several spellings of one, the first among the terms is meant.
    count_missing : bool
        A pair with a word that has no vector counts as one with cosine 0, rather than not at all.

    Raises
    ------
    InputError
        If fewer than two pairs can be compared.

    Examples
    --------
    >>> import featkit
    >>> words = WordVectors(featkit.Strings(["cat", "dog", "car"]), np.float32([[2, 1], [1, 2], [-1, 1]]))
    >>> pairs = [("Cat", "dog", 8.0), ("dog", "car", 3.0), ("cat", "car", 1.0), ("cat", "cow", 7.0)]
    >>> spearman, pearson, compared, missing = judged(words, pairs)
    >>> spearman, round(pearson, 2), compared, missing
    (1.0, 0.95, 3, 1)
    """
    known = _known(words, among, ignore_case)
    judgements, cosines, missing = [], [], 0
    for one, other, judgement in pairs:
        places = [known.get(word.upper() if ignore_case else word, -1) for word in (one, other)]
        if -1 in places:
            missing += 1
            if count_missing:
                judgements.append(judgement)
                cosines.append(0.0)
            continue
        a, b = words.directions[places].astype(np.float64)
        judgements.append(judgement)
        cosines.append(float((a * b).sum()))
    if len(cosines) < 2:
        raise InputError(
            f"of {len(cosines) + missing} pairs {len(cosines)} have vectors for both words; give more pairs or other vectors"
        )
    given, made = np.array(judgements), np.array(cosines)
    return Correlation(_correlation(_ranks(given), _ranks(made)), _correlation(given, made), len(cosines), missing)


def _ranks(values: Array) -> Array:
    """Ranks from 0; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts + 1) / 2)[inverse]


def _correlation(one: Array, other: Array) -> float:
    a, b = one - one.mean(), other - other.mean()
    spread = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / spread) if spread else float("nan")


def completed(
    words: WordVectors,
    questions: Iterable[tuple[str, tuple[str, str, str, str]]],
    among: int | None = 300_000,
    ignore_case: bool = True,
    count_missing: bool = False,
) -> list[Analogies]:
    """Complete analogies: of "a is to b as c is to d" find d, the word nearest to b - a + c that is none of the three.

    Parameters
    ----------
    words : WordVectors
    questions : iterable of (str, (str, str, str, str))
        The section, and the four words.
    among : int or None
        Only words among the first so many terms are asked about and found.
    ignore_case : bool
        Compare words in upper case; of several spellings of one, the first among the terms is meant.
    count_missing : bool
        A question with a word that has no vector counts as asked and not completed, rather than not at all.

    Returns
    -------
    list of Analogies
        For each section, in their order, and ``"total"`` at last.

    Examples
    --------
    >>> import featkit
    >>> terms = featkit.Strings(["man", "king", "woman", "queen", "apple"])
    >>> words = WordVectors(terms, np.float32([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1]]))
    >>> completed(words, [("family", ("Man", "king", "woman", "queen")), ("family", ("man", "king", "boy", "prince"))])[-1]
    Analogies(section='total', correct=1, asked=1, missing=1)
    """

    def spelt(word: str) -> str:
        return word.upper() if ignore_case else word

    known = _known(words, among, ignore_case)
    sections: dict[str, list[int]] = {}
    asked, wanted, of = [], [], []
    for section, four in questions:
        counts = sections.setdefault(section, [0, 0, 0])
        places = [known.get(spelt(word), -1) for word in four]
        if -1 in places:
            counts[2] += 1
            counts[1] += count_missing
            continue
        counts[1] += 1
        asked.append(places[:3])
        wanted.append(spelt(four[3]))
        of.append(section)
    if asked:
        signs = np.array([-1, 1, 1], np.float32)
        found, _ = words.nearest_rows(np.array(asked), signs, 5, among)
        for section, places, candidates, expected in zip(of, asked, found.tolist(), wanted, strict=True):
            given = {spelt(words.terms[place]) for place in places}
            spellings = (spelt(words.terms[candidate]) for candidate in candidates)
            answer = next((word for word in spellings if word in known and word not in given), None)
            sections[section][0] += answer == expected
    made = [Analogies(section, *counts) for section, counts in sections.items()]
    return [*made, Analogies("total", *(sum(counts[at] for counts in sections.values()) for at in range(3)))]
