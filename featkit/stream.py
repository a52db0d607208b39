"""Stream: the one mutable object of the core."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from featkit.entrance import Entrance
from featkit.errors import InputError
from featkit.numeric import Rows
from featkit.pipeline import refuse_to_stream
from featkit.stage import Stage, owned


class Stream:
    """A stage at work on an input that comes in chunks. Made by :meth:`featkit.stage.Stage.stream`.

    Whatever the chunks, the rows given are byte for byte those of ``stage(whole_input)``.

    Examples
    --------
    >>> import numpy as np, featkit
    >>> stream = featkit.Frames(length=4, hop=2).stream()
    >>> stream.push(np.zeros(5, np.float32)).shape, stream.push(np.zeros(3, np.float32)).shape
    ((1, 4), (2, 4))
    >>> stream.finish().shape
    (0, 4)
    """

    def __init__(self, stage: Stage) -> None:
        refuse_to_stream(stage)
        self.stage = stage
        self._state = stage.init()
        self._entrance = Entrance(stage)
        self._nothing: Rows | None = None  # rows of the output's width and type, none of them
        self._finished = False

    @property
    def latency(self) -> int:
        """How many rows in a row out waits for: row t has come when at most ``t*hop + latency`` rows are pushed.

        For MFCC frames of 400 samples that is 400; deltas over two frames on each side make it two hops more.

        >>> import featkit
        >>> featkit.mfcc().stream().latency, (featkit.mfcc() | featkit.Deltas()).stream().latency
        (400, 720)
        """
        far = 1000  # where edges don't matter any more; the first row may wait longer, for what is made up on its left
        needs, periods = self.stage.needs, 705_600  # many turns of every pattern that rates make with each other
        hop = Fraction(needs(far + periods) - needs(far), periods)  # rows in for a row out: 160, 1, or 441/160
        waits = (needs(row + 1) - row * hop for row in range(far, 3 * far))
        return max(needs(1), math.ceil(max(waits)))

    def push(self, chunk: Any) -> Rows:
        """Take the next rows of the input; return the rows of the output that are now certain (often none).

        Raises
        ------
        InputError
            If the chunk cannot be taken, its width or type isn't that of the chunks before, or the stream is finished.
        """
        if self._finished:
            raise InputError("this stream is finished; make a new one with stage.stream()")
        rows = self._entrance.take(chunk)
        self._state, out = self.stage.step(self._state, rows)
        out = owned(out, rows)
        if self._nothing is None:
            self._nothing = out[:0]
        return out

    def finish(self) -> Rows:
        """End the input; return the rows that were still waiting for it.

        Raises
        ------
        InputError
            If the stream is finished already, or nothing was pushed and the width of a row is not known.
        """
        if self._nothing is None:
            if self.stage.axes()[0] != ("sample",):
                raise InputError(
                    "nothing was pushed, so the width of a row is not known; push an empty array of the right width"
                )
            self.push(np.empty(0, np.float32))
        if self._finished:
            raise InputError("this stream is finished; make a new one with stage.stream()")
        self._finished = True
        rest = self.stage.flush(self._state)
        return self._nothing if rest is None else owned(rest, rest)
