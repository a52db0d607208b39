"""Dither: a little noise, so that digital silence is no exact zero."""

from __future__ import annotations

import math

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Array
from featkit.stage import Stage


class Dither(Stage):
    """Add normally distributed noise to every value of each frame.

    Parameters
    ----------
    amount : float
        Standard deviation of the noise, in the unit of the input; 0 adds none.
    seed : int
        Which noise: the same seed gives the same noise.

    Notes
    -----
    Shape: ``(frames, taps)``, unchanged. The noise of a frame is drawn from a counter-based generator (Philox) at a place
    that follows from the seed and the frame's index alone, so it is the same in one piece, in chunks and in parallel.
    Samples that two frames share get different noise in each, as in Kaldi.

    Raises
    ------
    ParameterError
        If amount is below 0 or not finite, or seed below 0.

    Examples
    --------
    >>> import numpy as np
    >>> noise = Dither(amount=2.0, seed=1)(np.zeros((200, 400)))
    >>> round(float(noise.std()), 2), bool((Dither(2.0, seed=1)(np.zeros((2, 400))) == noise[:2]).all())
    (2.0, True)
    """

    name = "dither"
    shape = "* * -> * *"
    formula = "y[t, i] = x[t, i] + amount n[seed, t, i],  n normally distributed"
    source = "Kaldi, feature-window.cc (Dither); Salmon et al., Parallel random numbers: as easy as 1, 2, 3, 2011"

    amount: float = 1.0
    seed: int = 0

    def check(self) -> None:
        self.at_least(0, "amount", "seed")
        if not math.isfinite(self.amount):
            raise ParameterError(f"Dither.amount must be finite, got {self.amount!r}")

    def init(self) -> int:
        return 0

    def step(self, state: int, rows: Array) -> tuple[int, Array]:
        if not self.amount:
            return state, rows
        noise = normal_noise(self.seed, state, len(rows), rows.shape[-1])
        return state + len(rows), (rows + self.amount * noise).astype(rows.dtype, copy=False)


def normal_noise(seed: int, first: int, count: int, width: int) -> Array:
    """Normal noise of the frames first..first+count-1, ``width`` values each, float64 (Box and Muller's way).

    >>> normal_noise(0, 0, 3, 5)[2].tolist() == normal_noise(0, 2, 1, 5)[0].tolist()
    True
    """
    per_frame = -(-width // 4)  # the generator gives four 64-bit words a count
    generator = np.random.Philox(key=seed, counter=first * per_frame)
    words = generator.random_raw(count * per_frame * 4).reshape(count, per_frame * 4)[:, :width]
    radius = ((words >> np.uint64(32)).astype(np.float64) + 1.0) * 2.0**-32  # in (0, 1]
    angle = (words & np.uint64(0xFFFFFFFF)).astype(np.float64) * (2.0 * math.pi * 2.0**-32)
    noise: Array = np.sqrt(-2.0 * np.log(radius)) * np.cos(angle)
    return noise
