"""What all tests share: Hypothesis' profile and the recordings."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent

settings.register_profile(
    "featkit",
    max_examples=int(os.environ.get("FEATKIT_TEST_EXAMPLES", "60")),
    deadline=None,  # the first call of a stage makes its tables, later ones don't
    print_blob=True,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no failure
)
settings.load_profile("featkit")


@pytest.fixture(scope="session")
def speech():
    """A few seconds of speech, float32 at 16 kHz, read-only because all tests share it."""
    samples, rate = soundfile.read(ROOT / "examples" / "speech.wav", dtype="float32")
    assert rate == 16000
    samples.setflags(write=False)
    return samples


@pytest.fixture(scope="session")
def shared():
    """The folder of recordings outside the repository."""
    folder = os.environ.get("FEATKIT_DATA")
    if not folder:
        pytest.skip("the environment variable FEATKIT_DATA names no folder of recordings")
    return Path(folder)


@pytest.fixture
def rng():
    return np.random.default_rng(20240229)
