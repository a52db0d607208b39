"""A stage is a function with its parameters already applied; here are its kinds.

========== ============================== =============================================================================
kind       the author writes              meaning
========== ============================== =============================================================================
Pointwise  ``apply(rows)``                row i of the output needs row i of the input only (window, FFT, mel, log)
Windowed   ``geometry()``, ``windows(w)`` output i needs the input rows [i*hop - left, i*hop - left + span)
Summary    ``begin add conclude``         the output is known at the end, from a state that doesn't grow (a histogram)
Whole      ``apply(rows)``                the output needs all of the input; refuses to stream
Learner    ``start update merge finish``  ``fit(items)`` returns a stage; its statistics can be merged
========== ============================== =============================================================================

``Windowed`` and ``Learner`` have modules of their own, :mod:`featkit.windowed` and :mod:`featkit.learner`. The contract below
the kinds is three pure functions: ``init() -> state``, ``step(state, rows) -> (state, rows)`` and
``flush(state) -> rows or None``. A call, a stream and a file being read in blocks all are the same ``step``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from featkit.admission import as_array, as_rows, as_samples
from featkit.bundles import Bundle, mapped
from featkit.entrance import Entrance
from featkit.errors import InputError, NotStreamable, ShapeError
from featkit.memory import keep_freed_memory
from featkit.numeric import Array, Rows, concatenate, in_order, is_sparse, length_of
from featkit.parameters import Parameters

if TYPE_CHECKING:
    from featkit.batches import Batch
    from featkit.pipeline import Pipeline
    from featkit.stream import Stream

State: TypeAlias = Any
#: The shape of one row: () for a sample, (400,) for a frame; None where it isn't known before data comes.
RowShape: TypeAlias = tuple[int, ...] | None
Axes: TypeAlias = tuple[str, ...]

#: A block's largest intermediate is kept near this size: in the caches, and large beside what its calls cost. (On an idle
#: machine half as much again is 3 % faster; where other programs use the caches that are shared, a third slower.)
BLOCK_BYTES = 900 * 1024
#: Blocks of fewer rows are made up to twice as large: what the calls cost would be shared by few.
FEW_ROWS = 200
#: An input of fewer than so many blocks is one.
ONE_PIECE = 2

#: The remedy for an input that lacks one axis, where that isn't a single row.
_MISSING_AXIS: dict[Axes, str] = {
    ("height", "width", "channel"): "a grey image needs its one channel: image[:, :, None]"
}


class Stage(Parameters):
    """One step from features to features.

    A concrete stage gives four class attributes, from which the catalogue, the docs and the command line describe it:

    - ``name``: how it is addressed inside a pipeline (``with_(mel__n_mels=40)``)
    - ``shape``: axes in and out, ``"frame bin -> frame mel"``; ``*`` is any one axis, ``...`` any axes
    - ``formula``: what one output is, in plain text
    - ``source``: where the definition is from
    """

    name: ClassVar[str] = ""
    shape: ClassVar[str] = "... -> ..."
    formula: ClassVar[str] = ""
    source: ClassVar[str] = ""

    # --- what a kind of stage defines ---------------------------------------------------------------------------------

    def init(self) -> State:
        """The state before the first row."""
        return None

    def step(self, state: State, rows: Rows) -> tuple[State, Rows]:
        """Take some rows; return the new state and the rows that are now certain."""
        raise NotImplementedError(
            f"{type(self).__name__} is of no kind; derive from Pointwise, Windowed, Summary, Whole or Learner"
        )

    def flush(self, state: State) -> Rows | None:
        """The rows that only the end of the input makes certain; None where there are none."""
        return None

    def end(self, state: State, rows: Rows) -> Rows:
        """:meth:`step` for the last rows and :meth:`flush`, in one: all rows that are still to come."""
        state, out = self.step(state, rows)
        rest = self.flush(state)
        return out if rest is None else concatenate([out, rest])

    def alone(self, rows: Rows) -> Rows:
        """All rows out, for an input that comes in one piece: :meth:`end` with nothing before it."""
        return self.end(self.init(), rows)

    def count(self, n: int) -> int | None:
        """How many rows come out for ``n`` rows in; None where it depends on the data."""
        return n

    def needs(self, rows: int) -> int:
        """How many rows in make the first ``rows`` rows out certain, when more input may follow."""
        return rows

    def row_shape(self, row: RowShape) -> RowShape:
        """The shape of a row out for a row in; raises ShapeError for a row that cannot be taken."""
        return row

    @property
    def streamable(self) -> bool:
        """Whether rows can come out before all rows are in."""
        return True

    @property
    def moves(self) -> bool:
        """Whether values are moved and never computed with; then integers stay what they are."""
        return False

    @property
    def bundles(self) -> bool:
        """Whether it takes several inputs in one array (:mod:`featkit.bundles`)."""
        return False

    @property
    def bundle_blocks(self) -> int:
        """How many blocks of rows make a bundle."""
        return 1

    def bundled(self, bundle: Bundle) -> Bundle:
        """What it gives for several inputs in one array, each as if it were alone; where it :attr:`bundles`."""
        raise NotImplementedError(f"{type(self).__name__} takes one input at a time")

    def fuse(self, after: tuple[Stage, ...]) -> tuple[Stage, int] | None:
        """One stage that does what this one and the first few stages ``after`` it do, and how many; None if there is none.

        A pipeline asks for it when it plans how to run (:attr:`featkit.pipeline.Pipeline.plan`). What is fused gives the
        same bytes, or states how far off it is (:attr:`fused_error`).
        """
        return None

    def absorb(self, before: Stage, after: tuple[Stage, ...]) -> tuple[Stage, int] | None:
        """:meth:`fuse`, asked of the second stage: one for ``before``, this and the first few ``after``, and how many those are.

        For a ``before`` that fits many places and knows nothing of this one (a factor in front of frames).
        """
        return None

    #: How far a fused stage may be from the stages it stands for, in units of the input's precision times its largest value.
    fused_error: ClassVar[float] = 0.0

    # --- what follows from it -------------------------------------------------------------------------------------------

    def axes(self) -> tuple[Axes, Axes]:
        """The axes in and out, as the class's ``shape`` has them."""
        return _axes(self.shape)

    def __call__(self, rows: Any) -> Rows:
        """Apply the stage to a whole input, block by block: memory is the output plus a constant.

        Raises
        ------
        InputError, ShapeError
            For an input that cannot be taken; the message names the remedy.
        """
        if type(rows) is not np.ndarray:
            rows = self._as_whole(rows)
        if not isinstance(rows, np.ndarray):
            return owned(_gather(self.drive(self._admitted([rows])), None), rows)
        block = self.entered_in_blocks_of(rows)
        count = self.count(len(rows))
        if len(rows) < ONE_PIECE * block:  # nothing of what many pieces need
            keep_freed_memory()
            return owned(_announced(self.alone(self.admit(rows)), count), rows)
        return owned(_gather(self.through(rows, self._admitted([rows])), count), rows)

    def entire(self, rows: Rows) -> Rows:
        """All rows out, for a whole input that another stage gave: in one piece or block by block, as a call does it."""
        if not isinstance(rows, np.ndarray) or len(rows) < ONE_PIECE * self.entered_in_blocks_of(rows):
            return self.alone(rows)
        return _gather(self.through(rows, self.pieces([rows])), self.count(len(rows)))

    def _as_whole(self, rows: Any) -> Rows:
        axis = self.axes()[0][0]
        if axis == "example":  # several arrays side by side
            return self.admit(rows)
        return rows if axis == "document" or is_sparse(rows) else as_array(rows)

    def iterate(self, blocks: Iterable[Any]) -> Iterator[Rows]:
        """The output, block by block, for an input that comes block by block (a file, a microphone).

        Stages that need everything collect what they need; the others never hold more than their span.
        """
        return map(in_order, self.drive(self._admitted(blocks)))

    def map(self, items: Iterable[Any]) -> list[Rows]:
        """The outputs for several inputs, each by itself, in their order.

        >>> import numpy as np, featkit
        >>> [rows.shape for rows in featkit.mfcc().map([np.zeros(16000), np.zeros(8000)])]
        [(98, 13), (48, 13)]
        """
        numbers = self.axes()[0][0] != "document"
        return mapped(self, items) if numbers and self.bundles else [self(item) for item in items]

    def batch(self, items: Iterable[Any], pad: float = 0.0, length: int | None = None) -> Batch:
        """The outputs for several inputs in one array, filled up to the longest (or to ``length`` rows) with ``pad``.

        Returns
        -------
        Batch
            ``rows`` of shape (items, longest, ...), ``lengths`` of shape (items,), ``mask`` of shape (items, longest).

        Raises
        ------
        ShapeError
            If an output has more than ``length`` rows.
        ParameterError
            If there is no input.

        Examples
        --------
        >>> import numpy as np, featkit
        >>> rows, lengths, mask = featkit.mfcc().batch([np.zeros(16000), np.zeros(8000)])
        >>> rows.shape, lengths, mask.sum(axis=1)
        ((2, 98, 13), array([98, 48]), array([98, 48]))
        """
        from featkit.batches import padded

        return padded(self.map(items), pad, length)

    def stream(self) -> Stream:
        """A new :class:`~featkit.stream.Stream`: push chunks of any size, get rows as soon as they are certain.

        Raises
        ------
        NotStreamable
            If the stage, or one inside it, needs the whole input.
        """
        from featkit.stream import Stream

        return Stream(self)

    def __or__(self, other: Stage) -> Pipeline:
        from featkit.pipeline import pipeline

        return pipeline(self, other) if isinstance(other, Stage) else NotImplemented

    # --- the machinery ---------------------------------------------------------------------------------------------------

    def admit(self, rows: Any, start: int = 0) -> Rows:
        """Check and convert what a user hands in (``start``: index of its first row); what stages hand on needs none."""
        given = self.axes()[0]
        if given == ("sample",):
            return as_samples(rows, start)
        checked = as_rows(rows, start, keep_integers=self.moves)
        if checked.dtype.kind == "c" and given[-1] != "phasor":
            raise InputError(
                f"{type(self).__name__} takes real numbers, got {checked.dtype}; take the magnitude or power first"
            )
        if "..." not in given and checked.ndim != len(given):
            remedy = "see its docs"
            if checked.ndim == len(given) - 1:
                remedy = _MISSING_AXIS.get(given, "a single row needs one more axis: rows[None]")
            raise InputError(
                f"{type(self).__name__} takes an array with the axes ({', '.join(given)}), got shape {checked.shape}; {remedy}"
            )
        return checked

    def _admitted(self, blocks: Iterable[Any]) -> Iterator[Rows]:
        """Cut blocks to a size that stays in the cache, check and convert each piece."""
        keep_freed_memory()
        entrance = Entrance(self)
        for block in blocks:
            if isinstance(block, np.ndarray):
                entrance.check(block)
            elif not (is_sparse(block) or hasattr(block, "__len__")):  # a generator, or nothing that has rows
                yield entrance.take(block)
                continue
            for piece in self.pieces([block]):
                yield entrance.take(piece)

    def pieces(self, blocks: Iterable[Rows]) -> Iterator[Rows]:
        """Blocks cut to a size that stays in the cache."""
        for block in blocks:
            length, rows = self._piece(block), length_of(block)
            if rows <= length:
                yield block
                continue
            for at in range(0, rows, length):
                yield block[at : at + length]

    def drive(self, blocks: Iterable[Rows]) -> Iterator[Rows]:
        """Run the contract over blocks that are admitted already."""
        state, coming = self.init(), iter(blocks)
        block = next(coming, None)
        if block is None:
            return
        for following in coming:
            state, rows = self.step(state, block)
            yield rows
            block = following
        yield self.end(state, block)

    def through(self, whole: Array, pieces: Iterator[Rows]) -> Iterator[Rows]:
        """:meth:`drive` over the pieces of an array that stays as it is meanwhile."""
        return self.drive(pieces)

    def block_length(self, block: Any) -> int:
        """How many rows in make up a block: as many as keep the widest rows inside near BLOCK_BYTES."""
        if not isinstance(block, np.ndarray):
            size = 12 * block.nnz if is_sparse(block) else getattr(block, "nbytes", None) or _about(block)
            return max(1, int(BLOCK_BYTES * length_of(block) // size)) if size else 1024
        row_bytes, hop = self.widest(block.shape[1:], max(block.itemsize, 4))
        rows = BLOCK_BYTES // max(1, row_bytes)
        return max(16, rows, min(2 * rows, FEW_ROWS)) * hop

    def entered_in_blocks_of(self, whole: Array) -> int:
        """:meth:`block_length` for a whole input, refused if its axes or its width are wrong; once for those of a kind."""
        kind = BLOCK_BYTES, whole.dtype, whole.shape[1:]
        if kind not in self._entered:
            entrance = Entrance(self)
            entrance.check(whole)
            entrance.check_width(whole.shape)
            self._entered[kind] = self.block_length(whole)
        return self._entered[kind]

    @cached_property
    def _entered(self) -> dict[tuple[Any, ...], int]:
        return {}

    def _piece(self, block: Any) -> int:
        """The same, but so that all pieces of a block are of one size: a short one costs as many calls as a long one."""
        rows = length_of(block)
        pieces = round(rows / self.block_length(block))
        if pieces < 2:
            return rows
        hop = self.widest(block.shape[1:], 4)[1] if isinstance(block, np.ndarray) else 1
        return well_laid(-(-rows // (pieces * hop))) * hop

    def widest(self, row: RowShape, size: int) -> tuple[int, int]:
        """Bytes of the largest row on the way, and how many rows in it takes to move on by one.

        For a row in of this shape, whose values have ``size`` bytes.
        """
        return size * max(math.prod(row or ()), math.prod(self.row_shape(row) or ())), 1

    def value_size(self, size: int) -> int:
        """How many bytes a value out has, for one in of so many."""
        return size


def well_laid(rows: int) -> int:
    """As many rows or a few more: an odd multiple of 8.

    Where a stage lays the values of one column side by side, those of all columns then begin as vectors do, and in different
    places of the cache. With a power of two of rows they crowd each other out of it.

    >>> well_laid(500), well_laid(512), well_laid(3)
    (504, 520, 8)
    """
    return -(-(rows - 8) // 16) * 16 + 8


def _about(rows: Rows) -> float:
    """The size of a list of strings, or of lists, from a few of them."""
    if not isinstance(rows, (list, tuple)):
        return 0
    few = rows[:: max(1, len(rows) // 64)]
    sizes = [len(row) for row in few if hasattr(row, "__len__")]
    return sum(sizes) * len(rows) / len(few) if sizes else 0


@lru_cache
def _axes(shape: str) -> tuple[Axes, Axes]:
    given, made = shape.split(" -> ")
    return tuple(given.split()), tuple(made.split())


class Pointwise(Stage):
    """A stage whose output row needs the input row of the same index only. The author writes :meth:`apply`."""

    def apply(self, rows: Rows) -> Rows:
        """The mathematics, over any number of rows (none, too)."""
        raise NotImplementedError(f"{type(self).__name__} must define apply(rows)")

    def step(self, state: State, rows: Rows) -> tuple[State, Rows]:
        return None, self.apply(rows)

    def end(self, state: State, rows: Rows) -> Rows:
        return self.apply(rows)

    def alone(self, rows: Rows) -> Rows:
        return self.apply(rows)

    @property
    def bundles(self) -> bool:
        """Always: a row knows nothing of the others."""
        return True

    def bundled(self, bundle: Bundle) -> Bundle:
        rows, runs = bundle.whole
        return Bundle.within(self.apply(rows), runs)


class Summary(Stage):
    """A stage whose output is known at the end of the input only, from a state that doesn't grow: a histogram, a sum.

    The author writes three functions: ``begin(rows) -> state``, ``add(state, rows) -> state`` and ``conclude(state)``, which
    gives the output. So an input larger than memory can be gone through once; nothing comes out before its end. No row in,
    no row out.
    """

    def begin(self, rows: Rows) -> State:
        """The state of nothing, for rows of this width and type."""
        raise NotImplementedError(f"{type(self).__name__} must define begin(rows)")

    def add(self, state: State, rows: Rows) -> State:
        """The state with these rows added; the state given is left as it is."""
        raise NotImplementedError(f"{type(self).__name__} must define add(state, rows)")

    def conclude(self, state: State) -> Rows:
        """The output for all rows that were added."""
        raise NotImplementedError(f"{type(self).__name__} must define conclude(state)")

    def count(self, n: int) -> int | None:
        """Not known, unless the stage says so."""
        return None

    def needs(self, rows: int) -> int:
        """All of them: no number of rows makes a row out certain."""
        raise NotStreamable(f"{type(self).__name__} gives its rows at the end of the input, so they wait for all of it")

    def step(self, state: tuple[State, int] | None, rows: Rows) -> tuple[tuple[State, int], Rows]:
        inside, seen = (self.begin(rows), 0) if state is None else state
        if len(rows):
            inside = self.add(inside, rows)
        return (inside, seen + len(rows)), self.conclude(self.begin(rows))[:0]

    def flush(self, state: tuple[State, int] | None) -> Rows | None:
        return None if state is None or not state[1] else self.conclude(state[0])


class Whole(Stage):
    """A stage that needs all of its input at once. The author writes :meth:`settle`, or :meth:`apply` where that can't be.

    Most such stages need the whole input for a few numbers only (a peak, a mean). Then two passes do: the first one
    reads the input and *settles* the stage, the second one streams what that gives.
    """

    remedy: ClassVar[str] = (
        "call it on the whole input, or go over it twice: settled = pipeline.settle(blocks) reads it once, and "
        "settled.stream() or settled.iterate(blocks) gives the same rows piece by piece"
    )

    def settle(self, blocks: Iterable[Rows]) -> Stage:
        """Read the stage's input once and return the stage that does the same to it row by row."""
        raise NotStreamable(f"{type(self).__name__} cannot be settled in a first pass; call it on the whole input")

    def apply(self, rows: Rows) -> Rows:
        """The mathematics, over the whole input: what the stage settled on it does. No row in, no row out."""
        if type(self).settle is Whole.settle:
            raise NotImplementedError(f"{type(self).__name__} must define apply(rows)")
        if not len(rows):
            return np.empty((0, *(self.row_shape(rows.shape[1:]) or ())), rows.dtype)
        return self.settle([rows])(rows)

    @property
    def streamable(self) -> bool:
        """Never."""
        return False

    def step(self, state: State, rows: Rows) -> tuple[State, Rows]:
        raise NotStreamable(f"{type(self).__name__} needs the whole input and cannot stream; {self.remedy}")

    def drive(self, blocks: Iterable[Rows]) -> Iterator[Rows]:
        everything = list(blocks)
        if not everything:
            raise InputError(f"{type(self).__name__} got no block at all, not even an empty one; give it an input")
        if self._settles and any(map(len, everything)):
            yield from self.settle(everything).drive(everything)  # as apply has it, without a copy of the whole
        else:
            yield self.apply(concatenate(everything))

    def alone(self, rows: Rows) -> Rows:
        return self.settle([rows]).alone(rows) if self._settles and len(rows) else self.apply(rows)

    @property
    def _settles(self) -> bool:
        """Whether :meth:`settle` is what the author wrote."""
        return type(self).apply is Whole.apply and type(self).settle is not Whole.settle


def _gather(blocks: Iterator[Rows], count: int | None) -> Rows:
    """Put blocks together, in place where it is known how many rows there will be."""
    first = next(blocks)
    if count is None or not isinstance(first, np.ndarray):
        return in_order(concatenate([first, *blocks]))
    out = np.empty((count, *first.shape[1:]), first.dtype)
    at = 0
    for block in chain((first,), blocks):
        if at + len(block) <= count:
            out[at : at + len(block)] = block
        at += len(block)
    _announced(out if at == count else range(at), count)
    return out


def owned(out: Rows, given: Rows) -> Rows:
    """Rows that belong to the caller: no view of what was given, of what a stage holds, or of each other."""
    if not isinstance(out, np.ndarray):
        return out.copy() if out is given and is_sparse(out) else out
    laid: Rows = in_order(out)
    if laid is not out:
        return laid
    shared = not out.flags.writeable or (isinstance(given, np.ndarray) and np.may_share_memory(out, given))
    return out.copy() if shared else out


def _announced(rows: Rows, count: int | None) -> Rows:
    """The rows, if as many came as :meth:`Stage.count` says."""
    if count is not None and (came := length_of(rows)) != count:
        raise ShapeError(f"{count} rows were announced and {came} came; count() and the mathematics disagree")
    return rows
