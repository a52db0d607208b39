"""Banks of kernels with a name: edges, blobs, stripes.

Each function gives an array of shape ``(kernels, 1, height, width)`` in float64 for :class:`featkit.Convolve`, which lays a
kernel over the image as it is, without turning it round; so the kernels here are turned already where that makes a difference.
"""

from __future__ import annotations

import math

import numpy as np

from featkit.errors import ParameterError, ShapeError
from featkit.numeric import Array


def _gradients(smooth: tuple[float, float, float]) -> Array:
    """The change from top to bottom and from left to right, smoothed across: what lies on one side less the other."""
    down = np.outer([-1.0, 0.0, 1.0], smooth)
    return np.stack([down, down.T])[:, None]


def sobel_kernels() -> Array:
    """The change from top to bottom, and from left to right, smoothed by 1 2 1.

    >>> sobel_kernels()[0, 0]
    array([[-0.25, -0.5 , -0.25],
           [ 0.  ,  0.  ,  0.  ],
           [ 0.25,  0.5 ,  0.25]])
    """
    return _gradients((1 / 4, 2 / 4, 1 / 4))


def prewitt_kernels() -> Array:
    """The change from top to bottom, and from left to right, smoothed by 1 1 1.

    >>> prewitt_kernels()[1, 0].round(3)
    array([[-0.333,  0.   ,  0.333],
           [-0.333,  0.   ,  0.333],
           [-0.333,  0.   ,  0.333]])
    """
    return _gradients((1 / 3, 1 / 3, 1 / 3))


def scharr_kernels() -> Array:
    """The change from top to bottom, and from left to right, smoothed by 3 10 3, which treats all directions most alike.

    >>> scharr_kernels()[1, 0, 0]
    array([-0.1875,  0.    ,  0.1875])
    """
    return _gradients((3 / 16, 10 / 16, 3 / 16))


def laplace_kernels() -> Array:
    """Four times a pixel less its four neighbours: large at spots and on both sides of an edge.

    >>> laplace_kernels()[0, 0, 1]
    array([-1.,  4., -1.])
    """
    return np.array([[[[0.0, -1.0, 0.0], [-1.0, 4.0, -1.0], [0.0, -1.0, 0.0]]]])


def gaussian_kernels(*sigmas: float, truncate: float = 4.0) -> Array:
    """A bell for each standard deviation (in pixels), each with the sum 1.

    Parameters
    ----------
    *sigmas : float
        All kernels have the size that the widest needs.
    truncate : float
        Where the bell is cut off, in standard deviations.

    Raises
    ------
    ParameterError
        If there is no standard deviation, or one is not above 0.

    Examples
    --------
    >>> gaussian_kernels(0.5)[0, 0].round(3)[2]
    array([0.   , 0.084, 0.619, 0.084, 0.   ])
    """
    if not sigmas or not all(0 < sigma < math.inf for sigma in sigmas):
        raise ParameterError(f"gaussian_kernels takes standard deviations above 0, got {sigmas!r}")
    reach = max(_reach(sigma, truncate) for sigma in sigmas)
    return np.stack([_bell(sigma, truncate, reach) for sigma in sigmas])[:, None]


def difference_of_gaussians_kernels(low: float, high: float, truncate: float = 4.0) -> Array:
    """A narrow bell less a wide one: what lies between two scales, near to what a ganglion cell of the eye responds to.

    Parameters
    ----------
    low, high : float
        The standard deviations in pixels of the narrow and of the wide bell.
    truncate : float
        Where the bells are cut off, in standard deviations.

    Raises
    ------
    ParameterError
        If low is not below high.

    Examples
    --------
    >>> kernel = difference_of_gaussians_kernels(1.0, 1.6)
    >>> kernel.shape, bool(abs(kernel.sum()) < 1e-12)
    ((1, 1, 13, 13), True)
    """
    if not low < high:
        raise ParameterError(f"difference_of_gaussians_kernels needs low below high, got {low=:g} and {high=:g}")
    narrow, wide = gaussian_kernels(low, high, truncate=truncate)
    return (narrow - wide)[None]


def gabor_kernels(
    frequency: float,
    angle: float = 0.0,
    bandwidth: float = 1.0,
    sigma_along: float | None = None,
    sigma_across: float | None = None,
    truncate: float = 3.0,
    phase: float = 0.0,
) -> Array:
    """Waves under a bell: the even and the odd one of a frequency and a direction, as simple cells of the visual cortex see.

    Parameters
    ----------
    frequency : float
        Periods a pixel.
    angle : float
        The direction of the wave in radians, from left to right towards the bottom.
    bandwidth : float
        In octaves; the standard deviations follow from it where they are not given.
    sigma_along, sigma_across : float, optional
        The bell's standard deviations in pixels, along the wave and across.
    truncate : float
        Where the bell is cut off, in standard deviations.
    phase : float
        Of the wave in the middle, in radians.

    Returns
    -------
    ndarray, shape (2, 1, height, width)
        The cosine and the sine.

    Raises
    ------
    ParameterError
        If the frequency, the bandwidth or a standard deviation is not above 0.

    Examples
    --------
    >>> gabor_kernels(0.25).shape
    (2, 1, 15, 15)
    """
    if not (frequency > 0 and bandwidth > 0):
        raise ParameterError(f"gabor_kernels needs {frequency=:g} and {bandwidth=:g} above 0")
    octaves = 2.0**bandwidth
    usual = math.sqrt(math.log(2) / 2) / math.pi * (octaves + 1) / (octaves - 1) / frequency
    along = usual if sigma_along is None else sigma_along
    across = usual if sigma_across is None else sigma_across
    if not (along > 0 and across > 0):
        raise ParameterError(f"gabor_kernels needs standard deviations above 0, got {along:g} and {across:g}")
    cosine, sine = math.cos(angle), math.sin(angle)
    reach_x = math.ceil(max(abs(truncate * along * cosine), abs(truncate * across * sine), 1))
    reach_y = math.ceil(max(abs(truncate * across * cosine), abs(truncate * along * sine), 1))
    y, x = np.ogrid[-reach_y : reach_y + 1, -reach_x : reach_x + 1]
    u, v = x * cosine + y * sine, y * cosine - x * sine
    bell = np.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2)) / (2 * math.pi * along * across)
    wave = 2 * math.pi * frequency * u + phase
    return np.stack([bell * np.cos(wave), bell * np.sin(wave)])[:, None, ::-1, ::-1].copy()


def stack_kernels(*banks: Array) -> Array:
    """Several banks as one: all kernels in the size that the largest needs, zeros around the others.

    Parameters
    ----------
    *banks : ndarray, shape (kernels, channels, height, width)
        All of odd height and width, so that they have a middle, and of one number of channels.

    Raises
    ------
    ShapeError
        If the banks don't go together.

    Examples
    --------
    >>> stack_kernels(sobel_kernels(), gabor_kernels(0.25)).shape
    (4, 1, 15, 15)
    """
    shapes = [bank.shape for bank in banks]
    if not banks or any(
        len(shape) != 4 or shape[1] != shapes[0][1] or not all(n % 2 for n in shape[2:]) for shape in shapes
    ):
        raise ShapeError(
            f"stack_kernels takes banks of one number of channels, odd in height and width, got shapes {shapes}"
        )
    high, wide = (max(shape[axis] for shape in shapes) for axis in (2, 3))
    margins = [((high - shape[2]) // 2, (wide - shape[3]) // 2) for shape in shapes]
    return np.concatenate(
        [np.pad(bank, ((0, 0), (0, 0), (y, y), (x, x))) for bank, (y, x) in zip(banks, margins, strict=True)]
    )


def _reach(sigma: float, truncate: float) -> int:
    return int(truncate * sigma + 0.5)


def _bell(sigma: float, truncate: float, reach: int) -> Array:
    own = _reach(sigma, truncate)
    profile = np.exp(-0.5 * (np.arange(-own, own + 1) / sigma) ** 2)
    profile = np.pad(profile / profile.sum(), reach - own)
    return np.outer(profile, profile)
