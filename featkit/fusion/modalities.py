"""Samples that are seen, heard and read: rows of several modalities, one of each to a sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self, overload

import numpy as np

from featkit.admission import as_rows
from featkit.errors import InputError
from featkit.numeric import Array, Rows, concatenate, is_sparse, length_of
from featkit.stage import Stage


class Modalities:
    """Rows of several modalities: row i of each belongs to sample i.

    Parameters
    ----------
    rows : mapping of str to rows
        An array, a CSR matrix or packed documents for each modality, all of one length.
    present : mapping of str to array of bool, optional
        Where a sample has the modality; everywhere unless given. What a row holds where it has not, is not looked at.

    Raises
    ------
    InputError
        If there is no modality, or they are not of one length.

    Examples
    --------
    >>> import numpy as np
    >>> samples = Modalities({"sound": np.zeros((3, 13)), "picture": np.ones((3, 64))}, {"picture": [True, False, True]})
    >>> len(samples), samples.names, samples["sound"].shape, samples.present["picture"]
    (3, ('sound', 'picture'), (3, 13), array([ True, False,  True]))
    >>> samples[:2]
    Modalities(sound: 2 of 2 rows, picture: 1 of 2 rows)
    """

    def __init__(self, rows: Mapping[str, Any], present: Mapping[str, Any] | None = None) -> None:
        if not rows:
            raise InputError("samples need at least one modality, got none; give a mapping of names to rows")
        self.rows: dict[str, Rows] = {name: _as_rows(name, part) for name, part in rows.items()}
        lengths = {name: length_of(part) for name, part in self.rows.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(
                "a sample has one row of each modality, but there are "
                + ", ".join(f"{length} of {name}" for name, length in lengths.items())
            )
        self._length = next(iter(lengths.values()))
        self.present: dict[str, Array] = {}
        for name in self.rows:
            marks = np.ones(self._length, bool) if present is None or name not in present else np.asarray(present[name])
            if marks.shape != (self._length,) or marks.dtype != bool:
                raise InputError(
                    f"present[{name!r}] says true or false of each of {self._length} samples, got {marks!r}"
                )
            self.present[name] = marks

    @property
    def names(self) -> tuple[str, ...]:
        """The modalities, in their order."""
        return tuple(self.rows)

    @property
    def complete(self) -> Array:
        """Where a sample has all modalities."""
        return np.logical_and.reduce([self.present[name] for name in self.names])

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: str) -> Rows: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    def __getitem__(self, index: str | slice | int) -> Any:
        if isinstance(index, str):
            return self.rows[index]
        if isinstance(index, slice):
            cut = {name: part[index] for name, part in self.rows.items()}
            return type(self)(cut, {name: marks[index] for name, marks in self.present.items()})
        return {name: part[index] for name, part in self.rows.items() if self.present[name][index]}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[at] for at in range(len(self)))

    def take(self, which: Array) -> Self:
        """The samples of these numbers, or where it is true."""
        numbers = np.flatnonzero(which) if which.dtype == bool else which
        return type(self)(
            {name: taken(part, numbers) for name, part in self.rows.items()},
            {name: marks[numbers] for name, marks in self.present.items()},
        )

    def only(self, names: Sequence[str]) -> Self:
        """Some of the modalities."""
        return type(self)({name: self.rows[name] for name in names}, self.present)

    @classmethod
    def joined(cls, blocks: Sequence[Modalities]) -> Self:
        """The samples of all blocks, one after the other."""
        first = blocks[0]
        return cls(
            {name: concatenate([block.rows[name] for block in blocks]) for name in first.names},
            {name: np.concatenate([block.present[name] for block in blocks]) for name in first.names},
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Modalities)
            and self.names == other.names
            and all(
                np.array_equal(self.present[name], other.present[name]) and _same(self.rows[name], other.rows[name])
                for name in self.names
            )
        )

    __hash__ = None  # type: ignore[assignment]  # rows can be written to

    def __repr__(self) -> str:
        shown = (f"{name}: {int(marks.sum())} of {len(self)} rows" for name, marks in self.present.items())
        return f"Modalities({', '.join(shown)})"


class OverModalities(Stage):
    """A stage that takes :class:`Modalities`, or a mapping that becomes some."""

    def admit(self, rows: Any, start: int = 0) -> Modalities:
        if isinstance(rows, Modalities):
            return rows
        if isinstance(rows, Mapping):
            return Modalities(rows)
        raise InputError(
            f"{type(self).__name__} takes rows of several modalities, got {type(rows).__name__}; give featkit.Modalities, "
            "or a mapping of names to rows"
        )


def refuse_missing(stage: Stage, samples: Modalities, remedy: str) -> None:
    """Raise InputError if a sample lacks a modality."""
    for name, marks in samples.present.items():
        if not marks.all():
            raise InputError(f"{type(stage).__name__}: sample {int(np.argmin(marks))} has no {name}; {remedy}")


def taken(rows: Rows, numbers: Array) -> Rows:
    """The rows of these numbers, whatever holds them."""
    if isinstance(rows, np.ndarray) or is_sparse(rows):
        return rows[numbers]
    return type(rows)([rows[int(at)] for at in numbers])


def _as_rows(name: str, rows: Any) -> Rows:
    if isinstance(rows, (list, tuple)) and all(isinstance(row, str) for row in rows):
        return list(rows)
    if hasattr(type(rows), "joined"):
        return rows
    try:
        return as_rows(rows)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def _same(one: Rows, other: Rows) -> bool:
    if is_sparse(one) or is_sparse(other):
        return is_sparse(one) and is_sparse(other) and one.shape == other.shape and (one != other).nnz == 0
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else bool(one == other)
