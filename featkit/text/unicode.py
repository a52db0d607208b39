"""Characters that can be written in several ways, written in one."""

from __future__ import annotations

import unicodedata
from typing import Literal

from featkit.text.documents import OverDocuments, rewritten, with_other_characters
from featkit.text.strings import Strings


class NormaliseUnicode(OverDocuments):
    """One of Unicode's normal forms, so that é is one thing, however it was typed.

    Parameters
    ----------
    form : str
        ``"NFC"`` composes characters, ``"NFD"`` takes them apart; ``"NFKC"`` and ``"NFKD"`` also replace what only looks
        different: ligatures, full-width letters, superscripts.

    Notes
    -----
    Shape: ``(documents,)``, unchanged.

    Examples
    --------
    >>> NormaliseUnicode("NFKC")(["ＭＦＣＣ ﬁlter"])
    Strings(('MFCC filter',))
    """

    name = "normalise_unicode"
    formula = "y = the normal form of x"
    source = "Unicode Standard Annex 15"

    form: Literal["NFC", "NFKC", "NFD", "NFKD"] = "NFC"

    def apply(self, rows: Strings) -> Strings:
        return rewritten(rows, with_other_characters(rows), lambda text: unicodedata.normalize(self.form, text))


class StripAccents(OverDocuments):
    """Leave the marks of letters away: café becomes cafe.

    Parameters
    ----------
    kind : str
        ``"unicode"`` takes characters apart (NFKD) and drops those that combine; ``"ascii"`` drops everything then that is
        beyond ASCII.

    Notes
    -----
    Shape: ``(documents,)``, unchanged.

    Examples
    --------
    >>> StripAccents()(["Ångström, naïve 中"]), StripAccents("ascii")(["Ångström 中"])
    (Strings(('Angstrom, naive 中',)), Strings(('Angstrom ',)))
    """

    name = "strip_accents"
    formula = "y = NFKD of x, without combining characters"
    source = "scikit-learn, strip_accents_unicode and strip_accents_ascii"

    kind: Literal["unicode", "ascii"] = "unicode"

    def apply(self, rows: Strings) -> Strings:
        return rewritten(rows, with_other_characters(rows), _to_ascii if self.kind == "ascii" else _without_marks)


def _without_marks(text: str) -> str:
    return "".join(
        character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character)
    )


def _to_ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
