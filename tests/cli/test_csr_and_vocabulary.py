"""Writing sparse matrices without holding them, and vocabularies that come back as they were."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import featkit
from featkit.errors import InputError, ReadError, ShapeError, WriteError
from featkit.files.csr import CsrWriter, load_csr
from featkit.files.vocabulary import write_vocabulary
from featkit.text.strings import Strings


def blocks_of(lengths, columns, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return [
        sparse.csr_array((rng.integers(0, 9, (length, columns)) * (rng.random((length, columns)) < 0.2)).astype(dtype))
        for length in lengths
    ]


def write(blocks, path="x.npz", **options):
    with CsrWriter(path, **options) as out:
        for block in blocks:
            out.append(block)
    return out


@given(
    lengths=st.lists(st.integers(0, 30), min_size=1, max_size=6),
    columns=st.integers(1, 50),
    dtype=st.sampled_from(["int64", "int32", "float32", "float64"]),
)
def test_blocks_are_the_matrix_for_scipy_and_for_featkit(tmp_path_factory, lengths, columns, dtype):
    blocks = blocks_of(lengths, columns, dtype)
    path = tmp_path_factory.mktemp("csr") / "x.npz"
    out = write(blocks, path)
    whole = sparse.vstack(blocks, format="csr")
    assert (out.shape, out.dtype, out.stored) == (whole.shape, whole.dtype, whole.nnz)
    for loaded in (sparse.load_npz(path), load_csr(path)):
        assert (loaded.format, loaded.shape, loaded.dtype) == ("csr", whole.shape, whole.dtype)
        np.testing.assert_array_equal(loaded.toarray(), whole.toarray())
        np.testing.assert_array_equal(loaded.indptr, whole.indptr)
    assert [path.name for path in path.parent.iterdir()] == ["x.npz"]


def test_equal_matrices_make_equal_bytes_however_they_are_cut(here):
    write(blocks_of([30], 7, "int64"), "a.npz")
    (whole,) = blocks_of([30], 7, "int64")
    write([whole[:11], whole[11:11], whole[11:]], "b.npz")
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()


def test_what_is_complete_is_not_written_again(here):
    (whole,) = blocks_of([30], 7, "int64")
    with CsrWriter("a.npz") as out:
        out.append(whole)
        out.complete()
        size = out.bytes
        out.complete()
    assert Path("a.npz").stat().st_size == size
    write([whole], "b.npz")
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()


def test_a_slice_of_a_matrix_that_starts_inside(here):
    (whole,) = blocks_of([30], 7, "int64")
    part = whole[5:9]
    part.indptr.setflags(write=False)
    write([part])
    np.testing.assert_array_equal(sparse.load_npz("x.npz").toarray(), whole.toarray()[5:9])


def test_the_values_are_mapped_not_read(here):
    write(blocks_of([100], 7, "float64"))
    matrix = load_csr("x.npz")
    base = matrix.data
    while base.base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)


def test_to_standard_output(capfdbinary):
    with CsrWriter("-") as out:
        out.append(sparse.csr_array(np.eye(3)))
    data = capfdbinary.readouterr().out
    np.testing.assert_array_equal(sparse.load_npz(io.BytesIO(data)).toarray(), np.eye(3))


def _broken(number):
    return sparse.csr_array(np.eye(3)) * (1 // (1 - number))


def test_nothing_is_left_after_an_error(here, left):
    with pytest.raises(ZeroDivisionError):
        write(map(_broken, range(3)), "out/x.npz")
    with pytest.raises(InputError, match="nothing was written"):
        write([])
    with pytest.raises(ShapeError, match=r"rows of 4 columns and type float64 cannot follow rows of 3 columns"):
        write([sparse.csr_array(np.eye(3)), sparse.csr_array(np.eye(4))])
    assert left() == []


def test_what_is_there_is_not_replaced(here):
    Path("x.npz").write_bytes(b"mine")
    with pytest.raises(WriteError, match="exists already"):
        write([sparse.csr_array(np.eye(3))])
    assert Path("x.npz").read_bytes() == b"mine"
    write([sparse.csr_array(np.eye(3))], overwrite=True)
    assert load_csr("x.npz").shape == (3, 3)


def test_compressed_archives_are_read_too(here):
    matrix = sparse.csr_array(np.eye(3))
    sparse.save_npz("x.npz", matrix)
    np.testing.assert_array_equal(load_csr("x.npz").toarray(), matrix.toarray())


def test_what_is_no_csr_matrix(here):
    with pytest.raises(ReadError, match=r"x\.npz cannot be read as \.npz: no such file"):
        load_csr("x.npz")
    Path("x.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ReadError, match=r"x\.npz cannot be read as \.npz: .*; make it anew"):
        load_csr("x.npz")
    np.savez("x.npz", a=np.zeros(3))
    with pytest.raises(ReadError, match="holds no CSR matrix but a"):
        load_csr("x.npz")
    np.savez("x.npz", a=np.array([{}], object))
    with pytest.raises(ReadError, match="Python objects, which could run code"):
        load_csr("x.npz")
    parts = {
        "format": np.array(b"csr"),
        "shape": np.array([2, 3]),
        "indices": np.zeros(4, np.int32),
        "data": np.zeros(4),
    }
    for ends in ([0, 4], [0, 5, 4], [1, 2, 4], [0, 2, 5]):
        np.savez("x.npz", indptr=np.array(ends, np.int32), **parts)
        with pytest.raises(ReadError, match="is damaged: the parts"):
            load_csr("x.npz")


def test_an_archive_that_is_cut_short(here):
    write(blocks_of([1000], 7, "float64"))
    whole = Path("x.npz").read_bytes()
    for length in range(0, len(whole), len(whole) // 20):
        Path("cut.npz").write_bytes(whole[:length])
        with pytest.raises(ReadError, match="make it anew"):
            load_csr("cut.npz")


# --- vocabularies -----------------------------------------------------------------------------------------------------

TERMS = st.lists(st.text(st.sampled_from("ab\\nru0fe\n\r\ud800\ufeff\x00\u2028é猫🐈 \t"), max_size=8), unique=True)


@given(TERMS)
@pytest.mark.parametrize("ending", ["txt", "npz"])
def test_vocabularies_come_back(tmp_path_factory, ending, terms):
    path = tmp_path_factory.mktemp("vocabulary") / f"x.{ending}"
    write_vocabulary(path, Strings(terms))
    assert featkit.load_vocabulary(path) == Strings(terms)
    assert [path.name for path in path.parent.iterdir()] == [f"x.{ending}"]


def test_plain_terms_stand_as_they_are(here):
    write_vocabulary("x.txt", Strings(["an other", "é", "한국"]))
    assert Path("x.txt").read_bytes() == "an other\né\n한국\n".encode()


def test_escapes(here):
    terms = Strings(["a\\b", "c\nd", "\r", "\ud8ff", "\ufeffx"])
    write_vocabulary("x.txt", terms)
    assert Path("x.txt").read_text("utf-8") == "a\\\\b\nc\\nd\n\\r\n\\ud8ff\n\\ufeffx\n"


def test_many_terms(here):
    terms = Strings([f"term{number}" for number in range(200_000)])
    for name in ("x.txt", "x.npz"):
        write_vocabulary(name, terms)
        assert featkit.load_vocabulary(name) == terms


def test_a_list_of_ones_own(here):
    Path("x.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo")
    assert featkit.load_vocabulary("x.txt") == Strings(["one", "two"])


def test_packed_terms_are_mapped_not_read(here):
    write_vocabulary("x.npz", Strings(["a", "b"]))
    terms = featkit.load_vocabulary("x.npz")
    assert isinstance(terms.data.base, np.memmap)
    assert not terms.data.flags.writeable


def test_what_is_no_vocabulary(here):
    Path("x.txt").write_text("a\nC:\\dir\n")
    with pytest.raises(InputError, match=r"line 2 of x\.txt: '\\\\d' is no escape; write a backslash as two"):
        featkit.load_vocabulary("x.txt")
    np.savez("x.npz", a=np.zeros(3))
    with pytest.raises(ReadError, match="holds no vocabulary but a"):
        featkit.load_vocabulary("x.npz")
    fine = np.frombuffer(b"a\nb\n", np.uint8)
    for data, offsets in [
        (fine, [0, 2, 3]),
        (fine, [1, 2, 4]),
        (fine, [0, 0, 4]),
        (fine, []),
        (fine, [0.0, 2, 4]),
        (fine[:3], [0, 2, 3]),
        (np.frombuffer(b"\xff\nb\n", np.uint8), [0, 2, 4]),
    ]:
        kind = float if 0.0 in offsets and isinstance(offsets[0], float) else np.int64
        np.savez("x.npz", terms=data, offsets=np.array(offsets, kind))
        with pytest.raises(ReadError, match="is damaged"):
            featkit.load_vocabulary("x.npz")
    with zipfile.ZipFile("x.npz", "w") as archive:
        archive.writestr("terms.npy", b"no array")
    with pytest.raises(ReadError, match=r"cannot be read as \.npz"):
        featkit.load_vocabulary("x.npz")
