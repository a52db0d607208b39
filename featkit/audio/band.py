"""The band of a line or a microphone: what lies outside is filtered out."""

from __future__ import annotations

import numpy as np

from featkit.errors import ParameterError
from featkit.numeric import Array, constant
from featkit.stage import Stage


class BandLimit(Stage):
    """Keep a band of frequencies, as a telephone line or a small loudspeaker does.

    Parameters
    ----------
    low_hz, high_hz : float or None
        The ends of the band, where the filter has -3 dB. None: no such end.
    rate : float
        Sampling rate in Hz.
    order : int
        How steep: 6 dB an octave for every order, at either end.

    Notes
    -----
    Shape: ``(samples,)``, unchanged. A Butterworth filter in sections of second order, run in float64; it delays what lies
    near its ends by some samples, as a line does.

    Raises
    ------
    ParameterError
        If neither end is given, an end does not lie between 0 and half of the rate, low_hz is not below high_hz, or the
        order not within 1 and 20.

    Examples
    --------
    >>> import numpy as np
    >>> hum, voice = (np.sin(2 * np.pi * hz * np.arange(16000) / 16000) for hz in (50, 1000))
    >>> [float(BandLimit(300, 3400)(tone)[8000:].std().round(3)) for tone in (hum, voice)]
    [0.001, 0.707]
    """

    name = "band_limit"
    shape = "sample -> sample"
    formula = "Y(z) = H(z) X(z),  |H|^2 = 1 / (1 + w^(2 order)),  w: frequency over the band's ends"
    source = "Butterworth, On the theory of filter amplifiers, 1930; scipy.signal.butter"

    low_hz: float | None = 300.0
    high_hz: float | None = 3400.0
    rate: float = 16000
    order: int = 4

    def check(self) -> None:
        self.above(0, "rate", "low_hz", "high_hz")
        if self.low_hz is None and self.high_hz is None:
            raise ParameterError("BandLimit needs low_hz, high_hz or both")
        for field, end in (("low_hz", self.low_hz), ("high_hz", self.high_hz)):
            if end is not None and end >= self.rate / 2:
                raise ParameterError(
                    f"BandLimit.{field} must lie below half of the rate, {self.rate / 2:g} Hz, got {end!r}; "
                    "None leaves that end open"
                )
        if self.low_hz is not None and self.high_hz is not None and self.low_hz >= self.high_hz:
            raise ParameterError(f"BandLimit.low_hz ({self.low_hz:g}) must lie below high_hz ({self.high_hz:g})")
        if not 1 <= self.order <= 20:
            raise ParameterError(f"BandLimit.order must be within 1 and 20, got {self.order!r}")

    def init(self) -> Array:
        return np.zeros((len(self._sections()), 2))

    def step(self, state: Array, rows: Array) -> tuple[Array, Array]:
        if not len(rows):
            return state, rows[:0]
        from scipy.signal import sosfilt

        # A copy: SciPy takes only what can be written to.
        passed, after = sosfilt(self._sections().copy(), rows.astype(np.float64), zi=state)
        return after, passed.astype(rows.dtype, copy=False)

    def _sections(self) -> Array:
        return _sections(self.low_hz, self.high_hz, float(self.rate), int(self.order))


@constant
def _sections(low_hz: float | None, high_hz: float | None, rate: float, order: int) -> Array:
    """The filter in sections of second order, each end by itself, so that ``order`` means the same for both."""
    from scipy.signal import butter

    ends = [("highpass", low_hz), ("lowpass", high_hz)]
    return np.concatenate([butter(order, end, kind, fs=rate, output="sos") for kind, end in ends if end is not None])
