"""What stages over documents have in common."""

from __future__ import annotations

from typing import Any

from featkit.stage import Pointwise, RowShape
from featkit.text.strings import Strings, as_strings


class OverDocuments(Pointwise):
    """A stage that takes documents: a list of str, or :class:`~featkit.text.strings.Strings`."""

    shape = "document -> document"

    def admit(self, rows: Any, start: int = 0) -> Strings:
        return as_strings(rows)

    def row_shape(self, row: RowShape) -> RowShape:
        return None
