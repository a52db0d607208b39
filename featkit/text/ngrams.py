"""Pieces of n characters, or of n words."""

from __future__ import annotations

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Array
from featkit.stage import Stage
from featkit.text.characters import beginnings, marked, runs, space_characters
from featkit.text.keys import Spans, first_of, padded
from featkit.text.strings import Strings, offsets_of
from featkit.text.tokens import OverTokens, Tokeniser, Tokens, numbered


def check_range(stage: Stage, low: int, high: int) -> None:
    """Raise :class:`ParameterError` unless 1 <= low <= high."""
    if not 1 <= low <= high:
        name = type(stage).__name__
        raise ParameterError(f"{name} goes from low to high characters or words, 1 <= low <= high, got {low=}, {high=}")


class CharacterNgrams(Tokeniser):
    """Every piece of n characters, white space and all.

    Parameters
    ----------
    low, high : int
        The lengths n, from low to high.

    Notes
    -----
    Shape: ``(documents,)`` -> a list of pieces for each, the shorter ones first. scikit-learn's analyzer ``"char"`` puts
    :class:`featkit.CollapseWhitespace` before.

    Raises
    ------
    ParameterError
        If not 1 <= low <= high.

    Examples
    --------
    >>> CharacterNgrams(1, 2)(["我爱你", "go"])[0], CharacterNgrams(2, 3)(["to be"])[0]
    (['我', '爱', '你', '我爱', '爱你'], ['to', 'o ', ' b', 'be', 'to ', 'o b', ' be'])
    """

    name = "character_ngrams"
    formula = "x[i], ..., x[i + n - 1] for every i and every n from low to high"
    source = "scikit-learn, CountVectorizer (analyzer='char')"

    low: int = 1
    high: int = 1

    def check(self) -> None:
        check_range(self, self.low, self.high)

    def apply(self, rows: Strings) -> Tokens:
        places = np.flatnonzero(beginnings(rows.data))
        first = np.searchsorted(places, rows.offsets)  # the characters of a document, and its end, which is one more
        return _windows(Spans(padded(rows.data), places, places), first[:-1], np.diff(first) - 1, self.low, self.high)


class WordCharacterNgrams(Tokeniser):
    """Every piece of n characters that lies in a word with a space on either side.

    Parameters
    ----------
    low, high : int
        The lengths n, from low to high.

    Notes
    -----
    Shape: ``(documents,)`` -> a list of pieces for each, word by word. A word is what stands between white space; one that is
    shorter than low, with its spaces, is a piece as a whole.

    Raises
    ------
    ParameterError
        If not 1 <= low <= high.

    Examples
    --------
    >>> WordCharacterNgrams(3, 4)(["to be"])[0]
    [' to', 'to ', ' to ', ' be', 'be ', ' be ']
    """

    name = "word_character_ngrams"
    formula = "the pieces of n characters of ' ' + w + ' ' for every word w and every n from low to high"
    source = "scikit-learn, CountVectorizer (analyzer='char_wb')"

    low: int = 1
    high: int = 1

    def check(self) -> None:
        check_range(self, self.low, self.high)

    def apply(self, rows: Strings) -> Tokens:
        mask = marked(rows.data, space_characters)
        mask[rows.offsets[1:] - 1] = True
        starts, lengths = runs(~mask)
        words = Strings.gathered(Spans(rows.data, starts, lengths))
        data = np.concatenate([np.full(1, ord(" "), np.uint8), words.data])  # a space before the first word too
        data[words.offsets[1:]] = ord(" ")  # and behind each
        places = np.append(np.flatnonzero(beginnings(data)), len(data))
        first = np.searchsorted(places, words.offsets[:-1])
        size = np.searchsorted(places, words.offsets[1:] + 1) - first
        pieces = _windows(Spans(padded(data), places, places), first, size, self.low, self.high, whole=True)
        of_documents = np.searchsorted(starts, rows.offsets)
        return Tokens.packed(pieces.ids, pieces.starts[of_documents], pieces.spans)


def _windows(characters: Spans, first: Array, size: Array, low: int, high: int, whole: bool = False) -> Tokens:
    """The windows of ``low`` to ``high`` characters in every unit: a document, or a word with its spaces.

    ``characters.starts`` has where each character begins, one more than there are; a unit is ``size`` characters from
    ``first`` on. With ``whole``, a unit of fewer than ``low`` characters is a window itself.
    """
    begin, end, counts = [], [], []
    for n in range(low, high + 1):
        many = np.maximum(size - n + 1, 0)
        reach = np.full(len(size), n)
        if whole and n == low:
            short = (size < n) & (size > 0)
            many[short], reach[short] = 1, size[short]
        at = ranges(first, many)
        begin.append(at)
        end.append(at + (np.repeat(reach, many) if whole and n == low else n))
        counts.append(many)
    places = characters.starts
    starts = places[np.concatenate(begin)]
    ids, spans = numbered(Spans(characters.data, starts, places[np.concatenate(end)] - starts))
    return woven(ids, counts, spans)


def ranges(first: Array, many: Array) -> Array:
    """``first[i], first[i] + 1, ...``, ``many[i]`` of them, one after the other."""
    ends = np.cumsum(many)
    return np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(first - (ends - many), many)


def woven(ids: Array, counts: list[Array], spans: Spans) -> Tokens:
    """Tokens of several kinds put together document by document.

    ``ids`` has those of the first kind for all documents, then those of the second; ``counts`` how many each document has.
    """
    before = offsets_of(np.sum(counts, axis=0))
    if len(counts) == 1:
        return Tokens.packed(ids, before, spans)
    mixed = np.empty_like(ids)
    begin, base = 0, before[:-1].copy()
    for many in counts:
        total = int(many.sum())
        mixed[ranges(base, many)] = ids[begin : begin + total]
        begin, base = begin + total, base + many
    return Tokens.packed(mixed, before, spans)


class WordNgrams(OverTokens):
    """Every n words in a row, joined by a space.

    Parameters
    ----------
    low, high : int
        The numbers of words n, from low to high.

    Notes
    -----
    Shape: a list of tokens for each document -> a list of n-grams for each, the shorter ones first.

    Raises
    ------
    ParameterError
        If not 1 <= low <= high.

    Examples
    --------
    >>> WordNgrams(1, 2)([["not", "a", "test"]])[0]
    ['not', 'a', 'test', 'not a', 'a test']
    """

    name = "word_ngrams"
    formula = "w[i] + ' ' + ... + ' ' + w[i + n - 1] for every i and every n from low to high"
    source = "scikit-learn, CountVectorizer (ngram_range)"

    low: int = 1
    high: int = 2

    def check(self) -> None:
        check_range(self, self.low, self.high)

    def apply(self, rows: Tokens) -> Tokens:
        ids, counts, terms = [], [], []
        known = 0
        left = np.repeat(rows.starts[1:], rows.lengths) - np.arange(
            len(rows.ids)
        )  # tokens from here to the document's end
        grams, width = rows.ids, len(rows.spans.lengths)  # for each token, the number of the n-gram that begins there
        for n in range(1, self.high + 1):
            at = np.flatnonzero(left >= n)
            if n > 1:
                pairs = grams[at].astype(np.uint64) * np.uint64(width) + rows.ids[at + n - 1].astype(np.uint64)
                first = first_of(pairs)
                fresh = first == np.arange(len(first), dtype=np.int32)
                number = (np.cumsum(fresh, dtype=np.int32) - 1)[first]
                grams = np.zeros(len(rows.ids), np.int32)
                grams[at] = number
                if n >= self.low:
                    terms.append(_phrases(rows, at[fresh], n))
                    ids.append(number + np.int32(known))
            elif self.low == 1:
                terms.append(rows.terms)
                ids.append(rows.ids)
            if n >= self.low:
                known += len(terms[-1])
                counts.append(np.maximum(rows.lengths - n + 1, 0))
        return woven(np.concatenate(ids), counts, Strings.joined(terms).spans)


def _phrases(rows: Tokens, places: Array, n: int) -> Strings:
    """The ``n`` tokens from some places on, joined by spaces."""
    each = Strings.gathered(rows.spans.unkeyed.take(rows.ids[places[:, None] + np.arange(n)].ravel()))
    data = each.data.copy()
    inner = np.ones(len(each), bool)
    inner[n - 1 :: n] = False
    data[each.offsets[1:][inner] - 1] = ord(" ")
    return Strings.packed(data, each.offsets[::n])
