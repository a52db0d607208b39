"""Framing: a signal becomes overlapping frames."""

from __future__ import annotations

from typing import Literal

import numpy as np

from featkit.numeric import Array, Fill
from featkit.stage import RowShape, Stage
from featkit.windowed import Geometry, Windowed


class Frames(Windowed):
    """Cut a signal into overlapping frames.

    Parameters
    ----------
    length : int
        Samples in a frame (25 ms at 16 kHz: 400).
    hop : int
        Samples from one frame to the next (10 ms at 16 kHz: 160).
    edges : str
        Where frames may lie:

        - ``"snip"``: only frames that lie wholly inside the signal; frame t starts at sample ``t*hop``
        - ``"centre"``: frame t is centred on sample ``t*hop``: frames that lie wholly inside the signal with ``length//2``
          samples made up before and after it (librosa, torch)
        - ``"per-hop"``: frame t is centred on sample ``t*hop``, one frame for each whole hop (Whisper)
        - ``"half-hop"``: frame t is centred on sample ``t*hop + hop/2`` (Kaldi's ``snip_edges=false``)
        - ``"end"``: frame t starts at sample ``t*hop``; the last frame is filled up (python_speech_features)
    fill : str
        What lies outside the signal: ``"reflect"`` (without repeating the edge), ``"mirror"`` (repeating it, as Kaldi
        does), ``"edge"`` or ``"zero"``.

    Notes
    -----
    The number of frames of n samples, :meth:`count`, is ``(n - length)//hop + 1`` (snip),
    ``(n - length%2)//hop + 1`` (centre), ``n//hop`` (per-hop), ``(n + hop//2)//hop`` (half-hop) and
    ``max(1, ceil((n - length)/hop) + 1)`` (end); none for an empty signal.

    Shape: ``(samples,)`` -> ``(frames, length)``.

    Raises
    ------
    ParameterError
        If length or hop is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> Frames(length=4, hop=2)(np.arange(8.0))
    array([[0., 1., 2., 3.],
           [2., 3., 4., 5.],
           [4., 5., 6., 7.]])
    >>> Frames(length=4, hop=4, edges="centre")(np.arange(8.0))
    array([[2., 1., 0., 1.],
           [2., 3., 4., 5.],
           [6., 7., 6., 5.]])
    """

    name = "frames"
    shape = "sample -> frame tap"
    formula = "y[t, i] = x[t*hop - left + i],  0 <= i < length"
    source = "Rabiner & Schafer, Digital Processing of Speech Signals, 1978"

    length: int = 400
    hop: int = 160
    edges: Literal["snip", "centre", "per-hop", "half-hop", "end"] = "snip"
    fill: Fill = "reflect"

    def check(self) -> None:
        self.at_least(1, "length", "hop")

    def geometry(self) -> Geometry:
        length, hop = self.length, self.hop
        if self.edges == "centre":
            return Geometry(length, hop, left=length // 2, reach=hop - length % 2, fill=self.fill)
        if self.edges == "per-hop":
            return Geometry(length, hop, left=length // 2, fill=self.fill)
        if self.edges == "half-hop":
            return Geometry(length, hop, left=length // 2 - hop // 2, reach=hop // 2, fill=self.fill)
        if self.edges == "end":
            return Geometry(length, hop, reach=2 * hop - 1 - length, fill=self.fill, fewest=1)
        return Geometry(length, hop, reach=hop - length, fill=self.fill)

    def windows(self, rows: Array) -> Array:
        return rows

    def row_shape(self, row: RowShape) -> RowShape:
        return (self.length,)

    def fuse(self, after: tuple[Stage, ...]) -> tuple[Stage, int] | None:
        from featkit.audio.fused import fused_frames

        return fused_frames(self, after)

    def absorb(self, before: Stage, after: tuple[Stage, ...]) -> tuple[Stage, int] | None:
        from featkit.audio.fused import fused_gain

        return fused_gain(before, self, after)

    def times(self, frames: int, rate: float) -> Array:
        """The centre of each frame in seconds.

        >>> Frames(length=400, hop=160).times(3, rate=16000)
        array([0.0125, 0.0225, 0.0325])
        """
        return (np.arange(frames) * self.hop - self.geometry().left + self.length / 2) / rate
