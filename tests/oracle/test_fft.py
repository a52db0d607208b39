"""featkit's pure-NumPy FFT against scipy.fft, the DFT's definition and its own promises."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.fft
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from featkit.audio.fft import dft_matrix, fft, ifft, irfft, rfft

Array = NDArray[Any]
Case = tuple[str, Array, int]  # the transform's name, its rows and n

module = importlib.import_module("featkit.audio.fft")  # the module, whatever the package exports

LIMITS = {"float32": 1e-5, "float64": 1e-12}  # max error relative to the largest bin
COMPLEX: dict[str, np.dtype[Any]] = {
    "float32": np.dtype(np.complex64),
    "float64": np.dtype(np.complex128),
}
LARGE = [4093, 65536, 99991]
TRANSFORMS: dict[str, Callable[..., Array]] = {
    "fft": fft,
    "ifft": ifft,
    "rfft": rfft,
    "irfft": irfft,
}

both_precisions = pytest.mark.parametrize("real", ["float32", "float64"])


def noise(shape: tuple[int, ...], dtype: Any, seed: int = 0) -> Array:
    rng = np.random.default_rng([seed, *shape])
    values = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * rng.standard_normal(shape)
    return values.astype(dtype)


def error(got: Array, want: Array) -> float:
    """Return the largest error of any row over that row's largest value."""
    assert got.shape == want.shape
    return float((np.abs(got - want).max(axis=-1) / np.abs(want).max(axis=-1)).max())


def assert_matches_scipy(n: int, real: str) -> None:
    """Check all four transforms of one length, on two rows, and the round trips."""
    limit, complex_ = LIMITS[real], COMPLEX[real]
    x, c = noise((2, n), real), noise((2, n), complex_)
    half = noise((2, n // 2 + 1), complex_)
    bins, spectrum, rows, signal = fft(c), rfft(x), ifft(c), irfft(half, n)
    assert bins.dtype == spectrum.dtype == rows.dtype == complex_
    assert signal.dtype == np.dtype(real)
    wide = c.astype(np.complex128)
    assert error(bins, scipy.fft.fft(wide)) <= limit, n
    assert error(spectrum, scipy.fft.rfft(x.astype(np.float64))) <= limit, n
    assert error(rows, scipy.fft.ifft(wide)) <= limit, n
    assert error(signal, scipy.fft.irfft(half.astype(np.complex128), n)) <= limit, n
    assert error(ifft(bins), wide) <= limit, n
    assert error(irfft(spectrum, n), x.astype(np.float64)) <= limit, n


@both_precisions
@pytest.mark.parametrize("first", range(1, 2049, 256))
def test_every_length_up_to_2048_matches_scipy(first: int, real: str) -> None:
    for n in range(first, first + 256):
        assert_matches_scipy(n, real)


@both_precisions
@pytest.mark.parametrize("n", LARGE)
def test_large_length_matches_scipy(n: int, real: str) -> None:
    assert_matches_scipy(n, real)


@both_precisions
@pytest.mark.parametrize("n", [*range(1, 41), 74, 97, 128])
def test_fft_is_the_product_with_the_dft_matrix(n: int, real: str) -> None:
    x = noise((3, n), COMPLEX[real])
    matrix = dft_matrix(n)
    assert error(fft(x), x.astype(np.complex128) @ matrix) <= LIMITS[real]
    assert error(ifft(x), x.astype(np.complex128) @ matrix.conj() / n) <= LIMITS[real]


@pytest.mark.parametrize("n", [1, 2, 7, 8, 1009])
def test_dft_matrix_entries(n: int) -> None:
    matrix = dft_matrix(n)
    k = np.arange(n)
    assert matrix.dtype == np.complex128
    assert np.array_equal(matrix, matrix[min(1, n - 1)][np.outer(k, k) % n])  # exactly w^(kt mod n)
    angle = np.longdouble(-2) * np.arccos(np.longdouble(-1)) * k / n
    assert np.abs(matrix[min(1, n - 1)] - (np.cos(angle) + 1j * np.sin(angle))).max() < 1e-15
    assert dft_matrix(n, np.complex64).tobytes() == matrix.astype(np.complex64).tobytes()


@both_precisions
@pytest.mark.parametrize("n", [1, 2, 24, 37, 45, 101, 512])
def test_parseval(n: int, real: str) -> None:
    x = noise((4, n), COMPLEX[real])
    energy = (np.abs(x.astype(np.complex128)) ** 2).sum(axis=-1)
    bin_energy = (np.abs(fft(x).astype(np.complex128)) ** 2).sum(axis=-1) / n
    np.testing.assert_allclose(bin_energy, energy, rtol=LIMITS[real])


@pytest.mark.parametrize("n", [1, 2, 24, 37, 45, 101, 512])
def test_linearity(n: int) -> None:
    x, y = noise((4, n), np.complex128, 1), noise((4, n), np.complex128, 2)
    a, b = 2.5 - 1j, -0.75j
    for transform in (fft, ifft):
        assert error(transform(a * x + b * y), a * transform(x) + b * transform(y)) <= 1e-12


@pytest.mark.parametrize("n", [1, 2, 3, 4, 9, 31, 37, 64, 90, 1018, 2003])
def test_real_rows_have_exactly_real_edge_bins(n: int) -> None:
    x = noise((3, n), np.float64)
    edges = [0] if n % 2 else [0, -1]
    bins = rfft(x)
    assert np.all(bins.imag[:, edges] == 0)
    disturbed = bins.copy()
    disturbed.imag[:, edges] = 5
    assert irfft(disturbed, n).tobytes() == irfft(bins, n).tobytes()
    assert error(fft(x)[:, : n // 2 + 1], bins) <= 1e-12


@pytest.mark.parametrize("n", [None, 1, 5, 12, 17])
@pytest.mark.parametrize("shape", [(12,), (3, 12), (2, 3, 12), (2, 1, 2, 12)])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_shapes_and_lengths_match_numpy(name: str, shape: tuple[int, ...], n: int | None) -> None:
    x = noise(shape, np.float64 if name == "rfft" else np.complex128)
    want = getattr(np.fft, name)(x, n)
    got = TRANSFORMS[name](x, n)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-12 * np.abs(want).max())
    rows = TRANSFORMS[name](x.reshape(-1, 12), n)
    assert got.tobytes() == rows.tobytes()


@both_precisions
@pytest.mark.parametrize("lead", [(0,), (0, 3), (3, 0)])
def test_zero_rows(lead: tuple[int, ...], real: str) -> None:
    x, c = np.empty((*lead, 7), real), np.empty((*lead, 7), COMPLEX[real])
    for got, bins, dtype in [
        (fft(c), 7, COMPLEX[real]),
        (ifft(c, 9), 9, COMPLEX[real]),
        (rfft(x), 4, COMPLEX[real]),
        (irfft(c), 12, np.dtype(real)),
    ]:
        assert got.shape == (*lead, bins)
        assert got.dtype == dtype


def test_rows_without_columns_are_padded() -> None:
    got = fft(np.empty((3, 0)), n=4)
    assert got.tobytes() == np.zeros((3, 4), np.complex128).tobytes()


@pytest.mark.parametrize("n", [1, 6, 37])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_read_only_input_is_untouched(name: str, n: int) -> None:
    x = noise((2, n), np.float64 if name == "rfft" else np.complex128)
    before = x.copy()
    x.setflags(write=False)
    got = TRANSFORMS[name](x, n)
    assert x.tobytes() == before.tobytes()
    assert got.flags.writeable
    first = got.tobytes()
    got[...] = 99  # a result owns its memory: neither the input nor a cached table changes
    assert x.tobytes() == before.tobytes()
    assert TRANSFORMS[name](x, n).tobytes() == first


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tables_are_cached_and_read_only(dtype: type) -> None:
    for make, key in [
        (module._twiddles, (12, 3)),
        (module._odd_roots, (7,)),
        (module._chirp, (37,)),
        (module._chirp_spectrum, (37,)),
    ]:
        table = make(*key, np.dtype(dtype))
        assert table is make(*key, np.dtype(dtype))
        assert table.dtype == dtype
        with pytest.raises(ValueError, match="read-only"):
            table[...] = 0


@pytest.mark.parametrize(
    ("dtype", "same_as"),
    [
        ("bool", "float64"),
        ("int8", "float64"),
        ("int16", "float64"),
        ("uint64", "float64"),
        ("float16", "float32"),
        (">f4", "float32"),
        (">f8", "float64"),
        (">c8", "complex64"),
        (">c16", "complex128"),
    ],
)
def test_other_dtypes_are_converted(dtype: str, same_as: str) -> None:
    x = (noise((2, 20), np.float64) * 50 % 100).astype(dtype)
    assert fft(x).dtype == fft(x.astype(same_as)).dtype
    assert fft(x).tobytes() == fft(x.astype(same_as)).tobytes()


@both_precisions
@pytest.mark.parametrize("n", [2, 12, 35, 74, 97])
def test_working_precision(n: int, real: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, seen = module._stage, []

    def spy(z: Array, p: int) -> Array:
        out: Array = stage(z, p)
        seen.extend([z.dtype.name, out.dtype.name])
        return out

    fft(np.ones(n, real))  # fills the tables, which are computed in double precision
    monkeypatch.setattr(module, "_stage", spy)
    for transform in TRANSFORMS.values():
        transform(np.ones(n, real), n)
    assert len(seen) >= 8
    assert set(seen) == {real}


def test_real_rows_are_complex_rows_without_imaginary_part() -> None:
    x = noise((2, 30), np.float32)
    assert fft(x).dtype == np.complex64
    assert fft(x).tobytes() == fft(x.astype(np.complex64)).tobytes()
    assert fft(x.tolist()).dtype == np.complex128


@pytest.mark.parametrize("name", TRANSFORMS)
def test_length_below_one_is_refused(name: str) -> None:
    transform = TRANSFORMS[name]
    with pytest.raises(ValueError, match=r"^fft length must be at least 1, got n=0; give n=\.\.\."):
        transform(np.ones((2, 4)), n=0)
    with pytest.raises(ValueError, match="at least 1, got n=-3"):
        transform(np.ones((2, 4)), n=-3)
    with pytest.raises(ValueError, match=r"rows with at least (one column|two columns)$"):
        transform(np.ones((2, 0)))


def test_other_refusals() -> None:
    with pytest.raises(ValueError, match=r"got n=0; .* at least two columns"):
        irfft([1.0])
    with pytest.raises(TypeError, match="rfft takes real rows, got complex64; use fft"):
        rfft(np.ones(4, np.complex64))
    with pytest.raises(ValueError, match="got the single number 3"):
        fft(3.0)
    with pytest.raises(TypeError, match="can't compute in dtype object; convert"):
        fft(np.array([None, 1]))
    with pytest.raises(TypeError, match=r"can't compute in dtype .*; convert the rows to float64"):
        fft(np.ones(4, np.longdouble))
    with pytest.raises(TypeError, match="integer"):
        fft(np.ones(4), n=4.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1, got n=0"):
        dft_matrix(0)
    with pytest.raises(TypeError, match=r"needs a complex dtype, got .*float64"):
        dft_matrix(4, np.float64)


# ---- Bytes: a row's result must not depend on its neighbours, the split or the layout.

LENGTHS = st.one_of(
    st.integers(1, 200),
    st.sampled_from([8, 16, 31, 37, 61, 64, 74, 97, 101, 128, 256, 399, 400, 509, 512, 961]),
    st.sampled_from([1000, 1018, 1024, 1369, 2039, 2048, 4093]),
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a transform, rows of up to several blocks in wildly different scales, and n."""
    name = draw(st.sampled_from(sorted(TRANSFORMS)))
    n = draw(LENGTHS)
    real = draw(st.sampled_from(["float32", "float64"]))
    columns = n // 2 + 1 if name == "irfft" else n
    dtype = np.dtype(real) if name == "rfft" else COMPLEX[real]
    rows = noise((draw(st.integers(1, 24)), columns), dtype, draw(st.integers(0, 2**32)))
    scale = 10.0 ** (draw(st.integers(0, 4)) * (np.arange(len(rows))[:, None] % 5 - 2))
    return name, (rows * scale).astype(dtype), n


@settings(deadline=None, max_examples=300)
@given(case=cases(), data=st.data())
def test_bytes_do_not_depend_on_the_split(case: Case, data: st.DataObject) -> None:
    name, rows, n = case
    transform = TRANSFORMS[name]
    whole = transform(rows, n)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(rows)), max_size=4)))
    parts = [transform(part, n) for part in np.split(rows, cuts)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    one_by_one = [transform(row, n) for row in rows]
    assert np.stack(one_by_one).tobytes() == whole.tobytes()


@settings(deadline=None, max_examples=300)
@given(case=cases(), layout=st.sampled_from(["every other", "fortran", "reversed", "offset"]))
def test_bytes_do_not_depend_on_the_layout(case: Case, layout: str) -> None:
    name, rows, n = case
    transform = TRANSFORMS[name]
    if layout == "every other":
        view = np.repeat(np.repeat(rows, 2, axis=1), 3, axis=0)[::3, ::2]
    elif layout == "fortran":
        view = np.asfortranarray(rows)
    elif layout == "reversed":
        view = rows[::-1, ::-1].copy()[::-1, ::-1]
    else:
        raw = np.empty(rows.nbytes + 1, np.uint8)
        raw[1:] = np.frombuffer(rows.tobytes(), np.uint8)
        view = raw[1:].view(rows.dtype).reshape(rows.shape)  # not aligned to its item size
    assert view.tobytes() == rows.tobytes()
    assert transform(view, n).tobytes() == transform(rows, n).tobytes()


@both_precisions
@pytest.mark.parametrize("n", [64, 90, 97, 1018])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_bytes_and_block(name: str, n: int, real: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x = noise((50, n), real if name == "rfft" else COMPLEX[real])
    results = set()
    for block in (1, 7 * n, 13 * n, 100 * n):  # one row at a time up to all at once
        monkeypatch.setattr(module, "_BLOCK", block)
        results.add(TRANSFORMS[name](x, n).tobytes())
    assert len(results) == 1
