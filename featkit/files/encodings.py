"""Bytes into UTF-8, whatever they were written in; what doesn't decode is told with its place and what would decode it."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import Literal

from featkit.errors import InputError, ParameterError, ReadError, did_you_mean
from featkit.files.compressed import Bytes
from featkit.files.source import looks_like

#: Marks at the beginning of a file, the longer ones first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
#: So much is looked at to tell UTF-16 without a mark, and which encodings would decode what UTF-8 doesn't.
SAMPLE = 1 << 16
#: What is tried where UTF-8 fails, and for each the lead bytes of its most used characters, in its own character set.
_COMMON = {
    "gb18030": ("gb2312", 0xA1, 0xD7),
    "big5": ("big5", 0xA1, 0xC6),
    "shift_jis": ("shift_jis", 0x81, 0x97),
    "euc_jp": ("euc_jp", 0xA1, 0xCF),
    "euc_kr": ("euc_kr", 0xA1, 0xC8),
}
_ALSO = ("cp1252", "latin-1")
#: Encodings of Python's that are not for files.
_NO_FILE = frozenset(("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"))

Invalid = Literal["error", "replace"]


def codec(encoding: str) -> str:
    """Python's own name of an encoding.

    >>> codec("UTF8"), codec("latin1"), codec("GBK")
    ('utf-8', 'iso8859-1', 'gbk')
    """
    try:
        found = codecs.lookup(encoding)
        if found._is_text_encoding and found.name not in _NO_FILE:
            codecs.getincrementaldecoder(encoding)
            return found.name
    except (LookupError, ValueError, TypeError):
        pass
    from encodings.aliases import aliases

    names = {*aliases, *aliases.values(), "detect"}
    hint = did_you_mean(str(encoding).lower().replace("-", "_"), names)
    raise ParameterError(
        f"no encoding {encoding!r}{hint or '; name one that Python knows, as utf-8, utf-16, gb18030 or latin-1'}"
    )


class Encoded:
    """Some bytes and what they are written in, settled by how they begin: the mark that is skipped, and the codec.

    Raises
    ------
    ReadError
        If the bytes begin with the mark of another encoding, or without one where one is needed.
    InputError
        If the encoding is to be found out and cannot be.
    """

    def __init__(self, data: Bytes, encoding: str, invalid: Invalid) -> None:
        self.data, self.invalid = data, invalid
        self.codec, self.skipped = _settled(data, codec(encoding)) if encoding != "detect" else _detected(data)

    @property
    def ready(self) -> bool:
        """Whether the bytes are UTF-8 as they lie, to be checked but not changed."""
        return self.codec == "utf-8" and self.invalid == "error"

    def chunks(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The text as valid UTF-8, cut anywhere; of an ordinary file, from byte ``start`` (a character's) to ``stop``.

        Raises
        ------
        InputError
            At what does not decode, unless that is to be replaced by U+FFFD.
        """
        at = max(start, self.skipped)
        decoder = codecs.getincrementaldecoder(self.codec)("strict" if self.invalid == "error" else "replace")
        clean = True  # whether no character is begun
        held = b""
        for chunk in _from(self.data.chunks(size, at if self.data.plain else 0, stop), 0 if self.data.plain else at):
            if self.ready and clean and chunk.isascii():
                yield chunk
            else:
                try:
                    text = decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    raise self._wrong(error, at + len(chunk) - len(error.object)) from None
                held = decoder.getstate()[0]
                clean = not held
                yield chunk if self.ready else text.encode()
            at += len(chunk)
        try:
            rest = decoder.decode(b"", True)
        except UnicodeDecodeError as error:
            raise self._wrong(error, at - len(error.object)) from None
        if rest and not self.ready:
            yield rest.encode()

    def _wrong(self, error: UnicodeDecodeError, base: int) -> InputError:
        offset = base + error.start
        line, bad = self._place(offset)
        where = f"{self.data.shown} is not {self.codec}: byte {offset} (line {line}): {error.reason} ({bad.hex(' ')})"
        return InputError(f"{where}; {self._remedy(offset)}")

    def _place(self, offset: int) -> tuple[int, bytes]:
        """The line of a byte, from 1, and what stands there."""
        decoder = codecs.getincrementaldecoder(self.codec)("replace")
        line, last, at, there = 1, "", 0, b""
        for chunk in self._before(offset + 4):
            text = decoder.decode(chunk[: max(0, offset - at)])
            line += text.count("\n") + text.count("\r") - text.count("\r\n") - (last + text[:1] == "\r\n")
            last, there = text[-1:], there + chunk[max(0, offset - at) :]
            at += len(chunk)
        return line, there

    def _before(self, offset: int) -> Iterator[bytes]:
        left = offset
        for chunk in self.data.chunks(1 << 20):
            yield chunk[:left]
            left -= len(chunk)
            if left <= 0:
                return

    def _remedy(self, offset: int) -> str:
        replace = "take U+FFFD for what is invalid with invalid='replace' (on the command line: --invalid replace)"
        head = self.data.head(16)
        kind = looks_like(head, sound=True)
        if kind is not None:
            return f"it is {kind}, and no text"
        sample = _lines_around(self.data, offset)
        if sample is None:
            return f"the file ends inside a character: get a whole copy, or {replace}"
        likely = _likely(sample)
        others = [
            name for name in (*_COMMON, *_ALSO) if name != likely and name != self.codec and _decodes(sample, name)
        ]
        if self.codec != "utf-8" and _decodes(sample, "utf-8"):
            others.insert(0, "utf-8")
        if likely is not None and likely != self.codec:
            also = f"; {', '.join(others)} would decode it too" if others else ""
            return f"it looks like encoding='{likely}' (on the command line: --encoding {likely}){also}"
        others = [name for name in others if name != "latin-1"]
        names = f"name its encoding ({', '.join(others)} would decode it), or " if others else ""
        return f"{names}{replace}"


def _from(chunks: Iterable[bytes], skipped: int) -> Iterator[bytes]:
    """The chunks without their first few bytes."""
    for chunk in chunks:
        if skipped < len(chunk):
            yield chunk[skipped:]
        skipped = max(0, skipped - len(chunk))


def _settled(data: Bytes, name: str) -> tuple[str, int]:
    head = data.head(SAMPLE)
    name = "utf-8" if name == "utf-8-sig" else name
    mark, written = _mark(head, name)
    if not head:
        return ("utf-8" if name in ("utf-16", "utf-32") else name), 0
    if written is not None:
        if name in (written, written.removesuffix("-le").removesuffix("-be")):
            return written, len(mark)
        if written != "gb18030":  # whose mark is text of many encodings
            call = written.removesuffix("-le").removesuffix("-be")
            raise ReadError(
                f"{data.shown} is not {name}: it begins with the byte order mark of {written.upper()} ({mark.hex(' ')}); give "
                f"encoding='{call}' (on the command line: --encoding {call})"
            )
    wide = _without_mark(head)
    if name in ("utf-16", "utf-32"):
        order = wide if wide and wide.startswith(name) else f"{name}-le or {name}-be"
        raise ReadError(
            f"{data.shown} has no byte order mark, so {name} does not say which byte comes first; give encoding={order!r} "
            f"(on the command line: --encoding {order})"
        )
    if wide is not None and not name.startswith(wide[:6]):
        raise ReadError(
            f"{data.shown} is not {name}: zeros stand where {wide.upper()} has them; give encoding='{wide}' (on the command "
            f"line: --encoding {wide})"
        )
    return name, 0


def _mark(head: bytes, name: str) -> tuple[bytes, str | None]:
    """The mark at the beginning, and whose it is; it is not that of UTF-32 where UTF-16 was named with its byte order."""
    for mark, written in _MARKS:
        if head.startswith(mark) and not (name.startswith("utf-16-") and written.startswith("utf-32")):
            return mark, written
    return b"", None


def _without_mark(head: bytes) -> str | None:
    """UTF-16 or UTF-32 by its zeros: of Latin text more than half of every second byte, and no others; UTF-32 always."""
    head = head[: len(head) // 4 * 4]
    zeros = [head[at::4].count(0) for at in range(4)]
    most = len(head) // 4
    if most and zeros[3] == most and zeros[2] > 0.9 * most and zeros[0] < 0.1 * most:
        return "utf-32-le"
    if most and zeros[0] == most and zeros[1] > 0.9 * most and zeros[3] < 0.1 * most:
        return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if odd > most and even < 0.01 * odd:
        return "utf-16-le"
    if even > most and odd < 0.01 * even:
        return "utf-16-be"
    return None


# --- finding out ----------------------------------------------------------------------------------------------------------


def _detected(data: Bytes) -> tuple[str, int]:
    """A mark; zeros in every second place; UTF-8 if all of it is; else the encoding whose common characters it is made of."""
    head = data.head(SAMPLE)
    mark, written = _mark(head, "")
    if written is not None:
        return written, len(mark)
    wide = _without_mark(head)
    if wide is not None:
        return wide, 0
    offset = _first_invalid(data)
    if offset is None:
        return "utf-8", 0
    sample = _lines_around(data, offset)
    if sample is None:
        return "utf-8", 0  # but for a character at the end that is cut, as it will say
    likely = _likely(sample)
    if likely is None:
        raise InputError(
            f"{data.shown}: no encoding fits: byte {offset} is not UTF-8, and the characters of no other that is tried "
            f"({', '.join((*_COMMON, *_ALSO))}) are common ones; name the encoding"
        )
    return likely, 0


def _first_invalid(data: Bytes) -> int | None:
    decoder, at = codecs.getincrementaldecoder("utf-8")(), 0
    for chunk in data.chunks(1 << 20):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            return at + len(chunk) - len(error.object) + error.start
        at += len(chunk)
    try:
        decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        return at - len(error.object) + error.start
    return None


def _lines_around(data: Bytes, offset: int) -> bytes | None:
    """Whole lines around a byte; None if a character is begun there at the end of the file and all before it is UTF-8."""
    start = max(0, offset - SAMPLE // 4)
    at, parts = 0, []
    for chunk in data.chunks(SAMPLE):
        if at + len(chunk) > start:
            parts.append(chunk[max(0, start - at) :])
        at += len(chunk)
        if at > offset + SAMPLE:
            break
    else:
        if at - offset < 4 and _begun(b"".join(parts)[offset - start :]):
            before = b"".join(parts)[: offset - start]
            if not before.isascii():
                return None
    sample = b"".join(parts)
    first = sample.rfind(b"\n", 0, offset - start) + 1 if start else 0
    last = sample.rfind(b"\n") + 1
    return sample[first : last if last > offset - start and at > offset + SAMPLE else None]


def _begun(rest: bytes) -> bool:
    """Whether some bytes are the beginning of one UTF-8 character."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(rest) == ""
    except UnicodeDecodeError:
        return False


def _decodes(sample: bytes, name: str) -> bool:
    try:
        codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _likely(sample: bytes) -> str | None:
    """The encoding in which nearly all that is not ASCII is in common use.

    East Asian character sets are sorted by use: of real text at least nine in ten characters stand in the first part. Of
    Western text nine in ten are letters, and ASCII stands between them.
    """
    best, share = None, 0.9
    for name, (charset, low, high) in _COMMON.items():
        try:
            text = codecs.getincrementaldecoder(name)().decode(sample)
        except UnicodeDecodeError:
            continue
        foreign = [character for character in text if character > "\x7f"]
        common = sum(_common(character, charset, low, high) for character in foreign)
        if foreign and common / len(foreign) > share:
            best, share = name, common / len(foreign)
    if best is not None:
        return best
    for name in _ALSO:
        if _decodes(sample, name):
            text = sample.decode(name)
            foreign = [character for character in text if character > "\x7f"]
            letters = sum(character.isalpha() or character in "‘’“”–—…€«»°§" for character in foreign)
            if len(foreign) < len(text) / 4 and letters > 0.9 * len(foreign):
                return name
    return None


def _common(character: str, charset: str, low: int, high: int) -> bool:
    try:
        code = character.encode(charset)
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and low <= code[0] <= high
