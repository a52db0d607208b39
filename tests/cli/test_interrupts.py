"""Interrupts, broken pipes and long recordings, as real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import featkit

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

MINUTES = 25


def _well_begun(path):
    try:
        return path.stat().st_size > 100_000
    except FileNotFoundError:  # it has just got its name
        return False


@pytest.fixture
def interrupted(command):
    """Start a command, send it the signal when a half-written file is there, and return what it left."""

    def call(number, *arguments):
        before = signal.signal(number, signal.SIG_DFL)  # who runs the tests may ignore it: nohup, a shell's &
        try:
            process = subprocess.Popen(
                [*command, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        finally:
            signal.signal(number, before)
        with process:
            deadline = time.monotonic() + 30
            while not any(map(_well_begun, Path().rglob("*.part"))):
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.002)
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
        assert "Traceback" not in err
        return process.returncode, out, err

    return call


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_interrupt(number, interrupted, noise_wav, here, left):
    code, out, err = interrupted(number, "fbank", noise_wav(MINUTES), "-o", "out/x.npy")
    assert code == 130
    assert out == ""
    assert err.strip() == "interrupted; finished files are whole, nothing half-written is left"
    assert left() == []


def test_terminal_that_is_closed(interrupted, noise_wav, here, left):
    """SIGHUP: nobody is there to read a message, but no half-written file may stay."""
    code, _, _ = interrupted(signal.SIGHUP, "fbank", noise_wav(MINUTES), "-o", "out/x.npy")
    assert code != 0
    assert left() == []


def test_interrupt_keeps_what_is_finished(interrupted, noise_wav, speech_wav, spawn, left):
    code, _, _ = interrupted(signal.SIGINT, "fbank", speech_wav, noise_wav(MINUTES), "-o", "out/")
    assert code == 130
    (features, sidecar) = left("out")
    assert sidecar == f"{features}.json"
    out = np.load(Path("out", features))
    assert out.tobytes() == featkit.log_fbank()(featkit.read(speech_wav)[0]).tobytes()


def test_interrupt_leaves_the_file_that_was_there(interrupted, noise_wav, here, left):
    Path("x.npy").write_bytes(b"mine")
    code, _, _ = interrupted(signal.SIGINT, "fbank", noise_wav(MINUTES), "-o", "x.npy", "--overwrite")
    assert code == 130
    assert left() == ["x.npy"]
    assert Path("x.npy").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "arguments",
    [["fbank", "2.wav", "-o", "-", "-q"], ["stages", *list(featkit.stages()) * 30]],
    ids=["fbank", "stages"],
)
def test_reader_that_has_had_enough(arguments, command, noise_wav, here):
    """``| head -c 10``: no traceback, nothing said, and not the exit code of an internal error."""
    Path("2.wav").symlink_to(noise_wav(2))
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert len(process.stdout.read(10)) == 10
        process.stdout.close()
        err = process.stderr.read().decode()
        code = process.wait(30)
    assert err == ""
    assert code in (0, 128 + signal.SIGPIPE, -signal.SIGPIPE)


def test_memory_of_an_hour(command, noise_wav, here):
    """Peak resident memory, measured by a small parent: a child's includes what its parent had when it was started."""
    path = noise_wav(60)
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command, "fbank", path, "-o", "x.npy", "-q"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    peak = int(done.stdout) * (1 if sys.platform == "darwin" else 1024)
    out = np.load("x.npy", mmap_mode="r")
    assert out.shape == ((60 * 60 * 16000 - 400) // 160 + 1, 40)
    Path("x.npy").unlink()
    assert peak < 250e6
