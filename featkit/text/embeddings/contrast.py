"""The step that all objectives but the full softmax are made of: inputs told which outputs are theirs and which are not."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array, stacked_products


def gradients(
    inputs: Array, outputs: Array, weights: Array, against: Array, at: int, on_inputs: Array, on_outputs: Array
) -> None:
    """What moves inputs and outputs uphill on sum w log sigma(s) + w' log sigma(-s), s = input . output.

    The slope of it in s is w sigma(-s) - w' sigma(s) = (w + w') sigma(-s) - w'.

    Parameters
    ----------
    inputs : ndarray, shape (n, a, dim)
    outputs : ndarray, shape (n, b, dim)
    weights : ndarray, shape (n, a, b)
        w + w': how much each pair counts, for or against. It is overwritten.
    against : ndarray, shape (n, a, b - at)
        w', how much it counts against, of the outputs from ``at`` on; the others have none.
    at : int
    on_inputs, on_outputs : ndarray
        Where the gradients go, shaped as inputs and outputs are.
    """
    slope = stacked_products(inputs, outputs.transpose(0, 2, 1))
    with np.errstate(over="ignore"):
        np.exp(slope, out=slope)
    slope += 1
    np.divide(weights, slope, out=slope)
    slope[:, :, at:] -= against
    stacked_products(slope, outputs, on_inputs)
    stacked_products(slope.transpose(0, 2, 1), inputs, on_outputs)
