"""Reading ahead: while one block is worked on, a thread reads the next ones."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from queue import Full, Queue
from typing import TypeVar

T = TypeVar("T")

#: So many blocks are taken without a thread: shorter inputs would wait for it longer than for the blocks.
_WITHOUT = 2


def ahead(blocks: Iterable[T], depth: int = 4) -> Iterator[T]:
    """The same blocks in the same order, up to ``depth`` of them read by a thread before they are asked for.

    An error met while reading is raised where the block would have come. When nobody asks any more, the thread ends.

    >>> list(ahead(range(5)))
    [0, 1, 2, 3, 4]
    """
    source = iter(blocks)
    for _ in range(_WITHOUT):
        try:
            block = next(source)
        except StopIteration:
            return
        yield block
    waiting: Queue[tuple[str, T | BaseException | None]] = Queue(depth)
    left = threading.Event()
    reader = threading.Thread(target=_read, args=(source, waiting, left), daemon=True, name="featkit reads ahead")
    reader.start()
    try:
        while True:
            what, value = waiting.get()
            if what == "end":
                return
            if what == "error":
                assert isinstance(value, BaseException)
                raise value
            yield value  # type: ignore[misc]
    finally:
        left.set()
        reader.join()


def _read(source: Iterator[T], waiting: Queue[tuple[str, T | BaseException | None]], left: threading.Event) -> None:
    def hand_over(what: str, value: T | BaseException | None) -> bool:
        while not left.is_set():
            try:
                waiting.put((what, value), timeout=0.1)
            except Full:
                continue
            return True
        return False

    try:
        for block in source:
            if not hand_over("block", block):
                return
        hand_over("end", None)
    except BaseException as error:  # whatever it is, it belongs to who asked for the blocks
        hand_over("error", error)
