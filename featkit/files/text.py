"""Text as it comes: lines, files, CSV, TSV and JSON Lines, compressed or not, in any encoding, as blocks of documents."""

from __future__ import annotations

import copy
import csv
import glob
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from featkit.errors import InputError, ParameterError, ReadError, did_you_mean
from featkit.files.compressed import Bytes
from featkit.files.encodings import Encoded, Invalid, codec
from featkit.files.source import one_of
from featkit.text.strings import Strings

Kind: TypeAlias = Literal["lines", "files", "csv", "tsv", "jsonl"]
#: What a name's ending says of what is inside.
ENDINGS: dict[str, Kind] = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
Paths: TypeAlias = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


class Piece(NamedTuple):
    """A part of a corpus that another process can take."""

    blocks: Iterable[Strings]
    bytes: int  # about how long it is


class DocumentBlocks:
    """A corpus as an iterable of blocks of documents; made by :func:`documents`.

    Every iteration opens the files anew, so the corpus can be read several times (standard input, too: it is kept in a
    temporary file for that).

    Attributes
    ----------
    paths : tuple of str
        The files, in order; ``"-"`` is standard input.
    bytes : int or None
        How long they are together, where that is known without reading them: not for what is compressed.
    """

    def __init__(
        self,
        paths: Paths,
        size: int,
        encoding: str,
        documents: Kind | None,
        column: str | int | None,
        header: bool | None,
        quotes: bool,
        invalid: Invalid,
    ) -> None:
        if size < 1:
            raise ParameterError(f"a block needs at least one byte, got {size=}")
        one_of("documents", documents, (None, *get_args(Kind)))
        one_of("invalid", invalid, get_args(Invalid))
        one_of("column", column, (None,), also=int) if not isinstance(column, str) else None
        if encoding != "detect":
            codec(encoding)
        self._size, self._encoding, self._invalid = size, encoding, invalid
        self._column, self._header, self._quotes = column, header, quotes
        given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
        named = [os.fspath(path) for path in given]
        self.paths = tuple(_files(named) if documents == "files" else map(_file, named))
        if not self.paths:
            raise ReadError(f"{', '.join(named) or 'the list of paths'}: no file there; check the path")
        # Of many small files, each is opened when its turn comes.
        self._opened = {} if documents == "files" else {path: self._open(path) for path in self.paths}
        self._kinds = {path: self._kind(text.data, documents) for path, text in self._opened.items()}
        self._part: tuple[int, int | None] = (0, None)

    @property
    def bytes(self) -> int | None:
        """How many bytes the files have together, where that is known without reading them."""
        sizes = [text.data.size for text in self._opened.values()] or [_size(path) for path in self.paths]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    def __iter__(self) -> Iterator[Strings]:
        blocks = self._lines_and_records() if self._opened else _packed(map(self._whole, self.paths), self._size)
        empty = True
        for block in blocks:
            empty = False
            yield block
        if empty:
            yield Strings()

    def pieces(self, size: int | None = None) -> Iterator[Piece]:
        """The corpus in pieces of about ``size`` bytes (by default four blocks), in order, for other processes.

        Each can be pickled. Lines of a plain UTF-8 file are read by whoever has the piece; anything else is read here.
        """
        size = size or 4 * self._size
        if not self._opened:
            yield from _held(self, size)
        for path, text in self._opened.items():
            one = copy.copy(self)
            one.paths, one._opened, one._kinds = (path,), {path: text}, {path: self._kinds[path]}
            if not (text.data.plain and text.ready and self._kinds[path] == "lines"):
                yield from _held(one, size)
                continue
            start = text.skipped
            for stop in _line_starts(text.data, start, size):
                part = copy.copy(one)
                part._part = (start, stop)
                yield Piece(part, stop - start)
                start = stop

    # --- what a document is -----------------------------------------------------------------------------------------------

    def _kind(self, data: Bytes, documents: Kind | None) -> Kind:
        kind = documents or ENDINGS.get(Path(data.name).suffix.lower(), "lines")
        if kind == "lines" and self._column is not None:
            raise ParameterError(
                f"column={self._column!r} needs a table, and {data.shown} is read as lines; say what it is with documents='csv', "
                "'tsv' or 'jsonl' (on the command line: --documents)"
            )
        if kind != "lines" and self._column is None:
            raise ParameterError(
                f"{data.shown} is read as {kind}, and which column holds the documents is not said; give column= a name"
                f"{' or a number from 0' * (kind != 'jsonl')} (on the command line: --column), or take its lines as they are "
                "with documents='lines' (--documents lines)"
            )
        return kind

    def _open(self, path: str) -> Encoded:
        return Encoded(Bytes(path), self._encoding, self._invalid)

    def _lines_and_records(self) -> Iterator[Strings]:
        read: dict[Kind, Callable[[Encoded], Iterator[Strings]]] = {"lines": self._lines, "jsonl": self._objects}
        for path, text in self._opened.items():
            yield from read.get(self._kinds[path], self._table)(text)

    def _lines(self, text: Encoded) -> Iterator[Strings]:
        held: list[bytes] = []
        for chunk in text.chunks(self._size, *self._part):
            # A \r at the end waits for the \n that may follow.
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r", 0, len(chunk) - 1)) + 1
            if not end:
                held.append(chunk)
                continue
            yield _split(b"".join([*held, chunk[:end]]))
            held = [chunk[end:]] if end < len(chunk) else []
        if held:
            if not held[-1].endswith((b"\n", b"\r")):
                held.append(b"\n")  # here, and not behind a copy of what may be one very long line
            rest = b"".join(held)
            del held, chunk
            yield _split(rest)

    def _whole(self, path: str) -> str:
        """A file as one document."""
        return b"".join(self._open(path).chunks(self._size)).decode()

    def _objects(self, text: Encoded) -> Iterator[Strings]:
        def values() -> Iterator[str]:
            number = 0
            for block in self._lines(text):
                for line in block:
                    number += 1
                    if line.strip():
                        yield self._value(line, number, text.data.shown)

        return _packed(values(), self._size)

    def _value(self, line: str, number: int, shown: str) -> str:
        where = f"line {number} of {shown}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = str(error).lower() if isinstance(error, ValueError) else "it is nested too deeply"
            raise InputError(f"{where} is no JSON: {reason}; repair it, or take lines with documents='lines'") from None
        if not isinstance(record, dict):
            raise InputError(
                f'{where} is no JSON object but {_typed(record)}; every line must be one, as {{"text": ...}}'
            )
        key = str(self._column)
        if key not in record:
            known = did_you_mean(key, record) or f"; its keys are {', '.join(map(str, list(record)[:20]))}"
            raise InputError(f"{where} has no {key!r}{known}")
        value = record[key]
        if not isinstance(value, str):
            raise InputError(f"{key!r} in {where} is {_typed(value)} and no text; repair it or name another column")
        return value

    def _table(self, text: Encoded) -> Iterator[Strings]:
        shown = text.data.shown
        csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the standard one is 128 KiB
        delimiter = "\t" if self._kinds[text.data.path] == "tsv" else ","
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if self._quotes else csv.QUOTE_NONE
        lines = io.TextIOWrapper(io.BufferedReader(_Joined(text.chunks(self._size))), "utf-8", newline="")
        records = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)

        def rows() -> Iterator[list[str]]:
            try:
                for row in records:
                    if row:
                        yield row
            except csv.Error as error:
                remedy = (
                    ", or take quotes as they are with quotes=False (on the command line: --no-quotes)" * self._quotes
                )
                raise InputError(
                    f"line {records.line_num} of {shown} cannot be read as a table: {error}; repair it{remedy}"
                ) from None

        def values() -> Iterator[str]:
            table = rows()
            column, width = self._place(table, shown)
            if column < 0:
                return
            for row in table:
                if column >= len(row):
                    raise InputError(
                        f"line {records.line_num} of {shown} has {len(row)} columns, and column {self._column!r} is "
                        f"number {column}, from 0; repair it"
                    )
                if width and len(row) != width:
                    raise InputError(
                        f"line {records.line_num} of {shown} has {len(row)} columns and its header {width}; repair it"
                    )
                yield row[column]

        return _packed(values(), self._size)

    def _place(self, table: Iterator[list[str]], shown: str) -> tuple[int, int | None]:
        """The number of the column, and how many a header has; a name needs a header, with a number there is none."""
        named = isinstance(self._column, str)
        if not (named if self._header is None else self._header):
            if named:
                raise ParameterError(
                    f"column {self._column!r} is a name, and without a header there are none; give a number from 0"
                )
            return int(self._column or 0), None
        names = next(table, None)
        if names is None:
            return -1, None
        if not named:
            return int(self._column or 0), len(names)
        if names.count(str(self._column)) != 1:
            known = did_you_mean(str(self._column), names) or f"; its first line names {', '.join(names)[:300]}"
            often = "more than one column" if self._column in names else "no column"
            raise InputError(f"{shown} has {often} {self._column!r}{known}; a number from 0 does without a header")
        return names.index(str(self._column)), len(names)


def documents(
    path: Paths,
    *,
    size: int = 1 << 20,
    encoding: str = "utf-8",
    documents: Kind | None = None,
    column: str | int | None = None,
    header: bool | None = None,
    quotes: bool = True,
    invalid: Invalid = "error",
) -> DocumentBlocks:
    r"""Read a corpus of any length, block by block.

    Parameters
    ----------
    path : path or list of paths
        Files, one after the other; ``"-"`` is standard input. What is compressed with gzip, bzip2 or xz is recognised by its
        content. With ``documents="files"`` also folders and patterns.
    size : int
        About how many bytes of text a block has; documents are whole.
    encoding : str
        As Python names it. A byte order mark that contradicts it is an error, and UTF-16 without one needs its byte order
        (``"utf-16-le"``). ``"detect"`` finds it out: by a mark, by zeros in every second place, UTF-8 if all of it is UTF-8,
        else that of GB18030, Big5, Shift JIS, EUC-JP, EUC-KR, Windows-1252 and Latin-1 in which more than nine tenths of what
        is not ASCII are common characters; if there is none, an error.
    documents : str or None
        What a document is. ``"lines"``: a line; it ends with \\n, \\r\\n or \\r and with nothing else, and an empty one is an
        empty document, so that rows match lines. ``"files"``: a file; those in and below a folder, but hidden ones, in order
        of their names. ``"csv"``, ``"tsv"``: a value of a column. ``"jsonl"``: the value of a key. None: by the ending of
        the name (.csv, .tsv, .tab, .jsonl, .ndjson), else lines.
    column : str, int or None
        Of a table the name, which the first line must have, or the number from 0; of JSON Lines the key.
    header : bool or None
        Whether the first line of a table names its columns. None: it does if ``column`` is a name.
    quotes : bool
        Whether ``"`` quotes values of a table, which may then hold line ends; if not, it is a character like others.
    invalid : str
        What to do with bytes that don't decode: ``"error"``, or ``"replace"`` them by U+FFFD.

    Returns
    -------
    DocumentBlocks
        Iterable of :class:`~featkit.text.strings.Strings`; it can be read several times.

    Raises
    ------
    ReadError
        If a file can't be opened, is damaged, or begins with the mark of another encoding.
    InputError
        If something does not decode (the message has the byte, the line, and which encoding would decode it) or is no
        record.

    Examples
    --------
    >>> import featkit, tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "corpus.txt")
    ...     _ = path.write_bytes(b"this is a test\nthis is another test\n")
    ...     list(featkit.documents(path))
    [Strings(('this is a test', 'this is another test'))]
    """
    return DocumentBlocks(path, size, encoding, documents, column, header, quotes, invalid)


# --- lines ----------------------------------------------------------------------------------------------------------------


def _split(data: bytes) -> Strings:
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return Strings.lines(data)


def _held(blocks: Iterable[Strings], size: int) -> Iterator[Piece]:
    """Pieces that hold their documents."""
    held: list[Strings] = []
    length = 0
    for block in blocks:
        held.append(block)
        length += block.nbytes
        if length >= size:
            yield Piece(held, length)
            held, length = [], 0
    if held:
        yield Piece(held, length)


def _line_starts(data: Bytes, start: int, size: int) -> Iterator[int]:
    """Where lines begin, about ``size`` bytes apart, and the end."""
    end = data.size or 0
    with data.open() as file:
        while start < end:
            at = start + size
            file.seek(at)
            last = b""
            while at < end:
                chunk = file.read(1 << 16)
                if not chunk:
                    break
                found = min((place for place in (chunk.find(b"\n"), chunk.find(b"\r")) if place >= 0), default=-1)
                if last == b"\r":  # the line ended with the last chunk, or does so with this one's first byte
                    at += chunk.startswith(b"\n")
                    break
                if 0 <= found < len(chunk) - 1:
                    at += found + 1 + (chunk[found : found + 2] == b"\r\n")
                    break
                at, last = at + len(chunk), chunk[-1:]
                if last == b"\n":
                    break
            start = min(at, end)
            yield start


# --- records --------------------------------------------------------------------------------------------------------------


def _packed(values: Iterable[str], size: int) -> Iterator[Strings]:
    """Documents one by one into blocks."""
    held: list[str] = []
    length = 0
    for value in values:
        held.append(value)
        length += len(value)
        if length >= size or len(held) >= size:
            yield Strings(held)
            held, length = [], 0
    if held:
        yield Strings(held)


def _typed(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


class _Joined(io.RawIOBase):
    """Chunks of bytes, to be read as a file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        super().__init__()
        self._chunks, self._left = iter(chunks), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = memoryview(chunk)
        taken = min(len(buffer), len(self._left))
        buffer[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        return taken


# --- files ----------------------------------------------------------------------------------------------------------------


def _file(path: str) -> str:
    if path != "-" and os.path.isdir(path):
        raise ReadError(
            f"{path} is a folder; take each file in it as a document with documents='files' (on the command line: --documents "
            "files), or name the files"
        )
    return path


def _size(path: str) -> int | None:
    return None if path == "-" else os.stat(path).st_size


def _files(named: Iterable[str]) -> Iterator[str]:
    """The files that folders, patterns and files stand for; each once."""
    taken: set[str] = set()
    for name in named:
        found: Iterable[str] = [name]
        if os.path.isdir(name):
            below = (path.relative_to(name) for path in Path(name).rglob("*") if path.is_file())
            found = (
                os.path.join(name, path)
                for path in sorted(below)
                if not any(part.startswith(".") for part in path.parts)
            )
        elif glob.has_magic(name) and not os.path.exists(name):
            found = sorted(path for path in glob.glob(name, recursive=True) if os.path.isfile(path))
        for path in found:
            if os.path.abspath(path) not in taken:
                taken.add(os.path.abspath(path))
                yield path
