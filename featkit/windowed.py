"""Windowed stages: every row out needs a window of rows in, and one arithmetic says where the windows lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, Literal, NamedTuple

import numpy as np

from featkit.bundles import Bundle
from featkit.errors import InputError
from featkit.numeric import Array, Fill, constant, sliding, source_index
from featkit.stage import RowShape, Stage, well_laid


class Geometry(NamedTuple):
    """Where the windows of a Windowed stage lie; one arithmetic for the whole, for a chunk and for the end.

    Window i covers the rows ``[i*hop - left, i*hop - left + span)``, and there are ``(n + reach) // hop`` windows in n
    rows (none in an empty input, never fewer than ``fewest`` in any other). Only whole windows: ``reach = hop - span``;
    one window a hop, centred: ``reach = hop`` and ``left = span // 2``. With ``fill="inside"`` nothing is made up: a window
    that would stick out is moved inside.
    """

    span: int
    hop: int = 1
    left: int = 0
    reach: int = 0
    fill: Fill | Literal["inside"] = "zero"
    fewest: int = 0

    def count(self, n: int) -> int:
        """How many windows ``n`` rows have."""
        return max(self.fewest, (n + self.reach) // self.hop, 0) if n else 0

    def certain(self, n: int) -> int:
        """How many windows the first ``n`` rows fill, whatever comes after them."""
        if n < self._first:
            return 0  # what lies left of the signal is made of rows that are not here yet
        return max(0, min((n + self.left - self.span) // self.hop + 1, (n + self.reach) // self.hop))

    def needs(self, windows: int) -> int:
        """The fewest rows for which ``windows`` windows are :meth:`certain`."""
        if windows < 1:
            return 0
        return max(self._first, (windows - 1) * self.hop - self.left + self.span, windows * self.hop - self.reach)

    @property
    def _first(self) -> int:
        """How many rows must be there before the first window can be made up where it sticks out on the left."""
        needed = {"zero": 1, "edge": 1, "mirror": self.left, "reflect": self.left + 1, "inside": self.span}
        return needed[self.fill] if self.left > 0 else 0

    @property
    def kept(self) -> int:
        """How many of the last rows must be kept to make up what lies right of the signal."""
        beyond = max(0, self.reach - self.hop + self.span - self.left)
        return {"zero": 0, "edge": 1, "mirror": beyond, "reflect": beyond + 1, "inside": self.span}[self.fill]


class Held(NamedTuple):
    """The state of a Windowed stage: the rows still needed, and how far it has come."""

    rows: Array
    start: int  # index of rows[0] in the whole input
    seen: int  # rows taken
    done: int  # windows given


class Windowed(Stage):
    """A stage whose output row needs a window of input rows. The author writes :meth:`geometry` and :meth:`windows`."""

    def geometry(self) -> Geometry:
        """Where the windows lie."""
        raise NotImplementedError(f"{type(self).__name__} must define geometry()")

    def windows(self, rows: Array) -> Array:
        """The mathematics, over windows of shape ``(windows, span, ...)`` (read-only, possibly overlapping)."""
        raise NotImplementedError(f"{type(self).__name__} must define windows(rows)")

    def over(self, rows: Array) -> Array:
        """:meth:`windows` over every window of these rows; for a stage that can share work between overlapping windows."""
        geometry = self._geometry
        return self.windows(sliding(rows, geometry.span, geometry.hop))

    def over_blocks(self, rows: Array, length: int) -> Iterator[Array]:
        """:meth:`over`, for the windows over about so many rows at a time, ever as many but for the last ones."""
        span, hop = self._geometry.span, self._geometry.hop
        windows, several = (len(rows) - span) // hop + 1, max(1, length // hop)
        if windows < 1:
            yield self.between(rows, 0, 0, 0, 0)
            return
        each = well_laid(-(-windows // max(1, round(windows / several))))
        for at in range(0, windows, each):
            yield self.over(rows[at * hop : (min(at + each, windows) - 1) * hop + span])

    def taken(self, rows: Array) -> Array:
        """What windows see of rows that come in, where that isn't the rows themselves."""
        return rows

    def begin(self, out: Array, rows: Array) -> None:
        """Change the first rows ``out`` where they are another thing than :meth:`windows` gives of the first ``rows``."""

    @property
    def plain(self) -> bool:
        """Whether windows are all there is to it: :meth:`taken` and :meth:`begin` do nothing."""
        return type(self).taken is Windowed.taken and type(self).begin is Windowed.begin

    @cached_property
    def _geometry(self) -> Geometry:
        return self.geometry()

    def count(self, n: int) -> int:
        """How many rows come out for ``n`` rows in."""
        return self._geometry.count(n)

    def needs(self, rows: int) -> int:
        """How many rows in make the first ``rows`` rows out certain."""
        return self._geometry.needs(rows)

    def step(self, state: Held | None, rows: Array) -> tuple[Held, Array]:
        geometry = self._geometry
        held, start, seen, done = _joined(state, self.taken(rows))
        ready = max(done, geometry.certain(seen))
        out = self.between(held, start, done, ready, seen)
        keep = max(start, min(ready * geometry.hop - geometry.left, seen - geometry.kept))
        # A copy: what is held must not change when the caller reuses the memory of a chunk.
        return Held(held[keep - start :].copy(), keep, seen, ready), out

    def ended(self, seen: int) -> int:
        """How many windows there are, now that the input has ended after so many rows; a stage may refuse its length."""
        return self._geometry.count(seen)

    def end(self, state: Held | None, rows: Array) -> Array:
        held, start, seen, done = _joined(state, self.taken(rows))
        return self.between(held, start, done, max(done, self.ended(seen)), seen)

    def alone(self, rows: Array) -> Array:
        taken = self.taken(rows)
        seen = len(taken)
        return self.between(taken, 0, 0, self.ended(seen), seen)

    def flush(self, state: Held | None) -> Array | None:
        if state is None:
            return None
        count = self.ended(state.seen)
        return self.between(state.rows, state.start, state.done, count, state.seen) if count > state.done else None

    def through(self, whole: Array, pieces: Iterator[Array]) -> Iterator[Array]:
        """Where the pieces are parts of the array, windows are cut from that: nothing is held, and nothing joined."""
        first = next(pieces)
        if type(self).taken is not Windowed.taken or not np.may_share_memory(first, whole):  # they were converted
            yield from self.drive(chain((first,), pieces))
            return
        seen = done = 0
        for piece in chain((first,), pieces):
            seen += len(piece)
            ready = max(done, self._geometry.certain(seen) if seen < len(whole) else self.ended(seen))
            yield self.between(whole, 0, done, ready, seen)
            done = ready

    def between(self, held: Array, start: int, first: int, last: int, seen: int) -> Array:
        """The rows first..last-1 out, of ``held``, whose first row has index ``start`` of the ``seen`` rows so far.

        Whatever comes out, when a block has come or at the end, comes out of here.
        """
        geometry = self._geometry
        if last <= first:
            return self.windows(np.empty((0, geometry.span, *held.shape[1:]), held.dtype))
        if geometry.fill == "inside":
            return self.windows(_inside(held, start, first, last, seen, geometry))
        out = self.over(covered(held, start, first, last, seen, geometry))
        if first == 0:
            self.begin(out, held)
        return out

    @property
    def bundles(self) -> bool:
        """Unless windows are moved inside."""
        return self._geometry.fill != "inside"

    def bundled(self, bundle: Bundle) -> Bundle:
        parts = [self.taken(part) for part in bundle.parts]
        rows, runs = self.laid(parts)
        made = Bundle.within(self.over(rows) if len(rows) else self.between(parts[0], 0, 0, 0, 0), runs)
        for own, part in zip(made.parts, parts, strict=True):
            if len(own):
                self.begin(own, part)
        return made

    def laid(self, parts: Sequence[Array]) -> tuple[Array, list[slice]]:
        """The rows that the windows of several inputs lie over, one input after the other; and which windows are whose."""
        geometry, hop = self._geometry, self._geometry.hop
        laid: list[Array] = []
        runs: list[slice] = []
        at = 0
        for part in parts:
            count = geometry.count(len(part))
            runs.append(slice(at // hop, at // hop + count))
            if count:
                laid += _covered(part, 0, 0, count, len(part), geometry)
                length = (count - 1) * hop + geometry.span
                gap = -length % hop  # so that the next windows begin at a whole hop
                if gap:
                    laid.append(_zeros((gap, *part.shape[1:]), part.dtype))
                at += length + gap
        return np.concatenate(laid) if laid else parts[0][:0], runs

    def widest(self, row: RowShape, size: int) -> tuple[int, int]:
        return super().widest(row, size)[0], self._geometry.hop


def _joined(state: Held | None, rows: Array) -> Held:
    """The state with some more rows."""
    if state is None:
        return Held(rows, 0, len(rows), 0)
    held = np.concatenate([state.rows, rows]) if len(state.rows) else rows
    return state._replace(rows=held, seen=state.seen + len(rows))


def _inside(held: Array, start: int, first: int, last: int, seen: int, geometry: Geometry) -> Array:
    """Windows first..last-1, those that would stick out moved inside."""
    span, hop, left = geometry.span, geometry.hop, geometry.left
    if seen < span:
        raise InputError(
            f"windows of {span} rows cannot lie inside {seen} rows; shorten the window or choose other edges"
        )
    first_rows = np.clip(np.arange(first, last) * hop - left, 0, seen - span)
    return held[first_rows[:, None] - start + np.arange(span)]


@constant
def _zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    return np.zeros(shape, dtype)


def covered(held: Array, start: int, first: int, last: int, seen: int, geometry: Geometry) -> Array:
    """The rows that windows first..last-1 lie over, what lies outside the signal made up."""
    pieces = _covered(held, start, first, last, seen, geometry)
    return np.concatenate(pieces) if pieces[1:] else pieces[0]


def _covered(held: Array, start: int, first: int, last: int, seen: int, geometry: Geometry) -> list[Array]:
    """The rows that windows first..last-1 lie over, in pieces: what lies outside the signal is made up."""
    span, hop, left, _, fill, _ = geometry
    begin, end, stop = first * hop - left, (last - 1) * hop - left + span, start + len(held)
    pieces = [held[max(0, begin - start) : max(0, end - start)]]
    if begin < start:
        pieces.insert(0, _made_up(held, start, begin, min(end, start), seen, fill))
    if end > stop:
        pieces.append(_made_up(held, start, max(begin, stop), end, seen, fill))
    return pieces


def _made_up(held: Array, start: int, first: int, stop: int, seen: int, fill: str) -> Array:
    """Rows first..stop-1, which lie outside of what is held, and so outside of the signal: what windows need is held."""
    if fill == "zero":
        return np.zeros((stop - first, *held.shape[1:]), held.dtype)
    if fill != "edge":
        repeats = fill == "mirror"
        turn = -repeats if first < 0 else 2 * seen - 2 + repeats  # row i is row turn - i
        low, high = turn - stop + 1, turn - first + 1
        if low >= 0 and high <= seen:  # folded once: rows that lie side by side, backwards
            return held[low - start : high - start][::-1]
    return held[source_index(np.arange(first, stop), seen, fill) - start]  # type: ignore[arg-type]  # not "inside"
