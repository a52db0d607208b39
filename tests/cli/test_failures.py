"""What fails is reported, costs only itself, and leaves nothing half-written behind."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import featkit

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX limits and devices")
GOOD, BAD = ["a.wav", "c.wav", "e.wav"], ["b.wav", "d.wav"]


@pytest.fixture
def mixed(wav):
    """Good and bad sound, taking turns."""
    for name in GOOD:
        wav(f"in/{name}")
    for name in BAD:
        Path(f"in/{name}").write_bytes(b"RIFF but no more")
    return [f"in/{name}" for name in sorted(GOOD + BAD)]


def test_bad_ones_are_reported_and_good_ones_written(mixed, run, left):
    ran = run("mfcc", "in", "-o", "out/", expect=3)
    failures = [line for line in ran.err.splitlines() if line.startswith("failed: ")]
    assert [line.split()[1] for line in failures] == ["in/b.wav", "in/d.wav"]
    assert ran.err.splitlines()[-1].startswith("3 ok · 2 failed · 0 skipped · 0.3 s audio · ")
    assert ran.err.splitlines()[-1].endswith("x real time")
    assert ran.out == ""
    expected = [f"{name[0]}.mfcc.npy{end}" for name in GOOD for end in ("", ".json")]
    assert left("out") == expected
    for name in GOOD:
        assert np.load(f"out/{name[0]}.mfcc.npy").tobytes() == featkit.mfcc()(featkit.read(f"in/{name}")[0]).tobytes()


def test_stop_at_the_first(mixed, run, left):
    ran = run("mfcc", *mixed, "-o", "out/", "--on-error", "stop", "--json", expect=4)
    assert left("out") == ["a.mfcc.npy", "a.mfcc.npy.json"]
    assert "stopped at the first failure" in ran.err
    assert [record["status"] for record in ran.records[:-1]] == ["ok", "failed"]


def test_stop_without_a_failure(run, wav):
    run("mfcc", wav("a.wav"), "--on-error", "stop")


def test_json(mixed, run):
    ran = run("mfcc", *mixed, "-o", "out/", "--json", "-q", expect=3)
    *files, last = ran.records
    assert [record["input"] for record in files] == mixed
    assert [record["status"] for record in files] == ["ok", "failed", "ok", "failed", "ok"]
    assert files[0] == dict(input="in/a.wav", output="out/a.mfcc.npy", status="ok", shape=[8, 13], dtype="float32")  # noqa: C408
    assert files[1]["error"] == "ReadError"
    assert files[1]["message"].startswith("in/b.wav cannot be read as sound: ")
    summary = last["summary"]
    assert (summary["ok"], summary["failed"], summary["skipped"]) == (3, 2, 0)
    assert summary["audio_seconds"] == pytest.approx(0.3)
    assert 0 < summary["wall_seconds"] < 60


def test_quiet_says_failures_only(mixed, run):
    assert len(run("mfcc", *mixed, "-o", "out/", "-q", expect=3).err.splitlines()) == 2
    assert run("mfcc", mixed[0], "-q", "-o", "out2/").err == ""
    assert run("mfcc", mixed[0], "-q", "-v", "-o", "out3/").err == ""


def test_verbose_says_a_line_for_every_file(mixed, run):
    lines = run("mfcc", *mixed, "-o", "out/", "-v", expect=3).err.splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == ["ok", "failed", "ok", "failed", "ok"]
    assert lines[0] == "ok: in/a.wav -> out/a.mfcc.npy (8 x 13 float32)"
    assert len(run("mfcc", *mixed, "-o", "out2/", expect=3).err.splitlines()) == 3


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty (0 bytes)"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "it is a PNG image"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "it is a JPEG image"),
        (b"\x00\x00\x00\x20ftypM4A " + bytes(50), "it is an MP4 or M4A file"),
        (b"\x1a\x45\xdf\xa3" + bytes(50), "it is a Matroska or WebM file"),
        (b"PK\x03\x04" + bytes(50), "it is a zip archive"),
        (b"\x93NUMPY" + bytes(50), "it is a NumPy array"),
        (b"%PDF-1.7" + bytes(50), "it is a PDF file"),
        (b"What is this?" * 9, "Format not recognised"),
        (bytes(1000), "Format not recognised"),
    ],
)
def test_not_sound(content, told, run, here, left):
    Path("x.wav").write_bytes(content)
    ran = run("mfcc", "x.wav", expect=3)
    message = ran.err.splitlines()[0]
    assert message.startswith(f"failed: x.wav cannot be read as sound: {told}")
    assert "; " in message  # and the remedy
    assert left() == ["x.wav"]


@pytest.mark.parametrize(("value", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
@pytest.mark.parametrize("at", [0, 1599, 70_000])
def test_not_finite(value, shown, at, run, wav, left):
    samples = np.zeros(80_000, np.float32)
    samples[at] = value
    path = wav("a.wav", samples=samples, subtype="FLOAT")
    assert f"a.wav: the input is not finite: {shown} at sample {at};" in run("mfcc", path, expect=3).err
    assert left() == ["a.wav"]


def test_message_names_the_file_once(mixed, run):
    for line in run("mfcc", *BAD, "in/b.wav", "-o", "out/", expect=3).err.splitlines()[:-1]:
        assert line.count(".wav") == 1


# --- writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("out", ["file/x.npy", "file/", "file/deep/x.npy", "file/deep/"])
def test_folder_that_is_a_file(out, run, wav, left):
    Path("file").write_text("mine")
    ran = run("mfcc", wav("a.wav"), "-o", out, expect=3)
    assert "cannot be written: " in ran.err
    assert "a part of the path is a file" in ran.err
    assert left() == ["a.wav", "file"]
    assert Path("file").read_text() == "mine"


@posix
@pytest.mark.parametrize("size", [0, 100, 10_000])
def test_no_room(size, spawn, limited, speech_wav, left):
    ran = spawn("mfcc", speech_wav, "-o", "out/x.npy", command=limited(size), expect=3)
    assert "out/x.npy cannot be written: file too large; raise the limit on file sizes" in ran.err
    assert left() == ["speech.wav"]


@posix
def test_no_room_to_overwrite(spawn, limited, speech_wav, left):
    spawn("mfcc", speech_wav)
    before = Path("speech.mfcc.npy").read_bytes(), Path("speech.mfcc.npy.json").read_bytes()
    spawn("mfcc", speech_wav, "--n-mfcc", 20, "--overwrite", command=limited(10_000), expect=3)
    assert (Path("speech.mfcc.npy").read_bytes(), Path("speech.mfcc.npy.json").read_bytes()) == before
    assert left() == ["speech.mfcc.npy", "speech.mfcc.npy.json", "speech.wav"]


@posix
def test_no_room_for_one_leaves_the_others(spawn, limited, wav, left):
    wav("long.wav", samples=16000)
    wav("short.wav", samples=1600)
    ran = spawn("mfcc", "long.wav", "short.wav", "-o", "out/", command=limited(2000), expect=3)
    assert "out/long.mfcc.npy cannot be written" in ran.err
    assert left("out") == ["short.mfcc.npy", "short.mfcc.npy.json"]


@posix
def test_no_room_for_standard_input_names_the_place(spawn, limited, speech_wav):
    """What is full is the folder for temporary files, not standard input."""
    sound = Path(speech_wav).read_bytes()
    ran = spawn("mfcc", "-", "-o", "x.npy", command=limited(10_000), input=sound, expect=3)
    assert "cannot be read: file too large" not in ran.err
    assert "TMPDIR" in ran.err or "temporary" in ran.err


full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


@full
@pytest.mark.parametrize(
    "arguments",
    [
        ["mfcc", "a.wav", "-o", "-"],
        ["mfcc", "a.wav", "--json"],
        ["info", "a.wav"],
        ["stages"],
        ["--help"],
        ["--version"],
    ],
    ids=" ".join,
)
def test_standard_output_is_full(arguments, spawn, wav):
    wav("a.wav")
    with open("/dev/full", "wb") as device:
        ran = spawn(*arguments, stdout=device, expect=3)
    assert "standard output cannot be written: no space left on device" in ran.err
    assert "internal error" not in ran.err


@full
def test_standard_error_is_full(command, wav):
    wav("a.wav")
    with open("/dev/full", "wb") as device:
        done = subprocess.run([*command, "mfcc", "a.wav"], stderr=device, check=False)
    assert done.returncode == 0
    assert np.load("a.mfcc.npy").shape == (8, 13)


@pytest.fixture
def mounted(here):
    """``mounted("size=64k")``: a file system of its own, where this machine lets us mount one."""
    Path("disk").mkdir()
    used = []

    def mount(options):
        try:
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", "disk"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("cannot mount")
        used.append("disk")
        return here / "disk"

    yield mount
    for folder in used:
        subprocess.run(["umount", here / folder], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="needs tmpfs")
def test_full_disk(mounted, spawn, speech_wav, left):
    disk = mounted("size=16k")
    ran = spawn("mfcc", speech_wav, "-o", disk / "x.npy", expect=3)
    assert "cannot be written: no space left on device; free some space or write elsewhere with -o" in ran.err
    assert left(disk) == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs tmpfs")
def test_read_only_folder(mounted, spawn, speech_wav):
    disk = mounted("ro")
    ran = spawn("mfcc", speech_wav, "-o", disk / "x.npy", expect=3)
    assert "cannot be written: read-only file system; write elsewhere with -o" in ran.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_permission(run, speech_wav):
    Path("locked").mkdir(mode=0o500)
    ran = run("mfcc", speech_wav, "-o", "locked/x.npy", expect=3)
    assert "cannot be written: permission denied" in ran.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_input_without_permission(run, wav):
    wav("a.wav").chmod(0)
    assert "a.wav cannot be read: permission denied" in run("mfcc", "a.wav", expect=3).err


# --- featkit's own faults ---------------------------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch):
    """A fault of featkit's own, somewhere inside."""

    def fail(self, blocks):
        raise RuntimeError("the cat sat on it")

    monkeypatch.setattr(featkit.Frames, "windows", fail)


def test_internal_error_asks_for_a_report(broken, run, wav, left, monkeypatch):
    monkeypatch.delenv("FEATKIT_TRACEBACK", raising=False)
    ran = run("mfcc", wav("a.wav"), expect=1)
    assert "internal error: RuntimeError: the cat sat on it" in ran.err
    assert "please report it" in ran.err
    assert left() == ["a.wav"]


def test_traceback_for_who_asks(broken, run, wav, monkeypatch):
    monkeypatch.setenv("FEATKIT_TRACEBACK", "1")
    with pytest.raises(AssertionError, match="Traceback"):
        run("mfcc", wav("a.wav"), expect=1)


# --- progress ---------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of its own")
def test_progress_on_a_terminal_does_not_garble_the_lines(command, mixed):
    pytest.importorskip("tqdm")
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    with subprocess.Popen([*command, "mfcc", *mixed, "-o", "out/", "-v"], stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
        process.wait(30)
    os.close(ours)
    assert process.returncode == 3
    assert b"0/5" in shown  # there is a bar
    lines = shown.decode().replace("\n", "\r").split("\r")
    said = [line for line in lines if "in/" in line]
    assert [line for line in said if not line.startswith(("ok: ", "failed: "))] == []
    assert len(said) == 5


def test_no_progress_where_there_is_no_terminal(spawn, mixed):
    assert "\r" not in spawn("mfcc", *mixed, "-o", "out/", expect=3).err
