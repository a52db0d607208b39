"""Stages that look at the loudest value of the whole input: decibels below a peak, and references taken from it."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array
from featkit.stage import Whole


class BelowPeak(Whole):
    """Raise every value to the peak of the whole input less a range: top_db of librosa and torchaudio, Whisper's 8.

    Parameters
    ----------
    range : float
        How far below the largest value a value may lie; in the input's own unit (dB after ``Log("dB")``).

    Notes
    -----
    Any shape, unchanged. In two passes over a stream: take the peak of ``stage.iterate`` first, then ``np.maximum`` the
    rows of a second pass with ``peak - range``.

    Raises
    ------
    ParameterError
        If range is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> BelowPeak(80.0)(np.array([[0.0, -30.0, -120.0]]))
    array([[  0., -30., -80.]])
    """

    name = "below_peak"
    formula = "y = max(x, max_all(x) - range)"
    source = "librosa.power_to_db (top_db); openai-whisper, log_mel_spectrogram"
    remedy = (
        "run the stages before it in a first pass and take the peak, then np.maximum(rows, peak - range) in a second pass "
        "(docs/streaming.md)"
    )

    range: float = 80.0

    def check(self) -> None:
        self.above(0, "range")

    def apply(self, rows: Array) -> Array:
        return np.maximum(rows, rows.max() - rows.dtype.type(self.range)) if rows.size else rows


class RelativeToPeak(Whole):
    """Divide by the largest value of the whole input (librosa's ``ref=np.max``).

    Notes
    -----
    Any shape, unchanged; silence stays as it is.

    Examples
    --------
    >>> import numpy as np
    >>> RelativeToPeak()(np.array([[1.0, 4.0]]))
    array([[0.25, 1.  ]])
    """

    name = "relative_to_peak"
    formula = "y = x / max_all(x)"
    source = "librosa.power_to_db (ref=np.max)"
    remedy = "run the stages before it in a first pass and take the peak, then divide by it in a second pass (docs/streaming.md)"

    def apply(self, rows: Array) -> Array:
        peak = rows.max(initial=0)
        return rows / peak if peak else rows
