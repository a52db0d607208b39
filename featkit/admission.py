"""What comes in: arrays as users have them become samples and rows of finite numbers, or an error that says what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from featkit.errors import InputError
from featkit.numeric import Array, Rows, is_sparse, squares_are_finite

_PCM_SCALE = {
    "u1": (128.0, 128.0),
    "i1": (0.0, 128.0),
    "i2": (0.0, 32768.0),
    "u2": (32768.0, 32768.0),
    "i4": (0.0, 2.0**31),
}


def as_samples(signal: ArrayLike, start: int = 0) -> Array:
    """One channel of samples as float32 or float64.

    Floats pass as they are (the convention is [-1, 1)). Integers are PCM and are scaled by their *type*, never by
    their values: ``int16 / 32768``, ``int32 / 2**31``, ``(uint8 - 128) / 128`` as float32.

    Parameters
    ----------
    signal : array_like, shape (samples,)
    start : int
        Index of the first sample in the whole signal, for error messages.

    Raises
    ------
    InputError
        For anything but one channel of finite real numbers; the message names the remedy.

    Examples
    --------
    >>> as_samples(np.array([16384, -32768], dtype=np.int16))
    array([ 0.5, -1. ], dtype=float32)
    """
    samples = as_array(signal)
    if samples.ndim != 1:
        raise InputError(
            f"one channel of samples (a 1-D array) is needed, got shape {samples.shape}; "
            "choose a channel (signal[:, 0]) or mix them (signal.mean(axis=1)), "
            'or read the file with featkit.read(path, channels="mix")'
        )
    if samples.dtype.kind in "iu":
        scale = _PCM_SCALE.get(samples.dtype.str[1:])
        if scale is None:
            raise InputError(
                f"samples of type {samples.dtype} have no PCM scale; give int16, int32 or uint8 as recorded, "
                "or floats in [-1, 1) (for 16-bit values held in a wider type: signal / 32768)"
            )
        return (samples.astype(np.float64) - scale[0]).__truediv__(scale[1]).astype(np.float32)
    return as_finite(_as_floating(samples, "samples"), start, "sample")


def as_array(values: ArrayLike) -> Array:
    """``numpy.asarray``, with a clear error for rows of different lengths."""
    if type(values) is np.ndarray:
        return values
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(f"the rows are not all of one length and make no array ({error}); pad or cut them") from None


def as_rows(values: Any, start: int = 0, keep_integers: bool = False) -> Rows:
    """Rows of finite numbers: floating and complex types pass, integers and booleans are converted by value, or kept.

    Sparse matrices of SciPy's become CSR.

    Raises
    ------
    InputError
        If the values are not numbers or not finite.
    """
    if is_sparse(values):
        from scipy import sparse

        matrix: Any = sparse.csr_array(values)
        finite = as_rows(matrix.data, start) if matrix.nnz else matrix.data.astype(np.float64)
        return (
            matrix if finite is matrix.data else sparse.csr_array((finite, matrix.indices, matrix.indptr), matrix.shape)
        )
    rows = as_array(values)
    if rows.ndim == 0:
        raise InputError(f"rows along a stream axis are needed, got the single value {rows!r}; wrap it in a list")
    if rows.dtype.kind in "biu":
        if keep_integers:
            return np.ascontiguousarray(rows, rows.dtype.newbyteorder("="))
        return rows.astype(np.float32 if rows.dtype.itemsize <= 2 else np.float64)
    if rows.dtype.kind == "c":
        kind = np.complex128 if rows.dtype.itemsize > 8 else np.complex64
        return as_finite(np.ascontiguousarray(rows, kind), start, "row")
    return as_finite(_as_floating(rows, "rows"), start, "row")


def _as_floating(values: Array, what: str) -> Array:
    if values.dtype.char in "fd" and values.dtype.isnative and values.flags.c_contiguous:
        return values
    if values.dtype.kind != "f":
        raise InputError(
            f"{what} must be real numbers, got an array of type {values.dtype}; convert it to float32 first"
        )
    native = values.dtype.newbyteorder("=")
    if native.itemsize not in (4, 8):
        native = np.dtype(np.float32 if native.itemsize < 4 else np.float64)
    return np.ascontiguousarray(values, native)


def as_finite(values: Array, start: int = 0, what: str = "row") -> Array:
    """Return ``values``; raise :class:`InputError` naming the first index that is NaN or infinite."""
    if squares_are_finite(values):
        return values
    finite = np.isfinite(values)
    if np.count_nonzero(finite) < values.size:  # quicker to call than all()
        at = np.unravel_index(int(np.argmin(finite)), values.shape)
        place = ", ".join(str(int(i)) for i in (at[0] + start, *at[1:]))
        raise InputError(
            f"the input is not finite: {values[at]} at {what} {place}; "
            "repair or cut it there (np.nan_to_num sets NaN to 0)"
        )
    return values
