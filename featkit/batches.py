"""Features of several inputs in one array: padded, with their lengths and a mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from featkit.errors import ParameterError, ShapeError
from featkit.numeric import Array


class Batch(NamedTuple):
    """What :meth:`featkit.stage.Stage.batch` gives."""

    rows: Array  # (items, longest, ...): what a model takes
    lengths: Array  # (items,): how many rows of each are its own
    mask: Array  # (items, longest): True for those


def padded(items: Sequence[Array], pad: float = 0.0, length: int | None = None) -> Batch:
    """Lay features of several inputs one over the other, each filled up behind its end.

    Parameters
    ----------
    items : sequence of ndarray, each of shape (rows, ...)
        All but the number of rows must be the same.
    pad : float
        What the rows behind the end of an item hold.
    length : int, optional
        Rows for every item; None: as many as the longest has.

    Raises
    ------
    ShapeError
        If widths or types differ, or an item is longer than ``length``.
    ParameterError
        If there is no item.

    Examples
    --------
    >>> import numpy as np
    >>> batch = padded([np.ones((2, 1)), np.ones((3, 1))])
    >>> batch.rows.shape, batch.lengths, batch.mask[0]
    ((2, 3, 1), array([2, 3]), array([ True,  True, False]))
    """
    if not items:
        raise ParameterError("a batch needs at least one item, so that the width of a row is known")
    first = items[0]
    for at, item in enumerate(items):
        if not isinstance(item, np.ndarray) or (item.shape[1:], item.dtype) != (first.shape[1:], first.dtype):
            shown = (
                f"{item.dtype} rows of shape {item.shape[1:]}" if isinstance(item, np.ndarray) else type(item).__name__
            )
            raise ShapeError(
                f"a batch is of one width and type: item 0 has {first.dtype} rows of shape {first.shape[1:]}, item {at} has "
                f"{shown}"
            )
    lengths = np.array([len(item) for item in items])
    longest = int(lengths.max()) if length is None else length
    if lengths.max() > longest:
        at = int(lengths.argmax())
        raise ShapeError(
            f"item {at} has {lengths[at]} rows, more than the {length} of the batch; raise length or cut it"
        )
    rows = np.full((len(items), longest, *first.shape[1:]), pad, first.dtype)
    for own, item in zip(rows, items, strict=True):
        own[: len(item)] = item
    return Batch(rows, lengths, np.arange(longest) < lengths[:, None])
