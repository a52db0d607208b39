"""Context: frames beside frames, fewer frames, a signal of one length."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array, Rows, flatten_rows
from featkit.stage import Geometry, RowShape, Stage, Windowed


class Splice(Windowed):
    """Put the frames around each frame beside it; edge frames are repeated outside.

    Parameters
    ----------
    left, right : int
        Frames before and after.

    Notes
    -----
    Shape: ``(frames, features)`` -> ``(frames, (left + 1 + right) * features)``.

    Raises
    ------
    ParameterError
        If one of them is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> Splice(1, 1)(np.array([[1.0], [2.0], [3.0]]))
    array([[1., 1., 2.],
           [1., 2., 3.],
           [2., 3., 3.]])
    """

    name = "splice"
    shape = "* * -> * *"
    formula = "y[t] = (x[t-left], ..., x[t], ..., x[t+right])"
    source = "Kaldi, splice-feats"

    left: int = 4
    right: int = 4

    def check(self) -> None:
        self.at_least(0, "left", "right")

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (row[0] * (self.left + 1 + self.right),)

    def geometry(self) -> Geometry:
        return Geometry(self.left + 1 + self.right, left=self.left, fill="edge")

    def windows(self, rows: Array) -> Array:
        return flatten_rows(rows)


class StackFrames(Windowed):
    """Put every ``size`` frames side by side into one, moving on by ``hop``; a rest too short for that is dropped.

    Parameters
    ----------
    size, hop : int
        Frames in a stack, and from one stack to the next.

    Notes
    -----
    Shape: ``(frames, features)`` -> ``((frames - size)//hop + 1, size * features)``.

    Raises
    ------
    ParameterError
        If one of them is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> StackFrames(2, hop=2)(np.arange(5.0)[:, None])
    array([[0., 1.],
           [2., 3.]])
    """

    name = "stack_frames"
    shape = "* * -> * *"
    formula = "y[t] = (x[t*hop], ..., x[t*hop + size - 1])"
    source = "Sak et al., Fast and accurate recurrent neural network acoustic models, 2015"

    size: int = 2
    hop: int = 2

    def check(self) -> None:
        self.at_least(1, "size", "hop")

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (row[0] * self.size,)

    def geometry(self) -> Geometry:
        return Geometry(self.size, self.hop, reach=self.hop - self.size)

    def windows(self, rows: Array) -> Array:
        return flatten_rows(rows)


class Subsample(Windowed):
    """Keep every n-th row.

    Parameters
    ----------
    n : int
        One row in n is kept.
    offset : int
        The first one kept.

    Notes
    -----
    Shape: ``(frames, ...)`` -> ``(ceil((frames - offset) / n), ...)``.

    Raises
    ------
    ParameterError
        If n is below 1 or offset below 0.

    Examples
    --------
    >>> import numpy as np
    >>> Subsample(2, offset=1)(np.arange(5.0)[:, None]).ravel()
    array([1., 3.])
    """

    name = "subsample"
    formula = "y[t] = x[t*n + offset]"
    source = "Kaldi, subsample-feats"

    n: int = 2
    offset: int = 0

    def check(self) -> None:
        self.at_least(1, "n")
        self.at_least(0, "offset")

    def geometry(self) -> Geometry:
        return Geometry(1, self.n, left=-self.offset, reach=self.n - 1 - self.offset)

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
