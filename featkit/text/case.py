"""Lower case."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array, constant
from featkit.text.characters import beyond_ascii, encode_into, sizes_of
from featkit.text.documents import OverDocuments, documents_of, rewritten
from featkit.text.strings import Strings

_SIGMA = 0x3A3  # at the end of a word it becomes another letter than inside


class LowerCase(OverDocuments):
    """Every character in lower case, as ``str.lower`` has it, so that The and the are one word.

    Notes
    -----
    Shape: ``(documents,)``, unchanged.

    Examples
    --------
    >>> LowerCase()(["The ΟΔΟΣ", "İ"])
    Strings(('the οδος', 'i̇'))
    """

    name = "lower_case"
    formula = "y = lower case of x, by the Unicode character database"
    source = "str.lower; The Unicode Standard, section 3.13"

    def apply(self, rows: Strings) -> Strings:
        lowered = _ascii_lower(rows.data)
        if rows.ascii:
            return Strings.packed(lowered, rows.offsets)
        wide = beyond_ascii(rows.data)
        codes = _lower()[wide.codes]
        changed = np.flatnonzero((codes != wide.codes) & (codes >= 0))
        encode_into(lowered, wide.places[changed], codes[changed])
        simple = Strings.packed(lowered, rows.offsets)
        # What changes its size or looks around it is left to Python: the characters of its document are in their place still.
        odd = documents_of(rows, wide.places[codes < 0])
        return rewritten(simple, odd, str.lower) if len(odd) else simple


def _ascii_lower(data: Array) -> Array:
    """A to Z in lower case: the bit that makes them small is set."""
    lowered = data - np.uint8(ord("A"))  # what lies below A comes out large
    capital = np.less(lowered, np.uint8(26), out=lowered.view(bool)).view(np.uint8)
    capital *= np.uint8(ord("a") - ord("A"))
    return np.bitwise_or(data, capital, out=lowered)


@constant
def _lower() -> Array:
    """The lower case of each code point; -1 where it isn't one character of the same size, or depends on its neighbours."""
    codes = np.arange(0x110000, dtype=np.int32)
    cased = [(code, chr(code).lower()) for code in range(128, 0x20000) if chr(code).lower() != chr(code)]
    for code, lower in cased:
        codes[code] = ord(lower) if len(lower) == 1 and ord(lower) >= 128 else -1
    moved = sizes_of(codes) != sizes_of(np.arange(0x110000, dtype=np.int32))
    moved[:128] = False
    codes[moved] = -1
    codes[_SIGMA] = -1
    return codes
