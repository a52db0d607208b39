"""GloVe trained by products of matrices: the co-occurrence matrix in tiles, dense where it is, sparse elsewhere."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from featkit.numeric import Array, products_of_rows, stacked_products, sums_of_rows
from featkit.text.embeddings.adagrad import weighting

#: A part of a tile with more than this share of its places taken is cheaper as a dense product.
_DENSE = 0.1
#: Rows of the first band; each is twice as high as the one before, for words are sorted by frequency.
_BAND = 8
#: Pairs scored at a time: their vectors stay in the cache.
_PAIRS = 1024


class Band(NamedTuple):
    """A dense part of a tile: rows from the first to the last (exclusive), columns from 0 on."""

    first: int
    last: int
    weights: Array  # (rows, columns); 0 where no pair was counted
    logs: Array


class Tile(NamedTuple):
    """Some words and some contexts, with all that was counted between them."""

    bands: list[Band]
    rows: Array  # of the pairs outside of the bands, in order
    columns: Array
    weights: Array
    logs: Array
    begins: Array  # where each row begins
    by_column: Array  # the pairs, sorted by column
    column_begins: Array


def groups_of(words: int) -> int:
    """How many groups the words are cut into: a vector makes so many steps in a round.

    >>> groups_of(5), groups_of(50_000)
    (1, 16)
    """
    return max(1, min(16, words // 64))


def place(words: int, groups: int) -> tuple[int, int]:
    """Groups and their size: word i is number i // groups of group i % groups, all with frequent and rare words."""
    return groups, -(-words // groups)


def tiles_of(matrix: Any, groups: int, x_max: float | None, alpha: float) -> list[Tile]:
    """The tiles of a co-occurrence matrix (CSR), those of the first group of words first."""
    words = matrix.shape[0]
    _, size = place(words, groups)
    weights = weighting(matrix.data, x_max, alpha).astype(np.float32)
    logs = np.log(matrix.data).astype(np.float32)
    row = np.repeat(np.arange(words, dtype=np.int32), np.diff(matrix.indptr))
    row_group, row = row % np.int32(groups), row // np.int32(groups)
    column_group, column = matrix.indices % np.int32(groups), matrix.indices // np.int32(groups)
    edges, widths = _bands(row, column, size, groups)
    dense = column < widths[np.searchsorted(edges, row, "right") - 1]
    order = np.argsort((row_group * np.int32(groups) + column_group).astype(np.int16), kind="stable")
    counts = np.bincount(row_group * np.int32(groups) + column_group, minlength=groups * groups)
    ends = np.cumsum(counts)
    made = []
    for start, end in zip((ends - counts).tolist(), ends.tolist(), strict=True):
        mine = order[start:end]
        inside = dense[mine]
        taken, rest = mine[inside], mine[~inside]
        bands = []
        for first, last, width in zip(edges[:-1].tolist(), edges[1:].tolist(), widths.tolist(), strict=True):
            if not width:
                break
            here = taken[slice(*np.searchsorted(row[taken], [first, last]))]
            band = Band(first, last, *(np.zeros((last - first, width), np.float32) for _ in range(2)))
            band.weights[row[here] - first, column[here]] = weights[here]
            band.logs[row[here] - first, column[here]] = logs[here]
            bands.append(band)
        rows, columns = row[rest], column[rest]
        by_column = np.argsort(columns, kind="stable").astype(np.int32)
        numbers = np.arange(size + 1)
        made.append(
            Tile(
                bands, rows, columns, weights[rest], logs[rest],
                np.searchsorted(rows, numbers).astype(np.int32),
                by_column,
                np.searchsorted(columns[by_column], numbers).astype(np.int32),
            )
        )  # fmt: skip
    return made


def _bands(row: Array, column: Array, size: int, groups: int) -> tuple[Array, Array]:
    """Where bands of rows begin and how many columns of each are dense, in the mean over all tiles."""
    edges = [0, min(size, _BAND)]
    while edges[-1] < size:
        edges.append(min(size, 2 * edges[-1]))
    bounds = np.array(edges)
    bins = np.searchsorted(bounds, row, "right") - 1
    bins *= len(bounds)
    bins += np.searchsorted(bounds, column, "right") - 1
    n = len(bounds) - 1
    counts = np.bincount(bins, minlength=len(bounds) ** 2).reshape(len(bounds), len(bounds))[:n, :n]
    density = counts / (np.outer(np.diff(bounds), np.diff(bounds)) * groups * groups)
    full = np.logical_and.accumulate(density > _DENSE, axis=1).sum(axis=1)
    return bounds, np.minimum.accumulate(bounds[full])


class Side(NamedTuple):
    """Vectors of words (or contexts) by group, and the sums of their squared slopes.

    Shape (groups, size, dim + 2). Behind a vector lie its bias and a 1 for words, a 1 and its bias for contexts, so that the
    product of two rows is their score, biases and all.
    """

    vectors: Array
    squares: Array
    one: int  # the column of ones


def begin(biases: Array, groups: int, dim: int, drawn: Array, context: bool) -> Side:
    """Vectors as drawn, within half a unit over dim + 1 around 0."""
    _, size = place(len(biases), groups)
    vectors = np.zeros((groups * size, dim + 2), np.float32)
    vectors[: len(biases), :dim] = drawn
    bias, one = (dim + 1, dim) if context else (dim, dim + 1)
    vectors[: len(biases), bias], vectors[:, one] = biases, 1
    grouped = np.ascontiguousarray(vectors.reshape(size, groups, dim + 2).transpose(1, 0, 2))
    return Side(grouped, np.ones_like(grouped), one)


def in_order_of_words(vectors: Array, words: int, dim: int) -> Array:
    """The vectors without what lies behind them, shape (words, dim)."""
    return np.ascontiguousarray(vectors.transpose(1, 0, 2).reshape(-1, vectors.shape[-1])[:words, :dim])


def step(tile: Tile, words: Array, contexts: Array) -> tuple[Array, Array]:
    """The slopes of half the weighted squared error of a tile in its vectors."""
    on_words, on_contexts = np.zeros_like(words), np.zeros_like(contexts)
    for band in tile.bands:
        mine, theirs = words[band.first : band.last], contexts[: band.weights.shape[1]]
        slope = stacked_products(mine, theirs.T)
        slope -= band.logs
        slope *= band.weights
        on_words[band.first : band.last] += stacked_products(slope, theirs)
        on_contexts[: len(theirs)] += stacked_products(slope.T, mine)
    slope = np.empty(len(tile.rows), words.dtype)
    for at in range(0, len(slope), _PAIRS):
        here = slice(at, at + _PAIRS)
        slope[here] = products_of_rows(words[tile.rows[here]], contexts[tile.columns[here]])
    slope -= tile.logs
    slope *= tile.weights
    on_words += sums_of_rows(slope, tile.columns, tile.begins, contexts)
    on_contexts += sums_of_rows(slope[tile.by_column], tile.rows[tile.by_column], tile.column_begins, words)
    return on_words, on_contexts


def descend(side: Side, group: int, slopes: Array, rate: float) -> None:
    """One step of AdaGrad for the vectors of a group: rate times the slope over the root of the sum of its squares so far."""
    slopes[:, side.one] = 0
    squares = side.squares[group]
    steps = np.square(slopes)
    squares += steps
    np.sqrt(squares, out=steps)
    np.divide(slopes, steps, out=steps)
    steps *= np.float32(rate)
    side.vectors[group] -= steps


def fitted_biases(matrix: Any, x_max: float | None, alpha: float, rounds: int = 3) -> tuple[Array, Array]:
    """Biases of words and of contexts that fit the logarithms of the counts by themselves, by weighted least squares.

    Those of the words are fitted with those of the contexts held, and the reverse, in turn. With these to begin with, vectors
    are left with what biases can't tell.

    >>> from scipy import sparse
    >>> b, c = fitted_biases(sparse.csr_array(np.exp([[3.0, 5.0], [4.0, 6.0]])), None, 0.75)
    >>> (b[:, None] + c).round(6)
    array([[3., 5.],
           [4., 6.]])
    """
    words = matrix.shape[0]
    row = np.repeat(np.arange(words, dtype=np.int32), np.diff(matrix.indptr))
    column = matrix.indices
    weights = weighting(matrix.data, x_max, alpha)
    wanted = weights * np.log(matrix.data)
    of_row, of_column = (np.bincount(index, weights, words) for index in (row, column))
    row_wanted, column_wanted = (np.bincount(index, wanted, words) for index in (row, column))
    of_row[of_row == 0] = of_column[of_column == 0] = 1
    b, c = np.zeros(words), np.zeros(words)
    for _ in range(rounds):
        b = (row_wanted - np.bincount(row, weights * c[column], words)) / of_row
        c = (column_wanted - np.bincount(column, weights * b[row], words)) / of_column
    return b, c
