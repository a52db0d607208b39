"""Streams of different frame rates brought to the same moments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from featkit.admission import as_rows
from featkit.errors import InputError, ParameterError
from featkit.fusion.modalities import Modalities
from featkit.numeric import Array


def align(
    streams: Mapping[str, tuple[ArrayLike, ArrayLike]],
    times_s: ArrayLike | str,
    how: Literal["nearest", "linear"] = "nearest",
    reach_s: float | None = None,
) -> Modalities:
    """Rows of several streams at the same moments, by their time stamps.

    Parameters
    ----------
    streams : mapping of str to (rows, times)
        Of each stream its rows, and in seconds when each of them is; times increase.
    times_s : array_like or str
        The moments, or the stream whose moments they are.
    how : str
        ``"nearest"``: the row nearest in time, the earlier one of two as near; ``"linear"``: interpolated between two rows.
        Before the first row and after the last one it is that row.
    reach_s : float, optional
        Where the nearest row is farther away than this, the stream counts as missing.

    Raises
    ------
    InputError
        If a stream has no row, not one time a row, or its times don't increase.
    ParameterError
        If there is no such stream, or reach_s is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> sound = np.array([[0.0], [1.0], [2.0], [3.0]]), [0.0, 0.1, 0.2, 0.3]
    >>> video = np.array([[10.0], [20.0]]), [0.0, 0.25]
    >>> align({"sound": sound, "video": video}, "sound", "linear")["video"].ravel()
    array([10., 14., 18., 20.])
    >>> align({"sound": sound, "video": video}, [0.05, 0.4], reach_s=0.1).present["sound"]
    array([ True,  True])
    """
    if how not in ("nearest", "linear"):
        raise ParameterError(f"align goes by 'nearest' or 'linear', got {how!r}")
    if reach_s is not None and not reach_s >= 0:
        raise ParameterError(f"align.reach_s must be at least 0, got {reach_s!r}")
    known = {name: _stamped(name, *stream) for name, stream in streams.items()}
    if isinstance(times_s, str):
        if times_s not in known:
            raise ParameterError(f"there is no stream {times_s!r}; there are {', '.join(known)}")
        moments = known[times_s][1]
    else:
        moments = np.asarray(times_s, np.float64)
    rows, present = {}, {}
    for name, (values, times) in known.items():
        after = np.clip(np.searchsorted(times, moments), 1, max(len(times) - 1, 1))
        before, after = after - 1, np.minimum(after, len(times) - 1)
        share = np.clip(
            (moments - times[before]) / np.where(after > before, times[after] - times[before], 1.0), 0.0, 1.0
        )
        nearest = np.where(share <= 0.5, before, after)
        column = share.reshape(-1, *(1,) * (values.ndim - 1))
        mixed = values[before] * (1 - column) + values[after] * column
        rows[name] = values[nearest] if how == "nearest" else mixed.astype(values.dtype)
        reach = np.inf if reach_s is None else reach_s
        present[name] = np.abs(times[nearest] - moments) <= reach * (1 + 1e-9)
    return Modalities(rows, present)


def _stamped(name: str, rows: ArrayLike, times: ArrayLike) -> tuple[Array, Array]:
    values, stamps = as_rows(rows), np.asarray(times, np.float64)
    if not len(values) or stamps.shape != (len(values),):
        raise InputError(
            f"{name} needs one time a row, at least one, got {len(values)} rows and times of shape {stamps.shape}"
        )
    if not np.isfinite(stamps).all() or (np.diff(stamps) <= 0).any():
        raise InputError(f"the times of {name} must be finite and increase; sort its rows by time and drop doubles")
    return values, stamps
