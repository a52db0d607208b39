"""What other programs computed from real recordings: the entries of FEATKIT_DATA/reference/INDEX.json."""

import hashlib
import json
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import soundfile

_TABLE = defaultdict(lambda: {"entries": 0, "error": 0.0, "share": 0.0, "limit": 0.0})
_LEFT_OUT = defaultdict(list)


class Reference:
    """The stored outputs, and the inputs that they were computed from."""

    def __init__(self, root: Path) -> None:
        self.root = root
        index = root / "reference" / "INDEX.json"
        self.index = json.loads(index.read_text())["entries"] if index.exists() else {}

    def entries(self, peer: str) -> list[str]:
        return [key for key, entry in self.index.items() if entry["peer"] == peer]

    def __getitem__(self, key: str) -> dict:
        return self.index[key]

    def signal(self, key: str) -> tuple[np.ndarray, int]:
        """Exactly what the upstream was given, and its sampling rate."""
        entry = self.index[key]
        cut = entry.get("input", {})
        samples, rate = soundfile.read(self.root / entry["file"], dtype="float64", always_2d=True)
        begin = cut.get("start", 0.0)
        end = None if cut.get("dur") is None else round((begin + cut["dur"]) * rate)
        samples = samples[round(begin * rate) : end].T
        channel = cut.get("channel", 0)
        samples = samples.mean(0) if channel == "mean" else samples if channel == "all" else samples[channel]
        if cut.get("scale") == "int16":
            samples = samples * 32768.0
        if cut.get("dtype") == "int16":
            samples = np.round(samples)
        samples = np.ascontiguousarray(samples.astype(cut.get("dtype", "float32")))
        if "input_sha256" in entry:
            assert hashlib.sha256(samples.tobytes()).hexdigest() == entry["input_sha256"], f"{key}: another input"
        return samples, rate

    def unit_signal(self, key: str) -> tuple[np.ndarray, int]:
        """The same in [-1, 1), as featkit takes it. (Dividing by a power of two is exact.)"""
        samples, rate = self.signal(key)
        if samples.dtype.kind == "i" or self.index[key].get("input", {}).get("scale") != "int16":
            return samples, rate
        return samples / samples.dtype.type(32768), rate

    def arrays(self, key: str) -> dict[str, np.ndarray]:
        path = self.root / "reference" / self.index[key].get("npz", f"{key}.npz")
        with np.load(path) as archive:
            return {name: archive[name] for name in archive.files}


REFERENCE = Reference(Path(os.environ.get("FEATKIT_DATA", "")))


def pytest_generate_tests(metafunc):
    """``def test_x(reference_key): ...`` in a module with ``PEERS = (...)`` runs for every entry of those peers."""
    if "reference_key" in metafunc.fixturenames:
        keys = [key for peer in metafunc.module.PEERS for key in REFERENCE.entries(peer)]
        metafunc.parametrize("reference_key", keys or [pytest.param(None, id="FEATKIT_DATA-not-set")])


@pytest.fixture
def reference(request):
    if not REFERENCE.index:
        pytest.skip("needs the recordings that FEATKIT_DATA names")
    return REFERENCE


@pytest.fixture
def agrees():
    """agrees(dialect, key, got, expected, limit): no value farther than ``limit``; a row of the table printed at the end."""

    def check(dialect: str, key: str, got: np.ndarray, expected: np.ndarray, limit: float) -> None:
        assert got.shape == expected.shape, f"{key}: shape {got.shape}, expected {expected.shape}"
        assert np.isfinite(got).all() == np.isfinite(expected).all()
        wide = np.complex128 if got.dtype.kind == "c" else np.float64
        error = float(np.abs(got.astype(wide) - expected.astype(wide)).max(initial=0.0))
        row = _TABLE[dialect]
        row["entries"] += 1
        if error / limit >= row["share"]:
            row |= {"error": error, "limit": limit, "share": error / limit}
        assert error <= limit, f"{key}: {error:.3g} from the upstream, the limit is {limit:.3g}"

    return check


@pytest.fixture
def leave_out():
    """leave_out(dialect, key, reason): not compared, and why; said in the table."""

    def note(dialect: str, key: str, reason: str) -> None:
        _LEFT_OUT[dialect, reason].append(key)

    return note


def pytest_terminal_summary(terminalreporter):
    if _TABLE:
        write = terminalreporter.write_line
        terminalreporter.section("parity with the upstreams' stored outputs (the entry nearest to its limit)")
        write(f"{'dialect':28} {'arrays':>7} {'error':>10} {'limit':>10} {'share':>7}")
        for dialect, row in sorted(_TABLE.items()):
            write(f"{dialect:28} {row['entries']:7} {row['error']:10.2e} {row['limit']:10.2e} {row['share']:7.1%}")
        for (dialect, reason), keys in sorted(_LEFT_OUT.items()):
            write(f"left out: {dialect}: {len(keys)} ({keys[0]}{', ...' * (len(keys) > 1)}): {reason}")
