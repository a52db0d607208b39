"""From bytes to text."""

from __future__ import annotations

import codecs
from typing import Any, Literal

from featkit.errors import InputError, ParameterError
from featkit.text.documents import OverDocuments
from featkit.text.strings import Strings, as_strings

_BYTES = (bytes, bytearray, memoryview)


class Decode(OverDocuments):
    """Documents that are bytes, in an encoding that has to be known.

    Parameters
    ----------
    encoding : str
        By any name that Python has for it: ``"utf-8"``, ``"gb18030"``, ``"latin-1"``, ``"utf-16"`` (with a byte order mark).
    errors : str
        What becomes of bytes that are no text in it: an error (``"strict"``), U+FFFD (``"replace"``) or nothing (``"ignore"``).

    Notes
    -----
    Shape: ``(documents,)``, unchanged. Documents that are str already pass.

    Raises
    ------
    ParameterError
        If there is no such encoding.
    InputError
        If a document cannot be decoded; the message has its number and the offset.

    Examples
    --------
    >>> Decode("gb18030")(["特征".encode("gb18030")])
    Strings(('特征',))
    """

    name = "decode"
    formula = "y = the characters that the bytes of x stand for"
    source = "Python, codecs"

    encoding: str = "utf-8"
    errors: Literal["strict", "replace", "ignore"] = "strict"

    def check(self) -> None:
        try:
            codecs.lookup(self.encoding)
        except LookupError:
            raise ParameterError(
                f"Decode.encoding {self.encoding!r} is none that Python knows; try utf-8, utf-16, gb18030, latin-1"
            ) from None

    def admit(self, rows: Any, start: int = 0) -> Strings:
        rows = rows if hasattr(rows, "__len__") else list(rows)
        if isinstance(rows, (Strings, str, bytes)) or not any(isinstance(row, _BYTES) for row in rows):
            return as_strings(rows)
        return as_strings([self._text(at + start, row) for at, row in enumerate(rows)])

    def _text(self, at: int, row: Any) -> Any:
        if not isinstance(row, _BYTES):
            return row
        try:
            return bytes(row).decode(self.encoding, self.errors)
        except UnicodeDecodeError as error:
            raise InputError(
                f"document {at} is no {self.encoding}: {error.reason} at byte {error.start}; name its encoding, or let "
                "errors be 'replace'"
            ) from None

    def apply(self, rows: Strings) -> Strings:
        return rows
