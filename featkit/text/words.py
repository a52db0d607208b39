"""Words: cut where there is no word character, at white space, or by a regular expression."""

from __future__ import annotations

import re
from functools import reduce

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Array
from featkit.text.characters import marked, runs, sizes_at, space_characters, word_characters
from featkit.text.strings import Strings
from featkit.text.tokens import Tokeniser, Tokens


class Words(Tokeniser):
    r"""Runs of letters, digits and underscores.

    Parameters
    ----------
    shortest : int
        Characters that a word has at least. With 2, scikit-learn's rule ``(?u)\b\w\w+\b``, ``a`` and ``I`` are no words.

    Notes
    -----
    Shape: ``(documents,)`` -> a list of words for each. Word characters are those of Python's ``re``, in every script; what is
    written without spaces, as Chinese is, stays in one piece.

    Raises
    ------
    ParameterError
        If shortest is below 1.

    Examples
    --------
    >>> Words()(["this is a test"])[0], Words(shortest=1)(["this is a test"])[0]
    (['this', 'is', 'test'], ['this', 'is', 'a', 'test'])
    """

    name = "words"
    formula = r"the longest runs of \w characters that are at least shortest long"
    source = "scikit-learn, CountVectorizer (token_pattern)"

    shortest: int = 2

    def check(self) -> None:
        self.at_least(1, "shortest")

    def spans(self, rows: Strings) -> tuple[Array, Array]:
        starts, lengths = runs(marked(rows.data, word_characters))
        if self.shortest == 1:
            return starts, lengths
        long = lengths >= self.shortest
        if not rows.ascii:
            # Too few characters has only who has one of several bytes among the first ones; walk along those.
            further = [rows.data[np.minimum(starts + at, len(rows.data) - 1)] for at in range(1, self.shortest - 1)]
            heads = reduce(np.bitwise_or, further, rows.data[starts])
            odd = np.flatnonzero(long & (heads >= 0x80) & (lengths <= 4 * (self.shortest - 1)))
            at, ends = starts[odd], starts[odd] + lengths[odd]
            for _ in range(self.shortest - 1):
                at = np.minimum(at + sizes_at(rows.data, at), ends)
            long[odd] = at < ends
        kept = np.flatnonzero(long)  # numbers are looked up quicker than flags
        return starts[kept], lengths[kept]


class SplitWhitespace(Tokeniser):
    """What stands between white space, as ``str.split()`` has it: for text that is cut into tokens already.

    Notes
    -----
    Shape: ``(documents,)`` -> a list of tokens for each.

    Examples
    --------
    >>> SplitWhitespace()(["don't panic , ever"])[0]
    ["don't", 'panic', ',', 'ever']
    """

    name = "split_whitespace"
    formula = "the longest runs of characters that are no white space"
    source = "str.split; The Unicode Standard, property White_Space"

    def spans(self, rows: Strings) -> tuple[Array, Array]:
        mask = marked(rows.data, space_characters)
        mask[rows.offsets[1:] - 1] = True  # a document ends here, whatever its end looks like
        return runs(~mask)


class RegexTokens(Tokeniser):
    r"""What a regular expression of Python's finds.

    Parameters
    ----------
    pattern : str
        With one group, the tokens are what the group holds; with none, what the pattern matches.

    Notes
    -----
    Shape: ``(documents,)`` -> a list of tokens for each. One document after the other: some ten times slower than
    :class:`Words`.

    Raises
    ------
    ParameterError
        If the pattern is none, or has several groups.

    Examples
    --------
    >>> RegexTokens(r"\w+(?:'\w+)?")(["don't panic"])[0]
    ["don't", 'panic']
    """

    name = "regex_tokens"
    formula = "re.findall(pattern, x)"
    source = "Python, re"

    pattern: str = r"\w+"

    def check(self) -> None:
        try:
            groups = re.compile(self.pattern).groups
        except re.error as error:
            raise ParameterError(f"RegexTokens.pattern {self.pattern!r} is no regular expression: {error}") from None
        if groups > 1:
            raise ParameterError(
                f"RegexTokens.pattern {self.pattern!r} has {groups} groups and may have one; write the others as (?:...)"
            )

    def apply(self, rows: Strings) -> Tokens:
        find = re.compile(self.pattern).findall
        return Tokens(map(find, rows))
