"""A dense layer: the linear map and the bias of a neural network, or of a classifier."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any

import numpy as np

from featkit.errors import ParameterError, ReadError, ShapeError, did_you_mean
from featkit.numeric import Array, Rows, is_sparse, project, project_sparse, weights
from featkit.stage import Pointwise, RowShape


class Dense(Pointwise):
    """Multiply each row by a matrix and add a bias: y = W x + b.

    Parameters
    ----------
    weight : ndarray, shape (outputs, inputs)
        As torch has it; the kernel of a Keras layer is its transpose.
    bias : ndarray, shape (outputs,)

    Notes
    -----
    Shape: ``(rows, inputs)`` -> ``(rows, outputs)``. Rows may be a CSR matrix; what comes out is an array. Each row is summed in
    the order of its features, whatever stands beside it.

    Raises
    ------
    ShapeError
        If weight, bias and rows don't go together.
    ParameterError
        If a weight is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> Dense(np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([0.5, 0.0]))(np.array([[1.0, 1.0], [2.0, 3.0]]))
    array([[ 3.5, -1. ],
           [ 8.5, -3. ]])
    """

    name = "dense"
    shape = "* * -> * output"
    formula = "y[t, m] = sum_d W[m, d] x[t, d] + b[m]"
    source = "Rumelhart, Hinton & Williams, Learning representations by back-propagating errors, 1986"

    weight: np.ndarray
    bias: np.ndarray

    def check(self) -> None:
        if self.weight.ndim != 2 or self.bias.shape != self.weight.shape[:1]:
            raise ShapeError(
                "Dense takes a weight of shape (outputs, inputs) and a bias of shape (outputs,), got "
                f"{self.weight.shape} and {self.bias.shape}"
            )
        if self.weight.dtype.kind != "f" or self.bias.dtype.kind != "f":
            raise ParameterError(
                f"Dense takes floating-point weights, got {self.weight.dtype} and {self.bias.dtype}; convert them to float64"
            )
        if not (np.isfinite(self.weight).all() and np.isfinite(self.bias).all()):
            raise ParameterError("Dense takes finite weights, and some are NaN or infinite; learn or export them anew")

    def row_shape(self, row: RowShape) -> RowShape:
        if row is not None and row != (self.weight.shape[1],):
            raise ShapeError(f"Dense has {self.weight.shape[1]} weights an output, got rows of {row[0]}")
        return self.bias.shape

    def apply(self, rows: Rows) -> Array:
        if is_sparse(rows):
            self.row_shape(rows.shape[1:])
            return project_sparse(rows, self._turned[rows.dtype.name]) + self.bias.astype(rows.dtype)
        return project(rows, self._weights[rows.dtype.name]) + self.bias.astype(rows.dtype)

    @cached_property
    def _weights(self) -> dict[str, Any]:
        """The weights as :func:`project` wants them, in each precision."""
        return {name: weights(self.weight.astype(name)) for name in ("float32", "float64")}

    @cached_property
    def _turned(self) -> dict[str, Array]:
        return {name: np.ascontiguousarray(self.weight.T.astype(name)) for name in ("float32", "float64")}


def dense_from_npz(
    path: str | os.PathLike[str], weight: str = "weight", bias: str = "bias", *, transposed: bool = False
) -> Dense:
    """A :class:`Dense` layer with the weights of a trained network, which an ``.npz`` file holds.

    Parameters
    ----------
    path : path
        As :func:`dense_to_npz` writes it, or ``numpy.savez(path, **{name: value.numpy() for name, value in
        network.state_dict().items()})``.
    weight, bias : str
        The names of the arrays in it, ``"classifier.weight"``.
    transposed : bool
        The weight has the shape (inputs, outputs), as Keras has it.

    Raises
    ------
    ReadError
        If the file can't be read or holds no such array.

    Examples
    --------
    >>> import numpy as np, tempfile, pathlib
    >>> layer = Dense(np.array([[1.0, 2.0]]), np.array([0.5]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "layer.npz")
    ...     dense_to_npz(file, layer)
    ...     dense_from_npz(file) == layer
    True
    """
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError("it holds one array that has no name")
            names = list(archive)
            held = {wanted: archive[wanted] for wanted in (weight, bias) if wanted in archive}
    except Exception as error:  # whatever the readers of zip and .npy stumble over
        raise ReadError(f"{name} is no .npz file of plain arrays ({error}); write it with numpy.savez") from None
    for wanted in (weight, bias):
        if wanted not in held:
            near = did_you_mean(wanted, names) or f"; it holds {', '.join(names)}"
            raise ReadError(f"{name} holds no array {wanted!r}{near}")
    return Dense(held[weight].T if transposed else held[weight], held[bias])


def dense_to_npz(path: str | os.PathLike[str], dense: Dense) -> None:
    """Write the arrays of a :class:`Dense` layer to an ``.npz`` file, as ``weight`` and ``bias``."""
    with open(path, "wb") as file:
        np.savez(file, weight=dense.weight, bias=dense.bias)
