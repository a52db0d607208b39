"""Presets against the stored outputs of upstreams, on the project's own recording and picture (see make.py)."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featkit
from featkit import presets
from featkit.presets.parity import PARITY

HERE = Path(__file__).parent


def cases():
    for path in sorted((HERE / "files").glob("*.npz")):
        with np.load(path) as archive:
            for case in json.loads(str(archive["meta"]))["cases"]:
                yield pytest.param(path, case, id=f"{path.stem}-{case['name']}")


@pytest.mark.parametrize(("path", "case"), list(cases()))
def test_preset_gives_what_the_upstream_gave(path, case):
    with np.load(path) as archive:
        expected = archive[case["name"]]
    pipeline = presets.get(case["preset"], **case["options"])
    examples = HERE.parents[1] / "examples"
    if pipeline.axes()[0][0] == "height":
        given = featkit.read_image(examples / "picture.png")
    else:
        samples, rate = soundfile.read(examples / "speech.wav", dtype="float32")
        given = samples[rate // 2 : rate // 2 + rate * 3 // 2]
    got = pipeline(given)
    assert got.shape == expected.shape
    parity = PARITY[case["preset"]]
    scale = np.abs(expected).max() if parity.relative else 1.0
    wide = np.complex128 if expected.dtype.kind == "c" else np.float64
    assert np.abs(got.astype(wide) - expected.astype(wide)).max() <= parity.limit * scale


def test_there_are_golden_files():
    assert list((HERE / "files").glob("*.npz"))
