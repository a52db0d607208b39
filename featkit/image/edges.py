"""How strong an edge is, from its change in several directions."""

from __future__ import annotations

import numpy as np

from featkit.numeric import Array
from featkit.stage import Pointwise, RowShape


class EdgeStrength(Pointwise):
    """The root mean square of the channels of every pixel: the strength of an edge from its changes down and across.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(height, width, 1)``. Behind ``Convolve(sobel_kernels(), padding="same",
    fill="mirror")`` it is scikit-image's ``sobel``; behind :func:`gabor_kernels`, the energy of a wave, halved.

    Examples
    --------
    >>> import numpy as np
    >>> EdgeStrength()(np.array([[[1.0, 7.0]]]))
    array([[[5.]]])
    """

    name = "edge_strength"
    shape = "height width channel -> height width channel"
    formula = "y[i, j] = sqrt(mean_c x[i, j, c]^2)"
    source = "Sobel & Feldman, An isotropic 3x3 image gradient operator, 1968; skimage.filters.sobel"

    def row_shape(self, row: RowShape) -> RowShape:
        return None if row is None else (row[0], 1)

    def apply(self, rows: Array) -> Array:
        total = rows[..., 0] ** 2
        for channel in range(1, rows.shape[-1]):
            total = total + rows[..., channel] ** 2
        return np.sqrt(total / rows.shape[-1])[..., None]
