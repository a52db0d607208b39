"""Writing .npy without holding it, so that a file is whole or not there."""

import io
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featkit
from featkit.files.atomic import atomic
from featkit.files.npy import NpyWriter, load

DTYPES = ["float32", "float64", "complex64", "int16", ">f4"]


def write(blocks, path="x.npy"):
    with NpyWriter(path) as out:
        for block in blocks:
            out.append(block)


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@given(
    lengths=st.lists(st.integers(0, 40), min_size=1, max_size=8),
    row=st.sampled_from([(), (0,), (1,), (13,), (3, 4)]),
    dtype=st.sampled_from(DTYPES),
    contiguous=st.booleans(),
)
def test_blocks_are_what_numpy_saves(tmp_path_factory, lengths, row, dtype, contiguous):
    rng = np.random.default_rng(0)
    blocks = [rng.integers(-1000, 1000, (length, *row)).astype(dtype) for length in lengths]
    if not contiguous:
        blocks = [np.repeat(block, 2, axis=0)[::2] for block in blocks]
    path = tmp_path_factory.mktemp("npy") / "x.npy"
    with NpyWriter(path) as out:
        for block in blocks:
            out.append(block)
    whole = np.concatenate(blocks, dtype=dtype)
    assert (out.rows, out.shape, out.dtype) == (len(whole), whole.shape, whole.dtype)
    assert path.read_bytes() == saved(whole)
    np.testing.assert_array_equal(np.load(path, allow_pickle=False), whole)
    assert [path.name for path in path.parent.iterdir()] == ["x.npy"]


def test_many_rows_do_not_move_the_data(here):
    """The header is written for no rows first and must hold the longest count."""
    with NpyWriter("x.npy") as out:
        for _ in range(3):
            out.append(np.zeros(4_000_000, np.int8))
    assert Path("x.npy").read_bytes()[:128] == saved(np.zeros(12_000_000, np.int8))[:128]


def test_standard_output(here, capfdbinary):
    with NpyWriter("-") as out:
        out.append(np.ones((2, 3)))
        assert capfdbinary.readouterr().out == b""
        out.append(np.ones((1, 3)))
    assert capfdbinary.readouterr().out == saved(np.ones((3, 3)))


@pytest.mark.parametrize("other", [np.ones((2, 4)), np.ones((2, 3), np.float32), np.ones(3), np.ones((1, 3, 1))])
def test_rows_that_do_not_fit(other, here, left):
    with pytest.raises(featkit.ShapeError, match="cannot follow rows of shape"):
        write([np.ones((2, 3)), other])
    assert left() == []


def test_nothing_was_written(here, left):
    with pytest.raises(featkit.InputError, match=r"nothing was written to x\.npy"), NpyWriter("x.npy"):
        pass
    assert left() == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_whatever_happens_inside_nothing_is_left(error, here, left):
    def blocks():
        yield np.ones((2, 3))
        assert left()
        raise error

    with pytest.raises(error):
        write(blocks(), "new/x.npy")
    assert left() == []


def test_nothing_is_there_before_the_end(here, left):
    with NpyWriter("x.npy") as out:
        out.append(np.ones((2, 3)))
        assert not Path("x.npy").exists()
        assert len(left()) == 1
    assert left() == ["x.npy"]


def test_existing_file(here):
    Path("x.npy").write_bytes(b"mine")
    with pytest.raises(featkit.WriteError, match=r"x\.npy exists already; .*overwrite"), NpyWriter("x.npy"):
        pytest.fail("should not get here")
    assert Path("x.npy").read_bytes() == b"mine"
    with NpyWriter("x.npy", overwrite=True) as out:
        out.append(np.ones(3))
        assert Path("x.npy").read_bytes() == b"mine"
    assert Path("x.npy").read_bytes() == saved(np.ones(3))


# --- atomic -----------------------------------------------------------------------------------------------------------


def test_atomic_makes_folders(here, left):
    with atomic("a/b/c.bin") as file:
        file.write(b"x")
    assert left() == ["a/b/c.bin"]
    assert Path("a/b/c.bin").read_bytes() == b"x"


def test_atomic_keeps_the_old_file_after_an_error(here, left):
    Path("x").write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), atomic("x", overwrite=True) as file:
        file.write(b"new" * (1 // 0))
    assert Path("x").read_bytes() == b"old"
    assert left() == ["x"]


def test_atomic_does_not_overwrite_what_appeared_meanwhile(here, left):
    with pytest.raises(featkit.WriteError, match="exists already"), atomic("x"):
        Path("x").write_bytes(b"theirs")
    assert Path("x").read_bytes() == b"theirs"
    assert left() == ["x"]


def test_two_writers_at_once(here, left):
    with atomic("x", overwrite=True) as one, atomic("x", overwrite=True) as two:
        one.write(b"1")
        two.write(b"2")
    assert Path("x").read_bytes() == b"1"  # the last to end
    assert left() == ["x"]


def test_atomic_errors_name_the_file_and_the_remedy(here, left):
    Path("file").write_bytes(b"")
    Path("folder").mkdir()
    for path, told in {
        "folder": "folder is a folder; give the name of a file in it",
        "file/x/y": "file/x/y cannot be written: .*; a part of the path is a file; choose another folder",
        "n" * 300: "cannot be written: file name too long; choose a shorter name",
    }.items():
        with pytest.raises(featkit.WriteError, match=told), atomic(path):
            pytest.fail("should not get here")
    assert left() == ["file"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_permissions_are_those_of_any_new_file(here):
    Path("plain").write_bytes(b"")
    with atomic("x") as file:
        file.write(b"")
    assert os.stat("x").st_mode == os.stat("plain").st_mode


# --- load -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "array", [np.ones((3, 2), np.float32), np.zeros((0, 13)), np.float64(3), np.asfortranarray(np.eye(3)[:2])], ids=str
)
def test_load(array, here):
    np.save("x.npy", array)
    loaded = load("x.npy")
    np.testing.assert_array_equal(loaded, array)
    assert loaded.dtype == array.dtype
    assert not loaded.flags.writeable


class Bomb:
    """Unpickling makes a file."""

    def __reduce__(self):
        return os.mkdir, ("boom",)


@pytest.mark.parametrize("kind", ["npy", "raw"])
def test_pickles_are_never_loaded(kind, here):
    if kind == "npy":
        np.save("x.npy", np.array([Bomb()]), allow_pickle=True)
    else:
        Path("x.npy").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(featkit.ReadError, match=r"x\.npy") as error:
        load("x.npy")
    assert not Path("boom").exists()
    assert "allow_pickle=" not in str(error.value)  # no advice to load it all the same


@pytest.mark.parametrize("kept", [0, 1, 6, 10, 60, 127, 128, 151])
def test_cut_short(kept, here):
    Path("x.npy").write_bytes(saved(np.ones((3, 2), np.float32))[:kept])
    with pytest.raises(featkit.ReadError, match=r"x\.npy"):
        load("x.npy")


def test_not_an_array(here):
    Path("x.npy").write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(featkit.ReadError, match=r"x\.npy") as error:
        load("x.npy")
    assert "pickle" not in str(error.value)  # there is none
    np.savez("y.npz", a=np.ones(3))
    with pytest.raises(featkit.ReadError, match=r"y\.npz is not one \.npy array"):
        load("y.npz")
    with pytest.raises(featkit.ReadError, match=r"none\.npy cannot be read"):
        load("none.npy")
