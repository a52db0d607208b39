"""How far a value may lie below the loudest of the whole input."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from featkit.errors import InputError
from featkit.numeric import Array, at_least
from featkit.stage import Pointwise, Whole


class Floor(Pointwise):
    """Raise every value below a floor to it.

    Parameters
    ----------
    floor : float

    Notes
    -----
    Any shape, unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> Floor(-80.0)(np.array([[0.0, -120.0]]))
    array([[  0., -80.]])
    """

    name = "floor"
    formula = "y = max(x, floor)"
    source = "featkit"

    floor: float = 0.0

    def apply(self, rows: Array) -> Array:
        return at_least(rows, float(self.floor))


class BelowPeak(Whole):
    """Raise every value to the peak of the whole input less a range: top_db of librosa and torchaudio, Whisper's 8.

    Parameters
    ----------
    range : float
        How far below the largest value a value may lie; in the input's own unit (dB after ``Log("dB")``).

    Notes
    -----
    Any shape, unchanged. Settled in a first pass it becomes a :class:`Floor`.

    Raises
    ------
    ParameterError
        If range is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> BelowPeak(80.0)(np.array([[0.0, -30.0, -120.0]]))
    array([[  0., -30., -80.]])
    """

    name = "below_peak"
    formula = "y = max(x, max_all(x) - range)"
    source = "librosa.power_to_db (top_db); openai-whisper, log_mel_spectrogram"
    range: float = 80.0

    def check(self) -> None:
        self.at_least(0, "range")

    def settle(self, blocks: Iterable[Array]) -> Floor:
        peak = _peak(blocks)
        # In the rows' own precision, as if it were computed among them.
        return Floor(float(peak - peak.dtype.type(self.range)))


def _peak(blocks: Iterable[Array]) -> np.floating:
    peaks = [rows.max() for rows in blocks if rows.size]
    if not peaks:
        raise InputError("there is no row to take the peak of; give an input that is long enough for a frame")
    return max(peaks)
