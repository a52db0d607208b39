"""Pipeline (one stage after the other) and Join (stages side by side): stages made of stages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import chain, islice
from typing import Any, Self

from featkit.admission import as_rows
from featkit.bundles import Bundle
from featkit.errors import NotFitted, NotStreamable, ParameterError, ShapeError
from featkit.learner import Learner, Supervised
from featkit.numeric import Array, Rows, beside, concatenate, in_order, length_of
from featkit.parameters import Parameters
from featkit.stage import Axes, Pointwise, RowShape, Stage, State, Whole
from featkit.windowed import Windowed


def pipeline(*stages: Stage) -> Pipeline:
    """Chain stages: ``pipeline(a, b, c)`` is ``a | b | c``. Pipelines inside are flattened.

    Raises
    ------
    ShapeError
        If the axes or sizes of two neighbours don't fit; the message names both.
    ParameterError
        If there is no stage, or something isn't one.
    """
    flat: list[Stage] = []
    for stage in stages:
        if not isinstance(stage, Stage):
            raise ParameterError(f"a pipeline is made of stages, got {stage!r}; call the class to make a stage of it")
        flat += stage.stages if isinstance(stage, Pipeline) else (stage,)
    return Pipeline(tuple(flat))


class Pipeline(Stage):
    """Stages one after the other, itself a stage. Written ``a | b | c``.

    Parameters
    ----------
    stages : tuple of Stage

    Notes
    -----
    Indexing gives stages by name or position, and shorter pipelines by slice: ``mfcc["mel"]``, ``mfcc[0]``,
    ``mfcc[:3]``. Names that occur twice are numbered: ``log``, ``log2``.
    """

    stages: tuple[Stage, ...]

    def check(self) -> None:
        if not self.stages:
            raise ParameterError("a pipeline needs at least one stage")
        self.axes()
        self.row_shape(None)

    def axes(self) -> tuple[Axes, Axes]:
        return self._axes

    @cached_property
    def _axes(self) -> tuple[Axes, Axes]:
        made: Axes = ("...",)
        given: Axes | None = None
        for before, stage in zip((None, *self.stages), self.stages, strict=False):
            takes, gives = stage.axes()
            bound = _bind(takes, made)
            if bound is None:
                raise ShapeError(
                    f"{type(stage).__name__} takes '{' '.join(takes)}' but {type(before).__name__} before it gives "
                    f"'{' '.join(made)}'; put a stage between them that leads from the one to the other"
                )
            # Stages that take anything and leave its axes alone don't say what comes in; the first other one does.
            given = takes if given is None or given == made == ("...",) else given
            made = _fill_in(gives, bound)
        assert given is not None
        return given, made

    def needs(self, rows: int) -> int:
        for stage in reversed(self.stages):
            rows = stage.needs(rows)
        return rows

    def row_shape(self, row: RowShape) -> RowShape:
        if row not in self._row_shapes:
            self._row_shapes[row] = self._row_shape(row)
        return self._row_shapes[row]

    @cached_property
    def _row_shapes(self) -> dict[RowShape, RowShape]:
        return {}

    def _row_shape(self, row: RowShape) -> RowShape:
        for before, stage in zip((None, *self.stages), self.stages, strict=False):
            try:
                row = stage.row_shape(row)
            except ShapeError as error:
                if before is None:
                    raise
                raise ShapeError(f"{type(before).__name__} and {type(stage).__name__} disagree: {error}") from None
        return row

    def count(self, n: int) -> int | None:
        rows: int | None = n
        for stage in self.plan:
            rows = None if rows is None else stage.count(rows)
        return rows

    @cached_property
    def streamable(self) -> bool:
        """Whether every stage is."""
        return all(stage.streamable for stage in self.stages)

    @cached_property
    def moves(self) -> bool:
        """Whether every stage does."""
        return all(stage.moves for stage in self.stages)

    def admit(self, rows: Any, start: int = 0) -> Rows:
        admitted = self._door.admit(rows, start)
        return as_rows(admitted, start) if self._door.moves and not self.moves else admitted

    @cached_property
    def _door(self) -> Stage:
        """The first stage that says what comes in."""
        return next(stage for stage in self.stages if stage.axes()[0] == self.axes()[0])

    @cached_property
    def plan(self) -> tuple[Stage, ...]:
        """The stages that run: those that can be done in one (:meth:`Stage.fuse`) replaced by one stage."""
        return tuple(stage for stage, _ in self.planned)

    @cached_property
    def planned(self) -> tuple[tuple[Stage, tuple[Stage, ...]], ...]:
        """Each stage that runs, with the stages it stands for."""
        planned: list[tuple[Stage, tuple[Stage, ...]]] = []
        rest = self.stages
        while rest:
            first, second = rest[0], rest[1] if rest[1:] else None
            fused, taken = first.fuse(rest[1:]) or (first, 0)
            if second is not None and not taken and (absorbed := second.absorb(first, rest[2:])):
                fused, taken = absorbed[0], 1 + absorbed[1]
            planned.append((fused, rest[: 1 + taken]))
            rest = rest[1 + taken :]
        return tuple(planned)

    @cached_property
    def bundles(self) -> bool:
        """Whether every stage that runs does."""
        return all(stage.bundles for stage in self.plan)

    def bundled(self, bundle: Bundle) -> Bundle:
        if self.bundle_blocks > 1:
            return self._in_blocks(bundle)
        for stage in self.plan:
            bundle = stage.bundled(bundle)
        return bundle

    @cached_property
    def bundle_blocks(self) -> int:
        """Several, where windows are cut once, and then every row is by itself: then a bundle is gone through in blocks."""
        first, *others = self.plan
        once = isinstance(first, Windowed) and first.plain and all(isinstance(stage, Pointwise) for stage in others)
        return 3 if once else 1

    def _in_blocks(self, bundle: Bundle) -> Bundle:
        first, *others = self.plan
        assert isinstance(first, Windowed)
        rows, runs = first.laid(bundle.parts)
        blocks = first.over_blocks(rows, self.block_length(rows))
        for stage in others:
            blocks = map(stage.apply, blocks)  # type: ignore[attr-defined]  # Pointwise, all of them
        return Bundle.within(concatenate([in_order(block) for block in blocks]), runs)

    def init(self) -> State:
        return tuple([stage.init() for stage in self.plan])

    def step(self, state: State, rows: Rows) -> tuple[State, Rows]:
        return _step(self.plan, state, rows)

    def end(self, state: State, rows: Rows) -> Rows:
        for stage, held in zip(self.plan, state, strict=True):
            rows = stage.end(held, rows)
        return rows

    def flush(self, state: State) -> Rows | None:
        return _flush(self.plan, state)

    def alone(self, rows: Rows) -> Rows:
        stages, rest = self._while_short
        for stage in stages:
            rows = stage.alone(rows)
        return rows if rest is None else rest.entire(rows)

    @cached_property
    def _while_short(self) -> tuple[tuple[Stage, ...], Pipeline | None]:
        """The stages up to one that makes many rows of few (it fills a clip up to half a minute), and those after it."""
        for at, stage in enumerate(self.plan[:-1], 1):
            if _lengthens(stage):
                return self.plan[:at], Pipeline(tuple(chain.from_iterable(stages for _, stages in self.planned[at:])))
        return self.plan, None

    def drive(self, blocks: Iterable[Rows]) -> Iterator[Rows]:
        """Run what streams block by block, and what doesn't between on all of its input."""
        if len(self._stretches) == 1 and self.streamable:
            return super().drive(blocks)
        return _over_stretches(self._stretches, iter(blocks))

    def through(self, whole: Array, pieces: Iterator[Rows]) -> Iterator[Rows]:
        first, *others = self._stretches
        if not first.streamable:
            return self.drive(pieces)
        if others:
            return _over_stretches(others, first.through(whole, pieces))
        return _after_one_another(self.plan[1:], self.plan[0].through(whole, pieces))

    @cached_property
    def _stretches(self) -> tuple[Stage, ...]:
        """What streams in one go, and each stage between that doesn't; what comes out of one is cut anew for the next.

        A stretch ends with a stage that makes many rows of few, too.
        """
        stretches: list[Stage] = []
        stretch: tuple[Stage, ...] = ()
        for (runs, stages), following in zip(self.planned, (*self.plan[1:], None), strict=True):
            if not runs.streamable:
                stretches.append(runs)
                continue
            stretch += stages
            if following is None or not following.streamable or _lengthens(runs):
                stretches.append(Pipeline(stretch))
                stretch = ()
        return tuple(stretches)

    def widest(self, row: RowShape, size: int) -> tuple[int, int]:
        if (row, size) not in self._widest:
            self._widest[row, size] = self._find_widest(row, size)
        return self._widest[row, size]

    @cached_property
    def _widest(self) -> dict[tuple[RowShape, int], tuple[int, int]]:
        return {}

    def _find_widest(self, row: RowShape, size: int) -> tuple[int, int]:
        widest, through = (0, 1), 1
        for stage in self.stages:
            most, hop = stage.widest(row, size)
            through *= hop
            widest = max(widest, (most, through), key=_bytes)
            row, size = stage.row_shape(row), stage.value_size(size)
        return widest

    def value_size(self, size: int) -> int:
        for stage in self.stages:
            size = stage.value_size(size)
        return size

    def fit(self, items: Iterable[Any], labels: Iterable[Any] | None = None) -> Pipeline:
        """Fit every Learner in turn, each on what the stages before it make of the items, and on the labels if it wants any.

        Each item is a whole input (an utterance, a block of documents). With several Learners the items are read
        several times, so they must be a list or another iterable that starts anew.

        Raises
        ------
        ParameterError
            If the items can be read once only and there is more than one Learner.
        """
        learners = [at for at, stage in enumerate(self.stages) if learns(stage)]
        if len(learners) > 1 and iter(items) is items:
            raise ParameterError(
                f"{len(learners)} Learners read the items one after the other; give a list, not an iterator"
            )
        fitted = list(self.stages)
        for at in learners:
            given = items
            if at:
                head = Pipeline(tuple(fitted[:at]))
                given = (
                    chain.from_iterable(head.iterate([item]) for item in items)
                    if _exact(self.stages[at])
                    else map(head, items)
                )
            fitted[at] = fit_stage(fitted[at], given, labels)
        return pipeline(*fitted)

    def fit_apply(self, items: Iterable[Any], labels: Iterable[Any] | None = None) -> tuple[Pipeline, list[Rows]]:
        """:meth:`fit`, and what the fitted pipeline makes of the same items, which are read once.

        Memory holds what each Learner is given: of a corpus of text, counts.

        >>> import numpy as np, featkit
        >>> fitted, rows = (featkit.mfcc() | featkit.Cmvn()).fit_apply([np.zeros(1600), np.zeros(800)])
        >>> fitted["normalise"].mean.shape, [len(part) for part in rows]
        ((13,), [8, 3])
        """
        fitted: list[Stage] = []
        head: tuple[Stage, ...] = ()  # stages that learn nothing, since the last one that does
        rows: Iterable[Any] = items
        for stage in self.stages:
            if not learns(stage):
                head = (*head, stage)
                continue
            if head and _exact(stage):
                known, rows = _fit_apply_blocks(Pipeline(head), stage, rows)
            else:
                known, rows = _fit_apply(stage, map(Pipeline(head), rows) if head else rows, labels)
            fitted += (*head, known)
            head = ()
        return pipeline(*fitted, *head), list(map(Pipeline(head), rows) if head else rows)

    def settle(self, blocks: Iterable[Any]) -> Pipeline:
        """Read an input once for every Whole stage and return the pipeline that gives the same rows streaming.

        The first of the two passes over an input that is too long for memory, or that is to be streamed.

        Parameters
        ----------
        blocks : iterable
            The whole input in blocks; with several Whole stages it is read several times, so it must start anew each time
            it is iterated over (a list, :func:`featkit.blocks`).

        Raises
        ------
        NotStreamable
            If a Whole stage cannot be settled.
        """
        stages = list(self.stages)
        for at, stage in enumerate(stages):
            if isinstance(stage, Whole):
                stages[at] = stage.settle(Pipeline(tuple(stages[:at])).iterate(blocks) if at else blocks)
            elif not stage.streamable:
                raise NotStreamable(
                    f"{stage!r} has branches that need the whole input; call the pipeline on the whole input"
                )
        return pipeline(*stages)

    # --- addressing -----------------------------------------------------------------------------------------------------

    def parts(self) -> dict[str, Parameters]:
        labels: dict[str, Parameters] = {}
        for stage in self.stages:
            label, again = stage.name, 2
            while label in labels:
                label, again = f"{stage.name}{again}", again + 1
            labels[label] = stage
        return labels

    def _rebuilt(self, changes: dict[str, Any]) -> Self:
        return (
            type(self)(tuple((self.parts() | changes).values())) if "stages" not in changes else type(self)(**changes)
        )

    def __getitem__(self, key: str | int | slice) -> Stage:
        if isinstance(key, str):
            parts = self.parts()
            if key not in parts:
                raise KeyError(f"no stage named {key!r}; the stages are {', '.join(parts)}")
            return parts[key]  # type: ignore[return-value]
        return Pipeline(self.stages[key]) if isinstance(key, slice) else self.stages[key]

    def __len__(self) -> int:
        return len(self.stages)

    def written(self, array: Callable[[Array], str]) -> str:
        if len(self.stages) == 1:
            return f"pipeline({self.stages[0].written(array)})"
        return " | ".join(stage.written(array) for stage in self.stages)


class Join(Stage):
    """Branches side by side on the same input; their columns are put next to each other.

    Kaldi's energy column is a branch, not a flag: ``Join((LogEnergy(), spectrum | mel | log))``. Branches may be late by
    different amounts; rows wait for the slowest.

    Parameters
    ----------
    branches : tuple of Stage
        Addressed by position: ``with_(join__0__floor=1.0)``.

    Notes
    -----
    Shape: ``(n, ...)`` -> ``(frames, the branches' columns together)``.

    Raises
    ------
    ShapeError
        If the branches read or give different streams, or different numbers of rows.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> beside = featkit.Join((featkit.Identity(), featkit.Deltas(window=1)))
    >>> beside(np.array([[0.0], [1.0], [4.0]]))
    array([[0. , 0.5],
           [1. , 2. ],
           [4. , 1.5]])
    """

    name = "join"
    formula = "y[t] = (branch 0 of x)[t], (branch 1 of x)[t], ..."
    source = "featkit"

    branches: tuple[Stage, ...]

    def check(self) -> None:
        if not self.branches:
            raise ParameterError("a Join needs at least one branch")
        self.axes()
        self.row_shape(None)

    def axes(self) -> tuple[Axes, Axes]:
        first, *others = self.branches
        given, made = first.axes()
        for branch in others:
            takes, gives = branch.axes()
            if _bind(takes, given) is None or _bind(gives[:1], made[:1]) is None:
                raise ShapeError(
                    f"the branches of a Join must read and give the same stream, but {first!r} has "
                    f"'{' '.join(given)} -> {' '.join(made)}' and {branch!r} has '{' '.join(takes)} -> {' '.join(gives)}'"
                )
            given, made = takes if "..." in given else given, gives if made == ("...",) else made
        return given, (*made[:-1], "feature") if self.branches[1:] else made

    def needs(self, rows: int) -> int:
        return max(branch.needs(rows) for branch in self.branches)

    def row_shape(self, row: RowShape) -> RowShape:
        shapes = [branch.row_shape(row) for branch in self.branches]
        if any(shape is None for shape in shapes):
            return None
        for branch, shape in zip(self.branches, shapes, strict=True):
            if not shape or shape[:-1] != shapes[0][:-1]:  # type: ignore[index]
                raise ShapeError(f"a Join puts columns side by side, but a row of {branch!r} has the shape {shape}")
        return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))  # type: ignore[index,misc]

    def count(self, n: int) -> int | None:
        counts = [branch.count(n) for branch in self.branches]
        self._same_length(counts)
        return counts[0]

    @property
    def streamable(self) -> bool:
        """Whether every branch is."""
        return all(branch.streamable for branch in self.branches)

    @property
    def moves(self) -> bool:
        """Whether every branch does."""
        return all(branch.moves for branch in self.branches)

    def admit(self, rows: Any, start: int = 0) -> Rows:
        branch = next((branch for branch in self.branches if "..." not in branch.axes()[0]), self.branches[0])
        admitted = branch.admit(rows, start)
        return as_rows(admitted, start) if branch.moves and not self.moves else admitted

    def init(self) -> State:
        return tuple((branch.init(), None) for branch in self.branches)

    def step(self, state: State, rows: Rows) -> tuple[State, Rows]:
        stepped = [branch.step(held, rows) for branch, (held, _) in zip(self.branches, state, strict=True)]
        waiting = [
            made if late is None or not length_of(late) else concatenate([late, made])
            for (_, late), (_, made) in zip(state, stepped, strict=True)
        ]
        ready = min(map(length_of, waiting))
        states = tuple((after, late[ready:].copy()) for (after, _), late in zip(stepped, waiting, strict=True))
        return states, beside([late[:ready] for late in waiting])

    def alone(self, rows: Rows) -> Rows:
        return self._beside([branch.alone(rows) for branch in self.branches])

    def flush(self, state: State) -> Rows | None:
        ends: list[Array] = []
        for branch, (held, late) in zip(self.branches, state, strict=True):
            if late is None:
                return None
            rest = branch.flush(held)
            ends.append(late if rest is None else concatenate([late, rest]))
        return self._beside(ends)

    def drive(self, blocks: Iterable[Rows]) -> Iterator[Rows]:
        if self.streamable:
            yield from super().drive(blocks)
            return
        whole = concatenate(list(blocks))
        yield self._beside([branch.entire(whole) for branch in self.branches])

    def _beside(self, made: list[Rows]) -> Rows:
        self._same_length([length_of(rows) for rows in made])
        return beside(made)

    def _same_length(self, lengths: list[Any]) -> None:
        for branch, length in zip(self.branches, lengths, strict=True):
            if length is not None and lengths[0] is not None and length != lengths[0]:
                raise ShapeError(
                    f"the branches of a Join must give as many rows, but {self.branches[0]!r} gives {lengths[0]} "
                    f"and {branch!r} gives {length}; give them the same framing"
                )

    def widest(self, row: RowShape, size: int) -> tuple[int, int]:
        return max((branch.widest(row, size) for branch in self.branches), key=_bytes)

    def parts(self) -> dict[str, Parameters]:
        return {str(at): branch for at, branch in enumerate(self.branches)}

    def _rebuilt(self, changes: dict[str, Any]) -> Self:
        return (
            type(self)(tuple((self.parts() | changes).values())) if "branches" not in changes else type(self)(**changes)
        )


def learns(stage: Parameters) -> bool:
    """Whether a stage, or one inside it, is a Learner."""
    return isinstance(stage, Learner) or any(map(learns, stage.parts().values()))


def fit_stage(stage: Stage, items: Iterable[Any], labels: Iterable[Any] | None = None) -> Stage:
    """Fit a stage that learns, or that holds some that do, with the labels if it wants any."""
    if isinstance(stage, Learner) and not isinstance(stage, Supervised):
        return stage.fit(items)
    if not isinstance(stage, Join):
        return stage.fit(items, labels)  # type: ignore[attr-defined]  # it learns from labels, or holds what does
    items = list(items)  # every branch that learns reads them
    return Join(tuple(fit_stage(branch, items, labels) if learns(branch) else branch for branch in stage.branches))


def _fit_apply(stage: Stage, items: Iterable[Any], labels: Iterable[Any] | None = None) -> tuple[Stage, list[Rows]]:
    if isinstance(stage, (Supervised, Pipeline)):
        return stage.fit_apply(items, labels)
    if isinstance(stage, Learner):
        return stage.fit_apply(items)
    kept = list(items)
    fitted = fit_stage(stage, kept, labels)
    return fitted, fitted.map(kept)


def _exact(stage: Stage) -> bool:
    return isinstance(stage, Learner) and stage.exact


def _fit_apply_blocks(head: Pipeline, stage: Stage, items: Iterable[Any]) -> tuple[Stage, list[Rows]]:
    """Learn from blocks, as they come out of the stages before; what belongs to an item is joined again."""
    sizes: list[int] = []

    def blocks() -> Iterator[Rows]:
        for item in items:
            sizes.append(0)
            for block in head.iterate([item]):
                sizes[-1] += 1
                yield block

    fitted, made = _fit_apply(stage, blocks())
    parts = iter(made)
    return fitted, [concatenate(list(islice(parts, size))) for size in sizes]


def refuse_to_stream(stage: Stage) -> None:
    """Raise what the stage inside that doesn't stream has to say about it."""
    for inner in (stage, *_inside(stage)):
        if isinstance(inner, Whole) and not inner.streamable:
            inner.step(None, None)
        if isinstance(inner, Learner):
            raise NotFitted(
                f"{type(inner).__name__} has learned nothing yet; fit the pipeline first: pipeline.fit(items)"
            )
    if not stage.streamable:
        raise NotStreamable(f"{stage!r} cannot stream; call it on the whole input")


def _inside(stage: Parameters) -> Iterator[Any]:
    for part in stage.parts().values():
        yield part
        yield from _inside(part)


def _step(stages: tuple[Stage, ...], state: State, rows: Rows) -> tuple[State, Rows]:
    states = []
    for stage, before in zip(stages, state, strict=True):
        after, rows = stage.step(before, rows)
        states.append(after)
    return tuple(states), rows


def _flush(stages: tuple[Stage, ...], state: State) -> Rows | None:
    rows: Rows | None = None
    for stage, held in zip(stages, state, strict=True):
        rows = stage.flush(held) if rows is None else stage.end(held, rows)
    return rows


def _lengthens(stage: Stage) -> bool:
    """Whether it makes several rows of a single one."""
    try:
        return (stage.count(1) or 0) > 1
    except ShapeError:  # branches that give as many rows as each other of longer inputs only
        return False


def _over_stretches(stretches: Iterable[Stage], rows: Iterator[Rows]) -> Iterator[Rows]:
    for stretch in stretches:
        rows = stretch.drive(stretch.pieces(rows) if stretch.streamable else rows)
    return rows


def _after_one_another(stages: tuple[Stage, ...], blocks: Iterator[Rows]) -> Iterator[Rows]:
    state: State = tuple([stage.init() for stage in stages])
    for block in blocks:
        state, rows = _step(stages, state, block)
        yield rows
    rest = _flush(stages, state)
    if rest is not None:
        yield rest


def _bytes(found: tuple[int, int]) -> int:
    return found[0]


# --- axis strings ---------------------------------------------------------------------------------------------------------


def _bind(takes: Axes, given: Axes) -> dict[str, Axes] | None:
    """What the wildcards in ``takes`` stand for when the axes ``given`` come in; None if they don't fit."""
    if "..." in given:
        return {"...": ("...",)}
    if takes[-1:] == ("...",) and len(given) >= len(takes) - 1:
        bound = _bind(takes[:-1], given[: len(takes) - 1])
        return None if bound is None else {**bound, "...": given[len(takes) - 1 :]}
    if len(takes) != len(given) or any(a != b and "*" not in (a, b) for a, b in zip(takes, given, strict=True)):
        return None
    return {"*": tuple(b for a, b in zip(takes, given, strict=True) if a == "*")}


def _fill_in(gives: Axes, bound: dict[str, Axes]) -> Axes:
    wild = list(bound.get("*", ()))
    filled: list[str] = []
    for axis in gives:
        filled += bound.get("...", ("...",)) if axis == "..." else [wild.pop(0) if axis == "*" and wild else axis]
    return tuple(filled)
