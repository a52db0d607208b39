"""What a start costs: `import featkit` and `featkit --help` load nothing they don't need."""

import importlib.util
import os
import subprocess
import sys

import pytest

from featkit.cli.main import main

HEAVY = {
    "scipy.signal",
    "soundfile",
    "PIL",
    "click",
    "tqdm",
    "sklearn",
    "librosa",
    "numba",
    "torch",
    "matplotlib",
    "pandas",
}


def loaded(code: str) -> set[str]:
    """The modules that were imported, as ``-X importtime`` tells."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    return names - {"imported package"}


def test_import():
    names = loaded("import featkit")
    assert "featkit" in names
    assert "numpy" in names
    assert names & HEAVY == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--help"],
        ["stages"],
        *([name, "--help"] for name in ("prepare", "augment", "mfcc", "vad", "pitch")),
    ],
    ids=" ".join,
)
def test_commands_that_read_nothing(arguments):
    code = f"from featkit.cli.main import main\ntry: main({arguments})\nexcept SystemExit: pass"
    names = loaded(code)
    assert "click" in names
    assert names & (HEAVY - {"click"}) == set()


def test_extracting_needs_soundfile_and_nothing_else_heavy(speech_wav):
    code = f"from featkit.cli.main import main\ntry: main(['mfcc', '{speech_wav}', '-q'])\nexcept SystemExit: pass"
    assert loaded(code) & HEAVY == {"soundfile", "click"}


@pytest.mark.parametrize(
    ("command", "told", "anew"), [("train", False, True), ("train", True, False), ("mfcc", False, False)]
)
def test_commands_that_multiply_matrices_start_on_one_thread(monkeypatch, command, told, anew):
    """Without threadpoolctl BLAS listens only while it is loaded."""
    started = []

    def execve(program, arguments, environment):
        started.append((program, arguments, environment["OPENBLAS_NUM_THREADS"]))
        raise SystemExit(0)

    monkeypatch.setattr(os, "execve", execve)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "threadpoolctl" else name)
    monkeypatch.setattr(sys, "argv", ["featkit", command, "--help"])
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if told:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    with pytest.raises(SystemExit):
        main()
    assert started == ([(sys.executable, [sys.executable, *sys.orig_argv[1:]], "1")] if anew else [])
