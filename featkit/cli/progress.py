"""Progress over anything that takes long: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")


def bar(quiet: bool, total: float | None, **options: Any) -> Any:
    """A bar of tqdm's on standard error; None where that is no terminal, tqdm isn't there, or it is to be quiet."""
    if not quiet and sys.stderr is not None and sys.stderr.isatty():
        with suppress(ImportError):
            from tqdm import tqdm

            return tqdm(total=total, file=sys.stderr, leave=False, **options)
    return None


@contextmanager
def moving(quiet: bool, total: float | None, unit: str, **options: Any) -> Iterator[Callable[[float], None]]:
    """A :func:`bar` for as long as the ``with`` block lasts, and what moves it on by some units."""
    shown = bar(quiet, total, unit=unit, unit_scale=True, **options)
    try:
        yield lambda more: None if shown is None else shown.update(more) and None
    finally:
        if shown is not None:
            shown.close()


def watched(items: Iterable[T], what: str, quiet: bool = False) -> Iterator[T]:
    """The items, counted in a :func:`bar`."""
    shown = bar(quiet, len(items) if isinstance(items, Sized) else None, desc=what)
    try:
        for item in items:
            yield item
            if shown is not None:
                shown.update()
    finally:
        if shown is not None:
            shown.close()
