"""The command line's speed on an hour-long file, as a share of the library's."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import featkit
from benchmarks.report import Asked, Section, say
from benchmarks.signals import RATE, ROOT, span, speechlike, write_wav
from benchmarks.timing import clocked, no_collection
from featkit.files.npy import NpyWriter
from featkit.presets import kaldi

SHARE = 0.8
KALDI = ["--preset", "kaldi", "--set", "num_mel_bins=80"]
HEAD = (
    *("command", "library, array s", "library, files s", "library, a script s", "command s", "without its start s"),
    *("share of script", "share of files, both without start", "share of files", ""),
)

#: The same through the library, as somebody would write it.
SCRIPT = """
import sys, featkit
from featkit.files.npy import NpyWriter
pipeline = featkit.parse(sys.argv[1])
with NpyWriter(sys.argv[3], overwrite=True) as out:
    for rows in pipeline.iterate(featkit.blocks(sys.argv[2])):
        out.append(rows)
    out.complete()
"""


def sections(asked: Asked) -> Iterator[Section]:
    """One table."""
    if not asked.wants("command line"):
        return
    seconds, rounds = (300, 3) if asked.quick else (3600, 7)
    recipes = {
        "featkit fbank": featkit.log_fbank(RATE),
        f"featkit fbank {' '.join(KALDI)}": kaldi.fbank(num_mel_bins=80),
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wavs = write_wav(folder / "long.wav", seconds), write_wav(folder / "short.wav", 1)
        rows = [_row(command, ours, wavs, speechlike(seconds), rounds) for command, ours in recipes.items()]
    text = (
        f"{span(seconds)} of 16 kHz sound, 16-bit WAV, in the system's cache. Wall times in seconds, medians of {rounds} "
        "rounds in turn: the library on samples in memory; the library reading the file and writing `.npy`; the same as a script "
        "of its own; the command as a process of its own; and that less the same command on a second of sound (the "
        f"start of Python, imports). The command as a whole has to reach {SHARE:.0%} of the speed of the script, which has to "
        "start, too, and to write the same bytes."
    )
    problems = [f"command line: {row[0]}: {row[-1]} ({row[6]})" for row in rows if row[-1] != "held"]
    yield Section("Command line", text, HEAD, rows, problems)


def _row(
    command: str, ours: featkit.Stage, wavs: tuple[Path, Path], samples: np.ndarray, rounds: int
) -> tuple[str, ...]:
    long, short = wavs
    one, other = long.with_name("library.npy"), long.with_name("command.npy")
    whole, start = _called(command, long, other), _called(command, short, other.with_name("short.npy"))
    script = [sys.executable, "-c", SCRIPT, repr(ours), str(long), str(one)]
    calls: tuple[Callable[[], object], ...] = (
        lambda: ours(samples),
        lambda: _from_file_to_file(ours, long, one),
        lambda: subprocess.run(script, cwd=ROOT, check=True),
        *(whole, start),
    )
    for call in calls:
        call()
    if one.read_bytes() != other.read_bytes():
        return (f"`{command}`", *[""] * 8, "FAILED: writes other bytes than the library")
    with no_collection():
        times = np.array([[clocked(call) for call in calls] for _ in range(rounds)])
    array, files, scripted, wall, starting = times.T
    shares = [float(np.median(share)) for share in (scripted / wall, files / (wall - starting), files / wall)]
    say(f"command line: {command}: {np.median(wall):.3f} s, {shares[0]:.0%} of the library's speed in a script")
    figures = (f"{np.median(column):.3f}" for column in (array, files, scripted, wall, wall - starting))
    word = "held" if shares[0] >= SHARE else f"BELOW {SHARE:.0%}"
    return f"`{command}`", *figures, f"**{shares[0]:.0%}**", *(f"{share:.0%}" for share in shares[1:]), word


def _from_file_to_file(ours: featkit.Stage, wav: Path, out: Path) -> None:
    with NpyWriter(out, overwrite=True) as file:
        for rows in ours.iterate(featkit.blocks(wav)):
            file.append(rows)


def _called(command: str, wav: Path, out: Path) -> Callable[[], object]:
    """The command as a user would run it, in a process of its own."""
    _, feature, *options = command.split()
    called = [sys.executable, "-m", "featkit", feature, str(wav), "-o", str(out), "--overwrite", "--quiet", *options]
    return lambda: subprocess.run(called, cwd=ROOT, check=True)
