"""Mu-law: samples in few bits, the steps small where the signal is soft."""

from __future__ import annotations

import math

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Array
from featkit.stage import Pointwise


class MuLawEncode(Pointwise):
    """Turn samples into the numbers of mu-law steps, 0 to channels - 1.

    Parameters
    ----------
    channels : int
        How many steps there are; 256 for 8 bits. mu is one less.

    Notes
    -----
    Shape: ``(samples,)``, unchanged; the steps are whole numbers held as floats. Samples outside [-1, 1] count as its ends.
    0 becomes ``channels // 2``. This is the continuous curve; G.711's own codec follows it in straight lines.

    Raises
    ------
    ParameterError
        If there are fewer than 2 channels, or more than 65536.

    Examples
    --------
    >>> import numpy as np
    >>> MuLawEncode()(np.array([-1.0, -0.01, 0.0, 0.01, 1.0]))
    array([  0.,  98., 128., 157., 255.])
    """

    name = "mu_law_encode"
    shape = "sample -> sample"
    formula = "y = floor((sign(x) ln(1 + mu |x|) / ln(1 + mu) + 1) / 2 mu + 1/2),  mu = channels - 1"
    source = "ITU-T G.711; torchaudio.functional.mu_law_encoding"

    channels: int = 256

    def check(self) -> None:
        _check_channels(self)

    def apply(self, rows: Array) -> Array:
        return _encoded(rows, self.channels - 1).astype(rows.dtype, copy=False)


class MuLawDecode(Pointwise):
    """Turn the numbers of mu-law steps back into samples.

    Parameters
    ----------
    channels : int
        How many steps there are. mu is one less.

    Notes
    -----
    Shape: ``(frames,)`` of steps -> ``(samples,)``. Steps outside 0 .. channels - 1 count as its ends.

    Raises
    ------
    ParameterError
        If there are fewer than 2 channels, or more than 65536.

    Examples
    --------
    >>> import numpy as np
    >>> MuLawDecode()(np.array([0.0, 98.0, 157.0, 255.0])).round(4)
    array([-1.    , -0.0102,  0.0102,  1.    ])
    """

    name = "mu_law_decode"
    shape = "* -> sample"
    formula = "x = sign(c) ((1 + mu)^|c| - 1) / mu,  c = 2 y/mu - 1,  mu = channels - 1"
    source = "ITU-T G.711; torchaudio.functional.mu_law_decoding"

    channels: int = 256

    def check(self) -> None:
        _check_channels(self)

    def apply(self, rows: Array) -> Array:
        return _decoded(rows.astype(np.float64), self.channels - 1).astype(rows.dtype, copy=False)


class MuLaw(Pointwise):
    """What mu-law coding leaves of a signal: encoded and decoded again, as over a telephone line.

    Parameters
    ----------
    channels : int
        How many steps there are; 256 for 8 bits. mu is one less.

    Notes
    -----
    Shape: ``(samples,)``, unchanged. Samples outside [-1, 1] are clipped. Digital silence becomes the step next to 0, a
    constant of 9e-5 with 256 channels: there are as many steps above 0 as below, and none on it.

    Raises
    ------
    ParameterError
        If there are fewer than 2 channels, or more than 65536.

    Examples
    --------
    >>> import numpy as np
    >>> MuLaw()(np.array([-0.3, 0.01, 0.3])).round(4)
    array([-0.3063,  0.0102,  0.3063])
    """

    name = "mu_law"
    shape = "sample -> sample"
    formula = "y = decoded(encoded(x)):  MuLawEncode | MuLawDecode"
    source = "ITU-T G.711; torchaudio.functional.mu_law_encoding"

    channels: int = 256

    def check(self) -> None:
        _check_channels(self)

    def apply(self, rows: Array) -> Array:
        mu = self.channels - 1
        return _decoded(_encoded(rows, mu), mu).astype(rows.dtype, copy=False)


def _check_channels(stage: Pointwise) -> None:
    stage.at_least(2, "channels")
    if stage.fields()["channels"] > 65536:
        raise ParameterError(f"{type(stage).__name__}.channels must be at most 65536, got {stage.fields()['channels']}")


def _encoded(rows: Array, mu: int) -> Array:
    x = np.clip(rows.astype(np.float64), -1.0, 1.0)
    compressed = np.copysign(np.log1p(mu * np.abs(x)) / math.log1p(mu), x)
    steps: Array = np.floor((compressed + 1.0) / 2.0 * mu + 0.5)
    return steps


def _decoded(steps: Array, mu: int) -> Array:
    compressed = np.clip(steps, 0, mu) / mu * 2.0 - 1.0
    samples: Array = np.copysign(np.expm1(np.abs(compressed) * math.log1p(mu)) / mu, compressed)
    return samples
