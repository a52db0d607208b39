"""Rules of the house that no single stage shows: no BLAS products, flat memory, a cheap import."""

import ast
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import featkit

PACKAGE = Path(featkit.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
PRODUCTS = {"dot", "matmul", "einsum", "tensordot", "vdot", "inner", "vecdot", "matvec", "vecmat", "multi_dot"}


def products(tree):
    """Lines where a matrix product is made: the operator, or one of NumPy's functions or methods by name."""
    for node in ast.walk(tree):
        named = {
            ast.Attribute: lambda node: [node.attr],
            ast.ImportFrom: lambda node: [alias.name for alias in node.names],
        }.get(type(node), lambda node: [])(node)
        operator = isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.MatMult)
        if operator or PRODUCTS & set(named):
            yield node.lineno


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_matrix_products_are_made_in_one_place(path):
    """BLAS chooses its kernel by the number of rows, and the last bit with it; see numeric.project."""
    if path == PACKAGE / "numeric.py":
        assert list(products(ast.parse(path.read_text("utf-8"))))
        return
    lines = list(products(ast.parse(path.read_text("utf-8"))))
    assert not lines, f"{path.name}:{lines} make matrix products; use featkit.numeric.project"


@pytest.mark.parametrize(
    "code", ["a @ b", "a @= b", "np.dot(a, b)", "a.dot(b)", "from numpy import einsum", "f = np.inner"]
)
def test_every_kind_of_product_is_found(code):
    assert list(products(ast.parse(code))) == [1]


def test_decorators_are_no_products():
    assert not list(products(ast.parse("@constant\ndef f(inner): return inner.outer")))


# --- memory -----------------------------------------------------------------------------------------------------------


def peak(stage, signal):
    """The most memory that a call holds at a time, and what it returns, in bytes."""
    tracemalloc.start()
    try:
        out = stage(signal)
        return tracemalloc.get_traced_memory()[1], out.nbytes
    finally:
        tracemalloc.stop()


def test_memory_is_the_output_and_a_constant():
    stage = featkit.mfcc()
    signal = np.random.default_rng(0).standard_normal(20 * 60 * 16000, np.float32)
    stage(signal)  # tables, imports, the memory that is used again
    (long, long_out), (short, short_out) = peak(stage, signal), peak(stage, signal[: 5 * 60 * 16000])
    assert long_out > 3.9 * short_out
    assert long < long_out + 4e6
    assert (long - long_out) - (short - short_out) < 0.25e6  # what is not output doesn't grow


def test_a_stream_holds_its_span_only():
    stage = featkit.mfcc()
    stage(np.zeros(16000, np.float32))
    chunk = np.random.default_rng(0).standard_normal(1600, np.float32)
    stream = stage.stream()
    stream.push(chunk)
    tracemalloc.start()
    try:
        for _ in range(600):  # a minute
            stream.push(chunk)
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 0.1e6
    assert most < 2e6


# --- import -----------------------------------------------------------------------------------------------------------

HEAVY = [
    "scipy.signal",
    "soundfile",
    "PIL",
    "click",
    "tqdm",
    "torch",
    "numba",
    "sklearn",
    "librosa",
    "python_speech_features",
]


def test_importing_featkit_loads_nothing_heavy():
    code = f"import sys, featkit; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")


def test_features_need_nothing_heavy():
    """Also not where they are used: a model server has NumPy and SciPy."""
    code = (
        "import sys, numpy, featkit; featkit.mfcc()(numpy.zeros(16000));"
        "featkit.Window('kaiser')(numpy.zeros((1, 9)));"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")
