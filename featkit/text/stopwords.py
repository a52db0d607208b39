"""Words that are left out."""

from __future__ import annotations

from typing import Literal

from featkit.errors import ParameterError
from featkit.numeric import constant
from featkit.text.strings import Strings
from featkit.text.tokens import OverTokens, Tokens

#: The list of the Glasgow Information Retrieval Group as scikit-learn has it, which is why it has its gaps.
_ENGLISH = """
    a about above across after afterwards again against all almost alone along already also although always am among
    amongst amoungst amount an and another any anyhow anyone anything anyway anywhere are around as at back be became
    because become becomes becoming been before beforehand behind being below beside besides between beyond bill both
    bottom but by call can cannot cant co con could couldnt cry de describe detail do done down due during each eg
    eight either eleven else elsewhere empty enough etc even ever every everyone everything everywhere except few
    fifteen fifty fill find fire first five for former formerly forty found four from front full further get give go
    had has hasnt have he hence her here hereafter hereby herein hereupon hers herself him himself his how however
    hundred i ie if in inc indeed interest into is it its itself keep last latter latterly least less ltd made many
    may me meanwhile might mill mine more moreover most mostly move much must my myself name namely neither never
    nevertheless next nine no nobody none noone nor not nothing now nowhere of off often on once one only onto or
    other others otherwise our ours ourselves out over own part per perhaps please put rather re same see seem seemed
    seeming seems serious several she should show side since sincere six sixty so some somehow someone something
    sometime sometimes somewhere still such system take ten than that the their them themselves then thence there
    thereafter thereby therefore therein thereupon these they thick thin third this those though three through
    throughout thru thus to together too top toward towards twelve twenty two un under until up upon us very via was
    we well were what whatever when whence whenever where whereafter whereas whereby wherein whereupon wherever
    whether which while whither who whoever whole whom whose why will with within without would yet you your yours
    yourself yourselves
"""


class StopWords(OverTokens):
    """Leave out words that stand in every text.

    Parameters
    ----------
    words : str or tuple of str
        ``"english"`` is scikit-learn's list of 318 words, in lower case; or the words themselves, as they come out of the
        tokeniser.

    Notes
    -----
    Shape: a list of tokens for each document, shorter.

    Raises
    ------
    ParameterError
        If words is another name than "english", or empty.

    Examples
    --------
    >>> StopWords()([["this", "is", "a", "test"]])[0], StopWords(("test",))([["this", "test"]])[0]
    (['test'], ['this'])
    """

    name = "stop_words"
    formula = "the tokens of x that are none of words, in order"
    source = "van Rijsbergen, Information Retrieval, 1979"

    words: Literal["english"] | tuple[str, ...] = "english"

    def check(self) -> None:
        if not self.words:
            raise ParameterError("StopWords.words is empty; leave the stage out")

    @property
    def list(self) -> Strings:
        """The words that are left out."""
        return _english() if self.words == "english" else Strings(self.words)

    def apply(self, rows: Tokens) -> Tokens:
        return rows.kept(rows.by(self.list.find) < 0)


@constant
def _english() -> Strings:
    return Strings(_ENGLISH.split())
