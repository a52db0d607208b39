r"""Vocabularies as files: as text, one term a line, and as ``.npz`` that is mapped into memory.

In text a backslash is written ``\\``, a line end inside a term ``\n`` or ``\r``, and a lone surrogate, or a byte order mark,
which an editor would take away, as ``\ud800`` and ``\ufeff``. Everything else stands as it is, in UTF-8.
"""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from featkit.errors import InputError, ReadError
from featkit.files.atomic import output
from featkit.files.compressed import Bytes
from featkit.files.csr import column_sums, members, write_member
from featkit.files.encodings import Encoded
from featkit.numeric import Array
from featkit.text.strings import END, Strings
from featkit.text.vocabulary import TermCounts

_TO_ESCAPE = re.compile("[\\\\\n\r\ufeff\ud800-\udfff]")
_NAMED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_ESCAPE = re.compile(r"\\(\\|n|r|u[0-9a-f]{4}|)")
_AT_A_TIME = 1 << 16


def write_vocabulary(
    path: str | os.PathLike[str], terms: Strings, counts: TermCounts | None = None, *, overwrite: bool = False
) -> None:
    """Write terms, one a line, or packed where ``path`` ends in ``.npz``; ``"-"`` is standard output.

    Packed terms can have their ``counts`` with them, in the same order.

    Raises
    ------
    WriteError
        If the file exists, or the system refuses.
    """
    with output(path, overwrite=overwrite) as file:
        if Path(path).suffix.lower() == ".npz":
            with zipfile.ZipFile(file, "w") as archive:
                write_member(archive, "terms", np.asarray(terms.data))
                write_member(archive, "offsets", np.asarray(terms.offsets))
                if counts is not None:
                    write_member(archive, "occurrences", counts.occurrences)
                    write_member(archive, "document_frequencies", counts.document_frequencies)
                    write_member(archive, "documents", np.array(counts.documents, np.int64))
            return
        for at in range(0, len(terms), _AT_A_TIME):
            part = terms[at : at + _AT_A_TIME]
            data = part.data.tobytes()
            plain = data.count(END) == len(part) and not any(
                mark in data for mark in (b"\\", b"\r", b"\xef\xbb\xbf", b"\xed")
            )
            file.write(data if plain else "".join(f"{_escaped(term)}\n" for term in part).encode())


def load_vocabulary(path: str | os.PathLike[str]) -> Strings:
    r"""Read terms, one a line, or those of a ``.npz``, which stay on the disk and are mapped into memory.

    Parameters
    ----------
    path : path
        What ``featkit bow`` wrote, or a list of words of one's own in UTF-8; a backslash in it is written ``\\``.

    Raises
    ------
    ReadError, InputError
        If it can't be read, or is no vocabulary.

    Examples
    --------
    >>> import featkit, tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "words.txt")
    ...     _ = path.write_text("another\ntest\n")
    ...     featkit.load_vocabulary(path)
    Strings(('another', 'test'))
    """
    name = os.fspath(path)
    if name.lower().endswith(".npz"):
        return _packed(name, members(name))
    text = Encoded(Bytes(name), "utf-8", "error")
    data = b"".join(text.chunks(1 << 20))
    if b"\r\n" in data:  # an editor's; \r in a term is written \r
        data = data.replace(b"\r\n", b"\n")
    terms = Strings.lines(data)
    if b"\\" not in data:
        return terms
    return Strings([_unescaped(term, number, text.data.shown) for number, term in enumerate(terms, 1)])


def vocabulary_path(matrix: str | os.PathLike[str]) -> Path:
    """Where the vocabulary of a matrix is: ``x.npz`` -> ``x.npz.vocab.txt``."""
    return Path(f"{os.fspath(matrix)}.vocab.txt")


def most_frequent(path: str, made: dict[str, Any] | None, matrix: Any, count: int = 10) -> dict[str, Any]:
    """``{"terms": {...}}``: the terms with the largest sums in a matrix that has its vocabulary beside it, else nothing."""
    beside = vocabulary_path(path)
    if made is None or "vocabulary" not in made or len(matrix.shape) != 2 or not beside.exists():
        return {}
    terms = load_vocabulary(beside)
    if len(terms) > matrix.shape[1]:
        return {}
    sums = column_sums(matrix)[: len(terms)]
    most = np.argsort(-sums, kind="stable")[:count].tolist()
    shown = (terms[at] if terms[at].isprintable() else repr(terms[at])[1:-1] for at in most)
    return {"terms": dict(zip(shown, sums[most].tolist(), strict=True))}


def _escaped(term: str) -> str:
    return _TO_ESCAPE.sub(lambda found: _NAMED.get(found[0]) or f"\\u{ord(found[0]):04x}", term)


def _unescaped(term: str, line: int, shown: str) -> str:
    if "\\" not in term:
        return term

    def character(found: re.Match[str]) -> str:
        if not found[1]:
            what = term[found.start() : found.start() + 2]
            raise InputError(f"line {line} of {shown}: {what!r} is no escape; write a backslash as two: \\\\")
        return {"\\": "\\", "n": "\n", "r": "\r"}.get(found[1]) or chr(int(found[1][1:], 16))

    return _ESCAPE.sub(character, term)


def load_counts(path: str | os.PathLike[str]) -> TermCounts | None:
    """The counts that are with the terms of a ``.npz``; None where there are none, as in text.

    Raises
    ------
    ReadError
        If it is no vocabulary, or damaged.
    """
    name = os.fspath(path)
    if not name.lower().endswith(".npz"):
        return None
    parts = members(name)
    terms = _packed(name, parts)
    if "documents" not in parts:
        return None
    occurrences, frequencies = (parts.get(key, np.empty(0)) for key in ("occurrences", "document_frequencies"))
    counted = all(array.shape == (len(terms),) and array.dtype == np.int64 for array in (occurrences, frequencies))
    if not counted or parts["documents"].shape != ():
        raise ReadError(f"{name} is damaged: its terms and their counts don't fit each other; make it anew")
    return TermCounts.of(terms, occurrences, frequencies, int(parts["documents"]))


def _packed(name: str, parts: dict[str, Array]) -> Strings:
    if not parts.keys() >= {"terms", "offsets"}:
        raise ReadError(
            f"{name} holds no vocabulary but {', '.join(parts) or 'nothing'}; a vocabulary's file has terms and offsets"
        )
    data, offsets = parts["terms"], parts["offsets"]
    fits = data.dtype == np.uint8 and offsets.dtype == np.int64 and data.ndim == offsets.ndim == 1 and len(offsets) > 0
    if not fits or offsets[0] != 0 or offsets[-1] != len(data) or (np.diff(offsets) < 1).any():
        raise ReadError(f"{name} is damaged: its terms and offsets don't fit each other; make it anew")
    terms = Strings.packed(data, offsets)
    try:
        for at in range(0, len(terms), _AT_A_TIME):
            part = terms[at : at + _AT_A_TIME]
            part.data.tobytes().decode("utf-8", "surrogatepass")
            if (part.data[part.offsets[1:] - 1] != END[0]).any():
                raise ValueError
    except ValueError:
        raise ReadError(f"{name} is damaged: its terms are not UTF-8; make it anew") from None
    return terms
