"""Several short inputs in one array: a stage called once for all of them costs little more than for the longest alone.

Every row keeps the bytes it has in an input of its own, since no row depends on the rows beside it, and no window of an
input reaches into the next: what lies outside an input is made up before it is laid down, and windows that lie over two
of them are computed and passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from featkit.admission import as_array
from featkit.memory import keep_freed_memory
from featkit.numeric import Array, Rows, is_sparse

if TYPE_CHECKING:
    from featkit.stage import Stage


class Bundle:
    """Rows of several inputs of one width and type.

    Parameters
    ----------
    parts : sequence of ndarray
        The rows of each.
    whole : tuple of ndarray and list of slice, optional
        An array in which they all lie, and where each does; what lies between is nobody's.
    """

    def __init__(self, parts: Sequence[Array], whole: tuple[Array, list[slice]] | None = None) -> None:
        self.parts = parts
        self._whole = whole

    @classmethod
    def within(cls, rows: Array, runs: list[slice]) -> Bundle:
        """The parts of one array."""
        return cls([rows[run] for run in runs], (rows, runs))

    @cached_property
    def whole(self) -> tuple[Array, list[slice]]:
        """All rows in one array, and where those of each input lie."""
        if self._whole is not None:
            return self._whole
        ends = accumulate(map(len, self.parts))
        runs = [slice(end - len(part), end) for end, part in zip(ends, self.parts, strict=True)]
        return np.concatenate(self.parts), runs


def mapped(stage: Stage, items: Iterable[Any]) -> list[Rows]:
    """What ``stage`` makes of each item, for a stage that :attr:`~featkit.stage.Stage.bundles`."""
    keep_freed_memory()
    made: list[Rows] = []
    waiting: list[Array] = []
    room = 0  # what the bundle still lacks; the input that fills it may lie over its end
    for item in items:
        rows, block = _short(stage, item)
        if waiting and (rows is None or room <= 0 or not _alike(rows, waiting[0])):
            made += _at_once(stage, waiting)
            waiting = []
        if rows is None:
            made.append(stage(item))
            continue
        room = (room if waiting else stage.bundle_blocks * block) - len(rows)
        waiting.append(rows)
    return made + _at_once(stage, waiting) if waiting else made


def _short(stage: Stage, item: Any) -> tuple[Array | None, int]:
    """The item as the stage takes it, if it is no longer than a block; and how long that is."""
    if is_sparse(item):
        return None, 0
    whole = as_array(item)
    block = stage.entered_in_blocks_of(whole)
    return (stage.admit(whole) if 0 < len(whole) <= block else None), block


def _alike(one: Array, other: Array) -> bool:
    return one.dtype == other.dtype and one.shape[1:] == other.shape[1:]


def _at_once(stage: Stage, inputs: list[Array]) -> list[Rows]:
    return [np.array(rows, order="C") for rows in stage.bundled(Bundle(inputs)).parts]
