"""Every file of ``text/zoo`` read by every name that EXPECTED.json has tried: the same text, or an error, never another text."""

import gzip
import hashlib
import io
import json

import pytest

import featkit
from featkit.errors import FeatkitError
from featkit.files.text import DocumentBlocks

pytestmark = pytest.mark.shared

NAMES = [
    *("big5", "cp1252", "cr_only", "crlf", "emoji_combining", "empty", "gb18030", "gbk", "gzip_named", "html_entities"),
    *("huge_line", "invalid_utf8", "latin1", "lone_surrogate_wtf8", "long_token", "mixed_newlines", "no_final_newline"),
    *("nul_bytes", "only_whitespace", "shift_jis", "truncated_utf8", "urls_numbers", "utf16_be_bom", "utf16_le_bom"),
    *("utf16_le_no_bom", "utf32_bom", "utf8", "utf8_bom"),
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk", "big5", "latin-1", "cp1252", "shift_jis", "utf-32"]

#: What Python decodes and featkit refuses: there is a mark of another encoding, or none where one is needed to know the order.
CONTRADICTED = {
    ("cp1252", "utf-16"): "has no byte order mark",
    ("latin1", "utf-16"): "has no byte order mark",
    ("crlf", "utf-16"): "has no byte order mark",
    ("huge_line", "utf-16"): "has no byte order mark",
    ("only_whitespace", "utf-16"): "has no byte order mark",
    ("truncated_utf8", "utf-16"): "has no byte order mark",
    ("utf16_le_no_bom", "utf-16"): "has no byte order mark.*'utf-16-le'",
    ("utf16_be_bom", "latin-1"): "byte order mark of UTF-16-BE",
    ("utf16_le_bom", "latin-1"): "byte order mark of UTF-16-LE",
    ("utf32_bom", "utf-16"): "byte order mark of UTF-32-LE",
    ("utf32_bom", "latin-1"): "byte order mark of UTF-32-LE",
    ("utf8_bom", "latin-1"): "byte order mark of UTF-8",
    **{
        ("utf16_le_no_bom", name): "zeros stand where UTF-16-LE has them"
        for name in ("utf-8", "utf-8-sig", "gb18030", "gbk", "big5", "latin-1", "cp1252", "shift_jis")
    },
}
#: UTF-8 that does not decode: where, and what the message proposes.
UTF8 = {
    "big5": "byte 0 .*'big5'",
    "cp1252": "byte 1 .*'cp1252'",
    "gb18030": "byte 0 .*'gb18030'",
    "gbk": "byte 0 .*'gb18030'",
    "invalid_utf8": r"byte 200 .*\(ff fe 80 c3\).*invalid='replace'",
    "latin1": "byte 1 .*'cp1252'",
    "lone_surrogate_wtf8": r"byte 2 .*\(ed a0 80 20\).*invalid='replace'",
    "shift_jis": "byte 0 .*'shift_jis'",
    "truncated_utf8": "byte 999 .*ends inside a character: get a whole copy",
    "utf16_be_bom": "byte order mark of UTF-16-BE .*'utf-16'",
    "utf16_le_bom": "byte order mark of UTF-16-LE .*'utf-16'",
    "utf32_bom": "byte order mark of UTF-32-LE .*'utf-32'",
}
#: What is found out, where it isn't UTF-8.
DETECTED = {
    "big5": "big5",
    "cp1252": "cp1252",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "invalid_utf8": None,
    "latin1": "cp1252",
    "lone_surrogate_wtf8": None,
    "shift_jis": "shift_jis",
    "truncated_utf8": None,
    "utf16_be_bom": "utf-16-be",
    "utf16_le_bom": "utf-16-le",
    "utf16_le_no_bom": "utf-16-le",
    "utf32_bom": "utf-32-le",
}


@pytest.fixture(scope="module")
def zoo(shared):
    return shared / "text" / "zoo"


@pytest.fixture(scope="module")
def expected(zoo):
    return json.loads((zoo / "EXPECTED.json").read_text("utf-8"))["files"]


def test_no_file_is_left_out(expected):
    assert sorted(expected) == sorted(f"{name}.txt" for name in NAMES)
    assert all(set(ENCODINGS) == set(entry["decodes"]) for entry in expected.values())


def documents(path, **options):
    return [document for block in featkit.documents(path, **options) for document in block]


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("encoding", ENCODINGS)
# EXPECTED.json has what the compressed bytes of gzip_named.txt decode to; see test_gzip_with_another_name.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "gzip_named"])
def test_decodes_as_expected_or_not_at_all(name, encoding, zoo, expected):
    path, entry = zoo / f"{name}.txt", expected[f"{name}.txt"]["decodes"][encoding]
    if (name, encoding) in CONTRADICTED or "error" in entry:
        with pytest.raises(FeatkitError, match=CONTRADICTED.get((name, encoding), "is not|has no byte order mark")):
            documents(path, encoding=encoding)
        return
    # As one document, to compare the whole text; EXPECTED.json keeps the mark of UTF-8 and of UTF-16 in UTF-32's clothes.
    (text,) = documents(path, encoding=encoding, documents="files")
    assert entry["sha256_of_utf8"] in (sha(text), sha("\ufeff" + text))
    # And line by line, against Python's universal newlines.
    want = [line.removesuffix("\n") for line in io.StringIO(text, newline=None)]
    for size in (64, 1 << 20):
        assert documents(path, encoding=encoding, size=size) == want


@pytest.mark.parametrize("name", UTF8)
def test_utf_8_that_is_none_has_a_remedy(name, zoo):
    with pytest.raises(FeatkitError, match=UTF8[name]):
        documents(zoo / f"{name}.txt")


@pytest.mark.parametrize("name", NAMES)
def test_found_out_when_asked(name, zoo):
    wanted = DETECTED.get(name, "utf-8")
    if wanted is None:
        with pytest.raises(FeatkitError, match=r"no encoding fits|ends inside a character"):
            documents(zoo / f"{name}.txt", encoding="detect")
        return
    blocks: DocumentBlocks = featkit.documents(zoo / f"{name}.txt", encoding="detect")
    (encoded,) = blocks._opened.values()
    assert encoded.codec == wanted
    text = b"".join(encoded.chunks(1 << 16)).decode()
    assert sum(map(len, blocks)) == len(list(io.StringIO(text, newline=None)))


def test_gzip_with_another_name(zoo):
    path = zoo / "gzip_named.txt"
    assert documents(path) == gzip.decompress(path.read_bytes()).decode().splitlines()


@pytest.mark.parametrize(
    ("name", "lines"), [("cr_only", 18), ("crlf", 18), ("mixed_newlines", 4), ("no_final_newline", 1)]
)
def test_lines(name, lines, zoo):
    assert len(documents(zoo / f"{name}.txt")) == lines


def test_only_these_end_a_line(zoo):
    *_, last = documents(zoo / "mixed_newlines.txt")
    assert last == "d four\u2028e five\x0bf six\x0cg seven\x85h eight"


def test_one_line_of_a_hundred_megabytes(zoo, tmp_path):
    line = (zoo / "huge_line.txt").read_bytes().rstrip(b"\n")
    many = 100_000_000 // len(line) + 1
    path = tmp_path / "huge.txt"
    path.write_bytes(line * many)
    (block,) = featkit.documents(path)
    assert len(block) == 1
    assert block.nbytes == many * len(line) + 1
