"""Memory that is used again: making it anew costs more than the mathematics in a block."""

from __future__ import annotations

import math
import threading
from functools import lru_cache
from typing import Any

import numpy as np

from featkit.numeric import Array


@lru_cache(maxsize=1)
def keep_freed_memory() -> None:
    """Let the C library keep the pieces of a block when they are freed, rather than give each back to the system at once.

    glibc maps a large piece anew each time, and the system clears its pages, which costs more than the mathematics in a
    block; until a larger piece was freed once (mallopt(3), M_MMAP_THRESHOLD). So one is, untouched: a little larger than the
    blocks are, and what another FFT library makes of one on the way, since it holds for all the rest of the process, too.
    """
    np.empty(2560 * 1024, np.uint8)


class _Workspace(threading.local):
    """Memory that stays: a large array made anew for every block costs more, in pages cleared, than the mathematics in it."""

    def __init__(self) -> None:
        self.held: dict[tuple[Any, ...], Array] = {}


_workspace = _Workspace()


def scratch(use: str, shape: tuple[int, ...], dtype: np.dtype[Any], kept: int | None = None) -> Array:
    """Memory for what is needed no longer than the function that asks for it runs; its values are anything.

    Each thread has its own, and each ``use`` in it. What is handed on to another stage must not lie in it.

    Parameters
    ----------
    use : str
        Who asks and what for.
    shape : tuple of int
    dtype : dtype
    kept : int, optional
        Columns from here on are 0, and are left so.
    """
    key = (use, shape[1:], dtype, kept)
    held = _workspace.held.get(key)
    if held is None or len(held) < shape[0]:
        if len(_workspace.held) >= _USES:
            _workspace.held.clear()
        roomy = (-(-shape[0] // 32) * 32, *shape[1:])  # the next block may be a few rows longer
        held = _workspace.held[key] = _aligned_zeros(roomy, dtype)
    return held[: shape[0]]


def aligned(values: Array) -> Array:
    """A copy that begins at a line of the cache."""
    copy = _aligned_zeros(values.shape, values.dtype)
    copy[...] = values
    return copy


def _aligned_zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Zeros that begin at a line of the cache: where vectors lie over two of them NumPy's loops take a third longer."""
    size = math.prod(shape) * dtype.itemsize
    memory = np.zeros(size + _LINE, np.uint8)
    begin = -memory.ctypes.data % _LINE
    return memory[begin : begin + size].view(dtype).reshape(shape)


#: Bytes of a line of the cache.
_LINE = 64
#: So many pieces of memory a thread keeps, a few for each configuration in use.
_USES = 16


class unbuffered:  # noqa: N801  (a function in use)
    """While it lasts, NumPy walks along short rows where they lie; its buffer would copy them first.

    Only for operations of one data type: conversions go through the buffer, and 16 values at a time would be slow.
    """

    def __enter__(self) -> None:
        self._before = np.setbufsize(16)

    def __exit__(self, *_: object) -> None:
        np.setbufsize(self._before)
