"""Parameters that are drawn for every item: augmentation, and the one mechanism of chance in featkit.

Every stage is deterministic, with explicit numbers. :class:`Vary` holds a stage and ranges for some of its parameters;
:func:`draw` puts numbers in their place. What it returns is an ordinary stage whose ``repr`` says what was drawn.
"""

from __future__ import annotations

import hashlib
import math
import numbers
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from featkit.admission import as_samples
from featkit.draws import integer, key_of, uniforms
from featkit.errors import InputError, NotFitted, ParameterError, did_you_mean
from featkit.numeric import Rows
from featkit.parameters import Parameters, literal
from featkit.pipeline import Pipeline, learns, pipeline
from featkit.rows.scale import Identity, Samples
from featkit.stage import Axes, RowShape, Stage, State

#: Where a parameter is drawn from, as plain values: ("uniform", -6.0, 6.0). Made by the functions below.
Range: TypeAlias = tuple[Any, ...]
#: Gives the samples of a recording by its name.
Read: TypeAlias = Callable[[str], ArrayLike]

# --- ranges -----------------------------------------------------------------------------------------------------------


def uniform(low: float, high: float, step: float | None = None) -> Range:
    """Any number between two, all alike; with a step, one of low, low + step, low + 2 step ... up to high.

    >>> uniform(-6.0, 6.0), uniform(0.9, 1.1, step=0.05)
    (('uniform', -6.0, 6.0), ('uniform', 0.9, 1.1, 0.05))
    """
    return ("uniform", low, high) if step is None else ("uniform", low, high, step)


def normal(mean: float, deviation: float, limit: float = 3.0) -> Range:
    """A normally distributed number, none farther from the mean than ``limit`` deviations.

    >>> normal(10.0, 2.0)
    ('normal', 10.0, 2.0, 3.0)
    """
    return ("normal", mean, deviation, limit)


def integers(low: int, high: int, step: int | None = None) -> Range:
    """An integer from low to high, both included; with a step, one of low, low + step ... up to high.

    >>> integers(-1600, 1600)
    ('integers', -1600, 1600)
    """
    return ("integers", low, high) if step is None else ("integers", low, high, step)


def choice(*values: Any) -> Range:
    """One of these values, all alike; one that is named twice is drawn twice as often.

    >>> choice(0.9, 1.0, 1.1)
    ('choice', 0.9, 1.0, 1.1)
    """
    return ("choice", *values)


def recordings(*names: str) -> Range:
    """One of these recordings, for a field that takes samples; the ``read`` given to :func:`draw` reads the one drawn.

    >>> recordings("babble.wav", "street.wav")
    ('recordings', 'babble.wav', 'street.wav')
    """
    return ("recordings", *names)


def _check_uniform(low: float, high: float, step: float | None = None) -> str:
    if not all(map(_finite, (low, high))) or low > high:
        return "two finite numbers, the lower one first"
    return "" if step is None or (_finite(step) and step > 0) else "a step above 0"


def _check_normal(mean: float, deviation: float, limit: float = 3.0) -> str:
    if not all(map(_finite, (mean, deviation, limit))):
        return "finite numbers"
    return "" if deviation >= 0 and 0 < limit <= 8 else "a deviation of at least 0, and a limit above 0, at most 8"


def _check_integers(low: int, high: int, step: int = 1) -> str:
    if not all(isinstance(end, numbers.Integral) and not isinstance(end, bool) for end in (low, high, step)):
        return "integers"
    return "" if low <= high and step > 0 else "two integers, the lower one first, and a step above 0"


def _check_choice(*values: Any) -> str:
    try:
        hash(values)
    except TypeError:
        return "values like numbers and words; for arrays, recordings(*names) and draw(..., read=...)"
    return "" if values else "at least one value"


def _check_recordings(*names: str) -> str:
    return "" if names and all(isinstance(name, str) for name in names) else "at least one name"


def _finite(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def _draw_uniform(u: float, low: float, high: float, step: float | None = None) -> float:
    if step is None:
        return low + (high - low) * u
    # The digits that were asked for: 0.9 + 3 * 0.01 is to be 0.93, not 0.9300000000000002.
    return round(low + step * integer(u, 0, int((high - low) / step + 1e-9)), 12)


def _draw_normal(u: float, mean: float, deviation: float, limit: float = 3.0) -> float:
    tail = NormalDist().cdf(-limit)
    return mean + deviation * NormalDist().inv_cdf(tail + u * (1 - 2 * tail))


def _draw_integers(u: float, low: int, high: int, step: int = 1) -> int:
    return low + step * integer(u, 0, (high - low) // step)


def _draw_choice(u: float, *values: Any) -> Any:
    return values[integer(u, 0, len(values) - 1)]


class _Kind(NamedTuple):
    """What can be done with a range of one kind, by its values."""

    wants: Callable[..., str]  # what is wrong with the values, as what they should be
    ends: Callable[..., tuple[Any, ...]]  # values that the stage must take
    draw: Callable[..., Any]


_KINDS = {
    "uniform": _Kind(_check_uniform, lambda low, high, step=None: (low, high), _draw_uniform),
    "normal": _Kind(
        _check_normal,
        lambda mean, deviation, limit=3.0: (mean - limit * deviation, mean + limit * deviation),
        _draw_normal,
    ),
    "integers": _Kind(_check_integers, lambda low, high, step=1: (low, high), _draw_integers),
    "choice": _Kind(_check_choice, lambda *values: values, _draw_choice),
    "recordings": _Kind(_check_recordings, lambda *names: (), _draw_choice),
}


# --- stages with ranges -----------------------------------------------------------------------------------------------


class Vary(Stage):
    """A stage some of whose parameters are drawn for every item: :func:`draw` makes the stage that runs.

    Parameters
    ----------
    stage : Stage
        What is varied; parameters that have no range keep the values they have here. A pipeline, too.
    ranges : mapping or tuple of pairs
        For names of parameters, as ``stage.with_`` takes them, where they are drawn from: :func:`uniform`, :func:`normal`,
        :func:`integers`, :func:`choice`, :func:`recordings`.
    probability : float
        How often the stage is applied at all; else the item passes as it is.

    Notes
    -----
    Shape: that of the stage. A parameter called ``seed`` is drawn, too, unless it has a range of its own. What is drawn
    follows from the seed and the item given to :func:`draw`, the place of this stage in the pipeline, and the parameter's
    name, and from nothing else. A signal that the stage isn't applied to goes through :class:`Samples`, anything else through
    :class:`Identity`.

    Raises
    ------
    ParameterError
        If the probability is not within 0 and 1, the stage has no such parameter, can't take what a range may give, or has
        to learn first.
    NotFitted
        If it is called before it was drawn.

    Examples
    --------
    >>> import featkit
    >>> louder = Vary(featkit.Gain(), {"db": featkit.uniform(-6.0, 6.0, step=0.5)})
    >>> featkit.draw(louder, seed=1, item="a.wav"), featkit.draw(louder, seed=1, item="b.wav")
    (Gain(db=-5.5), Gain(db=4.5))
    """

    name = "vary"
    formula = "y = stage(x) with parameters drawn for the item;  y = x with the probability 1 - probability"
    source = "Salmon et al., Parallel random numbers: as easy as 1, 2, 3, 2011"

    stage: Stage
    ranges: Mapping[str, Range] | tuple[tuple[str, Range], ...] = ()
    probability: float = 1.0

    def __post_init__(self) -> None:
        if isinstance(self.ranges, Mapping):
            object.__setattr__(self, "ranges", tuple(self.ranges.items()))  # as a mapping it could not be hashed
        super().__post_init__()

    def check(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ParameterError(f"Vary.probability must be within 0 and 1, got {self.probability!r}")
        assert isinstance(self.ranges, tuple)
        if len(dict(self.ranges)) != len(self.ranges):
            raise ParameterError(f"Vary has two ranges for one parameter: {', '.join(name for name, _ in self.ranges)}")
        if learns(self.stage):
            raise ParameterError(f"Vary cannot hold {type(self.stage).__name__}, which has to learn; fit it first")
        known = self.stage.parameters()
        for name, _ in self.ranges:
            if name not in known:
                near = did_you_mean(name, known) or f"; it has {', '.join(known) or 'none'}"
                raise ParameterError(f"{type(self.stage).__name__} has no parameter {name!r} to draw{near}")
        ends = {name: _ends(name, span) for name, span in self.ranges}
        # All lower ends together, then all upper ones: parameters may depend on each other.
        for at in range(max(map(len, ends.values()), default=0)):
            self.stage.with_(**{name: values[min(at, len(values) - 1)] for name, values in ends.items() if values})

    def drawn(self, key: tuple[int | str, ...], read: Read | None = None) -> Stage:
        """The stage with numbers in place of the ranges; each is drawn for ``key`` and the parameter's name."""
        if uniforms(key_of(*key, "probability"), 1)[0] >= self.probability:
            # Samples, not Identity, where the next stage would no longer know that what comes in is a signal.
            return Samples() if self.axes() == (("sample",), ("sample",)) else Identity()
        parameters, ranges = self.stage.parameters(), dict(self.ranges)
        for name in parameters:
            if name.rpartition("__")[2] == "seed":
                ranges.setdefault(name, integers(0, 2**32 - 1))
        values: dict[str, Any] = {}
        names: list[str] = []
        for name, (kind, *span) in ranges.items():
            values[name] = _KINDS[kind].draw(uniforms(key_of(*key, name), 1)[0], *span)
            if kind == "recordings":
                names.append(values[name])
                if f"{name}_name" in parameters:
                    values[f"{name}_name"] = values[name]
                values[name] = _recording(values[name], read)
        try:
            return self.stage.with_(**values)
        except ParameterError as error:
            if not names:
                raise
            raise InputError(f"the recording {', '.join(map(repr, names))} cannot be used: {error}") from None

    # --- what it looks like from outside, as far as that doesn't depend on what is drawn ---------------------------------

    def axes(self) -> tuple[Axes, Axes]:
        return self.stage.axes()

    def row_shape(self, row: RowShape) -> RowShape:
        return self.stage.row_shape(row)

    def count(self, n: int) -> None:
        return None

    def needs(self, rows: int) -> int:
        return self.stage.needs(rows)

    def admit(self, rows: Any, start: int = 0) -> Rows:
        return self.stage.admit(rows, start)

    def init(self) -> State:
        raise NotFitted(
            f"Vary has not drawn anything for {type(self.stage).__name__} yet; "
            "use the stage that featkit.draw(pipeline, seed=..., item=...) returns"
        )


def _ends(name: str, span: Range) -> tuple[Any, ...]:
    """The outermost values of a range."""
    kind = span[0] if span else None
    if kind not in _KINDS:
        near = did_you_mean(kind, _KINDS) if isinstance(kind, str) else ""
        raise ParameterError(
            f"the range of {name} must be one of {', '.join(_KINDS)}, as uniform(low, high), got {span!r}{near}"
        )
    try:
        wanted = _KINDS[kind].wants(*span[1:])
    except TypeError:
        wanted = "another number of values"
    if wanted:
        raise ParameterError(f"the range {kind} of {name} needs {wanted}, got {span[1:]!r}")
    return _KINDS[kind].ends(*span[1:])


def _recording(name: str, read: Read | None) -> Any:
    if read is None:
        raise ParameterError(
            f"the recording {name!r} was drawn, and there is nothing to read it with; "
            "give draw(..., read=...), a function from a name to samples at the rate of the items"
        )
    samples = read(name)
    try:
        return as_samples(samples)
    except InputError as error:
        raise InputError(f"the recording {name!r}: {error}") from None


# --- drawing ----------------------------------------------------------------------------------------------------------


def draw(stage: Stage, seed: int, item: str | int, read: Read | None = None) -> Stage:
    """The pipeline for one item: every :class:`Vary` inside replaced by a stage with the numbers drawn for that item.

    Parameters
    ----------
    stage : Stage
        A pipeline, a Join or any other stage. One that holds no Vary is returned as it is.
    seed : int
        Another seed, another draw for all items.
    item : str or int
        What tells the item from all others: its name in the corpus, with the number of the copy if there are several
        (``"a.wav#2"``). An absolute path would make the draw depend on where the corpus lies.
    read : callable or None
        Gives the samples of a recording by its name, at the rate of the items. Needed where recordings are drawn.

    Returns
    -------
    Stage
        The same for the same seed and item, whatever else was drawn before, in any process on any machine.

    Raises
    ------
    ParameterError
        If the seed is not an integer, or a recording is drawn and there is no ``read``.
    InputError
        If what ``read`` returns is no signal, or the stage can't take it.

    Examples
    --------
    >>> import featkit
    >>> recipe = Vary(featkit.Gain(), {"db": uniform(-6.0, 6.0)}, probability=0.5) | featkit.Frames(400, hop=160)
    >>> draw(recipe, seed=3, item="a.wav") == draw(recipe, seed=3, item="a.wav")
    True
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise ParameterError(f"the seed must be an integer, got {seed!r}")
    if isinstance(item, bool) or not isinstance(item, (str, int, np.integer)):
        raise ParameterError(f"the item must be a name or a number, got {item!r}")
    return _drawn(stage, (int(seed), item if isinstance(item, str) else int(item)), read)


def _drawn(stage: Stage, key: tuple[int | str, ...], read: Read | None) -> Stage:
    """``key`` grows by the place of every part on the way down."""
    if not varies(stage):
        return stage
    if isinstance(stage, Vary):
        return _drawn(stage.drawn(key, read), (*key, 0), read)
    parts = {
        label: _drawn(part, (*key, at), read) if isinstance(part, Stage) else part
        for at, (label, part) in enumerate(stage.parts().items())
    }
    if isinstance(stage, Pipeline):
        return pipeline(*parts.values())  # type: ignore[arg-type]
    return stage.with_(**parts)


def varies(stage: Parameters) -> bool:
    """Whether a stage, or one inside it, is still to be drawn.

    >>> import featkit
    >>> varies(featkit.Gain() | Vary(featkit.Gain())), varies(featkit.Gain())
    (True, False)
    """
    return isinstance(stage, Vary) or any(map(varies, stage.parts().values()))


# --- recording what was drawn -----------------------------------------------------------------------------------------

#: Longer arrays are recorded by their size, type and digest.
_PRINTED = 16


def recorded(value: Any) -> str:
    """The ``repr`` of a stage for a sidecar: long arrays (noise, impulse responses) by their size, type and digest.

    The same recipe, seed and item give the whole stage again; the digest tells whether the recordings are still the same.

    >>> import featkit, numpy as np
    >>> recorded(featkit.Gain(-3.0) | featkit.AddNoise(np.ones(16000, np.float32), noise_name="hum.wav"))[:62]
    'Gain(db=-3.0) | AddNoise(noise=array(<16000 x f4, blake2b 7532'
    """
    if isinstance(value, Pipeline):
        return " | ".join(map(recorded, value.stages))
    if isinstance(value, Parameters):
        return f"{type(value).__name__}({', '.join(f'{name}={recorded(own)}' for name, own in value.fields().items())})"
    if isinstance(value, tuple):
        return f"({', '.join(map(recorded, value))}{',' * (len(value) == 1)})"
    if isinstance(value, np.ndarray) and value.size > _PRINTED:
        digest = hashlib.blake2b(value.tobytes(), digest_size=8).hexdigest()
        return f"array(<{value.size} x {value.dtype.str[1:]}, blake2b {digest}>)"
    return literal(value)
