"""Progress over anything that takes long: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sized
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


def watched(items: Iterable[T], what: str, quiet: bool = False) -> Iterator[T]:
    """The items, counted on standard error where it is a terminal and tqdm is there."""
    bar: Any = None
    if not quiet and sys.stderr is not None and sys.stderr.isatty():
        with suppress(ImportError):
            from tqdm import tqdm

            bar = tqdm(total=len(items) if isinstance(items, Sized) else None, desc=what, file=sys.stderr, leave=False)
    try:
        for item in items:
            yield item
            if bar is not None:
                bar.update()
    finally:
        if bar is not None:
            bar.close()
