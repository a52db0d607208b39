"""White space."""

from __future__ import annotations

import numpy as np

from featkit.text.characters import characters_before, marked, runs, space_characters
from featkit.text.documents import OverDocuments
from featkit.text.strings import Strings


class CollapseWhitespace(OverDocuments):
    r"""Several characters of white space in a row become one space; a single one stays what it is.

    Notes
    -----
    Shape: ``(documents,)``, unchanged.

    Examples
    --------
    >>> CollapseWhitespace()(["to  be\tor \n not"])
    Strings(('to be\tor not',))
    """

    name = "collapse_whitespace"
    formula = r"y = x with each \s\s+ replaced by a space"
    source = "scikit-learn, CountVectorizer (analyzer='char')"

    def apply(self, rows: Strings) -> Strings:
        mask = marked(rows.data, space_characters)
        mask[rows.offsets[1:] - 1] = False
        starts, lengths = runs(mask)
        before = characters_before(rows.data)
        several = before[starts + lengths] - before[starts] > 1
        starts, lengths = starts[several], lengths[several]
        if not len(starts):
            return rows
        data, dropped = rows.data.copy(), np.zeros(len(rows.data) + 1, np.int8)
        data[starts] = ord(" ")
        dropped[starts + 1] += 1
        dropped[starts + lengths] -= 1
        kept = np.cumsum(dropped[:-1], dtype=np.int8) == 0
        left = np.concatenate([[0], np.cumsum(kept)])
        return Strings.packed(data[kept], left[rows.offsets])
