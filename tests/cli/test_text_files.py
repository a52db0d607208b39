"""Reading corpora: what a document is, encodings, compressed files, tables, blocks and pieces."""

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import featkit
from featkit.errors import InputError, ParameterError, ReadError
from featkit.files.encodings import codec
from featkit.files.text import DocumentBlocks
from featkit.text.strings import Strings

SENTENCES = ["the cat sat", "", "on the mat", "über Fußmatten", "我们喜欢猫", "🐈‍⬛ e\u0301"]


def read(path, **options):
    return [document for block in featkit.documents(path, **options) for document in block]


@pytest.fixture
def corpus(here):
    """``corpus(b"...", "a.txt")`` writes a file and returns its name."""

    def write(data, name="a.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data if isinstance(data, bytes) else data.encode())
        return name

    return write


# --- lines ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize("last", [True, False], ids=["ended", "not ended"])
def test_lines(corpus, end, size, last):
    path = corpus(end.join(SENTENCES) + end * last)
    assert read(path, size=size) == SENTENCES


LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=9), min_size=1)


@given(LINES, st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=1), st.integers(1, 30), st.integers(1, 40))
def test_any_lines_in_blocks_and_pieces_of_any_size(tmp_path_factory, lines, ends, size, piece):
    """An oracle: Python's own universal newlines. The pieces together are the whole, too."""
    path = tmp_path_factory.getbasetemp() / "lines.txt"
    text = "".join(line + ends[at % len(ends)] for at, line in enumerate(lines))
    path.write_bytes(text.encode())
    want = [line.removesuffix("\n") for line in io.StringIO(text, newline=None)]
    if text.startswith("\ufeff"):
        want[0] = want[0].removeprefix("\ufeff")
    assert read(path, size=size) == want
    pieces = list(featkit.documents(path, size=size).pieces(piece))
    assert [document for piece in pieces for block in piece.blocks for document in block] == want
    assert [
        document for piece in pickle.loads(pickle.dumps(pieces)) for block in piece.blocks for document in block
    ] == want


def test_what_else_is_called_a_line_end_is_none(corpus):
    assert read(corpus("a\x0bb\x0cc\x85d\u2028e\u2029f\x1cg\n")) == ["a\x0bb\x0cc\x85d\u2028e\u2029f\x1cg"]


def test_blocks_hold_whole_documents_and_about_a_size(corpus):
    path = corpus("".join(f"line {number}\n" for number in range(3000)))
    blocks = list(featkit.documents(path, size=1000))
    assert sum(map(len, blocks)) == 3000
    assert all(800 < block.nbytes <= 1020 for block in blocks[:-1])


def test_an_empty_file_is_a_corpus_of_none(corpus):
    assert [len(block) for block in featkit.documents(corpus(b""))] == [0]
    assert read(corpus(b"\n")) == [""]


def test_a_corpus_can_be_read_again(corpus):
    blocks = featkit.documents(corpus("a\nb\n"))
    assert list(blocks) == list(blocks)
    assert isinstance(blocks, DocumentBlocks)
    assert blocks.bytes == 4


def test_several_files_one_after_the_other(corpus):
    assert read([corpus("a\nb", "1.txt"), corpus("c\n", "2.txt")]) == ["a", "b", "c"]


def test_a_very_long_line_takes_a_few_times_its_length(corpus):
    size = 30_000_000
    path = corpus(b"word " * (size // 5))
    tracemalloc.start()
    try:
        (block,) = featkit.documents(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert block.nbytes == size + 1
    assert peak < 3.5 * size


def test_plain_lines_are_not_copied(corpus):
    (block,) = featkit.documents(corpus("a b c\n" * 10))
    assert not block.data.flags.owndata
    assert block.data.tobytes() == b"a b c\n" * 10


def test_nul_is_a_character(corpus):
    assert read(corpus(b"a\x00b\nc\n")) == ["a\x00b", "c"]


# --- encodings --------------------------------------------------------------------------------------------------------

CHINESE = (
    "".join(
        "".join(pair)
        for pair in zip("我们喜欢在公园里散步和朋友一起吃饭", "今天天气很好大家都来了吧你也来", strict=False)
    )
    * 4
)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "gb18030", "utf-7"]
)
@pytest.mark.parametrize("size", [1, 5, 1 << 20])
def test_encodings_by_name(corpus, encoding, size):
    path = corpus("\r\n".join(SENTENCES).encode(encoding))
    assert read(path, encoding=encoding, size=size) == SENTENCES


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "iso8859-15", "mac_roman", "cp500"])
def test_encodings_of_one_byte(corpus, encoding):
    assert read(corpus("Fußmatte\nnaïf".encode(encoding)), encoding=encoding) == ["Fußmatte", "naïf"]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-32", "utf-32-le"),
        ("gb18030", "gb18030"),
        ("big5", "big5"),
    ],
)
def test_found_out_when_asked(corpus, written, found):
    text = CHINESE if written != "big5" else "我想今天天氣很好大家都來了吧你也來" * 3
    path = corpus(text.encode(written))
    assert read(path, encoding="detect") == [text]
    (encoded,) = featkit.documents(path, encoding="detect")._opened.values()
    assert encoded.codec == found


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_text_without_a_mark(corpus, order):
    path = corpus("The cat sat on the mat.\n".encode(order))
    with pytest.raises(ReadError, match=f"zeros stand where {order.upper()} has them; give encoding='{order}'"):
        read(path)
    with pytest.raises(ReadError, match=f"has no byte order mark.*encoding='{order}'"):
        read(path, encoding=order[:6])
    assert read(path, encoding="detect") == read(path, encoding=order) == ["The cat sat on the mat."]


@pytest.mark.parametrize("written", ["utf-16", "utf-32"])
@pytest.mark.parametrize("named", ["utf-8", "latin-1", "gb18030"])
def test_a_mark_that_says_otherwise_is_an_error(corpus, written, named):
    with pytest.raises(ReadError, match=f"begins with the byte order mark of {written.upper()}-LE .*='{written}'"):
        read(corpus("猫".encode(written)), encoding=named)


def test_utf_16_that_begins_with_nul(corpus):
    """Its first bytes are the mark of UTF-32."""
    path = corpus("\x00a".encode("utf-16"))
    with pytest.raises(ReadError, match="byte order mark of UTF-32-LE"):
        read(path, encoding="utf-16")
    assert read(path, encoding="utf-16-le") == ["\x00a"]


@pytest.mark.parametrize("before", [0, 1, 99, 100_000, 1 << 20])
@pytest.mark.parametrize("size", [7, 1 << 20])
def test_what_does_not_decode_is_told_with_its_place(corpus, before, size):
    path = corpus(b"a\r\n" * before + "ä".encode() + b"b\xff\xfec\nd\n")
    offset = 3 * before + 3
    with pytest.raises(
        InputError, match=rf"not utf-8: byte {offset} \(line {before + 1}\): invalid start byte \(ff fe"
    ):
        read(path, size=size)


def test_the_place_in_a_piece_is_that_in_the_file(corpus):
    path = corpus(b"abc\n" * 100 + b"\xff\n")
    with pytest.raises(InputError, match=r"byte 400 \(line 101\)"):
        [list(piece.blocks) for piece in featkit.documents(path).pieces(20)]


@pytest.mark.parametrize(("text", "name"), [(CHINESE, "gb18030"), ("naïve Fußmatte\n" * 9, "cp1252")])
def test_the_remedy_names_an_encoding_that_decodes(corpus, text, name):
    with pytest.raises(InputError, match=f"it looks like encoding='{name}'"):
        read(corpus(text.encode(name)))


def test_a_character_that_is_cut(corpus):
    path = corpus("我们".encode()[:-1])
    for encoding in ("utf-8", "detect"):
        with pytest.raises(InputError, match=r"byte 3 \(line 1\).*ends inside a character: get a whole copy"):
            read(path, encoding=encoding)
    assert read(path, invalid="replace") == ["我\ufffd"]


def test_another_encoding_that_does_not_decode(corpus):
    with pytest.raises(InputError, match=r"not gb18030: byte 0 \(line 1\).*cp1252"):
        read(corpus(b"\xff"), encoding="gb18030")
    with pytest.raises(InputError, match=r"not utf-16-le: byte 8 \(line 2\)"):
        read(corpus(b"\xff\xfea\x00\n\x00\n"[:6] + b"b\x00\x00\xdcx\x00"), encoding="utf-16")


def test_invalid_bytes_replaced(corpus):
    assert read(corpus(b"a\xffb\n\xed\xa0\x80\n"), invalid="replace") == ["a\ufffdb", "\ufffd\ufffd\ufffd"]


def test_an_encoding_that_is_none(corpus):
    path = corpus("a")
    with pytest.raises(ParameterError, match="did you mean 'utf8'"):
        featkit.documents(path, encoding="utf8x")
    for name in ("rot13", "hex", "punycode", "a\x00b", "", 3):
        with pytest.raises(ParameterError, match="no encoding"):
            featkit.documents(path, encoding=name)


def test_codec_names():
    assert [codec(name) for name in ("UTF8", "latin1", "utf_16", "GB18030")] == [
        "utf-8",
        "iso8859-1",
        "utf-16",
        "gb18030",
    ]


def test_no_encoding_fits(corpus):
    with pytest.raises(InputError, match="no encoding fits: byte 0 is not UTF-8"):
        read(corpus(bytes(range(128, 256))), encoding="detect")


# --- compressed, standard input, what is no file -----------------------------------------------------------------------

PACK = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("ending", PACK)
def test_compressed(corpus, ending):
    data = "\n".join(SENTENCES).encode()
    for name in (f"a.txt{ending}", "a.txt"):  # by its content, whatever its name
        blocks = featkit.documents(corpus(PACK[ending](data), name), size=11)
        assert [document for block in blocks for document in block] == SENTENCES
        assert blocks.bytes is None
    assert read(corpus(PACK[ending](b"text\nb\n"), f"t.csv{ending}"), column="text") == ["b"]


@pytest.mark.parametrize("ending", PACK)
def test_named_as_if_compressed(corpus, ending):
    with pytest.raises(ReadError, match=rf"named {ending} and does not begin as .* does"):
        read(corpus("a\n", f"a{ending}"))
    other = ".xz" if ending != ".xz" else ".gz"
    with pytest.raises(ReadError, match=r"it is (gzip|xz); rename it"):
        read(corpus(PACK[other](b"a"), f"a{ending}"))


@pytest.mark.parametrize("ending", PACK)
def test_compressed_and_damaged(corpus, ending):
    whole = PACK[ending](os.urandom(100_000).hex().encode())
    with pytest.raises(ReadError, match=r"damaged.* get a whole copy"):
        read(corpus(whole[: len(whole) // 2], f"a{ending}"))
    broken = bytearray(whole)
    broken[len(whole) // 2 : len(whole) // 2 + 99] = bytes(99)
    with pytest.raises(ReadError, match=r"damaged.* get a whole copy"):
        read(corpus(bytes(broken), f"a{ending}"))


def test_standard_input_is_read_as_often_as_wanted(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"a\nb\n"))))
    blocks = featkit.documents("-", size=1)
    assert list(zip(blocks, blocks, strict=True)) == [(block, block) for block in blocks]
    assert sum(map(len, blocks)) == 2
    assert [len(list(piece.blocks)) for piece in blocks.pieces(1)] == [1, 1]


@pytest.mark.skipif(os.name != "posix", reason="a named pipe")
def test_a_pipe(here):
    os.mkfifo("pipe")
    with subprocess.Popen([sys.executable, "-c", "open('pipe', 'w').write('a\\nb\\n')"]):
        blocks = featkit.documents("pipe")
    assert list(blocks) == list(blocks) == [Strings(["a", "b"])]


def test_what_is_not_there(here):
    with pytest.raises(ReadError, match=r"no\.txt cannot be read: no such file"):
        featkit.documents("no.txt")
    Path("folder").mkdir()
    with pytest.raises(ReadError, match=r"folder is a folder.*documents='files'"):
        featkit.documents("folder")
    with pytest.raises(ReadError, match="no file there"):
        featkit.documents("folder", documents="files")
    with pytest.raises(ReadError, match="no file there"):
        featkit.documents([])


def test_what_is_no_text(corpus):
    with pytest.raises(InputError, match="it is a PNG image, and no text"):
        read(corpus(b"\x89PNG\r\n\x1a\n" + bytes(range(256))))


# --- files ------------------------------------------------------------------------------------------------------------


def test_files_as_documents(corpus):
    for name, text in {"b.txt": "two\r\nlines\n", "a/z.md": "é", "a/b/1": "", ".hidden": "x", "a/.git/x": "x"}.items():
        corpus(text, f"docs/{name}")
    want = [("a/b/1", ""), ("a/z.md", "é"), ("b.txt", "two\r\nlines\n")]
    blocks = featkit.documents("docs", documents="files")
    assert blocks.paths == tuple(os.path.join("docs", *name.split("/")) for name, _ in want)
    assert [document for block in blocks for document in block] == [text for _, text in want]
    assert blocks.bytes == sum(len(text.encode()) for _, text in want)
    assert read("docs/**/*.md", documents="files") == ["é"]
    assert read(["docs/b.txt", "docs"], documents="files") == ["two\r\nlines\n", "", "é"]
    assert [len(block) for block in featkit.documents("docs", documents="files", size=1)] == [1, 1, 1]


def test_a_file_among_them_that_does_not_decode(corpus):
    corpus("a", "docs/1")
    corpus(b"\xff", "docs/2")
    with pytest.raises(InputError, match=r"docs.2 is not utf-8: byte 0"):
        read("docs", documents="files")


# --- tables -----------------------------------------------------------------------------------------------------------

TABLE = 'label,text\r\n1,"one, ""two""\r\nthree"\r\n\r\n0,vier\r\n'


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_csv(corpus, size):
    path = corpus(TABLE, "a.csv")
    want = ['one, "two"\r\nthree', "vier"]
    assert read(path, column="text", size=size) == want
    assert read(path, column=1, header=True, size=size) == want
    assert read(path, column=1, size=size) == ["text", *want]
    assert read(corpus(TABLE, "b.txt"), column="text", documents="csv", size=size) == want
    assert read(path, documents="lines")[:2] == ["label,text", '1,"one, ""two""']


def test_tsv(corpus):
    path = corpus('0\t"a" b\n1\tc, d\n', "a.tsv")
    with pytest.raises(InputError, match=r"line 1 of a\.tsv cannot be read as a table.*--no-quotes"):
        read(path, column=1)
    assert read(path, column=1, quotes=False) == ['"a" b', "c, d"]


def test_a_table_in_another_encoding(corpus):
    assert read(corpus("x\tü\n".encode("utf-16"), "a.tsv"), column=1, encoding="utf-16") == ["ü"]


def test_a_very_long_value(corpus):
    assert read(corpus("a" * 300_000 + ",b\n", "a.csv"), column=0) == ["a" * 300_000]


def test_an_empty_table(corpus):
    assert read(corpus("", "a.csv"), column="text") == []
    assert read(corpus("text\n", "a.csv"), column="text") == []


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("text\na\n", "txet", "no column 'txet'; did you mean 'text'"),
        ("a,a\nb,c\n", "a", "more than one column 'a'"),
        ("text,b\na\n", "text", "line 2 of a.csv has 1 columns and its header 2"),
        ("a,b\nc\n", 1, "line 2 of a.csv has 1 columns, and column 1 is number 1"),
        ('a,"b\nc\n', 0, "line 2 of a.csv cannot be read as a table: unexpected end of data"),
    ],
)
def test_tables_that_are_none(corpus, text, column, message):
    with pytest.raises(InputError, match=message):
        read(corpus(text, "a.csv"), column=column)


def test_json_lines(corpus):
    lines = [{"text": "a\nb", "n": 1}, {"n": 2, "text": "\ud800 🐈"}]
    path = corpus("\n\n".join(map(json.dumps, lines)) + "\n", "a.jsonl")
    for size in (1, 1 << 20):
        assert read(path, column="text", size=size) == [line["text"] for line in lines]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2 of a.jsonl is no JSON"),
        ("[" * 100_000, "line 2 of a.jsonl is no JSON: (it is nested|maximum|expecting)"),
        ("[1]", "line 2 of a.jsonl is no JSON object but a list"),
        ('{"txt": "a"}', "line 2 of a.jsonl has no 'text'; did you mean 'txt'"),
        ('{"text": null}', "'text' in line 2 of a.jsonl is null and no text"),
        ('{"text": 1}', "is a number"),
        ('{"text": true}', "is true or false"),
    ],
)
def test_lines_that_are_no_records(corpus, line, message):
    path = corpus('{"text": "a"}\n' + line + "\n", "a.jsonl")
    with pytest.raises(InputError, match=message):
        read(path, column="text")


def test_a_column_must_be_said_and_there_must_be_a_table(corpus):
    with pytest.raises(ParameterError, match="which column holds the documents is not said"):
        featkit.documents(corpus("a,b", "a.csv"))
    with pytest.raises(ParameterError, match="read as lines; say what it is"):
        featkit.documents(corpus("a,b", "a.txt"), column=1)
    with pytest.raises(ParameterError, match="without a header there are none"):
        read(corpus("a,b", "a.csv"), column="a", header=False)


@pytest.mark.parametrize(
    "options", [{"size": 0}, {"documents": "line"}, {"invalid": "ignore"}, {"column": 1.5}, {"column": True}], ids=str
)
def test_options_that_are_none(corpus, options):
    with pytest.raises(ParameterError):
        featkit.documents(corpus("a"), **options)
