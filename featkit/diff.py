"""Why do the features of A and B differ? Two arrays compared, and two pipelines walked side by side."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from featkit.errors import InputError
from featkit.numeric import Array
from featkit.pipeline import Join, Pipeline, pipeline
from featkit.rows.double import InDouble
from featkit.rows.scale import Affine
from featkit.stage import Stage


class Difference(NamedTuple):
    """How far two arrays are apart, and where."""

    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    largest: float  # |a - b|, over the frames and columns both have
    relative: float  # the same, to the largest |b|
    mean: float
    at: tuple[int, ...] | None  # frame and column of the largest
    frames: tuple[int, ...]  # those with a value farther than the tolerance, the worst first
    columns: tuple[int, ...]
    hints: tuple[str, ...]  # what it looks like: transposed, scaled, shifted ...

    @property
    def same(self) -> bool:
        """Whether shapes agree and no value is farther than the tolerance."""
        return self.shapes[0] == self.shapes[1] and not self.frames


def diff_arrays(a: Array, b: Array, tolerance: float = 1e-6) -> Difference:
    """Compare two feature arrays of shape (frames, features).

    Parameters
    ----------
    tolerance : float
        Relative to the largest value of b; nearer values count as equal.

    Raises
    ------
    InputError
        If one of them is no array of numbers with one or two axes.

    Examples
    --------
    >>> import numpy as np
    >>> found = diff_arrays(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [3.0, 5.0]]))
    >>> found.at, found.largest, found.columns
    ((1, 1), 1.0, (1,))
    """
    shapes = (a.shape, b.shape)
    for array in (a, b):
        if array.ndim not in (1, 2) or array.dtype.kind not in "fciu":
            raise InputError(
                f"features of shape (frames, features) are compared, got {array.dtype} of shape {array.shape}"
            )
    hints = tuple(_shape_hints(a, b))
    one, other = (array[:, None] if array.ndim == 1 else array for array in (a, b))
    rows, columns = (min(one.shape[axis], other.shape[axis]) for axis in (0, 1))
    if not rows or not columns:
        return Difference(shapes, 0.0, 0.0, 0.0, None, (), (), hints)
    one, other = _wide(one[:rows, :columns]), _wide(other[:rows, :columns])
    apart = np.abs(one - other)
    scale = float(np.abs(other).max()) or 1.0
    far = apart > tolerance * scale
    at = tuple(int(i) for i in np.unravel_index(int(apart.argmax()), apart.shape))
    worst_frames = sorted(np.flatnonzero(far.any(axis=1)), key=lambda t: -apart[t].max())
    worst_columns = sorted(np.flatnonzero(far.any(axis=0)), key=lambda d: -apart[:, d].max())
    if far.any() and one.dtype.kind != "c":
        hints += tuple(_value_hints(one, other))
    return Difference(
        shapes,
        float(apart.max()),
        float(apart.max()) / scale,
        float(apart.mean()),
        at,
        tuple(map(int, worst_frames)),
        tuple(map(int, worst_columns)),
        hints,
    )


def _wide(array: Array) -> Array:
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _shape_hints(a: Array, b: Array) -> Iterator[str]:
    if a.shape != b.shape and a.shape == b.shape[::-1]:
        yield "the axes are exchanged: compare one of them transposed (featkit has frames first)"
    elif a.shape[:1] != b.shape[:1]:
        yield f"{abs(len(a) - len(b))} frames more on one side: framing or padding differs"
    if a.shape[1:] != b.shape[1:] and a.shape != b.shape[::-1]:
        yield f"{a.shape[1:]} against {b.shape[1:]} features a frame"


def _value_hints(a: Array, b: Array) -> Iterator[str]:
    offset = float(np.median(a - b))
    spread = float(np.abs(b).max()) or 1.0
    if offset and np.abs(a - b - offset).max() <= 1e-3 * spread and abs(offset) > 1e-3 * spread:
        yield f"a = b + {offset:.6g} nearly everywhere: another scale before the logarithm (20.794 is 32768^2)"
    large = np.abs(b) > 1e-3 * spread
    ratio = float(np.median(a[large] / b[large]))
    if ratio and np.abs(a - b * ratio).max() <= 1e-3 * spread * abs(ratio) and abs(ratio - 1) > 1e-3:
        yield f"a = b * {ratio:.6g} nearly everywhere: another scale or normalisation"
    for lag in (-2, -1, 1, 2):
        moved, still = (a[lag:], b[:-lag]) if lag > 0 else (a[:lag], b[-lag:])
        if len(still) > 4 and np.abs(moved - still).max() <= 1e-3 * spread:
            yield f"b is a moved by {abs(lag)} frame{'s' * (abs(lag) > 1)}: the first frames lie elsewhere"


# --- pipelines -----------------------------------------------------------------------------------------------------------


class Divergence(NamedTuple):
    """The first stage at which two pipelines give different rows for the same signal."""

    stages: tuple[Stage | None, Stage | None]  # the stage on each side; None where one side has none there
    parameters: dict[str, tuple[Any, Any]]  # those that differ; of a stage on one side only, all of them
    difference: Difference | None  # between what both sides give there; None where the shapes cannot be compared
    notes: tuple[str, ...]  # differences on the way that are a constant factor only
    later: tuple[str, ...]  # stages after it whose parameters differ as well


def diff_pipelines(a: Stage, b: Stage, signal: Any, tolerance: float = 1e-5) -> Divergence | None:
    """Walk two pipelines side by side and find the first stage at which they diverge on a signal.

    Stages are matched by what they do (framing with framing, mel with mel). A constant factor on the samples of one side
    is noted, taken into account, and not called a divergence. Where a :class:`featkit.Join` stands, its longest branch
    is walked.

    Returns
    -------
    Divergence or None
        None where both give the same everywhere.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> signal = np.sin(np.arange(2000.0))
    >>> found = diff_pipelines(featkit.mfcc(), featkit.mfcc(window="hann"), signal)
    >>> found.stages[0].name, found.parameters
    ('window', {'kind': ('hamming', 'hann')})
    """
    rows: list[Any] = [signal, signal]
    factor, notes = 1.0, []
    pairs = list(_matched(*(steps(pipeline(stage)) for stage in (a, b))))
    for at, pair in enumerate(pairs):
        rows = [side if stage is None else stage(side) for side, stage in zip(rows, pair, strict=True)]
        gain = _gain(*pair)
        if gain != 1.0:
            factor *= gain
            notes.append(f"{_label(pair)} multiplies the samples: a factor of {gain:g}, allowed for from there on")
        found = _apart(np.asarray(rows[0]), np.asarray(rows[1]), factor, tolerance)
        if found is not None:
            later = tuple(_label(other) for other in pairs[at + 1 :] if other[0] != other[1])
            return Divergence(pair, _parameters(*pair), found, tuple(notes), later)
    return None


def _gain(one: Stage | None, other: Stage | None) -> float:
    """By what factor a gets larger than b where one side only multiplies."""
    if isinstance(one, Affine) and other is None and not one.offset:
        return float(one.scale)
    if isinstance(other, Affine) and one is None and not other.offset:
        return 1.0 / float(other.scale)
    return 1.0


def _apart(a: Array, b: Array, factor: float, tolerance: float) -> Difference | None:
    """The difference, less what a factor on the samples makes of amplitudes, powers and their logarithms."""
    sides = [a]
    if factor != 1.0:
        for gain in (factor, factor * factor):
            sides += [a / gain, *(a - log for log in (np.log(gain), np.log10(gain), 10.0 * np.log10(gain)))]
    found = min((diff_arrays(side, b, tolerance) for side in sides), key=lambda difference: difference.relative)
    return None if found.same else found


def _label(pair: tuple[Stage | None, Stage | None]) -> str:
    one, other = pair
    if one is None or other is None:
        stage, side = (one, "a") if other is None else (other, "b")
        return f"{type(stage).__name__} (only in {side})"
    return type(one).__name__ if type(one) is type(other) else f"{type(one).__name__} / {type(other).__name__}"


def steps(whole: Pipeline) -> list[Stage]:
    """The stages in order, those done in double precision too; where branches are joined, those of the longest one."""
    found: list[Stage] = []
    for stage in whole.stages:
        if isinstance(stage, Join):
            found += steps(max(map(pipeline, stage.branches), key=len))
        elif isinstance(stage, InDouble):
            found += steps(pipeline(stage.stage))
        else:
            found.append(stage)
    return found


def _role(stage: Stage) -> str:
    """What a stage does: stages that change the axes are matched by that, the others by their class."""
    given, made = stage.shape.split(" -> ")
    return f"{given} -> {made}" if given != made else type(stage).__name__


def _matched(a: list[Stage], b: list[Stage]) -> Iterator[tuple[Stage | None, Stage | None]]:
    roles = [[_role(stage) for stage in side] for side in (a, b)]
    matcher = difflib.SequenceMatcher(a=roles[0], b=roles[1], autojunk=False)
    for kind, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if kind == "equal":
            yield from zip(a[a_from:a_to], b[b_from:b_to], strict=True)
        else:
            yield from ((stage, None) for stage in a[a_from:a_to])
            yield from ((None, stage) for stage in b[b_from:b_to])


def _parameters(one: Stage | None, other: Stage | None) -> dict[str, tuple[Any, Any]]:
    left, right = (stage.fields() if stage is not None else {} for stage in (one, other))
    names = [*left, *(name for name in right if name not in left)]
    return {name: (left.get(name), right.get(name)) for name in names if left.get(name) != right.get(name)}
