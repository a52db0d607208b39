"""The fast Fourier transform in plain NumPy, for teaching and for checking scipy's.

A row's result is the same bytes whatever rows stand beside it.  So this module uses only
separately rounded real ``+``, ``-`` and ``*``: BLAS products (``@``, ``dot``, ``einsum``) and
NumPy's complex product round differently with the shape of the arrays around a row.

The helpers work on *planar* arrays of shape ``(2, n, columns)``: ``z[0]`` is the real and
``z[1]`` the imaginary part, the transform runs along axis 1, and each of the caller's rows is
a column, so that one ufunc call serves many rows.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from featkit.numeric import constant

__all__ = ["dft_matrix", "fft", "ifft", "irfft", "rfft"]

Rows = NDArray[Any]
Planar = NDArray[np.floating]  # float32 or float64, shape (2, n, columns)
Kernel = Callable[[Planar], Planar]

_LARGEST_RADIX = 31  # a larger prime factor goes to Bluestein's algorithm
_BLOCK = 2**15  # samples transformed at once, so that the work stays in the CPU's cache


# ---- Tables of roots of unity: cached, read-only, computed in float64 and then cast.


def _roots(index: NDArray[np.integer], n: int, dtype: DTypeLike) -> Planar:
    # exp(-2 pi i index/n), with the index reduced mod n, exactly, to the least angle, -pi..pi.
    angle = 2 * np.pi * ((index + n // 2) % n - n // 2) / n
    return np.stack([np.cos(angle), -np.sin(angle)]).astype(dtype)


@constant
def _twiddles(n: int, p: int, dtype: DTypeLike) -> Planar:  # w_n^(r q) at [:, r, q, 0]
    return _roots(np.arange(p)[:, None, None] * np.arange(n // p)[:, None], n, dtype)


@constant
def _odd_roots(p: int, dtype: DTypeLike) -> Planar:  # w_p^(j r) at [:, j-1, r-1, 0]
    half = np.arange(1, p // 2 + 1)
    return _roots(half[:, None, None] * half[:, None], p, dtype)


@constant
def _chirp(n: int, dtype: DTypeLike) -> Planar:  # exp(-i pi k^2/n): k^2 counts mod 2n
    return _roots(np.arange(n, dtype=np.int64)[:, None] ** 2, 2 * n, dtype)


@constant
def _chirp_spectrum(n: int, dtype: DTypeLike) -> Planar:
    # The DFT of the conjugate chirp at the lags -n+1..n-1 of a circle of 2^a >= 2n - 1.
    size = 2 ** (2 * n - 2).bit_length()
    circle = np.zeros((2, size, 1))
    circle[:, :n] = _chirp(n, np.float64)
    circle[1] *= -1
    circle[:, size - n + 1 :] = circle[:, n - 1 : 0 : -1]  # k^2 is even: lag -k equals lag k
    return _dft(circle).astype(dtype)


@constant
def _radices(n: int) -> tuple[int, ...]:  # odd primes, largest first; then 4s; then one 2 or none
    twos = (n & -n).bit_length() - 1
    n, p, odd = n >> twos, 3, []
    while n > 1:
        if p * p > n:
            p = n  # no divisor up to the square root: what is left is prime
        if n % p == 0:
            n //= p
            odd.append(p)
        else:
            p += 2
    return (*reversed(odd), *[4] * (twos // 2), *[2] * (twos % 2))


# ---- Butterflies: the DFT of a short length p along axis 1 of (2, p, columns).


def _product(z: Planar, w: Planar, out: Planar) -> Planar:
    # (a + ib)(c + is) = (ac - bs) + i(bc + as), each operation rounded by itself.
    np.multiply(z, w[0], out=out)
    out[0] -= z[1] * w[1]
    out[1] += z[0] * w[1]
    return out


def _set_pair(out: Planar, r: int | slice, s: int | slice, even: Planar, odd: Planar) -> None:
    # Bins r become even + i odd, bins s even - i odd; i(a + ib) = -b + ia takes no product.
    np.subtract(even[0], odd[1], out=out[0, r])
    np.add(even[1], odd[0], out=out[1, r])
    np.add(even[0], odd[1], out=out[0, s])
    np.subtract(even[1], odd[0], out=out[1, s])


def _butterfly_2(z: Planar) -> Planar:
    return np.stack([z[:, 0] + z[:, 1], z[:, 0] - z[:, 1]], axis=1)


def _butterfly_4(z: Planar) -> Planar:
    # w_4 = -i, so X_r = (x_0 + (-1)^r x_2) + (-i)^r (x_1 + (-1)^r x_3).
    out, sums, differences = np.empty_like(z), z[:, :2] + z[:, 2:], z[:, :2] - z[:, 2:]
    np.add(sums[:, 0], sums[:, 1], out=out[:, 0])
    np.subtract(sums[:, 0], sums[:, 1], out=out[:, 2])
    _set_pair(out, 3, 1, differences[:, 0], differences[:, 1])
    return out


def _butterfly_odd(z: Planar) -> Planar:
    # Terms j and p - j carry conjugate roots.  With u_j, v_j = x_j +- x_(p-j),
    #   X_r, X_(p-r) = (x_0 + sum_j cos(2 pi j r/p) u_j) +- i sum_j (-sin(2 pi j r/p)) v_j
    # for j, r = 1..(p-1)/2: half the products, and by real factors only.
    out, half = np.empty_like(z), z.shape[1] // 2
    cos, sin = _odd_roots(z.shape[1], z.dtype)
    even = np.repeat(z[:, :1], half, axis=1)
    odd = np.zeros_like(even)
    out[:, 0] = z[:, 0]
    for j in range(1, half + 1):
        u, v = z[:, j] + z[:, -j], z[:, j] - z[:, -j]
        out[:, 0] += u
        even += cos[j - 1] * u[:, None]
        odd += sin[j - 1] * v[:, None]
    _set_pair(out, slice(1, half + 1), slice(None, half, -1), even, odd)
    return out


def _bluestein(z: Planar) -> Planar:
    # k t = (k^2 + t^2 - (k - t)^2)/2 turns a DFT of any length into a convolution: with the
    # chirp c_k = exp(-i pi k^2/n),  X_k = c_k sum_t (x_t c_t) conj(c_(k-t)),  here on a circle
    # of a power of two, long enough that the lags -n+1..n-1 don't overlap.
    n, chirp = z.shape[1], _chirp(z.shape[1], z.dtype)
    spectrum = _chirp_spectrum(n, z.dtype)
    circle = np.zeros((2, spectrum.shape[1], z.shape[2]), z.dtype)
    _product(z, chirp, out=circle[:, :n])
    circle = _dft(circle)
    circle = _inverse_dft(_product(circle, spectrum, out=np.empty_like(circle)))
    return _product(circle[:, :n], chirp, out=np.empty_like(z))


# ---- The mixed-radix transform and its inverse.


def _stage(z: Planar, p: int) -> Planar:
    # One step of decimation in frequency, n = p m.  Put t = q + m j and k = p k' + r into
    # w_n^(k t), where w_n = exp(-2 pi i/n), and drop the whole turns:
    #   X[p k' + r] = sum_q w_m^(q k') { w_n^(q r) sum_j w_p^(j r) x[q + m j] }
    # The inner sum is a butterfly over j, w_n^(q r) a twiddle, and the outer sum p DFTs of
    # length m over q, left to the next stages with r moved behind q, among the columns:
    # (m, p * columns).  As k' comes to stand before r, the bins end in natural order.
    m, columns = z.shape[1] // p, z.shape[2]
    butterfly = {2: _butterfly_2, 4: _butterfly_4}.get(p, _butterfly_odd)
    butterfly = butterfly if p <= _LARGEST_RADIX else _bluestein
    y = butterfly(z.reshape(2, p, m * columns)).reshape(2, p, m, columns)
    if m == 1:  # the last stage: q = 0 only, and every twiddle is 1
        return y.reshape(2, 1, p * columns)
    out = np.empty((2, m, p, columns), z.dtype)
    _product(y, _twiddles(m * p, p, z.dtype), out=out.swapaxes(1, 2))
    return out.reshape(2, m, p * columns)


def _dft(z: Planar) -> Planar:
    return functools.reduce(_stage, _radices(z.shape[1]), z).reshape(z.shape)


def _inverse_dft(z: Planar) -> Planar:
    # Swapping the parts, a + ib -> b + ia = i conj(a + ib), before and after conjugates every w.
    return np.divide(_dft(z[::-1])[::-1], z.shape[1])


def _real_dft(z: Planar) -> Planar:
    n = z.shape[1]
    half = _dft(z)[:, : n // 2 + 1]
    half[1, [0] if n % 2 else [0, -1]] = 0  # bin 0 of real rows is real; so is n/2 for even n
    return half


def _inverse_real_dft(half: Planar, n: int) -> Planar:
    half[1, [0] if n % 2 else [0, -1]] = 0
    mirrored = half[:, (n - 1) // 2 : 0 : -1].copy()  # X_(n-k) = conj X_k
    mirrored[1] *= -1
    return _inverse_dft(np.concatenate([half, mirrored], axis=1))[:1]


# ---- From the caller's rows to planar blocks and back.


def _checked_length(n: int, or_give: str = "rows with at least one column") -> int:
    if n < 1:
        raise ValueError(f"fft length must be at least 1, got {n=}; give n=... or {or_give}")
    return n


def _checked(rows: ArrayLike, n: int | None, inverse_real: bool = False) -> tuple[Rows, int]:
    x = np.asarray(rows)
    if x.ndim == 0:
        raise ValueError(f"fft needs rows, got the single number {x}; give a 1-D array or a stack")
    if x.dtype.kind not in "biu" and x.dtype.char not in "efdFD":
        raise TypeError(f"fft can't compute in dtype {x.dtype}; convert the rows to float64")
    if inverse_real:
        n = 2 * (x.shape[-1] - 1) if n is None else n
        return x, _checked_length(n, "rows with at least two columns")
    return x, _checked_length(x.shape[-1] if n is None else n)


def _rowwise(kernel: Kernel, x: Rows, taken: int, bins: int, parts: int = 2) -> Rows:
    # Cut or zero-pad each row to `taken`, and apply the kernel to one block of rows at a time.
    real = np.dtype(np.float32 if x.dtype.char in "efF" else np.float64)
    flat = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])[:, :taken]
    out = np.empty((len(flat), bins, parts), real)  # complex numbers as pairs, or parts = 1
    step = max(1, _BLOCK // taken)
    for rows in (slice(start, start + step) for start in range(0, len(flat), step)):
        z = np.zeros((2, taken, len(flat[rows])), real)
        z[0, : flat.shape[1]] = flat[rows].real.T
        if np.iscomplexobj(flat):
            z[1, : flat.shape[1]] = flat[rows].imag.T
        z = kernel(z)
        for part in range(parts):
            out[rows, :, part] = z[part].T
    result = out.view(np.result_type(real, np.complex64)) if parts == 2 else out
    return result.reshape(*x.shape[:-1], bins)


def fft(rows: ArrayLike, n: int | None = None) -> NDArray[np.complexfloating]:
    """Discrete Fourier transform of the last axis.

    ``X[k] = sum_t x[t] exp(-2 pi i k t / n)``, by the mixed-radix algorithm of Cooley & Tukey
    (1965) and, for prime factors above 31, the chirp algorithm of Bluestein (1970).

    Parameters
    ----------
    rows : array_like, shape (..., samples)
        Real or complex rows.  float16, float32 and complex64 are computed in single
        precision; integers, float64 and complex128 in double.
    n : int, optional
        Length to cut or zero-pad the rows to; default ``samples``.

    Returns
    -------
    ndarray, shape (..., n)
        complex64 or complex128; a row's bytes don't depend on the rows beside it.

    Raises
    ------
    ValueError
        If n < 1 or rows has no axis.
    TypeError
        If the dtype of rows isn't one of the above.

    Examples
    --------
    >>> fft([0, 1, 0, 0])
    array([ 1.+0.j,  0.-1.j, -1.+0.j,  0.+1.j])
    """
    x, n = _checked(rows, n)
    return _rowwise(_dft, x, n, n)


def ifft(rows: ArrayLike, n: int | None = None) -> NDArray[np.complexfloating]:
    """Inverse of `fft`: ``x[t] = (1/n) sum_k X[k] exp(2 pi i k t / n)`` over the last axis.

    Parameters, dtypes and errors are those of `fft`; source: Cooley & Tukey (1965).

    Examples
    --------
    >>> ifft([4, 0, 0, 0])
    array([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    x, n = _checked(rows, n)
    return _rowwise(_inverse_dft, x, n, n)


def rfft(rows: ArrayLike, n: int | None = None) -> NDArray[np.complexfloating]:
    """Bins 0..n/2 of the `fft` of real rows: (..., samples) to (..., n // 2 + 1).

    The other bins are their conjugates.  Parameters, dtypes and errors are those of `fft`,
    but complex rows raise TypeError; source: Cooley & Tukey (1965).

    Examples
    --------
    >>> rfft([1, 1, 1, 1])
    array([4.+0.j, 0.+0.j, 0.+0.j])
    """
    x, n = _checked(rows, n)
    if np.iscomplexobj(x):
        raise TypeError(f"rfft takes real rows, got {x.dtype}; use fft for complex rows")
    return _rowwise(_real_dft, x, n, n // 2 + 1)


def irfft(rows: ArrayLike, n: int | None = None) -> NDArray[np.floating]:
    """Inverse of `rfft`: bins 0..n/2, (..., bins), to float32 or float64 rows, (..., n).

    ``n`` defaults to ``2 * (bins - 1)``, so an odd n must be given; bins are cut or
    zero-padded to ``n // 2 + 1``.  The imaginary parts of bins 0 and n/2, 0 for real rows,
    are ignored.  Errors are those of `fft`; source: Cooley & Tukey (1965).

    Examples
    --------
    >>> irfft([4, 0, 0])
    array([1., 1., 1., 1.])
    """
    x, n = _checked(rows, n, inverse_real=True)
    return _rowwise(functools.partial(_inverse_real_dft, n=n), x, n // 2 + 1, n, parts=1)


def dft_matrix(n: int, dtype: DTypeLike = np.complex128) -> NDArray[np.complexfloating]:
    """Return the definition of the DFT, ``W[k, t] = exp(-2 pi i k t / n)``, shape (n, n).

    ``rows @ dft_matrix(n)`` is what `fft` computes (Cooley & Tukey 1965).  The index k t is
    reduced mod n in integers.  Raises ValueError if n < 1, TypeError if dtype isn't complex.

    Examples
    --------
    >>> dft_matrix(2).real
    array([[ 1.,  1.],
           [ 1., -1.]])
    """
    if np.dtype(dtype).kind != "c":
        raise TypeError(f"dft_matrix needs a complex dtype, got {dtype!r}; give np.complex128")
    index = np.arange(_checked_length(n))
    out = np.empty((n, n), dtype)
    out.real, out.imag = _roots(index[:, None] * index, n, np.float64)
    return out
