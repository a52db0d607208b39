"""Vectors of words as files: ``.npy`` with the words beside it, word2vec's text and binary, GloVe's text."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias, get_args

import numpy as np

from featkit.errors import InputError, ParameterError, ReadError, did_you_mean
from featkit.files.atomic import output
from featkit.files.compressed import Bytes
from featkit.files.npy import load
from featkit.files.sidecar import sidecar_path, whole_file, write_sidecar
from featkit.files.vocabulary import load_vocabulary, vocabulary_path, write_vocabulary
from featkit.numeric import Array
from featkit.text.embeddings.vectors import WordVectors
from featkit.text.strings import Strings

Format: TypeAlias = Literal["npy", "word2vec", "word2vec-binary", "glove"]
#: What a name's ending says of what is inside; .txt is word2vec's where its first line is "words dim", else GloVe's.
ENDINGS: dict[str, Format] = {".npy": "npy", ".bin": "word2vec-binary", ".vec": "word2vec", ".txt": "word2vec"}
#: So many digits bring back the same float32, float64.
_DIGITS = {4: 9, 8: 17}
_CHUNK = 1 << 20


def _format(path: str, given: str | None) -> Format:
    if given is not None and given not in get_args(Format):
        raise ParameterError(
            f"format must be one of {', '.join(get_args(Format))}, got {given!r}{did_you_mean(given, get_args(Format))}"
        )
    suffix = Path(path.removesuffix(".gz")).suffix.lower()
    return given or ENDINGS.get(suffix, "word2vec")  # type: ignore[return-value]


def counts_path(vectors: str | os.PathLike[str]) -> Path:
    """Where the counts of the words are: ``x.npy`` -> ``x.npy.counts.npy``."""
    return Path(f"{os.fspath(vectors)}.counts.npy")


def write_vectors(
    path: str | os.PathLike[str], words: WordVectors, *, format: Format | None = None, overwrite: bool = False
) -> None:
    """Write vectors of words.

    Parameters
    ----------
    path : path
    words : WordVectors
    format : str, optional
        ``"npy"``: the array, with the words beside it in ``NAME.npy.vocab.txt`` and their counts, where there are any, in
        ``NAME.npy.counts.npy``; ``"word2vec"`` and ``"glove"``, text; ``"word2vec-binary"``, float32. By default what the
        name ends in says: .npy, .bin, .vec, .txt.
    overwrite : bool

    Raises
    ------
    WriteError
        If a file exists, or the system refuses.
    InputError
        If a word cannot be written: in word2vec's and GloVe's formats spaces and line ends are what separates words.

    Examples
    --------
    >>> import featkit, numpy as np, tempfile
    >>> words = featkit.WordVectors(featkit.Strings(["cat", "dog"]), np.float32([[1, 2], [3, 4]]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_vectors(folder + "/x.vec", words)
    ...     load_vectors(folder + "/x.vec") == words
    True
    """
    write_with_record(path, words, None, format=format, overwrite=overwrite)


def write_with_record(
    path: str | os.PathLike[str],
    words: WordVectors,
    record: dict[str, Any] | None,
    *,
    format: Format | None = None,
    overwrite: bool = False,
) -> None:
    """:func:`write_vectors`, with a sidecar that has the record, and what :func:`whole_vectors` asks it for.

    Without a record there is no sidecar: one that is there is of other vectors.
    """
    name = os.fspath(path)
    chosen = _format(name, format)
    if chosen != "npy":
        _refuse_spaces(words.terms, name)
    with output(path, overwrite=overwrite) as file:
        # What is beside the vectors comes first: they must not appear without it.
        if chosen == "npy":
            np.lib.format.write_array(file, np.ascontiguousarray(words.vectors), allow_pickle=False)
            beside = _write_beside(name, words)
        else:
            _write_text(file, words, chosen)
            beside = {}
        if record is None:
            sidecar_path(name).unlink(missing_ok=True)
        else:
            facts = {"shape": list(words.vectors.shape), "dtype": str(words.vectors.dtype), "bytes": file.tell()}
            write_sidecar(name, {**record, **facts, **beside})


def whole_vectors(path: str | os.PathLike[str], made: dict[str, Any]) -> bool:
    """Whether vectors are as their record has them, and what belongs beside them is there."""
    beside = (made.get(key) for key in ("words_in", "counts_in"))
    return whole_file(path, made) and all(name is None or Path(path).with_name(name).exists() for name in beside)


def _write_text(file: IO[bytes], words: WordVectors, chosen: Format) -> None:
    vectors = np.asarray(words.vectors)
    if chosen != "glove":
        file.write(f"{len(words)} {words.dim}\n".encode())
    if chosen == "word2vec-binary":
        for word, row in zip(words.terms, vectors.astype("<f4"), strict=True):
            file.write(word.encode("utf-8", "surrogatepass") + b" " + row.tobytes() + b"\n")
        return
    line = " ".join([f"%.{_DIGITS.get(vectors.itemsize, 17)}g"] * words.dim)
    for word, row in zip(words.terms, vectors, strict=True):
        file.write(f"{word} {line % tuple(row.tolist())}\n".encode("utf-8", "surrogatepass"))


def _write_beside(name: str, words: WordVectors) -> dict[str, str]:
    """Words and counts, and the names of their files."""
    written = {"words_in": vocabulary_path(name), "counts_in": counts_path(name)}
    write_vocabulary(written["words_in"], words.terms, overwrite=True)
    if words.counts is None:
        written.pop("counts_in").unlink(missing_ok=True)
    else:
        with output(written["counts_in"], overwrite=True) as file:
            np.lib.format.write_array(file, np.asarray(words.counts), allow_pickle=False)
    return {what: path.name for what, path in written.items()}


def _refuse_spaces(terms: Strings, name: str) -> None:
    for byte in b" \n\r\t":
        if (terms.data == byte).sum() > (len(terms) if byte == 0x0A else 0):
            wrong = next(term for term in terms if chr(byte) in term)
            raise InputError(
                f"{name}: the word {wrong!r} has a space in it, which ends words in this format; write .npy"
            )


def load_vectors(path: str | os.PathLike[str], *, format: Format | None = None) -> WordVectors:
    r"""Read vectors of words; those of a ``.npy`` stay on the disk and are mapped into memory.

    Parameters
    ----------
    path : path
        Written by :func:`write_vectors`, gensim, word2vec, fastText (.vec) or GloVe; text may be compressed (.gz, .xz ...).
    format : str, optional
        As in :func:`write_vectors`; by default what the name ends in says, and of text the first line.

    Returns
    -------
    WordVectors

    Raises
    ------
    ReadError
        If it can't be read, or is damaged.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "glove.txt")
    ...     _ = path.write_text("cat 1 2.5\ndog 3 4\n")
    ...     load_vectors(path).vector("cat")
    array([1. , 2.5], dtype=float32)
    """
    name = os.fspath(path)
    chosen = _format(name, format)
    if chosen == "npy":
        return _load_npy(name)
    text = Bytes(name)
    if chosen == "word2vec-binary":
        terms, vectors = _binary(_Reader(text), name)
    else:
        terms, vectors = _text(_Reader(text), name, headed=False if format == "glove" else None)
    return WordVectors(Strings(terms), vectors)


def _load_npy(name: str) -> WordVectors:
    vectors, beside = load(name), vocabulary_path(name)
    if not beside.exists():
        raise ReadError(f"{name} has no words: {beside.name} is not beside it; put it there, or make both anew")
    terms = load_vocabulary(beside)
    if vectors.ndim != 2 or vectors.dtype.kind != "f" or len(vectors) != len(terms):
        raise ReadError(
            f"{name} has shape {vectors.shape} and type {vectors.dtype}, and {beside.name} {len(terms)} words; they don't "
            "belong together, make both anew"
        )
    counts = np.array(load(counts_path(name))) if counts_path(name).exists() else None
    if counts is not None and (counts.shape != (len(terms),) or counts.dtype.kind not in "iu"):
        raise ReadError(f"{counts_path(name)} doesn't fit {beside.name}; make both anew")
    return WordVectors(terms, vectors, counts)


class _Reader:
    """Bytes of a file, compressed or not, from front to back."""

    def __init__(self, file: Bytes) -> None:
        self._chunks: Iterator[bytes] = iter(file.chunks(_CHUNK))
        self._held = b""
        self._at = 0

    def _more(self) -> bool:
        chunk = next(self._chunks, b"")
        self._held = self._held[self._at :] + chunk
        self._at = 0
        return bool(chunk)

    def upto(self, mark: bytes) -> bytes | None:
        """What comes before a mark, which is taken too; None at the end."""
        begin = 0
        while (found := self._held.find(mark, self._at + begin)) < 0:
            begin = len(self._held) - self._at
            if not self._more():
                rest, self._held, self._at = self._held[self._at :], b"", 0
                return rest or None
        taken = self._held[self._at : found]
        self._at = found + len(mark)
        return taken

    def take(self, size: int) -> bytes:
        """So many bytes, or those that are left."""
        while len(self._held) - self._at < size and self._more():
            pass
        taken = self._held[self._at : self._at + size]
        self._at += len(taken)
        return taken


def _header(line: bytes | None) -> tuple[int, int] | None:
    parts = (line or b"").split()
    if len(parts) == 2 and all(part.isdigit() for part in parts):
        return int(parts[0]), int(parts[1])
    return None


def _binary(file: _Reader, name: str) -> tuple[list[str], Array]:
    header = _header(file.upto(b"\n"))
    if header is None or not header[1]:
        raise ReadError(f"{name} is no binary file of word2vec: it doesn't begin with the numbers of words and values")
    words, dim = header
    terms, rows = [], []
    for number in range(words):
        term, row = file.upto(b" "), file.take(4 * dim)
        if term is None or len(row) < 4 * dim:
            raise ReadError(f"{name} is cut short: it has {number} of {words} words; get it anew")
        terms.append(_decoded(term.lstrip(b"\n"), name))
        rows.append(row)
    return terms, np.frombuffer(b"".join(rows), "<f4").astype(np.float32).reshape(words, dim)


def _text(file: _Reader, name: str, headed: bool | None) -> tuple[list[str], Array]:
    line = file.upto(b"\n")
    header = None if headed is False else _header(line)
    if header is not None:
        line = file.upto(b"\n")
    dim = header[1] if header is not None else len((line or b"").split()) - 1
    if dim < 1:
        raise ReadError(f"{name} has no vectors in its first line; is it text with a word and its values in each?")
    terms, rows, number = [], [], 1 + (header is not None)
    while line is not None:
        if line.strip():
            parts = line.rstrip().rsplit(b" ", dim)
            try:
                values = np.array(parts[1:], dtype=np.float64)
            except ValueError:
                values = np.zeros(0)
            if len(values) != dim:
                raise ReadError(f"line {number} of {name} is not a word and {dim} numbers; get it anew")
            terms.append(_decoded(parts[0], name))
            rows.append(values.astype(np.float32))
        line = file.upto(b"\n")
        number += 1
    if header is not None and len(terms) != header[0]:
        raise ReadError(f"{name} is cut short: it has {len(terms)} of {header[0]} words; get it anew")
    return terms, np.array(rows, np.float32).reshape(len(terms), dim)


def _decoded(word: bytes, name: str) -> str:
    try:
        return word.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise ReadError(f"{name}: the word {word!r} is not UTF-8; convert the file first") from None


# --- what vectors are judged by -----------------------------------------------------------------------------------------


def load_judgements(path: str | os.PathLike[str]) -> list[tuple[str, str, float]]:
    r"""Read pairs of words with how similar people find them: word, word, number, separated by tabs (WordSim-353 ...).

    Lines that begin with ``#`` are skipped, and a first line that names the columns.

    Raises
    ------
    ReadError
        If a line is something else.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "pairs.tsv")
    ...     _ = path.write_text("# pairs\nlove\tsex\t6.77\n")
    ...     load_judgements(path)
    [('love', 'sex', 6.77)]
    """
    made = []
    for number, line in _lines(path):
        parts = line.split("\t")
        try:
            one, other, value = parts
            made.append((one.strip(), other.strip(), float(value)))
        except ValueError:
            if number > 1:
                raise ReadError(
                    f"line {number} of {os.fspath(path)} is not word, word, number with tabs between"
                ) from None
    return made


def load_analogies(path: str | os.PathLike[str]) -> list[tuple[str, tuple[str, str, str, str]]]:
    r"""Read analogies: four words a line, in sections that begin with a line ``: NAME`` (questions-words.txt ...).

    Raises
    ------
    ReadError
        If a line is something else.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "questions.txt")
    ...     _ = path.write_text(": family\nboy girl king queen\n")
    ...     load_analogies(path)
    [('family', ('boy', 'girl', 'king', 'queen'))]
    """
    made, section = [], "all"
    for number, line in _lines(path):
        if line.startswith(":"):
            section = line[1:].strip()
            continue
        words = line.split()
        if len(words) != 4:
            raise ReadError(f"line {number} of {os.fspath(path)} is not four words, nor a section (: NAME)")
        made.append((section, (words[0], words[1], words[2], words[3])))
    return made


def _lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, str]]:
    reader = _Reader(Bytes(os.fspath(path)))
    number = 0
    while (line := reader.upto(b"\n")) is not None:
        number += 1
        text = _decoded(line, os.fspath(path)).removeprefix("\ufeff").rstrip("\r")
        if text.strip() and not text.startswith("#"):
            yield number, text
