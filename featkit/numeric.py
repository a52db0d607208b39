"""Row-wise numerics: the few operations every stage rests on.

A *row* is one step along the stream axis (a sample, a frame, a patch, a document); axis 0 is always that axis. What is
here keeps one promise: **the bytes of a row do not depend on the rows beside it.** That is what makes a stream equal
to the whole, and it is why matrix products go through :func:`project` and nowhere else (see "The BLAS trap" in
``docs/architecture.md``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, reduce, wraps
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
#: What flows between stages: an ndarray, a CSR array or a list; axis 0 (or the list itself) is the stream.
Rows: TypeAlias = Any
#: How rows outside the signal are made up. ``mirror`` repeats the edge row (d c b a | a b c d), ``reflect`` doesn't.
Fill = Literal["zero", "edge", "reflect", "mirror"]

P = ParamSpec("P")
T = TypeVar("T")


# --- derived tables -------------------------------------------------------------------------------------------------


def constant(make: Callable[P, T]) -> Callable[P, T]:
    """Cache what ``make`` returns for its (hashable) parameters, read-only.

    Stages hold parameters only; windows, mel weights and DCT matrices are made here once per parameter set and
    process, shared by every stage that asks with the same parameters, and protected against being written to.
    """
    cached = lru_cache(maxsize=256)(lambda args, kwargs: _freeze(make(*args, **dict(kwargs))))

    @wraps(make)
    def lookup(*args: P.args, **kwargs: P.kwargs) -> T:
        return cached(args, tuple(sorted(kwargs.items())) if kwargs else ())

    return lookup


def _freeze(value: T) -> T:
    for part in (value, *(getattr(value, name, None) for name in ("data", "indices", "indptr"))):
        if isinstance(part, np.ndarray):
            part.setflags(write=False)
    return value


# --- windows over rows and what lies outside them ---------------------------------------------------------------------


def source_index(index: Any, n: int, fill: Fill) -> Any:
    """Where the row at ``index`` (an array, or one) of the endlessly extended signal is from: in [0, n), or -1 for zeros.

    ``reflect`` and ``mirror`` fold as often as needed, so a signal shorter than its padding still has an extension
    (as ``numpy.pad`` and Kaldi have it).

    >>> source_index(np.arange(-2, 5), 3, "reflect"), source_index(np.arange(-2, 5), 3, "mirror")
    (array([2, 1, 0, 1, 2, 1, 0]), array([1, 0, 0, 1, 2, 2, 1]))
    """
    if fill == "zero":
        return np.where((index >= 0) & (index < n), index, -1)
    if fill == "edge" or n == 1:
        return np.clip(index, 0, n - 1)
    period, last = (2 * n - 2, 2 * n - 2) if fill == "reflect" else (2 * n, 2 * n - 1)
    folded = index % period
    return (last - abs(2 * folded - last)) // 2  # the smaller of folded and last - folded


def sliding(rows: Array, span: int, hop: int) -> Array:
    """Every window of ``span`` rows, ``hop`` apart: a read-only view of shape ``(windows, span, ...)``.

    >>> sliding(np.arange(5), 3, 2)
    array([[0, 1, 2],
           [2, 3, 4]])
    """
    shape = (max(0, (len(rows) - span) // hop + 1), span, *rows.shape[1:])
    strides = (rows.strides[0] * hop, rows.strides[0], *rows.strides[1:])
    if not rows.flags.c_contiguous or not rows.size:
        return np.lib.stride_tricks.as_strided(rows, shape, strides, writeable=False)
    windows: Array = np.ndarray(shape, rows.dtype, rows, strides=strides)  # ten times faster to call
    windows.setflags(write=False)
    return windows


def is_sparse(rows: Rows) -> bool:
    """Whether rows are a sparse matrix of SciPy's; asked without importing it."""
    return hasattr(rows, "tocsr")


def length_of(rows: Rows) -> int:
    """How many rows there are, whatever holds them."""
    return int(rows.shape[0]) if is_sparse(rows) else len(rows)


def concatenate(blocks: Sequence[Rows]) -> Rows:
    """Join blocks of rows along the stream axis, whatever holds them.

    That is an ndarray, a list, a sparse matrix of SciPy's, or a type that has a class method ``joined`` for it.
    """
    if len(blocks) == 1:
        return blocks[0]
    if hasattr(type(blocks[0]), "joined"):
        return type(blocks[0]).joined(blocks)
    if all(isinstance(block, np.ndarray) for block in blocks):
        return np.concatenate(blocks)
    if all(isinstance(block, list) for block in blocks):
        return [row for block in blocks for row in block]
    from scipy import sparse

    return sparse.vstack(blocks, format="csr")


def beside(parts: Sequence[Rows]) -> Rows:
    """Columns of several arrays next to each other; a CSR matrix if one of them is.

    >>> beside([np.zeros((2, 1)), np.ones((2, 2))])
    array([[0., 1., 1.],
           [0., 1., 1.]])
    """
    if not any(map(is_sparse, parts)):
        return np.concatenate(parts, axis=-1)
    from scipy import sparse

    return sparse.csr_array(sparse.hstack(parts, format="csr"))


def as_precision(rows: Array, dtype: Any) -> Array:
    """Real rows as ``dtype`` (float32 or float64), complex ones as the complex type of that precision."""
    if rows.dtype == dtype:
        return rows
    return rows.astype(np.result_type(dtype, np.complex64) if rows.dtype.kind == "c" else dtype, copy=False)


def in_order(rows: Rows) -> Rows:
    """Rows that leave featkit: an array one row after the other in memory (stages choose the order that is fastest)."""
    return np.ascontiguousarray(rows) if isinstance(rows, np.ndarray) and rows.ndim > 1 else rows


def flatten_rows(rows: Array) -> Array:
    """Lay each row flat: ``(n, a, b, ...)`` -> ``(n, a*b*...)``, for no rows as well."""
    return rows.reshape(len(rows), math.prod(rows.shape[1:]))


# --- sums and products of one row ---------------------------------------------------------------------------------------


def row_sum(rows: Rows) -> Array:
    """Sum of each row over its last axis, shape ``(..., 1)``; of the rows of a CSR matrix, one value after the other.

    NumPy chooses the order of summation by the strides. Rows whose values lie side by side and that are farther apart than
    that are summed as a single row is; others are laid out so first.
    """
    if is_sparse(rows):
        return rows.sum(axis=1)[:, None]
    size = rows.itemsize
    if rows.strides[-1] != size or any(stride <= size for stride in rows.strides[:-1]):
        rows = np.ascontiguousarray(rows)
    summed: Array = np.add.reduce(rows, axis=-1, keepdims=True)
    return summed


def sum_of_terms(terms: Array) -> Array:
    """``terms[0] + terms[1] + ...``, one after the other; each is an array of one value a row.

    NumPy adds arrays in this order as they are, but the terms of a single row in pairs of parts.

    >>> sum_of_terms(np.array([[1.0, 2.0], [10.0, 20.0]]))
    array([11., 22.])
    """
    summed: Array = np.add.reduce(terms, axis=0) if terms.shape[1] != 1 else np.add.accumulate(terms, axis=0)[-1]
    return summed


def _sums(rows: Array) -> Array:
    """Sum of each row, whose values lie side by side: three times as fast as :func:`row_sum` for many short rows.

    Over one operand einsum walks from row to row and adds up each by itself; no BLAS is in it.
    """
    summed: Array = np.einsum("ij->i", rows)
    return summed


#: Fewer values are quicker looked at one by one.
_MANY = 2**17


def squares_are_finite(values: Array) -> bool:
    """Whether there are many values, whose squares have finite sums: so all are finite, each read once and nothing written.

    Short sums: BLAS takes them on one thread, and they overflow late.

    >>> bool(squares_are_finite(np.ones(200_000))), squares_are_finite(np.ones(3))
    (True, False)
    """
    if values.size < _MANY or not values.flags.c_contiguous:
        return False
    flat = values.reshape(-1).view(values.real.dtype)
    whole = flat.size // 8192 * 8192
    rows, rest = flat[:whole].reshape(-1, 8192), flat[whole:]
    with np.errstate(all="ignore"):
        sums = np.matmul(rows[:, None], rows[:, :, None])
        return bool(np.isfinite(sums).all() and np.isfinite(rest.dot(rest)))


def window_sums(rows: Array, span: int, hop: int) -> Array:
    """Sum of every window of ``span`` values, ``hop`` apart, shape (windows, 1): from sums that neighbours share.

    >>> window_sums(np.arange(8.0), 4, 2).T
    array([[ 6., 14., 22.]])
    """
    part = math.gcd(span, hop)
    if part < 16:
        return row_sum(sliding(rows, span, hop))
    windows = (len(rows) - span) // hop + 1
    parts = _sums(rows[: (windows - 1) * hop + span].reshape(-1, part))
    reach, step = (windows - 1) * (hop // part) + 1, hop // part
    total = reduce(np.add, [parts[at : at + reach : step] for at in range(span // part)])
    return total[:, None]


def weigh_rows(rows: Array, weights: Array) -> None:
    """Multiply each row by the weights of its columns, in place; ``weights`` is a row of them, or several alike.

    As many rows are multiplied at a time: beginning on a row costs NumPy as much as a few hundred values do. The rows lie
    one after the other in memory; call it :class:`unbuffered`.

    >>> rows = np.ones((3, 2))
    >>> weigh_rows(rows, np.array([1.0, 2.0, 1.0, 2.0]))
    >>> rows
    array([[1., 2.],
           [1., 2.],
           [1., 2.]])
    """
    width = rows.shape[1]
    alike = len(weights) // width
    whole = len(rows) // alike * alike
    together, rest = rows[:whole].reshape(-1, len(weights)), rows[whole:]
    np.multiply(together, weights, out=together)
    np.multiply(rest, weights[:width], out=rest)


def at_least(rows: Array, floor: float) -> Array:
    """``max(rows, floor)``, new. By ``clip``: ``maximum`` has no vector loop for an array and a number.

    >>> at_least(np.array([1.0, -2.0]), 0.0)
    array([1., 0.])
    """
    raised: Array = rows.clip(floor, np.inf)
    return raised


def weights(matrix: Array) -> Any:
    """Prepare ``matrix`` (outputs, inputs) for :func:`project`: compressed sparse rows."""
    from scipy import sparse

    return sparse.csr_array(matrix)


@constant
def weights_of(table: Callable[..., Array], dtype: str, *parameters: Any) -> Any:
    """:func:`weights` of ``table(*parameters)`` in a type, made once."""
    return weights(table(*parameters).astype(dtype))


def project(rows: Array, matrix: Any) -> Array:
    """The linear map y = W x of each row, with bytes that do not depend on the other rows.

    ``rows @ W.T`` would let BLAS choose its kernel by the number of rows, and the last bit with it. The compressed
    sparse product adds ``W[m, k] * x[k]`` in the order of ``k`` for every row alike, whatever the processor; in
    banded weights (a mel bank) it skips the zeros, too.

    Parameters
    ----------
    rows : ndarray, shape (n, inputs)
    matrix : csr_array, shape (outputs, inputs)
        Made by :func:`weights`, of the dtype of ``rows``.

    Returns
    -------
    ndarray, shape (n, outputs)
        The rows side by side in memory (Fortran order), as the product wants its input and leaves its output.

    Examples
    --------
    >>> project(np.eye(2), weights(np.array([[1.0, 2.0], [0.0, 3.0], [4.0, 0.0]])))
    array([[1., 0., 4.],
           [2., 3., 0.]])
    """
    return project_columns(rows.T, matrix).T


def project_columns(columns: Array, matrix: Any) -> Array:
    """:func:`project` for vectors that stand as columns: ``(inputs, n)`` -> ``(outputs, n)``, where they are made so.

    >>> project_columns(np.eye(2), weights(np.array([[1.0, 2.0], [0.0, 3.0]])))
    array([[1., 2.],
           [0., 3.]])
    """
    if columns.shape[1] == 1:  # scipy has a routine of its own for one column; keep to the one for many
        return project_columns(np.concatenate([columns, columns], axis=1), matrix)[:, :1].copy()
    projected: Array = matrix @ columns
    return projected


def training_product(one: Any, other: Any) -> Any:
    """A B by BLAS: fast, but its last bits depend on how many rows there are. For learning, never for what streams.

    Of two sparse matrices it is one, too.

    >>> training_product(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    """
    return one @ other


def project_power(spectrum: Array, matrix: Any) -> Array:
    """W (re^2 + im^2) of each row of a complex spectrum, whose memory is used: W re^2 and W im^2 are added at the end.

    >>> project_power(np.array([[3 + 4j, 2j]]), weights(np.array([[1.0, 0.0], [1.0, 1.0]])))
    array([[25., 29.]])
    """
    laid = np.ascontiguousarray(spectrum.T)
    pairs = laid.view(laid.real.dtype)  # (bins, 2 rows)
    np.multiply(pairs, pairs, out=pairs)
    bands = matrix @ pairs
    summed: Array = bands[:, ::2] + bands[:, 1::2]
    return summed.T


def project_sparse(rows: Any, matrix: Array) -> Array:
    """:func:`project` for rows of a CSR matrix, with dense weights (inputs, outputs): a row is summed over what it stores.

    >>> from scipy import sparse
    >>> project_sparse(sparse.csr_array(np.eye(2)), np.array([[1.0, 0.0, 4.0], [2.0, 3.0, 0.0]]))
    array([[1., 0., 4.],
           [2., 3., 0.]])
    """
    projected: Array = rows @ matrix
    return projected


# --- products for what doesn't stream --------------------------------------------------------------------------------


def stacked_products(one: Array, other: Array, out: Array | None = None) -> Array:
    """``one[i] @ other[i]`` for every i, by BLAS.

    For training only, which doesn't stream: the last bits of a product depend on its shape and on the processor. The same
    shapes on the same processor, on one thread, give the same bytes.

    >>> stacked_products(np.ones((2, 1, 3)), np.ones((2, 3, 1))).ravel()
    array([3., 3.])
    """
    made: Array = np.matmul(one, other, out=out)
    return made


def sums_of_rows(values: Array, columns: Array, begins: Array, rows: Array) -> Array:
    """Weighted sums of rows: y[i] = sum over k from begins[i] to begins[i + 1] of values[k] rows[columns[k]], in order of k.

    A compressed sparse product; what comes out in one row doesn't depend on the others.

    >>> sums_of_rows(np.array([1.0, 2.0]), np.array([1, 0]), np.array([0, 0, 2]), np.array([[1.0, 2.0], [10.0, 20.0]]))
    array([[ 0.,  0.],
           [12., 24.]])
    """
    from scipy import sparse

    summed: Array = sparse.csr_array((values, columns, begins), shape=(len(begins) - 1, len(rows))) @ rows
    return summed


def products_of_rows(one: Array, other: Array) -> Array:
    """``one[i] . other[i]`` for every row i.

    >>> products_of_rows(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]))
    array([11.])
    """
    made: Array = np.einsum("ij,ij->i", one, other)
    return made
