"""The length of a signal, or of a sequence of frames: trimmed, fixed, filled up, repeated, kept below a limit, cropped."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.errors import InputError
from featkit.numeric import Array, Rows
from featkit.stage import Stage, Whole
from featkit.windowed import Geometry, Windowed


class Trim(Windowed):
    """Leave out rows at the beginning and at the end.

    Parameters
    ----------
    left, right : int
        How many.

    Notes
    -----
    Shape: ``(n, ...)`` -> ``(max(n - left - right, 0), ...)``. The opposite of :class:`Pad`.

    Raises
    ------
    ParameterError
        If one of them is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> Trim(1, 2)(np.arange(5.0))
    array([1., 2.])
    """

    name = "trim"
    formula = "y[i] = x[i + left],  0 <= i < n - left - right"
    source = "featkit"

    left: int = 0
    right: int = 2

    def check(self) -> None:
        self.at_least(0, "left", "right")

    def geometry(self) -> Geometry:
        return Geometry(1 + self.right, left=-self.left, reach=-self.left - self.right)

    def windows(self, rows: Array) -> Array:
        return rows[:, 0]


class FixLength(Stage):
    """Give a signal, or a sequence of frames, exactly one length: what is beyond is cut off, what is missing is made up.

    Parameters
    ----------
    length : int
        Rows in the output.
    value : float
        What is put where the input has ended.

    Notes
    -----
    Shape: ``(n, ...)`` -> ``(length, ...)``.

    Raises
    ------
    ParameterError
        If length is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> FixLength(3)(np.array([1.0, 2.0])), FixLength(3)(np.arange(5.0))
    (array([1., 2., 0.]), array([0., 1., 2.]))
    """

    name = "fix_length"
    formula = "y[i] = x[i] for i < min(n, length), else value"
    source = "openai-whisper, pad_or_trim"

    length: int = 480000
    value: float = 0.0

    def check(self) -> None:
        self.at_least(1, "length")

    def count(self, n: int) -> int:
        return self.length

    def init(self) -> tuple[int, Rows | None]:
        return 0, None

    def step(self, state: tuple[int, Rows | None], rows: Array) -> tuple[tuple[int, Rows | None], Array]:
        given = rows[: max(0, self.length - state[0])]
        return (state[0] + len(given), rows[:0]), given

    def flush(self, state: tuple[int, Rows | None]) -> Array | None:
        given, like = state
        return None if like is None else np.full((self.length - given, *like.shape[1:]), self.value, like.dtype)


class DropShort(Stage):
    """Let a signal, or a sequence of frames, through if it is long enough; of a shorter one nothing is left.

    Parameters
    ----------
    length : int
        Rows that it must have.

    Notes
    -----
    Shape: ``(n, ...)`` -> ``(n, ...)``, or ``(0, ...)`` where n < length. The first rows are kept until it is known.

    Raises
    ------
    ParameterError
        If length is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> DropShort(3)(np.array([1.0, 2.0])), DropShort(3)(np.array([1.0, 2.0, 3.0]))
    (array([], dtype=float64), array([1., 2., 3.]))
    """

    name = "drop_short"
    formula = "y = x if n >= length, else nothing"
    source = "Kaldi, compute-fbank-feats (min-duration)"

    length: int = 1600

    def check(self) -> None:
        self.at_least(0, "length")

    def count(self, n: int) -> int:
        return n if n >= self.length else 0

    def needs(self, rows: int) -> int:
        return max(rows, self.length) if rows else 0

    def init(self) -> tuple[bool, Rows | None]:
        return False, None

    def step(self, state: tuple[bool, Rows | None], rows: Array) -> tuple[tuple[bool, Rows | None], Array]:
        enough, held = state
        if enough:
            return state, rows
        held = rows.copy() if held is None else np.concatenate([held, rows])
        if len(held) < self.length:
            return (False, held), rows[:0]
        return (True, None), held

    def flush(self, state: tuple[bool, Rows | None]) -> Array | None:
        return None


class Repeat(Stage):
    """Repeat a signal until it has a length; longer ones pass as they are (CLAP fills up short clips so).

    Parameters
    ----------
    length : int
        Rows that the output has at least.
    whole : bool
        Only whole repetitions (the rest is for another stage to fill), or cut the last one to fit.

    Notes
    -----
    Shape: ``(n, ...)`` -> ``(max(n, length), ...)``, or the largest multiple of n up to length where ``whole``. The first
    ``length`` rows are kept until the end is known.

    Raises
    ------
    ParameterError
        If length is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> Repeat(5)(np.array([1.0, 2.0])), Repeat(5, whole=True)(np.array([1.0, 2.0]))
    (array([1., 2., 1., 2., 1.]), array([1., 2., 1., 2.]))
    """

    name = "repeat"
    formula = "y[i] = x[i mod n]"
    source = "Hugging Face transformers, ClapFeatureExtractor (padding='repeat')"

    length: int = 480000
    whole: bool = False

    def check(self) -> None:
        self.at_least(1, "length")

    def count(self, n: int) -> int:
        if n == 0 or n >= self.length:
            return n
        return self.length // n * n if self.whole else self.length

    def init(self) -> tuple[int, Rows | None]:
        return 0, None

    def step(self, state: tuple[int, Rows | None], rows: Array) -> tuple[tuple[int, Rows | None], Array]:
        seen, held = state
        missing = max(0, self.length - seen)
        held = rows[:missing].copy() if held is None else np.concatenate([held, rows[:missing]])
        return (seen + len(rows), held), rows

    def flush(self, state: tuple[int, Rows | None]) -> Array | None:
        seen, held = state
        if held is None or not seen:
            return None
        return held[np.arange(seen, self.count(seen)) % seen]


class FillUp(Stage):
    """Put rows behind the last one until there are enough; what is longer passes as it is.

    Parameters
    ----------
    length : int
        Rows that there are at least.
    multiple : int
        Of which their number is a multiple.
    value : float
        What the rows put there hold.

    Notes
    -----
    Shape: ``(n, ...)`` -> ``(m, ...)`` with the smallest multiple m that is at least n and length. To cut as well:
    :class:`featkit.FixLength`.

    Raises
    ------
    ParameterError
        If length is below 0 or multiple below 1.

    Examples
    --------
    >>> import numpy as np
    >>> FillUp(4)(np.array([1.0, 2.0, 3.0])), FillUp(multiple=2)(np.array([1.0, 2.0, 3.0]))
    (array([1., 2., 3., 0.]), array([1., 2., 3., 0.]))
    """

    name = "fill_up"
    formula = "y[i] = x[i] for i < n, else value"
    source = "Hugging Face transformers, SequenceFeatureExtractor.pad"

    length: int = 0
    multiple: int = 1
    value: float = 0.0

    def check(self) -> None:
        self.at_least(0, "length")
        self.at_least(1, "multiple")

    def count(self, n: int) -> int:
        enough = max(n, self.length)
        return enough + -enough % self.multiple

    def init(self) -> tuple[int, Array | None]:
        return 0, None

    def step(self, state: tuple[int, Array | None], rows: Array) -> tuple[tuple[int, Array | None], Array]:
        return (state[0] + len(rows), rows[:0].copy()), rows

    def flush(self, state: tuple[int, Array | None]) -> Array | None:
        n, like = state
        return None if like is None else np.full((self.count(n) - n, *like.shape[1:]), self.value, like.dtype)


class AtMost(Stage):
    """Cut what is longer than a model takes, or refuse it where that would be wrong.

    Parameters
    ----------
    length : int or None
        Rows that may come; None for any number.
    longer : str
        More than that is ``"refuse"``-d or ``"cut"`` off.

    Notes
    -----
    Shape: ``(n, ...)`` -> ``(min(n, length), ...)``. To fill up as well: :class:`featkit.FixLength`.

    Raises
    ------
    ParameterError
        If length is below 1.
    InputError
        As soon as more rows come, where they are refused.

    Examples
    --------
    >>> import numpy as np
    >>> AtMost(3)(np.array([1.0, 2.0])), AtMost(3, longer="cut")(np.arange(5.0))
    (array([1., 2.]), array([0., 1., 2.]))
    """

    name = "at_most"
    formula = "y[i] = x[i],  i < length"
    source = "Hugging Face transformers, SequenceFeatureExtractor.pad (truncation)"

    length: int | None = None
    longer: Literal["refuse", "cut"] = "refuse"

    def check(self) -> None:
        self.at_least(1, "length")

    def count(self, n: int) -> int:
        return n if self.length is None else min(n, self.length)

    def init(self) -> int:
        return 0

    def step(self, state: int, rows: Array) -> tuple[int, Array]:
        seen = state + len(rows)
        if self.length is None or seen <= self.length:
            return seen, rows
        if self.longer == "refuse":
            raise InputError(
                f"AtMost takes {self.length} rows, got {seen} or more; cut them before, at a place of your choice"
            )
        return seen, rows[: max(0, self.length - state)]


class RandomCrop(Whole):
    """Keep a part of a longer input, from a place drawn with a seed; shorter ones pass as they are.

    Parameters
    ----------
    length : int
        Rows that are kept.
    seed : int
        Of ``numpy.random.RandomState``, whose ``randint(0, n - length + 1)`` is the first row kept.

    Notes
    -----
    Shape: ``(n, ...)`` -> ``(min(n, length), ...)``.

    Raises
    ------
    ParameterError
        If length is below 1 or seed below 0.

    Examples
    --------
    >>> import numpy as np
    >>> RandomCrop(3, seed=1)(np.arange(9.0))
    array([5., 6., 7.])
    """

    name = "random_crop"
    formula = "y[i] = x[i + begin],  0 <= i < length,  begin drawn from 0 .. n - length"
    source = "Hugging Face transformers, ClapFeatureExtractor (truncation='rand_trunc')"
    remedy = "cut the signal at a place of your choice before streaming it"

    length: int = 480000
    seed: int = 0

    def check(self) -> None:
        self.at_least(1, "length")
        self.at_least(0, "seed")

    def count(self, n: int) -> int:
        return min(n, self.length)

    def apply(self, rows: Array) -> Array:
        begin = 0
        if len(rows) > self.length:
            begin = int(np.random.RandomState(self.seed).randint(0, len(rows) - self.length + 1))
        return rows[begin : begin + self.length].copy()
