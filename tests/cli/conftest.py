"""Two ways to run a command: in this process (fast), and as a process of its own (signals, pipes, limits)."""

import io
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile

from featkit.cli.main import main

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from featkit.cli.main import main; main()"]


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    bytes: bytes  # standard output
    err: str

    @property
    def out(self) -> str:
        return self.bytes.decode()

    @property
    def records(self) -> list[dict[str, Any]]:
        """The JSON lines, read as strictly as other languages read them."""
        return [json.loads(line, parse_constant=_not_json) for line in self.out.splitlines()]


def _not_json(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")


@pytest.fixture
def run(capfdbinary, monkeypatch):
    """``run("mfcc", "a.wav", expect=3)``: in this process; no traceback ever, and the expected exit code."""

    def call(*arguments: object, stdin: bytes = b"", expect: int | None = 0) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            with pytest.raises(SystemExit) as ended:
                main([str(argument) for argument in arguments])
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        out, err = capfdbinary.readouterr()
        ran = Ran(int(ended.value.code or 0), out, err.decode())
        assert "Traceback" not in ran.err
        assert expect is None or ran.code == expect, f"exit code {ran.code}, expected {expect}\n{ran.err}"
        return ran

    return call


@pytest.fixture
def spawn():
    """The same as a process; keywords go to :func:`subprocess.run`."""

    def call(*arguments: object, expect: int | None = 0, command: list[str] = COMMAND, **options: Any) -> Ran:
        options = {"stdout": subprocess.PIPE, "stdin": subprocess.DEVNULL, "timeout": 60} | options
        if "input" in options:
            del options["stdin"]
        done = subprocess.run([*command, *map(str, arguments)], stderr=subprocess.PIPE, check=False, **options)
        ran = Ran(done.returncode, done.stdout or b"", done.stderr.decode())
        assert "Traceback" not in ran.err
        assert expect is None or ran.code == expect, f"exit code {ran.code}, expected {expect}\n{ran.err}"
        return ran

    return call


@pytest.fixture
def command():
    return COMMAND


@pytest.fixture
def limited():
    """``limited(512)`` is a command whose files cannot grow beyond 512 bytes: a disk that is full half-way."""
    code = (
        "import os, resource, signal, sys; size = int(sys.argv[1]); signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)); os.execv(sys.argv[2], sys.argv[2:])"
    )
    return lambda size: [sys.executable, "-c", code, str(size), *COMMAND]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def speech_wav(here):
    """``speech.wav`` in the working directory."""
    return shutil.copy(ROOT / "examples" / "speech.wav", "speech.wav")


@pytest.fixture
def examples(here):
    """A copy of ``examples/`` in the working directory, without what others have extracted there."""
    made = shutil.ignore_patterns("*.npy*", "__pycache__")
    kept = ROOT / "examples/multimodal"  # its features are part of the examples
    shutil.copytree(
        ROOT / "examples", "examples", ignore=lambda at, names: set() if at == str(kept) else made(at, names)
    )
    return here / "examples"


@pytest.fixture
def wav(here):
    """``wav("a/b.wav")`` makes a sound file (0.1 s of noise unless told otherwise) and returns its path."""

    def make(path, samples=1600, rate=16000, channels=1, seed=0, **options) -> Path:
        if isinstance(samples, int):
            shape = (samples, channels) if channels > 1 else samples
            samples = np.random.default_rng(seed).uniform(-0.5, 0.5, shape)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, rate, **options)
        return Path(path)

    return make


@pytest.fixture(scope="session")
def noise_wav():
    """``noise_wav(minutes)``: a long recording, 16 kHz mono PCM16, kept for the session only."""
    minute = (np.random.default_rng(0).standard_normal(60 * 16000) * 3000).astype(np.int16)
    with tempfile.TemporaryDirectory() as folder:

        def make(minutes: int) -> Path:
            path = Path(folder) / f"{minutes}.wav"
            if not path.exists():
                with soundfile.SoundFile(path, "w", 16000, 1, subtype="PCM_16") as file:
                    for _ in range(minutes):
                        file.write(minute)
            return path

        yield make


@pytest.fixture
def left():
    """Every name in and below a folder but those given: what a run has left there, hidden files too."""

    def names(folder=".", but=()) -> list[str]:
        return sorted(
            str(path.relative_to(folder))
            for path in Path(folder).rglob("*")
            if not path.is_dir() and str(path.relative_to(folder)) not in map(str, but)
        )

    return names
