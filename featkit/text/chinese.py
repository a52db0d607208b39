"""Chinese, which is written without spaces."""

from __future__ import annotations

import numpy as np

from featkit.errors import MissingExtra
from featkit.numeric import Array, constant
from featkit.text.characters import beginnings, marked, runs, word_characters
from featkit.text.keys import Spans, padded
from featkit.text.ngrams import check_range, ranges
from featkit.text.strings import Strings
from featkit.text.tokens import Tokeniser, Tokens


class ChineseWords(Tokeniser):
    """Chinese words, as jieba's dictionary and its model of unknown words cut them. Needs the extra ``zh`` (rjieba).

    Parameters
    ----------
    unknown : bool
        Put characters that the dictionary has no word for together by a hidden Markov model; or leave them single.
    punctuation : bool
        Keep tokens in which there is no letter, digit or Chinese character.

    Notes
    -----
    Shape: ``(documents,)`` -> a list of words for each. White space is no word.

    Raises
    ------
    MissingExtra
        If rjieba isn't installed. :class:`featkit.CjkNgrams` needs no dictionary.

    Examples
    --------
    >>> ChineseWords()(["我来到北京清华大学。"])[0], ChineseWords(punctuation=False)(["我来了！"])[0]
    (['我', '来到', '北京', '清华大学', '。'], ['我来', '了'])
    """

    name = "chinese_words"
    formula = "the words of the most likely path through the dictionary's words in x"
    source = "jieba (https://github.com/fxsjy/jieba), by rjieba"

    unknown: bool = True
    punctuation: bool = True

    def apply(self, rows: Strings) -> Tokens:
        try:
            import rjieba
        except ImportError:
            raise MissingExtra(
                'ChineseWords needs rjieba; install it with pip install "featkit[zh]", or use CjkNgrams, which needs nothing'
            ) from None
        tokens = Tokens([rjieba.cut(text, self.unknown) for text in rows])
        keep = ~_blank(tokens.terms) if self.punctuation else _worded(tokens.terms)
        return tokens.kept(keep[tokens.ids])


def _worded(terms: Strings) -> Array:
    """Which terms have a word character in them."""
    inside = np.concatenate([[0], np.cumsum(marked(terms.data, word_characters))])
    return np.diff(inside[terms.offsets]) > 0


def _blank(terms: Strings) -> Array:
    return np.array([not term.strip() for term in terms], bool)


class CjkNgrams(Tokeniser):
    """Words, and of what is written without spaces every n characters: no dictionary is needed.

    Parameters
    ----------
    low, high : int
        The numbers of Chinese or Japanese characters n, from low to high.

    Notes
    -----
    Shape: ``(documents,)`` -> a list of tokens for each, in the order of the text. Runs of Han characters, Hiragana and Katakana
    are cut into n-grams; a run shorter than low is a token as a whole. Other word characters, Korean's too, make words.

    Raises
    ------
    ParameterError
        If not 1 <= low <= high.

    Examples
    --------
    >>> CjkNgrams(1, 2)(["我爱MFCC的"])[0]
    ['我', '我爱', '爱', 'MFCC', '的']
    """

    name = "cjk_ngrams"
    formula = "w for every other word w; c[i], ..., c[i + n - 1] for every i and n in runs of CJK characters c"
    source = "Nie, Gao, Zhang & Zhou, On the use of words and n-grams for Chinese information retrieval, 2000"

    low: int = 1
    high: int = 2

    def check(self) -> None:
        check_range(self, self.low, self.high)

    def apply(self, rows: Strings) -> Tokens:
        word, cjk = marked(rows.data, word_characters), marked(rows.data, cjk_characters)
        others, sizes = runs(word & ~cjk)
        starts, lengths = runs(cjk)
        places = np.append(np.flatnonzero(beginnings(rows.data)), len(rows.data))
        first = np.searchsorted(places, starts)
        size = np.searchsorted(places, starts + lengths) - first
        begin, end = [others], [others + sizes]
        for n in range(self.low, self.high + 1):
            at = ranges(first, np.maximum(size - n + 1, 0))
            begin.append(places[at])
            end.append(places[at + n])
        short = size < self.low
        begin.append(starts[short])
        end.append(starts[short] + lengths[short])
        starts, ends = np.concatenate(begin), np.concatenate(end)
        order = np.lexsort((ends, starts))
        starts, ends = starts[order], ends[order]
        return Tokens.found(Spans(padded(rows.data), starts, ends - starts), np.searchsorted(starts, rows.offsets))


@constant
def cjk_characters() -> Array:
    """Which code points are Han, Hiragana or Katakana: bool."""
    found = np.zeros(0x110000, bool)
    for low, high in _BLOCKS:
        found[low : high + 1] = True
    return found & word_characters()


#: Blocks of the Unicode Standard: Han with its extensions, iteration marks, kana and their extensions.
_BLOCKS = (
    (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B), (0x3041, 0x309F), (0x30A0, 0x30FF),
    (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x1AFF0, 0x1B16F),
    (0x20000, 0x323AF),
)  # fmt: skip
