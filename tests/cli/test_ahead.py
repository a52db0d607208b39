"""Reading ahead hands over what is read, in order, with its errors, and leaves no thread behind."""

import threading
import time

import numpy as np
import pytest
import soundfile

import featkit
from featkit.files.ahead import ahead


def readers():
    return [thread for thread in threading.enumerate() if "reads ahead" in thread.name]


@pytest.mark.parametrize("n", [0, 1, 2, 3, 50])
def test_the_same_blocks_in_the_same_order(n):
    assert list(ahead(iter(range(n)))) == list(range(n))
    assert not readers()


def test_it_is_ahead_but_not_by_more_than_its_depth():
    taken = []
    blocks = ahead((taken.append(at) or at for at in range(100)), depth=3)
    assert [next(blocks) for _ in range(3)] == [0, 1, 2]
    until = time.monotonic() + 5
    while len(taken) < 6 and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.05)
    assert 6 <= len(taken) <= 7  # those given, three that wait, one in hand
    blocks.close()
    assert not readers()


def test_an_error_comes_where_its_block_would_have():
    def failing():
        yield from range(5)
        raise featkit.ReadError("the disk is gone")

    blocks = ahead(failing())
    assert [next(blocks) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(featkit.ReadError, match="the disk is gone"):
        next(blocks)
    assert not readers()


def test_what_is_compressed_is_read_ahead_and_gives_the_same(tmp_path, run):
    samples = np.random.default_rng(1).integers(-9000, 9000, 300_000).astype(np.int16)
    for name in ("a.wav", "b.flac"):
        soundfile.write(tmp_path / name, samples, 16000)
    assert [featkit.blocks(tmp_path / name).compressed for name in ("a.wav", "b.flac")] == [False, True]
    run("fbank", tmp_path / "a.wav", tmp_path / "b.flac")
    plain, decoded = (np.load(tmp_path / f"{name}.fbank.npy") for name in "ab")
    assert plain.tobytes() == decoded.tobytes()
