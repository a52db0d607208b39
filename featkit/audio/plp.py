"""Perceptual linear prediction: loudness, an all-pole model of it, and its cepstrum."""

from __future__ import annotations

import numpy as np

from featkit import numeric
from featkit.audio.mel import Scale, Warping, mel_corners
from featkit.errors import ShapeError
from featkit.numeric import Array, constant
from featkit.stage import Pointwise, RowShape


@constant
def equal_loudness(dtype: str, *band: object) -> Array:
    """The weights of :class:`Loudness` at the centres of the mel filters: how loud the ear hears equal intensities."""
    squared = mel_corners(*band)[1][1:-1] ** 2  # type: ignore[arg-type]
    below = squared / (squared + 1.6e5)
    return (below * below * ((squared + 1.44e6) / (squared + 9.61e6))).astype(dtype)


class Loudness(Pointwise):
    """Weight mel bands as the ear does, and compress them as loudness grows with intensity.

    Parameters
    ----------
    exponent : float
        The power law of loudness, about 1/3.
    floor : float
        Smaller band energies count as this one (1.0 in HTK); those below 0 count as 0.
    rate, low_hz, high_hz, scale, warp, warp_low_hz, warp_high_hz, warping
        As in the :class:`MelBank` before it: they say where the centres of its bands are.

    Notes
    -----
    Shape: ``(frames, bands)``, unchanged. E(f) = (f^2 / (f^2 + 1.6e5))^2 (f^2 + 1.44e6) / (f^2 + 9.61e6), f in Hz.

    Raises
    ------
    ParameterError
        If exponent or rate is not above 0, or floor below 0.

    Examples
    --------
    >>> import numpy as np
    >>> Loudness()(np.full((1, 3), 1000.0)).round(2)
    array([[4.58, 6.92, 8.72]])
    """

    name = "loudness"
    shape = "frame mel -> frame mel"
    formula = "y[t, n] = (E(f_n) max(x[t, n], floor))^exponent,  f_n the centre of band n"
    source = "Hermansky, Perceptual linear predictive (PLP) analysis of speech, 1990; HTK Book, 5.7"

    exponent: float = 1 / 3
    floor: float = 0.0
    rate: float = 16000
    low_hz: float = 20.0
    high_hz: float | None = None
    scale: Scale = "htk"
    warp: float = 1.0
    warp_low_hz: float = 100.0
    warp_high_hz: float | None = None
    warping: Warping = "kaldi"

    def check(self) -> None:
        self.above(0, "exponent", "rate", "warp")
        self.at_least(0, "floor")

    def apply(self, rows: Array) -> Array:
        warp = (self.warp, self.warp_low_hz, self.warp_high_hz, self.warping)
        weights = equal_loudness(
            rows.dtype.str, rows.shape[-1], self.rate, self.low_hz, self.high_hz, self.scale, *warp
        )
        return np.power(np.maximum(rows, float(self.floor)) * weights, float(self.exponent))


@constant
def _autocorrelation_weights(dtype: str, order: int, bands: int) -> object:
    """The inverse cosine transform of a spectrum that is ``bands`` values and its first and last one once more."""
    last = bands + 1
    lags, at = np.arange(order + 1)[:, None], np.arange(last + 1)
    waves = np.cos(np.pi / last * lags * at) / last
    waves[:, [0, last]] /= 2
    waves[:, 1] += waves[:, 0]
    waves[:, -2] += waves[:, -1]
    return numeric.weights(waves[:, 1:-1].astype(dtype))


class LinearPrediction(Pointwise):
    """Fit an all-pole model to each spectrum: the error of the prediction, then the coefficients of its filter.

    Parameters
    ----------
    order : int
        Poles.
    floor : float
        A step of the recursion leaves at least this part of the error; keeps constant signals finite.

    Notes
    -----
    Shape: ``(frames, bands)`` -> ``(frames, 1 + order)``: the error e, then a_1 .. a_order of the filter
    A(z) = 1 + a_1 z^-1 + ... whose inverse, e / abs(A)^2, is the model. The autocorrelation is the inverse cosine transform
    of the spectrum with its first and last value repeated; values below 0 count as 0. Silence has e = 0 and a = 0.

    Raises
    ------
    ParameterError
        If order is below 1 or floor below 0.

    Examples
    --------
    >>> import numpy as np
    >>> LinearPrediction(order=2)(np.array([[4.0, 2.0, 1.0]])).round(3)
    array([[ 2.006, -0.423,  0.108]])
    """

    name = "linear_prediction"
    shape = "* * -> * predictor"
    formula = "sum_j a_j r[abs(i - j)] = -r[i], i = 1 .. order (Levinson and Durbin's recursion);  r = IDFT of x"
    source = "Makhoul, Linear prediction: a tutorial review, 1975; Kaldi, mel-computations.cc (Durbin)"

    order: int = 12
    floor: float = 1e-5

    def check(self) -> None:
        self.at_least(1, "order")
        self.at_least(0, "floor")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and row[0] < 1:
            raise ShapeError("LinearPrediction takes spectra of at least 1 value")
        return (1 + self.order,)

    def apply(self, rows: Array) -> Array:
        spectra = np.maximum(rows, 0)
        lags = numeric.project(spectra, _autocorrelation_weights(rows.dtype.str, self.order, rows.shape[-1])).T
        made, terms = np.zeros_like(lags), np.empty_like(lags)
        error, filtered = made[0], made[1:]
        error[:] = lags[0]
        for i in range(self.order):
            terms[0] = lags[i + 1]
            np.multiply(filtered[:i], lags[i:0:-1], out=terms[1 : i + 1])
            left = numeric.sum_of_terms(terms[: i + 1])
            # At most 1; beyond is rounding, where a spectrum of few lines leaves no error to predict.
            reflection = np.divide(left, error, out=np.sign(left), where=np.abs(left) < error)
            error *= np.maximum(1 - reflection * reflection, float(self.floor))
            before = filtered[:i].copy()
            filtered[:i] -= reflection * before[::-1]
            filtered[i] = -reflection
        return np.ascontiguousarray(made.T)


class PredictionCepstrum(Pointwise):
    """The cepstrum of an all-pole model, from its prediction error and filter.

    Parameters
    ----------
    n : int
        Coefficients, c_0 among them.
    floor : float
        Smaller errors count as this one, so that silence stays finite.

    Notes
    -----
    Shape: ``(frames, 1 + order)`` -> ``(frames, n)``; c_0 is the logarithm of the error.

    Raises
    ------
    ParameterError
        If n is below 1 or floor not above 0.
    ShapeError
        If n is more than 1 + order.

    Examples
    --------
    >>> import numpy as np
    >>> PredictionCepstrum(3)(np.array([[1.0, -0.5, 0.0]]))
    array([[0.   , 0.5  , 0.125]])
    """

    name = "prediction_cepstrum"
    shape = "* predictor -> * cepstrum"
    formula = "c_i = -a_i - sum_{j=1..i-1} (i - j)/i a_j c_{i-j};  c_0 = log(max(e, floor))"
    source = "Atal, Effectiveness of linear prediction characteristics of the speech wave, 1974; HTK Book, 5.3"

    n: int = 13
    floor: float = 1e-10

    def check(self) -> None:
        self.at_least(1, "n")
        self.above(0, "floor")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and row[0] < self.n:
            raise ShapeError(
                f"PredictionCepstrum makes {self.n} coefficients of at most as many values, got {row[0]}; "
                "lower n or raise the order of the prediction"
            )
        return (self.n,)

    def apply(self, rows: Array) -> Array:
        filtered = np.ascontiguousarray(rows.T)
        cepstra = np.empty((self.n, len(rows)), rows.dtype)
        cepstra[0] = np.log(np.maximum(filtered[0], max(float(self.floor), float(np.finfo(rows.dtype).tiny))))
        falling, terms = np.arange(self.n, 0, -1, dtype=rows.dtype)[:, None], np.zeros((self.n, len(rows)), rows.dtype)
        for i in range(1, self.n):  # terms[0] stays 0
            np.multiply(filtered[1:i], falling[self.n - i + 1 :], out=terms[1:i])
            terms[1:i] *= cepstra[i - 1 : 0 : -1]
            cepstra[i] = -filtered[i] - numeric.sum_of_terms(terms[:i]) / i
        return np.ascontiguousarray(cepstra.T)
