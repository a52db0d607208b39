"""Memory that an hour of sound adds, each way in a process of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.report import Asked, Section, say
from benchmarks.signals import RATE, ROOT, SPEECH, span, write_wav

FLOOR_MB, GOAL_MB = 20, 12
Way = Iterator[None]


class Case(NamedTuple):
    """A way from a WAV file to features; ``needs`` is what must be importable."""

    name: str
    run: Callable[[str, str], Way]
    needs: str = "featkit"
    streams: bool = False


def sections(asked: Asked) -> Iterator[Section]:
    """One table."""
    if not asked.wants("memory"):
        return
    seconds = 300 if asked.quick else 3600
    rows, problems, absent = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        wav = write_wav(Path(folder) / "long.wav", seconds)
        for at, case in enumerate(CASES):
            found = measure(at, wav, Path(folder))
            if found is None:
                absent.append(case.name)
                continue
            added = found["end"] - found["start"]
            say(f"memory: {case.name}: {added:.1f} MB")
            word = ""
            if case.streams:
                word = "ABOVE FLOOR" if added > FLOOR_MB else "goal reached" if added <= GOAL_MB else "floor held"
                problems += [f"memory: {case.name} adds {added:.1f} MB"] * (added > FLOOR_MB)
            figures = (f"{found[key]:,.0f}" for key in ("import", "start", "end"))
            rows.append((case.name, f"**{added:,.1f}**", *figures, word))
    text = (
        f'Peak resident memory that {span(seconds)} of 16 kHz sound adds, each in a process of its own. "First use" is '
        "after the modules were imported that the work loads when it first runs (SciPy's FFT, libsndfile); what works on an "
        f"array has its samples in memory by then. Added is the end less that. From file to `.npy` the floor is {FLOOR_MB} MB "
        f"and the goal {GOAL_MB} MB."
    )
    head = ("way", "added MB", "at import MB", "at first use MB", "at the end MB", "")
    after = f"Not measured, because it cannot be imported: {', '.join(absent)}." if absent else ""
    yield Section("Memory", text, head, rows, problems, after)


def measure(case: int, wav: Path, folder: Path) -> dict[str, Any] | None:
    """Peaks in MB; None where the peer cannot be imported."""
    probe = _process(case, SPEECH, folder / "short.npy")
    if probe is None:
        return None
    return _process(case, wav, folder / "long.npy", *probe["modules"])


def _process(case: int, wav: Path, out: Path, *modules: str) -> dict[str, Any] | None:
    out.unlink(missing_ok=True)
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.memory", str(case), str(wav), str(out), *modules]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{CASES[case].name}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


# --- in the process of its own ------------------------------------------------------------------------------------------
# A way stops twice: when it has imported what its user would, and when its samples lie where it takes them from.


def _streamed(wav: str, out: str) -> Way:
    import featkit
    from featkit.files.npy import NpyWriter
    from featkit.presets import kaldi

    yield
    yield
    with NpyWriter(out) as file:
        for rows in kaldi.fbank(num_mel_bins=80).iterate(featkit.blocks(wav)):
            file.append(rows)


def _command(wav: str, out: str) -> Way:
    from featkit.cli.main import main

    yield
    yield
    with suppress(SystemExit):
        main(["fbank", wav, "-o", out, "--quiet", "--preset", "kaldi", "--set", "num_mel_bins=80"])


def _at_once(wav: str, out: str) -> Way:
    import numpy as np

    from featkit.presets import kaldi

    yield
    samples = _read(wav)
    yield
    np.save(out, kaldi.fbank(num_mel_bins=80)(samples))


def _torchaudio(wav: str, out: str) -> Way:
    import numpy as np
    import torch
    from torchaudio.compliance.kaldi import fbank

    torch.set_num_threads(1)
    yield
    samples = torch.from_numpy(_read(wav))
    yield
    np.save(out, fbank(samples[None] * 32768, num_mel_bins=80, dither=0.0).numpy())


def _knf(wav: str, out: str) -> Way:
    import kaldi_native_fbank
    import numpy as np

    yield
    samples = _read(wav)
    yield
    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.dither, options.mel_opts.num_bins = 0.0, 80
    online = kaldi_native_fbank.OnlineFbank(options)
    online.accept_waveform(RATE, samples * 32768)
    online.input_finished()
    np.save(out, np.stack([online.get_frame(row) for row in range(online.num_frames_ready)]))


def _librosa(wav: str, out: str) -> Way:
    import numpy as np
    from librosa.feature import mfcc

    yield
    samples = _read(wav)
    yield
    np.save(out, mfcc(y=samples, sr=RATE))


def _psf(wav: str, out: str) -> Way:
    import numpy as np
    from python_speech_features import logfbank

    yield
    samples = _read(wav, "int16")
    yield
    np.save(out, logfbank(samples, nfilt=80))


def _read(wav: str, dtype: str = "float32") -> Any:
    import soundfile

    return soundfile.read(wav, dtype=dtype)[0]


CASES = (
    Case("featkit, Kaldi fbank 80, from file to `.npy`", _streamed, streams=True),
    Case("`featkit fbank`, Kaldi fbank 80, from file to `.npy`", _command, streams=True),
    Case("featkit, Kaldi fbank 80, array at once", _at_once),
    Case("torchaudio.compliance.kaldi, fbank 80, array at once", _torchaudio, "torchaudio"),
    Case("kaldi-native-fbank, fbank 80, array at once", _knf, "kaldi_native_fbank"),
    Case("librosa, MFCC 20, array at once", _librosa, "librosa"),
    Case("python_speech_features, log fbank 80, array at once", _psf, "python_speech_features"),
)


def peak() -> float:
    """Peak resident memory of this process so far, in MB."""
    with suppress(OSError):
        # ru_maxrss outlives exec: it starts with the peak of the process that started this one.
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024 / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6


def forget_peak() -> None:
    """Let the peak be what is held now, where the system can (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _main(case: str, wav: str, out: str, *modules: str) -> None:
    chosen = CASES[int(case)]
    try:
        import_module(chosen.needs)
    except ImportError:
        print("null")
        return
    way = chosen.run(wav, out)
    next(way)
    peaks = {"import": peak()}
    for module in modules:
        with suppress(Exception):  # a few are parts of others, and made by them
            import_module(module)
    next(way)
    peaks["start"] = peak()
    next(way, None)
    peaks["end"] = peak()
    print(json.dumps({**peaks, "modules": [] if modules else sorted(sys.modules)}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
