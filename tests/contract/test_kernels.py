"""The streaming tests again, on the code that other processors would run.

OpenBLAS and NumPy choose their inner loops by the processor. A stream that equals the whole on this machine by luck
would not on another, so the older loops are asked for by environment variables, which are read once, at import.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

try:
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
except ImportError:  # NumPy 1
    from numpy.core._multiarray_umath import __cpu_dispatch__, __cpu_features__

SUITES = [str(Path(__file__).with_name(name)) for name in ("test_streaming.py", "test_presets.py", "test_plan.py")]
CHECKED = "pieces or beside or chunking or emphasised"
# NumPy refuses names of loops that it wasn't built with or that the processor doesn't have.
DISPATCHED = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
NO_AVX512 = [name for name in DISPATCHED if name.startswith(("AVX512", "X86_V4"))]


# OpenBLAS does as it is told and would crash on a processor that lacks the instructions.
NEEDS = {
    "Nehalem": ("SSE42",),
    "Haswell": ("AVX2", "FMA3"),
    "Zen": ("AVX2", "FMA3"),
    "SkylakeX": ("AVX512F", "AVX512BW"),
}
CORES = [core for core, features in NEEDS.items() if all(__cpu_features__.get(name) for name in features)]


@pytest.mark.parametrize(
    "environment",
    [
        *({"OPENBLAS_CORETYPE": core} for core in CORES),
        {"NPY_DISABLE_CPU_FEATURES": " ".join(NO_AVX512)},
        {"NPY_DISABLE_CPU_FEATURES": " ".join(DISPATCHED)},
    ],
    ids=[*CORES, "without AVX-512", "the oldest loops"],
)
def test_streams_equal_the_whole_on_other_processors(environment):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *SUITES, "-k", CHECKED, "-q", "-x", "-p", "no:cacheprovider"],
        env=os.environ | environment | {"FEATKIT_TEST_EXAMPLES": "2"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
