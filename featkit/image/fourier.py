"""The frequencies of an image: its two-dimensional Fourier transform."""

from __future__ import annotations

import numpy as np

from featkit.image.plane import no_rows
from featkit.numeric import Array
from featkit.stage import Pointwise, Whole


class ImageSpectrum(Whole):
    """The two-dimensional discrete Fourier transform of every channel.

    Notes
    -----
    Shape: ``(height, width, channels)`` -> ``(height, width, channels)`` complex. Row u and column v hold the frequency of u
    and v periods over the image, the negative ones behind the middle; :class:`CentreSpectrum` puts frequency 0 there.

    Examples
    --------
    >>> import numpy as np
    >>> stripes = np.tile([1.0, -1.0], (2, 2))[..., None]
    >>> ImageSpectrum()(stripes)[..., 0].real
    array([[0., 0., 8., 0.],
           [0., 0., 0., 0.]])
    """

    name = "image_spectrum"
    shape = "height width channel -> vertical horizontal phasor"
    formula = "X[u, v] = sum_i sum_j x[i, j] exp(-2 pi i (u i / height + v j / width))"
    source = "Gonzalez & Woods, Digital Image Processing, chapter 4"

    def apply(self, rows: Array) -> Array:
        from scipy import fft

        kind = np.result_type(rows.dtype, np.complex64)
        if not len(rows):
            return no_rows(self, rows).astype(kind)
        spectrum: Array = fft.fft2(rows, axes=(0, 1))
        return spectrum


class ImageMagnitude(Pointwise):
    """The magnitude of an image's complex spectrum.

    Notes
    -----
    Shape: ``(height, width, channels)`` complex -> ``(height, width, channels)`` real. Mostly shown as
    ``ImageSpectrum() | CentreSpectrum() | ImageMagnitude() | Log("dB")``.

    Examples
    --------
    >>> import numpy as np
    >>> ImageMagnitude()(np.array([[[3 + 4j]]]))
    array([[[5.]]])
    """

    name = "image_magnitude"
    shape = "vertical horizontal phasor -> vertical horizontal channel"
    formula = "|X[u, v]|"
    source = "Gonzalez & Woods, Digital Image Processing, chapter 4"

    def apply(self, rows: Array) -> Array:
        return np.abs(np.ascontiguousarray(rows))


class CentreSpectrum(Whole):
    """Move frequency 0 to the middle of the picture.

    Notes
    -----
    Shape: ``(height, width, channels)``, unchanged; complex values, before :class:`ImageMagnitude`.

    Examples
    --------
    >>> import numpy as np
    >>> CentreSpectrum()(np.array([[[0j], [1], [2], [-1]]]))[0, :, 0].real
    array([ 2., -1.,  0.,  1.])
    """

    name = "centre_spectrum"
    shape = "vertical horizontal phasor -> vertical horizontal phasor"
    formula = "Y[u, v] = X[(u - height//2) mod height, (v - width//2) mod width]"
    source = "Gonzalez & Woods, Digital Image Processing, chapter 4"

    def apply(self, rows: Array) -> Array:
        return np.roll(rows, (len(rows) // 2, rows.shape[1] // 2), axis=(0, 1))
